/* SPDX-License-Identifier: GPL-2.0 */
/* Commands of uml_cow. Each gets its options parsed and returns an exit status. */
#ifndef NESTLING_UML_COW_H
#define NESTLING_UML_COW_H

#include "disk_merge.h"
#include "disk_tool.h"

/* Options that any command may be given; the table says which it takes. */
struct options {
	const char *backing; /* -b */
	bool force; /* -f */
	bool no_hash; /* -n */
	bool trust; /* -t */
	bool keep; /* -k */
	bool shrink; /* -s */
};

struct context {
	struct disk_tool tool;
	struct options opt;
	int argc; /* names behind the options */
	char **argv;
	struct disk disk; /* closed by main() */
};

int cmd_info(struct context *c);
int cmd_check(struct context *c);
int cmd_map(struct context *c);
int cmd_create(struct context *c);
int cmd_commit(struct context *c);
int cmd_rebase(struct context *c);
int cmd_resize(struct context *c);

#endif
