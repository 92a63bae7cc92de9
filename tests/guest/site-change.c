// SPDX-License-Identifier: GPL-2.0
/*
 * Code that changes: self-modification, JIT compilers that reuse memory, several mappings of one
 * memory object, and code pages that move, vanish or come back. A hot `syscall` must follow.
 */
#include "site.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>

#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)
#define RX (PROT_READ | PROT_EXEC)
#define RW (PROT_READ | PROT_WRITE)

static void plain(void)
{
	uint8_t *p = site_pages(1, RWX);
	int bad = 0;

	/* mov $n,%eax; ret: new numbers at once. */
	for (int i = 0; i < 2000; i++) {
		put_ret(put_mov(p, i));
		bad += run(p) != i;
	}
	CHECK_EQ(bad, 0, "code that is written anew each time");
}

static void hot_numbers(void)
{
	uint8_t *p = site_pages(1, RWX);
	int bad = 0;

	put_call(p, SYS_getpid);
	for (int round = 0; round < 4; round++) {
		put_mov(p, SYS_getpid);
		bad += wrong_runs(p, SITE_HOT, getpid());
		put_mov(p, SYS_getppid);
		bad += wrong_runs(p, SITE_HOT, getppid());
		p[1] = SYS_getuid; /* one byte */
		bad += wrong_runs(p, 3, getuid());
	}
	CHECK_EQ(bad, 0, "the number of a hot call changes");
	memcpy(p + 5, "\x90\x90", 2);
	CHECK_EQ(wrong_runs(p, SITE_HOT, SYS_getuid), 0, "the call becomes nops");
	put_syscall(p + 5);
	CHECK_EQ(wrong_runs(p, SITE_HOT, getuid()), 0, "and a call again");
	memcpy(p, "\x31\xc0\x90\x90\x90\x90\x90\xc3", 8);
	CHECK_EQ(wrong_runs(p, SITE_HOT, 0), 0, "all of it becomes something else");
	put_call(p + 3, SYS_getppid);
	p[0] = p[1] = p[2] = 0x90;
	CHECK_EQ(wrong_runs(p, SITE_HOT, getppid()), 0, "a call at a shifted place");
}

static void protections(void)
{
	uint8_t *p = site_pages(1, RW);
	int bad = 0;

	for (int round = 0; round < 8; round++) {
		uint32_t nr = round & 1 ? SYS_getppid : SYS_getpid;

		mprotect(p, 4096, RW);
		put_call(p + round * 3, nr);
		mprotect(p, 4096, RX);
		bad += wrong_runs(p + round * 3, SITE_HOT, round & 1 ? getppid() : getpid());
	}
	CHECK_EQ(bad, 0, "written, made executable, run, eight times");
	mprotect(p, 4096, PROT_NONE);
	mprotect(p, 4096, RX);
	CHECK_EQ(wrong_runs(p + 21, SITE_HOT, getppid()), 0, "after PROT_NONE and back");
	if (!mprotect(p, 4096, PROT_EXEC))
		CHECK_EQ(wrong_runs(p + 21, SITE_HOT, getppid()), 0, "execute only");
}

static void reuse(void)
{
	uint8_t *p = NULL;
	int bad = 0;

	for (int round = 0; round < 12; round++) {
		uint8_t *q = mmap(p, 4096, RWX, MAP_PRIVATE | MAP_ANONYMOUS | (p ? MAP_FIXED : 0),
				  -1, 0);

		p = q;
		if (round % 3 == 2) {
			put_ret(put_mov(p, round)); /* what was a call is zeros now */
			bad += wrong_runs(p, SITE_HOT, round);
			bad += p[6] != 0;
		} else {
			put_call(p, round & 1 ? SYS_getppid : SYS_getpid);
			bad += wrong_runs(p, SITE_HOT, round & 1 ? getppid() : getpid());
		}
		if (round & 1)
			munmap(p, 4096);
		else
			madvise(p, 4096, MADV_DONTNEED);
		if (!(round & 1))
			bad += p[0] != 0 || p[5] != 0;
	}
	CHECK_EQ(bad, 0, "a page of code is unmapped, dropped, mapped again");
}

