/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the programs that try to break out of the engine (tests/security): they run in a guest
 * only, next to escape-guard, whose page they try to get at.
 *
 * An attack runs in a process of its own. It ends by a signal, or in esc_end(), which looks
 * whether it got anything:
 *
 *   window	nothing is mapped there, unless an attack's mmap of guest memory was carried out
 *   victim	stays mapped, unless an attack's munmap was, or the guest kernel's own. The guest
 *		kernel does not know what the host has lost, and may map it again, or serve fault
 *		after fault in vain: where an attack has begun with esc_touch(), the first one counts
 *   readonly	cannot be written to, unless an attack's mprotect was: the guest kernel's would
 *		fail, it maps a file that was opened for reading
 *   the token	cannot be read, and the orders cannot be written to
 *   loot	a page that all share, for what calls write. The guest kernel refuses those calls
 *		(esc_refuse()), so if an answer is there the host has given it; esc_run() looks when
 *		the attack is over, also one whose stub died of it
 *
 * What a call gives back in rax is not looked at: hardly any attack has it there when it ends, and
 * anything else may be.
 *
 * The stub's code has one entry that makes calls of the guest, for patched sites. So what an
 * attack asks for is what the guest kernel does not give.
 *
 * Registers, the stack and the base of fs can be anything there, so these functions make raw
 * calls, use no thread-local variables and have their own stack.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <cpuid.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../../arch-um/nestling/engine/stub_abi.h"

#define ESC_UNUSED __attribute__((unused))
#define ESC_WINDOW 0x2000000000UL
#define ESC_VICTIM 0x2100000000UL
#define ESC_READONLY 0x2200000000UL
#define ESC_STATUS 42 /* exit status of an attack that got something */
#define ESC_VICTIM_WORD 0x1122334455667788UL
#define ESC_PEEK_MS 20
#define ESC_FAULTS_MAX 100 /* of one access, and of what runs next to it */
#define ESC_LOOT_WORD 0x5c5c5c5c5c5c5c5cUL
#define ESC_LOOT_WORDS (4096 / 8)
#define ESC_GUARD_FILE "/tmp/guard"
#define ESC_GUARD_WORD(i) (((uint64_t)(i) + 1) * 0x9e3779b97f4a7c15UL) /* of its page */
#define ESC_NOBODY 65534

/* What is popped before the jump: registers, then iret's frame. */
struct esc_regs {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, bp, di, si, dx, cx, bx, ax;
	uint64_t ip, cs, flags, sp, ss;
};

ESC_UNUSED static uint8_t *esc_code; /* the stub's code page */
static volatile struct nl_orders *esc_orders;
static volatile struct nl_state *esc_state;
static uint64_t esc_secret; /* where the guard's page lies in guest memory */
static char esc_stack[65536] __attribute__((aligned(64), used));
static char esc_altstack[65536] __attribute__((aligned(64)));
ESC_UNUSED static const char *esc_what = "?"; /* the attack, for messages */
static uint64_t *esc_loot;
static bool (*esc_loot_is)(uint64_t word);
static long esc_touched; /* the victim was, in this process */
static volatile long esc_peeking; /* the thread that does, or 0 */
static volatile long esc_faults_before;
static volatile bool esc_interrupted;
static bool esc_control; /* no guest: attacks succeed, and are to be noticed (escape-control.h) */
static void (*esc_look_too)(void); /* at what this program's attacks alone may have got */

#define ESC_KEYS_NO_STORES 0xaaaaaaaa
#define ESC_KEYS_NOTHING 0xffffffff

/* Whether programs can set the rights of protection keys. */
ESC_UNUSED static bool esc_has_keys(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & bit_OSPKE;
}

/* --- memory that may not be there ------------------------------------------------- */

long esc_peek_at(uint64_t addr, uint64_t *word);
long esc_poke_at(uint64_t addr, uint64_t word);
extern char esc_peek_insn[], esc_poke_insn[], esc_fault[];
__asm__(".text\n"
	"esc_peek_at:\n"
	"esc_peek_insn: mov (%rdi),%rax\n"
	"mov %rax,(%rsi)\n"
	"mov $1,%eax\n"
	"ret\n"
	"esc_poke_at:\n"
	"esc_poke_insn: mov %rsi,(%rdi)\n"
	"mov $1,%eax\n"
	"ret\n"
	"esc_fault: xor %eax,%eax\n"
	"ret\n");

