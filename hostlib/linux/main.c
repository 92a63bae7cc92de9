// SPDX-License-Identifier: GPL-2.0
/* `linux`: boots one guest. The phases in order; each prints its own error. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>
#include "check.h"
#include "console.h"
#include "console_helper.h"
#include "ctx.h"
#include "disks.h"
#include "help.h"
#include "host_clock.h"
#include "hostfs.h"
#include "initrd.h"
#include "log.h"
#include "mconsole.h"
#include "net.h"
#include "run.h"
#include "run_options.h"
#include "super.h"
#include "umid.h"
#include "virtual_time.h"

/* A closed 0, 1 or 2 would be given to the next file that is opened. */
static void fix_standard_fds(void)
{
	struct stat st;
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fstat(fd, &st) < 0 && open("/dev/null", O_RDWR) != fd)
			exit(STATUS_OSERR);
}

/*
 * Address randomisation would make guests differ from run to run. It is switched off for
 * a program, not in it, so this one starts itself again; where that is refused (some
 * containers do) it goes on as it is.
 */
static void fix_addresses(char *argv[])
{
	int now = personality(0xffffffff);

	if (now < 0 || (now & ADDR_NO_RANDOMIZE) || personality(now | ADDR_NO_RANDOMIZE) < 0)
		return;
	if ((personality(0xffffffff) & ADDR_NO_RANDOMIZE) == 0)
		return;
	execv("/proc/self/exe", argv);
}

static int open_self(struct linux_ctx *ctx, const char *argv0)
{
	int err;

	ctx->self_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (ctx->self_fd < 0)
		ctx->self_fd = open(argv0, O_RDONLY | O_CLOEXEC);
	if (ctx->self_fd < 0) {
		log_err("opening this program's own file failed: %s; is /proc mounted?",
			strerror(errno));
		return STATUS_OSERR;
	}
	err = pack_read(ctx->self_fd, &ctx->pack);
	if (err) {
		log_err("this file carries no guest kernel (%s); build it with make, and do not "
			"strip it",
			strerror(-err));
		return STATUS_DATA;
	}
	return 0;
}

/* The program is uml_run under that name. */
static bool is_run(const char *argv0)
{
	const char *name = strrchr(argv0, '/');

	return strcmp(name ? name + 1 : argv0, "uml_run") == 0;
}

static int parse(struct linux_ctx *ctx, int argc, char *argv[])
{
	char error[OPTIONS_ERROR_LEN];

	if (is_run(argv[0]))
		return run_parse(ctx, argc, argv);
	if (options_parse(&ctx->opt, argc, argv, error)) {
		log_err("%s", error);
		return STATUS_USAGE;
	}
	log_set_debug(ctx->opt.debug);
	return 0;
}

/* Everything that is named is opened before anything boots. */
static int open_all(struct linux_ctx *ctx)
{
	int status = virtual_time_open(ctx);

	if (!status)
		status = host_clock_look(ctx);
	if (!status)
		status = disks_open_all(ctx);
	if (!status)
		status = initrd_open(ctx);
	if (!status)
		status = hostfs_open(ctx);
	if (!status)
		status = umid_open(ctx);
	if (!status)
		status = net_open_all(ctx);
	if (!status)
		status = console_open_all(ctx);
	if (!status)
		status = mconsole_open(ctx);
	if (!status)
		status = run_open(ctx);
	return status;
}

static int run(struct linux_ctx *ctx)
{
	int status = check_needed(ctx);

	if (!status)
		status = open_all(ctx);
	if (!status)
		status = super_run(ctx);
	else if (ctx->run)
		status = RUN_STATUS_FAILED; /* other numbers are the command's */
	console_restore();
	mconsole_close(ctx);
	net_close_all(ctx);
	console_close_all(ctx);
	run_close(ctx);
	umid_close(ctx);
	return status;
}

static int act(struct linux_ctx *ctx)
{
	switch (ctx->opt.action) {
	case ACTION_HELP:
		if (ctx->run)
			run_options_help();
		else
			help_print();
		return 0;
	case ACTION_VERSION:
		return help_version(ctx);
	case ACTION_SHOWCONFIG:
		return help_showconfig(ctx);
	case ACTION_CHECK:
		return check_host(ctx);
	default:
		return run(ctx);
	}
}

int main(int argc, char *argv[])
{
	static struct linux_ctx ctx = {.self_fd = -1, .run_lock_fd = -1};
	int status;

	log_init(is_run(argv[0]) ? "uml_run" : "linux");
	if (argc == 3 && strcmp(argv[1], "--console-helper") == 0)
		return console_helper(argv[2]);
	fix_standard_fds();
	fix_addresses(argv);
	ctx.loop = loop_new();
	status = ctx.loop ? 0 : STATUS_OSERR;
	if (!status)
		status = parse(&ctx, argc, argv);
	if (!status)
		status = open_self(&ctx, argv[0]);
	if (!status)
		status = act(&ctx);
	run_close(&ctx);
	ctx_free(&ctx);
	return status;
}
