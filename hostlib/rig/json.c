// SPDX-License-Identifier: GPL-2.0
/* The whole model as JSON, all defaults filled in; Documentation/rig-language.md has the schema. */
#include <errno.h>
#include <string.h>
#include "json.h"
#include "parse.h"
#include "value.h"

void json_start(struct json *j, FILE *out)
{
	*j = (struct json){.out = out};
}

static void next(struct json *j)
{
	if (j->depth)
		fprintf(j->out, "%s\n%*s", j->more ? "," : "", (int)j->depth * 2, "");
	j->more = true;
}

static void text(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			fprintf(out, "\\u%04x", *s);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

static void key(struct json *j, const char *name)
{
	next(j);
	if (name) {
		text(j->out, name);
		fputs(": ", j->out);
	}
}

void json_open(struct json *j, const char *name, char bracket)
{
	key(j, name);
	fputc(bracket, j->out);
	j->depth++;
	j->more = false;
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (j->more)
		fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
	fputc(bracket, j->out);
	j->more = true;
}

void json_text(struct json *j, const char *name, const char *value)
{
	key(j, name);
	if (value)
		text(j->out, value);
	else
		fputs("null", j->out);
}

void json_number(struct json *j, const char *name, uint64_t value)
{
	key(j, name);
	fprintf(j->out, "%llu", (unsigned long long)value);
}

void json_real(struct json *j, const char *name, double value)
{
	key(j, name);
	fprintf(j->out, "%.17g", value);
}

void json_bool(struct json *j, const char *name, bool value)
{
	key(j, name);
	fputs(value ? "true" : "false", j->out);
}

/* The end of time is null. */
static void time_or_null(struct json *j, const char *name, uint64_t ns)
{
	if (ns == UINT64_MAX)
		json_text(j, name, NULL);
	else
		json_number(j, name, ns);
}

static const char *name_of_node(const struct rig *r, uint32_t node)
{
	return node == RIG_NONE ? NULL : r->node[node].name;
}

static void way(struct json *j, const struct rig *r, uint32_t link, uint8_t ways)
{
	bool back = ways == RIG_WAY_1;

	json_number(j, "link", link);
	json_text(j, "from", rig_end_name(r, &r->link[link].end[back]));
	json_text(j, "to", rig_end_name(r, &r->link[link].end[!back]));
	json_bool(j, "both", ways == RIG_WAY_BOTH);
}

static void spec(struct json *j, const char *name, const struct link_spec *s)
{
	char out[1024];

	link_print(s, out, sizeof(out));
	json_open(j, name, '{');
	json_text(j, "text", out);
	json_number(j, "delay_ns", s->delay_ns);
	json_number(j, "jitter_ns", s->jitter_ns);
	json_real(j, "loss", s->loss);
	json_number(j, "rate_bps", s->rate_bps);
	json_number(j, "queue_bytes", s->queue_bytes);
	json_number(j, "queue_packets", s->queue_packets);
	json_number(j, "mtu", s->mtu);
	json_bool(j, "down", s->down);
	json_close(j, '}');
}

static void nets(struct json *j, const struct rig *r)
{
	char out[64];
	uint32_t i, k;

	json_open(j, "lans", '[');
	for (i = 0; i < r->nlans; i++) {
		json_open(j, NULL, '{');
		json_text(j, "name", r->lan[i].name);
		rig_print_address(&r->lan[i].net, true, out);
		json_text(j, "net", r->lan[i].has_net ? out : NULL);
		json_bool(j, "stp", r->lan[i].stp);
		json_bool(j, "hub", r->lan[i].hub);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "nats", '[');
	for (i = 0; i < r->nnats; i++) {
		json_open(j, NULL, '{');
		json_text(j, "name", r->nat[i].name);
		json_number(j, "link", r->nat[i].link);
		json_text(j, "options", r->nat[i].options);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "links", '[');
	for (i = 0; i < r->nlinks; i++) {
		json_open(j, NULL, '{');
		json_open(j, "ends", '[');
		for (k = 0; k < 2; k++)
			json_text(j, NULL, rig_end_name(r, &r->link[i].end[k]));
		json_close(j, ']');
		spec(j, "there", &r->link[i].way[0]);
		spec(j, "back", &r->link[i].way[1]);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void captures(struct json *j, const struct rig *r)
{
	uint32_t i;

	json_open(j, "captures", '[');
	for (i = 0; i < r->ncaptures; i++) {
		const struct rig_capture *c = &r->capture[i];

		json_open(j, NULL, '{');
		json_bool(j, "all", c->all);
		if (c->link != RIG_NONE)
			json_number(j, "link", c->link);
		else
			json_text(j, "of", c->all ? NULL : rig_end_name(r, &c->of));
		json_text(j, "filter", c->filter);
		json_number(j, "snap_bytes", c->snap_bytes);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void json_copy(struct json *j, const struct rig_copy *c)
{
	json_text(j, "host", c->host);
	json_text(j, "guest", c->guest);
	json_number(j, "mode", c->mode);
}

static void steps(struct json *j, const struct rig *r)
{
	uint32_t i;

	json_open(j, "steps", '[');
	for (i = 0; i < r->nsteps; i++) {
		const struct rig_step *s = &r->step[i];

		json_open(j, NULL, '{');
		json_number(j, "at_ns", s->at_ns);
		json_text(j, "action", rig_action_name(s->action));
		if (s->action == RIG_DO_LINK) {
			way(j, r, s->link, s->way);
			spec(j, "settings", &s->spec);
		}
		if (s->node != RIG_NONE)
			json_text(j, "node", name_of_node(r, s->node));
		if (s->command)
			json_text(j, s->action == RIG_DO_NOTE ? "text" : "command", s->command);
		if (s->label)
			json_text(j, "sample", s->label);
		if (s->action == RIG_DO_COPY || s->action == RIG_DO_FETCH)
			json_copy(j, &s->copy);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void samples(struct json *j, const struct rig *r)
{
	uint32_t i;

	json_open(j, "samples", '[');
	for (i = 0; i < r->nsamples; i++) {
		const struct rig_sample *s = &r->sample[i];

		json_open(j, NULL, '{');
		json_number(j, "every_ns", s->every_ns);
		json_number(j, "from_ns", s->from_ns);
		time_or_null(j, "until_ns", s->until_ns);
		if (s->node != RIG_NONE) {
			json_text(j, "node", name_of_node(r, s->node));
			json_text(j, "sample", s->label);
			json_text(j, "command", s->command);
		} else {
			way(j, r, s->link, s->way);
		}
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void expects(struct json *j, const struct rig *r)
{
	static const char *const compare[] = {"==", "!=", "<", "<=", ">", ">=", "has"};
	static const char *const unit[] = {"", "s", "B", "bit/s", "%", "text"};
	static const char *const when[] = {"by", "within", "always"};
	uint32_t i;

	json_open(j, "expects", '[');
	for (i = 0; i < r->nexpects; i++) {
		const struct rig_expect *e = &r->expect[i];

		json_open(j, NULL, '{');
		json_text(j, "title", e->title);
		if (e->node != RIG_NONE) {
			json_text(j, "node", name_of_node(r, e->node));
			json_text(j, "sample", e->label);
			json_bool(j, "status", e->status);
		} else {
			way(j, r, e->link, e->way);
			json_text(j, "figure", rig_figure_name(e->figure));
		}
		json_text(j, "compare", compare[e->compare]);
		json_text(j, "unit", unit[e->unit]);
		if (e->unit == RIG_UNIT_TEXT)
			json_text(j, "value", e->text);
		else
			json_real(j, "value", e->number);
		json_text(j, "when", when[e->when]);
		json_number(j, "from_ns", e->from_ns);
		time_or_null(j, "until_ns", e->until_ns);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void shows(struct json *j, const struct rig *r)
{
	uint32_t i;

	json_open(j, "shows", '[');
	for (i = 0; i < r->nshows; i++) {
		json_open(j, NULL, '{');
		json_text(j, "title", r->show[i].title);
		json_text(j, "node", name_of_node(r, r->show[i].node));
		json_text(j, "sample", r->show[i].label);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void variables(struct json *j, const struct rig *r)
{
	uint32_t i;

	json_open(j, "variables", '{');
	for (i = 0; i < r->nvariables; i++)
		json_text(j, r->variable[i].name, r->variable[i].value);
	json_close(j, '}');
	json_open(j, "images", '[');
	for (i = 0; i < r->nimages; i++) {
		json_open(j, NULL, '{');
		json_text(j, "name", r->image[i].name);
		json_text(j, "file", r->image[i].file);
		json_close(j, '}');
	}
	json_close(j, ']');
}

int rig_write_json(const struct rig *r, FILE *out)
{
	char date[64];
	struct json j;

	json_start(&j, out);
	json_open(&j, NULL, '{');
	json_text(&j, "rig", r->name);
	json_number(&j, "version", RIG_LANGUAGE);
	json_number(&j, "seed", r->seed);
	json_text(&j, "time", r->real_time ? "real" : "virtual");
	rig_print_date(r->start_s, date);
	json_text(&j, "start", r->real_time ? NULL : date);
	json_number(&j, "end_ns", r->end_ns);
	variables(&j, r);
	json_nodes(&j, r);
	nets(&j, r);
	captures(&j, r);
	steps(&j, r);
	samples(&j, r);
	expects(&j, r);
	shows(&j, r);
	json_close(&j, '}');
	fputc('\n', out);
	return ferror(out) ? -EIO : 0;
}
