// SPDX-License-Identifier: GPL-2.0
/*
 * Management console: the commands. Devices are the loader's (hotplug.c); what concerns
 * the kernel itself is passed on to it as a text and its answer handed back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "console.h"
#include "control.h"
#include "hotplug.h"
#include "mconsole_private.h"
#include "mconsole_proto.h"

/* A command that was passed on to the guest. */
struct forwarded {
	struct linux_ctx *ctx;
	struct answer *answer;
	const struct command *command;
};

enum {
	ARG_NONE = 0x1, /* takes no argument */
	ARG_NEEDED = 0x2,
	ENDS_GUEST = 0x4, /* a guest that ends has obeyed */
	LOCAL = 0x8, /* not for the guest */
};

struct command {
	const char *name;
	const char *argument; /* for help */
	const char *help;
	unsigned int flags;
	void (*serve)(struct linux_ctx *ctx, struct answer *a, const char *rest); /* LOCAL */
	/* Called when the guest has done it. */
	void (*done)(struct linux_ctx *ctx);
};

static void serve_help(struct linux_ctx *ctx, struct answer *a, const char *rest);

static void serve_version(struct linux_ctx *ctx, struct answer *a, const char *rest)
{
	const struct pack_blob *b = pack_find(&ctx->pack, "version");
	char release[128] = "";
	ssize_t n = 0;

	if (b && b->length < sizeof(release))
		n = pread(ctx->self_fd, release, b->length, (off_t)b->offset);
	release[n > 0 ? n : 0] = '\0';
	release[strcspn(release, "\n")] = '\0';
	answer_end(a, 0, "Linux %s %s x86_64 (Nestling)", ctx->umid, release);
}

static void set_stopped(struct linux_ctx *ctx)
{
	ctx->mconsole->stopped = true;
}

static void set_going(struct linux_ctx *ctx)
{
	ctx->mconsole->stopped = false;
	console_tell_sizes(ctx);
}

