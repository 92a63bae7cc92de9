// SPDX-License-Identifier: GPL-2.0
/* See smtpd_plan.h. */
#include <fnmatch.h>
#include <string.h>
#include "common.h"
#include "smtpd_plan.h"

#define BLANKS " \t"

static const char *const thens[THENS] = {"", "close", "reset", "silent", "garbage"};

static const char *on_for(struct plan_rule *r, const char *value)
{
	if (!*value || strlen(value) >= sizeof(r->pattern))
		return "for= needs a pattern";
	strcpy(r->pattern, value);
	return NULL;
}

static const char *on_then(struct plan_rule *r, const char *value)
{
	int i;

	for (i = THEN_CLOSE; i < THENS; i++)
		if (!strcmp(value, thens[i])) {
			r->then = (enum plan_then)i;
			return NULL;
		}
	return "then= is close, reset, silent or garbage";
}

static const char *on_after(struct plan_rule *r, const char *value)
{
	return common_number(value, 0, 1000000, &r->after) ? NULL : "after= needs a number";
}

static const char *on_times(struct plan_rule *r, const char *value)
{
	return common_number(value, 1, 1000000, &r->times) ? NULL : "times= needs a number";
}

static const char *on_at(struct plan_rule *r, const char *value)
{
	return common_number(value, 0, 1UL << 30, &r->at) ? NULL : "at= needs a number of bytes";
}

static const char *on_from(struct plan_rule *r, const char *value)
{
	return common_time(value, &r->from_ms) ? NULL : "from= needs a time, as 10m";
}

static const char *on_until(struct plan_rule *r, const char *value)
{
	return common_time(value, &r->until_ms) ? NULL : "until= needs a time, as 10m";
}

static const char *on_greylist(struct plan_rule *r, const char *value)
{
	return common_time(value, &r->greylist_ms) && r->greylist_ms
		       ? NULL
		       : "greylist= needs a time, as 5m";
}

static const char *on_delay(struct plan_rule *r, const char *value)
{
	return common_time(value, &r->delay_ms) ? NULL : "delay= needs a time, as 30s";
}

static const char *on_drip(struct plan_rule *r, const char *value)
{
	return common_time(value, &r->drip_ms) ? NULL : "drip= needs a time, as 2s";
}

static const struct {
	const char *word;
	const char *(*fn)(struct plan_rule *r, const char *value);
} words[] = {
	{"for=", on_for},     {"then=", on_then}, {"after=", on_after}, {"times=", on_times},
	{"at=", on_at},       {"from=", on_from}, {"until=", on_until}, {"greylist=", on_greylist},
	{"delay=", on_delay}, {"drip=", on_drip},
};

static const char *on_word(struct plan_rule *r, const char *word)
{
	size_t i, n;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i].word);
		if (!strncmp(word, words[i].word, n))
			return words[i].fn(r, word + n);
	}
	return "there is no such word";
}

/* "451 4.3.0 come back": the rest of the line. */
static const char *on_reply(struct plan_rule *r, const char *text)
{
	char code[4] = "";
	unsigned long n;

	strncpy(code, text, 3);
	if (!common_number(code, 200, 599, &n) || (text[3] && text[3] != ' '))
		return "reply= needs a code of three digits, then text";
	r->code = (unsigned int)n;
	text += text[3] ? 4 : 3;
	if (strlen(text) >= sizeof(r->text))
		return "the reply's text is too long";
	strcpy(r->text, text);
	return NULL;
}

static const char *check(const struct plan_rule *r)
{
	if (r->greylist_ms && r->stage != STAGE_RCPT)
		return "greylist= is for rcpt";
	if (r->at && r->stage != STAGE_BODY)
		return "at= is for body";
	if (r->stage == STAGE_BODY && r->code)
		return "nothing is answered in the body";
	if (!r->code && !r->then && !r->delay_ms && !r->drip_ms && !r->greylist_ms)
		return "the rule does nothing: reply=, then=, delay=, drip= or greylist=";
	return NULL;
}

const char *plan_line(void *plan, char *line)
{
	struct plan *p = plan;
	struct plan_rule r = {.until_ms = UINT64_MAX};
	char *reply = strstr(line, " reply="), *rest, *word;
	const char *why = NULL;

	if (p->rules == PLAN_RULES_MAX)
		return "too many rules";
	if (reply)
		*reply = 0;
	word = strtok_r(line, BLANKS, &rest);
	r.stage = word ? smtp_stage_find(word) : STAGES;
	if (r.stage == STAGES)
		return "a rule begins with a stage: connect helo starttls mail rcpt data body dot "
		       "quit other";
	while (!why && (word = strtok_r(NULL, BLANKS, &rest)))
		why = on_word(&r, word);
	if (!why && reply)
		why = on_reply(&r, reply + strlen(" reply="));
	if (!why)
		why = check(&r);
	if (!why)
		p->rule[p->rules++] = r;
	return why;
}

struct plan_rule *plan_find(struct plan *p, enum smtp_stage stage, const char *subject,
			    uint64_t now_ms)
{
	unsigned long hit;
	unsigned int i;

	for (i = 0; i < p->rules; i++) {
		struct plan_rule *r = &p->rule[i];

		if (r->stage != stage || now_ms < r->from_ms || now_ms >= r->until_ms)
			continue;
		if (r->pattern[0] && fnmatch(r->pattern, subject, FNM_CASEFOLD))
			continue;
		/* The plan is in memory that all connections share. */
		hit = __atomic_fetch_add(&r->hits, 1, __ATOMIC_RELAXED);
		if (hit < r->after || (r->times && hit - r->after >= r->times))
			continue;
		return r;
	}
	return NULL;
}

bool plan_has(const struct plan *p, enum smtp_stage stage)
{
	unsigned int i;

	for (i = 0; i < p->rules; i++)
		if (p->rule[i].stage == stage)
			return true;
	return false;
}
