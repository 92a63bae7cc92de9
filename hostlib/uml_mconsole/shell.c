// SPDX-License-Identifier: GPL-2.0
/*
 * Commands from a terminal, with history and completion by libedit, or from a file.
 * Some are served here: what concerns this program, and the names of files, which are
 * meant as seen from here and not from where the guest was started.
 */
#include <ctype.h>
#include <editline/readline.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "client.h"
#include "log.h"
#include "mconsole_proto.h"

#define HISTORY_LINES 500

struct local {
	const char *name, *argument, *help;
	int (*run)(struct client *c, const char *rest, bool *quit);
};

static int run_quit(struct client *c, const char *rest, bool *quit)
{
	*quit = true;
	return CLIENT_OK;
}

static int run_switch(struct client *c, const char *rest, bool *quit)
{
	if (!*rest) {
		log_err("usage: switch UMID");
		return CLIENT_USAGE;
	}
	return client_select(c, rest);
}

static int run_list(struct client *c, const char *rest, bool *quit)
{
	return client_list(c);
}

static int run_help(struct client *c, const char *rest, bool *quit);

static const struct local locals[] = {
	{"help", "", "the guest's commands and these", run_help},
	{"list", "", "the running guests", run_list},
	{"switch", "UMID", "talk to another guest", run_switch},
	{"quit", "", "end this program; the guest goes on", run_quit},
	{"exit", "", "the same", run_quit},
};

#define NLOCALS (sizeof(locals) / sizeof(locals[0]))

static int run_help(struct client *c, const char *rest, bool *quit)
{
	int status = client_run(c, "help");

	if (c->form != FORM_PLAIN)
		return status;
	puts("Commands of uml_mconsole itself:");
	for (size_t i = 1; i < NLOCALS; i++)
		printf("    %s%s%s - %s\n", locals[i].name, *locals[i].argument ? " " : "",
		       locals[i].argument, locals[i].help);
	puts("    log -f FILE - write the lines of FILE to the guest's kernel log");
	return status;
}

/* "log -f FILE": each line of the file as a log command. */
static int log_file(struct client *c, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, command[MCONSOLE_TEXT];
	int status = CLIENT_OK;
	size_t size = 0;

	if (!f) {
		log_err("opening '%s' failed: %s", path, strerror(errno));
		return CLIENT_FAILED;
	}
	while (status == CLIENT_OK && getline(&line, &size, f) >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		for (size_t done = 0; status == CLIENT_OK && line[done];) {
			snprintf(command, sizeof(command), "log %s", line + done);
			done += strlen(command) - 4;
			status = client_run(c, command);
		}
	}
	free(line);
	fclose(f);
	return status;
}

/* Adds a file name to out, absolute. false: no room. */
static bool add_path(char *out, size_t size, const char *name, size_t len)
{
	size_t have = strlen(out);
	char cwd[GUEST_PATH];
	int n;

	if (!len || *name == '/' || !getcwd(cwd, sizeof(cwd)))
		cwd[0] = '\0';
	n = snprintf(out + have, size - have, "%s%s%.*s", cwd, *cwd ? "/" : "", (int)len, name);
	return n >= 0 && (size_t)n < size - have;
}

/*
 * "config ubd1=cow,root": the first two names are files. Others, and what does not fit,
 * are left to the guest as they are.
 */
static const char *with_paths(const char *line, char *out, size_t size)
{
	const char *rest, *p;
	size_t len = mconsole_first_word(line, &rest);

	p = strchr(rest, '=');
	if (len != 6 || memcmp(line, "config", 6) != 0 || strncmp(rest, "ubd", 3) != 0 || !p)
		return line;
	snprintf(out, size, "%.*s", (int)(p + 1 - line), line);
	p++;
	for (int part = 0; part < 2; part++) {
		len = strcspn(p, ",:");
		if (!add_path(out, size, p, len))
			return line;
		p += len;
		if (!*p)
			return out;
		if (strlen(out) + 2 > size)
			return line;
		strncat(out, p, 1);
		p++;
	}
	if (strlen(out) + strlen(p) >= size)
		return line;
	strcat(out, p);
	return out;
}

int shell_line(struct client *c, const char *line, bool *quit)
{
	char rewritten[MCONSOLE_TEXT];
	const char *rest, *file;
	size_t len = mconsole_first_word(line, &rest);

	for (size_t i = 0; i < NLOCALS; i++) {
		if (strlen(locals[i].name) == len && memcmp(locals[i].name, line, len) == 0)
			return locals[i].run(c, rest, quit);
	}
	if (len == 3 && memcmp(line, "log", 3) == 0 && mconsole_first_word(rest, &file) == 2 &&
	    memcmp(rest, "-f", 2) == 0 && *file)
		return log_file(c, file);
	return client_run(c, with_paths(line, rewritten, sizeof(rewritten)));
}

/* Takes the blanks off both ends. */
static char *trim(char *line)
{
	size_t n = strlen(line);

	while (n && isspace((unsigned char)line[n - 1]))
		line[--n] = '\0';
	while (isspace((unsigned char)*line))
		line++;
	return line;
}

/* --- from a file --- */

static int run_file(struct client *c)
{
	int status = CLIENT_OK, r;
	bool quit = false;
	char *line = NULL, *command;
	size_t size = 0;

	while (!quit && getline(&line, &size, stdin) >= 0) {
		command = trim(line);
		if (!*command || *command == '#')
			continue;
		r = shell_line(c, command, &quit);
		if (r)
			status = r;
	}
	free(line);
	return status;
}

/* --- from a terminal --- */

static char *next_completion(const char *text, int state)
{
	static const char *const names[] = {
		"cad",  "config", "exit",   "go",    "halt", "help",   "list",  "log",    "proc",
		"quit", "reboot", "remove", "stack", "stop", "switch", "sysrq", "version"};
	static size_t at; /* libedit's way of asking: state 0 starts over */

	if (!state)
		at = 0;
	while (at < sizeof(names) / sizeof(names[0])) {
		const char *name = names[at++];

		if (strncmp(name, text, strlen(text)) == 0)
			return strdup(name);
	}
	return NULL;
}

static char **complete(const char *text, int start, int end)
{
	rl_attempted_completion_over = 1; /* no names of files */
	return start == 0 ? rl_completion_matches(text, next_completion) : NULL;
}

static bool still_runs(const struct client *c)
{
	struct guest g;

	return guests_find(c->base, c->guest.socket, &g) == 0;
}

static int run_terminal(struct client *c)
{
	char history[GUEST_PATH + 16], prompt[GUEST_NAME + 8];
	bool quit = false, ended = false;
	char *line;
	int status;

	rl_readline_name = "uml_mconsole";
	rl_attempted_completion_function = complete;
	using_history();
	stifle_history(HISTORY_LINES);
	snprintf(history, sizeof(history), "%s/.history", c->base);
	read_history(history); /* none the first time */
	while (!quit) {
		snprintf(prompt, sizeof(prompt), "(%s) ", c->guest.name);
		line = readline(prompt);
		if (!line) {
			putchar('\n');
			break;
		}
		if (*trim(line)) {
			add_history(trim(line));
			status = shell_line(c, trim(line), &quit);
			if (status == CLIENT_NO_GUEST && !still_runs(c))
				quit = ended = true;
		}
		free(line);
	}
	if (write_history(history) == 0)
		chmod(history, 0600);
	return ended ? CLIENT_NO_GUEST : CLIENT_OK;
}

int shell_run(struct client *c)
{
	return isatty(STDIN_FILENO) ? run_terminal(c) : run_file(c);
}
