// SPDX-License-Identifier: GPL-2.0
/*
 * init of the tiny system: from the kernel to a prompt in as few calls as can be.
 *
 * Unless the image can be written, init lays a tmpfs over it (overlayfs), moves into
 * the result, mounts the usual kernel file systems, brings up the loopback
 * interface and starts a root shell on con0, and one on every line that the
 * kernel parameter nestling.getty=tty1,ttyS0,... names. It is C and not a
 * script because every process that stock UML starts costs milliseconds.
 *
 * What the kernel hands over as arguments (words behind "--"):
 *   -c WORD...   run the words as one shell command on con0, power off, and
 *                give its exit status to the host (1-63; higher ones become 63)
 *   -C WORD...   likewise, words coded as URLs are: %20 is a space, % alone nothing
 *   -j           the command of uml_run (run.c)
 * nestling.rig starts the agent that uml_rig speaks to (agent.c). Shells are for those who sit at a
 * terminal then: a plain con0 gets none, one that ends at once does not come back, and no shell's
 * end is the guest's. With nestling.rig=/dev/ubda the system of that disk is entered instead, with
 * the agent beside it (root.c); an image of this system starts its own.
 * nestling.plain says that con0 is no terminal but pipes or files: no echo, no
 * carriage returns, no prompt; commands are read like a script.
 *
 * When the shell on con0 ends the guest powers off. SIGUSR1, SIGUSR2 and
 * SIGTERM (what busybox' halt, poweroff, reboot send) and SIGINT (the kernel's
 * Ctrl-Alt-Del) end the guest with all file systems unmounted. Called as
 * "shutdown", the program is the command of that name.
 *
 * Limits: no runlevels, no services, no log-in; at most MAX_LINES lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "agent.h"
#include "agent_abi.h"
#include "command.h"
#include "end.h"
#include "root.h"
#include "run.h"
#include "run_abi.h"

#define MAX_LINES 32
#define NAME_LEN 32
#define COMMAND_LEN 4096
#define EXIT_MAX 63 /* the guest kernel reserves 64 and above for its own endings */
#define RESPAWN_NS 1000000000L /* a line whose shell ends sooner is retried this slowly */

static const char welcome[] =
	"\nWelcome to Nestling: a Linux kernel running as an ordinary process.\n"
	"This is the built-in system (busybox); what you change is gone when it ends.\n"
	"To leave: exit or poweroff. Ctrl-] is the escape key of the console.\n\n";

struct line {
	char tty[NAME_LEN]; /* name below /dev */
	pid_t pid; /* its shell, 0 = none */
	bool silent; /* nobody is there: no shell */
	struct timespec started;
};

struct init {
	struct line lines[MAX_LINES]; /* 0 is con0 */
	int nlines;
	bool plain; /* con0 is not a terminal */
	bool rig; /* a node of uml_rig: the agent runs */
	char disk[NAME_LEN]; /* whose system is entered; "" = this one is it */
	char command[COMMAND_LEN]; /* what -c asks for, "" = a shell */
};

static void complain(const char *what)
{
	char text[160];
	int n = snprintf(text, sizeof(text), "init: %s: %s\n", what, strerror(errno));

	if (write(2, text, n) < 0)
		return;
}

/* Best effort by intent: a guest that lacks one mount is still worth a prompt. */
static void try_mount(const char *type, const char *dir, unsigned long flags, const char *data)
{
	if (mount(type, dir, type, flags, data) && errno != EBUSY)
		complain(dir);
}

/* A file system that can be written needs no layer, and what is written outlasts a crash. */
static bool remount_writable(void)
{
	/* Those that cannot say yes all the same. */
	return mount(NULL, "/", NULL, MS_REMOUNT | MS_NOATIME, NULL) == 0 && access("/", W_OK) == 0;
}

/*
 * Puts a tmpfs over the read-only image and makes the sum of both the root.
 * The tmpfs has to hang somewhere until the move: /run exists in the image.
 */
