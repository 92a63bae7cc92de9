// SPDX-License-Identifier: GPL-2.0
/*
 * The agent's side of requests, in the guest: bodies in pieces of every kind, and what the agent does
 * for them. Whatever it calls that would change a machine only happens here: files, children and
 * network cards are numbers and bytes in this file. A whole body is worked on once, as it was sent,
 * and answered once; what is a duplicate, or in no order, does nothing; no file with a temporary name
 * is left, and no descriptor.
 */
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include "input.h"
#include "../../rootfs/tiny/agent_private.h"

#define FD 1000 /* the first of our descriptors */
#define FDS 128
#define SIGNALS_FD 900
#define BODY_MAX (1 << 20)
#define PID 100000 /* the first of our children */
#define ENDING_PID 99999

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct agent agent;
static struct input in;
static bool inside; /* the agent runs; others that call the same functions get the real ones */
static unsigned int deeds; /* what it has called */

/* The request whose body comes, as it should be. */
static struct {
	bool active, whole; /* whole: it is being worked on, or was answered */
	uint32_t id, last_id;
	uint8_t type;
	uint64_t total, received;
	uint8_t body[BODY_MAX];
	bool answered;
} sent;

/* What is to be sent: a body that makes sense, or not. */
static struct {
	uint8_t type, body[BODY_MAX];
	size_t len;
} plan;

/* Descriptors. */
static enum kind {
	CLOSED,
	SINK, /* what is written is not looked at */
	PUT, /* the file below its temporary name */
	GET,
	PIPE,
} fds[FDS];

/* A PUT's file. */
static struct {
	bool there; /* below its temporary name */
	char name[AGENT_PATH_MAX + 32];
	uint64_t written;
} file;

/* Commands by their places in agent.jobs[]. */
static struct {
	uint64_t printed, came; /* bytes that were read from it, and that have gone to the host */
} job[AGENT_EXECS_MAX];
static int next_pid;
static bool forked; /* a child was made for the request that is worked on */
static bool is_child; /* for that one, this is the child now */
static unsigned int variables; /* of the child's environment */
static jmp_buf child_is_done;

#define REAL(type, name, ...)            \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

/* Whether the next thing fails. */
static bool fails(int err)
{
	deeds++;
	errno = err;
	return take8(&in) >= 0xf0;
}

/* --- descriptors ------------------------------------------------------------- */

static int fd_new(enum kind kind)
{
	for (int i = 0; i < FDS; i++) {
		if (fds[i] != CLOSED)
			continue;
		fds[i] = kind;
		return FD + i;
	}
	errno = EMFILE;
	return -1;
}

static enum kind kind_of(int fd)
{
	assert(fd >= FD && fd < FD + FDS && fds[fd - FD] != CLOSED);
	return fds[fd - FD];
}

/* The command that fd is the output of, or -1: it has left it in the background. */
static int job_of(int fd)
{
	for (int i = 0; i < AGENT_EXECS_MAX; i++)
		if (agent.jobs[i].pid && agent.jobs[i].fd == fd)
			return i;
	return -1;
}

REAL(int, close, int fd)
{
	if (!inside)
		return __real_close(fd);
	deeds++;
	kind_of(fd);
	fds[fd - FD] = CLOSED;
	return 0;
}

REAL(ssize_t, write, int fd, const void *data, size_t len)
{
	if (!inside)
		return __real_write(fd, data, len);
	if (fails(ENOSPC))
		return -1;
	if (kind_of(fd) == SINK)
		return (ssize_t)len;
	/* The last bytes that came, or what is left of them. */
	assert(fds[fd - FD] == PUT && file.there && len && len <= sent.received);
	assert(!memcmp(data, sent.body + sent.received - len, len));
	if (len > 1 && take8(&in) & 1)
		len /= 2;
	file.written += len;
	return (ssize_t)len;
}

/* Bytes of a command's output count up, each from 0. */
static ssize_t read_output(int fd, uint8_t *data, size_t len)
{
	int i = job_of(fd);
	uint8_t how = take8(&in);
	size_t n = how & 1 ? len : how * 16U;

	n = n < len ? n : len;
	if (how == 2) {
		errno = EAGAIN;
		return -1;
	}
	if (i < 0)
		return (ssize_t)n;
	for (size_t k = 0; k < n; k++)
		data[k] = (uint8_t)job[i].printed++;
	return (ssize_t)n;
}

