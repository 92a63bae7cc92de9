// SPDX-License-Identifier: GPL-2.0
/*
 * A packed rig. The input is its directory: what is accepted lies in the file, one behind the other,
 * under names that lead nowhere else; a path of a rig, as a name; and a whole file, whose members are
 * taken out. Of the file's digests and lengths, which no mutation would hit, those are put right that
 * its first byte asks for.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include "bundle.h"
#include "input.h"

#define TAKEN_MAX (1U << 20) /* bytes of a member that is taken out here */

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum right { /* bits of the first byte */
	RIGHT_MEMBERS = 1, /* digests in the directory */
	RIGHT_DIRECTORY = 2, /* its own digest and place */
	RIGHT_MAGIC = 4,
	RIGHT_SIZE = 8
};

static void try_path(const unsigned char *data, size_t size)
{
	char *path = malloc(size + 1), name[BUNDLE_NAME_MAX + 1];

	memcpy(path, data, size);
	path[size] = 0;
	/* Control characters stay: the directory refuses them. */
	if (bundle_path(path, name) == 0 &&
	    (!*name || *name == '/' || strcmp(name, "..") == 0 || strncmp(name, "../", 3) == 0 ||
	     strstr(name, "/../") || strstr(name, "//")))
		abort();
	free(path);
}

static void check_members(const struct bundle *b, uint64_t limit)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < b->count; i++) {
		const struct bundle_member *m = &b->member[i];

		assert(m->offset >= end && m->stored <= limit - m->offset);
		assert(bundle_name_ok(m->name, strlen(m->name)) && bundle_find(b, m->name) == m);
		end = m->offset + m->stored;
	}
}

static void try_directory(const unsigned char *data, size_t size)
{
	const uint64_t limit = 1ULL << 20;
	struct bundle b;

	if (bundle_parse(data, size, limit, &b))
		return;
	check_members(&b, limit);
	bundle_close(&b);
}

/* --- a whole file ---------------------------------------------------------------------------- */

static void put_members_right(unsigned char *file, size_t directory, size_t end)
{
	struct bundle_entry e;
	size_t at = directory;

	while (end - at >= sizeof(e)) {
		memcpy(&e, file + at, sizeof(e));
		if (e.offset <= directory && e.stored <= directory - e.offset)
			bundle_digest(file + e.offset, e.stored, e.digest);
		memcpy(file + at, &e, sizeof(e));
		at += sizeof(e);
		at += e.name_len < end - at ? e.name_len : end - at;
	}
}

/* Members, up to `directory`, that, and the footer: behind the input, or its own last bytes. */
static unsigned char *make_file(struct input *in, size_t *size)
{
	struct bundle_footer f;
	uint8_t right = take8(in);
	size_t directory = take16(in), end = in->left;
	unsigned char *file = malloc(end + sizeof(f));

	directory = directory < end ? directory : end;
	memset(file, 0, end + sizeof(f));
	memcpy(file, in->at, end);
	if (right & RIGHT_MEMBERS)
		put_members_right(file, directory, end);
	take(in, &f, sizeof(f));
	if (right & RIGHT_DIRECTORY) {
		f.directory = directory;
		f.length = end - directory;
		bundle_digest(file + directory, end - directory, f.digest);
	}
	if (right & RIGHT_MAGIC)
		memcpy(f.magic, BUNDLE_MAGIC, sizeof(f.magic));
	*size = end + sizeof(f);
	if (right & RIGHT_SIZE)
		f.file_size = *size;
	memcpy(file + end, &f, sizeof(f));
	return file;
}

static void take_out(const struct bundle *b, const struct bundle_member *m)
{
	struct stat st;
	int fd;

	if (m->size > TAKEN_MAX)
		return;
	fd = bundle_take_memory(b, m);
	if (fd < 0)
		return;
	assert(fstat(fd, &st) == 0 && (uint64_t)st.st_size == m->size);
	assert((st.st_mode & 07777) == m->mode);
	close(fd);
}

static void open_file(int fd)
{
	char why[BUNDLE_WHY] = "";
	struct bundle b;

	if (bundle_open(&b, fd, why)) {
		assert(*why && !b.map && !b.member);
		return;
	}
	check_members(&b, b.directory);
	*why = 0;
	assert(bundle_verify(&b, why) == 0 || *why);
	for (uint32_t i = 0; i < b.count; i++)
		take_out(&b, &b.member[i]);
	bundle_close(&b);
}

static void try_file(struct input *in)
{
	size_t size;
	unsigned char *file = make_file(in, &size);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, file, size) == (ssize_t)size);
	open_file(fd);
	close(fd);
	free(file);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct input in = {data, size};
	uint64_t open = fds_open();

	try_path(data, size);
	try_directory(data, size);
	try_file(&in);
	assert(fds_open() == open);
	return 0;
}
