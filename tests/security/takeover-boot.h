/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For takeover.c: a guest kernel that is held while it boots, under the filter for boot (--boot).
 *
 * It is waited for among what STARTER has started, and stopped as soon as it has one filter more
 * than STARTER. Whether that is the only one is looked at when it stands still: it stays so until
 * it is let go. One that was faster has two (status 75: with the next guest). DISK is the name of
 * its disk.
 */
#ifndef TAKEOVER_BOOT_H
#define TAKEOVER_BOOT_H

#define WAIT_MS 20000
#define TOO_LATE 75

static pid_t parent_of(pid_t pid)
{
	return number_of(pid, "PPid:");
}

static int filters_of(pid_t pid)
{
	return number_of(pid, "Seccomp_filters:");
}

static bool is_guest_kernel(pid_t pid)
{
	char path[64], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(name, sizeof(name), f))
		name[0] = 0;
	fclose(f);
	return strcmp(name, "guest-kernel\n") == 0;
}

/*
 * Among the descendants of a process, the first of each generation: a loader's first child is ns-
 * init.
 */
static pid_t guest_kernel_of(pid_t pid)
{
	for (int depth = 0; depth < 4 && pid; depth++) {
		pid = child_of(pid);
		if (pid && is_guest_kernel(pid))
			return pid;
	}
	return 0;
}

static pid_t find_booting(pid_t starter)
{
	for (int ms = 0; ms < 10 * WAIT_MS; ms++) {
		pid_t pid = guest_kernel_of(starter);

		if (pid && filters_of(pid) > filters_of(starter))
			return pid;
		usleep(100);
	}
	fprintf(stderr, "takeover: no guest kernel in time\n");
	exit(2);
}

static void must_boot(pid_t starter)
{
	if (filters_of(victim.pid) == filters_of(starter) + 1)
		return;
	leave();
	exit(TOO_LATE);
}

static long find_fd(const char *name)
{
	char target[TARGET_MAX];

	for (long fd = 0; fd < FDS_MAX; fd++) {
		target_of(victim.pid, fd, target);
		if (strcmp(target, name) == 0)
			return fd;
	}
	return -1;
}

#endif
