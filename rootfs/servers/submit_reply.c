// SPDX-License-Identifier: GPL-2.0
/* See submit_reply.h. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include "submit_reply.h"

/* A line without its end; zero bytes, which would end it, as '?'. False: the server hung up in it. */
static bool read_line(FILE *f, char *line, size_t room)
{
	size_t len = 0;
	int c;

	while ((c = getc(f)) != EOF && c != '\n')
		if (len < room - 1)
			line[len++] = c ? (char)c : '?';
	if (len && line[len - 1] == '\r')
		len--;
	line[len] = 0;
	return c == '\n';
}

/* 0: there is none. */
static unsigned int code_of(const char *line)
{
	unsigned int code = 0;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!isdigit((unsigned char)line[i]))
			return 0;
		code = 10 * code + (unsigned int)(line[i] - '0');
	}
	return !line[3] || line[3] == ' ' || line[3] == '-' ? code : 0;
}

unsigned int submit_reply_read(FILE *f, char *line, size_t room)
{
	unsigned int code;

	do {
		if (!read_line(f, line, room)) {
			snprintf(line, room, "no answer");
			return 0;
		}
		code = code_of(line);
	} while (code && line[3] == '-');
	return code;
}
