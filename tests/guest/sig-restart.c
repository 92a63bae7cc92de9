// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that sleep and are interrupted: by a handler, by a handler with SA_RESTART, by stop and
 * continue. A helper process waits until the caller sleeps, interrupts it, waits until it sleeps
 * again or is done, and then gives it what it waits for.
 */
#include "check.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>

enum how {
	HANDLER,
	RESTART,
	CONTINUE
};

/* Shared between caller and helper. */
struct shared {
	volatile int handled; /* the handler ran */
	volatile int done; /* the call returned */
	uint32_t futex;
};

static struct shared *shared;
static int fds[2]; /* of the call under test */
static int id; /* of an IPC object, or a child */
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

static void connect_listener(void)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	getsockname(fds[0], (void *)&a, &len);
	if (connect(fd, (void *)&a, len))
		check_note("connect: %m");
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

static void make_messages(void)
{
	id = msgget(IPC_PRIVATE, 0600);
	CHECK_NEED(id >= 0, "msgget");
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
static void finish_flock(void) { flock(fds[1], LOCK_UN); }
static void finish_sem(void) { semop(id, &(struct sembuf){0, 1, 0}, 1); }
static void finish_mq(void) { mq_send(fds[0], "m", 1, 0); }
static void finish_usr1(void) { kill(getppid(), SIGUSR1); }
static void finish_usr2(void) { kill(getppid(), SIGUSR2); }
static void finish_pi(void) { shared->handled = 2; }
static void drop_sem(void) { semctl(id, 0, IPC_RMID); }
static void drop_msg(void) { msgctl(id, IPC_RMID, NULL); }
static void drop_fifo(void) { unlink(buffer); }
/* clang-format on */

static long call_futex_timed(void)
{
	struct timespec ts = {LONG_S, 0};

	return sys(syscall(SYS_futex, &shared->futex, FUTEX_WAIT, 0, &ts));
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
	msgsnd(id, &(struct {
		       long type;
		       char text[8];
	       }){1, "m"},
	       8, 0);
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
	{"open of a FIFO", make_fifo, call_fifo, finish_fifo, YES, YES, drop_fifo, 0},
	{"flock", make_flock, call_flock, finish_flock, YES, YES, NULL, 0},
	{"lock of an open file description", make_ofd_lock, call_ofd_lock, finish_ofd, YES, YES,
	 NULL, 0},
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

/* The sites of libc's functions become hot, for engines that care. */
static void heat(void)
{
	struct timespec none = {0, 0};
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < 40; i++) {
		sys(read(-1, buffer, 1) + write(-1, buffer, 1) + recv(-1, buffer, 1, 0));
		sys(accept(-1, NULL, NULL) + waitpid(-1, NULL, WNOHANG) + poll(NULL, 0, 0));
		sys(clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL) +
		    sigtimedwait(&set, NULL, &none));
		sys(semop(-1, NULL, 0) + msgrcv(-1, buffer, 8, 0, 0) + flock(-1, LOCK_UN));
		sys(epoll_wait(-1, NULL, 0, 0) +
		    select(0, NULL, NULL, NULL, &(struct timeval){0, 0}));
		sys(mq_receive(-1, buffer, 16, NULL) + open("/nonexistent", O_RDONLY) +
		    fcntl(-1, F_OFD_SETLKW, &whole));
		sys(syscall(SYS_futex, &shared->futex, FUTEX_WAKE, 1) +
		    waitid(P_ALL, 0, NULL, WEXITED | WNOHANG));
	}
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
	if (want == YES)
		CHECK(ret >= 0, "%s goes on after %s", b->name, names[how]);
	else
		CHECK_EQ(ret, NO, "%s ends with EINTR after %s", b->name, names[how]);
	_exit(0);
}

static void all(enum how how)
{
	for (unsigned i = 0; i < sizeof(blockers) / sizeof(blockers[0]); i++) {
		pid_t pid;

		shared =
			mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		pid = check_fork();
		if (pid == 0)
			one(&blockers[i], how);
		CHECK_EQ(check_wait(pid, LONG_S * 1000 + 3000), 0, "%s: no hang (%d)",
			 blockers[i].name, how);
		munmap(shared, 4096);
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
}

static const struct check_group groups[] = {
	{"handler", handler}, {"restart", restart}, {"continue", cont}, {"hot", restart_hot}, {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
