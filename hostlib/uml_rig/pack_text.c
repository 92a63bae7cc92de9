// SPDX-License-Identifier: GPL-2.0
/* -D values written into the text of a rig; see pack.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lexer.h"
#include "log.h"
#include "pack.h"

/* Where the text goes on, and what has been written of it. */
struct rewriting {
	const struct rig_define *define;
	uint32_t n;
	const char *from; /* not yet written */
	FILE *out;
};

/* A value as a word that stands for just it. */
static int write_value(FILE *out, const char *value)
{
	const char *p;

	for (p = value; *p; p++)
		if ((unsigned char)*p < ' ' && *p != '\n' && *p != '\t')
			return -EINVAL;
	if (!strchr(value, '\'') && !strpbrk(value, "\n\t")) {
		fprintf(out, "'%s'", value);
		return 0;
	}
	fputc('"', out);
	for (p = value; *p; p++) {
		if (strchr("\"\\$", *p))
			fputc('\\', out);
		if (*p == '\n' || *p == '\t')
			fputs(*p == '\n' ? "\\n" : "\\t", out);
		else
			fputc(*p, out);
	}
	fputc('"', out);
	return 0;
}

/* set NAME VALUE, where -D names it. */
static int rewrite_line(struct rewriting *w, const struct rig_line *l)
{
	const struct rig_raw *value = &l->word[2];
	int err;

	if (l->bad || l->words < 3 || !rig_raw_is(&l->word[0], "set"))
		return 0;
	/* Of several -D of a name, the last one counts. */
	for (uint32_t i = w->n; i-- > 0;) {
		if (!rig_raw_is(&l->word[1], w->define[i].name))
			continue;
		fwrite(w->from, 1, (size_t)(value->text - w->from), w->out);
		err = write_value(w->out, w->define[i].value);
		w->from = value->text + value->len;
		if (err)
			log_err("-D %s: the value has a control character, and cannot be written "
				"into a rig",
				w->define[i].name);
		return err;
	}
	return 0;
}

static int rewrite(struct rewriting *w, struct rig_private *texts, uint32_t file)
{
	struct rig_line *line = malloc(sizeof(*line));
	const struct rig_file *f = &texts->file[file];
	struct rig_lexer lexer;
	int err = line ? 0 : -ENOMEM;

	w->from = f->text;
	rig_lexer_start(&lexer, texts, file);
	while (!err && rig_lexer_next(&lexer, line))
		err = rewrite_line(w, line);
	free(line);
	if (!err)
		fwrite(w->from, 1, (size_t)(f->text + f->len - w->from), w->out);
	return err;
}

int pack_text(const char *text, size_t len, const struct rig_define *define, uint32_t n, char **out,
	      size_t *out_len)
{
	struct rewriting w = {.define = define, .n = n};
	struct rig *scratch = rig_new();
	uint32_t file;
	int err = scratch ? 0 : -ENOMEM;

	*out = NULL;
	w.out = open_memstream(out, out_len);
	if (!w.out)
		err = -ENOMEM;
	if (!err)
		err = rig_file_add(scratch->private, "text", text, len, &file);
	if (!err)
		err = rewrite(&w, scratch->private, file);
	rig_free(scratch);
	if (w.out && fclose(w.out) != 0 && !err)
		err = -ENOMEM;
	return err;
}
