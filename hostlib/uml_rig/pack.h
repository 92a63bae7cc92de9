/* SPDX-License-Identifier: GPL-2.0 */
/* What goes into a packed rig; between the files of `uml_rig pack`. All print what goes wrong. */
#ifndef NESTLING_UML_RIG_PACK_H
#define NESTLING_UML_RIG_PACK_H

#include <stdbool.h>
#include "bundle.h"
#include "uml_rig.h"

#define PACK_RIG_FOLDER "rig/" /* in front of the names of the rig's files */
#define PACK_EXTRA_FOLDER "files/" /* of those that -D names by an absolute path */

/* One file. Its bytes are in memory, or mapped. */
struct pack_item {
	enum bundle_kind kind;
	char *name; /* in the pack; ours */
	char *text; /* its bytes, if they are not the file's; ours */
	const void *data; /* its bytes */
	uint64_t size;
	void *map; /* of the file; NULL: none */
	uint64_t mapped; /* bytes of that */
	uint32_t mode;
	uint64_t device, inode; /* of the file; 0: of none */
};

struct pack_list {
	struct pack_item *item;
	uint32_t count;
};

/* Where the rig's files are, and where they go. */
struct pack_place {
	const struct context *c;
	const struct rig *rig;
	const char *folder; /* of the rig, as the user named it, with a / at its end; "" */
	size_t folder_len;
	char inner[BUNDLE_NAME_MAX +
		   1]; /* the folder within the pack's tree, with a / at its end; "" */
	unsigned int depth; /* parts of that */
	struct rig_define define[DEFINES_MAX]; /* -D, with paths of the pack */
	char *changed[DEFINES_MAX]; /* those values, ours; NULL: as it was */
};

/*
 * pack_items.c: an empty item of this kind and name (copied). NULL: out of memory. It is good until
 * the next one.
 */
struct pack_item *pack_add(struct pack_list *l, enum bundle_kind kind, const char *name);
/* The same with the bytes of a file. 0 or -errno. */
int pack_add_file(struct pack_list *l, enum bundle_kind kind, const char *name, const char *path);
/* Takes the last item off again. */
void pack_drop_last(struct pack_list *l);
/* In the order in which they go into the pack: by kind and name, libraries as they are. */
void pack_sort(struct pack_list *l);
void pack_free(struct pack_list *l);

/* pack_programs.c: the front, uml_rig with what it needs to run, and `linux`. 0 or -errno. */
int pack_programs(const struct context *c, struct pack_list *l);

/* pack_rig.c: the rig and all that it names. The place is filled in. 0 or -errno. */
int pack_rig(struct pack_place *p, struct pack_list *l);
void pack_place_free(struct pack_place *p);
/*
 * Whether a rig that was read from a pack is the one that went into it, and finds there all that it
 * names. 0, or -EINVAL (said).
 */
int pack_check(const struct pack_place *p, const struct rig *packed, const struct bundle *b);

/*
 * pack_text.c: the text of a file of the rig in which each `set` of a variable that -D names has that
 * value. *out to be freed. 0 or -errno: -EINVAL, a value cannot be written down (said), -ENOMEM.
 */
int pack_text(const char *text, size_t len, const struct rig_define *define, uint32_t n, char **out,
	      size_t *out_len);

#endif
