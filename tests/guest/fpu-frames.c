// SPDX-License-Identifier: GPL-2.0
/*
 * The FPU part of signal frames: layout, contents, and changes by the handler.
 *
 * Layout by the kernel's uapi (struct _fpx_sw_bytes in asm/sigcontext.h): FXSAVE image, its last
 * 48 bytes say how large the whole is, then the XSAVE header and components, then a magic word.
 */
#include "check.h"
#include <cpuid.h>

/* FXSAVE's image, as far as it is looked at. */
struct fpu {
	uint16_t cwd, swd, twd, fop;
	uint64_t rip, rdp;
	uint32_t mxcsr, mxcsr_mask;
	uint32_t st_space[32];
	uint32_t xmm_space[64];
	uint32_t padding[12];
	struct _fpx_sw_bytes sw_reserved;
};

struct frame {
	uint64_t flags, link;
	uint64_t stack[3];
	uint64_t regs[23]; /* r8 first */
	struct fpu *fpu; /* 0 = none */
	uint64_t reserved[8];
	uint64_t mask;
};

enum {
	R8,
	R9,
	R10,
	R11,
	R12,
	R13,
	R14,
	R15,
	RDI,
	RSI,
	RBP,
	RBX,
	RDX,
	RAX,
	RCX,
	RSP,
	RIP,
	EFLAGS
};

#define YMM_OFFSET component(2)
#define K_OFFSET component(5)
#define ZMM_HIGH_OFFSET component(6)
#define ZMM16_OFFSET component(7)
#define TILEDATA (1ULL << 18)

static uint64_t xcr0;

static unsigned component(unsigned n)
{
	unsigned a, b, c, d;

	__cpuid_count(0xd, n, a, b, c, d);
	return b;
}

/*
 * The bytes of all that a program has without asking: AMX's tiles alone it has to ask for
 * (Documentation/arch/x86/xstate.rst).
 */
static unsigned size_of_all(void)
{
	unsigned size = 576, a, b, c, d; /* FXSAVE's and the header's */

	for (unsigned n = 2; n < 63; n++) {
		if (!((xcr0 & ~TILEDATA) >> n & 1))
			continue;
		__cpuid_count(0xd, n, a, b, c, d);
		if (a + b > size)
			size = a + b;
	}
	return size;
}

static void read_xcr0(void)
{
	unsigned a, b, c, d, lo, hi;

	__cpuid(1, a, b, c, d);
	if (!(c & bit_OSXSAVE))
		return;
	__asm__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	xcr0 = (uint64_t)hi << 32 | lo;
}

static struct _fpx_sw_bytes *sw_of(struct frame *f)
{
	return &f->fpu->sw_reserved;
}

static bool extended(struct frame *f)
{
	return f->fpu && sw_of(f)->magic1 == FP_XSTATE_MAGIC1;
}

static uint8_t *at(struct frame *f, unsigned offset)
{
	return (uint8_t *)f->fpu + offset;
}

static struct frame seen_frame;
static struct _fpx_sw_bytes seen_sw;
static uint32_t seen_magic2, seen_mxcsr;
static uint16_t seen_control;
static uint64_t seen_features;
static uint8_t seen_xmm[16], seen_ymm_high[16], seen_zmm_high[32], seen_zmm16[64];
static uint64_t seen_k1;
static void *seen_fpu;
static volatile int count;

static void look(int sig, siginfo_t *si, void *context)
{
	struct frame *f = context;

	count++;
	seen_frame = *f;
	seen_fpu = f->fpu;
	if (!f->fpu)
		return;
	seen_mxcsr = f->fpu->mxcsr;
	seen_control = f->fpu->cwd;
	memcpy(seen_xmm, &f->fpu->xmm_space[4], 16); /* xmm1 */
	if (!extended(f))
		return;
	seen_sw = *sw_of(f);
	memcpy(&seen_magic2, at(f, seen_sw.extended_size - 4), 4);
	memcpy(&seen_features, at(f, 512), 8);
	if (xcr0 & 4)
		memcpy(seen_ymm_high, at(f, YMM_OFFSET + 16), 16);
	if ((xcr0 & 0xe0) != 0xe0)
		return;
	memcpy(&seen_k1, at(f, K_OFFSET + 8), 8);
	memcpy(seen_zmm_high, at(f, ZMM_HIGH_OFFSET + 32), 32);
	memcpy(seen_zmm16, at(f, ZMM16_OFFSET), 64);
}

