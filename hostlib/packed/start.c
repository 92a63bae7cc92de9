// SPDX-License-Identifier: GPL-2.0
/*
 * Starting the uml_rig in a packed rig.
 *
 * It is linked dynamically, and the host may have none of its libraries, nor an ld.so. So all of these
 * come along and are put into memory files; the ld.so is run, told to load the libraries by their
 * /proc/self/fd names before it looks for any (what is loaded is found by its SONAME), and to run the
 * program. Nothing is written anywhere, and nothing is left behind however it ends.
 *
 * uml_rig learns by its first word, --packed=, which descriptors are what: PACK:MEMBER=FD,..., where
 * PACK is the file itself and MEMBER a number in its directory (hostlib/uml_rig/packed.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "log.h"
#include "packed.h"

#define SELF_FD "/proc/self/fd/%d"
#define OWN_WORDS 9 /* in front of the user's */

/* Texts that grow, and what is started. */
struct start {
	const struct packed *p;
	int program, loader; /* -1: none */
	char *preload, *packed; /* of ld.so; of uml_rig */
};

__attribute__((format(printf, 2, 3))) static int append(char **text, const char *fmt, ...)
{
	char *more, *all;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&more, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	n = asprintf(&all, "%s%s", *text ? *text : "", more);
	free(more);
	if (n < 0)
		return -ENOMEM;
	free(*text);
	*text = all;
	return 0;
}

static bool is_needed(enum bundle_kind kind)
{
	return kind == BUNDLE_PROGRAM || kind == BUNDLE_LOADER || kind == BUNDLE_LIBRARY;
}

/* One member into memory, with a descriptor that outlasts exec. 0 or -errno. */
static int take(struct start *s, uint32_t i)
{
	const struct bundle_member *m = &s->p->bundle.member[i];
	int fd = bundle_take_memory(&s->p->bundle, m), err;

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETFD, 0) < 0)
		return -errno;
	if (m->kind == BUNDLE_PROGRAM)
		s->program = fd;
	if (m->kind == BUNDLE_LOADER)
		s->loader = fd;
	err = append(&s->packed, "%s%u=%d", strchr(s->packed, ':')[1] ? "," : "", i, fd);
	if (!err && m->kind == BUNDLE_LIBRARY)
		err = append(&s->preload, "%s" SELF_FD, s->preload ? ":" : "", fd);
	return err;
}

static int take_all(struct start *s)
{
	int err = append(&s->packed, "--packed=%d:", s->p->fd);

	if (!err && fcntl(s->p->fd, F_SETFD, 0) < 0)
		err = -errno;
	for (uint32_t i = 0; i < s->p->bundle.count && !err; i++)
		if (is_needed(s->p->bundle.member[i].kind))
			err = take(s, i);
	return err;
}

/* What the host says to its own ld.so is not meant for this one. */
static void clean_environment(void)
{
	static const char *const name[] = {"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT",
					   "LD_BIND_NOW", "GLIBC_TUNABLES"};

	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++)
		unsetenv(name[i]);
}

static int become(const struct start *s, int argc, char *argv[])
{
	char **word = calloc((size_t)argc + OWN_WORDS + 1, sizeof(*word));
	char program[32], first[32];
	int n = 0;

	if (!word)
		return -ENOMEM;
	snprintf(program, sizeof(program), SELF_FD, s->program);
	snprintf(first, sizeof(first), SELF_FD, s->loader >= 0 ? s->loader : s->program);
	if (s->loader >= 0) {
		word[n++] = "ld.so";
		word[n++] = "--inhibit-cache";
		word[n++] = "--argv0";
		word[n++] = argv[0];
		if (s->preload) {
			word[n++] = "--preload";
			word[n++] = s->preload;
		}
		word[n++] = program;
	} else {
		word[n++] = argv[0];
	}
	word[n++] = s->packed;
	memcpy(word + n, argv + 1, (size_t)argc * sizeof(*word));
	clean_environment();
	execv(first, word);
	free(word);
	return -errno;
}

int packed_start(const struct packed *p, int argc, char *argv[])
{
	struct start s = {.p = p, .program = -1, .loader = -1};
	int err = take_all(&s);

	if (!err)
		err = become(&s, argc, argv);
	log_err("the uml_rig in %s cannot be started: %s%s", p->program, strerror(-err),
		err == -EACCES ? "; the host forbids to run memory files (sysctl vm.memfd_noexec): "
				 "use --extract DIR, and DIR/bin/uml_rig"
			       : "");
	free(s.preload);
	free(s.packed);
	return STATUS_TROUBLE;
}
