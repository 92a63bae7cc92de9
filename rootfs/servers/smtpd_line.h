/* SPDX-License-Identifier: GPL-2.0 */
/* Lines of a client of SMTP (RFC 5321, 4.1): what is asked for, and with what. */
#ifndef NESTLING_SERVERS_SMTPD_LINE_H
#define NESTLING_SERVERS_SMTPD_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define SMTP_LINE_MAX 1024 /* with its end and a zero byte */
#define SMTP_ARGUMENT_MAX 512

/* Where a dialogue stands; what rules are about. */
enum smtp_stage {
	STAGE_CONNECT,
	STAGE_HELO,
	STAGE_STARTTLS,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_BODY, /* in the message */
	STAGE_DOT, /* its end */
	STAGE_QUIT,
	STAGE_OTHER,
	STAGES
};

enum smtp_verb {
	VERB_UNKNOWN,
	VERB_HELO,
	VERB_EHLO,
	VERB_STARTTLS,
	VERB_MAIL,
	VERB_RCPT,
	VERB_DATA,
	VERB_RSET,
	VERB_NOOP,
	VERB_VRFY,
	VERB_QUIT,
	VERBS
};

struct smtp_command {
	enum smtp_verb verb;
	/* MAIL, RCPT: the address without <>, else what follows the verb. No control characters. */
	char argument[SMTP_ARGUMENT_MAX];
	bool bad; /* the verb is known, but what follows is not what it needs */
};

/* A line without its end. */
void smtp_command_read(struct smtp_command *c, const char *line, size_t len);

/* Whether a line of the message, without its end, is its end. */
bool smtp_is_final_dot(const char *line, size_t len);

enum smtp_stage smtp_stage_of(enum smtp_verb verb);
const char *smtp_stage_name(enum smtp_stage stage);
/* STAGES: there is none of that name. */
enum smtp_stage smtp_stage_find(const char *name);

#endif
