// SPDX-License-Identifier: GPL-2.0
/* Inside a packed rig; see packed.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "log.h"
#include "packed.h"

#define SELF_FD "/proc/self/fd/%d"
#define PATH_ROOM 32
#define WORDS_MAX 9

struct packed {
	int fd; /* of the pack */
	char self_path[PATH_ROOM]; /* of the pack, as other programs find it */
	struct bundle bundle;
	int *member_fd; /* what was taken out; -1: not yet */
	char (*path)[PATH_ROOM]; /* of each, as other programs find it */
	struct rig_files files;
	char *preload, *self; /* words of packed_words() */
	char program[PATH_ROOM];
	const char *word[WORDS_MAX];
};

/* A descriptor of the member, from now on; or -errno. */
static int take(struct packed *p, const struct bundle_member *m)
{
	size_t i = (size_t)(m - p->bundle.member);

	if (p->member_fd[i] < 0)
		p->member_fd[i] = bundle_take_memory(&p->bundle, m);
	if (p->member_fd[i] >= 0)
		snprintf(p->path[i], PATH_ROOM, SELF_FD, p->member_fd[i]);
	return p->member_fd[i];
}

/* What a rig names. Absolute names may also be those of files that people name who work in it. */
static int open_file(void *arg, const char *path)
{
	struct packed *p = arg;
	const struct bundle_member *m = NULL;
	char name[BUNDLE_NAME_MAX + 1];
	int fd = bundle_path(path, name);

	if (fd == 0)
		m = bundle_find(&p->bundle, name);
	if (!m && *path != '/')
		return -ENOENT;
	if (m) {
		fd = take(p, m);
		path = p->path[m - p->bundle.member];
	}
	if (fd < 0 && m)
		return fd;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* One MEMBER=FD. */
static int set_member(struct packed *p, unsigned long i, unsigned long fd)
{
	if (i >= p->bundle.count || fd > INT32_MAX || fcntl((int)fd, F_GETFD) < 0)
		return -EINVAL;
	p->member_fd[i] = (int)fd;
	/* Images are for guests; the others are none of their business. */
	fcntl((int)fd, F_SETFD, p->bundle.member[i].kind == BUNDLE_IMAGE ? 0 : FD_CLOEXEC);
	return 0;
}

static int read_members(struct packed *p, const char *text)
{
	unsigned long i, fd;
	char *end;

	while (*text) {
		i = strtoul(text, &end, 10);
		if (end == text || *end != '=')
			return -EINVAL;
		text = end + 1;
		fd = strtoul(text, &end, 10);
		if (end == text || (*end && *end != ',') || set_member(p, i, fd) < 0)
			return -EINVAL;
		text = *end ? end + 1 : end;
	}
	return 0;
}

static int open_pack(struct packed *p, const char *text, char why[static BUNDLE_WHY])
{
	char *end;
	int err;

	snprintf(why, BUNDLE_WHY, "%s is not what the front of a packed rig says", PACKED_WORD);
	p->fd = (int)strtoul(text, &end, 10);
	if (end == text || *end != ':' || fcntl(p->fd, F_SETFD, FD_CLOEXEC) < 0)
		return -EINVAL;
	snprintf(p->self_path, sizeof(p->self_path), SELF_FD, p->fd);
	err = bundle_open(&p->bundle, p->fd, why);
	if (err)
		return err;
	p->member_fd = malloc(p->bundle.count * sizeof(*p->member_fd));
	p->path = calloc(p->bundle.count, sizeof(*p->path));
	if (!p->member_fd || !p->path)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->bundle.count; i++)
		p->member_fd[i] = -1;
	return read_members(p, end + 1);
}

struct packed *packed_open(const char *word)
{
	struct packed *p = calloc(1, sizeof(*p));
	char why[BUNDLE_WHY] = "out of memory";

	if (p && open_pack(p, word + strlen(PACKED_WORD), why) == 0) {
		p->files = (struct rig_files){open_file, p};
		return p;
	}
	log_err("the packed rig cannot be opened: %s", why);
	if (p)
		packed_close(p);
	return NULL;
}

void packed_close(struct packed *p)
{
	bundle_close(&p->bundle);
	free(p->member_fd);
	free(p->path);
	free(p->preload);
	free(p->self);
	free(p);
}

const char *packed_rig(const struct packed *p)
{
	return bundle_first(&p->bundle, BUNDLE_RIG)->name;
}

const struct rig_files *packed_files(struct packed *p)
{
	return &p->files;
}

