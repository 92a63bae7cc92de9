// SPDX-License-Identifier: GPL-2.0
/*
 * The front of a packed rig: a static program, to which `uml_rig pack` appends the rest. It checks the
 * whole file, and then lists it, takes it apart, or starts the uml_rig in it.
 *
 * It must run anywhere, so it needs /proc, memory files (memfd_create) and nothing else, and it writes
 * nothing but what --extract is told to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "log.h"
#include "packed.h"

static int open_self(struct packed *p, const char *argv0)
{
	char why[BUNDLE_WHY];
	int err;

	p->fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (p->fd < 0) {
		log_err("%s cannot read itself: %s; is /proc mounted?", argv0, strerror(errno));
		return STATUS_TROUBLE;
	}
	err = bundle_open(&p->bundle, p->fd, why);
	if (!err) {
		err = bundle_verify(&p->bundle, why);
		if (!err)
			return STATUS_FINE;
		bundle_close(&p->bundle);
	}
	log_err("%s: %s; get the file once more", argv0, why);
	return STATUS_UNREADABLE;
}

static int help(const struct packed *p)
{
	const char *self = p->program;

	printf("%s: a network of guests in one file (Nestling)\n\n"
	       "  %s run [options]      boot it, take its steps, judge; results go to NAME.run, or "
	       "-o FOLDER\n"
	       "  %s up -d              boot it to work in; then console, exec, link, capture, "
	       "top, down\n"
	       "  %s sweep --seed 1..9  run it many times\n"
	       "  %s check | dump | graph | fmt | diff RUN RUN | help [STATEMENT]\n\n"
	       "  %s --list             what is inside\n"
	       "  %s --extract DIR      all of it into a folder: rig, images, programs\n"
	       "  %s --verify           check that nothing of it is damaged\n"
	       "  %s run --help         all options; they are those of uml_rig, without its "
	       "FILE\n\n"
	       "It is checked each time it is started, needs no installation, and writes only "
	       "where it is told.\n",
	       bundle_first(&p->bundle, BUNDLE_RIG)->name, self, self, self, self, self, self, self,
	       self);
	return STATUS_FINE;
}

static int verified(const struct packed *p)
{
	printf("%s: %u members, all as they were packed\n", p->program, p->bundle.count);
	return STATUS_FINE;
}

static int extract(const struct packed *p, int argc, char *argv[])
{
	if (argc == 3)
		return packed_extract(p, argv[2]);
	log_err("--extract takes the name of a folder; see %s --help", p->program);
	return STATUS_USAGE;
}

static int act(const struct packed *p, int argc, char *argv[])
{
	static const struct {
		const char *name;
		int (*run)(const struct packed *p);
	} own[] = {
		{"--help", help},
		{"-h", help},
		{"--list", packed_list},
		{"--verify", verified},
	};

	if (argc < 2)
		return help(p);
	if (strcmp(argv[1], "--extract") == 0)
		return extract(p, argc, argv);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		if (strcmp(argv[1], own[i].name) != 0)
			continue;
		if (argc == 2)
			return own[i].run(p);
		log_err("%s stands alone; see %s --help", argv[1], p->program);
		return STATUS_USAGE;
	}
	return packed_start(p, argc, argv);
}

/* What was printed must have arrived. */
static int end(int status)
{
	if ((fflush(stdout) == 0 && !ferror(stdout)) || status != STATUS_FINE)
		return status;
	log_err("standard output cannot be written: %s", strerror(errno));
	return STATUS_TROUBLE;
}

int main(int argc, char *argv[])
{
	struct packed p = {.program = argc ? argv[0] : "packed", .fd = -1};
	const char *slash = strrchr(p.program, '/');
	int status;

	log_init(slash ? slash + 1 : p.program);
	status = open_self(&p, p.program);
	if (status == STATUS_FINE) {
		status = act(&p, argc, argv);
		bundle_close(&p.bundle);
	}
	if (p.fd >= 0)
		close(p.fd);
	return end(status);
}
