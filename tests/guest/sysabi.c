// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel promises about registers at `syscall`: rcx and r11 are overwritten with
 * rip and rflags, all others stay; flags, the red zone, any rsp.
 */
#include "check.h"
#include <stddef.h>

/* In the order of the assembly below. */
struct regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15,
		flags;
};

static const char *const names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",  "r8",
				    "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "flags"};
#define REG_INDEX(x) (offsetof(struct regs, x) / 8)

/*
 * Loads everything from r, does the sequence with its call, stores everything to r. In three
 * shapes, for engines that know some: the call alone, with a mov of its number, before a cmp.
 */
#define CALL_WITH(name, before, after)                                                           \
	void name(struct regs *r);                                                               \
	extern char name##_end[];                                                                \
	__asm__(".pushsection .text\n" #name ":\n"                                               \
		"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"             \
		"mov %rdi, call_regs(%rip)\n"                                                    \
		"mov %rsp, call_stack(%rip)\n"                                                   \
		"push 128(%rdi); popf\n"                                                         \
		"mov 0(%rdi),%rax; mov 8(%rdi),%rbx; mov 16(%rdi),%rcx; mov 24(%rdi),%rdx\n"     \
		"mov 32(%rdi),%rsi; mov 48(%rdi),%rbp; mov 64(%rdi),%r8; mov 72(%rdi),%r9\n"     \
		"mov 80(%rdi),%r10; mov 88(%rdi),%r11; mov 96(%rdi),%r12; mov 104(%rdi),%r13\n"  \
		"mov 112(%rdi),%r14; mov 120(%rdi),%r15; mov 56(%rdi),%rsp; mov "                \
		"40(%rdi),%rdi\n" before "syscall\n" #name "_end:\n" after                       \
		"mov %rdi, call_scratch(%rip); mov call_regs(%rip), %rdi\n"                      \
		"mov %rsp, 56(%rdi); mov call_stack(%rip), %rsp\n"                               \
		"mov %rax,0(%rdi); pushf; pop %rax; mov %rax,128(%rdi); mov %rbx,8(%rdi)\n"      \
		"mov %rcx,16(%rdi); mov %rdx,24(%rdi); mov %rsi,32(%rdi)\n"                      \
		"mov call_scratch(%rip),%rax; mov %rax,40(%rdi)\n"                               \
		"mov %rbp,48(%rdi); mov %r8,64(%rdi); mov %r9,72(%rdi); mov %r10,80(%rdi)\n"     \
		"mov %r11,88(%rdi); mov %r12,96(%rdi); mov %r13,104(%rdi); mov %r14,112(%rdi)\n" \
		"mov %r15,120(%rdi); push $0x202; popf; cld\n"                                   \
		"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"                   \
		"ret\n"                                                                          \
		".popsection\n")

__asm__(".pushsection .bss\n"
	"call_regs: .quad 0\ncall_stack: .quad 0\ncall_scratch: .quad 0\n"
	".popsection\n");
CALL_WITH(call_bare, "", "");
CALL_WITH(call_mov, "mov $39,%eax\n", "");
CALL_WITH(call_cmp, "", "cmp $-4095,%rax\n");

/* The flags that cmp changes. */
#define ARITHMETIC 0x8d5UL

static const struct shape {
	const char *name;
	void (*call)(struct regs *r);
	char *end;
	uint64_t ignored_flags;
} shapes[] = {{"alone", call_bare, call_bare_end, 0},
	      {"with its mov", call_mov, call_mov_end, 0},
	      {"before a cmp", call_cmp, call_cmp_end, ARITHMETIC}};

static const struct shape *shape = shapes;

static char some_stack[8192] __attribute__((aligned(64)));

static struct regs pattern(long nr)
{
	return (struct regs){.rax = nr,
			     .rbx = 0xb0b0b0b0b0b0b0b0,
			     .rcx = 0xc0c0c0c0c0c0c0c0,
			     .rdx = 0xd0d0d0d0d0d0d0d0,
			     .rsi = 0x5151515151515151,
			     .rdi = 0xd1d1d1d1d1d1d1d1,
			     .rbp = 0xb9b9b9b9b9b9b9b9,
			     .rsp = (uint64_t)some_stack + 4096,
			     .r8 = 0x0808080808080808,
			     .r9 = 0x0909090909090909,
			     .r10 = 0x1010101010101010,
			     .r11 = 0x1111111111111111,
			     .r12 = 0x1212121212121212,
			     .r13 = 0x1313131313131313,
			     .r14 = 0x1414141414141414,
			     .r15 = 0x1515151515151515,
			     .flags = 0x202};
}