static void make_root_writable(void)
{
	if (mount("tmpfs", "/run", "tmpfs", 0, "mode=755"))
		goto fail;
	if (mkdir("/run/upper", 0755) || mkdir("/run/work", 0755) || mkdir("/run/root", 0755))
		goto fail_umount;
	if (mount("overlay", "/run/root", "overlay", 0,
		  "lowerdir=/,upperdir=/run/upper,workdir=/run/work"))
		goto fail_umount;
	if (mount("/dev", "/run/root/dev", NULL, MS_MOVE, NULL) && errno != EINVAL)
		complain("moving /dev");
	if (mount("/proc", "/run/root/proc", NULL, MS_MOVE, NULL))
		complain("moving /proc");
	if (chdir("/run/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		goto fail;
	return;

fail_umount:
	umount2("/run", MNT_DETACH);
fail:
	complain("the root stays read-only");
}

/* All but /proc, which is there since the beginning. */
static void mount_all(void)
{
	try_mount("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	if (access("/dev/null", F_OK))
		try_mount("devtmpfs", "/dev", MS_NOSUID, NULL);
	mkdir("/dev/pts", 0755);
	mkdir("/dev/shm", 01777);
	try_mount("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "mode=620,gid=5,ptmxmode=666");
	try_mount("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, NULL);
	try_mount("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, NULL);
	try_mount("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755");
	if (symlink("/proc/self/fd", "/dev/fd") == 0 && symlink("fd/0", "/dev/stdin") == 0 &&
	    symlink("fd/1", "/dev/stdout") == 0 && symlink("fd/2", "/dev/stderr") == 0)
		return;
}

/* The kernel gives lo its addresses when it comes up. */
static void loopback_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		complain("bringing up lo");
	close(fd);
}

/* Reads a small file; the text is terminated, a final newline removed. */
static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	text[0] = 0;
	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = 0;
	if (text[n - 1] == '\n')
		text[n - 1] = 0;
	return true;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		complain(path);
	close(fd);
}

/* Adds a line that exists and is not yet known. */
static void add_line(struct init *in, const char *tty)
{
	char path[NAME_LEN + 8];
	struct line *line = &in->lines[in->nlines];

	if (in->nlines == MAX_LINES || !*tty || strlen(tty) >= NAME_LEN || strchr(tty, '/'))
		return;
	for (int i = 0; i < in->nlines; i++)
		if (strcmp(in->lines[i].tty, tty) == 0)
			return;
	snprintf(path, sizeof(path), "/dev/%s", tty);
	if (access(path, F_OK))
		return;
	snprintf(line->tty, sizeof(line->tty), "%s", tty);
	in->nlines++;
}

/*
 * con0 is what /dev/console stands for, by its own name: only a real terminal
 * can be a controlling one, and without that there is no job control.
 */
static void find_console(struct init *in)
{
	char active[256], *last;

	if (read_text("/sys/class/tty/console/active", active, sizeof(active))) {
		last = strrchr(active, ' ');
		add_line(in, last ? last + 1 : active);
	}
	if (in->nlines == 0)
		add_line(in, "console");
}

static void read_parameters(struct init *in)
{
	static const char getty[] = "nestling.getty=";
	char text[COMMAND_LEN], *word, *tty, *save, *save_tty;

	if (!read_text("/proc/cmdline", text, sizeof(text)))
		return;
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (strcmp(word, "--") == 0)
			return;
		if (strcmp(word, "nestling.plain") == 0)
			in->plain = true;
		if (strncmp(word, getty, sizeof(getty) - 1))
			continue;
		for (tty = strtok_r(word + sizeof(getty) - 1, ",", &save_tty); tty;
		     tty = strtok_r(NULL, ",", &save_tty))
			add_line(in, tty);
	}
}

/* Whether this is a node of a rig; asked before the rest, since it decides which root it will be. */
static void read_rig(struct init *in)
{
	static const char rig[] = AGENT_WORD "=";
	char text[COMMAND_LEN], *word, *save;

	if (getenv(ROOT_WORD)) {
		in->rig = true;
		return;
	}
	if (!read_text("/proc/cmdline", text, sizeof(text)))
		return;
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (strcmp(word, "--") == 0)
			return;
		if (strcmp(word, AGENT_WORD) == 0)
			in->rig = true;
		if (strncmp(word, rig, sizeof(rig) - 1) == 0)
			snprintf(in->disk, sizeof(in->disk), "%s", word + sizeof(rig) - 1);
	}
}

/* Pipes and files want the bytes as they are. */
static void make_plain(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return;
	t.c_oflag &= ~OPOST;
	t.c_lflag &= ~(ECHO | ECHOE | ECHOK | ECHONL);
	tcsetattr(fd, TCSANOW, &t);
}

/* Runs in the vfork child: makes the line its controlling terminal and becomes the shell. */
static void __attribute__((noreturn)) become_shell(const struct init *in, const struct line *line)
{
	const bool first = line == in->lines;
	char path[NAME_LEN + 8];
	sigset_t none;
	int fd;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	snprintf(path, sizeof(path), "/dev/%s", line->tty);
	fd = open(path, O_RDWR);
	if (fd < 0 && first)
		fd = open("/dev/console", O_RDWR);
	if (fd < 0)
		_exit(127);
	ioctl(fd, TIOCSCTTY, 0);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	if (first && in->plain)
		make_plain(0);
	if (first && in->command[0])
		execl("/bin/sh", "sh", "-c", in->command, NULL);
	else if (first && in->plain)
		execl("/bin/sh", "sh", path, NULL); /* as a script: "sh -s" on a tty would prompt */
	else if (write(1, welcome, sizeof(welcome) - 1) > 0)
		execl("/bin/sh", "-sh", NULL);
	_exit(127);
}

static void start_shell(const struct init *in, struct line *line)
{
	pid_t pid = vfork();

	if (pid == 0)
		become_shell(in, line);
	if (pid < 0)
		complain("starting a shell");
	line->pid = pid > 0 ? pid : 0;
	clock_gettime(CLOCK_MONOTONIC, &line->started);
}

/* The shell on con0 ended: so does the guest, but in a rig. A command's status goes to the host. */
static void con0_ended(const struct init *in, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_MAX;
	char text[16];

	if (in->command[0] || in->plain) {
		snprintf(text, sizeof(text), "%d\n", code > EXIT_MAX ? EXIT_MAX : code);
		write_text("/proc/exitcode", text);
	}
	end_guest(RB_POWER_OFF);
}

/* How long ago a line's shell was started, in ns. */
static long long age_ns(const struct line *line)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - line->started.tv_sec) * 1000000000LL + now.tv_nsec -
	       line->started.tv_nsec;
}