/* Jumps with all registers set; does not return. */
__attribute__((noreturn)) void esc_jump(const struct esc_regs *r);
/* Likewise with these rights of the protection keys: what the code there loads or stores may fault. */
__attribute__((noreturn)) void esc_jump_keys(const struct esc_regs *r, uint32_t rights);
/* Where attacks land: takes the stack of this file and goes to esc_end(). */
extern char esc_landing[];
__asm__(".text\n"
	"esc_jump_keys: mov %rdi,%rsp\n"
	"mov %esi,%eax\n"
	"xor %ecx,%ecx\n"
	"xor %edx,%edx\n"
	"wrpkru\n"
	"jmp 1f\n"
	"esc_jump: mov %rdi,%rsp\n"
	"1: pop %r15; pop %r14; pop %r13; pop %r12; pop %r11; pop %r10; pop %r9; pop %r8\n"
	"pop %rbp; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rbx; pop %rax\n"
	"iretq\n"
	"esc_landing: lea esc_stack_top(%rip),%rsp\n"
	"cld\n"
	"call esc_landed\n"
	"ud2\n");
__asm__(".set esc_stack_top, esc_stack + 65536 - 64\n");

static long esc_call(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

static long esc_call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static void esc_say(const char *text)
{
	esc_call(SYS_write, 1, (long)text, strlen(text));
}

__attribute__((noreturn)) ESC_UNUSED static void esc_caught(const char *how)
{
	esc_say("ESCAPE: ");
	esc_say(esc_what);
	esc_say(": ");
	esc_say(how);
	esc_say("\n");
	for (;;)
		esc_call(SYS_exit_group, ESC_STATUS, 0, 0);
}

/* --- what an attack may have got ----------------------------------------------------- */

/* Page faults of this thread so far that brought something. */
static long esc_faults(void)
{
	struct rusage ru = {};

	esc_call(SYS_getrusage, RUSAGE_THREAD, (long)&ru, 0);
	return ru.ru_minflt;
}

ESC_UNUSED static void esc_timer(int ms)
{
	struct itimerval it = {.it_value = {ms / 1000, ms % 1000 * 1000}};

	esc_call(SYS_setitimer, ITIMER_REAL, (long)&it, 0);
}

/*
 * Reads a word; whether that took a fault. One that takes them for ever ends by the timer, whose
 * handler may take some of its own: then the answer is had anew.
 */
__attribute__((noinline)) static bool esc_peek_faults(uint64_t addr, uint64_t *word)
{
	bool there;

	do {
		esc_interrupted = false;
		esc_faults_before = esc_faults();
		esc_peeking = esc_call(SYS_gettid, 0, 0, 0);
		esc_timer(ESC_PEEK_MS);
		there = esc_peek_at(addr, word);
		esc_timer(0);
		esc_peeking = 0;
	} while (there && esc_faults() != esc_faults_before && esc_interrupted);
	return !there || esc_faults() != esc_faults_before;
}

/* The timer's signal came meanwhile. */
static void esc_peek_on(void)
{
	if (esc_touched && esc_call(SYS_gettid, 0, 0, 0) == esc_peeking &&
	    esc_faults() - esc_faults_before > ESC_FAULTS_MAX)
		esc_caught("a mapping was taken away and does not come back");
	esc_interrupted = true;
	esc_timer(ESC_PEEK_MS);
}

static void esc_look(void)
{
	uint64_t word;

	if (esc_peek_at(ESC_WINDOW, &word))
		esc_caught("guest memory was mapped");
	/* The guest kernel has the victim: then the host has it, too. */
	if (esc_control || !esc_call(SYS_msync, ESC_VICTIM, 4096, MS_ASYNC)) {
		/* The first time brings in what the second needs. */
		if (esc_touched)
			esc_peek_faults((uint64_t)&esc_touched, &word);
		if (esc_touched && esc_peek_faults(ESC_VICTIM, &word))
			esc_caught("a mapping was taken away from below the guest kernel");
		if (!esc_peek_at(ESC_VICTIM, &word) || word != ESC_VICTIM_WORD)
			esc_caught("a mapping was taken away");
	}
	if (esc_poke_at(ESC_READONLY, 1))
		esc_caught("a protection was changed");
	if (esc_poke_at((uint64_t)&esc_orders->cmd[0], 1))
		esc_caught("the orders could be written to");
	if (esc_look_too)
		esc_look_too();
}

__attribute__((noreturn)) ESC_UNUSED static void esc_end(int status)
{
	esc_look();
	for (;;)
		esc_call(SYS_exit_group, status, 0, 0);
}

__attribute__((noreturn, used)) static void esc_landed(void)
{
	esc_end(0);
}

/* What the guest kernel does when it finds that the host has not what it should have. */
static void esc_refill(void)
{
	esc_call6(SYS_mmap, ESC_VICTIM, 4096, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	esc_poke_at(ESC_VICTIM, ESC_VICTIM_WORD);
}

static void esc_on_signal(int sig, siginfo_t *si, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	/* The timer may come just then, too, and says nothing about the memory there. */
	if (sig == SIGALRM && esc_peeking) {
		esc_peek_on();
		return;
	}
	if (sig == SIGSEGV && esc_control && g[REG_RIP] == (greg_t)esc_peek_insn &&
	    si->si_addr == (void *)ESC_VICTIM) {
		esc_refill();
		return;
	}
	if (sig != SIGALRM &&
	    (g[REG_RIP] == (greg_t)esc_peek_insn || g[REG_RIP] == (greg_t)esc_poke_insn)) {
		g[REG_RIP] = (greg_t)esc_fault;
		return;
	}
	esc_end(0);
}

/* --- setting up --------------------------------------------------------------------------- */

/* All signals of faults, and the timer's, end the attack. */
ESC_UNUSED static void esc_catch(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS, SIGALRM};
	struct sigaction sa = {
		.sa_sigaction = esc_on_signal,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};
	stack_t stack = {.ss_sp = esc_altstack, .ss_size = sizeof(esc_altstack)};

	sigaltstack(&stack, NULL);
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
}

/* The first bytes of the stub's code: lea -7(%rip),%rbx; xor %edi,%edi; mov %rbx,%rsi */
static bool esc_is_code(uint64_t addr)
{
	static const uint8_t start[] = {0x48, 0x8d, 0x1d, 0xf9, 0xff, 0xff, 0xff, 0x31, 0xff};
	uint64_t word;

	return esc_peek_at(addr, &word) && !memcmp(&word, start, 8);
}

/* The code lies right below the end of the host's address space, wherever that is. */
static bool esc_find(void)
{
	static const uint64_t likely[] = {0x7fbffff000, 0x7ffffff000, 0x7fffffffb000};
	uint64_t addr, word;

	for (unsigned int i = 0; i < 3; i++)
		for (int back = -16; back < 16; back++)
			if (esc_is_code(likely[i] - back * 4096L)) {
				esc_code = (uint8_t *)(likely[i] - back * 4096L);
				return true;
			}
	for (addr = 0x7f80000000; addr < 0x8000000000; addr += 4096)
		if (esc_peek_at(addr, &word) && esc_is_code(addr)) {
			esc_code = (uint8_t *)addr;
			return true;
		}
	return false;
}

ESC_UNUSED static void esc_make_loot(void)
{
	esc_loot = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (esc_loot == MAP_FAILED)
		exit(2);
	for (int i = 0; i < ESC_LOOT_WORDS; i++)
		esc_loot[i] = ESC_LOOT_WORD;
}

/*
 * The host changes and writes only what it has mapped, and the victim must not be missed by
 * chance: an attack with host calls begins with this.
 */
ESC_UNUSED static void esc_touch(void)
{
	uint64_t word;

	esc_peek_at(ESC_VICTIM, &word);
	esc_peek_at(ESC_READONLY, &word);
	((volatile uint64_t *)esc_loot)[ESC_LOOT_WORDS - 1] = ESC_LOOT_WORD;
	esc_touched = 1;
}

/* From here on the guest kernel gives this process no descriptors and no processes. */
ESC_UNUSED static void esc_refuse(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_NOFILE, &none);
	setrlimit(RLIMIT_NPROC, &none);
	syscall(SYS_setresuid, ESC_NOBODY, ESC_NOBODY, ESC_NOBODY);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* which ends with a change of the user */
}

