// SPDX-License-Identifier: GPL-2.0
/*
 * Spanning tree in virtual time: switches in a ring with one station each, cables that are pairs
 * of queues. The tree must come out as the standard says, nothing may circle at any time, and the
 * ring must heal when a cable is cut.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loop.h"
#include "rng.h"
#include "stp.h"
#include "stp_bpdu.h"
#include "suite.h"
#include "switch.h"

#define SWITCHES 3
#define SECOND 1000000000ULL
#define WIRE_NS 1000 /* of each cable */
#define STORM 20000 /* frames on cables between two looks: more than that is a storm */

struct end {
	struct port *port;
	struct end *peer; /* NULL: a station */
	bool cut; /* what is sent is gone, and nobody sees it */
	unsigned int got; /* frames other than BPDUs that a station got */
	unsigned int bpdus; /* that were sent here */
};

struct wire {
	uint64_t at_ns;
	struct end *to;
	uint32_t len;
	uint8_t data[100];
};

static struct loop *loop;
static struct sw *sw[SWITCHES];
static struct end left[SWITCHES], right[SWITCHES], station[SWITCHES], spare[2];
static struct wire wires[4 * STORM];
static unsigned int first_wire, last_wire;
static bool storm;
static uint64_t now;

static int end_send(struct port *port, const struct packet *p)
{
	struct end *e = port->arg;
	struct wire *w = &wires[last_wire];

	if (p->head[0] == 0x01 && p->head[1] == 0x80)
		e->bpdus++;
	else if (!e->peer)
		e->got++;
	if (!e->peer || e->cut)
		return 0;
	if (last_wire - first_wire >= STORM || last_wire + 1 == sizeof(wires) / sizeof(*wires)) {
		storm = true;
		return 0;
	}
	*w = (struct wire){now + WIRE_NS, e->peer, p->len, {0}};
	packet_copy(p, 0, w->data, p->len < 100 ? p->len : 100);
	last_wire++;
	return 0;
}

static void end_close(struct port *port)
{
	((struct end *)port->arg)->port = NULL;
}

static const struct port_ops ops = {.kind = "end", .send = end_send, .close = end_close};

static void plug(struct sw *s, struct end *e, const char *name)
{
	*e = (struct end){0};
	CU_ASSERT_EQUAL_FATAL(port_add(&e->port, s, &ops, e, name), 0);
}

static void give(struct end *e, const uint8_t *data, uint32_t len)
{
	struct iovec iov = {(void *)(uintptr_t)data, len};
	struct packet p;

	if (!e->port || packet_init(&p, &iov, 1, len, NULL) < 0)
		return;
	switch_input(e->port, &p);
	switch_flush(e->port->sw);
}

/* Everything that happens up to a time, in all switches. */
static void run_to(uint64_t end)
{
	unsigned int i;

	while (!storm) {
		uint64_t next = first_wire < last_wire ? wires[first_wire].at_ns : CALENDAR_NEVER;

		for (i = 0; i < SWITCHES; i++)
			if (calendar_next(sw_calendar(sw[i])) < next)
				next = calendar_next(sw_calendar(sw[i]));
		now = next < end ? next : end;
		for (i = 0; i < SWITCHES; i++) {
			calendar_run(sw_calendar(sw[i]), now, 0);
			switch_flush(sw[i]);
		}
		if (next > end)
			break;
		while (first_wire < last_wire && wires[first_wire].at_ns <= now) {
			struct wire *w = &wires[first_wire++];

			give(w->to, w->data, w->len);
		}
		if (first_wire == last_wire)
			first_wire = last_wire = 0;
	}
}

/* A ring: the right end of each is the left end of the next. */
static void make_ring(bool with_tree)
{
	static const unsigned int priority[SWITCHES] = {0x8000, 0x1000, 0x9000};
	unsigned int i;
	char name[16];

	first_wire = last_wire = 0;
	storm = false;
	now = 0;
	for (i = 0; i < SWITCHES; i++) {
		struct sw_config config = {.own_time = true, .seed = i};

		sw[i] = sw_new(loop, &config);
		CU_ASSERT_PTR_NOT_NULL_FATAL(sw[i]);
		snprintf(name, sizeof(name), "left%u", i);
		plug(sw[i], &left[i], name);
		plug(sw[i], &right[i], "right");
		plug(sw[i], &station[i], "station");
	}
	for (i = 0; i < SWITCHES; i++) {
		right[i].peer = &left[(i + 1) % SWITCHES];
		right[i].peer->peer = &right[i];
	}
	for (i = 0; with_tree && i < SWITCHES; i++) {
		CU_ASSERT_EQUAL(stp_enable(sw[i], priority[i]), 0);
		switch_flush(sw[i]);
	}
}

