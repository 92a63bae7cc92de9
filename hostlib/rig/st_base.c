// SPDX-License-Identifier: GPL-2.0
/* Statements about the rig as a whole: rig, seed, time, image, default, set, include. */
#include <errno.h>
#include <string.h>
#include "parse.h"

/* Notes that a statement was seen; an error when it was before. */
static int once(struct rig_parser *p, struct rig_pos *seen)
{
	if (seen->line)
		return rig_error(p->t, p->pos, "'%s' was said already, at %s:%u",
				 p->statement->help.name, rig_file_name(p->rig, seen->file),
				 seen->line);
	*seen = p->pos;
	return 0;
}

int rig_st_rig(struct rig_parser *p)
{
	struct rig_pos pos;
	struct rig_word *w;
	struct rig_why why = {""};
	uint64_t version;

	if (p->includes > 1)
		return rig_error(p->t, p->pos,
				 "a file that is included has no 'rig'; it is a part "
				 "of another");
	if (once(p, &p->rig_pos) < 0)
		return -EINVAL;
	if (p->statements > 1)
		rig_error(p->t, p->pos, "'rig' comes first");
	if (rig_take_name(p, "rig", &p->rig->name, &pos) < 0)
		return -EINVAL;
	w = rig_need(p, "the version of the language");
	if (!w)
		return -EINVAL;
	if (rig_value_integer(w->text, UINT32_MAX, &version, &why) < 0)
		return rig_error(p->t, rig_at(p, w, NULL), "%s", why.text);
	if (version != RIG_LANGUAGE)
		return rig_error(p->t, rig_at(p, w, NULL),
				 "this is a rig of version %llu of the language; known here is %d",
				 (unsigned long long)version, RIG_LANGUAGE);
	return rig_no_more(p);
}

int rig_st_seed(struct rig_parser *p)
{
	struct rig_word *w = rig_need(p, "the seed");
	struct rig_why why = {""};

	if (!w || once(p, &p->seed_pos) < 0)
		return -EINVAL;
	if (rig_value_integer(w->text, UINT64_MAX, &p->rig->seed, &why) < 0)
		return rig_error(p->t, rig_at(p, w, NULL), "%s", why.text);
	return rig_no_more(p);
}

static int set_start(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_why why = {""};

	if (p->rig->real_time)
		return rig_error(p->t, rig_at(p, w, NULL),
				 "real time begins now; start= is for virtual time");
	if (rig_value_date(value, &p->rig->start_s, &why) < 0)
		return rig_error(p->t, rig_at(p, w, value), "%s", why.text);
	return 0;
}

int rig_st_time(struct rig_parser *p)
{
	static const struct rig_setting settings[] = {
		{.name = "start",
		 .example = "start=2026-01-16T00:00:00Z",
		 .parse = set_start,
		 .bit = 1},
	};
	struct rig_word *w = rig_need(p, "'virtual' or 'real'");
	struct rig_nearest n;
	uint32_t set = 0;

	if (!w || once(p, &p->time_pos) < 0)
		return -EINVAL;
	p->rig->real_time = strcmp(w->text, "real") == 0;
	if (!p->rig->real_time && strcmp(w->text, "virtual") != 0) {
		rig_nearest_start(&n, w->text);
		rig_nearest_try(&n, "real");
		rig_nearest_try(&n, "virtual");
		return rig_error(p->t, rig_at(p, w, NULL),
				 "time is 'virtual' or 'real', not '%.40s'%s", w->text,
				 rig_nearest_text(&n));
	}
	return rig_settings(p, settings, RIG_COUNT(settings), NULL, &set, NULL);
}

int rig_st_image(struct rig_parser *p)
{
	struct rig *rig = p->rig;
	struct rig_image *image;
	struct rig_word *w;
	struct rig_pos pos;
	char *name;
	uint32_t i;

	if (rig_take_name(p, "image", &name, &pos) < 0) {
		p->holes = true;
		return -EINVAL;
	}
	for (i = 0; i < rig->nimages; i++)
		if (strcmp(rig->image[i].name, name) == 0)
			return rig_error(p->t, pos, "the image '%s' was named already, at %s:%u",
					 name, rig_file_name(rig, rig->image[i].pos.file),
					 rig->image[i].pos.line);
	if (rig_more(p, &rig->image, &rig->nimages, RIG_IMAGES_MAX, sizeof(*image), "images") < 0)
		return -EINVAL;
	image = &rig->image[rig->nimages - 1];
	image->name = name;
	image->pos = pos;
	w = rig_need(p, "the file");
	if (!w)
		return -EINVAL;
	if (!w->len)
		return rig_error(p->t, rig_at(p, w, NULL), "a file has a name");
	image->file = rig_file_beside(p->t, p->file, w->text);
	if (!image->file)
		return p->fatal = -ENOMEM;
	return rig_no_more(p);
}

