// SPDX-License-Identifier: GPL-2.0
/* See answer.h. */
#include <errno.h>
#include <string.h>
#include "answer.h"
#include "log.h"
#include "text.h"

#define LINE_BYTES 65536

/* A line, terminated, with its end if that came. Its bytes; 0: there is none any more. */
static size_t read_line(FILE *from, char line[static LINE_BYTES])
{
	size_t len = 0;
	int c = 0;

	while (c != '\n' && (c = getc(from)) != EOF)
		if (len < LINE_BYTES - 2 || (c == '\n' && len < LINE_BYTES - 1))
			line[len++] = (char)c;
	line[len] = '\0';
	return len;
}

int answer_show(FILE *from, FILE *out)
{
	static char line[LINE_BYTES], shown[4 * sizeof(line)];
	size_t len;

	while ((len = read_line(from, line))) {
		if (*line == ' ') {
			len = text_visible(shown, sizeof(shown), line + 1, len - 1, "\t\n");
			fwrite(shown, 1, len, out);
			continue;
		}
		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(line, "ok"))
			return 0;
		log_err("%s", line + (strncmp(line, "error ", 6) ? 0 : 6));
		return 1;
	}
	return -EPIPE;
}
