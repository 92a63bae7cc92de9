// SPDX-License-Identifier: GPL-2.0
/*
 * Files into the guest and out of it. What comes in is written below a name of its own beside its
 * place, and takes its place when it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "agent_private.h"

/* A path in len bytes that end with its zero byte: absolute, and nothing behind it. */
static bool path_valid(const uint8_t *path, size_t len)
{
	return len > 1 && len <= AGENT_PATH_MAX && path[0] == '/' && memchr(path, 0, len) &&
	       strlen((const char *)path) == len - 1;
}

/* Those above the file; what is there stays. 0 or -errno. */
static int make_parents(char *path)
{
	char *slash;
	int err = 0;

	for (slash = strchr(path + 1, '/'); slash && !err; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(path, 0755) && errno != EEXIST)
			err = -errno;
		*slash = '/';
	}
	return err;
}

int file_put_begin(struct incoming *in, const uint8_t *data, size_t len, size_t *head)
{
	struct agent_put put;
	int err;

	if (len < sizeof(put))
		return -EINVAL;
	memcpy(&put, data, sizeof(put));
	if (put.path_len > len - sizeof(put) || !path_valid(data + sizeof(put), put.path_len))
		return -EINVAL;
	*head = sizeof(put) + put.path_len;
	in->mode = put.mode & 07777;
	memcpy(in->path, data + sizeof(put), put.path_len);
	err = make_parents(in->path);
	if (err)
		return err;
	snprintf(in->temporary, sizeof(in->temporary), "%s.rig-%u", in->path, in->id);
	unlink(in->temporary); /* of a life of the guest that was cut off */
	in->fd = open(in->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return in->fd < 0 ? -errno : 0;
}

int file_put_more(struct incoming *in, const uint8_t *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(in->fd, data, len);
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_put_end(struct incoming *in)
{
	int err = 0;

	if (fchmod(in->fd, in->mode) || rename(in->temporary, in->path))
		err = -errno;
	else
		in->temporary[0] = 0;
	file_put_drop(in);
	return err;
}

void file_put_drop(struct incoming *in)
{
	if (in->fd < 0)
		return;
	close(in->fd);
	in->fd = -1;
	if (in->temporary[0])
		unlink(in->temporary);
}

/* The whole of a file whose length is not known before, such as those of /proc. */
static int read_all(int fd, uint64_t max, uint8_t **out, uint64_t *len)
{
	size_t room = AGENT_OUTPUT_MAX < max ? AGENT_OUTPUT_MAX : max;
	uint8_t *data = malloc(room + 1);
	ssize_t n;

	*len = 0;
	if (!data)
		return -ENOMEM;
	while ((n = read(fd, data + *len, room + 1 - *len)) > 0) {
		*len += (uint64_t)n;
		if (*len > room) {
			free(data);
			return -EFBIG;
		}
	}
	if (n < 0) {
		n = -errno;
		free(data);
		return (int)n;
	}
	*out = data;
	return 0;
}

/* Opens it and finds out how much it is: *data, or a descriptor. -errno. */
static int get_open(const char *path, uint64_t max, uint8_t **data, uint64_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = -EINVAL;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		goto fail;
	if (st.st_size > 0) {
		*len = (uint64_t)st.st_size;
		if (*len <= max)
			return fd;
		err = -EFBIG;
		goto fail;
	}
	err = read_all(fd, max, data, len);
fail:
	close(fd);
	return err;
}

void file_get(struct agent *a, uint32_t id, const uint8_t *data, size_t len)
{
	const char *path = (const char *)data + sizeof(struct agent_get);
	uint8_t *text = NULL;
	uint64_t size = 0;
	struct agent_get get;
	int got = -EINVAL;

	if (len > sizeof(get) && path_valid(data + sizeof(get), len - sizeof(get))) {
		memcpy(&get, data, sizeof(get));
		got = get_open(path, get.max, &text, &size);
	}
	if (got < 0 || text)
		answer_add(a, id, got < 0 ? got : 0, 0, text, -1, got < 0 ? 0 : size);
	else
		answer_add(a, id, 0, 0, NULL, got, size);
}

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}
