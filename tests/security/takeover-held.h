/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For takeover.c: what a taken-over guest kernel does with that which it holds: its disk, the
 * boot record, memory, the loader's socket and pipe.
 */
#ifndef TAKEOVER_HELD_H
#define TAKEOVER_HELD_H

static long disk_fd; /* its first */

/* A byte far behind the end of the guest's own disk. */
static long try_grow(void)
{
	return CALL(SYS_pwrite64, UL(disk_fd), text("x"), 1UL, 1UL << 40);
}

static long try_allocate(void)
{
	return CALL(SYS_fallocate, UL(disk_fd), 0UL, 1UL << 40, 4096UL);
}

static long try_truncate(void)
{
	return CALL(SYS_ftruncate, UL(disk_fd), 1UL << 40);
}

/*
 * The mode or group of each file of the host that it has open, to what it is; not of its disk, of
 * those in the shared directory, and of what is itself (/proc/PID/maps, while it is loaded). Who
 * may write to none of them may still be the owner.
 */
static long try_attributes(void)
{
	char path[64], target[PATH_MAX];
	long fd, ret = -EBADF, now, own;
	struct stat st;
	ssize_t n;

	for (fd = 0; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%ld", victim.pid, fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n <= 0 || fd == disk_fd || stat(path, &st) < 0 || !st.st_nlink)
			continue;
		target[n] = 0;
		/* Where /proc was opened may have no name any more. */
		if (target[0] != '/' || strncmp(target, share, strlen(share)) == 0 ||
		    sscanf(target, "/proc/%ld", &own) == 1 || sscanf(target, "/%ld/", &own) == 1)
			continue;
		now = CALL(SYS_fchmod, UL(fd), UL(st.st_mode & 07777));
		if (now < 0)
			now = CALL(SYS_fchown, UL(fd), -1UL, UL(st.st_gid));
		if (ret < 0)
			ret = now;
	}
	return ret;
}

static long try_boot_record(void)
{
	return CALL(SYS_pwrite64, 5UL, text("x"), 1UL, 0UL);
}

static long eat(unsigned long flags, unsigned long fd)
{
	unsigned long len = 1UL << 30;
	long at = CALL(SYS_mmap, 0UL, len, UL(PROT_READ | PROT_WRITE),
		       flags | UL(MAP_ANONYMOUS | MAP_NORESERVE), fd, 0UL);

	if (at < 0 && at >= -4095)
		return at;
	CALL(SYS_munmap, UL(at), len);
	return 0;
}

static long try_eat_memory(void)
{
	return eat(MAP_PRIVATE, -1UL);
}

/*
 * The host counts neither these nor a stack as the process's own: RLIMIT_DATA does not hold them.
 */
static long try_eat_shared(void)
{
	return eat(MAP_SHARED, -1UL);
}

static long try_eat_as_memory(void)
{
	return eat(MAP_SHARED, 4UL);
}

static long try_eat_stack(void)
{
	return eat(MAP_PRIVATE | MAP_GROWSDOWN, -1UL);
}

/*
 * Messages to the loader of all sizes and types, with lengths and numbers that are not true. They
 * are all that it may send; what counts is that the loader goes on, which the caller sees to. EPERM
 * when the loader took some, ENOMSG when none ever got there.
 */
static long try_bad_messages(void)
{
	unsigned int words[200] = {0}, size, n, seed = 1, taken = 0;
	long ret;
	unsigned long at = put(words, sizeof(words));

	for (n = 0; n < 3000; n++) {
		for (size = 0; size < sizeof(words) / sizeof(words[0]); size++)
			words[size] = seed = seed * 1664525 + 1013904223;
		words[0] = n % 24;
		words[6] = words[6] >> 16 &
			   3; /* of a card, if it is about one: of some that there are */
		if (n % 3)
			words[4] = n % 2 ? 0xffffffff : 768;
		poke(at, words, sizeof(words));
		size = n % 5 ? 792 : words[7] % sizeof(words) + 1;
		ret = CALL(SYS_sendto, 3UL, at, UL(size), UL(MSG_DONTWAIT));
		if (ret == -EPIPE)
			return 0;
		taken += ret >= 0;
	}
	return taken > 0 ? -EPERM : -ENOMSG;
}

/* As many as the socket and the pipe take, and more: nobody may have to keep them. */
static long try_flood(void)
{
	static char block[32768];
	unsigned long at = put(block, sizeof(block));
	long n, written = 0, sent = 0;

	for (n = 0; n < 2000; n++)
		written += CALL(SYS_write, 1UL, at, UL(sizeof(block))) > 0;
	for (n = 0; n < 2000; n++)
		sent += CALL(SYS_sendto, 3UL, at, 792UL, UL(MSG_DONTWAIT)) == 792;
	return written > 0 && sent > 0 ? -EPERM : -ENOMSG;
}

/* To the loader it looks like the end of the socket: it must be the last that it gets. */
static long try_empty_message(void)
{
	unsigned long at = text("x");
	long ret = -EAGAIN;
	int tries;

	/* The flood may be under way still. */
	for (tries = 0; tries < 500 && ret == -EAGAIN; tries++) {
		ret = CALL(SYS_sendto, 3UL, at, 0UL, UL(MSG_DONTWAIT));
		if (ret == -EAGAIN)
			usleep(10000);
	}
	return ret == 0 ? -EPERM : -ENOMSG;
}

#endif
