// SPDX-License-Identifier: GPL-2.0
/* uml_rig: networks of guests from a text file. Dispatch and options. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "disk_tool.h"
#include "log.h"
#include "packed.h"
#include "uml_rig.h"

#define OPT_CHECK 0x100
#define OPT_DOT 0x101
#define OPT_SVG 0x102
#define OPT_JSON 0x103
#define OPT_MARKDOWN 0x104
#define OPT_SEQUENTIAL 0x105
#define OPT_TO_END 0x106
#define OPT_PARALLEL 0x107
#define OPT_STEPS 0x108
#define OPT_ONCE 0x109
#define OPT_SEED 0x10a
#define OPT_VARY 0x10b
#define OPT_KEEP 0x10c
#define OPT_STOP 0x10d
#define OPT_PATIENCE 0x10e
#define OPT_EML 0x10f
#define OPT_FROM 0x110
#define OPT_TO 0x111
#define OPT_SUBJECT 0x112
#define OPT_RESULTS 0x113
#define OPT_FAST 0x114
#define OPT_NESTED 0x115

static const struct command {
	const char *name;
	int (*run)(struct context *c);
	const int takes[12]; /* options, ends with 0 */
	int min, max; /* names */
	const char *help;
} commands[] = {
	{"check",
	 cmd_check,
	 {'D', 'q'},
	 1,
	 INT_MAX,
	 "check [-q] [-D NAME=VALUE] FILE...\n"
	 "        read rigs and tell all that is wrong in them"},
	{"fmt",
	 cmd_fmt,
	 {'w', OPT_CHECK},
	 1,
	 INT_MAX,
	 "fmt [-w | --check] FILE...\n"
	 "        print in canonical form; -w: change the files; --check: name those that differ"},
	{"graph",
	 cmd_graph,
	 {'D', 'o', OPT_DOT, OPT_SVG},
	 1,
	 1,
	 "graph [--svg | --dot] [-o OUTPUT] [-D NAME=VALUE] FILE\n"
	 "        a picture of the network"},
	{"dump",
	 cmd_dump,
	 {'D', 'o', OPT_JSON},
	 1,
	 1,
	 "dump [--json] [-o OUTPUT] [-D NAME=VALUE] FILE\n"
	 "        all that a rig says and implies, as JSON"},
	{"run",
	 cmd_run,
	 {'D', 'o', 'q', OPT_SEQUENTIAL, OPT_PARALLEL, OPT_TO_END, OPT_SEED, OPT_PATIENCE,
	  OPT_NESTED},
	 1,
	 1,
	 "run [-q] [-o FOLDER] [--to-end] [--parallel | --sequential] [--seed N]\n"
	 "      [--patience TIME] [--nested] [-D NAME=VALUE] FILE\n"
	 "        boot the network, take the steps, judge; results go to NAME.run\n"
	 "        --to-end: go on when all is decided; --parallel: on all CPUs; --sequential: one\n"
	 "        guest at a time (the same comes out); --nested: all of it inside one guest (so "
	 "it does)"},
	{"sweep",
	 cmd_sweep,
	 {'D', 'o', 'q', 'j', OPT_TO_END, OPT_SEED, OPT_VARY, OPT_KEEP, OPT_STOP},
	 1,
	 1,
	 "sweep [-q] [-o FOLDER] [-j N] [--stop] [--keep all|failed] [--to-end] [-D NAME=VALUE]\n"
	 "        [--vary NAME=VALUES]... [--seed VALUES] FILE\n"
	 "        run it with each combination of values, side by side; tables, plots and the "
	 "first\n"
	 "        run that fails go to NAME.sweep. VALUES: 1..50  0%..20%/5%  32M..512M/x2  a,b,c"},
	{"diff",
	 cmd_diff,
	 {0},
	 2,
	 2,
	 "diff RUN RUN\n"
	 "        the first difference of two folders of runs: time, node, frame; or line"},
	{"up",
	 cmd_up,
	 {'D', 'd', 'n', 'o', 'q', OPT_STEPS},
	 1,
	 1,
	 "up [-d] [-q] [-n NAME] [-o FOLDER] [--steps] [-D NAME=VALUE] FILE\n"
	 "        boot the network, in real time, and keep it up for those that follow\n"
	 "        -d: come back when it is up; --steps: take the rig's steps and samples, too"},
	{"console",
	 cmd_console,
	 {'n'},
	 1,
	 1,
	 "console [-n NAME] NODE\n"
	 "        the node's console in this terminal; Ctrl-] . leaves it"},
	{"exec",
	 cmd_exec,
	 {'n'},
	 2,
	 INT_MAX,
	 "exec [-n NAME] NODE COMMAND...\n"
	 "        run a command in a node; its output and exit status"},
	{"link",
	 cmd_link,
	 {'n'},
	 3,
	 INT_MAX,
	 "link [-n NAME] A B SETTING...\n"
	 "        change a link, or with A '->' B one way of it, as a step of a rig does"},
	{"step",
	 cmd_step,
	 {'n'},
	 1,
	 INT_MAX,
	 "step [-n NAME] ACTION...\n"
	 "        any step but run and stop: off, crash, on, reboot, pause, resume, copy, fetch"},
	{"capture",
	 cmd_capture,
	 {'n', 'o'},
	 1,
	 INT_MAX,
	 "capture [-n NAME] [-o OUTPUT] all | A [B] [filter=TEXT] [snap=SIZE]\n"
	 "        frames of links from now on, in pcapng, until Ctrl-C"},
	{"top",
	 cmd_top,
	 {'n', OPT_ONCE},
	 0,
	 0,
	 "top [-n NAME] [--once]\n"
	 "        nodes and links, again and again; once where there is no terminal"},
	{"down",
	 cmd_down,
	 {'n'},
	 0,
	 0,
	 "down [-n NAME]\n"
	 "        end the network that is up; nodes with a cow= of their own end in order"},
	{"pack",
	 cmd_pack,
	 {'D', 'o', 'q', OPT_EML, OPT_FROM, OPT_TO, OPT_SUBJECT, OPT_RESULTS, OPT_FAST},
	 1,
	 1,
	 "pack [-q] [--fast] [-D NAME=VALUE] [--results FOLDER] [--eml [--from ADDRESS] [--to "
	 "ADDRESS]\n"
	 "       [--subject TEXT]] -o OUTPUT FILE\n"
	 "        one executable file of the rig, all that it names, and what runs it; --eml: as "
	 "a\n"
	 "        mail; --results: files of a run go along"},
	{"unpack",
	 cmd_unpack,
	 {'o'},
	 1,
	 1,
	 "unpack -o OUTPUT MAIL\n"
	 "        take a packed rig out of a mail"},
	{"help",
	 cmd_help,
	 {OPT_MARKDOWN},
	 0,
	 1,
	 "help [--markdown] [STATEMENT]\n"
	 "        the statements of the language, or one of them with an example"},
};

