// SPDX-License-Identifier: GPL-2.0
/*
 * A job of uml_run on the host's side; see run.h. What is done with files is in run_files.c,
 * the record for the guest in run_record.c.
 *
 * Streams: the channels of consoles (chan.h) read and write the inherited descriptors, which
 * belong to other processes too, without ever blocking or changing them. One frame at a time is
 * under way in each direction, so memory is bounded and a slow reader slows the command.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "chan.h"
#include "console.h"
#include "log.h"
#include "run.h"
#include "run_abi.h"
#include "run_private.h"

#define STATUS_TIMEOUT 124
#define WRITE_NS 10000000000ULL /* for what a command that took too long has changed */
#define PATIENCE_MS 60000 /* a reader of our output may be busy for a while */
#define IMPATIENT_NS 2000000000ULL /* the same signal again within this time ends the guest */
#define TWICE_NS \
	200000000ULL /* timeout(1) sends to its process and then to the group: that is one */

static void update(struct run *r);

/* --- streams -------------------------------------------------------------------- */

/* The command's output that is here. True when all has gone, or nobody wants it. */
static bool push_output(struct run *r)
{
	struct chan *c = r->stream[r->out_to];
	ssize_t n;

	while (r->out_len) {
		n = c ? c->ops->write(c, r->out + r->out_start, r->out_len) : -EPIPE;
		if (n == -EPIPE) { /* as a command that writes into a closed pipe: it is told */
			if (c && !r->output_error)
				r->output_error = c->write_error;
			r->out_len = 0;
			run_signal(r->ctx, SIGPIPE);
			return true;
		}
		if (n <= 0)
			return false;
		r->out_start += (size_t)n;
		r->out_len -= (size_t)n;
	}
	return true;
}

