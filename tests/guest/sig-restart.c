// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that sleep and are interrupted: by a handler, by a handler with SA_RESTART, by stop and
 * continue. A helper process waits until the caller sleeps, interrupts it, waits until it sleeps
 * again or is done, and then gives it what it waits for. And what is left of a sleep that was
 * stopped and continued.
 */
#include "check.h"
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <termios.h>

/* Linux 5.16; older headers do not know it. */
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef FUTEX_32
#define FUTEX_32 2
#endif

enum how {
	HANDLER,
	RESTART,
	CONTINUE
};

/* Shared between caller and helper. */
struct shared {
	volatile int handled; /* the handler ran */
	volatile int done; /* the call returned */
	uint32_t futex, other_futex;
};

static struct shared *shared;
static int fds[2]; /* of the call under test */
static int file; /* what is to be sent */
static int id; /* of an IPC object, or a child */
static aio_context_t aio;
static char buffer[65536];
/*
 * How long calls sleep that end by themselves: where a handler is to interrupt them longer than a
 * busy machine may keep the helper from running, else not long.
 */
#define LONG_S 6
static struct timespec nap = {0, 60000000};

static long sys(long ret)
{
	return ret < 0 ? -errno : ret;
}

/* --- the calls: prepare, call, finish (in the helper) ----------------------- */

static void make_pipe(void)
{
	CHECK_NEED(!pipe(fds), "pipe");
}

static void make_full_pipe(void)
{
	make_pipe();
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	while (write(fds[1], buffer, 4096) > 0)
		;
	fcntl(fds[1], F_SETFL, 0);
}

static void make_sockets(void)
{
	CHECK_NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
}

static void make_full_sockets(void)
{
	make_sockets();
	while (send(fds[1], buffer, 4096, MSG_DONTWAIT) > 0)
		;
}

static void make_timed_socket(void)
{
	struct timeval tv = {LONG_S, 0};

	make_sockets();
	setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

static void make_listener(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path + 1, 40, "check-%d", getpid());
	fds[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_NEED(!bind(fds[0], (void *)&a, sizeof(a)) && !listen(fds[0], 1), "listen");
}

static int connect_with(int fd)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);

	getsockname(fds[0], (void *)&a, &len);
	return connect(fd, (void *)&a, len);
}

static void connect_listener(void)
{
	if (connect_with(socket(AF_UNIX, SOCK_STREAM, 0)))
		check_note("connect: %m");
}

/* Nobody accepts, and there is room for no more. */
static void make_busy_listener(void)
{
	make_listener();
	while (!connect_with(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)))
		;
	fds[1] = socket(AF_UNIX, SOCK_STREAM, 0);
}

static void make_file_and_full_pipe(void)
{
	make_full_pipe();
	file = memfd_create("file", 0);
	CHECK_NEED(file >= 0 && write(file, buffer, 8192) == 8192 && !lseek(file, 0, SEEK_SET),
		   "a file");
}

static void make_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[0] = signalfd(-1, &set, 0);
	CHECK_NEED(fds[0] >= 0, "signalfd");
}

static void make_watch(void)
{
	snprintf(buffer, sizeof(buffer), "check-watch-%d", getpid());
	close(open(buffer, O_CREAT | O_WRONLY, 0600));
	fds[0] = inotify_init();
	CHECK_NEED(fds[0] >= 0 && inotify_add_watch(fds[0], buffer, IN_ATTRIB) >= 0, "inotify");
}

/* Without lines, so that any byte ends a read. */
static void make_terminal(void)
{
	struct termios t;

	fds[1] = posix_openpt(O_RDWR | O_NOCTTY);
	CHECK_NEED(fds[1] >= 0 && !grantpt(fds[1]) && !unlockpt(fds[1]), "a pseudo-terminal");
	fds[0] = open(ptsname(fds[1]), O_RDWR | O_NOCTTY);
	CHECK_NEED(!tcgetattr(fds[0], &t), "its other side");
	cfmakeraw(&t);
	tcsetattr(fds[0], TCSANOW, &t);
}

