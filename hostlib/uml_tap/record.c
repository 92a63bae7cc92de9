// SPDX-License-Identifier: GPL-2.0
/*
 * The record that `undo` reads: a text file, one entry for each command, the newest last:
 *
 *   command add tap0 --user 1000
 *   step down tap0
 *   step tap-del tap0
 *
 * Steps stand in the order in which they are carried out. The file is replaced as a whole, and the
 * commands of several administrators wait for each other.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "uml_tap.h"

#define RECORD "/run/nestling/uml_tap"
#define RECORD_MAX (16 << 20)
#define COMMAND "command "
#define STEP "step "

const char *record_path(void)
{
	const char *path = getenv("UML_TAP_STATE");

	return path && *path ? path : RECORD;
}

int record_lock(void)
{
	char dir[4096], lock[4096 + 8];
	int fd;

	snprintf(dir, sizeof(dir), "%s", record_path());
	if (mkdir(dirname(dir), 0755) < 0 && errno != EEXIST)
		return -errno;
	snprintf(lock, sizeof(lock), "%s.lock", record_path());
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	return flock(fd, LOCK_EX) < 0 ? -errno : 0; /* held until the program ends */
}

/* The whole record, terminated; NULL with errno. An absent one is empty. */
static char *record_read(void)
{
	char *text = NULL;
	struct stat st;
	ssize_t n = -1;
	int fd = open(record_path(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return errno == ENOENT ? strdup("") : NULL;
	if (!fstat(fd, &st)) {
		if (st.st_size > RECORD_MAX)
			errno = EFBIG;
		else
			text = malloc((size_t)st.st_size + 1);
	}
	if (text)
		n = read(fd, text, (size_t)st.st_size);
	close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = 0;
	return text;
}

/* Replaces the record by text and more, or removes it if there is nothing. 0 or -errno. */
static int record_write(const char *text, const char *more)
{
	char temporary[4096 + 8];
	FILE *f;
	bool ok;

	if (!*text && !*more)
		return unlink(record_path()) < 0 && errno != ENOENT ? -errno : 0;
	snprintf(temporary, sizeof(temporary), "%s.new", record_path());
	unlink(temporary);
	f = fopen(temporary, "wxe");
	if (!f)
		return -errno;
	ok = fputs(text, f) >= 0 && fputs(more, f) >= 0 && !fflush(f) && !fsync(fileno(f));
	if (fclose(f) || !ok || rename(temporary, record_path()) < 0) {
		int rc = -errno;

		unlink(temporary);
		return rc ? rc : -EIO;
	}
	return 0;
}

/* Where the newest entry but `skip` begins, or NULL. Those that are skipped are cut off. */
static char *newest(char *text, unsigned int skip)
{
	char *found = strncmp(text, COMMAND, strlen(COMMAND)) ? NULL : text;

	for (char *p = text; (p = strstr(p, "\n" COMMAND)); p++)
		found = p + 1;
	if (!found || !skip)
		return found;
	*found = 0;
	return newest(text, skip - 1);
}

int record_push(const char *command, const struct plan *p)
{
	char *text = record_read(), *more = NULL;
	size_t len;
	FILE *f;
	int rc;

	if (!text)
		return -errno;
	f = open_memstream(&more, &len);
	if (!f) {
		free(text);
		return -ENOMEM;
	}
	fprintf(f, COMMAND "%s\n", command);
	for (unsigned int i = p->count; i-- > 0;)
		if (p->back[i])
			fprintf(f, STEP "%s\n", p->back[i]);
	fclose(f);
	rc = record_write(text, more);
	free(text);
	free(more);
	return rc;
}

int record_last(unsigned int skip, char *command, size_t len, struct plan *p)
{
	char *text = record_read(), *save = NULL, *at;
	int rc = 0;

	if (!text)
		return -errno;
	at = newest(text, skip);
	if (!at) {
		free(text);
		return -ENOENT;
	}
	snprintf(command, len, "%.*s", (int)strcspn(at + strlen(COMMAND), "\n"),
		 at + strlen(COMMAND));
	strtok_r(at, "\n", &save);
	for (char *line = strtok_r(NULL, "\n", &save); line && !rc;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, STEP, strlen(STEP)) && p->count < PLAN_STEPS_MAX)
			plan_add(p, line + strlen(STEP), NULL);
		else
			rc = -EBADMSG;
	}
	free(text);
	return rc;
}

int record_drop(unsigned int done)
{
	char *text = record_read(), *at, *steps, *rest;
	int rc = 0;

	if (!text)
		return -errno;
	at = newest(text, 0);
	if (at) {
		steps = strchr(at, '\n');
		rest = steps ? steps + 1 : at + strlen(at);
		rest += strspn(rest, "\n"); /* empty lines are no steps: record_last() */
		for (; *rest && done; done--) {
			rest += strcspn(rest, "\n");
			rest += strspn(rest, "\n");
		}
		if (*rest)
			memmove(steps + 1, rest, strlen(rest) + 1);
		else
			*at = 0;
		rc = record_write(text, "");
	}
	free(text);
	return rc;
}
