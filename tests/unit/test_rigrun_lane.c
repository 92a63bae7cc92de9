// SPDX-License-Identifier: GPL-2.0
/* The controller of virtual time with played guests, good ones and others. */
#include "lane_guest.h"
#include "suite.h"

#define SCHEDULES (getenv("NESTLING_TEST_QUICK") ? 40 : 300)

static void expect_log(const char *want)
{
	CU_ASSERT_STRING_EQUAL(rig.log.data, want);
	if (strcmp(rig.log.data, want) != 0)
		printf("\n--- got\n%.2000s--- instead of\n%.2000s", rig.log.data, want);
}

/* An event that interrupts a guest. */
static void wake(struct event *e, uint64_t now_ns)
{
	struct guest *g = e->arg;

	text_add(&rig.log, "%lu: wake %u\n", now_ns, g->number);
	lane_interrupt(g->lane);
}

static void wake_at(struct event *e, uint64_t at, struct guest *g)
{
	CU_ASSERT_EQUAL(calendar_add(rig.cal, e, at, g->number, wake, g), 0);
}

static void say_time(struct guest *g)
{
	text_add(&g->said, "%lu ", g->now);
}

/* --- order ---------------------------------------------------------------------- */

static void play_early(struct guest *g)
{
	guest_ask(g, 10);
	guest_kick(g, 0, 1);
	guest_ask(g, 30);
	guest_kick(g, 1, 1);
	guest_kick(g, 0, 2);
}

static void play_middle(struct guest *g)
{
	guest_ask(g, 10);
	guest_kick(g, 0, 1);
	guest_ask(g, 20);
	guest_kick(g, 0, 2);
	guest_ask(g, 30);
	guest_kick(g, 0, 3);
}

/* By time, then by lane, then by the guest's own order, though the last lane is the first to speak. */
static void test_order(void)
{
	begin();
	lanes_set_lookahead(rig.lanes, 1000);
	rig.guest[0].sloth = 99;
	rig.guest[1].sloth = 7;
	guest_add(2, play_middle);
	guest_add(0, play_early);
	guest_add(1, play_early);
	CU_ASSERT_TRUE(run_all());
	CU_ASSERT_EQUAL(rig.idles, 1);
	expect_log("10: 2.0.1 1\n10: 0.0.1 1\n10: 1.0.1 1\n"
		   "20: 2.0.1 2\n"
		   "30: 2.0.1 3\n30: 0.1.1 1\n30: 0.0.1 2\n30: 1.1.1 1\n30: 1.0.1 2\n");
	CU_ASSERT_EQUAL(lanes_stats(rig.lanes)->kicks, 9);
	finish();
}

/* --- windows -------------------------------------------------------------------- */

static void play_timer(struct guest *g)
{
	guest_ask(g, 100);
	guest_ask(g, 5000);
	guest_ask(g, 7000);
}

static void nothing(struct event *e, uint64_t now_ns)
{
	(void)e;
	text_add(&rig.log, "%lu: event\n", now_ns);
}

/* They end at the lookahead, or before, at the calendar's next event; no sooner than 1 ns later. */
static void test_windows(void)
{
	struct event e = {0}, same = {0};
	struct guest *g;

	begin();
	lanes_set_lookahead(rig.lanes, 1000);
	g = guest_add(0, play_timer);
	calendar_add(rig.cal, &e, 5400, 0, nothing, NULL);
	calendar_add(rig.cal, &same, 7000, 0, nothing, NULL);
	CU_ASSERT_TRUE(run_all());
	expect_log("5400: event\n7000: event\n");
	CU_ASSERT_EQUAL(g->runs, 3);
	CU_ASSERT_EQUAL(g->until[0], 1100);
	CU_ASSERT_EQUAL(g->until[1], 5400);
	CU_ASSERT_EQUAL(g->until[2], 8000);
	CU_ASSERT_EQUAL(lanes_stats(rig.lanes)->runs, 3);
	finish();
	begin();
	g = guest_add(0, play_timer);
	CU_ASSERT_TRUE(run_all());
	CU_ASSERT_EQUAL(g->until[0], 101);
	CU_ASSERT_EQUAL(g->until[1], 5001);
	finish();
}

