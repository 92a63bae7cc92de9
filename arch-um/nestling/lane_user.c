// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of lane.c.
 *
 * @host run write: the controller is told that the guest waits
 * @host run futex ONLY32(1,FUTEX_WAKE): the controller is waited for
 */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <nestling.h>
#include "lane.h"

/* A signal that came just before the sleep is looked at then. */
#define LOOK_AGAIN_S 1

struct nl_lane *nl_lane_map(int fd)
{
	struct nl_lane *lane;
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_size < NL_LANE_BYTES)
		return NULL;
	lane = mmap(NULL, NL_LANE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return lane == MAP_FAILED ? NULL : lane;
}

int nl_lane_wait(int event_fd, unsigned int state, int may_stop)
{
	const struct timespec look = {.tv_sec = LOOK_AGAIN_S};
	uint64_t one = 1;

	nl_engine_idle();
	__atomic_store_n(&nl_lane->state, state, __ATOMIC_SEQ_CST);
	while (write(event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	while (__atomic_load_n(&nl_lane->state, __ATOMIC_ACQUIRE) == state) {
		unsigned int was = state;

		if (may_stop && nl_signals_pending() &&
		    __atomic_compare_exchange_n(&nl_lane->state, &was, NL_LANE_RUNS, 0,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return 1;
		syscall(SYS_futex, &nl_lane->state, FUTEX_WAIT, state, may_stop ? &look : NULL,
			NULL, 0);
	}
	return 0;
}
