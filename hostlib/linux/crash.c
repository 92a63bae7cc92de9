// SPDX-License-Identifier: GPL-2.0
/*
 * Crash reports; see crash.h. The guest kernel knows its own symbols, so its words hold a
 * readable backtrace. It may be broken or hostile: what it wrote is taken as text of a
 * bounded length. The report replaces the last one of the same name in one step; of guests
 * without a name the newest UNNAMED_KEPT are kept.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "crash.h"
#include "log.h"
#include "memfile.h"

#define UNNAMED_KEPT 8
#define UNNAMED_LOOK 128 /* at so many at most */

/* A report in the directory. */
struct report {
	struct timespec when;
	char name[NAME_MAX + 1];
};

int crash_make(void)
{
	return memfile_make_fixed("last-words", NL_CRASH_MAX);
}

/* A character of the guest kernel's, for somebody who reads it in a terminal. */
static char plain(char c)
{
	return isprint((unsigned char)c) || c == '\n' || c == '\t' ? c : '?';
}

char *crash_words(int fd)
{
	char *text = calloc(1, NL_CRASH_MAX + 1), *p;

	if (!text)
		return NULL;
	if (pread(fd, text, NL_CRASH_MAX, 0) < 0)
		text[0] = '\0';
	for (p = text; *p; p++)
		*p = plain(*p);
	return text;
}

/* The words of this process' command line, quoted where that is needed to read them. */
static void print_command(FILE *f)
{
	char buf[8192];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);
	const char *p;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	buf[n] = '\0';
	fputs("command:", f);
	for (p = buf; p < buf + n; p += strlen(p) + 1)
		fprintf(f, strpbrk(p, " \t\n") ? " '%s'" : " %s", p);
	fputc('\n', f);
}

static void print_head(FILE *f, const struct linux_ctx *ctx, const char *how)
{
	const struct pack_blob *b = pack_find(&ctx->pack, "version");
	char release[128] = "", when[64] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (b && b->length < sizeof(release) &&
	    pread(ctx->self_fd, release, b->length, (off_t)b->offset) > 0)
		release[strcspn(release, "\n")] = '\0';
	if (gmtime_r(&now, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	fprintf(f,
		"Crash of the guest '%s'\nend:     %s\ntime:    %s\nkernel:  %s\nmemory:  %llu "
		"MB\n",
		ctx->umid, how, when, release, (unsigned long long)ctx->opt.mem_bytes >> 20);
	print_command(f);
}

static int write_report(const char *path, const struct linux_ctx *ctx, const char *how,
			const char *words, const char *other)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), err;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	print_head(f, ctx, how);
	if (words && *words)
		fprintf(f,
			"\nLog of the guest kernel; registers and backtrace are at its end:\n\n%s",
			words);
	else
		fputs("\nThe guest kernel had no time for last words.\n", f);
	if (other && *other && !(words && *words)) {
		fputs("\nIt had told the loader:\n\n", f);
		for (; *other; other++)
			fputc(plain(*other), f);
	}
	err = ferror(f) ? -EIO : 0;
	return fclose(f) == 0 || err ? err : -errno;
}

/* guest-PID.crash and guest-PID-N.crash are of guests that nobody gave a name (umid.c). */
static int is_unnamed(const struct dirent *e)
{
	const char *p = e->d_name;

	if (strncmp(p, "guest-", 6) != 0)
		return 0;
	p += 6;
	return isdigit((unsigned char)*p) && strcmp(p + strspn(p, "0123456789-"), ".crash") == 0;
}

static int by_age(const void *a, const void *b)
{
	const struct report *x = a, *y = b;

	return x->when.tv_sec != y->when.tv_sec
		       ? (x->when.tv_sec > y->when.tv_sec) - (x->when.tv_sec < y->when.tv_sec)
		       : (x->when.tv_nsec > y->when.tv_nsec) - (x->when.tv_nsec < y->when.tv_nsec);
}

/* Each unnamed guest has a name of its own, so nothing else would take their reports away. */
static void remove_old(const char *path)
{
	static struct report report[UNNAMED_LOOK];
	char *slash, *dir = strdup(path);
	const struct dirent *e;
	unsigned int n = 0, i;
	struct stat st;
	DIR *d = NULL;

	slash = dir ? strrchr(dir, '/') : NULL;
	if (slash) {
		*slash = '\0';
		d = opendir(dir);
	}
	while (d && n < UNNAMED_LOOK && (e = readdir(d))) {
		if (!is_unnamed(e) || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		report[n].when = st.st_mtim;
		strcpy(report[n++].name, e->d_name); /* room for any */
	}
	qsort(report, n, sizeof(report[0]), by_age);
	for (i = 0; i + UNNAMED_KEPT < n; i++)
		unlinkat(dirfd(d), report[i].name, 0);
	if (d)
		closedir(d);
	free(dir);
}

char *crash_report(const struct linux_ctx *ctx, const char *how, const char *words,
		   const char *other)
{
	char *path = NULL, *part = NULL;
	int err = -ENOMEM;

	if (!ctx->run_dir[0])
		return NULL;
	if (asprintf(&path, "%s.crash", ctx->run_dir) < 0 || asprintf(&part, "%s.part", path) < 0)
		goto out;
	err = write_report(part, ctx, how, words, other);
	if (!err && rename(part, path) < 0)
		err = -errno;
	if (err)
		unlink(part);
	if (!err && !ctx->opt.umid)
		remove_old(path);
out:
	if (err) {
		log_warn("writing the crash report '%s' failed: %s; is the disk full?",
			 path ? path : ctx->run_dir, strerror(-err));
		free(path);
		path = NULL;
	}
	free(part);
	return path;
}
