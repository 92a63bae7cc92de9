// SPDX-License-Identifier: GPL-2.0
/* Where the engine has its stubs run, and for how long the two sides spin. */
#include <string.h>
#include "place_rules.h"
#include "suite.h"

#define US 1000ULL
#define MS 1000000ULL
#define UNKNOWN (~0U)

/* A wait in which the stub got so much of a CPU; gives nl_place_waited()'s answer. */
static bool wait_ms(struct nl_place *p, struct nl_crowd *c, unsigned long long *now,
		    unsigned long long *cpu, unsigned int asleep_ms, unsigned int used_ms)
{
	unsigned long long from = *now;

	*now += asleep_ms * MS;
	*cpu += used_ms * MS;
	return nl_window_add(&p->slept, from, *now, NL_WINDOW_NS) &&
	       nl_window_judge(&p->slept, c, *now, *cpu, NL_WINDOW_NS);
}

static void test_one_cpu(void)
{
	struct nl_place p = {0}, off = {.kept_off = 1};
	struct nl_crowd c = {0}, busy = {.until_ns = 10};
	unsigned int stub;

	for (stub = 0; stub < 3; stub++) {
		CU_ASSERT_EQUAL(nl_place_decide(&p, &c, 1, 0, stub, 0), NL_PLACE_SHARE);
		CU_ASSERT_EQUAL(nl_place_decide(&off, &busy, 1, 0, stub, 5), NL_PLACE_SHARE);
	}
	CU_ASSERT_EQUAL(nl_place_decide(&p, &c, 1, 0, UNKNOWN, 0), NL_PLACE_SHARE);
}

static void test_two_quiet_cpus(void)
{
	struct nl_place p = {0};
	struct nl_crowd c = {0};

	CU_ASSERT_EQUAL(nl_place_decide(&p, &c, 2, 0, 1, 0), NL_PLACE_APART);
	CU_ASSERT_EQUAL(nl_place_decide(&p, &c, 2, 1, 0, 0), NL_PLACE_APART);
	CU_ASSERT_EQUAL(nl_place_decide(&p, &c, 2, 1, UNKNOWN, 0), NL_PLACE_APART);
	CU_ASSERT_EQUAL(nl_place_decide(&p, &c, 2, 1, 1, 0), NL_PLACE_KEEP_OFF);
	p.kept_off = 1 + 1;
	CU_ASSERT_EQUAL(nl_place_decide(&p, &c, 2, 1, 1, 0), NL_PLACE_LEAVING);
	CU_ASSERT_EQUAL(nl_place_decide(&p, &c, 2, 1, 0, 0), NL_PLACE_APART);
	/* The guest kernel has moved after it. */
	CU_ASSERT_EQUAL(nl_place_decide(&p, &c, 2, 0, 0, 0), NL_PLACE_KEEP_OFF);
}

static void test_crowded(void)
{
	struct nl_place free = {0}, off = {.kept_off = 1};
	struct nl_crowd c = {.until_ns = 100};

	CU_ASSERT_EQUAL(nl_place_decide(&free, &c, 2, 0, 0, 99), NL_PLACE_SHARE);
	CU_ASSERT_EQUAL(nl_place_decide(&off, &c, 2, 0, 0, 99), NL_PLACE_FREE);
	/* Where they happen to run on two CPUs, they spin all the same. */
	CU_ASSERT_EQUAL(nl_place_decide(&off, &c, 2, 0, 1, 99), NL_PLACE_APART);
	/* It is tried anew. */
	CU_ASSERT_EQUAL(nl_place_decide(&free, &c, 2, 0, 0, 100), NL_PLACE_KEEP_OFF);
	CU_ASSERT_EQUAL(nl_place_decide(&off, &c, 2, 0, 0, 100), NL_PLACE_LEAVING);
}

/* A stub that has a CPU while the guest kernel sleeps: the host is not crowded. */
static void test_quiet_host(void)
{
	struct nl_place p = {0};
	struct nl_crowd c = {0};
	unsigned long long now = 1000 * MS, cpu = 7 * MS;
	int i;

	for (i = 0; i < 100; i++)
		CU_ASSERT_FALSE(wait_ms(&p, &c, &now, &cpu, 10, 10));
	/* Its CPU time is known to a tick of the host: a window may show less. */
	for (i = 0; i < 100; i++)
		CU_ASSERT_FALSE(wait_ms(&p, &c, &now, &cpu, 30, i % 2 ? 34 : 26));
	/* Nor when it had much else to do than to let the guest kernel sleep. */
	for (i = 0; i < 100; i++) {
		now += 10 * MS;
		CU_ASSERT_FALSE(wait_ms(&p, &c, &now, &cpu, 2, 0));
	}
	CU_ASSERT_EQUAL(c.until_ns, 0);
}

