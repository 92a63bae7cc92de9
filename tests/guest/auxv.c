// SPDX-License-Identifier: GPL-2.0
/*
 * What a program is told at its start and about itself: the auxiliary vector, the vDSO, the size
 * of signal frames, /proc/self; and that the edges of its address space are sound.
 */
#include "check.h"
#include <cpuid.h>
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/* Of the vector itself: libc's getauxval(AT_HWCAP) gives what libc makes of it. */
static uint64_t kernel_value(uint64_t type)
{
	Elf64_auxv_t v[64] = {};
	int fd = open("/proc/self/auxv", O_RDONLY);
	ssize_t n = read(fd, v, sizeof(v) - sizeof(v[0]));

	close(fd);
	for (int i = 0; n > 0 && v[i].a_type; i++)
		if (v[i].a_type == type)
			return v[i].a_un.a_val;
	return 0;
}

static void vector(void)
{
	unsigned a, b, c, d;
	uint8_t *random = (uint8_t *)getauxval(AT_RANDOM);
	const char *name = (const char *)getauxval(AT_EXECFN),
		   *platform = (const char *)getauxval(AT_PLATFORM);
	int zeros = 0;

	__cpuid(1, a, b, c, d);
	CHECK_EQ(getauxval(AT_PAGESZ), 4096, "page size");
	CHECK_EQ(kernel_value(AT_HWCAP), d, "AT_HWCAP is what the CPU says");
	CHECK_EQ(getauxval(AT_CLKTCK), 100, "clock ticks");
	CHECK(getauxval(AT_UID) == getuid() && getauxval(AT_EGID) == getegid(), "ids");
	CHECK(!getauxval(AT_SECURE), "not secure");
	CHECK(name && strstr(name, "auxv"), "the program's name");
	CHECK(platform && !strcmp(platform, "x86_64"), "platform");
	CHECK_NEED(random, "random bytes");
	for (int i = 0; i < 16; i++)
		zeros += random[i] == 0;
	CHECK(zeros < 8, "which look like it");
}

/* The symbol table of the vDSO, found through its dynamic section; NULL without that symbol. */
static void *vdso_symbol(uint8_t *base, const char *name)
{
	Elf64_Ehdr *eh = (Elf64_Ehdr *)base;
	Elf64_Phdr *ph = (Elf64_Phdr *)(base + eh->e_phoff);
	Elf64_Sym *symbols = NULL;
	const char *strings = NULL;
	uint8_t *load = NULL;
	Elf64_Dyn *dyn = NULL;
	uint32_t *hash = NULL;

	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD && !load)
			load = base + ph[i].p_offset - ph[i].p_vaddr;
		if (ph[i].p_type == PT_DYNAMIC)
			dyn = (Elf64_Dyn *)(base + ph[i].p_offset);
	}
	for (; dyn && dyn->d_tag; dyn++) {
		if (dyn->d_tag == DT_SYMTAB)
			symbols = (Elf64_Sym *)(load + dyn->d_un.d_ptr);
		if (dyn->d_tag == DT_STRTAB)
			strings = (char *)(load + dyn->d_un.d_ptr);
		if (dyn->d_tag == DT_HASH)
			hash = (uint32_t *)(load + dyn->d_un.d_ptr);
	}
	if (!symbols || !strings || !hash)
		return NULL;
	for (uint32_t i = 0; i < hash[1]; i++)
		if (symbols[i].st_shndx && !strcmp(strings + symbols[i].st_name, name))
			return load + symbols[i].st_value;
	return NULL;
}

static uint64_t first_load(const uint8_t *base)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)base;
	const Elf64_Phdr *ph = (const Elf64_Phdr *)(base + eh->e_phoff);

	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD)
			return ph[i].p_vaddr;
	return -1;
}

static void vdso(void)
{
	uint8_t *base = (uint8_t *)getauxval(AT_SYSINFO_EHDR);
	int (*gettime)(int, struct timespec *);
	struct timespec a, b, c;
	char line[256];
	bool mapped = false;
	FILE *f;

	if (!base) {
		check_skip("no vDSO here", "an ELF file");
		check_skip("no vDSO here", "/proc/self/maps has it");
		check_skip("no vDSO here", "which begins at address 0");
		check_skip("no vDSO here", "__vdso_clock_gettime");
		return;
	}
	CHECK(!memcmp(base, ELFMAG, 4), "an ELF file");
	/* Programs take its load bias, as dl_iterate_phdr() gives it, for the address of its header. */
	CHECK_EQ(first_load(base), 0, "which begins at address 0");
	f = fopen("/proc/self/maps", "re");
	while (f && fgets(line, sizeof(line), f))
		mapped |= strstr(line, "[vdso]") && strtoul(line, NULL, 16) == (unsigned long)base;
	if (f)
		fclose(f);
	CHECK(mapped, "/proc/self/maps has it");
	gettime = (int (*)(int, struct timespec *))vdso_symbol(base, "__vdso_clock_gettime");
	if (!gettime) {
		check_skip("no __vdso_clock_gettime here", "__vdso_clock_gettime");
		return;
	}
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &a);
	CHECK(!gettime(CLOCK_MONOTONIC, &b), "__vdso_clock_gettime");
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &c);
	CHECK(b.tv_sec >= a.tv_sec && b.tv_sec <= c.tv_sec, "gives the time");
}

