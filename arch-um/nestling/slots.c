// SPDX-License-Identifier: GPL-2.0
/*
 * Registry of the drivers that serve slots; see slots.h.
 */
#define pr_fmt(fmt) "nestling: " fmt

#include <linux/errno.h>
#include <linux/printk.h>
#include <irq_kern.h>
#include <kern_util.h>
#include "slots.h"

/* Written by initcalls only, before any message can arrive. */
static const struct nl_slot_ops *slot_ops[NL_KIND_COUNT];

const struct nl_slot_ops *nl_slot_ops_get(unsigned int kind)
{
	return kind < NL_KIND_COUNT ? slot_ops[kind] : NULL;
}

int nl_slot_register(const struct nl_slot_ops *ops)
{
	const struct nl_slot *s;
	unsigned int n;
	int err;

	if (ops->kind >= NL_KIND_COUNT || slot_ops[ops->kind])
		return -EINVAL;
	slot_ops[ops->kind] = ops;
	for (n = 0; (s = nl_boot_slot(ops->kind, n)); n++) {
		err = ops->add(s);
		if (err)
			pr_err("%s%u (%s) failed: error %d\n", ops->name, s->index, s->spec, -err);
	}
	return 0;
}

/*
 * Called by the interrupt loop after each round: stock's channels free their
 * interrupts here. Our drivers free theirs in process context.
 */
void free_irqs(void)
{
}
