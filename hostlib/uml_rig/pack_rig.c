// SPDX-License-Identifier: GPL-2.0
/*
 * The rig and its files, and their names in a pack; see pack.h.
 *
 * The tree stays as it is, so that all relative paths go on to lead where they led. It begins at the
 * rig's own folder, or as many folders above it as the path that climbs highest takes: of
 * /home/me/rigs/a.rig with an image ../images/x the names are rigs/a.rig and images/x. Nothing else of
 * where the files lie gets into the pack. A file that -D names by an absolute path goes to files/, and
 * the value that is packed leads there.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "log.h"
#include "pack.h"
#include "source.h"

/* fn() for each file of the host's that the rig names, texts of the rig left out. */
static int each_file(const struct rig *rig, int (*fn)(void *arg, const char *path, bool image),
		     void *arg)
{
	uint32_t i, k;
	int err = 0;

	for (i = 0; i < rig->nnodes && !err; i++) {
		const struct rig_node *n = &rig->node[i];

		if (n->image != RIG_NONE)
			err = fn(arg, rig->image[n->image].file, true);
		if (n->firewall && !err)
			err = fn(arg, n->firewall, false);
		for (k = 0; k < n->copies && !err; k++)
			err = fn(arg, n->copy[k].host, false);
	}
	for (i = 0; i < rig->nsteps && !err; i++)
		if (rig->step[i].action == RIG_DO_COPY)
			err = fn(arg, rig->step[i].copy.host, false);
	return err;
}

/* The absolute value of -D that this path is; DEFINES_MAX: none. */
static uint32_t defined_as(const struct pack_place *p, const char *path)
{
	uint32_t i;

	if (*path != '/')
		return DEFINES_MAX;
	for (i = 0; i < p->c->defines; i++)
		if (strcmp(p->c->define[i].value, path) == 0)
			return i;
	return DEFINES_MAX;
}

/* What is behind the rig's folder in a path that starts there; NULL: it is an absolute path. */
static const char *from_folder(const struct pack_place *p, const char *path)
{
	if (p->folder_len && strncmp(path, p->folder, p->folder_len) == 0)
		return path + p->folder_len;
	return *path == '/' ? NULL : path;
}

/* How many folders above the one where it starts a path leads at its highest. */
static unsigned int climb(const char *path)
{
	int level = 0, least = 0;

	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && memcmp(path, "..", 2) == 0)
			level--;
		else if (len && !(len == 1 && *path == '.'))
			level++;
		least = level < least ? level : least;
		path += len;
		path += strspn(path, "/");
	}
	return (unsigned int)-least;
}

static int note_climb(void *arg, const char *path, bool image)
{
	struct pack_place *p = arg;
	const char *rel = defined_as(p, path) < DEFINES_MAX ? NULL : from_folder(p, path);
	unsigned int up = rel ? climb(rel) : 0;

	(void)image;
	p->depth = up > p->depth ? up : p->depth;
	return 0;
}

/* The last `depth` parts of the folder's real path. */
static int find_inner(struct pack_place *p)
{
	char real[PATH_MAX], folder[PATH_MAX];
	unsigned int i;
	char *at;

	snprintf(folder, sizeof(folder), "%s.", p->folder);
	if (!realpath(folder, real))
		return -errno;
	at = real + strlen(real);
	for (i = 0; i < p->depth && at > real; i++)
		do
			at--;
		while (at > real && *at != '/');
	if (i < p->depth || (p->depth && !at[1]))
		return -EINVAL;
	if (p->depth &&
	    snprintf(p->inner, sizeof(p->inner), "%s/", at + 1) >= (int)sizeof(p->inner))
		return -ENAMETOOLONG;
	return 0;
}

/* The name that a file of the rig has in the pack, by the path that the rig has for it. 0 or -errno. */
static int name_of(const struct pack_place *p, const char *path,
		   char out[static BUNDLE_NAME_MAX + 1])
{
	const char *rel = from_folder(p, path);
	char full[PATH_MAX];
	int n;

	if (defined_as(p, path) < DEFINES_MAX)
		n = snprintf(full, sizeof(full), PACK_RIG_FOLDER PACK_EXTRA_FOLDER "%s",
			     strrchr(path, '/') + 1);
	else if (rel)
		n = snprintf(full, sizeof(full), PACK_RIG_FOLDER "%s%s", p->inner, rel);
	else
		n = snprintf(full, sizeof(full), "%s", path);
	return n >= (int)sizeof(full) ? -ENAMETOOLONG : bundle_path(full, out);
}

/* -D as it stands in the pack: a path from the rig's folder, where it was an absolute one. */
static int move_define(void *arg, const char *path, bool image)
{
	struct pack_place *p = arg;
	uint32_t i = defined_as(p, path);
	char *text = NULL;
	size_t len;
	FILE *f;

	(void)image;
	if (i == DEFINES_MAX || p->changed[i])
		return 0;
	f = open_memstream(&text, &len);
	for (unsigned int k = 0; f && k < p->depth; k++)
		fputs("../", f);
	if (f)
		fprintf(f, PACK_EXTRA_FOLDER "%s", strrchr(path, '/') + 1);
	if (!f || fclose(f) != 0) {
		free(text);
		return -ENOMEM;
	}
	p->changed[i] = text;
	p->define[i].value = text;
	return 0;
}

