// SPDX-License-Identifier: GPL-2.0
/*
 * An exec of our own; see load.h. The layout of the first stack is the one of the
 * System V ABI for x86-64 (argc, argv, environment, auxiliary vector).
 *
 * Order of things: the new program is mapped beside this one (their addresses do not
 * meet: this one is linked low, load_parse() refuses low programs), a region is made
 * that holds the new stack and, in its first page, a copy of a small function that
 * needs nothing else. That function unmaps what is left of this program and jumps.
 *
 * @host boot mmap: the guest kernel's image and its first stack
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "load.h"

#define PAGE 4096ULL
#define STACK_BYTES (8ULL << 20)
#define UNMAP_MAX 64
#define AUX_MAX 32

static uint64_t page_down(uint64_t v)
{
	return v & ~(PAGE - 1);
}

static uint64_t page_up(uint64_t v)
{
	return (v + PAGE - 1) & ~(PAGE - 1);
}

/* --- checking -------------------------------------------------------------- */

static int parse_segment(const Elf64_Phdr *p, uint64_t total, uint64_t floor,
			 struct load_segment *out)
{
	uint64_t file_end, end;

	if (p->p_filesz > p->p_memsz || p->p_offset > total || p->p_filesz > total - p->p_offset)
		return -ENOEXEC;
	if (p->p_vaddr < floor || p->p_vaddr > LOAD_HIGHEST ||
	    p->p_memsz > LOAD_HIGHEST - p->p_vaddr || p->p_vaddr % PAGE != p->p_offset % PAGE)
		return -ENOEXEC;
	file_end = p->p_vaddr + p->p_filesz;
	end = p->p_vaddr + p->p_memsz;
	out->clear = p->p_filesz < p->p_memsz && file_end % PAGE;
	if (out->clear && !(p->p_flags & PF_W))
		return -ENOEXEC; /* its last page would have to be cleared */
	out->address = page_down(p->p_vaddr);
	out->offset = page_down(p->p_offset);
	out->file_bytes = file_end - out->address;
	out->memory_bytes = page_up(end) - out->address;
	out->prot = (p->p_flags & PF_R ? PROT_READ : 0) | (p->p_flags & PF_W ? PROT_WRITE : 0) |
		    (p->p_flags & PF_X ? PROT_EXEC : 0);
	return 0;
}

static bool header_ok(const Elf64_Ehdr *e, size_t len)
{
	return memcmp(e->e_ident, ELFMAG, SELFMAG) == 0 && e->e_ident[EI_CLASS] == ELFCLASS64 &&
	       e->e_ident[EI_DATA] == ELFDATA2LSB && e->e_type == ET_EXEC &&
	       e->e_machine == EM_X86_64 && e->e_phentsize == sizeof(Elf64_Phdr) &&
	       e->e_phnum > 0 && e->e_phnum <= 64 && e->e_phoff <= len &&
	       e->e_phnum * sizeof(Elf64_Phdr) <= len - e->e_phoff;
}

int load_parse(const void *head, size_t len, uint64_t total, struct load_image *out)
{
	uint64_t floor = LOAD_LOWEST;
	Elf64_Ehdr e;
	Elf64_Phdr p;
	int i, err;

	memset(out, 0, sizeof(*out));
	if (len < sizeof(e) || len > total)
		return -ENOEXEC;
	memcpy(&e, head, sizeof(e));
	if (!header_ok(&e, len))
		return -ENOEXEC;
	for (i = 0; i < e.e_phnum; i++) {
		struct load_segment *s = &out->segment[out->count];

		memcpy(&p, (const char *)head + e.e_phoff + (size_t)i * sizeof(p), sizeof(p));
		if (p.p_type == PT_INTERP)
			return -ENOEXEC; /* it wants a dynamic loader */
		if (p.p_type != PT_LOAD)
			continue;
		if (out->count == LOAD_SEGMENTS)
			return -ENOEXEC;
		err = parse_segment(&p, total, floor, s);
		if (err)
			return err;
		floor = s->address + s->memory_bytes;
		if (p.p_offset == 0)
			out->headers = p.p_vaddr + e.e_phoff;
		out->count++;
	}
	out->entry = e.e_entry;
	out->nheaders = e.e_phnum;
	return out->count && out->headers ? 0 : -ENOEXEC;
}

/* --- mapping --------------------------------------------------------------- */

