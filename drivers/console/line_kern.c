// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes between a tty of the guest and the loader.
 *
 * Input: the socket is the queue. It is read only while the tty is open, not
 * throttled and has room, so nothing is lost, however late the guest opens its
 * console: what it does not take waits in the socket and, behind it, in the
 * loader's source.
 *
 * Output: sent at once; what the socket does not take goes to the port's FIFO
 * and follows when the socket has room again. A full FIFO makes writers wait.
 *
 * Kernel messages take the same way, so the order holds, but they cannot wait
 * for ever: when the loader takes nothing for STALL_MS, messages are dropped
 * (dmesg has them) and the count is printed when it reads again. In a panic
 * and at shutdown messages are pushed out before the function returns.
 *
 * The host's epoll is edge-triggered: both directions go on until the socket
 * says EAGAIN, or remember (throttled, retry) who starts them again.
 */
#include <linux/interrupt.h>
#include <linux/kfifo.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/tty_flip.h>
#include <irq_kern.h>
#include <irq_user.h>
#include <os.h>
#include <timetravel.h>
#include "line.h"
#include "line_user.h"

bool nl_line_plain __ro_after_init;

#define INPUT_LIMIT 16384 /* bytes between socket and line discipline */
#define WAKEUP_ROOM 1024 /* free bytes at which writers are woken */
#define STALL_MS 1000 /* how long a kernel message waits for the loader */
#define STALL_STEP_MS 2

/* --- input --- */

/* One read. Bytes, 0 when there is nothing more to do now, -EPIPE at the end. */
static int receive_some(struct nl_line_dev *l)
{
	u8 buf[512];
	int n, room;

	room = tty_buffer_request_room(&l->port, sizeof(buf));
	if (room <= 0) {
		schedule_delayed_work(&l->retry, max(HZ / 100, 1));
		return 0;
	}
	n = nl_line_recv(l->fd, buf, min_t(int, room, sizeof(buf)));
	if (n == -EAGAIN)
		return 0;
	if (n <= 0)
		return -EPIPE;
	tty_insert_flip_string(&l->port, buf, n);
	return n;
}

void nl_line_receive(struct nl_line_dev *l)
{
	unsigned long flags;
	bool some = false;
	int n = 0;

	spin_lock_irqsave(&l->lock, flags);
	while (l->fd >= 0 && l->open && !l->throttled && !l->dead) {
		n = receive_some(l);
		if (n <= 0)
			break;
		some = true;
	}
	if (n < 0)
		l->dead = true;
	spin_unlock_irqrestore(&l->lock, flags);

	if (some)
		tty_flip_buffer_push(&l->port);
	if (n < 0)
		tty_port_tty_hangup(&l->port, false);
}

static void receive_retry(struct work_struct *work)
{
	nl_line_receive(container_of(work, struct nl_line_dev, retry.work));
}

/* --- output; the lock is held --- */

/* Sends now: bytes that left. A socket without a peer swallows everything. */
static unsigned int send_now(struct nl_line_dev *l, const u8 *buf, unsigned int len)
{
	int n = nl_line_send(l->fd, buf, len), naps;

	/* In virtual time what others take of the host's is none of the guest's. */
	for (naps = 0; n == -EAGAIN && time_travel_mode != TT_MODE_OFF && naps < STALL_MS; naps++) {
		nl_line_nap(1);
		n = nl_line_send(l->fd, buf, len);
	}
	if (n == -EAGAIN)
		return 0;
	if (n < 0) {
		l->dead = true;
		return len;
	}
	if (n)
		l->stalled = false;
	return n;
}

static void send_fifo(struct nl_line_dev *l)
{
	unsigned int len, sent;
	u8 *p;

	while ((len = kfifo_out_linear_ptr(&l->port.xmit_fifo, &p, PAGE_SIZE))) {
		sent = send_now(l, p, len);
		kfifo_skip_count(&l->port.xmit_fifo, sent);
		if (sent < len)
			break;
	}
}

/* Sends or queues: bytes taken. */
static unsigned int put(struct nl_line_dev *l, const u8 *buf, unsigned int len)
{
	unsigned int n = 0;

	send_fifo(l);
	if (kfifo_is_empty(&l->port.xmit_fifo))
		n = send_now(l, buf, len);
	return n + kfifo_in(&l->port.xmit_fifo, buf + n, len - n);
}

ssize_t nl_line_write(struct nl_line_dev *l, const u8 *buf, size_t len)
{
	unsigned long flags;
	ssize_t n = -EIO;

	spin_lock_irqsave(&l->lock, flags);
	if (l->fd >= 0 && !l->dead)
		n = put(l, buf, min_t(size_t, len, INT_MAX));
	spin_unlock_irqrestore(&l->lock, flags);
	return n;
}

/* Sends of what is queued; false when the loader has taken nothing for STALL_MS. */
static bool wait_for_loader(struct nl_line_dev *l)
{
	struct __kfifo *fifo = &l->port.xmit_fifo.kfifo;
	unsigned int before = fifo->out, steps;

	for (steps = 0; !l->stalled && steps < STALL_MS / STALL_STEP_MS; steps++) {
		nl_line_nap(STALL_STEP_MS);
		send_fifo(l);
		if (fifo->out != before)
			return true;
	}
	l->stalled = true;
	return false;
}

static void drain(struct nl_line_dev *l)
{
	send_fifo(l);
	while (!kfifo_is_empty(&l->port.xmit_fifo) && wait_for_loader(l))
		;
}

