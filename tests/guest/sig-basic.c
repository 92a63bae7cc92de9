// SPDX-License-Identifier: GPL-2.0
/*
 * Delivery of signals: order, nesting, masks, alternate stacks, flags of sigaction, values of
 * sigqueue, and what the kernel says in siginfo.
 */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <ucontext.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static volatile int count, depth, deepest, order[16];
static volatile siginfo_t last;
static volatile bool on_stack;
static char stack[65536];

static void reset(void)
{
	count = depth = deepest = 0;
}

static void record(int sig, siginfo_t *si, void *context)
{
	char here;

	if (count < 16)
		order[count] = sig;
	count++;
	last = *si;
	on_stack = &here > stack && &here < stack + sizeof(stack);
}

static void nest(int sig, siginfo_t *si, void *context)
{
	count++;
	if (++depth > deepest)
		deepest = depth;
	if (count < 8)
		raise(sig);
	depth--;
}

static void nesting(void)
{
	check_handler(SIGUSR1, nest, 0);
	raise(SIGUSR1);
	CHECK_EQ(deepest, 1, "a signal is blocked in its own handler");
	CHECK_EQ(count, 8, "and comes after it");
	reset();
	check_handler(SIGUSR1, nest, SA_NODEFER);
	raise(SIGUSR1);
	CHECK_EQ(deepest, 8, "SA_NODEFER: handlers nest");
	CHECK_EQ(count, 8, "SA_NODEFER: as often");
}

static void onto_other(int sig, siginfo_t *si, void *context)
{
	record(sig, si, context);
	if (sig == SIGUSR1)
		raise(SIGUSR2);
	if (sig == SIGUSR2)
		raise(SIGALRM);
	order[8 + depth++] = sig;
}

static void nested_kinds(void)
{
	check_handler(SIGUSR1, onto_other, 0);
	check_handler(SIGUSR2, onto_other, 0);
	check_handler(SIGALRM, onto_other, 0);
	raise(SIGUSR1);
	CHECK(order[0] == SIGUSR1 && order[1] == SIGUSR2 && order[2] == SIGALRM,
	      "three handlers inside each other");
	CHECK(order[8] == SIGALRM && order[9] == SIGUSR2 && order[10] == SIGUSR1, "and out again");
}

static void pending_order(void)
{
	sigset_t all, old, pending;

	check_handler(SIGUSR1, record, 0);
	check_handler(SIGUSR2, record, 0);
	for (int i = 0; i < 4; i++)
		check_handler(SIGRTMIN + i, record, 0);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = 1});
	sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 2});
	sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 3});
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(count, 0, "nothing while blocked");
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGRTMIN + 2) &&
		      !sigismember(&pending, SIGALRM),
	      "sigpending");
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK_EQ(count, 5, "each real-time one, others once");
	/* The lowest number is the first dequeued; its handler is interrupted by the next before its first instruction. */
	CHECK(order[4] == SIGUSR1 && order[3] == SIGUSR2 && order[2] == SIGRTMIN &&
		      order[1] == SIGRTMIN && order[0] == SIGRTMIN + 2,
	      "in the kernel's order");
	for (int i = 0; i < 5; i++)
		check_note("order %d: %d", i, order[i]);
}

static void queue_value(void)
{
	check_handler(SIGRTMIN, record, 0);
	sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_ptr = (void *)0x123456789abcdef0});
	CHECK_EQ(last.si_code, SI_QUEUE, "sigqueue: si_code");
	CHECK_EQ((long)last.si_ptr, 0x123456789abcdef0, "sigqueue: value");
	CHECK(last.si_pid == getpid() && last.si_uid == getuid(), "sigqueue: sender");
	kill(getpid(), SIGRTMIN);
	CHECK_EQ(last.si_code, SI_USER, "kill: si_code");
	raise(SIGRTMIN);
	CHECK_EQ(last.si_code, SI_TKILL, "raise: si_code");
	CHECK_EQ(last.si_signo, SIGRTMIN, "si_signo");
}

