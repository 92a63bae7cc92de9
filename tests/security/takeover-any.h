/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For takeover.c: calls that the filters let through whatever their arguments are, with good ones
 * and with bad ones. What must hold is that nothing is gained by any of them (takeover-gain.h):
 * the verdict is "refused" then, and "SUCCEEDED" with what was gained.
 *
 * An argument of a row may stand for many; a row with several of these makes all combinations.
 * Calls are made by a child of the guest kernel, because some end the process that makes them,
 * and that is all they may do. What a child shares with the guest kernel is the memory of the
 * guest and its open files: rows do nothing good there that would be missed later (read a pipe's
 * byte, take an event, unlock the disk), and nothing that would do harm with the layers off, as
 * root, too: names are none that exist, but for SHARED and OUTSIDE, which are the test's own.
 */
#ifndef TAKEOVER_ANY_H
#define TAKEOVER_ANY_H

/* What stands for many values, or for one that is known only then. */
#define MANY(n) (0x6e73746c00000000UL + (n))
#define FDS MANY(1) /* all descriptors, open or not, and numbers that are none */
#define FREE_FDS MANY(2) /* those that are not open */
#define ADDRESSES MANY(3) /* of no memory that it has */
#define LENGTHS MANY(4)
#define OFFSETS MANY(5)
#define BITS MANY(6) /* each flag that there may be */
#define PIDS MANY(7)
#define NUMBERS MANY(8) /* small ones, also below zero */
#define CLOCKS MANY(9) /* those of descriptors, and of processes with small numbers */
#define NAMES MANY(10) /* of no file */
#define DISK MANY(20) /* the guest's */
#define EVENTS MANY(21) /* its epoll descriptor */
#define BUF MANY(22) /* some memory, behind which there is none */
#define IOV MANY(23) /* one part, of eight bytes; the others are empty */
#define MSG MANY(24) /* a header for a message of that */
#define LONG_MSG MANY(25) /* with more parts than there may be */
#define SHARED MANY(26) /* a file in the shared directory */
#define OUTSIDE MANY(27) /* a file that was not given */
#define BESIDE MANY(30) /* a name next to it */
#define CPUS MANY(28) /* its own */
#define SOON MANY(29) /* a timer's next time */
#define NO_MEMORY 0xffff888000000000UL /* nobody's; looked at before anything is done */
#define NO_SUCH 99
#define VALUES_MAX 1100

enum who {
	A_CHILD,
	CHILDREN, /* one for each call */
	ITSELF, /* what the guest kernel has and its children have not */
};

#define ANY(call, what, who, ...)                       \
	{                                               \
		"any-" #call "-" what, SYS_##call, who, \
		{                                       \
			__VA_ARGS__                     \
		}                                       \
	}

#define GAIN(what, call, ...)                      \
	{                                          \
		"gain-" what, SYS_##call, A_CHILD, \
		{                                  \
			__VA_ARGS__                \
		}                                  \
	}

