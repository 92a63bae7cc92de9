// SPDX-License-Identifier: GPL-2.0
/*
 * The tty drivers of the guest: /dev/tty0-15 (con) and /dev/ttyS0-63 (ssl).
 *
 * A device exists only for a line that the loader named; opening another gives
 * ENXIO at once. The loader ends a session by closing its end of the socket:
 * the tty is hung up, as by a modem. It then adds the line again with a new
 * socket; until then the carrier is down and an open waits for it, so a getty
 * that is started again and again does not spin.
 */
#define pr_fmt(fmt) "nestling: " fmt

#include <linux/init.h>
#include <linux/kfifo.h>
#include <linux/major.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <asm/irq.h>
#include "line.h"

static struct nl_line_dev *con_lines[NL_CON_MAX];
static struct nl_line_dev *ssl_lines[NL_SSL_MAX];

/*
 * Interrupt numbers are scarce (64) and the stock drivers that own these two
 * are not built: each family shares one.
 */
struct nl_line_family nl_line_families[2] = {
	{
		.kind = NL_KIND_CON,
		.name = "con",
		.dev_name = "tty",
		.minor = 0,
		.max = NL_CON_MAX,
		.irq = XTERM_IRQ,
		.type = TTY_DRIVER_TYPE_CONSOLE,
		.subtype = SYSTEM_TYPE_CONSOLE,
		.flags = TTY_DRIVER_RESET_TERMIOS,
		.lines = con_lines,
	},
	{
		.kind = NL_KIND_SSL,
		.name = "ssl",
		.dev_name = "ttyS",
		.minor = 64,
		.max = NL_SSL_MAX,
		.irq = TELNETD_IRQ,
		.type = TTY_DRIVER_TYPE_SERIAL,
		.subtype = SERIAL_TYPE_NORMAL,
		.lines = ssl_lines,
	},
};

/* --- port --- */

static bool line_carrier_raised(struct tty_port *port)
{
	struct nl_line_dev *l = container_of(port, struct nl_line_dev, port);

	return l->fd >= 0 && !l->dead;
}

static int line_activate(struct tty_port *port, struct tty_struct *tty)
{
	struct nl_line_dev *l = container_of(port, struct nl_line_dev, port);
	unsigned long flags;

	spin_lock_irqsave(&l->lock, flags);
	tty->winsize.ws_row = l->rows;
	tty->winsize.ws_col = l->cols;
	l->throttled = false;
	l->open = true;
	spin_unlock_irqrestore(&l->lock, flags);
	nl_line_receive(l);
	return 0;
}

static void line_shutdown(struct tty_port *port)
{
	struct nl_line_dev *l = container_of(port, struct nl_line_dev, port);
	unsigned long flags;

	spin_lock_irqsave(&l->lock, flags);
	l->open = false;
	spin_unlock_irqrestore(&l->lock, flags);
	cancel_delayed_work(&l->retry);
}

static const struct tty_port_operations line_port_ops = {
	.carrier_raised = line_carrier_raised,
	.activate = line_activate,
	.shutdown = line_shutdown,
};

/* --- tty --- */

/*
 * con0 is no terminal but pipes or files. A script that waits on it is read as soon as
 * the console is opened, before any program could switch echo off.
 */
static int __init plain_setup(char *value)
{
	nl_line_plain = true;
	return 1;
}
__setup("nestling.plain", plain_setup);

static int line_install(struct tty_driver *driver, struct tty_struct *tty)
{
	const struct nl_line_family *f = driver->driver_state;
	struct nl_line_dev *l = f->lines[tty->index];
	int err;

	if (!l || !l->registered)
		return -ENODEV;
	tty->driver_data = l;
	err = tty_port_install(&l->port, driver, tty);
	if (!err && nl_line_is_plain(l)) {
		tty->termios.c_lflag &= ~ECHO;
		tty->termios.c_oflag &= ~OPOST;
	}
	return err;
}

static int line_open(struct tty_struct *tty, struct file *filp)
{
	struct nl_line_dev *l = tty->driver_data;

	return tty_port_open(&l->port, tty, filp);
}

static void line_close(struct tty_struct *tty, struct file *filp)
{
	struct nl_line_dev *l = tty->driver_data;

	tty_port_close(&l->port, tty, filp);
}

static void line_hangup(struct tty_struct *tty)
{
	struct nl_line_dev *l = tty->driver_data;

	tty_port_hangup(&l->port);
}

static ssize_t line_write(struct tty_struct *tty, const u8 *buf, size_t len)
{
	return nl_line_write(tty->driver_data, buf, len);
}

static unsigned int line_write_room(struct tty_struct *tty)
{
	struct nl_line_dev *l = tty->driver_data;

	return kfifo_avail(&l->port.xmit_fifo);
}

static unsigned int line_chars_in_buffer(struct tty_struct *tty)
{
	struct nl_line_dev *l = tty->driver_data;

	return l->fd >= 0 && !l->dead ? kfifo_len(&l->port.xmit_fifo) : 0;
}

static void line_flush_buffer(struct tty_struct *tty)
{
	struct nl_line_dev *l = tty->driver_data;
	unsigned long flags;

	spin_lock_irqsave(&l->lock, flags);
	kfifo_reset(&l->port.xmit_fifo);
	spin_unlock_irqrestore(&l->lock, flags);
	tty_wakeup(tty);
}

static void line_throttle(struct tty_struct *tty)
{
	struct nl_line_dev *l = tty->driver_data;

	l->throttled = true;
}

