// SPDX-License-Identifier: GPL-2.0
/* The controller of virtual time; see lane.h. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include "lane_private.h"
#include "memfile.h"

#define TURN_NS (10 * 1000 * 1000ULL) /* real time between two looks at the loop */
#define RING_PATIENCE_NS (10 * 1000 * 1000 * 1000ULL)
#define RETRY_NS (1000 * 1000ULL) /* the same while a switch is waited for */

static void turn(struct loop_timer *t);

struct lanes *lanes_new(struct loop *loop, struct calendar *cal, const struct lanes_ops *ops,
			void *arg)
{
	struct lanes *ls = calloc(1, sizeof(*ls));

	if (!ls)
		return NULL;
	*ls = (struct lanes){
		.loop = loop,
		.cal = cal,
		.ops = ops,
		.arg = arg,
		.event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		.limit = UINT64_MAX,
		.held = true,
	};
	ls->end = &ls->first;
	if (ls->event_fd < 0) {
		free(ls);
		return NULL;
	}
	return ls;
}

void lanes_free(struct lanes *ls)
{
	if (!ls)
		return;
	while (ls->first)
		lane_remove(ls->first);
	loop_timer_del(&ls->turn);
	close(ls->event_fd);
	free(ls->kick);
	free(ls);
}

void lanes_set_lookahead(struct lanes *ls, uint64_t ns)
{
	ls->lookahead = ns;
}

void lanes_set_sequential(struct lanes *ls, bool on)
{
	ls->sequential = on;
}

void lanes_set_patience(struct lanes *ls, uint64_t ns)
{
	ls->patience_ns = ns;
}

void lanes_set_limit(struct lanes *ls, uint64_t ns)
{
	ls->limit = ns;
}

uint64_t lanes_now(const struct lanes *ls)
{
	return calendar_now(ls->cal);
}

const struct lanes_stats *lanes_stats(const struct lanes *ls)
{
	return &ls->stats;
}

void lanes_go(struct lanes *ls)
{
	ls->held = false;
	loop_timer_set(ls->loop, &ls->turn, 0, turn, ls);
}

void lanes_hold(struct lanes *ls)
{
	ls->held = true;
	loop_timer_del(&ls->turn);
}

/* --- lanes ------------------------------------------------------------------ */

int lane_add(struct lane **out, struct lanes *ls, const struct lane_config *config)
{
	struct lane *l = calloc(1, sizeof(*l));
	int err = -ENOMEM;

	if (!l)
		return err;
	l->page_fd = memfile_make("lane", NL_LANE_BYTES);
	if (l->page_fd < 0) {
		err = l->page_fd;
		free(l);
		return err;
	}
	l->page = mmap(NULL, NL_LANE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, l->page_fd, 0);
	if (l->page == MAP_FAILED) {
		err = -errno;
		close(l->page_fd);
		free(l);
		return err;
	}
	l->page->magic = NL_LANE_MAGIC;
	l->page->start_ns = config->start_ns;
	l->page->call_ns = config->call_ns;
	l->page->fault_ns = config->fault_ns;
	memcpy(l->page->seed, config->seed, sizeof(l->page->seed));
	l->ls = ls;
	l->index = ls->count++;
	l->arg = config->arg;
	l->base = lanes_now(ls);
	l->now = l->base;
	l->until = l->base + 1;
	l->wake_at = CALENDAR_NEVER;
	*ls->end = l;
	ls->end = &l->next;
	*out = l;
	return 0;
}

int lane_page_fd(const struct lane *l)
{
	return l->page_fd;
}

int lanes_event_fd(const struct lanes *ls)
{
	return ls->event_fd;
}

/* Its kicks of this window are nobody's any more. */
static void forget_kicks(struct lane *l)
{
	struct lanes *ls = l->ls;
	uint32_t i;

	for (i = 0; i < ls->nkicks; i++)
		if (ls->kick[i].lane == l)
			ls->kick[i].lane = NULL;
}

