// SPDX-License-Identifier: GPL-2.0
/* The programs that scripts/filters made of the notes beside the code; see confine.h. */
#include "confine.h"
#include "confine_private.h"
#include "filters.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define GIVE(a) (*n = LENGTH(a), (a))

const struct sock_filter *confine_boot_filter(const struct confine_config *c, size_t *n)
{
	if (confine_may_change(c))
		return GIVE(filter_boot_change);
	return c->nshares ? GIVE(filter_boot_files) : GIVE(filter_boot);
}

const struct sock_filter *confine_init_filter(size_t *n)
{
	return GIVE(filter_init);
}

const struct sock_filter *confine_helper_filter(size_t *n)
{
	return GIVE(filter_helper);
}

const struct sock_filter *confine_run_filter(const struct confine_config *c, size_t *n)
{
	*n = 0;
	if (confine_skips(c, LAYER_FILTER))
		return NULL;
	if (confine_may_change(c))
		return c->old_calls ? GIVE(filter_run_change_old) : GIVE(filter_run_change);
	if (c->nshares)
		return c->old_calls ? GIVE(filter_run_files_old) : GIVE(filter_run_files);
	return c->old_calls ? GIVE(filter_run_old) : GIVE(filter_run);
}
