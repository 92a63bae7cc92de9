// SPDX-License-Identifier: GPL-2.0
/*
 * Making processes: clone3 with its options, vfork, posix_spawn, many execs, exec from a thread,
 * orphans, exits of threads and groups.
 */
#include "site.h"
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

static char *const exec_args[] = {"x", "exec-child", "one", "two", NULL};
static char *const exec_env[] = {"ONE=1", NULL};

static pid_t clone3_raw(struct clone_args *a)
{
	return syscall(SYS_clone3, a, sizeof(*a));
}

static void clone3_simple(void)
{
	int pidfd = -1;
	pid_t parent_tid = 0, pid;
	static pid_t child_tid;
	struct clone_args a = {.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
			       .exit_signal = SIGCHLD,
			       .pidfd = (uintptr_t)&pidfd,
			       .parent_tid = (uintptr_t)&parent_tid,
			       .child_tid = (uintptr_t)&child_tid};
	struct pollfd p;

	pid = clone3_raw(&a);
	if (pid == 0)
		_exit(child_tid == syscall(SYS_getpid) ? 9 : 1);
	CHECK(pid > 0, "clone3");
	CHECK_EQ(parent_tid, pid, "parent_tid");
	p = (struct pollfd){pidfd, POLLIN, 0};
	CHECK_EQ(poll(&p, 1, 3000), 1, "the pidfd tells of its end");
	CHECK_EQ(check_wait(pid, 3000), 9 << 8, "child_tid in the child");
	CHECK_EQ(child_tid, 0, "but not in the parent");
	a = (struct clone_args){.flags = CLONE_THREAD, .exit_signal = SIGCHLD};
	CHECK(clone3_raw(&a) == -1 && errno == EINVAL, "flags that do not go together");
	CHECK(syscall(SYS_clone3, &a, 8) == -1 && errno == EINVAL, "arguments that are too short");
}

/* A new stack, and memory shared. */
static volatile int shared_value;
static char child_stack[65536] __attribute__((aligned(16)));

static int on_new_stack(void *arg)
{
	char here;

	shared_value =
		&here > child_stack && &here < child_stack + sizeof(child_stack) ? *(int *)arg : -1;
	return 4;
}

static void clone_memory(void)
{
	int arg = 77;
	pid_t pid =
		clone(on_new_stack, child_stack + sizeof(child_stack), CLONE_VM | SIGCHLD, &arg);

	CHECK_EQ(check_wait(pid, 3000), 4 << 8, "clone with a stack");
	CHECK_EQ(shared_value, 77, "and shared memory");
	pid = clone(on_new_stack, child_stack + sizeof(child_stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, &arg);
	CHECK(pid > 0 && check_wait(pid, 3000) == 4 << 8, "CLONE_VFORK");
	arg = 78;
	pid = clone(on_new_stack, child_stack + sizeof(child_stack), SIGCHLD, &arg);
	CHECK(check_wait(pid, 3000) == 4 << 8 && shared_value == 77,
	      "without CLONE_VM memory is copied");
}

static void clear_handlers(void)
{
	struct clone_args a = {.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	struct sigaction sa;
	pid_t pid;

	signal(SIGUSR1, (void (*)(int))abort);
	pid = clone3_raw(&a);
	if (pid == 0) {
		sigaction(SIGUSR1, NULL, &sa);
		_exit(sa.sa_handler == SIG_DFL ? 0 : 1);
	}
	CHECK_EQ(check_wait(pid, 3000), 0, "CLONE_CLEAR_SIGHAND");
}

static void vforks(void)
{
	volatile int value = 1, bad = 0;

	for (volatile int i = 0; i < 50; i++) {
		pid_t pid = vfork();

		if (pid == 0) {
			value++;
			if (i & 1)
				execve("/proc/self/exe", exec_args, exec_env);
			_exit(5);
		}
		bad += value != i + 2;
		bad += check_wait(pid, 3000) != (i & 1 ? 41 : 5) << 8;
	}
	CHECK_EQ(bad, 0, "vfork shares memory until exec or exit");
}

static void vfork_killed(void)
{
	pid_t parent = getpid(), pid = vfork();

	if (pid == 0)
		syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
	CHECK_EQ(check_wait(pid, 3000), SIGKILL,
		 "a child of vfork that is killed lets the parent go on");
	CHECK_EQ(getpid(), parent, "which is itself");
}

static void spawn(void)
{
	posix_spawn_file_actions_t fa;
	int p[2], bad = 0;
	char text[16] = "";
	pid_t pid;

	CHECK_NEED(!pipe2(p, O_CLOEXEC), "pipe");
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, p[1], 1);
	for (int i = 0; i < 30; i++) {
		static char *const args[] = {"x", "write-child", NULL};

		bad += posix_spawn(&pid, "/proc/self/exe", &fa, NULL, args, exec_env);
		bad += read(p[0], text, 5) != 5 || memcmp(text, "hello", 5);
		bad += check_wait(pid, 3000) != 0;
	}
	CHECK_EQ(bad, 0, "posix_spawn with a file action");
	CHECK_EQ(posix_spawn(&pid, "/nonexistent", NULL, NULL, exec_args, exec_env), ENOENT,
		 "posix_spawn of nothing");
}

static void exec_storm(void)
{
	int bad = 0;

	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execve("/proc/self/exe", exec_args, exec_env);
			_exit(1);
		}
		bad += check_wait(pid, 3000) != 41 << 8;
	}
	CHECK_EQ(bad, 0, "200 times fork and exec");
}