void nl_line_drain(struct nl_line_dev *l)
{
	unsigned long flags;

	spin_lock_irqsave(&l->lock, flags);
	if (l->fd >= 0)
		drain(l);
	spin_unlock_irqrestore(&l->lock, flags);
}

/* Puts all of it, waiting if need be; counts what had to be dropped. */
static void put_message(struct nl_line_dev *l, const u8 *buf, unsigned int len)
{
	unsigned int n = put(l, buf, len);

	while (n < len && wait_for_loader(l))
		n += put(l, buf + n, len - n);
	l->lost += len - n;
}

static void report_lost(struct nl_line_dev *l)
{
	char buf[80];
	int n;

	if (!l->lost)
		return;
	send_fifo(l);
	if (l->stalled || !kfifo_is_empty(&l->port.xmit_fifo))
		return;
	n = scnprintf(buf, sizeof(buf), "\r\n[%lu bytes of kernel messages lost here]\r\n",
		      l->lost);
	l->lost = 0;
	put_message(l, buf, n);
}

/* A terminal needs a carriage return before each line feed. */
static void put_lines(struct nl_line_dev *l, const char *s, unsigned int len)
{
	u8 buf[256];
	unsigned int n = 0;

	for (; len; s++, len--) {
		if (*s == '\n' && !nl_line_is_plain(l))
			buf[n++] = '\r';
		buf[n++] = *s;
		if (n >= sizeof(buf) - 1) {
			put_message(l, buf, n);
			n = 0;
		}
	}
	if (n)
		put_message(l, buf, n);
}

void nl_line_print(struct nl_line_dev *l, const char *s, unsigned int len)
{
	unsigned long flags;

	spin_lock_irqsave(&l->lock, flags);
	if (l->fd >= 0 && !l->dead) {
		report_lost(l);
		put_lines(l, s, len);
		/* Nobody will send the rest later. */
		if (!l->irqs || oops_in_progress || system_state > SYSTEM_RUNNING)
			drain(l);
	}
	spin_unlock_irqrestore(&l->lock, flags);
}

/* --- interrupts --- */

/* The interrupt is shared: each line looks for itself; never "not mine". */
static irqreturn_t line_readable(int irq, void *data)
{
	nl_line_receive(data);
	return IRQ_HANDLED;
}

static irqreturn_t line_writable(int irq, void *data)
{
	struct nl_line_dev *l = container_of(data, struct nl_line_dev, retry);
	bool waited, room, dead;

	spin_lock(&l->lock);
	waited = !kfifo_is_empty(&l->port.xmit_fifo);
	if (waited && l->fd >= 0)
		send_fifo(l);
	room = kfifo_avail(&l->port.xmit_fifo) >= WAKEUP_ROOM;
	dead = l->dead;
	spin_unlock(&l->lock);

	if (waited && dead)
		tty_port_tty_hangup(&l->port, false);
	else if (waited && room)
		tty_port_tty_wakeup(&l->port);
	return IRQ_HANDLED;
}

/*
 * Two registrations of one interrupt need two identities: the line itself for
 * reading, its member retry for writing.
 */
static int watch(struct nl_line_dev *l, int fd)
{
	const struct nl_line_family *f = l->family;
	int err;

	err = um_request_irq(f->irq, fd, IRQ_READ, line_readable, IRQF_SHARED, f->name, l);
	if (err < 0)
		return err;
	err = um_request_irq(f->irq, fd, IRQ_WRITE, line_writable, IRQF_SHARED, f->name, &l->retry);
	if (err < 0) {
		um_free_irq(f->irq, l);
		return err;
	}
	return 0;
}

static void unwatch(struct nl_line_dev *l)
{
	um_free_irq(l->family->irq, &l->retry);
	um_free_irq(l->family->irq, l);
}

/* --- life --- */

struct nl_line_dev *nl_line_get(struct nl_line_family *f, unsigned int index)
{
	struct nl_line_dev *l;

	if (index >= f->max)
		return NULL;
	if (f->lines[index])
		return f->lines[index];
	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		return NULL;
	tty_port_init(&l->port);
	tty_buffer_set_limit(&l->port, INPUT_LIMIT);
	if (tty_port_alloc_xmit_buf(&l->port)) {
		tty_port_destroy(&l->port);
		kfree(l);
		return NULL;
	}
	l->family = f;
	l->index = index;
	l->fd = -1;
	spin_lock_init(&l->lock);
	INIT_DELAYED_WORK(&l->retry, receive_retry);
	f->lines[index] = l;
	return l;
}

int nl_line_attach(struct nl_line_dev *l, int fd, bool with_irqs)
{
	unsigned long flags;
	int err = 0;

	if (with_irqs)
		err = watch(l, fd);
	if (err)
		return err;
	spin_lock_irqsave(&l->lock, flags);
	l->fd = fd;
	l->irqs = with_irqs;
	l->dead = false;
	l->stalled = false;
	spin_unlock_irqrestore(&l->lock, flags);
	return 0;
}

void nl_line_detach(struct nl_line_dev *l)
{
	unsigned long flags;
	int fd = l->fd;

	if (fd < 0)
		return;
	if (l->irqs)
		unwatch(l);
	spin_lock_irqsave(&l->lock, flags);
	l->fd = -1;
	l->irqs = false;
	kfifo_reset(&l->port.xmit_fifo);
	spin_unlock_irqrestore(&l->lock, flags);
	cancel_delayed_work_sync(&l->retry);
	os_close_file(fd);
}
