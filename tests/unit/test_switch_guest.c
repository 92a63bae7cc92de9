// SPDX-License-Identifier: GPL-2.0
/* A guest's port whose front-end or rings break: it goes, and the switch goes on. */
#include "send_fd.h"
#include "suite.h"
#include "switch_rig.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include "port_guest.h"
#include "vhost_proto.h"

#define MEM 65536
#define USER 0x7000000000ULL
#define NUM 8
#define RING(n) (16384ULL * (n)) /* descriptors; avail and used behind them */
#define AVAIL(n) (RING(n) + 4096)
#define USED(n) (RING(n) + 8192)

static struct loop *loop;
static struct sw *sw;
static struct probe other;
static char *mem;
static int session, kick[2][2]; /* pipes: for reading, for writing */

static void say(uint32_t request, const void *body, uint32_t size, int fd)
{
	struct vhost_header h = {.request = request, .flags = VHOST_FLAG_VERSION, .size = size};
	struct iovec iov[2] = {{&h, sizeof(h)}, {(void *)body, size}};

	CU_ASSERT_EQUAL(send_fd(session, iov, 2, fd, 0), (ssize_t)(sizeof(h) + size));
}

static void say_ring(unsigned int n)
{
	struct vhost_vring_state state = {n, NUM};
	struct vhost_vring_addr addr = {
		.index = n,
		.desc = USER + RING(n),
		.avail = USER + AVAIL(n),
		.used = USER + USED(n),
	};
	uint64_t index = n;

	CU_ASSERT_EQUAL_FATAL(pipe(kick[n]), 0);
	say(VHOST_SET_VRING_NUM, &state, sizeof(state), -1);
	say(VHOST_SET_VRING_ADDR, &addr, sizeof(addr), -1);
	say(VHOST_SET_VRING_KICK, &index, sizeof(index), kick[n][0]);
	close(kick[n][0]);
}

static bool is_ready(void *arg)
{
	struct port *port = port_find(sw, "guest2");
	char text[128] = "";

	if (port)
		port->ops->describe(port, text, sizeof(text));
	return strstr(text, "ready");
}

static bool is_gone(void *arg)
{
	return !port_find(sw, "guest2");
}

/* A front-end that does all it should, and a station. */
static void begin(void)
{
	static const struct sw_config config;
	struct vhost_memory table = {.nregions = 1, .region = {{0, MEM, USER, 0}}};
	uint64_t features = VIRTIO_F_VERSION_1;
	int pair[2], fd = memfd_create("guest", MFD_CLOEXEC);

	CU_ASSERT_TRUE_FATAL(fd >= 0 && ftruncate(fd, MEM) == 0);
	mem = mmap(NULL, MEM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CU_ASSERT_PTR_NOT_EQUAL_FATAL(mem, MAP_FAILED);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	loop = loop_new();
	sw = sw_new(loop, &config);
	probe_add(&other, sw);
	CU_ASSERT_EQUAL_FATAL(port_guest_add(sw, pair[0], NULL), 0);
	session = pair[1];
	say(VHOST_SET_FEATURES, &features, sizeof(features), -1);
	say(VHOST_SET_MEM_TABLE, &table, 8 + sizeof(table.region[0]), fd);
	close(fd);
	say_ring(0);
	say_ring(1);
	CU_ASSERT_TRUE_FATAL(rig_until(loop, is_ready, NULL));
	rig_for_ms(loop, 20); /* what the switch does at the beginning is done */
}

static void end(void)
{
	sw_free(sw);
	loop_free(loop);
	close(session);
	close(kick[0][1]);
	close(kick[1][1]);
	munmap(mem, MEM);
}

/* The ring for frames to the guest, which nobody looks at but for a frame. */
static void test_bad_ring(void)
{
	uint8_t frame[64];

	begin();
	((uint16_t *)(mem + AVAIL(0)))[1] = 9999;
	rig_frame(frame, sizeof(frame), 1);
	probe_input(&other, frame, sizeof(frame));
	CU_ASSERT_TRUE(rig_until(loop, is_gone, NULL));
	end();
}

/* What comes by a kick descriptor is not read; one at its end ends the port. */
static void test_dead_kick(void)
{
	unsigned int n;

	for (n = 0; n < 2; n++) {
		begin();
		CU_ASSERT_EQUAL(write(kick[n][1], "12345678", 8), 8);
		rig_for_ms(loop, 20);
		CU_ASSERT_TRUE(is_ready(NULL));
		close(kick[n][1]);
		CU_ASSERT_TRUE(rig_until(loop, is_gone, NULL));
		kick[n][1] = -1;
		end();
	}
}

/* One that nobody can wait for. */
static void test_file_kick(void)
{
	uint64_t n;

	for (n = 0; n < 2; n++) {
		int file = memfd_create("no kick", MFD_CLOEXEC);

		begin();
		say(VHOST_SET_VRING_KICK, &n, sizeof(n), file);
		CU_ASSERT_TRUE(rig_until(loop, is_gone, NULL));
		close(file);
		end();
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"a ring that makes no sense", test_bad_ring},
		{"kicks that never end", test_dead_kick},
		{"kicks that are none", test_file_kick},
		CU_TEST_INFO_NULL,
	};

	return run_suite("guests' ports", NULL, NULL, tests);
}
