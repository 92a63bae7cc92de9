// SPDX-License-Identifier: GPL-2.0
/* Sweeps: what is run next, and the end; see sweep.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "json.h"
#include "log.h"
#include "remove_tree.h"
#include "sweep_private.h"
#include "sweep_report.h"
#include "whole_file.h"

/* --- which run is next ------------------------------------------------------------ */

static void go_on(struct sweep *s)
{
	uint32_t i;

	for (i = 0; i < s->c.at_once && s->next < s->behind && !s->interrupts && !s->err; i++) {
		if (s->child[i].pid)
			continue;
		s->err = sweep_child_start(&s->child[i], s, s->next);
		if (s->err)
			log_err("a run cannot begin: %s", strerror(-s->err));
		else
			s->next++;
	}
	if (!s->running)
		loop_stop(s->loop);
}

static void remove_folder(const struct sweep *s, uint32_t run)
{
	char name[SWEEP_NAME_ROOM], path[PATH_MAX];

	sweep_plan_name(s->c.plan, run, name);
	snprintf(path, sizeof(path), "%s/%s", s->c.folder, name);
	remove_tree(path);
}

/*
 * The first run, in order, that did not pass ends the sweep: those behind it that were quicker, or are
 * under way, are as if they had never begun, so that the outcome does not depend on who was quick.
 */
static void stop_behind(struct sweep *s, uint32_t run)
{
	uint32_t i;

	if (run + 1 >= s->behind)
		return;
	s->behind = run + 1;
	for (i = s->behind; i < s->next; i++)
		if (s->table.result[i].state != SWEEP_NOT_RUN) {
			sweep_table_forget(&s->table, i);
			remove_folder(s, i);
		}
	for (i = 0; i < s->c.at_once; i++) {
		if (!s->child[i].pid || s->child[i].run < s->behind)
			continue;
		s->child[i].dropped = true;
		sweep_child_signal(&s->child[i], SIGTERM);
	}
}

/* Its results come in, and the folder goes if it is not to be kept. */
static int take_in(struct sweep *s, const struct sweep_child *child, int status)
{
	struct sweep_result *r = &s->table.result[child->run];
	char name[SWEEP_NAME_ROOM];
	int folder, err;

	sweep_plan_name(s->c.plan, child->run, name);
	folder = openat(s->c.folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	err = sweep_table_add(&s->table, child->run, status, folder, child->text);
	if (folder < 0)
		return err;
	if (s->c.keep_failed && r->state == SWEEP_PASSED)
		remove_folder(s, child->run);
	else
		r->report = faccessat(folder, "report.html", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	close(folder);
	return err;
}

void sweep_ended(struct sweep_child *child, int status)
{
	struct sweep *s = child->sweep;
	enum sweep_state state;

	if (child->dropped) {
		remove_folder(s, child->run);
	} else {
		if (s->interrupts && status < 0)
			status = 130; /* we did it */
		s->err = take_in(s, child, status);
		if (s->err)
			log_err("the results of a run cannot be taken in: %s", strerror(-s->err));
		state = s->table.result[child->run].state;
		sweep_progress_tell(s, child->run);
		if (s->c.stop && state != SWEEP_PASSED)
			stop_behind(s, child->run);
	}
	go_on(s);
}

/* Runs end in good order; at the second signal, or the third, at once. */
static void signalled(void *arg, int sig, int sender_pid)
{
	struct sweep *s = arg;
	uint32_t i;

	(void)sender_pid;
	s->interrupts++;
	if (s->shown)
		fputs("\r\033[K", stderr);
	s->shown = false;
	if (s->interrupts == 1)
		log_warn("signal %d: the sweep ends here", sig);
	for (i = 0; i < s->c.at_once; i++)
		sweep_child_signal(&s->child[i], s->interrupts > 1 ? SIGKILL : SIGINT);
	if (!s->running)
		loop_stop(s->loop);
}

/* --- the end -------------------------------------------------------------------------- */

static int csv(const void *r, FILE *out)
{
	return sweep_report_csv(r, out);
}

static int tap(const void *r, FILE *out)
{
	return sweep_report_tap(r, out);
}

static int manifest(const void *r, FILE *out)
{
	return sweep_report_json(r, out);
}

static int page(const void *r, FILE *out)
{
	return sweep_report_page(r, out);
}

/* Real time, kept apart from the rest. */
static int wall(const void *sweep, FILE *out)
{
	const struct sweep *s = sweep;
	char text[64];
	struct json j;
	uint32_t i;

	json_start(&j, out);
	json_open(&j, NULL, '{');
	rig_print_date(s->began_s, text);
	json_text(&j, "began", text);
	json_number(&j, "took_ns", loop_now_ns() - s->began_ns);
	json_number(&j, "at_once", s->c.at_once);
	json_open(&j, "runs_took_ns", '[');
	for (i = 0; i < s->c.plan->runs; i++)
		json_number(&j, NULL, s->took_ns[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	fputc('\n', out);
	return ferror(out) ? -EIO : 0;
}

static int write_all(const struct sweep *s)
{
	const struct sweep_report r = {&s->c, &s->table, s->interrupts > 0};
	const struct {
		const char *name;
		whole_file_fn *write;
		const void *what;
	} files[] = {
		{"sweep.csv", csv, &r},   {"verdicts.tap", tap, &r}, {"sweep.json", manifest, &r},
		{"index.html", page, &r}, {"wall.json", wall, s},
	};
	int err = 0;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files) && !err; i++)
		err = whole_file_write(s->c.folder_fd, files[i].name, files[i].write,
				       files[i].what);
	if (err)
		log_err("the results cannot be written to %s: %s", s->c.folder, strerror(-err));
	else
		sweep_report_text(&r, stdout);
	fflush(stdout);
	return err;
}

static int outcome(const struct sweep *s)
{
	const uint32_t *count = s->table.count;

	if (s->interrupts)
		return SWEEP_WAS_INTERRUPTED;
	if (count[SWEEP_BROKEN] || count[SWEEP_INTERRUPTED])
		return SWEEP_SOME_BROKEN;
	return count[SWEEP_FAILED] ? SWEEP_SOME_FAILED : SWEEP_ALL_PASSED;
}

static int begin(struct sweep *s)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, 0};
	int err = sweep_table_new(&s->table, s->c.plan);

	s->began_ns = loop_now_ns();
	s->began_s = (uint64_t)time(NULL);
	s->behind = s->c.plan->runs;
	s->loop = loop_new();
	s->child = calloc(s->c.at_once, sizeof(*s->child));
	s->took_ns = calloc(s->c.plan->runs, sizeof(*s->took_ns));
	if (!err && (!s->loop || !s->child || !s->took_ns))
		err = -ENOMEM;
	if (!err)
		err = loop_signals(s->loop, signals, signalled, s);
	if (err)
		log_err("the sweep cannot begin: %s", strerror(-err));
	sweep_cpus_find(&s->cpus);
	return err;
}

static void end(struct sweep *s)
{
	sweep_table_free(&s->table);
	loop_free(s->loop);
	free(s->child);
	free(s->took_ns);
	free(s);
}

int sweep_run(const struct sweep_config *config)
{
	struct sweep *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	s->c = *config;
	rc = begin(s);
	if (!rc) {
		sweep_progress_begin(s);
		go_on(s);
		if (s->running)
			rc = loop_run(s->loop);
		sweep_progress_end(s);
		rc = rc ? rc : sweep_table_finish(&s->table);
		rc = rc ? rc : write_all(s);
		rc = rc ? rc : s->err ? s->err : outcome(s);
	}
	end(s);
	return rc;
}