REAL(ssize_t, read, int fd, void *data, size_t len)
{
	uint8_t how;
	size_t n;

	if (!inside)
		return __real_read(fd, data, len);
	deeds++;
	if (fd == SIGNALS_FD)
		return take8(&in) & 1 ? (ssize_t)sizeof(struct signalfd_siginfo) : -1;
	if (kind_of(fd) == PIPE)
		return read_output(fd, data, len);
	assert(fds[fd - FD] == GET);
	how = take8(&in);
	if (how == 0xff) {
		errno = EIO;
		return -1;
	}
	n = how & 1 ? len : how * 16U;
	n = n < len ? n : len;
	memset(data, 'g', n);
	return (ssize_t)n;
}

/* --- files --------------------------------------------------------------------- */

/* The path of the request that is worked on, behind its head of `fixed` bytes. */
static const char *path_of(size_t fixed)
{
	const char *path = (const char *)sent.body + fixed;

	assert(sent.received > fixed && *path == '/');
	assert(memchr(path, 0, sent.received - fixed));
	assert(strlen(path) < AGENT_PATH_MAX);
	return path;
}

static void is_temporary(const char *name)
{
	char is[AGENT_PATH_MAX + 32];

	snprintf(is, sizeof(is), "%s.rig-%u", path_of(sizeof(struct agent_put)), sent.id);
	assert(sent.type == AGENT_PUT && !strcmp(name, is));
}

REAL(int, mkdir, const char *path, mode_t mode)
{
	const char *whole;
	size_t len = strlen(path);

	if (!inside)
		return __real_mkdir(path, mode);
	whole = path_of(sizeof(struct agent_put));
	assert(sent.type == AGENT_PUT && len && whole[len] == '/' && !memcmp(path, whole, len));
	return fails(take8(&in) & 1 ? EEXIST : EROFS) ? -1 : 0;
}

REAL(int, unlink, const char *path)
{
	if (!inside)
		return __real_unlink(path);
	deeds++;
	is_temporary(path);
	file.there = false;
	return 0;
}

/* Files of the kernel's are for SETUP and children. */
static int open_other(const char *path)
{
	static const char proc[] = "/proc/";

	assert(is_child || sent.type == AGENT_SETUP);
	assert(!strncmp(path, proc, sizeof(proc) - 1) || !strcmp(path, "/dev/null"));
	assert(!strstr(path, ".."));
	return fd_new(SINK);
}

REAL(int, open64, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (!inside)
		return __real_open64(path, flags, mode);
	if (fails(EACCES))
		return -1;
	if (is_child || (!(flags & O_CREAT) && sent.type != AGENT_GET))
		return open_other(path);
	assert(flags & O_CLOEXEC);
	if (!(flags & O_CREAT)) {
		assert((flags & O_ACCMODE) == O_RDONLY && flags & O_NONBLOCK);
		assert(!strcmp(path, path_of(sizeof(struct agent_get))));
		return fd_new(GET);
	}
	is_temporary(path);
	assert(flags & O_EXCL && flags & O_NOFOLLOW && !(mode & 077) && !file.there);
	file.there = true;
	file.written = 0;
	return fd_new(PUT);
}

REAL(int, fchmod, int fd, mode_t mode)
{
	if (!inside)
		return __real_fchmod(fd, mode);
	assert(kind_of(fd) == PUT && mode <= 07777);
	return fails(EPERM) ? -1 : 0;
}

/* All of it is there, once. */
REAL(int, rename, const char *from, const char *to)
{
	const char *path;

	if (!inside)
		return __real_rename(from, to);
	path = path_of(sizeof(struct agent_put));
	is_temporary(from);
	assert(file.there && !strcmp(to, path) && sent.received == sent.total);
	assert(file.written == sent.total - sizeof(struct agent_put) - strlen(path) - 1);
	if (fails(EISDIR))
		return -1;
	file.there = false;
	return 0;
}

