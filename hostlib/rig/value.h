/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of the rig language. Every function reads one whole text: 0, or -EINVAL with a sentence in
 * why that says what is wrong and what would be right. Pure.
 */
#ifndef NESTLING_RIG_VALUE_H
#define NESTLING_RIG_VALUE_H

#include "rig.h"

struct rig_why {
	char text[256];
};

/* 10m, 1h30m, 1.5s: ns us ms s m h d, larger units first. */
int rig_value_time(const char *s, uint64_t *ns, struct rig_why *why);
/* 96M: K M G, as `linux mem=` has it. */
int rig_value_memory(const char *s, uint64_t *bytes, struct rig_why *why);
/* 96B: B KiB MiB GiB. */
int rig_value_size(const char *s, uint64_t *bytes, struct rig_why *why);
/* A number to compare with: plain, a time, a size, a rate (bit kbit Mbit Gbit) or a percentage. */
int rig_value_number(const char *s, double *number, enum rig_unit *unit, struct rig_why *why);
/* A unit of times, memory, sizes or rates. */
struct rig_value_unit {
	const char *name;
	uint64_t factor; /* of the smallest unit of its kind */
	const char *what; /* it is a unit of: the same pointer for all of a kind */
};
/* The unit that s begins with, up to a digit, a point or the end. What is behind; NULL: there is none. */
const char *rig_value_unit(const char *s, struct rig_value_unit *unit);
int rig_value_integer(const char *s, uint64_t max, uint64_t *n, struct rig_why *why);
/* 2026-01-16T00:00:00Z: seconds since 1970. */
int rig_value_date(const char *s, uint64_t *seconds, struct rig_why *why);
/* 10.0.0.1/24, 2001:db8::1/64. host: bits behind the prefix may (a card) or may not (a net) be set. */
int rig_value_address(const char *s, bool host, struct rig_address *a, struct rig_why *why);
/* The same without a prefix. */
int rig_value_ip(const char *s, struct rig_address *a, struct rig_why *why);
int rig_value_mac(const char *s, uint8_t mac[static 6], struct rig_why *why);
/* Names of nodes, lans, ...: host names. `what` says of what, for people. */
int rig_value_name(const char *s, const char *what, struct rig_why *why);
/* Names of variables and samples: letters, digits, _. */
int rig_value_label(const char *s, const char *what, struct rig_why *why);

/* Back to text: 10.0.0.1/24 (prefix) or 10.0.0.1. */
void rig_print_address(const struct rig_address *a, bool prefix, char out[static 64]);
/* 1h30m */
void rig_print_time(uint64_t ns, char out[static 64]);
/* 2026-01-16T00:00:00Z */
void rig_print_date(uint64_t seconds, char out[static 64]);

#endif