/* One that has none. */
static void test_loaded_host(void)
{
	static const unsigned int expected_ms[] = {50, 100, 200, 400, 800, 1600, 2000, 2000};
	struct nl_place p = {0};
	struct nl_crowd c = {0};
	unsigned long long now = 1000 * MS, cpu = 7 * MS, begun;
	unsigned int i;

	/* What CPU time it had before the first wait, nobody knows. */
	CU_ASSERT_FALSE(wait_ms(&p, &c, &now, &cpu, 100, 0));
	for (i = 0; i < sizeof(expected_ms) / sizeof(expected_ms[0]); i++) {
		begun = now;
		while (!wait_ms(&p, &c, &now, &cpu, 10, 7))
			CU_ASSERT_FATAL(now - begun < 60 * MS);
		CU_ASSERT(now - begun >= NL_WINDOW_NS);
		CU_ASSERT_EQUAL(c.until_ns - now, expected_ms[i] * MS);
	}
	/* A good window while it is taken for crowded says nothing of it; one behind does. */
	for (i = 0; i < 3; i++)
		CU_ASSERT_FALSE(wait_ms(&p, &c, &now, &cpu, 10, 10));
	CU_ASSERT_EQUAL(c.for_ns, NL_CROWDED_MAX_NS);
	now = c.until_ns;
	for (i = 0; i < 4; i++)
		CU_ASSERT_FALSE(wait_ms(&p, &c, &now, &cpu, 10, 10));
	while (!wait_ms(&p, &c, &now, &cpu, 10, 0))
		CU_ASSERT_FATAL(now - c.until_ns < 200 * MS);
	CU_ASSERT_EQUAL(c.until_ns - now, NL_CROWDED_MIN_NS);
}

/* What was slept long ago is not compared with CPU time used since. */
static void test_old_window(void)
{
	struct nl_place p = {0};
	struct nl_crowd c = {0};
	unsigned long long now = 1000 * MS, cpu = 7 * MS;

	wait_ms(&p, &c, &now, &cpu, 10, 10);
	CU_ASSERT_FALSE(wait_ms(&p, &c, &now, &cpu, 20, 0));
	now += 200 * MS;
	CU_ASSERT_FALSE(wait_ms(&p, &c, &now, &cpu, 10, 0));
	CU_ASSERT_FALSE(wait_ms(&p, &c, &now, &cpu, 29, 29));
	CU_ASSERT_FALSE(wait_ms(&p, &c, &now, &cpu, 1, 1));
	CU_ASSERT_EQUAL(c.until_ns, 0);
}

/* On one CPU with a hog: each yield is long, nothing of it the stub's. Without: all of it. */
static void test_yielding(void)
{
	struct nl_window w = {0};
	struct nl_crowd c = {0};
	unsigned long long now = 1000 * MS, cpu = 7 * MS, from, crowded_ns = 0, tried_ns = 0;

	while (now < 20000 * MS) {
		if (nl_is_crowded(&c, now)) {
			now = c.until_ns;
			continue;
		}
		from = now;
		now += 3 * MS / 2;
		tried_ns += now - from;
		if (nl_window_add(&w, from, now, NL_YIELD_WINDOW_NS) &&
		    nl_window_judge(&w, &c, now, cpu, NL_YIELD_WINDOW_NS)) {
			w.from_ns = 0;
			crowded_ns += c.until_ns - now;
		}
	}
	/* It is tried for shorter and shorter a part of the time. */
	CU_ASSERT(crowded_ns > 50 * tried_ns);
	CU_ASSERT_EQUAL(c.for_ns, NL_CROWDED_MAX_NS);
	for (now = c.until_ns; now < 60000 * MS; now += MS / 10) {
		from = now;
		now += 2 * MS;
		cpu += 2 * MS;
		CU_ASSERT_FALSE(nl_window_add(&w, from, now, NL_YIELD_WINDOW_NS) &&
				nl_window_judge(&w, &c, now, cpu, NL_YIELD_WINDOW_NS));
	}
	CU_ASSERT_EQUAL(c.for_ns, 0);
}

