// SPDX-License-Identifier: GPL-2.0
/*
 * Memory mappings of one process: mmap, munmap, mprotect, mremap, madvise, holes, growth of heap
 * and stack, mappings far larger than memory, and what faults and calls see of each change.
 */
#include "check.h"
#include <fcntl.h>
#include <setjmp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>

#define PAGE 4096UL
#define RW (PROT_READ | PROT_WRITE)

static sigjmp_buf out;

static void on_fault(int sig, siginfo_t *si, void *context)
{
	siglongjmp(out, sig);
}

/* Can the byte be read (or written)? */
static bool can(volatile char *at, bool write)
{
	check_handler(SIGSEGV, on_fault, 0);
	check_handler(SIGBUS, on_fault, 0);
	if (sigsetjmp(out, 1))
		return false;
	if (write)
		*at = *at;
	else
		(void)*at;
	return true;
}

/* The same, asked of a system call. */
static bool call_can(char *at, bool to_write)
{
	int p[2];
	char c = 'c';
	bool good;

	if (pipe(p))
		_exit(90);
	if (to_write)
		good = write(p[1], &c, 1) == 1 && read(p[0], at, 1) == 1;
	else
		good = write(p[1], at, 1) == 1;
	close(p[0]);
	close(p[1]);
	return good;
}

/* One letter for a page: - nothing, r readable, w writable as well. Calls must agree with faults. */
static char state(char *at)
{
	bool r = can(at, false), w = can(at, true);

	if (call_can(at, false) != r || call_can(at, true) != w)
		return '!';
	return w ? 'w' : r ? 'r' : '-';
}

static const char *states(char *at, int pages)
{
	static char text[40];

	for (int i = 0; i < pages; i++)
		text[i] = state(at + i * PAGE);
	text[pages] = 0;
	return text;
}

static void check_states(char *at, const char *want, const char *what)
{
	const char *got = states(at, strlen(want));

	if (!CHECK(!strcmp(got, want), "%s: %s", what, want))
		check_note("is %s (! = calls and faults differ)", got);
}

static char *room(int pages, int prot)
{
	char *p = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_NEED(p != MAP_FAILED, "mmap");
	return p;
}

static void fill(char *p, int pages)
{
	for (int i = 0; i < pages; i++)
		memset(p + i * PAGE, 'a' + i, PAGE);
}

static void protections(void)
{
	char *p = room(8, RW);

	fill(p, 8);
	mprotect(p + 2 * PAGE, 2 * PAGE, PROT_READ);
	check_states(p, "wwrrwwww", "mprotect to read-only");
	mprotect(p + 3 * PAGE, 2 * PAGE, PROT_NONE);
	check_states(p, "wwr--www", "to nothing");
	munmap(p + 6 * PAGE, PAGE);
	check_states(p, "wwr--w-w", "munmap");
	mprotect(p + 2 * PAGE, 3 * PAGE, RW);
	check_states(p, "wwwwww-w", "and back");
	CHECK(p[3 * PAGE + 9] == 'd' && p[4 * PAGE + 9] == 'e', "the contents stayed");
	CHECK(mprotect(p, 8 * PAGE, PROT_READ) == -1 && errno == ENOMEM, "mprotect over a hole");
	check_states(p, "rrrrrr-w", "which it does up to there");
	CHECK(mprotect(p + 1, PAGE, RW) == -1 && errno == EINVAL, "an odd address");
}

static void toggles(void)
{
	char *p = room(2, RW);
	int bad = 0;

	for (int i = 0; i < 300; i++) {
		p[i] = (char)i;
		mprotect(p, PAGE, PROT_READ);
		bad += p[i] != (char)i || can(p, true);
		mprotect(p, PAGE, PROT_NONE);
		bad += can(p, false);
		mprotect(p, PAGE, RW);
		bad += p[i] != (char)i;
	}
	CHECK_EQ(bad, 0, "300 rounds of three protections");
}

