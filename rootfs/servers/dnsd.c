// SPDX-License-Identifier: GPL-2.0
/*
 * dnsd: a server of names that does what its file says, right or wrong (dnsd_zone.h).
 *
 *   dnsd [-a ADDRESS[:PORT]] [-l LOG] [-u] FILE
 *
 * One process around poll(2) for UDP and for answers that are late; one more for each connection
 * over TCP. -a: at that address only, so that several may run on a node; -u: no TCP, connections are
 * refused. A line in the log for each question: the asker,
 * udp or tcp, name, type, and the rcode or fault.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common.h"
#include "dnsd_zone.h"

#define LATE_MAX 512
#define TCP_IDLE_S 30

/* An answer whose time comes. */
struct late {
	uint64_t due_ms; /* 0: none */
	struct sockaddr_in to;
	size_t len;
	uint8_t bytes[DNS_UDP_MIN];
};

struct dnsd {
	struct dns_data data;
	struct late late[LATE_MAX];
	int udp, tcp;
};

/* What becomes of a question. */
struct outcome {
	struct dns_writer w;
	bool silent;
	uint64_t delay_ms;
};

static const char *rcode_name(enum dns_rcode rcode)
{
	static const char *const names[] = {"noerror",  "formerr", "servfail",
					    "nxdomain", "notimp",  "refused"};

	return rcode < sizeof(names) / sizeof(names[0]) ? names[rcode] : "?";
}

static void note(const struct dns_query *q, const struct sockaddr_in *who, bool tcp,
		 const char *what)
{
	char address[INET_ADDRSTRLEN], room[12];

	inet_ntop(AF_INET, &who->sin_addr, address, sizeof(address));
	log_line("%s %s %s %s %s", address, tcp ? "tcp" : "udp", q->name[0] ? q->name : ".",
		 dns_type_name(q->type, room), what);
}

/* The faults that are an rcode, or as good as none. */
static bool simple_fault(const struct dns_fault *f, enum dns_rcode *rcode)
{
	switch (f->kind) {
	case FAULT_SERVFAIL:
		*rcode = DNS_SERVFAIL;
		return true;
	case FAULT_REFUSED:
		*rcode = DNS_REFUSED;
		return true;
	case FAULT_FORMERR:
		*rcode = DNS_FORMERR;
		return true;
	case FAULT_NXDOMAIN:
		*rcode = DNS_NXDOMAIN;
		return true;
	case FAULT_NODATA:
	case FAULT_LAME:
		*rcode = DNS_NOERROR;
		return true;
	default:
		return false;
	}
}

/* Does to a right answer what the fault is. */
static void spoil(struct outcome *o, const struct dns_fault *f)
{
	if (f->kind == FAULT_TIMEOUT)
		o->silent = true;
	if (f->kind == FAULT_DELAY)
		o->delay_ms = f->delay_ms;
	if (f->kind == FAULT_WRONGID)
		o->w.bytes[0] ^= 0xff;
	if (f->kind == FAULT_GARBAGE) {
		memset(o->w.bytes, 0xa5, DNS_HEADER);
		o->w.len = DNS_HEADER;
	}
}

static void answer(const struct dnsd *d, const struct dns_query *q, const uint8_t *question,
		   const struct dns_fault *f, bool tcp, struct outcome *o)
{
	size_t limit = tcp ? DNS_MESSAGE_MAX : q->udp_size;
	enum dns_rcode rcode = DNS_NOERROR;
	bool authoritative = f && f->kind == FAULT_NODATA;

	memset(o, 0, sizeof(*o));
	dns_begin(&o->w, q, question);
	if (!f || !simple_fault(f, &rcode))
		rcode = dns_answer(&d->data, q, &o->w, &authoritative);
	else if (f->kind == FAULT_LAME)
		dns_answer_lame(&o->w);
	if (f && f->kind == FAULT_TRUNCATE && !tcp)
		limit = 0;
	dns_end(&o->w, q, rcode, authoritative || rcode == DNS_NXDOMAIN, limit);
	if (f)
		spoil(o, f);
}

/* Looks at one message; whether there is something to send. */
static bool handle(const struct dnsd *d, const uint8_t *data, size_t len,
		   const struct sockaddr_in *who, bool tcp, struct outcome *o)
{
	const struct dns_fault *f;
	struct dns_query q;
	int bad = dns_read(&q, data, len);
	char what[40];

	if (bad < 0)
		return false;
	if (bad) {
		memset(o, 0, sizeof(*o));
		dns_begin(&o->w, &q, data);
		dns_end(&o->w, &q, (enum dns_rcode)bad, false, DNS_UDP_MIN);
		note(&q, who, tcp, rcode_name((enum dns_rcode)bad));
		return true;
	}
	f = dns_fault_of(&d->data, &q, common_since_start_ms());
	answer(d, &q, data, f, tcp, o);
	snprintf(what, sizeof(what), "%s%s", f ? "fault:" : "",
		 f ? dns_fault_name(f->kind) : rcode_name(o->w.bytes[3] & 15));
	note(&q, who, tcp, what);
	return !o->silent;
}

