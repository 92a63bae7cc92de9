// SPDX-License-Identifier: GPL-2.0
/* The files of a run in its folder; see results.h. */
#include <errno.h>
#include "json.h"
#include "results.h"
#include "value.h"
#include "whole_file.h"

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
		whole_file_fn *write;
	} files[] = {
		{"samples.csv", csv},    {"outputs.txt", outputs}, {"timeline.txt", timeline},
		{"verdicts.tap", tap},   {"junit.xml", junit},     {"manifest.json", manifest},
		{"report.html", report},
	};
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(files) / sizeof(*files) && rc == 0; i++)
		rc = whole_file_write(dirfd, files[i].name, files[i].write, r);
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
	return whole_file_write(dirfd, "wall.json", wall, w);
}
