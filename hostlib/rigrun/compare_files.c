// SPDX-License-Identifier: GPL-2.0
/* Where two files of runs differ first. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "compare_private.h"
#include "frames.h"
#include "markup.h"

#define LINE_SHOWN 160
#define ETHERNET_HEADER 14

__attribute__((format(printf, 2, 3))) static void say(struct difference *d, const char *fmt, ...)
{
	size_t len = strlen(d->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->text + len, sizeof(d->text) - len, fmt, ap);
	va_end(ap);
}

/* --- texts ------------------------------------------------------------------- */

/* The line that begins at `at`, made visible. */
static void say_line(struct difference *d, const char *which, const struct file_map *f, size_t at)
{
	const char *text = f->data, *end;
	char shown[LINE_SHOWN];
	size_t len;

	if (at >= f->len) {
		say(d, "  %s: (ends here)\n", which);
		return;
	}
	end = memchr(text + at, '\n', f->len - at);
	len = (end ? (size_t)(end - text) : f->len) - at;
	len -= markup_visible(shown, sizeof(shown), text + at, len);
	say(d, "  %s: %s%s\n", which, shown, len ? "..." : "");
}

void compare_texts(const struct file_map *a, const struct file_map *b, struct difference *d)
{
	const char *x = a->data, *y = b->data;
	size_t len = a->len < b->len ? a->len : b->len, at, begin = 0;
	uint64_t line = 1;

	for (at = 0; at < len && x[at] == y[at]; at++) {
		if (x[at] != '\n')
			continue;
		line++;
		begin = at + 1;
	}
	say(d, "line %" PRIu64 "\n", line);
	say_line(d, "first ", a, begin);
	say_line(d, "second", b, begin);
}

/* --- captures ---------------------------------------------------------------- */

static void say_time(struct difference *d, uint64_t unix_ns)
{
	time_t s = (time_t)(unix_ns / 1000000000);
	char text[64] = "?";
	struct tm tm;

	if (gmtime_r(&s, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	say(d, "%s.%09" PRIu64 "Z", text, unix_ns % 1000000000);
}

static void say_frame(struct difference *d, const char *which, const struct frames_frame *f, int rc)
{
	static const char *const ways[] = {"", " in", " out", ""};
	const uint8_t *m = f->data;
	char comment[80] = "";

	if (rc <= 0) {
		say(d, "  %s: %s\n", which, rc ? "(cannot be read any further)" : "(ends here)");
		return;
	}
	say(d, "  %s: ", which);
	say_time(d, f->unix_ns);
	if (f->comment)
		markup_visible(comment, sizeof(comment), f->comment, f->comment_len);
	say(d, " %s%s, %" PRIu32 " bytes", f->interface, ways[f->flags & 3], f->wire_len);
	if (f->len >= ETHERNET_HEADER)
		say(d,
		    ", %02x:%02x:%02x:%02x:%02x:%02x to %02x:%02x:%02x:%02x:%02x:%02x type "
		    "%02x%02x",
		    m[6], m[7], m[8], m[9], m[10], m[11], m[0], m[1], m[2], m[3], m[4], m[5], m[12],
		    m[13]);
	say(d, "%s%s\n", *comment ? ", " : "", comment);
}

static int frames_equal(const struct frames_frame *a, const struct frames_frame *b)
{
	return a->unix_ns == b->unix_ns && a->flags == b->flags && a->len == b->len &&
	       a->wire_len == b->wire_len && !strcmp(a->interface, b->interface) &&
	       !memcmp(a->data, b->data, a->len) && a->comment_len == b->comment_len &&
	       (!a->comment_len || !memcmp(a->comment, b->comment, a->comment_len));
}

/* Two frames of one time and length differ in their bytes. */
static void say_byte(struct difference *d, const struct frames_frame *a,
		     const struct frames_frame *b)
{
	uint32_t at = 0;

	while (at < a->len && at < b->len && a->data[at] == b->data[at])
		at++;
	if (at < a->len && at < b->len)
		say(d, "  byte %" PRIu32 " is %02x, and %02x\n", at, a->data[at], b->data[at]);
}

void compare_captures(const struct file_map *a, const struct file_map *b, struct difference *d)
{
	struct frames *fa = frames_new(a->data, a->len), *fb = frames_new(b->data, b->len);
	struct frames_frame x = {0}, y = {0};
	int ra = 0, rb = 0;

	if (fa && fb) {
		do {
			ra = frames_next(fa, &x);
			rb = frames_next(fb, &y);
		} while (ra > 0 && rb > 0 && frames_equal(&x, &y));
	}
	if (ra > 0)
		d->unix_ns = x.unix_ns;
	if (rb > 0 && y.unix_ns < d->unix_ns)
		d->unix_ns = y.unix_ns;
	say(d, "frame %" PRIu64 "\n", ra > 0 ? x.number : rb > 0 ? y.number : 0);
	say_frame(d, "first ", &x, ra);
	say_frame(d, "second", &y, rb);
	if (ra > 0 && rb > 0)
		say_byte(d, &x, &y);
	frames_free(fa);
	frames_free(fb);
}