static const struct command commands[] = {
	{"version", "", "what runs here", ARG_NONE | LOCAL, serve_version, NULL},
	{"help", "", "this list", LOCAL, serve_help, NULL},
	{"halt", "", "halt the guest at once, without its shutdown", ARG_NONE | ENDS_GUEST, NULL,
	 NULL},
	{"reboot", "", "restart the guest at once, without its shutdown", ARG_NONE | ENDS_GUEST,
	 NULL, NULL},
	{"cad", "", "Ctrl-Alt-Del: the guest's init shuts it down", ARG_NONE | ENDS_GUEST, NULL,
	 NULL},
	{"config", "[DEV]", "what a device is connected to; without DEV all of them", LOCAL,
	 hotplug_config, NULL},
	{"config", "DEV=SETTING",
	 "add a device: ubd<n><flags>=file[,file2][,serial], con<n>=channel, ssl<n>=channel, "
	 "eth<n>=transport",
	 LOCAL, hotplug_config, NULL},
	{"config", "mem[=[+|-]SIZE]", "the guest's memory: show it, give or take", LOCAL,
	 hotplug_config, NULL},
	{"remove", "DEV", "remove a device", ARG_NEEDED | LOCAL, hotplug_remove, NULL},
	{"sysrq", "KEY", "magic SysRq: s sync, u read-only, t tasks, m memory, b reboot, ...",
	 ARG_NEEDED | ENDS_GUEST, NULL, NULL},
	{"stop", "", "stop the guest; it answers nothing but go", ARG_NONE, NULL, set_stopped},
	{"go", "", "let a stopped guest go on", ARG_NONE, NULL, set_going},
	{"log", "[TEXT]", "the kernel's log; with TEXT: write that to it", 0, NULL, NULL},
	{"proc", "FILE", "show /proc/FILE of the guest", ARG_NEEDED, NULL, NULL},
	{"stack", "PID", "kernel stack of a process", ARG_NEEDED, NULL, NULL},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void serve_help(struct linux_ctx *ctx, struct answer *a, const char *rest)
{
	char line[256];
	int n;

	answer_add(a, 0, "Commands:\n", 10, true);
	for (size_t i = 0; i < NCOMMANDS; i++) {
		const struct command *c = &commands[i];

		n = snprintf(line, sizeof(line), "    %s%s%s - %s\n", c->name,
			     *c->argument ? " " : "", c->argument, c->help);
		answer_add(a, 0, line, (size_t)n, true);
	}
	answer_end(a, 0, "Devices: ubd0-ubd15 (or ubda-ubdp), con0-con15, ssl0-ssl63, eth0-eth15.");
}

bool mconsole_can_ask(struct linux_ctx *ctx, struct answer *a)
{
	if (!ctx->mconsole->stopped)
		return true;
	answer_end(a, EBUSY, "the guest is stopped (go continues it)");
	return false;
}

void mconsole_no_answer(struct answer *a, int err)
{
	switch (err) {
	case -ETIMEDOUT:
		answer_end(a, err, "the guest did not answer in time; it hangs or is busy");
		break;
	case -EAGAIN:
		answer_end(a, err, "the guest reads no commands; it hangs or is busy");
		break;
	case -ENOTCONN:
		answer_end(a, err, "no guest runs at this moment; it is being restarted");
		break;
	case -ECONNRESET:
	case -EPIPE:
		answer_end(a, err, "the guest ended before it answered");
		break;
	default:
		answer_end(a, err, "asking the guest failed: %s", strerror(-err));
	}
}

static void on_result(void *arg, const struct nl_msg *m, int err)
{
	struct forwarded *f = arg;

	if (!m) {
		if (err == -ECONNRESET && f->command->flags & ENDS_GUEST)
			answer_end(f->answer, 0, "%s", "");
		else
			mconsole_no_answer(f->answer, err);
		free(f);
		return;
	}
	if (!m->more && m->err && !m->len)
		answer_end(f->answer, m->err, "%s", strerror(abs(m->err)));
	else
		answer_add(f->answer, m->err, m->text, m->len, m->more);
	if (m->more)
		return;
	if (!m->err && f->command->done)
		f->command->done(f->ctx);
	free(f);
}

static void forward(struct linux_ctx *ctx, struct answer *a, const struct command *c,
		    const char *line)
{
	struct nl_msg m = {.type = NL_MSG_COMMAND, .len = (uint32_t)strlen(line)};
	struct forwarded *f;
	int err;

	if (strcmp(c->name, "go") != 0 && !mconsole_can_ask(ctx, a))
		return;
	f = calloc(1, sizeof(*f));
	if (!f) {
		answer_end(a, ENOMEM, "no memory");
		return;
	}
	*f = (struct forwarded){.ctx = ctx, .answer = a, .command = c};
	memcpy(m.text, line, m.len);
	err = control_request(ctx, &m, NULL, 0, ctx->mconsole->timeout_ns, on_result, f);
	if (err) {
		free(f);
		mconsole_no_answer(a, err);
	}
}

static const struct command *find(const char *name, size_t len)
{
	for (size_t i = 0; i < NCOMMANDS; i++) {
		if (strlen(commands[i].name) == len && memcmp(commands[i].name, name, len) == 0)
			return &commands[i];
	}
	return NULL;
}

_Static_assert(MCONSOLE_TEXT <= NL_MSG_TEXT, "a command fits into a message");

void mconsole_command(struct linux_ctx *ctx, struct answer *a, const char *line)
{
	const char *rest;
	size_t len = mconsole_first_word(line, &rest);
	const struct command *c = find(line, len);

	if (!c)
		answer_end(a, EINVAL, "unknown command '%.*s'; 'help' lists them",
			   len < 40 ? (int)len : 40, line);
	else if (c->flags & ARG_NEEDED && !*rest)
		answer_end(a, EINVAL, "usage: %s %s", c->name, c->argument);
	else if (c->flags & ARG_NONE && *rest)
		answer_end(a, EINVAL, "%s takes no argument", c->name);
	else if (c->flags & LOCAL)
		c->serve(ctx, a, rest);
	else if (strcmp(c->name, "go") == 0 && !ctx->mconsole->stopped)
		answer_end(a, EINVAL, "the guest is not stopped");
	else
		forward(ctx, a, c, line);
}

/* For "config mem": the same way, as the kernel's own command. */
void mconsole_forward_config(struct linux_ctx *ctx, struct answer *a, const char *rest)
{
	static const struct command config = {.name = "config"};
	char line[MCONSOLE_TEXT + 1];

	snprintf(line, sizeof(line), "config %.*s", MCONSOLE_TEXT - 8, rest);
	forward(ctx, a, &config, line);
}
