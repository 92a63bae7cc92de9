// SPDX-License-Identifier: GPL-2.0
/* Virtual time; see virtual_time.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "lane_abi.h"
#include "log.h"
#include "virtual_time.h"

static int refuse(const char *why)
{
	log_err("lane=: %s; it is for uml_rig, not for people", why);
	return STATUS_USAGE;
}

/* The page, as its controller has filled it in; NULL: it is none. */
static struct nl_lane *map_lane(int fd)
{
	struct nl_lane *lane;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < NL_LANE_BYTES)
		return NULL;
	lane = mmap(NULL, NL_LANE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (lane == MAP_FAILED)
		return NULL;
	if (lane->magic == NL_LANE_MAGIC)
		return lane;
	munmap(lane, NL_LANE_BYTES);
	return NULL;
}

static int add_word(struct linux_ctx *ctx, char *word)
{
	return options_add_word(&ctx->opt.kernel, &ctx->opt.nkernel, word) ? STATUS_OSERR : 0;
}

int virtual_time_open(struct linux_ctx *ctx)
{
	struct options *o = &ctx->opt;
	struct nl_lane *lane;
	struct nl_slot *s;
	char *word = NULL;
	int status;

	if (!o->virtual_time && o->lane_fd < 0)
		return 0;
	status = add_word(ctx, strdup("time-travel=inf-cpu"));
	if (status || o->lane_fd < 0)
		return status;
	lane = map_lane(o->lane_fd);
	if (!lane)
		return refuse("the first descriptor is no page of virtual time");
	if (fcntl(o->lane_event_fd, F_GETFD) < 0)
		return refuse("the second descriptor is not open");
	if (asprintf(&word, "time-travel-start=%" PRIu64, lane->start_ns) < 0)
		word = NULL;
	munmap(lane, NL_LANE_BYTES);
	fcntl(o->lane_fd, F_SETFD, FD_CLOEXEC);
	fcntl(o->lane_event_fd, F_SETFD, FD_CLOEXEC);
	s = ctx_slot(ctx, NL_KIND_LANE, 0);
	s->fd[0] = o->lane_fd;
	s->fd[1] = o->lane_event_fd;
	snprintf(s->spec, sizeof(s->spec), "lane");
	return add_word(ctx, word);
}
