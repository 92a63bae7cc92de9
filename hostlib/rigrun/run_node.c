// SPDX-License-Identifier: GPL-2.0
/* Guests of a run: their processes come and go. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "node.h"
#include "rng.h"
#include "run_private.h"

/* What work costs in virtual time: about what it costs the host. */
#define CALL_NS 250
#define FAULT_NS 500
#define LAST_WORDS_NS (5 * 1000000000ULL) /* real time */
#define COW_WAIT_MS 3000 /* real time, at most */

struct lane *run_node_lane(void *arg, uint32_t node)
{
	struct run *r = arg;

	return r->node[node].lane;
}

/* Nobody waits for it any more, and its ports are gone. */
static void let_go(struct run_node *n)
{
	struct run *r = n->run;

	n->state = NODE_OFF;
	agent_node_gone(r->agent, n->index);
	rig_net_node_gone(r->net, n->index);
	if (n->lane) {
		if (lane_forced_ns(n->lane))
			run_doubt(r, "a program computed for long without a system call");
		lane_remove(n->lane);
		n->lane = NULL;
	}
	loop_close(&n->ended);
	n->pid = 0;
}

/* The last line that it said, which tells why more often than not. */
static void last_words(const struct run_node *n, char *out, size_t len)
{
	const struct run *r = n->run;
	char name[RIG_NAME_MAX + 8], tail[512], *line;
	ssize_t got;
	int fd;

	*out = 0;
	snprintf(name, sizeof(name), "%s.log", r->rig->node[n->index].name);
	fd = openat(r->c.folder_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (lseek(fd, -(off_t)sizeof(tail) + 1, SEEK_END) < 0)
		lseek(fd, 0, SEEK_SET);
	got = read(fd, tail, sizeof(tail) - 1);
	close(fd);
	while (got > 0 && strchr("\r\n", tail[got - 1]))
		got--;
	tail[got > 0 ? got : 0] = 0;
	line = strrchr(tail, '\n');
	line = line ? line + 1 : tail;
	if (*line)
		snprintf(out, len, ": %.250s", line);
}

/* How it ended, for the time line and the user. */
static void tell_end(struct run_node *n)
{
	struct run *r = n->run;
	bool well = WIFEXITED(n->status) && WEXITSTATUS(n->status) == 0;
	enum record_kind kind = !well || !r->started ? RECORD_FAILURE
				: n->wanted_end      ? RECORD_ENDED
						     : RECORD_WARNING;
	const char *name = r->rig->node[n->index].name;
	char how[80] = "", words[300];

	if (WIFSIGNALED(n->status))
		snprintf(how, sizeof(how), " of signal %d", WTERMSIG(n->status));
	else if (!well)
		snprintf(how, sizeof(how), " with status %d", WEXITSTATUS(n->status));
	else if (!n->wanted_end)
		snprintf(how, sizeof(how), " by itself");
	if (!r->started)
		strcat(how, " before all nodes were up");
	record_event(r->record, run_now(r), kind, n->index, RIG_NONE, "%s ended%s%s%s%s", name, how,
		     kind == RECORD_FAILURE ? "; its console: " : "",
		     kind == RECORD_FAILURE ? name : "", kind == RECORD_FAILURE ? ".log" : "");
	if (kind != RECORD_FAILURE)
		return;
	last_words(n, words, sizeof(words));
	run_say(r, "%s ended%s; see %s/%s.log%s", name, how, r->c.folder, name, words);
}

/* The report of its kernel's crash, if there is one, goes to the folder of the run. */
static void keep_report(const struct run_node *n)
{
	const struct run *r = n->run;
	const char *name = r->rig->node[n->index].name;
	char from[PATH_MAX], to[RIG_NAME_MAX + 8], data[8192];
	ssize_t got;
	int in, out;

	node_report(r->scratch, name, from, sizeof(from));
	in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return;
	snprintf(to, sizeof(to), "%s.crash", name);
	out = openat(r->c.folder_fd, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	while (out >= 0 && (got = read(in, data, sizeof(data))) > 0)
		if (write(out, data, (size_t)got) != got)
			break;
	if (out >= 0)
		close(out);
	close(in);
	unlink(from);
}

static void no_last_words(struct loop_timer *t)
{
	struct run_node *n = t->arg;

	if (n->pid)
		kill(-n->pid, SIGKILL);
}

/* How it hangs is a matter of the host: nothing of this run can be relied on to come again. */
void run_node_hung(struct run_node *n)
{
	struct run *r = n->run;
	const char *name = r->rig->node[n->index].name;

	record_event(r->record, run_now(r), RECORD_FAILURE, n->index, RIG_NONE,
		     "%s hangs; its stack: %s.crash", name, name);
	run_say(r, "%s hangs at %.6f s; its stack will be in %s/%s.crash", name,
		(double)run_now(r) / 1e9, r->c.folder, name);
	run_doubt(r, "a guest hung");
	if (!n->pid)
		return;
	node_abort(n->pid);
	loop_timer_set(r->loop, &n->last_words, LAST_WORDS_NS, no_last_words, n);
}

void run_node_ended(struct run_node *n)
{
	struct run *r = n->run;
	bool again = n->reboots;
	int err = 0;

	run_console_drain(n);
	loop_timer_del(&n->last_words);
	keep_report(n);
	tell_end(n);
	let_go(n);
	n->reboots = n->wanted_end = false;
	if (!r->started)
		run_finish(r, "a node did not come up");
	else if (again)
		err = run_node_start(r, n->index);
	if (err)
		run_fail(r, err, r->rig->node[n->index].name);
	run_down_look(r);
}

static void process_ended(struct loop_watch *w, short revents)
{
	struct run_node *n = w->arg;

	(void)revents;
	if (waitpid(n->pid, &n->status, WNOHANG) == 0)
		return;
	loop_close(w);
	n->pid = 0;
	if (n->lane)
		lane_ended(n->lane);
	else
		run_node_ended(n);
}

/* The console's log goes on behind a restart. */
static int open_log(struct run_node *n)
{
	struct run *r = n->run;
	char name[RIG_NAME_MAX + 8];

	if (n->log_fd >= 0)
		return 0;
	snprintf(name, sizeof(name), "%s.log", r->rig->node[n->index].name);
	n->log_fd = openat(r->c.folder_fd, name,
			   O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	return n->log_fd < 0 ? -errno : 0;
}

static int make_lane(struct run_node *n)
{
	struct run *r = n->run;
	struct lane_config c = {
		.start_ns = calendar_now(r->cal),
		.call_ns = CALL_NS,
		.fault_ns = FAULT_NS,
		.arg = n,
	};
	char name[RIG_NAME_MAX + 32];
	struct rng rng;
	size_t i;

	/* Other numbers behind a restart. */
	snprintf(name, sizeof(name), "node %s %" PRIu64, r->rig->node[n->index].name, c.start_ns);
	rng_seed(&rng, r->rig->seed, name);
	for (i = 0; i < sizeof(c.seed); i += sizeof(uint64_t)) {
		uint64_t v = rng_next(&rng);

		memcpy(c.seed + i, &v, sizeof(v));
	}
	return lane_add(&n->lane, r->lanes, &c);
}

/* Where the guest writes what its image does not get. */
static int choose_cow(struct run_node *n)
{
	struct run *r = n->run;
	const struct rig_node *rn = &r->rig->node[n->index];

	if (rn->image == RIG_NONE || n->cow)
		return 0;
	if (rn->cow)
		n->cow = strdup(rn->cow);
	else if (asprintf(&n->cow, "%s/%s.cow", r->scratch, rn->name) < 0)
		n->cow = NULL;
	return n->cow ? 0 : -ENOMEM;
}

static int watch(struct run_node *n)
{
	int fd = (int)syscall(SYS_pidfd_open, n->pid, 0), err;

	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	err = loop_add(n->run->loop, &n->ended, fd, POLLIN, process_ended, n);
	if (err)
		close(fd);
	return err;
}

int run_node_start(struct run *r, uint32_t node)
{
	struct run_node *n = &r->node[node];
	struct node_words w = {
		.rig = r->rig,
		.node = node,
		.program = r->c.program,
		.sockets = r->scratch,
		.lane_fd = -1,
		.event_fd = -1,
	};
	int err = open_log(n);

	if (!err)
		err = choose_cow(n);
	if (!err && r->c.serve && !n->console)
		err = run_console_new(n);
	if (!err && r->lanes)
		err = make_lane(n);
	if (err)
		return err;
	w.cow = n->cow;
	w.console_fd = run_console_fd(n);
	if (n->lane) {
		w.lane_fd = lane_page_fd(n->lane);
		w.event_fd = lanes_event_fd(r->lanes);
	}
	agent_node_reset(r->agent, node);
	n->state = NODE_BOOTING;
	n->pid = node_start(&w, n->log_fd);
	if (n->pid < 0) {
		err = n->pid;
		n->pid = 0;
		let_go(n);
		return err;
	}
	return watch(n);
}

/*
 * The processes of a guest follow their first one in a moment of their own, and the last of them
 * lets the lock on the COW file go. A node that is switched on before that would find it in use.
 */
static void wait_for_cow(const struct run_node *n)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	struct flock lock = {.l_whence = SEEK_SET};
	int fd = n->cow ? open(n->cow, O_RDWR | O_CLOEXEC) : -1;
	unsigned int i;

	for (i = 0; fd >= 0 && i < COW_WAIT_MS; i++) {
		lock.l_type = F_WRLCK;
		lock.l_pid = 0;
		if (fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
			break;
		nanosleep(&moment, NULL);
	}
	if (fd >= 0)
		close(fd);
}

/* Kills it and all that belongs to it, and waits. */
static void kill_now(struct run_node *n)
{
	loop_timer_del(&n->last_words);
	if (n->pid) {
		kill(-n->pid, SIGKILL);
		kill(n->pid, SIGKILL);
		waitpid(n->pid, NULL, 0);
		wait_for_cow(n);
	}
	if (n->pid || n->lane)
		let_go(n);
}

void run_node_crash(struct run *r, uint32_t node)
{
	struct run_node *n = &r->node[node];

	kill_now(n);
	n->reboots = n->wanted_end = false;
}

void run_node_pause(struct run *r, uint32_t node, bool on)
{
	struct run_node *n = &r->node[node];

	if (n->lane)
		lane_pause(n->lane, on);
	else if (n->pid)
		node_stop(n->pid, on);
}

void run_nodes_kill(struct run *r)
{
	uint32_t i;

	for (i = 0; r->node && i < r->rig->nnodes; i++)
		kill_now(&r->node[i]);
}

void run_nodes_free(struct run *r)
{
	uint32_t i;

	for (i = 0; r->node && i < r->rig->nnodes; i++) {
		struct run_node *n = &r->node[i];

		run_console_free(n);
		if (n->log_fd >= 0)
			close(n->log_fd);
		if (n->cow && !r->rig->node[i].cow)
			unlink(n->cow);
		free(n->cow);
	}
	free(r->node);
	r->node = NULL;
}
