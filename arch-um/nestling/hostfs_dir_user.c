// SPDX-License-Identifier: GPL-2.0
/*
 * Directories of the host, read without libc's streams: their buffer of 32 KB comes from vmalloc() in a
 * guest kernel, and to map and unmap it costs the host ten times as many calls as to read a small
 * directory. Entries are those of getdents64(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <nestling.h>
#include <um_malloc.h>

#define DIR_BYTES 4096 /* of a stream: what kmalloc() gives without mapping anything */

struct entry {
	uint64_t ino;
	int64_t next; /* position of the one behind it */
	uint16_t len; /* of this record */
	uint8_t type;
	char name[];
};

struct dir_stream {
	uint64_t buf[DIR_BYTES / sizeof(uint64_t) - 2];
	int fd;
	unsigned int at, filled; /* bytes of buf */
};
_Static_assert(sizeof(struct dir_stream) <= DIR_BYTES, "dir_stream");

void *nl_dir_open(const char *path, int *error)
{
	struct dir_stream *d = uml_kmalloc(sizeof(*d), UM_GFP_KERNEL);

	if (!d) {
		*error = ENOMEM;
		return NULL;
	}
	d->at = d->filled = 0;
	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	if (d->fd >= 0)
		return d;
	*error = errno;
	kfree(d);
	return NULL;
}

void nl_dir_seek(void *stream, unsigned long long pos)
{
	struct dir_stream *d = stream;

	if (pos)
		lseek(d->fd, (off_t)pos, SEEK_SET);
	d->at = d->filled = 0;
}

static int fill(struct dir_stream *d)
{
	long n;

	do {
		n = syscall(SYS_getdents64, d->fd, d->buf, sizeof(d->buf));
	} while (n < 0 && errno == EINTR);
	d->at = 0;
	d->filled = n > 0 ? n : 0;
	return n > 0;
}

char *nl_dir_read(void *stream, unsigned long long *next, unsigned long long *ino, int *len,
		  unsigned int *type)
{
	struct dir_stream *d = stream;
	struct entry *e;

	if (d->at == d->filled && !fill(d))
		return NULL;
	e = (struct entry *)((char *)d->buf + d->at);
	d->at += e->len;
	*next = e->next;
	*ino = e->ino;
	*len = strlen(e->name);
	*type = e->type;
	return e->name;
}

void nl_dir_close(void *stream)
{
	struct dir_stream *d = stream;

	close(d->fd);
	kfree(d);
}
