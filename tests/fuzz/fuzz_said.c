// SPDX-License-Identifier: GPL-2.0
/* Statements that are said while a rig runs: an error with a sentence or a step in range, and the rig stays. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rig *new_rig(void)
{
	static const char text[] = "rig x 1\nnode a\nnode b\nlan l\nlink a b delay=1ms\nlink a l\n"
				   "at 1s crash a\ncapture all\n";
	struct rig *r;

	assert(rig_load_text(&r, "x.rig", text, strlen(text), NULL, 0) == 0);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig *r = new_rig();
	const char *word[300];
	struct rig_capture c;
	struct rig_step s;
	char err[600] = "";
	uint32_t n = 0;
	char *text = malloc(size + 1), *p;
	int rc;

	assert(text);
	memcpy(text, data, size);
	text[size] = 0;
	for (p = text; p < text + size && n < 300; p += strlen(p) + 1)
		word[n++] = p;
	if (n && *word[0] == 'C') {
		rc = rig_read_capture(r, "/f", word + 1, n - 1, &c, err, sizeof(err));
		if (!rc)
			assert(c.all || c.link < r->nlinks || c.link == RIG_NONE);
	} else {
		rc = rig_read_step(r, "/f", word, n, &s, err, sizeof(err));
		if (!rc)
			assert((s.action == RIG_DO_LINK) == (s.link < r->nlinks));
	}
	assert(rc == 0 || *err);
	assert(r->nsteps == 1 && r->ncaptures == 1 && rig_errors(r) == 0);
	rig_free(r);
	free(text);
	return 0;
}
