/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A controller of virtual time, and played guests: threads that do in their lane's page what the
 * guest kernel does (arch-um/nestling/lane.c). What came to pass is kept as text.
 */
#ifndef NESTLING_LANE_GUEST_H
#define NESTLING_LANE_GUEST_H

#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "lane.h"
#include "switch_rig.h"

#define GUESTS_MAX 6
#define LOG_MAX (256 * 1024)

struct text {
	size_t len;
	char data[LOG_MAX];
};

struct guest {
	struct lane *lane; /* NULL: removed, or never added */
	struct nl_lane *page; /* a mapping of its own, as another process has */
	int page_fd, event_fd;
	pthread_t thread;
	bool threaded;
	bool quit;
	unsigned int number;
	void (*play)(struct guest *g);
	uint64_t now; /* its clock */
	uint64_t chance; /* of what it does */
	uint64_t sloth; /* of how long that takes in real time; 0: no time */
	uint64_t mail; /* frames that were put before it; the controller's while it waits */
	uint64_t until[16]; /* what it was told, first of all */
	unsigned int runs;
	struct text said;
};

/* One rig at a time. */
static struct {
	struct loop *loop;
	struct calendar *cal;
	struct lanes *lanes;
	struct guest guest[GUESTS_MAX];
	void (*kicked)(struct guest *g, unsigned int card, unsigned int ring, uint16_t avail);
	void (*ended)(struct guest *g);
	struct loop_timer patience;
	unsigned int idles;
	unsigned int hangs;
	bool late; /* nothing came of it in time */
	struct text log;
} rig;

static void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->len += (size_t)vsnprintf(t->data + t->len, LOG_MAX - t->len, fmt, ap);
	va_end(ap);
	if (t->len >= LOG_MAX)
		abort(); /* the test itself is wrong */
}

