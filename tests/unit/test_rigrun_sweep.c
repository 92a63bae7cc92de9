// SPDX-License-Identifier: GPL-2.0
/* What a sweep runs: values from texts, the order of runs, names, commands that repeat one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "suite.h"
#include "sweep_plan.h"
#include "sweep_plot.h"

/* --- ranges -------------------------------------------------------------------------- */

/* Values with commas between them, or "!" and why there are none. */
static void expand(const char *text, char *out, size_t room)
{
	struct sweep_values v;
	struct rig_why why = {""};
	int rc = sweep_range_read(text, &v, &why);
	size_t n = 0;
	uint32_t i;

	*out = 0;
	if (rc < 0)
		snprintf(out, room, "!%s", why.text);
	for (i = 0; rc == 0 && i < v.count && n < room; i++)
		n += (size_t)snprintf(out + n, room - n, "%s%s", i ? "," : "", v.value[i]);
	sweep_values_free(&v);
}

static void ranges(void)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{"1..5", "1,2,3,4,5"},
		{"5..1", "5,4,3,2,1"},
		{"1..10/4", "1,5,9"},
		{"10..1/4", "10,6,2"},
		{"-2..2", "-2,-1,0,1,2"},
		{"7..7", "7"},
		{"0%..20%/5%", "0%,5%,10%,15%,20%"},
		{"20%..0%/10%", "20%,10%,0%"},
		{"0%..1%/0.25%", "0%,0.25%,0.5%,0.75%,1%"},
		{"0.5..2/0.5", "0.5,1,1.5,2"},
		{"32M..512M/x2", "32M,64M,128M,256M,512M"},
		{"512M..32M/x4", "512M,128M,32M"},
		{"30M..7M/x2", "30M,15M"},
		{"1..1000/x10", "1,10,100,1000"},
		{"512M..1G/256M", "512M,768M,1024M"},
		{"10ms..30ms/10ms", "10ms,20ms,30ms"},
		{"500ms..2s/500ms", "500ms,1000ms,1500ms,2000ms"},
		{"1h..1h30m/10m", "60m,70m,80m,90m"},
		{"1.5s..2.5s/0.5s", "1.5s,2s,2.5s"},
		{"64kbit..1Mbit/x4", "64kbit,256kbit"},
		{"4KiB..16KiB/x2", "4KiB,8KiB,16KiB"},
		{"1..3,10,20..40/10", "1,2,3,10,20,30,40"},
		{"fifo,codel", "fifo,codel"},
		{"64KiB/codel,5ms/normal", "64KiB/codel,5ms/normal"},
		{"../a.img,b..c", "../a.img,b..c"},
		{"a\\,b,1\\..5", "a,b,1..5"},
		{"\\\\", "\\"},
		{"x", "x"},
		{"", "!a value is missing"},
		{"1,,2", "!a value is missing"},
		{"1..", "!'' is not a number"},
		{"1..x", "!'x' is not a number"},
		{"1..5/", "!'' is not a number"},
		{"1..5/0", "!the step of 1..5 is not more than 0"},
		{"1..5/-1", "!the step of 1..5 is not more than 0"},
		{"1..5/x1", "!'x1' is no step"},
		{"1..5/x", "!'x' is no step"},
		{"1..5/x1.5", "!'x1.5' is no step"},
		{"0..5/x2", "!0..5 cannot be multiplied through"},
		{"-8..-1/x2", "!-8..-1 cannot be multiplied through"},
		{"0%..20%", "!0%..20% has no step; say for example 0%..20%/1%"},
		{"32M..64M", "!32M..64M has no step; say for example 32M..64M/10M, or /x2"},
		{"0..20%/5%", "!the ends of 0..20% are not of one kind"},
		{"0%..20%/5", "!the step 5 is not of the kind of 0%..20%"},
		{"1s..1M/1s", "!the ends of 1s..1M are not of one kind"},
		{"1M..2MiB/x2", "!the ends of 1M..2MiB are not of one kind"},
		{"1q..2q/1q", "!'1q' is not a number"},
		{"1s5..2s/1s", "!'1s5' is not a time"},
		{"1M5K..2M/1K", "!'1M5K' is not one number with one unit"},
		{"1..1000000", "!there are more than 10000 values"},
		{"1..3,2", "!2 is there twice"},
		{"a,b,a", "!a is there twice"},
		{"999999999999999999d..999999999999999999d/1ns", "!999999999999999999d"},
		{"1..9999999999999999999", "!'9999999999999999999' is not a number"},
	};
	char got[4096];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		bool same;

		expand(t[i].text, got, sizeof(got));
		same = *t[i].want == '!' ? strncmp(got, t[i].want, strlen(t[i].want)) == 0 ||
						   strstr(got, t[i].want + 1)
					 : strcmp(got, t[i].want) == 0;
		CU_ASSERT(same);
		if (!same)
			printf("\n%s gives %s, not %s\n", t[i].text, got, t[i].want);
	}
}

