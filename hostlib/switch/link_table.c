// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of deviations, in the format of iproute2's *.dist files: whole numbers in text, blanks
 * between them, `#` begins a comment. 8192 is one standard deviation. A frame gets one of them by
 * lot.
 *
 * A name with a slash is a file; any other is NAME.dist in one of the folders where distributions
 * keep iproute2's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "link_private.h"

#define TEXT_MAX (1 << 20)

static const char *const folders[] = {"/usr/lib/tc", "/usr/share/tc", "/usr/lib64/tc"};

/* One number, its sign and all digits; the end of it, or NULL. */
static const char *entry(const char *p, const char *end, int32_t *out)
{
	bool minus = p < end && *p == '-';
	const char *digits;
	int32_t v = 0;

	p += minus || (p < end && *p == '+');
	for (digits = p; p < end && *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (*p - '0');
		if (v > LINK_TABLE_ENTRY_MAX)
			return NULL;
	}
	*out = minus ? -v : v;
	return p == digits ? NULL : p;
}

/* Fills in the table. 0 or -EINVAL. */
static int entries(struct link_table *t, const char *p, const char *end)
{
	while (p < end) {
		if (*p == '#') {
			p = memchr(p, '\n', (size_t)(end - p));
			if (!p)
				break;
		}
		if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') {
			p++;
			continue;
		}
		if (t->count >= LINK_TABLE_MAX)
			return -EINVAL;
		p = entry(p, end, &t->entry[t->count]);
		if (!p || (p < end && !strchr(" \t\r\n#", *p)))
			return -EINVAL;
		t->count++;
	}
	return t->count ? 0 : -EINVAL;
}

int link_table_parse(struct link_table **out, const char *text, size_t len)
{
	struct link_table *t = malloc(sizeof(*t) + LINK_TABLE_MAX * sizeof(t->entry[0]));
	struct link_table *fit;

	if (!t)
		return -ENOMEM;
	t->count = 0;
	if (entries(t, text, text + len) < 0) {
		free(t);
		return -EINVAL;
	}
	fit = realloc(t, sizeof(*t) + t->count * sizeof(t->entry[0]));
	if (fit)
		t = fit;
	*out = t;
	return 0;
}

static int open_table(const char *name)
{
	char path[128];
	unsigned int i;
	int fd = -1;

	/* A FIFO must not hold us up. */
	if (strchr(name, '/'))
		return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	for (i = 0; i < sizeof(folders) / sizeof(*folders) && fd < 0; i++) {
		snprintf(path, sizeof(path), "%s/%s.dist", folders[i], name);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	return fd;
}

/* Text of a file, at most TEXT_MAX bytes of it: their number or -errno. */
static ssize_t read_table(int fd, char *text)
{
	size_t len = 0;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	do {
		n = read(fd, text + len, TEXT_MAX - len);
		if (n < 0)
			return -errno;
		len += (size_t)n;
	} while (n && len < TEXT_MAX);
	return len < TEXT_MAX ? (ssize_t)len : -EFBIG;
}

int link_table_load(struct link_table **out, const char *name)
{
	int fd = open_table(name), ret;
	ssize_t len;
	char *text;

	if (fd < 0)
		return -errno;
	text = malloc(TEXT_MAX);
	len = text ? read_table(fd, text) : -ENOMEM;
	ret = len < 0 ? (int)len : link_table_parse(out, text, (size_t)len);
	free(text);
	close(fd);
	return ret;
}
