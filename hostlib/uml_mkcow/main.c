// SPDX-License-Identifier: GPL-2.0
/* uml_mkcow: makes a copy-on-write file over a backing file. */
#include <getopt.h>
#include <stdio.h>

#include "disk_tool.h"

static const char usage[] =
	"usage: uml_mkcow [options] COW BACKING\n"
	"\n"
	"Makes COW, an empty copy-on-write file over the image or block device BACKING.\n"
	"A guest that uses COW writes to it only; BACKING is never changed.\n"
	"\n"
	"  -f, --force      replace COW if it is a COW file that nobody uses\n"
	"  -n, --no-hash    do not record a hash of BACKING; the COW file is then refused\n"
	"                   when BACKING is copied or touched\n"
	"  -q, --quiet      no warnings, no progress\n"
	"  -h, --help       this text\n"
	"  -V, --version    name and version\n"
	"\n"
	"examples:\n"
	"  uml_mkcow root.cow root.img && linux ubd0=root.cow root=/dev/ubda\n"
	"  uml_mkcow -f root.cow root.img         start afresh\n"
	"\n"
	"exit status: 0 made; 1 failed, with the reason on stderr; 64 wrong usage;\n"
	"130 interrupted (nothing is left behind)\n";

static const struct option options[] = {
	{"force", no_argument, NULL, 'f'},   {"no-hash", no_argument, NULL, 'n'},
	{"quiet", no_argument, NULL, 'q'},   {"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0},
};

struct args {
	bool force;
	struct disk_spec spec;
};

/* -1: go on; else the exit status. */
static int parse(struct disk_tool *t, struct args *a, int argc, char **argv)
{
	int opt, status;

	while ((opt = getopt_long(argc, argv, ":fnqhV", options, NULL)) != -1) {
		switch (opt) {
		case 'f':
			a->force = true;
			break;
		case 'n':
			a->spec.flags |= DISK_NO_IDENTITY;
			break;
		default:
			status = disk_tool_option(t, opt, argv, usage);
			if (status >= 0)
				return status;
		}
	}
	if (argc - optind != 2)
		return disk_tool_usage(t, "two names are needed: COW BACKING");
	a->spec.path = argv[optind];
	a->spec.backing = argv[optind + 1];
	return -1;
}

int main(int argc, char **argv)
{
	struct disk_tool tool;
	struct args args = {.spec = {.progress = disk_tool_progress, .user = &tool}};
	static char error[DISK_MESSAGE_LEN];
	int status;

	disk_tool_begin(&tool, "uml_mkcow");
	status = parse(&tool, &args, argc, argv);
	if (status >= 0)
		return status;
	return disk_tool_end(&tool, disk_create_cow(&args.spec, args.force, error), error);
}
