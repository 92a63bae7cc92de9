// SPDX-License-Identifier: GPL-2.0
/* uml_switch: an Ethernet switch for guests, old clients, taps and the world. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "disk_tool.h"
#include "log.h"
#include "port_guest.h"
#include "port_kinds.h"
#include "stp.h"
#include "uml_switch.h"

#define EX_USAGE 2

static const char usage[] =
	"usage: uml_switch [options]\n"
	"       uml_switch ctl [-unix PATH | -ctl PATH] COMMAND...   commands for one that runs;\n"
	"                                                            see 'uml_switch ctl --help'\n"
	"\n"
	"  -unix PATH [DATA]    socket that guests and clients come to (" DEFAULT_SOCKET ")\n"
	"  -ctl PATH            socket for 'uml_switch ctl' (the other one's name and " CTL_SUFFIX
	")\n"
	"  -hub                 everything to everybody: learn no addresses\n"
	"  -tap DEV             the same as -port tap:DEV\n"
	"  -port SPEC[@NAME]    a port; may be repeated\n"
	"  -stp                 spanning tree\n"
	"  -seed N              of all that links leave to chance\n"
	"  -mode OCTAL          permissions of the sockets for clients (600)\n"
	"  -once                end when the last client has gone\n"
	"  -daemon              in the background\n"
	"  -guest-fd N          a vhost-user front-end on a descriptor that is open\n"
	"  -no-listen           no sockets\n"
	"  -h, --help           this text\n"
	"  -V, --version        name and version\n"
	"\n"
	"SPEC is one of\n";

static const char usage_end[] =
	"\n"
	"examples:\n"
	"  uml_switch -unix /tmp/lab.ctl                     then: linux "
	"eth0=daemon,,unix,/tmp/lab.ctl\n"
	"  uml_switch -unix /tmp/lab.ctl -port nat@world     guests reach the host's network\n"
	"  uml_switch ctl -unix /tmp/lab.ctl show ports\n"
	"  uml_switch ctl -unix /tmp/lab.ctl link guest1 both delay=20ms loss=1%\n"
	"  uml_switch ctl -unix /tmp/lab.ctl capture start /tmp/lab.pcapng\n"
	"\n"
	"exit status: 0 ended as asked; 1 failed; 2 wrong usage; 130 interrupted\n";

enum {
	OPT_UNIX = 256,
	OPT_CTL,
	OPT_HUB,
	OPT_TAP,
	OPT_PORT,
	OPT_STP,
	OPT_SEED,
	OPT_MODE,
	OPT_ONCE,
	OPT_DAEMON,
	OPT_GUEST_FD,
	OPT_NO_LISTEN
};

static const struct option options[] = {
	{"unix", required_argument, NULL, OPT_UNIX},
	{"ctl", required_argument, NULL, OPT_CTL},
	{"hub", no_argument, NULL, OPT_HUB},
	{"tap", required_argument, NULL, OPT_TAP},
	{"port", required_argument, NULL, OPT_PORT},
	{"stp", no_argument, NULL, OPT_STP},
	{"seed", required_argument, NULL, OPT_SEED},
	{"mode", required_argument, NULL, OPT_MODE},
	{"once", no_argument, NULL, OPT_ONCE},
	{"daemon", no_argument, NULL, OPT_DAEMON},
	{"guest-fd", required_argument, NULL, OPT_GUEST_FD},
	{"no-listen", no_argument, NULL, OPT_NO_LISTEN},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static int bad_usage(const char *what, const char *arg)
{
	log_err("%s%s%s%s; see uml_switch --help", what, *arg ? " '" : "", arg, *arg ? "'" : "");
	return EX_USAGE;
}

/* A number up to max in `base`. */
static bool number(const char *text, int base, unsigned long long max, unsigned long long *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, base);
	return *text && !*end && *text != '-' && !errno && *out <= max;
}

static int add_port(struct options *o, const char *spec)
{
	if (o->nports == PORT_SPECS_MAX)
		return bad_usage("too many ports at", spec);
	o->port[o->nports++] = spec;
	return -1;
}

/* -1: go on; else the exit status. */
static int parse_one(struct options *o, int opt, char **argv)
{
	unsigned long long n;
	char *tap;

	switch (opt) {
	case OPT_UNIX:
		o->socket = optarg;
		return -1;
	case OPT_CTL:
		o->ctl = optarg;
		return -1;
	case OPT_HUB:
		o->config.hub = true;
		return -1;
	case OPT_TAP:
		if (asprintf(&tap, "tap:%s", optarg) < 0)
			log_die(1, "out of memory");
		return add_port(o, tap); /* which keeps it */
	case OPT_PORT:
		return add_port(o, optarg);
	case OPT_STP:
		o->stp = true;
		return -1;
	case OPT_SEED:
		if (!number(optarg, 0, UINT64_MAX, &n))
			return bad_usage("-seed takes a number, not", optarg);
		o->config.seed = n;
		return -1;
	case OPT_MODE:
		if (!number(optarg, 8, 0777, &n))
			return bad_usage("-mode takes an octal number up to 777, not", optarg);
		o->mode = (mode_t)n;
		return -1;
	case OPT_ONCE:
		o->once = true;
		return -1;
	case OPT_DAEMON:
		o->daemon = true;
		return -1;
	case OPT_GUEST_FD:
		if (!number(optarg, 10, 65535, &n) || o->nguest_fds == PORT_SPECS_MAX)
			return bad_usage("-guest-fd takes a descriptor, not", optarg);
		o->guest_fd[o->nguest_fds++] = (int)n;
		return -1;
	case OPT_NO_LISTEN:
		o->listen = false;
		return -1;
	case 'h':
		fputs(usage, stdout);
		fputs(port_kinds_help(), stdout);
		fputs(usage_end, stdout);
		return 0;
	case 'V':
		disk_tool_version("uml_switch");
		return 0;
	case ':':
		return bad_usage("an argument is missing after", argv[optind - 1]);
	default:
		return bad_usage("unknown option", argv[optind - 1]);
	}
}

