// SPDX-License-Identifier: GPL-2.0
/*
 * Guest code that asks the guest kernel, which may do what guest code may not, for the pages of
 * its stub: to map, unmap or protect them, or to read and write there.
 *
 * `escape-map control`, on a host, whose kernel gives a program such pages as they are its own:
 * of each question it is noticed.
 */
#include "escape-control.h"
#include <sys/auxv.h>
#include <setjmp.h>
#include <sched.h>
#include <asm/prctl.h>
#include <sys/uio.h>

#define LIMIT_MS 10000
#define THREADS 3
#define STORMS 12
#define STORM_MS 40
#define CONTROL_STORMS 50 /* on a host one of three kills itself before it is noticed */
#define PAGES ((NL_STUB_END) / 4096 + 3) /* the stub's, and some around */

static uint8_t code_before[4096];
static int self_mem;

/* One range of pages in and around the stub's; what is asked for it. */
struct ask {
	int from, pages; /* from the first page below the code */
	int what;
};

static char *range_start(const struct ask *a)
{
	return (char *)esc_code - 4096 + a->from * 4096L;
}

static void code_must_be_whole(void)
{
	uint64_t word;

	if (!esc_peek_at((uint64_t)esc_code, &word) || memcmp(esc_code, code_before, 4096))
		esc_caught("the stub's code was changed");
	esc_look();
}

static void ask_map(const struct ask *a)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *p = range_start(a);
	size_t len = a->pages * 4096L;

	mmap(p, len, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0);
	code_must_be_whole();
	mmap(p, len, PROT_READ | PROT_WRITE, flags | MAP_FIXED_NOREPLACE, -1, 0);
	mmap(p, len, PROT_READ, MAP_SHARED | MAP_FIXED, self_mem, 0);
}

static void ask_mremap(const struct ask *a)
{
	char *own = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *p = range_start(a);
	size_t len = a->pages * 4096L;

	memset(own, 0xcc, 65536);
	mremap(own, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, p);
	code_must_be_whole();
	mremap(p, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, own);
	mremap(p, len, len + 4096, MREMAP_MAYMOVE);
	munmap(own, 65536);
}

