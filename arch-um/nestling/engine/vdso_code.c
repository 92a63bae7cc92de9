// SPDX-License-Identifier: GPL-2.0
/*
 * The vDSO of guest programs: clocks without a system call. Linked by arch/x86/um/vdso,
 * runs in guest programs, reads the page of vdso_abi.h below it. What it cannot tell it
 * asks the guest kernel for.
 */
#define DISABLE_BRANCH_PROFILING
#include <linux/getcpu.h>
#include <linux/time.h>
#include <asm/unistd.h>
#include "vdso_abi.h"

#define NSEC_PER_SEC_U 1000000000UL
#define HAS(set, id) ((id) < NL_CLOCKS && ((set) >> (id)&1))
#define FINE (1U << CLOCK_REALTIME | 1U << CLOCK_MONOTONIC | 1U << CLOCK_BOOTTIME | 1U << CLOCK_TAI)
#define COARSE (1U << CLOCK_REALTIME_COARSE | 1U << CLOCK_MONOTONIC_COARSE)

int __vdso_clock_gettime(clockid_t clock, struct __kernel_old_timespec *ts);
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
__kernel_old_time_t __vdso_time(__kernel_old_time_t *t);
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, struct getcpu_cache *unused);

/* The start of this image, made by the linker. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static inline const volatile struct nl_vvar *vvar(void)
{
	return (const volatile struct nl_vvar *)(__ehdr_start - 4096);
}

static inline long call2(long nr, long a, long b)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return ret;
}

static inline __u64 read_tsc(void)
{
	__u32 low, high;

	/* Not before what comes before it in the program (Intel SDM vol. 2, RDTSC). */
	asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (__u64)high << 32 | low;
}

static inline __u32 read_begin(const volatile struct nl_vvar *v)
{
	__u32 seq;

	while ((seq = v->seq) & 1)
		asm volatile("pause");
	barrier();
	return seq;
}

static inline bool read_retry(const volatile struct nl_vvar *v, __u32 seq)
{
	barrier();
	return v->seq != seq;
}

static inline __u64 forward(__u64 from, __u64 to)
{
	return (__s64)(to - from) > 0 ? to - from : 0;
}

static inline __u64 nsec_shifted(const volatile struct nl_vvar *v, clockid_t clock, bool raw)
{
	__u64 ticks = forward(v->tsc_ref, read_tsc());
	__u64 counter = v->count_ref + (__u64)(((__u128)ticks * v->rate) >> NL_RATE_SHIFT);

	return v->base[clock].nsec + forward(v->line[raw].last, counter) * v->line[raw].mult;
}

static __always_inline bool read_fine(clockid_t clock, bool raw, __u64 *sec, __u64 *nsec)
{
	const volatile struct nl_vvar *v = vvar();
	__u32 seq;

	do {
		seq = read_begin(v);
		if (!v->usable)
			return false;
		*sec = v->base[clock].sec;
		*nsec = nsec_shifted(v, clock, raw) >> v->line[raw].shift;
	} while (read_retry(v, seq));
	while (*nsec >= NSEC_PER_SEC_U) {
		*nsec -= NSEC_PER_SEC_U;
		(*sec)++;
	}
	return true;
}

static inline bool read_coarse(clockid_t clock, __u64 *sec, __u64 *nsec)
{
	const volatile struct nl_vvar *v = vvar();
	__u32 seq;

	do {
		seq = read_begin(v);
		if (!v->usable)
			return false;
		*sec = v->base[clock].sec;
		*nsec = v->base[clock].nsec;
	} while (read_retry(v, seq));
	return true;
}

int __vdso_clock_gettime(clockid_t clock, struct __kernel_old_timespec *ts)
{
	__u64 sec, nsec;
	bool known = false;

	if (HAS(FINE, (__u32)clock))
		known = read_fine(clock, false, &sec, &nsec);
	else if (HAS(COARSE, (__u32)clock))
		known = read_coarse(clock, &sec, &nsec);
	else if (clock == CLOCK_MONOTONIC_RAW)
		known = read_fine(clock, true, &sec, &nsec);
	if (!known)
		return call2(__NR_clock_gettime, clock, (long)ts);
	ts->tv_sec = sec;
	ts->tv_nsec = nsec;
	return 0;
}

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	__u64 sec, nsec;

	if (tz || !tv || !read_fine(CLOCK_REALTIME, false, &sec, &nsec))
		return call2(__NR_gettimeofday, (long)tv, (long)tz);
	tv->tv_sec = sec;
	tv->tv_usec = nsec / 1000;
	return 0;
}

__kernel_old_time_t __vdso_time(__kernel_old_time_t *t)
{
	__u64 sec, nsec;

	if (!read_coarse(CLOCK_REALTIME_COARSE, &sec, &nsec))
		return call2(__NR_time, (long)t, 0);
	if (t)
		*t = sec;
	return sec;
}

/* A guest has one CPU. */
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, struct getcpu_cache *unused)
{
	if (cpu)
		*cpu = 0;
	if (node)
		*node = 0;
	return 0;
}

int __weak __alias(__vdso_clock_gettime)
	clock_gettime(clockid_t clock, struct __kernel_old_timespec *ts);
int __weak __alias(__vdso_gettimeofday)
	gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
__kernel_old_time_t __weak __alias(__vdso_time) time(__kernel_old_time_t *t);
long __weak __alias(__vdso_getcpu)
	getcpu(unsigned int *cpu, unsigned int *node, struct getcpu_cache *unused);