REAL(int, fstat64, int fd, struct stat64 *st)
{
	uint8_t how;

	if (!inside)
		return __real_fstat64(fd, st);
	assert(kind_of(fd) == GET);
	how = take8(&in);
	memset(st, 0, sizeof(*st));
	st->st_mode = how & 1 ? S_IFDIR : S_IFREG;
	st->st_size = how & 2 ? take16(&in) : 0;
	return fails(EIO) ? -1 : 0;
}

/* --- children --------------------------------------------------------------------- */

REAL(int, pipe2, int fd[2], int flags)
{
	if (!inside)
		return __real_pipe2(fd, flags);
	assert(flags & O_CLOEXEC);
	if (fails(EMFILE))
		return -1;
	fd[0] = fd_new(PIPE);
	fd[1] = fd_new(SINK);
	assert(fd[0] >= 0 && fd[1] >= 0);
	return 0;
}

/* Rarely it is the child that goes on here, to the end of its run; its parent is forgotten then. */
REAL(pid_t, fork, void)
{
	if (!inside)
		return __real_fork();
	assert(!forked);
	if (fails(EAGAIN))
		return -1;
	forked = true;
	is_child = take8(&in) >= 0xf0;
	return is_child ? 0 : agent.ending && sent.answered ? ENDING_PID : next_pid++;
}

REAL(pid_t, setsid, void)
{
	assert(!inside || is_child);
	return inside ? 1 : __real_setsid();
}

REAL(int, dup2, int from, int to)
{
	if (!inside)
		return __real_dup2(from, to);
	assert(is_child && to <= 2);
	return to;
}

REAL(mode_t, umask, mode_t mode)
{
	assert(!inside || is_child);
	return inside ? 0 : __real_umask(mode);
}

REAL(int, sigprocmask, int how, const sigset_t *set, sigset_t *old)
{
	assert(!inside || is_child);
	return inside ? 0 : __real_sigprocmask(how, set, old);
}

REAL(sighandler_t, signal, int sig, sighandler_t handler)
{
	assert(!inside || is_child);
	return inside ? SIG_DFL : __real_signal(sig, handler);
}

REAL(int, chdir, const char *path)
{
	assert(!inside || is_child);
	return !inside ? __real_chdir(path) : fails(ENOENT) ? -1 : 0;
}

REAL(int, clearenv, void)
{
	assert(inside && is_child);
	variables = 0;
	return 0;
}

REAL(int, putenv, char *text)
{
	assert(inside && is_child && strchr(text, '='));
	variables++;
	return 0;
}

REAL(void, _exit, int status)
{
	if (inside && is_child)
		longjmp(child_is_done, 1);
	__real__exit(status);
}

/* The command is the first string of the body; those with '=' behind it are its variables. */
REAL(int, execl, const char *path, const char *name, ...)
{
	const char *p = (const char *)sent.body, *end = p + sent.total;
	unsigned int own = 6 + (unsigned int)agent.nenv, most = own + ENV_MAX;
	va_list ap;

	assert(inside && is_child && !strcmp(path, "/bin/sh") && !strcmp(name, "sh"));
	va_start(ap, name);
	assert(!strcmp(va_arg(ap, const char *), "-c"));
	assert(!strcmp(va_arg(ap, const char *), p));
	assert(!va_arg(ap, const char *));
	va_end(ap);
	for (p += strlen(p) + 1; p < end && own < most; p += strlen(p) + 1)
		own += strchr(p, '=') != NULL;
	assert(variables == own || own == most || variables >= ENV_MAX);
	errno = ENOENT;
	return -1;
}

REAL(int, execlp, const char *path, const char *name, ...)
{
	assert(inside && is_child && agent.ending);
	assert(!strcmp(path, agent.ending == AGENT_REBOOT ? "reboot" : "poweroff"));
	return -1;
}

REAL(int, kill, pid_t pid, int sig)
{
	if (!inside)
		return __real_kill(pid, sig);
	deeds++;
	assert(abs(pid) >= PID && abs(pid) < next_pid && sig > 0 && sig < NSIG);
	return pid < 0 && fails(ESRCH) ? -1 : 0;
}

