/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies and fills of whole pages. The kernel's memcpy() and memset() choose their instructions by
 * patching themselves at boot, which this architecture does not do: they move 8 bytes at a time.
 * String instructions take a third to a quarter of that for what is in the cache, and are slower
 * below some 512 bytes.
 */
#ifndef NESTLING_COPY_H
#define NESTLING_COPY_H

#define NL_COPY_LARGE 1024

/* len bytes, which do not overlap. */
static inline void nl_copy(void *to, const void *from, unsigned long len)
{
	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
}

/* A multiple of 8 bytes becomes zero. */
static inline void nl_clear(void *to, unsigned long len)
{
	unsigned long words = len / 8;

	asm volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(0UL) : "memory");
}

#endif
