// SPDX-License-Identifier: GPL-2.0
/*
 * A tracer of system calls, as strace is one: stops at entry and exit, arguments and results,
 * PTRACE_GET_SYSCALL_INFO, calls that are changed, skipped or injected.
 */
#include "traced.h"
#include <fcntl.h>
#include <stddef.h>
#include <sys/user.h>

#define CALL_STOP (SIGTRAP | 0x80)

/* Continues with request until the next stop; the status, or -1 at the end. */
static int step(pid_t pid, int request, int sig)
{
	int status;

	if (ptrace(request, pid, 0, sig) || waitpid(pid, &status, __WALL) != pid ||
	    !WIFSTOPPED(status))
		return -1;
	return status >> 8;
}

static struct user_regs_struct regs_of(pid_t pid)
{
	struct user_regs_struct r = {};

	if (ptrace(PTRACE_GETREGS, pid, 0, &r))
		check_note("GETREGS: %m");
	return r;
}

/* To the entry (or exit) of a call of this number; false if it does not come. */
static bool to_entry(pid_t pid, long nr)
{
	for (int i = 0; i < 200; i++) {
		if (step(pid, PTRACE_SYSCALL, 0) != CALL_STOP)
			return false;
		if ((long)regs_of(pid).orig_rax == nr && (long)regs_of(pid).rax == -ENOSYS)
			return true;
	}
	return false;
}

static int end_of(pid_t pid)
{
	int status;

	ptrace(PTRACE_CONT, pid, 0, 0);
	status = check_wait(pid, 3000);
	return status;
}

/* --- a trace of a known sequence -------------------------------------------------- */

static void few_calls(void)
{
	int fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);

	syscall(SYS_write, fd, "x", 1);
	syscall(SYS_close, fd);
	syscall(SYS_getppid);
	for (int i = 0; i < 300; i++)
		syscall(SYS_lseek, 77, i, 0);
}

static void trace(void)
{
	static const long want[] = {SYS_openat, SYS_write, SYS_close, SYS_getppid};
	pid_t pid = start(few_calls, PTRACE_O_TRACESYSGOOD);
	int stops = 0, seeks = 0, wrong = 0, status;

	for (;;) {
		struct user_regs_struct in, out;

		status = step(pid, PTRACE_SYSCALL, 0);
		if (status != CALL_STOP)
			break;
		in = regs_of(pid);
		if (in.orig_rax == SYS_exit_group)
			break;
		if (step(pid, PTRACE_SYSCALL, 0) != CALL_STOP)
			break;
		out = regs_of(pid);
		wrong += (long)in.rax != -ENOSYS || out.orig_rax != in.orig_rax ||
			 in.rip != out.rip || in.rdi != out.rdi;
		if (stops < 4)
			CHECK_EQ(in.orig_rax, want[stops], "call %d", stops);
		else
			seeks += in.orig_rax == SYS_lseek && in.rsi == (unsigned)seeks &&
				 (long)out.rax == -EBADF;
		if (stops == 1)
			CHECK((long)out.rax == -EBADF && in.rdx == 1,
			      "write to a read-only descriptor");
		if (stops == 3)
			CHECK_EQ(out.rax, getpid(), "result of getppid");
		stops++;
	}
	CHECK_EQ(seeks, 300, "300 calls of one site");
	CHECK_EQ(wrong, 0, "registers at entry and exit agree");
	CHECK_EQ(end_of(pid), 0, "trace: the child ends well");
}

static void info_calls(void)
{
	syscall(SYS_pread64, -1, 0x1111, 0x2222, 0x3333, 0x4444, 0x5555);
}

static void syscall_info(void)
{
	pid_t pid = start(info_calls, PTRACE_O_TRACESYSGOOD);
	struct __ptrace_syscall_info in = {}, out = {};
	struct user_regs_struct r;

	CHECK_NEED(to_entry(pid, SYS_pread64), "entry");
	CHECK_NEED(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(in), &in) > 0,
		   "PTRACE_GET_SYSCALL_INFO");
	r = regs_of(pid);
	CHECK_EQ(in.op, PTRACE_SYSCALL_INFO_ENTRY, "entry: op");
	CHECK_EQ(in.arch, 0xc000003e, "entry: arch");
	CHECK_EQ(in.instruction_pointer, r.rip, "entry: instruction pointer");
	CHECK_EQ(in.stack_pointer, r.rsp, "entry: stack pointer");
	CHECK_EQ(in.entry.nr, SYS_pread64, "entry: number");
	CHECK(in.entry.args[0] == 0xffffffff || in.entry.args[0] == -1ULL, "entry: first argument");
	for (int i = 1; i < 6; i++)
		CHECK_EQ(in.entry.args[i], 0x1111 * i, "entry: argument %d", i);
	step(pid, PTRACE_SYSCALL, 0);
	ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(out), &out);
	CHECK_EQ(out.op, PTRACE_SYSCALL_INFO_EXIT, "exit: op");
	CHECK_EQ(out.exit.rval, -EBADF, "exit: result");
	CHECK_EQ(out.exit.is_error, 1, "exit: is an error");
	CHECK_EQ(out.instruction_pointer, r.rip, "exit: instruction pointer");
	CHECK_EQ(end_of(pid), 0, "info: the child ends well");
}