/* --- interrupts ----------------------------------------------------------------- */

static void play_long_sleep(struct guest *g)
{
	guest_ask(g, 1000);
	say_time(g);
	guest_ask(g, 2000);
	say_time(g);
}

static void test_interrupt(void)
{
	struct event first = {0}, second = {0};
	struct guest *g;

	begin();
	lanes_set_lookahead(rig.lanes, 50);
	g = guest_add(0, play_long_sleep);
	wake_at(&first, 400, g);
	wake_at(&second, 3000, g);
	CU_ASSERT_TRUE(run_all());
	expect_log("400: wake 0\n3000: wake 0\n");
	CU_ASSERT_STRING_EQUAL(g->said.data, "400 2000 ");
	CU_ASSERT_EQUAL(g->runs, 3);
	CU_ASSERT_EQUAL(g->now, 3000);
	finish();
}

/* It has computed ahead of the calendar: what comes then, comes at its own time. */
static void play_ahead(struct guest *g)
{
	guest_ask(g, 100);
	guest_kick(g, 0, 1);
	guest_ask(g, 180);
	guest_ask(g, 1000);
	say_time(g);
}

static void interrupt_back(struct guest *g, unsigned int card, unsigned int ring, uint16_t avail)
{
	(void)card;
	(void)ring;
	(void)avail;
	lane_interrupt(g->lane);
}

static void test_interrupt_late(void)
{
	struct guest *g;

	begin();
	lanes_set_lookahead(rig.lanes, 100);
	rig.kicked = interrupt_back;
	g = guest_add(0, play_ahead);
	CU_ASSERT_TRUE(run_all());
	expect_log("100: 0.0.1 1\n");
	CU_ASSERT_STRING_EQUAL(g->said.data, "180 ");
	finish();
}

/* --- the same comes out ----------------------------------------------------------- */

#define DELAY 1000 /* of a letter from one to another, at least */

struct letter {
	struct event event;
	struct guest *to;
};

static unsigned int nletters;
static struct letter letter[20000];

static void deliver(struct event *e, uint64_t now_ns)
{
	struct letter *l = e->arg;

	l->to->mail++;
	text_add(&rig.log, "%lu: to %u\n", now_ns, l->to->number);
	lane_interrupt(l->to->lane);
}

/* From one to another, some to several at the same moment. */
static void post(struct guest *g, unsigned int card, unsigned int ring, uint16_t avail)
{
	uint64_t at = lanes_now(rig.lanes) + DELAY + avail % 7 * 100;
	struct letter *l;
	unsigned int n;

	(void)ring;
	for (n = 0; n < 1 + card % 2; n++) {
		CU_ASSERT_FATAL(nletters < 20000);
		l = &letter[nletters++];
		*l = (struct letter){.to = &rig.guest[(g->number + 1 + n + card) % 4]};
		calendar_add(rig.cal, &l->event, at, g->number, deliver, l);
	}
}

static void play_chance(struct guest *g)
{
	unsigned int step, kicks;
	uint64_t seen = 0, wanted;

	for (step = 0; step < 40; step++) {
		switch (chance(&g->chance) % 4) {
		case 0:
			wanted = NL_LANE_NEVER;
			break;
		case 1:
			wanted = g->now + chance(&g->chance) % 100;
			break;
		default:
			wanted = g->now + chance(&g->chance) % 3000;
			break;
		}
		/* Somebody must go on. */
		if (wanted == NL_LANE_NEVER && g->number == 0)
			wanted = g->now + 500;
		guest_ask(g, wanted);
		text_add(&g->said, "%lu/%lu ", g->now, g->mail - seen);
		seen = g->mail;
		for (kicks = (unsigned int)(chance(&g->chance) % 4); kicks; kicks--)
			guest_kick(g, (unsigned int)(chance(&g->chance) % 3),
				   (uint16_t)(step * 4 + kicks));
	}
}

