// SPDX-License-Identifier: GPL-2.0
/* check, fmt, graph, dump, help. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "log.h"
#include "uml_rig.h"

static const char *s(uint32_t n)
{
	return n == 1 ? "" : "s";
}

static int check_one(struct context *c, const char *path)
{
	struct rig *r;
	int status = load(c, path, &r);

	if (status != EXIT_FINE)
		return status;
	if (!c->quiet)
		printf("%s: %s, %u node%s, %u lan%s, %u link%s, %u step%s, %u sample%s, "
		       "%u expectation%s\n",
		       path, r->name, r->nnodes, s(r->nnodes), r->nlans, s(r->nlans), r->nlinks,
		       s(r->nlinks), r->nsteps, s(r->nsteps), r->nsamples, s(r->nsamples),
		       r->nexpects, s(r->nexpects));
	rig_free(r);
	return EXIT_FINE;
}

/* Calls one() for each file; the highest status counts. */
static int each(struct context *c, int (*one)(struct context *c, const char *path))
{
	int worst = EXIT_FINE, i;

	for (i = 0; i < c->argc; i++) {
		int status = one(c, c->argv[i]);

		worst = status > worst ? status : worst;
	}
	return worst;
}

int cmd_check(struct context *c)
{
	return each(c, check_one);
}

struct text {
	const char *text;
	size_t len;
};

static int write_text(void *arg, FILE *out)
{
	const struct text *t = arg;

	return fwrite(t->text, 1, t->len, out) == t->len ? 0 : -errno;
}

/* What is done with the canonical form. */
static int fmt_result(struct context *c, const char *path, const struct text *was, struct text *is)
{
	bool same = was->len == is->len && memcmp(was->text, is->text, is->len) == 0;

	if (c->check) {
		if (!same)
			printf("%s\n", path);
		return same ? EXIT_FINE : EXIT_ERRORS;
	}
	if (c->write && same)
		return EXIT_FINE;
	return output(c->write ? path : NULL, write_text, is);
}

static int fmt_one(struct context *c, const char *path)
{
	struct text was, is;
	struct rig *r = NULL;
	char *text, *out;
	int rc, status;

	if (c->write && strcmp(path, "-") == 0) {
		log_err("fmt: standard input cannot be changed; leave out -w");
		return EXIT_USAGE;
	}
	rc = rig_read_file(rig_place(c), path, &text, &was.len);
	if (rc < 0)
		return unreadable(path, rc);
	was.text = text;
	rc = rig_format(&r, strcmp(path, "-") ? path : "<stdin>", text, was.len, &out, &is.len);
	is.text = out;
	if (rc == 0) {
		status = fmt_result(c, path, &was, &is);
	} else {
		status = EXIT_ERRORS;
		if (rc == -EINVAL)
			rig_errors_print(r, stderr);
		else
			log_err("%s: %s", path, strerror(-rc));
	}
	rig_free(r);
	free(out);
	free(text);
	return status;
}

int cmd_fmt(struct context *c)
{
	if (c->write && c->check) {
		log_err("fmt: -w and --check exclude each other");
		return EXIT_USAGE;
	}
	return each(c, fmt_one);
}

static int write_dot(void *rig, FILE *out)
{
	return rig_write_dot(rig, out);
}

static int write_svg(void *rig, FILE *out)
{
	return rig_write_svg(rig, out);
}

static int write_json(void *rig, FILE *out)
{
	return rig_write_json(rig, out);
}

static int load_and_write(struct context *c, int (*write)(void *rig, FILE *out))
{
	struct rig *r;
	int status = load(c, c->argv[0], &r);

	if (status != EXIT_FINE)
		return status;
	status = output(c->output, write, r);
	rig_free(r);
	return status;
}

int cmd_graph(struct context *c)
{
	if (c->dot && c->svg) {
		log_err("graph: --dot and --svg exclude each other");
		return EXIT_USAGE;
	}
	return load_and_write(c, c->dot ? write_dot : write_svg);
}

int cmd_dump(struct context *c)
{
	return load_and_write(c, write_json);
}

/* Lines with `before` in front of each. */
static void indented(const char *text, const char *before)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		printf("%s%.*s\n", before, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/* Paragraphs (lines), each with a blank line behind it, in lines of up to 80. */
static void wrapped(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (column && column + 1 + len > 80) {
			fputc('\n', stdout);
			column = 0;
		}
		printf("%s%.*s", column ? " " : "", (int)len, text);
		column += len + (column > 0);
		text += len;
		if (*text == '\n') {
			fputs("\n\n", stdout);
			column = 0;
		}
		text += *text != 0;
	}
	fputs("\n\n", stdout);
}

static void help_plain(const struct rig_help *h)
{
	printf("%s %s\n\n", h->name, h->form);
	wrapped(h->text);
	indented(h->example, "    ");
}

static void help_markdown(const struct rig_help *h)
{
	printf("### %s\n\n    %s%s%s\n\n", h->name, h->name, *h->form ? " " : "", h->form);
	wrapped(h->text);
	indented(h->example, "    ");
	fputs("\n", stdout);
}

int cmd_help(struct context *c)
{
	const struct rig_help *h;
	bool found = false;
	uint32_t i;

	for (i = 0; (h = rig_help(i)); i++) {
		if (c->argc && strcmp(h->name, c->argv[0]) != 0)
			continue;
		found = true;
		if (c->markdown)
			help_markdown(h);
		else if (c->argc)
			help_plain(h);
		else
			printf("%-8s %s\n", h->name, h->form);
	}
	if (found)
		return EXIT_FINE;
	log_err("%s is not a statement; 'uml_rig help' lists them", c->argv[0]);
	return EXIT_USAGE;
}