/* A hot page moves; a copy of it works; the old place is empty. */
static void moves(void)
{
	uint8_t *p = site_pages(2, RWX), *q = site_pages(2, RWX), *r;
	int bad = 0;

	put_call(p + 100, SYS_getpid);
	bad += wrong_runs(p + 100, SITE_HOT, getpid());
	for (int i = 0; i < 6; i++) {
		r = mremap(p, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, q);
		CHECK_NEED(r == q, "mremap %d", i);
		bad += wrong_runs(r + 100, SITE_HOT, getpid());
		q = p;
		p = r;
	}
	CHECK_EQ(bad, 0, "a hot page that moves");
	q = site_pages(2, RWX);
	memcpy(q + 300, p + 100, 8);
	CHECK_EQ(wrong_runs(q + 300, SITE_HOT, getpid()), 0, "a copy of hot code elsewhere");
	memcpy(p + 2000, p + 100, 8);
	CHECK_EQ(wrong_runs(p + 2000, SITE_HOT, getpid()), 0, "and in its own page");
	munmap(p, 8192);
	CHECK_EQ(wrong_runs(q + 300, SITE_HOT, getpid()), 0,
		 "the copy lives on without the original");
}

/* rw and rx mappings of one memfd, as JIT compilers with W^X have them. */
static void aliases(void)
{
	int fd = memfd_create("code", 0), bad = 0;
	uint8_t *w, *x, *x2;

	CHECK_NEED(!ftruncate(fd, 8192), "memfd");
	w = mmap(NULL, 8192, RW, MAP_SHARED, fd, 0);
	x = mmap(NULL, 8192, RX, MAP_SHARED, fd, 0);
	x2 = mmap(NULL, 8192, RX, MAP_SHARED, fd, 0);
	CHECK_NEED(w != MAP_FAILED && x != MAP_FAILED && x2 != MAP_FAILED, "three mappings");
	for (int i = 0; i < 6; i++) {
		put_call(w + 64, i & 1 ? SYS_getppid : SYS_getpid);
		bad += wrong_runs(x + 64, SITE_HOT, i & 1 ? getppid() : getpid());
		bad += wrong_runs(x2 + 64, SITE_HOT, i & 1 ? getppid() : getpid());
		bad += memcmp(w, x, 8192) || memcmp(w, x2, 8192);
	}
	CHECK_EQ(bad, 0, "code written through another mapping");
	put_ret(put_mov(w + 64, 12));
	CHECK_EQ(run(x + 64), 12, "the call is gone at once");
	put_call(w + 4096 - 3, SYS_getpid);
	CHECK_EQ(wrong_runs(x + 4096 - 3, SITE_HOT, getpid()), 0, "across two shared pages");
	memset(w, 0, 8192);
	CHECK(x[64] == 0 && x[4096 - 3] == 0, "erased");
}

/* A child changes its copy; the parent's stays, and the other way round. */
static void forked(void)
{
	uint8_t *p = site_pages(1, RWX);
	pid_t pid;
	int bad;

	put_call(p, SYS_getpid);
	bad = wrong_runs(p, SITE_HOT, getpid());
	pid = check_fork();
	if (pid == 0) {
		bad = wrong_runs(p, SITE_HOT, getpid());
		put_mov(p, SYS_getppid);
		bad += wrong_runs(p, SITE_HOT, getppid());
		_exit(bad != 0);
	}
	bad += wrong_runs(p, SITE_HOT, getpid());
	put_mov(p, SYS_getuid);
	bad += wrong_runs(p, SITE_HOT, getuid());
	CHECK_EQ(check_wait(pid, 3000), 0, "a child changes hot code");
	CHECK_EQ(bad, 0, "its parent's is its own");
}

/* Private mapping of a file: dropping the pages brings the file's contents back, hot or not. */
static void file_private(void)
{
	int fd = memfd_create("code", 0), bad = 0;
	uint8_t code[16] = {}, *p;

	put_call(code, SYS_getpid);
	CHECK_NEED(pwrite(fd, code, 16, 0) == 16, "file");
	p = mmap(NULL, 4096, RX, MAP_PRIVATE, fd, 0);
	CHECK_NEED(p != MAP_FAILED, "mapping");
	for (int i = 0; i < 5; i++) {
		bad += wrong_runs(p, SITE_HOT, getpid());
		bad += madvise(p, 4096, MADV_DONTNEED) || memcmp(p, code, 8);
	}
	CHECK_EQ(bad, 0, "pages of a file dropped under hot code");
	CHECK(pread(fd, code + 8, 8, 0) == 8 && !memcmp(code, code + 8, 8),
	      "the file is as it was");
	put_mov(code, SYS_getppid);
	CHECK(pwrite(fd, code, 8, 0) == 8, "the file changes");
	madvise(p, 4096, MADV_DONTNEED);
	CHECK_EQ(wrong_runs(p, SITE_HOT, getppid()), 0, "and so does the code");
	mprotect(p, 4096, RWX);
	put_mov(p, SYS_getuid);
	CHECK_EQ(wrong_runs(p, SITE_HOT, getuid()), 0, "a write into the private copy");
	madvise(p, 4096, MADV_DONTNEED);
	CHECK_EQ(wrong_runs(p, SITE_HOT, getppid()), 0, "and the copy dropped");
}

