/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the agent's host side share. */
#ifndef NESTLING_RIGRUN_AGENT_PRIVATE_H
#define NESTLING_RIGRUN_AGENT_PRIVATE_H

#include "agent.h"
#include "agent_wire.h"

struct request {
	struct request *next; /* in the one list that holds it */
	uint32_t id; /* 0: not sent yet */
	uint8_t type; /* AGENT_SETUP, ... */
	agent_done_fn done;
	void *arg;
	/* What goes: head, then the file. */
	struct agent_sender send;
	uint8_t *head;
	size_t head_len;
	int in_fd; /* -1: none */
	/* What comes: to output, or to the file. */
	struct agent_receiver receive;
	uint64_t max; /* bytes of it that are taken */
	uint8_t *output; /* NULL: none yet; otherwise with room for a zero byte at the end */
	int out_fd; /* -1: none */
	/* STREAM: output that the owner has not been told yet, and how much there was in all. */
	agent_output_fn on_output;
	uint8_t *stream; /* room for AGENT_WINDOW chunks */
	size_t stream_len;
	uint64_t streamed;
	int error; /* of ours, writing out_fd */
	int status;
	bool cut;
};

struct request_list {
	struct request *first, **end;
	unsigned int n;
};

enum node_state {
	NODE_NONE, /* never added */
	NODE_GONE,
	NODE_WAITING, /* its guest may start */
	NODE_WELCOMED, /* the agent runs */
	NODE_UP
};

struct node {
	enum node_state state;
	uint32_t session; /* of the guest's present life; 0: none yet */
	uint32_t nonce; /* what its HELLO said */
	uint32_t last_id;
	bool dirty; /* there is something to do */
	bool welcome; /* to be sent */
	bool tell_up, late; /* to be told to the owner */
	bool ack; /* to be sent: */
	uint32_t ack_id;
	uint64_t ack_offset;
	struct request_list waiting; /* not sent */
	struct request_list active; /* sent, or being sent */
	struct request_list ended; /* done() is to be called */
	struct request *sending; /* the active one whose body is under way */
};

/* What the nodes are reached by: the switch, or a test. */
struct agent_way {
	/* Sends a frame, header and len bytes, to a node. */
	void (*send)(struct agent *a, unsigned int node, struct agent_frame *head, const void *data,
		     uint32_t len);
	/* agent_work() is wanted, but not from in here. */
	void (*wake)(struct agent *a);
};

struct agent {
	const struct agent_way *way;
	void *way_arg; /* the way's own */
	struct agent_events events;
	void *arg; /* for events */
	unsigned int dirty_first, dirty_end; /* nodes outside of it are not dirty */
	bool awake; /* wake() was called */
	struct node node[AGENT_NODES_MAX];
	uint8_t chunk[AGENT_CHUNK]; /* of a file, on its way out */
};

/* agent_node.c */
/* A frame of a node, of len bytes, as it has sent it. Calls wake() at most. */
void agent_receive(struct agent *a, unsigned int node, const uint8_t *frame, size_t len);
/* Calls back and sends what is due. */
void agent_work(struct agent *a);
/* There is something to do for the node. */
void agent_dirty(struct agent *a, unsigned int node);
/* Its guest's life is over: its requests end, and done() is called. */
void agent_node_lost(struct agent *a, unsigned int node, enum node_state state);

/* agent_request.c */
void request_list_init(struct request_list *l);
void request_append(struct request_list *l, struct request *r);
void request_prepend(struct request_list *l, struct request *r);
void request_unlink(struct request_list *l, struct request *r);
/* Whether it is a command, of either type. */
bool request_is_command(const struct request *r);
struct request *request_find(const struct request_list *l, uint32_t id);
void request_free(struct request *r);
void request_list_free(struct request_list *l);
/* Output of a stream. Whether it is what comes next. */
bool request_output(struct request *r, const struct agent_frame *f, const uint8_t *data);
/* Offers it to the owner. Whether there was some and it was taken. */
bool request_tell_output(struct request *r);
/* Calls done(), with the rest of a stream, and frees it. */
void request_finish(unsigned int node, struct request *r);
/* The chunk at send.sent: a pointer to it, or NULL, when the file has become shorter. */
const uint8_t *request_chunk(const struct request *r, uint8_t *buf, uint32_t len);
/*
 * A piece of the answer to it. 1: the answer is whole, r->status says what it was; 0: more comes;
 * -EAGAIN: it is not the piece that is expected.
 */
int request_answer(struct request *r, const struct agent_frame *f, const uint8_t *data);

#endif
