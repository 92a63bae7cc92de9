// SPDX-License-Identifier: GPL-2.0
/*
 * A whole dialogue with the server of mail of the mail rigs: the input begins with rules, a line
 * each, up to an empty one; then comes what the client says, in pieces whose sizes the first byte
 * chooses. Time passes only where the server waits.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <strings.h>
#include <sys/socket.h>
#include "common.h"
#include "input.h"
#include "smtpd_session.h"

#define FD 777 /* the connection's: no such descriptor is open, and none is looked at */
#define SAID_MAX (1 << 20) /* more than is asked of it here is not kept */
#define ANSWERS_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
ssize_t __wrap_recv(int fd, void *to, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *from, size_t len, int flags);
void __wrap__exit(int status) __attribute__((noreturn));
void __real__exit(int status) __attribute__((noreturn));
void __wrap_log_line(const char *fmt, ...);
uint64_t __wrap_common_since_start_ms(void);
void __wrap_common_sleep_ms(uint64_t ms);

static struct smtpd server;
static struct input client;
static jmp_buf ended;
static bool runs;
static uint64_t now_ms;
static unsigned int piece; /* bytes that come at a time */
static bool hangs; /* at its end the client stays silent before it hangs up */
static char said[SAID_MAX + 1];
static size_t said_len;

/* --- what is around the server --------------------------------------------------------------- */

ssize_t __wrap_recv(int fd, void *to, size_t len, int flags)
{
	size_t n = piece < len ? piece : len;

	assert(fd == FD && len);
	if (!client.left && hangs) {
		hangs = false;
		now_ms += 600000;
		errno = EAGAIN;
		return -1;
	}
	n = n < client.left ? n : client.left;
	take(&client, to, n);
	return (ssize_t)n;
}

ssize_t __wrap_send(int fd, const void *from, size_t len, int flags)
{
	size_t room = SAID_MAX - said_len, n = len < room ? len : room;

	assert(fd == FD && len && flags & MSG_NOSIGNAL);
	memcpy(said + said_len, from, n);
	said_len += n;
	return (ssize_t)len;
}

/* The end of the connection's process. */
void __wrap__exit(int status)
{
	if (!runs)
		__real__exit(status);
	assert(!status);
	longjmp(ended, 1);
}

/* Formatted, so that all of it is read. */
void __wrap_log_line(const char *fmt, ...)
{
	char line[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
}

uint64_t __wrap_common_since_start_ms(void)
{
	return now_ms;
}

void __wrap_common_sleep_ms(uint64_t ms)
{
	assert(ms <= 366ULL * 86400 * 1000);
	now_ms += ms;
}

/* --- rules ----------------------------------------------------------------------------------- */

/* The next line of the input, NULL at an empty one or behind the last. The caller frees it. */
static char *next_line(struct input *in)
{
	const uint8_t *end = in->left ? memchr(in->at, '\n', in->left) : NULL;
	size_t len = end ? (size_t)(end - in->at) : in->left;
	char *line = len ? strndup((const char *)in->at, len) : NULL;

	len += end ? 1 : 0;
	in->at += len;
	in->left -= len;
	return line;
}

static void read_rules(struct input *in)
{
	char *line;

	while ((line = next_line(in))) {
		plan_line(&server.plan, line);
		free(line);
	}
}

/* --- what must have come of it --------------------------------------------------------------- */

struct answers {
	unsigned int code[ANSWERS_MAX];
	unsigned int count, next;
};

/* Lines of three digits, a blank (the last one) or a dash, and text. */
static void read_answers(struct answers *a)
{
	const char *p = said, *end;

	a->count = a->next = 0;
	said[said_len] = 0;
	while (p < said + said_len && a->count < ANSWERS_MAX) {
		end = strstr(p, "\r\n");
		assert(end && end - p >= 4);
		assert(strspn(p, "0123456789") == 3 && (p[3] == ' ' || p[3] == '-'));
		if (p[3] == ' ')
			a->code[a->count++] = (unsigned int)strtoul(p, NULL, 10);
		for (; p < end; p++)
			assert((unsigned char)*p >= ' ' && *p != 0x7f);
		p = end + 2;
	}
}

/* 0: there are no more than can be looked at. */
static unsigned int next_answer(struct answers *a)
{
	assert(a->next < a->count || a->count == ANSWERS_MAX);
	return a->next < a->count ? a->code[a->next++] : 0;
}

static bool is_dot(const uint8_t *line, size_t len)
{
	return (len == 1 && line[0] == '.') || (len == 2 && line[0] == '.' && line[1] == '\r');
}

static bool is_quit(const uint8_t *line, size_t len)
{
	if (len && line[len - 1] == '\r')
		len--;
	return len >= 4 && !strncasecmp((const char *)line, "QUIT", 4) &&
	       (len == 4 || line[4] == ' ');
}

/*
 * A server without rules answers each line of the client's once, but for those of a message, which
 * has one answer behind its dot.
 */
static void check_answers(const uint8_t *p, size_t left)
{
	static struct answers a;
	const uint8_t *end;
	bool body = false;
	unsigned int code;

	read_answers(&a);
	code = next_answer(&a);
	assert(code == 220 || code == 421 || !code);
	while (code && code != 421 && code != 221 && left && (end = memchr(p, '\n', left))) {
		if (!body || is_dot(p, (size_t)(end - p))) {
			code = next_answer(&a);
			assert(!body || code == 250 || !code);
			/* Or one that is missing would be made up for by the end. */
			assert(!code || (code == 221) == (!body && is_quit(p, (size_t)(end - p))));
			body = code == 354;
		}
		left -= (size_t)(end + 1 - p);
		p = end + 1;
	}
	assert(!code || a.next == a.count);
}

/* --- all of it ------------------------------------------------------------------------------- */

static void serve(void)
{
	now_ms = 0;
	said_len = 0;
	runs = true;
	if (!setjmp(ended))
		session_serve(&server, FD, "192.0.2.1");
	runs = false;
	assert(server.connections == (server.connections_max ? 1 : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t how = take8(&in);

	memset(&server, 0, sizeof(server));
	server.name = "mail.example";
	/* One other is there: the limit is reached, or is not. */
	server.connections_max = how & 0x40 ? 1 : how & 0x20 ? 2 : 0;
	server.connections = server.connections_max ? 1 : 0;
	hangs = how & 0x80;
	piece = 1U + (how & 0x1f) * 50U;
	read_rules(&in);
	client = in;
	serve();
	if (!server.plan.rules)
		check_answers(in.at, in.left);
	return 0;
}
