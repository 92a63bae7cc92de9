// SPDX-License-Identifier: GPL-2.0
/*
 * A link's settings as text; the grammar is in link.h. In addition:
 *
 *   rate=unlimited queue=unlimited[/codel...] mtu=unlimited   end a limit
 *   queue=64KiB,100p                                          both limits
 *   jitter=5ms            /uniform; /normal, /pareto, /table:NAME (see link_table.c)
 *   perfect WORD...       all else is reset
 *
 * Numbers are decimal, with a point, exact: what cannot be had to the nanosecond, bit or byte is
 * an error. Every error names the word and says what would be right.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include "decimal.h"
#include "link_private.h"

#define TEXT_MAX 1024
#define PERCENT_DIGITS 12 /* behind the point; link_print() can give back as many */

/* Where an error goes, and the word that it is about. */
struct complaint {
	const char *word;
	char *err;
	size_t len;
};

static int complain(const struct complaint *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Words may be anything that somebody sent: long ones are cut, odd characters shown as `?`. */
static int complain(const struct complaint *c, const char *fmt, ...)
{
	char text[512], *p;
	va_list ap;
	int n = snprintf(text, sizeof(text), "%.60s%s: ", c->word,
			 strlen(c->word) > 60 ? "..." : "");

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	for (p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	snprintf(c->err, c->len, "%s", text);
	return -EINVAL;
}

/* What a number can be. */
struct quantity {
	struct {
		const char *name;
		uint64_t factor;
	} unit[5]; /* ends with a NULL, or full */
	uint64_t max;
	const char *units; /* for people */
	const char *example;
	const char *most; /* max for people */
};

static const struct quantity a_time = {
	{{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}},
	LINK_TIME_MAX,
	"ns, us, ms or s",
	"40ms",
	"1000000s",
};
static const struct quantity an_interval = {
	{{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}},
	LINK_INTERVAL_MAX,
	"ns, us, ms or s",
	"100ms",
	"4s",
};
static const struct quantity a_rate = {
	{{"bit", 1}, {"kbit", 1000}, {"Mbit", 1000000}, {"Gbit", 1000000000}},
	LINK_RATE_MAX,
	"bit, kbit, Mbit or Gbit",
	"2Mbit",
	"10000Gbit",
};
static const struct quantity a_size = {
	{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"p", 0}},
	1ULL << 40,
	"B, KiB, MiB, or p for packets",
	"64KiB",
	"1048576MiB",
};
static const struct quantity packets = {
	{{"p", 1}}, UINT32_MAX, "p for packets", "100p", "4294967295p"};
static const struct quantity an_overhead = {
	{{"", 1}}, LINK_OVERHEAD_MAX, "none (it is in bytes)", "24", "65535"};
static const struct quantity an_mtu = {
	{{"", 1}}, LINK_MTU_MAX, "none (it is in bytes)", "1400", "65536"};

static int number(const struct complaint *c, const struct quantity *q, const char *s, uint64_t *out)
{
	unsigned int places, i = 0;
	uint64_t value;
	const char *unit = decimal_read(s, &value, &places);
	int rc;

	if (!unit)
		return complain(c, "'%.40s' is no number of up to 18 digits, like %s", s,
				q->example);
	while (i < 5 && q->unit[i].name && strcmp(q->unit[i].name, unit) != 0)
		i++;
	if (i == 5 || !q->unit[i].name)
		return complain(c, "%s%.40s%s; the unit is %s, as in %s",
				*unit ? "there is no unit '" : "the unit is missing", unit,
				*unit ? "'" : "", q->units, q->example);
	rc = decimal_scale(value, places, q->unit[i].factor, q->max, out);
	if (rc == -EDOM)
		return complain(c, "'%.40s' is finer than 1%s; leave out digits", s,
				q->unit[0].name);
	return rc < 0 ? complain(c, "'%.40s' is too much; at most %s", s, q->most) : 0;
}

static int probability(const struct complaint *c, const char *s, double *out)
{
	unsigned int places;
	uint64_t value;
	const char *unit = decimal_read(s, &value, &places);
	char scaled[48];

	if (!unit || strcmp(unit, "%") != 0)
		return complain(c, "'%.40s' is no share in percent, like 0.5%%", s);
	if (places > PERCENT_DIGITS)
		return complain(c, "'%.40s' has more than %d digits behind the point", s,
				PERCENT_DIGITS);
	/* strtod() rounds once and right; a division would round again. */
	snprintf(scaled, sizeof(scaled), "%.*se-2", (int)(unit - s), s);
	*out = strtod(scaled, NULL);
	return *out <= 1 ? 0 : complain(c, "'%.40s' is more than 100%%", s);
}

/* Cuts s at the first `at`: what is behind it, or NULL. */
static char *cut(char *s, char at)
{
	char *p = strchr(s, at);

	if (p)
		*p++ = 0;
	return p;
}

static int parse_delay(struct link_spec *spec, char *v, const struct complaint *c)
{
	return number(c, &a_time, v, &spec->delay_ns);
}

static int parse_jitter(struct link_spec *spec, char *v, const struct complaint *c)
{
	static const char *const kinds[] = {"uniform", "normal", "pareto"};
	char *kind = cut(v, '/');
	unsigned int i;

	spec->jitter_kind = LINK_JITTER_UNIFORM;
	spec->table[0] = 0;
	if (number(c, &a_time, v, &spec->jitter_ns) < 0)
		return -EINVAL;
	if (!kind)
		return 0;
	if (strncmp(kind, "table:", 6) == 0) {
		kind += 6;
		if (!*kind || strlen(kind) >= sizeof(spec->table))
			return complain(c, "a table's name has 1 to %zu characters",
					sizeof(spec->table) - 1);
		spec->jitter_kind = LINK_JITTER_TABLE;
		strcpy(spec->table, kind);
		return 0;
	}
	for (i = 0; i < 3; i++)
		if (strcmp(kind, kinds[i]) == 0) {
			spec->jitter_kind = (enum link_jitter)i;
			return 0;
		}
	return complain(
		c, "there is no distribution '%.40s'; say uniform, normal, pareto or table:NAME",
		kind);
}

static int parse_loss(struct link_spec *spec, char *v, const struct complaint *c)
{
	return probability(c, v, &spec->loss);
}

static int parse_burst(struct link_spec *spec, char *v, const struct complaint *c)
{
	double *to[] = {&spec->burst_enter, &spec->burst_leave, &spec->burst_loss_bad,
			&spec->burst_loss_good};
	unsigned int n = 0;

	spec->burst_loss_bad = 1;
	spec->burst_loss_good = 0;
	for (; v && n < 4; n++) {
		char *next = cut(v, '/');

		if (probability(c, v, to[n]) < 0)
			return -EINVAL;
		v = next;
	}
	if (v || n < 2)
		return complain(c, "say ENTER/LEAVE[/LOSS_BAD[/LOSS_GOOD]], as in 1%%/25%%");
	return 0;
}

static int parse_duplicate(struct link_spec *spec, char *v, const struct complaint *c)
{
	return probability(c, v, &spec->duplicate);
}

static int parse_corrupt(struct link_spec *spec, char *v, const struct complaint *c)
{
	return probability(c, v, &spec->corrupt);
}

static int parse_reorder(struct link_spec *spec, char *v, const struct complaint *c)
{
	return probability(c, v, &spec->reorder);
}

static int parse_rate(struct link_spec *spec, char *v, const struct complaint *c)
{
	char *overhead = cut(v, '/');
	uint64_t bytes = 0;

	spec->rate_bps = 0;
	if (strcmp(v, "unlimited") != 0) {
		if (number(c, &a_rate, v, &spec->rate_bps) < 0)
			return -EINVAL;
		if (!spec->rate_bps)
			return complain(c, "a rate is 1bit or more; rate=unlimited ends the limit, "
					   "`down` stops the link");
	}
	if (overhead && number(c, &an_overhead, overhead, &bytes) < 0)
		return -EINVAL;
	spec->overhead = (uint32_t)bytes;
	return 0;
}

static int queue_limit(struct link_spec *spec, const char *v, const struct complaint *c)
{
	bool is_packets = *v && v[strlen(v) - 1] == 'p';
	uint64_t n;

	if (number(c, is_packets ? &packets : &a_size, v, &n) < 0)
		return -EINVAL;
	if (!n)
		return complain(c, "a queue holds 1p or more; queue=unlimited ends the limit");
	if (is_packets)
		spec->queue_packets = (uint32_t)n;
	else
		spec->queue_bytes = n;
	return 0;
}

static int parse_codel(struct link_spec *spec, char *v, const struct complaint *c)
{
	char *target = cut(v, ':'), *interval = target ? cut(target, ':') : NULL;

	if (strcmp(v, "codel") != 0)
		return complain(c, "there is no kind of queue '%.40s'; say codel or nothing", v);
	spec->queue_kind = LINK_QUEUE_CODEL;
	spec->codel_target_ns = LINK_CODEL_TARGET;
	spec->codel_interval_ns = LINK_CODEL_INTERVAL;
	if (!target)
		return 0;
	if (!interval)
		return complain(c, "say codel:TARGET:INTERVAL, as in codel:5ms:100ms");
	if (number(c, &a_time, target, &spec->codel_target_ns) < 0 ||
	    number(c, &an_interval, interval, &spec->codel_interval_ns) < 0)
		return -EINVAL;
	if (!spec->codel_target_ns || !spec->codel_interval_ns)
		return complain(c, "CoDel's target and interval are 1ns or more");
	return 0;
}

static int parse_queue(struct link_spec *spec, char *v, const struct complaint *c)
{
	char *kind = cut(v, '/'), *second;

	spec->queue_bytes = spec->queue_packets = 0;
	spec->queue_kind = LINK_QUEUE_TAIL;
	spec->codel_target_ns = spec->codel_interval_ns = 0;
	if (strcmp(v, "unlimited") != 0) {
		second = cut(v, ',');
		if (queue_limit(spec, v, c) < 0 || (second && queue_limit(spec, second, c) < 0))
			return -EINVAL;
		if (second && !(spec->queue_bytes && spec->queue_packets))
			return complain(c, "two limits are one in bytes and one in packets, as in "
					   "64KiB,100p");
	}
	return kind ? parse_codel(spec, kind, c) : 0;
}

static int parse_mtu(struct link_spec *spec, char *v, const struct complaint *c)
{
	uint64_t bytes = 0;

	if (strcmp(v, "unlimited") != 0) {
		if (number(c, &an_mtu, v, &bytes) < 0)
			return -EINVAL;
		if (!bytes)
			return complain(c, "an MTU is 1 or more; mtu=unlimited ends the limit");
	}
	spec->mtu = (uint32_t)bytes;
	return 0;
}

static const struct setting {
	const char *name;
	uint32_t bit;
	int (*parse)(struct link_spec *spec, char *value, const struct complaint *c);
	const char *example;
} settings[] = {
	{"delay", LINK_SET_DELAY, parse_delay, "delay=40ms"},
	{"jitter", LINK_SET_JITTER, parse_jitter, "jitter=5ms/normal"},
	{"loss", LINK_SET_LOSS, parse_loss, "loss=0.5%"},
	{"burst", LINK_SET_BURST, parse_burst, "burst=1%/25%"},
	{"duplicate", LINK_SET_DUPLICATE, parse_duplicate, "duplicate=0.1%"},
	{"corrupt", LINK_SET_CORRUPT, parse_corrupt, "corrupt=0.01%"},
	{"reorder", LINK_SET_REORDER, parse_reorder, "reorder=1%"},
	{"rate", LINK_SET_RATE, parse_rate, "rate=2Mbit"},
	{"queue", LINK_SET_QUEUE, parse_queue, "queue=64KiB"},
	{"mtu", LINK_SET_MTU, parse_mtu, "mtu=1400"},
};

#define SETTINGS (sizeof(settings) / sizeof(*settings))

/* Letters at the beginning and the end that two words have in common, of those that they have. */
static bool alike(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), most = la > lb ? la : lb, n = 0, m = 0;

	while (n < la && n < lb && a[n] == b[n])
		n++;
	while (m + n < la && m + n < lb && a[la - 1 - m] == b[lb - 1 - m])
		m++;
	return n + m + 2 >= most && n + m >= 2;
}