static const struct any {
	const char *name;
	long nr;
	enum who who;
	unsigned long a[6];
} any[] = {
	ANY(read, "descriptors", A_CHILD, FDS, NO_MEMORY, 8),
	ANY(read, "good", A_CHILD, DISK, BUF, 8),
	ANY(read, "memory", A_CHILD, DISK, ADDRESSES, LENGTHS),
	ANY(read, "lengths", A_CHILD, DISK, BUF, LENGTHS),
	/* None of no bytes: on the loader's socket that would be its end (empty-message). */
	ANY(write, "descriptors", A_CHILD, FDS, NO_MEMORY, 8),
	ANY(write, "memory", A_CHILD, DISK, ADDRESSES, 8),
	ANY(write, "lengths", A_CHILD, DISK, BUF, LENGTHS),
	ANY(pwrite64, "descriptors", A_CHILD, FDS, NO_MEMORY, 8, 0),
	ANY(pwrite64, "memory", A_CHILD, DISK, ADDRESSES, LENGTHS, 0),
	ANY(pwrite64, "good", A_CHILD, DISK, BUF, 8, 0),
	ANY(pwrite64, "offsets", A_CHILD, DISK, BUF, 8, OFFSETS),
	ANY(preadv2, "descriptors", A_CHILD, FDS, NO_MEMORY, 1, 0, 0, 0),
	ANY(preadv2, "good", A_CHILD, DISK, IOV, 1, 0, 0, 0),
	ANY(preadv2, "memory", A_CHILD, DISK, ADDRESSES, LENGTHS, 0, 0, 0),
	ANY(preadv2, "parts", A_CHILD, DISK, IOV, LENGTHS, 0, 0, 0),
	ANY(preadv2, "offsets", A_CHILD, DISK, IOV, 1, OFFSETS, OFFSETS, 0),
	ANY(preadv2, "flags", A_CHILD, DISK, IOV, 1, 0, 0, BITS),
	ANY(pwritev2, "descriptors", A_CHILD, FDS, NO_MEMORY, 1, 0, 0, 0),
	ANY(pwritev2, "good", A_CHILD, DISK, IOV, 1, 0, 0, 0),
	ANY(pwritev2, "memory", A_CHILD, DISK, ADDRESSES, LENGTHS, 0, 0, 0),
	ANY(pwritev2, "parts", A_CHILD, DISK, IOV, LENGTHS, 0, 0, 0),
	ANY(pwritev2, "offsets", A_CHILD, DISK, IOV, 1, OFFSETS, OFFSETS, 0),
	ANY(pwritev2, "flags", A_CHILD, DISK, IOV, 1, 0, 0, BITS),
	ANY(preadv, "descriptors", A_CHILD, FDS, NO_MEMORY, 1, 0, 0),
	ANY(preadv, "parts", A_CHILD, DISK, IOV, LENGTHS, OFFSETS, 0),
	ANY(pwritev, "descriptors", A_CHILD, FDS, NO_MEMORY, 1, 0, 0),
	ANY(pwritev, "parts", A_CHILD, DISK, IOV, LENGTHS, OFFSETS, 0),
	ANY(fdatasync, "descriptors", A_CHILD, FDS),
	ANY(fdatasync, "good", A_CHILD, DISK),
	/* All holes that are good would be in what it needs, but for one in the disk. */
	ANY(fallocate, "descriptors", A_CHILD, FDS, 3, -1UL, 4096),
	ANY(fallocate, "offsets", A_CHILD, DISK, BITS, OFFSETS, -1UL),
	ANY(fallocate, "lengths", A_CHILD, DISK, BITS, -1UL, LENGTHS),
	ANY(fallocate, "good", A_CHILD, DISK, 3, 1 << 20, 4096),
	ANY(close, "descriptors", A_CHILD, FDS),
	ANY(close_range, "flags", CHILDREN, 0, 1023, BITS),
	ANY(close_range, "from", CHILDREN, BITS, -1UL, 0),
	ANY(close_range, "to", CHILDREN, 3, BITS, 0),
	ANY(recvmsg, "descriptors", A_CHILD, FDS, NO_MEMORY, MSG_DONTWAIT),
	ANY(recvmsg, "memory", A_CHILD, 3, ADDRESSES, MSG_DONTWAIT),
	ANY(recvmsg, "parts", A_CHILD, 3, LONG_MSG, MSG_DONTWAIT),
	ANY(recvmsg, "good", A_CHILD, 3, MSG, MSG_DONTWAIT | MSG_PEEK),
	/*
	 * None is taken away from where it waits, and no event is taken: the guest kernel would
	 * miss it.
	 */
	ANY(epoll_ctl, "descriptors", A_CHILD, FDS, 1, DISK, NO_MEMORY),
	ANY(epoll_ctl, "targets", A_CHILD, EVENTS, 1, FDS, NO_MEMORY),
	ANY(epoll_ctl, "remove", A_CHILD, EVENTS, 2, FREE_FDS, BUF),
	ANY(epoll_ctl, "itself", A_CHILD, EVENTS, 1, EVENTS, BUF),
	ANY(epoll_ctl, "orders", A_CHILD, EVENTS, NUMBERS, -1UL, BUF),
	ANY(epoll_wait, "descriptors", A_CHILD, FDS, NO_MEMORY, 8, 0),
	ANY(epoll_wait, "lengths", A_CHILD, EVENTS, NO_MEMORY, LENGTHS, 0),
	ANY(epoll_wait, "none", A_CHILD, EVENTS, BUF, 0, 0),

	/* mprotect with PROT_EXEC is what stubs may do with what they have (confinement.md). */
	ANY(munmap, "memory", CHILDREN, ADDRESSES, LENGTHS),
	ANY(munmap, "good", A_CHILD, BUF, 4096),
	ANY(munmap, "lengths", CHILDREN, BUF, LENGTHS),
	ANY(munmap, "all", CHILDREN, 0, (1UL << 47) - 4096),
	ANY(mprotect, "memory", CHILDREN, ADDRESSES, LENGTHS, PROT_READ | PROT_EXEC),
	ANY(mprotect, "lengths", CHILDREN, BUF, LENGTHS, PROT_READ),
	ANY(mprotect, "semaphores", A_CHILD, BUF, 4096, 8),
	ANY(mprotect, "grows", A_CHILD, BUF, 4096, PROT_GROWSDOWN),
	ANY(mprotect, "grows-up", A_CHILD, BUF, 4096, PROT_GROWSUP),
	ANY(mprotect, "high-bits", A_CHILD, BUF, 4096, HIGH),
	ANY(mprotect, "good", A_CHILD, BUF, 4096, PROT_READ | PROT_WRITE),

	ANY(rt_sigaction, "memory", A_CHILD, NUMBERS, ADDRESSES, 0, 8),
	ANY(rt_sigaction, "lengths", A_CHILD, NUMBERS, 0, BUF, LENGTHS),
	ANY(rt_sigaction, "numbers", A_CHILD, NUMBERS, 0, BUF, 8),
	ANY(rt_sigprocmask, "how", A_CHILD, NUMBERS, BUF, 0, 8),
	ANY(rt_sigprocmask, "memory", A_CHILD, 0, ADDRESSES, ADDRESSES, 8),
	ANY(rt_sigprocmask, "lengths", A_CHILD, 0, BUF, 0, LENGTHS),
	ANY(rt_sigreturn, "frames", CHILDREN, ADDRESSES), /* its stack pointer */
	ANY(rt_sigreturn, "zeros", CHILDREN, IOV),
	ANY(sigaltstack, "memory", A_CHILD, ADDRESSES, ADDRESSES),
	ANY(sigaltstack, "zeros", A_CHILD, BUF, 0),
	ANY(restart_syscall, "nothing", A_CHILD, BITS),

	ANY(wait4, "processes", A_CHILD, PIDS, 0, BITS, 0),
	ANY(wait4, "memory", ITSELF, 0x7fffffff, ADDRESSES, WNOHANG, ADDRESSES),
	ANY(waitid, "kinds", A_CHILD, NUMBERS, PIDS, BUF, WEXITED | WNOHANG, 0),
	ANY(waitid, "descriptors", A_CHILD, 3 /* P_PIDFD */, FDS, BUF, WEXITED | WNOHANG, 0),
	ANY(waitid, "options", A_CHILD, P_ALL, 0, BUF, BITS, 0),
	ANY(waitid, "memory", ITSELF, P_ALL, 0, ADDRESSES, WEXITED | WNOHANG | WNOWAIT, ADDRESSES),
	ANY(getpid, "nothing", A_CHILD, BITS),
	ANY(exit_group, "status", CHILDREN, BITS),
	ANY(sched_yield, "nothing", A_CHILD, BITS),
	ANY(sched_setaffinity, "processes", A_CHILD, PIDS, 8, ADDRESSES),
	ANY(sched_setaffinity, "lengths", A_CHILD, 0, LENGTHS, ADDRESSES),
	ANY(sched_setaffinity, "good", A_CHILD, 0, 8, CPUS),
	ANY(clock_gettime, "clocks", A_CHILD, NUMBERS, BUF),
	ANY(clock_gettime, "kinds", A_CHILD, BITS, BUF),
	ANY(clock_gettime, "descriptors", A_CHILD, CLOCKS, BUF),
	ANY(clock_gettime, "good", A_CHILD, CLOCK_MONOTONIC, BUF),
	ANY(clock_gettime, "memory", A_CHILD, CLOCK_MONOTONIC, ADDRESSES),
	ANY(getrandom, "memory", A_CHILD, ADDRESSES, LENGTHS, 1 /* not to wait */),
	ANY(getrandom, "good", A_CHILD, BUF, 8, 0),
	ANY(getrandom, "flags", A_CHILD, BUF, 8, BITS),
	ANY(timer_settime, "timers", ITSELF, NUMBERS, 0, ADDRESSES, 0),
	ANY(timer_settime, "flags", ITSELF, 0, BITS, ADDRESSES, 0),
	ANY(timer_settime, "good", ITSELF, 0, 0, SOON, 0),

	/* Of files that are shared. */
	ANY(openat, "descriptors", A_CHILD, FDS, NO_MEMORY, 0),
	ANY(openat, "names", A_CHILD, UL(AT_FDCWD), NAMES, 0),
	ANY(openat, "flags", A_CHILD, UL(AT_FDCWD), SHARED, BITS, 0600),
	ANY(newfstatat, "descriptors", A_CHILD, FDS, NO_MEMORY, BUF, 0),
	ANY(newfstatat, "names", A_CHILD, UL(AT_FDCWD), NAMES, BUF, 0),
	ANY(newfstatat, "flags", A_CHILD, UL(AT_FDCWD), SHARED, BUF, BITS),
	ANY(newfstatat, "memory", A_CHILD, UL(AT_FDCWD), SHARED, ADDRESSES, 0),
	ANY(statx, "descriptors", A_CHILD, FDS, NO_MEMORY, 0, 0xfff, BUF),
	ANY(statx, "names", A_CHILD, UL(AT_FDCWD), NAMES, 0, 0xfff, BUF),
	ANY(statx, "flags", A_CHILD, UL(AT_FDCWD), SHARED, BITS, BITS, BUF),
	ANY(statx, "memory", A_CHILD, UL(AT_FDCWD), SHARED, 0, 0xfff, ADDRESSES),
	ANY(faccessat2, "descriptors", A_CHILD, FDS, NO_MEMORY, 0, 0),
	ANY(faccessat2, "names", A_CHILD, UL(AT_FDCWD), NAMES, 0, 0),
	ANY(faccessat2, "flags", A_CHILD, UL(AT_FDCWD), SHARED, BITS, BITS),
	ANY(faccessat, "descriptors", A_CHILD, FDS, NO_MEMORY, 0),
	ANY(faccessat, "modes", A_CHILD, UL(AT_FDCWD), SHARED, BITS),
	ANY(getdents64, "descriptors", A_CHILD, FDS, NO_MEMORY, 4096),
	ANY(getdents64, "lengths", A_CHILD, DISK, BUF, LENGTHS),
	ANY(lseek, "descriptors", A_CHILD, FDS, 0, NO_SUCH),
	ANY(lseek, "offsets", A_CHILD, DISK, OFFSETS, NUMBERS),
	ANY(pread64, "descriptors", A_CHILD, FDS, NO_MEMORY, 8, 0),
	ANY(pread64, "memory", A_CHILD, DISK, ADDRESSES, LENGTHS, 0),
	ANY(pread64, "lengths", A_CHILD, DISK, BUF, LENGTHS, 0),
	ANY(pread64, "offsets", A_CHILD, DISK, BUF, 8, OFFSETS),
	ANY(fsync, "descriptors", A_CHILD, FDS),
	ANY(dup2, "old", A_CHILD, FDS, 1000),
	ANY(dup2, "new", A_CHILD, DISK, FDS),
	ANY(readlink, "names", A_CHILD, NAMES, BUF, 8),
	ANY(readlink, "lengths", A_CHILD, SHARED, BUF, LENGTHS),
	ANY(readlink, "memory", A_CHILD, SHARED, ADDRESSES, 8),
	ANY(statfs, "names", A_CHILD, NAMES, BUF),
	ANY(statfs, "memory", A_CHILD, SHARED, ADDRESSES),

	/* Of files that may be changed; those that are not given: takeover-files.h. */
	ANY(flock, "descriptors", A_CHILD, FDS, NO_SUCH),
	ANY(chmod, "names", A_CHILD, NAMES, 0600),
	ANY(chmod, "modes", A_CHILD, SHARED, BITS),
	ANY(fchmod, "descriptors", A_CHILD, FREE_FDS, 0600),
	ANY(lchown, "names", A_CHILD, NAMES, -1UL, -1UL),
	ANY(lchown, "users", A_CHILD, SHARED, BITS, -1UL),
	ANY(fchown, "descriptors", A_CHILD, FREE_FDS, -1UL, -1UL),
	ANY(truncate, "names", A_CHILD, NAMES, 0),
	ANY(truncate, "lengths", A_CHILD, SHARED, OFFSETS),
	ANY(ftruncate, "descriptors", A_CHILD, FDS, -1UL),
	ANY(utimensat, "descriptors", A_CHILD, FDS, 0, NO_MEMORY, 0),
	ANY(utimensat, "names", A_CHILD, UL(AT_FDCWD), NAMES, 0, 0),
	ANY(utimensat, "flags", A_CHILD, UL(AT_FDCWD), SHARED, BUF, BITS),
	ANY(symlink, "names", A_CHILD, NAMES, NAMES),
	ANY(link, "names", A_CHILD, SHARED, NAMES),
	ANY(unlink, "names", A_CHILD, NAMES),
	ANY(rename, "names", A_CHILD, SHARED, NAMES),
	ANY(renameat2, "descriptors", A_CHILD, FDS, NO_MEMORY, -1UL, NO_MEMORY, 0),
	ANY(renameat2, "flags", A_CHILD, UL(AT_FDCWD), SHARED, UL(AT_FDCWD), NO_MEMORY, BITS),
	ANY(mkdir, "names", A_CHILD, NAMES, 0700),
	ANY(rmdir, "names", A_CHILD, NAMES),
	ANY(mknod, "names", A_CHILD, NAMES, S_IFIFO | 0600, 0),
	ANY(mknodat, "descriptors", A_CHILD, FDS, NO_MEMORY, S_IFIFO | 0600, 0),

	/*
	 * That do give something, with the layers off: what tells of a gain would be blind
	 * without them.
	 */
	GAIN("descriptor", memfd_create, SHARED),
	GAIN("file", openat, UL(AT_FDCWD), OUTSIDE, O_RDONLY),
	GAIN("path", openat, UL(AT_FDCWD), OUTSIDE, UL(O_PATH)),
	GAIN("executable", mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1UL),
	GAIN("shared", mmap, 0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1UL),
	GAIN("change", chmod, OUTSIDE, 0604),
	GAIN("name", mkdir, BESIDE, 0700),
};

