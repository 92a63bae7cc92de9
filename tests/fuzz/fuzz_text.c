// SPDX-License-Identifier: GPL-2.0
/* Text from others for a terminal: no control character is left, nothing is written past the room. */
#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_tame(const char *s, const char *keep)
{
	const unsigned char *p = (const unsigned char *)s;

	for (; *p; p++) {
		if ((*p < ' ' || *p == 0x7f) && !strchr(keep, *p))
			return false;
		if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			return false;
	}
	return true;
}

static size_t line(char *out, size_t room, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = text_line(out, room, fmt, ap);
	va_end(ap);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room, n;
	char *out;

	if (size < 2)
		return 0;
	room = 1 + data[0];
	out = malloc(room);
	n = text_visible(out, room, (const char *)data + 1, size - 1, "\n\t");
	assert(n < room && strlen(out) == n && is_tame(out, "\n\t"));
	free(out);
	room = 64 + data[1];
	out = malloc(room);
	n = line(out, room, "%.*s: %s", (int)size - 1, (const char *)data + 1, "the cause");
	assert(n < room && strlen(out) == n && is_tame(out, "\t"));
	assert(n >= 9 && strcmp(out + n - 9, "the cause") == 0);
	free(out);
	return 0;
}
