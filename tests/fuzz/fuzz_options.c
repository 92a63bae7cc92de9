// SPDX-License-Identifier: GPL-2.0
/* The command line: words separated by newlines. */
#include <stdlib.h>
#include <string.h>
#include "options.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *copy = malloc(size + 1), *argv[66] = {"linux"}, *save = NULL, *word;
	char error[OPTIONS_ERROR_LEN];
	struct options o;
	int argc = 1;

	memcpy(copy, data, size);
	copy[size] = '\0';
	for (word = strtok_r(copy, "\n", &save); word && argc < 64;
	     word = strtok_r(NULL, "\n", &save))
		argv[argc++] = word;
	error[0] = '\0';
	if (options_parse(&o, argc, argv, error) && (!error[0] || strchr(error, '\n')))
		abort(); /* an error must say what is wrong, in one line */
	options_free(&o);
	free(copy);
	return 0;
}