#define ANY_COUNT (sizeof(any) / sizeof(any[0]))

/* --- where its memory has what rows name ----------------------------------------------------- */

static struct {
	unsigned long buf, iov, msg, long_msg, name, empty, long_name, outside, beside, cpus, soon;
	long events;
} there;

#define BUF_BYTES 8192
#define IOV_BYTES 20480

/* The last page of its scratch memory goes, in the child, and before it lies BUF. */
static void lay_out(void)
{
	static char zeros[IOV_BYTES], long_name[PATH_MAX + 1];
	/* Again and again: a guest kernel that boots has it so, and its ticks must not end. */
	struct itimerspec soon = {.it_value = {0, 1000000}, .it_interval = {0, 10000000}};
	struct msghdr msg = {.msg_iovlen = 1};
	struct iovec iov = {.iov_len = 8};
	cpu_set_t cpus;

	sched_getaffinity(victim.pid, sizeof(cpus), &cpus);
	there.buf = victim.scratch + SCRATCH_BYTES - 4096 - BUF_BYTES;
	there.iov = there.buf - IOV_BYTES;
	poke(there.buf, zeros, BUF_BYTES);
	poke(there.iov, zeros, IOV_BYTES);
	iov.iov_base = (void *)there.buf;
	poke(there.iov, &iov, sizeof(iov));
	msg.msg_iov = (struct iovec *)there.iov;
	there.msg = put(&msg, sizeof(msg));
	msg.msg_iovlen = 1UL << 31;
	there.long_msg = put(&msg, sizeof(msg));
	there.name = in_share("any");
	there.outside = text(outside);
	there.beside = beside("any-made");
	there.empty = text("");
	memset(long_name, 'x', PATH_MAX);
	there.long_name = text(long_name);
	there.cpus = put(&cpus, 8);
	there.soon = put(&soon, sizeof(soon));
}