static void make_aio(void)
{
	static struct iocb cb;
	struct iocb *list[] = {&cb};

	make_pipe();
	cb = (struct iocb){
		.aio_lio_opcode = IOCB_CMD_POLL, .aio_fildes = fds[0], .aio_buf = POLLIN};
	CHECK_NEED(!syscall(SYS_io_setup, 4, &aio) && syscall(SYS_io_submit, aio, 1, list) == 1,
		   "asynchronous poll");
}

static void make_child(void)
{
	make_pipe();
	id = check_fork();
	if (id == 0) {
		/* fds[1] is open here as well, and never written to: only finish_child() ends it. */
		if (read(fds[0], buffer, 1) == 1)
			_exit(0);
		_exit(1);
	}
}

static void make_event(void)
{
	fds[0] = fds[1] = eventfd(0, 0);
}

static void make_timer(void)
{
	fds[0] = timerfd_create(CLOCK_MONOTONIC, 0);
}

static void make_semaphore(void)
{
	id = semget(IPC_PRIVATE, 1, 0600);
	CHECK_NEED(id >= 0, "semget");
}

static const struct {
	long type;
	char text[8];
} message = {1, "m"};

static void make_messages(void)
{
	id = msgget(IPC_PRIVATE, 0600);
	CHECK_NEED(id >= 0, "msgget");
}

static void make_full_messages(void)
{
	struct msqid_ds ds;

	make_messages();
	msgctl(id, IPC_STAT, &ds);
	ds.msg_qbytes = 64;
	msgctl(id, IPC_SET, &ds);
	while (!msgsnd(id, &message, sizeof(message.text), IPC_NOWAIT))
		;
}

static void make_mqueue(void)
{
	struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 16};
	char name[40];

	snprintf(name, sizeof(name), "/check-%d", getpid());
	fds[0] = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
	mq_unlink(name);
	CHECK_NEED(fds[0] >= 0, "mq_open");
}

static void make_full_mqueue(void)
{
	make_mqueue();
	CHECK_NEED(!mq_send(fds[0], "f", 1, 0), "mq_send");
}

static void make_fifo(void)
{
	snprintf(buffer, sizeof(buffer), "check-fifo-%d", getpid());
	CHECK_NEED(!mkfifo(buffer, 0600), "mkfifo");
}

static void make_lock_file(void)
{
	char name[40];

	fds[0] = memfd_create("lock", 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[0]);
	fds[1] = open(name, O_RDWR);
	CHECK_NEED(fds[1] >= 0, "second open of a memfd");
}

static void make_flock(void)
{
	make_lock_file();
	flock(fds[1], LOCK_EX);
}

static struct flock whole = {.l_type = F_WRLCK};

static void make_ofd_lock(void)
{
	make_lock_file();
	fcntl(fds[1], F_OFD_SETLK, &whole);
}

/* Such locks belong to a process: one that the helper ends. */
static void make_posix_lock(void)
{
	make_lock_file();
	id = check_fork();
	if (id == 0) {
		fcntl(fds[1], F_SETLK, &whole);
		shared->futex = 1;
		for (;;)
			pause();
	}
	while (!shared->futex)
		check_sleep_ms(1);
}

/* The helper is told to take the lock: its pid is not known yet, so a third process owns it. */
static void make_pi(void)
{
	id = check_fork();
	if (id == 0) {
		syscall(SYS_futex, &shared->futex, FUTEX_LOCK_PI, 0, NULL);
		while (!(shared->futex & FUTEX_WAITERS) || shared->handled != 2)
			check_sleep_ms(1);
		syscall(SYS_futex, &shared->futex, FUTEX_UNLOCK_PI, 0);
		_exit(0);
	}
	while (!shared->futex)
		check_sleep_ms(1);
}

