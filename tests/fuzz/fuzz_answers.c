// SPDX-License-Identifier: GPL-2.0
/*
 * What servers answer to clients of ours; the first byte says which: a network that is up to uml_rig,
 * a switch to `uml_switch ctl`, a server of mail to submit, a guest to uml_mconsole. What comes of it
 * is compared with what a simple reader makes of the same bytes, and no terminal gets to see a
 * control character.
 */
#include <ctype.h>
#include <errno.h>
#include <sys/socket.h>
#include "input.h"
#include "mconsole_proto.h"
#include "submit_reply.h"
#include "text.h"
#include "../../hostlib/uml_mconsole/client.h"
#include "../../hostlib/uml_rig/client.h"
#include "../../hostlib/uml_rig/place.h"
#include "../../hostlib/uml_switch/answer.h"

#define REPLY_ROOM 512 /* as submit has */
#define QUEUE (8 << 20) /* bytes that a socket holds: whatever one input says */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __wrap_log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void __wrap_log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static unsigned int warnings, errors;
static int connection = -1; /* to the guest */

/* --- what clients say -------------------------------------------------------- */

static void format(const char *fmt, va_list ap)
{
	char line[2048];

	vsnprintf(line, sizeof(line), fmt, ap);
}

void __wrap_log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(fmt, ap);
	va_end(ap);
	warnings++;
}

void __wrap_log_err(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(fmt, ap);
	va_end(ap);
	errors++;
}

/* Text in memory: standard output or errors, or what is expected there. */
struct text {
	FILE *f;
	char *data;
	size_t len;
};

static void text_open(struct text *t)
{
	t->f = open_memstream(&t->data, &t->len);
	assert(t->f);
}

static void text_close(struct text *t)
{
	assert(fclose(t->f) == 0);
}

static void is_visible(const struct text *t)
{
	for (size_t i = 0; i < t->len; i++) {
		uint8_t c = (uint8_t)t->data[i];

		assert((c >= ' ' && c != 0x7f) || c == '\t' || c == '\n');
		/* C1 in UTF-8 */
		assert(c < 0x80 || c > 0x9f || !i || (uint8_t)t->data[i - 1] != 0xc2);
	}
}

static unsigned int count(const struct text *t, char c)
{
	unsigned int n = 0;

	for (size_t i = 0; i < t->len; i++)
		n += t->data[i] == c;
	return n;
}

/* A stream that ends where the bytes do; where 0x01 stands, the next one says how many letters do. */
static FILE *stretched(struct input *in, struct text *all)
{
	FILE *f;

	text_open(all);
	while (in->left) {
		uint8_t c = take8(in);

		if (c == 1)
			for (unsigned int i = take8(in) * 300; i; i--)
				putc('x', all->f);
		else
			putc(c, all->f);
	}
	text_close(all);
	/* Of no bytes there is no stream. */
	f = all->len ? fmemopen(all->data, all->len, "r") : fopen("/dev/null", "re");
	assert(f);
	return f;
}

/* The line at `from`: its bytes without its end; *next is behind that. False: it has no end. */
static bool next_line(const struct text *t, size_t from, size_t *len, size_t *next)
{
	const char *end = memchr(t->data + from, '\n', t->len - from);

	*len = end ? (size_t)(end - t->data) - from : t->len - from;
	*next = from + *len + (end != NULL);
	return end;
}

/* --- sockets ------------------------------------------------------------------ */

