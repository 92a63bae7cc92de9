// SPDX-License-Identifier: GPL-2.0
/*
 * Helper in a terminal window; see console_helper.h. The loader reads and writes the
 * terminal itself; this process only keeps the window open and tells of its size. Once the
 * terminal is given away it does without everything else (confine_helper()):
 *
 * @host helper poll: waits for the loader's end and for signals
 * @host helper read: both
 * @host helper sendto EQ(4,0): a new size; no address is named
 * @host helper exit_group: the end
 * @host helper restart_syscall: waiting goes on after SIGSTOP and SIGCONT
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "confine.h"
#include "console_helper.h"
#include "log.h"

static int connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int give_terminal(int fd, int tty)
{
	char byte = CONSOLE_HELPER_HELLO;
	struct iovec iov = {&byte, 1};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &tty, sizeof(int));
	return sendmsg(fd, &m, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* Keys such as Ctrl-C are bytes for the guest; only the window's end ends us. */
static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void serve(int fd, int signals)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	struct signalfd_siginfo si;
	char byte;

	while (poll(p, 2, -1) >= 0 || errno == EINTR) {
		if (p[0].revents && read(fd, &byte, 1) <= 0)
			return;
		while (read(signals, &si, sizeof(si)) == sizeof(si)) {
			byte = CONSOLE_HELPER_RESIZED;
			if (si.ssi_signo == SIGWINCH && send(fd, &byte, 1, MSG_NOSIGNAL) < 0)
				return;
		}
	}
}

int console_helper(const char *socket_path)
{
	int fd = connect_to(socket_path), signals, err;

	if (fd < 0) {
		log_err("reaching the loader at %s: %s", socket_path, strerror(-fd));
		return 1;
	}
	signals = watch_signals();
	err = give_terminal(fd, STDIN_FILENO);
	if (err || signals < 0) {
		log_err("giving this terminal to the loader: %s", strerror(-err));
		return 1;
	}
	confine_helper();
	serve(fd, signals);
	return 0;
}