const struct bundle *packed_bundle(const struct packed *p)
{
	return &p->bundle;
}

int packed_file(const struct packed *p, char *out, size_t len)
{
	char name[PATH_ROOM];
	ssize_t n;

	snprintf(name, sizeof(name), SELF_FD, p->fd);
	n = readlink(name, out, len - 1);
	if (n >= 0)
		out[n] = 0;
	if (n >= 0 && access(out, X_OK) == 0)
		return 0;
	log_err("the packed rig does not know where its own file is: %s", strerror(errno));
	return -errno;
}

/* Takes a member out for good. 0 or -errno, said. */
static int provide(struct packed *p, const struct bundle_member *m)
{
	int fd = take(p, m);

	if (fd >= 0)
		return 0;
	log_err("%s cannot be taken out of the packed rig: %s", m->name, strerror(-fd));
	return fd;
}

int packed_linux(struct packed *p, char *out, size_t len)
{
	const struct bundle_member *m = bundle_first(&p->bundle, BUNDLE_LINUX);
	int err = provide(p, m);

	if (!err)
		snprintf(out, len, "%s", p->path[m - p->bundle.member]);
	return err;
}

static int provide_image(struct packed *p, struct rig_image *image)
{
	char name[BUNDLE_NAME_MAX + 1];
	const struct bundle_member *m = NULL;
	int err = 0;

	if (bundle_path(image->file, name) == 0)
		m = bundle_find(&p->bundle, name);
	if (!m)
		return 0; /* no node had it when the rig was packed, or -D names another */
	if (m->packing == BUNDLE_PLAIN) {
		image->file = p->self_path;
		image->offset = m->offset;
		image->length = m->size;
		fcntl(p->fd, F_SETFD, 0);
		return 0;
	}
	err = provide(p, m);
	if (err)
		return err;
	fcntl(p->member_fd[m - p->bundle.member], F_SETFD, 0);
	image->file = p->path[m - p->bundle.member];
	return 0;
}

int packed_images(struct packed *p, struct rig *rig)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < rig->nnodes && !err; i++)
		if (rig->node[i].image != RIG_NONE)
			err = provide_image(p, &rig->image[rig->node[i].image]);
	return err;
}

/* Libraries as ld.so takes them, and all that has been taken out as we do. 0 or -EIO. */
static int print_words(struct packed *p)
{
	size_t len;
	FILE *self = open_memstream(&p->self, &len), *preload = open_memstream(&p->preload, &len);
	const char *comma = "", *colon = "";
	uint32_t i;

	for (i = 0; self && preload && i < p->bundle.count; i++) {
		if (p->member_fd[i] < 0)
			continue;
		if (!*comma)
			fprintf(self, PACKED_WORD "%d:", p->fd);
		fprintf(self, "%s%u=%d", comma, i, p->member_fd[i]);
		comma = ",";
		if (p->bundle.member[i].kind != BUNDLE_LIBRARY)
			continue;
		fprintf(preload, "%s" SELF_FD, colon, p->member_fd[i]);
		colon = ":";
	}
	i = self && preload;
	if (self && fclose(self) != 0)
		i = 0;
	if (preload && fclose(preload) != 0)
		i = 0;
	return i ? 0 : -EIO;
}

/* From now on what has been taken out outlasts exec. */
static void keep_open(struct packed *p)
{
	fcntl(p->fd, F_SETFD, 0);
	for (uint32_t i = 0; i < p->bundle.count; i++)
		if (p->member_fd[i] >= 0)
			fcntl(p->member_fd[i], F_SETFD, 0);
}

const char *const *packed_words(struct packed *p, const char *program)
{
	const struct bundle_member *m = bundle_first(&p->bundle, BUNDLE_PROGRAM);
	unsigned int n = 0;

	if (print_words(p) < 0) {
		log_err("out of memory");
		return NULL;
	}
	keep_open(p);
	snprintf(p->program, sizeof(p->program), SELF_FD, p->member_fd[m - p->bundle.member]);
	if (bundle_first(&p->bundle, BUNDLE_LOADER)) {
		p->word[n++] = "ld.so";
		p->word[n++] = "--inhibit-cache";
		p->word[n++] = "--argv0";
		p->word[n++] = program;
		if (*p->preload) {
			p->word[n++] = "--preload";
			p->word[n++] = p->preload;
		}
		p->word[n++] = p->program;
	} else {
		p->word[n++] = program;
	}
	p->word[n++] = p->self;
	return p->word;
}
