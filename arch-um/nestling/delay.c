// SPDX-License-Identifier: GPL-2.0
/*
 * Calibration of the delay loop in a fraction of a millisecond.
 *
 * The generic code counts loops over several ticks, most of the time that a
 * guest takes to boot. The host's clock is exact, so timing one short run of
 * the loop is enough; the shortest of a few runs is the one that was not
 * preempted. Under simulated time delays do not use the loop, and a constant
 * keeps runs equal.
 */
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/time-internal.h>
#include <init.h>
#include <os.h>

#define DELAY_LOOPS 100000UL
#define DELAY_RUNS 3
#define DELAY_SIMULATED_LPJ 10000000UL

static u64 __init delay_time_ns(void)
{
	u64 best_ns = U64_MAX;
	int i;

	for (i = 0; i < DELAY_RUNS; i++) {
		u64 start_ns = os_nsecs();

		__delay(DELAY_LOOPS);
		best_ns = min(best_ns, (u64)os_nsecs() - start_ns);
	}
	return max(best_ns, 1ULL);
}

static int __init delay_calibrate(void)
{
	lpj_fine = div64_u64((u64)DELAY_LOOPS * (NSEC_PER_SEC / HZ), delay_time_ns());
	return 0;
}
__uml_postsetup(delay_calibrate);

/* Its own parser comes later. */
static int __init delay_simulated(char *value)
{
	lpj_fine = DELAY_SIMULATED_LPJ;
	return 0;
}
early_param("time-travel", delay_simulated);
