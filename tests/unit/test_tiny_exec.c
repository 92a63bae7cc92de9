// SPDX-License-Identifier: GPL-2.0
/* The agent's side of commands, in the guest: signals for one that has hardly begun. */
#include <stdlib.h>
#include "suite.h"
#include "../../rootfs/tiny/agent_exec.c"

#define ROUNDS 20

/* --- what the agent's other files do, of which nothing is needed --------------------------- */

void answer_add(struct agent *a, uint32_t id, int status, uint16_t flags, uint8_t *data, int fd,
		uint64_t len)
{
	(void)a;
	(void)id;
	(void)status;
	(void)flags;
	(void)fd;
	(void)len;
	free(data);
}

int card_send(const struct card *c, struct agent_frame *head, const void *data, size_t len)
{
	(void)c;
	(void)head;
	(void)data;
	(void)len;
	return -EAGAIN;
}

int file_write(const char *path, const char *text)
{
	(void)path;
	(void)text;
	return 0;
}

/* --- tests --------------------------------------------------------------------------------- */

/* It is not lost on a child that has no session of its own yet. */
static void signal_at_once(void)
{
	static struct agent agent;
	uint8_t command[] = "exec sleep 60";
	int i, status;
	pid_t pid;

	for (i = 0; i < ROUNDS; i++) {
		agent.jobs[0] = (struct job){.fd = -1};
		exec_begin(&agent, 1, false, command, sizeof(command));
		pid = agent.jobs[0].pid;
		CU_ASSERT_FATAL(pid > 0);
		exec_signal(&agent, 1, SIGTERM);
		alarm(10); /* a sleep that goes on ends the test */
		CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
		alarm(0);
		CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
		close(agent.jobs[0].fd);
	}
	exec_signal(&agent, 2, SIGTERM);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"a signal at once", signal_at_once},
		CU_TEST_INFO_NULL,
	};

	return run_suite("commands in the guest", NULL, NULL, tests);
}
