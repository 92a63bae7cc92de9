// SPDX-License-Identifier: GPL-2.0
/* Asking a network that is up; see client.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "client.h"
#include "log.h"
#include "place.h"
#include "uml_rig.h"

static int send_packet(int fd, const struct serve_head *head, const void *data, size_t len,
		       int passed)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec v[2] = {
		{.iov_base = (void *)head, .iov_len = sizeof(*head)},
		{.iov_base = (void *)data, .iov_len = len},
	};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
	struct cmsghdr *h;

	if (passed >= 0) {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &passed, sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int client_send(int fd, enum serve_kind kind, int value, const void *data, size_t len)
{
	const struct serve_head head = {.kind = kind, .value = value};

	return send_packet(fd, &head, data, len, -1);
}

int client_ask(int fd, const char *const *word, unsigned int n, int passed)
{
	const struct serve_head head = {.kind = SERVE_ASK, .value = SERVE_VERSION};
	char data[SERVE_BYTES];
	size_t used = 0;
	unsigned int i;
	int err = n > SERVE_WORDS ? -E2BIG : 0;

	for (i = 0; i < n && !err; i++) {
		size_t len = strlen(word[i]) + 1;

		if (len > sizeof(data) - used) {
			err = -E2BIG;
			break;
		}
		memcpy(data + used, word[i], len);
		used += len;
	}
	if (!err)
		err = send_packet(fd, &head, data, used, passed);
	if (err == -E2BIG)
		log_err("these are more words than a network takes (%d, 32 KB)", SERVE_WORDS);
	else if (err)
		log_err("the network does not listen: %s", strerror(-err));
	return err;
}

int client_receive(int fd, struct client_packet *p)
{
	struct iovec v[2] = {
		{.iov_base = &p->head, .iov_len = sizeof(p->head)},
		{.iov_base = p->data, .iov_len = SERVE_BYTES},
	};
	ssize_t n = readv(fd, v, 2);

	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (n < (ssize_t)sizeof(p->head))
		return n ? -EPROTO : 0;
	p->len = (size_t)n - sizeof(p->head);
	p->data[p->len] = 0;
	return 1;
}

int client_follow(int fd, const char *before)
{
	struct client_packet p;
	int rc;

	while ((rc = client_receive(fd, &p)) > 0 || rc == -EINTR) {
		if (rc < 0)
			continue;
		if (p.head.kind == SERVE_OUT &&
		    (fwrite(p.data, 1, p.len, stdout) != p.len || fflush(stdout) != 0))
			break; /* end() in main.c tells */
		if (p.head.kind == SERVE_NOTE)
			log_warn("%s", p.data);
		if (p.head.kind != SERVE_END)
			continue;
		if (p.len)
			log_err("%s%s%s", before ? before : "", before ? ": " : "", p.data);
		return p.head.value;
	}
	if (rc <= 0)
		log_err("the network has gone");
	return SERVE_FAILED;
}

int client_do(const char *name, const char *before, const char *const *word, unsigned int n,
	      int passed)
{
	int fd = place_connect(name), status = SERVE_FAILED;

	if (fd < 0)
		return SERVE_FAILED;
	if (client_ask(fd, word, n, passed) == 0)
		status = client_follow(fd, before);
	close(fd);
	return status;
}
