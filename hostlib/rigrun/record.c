// SPDX-License-Identifier: GPL-2.0
/* What happened in a run; see record.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "memory.h"
#include "number.h"
#include "record.h"

const char *record_kind_name(enum record_kind kind)
{
	static const char *const names[RECORD_KINDS] = {
		[RECORD_STEP] = "step",       [RECORD_BOOT] = "boot", [RECORD_ENDED] = "ended",
		[RECORD_FAILURE] = "failure", [RECORD_NOTE] = "note", [RECORD_WARNING] = "warning",
	};

	return names[kind];
}

static int by_series(const void *a, const void *b)
{
	const struct record_series *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return strcmp(x->label, y->label);
}

/* All that the rig can measure in nodes, each once. */
static int collect(struct record *r)
{
	const struct rig *rig = r->rig;
	uint32_t i, n = 0;

	r->series = calloc(rig->nsamples + rig->nsteps + 1, sizeof(*r->series));
	if (!r->series)
		return -ENOMEM;
	for (i = 0; i < rig->nsamples; i++)
		if (rig->sample[i].label)
			r->series[n++] = (struct record_series){rig->sample[i].node,
								rig->sample[i].label, 0};
	for (i = 0; i < rig->nsteps; i++)
		if (rig->step[i].label)
			r->series[n++] =
				(struct record_series){rig->step[i].node, rig->step[i].label, 0};
	qsort(r->series, n, sizeof(*r->series), by_series);
	for (i = 0; i < n; i++)
		if (!r->nseries || by_series(&r->series[r->nseries - 1], &r->series[i]) != 0)
			r->series[r->nseries++] = r->series[i];
	return 0;
}

struct record *record_new(const struct rig *rig)
{
	struct record *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->rig = rig;
	if (collect(r) < 0) {
		record_free(r);
		return NULL;
	}
	return r;
}

void record_free(struct record *r)
{
	uint32_t i;

	if (!r)
		return;
	for (i = 0; i < r->nresults; i++)
		free(r->result[i].output);
	for (i = 0; i < r->nevents; i++)
		free(r->event[i].text);
	free(r->series);
	free(r->result);
	free(r->figures);
	free(r->event);
	free(r);
}

uint32_t record_find_series(const struct record *r, uint32_t node, const char *label)
{
	const struct record_series key = {.node = node, .label = label};
	const struct record_series *s =
		bsearch(&key, r->series, r->nseries, sizeof(key), by_series);

	return s ? (uint32_t)(s - r->series) : RIG_NONE;
}

/* How much of an output of len bytes is kept. */
static uint32_t bound(const struct record *r, size_t len)
{
	size_t most = r->output_bytes < RECORD_OUTPUT_ALL ? RECORD_OUTPUT_MAX : RECORD_OUTPUT_LATE;

	return (uint32_t)(len < most ? len : most);
}

/* Takes the entry, with its output copied. */
static int add_result(struct record *r, struct record_result *e, const void *output)
{
	int rc;

	e->output = malloc((size_t)e->len + 1);
	if (!e->output)
		return -ENOMEM;
	if (e->len)
		memcpy(e->output, output, e->len);
	e->output[e->len] = 0;
	rc = rig_grow(&r->result, &r->nresults, RECORD_MAX, sizeof(*e));
	if (rc < 0) {
		free(e->output);
		return rc;
	}
	r->result[r->nresults - 1] = *e;
	r->output_bytes += e->len;
	if (e->series != RIG_NONE)
		r->series[e->series].count++;
	r->last_ns = e->at_ns;
	return 0;
}

int record_command(struct record *r, uint64_t at_ns, uint32_t node, const char *label,
		   const char *command, int status, const void *output, size_t len)
{
	struct record_result e = {
		.at_ns = at_ns,
		.node = node,
		.series = RIG_NONE,
		.command = command,
		.status = status,
		.len = bound(r, len),
	};

	if (at_ns < r->last_ns || node >= r->rig->nnodes || status < RECORD_NO_STATUS)
		return -EINVAL;
	if (label) {
		e.series = record_find_series(r, node, label);
		if (e.series == RIG_NONE)
			return -EINVAL;
	}
	e.cut = e.len < len;
	e.has_number = e.len && number_first(output, e.len, &e.number, &e.unit);
	return add_result(r, &e, output);
}

int record_command_cut(struct record *r, uint64_t at_ns, uint32_t node, const char *label,
		       const char *command, int status, const void *output, size_t len)
{
	int rc = record_command(r, at_ns, node, label, command, status, output, len);

	if (rc == 0)
		r->result[r->nresults - 1].cut = true;
	return rc;
}

int record_link(struct record *r, uint64_t at_ns, uint32_t link, uint8_t way,
		const double value[static RIG_FIGURES])
{
	struct record_figures *e;
	int rc;

	if (at_ns < r->last_ns || link >= r->rig->nlinks || (way != RIG_WAY_0 && way != RIG_WAY_1))
		return -EINVAL;
	rc = rig_grow(&r->figures, &r->nfigures, RECORD_MAX, sizeof(*e));
	if (rc < 0)
		return rc;
	e = &r->figures[r->nfigures - 1];
	e->at_ns = at_ns;
	e->link = link;
	e->way = way;
	memcpy(e->value, value, sizeof(e->value));
	r->last_ns = at_ns;
	return 0;
}

int record_event(struct record *r, uint64_t at_ns, enum record_kind kind, uint32_t node,
		 uint32_t link, const char *fmt, ...)
{
	const struct rig *rig = r->rig;
	char *text;
	va_list ap;
	int rc;

	if (at_ns < r->last_ns || kind >= RECORD_KINDS ||
	    (node != RIG_NONE && node >= rig->nnodes) || (link != RIG_NONE && link >= rig->nlinks))
		return -EINVAL;
	va_start(ap, fmt);
	rc = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (rc < 0)
		return -ENOMEM;
	rc = rig_grow(&r->event, &r->nevents, RECORD_MAX, sizeof(*r->event));
	if (rc < 0) {
		free(text);
		return rc;
	}
	r->event[r->nevents - 1] = (struct record_event){at_ns, kind, node, link, text};
	r->nfailures += kind == RECORD_FAILURE;
	r->last_ns = at_ns;
	return 0;
}
