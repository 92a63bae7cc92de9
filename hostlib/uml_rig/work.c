// SPDX-License-Identifier: GPL-2.0
/* exec, step, link, capture, down: one request to a network that is up. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "client.h"
#include "log.h"
#include "place.h"
#include "uml_rig.h"

/* Words of a command as ssh has them: one text for the shell. To be freed. */
static char *join(char **word, int n)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int i;

	for (i = 0; f && i < n; i++)
		fprintf(f, "%s%s", i ? " " : "", word[i]);
	if (f && fclose(f) == 0)
		return text;
	log_err("out of memory");
	free(text);
	return NULL;
}

/* Ctrl-C is for the command, at first: it may have something to say. */
static volatile int interrupted_fd;

static void pass_on(int sig)
{
	signal(sig, SIG_DFL);
	client_send(interrupted_fd, SERVE_SIGNAL, sig, NULL, 0);
}

int cmd_exec(struct context *c)
{
	char *command = join(c->argv + 1, c->argc - 1);
	const char *word[] = {"exec", c->argv[0], command};
	int fd = command ? place_connect(c->name) : -1, status = SERVE_FAILED;

	if (fd >= 0 && client_ask(fd, word, 3, -1) == 0) {
		interrupted_fd = fd;
		signal(SIGINT, pass_on);
		status = client_follow(fd, c->argv[0]);
	}
	if (fd >= 0)
		close(fd);
	free(command);
	return status;
}

/* FIRST FOLDER [SECOND] WORDS. The number of words; 0: told. */
static unsigned int statement(struct context *c, const char *first, const char *second,
			      const char **word, char *folder)
{
	unsigned int n = 0;
	int i;

	if (!getcwd(folder, PATH_MAX)) {
		log_err("this folder has no name: %s", strerror(errno));
		return 0;
	}
	if (c->argc + 3 > SERVE_WORDS) {
		log_err("these are more words than a statement has");
		return 0;
	}
	word[n++] = first;
	word[n++] = folder;
	if (second)
		word[n++] = second;
	for (i = 0; i < c->argc; i++)
		word[n++] = c->argv[i];
	return n;
}

static int take_step(struct context *c, const char *action)
{
	const char *word[SERVE_WORDS];
	char folder[PATH_MAX];
	unsigned int n = statement(c, "step", action, word, folder);

	return n ? client_do(c->name, NULL, word, n, -1) : SERVE_FAILED;
}

int cmd_step(struct context *c)
{
	return take_step(c, NULL);
}

int cmd_link(struct context *c)
{
	return take_step(c, "link");
}

int cmd_down(struct context *c)
{
	static const char *const word[] = {"down"};

	return client_do(c->name, NULL, word, 1, -1);
}

/* --- capture ------------------------------------------------------------------- */

static int open_output(const struct context *c)
{
	int fd;

	if (!c->output || strcmp(c->output, "-") == 0) {
		if (!isatty(STDOUT_FILENO))
			return dup(STDOUT_FILENO);
		log_err("a capture is nothing for a terminal; name a file with -o, or say "
			"'uml_rig capture ... | tcpdump -n -r -'");
		return -1;
	}
	fd = open(c->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		log_err("%s cannot be made: %s", c->output, strerror(errno));
	return fd;
}

/* Ctrl-C, or nobody reads any more: the network writes the rest, and then hangs up. */
static void wait_for_end(int fd, int out)
{
	struct pollfd p[3] = {{.fd = fd, .events = POLLIN}, {.fd = out}, {.events = POLLIN}};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p[2].fd = signalfd(-1, &set, SFD_CLOEXEC);
	while (poll(p, 3, -1) < 0 && errno == EINTR)
		;
	if (!(p[0].revents & POLLIN))
		shutdown(fd, SHUT_WR);
	close(p[2].fd);
}

/* What the network has to say, if it has: there was an error, or it went down. */
static int capture_end(int fd)
{
	struct client_packet p;

	while (client_receive(fd, &p) > 0) {
		if (p.head.kind != SERVE_END)
			continue;
		if (p.len)
			log_err("%s", p.data);
		return p.head.value;
	}
	return EXIT_FINE;
}

int cmd_capture(struct context *c)
{
	const char *word[SERVE_WORDS];
	char folder[PATH_MAX];
	unsigned int n = statement(c, "capture", NULL, word, folder);
	int out = n ? open_output(c) : -1, fd, status = SERVE_FAILED;

	if (out < 0)
		return SERVE_FAILED;
	fd = place_connect(c->name);
	if (fd >= 0 && client_ask(fd, word, n, out) == 0) {
		wait_for_end(fd, out);
		status = capture_end(fd);
	}
	if (fd >= 0)
		close(fd);
	close(out);
	return status;
}
