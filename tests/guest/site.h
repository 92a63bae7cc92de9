/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the programs about places of `syscall` instructions: code made at run time.
 *
 * All code here is called as long f(long rdi, long rsi, long rdx) and keeps to the C ABI.
 */
#ifndef SITE_H
#define SITE_H

#include "check.h"

/* Calls after which a site is surely known to an engine that looks for hot ones. */
#define SITE_HOT 400

typedef long (*site_fn)(long a, long b, long c);

/* n pages of one protection. */
CHECK_UNUSED static uint8_t *site_pages(int n, int prot)
{
	void *p = mmap(NULL, n * 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_NEED(p != MAP_FAILED, "mmap of code");
	return p;
}

/*
 * Makes n pages of finished code a private read-only mapping of a file, as programs and their
 * libraries are: some engines treat only these in a special way.
 */
CHECK_UNUSED static void site_freeze(uint8_t *p, int n)
{
	int fd = memfd_create("code", 0);

	CHECK_NEED(write(fd, p, n * 4096) == n * 4096 && mmap(p, n * 4096, PROT_READ | PROT_EXEC,
							      MAP_PRIVATE | MAP_FIXED, fd, 0) == p,
		   "code in a file");
	close(fd);
}

/* mov $nr,%eax */
CHECK_UNUSED static uint8_t *put_mov(uint8_t *at, uint32_t nr)
{
	*at = 0xb8;
	memcpy(at + 1, &nr, 4);
	return at + 5;
}

CHECK_UNUSED static uint8_t *put_syscall(uint8_t *at)
{
	at[0] = 0x0f;
	at[1] = 0x05;
	return at + 2;
}

CHECK_UNUSED static uint8_t *put_ret(uint8_t *at)
{
	*at = 0xc3;
	return at + 1;
}

/* mov $nr,%eax; syscall; ret */
CHECK_UNUSED static uint8_t *put_call(uint8_t *at, uint32_t nr)
{
	return put_ret(put_syscall(put_mov(at, nr)));
}

CHECK_UNUSED static long run(const void *code)
{
	return ((site_fn)(uintptr_t)code)(-1, -1, -1);
}

/* How many of n runs give something else than want. */
CHECK_UNUSED static int wrong_runs(const void *code, int n, long want)
{
	int bad = 0;

	while (n-- > 0)
		bad += run(code) != want;
	return bad;
}

#endif
