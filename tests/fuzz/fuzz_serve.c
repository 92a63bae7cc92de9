// SPDX-License-Identifier: GPL-2.0
/*
 * Those who work in a network that is up: what several clients say, in any order and form, and what
 * comes of it meanwhile. Behind the socket is a network that only remembers who asked it for what,
 * and answers when the input says so. Who asked gets one END, and nothing behind it; for those who
 * have hung up nothing is done any more, and what they asked for does not wait for them.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "capture.h"
#include "input.h"
#include "run_client.h"
#include "turn.h"

#define CLIENTS 4
#define NODES 3
#define REQUESTS 256 /* more than an input asks for */
#define FDS_MAX 4 /* that go along with a packet */
#define QUEUE_MAX (4U << 20) /* as in run_client.c */
#define PACKET_FEW 600 /* bytes of packets that are no output: END and what may be before it */
#define OUTPUT_MAX 300000 /* of a command or a console at a time: more than may wait for a client */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One client: the other end of its socket. */
struct caller {
	int fd; /* -1: it has not called, or hung up */
	bool half; /* it says nothing any more */
	unsigned int ends;
};

/* What nodes were asked for and have not answered yet. */
struct request {
	struct run_client *client; /* NULL: free */
	unsigned int node;
	agent_output_fn output;
	agent_done_fn done;
	run_told_fn told; /* a step; else it is a command */
	size_t waits; /* bytes of output that were not taken */
};

/* A capture; its address is what the code has in hand. */
struct rig_net_live {
	int fd;
};

/* Those of nodes that were on. */
struct run_console {
	struct run_console_user *users;
};

static struct run run;
static struct run_node node[NODES];
static struct run_console console[NODES];
static struct rig rig;
static struct rig_node rig_node[NODES];
static struct caller caller[CLIENTS];
static struct request request[REQUESTS];
static bool looked_at[NODES]; /* output of its commands is offered again */
static unsigned int captures, flushes, finished;
static struct input *choices; /* of what stubs do; NULL: none is left */
static int listening = -1, passed = -1;
static struct sockaddr_un address;
static socklen_t address_len;
static char output[OUTPUT_MAX];

static uint8_t choice(void)
{
	return choices ? take8(choices) : 0;
}

/* --- what is known of clients -------------------------------------------------- */

static bool is_client(const struct run_client *c)
{
	const struct run_client *p = run.clients;

	while (p && p != c)
		p = p->next;
	return p;
}

/* Who has not hung up. */
static void is_there(const struct run_client *c)
{
	assert(is_client(c) && c->socket.fd >= 0 && c->asked);
}

static struct run_client *who_is_at(const struct run_node *n)
{
	struct run_client *p = run.clients;

	while (p && p->node != n)
		p = p->next;
	return p;
}

/* --- consoles --------------------------------------------------------------------- */

static struct run_console_user **find_user(struct run_node *n, struct run_console_user *u)
{
	struct run_console_user **p = &n->console->users;

	while (*p && *p != u)
		p = &(*p)->next;
	return p;
}

void run_console_join(struct run_node *n, struct run_console_user *u)
{
	is_there(u->arg);
	assert(n->console && !*find_user(n, u));
	u->next = n->console->users;
	n->console->users = u;
	u->output(u, output, choice() * 16);
}

void run_console_leave(struct run_node *n, struct run_console_user *u)
{
	struct run_console_user **p = find_user(n, u);

	is_there(u->arg);
	assert(*p);
	*p = u->next;
}

void run_console_type(struct run_node *n, const char *data, size_t len)
{
	unsigned int sum = 0;

	assert(n->console && n->console->users && who_is_at(n) && len <= SERVE_BYTES);
	for (size_t i = 0; i < len; i++)
		sum += (uint8_t)data[i];
	output[0] = (char)sum;
}

void run_console_size(struct run_node *n, unsigned int rows, unsigned int columns)
{
	assert(n->console && n->console->users && who_is_at(n));
	assert(rows <= 0xffff && columns <= 0xffff);
}