static int parse(struct options *o, int argc, char **argv)
{
	int opt, status = -1;

	*o = (struct options){.socket = DEFAULT_SOCKET, .listen = true, .mode = 0600};
	while (status < 0 && (opt = getopt_long_only(argc, argv, "-:hV", options, NULL)) != -1) {
		/* -unix has a second, optional word. */
		if (opt == 1 && !o->data && optind > 2 &&
		    (!strcmp(argv[optind - 3], "-unix") || !strcmp(argv[optind - 3], "--unix")))
			o->data = optarg;
		else if (opt == 1)
			status = bad_usage("what is", optarg);
		else
			status = parse_one(o, opt, argv);
	}
	return status;
}

static void on_signal(void *arg, int sig, int sender)
{
	struct ctx *ctx = arg;

	(void)sender;
	ctx->status = sig == SIGTERM || sig == SIGHUP ? 0 : 128 + sig;
	loop_stop(ctx->loop);
}

static int make_port(struct ctx *ctx, const char *text)
{
	char spec[512], err[256] = "", *name;
	struct port *port;

	if (snprintf(spec, sizeof(spec), "%s", text) >= (int)sizeof(spec)) {
		log_err("-port: '%.40s...' is too long", text);
		return -EINVAL;
	}
	name = strrchr(spec, '@');
	if (name)
		*name++ = '\0';
	if (port_create(&port, ctx->sw, spec, name, err, sizeof(err)) < 0) {
		log_err("-port %s: %s", text, err);
		return -EINVAL;
	}
	return 0;
}

static int make_guest(struct ctx *ctx, int fd)
{
	int err = fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : port_guest_add(ctx->sw, fd, NULL);

	if (err)
		log_err("-guest-fd %d: %s", fd, strerror(-err));
	return err;
}

static int make_ports(struct ctx *ctx)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ctx->opt.nports && !err; i++)
		err = make_port(ctx, ctx->opt.port[i]);
	for (i = 0; i < ctx->opt.nguest_fds && !err; i++)
		err = make_guest(ctx, ctx->opt.guest_fd[i]);
	if (!err && ctx->opt.stp)
		err = stp_enable(ctx->sw, STP_PRIORITY);
	return err;
}

/* The sockets are there, and errors were told, when the parent returns. */
static int go_background(void)
{
	if (daemon(0, 0) < 0) {
		log_err("going to the background failed: %s", strerror(errno));
		return -errno;
	}
	return 0;
}

static void port_came(void *arg, struct port *port)
{
	captures_port(arg, port);
}

static void last_gone(struct loop_timer *t)
{
	loop_stop(((struct ctx *)t->arg)->loop);
}

/* Ports that the command line made stay for ever: only guests and old clients count. */
static bool is_client(const struct port *port)
{
	return !strcmp(port->ops->kind, "guest") || !strcmp(port->ops->kind, "old");
}

static void port_goes(void *arg, struct port *port)
{
	struct ctx *ctx = arg;
	struct port *other;

	if (!ctx->opt.once || !is_client(port))
		return;
	for (other = port_first(ctx->sw); other; other = other->next)
		if (other != port && is_client(other))
			return;
	loop_timer_set(ctx->loop, &ctx->end_timer, 0, last_gone, ctx);
}

static const struct sw_events events = {.port_came = port_came, .port_goes = port_goes};

static int run(struct ctx *ctx)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, 0};
	int err;

	signal(SIGPIPE, SIG_IGN);
	ctx->opt.config.events = &events;
	ctx->opt.config.events_arg = ctx;
	ctx->loop = loop_new();
	ctx->sw = ctx->loop ? sw_new(ctx->loop, &ctx->opt.config) : NULL;
	if (!ctx->sw) {
		log_err("out of memory");
		return -ENOMEM;
	}
	err = make_ports(ctx);
	if (!err && ctx->opt.listen)
		err = listen_open(ctx);
	if (!err && ctx->opt.daemon)
		err = go_background();
	if (!err)
		err = loop_signals(ctx->loop, signals, on_signal, ctx);
	if (!err)
		err = loop_run(ctx->loop);
	return err;
}

int main(int argc, char *argv[])
{
	static struct ctx ctx;
	int status;

	log_init("uml_switch");
	if (argc > 1 && !strcmp(argv[1], "ctl"))
		return client_main(argc - 1, argv + 1);
	status = parse(&ctx.opt, argc, argv);
	if (status >= 0)
		return status;
	if (run(&ctx) < 0)
		ctx.status = 1;
	ctx.opt.once = false;
	if (ctx.sw)
		captures_stop_all(&ctx);
	ctl_end(&ctx);
	listen_close(&ctx);
	sw_free(ctx.sw);
	loop_free(ctx.loop);
	return ctx.status;
}
