// SPDX-License-Identifier: GPL-2.0
/* uml_rig top: how the network is doing, again and again; or once, where nobody looks. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "client.h"
#include "host_tree.h"
#include "log.h"
#include "loop.h"
#include "place.h"
#include "rig.h"
#include "uml_rig.h"

#define EVERY_MS 1000
#define FIRST_MS 300 /* rates need two looks */
#define LINE 200

struct top_node {
	char name[RIG_NAME_MAX + 1], state[16];
	int pid;
	uint64_t ticks, bytes;
};

struct top_way {
	char from[RIG_NAME_MAX + 1], to[RIG_NAME_MAX + 1], settings[LINE];
	double figure[RIG_FIGURES];
};

/* One look. */
struct look {
	char rig[RIG_NAME_MAX + 1];
	uint64_t at_ns; /* of our clock */
	uint64_t age_ns; /* of the network */
	struct top_node node[RIG_NODES_MAX];
	struct top_way way[2 * RIG_LINKS_MAX];
	unsigned int nodes, ways;
};

/* --- looking ------------------------------------------------------------------ */

static void read_way(struct look *l, const char *line)
{
	struct top_way *w = &l->way[l->ways];
	const char *p = line;
	unsigned int i;
	int used = 0;

	if (l->ways == 2 * RIG_LINKS_MAX ||
	    sscanf(p, "link %32s %32s%n", w->from, w->to, &used) != 2)
		return;
	for (i = 0; i < RIG_FIGURES; i++) {
		p += used;
		if (sscanf(p, " %lf%n", &w->figure[i], &used) != 1)
			return;
	}
	p += used;
	snprintf(w->settings, sizeof(w->settings), "%s", strncmp(p, " : ", 3) ? "" : p + 3);
	l->ways++;
}

static void read_line(struct look *l, const char *line)
{
	struct top_node *n = &l->node[l->nodes];

	if (strncmp(line, "link ", 5) == 0)
		read_way(l, line);
	else if (l->nodes < RIG_NODES_MAX &&
		 sscanf(line, "node %32s %15s %d", n->name, n->state, &n->pid) == 3)
		l->nodes++;
	else if (sscanf(line, "rig %32s %" SCNu64, l->rig, &l->age_ns) != 2)
		return;
}

static void read_lines(struct look *l, char *text)
{
	char *line, *save;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		read_line(l, line);
}

/* All that a network answers, to be freed; NULL: told. */
static char *ask_figures(const char *name)
{
	static const char *const word[] = {"figures"};
	int fd = place_connect(name), rc = -1;
	struct client_packet p = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	if (fd < 0)
		return NULL;
	f = open_memstream(&text, &len);
	if (f && client_ask(fd, word, 1, -1) == 0)
		while ((rc = client_receive(fd, &p)) > 0 && p.head.kind == SERVE_OUT)
			fwrite(p.data, 1, p.len, f);
	close(fd);
	if (f && fclose(f) == 0 && rc > 0 && p.head.value == 0)
		return text;
	log_err("%s", p.len ? p.data : "the network has gone");
	free(text);
	return NULL;
}

static void add_costs(struct look *l)
{
	struct host_tree *t = host_tree_read();
	unsigned int i;

	for (i = 0; t && i < l->nodes; i++)
		if (l->node[i].pid)
			host_tree_cost(t, l->node[i].pid, &l->node[i].ticks, &l->node[i].bytes);
	host_tree_free(t);
}

static int look(const char *name, struct look *l)
{
	char *text = ask_figures(name);

	if (!text)
		return -ENOENT;
	memset(l, 0, sizeof(*l));
	read_lines(l, text);
	free(text);
	l->at_ns = loop_now_ns();
	add_costs(l);
	return 0;
}

/* --- showing ------------------------------------------------------------------ */

struct screen {
	bool terminal;
	unsigned int rows, columns, used;
};

/* A line, as far as there is room. */
__attribute__((format(printf, 2, 3))) static void show(struct screen *s, const char *fmt, ...)
{
	char text[2 * LINE];
	va_list ap;
	int n;

	if (s->terminal && s->used + 1 >= s->rows)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (s->terminal && n > (int)s->columns)
		text[s->columns] = 0;
	printf("%s%s\n", text, s->terminal ? "\033[K" : "");
	s->used++;
}

/* A number with a unit in six places. */
static void scaled(double v, char out[16])
{
	static const char units[] = " kMGT";
	unsigned int i = 0;

	while (v >= 9999.5 && units[i + 1]) {
		v /= 1000;
		i++;
	}
	snprintf(out, 16, "%5.0f%c", v, units[i]);
}

