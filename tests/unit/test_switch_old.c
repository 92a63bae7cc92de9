// SPDX-License-Identifier: GPL-2.0
/* The old protocol: its requests, and clients over real sockets. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "port_old.h"
#include "suite.h"
#include "switch_rig.h"

static struct loop *loop;
static struct sw *sw;
static struct probe probe;
static struct old_server *srv;
static char dir[64], control[80], data_file[100];

/* --- requests --------------------------------------------------------------- */

static uint8_t req[512];

static void put32(size_t at, uint32_t v)
{
	memcpy(req + at, &v, 4);
}

static void put_address(size_t at, const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	memcpy(a.sun_path, path, strlen(path));
	memcpy(req + at, &a, sizeof(a));
}

static size_t build(unsigned int version)
{
	memset(req, 0x5a, sizeof(req));
	switch (version) {
	case 0:
		put32(0, 0);
		memcpy(req + 4, "\2\3\4\5\6\7", 6);
		put_address(10, "/v0");
		return 120;
	case 1:
		put32(0, OLD_MAGIC);
		put32(4, 0);
		memcpy(req + 8, "\2\3\4\5\6\7", 6);
		put_address(14, "/v1");
		return 124;
	default:
		put32(0, OLD_MAGIC);
		put32(4, version);
		put32(8, 0);
		put_address(12, "/v3");
		return 124;
	}
}

/* No beginning of a request is taken for one, and none is refused. */
static void check_beginnings(size_t least)
{
	struct old_request r;

	for (size_t n = 0; n < least; n++)
		CU_ASSERT_EQUAL(old_request_parse(&r, req, n), 0);
}

static void test_parse_good(void)
{
	struct old_request r;
	size_t n;

	n = build(0);
	check_beginnings(n);
	CU_ASSERT_EQUAL(old_request_parse(&r, req, n), 120);
	CU_ASSERT(r.version == 0 && !memcmp(r.mac, "\2\3\4\5\6\7", 6));
	CU_ASSERT_STRING_EQUAL((char *)r.data + 2, "/v0");
	n = build(1);
	check_beginnings(n);
	CU_ASSERT_EQUAL(old_request_parse(&r, req, n), 124);
	CU_ASSERT(r.version == 1 && !memcmp(r.mac, "\2\3\4\5\6\7", 6));
	CU_ASSERT_STRING_EQUAL((char *)r.data + 2, "/v1");
	n = build(3);
	check_beginnings(122);
	CU_ASSERT_EQUAL(old_request_parse(&r, req, n), 124);
	CU_ASSERT_EQUAL(r.version, 3);
	CU_ASSERT_STRING_EQUAL(r.description, "");
	CU_ASSERT_STRING_EQUAL((char *)r.data + 2, "/v3");
	/* Bytes behind those with a fixed size are told by what is used. */
	n = build(0);
	CU_ASSERT_EQUAL(old_request_parse(&r, req, n + 1), 120);
}

static void test_parse_vde(void)
{
	struct old_request r;

	build(3);
	CU_ASSERT_EQUAL(old_request_parse(&r, req, 122), 122);
	CU_ASSERT_STRING_EQUAL(r.description, "");
	memcpy(req + 122, "host\x1b[0m", 8);
	CU_ASSERT_EQUAL(old_request_parse(&r, req, 130), 130);
	CU_ASSERT_STRING_EQUAL(r.description, "host?[0m");
	memset(req + 122, 'x', 200);
	CU_ASSERT_EQUAL(old_request_parse(&r, req, 250), 250);
	CU_ASSERT_EQUAL(strlen(r.description), 128);
	CU_ASSERT_EQUAL(old_request_parse(&r, req, 251), 250);
	put32(8, 7 << 8); /* wishes for port 7 */
	CU_ASSERT_EQUAL(old_request_parse(&r, req, 122), 122);
}