/* rcx and r11 at both stops are what the instruction makes of them. */
static void rcx_and_r11(void)
{
	pid_t pid = start(info_calls, PTRACE_O_TRACESYSGOOD);
	struct user_regs_struct in, out;

	CHECK_NEED(to_entry(pid, SYS_pread64), "entry");
	in = regs_of(pid);
	step(pid, PTRACE_SYSCALL, 0);
	out = regs_of(pid);
	CHECK(in.rcx == in.rip && in.r11 == in.eflags, "rcx and r11 at entry");
	CHECK(out.rcx == out.rip && out.r11 == out.eflags, "rcx and r11 at exit");
	CHECK_EQ(in.cs, 0x33, "cs");
	CHECK_EQ(in.ss, 0x2b, "ss");
	CHECK_EQ(end_of(pid), 0, "rcx: the child ends well");
}

/* --- changes ------------------------------------------------------------------------ */

static void want_changes(void)
{
	char text[8] = "";

	if (syscall(SYS_getppid) != 4711)
		_exit(1); /* skipped, result set */
	if (syscall(SYS_getppid) != getpid())
		_exit(2); /* number changed to getpid */
	if (syscall(SYS_read, 100, text, 5) != 5 || memcmp(text, "hello", 5))
		_exit(3); /* descriptor changed to the pipe 101 */
	if (syscall(SYS_getuid) != -1 || errno != EPERM)
		_exit(4); /* result changed at exit */
	_exit(0);
}

static void changes(void)
{
	int p[2];
	struct user_regs_struct r;
	pid_t pid;

	if (pipe(p) || write(p[1], "hello", 5) != 5 || dup2(p[0], 101) < 0)
		CHECK(false, "pipe");
	pid = start(want_changes, PTRACE_O_TRACESYSGOOD);
	CHECK_NEED(to_entry(pid, SYS_getppid), "entry");
	r = regs_of(pid);
	r.orig_rax = -1;
	ptrace(PTRACE_SETREGS, pid, 0, &r);
	CHECK_EQ(step(pid, PTRACE_SYSCALL, 0), CALL_STOP, "exit of a skipped call");
	CHECK_EQ(regs_of(pid).rax, -ENOSYS, "its result before it is set");
	r = regs_of(pid);
	r.rax = 4711;
	ptrace(PTRACE_SETREGS, pid, 0, &r);

	CHECK_NEED(to_entry(pid, SYS_getppid), "second entry");
	r = regs_of(pid);
	r.orig_rax = SYS_getpid;
	ptrace(PTRACE_SETREGS, pid, 0, &r);

	CHECK_NEED(to_entry(pid, SYS_read), "third entry");
	CHECK(!ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rdi), 101),
	      "POKEUSER");

	CHECK_NEED(to_entry(pid, SYS_getuid), "fourth entry");
	step(pid, PTRACE_SYSCALL, 0);
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), -(long)EPERM);
	CHECK_EQ(end_of(pid), 0, "the child saw all changes");
}

/* SYSEMU: calls are not done at all. */
static void emulated_calls(void)
{
	if (syscall(SYS_getppid) != 815)
		_exit(1);
	if (syscall(SYS_getppid) == 815)
		_exit(2);
}

static void sysemu(void)
{
	pid_t pid = start(emulated_calls, PTRACE_O_TRACESYSGOOD);
	struct user_regs_struct r;

	CHECK_NEED(step(pid, PTRACE_SYSEMU, 0) == CALL_STOP, "PTRACE_SYSEMU");
	r = regs_of(pid);
	CHECK_EQ(r.orig_rax, SYS_getppid, "PTRACE_SYSEMU stops at the entry");
	r.rax = 815;
	ptrace(PTRACE_SETREGS, pid, 0, &r);
	CHECK_EQ(end_of(pid), 0, "and the tracer gives the result");
}

/* A call that the tracer makes the child do, at any point of its life. */
static volatile long spinning;

static void spin(void)
{
	for (;;)
		spinning++;
}

