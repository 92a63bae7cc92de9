// SPDX-License-Identifier: GPL-2.0
/* Channel names, escape= and the escape key. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "console_escape.h"
#include "console_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void names(const char *text)
{
	char why[CONSOLE_WHY_LEN] = "";
	struct console_spec s;
	int key;

	if (console_spec_parse(text, &s, why)) {
		assert(*why && memchr(why, 0, sizeof(why)));
	} else {
		assert(memchr(s.in.text, 0, sizeof(s.in.text)));
		assert(s.in.kind != CHAN_FD || s.in.fd >= 0);
		assert(s.out.kind != CHAN_FD || s.out.fd >= 0);
	}
	if (console_escape_parse(text, &key, why) == 0)
		assert(key >= -1 && key <= 255);
}

static void filter(const uint8_t *data, size_t size)
{
	struct console_escape e = {.key = size ? data[0] : -1};
	uint8_t *out = malloc(size + 1);
	enum console_key what;
	size_t used, len;

	while (size) {
		len = console_escape_filter(&e, data, size, out, &used, &what);
		assert(used > 0 && used <= size && len <= used);
		data += used;
		size -= used;
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = 0;
	names(text);
	free(text);
	filter(data, size);
	return 0;
}