/* All that came to pass in a world of four; to be freed. */
static char *history(uint64_t seed, uint64_t sloth, bool sequential)
{
	char *all = malloc(5 * LOG_MAX);
	size_t len = 0;
	unsigned int i;

	begin();
	nletters = 0;
	rig.kicked = post;
	lanes_set_lookahead(rig.lanes, DELAY);
	lanes_set_sequential(rig.lanes, sequential);
	for (i = 0; i < 4; i++) {
		rig.guest[i].chance = seed * 977 + i * 31 + 1;
		rig.guest[i].sloth = sloth ? sloth * 7919 + i : 0;
		guest_add(i, play_chance);
	}
	CU_ASSERT_TRUE(run_all());
	CU_ASSERT_PTR_NOT_NULL_FATAL(all);
	len += (size_t)sprintf(all, "%s", rig.log.data);
	for (i = 0; i < 4; i++)
		len += (size_t)sprintf(all + len, "%s\n", rig.guest[i].said.data);
	finish();
	return all;
}

static void test_same(void)
{
	unsigned int n, runs = 0, nseeds = (unsigned int)SCHEDULES / 10;
	uint64_t seed;
	char *want, *got, *other = NULL;

	for (seed = 1; seed <= nseeds; seed++) {
		want = history(seed, 0, true);
		CU_ASSERT_TRUE(strlen(want) > 2000);
		for (n = 1; n < 10; n++, runs++) {
			got = history(seed, seed * 100 + n, n == 1);
			CU_ASSERT_STRING_EQUAL(got, want);
			free(got);
		}
		CU_ASSERT_TRUE(!other || strcmp(other, want) != 0);
		free(other);
		other = want;
	}
	free(other);
	CU_ASSERT_EQUAL(runs, nseeds * 9);
}

/* --- lists that are full ---------------------------------------------------------- */

#define MANY (3 * NL_LANE_KICKS + 5)

static void play_many(struct guest *g)
{
	unsigned int i;

	guest_ask(g, 10);
	for (i = 0; i < MANY; i++) {
		guest_ask(g, 10 + i / 100);
		guest_kick(g, 0, (uint16_t)i);
	}
}

static void test_full(void)
{
	static struct text want;
	unsigned int i;

	begin();
	lanes_set_lookahead(rig.lanes, 1000);
	guest_add(0, play_many);
	CU_ASSERT_TRUE(run_all());
	CU_ASSERT_EQUAL(lanes_stats(rig.lanes)->kicks, MANY);
	CU_ASSERT_EQUAL(lanes_stats(rig.lanes)->runs, 1);
	want.len = 0;
	for (i = 0; i < MANY; i++)
		text_add(&want, "%u: 0.0.1 %u\n", 10 + i / 100, i);
	expect_log(want.data);
	finish();
}

/* --- lanes come and go ------------------------------------------------------------- */

static void play_kicks(struct guest *g)
{
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		guest_ask(g, 100 * i);
		guest_kick(g, 0, (uint16_t)i);
	}
}

static void remove_silent(struct loop_timer *t)
{
	guest_remove(t->arg);
}

/* Nobody goes on before the silent one is known to be gone. */
static void test_remove(void)
{
	struct loop_timer timer = {0};
	struct guest *silent;

	begin();
	guest_add(0, play_kicks);
	silent = guest_add(1, NULL);
	guest_add(2, play_kicks);
	loop_timer_set(rig.loop, &timer, 30000000, remove_silent, silent);
	CU_ASSERT_TRUE(run_all());
	CU_ASSERT_PTR_NULL(silent->lane);
	expect_log("100: 0.0.1 1\n100: 2.0.1 1\n200: 0.0.1 2\n200: 2.0.1 2\n300: 0.0.1 3\n300: "
		   "2.0.1 3\n");
	finish();
}

/* One that never waits is told once, by name; the others go on without it. */
static void test_hung(void)
{
	begin();
	lanes_set_patience(rig.lanes, 50 * 1000 * 1000);
	guest_add(0, play_kicks);
	guest_add(1, NULL);
	CU_ASSERT_TRUE(run_all());
	CU_ASSERT_EQUAL(rig.hangs, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.log.data, ": 1 hangs\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.log.data, ": 1 ended\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(strstr(rig.log.data, ": 1 hangs\n"), ": 0."));
	CU_ASSERT_EQUAL(rig.idles, 1);
	finish();
}

