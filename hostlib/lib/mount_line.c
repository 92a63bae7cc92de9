// SPDX-License-Identifier: GPL-2.0
/* A line of /proc/PID/mountinfo; see mount_line.h. */
#include <string.h>
#include <sys/mount.h>
#include "mount_line.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* Linux 5.10 */
#endif

#define PATH_FIELD 4 /* the fifth; the options are behind it */

static const struct {
	const char *name;
	unsigned long flag;
} kept[] = {
	{"nosuid", MS_NOSUID},
	{"nodev", MS_NODEV},
	{"noexec", MS_NOEXEC},
	{"nosymfollow", MS_NOSYMFOLLOW},
};

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' &&
	       p[2] <= '7';
}

/* Blanks and the like are written as a backslash and three digits. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && is_octal(s + 1)) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

static void read_options(char *options, struct mount_line *m)
{
	char *save, *word;
	size_t i;

	m->flags = 0;
	m->readonly = false;
	for (word = strtok_r(options, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		m->readonly |= strcmp(word, "ro") == 0;
		for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			if (strcmp(word, kept[i].name) == 0)
				m->flags |= kept[i].flag;
	}
}

bool mount_line_read(char *line, struct mount_line *m)
{
	char *save, *word = strtok_r(line, " \n", &save);
	int i;

	for (i = 0; word && i < PATH_FIELD; i++)
		word = strtok_r(NULL, " \n", &save);
	m->path = word;
	word = word ? strtok_r(NULL, " \n", &save) : NULL;
	if (!word || *m->path != '/')
		return false;
	unescape(m->path);
	read_options(word, m);
	return true;
}

bool mount_line_below(const struct mount_line *m, const char *top)
{
	size_t len = strlen(top);

	if (strcmp(top, "/") == 0)
		return true;
	return strncmp(m->path, top, len) == 0 && (m->path[len] == '/' || m->path[len] == '\0');
}