/* Raises SIGUSR1 with register 1 (and 16, k1) set, and gives what they are afterwards. */
static void raise_with(uint8_t value[3][64], uint64_t *k)
{
	long nr = SYS_tkill, pid = getpid();

	if ((xcr0 & 0xe0) == 0xe0)
		__asm__ volatile(
			"vmovdqu64 (%4),%%zmm1; vmovdqu64 64(%4),%%zmm16; kmovq (%5),%%k1; syscall;"
			"vmovdqu64 %%zmm1,(%4); vmovdqu64 %%zmm16,64(%4); kmovq %%k1,(%5)"
			: "+a"(nr)
			: "D"(pid), "S"(SIGUSR1), "d"(0), "r"(value), "r"(k)
			: "rcx", "r11", "memory", "xmm1");
	else if (xcr0 & 4)
		__asm__ volatile("vmovdqu (%4),%%ymm1; syscall; vmovdqu %%ymm1,(%4)"
				 : "+a"(nr)
				 : "D"(pid), "S"(SIGUSR1), "d"(0), "r"(value)
				 : "rcx", "r11", "memory", "xmm1");
	else
		__asm__ volatile("movdqu (%4),%%xmm1; syscall; movdqu %%xmm1,(%4)"
				 : "+a"(nr)
				 : "D"(pid), "S"(SIGUSR1), "d"(0), "r"(value)
				 : "rcx", "r11", "memory", "xmm1");
}

static void fill(uint8_t value[3][64], uint64_t *k)
{
	for (int i = 0; i < 3 * 64; i++)
		value[i / 64][i % 64] = (uint8_t)(i * 3 + 1);
	*k = 0x1122334455667788;
}

static void layout(void)
{
	uint8_t v[3][64];
	uint64_t k;
	unsigned size = size_of_all();

	check_handler(SIGUSR1, look, 0);
	fill(v, &k);
	raise_with(v, &k);
	CHECK_EQ(count, 1, "handler");
	CHECK_NEED(seen_fpu, "the frame has FPU state");
	CHECK(((uintptr_t)seen_fpu & 63) == 0, "aligned for XSAVE");
	CHECK(seen_frame.flags & 1 || !xcr0, "UC_FP_XSTATE");
	CHECK(!memcmp(seen_xmm, (uint8_t *)v, 16), "xmm1");
	CHECK_EQ(seen_mxcsr, 0x1f80, "MXCSR");
	CHECK_EQ(seen_control, 0x37f, "x87 control word");
	if (!xcr0) {
		check_skip("no XSAVE", "extended state");
		return;
	}
	CHECK_EQ(seen_sw.magic1, FP_XSTATE_MAGIC1, "magic 1");
	CHECK_EQ(seen_sw.xstate_size, size, "xstate_size is what the CPU says");
	CHECK_EQ(seen_sw.extended_size, size + 4, "extended_size");
	CHECK((seen_sw.xstate_bv & xcr0) == (xcr0 & ~TILEDATA), "features");
	CHECK_EQ(seen_magic2, FP_XSTATE_MAGIC2, "magic 2");
	CHECK((uintptr_t)seen_frame.regs[RSP] - 128 >= (uintptr_t)seen_fpu + size + 4,
	      "below the red zone");
}

static void contents(void)
{
	uint8_t v[3][64], w[3][64];
	uint64_t k, k2;

	check_handler(SIGUSR1, look, 0);
	for (int i = 0; i < 50; i++) {
		fill(v, &k);
		memcpy(w, v, sizeof(v));
		k2 = k;
		raise_with(w, &k2);
	}
	if (!(xcr0 & 4)) {
		check_skip("no AVX", "contents");
		return;
	}
	CHECK(seen_features & 4, "AVX is in XSTATE_BV");
	CHECK(!memcmp(seen_ymm_high, &v[0][16], 16), "ymm1");
	CHECK(!memcmp(v[0], w[0], 32), "ymm1 afterwards");
	if ((xcr0 & 0xe0) != 0xe0) {
		check_skip("no AVX-512", "contents of AVX-512");
		return;
	}
	CHECK((seen_features & 0xe0) == 0xe0, "AVX-512 is in XSTATE_BV");
	CHECK(!memcmp(seen_zmm_high, &v[0][32], 32), "zmm1");
	CHECK(!memcmp(seen_zmm16, v[1], 64), "zmm16");
	CHECK_EQ(seen_k1, k, "k1");
	CHECK(!memcmp(v, w, 128) && k == k2, "zmm1, zmm16 and k1 afterwards");
}

static void change(int sig, siginfo_t *si, void *context)
{
	struct frame *f = context;

	count++;
	memset(&f->fpu->xmm_space[4], 0xa1, 16);
	f->fpu->mxcsr = 0x5f80;
	f->fpu->cwd = 0x0f7f;
	if (!extended(f))
		return;
	if (xcr0 & 4)
		memset(at(f, YMM_OFFSET + 16), 0xa2, 16);
	if ((xcr0 & 0xe0) == 0xe0) {
		memset(at(f, ZMM_HIGH_OFFSET + 32), 0xa3, 32);
		memset(at(f, ZMM16_OFFSET), 0xa4, 64);
		memset(at(f, K_OFFSET + 8), 0xa5, 8);
	}
}

static bool all_are(const uint8_t *p, uint8_t byte, int n)
{
	while (n-- > 0)
		if (*p++ != byte)
			return false;
	return true;
}

