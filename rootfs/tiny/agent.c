// SPDX-License-Identifier: GPL-2.0
/*
 * The agent: does in a guest what uml_rig asks for, over the hidden card. agent_abi.h has the
 * protocol.
 *
 * One process, one loop around poll(2): frames, the ends of children, their output. It never waits
 * for anything else and never looks again at once, since virtual time passes only while a guest
 * waits. Its timers are the guest's: HELLO once more each second until the host has answered, and,
 * with an image, a look each 100 ms whether the system is up.
 *
 * It is root, and so are the guest's users: who wants to can end it, or say anything to the host in
 * its place. The host believes nothing.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>
#include "agent.h"
#include "agent_private.h"

#define MS 1000000ULL
#define HELLO_NS (1000 * MS)
#define LOOK_NS (100 * MS)
#define END_NS (150000 * MS) /* systemd gives a service 90 s */
#define NEVER UINT64_MAX
#define BURST 64 /* frames a turn */

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 * MS + (uint64_t)t.tv_nsec;
}

/* --- frames ------------------------------------------------------------------- */

static void welcome(struct agent *a, const struct agent_frame *f)
{
	if (!f->session || f->id != a->nonce || f->session == a->session)
		return;
	a->session = f->session;
	a->hello = false;
	a->hello_ns = NEVER;
	a->look_ns = 0;
}

static void frame(struct agent *a, const struct agent_frame *f, const uint8_t *data)
{
	if (f->type == AGENT_WELCOME)
		welcome(a, f);
	else if (!a->session || f->session != a->session)
		return;
	else if (f->type == AGENT_ACK)
		answer_acked(a, f);
	else if (f->type == AGENT_TAKEN)
		exec_taken(a, f);
	else if (f->type == AGENT_SIGNAL)
		request_signal(a, f);
	else if (f->type >= AGENT_FIRST_REQUEST || f->type == AGENT_CANCEL)
		request_frame(a, f, data);
}

static void receive(struct agent *a)
{
	static uint8_t buf[AGENT_MTU];
	struct agent_frame f;
	unsigned int i;
	ssize_t n;

	for (i = 0; i < BURST; i++) {
		n = recv(a->card.fd, buf, sizeof(buf), MSG_TRUNC);
		if (n < 0)
			return;
		if ((size_t)n <= sizeof(buf) && agent_frame_read(&f, buf, (size_t)n))
			frame(a, &f, buf + sizeof(f));
	}
}

/* --- time --------------------------------------------------------------------- */

/* What is due; when the next is. */
static uint64_t timers(struct agent *a)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC);

	if (a->ending_pid) {
		if (a->end_ns <= now)
			exec_force_end(a);
		return a->end_ns;
	}
	if (a->hello_ns <= now) {
		a->hello = true;
		a->hello_ns = now + HELLO_NS;
	}
	if (!a->session || a->up_said)
		return a->hello_ns;
	if (a->look_ns <= now) {
		a->late = a->image && now - a->begun_ns >= AGENT_UP_WAIT_S * 1000 * MS;
		a->up = a->up_said = !a->image || a->late || system_is_up();
		a->look_ns = a->up_said ? NEVER : now + LOOK_NS;
	}
	return a->look_ns;
}

/* For poll(): -1 for ever. */
static int timeout_ms(const struct agent *a, uint64_t due)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC);

	if (a->blocked && due > now + MS)
		return 1; /* the card's queue was full: no event tells when it is not */
	if (due == NEVER)
		return -1;
	return due <= now ? 0 : (int)((due - now + MS - 1) / MS);
}

/* --- the loop ----------------------------------------------------------------- */

#define SLOT_CARD 0
#define SLOT_SIGNALS 1
#define SLOT_JOBS 2
#define SLOT_DRAINS (SLOT_JOBS + AGENT_EXECS_MAX)
#define SLOTS (SLOT_DRAINS + DRAINS_MAX)

static void turn(struct agent *a)
{
	struct pollfd p[SLOTS];
	uint64_t due = timers(a);
	unsigned int i;

	answers_send(a);
	if (a->ending && !a->ending_pid && !a->answers) {
		exec_end(a);
		due = a->end_ns = now_ns(CLOCK_MONOTONIC) + END_NS;
	}
	for (i = 0; i < SLOTS; i++)
		p[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	p[SLOT_CARD].fd = a->card.fd;
	p[SLOT_SIGNALS].fd = a->signals;
	for (i = 0; i < AGENT_EXECS_MAX; i++)
		if (exec_wants_output(&a->jobs[i]))
			p[SLOT_JOBS + i].fd = a->jobs[i].fd;
	for (i = 0; i < DRAINS_MAX; i++)
		p[SLOT_DRAINS + i].fd = a->drains[i];
	if (poll(p, SLOTS, timeout_ms(a, due)) <= 0)
		return;
	for (i = 0; i < AGENT_EXECS_MAX; i++)
		if (p[SLOT_JOBS + i].revents)
			exec_output(&a->jobs[i]);
	for (i = 0; i < DRAINS_MAX; i++)
		if (p[SLOT_DRAINS + i].revents)
			exec_drain(a, i);
	if (p[SLOT_SIGNALS].revents)
		exec_reap(a);
	if (p[SLOT_CARD].revents)
		receive(a);
}

static void agent_init(struct agent *a)
{
	unsigned int i;

	a->in.fd = -1;
	a->answers_end = &a->answers;
	for (i = 0; i < AGENT_EXECS_MAX; i++)
		a->jobs[i].fd = -1;
	for (i = 0; i < DRAINS_MAX; i++)
		a->drains[i] = -1;
	a->begun_ns = now_ns(CLOCK_MONOTONIC);
	/* One start of the guest is told from the next by it; in virtual time it is the same each run. */
	a->nonce = (uint32_t)(now_ns(CLOCK_REALTIME) / 1000) ^ (uint32_t)getpid();
}

/* ready: told when the card is out of sight. */
static void __attribute__((noreturn)) agent_main(bool image, int ready)
{
	static struct agent a;
	sigset_t child;
	int err;

	a.image = image;
	agent_init(&a);
	prctl(PR_SET_NAME, "agent");
	setsid();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	a.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	file_write("/proc/self/oom_score_adj", "-1000");
	err = card_take(&a.card);
	if (err)
		dprintf(2, "agent: the hidden card: %s\n", strerror(-err));
	close(ready);
	if (err || a.signals < 0)
		_exit(1);
	for (;;)
		turn(&a);
}

pid_t agent_start(bool image)
{
	int ready[2], err;
	char nothing;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		return -errno;
	pid = fork();
	err = -errno;
	if (pid == 0) {
		close(ready[0]);
		agent_main(image, ready[1]);
	}
	close(ready[1]);
	if (pid > 0)
		while (read(ready[0], &nothing, 1) < 0 && errno == EINTR)
			;
	close(ready[0]);
	return pid < 0 ? err : pid;
}
