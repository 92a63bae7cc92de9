// SPDX-License-Identifier: GPL-2.0
/*
 * Rigs: any text is read to its end, with errors that have a place in it or with a model whose
 * references are all in range. The canonical form is stable and means the same.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Standard input and files of the host are none of the fuzzer's business. */
static int has_include(const uint8_t *data, size_t size)
{
	return memmem(data, size, "include", 7) != NULL;
}

static void check_errors(const struct rig *r)
{
	struct rig_pos pos;
	uint32_t i, n = rig_errors(r);

	assert(n > 0);
	for (i = 0; i < n && i < 50; i++) {
		const char *text = rig_error_text(r, i, &pos);

		assert(strlen(text) > 5 && pos.line >= 1 && pos.column >= 1 && pos.length >= 1);
	}
}

static void check_model(const struct rig *r)
{
	uint32_t i, k;

	assert(r->name);
	for (i = 0; i < r->nnodes; i++) {
		const struct rig_node *n = &r->node[i];

		assert(n->cards <= RIG_CARDS_MAX && n->mem_bytes && n->kernel);
		assert(n->image == RIG_NONE || n->image < r->nimages);
		for (k = 0; k < n->cards; k++)
			assert(n->card[k].link < r->nlinks && n->card[k].peer);
	}
	for (i = 0; i < r->nlinks; i++)
		for (k = 0; k < 2; k++) {
			const struct rig_end *e = &r->link[i].end[k];

			assert(rig_end_name(r, e));
			assert((e->kind == RIG_END_NODE) == (e->card != RIG_NONE));
			if (e->kind == RIG_END_NODE)
				assert(r->node[e->index].card[e->card].link == i);
		}
	for (i = 0; i < r->nsteps; i++) {
		const struct rig_step *s = &r->step[i];

		assert(!i || s->at_ns >= r->step[i - 1].at_ns);
		assert((s->action == RIG_DO_LINK) == (s->link < r->nlinks));
	}
	for (i = 0; i < r->nexpects; i++)
		assert((r->expect[i].node < r->nnodes) != (r->expect[i].link < r->nlinks));
	for (i = 0; i < r->nshows; i++)
		assert(r->show[i].node < r->nnodes && r->show[i].label && r->show[i].title);
	for (i = 0; i < r->nsamples; i++)
		assert((r->sample[i].node < r->nnodes) != (r->sample[i].link < r->nlinks));
}

static char *dump(const uint8_t *data, size_t size)
{
	char *out = NULL;
	size_t len;
	struct rig *r;
	FILE *f;
	int rc = rig_load_text(&r, "x.rig", (const char *)data, size, NULL, 0);

	assert(rc == 0 || rc == -EINVAL || rc == -EFBIG);
	if (rc == 0) {
		check_model(r);
		f = open_memstream(&out, &len);
		assert(rig_write_json(r, f) == 0);
		fclose(f);
	} else if (r) {
		check_errors(r);
	}
	rig_free(r);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *a, *b, *out, *again;
	size_t len, again_len;
	struct rig *r;

	if (has_include(data, size))
		return 0;
	a = dump(data, size);
	if (rig_format(&r, "x.rig", (const char *)data, size, &out, &len) == 0) {
		rig_free(r);
		assert(rig_format(&r, "x.rig", out, len, &again, &again_len) == 0);
		assert(len == again_len && memcmp(out, again, len) == 0);
		b = dump((const uint8_t *)out, len);
		assert(!a == !b && (!a || strcmp(a, b) == 0));
		free(b);
		free(again);
		free(out);
	}
	rig_free(r);
	free(a);
	return 0;
}
