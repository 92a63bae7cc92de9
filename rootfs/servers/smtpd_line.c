// SPDX-License-Identifier: GPL-2.0
/* See smtpd_line.h. All that a client says is read here. */
#include <string.h>
#include <strings.h>
#include "smtpd_line.h"

static const struct {
	const char *word;
	enum smtp_stage stage;
} verbs[VERBS] = {
	[VERB_UNKNOWN] = {"", STAGE_OTHER},  [VERB_HELO] = {"HELO", STAGE_HELO},
	[VERB_EHLO] = {"EHLO", STAGE_HELO},  [VERB_STARTTLS] = {"STARTTLS", STAGE_STARTTLS},
	[VERB_MAIL] = {"MAIL", STAGE_MAIL},  [VERB_RCPT] = {"RCPT", STAGE_RCPT},
	[VERB_DATA] = {"DATA", STAGE_DATA},  [VERB_RSET] = {"RSET", STAGE_OTHER},
	[VERB_NOOP] = {"NOOP", STAGE_OTHER}, [VERB_VRFY] = {"VRFY", STAGE_OTHER},
	[VERB_QUIT] = {"QUIT", STAGE_QUIT},
};

static const char *const stages[STAGES] = {
	[STAGE_CONNECT] = "connect", [STAGE_HELO] = "helo", [STAGE_STARTTLS] = "starttls",
	[STAGE_MAIL] = "mail",       [STAGE_RCPT] = "rcpt", [STAGE_DATA] = "data",
	[STAGE_BODY] = "body",       [STAGE_DOT] = "dot",   [STAGE_QUIT] = "quit",
	[STAGE_OTHER] = "other",
};

enum smtp_stage smtp_stage_of(enum smtp_verb verb)
{
	return verb < VERBS ? verbs[verb].stage : STAGE_OTHER;
}

const char *smtp_stage_name(enum smtp_stage stage)
{
	return stage < STAGES ? stages[stage] : "?";
}

enum smtp_stage smtp_stage_find(const char *name)
{
	int i;

	for (i = 0; i < STAGES && strcmp(stages[i], name); i++)
		;
	return (enum smtp_stage)i;
}

/* Copies what a log may show; whether all of it had room. */
static bool keep(struct smtp_command *c, const char *text, size_t len)
{
	bool all = len < sizeof(c->argument);
	size_t i;

	if (!all)
		len = sizeof(c->argument) - 1;
	for (i = 0; i < len; i++)
		c->argument[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
	c->argument[len] = 0;
	return all;
}

/* "FROM:<address> SIZE=1": the address, which a quoted local part may give a '>' of its own. */
static bool path_of(struct smtp_command *c, const char *prefix, const char *text, size_t len)
{
	size_t n = strlen(prefix), i;
	bool quoted = false;

	if (len < n || strncasecmp(text, prefix, n))
		return false;
	for (i = n; i < len && text[i] == ' '; i++)
		;
	if (i == len || text[i] != '<')
		return false;
	text += i + 1;
	len -= i + 1;
	for (i = 0; i < len && (quoted || text[i] != '>'); i++) {
		if (text[i] == '"')
			quoted = !quoted;
		if (text[i] == '\\' && quoted && i + 1 < len)
			i++;
	}
	return i < len && keep(c, text, i);
}

void smtp_command_read(struct smtp_command *c, const char *line, size_t len)
{
	size_t word = 0, v;

	memset(c, 0, sizeof(*c));
	while (word < len && line[word] != ' ')
		word++;
	for (v = VERB_HELO; v < VERBS; v++)
		if (strlen(verbs[v].word) == word && !strncasecmp(verbs[v].word, line, word))
			c->verb = (enum smtp_verb)v;
	line += word;
	len -= word;
	for (; len && *line == ' '; len--)
		line++;
	if (c->verb == VERB_MAIL)
		c->bad = !path_of(c, "FROM:", line, len);
	else if (c->verb == VERB_RCPT)
		c->bad = !path_of(c, "TO:", line, len) || !c->argument[0];
	else
		c->bad = !keep(c, line, len) ||
			 ((c->verb == VERB_HELO || c->verb == VERB_EHLO) && !len);
}

bool smtp_is_final_dot(const char *line, size_t len)
{
	return len == 1 && line[0] == '.';
}
