// SPDX-License-Identifier: GPL-2.0
/* What statements are made of: names, settings, times, ends of links. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

struct rig_pos rig_at(const struct rig_parser *p, const struct rig_word *w, const char *from)
{
	uint32_t i = from ? (uint32_t)(from - w->text) : 0; /* NULL: all of the word */
	uint32_t column, end = w->column[w->len];

	if (!from)
		return (struct rig_pos){p->file, w->line, w->start, w->length};
	if (i > w->len)
		i = w->len;
	column = w->column[i];
	return (struct rig_pos){p->file, w->line, column, end > column ? end - column : 1};
}

struct rig_word *rig_next_word(struct rig_parser *p)
{
	return p->next < p->words ? &p->word[p->next++] : NULL;
}

struct rig_word *rig_need(struct rig_parser *p, const char *what)
{
	struct rig_word *w = rig_next_word(p), *last = &p->word[p->words - 1];
	struct rig_pos pos;

	if (w)
		return w;
	pos = rig_at(p, last, last->text + last->len);
	pos.length = 1;
	rig_error(p->t, pos, "%s is missing; say: %s %s", what, p->statement->help.name,
		  p->statement->help.form);
	return NULL;
}

int rig_no_more(struct rig_parser *p)
{
	struct rig_word *w = rig_next_word(p);

	if (!w)
		return 0;
	return rig_error(p->t, rig_at(p, w, NULL), "'%.60s' is one word too many; say: %s %s",
			 w->text, p->statement->help.name, p->statement->help.form);
}

bool rig_join(const struct rig_parser *p, uint32_t first, char between, char *out, size_t room)
{
	size_t len = 0;
	uint32_t i;

	*out = 0;
	for (i = first; i < p->words && len < room; i++) {
		if (i > first)
			out[len++] = between;
		len += (size_t)snprintf(out + len, room - len, "%s", p->word[i].text);
	}
	out[room - 1] = 0;
	return len < room;
}

char *rig_keep(struct rig_parser *p, const char *text)
{
	char *copy = rig_copy_text(&p->t->pool, text, strlen(text));

	if (!copy)
		p->fatal = -ENOMEM;
	return copy;
}

int rig_more(struct rig_parser *p, void *array, uint32_t *count, uint32_t max, size_t size,
	     const char *what)
{
	int rc = rig_grow(array, count, max, size);

	if (rc == -ENOSPC)
		return rig_error(p->t, p->pos, "a rig has at most %u %s", max, what);
	if (rc < 0)
		p->fatal = rc;
	return rc;
}

int rig_unknown_setting(struct rig_parser *p, const struct rig_setting *table, uint32_t n,
			struct rig_word *w)
{
	char all[256] = "", name[64];
	struct rig_nearest near;
	uint32_t i;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(w->text, "="), w->text);
	rig_nearest_start(&near, name);
	for (i = 0; i < n; i++) {
		size_t len = strlen(all);

		rig_nearest_try(&near, table[i].name);
		snprintf(all + len, sizeof(all) - len, "%s%s", i ? ", " : "", table[i].name);
	}
	if (near.best)
		return rig_error(p->t, rig_at(p, w, NULL), "there is no setting '%s'%s", name,
				 rig_nearest_text(&near));
	return rig_error(p->t, rig_at(p, w, NULL), "there is no setting '%s'; there are %s", name,
			 all);
}

/* One setting that is in the table. */
static int setting(struct rig_parser *p, const struct rig_setting *s, void *object, uint32_t *set,
		   struct rig_word *w)
{
	char *value = strchr(w->text, '=');

	if (s->plain ? value != NULL : !value || !value[1])
		return rig_error(p->t, rig_at(p, w, NULL), "%s; say %s",
				 s->plain ? "this has no value" : "the value is missing",
				 s->example);
	if (!s->many && *set & s->bit)
		return rig_error(p->t, rig_at(p, w, NULL), "%s was said already in this statement",
				 s->name);
	*set |= s->bit;
	return s->parse(p, object, w, value ? value + 1 : NULL);
}

int rig_settings(struct rig_parser *p, const struct rig_setting *table, uint32_t n, void *object,
		 uint32_t *set,
		 int (*unknown)(struct rig_parser *p, void *object, struct rig_word *w))
{
	struct rig_word *w;
	int rc = 0;

	while ((w = rig_next_word(p)) && !p->fatal) {
		size_t len = strcspn(w->text, "=");
		uint32_t i = 0;
		int one;

		while (i < n &&
		       (strlen(table[i].name) != len || memcmp(table[i].name, w->text, len)))
			i++;
		if (i < n)
			one = setting(p, &table[i], object, set, w);
		else if (unknown)
			one = unknown(p, object, w);
		else
			one = rig_unknown_setting(p, table, n, w);
		if (one < 0)
			rc = one; /* and go on: there may be more to say */
	}
	return p->fatal ? p->fatal : rc;
}

int rig_take_name(struct rig_parser *p, const char *what, char **out, struct rig_pos *pos)
{
	struct rig_word *w = rig_need(p, what ? what : "a name");
	struct rig_why why = {""};

	if (!w)
		return -EINVAL;
	*pos = rig_at(p, w, NULL);
	if (what && rig_value_name(w->text, what, &why) < 0)
		return rig_error(p->t, *pos, "%s", why.text);
	*out = rig_keep(p, w->text);
	return p->fatal;
}

