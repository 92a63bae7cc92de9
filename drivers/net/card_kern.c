// SPDX-License-Identifier: GPL-2.0
/*
 * Network cards: a transport for virtio whose other half is the loader.
 *
 * The rings lie in guest memory. The driver above (virtio_net) makes them; we tell the loader where
 * they are, and it sets up the switch by vhost-user: so no socket to the switch is in the guest
 * kernel's hands. From then on the switch reads and writes the rings itself. We tell it by an
 * eventfd, it tells us by the doorbell (nestling/doorbell.c).
 *
 * Before rings are given back the switch must have let go of them: the loader is asked and answers.
 * When it is the loader that takes the card away it has seen to that before.
 *
 * Limits: one pair of rings a card; no control ring.
 */
#define pr_fmt(fmt) "nestling: " fmt

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <net/sch_generic.h>
#include <nestling.h>
#include <os.h>
#include <timetravel.h>
#include "card_user.h"
#include "control.h"
#include "doorbell.h"
#include "lane.h"
#include "slots.h"

#define RING_NUM 256
#define STOP_WAIT (10 * HZ)
#define STOP_NAPS 10000 /* the same, in ms */
#define WATCHDOG_LED (3600 * HZ)
#define VENDOR 0x4e53 /* ours; nothing looks at it */

struct nl_card {
	struct virtio_device vdev;
	struct nl_slot slot;
	struct virtqueue *vq[NL_NET_RINGS];
	u8 status;
	bool started; /* the switch may touch the rings */
	bool leaving; /* the loader has stopped the switch already */
	bool raised; /* the driver does not know yet of the carrier that the card has */
	struct completion stopped;
};

/* By index; cards come and go in the control thread, and are looked at in the interrupt. */
static struct nl_card *cards[NL_NET_MAX];
static struct device *card_parent;
static bool bell_started;
/* A bit for each ring whose kick waits. The end of a signal's handler may clear them at any time. */
unsigned int nl_kicks_waiting;

static struct nl_card *to_card(struct virtio_device *vdev)
{
	return container_of(vdev, struct nl_card, vdev);
}

static void doorbell_rung(void)
{
	unsigned int i, n;

	for (i = 0; i < NL_NET_MAX; i++) {
		struct nl_card *card = READ_ONCE(cards[i]);

		if (!card || !card->started)
			continue;
		for (n = 0; n < NL_NET_RINGS; n++)
			if (card->vq[n])
				vring_interrupt(0, card->vq[n]);
	}
}

/* --- what the loader is told ------------------------------------------------ */

static int rings_send(struct nl_card *card, enum nl_msg_type type)
{
	struct nl_msg *m = kzalloc(sizeof(*m), GFP_KERNEL);
	unsigned int n;
	int err;

	if (!m)
		return -ENOMEM;
	m->type = type;
	m->rings.index = card->slot.index;
	m->rings.features = card->vdev.features;
	m->rings.doorbell = virt_to_phys(nl_bell);
	for (n = 0; n < NL_NET_RINGS; n++) {
		struct virtqueue *vq = card->vq[n];

		if (!vq)
			continue;
		m->rings.ring[n].num = virtqueue_get_vring_size(vq);
		m->rings.ring[n].desc = virtqueue_get_desc_addr(vq);
		m->rings.ring[n].avail = virtqueue_get_avail_addr(vq);
		m->rings.ring[n].used = virtqueue_get_used_addr(vq);
	}
	err = nl_control_send_patient(m);
	kfree(m);
	return err;
}

static void card_start(struct nl_card *card)
{
	int err;

	card->started = true;
	err = rings_send(card, NL_MSG_NET_START);
	if (nl_lane)
		nl_lane_started(card->slot.index, true);
	if (err)
		dev_err(&card->vdev.dev, "the loader does not listen: error %d\n", err);
}

/* The loader's answer takes no virtual time. */
static bool wait_stopped(struct nl_card *card)
{
	int naps;

	if (time_travel_mode == TT_MODE_OFF)
		return wait_for_completion_timeout(&card->stopped, STOP_WAIT);
	for (naps = 0; !completion_done(&card->stopped) && naps < STOP_NAPS; naps++) {
		nl_nap_us(1000);
		nl_control_hear();
	}
	return completion_done(&card->stopped);
}

static void card_stop(struct nl_card *card)
{
	if (!card->started)
		return;
	if (!card->leaving) {
		reinit_completion(&card->stopped);
		if (nl_lane)
			nl_lane_started(card->slot.index, false);
		if (rings_send(card, NL_MSG_NET_STOP) || !wait_stopped(card))
			dev_err(&card->vdev.dev, "the switch may still use the rings\n");
	}
	card->started = false;
}

/* --- virtio's view ---------------------------------------------------------- */

/*
 * The driver notes what it has read, and looks at the carrier only when that changes: so it reads
 * what the card was raised with before it reads that the cable has been pulled since.
 */
