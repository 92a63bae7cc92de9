// SPDX-License-Identifier: GPL-2.0
/*
 * Commands: each in a session of its own, output and errors in one pipe. The answer goes when the
 * shell has ended, with what is in the pipe by then; of a stream, what was there before has gone.
 * Whoever it left in the background may go on writing: that is read and thrown away, or they would
 * be ended by it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "agent.h"
#include "agent_private.h"

#define PIECE 65536 /* bytes at a time */
#define SHELL "/bin/sh"

extern char **environ;

/* --- in the child ------------------------------------------------------------- */

/* What every command has, SETUP's variables, those of this command: the last one of a name holds. */
static void set_environment(const struct agent *a, char *text, const char *end)
{
	static const char *const base[] = {
		"HOME=/root",   "USER=root",
		"LOGNAME=root", "SHELL=/bin/sh",
		"LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	};
	unsigned int n = 0;
	size_t i;

	clearenv();
	for (i = 0; i < sizeof(base) / sizeof(base[0]); i++)
		putenv((char *)base[i]);
	for (i = 0; i < a->nenv; i++)
		putenv(a->env[i]);
	for (; text < end && n < ENV_MAX; text += strlen(text) + 1, n++)
		if (strchr(text, '='))
			putenv(text);
}

/* What is the agent's own does not go on in what it starts. */
static void be_ordinary(void)
{
	sigset_t none;

	file_write("/proc/self/oom_score_adj", "0");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void __attribute__((noreturn))
become_command(const struct agent *a, int out, char *command, const char *end)
{
	int null = open("/dev/null", O_RDONLY);

	setsid();
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (null > 2)
		close(null);
	be_ordinary();
	umask(022);
	set_environment(a, command + strlen(command) + 1, end);
	if (chdir("/root") && chdir("/"))
		_exit(125);
	execl(SHELL, "sh", "-c", command, NULL);
	_exit(errno == ENOENT ? 127 : 126);
}

/* --- in the agent ------------------------------------------------------------- */

static struct job *free_job(struct agent *a)
{
	unsigned int i;

	for (i = 0; i < AGENT_EXECS_MAX; i++)
		if (!a->jobs[i].pid)
			return &a->jobs[i];
	return NULL;
}

/* 0 or -errno. */
static int start(const struct agent *a, struct job *job, char *command, const char *end)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0)
		become_command(a, fds[1], command, end);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return -errno;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	job->pid = pid;
	job->fd = fds[0];
	return 0;
}

void exec_begin(struct agent *a, uint32_t id, bool stream, const uint8_t *data, size_t len)
{
	struct job *job = free_job(a);
	char *command = (char *)data;
	int err = -EAGAIN;

	if (!len || data[len - 1])
		err = -EINVAL;
	else if (job) {
		*job = (struct job){.id = id, .fd = -1, .stream = stream};
		err = start(a, job, command, command + len);
	}
	if (err)
		answer_add(a, id, err, 0, NULL, -1, 0);
}

/* Room for n more bytes, as far as the bound and memory allow. */
static size_t make_room(struct job *job, size_t n)
{
	size_t room = job->room ? job->room : 4096;
	uint8_t *more;

	if (n > AGENT_OUTPUT_MAX - job->len)
		n = AGENT_OUTPUT_MAX - job->len;
	while (room < job->len + n)
		room *= 2;
	if (room > job->room) {
		more = realloc(job->output, room);
		if (!more)
			return job->room - job->len;
		job->output = more;
		job->room = room;
	}
	return n;
}

/* At most `most` bytes. How many there were: 0 at the end, -1 when there are none now. */
static ssize_t take(struct job *job, size_t most)
{
	static uint8_t piece[PIECE];
	ssize_t n = read(job->fd, piece, most < PIECE ? most : PIECE);
	size_t kept;

	if (n == 0) {
		close(job->fd);
		job->fd = -1;
	}
	if (n <= 0)
		return n;
	kept = make_room(job, (size_t)n);
	if (kept < (size_t)n)
		job->cut = true;
	if (kept)
		memcpy(job->output + job->len, piece, kept);
	job->len += kept;
	return n;
}

void exec_output(struct job *job)
{
	take(job, job->stream ? AGENT_CHUNK : PIECE);
}

