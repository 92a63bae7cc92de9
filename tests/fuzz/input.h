/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For targets that do one thing after another: their bytes, taken from the front; and whether
 * descriptors were left open.
 */
#ifndef NESTLING_FUZZ_INPUT_H
#define NESTLING_FUZZ_INPUT_H

#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct input {
	const uint8_t *at;
	size_t left;
};

/* len bytes; zeros behind the end. */
static inline void take(struct input *in, void *to, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	memset(to, 0, len);
	if (n)
		memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
}

static inline uint8_t take8(struct input *in)
{
	uint8_t v;

	take(in, &v, sizeof(v));
	return v;
}

static inline uint16_t take16(struct input *in)
{
	uint16_t v;

	take(in, &v, sizeof(v));
	return v;
}

static inline uint32_t take32(struct input *in)
{
	uint32_t v;

	take(in, &v, sizeof(v));
	return v;
}

static inline uint64_t take64(struct input *in)
{
	uint64_t v;

	take(in, &v, sizeof(v));
	return v;
}

/* Which of the first 64 descriptors are open, a bit for each: the same ones before and behind. */
static inline uint64_t fds_open(void)
{
	uint64_t open = 0;

	for (int fd = 0; fd < 64; fd++)
		open |= (uint64_t)(fcntl(fd, F_GETFD) >= 0) << fd;
	return open;
}

#endif
