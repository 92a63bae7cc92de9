/* SPDX-License-Identifier: GPL-2.0 */
/* Folders of our own go, with all that is in them. */
#ifndef NESTLING_RIGRUN_REMOVE_TREE_H
#define NESTLING_RIGRUN_REMOVE_TREE_H

/* As much of it as may be removed. No symbolic link is followed. */
void remove_tree(const char *path);

#endif
