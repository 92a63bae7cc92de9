// SPDX-License-Identifier: GPL-2.0
/*
 * The generator is xoshiro256** (D. Blackman and S. Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), its state filled by splitmix64 from the seed and an FNV-1a hash of the name.
 */
#include "rng.h"

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void rng_seed(struct rng *r, uint64_t seed, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ULL, state;
	unsigned int i;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3ULL;
	state = hash ^ splitmix(&seed);
	for (i = 0; i < 4; i++)
		r->s[i] = splitmix(&state);
}

static uint64_t rotate(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

uint64_t rng_next(struct rng *r)
{
	uint64_t *s = r->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

/* The upper half of a product is even but for bound / 2^64: one draw, always. */
uint64_t rng_below(struct rng *r, uint64_t bound)
{
	return (uint64_t)((unsigned __int128)rng_next(r) * bound >> 64);
}

double rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}
