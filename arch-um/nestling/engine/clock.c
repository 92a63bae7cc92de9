// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's clock source: the CPU's time-stamp counter, led along the host's clock.
 *
 * The counter is turned into nanoseconds by a line, count_ref + (tsc - tsc_ref) * rate, the
 * same one for the guest kernel and for the vDSO of programs (vdso_abi.h): so both always
 * agree. At each update of the guest's time (a tick, a clock that is set) the line gets a new
 * start where the old one has come to, and a slope that takes it to the host's
 * CLOCK_MONOTONIC within some 64 ms: it never jumps, and never drifts.
 *
 * Only where the counter runs at one speed in all states of the CPU, and not in virtual
 * time: there everybody makes the call. nestling.tsc=0 turns it off.
 */
#include <linux/clocksource.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/math64.h>
#include <linux/pvclock_gtod.h>
#include <linux/time-internal.h>
#include <linux/timekeeper_internal.h>
#include <os.h>
#include "engine.h"
#include "vdso_abi.h"

#define CPUID_POWER 0x80000007 /* Intel SDM vol. 2, CPUID: EDX bit 8, invariant TSC */
#define CPUID_EXTENDED 0x80000000
#define INVARIANT_TSC (1 << 8)
#define PAIR_TRIES 5
#define PAIR_GOOD 2000 /* ticks between the two looks at the counter */
#define WINDOW_NS (1000 * 1000 * 1000LL)
#define CATCH_UP_NS (64 * 1000 * 1000LL)
#define JUMP_NS (1000 * 1000LL) /* behind the host by more: step */
#define LOST_NS (1000 * 1000 * 1000LL) /* ahead by more: the host stood still, we did not */
#define FINEST_RATE_NS (2 * 1000 * 1000LL) /* below it a rate is not worth looking at */

/* The counter and the host's clock at one moment. */
struct pair {
	u64 tsc;
	s64 ns;
};

static struct {
	struct nl_vvar *page;
	u64 tsc_ref, count_ref, rate; /* the line */
	u64 true_rate; /* as measured */
	s64 offset; /* of the count to the host's clock */
	struct pair from, next; /* starts of the window that is measured, and of the next */
	bool on;
} clock;

static bool wanted = true;

static int __init tsc_setup(char *value)
{
	return kstrtobool(value, &wanted);
}
early_param("nestling.tsc", tsc_setup);

static u64 read_tsc(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (u64)high << 32 | low;
}

static struct pair read_pair(void)
{
	struct pair best = {};
	u64 best_gap = ~0ULL;
	int i;

	for (i = 0; i < PAIR_TRIES && best_gap > PAIR_GOOD; i++) {
		u64 before = read_tsc();
		s64 ns = os_nsecs();
		u64 gap = read_tsc() - before;

		if (gap < best_gap) {
			best_gap = gap;
			best = (struct pair){before + gap / 2, ns};
		}
	}
	return best;
}

static u64 count_at(u64 tsc)
{
	u64 ticks = (s64)(tsc - clock.tsc_ref) > 0 ? tsc - clock.tsc_ref : 0;

	return clock.count_ref + mul_u64_u64_shr(ticks, clock.rate, NL_RATE_SHIFT);
}

static u64 clock_read(struct clocksource *cs)
{
	return count_at(read_tsc());
}

static struct clocksource source = {
	.name = "nestling-tsc",
	.rating = 400,
	.read = clock_read,
	.mask = CLOCKSOURCE_MASK(64),
	.flags = CLOCK_SOURCE_IS_CONTINUOUS,
};

static u64 rate_between(const struct pair *a, const struct pair *b)
{
	return mul_u64_u64_div_u64(b->ns - a->ns, 1ULL << NL_RATE_SHIFT, b->tsc - a->tsc);
}

/* The longer the window the better the rate; an old one would hide that the host's changes. */
static void measure(const struct pair *now)
{
	if ((s64)(now->tsc - clock.from.tsc) <= 0 || now->ns - clock.from.ns < FINEST_RATE_NS)
		return;
	clock.true_rate = rate_between(&clock.from, now);
	if (now->ns - clock.next.ns > WINDOW_NS) {
		clock.from = clock.next;
		clock.next = *now;
	}
}