/* --- captures ------------------------------------------------------------------------ */

int rig_net_live_begin(struct rig_net *net, const struct rig_capture *what, int fd,
		       struct rig_net_live **out, char *err, size_t len)
{
	struct rig_net_live *live;

	/* A pipe that guests inherit has no end for who reads it. */
	assert(fcntl(fd, F_GETFD) == FD_CLOEXEC && what->all);
	if (choice() & 1) {
		close(fd);
		snprintf(err, len, "no");
		return -EINVAL;
	}
	live = malloc(sizeof(*live));
	assert(live);
	live->fd = fd;
	*out = live;
	captures++;
	return 0;
}

void rig_net_live_end(struct rig_net *net, struct rig_net_live *live)
{
	close(live->fd);
	free(live);
	assert(captures--);
}

void rig_net_live_flush(struct rig_net *net)
{
}

void rig_net_flush(struct rig_net *net)
{
	flushes++;
}

/* --- agents ---------------------------------------------------------------------------- */

static struct request *request_new(struct run_client *c, unsigned int n)
{
	struct request *r = request;

	is_there(c);
	assert(n < NODES);
	while (r < request + REQUESTS && r->client)
		r++;
	if (r == request + REQUESTS)
		return NULL;
	*r = (struct request){.client = c, .node = n};
	return r;
}

int agent_stream(struct agent *a, unsigned int n, const char *command, agent_output_fn out,
		 agent_done_fn done, void *arg)
{
	struct request *r;

	assert(strlen(command) < SERVE_BYTES);
	r = choice() & 1 ? NULL : request_new(arg, n);
	if (!r)
		return -ENOSPC;
	r->output = out;
	r->done = done;
	return 0;
}

void agent_signal(struct agent *a, unsigned int n, const void *arg, int sig)
{
	struct request *r = request;

	is_there(arg);
	while (r < request + REQUESTS && !(r->client == arg && r->node == n && r->output))
		r++;
	assert(r < request + REQUESTS);
}

/* From an event of its own the real one offers again what was not taken. */
static void offer(struct request *r)
{
	if (r->client && r->waits && r->output(r->client, output, r->waits))
		r->waits = 0;
}

void agent_look(struct agent *a, unsigned int n)
{
	assert(n < NODES);
	looked_at[n] = true;
}

static void look(void)
{
	for (unsigned int n = 0; n < NODES; n++) {
		if (!looked_at[n])
			continue;
		looked_at[n] = false;
		for (struct request *r = request; r < request + REQUESTS; r++)
			if (r->node == n && r->output)
				offer(r);
	}
}

/* END may be asked for by the network's own end, and has no caller then. */
int agent_end(struct agent *a, unsigned int n, agent_done_fn done, void *arg)
{
	assert(n < NODES && node[n].state == NODE_UP && node[n].wanted_end && !done && !arg);
	return 0;
}

static void print(struct request *r, size_t len)
{
	assert(is_client(r->client));
	if (!r->waits)
		r->waits = len;
	offer(r);
}

static void answer(struct request *r, uint8_t how)
{
	struct agent_result result = {
		.node = r->node,
		.status = how & 1   ? (how >> 1) << 8
			  : how & 2 ? -ECONNRESET
				    : SIGKILL,
		.output = output,
		.len = r->waits,
	};
	struct request was = *r;

	assert(is_client(r->client));
	*r = (struct request){0};
	if (was.told)
		was.told(was.client, how & 1 ? NULL : "no");
	else
		was.done(was.client, &result);
}

/* --- the rig ------------------------------------------------------------------------------ */

uint32_t rig_find_node(const struct rig *r, const char *name)
{
	size_t len = strlen(name);

	assert(r == &rig && len < SERVE_BYTES);
	return len == 1 && *name >= 'a' && *name < 'a' + NODES ? (uint32_t)(*name - 'a') : RIG_NONE;
}