static void most_values(void)
{
	struct sweep_values v;
	struct rig_why why = {""};

	CU_ASSERT_EQUAL(sweep_range_read("1..10000", &v, &why), 0);
	CU_ASSERT_EQUAL(v.count, SWEEP_RUNS_MAX);
	CU_ASSERT_STRING_EQUAL(v.value[9999], "10000");
	sweep_values_free(&v);
	CU_ASSERT_EQUAL(sweep_range_read("0..10000", &v, &why), -EINVAL);
	sweep_values_free(&v);
}

/* --- plans ---------------------------------------------------------------------------- */

static struct sweep_plan plan_of(const char *a, const char *b, const char *seeds)
{
	struct sweep_plan p = {.naxes = 0};
	struct rig_why why = {""};

	CU_ASSERT_FATAL(!a || sweep_plan_vary(&p, a, &why) == 0);
	CU_ASSERT_FATAL(!b || sweep_plan_vary(&p, b, &why) == 0);
	CU_ASSERT_FATAL(!seeds || sweep_plan_seed(&p, seeds, &why) == 0);
	return p;
}

static void order(void)
{
	static const char *const want[] = {
		"loss=0%, mem=32M, seed=7", "loss=0%, mem=32M, seed=8", "loss=0%, mem=64M, seed=7",
		"loss=0%, mem=64M, seed=8", "loss=5%, mem=32M, seed=7", "loss=5%, mem=32M, seed=8",
		"loss=5%, mem=64M, seed=7", "loss=5%, mem=64M, seed=8",
	};
	struct sweep_plan p = plan_of("loss=0%,5%", "mem=32M,64M", "7..8");
	char label[SWEEP_LABEL_ROOM], name[SWEEP_NAME_ROOM];
	struct rig_define d[2];
	uint32_t i;

	CU_ASSERT_EQUAL_FATAL(p.runs, 8);
	CU_ASSERT_EQUAL(p.seeds, 2);
	CU_ASSERT_EQUAL(sweep_plan_variables(&p), 2);
	for (i = 0; i < p.runs; i++) {
		sweep_plan_label(&p, i, p.naxes, label);
		CU_ASSERT_STRING_EQUAL(label, want[i]);
	}
	sweep_plan_name(&p, 5, name);
	CU_ASSERT_STRING_EQUAL(name, "6-loss=5-mem=32M-seed=8");
	sweep_plan_defines(&p, 5, d);
	CU_ASSERT_STRING_EQUAL(d[0].name, "loss");
	CU_ASSERT_STRING_EQUAL(d[0].value, "5%");
	CU_ASSERT_STRING_EQUAL(d[1].value, "32M");
	CU_ASSERT(sweep_plan_varies(&p, "mem") && !sweep_plan_varies(&p, "seed"));
	sweep_plan_free(&p);
}

/* Names are in the order of runs, whatever values hold, and go into any path. */
static void names(void)
{
	struct sweep_plan p = plan_of("v=a/../b,\xc3\xa4 $x,'", NULL, "1..40");
	char name[SWEEP_NAME_ROOM], last[SWEEP_NAME_ROOM] = "";
	uint32_t i;

	for (i = 0; i < p.runs; i++) {
		sweep_plan_name(&p, i, name);
		CU_ASSERT(strcmp(last, name) < 0);
		CU_ASSERT_EQUAL(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.="),
				strlen(name));
		strcpy(last, name);
	}
	sweep_plan_free(&p);
	p = plan_of("v=" /* 150 letters */
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    NULL, NULL);
	sweep_plan_name(&p, 0, name);
	CU_ASSERT_EQUAL(strlen(name), SWEEP_NAME_ROOM - 1);
	sweep_plan_free(&p);
}

