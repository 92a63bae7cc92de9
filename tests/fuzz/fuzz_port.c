// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's card at the switch: rings that are broken or not, headers of frames that claim this
 * and that, beside a port that takes what guests send as it is and one for which everything is
 * done. The first byte chooses features, VLANs, and whether somebody leads the guest's time.
 */
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include "../unit/send_fd.h"
#include "input.h"
#include "offload.h"
#include "port_guest.h"
#include "quiet.h"
#include "vhost_proto.h"
#include "turn.h"

#define MEM 65536
#define USER 0x7000000000ULL
#define NUM 8
#define RING(n) (16384ULL * (n)) /* descriptors; avail and used behind them */
#define AVAIL(n) (RING(n) + 4096)
#define USED(n) (RING(n) + 8192)
#define BUFFERS 32768 /* where frames lie */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

static struct loop *loop;
static struct sw *sw;
static struct port *guest; /* NULL: it is gone */
static char *mem;
static int memory = -1, session, kick[2];
static bool is_led;
static volatile uint8_t sum;

/* --- the ports beside it ---------------------------------------------------- */

static void look_at_bytes(const struct packet *p)
{
	static uint8_t buf[PACKET_MAX];

	assert(p->len >= ETH_HLEN && p->len <= PACKET_MAX);
	assert(p->head_len == (p->len < PACKET_HEAD ? p->len : PACKET_HEAD));
	packet_copy(p, 0, buf, p->len);
	for (uint32_t i = 0; i < p->len; i++)
		sum = (uint8_t)(sum + buf[i]);
}

/* Large packets come as the guest sent them, and make sense. */
static int takes_all(struct port *port, const struct packet *p)
{
	look_at_bytes(p);
	assert(!(p->meta.flags & META_NEEDS_CSUM) ||
	       p->meta.csum_start + p->meta.csum_offset + 2u <= p->len);
	return 0;
}

/* Nothing is left to be done. */
static int takes_little(struct port *port, const struct packet *p)
{
	look_at_bytes(p);
	assert(p->meta.gso_type == META_GSO_NONE && !(p->meta.flags & META_NEEDS_CSUM));
	return 0;
}

static void no_close(struct port *port)
{
}

static const struct port_ops able = {
	.kind = "able",
	.takes_large = true,
	.takes_csum = true,
	.send = takes_all,
	.close = no_close,
};
static const struct port_ops plain = {.kind = "plain", .send = takes_little, .close = no_close};

static void on_goes(void *arg, struct port *port)
{
	if (port == guest)
		guest = NULL;
}

static void on_interrupt(void *arg)
{
}

/* --- the front-end ---------------------------------------------------------- */

