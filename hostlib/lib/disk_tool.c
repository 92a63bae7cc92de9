// SPDX-License-Identifier: GPL-2.0
/* What the COW tools have in common: see disk_tool.h. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "disk_tool.h"
#include "text.h"
#if __has_include("version.h")
#include "version.h"
#endif
#ifndef NESTLING_VERSION
#define NESTLING_VERSION "0.1"
#endif

#define QUIET_MS 2000 /* shorter work shows nothing */
#define REDRAW_MS 200

/* A signal handler has no other way to tell. */
static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

void disk_tool_begin(struct disk_tool *t, const char *name)
{
	struct sigaction sa = {.sa_handler = on_signal};

	*t = (struct disk_tool){.name = name, .terminal = isatty(STDERR_FILENO)};
	clock_gettime(CLOCK_MONOTONIC, &t->begin);
	t->last = t->begin;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

static long ms_between(const struct timespec *a, const struct timespec *b)
{
	return (b->tv_sec - a->tv_sec) * 1000 + (b->tv_nsec - a->tv_nsec) / 1000000;
}

void disk_tool_bytes(uint64_t bytes, char out[static 24])
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double v = (double)bytes;
	int u = 0;

	for (; v >= 1024 && u < 6; u++)
		v /= 1024;
	snprintf(out, 24, u && v < 100 ? "%.1f %s" : "%.0f %s", v, units[u]);
}

int disk_tool_progress(void *tool, const char *what, uint64_t done, uint64_t total)
{
	struct disk_tool *t = tool;
	struct timespec now;
	char all[24];

	if (interrupted)
		return -EINTR;
	if (!t->terminal || t->quiet)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (ms_between(&t->begin, &now) < QUIET_MS || ms_between(&t->last, &now) < REDRAW_MS)
		return 0;
	t->last = now;
	t->shown = true;
	disk_tool_bytes(total, all);
	if (done > total)
		done = total;
	fprintf(stderr, "\r%s: %s, %2.0f%% of %s\033[K", t->name, what,
		total ? 100.0 * (double)done / (double)total : 100.0, all);
	return 0;
}

static void wipe(struct disk_tool *t)
{
	if (t->shown)
		fputs("\r\033[K", stderr);
	t->shown = false;
}

static void say(struct disk_tool *t, const char *after, const char *format, va_list ap)
{
	char line[DISK_MESSAGE_LEN];

	text_line(line, sizeof(line), format, ap);
	fprintf(stderr, "%s: %s%s\n", t->name, line, after);
}

void disk_tool_say(struct disk_tool *t, const char *format, ...)
{
	va_list ap;

	wipe(t);
	va_start(ap, format);
	say(t, "", format, ap);
	va_end(ap);
}

int disk_tool_end(struct disk_tool *t, int err, const char *error)
{
	wipe(t);
	if (err)
		disk_tool_say(t, "%s", error);
	if (!err && fflush(stdout))
		return DISK_EXIT_FAILED;
	if (err && interrupted)
		return DISK_EXIT_INTERRUPTED;
	return err ? DISK_EXIT_FAILED : DISK_EXIT_OK;
}

int disk_tool_open(struct disk_tool *t, struct disk *d, const char *cow, const char *backing,
		   unsigned int flags)
{
	struct disk_spec spec = {
		.path = cow,
		.backing = backing,
		.flags = flags | DISK_COW,
		.progress = disk_tool_progress,
		.user = t,
	};
	int err = disk_open(d, &spec);

	for (unsigned int i = 0; i < d->nwarnings && !t->quiet; i++)
		disk_tool_say(t, "%s", d->warning[i]);
	return err;
}

int disk_tool_usage(struct disk_tool *t, const char *format, ...)
{
	char help[64];
	va_list ap;

	snprintf(help, sizeof(help), "; see %s --help", t->name);
	va_start(ap, format);
	say(t, help, format, ap);
	va_end(ap);
	return DISK_EXIT_USAGE;
}

int disk_tool_bad_option(struct disk_tool *t, int answer, char **argv)
{
	if (answer == ':')
		return disk_tool_usage(t, "option %s needs a value", argv[optind - 1]);
	if (optopt)
		return disk_tool_usage(t, "unknown option -%c", optopt);
	return disk_tool_usage(t, "unknown option %s", argv[optind - 1]);
}

int disk_tool_option(struct disk_tool *t, int answer, char **argv, const char *usage)
{
	switch (answer) {
	case 'q':
		t->quiet = true;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return DISK_EXIT_OK;
	case 'V':
		disk_tool_version(t->name);
		return DISK_EXIT_OK;
	default:
		return disk_tool_bad_option(t, answer, argv);
	}
}

void disk_tool_version(const char *name)
{
	printf("%s (Nestling) %s\n", name, disk_tool_version_text());
}

const char *disk_tool_version_text(void)
{
	return NESTLING_VERSION;
}