/* One that runs, or that nobody has asked for; or none any more. */
REAL(pid_t, waitpid, pid_t pid, int *status, int options)
{
	uint8_t which;

	if (!inside)
		return __real_waitpid(pid, status, options);
	assert(pid == -1 && options == WNOHANG);
	which = take8(&in);
	*status = take16(&in);
	if (which < AGENT_EXECS_MAX && agent.jobs[which].pid)
		return agent.jobs[which].pid;
	if (which == 0x80 && agent.ending_pid > 0)
		return agent.ending_pid;
	return which == 0x81 ? 2 : 0;
}

REAL(int, ioctl, int fd, unsigned long what, ...)
{
	va_list ap;

	assert(inside && what == FIONREAD && kind_of(fd) == PIPE);
	va_start(ap, what);
	*va_arg(ap, int *) = take16(&in);
	va_end(ap);
	return fails(EINVAL) ? -1 : 0;
}

REAL(int, fcntl64, int fd, int what, ...)
{
	va_list ap;
	long arg;

	va_start(ap, what);
	arg = va_arg(ap, long);
	va_end(ap);
	if (!inside)
		return __real_fcntl64(fd, what, arg);
	assert(kind_of(fd) == PIPE && what == F_SETFL);
	return 0;
}

REAL(void, sync, void)
{
	assert(inside);
}

REAL(int, reboot, int what)
{
	assert(inside && agent.ending);
	return 0;
}

/* --- the network --------------------------------------------------------------------- */

REAL(int, sethostname, const char *name, size_t len)
{
	assert(inside && len && strlen(name) == len && !strpbrk(name, " \n"));
	return fails(EINVAL) ? -1 : 0;
}

static void is_address(const struct rtnl_address *a)
{
	assert(a->family == AF_INET ? a->prefix <= 32 : a->family == AF_INET6 && a->prefix <= 128);
}

static int done(void)
{
	return fails(EPERM) ? -EPERM : 0;
}

int rtnl_link_up(int ifindex, uint32_t mtu)
{
	assert(ifindex == 7 && !mtu);
	return done();
}

int rtnl_link_wait(int ifindex, int ms)
{
	assert(ifindex == 7 && ms > 0);
	return done();
}

int rtnl_address_add(int ifindex, const struct rtnl_address *addr)
{
	assert(ifindex == 7);
	is_address(addr);
	return done();
}

int rtnl_route_add(const struct rtnl_address *to, const struct rtnl_address *via)
{
	is_address(via);
	if (to->family)
		is_address(to);
	assert(!to->family ? !to->prefix : to->family == via->family);
	return done();
}

int rtnl_find(const uint8_t *mac, size_t len, uint8_t *whole, char *name)
{
	assert(len == 6 && !whole);
	if (name)
		strcpy(name, "eth0");
	return fails(0) ? -ENODEV : 7;
}

int nat_masquerade(int ifindex)
{
	assert(ifindex == 7);
	return done();
}

/* --- answers --------------------------------------------------------------------------- */

/* What a command has printed, in order and whole. */
static void look_at_output(const struct job *j, const uint8_t *data, uint64_t len)
{
	size_t i = (size_t)(j - agent.jobs);

	for (uint64_t k = 0; k < len; k++)
		assert(data[k] == (uint8_t)(job[i].came + k));
	job[i].came += len;
}

static struct job *find_job(uint32_t id)
{
	for (struct job *j = agent.jobs; j < agent.jobs + AGENT_EXECS_MAX; j++)
		if (j->pid && j->id == id)
			return j;
	return NULL;
}

void answer_add(struct agent *a, uint32_t id, int status, uint16_t flags, uint8_t *data, int fd,
		uint64_t len)
{
	struct job *j = find_job(id);

	assert(a == &agent && (!len || data || fd >= 0));
	if (j) { /* it has ended */
		assert(fd < 0 && len <= AGENT_OUTPUT_MAX);
		look_at_output(j, data, len);
		assert(flags == AGENT_CUT ||
		       job[j - agent.jobs].came == job[j - agent.jobs].printed);
	} else { /* what was asked for last */
		assert(sent.whole && sent.id == id && !sent.answered && !forked);
		assert(status <= 0 && !flags);
		sent.answered = true;
	}
	if (fd >= 0) {
		assert(kind_of(fd) == GET && sent.type == AGENT_GET);
		fds[fd - FD] = CLOSED;
	}
	if (data)
		for (uint64_t i = 0, sum = 0; i < len; i++)
			sum += data[i];
	free(data);
}

