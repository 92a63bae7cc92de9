/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The layers around a guest (Documentation/confinement.md): what its processes give up before
 * the first instruction of the guest kernel runs. Each layer stands alone, since a host may
 * not offer all of them; what became of each is told by a report.
 */
#ifndef NESTLING_CONFINE_H
#define NESTLING_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "options.h"

struct sock_filter;

/* nobody, nogroup; also whom a user namespace does not know: user_namespaces(7) */
#define CONFINE_NOBODY 65534

enum confine_layer {
	LAYER_USER, /* user namespace */
	LAYER_PID, /* pid namespace: nothing outlives the loader, no other process is seen */
	LAYER_MOUNT, /* mount namespace with an empty root */
	LAYER_NET,
	LAYER_IPC,
	LAYER_UTS,
	LAYER_CGROUP,
	LAYER_LIMITS, /* resource limits */
	LAYER_ROOT, /* root has become somebody without rights */
	LAYER_CAPABILITIES,
	LAYER_PRIVILEGES, /* no_new_privs */
	LAYER_LANDLOCK,
	LAYER_FILTER, /* of system calls */
	LAYER_COUNT,
};

/* Shared with the processes that fill it in. err: 0, or -errno of what the host refused. */
struct confine_report {
	int err[LAYER_COUNT];
	bool refused; /* by the process that was to become the guest kernel: not without these */
};

enum confine_share_mode {
	SHARE_READ,
	SHARE_WRITE,
	SHARE_HIDE, /* covered by an empty directory or file */
};

struct confine_share {
	const char *path; /* absolute, without symbolic links */
	enum confine_share_mode mode;
};

#define CONFINE_KEPT_MAX 64

struct confine_config {
	enum options_sandbox level;
	/*
	 * Directories of the host: the first holds the others, and of others that lie in one another
	 * the outer one comes first. None: the guest opens nothing.
	 */
	const struct confine_share *share;
	size_t nshares;
	bool old_calls; /* the host has no preadv2 */
	uint64_t file_max; /* bytes to which the guest may make a file of the host grow */
	uint64_t private_max; /* bytes that one of its processes may have beside guest memory */
	rlim_t processes; /* stubs */
	/* What the guest is given to read only and has descriptors of; see confine_keep(). */
	int kept[CONFINE_KEPT_MAX];
	size_t nkept;
};

/*
 * Names a descriptor of a file that the guest is given, before the first process is made. Who may only read
 * a file may still be its owner, and change its mode and times through the descriptor: a guest that may
 * change files gets one of a mount that is read only instead. Other descriptors are left out.
 */
void confine_keep(struct confine_config *c, int fd);

/* A report that children of this process can write to, or NULL. confine_report_free() frees. */
struct confine_report *confine_report_make(void);
void confine_report_free(struct confine_report *r);

/* What a layer is called, for messages. */
const char *confine_name(enum confine_layer layer);

#define CONFINE_WHY_LEN 384

/* What kept this host from giving a layer (err: -errno) and what to do about it: "...; cure: ...". */
void confine_why(enum confine_layer layer, int err, char out[static CONFINE_WHY_LEN]);

/* Whether a guest of this level is to do without a layer on purpose. */
bool confine_skips(const struct confine_config *c, enum confine_layer layer);

/* The first layer that is missing though it is wanted, or LAYER_COUNT. */
enum confine_layer confine_missing(const struct confine_config *c, const struct confine_report *r);

/* Whether a path lies below a directory; both are absolute. */
bool confine_lies_below(const char *path, const char *dir);

/* Whether the guest may change any of the host's files. */
bool confine_may_change(const struct confine_config *c);

/*
 * Whether files are shared, and nothing but the guest's own kernel would keep it from all others: there
 * is neither a mount namespace nor Landlock.
 */
bool confine_is_open(const struct confine_config *c, const struct confine_report *r);

/*
 * fork() into new user and pid namespaces, for the first process of a guest. *isolated: whether
 * the pid namespace is there; without it the caller becomes a subreaper. Root's child has
 * become an ordinary user of the namespace's own. The pid, 0 in the child, or -errno.
 */
pid_t confine_fork(const struct confine_config *c, struct confine_report *r, bool *isolated);

/*
 * In that child, when it is the first of a pid namespace: the other namespaces and the empty
 * root. *proc_fd is a descriptor of /proc to find /proc/self with, or -1.
 */
void confine_namespaces(const struct confine_config *c, struct confine_report *r, int *proc_fd);

/* In the process that becomes the guest kernel, last: all other layers. */
void confine_guest(const struct confine_config *c, struct confine_report *r);

/* In the loader: raises file_max and private_max of a guest kernel that runs. 0 or -errno. */
int confine_grow(pid_t pid, const struct confine_config *c);

/* In the first process of the namespace, once the guest kernel has been forked. */
void confine_init(const struct confine_config *c);

/*
 * In a helper of the loader's (console_helper.c), which holds what it needs: no rights, no files,
 * no calls but those of its notes. It runs without what the host does not offer.
 */
void confine_helper(void);

/* The filter for the time after boot, for the boot record: its instructions, *n their number. */
const struct sock_filter *confine_run_filter(const struct confine_config *c, size_t *n);

/* Does all of it in processes that end at once. 0, or -errno where none could be made. */
int confine_probe(const struct confine_config *c, struct confine_report *r);

#endif
