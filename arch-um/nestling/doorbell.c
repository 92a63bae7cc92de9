// SPDX-License-Identifier: GPL-2.0
/*
 * The doorbell: interrupts from other processes that share guest memory (drivers/control/abi.h).
 *
 * A signal costs the host some microseconds and this process a handler; a word that is looked at
 * anyway costs nothing. It is looked at where interrupts are enabled, while the engine waits for
 * guest code, and before the guest idles; the two sleeps are futex waits on its sequence.
 */
#define pr_fmt(fmt) "nestling: " fmt

#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <asm/page.h>
#include <irq_kern.h>
#include <kern_util.h>
#include <nestling.h>
#include <os.h>
#include <sysdep/ptrace.h>
#include "doorbell.h"

/* Until it is started; this one lies in private memory and nobody can ring it. */
static struct nl_doorbell nobody;
struct nl_doorbell *nl_bell = &nobody;
volatile unsigned int *nl_bell_pending = &nobody.pending;
int nl_bell_used;

static void (*rung)(void);
static int bell_irq;

static irqreturn_t bell_interrupt(int irq, void *unused)
{
	rung();
	return IRQ_HANDLED;
}

void nl_doorbell_irq(void)
{
	static struct uml_pt_regs regs;

	*nl_bell_pending = 0;
	mb(); /* what rings later sets it again; what rang before is seen by rung() */
	do_IRQ(bell_irq, &regs);
}

int nl_doorbell_start(void (*fn)(void))
{
	struct nl_doorbell *bell = (void *)get_zeroed_page(GFP_KERNEL);

	if (!bell)
		return -ENOMEM;
	rung = fn;
	bell_irq = um_request_irq(UM_IRQ_ALLOC, -1, IRQ_READ, bell_interrupt, 0, "doorbell", bell);
	if (bell_irq < 0) {
		free_page((unsigned long)bell);
		return bell_irq;
	}
	nl_bell = bell;
	nl_bell_pending = &bell->pending;
	nl_bell_used = 1;
	return 0;
}