static int map_at(uint64_t address, uint64_t bytes, int prot, int flags, int fd, uint64_t offset)
{
	void *want = (void *)address, *got; // NOLINT

	got = mmap(want, bytes, prot, MAP_PRIVATE | MAP_FIXED_NOREPLACE | flags, fd, (off_t)offset);
	if (got == MAP_FAILED)
		return -errno;
	return got == want ? 0 : -EEXIST;
}

static int map_segment(int fd, uint64_t base, const struct load_segment *s)
{
	uint64_t file_pages = page_up(s->file_bytes);
	int err = 0;

	if (s->file_bytes)
		err = map_at(s->address, file_pages, s->prot, 0, fd, base + s->offset);
	if (err)
		return err;
	if (s->clear)
		memset((char *)s->address + s->file_bytes, 0, file_pages - s->file_bytes);
	if (s->memory_bytes > file_pages)
		err = map_at(s->address + file_pages, s->memory_bytes - file_pages, s->prot,
			     MAP_ANONYMOUS, -1, 0);
	return err;
}

/* --- the last steps, from a page of their own ------------------------------- */

struct range {
	uint64_t start, bytes;
};

/* Lies at the start of the region of the new stack. */
struct leave {
	uint64_t stack, entry;
	uint64_t count;
	struct range unmap[UNMAP_MAX];
};

#ifdef __clang__
#define NO_CANARY no_stack_protector
#else
#define NO_CANARY optimize("no-stack-protector")
#endif

/*
 * Must not call anything nor use anything outside its arguments: it runs from a copy,
 * and what it was copied from disappears under it.
 */
__attribute__((noreturn, noinline, used, section("leave_text"), NO_CANARY,
	       no_sanitize("address", "undefined"))) static void
leave(const struct leave *l)
{
	uint64_t i;

	for (i = 0; i < l->count; i++) {
		long ret;

		__asm__ volatile("syscall"
				 : "=a"(ret)
				 : "0"((long)SYS_munmap), "D"(l->unmap[i].start),
				   "S"(l->unmap[i].bytes)
				 : "rcx", "r11", "memory");
	}
	__asm__ volatile("mov %0, %%rsp\n\t"
			 "xor %%edx, %%edx\n\t" /* no function to be called at exit */
			 "xor %%ebp, %%ebp\n\t"
			 "jmp *%1"
			 :
			 : "a"(l->stack), "c"(l->entry)
			 : "memory");
	__builtin_unreachable();
}

extern const char __start_leave_text[], __stop_leave_text[];

/* --- the new stack ---------------------------------------------------------- */

struct stack {
	char *strings; /* grows down */
	const char *floor;
	uint64_t *words;
	size_t nwords, room;
};

static uint64_t push_bytes(struct stack *s, const void *data, size_t len)
{
	if ((size_t)(s->strings - s->floor) < len)
		return 0;
	s->strings -= len;
	memcpy(s->strings, data, len);
	return (uint64_t)s->strings;
}

static void push_word(struct stack *s, uint64_t word)
{
	if (s->nwords < s->room)
		s->words[s->nwords] = word;
	s->nwords++;
}

static void push_strings(struct stack *s, char *const list[])
{
	for (; *list; list++)
		push_word(s, push_bytes(s, *list, strlen(*list) + 1));
	push_word(s, 0);
}

static void push_aux(struct stack *s, uint64_t type, uint64_t value)
{
	push_word(s, type);
	push_word(s, value);
}

