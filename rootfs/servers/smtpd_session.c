// SPDX-License-Identifier: GPL-2.0
/*
 * The dialogue: a process for each connection, so that what waits may simply wait. A rule may take
 * the place of each answer (smtpd_plan.h). A line in the log for
 *   connect CLIENT
 *   STAGE CLIENT CODE ARGUMENT      each answer that is not the usual one
 *   message CLIENT from=<> to=<> size=N id=ID      for each recipient of what was taken
 *   end CLIENT WHY
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common.h"
#include "smtpd_session.h"

#define RECIPIENTS_MAX 100
#define SILENT_MS 3600000 /* then=silent */
#define SILENT_LOOK_MS 10000
#define IDLE_S 600 /* RFC 5321, 4.5.3.2.7 wants 5 minutes at least */
#define ID_MAX 128

struct session {
	struct smtpd *server;
	int fd;
	const char *client;
	char buffer[4096]; /* what has come and was not looked at */
	size_t have, at;
	bool greeted;
	bool has_sender;
	char sender[SMTP_ARGUMENT_MAX];
	char recipient[RECIPIENTS_MAX][SMTP_ARGUMENT_MAX];
	unsigned int recipients;
	char id[ID_MAX]; /* of the message under way */
	size_t size;
};

static void __attribute__((noreturn)) end(struct session *s, const char *why)
{
	log_line("end %s %s", s->client, why);
	__atomic_fetch_sub(&s->server->connections, 1, __ATOMIC_RELAXED);
	close(s->fd);
	_exit(0);
}

/* --- what is said ------------------------------------------------------------- */

static void send_bytes(struct session *s, const char *text, size_t len, uint64_t drip_ms)
{
	size_t piece;
	ssize_t n;

	while (len) {
		piece = drip_ms ? 1 : len;
		if (drip_ms)
			common_sleep_ms(drip_ms);
		n = send(s->fd, text, piece, MSG_NOSIGNAL);
		if (n <= 0)
			end(s, "gone while it was answered");
		text += n;
		len -= (size_t)n;
	}
}

/* An answer; "\n" in the text, as two characters, begins another line. */
static void say(struct session *s, unsigned int code, const char *text, uint64_t drip_ms)
{
	char out[PLAN_TEXT_MAX * 2];
	const char *next;
	int n;

	for (;;) {
		next = strstr(text, "\\n");
		n = snprintf(out, sizeof(out), "%03u%c%.*s\r\n", code, next ? '-' : ' ',
			     next ? (int)(next - text) : (int)strlen(text), text);
		if (n >= (int)sizeof(out))
			n = sizeof(out) - 1;
		send_bytes(s, out, (size_t)n, drip_ms);
		if (!next)
			return;
		text = next + 2;
	}
}

/* --- what a rule does --------------------------------------------------------- */

static void __attribute__((noreturn)) reset(struct session *s)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	end(s, "reset");
}

/*
 * Longer than any client waits. One that has shut down its side (exim sends QUIT behind the final dot,
 * and no more) may still be waiting for ours, so that is not the end.
 */
static void __attribute__((noreturn)) be_silent(struct session *s)
{
	uint64_t until_ms = common_since_start_ms() + SILENT_MS;
	ssize_t n;

	while (common_since_start_ms() < until_ms) {
		n = recv(s->fd, s->buffer, sizeof(s->buffer), 0);
		if (n < 0 && errno != EAGAIN)
			end(s, "gone while nothing was said");
		if (n == 0)
			common_sleep_ms(SILENT_LOOK_MS);
	}
	end(s, "nothing was said");
}

static void then(struct session *s, const struct plan_rule *r)
{
	static const char garbage[] = "\x16\x03\xff\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\r\n";

	if (r->then == THEN_CLOSE)
		end(s, "closed");
	if (r->then == THEN_RESET)
		reset(s);
	if (r->then == THEN_SILENT)
		be_silent(s);
	if (r->then == THEN_GARBAGE)
		send_bytes(s, garbage, sizeof(garbage) - 1, r->drip_ms);
}

