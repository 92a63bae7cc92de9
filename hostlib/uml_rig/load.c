// SPDX-License-Identifier: GPL-2.0
/* Reading rigs and writing results, for all commands. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "uml_rig.h"

int unreadable(const char *path, int rc)
{
	if (rc == -EFBIG)
		log_err("%s is larger than a rig may be (1 MiB)", path);
	else
		log_err("%s cannot be read: %s", path, strerror(-rc));
	return EXIT_UNREADABLE;
}

int load(struct context *c, const char *path, struct rig **out)
{
	int rc = rig_load(out, path, c->define, c->defines);
	int status = EXIT_ERRORS;

	if (rc == 0)
		return EXIT_FINE;
	if (*out) {
		rig_errors_print(*out, stderr);
		if (!rig_errors(*out) && rig_unknown_define(*out)) {
			log_err("%s: %s", path, rig_unknown_define(*out));
			status = EXIT_USAGE;
		}
	} else if (rc == -ENOMEM) {
		log_err("%s: out of memory", path);
	} else if (rc == -E2BIG) {
		log_err("too many -D");
		status = EXIT_USAGE;
	} else {
		status = unreadable(path, rc);
	}
	rig_free(*out);
	*out = NULL;
	return status;
}

/* Writes, and makes sure that all of it is there. 0 or -errno; out is closed. */
static int fill(FILE *out, int (*write)(void *arg, FILE *out), void *arg)
{
	int rc = write(arg, out);

	if (fflush(out) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

/* A new file beside path, with the permissions of an old one. */
static FILE *temporary(const char *path, char *name, size_t len)
{
	struct stat st;
	FILE *out;
	mode_t mask;
	int fd;

	if ((size_t)snprintf(name, len, "%s.XXXXXX", path) >= len) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	mask = umask(0);
	umask(mask);
	if (stat(path, &st) < 0)
		st.st_mode = 0666 & ~mask;
	out = fchmod(fd, st.st_mode & 0777) == 0 ? fdopen(fd, "w") : NULL;
	if (!out) {
		int saved = errno;

		close(fd);
		unlink(name);
		errno = saved;
	}
	return out;
}

static int to_file(const char *path, int (*write)(void *arg, FILE *out), void *arg)
{
	char name[4096], *real = realpath(path, NULL);
	/* Through a symbolic link, so that the link stays one. */
	const char *target = real ? real : path;
	FILE *out = temporary(target, name, sizeof(name));
	int rc = out ? fill(out, write, arg) : -errno;

	if (out && fclose(out) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(name, target) < 0)
		rc = -errno;
	if (rc < 0 && out)
		unlink(name);
	free(real);
	return rc;
}

/* A pipe or a device is not replaced, but written to. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int to_special(const char *path, int (*write)(void *arg, FILE *out), void *arg)
{
	FILE *out = fopen(path, "we");
	int rc = out ? fill(out, write, arg) : -errno;

	if (out && fclose(out) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

int output(const char *path, int (*write)(void *arg, FILE *out), void *arg)
{
	bool standard = !path || strcmp(path, "-") == 0;
	int rc;

	if (standard)
		rc = fill(stdout, write, arg);
	else if (is_special(path))
		rc = to_special(path, write, arg);
	else
		rc = to_file(path, write, arg);
	if (rc == 0)
		return EXIT_FINE;
	log_err("%s cannot be written: %s", standard ? "standard output" : path, strerror(-rc));
	return EXIT_ERRORS;
}
