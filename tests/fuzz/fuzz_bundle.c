// SPDX-License-Identifier: GPL-2.0
/*
 * The directory of a packed rig: what is accepted lies in the file, one behind the other, under names
 * that lead nowhere else. The input is a directory; and, as a path of a rig, a name.
 */
#include <stdlib.h>
#include <string.h>
#include "bundle.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

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

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const uint64_t limit = 1ULL << 20;
	uint64_t end = 0;
	struct bundle b;

	try_path(data, size);
	if (bundle_parse(data, size, limit, &b))
		return 0;
	for (uint32_t i = 0; i < b.count; i++) {
		const struct bundle_member *m = &b.member[i];

		if (m->offset < end || m->stored > limit - m->offset ||
		    !bundle_name_ok(m->name, strlen(m->name)) || bundle_find(&b, m->name) != m)
			abort();
		end = m->offset + m->stored;
	}
	bundle_close(&b);
	return 0;
}
