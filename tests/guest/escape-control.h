/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For `escape-* control`, on a host: what would be noticed if it succeeded. There is a stub as in
 * a guest, with the same code (stub_code.S), orders, state, and a file that stands for guest
 * memory, and nothing around it that would hold an attack up: no filter, no token that is asked
 * for, no guest kernel that refuses or kills. The attacks are the same functions as in a guest,
 * and so is what looks whether they got anything.
 */
#ifndef ESCAPE_CONTROL_H
#define ESCAPE_CONTROL_H

#include <fcntl.h>
#include "escape.h"

#define ESC_SECRET_PAGE 8 /* of what stands for guest memory; the guard's */
#define ESC_GATE_PAGE 9
#define ESC_MEMORY_PAGES 10

extern char nl_stub_base[], nl_stub_code_end[]; /* stub_code.S */

static uint8_t
	*esc_memory; /* all of what stands for guest memory; the stub's code is its first page */

static void *esc_map_memory(void *at, int prot, int page)
{
	void *p = mmap(at, 4096, prot, MAP_SHARED | (at ? MAP_FIXED : 0), NL_STUB_MEMORY_FD,
		       page * 4096L);

	if (p == MAP_FAILED)
		exit(2);
	return p;
}

ESC_UNUSED static void esc_lay_stub(void)
{
	memcpy(esc_memory, nl_stub_base, nl_stub_code_end - nl_stub_base);
}

/* Instead of esc_begin(). The code may be written to where that is what an attack is about. */
static void esc_control_begin(int code_prot)
{
	int fd = memfd_create("memory", MFD_CLOEXEC);
	uint8_t *at = mmap(NULL, NL_STUB_END, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fd < 0 || ftruncate(fd, ESC_MEMORY_PAGES * 4096L) || at == MAP_FAILED ||
	    dup2(fd, NL_STUB_MEMORY_FD) < 0)
		exit(2);
	esc_control = true;
	esc_memory =
		mmap(NULL, ESC_MEMORY_PAGES * 4096L, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	((struct nl_orders *)(esc_memory + NL_STUB_ORDERS))->seq = 1;
	((struct nl_orders *)(esc_memory + NL_STUB_ORDERS))->gate_offset = ESC_GATE_PAGE * 4096L;
	esc_secret = ESC_SECRET_PAGE * 4096L;
	esc_code = esc_map_memory(at, code_prot, 0);
	esc_orders = esc_map_memory(at + NL_STUB_ORDERS, PROT_READ, 1);
	for (int i = 0; i < NL_STUB_BLOCK_PAGES - 1; i++)
		esc_map_memory(at + NL_STUB_STATE + i * 4096L, PROT_READ | PROT_WRITE, 2 + i);
	esc_state = (void *)(at + NL_STUB_STATE);
	esc_map_memory((void *)ESC_READONLY, PROT_READ, ESC_GATE_PAGE);
	esc_catch();
	esc_make_loot();
	if (mmap((void *)ESC_VICTIM, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		exit(2);
	*(uint64_t *)ESC_VICTIM = ESC_VICTIM_WORD;
	esc_look();
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* What escape-guard would say; its page is as it was then. */
ESC_UNUSED static bool esc_guard_sees(void)
{
	uint64_t *page = (void *)(esc_memory + ESC_SECRET_PAGE * 4096);
	bool seen = false;

	for (int i = 0; i < 512; i++) {
		seen |= page[i] != ESC_GUARD_WORD(i);
		page[i] = ESC_GUARD_WORD(i);
	}
	return seen;
}

static int esc_cases, esc_unnoticed;

ESC_UNUSED static void esc_expect(const char *what, bool noticed)
{
	esc_cases++;
	if (noticed)
		return;
	printf("# %s: took place, and not noticed\n", what);
	esc_unnoticed++;
}

/* The last line and the exit status. */
ESC_UNUSED static int esc_control_report(const char *program)
{
	printf("%s: control: %d cases, %d wrong\n", program, esc_cases, esc_unnoticed);
	return esc_unnoticed ? 1 : 0;
}

#endif