static void test_parse_bad(void)
{
	static const struct {
		unsigned int version;
		size_t at;
		uint32_t value;
	} bad[] = {
		{3, 0, 0xfeedfacf}, {3, 0, 0xcefaedfe}, {3, 0, 1},     {3, 4, 2}, {3, 4, 4},
		{3, 4, UINT32_MAX}, {3, 8, 2},          {3, 8, 0x102}, {0, 8, 0}, {1, 14, 0},
	};
	struct old_request r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t n = build(bad[i].version);

		put32(bad[i].at, bad[i].value);
		if (bad[i].version == 0)
			put32(10, 0x10002); /* AF_INET */
		CU_ASSERT_EQUAL(old_request_parse(&r, req, n), -EPROTO);
	}
	build(3);
	memset(req + 14, 0, 108); /* a socket without a name cannot be sent to */
	CU_ASSERT_EQUAL(old_request_parse(&r, req, 124), -EPROTO);
}

/* --- clients ---------------------------------------------------------------- */

struct client {
	int control, data;
	struct sockaddr_un name, peer;
};

static int setup(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(dir, "/tmp/nestling-old-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	snprintf(control, sizeof(control), "%s/ctl", dir);
	snprintf(data_file, sizeof(data_file), "%s.data", control);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", control);
	/* Only its mode counts here. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || chmod(control, 0660))
		return 1;
	close(fd);
	if (rig_setup(&loop, &sw, &probe))
		return 1;
	srv = old_server_new(sw, control, NULL);
	return !srv;
}

static int teardown(void)
{
	old_server_free(srv);
	sw_free(sw);
	loop_free(loop);
	unlink(control);
	/* Fails if a data socket was left behind. */
	return rmdir(dir);
}

static unsigned int ports(void)
{
	unsigned int n = 0;

	for (struct port *p = port_first(sw); p; p = p->next)
		n++;
	return n;
}

static bool ports_are(void *arg)
{
	return ports() == (unsigned long)arg;
}

static bool count_is(void *arg)
{
	return probe.count >= (unsigned long)arg;
}

/* Of the client that came last. */
static struct port *last_port(void)
{
	struct port *p = port_first(sw);

	while (p->next)
		p = p->next;
	return p;
}

static void client_socket(struct client *c, const char *path)
{
	socklen_t len = sizeof(c->name);

	memset(&c->name, 0xa5, sizeof(c->name)); /* as old clients: not initialised */
	c->name.sun_family = AF_UNIX;
	if (path) {
		snprintf(c->name.sun_path, sizeof(c->name.sun_path), "%s", path);
		len = (socklen_t)SUN_LEN(&c->name);
	} else {
		static int number;

		c->name.sun_path[0] = 0;
		snprintf(c->name.sun_path + 1, 40, "%d-%d", (int)getpid(), number++);
	}
	c->data = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(bind(c->data, (struct sockaddr *)&c->name, len), 0);
}

static void client_request(struct client *c, unsigned int version, const char *description)
{
	size_t n = build(version);
	int pair[2];

	memcpy(req + (version == 0 ? 10 : version == 1 ? 14 : 12), &c->name, sizeof(c->name));
	if (description) {
		n = 122 + strlen(description);
		memcpy(req + 122, description, strlen(description));
	}
	CU_ASSERT_EQUAL_FATAL(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	c->control = pair[0];
	CU_ASSERT_EQUAL(old_server_accept(srv, pair[1]), 0);
	CU_ASSERT_EQUAL(send(c->control, req, n, 0), (ssize_t)n);
}

static void client_join(struct client *c, unsigned int version, const char *path,
			const char *description)
{
	unsigned int before = ports();

	client_socket(c, path);
	client_request(c, version, description);
	CU_ASSERT_FATAL(rig_until(loop, ports_are, (void *)(unsigned long)(before + 1)));
	if (version) {
		CU_ASSERT_EQUAL(recv(c->control, &c->peer, sizeof(c->peer), 0), 110);
	} else {
		c->peer.sun_family = AF_UNIX;
		snprintf(c->peer.sun_path, sizeof(c->peer.sun_path), "%s", data_file);
	}
}

static void client_leave(struct client *c)
{
	unsigned int before = ports();

	close(c->control);
	CU_ASSERT(rig_until(loop, ports_are, (void *)(unsigned long)(before - 1)));
	close(c->data);
	if (c->name.sun_path[0])
		unlink(c->name.sun_path);
}

static ssize_t client_send(struct client *c, const void *buf, size_t len)
{
	return sendto(c->data, buf, len, 0, (struct sockaddr *)&c->peer, sizeof(c->peer));
}

/* Frames of all sizes, both ways, come as they were. */
static void check_frames(struct client *c)
{
	static const uint32_t sizes[] = {14, 60, 1514, 1515, 9018, 32768, 65554};
	static uint8_t out[PACKET_MAX], in[PACKET_MAX + 1];

	probe_forget(&probe);
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		rig_frame(out, sizes[i], i);
		CU_ASSERT_EQUAL(client_send(c, out, sizes[i]), (ssize_t)sizes[i]);
		CU_ASSERT(rig_until(loop, count_is, (void *)(unsigned long)(i + 1)));
		CU_ASSERT_EQUAL(probe.frame[i].len, sizes[i]);
		CU_ASSERT(!memcmp(probe.frame[i].data, out, sizes[i]));
		out[11] = 0x99;
		probe_input(&probe, out, sizes[i]);
		CU_ASSERT_EQUAL(recv(c->data, in, sizeof(in), 0), (ssize_t)sizes[i]);
		CU_ASSERT(!memcmp(in, out, sizes[i]));
	}
	CU_ASSERT_EQUAL(client_send(c, out, 13), 13);
	rig_for_ms(loop, 20);
	CU_ASSERT_EQUAL(probe.count, sizeof(sizes) / sizeof(sizes[0]));
}

/* Every size, in the order in which it was sent: up to two frames' size by ones, then by leaps. */
static void test_sizes(void)
{
	static uint8_t out[PACKET_MAX], in[PACKET_MAX + 1];
	struct client c = {0};
	unsigned long frames = 0;

	client_join(&c, 3, NULL, NULL);
	probe_forget(&probe);
	for (uint32_t len = 0; len <= PACKET_MAX; len += len < 3100 || len > 65530 ? 1 : 211) {
		rig_frame(out, len, len);
		if (probe.count > PROBE_KEEP / 2) {
			probe_forget(&probe);
			frames = 0;
		}
		CU_ASSERT_EQUAL_FATAL(client_send(&c, out, len), (ssize_t)len);
		if (len < 14)
			continue; /* no frame, and counted */
		frames++;
		CU_ASSERT_FATAL(rig_until(loop, count_is, (void *)frames));
		CU_ASSERT_EQUAL(probe.frame[frames - 1].len, len);
		CU_ASSERT(!memcmp(probe.frame[frames - 1].data, out, len));
		out[11] ^= 0x80;
		probe_input(&probe, out, len);
		CU_ASSERT_EQUAL(recv(c.data, in, sizeof(in), 0), (ssize_t)len);
		CU_ASSERT(!memcmp(in, out, len));
	}
	CU_ASSERT_EQUAL(last_port()->stats.rx_drop[PORT_DROP_RUNT], 14);
	client_leave(&c);
}

/* A client that never reads holds up nobody; every frame it did not get is counted. */
static void test_never_reads(void)
{
	struct client deaf = {0}, other = {0};
	uint8_t frame[1514], in[1600];
	const unsigned int offered = 20000;
	unsigned int got = 0, waiting = 0;
	struct port *port;

	client_join(&deaf, 3, NULL, NULL);
	port = last_port();
	client_join(&other, 3, NULL, NULL);
	rig_frame(frame, sizeof(frame), 0x99);
	for (unsigned int i = 0; i < offered; i++) {
		probe_input(&probe, frame, sizeof(frame));
		while (recv(other.data, in, sizeof(in), 0) == 1514)
			got++;
	}
	CU_ASSERT_EQUAL(got, offered);
	while (recv(deaf.data, in, sizeof(in), 0) == 1514)
		waiting++;
	CU_ASSERT_EQUAL(port->stats.tx_frames, waiting);
	CU_ASSERT_EQUAL(port->stats.tx_frames + port->queue_frames +
				port->stats.tx_drop[PORT_DROP_QUEUE],
			offered);
	CU_ASSERT(port->queue_bytes < (4 << 20) + sizeof(frame));
	CU_ASSERT(port->stats.tx_drop[PORT_DROP_QUEUE] > 0);
	client_leave(&deaf);
	client_leave(&other);
}

static void test_versions(void)
{
	static const unsigned int versions[] = {0, 1, 3};

	for (int i = 0; i < 3; i++) {
		struct client c = {0};

		client_join(&c, versions[i], NULL, NULL);
		check_frames(&c);
		client_leave(&c);
	}
}

/* VDE's clients have files, and take frames from the named socket only. */
static void test_vde(void)
{
	struct client c = {0};
	struct stat st;
	char path[128], words[128];
	struct port *port;

	snprintf(path, sizeof(path), "%s/vde-client", dir);
	client_join(&c, 3, path, "a description");
	CU_ASSERT_EQUAL(connect(c.data, (struct sockaddr *)&c.peer, sizeof(c.peer)), 0);
	check_frames(&c);
	CU_ASSERT_EQUAL_FATAL(stat(c.peer.sun_path, &st), 0);
	CU_ASSERT(S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0660);
	port = last_port();
	port->ops->describe(port, words, sizeof(words));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "a description"));
	client_leave(&c);
	CU_ASSERT(stat(c.peer.sun_path, &st) == -1 && errno == ENOENT);
}

