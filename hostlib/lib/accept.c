// SPDX-License-Identifier: GPL-2.0
/* Those who call at a listening socket; see accept.h. */
#include <errno.h>
#include <string.h>
#include "accept.h"
#include "log.h"

int accept_caller(struct loop_watch *w, const char *what, int flags)
{
	int fd = loop_accept(w, flags);

	if (fd == -EMFILE)
		log_warn("%s: this process has as many files open as it may (ulimit -n); "
			 "who calls waits until one is closed",
			 what);
	else if (fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM)
		log_warn("%s: %s; who calls waits", what, strerror(-fd));
	return fd;
}
