// SPDX-License-Identifier: GPL-2.0
/* Escape key; see console_escape.h. */
#include "console_escape.h"

static enum console_key meaning(const struct console_escape *e, uint8_t byte)
{
	if (byte == e->key)
		return KEY_LITERAL;
	switch (byte) {
	case '?':
		return KEY_HELP;
	case '.':
		return KEY_END;
	case 'h':
	case 'H':
		return KEY_CAD;
	default:
		return KEY_BACK;
	}
}

size_t console_escape_filter(struct console_escape *e, const uint8_t *in, size_t n, uint8_t *out,
			     size_t *used, enum console_key *what)
{
	size_t i, len = 0;

	*what = KEY_NOTHING;
	for (i = 0; i < n && *what == KEY_NOTHING; i++) {
		if (e->pressed) {
			*what = meaning(e, in[i]);
			/* Help leaves the question open. */
			e->pressed = *what == KEY_HELP;
			if (*what == KEY_LITERAL)
				out[len++] = in[i];
		} else if (e->key >= 0 && in[i] == e->key) {
			e->pressed = true;
			*what = KEY_MENU;
		} else {
			out[len++] = in[i];
		}
	}
	*used = i;
	return len;
}