/* Names that differ in their last byte only are two clients. */
static void test_names(void)
{
	struct client a = {0}, b = {0};
	uint8_t frame[60], in[64];

	client_join(&a, 0, NULL, NULL);
	b.name = a.name;
	b.name.sun_path[107] ^= 1;
	b.data = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(bind(b.data, (struct sockaddr *)&b.name, sizeof(b.name)), 0);
	b.peer = a.peer;
	probe_forget(&probe);
	rig_frame(frame, sizeof(frame), 1);
	CU_ASSERT_EQUAL(client_send(&b, frame, sizeof(frame)), 60); /* nobody yet: dropped */
	rig_for_ms(loop, 20);
	CU_ASSERT_EQUAL(probe.count, 0);
	client_request(&b, 0, NULL);
	CU_ASSERT(rig_until(loop, ports_are, (void *)3UL));
	CU_ASSERT_EQUAL(client_send(&b, frame, sizeof(frame)), 60);
	CU_ASSERT(rig_until(loop, count_is, (void *)1UL));
	CU_ASSERT_EQUAL(recv(a.data, in, sizeof(in), 0), 60);
	CU_ASSERT_EQUAL(recv(b.data, in, sizeof(in), 0), -1); /* its own */
	client_leave(&a);
	client_leave(&b);
}

