// SPDX-License-Identifier: GPL-2.0
/* Runs of a sweep as processes: this program once more, as `uml_rig run`. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sweep_private.h"

/* Words of a command line, all of them copies. */
struct words {
	char **word;
	uint32_t count, room;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void add(struct words *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (w->count + 1 >= w->room || vasprintf(&w->word[w->count], fmt, ap) < 0) {
		w->failed = true;
		if (w->word)
			w->word[w->count] = NULL;
	} else {
		w->count++;
	}
	va_end(ap);
}

static void free_words(struct words *w)
{
	while (w->count)
		free(w->word[--w->count]);
	free(w->word);
}

/* The same that sweep_plan_replay() tells people. */
static void command(struct words *w, const struct sweep_config *c, uint32_t run)
{
	const struct sweep_plan *p = c->plan;
	uint32_t i, variables = sweep_plan_variables(p);
	char name[SWEEP_NAME_ROOM];

	w->room = 32 + 2 * (c->ndefines + variables);
	w->word = calloc(w->room, sizeof(*w->word));
	if (!w->word)
		w->room = 0;
	sweep_plan_name(p, run, name);
	for (i = 0; c->start && c->start[i]; i++)
		add(w, "%s", c->start[i]);
	if (!c->start)
		add(w, "uml_rig");
	add(w, "run");
	add(w, "-q");
	add(w, "-o");
	add(w, "%s/%s", c->folder, name);
	if (c->to_end)
		add(w, "--to-end");
	for (i = 0; i < c->ndefines; i++) {
		add(w, "-D");
		add(w, "%s=%s", c->define[i].name, c->define[i].value);
	}
	for (i = 0; i < variables; i++) {
		add(w, "-D");
		add(w, "%s=%s", p->axis[i].name, sweep_plan_value(p, run, i));
	}
	if (variables < p->naxes) {
		add(w, "--seed");
		add(w, "%s", sweep_plan_value(p, run, variables));
	}
	if (c->carried)
		return;
	add(w, "--");
	add(w, "%s", c->rig_file);
}

/*
 * In the new process. Its own group: a terminal's Ctrl-C goes to us, and we tell each. It ends in
 * good order if we die.
 */
static void become(char **words, pid_t parent, int cpu, int said)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	cpu_set_t set;
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(130);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(said, 2) < 0)
		_exit(4);
	execv("/proc/self/exe", words);
	dprintf(2, "/proc/self/exe cannot be run: %s\n", strerror(errno));
	_exit(4);
}

/* Takes what is there; what is beyond the room is read and left out. */
static void listen_to(struct loop_watch *w, short revents)
{
	struct sweep_child *child = w->arg;
	char more[512];
	ssize_t n;

	(void)revents;
	while ((n = read(w->fd, more, sizeof(more))) > 0) {
		size_t room = sizeof(child->text) - 1 - child->len, take = (size_t)n;

		take = take < room ? take : room;
		memcpy(child->text + child->len, more, take);
		child->len += take;
		child->text[child->len] = 0;
	}
	if (n == 0)
		loop_close(w);
}

static void ended(struct loop_watch *w, short revents)
{
	struct sweep_child *child = w->arg;
	struct sweep *s = child->sweep;
	int status;

	if (waitpid(child->pid, &status, WNOHANG) == 0)
		return;
	if (child->said.fd >= 0)
		listen_to(&child->said, revents);
	loop_close(&child->said);
	loop_close(w);
	sweep_cpus_give(&s->cpus, child->cpu);
	s->took_ns[child->run] = loop_now_ns() - child->began_ns;
	child->pid = 0;
	s->running--;
	sweep_ended(child, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

/* Watches a process that has begun. 0 or -errno; then it is none of ours any more. */
static int watch(struct sweep_child *child, int said)
{
	int fd = (int)syscall(SYS_pidfd_open, child->pid, 0), err;

	if (fd < 0)
		return -errno;
	err = loop_add(child->sweep->loop, &child->ended, fd, POLLIN, ended, child);
	if (err) {
		close(fd);
		return err;
	}
	err = loop_add(child->sweep->loop, &child->said, said, POLLIN, listen_to, child);
	if (err)
		loop_close(&child->ended);
	return err;
}

static int start(struct sweep_child *child, char **words, const int said[2])
{
	pid_t parent = getpid();
	int err;

	child->pid = fork();
	if (child->pid < 0)
		return -errno;
	if (child->pid == 0)
		become(words, parent, child->cpu, said[1]);
	err = watch(child, said[0]);
	if (err) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	return err;
}

int sweep_child_start(struct sweep_child *child, struct sweep *s, uint32_t run)
{
	bool spread = !s->c.real_time && s->c.at_once > 1;
	struct words words = {0};
	int said[2], err;

	*child = (struct sweep_child){
		.sweep = s,
		.run = run,
		.cpu = spread ? sweep_cpus_take(&s->cpus) : -1,
		.began_ns = loop_now_ns(),
		.ended.fd = -1,
		.said.fd = -1,
	};
	command(&words, &s->c, run);
	err = words.failed ? -ENOMEM : pipe2(said, O_CLOEXEC) < 0 ? -errno : 0;
	if (!err) {
		fcntl(said[0], F_SETFL, O_NONBLOCK);
		err = start(child, words.word, said);
		close(said[1]);
		if (err)
			close(said[0]);
	}
	free_words(&words);
	if (err) {
		child->pid = 0;
		sweep_cpus_give(&s->cpus, child->cpu);
		return err;
	}
	s->running++;
	return 0;
}

void sweep_child_signal(const struct sweep_child *child, int sig)
{
	if (child->pid)
		kill(child->pid, sig);
}
