// SPDX-License-Identifier: GPL-2.0
/* uml_moo: merges a copy-on-write file with its backing file. */
#include <getopt.h>
#include <stdio.h>

#include "disk_merge.h"
#include "disk_tool.h"

static const char usage[] =
	"usage: uml_moo [options] COW NEW\n"
	"       uml_moo [options] -d COW\n"
	"\n"
	"Merges the copy-on-write file COW with its backing file: into a NEW sparse image,\n"
	"or with -d into the backing file itself, after which COW is empty and still\n"
	"valid (other COW files over that backing file are not).\n"
	"\n"
	"  -b, --backing FILE   the backing file, when it is not where COW says\n"
	"  -d, --destructive    merge in place\n"
	"  -f, --force          replace NEW if it exists\n"
	"  -n, --no-hash        with -d: record no hash of the merged backing file\n"
	"  -q, --quiet          no warnings, no progress\n"
	"  -h, --help           this text\n"
	"  -V, --version        name and version\n"
	"\n"
	"examples:\n"
	"  uml_moo root.cow merged.img            root.cow and its backing file stay as they are\n"
	"  uml_moo -b /new/place/root.img -d root.cow\n"
	"\n"
	"exit status: 0 merged; 1 failed, with the reason on stderr; 64 wrong usage;\n"
	"130 interrupted (NEW is not there; with -d both files are valid, run it again)\n";

static const struct option options[] = {
	{"backing", required_argument, NULL, 'b'}, {"destructive", no_argument, NULL, 'd'},
	{"force", no_argument, NULL, 'f'},         {"no-hash", no_argument, NULL, 'n'},
	{"quiet", no_argument, NULL, 'q'},         {"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},       {NULL, 0, NULL, 0},
};

struct args {
	const char *cow, *backing, *out;
	bool in_place, force, no_identity;
};

static int check_names(struct disk_tool *t, struct args *a, int n, char **names)
{
	if (a->in_place && n != 1)
		return disk_tool_usage(t, "with -d one name is needed: COW");
	if (!a->in_place && n != 2)
		return disk_tool_usage(t, "two names are needed: COW NEW (or -d COW)");
	a->cow = names[0];
	a->out = a->in_place ? NULL : names[1];
	return -1;
}

/* -1: go on; else the exit status. */
static int parse(struct disk_tool *t, struct args *a, int argc, char **argv)
{
	int opt, status;

	while ((opt = getopt_long(argc, argv, ":b:dfnqhV", options, NULL)) != -1) {
		switch (opt) {
		case 'b':
			a->backing = optarg;
			break;
		case 'd':
			a->in_place = true;
			break;
		case 'f':
			a->force = true;
			break;
		case 'n':
			a->no_identity = true;
			break;
		default:
			status = disk_tool_option(t, opt, argv, usage);
			if (status >= 0)
				return status;
		}
	}
	return check_names(t, a, argc - optind, argv + optind);
}

int main(int argc, char **argv)
{
	static struct disk disk;
	struct disk_tool tool;
	struct args args = {0};
	struct disk_work work = {.disk = &disk, .progress = disk_tool_progress, .user = &tool};
	int err, status;

	disk_tool_begin(&tool, "uml_moo");
	status = parse(&tool, &args, argc, argv);
	if (status >= 0)
		return status;
	work.path = args.cow;
	work.no_identity = args.no_identity;
	err = disk_tool_open(&tool, &disk, args.cow, args.backing,
			     args.in_place ? 0 : DISK_READONLY);
	if (!err)
		err = args.in_place ? disk_merge_backing(&work)
				    : disk_merge_new(&work, args.out, args.force);
	disk_close(&disk);
	return disk_tool_end(&tool, err, disk.error);
}