/* A stranger who knows the name of a client's data socket is not heard. */
static void test_stranger(void)
{
	struct client a = {0}, b = {0};
	uint8_t frame[60];

	client_join(&a, 3, NULL, NULL);
	client_socket(&b, NULL);
	b.peer = a.peer;
	rig_frame(frame, sizeof(frame), 1);
	probe_forget(&probe);
	CU_ASSERT_EQUAL(client_send(&b, frame, sizeof(frame)), -1);
	rig_for_ms(loop, 20);
	CU_ASSERT_EQUAL(probe.count, 0);
	close(b.data);
	client_leave(&a);
}

static void expect_refused(const void *bytes, size_t len)
{
	unsigned int before = ports();
	int pair[2];
	char c;

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	CU_ASSERT_EQUAL(old_server_accept(srv, pair[1]), 0);
	CU_ASSERT_EQUAL(send(pair[0], bytes, len, 0), (ssize_t)len);
	rig_for_ms(loop, 20);
	CU_ASSERT_EQUAL(ports(), before);
	CU_ASSERT(recv(pair[0], &c, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN);
	close(pair[0]);
}

static void test_refused(void)
{
	struct client c = {0};

	build(2);
	expect_refused(req, 124);
	expect_refused("GET / HTTP/1.0\r\n\r\n", 18);
	build(3); /* the client's socket is not there */
	expect_refused(req, 124);
	build(0);
	expect_refused(req, 121);
	/* More on the control socket than a request ends the port. */
	client_join(&c, 3, NULL, NULL);
	CU_ASSERT_EQUAL(send(c.control, "x", 1, 0), 1);
	CU_ASSERT(rig_until(loop, ports_are, (void *)1UL));
	close(c.control);
	close(c.data);
}

/* A request that comes byte by byte is one; a client that never says it all is no port. */
static void test_slow_request(void)
{
	struct client c = {0};
	int pair[2];

	client_socket(&c, NULL);
	build(1);
	memcpy(req + 14, &c.name, sizeof(c.name));
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	CU_ASSERT_EQUAL(old_server_accept(srv, pair[1]), 0);
	for (int i = 0; i < 124; i++) {
		CU_ASSERT_EQUAL(ports(), 1);
		CU_ASSERT_EQUAL(send(pair[0], req + i, 1, 0), 1);
		rig_for_ms(loop, 1);
	}
	CU_ASSERT(rig_until(loop, ports_are, (void *)2UL));
	c.control = pair[0];
	client_leave(&c);
}

/* A client that does not read for a while loses nothing that the queue holds, nor the order. */
static void test_slow_reader(void)
{
	struct client c = {0};
	uint8_t frame[1514], in[1600];
	unsigned int got = 0, tries = 0;

	client_join(&c, 3, NULL, NULL);
	for (unsigned int i = 0; i < 600; i++) {
		rig_frame(frame, sizeof(frame), 0x99);
		memcpy(frame + 20, &i, sizeof(i));
		probe_input(&probe, frame, sizeof(frame));
	}
	while (got < 600 && tries++ < 10000) {
		unsigned int number;

		if (recv(c.data, in, sizeof(in), 0) != 1514) {
			rig_for_ms(loop, 1);
			continue;
		}
		memcpy(&number, in + 20, sizeof(number));
		CU_ASSERT_EQUAL(number, got);
		got++;
	}
	CU_ASSERT_EQUAL(got, 600);
	client_leave(&c);
}

/* A client whose data socket is gone, and many at a time. */
static void test_many(void)
{
	static struct client c[100];
	uint8_t frame[60];

	for (int i = 0; i < 100; i++)
		client_join(&c[i], 3, NULL, NULL);
	close(c[50].data);
	c[50].data = -1;
	rig_frame(frame, sizeof(frame), 0x99);
	probe_input(&probe, frame, sizeof(frame));
	for (int i = 0; i < 100; i++)
		if (i != 50)
			CU_ASSERT_EQUAL(recv(c[i].data, frame, sizeof(frame), 0), 60);
	for (int i = 0; i < 100; i++)
		client_leave(&c[i]);
	CU_ASSERT_EQUAL(ports(), 1);
}

/* The server's end is the end of its clients; whatever was left of an earlier one is no hindrance. */
static void test_restart(void)
{
	struct client c = {0};
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char x;

	client_join(&c, 3, NULL, NULL);
	old_server_free(srv);
	CU_ASSERT_EQUAL(ports(), 1);
	CU_ASSERT_EQUAL(recv(c.control, &x, 1, 0), 0);
	CU_ASSERT(stat(data_file, &st) == -1);
	close(c.control);
	close(c.data);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", data_file);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	/* Somebody has it: an error where the name was given, another name elsewhere. */
	CU_ASSERT(!old_server_new(sw, control, data_file) && errno == EADDRINUSE);
	srv = old_server_new(sw, control, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(srv);
	client_join(&c, 3, NULL, NULL);
	CU_ASSERT_EQUAL(c.peer.sun_path[0], 0);
	check_frames(&c);
	client_leave(&c);
	old_server_free(srv);
	close(fd); /* the file stays, nobody has it */
	srv = old_server_new(sw, control, data_file);
	CU_ASSERT_PTR_NOT_NULL_FATAL(srv);
	CU_ASSERT(!stat(data_file, &st) && (st.st_mode & 0777) == 0660);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"requests", test_parse_good},
		{"requests of VDE", test_parse_vde},
		{"bad requests", test_parse_bad},
		{"versions", test_versions},
		{"vde", test_vde},
		{"names that differ in their last byte", test_names},
		{"a stranger", test_stranger},
		{"refused", test_refused},
		{"a slow request", test_slow_request},
		{"a slow reader", test_slow_reader},
		{"many clients", test_many},
		{"all sizes", test_sizes},
		{"a client that never reads", test_never_reads},
		{"end and restart", test_restart},
		CU_TEST_INFO_NULL,
	};

	return run_suite("old", setup, teardown, tests);
}
