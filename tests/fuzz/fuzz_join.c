// SPDX-License-Identifier: GPL-2.0
/*
 * What another switch says to a port that joins it (trunk:, daemon:, vde:): the answer with the
 * name of its data socket, in pieces, right or wrong; then frames, and its end. Nothing passes
 * before the answer is there.
 */
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "input.h"
#include "port_private.h"
#include "quiet.h"
#include "turn.h"

#define LATER 10 /* seconds: more than anybody waits before trying again */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __real_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);

static struct loop *loop;
static struct sw *sw;
static struct port *port, *other;
static char path[64];
static int listening = -1, control = -1, data_fd = -1;
static struct sockaddr_un own, theirs; /* names of data sockets: this side's, the port's */
static bool answered; /* the whole of an answer was sent, with a name that is one */
static unsigned int sent, came; /* bytes of the answer; frames behind the port */
static time_t ahead;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc = __real_clock_gettime(clock, ts);

	ts->tv_sec += ahead;
	return rc;
}

/* --- the port beside it ----------------------------------------------------- */

static int frame_came(struct port *p, const struct packet *packet)
{
	static uint8_t buf[PACKET_MAX];

	assert(packet->len >= ETH_HLEN && packet->len <= PACKET_MAX);
	packet_copy(packet, 0, buf, packet->len);
	came++;
	return 0;
}

static void no_close(struct port *p)
{
}

static const struct port_ops other_ops = {.kind = "other", .send = frame_came, .close = no_close};

static void turn(void)
{
	turn_loop(loop);
}

/* --- the other switch ------------------------------------------------------- */

static void hang_up(void)
{
	if (control >= 0)
		close(control);
	control = -1;
}

/* Who calls, and its request: version 3 of the old protocol, with the name of its data socket. */
static void hear(void)
{
	uint8_t request[512];
	uint32_t head[3];
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return;
	hang_up();
	control = fd;
	answered = false;
	sent = 0;
	n = recv(control, request, sizeof(request), MSG_DONTWAIT);
	assert(n >= (ssize_t)(sizeof(head) + sizeof(theirs)));
	memcpy(head, request, sizeof(head));
	memcpy(&theirs, request + sizeof(head), sizeof(theirs));
	assert(head[0] == 0xfeedface && head[1] == 3 && theirs.sun_family == AF_UNIX);
}

static void put(const void *bytes, size_t len)
{
	if (control < 0 || !len)
		return;
	if (send(control, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
		sent += (unsigned int)len;
}

/* The name as it should be, or with some bytes of it changed; all of it or the beginning. */
static void answer(struct input *in)
{
	struct sockaddr_un name = own;
	uint8_t how = take8(in);
	uint8_t *at = (uint8_t *)&name + (how & 1 ? take8(in) % sizeof(name) : 0);
	size_t room = (size_t)((uint8_t *)(&name + 1) - at), n = how & 1 ? take8(in) : 0;
	size_t len = how & 2 ? take8(in) % sizeof(name) : sizeof(name);

	take(in, at, n < room ? n : room);
	answered = answered || (!sent && control >= 0 && len == sizeof(name) &&
				!memcmp(&name, &own, sizeof(own)));
	put(&name, len);
}

static void answer_bytes(struct input *in)
{
	uint8_t buf[64];
	size_t n = take8(in) % (sizeof(buf) + 1);

	take(in, buf, n);
	put(buf, n);
}

/* From the socket that was named, or from somebody else's. */
static void frame(struct input *in)
{
	static uint8_t buf[PACKET_MAX + 64];
	uint8_t how = take8(in);
	size_t n = how & 1 ? take8(in) : how & 2 ? PACKET_MAX - 32 + take8(in) % 96 : take16(in);
	int stranger = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t rc;

	take(in, buf, 64);
	if (how & 8)
		memset(buf, 0xff, 6);
	rc = sendto(how & 4 ? stranger : data_fd, buf, n, MSG_DONTWAIT, (struct sockaddr *)&theirs,
		    port_unix_len(&theirs));
	/* The kernel keeps strangers out of a socket that is connected. */
	assert(rc < 0 || !(how & 4) || !port->up);
	close(stranger);
}

/* --- our switch ------------------------------------------------------------- */

/* Frames that leave by the port, until the other's socket is full. */
static void frame_out(struct input *in)
{
	static uint8_t buf[2000];
	size_t n = ETH_HLEN + take16(in) % (sizeof(buf) - ETH_HLEN);

	memset(buf, 0xff, 6);
	for (unsigned int i = take8(in) % 32; i; i--)
		port_input(other, buf, n, NULL);
	switch_flush(sw);
}

static void drain(void)
{
	static uint8_t buf[2000];

	while (recv(data_fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
}

static void one_thing(struct input *in)
{
	switch (take8(in) % 10) {
	case 0:
	case 1:
		answer(in);
		break;
	case 2:
		answer_bytes(in);
		break;
	case 3:
	case 4:
	case 5:
		frame(in);
		break;
	case 6:
		hang_up();
		break;
	case 7:
		ahead += LATER;
		break;
	case 8:
		frame_out(in);
		break;
	case 9:
		drain();
		break;
	}
}

/* --- all of it -------------------------------------------------------------- */

static void remove_path(void)
{
	unlink(path);
}

static void listen_once(void)
{
	struct sockaddr_un addr;

	if (listening >= 0)
		return;
	snprintf(path, sizeof(path), "/tmp/fuzz-join-%d", (int)getpid());
	unlink(path);
	atexit(remove_path);
	assert(port_unix_path(&addr, path) == 0);
	listening = port_unix_socket(SOCK_STREAM);
	assert(listening >= 0 && bind(listening, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	       listen(listening, 8) == 0);
	data_fd = port_unix_socket(SOCK_DGRAM);
	port_unix_abstract(&own);
	assert(data_fd >= 0 && bind(data_fd, (struct sockaddr *)&own, sizeof(own)) == 0);
}

static void begin(struct input *in)
{
	static const struct sw_config config;
	const port_create_fn create[] = {port_trunk_create, port_daemon_create, port_vde_create};
	char err[300] = "";

	loop = loop_new();
	sw = sw_new(loop, &config);
	assert(loop && sw);
	assert(port_add(&other, sw, &other_ops, NULL, "other") == 0);
	assert(create[take8(in) % 3](&port, sw, path, "far", err, sizeof(err)) == 0);
	answered = false;
	sent = came = 0;
	hear();
}

static void end(void)
{
	char text[200];

	port->ops->describe(port, text, sizeof(text));
	sw_free(sw);
	loop_free(loop);
	hear();
	hang_up();
	drain();
	ahead = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	bool is_up;
	uint64_t open;

	listen_once();
	open = fds_open();
	begin(&in);
	while (in.left) {
		unsigned int before = came;

		is_up = port->up;
		one_thing(&in);
		turn();
		/* A right answer, and that alone, lets frames through. */
		assert(came == before || is_up || port->up);
		assert(!port->up || sent >= sizeof(own));
		assert(!(answered && control >= 0 && sent == sizeof(own)) || port->up);
		hear();
	}
	end();
	assert(fds_open() == open);
	return 0;
}