static void remove_next(struct guest *g, unsigned int card, unsigned int ring, uint16_t avail)
{
	(void)card;
	(void)ring;
	if (g->number == 0 && avail == 2)
		guest_remove(&rig.guest[1]);
}

/* Its kicks of the same window are nobody's, and one that is added behind it is in the list. */
static void test_remove_kicks(void)
{
	begin();
	lanes_set_lookahead(rig.lanes, 1000);
	rig.kicked = remove_next;
	guest_add(0, play_kicks);
	guest_add(1, play_kicks);
	CU_ASSERT_TRUE(run_all());
	expect_log("100: 0.0.1 1\n100: 1.0.1 1\n200: 0.0.1 2\n300: 0.0.1 3\n");
	guest_add(2, play_kicks);
	CU_ASSERT_EQUAL(lane_base(rig.guest[2].lane), 300);
	rig.log.len = 0;
	CU_ASSERT_TRUE(run_all());
	expect_log("400: 2.0.1 1\n500: 2.0.1 2\n600: 2.0.1 3\n");
	finish();
}

static void end_now(struct loop_timer *t)
{
	struct guest *g = t->arg;

	lane_ended(g->lane);
}

static void add_in_place(struct guest *g)
{
	guest_add(g->number + 2, play_kicks);
}

static void play_until_end(struct guest *g)
{
	guest_ask(g, 150);
	usleep(40000); /* and the process ends */
}

/* Who ended first in real time does not matter; nobody goes on before the others are told. */
static void test_ended(void)
{
	struct loop_timer timer[2] = {0};

	begin();
	rig.ended = add_in_place;
	lanes_set_lookahead(rig.lanes, 1000);
	guest_add(0, play_until_end);
	guest_add(1, play_until_end);
	guest_add(4, play_kicks);
	loop_timer_set(rig.loop, &timer[0], 20000000, end_now, &rig.guest[1]);
	loop_timer_set(rig.loop, &timer[1], 30000000, end_now, &rig.guest[0]);
	CU_ASSERT_TRUE(run_all());
	expect_log(
		"100: 0 ended\n100: 1 ended\n"
		"100: 4.0.1 1\n200: 4.0.1 2\n300: 4.0.1 3\n" /* of the window in which they ended */
		"300: 2.0.1 1\n300: 3.0.1 1\n300: 2.0.1 2\n300: 3.0.1 2\n400: 2.0.1 3\n400: 3.0.1 "
		"3\n");
	finish();
}

static void add_late(struct event *e, uint64_t now_ns)
{
	(void)e;
	guest_add(1, play_kicks);
	CU_ASSERT_EQUAL(lane_base(rig.guest[1].lane), now_ns);
}

/* Its own time begins with it. */
static void test_later(void)
{
	struct event e = {0};

	begin();
	lanes_set_lookahead(rig.lanes, 1000);
	guest_add(0, play_kicks);
	calendar_add(rig.cal, &e, 150, 0, add_late, NULL);
	CU_ASSERT_TRUE(run_all());
	expect_log("100: 0.0.1 1\n200: 0.0.1 2\n250: 1.0.1 1\n300: 0.0.1 3\n350: 1.0.1 2\n450: "
		   "1.0.1 3\n");
	CU_ASSERT_EQUAL(lane_base(rig.guest[0].lane), 0);
	finish();
}

/* --- pause, limit ------------------------------------------------------------------- */

static void pause_on(struct event *e, uint64_t now_ns)
{
	(void)now_ns;
	lane_pause(rig.guest[0].lane, !!e->arg);
}

static void test_pause(void)
{
	struct event on = {0}, irq = {0}, off = {0};

	begin();
	guest_add(0, play_kicks);
	guest_add(1, play_kicks);
	calendar_add(rig.cal, &on, 150, 0, pause_on, &on);
	wake_at(&irq, 180, &rig.guest[0]);
	calendar_add(rig.cal, &off, 5000, 0, pause_on, NULL);
	CU_ASSERT_TRUE(run_all());
	expect_log("100: 0.0.1 1\n100: 1.0.1 1\n180: wake 0\n200: 1.0.1 2\n300: 1.0.1 3\n"
		   "5000: 0.0.1 2\n5000: 0.0.1 3\n");
	finish();
}

