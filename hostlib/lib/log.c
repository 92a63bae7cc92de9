// SPDX-License-Identifier: GPL-2.0
/* Messages; see log.h. The only state that crosses files in the host programs. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "log.h"
#include "text.h"

static struct {
	const char *program;
	bool debug, raw;
} log_state = {.program = "nestling"};

void log_init(const char *program)
{
	log_state.program = program;
}

void log_set_debug(bool on)
{
	log_state.debug = on;
}

void log_set_raw(bool on)
{
	log_state.raw = on;
}

/* One write(2) a message, so that lines of several processes do not mix. */
static void print(const char *kind, const char *fmt, va_list ap)
{
	char line[2048];
	size_t room = sizeof(line) - 3, n;

	n = (size_t)snprintf(line, room, "%s: %s", log_state.program, kind);
	if (n < room)
		n += text_line(line + n, room - n, fmt, ap);
	if (log_state.raw)
		line[n++] = '\r';
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* nowhere left to say so */
}

void log_die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("", fmt, ap);
	va_end(ap);
	exit(status);
}

void log_err(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("", fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("warning: ", fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("", fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!log_state.debug)
		return;
	va_start(ap, fmt);
	print("debug: ", fmt, ap);
	va_end(ap);
}
