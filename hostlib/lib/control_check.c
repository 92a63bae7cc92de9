// SPDX-License-Identifier: GPL-2.0
/* Bounds of the messages from the loader; see control_check.h. */
#include <errno.h>
#include <string.h>
#include "control_check.h"

static unsigned int index_limit(uint32_t kind)
{
	switch (kind) {
	case NL_KIND_UBD:
		return NL_UBD_MAX;
	case NL_KIND_CON:
		return NL_CON_MAX;
	case NL_KIND_SSL:
		return NL_SSL_MAX;
	case NL_KIND_NET:
		return NL_NET_MAX;
	default:
		return 0; /* an initial RAM disk cannot come later */
	}
}

static int check_add(const struct nl_slot *s, unsigned int nfds)
{
	unsigned int named = 0;

	for (unsigned int i = 0; i < NL_SLOT_FDS; i++)
		named += s->fd[i] >= 0;
	if (named != nfds)
		return -EINVAL;
	return memchr(s->spec, '\0', sizeof(s->spec)) ? 0 : -EINVAL;
}

static int check_command(const struct nl_msg *m)
{
	if (!m->len || m->len > NL_MSG_TEXT)
		return -EINVAL;
	return memchr(m->text, '\0', m->len) ? -EINVAL : 0;
}

int control_check(const struct nl_msg *m, unsigned long len, unsigned int nfds)
{
	if (len != sizeof(*m) || (nfds && m->type != NL_MSG_ADD))
		return -EINVAL;
	switch (m->type) {
	case NL_MSG_COMMAND:
		return check_command(m);
	case NL_MSG_ADD:
	case NL_MSG_REMOVE:
	case NL_MSG_WINSIZE:
		break;
	case NL_MSG_NET_STATE:
	case NL_MSG_NET_STOPPED:
		if (m->slot.kind != NL_KIND_NET)
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	if (m->slot.index >= index_limit(m->slot.kind))
		return -EINVAL;
	return m->type == NL_MSG_ADD ? check_add(&m->slot, nfds) : 0;
}
