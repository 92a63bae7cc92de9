/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captures in pcapng (draft-ietf-opsawg-pcapng): one file of any number of interfaces, nanosecond
 * stamps, direction, and a comment with the reason of a drop, duplicate or corruption.
 *
 * Files are whole at any time: what a full disk took in part is cut off again. A pipe takes whole
 * frames or none. The first capture into a pipe has SIGPIPE ignored from then on, if it would
 * end the program. Who wants to see a capture live calls capture_flush() now and then.
 */
#ifndef NESTLING_CAPTURE_H
#define NESTLING_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "packet.h"

enum capture_dir {
	CAPTURE_IN = 1,
	CAPTURE_OUT = 2
}; /* epb_flags: seen from the switch */

struct capture_spec {
	const char *path; /* file; a FIFO is waited for by nobody; NULL: use fd */
	int fd; /* owned from the call on; for live piping */
	const char *filter; /* in libpcap's language; NULL or "": all */
	uint32_t snaplen; /* bytes of each frame; 0: all */
	uint64_t rotate_bytes; /* begin FILE.1, FILE.2, ... behind so many; 0: never */
	uint32_t rotate_files; /* keep so many, oldest go; 0: all */
};

struct capture_stats {
	uint64_t frames, bytes; /* written */
	uint64_t filtered; /* not wanted by the filter */
	uint64_t lost; /* the file or pipe did not take them */
};

struct capture;

/*
 * Opens (mode 0600; what was there is replaced) and writes the head. 0, or -errno with a sentence
 * in err.
 */
int capture_open(struct capture **out, const struct capture_spec *spec, char *err, size_t err_len);
/* Writes what is left (a pipe gets a second for it). 0 or -errno of the first write that failed. */
int capture_close(struct capture *cap);
/* Writes out what is gathered. Never blocks on a pipe: what does not fit is lost, and counted. */
void capture_flush(struct capture *cap);

/* The interface of that name, a new one if there is none; its number or -errno. */
int capture_interface(struct capture *cap, const char *name);

/*
 * One frame. unix_ns: since 1970. comment may be NULL. A packet whose checksum is still to be
 * filled in, or that is larger than the wire's, is written as it is.
 */
void capture_packet(struct capture *cap, unsigned int interface, uint64_t unix_ns,
		    enum capture_dir dir, const struct packet *p, const char *comment);

const struct capture_stats *capture_stats(const struct capture *cap);

#endif
