/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hidden switch with the host's port and two nodes, whose guests the test plays: what the host
 * says to NODE is looked at frame by frame, what the test says comes from it. For one test program.
 */
#ifndef NESTLING_AGENT_GUEST_H
#define NESTLING_AGENT_GUEST_H

#include "switch_rig.h"
#include <sys/mman.h>
#include "agent.h"
#include "agent_wire.h"

#define NODE 5
#define OTHER 6

static struct loop *loop;
static struct sw *sw;
static struct agent *agent;
static struct probe guest, other;
static unsigned int taken; /* frames of guest that frame() has looked at */
static uint32_t session;
static uint64_t now_ns;

/* What callbacks said. */
static struct {
	unsigned int ups, done;
	bool late, cut;
	int status;
	char output[256];
	size_t len;
} said;

static void is_up(void *arg, unsigned int node, bool late)
{
	CU_ASSERT_PTR_EQUAL(arg, &said);
	CU_ASSERT_EQUAL(node, NODE);
	said.ups++;
	said.late = late;
}

static void done(void *arg, const struct agent_result *r)
{
	said.done++;
	said.status = r->status;
	said.cut = r->cut;
	said.len = r->len;
	CU_ASSERT_EQUAL(r->output[r->len], 0);
	snprintf(said.output, sizeof(said.output), "%s", r->output);
}

static void setup(void)
{
	const struct sw_config config = {.own_time = true};
	const struct agent_events events = {.up = is_up};

	memset(&said, 0, sizeof(said));
	taken = session = 0;
	loop = loop_new();
	sw = sw_new(loop, &config);
	probe_add(&guest, sw);
	probe_add(&other, sw);
	if (agent_new(&agent, sw, &events, &said) || agent_node_add(agent, NODE) ||
	    agent_node_add(agent, OTHER) || agent_node_port(agent, NODE, guest.port) ||
	    agent_node_port(agent, OTHER, other.port))
		abort();
}

static void teardown(void)
{
	agent_free(agent);
	sw_free(sw);
	loop_free(loop);
}

static void step(void)
{
	now_ns += 1000;
	calendar_run(sw_calendar(sw), now_ns, 0);
	switch_flush(sw);
}

/* --- the guest ------------------------------------------------------------------ */

/* The next frame that the host has sent to it; false: there is none. */
static bool frame(struct agent_frame *f, const uint8_t **data)
{
	if (taken == guest.count)
		return false;
	CU_ASSERT_FATAL(agent_frame_read(f, guest.frame[taken].data, guest.frame[taken].len));
	if (data)
		*data = guest.frame[taken].data + sizeof(*f);
	taken++;
	return true;
}

static void expect_frame(uint8_t type, uint32_t id)
{
	struct agent_frame f = {0};

	CU_ASSERT_FATAL(frame(&f, NULL));
	CU_ASSERT_EQUAL(f.type, type);
	CU_ASSERT_EQUAL(f.id, id);
}

static void expect_nothing(void)
{
	CU_ASSERT_EQUAL(taken, guest.count);
}

static void say_frame(struct probe *from, struct agent_frame *f, const void *data, uint32_t len)
{
	static const uint8_t host[] = AGENT_HOST;
	static uint8_t buf[sizeof(*f) + AGENT_CHUNK + 64];

	memcpy(f->to, host, sizeof(host));
	agent_mac(NODE, f->from);
	memcpy(buf, f, sizeof(*f));
	if (len)
		memcpy(buf + sizeof(*f), data, len);
	probe_input(from, buf, (uint32_t)sizeof(*f) + len);
	step();
}

static void say(uint8_t type, uint32_t id, uint64_t offset)
{
	struct agent_frame f;

	agent_frame_init(&f, type, type == AGENT_HELLO ? 0 : session, id);
	f.offset = offset;
	say_frame(&guest, &f, NULL, 0);
}

static struct agent_frame reply(uint32_t id, int status, uint64_t offset, uint64_t total)
{
	struct agent_frame f;

	agent_frame_init(&f, AGENT_REPLY, session, id);
	f.status = status;
	f.offset = offset;
	f.total = total;
	return f;
}

static void answer_piece(uint32_t id, int status, const void *data, uint32_t len, uint64_t offset,
			 uint64_t total)
{
	struct agent_frame f = reply(id, status, offset, total);

	f.length = len;
	say_frame(&guest, &f, data, len);
}

static void answer(uint32_t id, int status, const char *text)
{
	answer_piece(id, status, text, (uint32_t)strlen(text), 0, strlen(text));
}

/* A guest that has just started, up to the welcome. */
static void start(uint32_t nonce)
{
	struct agent_frame f = {0};

	say(AGENT_HELLO, nonce, 0);
	CU_ASSERT_FATAL(frame(&f, NULL));
	CU_ASSERT_EQUAL(f.type, AGENT_WELCOME);
	CU_ASSERT_EQUAL(f.id, nonce);
	CU_ASSERT_NOT_EQUAL(f.session, session);
	session = f.session;
}

static void start_up(uint32_t nonce)
{
	start(nonce);
	say(AGENT_UP, 0, 0);
}

static int file_of(const void *data, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	CU_ASSERT_EQUAL_FATAL(write(fd, data, len), (ssize_t)len);
	return fd;
}

static int exec(const char *command)
{
	return agent_exec(agent, NODE, command, NULL, done, NULL);
}

#endif
