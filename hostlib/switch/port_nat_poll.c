// SPDX-License-Identifier: GPL-2.0
/* libslirp's sockets; see port_nat_poll.h. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>
#include "log.h"
#include "port_nat_poll.h"

#define NOTHING_DUE_MS 1000 /* what libslirp says when it has no timeout, which end within 500 ms */
#define FDS_WANTED 16384 /* for this process, if the host lets us */
#define FDS_SPARED 4 /* a part of the limit that flows leave to others: 1/4 */
#define READY_MAX 64 /* sockets served in one turn */

/* A socket of libslirp's, found by its number. */
struct nat_fd {
	bool watched; /* in the epoll set */
	int events; /* SLIRP_POLL_* that it is watched for */
	int ready; /* SLIRP_POLL_* that have come, while libslirp is told */
	uint32_t asked; /* the round of asking in which libslirp named it last */
	unsigned int place; /* in watched */
};

int nat_poll_init(struct nat_poll *np)
{
	struct rlimit r;

	*np = (struct nat_poll){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	if (np->epoll < 0 || getrlimit(RLIMIT_NOFILE, &r) < 0)
		return -errno;
	if (r.rlim_cur < FDS_WANTED) {
		r.rlim_cur = r.rlim_max < FDS_WANTED ? r.rlim_max : FDS_WANTED;
		setrlimit(RLIMIT_NOFILE, &r); /* what we are not given we do without */
		getrlimit(RLIMIT_NOFILE, &r);
	}
	np->limit = r.rlim_cur < INT_MAX ? (int)r.rlim_cur : INT_MAX;
	return 0;
}

void nat_poll_exit(struct nat_poll *np)
{
	if (np->epoll >= 0)
		close(np->epoll);
	np->epoll = -1;
	free(np->fds);
	free(np->watched);
}

static uint32_t to_epoll(int events)
{
	return (events & SLIRP_POLL_IN ? (uint32_t)EPOLLIN : 0) |
	       (events & SLIRP_POLL_OUT ? (uint32_t)EPOLLOUT : 0) |
	       (events & SLIRP_POLL_PRI ? (uint32_t)EPOLLPRI : 0);
}

static int from_epoll(uint32_t events)
{
	return (events & EPOLLIN ? SLIRP_POLL_IN : 0) | (events & EPOLLOUT ? SLIRP_POLL_OUT : 0) |
	       (events & EPOLLPRI ? SLIRP_POLL_PRI : 0) | (events & EPOLLERR ? SLIRP_POLL_ERR : 0) |
	       (events & EPOLLHUP ? SLIRP_POLL_HUP : 0);
}

static int fds_grow(struct nat_poll *np, unsigned int fd)
{
	unsigned int room = (fd + 64) & ~63U;
	struct nat_fd *fds = realloc(np->fds, room * sizeof(*fds));
	int *watched;

	if (!fds)
		return -ENOMEM;
	memset(fds + np->room, 0, (room - np->room) * sizeof(*fds));
	np->fds = fds;
	watched = realloc(np->watched, room * sizeof(*watched));
	if (!watched)
		return -ENOMEM;
	np->watched = watched;
	np->room = room;
	return 0;
}

void nat_poll_forget(struct nat_poll *np, int fd)
{
	struct nat_fd *f;

	if (fd < 0 || (unsigned int)fd >= np->room || !np->fds[fd].watched)
		return;
	f = &np->fds[fd];
	/* A socket that was closed has left the set by itself. */
	epoll_ctl(np->epoll, EPOLL_CTL_DEL, fd, NULL);
	f->watched = false;
	np->watched[f->place] = np->watched[--np->watched_count];
	np->fds[np->watched[f->place]].place = f->place;
}

/* libslirp names a socket; the index that it gets back is the descriptor itself. */
static int add_poll(int fd, int events, void *opaque)
{
	struct nat_poll *np = opaque;
	struct epoll_event e = {.events = to_epoll(events), .data.fd = fd};
	struct nat_fd *f;

	if ((unsigned int)fd >= np->room && fds_grow(np, (unsigned int)fd))
		return -1;
	f = &np->fds[fd];
	f->asked = np->round;
	if (fd > np->highest)
		np->highest = fd;
	if (f->watched && f->events == events)
		return fd;
	if (epoll_ctl(np->epoll, f->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e) < 0 &&
	    (errno != ENOENT || epoll_ctl(np->epoll, EPOLL_CTL_ADD, fd, &e) < 0) &&
	    (errno != EEXIST || epoll_ctl(np->epoll, EPOLL_CTL_MOD, fd, &e) < 0)) {
		log_warn("nat: a socket cannot be watched: %s", strerror(errno));
		return -1;
	}
	if (!f->watched) {
		f->place = np->watched_count;
		np->watched[np->watched_count++] = fd;
		f->watched = true;
	}
	f->events = events;
	return fd;
}

uint32_t nat_poll_ask(struct nat_poll *np, Slirp *slirp)
{
	uint32_t timeout_ms = NAT_NO_TIMEOUT;
	unsigned int i = 0;

	np->round++;
	np->highest = -1;
	slirp_pollfds_fill(slirp, &timeout_ms, add_poll, np);
	while (i < np->watched_count) {
		if (np->fds[np->watched[i]].asked == np->round)
			i++;
		else
			nat_poll_forget(np, np->watched[i]); /* the last takes its place */
	}
	return timeout_ms < NOTHING_DUE_MS ? timeout_ms : NAT_NO_TIMEOUT;
}

bool nat_poll_is_full(const struct nat_poll *np)
{
	/* The lowest free number is given out first, so a high one says that few are left. */
	return np->highest >= np->limit - np->limit / FDS_SPARED;
}

static int get_ready(int idx, void *opaque)
{
	struct nat_poll *np = opaque;

	return idx >= 0 && (unsigned int)idx < np->room ? np->fds[idx].ready : 0;
}

void nat_poll_tick(struct nat_poll *np, Slirp *slirp)
{
	slirp_pollfds_poll(slirp, 1, get_ready, np);
}

void nat_poll_serve(struct nat_poll *np, Slirp *slirp)
{
	struct epoll_event events[READY_MAX];
	int i, n = epoll_wait(np->epoll, events, READY_MAX, 0);

	if (n <= 0)
		return;
	for (i = 0; i < n; i++)
		np->fds[events[i].data.fd].ready = from_epoll(events[i].events);
	slirp_pollfds_poll(slirp, 0, get_ready, np);
	for (i = 0; i < n; i++)
		np->fds[events[i].data.fd].ready = 0;
}