/* An error of link_parse() without the word that it begins with. */
static const char *behind_word(const char *err, const char *word)
{
	size_t len = strlen(word) < 60 ? strlen(word) : 60;

	if (strncmp(err, word, len) == 0 && strstr(err + len, ": "))
		return strstr(err + len, ": ") + 2;
	return err;
}

/* All words together, for what none of them has by itself. */
static int all_of_link(struct rig_parser *p, uint32_t first, struct link_spec *spec)
{
	char text[1001], err[512];
	uint32_t i, at = first;
	size_t len;

	if (!rig_join(p, first, ' ', text, sizeof(text)))
		return rig_error(p->t, rig_at(p, &p->word[first], NULL),
				 "the settings are longer than 1000 characters");
	if (link_parse(spec, text, err, sizeof(err)) == 0)
		return 0;
	for (i = first; i < p->words; i++) {
		len = strlen(p->word[i].text);
		if (strncmp(err, p->word[i].text, len) == 0 && err[len] == ':')
			at = i;
	}
	return rig_error(
		p->t, rig_at(p, &p->word[at], NULL), "%s",
		behind_word(err, at == first && strchr(text, ' ') ? text : p->word[at].text));
}

int rig_take_link(struct rig_parser *p, struct link_spec *spec)
{
	uint32_t first = p->next;
	struct rig_word *w;
	int rc = 0;

	*spec = (struct link_spec){0};
	if (first == p->words)
		return 0;
	while ((w = rig_next_word(p))) {
		char err[512];

		if (link_parse(spec, w->text, err, sizeof(err)) < 0)
			rc = rig_error(p->t, rig_at(p, w, NULL), "%s", behind_word(err, w->text));
	}
	return rc < 0 ? rc : all_of_link(p, first, spec);
}

int rig_take_time(struct rig_parser *p, const struct rig_word *w, const char *value, uint64_t *ns)
{
	struct rig_why why = {""};

	if (rig_value_time(value, ns, &why) < 0)
		return rig_error(p->t, rig_at(p, w, value), "%s", why.text);
	return 0;
}

int rig_list_add(struct rig_parser *p, struct rig_list *list, const char *text)
{
	int rc = rig_grow(&list->item, &list->count, RIG_LIST_MAX, sizeof(*list->item));

	if (rc == -ENOSPC)
		return rig_error(p->t, p->pos, "a node has at most %d of each kind of setting",
				 RIG_LIST_MAX);
	if (rc < 0)
		return p->fatal = rc;
	list->item[list->count - 1] = rig_keep(p, text);
	return p->fatal;
}

/* One of the words behind the @. */
static int end_word(struct rig_parser *p, struct rig_word *w, char *text, struct rig_card *card)
{
	struct rig_why why = {""};
	bool mac = !strchr(text, '/') && strlen(text) == 17 && text[2] == ':';

	if (mac && card->mac_given)
		return rig_error(p->t, rig_at(p, w, text), "a card has one hardware address");
	if (mac) {
		card->mac_given = true;
		if (rig_value_mac(text, card->mac, &why) < 0)
			return rig_error(p->t, rig_at(p, w, text), "%s", why.text);
		return 0;
	}
	if (card->addresses == RIG_ADDRESSES_MAX)
		return rig_error(p->t, rig_at(p, w, text), "a card has at most %d addresses",
				 RIG_ADDRESSES_MAX);
	if (rig_value_address(text, true, &card->address[card->addresses], &why) < 0)
		return rig_error(p->t, rig_at(p, w, text), "%s", why.text);
	card->addresses++;
	return 0;
}

int rig_take_end(struct rig_parser *p, struct rig_word *w, char *value, struct rig_card *card)
{
	char *next = strchr(value, '@');
	int rc = 0;

	card->pos = rig_at(p, w, value);
	if (next) {
		card->pos.length = (uint32_t)(next - value) ? (uint32_t)(next - value) : 1;
		*next++ = 0;
	}
	card->peer = rig_keep(p, value);
	if (p->fatal)
		return p->fatal;
	while (next && rc == 0) {
		char *this = next, *comma = strchr(this, ',');

		next = comma ? comma + 1 : NULL;
		if (comma)
			*comma = 0;
		rc = end_word(p, w, this, card);
	}
	return rc;
}

int rig_take_copy(struct rig_parser *p, struct rig_word *w, char *value, bool in,
		  struct rig_copy *copy)
{
	char *guest = strchr(value, ':'), *mode, *end;
	unsigned long bits;

	if (!guest || guest == value || guest[1] != '/')
		return rig_error(p->t, rig_at(p, w, value), "say FILE:/PLACE/IN/THE/GUEST");
	*guest++ = 0;
	mode = strchr(guest, ':');
	if (mode) {
		*mode++ = 0;
		bits = strtoul(mode, &end, 8);
		if (!*mode || *end || *mode == '-' || *mode == '+' || strlen(mode) > 4 || !bits)
			return rig_error(p->t, rig_at(p, w, mode), "'%.20s' is not a mode like 755",
					 mode);
		copy->mode = (uint32_t)bits;
	}
	copy->guest = rig_keep(p, guest);
	copy->host = in ? rig_file_beside(p->t, p->file, value) : rig_keep(p, value);
	if (!copy->host)
		p->fatal = -ENOMEM;
	return p->fatal;
}
