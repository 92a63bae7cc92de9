// SPDX-License-Identifier: GPL-2.0
/*
 * A job of uml_run; see run.h and run_abi.h.
 *
 * The root is an overlay: below, read only, the host's files (hostfs) or a disk; above, memory or
 * the disk that the changes are kept on. The command gets pipes where it had none but pipes and
 * files on the host, and this process moves bytes between these and the line to the host; so the
 * command sees the end of its input, and nothing is done to bytes on the way.
 *
 * Limits: what processes that outlive the command write is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "net.h"
#include "run.h"
#include "run_abi.h"

#define CONSOLE "/dev/tty0"
#define TTY_GROUP 5 /* as devpts has it */
#define LOWER "/run/lower"
#define CHANGES "/run/changes"
#define ROOT "/run/root"
#define LAYERS                                                                    \
	"lowerdir=" LOWER ",upperdir=" CHANGES "/upper,workdir=" CHANGES "/work," \
	"redirect_dir=on,index="

struct job {
	const struct run_job *head;
	const char *dir;
	const char *share; /* first of the shares; the others follow */
	char **argv, **envp;
};

/* Bytes on their way; start and len say which part is still to go. */
struct buffer {
	char data[sizeof(struct run_frame) + RUN_FRAME_MAX];
	size_t start, len;
};

struct relay {
	int data, control, child_fd; /* lines, signalfd */
	int in, out[3]; /* our ends of the command's pipes, -1: none; out[1], out[2] */
	pid_t child;
	bool ended;
	int status;
	struct rusage usage;
	uint64_t calls_before;
	struct buffer to_host, from_host;
	size_t left; /* bytes of the present frame from the host that are not here yet */
	bool in_end; /* the host's input has ended */
	struct buffer input; /* for the command */
};

/* Raw: bytes go as they are. -1 where there is no such line. */
static int open_line(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &t))
		return -1;
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

/* This is process 1, whose exit would be a panic: the guest is switched off. */
static void __attribute__((noreturn)) fail(const char *what)
{
	char text[300];
	int n = snprintf(text, sizeof(text), "uml_run: in the guest: %.200s: %s\n", what,
			 strerror(errno));
	struct run_frame f = {.descriptor = 2, .bytes = n};
	struct run_end end = {.magic = RUN_MAGIC, .status = 125 << 8};
	int data = open_line(RUN_DATA), control = open_line(RUN_CONTROL);

	if (write(data, &f, sizeof(f)) > 0 && write(data, text, n) > 0)
		tcdrain(data);
	if (write(control, &end, sizeof(end)) > 0)
		tcdrain(control);
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

/* --- the record --------------------------------------------------------------- */

static const char *next(const char *s)
{
	return s + strlen(s) + 1;
}

static char **list_of(const char **s, unsigned int n)
{
	char **list = calloc(n + 1, sizeof(char *));
	unsigned int i;

	if (!list)
		fail("memory");
	for (i = 0; i < n; i++) {
		list[i] = strdup(*s);
		*s = next(*s);
	}
	return list;
}

static void read_job(struct job *job)
{
	struct run_job head;
	const char *s;
	char *all;
	int fd = open(RUN_DISK, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &head, sizeof(head)) != sizeof(head) || head.magic != RUN_MAGIC)
		fail("no job on " RUN_DISK);
	all = malloc(head.bytes);
	if (!all || pread(fd, all, head.bytes, 0) != (ssize_t)head.bytes)
		fail("reading the job");
	close(fd);
	job->head = (const struct run_job *)all;
	job->dir = all + sizeof(head);
	job->share = next(job->dir);
	for (s = job->share; head.shares > 0; head.shares--)
		s = next(s);
	job->argv = list_of(&s, head.arguments);
	job->envp = list_of(&s, head.environment);
}

/* --- the root ----------------------------------------------------------------- */

static void make_dirs(const char *path)
{
	char copy[4096], *p;

	snprintf(copy, sizeof(copy), "%s", path);
	for (p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		mkdir(copy, 0755);
		*p = '/';
	}
	mkdir(copy, 0755);
}

static void must_mount(const char *from, const char *at, const char *type, unsigned long flags,
		       const char *data)
{
	if (mount(from, at, type, flags, data))
		fail(at);
}