static void find_events(const struct world *w)
{
	there.events = 999;
	for (long fd = 0; fd < FDS_MAX; fd++)
		if (strstr(w->target[fd], "[eventpoll]"))
			there.events = fd;
}

/* --- arguments ------------------------------------------------------------------------------- */

struct values {
	size_t n;
	unsigned long v[VALUES_MAX];
};

static void add_values(struct values *to, const unsigned long *v, size_t n)
{
	memcpy(to->v + to->n, v, n * sizeof(*v));
	to->n += n;
}
#define ADD(to, ...)                                         \
	add_values(to, (const unsigned long[]){__VA_ARGS__}, \
		   sizeof((const unsigned long[]){__VA_ARGS__}) / sizeof(unsigned long))

static void add_fds(struct values *to, const struct world *w, bool open)
{
	for (unsigned long fd = 0; fd < FDS_MAX; fd++)
		if (open || !w->target[fd][0])
			ADD(to, fd);
	ADD(to, -1UL, UL(AT_FDCWD), 0x7fffffff, 0x80000000, UL(-2147483647L - 1));
}

static void add_addresses(struct values *to)
{
	ADD(to, 0, 1, 0x7ffffffff000, 1UL << 47, NO_MEMORY, 0xffffffff81000000, 0xffffffffff600000,
	    -4096UL, -1UL);
}