/* Does the call and gives how many registers came back other than the ABI says. */
static int call_differences(struct regs in, uint64_t *result)
{
	struct regs r = in;
	int bad = 0;

	shape->call(&r);
	*result = r.rax;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t was = ((uint64_t *)&in)[i], is = ((uint64_t *)&r)[i];

		if (i == REG_INDEX(flags))
			was &= ~shape->ignored_flags, is &= ~shape->ignored_flags;
		if (was == is || i == REG_INDEX(rax) || i == REG_INDEX(rcx) || i == REG_INDEX(r11))
			continue;
		bad++;
		check_note("%s is %#lx, was %#lx", names[i], is, was);
	}
	if (r.rcx != (uint64_t)shape->end)
		bad++, check_note("rcx is %#lx, not %p", r.rcx, (void *)shape->end);
	if (r.r11 != in.flags)
		bad++, check_note("r11 is %#lx, not %#lx", r.r11, in.flags);
	return bad;
}

static void registers(void)
{
	static const struct {
		const char *name;
		long nr;
	} calls[] = {{"getpid", SYS_getpid},
		     {"getppid", SYS_getppid},
		     {"sched_yield", SYS_sched_yield},
		     {"close(bad)", SYS_close},
		     {"no such call", 9999}};

	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		uint64_t result;
		int bad = 0;

		/* Often, so that an engine that rewrites hot sites is seen in each of its states. */
		for (int n = 0; n < 500; n++)
			bad += call_differences(pattern(calls[i].nr), &result);
		CHECK_EQ(bad, 0, "%s keeps all registers but rax, rcx, r11", calls[i].name);
	}
}

static void registers_asleep(void)
{
	struct timespec ts = {0, 3000000};
	struct regs r = pattern(SYS_nanosleep);
	uint64_t result = -1;
	int bad = 0;

	r.rdi = (uint64_t)&ts;
	r.rsi = 0;
	for (int i = 0; i < 20; i++)
		bad += call_differences(r, &result);
	CHECK_EQ(bad, 0, "a call that sleeps keeps all registers");
	CHECK_EQ(result, 0, "and gives 0");
}

static void arguments(void)
{
	static char page[4096] __attribute__((aligned(4096)));
	struct regs r = pattern(SYS_mmap);
	int fd = memfd_create("x", 0);
	uint64_t result;

	memset(page, 'a', 4096);
	CHECK_EQ(write(fd, page, 4096), 4096, "first page");
	memset(page, 'b', 4096);
	CHECK_EQ(write(fd, page, 4096), 4096, "second page");
	for (int i = 0; i < 300; i++) {
		r.rdi = 0;
		r.rsi = 4096;
		r.rdx = PROT_READ;
		r.r10 = MAP_PRIVATE;
		r.r8 = fd;
		r.r9 = 4096;
		if (call_differences(r, &result) || result > -4096ULL || *(char *)result != 'b')
			break;
		munmap((void *)result, 4096);
		if (i == 299)
			CHECK(true, "six arguments of mmap");
	}
}

static void flags(void)
{
	static const struct {
		const char *name;
		uint64_t flags;
	} cases[] = {{"none", 0x202},     {"carry", 0x203},         {"zero and sign", 0x2c2},
		     {"overflow", 0xa02}, {"direction", 0x602},     {"alignment check", 0x40202},
		     {"id", 0x200202},    {"all of them", 0x240ed7}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct regs r = pattern(SYS_getpid);
		uint64_t result;
		int bad = 0;

		r.flags = cases[i].flags | 2;
		for (int n = 0; n < 500; n++)
			bad += call_differences(r, &result);
		CHECK_EQ(bad, 0, "flags across a call %s: %s", shape->name, cases[i].name);
	}
}

