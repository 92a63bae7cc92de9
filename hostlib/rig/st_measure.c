// SPDX-License-Identifier: GPL-2.0
/* Measurements, verdicts and what is shown of them: every ... sample, expect, show. */
#include <errno.h>
#include <string.h>
#include "parse.h"

static const char *const figures[RIG_FIGURES] = {
	[RIG_FIGURE_FRAMES] = "frames",       [RIG_FIGURE_BYTES] = "bytes",
	[RIG_FIGURE_DELIVERED] = "delivered", [RIG_FIGURE_DELIVERED_BYTES] = "delivered_bytes",
	[RIG_FIGURE_LOST] = "lost",           [RIG_FIGURE_DROPPED] = "dropped",
	[RIG_FIGURE_QUEUE] = "queue",         [RIG_FIGURE_QUEUE_PACKETS] = "queue_packets",
	[RIG_FIGURE_QUEUE_MAX] = "queue_max",
};

const char *rig_figure_name(enum rig_figure figure)
{
	return figures[figure];
}

/* A->B at text; what is behind it, at a '.' or the end, into *rest. */
static int take_way(struct rig_parser *p, struct rig_word *w, char *text, char *name[2],
		    struct rig_pos pos[2], char **rest)
{
	char *b = strstr(text, "->"), *dot;

	*b = 0;
	b += 2;
	dot = strchr(b, '.');
	if (dot)
		*dot++ = 0;
	*rest = dot;
	pos[0] = rig_at(p, w, text);
	pos[0].length = *text ? (uint32_t)strlen(text) : 1;
	pos[1] = rig_at(p, w, b);
	pos[1].length = *b ? (uint32_t)strlen(b) : 1;
	if (!*text || !*b)
		return rig_error(p->t, rig_at(p, w, text),
				 "a way of a link is A->B, without blanks");
	name[0] = rig_keep(p, text);
	name[1] = rig_keep(p, b);
	return p->fatal;
}

static int set_from(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	return rig_take_time(p, w, value, &((struct rig_sample *)object)->from_ns);
}

static int set_until(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	return rig_take_time(p, w, value, &((struct rig_sample *)object)->until_ns);
}

/* NODE LABEL COMMAND, or A->B */
static int sample_of(struct rig_parser *p, struct rig_sample *s)
{
	struct rig_word *w = rig_need(p, "a node, or a way of a link like a->b");
	struct rig_why why = {""};
	char *rest;
	int rc;

	if (!w)
		return -EINVAL;
	if (strstr(w->text, "->")) {
		rc = take_way(p, w, w->text, s->name, s->name_pos, &rest);
		if (rc == 0 && rest)
			rc = rig_error(p->t, rig_at(p, w, rest),
				       "all figures of a link are sampled together");
		return rc;
	}
	s->name_pos[0] = rig_at(p, w, NULL);
	s->name[0] = rig_keep(p, w->text);
	w = rig_need(p, "the name of the sample");
	if (!w)
		return -EINVAL;
	if (rig_value_label(w->text, "sample", &why) < 0)
		return rig_error(p->t, rig_at(p, w, NULL), "%s", why.text);
	s->label = rig_keep(p, w->text);
	w = rig_need(p, "the command, in quotes");
	if (!w)
		return -EINVAL;
	if (!w->len)
		return rig_error(p->t, rig_at(p, w, NULL), "a command is not empty");
	s->command = rig_keep(p, w->text);
	return p->fatal;
}

int rig_st_every(struct rig_parser *p)
{
	static const struct rig_setting settings[] = {
		{"from", "from=10m", set_from, 0x1, false, false},
		{"until", "until=2h", set_until, 0x2, false, false},
	};
	struct rig *rig = p->rig;
	struct rig_sample s = {
		.node = RIG_NONE, .link = RIG_NONE, .until_ns = UINT64_MAX, .pos = p->pos};
	struct rig_word *w = rig_need(p, "a time");
	uint32_t set = 0;
	int rc, period;

	if (!w)
		return -EINVAL;
	period = rig_take_time(p, w, w->text, &s.every_ns);
	if (period == 0 && s.every_ns < 1000000)
		period = rig_error(p->t, rig_at(p, w, NULL), "samples are at least 1ms apart");
	w = rig_need(p, "'sample'");
	p->holes = p->holes || !w || strcmp(w->text, "sample") != 0;
	if (!w)
		return -EINVAL;
	if (strcmp(w->text, "sample") != 0)
		return rig_error(p->t, rig_at(p, w, NULL), "'sample' is expected here, not '%.40s'",
				 w->text);
	rc = sample_of(p, &s);
	if (rc == 0)
		rc = rig_settings(p, settings, RIG_COUNT(settings), &s, &set, NULL);
	if (rc == 0 && s.until_ns < s.from_ns)
		rc = rig_error(p->t, p->pos, "until= is before from=");
	if (rig_more(p, &rig->sample, &rig->nsamples, RIG_SAMPLES_MAX, sizeof(s), "samples") < 0)
		return -EINVAL;
	rig->sample[rig->nsamples - 1] = s;
	return rc < 0 ? rc : period;
}

