// SPDX-License-Identifier: GPL-2.0
/*
 * Options of ports as texts, and what is said about wrong ones; see port_private.h. Without the
 * switch, so that who only reads settings (rigs) is not linked with all of it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "port_private.h"

#define WORD_MAX 512

int port_fail(char *err, size_t err_len, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, err_len, fmt, ap);
	va_end(ap);
	return code;
}

static int unknown_word(const char *kind, const char *word, const struct port_word *table,
			char *err, size_t err_len)
{
	int n = snprintf(err, err_len, "%s: there is no option '%s'; options are", kind, word);

	for (; table->name && n > 0 && (size_t)n < err_len; table++)
		n += snprintf(err + n, err_len - (size_t)n, " %s", table->name);
	return -EINVAL;
}

static int one_word(const char *word, const char *kind, const struct port_word *table, void *ctx,
		    char *err, size_t err_len)
{
	const char *eq = strchr(word, '=');
	size_t len = eq ? (size_t)(eq - word) + 1 : strlen(word);

	for (const struct port_word *w = table; w->name; w++)
		if (strlen(w->name) == len && !memcmp(w->name, word, len))
			return w->set(ctx, word + len, err, err_len);
	return unknown_word(kind, word, table, err, err_len);
}

int port_words(const char *text, const char *kind, const struct port_word *table, void *ctx,
	       char *err, size_t err_len)
{
	char word[WORD_MAX];
	int rc = 0;

	while (!rc && *text) {
		size_t len = strcspn(text, ",");

		if (len >= sizeof(word))
			return port_fail(err, err_len, -EINVAL,
					 "%s: an option is longer than %d bytes", kind,
					 WORD_MAX - 1);
		memcpy(word, text, len);
		word[len] = 0;
		if (len)
			rc = one_word(word, kind, table, ctx, err, err_len);
		text += len;
		if (*text == ',')
			text++;
	}
	return rc;
}

int port_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	unsigned long long v;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || *end || v < min || v > max)
		return -EINVAL;
	*out = v;
	return 0;
}