static void look_at_words(const char *folder, const char *const *words, uint32_t n)
{
	size_t bytes = strlen(folder) + 1;

	assert(n && n <= SERVE_WORDS - 2);
	for (uint32_t i = 0; i < n; i++)
		bytes += strlen(words[i]) + 1;
	assert(bytes <= SERVE_BYTES);
}

int rig_read_step(struct rig *r, const char *folder, const char *const *words, uint32_t n,
		  struct rig_step *out, char *err, size_t len)
{
	uint8_t how = choice();

	look_at_words(folder, words, n);
	*out = (struct rig_step){.action = how % (RIG_DO_STOP + 1), .copy.host = "file"};
	snprintf(err, len, "no");
	return how & 128 ? -EINVAL : 0;
}

int rig_read_capture(struct rig *r, const char *folder, const char *const *words, uint32_t n,
		     struct rig_capture *out, char *err, size_t len)
{
	look_at_words(folder, words, n);
	*out = (struct rig_capture){.all = true};
	snprintf(err, len, "no");
	return choice() & 1 ? -EINVAL : 0;
}

void run_take(struct run *r, const struct rig_step *s, run_told_fn told, void *arg)
{
	struct request *q = choice() & 1 ? NULL : request_new(arg, 0);

	assert(s->action != RIG_DO_RUN && s->action != RIG_DO_STOP);
	if (q)
		q->told = told;
	else
		told(arg, choice() & 1 ? "no" : NULL);
}

char *run_figures(const struct run *r, size_t *len)
{
	char *text = choice() & 1 ? NULL : malloc(OUTPUT_MAX);

	*len = text ? choice() * 256 : 0;
	if (text)
		memset(text, 'f', OUTPUT_MAX);
	return text;
}

void run_finish(struct run *r, const char *why)
{
	finished++;
}

void run_clock_set(struct run *r)
{
	assert(flushes); /* frames go before anybody looks when the next is due */
	flushes = 0;
}

/* --- clients -------------------------------------------------------------------------------- */

