/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libslirp's sockets in a loop that does not ask it.
 *
 * libslirp is made for a loop that asks it before each poll(2) what to wait for. Ours is not asked:
 * an epoll descriptor stands in the loop for all of libslirp's sockets, and the set is compared
 * with what libslirp wants when that may have changed: after frames came in, after sockets were
 * ready, after a timeout that libslirp named. In between nothing is done, so a port without
 * connections costs nothing, whatever the loop does.
 */
#ifndef NESTLING_PORT_NAT_POLL_H
#define NESTLING_PORT_NAT_POLL_H

#include <slirp/libslirp.h>
#include <stdbool.h>
#include <stdint.h>

struct nat_fd;

struct nat_poll {
	int epoll; /* -1: none; to be watched for POLLIN, then nat_poll_serve() */
	struct nat_fd *fds; /* by descriptor */
	unsigned int room; /* of fds and of watched */
	int *watched; /* those in the epoll set */
	unsigned int watched_count;
	uint32_t round; /* of asking */
	int highest; /* descriptor that libslirp named in the last round */
	int limit; /* of descriptors in this process */
};

#define NAT_NO_TIMEOUT UINT32_MAX

/* 0 or -errno. */
int nat_poll_init(struct nat_poll *np);
void nat_poll_exit(struct nat_poll *np);

/* Watches what libslirp wants now, and no more. Its timeout in ms, or NAT_NO_TIMEOUT. */
uint32_t nat_poll_ask(struct nat_poll *np, Slirp *slirp);
/* Has libslirp serve the sockets that are ready. */
void nat_poll_serve(struct nat_poll *np, Slirp *slirp);
/* Tells libslirp the time, without any socket being ready. */
void nat_poll_tick(struct nat_poll *np, Slirp *slirp);
/*
 * Whether descriptors run out: libslirp makes one for each flow that a guest begins and knows no
 * bound, but others of this process need some, too.
 */
bool nat_poll_is_full(const struct nat_poll *np);
/* The socket fd is new, or will be closed: what is known of the number is no longer true. */
void nat_poll_forget(struct nat_poll *np, int fd);

#endif