static void line_unthrottle(struct tty_struct *tty)
{
	struct nl_line_dev *l = tty->driver_data;

	l->throttled = false;
	nl_line_receive(l);
}

static const struct tty_operations line_ops = {
	.install = line_install,
	.open = line_open,
	.close = line_close,
	.hangup = line_hangup,
	.write = line_write,
	.write_room = line_write_room,
	.chars_in_buffer = line_chars_in_buffer,
	.flush_buffer = line_flush_buffer,
	.throttle = line_throttle,
	.unthrottle = line_unthrottle,
};

/* --- slots --- */

/* The session on a line ends: who has it open sees a hang-up. */
static void end_session(struct nl_line_dev *l)
{
	struct tty_struct *tty = tty_port_tty_get(&l->port);

	if (tty) {
		tty_vhangup(tty);
		tty_kref_put(tty);
	}
	nl_line_detach(l);
}

static int register_line(struct nl_line_dev *l)
{
	struct device *d;

	if (l->registered)
		return 0;
	l->port.ops = &line_port_ops;
	d = tty_port_register_device(&l->port, l->family->driver, l->index, NULL);
	if (IS_ERR(d))
		return PTR_ERR(d);
	l->registered = true;
	return 0;
}

static int line_add(struct nl_line_family *f, const struct nl_slot *slot)
{
	struct nl_line_dev *l = nl_line_get(f, slot->index);
	int fd = slot->fd[0];
	int err;

	if (slot->index >= f->max || fd < 0)
		return -EINVAL;
	if (!l)
		return -ENOMEM;
	if (l->fd >= 0 && l->fd != fd)
		end_session(l);
	l->rows = slot->line.rows;
	l->cols = slot->line.cols;
	if (l->irqs)
		return 0;
	err = register_line(l);
	if (!err)
		err = nl_line_attach(l, fd, true);
	if (err)
		return err;
	wake_up_interruptible(&l->port.open_wait);
	/* The line may be open already: waiting in carrier, or as a console. */
	nl_line_receive(l);
	return 0;
}

static int line_remove(struct nl_line_family *f, unsigned int index, char *why, size_t why_len)
{
	struct nl_line_dev *l = index < f->max ? f->lines[index] : NULL;

	if (!l || !l->registered) {
		snprintf(why, why_len, "%s%u does not exist", f->name, index);
		return -ENODEV;
	}
	if (l->port.count || l->port.blocked_open) {
		snprintf(why, why_len, "/dev/%s%u is open %d times; end what uses it", f->dev_name,
			 index, l->port.count + l->port.blocked_open);
		return -EBUSY;
	}
	tty_unregister_device(f->driver, index);
	l->registered = false;
	nl_line_detach(l);
	return 0;
}

static void line_winsize(struct nl_line_family *f, unsigned int index, unsigned int rows,
			 unsigned int cols)
{
	struct nl_line_dev *l = index < f->max ? f->lines[index] : NULL;
	struct winsize ws = {.ws_row = rows, .ws_col = cols};
	struct tty_struct *tty;

	if (!l)
		return;
	l->rows = rows;
	l->cols = cols;
	tty = tty_port_tty_get(&l->port);
	if (!tty)
		return;
	tty_do_resize(tty, &ws);
	tty_kref_put(tty);
}

static int con_add(const struct nl_slot *slot)
{
	return line_add(&nl_line_families[0], slot);
}

static int ssl_add(const struct nl_slot *slot)
{
	return line_add(&nl_line_families[1], slot);
}

static int con_remove(unsigned int index, char *why, size_t why_len)
{
	return line_remove(&nl_line_families[0], index, why, why_len);
}

static int ssl_remove(unsigned int index, char *why, size_t why_len)
{
	return line_remove(&nl_line_families[1], index, why, why_len);
}

static void con_winsize(unsigned int index, unsigned int rows, unsigned int cols)
{
	line_winsize(&nl_line_families[0], index, rows, cols);
}

static void ssl_winsize(unsigned int index, unsigned int rows, unsigned int cols)
{
	line_winsize(&nl_line_families[1], index, rows, cols);
}

static const struct nl_slot_ops slot_ops[2] = {
	{NL_KIND_CON, "con", con_add, con_remove, con_winsize, NULL},
	{NL_KIND_SSL, "ssl", ssl_add, ssl_remove, ssl_winsize, NULL},
};

/* --- start --- */

static int __init register_family(struct nl_line_family *f)
{
	struct tty_driver *d;
	int err;

	d = tty_alloc_driver(f->max, TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV | f->flags);
	if (IS_ERR(d))
		return PTR_ERR(d);
	d->driver_name = f->name;
	d->name = f->dev_name;
	d->major = TTY_MAJOR;
	d->minor_start = f->minor;
	d->type = f->type;
	d->subtype = f->subtype;
	d->init_termios = tty_std_termios;
	d->driver_state = f;
	tty_set_operations(d, &line_ops);
	err = tty_register_driver(d);
	if (err) {
		tty_driver_kref_put(d);
		return err;
	}
	f->driver = d;
	return 0;
}

static int __init console_start(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(nl_line_families); i++) {
		err = register_family(&nl_line_families[i]);
		if (!err)
			err = nl_slot_register(&slot_ops[i]);
		if (err)
			pr_err("no %s lines: error %d\n", nl_line_families[i].name, -err);
	}
	return 0;
}
device_initcall(console_start);