static void test_limit(void)
{
	begin();
	guest_add(0, play_kicks);
	lanes_set_limit(rig.lanes, 250);
	CU_ASSERT_TRUE(run_all());
	CU_ASSERT_EQUAL(rig.idles, 1);
	CU_ASSERT_EQUAL(lanes_now(rig.lanes), 200);
	expect_log("100: 0.0.1 1\n200: 0.0.1 2\n");
	lanes_set_limit(rig.lanes, UINT64_MAX);
	CU_ASSERT_TRUE(run_all());
	CU_ASSERT_EQUAL(rig.idles, 2);
	CU_ASSERT_EQUAL(lanes_now(rig.lanes), 300);
	finish();
	begin(); /* no lanes at all */
	CU_ASSERT_TRUE(run_all());
	CU_ASSERT_EQUAL(rig.idles, 1);
	finish();
}

/* --- guests that lie ------------------------------------------------------------------ */

/* What is said in the page, as it is; then it waits with some state. */
static void lie(struct guest *g, uint64_t now, uint64_t want, uint32_t state)
{
	g->page->now = now;
	g->page->want = want;
	wait_as(g, state);
}

static void lie_kick(struct guest *g, unsigned int at, uint64_t time, unsigned int card)
{
	g->page->kick[at] = (struct nl_lane_kick){time, (uint16_t)card, 0xffff, (uint16_t)at, 0};
}

/* Kicks before it was ever let run, from times that are not. */
static void play_first_kicks(struct guest *g)
{
	lie_kick(g, 0, UINT64_MAX, 65535);
	lie_kick(g, 1, NL_LANE_NEVER - 1, 65535);
	g->page->nkicks = 2;
	lie(g, NL_LANE_NEVER - 1, 100, NL_LANE_WAITS);
}

static void play_huge(struct guest *g)
{
	guest_ask(g, 100);
	lie_kick(g, 0, UINT64_MAX, 3);
	lie_kick(g, 1, NL_LANE_NEVER - 1, 3);
	lie_kick(g, 2, 0, 3);
	g->page->nkicks = 3;
	lie(g, UINT64_MAX - 7, UINT64_MAX, NL_LANE_WAITS);
}

static void play_huge_now(struct guest *g)
{
	guest_ask(g, 100);
	lie(g, NL_LANE_NEVER - 2, 0, NL_LANE_WAITS);
	lie(g, NL_LANE_NEVER - 1, 0, NL_LANE_WAITS);
}

static void play_backwards(struct guest *g)
{
	guest_ask(g, 200);
	lie_kick(g, 0, 150, 3);
	lie_kick(g, 1, 10, 3);
	g->page->nkicks = 2;
	lie(g, 10, 5, NL_LANE_WAITS);
	lie(g, 0, 0, NL_LANE_WAITS);
}

static void play_beyond_table(struct guest *g)
{
	guest_ask(g, 100);
	g->page->nkicks = UINT32_MAX;
	lie(g, 100, 200, NL_LANE_FULL);
	g->page->nkicks = NL_LANE_KICKS + 1;
	lie(g, 100, 200, 77);
	g->page->magic = 0;
	g->page->until = g->page->run_at = UINT64_MAX;
	lie(g, 100, 300, UINT32_MAX);
}

static const struct liar {
	void (*play)(struct guest *g);
	const char *what;
	unsigned int kicks; /* of its, that are believed */
} liars[] = {
	{play_first_kicks, "kicks before it was let run", 2},
	{play_huge, "huge times", 3},
	{play_huge_now, "a huge present", 0},
	{play_backwards, "times that go backwards", 2},
	{play_beyond_table, "more kicks than there is room for", 2 * NL_LANE_KICKS},
};

