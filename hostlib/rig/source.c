// SPDX-License-Identifier: GPL-2.0
/* Files of a rig and errors in them; see source.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "source.h"
#include "text.h"

int rig_file_add(struct rig_private *t, const char *name, const char *text, size_t len,
		 uint32_t *out)
{
	struct rig_file *f;
	int rc;

	if (len > RIG_FILE_MAX)
		return -EFBIG;
	rc = rig_grow(&t->file, &t->nfiles, RIG_FILES_MAX, sizeof(*f));
	if (rc < 0)
		return rc;
	f = &t->file[t->nfiles - 1];
	f->parent = RIG_NONE;
	f->name = rig_copy_text(&t->pool, name, strlen(name));
	f->text = rig_copy_text(&t->pool, text, len);
	f->len = (uint32_t)len;
	*out = t->nfiles - 1;
	return f->name && f->text ? 0 : -ENOMEM;
}

/* All of fd, up to one byte more than a file may have. */
static int read_all(int fd, char **text, size_t *len)
{
	char *buf = malloc(RIG_FILE_MAX + 1);
	size_t used = 0;
	ssize_t n = 1;

	if (!buf)
		return -ENOMEM;
	while (n > 0 && used <= RIG_FILE_MAX) {
		n = read(fd, buf + used, RIG_FILE_MAX + 1 - used);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			used += (size_t)n;
	}
	if (n < 0 || used > RIG_FILE_MAX) {
		int rc = n < 0 ? -errno : -EFBIG;

		free(buf);
		return rc;
	}
	buf[used] = 0;
	*text = buf;
	*len = used;
	return 0;
}

static int open_file(const struct rig_files *files, const char *path, int flags)
{
	int fd = files ? files->open(files->arg, path) : open(path, O_RDONLY | O_CLOEXEC | flags);

	return fd < 0 && !files ? -errno : fd;
}

int rig_open(const struct rig *rig, const char *path)
{
	return open_file(rig->private->files, path, 0);
}

/* A file by its name, or standard input; *st tells which it is. */
static int read_path(const struct rig_files *files, const char *path, char **text, size_t *len,
		     struct stat *st)
{
	bool standard = strcmp(path, "-") == 0;
	/* A FIFO without a writer must not stop us: it is empty. One with a writer is waited for. */
	int fd = standard ? STDIN_FILENO : open_file(files, path, O_NONBLOCK);
	int rc;

	if (fd < 0)
		return fd;
	if (fstat(fd, st) < 0 || (!standard && fcntl(fd, F_SETFL, 0) < 0))
		rc = -errno;
	else if (S_ISDIR(st->st_mode))
		rc = -EISDIR;
	else
		rc = read_all(fd, text, len);
	if (!standard)
		close(fd);
	return rc;
}

int rig_read_file(const struct rig_files *files, const char *path, char **text, size_t *len)
{
	struct stat st;

	return read_path(files, path, text, len, &st);
}

int rig_file_read(struct rig_private *t, const char *path, uint32_t from, uint32_t line,
		  uint32_t *out)
{
	struct stat st = {0};
	char *text = NULL;
	size_t len;
	int rc = read_path(t->files, path, &text, &len, &st);

	if (rc < 0)
		return rc;
	rc = rig_file_add(t, strcmp(path, "-") ? path : "<stdin>", text, len, out);
	free(text);
	if (rc < 0)
		return rc;
	t->file[*out].parent = from;
	t->file[*out].parent_line = line;
	t->file[*out].device = st.st_dev;
	t->file[*out].inode = st.st_ino;
	return 0;
}

char *rig_file_beside(struct rig_private *t, uint32_t file, const char *path)
{
	const char *name = t->file[file].name, *slash = strrchr(name, '/');
	size_t folder = *path == '/' || !slash ? 0 : (size_t)(slash - name) + 1;
	size_t len = strlen(path);
	char *out = rig_alloc(&t->pool, folder + len + 1);

	if (!out)
		return NULL;
	memcpy(out, name, folder);
	memcpy(out + folder, path, len);
	return out;
}

static bool same_place(const struct rig_pos *a, const struct rig_pos *b)
{
	return a->file == b->file && a->line == b->line && a->column == b->column;
}

/* Another round of a repeat, or what follows from an error. */
static bool is_told(const struct rig_private *t, const struct rig_pos *pos)
{
	uint32_t i;

	for (i = 0; i < t->nerrors; i++)
		if (same_place(&t->error[i].pos, pos))
			return true;
	return false;
}