/* One line each: the calls, what ends them, what takes their objects away. */
/* clang-format off */
static long call_read(void) { return sys(read(fds[0], buffer, 8)); }
static long call_write(void) { return sys(write(fds[1], buffer, 4096)); }
static long call_recv(void) { return sys(recv(fds[0], buffer, 1, 0)); }
static long call_accept(void) { return sys(accept(fds[0], NULL, NULL)); }
static long call_wait4(void) { return sys(waitpid(id, NULL, 0)); }
static long call_waitid(void) { return sys(waitid(P_PID, id, NULL, WEXITED)); }
static long call_nanosleep(void) { return sys(nanosleep(&nap, NULL)); }
static long call_pause(void) { return sys(pause()); }
static long call_poll(void) { return sys(poll(&(struct pollfd){fds[0], POLLIN, 0}, 1, -1)); }
static long call_poll_timed(void) { return sys(poll(&(struct pollfd){fds[0], POLLIN, 0}, 1, LONG_S * 1000)); }
static long call_flock(void) { return sys(flock(fds[0], LOCK_EX)); }
static long call_ofd_lock(void) { return sys(fcntl(fds[0], F_OFD_SETLKW, &whole)); }
static long call_mq(void) { return sys(mq_receive(fds[0], buffer, 16, NULL)); }
static long call_fifo(void) { return sys(open(buffer, O_RDONLY)); }
static long call_futex(void) { return sys(syscall(SYS_futex, &shared->futex, FUTEX_WAIT, 0, NULL)); }
static long call_pi(void) { return sys(syscall(SYS_futex, &shared->futex, FUTEX_LOCK_PI, 0, NULL)); }
static long call_msgrcv(void) { return sys(msgrcv(id, buffer, 8, 0, 0)); }
static long call_clock_nanosleep(void) { return -clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL); }
static long call_semop(void) { return sys(semop(id, &(struct sembuf){0, -1, 0}, 1)); }
static long call_connect(void) { return sys(connect_with(fds[1])); }
static long call_sendfile(void) { return sys(sendfile(fds[1], file, NULL, 4096)); }
static long call_splice(void) { return sys(splice(file, NULL, fds[1], NULL, 4096, 0)); }
static long call_watch(void) { return sys(read(fds[0], buffer + 4096, 4096)); }
static long call_posix_lock(void) { return sys(fcntl(fds[0], F_SETLKW, &whole)); }
static long call_msgsnd(void) { return sys(msgsnd(id, &message, sizeof(message.text), 0)); }
static long call_mq_send(void) { return sys(mq_send(fds[0], "s", 1, 0)); }
static long call_aio(void) { return sys(syscall(SYS_io_getevents, aio, 1, 1, buffer, NULL)); }
static void finish_flock(void) { flock(fds[1], LOCK_UN); }
static void finish_sem(void) { semop(id, &(struct sembuf){0, 1, 0}, 1); }
static void finish_mq(void) { mq_send(fds[0], "m", 1, 0); }
static void finish_mq_send(void) { mq_receive(fds[0], buffer, 16, NULL); }
static void finish_watch(void) { chmod(buffer, 0400); }
static void finish_accept(void) { close(accept(fds[0], NULL, NULL)); }
static void finish_posix_lock(void) { kill(id, SIGKILL); }
static void finish_usr1(void) { kill(getppid(), SIGUSR1); }
static void finish_usr2(void) { kill(getppid(), SIGUSR2); }
static void finish_pi(void) { shared->handled = 2; }
static void drop_sem(void) { semctl(id, 0, IPC_RMID); }
static void drop_msg(void) { msgctl(id, IPC_RMID, NULL); }
static void drop_name(void) { unlink(buffer); }
/* clang-format on */

static long call_sendmsg(void)
{
	struct iovec iov = {buffer, 4096};

	return sys(sendmsg(fds[1], &(struct msghdr){.msg_iov = &iov, .msg_iovlen = 1}, 0));
}

static long call_recvmsg(void)
{
	struct iovec iov = {buffer, 1};

	return sys(recvmsg(fds[0], &(struct msghdr){.msg_iov = &iov, .msg_iovlen = 1}, 0));
}

static long call_signalfd(void)
{
	return sys(read(fds[0], buffer, sizeof(struct signalfd_siginfo)));
}

static long call_semtimedop(void)
{
	struct timespec ts = {LONG_S, 0};

	return sys(semtimedop(id, &(struct sembuf){0, -1, 0}, 1, &ts));
}

static long call_bitset(void)
{
	return sys(syscall(SYS_futex, &shared->futex, FUTEX_WAIT_BITSET, 0, NULL, NULL, 1));
}

