// SPDX-License-Identifier: GPL-2.0
/*
 * Event loop; see loop.h.
 *
 * The list of watches may change while a turn is served. The turn works on a copy
 * (pollfd array and the watches that belong to it), and the loop strikes a watch
 * from that copy when it is removed, so a removed watch is never called.
 *
 * Watches of loop_add_many() are in an epoll set, which is one descriptor of the list. Not all are
 * there: epoll takes no files, no descriptor twice, and keeps one that was closed but has copies.
 *
 * A host wakes a sleeper late, in a virtual machine by some 70 us, and mostly by the same. So the
 * sleep for a timer ends before that is due, by what is usual; the rest, some microseconds, is spent
 * looking at descriptors.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "loop.h"

#define MANY_A_TURN 64
#define LEAD_MAX_NS 150000
#define LEAD_BUSY_NS 500000 /* so late it is by what else the host has to do */
#define LEAD_STEP_NS 1000
#define LEAD_STEPS_BACK 3
#define REST_NS 100000000

struct loop {
	struct loop_watch head; /* ring */
	struct loop_timer *timers; /* unordered; there are few */
	size_t count;
	struct pollfd *pfd; /* of the turn being served */
	struct loop_watch **turn;
	size_t room;
	struct loop_watch many; /* of the epoll set; not in the list before the first one is */
	struct loop_watch *many_turn[MANY_A_TURN]; /* of the set, those being served */
	bool stop;
	uint64_t lead_ns; /* how long before a timer is due the sleep for it is to end */
	struct loop_watch signal_watch;
	loop_signal_fn signal_fn;
	void *signal_arg;
};

uint64_t loop_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->head.next = loop->head.prev = &loop->head;
	loop->signal_watch.fd = -1;
	loop->many.fd = -1;
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->signal_watch.fd >= 0)
		close(loop->signal_watch.fd);
	if (loop->many.fd >= 0)
		close(loop->many.fd);
	free(loop->pfd);
	free(loop->turn);
	free(loop);
}

int loop_add(struct loop *loop, struct loop_watch *w, int fd, short events, loop_fd_fn fn,
	     void *arg)
{
	if (fd < 0)
		return -EBADF;
	*w = (struct loop_watch){
		.fd = fd,
		.events = events,
		.fn = fn,
		.arg = arg,
		.loop = loop,
		.prev = loop->head.prev,
		.next = &loop->head,
	};
	w->prev->next = w;
	loop->head.prev = w;
	loop->count++;
	return 0;
}

/* A batch of those in the set that are ready; the rest is ready in the next turn, too. */
static void serve_many(struct loop_watch *set, short revents)
{
	struct loop *loop = set->arg;
	struct epoll_event e[MANY_A_TURN];
	int n = epoll_wait(set->fd, e, MANY_A_TURN, 0), i;

	(void)revents;
	for (i = 0; i < n; i++)
		loop->many_turn[i] = e[i].data.ptr;
	/* Those that loop_stop() leaves over are lost if they tell of an edge: all are served. */
	for (i = 0; i < n; i++) {
		struct loop_watch *w = loop->many_turn[i];

		loop->many_turn[i] = NULL;
		if (w)
			w->fn(w, (short)e[i].events);
	}
}

int loop_add_many(struct loop *loop, struct loop_watch *w, int fd, bool edge, loop_fd_fn fn,
		  void *arg)
{
	struct epoll_event e = {.events = EPOLLIN | (edge ? EPOLLET : 0), .data.ptr = w};

	if (loop->many.fd < 0) {
		int set = epoll_create1(EPOLL_CLOEXEC);

		if (set < 0)
			return -errno;
		loop_add(loop, &loop->many, set, POLLIN, serve_many, loop);
	}
	if (epoll_ctl(loop->many.fd, EPOLL_CTL_ADD, fd, &e) < 0)
		return -errno;
	*w = (struct loop_watch){
		.fd = fd, .events = POLLIN, .fn = fn, .arg = arg, .loop = loop, .apart = true};
	return 0;
}

static void del_many(struct loop_watch *w)
{
	struct loop *loop = w->loop;
	size_t i;

	epoll_ctl(loop->many.fd, EPOLL_CTL_DEL, w->fd, NULL);
	w->fd = -1;
	for (i = 0; i < MANY_A_TURN; i++)
		if (loop->many_turn[i] == w)
			loop->many_turn[i] = NULL;
}

void loop_events(struct loop_watch *w, short events)
{
	w->events = events;
}

void loop_del(struct loop_watch *w)
{
	struct loop *loop = w->loop;
	size_t i;

	if (!loop || w->fd < 0)
		return;
	if (w->apart) {
		del_many(w);
		return;
	}
	loop_timer_del(&w->rest);
	w->prev->next = w->next;
	w->next->prev = w->prev;
	w->next = w->prev = NULL;
	w->fd = -1;
	loop->count--;
	for (i = 0; i < loop->room; i++)
		if (loop->turn[i] == w)
			loop->turn[i] = NULL;
}

void loop_close(struct loop_watch *w)
{
	int fd = w->fd;

	if (!w->loop || fd < 0)
		return;
	loop_del(w);
	close(fd);
}

