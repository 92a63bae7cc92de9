// SPDX-License-Identifier: GPL-2.0
/*
 * A binary heap of events; see calendar.h. Each event knows its place, so it is taken out without
 * a search.
 */
#include <errno.h>
#include <stdlib.h>
#include "calendar.h"

struct calendar {
	struct event **heap; /* [1..count] */
	uint32_t count, room;
	uint64_t now_ns;
	uint64_t next_seq;
};

struct calendar *calendar_new(void)
{
	return calloc(1, sizeof(struct calendar));
}

void calendar_free(struct calendar *cal)
{
	uint32_t i;

	if (!cal)
		return;
	for (i = 1; i <= cal->count; i++)
		cal->heap[i]->place = 0;
	free(cal->heap);
	free(cal);
}

uint64_t calendar_now(const struct calendar *cal)
{
	return cal->now_ns;
}

static bool before(const struct event *a, const struct event *b)
{
	if (a->due_ns != b->due_ns)
		return a->due_ns < b->due_ns;
	if (a->source != b->source)
		return a->source < b->source;
	return a->seq < b->seq;
}

static void put(struct calendar *cal, uint32_t place, struct event *e)
{
	cal->heap[place] = e;
	e->place = place;
}

static void rise(struct calendar *cal, struct event *e)
{
	uint32_t i = e->place;

	while (i > 1 && before(e, cal->heap[i / 2])) {
		put(cal, i, cal->heap[i / 2]);
		i /= 2;
	}
	put(cal, i, e);
}

static void sink(struct calendar *cal, struct event *e)
{
	uint32_t i = e->place, child;

	while ((child = 2 * i) <= cal->count) {
		if (child < cal->count && before(cal->heap[child + 1], cal->heap[child]))
			child++;
		if (!before(cal->heap[child], e))
			break;
		put(cal, i, cal->heap[child]);
		i = child;
	}
	put(cal, i, e);
}

void calendar_del(struct calendar *cal, struct event *e)
{
	uint32_t place = e->place;
	struct event *last;

	if (!place)
		return;
	e->place = 0;
	last = cal->heap[cal->count--];
	if (last == e)
		return;
	put(cal, place, last);
	rise(cal, last);
	sink(cal, last);
}

static int make_room(struct calendar *cal)
{
	uint32_t room = cal->room ? cal->room * 2 : 64;
	struct event **heap;

	if (cal->count + 1 < cal->room)
		return 0;
	heap = realloc(cal->heap, room * sizeof(struct event *));
	if (!heap)
		return -ENOMEM;
	cal->heap = heap;
	cal->room = room;
	return 0;
}

int calendar_add(struct calendar *cal, struct event *e, uint64_t due_ns, uint32_t source,
		 event_fn fn, void *arg)
{
	calendar_del(cal, e);
	if (make_room(cal) < 0)
		return -ENOMEM;
	e->due_ns = due_ns > cal->now_ns ? due_ns : cal->now_ns;
	e->source = source;
	e->seq = cal->next_seq++;
	e->fn = fn;
	e->arg = arg;
	put(cal, ++cal->count, e);
	rise(cal, e);
	return 0;
}

uint64_t calendar_next(const struct calendar *cal)
{
	return cal->count ? cal->heap[1]->due_ns : CALENDAR_NEVER;
}

unsigned int calendar_run(struct calendar *cal, uint64_t now_ns, unsigned int limit)
{
	unsigned int n = 0;

	while (cal->count && cal->heap[1]->due_ns <= now_ns && (!limit || n < limit)) {
		struct event *e = cal->heap[1];

		calendar_del(cal, e);
		if (e->due_ns > cal->now_ns)
			cal->now_ns = e->due_ns;
		n++;
		e->fn(e, cal->now_ns);
	}
	if (now_ns > cal->now_ns && (!cal->count || cal->heap[1]->due_ns > now_ns))
		cal->now_ns = now_ns;
	return n;
}
