/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of capture share: capture.c (blocks of pcapng, filter), capture_file.c (where
 * the bytes go: buffer, file, pipe, rotation).
 */
#ifndef NESTLING_CAPTURE_PRIVATE_H
#define NESTLING_CAPTURE_PRIVATE_H

#include <pcap/pcap.h>
#include "capture.h"

#define CAPTURE_BUFFER (256 * 1024)
#define CAPTURE_NAME_MAX 255
#define CAPTURE_COMMENT_MAX 1023

/* Types of blocks: draft-ietf-opsawg-pcapng, 4. */
#define BLOCK_SECTION 0x0a0d0d0a
#define BLOCK_INTERFACE 1
#define BLOCK_STATISTICS 5
#define BLOCK_PACKET 6

struct capture_interface {
	char name[CAPTURE_NAME_MAX + 1];
	uint64_t received, accepted, lost; /* by the filter: accepted */
};

struct capture {
	/* Where it goes. */
	int fd;
	bool stream; /* a pipe or the like: no going back, never waited for */
	bool broken; /* nothing more can be written */
	bool opened; /* from now on failures are told to the person at the terminal */
	int error; /* -errno of the first write that failed; 0: none did */
	char *path; /* of the first file; NULL: only fd */
	unsigned int number; /* of the file: path.number, but path for 0 */
	uint64_t rotate_bytes;
	uint32_t rotate_files;
	uint64_t rotate_at; /* begin the next file behind so many bytes */
	uint64_t written; /* bytes of this file that are out, whole blocks (files), or all */
	uint8_t *buf; /* CAPTURE_BUFFER bytes, of which `used` wait */
	size_t used;
	size_t torn; /* at the head of buf: the rest of a block that a pipe took in part */
	/* How far the file's head has come: section, then one block for each interface. */
	bool section_out, section_in_buf;
	unsigned int interfaces_out, interfaces_in_buf;

	/* What goes there. */
	struct capture_interface *interface;
	unsigned int interfaces;
	uint32_t snaplen;
	uint64_t last_ns; /* time of the latest frame */
	char *filter_text; /* NULL: no filter */
	struct bpf_program filter;
	uint8_t *scratch; /* PACKET_MAX bytes, for frames in pieces */
	struct capture_stats stats;
};

/* Opens path or checks fd; 0 or -errno. */
int capture_file_open(struct capture *cap);
/* Ends it: what waits is written; a pipe gets a second for it. */
void capture_file_close(struct capture *cap);
/* Writes what waits; counts what cannot be. */
void capture_file_flush(struct capture *cap);
/* Room for a block of n bytes, NULL when there is none now. The caller fills all of it. */
uint8_t *capture_file_reserve(struct capture *cap, size_t n);
/* Whether it is time for the next file. */
bool capture_file_full(const struct capture *cap);
/* Goes on with the next file. When it cannot be made, with this one. */
void capture_file_next(struct capture *cap);

#endif
