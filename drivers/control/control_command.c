// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the management console that the kernel itself serves.
 *
 * A text is a name and perhaps an argument. Each function gets the argument
 * ("" when there is none), adds text to the answer, returns 0 or -errno.
 */
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/sysrq.h>
#include <linux/workqueue.h>
#include "control.h"

#define SYNC_MS 3000 /* a disk that hangs does not keep the guest from ending */

struct command {
	const char *name;
	int (*serve)(struct nl_answer *a, char *arg);
};

static DECLARE_COMPLETION(synced);

static void sync_now(struct work_struct *work)
{
	ksys_sync();
	complete_all(&synced);
}

static DECLARE_WORK(sync_work, sync_now);

static void sync_bounded(void)
{
	reinit_completion(&synced);
	schedule_work(&sync_work);
	wait_for_completion_timeout(&synced, msecs_to_jiffies(SYNC_MS));
}

/* No answer is needed of these two: the loader sees the guest end. */
static int serve_halt(struct nl_answer *a, char *arg)
{
	sync_bounded();
	kernel_power_off();
	return 0;
}

static int serve_reboot(struct nl_answer *a, char *arg)
{
	sync_bounded();
	kernel_restart(NULL);
	return 0;
}

static int serve_cad(struct nl_answer *a, char *arg)
{
	ctrl_alt_del();
	return 0;
}

static int serve_sysrq(struct nl_answer *a, char *arg)
{
	u64 mark = nl_log_mark();

	if (!arg[0] || arg[1]) {
		nl_answer_printf(a, "sysrq takes one key");
		return -EINVAL;
	}
	__handle_sysrq(arg[0], false);
	nl_log_answer(a, mark, true);
	return 0;
}

static int serve_log(struct nl_answer *a, char *arg)
{
	if (*arg)
		pr_notice("%s\n", arg);
	else
		nl_log_answer(a, 0, false);
	return 0;
}

static int serve_stack(struct nl_answer *a, char *arg)
{
	u64 mark = nl_log_mark();
	struct task_struct *t;
	int pid;

	if (kstrtoint(arg, 10, &pid) || pid <= 0) {
		nl_answer_printf(a, "'%.40s' is not a process id", arg);
		return -EINVAL;
	}
	t = find_get_task_by_vpid(pid);
	if (!t) {
		nl_answer_printf(a, "no process %d", pid);
		return -ESRCH;
	}
	sched_show_task(t);
	put_task_struct(t);
	nl_log_answer(a, mark, true);
	return 0;
}

static int serve_config(struct nl_answer *a, char *arg)
{
	if (strncmp(arg, "mem", 3) || (arg[3] && arg[3] != '=')) {
		nl_answer_printf(a, "the kernel configures mem only");
		return -EINVAL;
	}
	return nl_memory_command(a, arg + 3);
}

static int serve_proc(struct nl_answer *a, char *arg)
{
	return nl_proc_answer(a, arg);
}

/* Stopping is done after the answer (control_kern.c); go: it is going. */
static int serve_nothing(struct nl_answer *a, char *arg)
{
	return 0;
}

static const struct command commands[] = {
	{"cad", serve_cad},       {"config", serve_config}, {"go", serve_nothing},
	{"halt", serve_halt},     {"log", serve_log},       {"proc", serve_proc},
	{"reboot", serve_reboot}, {"stack", serve_stack},   {"stop", serve_nothing},
	{"sysrq", serve_sysrq},
};

int nl_command(struct nl_answer *a, char *text)
{
	char *arg = text + strcspn(text, " \t");
	unsigned int i;

	if (*arg)
		*arg++ = '\0';
	arg = skip_spaces(arg);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(text, commands[i].name))
			return commands[i].serve(a, arg);
	nl_answer_printf(a, "unknown command '%.40s'", text);
	return -EINVAL;
}
