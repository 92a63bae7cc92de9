// SPDX-License-Identifier: GPL-2.0
/* Commands of the control socket: one line each, in a table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "link.h"
#include "port_kinds.h"
#include "port_nat.h"
#include "port_pcap.h"
#include "stp.h"
#include "uml_switch.h"

#define WORDS_MAX 64

static int fail(struct call *c, int status, const char *what, const char *arg)
{
	snprintf(c->err, c->err_len, "%s%s%s%s", what, arg ? " '" : "", arg ? arg : "",
		 arg ? "'" : "");
	return status;
}

struct port *ctl_port(struct call *c, const char *name)
{
	struct port *port = port_find(c->ctx->sw, name);

	if (!port)
		fail(c, -ENODEV, "'show ports' lists them; there is no port", name);
	return port;
}

/* --- ports ------------------------------------------------------------------ */

static int cmd_port_add(struct call *c)
{
	struct port *port;

	return port_create(&port, c->ctx->sw, c->word[0], c->n > 1 ? c->word[1] : NULL, c->err,
			   c->err_len);
}

static int cmd_port_remove(struct call *c)
{
	struct port *port = ctl_port(c, c->word[0]);

	if (!port)
		return -ENODEV;
	port_remove(port);
	return 0;
}

static int cmd_port_start(struct call *c)
{
	struct port *port = ctl_port(c, c->word[0]);
	int err = port ? port_pcap_start(port) : -ENODEV;

	if (err == -EALREADY)
		return fail(c, err, "it is being played; there is no start before its end for",
			    port->name);
	return err == -EINVAL ? fail(c, err, "no capture is played by", port->name) : err;
}

static int set_up(struct call *c, bool up)
{
	struct port *port = ctl_port(c, c->word[0]);

	if (!port)
		return -ENODEV;
	port_set_up(port, up);
	return 0;
}

static int cmd_port_up(struct call *c)
{
	return set_up(c, true);
}

static int cmd_port_down(struct call *c)
{
	return set_up(c, false);
}

static int cmd_port_name(struct call *c)
{
	struct port *port = ctl_port(c, c->word[0]);
	int err = port ? port_rename(port, c->word[1]) : -ENODEV;

	if (err == -EEXIST)
		return fail(c, err, "there is already a port", c->word[1]);
	if (err == -EINVAL)
		return fail(c, err, "names are letters, digits and ._-, not", c->word[1]);
	return err;
}

/* "10,20-29" into a set. */
static bool vlan_list(const char *text, struct port_vlan *v)
{
	while (*text) {
		char *end;
		unsigned long a = strtoul(text, &end, 10), b = a;

		if (end == text)
			return false;
		if (*end == '-') {
			text = end + 1;
			b = strtoul(text, &end, 10);
			if (end == text)
				return false;
		}
		if (!a || a > b || b > VLAN_MAX || (*end && *end != ','))
			return false;
		for (; a <= b; a++)
			v->allowed[a / 8] |= (uint8_t)(1 << a % 8);
		text = *end ? end + 1 : end;
	}
	return true;
}

static bool vlan_number(const char *text, uint16_t *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*out = (uint16_t)n;
	return *text && !*end && n >= 1 && n <= VLAN_MAX;
}

static int cmd_vlan(struct call *c)
{
	struct port_vlan v = {.mode = PORT_VLAN_NONE};
	struct port *port = ctl_port(c, c->word[0]);
	bool good = true;

	if (!port)
		return -ENODEV;
	if (!strcmp(c->word[1], "access") && c->n == 3) {
		v.mode = PORT_VLAN_ACCESS;
		good = vlan_number(c->word[2], &v.vlan);
	} else if (!strcmp(c->word[1], "trunk") && (c->n == 3 || c->n == 5)) {
		v.mode = PORT_VLAN_TRUNK;
		good = vlan_list(c->word[2], &v) &&
		       (c->n == 3 ||
			(!strcmp(c->word[3], "native") && vlan_number(c->word[4], &v.vlan)));
	} else {
		good = !strcmp(c->word[1], "none") && c->n == 2;
	}
	if (!good)
		return fail(
			c, -EINVAL,
			"say 'vlan PORT none', 'access N' or 'trunk 10,20-29 [native N]', N from "
			"1 to 4094",
			NULL);
	return port_set_vlan(port, &v);
}

/* --- links ------------------------------------------------------------------ */

static void join(char **word, int n, char *out, size_t len)
{
	int i;

	*out = '\0';
	for (i = 0; i < n; i++) {
		strncat(out, word[i], len - strlen(out) - 1);
		strncat(out, " ", len - strlen(out) - 1);
	}
}