bool exec_wants_output(const struct job *job)
{
	return !job->stream || job->len < AGENT_CHUNK;
}

/* One frame of a stream's output. False: the card takes none. */
static bool send_output(struct agent *a, struct job *job)
{
	struct agent_frame f;
	size_t n = job->len < AGENT_CHUNK ? job->len : AGENT_CHUNK;

	agent_frame_init(&f, AGENT_OUTPUT, a->session, job->id);
	f.offset = job->sent;
	f.total = job->sent + n; /* up to now */
	if (card_send(&a->card, &f, job->output, n))
		return false;
	job->sent += n;
	job->len -= n;
	memmove(job->output, job->output + n, job->len);
	return true;
}

bool exec_send(struct agent *a)
{
	unsigned int i;

	for (i = 0; i < AGENT_EXECS_MAX; i++) {
		struct job *job = &a->jobs[i];

		while (job->stream && job->len &&
		       job->sent - job->taken <= (AGENT_WINDOW - 1) * AGENT_CHUNK)
			if (!send_output(a, job))
				return false;
	}
	return true;
}

static struct job *find_job(const struct agent *a, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < AGENT_EXECS_MAX; i++)
		if (a->jobs[i].pid && a->jobs[i].id == id)
			return (struct job *)&a->jobs[i];
	return NULL;
}

void exec_taken(struct agent *a, const struct agent_frame *f)
{
	struct job *job = find_job(a, f->id);

	if (job && f->offset > job->taken && f->offset <= job->sent)
		job->taken = f->offset;
}

void exec_signal(const struct agent *a, uint32_t id, int sig)
{
	const struct job *job = find_job(a, id);

	/* A child that is not as far as a session of its own yet is alone. */
	if (job && kill(-job->pid, sig) && errno == ESRCH)
		kill(job->pid, sig);
}

void exec_drain(struct agent *a, unsigned int n)
{
	static uint8_t piece[PIECE];

	if (read(a->drains[n], piece, sizeof(piece)) != 0)
		return;
	close(a->drains[n]);
	a->drains[n] = -1;
}

/* Others may hold the pipe still. */
static void keep_open(struct agent *a, int fd)
{
	unsigned int i;

	for (i = 0; i < DRAINS_MAX && a->drains[i] >= 0; i++)
		;
	if (i < DRAINS_MAX)
		a->drains[i] = fd;
	else
		close(fd);
}

static void job_ended(struct agent *a, struct job *job, int status)
{
	int left = 0;
	ssize_t n;

	/* What is there now and no more: one in the background might never stop. */
	if (job->fd >= 0 && ioctl(job->fd, FIONREAD, &left) < 0)
		left = 0;
	while (job->fd >= 0 && left > 0 && (n = take(job, (size_t)left)) > 0)
		left -= (int)n;
	if (job->fd >= 0)
		keep_open(a, job->fd);
	answer_add(a, job->id, status, job->cut ? AGENT_CUT : 0, job->output, -1, job->len);
	*job = (struct job){.fd = -1};
}

void exec_force_end(const struct agent *a)
{
	sync();
	reboot(a->ending == AGENT_REBOOT ? RB_AUTOBOOT : RB_POWER_OFF);
}

void exec_reap(struct agent *a)
{
	struct signalfd_siginfo si;
	unsigned int i;
	int status;
	pid_t pid;

	if (read(a->signals, &si, sizeof(si)) < 0)
		return;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		/* No such program. That it failed may also mean that others are faster to end than it. */
		if (pid == a->ending_pid && WIFEXITED(status) && WEXITSTATUS(status) == 127)
			exec_force_end(a);
		for (i = 0; i < AGENT_EXECS_MAX; i++)
			if (a->jobs[i].pid == pid)
				job_ended(a, &a->jobs[i], status);
	}
}

void exec_end(struct agent *a)
{
	const char *program = a->ending == AGENT_REBOOT ? "reboot" : "poweroff";

	a->ending_pid = fork();
	if (a->ending_pid == 0) {
		be_ordinary();
		set_environment(a, NULL, NULL);
		execlp(program, program, NULL);
		_exit(127);
	}
	if (a->ending_pid < 0)
		exec_force_end(a);
}