/* Finds the stub and the guard's page, makes what esc_look() looks at. Ends on failure. */
ESC_UNUSED static void esc_begin(void)
{
	FILE *f = fopen(ESC_GUARD_FILE, "re");
	uint64_t *victim = mmap((void *)ESC_VICTIM, 4096, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	unsigned long pfn;

	esc_catch();
	if (!f || fscanf(f, "%lx", &pfn) != 1) {
		puts("no guard runs");
		exit(2);
	}
	if (mmap((void *)ESC_READONLY, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, fileno(f), 0) ==
	    MAP_FAILED)
		exit(2);
	fclose(f);
	close(NL_STUB_MEMORY_FD); /* the number must be no file of the guest */
	esc_secret = pfn * 4096;
	if (!esc_find()) {
		puts("the stub's code was not found");
		exit(2);
	}
	esc_orders = (void *)(esc_code + NL_STUB_ORDERS);
	esc_state = (void *)(esc_code + NL_STUB_STATE);
	*victim = ESC_VICTIM_WORD;
	esc_make_loot();
	esc_look();
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* A place in the code: the first occurrence of these bytes from the offset on, or -1. */
ESC_UNUSED static int esc_code_find(int from, const void *bytes, int n)
{
	for (; from + n <= 4096; from++)
		if (!memcmp(esc_code + from, bytes, n))
			return from;
	return -1;
}

ESC_UNUSED static long long esc_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* --- attacks in processes ----------------------------------------------------------------- */

/* Ends of attacks. */
struct esc_counts {
	int ended, signalled, killed, escaped;
};

/*
 * Whether a call has written to the loot what esc_loot_is() takes for a host's answer; what
 * else is there guest code has left, by some instruction that it met.
 */
static bool esc_looted(void)
{
	bool yes = esc_loot_is && esc_loot_is(esc_loot[0]);

	for (int i = 0; i < ESC_LOOT_WORDS; i++)
		if (esc_loot[i] != ESC_LOOT_WORD)
			esc_loot[i] = ESC_LOOT_WORD;
	return yes;
}

/* A thread of an attack that is about several; there must be one. */
ESC_UNUSED static void esc_thread(void *(*run)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, run, arg)) {
		esc_say("FAILED: an attack has no thread\n");
		esc_call(SYS_exit_group, 1, 0, 0);
	}
}