/* One process that becomes itself again and again. */
static void exec_chain(void)
{
	static char *const args[] = {"x", "chain", "100", NULL};
	pid_t pid = fork();

	if (pid == 0)
		execve("/proc/self/exe", args, exec_env);
	CHECK_EQ(check_wait(pid, 6000), 42 << 8, "100 execs in a row");
}

static void *exec_in_thread(void *arg)
{
	check_sleep_ms(2);
	execve("/proc/self/exe", exec_args, exec_env);
	return arg;
}

static void *busy(void *arg)
{
	for (;;)
		getppid();
	return arg;
}

static void exec_of_thread(void)
{
	int bad = 0;

	for (int i = 0; i < 10; i++) {
		pid_t pid = check_fork();

		if (pid == 0) {
			pthread_t t;

			for (int n = 0; n < 4; n++)
				pthread_create(&t, NULL, n == 2 ? exec_in_thread : busy, NULL);
			for (;;)
				pause();
		}
		bad += check_wait(pid, 3000) != 41 << 8;
	}
	CHECK_EQ(bad, 0, "a thread's exec ends the others and has the id of the process");
}

static void *exit_group(void *arg)
{
	check_sleep_ms(2);
	_exit(17);
	return arg;
}

static void exits(void)
{
	int bad = 0;
	pid_t pid;

	for (int i = 0; i < 10; i++) {
		pid = check_fork();
		if (pid == 0) {
			pthread_t t;

			for (int n = 0; n < 4; n++)
				pthread_create(&t, NULL, n == 1 ? exit_group : busy, NULL);
			for (;;)
				pause();
		}
		bad += check_wait(pid, 3000) != 17 << 8;
	}
	CHECK_EQ(bad, 0, "exit of a thread's group");
	pid = check_fork();
	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, exit_group, NULL);
		syscall(SYS_exit, 0); /* the first thread alone */
	}
	CHECK_EQ(check_wait(pid, 3000), 17 << 8, "the first thread ends before the others");
}

/* A grandchild whose parent ends belongs to the subreaper. */
static void orphans(void)
{
	pid_t pid;
	int status;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0) {
			check_sleep_ms(20);
			_exit(23);
		}
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "the parent ends");
	CHECK(waitpid(-1, &status, 0) > 0 && status == 23 << 8, "the orphan is ours");
}

static void many(void)
{
	pid_t pid[100];
	int bad = 0;

	for (int i = 0; i < 100; i++) {
		pid[i] = check_fork();
		if (pid[i] == 0) {
			check_sleep_ms(10);
			_exit(i);
		}
		bad += pid[i] < 0;
	}
	for (int i = 99; i >= 0; i--)
		bad += check_wait(pid[i], 5000) != i << 8;
	CHECK_EQ(bad, 0, "100 processes at a time");
}

/* fork in a process with threads: the child has one, and its memory is whole. */
static volatile bool stop;

static void *scribble(void *arg)
{
	volatile long *at = arg;

	while (!stop)
		for (int i = 0; i < 512 * 16; i += 64)
			at[i]++;
	return NULL;
}

static void fork_among_threads(void)
{
	long *memory = calloc(512 * 16, 8);
	pthread_t t[2];
	int bad = 0;

	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, scribble, memory);
	for (int i = 0; i < 15; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			long before = memory[64];

			for (int n = 0; n < 20; n++)
				sched_yield();
			_exit(memory[64] == before ? 0 : 1);
		}
		bad += check_wait(pid, 3000) != 0;
	}
	stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(bad, 0, "fork while threads write: the child's memory stands still");
}

enum {
	COPY_PAGES = 24,
	COPY_FRESH = 5,
	COPY_LOCKED = 3,
	COPY_ROUNDS = 60
};

