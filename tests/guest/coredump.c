// SPDX-License-Identifier: GPL-2.0
/*
 * Core dumps: an ELF file with the registers of every thread, the fault, and the memory.
 *
 * Needs core_pattern to be a plain file name: "core", with the process id behind it or not.
 */
#include "check.h"
#include <asm/prctl.h>
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define THREADS 3
#define MARK 0x600dc0de00000000ULL
#define CALLS 10000 /* of one place: an engine that looks for hot ones knows it */
#define PAGE 4096UL

static uint64_t data_mark = 0x1122334455667788;

/* Each thread sleeps or computes with its mark in r12. */
static void *with_mark(void *arg)
{
	uint64_t mark = MARK + (uintptr_t)arg;

	__asm__ volatile("mov %0,%%r12\n"
			 "1: mov $24,%%eax\n" /* sched_yield */
			 "syscall\n"
			 "jmp 1b\n"
			 :
			 : "r"(mark)
			 : "r12", "rax", "rcx", "r11");
	return NULL;
}

long hot_call(void);
extern const uint8_t hot_text[];
__asm__(".pushsection .text\n"
	".balign 64\n"
	"hot_call:\n"
	"hot_text: mov $110,%eax\n" /* getppid */
	"syscall\n"
	"ret\n"
	".popsection\n");

static void crash(void)
{
	pthread_t t;
	struct rlimit lim = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_CORE, &lim);
	for (int i = 0; i < CALLS; i++)
		hot_call();
	for (uintptr_t i = 1; i <= THREADS; i++)
		pthread_create(&t, NULL, with_mark, (void *)i);
	check_sleep_ms(20);
	__asm__ volatile("mov %0,%%r12; movdqu %1,%%xmm9; movl $1,0x1238"
			 :
			 : "r"(MARK), "m"(data_mark)
			 : "r12", "xmm9");
}

static uint8_t *core;
static size_t core_size;

/* The core file in this directory, whatever its suffix. */
static bool map_core(void)
{
	DIR *d = opendir(".");
	struct dirent *e;
	struct stat st;
	int fd = -1;

	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, "core", 4)) {
			fd = open(e->d_name, O_RDONLY);
			unlink(e->d_name);
		}
	if (d)
		closedir(d);
	if (fd < 0 || fstat(fd, &st))
		return false;
	core_size = st.st_size;
	core = mmap(NULL, core_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return core != MAP_FAILED;
}

static Elf64_Phdr *segment(unsigned n)
{
	return (Elf64_Phdr *)(core + ((Elf64_Ehdr *)core)->e_phoff) + n;
}

struct notes {
	int threads, marks; /* NT_PRSTATUS, and of them those with a mark in r12 */
	int fpu, xstate;
	siginfo_t *info;
	struct elf_prpsinfo *process;
	struct elf_prstatus *first;
	Elf64_auxv_t *auxv;
	int files;
};

static void read_notes(struct notes *n)
{
	Elf64_Phdr *ph = segment(0);
	uint8_t *at = core + ph->p_offset, *end = at + ph->p_filesz;

	while (at + sizeof(Elf64_Nhdr) <= end) {
		Elf64_Nhdr *h = (Elf64_Nhdr *)at;
		void *data = at + sizeof(*h) + ((h->n_namesz + 3) & ~3U);
		uint64_t r12;

		switch (h->n_type) {
		case NT_PRSTATUS:
			if (!n->first)
				n->first = data;
			n->threads++;
			r12 = ((uint64_t *)&((struct elf_prstatus *)data)->pr_reg)[3];
			n->marks += r12 >= MARK && r12 <= MARK + THREADS;
			break;
		case NT_FPREGSET:
			n->fpu++;
			break;
		case NT_X86_XSTATE:
			n->xstate++;
			break;
		case NT_SIGINFO:
			n->info = data;
			break;
		case NT_PRPSINFO:
			n->process = data;
			break;
		case NT_AUXV:
			n->auxv = data;
			break;
		case NT_FILE:
			n->files++;
			break;
		}
		at = (uint8_t *)data + ((h->n_descsz + 3) & ~3U);
	}
}

/* The memory at an address of the dead process. */
static void *memory(uint64_t address)
{
	for (int i = 1; i < ((Elf64_Ehdr *)core)->e_phnum; i++) {
		Elf64_Phdr *ph = segment(i);

		if (ph->p_type == PT_LOAD && address >= ph->p_vaddr &&
		    address + 8 <= ph->p_vaddr + ph->p_filesz)
			return core + ph->p_offset + (address - ph->p_vaddr);
	}
	return NULL;
}

/*
 * The program's text is the file's, where the core file has it: that is what a dump has of file mappings
 * which are private copies, or all of it if coredump_filter says so.
 */
