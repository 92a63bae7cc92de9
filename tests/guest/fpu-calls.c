// SPDX-License-Identifier: GPL-2.0
/*
 * Vector and floating point registers stay over calls of every kind, signals, faults, fork and
 * switches between threads and processes. Everything that the CPU has is filled with a pattern:
 * x87, MXCSR, and xmm, ymm or zmm and mask registers.
 */
#include "check.h"
#include <cpuid.h>
#include <elf.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>

/* What is loaded and stored; zmm wide, of which narrower CPUs use the first bytes. */
struct vectors {
	uint8_t zmm[32][64];
	uint64_t k[8];
	uint64_t st[8][2]; /* x87 in 10 bytes */
	uint32_t mxcsr;
	uint16_t control;
} __attribute__((aligned(64)));

enum level {
	SSE,
	AVX,
	AVX512
};

static enum level level;

static enum level cpu_level(void)
{
	unsigned a, b, c, d, lo, hi;

	__cpuid(1, a, b, c, d);
	if (!(c & bit_OSXSAVE))
		return SSE;
	__asm__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	if ((lo & 6) != 6 || !(c & bit_AVX))
		return SSE;
	__cpuid_count(7, 0, a, b, c, d);
	return (b & bit_AVX512F) && (b & bit_AVX512BW) && (lo & 0xe0) == 0xe0 ? AVX512 : AVX;
}

#define R16(m) m(0) m(1) m(2) m(3) m(4) m(5) m(6) m(7) m(8) m(9) m(10) m(11) m(12) m(13) m(14) m(15)
#define R32(m)                                                                                    \
	R16(m)                                                                                    \
	m(16) m(17) m(18) m(19) m(20) m(21) m(22) m(23) m(24) m(25) m(26) m(27) m(28) m(29) m(30) \
		m(31)
#define R8(m) m(0) m(1) m(2) m(3) m(4) m(5) m(6) m(7)
#define LOAD_XMM(n) "movdqa " #n "*64(%0),%%xmm" #n "\n"
#define SAVE_XMM(n) "movdqa %%xmm" #n "," #n "*64(%1)\n"
#define LOAD_YMM(n) "vmovdqa " #n "*64(%0),%%ymm" #n "\n"
#define SAVE_YMM(n) "vmovdqa %%ymm" #n "," #n "*64(%1)\n"
#define LOAD_ZMM(n) "vmovdqa64 " #n "*64(%0),%%zmm" #n "\n"
#define SAVE_ZMM(n) "vmovdqa64 %%zmm" #n "," #n "*64(%1)\n"
#define LOAD_K(n) "kmovq 2048+" #n "*8(%0),%%k" #n "\n"
#define SAVE_K(n) "kmovq %%k" #n ",2048+" #n "*8(%1)\n"
#define LOAD_ST(n) "fldt 2112+112-" #n "*16(%0)\n"
#define SAVE_ST(n) "fstpt 2112+" #n "*16(%1)\n"
#define LOAD_X87 "fninit; fldcw 2244(%0)\n" R8(LOAD_ST) "ldmxcsr 2240(%0)\n"
#define SAVE_X87 "fnstcw 2244(%1); stmxcsr 2240(%1)\n" R8(SAVE_ST) "fninit\n"
#define DO_CALL "syscall\n"
#define XMM(n) "xmm" #n,
#define CLOBBER R16(XMM) "rcx", "r11", "memory"

/* Loads in, does one call without any code between, stores to out. A macro: calls differ in what is between. */
#define WITH_STATE(between)                                                                      \
	do {                                                                                     \
		if (level == AVX512)                                                             \
			__asm__ volatile(R32(LOAD_ZMM) R8(LOAD_K) LOAD_X87 between R32(SAVE_ZMM) \
						 R8(SAVE_K) SAVE_X87                             \
					 : "+r"(in), "+r"(out), "+a"(nr), "+D"(a), "+S"(b),      \
					   "+d"(c), "+r"(r10), "+r"(r8)                          \
					 :                                                       \
					 : CLOBBER);                                             \
		else if (level == AVX)                                                           \
			__asm__ volatile(R16(LOAD_YMM) LOAD_X87 between R16(SAVE_YMM) SAVE_X87   \
					 : "+r"(in), "+r"(out), "+a"(nr), "+D"(a), "+S"(b),      \
					   "+d"(c), "+r"(r10), "+r"(r8)                          \
					 :                                                       \
					 : CLOBBER);                                             \
		else                                                                             \
			__asm__ volatile(R16(LOAD_XMM) LOAD_X87 between R16(SAVE_XMM) SAVE_X87   \
					 : "+r"(in), "+r"(out), "+a"(nr), "+D"(a), "+S"(b),      \
					   "+d"(c), "+r"(r10), "+r"(r8)                          \
					 :                                                       \
					 : CLOBBER);                                             \
	} while (0)