int card_send(const struct card *c, struct agent_frame *head, const void *data, size_t len)
{
	struct job *j = find_job(head->id);

	assert(head->type == AGENT_OUTPUT && j && j->stream && len && len <= AGENT_CHUNK);
	assert(head->offset == job[j - agent.jobs].came && head->total == head->offset + len);
	assert(head->offset + len - j->taken <= AGENT_WINDOW * AGENT_CHUNK);
	if (fails(EAGAIN))
		return -EAGAIN;
	look_at_output(j, data, len);
	return 0;
}

/* --- what requests ask for: the body as it was sent, and a zero byte --------------------- */

static void is_whole(const struct agent *a, uint32_t id, const uint8_t *data, size_t len)
{
	assert(a == &agent && sent.whole && id == sent.id && !sent.answered && !forked);
	assert(len == sent.total && !memcmp(data, sent.body, len) && !data[len]);
	deeds++;
}

REAL(void, setup, struct agent *a, uint32_t id, char *text)
{
	assert(sent.type == AGENT_SETUP);
	is_whole(a, id, (uint8_t *)text, sent.total);
	__real_setup(a, id, text);
}

REAL(void, file_get, struct agent *a, uint32_t id, const uint8_t *data, size_t len)
{
	assert(sent.type == AGENT_GET);
	is_whole(a, id, data, len);
	__real_file_get(a, id, data, len);
}

REAL(void, exec_begin, struct agent *a, uint32_t id, bool stream, const uint8_t *data, size_t len)
{
	assert(sent.type == (stream ? AGENT_STREAM : AGENT_EXEC));
	is_whole(a, id, data, len);
	__real_exec_begin(a, id, stream, data, len);
	if (find_job(id))
		memset(&job[find_job(id) - agent.jobs], 0, sizeof(job[0]));
}

/* --- frames ------------------------------------------------------------------------------ */

/* Whether a frame is the piece that is to come, and what is known of the body then. */
static bool expect(const struct agent_frame *f, const uint8_t *data)
{
	if (sent.active) {
		if (f->id != sent.id || f->type != sent.type || f->offset != sent.received ||
		    f->total != sent.total || !f->length)
			return false;
	} else {
		if (f->id <= sent.last_id || f->offset || (f->total && !f->length))
			return false;
		sent.id = sent.last_id = f->id;
		sent.type = f->type;
		sent.total = f->total;
		sent.received = 0;
		sent.answered = forked = false;
		sent.active = true;
	}
	memcpy(sent.body + sent.received, data, f->length);
	sent.received += f->length;
	sent.whole = sent.received == sent.total;
	return true;
}

static void receive(struct agent_frame *f, const uint8_t *data)
{
	static uint8_t buf[sizeof(*f) + AGENT_CHUNK];
	unsigned int before = deeds;
	bool expected;

	if (f->length > AGENT_CHUNK || (sent.active && sent.received > BODY_MAX - AGENT_CHUNK))
		return;
	memcpy(buf, f, sizeof(*f));
	memcpy(buf + sizeof(*f), data, f->length);
	if (!agent_frame_read(f, buf, sizeof(*f) + f->length))
		return;
	expected = expect(f, data);
	agent.ack = false;
	inside = true;
	request_frame(&agent, f, buf + sizeof(*f));
	inside = false;
	assert(agent.ack == expected && (expected || deeds == before));
	assert(!expected || (agent.ack_id == sent.id && agent.ack_offset == sent.received));
	if (!sent.whole)
		return;
	/* Answered, or a child of its own is at it. */
	assert(sent.answered ? !forked : find_job(sent.id) != NULL);
	sent.active = sent.whole = false;
}