static void format_keep(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		execl("/sbin/mke2fs", "mke2fs", "-F", RUN_KEEP, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		fail("making a file system for the changes");
}

static void hide(const char *at)
{
	struct stat st;

	if (lstat(at, &st))
		return;
	if (S_ISDIR(st.st_mode))
		must_mount("tmpfs", at, "tmpfs", MS_RDONLY, "mode=555");
	else
		must_mount("/dev/null", at, NULL, MS_BIND, NULL);
}

static void mount_shares(const struct job *job)
{
	const char *s = job->share;
	char at[4096];
	unsigned int i;
	int err;

	for (i = 0; i < job->head->shares; i++, s = next(s)) {
		snprintf(at, sizeof(at), ROOT "%s", s + 1);
		if (*s == RUN_SHARE_HIDE) {
			hide(at);
			continue;
		}
		make_dirs(at);
		if (*s == RUN_SHARE_TMPFS)
			err = mount("tmpfs", at, "tmpfs", 0, "mode=1777");
		else
			err = mount("none", at, "hostfs", *s == RUN_SHARE_RO ? MS_RDONLY : 0,
				    s + 1);
		if (err)
			fail(s + 1); /* the name that the user knows */
	}
}

static void mount_image(const char *at, unsigned long flags)
{
	if (mount(RUN_ROOT, at, "ext4", flags, NULL) == 0)
		return;
	if (errno == EROFS) /* its journal would have to be written back */
		fail("the image of --root was not unmounted (e2fsck -p mends that)");
	errno = EMEDIUMTYPE; /* what mount says of it depends on the bytes that are there */
	fail("the image of --root holds no ext4 file system");
}

/*
 * The index is what makes two names of one file stay that when the file is changed. It knows the
 * host's files by their numbers, which may be others when the host has been started again: changes
 * that were kept are then laid over them without it.
 */
static void mount_overlay(void)
{
	if (mount("overlay", ROOT, "overlay", 0, LAYERS "on") == 0)
		return;
	if (errno != ESTALE)
		fail(ROOT);
	must_mount("overlay", ROOT, "overlay", 0, LAYERS "off");
}

/* What is below, and above it what takes the changes. */
static void mount_layers(const struct run_job *h)
{
	if (h->root_disk)
		mount_image(LOWER, MS_RDONLY);
	else
		must_mount("none", LOWER, "hostfs", MS_RDONLY, "/");
	if (h->keep == 1)
		format_keep();
	if (h->keep && mount(RUN_KEEP, CHANGES, "ext4", 0, NULL)) {
		errno = EMEDIUMTYPE; /* what mount says of it depends on the bytes that are there */
		fail("the file of --keep holds no changes of an earlier run");
	}
	if (!h->keep)
		must_mount("tmpfs", CHANGES, "tmpfs", 0, "mode=755");
	make_dirs(CHANGES "/upper");
	make_dirs(CHANGES "/work");
	mount_overlay();
}

static void set_up_network(void)
{
	int err = net_up();

	if (!err)
		err = net_resolver(ROOT);
	if (!err)
		return;
	errno = -err;
	fail("setting up the network");
}

static void make_root(const struct job *job)
{
	must_mount("tmpfs", "/run", "tmpfs", 0, "mode=755");
	make_dirs(LOWER);
	make_dirs(CHANGES);
	make_dirs(ROOT);
	if (job->head->root_disk == 2)
		mount_image(ROOT, 0);
	else
		mount_layers(job->head);
	/* Below what is shared: the host's own files are not ours to change. */
	if (job->head->network)
		set_up_network();
	mount_shares(job);
	make_dirs(ROOT "/dev");
	make_dirs(ROOT "/proc");
	make_dirs(ROOT "/sys");
	make_dirs(ROOT "/run");
	make_dirs(ROOT "/tmp");
	must_mount("/dev", ROOT "/dev", NULL, MS_MOVE, NULL);
	must_mount("proc", ROOT "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	must_mount("sysfs", ROOT "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	must_mount("tmpfs", ROOT "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
	mkdir(ROOT "/run/lock", 01777);
	mkdir(ROOT "/dev/pts", 0755);
	mkdir(ROOT "/dev/shm", 01777);
	must_mount("devpts", ROOT "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		   "mode=620,gid=5,ptmxmode=666");
	must_mount("tmpfs", ROOT "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
	if (chdir(ROOT) || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		fail("moving to the root");
	if (symlink("/proc/self/fd", "/dev/fd") || symlink("fd/0", "/dev/stdin") ||
	    symlink("fd/1", "/dev/stdout") || symlink("fd/2", "/dev/stderr"))
		return;
}

/* --- the command -------------------------------------------------------------- */

static void be_user(const struct run_job *h)
{
	gid_t groups[RUN_GROUPS];
	unsigned int i;

	for (i = 0; i < h->ngroups && i < RUN_GROUPS; i++)
		groups[i] = h->groups[i];
	if (setgroups(i, groups) || setresgid(h->gid, h->gid, h->gid) ||
	    setresuid(h->uid, h->uid, h->uid))
		_exit(125);
	umask(h->umask);
}

/* Its descriptors: the console, or the ends of pipes. */
static void be_connected(const struct run_job *h, const int pipes[3])
{
	int tty = -1, i;

	setsid();
	if (h->terminals) {
		tty = open(CONSOLE, O_RDWR);
		if (ioctl(tty, TIOCSCTTY, 0) || fchown(tty, h->uid, TTY_GROUP))
			_exit(125);
	}
	for (i = 0; i < 3; i++)
		dup2(h->terminals & (1U << i) ? tty : pipes[i], i);
	if (tty > 2)
		close(tty);
}

static void __attribute__((noreturn)) become_command(const struct job *job, const int pipes[3])
{
	sigset_t none;
	int err;

	be_connected(job->head, pipes);
	be_user(job->head);
	if (chdir(job->dir)) {
		fprintf(stderr, "uml_run: %.300s: %s (hidden? --ro shows it)\n", job->dir,
			strerror(errno));
		_exit(125);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	environ = job->envp;
	execvp(job->argv[0], job->argv);
	err = errno;
	fprintf(stderr, "uml_run: %.300s: %s\n", job->argv[0], strerror(err));
	_exit(err == ENOENT ? 127 : 126);
}

static void start(const struct job *job, struct relay *r)
{
	int pipes[3] = {-1, -1, -1}, fds[2], i;

	r->in = r->out[1] = r->out[2] = -1;
	for (i = 0; i < 3; i++) {
		if (job->head->terminals & (1U << i))
			continue;
		if (i == 2 && job->head->joined) {
			pipes[2] = fcntl(pipes[1], F_DUPFD_CLOEXEC, 3);
			continue;
		}
		if (pipe2(fds, O_CLOEXEC))
			fail("pipe");
		pipes[i] = fds[i > 0];
		if (i == 0)
			r->in = fds[1];
		else
			r->out[i] = fds[0];
		fcntl(fds[i == 0], F_SETFL, O_NONBLOCK);
	}
	r->child = fork();
	if (r->child < 0)
		fail("fork");
	if (r->child == 0)
		become_command(job, pipes);
	for (i = 0; i < 3; i++)
		if (pipes[i] >= 0)
			close(pipes[i]);
}

/* --- moving bytes ------------------------------------------------------------- */

/* Whether all of it has gone. */
static bool flush(struct buffer *b, int fd)
{
	ssize_t n;

	while (b->len) {
		n = write(fd, b->data + b->start, b->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0) { /* nobody reads any more */
			b->len = 0;
			return true;
		}
		b->start += (size_t)n;
		b->len -= (size_t)n;
	}
	return true;
}

/* One piece of the command's output. False when there is none now. */
static bool take_output(struct relay *r, int descriptor)
{
	struct run_frame f = {.descriptor = descriptor};
	int *fd = &r->out[descriptor];
	ssize_t n;

	if (*fd < 0 || r->to_host.len)
		return false;
	n = read(*fd, r->to_host.data + sizeof(f), RUN_FRAME_MAX);
	if (n < 0)
		return errno == EINTR;
	if (n == 0) {
		close(*fd);
		*fd = -1;
		return false;
	}
	f.bytes = n;
	memcpy(r->to_host.data, &f, sizeof(f));
	r->to_host.start = 0;
	r->to_host.len = sizeof(f) + n;
	flush(&r->to_host, r->data);
	return true;
}

static void end_input(struct relay *r)
{
	if (r->in >= 0)
		close(r->in);
	r->in = -1;
	r->input.len = 0;
}

/* Input that is here goes to the command; a frame that has begun is taken on. */
static void take_input(struct relay *r)
{
	struct buffer *b = &r->from_host;
	struct run_frame f;
	ssize_t n;

	if (r->input.len && r->in >= 0)
		return;
	r->input.len = 0;
	if (!b->len) {
		n = read(r->data, b->data, sizeof(b->data));
		if (n <= 0)
			return;
		b->start = 0;
		b->len = n;
	}
	while (b->len && !r->input.len) {
		if (!r->left) {
			if (b->len <
			    sizeof(f)) { /* the rest of the head comes with the next read */
				memmove(b->data, b->data + b->start, b->len);
				b->start = 0;
				n = read(r->data, b->data + b->len, sizeof(b->data) - b->len);
				if (n <= 0)
					return;
				b->len += n;
				continue;
			}
			memcpy(&f, b->data + b->start, sizeof(f));
			b->start += sizeof(f);
			b->len -= sizeof(f);
			r->left = f.bytes;
			r->in_end = f.bytes == 0;
			if (r->in_end) {
				end_input(r);
				return;
			}
		}
		n = b->len < r->left ? b->len : r->left;
		memcpy(r->input.data, b->data + b->start, n);
		r->input.start = 0;
		r->input.len = n;
		b->start += n;
		b->len -= n;
		r->left -= n;
	}
	if (r->in >= 0)
		flush(&r->input, r->in);
	else
		r->input.len = 0;
}

static void take_signals(struct relay *r)
{
	unsigned char sig;

	while (read(r->control, &sig, 1) == 1)
		if (sig > 0 && sig < NSIG && !r->ended)
			kill(-r->child, sig);
}

/* All children are init's in the end. */
static void reap(struct relay *r)
{
	struct signalfd_siginfo si;
	struct rusage usage;
	int status;
	pid_t pid;

	if (read(r->child_fd, &si, sizeof(si)) < 0)
		return;
	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		if (pid != r->child)
			continue;
		r->ended = true;
		r->status = status;
		r->usage = usage;
	}
}

static void turn(struct relay *r)
{
	struct pollfd p[6] = {
		{.fd = r->child_fd, .events = POLLIN},
		{.fd = r->control, .events = POLLIN},
		{.fd = r->data,
		 .events = (r->to_host.len ? POLLOUT : 0) |
			   (!r->input.len && !r->in_end ? POLLIN : 0)},
		{.fd = r->input.len || r->in < 0 ? r->in : -1, .events = POLLOUT},
		{.fd = r->to_host.len ? -1 : r->out[1], .events = POLLIN},
		{.fd = r->to_host.len ? -1 : r->out[2], .events = POLLIN},
	};

	if (poll(p, 6, r->from_host.len && !r->input.len ? 0 : -1) < 0 && errno != EINTR)
		fail("poll");
	if (p[0].revents)
		reap(r);
	if (p[1].revents)
		take_signals(r);
	if (r->to_host.len)
		flush(&r->to_host, r->data);
	if (r->input.len && r->in >= 0)
		flush(&r->input, r->in);
	if (p[2].revents & POLLIN || r->from_host.len)
		take_input(r);
	if (p[4].revents)
		take_output(r, 1);
	if (p[5].revents)
		take_output(r, 2);
}

/* What the command has written is in the pipes still. */
static void finish(struct relay *r)
{
	struct pollfd p = {.fd = r->data, .events = POLLOUT};
	int i;

	for (i = 1; i <= 2; i++) {
		do {
			while (!flush(&r->to_host, r->data))
				poll(&p, 1, -1);
		} while (take_output(r, i));
	}
	while (!flush(&r->to_host, r->data))
		poll(&p, 1, -1);
	tcdrain(r->data);
}

static uint64_t us(struct timeval t)
{
	return t.tv_sec * 1000000ULL + t.tv_usec;
}

/* System calls in this guest so far, but for ours. */
static uint64_t count_calls(void)
{
	char text[64];
	int fd = open("/proc/nestling", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strncmp(text, "calls ", 6) == 0 ? strtoull(text + 6, NULL, 10) : 0;
}

static void report(const struct relay *r)
{
	struct run_end end = {
		.magic = RUN_MAGIC,
		.status = r->status,
		.user_us = us(r->usage.ru_utime),
		.system_us = us(r->usage.ru_stime),
		.memory_kb = r->usage.ru_maxrss,
		.calls = count_calls() - r->calls_before,
	};

	if (write(r->control, &end, sizeof(end)) < 0)
		fail(RUN_CONTROL);
	tcdrain(r->control);
}

static void say_ready(const struct relay *r)
{
	const struct run_frame ready = {0};

	if (write(r->data, &ready, sizeof(ready)) != sizeof(ready))
		fail(RUN_DATA);
}

void run_job(void)
{
	static struct relay r;
	struct job job;
	sigset_t child;

	read_job(&job);
	make_root(&job);
	r.data = open_line(RUN_DATA);
	r.control = open_line(RUN_CONTROL);
	if (r.data < 0 || r.control < 0)
		fail("the lines to the host");
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	r.child_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r.child_fd < 0)
		fail("signalfd");
	say_ready(&r);
	r.calls_before = count_calls();
	start(&job, &r);
	while (!r.ended)
		turn(&r);
	finish(&r);
	report(&r);
}
