// SPDX-License-Identifier: GPL-2.0
/*
 * What guests' agents say to the host: frames, and what they make of requests that wait. Each record
 * of the input is a byte that says what happens, a byte of length, and that many bytes. Fields that
 * a guest would have to get right are put right in most frames.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "agent_private.h"

#define NODE 3
#define FILE_BYTES 100000

static struct agent *agent;
static unsigned int outstanding, asked;

static void way_send(struct agent *a, unsigned int node, struct agent_frame *head, const void *data,
		     uint32_t len)
{
	uint8_t frame[sizeof(*head) + AGENT_CHUNK];
	struct agent_frame f;

	if (node != NODE || len > AGENT_CHUNK)
		abort();
	head->length = len;
	memcpy(frame, head, sizeof(*head));
	if (len)
		memcpy(frame + sizeof(*head), data, len);
	/* What we send holds to the rules ourselves. */
	if (!agent_frame_read(&f, frame, sizeof(*head) + len))
		abort();
}

static void way_wake(struct agent *a)
{
}

static const struct agent_way way = {.send = way_send, .wake = way_wake};

static void done(void *arg, const struct agent_result *r)
{
	if (!outstanding-- || r->len > AGENT_OUTPUT_MAX || r->output[r->len] || r->status < -4095 ||
	    r->status > 0xffff)
		abort();
	/* Some ask for more from here. */
	if (arg && asked++ < 64 && !agent_exec(agent, NODE, "again", NULL, done, arg))
		outstanding++;
}

static int file(void)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, FILE_BYTES))
		abort();
	return fd;
}

static bool output(void *arg, const char *data, size_t len)
{
	static size_t sum;

	(void)arg;
	for (; len; len--)
		sum += (uint8_t)*data++;
	return sum & 1;
}

static void ask(uint8_t what)
{
	int fd = -1, rc;

	if (asked++ > 64)
		return;
	switch (what % 7) {
	case 0:
		rc = agent_exec(agent, NODE, "x", NULL, done, what & 0x80 ? &outstanding : NULL);
		break;
	case 1:
		rc = agent_setup(agent, NODE, "hostname a\n", done, NULL);
		break;
	case 2:
		fd = file();
		rc = agent_put(agent, NODE, "/f", 0644, fd, done, NULL);
		break;
	case 3:
		fd = file();
		rc = agent_get(agent, NODE, "/f", FILE_BYTES, fd, done, NULL);
		break;
	case 4:
		rc = agent_end(agent, NODE, done, NULL);
		break;
	case 5:
		rc = agent_reboot(agent, NODE, done, NULL);
		break;
	default:
		rc = agent_stream(agent, NODE, "x", output, done, NULL);
	}
	if (!rc)
		outstanding++;
	else if (fd >= 0)
		close(fd);
}

/* The bytes as a frame; `right` says which fields are put right. */
static void frame(const uint8_t *data, size_t len, uint8_t right)
{
	static uint8_t buf[sizeof(struct agent_frame) + AGENT_CHUNK];
	const struct node *n = &agent->node[NODE];
	struct agent_frame good, f = {0};
	size_t size;

	agent_frame_init(&good, 0, n->session, n->active.first ? n->active.first->id : 1);
	memcpy(&f.magic, data, len < sizeof(f) - 14 ? len : sizeof(f) - 14);
	f.ethertype = good.ethertype;
	if (right & 1) {
		f.magic = good.magic;
		f.version = good.version;
		f.type = f.type % AGENT_TYPES;
		f.length %= AGENT_CHUNK + 1;
	}
	if (right & 2)
		f.session = good.session;
	if (right & 4)
		f.id = good.id;
	if (right & 8) { /* a piece that fits */
		f.type = f.type & 1 ? AGENT_REPLY : f.type & 2 ? AGENT_ACK : AGENT_OUTPUT;
		f.offset = f.type == AGENT_ACK      ? (n->sending ? n->sending->send.sent : 0)
			   : !n->active.first       ? 0
			   : f.type == AGENT_OUTPUT ? n->active.first->streamed
						    : n->active.first->receive.received;
		f.total %= 40000;
		f.length = f.type == AGENT_ACK ? 0 : f.length % 20000;
	}
	memcpy(buf, &f, sizeof(f));
	size = sizeof(f) + (f.length <= AGENT_CHUNK ? f.length : 0);
	agent_receive(agent, NODE, buf, right & 16 ? size - 1 : size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	agent = calloc(1, sizeof(*agent));
	if (!agent)
		abort();
	agent->way = &way;
	agent->dirty_first = AGENT_NODES_MAX;
	outstanding = asked = 0;
	if (agent_node_add(agent, NODE))
		abort();
	while (size > 2) {
		size_t len = data[1] < size - 2 ? data[1] : size - 2;
		uint8_t what = data[0];

		if (what < 0x40 && len)
			ask(data[2]);
		else if (what == 0x40)
			agent_node_reset(agent, NODE);
		else if (what == 0x41)
			agent_node_gone(agent, NODE);
		else if (what < 0x60)
			agent_work(agent);
		else
			frame(data + 2, len, what & 0x1f);
		data += len + 2;
		size -= len + 2;
	}
	agent_node_gone(agent, NODE);
	/* Every request had its answer. */
	if (outstanding)
		abort();
	free(agent);
	return 0;
}
