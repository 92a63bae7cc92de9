// SPDX-License-Identifier: GPL-2.0
/*
 * Whether this host has pages that can be executed and not read, as CPUs with protection keys do:
 * exec-only. Exit status 0 it has, 1 it has not.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	volatile char *p =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (p == MAP_FAILED || mprotect((void *)p, 4096, PROT_EXEC))
		return 1;
	pid = fork();
	if (pid == 0)
		_exit(*p);
	return pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status);
}
