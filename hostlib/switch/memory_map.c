// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory in the switch; see memory_map.h.
 *
 * The handler of SIGBUS needs to know all mappings: the one list of this file. It is changed only
 * while no memory of guests is touched, by the one thread there is.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "memory_map.h"

#define MAPPINGS_MAX 1024
#define PAGE 4096UL

static struct mapping {
	char *at; /* NULL: free */
	uint64_t len;
	volatile int *lost;
} mappings[MAPPINGS_MAX];

static void on_sigbus(int sig, siginfo_t *si, void *context)
{
	char *addr = si->si_addr;
	unsigned int i;

	(void)context;
	for (i = 0; i < MAPPINGS_MAX; i++) {
		struct mapping *m = &mappings[i];

		if (!m->at || addr < m->at || addr >= m->at + m->len)
			continue;
		if (mmap(m->at, m->len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
			 0) == MAP_FAILED)
			break;
		*m->lost = 1;
		return;
	}
	/* Not ours: the instruction faults again, and the default ends us. */
	signal(sig, SIG_DFL);
}

static void watch_sigbus(void)
{
	struct sigaction sa = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO};

	sigaction(SIGBUS, &sa, NULL);
}

static struct mapping *mapping_new(void)
{
	unsigned int i;

	for (i = 0; i < MAPPINGS_MAX; i++)
		if (!mappings[i].at)
			return &mappings[i];
	return NULL;
}

static bool region_valid(const struct vhost_region *r, int fd)
{
	struct stat st;

	if (r->offset % PAGE || !r->size || r->size > 1ULL << 46 || r->offset > 1ULL << 46 ||
	    r->guest_addr > UINT64_MAX - r->size || r->user_addr > UINT64_MAX - r->size)
		return false;
	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       r->offset + r->size <= (uint64_t)st.st_size;
}

static int map_region(struct guest_memory *mem, const struct vhost_region *r, int fd,
		      volatile int *lost)
{
	struct mapping *m = mapping_new();
	char *at;

	if (!region_valid(r, fd))
		return -EINVAL;
	if (!m)
		return -ENOSPC;
	at = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd,
		  (off_t)r->offset);
	if (at == MAP_FAILED)
		return -errno;
	*m = (struct mapping){.at = at, .len = r->size, .lost = lost};
	mem->region[mem->n].guest_addr = r->guest_addr;
	mem->region[mem->n].user_addr = r->user_addr;
	mem->region[mem->n].size = r->size;
	mem->region[mem->n++].at = at;
	return 0;
}

int memory_map(struct guest_memory *mem, const struct vhost_memory *table, const int *fds,
	       volatile int *lost)
{
	unsigned int i;
	int err;

	memset(mem, 0, sizeof(*mem));
	if (!table->nregions || table->nregions > VHOST_REGIONS_MAX)
		return -EINVAL;
	watch_sigbus();
	for (i = 0; i < table->nregions; i++) {
		err = map_region(mem, &table->region[i], fds[i], lost);
		if (err) {
			memory_unmap(mem);
			return err;
		}
	}
	return 0;
}

void memory_unmap(struct guest_memory *mem)
{
	unsigned int i, k;

	for (i = 0; i < mem->n; i++) {
		for (k = 0; k < MAPPINGS_MAX; k++)
			if (mappings[k].at == mem->region[i].at)
				mappings[k].at = NULL;
		munmap(mem->region[i].at, mem->region[i].size);
	}
	mem->n = 0;
}
