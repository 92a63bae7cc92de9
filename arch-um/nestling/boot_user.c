// SPDX-License-Identifier: GPL-2.0
/*
 * Start of the guest kernel, host half: what the loader left in fixed
 * descriptors. Nothing here opens anything.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <as-layout.h>
#include <nestling.h>
#include "abi.h"
#include "boot_user.h"

/* Laid out by the linker script. */
extern char _end[];

unsigned long nl_image_end(void)
{
	unsigned long end = (unsigned long)_end;

	return (end + UM_KERN_PAGE_SIZE - 1) & ~(UM_KERN_PAGE_SIZE - 1);
}

int nl_memory_fd(unsigned long long len)
{
	struct stat st;

	if (fstat(NL_FD_MEMORY, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0 &&
	    (unsigned long long)st.st_size >= len)
		return NL_FD_MEMORY;
	fprintf(stderr, "This is Nestling's guest kernel; start it through the loader, 'linux'.\n");
	exit(1);
}

void *nl_cpuinfo(void)
{
	return fdopen(NL_FD_CPUINFO, "r");
}

int nl_reboot_status(void)
{
	return NL_EXIT_REBOOT;
}

const struct nl_boot *nl_boot_map(unsigned long *len)
{
	struct stat st;
	void *p;

	if (fstat(NL_FD_BOOT, &st) < 0 || st.st_size < (off_t)sizeof(struct nl_boot))
		return NULL;
	/* It is sealed, and hosts older than 6.7 let nobody share what nobody may write. */
	p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, NL_FD_BOOT, 0);
	if (p == MAP_FAILED)
		return NULL;
	*len = st.st_size;
	return p;
}

int nl_read_all(int fd, void *buf, unsigned long long len)
{
	unsigned long long done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		done += n;
	}
	return 0;
}