static long call_futex_timed(void)
{
	struct timespec ts = {LONG_S, 0};

	return sys(syscall(SYS_futex, &shared->futex, FUTEX_WAIT, 0, &ts));
}

/* Until a time, so that it can be begun anew. */
static long call_bitset_timed(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += LONG_S;
	return sys(syscall(SYS_futex, &shared->futex, FUTEX_WAIT_BITSET, 0, &ts, NULL, 1));
}

static long call_waitv(void)
{
	struct {
		uint64_t val, uaddr;
		uint32_t flags, reserved;
	} words[2] = {
		{0, (uintptr_t)&shared->other_futex, FUTEX_32, 0},
		{0, (uintptr_t)&shared->futex, FUTEX_32, 0},
	};

	return sys(syscall(SYS_futex_waitv, words, 2, 0, NULL, CLOCK_MONOTONIC));
}

static long call_clock_nanosleep_abs(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += nap.tv_sec;
	ts.tv_nsec += nap.tv_nsec;
	if (ts.tv_nsec >= 1000000000)
		ts.tv_sec++, ts.tv_nsec -= 1000000000;
	return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static long call_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	return sys(select(fds[0] + 1, &set, NULL, NULL, NULL));
}

static long call_ppoll(void)
{
	sigset_t none;

	sigemptyset(&none);
	return sys(ppoll(&(struct pollfd){fds[0], POLLIN, 0}, 1, &(struct timespec){LONG_S, 0},
			 &none));
}

static long call_pselect(void)
{
	fd_set set;
	sigset_t none;

	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	sigemptyset(&none);
	return sys(pselect(fds[0] + 1, &set, NULL, NULL, &(struct timespec){LONG_S, 0}, &none));
}

static long call_epoll_pwait(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int ep = epoll_create1(0);
	sigset_t none;

	sigemptyset(&none);
	epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e);
	return sys(epoll_pwait(ep, &e, 1, -1, &none));
}

static long call_epoll(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int ep = epoll_create1(0);

	epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e);
	return sys(epoll_wait(ep, &e, 1, LONG_S * 1000));
}

static long call_sigtimedwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sys(sigtimedwait(&set, NULL, &(struct timespec){LONG_S, 0}));
}

static long call_sigsuspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	return sys(sigsuspend(&none));
}

static long call_timer(void)
{
	struct itimerspec its = {.it_value = nap};

	timerfd_settime(fds[0], 0, &its, NULL);
	return sys(read(fds[0], buffer, 8));
}

static void finish_write(void)
{
	if (write(fds[1], "12345678", 8) != 8)
		check_note("write: %m");
}

static void finish_event(void)
{
	uint64_t one = 1;

	if (write(fds[1], &one, 8) != 8)
		check_note("write: %m");
}

static void finish_drain(void)
{
	if (read(fds[0], buffer, sizeof(buffer)) <= 0)
		check_note("read: %m");
}

static void finish_futex(void)
{
	shared->futex = 1;
	syscall(SYS_futex, &shared->futex, FUTEX_WAKE, 1);
}

static void finish_fifo(void)
{
	int fd = open(buffer, O_WRONLY | O_NONBLOCK);

	unlink(buffer);
	check_sleep_ms(20);
	close(fd);
}

static void finish_ofd(void)
{
	struct flock none = {.l_type = F_UNLCK};

	fcntl(fds[1], F_OFD_SETLK, &none);
}

static void finish_msg(void)
{
	msgsnd(id, &message, sizeof(message.text), 0);
}

static void finish_full_msg(void)
{
	while (msgrcv(id, buffer, 8, 0, IPC_NOWAIT) > 0)
		;
}

