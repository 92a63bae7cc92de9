// SPDX-License-Identifier: GPL-2.0
/* A list of files to be packed; see pack.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "pack.h"

struct pack_item *pack_add(struct pack_list *l, enum bundle_kind kind, const char *name)
{
	struct pack_item *more = reallocarray(l->item, l->count + 1, sizeof(*more));
	struct pack_item *i;

	if (!more)
		return NULL;
	l->item = more;
	i = &more[l->count];
	*i = (struct pack_item){.kind = kind, .name = strdup(name), .mode = 0755};
	if (!i->name)
		return NULL;
	l->count++;
	return i;
}

/* The bytes of an open file. */
static int map_file(struct pack_item *i, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	i->mode = st.st_mode & 0777;
	i->device = st.st_dev;
	i->inode = st.st_ino;
	i->size = i->mapped = (uint64_t)st.st_size;
	i->data = "";
	if (!i->size)
		return 0;
	i->map = mmap(NULL, i->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (i->map == MAP_FAILED) {
		i->map = NULL;
		return -errno;
	}
	i->data = i->map;
	return 0;
}

int pack_add_file(struct pack_list *l, enum bundle_kind kind, const char *name, const char *path)
{
	struct pack_item *i = pack_add(l, kind, name);
	int fd, err;

	if (!i) {
		log_err("out of memory");
		return -ENOMEM;
	}
	/* A FIFO must not stop us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	err = fd < 0 ? -errno : map_file(i, fd);
	if (fd >= 0)
		close(fd);
	if (err)
		log_err("%s cannot be packed: %s", path,
			err == -EINVAL ? "it is no file" : strerror(-err));
	return err;
}

/* Of one kind by name; libraries stay as they are, since symbols are looked for in this order. */
static int by_kind(const void *a, const void *b)
{
	const struct pack_item *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->kind == BUNDLE_LIBRARY ? 0 : strcmp(x->name, y->name);
}

void pack_sort(struct pack_list *l)
{
	/* Stable, which qsort() need not be. */
	for (uint32_t i = 1; i < l->count; i++) {
		struct pack_item moved = l->item[i];
		uint32_t k = i;

		for (; k > 0 && by_kind(&l->item[k - 1], &moved) > 0; k--)
			l->item[k] = l->item[k - 1];
		l->item[k] = moved;
	}
}

void pack_drop_last(struct pack_list *l)
{
	struct pack_item *i = &l->item[--l->count];

	free(i->name);
	free(i->text);
	if (i->map)
		munmap(i->map, i->mapped);
}

void pack_free(struct pack_list *l)
{
	while (l->count)
		pack_drop_last(l);
	free(l->item);
}
