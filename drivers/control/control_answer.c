// SPDX-License-Identifier: GPL-2.0
/*
 * Answers to the loader. A loader that does not read loses its answer: the
 * guest must not hang for it.
 */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include "control.h"
#include "control_user.h"

#define PATIENCE_MS 2000
#define RETRY_MS 10

int nl_control_send_patient(const struct nl_msg *m)
{
	int err, waited;

	for (waited = 0; waited < PATIENCE_MS; waited += RETRY_MS) {
		err = nl_control_send(m);
		if (err != -EAGAIN)
			return err;
		msleep(RETRY_MS);
	}
	return -EAGAIN;
}

static void flush(struct nl_answer *a)
{
	if (!a->dead && nl_control_send_patient(&a->m))
		a->dead = true;
	a->m.len = 0;
}

void nl_answer_start(struct nl_answer *a, u32 id)
{
	memset(a, 0, sizeof(*a));
	a->m.type = NL_MSG_RESULT;
	a->m.id = id;
	a->m.more = 1;
}

void nl_answer_add(struct nl_answer *a, const char *text, size_t len)
{
	while (len) {
		size_t n = min_t(size_t, len, NL_MSG_TEXT - a->m.len);

		memcpy(a->m.text + a->m.len, text, n);
		a->m.len += n;
		text += n;
		len -= n;
		if (a->m.len == NL_MSG_TEXT)
			flush(a);
	}
}

void nl_answer_printf(struct nl_answer *a, const char *fmt, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vscnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	nl_answer_add(a, line, n);
}

void nl_answer_end(struct nl_answer *a, int err)
{
	a->m.err = err;
	a->m.more = 0;
	flush(a);
}
