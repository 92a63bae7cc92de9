// SPDX-License-Identifier: GPL-2.0
/* The file that this process runs, as it is mapped; see image.h. */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>
#include "image.h"

#define PIECE 0x10000UL

/*
 * Linux 6.18 maps all that its page cache has in one piece around what is touched, up to 2 MB, but
 * not beyond a mapping's end. Files are not dumped anyway: this only makes mappings of 64 KB.
 */
static void divide(uintptr_t from, uintptr_t to)
{
	uintptr_t at;

	for (at = from / PIECE * PIECE + PIECE; at + PIECE <= to; at += 2 * PIECE)
		madvise((void *)at, PIECE, MADV_DONTDUMP);
}

/* Only what nobody writes to: relocated constants are in the segment with the data. */
static void let_go(const Elf64_Phdr *p, uintptr_t base, uintptr_t page)
{
	uintptr_t start = base + p->p_vaddr;
	uintptr_t from = (start + page - 1) / page * page;
	uintptr_t to = (start + p->p_filesz) / page * page;

	if (p->p_type != PT_LOAD || (p->p_flags & PF_W) || from >= to)
		return;
	divide(from, to);
	madvise((void *)from, to - from, MADV_DONTNEED);
}

void image_trim(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), base = 0;
	const Elf64_Phdr *p = (const Elf64_Phdr *)getauxval(AT_PHDR);
	size_t i, n = getauxval(AT_PHNUM);

	/* Programs that run at any address say where their headers were to be. */
	for (i = 0; i < n; i++)
		if (p[i].p_type == PT_PHDR)
			base = (uintptr_t)p - p[i].p_vaddr;
	for (i = 0; i < n; i++)
		let_go(&p[i], base, page);
}
