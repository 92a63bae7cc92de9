// SPDX-License-Identifier: GPL-2.0
/* uml_cow: the commands that change something. The work is in hostlib/lib. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "uml_cow.h"

static struct disk_work work_of(struct context *c)
{
	return (struct disk_work){
		.disk = &c->disk,
		.path = c->argv[0],
		.progress = disk_tool_progress,
		.user = &c->tool,
		.no_identity = c->opt.no_hash,
	};
}

int cmd_create(struct context *c)
{
	struct disk_spec spec = {
		.path = c->argv[0],
		.backing = c->argv[1],
		.flags = c->opt.no_hash ? DISK_NO_IDENTITY : 0,
		.progress = disk_tool_progress,
		.user = &c->tool,
	};
	int err = disk_create_cow(&spec, c->opt.force, c->disk.error);

	return disk_tool_end(&c->tool, err, c->disk.error);
}

int cmd_commit(struct context *c)
{
	struct disk_work work = work_of(c);
	int err = disk_tool_open(&c->tool, &c->disk, c->argv[0], c->opt.backing, 0);

	if (!err)
		err = disk_merge_backing(&work);
	return disk_tool_end(&c->tool, err, c->disk.error);
}

int cmd_rebase(struct context *c)
{
	struct disk_work work = work_of(c);
	const char *backing = c->argc > 1 ? c->argv[1] : NULL;
	bool quiet = c->tool.quiet;
	int err;

	if (c->opt.keep && (!backing || c->opt.trust))
		return disk_tool_usage(&c->tool,
				       "rebase --keep needs BACKING, and excludes --trust");
	/* "Made over another file" is what rebase is about: no news. */
	c->tool.quiet = true;
	err = disk_tool_open(&c->tool, &c->disk, c->argv[0], c->opt.keep ? NULL : backing,
			     c->opt.trust ? DISK_TRUST : 0);
	c->tool.quiet = quiet;
	if (!err)
		err = c->opt.keep ? disk_rebase_keep(&work, backing) : disk_rebase(&work);
	return disk_tool_end(&c->tool, err, c->disk.error);
}

/* "10G", "+512M", "same" given the size now. 0 or -EINVAL. */
static int parse_size(const char *text, uint64_t now, uint64_t *out)
{
	static const char units[] = "KMGTP";
	bool add = text[0] == '+';
	const char *unit;
	uint64_t v;
	char *end;

	*out = now;
	if (!strcmp(text, "same"))
		return 0;
	text += add;
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end & ~0x20) : NULL;
	if (errno || (*end && (!unit || end[1])))
		return -EINVAL;
	for (long i = unit ? unit - units + 1 : 0; i; i--) {
		if (v > COW_SIZE_MAX >> 10)
			return -EINVAL;
		v <<= 10;
	}
	if (v > COW_SIZE_MAX)
		return -EINVAL;
	*out = add ? now + v : v;
	return *out && *out % 512 == 0 ? 0 : -EINVAL;
}

int cmd_resize(struct context *c)
{
	struct disk_work work = work_of(c);
	uint64_t size;
	int err = disk_tool_open(&c->tool, &c->disk, c->argv[0], c->opt.backing, 0);

	if (err)
		return disk_tool_end(&c->tool, err, c->disk.error);
	if (parse_size(c->argv[1], c->disk.header.geometry.size, &size))
		return disk_tool_usage(
			&c->tool, "size %s is not a multiple of 512 bytes, or not like 4G, +512M",
			c->argv[1]);
	err = disk_resize(&work, size, c->opt.shrink);
	return disk_tool_end(&c->tool, err, c->disk.error);
}