static u16 status_read(struct nl_card *card)
{
	u16 status = card->slot.net.status;

	if (!xchg(&card->raised, false) || (status & VIRTIO_NET_S_LINK_UP))
		return status;
	virtio_config_changed(&card->vdev);
	return status | VIRTIO_NET_S_LINK_UP;
}

static void card_get(struct virtio_device *vdev, unsigned int offset, void *buf, unsigned int len)
{
	const struct nl_net *net = &to_card(vdev)->slot.net;
	struct virtio_net_config config = {.status = cpu_to_virtio16(vdev, net->status)};

	if (offset == offsetof(struct virtio_net_config, status))
		config.status = cpu_to_virtio16(vdev, status_read(to_card(vdev)));
	memcpy(config.mac, net->mac, sizeof(net->mac));
	memset(buf, 0, len);
	if (offset < sizeof(config))
		memcpy(buf, (void *)&config + offset, min_t(size_t, len, sizeof(config) - offset));
}

static void card_set(struct virtio_device *vdev, unsigned int offset, const void *buf,
		     unsigned int len)
{
}

static u8 card_get_status(struct virtio_device *vdev)
{
	return to_card(vdev)->status;
}

static void card_set_status(struct virtio_device *vdev, u8 status)
{
	struct nl_card *card = to_card(vdev);
	bool ready = status & VIRTIO_CONFIG_S_DRIVER_OK;

	card->status = status;
	if (ready && !card->started)
		card_start(card);
}

static void card_reset(struct virtio_device *vdev)
{
	struct nl_card *card = to_card(vdev);

	card->status = 0;
	card_stop(card);
}

static unsigned int ring_bit(const struct nl_card *card, unsigned int ring)
{
	BUILD_BUG_ON(NL_NET_MAX * NL_NET_RINGS > 32);
	return 1u << (card->slot.index * NL_NET_RINGS + ring);
}

/*
 * What a program sends in one call is one kick's worth: it waits for the end of the call, or until
 * the guest idles. Nothing else may wait, for nobody knows when it ends; and in virtual time a guest
 * does not idle.
 */
static bool may_wait(void)
{
	return in_task() && !(current->flags & PF_KTHREAD) && time_travel_mode == TT_MODE_OFF;
}

void nl_kicks_send(void)
{
	unsigned long bits = xchg(&nl_kicks_waiting, 0);
	unsigned int n;

	for_each_set_bit (n, &bits, NL_NET_MAX * NL_NET_RINGS) {
		const struct nl_card *card = READ_ONCE(cards[n / NL_NET_RINGS]);

		if (card && card->started)
			nl_card_kick(card->slot.fd[n % NL_NET_RINGS]);
	}
}

/* In led time it is the switch that comes, when this guest stands still. */
static bool card_notify(struct virtqueue *vq)
{
	struct nl_card *card = to_card(vq->vdev);
	const struct vring *ring = virtqueue_get_vring(vq);

	if (nl_lane)
		nl_lane_kick(card->slot.index, vq->index,
			     virtio16_to_cpu(vq->vdev, READ_ONCE(ring->avail->idx)));
	else if (may_wait())
		nl_kicks_waiting |= ring_bit(card, vq->index);
	else
		nl_card_kick(card->slot.fd[vq->index]);
	return true;
}

static void card_del_vqs(struct virtio_device *vdev)
{
	struct nl_card *card = to_card(vdev);
	struct virtqueue *vq, *next;

	memset(card->vq, 0, sizeof(card->vq));
	list_for_each_entry_safe (vq, next, &vdev->vqs, list)
		vring_del_virtqueue(vq);
}

static int card_find_vqs(struct virtio_device *vdev, unsigned int nvqs, struct virtqueue *vqs[],
			 struct virtqueue_info info[], struct irq_affinity *desc)
{
	struct nl_card *card = to_card(vdev);
	unsigned int i, ring = 0;

	for (i = 0; i < nvqs; i++) {
		vqs[i] = NULL;
		if (!info[i].name)
			continue;
		if (ring < NL_NET_RINGS)
			vqs[i] = vring_create_virtqueue(ring, RING_NUM, PAGE_SIZE, vdev, true, true,
							info[i].ctx, card_notify, info[i].callback,
							info[i].name);
		if (!vqs[i]) {
			card_del_vqs(vdev);
			return -ENOMEM;
		}
		card->vq[ring++] = vqs[i];
	}
	return 0;
}

static u64 card_get_features(struct virtio_device *vdev)
{
	return to_card(vdev)->slot.net.features;
}

static int card_finalize_features(struct virtio_device *vdev)
{
	vring_transport_features(vdev);
	/* virtio's of this transport, and nothing that the switch does not know. */
	vdev->features &= to_card(vdev)->slot.net.features;
	return 0;
}

static const char *card_bus_name(struct virtio_device *vdev)
{
	return to_card(vdev)->slot.spec;
}

static const struct virtio_config_ops card_ops = {
	.get = card_get,
	.set = card_set,
	.get_status = card_get_status,
	.set_status = card_set_status,
	.reset = card_reset,
	.find_vqs = card_find_vqs,
	.del_vqs = card_del_vqs,
	.get_features = card_get_features,
	.finalize_features = card_finalize_features,
	.bus_name = card_bus_name,
};