/* What names a command takes, where it is not files. */
static const struct names {
	const char *command, *what;
	bool literal; /* what looks like an option behind the first name is none of ours */
} names[] = {
	{"diff", "needs two folders of runs", false},
	{"console", "needs the name of a node, and no more", false},
	{"exec", "needs a node and a command", true},
	{"link", "needs two ends and a setting like delay=50ms or down", true},
	{"step", "needs what to do, like 'crash NODE'", true},
	{"capture", "needs 'all', or what to capture", false},
	{"top", "takes no name but -n", false},
	{"down", "takes no name but -n", false},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct option long_options[] = {
	{"define", required_argument, NULL, 'D'},
	{"quiet", no_argument, NULL, 'q'},
	{"write", no_argument, NULL, 'w'},
	{"output", required_argument, NULL, 'o'},
	{"check", no_argument, NULL, OPT_CHECK},
	{"dot", no_argument, NULL, OPT_DOT},
	{"svg", no_argument, NULL, OPT_SVG},
	{"json", no_argument, NULL, OPT_JSON},
	{"markdown", no_argument, NULL, OPT_MARKDOWN},
	{"sequential", no_argument, NULL, OPT_SEQUENTIAL},
	{"to-end", no_argument, NULL, OPT_TO_END},
	{"parallel", no_argument, NULL, OPT_PARALLEL},
	{"detach", no_argument, NULL, 'd'},
	{"name", required_argument, NULL, 'n'},
	{"steps", no_argument, NULL, OPT_STEPS},
	{"once", no_argument, NULL, OPT_ONCE},
	{"seed", required_argument, NULL, OPT_SEED},
	{"nested", no_argument, NULL, OPT_NESTED},
	{"patience", required_argument, NULL, OPT_PATIENCE},
	{"vary", required_argument, NULL, OPT_VARY},
	{"jobs", required_argument, NULL, 'j'},
	{"keep", required_argument, NULL, OPT_KEEP},
	{"stop", no_argument, NULL, OPT_STOP},
	{"fast", no_argument, NULL, OPT_FAST},
	{"eml", no_argument, NULL, OPT_EML},
	{"from", required_argument, NULL, OPT_FROM},
	{"to", required_argument, NULL, OPT_TO},
	{"subject", required_argument, NULL, OPT_SUBJECT},
	{"results", required_argument, NULL, OPT_RESULTS},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

/* "what problem", in one line. */
static int usage(const char *what, const char *problem)
{
	log_err("%s %s; see uml_rig --help", what, problem);
	return EXIT_USAGE;
}

/* What getopt_long() answered '?' or ':' to: letters stand together in an argument. */
static int bad_option(int answer, char **argv)
{
	char letter[] = {'-', (char)optopt, 0};

	if (answer == ':')
		return usage(argv[optind - 1], "needs a value");
	return usage(optopt && optopt < OPT_CHECK ? letter : argv[optind - 1], "is not an option");
}

/* An option of another command's. */
static int not_taken(const struct command *cmd, int letter)
{
	const struct option *o = long_options;

	while (o->val != letter)
		o++;
	log_err("%s does not take --%s; see uml_rig --help", cmd->name, o->name);
	return EXIT_USAGE;
}

static int print_help(void)
{
	fputs("usage: uml_rig COMMAND [options] FILE\n\ncommands:\n", stdout);
	for (size_t i = 0; i < NCOMMANDS; i++)
		printf("  %s\n", commands[i].help);
	fputs("\nFILE may be - for standard input.\n"
	      "\noptions:\n"
	      "  -D, --define NAME=VALUE   another value for a variable that the rig sets\n"
	      "  -o, --output FILE         where to write, instead of standard output; run, sweep: "
	      "the\n"
	      "                            folder\n"
	      "  -q, --quiet               check: say nothing when all is well; run, sweep: no "
	      "progress\n"
	      "  -w, --write               fmt: change the files\n"
	      "  -d, --detach              up: come back when the network is up\n"
	      "  -n, --name NAME           of a network that is up; without it, the rig's, or the "
	      "only one\n"
	      "      --steps               up: take the rig's steps and samples, too\n"
	      "      --once                top: one look\n"
	      "      --to-end              run: go on when all is decided\n"
	      "      --sequential          run: one guest at a time; the same comes out\n"
	      "      --nested              run: inside one guest that sees this host's files; the "
	      "same comes\n"
	      "                            out\n"
	      "      --patience TIME       run: real time without a word after which a guest "
	      "hangs; "
	      "1m\n"
	      "      --seed N              run: another seed; sweep: the seeds, as VALUES\n"
	      "      --vary NAME=VALUES    sweep: the values of a variable that the rig sets; "
	      "several\n"
	      "                            --vary: each with each\n"
	      "  -j, --jobs N              sweep: runs at once; without it, as many as there are "
	      "CPUs\n"
	      "      --stop                sweep: end at the first run that fails\n"
	      "      --keep all|failed     sweep: which folders of runs stay; all, if not said\n"
	      "      --fast                pack: quicker, and larger\n"
	      "      --eml                 pack: as a mail; --from, --to, --subject: its header\n"
	      "      --results FOLDER      pack: results of this run go along, to be compared "
	      "with\n"
	      "  -h, --help                this text\n"
	      "  -V, --version             name and version\n"
	      "\nexamples:\n"
	      "  uml_rig check two-hosts.rig\n"
	      "  uml_rig check -D loss=5% two-hosts.rig\n"
	      "  uml_rig graph -o net.svg router-nat.rig\n"
	      "  uml_rig run two-hosts.rig\n"
	      "  uml_rig up -d two-hosts.rig; uml_rig exec alice ping -c 3 10.0.0.2; uml_rig down\n"
	      "  uml_rig sweep --vary loss=0%..20%/5% two-hosts.rig\n"
	      "  uml_rig sweep --stop --seed 1..100 two-hosts.rig\n"
	      "  uml_rig pack -o two-hosts two-hosts.rig; ./two-hosts run\n"
	      "  uml_rig help link\n"
	      "\nexit status: 0 fine; 1 errors in a rig, or fmt --check found a file that "
	      "differs,\nor the output cannot be written, or a run did not come out as expected; 2 "
	      "wrong\nusage; 3 a file cannot be read; 4 a run could not begin, or its results not "
	      "be\nwritten; 130 a run was interrupted;\nexec: that of the command; 125 what was "
	      "asked of a "
	      "network could not be done\n",
	      stdout);
	return EXIT_FINE;
}

static int add_define(struct context *c, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return usage(text, "is not NAME=VALUE, which -D takes");
	if (c->defines == DEFINES_MAX)
		return usage(text, "is one -D too many");
	*equals = 0;
	c->define[c->defines++] = (struct rig_define){text, equals + 1};
	return -1;
}

static int add_vary(struct context *c, const char *text)
{
	if (c->varies == VARIES_MAX)
		return usage(text, "is one --vary too many");
	c->vary[c->varies++] = text;
	return -1;
}

static int set_keep(struct context *c, const char *what)
{
	c->keep_failed = strcmp(what, "failed") == 0;
	if (c->keep_failed || strcmp(what, "all") == 0)
		return -1;
	return usage(what, "is not what --keep takes: all or failed");
}

/* Options that are only noted: that they were said, or their value. */
static const struct {
	int letter;
	size_t said, value; /* where in struct context; one of them, the other is 0 */
} notes[] = {
	{'q', offsetof(struct context, quiet), 0},
	{'w', offsetof(struct context, write), 0},
	{'o', 0, offsetof(struct context, output)},
	{'j', 0, offsetof(struct context, jobs)},
	{OPT_CHECK, offsetof(struct context, check), 0},
	{OPT_DOT, offsetof(struct context, dot), 0},
	{OPT_SVG, offsetof(struct context, svg), 0},
	{OPT_SEQUENTIAL, offsetof(struct context, sequential), 0},
	{OPT_PARALLEL, offsetof(struct context, parallel), 0},
	{OPT_TO_END, offsetof(struct context, to_end), 0},
	{OPT_SEED, 0, offsetof(struct context, seed)},
	{OPT_PATIENCE, 0, offsetof(struct context, patience)},
	{OPT_NESTED, offsetof(struct context, nested), 0},
	{OPT_STOP, offsetof(struct context, stop), 0},
	{OPT_FAST, offsetof(struct context, fast), 0},
	{OPT_EML, offsetof(struct context, eml), 0},
	{OPT_FROM, 0, offsetof(struct context, from)},
	{OPT_TO, 0, offsetof(struct context, to)},
	{OPT_SUBJECT, 0, offsetof(struct context, subject)},
	{OPT_RESULTS, 0, offsetof(struct context, results)},
	{'d', offsetof(struct context, detach), 0},
	{'n', 0, offsetof(struct context, name)},
	{OPT_STEPS, offsetof(struct context, steps), 0},
	{OPT_ONCE, offsetof(struct context, once), 0},
	{OPT_MARKDOWN, offsetof(struct context, markdown), 0},
};

/* -1: go on; else the exit status. What is not here and not noted has no effect, like --json. */
static int set_option(struct context *c, int letter)
{
	size_t i;

	if (letter == 'D')
		return add_define(c, optarg);
	if (letter == OPT_VARY)
		return add_vary(c, optarg);
	if (letter == OPT_KEEP)
		return set_keep(c, optarg);
	for (i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
		if (notes[i].letter != letter)
			continue;
		if (notes[i].value)
			*(const char **)((char *)c + notes[i].value) = optarg;
		else
			*((bool *)c + notes[i].said) = true;
	}
	return -1;
}

static bool takes(const struct command *cmd, int letter)
{
	for (int i = 0; cmd->takes[i]; i++)
		if (cmd->takes[i] == letter)
			return true;
	return false;
}

static const struct names *names_of(const struct command *cmd)
{
	for (size_t i = 0; cmd && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].command, cmd->name) == 0)
			return &names[i];
	return NULL;
}