void lane_remove(struct lane *l)
{
	struct lanes *ls = l->ls;
	struct lane **p = &ls->first;

	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	if (ls->end == &l->next)
		ls->end = p;
	forget_kicks(l);
	munmap(l->page, NL_LANE_BYTES);
	close(l->page_fd);
	free(l);
}

void lane_ended(struct lane *l)
{
	l->state = LANE_ENDED;
	l->due = false;
}

void *lane_arg(const struct lane *l)
{
	return l->arg;
}

void lane_interrupt(struct lane *l)
{
	uint64_t now = lanes_now(l->ls);

	now = now > l->now ? now : l->now;
	if (now < l->wake_at)
		l->wake_at = now;
}

void lane_pause(struct lane *l, bool on)
{
	l->paused = on;
}

uint64_t lane_base(const struct lane *l)
{
	return l->base;
}

uint64_t lane_forced_ns(const struct lane *l)
{
	return __atomic_load_n(&l->page->forced_ns, __ATOMIC_RELAXED);
}

/* When it goes on, of itself or because it is interrupted. */
static uint64_t next_of(const struct lane *l)
{
	if (l->paused || l->state != LANE_WAITS)
		return CALENDAR_NEVER;
	return l->want < l->wake_at ? l->want : l->wake_at;
}

/* --- windows ---------------------------------------------------------------- */

static void release(struct lane *l, uint64_t at)
{
	struct lanes *ls = l->ls;

	l->due = false;
	if (l->wake_at <= at)
		l->wake_at = CALENDAR_NEVER;
	l->state = LANE_RUNS;
	l->until = ls->window_end;
	l->nkicks = 0;
	l->page->run_at = at - l->base;
	l->page->until = ls->window_end - l->base;
	ls->stats.runs++;
	lane_go_on(l);
}

/* Releases those that have something to do in this window, or the next of them. */
static bool release_due(struct lanes *ls)
{
	struct lane *l;
	bool any = false;

	for (l = ls->first; l; l = l->next) {
		if (!l->due)
			continue;
		release(l, next_of(l));
		any = true;
		if (ls->sequential)
			break;
	}
	return any;
}

static int by_time(const void *a, const void *b)
{
	const struct kick *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->n < y->n ? -1 : x->n > y->n;
}

static void move_calendar(struct lanes *ls, uint64_t to)
{
	uint64_t now = calendar_now(ls->cal);

	calendar_run(ls->cal, to > now ? to : now, 0);
	ls->ops->flush(ls->arg);
}

/* A guest that lies of its rings is not waited for for ever. */
static bool is_patient(struct lanes *ls, struct lane *l, unsigned int card)
{
	uint64_t now = loop_now_ns();

	if (!ls->unready_ns)
		ls->unready_ns = now;
	if (now - ls->unready_ns < RING_PATIENCE_NS)
		return true;
	l->ignored |= 1u << card;
	return false;
}

/* The switch has all rings that its guests gave to it. */
static bool all_ready(struct lanes *ls)
{
	struct lane *l;

	for (l = ls->first; l; l = l->next) {
		uint32_t cards = l->page->started & ~l->ignored;

		for (; cards; cards &= cards - 1) {
			unsigned int card = (unsigned int)__builtin_ctz(cards);

			if (!ls->ops->ready(ls->arg, l, card) && is_patient(ls, l, card))
				return false;
		}
	}
	ls->unready_ns = 0;
	return true;
}

static void look_at_kicks(struct lanes *ls)
{
	uint32_t i;

	if (ls->nkicks > 1)
		qsort(ls->kick, ls->nkicks, sizeof(*ls->kick), by_time);
	ls->stats.kicks += ls->nkicks;
	for (i = 0; i < ls->nkicks; i++) {
		const struct kick *k = &ls->kick[i];

		move_calendar(ls, k->time);
		if (k->lane)
			ls->ops->kick(ls->arg, k->lane, k->card, k->ring, k->avail);
		ls->ops->flush(ls->arg);
	}
	ls->nkicks = 0;
}