static void push_auxv(struct stack *s, const struct load_image *image)
{
	static const unsigned long kept[] = {
		AT_SYSINFO_EHDR,
		AT_HWCAP,
		AT_HWCAP2,
		AT_PAGESZ,
		AT_CLKTCK,
		AT_UID,
		AT_EUID,
		AT_GID,
		AT_EGID,
		AT_MINSIGSTKSZ,
		27 /* AT_RSEQ_FEATURE_SIZE */,
		28 /* AT_RSEQ_ALIGN */,
	};
	const char *platform = (const char *)getauxval(AT_PLATFORM);
	unsigned char random[16];
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		unsigned long value;

		errno = 0;
		value = getauxval(kept[i]);
		if (value || errno != ENOENT)
			push_aux(s, kept[i], value);
	}
	if (getrandom(random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		memcpy(random, (const void *)getauxval(AT_RANDOM), sizeof(random));
	push_aux(s, AT_RANDOM, push_bytes(s, random, sizeof(random)));
	if (platform)
		push_aux(s, AT_PLATFORM, push_bytes(s, platform, strlen(platform) + 1));
	push_aux(s, AT_EXECFN, push_bytes(s, "linux", sizeof("linux")));
	push_aux(s, AT_PHDR, image->headers);
	push_aux(s, AT_PHENT, sizeof(Elf64_Phdr));
	push_aux(s, AT_PHNUM, image->nheaders);
	push_aux(s, AT_ENTRY, image->entry);
	push_aux(s, AT_BASE, 0);
	push_aux(s, AT_FLAGS, 0);
	push_aux(s, AT_SECURE, 0);
	push_aux(s, AT_NULL, 0);
}

static size_t count_list(char *const list[])
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

/* Builds the stack in region; the stack pointer to start with, or 0 if it does not fit. */
static uint64_t build_stack(char *region, size_t bytes, const struct load_image *image,
			    char *const argv[], char *const envp[])
{
	size_t argc = count_list(argv), room = argc + count_list(envp) + 3 + 2 * AUX_MAX;
	struct stack s = {
		.strings = region + bytes,
		.floor = region + bytes / 2,
		.words = calloc(room, sizeof(uint64_t)),
		.room = room,
	};
	char *sp;

	if (!s.words)
		return 0;
	push_word(&s, argc);
	push_strings(&s, argv);
	push_strings(&s, envp);
	push_auxv(&s, image);
	sp = (char *)((uint64_t)(s.strings - s.nwords * 8) & ~15ULL);
	if (s.nwords > s.room || sp < s.floor) {
		free(s.words);
		return 0;
	}
	memcpy(sp, s.words, s.nwords * 8);
	free(s.words);
	return (uint64_t)sp;
}

/* --- what is to go ---------------------------------------------------------- */

static bool is_kept(uint64_t start, uint64_t end, const char *name, const struct load_image *image,
		    uint64_t region)
{
	const struct load_segment *last = &image->segment[image->count - 1];

	if (start >= image->segment[0].address && start < last->address + last->memory_bytes)
		return true;
	/* The region may have been merged with a neighbour. */
	return (start <= region && region < end) ||
	       strncmp(name, "[v", 2) == 0; /* [vdso], [vvar], [vsyscall] */
}

/* Lists the mappings of this program. Without /proc they stay, and do no harm. */
static void list_old(struct leave *l, const struct load_image *image, uint64_t region, int maps_fd)
{
	char line[512], name[256];
	FILE *f = maps_fd >= 0 ? fdopen(maps_fd, "r") : NULL;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f) && l->count < UNMAP_MAX) {
		uint64_t start, end;

		name[0] = '\0';
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %255s", &start, &end, name) < 2)
			continue;
		if (is_kept(start, end, name, image, region))
			continue;
		l->unmap[l->count++] = (struct range){start, end - start};
	}
	fclose(f);
}

static void reset_process(void)
{
	const stack_t none = {.ss_flags = SS_DISABLE};
	sigset_t empty;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigaltstack(&none, NULL);
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	/* libc registered an area of its own that is about to vanish. */
	if (__rseq_size)
		syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32,
			RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
	syscall(SYS_set_robust_list, NULL, 24);
	syscall(SYS_set_tid_address, NULL);
}

int load_exec(int fd, int maps_fd, uint64_t offset, const struct load_image *image,
	      char *const argv[], char *const envp[])
{
	size_t code = (uintptr_t)__stop_leave_text - (uintptr_t)__start_leave_text;
	void (*go)(const struct leave *);
	struct leave *l;
	char *region;
	unsigned int i;
	int err;

	region = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (region == MAP_FAILED)
		return -errno;
	if (code > PAGE || sizeof(*l) > PAGE)
		return -E2BIG;
	for (i = 0; i < image->count; i++) {
		err = map_segment(fd, offset, &image->segment[i]);
		if (err)
			return err;
	}
	close(fd);
	memcpy(region, __start_leave_text, code);
	l = (struct leave *)(region + PAGE);
	l->entry = image->entry;
	l->stack = build_stack(region + 2 * PAGE, STACK_BYTES - 2 * PAGE, image, argv, envp);
	if (!l->stack)
		return -E2BIG;
	list_old(l, image, (uint64_t)region, maps_fd);
	if (mprotect(region, PAGE, PROT_READ | PROT_EXEC) < 0)
		return -errno;
	reset_process();
	go = (void (*)(const struct leave *))(void *)region;
	go(l);
	return -ENOEXEC; /* not reached */
}
