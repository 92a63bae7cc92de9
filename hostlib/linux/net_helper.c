// SPDX-License-Identifier: GPL-2.0
/*
 * Helper switches; see net_helper.h. The program is looked for beside this one, then on the path.
 * What it says is kept, and told when it could not do its work.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "memfile.h"
#include "net_helper.h"

#define PROGRAM "uml_switch"
#define CLIENT_FD 3
#define PORT_NAME "@world"

static void beside(char *path, size_t len)
{
	ssize_t n = readlink("/proc/self/exe", path, len - 1);
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + sizeof(PROGRAM) > len ||
	    (strcpy(slash + 1, PROGRAM), access(path, X_OK) < 0))
		snprintf(path, len, PROGRAM);
}

/* In the child. Only 0 to 2 and the client's socket go with it. */
static void become(char *const argv[], int client, int words, bool bound)
{
	char path[PATH_MAX];
	sigset_t none;

	beside(path, sizeof(path));
	if (bound)
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	setsid(); /* Ctrl-C is the loader's affair */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(words, STDERR_FILENO);
	dup2(words, STDOUT_FILENO);
	if (client >= 0 && client != CLIENT_FD)
		dup2(client, CLIENT_FD);
	else if (client == CLIENT_FD)
		fcntl(client, F_SETFD, 0);
	close(STDIN_FILENO);
	open("/dev/null", O_RDONLY);
	execvp(path, argv);
	dprintf(STDERR_FILENO,
		PROGRAM ": starting it failed: %s; is it beside 'linux', or on the path?\n",
		strerror(errno));
	_exit(127);
}

static pid_t spawn(char *const argv[], int client, int *words_fd, bool bound)
{
	pid_t pid;

	if (*words_fd >= 0)
		close(*words_fd);
	*words_fd = memfile_make("switch-words", 0);
	if (*words_fd < 0)
		return *words_fd;
	pid = fork();
	if (pid == 0)
		become(argv, client, *words_fd, bound);
	return pid < 0 ? -errno : pid;
}

void net_helper_reason(int words_fd, char *error, size_t error_len)
{
	char text[512];
	ssize_t n = words_fd >= 0 ? pread(words_fd, text, sizeof(text) - 1, 0) : -1;
	char *p = text;

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strncmp(text, PROGRAM ": ", sizeof(PROGRAM) + 1) == 0)
		p += sizeof(PROGRAM) + 1;
	/* Which of its options it was is the helper's affair. */
	if (strstr(p, PORT_NAME ": "))
		p = strstr(p, PORT_NAME ": ") + sizeof(PORT_NAME ": ") - 1;
	snprintf(error, error_len, "%s", *p ? p : "its switch ended at once");
}

int net_helper_start(const char *port, int *words_fd, char *error, size_t error_len)
{
	char spec[1200], fd_word[16];
	char *argv[] = {PROGRAM, "-no-listen", "-once", "-port", spec, "-guest-fd", fd_word, NULL};
	int pair[2];
	pid_t pid;

	snprintf(spec, sizeof(spec), "%s" PORT_NAME, port);
	snprintf(fd_word, sizeof(fd_word), "%d", CLIENT_FD);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = spawn(argv, pair[1], words_fd, true);
	close(pair[1]);
	if (pid < 0) {
		snprintf(error, error_len, "starting %s failed: %s", PROGRAM, strerror(-pid));
		close(pair[0]);
		return pid;
	}
	return pair[0];
}

int net_helper_switch(const char *path, char *error, size_t error_len)
{
	char *argv[] = {PROGRAM, "-daemon", "-once", "-unix", (char *)path, NULL};
	int status = -1, words_fd = -1;
	pid_t pid = spawn(argv, -1, &words_fd, false);

	if (pid < 0)
		return pid;
	/* It goes to the background when its socket is there. */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status != 0)
		net_helper_reason(words_fd, error, error_len);
	close(words_fd);
	return status == 0 ? 0 : -EIO;
}
