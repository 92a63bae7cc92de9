// SPDX-License-Identifier: GPL-2.0
/*
 * Makes system call filters from the notes that scripts/filters collected, and prints them
 * as C: the programs for the kernel, and the list of what they allow.
 *
 * What no note allows fails with EPERM; calls of other architectures (int 0x80) and of the
 * x32 kind fail with ENOSYS. Failing, not killing: a stub's own filter, which traps, must
 * win over this one, which it inherits.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <asm/prctl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "abi.h"

#define TESTS_MAX 6

/*
 * The programs, the phases whose notes they are made of, and how many calls each may let through: as many
 * as it does, so that one more is a decision (and Documentation/confinement.md says the numbers).
 */
static const struct program {
	const char *name, *phases;
	unsigned int calls_max;
} programs[] = {
	{"filter_boot", "boot run old ", 57},
	{"filter_boot_files", "boot run old files ", 66},
	{"filter_boot_change", "boot run old files change ", 83},
	{"filter_run", "run ", 40},
	{"filter_run_old", "run old ", 42},
	{"filter_run_files", "run files ", 52},
	{"filter_run_files_old", "run old files ", 54},
	{"filter_run_change", "run files change ", 69},
	{"filter_run_change_old", "run old files change ", 71},
	{"filter_init", "init ", 6},
	{"filter_helper", "helper ", 5},
};

struct rule {
	const char *phase, *call, *file, *why, *tests;
	unsigned int ntests;
	struct scmp_arg_cmp test[TESTS_MAX];
};

#define LOW_HALF 0xffffffffULL
#define EQ(n, v) {n, SCMP_CMP_EQ, (uint64_t)(v), 0},
#define EQ32(n, v) {n, SCMP_CMP_MASKED_EQ, LOW_HALF, (uint64_t)(v)&LOW_HALF},
#define ONLY(n, m) {n, SCMP_CMP_MASKED_EQ, ~(uint64_t)(m), 0},
#define ONLY32(n, m) {n, SCMP_CMP_MASKED_EQ, ~(uint64_t)(m)&LOW_HALF, 0},
#define POSITIVE(n) {n, SCMP_CMP_MASKED_EQ, ~(uint64_t)INT_MAX, 0},
#define SELF(n) {n, SCMP_CMP_EQ, NL_FILTER_SELF, 0},

#define RULE(a, b, c, d, e)                                                          \
	{.phase = #a,                                                                \
	 .call = #b,                                                                 \
	 .file = c,                                                                  \
	 .why = d,                                                                   \
	 .tests = #e,                                                                \
	 .ntests = sizeof((struct scmp_arg_cmp[]){e}) / sizeof(struct scmp_arg_cmp), \
	 .test = {e}},
static const struct rule rules[] = {
#include "rules.inc"
};

#define COUNT (sizeof(rules) / sizeof(rules[0]))

static void die(const char *what, const struct rule *r, int err)
{
	fprintf(stderr, "scripts/filter: %s: %s: %s: %s\n", r ? r->file : "", r ? r->call : "",
		what, strerror(err));
	exit(1);
}

/* Which notes a filter is made of: a list of phases, with a space behind each. */
static bool of_phase(const struct rule *r, const char *phases)
{
	size_t len = strlen(r->phase);
	const char *p = phases;

	for (; *p; p += strcspn(p, " ") + 1)
		if (strncmp(p, r->phase, len) == 0 && p[len] == ' ')
			return true;
	return false;
}

static unsigned int calls_of(const char *phases)
{
	unsigned int n = 0;
	size_t i, k;

	for (i = 0; i < COUNT; i++) {
		if (!of_phase(&rules[i], phases))
			continue;
		for (k = 0; k < i; k++)
			if (of_phase(&rules[k], phases) && !strcmp(rules[k].call, rules[i].call))
				break;
		n += k == i;
	}
	return n;
}

static scmp_filter_ctx build(const char *phases)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	size_t i;
	int err;

	if (!ctx)
		die("seccomp_init", NULL, ENOMEM);
	err = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (!err) /* a binary tree: calls with high numbers are not slower */
		err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (err)
		die("seccomp_attr_set", NULL, -err);
	for (i = 0; i < COUNT; i++) {
		int nr;

		if (!of_phase(&rules[i], phases))
			continue;
		nr = seccomp_syscall_resolve_name(rules[i].call);
		if (nr == __NR_SCMP_ERROR || rules[i].ntests > TESTS_MAX)
			die("no such call", &rules[i], EINVAL);
		err = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, rules[i].ntests,
					     rules[i].test);
		if (err && err != -EEXIST)
			die("seccomp_rule_add_array", &rules[i], -err);
	}
	return ctx;
}

static void print_program(const struct program *p)
{
	scmp_filter_ctx ctx = build(p->phases);
	unsigned int calls = calls_of(p->phases);
	struct sock_filter f;
	FILE *tmp = tmpfile();
	int err;

	if (calls > p->calls_max) {
		fprintf(stderr,
			"scripts/filter: %s: %u calls, more than the %u of its table here; a call "
			"more is a decision: raise it there and in Documentation/confinement.md\n",
			p->name, calls, p->calls_max);
		exit(1);
	}
	if (!tmp)
		die("tmpfile", NULL, errno);
	err = seccomp_export_bpf(ctx, fileno(tmp));
	if (err)
		die("seccomp_export_bpf", NULL, -err);
	rewind(tmp);
	printf("static const struct sock_filter %s[] = { /* %u calls */\n", p->name, calls);
	while (fread(&f, sizeof(f), 1, tmp) == 1)
		printf("\t{0x%x, %u, %u, 0x%x},\n", f.code, f.jt, f.jf, f.k);
	printf("};\n\n");
	fclose(tmp);
	seccomp_release(ctx);
}

static void print_list(void)
{
	size_t i;

	printf("static const struct {\n\tconst char *phase, *call, *tests, *file, *why;\n"
	       "} filter_list[] __attribute__((unused)) = {\n");
	for (i = 0; i < COUNT; i++)
		printf("\t{\"%s\", \"%s\", \"%s\", \"%s\", \"%s\"},\n", rules[i].phase,
		       rules[i].call, rules[i].tests, rules[i].file, rules[i].why);
	printf("};\n");
}

int main(void)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (!strstr("boot run old files change init helper", rules[i].phase))
			die("no such phase", &rules[i], EINVAL);
	printf("/* Made by scripts/filters. */\n#include <linux/filter.h>\n\n");
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		print_program(&programs[i]);
	print_list();
	return 0;
}
