// SPDX-License-Identifier: GPL-2.0
/* The loader's context; see ctx.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ctx.h"

struct nl_slot *ctx_slot_find(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index)
{
	unsigned int i;

	for (i = 0; i < ctx->nslots; i++)
		if (ctx->slot[i].kind == kind && ctx->slot[i].index == index)
			return &ctx->slot[i];
	return NULL;
}

struct nl_slot *ctx_slot(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index)
{
	struct nl_slot *s = ctx_slot_find(ctx, kind, index);
	unsigned int i;

	if (!s) {
		if (ctx->nslots == CTX_SLOTS)
			return NULL;
		s = &ctx->slot[ctx->nslots++];
	}
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	s->index = index;
	for (i = 0; i < NL_SLOT_FDS; i++)
		s->fd[i] = -1;
	return s;
}

void ctx_slot_drop(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index)
{
	struct nl_slot *s = ctx_slot_find(ctx, kind, index);

	if (s)
		*s = ctx->slot[--ctx->nslots];
}

void ctx_free(struct linux_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < NL_UBD_MAX; i++) {
		if (!ctx->disk[i])
			continue;
		disk_close(ctx->disk[i]);
		free(ctx->disk[i]);
	}
	loop_free(ctx->loop);
	free(ctx->share);
	options_free(&ctx->opt);
	if (ctx->self_fd >= 0)
		close(ctx->self_fd);
}
