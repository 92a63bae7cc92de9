// SPDX-License-Identifier: GPL-2.0
/* uml_cow: everything about copy-on-write files. Dispatch and options. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "uml_cow.h"

static const struct command {
	const char *name;
	int (*run)(struct context *c);
	const char *takes; /* option letters */
	int min, max; /* names */
	const char *help;
} commands[] = {
	{"info", cmd_info, "", 1, 1,
	 "info COW\n        what the header says, and how much is used"},
	{"check", cmd_check, "b", 1, 1,
	 "check [-b FILE] COW\n        examine header, bitmap, length and backing file; changes "
	 "nothing"},
	{"create", cmd_create, "fn", 2, 2,
	 "create [-f] [-n] COW BACKING\n        make an empty COW file, as uml_mkcow does"},
	{"commit", cmd_commit, "bn", 1, 1,
	 "commit [-b FILE] [-n] COW\n        merge into the backing file and empty COW, as uml_moo "
	 "-d does"},
	{"rebase", cmd_rebase, "tkn", 1, 2,
	 "rebase [-t | -k] [-n] COW [BACKING]\n"
	 "        BACKING (or the same file at its place) is the backing file from now on;\n"
	 "        its content must be the same, or -t is given, or -k"},
	{"resize", cmd_resize, "bns", 2, 2,
	 "resize [-b FILE] [-s] COW SIZE\n"
	 "        SIZE in bytes or with K, M, G, T; +SIZE grows by; \"same\" only makes version 3\n"
	 "        out of an older one. The backing file stays as it is"},
	{"map", cmd_map, "b", 1, 1,
	 "map [-b FILE] COW\n        list which ranges of the disk lie where"},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct option long_options[] = {
	{"backing", required_argument, NULL, 'b'}, {"force", no_argument, NULL, 'f'},
	{"no-hash", no_argument, NULL, 'n'},       {"trust", no_argument, NULL, 't'},
	{"keep", no_argument, NULL, 'k'},          {"shrink", no_argument, NULL, 's'},
	{"quiet", no_argument, NULL, 'q'},         {"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},       {NULL, 0, NULL, 0},
};

static int print_help(void)
{
	fputs("usage: uml_cow COMMAND [options] COW ...\n\ncommands:\n", stdout);
	for (size_t i = 0; i < NCOMMANDS; i++)
		printf("  %s\n", commands[i].help);
	fputs("\noptions:\n"
	      "  -b, --backing FILE   the backing file, when it is not where COW says\n"
	      "  -f, --force          create: replace a COW file that nobody uses\n"
	      "  -k, --keep           rebase: content differs; copy what differs into COW first, "
	      "so\n"
	      "                       that the guest sees the same disk as before\n"
	      "  -n, --no-hash        do not record a hash of the backing file\n"
	      "  -s, --shrink         resize: a smaller SIZE is meant, what lies behind is lost\n"
	      "  -t, --trust          rebase: take the backing file as it is\n"
	      "  -q, --quiet          no warnings, no progress\n"
	      "  -h, --help           this text\n"
	      "  -V, --version        name and version\n"
	      "\nexamples:\n"
	      "  uml_cow info root.cow\n"
	      "  uml_cow rebase root.cow /srv/images/root.img      the image was moved\n"
	      "  uml_cow rebase --trust root.cow                   touched; made by an old tool\n"
	      "  uml_cow resize root.cow +2G                       then resize2fs in the guest\n"
	      "\nexit status: 0 done, nothing wrong; 1 failed, with the reason on stderr; 2 check "
	      "found\n"
	      "damage; 64 wrong usage; 130 interrupted (the files are valid, run it again)\n",
	      stdout);
	return DISK_EXIT_OK;
}

static void set_option(struct context *c, int letter)
{
	switch (letter) {
	case 'b':
		c->opt.backing = optarg;
		break;
	case 'f':
		c->opt.force = true;
		break;
	case 'n':
		c->opt.no_hash = true;
		break;
	case 't':
		c->opt.trust = true;
		break;
	case 'k':
		c->opt.keep = true;
		break;
	case 's':
		c->opt.shrink = true;
		break;
	default:
		c->tool.quiet = true;
		break;
	}
}

/* -1: go on; else the exit status. argv[0] is the command's name, if there is one. */
static int parse(struct context *c, const struct command *cmd, int argc, char **argv)
{
	int letter;

	while ((letter = getopt_long(argc, argv, ":b:fntksqhV", long_options, NULL)) != -1) {
		if (letter == '?' || letter == ':')
			return disk_tool_bad_option(&c->tool, letter, argv);
		if (letter == 'h')
			return print_help();
		if (letter == 'V') {
			disk_tool_version(c->tool.name);
			return DISK_EXIT_OK;
		}
		if (cmd && letter != 'q' && !strchr(cmd->takes, letter))
			return disk_tool_usage(&c->tool, "%s takes no -%c", cmd->name, letter);
		set_option(c, letter);
	}
	c->argc = argc - optind;
	c->argv = argv + optind;
	if (cmd && (c->argc < cmd->min || c->argc > cmd->max))
		return disk_tool_usage(&c->tool, "%s needs %s%d name%s", cmd->name,
				       c->argc < cmd->min && cmd->min < cmd->max ? "at least " : "",
				       c->argc < cmd->min ? cmd->min : cmd->max,
				       (c->argc < cmd->min ? cmd->min : cmd->max) > 1 ? "s" : "");
	return -1;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct context c = {.disk = {.fd = -1, .backing_fd = -1}};
	const struct command *cmd = NULL;
	int status;

	disk_tool_begin(&c.tool, "uml_cow");
	if (argc > 1 && argv[1][0] != '-') {
		cmd = find_command(argv[1]);
		if (!cmd)
			return disk_tool_usage(&c.tool, "%s is not a command", argv[1]);
		argc--;
		argv++;
	}
	status = parse(&c, cmd, argc, argv);
	if (status >= 0)
		return status;
	if (!cmd)
		return disk_tool_usage(&c.tool, "a command is needed");
	status = cmd->run(&c);
	disk_close(&c.disk);
	return status;
}