/* Hot code of a file, and then everything that a linker, debugger or JIT may do to its page. */
static uint8_t *hot_file(void)
{
	uint8_t *p = site_pages(2, RW);

	put_call(p + 100, SYS_getpid);
	site_freeze(p, 2);
	if (wrong_runs(p + 100, SITE_HOT, getpid()))
		CHECK(false, "a hot call in a file");
	return p;
}

static void file_changes(void)
{
	uint8_t *p = hot_file(), *q;
	int bad;
	pid_t pid;

	mprotect(p, 8192, RW);
	put_mov(p + 100, SYS_getppid);
	mprotect(p, 8192, RX);
	CHECK_EQ(wrong_runs(p + 100, SITE_HOT, getppid()), 0,
		 "hot text is made writable, changed, and back");
	q = hot_file();
	mmap(q, 8192, RWX, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	put_ret(put_mov(q + 100, 55));
	CHECK(run(q + 100) == 55 && q[105] == 0xc3 && q[106] == 0,
	      "hot text makes room for something else");
	q = hot_file();
	pid = check_fork();
	if (pid == 0) {
		bad = wrong_runs(q + 100, SITE_HOT, getpid());
		mprotect(q, 8192, RWX);
		put_mov(q + 100, SYS_getuid);
		bad += wrong_runs(q + 100, SITE_HOT, getuid());
		munmap(q, 8192);
		_exit(bad != 0);
	}
	bad = wrong_runs(q + 100, SITE_HOT, getpid());
	CHECK_EQ(check_wait(pid, 3000), 0, "a child changes hot text");
	CHECK_EQ(bad + wrong_runs(q + 100, SITE_HOT, getpid()), 0, "its parent's is its own");
	mprotect(q, 4096, PROT_NONE);
	mprotect(q, 4096, RX);
	CHECK_EQ(wrong_runs(q + 100, SITE_HOT, getpid()), 0, "hot text after PROT_NONE");
}

static void file_moves(void)
{
	uint8_t *p, *q, *r;
	int bad = 0;

	p = hot_file();
	q = site_pages(2, RW);
	for (int i = 0; i < 6; i++) {
		r = mremap(p, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, q);
		CHECK_NEED(r == q, "mremap %d", i);
		bad += wrong_runs(r + 100, SITE_HOT, getpid());
		q = p;
		p = r;
	}
	CHECK_EQ(bad, 0, "hot text moves");
}

static uint8_t *shared_code;
static volatile bool stop;
static volatile long thread_bad;

/* Runs code that another thread switches between two numbers: each answer is one of the two. */
static void *runner(void *arg)
{
	while (!stop) {
		long r = run(shared_code);

		if (r != getpid() && r != getppid())
			__atomic_add_fetch(&thread_bad, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t t[2];

	shared_code = site_pages(1, RWX);
	put_call(shared_code + 3, SYS_getpid);
	shared_code += 3; /* the number is aligned */
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, runner, NULL);
	for (int i = 0; i < 300; i++) {
		*(volatile uint32_t *)(shared_code + 1) = i & 1 ? SYS_getpid : SYS_getppid;
		sched_yield();
	}
	stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(thread_bad, 0, "one thread changes numbers while two call");
}

/* Many small functions, made and thrown away. */
static void churn(void)
{
	uint8_t *arena = site_pages(16, RWX);
	int bad = 0;
	unsigned seed = 1;

	for (int i = 0; i < 4000; i++) {
		uint8_t *at = arena + (seed = seed * 1103515245 + 12345) / 65536 % (16 * 4096 - 64);

		put_call(at, i & 1 ? SYS_getpid : SYS_getppid);
		for (int n = 0; n < 4; n++)
			bad += run(at) != (i & 1 ? getpid() : getppid());
	}
	CHECK_EQ(bad, 0, "thousands of calls over each other");
}

static const struct check_group groups[] = {{"plain", plain},
					    {"hot numbers", hot_numbers},
					    {"protections", protections},
					    {"reuse", reuse},
					    {"moves", moves},
					    {"aliases", aliases},
					    {"forked", forked},
					    {"private file", file_private},
					    {"file changes", file_changes},
					    {"file moves", file_moves},
					    {"threads", threads},
					    {"churn", churn},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
