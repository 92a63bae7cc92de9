// SPDX-License-Identifier: GPL-2.0
/*
 * The canonical form of a rig's text.
 *
 * Statement names take eight columns (`at` and `every` together with their time), words are one
 * blank apart, the inside of a repeat is indented by two. In a block of lines of one statement,
 * what follows the names of things stands in one column. Comments keep their text, continued
 * statements their lines; blank lines become one, and none at the beginning and the end. Words stay
 * as they are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lexer.h"

#define NAME_WIDTH 8
#define HEAD_MAX 48 /* longer heads are not aligned */
#define LEVELS_MAX 32 /* indented; deeper ones are an error for others to tell */

/* A line, short enough to keep all of a block. */
struct item {
	struct rig_raw *word;
	uint32_t words;
	struct rig_raw comment;
	uint32_t level;
	uint32_t head; /* columns of the words that are aligned; 0: this line is not */
};

struct format {
	FILE *out;
	struct rig_pool pool;
	struct item *block;
	uint32_t count;
	uint32_t level;
	bool written; /* something was */
	bool blank; /* a blank line is due before the next */
};

/* How many words behind the statement's name are aligned. */
static uint32_t head_words(const struct item *it)
{
	static const char *const one[] = {"node", "router", "lan", "image", "set", "at", "every"};
	uint32_t i;

	if (it->words > 2 && rig_raw_is(&it->word[0], "link"))
		return rig_raw_is(&it->word[2], "->") ? 3 : 2;
	for (i = 0; i < sizeof(one) / sizeof(*one); i++)
		if (rig_raw_is(&it->word[0], one[i]))
			return 1;
	return 0;
}

/* `at 10m  link ...`: the time stands beside the name, and both take its columns. */
static bool is_timed(const struct item *it)
{
	return rig_raw_is(&it->word[0], "at") || rig_raw_is(&it->word[0], "every");
}

static void measure(struct item *it)
{
	uint32_t n = head_words(it), i, width = 0;

	it->head = 0;
	if (!n || it->words <= n + 1 || it->word[it->words - 1].line != it->word[0].line)
		return;
	for (i = 1; i <= n; i++)
		width += it->word[i].len + 1;
	if (is_timed(it) && width + it->word[0].len + 1 < NAME_WIDTH)
		width = NAME_WIDTH - it->word[0].len - 1;
	if (width <= HEAD_MAX)
		it->head = width;
}

static void write_word(FILE *out, const struct rig_raw *w)
{
	if (w->len)
		fwrite(w->text, 1, w->len, out);
}

/* head: the column where what follows the head begins; 0: as it comes. */
static void write_item(FILE *out, const struct item *it, uint32_t head)
{
	uint32_t n = head_words(it), used = 0, i;

	fprintf(out, "%*s", (int)it->level * 2, "");
	for (i = 0; i < it->words; i++) {
		const struct rig_raw *w = &it->word[i];
		bool broken = i && w->line != it->word[i - 1].line;

		if (broken)
			fprintf(out, " \\\n%*s", (int)it->level * 2 + NAME_WIDTH, "");
		else if (i == 1 && it->word[0].len < NAME_WIDTH && !is_timed(it))
			fprintf(out, "%*s", NAME_WIDTH - (int)it->word[0].len, "");
		else if (i)
			fputc(' ', out);
		if (i == n + 1 && it->head && head > used)
			fprintf(out, "%*s", (int)(head - used), "");
		write_word(out, w);
		used += i ? w->len + 1 : 0;
	}
	if (it->comment.len && it->words)
		fputs("  ", out);
	write_word(out, &it->comment);
	fputc('\n', out);
}

/* Writes the block that was collected. */
static void flush(struct format *f)
{
	uint32_t head = 0, i;

	for (i = 0; i < f->count; i++)
		head = f->block[i].head > head ? f->block[i].head : head;
	for (i = 0; i < f->count; i++)
		write_item(f->out, &f->block[i], head);
	f->count = 0;
	rig_pool_reset(&f->pool);
}

static bool same_raw(const struct rig_raw *a, const struct rig_raw *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* Whether a line goes on with the block. */
static bool belongs(const struct format *f, const struct rig_line *l)
{
	const struct item *last = f->count ? &f->block[f->count - 1] : NULL;

	return !last || (last->words && l->words && last->level == f->level &&
			 same_raw(&last->word[0], &l->word[0]));
}

static int add(struct format *f, const struct rig_line *l)
{
	struct item *it;

	if (rig_grow(&f->block, &f->count, UINT32_MAX, sizeof(*it)) < 0)
		return -ENOMEM;
	it = &f->block[f->count - 1];
	it->words = l->words;
	it->comment = l->comment;
	it->level = f->level;
	it->word = rig_alloc(&f->pool, (l->words + 1) * sizeof(*it->word));
	if (!it->word)
		return -ENOMEM;
	memcpy(it->word, l->word, l->words * sizeof(*it->word));
	if (it->words)
		measure(it);
	return 0;
}

static int line(struct format *f, const struct rig_line *l)
{
	if (!l->words && !l->comment.len) {
		flush(f);
		f->blank = f->written;
		return 0;
	}
	if (l->words && rig_raw_is(&l->word[0], "end")) {
		flush(f);
		f->level -= f->level > 0;
	}
	if (!belongs(f, l))
		flush(f);
	if (f->blank)
		fputc('\n', f->out);
	f->blank = false;
	f->written = true;
	if (add(f, l) < 0)
		return -ENOMEM;
	if (l->words && rig_raw_is(&l->word[0], "repeat") && f->level < LEVELS_MAX) {
		flush(f);
		f->level++;
	}
	return 0;
}

static int format_lines(struct rig *r, uint32_t file, FILE *out)
{
	struct rig_line *l = malloc(sizeof(*l));
	struct format f = {.out = out};
	struct rig_lexer lexer;
	int rc = l ? 0 : -ENOMEM;

	rig_lexer_start(&lexer, r->private, file);
	while (rc == 0 && rig_lexer_next(&lexer, l))
		rc = line(&f, l);
	if (rc == 0)
		flush(&f);
	free(f.block);
	rig_pool_free(&f.pool);
	free(l);
	return rc;
}

int rig_format(struct rig **rig, const char *path, const char *text, size_t len, char **out,
	       size_t *out_len)
{
	struct rig *r = rig_new();
	uint32_t file;
	FILE *f = NULL;
	int rc = r ? rig_file_add(r->private, path, text, len, &file) : -ENOMEM;

	*out = NULL;
	*rig = r;
	if (rc == 0) {
		f = open_memstream(out, out_len);
		rc = f ? format_lines(r, file, f) : -ENOMEM;
	}
	if (f && fclose(f) != 0)
		rc = -ENOMEM;
	if (rc == 0 && r->private->no_memory)
		rc = -ENOMEM;
	if (rc == 0 && rig_errors(r))
		rc = -EINVAL;
	if (rc < 0) {
		free(*out);
		*out = NULL;
	}
	return rc;
}