static void drop_ring(void)
{
	unsigned int i;

	for (i = 0; i < SWITCHES; i++)
		sw_free(sw[i]);
}

/* A broadcast of each station; true: all others got it, once. */
static bool all_hear_all(void)
{
	unsigned int i, j;
	bool good = true;

	for (i = 0; i < SWITCHES; i++) {
		uint8_t f[60] = {0xff, 0xff, 0xff, 0xff, 0xff,       0xff, 2,
				 0,    0,    0,    0,    (uint8_t)i, 8,    6};

		for (j = 0; j < SWITCHES; j++)
			station[j].got = 0;
		give(&station[i], f, sizeof(f));
		run_to(now + SECOND / 10);
		for (j = 0; j < SWITCHES; j++)
			good = good && station[j].got == (i != j);
	}
	return good && !storm;
}

/* Without the tree the ring storms: so the other tests would see it. */
static void ring_storms(void)
{
	make_ring(false);
	CU_ASSERT(!all_hear_all());
	CU_ASSERT(storm);
	drop_ring();
}

static void converges(void)
{
	unsigned int i, forwarding = 0, bpdus = 0;
	char text[128];

	make_ring(true);
	/* At no time does anything circle; for the first 30 s nothing passes at all. */
	for (i = 0; i < 29; i++) {
		run_to(i * SECOND);
		all_hear_all();
		CU_ASSERT(!storm);
		CU_ASSERT_EQUAL(station[1].got + station[0].got, 0);
	}
	run_to(31 * SECOND);
	CU_ASSERT(all_hear_all());
	/* Bridge 1 is the root; bridges 0 and 2 have their root ports towards it. */
	CU_ASSERT_STRING_EQUAL(stp_port_role(right[0].port), "root");
	CU_ASSERT_STRING_EQUAL(stp_port_role(left[2].port), "root");
	CU_ASSERT_STRING_EQUAL(stp_port_role(left[1].port), "designated");
	CU_ASSERT_STRING_EQUAL(stp_port_role(right[1].port), "designated");
	/* Between 0 and 2 the better bridge, 0, is designated, and 2 blocks. */
	CU_ASSERT_STRING_EQUAL(stp_port_role(left[0].port), "designated");
	CU_ASSERT_STRING_EQUAL(stp_port_role(right[2].port), "alternate");
	CU_ASSERT_STRING_EQUAL(stp_port_state(right[2].port), "blocking");
	CU_ASSERT(right[2].port->blocked && !left[2].port->blocked);
	for (i = 0; i < SWITCHES; i++) {
		forwarding += !strcmp(stp_port_state(left[i].port), "forwarding");
		forwarding += !strcmp(stp_port_state(right[i].port), "forwarding");
		left[i].bpdus = right[i].bpdus = station[i].bpdus = 0;
	}
	CU_ASSERT_EQUAL(forwarding, 5);
	stp_describe(sw[1], text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "bridge 1000"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "is the root"));
	stp_describe(sw[2], text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "at cost 4 by left2"));
	/* Quiet: one hello every two seconds at each designated port. */
	run_to(now + 200 * SECOND);
	for (i = 0; i < SWITCHES; i++)
		bpdus += left[i].bpdus + right[i].bpdus;
	CU_ASSERT(bpdus >= 3 * 99 && bpdus <= 3 * 101);
	CU_ASSERT(station[0].bpdus >= 99 && station[0].bpdus <= 101);
	drop_ring();
}

/* Who is asked a hundred times answers once a second. */
static void holds(void)
{
	static const uint8_t src[6] = {2, 9, 9, 9, 9, 9};
	struct stp_bpdu b = {.vector = {~0ULL, 0, ~0ULL, 1},
			     .max_age_ns = 20 * SECOND,
			     .hello_ns = 2 * SECOND,
			     .delay_ns = 15 * SECOND};
	uint8_t frame[STP_BPDU_MAX];
	unsigned int i;

	make_ring(true);
	run_to(40 * SECOND);
	stp_bpdu_build(&b, src, frame);
	station[0].bpdus = 0;
	for (i = 0; i < 300; i++) {
		give(&station[0], frame, sizeof(frame));
		run_to(now + SECOND / 100);
	}
	CU_ASSERT(station[0].bpdus >= 3 && station[0].bpdus <= 4);
	drop_ring();
}

/* Seconds until all stations hear each other again. */
static unsigned int seconds_to_heal(unsigned int most)
{
	unsigned int s = 0;

	while (s < most && !all_hear_all() && !storm) {
		run_to(now + 7 * SECOND / 10);
		s++;
	}
	CU_ASSERT(!storm);
	return s;
}