static void call(struct caller *c)
{
	if (c->fd >= 0)
		return;
	*c = (struct caller){.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
	assert(c->fd >= 0);
	assert(connect(c->fd, (struct sockaddr *)&address, address_len) == 0);
}

static void hang_up(struct caller *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* With n descriptors. */
static bool send_with(int to, const void *packet, size_t len, unsigned int n)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = {0};
	struct iovec v = {.iov_base = (void *)packet, .iov_len = len};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	int fd[FDS_MAX];

	for (unsigned int i = 0; i < n; i++)
		fd[i] = passed;
	if (n) {
		m.msg_control = control.buf;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fd, n * sizeof(int));
	}
	return sendmsg(to, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

/* A question as it should be, but for what the input says of it. Its bytes. */
static size_t question(struct input *in, uint8_t how, char *data)
{
	static const char *const verbs[] = {"console", "exec", "step", "capture",
					    "figures", "down", "",     "exec"};
	static const char *const fits[] = {"a", "sh", "w"};
	const char *verb = verbs[how & 7];
	uint8_t words = take8(in);
	size_t len = (size_t)sprintf(data, "%s", verb) + 1;

	if (words & 128) /* as many as fit; else as many as the input says */
		words = how & 4 ? 0 : (how & 7) ? 2 : 1;
	for (unsigned int i = 0; i < words; i++) {
		len += (size_t)sprintf(data + len, "%s", fits[i % 3]) + 1;
		if (!i && how & 8)
			data[len - 2] = (char)take8(in);
	}
	return len;
}

static void say(struct caller *c, struct input *in)
{
	static struct {
		struct serve_head head;
		char data[SERVE_BYTES + 4096];
	} p;
	uint8_t what = take8(in), how = take8(in);
	size_t len;

	if (c->fd < 0 || c->half)
		return;
	p.head.value = SERVE_VERSION;
	memset(p.data, 'x', sizeof(p.data));
	switch (what % 8) {
	case 0:
	case 1:
		p.head.kind = SERVE_ASK;
		len = question(in, how, p.data);
		break;
	case 2: /* many words, or long ones */
		p.head.kind = SERVE_ASK;
		len = question(in, how, p.data);
		for (size_t i = len + take8(in); i < sizeof(p.data); i += 1 + take8(in) * 16U)
			p.data[i] = 0;
		len += take16(in);
		break;
	default:
		p.head.kind = what & 128 ? take32(in) : SERVE_ASK + (what >> 3) % 7;
		p.head.value = (int32_t)take32(in);
		len = take8(in);
		take(in, p.data, len);
	}
	if (how & 16)
		p.head.value = (int32_t)take32(in);
	if (how & 32)
		len = take16(in);
	len = (len < sizeof(p.data) ? len : sizeof(p.data)) + sizeof(p.head);
	if (how & 64)
		len = take8(in) % sizeof(p.head);
	if (!send_with(c->fd, &p, len, how & 128 ? take8(in) % (FDS_MAX + 1) : 0))
		return;
	/* One of no bytes means that nothing comes any more. */
	c->half |= !len;
}

/* Up to n packets that came. */
static void hear(struct caller *c, unsigned int n)
{
	static struct {
		struct serve_head head;
		char data[SERVE_BYTES + 1];
	} p;
	ssize_t got;

	for (; n && c->fd >= 0; n--) {
		got = recv(c->fd, &p, sizeof(p), MSG_DONTWAIT);
		if (got <= 0)
			return;
		assert(got >= (ssize_t)sizeof(p.head) && got < (ssize_t)sizeof(p));
		assert(p.head.kind >= SERVE_OUT && p.head.kind <= SERVE_END);
		assert(!c->ends);
		if (p.head.kind != SERVE_END)
			continue;
		c->ends++;
		assert(p.head.value >= 0 && p.head.value < 256);
	}
}

/* --- what happens ------------------------------------------------------------------------------ */

static struct request *any_request(uint8_t which)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < REQUESTS; i++)
		if (request[i].client && n++ == which % 4)
			return &request[i];
	return NULL;
}

static void console_prints(struct run_node *n, size_t len)
{
	if (!n->console)
		return;
	for (struct run_console_user *u = n->console->users, *next; u; u = next) {
		next = u->next;
		is_there(u->arg);
		u->output(u, output, len);
	}
}

static void one_thing(struct input *in)
{
	uint8_t what = take8(in), which = take8(in);
	struct caller *c = &caller[which % CLIENTS];
	struct request *r = any_request(which);

	switch (what % 10) {
	case 0:
		call(c);
		break;
	case 1:
	case 2:
	case 3:
		call(c);
		say(c, in);
		break;
	case 4:
		hear(c, 1 + which / CLIENTS);
		break;
	case 5:
		hang_up(c);
		break;
	case 6:
		if (r && r->output)
			print(r, 1 + take8(in) * (size_t)1171 % OUTPUT_MAX);
		break;
	case 7:
		if (r)
			answer(r, take8(in));
		break;
	case 8:
		console_prints(&node[which % NODES], take8(in) * (size_t)1171 % OUTPUT_MAX);
		break;
	case 9: /* one that is on has a console from then on */
		node[which % NODES].state = which % 5;
		if (node[which % NODES].state)
			node[which % NODES].console = &console[which % NODES];
		run_down_look(&run);
	}
}

static void look_at_clients(void)
{
	for (const struct run_client *c = run.clients; c; c = c->next) {
		assert(c->queued <= QUEUE_MAX + PACKET_FEW && (c->first || !c->queued));
		/* Who is gone stays only as long as what it asked for. */
		assert(c->socket.fd >= 0 || (c->pending && !c->first && !c->capture && !c->node));
	}
	/* Nobody will ever fetch what a command has printed for who is gone. */
	for (const struct request *r = request; r < request + REQUESTS; r++)
		assert(!r->client || r->client->socket.fd >= 0 || !r->waits);
}