static void add_numbers(struct values *to, long from, long to_number)
{
	for (; from <= to_number; from++)
		ADD(to, UL(from));
}

static void add_bits(struct values *to)
{
	for (int bit = 0; bit < 33; bit++)
		ADD(to, 1UL << bit);
	ADD(to, 0, 0xffffffff, -1UL);
}

static void add_clocks(struct values *to)
{
	for (unsigned long of = 0; of < FDS_MAX; of++)
		ADD(to, ~of << 3 | 3);
}

static void expand_one(unsigned long a, struct values *to)
{
	const struct {
		unsigned long is, value;
	} single[] = {
		{DISK, UL(disk_fd)},  {EVENTS, UL(there.events)}, {BUF, there.buf},
		{IOV, there.iov},     {MSG, there.msg},           {LONG_MSG, there.long_msg},
		{SHARED, there.name}, {OUTSIDE, there.outside},   {BESIDE, there.beside},
		{CPUS, there.cpus},   {SOON, there.soon},
	};

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (single[i].is == a)
			a = single[i].value;
	ADD(to, a);
}

static void expand(unsigned long a, const struct world *w, struct values *to)
{
	to->n = 0;
	switch (a) {
	case FDS:
	case FREE_FDS:
		add_fds(to, w, a == FDS);
		break;
	case ADDRESSES:
		add_addresses(to);
		break;
	case NAMES:
		add_addresses(to);
		ADD(to, there.empty, there.long_name);
		break;
	case LENGTHS:
		ADD(to, 0, 1025, 1UL << 31, HIGH, -4096UL, -1UL, LONG_MAX, 1UL << 63);
		break;
	case OFFSETS:
		ADD(to, -1UL, LONG_MAX, 1UL << 63, -4096UL, LONG_MAX - 7);
		break;
	case BITS:
		add_bits(to);
		break;
	case PIDS:
		ADD(to, -1UL, 1, 0x7fffffff, 0x80000000, -2UL, UL(-2147483647L - 1), HIGH | 1);
		break;
	case NUMBERS:
		add_numbers(to, -70, 70);
		ADD(to, 0x7fffffff, 0x80000000, HIGH);
		break;
	case CLOCKS:
		add_clocks(to);
		break;
	default:
		expand_one(a, to);
	}
}