/* The honest one's lines of the log. */
static void honest_lines(char *out)
{
	char *save = NULL, *line;

	*out = 0;
	for (line = strtok_r(rig.log.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strstr(line, ": 0.0.1"))
			out += sprintf(out, "%s\n", line);
}

/* Nothing breaks, time goes on as it should, and an honest guest beside it sees no difference. */
static void test_liars(void)
{
	static char lines[LOG_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(liars) / sizeof(liars[0]); i++) {
		bool ended;

		begin();
		lanes_set_lookahead(rig.lanes, 50);
		guest_add(1, liars[i].play);
		guest_add(0, play_kicks);
		ended = run_all();
		CU_ASSERT_TRUE(ended);
		CU_ASSERT_EQUAL(lanes_now(rig.lanes), 300);
		CU_ASSERT_EQUAL(lanes_stats(rig.lanes)->kicks, 3 + liars[i].kicks);
		honest_lines(lines);
		CU_ASSERT_STRING_EQUAL(lines, "100: 0.0.1 1\n200: 0.0.1 2\n300: 0.0.1 3\n");
		if (!ended || lanes_now(rig.lanes) != 300)
			printf("\n%s: time %lu\n", liars[i].what, lanes_now(rig.lanes));
		finish();
	}
}

/* Writes anything anywhere, all the time, with the controller in the middle of it. */
static void play_scribbler(struct guest *g)
{
	uint32_t *word = (uint32_t *)g->page;
	uint64_t one = 1;

	while (!__atomic_load_n(&g->quit, __ATOMIC_SEQ_CST)) {
		uint64_t r = chance(&g->chance);
		uint32_t value = r & 1 ? (uint32_t)(r >> 32) : (uint32_t)(r >> 40) % 3;

		__atomic_store_n(&word[(r >> 8) % (NL_LANE_BYTES / 4)], value, __ATOMIC_RELAXED);
		__atomic_store_n(&g->page->state, (uint32_t)(r >> 4) % 4, __ATOMIC_RELAXED);
		if (r % 64 == 0 && write(g->event_fd, &one, sizeof(one)) < 0)
			sched_yield();
	}
	pthread_exit(NULL);
}

static unsigned int honest_done;

static void count_honest(struct guest *g, unsigned int card, unsigned int ring, uint16_t avail)
{
	(void)card;
	(void)ring;
	(void)avail;
	rig.log.len = 0; /* the others' */
	if (g->number == 0 && ++honest_done == 200) {
		lanes_hold(rig.lanes);
		loop_stop(rig.loop);
	}
}

static void play_steady(struct guest *g)
{
	unsigned int i;

	for (i = 1; i <= 200; i++) {
		guest_ask(g, 100 * i);
		CU_ASSERT_EQUAL(g->now, 100 * i);
		guest_kick(g, 0, (uint16_t)i);
	}
}

static void test_scribblers(void)
{
	begin();
	honest_done = 0;
	rig.kicked = count_honest;
	lanes_set_lookahead(rig.lanes, 1000);
	guest_add(0, play_steady);
	rig.guest[1].chance = 11;
	rig.guest[2].chance = 22;
	guest_add(1, play_scribbler);
	guest_add(2, play_scribbler);
	CU_ASSERT_TRUE(run_all());
	CU_ASSERT_EQUAL(honest_done, 200);
	CU_ASSERT_TRUE(lanes_now(rig.lanes) <= 20000 + 1000);
	finish();
}

static CU_TestInfo tests[] = {
	{"kicks come by time, lane and the guest's order", test_order},
	{"windows end at the lookahead and before events", test_windows},
	{"a guest that waits is interrupted", test_interrupt},
	{"what comes late comes at the guest's time", test_interrupt_late},
	{"the same comes out, whoever is faster", test_same},
	{"a list that is full is read", test_full},
	{"a lane that goes is waited for no more", test_remove},
	{"its kicks go with it", test_remove_kicks},
	{"one that hangs", test_hung},
	{"guests that end, in whatever order", test_ended},
	{"a lane that comes later", test_later},
	{"a lane that is paused", test_pause},
	{"time stops at a limit, and where nothing is left", test_limit},
	{"guests that lie", test_liars},
	{"guests that write anything", test_scribblers},
	CU_TEST_INFO_NULL,
};

int main(void)
{
	return run_suite("lanes of virtual time", NULL, NULL, tests);
}
