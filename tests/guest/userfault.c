// SPDX-License-Identifier: GPL-2.0
/* userfaultfd: a thread that provides the pages another one asks for. */
#include "check.h"
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/ioctl.h>

#define PAGE 4096UL
#define PAGES 64

static int uffd;
static char *area;
static volatile int faults;

static bool open_uffd(void)
{
	struct uffdio_api api = {.api = UFFD_API};

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	return uffd >= 0 && !ioctl(uffd, UFFDIO_API, &api);
}

static void register_area(void)
{
	struct uffdio_register r = {.mode = UFFDIO_REGISTER_MODE_MISSING};

	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	r.range.start = (uintptr_t)area;
	r.range.len = PAGES * PAGE;
	CHECK_NEED(!ioctl(uffd, UFFDIO_REGISTER, &r), "register");
}

static void *provide(void *arg)
{
	static char page[PAGE] __attribute__((aligned(4096)));

	for (;;) {
		struct uffd_msg m;
		struct uffdio_copy copy = {.src = (uintptr_t)page, .len = PAGE};

		if (read(uffd, &m, sizeof(m)) != sizeof(m))
			return NULL;
		if (m.event != UFFD_EVENT_PAGEFAULT)
			continue;
		faults++;
		copy.dst = m.arg.pagefault.address & -PAGE;
		memset(page, 'A' + (char)((copy.dst - (uintptr_t)area) / PAGE % 26), PAGE);
		ioctl(uffd, UFFDIO_COPY, &copy);
	}
}

static void missing(void)
{
	pthread_t t;
	int bad = 0;

	open_uffd();
	register_area();
	pthread_create(&t, NULL, provide, NULL);
	for (int i = 0; i < PAGES; i++)
		bad += area[i * PAGE + i] != 'A' + i % 26;
	CHECK_EQ(bad, 0, "each page comes from the other thread");
	CHECK_EQ(faults, PAGES, "one fault a page");
	madvise(area, 4 * PAGE, MADV_DONTNEED);
	area[1] = 'x';
	CHECK(area[0] == 'A' && area[1] == 'x', "again after it was dropped, by a write");
	CHECK_EQ(faults, PAGES + 1, "one fault more");
}

static void zero(void)
{
	struct uffdio_zeropage z = {};
	struct uffdio_range range;

	open_uffd();
	register_area();
	z.range.start = (uintptr_t)area;
	z.range.len = 8 * PAGE;
	CHECK(!ioctl(uffd, UFFDIO_ZEROPAGE, &z), "zero pages");
	CHECK(area[0] == 0 && area[7 * PAGE] == 0, "are there");
	range.start = (uintptr_t)area;
	range.len = PAGES * PAGE;
	CHECK(!ioctl(uffd, UFFDIO_UNREGISTER, &range), "unregister");
	CHECK(area[20 * PAGE] == 0, "then pages come by themselves");
}

static sigjmp_buf out;
static siginfo_t got;

static void on_bus(int sig, siginfo_t *si, void *context)
{
	got = *si;
	siglongjmp(out, 1);
}

/* A page that is to be taken for broken (Linux 6.6). */
static void poison(void)
{
	static const char *const names[] = {"poison", "a program gets SIGBUS", "for such a page",
					    "with its address", "the kernel EFAULT"};
	struct poison {
		struct uffdio_range range;
		uint64_t mode;
		int64_t updated;
	} p = {};
	int pipefd[2];

	open_uffd();
	register_area();
	p.range.start = (uintptr_t)area;
	p.range.len = PAGE;
	if (ioctl(uffd, _IOWR(UFFDIO, 8, struct poison), &p)) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			check_skip("no UFFDIO_POISON here", "%s", names[i]);
		return;
	}
	CHECK_EQ(p.updated, (int64_t)PAGE, "%s", names[0]);
	check_handler(SIGBUS, on_bus, 0);
	if (!sigsetjmp(out, 1))
		(void)*(volatile char *)&area[8];
	CHECK_EQ(got.si_signo, SIGBUS, "%s", names[1]);
	/* Kernels that look for broken memory (CONFIG_MEMORY_FAILURE) say so. */
	CHECK(got.si_code == BUS_MCEERR_AR || got.si_code == BUS_ADRERR, "%s", names[2]);
	CHECK(((uintptr_t)got.si_addr & -PAGE) == (uintptr_t)area, "%s", names[3]);
	CHECK(!pipe(pipefd) && write(pipefd[1], area, 1) < 0 && errno == EFAULT, "%s", names[4]);
}

static const struct check_group groups[] = {
	{"missing", missing}, {"zero", zero}, {"poison", poison}, {}};

int main(int argc, char **argv)
{
	check_totals = NULL;
	if (!open_uffd())
		return check_none("userfaultfd is not allowed");
	close(uffd);
	return check_run(groups, argc, argv);
}
