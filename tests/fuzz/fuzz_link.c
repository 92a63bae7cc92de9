// SPDX-License-Identifier: GPL-2.0
/*
 * Settings of links: what is read is printed and read back to the same, and every error is a
 * sentence. With a first byte of 0, a table of deviations.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "link_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void a_table(const char *text, size_t len)
{
	struct link_table *t = NULL;
	uint32_t i;

	if (link_table_parse(&t, text, len) < 0)
		return;
	assert(t->count > 0 && t->count <= LINK_TABLE_MAX);
	for (i = 0; i < t->count; i++)
		assert(abs(t->entry[i]) <= LINK_TABLE_ENTRY_MAX);
	free(t);
}

static void settings(const char *text)
{
	struct link_spec spec, back, merged = {0};
	char err[300] = "", out[1024], again[1024];

	if (link_parse(&spec, text, err, sizeof(err)) < 0) {
		assert(strlen(err) > 10 && strstr(err, ": "));
		return;
	}
	link_spec_merge(&merged, &spec);
	assert(link_spec_check(&merged) == 0);
	link_print(&spec, out, sizeof(out));
	assert(strlen(out) < sizeof(out) - 1);
	assert(link_parse(&back, out, err, sizeof(err)) == 0);
	link_print(&back, again, sizeof(again));
	assert(strcmp(out, again) == 0);
	/* With `perfect`, what has no effect is not printed. */
	if (spec.set != LINK_SET_ALL)
		assert(memcmp(&spec, &back, sizeof(spec)) == 0);
	memset(&back, 0, sizeof(back));
	link_spec_merge(&back, &merged);
	assert(memcmp(&merged, &back, sizeof(back)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size && !*data) {
		a_table((const char *)data + 1, size - 1);
		return 0;
	}
	text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = 0;
	settings(text);
	free(text);
	return 0;
}