/* A cable that both sides see go: the blocked port takes over, by two delays. */
static void heals(void)
{
	make_ring(true);
	run_to(40 * SECOND);
	CU_ASSERT(all_hear_all());
	port_set_up(right[0].port, false);
	port_set_up(left[1].port, false);
	CU_ASSERT(!all_hear_all());
	CU_ASSERT(seconds_to_heal(60) <= 51); /* the word of the old tree lives on for up to 20 s */
	CU_ASSERT_STRING_EQUAL(stp_port_state(right[2].port), "forwarding");
	CU_ASSERT_STRING_EQUAL(stp_port_state(right[0].port), "off");
	/* And back again, without a storm. */
	port_set_up(right[0].port, true);
	switch_flush(sw[0]);
	port_set_up(left[1].port, true);
	switch_flush(sw[1]);
	run_to(now + SECOND);
	CU_ASSERT(seconds_to_heal(60) <= 31);
	CU_ASSERT_STRING_EQUAL(stp_port_role(right[2].port), "alternate");
	CU_ASSERT_STRING_EQUAL(stp_port_state(right[0].port), "forwarding");
	drop_ring();
}

/* One that nobody sees go: after the maximum age. */
static void heals_silent_cut(void)
{
	unsigned int s;

	make_ring(true);
	run_to(40 * SECOND);
	right[1].cut = left[2].cut = true;
	CU_ASSERT(!all_hear_all());
	s = seconds_to_heal(80);
	CU_ASSERT(s >= 40 && s <= 52);
	CU_ASSERT_STRING_EQUAL(stp_port_role(right[2].port), "root");
	drop_ring();
}

/* The root dies, another takes its place. */
static void root_goes(void)
{
	make_ring(true);
	run_to(40 * SECOND);
	port_remove(left[1].port);
	port_remove(right[1].port);
	run_to(now + 60 * SECOND);
	CU_ASSERT_STRING_EQUAL(stp_port_role(left[0].port), "designated");
	CU_ASSERT_STRING_EQUAL(stp_port_role(right[2].port), "root");
	CU_ASSERT_STRING_EQUAL(stp_port_state(right[2].port), "forwarding");
	drop_ring();
}

/* A change of the tree makes all switches forget who is where. */
static void forgets_addresses(void)
{
	uint8_t f[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 7, 8, 6};

	make_ring(true);
	run_to(100 * SECOND);
	give(&station[0], f, sizeof(f));
	run_to(now + SECOND);
	CU_ASSERT_EQUAL(sw_macs_count(sw[1]), 1);
	/* A new port begins to forward at bridge 2, far from the root. */
	plug(sw[2], &spare[0], "spare");
	switch_flush(sw[2]);
	run_to(now + 28 * SECOND);
	CU_ASSERT_EQUAL(sw_macs_count(sw[1]), 1);
	run_to(now + 6 * SECOND);
	CU_ASSERT_EQUAL(sw_macs_count(sw[1]), 0);
	CU_ASSERT_EQUAL(sw_macs_count(sw[0]), 0);
	drop_ring();
}

/* Two ports of one switch plugged together: one of them blocks. And learning before forwarding. */
static void own_loop(void)
{
	uint8_t f[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 6};

	make_ring(true);
	plug(sw[0], &spare[0], "a");
	plug(sw[0], &spare[1], "b");
	spare[0].peer = &spare[1];
	spare[1].peer = &spare[0];
	run_to(14 * SECOND);
	give(&station[0], f, sizeof(f));
	CU_ASSERT_EQUAL(sw_macs_count(sw[0]), 0);
	run_to(20 * SECOND);
	give(&station[0], f, sizeof(f));
	CU_ASSERT_EQUAL(sw_macs_count(sw[0]), 1);
	run_to(40 * SECOND);
	CU_ASSERT_STRING_EQUAL(stp_port_state(spare[0].port), "forwarding");
	CU_ASSERT_STRING_EQUAL(stp_port_state(spare[1].port), "blocking");
	CU_ASSERT(all_hear_all());
	/* Without the tree, all ports pass frames again. */
	stp_disable(sw[0]);
	CU_ASSERT(!spare[1].port->blocked);
	CU_ASSERT_STRING_EQUAL(stp_port_state(spare[1].port), "off");
	drop_ring();
}