static void finish_drain_all(void)
{
	while (recv(fds[0], buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
}

#define YES 1 /* sleeps on, and succeeds */
#define NO -EINTR

/* What happens after a handler without SA_RESTART is NO but where `always` says otherwise. */
static const struct blocker {
	const char *name;
	void (*prepare)(void);
	long (*call)(void);
	void (*finish)(void);
	int restart, cont; /* after a handler with SA_RESTART, after stop and continue */
	void (*drop)(void);
	bool always;
} blockers[] = {
	{"read of a pipe", make_pipe, call_read, finish_write, YES, YES, NULL, 0},
	{"write to a full pipe", make_full_pipe, call_write, finish_drain, YES, YES, NULL, 0},
	{"read of an eventfd", make_event, call_read, finish_event, YES, YES, NULL, 0},
	{"read of a timerfd", make_timer, call_timer, NULL, YES, YES, NULL, 0},
	{"recv", make_sockets, call_recv, finish_write, YES, YES, NULL, 0},
	{"recv with SO_RCVTIMEO", make_timed_socket, call_recv, finish_write, NO, NO, NULL, 0},
	{"accept", make_listener, call_accept, connect_listener, YES, YES, NULL, 0},
	{"wait4", make_child, call_wait4, finish_write, YES, YES, NULL, 0},
	{"waitid", make_child, call_waitid, finish_write, YES, YES, NULL, 0},
	{"futex", NULL, call_futex, finish_futex, YES, YES, NULL, 0},
	{"futex with a timeout", NULL, call_futex_timed, finish_futex, NO, YES, NULL, 0},
	{"futex with priority inheritance", make_pi, call_pi, finish_pi, YES, YES, NULL, 1},
	{"nanosleep", NULL, call_nanosleep, NULL, NO, YES, NULL, 0},
	{"clock_nanosleep", NULL, call_clock_nanosleep, NULL, NO, YES, NULL, 0},
	{"clock_nanosleep until", NULL, call_clock_nanosleep_abs, NULL, NO, YES, NULL, 0},
	{"pause", NULL, call_pause, NULL, NO, NO, NULL, 0},
	{"sigsuspend", NULL, call_sigsuspend, finish_usr1, NO, NO, NULL, 0},
	{"sigtimedwait", NULL, call_sigtimedwait, finish_usr2, NO, NO, NULL, 0},
	{"poll", make_pipe, call_poll, finish_write, NO, YES, NULL, 0},
	{"poll with a timeout", make_pipe, call_poll_timed, finish_write, NO, YES, NULL, 0},
	{"ppoll", make_pipe, call_ppoll, finish_write, NO, YES, NULL, 0},
	{"select", make_pipe, call_select, finish_write, NO, YES, NULL, 0},
	{"epoll_wait", make_pipe, call_epoll, finish_write, NO, NO, NULL, 0},
	{"semop", make_semaphore, call_semop, finish_sem, NO, NO, drop_sem, 0},
	{"msgrcv", make_messages, call_msgrcv, finish_msg, NO, YES, drop_msg, 0},
	{"mq_receive", make_mqueue, call_mq, finish_mq, YES, YES, NULL, 0},
	{"open of a FIFO", make_fifo, call_fifo, finish_fifo, YES, YES, drop_name, 0},
	{"flock", make_flock, call_flock, finish_flock, YES, YES, NULL, 0},
	{"lock of an open file description", make_ofd_lock, call_ofd_lock, finish_ofd, YES, YES,
	 NULL, 0},
	{"lock of a process", make_posix_lock, call_posix_lock, finish_posix_lock, YES, YES, NULL,
	 0},
	{"recvmsg", make_sockets, call_recvmsg, finish_write, YES, YES, NULL, 0},
	{"sendmsg to a full socket", make_full_sockets, call_sendmsg, finish_drain_all, YES, YES,
	 NULL, 0},
	{"connect to a full backlog", make_busy_listener, call_connect, finish_accept, YES, YES,
	 NULL, 0},
	{"sendfile to a full pipe", make_file_and_full_pipe, call_sendfile, finish_drain, YES, YES,
	 NULL, 0},
	{"splice to a full pipe", make_file_and_full_pipe, call_splice, finish_drain, YES, YES,
	 NULL, 0},
	{"read of a signalfd", make_signalfd, call_signalfd, finish_usr2, YES, YES, NULL, 0},
	{"read of an inotify descriptor", make_watch, call_watch, finish_watch, YES, YES, drop_name,
	 0},
	{"read of a terminal", make_terminal, call_read, finish_write, YES, YES, NULL, 0},
	{"msgsnd to a full queue", make_full_messages, call_msgsnd, finish_full_msg, NO, YES,
	 drop_msg, 0},
	{"mq_send to a full queue", make_full_mqueue, call_mq_send, finish_mq_send, YES, YES, NULL,
	 0},
	{"semtimedop", make_semaphore, call_semtimedop, finish_sem, NO, NO, drop_sem, 0},
	{"futex with a bit set", NULL, call_bitset, finish_futex, YES, YES, NULL, 0},
	{"futex with a bit set, until", NULL, call_bitset_timed, finish_futex, NO, YES, NULL, 0},
	{"futex_waitv", NULL, call_waitv, finish_futex, YES, YES, NULL, 0},
	{"pselect", make_pipe, call_pselect, finish_write, NO, YES, NULL, 0},
	{"epoll_pwait", make_pipe, call_epoll_pwait, finish_write, NO, NO, NULL, 0},
	{"io_getevents", make_aio, call_aio, finish_write, NO, NO, NULL, 0},
};

static void on_usr1(int sig, siginfo_t *si, void *context)
{
	shared->handled = 1;
}

/* In the helper: interrupt, see it sleep again or return, finish. */
static void helper(const struct blocker *b, enum how how)
{
	pid_t caller = getppid();

	check_wait_state(caller, 'S');
	if (how == CONTINUE) {
		kill(caller, SIGSTOP);
		check_wait_state(caller, 'T');
		kill(caller, SIGCONT);
	} else {
		kill(caller, SIGUSR1);
		while (!shared->handled)
			check_sleep_ms(1);
	}
	for (int i = 0; i < 3000 && !shared->done && check_state(caller) != 'S'; i++)
		check_sleep_ms(1);
	if (b->call == call_pause || b->call == call_sigsuspend)
		finish_usr1();
	else if (b->finish && (!shared->done || b->finish == finish_pi))
		b->finish();
	_exit(0);
}

static struct msghdr message_header;

/*
 * One site after the other, each more often than an engine may want to see before it does something
 * about it: in turn they could drive each other out of a table.
 */
#define HEAT(call)                           \
	do {                                 \
		for (int i = 0; i < 16; i++) \
			(void)sys(call);     \
	} while (0)

/* The sites of libc's functions become hot, for engines that care. */
static void heat(void)
{
	struct timespec none = {0, 0};
	sigset_t set;

	sigemptyset(&set);
	HEAT(read(-1, buffer, 1));
	HEAT(write(-1, buffer, 1));
	HEAT(recv(-1, buffer, 1, 0));
	HEAT(recvmsg(-1, &message_header, 0));
	HEAT(sendmsg(-1, &message_header, 0));
	HEAT(accept(-1, NULL, NULL));
	HEAT(connect(-1, NULL, 0));
	HEAT(sendfile(-1, -1, NULL, 1));
	HEAT(splice(-1, NULL, -1, NULL, 1, 0));
	HEAT(waitpid(-1, NULL, WNOHANG));
	HEAT(waitid(P_ALL, 0, NULL, WEXITED | WNOHANG));
	HEAT(poll(NULL, 0, 0));
	HEAT(ppoll(NULL, 0, &none, NULL));
	HEAT(select(0, NULL, NULL, NULL, &(struct timeval){0, 0}));
	HEAT(pselect(0, NULL, NULL, NULL, &none, NULL));
	HEAT(epoll_wait(-1, NULL, 0, 0));
	HEAT(epoll_pwait(-1, NULL, 0, 0, &set));
	HEAT(clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL));
	HEAT(sigtimedwait(&set, NULL, &none));
	HEAT(semop(-1, NULL, 0));
	HEAT(semtimedop(-1, NULL, 0, NULL));
	HEAT(msgrcv(-1, buffer, 8, 0, 0));
	HEAT(msgsnd(-1, &message, 1, 0));
	HEAT(mq_receive(-1, buffer, 16, NULL));
	HEAT(mq_send(-1, "s", 1, 0));
	HEAT(open("/nonexistent", O_RDONLY));
	HEAT(flock(-1, LOCK_UN));
	HEAT(fcntl(-1, F_OFD_SETLKW, &whole));
	HEAT(syscall(SYS_futex, &shared->futex, FUTEX_WAKE, 1));
}

static bool hot;

/* In a process of its own, because of what a call leaves behind. */
static void one(const struct blocker *b, enum how how)
{
	static const char *const names[] = {"a handler", "a handler with SA_RESTART",
					    "stop and continue"};
	int want = how == HANDLER ? (b->always ? YES : NO) : how == RESTART ? b->restart : b->cont;
	struct sigaction sa = {.sa_sigaction = on_usr1,
			       .sa_flags = SA_SIGINFO | (how == RESTART ? SA_RESTART : 0)};
	pid_t pid;
	long ret;

	if (hot)
		heat();
	if (want != YES)
		nap = (struct timespec){LONG_S, 0};
	sigaction(SIGUSR1, &sa, NULL);
	if (b->prepare)
		b->prepare();
	pid = check_fork();
	if (pid == 0)
		helper(b, how);
	ret = b->call();
	shared->done = 1;
	check_wait(pid, LONG_S * 1000 + 1000);
	if (b->drop)
		b->drop();
	if (ret == -ENOSYS) /* futex_waitv before Linux 5.16 */
		check_skip("an older kernel", "%s %s after %s", b->name,
			   want == YES ? "goes on" : "ends with EINTR", names[how]);
	else if (want == YES)
		CHECK(ret >= 0, "%s goes on after %s", b->name, names[how]);
	else
		CHECK_EQ(ret, NO, "%s ends with EINTR after %s", b->name, names[how]);
	_exit(0);
}

#define AT_ONCE 4 /* they mostly wait */

static void all(enum how how)
{
	const unsigned n = sizeof(blockers) / sizeof(blockers[0]);
	pid_t pids[AT_ONCE];

	for (unsigned i = 0; i < n; i += AT_ONCE) {
		for (unsigned k = 0; k < AT_ONCE && i + k < n; k++) {
			shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
			pids[k] = check_fork();
			if (pids[k] == 0)
				one(&blockers[i + k], how);
			munmap(shared, 4096);
		}
		for (unsigned k = 0; k < AT_ONCE && i + k < n; k++)
			CHECK_EQ(check_wait(pids[k], LONG_S * 1000 + 3000), 0, "%s: no hang (%d)",
				 blockers[i + k].name, how);
	}
}

static void handler(void)
{
	all(HANDLER);
}
static void restart(void)
{
	all(RESTART);
}
static void cont(void)
{
	all(CONTINUE);
}

static void restart_hot(void)
{
	hot = true;
	all(RESTART);
	all(HANDLER);
	all(CONTINUE); /* restart_syscall, at the same place */
}

/* --- what is left of a sleep ----------------------------------------------------------------- */

#define WHOLE_MS 2000
#define STOP_MS 1500 /* when it is stopped */
#define LATE_TRIES 3
#define TRIES_MS 8000 /* none is begun later */

static long sleep_nanosleep(void)
{
	return nanosleep(&(struct timespec){WHOLE_MS / 1000, 0}, NULL);
}

static long sleep_clock(void)
{
	return clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){WHOLE_MS / 1000, 0}, NULL);
}