static void be_ready(struct run *r)
{
	unsigned char sig;

	r->ready = true;
	for (sig = 1; sig < 64; sig++)
		if (r->early_signals & 1ULL << sig &&
		    send(r->control[0], &sig, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			log_debug("a signal was lost");
}

/* Passes frames on while their bytes are taken. */
static void pass_frames(struct run *r)
{
	while (!r->out_len && (r->out_len = run_frames_take(&r->frames, r->out, &r->out_to))) {
		r->out_start = 0;
		push_output(r);
	}
	if (r->frames.ready && !r->ready)
		be_ready(r);
}

/* Whether something came. */
static bool receive(struct run *r)
{
	size_t room;
	char *to;
	ssize_t n;

	pass_frames(r);
	to = run_frames_room(&r->frames, &room);
	if (!room)
		return false;
	n = recv(r->data[0], to, room, MSG_DONTWAIT);
	if (n <= 0)
		return false;
	run_frames_filled(&r->frames, (size_t)n);
	pass_frames(r);
	return true;
}

static void push_input(struct run *r)
{
	ssize_t n;

	while (r->tx_len) {
		n = send(r->data[0], r->tx + r->tx_start, r->tx_len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n <= 0)
			return;
		r->tx_start += (size_t)n;
		r->tx_len -= (size_t)n;
	}
}

static void data_ready(struct loop_watch *w, short revents)
{
	struct run *r = w->arg;

	if (revents & POLLOUT)
		push_input(r);
	if (revents & ~POLLOUT)
		receive(r);
	update(r);
}

static void input_ready(struct loop_watch *w, short revents)
{
	struct run *r = w->arg;
	struct chan *c = r->stream[0];
	struct run_frame f = {0};
	ssize_t n = c->ops->read(c, r->tx + sizeof(f), RUN_FRAME_MAX);

	if (n != -EAGAIN) {
		f.bytes = n > 0 ? (uint16_t)n : 0;
		r->in_ended = n <= 0;
		memcpy(r->tx, &f, sizeof(f));
		r->tx_start = 0;
		r->tx_len = sizeof(f) + f.bytes;
		push_input(r);
	}
	update(r);
}

static void output_ready(struct loop_watch *w, short revents)
{
	struct run *r = w->arg;

	if (push_output(r))
		pass_frames(r);
	update(r);
}

static void control_ready(struct loop_watch *w, short revents)
{
	struct run *r = w->arg;
	ssize_t n = recv(r->control[0], (char *)&r->end + r->end_len, sizeof(r->end) - r->end_len,
			 MSG_DONTWAIT);

	if (n > 0)
		r->end_len += (size_t)n;
	update(r);
}

static void set_watch(struct run *r, struct loop_watch *w, int fd, short events, loop_fd_fn fn)
{
	if (fd < 0 || !events)
		loop_del(w);
	else if (w->fd == fd)
		loop_events(w, events);
	else
		loop_add(r->ctx->loop, w, fd, events, fn, r);
}

static void update(struct run *r)
{
	struct chan *in = r->stream[0], *out = r->stream[r->out_to];
	short data = (!r->out_len ? POLLIN : 0) | (r->tx_len ? POLLOUT : 0);

	set_watch(r, &r->data_watch, r->data[0], data, data_ready);
	set_watch(r, &r->control_watch, r->control[0], r->end_len < sizeof(r->end) ? POLLIN : 0,
		  control_ready);
	set_watch(r, &r->in_watch, in ? in->rfd : -1,
		  !r->ready || r->tx_len || r->in_ended ? 0 : POLLIN, input_ready);
	set_watch(r, &r->out_watch, out ? out->wfd : -1, r->out_len ? POLLOUT : 0, output_ready);
}

/* --- life ----------------------------------------------------------------------- */

static void no_event(void *arg)
{
}

static const struct chan_events events = {no_event, no_event, no_event};

static int open_stream(struct run *r, int fd)
{
	struct chan_spec spec = {.kind = CHAN_FD, .fd = fd};
	char why[CONSOLE_WHY_LEN] = "";

	r->stream[fd] = chan_new(&r->env, "run", &spec, fd == 0, fd != 0, true, why);
	if (!r->stream[fd]) {
		log_err("%s", why);
		return RUN_STATUS_FAILED;
	}
	r->stream[fd]->events = &events;
	return 0;
}

static int add_line(struct linux_ctx *ctx, unsigned int index, int pair[2])
{
	struct nl_slot *s = ctx_slot(ctx, NL_KIND_SSL, index);

	if (!s || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		log_err("making a socket failed: %s", strerror(errno));
		return RUN_STATUS_FAILED;
	}
	s->fd[0] = pair[1];
	snprintf(s->spec, sizeof(s->spec), "(uml_run)");
	return 0;
}

int run_open(struct linux_ctx *ctx)
{
	struct run *r = ctx->run;
	int fd, status;

	if (!r)
		return 0;
	r->env.loop = ctx->loop;
	status = run_record(r);
	if (!status)
		status = add_line(ctx, 0, r->data);
	if (!status)
		status = add_line(ctx, 1, r->control);
	for (fd = 0; fd < 3 && !status; fd++)
		if (!(r->terminals & (1U << fd)))
			status = open_stream(r, fd);
	return status;
}

/* Whether what the command changes is there afterwards. */
static bool changes_stay(const struct run *r)
{
	size_t i;

	for (i = 0; i < r->opt.npaths; i++)
		if (r->opt.path[i].kind == RUN_PATH_RW)
			return true;
	return r->opt.keep;
}

static void unwritten(struct loop_timer *t)
{
	struct run *r = t->arg;

	log_warn("the guest did not write all that was changed within %llu s; ending it",
		 WRITE_NS / 1000000000);
	super_end_now(r->ctx);
}

/*
 * A guest whose changes stay has some in its memory still: its command is killed, and it ends as
 * behind any other. Of a command that has ended by itself that is what goes on now.
 */
static void too_late(struct loop_timer *t)
{
	static const unsigned char kill_it = SIGKILL;
	struct run *r = t->arg;
	bool ended = r->end_len == sizeof(r->end);

	r->timed_out = !ended;
	if (changes_stay(r) && (ended || (r->ready && send(r->control[0], &kill_it, 1,
							   MSG_DONTWAIT | MSG_NOSIGNAL) == 1)))
		loop_timer_set(r->ctx->loop, t, WRITE_NS, unwritten, r);
	else
		super_end_now(r->ctx);
}

int run_start(struct linux_ctx *ctx)
{
	struct run *r = ctx->run;
	char why[CONSOLE_WHY_LEN];
	int fd, err = 0;

	if (!r)
		return 0;
	for (fd = 0; fd < 3 && !err; fd++)
		if (r->stream[fd])
			err = r->stream[fd]->ops->start(r->stream[fd], why);
	if (r->opt.timeout_s > 0)
		loop_timer_set(ctx->loop, &r->timer, (uint64_t)(r->opt.timeout_s * 1e9), too_late,
			       r);
	update(r);
	return err;
}

/* Whoever sends such a one again means it; others are the command's affair, however many come. */
static bool is_to_end(int sig)
{
	return sig != SIGPIPE && sig != SIGUSR1 && sig != SIGUSR2;
}

/* What becomes of one that is to end the command, and not the first such. True: that is all. */
static bool is_repeated(struct run *r, int sig)
{
	uint64_t now = loop_now_ns(), since = now - r->last_ns;
	bool same = r->last_signal == sig;

	if (same && since < TWICE_NS)
		return true;
	if (r->end_len == sizeof(r->end))
		return false;
	r->last_signal = sig;
	r->last_ns = now;
	if (!same || since >= IMPATIENT_NS)
		return false;
	r->ctx->status = STATUS_SIGNAL + sig;
	super_end_now(r->ctx);
	return true;
}

bool run_signal(struct linux_ctx *ctx, int sig)
{
	struct run *r = ctx->run;
	unsigned char byte = (unsigned char)sig;

	if (!r)
		return false;
	if (is_to_end(sig) && is_repeated(r, sig))
		return true;
	if (r->end_len == sizeof(r->end)) /* nobody is left to be told */
		return !is_to_end(sig);
	if (!r->ready) {
		r->early_signals |= 1ULL << sig;
		return true;
	}
	return send(r->control[0], &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 || !is_to_end(sig);
}

/* What the guest wrote before it ended is in the sockets. */
static void drain(struct run *r)
{
	struct pollfd p = {.events = POLLOUT};
	int waited = 0;

	while (receive(r) || r->out_len) {
		if (push_output(r)) {
			waited = 0;
			continue;
		}
		if (waited >= PATIENCE_MS)
			return;
		p.fd = r->stream[r->out_to]->wfd;
		if (poll(&p, 1, 100) == 0)
			waited += 100;
	}
}

static void print_stats(const struct run *r)
{
	fprintf(stderr,
		"uml_run: %.3f s, of the command %.3f s user and %.3f s system, %.1f MB memory, "
		"%llu calls\n",
		(double)(loop_now_ns() - r->started_ns) / 1e9, (double)r->end.user_us / 1e6,
		(double)r->end.system_us / 1e6, (double)r->end.memory_kb / 1024,
		(unsigned long long)r->end.calls);
}

/* A full disk, say; a reader that has had enough is the command's own affair. */
static bool output_is_lost(const struct run *r)
{
	return r->output_error && r->output_error != EPIPE;
}

static int status_of(const struct run *r)
{
	int s = (int)r->end.status;

	if (r->timed_out)
		return STATUS_TIMEOUT;
	if (r->end_len < sizeof(r->end) || r->end.magic != RUN_MAGIC)
		return RUN_STATUS_FAILED;
	if (output_is_lost(r) && (s == 0 || (WIFSIGNALED(s) && WTERMSIG(s) == SIGPIPE)))
		return RUN_STATUS_FAILED;
	return WIFSIGNALED(s) ? 128 + WTERMSIG(s) : WEXITSTATUS(s);
}

void run_ended(struct linux_ctx *ctx)
{
	struct run *r = ctx->run;

	if (!r)
		return;
	loop_timer_del(&r->timer);
	drain(r);
	while (r->end_len < sizeof(r->end)) {
		ssize_t n = recv(r->control[0], (char *)&r->end + r->end_len,
				 sizeof(r->end) - r->end_len, MSG_DONTWAIT);

		if (n <= 0)
			break;
		r->end_len += (size_t)n;
	}
	/* Half a file system would be refused the next time. */
	if (r->keep == 1 && !r->ready)
		unlink(r->opt.keep);
	/* A signal that ended us from outside has set a status of its own. */
	if (ctx->status <= STATUS_SIGNAL)
		ctx->status = status_of(r);
	if (output_is_lost(r))
		log_err("writing the command's output failed: %s", strerror(r->output_error));
	if (r->timed_out)
		log_err("the command took longer than %g s", r->opt.timeout_s);
	if (r->opt.stats)
		print_stats(r);
}

static void close_pair(int pair[2])
{
	if (pair[0] >= 0)
		close(pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
}

void run_close(struct linux_ctx *ctx)
{
	struct run *r = ctx->run;
	int fd;

	if (!r)
		return;
	loop_del(&r->data_watch);
	loop_del(&r->control_watch);
	loop_del(&r->in_watch);
	loop_del(&r->out_watch);
	for (fd = 0; fd < 3; fd++)
		chan_free(r->stream[fd]);
	close_pair(r->data);
	close_pair(r->control);
	if (r->record_fd >= 0)
		close(r->record_fd);
	run_options_free(&r->opt);
	while (r->nhidden > 0)
		free(r->hidden[--r->nhidden]);
	free(r->hidden);
	free(r);
	ctx->run = NULL;
}

/* --- the command line ------------------------------------------------------------ */

/* A card whose other end is a NAT of its own. */
static int set_network(struct options *o, const struct run *r)
{
	const char *forwards = r->opt.forwards;

	o->net[0].text = strdup("nat");
	if (asprintf(&o->net[0].port, "nat%s%s", forwards ? ":" : "", forwards ? forwards : "") < 0)
		o->net[0].port = NULL;
	return o->net[0].text && o->net[0].port ? 0 : -ENOMEM;
}

static int set_options(struct linux_ctx *ctx, struct run *r)
{
	struct options *o = &ctx->opt;

	options_defaults(o);
	o->action = r->opt.action;
	o->mem_bytes = r->opt.mem_bytes;
	o->sandbox = r->opt.sandbox;
	o->debug = r->opt.debug;
	o->noreboot = true;
	o->hostfs = r->opt.root ? NULL : strdup("/");
	o->con.one[0] = strdup(r->terminals ? "fd:0,fd:1" : "none");
	o->init = calloc(1, sizeof(char *));
	if (o->init)
		o->init[o->ninit++] = strdup(RUN_ARGUMENT);
	o->virtual_time = r->opt.virtual_time;
	if (r->opt.nat && set_network(o, r))
		return -ENOMEM;
	return o->con.one[0] && o->init && o->init[0] ? 0 : -ENOMEM;
}

static unsigned int find_terminals(void)
{
	unsigned int set = 0;
	int fd;

	/* The console is read at 0 and written at 1; what else is a terminal is the same one. */
	if (!isatty(0) || !isatty(1))
		return 0;
	for (fd = 0; fd < 3; fd++)
		if (isatty(fd))
			set |= 1U << fd;
	return set;
}

int run_parse(struct linux_ctx *ctx, int argc, char *argv[])
{
	char error[OPTIONS_ERROR_LEN];
	struct run *r = calloc(1, sizeof(*r));
	int err;

	if (!r) {
		log_err("out of memory");
		return RUN_STATUS_FAILED;
	}
	r->ctx = ctx;
	r->started_ns = loop_now_ns();
	r->data[0] = r->data[1] = r->control[0] = r->control[1] = r->record_fd = -1;
	r->data_watch.fd = r->control_watch.fd = r->in_watch.fd = r->out_watch.fd = -1;
	r->out_to = 1;
	r->terminals = find_terminals();
	ctx->run = r;
	err = run_options_parse(&r->opt, argc, argv, error);
	if (err) {
		log_err("%s", error);
		return RUN_STATUS_FAILED;
	}
	log_set_debug(r->opt.debug);
	if (set_options(ctx, r)) {
		log_err("out of memory");
		return RUN_STATUS_FAILED;
	}
	if (r->opt.action == ACTION_CHECK) /* of a guest that shares as this one would */
		return run_shares(r);
	return r->opt.action == ACTION_RUN ? run_files(r) : 0;
}