/* A pause after another is longer, unless it was quiet for long between them. */
static void test_pauses(void)
{
	struct nl_crowd c = {0};

	nl_crowd_begin(&c, 1000 * MS);
	CU_ASSERT_EQUAL(c.until_ns, 1000 * MS + NL_CROWDED_MIN_NS);
	CU_ASSERT(nl_is_crowded(&c, c.until_ns - 1));
	CU_ASSERT_FALSE(nl_is_crowded(&c, c.until_ns));
	nl_crowd_begin(&c, c.until_ns + 10 * MS);
	CU_ASSERT_EQUAL(c.for_ns, 2 * NL_CROWDED_MIN_NS);
	nl_crowd_begin(&c, c.until_ns + 99 * MS);
	CU_ASSERT_EQUAL(c.for_ns, 4 * NL_CROWDED_MIN_NS);
	nl_crowd_begin(&c, c.until_ns + 201 * MS);
	CU_ASSERT_EQUAL(c.for_ns, NL_CROWDED_MIN_NS);
}

/* How often one that is left as a pattern of up to 32 orders says yields for each of 1,000 rounds. */
static void count_yields(struct nl_place *p, const char *pattern, int yields[32])
{
	size_t n = strlen(pattern), i;
	int round;

	memset(yields, 0, 32 * sizeof(*yields));
	for (round = 0; round < 1000; round++)
		for (i = 0; i < n; i++) {
			struct nl_spin spin = nl_place_yields(p);

			CU_ASSERT_EQUAL(spin.kernel_yields, NL_YIELDS);
			CU_ASSERT(!spin.stub_yields || spin.stub_yields == NL_YIELDS);
			yields[i] += spin.stub_yields != 0;
			if (pattern[i] == 'L') {
				nl_place_left(p);
				nl_place_left(p); /* to nobody in particular: once is enough */
			}
		}
}

/* One that is left sleeps at once, where that shows from what it did before. */
static void test_leaving(void)
{
	static const char *const patterns[] = {"L", "-L", "--L", "---L", "-LL", "--LL", "-"};
	struct nl_place p = {0};
	int yields[32];
	size_t i, k;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		count_yields(&p, patterns[i], yields); /* whatever it did before */
		for (k = 0; patterns[i][k]; k++)
			if (patterns[i][k] == 'L')
				CU_ASSERT(yields[k] < 10)
			else
				CU_ASSERT(yields[k] > 990)
	}
	/* Too far back to show: it yields. */
	p = (struct nl_place){0};
	count_yields(&p, "-------L", yields);
	for (k = 0; k < 8; k++)
		CU_ASSERT(yields[k] > 990);
	/* Before anything is known it yields, and an exception does not change that. */
	p = (struct nl_place){0};
	CU_ASSERT_EQUAL(nl_place_yields(&p).stub_yields, NL_YIELDS);
	nl_place_left(&p);
	CU_ASSERT_EQUAL(nl_place_yields(&p).stub_yields, NL_YIELDS);
}

/* A window of 12 ms at 2.5 GHz, of which the guest kernel slept and ran for so long. */
static bool fare(struct nl_load *l, struct nl_crowd *c, unsigned long long *now,
		 unsigned int slept_us, unsigned int ran_us, unsigned int orders)
{
	static unsigned long long cpu = 5000 * MS;

	if (!l->from_ns)
		nl_load_begin(l, *now * 5 / 2, *now, cpu);
	*now += 12 * MS;
	cpu += ran_us * US;
	l->slept_tsc += slept_us * US * 5 / 2;
	l->orders = orders;
	nl_load_judge(l, c, *now * 5 / 2, *now, cpu);
	return l->shares;
}

/* One that has the CPU it wants keeps off its stubs', whatever it does. */
static void test_load_quiet(void)
{
	struct nl_load l = {0};
	struct nl_crowd c = {0};
	unsigned long long now = 1000 * MS;
	unsigned int slept;

	for (slept = 0; slept <= 12000; slept += 500) {
		CU_ASSERT_FALSE(fare(&l, &c, &now, slept, 12000 - slept, 10));
		CU_ASSERT_FALSE(fare(&l, &c, &now, slept, 12000 - slept, 0));
		CU_ASSERT_FALSE(fare(&l, &c, &now, slept, 12000 - slept, 20000));
	}
	/* It woke up late now and then. */
	for (slept = 0; slept < 10000; slept += 500)
		CU_ASSERT_FALSE(fare(&l, &c, &now, slept, 11000 - slept, 100));
	CU_ASSERT_EQUAL(c.until_ns, 0);
}

