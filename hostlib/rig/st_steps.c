// SPDX-License-Identifier: GPL-2.0
/* Steps: at TIME ACTION. */
#include <errno.h>
#include <string.h>
#include "parse.h"

/* The time of a step: absolute, or +TIME behind the step above it. */
static int step_time(struct rig_parser *p, uint64_t *at)
{
	struct rig_word *w = rig_need(p, "a time");
	char text[64];
	bool relative;

	if (!w)
		return -EINVAL;
	relative = *w->text == '+';
	if (rig_take_time(p, w, w->text + relative, at) < 0)
		return -EINVAL;
	if (relative)
		*at += p->last_step_ns;
	if (*at > RIG_TIME_MAX)
		return rig_error(p->t, rig_at(p, w, NULL), "a rig runs for at most 36500d");
	if (*at < p->last_step_ns) {
		rig_print_time(p->last_step_ns, text);
		return rig_error(p->t, rig_at(p, w, NULL),
				 "this is before the step above it, at %s (%s); steps stand in the "
				 "order of time",
				 text, p->last_step);
	}
	p->last_step_ns = *at;
	snprintf(p->last_step, sizeof(p->last_step), "%.40s:%u", rig_file_name(p->rig, p->file),
		 p->pos.line);
	return 0;
}

static int do_link(struct rig_parser *p, struct rig_step *s)
{
	int rc = rig_take_name(p, NULL, &s->name[0], &s->name_pos[0]);

	if (rc < 0)
		return rc;
	if (p->next < p->words && strcmp(p->word[p->next].text, "->") == 0) {
		s->one_way = true;
		p->next++;
	}
	rc = rig_take_name(p, NULL, &s->name[1], &s->name_pos[1]);
	if (rc < 0)
		return rc;
	if (!rig_need(p, "a setting like down or delay=40ms"))
		return -EINVAL;
	p->next--;
	return rig_take_link(p, &s->spec);
}

static int do_node(struct rig_parser *p, struct rig_step *s)
{
	return rig_take_name(p, NULL, &s->name[0], &s->name_pos[0]);
}

/* NODE, then `what`. */
static struct rig_word *node_and(struct rig_parser *p, struct rig_step *s, const char *what)
{
	return do_node(p, s) < 0 ? NULL : rig_need(p, what);
}

static int set_label(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_step *s = object;
	struct rig_why why = {""};

	if (rig_value_label(value, "sample", &why) < 0)
		return rig_error(p->t, rig_at(p, w, value), "%s", why.text);
	s->label = rig_keep(p, value);
	return p->fatal;
}

static int do_run(struct rig_parser *p, struct rig_step *s)
{
	static const struct rig_setting settings[] = {
		{"as", "as=queue", set_label, 0x1, false, false},
	};
	struct rig_word *w = node_and(p, s, "the command, in quotes");
	uint32_t set = 0;

	if (!w)
		return p->fatal ? p->fatal : -EINVAL;
	if (!w->len)
		return rig_error(p->t, rig_at(p, w, NULL), "a command is not empty");
	s->command = rig_keep(p, w->text);
	if (p->fatal)
		return p->fatal;
	return rig_settings(p, settings, RIG_COUNT(settings), s, &set, NULL);
}

static int do_copy(struct rig_parser *p, struct rig_step *s)
{
	struct rig_word *w = node_and(p, s, "FILE:/PLACE/IN/THE/GUEST");

	return w ? rig_take_copy(p, w, w->text, true, &s->copy) : -EINVAL;
}

