/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A switch in a loop with a port that the test holds: what it is sent is kept, what the test says
 * comes in by it.
 */
#ifndef NESTLING_SWITCH_RIG_H
#define NESTLING_SWITCH_RIG_H

#include <CUnit/Basic.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "loop.h"
#include "switch.h"

#define PROBE_KEEP 1024
#define RIG_PATIENCE_NS 10000000000ULL /* for what must come to pass */

struct probe {
	struct port *port;
	unsigned int count; /* frames that came, the first PROBE_KEEP of which are kept */
	struct {
		uint8_t *data;
		uint32_t len;
		uint64_t at_ns; /* of the calendar */
	} frame[PROBE_KEEP];
};

static int probe_send(struct port *port, const struct packet *p)
{
	struct probe *probe = port->arg;

	if (probe->count < PROBE_KEEP) {
		uint8_t *data = malloc(p->len + 1);

		packet_copy(p, 0, data, p->len);
		probe->frame[probe->count].data = data;
		probe->frame[probe->count].len = p->len;
		probe->frame[probe->count].at_ns = calendar_now(sw_calendar(port->sw));
	}
	probe->count++;
	return 0;
}

static void probe_forget(struct probe *probe)
{
	for (unsigned int i = 0; i < PROBE_KEEP; i++) {
		free(probe->frame[i].data);
		probe->frame[i].data = NULL;
	}
	probe->count = 0;
}

static void probe_close(struct port *port)
{
	probe_forget(port->arg);
}

static const struct port_ops probe_ops = {
	.kind = "probe",
	.send = probe_send,
	.close = probe_close,
};

static void probe_add(struct probe *probe, struct sw *sw)
{
	memset(probe, 0, sizeof(*probe));
	if (port_add(&probe->port, sw, &probe_ops, probe, NULL))
		abort();
}

/* A frame of len bytes comes in by the probe. */
static inline void probe_input(struct probe *probe, const void *data, uint32_t len)
{
	struct iovec iov = {(void *)data, len};
	struct packet p;

	CU_ASSERT_EQUAL_FATAL(packet_init(&p, &iov, 1, len, NULL), 0);
	switch_input(probe->port, &p);
	switch_flush(probe->port->sw);
}

/* A switch in a loop, which is made if there is none, with the probe as a port. 0 or 1, as CUnit has it. */
static inline int rig_setup(struct loop **loop, struct sw **sw, struct probe *probe)
{
	struct sw_config config = {0};

	if (!*loop)
		*loop = loop_new();
	*sw = *loop ? sw_new(*loop, &config) : NULL;
	if (!*sw)
		return 1;
	probe_add(probe, *sw);
	return 0;
}

struct rig_wait {
	struct loop *loop;
	bool (*done)(void *arg);
	void *arg;
	uint64_t end_ns;
	bool ok;
};

static void rig_look(struct loop_timer *t)
{
	struct rig_wait *w = t->arg;

	w->ok = w->done && w->done(w->arg);
	if (w->ok || loop_now_ns() >= w->end_ns)
		loop_stop(w->loop);
	else
		loop_timer_set(w->loop, t, 500000, rig_look, w);
}

/* Serves the loop until done(arg). False when that did not come to pass in time. */
static inline bool rig_until(struct loop *loop, bool (*done)(void *arg), void *arg)
{
	struct rig_wait w = {loop, done, arg, loop_now_ns() + RIG_PATIENCE_NS, false};
	struct loop_timer t = {0};

	loop_timer_set(loop, &t, 0, rig_look, &w);
	loop_run(loop);
	return w.ok;
}

/* Serves the loop for a while: for what must not come to pass. */
static inline void rig_for_ms(struct loop *loop, unsigned int ms)
{
	struct rig_wait w = {loop, NULL, NULL, loop_now_ns() + ms * 1000000ULL, false};
	struct loop_timer t = {0};

	loop_timer_set(loop, &t, 0, rig_look, &w);
	loop_run(loop);
}

/* A frame to everybody, whose contents tell its number. */
static inline void rig_frame(uint8_t *buf, uint32_t len, uint32_t number)
{
	for (uint32_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(i * 7 + number * 13);
	memset(buf, 0xff, len < 6 ? len : 6);
	if (len >= 14) {
		memcpy(buf + 6, "\x02\x00\x00\x00\x00", 5);
		buf[11] = (uint8_t)number;
		buf[12] = 0x88; /* an experimental EtherType */
		buf[13] = 0xb5;
	}
}

#endif