/* --- UDP ---------------------------------------------------------------------- */

static void keep_for_later(struct dnsd *d, const struct outcome *o, const struct sockaddr_in *to)
{
	unsigned int i;

	for (i = 0; i < LATE_MAX; i++) {
		struct late *l = &d->late[i];

		if (l->due_ms || o->w.len > sizeof(l->bytes))
			continue;
		l->due_ms = common_since_start_ms() + o->delay_ms;
		l->to = *to;
		l->len = o->w.len;
		memcpy(l->bytes, o->w.bytes, l->len);
		return;
	}
}

static void on_udp(struct dnsd *d)
{
	static struct outcome o;
	uint8_t data[DNS_UDP_MIN];
	struct sockaddr_in who;
	socklen_t size = sizeof(who);
	ssize_t n = recvfrom(d->udp, data, sizeof(data), 0, (struct sockaddr *)&who, &size);

	if (n < 0 || !handle(d, data, (size_t)n, &who, false, &o))
		return;
	if (o.delay_ms)
		keep_for_later(d, &o, &who);
	else
		sendto(d->udp, o.w.bytes, o.w.len, 0, (struct sockaddr *)&who, sizeof(who));
}

/* Sends what is due; how long until the next, for poll(). */
static int send_late(struct dnsd *d)
{
	uint64_t now = common_since_start_ms(), next = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < LATE_MAX; i++) {
		struct late *l = &d->late[i];

		if (!l->due_ms)
			continue;
		if (l->due_ms <= now) {
			sendto(d->udp, l->bytes, l->len, 0, (struct sockaddr *)&l->to,
			       sizeof(l->to));
			l->due_ms = 0;
		} else if (l->due_ms < next) {
			next = l->due_ms;
		}
	}
	return next == UINT64_MAX ? -1 : (int)(next - now);
}

/* --- TCP ---------------------------------------------------------------------- */

static bool read_all(int fd, uint8_t *data, size_t len)
{
	ssize_t n;

	for (; len; data += n, len -= (size_t)n) {
		n = read(fd, data, len);
		if (n <= 0)
			return false;
	}
	return true;
}

static void __attribute__((noreturn))
serve_tcp(const struct dnsd *d, int fd, const struct sockaddr_in *who)
{
	static struct outcome o;
	static uint8_t data[65536];
	uint8_t head[2];
	size_t len;

	alarm(TCP_IDLE_S);
	while (read_all(fd, head, 2)) {
		len = (size_t)(head[0] << 8 | head[1]);
		if (!read_all(fd, data, len) || !handle(d, data, len, who, true, &o))
			break;
		common_sleep_ms(o.delay_ms);
		head[0] = (uint8_t)(o.w.len >> 8);
		head[1] = (uint8_t)o.w.len;
		if (write(fd, head, 2) != 2 || write(fd, o.w.bytes, o.w.len) != (ssize_t)o.w.len)
			break;
	}
	/* A fault without an answer: the asker waits, as over UDP. */
	while (o.silent && read(fd, data, sizeof(data)) > 0)
		;
	_exit(0);
}

static void on_tcp(const struct dnsd *d)
{
	struct sockaddr_in who;
	socklen_t size = sizeof(who);
	int fd = accept(d->tcp, (struct sockaddr *)&who, &size);

	if (fd < 0)
		return;
	if (fork() == 0) {
		close(d->tcp);
		serve_tcp(d, fd, &who);
	}
	close(fd);
}

/* --- the program -------------------------------------------------------------- */

static int bound(int type, const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)at, sizeof(*at)) ||
	    (type == SOCK_STREAM && listen(fd, 64)))
		common_die("dnsd: port %u: %s", ntohs(at->sin_port), strerror(errno));
	return fd;
}

static void __attribute__((noreturn)) serve(struct dnsd *d)
{
	struct pollfd p[] = {{.fd = d->udp, .events = POLLIN}, {.fd = d->tcp, .events = POLLIN}};

	for (;;) {
		if (poll(p, 2, send_late(d)) <= 0)
			continue;
		if (p[0].revents)
			on_udp(d);
		if (p[1].revents)
			on_tcp(d);
	}
}

int main(int argc, char **argv)
{
	static struct dnsd d = {.data.ttl = 300, .udp = -1, .tcp = -1};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
	bool tcp = true;
	int c;

	while ((c = getopt(argc, argv, "a:l:u")) != -1) {
		if (c == 'u')
			tcp = false;
		else if ((c == 'a' && !common_address(optarg, 53, &at)) ||
			 (c == 'l' && !log_open(optarg)) || c == '?')
			return 64;
	}
	if (optind != argc - 1)
		common_die("usage: dnsd [-a ADDRESS[:PORT]] [-l LOG] [-u] FILE");
	if (!common_lines(argv[optind], dns_line, &d.data))
		return 1;
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	common_since_start_ms();
	d.udp = bound(SOCK_DGRAM, &at);
	if (tcp)
		d.tcp = bound(SOCK_STREAM, &at);
	serve(&d);
}
