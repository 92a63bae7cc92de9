// SPDX-License-Identifier: GPL-2.0
/* A link's settings as a text that link_parse() reads back to the same. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "link_private.h"

struct text {
	char *out;
	size_t len, used;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->used >= t->len)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->out + t->used, t->len - t->used, fmt, ap);
	va_end(ap);
	t->used += n > 0 ? (size_t)n : 0;
}

/* A word begins. */
static void begin(struct text *t, const char *name)
{
	add(t, "%s%s=", t->used ? " " : "", name);
}

/* v in the largest of the units (each `step` of the one before) that holds it wholly. */
static void add_whole(struct text *t, uint64_t v, uint64_t step, const char *const *units)
{
	while (v && v % step == 0 && units[1]) {
		v /= step;
		units++;
	}
	add(t, "%llu%s", (unsigned long long)v, *units);
}

static void add_time(struct text *t, uint64_t ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s", NULL};

	add_whole(t, ns, 1000, units);
}

/* The shortest number of percent that is read back as p. */
static void add_percent(struct text *t, double p)
{
	char digits[40], scaled[48];
	int places;

	for (places = 0; places <= 12; places++) {
		snprintf(digits, sizeof(digits), "%.*f", places, p * 100);
		snprintf(scaled, sizeof(scaled), "%se-2", digits);
		if (strtod(scaled, NULL) == p)
			break;
	}
	add(t, "%s%%", digits);
}

static void add_probability(struct text *t, const char *name, double p)
{
	begin(t, name);
	add_percent(t, p);
}

static void add_jitter(struct text *t, const struct link_spec *s)
{
	static const char *const kinds[] = {"", "/normal", "/pareto", "/table:"};

	begin(t, "jitter");
	add_time(t, s->jitter_ns);
	add(t, "%s", kinds[s->jitter_kind]);
	if (s->jitter_kind == LINK_JITTER_TABLE)
		add(t, "%s", s->table);
}

static void add_burst(struct text *t, const struct link_spec *s)
{
	begin(t, "burst");
	add_percent(t, s->burst_enter);
	add(t, "/");
	add_percent(t, s->burst_leave);
	if (s->burst_loss_bad < 1 || s->burst_loss_good > 0) {
		add(t, "/");
		add_percent(t, s->burst_loss_bad);
	}
	if (s->burst_loss_good > 0) {
		add(t, "/");
		add_percent(t, s->burst_loss_good);
	}
}

static void add_rate(struct text *t, const struct link_spec *s)
{
	static const char *const units[] = {"bit", "kbit", "Mbit", "Gbit", NULL};

	begin(t, "rate");
	if (s->rate_bps)
		add_whole(t, s->rate_bps, 1000, units);
	else
		add(t, "unlimited");
	if (s->overhead)
		add(t, "/%u", s->overhead);
}

static void add_queue(struct text *t, const struct link_spec *s)
{
	static const char *const units[] = {"B", "KiB", "MiB", NULL};

	begin(t, "queue");
	if (s->queue_bytes)
		add_whole(t, s->queue_bytes, 1024, units);
	if (s->queue_packets)
		add(t, "%s%up", s->queue_bytes ? "," : "", s->queue_packets);
	if (!s->queue_bytes && !s->queue_packets)
		add(t, "unlimited");
	if (s->queue_kind != LINK_QUEUE_CODEL)
		return;
	add(t, "/codel");
	if (s->codel_target_ns == LINK_CODEL_TARGET && s->codel_interval_ns == LINK_CODEL_INTERVAL)
		return;
	add(t, ":");
	add_time(t, s->codel_target_ns);
	add(t, ":");
	add_time(t, s->codel_interval_ns);
}

static void add_mtu(struct text *t, const struct link_spec *s)
{
	begin(t, "mtu");
	if (s->mtu)
		add(t, "%u", s->mtu);
	else
		add(t, "unlimited");
}

void link_print(const struct link_spec *spec, char *out, size_t len)
{
	struct text t = {out, len, 0};
	struct link_spec none = {0};
	uint32_t set = spec->set;

	if (!len)
		return;
	*out = 0;
	if (!set || set == LINK_SET_ALL)
		add(&t, "perfect");
	if (set == LINK_SET_ALL) { /* only what does something */
		link_spec_merge(&none, spec);
		set = none.set;
		spec = &none;
	}
	if (set & LINK_SET_DELAY) {
		begin(&t, "delay");
		add_time(&t, spec->delay_ns);
	}
	if (set & LINK_SET_JITTER)
		add_jitter(&t, spec);
	if (set & LINK_SET_LOSS)
		add_probability(&t, "loss", spec->loss);
	if (set & LINK_SET_BURST)
		add_burst(&t, spec);
	if (set & LINK_SET_DUPLICATE)
		add_probability(&t, "duplicate", spec->duplicate);
	if (set & LINK_SET_CORRUPT)
		add_probability(&t, "corrupt", spec->corrupt);
	if (set & LINK_SET_REORDER)
		add_probability(&t, "reorder", spec->reorder);
	if (set & LINK_SET_RATE)
		add_rate(&t, spec);
	if (set & LINK_SET_QUEUE)
		add_queue(&t, spec);
	if (set & LINK_SET_MTU)
		add_mtu(&t, spec);
	if (set & LINK_SET_STATE)
		add(&t, "%s%s", t.used ? " " : "", spec->down ? "down" : "up");
}