static long sleep_poll(void)
{
	return poll(NULL, 0, WHOLE_MS);
}

static long sleep_select(void)
{
	return select(0, NULL, NULL, NULL, &(struct timeval){WHOLE_MS / 1000, 0});
}

static long sleep_futex(void)
{
	struct timespec ts = {WHOLE_MS / 1000, 0};

	if (syscall(SYS_futex, &shared->futex, FUTEX_WAIT, 0, &ts) < 0 && errno == ETIMEDOUT)
		return 0;
	return -1;
}

static struct sleeper {
	const char *name;
	long (*call)(void);
	int good, late, early; /* tries */
} sleepers[] = {
	{"nanosleep", sleep_nanosleep, 0, 0, 0}, {"clock_nanosleep", sleep_clock, 0, 0, 0},
	{"poll", sleep_poll, 0, 0, 0},           {"select", sleep_select, 0, 0, 0},
	{"futex", sleep_futex, 0, 0, 0},
};
#define SLEEPERS (sizeof(sleepers) / sizeof(sleepers[0]))

/* Of one sleep, in memory that all share. */
struct span {
	volatile long long start, end;
	volatile long ret;
};

/*
 * All sleep at once, are stopped when a part of the time is left, and go on at once. What counts
 * is when each is done: not before its time is over, and not so late that it can have slept all of
 * it anew. A busy host may make one late, or not get to stop it in time: such a try says nothing.
 */
