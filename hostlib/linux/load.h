/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Becoming the guest kernel: what execve(2) does, done in this process with a
 * program that lies inside another file, so that nothing has to be copied out and
 * the text of all guests is shared through the page cache.
 */
#ifndef NESTLING_LOAD_H
#define NESTLING_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_SEGMENTS 16
#define LOAD_HEAD 4096 /* bytes of the program that load_parse() wants to see */

/* Where a guest kernel may lie: above the loader, below the stubs of its guests. */
#define LOAD_LOWEST 0x10000000ULL
#define LOAD_HIGHEST 0x7000000000ULL

struct load_segment {
	uint64_t address, offset; /* multiples of the page size; offset within the program */
	uint64_t file_bytes, memory_bytes; /* from address */
	int prot; /* PROT_* */
	bool clear; /* zeros follow the file's bytes in their last page */
};

/* A validated ELF program. */
struct load_image {
	unsigned int count;
	struct load_segment segment[LOAD_SEGMENTS];
	uint64_t entry;
	uint64_t headers; /* address of the program headers */
	uint64_t nheaders;
};

/*
 * Checks the head of a static x86-64 ELF program that is total bytes long. 0 or
 * -ENOEXEC.
 */
int load_parse(const void *head, size_t len, uint64_t total, struct load_image *out);

/*
 * Maps the program that begins at offset in fd (a multiple of the page size), unmaps
 * everything of the present program, and starts it. Does not return on success;
 * -errno on a failure while that can still be told, after which the process is good
 * for _exit() only. maps_fd is /proc/self/maps, or -1: then the present program stays mapped.
 * Closes both; other descriptors stay as they are, signals are set to default.
 */
int load_exec(int fd, int maps_fd, uint64_t offset, const struct load_image *image,
	      char *const argv[], char *const envp[]);

#endif
