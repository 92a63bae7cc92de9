/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the runner share: run.c (beginning and end), run_clock.c (time), run_node.c
 * (guests), run_boot.c (what a node gets when it is up), run_ask.c (requests), run_step.c (steps),
 * run_sample.c (samples), run_end.c (results), run_facts.c (what it was made of), run_progress.c;
 * of a network that stays up: run_serve.c, run_client.c (who works in it), run_console.c (terminals),
 * run_figures.c (how it is doing).
 */
#ifndef NESTLING_RIGRUN_RUN_PRIVATE_H
#define NESTLING_RIGRUN_RUN_PRIVATE_H

#include <sys/types.h>
#include "agent.h"
#include "judge.h"
#include "lane.h"
#include "loop.h"
#include "net.h"
#include "record.h"
#include "results.h"
#include "run.h"

#define RUN_DOUBTS_MAX 8

/* Sources of the runner's events in the calendar: after what links do at the same moment. */
#define RUN_SOURCE 0xf0000000U

struct run;
struct run_console;
struct run_client;

enum node_state {
	NODE_OFF,
	NODE_BOOTING, /* its agent has not called, or its system is not up */
	NODE_SETTING_UP, /* addresses, files, run= */
	NODE_UP,
	NODE_ENDING, /* it was asked to */
};

struct run_node {
	struct run *run;
	uint32_t index;
	enum node_state state;
	pid_t pid; /* 0: none, or it has ended */
	int status; /* with which it has ended */
	struct loop_watch ended; /* its pidfd */
	struct lane *lane;
	int log_fd;
	bool reboots; /* it is started again when it has ended */
	bool wanted_end; /* by a step */
	struct loop_timer last_words; /* it hangs: so long it may take to say where */
	/* While it is set up (run_boot.c): the next thing, and the one that it was given last. */
	uint32_t at;
	const char *doing, *command; /* for people; NULL: no command of the rig's */
	struct run_console *console; /* NULL: its output goes to the log, and nobody types */
	char *cow; /* what it writes, in our scratch folder; NULL: no image, or its own */
};

struct run_sampler {
	struct run *run;
	uint32_t index; /* of rig->sample[] */
	struct event event;
	bool waits; /* for the command */
};

struct run {
	struct run_config c;
	const struct rig *rig;
	struct loop *loop;
	struct calendar *cal;
	struct lanes *lanes; /* NULL: real time */
	struct loop_timer tick; /* real time: the calendar's next event */
	struct rig_net *net;
	struct agent *agent;
	struct record *record;
	struct judge *judge;
	struct run_node *node;
	struct run_sampler *sampler;
	struct event step, look,
		end; /* the next step; figures that a verdict needs; the end, of the boot at first */
	uint32_t next_step;
	uint32_t pending; /* commands of steps that have not ended */
	char scratch[64]; /* folder for sockets and COW files; "" */
	uint64_t t0; /* calendar's time when all were up */
	bool started; /* t0 is known */
	bool ending, interrupted;
	const char *why; /* it ended */
	int err;
	const char *doubt[RUN_DOUBTS_MAX];
	uint32_t ndoubts;
	uint64_t began_ns, began_s; /* real time */
	struct loop_timer progress;
	bool terminal; /* progress rewrites its line */
	bool shown; /* there is a line of progress */
	/* A network that stays up. */
	struct loop_watch listening;
	struct run_client *clients;
	struct loop_timer flush; /* of captures */
	struct loop_timer patience; /* with nodes that are to end */
	bool down; /* they have been asked to */
};

/* run_clock.c */
int run_clock_new(struct run *r);
void run_clock_free(struct run *r);
/* Time since the start; 0 before. */
uint64_t run_now(const struct run *r);
/* From now on time goes by. */
void run_clock_go(struct run *r);
/* Behind changes of the calendar from without it (real time). */
void run_clock_set(struct run *r);
extern const struct lanes_ops run_lanes_ops;

/* run_node.c. 0 or -errno. */
int run_node_start(struct run *r, uint32_t node);
/* Its process has ended; in virtual time where all wait. */
void run_node_ended(struct run_node *n);
/* It does not wait any more, though all wait for it: it is made to say where it is, and ends. */
void run_node_hung(struct run_node *n);
/* The power is cut. */
void run_node_crash(struct run *r, uint32_t node);
void run_node_pause(struct run *r, uint32_t node, bool on);
struct lane *run_node_lane(void *arg, uint32_t node);
/* All end now. */
void run_nodes_kill(struct run *r);
void run_nodes_free(struct run *r);

/* run_boot.c */
/* Time goes by until all are up, or too long. */
void run_boot_begin(struct run *r);
void run_node_called(void *arg, uint32_t node, bool late);
/* A node is up, or will never be: the run begins when that holds for all. */
void run_look_whether_up(struct run *r);

/* run_ask.c */
/* A file of the host's into a node. 0 or -errno; done is called if and only if 0 is returned. */
int run_put(struct run *r, uint32_t node, const struct rig_copy *copy, agent_done_fn done,
	    void *arg);
/* A command that came to its end goes into the record. */
void run_record(struct run *r, uint32_t node, const char *label, const char *command,
		const struct agent_result *result);

/*
 * run_step.c. What becomes of a step: why it could not be done, NULL: it is done. Called once, soon
 * or later.
 */
typedef void (*run_told_fn)(void *arg, const char *why);
/* Takes a step now. told NULL: trouble goes into the record. */
void run_take(struct run *r, const struct rig_step *s, run_told_fn told, void *arg);
/* run_step.c, run_sample.c: begin at the start of the run. */
void run_steps_begin(struct run *r);
int run_samples_begin(struct run *r);
/* Figures of the links that open verdicts are about. */
void run_look(struct run *r);

/* run_end.c */
/* The run is over; why is a word for people. */
void run_finish(struct run *r, const char *why);
/* It can go on no more: -errno, said once. */
void run_fail(struct run *r, int err, const char *what);
/* Judges what is new; the run may be over. */
void run_judge(struct run *r);
/* Results, and the verdicts on standard output. An enum run_result or -errno. */
int run_results(struct run *r);
void run_doubt(struct run *r, const char *why);

/* run_serve.c: does nothing for a run that is not to stay up. 0 or -errno. */
int run_serve_begin(struct run *r);
/* All who are there are told that it is over. */
void run_serve_end(struct run *r);
/* The network shall end. */
void run_down(struct run *r);
/* A node has ended, or is up. */
void run_down_look(struct run *r);

/* run_console.c */
struct run_console_user {
	struct run_console_user *next;
	/* Must not leave or join. */
	void (*output)(struct run_console_user *u, const char *data, size_t len);
	void *arg;
};
/* n->console. 0 or -errno. */
int run_console_new(struct run_node *n);
void run_console_free(struct run_node *n);
/* What the guest gets as its terminal; -1: it has none. */
int run_console_fd(const struct run_node *n);
/* What has been printed goes to the log now. */
void run_console_drain(struct run_node *n);
/* The last of what was printed comes at once. */
void run_console_join(struct run_node *n, struct run_console_user *u);
void run_console_leave(struct run_node *n, struct run_console_user *u);
void run_console_type(struct run_node *n, const char *data, size_t len);
void run_console_size(struct run_node *n, unsigned int rows, unsigned int columns);

/* run_figures.c: lines of text, to be freed; NULL without memory. */
char *run_figures(const struct run *r, size_t *len);

/* run_progress.c */
void run_progress_begin(struct run *r);
void run_progress_end(struct run *r);
/* A line for the user, above the progress. */
void run_say(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