static void changes(void)
{
	uint8_t v[3][64];
	uint64_t k;
	uint32_t mxcsr;
	uint16_t control;

	check_handler(SIGUSR1, change, 0);
	fill(v, &k);
	raise_with(v, &k);
	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(control));
	CHECK(all_are(v[0], 0xa1, 16), "the handler's xmm1");
	CHECK_EQ(mxcsr, 0x5f80, "the handler's MXCSR");
	CHECK_EQ(control, 0x0f7f, "the handler's control word");
	if (xcr0 & 4)
		CHECK(all_are(v[0] + 16, 0xa2, 16), "the handler's ymm1");
	if ((xcr0 & 0xe0) == 0xe0)
		CHECK(all_are(v[0] + 32, 0xa3, 32) && all_are(v[1], 0xa4, 64) &&
			      k == 0xa5a5a5a5a5a5a5a5,
		      "the handler's zmm1, zmm16, k1");
}

/* A component that is cleared in XSTATE_BV is reset. */
static void clear_avx(int sig, siginfo_t *si, void *context)
{
	struct frame *f = context;
	uint64_t bv;

	count++;
	if (!extended(f))
		return;
	memcpy(&bv, at(f, 512), 8);
	bv &= ~4ULL;
	memcpy(at(f, 512), &bv, 8);
}

static void components(void)
{
	uint8_t v[3][64];
	uint64_t k;

	if (!(xcr0 & 4)) {
		check_skip("no AVX", "components");
		return;
	}
	check_handler(SIGUSR1, clear_avx, 0);
	fill(v, &k);
	raise_with(v, &k);
	CHECK(v[0][0] == 1 && all_are(v[0] + 16, 0, 16),
	      "a component that the handler takes out is 0 afterwards");
}

/* Only legacy state: a frame without magic restores FXSAVE's part. */
static void spoil_magic(int sig, siginfo_t *si, void *context)
{
	struct frame *f = context;

	count++;
	sw_of(f)->magic1 = 0;
	memset(&f->fpu->xmm_space[4], 0xb1, 16);
}

static void no_magic(void)
{
	uint8_t v[3][64];
	uint64_t k;

	check_handler(SIGUSR1, spoil_magic, 0);
	fill(v, &k);
	raise_with(v, &k);
	CHECK(all_are(v[0], 0xb1, 16), "a frame of FXSAVE's part only is restored");
	if (xcr0 & 4)
		CHECK(all_are(v[0] + 16, 0, 16), "and the rest is 0");
}

static void drop_fpu(int sig, siginfo_t *si, void *context)
{
	struct frame *f = context;

	count++;
	f->fpu = NULL;
}

static void no_state(void)
{
	uint8_t v[3][64];
	uint64_t k;
	uint32_t mxcsr = 0x5f80;

	check_handler(SIGUSR1, drop_fpu, 0);
	fill(v, &k);
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	raise_with(v, &k);
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	CHECK_EQ(mxcsr, 0x1f80, "a frame without FPU state resets it: MXCSR");
	CHECK(all_are(v[0], 0, 16), "xmm1");
}

static void bad_mxcsr(int sig, siginfo_t *si, void *context)
{
	struct frame *f = context;

	f->fpu->mxcsr = 0xffffffff;
}

static void bad_header(int sig, siginfo_t *si, void *context)
{
	struct frame *f = context;

	if (extended(f))
		memset(at(f, 512 + 16), 0xff, 48);
}

static void bad_pointer(int sig, siginfo_t *si, void *context)
{
	struct frame *f = context;

	f->fpu = (void *)0x10;
}

/* Frames that the CPU would refuse end the process, with SIGSEGV. */
static void nonsense(void)
{
	static const struct {
		const char *name;
		void (*handler)(int, siginfo_t *, void *);
	} cases[] = {{"MXCSR", bad_mxcsr}, {"XSAVE header", bad_header}, {"pointer", bad_pointer}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t pid = check_fork();

		if (pid == 0) {
			prctl(PR_SET_DUMPABLE, 0);
			check_handler(SIGUSR1, cases[i].handler, 0);
			raise(SIGUSR1);
			_exit(0);
		}
		CHECK_EQ(check_wait(pid, 3000) & 0x7f, SIGSEGV, "a frame with a bad %s",
			 cases[i].name);
	}
}

/* The handler itself starts with a clean FPU. */
static uint32_t inner_mxcsr;
static uint16_t inner_control;

static void look_inside(int sig, siginfo_t *si, void *context)
{
	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(inner_mxcsr), "=m"(inner_control));
}

static void inside(void)
{
	uint32_t mxcsr = 0x5f80;
	uint16_t control = 0x0f7f;

	check_handler(SIGUSR1, look_inside, 0);
	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(control));
	raise(SIGUSR1);
	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(control));
	CHECK_EQ(inner_mxcsr, 0x1f80, "MXCSR in a handler");
	CHECK_EQ(inner_control, 0x037f, "x87 control word in a handler");
	CHECK(mxcsr == 0x5f80 && control == 0x0f7f, "and both afterwards");
}

static const struct check_group groups[] = {
	{"layout", layout},         {"contents", contents}, {"changes", changes},
	{"components", components}, {"no magic", no_magic}, {"no state", no_state},
	{"nonsense", nonsense},     {"inside", inside},     {}};

int main(int argc, char **argv)
{
	read_xcr0();
	return check_run(groups, argc, argv);
}