static void fixed(void)
{
	char *p = room(8, RW), *q;
	int fd = memfd_create("f", 0);

	fill(p, 8);
	CHECK_NEED(!ftruncate(fd, 8 * PAGE) && pwrite(fd, "file", 4, PAGE) == 4, "file");
	q = mmap(p + 2 * PAGE, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(q == p + 2 * PAGE && q[0] == 0 && q[PAGE] == 0,
	      "MAP_FIXED over pages that were used");
	q = mmap(p + 3 * PAGE, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, PAGE);
	CHECK(!memcmp(q, "file", 5) && p[5 * PAGE] == 'f', "a file over them");
	check_states(p, "wwwrrwww", "their protections");
	q = mmap(p + 3 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_FIXED, fd, PAGE);
	q[0] = 'F';
	CHECK(!memcmp(q, "File", 5), "a private copy");
	q = mmap(p, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(q == MAP_FAILED && errno == EEXIST, "MAP_FIXED_NOREPLACE");
	CHECK(pread(fd, p + 7 * PAGE, 4, PAGE) == 4 && !memcmp(p + 7 * PAGE, "file", 4),
	      "the file is unchanged");
	q = mmap((void *)(1UL << 47), PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(q == MAP_FAILED && errno == ENOMEM, "beyond the end of the address space");
	q = mmap(NULL, 0, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(q == MAP_FAILED && errno == EINVAL, "no length");
}

static void remaps(void)
{
	char *p = room(4, RW), *q;
	int bad = 0;

	fill(p, 4);
	q = mremap(p, 4 * PAGE, 400 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q[0] == 'a' && q[3 * PAGE] == 'd' && q[4 * PAGE] == 0,
	      "mremap to more");
	CHECK(q == p || !can(p, false), "the old place is empty");
	q[399 * PAGE] = 'z';
	p = mremap(q, 400 * PAGE, 2 * PAGE, 0);
	CHECK(p == q && p[PAGE] == 'b' && !can(q + 2 * PAGE, false), "to less");
	q = room(2, RW);
	CHECK(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q &&
		      q[PAGE] == 'b',
	      "to a place");
	p = mremap(q, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	if (p == MAP_FAILED)
		check_skip("no MREMAP_DONTUNMAP", "MREMAP_DONTUNMAP");
	else
		CHECK(p[0] == 'a' && q[0] == 0, "MREMAP_DONTUNMAP");
	/* To and fro, with data that is checked. */
	p = room(16, RW);
	q = room(16, RW);
	for (int i = 0; i < 100; i++) {
		char *old = p;

		memset(p, i, 16 * PAGE);
		p = mremap(p, 16 * PAGE, 16 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q);
		q = old;
		for (unsigned n = 0; n < 16 * PAGE; n += 512)
			bad += p[n] != (char)i;
		bad += can(q, false);
	}
	CHECK_EQ(bad, 0, "100 moves of 16 pages");
}

static void advice(void)
{
	char *p = room(8, RW);
	unsigned char vec[8];
	int bad = 0;

	for (int i = 0; i < 50; i++) {
		fill(p, 8);
		madvise(p + PAGE, 3 * PAGE, MADV_DONTNEED);
		bad += p[PAGE] || p[2 * PAGE] || p[3 * PAGE + 100] || p[0] != 'a' ||
		       p[4 * PAGE] != 'e';
	}
	CHECK_EQ(bad, 0, "MADV_DONTNEED gives zeros");
	madvise(p, 8 * PAGE, MADV_DONTNEED);
	CHECK(!mincore(p, 8 * PAGE, vec) && !(vec[0] & 1), "mincore");
	CHECK(!madvise(p, 8 * PAGE, MADV_POPULATE_WRITE) || errno == EINVAL, "MADV_POPULATE_WRITE");
	check_states(p, "wwwwwwww", "usable");
	fill(p, 8);
	CHECK(!madvise(p, 8 * PAGE, MADV_FREE), "MADV_FREE");
	for (int i = 0; i < 8; i++)
		bad += p[i * PAGE] != 0 && p[i * PAGE] != 'a' + i;
	CHECK_EQ(bad, 0, "gives zeros or what was there");
	/* A kernel without huge pages, as the guest's, does not know this one. */
	fill(p, 8);
	CHECK(!madvise(p, 8 * PAGE, MADV_HUGEPAGE) || errno == EINVAL,
	      "the hint MADV_HUGEPAGE is taken, or unknown");
	for (int i = 0; i < 8; i++)
		bad += p[i * PAGE] != 'a' + i;
	CHECK_EQ(bad, 0, "and changes nothing");
	CHECK(madvise(p, PAGE, 9999) == -1 && errno == EINVAL, "no such advice");
}

static void heap(void)
{
	char *start = sbrk(0);
	int bad = 0;

	CHECK_NEED(sbrk(64 * PAGE) != (void *)-1, "brk");
	memset(start, 'h', 64 * PAGE);
	sbrk(-32 * (long)PAGE);
	bad += !can(start + 31 * PAGE, true) ||
	       can((char *)(((uintptr_t)start + 33 * PAGE) & -PAGE), false);
	sbrk(32 * PAGE);
	bad += start[40 * PAGE] != 0 || start[31 * PAGE] != 'h';
	CHECK_EQ(bad, 0, "the heap shrinks and grows, and is clean then");
}

static int deep(int n)
{
	volatile char here[1000];

	here[n % 1000] = 1;
	return n ? deep(n - 1) + here[n % 1000] : 0;
}

static void stack(void)
{
	struct rlimit lim = {1 << 20, 1 << 20};

	CHECK_EQ(deep(4000), 4000, "4 MB of stack");
	CHECK(!setrlimit(RLIMIT_STACK, &lim), "limit of the stack");
}

/* Reads of untouched memory, then writes: zero page and its copies. */
static void zero_pages(void)
{
	char *p = room(256, RW);
	int bad = 0;

	for (int i = 0; i < 256; i++)
		bad += p[i * PAGE] != 0;
	for (int i = 0; i < 256; i += 2)
		p[i * PAGE] = 'x';
	for (int i = 0; i < 256; i++)
		bad += p[i * PAGE] != (i & 1 ? 0 : 'x') || p[i * PAGE + 1] != 0;
	CHECK_EQ(bad, 0, "reads, then writes of fresh memory");
}

/* The kernel as the first to touch memory, over the boundaries of mappings. */
static void by_kernel(void)
{
	char *p = room(8, RW), *q = room(4, RW);
	int fd = memfd_create("f", 0);
	struct iovec iov[2] = {{p + PAGE - 5, 10}, {p + 3 * PAGE - 1, 2}};

	CHECK(write(fd, "0123456789ABCDEF", 16) == 16, "file");
	CHECK(preadv(fd, iov, 2, 0) == 12 && !memcmp(p + PAGE - 5, "0123456789", 10) &&
		      p[3 * PAGE] == 'B',
	      "a call writes to fresh memory");
	munmap(q + PAGE, PAGE);
	CHECK(pread(fd, q + PAGE - 4, 8, 0) == 4 || errno == EFAULT, "to the end of a mapping");
	CHECK(pread(fd, q + PAGE, 8, 0) == -1 && errno == EFAULT, "to none");
	mprotect(p, PAGE, PROT_READ);
	CHECK(pread(fd, p, 8, 0) == -1 && errno == EFAULT, "to read-only memory");
	CHECK(pwrite(fd, q + PAGE, 8, 0) == -1 && errno == EFAULT, "from none");
	CHECK(read(fd, (char *)0x7ffffffff000, 8) == -1, "to the end of the address space");
	CHECK(pread(fd, (char *)0xffffffff81000000, 8, 0) == -1 && errno == EFAULT,
	      "to the kernel's half");
}

/* Many small mappings with alternating protections. */
static void many(void)
{
	char *p = room(600, RW);
	int bad = 0;

	for (int i = 0; i < 600; i += 2)
		bad += mprotect(p + i * PAGE, PAGE, PROT_READ) != 0;
	for (int i = 0; i < 600; i++)
		bad += can(p + i * PAGE, true) != (i & 1);
	for (int i = 1; i < 600; i += 2)
		munmap(p + i * PAGE, PAGE);
	for (int i = 0; i < 600; i++)
		bad += can(p + i * PAGE, false) == (i & 1);
	CHECK_EQ(bad, 0, "600 mappings in a row");
}

static void locked(void)
{
	char *p = room(4, RW);
	unsigned char vec[4] = {};

	if (mlock(p, 4 * PAGE)) {
		check_skip("mlock is not allowed", "mlock");
		return;
	}
	CHECK(!mincore(p, 4 * PAGE, vec) && (vec[0] & vec[3] & 1), "mlock brings pages in");
	CHECK(madvise(p, PAGE, MADV_DONTNEED) == -1 && errno == EINVAL, "which cannot be dropped");
	munlock(p, 4 * PAGE);
}

/* Megabytes that nobody uses, but some; 200 at most. */
static size_t spare_mb(void)
{
	struct sysinfo si = {};
	size_t mb;

	sysinfo(&si);
	mb = si.freeram * si.mem_unit >> 20;
	return mb < 40 ? 16 : mb - 24 > 200 ? 200 : mb - 24;
}

/*
 * Writes each page's number to both ends of it, from one end of all to the other: how many had something
 * else than 0 where it was not written yet. (Reading first would get a page that all share.)
 */
static size_t number(char *p, size_t pages, bool down)
{
	const size_t last = PAGE / sizeof(size_t) - 1;
	size_t dirty = 0;

	for (size_t i = 0; i < pages; i++) {
		size_t at = down ? pages - 1 - i : i;
		volatile size_t *word = (void *)(p + at * PAGE);

		word[0] = at + 1;
		dirty += word[1] != 0 || word[last] != 0;
		word[last] = at + 1;
	}
	return dirty;
}

static size_t misnumbered(const char *p, size_t pages, size_t step)
{
	size_t wrong = 0;

	for (size_t i = 0; i < pages; i += step) {
		const size_t *word = (const void *)(p + i * PAGE);

		wrong += word[0] != i + 1 || word[PAGE / sizeof(*word) - 1] != i + 1;
	}
	return wrong;
}

#define KEPT 16 /* one page in as many */

/* Who fills memory ahead of its first touch finds no large blocks of it where some pages are in use. */
static void small_pieces(void)
{
	size_t pages = spare_mb() << 20 >> 12, less = pages / 4;
	char *p = mmap(NULL, pages * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *up = mmap(NULL, less * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *down = mmap(NULL, less / 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_NEED(p != MAP_FAILED && up != MAP_FAILED && down != MAP_FAILED, "memory");
	CHECK_EQ(number(p, pages, false), 0, "all spare memory is clear");
	for (size_t i = 0; i + KEPT <= pages; i += KEPT)
		madvise(p + (i + 1) * PAGE, (KEPT - 1) * PAGE, MADV_DONTNEED);
	CHECK_EQ(number(up, less, false), 0, "in small pieces, going up");
	CHECK_EQ(number(down, less / 2, true), 0, "in small pieces, going down");
	CHECK_EQ(misnumbered(p, pages, KEPT), 0, "what was kept is intact");
	CHECK_EQ(misnumbered(up, less, 1), 0, "what went up is intact");
	CHECK_EQ(misnumbered(down, less / 2, 1), 0, "what went down is intact");
	munmap(p, pages * PAGE);
	munmap(up, less * PAGE);
	munmap(down, less / 2 * PAGE);
}

/* --- mappings far larger than memory ------------------------------------------------------- */

#define GB (1UL << 30)
#define SPARSE (64 * GB)
#define MOVED 63 /* the GB that is moved away */

/*
 * Where pages are touched: both ends, where an entry of each level of page tables ends, the middle.
 * Pages that are moved, unmapped or made read-only below are among them.
 */
static const size_t touched[] = {
	0,
	PAGE,
	512 * PAGE - PAGE,
	512 * PAGE,
	GB - PAGE,
	GB,
	4 * GB - PAGE,
	4 * GB,
	10 * GB,
	SPARSE / 2 - PAGE,
	SPARSE / 2,
	40 * GB,
	MOVED *GB,
	MOVED *GB + GB / 2,
	SPARSE - PAGE,
};
#define NTOUCHED (sizeof(touched) / sizeof(touched[0]))

static size_t mark_of(size_t at)
{
	return at + 0x1000000001;
}

static size_t *word(char *p, size_t at)
{
	return (size_t *)(p + at + PAGE - 8);
}

/* How many of the touched pages from one offset up to another are not what they were; of moved ones, by. */
static int not_marked(char *p, size_t from, size_t to, ssize_t by)
{
	int wrong = 0;

	for (size_t i = 0; i < NTOUCHED; i++)
		if (touched[i] >= from && touched[i] < to)
			wrong += *word(p + by, touched[i]) != mark_of(touched[i]);
	return wrong;
}

/* What /proc/self/maps has from p on for as long as the mapping was, in GB from its start. */
static void check_maps(char *p, const char *want, const char *what)
{
	char got[400] = "", line[400], prot[5];
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned long from, to, start = (unsigned long)p, n = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %4s", &from, &to, prot) == 3 && to > start &&
		    from < start + SPARSE && n < sizeof(got) - 60) {
			from = from > start ? from - start : 0;
			to = to < start + SPARSE ? to - start : SPARSE;
			n += sprintf(got + n, "%lu-%lu%s %.3s", from / GB, to / GB,
				     (from | to) % GB ? "!" : "", prot);
			n += sprintf(got + n, ", ");
		}
	if (f)
		fclose(f);
	if (!CHECK(!strcmp(got, want), "%s: %s", what, want))
		check_note("is %s", got);
}

/* In a child: its pages are its own, whatever it does to them. */
static void change_copy(char *p)
{
	int wrong = not_marked(p, 0, 8 * GB, 0) + not_marked(p, 16 * GB, SPARSE, 0);

	*word(p, 0) = *word(p, SPARSE - PAGE) = 1;
	*word(p, 50 * GB) = 2;
	wrong += can(p + SPARSE / 2, true) + can(p + 10 * GB, false);
	wrong += mprotect(p + SPARSE / 2, GB, RW) != 0;
	*word(p, SPARSE / 2) = 3;
	wrong += *word(p, 0) != 1 || *word(p, SPARSE - PAGE) != 1 || *word(p, SPARSE / 2) != 3;
	wrong += munmap(p, 48 * GB) != 0 || can(p, false) || *word(p, 50 * GB) != 2;
	_exit(wrong);
}

static void sparse(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	char *p = mmap(NULL, SPARSE, RW, flags, -1, 0);
	char *q = mmap(NULL, GB, PROT_NONE, flags, -1, 0); /* now: later it might be in a gap */
	int wrong = 0;
	pid_t pid;

	CHECK_NEED(p != MAP_FAILED && q != MAP_FAILED, "65 GB of address space");
	for (size_t i = 0; i < NTOUCHED; i++) {
		wrong += *word(p, touched[i]) != 0;
		*word(p, touched[i]) = mark_of(touched[i]);
	}
	CHECK_EQ(wrong, 0, "its pages are clear");
	CHECK_EQ(not_marked(p, 0, SPARSE, 0), 0, "and keep what is written");
	check_maps(p, "0-64 rw-, ", "maps");

	CHECK(!munmap(p + 8 * GB, 8 * GB), "munmap of a part");
	CHECK(!can(p + 8 * GB, false) && !can(p + 10 * GB, true) && !can(p + 16 * GB - 1, false),
	      "which is gone");
	CHECK(can(p + 8 * GB - 1, true) && can(p + 16 * GB, true), "the rest is not");
	CHECK(!mprotect(p + 32 * GB, 8 * GB, PROT_READ), "mprotect of a part");
	CHECK(can(p + 32 * GB, false) && !can(p + 32 * GB, true) && !can(p + 36 * GB, true),
	      "which is read-only");
	CHECK(can(p + 32 * GB - 1, true) && can(p + 40 * GB, true), "the rest can be written to");
	check_maps(p, "0-8 rw-, 16-32 rw-, 32-40 r--, 40-64 rw-, ", "maps, then");
	CHECK_EQ(not_marked(p, 0, 8 * GB, 0) + not_marked(p, 16 * GB, SPARSE, 0), 0,
		 "what is left is intact");

	pid = check_fork();
	if (pid == 0)
		change_copy(p);
	CHECK_EQ(check_wait(pid, 5000), 0, "a child has all of it, and changes its own");
	CHECK_EQ(not_marked(p, 0, 8 * GB, 0) + not_marked(p, 16 * GB, SPARSE, 0), 0,
		 "the parent's is what it was");
	CHECK(*word(p, 50 * GB) == 0, "also where it had nothing");

	CHECK(mremap(p + MOVED * GB, GB, GB, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q,
	      "mremap of a part");
	CHECK_EQ(not_marked(p, MOVED * GB, SPARSE, q - (p + MOVED * GB)), 0, "came with it");
	CHECK(!can(p + MOVED * GB, false) && !can(p + SPARSE - 1, false), "its place is empty");
	CHECK(mremap(p + 40 * GB, 23 * GB, GB, 0) == p + 40 * GB && !can(p + 50 * GB, false) &&
		      *word(p, 40 * GB) == mark_of(40 * GB),
	      "mremap to less");
	check_maps(p, "0-8 rw-, 16-32 rw-, 32-40 r--, 40-41 rw-, ", "maps, at last");

	CHECK(!madvise(p, 8 * GB, MADV_DONTNEED) && *word(p, 0) == 0 && *word(p, 4 * GB) == 0,
	      "MADV_DONTNEED of 8 GB");
	CHECK_EQ(not_marked(p, 16 * GB, 41 * GB, 0), 0, "of no others");
	CHECK(!munmap(p, SPARSE) && !can(p, false) && !can(p + 40 * GB, false), "munmap of all");
	munmap(q, GB);
}

#define FILE_SIZE (6 * GB)

static void large_file(void)
{
	static const size_t at[] = {0, 2 * GB - 8, 2 * GB, 4 * GB - 8, 4 * GB, FILE_SIZE - 8};
	const size_t n = sizeof(at) / sizeof(at[0]);
	int fd = memfd_create("large", 0), wrong = 0;
	char *p, *q, *own;
	struct stat st;
	size_t got;

	CHECK_NEED(fd >= 0 && !ftruncate(fd, FILE_SIZE), "a file of 6 GB");
	p = mmap(NULL, FILE_SIZE, RW, MAP_SHARED, fd, 0);
	own = mmap(NULL, FILE_SIZE, RW, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
	q = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 4 * GB - PAGE);
	CHECK_NEED(p != MAP_FAILED && own != MAP_FAILED && q != MAP_FAILED, "mapped");
	for (size_t i = 0; i < n; i++)
		*(size_t *)(p + at[i]) = mark_of(at[i]);
	for (size_t i = 0; i < n; i++)
		wrong += pread(fd, &got, 8, at[i]) != 8 || got != mark_of(at[i]);
	CHECK_EQ(wrong, 0, "what is written to memory is in the file");
	got = 77;
	CHECK(pwrite(fd, &got, 8, 5 * GB) == 8 && *(size_t *)(p + 5 * GB) == 77, "and back");
	CHECK(*(size_t *)(q + PAGE - 8) == mark_of(4 * GB - 8) &&
		      *(size_t *)(q + PAGE) == mark_of(4 * GB),
	      "a mapping at 4 GB");
	*(size_t *)(own + 4 * GB) = 1;
	CHECK(*(size_t *)(p + 4 * GB) == mark_of(4 * GB) &&
		      *(size_t *)(own + 2 * GB) == mark_of(2 * GB),
	      "a private one");
	CHECK(!fstat(fd, &st) && st.st_blocks * 512UL < 64UL << 20, "the file is sparse");
	CHECK(!ftruncate(fd, 5 * GB), "made shorter");
	CHECK(!can(p + FILE_SIZE - 8, false) && !can(p + 5 * GB, false) &&
		      can(p + 5 * GB - 1, true),
	      "what is cut off is gone");
	CHECK(!ftruncate(fd, FILE_SIZE) && *(size_t *)(p + 5 * GB) == 0 &&
		      *(size_t *)(p + FILE_SIZE - 8) == 0,
	      "and clear when it is back");
	munmap(p, FILE_SIZE);
	munmap(own, FILE_SIZE);
	munmap(q, 2 * PAGE);
	close(fd);
}

/* Who has none refuses them; a kernel that does not know of any, like UML, by another error. */
static void huge_pages(void)
{
	const size_t len = 2UL << 20;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
		       -1, 0);
	bool good = p == MAP_FAILED && (errno == ENOMEM || errno == EINVAL);

	if (p != MAP_FAILED) {
		p[0] = p[len - 1] = 7;
		good = p[0] == 7 && p[PAGE] == 0 && p[len - 1] == 7 && !munmap(p, len);
	}
	CHECK(good, "huge pages are refused, or can be used");
}

static const struct check_group groups[] = {{"protections", protections},
					    {"toggles", toggles},
					    {"fixed", fixed},
					    {"remaps", remaps},
					    {"advice", advice},
					    {"heap", heap},
					    {"stack", stack},
					    {"zero pages", zero_pages},
					    {"by the kernel", by_kernel},
					    {"many", many},
					    {"locked", locked},
					    {"small pieces", small_pieces},
					    {"sparse", sparse},
					    {"large file", large_file},
					    {"huge pages", huge_pages},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
