// SPDX-License-Identifier: GPL-2.0
/*
 * Two lists that others wrote: with a first bit of 0 a line of /proc/PID/mountinfo, whose paths
 * anybody may choose; with 1 what nft says of the table of uml_tap.
 */
#include <sys/mount.h>
#include "input.h"
#include "mount_line.h"
#include "uml_tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- mounts ---------------------------------------------------------------------------------- */

/* Whether the word is among those of the sixth field. */
static bool has_option(const char *options, const char *word)
{
	size_t len = strlen(word);
	const char *p;

	for (p = options; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, word, len) && (!p[len] || p[len] == ','))
			return true;
	}
	return false;
}

/* The n-th word of a line, from 1. The caller frees it; NULL: there are less. */
static char *word_of(const char *line, unsigned int n)
{
	size_t len;

	for (;;) {
		line += strspn(line, " \n");
		len = strcspn(line, " \n");
		if (!len)
			return NULL;
		if (!--n)
			return strndup(line, len);
		line += len;
	}
}

/* As proc(5) says: a backslash and three octal digits stand for a byte. */
static char *plain(const char *escaped)
{
	char *out = malloc(strlen(escaped) + 1), *to = out;
	unsigned int byte;
	int used;

	while (*escaped) {
		used = 0;
		if (*escaped == '\\' && strspn(escaped + 1, "01234567") >= 3 && escaped[1] < '4' &&
		    sscanf(escaped + 1, "%3o%n", &byte, &used) == 1 && used == 3) {
			*to++ = (char)byte;
			escaped += 4;
		} else {
			*to++ = *escaped++;
		}
	}
	*to = 0;
	return out;
}

static void mounts(const char *text)
{
	char *line = strdup(text), *path = word_of(text, 5), *options = word_of(text, 6), *name;
	struct mount_line m;

	if (!mount_line_read(line, &m)) {
		assert(!path || !options || *path != '/');
	} else {
		assert(path && options);
		name = plain(path);
		assert(!strcmp(m.path, name) && *m.path == '/');
		assert(m.readonly == has_option(options, "ro"));
		assert(!(m.flags & MS_NODEV) == !has_option(options, "nodev"));
		assert(!(m.flags & MS_NOSUID) == !has_option(options, "nosuid"));
		assert(mount_line_below(&m, "/") && mount_line_below(&m, m.path));
		free(name);
	}
	free(line);
	free(path);
	free(options);
}

/* --- the table of uml_tap -------------------------------------------------------------------- */

/* What is said may be anything; what is made of it fits, and is a list as a step has it. */
static void table(const char *text, size_t len)
{
	FILE *said = fmemopen((void *)(len ? text : " "), len ? len : 1, "r"), *rules;
	char *list = malloc(STEP_MAX), *out = NULL;
	size_t size = 0;

	assert(said && list);
	nat_read(said, list, STEP_MAX);
	fclose(said);
	assert(*list && strlen(list) < STEP_MAX && !strchr(list, '"') && !strchr(list, '\n'));
	rules = open_memstream(&out, &size);
	nat_rules(list, rules);
	fclose(rules);
	assert(size);
	free(out);
	free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	bool is_table = take8(&in) & 1;
	char *text = strndup((const char *)in.at, in.left);

	if (is_table)
		table(text, strlen(text));
	else
		mounts(text);
	free(text);
	return 0;
}
