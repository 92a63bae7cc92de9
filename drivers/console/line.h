/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A line: one terminal of the guest, served by one stream socket to the
 * loader. /dev/tty0-15 ("con") and /dev/ttyS0-63 ("ssl") are both lines.
 */
#ifndef NESTLING_LINE_H
#define NESTLING_LINE_H

#include <linux/spinlock.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_port.h>
#include <linux/workqueue.h>
#include "slots.h"

struct nl_line_dev;

/* One of the two families. */
struct nl_line_family {
	enum nl_kind kind;
	const char *name; /* "con", "ssl": as on the loader's command line */
	const char *dev_name; /* "tty", "ttyS" */
	unsigned int minor; /* of index 0, under TTY_MAJOR */
	unsigned int max; /* lines */
	int irq; /* shared by all lines of the family */
	short type, subtype;
	unsigned long flags; /* TTY_DRIVER_*, beyond what both have */
	struct tty_driver *driver; /* NULL until the tty layer exists */
	struct nl_line_dev **lines; /* NULL where there never was a line */
};

/* One line. Made when the loader first names it, and never freed. */
struct nl_line_dev {
	struct tty_port port; /* xmit_fifo holds output that the socket did not take */
	const struct nl_line_family *family;
	unsigned int index;
	spinlock_t lock; /* all below, and the port's buffers */
	int fd; /* socket to the loader, -1: no line */
	bool irqs; /* fd is watched */
	bool registered; /* the device exists */
	bool open; /* somebody takes input */
	bool throttled; /* the line discipline asked to wait */
	bool dead; /* the loader closed its end */
	bool stalled; /* the loader did not read for too long: do not wait for it */
	unsigned long lost; /* bytes of kernel messages dropped since it stalled */
	u16 rows, cols; /* window, 0 = not known */
	struct delayed_work retry; /* input waits for room in the tty's buffer */
};

extern struct nl_line_family nl_line_families[2];

/* Set once, from the command line: con0 is no terminal (nestling.plain). */
extern bool nl_line_plain;

static inline bool nl_line_is_plain(const struct nl_line_dev *l)
{
	return nl_line_plain && l->family->kind == NL_KIND_CON && l->index == 0;
}

/* The line of an index, made if need be. NULL when memory is short or index too high. */
struct nl_line_dev *nl_line_get(struct nl_line_family *f, unsigned int index);

/*
 * Connects a line to its socket. The caller keeps fd until this returns 0.
 * Without watch the line can only print (before interrupts can be had).
 */
int nl_line_attach(struct nl_line_dev *l, int fd, bool watch);

/* Stops watching and closes the socket; what was not sent is lost. */
void nl_line_detach(struct nl_line_dev *l);

/* Moves input from the socket to the tty as far as it has room. */
void nl_line_receive(struct nl_line_dev *l);

/* Takes output of the tty: bytes taken, or -EIO without a peer. */
ssize_t nl_line_write(struct nl_line_dev *l, const u8 *buf, size_t len);

/* Prints a kernel message, in any context; bounded wait, see line_kern.c. */
void nl_line_print(struct nl_line_dev *l, const char *s, unsigned int len);

/* Waits, bounded, until all output is with the loader. */
void nl_line_drain(struct nl_line_dev *l);

#endif
