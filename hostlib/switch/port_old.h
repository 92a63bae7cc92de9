/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clients of the old uml_switch and of VDE: stock kernels with eth<n>=daemon, libvdeplug
 * (port_old_parse.c has the requests).
 */
#ifndef NESTLING_PORT_OLD_H
#define NESTLING_PORT_OLD_H

#include <stddef.h>
#include <stdint.h>
#include "switch.h"

struct old_server;

/*
 * The data socket of a control socket at `path` (the name is data_path, or path with ".data" behind
 * it, or an abstract one where no file can be made). NULL with errno.
 */
struct old_server *old_server_new(struct sw *sw, const char *path, const char *data_path);
void old_server_free(struct old_server *srv);

/*
 * A client whose first bytes (an old request, to be read by us) wait on fd, which is ours from now
 * on; the port appears when its request is whole, and goes when fd is closed or says more.
 */
int old_server_accept(struct old_server *srv, int fd);

#define OLD_MAGIC 0xfeedfaceU
#define OLD_DESCRIPTION_MAX 128

/* A request of the protocol, from its bytes: what all versions say, checked. */
struct old_request {
	unsigned int version; /* 0, 1, 3 */
	uint8_t mac[6]; /* versions 0 and 1 */
	uint8_t data[110]; /* struct sockaddr_un as it came, all bytes of it */
	char description[OLD_DESCRIPTION_MAX + 1]; /* VDE's; terminated, printable */
};

/*
 * Parses what has come: the bytes used (whole request), 0 for "more is needed", or -EPROTO. Pure.
 */
int old_request_parse(struct old_request *req, const void *buf, size_t len);

#endif