static void sleep_long(void)
{
	syscall(SYS_pause);
}

static long inject(pid_t pid, long nr, long a, long b, long c, long d, long e, long f)
{
	struct user_regs_struct old = regs_of(pid), r = old;
	long word, result, at = old.rip & ~4095L;
	int status;

	/* Into the text at hand, as a debugger does it. */
	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, at, 0);
	ptrace(PTRACE_POKETEXT, pid, at, 0xcc050f); /* syscall; int3 */
	r.rip = at;
	r.rax = nr;
	r.orig_rax = -1;
	r.rdi = a, r.rsi = b, r.rdx = c, r.r10 = d, r.r8 = e, r.r9 = f;
	ptrace(PTRACE_SETREGS, pid, 0, &r);
	status = step(pid, PTRACE_CONT, 0);
	result = regs_of(pid).rax;
	if (status != SIGTRAP || (long)regs_of(pid).rip != at + 3)
		check_note("after injection: stop %#x, rip %+ld", status,
			   (long)regs_of(pid).rip - at);
	ptrace(PTRACE_POKETEXT, pid, at, word);
	ptrace(PTRACE_SETREGS, pid, 0, &old);
	return result;
}

static void inject_into(pid_t pid, const char *where)
{
	long at;

	CHECK_EQ(inject(pid, SYS_getpid, 0, 0, 0, 0, 0, 0), pid,
		 "getpid injected into a child that %s", where);
	at = inject(pid, SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	CHECK(at > 0, "mmap injected");
	CHECK(!ptrace(PTRACE_POKEDATA, pid, at + 4096, 0x123456), "its memory can be written");
	CHECK_EQ(ptrace(PTRACE_PEEKDATA, pid, at + 4096, 0), 0x123456, "and read");
}

static void injection(void)
{
	pid_t pid = start(spin, PTRACE_O_TRACESYSGOOD);
	long long before;
	char text[64];

	ptrace(PTRACE_CONT, pid, 0, 0);
	check_sleep_ms(20);
	kill(pid, SIGUSR1);
	CHECK_EQ(check_wait_state(pid, 't'), true, "a computing child stops for a signal");
	waitpid(pid, NULL, 0);
	inject_into(pid, "computes");
	before = ptrace(PTRACE_PEEKDATA, pid, &spinning, 0);
	ptrace(PTRACE_CONT, pid, 0, 0);
	check_sleep_ms(30);
	kill(pid, SIGUSR1);
	waitpid(pid, NULL, 0);
	CHECK(ptrace(PTRACE_PEEKDATA, pid, &spinning, 0) > before, "it goes on computing");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	pid = start(sleep_long, PTRACE_O_TRACESYSGOOD);
	ptrace(PTRACE_CONT, pid, 0, 0);
	check_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	waitpid(pid, NULL, 0);
	inject_into(pid, "sleeps");
	ptrace(PTRACE_CONT, pid, 0, 0);
	CHECK(check_wait_state(pid, 'S'), "its call is restarted");
	snprintf(text, sizeof(text), "/proc/%d/syscall", pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Sleeping calls that a tracer interrupts are seen to be restarted. */
static void sleep_twice(void)
{
	struct timespec ts = {0, 100000000};

	if (syscall(SYS_nanosleep, &ts, &ts))
		_exit(1);
}

static void restarted(void)
{
	pid_t pid = start(sleep_twice, PTRACE_O_TRACESYSGOOD);
	struct user_regs_struct r;

	CHECK_NEED(to_entry(pid, SYS_nanosleep), "entry");
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	check_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	waitpid(pid, NULL, 0);
	r = regs_of(pid);
	CHECK_EQ(r.rax, -516, "ERESTART_RESTARTBLOCK at the exit stop");
	CHECK_EQ(step(pid, PTRACE_SYSCALL, 0), SIGUSR1, "then the signal");
	CHECK_EQ(step(pid, PTRACE_SYSCALL, 0), CALL_STOP, "then the entry of");
	CHECK_EQ(regs_of(pid).orig_rax, SYS_restart_syscall, "restart_syscall");
	CHECK_EQ(step(pid, PTRACE_SYSCALL, 0), CALL_STOP, "and its exit");
	CHECK_EQ(regs_of(pid).rax, 0, "with success");
	CHECK_EQ(end_of(pid), 0, "the child slept for its time");
}

static const struct check_group groups[] = {{"trace", trace},
					    {"info", syscall_info},
					    {"rcx and r11", rcx_and_r11},
					    {"changes", changes},
					    {"sysemu", sysemu},
					    {"injection", injection},
					    {"restarted", restarted},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