static void stacks(void)
{
	void *gone = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *ro = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct {
		const char *name;
		uint64_t rsp;
	} cases[] = {{"zero", 0},
		     {"small", 8},
		     {"not mapped", (uint64_t)gone + 4096},
		     {"read-only", (uint64_t)ro + 4096},
		     {"not canonical", 0x8000000000000000},
		     {"in the kernel's half", 0xffffffff81000000},
		     {"unaligned", (uint64_t)some_stack + 4093}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct regs r = pattern(SYS_getpid);
		uint64_t result = 0;
		int bad = 0;

		r.rsp = cases[i].rsp;
		for (int n = 0; n < 500; n++)
			bad += call_differences(r, &result) || (pid_t)result != getpid();
		CHECK_EQ(bad, 0, "a call %s, rsp %s", shape->name, cases[i].name);
	}
}

/* 128 bytes below and 1024 above rsp stay as they are. */
static void red_zone(void)
{
	static const long calls[] = {SYS_getpid, SYS_sched_yield, SYS_getuid, 9999};
	int bad = 0;

	for (int n = 0; n < 600; n++) {
		struct regs r = pattern(calls[n % 4]);
		uint64_t result;

		for (unsigned i = 0; i < sizeof(some_stack); i++)
			some_stack[i] = (char)(i * 7 + n);
		/* call_with pushes nothing on this stack. */
		bad += call_differences(r, &result);
		for (unsigned i = 0; i < sizeof(some_stack); i++)
			bad += some_stack[i] != (char)(i * 7 + n);
	}
	CHECK_EQ(bad, 0, "a call writes nothing around rsp");
}

static void *caught_fault_addr;
static volatile int faults;

static void on_segv(int sig, siginfo_t *si, void *context)
{
	caught_fault_addr = si->si_addr;
	faults++;
	mprotect((void *)((uintptr_t)si->si_addr & -4096), 4096, PROT_READ | PROT_WRITE);
}

/* A fault that a handler repairs, and a silent one: the red zone stays, below the frame it may change. */
static void red_zone_fault(void)
{
	static char stack[65536];
	char *page =
		mmap(NULL, 4096 * 64, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t *top = (uint64_t *)(stack + 32768), got;
	int bad = 0;

	check_handler(SIGSEGV, on_segv, 0);
	mprotect(page, 4096, PROT_NONE);
	for (int n = 0; n < 64; n++) {
		for (int i = -16; i < 0; i++)
			top[i] = i * 1000 + n;
		__asm__ volatile(
			"mov %%rsp,%%r12; mov %[top],%%rsp; movq $1,(%[at]); mov %%r12,%%rsp"
			:
			: [top] "r"(top), [at] "r"(page + n * 4096)
			: "r12", "memory");
		__asm__ volatile("mov %1,%0" : "=r"(got) : "m"(top[-16]));
		for (int i = -16; i < 0; i++)
			bad += top[i] != (uint64_t)(i * 1000 + n);
	}
	CHECK_EQ(bad, 0, "the red zone over page faults");
	CHECK_EQ(faults, 1, "one of them was a signal");
	CHECK(caught_fault_addr == page, "at the right address");
}

static void all_shapes(void (*run)(void))
{
	for (shape = shapes; shape < shapes + 3; shape++)
		run();
	shape = shapes;
}

static void flags_in_shapes(void)
{
	all_shapes(flags);
}

static void stacks_in_shapes(void)
{
	all_shapes(stacks);
}

/* 100 quick calls make a site hot for engines that care; then one that is looked at. */
static void registers_in_shapes(void)
{
	for (shape = shapes; shape < shapes + 3; shape++) {
		uint64_t result;
		int bad = 0;

		for (int n = 0; n < 500; n++) {
			bad += call_differences(pattern(SYS_getpid), &result);
			bad += (pid_t)result != getpid();
		}
		CHECK_EQ(bad, 0, "getpid keeps all registers: %s", shape->name);
	}
	shape = shapes;
}

static const struct check_group groups[] = {{"registers", registers},
					    {"registers of a sleeper", registers_asleep},
					    {"arguments", arguments},
					    {"flags", flags_in_shapes},
					    {"stacks", stacks_in_shapes},
					    {"shapes", registers_in_shapes},
					    {"red zone", red_zone},
					    {"red zone and faults", red_zone_fault},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
