// SPDX-License-Identifier: GPL-2.0
/* Guests of a rig as processes; see node.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "agent_abi.h"
#include "net.h"
#include "node.h"

#define WORDS_MAX 64
#define HIDDEN_MAC "02:4e:ff:00:%02x:%02x"

struct words {
	char *word[WORDS_MAX];
	unsigned int n;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void add(struct words *w, const char *fmt, ...)
{
	va_list ap;

	if (w->n + 1 >= WORDS_MAX) {
		w->failed = true;
		return;
	}
	va_start(ap, fmt);
	if (vasprintf(&w->word[w->n], fmt, ap) < 0)
		w->failed = true;
	else
		w->word[++w->n] = NULL;
	va_end(ap);
}

static void add_cards(struct words *w, const struct node_words *c)
{
	const struct rig_node *n = &c->rig->node[c->node];
	uint32_t i;

	for (i = 0; i < n->cards; i++) {
		const uint8_t *m = n->card[i].mac;

		add(w, "eth%u=daemon,%02x:%02x:%02x:%02x:%02x:%02x,unix,%s/%u.%u", i, m[0], m[1],
		    m[2], m[3], m[4], m[5], c->sockets, c->node, i);
	}
	add(w, "eth%u=daemon," HIDDEN_MAC ",unix,%s/%u.%u", i, c->node >> 8, c->node & 0xff,
	    c->sockets, c->node, i);
}

/* Words of the rig for the guest kernel, separated by blanks. */
static void add_kernel(struct words *w, const char *text)
{
	const char *end;

	while (*text) {
		end = text + strcspn(text, " ");
		if (end > text)
			add(w, "%.*s", (int)(end - text), text);
		text = end + strspn(end, " ");
	}
}

static void add_disk(struct words *w, const char *cow, const struct rig_image *image)
{
	add(w, "ubd0=%s,%s", cow, image->file);
	if (image->length)
		add(w, "nestling.backing=%llu+%llu", (unsigned long long)image->offset,
		    (unsigned long long)image->length);
}

static void words_of(struct words *w, const struct node_words *c)
{
	const struct rig_node *n = &c->rig->node[c->node];

	add(w, "%s", c->program);
	add(w, "mem=%lluK", (unsigned long long)n->mem_bytes >> 10);
	add(w, "noreboot");
	add(w, "con=none");
	if (c->console_fd >= 0) {
		add(w, "con0=fd:0,fd:1");
		add(w, "escape=none"); /* the key belongs to who joins the console */
	} else {
		add(w, "con0=null,fd:1");
		add(w, "nestling.plain"); /* no shell that nobody would type into */
	}
	add(w, "uml_dir=%s/uml", c->sockets); /* nothing is left there when the power is cut */
	add(w, "umid=%s", n->name);
	if (c->cow)
		add_disk(w, c->cow, &c->rig->image[n->image]);
	add_cards(w, c);
	if (c->lane_fd >= 0)
		add(w, "lane=%d,%d", c->lane_fd, c->event_fd);
	add(w, c->cow ? AGENT_WORD "=/dev/ubda" : AGENT_WORD);
	add_kernel(w, n->kernel);
}

static void become(char *const words[], const struct node_words *c, int log_fd)
{
	sigset_t none;
	bool terminal = c->console_fd >= 0;
	int in = terminal ? c->console_fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out = terminal ? c->console_fd : log_fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	if (c->lane_fd >= 0) {
		fcntl(c->lane_fd, F_SETFD, 0);
		fcntl(c->event_fd, F_SETFD, 0);
	}
	if (terminal)
		setenv("TERM", "xterm", 0);
	else
		unsetenv("TERM");
	execv(words[0], words);
	dprintf(2, "%s cannot be run: %s\n", words[0], strerror(errno));
	_exit(127);
}

pid_t node_start(const struct node_words *c, int log_fd)
{
	struct words w = {0};
	pid_t pid = -ENOMEM;
	unsigned int i;

	words_of(&w, c);
	if (!w.failed) {
		pid = fork();
		if (pid == 0)
			become(w.word, c, log_fd);
		if (pid < 0)
			pid = -errno;
	}
	for (i = 0; i < w.n; i++)
		free(w.word[i]);
	return pid;
}

/* fn(child, sig) for each child of a process that has one thread. */
static void each_child(pid_t pid, void (*fn)(pid_t child, int sig), int sig)
{
	char path[64];
	FILE *f;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &child) == 1)
		fn(child, sig);
	if (f)
		fclose(f);
}

static void send_signal(pid_t pid, int sig)
{
	kill(pid, sig);
}

static void signal_below(pid_t pid, int sig)
{
	each_child(pid, send_signal, sig);
}

/* Its name is set by isolate.c; the rest of what is there would only die. */
static void abort_kernel(pid_t pid, int sig)
{
	char path[64], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	f = fopen(path, "re");
	if (f && fgets(name, sizeof(name), f) && strcmp(name, "guest-kernel\n") == 0) {
		kill(pid, sig);
		kill(pid, SIGCONT);
	}
	if (f)
		fclose(f);
}

static void abort_below(pid_t pid, int sig)
{
	abort_kernel(pid, sig);
	each_child(pid, abort_kernel, sig);
}

void node_abort(pid_t pid)
{
	each_child(pid, abort_below, SIGABRT);
}

void node_report(const char *sockets, const char *name, char *out, size_t len)
{
	snprintf(out, len, "%s/uml/%s.crash", sockets, name);
}

void node_stop(pid_t pid, bool on)
{
	each_child(pid, signal_below, on ? SIGSTOP : SIGCONT);
}
