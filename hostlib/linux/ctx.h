/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The loader's one context: what was asked for, what is open, what runs.
 */
#ifndef NESTLING_CTX_H
#define NESTLING_CTX_H

#include <stdbool.h>
#include <sys/types.h>

#include "abi.h"
#include "disk.h"
#include "loop.h"
#include "options.h"
#include "pack.h"

/* Exit statuses of `linux` (linux(1), EXIT STATUS); 0-63 are the guest's own. */
enum exit_status {
	STATUS_USAGE = 64, /* wrong command line */
	STATUS_DATA = 65, /* a file is not what it should be */
	STATUS_NOINPUT = 66, /* a file is missing or of the wrong kind */
	STATUS_UNAVAILABLE = 69, /* the host lacks something */
	STATUS_PANIC = 70, /* the guest kernel panicked or died */
	STATUS_OSERR = 71, /* a call of the host failed */
	STATUS_CANTCREATE = 73, /* a file could not be made */
	STATUS_LOCKED = 75, /* something is in use by another */
	STATUS_NOPERM = 77, /* permission denied */
	STATUS_SIGNAL = 128, /* plus the signal that ended the loader */
};

#define CTX_SLOTS (NL_UBD_MAX + NL_CON_MAX + NL_SSL_MAX + NL_NET_MAX + 2)

struct confine_share;
struct run;
struct console_set;
struct mconsole;
struct control;
struct net_card;

struct linux_ctx {
	struct options opt;
	struct loop *loop;

	int self_fd; /* this program's own file */
	struct pack pack; /* what is packed into it */

	struct disk *disk[NL_UBD_MAX]; /* NULL: none */
	struct net_card *net[NL_NET_MAX]; /* NULL: none */

	/* Slots of the guest; fd[] are the loader's own descriptors, owned by the devices. */
	struct nl_slot slot[CTX_SLOTS];
	unsigned int nslots;

	struct confine_share *share; /* directories of the host that the guest sees (hostfs=) */
	size_t nshares;

	char umid[OPTIONS_UMID_LEN + 1];
	char run_dir[108]; /* <uml_dir>/<umid>, "" until it is made; socket paths start with it */
	int run_lock_fd; /* -1: none */

	struct run *run; /* the job of uml_run, NULL: this is linux */
	struct console_set *consoles;
	struct mconsole *mconsole;
	struct control *control; /* NULL while no guest runs */

	struct guest *guest; /* NULL while no guest runs */
	bool restarting; /* the guest asked for a restart */
	bool ending; /* the loader was told to end */
	bool told_layers; /* which layers around the guest are missing has been said */
	int status; /* exit status to be */
};

/* Reserves the slot of a device, or finds it again. NULL when the table is full. */
struct nl_slot *ctx_slot(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index);

/* The slot of a device, or NULL. */
struct nl_slot *ctx_slot_find(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index);

/* Forgets a slot; its descriptors are its device's affair. */
void ctx_slot_drop(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index);

/* Closes what the context holds. */
void ctx_free(struct linux_ctx *ctx);

#endif