/* NODE /FILE [NAME]: the name is its own last part if it is not said. */
static int do_fetch(struct rig_parser *p, struct rig_step *s)
{
	struct rig_word *w = node_and(p, s, "the file in the guest"), *name;
	const char *base;

	if (!w)
		return p->fatal ? p->fatal : -EINVAL;
	base = strrchr(w->text, '/');
	if (*w->text != '/' || !base[1])
		return rig_error(p->t, rig_at(p, w, NULL),
				 "a file in a guest is named from /, like /var/log/messages");
	s->copy.guest = rig_keep(p, w->text);
	name = rig_next_word(p);
	if (name && (!name->len || strchr(name->text, '/') || *name->text == '.'))
		return rig_error(
			p->t, rig_at(p, name, NULL),
			"files go into the folder of the run: a name without '/', that does "
			"not begin with '.'");
	if (!name && base[1] == '.')
		return rig_error(p->t, rig_at(p, w, NULL),
				 "say a name for it that does not begin with '.'");
	s->copy.host = rig_keep(p, name ? name->text : base + 1);
	return p->fatal;
}

static int do_note(struct rig_parser *p, struct rig_step *s)
{
	struct rig_word *w = rig_need(p, "a text, in quotes");

	if (!w)
		return -EINVAL;
	s->command = rig_keep(p, w->text);
	return p->fatal;
}

static int do_stop(struct rig_parser *p, struct rig_step *s)
{
	return 0;
}

static const struct action {
	const char *name;
	enum rig_action action;
	int (*parse)(struct rig_parser *p, struct rig_step *s);
} actions[] = {
	{"link", RIG_DO_LINK, do_link},     {"off", RIG_DO_OFF, do_node},
	{"crash", RIG_DO_CRASH, do_node},   {"on", RIG_DO_ON, do_node},
	{"reboot", RIG_DO_REBOOT, do_node}, {"pause", RIG_DO_PAUSE, do_node},
	{"resume", RIG_DO_RESUME, do_node}, {"run", RIG_DO_RUN, do_run},
	{"copy", RIG_DO_COPY, do_copy},     {"fetch", RIG_DO_FETCH, do_fetch},
	{"note", RIG_DO_NOTE, do_note},     {"stop", RIG_DO_STOP, do_stop},
};
static_assert(RIG_COUNT(actions) == RIG_ACTIONS, "an action has no word");

const char *rig_action_name(enum rig_action action)
{
	uint32_t i = 0;

	while (i < RIG_COUNT(actions) - 1 && actions[i].action != action)
		i++;
	return actions[i].name;
}

static const struct action *find_action(struct rig_parser *p)
{
	struct rig_word *w = rig_need(p, "what to do (link, off, crash, on, reboot, pause, resume, "
					 "run, copy, fetch, note or stop)");
	struct rig_nearest n;
	uint32_t i;

	if (!w)
		return NULL;
	rig_nearest_start(&n, w->text);
	for (i = 0; i < RIG_COUNT(actions); i++) {
		if (strcmp(actions[i].name, w->text) == 0)
			return &actions[i];
		rig_nearest_try(&n, actions[i].name);
	}
	p->holes = true;
	rig_error(p->t, rig_at(p, w, NULL), "there is no action '%.40s'%s", w->text,
		  n.best ? rig_nearest_text(&n)
			 : "; there are link, off, crash, on, reboot, pause, resume, run, copy, "
			   "fetch, "
			   "note and stop");
	return NULL;
}

int rig_st_at(struct rig_parser *p)
{
	struct rig *rig = p->rig;
	struct rig_step s = {.node = RIG_NONE, .link = RIG_NONE, .pos = p->pos};
	const struct action *action;
	int time = step_time(p, &s.at_ns), rc;

	if (p->next < 2)
		return time;
	action = find_action(p);
	if (!action)
		return -EINVAL;
	s.action = action->action;
	rc = action->parse(p, &s);
	if (rc == 0)
		rc = rig_no_more(p);
	/* Also a wrong one: the label of a command may be looked for. */
	if (rig_more(p, &rig->step, &rig->nsteps, RIG_STEPS_MAX, sizeof(s), "steps") < 0)
		return -EINVAL;
	rig->step[rig->nsteps - 1] = s;
	return rc < 0 ? rc : time;
}
