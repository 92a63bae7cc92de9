// SPDX-License-Identifier: GPL-2.0
/*
 * The switch as a whole, with ports whose devices are lists in memory and a clock that the test
 * moves: learning, flooding, ageing, VLANs, queues, cables, what is counted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "suite.h"
#include "switch.h"

#define PORTS 6

struct device {
	unsigned int frames; /* that came out of the port */
	unsigned int flushes;
	unsigned int room; /* frames that it still takes */
	char last[2048];
	uint32_t last_len;
	int closed;
};

static struct loop *loop;
static struct sw *sw;
static struct device dev[PORTS];
static struct port *port[PORTS];

static int dev_send(struct port *p, const struct packet *pk)
{
	struct device *d = p->arg;

	if (!d->room)
		return -EAGAIN;
	d->room--;
	d->frames++;
	d->last_len = pk->len;
	packet_copy(pk, 0, d->last, pk->len < sizeof(d->last) ? pk->len : sizeof(d->last));
	return 0;
}

static void dev_flush(struct port *p)
{
	((struct device *)p->arg)->flushes++;
}

static void dev_close(struct port *p)
{
	((struct device *)p->arg)->closed++;
}

static const struct port_ops ops = {
	.kind = "test",
	.send = dev_send,
	.flush = dev_flush,
	.close = dev_close,
};

static void begin(const struct sw_config *config)
{
	struct sw_config c = config ? *config : (struct sw_config){0};
	unsigned int i;

	c.own_time = true;
	sw = sw_new(loop, &c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sw);
	memset(dev, 0, sizeof(dev));
	for (i = 0; i < PORTS; i++) {
		dev[i].room = 1000000;
		CU_ASSERT_EQUAL_FATAL(port_add(&port[i], sw, &ops, &dev[i], NULL), 0);
	}
}

static void end(void)
{
	unsigned int i;

	sw_free(sw);
	for (i = 0; i < PORTS; i++)
		CU_ASSERT_EQUAL(dev[i].closed, 1);
}

/* A frame from address `src` to `dst` (0: broadcast), with a tag where tag is not 0. */
static void say(unsigned int from, unsigned int src, unsigned int dst, unsigned int tag)
{
	uint8_t f[64] = {0};
	struct iovec iov = {f, sizeof(f)};
	struct packet p;

	if (dst)
		f[0] = 2, f[4] = (uint8_t)(dst >> 8), f[5] = (uint8_t)dst;
	else
		memset(f, 0xff, 6);
	f[6] = 2;
	f[10] = (uint8_t)(src >> 8);
	f[11] = (uint8_t)src;
	if (tag) {
		f[12] = 0x81;
		f[14] = (uint8_t)(tag >> 8);
		f[15] = (uint8_t)tag;
		f[16] = 0x08;
	} else {
		f[12] = 0x08;
	}
	packet_init(&p, &iov, 1, sizeof(f), NULL);
	switch_input(port[from], &p);
	switch_flush(sw);
}

/* Who got frames since the last call, a digit for each port. */
static const char *heard(void)
{
	static char text[PORTS + 1];
	unsigned int i;

	for (i = 0; i < PORTS; i++) {
		text[i] = (char)('0' + dev[i].frames);
		dev[i].frames = 0;
	}
	return text;
}

static void test_learning(void)
{
	unsigned int i;

	begin(NULL);
	say(0, 10, 11, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "011111"); /* nobody knows 11 */
	say(1, 11, 10, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "100000");
	say(0, 10, 11, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "010000");
	say(0, 10, 0, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "011111");
	say(2, 10, 0, 0); /* 10 has moved */
	heard();
	say(1, 11, 10, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "001000");
	say(2, 12, 10, 0); /* where it came from */
	CU_ASSERT_STRING_EQUAL(heard(), "000000");
	CU_ASSERT_EQUAL(port[2]->stats.rx_drop[PORT_DROP_SELF], 1);
	/* Silence for longer than the age. */
	calendar_run(sw_calendar(sw), 301000000000ULL, 0);
	say(1, 11, 10, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "101111");
	/* More addresses than there is room for: bounded, and the switch goes on. */
	for (i = 0; i < SWITCH_MACS_MAX + 500; i++)
		say(3, i + 100, 0, 0);
	CU_ASSERT_EQUAL(sw_macs_count(sw), SWITCH_MACS_MAX);
	memset(dev, 0, sizeof(dev));
	for (i = 0; i < PORTS; i++)
		dev[i].room = 100;
	say(0, 20, SWITCH_MACS_MAX + 599, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "000100");
	sw_macs_forget(sw, port[3]);
	say(0, 20, SWITCH_MACS_MAX + 599, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "011111");
	end();
}

