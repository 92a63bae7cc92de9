// SPDX-License-Identifier: GPL-2.0
/* One command to one guest; see client.h. Each request has a socket of its own. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "client.h"
#include "log.h"
#include "mconsole_proto.h"
#include "text.h"

#define PROBE_MS 500 /* how often a silent guest is looked at */
/* Of an answer, 64 MiB at most: a guest may say for ever that more follows. */
#define PIECES_MAX (1U << 17)

/* An answer, put together. */
struct text {
	char *data;
	size_t len, room;
	uint32_t err;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/*
 * Waits for the socket until the deadline, as long as the guest is there. 0, -ETIMEDOUT,
 * -ECONNREFUSED, or -errno.
 */
static int wait_ready(struct client *c, int fd, short events, uint64_t deadline_ms)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = events};
		uint64_t now = now_ms();
		int n, again;

		if (now >= deadline_ms)
			return -ETIMEDOUT;
		n = poll(&p, 1, deadline_ms - now < PROBE_MS ? (int)(deadline_ms - now) : PROBE_MS);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		/* The end of a datagram socket's other end is not told. */
		again = guests_connect(c->guest.socket);
		if (again < 0) {
			n = poll(&p, 1, 0); /* its last words */
			return n > 0 ? 0 : -ECONNREFUSED;
		}
		close(again);
	}
}

