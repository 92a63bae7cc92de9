// SPDX-License-Identifier: GPL-2.0
/* uml_rig diff: two runs held against each other. */
#include "compare.h"
#include "log.h"
#include "uml_rig.h"

int cmd_diff(struct context *c)
{
	char err[512];
	int rc = compare_runs(c->argv[0], c->argv[1], stdout, err, sizeof(err));

	if (rc < 0) {
		log_err("%s", err);
		return EXIT_UNREADABLE;
	}
	return rc ? EXIT_ERRORS : EXIT_FINE;
}
