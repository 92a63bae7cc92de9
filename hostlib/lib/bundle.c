// SPDX-License-Identifier: GPL-2.0
/* The directory of a packed rig, and names in it; see bundle.h. */
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "bundle.h"

/* One part of a path. */
static bool part_ok(const char *part, size_t len)
{
	return len && !(len == 1 && part[0] == '.') && !(len == 2 && memcmp(part, "..", 2) == 0);
}

bool bundle_name_ok(const char *name, size_t len)
{
	size_t start = 0, i;

	if (!len || len > BUNDLE_NAME_MAX)
		return false;
	for (i = 0; i <= len; i++) {
		if (i < len && ((unsigned char)name[i] < ' ' || name[i] == 127))
			return false;
		if (i < len && name[i] != '/')
			continue;
		if (!part_ok(name + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

/* What is known of the directory while it is read. */
struct parsing {
	const uint8_t *at, *end;
	char *names; /* where the next name goes */
	uint64_t used; /* end of the member before */
	uint64_t limit;
	unsigned int of_kind[BUNDLE_KINDS];
};

static bool entry_ok(const struct parsing *p, const struct bundle_member *m)
{
	if (m->offset < p->used || m->offset > p->limit || m->stored > p->limit - m->offset ||
	    m->size > BUNDLE_SIZE_MAX || m->mode > 0777)
		return false;
	if (m->packing == BUNDLE_PLAIN && m->stored != m->size)
		return false;
	return (m->kind == BUNDLE_FRONT) == (m->offset == 0);
}

static int parse_entry(struct parsing *p, struct bundle_member *m)
{
	struct bundle_entry e;
	size_t len;

	if ((size_t)(p->end - p->at) < sizeof(e))
		return -EBADMSG;
	memcpy(&e, p->at, sizeof(e));
	p->at += sizeof(e);
	len = le16toh(e.name_len);
	if (len > (size_t)(p->end - p->at) || !bundle_name_ok((const char *)p->at, len) ||
	    e.kind >= BUNDLE_KINDS || e.packing >= BUNDLE_PACKINGS)
		return -EBADMSG;
	*m = (struct bundle_member){
		.name = p->names,
		.offset = le64toh(e.offset),
		.stored = le64toh(e.stored),
		.size = le64toh(e.size),
		.mode = le32toh(e.mode),
		.kind = e.kind,
		.packing = e.packing,
	};
	memcpy(m->digest, e.digest, sizeof(m->digest));
	memcpy(p->names, p->at, len);
	p->names += len + 1; /* the 0 is there */
	p->at += len;
	if (!entry_ok(p, m))
		return -EBADMSG;
	p->used = m->offset + m->stored;
	p->of_kind[m->kind]++;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* No name twice. 0, -EBADMSG or -ENOMEM. */
static int check_names(const struct bundle *b)
{
	const char **name = calloc(b->count, sizeof(*name));
	uint32_t i;
	int err = 0;

	if (!name)
		return -ENOMEM;
	for (i = 0; i < b->count; i++)
		name[i] = b->member[i].name;
	qsort(name, b->count, sizeof(*name), by_name);
	for (i = 1; i < b->count; i++)
		if (strcmp(name[i - 1], name[i]) == 0)
			err = -EBADMSG;
	free(name);
	return err;
}

static int check_kinds(const struct parsing *p, const struct bundle *b)
{
	static const enum bundle_kind one[] = {BUNDLE_FRONT, BUNDLE_PROGRAM, BUNDLE_LINUX,
					       BUNDLE_RIG};

	for (size_t i = 0; i < sizeof(one) / sizeof(*one); i++)
		if (p->of_kind[one[i]] != 1)
			return -EBADMSG;
	if (p->of_kind[BUNDLE_LOADER] > 1 || b->member[0].kind != BUNDLE_FRONT)
		return -EBADMSG;
	return check_names(b);
}

int bundle_parse(const void *directory, size_t len, uint64_t limit, struct bundle *out)
{
	struct parsing p = {.at = directory, .limit = limit};
	uint32_t room = (uint32_t)(len / (sizeof(struct bundle_entry) + 1));
	int err = 0;

	*out = (struct bundle){.directory = limit};
	if (len > BUNDLE_DIRECTORY_MAX || !room || room > BUNDLE_DIRECTORY_MAX)
		return -EBADMSG;
	p.end = p.at + len;
	out->member = calloc(room, sizeof(*out->member));
	out->names = calloc(1, len + 1);
	p.names = out->names;
	if (!out->member || !out->names)
		err = -ENOMEM;
	while (!err && p.at < p.end) {
		err = out->count == BUNDLE_MEMBERS_MAX ? -EBADMSG : 0;
		if (!err)
			err = parse_entry(&p, &out->member[out->count++]);
	}
	if (!err)
		err = check_kinds(&p, out);
	if (err)
		bundle_close(out);
	return err;
}

const struct bundle_member *bundle_find(const struct bundle *b, const char *name)
{
	for (uint32_t i = 0; i < b->count; i++)
		if (strcmp(b->member[i].name, name) == 0)
			return &b->member[i];
	return NULL;
}

const struct bundle_member *bundle_first(const struct bundle *b, enum bundle_kind kind)
{
	for (uint32_t i = 0; i < b->count; i++)
		if (b->member[i].kind == kind)
			return &b->member[i];
	return NULL;
}

const char *bundle_kind_name(enum bundle_kind kind)
{
	static const char *const name[] = {
		[BUNDLE_FRONT] = "front",   [BUNDLE_PROGRAM] = "program",
		[BUNDLE_LOADER] = "loader", [BUNDLE_LIBRARY] = "library",
		[BUNDLE_LINUX] = "linux",   [BUNDLE_RIG] = "rig",
		[BUNDLE_FILE] = "file",     [BUNDLE_IMAGE] = "image",
		[BUNDLE_RESULT] = "result",
	};

	_Static_assert(sizeof(name) / sizeof(*name) == BUNDLE_KINDS, "names of kinds");
	return name[kind];
}

/* Puts one part behind the others, or takes the last one back. */
static int add_part(char out[static BUNDLE_NAME_MAX + 1], size_t *used, const char *part,
		    size_t len)
{
	if (!len || (len == 1 && part[0] == '.'))
		return 0;
	if (len == 2 && memcmp(part, "..", 2) == 0) {
		if (!*used)
			return -EINVAL;
		while (*used && out[*used - 1] != '/')
			--*used;
		*used -= *used ? 1 : 0;
		return 0;
	}
	if (*used + len + 1 > BUNDLE_NAME_MAX)
		return -ENAMETOOLONG;
	if (*used)
		out[(*used)++] = '/';
	memcpy(out + *used, part, len);
	*used += len;
	return 0;
}

int bundle_path(const char *path, char out[static BUNDLE_NAME_MAX + 1])
{
	size_t used = 0, root;
	int err = *path == '/' ? add_part(out, &used, "absolute", 8) : 0;

	root = used;
	while (*path && !err) {
		size_t len = strcspn(path, "/");
		bool up = len == 2 && memcmp(path, "..", 2) == 0;

		/* What is above / is / itself. */
		if (!(root && up && used == root))
			err = add_part(out, &used, path, len);
		path += len;
		path += strspn(path, "/");
	}
	out[used] = 0;
	return err ? err : used ? 0 : -EINVAL;
}