/* xorshift64 (Marsaglia, 2003). */
static inline uint64_t chance(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* --- the guest's side --------------------------------------------------------- */

static void dawdle(struct guest *g)
{
	uint64_t n;

	if (!g->sloth)
		return;
	n = chance(&g->sloth) % 8;
	if (n == 0)
		usleep(chance(&g->sloth) % 60);
	else if (n < 4)
		sched_yield();
}

static void wait_as(struct guest *g, uint32_t state)
{
	const struct timespec a_while = {.tv_nsec = 20000000};
	uint64_t one = 1;

	__atomic_store_n(&g->page->state, state, __ATOMIC_SEQ_CST);
	if (write(g->event_fd, &one, sizeof(one)) < 0)
		abort();
	while (__atomic_load_n(&g->page->state, __ATOMIC_SEQ_CST) == state &&
	       !__atomic_load_n(&g->quit, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &g->page->state, FUTEX_WAIT, state, &a_while, NULL, 0);
	if (__atomic_load_n(&g->quit, __ATOMIC_SEQ_CST))
		pthread_exit(NULL);
}

/* Goes on to `want`, or as far as it may: its new time. */
static inline uint64_t guest_ask(struct guest *g, uint64_t want)
{
	uint64_t at;

	dawdle(g);
	if (want < g->page->until) {
		g->now = want;
		return want;
	}
	g->page->now = g->now;
	g->page->want = want;
	wait_as(g, NL_LANE_WAITS);
	if (g->runs < 16)
		g->until[g->runs] = g->page->until;
	g->runs++;
	at = g->page->run_at;
	at = at < want ? at : want;
	g->now = at > g->now ? at : g->now;
	return g->now;
}

static inline void guest_kick(struct guest *g, unsigned int card, uint16_t avail)
{
	if (g->page->nkicks == NL_LANE_KICKS)
		wait_as(g, NL_LANE_FULL);
	g->page->kick[g->page->nkicks++] = (struct nl_lane_kick){
		.time = g->now,
		.card = (uint16_t)card,
		.ring = 1,
		.avail = avail,
	};
}

static inline void guest_rest(struct guest *g)
{
	for (;;)
		guest_ask(g, NL_LANE_NEVER);
}

static void *guest_main(void *arg)
{
	struct guest *g = arg;

	dawdle(g);
	g->play(g);
	guest_rest(g);
	return NULL;
}

/* --- the controller's side ---------------------------------------------------- */

static void op_kick(void *arg, struct lane *lane, unsigned int card, unsigned int ring,
		    uint16_t avail)
{
	struct guest *g = lane_arg(lane);

	(void)arg;
	text_add(&rig.log, "%lu: %u.%u.%u %u\n", lanes_now(rig.lanes), g->number, card, ring,
		 avail);
	if (rig.kicked)
		rig.kicked(g, card, ring, avail);
}

static bool op_ready(void *arg, struct lane *lane, unsigned int card)
{
	(void)arg;
	(void)lane;
	(void)card;
	return true;
}

static void op_ended(void *arg, struct lane *lane)
{
	struct guest *g = lane_arg(lane);

	(void)arg;
	text_add(&rig.log, "%lu: %u ended\n", lanes_now(rig.lanes), g->number);
	lane_remove(lane);
	g->lane = NULL;
	if (rig.ended)
		rig.ended(g);
}

/* Told once; the test lets it go. */
static void op_hung(void *arg, struct lane *lane)
{
	struct guest *g = lane_arg(lane);

	(void)arg;
	rig.hangs++;
	text_add(&rig.log, "%lu: %u hangs\n", lanes_now(rig.lanes), g->number);
	lane_ended(lane);
}

static void op_flush(void *arg)
{
	(void)arg;
}

static void op_idle(void *arg)
{
	(void)arg;
	rig.idles++;
	loop_stop(rig.loop);
}

static void impatient(struct loop_timer *t)
{
	(void)t;
	rig.late = true;
	loop_stop(rig.loop);
}

static inline void begin(void)
{
	static const struct lanes_ops ops = {
		.kick = op_kick,
		.ready = op_ready,
		.ended = op_ended,
		.hung = op_hung,
		.flush = op_flush,
		.idle = op_idle,
	};

	rig.kicked = NULL;
	rig.ended = NULL;
	rig.idles = rig.hangs = 0;
	rig.late = false;
	rig.log.len = 0;
	rig.log.data[0] = 0;
	rig.loop = loop_new();
	rig.cal = calendar_new();
	CU_ASSERT_FATAL(rig.loop && rig.cal);
	rig.lanes = lanes_new(rig.loop, rig.cal, &ops, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig.lanes);
}

/* play == NULL: one that never says anything. */
static inline struct guest *guest_add(unsigned int number, void (*play)(struct guest *g))
{
	struct guest *g = &rig.guest[number];
	const struct lane_config config = {.call_ns = 1, .arg = g};
	uint64_t sloth = g->sloth, luck = g->chance;

	memset(g, 0, offsetof(struct guest, said));
	g->said.len = 0;
	g->said.data[0] = 0;
	g->number = number;
	g->play = play;
	g->sloth = sloth;
	g->chance = luck;
	CU_ASSERT_EQUAL_FATAL(lane_add(&g->lane, rig.lanes, &config), 0);
	g->page_fd = dup(lane_page_fd(g->lane));
	g->event_fd = lanes_event_fd(rig.lanes);
	g->page = mmap(NULL, NL_LANE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, g->page_fd, 0);
	CU_ASSERT_FATAL(g->page != MAP_FAILED);
	CU_ASSERT_EQUAL(g->page->magic, NL_LANE_MAGIC);
	g->threaded = play && pthread_create(&g->thread, NULL, guest_main, g) == 0;
	return g;
}

static inline void guest_remove(struct guest *g)
{
	lane_remove(g->lane);
	g->lane = NULL;
}

/* Until nothing happens any more, or the test stops it. False: that took too long. */
static inline bool run_all(void)
{
	loop_timer_set(rig.loop, &rig.patience, RIG_PATIENCE_NS, impatient, NULL);
	lanes_go(rig.lanes);
	loop_run(rig.loop);
	lanes_hold(rig.lanes);
	loop_timer_del(&rig.patience);
	return !rig.late;
}

static inline void finish(void)
{
	unsigned int i;

	for (i = 0; i < GUESTS_MAX; i++) {
		struct guest *g = &rig.guest[i];

		__atomic_store_n(&g->quit, true, __ATOMIC_SEQ_CST);
		if (g->threaded) {
			syscall(SYS_futex, &g->page->state, FUTEX_WAKE, 1, NULL, NULL, 0);
			pthread_join(g->thread, NULL);
		}
		if (g->page) {
			munmap(g->page, NL_LANE_BYTES);
			close(g->page_fd);
		}
		g->threaded = false;
		g->page = NULL;
		g->lane = NULL;
		g->sloth = g->chance = 0;
	}
	lanes_free(rig.lanes);
	calendar_free(rig.cal);
	loop_free(rig.loop);
}

#endif