bool rig_error_told(const struct rig_private *t, const struct rig_pos *pos)
{
	return t->nerrors == RIG_ERRORS_MAX || is_told(t, pos);
}

int rig_error(struct rig_private *t, struct rig_pos pos, const char *fmt, ...)
{
	char text[600], visible[1200];
	struct rig_error *e;
	va_list ap;
	size_t n;

	if (is_told(t, &pos))
		return -EINVAL;
	if (t->nerrors == RIG_ERRORS_MAX) {
		t->more_errors++;
		return -EINVAL;
	}
	if (rig_grow(&t->error, &t->nerrors, RIG_ERRORS_MAX, sizeof(*e)) < 0) {
		t->no_memory = true;
		return -EINVAL;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text) - 80, fmt, ap);
	va_end(ap);
	n = strlen(text);
	if (t->note)
		n += (size_t)snprintf(text + n, 80, " (%.70s)", t->note);
	/* Texts may hold anything that a string of the rig held. */
	n = text_visible(visible, sizeof(visible), text, n, "");
	e = &t->error[t->nerrors - 1];
	e->pos = pos;
	e->text = rig_copy_text(&t->pool, visible, n);
	return -EINVAL;
}

static int by_place(const void *a, const void *b)
{
	const struct rig_pos *x = &((const struct rig_error *)a)->pos;
	const struct rig_pos *y = &((const struct rig_error *)b)->pos;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

void rig_errors_sort(struct rig_private *t)
{
	if (t->nerrors)
		qsort(t->error, t->nerrors, sizeof(*t->error), by_place);
}

uint32_t rig_errors(const struct rig *rig)
{
	return rig->private->nerrors + rig->private->more_errors;
}

const char *rig_error_text(const struct rig *rig, uint32_t n, struct rig_pos *pos)
{
	const struct rig_error *e;

	if (n >= rig->private->nerrors)
		return NULL;
	e = &rig->private->error[n];
	if (pos)
		*pos = e->pos;
	return e->text ? e->text : "no memory for the message";
}

const char *rig_file_name(const struct rig *rig, uint32_t file)
{
	return file < rig->private->nfiles ? rig->private->file[file].name : "?";
}

const char *rig_unknown_define(const struct rig *rig)
{
	return rig->private->unknown_define;
}

/* The line and a caret below; tabs stay tabs, so that it stands where the eye looks. */
static void print_line(const struct rig_file *f, const struct rig_pos *pos, FILE *out)
{
	const char *p = f->text, *end = f->text + f->len;
	char visible[4 * RIG_LINE_MAX + 1];
	uint32_t line, i, width;

	for (line = 1; line < pos->line && p; line++) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	if (!p || p == end)
		return;
	for (i = 0; p + i < end && p[i] != '\n' && i < RIG_LINE_MAX; i++)
		;
	width = i && p[i - 1] == '\r' ? i - 1 : i;
	text_visible(visible, sizeof(visible), p, width, "\t");
	fprintf(out, "    %s\n    ", visible);
	for (i = 0; i + 1 < pos->column && i < width; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			fputc(p[i] == '\t' ? '\t' : ' ', out);
	fputc('^', out);
	for (i = pos->column; i + 1 < pos->column + pos->length && i < width; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			fputc('~', out);
	fputc('\n', out);
}

static void print_name(const struct rig_file *f, const char *before, FILE *out)
{
	char visible[4096];

	text_visible(visible, sizeof(visible), f->name, strlen(f->name), "");
	fprintf(out, "%s%s", before, visible);
}

void rig_errors_print(const struct rig *rig, FILE *out)
{
	const struct rig_private *t = rig->private;
	uint32_t i;

	for (i = 0; i < t->nerrors; i++) {
		const struct rig_error *e = &t->error[i];
		const struct rig_file *f = &t->file[e->pos.file];

		print_name(f, "", out);
		fprintf(out, ":%u:%u: %s\n", e->pos.line, e->pos.column,
			e->text ? e->text : "no memory for the message");
		print_line(f, &e->pos, out);
		if (f->parent != RIG_NONE) {
			print_name(&t->file[f->parent], "    included at ", out);
			fprintf(out, ":%u\n", f->parent_line);
		}
	}
	if (t->more_errors) {
		print_name(&t->file[0], "", out);
		fprintf(out, ": %u more errors are not shown\n", t->more_errors);
	}
}