typedef volatile int copy_page[1024];

static int copy_grandchild(copy_page *p)
{
	int i, bad = 0;

	for (i = 0; i < COPY_PAGES; i++)
		if (i != COPY_LOCKED)
			p[i][1] = i;
	for (i = 0; i < COPY_PAGES; i++)
		bad += i != COPY_LOCKED && p[i][1] != i;
	return bad;
}

/* In the child: all is as the parent had it, whatever the parent writes meanwhile. */
static int copy_child(copy_page *p, int round)
{
	int i, bad = 0;

	for (i = 0; i < COPY_PAGES; i++)
		bad += p[i][0] != (i == COPY_FRESH ? 0 : round * 100 + i);
	for (i = round % 2; i < COPY_PAGES; i += 2)
		if (i != COPY_LOCKED)
			p[i][0] = -1 - i;
	for (i = round % 2; i < COPY_PAGES; i += 2)
		bad += i != COPY_LOCKED && p[i][0] != -1 - i;
	if (round % 10 == 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(copy_grandchild(p));
		bad += check_wait(pid, 3000) != 0;
	}
	return bad;
}

/*
 * A process that forks again and again, and writes to the same memory as its children: a kernel
 * that learns which pages to copy at once must not mix them up.
 */
static void fork_copies(void)
{
	copy_page *p = mmap(NULL, COPY_PAGES * 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int round, i, bad_child = 0, bad_parent = 0, writable = 0, status;
	pid_t pid;

	for (round = 0; round < COPY_ROUNDS; round++) {
		for (i = 0; i < COPY_PAGES; i++)
			p[i][0] = round * 100 + i;
		mmap((void *)p[COPY_FRESH], 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		mprotect((void *)p[COPY_LOCKED], 4096, PROT_READ);
		pid = fork();
		if (pid == 0)
			_exit(copy_child(p, round));
		for (i = 0; i < COPY_PAGES; i++)
			if (i != COPY_LOCKED)
				p[i][0] = round * 100 + i + 50;
		bad_child += check_wait(pid, 3000) != 0;
		for (i = 0; i < COPY_PAGES; i++)
			bad_parent += p[i][0] != round * 100 + i + (i == COPY_LOCKED ? 0 : 50);
		pid = fork();
		if (pid == 0) {
			p[COPY_LOCKED][0] = 1;
			_exit(0);
		}
		status = check_wait(pid, 3000);
		writable += !WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV;
		mprotect((void *)p[COPY_LOCKED], 4096, PROT_READ | PROT_WRITE);
	}
	CHECK_EQ(bad_child, 0, "forks of one process: children have what the parent had");
	CHECK_EQ(bad_parent, 0, "and the parent what it wrote itself");
	CHECK_EQ(writable, 0, "and a page that was locked stays so");
}

/*
 * fork while a thread's calls become hot. An engine that rewrites hot calls must not do so in the
 * middle of a fork, so that the child has the new text and nothing that belongs to it. Both take some
 * microseconds, so they are brought together: a timer wakes the thread that forks about when the other
 * makes the call that is one too many, each time a little later. A program that has no hot call yet has
 * the most to miss; so this is done in new programs again and again.
 */
enum {
	FRESH_ROUNDS = 20,
	FRESH_SITES = 8, /* a page each, and fewer than make libc's own calls hot */
	FRESH_CALLS = 24,
	FRESH_OFFSET = 64, /* a call at the very beginning of a page is left alone */
	FRESH_ARMED = 11, /* behind it a call is hot to the engine */
	FRESH_CALL_FAILED = 1, /* exit statuses, to be added */
	FRESH_TEXT_SEEN = 2
};

static uint8_t *fresh_text;
static int fresh_timer, fresh_next[2];

static const uint8_t *fresh_site(int i)
{
	return fresh_text + i * 4096 + FRESH_OFFSET;
}

static void *fresh_calls(void *arg)
{
	long bad = 0, parent = getppid();
	char byte;

	for (int i = 0; i < FRESH_SITES; i++) {
		int delay_ns = 5000 + (*(int *)arg * FRESH_SITES + i) * 1130 % 65000;
		struct itimerspec in = {.it_value.tv_nsec = delay_ns};

		for (int n = 0; n < FRESH_CALLS; n++) {
			if (n == FRESH_ARMED)
				bad += timerfd_settime(fresh_timer, 0, &in, NULL) != 0;
			bad += run(fresh_site(i)) != parent;
		}
		bad += read(fresh_next[0], &byte, 1) != 1;
	}
	return (void *)bad;
}

/* Every other child reads the text, too, which may make it what it was. */
static int fresh_child(long parent, bool reads)
{
	uint8_t want[8] = {};
	int i, bad = 0;

	put_call(want, SYS_getppid);
	for (i = 0; i < FRESH_SITES; i++)
		bad += wrong_runs(fresh_site(i), 2, parent);
	bad = bad ? FRESH_CALL_FAILED : 0;
	for (i = 0; reads && i < FRESH_SITES; i++)
		if (memcmp(fresh_site(i), want, sizeof(want)))
			bad |= FRESH_TEXT_SEEN;
	return bad;
}

static int fresh_program(int round)
{
	int fd = memfd_create("code", 0), bad = 0, status;
	uint8_t call[8] = {};
	struct sched_param first = {.sched_priority = 1};
	uint64_t expired;
	pthread_t t;
	void *result;

	/* At once when the timer says so; who may not do that forks a little later. musl has no call. */
	syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
	put_call(call, SYS_getppid);
	for (int i = 0; i < FRESH_SITES; i++)
		bad |= pwrite(fd, call, sizeof(call), i * 4096 + FRESH_OFFSET) < 0
			       ? FRESH_CALL_FAILED
			       : 0;
	fresh_text = mmap(NULL, FRESH_SITES * 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	fresh_timer = timerfd_create(CLOCK_MONOTONIC, 0);
	if (fresh_text == MAP_FAILED || fresh_timer < 0 || pipe(fresh_next) ||
	    pthread_create(&t, NULL, fresh_calls, &round))
		return FRESH_CALL_FAILED;
	for (int i = 0; i < FRESH_SITES; i++) {
		pid_t parent = getpid(), pid;

		bad |= read(fresh_timer, &expired, 8) == 8 ? 0 : FRESH_CALL_FAILED;
		pid = fork();
		if (pid == 0)
			_exit(fresh_child(parent, (round + i) & 1));
		if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
			bad |= FRESH_CALL_FAILED;
		else
			bad |= WEXITSTATUS(status);
		bad |= write(fresh_next[1], "", 1) == 1 ? 0 : FRESH_CALL_FAILED;
	}
	pthread_join(t, &result);
	return bad | (result ? FRESH_CALL_FAILED : 0);
}

static void fork_among_callers(void)
{
	int failed = 0, seen = 0;

	for (int i = 0; i < FRESH_ROUNDS; i++) {
		char round[12];
		char *const args[] = {"x", "fresh", round, NULL};
		pid_t pid;
		int status;

		snprintf(round, sizeof(round), "%d", i);
		pid = check_fork();
		if (pid == 0)
			execve("/proc/self/exe", args, exec_env);
		status = check_wait(pid, 3000);
		failed += status == -1 || !WIFEXITED(status) ||
			  (WEXITSTATUS(status) & ~FRESH_TEXT_SEEN);
		seen += status != -1 && WIFEXITED(status) &&
			(WEXITSTATUS(status) & FRESH_TEXT_SEEN);
	}
	CHECK_EQ(failed, 0, "fork while a call becomes hot: the child makes it too");
	CHECK_EQ(seen, 0, "fork while a call becomes hot: the child has the text as it was");
}

static const struct check_group groups[] = {{"clone3", clone3_simple},
					    {"clone memory", clone_memory},
					    {"clear handlers", clear_handlers},
					    {"vfork", vforks},
					    {"vfork killed", vfork_killed},
					    {"spawn", spawn},
					    {"exec storm", exec_storm},
					    {"exec chain", exec_chain},
					    {"exec of a thread", exec_of_thread},
					    {"exits", exits},
					    {"orphans", orphans},
					    {"many", many},
					    {"fork among threads", fork_among_threads},
					    {"fork copies", fork_copies},
					    {"fork among callers", fork_among_callers},
					    {}};

static int chain(int n)
{
	char text[12];
	char *const args[] = {"x", "chain", text, NULL};

	if (n == 0)
		return 42;
	snprintf(text, sizeof(text), "%d", n - 1);
	execve("/proc/self/exe", args, exec_env);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "exec-child"))
		return argc == 4 && !strcmp(argv[3], "two") && !strcmp(getenv("ONE"), "1") ? 41 : 1;
	if (argc > 1 && !strcmp(argv[1], "write-child"))
		return write(1, "hello", 5) == 5 ? 0 : 1;
	if (argc > 2 && !strcmp(argv[1], "chain"))
		return chain(atoi(argv[2]));
	if (argc > 2 && !strcmp(argv[1], "fresh"))
		return fresh_program(atoi(argv[2]));
	return check_run(groups, argc, argv);
}
