// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of doorbell.c: sleeping.
 *
 * A signal that comes between the last look and the futex call must not be slept over: the end of
 * each handler counts the sequence up while somebody is about to sleep.
 *
 * @host run futex ONLY32(1,FUTEX_WAKE): an idle guest waits for signals and the doorbell
 */
#include <errno.h>
#include <unistd.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <nestling.h>
#include "doorbell.h"

unsigned int nl_doorbell_prepare(void)
{
	unsigned int seen = __atomic_load_n(&nl_bell->sequence, __ATOMIC_SEQ_CST);

	__atomic_store_n(&nl_bell->asleep, 1, __ATOMIC_SEQ_CST);
	return seen;
}

void nl_doorbell_wait(unsigned int seen)
{
	syscall(SYS_futex, &nl_bell->sequence, FUTEX_WAIT, seen, NULL, NULL, 0);
}

void nl_doorbell_finish(void)
{
	__atomic_store_n(&nl_bell->asleep, 0, __ATOMIC_SEQ_CST);
}

void nl_doorbell_signal(void)
{
	if (nl_bell->asleep)
		__atomic_add_fetch(&nl_bell->sequence, 1, __ATOMIC_SEQ_CST);
}

void nl_doorbell_sleep(void)
{
	unsigned int seen = nl_doorbell_prepare();

	nl_engine_idle();
	if (!nl_signals_pending() && !*nl_bell_pending)
		nl_doorbell_wait(seen);
	nl_doorbell_finish();
	nl_engine_awake();
}