static void test_hub(void)
{
	struct sw_config c = {.hub = true};

	begin(&c);
	say(1, 11, 0, 0);
	heard();
	say(0, 10, 11, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "011111");
	CU_ASSERT_EQUAL(sw_macs_count(sw), 0);
	end();
}

static void vlan(unsigned int p, enum port_vlan_mode mode, uint16_t n, unsigned int a,
		 unsigned int b)
{
	struct port_vlan v = {.mode = mode, .vlan = n};

	if (a)
		v.allowed[a / 8] |= (uint8_t)(1 << a % 8);
	if (b)
		v.allowed[b / 8] |= (uint8_t)(1 << b % 8);
	CU_ASSERT_EQUAL(port_set_vlan(port[p], &v), 0);
}

static void test_vlans(void)
{
	struct port_vlan wrong = {.mode = PORT_VLAN_ACCESS, .vlan = 4095};

	begin(NULL);
	CU_ASSERT_EQUAL(port_set_vlan(port[0], &wrong), -EINVAL);
	vlan(0, PORT_VLAN_ACCESS, 10, 0, 0);
	vlan(1, PORT_VLAN_ACCESS, 10, 0, 0);
	vlan(2, PORT_VLAN_ACCESS, 20, 0, 0);
	vlan(3, PORT_VLAN_TRUNK, 0, 10, 20);
	vlan(4, PORT_VLAN_TRUNK, 20, 10, 0);
	/* Port 5 has no VLANs. */
	say(0, 10, 0, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "010110");
	CU_ASSERT_EQUAL(dev[1].last_len, 64);
	CU_ASSERT_EQUAL(dev[3].last_len, 68);
	CU_ASSERT_EQUAL(memcmp(dev[3].last + 12, "\x81\0\0\12\x08\0", 6), 0);
	say(2, 20, 0, 0); /* native on port 4 */
	CU_ASSERT_STRING_EQUAL(heard(), "000110");
	CU_ASSERT_EQUAL(dev[4].last_len, 64);
	CU_ASSERT_EQUAL(dev[3].last_len, 68);
	say(3, 30, 0, 20);
	CU_ASSERT_STRING_EQUAL(heard(), "001010");
	CU_ASSERT_EQUAL(dev[2].last_len, 60);
	say(3, 31, 10, 10); /* learned in its VLAN */
	CU_ASSERT_STRING_EQUAL(heard(), "100000");
	say(3, 31, 10, 20); /* and not known in another */
	CU_ASSERT_STRING_EQUAL(heard(), "001010");
	say(3, 31, 0, 30);
	CU_ASSERT_STRING_EQUAL(heard(), "000000");
	say(3, 31, 0, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "000000");
	say(0, 10, 0, 10); /* an access port takes no tags */
	CU_ASSERT_STRING_EQUAL(heard(), "000000");
	CU_ASSERT_EQUAL(port[0]->stats.rx_drop[PORT_DROP_VLAN], 1);
	CU_ASSERT_EQUAL(port[3]->stats.rx_drop[PORT_DROP_VLAN], 2);
	/* Ports without VLANs are a network of their own, in which tags pass. */
	vlan(4, PORT_VLAN_NONE, 0, 0, 0);
	say(5, 50, 0, 77);
	CU_ASSERT_STRING_EQUAL(heard(), "000010");
	CU_ASSERT_EQUAL(memcmp(dev[4].last + 12, "\x81\0\0\x4d", 4), 0);
	end();
}

static void test_queues(void)
{
	struct sw_config c = {.queue_frames = 5};
	unsigned int i;

	begin(&c);
	say(1, 11, 0, 0);
	heard();
	dev[1].room = 2;
	for (i = 0; i < 10; i++)
		say(0, 10, 11, 0);
	CU_ASSERT_EQUAL(dev[1].frames, 2);
	CU_ASSERT_EQUAL(port[1]->queue_frames, 5);
	CU_ASSERT_TRUE(port_queue_full(port[1]));
	CU_ASSERT_EQUAL(port[1]->stats.tx_drop[PORT_DROP_QUEUE], 3);
	dev[1].room = 3;
	port_writable(port[1]);
	CU_ASSERT_EQUAL(dev[1].frames, 5);
	/* What came first goes first: a new one does not overtake those that wait. */
	dev[1].room = 0;
	say(0, 10, 11, 0);
	dev[1].room = 100;
	port_writable(port[1]);
	CU_ASSERT_EQUAL(dev[1].frames, 8);
	CU_ASSERT_EQUAL(port[1]->queue_frames, 0);
	CU_ASSERT_EQUAL(sw_pool(sw)->used, 0);
	/* A flood with a port that is stuck: each has a copy of its own. */
	dev[2].room = dev[3].room = 0;
	say(0, 10, 0, 0);
	CU_ASSERT(port[2]->queue_frames == 1 && port[3]->queue_frames == 1);
	port_remove(port[2]);
	dev[3].room = 1;
	port_writable(port[3]);
	CU_ASSERT_EQUAL(dev[3].last_len, 64);
	CU_ASSERT_EQUAL(sw_pool(sw)->used, 0);
	end();
}

