// SPDX-License-Identifier: GPL-2.0
/* Reading rigs and writing results, for all commands. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "disk_tmp.h"
#include "log.h"
#include "packed.h"
#include "uml_rig.h"

int unreadable(const char *path, int rc)
{
	if (strcmp(path, "-") == 0)
		path = "standard input";
	if (rc == -EFBIG)
		log_err("%s is larger than a rig may be (1 MiB)", path);
	else
		log_err("%s cannot be read: %s", path, strerror(-rc));
	return EXIT_UNREADABLE;
}

const struct rig_files *rig_place(const struct context *c)
{
	return c->packed ? packed_files(c->packed) : NULL;
}

int load(struct context *c, const char *path, struct rig **out)
{
	int rc = rig_load_from(out, rig_place(c), path, c->define, c->defines);
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

/* Writes, and makes sure that all of it is there. 0 or -errno. */
static int fill(FILE *out, int (*write)(void *arg, FILE *out), void *arg)
{
	int rc = write(arg, out);

	/* What write() knows only as -EIO has its reason here. */
	if (fflush(out) != 0 && (rc == 0 || rc == -EIO))
		rc = -errno;
	return rc;
}

/* The same, and out is closed; NULL: it could not be opened, for errno. */
static int fill_and_close(FILE *out, int (*write)(void *arg, FILE *out), void *arg)
{
	int rc = out ? fill(out, write, arg) : -errno;

	if (out && fclose(out) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

/* A new file is whose the old one was, as far as we may, and has its permissions. */
static int keep_mode(int fd, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	if (fchown(fd, st.st_uid, st.st_gid) < 0)
		log_warn("%s gets another owner", path);
	return fchmod(fd, st.st_mode & 0777) < 0 ? -errno : 0;
}

static int to_file(const char *path, int (*write)(void *arg, FILE *out), void *arg)
{
	char *real = realpath(path, NULL);
	/* Through a symbolic link, so that the link stays one. */
	const char *target = real ? real : path;
	struct disk_tmp t;
	int rc = disk_tmp_begin(&t, target);

	if (rc == 0)
		rc = keep_mode(t.fd, target);
	if (rc == 0)
		rc = fill_and_close(fdopen(fcntl(t.fd, F_DUPFD_CLOEXEC, 0), "w"), write, arg);
	if (rc == 0)
		rc = disk_tmp_commit(&t, true);
	if (rc < 0)
		disk_tmp_abort(&t);
	free(real);
	return rc;
}

/* A pipe or a device is not replaced, but written to. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

int output(const char *path, int (*write)(void *arg, FILE *out), void *arg)
{
	bool standard = !path || strcmp(path, "-") == 0;
	int rc;

	if (standard)
		rc = fill(stdout, write, arg);
	else if (is_special(path))
		rc = fill_and_close(fopen(path, "we"), write, arg);
	else
		rc = to_file(path, write, arg);
	if (rc == 0)
		return EXIT_FINE;
	if (rc == -EINTR)
		return EXIT_INTERRUPTED; /* whoever ended it knows */
	log_err("%s cannot be written: %s", standard ? "standard output" : path, strerror(-rc));
	return EXIT_ERRORS;
}
