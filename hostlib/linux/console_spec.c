// SPDX-License-Identifier: GPL-2.0
/* Parser of channel names; see console_spec.h. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "console_spec.h"

#define FD_MAX 1048575

static int __attribute__((format(printf, 2, 3))) fail(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, CONSOLE_WHY_LEN, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Digits only, at most max. */
static bool parse_number(const char *s, unsigned long max, unsigned long *out)
{
	unsigned long n = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		n = n * 10 + (unsigned long)(*s - '0');
		if (n > max)
			return false;
	}
	*out = n;
	return true;
}

static int parse_fd(const char *arg, struct chan_spec *out, char *why)
{
	unsigned long n;

	if (!parse_number(arg, FD_MAX, &n))
		return fail(why, "'fd:%.40s': a descriptor number must follow, as in fd:0", arg);
	out->fd = (int)n;
	return 0;
}

static int parse_tty(const char *arg, struct chan_spec *out, char *why)
{
	if (arg[0] != '/')
		return fail(why, "'tty:%.40s': a full path must follow, as in tty:/dev/tty9", arg);
	snprintf(out->text, sizeof(out->text), "%s", arg);
	return 0;
}

static int parse_port(const char *arg, struct chan_spec *out, char *why)
{
	const char *colon = strrchr(arg, ':');
	struct in_addr addr;
	unsigned long n;

	if (!parse_number(colon ? colon + 1 : arg, 65535, &n))
		return fail(why, "'port:%.40s': a TCP port (0-65535) must follow, as in port:9000",
			    arg);
	out->port = (uint16_t)n;
	snprintf(out->text, sizeof(out->text), "127.0.0.1");
	if (!colon)
		return 0;
	snprintf(out->text, sizeof(out->text), "%.*s", (int)(colon - arg), arg);
	if (inet_pton(AF_INET, out->text, &addr) != 1)
		return fail(why, "'port:%.60s': an IPv4 address must stand before the port", arg);
	return 0;
}

static int parse_no_argument(const char *arg, struct chan_spec *out, char *why)
{
	return 0;
}

static const struct {
	const char *name;
	enum chan_kind kind;
	bool argument;
	int (*parse)(const char *arg, struct chan_spec *out, char *why);
} channels[] = {
	{"none", CHAN_NONE, false, parse_no_argument},
	{"null", CHAN_NULL, false, parse_no_argument},
	{"fd", CHAN_FD, true, parse_fd},
	{"tty", CHAN_TTY, true, parse_tty},
	{"pty", CHAN_PTY, false, parse_no_argument},
	{"pts", CHAN_PTY, false, parse_no_argument},
	{"port", CHAN_PORT, true, parse_port},
	{"xterm", CHAN_XTERM, false, parse_no_argument},
};

static int parse_one(const char *text, struct chan_spec *out, char *why)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text), i;

	memset(out, 0, sizeof(*out));
	out->fd = -1;
	for (i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
		if (strlen(channels[i].name) != len || memcmp(channels[i].name, text, len))
			continue;
		out->kind = channels[i].kind;
		if (!channels[i].argument && colon && colon[1])
			return fail(why, "'%.40s': nothing may follow '%s'", text,
				    channels[i].name);
		if (channels[i].argument && !colon)
			return fail(why,
				    "'%.40s': something must follow, as in fd:0, port:9000 or "
				    "tty:/dev/tty9",
				    text);
		return channels[i].parse(colon ? colon + 1 : "", out, why);
	}
	return fail(why,
		    "'%.40s' is no channel; there are none, null, fd:N, tty:/dev/x, pty, pts, "
		    "port:N, xterm",
		    text);
}

/* Only these can serve one direction. */
static bool one_way(enum chan_kind kind)
{
	return kind == CHAN_NULL || kind == CHAN_FD || kind == CHAN_TTY;
}

int console_spec_parse(const char *text, struct console_spec *out, char why[CONSOLE_WHY_LEN])
{
	char copy[CONSOLE_SPEC_LEN], *comma;
	int err;

	memset(out, 0, sizeof(*out));
	if (strlen(text) >= sizeof(copy))
		return fail(why, "a channel may have at most %zu characters", sizeof(copy) - 1);
	snprintf(copy, sizeof(copy), "%s", text);
	comma = strchr(copy, ',');
	if (comma)
		*comma++ = 0;
	err = parse_one(copy, &out->in, why);
	if (err)
		return err;
	out->one = !comma || strcmp(copy, comma) == 0;
	if (out->one) {
		out->out = out->in;
		return 0;
	}
	err = parse_one(comma, &out->out, why);
	if (err)
		return err;
	if (out->in.kind == CHAN_NONE)
		out->in.kind = CHAN_NULL;
	if (out->out.kind == CHAN_NONE)
		out->out.kind = CHAN_NULL;
	if (!one_way(out->in.kind) || !one_way(out->out.kind))
		return fail(why, "'%.60s': a pair in,out is made of fd:N, tty:/dev/x and null",
			    text);
	return 0;
}

int console_escape_parse(const char *text, int *key, char why[CONSOLE_WHY_LEN])
{
	unsigned char c = (unsigned char)text[0];

	if (strcmp(text, "none") == 0) {
		*key = -1;
		return 0;
	}
	if (c == '^' && text[1] && !text[2] && toupper((unsigned char)text[1]) >= '@' &&
	    toupper((unsigned char)text[1]) <= '_') {
		*key = toupper((unsigned char)text[1]) & 0x1f;
		return 0;
	}
	if (c && !text[1]) {
		*key = c;
		return 0;
	}
	return fail(why, "'escape=%.40s': a key such as ^] or ^A, or none, must follow", text);
}
