// SPDX-License-Identifier: GPL-2.0
/* uml_rig sweep: the plan from the command line, all of it checked before anything runs. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "packed.h"
#include "sweep.h"
#include "uml_rig.h"

/* What is wrong with an option. */
static int bad_plan(const char *option, int rc, const struct rig_why *why)
{
	if (rc == -ENOMEM) {
		log_err("%s: out of memory", option);
		return EXIT_TROUBLE;
	}
	log_err("%s: %s", option, why->text);
	return EXIT_USAGE;
}

static int make_plan(const struct context *c, struct sweep_plan *plan)
{
	struct rig_why why = {""};
	uint32_t i;
	int rc;

	for (i = 0; i < c->varies; i++) {
		rc = sweep_plan_vary(plan, c->vary[i], &why);
		if (rc < 0)
			return bad_plan("--vary", rc, &why);
	}
	rc = c->seed ? sweep_plan_seed(plan, c->seed, &why) : 0;
	if (rc < 0)
		return bad_plan("--seed", rc, &why);
	for (i = 0; i < c->defines; i++) {
		if (!sweep_plan_varies(plan, c->define[i].name))
			continue;
		log_err("%s has both -D and --vary; leave one out", c->define[i].name);
		return EXIT_USAGE;
	}
	if (plan->naxes)
		return EXIT_FINE;
	log_err("sweep needs --vary NAME=VALUES or --seed VALUES, as in --seed 1..50");
	return EXIT_USAGE;
}

/* A definition that no `set` takes up came from -D or from --vary: which is said as it was typed. */
static void tell_unknown(const struct sweep_plan *plan, const char *path, const char *text)
{
	char name[RIG_NAME_MAX + 2];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text + 3, ":"), text + 3);
	if (sweep_plan_varies(plan, name))
		log_err("%s: --vary%s", path, text + 2);
	else
		log_err("%s: %s", path, text);
}

/* The rig with the values of a run, as `run` would load it. */
static int load_run(struct context *c, const struct sweep_plan *plan, uint32_t run,
		    struct rig **out)
{
	uint32_t variables = sweep_plan_variables(plan), own = c->defines;
	char label[SWEEP_LABEL_ROOM];
	int rc, status;

	*out = NULL;
	if (own + variables > DEFINES_MAX) {
		log_err("too many -D");
		return EXIT_USAGE;
	}
	sweep_plan_defines(plan, run, c->define + own);
	rc = rig_load_from(out, rig_place(c), c->argv[0], c->define, own + variables);
	if (rc == 0)
		return EXIT_FINE;
	if (*out && !rig_errors(*out) && rig_unknown_define(*out)) {
		tell_unknown(plan, c->argv[0], rig_unknown_define(*out));
		rig_free(*out);
		*out = NULL;
		return EXIT_USAGE;
	}
	rig_free(*out);
	c->defines = own + variables; /* once more, with all that is to be said */
	status = load(c, c->argv[0], out);
	c->defines = own;
	if (status == EXIT_ERRORS && variables) {
		sweep_plan_label(plan, run, variables, label);
		log_err("nothing was run: that is so with %s", label);
	}
	return status;
}

/* Every combination of variables, so that none turns out to be wrong after an hour. */
static int check_all(struct context *c, const struct sweep_plan *plan, struct rig **first)
{
	struct rig *rig;
	uint32_t run;
	int status = load_run(c, plan, 0, first);

	for (run = plan->seeds; run < plan->runs && status == EXIT_FINE; run += plan->seeds) {
		status = load_run(c, plan, run, &rig);
		rig_free(rig);
	}
	return status;
}

/* How many runs at once. */
static int take_jobs(const struct context *c, const struct rig *rig, uint32_t runs,
		     uint32_t *at_once)
{
	const struct rig_node *node = keeps_disk(rig);
	uint64_t n = node ? 1 : sweep_at_once(rig->real_time);
	struct rig_why why = {""};

	if (c->jobs && (rig_value_integer(c->jobs, SWEEP_AT_ONCE_MAX, &n, &why) < 0 || !n)) {
		log_err("-j %s: say how many runs at once, 1 to %d", c->jobs, SWEEP_AT_ONCE_MAX);
		return EXIT_USAGE;
	}
	if (node && n > 1) {
		log_err("-j %s: runs at once cannot share the disk that %s keeps in %s; leave out "
			"-j, or cow=",
			c->jobs, node->name, node->cow);
		return EXIT_USAGE;
	}
	if (node)
		log_warn("%s keeps its disk in %s: each run begins with what the last one left",
			 node->name, node->cow);
	*at_once = n < runs ? (uint32_t)n : runs;
	return EXIT_FINE;
}

