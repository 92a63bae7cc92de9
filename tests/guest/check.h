/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks for the programs that tests/system/guest-programs.sh runs on the host and in a guest.
 *
 * A program is a table of groups. Every group runs in a process of its own with a time limit,
 * so that a crash or a hang costs its group only. Output, one line each:
 *
 *   ok N - TEXT                  a check, or the end of a group ("GROUP: ended")
 *   not ok N - TEXT              it failed; the exit status is 1
 *   ok N - TEXT # SKIP REASON    cannot be checked here; not compared
 *   ok 1 - everything # SKIP REASON    the whole program cannot be checked here
 *   # TEXT                       for people
 *
 * The test compares the lines of host and guest, so TEXT holds no addresses, pids or times.
 * `PROGRAM GROUP...` runs these groups only.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK_LIMIT_MS 12000 /* a group that takes longer hangs */
#define CHECK_UNUSED __attribute__((unused))

struct check_group {
	const char *name; /* NULL ends the table */
	void (*run)(void);
};

/* Shared by all processes of a program. */
struct check_totals {
	int checks;
	int failures;
};

static struct check_totals *check_totals;

/*
 * With one write(), so that lines of several processes do not mix; but a program with a timer may be
 * interrupted before the console took it all.
 */
static void check_write(const char *line, int len)
{
	while (len > 0) {
		ssize_t n = write(1, line, len);

		if (n < 0 && errno != EINTR)
			_exit(99);
		if (n > 0)
			line += n, len -= (int)n;
	}
}

/* A line of the verdict. */
static void check_line(const char *verdict, const char *skip, const char *fmt, va_list ap)
{
	char text[400], line[500];
	int n = __atomic_add_fetch(&check_totals->checks, 1, __ATOMIC_SEQ_CST), len;

	vsnprintf(text, sizeof(text), fmt, ap);
	len = snprintf(line, sizeof(line), "%s %d - %s%s%s\n", verdict, n, text,
		       skip ? " # SKIP " : "", skip ? skip : "");
	check_write(line, len);
}

/* A remark, with the errno of now if error is set. */
__attribute__((format(printf, 1, 2))) CHECK_UNUSED static void check_note(const char *fmt, ...)
{
	char text[400], line[500];
	va_list ap;
	int len;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	len = snprintf(line, sizeof(line), "# %s\n", text);
	check_write(line, len);
}

__attribute__((format(printf, 4, 5))) CHECK_UNUSED static bool
check_that(bool good, const char *expression, int where, const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	check_line(good ? "ok" : "not ok", NULL, fmt, ap);
	va_end(ap);
	if (!good) {
		__atomic_add_fetch(&check_totals->failures, 1, __ATOMIC_SEQ_CST);
		check_note("line %d: %s (errno: %s)", where, expression, strerror(error));
	}
	errno = error;
	return good;
}

__attribute__((format(printf, 6, 7))) CHECK_UNUSED static bool
check_equal(long long got, long long want, const char *a, const char *b, int where, const char *fmt,
	    ...)
{
	va_list ap;

	va_start(ap, fmt);
	check_line(got == want ? "ok" : "not ok", NULL, fmt, ap);
	va_end(ap);
	if (got == want)
		return true;
	__atomic_add_fetch(&check_totals->failures, 1, __ATOMIC_SEQ_CST);
	check_note("line %d: %s is %lld (0x%llx), not %s = %lld (0x%llx)", where, a, got,
		   (unsigned long long)got, b, want, (unsigned long long)want);
	return false;
}

/* CHECK(condition, text, ...) and CHECK_EQ(got, want, text, ...) give whether the check held. */
#define CHECK(condition, ...) check_that(!!(condition), #condition, __LINE__, __VA_ARGS__)
#define CHECK_EQ(got, want, ...) \
	check_equal((long long)(got), (long long)(want), #got, #want, __LINE__, __VA_ARGS__)

/* Cannot be checked here, for this reason. */
__attribute__((format(printf, 2, 3))) CHECK_UNUSED static void check_skip(const char *reason,
									  const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	check_line("ok", reason, fmt, ap);
	va_end(ap);
}

/* What a check depends on: without it the group ends here. */
#define CHECK_NEED(condition, ...)                  \
	do {                                        \
		if (!CHECK(condition, __VA_ARGS__)) \
			_exit(1);                   \
	} while (0)

CHECK_UNUSED static void check_sleep_ms(int ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

CHECK_UNUSED static long long check_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* The wait status of pid, or -1 if it did not end within ms (it is killed then). */
CHECK_UNUSED static int check_wait(pid_t pid, int ms)
{
	int fd = syscall(SYS_pidfd_open, pid, 0), status = -1, n;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	long long end = check_now_ms() + ms;

	do
		n = poll(&p, 1, end - check_now_ms() > 0 ? end - check_now_ms() : 0);
	while (n < 0 && errno == EINTR);
	close(fd);
	if (n != 1) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return -1;
	}
	waitpid(pid, &status, 0);
	return status;
}

/* fork() for a helper that dies with its parent. */
CHECK_UNUSED static pid_t check_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* The state letter of a process in /proc ('S' sleeps, 'T' is stopped, ...), '?' without one. */
CHECK_UNUSED static char check_state(pid_t pid)
{
	char path[40], text[200] = "", *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return '?';
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : '?';
}

/* Waits until a process or thread is in the state; false after 4 s. */
CHECK_UNUSED static bool check_wait_state(pid_t pid, char state)
{
	for (int i = 0; i < 4000; i++) {
		if (check_state(pid) == state)
			return true;
		check_sleep_ms(1);
	}
	return false;
}

CHECK_UNUSED static void check_handler(int sig, void (*handler)(int, siginfo_t *, void *),
				       int flags)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

static void check_one(const struct check_group *g)
{
	long long start = check_now_ms();
	pid_t pid = check_fork();
	int status;

	if (pid < 0) {
		CHECK(false, "%s: fork", g->name);
		return;
	}
	if (pid == 0) {
		setpgid(0, 0);
		g->run();
		_exit(0);
	}
	status = check_wait(pid, CHECK_LIMIT_MS);
	kill(-pid, SIGKILL);
	if (status != -1 && WIFSIGNALED(status))
		check_note("%s died of signal %d", g->name, WTERMSIG(status));
	else if (status == -1)
		check_note("%s: no end after %d ms", g->name, CHECK_LIMIT_MS);
	if (check_now_ms() - start > 1000)
		check_note("%s: took %lld ms", g->name, check_now_ms() - start);
	CHECK_EQ(status, 0, "%s: ended", g->name);
}

/* Whatever the shell left: nothing ignored, nothing blocked. */
static void check_clean_signals(void)
{
	sigset_t none;

	for (int i = 1; i < 32; i++)
		if (i != SIGKILL && i != SIGSTOP)
			signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Runs the groups that the arguments name, or all; the program's exit status. */
static int check_run(const struct check_group *groups, int argc, char **argv)
{
	check_clean_signals();
	check_totals = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (check_totals == MAP_FAILED)
		return 99;
	for (const struct check_group *g = groups; g->name; g++) {
		bool wanted = argc < 2;

		for (int i = 1; i < argc; i++)
			wanted |= !strcmp(argv[i], g->name);
		if (wanted)
			check_one(g);
	}
	return check_totals->failures ? 1 : 0;
}

/* Instead of check_run(): nothing of the program can be checked here. */
CHECK_UNUSED static int check_none(const char *reason)
{
	printf("ok 1 - everything # SKIP %s\n", reason);
	return 0;
}

#endif
