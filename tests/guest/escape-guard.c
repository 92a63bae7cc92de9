// SPDX-License-Identifier: GPL-2.0
/*
 * What the attacks of the other escape-* programs must not touch: a page of its own, looked at
 * every few milliseconds until SIGTERM. Writes the page's number in guest memory to the file
 * that the attacks read; says at the end whether page and place are what they were, and for how
 * long it was kept from running.
 */
#include "escape.h"
#include <fcntl.h>

#define WORDS (4096 / 8)
#define TURN_MS 5

static volatile sig_atomic_t ending;

static void on_term(int sig)
{
	ending = 1;
}

/* The page's number, from /proc/self/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
static uint64_t frame_number(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (pread(fd, &entry, 8, (uint64_t)page / 4096 * 8) != 8)
		entry = 0;
	close(fd);
	return entry & ((1UL << 55) - 1);
}

int main(void)
{
	volatile uint64_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	struct timespec turn = {0, TURN_MS * 1000000};
	long long last = esc_now_ms(), gap = 0, now;
	uint64_t pfn;
	FILE *f;
	int i;

	signal(SIGTERM, on_term);
	for (i = 0; i < WORDS; i++)
		page[i] = ESC_GUARD_WORD(i);
	pfn = frame_number((void *)page);
	f = fopen(ESC_GUARD_FILE ".new", "we");
	if (!pfn || !f)
		return 2;
	fprintf(f, "%lx\n", pfn);
	fclose(f);
	rename(ESC_GUARD_FILE ".new", ESC_GUARD_FILE);
	while (!ending) {
		nanosleep(&turn, NULL);
		now = esc_now_ms();
		gap = now - last > gap ? now - last : gap;
		last = now;
		for (i = 0; i < WORDS; i++)
			if (page[i] != ESC_GUARD_WORD(i)) {
				printf("guard: word %d of its page is %lx\n", i, page[i]);
				return 1;
			}
	}
	if (frame_number((void *)page) != pfn) {
		puts("guard: its page has moved, the attacks were in vain");
		return 2;
	}
	printf("guard: intact, longest gap %lld ms\n", gap);
	return 0;
}