static void fill(struct vectors *v, unsigned seed)
{
	uint8_t *p = (uint8_t *)v;

	memset(v, 0, sizeof(*v));
	for (unsigned i = 0; i < sizeof(v->zmm) + sizeof(v->k); i++)
		p[i] = (uint8_t)(i * 31 + seed * 17 + (i >> 6) + 1);
	for (unsigned i = 0; i < 8; i++) {
		v->st[i][0] = 0x8000000000000000 | (0x1234567 * (seed + 1) + i * 0x9876543);
		v->st[i][1] = 0x3fff + i;
	}
	v->mxcsr = 0x1f80 | (seed & 3) << 13 | 0x8000;
	v->control = 0x037f | (seed & 3) << 10;
}

/* Bytes that differ, among those that this CPU has. */
static int differences(const struct vectors *a, const struct vectors *b)
{
	unsigned width = level == AVX512 ? 64
			 : level == AVX  ? 32
					 : 16,
		 n = level == AVX512 ? 32 : 16;
	int bad = a->mxcsr != b->mxcsr || a->control != b->control;

	for (unsigned i = 0; i < n; i++)
		bad += !!memcmp(a->zmm[i], b->zmm[i], width);
	if (level == AVX512)
		bad += !!memcmp(a->k, b->k, sizeof(a->k));
	for (unsigned i = 0; i < 8; i++)
		bad += a->st[i][0] != b->st[i][0] || (uint16_t)a->st[i][1] != (uint16_t)b->st[i][1];
	return bad;
}

/* The call with everything loaded; differences, and what the call gives in *result. */
static int call_in_state(unsigned seed, long number, long arg1, long arg2, long arg3, long arg4,
			 long *result)
{
	struct vectors before, after;
	const struct vectors *in = &before;
	struct vectors *out = &after;
	long nr = number, a = arg1, b = arg2, c = arg3;
	register long r10 __asm__("r10") = arg4;
	register long r8 __asm__("r8") = 0;

	fill(&before, seed);
	memset(&after, 0, sizeof(after));
	WITH_STATE(DO_CALL);
	if (result)
		*result = nr;
	return differences(&before, &after);
}

static int compute_in_state(unsigned seed)
{
	struct vectors before, after;
	const struct vectors *in = &before;
	struct vectors *out = &after;
	long nr = 3000, a = 0, b = 0, c = 0;
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;

	fill(&before, seed);
	WITH_STATE("1: pause; dec %%rax; jnz 1b\n");
	return differences(&before, &after);
}

static int fault_in_state(unsigned seed, char *page)
{
	struct vectors before, after;
	const struct vectors *in = &before;
	struct vectors *out = &after;
	long nr = 0, a = (long)page, b = 0, c = 0;
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;

	fill(&before, seed);
	WITH_STATE("incl (%%rdi)\n");
	return differences(&before, &after);
}

static void quick_calls(void)
{
	static const struct {
		const char *name;
		long nr;
	} calls[] = {
		{"getpid", SYS_getpid}, {"sched_yield", SYS_sched_yield}, {"no such call", 9999}};

	check_note("level %d", level);
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int bad = 0;

		for (int n = 0; n < 500; n++)
			bad += call_in_state(n, calls[i].nr, 0, 0, 0, 0, NULL);
		CHECK_EQ(bad, 0, "all registers over %s", calls[i].name);
	}
}

static void sleeping_calls(void)
{
	struct timespec ts = {0, 1000000};
	uint32_t word = 0;
	int bad = 0;

	for (int n = 0; n < 30; n++)
		bad += call_in_state(n, SYS_nanosleep, (long)&ts, 0, 0, 0, NULL);
	CHECK_EQ(bad, 0, "all registers over nanosleep");
	bad = 0;
	for (int n = 0; n < 30; n++)
		bad += call_in_state(n, SYS_futex, (long)&word, FUTEX_WAIT, 0, (long)&ts, NULL);
	CHECK_EQ(bad, 0, "all registers over a futex");
	bad = 0;
	for (int n = 0; n < 30; n++)
		bad += call_in_state(n, SYS_poll, 0, 0, 1, 0, NULL);
	CHECK_EQ(bad, 0, "all registers over poll");
}

