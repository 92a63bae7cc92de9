// SPDX-License-Identifier: GPL-2.0
/* Folders of our own go; see remove_tree.h. */
#include <ftw.h>
#include <stdio.h>
#include "remove_tree.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	remove(path);
	return 0;
}

void remove_tree(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