int rig_st_default(struct rig_parser *p)
{
	struct rig_word *w = rig_need(p, "'node' or 'link'");

	if (!w)
		return -EINVAL;
	if (strcmp(w->text, "node") == 0)
		return rig_node_defaults(p);
	if (strcmp(w->text, "link") != 0)
		return rig_error(p->t, rig_at(p, w, NULL),
				 "there are defaults of 'node' and 'link', not of '%.40s'",
				 w->text);
	if (once(p, &p->default_link_pos) < 0)
		return -EINVAL;
	if (p->next == p->words)
		return rig_need(p, "a setting like delay=1ms") ? 0 : -EINVAL;
	return rig_take_link(p, &p->default_link);
}

int rig_st_set(struct rig_parser *p)
{
	struct rig_word *w = rig_need(p, "the name of a variable");
	struct rig_var *v;
	struct rig_pos pos;
	struct rig_why why = {""};

	if (!w)
		return -EINVAL;
	pos = rig_at(p, w, NULL);
	if (rig_value_label(w->text, "variable", &why) < 0)
		return rig_error(p->t, pos, "%s", why.text);
	v = rig_var_find(p, w->text);
	if (v && v->round)
		return rig_error(p->t, pos, "'%s' is counted by a repeat", v->name);
	if (v && v->set)
		return rig_error(p->t, pos,
				 "'%s' was set already, at %s:%u; -D %s=... changes it "
				 "for one run",
				 v->name, rig_file_name(p->rig, v->pos.file), v->pos.line, v->name);
	if (!v)
		v = rig_var_add(p, w->text);
	if (!v)
		return -EINVAL;
	v->set = true;
	v->pos = p->pos;
	if (!v->value)
		v->value = ""; /* should the rest be wrong */
	w = rig_need(p, "the value");
	if (!w)
		return -EINVAL;
	if (!v->defined)
		v->value = rig_keep(p, w->text);
	return p->fatal ? p->fatal : rig_no_more(p);
}

/* Whether the file is one of those that are being read: it would include itself. */
static bool is_open(const struct rig_parser *p, uint32_t file)
{
	const struct rig_file *new = &p->t->file[file], *f;
	uint32_t up;

	for (up = new->parent; up != RIG_NONE; up = f->parent) {
		f = &p->t->file[up];
		if (f->inode && f->inode == new->inode && f->device == new->device)
			return true;
	}
	return false;
}

static int include_file(struct rig_parser *p, const char *path, struct rig_pos pos)
{
	uint32_t file;
	int rc;

	if (p->includes > RIG_INCLUDE_DEPTH)
		return rig_error(p->t, pos, "files are included at most %d deep",
				 RIG_INCLUDE_DEPTH);
	if (strcmp(path, "-") == 0)
		return rig_error(p->t, pos, "standard input cannot be included");
	rc = rig_file_read(p->t, path, p->file, p->pos.line, &file);
	if (rc == -ENOSPC)
		return rig_error(p->t, pos, "more than %d files", RIG_FILES_MAX);
	if (rc == -EFBIG)
		return rig_error(p->t, pos, "'%.200s' is larger than %u bytes", path, RIG_FILE_MAX);
	if (rc < 0)
		return rig_error(p->t, pos, "'%.200s' cannot be read: %s", path, strerror(-rc));
	if (is_open(p, file))
		return rig_error(p->t, pos, "'%.200s' would include itself", path);
	p->includes++;
	rc = rig_parse_file(p, file);
	p->includes--;
	return rc;
}

int rig_st_include(struct rig_parser *p)
{
	struct rig_word *w = rig_need(p, "the file");
	uint32_t errors = p->t->nerrors;
	struct rig_pos pos;
	char *path;
	int rc;

	if (!w)
		return -EINVAL;
	pos = rig_at(p, w, NULL);
	path = rig_file_beside(p->t, p->file, w->text);
	if (!path)
		return p->fatal = -ENOMEM;
	if (rig_no_more(p) < 0)
		return -EINVAL;
	rc = include_file(p, path, pos);
	if (p->t->nerrors > errors)
		p->holes = true;
	return rc;
}
