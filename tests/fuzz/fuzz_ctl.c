// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket of a switch: lines in pieces of the size that the first byte says, from a
 * client that reads the answers at once or at last. Each line is answered once, in lines that are
 * ok, an error, or begin with a blank; and frames still pass.
 */
#include <errno.h>
#include <sys/socket.h>
#include "input.h"
#include "port_kinds.h"
#include "port_nat.h"
#include "port_pcap.h"
#include "quiet.h"
#include "stp.h"
#include "uml_switch.h"
#include "turn.h"

#define LINE_MAX_LEN 4096 /* a longer one ends the session */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __real_capture_open(struct capture **out, const struct capture_spec *spec, char *err,
			size_t err_len);
int __wrap_capture_open(struct capture **out, const struct capture_spec *spec, char *err,
			size_t err_len);

static struct ctx ctx;
static bool is_deaf; /* the client does not read yet */
static unsigned int asked, answers; /* lines that were sent; answers that were given to the end */
static bool in_line; /* the last answer's line is not whole yet */
static char first; /* of that line */

/* --- what is behind the commands -------------------------------------------- */

static int frame_came(struct port *port, const struct packet *p)
{
	static uint8_t buf[PACKET_MAX];

	packet_copy(p, 0, buf, p->len);
	return 0;
}

static void no_close(struct port *port)
{
}

static const struct port_ops ops = {.kind = "probe", .send = frame_came, .close = no_close};
static const struct port_ops nat_ops = {.kind = "nat", .send = frame_came, .close = no_close};

/* Kinds have targets of their own, and some of them would touch the host. */
int port_create(struct port **out, struct sw *sw, const char *spec, const char *name, char *err,
		size_t err_len)
{
	snprintf(err, err_len, "%s is not there", spec);
	return *spec == 'x' ? -ENODEV
			    : port_add(out, sw, *spec == 'n' ? &nat_ops : &ops, NULL, name);
}

int port_pcap_start(struct port *port)
{
	return port->ops == &nat_ops ? -EINVAL : -EALREADY;
}

bool port_is_nat(const struct port *port)
{
	return port->ops == &nat_ops;
}

int port_nat_forward(struct port *port, const char *spec, bool add, char *err, size_t err_len)
{
	struct nat_forward f;

	return nat_forward_parse(&f, spec, err, err_len);
}

void port_nat_forwards(const struct port *port, void (*fn)(void *arg, const char *spec), void *arg)
{
	fn(arg, "tcp::80:10.0.2.15:80");
}

/* Nowhere; what libpcap makes of a filter is its own affair, and may ask name servers. */
int __wrap_capture_open(struct capture **out, const struct capture_spec *spec, char *err,
			size_t err_len)
{
	struct capture_spec s = {
		.fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
		.snaplen = spec->snaplen,
	};

	assert(spec->path && s.fd >= 0);
	return __real_capture_open(out, &s, err, err_len);
}

/* --- the client ------------------------------------------------------------- */

static void look_at_line_end(void)
{
	answers += first != ' ';
	in_line = false;
}

/* How an answer goes on. */
static void look_at(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!in_line) {
			first = text[i];
			assert(first == 'o' || first == 'e' || first == ' ');
			in_line = true;
		}
		if (text[i] == '\n')
			look_at_line_end();
	}
}

static void turn(int fd)
{
	char buf[4096];
	ssize_t n;

	turn_loop(ctx.loop);
	while (!is_deaf && (n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		look_at(buf, (size_t)n);
}

static void pass_a_frame(void)
{
	uint8_t frame[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
	struct iovec iov = {frame, sizeof(frame)};
	struct port *port = port_first(ctx.sw);
	struct packet p;

	if (!port)
		return;
	assert(packet_init(&p, &iov, 1, sizeof(frame), NULL) == 0);
	switch_input(port, &p);
	switch_flush(ctx.sw);
}

/* All of it, and whether a line was longer than one may be. */
static bool say(int fd, const uint8_t *text, size_t len, size_t piece)
{
	size_t n, since = 0;
	bool too_long = false;

	for (; len; text += n, len -= n) {
		n = piece < len ? piece : len;
		if (send(fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n)
			break;
		for (size_t i = 0; i < n; i++) {
			asked += text[i] == '\n';
			since = text[i] == '\n' ? 0 : since + 1;
			too_long |= since >= LINE_MAX_LEN;
		}
		turn(fd);
		pass_a_frame();
	}
	return too_long;
}

/* A whole answer may need many turns: the socket holds little. */
static void hear_all(int fd)
{
	is_deaf = false;
	for (unsigned int turns = 0; answers < asked && turns < 64 * (asked + 1); turns++)
		turn(fd);
	assert(answers == asked && !in_line);
}

/* --- all of it -------------------------------------------------------------- */

static void begin(void)
{
	static const struct sw_config config;
	struct port *port;

	memset(&ctx, 0, sizeof(ctx));
	ctx.loop = loop_new();
	ctx.sw = sw_new(ctx.loop, &config);
	assert(ctx.loop && ctx.sw);
	assert(port_add(&port, ctx.sw, &ops, NULL, "a") == 0);
	assert(port_add(&port, ctx.sw, &ops, NULL, "b") == 0);
	assert(port_add(&port, ctx.sw, &nat_ops, NULL, "n") == 0);
	asked = answers = 0;
	in_line = false;
}

static void end(void)
{
	captures_stop_all(&ctx);
	loop_timer_del(&ctx.flush_timer);
	ctl_end(&ctx);
	assert(!ctx.session && !ctx.sessions);
	sw_free(ctx.sw);
	loop_free(ctx.loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t how = take8(&in);
	size_t piece = how & 127 ? (how & 127) * 8u : in.left + 1;
	uint64_t open = fds_open();
	int pair[2], room = 1; /* as little as the kernel lets a socket have */

	begin();
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	assert(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0);
	ctl_accept(&ctx, pair[0]);
	is_deaf = how & 128;
	if (!say(pair[1], in.at, in.left, piece))
		hear_all(pair[1]);
	close(pair[1]);
	is_deaf = true;
	for (unsigned int turns = 0; ctx.session && turns < 64; turns++)
		turn(-1);
	assert(!ctx.session);
	end();
	assert(fds_open() == open);
	return 0;
}
