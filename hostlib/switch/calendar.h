/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is to happen when: a heap of events.
 *
 * Events come in the order (time, source, sequence): two events of one moment in the order of
 * their sources, and those of one source in the order they were added, whatever the order
 * between sources was. So the outcome does not depend on who came first in real time.
 *
 * The calendar does not read a clock. Its owner moves it: to the present in real time, to the
 * next event in virtual time.
 */
#ifndef NESTLING_CALENDAR_H
#define NESTLING_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALENDAR_NEVER UINT64_MAX

struct calendar;
struct event;

/* Called at the event's time, or later in real time. The event is out of the calendar then. */
typedef void (*event_fn)(struct event *e, uint64_t now_ns);

/* An object of the caller's, to which the calendar only links. Zeroed before its first use. */
struct event {
	uint64_t due_ns;
	uint64_t seq;
	uint32_t source;
	uint32_t place; /* in the heap, counted from 1; 0: not in the calendar */
	event_fn fn;
	void *arg;
};

/* NULL without memory. */
struct calendar *calendar_new(void);
/* Events that are still in it are forgotten. */
void calendar_free(struct calendar *cal);

/* Time that the calendar has come to, in ns. */
uint64_t calendar_now(const struct calendar *cal);

/*
 * Adds e for due_ns (a time that has passed means at once), or moves it there. 0 or -ENOMEM, after
 * which e is not in the calendar.
 */
int calendar_add(struct calendar *cal, struct event *e, uint64_t due_ns, uint32_t source,
		 event_fn fn, void *arg);
/* Takes e out; does nothing if it is not in. */
void calendar_del(struct calendar *cal, struct event *e);

/* When the next event is due; CALENDAR_NEVER: there is none. */
uint64_t calendar_next(const struct calendar *cal);

/*
 * Moves on to now_ns and calls what is due until then, in order, those that are added meanwhile
 * too; at most `limit` of them (0: all). Returns how many were called. An event sees its own
 * time in calendar_now() and as now_ns.
 */
unsigned int calendar_run(struct calendar *cal, uint64_t now_ns, unsigned int limit);

#endif
