/* SPDX-License-Identifier: GPL-2.0 */
/* Writing JSON, for the files that do: a value with its name (NULL in an array) a call. */
#ifndef NESTLING_RIG_JSON_H
#define NESTLING_RIG_JSON_H

#include "rig.h"

struct json {
	FILE *out;
	uint32_t depth;
	bool more; /* something stands before the next value */
};

void json_start(struct json *j, FILE *out);
void json_open(struct json *j, const char *name, char bracket);
void json_close(struct json *j, char bracket);
void json_text(struct json *j, const char *name, const char *value); /* NULL: null */
void json_number(struct json *j, const char *name, uint64_t value);
void json_real(struct json *j, const char *name, double value);
void json_bool(struct json *j, const char *name, bool value);

/* Members of an object: what is copied where. */
void json_copy(struct json *j, const struct rig_copy *c);

/* json_node.c */
void json_nodes(struct json *j, const struct rig *rig);

#endif
