// SPDX-License-Identifier: GPL-2.0
/*
 * Filters of system calls set up by guest programs: every action, all that a filter can look
 * at, the trap's siginfo, and the return from its handler.
 */
#include "check.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <ucontext.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define GIVE(action) BPF_STMT(BPF_RET | BPF_K, action)
#define UNLESS_EQUAL(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, skip)

/* Two sites of getppid whose address is known. */
long call_one(long nr), call_two(long nr);
extern char site_one[], site_two[];
__asm__(".pushsection .text\n"
	"call_one: mov %rdi,%rax; mov $11,%edi; syscall\n"
	"site_one: ret\n"
	"call_two: mov %rdi,%rax; mov $22,%edi; syscall\n"
	"site_two: ret\n"
	".popsection\n");

static bool install(struct sock_filter *f, unsigned short n, unsigned flags)
{
	struct sock_fprog prog = {n, f};

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* Action for one call, all others allowed. */
static bool filter_call(long nr, uint32_t action)
{
	struct sock_filter f[] = {LOAD(nr), UNLESS_EQUAL(nr, 1), GIVE(action),
				  GIVE(SECCOMP_RET_ALLOW)};

	return install(f, 4, 0);
}

static void errno_action(void)
{
	int good = 0;

	CHECK_NEED(filter_call(SYS_getppid, SECCOMP_RET_ERRNO | 1234), "filter");
	for (int i = 0; i < 500; i++)
		good += syscall(SYS_getppid) == -1 && errno == 1234;
	CHECK_EQ(good, 500, "SECCOMP_RET_ERRNO");
	CHECK(filter_call(SYS_getuid, SECCOMP_RET_ERRNO | 0) && syscall(SYS_getuid) == 0,
	      "error 0 is success");
	CHECK(syscall(SYS_getpid) == getpid(), "other calls are done");
	CHECK_EQ(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 2, "PR_GET_SECCOMP");
}

static siginfo_t trap_info;
static greg_t trap_rip, trap_rax, trap_rsp;
static volatile int traps;
static long trap_result;

static void on_sys(int sig, siginfo_t *si, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	traps++;
	trap_info = *si;
	trap_rip = g[REG_RIP];
	trap_rax = g[REG_RAX];
	trap_rsp = g[REG_RSP];
	if (trap_result)
		g[REG_RAX] = trap_result;
}

static void trap_action(void)
{
	int good = 0;

	check_handler(SIGSYS, on_sys, 0);
	CHECK_NEED(filter_call(SYS_getppid, SECCOMP_RET_TRAP | 77), "filter");
	trap_result = 4321;
	CHECK_EQ(call_one(SYS_getppid), 4321, "the handler gives the result");
	CHECK_EQ(trap_info.si_signo, SIGSYS, "SIGSYS");
	CHECK_EQ(trap_info.si_code, 1, "si_code SYS_SECCOMP");
	CHECK_EQ(trap_info.si_errno, 77, "si_errno is the filter's data");
	CHECK(trap_info.si_call_addr == site_one, "si_call_addr is behind the instruction");
	CHECK_EQ(trap_info.si_syscall, SYS_getppid, "si_syscall");
	CHECK_EQ(trap_info.si_arch, AUDIT_ARCH_X86_64, "si_arch");
	CHECK(trap_rip == (greg_t)site_one, "rip in the frame");
	CHECK_EQ(trap_rax, SYS_getppid, "rax in the frame is the number");
	for (int i = 0; i < 500; i++)
		good += call_two(SYS_getppid) == 4321 && trap_info.si_call_addr == site_two;
	CHECK_EQ(good, 500, "again and again, at another site");
	trap_result = 0;
	CHECK_EQ(call_one(SYS_getppid), SYS_getppid, "without a result rax stays");
	CHECK_EQ(call_one(SYS_getuid), getuid(), "other calls of that site are done");
}

static void trap_blocked(void)
{
	pid_t pid = check_fork();

	if (pid == 0) {
		sigset_t set;

		prctl(PR_SET_DUMPABLE, 0);
		check_handler(SIGSYS, on_sys, 0);
		sigfillset(&set);
		sigprocmask(SIG_SETMASK, &set, NULL);
		filter_call(SYS_getppid, SECCOMP_RET_TRAP);
		syscall(SYS_getppid);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid, 3000) & 0x7f, SIGSYS, "a trap that is blocked kills");
}

