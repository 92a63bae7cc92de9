// SPDX-License-Identifier: GPL-2.0
/*
 * A program that reads its own text sees what the file says, by every way of reading, however
 * hot its calls are; and so do other processes, the file itself and checksums of shared mappings.
 */
#include "site.h"
#include <elf.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define CALLS 1000
#define SITE_LEN 32

long hot_call(void);
extern uint8_t hot_text[];
__asm__(".pushsection .text\n"
	"hot_call:\n"
	"hot_text: mov $110,%eax\n"
	"syscall\n"
	"cmp $-4095,%rax\n"
	"jae 1f\n"
	"ret\n"
	"1: mov $-1,%rax\n"
	"ret\n"
	".fill 32,1,0x90\n"
	".popsection\n");

static const uint8_t expected[] = {0xb8, 0x6e, 0,    0,    0,    0x0f, 0x05,
				   0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff};

static void heat_at(const uint8_t *text)
{
	long (*call)(void) = (long (*)(void))(uintptr_t)text;

	for (int i = 0; i < CALLS; i++)
		if (call() != getppid())
			CHECK(false, "a hot call");
}

static void heat(void)
{
	heat_at(hot_text);
}

/* The same text in a page of its own, hot. An engine may never touch a page again that somebody read. */
static uint8_t *another(void)
{
	uint8_t *p = site_pages(1, PROT_READ | PROT_WRITE);

	memcpy(p, hot_text, SITE_LEN);
	site_freeze(p, 1);
	heat_at(p);
	return p;
}

static bool same(const uint8_t *bytes)
{
	if (!memcmp(bytes, expected, sizeof(expected)))
		return true;
	for (unsigned i = 0; i < sizeof(expected); i++)
		if (bytes[i] != expected[i])
			check_note("byte %u is %#x, not %#x", i, bytes[i], expected[i]);
	return false;
}

/* Ways of reading that are the program's own instructions. */
static void reads(void)
{
	uint8_t bytes[SITE_LEN], *text = another();

	memcpy(bytes, text, SITE_LEN);
	CHECK(same(bytes), "memcpy of the text");
	heat_at(text);
	CHECK(same(text), "hot again, memcmp");
	text = another();
	for (int i = 0; i < SITE_LEN; i++)
		bytes[i] = ((volatile uint8_t *)text)[i];
	CHECK(same(bytes), "byte by byte");
	heat_at(text);
	text = another();
	CHECK(!mprotect(text, 4096, PROT_READ) && same(text), "text that is only read now");
	text = another();
	CHECK(!mprotect(text, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) && same(text),
	      "text that can be written to");
	put_mov(text, SYS_getpid);
	for (int i = 0; i < CALLS; i++)
		if (((long (*)(void))(uintptr_t)text)() != getpid())
			CHECK(false, "a hot call that was changed");
}

/* The kernel reads on the program's behalf. */
static void kernel_reads(void)
{
	uint8_t bytes[SITE_LEN] = {}, *text = another();
	struct iovec local = {bytes, SITE_LEN}, remote = {text, SITE_LEN};
	int fd, p[2];

	fd = open("/proc/self/mem", O_RDONLY);
	CHECK(pread(fd, bytes, SITE_LEN, (off_t)(uintptr_t)text) == SITE_LEN && same(bytes),
	      "/proc/self/mem");
	close(fd);
	heat_at(text);
	memset(bytes, 0, SITE_LEN);
	text = remote.iov_base = another();
	CHECK(process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == SITE_LEN && same(bytes),
	      "process_vm_readv");
	heat_at(text);
	memset(bytes, 0, SITE_LEN);
	text = another();
	CHECK_NEED(!pipe(p), "pipe");
	CHECK(write(p[1], text, SITE_LEN) == SITE_LEN && read(p[0], bytes, SITE_LEN) == SITE_LEN &&
		      same(bytes),
	      "write() of the text");
	heat_at(text);
	memset(bytes, 0, SITE_LEN);
	text = remote.iov_base = another();
	CHECK(vmsplice(p[1], &remote, 1, 0) == SITE_LEN &&
		      read(p[0], bytes, SITE_LEN) == SITE_LEN && same(bytes),
	      "vmsplice() of the text");
	heat_at(text);
	CHECK(true, "and it still works");
}