/* Frames and what they say, both ways; and what is no BPDU. */
static void bpdus(void)
{
	static const uint8_t src[6] = {2, 0, 0, 0, 0, 1};
	/* A configuration as table 9-1 has it, byte by byte. */
	static const uint8_t want[] = {0x01, 0x80, 0xc2, 0,    0,    0,    2,  0, 0, 0,    0,
				       1,    0,    38,   0x42, 0x42, 0x03, 0,  0, 0, 0,    0x81,
				       0x80, 0,    1,    2,    3,    4,    5,  6, 0, 0,    0,
				       19,   0x90, 0,    6,    5,    4,    3,  2, 1, 0x80, 0x03,
				       1,    0x80, 20,   0,    2,    0,    15, 0};
	struct stp_bpdu b = {.change = true,
			     .change_ack = true,
			     .vector = {0x8000010203040506, 19, 0x9000060504030201, 0x8003},
			     .age_ns = 3 * SECOND / 2,
			     .max_age_ns = 20 * SECOND,
			     .hello_ns = 2 * SECOND,
			     .delay_ns = 15 * SECOND};
	uint8_t frame[STP_BPDU_MAX];
	struct stp_bpdu back;
	unsigned int i;

	CU_ASSERT_EQUAL(stp_bpdu_build(&b, src, frame), 60);
	CU_ASSERT_EQUAL(memcmp(frame, want, sizeof(want)), 0);
	CU_ASSERT_EQUAL(stp_bpdu_parse(&back, frame, 60), 0);
	CU_ASSERT_EQUAL(memcmp(&b, &back, sizeof(b)), 0);
	for (i = 0; i < sizeof(want); i++)
		CU_ASSERT(stp_bpdu_parse(&back, frame, i) < 0);
	CU_ASSERT_EQUAL(stp_bpdu_parse(&back, frame, sizeof(want)), 0);
	frame[13] = 37; /* a length that cuts off the last byte */
	CU_ASSERT(stp_bpdu_parse(&back, frame, 60) < 0);
	frame[13] = 38;
	frame[44] = 20; /* as old as can be */
	frame[45] = 0;
	CU_ASSERT(stp_bpdu_parse(&back, frame, 60) < 0);
	memset(frame + 44, 0, 8); /* times of zero: the least that the standard allows */
	CU_ASSERT_EQUAL(stp_bpdu_parse(&back, frame, 60), 0);
	CU_ASSERT(back.hello_ns == SECOND && back.delay_ns == 4 * SECOND &&
		  back.max_age_ns == 6 * SECOND);
	frame[20] = 2; /* of the rapid protocol */
	CU_ASSERT(stp_bpdu_parse(&back, frame, 60) < 0);
	CU_ASSERT(stp_is_bpdu(frame, 60));
	frame[5] = 0x0e; /* another protocol's group */
	CU_ASSERT(!stp_is_bpdu(frame, 60));
	b = (struct stp_bpdu){.is_change = true};
	CU_ASSERT_EQUAL(stp_bpdu_build(&b, src, frame), 60);
	CU_ASSERT_EQUAL(frame[13], 7);
	CU_ASSERT_EQUAL(stp_bpdu_parse(&back, frame, 60), 0);
	CU_ASSERT(back.is_change);
}

/* Frames from a neighbour that lies, or fills them by lot: no storm, and the ring works again. */
static void nonsense(void)
{
	static const uint8_t src[6] = {2, 9, 9, 9, 9, 9};
	uint8_t frame[STP_BPDU_MAX];
	struct stp_bpdu b;
	struct rng r;
	unsigned int i, j;

	rng_seed(&r, 1, "nonsense");
	make_ring(true);
	run_to(40 * SECOND);
	for (i = 0; i < 3000; i++) {
		b = (struct stp_bpdu){
			.is_change = !rng_below(&r, 10),
			.change = rng_below(&r, 2),
			.change_ack = rng_below(&r, 2),
			.vector = {rng_next(&r) >> rng_below(&r, 64), (uint32_t)rng_next(&r),
				   rng_next(&r), (uint16_t)rng_next(&r)},
			.max_age_ns = 20 * SECOND,
			.hello_ns = rng_below(&r, 20) * SECOND,
			.delay_ns = rng_below(&r, 40) * SECOND,
		};
		stp_bpdu_build(&b, src, frame);
		for (j = rng_below(&r, 3); j < 3; j++)
			frame[17 + rng_below(&r, 35)] ^= (uint8_t)rng_below(&r, 8);
		give(&station[rng_below(&r, 3)], frame, sizeof(frame));
		run_to(now + rng_below(&r, SECOND));
		CU_ASSERT_FATAL(!storm);
	}
	CU_ASSERT(seconds_to_heal(200) < 200);
	drop_ring();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"a ring without it storms", ring_storms},
		{"converges", converges},
		{"holds", holds},
		{"heals", heals},
		{"heals a silent cut", heals_silent_cut},
		{"root goes", root_goes},
		{"forgets addresses", forgets_addresses},
		{"own loop", own_loop},
		{"BPDUs", bpdus},
		{"nonsense", nonsense},
		CU_TEST_INFO_NULL,
	};
	int failures;

	loop = loop_new();
	failures = run_suite("spanning tree", NULL, NULL, tests);
	loop_free(loop);
	return failures;
}