static void *call_in_thread(void *arg)
{
	syscall(SYS_getppid);
	return arg;
}

static void kill_action(void)
{
	static const struct {
		const char *name;
		uint32_t action;
		int want;
	} cases[] = {{"kill the process", SECCOMP_RET_KILL_PROCESS, SIGSYS},
		     {"kill the thread", SECCOMP_RET_KILL_THREAD, 0},
		     {"an unknown action", 0x12340000, SIGSYS}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t pid = check_fork();

		if (pid == 0) {
			pthread_t t;

			prctl(PR_SET_DUMPABLE, 0);
			check_handler(SIGSYS, on_sys, 0);
			filter_call(SYS_getppid, cases[i].action);
			pthread_create(&t, NULL, call_in_thread, NULL);
			pthread_join(t, NULL);
			_exit(0);
		}
		CHECK_EQ(check_wait(pid, 3000) & 0x7f, cases[i].want, "%s", cases[i].name);
	}
}

/* Everything of struct seccomp_data. */
static void data(void)
{
	uint64_t at = (uint64_t)site_one;
	struct sock_filter f[] = {
		LOAD(instruction_pointer),     UNLESS_EQUAL(at, 5),    LOAD(nr),
		UNLESS_EQUAL(SYS_getppid, 3),  LOAD(args[0]),          UNLESS_EQUAL(11, 1),
		GIVE(SECCOMP_RET_ERRNO | 111), GIVE(SECCOMP_RET_ALLOW)};
	struct sock_filter g[] = {LOAD(arch),
				  UNLESS_EQUAL(AUDIT_ARCH_X86_64, 4),
				  LOAD(args[5]),
				  UNLESS_EQUAL(0x89abcdef, 2),
				  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16 + 5 * 8 + 4),
				  UNLESS_EQUAL(0x01234567, 0),
				  GIVE(SECCOMP_RET_ALLOW)};
	int good = 0;

	CHECK_NEED(install(f, 8, 0) && install(g, 7, 0), "filters");
	for (int i = 0; i < 500; i++)
		good += call_one(SYS_getppid) == -111 && call_two(SYS_getppid) == getppid() &&
			call_one(SYS_getuid) == getuid();
	CHECK_EQ(good, 500, "a filter tells sites by the instruction pointer");
}

/* All six arguments, whole. */
static void arguments(void)
{
	struct sock_filter f[32] = {LOAD(nr), UNLESS_EQUAL(SYS_lseek, 25)};
	int n = 2, good = 0;

	for (unsigned i = 0; i < 6; i++) {
		f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16 + i * 8);
		f[n] = (struct sock_filter)UNLESS_EQUAL(0x1000 + i, 26 - n), n++;
		f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 20 + i * 8);
		f[n] = (struct sock_filter)UNLESS_EQUAL(0x2000 + i, 26 - n), n++;
	}
	f[n++] = (struct sock_filter)GIVE(SECCOMP_RET_ERRNO | 222);
	f[n++] = (struct sock_filter)GIVE(SECCOMP_RET_ALLOW);
	f[1].jf = n - 3;
	CHECK_NEED(install(f, n, 0), "filter");
	for (int i = 0; i < 100; i++)
		good += syscall(SYS_lseek, 0x200000001000, 0x200100001001, 0x200200001002,
				0x200300001003, 0x200400001004, 0x200500001005) == -1 &&
			errno == 222;
	CHECK_EQ(good, 100, "a filter sees all bits of six arguments");
	CHECK(syscall(SYS_lseek, -1, 0, 0) == -1 && errno == EBADF, "and other calls pass");
}

/* Filters that come when sites are hot already, in form of a mov and a call. */
static __attribute__((noinline)) long hot_getppid(void)
{
	long ret;

	__asm__ volatile("mov $110,%%eax; syscall" : "=a"(ret) : : "rcx", "r11", "memory");
	return ret;
}

static void hot_sites(void)
{
	pid_t parent = getppid();
	int good = 0;

	for (int i = 0; i < 2000; i++)
		good += hot_getppid() == parent && call_one(SYS_getppid) == parent;
	CHECK_EQ(good, 2000, "hot sites before a filter");
	CHECK_NEED(filter_call(SYS_getppid, SECCOMP_RET_ERRNO | EBADE), "filter");
	good = 0;
	for (int i = 0; i < 2000; i++)
		good += hot_getppid() == -EBADE && call_one(SYS_getppid) == -EBADE;
	CHECK_EQ(good, 2000, "the filter is heeded there");
	check_handler(SIGSYS, on_sys, 0);
	CHECK_NEED(filter_call(SYS_getppid, SECCOMP_RET_TRAP), "a filter that traps");
	CHECK_EQ((hot_getppid(), traps), 1, "so is a trap");
}

