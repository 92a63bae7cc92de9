// SPDX-License-Identifier: GPL-2.0
/*
 * What chance does to the frames of a link.
 *
 * Everything is drawn when a frame arrives, for each kind of chance that is switched on, whatever
 * became of the frame by another kind: the n-th frame since a kind was switched on meets the same
 * fate of that kind with all other settings, rates and queues.
 *
 * The numbers must be the same on every machine, so no function of libm is used that may round
 * differently between its variants for different CPUs: only the four operations and the square
 * root, which IEEE 754 defines to the last bit.
 */
#include <math.h>
#include "link_private.h"

void link_chances_seed(struct link_chances *c, uint64_t seed, const char *name)
{
	static const char *const kinds[] = {
		[CHANCE_LOSS] = "loss",           [CHANCE_BURST] = "burst",
		[CHANCE_CORRUPT] = "corrupt",     [CHANCE_REORDER] = "reorder",
		[CHANCE_DUPLICATE] = "duplicate", [CHANCE_JITTER] = "jitter",
	};
	struct rng base;
	unsigned int i;

	rng_seed(&base, seed, name);
	seed = rng_next(&base);
	for (i = 0; i < CHANCES; i++)
		rng_seed(&c->rng[i], seed, kinds[i]);
	c->bad = false;
}

/* The natural logarithm of x > 0, by ln x = 2 artanh((x - 1) / (x + 1)). */
static double ln(double x)
{
	double z, z2, power, sum;
	int exponent, k;

	x = frexp(x, &exponent); /* exact; x in [1/2, 1) */
	if (x < 0x1.6a09e667f3bcdp-1) { /* sqrt(1/2): z stays below 0.172 */
		x *= 2;
		exponent--;
	}
	z = (x - 1) / (x + 1);
	z2 = z * z;
	sum = power = z;
	for (k = 3; k <= 23; k += 2) {
		power *= z2;
		sum += power / k;
	}
	return 2 * sum + exponent * 0x1.62e42fefa39efp-1;
}

/*
 * Standard normal, by the polar method (G. Marsaglia and T. Bray, 1964). It needs a number of
 * tries, so they come from a generator of their own that one draw seeds.
 */
static double normal(uint64_t draw)
{
	struct rng tries;
	double u, v, s;

	rng_seed(&tries, draw, "");
	do {
		u = 2 * rng_unit(&tries) - 1;
		v = 2 * rng_unit(&tries) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s == 0);
	return u * sqrt(-2 * ln(s) / s);
}

/*
 * Pareto's distribution of shape 8, moved and scaled to mean 0 and deviation 1: most frames are a
 * little early (0.87 deviations at most), few are very late (one in a million by 27). With a
 * smaller shape the deviation could hardly be measured. The eighth root is three square roots.
 */
static double pareto(uint64_t draw)
{
	double u = (double)((draw >> 11) + 1) * 0x1p-53; /* (0, 1] */
	double x = 1 / sqrt(sqrt(sqrt(u))); /* mean 8/7, variance 8/294 */

	return (x - 8.0 / 7) * sqrt(294.0 / 8);
}

/* A deviation in ns; one draw. */
static int64_t deviation(struct rng *r, const struct link_spec *spec,
			 const struct link_table *table)
{
	uint64_t draw, jitter = spec->jitter_ns;
	double z;

	switch (spec->jitter_kind) {
	case LINK_JITTER_UNIFORM:
		return (int64_t)rng_below(r, 2 * jitter + 1) - (int64_t)jitter;
	case LINK_JITTER_TABLE:
		draw = rng_below(r, table ? table->count : 1);
		if (!table)
			return 0;
		return (int64_t)((__int128)table->entry[draw] * (int64_t)jitter / LINK_TABLE_UNIT);
	default:
		draw = rng_next(r);
		z = spec->jitter_kind == LINK_JITTER_NORMAL ? normal(draw) : pareto(draw);
		z *= (double)jitter;
		/* The longest that can be: a number of 64 bits holds it and any time besides. */
		return z > 4e18 ? 4000000000000000000 : (int64_t)floor(z + 0.5);
	}
}

static bool happens(struct rng *r, double probability)
{
	return rng_unit(r) < probability;
}

/* One step of the two states, then loss as the new state has it: two draws. */
static enum link_fate burst(struct link_chances *c, const struct link_spec *spec)
{
	struct rng *r = &c->rng[CHANCE_BURST];

	if (happens(r, c->bad ? spec->burst_leave : spec->burst_enter))
		c->bad = !c->bad;
	if (happens(r, c->bad ? spec->burst_loss_bad : spec->burst_loss_good))
		return c->bad ? LINK_LOST_BURST : LINK_LOST;
	return LINK_SENT;
}

void link_chances_draw(struct link_chances *c, const struct link_spec *spec,
		       const struct link_table *table, uint32_t len, struct link_luck *luck)
{
	int64_t off;

	*luck = (struct link_luck){.lost = LINK_SENT, .lag_ns = spec->delay_ns};
	if (spec->set & LINK_SET_LOSS && happens(&c->rng[CHANCE_LOSS], spec->loss))
		luck->lost = LINK_LOST;
	if (spec->set & LINK_SET_BURST)
		luck->lost = burst(c, spec);
	if (spec->set & LINK_SET_CORRUPT) {
		luck->corrupt = happens(&c->rng[CHANCE_CORRUPT], spec->corrupt) && len;
		luck->corrupt_bit = rng_below(&c->rng[CHANCE_CORRUPT], 8ULL * len);
	}
	if (spec->set & LINK_SET_DUPLICATE)
		luck->duplicate = happens(&c->rng[CHANCE_DUPLICATE], spec->duplicate);
	if (spec->set & LINK_SET_REORDER)
		luck->reorder = happens(&c->rng[CHANCE_REORDER], spec->reorder);
	if (spec->set & LINK_SET_JITTER) {
		off = deviation(&c->rng[CHANCE_JITTER], spec, table);
		if (off < 0 && (uint64_t)-off > luck->lag_ns)
			luck->lag_ns = 0;
		else
			luck->lag_ns += (uint64_t)off;
	}
}
