// SPDX-License-Identifier: GPL-2.0
/*
 * Chance in a link: as often as it says, in the right places, the same again for the same seed,
 * and nobody else's business. Seeds are fixed, so nothing here depends on luck.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>
#include "link_bench.h"
#include "offload.h"
#include "suite.h"

#define FRAMES 200000

/* Frames of 100 bytes, a second apart; what became of each is in b->fate and b->arrival. */
static void send_many(struct bench *b, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		bench_send(b, i, 100, (i + 1) * 1000000000ULL);
	bench_run(b, (n + 1000) * 1000000000ULL);
	bench_balance(b);
}

/* Whether k of n is within the 99.9 % interval for probability p. */
static bool binomial(double k, double n, double p)
{
	return fabs(k - n * p) <= 3.2905 * sqrt(n * p * (1 - p)) + 0.5;
}

static void shares(void)
{
	static const struct {
		const char *name;
		enum link_fate fate;
	} kinds[] = {{"loss", LINK_LOST},
		     {"duplicate", LINK_DUPLICATED},
		     {"corrupt", LINK_CORRUPTED},
		     {"reorder", LINK_REORDERED}};
	static const double percent[] = {0.01, 0.5, 3, 20, 50, 99.5, 100};
	unsigned int i, j;
	char text[64];
	struct bench b;

	for (i = 0; i < 4; i++) {
		for (j = 0; j < sizeof(percent) / sizeof(*percent); j++) {
			snprintf(text, sizeof(text), "delay=1ms %s=%g%%", kinds[i].name,
				 percent[j]);
			bench_open(&b, text, 7, "shares", FRAMES);
			send_many(&b, FRAMES);
			CU_ASSERT_EQUAL(b.told[kinds[i].fate],
					link_stats(b.link)->fate[kinds[i].fate]);
			CU_ASSERT(binomial(b.told[kinds[i].fate], FRAMES, percent[j] / 100));
			bench_close(&b);
		}
	}
}

/* Lengths of runs of losses, and how many are lost in all. */
static void bursts(void)
{
	static const struct {
		const char *text;
		double length, share;
	} t[] = {
		{"burst=1%/25%", 4, 0.01 / 0.26},
		{"burst=0.5%/5%", 20, 0.005 / 0.055},
		{"burst=10%/50%", 2, 0.1 / 0.6},
	};
	unsigned int i, j, runs, lost;
	struct bench b;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		bench_open(&b, t[i].text, 3, "bursts", FRAMES);
		send_many(&b, FRAMES);
		for (j = runs = lost = 0; j < FRAMES; j++) {
			lost += b.fate[j] == LINK_LOST_BURST;
			runs += b.fate[j] == LINK_LOST_BURST &&
				(!j || b.fate[j - 1] != LINK_LOST_BURST);
		}
		printf("\n  %s: mean burst %.3f, lost %.3f %%", t[i].text, (double)lost / runs,
		       100.0 * lost / FRAMES);
		CU_ASSERT(fabs((double)lost / runs / t[i].length - 1) < 0.1);
		CU_ASSERT(fabs((double)lost / FRAMES / t[i].share - 1) < 0.1);
		CU_ASSERT_EQUAL(b.told[LINK_LOST], 0);
		bench_close(&b);
	}
	/* Losses within the states are of their own. */
	bench_open(&b, "burst=10%/10%/50%/20%", 3, "bursts", FRAMES);
	send_many(&b, FRAMES);
	CU_ASSERT(fabs(b.told[LINK_LOST_BURST] / (0.25 * FRAMES) - 1) < 0.05);
	CU_ASSERT(fabs(b.told[LINK_LOST] / (0.1 * FRAMES) - 1) < 0.05);
	bench_close(&b);
}

/* Mean and deviation of the delays of n frames, in ns. */
static void delays(const char *text, unsigned int n, double *mean, double *deviation, double *skew)
{
	double sum = 0, squares = 0, cubes = 0, v;
	struct bench b;
	unsigned int i;

	bench_open(&b, text, 11, "delays", n);
	send_many(&b, n);
	CU_ASSERT_EQUAL_FATAL(b.arrivals, n);
	for (i = 0; i < n; i++)
		sum += (double)(b.arrival[i].at_ns - (b.arrival[i].id + 1) * 1000000000ULL);
	*mean = sum / n;
	for (i = 0; i < n; i++) {
		v = (double)(b.arrival[i].at_ns - (b.arrival[i].id + 1) * 1000000000ULL) - *mean;
		squares += v * v;
		cubes += v * v * v;
	}
	*deviation = sqrt(squares / n);
	*skew = cubes / n / pow(*deviation, 3);
	bench_close(&b);
}

