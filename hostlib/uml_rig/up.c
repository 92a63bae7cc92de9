// SPDX-License-Identifier: GPL-2.0
/* uml_rig up: a network that stays, in the foreground or not. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "log.h"
#include "place.h"
#include "run.h"
#include "uml_rig.h"

struct up {
	const struct context *context;
	const struct rig *rig;
	const char *name;
	char socket[PATH_MAX], folder[PATH_MAX];
	int folder_fd, listening;
	bool mine; /* the socket; otherwise it is that of the process that goes on, or of nobody */
	int told; /* detached: a pipe to whoever started us; -1 */
};

static void print_up(const struct up *u)
{
	const char *n = strcmp(u->name, u->rig->name) ? u->name : "";
	const char *option = *n ? " -n " : "";
	static const char *const command[] = {
		"console%s%s NODE",
		"exec%s%s NODE COMMAND",
		"link%s%s A B delay=50ms",
		"capture%s%s A B | tcpdump -n -r -",
		"top%s%s",
		"down%s%s",
	};

	printf("%s is up: %u node%s; logs and captures are in %s", u->name, u->rig->nnodes,
	       u->rig->nnodes == 1 ? "" : "s", u->folder);
	for (size_t i = 0; i < sizeof(command) / sizeof(*command); i++) {
		printf("\n  %s ", u->context->packed ? u->context->program : "uml_rig");
		printf(command[i], option, n);
	}
	printf("%s\n", u->told < 0 ? ", or Ctrl-C here" : "");
	fflush(stdout);
}

/* From now on nobody's terminal is ours. */
static void leave_terminal(const struct up *u)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log = openat(u->folder_fd, "up.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	setsid();
	dup2(null, 0);
	dup2(log >= 0 ? log : null, 1);
	dup2(log >= 0 ? log : null, 2);
}

static void is_up(void *arg)
{
	struct up *u = arg;

	print_up(u);
	if (u->told < 0)
		return;
	leave_terminal(u);
	if (write(u->told, "", 1) < 0)
		log_warn("whoever started this network is gone");
	close(u->told);
}

static void is_down(void *arg)
{
	struct up *u = arg;

	unlink(u->socket);
	u->mine = false;
}

/* Returns in the child alone. In the parent: an exit status. */
static int detach(struct up *u)
{
	int fds[2], status;
	char byte;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		log_err("the network cannot go on by itself: %s; leave out -d", strerror(errno));
		return EXIT_TROUBLE;
	}
	if (pid == 0) {
		close(fds[0]);
		u->told = fds[1];
		return -1;
	}
	u->mine = false;
	/* Ctrl-C goes to both, and the child ends in order. */
	signal(SIGINT, SIG_IGN);
	close(fds[1]);
	if (read(fds[0], &byte, 1) == 1)
		return EXIT_FINE;
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		return WEXITSTATUS(status);
	return EXIT_TROUBLE;
}

static int stay_up(struct up *u, struct rig *rig, const char *program)
{
	struct run_config config = {
		.rig = rig,
		.own_rig = rig,
		.rig_file = u->context->argv[0],
		.program = program,
		.folder = u->folder,
		.folder_fd = u->folder_fd,
		.quiet = u->context->quiet,
		.serve = true,
		.serve_fd = u->listening,
		.steps = u->context->steps,
		.up = is_up,
		.down = is_down,
		.arg = u,
	};

	return run_status(rig_run(&config));
}

/* A name that is an address, too. */
static bool is_name(const char *name)
{
	size_t len = strlen(name);

	return len && len <= RIG_NAME_MAX && *name != '.' && !strchr(name, '/');
}

static int make_folder(struct up *u)
{
	char path[PATH_MAX];

	u->folder_fd = open_folder(u->context, u->name, ".up", path, sizeof(path));
	if (u->folder_fd < 0)
		return EXIT_TROUBLE;
	/* Those who work in the network stand elsewhere. */
	if (!realpath(path, u->folder))
		snprintf(u->folder, sizeof(u->folder), "%s", path);
	return EXIT_FINE;
}

/* All that follows a name that is ours: an exit status. */
static int bring_up(struct up *u, struct rig *rig, const char *program)
{
	int rc = make_folder(u);

	if (rc != EXIT_FINE)
		return rc;
	rc = u->context->detach ? detach(u) : -1;
	return rc >= 0 ? rc : stay_up(u, rig, program);
}

int cmd_up(struct context *c)
{
	struct up u = {.context = c, .folder_fd = -1, .listening = -1, .told = -1};
	struct rig *rig = NULL;
	char program[PATH_MAX];
	int rc = load(c, c->argv[0], &rig);

	if (rc != EXIT_FINE)
		return rc;
	/* People do not live in virtual time. */
	rig->real_time = true;
	u.rig = rig;
	u.name = c->name ? c->name : rig->name;
	rc = EXIT_TROUBLE;
	if (!is_name(u.name)) {
		log_err("'%s' is not a name for a network: up to %d bytes without '/', not "
			"beginning with '.'",
			u.name, RIG_NAME_MAX);
		rc = EXIT_USAGE;
	} else if (find_linux(c, program, sizeof(program)) == 0 && find_images(c, rig) == 0) {
		u.listening = place_listen(u.name, u.socket);
		u.mine = u.listening >= 0;
		rc = u.listening < 0 ? EXIT_TROUBLE : bring_up(&u, rig, program);
	}
	if (u.mine)
		is_down(&u);
	if (u.listening >= 0)
		close(u.listening);
	if (u.folder_fd >= 0)
		close(u.folder_fd);
	rig_free(rig);
	return rc;
}
