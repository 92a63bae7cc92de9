// SPDX-License-Identifier: GPL-2.0
/*
 * What a tracer is told about: fork, vfork, clone, exec, exit, signals, stops; attaching in
 * each way; listening; a tracer or a traced process that dies.
 */
#include "traced.h"
#include <pthread.h>
#include <spawn.h>
#include <sys/user.h>

/* The next stop: signal in the low byte, event above; -1 if it ended. */
static int next(pid_t pid, int request, long sig)
{
	int status;

	if (request && ptrace(request, pid, 0, sig))
		return -2;
	if (waitpid(pid, &status, __WALL) != pid)
		return -3;
	return WIFSTOPPED(status) ? status >> 8 : -1;
}

static void child_calls(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(5);
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (pid == 0)
		_exit(6);
	waitpid(pid, NULL, 0);
}

static pid_t message(pid_t pid)
{
	unsigned long m = 0;

	ptrace(PTRACE_GETEVENTMSG, pid, 0, &m);
	return m;
}

static void forks(void)
{
	pid_t pid = start(child_calls,
			  PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE),
	      child;

	CHECK_EQ(next(pid, PTRACE_CONT, 0), SIGTRAP | PTRACE_EVENT_FORK << 8, "fork is an event");
	child = message(pid);
	CHECK_EQ(next(child, 0, 0), SIGSTOP, "the new process is traced and stopped");
	ptrace(PTRACE_CONT, child, 0, 0);
	CHECK_EQ(check_wait(child, 3000), 5 << 8, "and ends");
	/* The parent gets SIGCHLD on its way. */
	int stop = next(pid, PTRACE_CONT, 0);

	if (stop == SIGCHLD)
		stop = next(pid, PTRACE_CONT, 0);
	CHECK_EQ(stop, SIGTRAP | PTRACE_EVENT_VFORK << 8, "vfork is an event");
	child = message(pid);
	CHECK_EQ(next(child, 0, 0), SIGSTOP, "its child is stopped");
	ptrace(PTRACE_CONT, child, 0, 0);
	CHECK_EQ(check_wait(child, 3000), 6 << 8, "and ends");
	stop = next(pid, PTRACE_CONT, 0);
	if (stop == SIGCHLD)
		stop = next(pid, PTRACE_CONT, 0);
	CHECK_EQ(stop, SIGTRAP | PTRACE_EVENT_VFORK_DONE << 8, "vfork is done");
	while ((stop = next(pid, PTRACE_CONT, 0)) > 0)
		;
	CHECK_EQ(stop, -1, "forks: the child ends");
}

static void *idle(void *arg)
{
	return arg;
}

static void make_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, idle, NULL);
	pthread_join(t, NULL);
}

static void clones(void)
{
	pid_t pid = start(make_thread, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT), thread;
	int stop;

	CHECK_EQ(next(pid, PTRACE_CONT, 0), SIGTRAP | PTRACE_EVENT_CLONE << 8,
		 "a thread is an event");
	thread = message(pid);
	CHECK_EQ(next(thread, 0, 0), SIGSTOP, "the thread is stopped");
	ptrace(PTRACE_CONT, pid, 0, 0);
	CHECK_EQ(next(thread, PTRACE_CONT, 0), SIGTRAP | PTRACE_EVENT_EXIT << 8,
		 "its end is an event");
	CHECK_EQ(next(thread, PTRACE_CONT, 0), -1, "then it is gone");
	while ((stop = next(pid, 0, 0)) > 0 && stop != (SIGTRAP | PTRACE_EVENT_EXIT << 8))
		ptrace(PTRACE_CONT, pid, 0, stop);
	CHECK_EQ(stop, SIGTRAP | PTRACE_EVENT_EXIT << 8, "the end of the process as well");
	CHECK_EQ(message(pid), 0, "with its status");
	CHECK_EQ(next(pid, PTRACE_CONT, 0), -1, "clones: the child ends");
}

static void do_exec(void)
{
	execl("/proc/self/exe", "x", "exec-child", NULL);
	_exit(1);
}

