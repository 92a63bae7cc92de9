// SPDX-License-Identifier: GPL-2.0
/*
 * Stubs that wait for an address space.
 *
 * Making a process on the host costs several times what fork costs natively, so a
 * stub whose address space has ended is emptied and parked for the next one: it
 * unmaps all of the guest's while its own code runs (behind the gate), and its
 * orders, state and signal stack are wiped before somebody else gets it. Nothing
 * else of it belongs to guest code: registers, FPU state and signal mask come from
 * the frame of the first order to resume, segment registers are reset with the
 * order to empty itself.
 *
 * The tokens stay: no guest code has run while it could have read them.
 *
 * At most PARKED_MAX stubs are parked; all but PARKED_IDLE end when none was wanted
 * for a while, and all when memory is short.
 */
#include <linux/list.h>
#include <linux/shrinker.h>
#include <linux/workqueue.h>
#include <asm/unistd.h>
#include "engine.h"

#define PARKED_MAX 16
#define PARKED_IDLE 2
#define IDLE_SECONDS 10

/* The newest first: its pages are warm. A machine of one CPU without preemption: no lock. */
static LIST_HEAD(parked);
static unsigned int nr_parked;
static bool wanted; /* since the idle work ran last */

static struct nl_stub *pool_take(void)
{
	struct nl_stub *s = list_first_entry_or_null(&parked, struct nl_stub, parked);

	if (!s)
		return NULL;
	list_del(&s->parked);
	nr_parked--;
	return s;
}

static unsigned int pool_trim(unsigned int keep)
{
	unsigned int n = 0;

	while (nr_parked > keep) {
		nl_stub_free(pool_take());
		n++;
	}
	return n;
}

static void idle_work(struct work_struct *work);
static DECLARE_DEFERRABLE_WORK(idle, idle_work);

static void idle_work(struct work_struct *work)
{
	if (!wanted)
		pool_trim(PARKED_IDLE);
	wanted = false;
	if (nr_parked > PARKED_IDLE)
		schedule_delayed_work(&idle, IDLE_SECONDS * HZ);
}

struct nl_stub *nl_pool_get(void)
{
	struct nl_stub *s;

	wanted = true;
	while ((s = pool_take())) {
		if (!nl_stub_wipe(s))
			return s;
		nl_stub_free(s);
	}
	return nl_stub_new();
}

void nl_pool_put(struct nl_stub *s)
{
	if (nr_parked >= PARKED_MAX || nl_stub_empty(s) < 0) {
		nl_stub_free(s);
		return;
	}
	list_add(&s->parked, &parked);
	nr_parked++;
	if (nr_parked > PARKED_IDLE)
		schedule_delayed_work(&idle, IDLE_SECONDS * HZ);
}

static unsigned long pool_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	return nr_parked ?: SHRINK_EMPTY;
}

static unsigned long pool_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned int keep = nr_parked - min_t(unsigned long, nr_parked, sc->nr_to_scan);

	return pool_trim(keep) ?: SHRINK_STOP;
}

static int __init pool_init(void)
{
	struct shrinker *shrinker = shrinker_alloc(0, "nestling-stubs");
	struct nl_stub *first = nl_stub_new();

	if (!shrinker)
		return -ENOMEM;
	/* What it shows of the host has to be known before the first program starts. */
	if (!IS_ERR(first) && !nl_stub_ready(first))
		nl_pool_put(first);
	shrinker->count_objects = pool_count;
	shrinker->scan_objects = pool_scan;
	shrinker_register(shrinker);
	return 0;
}
core_initcall(pool_init);
