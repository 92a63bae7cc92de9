/* SPDX-License-Identifier: GPL-2.0 */
/* What the kinds of ports share: their creators, and how they read options and report mistakes. */
#ifndef NESTLING_PORT_PRIVATE_H
#define NESTLING_PORT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "switch.h"

/* Frames that a port takes from its descriptor before others get their turn. */
#define PORT_BURST 64

/* Sources on the calendar that are ports, beside the links'. */
#define PORT_EVENT_SOURCE 0x80000000U

/* Makes a port of `args`, what follows "kind:" (NULL: nothing does). As port_create(). */
typedef int (*port_create_fn)(struct port **out, struct sw *sw, const char *args, const char *name,
			      char *err, size_t err_len);

int port_nat_create(struct port **out, struct sw *sw, const char *args, const char *name, char *err,
		    size_t err_len);
int port_tap_create(struct port **out, struct sw *sw, const char *args, const char *name, char *err,
		    size_t err_len);
int port_mcast_create(struct port **out, struct sw *sw, const char *args, const char *name,
		      char *err, size_t err_len);
int port_pcap_create(struct port **out, struct sw *sw, const char *args, const char *name,
		     char *err, size_t err_len);
int port_trunk_create(struct port **out, struct sw *sw, const char *args, const char *name,
		      char *err, size_t err_len);
int port_daemon_create(struct port **out, struct sw *sw, const char *args, const char *name,
		       char *err, size_t err_len);
int port_vde_create(struct port **out, struct sw *sw, const char *args, const char *name, char *err,
		    size_t err_len);

/* Writes a sentence to err and returns code. */
int port_fail(char *err, size_t err_len, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* port_add() with its mistakes in words. */
int port_add_said(struct port **out, struct sw *sw, const struct port_ops *ops, void *arg,
		  const char *name, char *err, size_t err_len);

/* One option of a kind: NAME=VALUE, or NAME alone. */
struct port_word {
	const char *name; /* with '=' at its end when it has a value */
	/* value: "" for a name alone. 0, or -errno with a sentence in err. */
	int (*set)(void *ctx, const char *value, char *err, size_t err_len);
};

/* Options separated by commas. table ends with a NULL name. 0, or -errno with a sentence. */
int port_words(const char *text, const char *kind, const struct port_word *table, void *ctx,
	       char *err, size_t err_len);

/* A decimal number of min..max and nothing else. 0 or -EINVAL. */
int port_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/* A frame of len bytes, in one piece, came from the port's device. Such as are too long are none. */
void port_input(struct port *port, const void *data, size_t len, const struct packet_meta *meta);
/* p's bytes and no more in out[PACKET_IOV_MAX]; how many pieces. */
unsigned int port_iov(const struct packet *p, struct iovec *out);

/* Bytes of a struct sockaddr_un that name the socket: a path's end, or all behind an abstract name. */
socklen_t port_unix_len(const struct sockaddr_un *addr);
/* path as an address; -ENAMETOOLONG or -EINVAL (empty). */
int port_unix_path(struct sockaddr_un *addr, const char *path);
/* A name nobody else has, abstract, of the full length that old switches and clients insist on. */
void port_unix_abstract(struct sockaddr_un *addr);
/* A socket of that type, non-blocking, with room for a number of large frames. fd or -errno. */
int port_unix_socket(int type);
/* Hands p to a connected datagram socket, as port_ops.send does. */
int port_datagram_send(int fd, const struct packet *p);

#endif
