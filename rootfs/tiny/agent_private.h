/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the agent share. */
#ifndef NESTLING_TINY_AGENT_PRIVATE_H
#define NESTLING_TINY_AGENT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "agent_wire.h"
#include "rtnl.h"

#define ENV_MAX 512 /* variables of a command */
#define DRAINS_MAX 64 /* pipes that background processes hold */
#define ANSWERS_MAX (AGENT_EXECS_MAX + 8) /* that wait; the host never asks for more */

/* The hidden card. */
struct card {
	int fd; /* packet socket, non-blocking */
	int ifindex;
	uint8_t mac[6];
};

/* An answer on its way, or waiting for its turn. */
struct answer {
	struct answer *next;
	uint32_t id;
	int32_t status;
	uint16_t flags;
	uint8_t *data; /* the body, or NULL: */
	int fd; /* a file that is the body; -1: none */
	struct agent_sender send;
};

/* The request whose body comes in. */
struct incoming {
	bool active;
	uint32_t id;
	uint8_t type;
	int status; /* of a body that is not wanted: the rest of it is passed over */
	uint64_t signals; /* for the command, when it has begun; bit 0: signal 1 */
	struct agent_receiver receive;
	uint8_t *data; /* but for PUT */
	int fd; /* PUT: the file below its temporary name; -1: none */
	uint32_t mode;
	char path[AGENT_PATH_MAX], temporary[AGENT_PATH_MAX + 32];
};

/* A command that runs. */
struct job {
	pid_t pid; /* 0: none */
	uint32_t id;
	int fd; /* its output; -1: at its end */
	uint8_t *output;
	size_t len, room;
	bool cut;
	bool stream; /* output is sent as it comes: */
	uint64_t sent, taken; /* bytes of it */
};

struct agent {
	struct card card;
	bool image; /* the root is a disk image with an init of its own */
	int signals; /* signalfd of SIGCHLD */
	uint32_t nonce, session; /* session 0: the host has not answered yet */
	bool hello, ack, up; /* to be sent */
	bool up_said, late;
	bool blocked; /* the card takes nothing now */
	uint64_t begun_ns, hello_ns, look_ns; /* when: start, next HELLO, next look at /proc */
	uint32_t ack_id, last_id;
	uint64_t ack_offset;
	struct incoming in;
	struct answer *answers, **answers_end;
	unsigned int nanswers;
	struct job jobs[AGENT_EXECS_MAX];
	int drains[DRAINS_MAX]; /* -1: free */
	char **env; /* what SETUP names */
	size_t nenv;
	uint8_t ending; /* AGENT_END or AGENT_REBOOT when its answer has gone */
	pid_t ending_pid;
	uint64_t end_ns; /* when the system is ended by force */
};

/* agent_card.c: takes the hidden card out of everybody's sight. 0 or -errno. */
int card_take(struct card *c);
/* Sends a header and len bytes. 0, -EAGAIN, or another -errno (the frame has gone nowhere). */
int card_send(const struct card *c, struct agent_frame *head, const void *data, size_t len);

/* agent_answer.c. data is the queue's; NULL with len 0, or with fd: a file of len bytes. */
void answer_add(struct agent *a, uint32_t id, int status, uint16_t flags, uint8_t *data, int fd,
		uint64_t len);
void answer_acked(struct agent *a, const struct agent_frame *f);
/* Sends what the card and the host take. */
void answers_send(struct agent *a);

/* agent_request.c: a piece of a request. */
void request_frame(struct agent *a, const struct agent_frame *f, const uint8_t *data);
/* A signal for a command, which may not be here as a whole yet. */
void request_signal(struct agent *a, const struct agent_frame *f);
/* Ends what has come in part. */
void request_drop(struct agent *a);

/* agent_file.c. 0 or -errno. */
int file_put_begin(struct incoming *in, const uint8_t *data, size_t len, size_t *head);
int file_put_more(struct incoming *in, const uint8_t *data, size_t len);
int file_put_end(struct incoming *in);
void file_put_drop(struct incoming *in);
void file_get(struct agent *a, uint32_t id, const uint8_t *data, size_t len);
/* Into a file of /proc, which is there or not. */
int file_write(const char *path, const char *text);

/* agent_exec.c */
void exec_begin(struct agent *a, uint32_t id, bool stream, const uint8_t *data, size_t len);
/* Whether more of its output is wanted now. */
bool exec_wants_output(const struct job *job);
/* Output of streams goes, as far as the card and the host take it. False: the card does not. */
bool exec_send(struct agent *a);
/* The host has taken output. */
void exec_taken(struct agent *a, const struct agent_frame *f);
/* A signal that there is, for all of a command; for none if there is no such command. */
void exec_signal(const struct agent *a, uint32_t id, int sig);
/* Output is there: of job n, or on pipe n that background processes hold. */
void exec_output(struct job *job);
void exec_drain(struct agent *a, unsigned int n);
/* Children have ended. */
void exec_reap(struct agent *a);
/* The orderly end that a->ending asks for. */
void exec_end(struct agent *a);
/* The system does not end by itself: it is ended without it. */
void exec_force_end(const struct agent *a);

/* agent_setup.c: does what the lines of text say; answers. */
void setup(struct agent *a, uint32_t id, char *text);

/* agent_up.c: whether the image's system is up. */
bool system_is_up(void);

/* agent_nat.c: what leaves by a card gets its address there. 0 or -errno. */
int nat_masquerade(int ifindex);

#endif
