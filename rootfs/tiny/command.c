// SPDX-License-Identifier: GPL-2.0
/* The command that init is to run; see command.h. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "command.h"

static void decode(char *word)
{
	const char *from = word;

	for (; *from; from++) {
		unsigned int byte;

		if (*from != '%')
			*word++ = *from;
		else if (sscanf(from + 1, "%2x", &byte) == 1 && byte) {
			*word++ = byte;
			from += 2;
		}
	}
	*word = 0;
}

/*
 * Joins what follows -c: the kernel may have split a command that came unquoted.
 * Stock UML adds two parameters of its own at the end, behind "--" as well.
 */
void command_read(char *command, size_t size, char **argv)
{
	size_t used = 0;
	bool coded;
	int argc = 0;

	while (argv[argc])
		argc++;
	while (argc > 1 &&
	       (!strcmp(argv[argc - 1], "console=tty0") || !strcmp(argv[argc - 1], "root=98:0")))
		argv[--argc] = NULL;

	while (*argv && strcmp(*argv, "-c") && strcmp(*argv, "-C"))
		argv++;
	if (!*argv)
		return;
	coded = !strcmp(*argv, "-C");
	while (*++argv) {
		if (coded)
			decode(*argv);
		int n = snprintf(command + used, size - used, "%s%s", used ? " " : "", *argv);

		if ((size_t)n >= size - used) {
			dprintf(2, "init: the command behind -c: %s\n", strerror(E2BIG));
			command[0] = 0;
			return;
		}
		used += n;
	}
}