/*
 * Answers: by the rule for it, or as usual. Whether the client was told yes (2xx, 3xx), which a
 * rule without a reply leaves to the usual code.
 */
static bool answer(struct session *s, enum smtp_stage stage, const char *subject, unsigned int code,
		   const char *text)
{
	struct plan_rule *r = plan_find(&s->server->plan, stage, subject, common_since_start_ms());
	uint64_t drip = 0;

	if (r && r->greylist_ms &&
	    !greylist_defers(&s->server->greylist, s->client, s->sender, subject, r->greylist_ms,
			     common_since_start_ms()))
		r = NULL;
	if (r) {
		common_sleep_ms(r->delay_ms);
		drip = r->drip_ms;
		if (r->greylist_ms && !r->code) {
			code = 451;
			text = "4.7.1 greylisted, come back later";
		}
		if (r->code) {
			code = r->code;
			text = r->text;
		}
		log_line("%s %s %u %s", smtp_stage_name(stage), s->client,
			 r->then && !r->code ? 0 : code, subject);
	}
	if (!r || r->code || !r->then)
		say(s, code, text, drip);
	if (r)
		then(s, r);
	return code < 400;
}

/* --- what is heard ------------------------------------------------------------ */

/* The next line without its end; its length. What is too long for it is cut. */
static size_t read_line(struct session *s, char line[static SMTP_LINE_MAX])
{
	size_t n = 0;
	ssize_t got;
	char c;

	for (;;) {
		if (s->at == s->have) {
			got = recv(s->fd, s->buffer, sizeof(s->buffer), 0);
			if (got <= 0)
				end(s, got == 0          ? "closed by the client"
				       : errno == EAGAIN ? "nothing came"
							 : "reset by the client");
			s->have = (size_t)got;
			s->at = 0;
		}
		c = s->buffer[s->at++];
		s->size++;
		if (c == '\n')
			break;
		if (n < SMTP_LINE_MAX - 1)
			line[n++] = c;
	}
	if (n && line[n - 1] == '\r')
		n--;
	line[n] = 0;
	return n;
}

static void forget_message(struct session *s)
{
	s->has_sender = false;
	s->sender[0] = 0;
	s->recipients = 0;
}

static void on_helo(struct session *s, const struct smtp_command *c)
{
	char text[PLAN_TEXT_MAX];

	snprintf(text, sizeof(text), "%.100s%s%s", s->server->name,
		 c->verb == VERB_EHLO ? "\\nPIPELINING\\n8BITMIME\\nSIZE 52428800" : "",
		 c->verb == VERB_EHLO && plan_has(&s->server->plan, STAGE_STARTTLS) ? "\\nSTARTTLS"
										    : "");
	s->greeted = answer(s, STAGE_HELO, c->argument, 250, text);
	forget_message(s);
}

static void on_mail(struct session *s, const struct smtp_command *c)
{
	if (c->bad)
		say(s, 501, "5.5.4 MAIL FROM:<address>", 0);
	else if (!s->greeted || s->has_sender)
		say(s, 503, "5.5.1 not now", 0);
	else if (answer(s, STAGE_MAIL, c->argument, 250, "2.1.0 good")) {
		s->has_sender = true;
		strcpy(s->sender, c->argument);
	}
}

static void on_rcpt(struct session *s, const struct smtp_command *c)
{
	if (c->bad)
		say(s, 501, "5.5.4 RCPT TO:<address>", 0);
	else if (!s->has_sender)
		say(s, 503, "5.5.1 MAIL first", 0);
	else if (s->recipients == RECIPIENTS_MAX)
		say(s, 452, "4.5.3 too many recipients", 0);
	else if (answer(s, STAGE_RCPT, c->argument, 250, "2.1.5 good"))
		strcpy(s->recipient[s->recipients++], c->argument);
}