static void pair_make(int pair[2])
{
	int room = QUEUE;

	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	if (setsockopt(pair[1], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

/* False: there is no room, and so it was not said. */
static bool say(int fd, const void *packet, size_t len)
{
	return send(fd, packet, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

/* --- a network that is up ------------------------------------------------------ */

int place_connect(const char *name)
{
	abort();
}

struct network {
	int status;
	unsigned int notes, errors;
	bool over; /* nothing that comes now is looked at */
	struct text out;
};

static void network_packet(struct network *n, struct input *in, int fd)
{
	static struct {
		struct serve_head head;
		char data[SERVE_BYTES + 4096];
	} p;
	uint8_t how = take8(in);
	size_t len = how & 0x20 ? take8(in) : how & 0x40 ? take16(in) % sizeof(p.data) : 0;

	memset(&p, 0, sizeof(p));
	p.head.kind = how & 7 ? SERVE_OUT + (how & 7) % 3 : take32(in);
	p.head.value = how & 0x10 ? (int32_t)take32(in) : take8(in);
	take(in, p.data, len < 300 ? len : 300);
	len += sizeof(p.head);
	if (how & 8)
		len = take8(in) % sizeof(p.head);
	if (!say(fd, &p, len) || n->over)
		return;
	if (len < sizeof(p.head)) {
		n->over = true;
		return;
	}
	len -= sizeof(p.head);
	len = len < SERVE_BYTES ? len : SERVE_BYTES;
	if (p.head.kind == SERVE_OUT)
		fwrite(p.data, 1, len, n->out.f);
	else if (p.head.kind == SERVE_NOTE)
		n->notes++;
	else if (p.head.kind == SERVE_END) {
		n->over = true;
		n->status = p.head.value;
		n->errors = len > 0;
	}
}

static void network(struct input *in)
{
	struct network n = {.status = SERVE_FAILED, .errors = 1};
	struct text out;
	const char *before = take8(in) & 1 ? "a" : NULL;
	FILE *is = stdout;
	int pair[2], status;

	pair_make(pair);
	text_open(&n.out);
	while (in->left)
		network_packet(&n, in, pair[1]);
	text_close(&n.out);
	close(pair[1]);
	text_open(&out);
	stdout = out.f;
	status = client_follow(pair[0], before);
	stdout = is;
	text_close(&out);
	close(pair[0]);
	assert(status == n.status && warnings == n.notes && errors == n.errors);
	assert(out.len == n.out.len && !memcmp(out.data, n.out.data, out.len));
	free(out.data);
	free(n.out.data);
}

/* --- a switch ------------------------------------------------------------------ */

static void a_switch(struct input *in)
{
	struct text all, out;
	FILE *f = stretched(in, &all);
	size_t from = 0, len, next;
	unsigned int lines = 0;
	int rc, expected = -EPIPE;

	text_open(&out);
	rc = answer_show(f, out.f);
	text_close(&out);
	fclose(f);
	while (expected < 0 && from < all.len) {
		bool ended = next_line(&all, from, &len, &next);

		if (all.data[from] == ' ')
			lines += ended;
		else
			expected = len < 2 || memcmp(all.data + from, "ok", 2) ||
				   (len > 2 && all.data[from + 2]);
		from = next;
	}
	assert(rc == expected && errors == (rc == 1));
	is_visible(&out);
	assert(count(&out, '\n') == lines);
	free(out.data);
	free(all.data);
}

/* --- a server of mail ------------------------------------------------------------ */

static unsigned int code_at(const char *line, size_t len)
{
	if (len && line[len - 1] == '\r')
		len--;
	if (len < 3 || !isdigit(line[0]) || !isdigit(line[1]) || !isdigit(line[2]))
		return 0;
	if (len > 3 && line[3] != ' ' && line[3] != '-')
		return 0;
	return (unsigned int)atoi((char[]){line[0], line[1], line[2], 0});
}

static void mail(struct input *in)
{
	char last[REPLY_ROOM];
	struct text all;
	FILE *f = stretched(in, &all);
	unsigned int code = 1, expected = 1;
	size_t at, from = 0, len, next;

	/* One reply after the other, as in a dialogue. */
	while (code && expected) {
		memset(last, 'y', sizeof(last));
		code = submit_reply_read(f, last, sizeof(last));
		assert(memchr(last, 0, sizeof(last)) && !strchr(last, '\n'));
		do {
			bool ended = next_line(&all, from, &len, &next);

			expected = ended ? code_at(all.data + from, len) : 0;
			assert(ended || !strcmp(last, "no answer"));
			at = from;
			from = next;
		} while (expected && len > 3 && all.data[at + 3] == '-');
		assert(code == expected);
		assert(!all.len || (size_t)ftell(f) == from);
	}
	fclose(f);
	free(all.data);
}

/* --- a guest --------------------------------------------------------------------- */

int guests_connect(const char *path)
{
	return connection < 0 ? -ECONNREFUSED : fcntl(connection, F_DUPFD_CLOEXEC, 3);
}

int guests_list(const char *base, struct guest **list)
{
	abort();
}

int guests_find(const char *base, const char *name, struct guest *out)
{
	abort();
}

struct answer {
	bool bad, whole;
	uint32_t err;
	struct text text;
};

static void guest_packet(struct answer *a, struct input *in, int fd)
{
	static uint8_t p[MCONSOLE_REPLY_MAX + 64];
	uint8_t how = take8(in);
	uint32_t head[3] = {how & 1 ? take32(in) : 0, how & 2, 0};
	size_t n = how & 4 ? take16(in) % (sizeof(p) - 12) : take8(in) % 64;

	memset(p, 'x', sizeof(p));
	head[2] = how & 8 ? take32(in) : (uint32_t)n;
	memcpy(p, head, sizeof(head));
	take(in, p + 12, n < 64 ? n : 64);
	n = how & 16 ? take8(in) % 13 : n + 12;
	if (!say(fd, p, n) || a->bad || a->whole)
		return;
	if (n < 12 || n > MCONSOLE_REPLY_MAX || head[2] > n - 12) {
		a->bad = true;
		return;
	}
	fwrite(p + 12, 1, strnlen((char *)p + 12, head[2]), a->text.f);
	a->err = head[0];
	a->whole = !head[1];
}

/* Of each text of the JSON two quotes are there that are not part of it. */
static void is_json(const struct text *t)
{
	unsigned int quotes = 0;
	size_t i, n;

	is_visible(t);
	assert(count(t, '\n') == 1 && count(t, '\t') == 0);
	for (i = 0; i < t->len; i += n) {
		n = text_utf8(t->data + i, t->len - i);
		assert(n);
		quotes += t->data[i] == '"';
		if (t->data[i] == '\\')
			n = 2;
	}
	assert(quotes == 12);
}

/* What is said of the answer, in the form that was asked for. */
static void look_at(const struct answer *a, enum client_form form, const struct text *out,
		    const struct text *err)
{
	const struct text *raw = a->err ? err : out, *none = a->err ? out : err;
	bool ended = a->text.len && a->text.data[a->text.len - 1] == '\n';

	if (form == FORM_JSON) {
		is_json(out);
	} else if (form == FORM_PLAIN) {
		is_visible(out);
		assert(!strncmp(out->data, a->err ? "ERR " : "OK ", a->err ? 4 : 3));
		assert(out->data[out->len - 1] == '\n');
	} else {
		assert(raw->len == a->text.len + (a->text.len && !ended) && !none->len);
		assert(!memcmp(raw->data, a->text.data, a->text.len));
	}
}

static void guest(struct input *in)
{
	static struct client c = {.timeout_s = 5, .guest.name = "g"};
	static const char line[] = "version";
	uint8_t request[MCONSOLE_REQUEST_MAX + 1];
	struct mconsole_request r;
	struct answer a = {0};
	struct text out, err;
	FILE *is_out = stdout, *is_err = stderr;
	int pair[2], status;
	ssize_t n;

	c.form = take8(in) % 3;
	pair_make(pair);
	text_open(&a.text);
	while (in->left)
		guest_packet(&a, in, pair[1]);
	text_close(&a.text);
	shutdown(pair[1], SHUT_WR);
	connection = pair[0];
	text_open(&out);
	text_open(&err);
	stdout = out.f;
	stderr = err.f;
	status = client_run(&c, line);
	stdout = is_out;
	stderr = is_err;
	text_close(&out);
	text_close(&err);
	n = recv(pair[1], request, sizeof(request), MSG_DONTWAIT);
	assert(n > 0 && !mconsole_request_parse(request, (size_t)n, &r) && !strcmp(r.text, line));
	if (a.whole) {
		assert(status == (a.err ? CLIENT_FAILED : CLIENT_OK) && !errors);
		look_at(&a, c.form, &out, &err);
	} else {
		assert(status == CLIENT_FAILED && errors == 1 && !out.len && !err.len);
	}
	close(pair[0]);
	close(pair[1]);
	connection = -1;
	free(a.text.data);
	free(out.data);
	free(err.data);
}

/* --- all of it --------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const servers[])(struct input * in) = {network, a_switch, mail, guest};
	struct input in = {data, size};
	uint8_t which = take8(&in);
	uint64_t open = fds_open();

	warnings = errors = 0;
	servers[which % 4](&in);
	assert(fds_open() == open);
	return 0;
}
