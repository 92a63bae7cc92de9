// SPDX-License-Identifier: GPL-2.0
/* uml_mconsole: commands to running guests. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "client.h"
#include "disk_tool.h"
#include "log.h"
#include "mconsole_proto.h"

#define TIMEOUT_S 15 /* longer than the loader waits for its guest */

static const char usage[] =
	"usage: uml_mconsole [options]                     the running guests\n"
	"       uml_mconsole [options] GUEST               commands from the terminal or stdin\n"
	"       uml_mconsole [options] GUEST COMMAND...    one command\n"
	"\n"
	"GUEST is a guest's umid, or the path of its socket or run-time directory.\n"
	"\n"
	"  -d, --dir DIR        directory of guests (uml_dir=) instead of $UML_DIR or ~/.uml\n"
	"  -j, --json           answers and list as JSON\n"
	"  -r, --raw            answers alone, byte for byte, failures on stderr; no headline\n"
	"  -t, --timeout SEC    wait that long for a silent guest (15)\n"
	"  -h, --help           this text\n"
	"  -V, --version        name and version\n"
	"\n"
	"commands: version, help, halt, reboot, cad, config [DEV[=SETTING]], remove DEV,\n"
	"sysrq KEY, stop, go, log [TEXT], proc FILE, stack PID, config mem[=SIZE];\n"
	"of this program itself: list, switch GUEST, log -f FILE, quit\n"
	"\n"
	"examples:\n"
	"  uml_mconsole                                    who runs?\n"
	"  uml_mconsole web config ubd1=data.img           plug in a disk\n"
	"  uml_mconsole web remove ubd1\n"
	"  uml_mconsole -r web proc meminfo | grep MemFree\n"
	"  uml_mconsole web cad                            shut down, as Ctrl-Alt-Del does\n"
	"\n"
	"exit status: 0 done; 1 the guest refused or failed, with its reason; 2 wrong usage;\n"
	"3 no such guest, or it ended; 4 the guest did not answer\n";

static const struct option options[] = {
	{"dir", required_argument, NULL, 'd'},
	{"json", no_argument, NULL, 'j'},
	{"raw", no_argument, NULL, 'r'},
	{"timeout", required_argument, NULL, 't'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static int bad_usage(const char *what, const char *arg)
{
	log_err("%s%s%s%s; see uml_mconsole --help", what, *arg ? " '" : "", arg, *arg ? "'" : "");
	return CLIENT_USAGE;
}

static int parse_timeout(struct client *c, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || *text == '-' || n < 1 || n > 86400)
		return bad_usage("--timeout takes 1 to 86400 seconds, not", text);
	c->timeout_s = (unsigned int)n;
	return -1;
}

/* -1: go on; else the exit status. */
static int parse(struct client *c, const char **dir, int argc, char **argv)
{
	int opt, status = -1;

	/* '+': what follows GUEST is the command's. */
	while (status < 0 && (opt = getopt_long(argc, argv, "+:d:jrt:hV", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			*dir = optarg;
			break;
		case 'j':
			c->form = FORM_JSON;
			break;
		case 'r':
			c->form = FORM_RAW;
			break;
		case 't':
			status = parse_timeout(c, optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return CLIENT_OK;
		case 'V':
			disk_tool_version("uml_mconsole");
			return CLIENT_OK;
		case ':':
			return bad_usage("an argument is missing after", argv[optind - 1]);
		default:
			return bad_usage("unknown option", argv[optind - 1]);
		}
	}
	return status;
}

/* The words of the command as one line. An exit status. */
static int run_words(struct client *c, int n, char **words)
{
	char line[MCONSOLE_TEXT] = "";
	size_t len = 0;
	bool quit = false;
	int i;

	for (i = 0; i < n && len < sizeof(line); i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%s%s", i ? " " : "",
					words[i]);
	if (len >= sizeof(line))
		return bad_usage("the command is too long", "");
	return shell_line(c, line, &quit);
}

int main(int argc, char *argv[])
{
	static struct client c = {.timeout_s = TIMEOUT_S};
	char base[GUEST_PATH];
	const char *dir = NULL, *fault;
	int status;

	log_init("uml_mconsole");
	status = parse(&c, &dir, argc, argv);
	if (status >= 0)
		return status;
	if (guests_base(dir, base, &fault))
		return bad_usage("the directory's name is too long", "");
	if (fault && !(optind < argc && strchr(argv[optind], '/'))) {
		log_err("the directory '%s' %s; name another with --dir", base, fault);
		return CLIENT_NO_GUEST;
	}
	c.base = base;
	if (optind == argc)
		return client_list(&c);
	status = client_select(&c, argv[optind]);
	if (status)
		return status;
	if (optind + 1 == argc)
		return shell_run(&c);
	return run_words(&c, argc - optind - 1, argv + optind + 1);
}