static int cmd_link(struct call *c)
{
	struct port *port = ctl_port(c, c->word[0]);
	struct link_spec spec = {0};
	bool in, out;
	char text[1024];
	int err;

	if (!port)
		return -ENODEV;
	if (c->n == 1)
		return show_links(c);
	in = !strcmp(c->word[1], "in");
	out = !strcmp(c->word[1], "out");
	if (!in && !out && strcmp(c->word[1], "both"))
		return fail(c, -EINVAL,
			    "say 'in' (from the port into the switch), 'out' or 'both', not",
			    c->word[1]);
	join(c->word + 2, c->n - 2, text, sizeof(text));
	err = link_parse(&spec, text, c->err, c->err_len);
	if (!err && !out)
		err = port_set_link(port, true, &spec);
	if (!err && !in)
		err = port_set_link(port, false, &spec);
	return err;
}

/* --- captures --------------------------------------------------------------- */

static bool size_of(const char *text, uint64_t *out)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	unsigned int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;

	if (shift)
		end++;
	*out = n << shift;
	return *text && !*end && n && n << shift >> shift == n;
}

/* rotate SIZE or SIZE/COUNT */
static bool rotation(char *text, struct capture_spec *spec)
{
	char *slash = strchr(text, '/');
	uint64_t count = 0;

	if (slash) {
		*slash = '\0';
		if (!size_of(slash + 1, &count) || count > UINT32_MAX)
			return false;
	}
	spec->rotate_files = (uint32_t)count;
	return size_of(text, &spec->rotate_bytes);
}

static int cmd_capture_start(struct call *c)
{
	struct capture_spec spec = {.path = c->word[0], .fd = -1};
	const char *ports = NULL;
	bool good = c->n % 2 == 1;
	uint64_t n;
	int i;

	for (i = 1; good && i + 1 < c->n; i += 2) {
		char *value = c->word[i + 1];

		if (!strcmp(c->word[i], "ports"))
			ports = strcmp(value, "all") ? value : NULL;
		else if (!strcmp(c->word[i], "filter"))
			spec.filter = value;
		else if (!strcmp(c->word[i], "snaplen"))
			good = size_of(value, &n) && (spec.snaplen = (uint32_t)n) == n;
		else if (!strcmp(c->word[i], "rotate"))
			good = rotation(value, &spec);
		else
			good = false;
	}
	if (!good)
		return fail(c, -EINVAL,
			    "say 'capture start FILE [ports A,B|all] [filter \"...\"] [snaplen N] "
			    "[rotate SIZE[/COUNT]]'",
			    NULL);
	return captures_start(c->ctx, &spec, ports, c->err, c->err_len);
}

static int cmd_capture_stop(struct call *c)
{
	if (strcmp(c->word[0], "all"))
		return captures_stop(c->ctx, c->word[0], c->err, c->err_len);
	captures_stop_all(c->ctx);
	return 0;
}

/* --- the rest --------------------------------------------------------------- */

static void show_forward(void *arg, const char *spec)
{
	fprintf(arg, "%s\n", spec);
}

static int cmd_nat(struct call *c)
{
	struct port *port = ctl_port(c, c->word[0]);
	bool add;

	if (!port)
		return -ENODEV;
	if (!port_is_nat(port))
		return fail(c, -EINVAL, "is not a NAT:", c->word[0]);
	if (c->n == 1) {
		port_nat_forwards(port, show_forward, c->out);
		return 0;
	}
	add = !strcmp(c->word[1], "add");
	if (c->n != 3 || (!add && strcmp(c->word[1], "remove")))
		return fail(c, -EINVAL,
			    "say 'forward PORT add|remove tcp|udp:[ADDR]:PORT:[GUEST]:PORT'", NULL);
	return port_nat_forward(port, c->word[2], add, c->err, c->err_len);
}

static int cmd_stp(struct call *c)
{
	char *end = "";
	unsigned long priority = STP_PRIORITY;

	if (!strcmp(c->word[0], "off")) {
		stp_disable(c->ctx->sw);
		return 0;
	}
	if (c->n > 1)
		priority = strtoul(c->word[1], &end, 10);
	if (strcmp(c->word[0], "on") || *end || priority > 65535)
		return fail(c, -EINVAL, "say 'stp on [PRIORITY]' or 'stp off'", NULL);
	return stp_enable(c->ctx->sw, (unsigned int)priority);
}

static int cmd_hub(struct call *c)
{
	bool on = !strcmp(c->word[0], "on");

	if (!on && strcmp(c->word[0], "off"))
		return fail(c, -EINVAL, "say 'hub on' or 'hub off', not", c->word[0]);
	sw_set_hub(c->ctx->sw, on);
	return 0;
}

static int cmd_forget(struct call *c)
{
	struct port *port = c->n ? ctl_port(c, c->word[0]) : NULL;

	if (c->n && !port)
		return -ENODEV;
	sw_macs_forget(c->ctx->sw, port);
	return 0;
}

static int cmd_reset(struct call *c)
{
	struct port *port;

	for (port = port_first(c->ctx->sw); port; port = port->next) {
		memset(&port->stats, 0, sizeof(port->stats));
		if (port->in)
			link_stats_reset(port->in);
		if (port->out)
			link_stats_reset(port->out);
	}
	return 0;
}

static int cmd_quit(struct call *c)
{
	loop_stop(c->ctx->loop);
	return 0;
}

static int cmd_help(struct call *c)
{
	ctl_help(c->out);
	return 0;
}