static int figure_of(struct rig_parser *p, struct rig_word *w, struct rig_expect *e, char *text)
{
	char all[160] = "";
	struct rig_nearest n;
	uint32_t i;

	if (!text)
		return rig_error(p->t, rig_at(p, w, NULL), "say which figure: A->B.dropped");
	rig_nearest_start(&n, text);
	for (i = 0; i < RIG_FIGURES; i++) {
		size_t len = strlen(all);

		if (strcmp(figures[i], text) == 0) {
			e->figure = (enum rig_figure)i;
			return 0;
		}
		rig_nearest_try(&n, figures[i]);
		snprintf(all + len, sizeof(all) - len, "%s%s", i ? ", " : "; there are ",
			 figures[i]);
	}
	return rig_error(p->t, rig_at(p, w, text), "a link has no figure '%.40s'%s", text,
			 n.best ? rig_nearest_text(&n) : all);
}

/* A sample of a node as it stands in a word. */
struct named_sample {
	char *name, *label;
	struct rig_pos name_pos, label_pos;
	char *rest; /* what stands behind a second '.', NULL: nothing */
};

/* NODE.LABEL[.REST] */
static int take_sample(struct rig_parser *p, struct rig_word *w, struct named_sample *s)
{
	char *label = strchr(w->text, '.'), *rest;

	if (!label || label == w->text || !label[1])
		return rig_error(
			p->t, rig_at(p, w, NULL),
			"'%.60s' is not NODE.SAMPLE, like mx1.queue, nor A->B.FIGURE, like "
			"a->b.dropped",
			w->text);
	s->name_pos = rig_at(p, w, NULL);
	s->name_pos.length = (uint32_t)(label - w->text);
	*label++ = 0;
	s->label_pos = rig_at(p, w, label);
	rest = strchr(label, '.');
	if (rest)
		*rest++ = 0;
	s->rest = rest;
	s->name = rig_keep(p, w->text);
	s->label = rig_keep(p, label);
	return p->fatal;
}

/* NODE.LABEL[.status] or A->B.FIGURE */
static int operand(struct rig_parser *p, struct rig_expect *e)
{
	struct rig_word *w = rig_need(p, "what is expected, like mx1.queue");
	struct named_sample s;
	char *label;
	int rc;

	if (!w)
		return -EINVAL;
	if (strstr(w->text, "->")) {
		rc = take_way(p, w, w->text, e->name, e->name_pos, &label);
		return rc < 0 ? rc : figure_of(p, w, e, label);
	}
	rc = take_sample(p, w, &s);
	if (rc < 0)
		return rc;
	e->name[0] = s.name;
	e->name_pos[0] = s.name_pos;
	e->label = s.label;
	e->label_pos = s.label_pos;
	e->status = s.rest && strcmp(s.rest, "status") == 0;
	return !s.rest || e->status ? 0
				    : rig_error(p->t, rig_at(p, w, s.rest),
						"'.status' is all that can stand behind a sample");
}

static int comparison(struct rig_parser *p, struct rig_expect *e)
{
	static const char *const words[] = {"==", "!=", "<", "<=", ">", ">=", "has"};
	struct rig_word *w = rig_need(p, "a comparison");
	struct rig_why why = {""};
	bool text;
	uint32_t i = 0;

	if (!w)
		return -EINVAL;
	while (i < RIG_COUNT(words) && strcmp(words[i], w->text) != 0)
		i++;
	if (i == RIG_COUNT(words))
		return rig_error(p->t, rig_at(p, w, NULL),
				 "'%.40s' is no comparison; there are == != < <= > >= and has%s",
				 w->text, strcmp(w->text, "=") ? "" : "; did you mean '=='?");
	e->compare = (enum rig_compare)i;
	w = rig_need(p, "what to compare with");
	if (!w)
		return -EINVAL;
	text = e->compare == RIG_HAS || w->quoted;
	if (!text && rig_value_number(w->text, &e->number, &e->unit, &why) < 0)
		return rig_error(p->t, rig_at(p, w, NULL), "%s", why.text);
	if (!text)
		return 0;
	if (e->compare != RIG_EQ && e->compare != RIG_NE && e->compare != RIG_HAS)
		return rig_error(p->t, rig_at(p, w, NULL),
				 "texts are compared with ==, != and has");
	if (e->status || !e->label)
		return rig_error(p->t, rig_at(p, w, NULL), "this is a number, not a text");
	e->unit = RIG_UNIT_TEXT;
	e->text = rig_keep(p, w->text);
	return p->fatal;
}

/* The next word as a time. */
static int a_time(struct rig_parser *p, uint64_t *ns)
{
	struct rig_word *w = rig_need(p, "a time");

	return w ? rig_take_time(p, w, w->text, ns) : -EINVAL;
}

