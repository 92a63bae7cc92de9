// SPDX-License-Identifier: GPL-2.0
/* uml_tap: which command, with which options; see uml_tap.h. */
#include <netlink/netlink.h>
#include <signal.h>
#include <string.h>
#include "disk_tool.h"
#include "log.h"
#include "uml_tap.h"

#define ARGS_MAX 4

static const struct command {
	const char *name; /* one word or two */
	int (*run)(struct tap_ctx *ctx, char **args);
	bool changes; /* the host: one command at a time, from its look at the host on */
	unsigned int args;
	const char *options; /* those it takes, by blanks */
	const char *help;
} commands[] = {
	{"add", cmd_add, true, 1, "--user --group --bridge --address --dry-run --quiet",
	 "add NAME [--user U] [--group G] [--bridge BR] [--address A/P]\n"
	 "        make a tap that stays, for a user or a group (yourself if neither is named)"},
	{"del", cmd_del, true, 1, "--dry-run --quiet", "del NAME\n        delete a tap"},
	{"list", cmd_list, false, 0, "--json",
	 "list [--json]\n        taps, bridges, and NAT made here"},
	{"bridge add", cmd_bridge_add, true, 1, "--address --dry-run --quiet",
	 "bridge add NAME [--address A/P]\n        make a bridge"},
	{"bridge del", cmd_bridge_del, true, 1, "--dry-run --quiet",
	 "bridge del NAME\n        delete a bridge; its members stay, on their own"},
	{"nat add", cmd_nat_add, true, 1, "--out --dry-run --quiet",
	 "nat add NETWORK [--out IF]\n"
	 "        let a network out with the host's address, by IF only if it is named"},
	{"nat del", cmd_nat_del, true, 1, "--dry-run --quiet", "nat del NETWORK\n        end that"},
	{"undo", cmd_undo, true, 0, "--all --dry-run --quiet",
	 "undo [--all]\n        take back the last command, or all"},
};

static const struct option_word {
	const char *name;
	size_t text; /* offset of a const char * in struct options, or 0 */
	size_t flag; /* offset of a bool */
} option_words[] = {
	{"--user", offsetof(struct options, user), 0},
	{"--group", offsetof(struct options, group), 0},
	{"--bridge", offsetof(struct options, bridge), 0},
	{"--address", offsetof(struct options, address), 0},
	{"--out", offsetof(struct options, out), 0},
	{"--dry-run", 0, offsetof(struct options, dry_run)},
	{"--quiet", 0, offsetof(struct options, quiet)},
	{"--json", 0, offsetof(struct options, json)},
	{"--all", 0, offsetof(struct options, all)},
};

static void help(void)
{
	printf("usage: uml_tap COMMAND [--dry-run] [--quiet]\n"
	       "Makes taps, bridges and NAT that users' guests and switches may use. For an\n"
	       "administrator; what a command will do is shown first, as commands that you "
	       "know.\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("    %s\n", commands[i].help);
	printf("\n    --dry-run  only show what would be done (needs no privileges)\n"
	       "    --quiet    do not show it\n"
	       "    --help, --version\n");
}

/* The command of argv; how many words it took in *used. */
static const struct command *find_command(int argc, char **argv, int *used)
{
	char two[64] = "";

	if (argc > 2)
		snprintf(two, sizeof(two), "%s %s", argv[1], argv[2]);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		bool pair = strchr(commands[i].name, ' ') != NULL;

		if (!strcmp(commands[i].name, pair ? two : argv[1])) {
			*used = pair ? 3 : 2;
			return &commands[i];
		}
	}
	log_die(EXIT_USAGE, "there is no command '%s'; see uml_tap --help", *two ? two : argv[1]);
}

/* Takes argv[0], an option, and its value; how many words that were. */
static int take_option(struct options *o, const struct command *c, int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(option_words) / sizeof(option_words[0]); i++) {
		const struct option_word *w = &option_words[i];
		const char *at;

		if (strcmp(w->name, argv[0]))
			continue;
		at = strstr(c->options, w->name);
		if (!at)
			break;
		if (!w->text) {
			*(bool *)((char *)o + w->flag) = true;
			return 1;
		}
		if (argc < 2)
			log_die(EXIT_USAGE, "%s needs a value; see uml_tap --help", argv[0]);
		*(const char **)((char *)o + w->text) = argv[1];
		return 2;
	}
	log_die(EXIT_USAGE, "'%s' takes no option %s; see uml_tap --help", c->name, argv[0]);
}

/* The command line in one line, for the record. */
static const char *remember(int argc, char **argv)
{
	static char line[1024];
	size_t used = 0;

	for (int i = 1; i < argc && used < sizeof(line); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, used ? " %s" : "%s",
					 argv[i]);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = '?';
	return line;
}

/* What a plan is made of must not change before it is carried out. */
static void lock(void)
{
	int rc = record_lock();

	if (rc)
		log_die(EXIT_FAILED, "the record %s cannot be locked: %s%s", record_path(),
			strerror(-rc), sudo_cure(rc));
}

int main(int argc, char **argv)
{
	struct tap_ctx ctx = {0};
	const struct command *c;
	char *args[ARGS_MAX + 1] = {NULL};
	unsigned int n = 0;
	int i, status;

	log_init("uml_tap");
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help();
		return argc < 2 ? EXIT_USAGE : EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		disk_tool_version("uml_tap");
		return EXIT_OK;
	}
	c = find_command(argc, argv, &i);
	while (i < argc) {
		if (argv[i][0] == '-') {
			i += take_option(&ctx.opt, c, argc - i, argv + i);
			continue;
		}
		if (n < ARGS_MAX)
			args[n] = argv[i];
		n++;
		i++;
	}
	if (n != c->args)
		log_die(EXIT_USAGE, "usage: uml_tap %.*s", (int)strcspn(c->help, "\n"), c->help);
	ctx.command = remember(argc, argv);
	if (c->changes && !ctx.opt.dry_run)
		lock();
	/* Whoever reads the plan may go while it is carried out. */
	signal(SIGPIPE, SIG_IGN);
	ctx.sk = nl_socket_alloc();
	if (!ctx.sk || nl_connect(ctx.sk, NETLINK_ROUTE) < 0)
		log_die(EXIT_FAILED, "netlink does not answer");
	status = c->run(&ctx, args);
	nl_socket_free(ctx.sk);
	return status;
}
