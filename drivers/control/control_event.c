// SPDX-License-Identifier: GPL-2.0
/*
 * What the guest kernel tells the loader unasked: that init was started, that
 * it panics, and what is written to /proc/mconsole.
 */
#include <linux/init.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include "control.h"
#include "control_user.h"
#include "slots.h"

int nl_event_send(enum nl_msg_type type, const char *text, size_t len)
{
	struct nl_msg *m = kzalloc(sizeof(*m), GFP_KERNEL);
	int err;

	if (!m)
		return -ENOMEM;
	m->type = type;
	m->len = min_t(size_t, len, NL_MSG_TEXT);
	memcpy(m->text, text, m->len);
	err = nl_control_send_patient(m);
	kfree(m);
	return err;
}

static void look_for_init(struct work_struct *work);
static DECLARE_DELAYED_WORK(init_look, look_for_init);

/* No hook is called when init starts, so the state is looked at until then. */
static void look_for_init(struct work_struct *work)
{
	if (system_state < SYSTEM_RUNNING)
		schedule_delayed_work(&init_look, 1);
	else if (system_state == SYSTEM_RUNNING)
		nl_event_send(NL_MSG_RUNNING, "", 0);
}

/* Nothing may be allocated or waited for here. */
static int tell_panic(struct notifier_block *self, unsigned long unused, void *text)
{
	static struct nl_msg m = {.type = NL_MSG_PANIC};

	m.len = strnlen(text, NL_MSG_TEXT);
	memcpy(m.text, text, m.len);
	nl_control_send(&m);
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call = tell_panic,
	.priority = INT_MAX, /* before the notifier that ends the process */
};

/* A longer text is written in several events, by the usual loop of a writer. */
static ssize_t notify_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	char *text;
	int err;

	len = min_t(size_t, len, NL_MSG_TEXT);
	text = memdup_user(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = nl_event_send(NL_MSG_NOTIFY, text, len);
	kfree(text);
	return err ? err : len;
}

static const struct proc_ops notify_ops = {
	.proc_write = notify_write,
	.proc_lseek = noop_llseek,
};

static int __init event_init(void)
{
	if (!nl_boot_record())
		return 0;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	if (!proc_create("mconsole", 0200, NULL, &notify_ops))
		return -ENOMEM;
	return 0;
}
core_initcall(event_init);

static int __init running_init(void)
{
	if (nl_boot_record())
		schedule_delayed_work(&init_look, 1);
	return 0;
}
late_initcall(running_init);