static void show_nodes(struct screen *s, const struct look *was, const struct look *is,
		       double seconds)
{
	const double hertz = (double)sysconf(_SC_CLK_TCK);
	unsigned int i;

	show(s, "%-20s %-10s %8s %6s %8s", "NODE", "STATE", "PID", "CPU %", "MEM MB");
	for (i = 0; i < is->nodes; i++) {
		const struct top_node *n = &is->node[i], *old = &was->node[i];
		double ticks = 0;

		if (i < was->nodes && old->pid == n->pid && n->ticks > old->ticks)
			ticks = (double)(n->ticks - old->ticks);
		if (n->pid)
			show(s, "%-20s %-10s %8d %6.1f %8.1f", n->name, n->state, n->pid,
			     100 * ticks / hertz / seconds, (double)n->bytes / 1e6);
		else
			show(s, "%-20s %-10s", n->name, n->state);
	}
}

static void show_ways(struct screen *s, const struct look *was, const struct look *is,
		      double seconds)
{
	unsigned int i;

	show(s, " ");
	show(s, "%-16s %-16s %6s %6s %6s %6s %6s  %s", "FROM", "TO", "pkt/s", "bit/s", "queue",
	     "lost", "drops", "SETTINGS");
	for (i = 0; i < is->ways; i++) {
		const struct top_way *w = &is->way[i], *old = &was->way[i];
		bool known = i < was->ways;
		char rate[16], bits[16], queue[16], lost[16], drops[16];
		const double *f = w->figure;

		scaled(known ? (f[RIG_FIGURE_DELIVERED] - old->figure[RIG_FIGURE_DELIVERED]) /
				       seconds
			     : 0,
		       rate);
		scaled(known ? 8 *
				       (f[RIG_FIGURE_DELIVERED_BYTES] -
					old->figure[RIG_FIGURE_DELIVERED_BYTES]) /
				       seconds
			     : 0,
		       bits);
		scaled(f[RIG_FIGURE_QUEUE], queue);
		scaled(f[RIG_FIGURE_LOST], lost);
		scaled(f[RIG_FIGURE_DROPPED], drops);
		show(s, "%-16s %-16s %s %s %s %s %s  %s", w->from, w->to, rate, bits, queue, lost,
		     drops, w->settings);
	}
}

static void show_all(const struct look *was, const struct look *is, bool terminal)
{
	double seconds = (double)(is->at_ns - was->at_ns) / 1e9;
	struct screen s = {.terminal = terminal, .rows = 24, .columns = 80};
	struct winsize w;

	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col) {
		s.rows = w.ws_row;
		s.columns = w.ws_col < 2 * LINE ? w.ws_col : 2 * LINE - 1;
	}
	if (seconds <= 0)
		seconds = 1;
	if (terminal)
		fputs("\033[H", stdout);
	show(&s, "%s, up for %.0f s, %u nodes%s", is->rig, (double)is->age_ns / 1e9, is->nodes,
	     terminal ? "; q leaves" : "");
	show(&s, " ");
	show_nodes(&s, was, is, seconds);
	show_ways(&s, was, is, seconds);
	if (terminal)
		fputs("\033[J", stdout);
	fflush(stdout);
}

/* --- again and again ----------------------------------------------------------- */

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	stopped = sig;
}

/* Waits; true: a key or a signal says that it is enough. */
static bool enough(int ms)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	char key;

	if (poll(&p, isatty(STDIN_FILENO) ? 1 : 0, ms) > 0)
		return read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q' || key == 3;
	return stopped;
}

static int go_on(const char *name, struct look *a, struct look *b)
{
	struct look *was = a, *is = b, *swap;
	int err = 0, ms = FIRST_MS;

	show_all(was, was, true);
	while (!stopped && !enough(ms)) {
		err = look(name, is);
		if (err)
			break;
		show_all(was, is, true);
		swap = was;
		was = is;
		is = swap;
		ms = EVERY_MS;
	}
	return err ? SERVE_FAILED : EXIT_FINE;
}

/* The screen is another one meanwhile, and keys come at once. */
static int on_terminal(const char *name, struct look *a, struct look *b)
{
	const struct sigaction action = {.sa_handler = stop};
	struct termios was, raw;
	bool keys = tcgetattr(STDIN_FILENO, &was) == 0;
	int status;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	if (keys) {
		raw = was;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	fputs("\033[?1049h\033[?25l", stdout);
	status = go_on(name, a, b);
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	if (keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &was);
	return status;
}

static int once(const char *name, struct look *a, struct look *b)
{
	const struct timespec t = {.tv_nsec = FIRST_MS * 1000000L};

	nanosleep(&t, NULL);
	if (look(name, b) < 0)
		return SERVE_FAILED;
	show_all(a, b, false);
	return EXIT_FINE;
}

int cmd_top(struct context *c)
{
	struct look *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	int status = SERVE_FAILED;

	if (!a || !b)
		log_err("out of memory");
	else if (look(c->name, a) == 0)
		status = c->once || !isatty(STDOUT_FILENO) ? once(c->name, a, b)
							   : on_terminal(c->name, a, b);
	free(a);
	free(b);
	return status;
}