static void child_info(void)
{
	pid_t pid;
	sigset_t set;
	siginfo_t si;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (pid == 0)
		_exit(37);
	CHECK(sigwaitinfo(&set, &si) == SIGCHLD && si.si_code == CLD_EXITED && si.si_status == 37 &&
		      si.si_pid == pid,
	      "SIGCHLD of an exit");
	waitpid(pid, NULL, 0);
	pid = check_fork();
	if (pid == 0) {
		prctl(PR_SET_DUMPABLE, 0);
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	CHECK(sigwaitinfo(&set, &si) == SIGCHLD && si.si_code == CLD_STOPPED &&
		      si.si_status == SIGSTOP,
	      "of a stop");
	kill(pid, SIGCONT);
	CHECK(sigwaitinfo(&set, &si) == SIGCHLD && si.si_code == CLD_CONTINUED &&
		      si.si_status == SIGCONT,
	      "of continuing");
	kill(pid, SIGABRT);
	sigwaitinfo(&set, &si);
	CHECK(si.si_code == CLD_KILLED && si.si_status == SIGABRT, "of a death");
	waitpid(pid, NULL, 0);
}

static void one_shot(void)
{
	struct sigaction sa;

	check_handler(SIGUSR1, record, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &sa);
	CHECK(count == 1 && sa.sa_handler == SIG_DFL, "SA_RESETHAND");
}

static volatile sigset_t mask_inside;

static void look_at_mask(int sig, siginfo_t *si, void *context)
{
	sigprocmask(SIG_BLOCK, NULL, (sigset_t *)&mask_inside);
	count++;
}

static void masks(void)
{
	struct sigaction sa = {.sa_sigaction = look_at_mask, .sa_flags = SA_SIGINFO};
	sigset_t set, now;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGTERM);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	now = mask_inside;
	CHECK(sigismember(&now, SIGHUP) && sigismember(&now, SIGTERM) &&
		      sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2),
	      "mask in a handler");
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(sigismember(&now, SIGHUP) && !sigismember(&now, SIGTERM) &&
		      !sigismember(&now, SIGUSR1),
	      "mask after it");
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	raise(SIGUSR1);
	sigdelset(&set, SIGUSR1);
	CHECK(sigsuspend(&set) == -1 && errno == EINTR && count == 2,
	      "sigsuspend takes a pending signal");
	now = mask_inside;
	CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2),
	      "with its own mask in the handler");
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGTERM),
	      "and the old mask afterwards");
}

static void change_mask(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;

	sigaddset(&uc->uc_sigmask, SIGUSR2);
}

static void mask_in_frame(void)
{
	sigset_t now;

	check_handler(SIGUSR1, change_mask, 0);
	raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(sigismember(&now, SIGUSR2), "sigreturn takes the mask of the frame");
}

static volatile int stack_flags;
static stack_t frame_stack;

static void on_alternate(int sig, siginfo_t *si, void *context)
{
	stack_t ss;

	record(sig, si, context);
	sigaltstack(NULL, &ss);
	stack_flags = ss.ss_flags;
	frame_stack = ((ucontext_t *)context)->uc_stack;
	if (sig == SIGUSR1)
		raise(SIGUSR2);
}

static void alternate(void)
{
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)}, now;

	CHECK(!sigaltstack(&ss, NULL), "sigaltstack");
	check_handler(SIGUSR2, on_alternate, 0);
	raise(SIGUSR2);
	CHECK(!on_stack && !(stack_flags & SS_ONSTACK), "without SA_ONSTACK on the normal stack");
	check_handler(SIGUSR2, on_alternate, SA_ONSTACK);
	raise(SIGUSR2);
	CHECK(on_stack && stack_flags == SS_ONSTACK, "with it on the alternate one");
	CHECK(frame_stack.ss_sp == stack && frame_stack.ss_size == sizeof(stack), "uc_stack");
	check_handler(SIGUSR1, on_alternate, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(on_stack, "two handlers on it");
	sigaltstack(NULL, &now);
	CHECK(now.ss_flags == 0, "off it again");
	ss.ss_flags = SS_AUTODISARM;
	sigaltstack(&ss, NULL);
	check_handler(SIGUSR2, on_alternate, SA_ONSTACK);
	raise(SIGUSR2);
	CHECK(on_stack && stack_flags == SS_DISABLE, "SS_AUTODISARM");
	sigaltstack(NULL, &now);
	CHECK((unsigned)now.ss_flags == SS_AUTODISARM, "armed again");
	ss = (stack_t){.ss_sp = stack, .ss_size = 100};
	CHECK(sigaltstack(&ss, NULL) == -1 && errno == ENOMEM, "too small a stack");
}

