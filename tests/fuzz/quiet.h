/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the code logs of bad input is formatted, and not printed: it would be most of a run's
 * output. For targets that are linked with FUZZ_QUIET.
 */
#ifndef NESTLING_FUZZ_QUIET_H
#define NESTLING_FUZZ_QUIET_H

#include <stdarg.h>
#include <stdio.h>

static inline void say_nothing(const char *fmt, va_list ap)
{
	static char line[2048];

	vsnprintf(line, sizeof(line), fmt, ap);
}

void __wrap_log_warn(const char *fmt, ...);
void __wrap_log_info(const char *fmt, ...);

void __wrap_log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_nothing(fmt, ap);
	va_end(ap);
}

void __wrap_log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_nothing(fmt, ap);
	va_end(ap);
}

#endif