/* "Message-ID: <...>" */
static void note_id(struct session *s, const char *line)
{
	size_t len;

	if (strncasecmp(line, "Message-ID:", 11))
		return;
	line += 11;
	line += strspn(line, " <");
	len = strcspn(line, "> ");
	if (len >= sizeof(s->id))
		len = sizeof(s->id) - 1;
	memcpy(s->id, line, len);
	s->id[len] = 0;
}

static void read_body(struct session *s)
{
	char line[SMTP_LINE_MAX];
	struct plan_rule *r =
		plan_find(&s->server->plan, STAGE_BODY, s->recipient[0], common_since_start_ms());
	bool header = true;
	size_t len;

	s->size = 0;
	strcpy(s->id, "-");
	for (;;) {
		if (r && s->size >= r->at) {
			log_line("body %s 0 %s", s->client, s->recipient[0]);
			common_sleep_ms(r->delay_ms);
			then(s, r);
			r = NULL;
		}
		len = read_line(s, line);
		if (smtp_is_final_dot(line, len))
			return;
		if (!len)
			header = false;
		if (header)
			note_id(s, line);
	}
}

static void on_data(struct session *s)
{
	unsigned int i;

	if (!s->recipients) {
		say(s, 503, "5.5.1 RCPT first", 0);
		return;
	}
	if (!answer(s, STAGE_DATA, s->recipient[0], 354, "go on"))
		return;
	read_body(s);
	if (answer(s, STAGE_DOT, s->recipient[0], 250, "2.0.0 taken"))
		for (i = 0; i < s->recipients; i++)
			log_line("message %s from=<%s> to=<%s> size=%zu id=%s", s->client,
				 s->sender, s->recipient[i], s->size, s->id);
	forget_message(s);
}

static void on_command(struct session *s, const struct smtp_command *c)
{
	switch (c->verb) {
	case VERB_HELO:
	case VERB_EHLO:
		on_helo(s, c);
		break;
	case VERB_STARTTLS:
		if (plan_has(&s->server->plan, STAGE_STARTTLS))
			answer(s, STAGE_STARTTLS, s->client, 454, "4.7.0 not now");
		else
			say(s, 502, "5.5.1 there is none", 0);
		break;
	case VERB_MAIL:
		on_mail(s, c);
		break;
	case VERB_RCPT:
		on_rcpt(s, c);
		break;
	case VERB_DATA:
		on_data(s);
		break;
	case VERB_RSET:
		forget_message(s);
		answer(s, STAGE_OTHER, c->argument, 250, "2.0.0 forgotten");
		break;
	case VERB_NOOP:
		answer(s, STAGE_OTHER, c->argument, 250, "2.0.0 well");
		break;
	case VERB_VRFY:
		answer(s, STAGE_OTHER, c->argument, 252, "2.1.5 try it");
		break;
	case VERB_QUIT:
		answer(s, STAGE_QUIT, c->argument, 221, "2.0.0 bye");
		end(s, "quit");
	default:
		answer(s, STAGE_OTHER, c->argument, 500, "5.5.2 not understood");
	}
}

static void greet(struct session *s, unsigned long others)
{
	char text[PLAN_TEXT_MAX];

	log_line("connect %s", s->client);
	if (s->server->connections_max && others >= s->server->connections_max) {
		log_line("connect %s 421 too many", s->client);
		say(s, 421, "4.7.0 too many connections", 0);
		end(s, "too many connections");
	}
	snprintf(text, sizeof(text), "%.100s ESMTP", s->server->name);
	if (!answer(s, STAGE_CONNECT, s->client, 220, text))
		end(s, "not greeted");
}

void session_serve(struct smtpd *server, int fd, const char *client)
{
	static struct session s;
	struct timeval idle = {.tv_sec = IDLE_S};
	struct smtp_command c;
	char line[SMTP_LINE_MAX];
	size_t len;

	s = (struct session){.server = server, .fd = fd, .client = client};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
	greet(&s, __atomic_fetch_add(&server->connections, 1, __ATOMIC_RELAXED));
	for (;;) {
		len = read_line(&s, line);
		smtp_command_read(&c, line, len);
		on_command(&s, &c);
	}
}