static void say(uint32_t request, const void *body, uint32_t size, int fd)
{
	struct vhost_header h = {.request = request, .flags = VHOST_FLAG_VERSION, .size = size};
	struct iovec iov[2] = {{&h, sizeof(h)}, {(void *)body, size}};

	if (send_fd(session, iov, 2, fd, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* the port is gone */
}

static void say_ring(uint32_t n)
{
	struct vhost_vring_state state = {n, NUM};
	struct vhost_vring_addr addr = {
		.index = n,
		.desc = USER + RING(n),
		.avail = USER + AVAIL(n),
		.used = USER + USED(n),
	};
	uint64_t index = n;

	say(VHOST_SET_VRING_NUM, &state, sizeof(state), -1);
	say(VHOST_SET_VRING_ADDR, &addr, sizeof(addr), -1);
	say(VHOST_SET_VRING_KICK, &index, sizeof(index), kick[n]);
}

static uint64_t features(uint8_t how)
{
	uint64_t f = VIRTIO_F_INDIRECT_DESC;

	f |= how & 1 ? 0 : VIRTIO_F_VERSION_1;
	f |= how & 2 ? VIRTIO_NET_F_MRG_RXBUF : 0;
	f |= how & 4 ? VIRTIO_NET_F_GUEST_CSUM : 0;
	f |= how & 8 ? VIRTIO_NET_F_GUEST_TSO4 | VIRTIO_NET_F_GUEST_TSO6 : 0;
	f |= how & 16 && !is_led ? VIRTIO_F_EVENT_IDX : 0;
	return f;
}

static void turn(void)
{
	turn_loop(loop);
}

static void set_up(uint8_t how)
{
	struct vhost_memory table = {.nregions = 1, .region = {{0, MEM, USER, 0}}};
	uint64_t f = features(how);

	say(VHOST_SET_FEATURES, &f, sizeof(f), -1);
	say(VHOST_SET_MEM_TABLE, &table, 8 + sizeof(table.region[0]), memory);
	say_ring(0);
	say_ring(1);
	turn();
	assert(guest && port_guest_ready(guest));
}

/* --- the guest -------------------------------------------------------------- */

/* A descriptor at the place that is next, or any other. */
static void put_desc(uint32_t ring, struct input *in)
{
	uint8_t how = take8(in);
	struct desc d = {
		.addr = BUFFERS + (take8(in) << 6),
		.len = take8(in),
		.flags = how & 1,
		.next = (how >> 1) & 7,
	};

	d.flags |= ring == 0 ? 2 : 0;
	if (how & 16)
		d.len <<= 6;
	if (how & 32)
		d.flags = take8(in);
	if (how & 64)
		d.addr = take32(in);
	memcpy(mem + RING(ring) + sizeof(d) * (how >> 5 & 4 ? take8(in) % 64 : how & 7), &d,
	       sizeof(d));
}

/* A buffer of one piece, made available: what a driver does most. */
static void put_buffer(uint32_t ring, struct input *in)
{
	uint16_t *avail = (uint16_t *)(mem + AVAIL(ring));
	uint16_t at = avail[1] % NUM;
	struct desc d = {
		.addr = BUFFERS + (take8(in) << 6),
		.len = take16(in) % 8192,
		.flags = ring == 0 ? 2 : 0,
	};

	memcpy(mem + RING(ring) + sizeof(d) * at, &d, sizeof(d));
	avail[2 + at] = at;
	avail[1]++;
}

/* Header, addresses, type and a bit of IP, all of which a guest may claim. */
static void put_frame(struct input *in)
{
	static const uint8_t macs[3][6] = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
	char *at = mem + BUFFERS + (take8(in) << 6);
	uint8_t how = take8(in);

	if (how & 1)
		take(in, at, 12);
	at += how & 2 ? 10 : 12;
	memcpy(at, macs[how >> 2 & 1], 6);
	memcpy(at + 6, macs[1 + (how >> 3 & 1)], 6);
	at += 12;
	if (how & 16) {
		at[0] = (char)0x81;
		at[1] = 0;
		at[2] = (char)(take8(in) & 0xef);
		at[3] = (char)take8(in);
		at += 4;
	}
	at[0] = how & 32 ? 0x08 : (char)0x86;
	at[1] = how & 32 ? 0 : (char)0xdd;
	at[2] = how & 32 ? 0x45 : 0x60;
	if (how & 64)
		take(in, at + 2, take8(in) % 64);
}

static void put_bytes(struct input *in)
{
	size_t at = take16(in), n = take8(in) % 64;

	take(in, mem + at, at + n <= MEM ? n : MEM - at);
}

/* The indices, as far as they are the guest's. */
static void put_index(uint32_t ring, struct input *in)
{
	uint16_t *avail = (uint16_t *)(mem + AVAIL(ring));
	uint8_t how = take8(in);

	if (how < 128)
		avail[1] = (uint16_t)(avail[1] + how % 9);
	else if (how < 192)
		avail[2 + how % NUM] = take8(in) % 9;
	else if (how < 224)
		avail[2 + NUM] = take8(in); /* used_event */
	else
		avail[how & 1] = take16(in);
}

static void kicked(uint32_t ring, struct input *in)
{
	const uint16_t *avail = (uint16_t *)(mem + AVAIL(ring));
	uint8_t how = take8(in);
	uint64_t one = 1;

	if (!is_led) {
		assert(write(kick[ring], &one, sizeof(one)) == sizeof(one));
		return;
	}
	if (port_guest_kicked(guest, ring, how & 128 ? take16(in) : avail[1]) == 0)
		switch_flush(sw);
}

/* A frame for the guest, from the port that can do all. */
static void frame_for_it(struct input *in)
{
	static uint8_t data[9000];
	struct iovec iov = {data, 14 + take16(in) % (sizeof(data) - 14)};
	struct packet_meta meta = {0};
	struct packet p;

	memset(data, 0xff, 6);
	take(in, data + 6, 32);
	if (take8(in) & 1)
		meta = (struct packet_meta){
			.flags = META_NEEDS_CSUM,
			.csum_start = take8(in),
			.csum_offset = take8(in),
		};
	assert(packet_init(&p, &iov, 1, (uint32_t)iov.iov_len, &meta) == 0);
	if (meta.flags && !offload_valid(&p))
		return;
	switch_input(port_find(sw, "able"), &p);
	switch_flush(sw);
}

static void one_thing(struct input *in)
{
	uint8_t what = take8(in);
	uint32_t ring = what >> 7;

	switch (what % 10) {
	case 0:
		put_desc(ring, in);
		break;
	case 1:
	case 2:
		put_buffer(ring, in);
		break;
	case 3:
		put_frame(in);
		break;
	case 4:
		put_bytes(in);
		break;
	case 5:
		put_index(ring, in);
		break;
	case 6:
	case 7:
		kicked(ring, in);
		break;
	case 8:
		frame_for_it(in);
		break;
	case 9:
		set_up(take8(in));
		break;
	}
}

/* --- all of it -------------------------------------------------------------- */

static void vlan_choose(struct port *port, uint8_t how)
{
	struct port_vlan v = {.mode = how % 3, .vlan = how >> 2 & 3};

	memset(v.allowed, how & 16 ? 0xff : 0x05, sizeof(v.allowed));
	if (port_set_vlan(port, &v))
		assert(v.mode == PORT_VLAN_ACCESS && !v.vlan);
}

static void memory_make(void)
{
	if (memory >= 0) {
		memset(mem, 0, MEM);
		return;
	}
	memory = memfd_create("guest", MFD_CLOEXEC);
	assert(memory >= 0 && ftruncate(memory, MEM) == 0);
	mem = mmap(NULL, MEM, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	assert(mem != MAP_FAILED);
	assert((kick[0] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) >= 0);
	assert((kick[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) >= 0);
}

static void begin(struct input *in)
{
	static const struct sw_events events = {.port_goes = on_goes};
	const struct sw_config config = {.events = &events};
	struct port_guest_leader leader = {.interrupt = on_interrupt};
	struct port *port;
	uint8_t how = take8(in);
	int pair[2];

	is_led = how & 128;
	if (!is_led)
		leader.interrupt = NULL;
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	session = pair[1];
	loop = loop_new();
	sw = sw_new(loop, &config);
	assert(port_add(&port, sw, &able, NULL, "able") == 0);
	vlan_choose(port, how & 64 ? take8(in) : 0);
	assert(port_add(&port, sw, &plain, NULL, "plain") == 0);
	vlan_choose(port, how & 64 ? take8(in) : 0);
	assert(port_guest_add_led(&guest, sw, pair[0], NULL, &leader) == 0);
	vlan_choose(guest, how & 64 ? take8(in) : 0);
	set_up(how);
}

static void end(void)
{
	char text[128];

	if (guest)
		guest->ops->describe(guest, text, sizeof(text));
	sw_free(sw);
	loop_free(loop);
	close(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint64_t open;

	memory_make();
	open = fds_open();
	begin(&in);
	while (in.left && guest) {
		one_thing(&in);
		turn();
	}
	end();
	assert(fds_open() == open);
	return 0;
}
