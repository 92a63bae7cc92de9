/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Texts that a rig is made of, and what is wrong with them.
 *
 * Errors are collected, at most one for a place and RIG_ERRORS_MAX in all, sorted, and printed by
 * one function with the line and a caret.
 */
#ifndef NESTLING_RIG_SOURCE_H
#define NESTLING_RIG_SOURCE_H

#include "memory.h"
#include "rig.h"

#define RIG_FILE_MAX (1U << 20) /* bytes */
#define RIG_FILES_MAX 64
#define RIG_LINE_MAX 4096
#define RIG_ERRORS_MAX 50

struct rig_file {
	char *name; /* as it was named, with the folder of the including file in front */
	char *text;
	uint32_t len;
	uint32_t parent, parent_line; /* the file that includes it; RIG_NONE for the first */
	uint64_t device, inode; /* 0 for a text in memory */
};

struct rig_error {
	struct rig_pos pos;
	char *text;
};

struct rig_private {
	struct rig_pool pool;
	struct rig_file *file;
	uint32_t nfiles;
	struct rig_error *error;
	uint32_t nerrors;
	uint32_t more_errors; /* beyond RIG_ERRORS_MAX */
	bool no_memory; /* for an error: there is one that nothing tells of */
	const char *note; /* put behind messages: which round of a repeat; NULL: none */
	const struct rig_files *files; /* where files are; NULL: in the host's file system */
	char *unknown_define; /* NULL: none */
};

/* An empty rig, to be freed with rig_free(). NULL without memory. */
struct rig *rig_new(void);

/*
 * Reads a file to *out. `from` is the including file, RIG_NONE for the first. 0, -EFBIG,
 * -ENOSPC (RIG_FILES_MAX), -ENOMEM or what the host said.
 */
int rig_file_read(struct rig_private *t, const char *path, uint32_t from, uint32_t line,
		  uint32_t *out);
/* A text in memory. */
int rig_file_add(struct rig_private *t, const char *name, const char *text, size_t len,
		 uint32_t *out);
/* `path` seen from the folder of the file; in the pool, NULL without memory. */
char *rig_file_beside(struct rig_private *t, uint32_t file, const char *path);

/* Notes an error. Always -EINVAL, so that it can be returned. */
int rig_error(struct rig_private *t, struct rig_pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Whether an error at this place would add nothing: one is there, or there are too many. */
bool rig_error_told(const struct rig_private *t, const struct rig_pos *pos);
/* By file, line and column. */
void rig_errors_sort(struct rig_private *t);

/* The known word that is nearest to one that is not known. */
struct rig_nearest {
	const char *word;
	const char *best; /* NULL: none is near */
	uint32_t distance;
	char text[80];
};
void rig_nearest_start(struct rig_nearest *n, const char *word);
void rig_nearest_try(struct rig_nearest *n, const char *candidate);
/* "; did you mean 'x'?" or "". */
const char *rig_nearest_text(struct rig_nearest *n);
/* Letters to change, insert, leave out or swap with the next; `limit` stands for all above. */
uint32_t rig_distance(const char *a, const char *b, uint32_t limit);

#endif