/* Runs attack(arg) in a process of its own and counts how it ends; false: not within ms. */
ESC_UNUSED static bool esc_run(struct esc_counts *n, void (*attack)(const void *), const void *arg,
			       int ms)
{
	struct pollfd p = {.events = POLLIN};
	pid_t pid = fork();
	int status, ready;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		attack(arg);
		esc_end(0);
	}
	if (pid < 0) {
		printf("fork: %s\n", strerror(errno));
		exit(2);
	}
	p.fd = syscall(SYS_pidfd_open, pid, 0);
	ready = poll(&p, 1, ms);
	close(p.fd);
	if (ready != 1)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (esc_looted()) {
		esc_say("ESCAPE: ");
		esc_say(esc_what);
		esc_say(": the host answered\n");
		n->escaped++;
	} else if (ready != 1)
		n->killed++;
	else if (WIFSIGNALED(status))
		n->signalled++;
	else if (WEXITSTATUS(status) == ESC_STATUS)
		n->escaped++;
	else
		n->ended++;
	return ready == 1;
}

/* The program's last line and exit status. */
ESC_UNUSED static int esc_report(const char *program, const struct esc_counts *n)
{
	printf("%s: %d ended, %d died of a signal, %d had to be killed, %d escaped\n", program,
	       n->ended, n->signalled, n->killed, n->escaped);
	return n->escaped ? 1 : 0;
}

#endif