/* --- calls ----------------------------------------------------------------------------------- */

/* A descriptor that comes out must be of a file that it may have; it is closed again. */
static bool odd_descriptor(const struct world *before, long fd)
{
	static char text[TARGET_MAX];

	target_of(victim.pid, fd, text);
	CALL(SYS_close, UL(fd));
	gain = text;
	return !may_have(before, text);
}

/* One process that stands for it; false when it can have none. */
static bool begin_child(long *err)
{
	*err = stand_in();
	if (*err < 0)
		return false;
	CALL(SYS_mprotect, victim.scratch + SCRATCH_BYTES - 4096, 4096UL, UL(PROT_NONE));
	return true;
}

/* Whether what it has now is more than it had. */
static bool more_than(const struct world *before)
{
	static struct world now;

	look(&now);
	gain = gained(before, &now);
	return gain != NULL;
}

static bool good_was_done; /* in this attempt */

/* A row of good arguments is one whose call does what it is for, or it would show nothing. */
static bool is_good(const struct any *row)
{
	size_t len = strlen(row->name);

	return row->who == A_CHILD && strcmp(row->name + len - 5, "-good") == 0 &&
	       (row->a[0] != DISK || UL(disk_fd) < NO_FD);
}

/*
 * 0 when something was gained by the call. EPERM when nothing was, or another error when it could
 * not be made.
 */
