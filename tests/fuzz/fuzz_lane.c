// SPDX-License-Identifier: GPL-2.0
/*
 * Guests that write what they like into their lanes' pages, each time that the controller waits for
 * them: time goes on all the same, never back, and what they are taken to have done lies within the
 * window that they had.
 */
#include <poll.h>
#include <sys/mman.h>
#include "input.h"
#include "lane_private.h"

#define LANES 3
#define EVENTS 4
#define TIME_MAX 1000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __real_ppoll(struct pollfd *p, nfds_t n, const struct timespec *ts, const sigset_t *set);
int __wrap_ppoll(struct pollfd *p, nfds_t n, const struct timespec *ts, const sigset_t *set);

static struct input in;
static struct loop *loop;
static struct calendar *cal;
static struct lanes *lanes;
static struct lane *lane[LANES]; /* NULL: removed */
static struct event event[EVENTS];
static unsigned int unready; /* how often rings are still to be waited for */
static uint64_t kicks;
static uint64_t until[LANES]; /* what it was told last */

/* --- the guests ------------------------------------------------------------- */

/* Near what it was told, or anything. */
static uint64_t some_time(const struct nl_lane *page)
{
	uint8_t how = take8(&in);

	switch (how & 7) {
	case 0:
		return page->run_at;
	case 1:
		return page->until;
	case 2:
		return NL_LANE_NEVER;
	case 3:
		return take64(&in);
	case 4:
		return page->until + take16(&in);
	default:
		return page->run_at + (how >> 3);
	}
}

static void some_kicks(struct nl_lane *page)
{
	uint32_t i, n = take8(&in);

	/* More than there are, too. */
	page->nkicks = n < 250 ? n % 8 : n * 7919;
	for (i = 0; i < page->nkicks && i < 8; i++)
		page->kick[i] = (struct nl_lane_kick){
			.time = some_time(page),
			.card = take8(&in) % 4,
			.ring = take8(&in) % 4,
			.avail = take16(&in),
		};
}

/* What one guest does; with nothing left to do it waits for ever. */
static void play(struct nl_lane *page)
{
	static const uint32_t states[] = {NL_LANE_WAITS, NL_LANE_WAITS, NL_LANE_WAITS,
					  NL_LANE_FULL};
	uint8_t how = take8(&in);

	if (!in.left) {
		page->nkicks = 0;
		page->now = page->want = NL_LANE_NEVER;
		page->state = NL_LANE_WAITS;
		return;
	}
	if (how & 16)
		some_kicks(page);
	page->now = some_time(page);
	page->want = some_time(page);
	page->forced_ns = how;
	if (how & 32)
		page->started = take8(&in);
	/* It runs on, too, and says so, or writes a state that there is not. */
	page->state = how & 4 ? states[how & 3] : NL_LANE_WAITS;
	if (how == 255)
		page->state = take32(&in);
}

static void look_at_told(struct lane *l)
{
	const struct nl_lane *page = l->page;
	uint64_t *last = &until[l->index];

	assert(page->until > page->run_at);
	assert(page->until >= *last);
	*last = page->until;
}

/* Where the controller waits for a guest, those that run have their turn. */
int __wrap_ppoll(struct pollfd *p, nfds_t n, const struct timespec *ts, const sigset_t *set)
{
	unsigned int i;

	if (!lanes || n != 1 || p->fd != lanes_event_fd(lanes))
		return __real_ppoll(p, n, ts, set);
	for (i = 0; i < LANES; i++) {
		if (!lane[i] || lane[i]->state != LANE_RUNS)
			continue;
		if (lane[i]->until > lane[i]->base + 1)
			look_at_told(lane[i]);
		play(lane[i]->page);
	}
	return 0;
}

/* --- the controller --------------------------------------------------------- */

static void on_kick(void *arg, struct lane *l, unsigned int card, unsigned int ring, uint16_t avail)
{
	static uint64_t last;
	uint64_t now = lanes_now(lanes);

	assert(kicks == 0 || now >= last);
	assert(now < l->until && now >= l->base);
	last = now;
	kicks++;
	/* A frame to somebody, as the switch would hand it on. */
	if (lane[card % LANES])
		lane_interrupt(lane[card % LANES]);
	if (ring == 3 && avail == 0xffff)
		lane_ended(l);
}

static bool on_ready(void *arg, struct lane *l, unsigned int card)
{
	assert(card < 32);
	if (!unready)
		return true;
	unready--;
	return false;
}

static void on_ended(void *arg, struct lane *l)
{
	lane[l->index] = NULL;
	lane_remove(l);
}

static void on_flush(void *arg)
{
}

static void on_idle(void *arg)
{
	loop_stop(loop);
}

static const struct lanes_ops ops = {
	.kick = on_kick,
	.ready = on_ready,
	.ended = on_ended,
	.flush = on_flush,
	.idle = on_idle,
};

static void on_event(struct event *e, uint64_t now_ns)
{
	size_t i = (size_t)(e - event);
	struct lane *l = lane[i % LANES];

	assert(now_ns == lanes_now(lanes));
	if (l && i == EVENTS - 1) /* somebody crashes its guest */
		on_ended(NULL, l);
	else if (l)
		lane_interrupt(l);
}

static void begin(void)
{
	struct lane_config config = {.call_ns = 1};
	uint8_t how = take8(&in);
	unsigned int i;

	kicks = 0;
	unready = how & 128 ? take8(&in) % 4 : 0;
	memset(event, 0, sizeof(event));
	memset(until, 0, sizeof(until));
	loop = loop_new();
	cal = calendar_new();
	assert(loop && cal);
	if (how & 64)
		calendar_run(cal, take64(&in) >> 2, 0); /* guests that start late */
	lanes = lanes_new(loop, cal, &ops, NULL);
	assert(lanes);
	lanes_set_lookahead(lanes, take16(&in));
	lanes_set_sequential(lanes, how & 32);
	lanes_set_limit(lanes, calendar_now(cal) + TIME_MAX);
	for (i = 0; i < EVENTS && i < (how & 7u); i++)
		calendar_add(cal, &event[i], calendar_now(cal) + take16(&in), i, on_event, NULL);
	for (i = 0; i < LANES; i++) {
		config.arg = &lane[i];
		assert(lane_add(&lane[i], lanes, &config) == 0);
	}
}

static void end(void)
{
	unsigned int i;

	assert(lanes_stats(lanes)->kicks >= kicks);
	for (i = 0; i < LANES; i++)
		if (lane[i])
			assert(lane[i]->now < lane[i]->until && lane[i]->want >= lane[i]->now);
	lanes_free(lanes);
	lanes = NULL;
	calendar_free(cal);
	loop_free(loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t open = fds_open();

	in = (struct input){data, size};
	begin();
	lanes_go(lanes);
	loop_run(loop);
	end();
	assert(fds_open() == open);
	return 0;
}