/* Children and threads have the filter; exec keeps it. */
static void inherited(void)
{
	pid_t pid;
	pthread_t t;

	CHECK_NEED(filter_call(SYS_getppid, SECCOMP_RET_ERRNO | EBADE), "filter");
	pid = check_fork();
	if (pid == 0) {
		if (syscall(SYS_getppid) != -1 || errno != EBADE)
			_exit(1);
		execl("/proc/self/exe", "x", "exec-child", NULL);
	}
	CHECK_EQ(check_wait(pid, 3000), 0, "in a child and after exec");
	pthread_create(&t, NULL, call_in_thread, NULL);
	pthread_join(t, NULL);
}

static volatile int synced;

static void *wait_for_sync(void *arg)
{
	synced = 1;
	while (synced != 2)
		;
	*(long *)arg = syscall(SYS_getppid) == -1 ? errno : 0;
	return NULL;
}

static void thread_sync(void)
{
	struct sock_filter f[] = {LOAD(nr), UNLESS_EQUAL(SYS_getppid, 1),
				  GIVE(SECCOMP_RET_ERRNO | EBADE), GIVE(SECCOMP_RET_ALLOW)};
	pthread_t t;
	long result = 0;

	pthread_create(&t, NULL, wait_for_sync, &result);
	while (!synced)
		check_sleep_ms(1);
	CHECK(install(f, 4, SECCOMP_FILTER_FLAG_TSYNC), "SECCOMP_FILTER_FLAG_TSYNC");
	synced = 2;
	pthread_join(t, NULL);
	CHECK_EQ(result, EBADE, "another thread has the filter at once");
}

static void strict(void)
{
	for (int i = 0; i < 2; i++) {
		pid_t pid = check_fork();

		if (pid == 0) {
			prctl(PR_SET_DUMPABLE, 0);
			prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
			if (i)
				syscall(SYS_getppid);
			syscall(SYS_exit, 3);
		}
		CHECK_EQ(check_wait(pid, 3000), i ? SIGKILL : 3 << 8, "strict mode: %s",
			 i ? "getppid" : "exit");
	}
}

/* SECCOMP_RET_TRACE: the tracer decides. */
static void traced(void)
{
	pid_t pid = check_fork();
	struct user_regs_struct r;
	unsigned long message = 0;
	int status;

	if (pid == 0) {
		pid_t parent = getppid();

		ptrace(PTRACE_TRACEME, 0, 0, 0);
		filter_call(SYS_getppid, SECCOMP_RET_TRACE | 99);
		raise(SIGSTOP);
		_exit(syscall(SYS_getppid) == 606 && syscall(SYS_getppid) == parent ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);
	CHECK_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_SECCOMP << 8, "SECCOMP_RET_TRACE stops");
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
	CHECK_EQ(message, 99, "with the filter's data");
	ptrace(PTRACE_GETREGS, pid, 0, &r);
	CHECK_EQ(r.orig_rax, SYS_getppid, "at the call");
	r.orig_rax = -1;
	r.rax = 606;
	ptrace(PTRACE_SETREGS, pid, 0, &r);
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);
	CHECK_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_SECCOMP << 8, "at the second call too");
	ptrace(PTRACE_CONT, pid, 0, 0);
	CHECK_EQ(check_wait(pid, 3000), 0, "the tracer skipped one and let one pass");
	pid = check_fork();
	if (pid == 0) {
		filter_call(SYS_getppid, SECCOMP_RET_TRACE);
		_exit(syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : 1);
	}
	CHECK_EQ(check_wait(pid, 3000), 0, "without a tracer it is ENOSYS");
}

static const struct check_group groups[] = {
	{"errno", errno_action},  {"trap", trap_action},    {"blocked", trap_blocked},
	{"kill", kill_action},    {"data", data},           {"arguments", arguments},
	{"hot sites", hot_sites}, {"inherited", inherited}, {"threads", thread_sync},
	{"strict", strict},       {"trace", traced},        {}};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "exec-child"))
		return syscall(SYS_getppid) == -1 && errno == EBADE ? 0 : 2;
	return check_run(groups, argc, argv);
}
