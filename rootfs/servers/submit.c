// SPDX-License-Identifier: GPL-2.0
/*
 * submit: a client that hands in mail at a steady pace, one connection a message.
 *
 *   submit -s ADDRESS[:PORT] -f FROM [-n COUNT] [-i INTERVAL] [-z BYTES] [-p PREFIX] [-h NAME]
 *          [-l LOG] [-r WAIT] TO...
 *
 * Message k goes to the k-th TO, round and round, at k times INTERVAL after the start; its
 * Message-ID is PREFIX-k@NAME. One that is not taken for now (no connection, 4xx) is handed in again
 * after WAIT, up to ATTEMPTS_MAX times, while the others wait. The log has a line for each:
 *   submitted ID to=<TO>            it was taken
 *   again ID to=<TO> WHY            it was not, for now
 *   refused ID to=<TO> WHY          it never was
 * Exit status: 0 when all were taken.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "common.h"
#include "submit_reply.h"

#define ATTEMPTS_MAX 30
#define ANSWER_S 300
#define REPLY_MAX 512

struct submit {
	struct sockaddr_in server;
	const char *from, *prefix, *name;
	unsigned long count, bytes;
	uint64_t interval_ms, wait_ms;
	char **to;
	unsigned int tos;
	char reply[REPLY_MAX]; /* the last line that the server said, or what happened instead */
};

/* Says a line; the code of the answer. */
static unsigned int ask(struct submit *s, FILE *f, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static unsigned int ask(struct submit *s, FILE *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputs("\r\n", f);
	fflush(f);
	return submit_reply_read(f, s->reply, sizeof(s->reply));
}

static unsigned int send_body(struct submit *s, FILE *f, unsigned long k, const char *to)
{
	static const char line[] =
		"The quick brown fox jumps over the lazy dog, again and again.\r\n";
	unsigned long n;

	fprintf(f, "From: <%s>\r\nTo: <%s>\r\nSubject: %s-%lu\r\n", s->from, to, s->prefix, k);
	fprintf(f, "Message-ID: <%s-%lu@%s>\r\n\r\n", s->prefix, k, s->name);
	for (n = 0; n < s->bytes; n += sizeof(line) - 1)
		fputs(line, f);
	return ask(s, f, ".");
}

/* The dialogue; the code that decides: 250 for what was taken. */
static unsigned int dialogue(struct submit *s, FILE *f, unsigned long k, const char *to)
{
	unsigned int code = submit_reply_read(f, s->reply, sizeof(s->reply));

	if (code == 220)
		code = ask(s, f, "EHLO %s", s->name);
	if (code == 250)
		code = ask(s, f, "MAIL FROM:<%s>", s->from);
	if (code == 250)
		code = ask(s, f, "RCPT TO:<%s>", to);
	if (code == 250 || code == 251)
		code = ask(s, f, "DATA");
	if (code == 354)
		code = send_body(s, f, k, to);
	return code;
}

static unsigned int hand_in(struct submit *s, unsigned long k, const char *to)
{
	struct timeval patience = {.tv_sec = ANSWER_S};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unsigned int code;
	FILE *f;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (fd < 0 || connect(fd, (struct sockaddr *)&s->server, sizeof(s->server))) {
		snprintf(s->reply, sizeof(s->reply), "%s", strerror(errno));
		close(fd);
		return 0;
	}
	f = fdopen(fd, "r+");
	if (!f) {
		close(fd);
		return 0;
	}
	code = dialogue(s, f, k, to);
	fputs("QUIT\r\n", f);
	fclose(f);
	return code;
}

/* Until it is taken, or never will be. */
static bool insist(struct submit *s, unsigned long k, const char *to)
{
	unsigned int attempt, code;

	for (attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		code = hand_in(s, k, to);
		if (code == 250) {
			log_line("submitted %s-%lu@%s to=<%s>", s->prefix, k, s->name, to);
			return true;
		}
		if (code >= 500)
			break;
		log_line("again %s-%lu@%s to=<%s> %s", s->prefix, k, s->name, to, s->reply);
		common_sleep_ms(s->wait_ms);
	}
	log_line("refused %s-%lu@%s to=<%s> %s", s->prefix, k, s->name, to, s->reply);
	return false;
}

static bool option(struct submit *s, int c, const char *value)
{
	switch (c) {
	case 's':
		return common_address(value, 25, &s->server);
	case 'f':
		s->from = value;
		return true;
	case 'p':
		s->prefix = value;
		return true;
	case 'h':
		s->name = value;
		return true;
	case 'n':
		return common_number(value, 1, 10000000, &s->count);
	case 'z':
		return common_number(value, 0, 1UL << 28, &s->bytes);
	case 'i':
		return common_time(value, &s->interval_ms);
	case 'r':
		return common_time(value, &s->wait_ms) && s->wait_ms;
	case 'l':
		return log_open(value);
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct submit s = {.prefix = "m",
			   .name = "client.invalid",
			   .count = 1,
			   .bytes = 1000,
			   .interval_ms = 1000,
			   .wait_ms = 60000};
	bool good = true;
	uint64_t now;
	unsigned long k;
	int c;

	while ((c = getopt(argc, argv, "s:f:n:i:z:p:h:l:r:")) != -1)
		if (!option(&s, c, optarg))
			common_die("submit: bad option or value: -%c %s", c, optarg ? optarg : "");
	s.to = argv + optind;
	s.tos = (unsigned int)(argc - optind);
	if (!s.server.sin_port || !s.from || !s.tos)
		common_die(
			"usage: submit -s ADDRESS[:PORT] -f FROM [-n COUNT] [-i INTERVAL] TO...");
	signal(SIGPIPE, SIG_IGN);
	common_since_start_ms();
	for (k = 0; k < s.count; k++) {
		now = common_since_start_ms();
		if (k * s.interval_ms > now)
			common_sleep_ms(k * s.interval_ms - now);
		good = insist(&s, k, s.to[k % s.tos]) && good;
	}
	return !good;
}
