// SPDX-License-Identifier: GPL-2.0
/* What boots, steps and samples ask nodes for in the same way. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "run_private.h"

int run_put(struct run *r, uint32_t node, const struct rig_copy *copy, agent_done_fn done,
	    void *arg)
{
	int fd = rig_open(r->rig, copy->host), err;
	struct stat st;

	if (fd < 0)
		return fd;
	err = fstat(fd, &st) < 0 ? -errno : 0;
	if (!err)
		err = agent_put(r->agent, node, copy->guest,
				copy->mode ? copy->mode : st.st_mode & 0777, fd, done, arg);
	if (err)
		close(fd);
	return err;
}

void run_record(struct run *r, uint32_t node, const char *label, const char *command,
		const struct agent_result *result)
{
	int status = result->status < 0          ? RECORD_NO_STATUS
		     : WIFEXITED(result->status) ? WEXITSTATUS(result->status)
						 : 128 + WTERMSIG(result->status);

	(result->cut ? record_command_cut : record_command)(
		r->record, run_now(r), node, label, command, status, result->output, result->len);
}