void loop_timer_del(struct loop_timer *t)
{
	struct loop_timer **p;

	if (!t->loop || !t->due_ns)
		return;
	for (p = &t->loop->timers; *p; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
	t->due_ns = 0;
}

void loop_timer_set(struct loop *loop, struct loop_timer *t, uint64_t delay_ns, loop_timer_fn fn,
		    void *arg)
{
	loop_timer_del(t);
	*t = (struct loop_timer){
		.due_ns = loop_now_ns() + delay_ns,
		.fn = fn,
		.arg = arg,
		.loop = loop,
		.next = loop->timers,
	};
	loop->timers = t;
}

static void rested(struct loop_timer *t)
{
	loop_events(t->arg, POLLIN);
}

int loop_accept(struct loop_watch *w, int flags)
{
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | flags), err = errno;
	bool began;

	if (fd >= 0) {
		w->full = false;
		return fd;
	}
	if (err != EMFILE && err != ENFILE && err != ENOBUFS && err != ENOMEM)
		return -err;
	began = !w->full;
	w->full = true;
	loop_events(w, 0);
	loop_timer_set(w->loop, &w->rest, REST_NS, rested, w);
	return began ? -err : -EAGAIN;
}

/* The next timer to fire, or NULL. */
static struct loop_timer *next_timer(struct loop *loop)
{
	struct loop_timer *t, *first = loop->timers;

	for (t = loop->timers; t; t = t->next)
		if (t->due_ns < first->due_ns)
			first = t;
	return first;
}

uint64_t loop_lead_learn(uint64_t lead_ns, uint64_t late_ns)
{
	uint64_t back = LEAD_STEPS_BACK * LEAD_STEP_NS;

	if (late_ns > LEAD_BUSY_NS)
		return lead_ns;
	if (late_ns > lead_ns)
		return lead_ns + LEAD_STEP_NS > LEAD_MAX_NS ? LEAD_MAX_NS : lead_ns + LEAD_STEP_NS;
	return lead_ns > back ? lead_ns - back : 0;
}

/*
 * How long to wait for descriptors: *ts, or NULL for ever. *until_ns is when a sleep ends then, or 0:
 * there is none, or none that ends by itself.
 */
static struct timespec *wait_for(struct loop *loop, struct timespec *ts, uint64_t *until_ns)
{
	struct loop_timer *t = next_timer(loop);
	uint64_t now, wait;

	*ts = (struct timespec){0};
	*until_ns = 0;
	if (!t)
		return NULL;
	now = loop_now_ns();
	if (t->due_ns > now + loop->lead_ns) {
		*until_ns = t->due_ns - loop->lead_ns;
		wait = *until_ns - now;
		ts->tv_sec = (time_t)(wait / 1000000000ULL);
		ts->tv_nsec = (long)(wait % 1000000000ULL);
	}
	return ts;
}

static void run_timers(struct loop *loop)
{
	uint64_t now = loop_now_ns();
	struct loop_timer *t;

	/* One that is set again at once is for the next turn: descriptors get theirs first. */
	while (!loop->stop && (t = next_timer(loop)) && t->due_ns <= now) {
		loop_timer_fn fn = t->fn;

		loop_timer_del(t);
		fn(t);
	}
}

static int turn_prepare(struct loop *loop)
{
	struct loop_watch *w;
	size_t n = 0;

	if (loop->room < loop->count) {
		size_t room = loop->count * 2;
		struct pollfd *pfd = realloc(loop->pfd, room * sizeof(*pfd));
		struct loop_watch **turn;

		if (!pfd)
			return -ENOMEM;
		loop->pfd = pfd;
		turn = realloc(loop->turn, room * sizeof(struct loop_watch *));
		if (!turn)
			return -ENOMEM;
		memset(turn, 0, room * sizeof(struct loop_watch *));
		loop->turn = turn;
		loop->room = room;
	}
	for (w = loop->head.next; w != &loop->head; w = w->next, n++) {
		loop->pfd[n] = (struct pollfd){.fd = w->fd, .events = w->events};
		loop->turn[n] = w;
	}
	return (int)n;
}

int loop_run(struct loop *loop)
{
	struct timespec ts;
	uint64_t until_ns;
	int i, n, ready;

	loop->stop = false;
	while (!loop->stop) {
		n = turn_prepare(loop);
		if (n < 0)
			return n;
		ready = ppoll(loop->pfd, (nfds_t)n, wait_for(loop, &ts, &until_ns), NULL);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (!ready && until_ns)
			loop->lead_ns = loop_lead_learn(loop->lead_ns, loop_now_ns() - until_ns);
		for (i = 0; i < n && ready > 0 && !loop->stop; i++) {
			struct loop_watch *w = loop->turn[i];

			if (w && loop->pfd[i].revents)
				w->fn(w, loop->pfd[i].revents);
		}
		run_timers(loop);
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stop = true;
}

static void signal_ready(struct loop_watch *w, short revents)
{
	struct loop *loop = w->arg;
	struct signalfd_siginfo si;

	while (w->fd >= 0 && read(w->fd, &si, sizeof(si)) == sizeof(si))
		loop->signal_fn(loop->signal_arg, (int)si.ssi_signo, (int)si.ssi_pid);
}

int loop_signals(struct loop *loop, const int *signals, loop_signal_fn fn, void *arg)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (; *signals; signals++)
		sigaddset(&set, *signals);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	loop->signal_fn = fn;
	loop->signal_arg = arg;
	return loop_add(loop, &loop->signal_watch, fd, POLLIN, signal_ready, loop);
}