/* Whether it is on the list already; another file under its name cannot be packed. */
static int check_twice(const struct pack_list *l)
{
	const struct pack_item *new = &l->item[l->count - 1];

	for (uint32_t i = 0; i + 1 < l->count; i++) {
		const struct pack_item *old = &l->item[i];

		if (strcmp(old->name, new->name) != 0)
			continue;
		if (old->device == new->device && old->inode == new->inode)
			return 1;
		log_err("two files would have the name %s in the pack; give one of them another",
			new->name);
		return -EEXIST;
	}
	return 0;
}

struct gathering {
	struct pack_place *p;
	struct pack_list *l;
};

static int bad_name(const char *path, int err)
{
	log_err("%s cannot be packed: %s", path,
		err == -EINVAL ? "its name leads nowhere" : strerror(-err));
	return err;
}

static int add_named(void *arg, const char *path, bool image)
{
	const struct gathering *g = arg;
	char name[BUNDLE_NAME_MAX + 1];
	int err = name_of(g->p, path, name);

	if (err)
		return bad_name(path, err);
	err = pack_add_file(g->l, image ? BUNDLE_IMAGE : BUNDLE_FILE, name, path);
	if (err)
		return err;
	err = check_twice(g->l);
	if (err <= 0)
		return err;
	pack_drop_last(g->l);
	return 0;
}

/* A text of the rig, with -D written into it. */
static int add_text(const struct gathering *g, uint32_t file)
{
	const struct rig_file *f = &g->p->rig->private->file[file];
	char name[BUNDLE_NAME_MAX + 1];
	struct pack_item *i;
	size_t len;
	int err = name_of(g->p, f->name, name);

	if (err)
		return bad_name(f->name, err);
	for (uint32_t k = 0; k < g->l->count; k++)
		if (strcmp(g->l->item[k].name, name) == 0)
			return 0; /* included twice */
	i = pack_add(g->l, file ? BUNDLE_FILE : BUNDLE_RIG, name);
	err = i ? pack_text(f->text, f->len, g->p->define, g->p->c->defines, &i->text, &len)
		: -ENOMEM;
	if (err)
		return err;
	i->data = i->text;
	i->size = len;
	i->mode = 0644;
	i->device = f->device;
	i->inode = f->inode;
	return 0;
}

/* What a packed rig has no place for. */
static int check_rig(const struct pack_place *p, const char *path)
{
	for (uint32_t i = 0; i < p->rig->nnodes; i++) {
		if (!p->rig->node[i].cow)
			continue;
		log_err("%s: %s keeps its disk in %s, and a packed rig has no place for that; "
			"leave out cow=",
			path, p->rig->node[i].name, p->rig->node[i].cow);
		return -EINVAL;
	}
	return 0;
}

static int find_place(struct pack_place *p)
{
	const struct rig_private *texts = p->rig->private;
	const char *path = texts->file[0].name, *slash = strrchr(path, '/');
	uint32_t i;
	int err;

	p->folder_len = slash ? (size_t)(slash - path) + 1 : 0;
	p->folder = strndup(path, p->folder_len);
	if (!p->folder)
		return -ENOMEM;
	memcpy(p->define, p->c->define, p->c->defines * sizeof(*p->define));
	for (i = 0; i < texts->nfiles; i++)
		note_climb(p, texts->file[i].name, false);
	each_file(p->rig, note_climb, p);
	err = find_inner(p);
	if (err)
		log_err("%s cannot be packed: where its folder is cannot be told: %s", path,
			strerror(-err));
	return err;
}

int pack_rig(struct pack_place *p, struct pack_list *l)
{
	struct gathering g = {p, l};
	uint32_t i;
	int err = check_rig(p, p->rig->private->file[0].name);

	if (!err)
		err = find_place(p);
	if (!err)
		err = each_file(p->rig, move_define, p);
	for (i = 0; i < p->rig->private->nfiles && !err; i++)
		err = add_text(&g, i);
	if (!err)
		err = each_file(p->rig, add_named, &g);
	if (err == -ENOMEM)
		log_err("out of memory");
	return err;
}

static int is_there(void *arg, const char *path, bool image)
{
	char name[BUNDLE_NAME_MAX + 1];

	(void)image;
	if (bundle_path(path, name) == 0 && bundle_find(arg, name))
		return 0;
	log_err("%s would not be found in the pack; name it in the rig by a path from the folder "
		"of the file that names it",
		path);
	return -EINVAL;
}

/* The value that a variable of the rig shall have. */
static const char *value_of(const struct pack_place *p, const struct rig_variable *v)
{
	for (uint32_t i = p->c->defines; i-- > 0;)
		if (strcmp(p->define[i].name, v->name) == 0)
			return p->define[i].value;
	return v->value;
}

/* They stand in another order where -D came first. */
static bool has_variable(const struct rig *rig, const char *name, const char *value)
{
	for (uint32_t i = 0; i < rig->nvariables; i++)
		if (strcmp(rig->variable[i].name, name) == 0)
			return strcmp(rig->variable[i].value, value) == 0;
	return false;
}

int pack_check(const struct pack_place *p, const struct rig *packed, const struct bundle *b)
{
	for (uint32_t i = 0; i < p->rig->nvariables; i++) {
		const struct rig_variable *v = &p->rig->variable[i];

		if (has_variable(packed, v->name, value_of(p, v)))
			continue;
		log_err("-D %s cannot be packed: say it in the rig by a plain 'set %s VALUE'",
			v->name, v->name);
		return -EINVAL;
	}
	return each_file(packed, is_there, (void *)b);
}

void pack_place_free(struct pack_place *p)
{
	free((char *)p->folder);
	for (uint32_t i = 0; i < DEFINES_MAX; i++)
		free(p->changed[i]);
}