static void test_cables(void)
{
	uint8_t tiny[13] = {0};
	struct iovec iov = {tiny, sizeof(tiny)};
	struct packet p;
	unsigned int before;

	begin(NULL);
	say(1, 11, 0, 0);
	heard();
	port_set_up(port[1], false);
	say(0, 10, 11, 0); /* forgotten, and port 1 hears nothing */
	CU_ASSERT_STRING_EQUAL(heard(), "001111");
	CU_ASSERT_EQUAL(port[1]->stats.tx_drop[PORT_DROP_DOWN], 1);
	say(1, 11, 0, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "000000");
	CU_ASSERT_EQUAL(port[1]->stats.rx_drop[PORT_DROP_DOWN], 1);
	port_set_up(port[1], true);
	port[4]->blocked = true;
	say(1, 11, 0, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "101101");
	packet_init(&p, &iov, 1, sizeof(tiny), NULL);
	switch_input(port[0], &p);
	CU_ASSERT_EQUAL(port[0]->stats.rx_drop[PORT_DROP_RUNT], 1);
	/* Devices are told once for many frames. */
	before = dev[3].flushes;
	say(1, 11, 0, 0);
	CU_ASSERT_EQUAL(dev[3].flushes, before + 1);
	end();
}

/* Every size that a frame can have, and some that it cannot. */
static void test_sizes(void)
{
	static uint8_t f[PACKET_MAX + 8];
	struct iovec iov[2] = {{f, 5}, {f + 5, sizeof(f) - 5}};
	struct packet p;
	uint32_t len;

	begin(NULL);
	memset(f, 0xff, 6);
	f[6] = 2;
	for (len = 0; len <= sizeof(f); len++) {
		int err = packet_init(&p, iov, 2, len, NULL);

		if (len > PACKET_MAX) {
			CU_ASSERT_EQUAL(err, -EMSGSIZE);
			continue;
		}
		f[len ? len - 1 : 0] ^= 0x55; /* or the destination of a runt, which nobody gets */
		packet_init(&p, iov, 2, len, NULL);
		dev[1].frames = 0;
		dev[1].room = 1;
		switch_input(port[0], &p);
		f[len ? len - 1 : 0] ^= 0x55;
		if (len < ETH_HLEN) {
			CU_ASSERT_EQUAL(dev[1].frames, 0);
		} else if (dev[1].frames != 1 || dev[1].last_len != len) {
			CU_FAIL("a frame got lost or cut");
			break;
		}
	}
	CU_ASSERT_EQUAL(port[0]->stats.rx_drop[PORT_DROP_RUNT], ETH_HLEN);
	end();
}

static void test_names(void)
{
	static struct device other;
	struct port *p;

	begin(NULL);
	CU_ASSERT_STRING_EQUAL(port[0]->name, "test1");
	CU_ASSERT_EQUAL(port_add(&p, sw, &ops, &other, "test1"), -EEXIST);
	CU_ASSERT_EQUAL(port_add(&p, sw, &ops, &other, "a b"), -EINVAL);
	CU_ASSERT_EQUAL(port_add(&p, sw, &ops, &other, ""), -EINVAL);
	CU_ASSERT_EQUAL(port_rename(port[0], "test2"), -EEXIST);
	CU_ASSERT_EQUAL(port_rename(port[0], "web.eth0"), 0);
	CU_ASSERT_PTR_EQUAL(port_find(sw, "web.eth0"), port[0]);
	CU_ASSERT_PTR_NULL(port_find(sw, "test1"));
	/* A number that is free is used again. */
	port_remove(port[1]);
	CU_ASSERT_EQUAL(port_add(&p, sw, &ops, &other, NULL), 0);
	CU_ASSERT_EQUAL(p->index, 2);
	end();
	CU_ASSERT_EQUAL(other.closed, 1);
}

/* A link between port and switch: delayed to the nanosecond, and its losses are told apart. */
static void test_links(void)
{
	struct link_spec spec = {0}, down = {.set = LINK_SET_STATE, .down = true};

	begin(NULL);
	spec.set = LINK_SET_DELAY;
	spec.delay_ns = 1234567;
	CU_ASSERT_EQUAL(port_set_link(port[0], true, &spec), 0);
	CU_ASSERT_EQUAL(port_set_link(port[1], false, &spec), 0);
	say(0, 10, 0, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "000000");
	calendar_run(sw_calendar(sw), 1234566, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "000000");
	calendar_run(sw_calendar(sw), 1234567, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "001111");
	calendar_run(sw_calendar(sw), 2469134, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "010000");
	port_set_link(port[1], false, &down);
	say(2, 12, 0, 0);
	calendar_run(sw_calendar(sw), 9000000, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "100111");
	CU_ASSERT_EQUAL(port[1]->stats.tx_drop[PORT_DROP_LINK], 1);
	CU_ASSERT_EQUAL(link_stats(port[1]->out)->fate[LINK_DOWN], 1);
	/* A port that goes takes along what is on its way. */
	say(0, 10, 0, 0);
	port_remove(port[0]);
	calendar_run(sw_calendar(sw), 90000000, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "000000");
	CU_ASSERT_EQUAL(sw_pool(sw)->used, 0);
	end();
}