static long make_one(const struct any *row, const unsigned long a[6], const struct world *before)
{
	long err = -EPERM, ret;
	bool won = false;

	if (row->who != ITSELF && !victim.original && !begin_child(&err))
		return err;
	victim.sp = row->nr == SYS_rt_sigreturn ? a[0] : 0;
	ret = CALL(row->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	victim.sp = 0;
	/* Refused by a filter; or there is no message. */
	good_was_done |= ret >= 0 || ret == -EPERM || ret == -EAGAIN;
	if (ret >= 0 && row->nr == SYS_openat)
		won = odd_descriptor(before, ret);
	if (!won && row->who == CHILDREN && !victim.gone)
		won = more_than(before);
	if (victim.original && (victim.gone || row->who == CHILDREN))
		stand_down();
	return won ? 0 : -EPERM;
}

/* All combinations of arguments from the k-th on. */
static long make_all(const struct any *row, const struct values values[6], unsigned long a[6],
		     int k, const struct world *before)
{
	long ret = -EPERM;

	if (k == 6)
		return make_one(row, a, before);
	for (size_t i = 0; i < values[k].n && ret == -EPERM; i++) {
		a[k] = values[k].v[i];
		ret = make_all(row, values, a, k + 1, before);
	}
	return ret;
}

static long try_any(size_t i)
{
	static struct values values[6];
	static struct world before;
	unsigned long a[6];
	long ret;

	good_was_done = false;
	lay_out();
	look(&before);
	find_events(&before);
	for (int k = 0; k < 6; k++)
		expand(any[i].a[k], &before, &values[k]);
	ret = make_all(&any[i], values, a, 0, &before);
	if (ret == -EPERM && more_than(&before))
		ret = 0;
	if (ret == -EPERM && is_good(&any[i]) && !good_was_done)
		ret = -ENOMSG;
	if (victim.original)
		stand_down();
	return ret;
}

#endif