static void try_sleeps(struct span *spans)
{
	pid_t pids[SLEEPERS];
	long long continued;

	for (unsigned i = 0; i < SLEEPERS; i++) {
		spans[i].start = spans[i].end = 0;
		pids[i] = check_fork();
		if (pids[i] == 0) {
			spans[i].start = check_now_ms();
			spans[i].ret = sleepers[i].call();
			spans[i].end = check_now_ms();
			_exit(0);
		}
	}
	check_sleep_ms(STOP_MS);
	for (unsigned i = 0; i < SLEEPERS; i++)
		kill(pids[i], SIGSTOP);
	for (unsigned i = 0; i < SLEEPERS; i++)
		for (int n = 0; n < 4000 && !strchr("TZ", check_state(pids[i])); n++)
			check_sleep_ms(1);
	continued = check_now_ms();
	for (unsigned i = 0; i < SLEEPERS; i++)
		kill(pids[i], SIGCONT);
	for (unsigned i = 0; i < SLEEPERS; i++) {
		struct span *s = &spans[i];

		check_wait(pids[i], 2 * WHOLE_MS);
		if (s->end && s->end < continued)
			continue;
		if (!s->end || s->end - continued >= WHOLE_MS)
			sleepers[i].late++;
		else if (s->end - s->start < WHOLE_MS - 1 || s->ret)
			sleepers[i].early++;
		else
			sleepers[i].good++;
	}
}

