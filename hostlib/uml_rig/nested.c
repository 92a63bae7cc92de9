// SPDX-License-Identifier: GPL-2.0
/*
 * uml_rig run --nested: the whole run inside one guest. That is uml_run with this program as its
 * command: it sees the host's files, and what it writes to the run's folder stays.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "log.h"
#include "packed.h"
#include "uml_rig.h"

#define WORDS_MAX (DEFINES_MAX * 2 + 40)
#define SYSTEM_BYTES \
	(512ULL << 20) /* of the guest around it, and of what its guests write to disks */

struct words {
	char *word[WORDS_MAX + 1];
	size_t n;
	bool lost; /* memory was short */
};

static void add(struct words *w, const char *text)
{
	char *copy = w->n < WORDS_MAX ? strdup(text) : NULL;

	if (copy)
		w->word[w->n++] = copy;
	else
		w->lost = true;
}

static void add_pair(struct words *w, const char *option, const char *value)
{
	if (!value)
		return;
	add(w, option);
	add(w, value);
}

static void add_define(struct words *w, const struct rig_define *d)
{
	char *text = NULL;

	if (asprintf(&text, "%s=%s", d->name, d->value) < 0)
		text = NULL;
	add_pair(w, "-D", text);
	w->lost |= !text;
	free(text);
}

/* All nodes may be up at once, each with kernel and helpers of its own. */
static void add_memory(struct words *w, const struct rig *rig)
{
	uint64_t bytes = SYSTEM_BYTES;
	char text[32];
	uint32_t i;

	for (i = 0; i < rig->nnodes; i++)
		bytes += rig->node[i].mem_bytes + rig->node[i].mem_bytes / 4;
	snprintf(text, sizeof(text), "%lluM", (unsigned long long)(bytes >> 20));
	add_pair(w, "--mem", text);
}

static void add_run(struct words *w, const struct context *c, const char *self, const char *folder)
{
	uint32_t i;

	add(w, self);
	add(w, "run");
	if (c->quiet)
		add(w, "-q");
	if (c->to_end)
		add(w, "--to-end");
	if (c->sequential)
		add(w, "--sequential");
	if (c->parallel)
		add(w, "--parallel");
	add_pair(w, "--seed", c->seed);
	add_pair(w, "--patience", c->patience);
	for (i = 0; i < c->defines; i++)
		add_define(w, &c->define[i]);
	add_pair(w, "-o", folder);
	if (c->packed)
		return; /* the rig is in the program */
	add(w, "--");
	add(w, c->argv[0]);
}

/* What could not be done inside, or be lost there. */
int check_nested(const struct context *c, const struct rig *rig)
{
	const struct rig_node *node = keeps_disk(rig);

	if (strcmp(c->argv[0], "-") == 0) {
		log_err("--nested reads the rig again inside the guest; name a file");
		return EXIT_USAGE;
	}
	if (node) {
		log_err("--nested: what %s keeps in %s would be lost with the guest; leave out "
			"cow=, or "
			"--nested",
			node->name, node->cow);
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

/* This program, or the packed rig that it is in. 0 or -errno, said. */
static int find_self(const struct context *c, char *out, size_t len)
{
	ssize_t n;

	if (c->packed)
		return packed_file(c->packed, out, len);
	n = readlink("/proc/self/exe", out, len - 1);
	if (n < 0) {
		log_err("/proc/self/exe: %s", strerror(errno));
		return -errno;
	}
	out[n] = 0;
	return 0;
}

int run_nested(const struct context *c, const struct rig *rig, const char *program,
	       const char *folder)
{
	char self[PATH_MAX], inside[PATH_MAX];
	struct words w = {.n = 0};

	if (find_self(c, self, sizeof(self)) < 0)
		return EXIT_TROUBLE;
	if (!realpath(folder, inside)) {
		log_err("%s: %s", folder, strerror(errno));
		return EXIT_TROUBLE;
	}
	add(&w, "uml_run");
	add_pair(&w, "--rw", inside);
	add_memory(&w, rig);
	if (rig->nnats)
		add_pair(&w, "--net", "nat");
	if (!c->packed)
		add_pair(&w, "--env", "NESTLING_LINUX");
	add_pair(&w, "--env", "TMPDIR=/tmp");
	add(&w, "--");
	add_run(&w, c, self, inside);
	errno = ENOMEM;
	if (!w.lost) {
		setenv("NESTLING_LINUX", program, 1);
		execv(program, w.word);
	}
	log_err("%s: %s", program, strerror(errno));
	while (w.n)
		free(w.word[--w.n]);
	return EXIT_TROUBLE;
}
