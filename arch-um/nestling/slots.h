/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots: which descriptors serve which device (guest kernel side).
 *
 * A driver registers one nl_slot_ops for its kind. Slots that the loader
 * named at boot are replayed to add() at that moment; later ones come through
 * the control channel. add() must be idempotent for an index that it already
 * serves from the same operator (it is the "rebuild" of DESIGN.md).
 */
#ifndef NESTLING_SLOTS_H
#define NESTLING_SLOTS_H

#include <linux/init.h>
#include "abi.h"

struct nl_slot_ops {
	enum nl_kind kind;
	const char *name; /* "ubd", "con", "ssl" */
	/*
	 * Takes ownership of the slot's descriptors when it returns 0; the
	 * caller closes them otherwise. May sleep. Returns 0 or -errno.
	 */
	int (*add)(const struct nl_slot *slot);
	/*
	 * Gives the device up and closes its descriptors. -EBUSY while it is
	 * in use, with one line in why. May sleep. NULL: cannot be removed.
	 */
	int (*remove)(unsigned int index, char *why, size_t why_len);
	/* A new window size. May be called in process context only. NULL: none. */
	void (*winsize)(unsigned int index, unsigned int rows, unsigned int cols);
	/* Network cards: NL_MSG_NET_STATE or NL_MSG_NET_STOPPED came. Does not sleep. */
	void (*net_event)(unsigned int index, unsigned int type, const struct nl_net *net);
	/* Stops host I/O until rebuild; for freeze and thaw. NULL: nothing to do. */
	void (*quiesce)(void);
};

/* Registers a driver and replays the boot slots of its kind. 0 or -errno. */
int nl_slot_register(const struct nl_slot_ops *ops);

/* The driver for a kind, or NULL. */
const struct nl_slot_ops *nl_slot_ops_get(unsigned int kind);

/*
 * The boot record, mapped read-only for as long as the guest kernel runs; NULL
 * when the guest kernel was not started by the loader.
 */
const struct nl_boot *nl_boot_record(void);

/* Boot slot n of kind, or NULL after the last. */
const struct nl_slot *nl_boot_slot(enum nl_kind kind, unsigned int n);

#endif
