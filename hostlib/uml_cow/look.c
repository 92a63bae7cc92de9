// SPDX-License-Identifier: GPL-2.0
/* uml_cow: the commands that only look: info, check, map. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "text.h"
#include "uml_cow.h"

#define BUFFER (1U << 20)

/* A COW file looked at without its backing file. */
struct look {
	int fd;
	struct stat st;
	struct cow_header header;
	uint64_t held; /* sectors in the COW file */
	uint64_t last; /* one behind the last of them */
	uint64_t stray; /* bits behind the last sector */
};

static int read_header(struct look *l)
{
	static uint8_t buf[COW_HEADER_MAX];
	ssize_t n = pread(l->fd, buf, sizeof(buf), 0);

	if (n < 0)
		return -errno;
	/* Not compared with the file's length: check does that itself, info does not mind. */
	return cow_header_parse(buf, (size_t)n, COW_SIZE_UNKNOWN, &l->header);
}

/* 0, or -1 after having said why. */
static int look_at(struct context *c, struct look *l, const char *path)
{
	int err;

	l->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (l->fd < 0 || fstat(l->fd, &l->st)) {
		disk_tool_say(&c->tool, "cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISREG(l->st.st_mode) && !S_ISBLK(l->st.st_mode)) {
		disk_tool_say(&c->tool, "%s is not a file", path);
		return -1;
	}
	err = read_header(l);
	if (!err)
		return 0;
	if (err < 0)
		disk_tool_say(&c->tool, "cannot read %s: %s", path, strerror(-err));
	else
		disk_tool_say(&c->tool, "%s %s%s", path, err == COW_ERR_NOT_COW ? "is " : "",
			      cow_strerror(err));
	return -1;
}

static void count_bits(struct look *l, const uint8_t *buf, size_t len, uint64_t first)
{
	for (size_t i = 0; i < len; i++) {
		for (unsigned int b = 0; buf[i] >> b; b++) {
			uint64_t sector = first + i * 8 + b;

			if (!(buf[i] >> b & 1))
				continue;
			if (sector >= l->header.geometry.sectors) {
				l->stray++;
				continue;
			}
			l->held++;
			l->last = sector + 1;
		}
	}
}

/* Counts the bitmap, without reading its holes. 0 or -errno; -EINTR after a signal. */
static int count_held(struct context *c, struct look *l)
{
	const struct cow_geometry *g = &l->header.geometry;
	uint8_t *buf = malloc(BUFFER);
	uint64_t at = 0;
	int err = buf ? 0 : -ENOMEM;

	while (!err && at < g->bitmap_len) {
		size_t want = g->bitmap_len - at < BUFFER ? (size_t)(g->bitmap_len - at) : BUFFER;
		off_t data = lseek(l->fd, (off_t)(g->bitmap_offset + at), SEEK_DATA);
		ssize_t n;

		if (data < 0 && errno == ENXIO)
			break;
		if (data > (off_t)(g->bitmap_offset + at)) {
			at = (uint64_t)data - g->bitmap_offset;
			continue;
		}
		n = pread(l->fd, buf, want, (off_t)(g->bitmap_offset + at));
		if (n <= 0) {
			err = n ? -errno : 0;
			break;
		}
		count_bits(l, buf, (size_t)n, at * 8);
		at += (uint64_t)n;
		err = disk_tool_progress(&c->tool, "reading the bitmap", at, g->bitmap_len);
	}
	free(buf);
	return err;
}

static void print_mtime(uint32_t mtime)
{
	time_t t = (time_t)mtime;
	struct tm tm;
	char text[40] = "?";

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	printf("backing mtime: %" PRIu32 " (%s)\n", mtime, text);
}

static void print_bytes(const char *name, uint64_t bytes)
{
	char text[24];

	disk_tool_bytes(bytes, text);
	printf("%s: %" PRIu64 " (%s)\n", name, bytes, text);
}

static void print_identity(const struct cow_identity *id)
{
	if (id->algorithm == COW_IDENTITY_MERGING) {
		puts("content hash: none, a merge into the backing file was interrupted");
		return;
	}
	if (id->algorithm == COW_IDENTITY_NONE) {
		puts("content hash: none");
		return;
	}
	fputs("content hash: sha256-chunks ", stdout);
	for (int i = 0; i < COW_DIGEST_LEN; i++)
		printf("%02x", id->digest[i]);
	putchar('\n');
}

int cmd_info(struct context *c)
{
	static struct look l;
	const struct cow_geometry *g = &l.header.geometry;
	char backing[4 * COW_PATH_MAX];
	int err;

	if (look_at(c, &l, c->argv[0]))
		return DISK_EXIT_FAILED;
	err = count_held(c, &l);
	if (err)
		return disk_tool_end(&c->tool, err, "cannot read the bitmap");
	text_visible(backing, sizeof(backing), l.header.backing, strlen(l.header.backing), "");
	printf("file: %s\nversion: %" PRIu32 "%s\nbacking file: %s\n", c->argv[0], g->version,
	       g->broken64      ? " (broken 64-bit header)"
	       : !g->big_endian ? " (little-endian)"
				: "",
	       backing);
	print_mtime(l.header.mtime);
	print_bytes("backing size", cow_backing_size(&l.header));
	print_identity(&l.header.identity);
	print_bytes("disk size", g->size);
	printf("sector size: %" PRIu32 "\nalignment: %" PRIu32 "\n", g->sector_size, g->align);
	printf("bitmap: %" PRIu64 " bytes at %" PRIu64 "\ndata: at %" PRIu64 "\n", g->bitmap_len,
	       g->bitmap_offset, g->data_offset);
	printf("sectors in the COW file: %" PRIu64 " of %" PRIu64 " (%.1f%%)\n", l.held, g->sectors,
	       100.0 * (double)l.held / (double)g->sectors);
	print_bytes("space used on the host", (uint64_t)l.st.st_blocks * 512);
	return disk_tool_end(&c->tool, 0, NULL);
}

/* Prints what is wrong with the file itself; returns how many things. */
static int check_file(struct look *l)
{
	const struct cow_geometry *g = &l->header.geometry;
	uint64_t size = (uint64_t)l->st.st_size;
	int found = 0;

	if (S_ISBLK(l->st.st_mode))
		size = (uint64_t)lseek(l->fd, 0, SEEK_END);
	if (size < g->file_end) {
		printf("length: %" PRIu64 " bytes where %" PRIu64 " are needed: the file was cut\n",
		       size, g->file_end);
		found++;
	}
	if (l->last && g->data_offset + (l->last - 1) * g->sector_size >= size) {
		printf("data: sectors up to %" PRIu64
		       " should be in the file but lie behind its end\n",
		       l->last - 1);
		found++;
	} else if (size < g->file_end) {
		printf("data: nothing that was written is missing (truncate -s %" PRIu64
		       " repairs the length)\n",
		       g->file_end);
	}
	if (l->stray) {
		printf("bitmap: %" PRIu64 " bits behind the last sector\n", l->stray);
		found++;
	}
	return found;
}

int cmd_check(struct context *c)
{
	static struct look l;
	int found, err;

	if (look_at(c, &l, c->argv[0]))
		return DISK_EXIT_DAMAGED;
	err = count_held(c, &l);
	if (err)
		return disk_tool_end(&c->tool, err, "cannot read the bitmap");
	found = check_file(&l);
	if (!found) {
		err = disk_tool_open(&c->tool, &c->disk, c->argv[0], c->opt.backing, DISK_READONLY);
		if (err && (err == -EWOULDBLOCK || err == -EINTR))
			return disk_tool_end(&c->tool, err, c->disk.error);
		if (err)
			printf("backing file: %s\n", c->disk.error);
		found += err != 0;
	}
	printf("%s: %s, %" PRIu64 " sectors in the COW file\n", c->argv[0],
	       found ? "damaged" : "sound", l.held);
	return disk_tool_end(&c->tool, 0, NULL) ? DISK_EXIT_FAILED
	       : found                          ? DISK_EXIT_DAMAGED
						: DISK_EXIT_OK;
}

struct run {
	uint64_t off, len;
	const char *where;
};

static void print_run(const struct run *r)
{
	if (r->len)
		printf("%" PRIu64 " %" PRIu64 " %s\n", r->off, r->len, r->where);
}

/* Joins runs that touch and lie in the same place. */
static void add_run(struct run *r, uint64_t off, uint64_t len, const char *where)
{
	if (r->len && r->where == where && r->off + r->len == off) {
		r->len += len;
		return;
	}
	print_run(r);
	*r = (struct run){off, len, where};
}

int cmd_map(struct context *c)
{
	static const char in_cow_text[] = "cow", in_backing_text[] = "backing",
			  zero_text[] = "zero";
	uint64_t off = 0, end, at, len = 0;
	struct cow_disk_config config;
	struct run run = {0};
	struct cow_disk cd;
	bool in_cow;
	int err = disk_tool_open(&c->tool, &c->disk, c->argv[0], c->opt.backing, DISK_READONLY);

	if (err)
		return disk_tool_end(&c->tool, err, c->disk.error);
	disk_config(&c->disk, &config);
	err = cow_disk_init(&cd, &config);
	if (err)
		return disk_tool_end(&c->tool, err, strerror(-err));
	for (end = cow_disk_size(&cd); !err && off < end; off += len) {
		at = off;
		err = disk_next_data(&c->disk, &cd, &off, end, &in_cow, &len);
		if (!err && off > at)
			add_run(&run, at, off - at, zero_text);
		if (!err && off < end)
			add_run(&run, off, len, in_cow ? in_cow_text : in_backing_text);
		if (!err)
			err = disk_tool_progress(&c->tool, "reading the bitmap", off, end);
		if (off >= end)
			break;
	}
	print_run(&run);
	cow_disk_exit(&cd);
	return disk_tool_end(&c->tool, err, "cannot read the map");
}