static void reap(struct init *in)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == in->lines[0].pid && (!in->rig || in->command[0]))
			con0_ended(in, status);
		for (int i = 0; i < in->nlines; i++) {
			if (in->lines[i].pid != pid)
				continue;
			in->lines[i].pid = 0;
			in->lines[i].silent = in->rig && age_ns(&in->lines[i]) < RESPAWN_NS;
		}
	}
}

/* Starts the shells that are due. Returns whether one has to wait for its turn. */
static bool respawn(struct init *in)
{
	bool waiting = false;

	for (int i = 0; i < in->nlines; i++) {
		struct line *line = &in->lines[i];
		long long age = age_ns(line);

		if (line->pid || line->silent)
			continue;
		if (line->started.tv_sec + line->started.tv_nsec == 0 || age >= RESPAWN_NS)
			start_shell(in, line);
		else
			waiting = true;
	}
	return waiting;
}

/* Serves children and signals for ever. */
static void __attribute__((noreturn)) supervise(struct init *in, const sigset_t *set)
{
	const struct timespec pause_1s = {.tv_sec = 1};

	for (;;) {
		bool waiting = respawn(in);
		int sig = waiting ? sigtimedwait(set, NULL, &pause_1s) : sigwaitinfo(set, NULL);

		switch (sig) {
		case SIGCHLD:
			reap(in);
			break;
		case SIGUSR1:
			end_guest(RB_HALT_SYSTEM);
		case SIGUSR2:
		case SIGPWR:
			end_guest(RB_POWER_OFF);
		case SIGTERM:
		case SIGINT:
			end_guest(RB_AUTOBOOT);
		}
	}
}

/* shutdown [-h|-P|-r|-H] [now]: asks init. */
static int shutdown_main(char **argv)
{
	int sig = SIGUSR2;

	while (*++argv) {
		if (strcmp(*argv, "-r") == 0)
			sig = SIGTERM;
		else if (strcmp(*argv, "-H") == 0)
			sig = SIGUSR1;
		else if (strcmp(*argv, "-h") && strcmp(*argv, "-P") && strcmp(*argv, "now")) {
			static const char usage[] = "usage: shutdown [-h|-P|-r|-H] [now]\n";
			return write(2, usage, sizeof(usage) - 1) < 0 ? 1 : 64;
		}
	}
	return kill(1, sig) ? 1 : 0;
}

static void set_environment(void)
{
	unsetenv(ROOT_WORD);
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("LOGNAME", "root", 1);
	setenv("SHELL", "/bin/sh", 1);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	if (chdir("/root"))
		complain("/root");
}

/* The system of a disk takes the place of this one. Without it there is nothing to go on with. */
static void __attribute__((noreturn)) enter_disk(const struct init *in, char **argv)
{
	root_enter(in->disk, argv);
	write_text("/proc/exitcode", "63\n");
	end_guest(RB_POWER_OFF);
}

int main(int argc, char **argv)
{
	static const int signals[] = {SIGCHLD, SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGPWR};
	static struct init in;
	sigset_t set;

	if (getpid() != 1)
		return shutdown_main(argv);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	reboot(RB_DISABLE_CAD);

	if (argc == 2 && strcmp(argv[1], RUN_ARGUMENT) == 0) {
		loopback_up();
		run_job();
		end_guest(RB_POWER_OFF);
	}
	try_mount("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	read_rig(&in);
	if (in.disk[0])
		enter_disk(&in, argv);
	if (!remount_writable())
		make_root_writable();
	mount_all();
	loopback_up();
	find_console(&in);
	read_parameters(&in);
	command_read(in.command, sizeof(in.command), argv);
	set_environment();
	if (in.rig && agent_start(false) < 0)
		complain("starting the agent");
	if (in.rig && in.plain && !in.command[0])
		in.lines[0].silent = true;
	supervise(&in, &set);
}