static bool is_known(const struct sleeper *s)
{
	return s->early || s->good || s->late >= LATE_TRIES;
}

static void left(void)
{
	long long end = check_now_ms() + TRIES_MS;
	struct span *spans;
	unsigned known;

	shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK_NEED(shared != MAP_FAILED, "memory");
	spans = (void *)((char *)shared + 4096);
	do {
		try_sleeps(spans);
		known = 0;
		for (unsigned i = 0; i < SLEEPERS; i++)
			known += is_known(&sleepers[i]);
	} while (known < SLEEPERS && check_now_ms() < end);
	for (unsigned i = 0; i < SLEEPERS; i++) {
		const struct sleeper *s = &sleepers[i];

		if (!is_known(s))
			check_skip("the host is too busy",
				   "%s sleeps what is left after stop and continue", s->name);
		else if (!CHECK(s->good && !s->early,
				"%s sleeps what is left after stop and continue", s->name))
			check_note("of the tries %d were too long, %d too short", s->late,
				   s->early);
	}
}

/* A handler ends the sleep, which then tells what is left of it. */
static void told(void)
{
	const long long whole = LONG_S * 1000;
	struct timespec rest = {};
	long long start, end, left_ms;
	pid_t pid;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check_handler(SIGUSR1, on_usr1, 0);
	pid = check_fork();
	if (pid == 0) {
		check_wait_state(getppid(), 'S');
		check_sleep_ms(200);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	start = check_now_ms();
	CHECK(nanosleep(&(struct timespec){LONG_S, 0}, &rest) == -1 && errno == EINTR,
	      "nanosleep ends with EINTR");
	end = check_now_ms();
	check_wait(pid, 1000);
	left_ms = rest.tv_sec * 1000LL + rest.tv_nsec / 1000000;
	/* Half of what the helper has waited: it may have taken another wait for this one. */
	CHECK(left_ms <= whole - 100, "it does not tell more than is left");
	CHECK(left_ms >= whole - (end - start) - 2, "and not less");
}

static const struct check_group groups[] = {{"handler", handler},
					    {"restart", restart},
					    {"continue", cont},
					    {"hot", restart_hot},
					    {"left", left},
					    {"told", told},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
