/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers that can be had again: a generator for each source of chance, seeded by the
 * rig's seed and the source's name, so that sources do not disturb each other.
 */
#ifndef NESTLING_RNG_H
#define NESTLING_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* The same seed and name give the same numbers. */
void rng_seed(struct rng *r, uint64_t seed, const char *name);
/* 64 random bits. */
uint64_t rng_next(struct rng *r);
/* Evenly from [0, bound); 0 for bound 0. */
uint64_t rng_below(struct rng *r, uint64_t bound);
/* Evenly from [0, 1), 53 bits. */
double rng_unit(struct rng *r);

#endif
