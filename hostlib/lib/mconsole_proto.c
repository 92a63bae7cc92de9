// SPDX-License-Identifier: GPL-2.0
/* Management console: wire format; see mconsole_proto.h. */
#include <errno.h>
#include <string.h>
#include "mconsole_proto.h"

#define HEAD 12 /* of requests and replies */
#define NOTIFY_HEAD 16

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copies up to a zero byte; the copy is terminated. Its length. */
static size_t take_text(char *to, const uint8_t *from, size_t len)
{
	len = strnlen((const char *)from, len);
	memcpy(to, from, len);
	to[len] = '\0';
	return len;
}

int mconsole_request_parse(const void *buf, size_t n, struct mconsole_request *out)
{
	const uint8_t *p = buf;
	size_t len, start = 0;

	if (n < HEAD || get32(p) != MCONSOLE_MAGIC)
		return -EBADMSG;
	if (get32(p + 4) != MCONSOLE_VERSION)
		return -EPROTONOSUPPORT;
	if (n > MCONSOLE_REQUEST_MAX || get32(p + 8) > n - HEAD)
		return -EMSGSIZE;
	len = take_text(out->text, p + HEAD, get32(p + 8));
	while (len && blank(out->text[len - 1]))
		len--;
	while (start < len && blank(out->text[start]))
		start++;
	out->len = len - start;
	memmove(out->text, out->text + start, out->len);
	out->text[out->len] = '\0';
	return out->len ? 0 : -EINVAL;
}

size_t mconsole_request_build(uint8_t buf[static MCONSOLE_REQUEST_MAX], const char *text,
			      size_t len)
{
	if (!len || len >= MCONSOLE_TEXT)
		return 0;
	memset(buf, 0, MCONSOLE_REQUEST_MAX);
	put32(buf, MCONSOLE_MAGIC);
	put32(buf + 4, MCONSOLE_VERSION);
	put32(buf + 8, (uint32_t)len);
	memcpy(buf + HEAD, text, len);
	return MCONSOLE_REQUEST_MAX; /* stock guests refuse a request that is cut short */
}

size_t mconsole_reply_build(uint8_t buf[static MCONSOLE_REPLY_MAX], uint32_t err, const char *text,
			    size_t len, bool more_follows, size_t *used)
{
	*used = len < MCONSOLE_TEXT ? len : MCONSOLE_TEXT - 1;
	put32(buf, err);
	put32(buf + 4, more_follows || *used < len);
	put32(buf + 8, (uint32_t)*used + 1);
	memcpy(buf + HEAD, text, *used);
	buf[HEAD + *used] = 0;
	return HEAD + *used + 1;
}

int mconsole_reply_parse(const void *buf, size_t n, struct mconsole_reply *out)
{
	const uint8_t *p = buf;
	size_t len;

	if (n < HEAD || n > MCONSOLE_REPLY_MAX)
		return -EBADMSG;
	len = get32(p + 8);
	if (len > n - HEAD)
		return -EBADMSG;
	out->err = get32(p);
	out->more = get32(p + 4) != 0;
	out->len = take_text(out->text, p + HEAD, len);
	return 0;
}

size_t mconsole_notify_build(uint8_t buf[static MCONSOLE_NOTIFY_MAX],
			     enum mconsole_notify_type type, const char *text)
{
	size_t len = strnlen(text, MCONSOLE_TEXT - 1);

	put32(buf, MCONSOLE_MAGIC);
	put32(buf + 4, MCONSOLE_VERSION);
	put32(buf + 8, type);
	put32(buf + 12, (uint32_t)len + 1);
	memcpy(buf + NOTIFY_HEAD, text, len);
	buf[NOTIFY_HEAD + len] = 0;
	return NOTIFY_HEAD + len + 1;
}

int mconsole_notify_parse(const void *buf, size_t n, struct mconsole_notify *out)
{
	const uint8_t *p = buf;
	uint32_t type, len;

	if (n < NOTIFY_HEAD || n > MCONSOLE_NOTIFY_MAX || get32(p) != MCONSOLE_MAGIC ||
	    get32(p + 4) != MCONSOLE_VERSION)
		return -EBADMSG;
	type = get32(p + 8);
	len = get32(p + 12);
	if (type > MCONSOLE_NOTIFY_USER || len > n - NOTIFY_HEAD)
		return -EBADMSG;
	out->type = type;
	out->len = take_text(out->text, p + NOTIFY_HEAD, len);
	return 0;
}

size_t mconsole_first_word(const char *line, const char **rest)
{
	size_t len = 0, next;

	while (line[len] && !blank(line[len]))
		len++;
	for (next = len; blank(line[next]); next++)
		;
	*rest = line + next;
	return len;
}
