// SPDX-License-Identifier: GPL-2.0
/*
 * Kicks stubs as soon as they are there: kick-new PID, where PID is a guest kernel. Each new child of it
 * gets SIGALRM, once. A stub lives for some 0.1 ms before its filter is installed, and all signals are
 * blocked when it is cloned: so most are hit before. Ends with the guest kernel, or by SIGTERM, and prints
 * how many kicks it sent.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 65536

static volatile sig_atomic_t ended;

static void on_term(int sig)
{
	(void)sig;
	ended = 1;
}

/* The newest child is the last one in the list; 0 if there is none. */
static pid_t newest_child(int fd)
{
	static char text[TEXT_MAX];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	char *last;

	while (n > 0 && text[n - 1] == ' ')
		n--;
	if (n <= 0)
		return 0;
	text[n] = 0;
	last = strrchr(text, ' ');
	return atoi(last ? last + 1 : text);
}

int main(int argc, char **argv)
{
	char path[64];
	pid_t kernel, child, seen = 0;
	unsigned long sent = 0;
	int fd;

	if (argc != 2 || (kernel = atoi(argv[1])) <= 0) {
		fputs("usage: kick-new PID\n", stderr);
		return 64;
	}
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", kernel, kernel);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	signal(SIGTERM, on_term);
	while (!ended && !kill(kernel, 0)) {
		child = newest_child(fd);
		if (child && child != seen)
			sent += !kill(child, SIGALRM);
		seen = child;
	}
	close(fd);
	printf("%lu kicks\n", sent);
	return 0;
}