static void execs(void)
{
	pid_t pid = start(do_exec, PTRACE_O_TRACEEXEC);
	struct user_regs_struct r;

	CHECK_EQ(next(pid, PTRACE_CONT, 0), SIGTRAP | PTRACE_EVENT_EXEC << 8, "exec is an event");
	CHECK_EQ(message(pid), pid, "with the former id");
	ptrace(PTRACE_GETREGS, pid, 0, &r);
	CHECK_EQ(r.orig_rax, SYS_execve, "orig_rax");
	CHECK(!r.rbx && !r.rcx && !r.rdx && !r.rsi && !r.rdi && !r.r8 && !r.r15,
	      "other registers are 0");
	CHECK_EQ(ptrace(PTRACE_PEEKDATA, pid, r.rsp, 0), 2, "argc is at its stack pointer");
	ptrace(PTRACE_CONT, pid, 0, 0);
	CHECK_EQ(check_wait(pid, 3000), 21 << 8, "the new program runs");
	pid = start(do_exec, 0);
	CHECK_EQ(next(pid, PTRACE_CONT, 0), SIGTRAP, "without the option exec is SIGTRAP");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static volatile int seen;

static void count_signal(int sig, siginfo_t *si, void *context)
{
	seen = si->si_code == SI_QUEUE ? si->si_int : -1;
}

static void take_signals(void)
{
	check_handler(SIGUSR1, count_signal, 0);
	raise(SIGUSR1);
	if (seen)
		_exit(1); /* was suppressed */
	raise(SIGUSR1);
	_exit(seen == 99 ? 0 : 2);
}

static void signals(void)
{
	pid_t pid = start(take_signals, 0);
	siginfo_t si;

	CHECK_EQ(next(pid, PTRACE_CONT, 0), SIGUSR1, "a signal stops the child");
	CHECK(!ptrace(PTRACE_GETSIGINFO, pid, 0, &si) && si.si_code == SI_TKILL && si.si_pid == pid,
	      "its siginfo");
	CHECK_EQ(next(pid, PTRACE_CONT, 0), SIGUSR1, "suppressed; the next one");
	si.si_code = SI_QUEUE;
	si.si_value.sival_int = 99;
	CHECK(!ptrace(PTRACE_SETSIGINFO, pid, 0, &si), "SETSIGINFO");
	CHECK_EQ(next(pid, PTRACE_CONT, SIGUSR1), -1, "signals: the child ends");
}

static void spin(void)
{
	for (;;)
		getppid();
}

static void attach(void)
{
	pid_t pid = check_fork();
	siginfo_t si;

	if (pid == 0)
		spin();
	CHECK_NEED(!ptrace(PTRACE_ATTACH, pid, 0, 0), "attach");
	CHECK_EQ(next(pid, 0, 0), SIGSTOP, "it stops");
	CHECK(!ptrace(PTRACE_DETACH, pid, 0, 0), "detach");
	check_sleep_ms(5);
	CHECK(check_state(pid) == 'R', "it runs");
	CHECK_NEED(!ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL), "seize");
	CHECK(check_state(pid) == 'R', "it still runs");
	CHECK(!ptrace(PTRACE_INTERRUPT, pid, 0, 0), "interrupt");
	CHECK_EQ(next(pid, 0, 0), SIGTRAP | PTRACE_EVENT_STOP << 8, "it stops for that");
	ptrace(PTRACE_CONT, pid, 0, 0);
	kill(pid, SIGSTOP);
	CHECK_EQ(next(pid, 0, 0), SIGSTOP, "a signal that stops");
	CHECK_EQ(next(pid, PTRACE_CONT, SIGSTOP), SIGSTOP | PTRACE_EVENT_STOP << 8,
		 "a stop of the group");
	CHECK(!ptrace(PTRACE_GETSIGINFO, pid, 0, &si) || errno == EINVAL, "siginfo of it");
	CHECK(!ptrace(PTRACE_LISTEN, pid, 0, 0), "listen");
	kill(pid, SIGCONT);
	CHECK_EQ(next(pid, 0, 0), SIGTRAP | PTRACE_EVENT_STOP << 8,
		 "SIGCONT is told to who listens");
	CHECK_EQ(next(pid, PTRACE_CONT, 0), SIGCONT, "and then delivered");
	ptrace(PTRACE_CONT, pid, 0, 0);
	kill(pid, SIGKILL);
	CHECK_EQ(next(pid, 0, 0), -1, "killed");
}

/* PTRACE_O_EXITKILL: the traced process goes with its tracer. */
static void tracer_dies(void)
{
	int p[2];
	char c;
	pid_t pid;

	CHECK_NEED(!pipe(p), "pipe");
	pid = check_fork();
	if (pid == 0) {
		pid_t child;

		close(p[0]);
		child = fork();
		if (child == 0)
			spin();
		ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_EXITKILL);
		_exit(0);
	}
	close(p[1]);
	CHECK_EQ(check_wait(pid, 3000), 0, "a tracer ends");
	/* The child holds the other end of the pipe. */
	CHECK_EQ(read(p[0], &c, 1), 0, "and what it traced");
}

/* Stopping threads of a process one by one while they make calls. */
static void *spinner(void *arg)
{
	spin();
	return arg;
}

static pid_t tids[4];

static void *announce(void *arg)
{
	*(volatile pid_t *)arg = syscall(SYS_gettid);
	return spinner(arg);
}

static void threads(void)
{
	pid_t *shared_tids =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = check_fork();
	int stops = 0;

	if (pid == 0) {
		pthread_t t;

		for (int i = 0; i < 3; i++)
			pthread_create(&t, NULL, announce, &shared_tids[i]);
		spin();
	}
	for (int i = 0; i < 3; i++) {
		while (!((volatile pid_t *)shared_tids)[i])
			check_sleep_ms(1);
		tids[i] = shared_tids[i];
		CHECK_NEED(!ptrace(PTRACE_SEIZE, tids[i], 0, PTRACE_O_EXITKILL), "seize thread %d",
			   i);
	}
	for (int n = 0; n < 90; n++) {
		ptrace(PTRACE_INTERRUPT, tids[n % 3], 0, 0);
		stops += next(tids[n % 3], 0, 0) == (SIGTRAP | PTRACE_EVENT_STOP << 8);
		ptrace(PTRACE_CONT, tids[n % 3], 0, 0);
	}
	CHECK_EQ(stops, 90, "interrupted as often as asked");
	kill(pid, SIGKILL);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(next(tids[i], 0, 0), -1, "thread %d killed", i);
	CHECK_EQ(check_wait(pid, 3000), SIGKILL, "all killed");
}

static const struct check_group groups[] = {{"forks", forks},     {"clones", clones},
					    {"execs", execs},     {"signals", signals},
					    {"attach", attach},   {"tracer dies", tracer_dies},
					    {"threads", threads}, {}};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "exec-child"))
		return 21;
	return check_run(groups, argc, argv);
}