/* The line goes on from where it is, towards the host's clock. */
static void lead(void)
{
	struct pair now = read_pair();
	u64 count = count_at(now.tsc);
	s64 behind = now.ns + clock.offset - (s64)count;

	measure(&now);
	if (behind > JUMP_NS) {
		count += behind;
		behind = 0;
	} else if (behind < -LOST_NS) {
		clock.offset -= behind;
		behind = 0;
	}
	behind = max(behind, -CATCH_UP_NS / 2);
	clock.tsc_ref = now.tsc;
	clock.count_ref = count;
	clock.rate =
		clock.true_rate + div64_s64((s64)(clock.true_rate >> 8) * behind, CATCH_UP_NS >> 8);
}

static void base_set(clockid_t id, s64 sec, u64 nsec, u64 second)
{
	while (nsec >= second) {
		nsec -= second;
		sec++;
	}
	clock.page->base[id].sec = sec;
	clock.page->base[id].nsec = nsec;
}

static void line_set(struct nl_clock_line *line, const struct tk_read_base *tkr)
{
	line->last = tkr->cycle_last;
	line->mult = tkr->mult;
	line->shift = tkr->shift;
}

static void show(const struct timekeeper *tk)
{
	unsigned int shift = tk->tkr_mono.shift;
	u64 second = (u64)NSEC_PER_SEC << shift, nsec = tk->tkr_mono.xtime_nsec;
	const struct timespec64 *mono = &tk->wall_to_monotonic, *boot = &tk->monotonic_to_boot;
	struct nl_vvar *p = clock.page;

	WRITE_ONCE(p->seq, p->seq + 1);
	barrier();
	p->usable = clock.on && tk->tkr_mono.clock == &source;
	p->tsc_ref = clock.tsc_ref;
	p->count_ref = clock.count_ref;
	p->rate = clock.rate;
	line_set(&p->line[0], &tk->tkr_mono);
	line_set(&p->line[1], &tk->tkr_raw);
	base_set(CLOCK_REALTIME, tk->xtime_sec, nsec, second);
	base_set(CLOCK_TAI, tk->xtime_sec + tk->tai_offset, nsec, second);
	base_set(CLOCK_MONOTONIC_RAW, tk->raw_sec, tk->tkr_raw.xtime_nsec,
		 (u64)NSEC_PER_SEC << tk->tkr_raw.shift);
	base_set(CLOCK_MONOTONIC, tk->xtime_sec + mono->tv_sec,
		 nsec + ((u64)mono->tv_nsec << shift), second);
	base_set(CLOCK_BOOTTIME, tk->xtime_sec + mono->tv_sec + boot->tv_sec,
		 nsec + ((u64)(mono->tv_nsec + boot->tv_nsec) << shift), second);
	base_set(CLOCK_REALTIME_COARSE, tk->xtime_sec, nsec >> shift, NSEC_PER_SEC);
	base_set(CLOCK_MONOTONIC_COARSE, tk->xtime_sec + mono->tv_sec,
		 (nsec >> shift) + mono->tv_nsec, NSEC_PER_SEC);
	barrier();
	WRITE_ONCE(p->seq, p->seq + 1);
}

static int time_updated(struct notifier_block *nb, unsigned long was_set, void *data)
{
	lead();
	show(data);
	return 0;
}

static struct notifier_block updates = {.notifier_call = time_updated};

static bool tsc_is_good(void)
{
	unsigned int a = CPUID_EXTENDED, b, c, d;

	asm("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	if (a < CPUID_POWER)
		return false;
	a = CPUID_POWER;
	asm("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	return d & INVARIANT_TSC;
}

/* Early, so that some milliseconds pass before the rate is needed. */
static int __init first_look(void)
{
	clock.from = read_pair();
	return 0;
}
early_initcall(first_look);

void nl_clock_start(struct nl_vvar *page)
{
	struct pair now = read_pair();

	clock.page = page;
	if (!wanted || time_travel_mode != TT_MODE_OFF || !tsc_is_good())
		return;
	while (now.ns - clock.from.ns < FINEST_RATE_NS)
		now = read_pair();
	clock.true_rate = rate_between(&clock.from, &now);
	clock.rate = clock.true_rate;
	clock.tsc_ref = now.tsc;
	clock.count_ref = now.ns;
	clock.next = now;
	clock.on = true;
	if (!clocksource_register_hz(&source, NSEC_PER_SEC))
		pvclock_gtod_register_notifier(&updates);
}