static const struct command {
	const char *name; /* one word or two */
	int min, max; /* words behind it */
	int (*fn)(struct call *c);
	const char *args, *help;
} commands[] = {
	{"show ports", 0, 0, show_ports, "", "who is connected"},
	{"show stats", 0, 1, show_stats, " [PORT]", "frames and bytes, and what was dropped, why"},
	{"show json", 0, 0, show_json, "", "ports, links and statistics as JSON"},
	{"show links", 0, 1, show_links, " [PORT]", "settings of all links that are not perfect"},
	{"show macs", 0, 0, show_macs, "", "addresses that were learned"},
	{"show captures", 0, 0, show_captures, "", "what is being captured"},
	{"show stp", 0, 0, show_stp, "", "the spanning tree: its root, and what ports do in it"},
	{"port add", 1, 2, cmd_port_add, " SPEC [NAME]", "a port; see uml_switch --help for SPEC"},
	{"port remove", 1, 1, cmd_port_remove, " PORT", "ends it"},
	{"port start", 1, 1, cmd_port_start, " PORT", "plays its capture (from pcap:FILE)"},
	{"port up", 1, 1, cmd_port_up, " PORT", "puts the cable in"},
	{"port down", 1, 1, cmd_port_down, " PORT", "pulls the cable"},
	{"port name", 2, 2, cmd_port_name, " PORT NAME", "another name"},
	{"vlan", 2, 5, cmd_vlan, " PORT none | access N | trunk LIST [native N]", ""},
	{"link", 1, WORDS_MAX, cmd_link, " PORT [in|out|both WORDS...]",
	 "delay=40ms jitter=5ms/normal loss=0.5% rate=2Mbit queue=64KiB down perfect ..."},
	{"capture start", 1, 9, cmd_capture_start,
	 " FILE [ports A,B] [filter \"...\"] [snaplen N] [rotate SIZE[/COUNT]]", "pcapng"},
	{"capture stop", 1, 1, cmd_capture_stop, " FILE|all", ""},
	{"forward", 1, 3, cmd_nat, " PORT [add|remove tcp|udp:[ADDR]:PORT:[GUEST]:PORT]",
	 "ports of the host that lead to guests behind a NAT"},
	{"stp", 1, 2, cmd_stp, " on [PRIORITY] | off", "spanning tree"},
	{"hub", 1, 1, cmd_hub, " on|off", "everything to everybody"},
	{"forget", 0, 1, cmd_forget, " [PORT]", "addresses that were learned"},
	{"reset", 0, 0, cmd_reset, "", "statistics to zero"},
	{"quit", 0, 0, cmd_quit, "", "ends the switch"},
	{"help", 0, 0, cmd_help, "", "this list"},
};

void ctl_help(FILE *out)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		fprintf(out, "%s%s%s%s\n", commands[i].name, commands[i].args,
			*commands[i].help ? "    " : "", commands[i].help);
}

/* Words, separated by blanks; "..." holds one together. How many, or -EINVAL. */
static int split(char *line, char **word, int max)
{
	int n = 0;

	for (;;) {
		line += strspn(line, " \t\r");
		if (!*line)
			return n;
		if (n == max)
			return -EINVAL;
		if (*line == '"') {
			word[n++] = ++line;
			line = strchr(line, '"');
			if (!line)
				return -EINVAL;
		} else {
			word[n++] = line;
			line += strcspn(line, " \t\r");
		}
		if (*line)
			*line++ = '\0';
	}
}

/* Words of the command's name if the line begins with it, or 0. */
static int matches(const struct command *cmd, char **word, int n)
{
	const char *second = strchr(cmd->name, ' ');
	size_t first = second ? (size_t)(second - cmd->name) : strlen(cmd->name);

	if (n < 1 || strlen(word[0]) != first || strncmp(word[0], cmd->name, first))
		return 0;
	if (!second)
		return 1;
	return n > 1 && !strcmp(word[1], second + 1) ? 2 : 0;
}

int ctl_command(struct ctx *ctx, char *line, FILE *out, char *err, size_t err_len)
{
	char *word[WORDS_MAX];
	int n = split(line, word, WORDS_MAX), used, status;
	size_t i;

	if (n <= 0) {
		snprintf(err, err_len,
			 n ? "too many words, or a quote that is not closed"
			   : "no command; try 'help'");
		return -EINVAL;
	}
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		const struct command *cmd = &commands[i];
		struct call c = {.ctx = ctx, .out = out, .err = err, .err_len = err_len};

		used = matches(cmd, word, n);
		if (!used)
			continue;
		c.word = word + used;
		c.n = n - used;
		if (c.n < cmd->min || c.n > cmd->max) {
			snprintf(err, err_len, "say '%s%s'", cmd->name, cmd->args);
			return -EINVAL;
		}
		status = cmd->fn(&c);
		switch_flush(ctx->sw);
		return status;
	}
	snprintf(err, err_len, "unknown command '%s'; try 'help'", word[0]);
	return -EINVAL;
}
