// SPDX-License-Identifier: GPL-2.0
/* Files to be read as a whole; see file_map.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file_map.h"

int file_map_open(int folder, const char *name, struct file_map *f)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), err = 0;
	struct stat st;

	*f = (struct file_map){0};
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else
		f->len = (size_t)st.st_size;
	if (!err && f->len) {
		f->data = mmap(NULL, f->len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (f->data == MAP_FAILED) {
			f->data = NULL;
			err = -errno;
		}
	}
	close(fd);
	return err;
}

void file_map_close(struct file_map *f)
{
	if (f->data)
		munmap((void *)f->data, f->len);
}
