// SPDX-License-Identifier: GPL-2.0
/*
 * One statement more for a rig that is loaded: what its user says while it runs. The statement is
 * read into arrays of its own, so that what the rig has stays where it is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

/* The rig's arrays that a statement may add to, put aside. */
struct aside {
	struct rig_step *step;
	struct rig_capture *capture;
	uint32_t nsteps, ncaptures;
};

static struct aside put_aside(struct rig *r)
{
	struct aside a = {r->step, r->capture, r->nsteps, r->ncaptures};

	r->step = NULL;
	r->capture = NULL;
	r->nsteps = r->ncaptures = 0;
	return a;
}

static void put_back(struct rig *r, const struct aside *a)
{
	free(r->step);
	free(r->capture);
	r->step = a->step;
	r->capture = a->capture;
	r->nsteps = a->nsteps;
	r->ncaptures = a->ncaptures;
}

/* Words come from a command line: nothing is put into them, and none is quoted. */
static int add_word(struct rig_parser *p, const char *text, uint32_t start)
{
	struct rig_word *w = &p->word[p->words];
	size_t len = strlen(text), i;

	if (p->words == RIG_WORDS_MAX || len > RIG_WORD_MAX)
		return -E2BIG;
	*w = (struct rig_word){.len = (uint32_t)len, .line = 1, .start = start};
	w->length = len ? (uint32_t)len : 1;
	w->text = rig_copy_text(&p->scratch, text, len);
	w->column = rig_alloc(&p->scratch, (len + 1) * sizeof(*w->column));
	if (!w->text || !w->column)
		return -ENOMEM;
	for (i = 0; i <= len; i++)
		w->column[i] = start + (uint32_t)i;
	p->words++;
	return 0;
}

/* The statement `words`; its place is a file that is not there, in `folder`. */
static int prepare(struct rig_parser *p, const char *folder, const char *const *words, uint32_t n)
{
	char *name = NULL;
	uint32_t i, column = 1;
	int rc;

	if (asprintf(&name, "%s/-", folder) < 0)
		return -ENOMEM;
	rc = rig_file_add(p->t, name, "", 0, &p->file);
	free(name);
	p->statement = rig_statement_find(words[0]);
	p->pos = (struct rig_pos){p->file, 1, 1, 1};
	for (i = 0; i < n && !rc; i++) {
		rc = add_word(p, words[i], column);
		column += (uint32_t)strlen(words[i]) + 1;
	}
	p->next = 1;
	return rc;
}

static int read_words(struct rig_parser *p, const char *folder, const char *const *words,
		      uint32_t n)
{
	uint32_t files = p->t->nfiles;
	int rc = p->fatal ? p->fatal : prepare(p, folder, words, n);

	if (!rc) {
		rc = p->statement->parse(p);
		rc = p->fatal ? p->fatal : rc;
	}
	if (!rc)
		rc = rig_check_said(p);
	p->t->nfiles = files;
	return rc;
}

/* The first of the errors as a sentence; then there are none. */
static int tell(struct rig_private *t, int rc, char *err, size_t len)
{
	if (t->nerrors)
		rc = -EINVAL;
	if (rc == -E2BIG)
		snprintf(err, len, "these are too many words, or too long ones");
	else if (rc < 0 && rc != -EINVAL)
		snprintf(err, len, "%s", strerror(-rc));
	else if (rc < 0)
		snprintf(err, len, "%s", t->nerrors ? t->error[0].text : "this is not understood");
	t->nerrors = t->more_errors = 0;
	return rc;
}

/* The array that is filled is with the rig until `aside` is put back. */
static int read_statement(struct rig *rig, const char *folder, const char *const *words, uint32_t n,
			  char *err, size_t len)
{
	struct rig_parser *p = rig_parser_new(rig);
	int rc = p ? read_words(p, folder, words, n) : -ENOMEM;

	rc = tell(rig->private, rc, err, len);
	if (p)
		rig_parser_free(p);
	return rc;
}

/* words with others before them; to be freed. */
static const char **with(const char *const *before, uint32_t n, const char *const *words,
			 uint32_t count)
{
	const char **all = malloc((n + count) * sizeof(*all));

	if (all) {
		memcpy(all, before, n * sizeof(*all));
		if (count)
			memcpy(all + n, words, count * sizeof(*all));
	}
	return all;
}

int rig_read_step(struct rig *rig, const char *folder, const char *const *words, uint32_t n,
		  struct rig_step *out, char *err, size_t len)
{
	static const char *const before[] = {"at", "0s"};
	struct aside aside = put_aside(rig);
	const char **all = with(before, 2, words, n);
	int rc = all ? read_statement(rig, folder, all, n + 2, err, len) : -ENOMEM;

	if (!rc)
		*out = rig->step[0];
	free(all);
	put_back(rig, &aside);
	return rc;
}

int rig_read_capture(struct rig *rig, const char *folder, const char *const *words, uint32_t n,
		     struct rig_capture *out, char *err, size_t len)
{
	static const char *const before[] = {"capture"};
	struct aside aside = put_aside(rig);
	const char **all = with(before, 1, words, n);
	int rc = all ? read_statement(rig, folder, all, n + 1, err, len) : -ENOMEM;

	if (!rc)
		*out = rig->capture[0];
	free(all);
	put_back(rig, &aside);
	return rc;
}
