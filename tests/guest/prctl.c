// SPDX-License-Identifier: GPL-2.0
/* prctl and its kin: names, death signals, dumpability, subreapers, limits of time, personality, limits. */
#include "check.h"
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/utsname.h>

static void names(void)
{
	char name[16] = "", text[64] = "";
	FILE *f;

	CHECK(!prctl(PR_SET_NAME, "fifteen-letters-and-more"), "set a name");
	CHECK(!prctl(PR_GET_NAME, name) && !strcmp(name, "fifteen-letters"), "get it, cut");
	f = fopen("/proc/self/comm", "re");
	CHECK(f && fgets(text, sizeof(text), f) && !strcmp(text, "fifteen-letters\n"),
	      "/proc/self/comm");
}

static volatile int got;

static void on_signal(int sig)
{
	got = sig;
}

static void death_signal(void)
{
	int p[2], sig = 0;
	pid_t pid;
	char c;

	CHECK_NEED(!pipe(p), "pipe");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0) {
			signal(SIGUSR1, on_signal);
			prctl(PR_SET_PDEATHSIG, SIGUSR1);
			prctl(PR_GET_PDEATHSIG, &sig);
			if (sig == SIGUSR1 && write(p[1], "r", 1) != 1)
				_exit(1);
			for (int i = 0; i < 3000 && !got; i++)
				check_sleep_ms(1);
			_exit(got == SIGUSR1 ? 55 : 1);
		}
		_exit(read(p[0], &c, 1) == 1 ? 0 : 1);
	}
	CHECK_EQ(check_wait(pid, 3000), 0, "a parent ends");
	CHECK(waitpid(-1, &sig, 0) > 0 && sig == 55 << 8, "PR_SET_PDEATHSIG");
}

static void simple(void)
{
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1, "dumpable");
	CHECK(!prctl(PR_SET_DUMPABLE, 0) && prctl(PR_GET_DUMPABLE) == 0, "not any more");
	CHECK(prctl(PR_SET_DUMPABLE, 2) == -1 && errno == EINVAL, "nor half");
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0, "no_new_privs");
	CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
		      prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	      "set");
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == -1, "never back");
	CHECK(prctl(PR_SET_TIMERSLACK, 12345) == 0 && prctl(PR_GET_TIMERSLACK) == 12345,
	      "timer slack");
	CHECK(prctl(9999, 0, 0, 0, 0) == -1 && errno == EINVAL, "no such option");
	CHECK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0 &&
		      prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1,
	      "THP off");
	CHECK(prctl(PR_CAPBSET_READ, 0, 0, 0, 0) >= 0, "capabilities");
}

static volatile int faulted;

static void on_fault(int sig, siginfo_t *si, void *context)
{
	faulted++;
	prctl(PR_SET_TSC, PR_TSC_ENABLE);
}

/* The time-stamp counter can be forbidden on x86; where it cannot the call must say so. */
static void counter(void)
{
	int mode = 0;

	if (prctl(PR_GET_TSC, &mode) || prctl(PR_SET_TSC, PR_TSC_SIGSEGV)) {
		check_skip("no PR_SET_TSC", "rdtsc is a fault");
		return;
	}
	check_handler(SIGSEGV, on_fault, 0);
	__asm__ volatile("rdtsc" ::: "rax", "rdx");
	CHECK_EQ(faulted, 1, "rdtsc is a fault");
}

static void limits(void)
{
	struct rlimit lim = {100, 200}, now;

	CHECK(!setrlimit(RLIMIT_NOFILE, &lim) && !getrlimit(RLIMIT_NOFILE, &now) &&
		      now.rlim_cur == 100,
	      "setrlimit");
	lim.rlim_cur = 300;
	CHECK(setrlimit(RLIMIT_NOFILE, &lim) == -1 && errno == EINVAL, "above the maximum");
	lim = (struct rlimit){200, 200};
	CHECK(!prlimit(getpid(), RLIMIT_NOFILE, &lim, &now) && now.rlim_cur == 100, "prlimit");
	lim = (struct rlimit){64 << 20, 64 << 20};
	CHECK(!setrlimit(RLIMIT_AS, &lim), "a limit of the address space");
	CHECK(mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
		      errno == ENOMEM,
	      "is kept");
}

static void execution_domain(void)
{
	pid_t pid = check_fork();
	struct utsname u;

	if (pid == 0) {
		personality(UNAME26);
		uname(&u);
		_exit(!strncmp(u.release, "2.6.", 4) ? 0 : 1);
	}
	CHECK_EQ(check_wait(pid, 3000), 0, "UNAME26");
	CHECK(personality(ADDR_NO_RANDOMIZE) >= 0 && personality(0xffffffff) == ADDR_NO_RANDOMIZE,
	      "ADDR_NO_RANDOMIZE");
	CHECK(!uname(&u) && !strcmp(u.machine, "x86_64"), "machine");
}

/* With randomisation off two runs have the same addresses; with it on they do not. */
static long addresses(bool fixed)
{
	int p[2];
	long r[2];

	CHECK_NEED(!pipe(p), "pipe");
	for (int i = 0; i < 2; i++) {
		pid_t pid = check_fork();

		if (pid == 0) {
			dup2(p[1], 1);
			personality(fixed ? ADDR_NO_RANDOMIZE : 0);
			execl("/proc/self/exe", "x", "address-child", NULL);
		}
		if (read(p[0], &r[i], sizeof(long)) != sizeof(long))
			r[i] = i;
		check_wait(pid, 3000);
	}
	return r[0] == r[1];
}

static void randomisation(void)
{
	int on = 0;
	FILE *f = fopen("/proc/sys/kernel/randomize_va_space", "re");

	CHECK(addresses(true), "a stack without randomisation");
	if (!f || fscanf(f, "%d", &on) != 1 || !on)
		check_skip("randomisation is off here", "one with it");
	else
		CHECK(!addresses(false), "one with it");
}

static const struct check_group groups[] = {{"names", names},
					    {"death signal", death_signal},
					    {"simple", simple},
					    {"counter", counter},
					    {"limits", limits},
					    {"domain", execution_domain},
					    {"randomisation", randomisation},
					    {}};

int main(int argc, char **argv)
{
	long here = (long)&argc;

	if (argc > 1 && !strcmp(argv[1], "address-child"))
		return write(1, &here, sizeof(here)) != sizeof(here);
	return check_run(groups, argc, argv);
}