/* A link that does nothing counts where the owner wants it, whatever its queue would be. */
static void test_count_links(void)
{
	const struct sw_config counts = {.count_links = true};
	const struct link_spec none = {0};
	const struct link_spec codel = {.set = LINK_SET_QUEUE, .queue_kind = LINK_QUEUE_CODEL};
	unsigned int on;

	for (on = 0; on < 2; on++) {
		begin(on ? &counts : NULL);
		CU_ASSERT_EQUAL(port_set_link(port[0], true, &none), 0);
		CU_ASSERT_EQUAL(port_set_link(port[1], false, &codel), 0);
		say(0, 10, 0, 0);
		CU_ASSERT_STRING_EQUAL(heard(), "011111");
		CU_ASSERT_EQUAL(link_stats(port[0]->in)->delivered, on);
		CU_ASSERT_EQUAL(link_stats(port[1]->out)->delivered_bytes, on * 64);
		end();
	}
}

/* A tag that tells the priority only becomes the network's where that is tagged. */
static void test_priority(void)
{
	struct port_vlan access = {.mode = PORT_VLAN_ACCESS, .vlan = 10};
	struct port_vlan trunk = {.mode = PORT_VLAN_TRUNK};

	begin(NULL);
	trunk.allowed[10 / 8] |= 1 << 10 % 8;
	CU_ASSERT_EQUAL(port_set_vlan(port[0], &access), 0);
	CU_ASSERT_EQUAL(port_set_vlan(port[1], &trunk), 0);
	say(0, 10, 0, 0x6000);
	CU_ASSERT_STRING_EQUAL(heard(), "010000");
	CU_ASSERT_EQUAL(dev[1].last_len, 64);
	CU_ASSERT_EQUAL(memcmp(dev[1].last + 12, "\x81\x00\x60\x0a\x08\x00", 6), 0);
	end();
}

/* A cable that is pulled: what its links still hold goes nowhere, and no address is learned by it. */
static void test_pulled(void)
{
	struct link_spec spec = {.set = LINK_SET_DELAY, .delay_ns = 1000000};

	begin(NULL);
	CU_ASSERT_EQUAL_FATAL(port_set_link(port[1], false, &spec), 0);
	CU_ASSERT_EQUAL_FATAL(port_set_link(port[1], true, &spec), 0);
	say(0, 10, 0, 0);
	say(1, 11, 0, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "001111");
	port_set_up(port[1], false);
	calendar_run(sw_calendar(sw), 1000000, 0);
	CU_ASSERT_STRING_EQUAL(heard(), "000000");
	CU_ASSERT_EQUAL(port[1]->stats.tx_drop[PORT_DROP_DOWN], 1);
	CU_ASSERT_EQUAL(port[1]->stats.rx_drop[PORT_DROP_DOWN], 1);
	CU_ASSERT_EQUAL(sw_macs_count(sw), 1);
	end();
}

/* Named twice for one capture, a port is in it once. */
static void test_capture_once(void)
{
	struct capture_spec spec = {.path = "/dev/null"};
	struct capture *cap;
	char err[256];

	begin(NULL);
	CU_ASSERT_EQUAL_FATAL(capture_open(&cap, &spec, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(port_capture(port[0], cap), 0);
	CU_ASSERT_EQUAL(port_capture(port[0], cap), 0);
	say(0, 10, 0, 0);
	CU_ASSERT_EQUAL(capture_stats(cap)->frames, 1);
	port_capture_end(port[0], cap);
	CU_ASSERT_EQUAL(capture_close(cap), 0);
	end();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"learning and ageing", test_learning},
		{"hub", test_hub},
		{"VLANs", test_vlans},
		{"devices that are slow", test_queues},
		{"cables, runts, flushes", test_cables},
		{"every size", test_sizes},
		{"names", test_names},
		{"links", test_links},
		{"links that count", test_count_links},
		{"a tag of priority", test_priority},
		{"a cable that is pulled", test_pulled},
		{"a port named twice", test_capture_once},
		CU_TEST_INFO_NULL,
	};
	int failed;

	loop = loop_new();
	failed = run_suite("switch", NULL, NULL, tests);
	loop_free(loop);
	return failed;
}