static volatile int handled;

static void on_signal(int sig, siginfo_t *si, void *context)
{
	handled++;
}

/* The size that the kernel names (or 2048) and what a small handler needs hold a frame. */
static void signal_stack(void)
{
	size_t size = kernel_value(AT_MINSIGSTKSZ);
	stack_t ss = {};

	check_note("AT_MINSIGSTKSZ %zu, sysconf %ld", size, sysconf(_SC_MINSIGSTKSZ));
	if (!size)
		size = 2048;
	ss.ss_size = size + 512;
	ss.ss_sp = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(ss.ss_sp, 4096, PROT_NONE);
	ss.ss_sp = (char *)ss.ss_sp + 4096;
	CHECK_NEED(!sigaltstack(&ss, NULL), "a stack of the least size");
	check_handler(SIGUSR1, on_signal, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK_EQ(handled, 1, "holds a frame");
}

static sigjmp_buf out;

static void on_fault(int sig, siginfo_t *si, void *context)
{
	siglongjmp(out, sig);
}

static bool usable(char *at)
{
	if (sigsetjmp(out, 1))
		return false;
	*(volatile char *)at = 'u';
	return *(volatile char *)at == 'u';
}

/* Pages from the end of the address space downwards: what can be mapped works, like any other. */
static void edges(void)
{
	uintptr_t top = 0x800000000000;
	int bad = 0, mapped = 0;

	check_handler(SIGSEGV, on_fault, 0);
	check_handler(SIGBUS, on_fault, 0);
	for (int i = 1; i <= 2000; i++) {
		char *at = (char *)(top - i * 4096UL), *p;

		p = mmap(at, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (p == MAP_FAILED)
			continue;
		mapped++;
		bad += p != at || !usable(p) || munmap(p, 4096);
	}
	check_note("%d pages near the top could be mapped", mapped);
	CHECK_EQ(bad, 0, "pages near the top");
	bad = 0;
	for (uintptr_t i = 16; i < 400; i++) {
		char *at = (char *)(i * 4096), *p;

		p = mmap(at, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (p == MAP_FAILED)
			continue;
		bad += p != at || !usable(p) || munmap(p, 4096);
	}
	CHECK_EQ(bad, 0, "pages near the bottom");
}

/* What is in no mapping of /proc/self/maps cannot be touched, near the top least of all. */
static void nothing_else(void)
{
	uintptr_t starts[200], ends[200], top = 0x800000000000;
	FILE *f = fopen("/proc/self/maps", "re");
	char line[256];
	int n = 0, callable = 0, p[2];

	while (f && n < 200 && fgets(line, sizeof(line), f)) {
		sscanf(line, "%lx-%lx", &starts[n], &ends[n]);
		if (strstr(line, "[stack]"))
			starts[n] -= 9 << 20; /* grows when it is touched */
		n++;
	}
	if (f)
		fclose(f);
	CHECK_NEED(n > 3 && n < 200 && !pipe(p), "/proc/self/maps");
	for (int i = 1; i <= 20000; i++) {
		uintptr_t at = top - i * 4096UL;
		bool known = false;

		for (int k = 0; k < n; k++)
			known |= at >= starts[k] && at < ends[k];
		if (!known && write(p[1], (void *)at, 1) == 1) {
			char c;

			callable++;
			if (read(p[0], &c, 1) != 1)
				break;
		}
	}
	CHECK_EQ(callable, 0, "calls find nothing that is not in /proc/self/maps");
}

static void self(void)
{
	char text[4096] = "";
	int fd = open("/proc/self/auxv", O_RDONLY);
	Elf64_auxv_t *v = (Elf64_auxv_t *)text;
	ssize_t n = read(fd, text, sizeof(text));
	bool same = false;

	close(fd);
	CHECK(n > 0 && n % sizeof(*v) == 0, "/proc/self/auxv");
	for (; n > 0 && v->a_type; v++)
		same |= v->a_type == AT_RANDOM && v->a_un.a_val == getauxval(AT_RANDOM);
	CHECK(same, "is the same vector");
	fd = open("/proc/self/cmdline", O_RDONLY);
	n = read(fd, text, sizeof(text));
	close(fd);
	CHECK(n > 4 && strstr(text, "auxv"), "/proc/self/cmdline");
	fd = open("/proc/self/environ", O_RDONLY);
	CHECK(fd >= 0 && read(fd, text, sizeof(text)) >= 0, "/proc/self/environ");
	close(fd);
	fd = open("/proc/self/syscall", O_RDONLY);
	if (fd < 0)
		check_skip("no /proc/PID/syscall", "/proc/self/syscall");
	else
		CHECK(read(fd, text, sizeof(text)) > 0 &&
			      (!strncmp(text, "0 ", 2) || !strncmp(text, "running", 7)),
		      "/proc/self/syscall");
}

static const struct check_group groups[] = {{"vector", vector},
					    {"vdso", vdso},
					    {"signal stack", signal_stack},
					    {"edges", edges},
					    {"nothing else", nothing_else},
					    {"self", self},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