static sigjmp_buf out;

static void overflow_caught(int sig, siginfo_t *si, void *context)
{
	record(sig, si, context);
	siglongjmp(out, 1);
}

static int recurse(volatile int n)
{
	volatile char room[4096];

	room[n % 4096] = 1;
	return n == 0 ? 0 : recurse(n - 1) + room[n % 4096];
}

static void overflow(void)
{
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)};

	sigaltstack(&ss, NULL);
	check_handler(SIGSEGV, overflow_caught, SA_ONSTACK);
	for (volatile int i = 0; i < 3; i++)
		if (!sigsetjmp(out, 1))
			recurse(1000000);
	CHECK(count == 3 && on_stack, "an overflow of the stack is handled on the other one");
}

/* No room for the frame: the process dies, it does not loop. */
static void no_room(void)
{
	pid_t pid = check_fork();

	if (pid == 0) {
		check_handler(SIGUSR1, record, 0);
		__asm__ volatile("mov $16,%%rsp; syscall"
				 :
				 : "a"(SYS_tkill), "D"(getpid()), "S"(SIGUSR1));
		_exit(0);
	}
	CHECK_EQ(check_wait(pid, 3000) & 0x7f, SIGSEGV, "a handler without a stack");
}

static void bad_frame(void)
{
	pid_t pid = check_fork();

	if (pid == 0) {
		memset(stack, 0xff, sizeof(stack));
		__asm__ volatile("mov %0,%%rsp; mov $15,%%eax; syscall" : : "r"(stack + 4096));
		_exit(0);
	}
	CHECK_EQ(check_wait(pid, 3000) & 0x7f, SIGSEGV, "sigreturn with nonsense");
	pid = check_fork();
	if (pid == 0) {
		__asm__ volatile("mov $8,%%rsp; mov $15,%%eax; syscall" : :);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid, 3000) & 0x7f, SIGSEGV, "sigreturn without a stack");
}

static void ignored(void)
{
	signal(SIGUSR1, SIG_IGN);
	raise(SIGUSR1);
	signal(SIGCHLD, SIG_IGN);
	if (fork() == 0)
		_exit(0);
	CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD, "children of who ignores SIGCHLD");
	CHECK(signal(SIGKILL, SIG_IGN) == SIG_ERR && errno == EINVAL, "SIGKILL cannot be ignored");
}

static volatile bool stop;

static void *sender(void *arg)
{
	while (!stop)
		pthread_kill(*(pthread_t *)arg, SIGUSR1);
	return NULL;
}

/* At least 3,000,000 rounds; goes on with empty ones until enough signals came. */
static uint64_t compute(int signals, double *sum)
{
	uint64_t a = 1, b = 2, c = 3;

	*sum = 0;
	for (int i = 1; i <= 3000000 || count < signals; i++) {
		if (i > 3000000) {
			sched_yield();
			continue;
		}
		a = a * 6364136223846793005 + 1442695040888963407;
		b ^= a >> 7;
		c += b * 3;
		*sum += 1.0 / i;
	}
	return a ^ b ^ c;
}

/* Signals at any instruction of a computation change nothing in it. */
static void storm(void)
{
	pthread_t self = pthread_self(), t;
	double quiet_sum, sum;
	uint64_t quiet = compute(0, &quiet_sum), result;

	check_handler(SIGUSR1, record, 0);
	pthread_create(&t, NULL, sender, &self);
	result = compute(20, &sum);
	stop = true;
	pthread_join(t, NULL);
	CHECK_EQ(result, quiet, "integers under a storm of signals");
	CHECK(sum == quiet_sum, "floating point as well");
}

static const struct check_group groups[] = {{"nesting", nesting},
					    {"nested kinds", nested_kinds},
					    {"pending", pending_order},
					    {"values", queue_value},
					    {"child info", child_info},
					    {"one shot", one_shot},
					    {"masks", masks},
					    {"mask in frame", mask_in_frame},
					    {"alternate stack", alternate},
					    {"overflow", overflow},
					    {"no room", no_room},
					    {"bad frame", bad_frame},
					    {"ignored", ignored},
					    {"storm", storm},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