/* Two processes that hand a byte to and fro, each with a state of its own. */
static void ping_pong(void)
{
	int s[2], bad = 0;
	char byte = 0;
	pid_t pid;

	CHECK_NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
	pid = check_fork();
	for (int n = 0; n < 500; n++) {
		int fd = s[pid == 0];

		if (pid == 0)
			bad += call_in_state(n, SYS_read, fd, (long)&byte, 1, 0, NULL);
		bad += call_in_state(n + 1, SYS_write, fd, (long)&byte, 1, 0, NULL);
		if (pid != 0)
			bad += call_in_state(n + 3, SYS_read, fd, (long)&byte, 1, 0, NULL);
	}
	if (pid == 0)
		_exit(bad != 0);
	CHECK_EQ(check_wait(pid, 5000), 0, "all registers in one of two processes that take turns");
	CHECK_EQ(bad, 0, "and in the other");
}

static void faults(void)
{
	char *p =
		mmap(NULL, 400 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int bad = 0;

	for (int n = 0; n < 400; n++)
		bad += fault_in_state(n, p + n * 4096);
	CHECK_EQ(bad, 0, "all registers over page faults");
}

/* A child starts with its parent's registers. */
static void forks(void)
{
	for (int n = 0; n < 10; n++) {
		long result;
		int bad = call_in_state(n, SYS_fork, 0, 0, 0, 0, &result);

		if (result == 0)
			_exit(bad ? 1 : 0);
		if (bad || check_wait(result, 3000)) {
			CHECK(false, "all registers over fork");
			return;
		}
	}
	CHECK(true, "all registers over fork");
}

static volatile int ticks;

/* Destroys all that a handler can. */
static void destroy(int sig, siginfo_t *si, void *context)
{
	struct vectors v, w;
	const struct vectors *in = &v;
	struct vectors *out = &w;
	long nr = SYS_getpid, a = 0, b = 0, c = 0;
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;

	memset(&v, 0xee, sizeof(v));
	v.mxcsr = 0x1f80;
	v.control = 0x37f;
	WITH_STATE(DO_CALL);
	ticks++;
}

static void signals(void)
{
	int bad = 0;
	long result;

	check_handler(SIGUSR1, destroy, 0);
	for (int n = 0; n < 200; n++)
		bad += call_in_state(n, SYS_tkill, getpid(), SIGUSR1, 0, 0, &result);
	CHECK_EQ(ticks, 200, "signals");
	CHECK_EQ(bad, 0, "all registers over handlers at calls");
}

static volatile bool stop;

static void *pester(void *main_thread)
{
	while (!stop) {
		pthread_kill(*(pthread_t *)main_thread, SIGUSR1);
		sched_yield();
	}
	return NULL;
}

static void async_signals(void)
{
	pthread_t self = pthread_self(), t;
	int bad = 0;

	check_handler(SIGUSR1, destroy, SA_RESTART);
	pthread_create(&t, NULL, pester, &self);
	for (int n = 0; n < 200 || ticks < 50; n++)
		bad += compute_in_state(n);
	stop = true;
	pthread_join(t, NULL);
	CHECK_EQ(bad, 0, "all registers over handlers at any instruction");
}

static void *work(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	uintptr_t bad = 0;

	for (int n = 0; n < 150; n++) {
		bad += compute_in_state(seed + n);
		bad += call_in_state(seed * 3 + n, n & 1 ? SYS_sched_yield : SYS_getppid, 0, 0, 0,
				     0, NULL);
	}
	return (void *)bad;
}

static void threads(void)
{
	pthread_t t[6];
	uintptr_t bad = 0;

	for (unsigned i = 0; i < 6; i++)
		pthread_create(&t[i], NULL, work, (void *)(uintptr_t)(i * 1000));
	for (unsigned i = 0; i < 6; i++) {
		void *r;

		pthread_join(t[i], &r);
		bad += (uintptr_t)r;
	}
	CHECK_EQ(bad, 0, "all registers in six threads");
}

static void processes(void)
{
	pid_t pid[6];
	int bad = 0;

	for (unsigned i = 0; i < 6; i++) {
		pid[i] = check_fork();
		if (pid[i] == 0)
			_exit(work((void *)(uintptr_t)(i * 1000)) ? 1 : 0);
	}
	for (unsigned i = 0; i < 6; i++)
		bad += check_wait(pid[i], 5000) != 0;
	CHECK_EQ(bad, 0, "all registers in six processes");
}

/* A program starts with a clean state, whatever the one before it had. */
static void fresh_after_exec(void)
{
	static char *const argv[] = {"/proc/self/exe", "exec-child", NULL};
	pid_t pid = check_fork();

	if (pid == 0) {
		call_in_state(2, SYS_execve, (long)argv[0], (long)argv, 0, 0, NULL);
		_exit(3);
	}
	CHECK_EQ(check_wait(pid, 3000), 0,
		 "MXCSR and the x87 control word are the default after exec");
}

static int exec_child(void)
{
	uint32_t mxcsr;
	uint16_t control;

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(control));
	return mxcsr == 0x1f80 && control == 0x37f ? 0 : 1;
}

