/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packed rig: one executable file that carries a rig with all it names, and the programs that run
 * it. `uml_rig pack` writes it (bundle_write.h), hostlib/packed is the program at its front. The
 * format, all integers little-endian (Documentation/pack-format.md):
 *
 *   members      bytes of one file each, as they are or as an xz stream, in the order of the
 *                directory; zeros may lie between them, nothing else does. The first is the front
 *                program, an ELF file, so that the whole can be run
 *   directory    struct bundle_entry and the name, for each member
 *   footer       struct bundle_footer, the last bytes of the file
 *
 * Every byte is covered: each member and the directory by a SHA-256, what lies between them by being
 * zero, the footer by being compared with what is there.
 */
#ifndef NESTLING_BUNDLE_H
#define NESTLING_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#define BUNDLE_MAGIC "NESTRIG1"
#define BUNDLE_DIGEST 32 /* bytes of a SHA-256 */
#define BUNDLE_MEMBERS_MAX 8192
#define BUNDLE_NAME_MAX 1023 /* bytes of a name, without the 0 */
#define BUNDLE_DIRECTORY_MAX (16U << 20) /* bytes */
#define BUNDLE_SIZE_MAX (1ULL << 40) /* bytes of a member, taken out */
#define BUNDLE_ALIGN 4096 /* members that are stored as they are begin at a multiple of it */
#define BUNDLE_WHY 2048 /* room for a sentence, with a name in it */

enum bundle_kind {
	BUNDLE_FRONT, /* the program at the front: first, and the only one */
	BUNDLE_PROGRAM, /* uml_rig: one */
	BUNDLE_LOADER, /* ld.so for it: one, or none if it is static */
	BUNDLE_LIBRARY, /* what it links, in the order in which symbols are looked for */
	BUNDLE_LINUX, /* the guest kernel: one */
	BUNDLE_RIG, /* the rig: one */
	BUNDLE_FILE, /* what it includes or copies */
	BUNDLE_IMAGE, /* root images */
	BUNDLE_RESULT, /* files of a run that came out as it should */
	BUNDLE_KINDS
};

enum bundle_packing {
	BUNDLE_PLAIN,
	BUNDLE_XZ,
	BUNDLE_PACKINGS
};

struct bundle_entry {
	uint64_t offset; /* in the file */
	uint64_t stored; /* bytes there */
	uint64_t size; /* bytes when taken out */
	uint8_t digest[BUNDLE_DIGEST]; /* SHA-256 of the stored bytes */
	uint32_t mode; /* permissions, at most 0777 */
	uint8_t kind, packing;
	uint16_t name_len; /* bytes of the name that follows */
} __attribute__((packed));
_Static_assert(sizeof(struct bundle_entry) == 64, "bundle_entry");

struct bundle_footer {
	char magic[8]; /* BUNDLE_MAGIC */
	uint64_t directory; /* offset of it */
	uint64_t length; /* bytes of it */
	uint64_t file_size; /* bytes of all */
	uint8_t digest[BUNDLE_DIGEST]; /* SHA-256 of the directory */
} __attribute__((packed));
_Static_assert(sizeof(struct bundle_footer) == 64, "bundle_footer");

/* A member that was checked: it lies in the file, behind the one before. */
struct bundle_member {
	const char *name; /* relative, without "..", ".", empty parts and control characters */
	uint64_t offset, stored, size;
	uint8_t digest[BUNDLE_DIGEST];
	uint32_t mode;
	enum bundle_kind kind;
	enum bundle_packing packing;
};

struct bundle {
	uint32_t count;
	struct bundle_member *member;
	char *names; /* what the members' names point into */
	const uint8_t *map; /* the whole file; NULL: only the directory was parsed */
	uint64_t len; /* bytes of it */
	uint64_t directory; /* where it begins */
};

/*
 * Reads a directory of len bytes; members lie below `limit` in the file. 0; -EBADMSG when it makes no
 * sense; -ENOMEM. To be freed with bundle_close() when it is 0.
 */
int bundle_parse(const void *directory, size_t len, uint64_t limit, struct bundle *out);

/* Whether a member may have this name. */
_Bool bundle_name_ok(const char *name, size_t len);

/*
 * Opens the packed rig in the file fd, which is not needed afterwards: footer and directory are
 * checked, members are not. 0; -ENODATA: it has no footer, so it is none or its end is missing;
 * -EBADMSG: it is damaged; or another -errno. Except for 0 there is a sentence in why, without the
 * name of the file, and nothing to close.
 */
int bundle_open(struct bundle *b, int fd, char why[static BUNDLE_WHY]);

/* Checks all members, and what lies between. 0, or -EBADMSG and a sentence that names what is damaged. */
int bundle_verify(const struct bundle *b, char why[static BUNDLE_WHY]);

/*
 * Writes a member, as it was before it was packed, to fd from where it stands; zeros are left out of
 * files where `holes`. 0; -EBADMSG: it cannot be unpacked; or -errno of the writing.
 */
int bundle_take(const struct bundle *b, const struct bundle_member *m, int fd, _Bool holes);

/*
 * The same into a memory file, which may be executed. A descriptor, close-on-exec and the caller's;
 * or -errno.
 */
int bundle_take_memory(const struct bundle *b, const struct bundle_member *m);

/* A member by its name, or the first one of a kind; NULL: there is none. */
const struct bundle_member *bundle_find(const struct bundle *b, const char *name);
const struct bundle_member *bundle_first(const struct bundle *b, enum bundle_kind kind);

/* A word for people: "program", "image", ... */
const char *bundle_kind_name(enum bundle_kind kind);

/* SHA-256 of len bytes. */
void bundle_digest(const void *data, size_t len, uint8_t out[static BUNDLE_DIGEST]);

void bundle_close(struct bundle *b);

/*
 * The name that a file has in a bundle by the path that a rig has for it: without "." and with ".."
 * taken back, in front of it "absolute" if the path is absolute. 0; -EINVAL: it leads out of the
 * folder that it starts in; -ENAMETOOLONG.
 */
int bundle_path(const char *path, char out[static BUNDLE_NAME_MAX + 1]);

#endif