static int send_request(struct client *c, int fd, const char *line, uint64_t deadline_ms)
{
	uint8_t buf[MCONSOLE_REQUEST_MAX];
	size_t n = mconsole_request_build(buf, line, strlen(line));
	int err;

	if (!n)
		return -EMSGSIZE;
	while (send(fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = wait_ready(c, fd, POLLOUT, deadline_ms);
		if (err)
			return err;
	}
	return 0;
}

static int append(struct text *t, const struct mconsole_reply *r)
{
	if (t->room < t->len + r->len + 1) {
		size_t room = 2 * (t->len + MCONSOLE_TEXT);
		char *more = realloc(t->data, room);

		if (!more)
			return -ENOMEM;
		t->data = more;
		t->room = room;
	}
	memcpy(t->data + t->len, r->text, r->len + 1);
	t->len += r->len;
	t->err = r->err;
	return 0;
}

static int receive_answer(struct client *c, int fd, struct text *t)
{
	struct mconsole_reply r = {.more = true};
	uint8_t buf[MCONSOLE_REPLY_MAX + 1];
	unsigned int pieces = 0;
	int err = 0;

	while (!err && r.more) {
		ssize_t n;

		err = wait_ready(c, fd, POLLIN, now_ms() + c->timeout_s * 1000ULL);
		if (err)
			break;
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		err = n < 0 ? -errno : mconsole_reply_parse(buf, (size_t)n, &r);
		if (!err)
			err = append(t, &r);
		if (!err && ++pieces == PIECES_MAX && r.more)
			err = -EFBIG;
	}
	return err;
}

static int ask(struct client *c, const char *line, struct text *t)
{
	int err, fd = guests_connect(c->guest.socket);

	if (fd < 0)
		return fd;
	err = send_request(c, fd, line, now_ms() + c->timeout_s * 1000ULL);
	if (!err)
		err = receive_answer(c, fd, t);
	close(fd);
	return err;
}

/* One character of a string for JSON, which is UTF-8 and nothing else. Its bytes. */
static size_t json_character(FILE *f, const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = text_utf8(s, len);

	if (!n)
		fputs("\\ufffd", f);
	else if (*u == '"' || *u == '\\')
		fprintf(f, "\\%c", *u);
	else if (*u == '\n')
		fputs("\\n", f);
	else if (*u < ' ' || *u == 0x7f)
		fprintf(f, "\\u%04x", *u);
	else if (n == 2 && *u == 0xc2 && u[1] < 0xa0) /* C1: terminals obey these, too */
		fprintf(f, "\\u%04x", u[1]);
	else
		fwrite(s, 1, n, f);
	return n ? n : 1;
}

void client_json_string(FILE *f, const char *s, size_t len)
{
	size_t i = 0;

	putc('"', f);
	while (i < len)
		i += json_character(f, s + i, len - i);
	putc('"', f);
}

/* What a guest says is obeyed by no terminal; -r gives the bytes. */
static void show_text(const struct text *t, FILE *f)
{
	size_t room = 4 * t->len + 1;
	char *out = t->data ? malloc(room) : NULL;

	if (out)
		fwrite(out, 1, text_visible(out, room, t->data, t->len, "\n\t"), f);
	free(out);
}

static void show(struct client *c, const struct text *t)
{
	bool ended = t->len && t->data[t->len - 1] == '\n';
	FILE *f = c->form == FORM_RAW && t->err ? stderr : stdout;

	if (c->form == FORM_JSON) {
		fputs("{\"guest\":", f);
		client_json_string(f, c->guest.name, strlen(c->guest.name));
		fprintf(f, ",\"ok\":%s,\"error\":%u,\"text\":", t->err ? "false" : "true", t->err);
		client_json_string(f, t->data ? t->data : "", t->len);
		fputs("}\n", f);
	} else {
		if (c->form == FORM_PLAIN) {
			fputs(t->err ? "ERR " : "OK ", f);
			show_text(t, f);
		} else {
			fwrite(t->data ? t->data : "", 1, t->len, f);
		}
		if (!ended && (t->len || c->form == FORM_PLAIN))
			putc('\n', f);
	}
	fflush(f);
}

static int complain(const struct client *c, const char *line, int err)
{
	switch (err) {
	case -ETIMEDOUT:
		log_err("the guest '%s' did not answer within %u s", c->guest.name, c->timeout_s);
		return CLIENT_TIMEOUT;
	case -ECONNREFUSED:
	case -ENOENT:
		log_err("the guest '%s' has ended", c->guest.name);
		return CLIENT_NO_GUEST;
	case -EMSGSIZE:
		log_err("a command has from 1 to %d bytes, this one %zu", MCONSOLE_TEXT - 1,
			strlen(line));
		return CLIENT_USAGE;
	case -EFBIG:
		log_err("the answer of the guest '%s' has no end: over %u pieces are not taken",
			c->guest.name, PIECES_MAX);
		return CLIENT_FAILED;
	default:
		log_err("talking to the guest '%s' failed: %s", c->guest.name, strerror(-err));
		return CLIENT_FAILED;
	}
}

int client_run(struct client *c, const char *line)
{
	struct text t = {0};
	int err = ask(c, line, &t), status;

	if (err) {
		status = complain(c, line, err);
	} else {
		show(c, &t);
		status = t.err ? CLIENT_FAILED : CLIENT_OK;
	}
	free(t.data);
	return status;
}

/* Names the guests that do run, to help one that typed another name. */
static void say_missing(const struct client *c, const char *name)
{
	char names[512] = "";
	struct guest *list;
	int i, n = guests_list(c->base, &list);
	size_t len = 0;

	for (i = 0; i < n && len < sizeof(names) - 1; i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, " %s", list[i].name);
	if (n > 0)
		log_err("no guest '%s' runs in '%s'; these do:%s", name, c->base, names);
	else
		log_err("no guest '%s' runs in '%s', nor any other; was it started with another "
			"uml_dir=? (--dir)",
			name, c->base);
	free(list);
}

int client_select(struct client *c, const char *name)
{
	struct guest g;
	int err = guests_find(c->base, name, &g);

	switch (err) {
	case 0:
		c->guest = g;
		return CLIENT_OK;
	case -EACCES:
	case -EPERM:
		log_err("the guest '%s' is another user's", name);
		break;
	case -ENOENT:
	case -ENOTDIR:
	case -ECONNREFUSED:
		if (strchr(name, '/'))
			log_err("no guest listens on '%s'", name);
		else
			say_missing(c, name);
		break;
	default:
		log_err("reaching the guest '%s' failed: %s", name, strerror(-err));
	}
	return CLIENT_NO_GUEST;
}

static void print_json(const struct guest *g, bool first)
{
	printf("%s\n  {\"umid\":", first ? "" : ",");
	client_json_string(stdout, g->name, strlen(g->name));
	printf(",\"pid\":%d,\"uptime_s\":%llu,\"socket\":", g->pid,
	       (unsigned long long)g->uptime_s);
	client_json_string(stdout, g->socket, strlen(g->socket));
	fputs(",\"command\":", stdout);
	client_json_string(stdout, g->command, strlen(g->command));
	putchar('}');
}

static void print_row(const struct guest *g)
{
	unsigned long long s = g->uptime_s;
	char age[32];

	if (s >= 86400)
		snprintf(age, sizeof(age), "%llud%02lluh", s / 86400, s / 3600 % 24);
	else
		snprintf(age, sizeof(age), "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
	printf("%-20s %8d %10s  %.100s\n", g->name, g->pid, age, g->command);
}

int client_list(struct client *c)
{
	struct guest *list;
	int i, n = guests_list(c->base, &list);

	if (n < 0) {
		log_err("reading the directory '%s' failed: %s", c->base, strerror(-n));
		return CLIENT_FAILED;
	}
	if (c->form == FORM_JSON) {
		putchar('[');
		for (i = 0; i < n; i++)
			print_json(&list[i], i == 0);
		puts(n ? "\n]" : "]");
	} else if (n) {
		if (c->form == FORM_PLAIN)
			printf("%-20s %8s %10s  %s\n", "UMID", "PID", "UPTIME", "COMMAND");
		for (i = 0; i < n; i++)
			print_row(&list[i]);
	} else if (c->form == FORM_PLAIN) {
		fprintf(stderr, "no guest runs in '%s'\n", c->base);
	}
	free(list);
	return CLIENT_OK;
}
