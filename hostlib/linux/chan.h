/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channels: what stands at the host's end of a console line. A backend opens what
 * the operator named, moves bytes without ever blocking, and tells its line when a
 * peer comes (attached) or goes. The line owns buffers, polling and the guest's end.
 */
#ifndef NESTLING_CHAN_H
#define NESTLING_CHAN_H

#include <stdbool.h>
#include <sys/types.h>
#include "console_spec.h"
#include "loop.h"

struct chan;

/* What all channels of a loader share. */
struct chan_env {
	struct loop *loop;
	const char *run_dir; /* private directory for sockets */
	const char *umid; /* for window titles */
	const char *emulator, *title_switch, *exec_switch; /* xterm= */
	struct chan_listener *listeners; /* of chan_port.c */
	bool running; /* the guest runs: names come from mconsole, descriptors are the loader's */
};

/* How a line hears of its channel. */
struct chan_events {
	void (*attached)(void *arg); /* rfd and wfd are good now */
	void (*left)(void *arg); /* the peer has gone */
	void (*resized)(void *arg); /* another window size, or readiness to write */
};

/* What the line does when the peer goes. */
enum chan_leave {
	CHAN_LEAVE_KEEP, /* keep the session for the next peer */
	CHAN_LEAVE_HANGUP, /* hang the guest's line up */
	CHAN_LEAVE_END, /* end the guest */
};

struct chan_ops {
	/* Checks and takes what the operator named, before anything boots. 0 or -errno, why. */
	int (*open)(struct chan *c, const struct chan_spec *spec, char why[CONSOLE_WHY_LEN]);
	/* The loop runs from now on: raw mode, first attachment. 0 or -errno, why. NULL: none. */
	int (*start)(struct chan *c, char why[CONSOLE_WHY_LEN]);
	/* Bytes read; 0: no more input ever; -EAGAIN; -EPIPE: the peer has gone. */
	ssize_t (*read)(struct chan *c, void *buf, size_t n);
	/* Bytes taken; -EAGAIN; -EPIPE. May be called with n = 0 to send what is pending. */
	ssize_t (*write)(struct chan *c, const void *buf, size_t n);
	/* The guest wrote and nobody is attached. NULL: nothing can be done. */
	void (*demand)(struct chan *c);
	/* Drops the peer. NULL: rfd and wfd are just forgotten. */
	void (*detach)(struct chan *c);
	/* Size of the peer's window. NULL: not known. */
	void (*size)(struct chan *c, uint16_t *rows, uint16_t *cols);
	/* Gives everything back; private data too. */
	void (*close)(struct chan *c);
};

struct chan {
	const struct chan_ops *ops;
	struct chan_env *env;
	const struct chan_events *events;
	void *arg; /* of events */
	void *priv; /* of the backend */
	char line[16]; /* "con1", for messages and titles */
	char where[CONSOLE_SPEC_LEN]; /* what it is, for config: "pts:/dev/pts/3" */
	char announce[CONSOLE_SPEC_LEN]; /* to be told to the user at start, "" = nothing */
	int rfd, wfd; /* to be polled, -1: cannot now */
	bool in, out; /* directions that are used */
	bool attached; /* somebody is there */
	int write_error; /* errno behind a write that gave -EPIPE, where the backend knows */
	bool pending; /* bytes of the backend's own wait for wfd */
	bool terminal; /* a terminal with a person: escape key, window size */
	bool by_name; /* the operator named this very line, not the whole family */
	enum chan_leave leave;
};

/*
 * Makes the channel that spec describes, for one direction or both. NULL with why and
 * errno. The spec's kind must not be CHAN_NONE.
 */
struct chan *chan_new(struct chan_env *env, const char *line, const struct chan_spec *spec, bool in,
		      bool out, bool by_name, char why[CONSOLE_WHY_LEN]);

/* Closes and frees; NULL is allowed. */
void chan_free(struct chan *c);

/* Helpers of backends: state change, then the line's callback. */
void chan_attached(struct chan *c, int rfd, int wfd);
void chan_forget(struct chan *c);

/* The backends. */
extern const struct chan_ops chan_null_ops, chan_fd_ops, chan_tty_ops, chan_pty_ops, chan_port_ops,
	chan_xterm_ops;

#endif
