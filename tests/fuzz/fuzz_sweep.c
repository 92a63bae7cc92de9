// SPDX-License-Identifier: GPL-2.0
/* What a sweep reads: results of runs, which may be anybody's files, and values of its options. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_amount.h"
#include "sweep_range.h"
#include "sweep_read.h"

static int row(void *arg, const struct sweep_row *r)
{
	uint32_t *count = arg;

	assert(memchr(r->source, 0, sizeof(r->source)) && memchr(r->name, 0, sizeof(r->name)) &&
	       memchr(r->unit, 0, sizeof(r->unit)));
	assert(isfinite(r->value) && r->status >= 0 && r->status <= 999);
	return ++*count > 1000 ? -E2BIG : 0;
}

static int point(void *arg, const struct sweep_point *p)
{
	uint32_t *count = arg;

	assert(memchr(p->title, 0, sizeof(p->title)) && memchr(p->reason, 0, sizeof(p->reason)));
	assert(p->decided_ns < 10000000000ULL * 1000000000);
	return ++*count > 1000 ? -E2BIG : 0;
}

/* Values are what they were read from: a list of them gives them again. */
static void values(const char *text)
{
	struct sweep_values v, again;
	struct sweep_amount a;
	struct rig_why why = {""};
	uint32_t i, k;

	if (sweep_range_read(text, &v, &why) < 0) {
		assert(*why.text);
		sweep_values_free(&v);
		return;
	}
	assert(v.count >= 1 && v.count <= SWEEP_RUNS_MAX);
	for (i = 0; i < v.count && i < 20; i++) {
		for (k = 0; k < i; k++)
			assert(strcmp(v.value[i], v.value[k]) != 0);
		if (sweep_amount_read(v.value[i], &a, &why) < 0)
			continue;
		if (sweep_range_read(v.value[i], &again, &why) == 0)
			assert(again.count == 1 || strchr(v.value[i], ',') ||
			       strchr(v.value[i], '\\'));
		sweep_values_free(&again);
	}
	sweep_values_free(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	uint32_t count = 0;
	char *copy;
	int rc;

	if (!size || size > 20000)
		return 0;
	switch (*data) {
	case 't': /* time_s,... */
		rc = sweep_read_samples(text, size, row, &count);
		assert(rc == 0 || rc == -EINVAL || rc == -E2BIG);
		break;
	case 'T': /* TAP version 14 */
		rc = sweep_read_verdicts(text, size, point, &count);
		assert(rc == 0 || rc == -EINVAL || rc == -E2BIG);
		break;
	case '{':
		sweep_read_doubtful(text, size);
		break;
	default:
		copy = strndup(text, size < 200 ? size : 200);
		if (copy)
			values(copy);
		free(copy);
		break;
	}
	return 0;
}
