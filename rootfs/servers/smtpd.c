// SPDX-License-Identifier: GPL-2.0
/*
 * smtpd: a server of mail that takes all, keeps nothing but a line in its log for each message, and
 * misbehaves as its rules say (smtpd_plan.h).
 *
 *   smtpd [-a ADDRESS[:PORT]] [-l LOG] [-n NAME] [-m CONNECTIONS] [-f FILE] [RULE...]
 *
 * -a: at that address only, so that several may run on a node. -n: what it calls itself. -m: more connections at a time are told 421. -f: rules in a file.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common.h"
#include "smtpd_session.h"

static int listen_at(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)at, sizeof(*at)) || listen(fd, 128))
		common_die("smtpd: port %u: %s", ntohs(at->sin_port), strerror(errno));
	return fd;
}

static void __attribute__((noreturn)) serve(struct smtpd *s, int listener)
{
	char client[INET_ADDRSTRLEN];
	struct sockaddr_in who;
	socklen_t size;
	int fd;

	for (;;) {
		size = sizeof(who);
		fd = accept(listener, (struct sockaddr *)&who, &size);
		if (fd < 0)
			continue;
		if (fork() == 0) {
			close(listener);
			inet_ntop(AF_INET, &who.sin_addr, client, sizeof(client));
			session_serve(s, fd, client);
		}
		close(fd);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(25)};
	struct smtpd *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *why;
	int c;

	if (s == MAP_FAILED)
		common_die("smtpd: no memory");
	s->name = "mail.invalid";
	while ((c = getopt(argc, argv, "a:l:n:m:f:")) != -1) {
		if (c == 'n')
			s->name = optarg;
		else if ((c == 'a' && !common_address(optarg, 25, &at)) ||
			 (c == 'l' && !log_open(optarg)) ||
			 (c == 'm' && !common_number(optarg, 1, 100000, &s->connections_max)) ||
			 (c == 'f' && !common_lines(optarg, plan_line, &s->plan)) || c == '?')
			return 64;
	}
	for (; optind < argc; optind++) {
		char *copy = strdup(argv[optind]);

		why = copy ? plan_line(&s->plan, copy) : "no memory";
		if (why)
			common_die("smtpd: '%s': %s", argv[optind], why);
		free(copy);
	}
	signal(SIGCHLD, SIG_IGN);
	common_since_start_ms();
	serve(s, listen_at(&at));
}