/* Whether what the command takes is a rig: inside a packed one it is that one. */
static bool takes_rig(const struct command *cmd)
{
	return cmd->min == 1 && !names_of(cmd) && cmd->run != cmd_unpack;
}

/* The name of the rig that we are in. -1: go on; else the exit status. */
static int packed_name(struct context *c)
{
	static char *name[2];

	if (c->argc)
		return usage(c->argv[0], "is too much: the rig is in this file");
	name[0] = (char *)packed_rig(c->packed);
	c->argv = name;
	c->argc = 1;
	return -1;
}

/* -1: go on; else the exit status. argv[0] is the command's name, if there is one. */
static int parse(struct context *c, const struct command *cmd, int argc, char **argv)
{
	const struct names *n = names_of(cmd);
	const char *letters = n && n->literal ? "+:D:n:o:j:dqwhV" : ":D:n:o:j:dqwhV";
	int letter, status;

	while ((letter = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		if (letter == '?' || letter == ':')
			return bad_option(letter, argv);
		if (letter == 'h')
			return print_help();
		if (letter == 'V') {
			disk_tool_version("uml_rig");
			return EXIT_FINE;
		}
		if (cmd && !takes(cmd, letter))
			return not_taken(cmd, letter);
		status = set_option(c, letter);
		if (status >= 0)
			return status;
	}
	c->argc = argc - optind;
	c->argv = argv + optind;
	if (cmd && c->packed && takes_rig(cmd))
		return packed_name(c);
	if (cmd && (c->argc < cmd->min || c->argc > cmd->max))
		return usage(cmd->name, n                    ? n->what
					: c->argc < cmd->min ? "needs the name of a file"
							     : "takes one name");
	return -1;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* What was printed must have arrived. An error behind which more was printed has no reason any more. */
static int end(int status)
{
	int err = fflush(stdout) == 0 ? 0 : errno;

	if (!err && ferror(stdout))
		err = EIO;
	if (status != EXIT_FINE || !err)
		return status;
	log_err("standard output cannot be written: %s", strerror(err));
	return EXIT_ERRORS;
}

int main(int argc, char **argv)
{
	static struct context c;
	static char buffer[65536]; /* a help text fits */
	const struct command *cmd = NULL;
	int status;

	log_init("uml_rig");
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	c.program = argv[0];
	if (argc > 1 && strncmp(argv[1], PACKED_WORD, strlen(PACKED_WORD)) == 0) {
		c.packed = packed_open(argv[1]);
		if (!c.packed)
			return EXIT_UNREADABLE;
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	if (argc > 1 && argv[1][0] != '-') {
		cmd = find_command(argv[1]);
		if (!cmd)
			return usage(argv[1], "is not a command");
		argc--;
		argv++;
	}
	status = parse(&c, cmd, argc, argv);
	if (status >= 0)
		return end(status);
	if (!cmd)
		return usage("a command", "is needed");
	status = cmd->run(&c);
	if (c.packed)
		packed_close(c.packed);
	return end(status);
}
