/* SPDX-License-Identifier: GPL-2.0 */
/*
 * uml_rig inside a packed rig (bundle.h): files come from the pack and not from the host, and the rig
 * is the one in it.
 *
 * The front of the pack (hostlib/packed/start.c) says by the first word, --packed=PACK:MEMBER=FD,...,
 * which descriptors are what; so does a sweep to its runs, which find there what has been taken out.
 * Members are taken out into memory files when they are needed, each once; but images that are
 * stored as they are, which guests read where they lie.
 */
#ifndef NESTLING_UML_RIG_PACKED_H
#define NESTLING_UML_RIG_PACKED_H

#include <stddef.h>
#include "bundle.h"
#include "rig.h"

#define PACKED_WORD "--packed="

struct packed;

/* From the first word behind argv[0]. NULL: said. To be closed. */
struct packed *packed_open(const char *word);
void packed_close(struct packed *p);

/* The name of the rig, and where it and its files are. */
const char *packed_rig(const struct packed *p);
const struct rig_files *packed_files(struct packed *p);
/* The pack itself. */
const struct bundle *packed_bundle(const struct packed *p);

/* Where the file is, as far as that can be told. 0 or -errno, said. */
int packed_file(const struct packed *p, char *out, size_t len);

/* A path under which this program and those it starts find `linux`. 0 or -errno, said. */
int packed_linux(struct packed *p, char *out, size_t len);
/* Images of nodes get paths that programs find which we start. The rig must go before p. 0 or -errno, said. */
int packed_images(struct packed *p, struct rig *rig);

/*
 * The words that start this program once more, with what has been taken out: for execv() of
 * /proc/self/exe, with more words behind. They are p's, and end with a NULL. NULL: out of memory, said.
 */
const char *const *packed_words(struct packed *p, const char *program);

#endif
