// SPDX-License-Identifier: GPL-2.0
/*
 * The control channel, guest kernel's half: requests of the loader.
 *
 * The interrupt only wakes a thread, which receives and serves one request
 * after the other, since what drivers do for a device may sleep. The thread
 * runs before all others, so that a busy guest answers too. Every message is
 * checked (control_check) before a field of it is used.
 *
 * Limits: one request at a time; one that hangs holds up those after it.
 */
#define pr_fmt(fmt) "nestling: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/nmi.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <irq_kern.h>
#include <nestling.h>
#include <os.h>
#include "control.h"
#include "control_check.h"
#include "control_user.h"
#include "slots.h"

/* A message with what came with it. */
struct received {
	struct nl_msg m;
	int fds[NL_SLOT_FDS];
	unsigned int nfds;
};

static DECLARE_WAIT_QUEUE_HEAD(control_wait);
static bool control_pending = true; /* what came before the interrupt was there */
/* The thread's own; too large for its stack. */
static struct received control_request;
static struct nl_answer control_answer;

static void close_all(struct received *r)
{
	while (r->nfds)
		os_close_file(r->fds[--r->nfds]);
}

/* 1: r holds a checked message; 0: none is there; -errno: drop it, the channel goes on. */
static int receive(struct received *r)
{
	int n = nl_control_recv(&r->m, r->fds, &r->nfds);

	if (n == -EMSGSIZE || n == -EINVAL)
		return -EMSGSIZE;
	if (n <= 0)
		return 0; /* nothing, or the loader is gone: it takes us along */
	if (control_check(&r->m, n, r->nfds)) {
		close_all(r);
		return -EINVAL;
	}
	return 1;
}

static int serve_add(struct received *r, struct nl_answer *a)
{
	const struct nl_slot_ops *ops = nl_slot_ops_get(r->m.slot.kind);
	struct nl_slot *s = &r->m.slot;
	unsigned int i, n = 0;
	int err;

	if (!ops) {
		nl_answer_printf(a, "this guest kernel has no driver for it");
		return -ENODEV;
	}
	for (i = 0; i < NL_SLOT_FDS; i++)
		s->fd[i] = s->fd[i] >= 0 ? r->fds[n++] : -1;
	err = ops->add(s);
	if (!err)
		r->nfds = 0; /* the driver's now */
	else if (err == -EBUSY || err == -EEXIST)
		nl_answer_printf(a, "%s%u is there already", ops->name, s->index);
	else
		nl_answer_printf(a, "the guest cannot add %s%u: error %d", ops->name, s->index,
				 -err);
	return err;
}

static int serve_remove(const struct nl_slot *s, struct nl_answer *a)
{
	const struct nl_slot_ops *ops = nl_slot_ops_get(s->kind);
	char why[128] = "";
	int err;

	if (!ops || !ops->remove) {
		nl_answer_printf(a, "it cannot be removed");
		return -EOPNOTSUPP;
	}
	err = ops->remove(s->index, why, sizeof(why));
	if (err)
		nl_answer_printf(a, "%s", why);
	return err;
}

static void serve_winsize(const struct nl_slot *s)
{
	const struct nl_slot_ops *ops = nl_slot_ops_get(s->kind);

	if (ops && ops->winsize)
		ops->winsize(s->index, s->line.rows, s->line.cols);
}

static void serve_net(const struct nl_msg *m)
{
	const struct nl_slot_ops *ops = nl_slot_ops_get(NL_KIND_NET);

	if (ops && ops->net_event)
		ops->net_event(m->slot.index, m->type, &m->slot.net);
}

static void serve_command(const struct nl_msg *m, struct nl_answer *a)
{
	char text[NL_MSG_TEXT + 1];
	bool stop;
	int err;

	memcpy(text, m->text, m->len);
	text[m->len] = '\0';
	strim(text);
	stop = !strcmp(text, "stop");
	err = nl_command(a, text);
	nl_answer_end(a, err);
	if (stop && !err)
		nl_control_stop();
}

static void serve(struct received *r)
{
	struct nl_answer *a = &control_answer;

	nl_answer_start(a, r->m.id);
	switch (r->m.type) {
	case NL_MSG_ADD:
		nl_answer_end(a, serve_add(r, a));
		break;
	case NL_MSG_REMOVE:
		nl_answer_end(a, serve_remove(&r->m.slot, a));
		break;
	case NL_MSG_WINSIZE:
		serve_winsize(&r->m.slot);
		break;
	case NL_MSG_NET_STATE:
	case NL_MSG_NET_STOPPED:
		serve_net(&r->m);
		break;
	default:
		serve_command(&r->m, a);
	}
	close_all(r);
}

/* One message while the guest is stopped. True when it was go. */
static bool serve_stopped(struct received *r, struct nl_answer *a)
{
	static const char text[] = "the guest is stopped (go continues it)";
	struct nl_msg *m = &a->m;
	bool go = r->m.type == NL_MSG_COMMAND && r->m.len == 2 && !memcmp(r->m.text, "go", 2);

	close_all(r);
	if (r->m.type == NL_MSG_NET_STATE || r->m.type == NL_MSG_NET_STOPPED)
		serve_net(&r->m);
	if (r->m.type != NL_MSG_ADD && r->m.type != NL_MSG_REMOVE && r->m.type != NL_MSG_COMMAND)
		return false;
	nl_answer_start(a, r->m.id);
	m->more = 0;
	if (!go) {
		m->err = -EBUSY;
		m->len = sizeof(text) - 1;
		memcpy(m->text, text, m->len);
	}
	nl_control_send(m); /* the timeout of a loader that does not read answers it */
	return go;
}

void nl_control_stop(void)
{
	struct received *r = &control_request;
	unsigned long flags;
	int got;

	local_irq_save(flags);
	for (;;) {
		unsigned int seen = nl_doorbell_prepare();

		got = receive(r);
		if (!got)
			nl_doorbell_wait(seen);
		else if (got > 0 && serve_stopped(r, &control_answer))
			break;
	}
	nl_doorbell_finish();
	touch_all_softlockup_watchdogs();
	local_irq_restore(flags);
}

void nl_control_hear(void)
{
	static struct received r;
	static struct nl_answer a;
	int got;

	while ((got = receive(&r)) != 0)
		if (got > 0)
			serve_stopped(&r, &a);
}

static int control_thread(void *unused)
{
	int got;

	for (;;) {
		wait_event_idle(control_wait, READ_ONCE(control_pending));
		WRITE_ONCE(control_pending, false);
		while ((got = receive(&control_request)) != 0) {
			if (got > 0)
				serve(&control_request);
			else
				pr_warn_ratelimited("malformed message from the loader\n");
			cond_resched();
		}
	}
	return 0;
}

static irqreturn_t control_readable(int irq, void *unused)
{
	WRITE_ONCE(control_pending, true);
	wake_up(&control_wait);
	return IRQ_HANDLED;
}

/* After the drivers, so that a device of theirs can be added. */
static int __init control_init(void)
{
	struct task_struct *t;
	int err;

	if (!nl_boot_record())
		return 0; /* not started by the loader */
	err = um_request_irq(UM_IRQ_ALLOC, NL_FD_CONTROL, IRQ_READ, control_readable, 0, "control",
			     &control_wait);
	if (err < 0)
		return err;
	t = kthread_run(control_thread, NULL, "control");
	if (IS_ERR(t))
		return PTR_ERR(t);
	sched_set_fifo_low(t);
	return 0;
}
late_initcall(control_init);
