// SPDX-License-Identifier: GPL-2.0
/* `uml_switch ctl`: one command to a switch that runs. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "answer.h"
#include "log.h"
#include "uml_switch.h"

#define EX_USAGE 2
#define EX_NO_SWITCH 3

static const char usage[] =
	"usage: uml_switch ctl [-unix PATH | -ctl PATH] COMMAND...\n"
	"\n"
	"PATH is what the switch was started with (" DEFAULT_SOCKET "). Commands:\n\n";

static const char usage_end[] =
	"\nexit status: 0 done; 1 refused, with the reason; 2 wrong usage; 3 no such switch\n";

static int connect_to(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		log_err("'%s' is too long for a socket's name", path);
		return -1;
	}
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		log_err("no switch answers at '%s': %s; is it running, and is the path what its "
			"-unix was?",
			path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* The words as one line; those with blanks in quotes. */
static bool send_line(FILE *to, int n, char **word)
{
	int i;

	for (i = 0; i < n; i++) {
		bool quote = !*word[i] || strpbrk(word[i], " \t");

		if (strpbrk(word[i], "\"\n")) {
			log_err("a command has no quotes or line ends: '%s'", word[i]);
			return false;
		}
		fprintf(to, "%s%s%s%s", i ? " " : "", quote ? "\"" : "", word[i],
			quote ? "\"" : "");
	}
	fputc('\n', to);
	return fflush(to) == 0;
}

/* An exit status. */
static int command(FILE *f, int n, char **word)
{
	int rc;

	if (!send_line(f, n, word))
		return EX_USAGE;
	rc = answer_show(f, stdout);
	if (rc >= 0)
		return rc;
	log_err("the switch ended without an answer");
	return EX_NO_SWITCH;
}

/* Whether a word is the option, with one dash or two. */
static bool is_option(const char *word, const char *option)
{
	return *word == '-' && !strcmp(word + (word[1] == '-' ? 2 : 1), option);
}

/* The path that the options name: how many arguments they take, -1: told what is wrong. */
static int parse_path(int argc, char **argv, char *path, size_t len)
{
	bool is_ctl;

	snprintf(path, len, "%s%s", DEFAULT_SOCKET, CTL_SUFFIX);
	if (argc < 2 || *argv[1] != '-' || is_option(argv[1], "h") || is_option(argv[1], "help"))
		return 0;
	is_ctl = is_option(argv[1], "ctl");
	if (!is_ctl && !is_option(argv[1], "unix")) {
		log_err("%s is not an option; see uml_switch ctl --help", argv[1]);
		return -1;
	}
	if (argc < 3) {
		log_err("%s needs the path of a socket; see uml_switch ctl --help", argv[1]);
		return -1;
	}
	snprintf(path, len, "%s%s", argv[2], is_ctl ? "" : CTL_SUFFIX);
	return 2;
}

int client_main(int argc, char **argv)
{
	char path[PATH_MAX];
	int i = 1 + parse_path(argc, argv, path, sizeof(path)), fd, status;
	FILE *f;

	if (i < 1)
		return EX_USAGE;
	if (i < argc && (is_option(argv[i], "h") || is_option(argv[i], "help"))) {
		fputs(usage, stdout);
		ctl_help(stdout);
		fputs(usage_end, stdout);
		return 0;
	}
	if (i >= argc) {
		log_err("no command; see uml_switch ctl --help");
		return EX_USAGE;
	}
	fd = connect_to(path);
	f = fd < 0 ? NULL : fdopen(fd, "r+");
	if (!f)
		return EX_NO_SWITCH;
	status = command(f, argc - i, argv + i);
	fclose(f);
	return status;
}
