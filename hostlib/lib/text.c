// SPDX-License-Identifier: GPL-2.0
/* Text from others for a terminal; see text.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

uint32_t text_utf8(const char *text, size_t len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)text;
	uint32_t n = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : *s >> 3 == 30 ? 4 : 0;
	uint32_t code, i;

	if (n < 2 || n > len)
		return n == 1;
	code = *s & (0x7fU >> n);
	for (i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ||
	    (code & 0xfffe) == 0xfffe)
		return 0;
	return n;
}

/* How many bytes of a control character of UTF-8 stand here; 0: none. */
static size_t control_len(const unsigned char *s, size_t len, const char *keep)
{
	if (*s < ' ' || *s == 0x7f)
		return !*s || !strchr(keep, *s);
	return len > 1 && s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f ? 2 : 0;
}

size_t text_visible(char *out, size_t room, const char *in, size_t len, const char *keep)
{
	const unsigned char *s = (const unsigned char *)in, *end = s + len;
	size_t n = 0, bad;

	while (s < end) {
		bad = control_len(s, (size_t)(end - s), keep);
		if (n + (bad ? 4 * bad : 1) >= room)
			break;
		if (!bad)
			out[n++] = (char)*s++;
		for (; bad; bad--)
			n += (size_t)sprintf(out + n, "\\x%02x", *s++);
	}
	out[n] = '\0';
	return n;
}

size_t text_line(char *out, size_t room, const char *fmt, va_list ap)
{
	static const char gap[] = " [...] ";
	size_t n, head, tail;
	char *raw, *all;
	int len = vasprintf(&raw, fmt, ap);

	*out = '\0';
	if (len < 0)
		return 0;
	all = malloc(4 * (size_t)len + 1);
	n = all ? text_visible(all, 4 * (size_t)len + 1, raw, (size_t)len, "\t") : 0;
	free(raw);
	if (n >= room) {
		tail = room / 2;
		head = room - tail - sizeof(gap);
		memmove(all + head + sizeof(gap) - 1, all + n - tail, tail + 1);
		memcpy(all + head, gap, sizeof(gap) - 1);
		n = room - 1;
	}
	if (all)
		memcpy(out, all, n + 1);
	free(all);
	return n;
}