/*
 * A program of nothing but these instructions: libc's first steps would leave something in vector
 * registers. Its exit status is 1 if any of them is not zero.
 */
extern const uint8_t zero_avx512[], zero_avx[], zero_sse[], zero_end[];
#define OR_ZMM(n) "vporq %zmm" #n ",%zmm0,%zmm0\n"
#define OR_YMM(n) "vorps %ymm" #n ",%ymm0,%ymm0\n"
#define OR_XMM(n) "por %xmm" #n ",%xmm0\n"
#define OR_K(n) "kmovq %k" #n ",%rcx; or %rcx,%rbx\n"
#define EXIT_RBX "xor %edi,%edi; test %rbx,%rbx; setnz %dil; mov $60,%eax; syscall\n"
__asm__(".pushsection .rodata\n"
	"zero_avx512: xor %ebx,%ebx\n" R8(OR_K) R32(OR_ZMM) "vptestmq %zmm0,%zmm0,%k1\n" OR_K(1)
		EXIT_RBX "zero_avx: xor %ebx,%ebx\n" R16(
			OR_YMM) "vptest %ymm0,%ymm0; setnz %bl\n" EXIT_RBX
				"zero_sse:" R16(OR_XMM) "movq %xmm0,%rbx; psrldq $8,%xmm0; movq "
							"%xmm0,%rcx; or %rcx,%rbx\n" EXIT_RBX
							"zero_end:\n"
							".popsection\n");

static void no_vectors_after_exec(void)
{
	const uint8_t *code = level == AVX512 ? zero_avx512 : level == AVX ? zero_avx : zero_sse;
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph;
		uint8_t code[1024];
	} elf = {
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		       .e_type = ET_EXEC,
		       .e_machine = EM_X86_64,
		       .e_version = EV_CURRENT,
		       .e_entry = 0x400000 + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
		       .e_phoff = sizeof(Elf64_Ehdr),
		       .e_ehsize = sizeof(Elf64_Ehdr),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 1},
		.ph = {.p_type = PT_LOAD,
		       .p_flags = PF_R | PF_X,
		       .p_vaddr = 0x400000,
		       .p_filesz = sizeof(elf),
		       .p_memsz = sizeof(elf),
		       .p_align = 4096},
	};
	int fd = memfd_create("zero", 0), bad = 0;
	char path[40];
	char *const argv[] = {path, NULL};

	memcpy(elf.code, code, (size_t)(zero_end - code));
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	CHECK_NEED(write(fd, &elf, sizeof(elf)) == sizeof(elf), "a program in memory");
	for (unsigned n = 0; n < 20; n++) {
		pid_t pid = check_fork();

		if (pid == 0) {
			call_in_state(n, SYS_execve, (long)path, (long)argv, 0, 0, NULL);
			_exit(3);
		}
		bad += check_wait(pid, 3000) != 0;
	}
	CHECK_EQ(bad, 0, "vector and mask registers are zero after exec");
}

/* What a program may do with pages of which keys; the check's name has it, to be compared. */
static void protection_keys(void)
{
	uint32_t a, b, c, d;

	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(c & bit_OSPKE)) {
		check_skip("no protection keys", "PKRU");
		return;
	}
	__asm__ volatile(".byte 0x0f,0x01,0xee" : "=a"(a), "=d"(d) : "c"(0)); /* rdpkru */
	CHECK(true, "PKRU is %#x", a);
}

static const struct check_group groups[] = {{"quick calls", quick_calls},
					    {"sleeping calls", sleeping_calls},
					    {"ping-pong", ping_pong},
					    {"faults", faults},
					    {"forks", forks},
					    {"signals", signals},
					    {"asynchronous signals", async_signals},
					    {"threads", threads},
					    {"processes", processes},
					    {"exec", fresh_after_exec},
					    {"exec, vectors", no_vectors_after_exec},
					    {"protection keys", protection_keys},
					    {}};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "exec-child"))
		return exec_child();
	level = cpu_level();
	return check_run(groups, argc, argv);
}
