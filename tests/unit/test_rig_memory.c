// SPDX-License-Identifier: GPL-2.0
/*
 * Rigs without memory: each allocation fails once, and what comes out is -ENOMEM, never half a rig,
 * a crash or a leak (the last two are the sanitizers' to find).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "failing_malloc.h"
#include "rig.h"
#include "suite.h"

static const char good[] =
	"rig x 1\nset a 1\nimage i f\ndefault node mem=9M env=A=1 run=x copy=f:/f route=::/0,::1\n"
	"lan l net=10.0.0.0/24\nrepeat i 1..9\nnode n$i image=i card=l run=y\nend\nrepeat k in x "
	"y\n"
	"link n1 n${a+1} delay=1ms\nrouter $k card=l nat=l firewall=f\nend\ncapture all\n"
	"at 1s run n1 ls as=q\nat 2s link n1 l down\nevery 1s sample n2 z ls\nexpect n1.q == 1 by "
	"9s\n";
static const char bad[] = "rig x 1\nnod a\nnode b mem=1\nnode b\nat 1s crash c\n";

/* How many allocations a load makes; every one fails in its turn. */
static long each(const char *text, int want)
{
	struct rig *r = NULL;
	bool done = false;
	long n;
	int rc;

	for (n = 0; !done; n++) {
		until_failure = n;
		rc = rig_load_text(&r, "x", text, strlen(text), NULL, 0);
		done = until_failure >= 0;
		until_failure = -1;
		CU_ASSERT(rc == want || (!done && rc == -ENOMEM));
		CU_ASSERT((rc == -ENOMEM) == (r == NULL));
		if (rc == -EINVAL)
			CU_ASSERT(rig_errors(r) > 0 && rig_error_text(r, 0, NULL));
		rig_free(r);
	}
	return n;
}

static void loads(void)
{
	/* `link n1 n2` twice is an error: the first text is good without it. */
	char *text = strdup(good), *twice = strstr(text, "in x y");

	memcpy(twice, "in x  ", 6);
	CU_ASSERT(each(text, 0) > 20);
	CU_ASSERT(each(good, -EINVAL) > 20);
	CU_ASSERT(each(bad, -EINVAL) > 5);
	free(text);
}

static void formats(void)
{
	bool done = false;
	long n;

	for (n = 0; !done; n++) {
		struct rig *r = NULL;
		char *out = NULL;
		size_t len;
		int rc;

		until_failure = n;
		rc = rig_format(&r, "x", good, strlen(good), &out, &len);
		done = until_failure >= 0;
		until_failure = -1;
		CU_ASSERT(rc == 0 || rc == -ENOMEM);
		CU_ASSERT((rc == 0) == (out != NULL));
		rig_free(r);
		free(out);
	}
	CU_ASSERT(n > 5);
}

static int to_nowhere(int (*write)(const struct rig *r, FILE *out), const struct rig *r, long n)
{
	FILE *out = fopen("/dev/null", "w");
	int rc;

	until_failure = n;
	rc = write(r, out);
	until_failure = -1;
	fclose(out);
	return rc;
}

static void pictures(void)
{
	struct rig *r = NULL;
	long n;

	CU_ASSERT_EQUAL_FATAL(rig_load_text(&r, "x", "rig x 1\nnode a\n", 15, NULL, 0), 0);
	/* Boxes, lines, texts and forces. */
	for (n = 0; n < 4; n++)
		CU_ASSERT_EQUAL(to_nowhere(rig_write_svg, r, n), -ENOMEM);
	CU_ASSERT_EQUAL(to_nowhere(rig_write_svg, r, -1), 0);
	rig_free(r);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"loads", loads},
		{"formats", formats},
		{"pictures", pictures},
		CU_TEST_INFO_NULL,
	};

	return run_suite("rigs, memory", NULL, NULL, tests);
}