static void cancel(uint32_t id)
{
	struct agent_frame f;
	unsigned int before = deeds;

	agent_frame_init(&f, AGENT_CANCEL, 1, id);
	inside = true;
	request_frame(&agent, &f, NULL);
	inside = false;
	if (sent.active && id == sent.id)
		sent.active = false;
	else
		assert(deeds == before);
}

/* --- what is sent -------------------------------------------------------------------------- */

static void put(const void *data, size_t len)
{
	assert(plan.len + len <= BODY_MAX);
	memcpy(plan.body + plan.len, data, len);
	plan.len += len;
}

static void put_path(uint8_t how)
{
	static const char *const paths[] = {"/a", "/tmp/b/c", "/", "//x//y", "rel", "/d/"};

	put(paths[how % 6], strlen(paths[how % 6]) + 1);
}

static void put_text(struct input *from)
{
	static const char *const words[] = {
		"hostname a\n", "card 02:00:00:00:00:01 10.0.0.1/24 ",
		"fc00::1/64\n", "route 10.0.0.0/8 10.0.0.9\n",
		"gateway ",     "10.0.0.2\n",
		"forward\n",    "nat 02:00:00:00:00:01\n",
		"env A=b\n",    "\n",
	};

	for (unsigned int n = take8(from) % 32; n; n--) {
		uint8_t which = take8(from), bytes[16];

		if (which < 0x80) {
			put(words[which % 10], strlen(words[which % 10]));
			continue;
		}
		take(from, bytes, sizeof(bytes));
		put(bytes, which % 16);
	}
}

static void plan_make(void)
{
	uint8_t how = take8(&in);
	struct agent_put p = {.mode = 0644};
	struct agent_get g = {.max = how & 32 ? take16(&in) : 1ULL << 40};
	uint8_t path = take8(&in);

	plan.type = AGENT_FIRST_REQUEST + how % (AGENT_TYPES - AGENT_FIRST_REQUEST);
	plan.len = 0;
	switch (plan.type) {
	case AGENT_SETUP:
		put_text(&in);
		break;
	case AGENT_PUT:
		p.path_len = how & 32 ? take8(&in) : (uint32_t)strlen("/a") + 1;
		put(&p, sizeof(p));
		put_path(how & 32 ? path : 0);
		memset(plan.body + plan.len, 'f', 65536);
		plan.len += how & 64 ? take16(&in) : take8(&in);
		break;
	case AGENT_GET:
		put(&g, sizeof(g));
		put_path(path);
		break;
	case AGENT_EXEC:
	case AGENT_STREAM:
		put("cmd", 4);
		for (unsigned int n = how & 64 ? take16(&in) % 1024 : 0; n; n--)
			put("A=b", 4);
		if (how & 32)
			put_text(&in);
		if (!(how & 128))
			put("", 1);
		break;
	}
}

/* The next piece of what is planned, or what is left of it. */
static void piece(uint8_t how)
{
	struct agent_frame f;
	uint64_t at = sent.active ? sent.received : 0;
	size_t len = how & 1 ? take8(&in) : AGENT_CHUNK;

	if (at > plan.len)
		return;
	agent_frame_init(&f, plan.type, 1, sent.active ? sent.id : sent.last_id + 1);
	f.total = plan.len;
	f.offset = at;
	len = len < plan.len - at ? len : plan.len - at;
	f.length = (uint32_t)len;
	receive(&f, plan.body + at);
}

/* One whose fields are what the input says, but for those that are right. */
static void wild(uint8_t right)
{
	static uint8_t data[AGENT_CHUNK];
	struct agent_frame f;

	agent_frame_init(&f, AGENT_FIRST_REQUEST + take8(&in) % 8, 1,
			 right & 1 ? sent.id : sent.last_id + take8(&in) % 4);
	f.length = right & 16 ? AGENT_CHUNK : take8(&in);
	f.offset = right & 2 ? sent.received : take8(&in);
	f.total = right & 4 ? sent.total : right & 8 ? take64(&in) : take16(&in);
	memset(data, 'w', sizeof(data));
	take(&in, data, 16);
	receive(&f, data);
}

/* --- what else happens ------------------------------------------------------------------------ */

