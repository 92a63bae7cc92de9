// SPDX-License-Identifier: GPL-2.0
/* Networks: lan, link, nat, capture. */
#include <errno.h>
#include <string.h>
#include "parse.h"
#include "port_nat.h"

static int set_net(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_lan *lan = object;
	struct rig_why why = {""};

	if (rig_value_address(value, false, &lan->net, &why) < 0)
		return rig_error(p->t, rig_at(p, w, value), "%s", why.text);
	if (lan->net.v6 || lan->net.prefix < 8 || lan->net.prefix > 30)
		return rig_error(p->t, rig_at(p, w, value),
				 "addresses are given from IPv4 networks of /8 to /30");
	lan->has_net = true;
	return 0;
}

static int set_stp(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	((struct rig_lan *)object)->stp = true;
	return 0;
}

static int set_hub(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	((struct rig_lan *)object)->hub = true;
	return 0;
}

int rig_st_lan(struct rig_parser *p)
{
	static const struct rig_setting settings[] = {
		{"net", "net=10.0.0.0/24", set_net, 0x1, false, false},
		{"stp", "stp", set_stp, 0x2, false, true},
		{"hub", "hub", set_hub, 0x4, false, true},
	};
	struct rig *rig = p->rig;
	struct rig_pos pos;
	struct rig_lan *lan;
	uint32_t set = 0;
	char *name;

	if (rig_take_name(p, "lan", &name, &pos) < 0) {
		p->holes = true;
		return -EINVAL;
	}
	if (rig_more(p, &rig->lan, &rig->nlans, RIG_LANS_MAX, sizeof(*lan), "lans") < 0)
		return -EINVAL;
	lan = &rig->lan[rig->nlans - 1];
	lan->name = name;
	lan->pos = pos;
	return rig_settings(p, settings, RIG_COUNT(settings), lan, &set, NULL);
}

/* One end of a link, with addresses for its card. */
static int end(struct rig_parser *p, struct rig_stated *s, unsigned int side)
{
	struct rig_word *w = rig_need(p, side ? "the second end" : "the first end");
	int rc;

	if (!w)
		return -EINVAL;
	rc = rig_take_end(p, w, w->text, &s->card[side]);
	s->name[side] = s->card[side].peer;
	s->name_pos[side] = s->card[side].pos;
	return rc;
}

int rig_st_link(struct rig_parser *p)
{
	struct rig_stated s = {.pos = p->pos};
	int rc;

	rc = end(p, &s, 0);
	if (rc < 0)
		return rc;
	if (p->next < p->words && strcmp(p->word[p->next].text, "->") == 0) {
		s.one_way = true;
		p->next++;
	}
	rc = end(p, &s, 1);
	if (rc == 0)
		rc = rig_take_link(p, &s.spec);
	if (!s.name[1])
		return rc;
	/* Also with wrong settings, so that what refers to it is not wrong, too. */
	if (rig_more(p, &p->stated, &p->nstated, 2 * RIG_LINKS_MAX, sizeof(s), "link statements") <
	    0)
		return -EINVAL;
	p->stated[p->nstated - 1] = s;
	return rc;
}

/* Options of a nat, separated by blanks here and by commas there. */
static int nat_options(struct rig_parser *p, char **out)
{
	uint32_t first = p->next;
	struct nat_config config;
	char text[2048], err[256];
	struct rig_word *w;
	int rc = 0;

	while ((w = rig_next_word(p))) {
		/* Each by itself, so that an error has its place. */
		if (nat_config_parse(&config, w->text, err, sizeof(err)) < 0)
			rc = rig_error(p->t, rig_at(p, w, NULL), "%s", err);
	}
	if (!rig_join(p, first, ',', text, sizeof(text)))
		return rig_error(p->t, rig_at(p, &p->word[first], NULL),
				 "the options are longer than %zu characters", sizeof(text) - 1);
	if (rc == 0 && nat_config_parse(&config, text, err, sizeof(err)) < 0)
		rc = rig_error(p->t, rig_at(p, &p->word[first], NULL), "%s", err);
	*out = rig_keep(p, text);
	return p->fatal ? p->fatal : rc;
}

int rig_st_nat(struct rig_parser *p)
{
	struct rig *rig = p->rig;
	struct rig_pos pos;
	struct rig_nat *nat;
	char *name;

	if (rig_take_name(p, "nat", &name, &pos) < 0) {
		p->holes = true;
		return -EINVAL;
	}
	if (rig_more(p, &rig->nat, &rig->nnats, RIG_NATS_MAX, sizeof(*nat), "nats") < 0)
		return -EINVAL;
	nat = &rig->nat[rig->nnats - 1];
	nat->name = name;
	nat->pos = pos;
	nat->link = RIG_NONE;
	if (rig_take_name(p, NULL, &nat->lan_name, &nat->lan_pos) < 0)
		return -EINVAL;
	return nat_options(p, &nat->options);
}

static int set_filter(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	((struct rig_capture *)object)->filter = rig_keep(p, value);
	return p->fatal;
}

static int set_snap(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_capture *c = object;
	struct rig_why why = {""};
	uint64_t bytes;

	if (rig_value_size(value, &bytes, &why) < 0)
		return rig_error(p->t, rig_at(p, w, value), "%s", why.text);
	if (bytes < 14 || bytes > 262144)
		return rig_error(p->t, rig_at(p, w, value), "14B to 256KiB of each frame are kept");
	c->snap_bytes = (uint32_t)bytes;
	return 0;
}

int rig_st_capture(struct rig_parser *p)
{
	static const struct rig_setting settings[] = {
		{"filter", "filter=\"tcp port 25\"", set_filter, 0x1, false, false},
		{"snap", "snap=128B", set_snap, 0x2, false, false},
	};
	struct rig *rig = p->rig;
	struct rig_capture c = {.link = RIG_NONE, .filter = "", .pos = p->pos};
	uint32_t set = 0, i = 0;
	int rc;

	if (!rig_need(p, "'all', or what to capture"))
		return -EINVAL;
	p->next--;
	while (i < 2 && p->next < p->words && !strchr(p->word[p->next].text, '=')) {
		rc = rig_take_name(p, NULL, &c.name[i], &c.name_pos[i]);
		if (rc < 0)
			return rc;
		i++;
	}
	c.all = i == 1 && strcmp(c.name[0], "all") == 0;
	if (!i)
		return rig_error(p->t, p->pos, "'all', or what to capture, comes before settings");
	rc = rig_settings(p, settings, RIG_COUNT(settings), &c, &set, NULL);
	if (rig_more(p, &rig->capture, &rig->ncaptures, RIG_CAPTURES_MAX, sizeof(c), "captures") <
	    0)
		return -EINVAL;
	rig->capture[rig->ncaptures - 1] = c;
	return rc;
}