static void replay(void)
{
	const struct rig_define own[] = {{"cure", "64KiB/codel"}, {"text", "a 'b' $c"}};
	struct sweep_replay r = {"./uml_rig", "my rig", own, 2, true};
	struct sweep_plan p = plan_of("loss=0%,5%", NULL, "7,9");
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	sweep_plan_replay(&p, 3, &r, f);
	fputc('\n', f);
	r = (struct sweep_replay){"a b/uml_rig", "-x.rig", NULL, 0, false};
	sweep_plan_replay(&p, 0, &r, f);
	fclose(f);
	CU_ASSERT_STRING_EQUAL(text, "./uml_rig run --to-end -D cure=64KiB/codel "
				     "-D 'text=a '\\''b'\\'' $c' -D loss=5% --seed 9 'my rig'\n"
				     "'a b/uml_rig' run -D loss=0% --seed 7 -- -x.rig");
	free(text);
	sweep_plan_free(&p);
}

static void bad_plans(void)
{
	static const struct {
		const char *a, *b, *seeds, *why;
	} t[] = {
		{"loss", NULL, NULL, "is not NAME=VALUES"},
		{"=1", NULL, NULL, "is not NAME=VALUES"},
		{"1x=1", NULL, NULL, "cannot be the name of a variable"},
		{"a-b=1", NULL, NULL, "cannot be the name of a variable"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1", NULL, NULL, "1 to 32 characters"},
		{"x=1..2", "x=3", NULL, "is varied twice"},
		{"x=", NULL, NULL, "a value is missing"},
		{NULL, NULL, "x", "is not a whole number"},
		{NULL, NULL, "-1..3", "is not a whole number"},
		{NULL, NULL, "0.5", "is not a whole number"},
		{NULL, NULL, "1s..3s/1s", "is not a whole number"},
		{NULL, NULL, "99999999999999999999", "out of range"},
		{"x=1..200", "y=1..100", NULL, "20000 runs or more are too many"},
		{"x=1..101", NULL, "1..100", "10100 runs or more are too many"},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct sweep_plan p = {.naxes = 0};
		struct rig_why why = {""};
		int rc = t[i].a ? sweep_plan_vary(&p, t[i].a, &why) : 0;

		if (rc == 0 && t[i].b)
			rc = sweep_plan_vary(&p, t[i].b, &why);
		if (rc == 0 && t[i].seeds)
			rc = sweep_plan_seed(&p, t[i].seeds, &why);
		CU_ASSERT_EQUAL(rc, -EINVAL);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, t[i].why));
		if (!strstr(why.text, t[i].why))
			printf("\n%s is not '%s'\n", why.text, t[i].why);
		sweep_plan_free(&p);
	}
}

static void too_many_axes(void)
{
	struct sweep_plan p = {.naxes = 0};
	struct rig_why why = {""};
	char text[] = "a=1,2";

	for (; *text < 'a' + SWEEP_VARIABLES_MAX; ++*text)
		CU_ASSERT_EQUAL(sweep_plan_vary(&p, text, &why), 0);
	CU_ASSERT_EQUAL(sweep_plan_vary(&p, text, &why), -EINVAL);
	CU_ASSERT_EQUAL(sweep_plan_seed(&p, "1..3", &why), 0);
	CU_ASSERT_EQUAL(p.runs, 256 * 3);
	sweep_plan_free(&p);
}

/* --- where values are on an axis ---------------------------------------------------------- */

static void places(void)
{
	static const struct {
		const char *values;
		double second; /* place of the second value */
	} t[] = {
		{"0%,5%,20%", 0.25},
		{"32M,64M,128M", 0.5},
		{"1..3", 0.5},
		{"10ms,1s,100s", 0.5},
		{"3,1,2", 0.5},
		{"a,b,c", 0.5},
		{"1,2,x", 0.5},
		{"1,2s,9", 0.5},
		{"20%,10%,0%", 0.5},
		{"1,10,2000", 0.3029},
		{"1K,1M,1G", 0.5},
		{"0,1,1000", 0.001},
		{"500ms,1s,2500ms", 0.25},
		{"1..50,60,70", 1.0 / 69},
	};
	struct rig_why why = {""};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct sweep_values v;
		double place[64];

		CU_ASSERT_EQUAL_FATAL(sweep_range_read(t[i].values, &v, &why), 0);
		sweep_plot_places(&v, place);
		CU_ASSERT_EQUAL(place[0], 0);
		CU_ASSERT_EQUAL(place[v.count - 1], 1);
		CU_ASSERT_DOUBLE_EQUAL(place[1], t[i].second, 0.0001);
		sweep_values_free(&v);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"ranges", ranges},
		{"most values", most_values},
		{"order", order},
		{"names", names},
		{"replay", replay},
		{"bad plans", bad_plans},
		{"too many axes", too_many_axes},
		{"places", places},
		CU_TEST_INFO_NULL,
	};

	return run_suite("sweeps, what is run", NULL, NULL, tests);
}