/* After a fork the page is the same for both; what one reads is right, and the other's calls go on. */
static void relatives(void)
{
	uint8_t *text = another();
	pid_t pid = check_fork();

	if (pid == 0)
		_exit(same(text) ? 0 : 1);
	CHECK_EQ(check_wait(pid, 3000), 0, "a child of a hot process");
	heat_at(text);
	CHECK(same(text), "its parent, behind it");
	text = another();
	pid = check_fork();
	if (pid == 0) {
		check_sleep_ms(20);
		heat_at(text);
		_exit(same(text) ? 0 : 1);
	}
	CHECK(same(text), "a parent first");
	heat_at(text);
	CHECK_EQ(check_wait(pid, 3000), 0, "the child behind it");
}

static void other_process(void)
{
	uint8_t bytes[SITE_LEN] = {}, *text = another();
	struct iovec local = {bytes, SITE_LEN}, remote = {text, SITE_LEN};
	pid_t pid = check_fork();

	if (pid == 0)
		for (;;)
			heat_at(text);
	check_sleep_ms(50);
	CHECK(process_vm_readv(pid, &local, 1, &remote, 1, 0) == SITE_LEN && same(bytes),
	      "another process reads it");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	heat_at(text);
}

/* The whole of the executable segment is what the file has. */
static void whole_text(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;
	uint8_t *file;
	Elf64_Phdr *ph;
	int segments = 0, bad = 0;

	fstat(fd, &st);
	file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK_NEED(file != MAP_FAILED, "the program's file");
	heat();
	ph = (Elf64_Phdr *)(file + ((Elf64_Ehdr *)file)->e_phoff);
	for (int i = 0; i < ((Elf64_Ehdr *)file)->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD || !(ph[i].p_flags & PF_X))
			continue;
		segments++;
		for (uint64_t at = 0; at < ph[i].p_filesz; at++)
			bad += file[ph[i].p_offset + at] != *(uint8_t *)(ph[i].p_vaddr + at);
	}
	CHECK(segments == 1 && bad == 0, "the text in memory is the file's");
	if (bad)
		check_note("%d bytes differ", bad);
	heat();
}

static void shared_file(void)
{
	char name[] = "site-text-XXXXXX";
	int fd = mkstemp(name), bad = 0;
	uint8_t code[64] = {}, back[64], *x, *r;

	CHECK_NEED(fd >= 0, "a file");
	put_call(code, SYS_getpid);
	CHECK_NEED(pwrite(fd, code, 64, 0) == 64, "code in it");
	x = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	r = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	unlink(name);
	CHECK_NEED(x != MAP_FAILED && r != MAP_FAILED, "shared mappings of it");
	for (int i = 0; i < 5; i++) {
		bad += wrong_runs(x, 1000, getpid());
		bad += memcmp(r, code, 64) != 0;
		bad += memcmp(x, code, 64) != 0;
		bad += pread(fd, back, 64, 0) != 64 || memcmp(back, code, 64);
	}
	CHECK_EQ(bad, 0, "hot code in a shared mapping never shows in the file");
	put_mov(code, SYS_getppid);
	CHECK(pwrite(fd, code, 64, 0) == 64, "write() to the file");
	CHECK_EQ(wrong_runs(x, 1000, getppid()), 0, "changes the code at once");
}

/* Private copies of the file's pages: what another process maps is untouched. */
static void page_cache(void)
{
	char name[] = "site-text-XXXXXX";
	int fd = mkstemp(name), bad = 0;
	uint8_t code[64] = {}, back[64], *x, *shared;

	CHECK_NEED(fd >= 0, "a file");
	put_call(code, SYS_getpid);
	CHECK_NEED(pwrite(fd, code, 64, 0) == 64, "code in it");
	x = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	bad += wrong_runs(x, 3000, getpid());
	bad += memcmp(shared, code, 64) != 0;
	bad += pread(fd, back, 64, 0) != 64 || memcmp(back, code, 64);
	CHECK_EQ(bad, 0, "hot code in a private mapping leaves the file alone");
	unlink(name);
}

/* Text that is sent or hashed by the kernel from user memory in parts. */
static void partial(void)
{
	uint8_t byte, *text = another();
	int s[2], bad = 0;

	CHECK_NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
	for (unsigned i = 0; i < sizeof(expected); i++) {
		struct iovec iov = {text + i, 1};

		bad += writev(s[0], &iov, 1) != 1 || read(s[1], &byte, 1) != 1 ||
		       byte != expected[i];
		((long (*)(void))(uintptr_t)text)();
	}
	CHECK_EQ(bad, 0, "single bytes of it in turn with calls");
}

static const struct check_group groups[] = {{"reads", reads},
					    {"reads of the kernel", kernel_reads},
					    {"relatives", relatives},
					    {"other process", other_process},
					    {"whole text", whole_text},
					    {"shared file", shared_file},
					    {"page cache", page_cache},
					    {"partial", partial},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