/* What is there from another time would mix with ours, or seem to be ours. */
static int check_empty(int folder, const char *path)
{
	int fd = dup(folder), rc = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		rc = -errno;
		log_err("%s cannot be read: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (!rc && (d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			rc = -ENOTEMPTY;
	closedir(dir);
	if (rc)
		log_err("there is something in %s; remove it, or name another folder with -o",
			path);
	return rc;
}

/* What the rig's file is, as far as a look from outside tells. */
static struct stat look(const char *path)
{
	struct stat st = {0};

	if (stat(path, &st) < 0)
		st = (struct stat){0};
	return st;
}

/* Each run reads it anew: people go on editing while a long sweep is under way. */
static void warn_if_changed(const char *path, const struct stat *was)
{
	struct stat is = look(path);

	if (is.st_ino != was->st_ino || is.st_size != was->st_size ||
	    is.st_mtim.tv_sec != was->st_mtim.tv_sec || is.st_mtim.tv_nsec != was->st_mtim.tv_nsec)
		log_warn("%s was changed meanwhile: not all runs are of one rig; sweep again",
			 path);
}

static int sweep(struct context *c, struct sweep_config *config, struct rig *rig)
{
	static const int status[] = {
		[SWEEP_ALL_PASSED] = EXIT_FINE,
		[SWEEP_SOME_FAILED] = EXIT_ERRORS,
		[SWEEP_SOME_BROKEN] = EXIT_TROUBLE,
		[SWEEP_WAS_INTERRUPTED] = EXIT_INTERRUPTED,
	};
	char linux_path[PATH_MAX], folder[PATH_MAX];
	int rc;

	if (find_linux(c, linux_path, sizeof(linux_path)) < 0 || find_images(c, rig) < 0)
		return EXIT_TROUBLE;
	if (c->packed) {
		config->carried = true;
		config->start = packed_words(c->packed, c->program);
		if (!config->start)
			return EXIT_TROUBLE;
	}
	config->folder = folder;
	config->folder_fd = open_folder(c, config->rig_name, ".sweep", folder, sizeof(folder));
	if (config->folder_fd < 0)
		return EXIT_TROUBLE;
	rc = check_empty(config->folder_fd, folder);
	if (!rc)
		rc = sweep_run(config);
	close(config->folder_fd);
	return rc < 0 ? EXIT_TROUBLE : status[rc];
}

int cmd_sweep(struct context *c)
{
	struct sweep_plan plan = {.naxes = 0};
	struct sweep_config config = {
		.plan = &plan,
		.rig_file = c->argv[0],
		.define = c->define,
		.ndefines = c->defines,
		.program = c->program,
		.to_end = c->to_end,
		.keep_failed = c->keep_failed,
		.stop = c->stop,
		.quiet = c->quiet,
	};
	struct stat was = look(c->argv[0]);
	struct rig *rig = NULL;
	int rc;

	if (strcmp(c->argv[0], "-") == 0) {
		log_err("sweep reads the rig for each run, and standard input only once; name a "
			"file");
		return EXIT_USAGE;
	}
	rc = make_plan(c, &plan);
	if (rc == EXIT_FINE)
		rc = check_all(c, &plan, &rig);
	if (rc == EXIT_FINE)
		rc = take_jobs(c, rig, plan.runs, &config.at_once);
	if (rc == EXIT_FINE) {
		config.rig_name = rig->name;
		config.real_time = rig->real_time;
		config.seed = rig->seed;
		rc = sweep(c, &config, rig);
		warn_if_changed(c->argv[0], &was);
	}
	rig_free(rig);
	sweep_plan_free(&plan);
	return rc;
}