static void compare_text(void)
{
	uint64_t page = (uint64_t)hot_text & -PAGE;
	const uint8_t *dumped = memory(page);
	int fd = open("/proc/self/exe", O_RDONLY);
	Elf64_Phdr ph[16] = {};
	Elf64_Ehdr eh = {};
	uint8_t text[PAGE];
	int n = -1;

	if (pread(fd, &eh, sizeof(eh), 0) == sizeof(eh) && eh.e_phnum <= 16)
		n = (int)pread(fd, ph, eh.e_phnum * sizeof(ph[0]), (off_t)eh.e_phoff);
	for (n /= (int)sizeof(ph[0]); n > 0; n--) {
		const Elf64_Phdr *x = &ph[n - 1];

		if (x->p_type == PT_LOAD && page >= (x->p_vaddr & -PAGE) &&
		    page < x->p_vaddr + x->p_filesz)
			break;
	}
	CHECK_NEED(n > 0 && pread(fd, text, PAGE,
				  (off_t)(ph[n - 1].p_offset + page - ph[n - 1].p_vaddr)) == PAGE,
		   "the program's file has the page of a hot call");
	CHECK(!memcmp(text + ((uint64_t)hot_text - page), "\xb8\x6e\0\0\0\x0f\x05", 7),
	      "and the call in it");
	CHECK(dumped, "so has the core file");
	CHECK(dumped && !memcmp(dumped, text, PAGE), "where it is what the file has");
	close(fd);
}

/* File mappings as well: untouched text is dumped on the host, too. */
static void dump_files(void)
{
	int fd = open("/proc/self/coredump_filter", O_WRONLY);

	CHECK(write(fd, "0x7f", 4) == 4, "coredump_filter");
	close(fd);
}

static void whole(void)
{
	struct notes n = {};
	Elf64_Ehdr *eh;
	uint64_t *word;
	int status;
	uint64_t fs_base;
	pid_t pid;

	dump_files();
	pid = check_fork();
	if (pid == 0) {
		crash();
		_exit(0);
	}
	status = check_wait(pid, 6000);
	CHECK(status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
	      "the program dies");
	CHECK(WCOREDUMP(status), "and says that it dumped core");
	CHECK_NEED(map_core(), "there is a core file");
	eh = (Elf64_Ehdr *)core;
	CHECK_NEED(core_size > 4096 && !memcmp(eh->e_ident, ELFMAG, 4) && eh->e_type == ET_CORE,
		   "of the right kind");
	CHECK_EQ(eh->e_machine, EM_X86_64, "for this machine");
	CHECK_NEED(segment(0)->p_type == PT_NOTE &&
			   segment(0)->p_offset + segment(0)->p_filesz <= core_size,
		   "notes");
	read_notes(&n);
	CHECK_EQ(n.threads, THREADS + 1, "registers of all threads");
	CHECK_EQ(n.marks, THREADS + 1, "are what the threads had");
	CHECK_EQ(n.fpu, THREADS + 1, "floating point registers of all threads");
	CHECK_EQ(n.xstate, THREADS + 1, "and all their extended state");
	CHECK_NEED(n.first && n.info && n.process && n.auxv, "other notes");
	CHECK_EQ(n.first->pr_pid, pid, "the first is the one that died");
	CHECK_EQ(n.first->pr_cursig, SIGSEGV, "of its signal");
	CHECK(n.info->si_signo == SIGSEGV && n.info->si_addr == (void *)0x1238, "siginfo");
	CHECK_EQ(n.process->pr_pid, pid, "process information");
	word = memory((uint64_t)&data_mark);
	CHECK(word && *word == data_mark, "memory");
	word = memory(((uint64_t *)&n.first->pr_reg)[19]);
	CHECK(word, "the stack");
	syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base);
	CHECK_EQ(((uint64_t *)&n.first->pr_reg)[21], fs_base,
		 "fs base is the parent's, as after any fork");
	compare_text();
}

/* The first thread's xmm9 in its NT_FPREGSET. */
static void vectors(void)
{
	Elf64_Phdr *ph;
	uint8_t *at, *end;
	pid_t pid = check_fork();

	if (pid == 0) {
		crash();
		_exit(0);
	}
	CHECK(check_wait(pid, 6000) != -1, "the program dies");
	CHECK_NEED(map_core(), "there is a core file");
	ph = segment(0);
	at = core + ph->p_offset;
	end = at + ph->p_filesz;
	while (at + sizeof(Elf64_Nhdr) <= end) {
		Elf64_Nhdr *h = (Elf64_Nhdr *)at;
		uint8_t *data = at + sizeof(*h) + ((h->n_namesz + 3) & ~3U);

		if (h->n_type == NT_FPREGSET) {
			CHECK(!memcmp(data + 160 + 9 * 16, &data_mark, 8),
			      "xmm9 of the thread that died");
			return;
		}
		at = data + ((h->n_descsz + 3) & ~3U);
	}
	CHECK(false, "xmm9 of the thread that died");
}

static void limited(void)
{
	struct rlimit none = {0, 0};
	pid_t pid = check_fork();
	int status;

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		raise(SIGQUIT);
	}
	status = check_wait(pid, 3000);
	CHECK(WTERMSIG(status) == SIGQUIT && !WCOREDUMP(status), "no core file beyond the limit");
}

static const struct check_group groups[] = {
	{"whole", whole}, {"vectors", vectors}, {"limited", limited}, {}};

int main(int argc, char **argv)
{
	char pattern[128] = "", dir[] = "/tmp/coredump-XXXXXX";
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "re");
	struct rlimit lim;
	int status;

	if (f && fgets(pattern, sizeof(pattern), f))
		fclose(f);
	if (strncmp(pattern, "core", 4) || strchr(pattern, '/') || getrlimit(RLIMIT_CORE, &lim) ||
	    lim.rlim_max != RLIM_INFINITY)
		return check_none("core files go elsewhere here");
	if (!mkdtemp(dir) || chdir(dir))
		return 99;
	status = check_run(groups, argc, argv);
	if (chdir("/") || rmdir(dir))
		check_note("%s: %m", dir);
	return status;
}