static void turn(void)
{
	turn_loop(run.loop);
	look();
	look_at_clients();
}

/* --- all of it ------------------------------------------------------------------------------------ */

static void listen_once(void)
{
	if (listening >= 0)
		return;
	/* A name that the kernel chooses. */
	listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	address.sun_family = AF_UNIX;
	assert(listening >= 0);
	assert(bind(listening, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0);
	address_len = sizeof(address);
	assert(getsockname(listening, (struct sockaddr *)&address, &address_len) == 0);
	assert(listen(listening, 64) == 0);
	passed = memfd_create("fuzz", MFD_CLOEXEC);
	assert(passed >= 0);
}

static void begin(struct input *in)
{
	uint8_t how = take8(in);

	memset(request, 0, sizeof(request));
	memset(looked_at, 0, sizeof(looked_at));
	captures = flushes = finished = 0;
	rig = (struct rig){.nnodes = NODES, .node = rig_node};
	run = (struct run){
		.c = {.serve = true, .serve_fd = listening, .folder = "/f", .own_rig = &rig},
		.rig = &rig,
		.loop = loop_new(),
		.node = node,
		.started = !(how & 1),
		.listening.fd = -1,
	};
	assert(run.loop);
	for (unsigned int i = 0; i < NODES; i++) {
		bool is_on = !(how >> i & 2);

		console[i] = (struct run_console){0};
		rig_node[i] = (struct rig_node){.cow = i ? "cow" : NULL};
		node[i] = (struct run_node){
			.run = &run,
			.index = i,
			.state = is_on ? NODE_UP : NODE_OFF,
			.console = is_on ? &console[i] : NULL,
		};
	}
	for (unsigned int i = 0; i < CLIENTS; i++)
		caller[i] = (struct caller){.fd = -1};
	assert(run_serve_begin(&run) == 0);
}

/* All are told, and read what there is. */
static void settle(void)
{
	struct request *r;

	for (unsigned int turns = 0; turns < 2000; turns++) {
		bool waits = false;

		turn();
		for (unsigned int i = 0; i < CLIENTS; i++)
			hear(&caller[i], 64);
		for (const struct run_client *c = run.clients; c; c = c->next)
			waits |= c->first != NULL;
		if (!waits && (r = any_request(0)))
			answer(r, 1);
		else if (!waits && turns > 2 * CLIENTS)
			break;
	}
	turn();
	for (unsigned int i = 0; i < CLIENTS; i++)
		hear(&caller[i], 64);
	for (const struct run_client *c = run.clients; c; c = c->next)
		assert(!c->first && !c->pending && c->socket.fd >= 0);
}

/* What is answered at once or in the end has its END; what goes on gets it when the network ends. */
static void end(void)
{
	unsigned int ended = 0, over = 0;

	settle();
	for (const struct run_client *c = run.clients; c; c = c->next) {
		over += c->over;
		assert(c->over || !c->asked || c->node || c->capture || c->waits_for_down);
	}
	for (unsigned int i = 0; i < CLIENTS; i++)
		ended += caller[i].fd >= 0 && !caller[i].half && caller[i].ends;
	assert(over == ended);
	run_serve_end(&run);
	assert(!run.clients && !captures);
	for (unsigned int i = 0; i < CLIENTS; i++) {
		hear(&caller[i], 64);
		assert(caller[i].fd < 0 || caller[i].half || caller[i].ends == 1);
		hang_up(&caller[i]);
	}
	for (unsigned int i = 0; i < NODES; i++)
		assert(!console[i].users);
	loop_free(run.loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint64_t open;

	listen_once();
	open = fds_open();
	begin(&in);
	choices = &in;
	while (in.left) {
		one_thing(&in);
		turn();
	}
	choices = NULL;
	end();
	assert(fds_open() == open);
	return 0;
}