/* When the next thing is to happen. */
static uint64_t next_time(const struct lanes *ls)
{
	uint64_t next = calendar_next(ls->cal);
	const struct lane *l;

	for (l = ls->first; l; l = l->next)
		if (next_of(l) < next)
			next = next_of(l);
	return next > calendar_now(ls->cal) ? next : calendar_now(ls->cal);
}

static void open_window(struct lanes *ls, uint64_t from)
{
	uint64_t end = from + ls->lookahead, next;
	struct lane *l;

	move_calendar(ls, from);
	for (l = ls->first; l; l = l->next)
		if (l->state == LANE_RUNS) /* it was added just now, and is waited for first */
			return;
	next = calendar_next(ls->cal);
	end = end < next ? end : next;
	end = end > from ? end : from + 1;
	ls->window_end = end;
	ls->stats.windows++;
	for (l = ls->first; l; l = l->next)
		l->due = next_of(l) < end;
}

/* Tells of guests that have ended. Whether there were any. */
static bool tell_ended(struct lanes *ls)
{
	struct lane *l, *next;
	bool any = false;

	for (l = ls->first; l; l = next) {
		next = l->next;
		if (l->state != LANE_ENDED)
			continue;
		ls->ops->ended(ls->arg, l);
		any = true;
	}
	return any;
}

/* One step; false: somebody is to be waited for. */
static bool step(struct lanes *ls)
{
	uint64_t next;

	if (lanes_anybody_runs(ls))
		return false;
	if (release_due(ls))
		return false;
	if (tell_ended(ls))
		return true;
	if (!all_ready(ls))
		return false;
	look_at_kicks(ls);
	if (ls->held) /* by one of them: this was the end */
		return false;
	next = next_time(ls);
	if (next == CALENDAR_NEVER || next > ls->limit) {
		lanes_hold(ls);
		ls->ops->idle(ls->arg);
		return false;
	}
	open_window(ls, next);
	return true;
}

/* Waits a while for a guest to wait. */
static void await_guest(struct lanes *ls, uint64_t until_ns)
{
	struct pollfd p = {.fd = ls->event_fd, .events = POLLIN};
	uint64_t now = loop_now_ns(), count;
	struct timespec ts = {0};

	if (now < until_ns)
		ts.tv_nsec = (long)(until_ns - now);
	if (ppoll(&p, 1, &ts, NULL) == 1 && read(ls->event_fd, &count, sizeof(count)) < 0)
		return; /* another guest's look was first */
}

/* Looks, once a turn, whether anything has gone on; tells of the guest that everybody waits for. */
static void lose_patience(struct lanes *ls)
{
	uint64_t now = loop_now_ns();
	struct lane *l = ls->first;

	while (l && l->state != LANE_RUNS)
		l = l->next;
	if (!l || ls->stats.runs != ls->seen_runs || !ls->seen_ns) {
		ls->seen_runs = ls->stats.runs;
		ls->seen_ns = now;
		ls->hung = false;
		return;
	}
	if (ls->hung || !ls->patience_ns || !ls->ops->hung || now - ls->seen_ns < ls->patience_ns)
		return;
	ls->hung = true;
	ls->ops->hung(ls->arg, l);
}

static void turn(struct loop_timer *t)
{
	struct lanes *ls = t->arg;
	uint64_t until = loop_now_ns() + TURN_NS;

	while (!ls->held && loop_now_ns() < until) {
		while (!ls->held && step(ls))
			;
		if (!ls->held && !all_ready(ls))
			break;
		if (!ls->held)
			await_guest(ls, until);
	}
	lose_patience(ls);
	if (!ls->held)
		loop_timer_set(ls->loop, &ls->turn, all_ready(ls) ? 0 : RETRY_NS, turn, ls);
}
