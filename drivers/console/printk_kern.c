// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel messages on the lines: console=tty<n> and console=ttyS<n>.
 *
 * The lines of the boot record can print long before the tty layer exists;
 * earlier messages are replayed when the console registers, and earlyprintk
 * (stock) sends them down the loader's pipe.
 */
#include <linux/console.h>
#include <linux/init.h>
#include <init.h>
#include "line.h"

static struct nl_line_dev *console_line(struct console *c)
{
	struct nl_line_family *f = c->data;

	return c->index >= 0 && c->index < f->max ? f->lines[c->index] : NULL;
}

static void line_console_write(struct console *c, const char *s, unsigned int len)
{
	struct nl_line_dev *l = console_line(c);

	if (l)
		nl_line_print(l, s, len);
}

static struct tty_driver *line_console_device(struct console *c, int *index)
{
	struct nl_line_family *f = c->data;

	*index = c->index;
	return f->driver;
}

static int line_console_setup(struct console *c, char *options)
{
	if (c->index < 0)
		c->index = 0;
	return console_line(c) ? 0 : -ENODEV;
}

static struct console line_consoles[2] = {
	{
		.name = "tty",
		.write = line_console_write,
		.device = line_console_device,
		.setup = line_console_setup,
		.flags = CON_PRINTBUFFER | CON_ANYTIME,
		.index = -1,
		.data = &nl_line_families[0],
	},
	{
		.name = "ttyS",
		.write = line_console_write,
		.device = line_console_device,
		.setup = line_console_setup,
		.flags = CON_PRINTBUFFER | CON_ANYTIME,
		.index = -1,
		.data = &nl_line_families[1],
	},
};

static void __init attach_boot_lines(struct nl_line_family *f)
{
	const struct nl_slot *slot;
	struct nl_line_dev *l;
	unsigned int n;

	for (n = 0; (slot = nl_boot_slot(f->kind, n)); n++) {
		l = nl_line_get(f, slot->index);
		if (l && slot->fd[0] >= 0)
			nl_line_attach(l, slot->fd[0], false);
	}
}

static int __init line_consoles_start(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(line_consoles); i++) {
		attach_boot_lines(&nl_line_families[i]);
		register_console(&line_consoles[i]);
	}
	return 0;
}
console_initcall(line_consoles_start);

/* The process ends next: what programs wrote last must not die with it. */
static void line_consoles_flush(void)
{
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(nl_line_families); i++)
		for (n = 0; n < nl_line_families[i].max; n++)
			if (nl_line_families[i].lines[n])
				nl_line_drain(nl_line_families[i].lines[n]);
}
__uml_exitcall(line_consoles_flush);