static void ask_rest(const struct ask *a)
{
	static const int advice[] = {MADV_DONTNEED, MADV_REMOVE, MADV_FREE, MADV_COLD,
				     MADV_POPULATE_WRITE};
	char *p = range_start(a);
	size_t len = a->pages * 4096L;

	munmap(p, len);
	mprotect(p, len, PROT_READ | PROT_WRITE | PROT_EXEC);
	for (unsigned int i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		madvise(p, len, advice[i]);
	mlock(p, len);
	msync(p, len, MS_SYNC);
}

/* The guest kernel reads and writes there for a call. */
static void ask_access(const struct ask *a)
{
	struct iovec own = {code_before, 4096}, there = {range_start(a), a->pages * 4096L};
	int pipes[2];

	if (pipe(pipes) || write(pipes[1], "x", 1) != 1)
		exit(2);
	if (read(pipes[0], there.iov_base, 1) >= 0)
		esc_caught("read() wrote to the stub's pages");
	if (write(pipes[1], there.iov_base, 1) >= 0)
		esc_caught("write() read the stub's pages");
	if (process_vm_writev(getpid(), &own, 1, &there, 1, 0) > 0)
		esc_caught("process_vm_writev() wrote there");
	if (pwrite(self_mem, code_before, 4096, (off_t)there.iov_base) > 0)
		esc_caught("/proc/self/mem wrote there");
	syscall(SYS_futex, there.iov_base, 5, 1, 1, there.iov_base, 1 << 12); /* FUTEX_WAKE_OP */
	syscall(SYS_set_robust_list, there.iov_base, 24);
	syscall(SYS_rseq, there.iov_base, 32, 0, 0x53053053);
	syscall(SYS_set_tid_address, there.iov_base);
	syscall(SYS_clone,
		SIGCHLD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, 0,
		there.iov_base, there.iov_base, 0);
}

static sigjmp_buf after_signal;

static void signal_there(int sig)
{
	siglongjmp(after_signal, 1);
}

/* The guest kernel lays a signal's frame there, or loads one. */
static void ask_frame(const struct ask *a)
{
	stack_t stack = {.ss_sp = range_start(a), .ss_size = a->pages * 4096L};
	struct sigaction sa = {.sa_handler = signal_there, .sa_flags = SA_ONSTACK};

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	if (!sigsetjmp(after_signal, 1))
		raise(SIGUSR1);
}

static void ask_base(const struct ask *a)
{
	struct esc_regs r = {.ip = (uint64_t)esc_landing, .cs = 0x33, .ss = 0x2b, .flags = 0x202};

	esc_call(SYS_arch_prctl, ARCH_SET_GS, (long)range_start(a), 0);
	esc_call(SYS_arch_prctl, ARCH_SET_FS, (long)range_start(a), 0);
	esc_jump(&r);
}

static void (*const questions[])(const struct ask *) = {ask_map,    ask_mremap, ask_rest,
							ask_access, ask_frame,  ask_base};

static void attack(const void *arg)
{
	const struct ask *a = arg;

	questions[a->what](a);
	code_must_be_whole();
}

/* Several ask for the same pages at once, and make the guest kernel change mappings meanwhile. */
static void *asker(void *arg)
{
	uint32_t random = (uintptr_t)arg;

	for (;;) {
		struct ask a;

		random = random * 1664525 + 1013904223;
		a.from = (random >> 8) % PAGES;
		a.pages = 1 + (random >> 16) % 16;
		/* Those in front change no more than mappings. */
		questions[(random >> 24) % 3](&a);
	}
	return NULL;
}

static void attack_threads(const void *arg)
{
	uintptr_t seed = *(const unsigned int *)arg;
	long long end = esc_now_ms() + STORM_MS;

	for (uintptr_t i = 1; i <= THREADS; i++)
		esc_thread(asker, (void *)(seed * 100 + i));
	while (esc_now_ms() < end)
		code_must_be_whole();
}

/* Everything that this process may unmap; it dies of it. */
static void unmap_all(const void *arg)
{
	esc_call(SYS_munmap, 0, 0x7fbfffe000, 0);
	esc_call(SYS_munmap, 0, -4096, 0);
}

static void map_all(const void *arg)
{
	for (int shift = 12; shift < 48; shift++)
		syscall(SYS_mmap, 0, 1UL << shift, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

/* Pages below those that programs begin at: the table of the patched sites lies there. */
static void low_pages(const void *arg)
{
	for (unsigned long p = 0; p < 0x20000; p += 4096) {
		munmap((void *)p, 4096);
		mprotect((void *)p, 4096, PROT_READ | PROT_WRITE);
		memset(code_before, 0x41, 4096);
		if (mmap((void *)p, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
			if (p < 0x10000)
				esc_caught("the lowest pages can be mapped");
			memset((void *)p, 0x41, 4096);
		}
		for (int i = 0; i < 200; i++)
			esc_call(SYS_getppid, 0, 0, 0);
	}
}

/* --- on a host --------------------------------------------------------------------------- */

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

static bool noticed(void (*with)(const void *), const void *arg)
{
	struct esc_counts n = {};

	esc_run(&n, with, arg, LIMIT_MS);
	memcpy(esc_memory, code_before, 4096);
	return n.escaped;
}

/* Whether it is noticed of some page that it got what it asked for. */
static bool question_noticed(int what)
{
	struct ask a = {.what = what};
	bool any = false;

	for (a.from = 0; a.from < PAGES; a.from++)
		for (a.pages = 1; a.pages <= 16; a.pages *= 2)
			any |= noticed(attack, &a);
	return any;
}

/* Whether this host gives this user what the guest kernel gives nobody. */
static bool has_low_pages(void)
{
	void *p = mmap((void *)0x8000, 4096, PROT_READ,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return p != MAP_FAILED && !munmap(p, 4096);
}

/*
 * What is left out: the base of a segment there is nothing that a program could not have; and who
 * gives its whole address space away dies of it on a host.
 */
static int control(void)
{
	unsigned int seed = 1;
	bool seen;
	int what;

	esc_control_begin(PROT_READ | PROT_WRITE | PROT_EXEC);
	esc_lay_stub();
	memcpy(code_before, esc_code, 4096);
	self_mem = open("/proc/self/mem", O_RDWR);
	esc_what = "asks the kernel";
	for (what = 0; questions[what] != ask_base; what++) {
		char name[32];

		snprintf(name, sizeof(name), "question %d", what);
		/* A frame that is larger than a page is not laid into the code alone. */
		if (questions[what] == ask_frame && getauxval(AT_MINSIGSTKSZ) > 4096)
			printf("# %s: frames are too large on this host\n", name);
		else
			esc_expect(name, question_noticed(what));
	}
	esc_what = "several ask the kernel";
	while (!(seen = noticed(attack_threads, &seed)) && seed < CONTROL_STORMS)
		seed++;
	esc_expect(esc_what, seen);
	esc_what = "low pages";
	if (has_low_pages())
		esc_expect(esc_what, noticed(low_pages, NULL));
	else
		printf("# %s: this host does not give them\n", esc_what);
	return esc_control_report("escape-map");
}

int main(int argc, char **argv)
{
	struct esc_counts n = {};
	int bad = 0, questions_n = sizeof(questions) / sizeof(questions[0]);

	if (argc > 1 && !strcmp(argv[1], "control"))
		return control();
	esc_begin();
	memcpy(code_before, esc_code, 4096);
	self_mem = open("/proc/self/mem", O_RDWR);
	for (struct ask a = {}; a.what < questions_n; a.what++)
		for (a.from = 0; a.from < PAGES; a.from++)
			for (a.pages = 1; a.pages <= 16; a.pages *= 2) {
				esc_what = "asks the kernel";
				if (!esc_run(&n, attack, &a, LIMIT_MS)) {
					printf("# question %d for page %d, %d pages: no end\n",
					       a.what, a.from, a.pages);
					bad++;
				}
			}
	esc_what = "several ask the kernel";
	for (unsigned int seed = 1; seed <= STORMS; seed++)
		bad += !esc_run(&n, attack_threads, &seed, LIMIT_MS);
	esc_what = "whole address space";
	bad += !esc_run(&n, unmap_all, NULL, LIMIT_MS);
	bad += !esc_run(&n, map_all, NULL, LIMIT_MS);
	esc_what = "low pages";
	bad += !esc_run(&n, low_pages, NULL, LIMIT_MS);
	return esc_report("escape-map", &n) || bad;
}
