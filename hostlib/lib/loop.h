/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An event loop over poll(2): descriptors, timers and signals, one thread.
 *
 * Callbacks may add and remove any watch, their own included. A watch is an
 * object of the caller's; the loop only links to it, so it must stay until it is
 * removed. Limits: none but descriptors and memory; adding is O(1), a turn is O(n).
 */
#ifndef NESTLING_LOOP_H
#define NESTLING_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct loop_watch;
struct loop_timer;

typedef void (*loop_fd_fn)(struct loop_watch *w, short revents);
typedef void (*loop_timer_fn)(struct loop_timer *t);
typedef void (*loop_signal_fn)(void *arg, int sig, int sender_pid);

struct loop_timer {
	uint64_t due_ns; /* CLOCK_MONOTONIC; 0 while not armed */
	loop_timer_fn fn;
	void *arg;
	struct loop *loop;
	struct loop_timer *next;
};

struct loop_watch {
	int fd; /* -1 while not in the loop */
	short events; /* POLLIN, POLLOUT; 0 waits for errors and hang-up only */
	loop_fd_fn fn;
	void *arg;
	struct loop *loop;
	bool apart; /* by loop_add_many() */
	bool full; /* loop_accept() found no descriptor to be had */
	struct loop_timer rest; /* until it looks again */
	struct loop_watch *prev, *next;
};

/* A new loop, or NULL with errno. loop_free() gives it back, watches stay the caller's. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Watches fd. The descriptor stays the caller's. 0 or -errno. */
int loop_add(struct loop *loop, struct loop_watch *w, int fd, short events, loop_fd_fn fn,
	     void *arg);

/*
 * The same for one of many, or of one that is ready often: while it is quiet it costs a turn nothing
 * (epoll). It must be removed before the descriptor is closed, and waits for POLLIN always. With
 * `edge` the callback is told each time that something comes and does not have to read it. 0 or
 * -errno: what cannot be waited for (a file on a disk) gives -EPERM.
 */
int loop_add_many(struct loop *loop, struct loop_watch *w, int fd, bool edge, loop_fd_fn fn,
		  void *arg);

/* Other events from now on. Does nothing if w is not in a loop. */
void loop_events(struct loop_watch *w, short events);

/* Ends watching; w->fd becomes -1. Does nothing if w is not in a loop. */
void loop_del(struct loop_watch *w);
/* The same, and closes the descriptor, of which the watch is the only owner. */
void loop_close(struct loop_watch *w);

/*
 * accept4(2) on a watch of loop_add() for POLLIN, with SOCK_CLOEXEC and `flags`: a descriptor, or
 * -errno. Where the host has no more descriptors or memory to give, the call would stay ready and the
 * loop turn without end: the watch rests for a tenth of a second then, in which those who call wait.
 * -EMFILE, -ENFILE, -ENOBUFS or -ENOMEM is returned once for each time that this begins, so that it
 * can be told; -EAGAIN while it lasts.
 */
int loop_accept(struct loop_watch *w, int flags);

/* (Re)arms a timer that fires once, delay_ns from now. */
void loop_timer_set(struct loop *loop, struct loop_timer *t, uint64_t delay_ns, loop_timer_fn fn,
		    void *arg);

/*
 * How long before a timer is due to wake up, from how long that was the last time and how late the
 * host woke this process then: what it is late by in three of four cases at least. A host that is
 * busy tells nothing of that. Of loop.c's inside, for tests.
 */
uint64_t loop_lead_learn(uint64_t lead_ns, uint64_t late_ns);

/* Disarms. Does nothing if t is not armed. */
void loop_timer_del(struct loop_timer *t);

/*
 * Blocks the signals of the 0-terminated list in this process and has fn called for
 * each that arrives. Once a loop. 0 or -errno.
 */
int loop_signals(struct loop *loop, const int *signals, loop_signal_fn fn, void *arg);

/* Serves until loop_stop(). 0 or -errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* CLOCK_MONOTONIC in ns. */
uint64_t loop_now_ns(void);

#endif
