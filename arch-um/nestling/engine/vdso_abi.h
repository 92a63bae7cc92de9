/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page that the guest kernel shows to all programs for their vDSO clock: written by
 * clock.c, read by vdso_code.c. It lies right below the vDSO and holds nothing else.
 *
 * Two steps lead from the time-stamp counter to a clock, as in the guest kernel itself:
 *
 *	counter = count_ref + ((tsc - tsc_ref) * rate >> 32), in nanoseconds
 *	clock = (base.nsec + (counter - line.last) * line.mult) >> line.shift
 *
 * seq is odd while the page is being written.
 */
#ifndef NESTLING_VDSO_ABI_H
#define NESTLING_VDSO_ABI_H

#include <linux/types.h>

#define NL_RATE_SHIFT 32
#define NL_CLOCKS 12 /* by clock id, CLOCK_TAI is the last */

struct nl_vvar {
	__u32 seq;
	__u32 usable; /* 0: programs have to make the call */
	__u64 tsc_ref, count_ref, rate;
	struct nl_clock_line {
		__u64 last;
		__u32 mult, shift;
	} line[2]; /* the clocks that are disciplined, and the raw one */
	struct nl_clock_base {
		__u64 sec;
		__u64 nsec; /* shifted by the line's shift; of coarse clocks not */
	} base[NL_CLOCKS];
};

#endif