static void host_says(uint8_t type, uint32_t id)
{
	struct agent_frame f;

	agent_frame_init(&f, type, 1, id);
	f.status = take8(&in) & 1 ? SIGTERM : (int32_t)take32(&in);
	f.offset = take8(&in) & 1 ? take16(&in) : take64(&in);
	inside = true;
	if (type == AGENT_TAKEN)
		exec_taken(&agent, &f);
	else
		request_signal(&agent, &f);
	inside = false;
}

static void command_prints(uint8_t which)
{
	struct job *j = &agent.jobs[which % AGENT_EXECS_MAX];

	inside = true;
	if (j->fd >= 0 && exec_wants_output(j))
		exec_output(j);
	inside = false;
}

static void background_prints(uint8_t which)
{
	inside = true;
	if (agent.drains[which % DRAINS_MAX] >= 0)
		exec_drain(&agent, which % DRAINS_MAX);
	inside = false;
}

static void one_thing(void)
{
	uint8_t what = take8(&in), how = take8(&in);

	switch (what % 16) {
	case 0:
	case 1:
	case 2:
		if (!sent.active || how & 128)
			plan_make();
		piece(how);
		break;
	case 3:
	case 4:
	case 5:
		piece(how);
		break;
	case 6:
		wild(how);
		break;
	case 7:
		cancel(how & 1 ? sent.id : how);
		break;
	case 8:
		host_says(how & 1 ? AGENT_TAKEN : AGENT_SIGNAL, how & 2 ? sent.id : take8(&in));
		break;
	case 9:
	case 10:
		command_prints(how);
		break;
	case 11:
		background_prints(how);
		break;
	case 12:
	case 13:
		inside = true;
		exec_send(&agent);
		inside = false;
		break;
	case 14:
		inside = true;
		exec_reap(&agent);
		inside = false;
		break;
	case 15:
		if (!agent.ending || agent.ending_pid)
			break;
		inside = true;
		forked = false;
		exec_end(&agent);
		inside = forked = false;
		break;
	}
	/* Nothing of a file without its request, nor of a request that is over. */
	assert(!file.there || (sent.active && sent.type == AGENT_PUT && agent.in.fd >= 0));
	assert(agent.in.active == sent.active && (sent.active || !agent.in.data));
}

/* --- all of it ----------------------------------------------------------------------------------- */

static void begin(void)
{
	agent = (struct agent){.in.fd = -1, .signals = SIGNALS_FD, .session = 1};
	for (unsigned int i = 0; i < AGENT_EXECS_MAX; i++)
		agent.jobs[i].fd = -1;
	for (unsigned int i = 0; i < DRAINS_MAX; i++)
		agent.drains[i] = -1;
	memset(fds, 0, sizeof(fds));
	memset(job, 0, sizeof(job));
	memset(&file, 0, sizeof(file));
	sent.active = sent.whole = sent.answered = forked = is_child = false;
	sent.id = sent.last_id = 0;
	sent.received = sent.total = plan.len = 0;
	plan.type = AGENT_END;
	next_pid = PID;
	deeds = 0;
}

static void drop_jobs(void)
{
	for (unsigned int i = 0; i < AGENT_EXECS_MAX; i++) {
		if (agent.jobs[i].fd >= 0)
			close(agent.jobs[i].fd);
		free(agent.jobs[i].output);
	}
	for (unsigned int i = 0; i < DRAINS_MAX; i++)
		if (agent.drains[i] >= 0)
			close(agent.drains[i]);
}

static void end(void)
{
	inside = true;
	request_drop(&agent);
	if (!is_child)
		drop_jobs();
	inside = false;
	assert(!file.there);
	for (unsigned int i = 0; i < FDS && !is_child; i++)
		assert(fds[i] == CLOSED);
	for (unsigned int i = 0; is_child && i < AGENT_EXECS_MAX; i++)
		free(agent.jobs[i].output);
	for (size_t i = 0; i < agent.nenv; i++)
		free(agent.env[i]);
	free(agent.env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in = (struct input){data, size};
	begin();
	if (!setjmp(child_is_done))
		while (in.left)
			one_thing();
	inside = false;
	end();
	return 0;
}