/* always [from TIME] [until TIME] */
static int when_always(struct rig_parser *p, struct rig_expect *e)
{
	static const char *const words[] = {"from", "until"};
	uint64_t *ns[] = {&e->from_ns, &e->until_ns};
	uint32_t i;

	e->when = RIG_ALWAYS;
	e->until_ns = UINT64_MAX;
	for (i = 0; i < 2; i++) {
		if (p->next == p->words || strcmp(p->word[p->next].text, words[i]) != 0)
			continue;
		p->next++;
		if (a_time(p, ns[i]) < 0)
			return -EINVAL;
	}
	return e->until_ns < e->from_ns ? rig_error(p->t, p->pos, "'until' is before 'from'") : 0;
}

static int when(struct rig_parser *p, struct rig_expect *e)
{
	struct rig_word *w = rig_need(p, "'by TIME', 'within TIME' or 'always'");

	if (!w)
		return -EINVAL;
	if (strcmp(w->text, "always") == 0)
		return when_always(p, e);
	if (strcmp(w->text, "by") == 0) {
		e->when = RIG_BY;
		return a_time(p, &e->until_ns);
	}
	if (strcmp(w->text, "within") != 0)
		return rig_error(p->t, rig_at(p, w, NULL),
				 "'%.40s' is not 'by TIME', 'within TIME' or 'always'", w->text);
	if (!*p->last_step)
		return rig_error(
			p->t, rig_at(p, w, NULL),
			"'within' counts from the step above it, and there is none; say 'by'");
	e->when = RIG_WITHIN;
	e->from_ns = p->last_step_ns;
	if (a_time(p, &e->until_ns) < 0)
		return -EINVAL;
	e->until_ns += e->from_ns;
	return e->until_ns <= RIG_TIME_MAX
		       ? 0
		       : rig_error(p->t, p->pos, "a rig runs for at most 36500d");
}

static int set_title(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	((struct rig_expect *)object)->title = rig_keep(p, value);
	return p->fatal;
}

/* What an expectation is called when the rig does not say: its own words. */
static int own_title(struct rig_parser *p, struct rig_expect *e)
{
	char text[512];

	rig_join(p, 1, ' ', text, sizeof(text));
	e->title = rig_keep(p, text);
	return p->fatal;
}

int rig_st_expect(struct rig_parser *p)
{
	static const struct rig_setting settings[] = {
		{"title", "title=\"no mail is lost\"", set_title, 0x1, false, false},
	};
	struct rig *rig = p->rig;
	struct rig_expect e = {.node = RIG_NONE, .link = RIG_NONE, .pos = p->pos};
	uint32_t set = 0;
	int rc = own_title(p, &e);

	if (rc == 0)
		rc = operand(p, &e);
	if (rc == 0)
		rc = comparison(p, &e);
	if (rc == 0)
		rc = when(p, &e);
	if (rc == 0)
		rc = rig_settings(p, settings, RIG_COUNT(settings), &e, &set, NULL);
	if (rc < 0)
		return rc;
	if (rig_more(p, &rig->expect, &rig->nexpects, RIG_EXPECTS_MAX, sizeof(e), "expectations") <
	    0)
		return -EINVAL;
	rig->expect[rig->nexpects - 1] = e;
	return 0;
}

static int set_heading(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	((struct rig_show *)object)->title = rig_keep(p, value);
	return p->fatal;
}

/* NODE.LABEL */
static int shown_sample(struct rig_parser *p, struct rig_show *show)
{
	struct rig_word *w = rig_need(p, "what is shown, like client.figures");
	struct named_sample s;
	int rc;

	if (!w)
		return -EINVAL;
	if (strstr(w->text, "->"))
		return rig_error(
			p->t, rig_at(p, w, NULL),
			"what a command printed is shown; figures of links are in the report");
	show->title = rig_keep(p, w->text);
	rc = take_sample(p, w, &s);
	if (rc == 0 && s.rest)
		rc = rig_error(p->t, rig_at(p, w, s.rest), "nothing can stand behind the sample");
	if (rc < 0)
		return rc;
	show->name = s.name;
	show->name_pos = s.name_pos;
	show->label = s.label;
	show->label_pos = s.label_pos;
	return p->fatal;
}

int rig_st_show(struct rig_parser *p)
{
	static const struct rig_setting settings[] = {
		{"title", "title=\"messages\"", set_heading, 0x1, false, false},
	};
	struct rig *rig = p->rig;
	struct rig_show show = {.node = RIG_NONE};
	uint32_t set = 0;
	int rc = shown_sample(p, &show);

	if (rc == 0)
		rc = rig_settings(p, settings, RIG_COUNT(settings), &show, &set, NULL);
	if (rc < 0)
		return rc;
	if (rig_more(p, &rig->show, &rig->nshows, RIG_SHOWS_MAX, sizeof(show), "things to show") <
	    0)
		return -EINVAL;
	rig->show[rig->nshows - 1] = show;
	return 0;
}
