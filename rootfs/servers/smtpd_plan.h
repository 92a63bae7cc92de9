/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a server of mail does beyond the usual, as rules, one a line or an argument:
 *
 *   STAGE [WORD...] [reply=CODE TEXT]
 *
 * STAGE: connect helo starttls mail rcpt data body dot quit other. The first rule that fits counts;
 * without one, the answer is what a good server says. Words that say when it fits:
 *   for=PATTERN      the client's address (connect), name (helo), or the address (mail, rcpt; of
 *                    the message's first recipient in data, body and dot); * and ? as in a shell
 *   after=N times=N  not the first N of those that fit; N of them
 *   from=TIME until=TIME   since the server's start
 *   greylist=TIME    rcpt: a client, sender and recipient that were not seen TIME ago
 * and what is done:
 *   delay=TIME       before the answer
 *   drip=TIME        for each byte of it: a tarpit
 *   reply=CODE TEXT  the answer, to the end of the line; "\n" in TEXT begins another line of it
 *   then=close|reset|silent|garbage   afterwards: the connection is closed, reset, nothing more is
 *                    said, or bytes that are no answer; without reply=, in the answer's place
 *   at=BYTES         body: when so many bytes of the message have come (0 at once)
 */
#ifndef NESTLING_SERVERS_SMTPD_PLAN_H
#define NESTLING_SERVERS_SMTPD_PLAN_H

#include <stdint.h>
#include "smtpd_line.h"

#define PLAN_RULES_MAX 64
#define PLAN_TEXT_MAX 256

enum plan_then {
	THEN_GO_ON,
	THEN_CLOSE,
	THEN_RESET,
	THEN_SILENT,
	THEN_GARBAGE,
	THENS
};

struct plan_rule {
	enum smtp_stage stage;
	char pattern[PLAN_TEXT_MAX]; /* "": anything */
	unsigned long after, times; /* times 0: always */
	uint64_t from_ms, until_ms, greylist_ms;
	uint64_t delay_ms, drip_ms;
	unsigned long at; /* bytes */
	unsigned int code; /* 0: the usual answer, or none if `then` says something */
	char text[PLAN_TEXT_MAX];
	enum plan_then then;
	unsigned long hits; /* how often it would have fitted */
};

struct plan {
	struct plan_rule rule[PLAN_RULES_MAX];
	unsigned int rules;
};

/* One line; what is wrong with it, or NULL. */
const char *plan_line(void *plan, char *line);

/* The rule for what happens at `stage` with `subject` at that time, or NULL. Counts. */
struct plan_rule *plan_find(struct plan *p, enum smtp_stage stage, const char *subject,
			    uint64_t now_ms);
bool plan_has(const struct plan *p, enum smtp_stage stage);

#endif
