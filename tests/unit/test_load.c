// SPDX-License-Identifier: GPL-2.0
/* Which ELF programs may become a guest kernel. */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include "load.h"
#include "suite.h"

#define TOTAL 0x100000ULL

static struct {
	Elf64_Ehdr e;
	Elf64_Phdr p[4];
	char rest[4096 - sizeof(Elf64_Ehdr) - 4 * sizeof(Elf64_Phdr)];
} f;

static struct load_image image;

static void good(void)
{
	memset(&f, 0, sizeof(f));
	memcpy(f.e.e_ident, ELFMAG, SELFMAG);
	f.e.e_ident[EI_CLASS] = ELFCLASS64;
	f.e.e_ident[EI_DATA] = ELFDATA2LSB;
	f.e.e_type = ET_EXEC;
	f.e.e_machine = EM_X86_64;
	f.e.e_phentsize = sizeof(Elf64_Phdr);
	f.e.e_phoff = sizeof(Elf64_Ehdr);
	f.e.e_phnum = 2;
	f.e.e_entry = 0x60001000;
	f.p[0] = (Elf64_Phdr){.p_type = PT_LOAD,
			      .p_flags = PF_R | PF_X,
			      .p_vaddr = 0x60000000,
			      .p_filesz = 0x2000,
			      .p_memsz = 0x2000};
	f.p[1] = (Elf64_Phdr){.p_type = PT_LOAD,
			      .p_flags = PF_R | PF_W,
			      .p_vaddr = 0x60003100,
			      .p_offset = 0x2100,
			      .p_filesz = 0x300,
			      .p_memsz = 0x5000};
}

static int parse(void)
{
	return load_parse(&f, sizeof(f), TOTAL, &image);
}

static void test_good(void)
{
	good();
	CU_ASSERT_EQUAL_FATAL(parse(), 0);
	CU_ASSERT_EQUAL(image.count, 2);
	CU_ASSERT_EQUAL(image.entry, 0x60001000);
	CU_ASSERT_EQUAL(image.headers, 0x60000000 + sizeof(Elf64_Ehdr));
	CU_ASSERT_EQUAL(image.segment[1].address, 0x60003000);
	CU_ASSERT_EQUAL(image.segment[1].offset, 0x2000);
	CU_ASSERT_EQUAL(image.segment[1].file_bytes, 0x400);
	CU_ASSERT_EQUAL(image.segment[1].memory_bytes, 0x6000);
	CU_ASSERT(image.segment[1].clear);
	CU_ASSERT(!image.segment[0].clear);
}

#define REFUSED(change)                             \
	do {                                        \
		good();                             \
		change;                             \
		CU_ASSERT_EQUAL(parse(), -ENOEXEC); \
	} while (0)

static void test_refused(void)
{
	REFUSED(f.e.e_ident[0] = 0);
	REFUSED(f.e.e_ident[EI_CLASS] = ELFCLASS32);
	REFUSED(f.e.e_type = ET_DYN);
	REFUSED(f.e.e_machine = EM_386);
	REFUSED(f.e.e_phnum = 0);
	REFUSED(f.e.e_phnum = 0xffff);
	REFUSED(f.e.e_phoff = ~0ULL);
	REFUSED(f.e.e_phentsize = 32);
	REFUSED(f.p[0].p_offset = TOTAL + 1);
	REFUSED(f.p[0].p_filesz = TOTAL + 1; f.p[0].p_memsz = TOTAL + 1);
	REFUSED(f.p[0].p_filesz = 0x3000); /* more than memsz */
	REFUSED(f.p[0].p_vaddr = 0x400000); /* where the loader lies */
	REFUSED(f.p[1].p_vaddr = 0x60000100); /* on top of the first */
	REFUSED(f.p[1].p_vaddr = 0x7fff00000100);
	REFUSED(f.p[1].p_memsz = ~0ULL);
	REFUSED(f.p[1].p_offset = 0x2200); /* address and offset disagree */
	REFUSED(f.p[1].p_flags = PF_R); /* its tail could not be cleared */
	REFUSED(f.p[1].p_type = PT_INTERP);
	REFUSED(f.p[0].p_type = PT_NULL); /* nothing holds the headers */
}

static void test_short(void)
{
	size_t len;

	good();
	for (len = 0; len < sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr); len++)
		CU_ASSERT_EQUAL(load_parse(&f, len, TOTAL, &image), -ENOEXEC);
	CU_ASSERT_EQUAL(load_parse(&f, len, TOTAL, &image), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"a good program", test_good},
		{"refused programs", test_refused},
		{"cut short", test_short},
		CU_TEST_INFO_NULL,
	};

	return run_suite("load", NULL, NULL, tests);
}
