// SPDX-License-Identifier: GPL-2.0
/* The files of a run in its folder; see results.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "json.h"
#include "results.h"
#include "value.h"

#define HALF ".new" /* the name of a file that is not whole yet */

typedef int writer(const void *what, FILE *out);

/* Writes what is to be there under another name, and then gives it its own. */
static int whole_file(int dirfd, const char *name, writer *write, const void *what)
{
	int fd = openat(dirfd, HALF, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int rc;

	if (!out) {
		rc = -errno;
		if (fd >= 0)
			close(fd);
		return rc;
	}
	rc = write(what, out);
	if (fclose(out) != 0 && (rc == 0 || rc == -EIO)) /* it knows why */
		rc = -errno;
	if (rc == 0 && renameat(dirfd, HALF, dirfd, name) < 0)
		rc = -errno;
	if (rc < 0)
		unlinkat(dirfd, HALF, 0);
	return rc;
}

static int csv(const void *r, FILE *out)
{
	return results_csv(r, out);
}

static int outputs(const void *r, FILE *out)
{
	return results_outputs(r, out);
}

static int timeline(const void *r, FILE *out)
{
	return results_timeline(r, out);
}

static int tap(const void *r, FILE *out)
{
	return results_tap(r, out);
}

static int junit(const void *r, FILE *out)
{
	return results_junit(r, out);
}

static int manifest(const void *r, FILE *out)
{
	return results_manifest(r, out);
}

static int report(const void *r, FILE *out)
{
	return results_report(r, out);
}

int results_write(const struct results *r, int dirfd)
{
	static const struct {
		const char *name;
		writer *write;
	} files[] = {
		{"samples.csv", csv},    {"outputs.txt", outputs}, {"timeline.txt", timeline},
		{"verdicts.tap", tap},   {"junit.xml", junit},     {"manifest.json", manifest},
		{"report.html", report},
	};
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(files) / sizeof(*files) && rc == 0; i++)
		rc = whole_file(dirfd, files[i].name, files[i].write, r);
	return rc;
}

static int wall(const void *what, FILE *out)
{
	const struct results_wall *w = what;
	char text[64];
	struct json j;

	json_start(&j, out);
	json_open(&j, NULL, '{');
	rig_print_date(w->began_s, text);
	json_text(&j, "began", text);
	json_number(&j, "took_ns", w->took_ns);
	json_close(&j, '}');
	fputc('\n', out);
	return ferror(out) ? -EIO : 0;
}

int results_write_wall(const struct results_wall *w, int dirfd)
{
	return whole_file(dirfd, "wall.json", wall, w);
}
