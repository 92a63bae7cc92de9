// SPDX-License-Identifier: GPL-2.0
/* See common.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "common.h"

#define YEAR_MS (366ULL * 86400 * 1000)
#define LINE_MAX_BYTES 1024

static int log_fd = 1;

bool common_time(const char *text, uint64_t *ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
	unsigned long long n;
	char *end;
	size_t i;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return false;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		if (n > YEAR_MS / units[i].ms)
			return false;
		*ms = n * units[i].ms;
		return true;
	}
	return false;
}

bool common_number(const char *text, unsigned long lo, unsigned long hi, unsigned long *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return !errno && !*end && *out >= lo && *out <= hi;
}

bool common_address(const char *text, uint16_t port, struct sockaddr_in *out)
{
	char host[64];
	size_t len = strcspn(text, ":");
	unsigned long n = port;

	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = 0;
	if (text[len] && !common_number(text + len + 1, 1, 65535, &n))
		return false;
	memset(out, 0, sizeof(*out));
	out->sin_family = AF_INET;
	out->sin_port = htons((uint16_t)n);
	return inet_pton(AF_INET, host, &out->sin_addr) == 1;
}

/* Cuts off the comment and blanks at the end. */
static void strip(char *line)
{
	char *p;

	for (p = line; (p = strchr(p, '#')); p++)
		if (p == line || p[-1] == ' ' || p[-1] == '\t') {
			*p = 0;
			break;
		}
	p = line + strlen(line);
	while (p > line && strchr(" \t\r\n", p[-1]))
		*--p = 0;
}

bool common_lines(const char *path, const char *(*fn)(void *arg, char *line), void *arg)
{
	FILE *f = fopen(path, "re");
	char line[LINE_MAX_BYTES];
	const char *why;
	unsigned int n = 0;
	bool good = true;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	while (fgets(line, sizeof(line), f)) {
		n++;
		strip(line);
		why = line[strspn(line, " \t")] ? fn(arg, line) : NULL;
		if (!why)
			continue;
		fprintf(stderr, "%s:%u: %s\n", path, n, why);
		good = false;
	}
	fclose(f);
	return good;
}

uint64_t common_since_start_ms(void)
{
	static struct timespec start;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!start.tv_sec && !start.tv_nsec)
		start = now;
	return (uint64_t)((now.tv_sec - start.tv_sec) * 1000 +
			  (now.tv_nsec - start.tv_nsec) / 1000000);
}

void common_sleep_ms(uint64_t ms)
{
	struct timespec t = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

bool log_open(const char *path)
{
	log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log_fd < 0)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return log_fd >= 0;
}

void log_line(const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	struct timespec now;
	va_list ap;
	size_t i;
	int n, m;

	clock_gettime(CLOCK_REALTIME, &now);
	n = snprintf(text, sizeof(text), "%lld.%03ld ", (long long)now.tv_sec,
		     now.tv_nsec / 1000000);
	va_start(ap, fmt);
	m = vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	n += m;
	if (n > (int)sizeof(text) - 1)
		n = sizeof(text) - 1;
	/* What came from others stays on its line. */
	for (i = 0; i < (size_t)n; i++)
		if ((unsigned char)text[i] < ' ')
			text[i] = '?';
	text[n] = '\n';
	if (write(log_fd, text, (size_t)n + 1) < 0)
		return;
}

void common_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}
