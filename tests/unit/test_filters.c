// SPDX-License-Identifier: GPL-2.0
/*
 * The filters that scripts/filters made, run one instruction after another as the host's kernel does:
 * what they answer to each number, of each kind of call. That calls of the x32 kind are dead can be
 * seen here alone: hardly a host has them.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "filters.h"
#include "suite.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define X32 0x40000000U
#define NUMBERS 600 /* more than there are calls; x32's own begin at 512 */
#define SETS 50 /* of arguments that are tried with a call */

#define DENIED (SECCOMP_RET_ERRNO | EPERM)
#define NO_CALL (SECCOMP_RET_ERRNO | ENOSYS)

static const struct {
	const char *name, *phases;
	const struct sock_filter *code;
	size_t length;
	unsigned int calls; /* as Documentation/confinement.md says */
} program[] = {
	{"boot", "boot run old", filter_boot, LENGTH(filter_boot), 57},
	{"boot, files", "boot run old files", filter_boot_files, LENGTH(filter_boot_files), 66},
	{"boot, files to be written", "boot run old files change", filter_boot_change,
	 LENGTH(filter_boot_change), 83},
	{"run", "run", filter_run, LENGTH(filter_run), 40},
	{"run on old hosts", "run old", filter_run_old, LENGTH(filter_run_old), 42},
	{"run, files", "run files", filter_run_files, LENGTH(filter_run_files), 52},
	{"run, files on old hosts", "run old files", filter_run_files_old,
	 LENGTH(filter_run_files_old), 54},
	{"run, files to be written", "run files change", filter_run_change,
	 LENGTH(filter_run_change), 69},
	{"run, files to be written on old hosts", "run old files change", filter_run_change_old,
	 LENGTH(filter_run_change_old), 71},
	{"ns-init", "init", filter_init, LENGTH(filter_init), 6},
	{"helper", "helper", filter_helper, LENGTH(filter_helper), 5},
};

/* --- the machine (seccomp(2); the instructions that a filter may have) ------------------------ */

static uint32_t load(const struct seccomp_data *d, uint32_t offset)
{
	uint32_t word = 0;

	CU_ASSERT_FATAL(offset % 4 == 0 && offset < sizeof(*d));
	memcpy(&word, (const char *)d + offset, sizeof(word));
	return word;
}

static uint32_t answer(size_t p, const struct seccomp_data *d)
{
	const struct sock_filter *f;
	uint32_t a = 0;
	size_t pc = 0;
	bool yes;

	for (;;) {
		CU_ASSERT_FATAL(pc < program[p].length);
		f = &program[p].code[pc++];
		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = load(d, f->k);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			continue;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			continue;
		case BPF_RET | BPF_K:
			return f->k;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == f->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= f->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > f->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = a & f->k;
			break;
		default:
			CU_FAIL_FATAL("an instruction that is not known here");
			return 0;
		}
		pc += yes ? f->jt : f->jf;
	}
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Arguments: nothing, all bits, then any (xorshift64, always the same). */
static void arguments(struct seccomp_data *d, unsigned int set)
{
	static uint64_t x = 88172645463325252ULL;

	for (int i = 0; i < 6; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		d->args[i] = set == 0 ? 0 : set == 1 ? UINT64_MAX : x;
	}
}

/* How many of the sets are answered so. */
static unsigned int answered(size_t p, uint32_t arch, uint32_t nr, uint32_t want)
{
	struct seccomp_data d = {.nr = (int)nr, .arch = arch, .instruction_pointer = 0x400000};
	unsigned int set, n = 0;

	for (set = 0; set < SETS; set++) {
		arguments(&d, set);
		n += answer(p, &d) == want;
	}
	return n;
}

static bool in_phases(const char *phases, const char *phase)
{
	size_t len = strlen(phase);
	const char *at;

	for (at = phases; *at; at += strcspn(at, " "), at += strspn(at, " "))
		if (!strncmp(at, phase, len) && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

/* What the notes say of a number. */
enum noted {
	NO_NOTE,
	SOME_ARGUMENTS,
	ANY_ARGUMENTS
};

static enum noted noted(size_t p, int nr)
{
	enum noted most = NO_NOTE;
	size_t i;

	for (i = 0; i < LENGTH(filter_list); i++) {
		enum noted now = *filter_list[i].tests ? SOME_ARGUMENTS : ANY_ARGUMENTS;

		if (in_phases(program[p].phases, filter_list[i].phase) &&
		    seccomp_syscall_resolve_name(filter_list[i].call) == nr && now > most)
			most = now;
	}
	return most;
}

static void test_x32(void)
{
	size_t p;
	uint32_t nr;

	for (p = 0; p < LENGTH(program); p++)
		for (nr = 0; nr < NUMBERS; nr++)
			CU_ASSERT_EQUAL(answered(p, AUDIT_ARCH_X86_64, X32 | nr, NO_CALL), SETS);
}

static void test_other_kinds(void)
{
	static const uint32_t kind[] = {AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0, UINT32_MAX};
	size_t p, k;
	uint32_t nr;

	for (p = 0; p < LENGTH(program); p++)
		for (k = 0; k < LENGTH(kind); k++)
			for (nr = 0; nr < NUMBERS; nr++)
				CU_ASSERT_EQUAL(answered(p, kind[k], nr, NO_CALL), SETS);
}

static void test_odd_numbers(void)
{
	static const uint32_t odd[] = {UINT32_MAX, 0x80000000, 0x7fffffff, 0xbfffffff, 100000};
	size_t p, k;

	for (p = 0; p < LENGTH(program); p++)
		for (k = 0; k < LENGTH(odd); k++)
			CU_ASSERT_EQUAL(answered(p, AUDIT_ARCH_X86_64, odd[k], SECCOMP_RET_ALLOW),
					0);
}

/* A call that no note knows is denied whatever its arguments; one that notes leave free is not. */
static void test_notes(void)
{
	unsigned int calls, denied;
	enum noted want;
	size_t p;
	int nr;

	for (p = 0; p < LENGTH(program); p++) {
		calls = 0;
		for (nr = 0; nr < NUMBERS; nr++) {
			want = noted(p, nr);
			denied = answered(p, AUDIT_ARCH_X86_64, (uint32_t)nr, DENIED);
			if (want == NO_NOTE)
				CU_ASSERT_EQUAL(denied, SETS);
			if (want == ANY_ARGUMENTS)
				CU_ASSERT_EQUAL(answered(p, AUDIT_ARCH_X86_64, (uint32_t)nr,
							 SECCOMP_RET_ALLOW),
						SETS);
			/* Nothing and all bits may be what is asked for; any bits are not. */
			if (want == SOME_ARGUMENTS)
				CU_ASSERT(denied >= SETS - 2);
			calls += want != NO_NOTE;
		}
		CU_ASSERT_EQUAL(calls, program[p].calls);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {{"calls of the x32 kind", test_x32},
			       {"calls of other kinds", test_other_kinds},
			       {"numbers that are none", test_odd_numbers},
			       {"each number, as the notes say", test_notes},
			       CU_TEST_INFO_NULL};

	return run_suite("filters", NULL, NULL, tests);
}