static void jitter(void)
{
	static const char *const kinds[] = {"uniform", "normal", "pareto"};
	double mean, deviation, skew, want;
	unsigned int i;
	char text[64];

	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "delay=100ms jitter=5ms/%s", kinds[i]);
		delays(text, 2 * FRAMES, &mean, &deviation, &skew);
		want = i ? 5e6 : 5e6 / sqrt(3);
		printf("\n  %s: mean %+.3f %% of the jitter, deviation %+.3f %%, skewness %.3f",
		       kinds[i], 100 * (mean - 100e6) / 5e6, 100 * (deviation / want - 1), skew);
		CU_ASSERT(fabs(mean - 100e6) < 0.02 * 5e6);
		CU_ASSERT(fabs(deviation / want - 1) < 0.02);
		CU_ASSERT(i == 2 ? skew > 1 : fabs(skew) < 0.03);
	}
}

/* All of the values from -2 to 2, one as often as the other. */
static void uniform_ends(void)
{
	unsigned int i, count[5] = {0};
	struct bench b;

	bench_open(&b, "delay=2ns jitter=2ns", 5, "ends", FRAMES);
	send_many(&b, FRAMES);
	for (i = 0; i < FRAMES; i++) {
		uint64_t lag = b.arrival[i].at_ns - (i + 1) * 1000000000ULL;

		CU_ASSERT_FATAL(lag < 5);
		count[lag]++;
	}
	for (i = 0; i < 5; i++)
		CU_ASSERT(binomial(count[i], FRAMES, 0.2));
	bench_close(&b);
}

/* The normal distribution's quantiles, not only its moments. */
static void normal_quantiles(void)
{
	static const double z[] = {-3, -2, -1, 0, 1, 2, 3};
	unsigned int i, j, below[7] = {0};
	double x;
	struct bench b;

	bench_open(&b, "delay=1s jitter=1ms/normal reorder=0%", 5, "quantiles", FRAMES);
	send_many(&b, FRAMES);
	for (i = 0; i < FRAMES; i++) {
		x = (double)(b.arrival[i].at_ns - (b.arrival[i].id + 2) * 1000000000ULL) / 1e6;
		if (b.arrival[i].at_ns < (b.arrival[i].id + 2) * 1000000000ULL)
			x = -(double)((b.arrival[i].id + 2) * 1000000000ULL - b.arrival[i].at_ns) /
			    1e6;
		for (j = 0; j < 7; j++)
			below[j] += x < z[j];
	}
	for (j = 0; j < 7; j++)
		CU_ASSERT(binomial(below[j], FRAMES, 0.5 * erfc(-z[j] / sqrt(2))));
	bench_close(&b);
}

/* A table of two entries: half of the frames at each. */
static void table(void)
{
	char path[] = "/tmp/nestling-table-XXXXXX", text[128];
	int fd = mkstemp(path);
	unsigned int i, early = 0, late = 0;
	struct bench b;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, "# two\n-8192 \t16384\n", 19), 19);
	snprintf(text, sizeof(text), "delay=10ms jitter=1ms/table:%s", path);
	bench_open(&b, text, 1, "table", FRAMES);
	send_many(&b, FRAMES);
	for (i = 0; i < FRAMES; i++) {
		uint64_t lag = b.arrival[i].at_ns - (i + 1) * 1000000000ULL;

		early += lag == 9000000;
		late += lag == 12000000;
	}
	CU_ASSERT_EQUAL(early + late, FRAMES);
	CU_ASSERT(binomial(early, FRAMES, 0.5));
	CU_ASSERT_EQUAL(ftruncate(fd, 0), 0);
	CU_ASSERT_EQUAL(bench_set(&b, text), -EINVAL); /* no entries */
	CU_ASSERT_EQUAL(pwrite(fd, "1 2x", 4, 0), 4);
	CU_ASSERT_EQUAL(bench_set(&b, text), -EINVAL);
	unlink(path);
	CU_ASSERT_EQUAL(bench_set(&b, text), -ENOENT);
	CU_ASSERT_EQUAL(bench_set(&b, "jitter=1ms/table:no-such-table"), -ENOENT);
	CU_ASSERT_EQUAL(bench_set(&b, "jitter=1ms/table:/dev/null"), -EINVAL);
	/* A refused setting changes nothing. */
	CU_ASSERT_EQUAL(link_get(b.link)->jitter_kind, LINK_JITTER_TABLE);
	CU_ASSERT_STRING_EQUAL(link_get(b.link)->table, path);
	bench_close(&b);
	close(fd);
}

/* Fates of n frames, one letter each. */
static char *fates(const char *text, uint64_t seed, const char *name, unsigned int n)
{
	char *out = calloc(1, n + 1);
	struct bench b;
	unsigned int i;

	bench_open(&b, text, seed, name, n);
	send_many(&b, n);
	for (i = 0; i < n; i++)
		out[i] = (char)('a' + b.fate[i]);
	bench_close(&b);
	return out;
}

