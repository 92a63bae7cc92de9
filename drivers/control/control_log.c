// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's log, for the commands whose output is printed there.
 */
#include <linux/kmsg_dump.h>
#include <linux/sched.h>
#include <linux/string.h>
#include "control.h"

#define LOG_LINE 1024

u64 nl_log_mark(void)
{
	struct kmsg_dump_iter iter;

	kmsg_dump_rewind(&iter);
	return iter.next_seq;
}

static const char *without_stamp(const char *line)
{
	const char *end = line[0] == '[' ? strstr(line, "] ") : NULL;

	return end ? end + 2 : line;
}

/* Bounded by what is there now: the log may grow while it is sent. */
void nl_log_answer(struct nl_answer *a, u64 mark, bool bare)
{
	static char line[LOG_LINE]; /* the control thread's only */
	struct kmsg_dump_iter iter;
	const char *text;
	u64 end;
	size_t len;

	kmsg_dump_rewind(&iter);
	end = iter.next_seq;
	if (iter.cur_seq < mark)
		iter.cur_seq = mark;
	while (iter.cur_seq < end &&
	       kmsg_dump_get_line(&iter, false, line, sizeof(line) - 1, &len)) {
		line[len] = '\0';
		text = bare ? without_stamp(line) : line;
		nl_answer_add(a, text, strlen(text));
		cond_resched();
	}
}
