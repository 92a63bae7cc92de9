// SPDX-License-Identifier: GPL-2.0
/*
 * Last words: a guest that boots quietly has printed nothing when it panics. Then the
 * end of its log, which holds the reason and the backtrace, goes to the pipe that the
 * loader keeps for such moments. A guest that prints its messages has shown them.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kmsg_dump.h>
#include <linux/printk.h>
#include <init.h>
#include <os.h>
#include "abi.h"

#define CRASH_LINES 60

static void crash_write(const char *text, size_t len)
{
	while (len > 0) {
		int n = os_write_file(NL_FD_STDERR, text, len);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= n;
	}
}

static unsigned int crash_count(void)
{
	struct kmsg_dump_iter iter;
	unsigned int lines = 0;
	size_t len;

	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, NULL, 0, &len))
		lines++;
	return lines;
}

static void crash_dump(struct kmsg_dumper *dumper, struct kmsg_dump_detail *detail)
{
	static char line[512]; /* a panic may come with little stack left */
	struct kmsg_dump_iter iter;
	unsigned int skip = crash_count();
	size_t len;

	if (console_loglevel > 0)
		return;
	skip = skip > CRASH_LINES ? skip - CRASH_LINES : 0;
	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, line, sizeof(line), &len)) {
		if (skip)
			skip--;
		else
			crash_write(line, len);
	}
}

static struct kmsg_dumper crash_dumper = {
	.dump = crash_dump,
	.max_reason = KMSG_DUMP_PANIC,
};

static int __init crash_init(void)
{
	return kmsg_dump_register(&crash_dumper);
}
__uml_postsetup(crash_init);