/* Places where the second has a letter that the first has not. */
static unsigned int unlike(const char *a, const char *b, enum link_fate fate)
{
	unsigned int n = 0;

	for (; *a; a++, b++)
		n += (*a == 'a' + (int)fate) != (*b == 'a' + (int)fate);
	return n;
}

static void same_again(void)
{
	const unsigned int n = 20000;
	char *first = fates("loss=10%", 42, "a>b", n), *again = fates("loss=10%", 42, "a>b", n);
	char *other_name = fates("loss=10%", 42, "b>a", n);
	char *other_seed = fates("loss=10%", 43, "a>b", n);
	char *more = fates("loss=10% jitter=5ms delay=10ms corrupt=5% duplicate=9% reorder=3% "
			   "rate=1Mbit queue=10p",
			   42, "a>b", n);

	CU_ASSERT_STRING_EQUAL(first, again);
	CU_ASSERT(unlike(first, other_name, LINK_LOST) > n / 10);
	CU_ASSERT(unlike(first, other_seed, LINK_LOST) > n / 10);
	/* Other kinds of chance do not move the losses. */
	CU_ASSERT_EQUAL(unlike(first, more, LINK_LOST), 0);
	free(first);
	free(again);
	free(other_name);
	free(other_seed);
	free(more);
}

/* The kinds are not tied to each other: of what is duplicated, as much is corrupt as of all. */
static void independent(void)
{
	unsigned int both = 0, before, i, corrupt = 0;
	struct bench b;

	bench_open(&b, "corrupt=30% duplicate=30%", 9, "independent", FRAMES);
	for (i = 0; i < FRAMES; i++) {
		before = b.told[LINK_CORRUPTED];
		bench_send(&b, i, 100, i);
		corrupt += b.told[LINK_CORRUPTED] > before;
		both += b.told[LINK_CORRUPTED] > before && b.fate[i] == LINK_DUPLICATED;
	}
	CU_ASSERT(binomial(both, FRAMES, 0.09));
	CU_ASSERT(binomial(corrupt, FRAMES, 0.3));
	bench_close(&b);
}

static unsigned int bits_that_differ(const uint8_t *a, const uint8_t *b, uint32_t n,
				     uint32_t *place)
{
	unsigned int bits = 0;
	uint32_t i;

	for (i = 0; i < 8 * n; i++) {
		if (((a[i / 8] ^ b[i / 8]) >> i % 8 & 1) == 0)
			continue;
		*place = i;
		bits++;
	}
	return bits;
}

/* One bit, any bit, and never in a frame that others have. */
static void one_bit(void)
{
	uint32_t place = 0, quarter[4] = {0};
	uint8_t was[100];
	struct frame *f;
	struct bench b;
	unsigned int i;

	bench_open(&b, "corrupt=100%", 1, "bits", 1);
	b.want = true;
	for (i = 0; i < 10000; i++) {
		f = bench_frame(&b, 0, sizeof(was));
		memcpy(was, f->data, sizeof(was));
		if (i % 2)
			frame_get(f);
		link_send(b.link, f);
		CU_ASSERT_EQUAL_FATAL(bits_that_differ(was, b.keep->data, sizeof(was), &place), 1);
		quarter[place / 200]++;
		if (i % 2) {
			CU_ASSERT_PTR_NOT_EQUAL(b.keep, f);
			CU_ASSERT_EQUAL(memcmp(was, f->data, sizeof(was)), 0);
			frame_put(f);
		}
	}
	for (i = 0; i < 4; i++)
		CU_ASSERT(binomial(quarter[i], 10000, 0.25));
	bench_close(&b);
}

/* A checksum that was left open does not cover up the damage. */
static void open_checksum(void)
{
	struct frame *f, *good;
	uint32_t place, i;
	struct bench b;

	bench_open(&b, "corrupt=100%", 1, "bits", 1);
	b.want = true;
	f = bench_frame(&b, 0, 100);
	for (i = 34; i < 100; i++)
		f->data[i] = (uint8_t)(i * i);
	f->meta =
		(struct packet_meta){.flags = META_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16};
	good = frame_copy(f);
	CU_ASSERT_EQUAL(offload_checksum(good), 0);
	link_send(b.link, f);
	CU_ASSERT_EQUAL(b.keep->meta.flags, 0);
	CU_ASSERT_EQUAL(bits_that_differ(good->data, b.keep->data, 100, &place), 1);
	frame_put(good);
	bench_close(&b);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"shares", shares},
		{"bursts", bursts},
		{"jitter", jitter},
		{"uniform ends", uniform_ends},
		{"normal quantiles", normal_quantiles},
		{"table", table},
		{"same again", same_again},
		{"independent", independent},
		{"one bit", one_bit},
		{"open checksum", open_checksum},
		CU_TEST_INFO_NULL,
	};

	return run_suite("link, chance", NULL, NULL, tests);
}
