// SPDX-License-Identifier: GPL-2.0
/*
 * What a process leaves behind must not reach the next one: memory, registers, segment
 * registers, signal state. An engine that uses its host processes again (engine/pool.c) could get
 * this wrong. Storms of forks and execs, and memory that is filled ahead of its use.
 */
#include "check.h"
#include <asm/prctl.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stddef.h>

#define PLACES 24
#define PLACE_LEN (64 * 1024L)
#define SECRET 0x5ec2e75ec2e75ec2UL

static sigjmp_buf out;

static char *place(int i)
{
	return (char *)(0x2000000000UL + i * 0x133700000UL);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)info, (void)context;
	siglongjmp(out, 1);
}

static bool readable(const volatile char *p)
{
	if (sigsetjmp(out, 1))
		return false;
	(void)*p;
	return true;
}

static unsigned int selectors(void)
{
	unsigned short ds, es, fs, gs;

	__asm__("movw %%ds, %0; movw %%es, %1; movw %%fs, %2; movw %%gs, %3"
		: "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	return ds | es | fs | gs;
}

/* Leaves something everywhere, as a program that was executed. */
static int leave(void)
{
	unsigned long *p, secret[8];
	unsigned int user = 0x2b;
	int i, j;

	for (i = 0; i < PLACES; i++) {
		p = mmap(place(i), PLACE_LEN, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (p == MAP_FAILED)
			return 1;
		for (j = 0; j < PLACE_LEN / 8; j += 8)
			p[j] = SECRET;
	}
	for (i = 0; i < 8; i++)
		secret[i] = SECRET;
	signal(SIGUSR1, SIG_IGN);
	syscall(SYS_arch_prctl, ARCH_SET_GS, SECRET & 0x7fffffff0000UL);
	__asm__ volatile("movw %w1, %%ds; movw %w1, %%es\n\t"
			 "movups (%0), %%xmm7; movups (%0), %%xmm15"
			 :
			 : "r"(secret), "r"(user)
			 : "xmm7", "xmm15", "memory");
	syscall(SYS_exit_group, 0);
	return 1;
}

/* Looks for it: 0, or what was found as a bit. */
static int look(void)
{
	unsigned long xmm[4], gs = 1;
	int i, found = 0;
	char *p;

	__asm__ volatile("movups %%xmm7, %0; movups %%xmm15, %1"
			 : "=m"(xmm[0]), "=m"(xmm[2])
			 :
			 : "memory");
	for (i = 0; i < 4; i++)
		if (xmm[i] == SECRET)
			found |= 1;
	if (selectors())
		found |= 2;
	if (syscall(SYS_arch_prctl, ARCH_GET_GS, &gs) < 0 || gs)
		found |= 4;
	check_handler(SIGSEGV, on_fault, SA_NODEFER);
	for (i = 0; i < PLACES; i++)
		if (readable(place(i)) || readable(place(i) + PLACE_LEN - 1))
			found |= 8;
	for (i = 0; i < PLACES; i++) {
		p = mmap(place(i), PLACE_LEN, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (p == MAP_FAILED || p[0] || p[PLACE_LEN / 2] || p[PLACE_LEN - 1])
			found |= 16;
	}
	return found;
}

static pid_t start(const char *what)
{
	char *const args[] = {"x", (char *)what, NULL};
	pid_t pid = vfork();

	if (pid == 0) {
		execv("/proc/self/exe", args);
		_exit(99);
	}
	return pid;
}

static void remains(void)
{
	int i, status, found = 0, bad = 0;

	for (i = 0; i < 20; i++) {
		bad |= check_wait(start("leave"), 3000);
		status = check_wait(start("look"), 3000);
		if (status & 0xff)
			bad |= status;
		found |= status >> 8;
	}
	CHECK_EQ(bad, 0, "programs that leave something end well");
	CHECK(!(found & 1), "the next one has its own SSE registers");
	CHECK(!(found & 2), "segment registers");
	CHECK(!(found & 4), "base of gs");
	CHECK(!(found & 8), "and nothing mapped where the last one had memory");
	CHECK(!(found & 16), "new memory is zero");
}

/* Many at the same time, each with memory of its own; twice, so that all are used again. */
static void storm(void)
{
	static volatile unsigned long value[8192];
	enum {
		CHILDREN = 40
	};
	pid_t pid[CHILDREN];
	int gate[2], i, j, round, bad = 0;
	char c;

	for (round = 0; round < 2; round++) {
		if (pipe(gate) < 0)
			break;
		for (i = 0; i < CHILDREN; i++) {
			pid[i] = check_fork();
			if (pid[i])
				continue;
			close(gate[1]);
			for (j = 0; j < 8192; j += 64)
				value[j] = i + 1;
			if (read(gate[0], &c, 1) != 0)
				_exit(1);
			for (j = 0; j < 8192; j += 64)
				if (value[j] != (unsigned long)i + 1)
					_exit(2);
			_exit(0);
		}
		close(gate[0]);
		close(gate[1]);
		for (i = 0; i < CHILDREN; i++)
			bad |= check_wait(pid[i], 5000);
		for (j = 0; j < 8192; j++)
			bad |= value[j] != 0;
	}
	CHECK_EQ(bad, 0, "many children, each with its own memory");
}

/* Each child changes what it got; the parent's stays and is copied again. */
static void changes(void)
{
	static volatile unsigned int value[65536];
	int i, bad = 0;

	for (i = 0; i < 100; i++) {
		unsigned int at = i * 619 % 65536;
		pid_t pid;

		value[at] = i + 1;
		pid = check_fork();
		if (pid == 0) {
			bool same = value[at] == (unsigned int)i + 1;

			value[at] = 0;
			value[(at + 1024) % 65536] = 7;
			_exit(same && value[at] == 0 ? 0 : 1);
		}
		bad |= check_wait(pid, 3000);
		bad |= value[at] != (unsigned int)i + 1;
	}
	CHECK_EQ(bad, 0, "children change copies only");
}

/* Orders of first touch that prefill or not, then every page is zero or what was written. */
static void touches(void)
{
	static const int steps[] = {1, -1, 2, 3, 7, 17, -5};
	long pages = 512, i, k, at, bad = 0;
	unsigned int s;
	char *p;

	for (s = 0; s < sizeof(steps) / sizeof(*steps); s++) {
		p = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
		CHECK_NEED(p != MAP_FAILED, "memory");
		memset(p, 0xff, pages * 4096);
		madvise(p, pages * 4096, MADV_DONTNEED);
		for (i = 0, at = 0; i < pages / 8; i++, at = (at + steps[s] + pages) % pages) {
			bad += p[at * 4096 + 100] != 0;
			p[at * 4096] = 1;
		}
		for (i = 0; i < pages; i++)
			for (k = 1; k < 4096; k++)
				bad += p[i * 4096 + k] != 0;
		munmap(p, pages * 4096);
	}
	CHECK_EQ(bad, 0, "memory that was given back is zero, in whatever order it is touched");
}

/* A page that may not be touched stays so among pages that are filled. */
static void borders(void)
{
	volatile char *p =
		mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile int bad = 0;
	int i;

	check_handler(SIGSEGV, on_fault, SA_NODEFER);
	CHECK_NEED((char *)p != MAP_FAILED, "memory");
	mprotect((char *)p + 20 * 4096, 4096, PROT_NONE);
	munmap((char *)p + 40 * 4096, 4096);
	for (i = 0; i < 64; i++)
		if (i != 20 && i != 40)
			p[i * 4096] = i;
	bad |= readable(p + 20 * 4096) || readable(p + 40 * 4096);
	mprotect((char *)p, 10 * 4096, PROT_READ);
	if (!sigsetjmp(out, 1)) {
		p[9 * 4096] = 1;
		bad = 1;
	}
	p[10 * 4096] = 1;
	for (i = 1; i < 64; i++)
		if (i != 20 && i != 40 && i != 10)
			bad |= p[i * 4096] != i;
	CHECK_EQ(bad, 0, "protection holds among filled pages");
}

/*
 * A part of this program's file as the loader maps one: pages to read, and behind them pages to
 * write, some of them beyond the file's end when it ends there.
 */
#define IMAGE_READ 3
#define IMAGE_WRITE 9

/* Where the data are, or NULL. */
static char *map_image(int fd, off_t offset)
{
	char *p = mmap(NULL, (IMAGE_READ + IMAGE_WRITE) * 4096, PROT_READ, MAP_PRIVATE, fd, offset);

	if (p == MAP_FAILED)
		return NULL;
	p = mmap(p + IMAGE_READ * 4096, IMAGE_WRITE * 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_FIXED, fd, offset + IMAGE_READ * 4096);
	return p == MAP_FAILED ? NULL : p;
}

/* Bytes of data page number page that are neither the file's nor zero behind its end. */
static int differs(const char *data, int fd, off_t offset, int page)
{
	static char want[4096];
	int i, bad = 0;

	memset(want, 0, sizeof(want));
	bad += pread(fd, want, sizeof(want), offset + (IMAGE_READ + page) * 4096L) <= 0;
	for (i = 1; i < 4096; i++)
		bad += data[page * 4096 + i] != want[i];
	return bad;
}

static int image_bad(int fd, off_t offset, int pages, int first)
{
	char *p = map_image(fd, offset);
	int i, bad = 0, status = -1;
	pid_t pid;

	if (!p)
		return 1;
	p[first * 4096] = 'x';
	for (i = 0; i < pages; i++)
		bad += differs(p, fd, offset, i);
	pid = fork();
	if (pid == 0) {
		for (i = 0; i < pages; i++)
			p[i * 4096] = p[i * 4096 + 1] = 'y';
		_exit(p[first * 4096] != 'y');
	}
	bad += pid < 0 || waitpid(pid, &status, 0) != pid || status;
	bad += p[first * 4096] != 'x';
	for (i = 0; i < pages; i++)
		bad += differs(p, fd, offset, i);
	for (i = pages; i < IMAGE_WRITE; i++)
		bad += readable(p + i * 4096);
	munmap(p - IMAGE_READ * 4096, (IMAGE_READ + IMAGE_WRITE) * 4096);
	return bad;
}

/* Data that are copied as a whole when one page is written are the file's, and one's own. */
static void image(void)
{
	int fd = open("/proc/self/exe", O_RDONLY), i, pages, bad = 0;
	off_t last;

	check_handler(SIGBUS, on_fault, SA_NODEFER);
	CHECK_NEED(fd >= 0, "this program's file");
	last = (lseek(fd, 0, SEEK_END) - 1) / 4096;
	CHECK_NEED(last > IMAGE_READ + IMAGE_WRITE, "it is long enough");
	for (i = 0; i < IMAGE_WRITE; i++)
		bad += image_bad(fd, 4096, IMAGE_WRITE, i);
	CHECK_EQ(bad, 0, "data are the file's, whatever is written first");
	for (pages = 1, bad = 0; pages < IMAGE_WRITE; pages++)
		for (i = 0; i < pages; i++)
			bad += image_bad(fd, (last - pages + 1 - IMAGE_READ) * 4096, pages, i);
	CHECK_EQ(bad, 0, "so they are at the file's end, and nothing is behind it");
	close(fd);
}

static const struct check_group groups[] = {{"remains", remains},
					    {"storm", storm},
					    {"changes", changes},
					    {"touches", touches},
					    {"borders", borders},
					    {"image", image},
					    {}};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "leave"))
		return leave();
	if (argc > 1 && !strcmp(argv[1], "look"))
		return look();
	return check_run(groups, argc, argv);
}
