/* SPDX-License-Identifier: GPL-2.0 */
/* A link on a calendar of its own, frames that know their number, and a record of what happened. */
#ifndef LINK_BENCH_H
#define LINK_BENCH_H

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include "link.h"
#include "rng.h"

#define BENCH_SOURCE 5

struct bench_arrival {
	uint32_t id;
	uint64_t at_ns;
};

struct bench {
	struct frame_pool pool;
	struct calendar *cal;
	struct link *link;
	struct bench_arrival *arrival;
	unsigned int arrivals, room;
	enum link_fate *fate; /* by id, the latest that was told; LINK_SENT: none */
	unsigned int ids;
	unsigned int told[LINK_FATES];
	struct frame *keep; /* the latest frame that arrived, when asked for */
	bool want;
};

/* A number that survives the turning over of one bit. */
static inline void bench_mark(struct frame *f, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		memcpy(f->data + 20 + 4 * i, &id, 4);
}

static inline uint32_t bench_id(const struct frame *f)
{
	uint32_t v[3];

	memcpy(v, f->data + 20, sizeof(v));
	return v[0] == v[1] ? v[0] : v[2];
}

static inline void bench_deliver(void *arg, struct frame *f, uint64_t now)
{
	struct bench *b = arg;

	if (b->arrivals == b->room) {
		b->room = b->room ? 2 * b->room : 1024;
		b->arrival = realloc(b->arrival, b->room * sizeof(*b->arrival));
	}
	b->arrival[b->arrivals++] = (struct bench_arrival){bench_id(f), now};
	if (b->want) {
		frame_put(b->keep);
		b->keep = f;
	} else {
		frame_put(f);
	}
}

static inline void bench_fate(void *arg, const struct frame *f, enum link_fate fate, uint64_t now)
{
	struct bench *b = arg;
	uint32_t id = bench_id(f);

	b->told[fate]++;
	if (id < b->ids)
		b->fate[id] = fate;
}

/* ids: how many frames will be sent. */
static inline void bench_open(struct bench *b, const char *settings, uint64_t seed,
			      const char *name, unsigned int ids)
{
	static const struct link_ops ops = {.deliver = bench_deliver, .fate = bench_fate};
	struct link_spec spec;
	char err[256] = "";

	*b = (struct bench){.ids = ids};
	frame_pool_init(&b->pool, 1ULL << 32);
	b->cal = calendar_new();
	b->link = link_new(b->cal, BENCH_SOURCE, seed, name, &ops, b);
	b->fate = calloc(ids + 1, sizeof(*b->fate));
	if (!settings)
		return;
	CU_ASSERT_EQUAL_FATAL(link_parse(&spec, settings, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL_FATAL(link_set(b->link, &spec), 0);
}

static inline void bench_close(struct bench *b)
{
	link_free(b->link);
	frame_put(b->keep);
	CU_ASSERT_EQUAL(b->pool.used, 0);
	CU_ASSERT_EQUAL(calendar_next(b->cal), CALENDAR_NEVER);
	frame_pool_exit(&b->pool);
	calendar_free(b->cal);
	free(b->arrival);
	free(b->fate);
}

static inline int bench_set(struct bench *b, const char *settings)
{
	struct link_spec spec;
	char err[256] = "";

	CU_ASSERT_EQUAL_FATAL(link_parse(&spec, settings, err, sizeof(err)), 0);
	return link_set(b->link, &spec);
}

static inline struct frame *bench_frame(struct bench *b, uint32_t id, uint32_t len)
{
	struct frame *f = frame_new(&b->pool, len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	memset(f->data, 0, len);
	bench_mark(f, id);
	return f;
}

static inline void bench_send(struct bench *b, uint32_t id, uint32_t len, uint64_t at_ns)
{
	calendar_run(b->cal, at_ns, 0);
	link_send(b->link, bench_frame(b, id, len));
}

static inline void bench_run(struct bench *b, uint64_t until_ns)
{
	calendar_run(b->cal, until_ns, 0);
}

/* Everything that was handed in came out or was accounted for. */
static inline void bench_balance(const struct bench *b)
{
	const struct link_stats *s = link_stats(b->link);
	uint64_t gone = s->fate[LINK_LOST] + s->fate[LINK_LOST_BURST] + s->fate[LINK_QUEUE_FULL] +
			s->fate[LINK_CODEL] + s->fate[LINK_TOO_LONG] + s->fate[LINK_DOWN] +
			s->fate[LINK_NO_MEMORY];

	CU_ASSERT_EQUAL(s->frames + s->fate[LINK_DUPLICATED],
			s->delivered + gone + s->queue_packets + s->in_flight);
	CU_ASSERT_EQUAL(s->delivered, b->arrivals);
	CU_ASSERT_EQUAL(s->fate[LINK_SENT], s->delivered);
}

#endif