/* --- slots ------------------------------------------------------------------ */

static void card_release(struct device *dev)
{
	struct nl_card *card = to_card(dev_to_virtio(dev));
	unsigned int i;

	for (i = 0; i < NL_NET_RINGS; i++)
		os_close_file(card->slot.fd[i]);
	kfree(card);
}

/* Of net/core/dev.h, which is not for includes from here. */
int dev_change_name(struct net_device *dev, const char *newname);

/* Cards that come and go are numbered by the operator, not by who was first. */
static void card_name(struct nl_card *card)
{
	struct net_device *dev;
	char name[IFNAMSIZ];

	snprintf(name, sizeof(name), "eth%u", card->slot.index);
	rtnl_lock();
	for_each_netdev (&init_net, dev) {
		if (dev->dev.parent != &card->vdev.dev)
			continue;
		/*
		 * In led time frames are taken whenever the guest stands still: there is nothing
		 * to watch for, and its timer would wake an idle guest every five seconds.
		 */
		if (nl_lane)
			dev->watchdog_timeo = WATCHDOG_LED;
		if (strcmp(dev->name, name) && dev_change_name(dev, name))
			pr_warn("%s: the name was taken, it is %s\n", name, dev->name);
		break;
	}
	rtnl_unlock();
}

/*
 * virtio_net gives a card its carrier by a work item, and the network layer its queue by another:
 * what was sent before that would be lost. Whoever sets a card up may send at once. The driver's own
 * item finds everything done.
 */
static int card_up(struct notifier_block *nb, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	unsigned int i;

	for (i = 0; event == NETDEV_UP && i < NL_NET_MAX; i++) {
		struct nl_card *card = READ_ONCE(cards[i]);

		if (!card || dev->dev.parent != &card->vdev.dev || netif_carrier_ok(dev) ||
		    !(card->slot.net.status & VIRTIO_NET_S_LINK_UP))
			continue;
		card->raised = true;
		netif_carrier_on(dev);
		dev_activate(dev);
	}
	return NOTIFY_DONE;
}

/* Before IPv6 (0) looks whether the card is ready. */
static struct notifier_block card_up_notifier = {.notifier_call = card_up, .priority = 1};

static bool slot_valid(const struct nl_slot *s)
{
	return s->index < NL_NET_MAX && s->fd[0] >= 0 && s->fd[1] >= 0;
}

static int card_add(const struct nl_slot *slot)
{
	struct nl_card *card;
	int err;

	if (!slot_valid(slot))
		return -EINVAL;
	if (cards[slot->index])
		return -EEXIST;
	card = kzalloc(sizeof(*card), GFP_KERNEL);
	if (!card)
		return -ENOMEM;
	if (!bell_started) {
		err = nl_doorbell_start(doorbell_rung);
		if (err) {
			kfree(card);
			return err;
		}
		bell_started = true;
	}
	card->slot = *slot;
	init_completion(&card->stopped);
	card->vdev.id.device = VIRTIO_ID_NET;
	card->vdev.id.vendor = VENDOR;
	card->vdev.config = &card_ops;
	card->vdev.dev.parent = card_parent;
	card->vdev.dev.release = card_release;
	WRITE_ONCE(cards[slot->index], card);
	err = register_virtio_device(&card->vdev);
	if (err) {
		/* The descriptors stay the caller's. */
		WRITE_ONCE(cards[slot->index], NULL);
		card->slot.fd[0] = -1;
		card->slot.fd[1] = -1;
		put_device(&card->vdev.dev);
		return err;
	}
	card_name(card);
	return 0;
}

static int card_remove(unsigned int index, char *why, size_t why_len)
{
	struct nl_card *card = index < NL_NET_MAX ? cards[index] : NULL;

	if (!card) {
		snprintf(why, why_len, "there is no eth%u", index);
		return -ENODEV;
	}
	card->leaving = true;
	WRITE_ONCE(cards[index], NULL); /* the interrupt must not find what goes */
	unregister_virtio_device(&card->vdev); /* frees the card, by card_release() */
	return 0;
}

static void card_event(unsigned int index, unsigned int type, const struct nl_net *net)
{
	struct nl_card *card = cards[index];

	if (!card)
		return;
	if (type == NL_MSG_NET_STOPPED) {
		complete(&card->stopped);
		return;
	}
	card->slot.net.status = net->status;
	virtio_config_changed(&card->vdev);
}

static const struct nl_slot_ops card_slot_ops = {
	.kind = NL_KIND_NET,
	.name = "eth",
	.add = card_add,
	.remove = card_remove,
	.net_event = card_event,
};

/* After virtio_net, so that cards are there and named when init starts. */
static int __init card_init(void)
{
	int err;

	card_parent = root_device_register("nestling-net");
	if (IS_ERR(card_parent))
		return PTR_ERR(card_parent);
	err = register_netdevice_notifier(&card_up_notifier);
	if (err)
		return err;
	return nl_slot_register(&card_slot_ops);
}
late_initcall(card_init);