static int unknown(const char *name, const struct complaint *c)
{
	unsigned int i;

	for (i = 0; i < SETTINGS; i++)
		if (alike(name, settings[i].name))
			return complain(c, "there is no setting '%.40s'; did you mean %s?", name,
					settings[i].example);
	return complain(c,
			"there is no setting '%.40s'; say delay, jitter, loss, burst, duplicate, "
			"corrupt, reorder, rate, queue, mtu, up, down or perfect",
			name);
}

/* A word without a value; 1: it is none of those. */
static int plain_word(struct link_spec *spec, const char *word, const struct complaint *c)
{
	if (strcmp(word, "perfect") == 0) {
		if (spec->set)
			return complain(c, "it resets all, so it comes first");
		spec->set = LINK_SET_ALL;
		return 0;
	}
	if (strcmp(word, "up") != 0 && strcmp(word, "down") != 0)
		return 1;
	spec->down = *word == 'd';
	spec->set |= LINK_SET_STATE;
	return 0;
}

/* One word; *named: bits of what was named up to now. */
static int parse_word(struct link_spec *spec, char *word, uint32_t *named,
		      const struct complaint *c)
{
	unsigned int i = 0;
	char *value;
	int ret = plain_word(spec, word, c);

	if (ret == 0 && strcmp(word, "perfect") != 0) {
		ret = *named & LINK_SET_STATE ? complain(c, "up or down once only") : 0;
		*named |= LINK_SET_STATE;
	}
	if (ret != 1)
		return ret;
	value = cut(word, '=');
	while (i < SETTINGS && strcmp(settings[i].name, word) != 0)
		i++;
	if (i == SETTINGS)
		return unknown(word, c);
	if (!value || !*value)
		return complain(c, "the value is missing; say for example %s", settings[i].example);
	if (*named & settings[i].bit)
		return complain(c, "'%.40s' was set already; say it once", word);
	if (settings[i].parse(spec, value, c) < 0)
		return -EINVAL;
	*named |= settings[i].bit;
	spec->set |= settings[i].bit;
	return 0;
}

int link_parse(struct link_spec *spec, const char *text, char *err, size_t err_len)
{
	struct complaint c = {"link", err, err_len};
	char copy[TEXT_MAX], word[TEXT_MAX];
	char *p, *rest = copy;
	uint32_t named = 0;

	*spec = (struct link_spec){0};
	if (strlen(text) >= sizeof(copy))
		return complain(&c, "the settings are longer than %d characters", TEXT_MAX - 1);
	strcpy(copy, text);
	while ((p = strsep(&rest, " \t\r\n"))) {
		if (!*p)
			continue;
		strcpy(word, p); /* p is cut up */
		c.word = word;
		if (parse_word(spec, p, &named, &c) < 0)
			return -EINVAL;
	}
	c.word = *text ? text : "link";
	if (!spec->set)
		return complain(&c, "no settings; say for example delay=40ms, or perfect");
	if ((named & LINK_SET_LOSS) && (named & LINK_SET_BURST))
		return complain(&c,
				"loss and burst exclude each other; burst has losses of its own");
	return 0;
}
