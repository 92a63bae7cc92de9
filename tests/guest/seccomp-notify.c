// SPDX-License-Identifier: GPL-2.0
/* Filters that ask another process (SECCOMP_RET_USER_NOTIF). */
#include "check.h"
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Installs a filter that asks for one call; the listener, or -1. */
static int ask_for(long nr)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog prog = {4, f};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &prog);
}

static void send_fd(int s, int fd)
{
	char c = 'x', control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = {&c, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(int));
	if (sendmsg(s, &m, 0) != 1)
		_exit(90);
}

static int receive_fd(int s)
{
	char c, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&c, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	int fd = -1;

	if (recvmsg(s, &m, 0) == 1 && CMSG_FIRSTHDR(&m))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return fd;
}

/* A child that runs `run` under the filter; its listener in *listener. */
static pid_t start(long nr, void (*run)(void), int *listener)
{
	int s[2];
	pid_t pid;

	CHECK_NEED(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), "socketpair");
	pid = check_fork();
	if (pid == 0) {
		int fd = ask_for(nr);

		if (fd < 0)
			_exit(91);
		send_fd(s[1], fd);
		close(fd);
		run();
		_exit(0);
	}
	close(s[1]);
	*listener = receive_fd(s[0]);
	close(s[0]);
	CHECK_NEED(*listener >= 0, "listener");
	return pid;
}

static bool receive(int listener, struct seccomp_notif *n)
{
	memset(n, 0, sizeof(*n));
	return !ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, n);
}

static bool answer(int listener, uint64_t id, long value, int error, unsigned flags)
{
	struct seccomp_notif_resp r = {.id = id, .val = value, .error = error, .flags = flags};

	return !ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

static pid_t parent;

static void calls(void)
{
	int good = 0;

	good += syscall(SYS_getppid, 1, 2, 3) == 1000;
	good += syscall(SYS_getppid) == -1 && errno == ENOTTY;
	good += syscall(SYS_getppid) == parent;
	for (int i = 0; i < 200; i++)
		good += syscall(SYS_getppid) == i;
	_exit(good == 203 ? 0 : 1);
}

static void answers(void)
{
	struct seccomp_notif n;
	int listener, good = 0;
	pid_t pid = (parent = getpid(), start(SYS_getppid, calls, &listener));

	CHECK(receive(listener, &n), "a notification");
	CHECK(n.pid == (uint32_t)pid && n.data.nr == SYS_getppid && n.data.args[2] == 3,
	      "what it says");
	CHECK(!ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id), "its id is valid");
	CHECK(answer(listener, n.id, 1000, 0, 0), "an answer with a value");
	CHECK(receive(listener, &n) && answer(listener, n.id, 0, -ENOTTY, 0), "one with an error");
	CHECK(receive(listener, &n) &&
		      answer(listener, n.id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE),
	      "one to go on");
	for (int i = 0; i < 200; i++)
		good += receive(listener, &n) && answer(listener, n.id, i, 0, 0);
	CHECK_EQ(good, 200, "200 more");
	CHECK_EQ(check_wait(pid, 3000), 0, "the child got them all");
	CHECK(!answer(listener, n.id, 0, 0, 0) && errno == ENOENT,
	      "there is nobody to answer any more");
}

static void on_signal(int sig, siginfo_t *si, void *context)
{
}

static void interrupted(void)
{
	check_handler(SIGUSR1, on_signal, 0);
	_exit(syscall(SYS_getppid) == -1 && errno == EINTR ? 0 : 1);
}

static void interruption(void)
{
	struct seccomp_notif n;
	int listener;
	pid_t pid = start(SYS_getppid, interrupted, &listener);

	CHECK(receive(listener, &n), "a notification");
	kill(pid, SIGUSR1);
	CHECK_EQ(check_wait(pid, 3000), 0, "a signal interrupts who waits for the answer");
	CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id) == -1,
	      "the id is no longer valid");
}

static void wants_fd(void)
{
	int fd = syscall(SYS_getppid);
	char text[3] = "";

	_exit(fd > 2 && read(fd, text, 2) == 2 && !strcmp(text, "hi") ? 0 : 1);
}

static void add_fd(void)
{
	struct seccomp_notif n;
	int listener, p[2], fd;
	pid_t pid = start(SYS_getppid, wants_fd, &listener);
	struct seccomp_notif_addfd a = {};

	if (pipe(p) || write(p[1], "hi", 2) != 2)
		CHECK(false, "pipe");
	CHECK(receive(listener, &n), "a notification");
	a.id = n.id;
	a.srcfd = p[0];
	fd = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a);
	CHECK(fd > 2, "a descriptor is put into the child");
	CHECK(answer(listener, n.id, fd, 0, 0), "answer");
	CHECK_EQ(check_wait(pid, 3000), 0, "the child can use it");
}

static void abandoned(void)
{
	_exit(syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : 1);
}

static void closed(void)
{
	struct seccomp_notif n;
	int listener;
	pid_t pid = start(SYS_getppid, abandoned, &listener);

	CHECK(receive(listener, &n), "a notification");
	close(listener);
	CHECK_EQ(check_wait(pid, 3000), 0, "without a listener the call is ENOSYS");
}

static const struct check_group groups[] = {{"answers", answers},
					    {"interruption", interruption},
					    {"descriptor", add_fd},
					    {"closed", closed},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