/* Others want it, too. */
static void test_load_shared(void)
{
	static const unsigned int expected_ms[] = {50, 100, 200, 400, 800, 1600, 2000, 2000};
	struct nl_load l = {0};
	struct nl_crowd c = {0};
	unsigned long long now = 1000 * MS, begun;
	unsigned int i;

	/* But its orders are short. */
	CU_ASSERT_FALSE(fare(&l, &c, &now, 0, 6000, 6000));
	CU_ASSERT_FALSE(fare(&l, &c, &now, 3000, 4000, 1000));
	/* They are long: two CPUs are tried from time to time, and more and more seldom. */
	for (i = 0; i < sizeof(expected_ms) / sizeof(expected_ms[0]); i++) {
		CU_ASSERT_TRUE(fare(&l, &c, &now, 3000, 4000, 100));
		begun = now;
		while (fare(&l, &c, &now, 3000, 4000, 100))
			CU_ASSERT_FATAL(now - begun < 3000 * MS);
		CU_ASSERT(now - begun >= expected_ms[i] * MS);
		CU_ASSERT(now - begun < expected_ms[i] * MS + 12 * MS);
	}
	/* They become short while it shares: at once. */
	CU_ASSERT_TRUE(fare(&l, &c, &now, 0, 6000, 500));
	CU_ASSERT_TRUE(fare(&l, &c, &now, 0, 6000, 499));
	CU_ASSERT_FALSE(fare(&l, &c, &now, 0, 6000, 501));
}

/* What was before a long sleep says nothing of what is behind it. */
static void test_load_old(void)
{
	struct nl_load l = {0};
	struct nl_crowd c = {0};
	unsigned long long now = 1000 * MS;

	CU_ASSERT_TRUE(fare(&l, &c, &now, 3000, 4000, 100));
	now += 3600000 * MS;
	CU_ASSERT_FALSE(fare(&l, &c, &now, 0, 0, 0));
	CU_ASSERT_FALSE(fare(&l, &c, &now, 0, 12000, 100));
	/* More sleep than time: it began before the window. */
	CU_ASSERT_FALSE(fare(&l, &c, &now, 50000, 100, 1));
}

static void test_spinning(void)
{
	struct nl_place p = {0};
	unsigned int turns = 0;
	int i;

	CU_ASSERT_EQUAL(nl_spin_turns(&p).kernel, NL_TURNS_MIN);
	CU_ASSERT_EQUAL(nl_spin_turns(&p).stub, NL_TURNS_MIN);
	p.spin = (struct nl_spin){.kernel = NL_TURNS_MAX, .stub = 3 * NL_TURNS_MIN};
	CU_ASSERT_EQUAL(nl_spin_turns(&p).kernel, NL_TURNS_MAX);
	CU_ASSERT_EQUAL(nl_spin_turns(&p).stub, 3 * NL_TURNS_MIN);

	CU_ASSERT_EQUAL(turns = nl_spin_learn(turns, NL_SHORT_CYCLES - 1), 2 * NL_TURNS_MIN);
	for (i = 0; i < 10; i++)
		turns = nl_spin_learn(turns, 0);
	CU_ASSERT_EQUAL(turns, NL_TURNS_MAX);
	CU_ASSERT_EQUAL(turns = nl_spin_learn(turns, NL_SHORT_CYCLES), NL_TURNS_MAX / 2);
	for (i = 0; i < 10; i++)
		turns = nl_spin_learn(turns, ~0ULL);
	CU_ASSERT_EQUAL(turns, NL_TURNS_MIN);
}

static void test_starved(void)
{
	CU_ASSERT(nl_place_is_starved(0));
	CU_ASSERT(nl_place_is_starved(1 * MS));
	CU_ASSERT_FALSE(nl_place_is_starved(4 * MS));
	CU_ASSERT_FALSE(nl_place_is_starved(NL_STARVED_MS * MS));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"one CPU", test_one_cpu},
		{"two quiet CPUs", test_two_quiet_cpus},
		{"crowded", test_crowded},
		{"quiet host", test_quiet_host},
		{"loaded host", test_loaded_host},
		{"old window", test_old_window},
		{"yielding", test_yielding},
		{"pauses", test_pauses},
		{"leaving", test_leaving},
		{"load, quiet", test_load_quiet},
		{"load, shared", test_load_shared},
		{"load, old", test_load_old},
		{"spinning", test_spinning},
		{"starved", test_starved},
		CU_TEST_INFO_NULL,
	};

	return run_suite("placement", NULL, NULL, tests);
}
