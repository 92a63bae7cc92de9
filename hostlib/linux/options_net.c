// SPDX-License-Identifier: GPL-2.0
/*
 * Network cards on the command line; see options_net.h. The forms are those of User Mode Linux
 * (Documentation/virt/uml/user_mode_linux_howto_v2.rst and the older drivers' help texts).
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi.h"
#include "options_net.h"

#define FIELDS_MAX 40
#define PORT_LEN 1024

/* The words behind the kind, split at commas. */
struct fields {
	const char *word; /* the whole, for messages */
	char *copy;
	char *field[FIELDS_MAX];
	int n;
	char *error;
	size_t error_len;
};

static int fail(struct fields *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct fields *f, const char *fmt, ...)
{
	int n = snprintf(f->error, f->error_len, "'%.80s': ", f->word);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < f->error_len)
		vsnprintf(f->error + n, f->error_len - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* The field, or NULL where it is empty or not there. */
static const char *get(const struct fields *f, int i)
{
	return i < f->n && *f->field[i] ? f->field[i] : NULL;
}

static int split(struct fields *f, const char *value)
{
	char *p;

	f->copy = strdup(value);
	if (!f->copy)
		return -ENOMEM;
	for (p = f->copy; p;) {
		if (f->n == FIELDS_MAX)
			return fail(f, "there are too many fields");
		f->field[f->n++] = strsep(&p, ",");
	}
	return 0;
}

/* "aa:bb:cc:dd:ee:ff" of one card, not of a group. */
static int mac_parse(struct fields *f, const char *text, struct options_net *out)
{
	unsigned int b[6], i;
	int used = 0;

	if (!text)
		return 0;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		   &used) != 6 ||
	    text[used])
		return fail(f, "'%.40s' is no hardware address; they look like 02:00:00:12:34:56",
			    text);
	if (b[0] & 1)
		return fail(
			f, "'%.40s' is the address of a group of cards; make its second digit even",
			text);
	if (!(b[0] | b[1] | b[2] | b[3] | b[4] | b[5]))
		return fail(f, "'%.40s' is no address that a card can have", text);
	for (i = 0; i < 6; i++)
		out->mac[i] = (uint8_t)b[i];
	out->have_mac = true;
	return 0;
}

static int port_set(struct fields *f, struct options_net *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int port_set(struct fields *f, struct options_net *out, const char *fmt, ...)
{
	char text[PORT_LEN];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(text))
		return fail(f, "it is too long");
	if (strchr(text, '@'))
		return fail(f, "'@' cannot be part of it");
	out->port = strdup(text);
	return out->port ? 0 : -ENOMEM;
}

/* daemon,MAC,unix,SOCKET[,wait|start]; all but the first may be empty. */
static int on_daemon(struct fields *f, struct options_net *out)
{
	const char *type = get(f, 2), *path = get(f, 3);
	int i;

	if (type && strcmp(type, "unix"))
		return fail(f, "switches are reached by 'unix' sockets, not by '%.20s'", type);
	for (i = 4; i < f->n; i++) {
		if (!strcmp(f->field[i], "wait"))
			out->wait = true;
		else if (!strcmp(f->field[i], "start"))
			out->start = true;
		else if (*f->field[i])
			return fail(f,
				    "'%.40s' is not known; it is eth0=daemon,MAC,unix,SOCKET, and "
				    "'wait' or 'start' behind that",
				    f->field[i]);
	}
	out->path = strdup(path ? path : OPTIONS_NET_SWITCH);
	return out->path ? mac_parse(f, get(f, 1), out) : -ENOMEM;
}

/* tuntap,DEVICE,MAC,GATEWAY */
static int on_tuntap(struct fields *f, struct options_net *out)
{
	const char *dev = get(f, 1);
	int err;

	if (!dev)
		return fail(f,
			    "name a tap, as in eth0=tuntap,tap0; an administrator makes one with "
			    "'uml_tap add tap0 --user $USER'");
	if (f->n > 4)
		return fail(f, "it is eth0=tuntap,DEVICE,MAC,GATEWAY");
	if (get(f, 3))
		return fail(f,
			    "a guest cannot set up the host's side any more: leave out the "
			    "gateway, and let an administrator say 'uml_tap add %.20s --address "
			    "%.40s/24'",
			    dev, get(f, 3));
	err = port_set(f, out, "tap:%s", dev);
	return err ? err : mac_parse(f, get(f, 2), out);
}

/* mcast,MAC,ADDRESS,PORT,TTL */
static int on_mcast(struct fields *f, struct options_net *out)
{
	const char *addr = get(f, 2), *port = get(f, 3), *ttl = get(f, 4);
	int err;

	if (f->n > 5)
		return fail(f, "it is eth0=mcast,MAC,ADDRESS,PORT,TTL");
	err = port_set(f, out, "mcast:%s:%s:%s", addr ? addr : "239.192.168.1",
		       port ? port : "1102", ttl ? ttl : "1");
	return err ? err : mac_parse(f, get(f, 1), out);
}

/* vde,SWITCH,MAC,PORT,GROUP,MODE,DESCRIPTION */
static int on_vde(struct fields *f, struct options_net *out)
{
	static const char *const names[] = {"port", "group", "mode", "descr"};
	char text[PORT_LEN] = "";
	size_t len = 0;
	unsigned int i;
	int err;

	if (!get(f, 1))
		return fail(f, "name a VDE switch, as in eth0=vde,/run/vde.ctl");
	if (f->n > 7)
		return fail(f, "it is eth0=vde,SWITCH,MAC,PORT,GROUP,MODE,DESCRIPTION");
	for (i = 0; i < 4 && len < sizeof(text); i++)
		if (get(f, 3 + (int)i))
			len += (size_t)snprintf(text + len, sizeof(text) - len, ",%s=%s", names[i],
						get(f, 3 + (int)i));
	err = port_set(f, out, "vde:%s%s", get(f, 1), text);
	return err ? err : mac_parse(f, get(f, 2), out);
}

/* nat[,MAC][,OPTION...]: an address of a card has no '='. */
static int on_nat(struct fields *f, struct options_net *out)
{
	char text[PORT_LEN] = "";
	size_t len = 0;
	int i = 1, err = 0;

	if (i < f->n && !strchr(f->field[i], '=') && strcmp(f->field[i], "restricted"))
		err = mac_parse(f, get(f, i++), out);
	for (; !err && i < f->n && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? "," : "",
					f->field[i]);
	return err ? err : port_set(f, out, "nat%s%s", *text ? ":" : "", text);
}

static int on_eth(struct fields *f, struct options_net *out)
{
	static const struct {
		const char *name;
		int (*fn)(struct fields *f, struct options_net *out);
	} kinds[] = {
		{"daemon", on_daemon}, {"tuntap", on_tuntap}, {"mcast", on_mcast},
		{"vde", on_vde},       {"nat", on_nat},
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(f->field[0], kinds[i].name))
			return kinds[i].fn(f, out);
	return fail(f, "cards are connected by daemon, tuntap, mcast, vde or nat, not by '%.20s'",
		    f->field[0]);
}

/* The value of KEY= among the fields, or NULL. */
static const char *key(const struct fields *f, const char *name)
{
	size_t len = strlen(name);
	int i;

	for (i = 0; i < f->n; i++)
		if (!strncmp(f->field[i], name, len) && f->field[i][len] == '=')
			return f->field[i] + len + 1;
	return NULL;
}

/* vec0:transport=tap,ifname=tap0[,mac=...] */
static int on_vec(struct fields *f, struct options_net *out)
{
	const char *transport = key(f, "transport"), *name;
	int err;

	if (!transport)
		return fail(f, "say which transport: vec0:transport=tap,ifname=tap0");
	if (!strcmp(transport, "tap")) {
		name = key(f, "ifname");
		if (!name || !*name)
			return fail(f, "name a tap: vec0:transport=tap,ifname=tap0");
		err = port_set(f, out, "tap:%s", name);
	} else if (!strcmp(transport, "vde")) {
		name = key(f, "vnl");
		if (!name || !*name)
			return fail(f, "name a VDE switch: vec0:transport=vde,vnl=/run/vde.ctl");
		err = port_set(f, out, "vde:%s", name);
	} else {
		return fail(f,
			    "of the vector transports there are tap and vde, not '%.20s'; a tap on "
			    "a bridge, or 'nat', reach the same",
			    transport);
	}
	name = key(f, "mac");
	return err ? err : mac_parse(f, name && *name ? name : NULL, out);
}

/* virtio_uml.device=SOCKET:ID[:PLATFORM] */
static int on_virtio(struct fields *f, const char *value, struct options_net *out)
{
	const char *colon = strchr(value, ':');
	char *end;

	if (!colon || colon == value || strtoul(colon + 1, &end, 0) != 1 || (*end && *end != ':'))
		return fail(f,
			    "a network card is virtio_uml.device=SOCKET:1; other devices of virtio "
			    "are not there");
	out->path = strndup(value, (size_t)(colon - value));
	return out->path ? 0 : -ENOMEM;
}

/* eth12= or vec12:; the value, or NULL. */
static const char *numbered(const char *word, const char *prefix, char sep, unsigned long *n)
{
	char *end;

	if (strncmp(word, prefix, 3) || !isdigit((unsigned char)word[3]))
		return NULL;
	*n = strtoul(word + 3, &end, 10);
	return *end == sep ? end + 1 : NULL;
}

void options_net_free(struct options_net *n)
{
	free(n->text);
	free(n->path);
	free(n->port);
	memset(n, 0, sizeof(*n));
}

int options_parse_net(const char *word, int *index, struct options_net *out, char *error,
		      size_t error_len)
{
	static const char device[] = "virtio_uml.device=";
	struct fields f = {.word = word, .error = error, .error_len = error_len};
	unsigned long n = 0;
	const char *eth = numbered(word, "eth", '=', &n);
	const char *vec = numbered(word, "vec", ':', &n), *value = eth ? eth : vec;
	int err;

	memset(out, 0, sizeof(*out));
	if (!value && strncmp(word, device, sizeof(device) - 1))
		return 0;
	*index = value ? (int)n : -1;
	if (value && n >= NL_NET_MAX) {
		fail(&f, "cards are eth0 to eth%d", NL_NET_MAX - 1);
		return -EINVAL;
	}
	out->text = strdup(word);
	err = out->text ? split(&f, value ? value : "") : -ENOMEM;
	if (!err)
		err = eth   ? on_eth(&f, out)
		      : vec ? on_vec(&f, out)
			    : on_virtio(&f, word + sizeof(device) - 1, out);
	free(f.copy);
	if (err)
		options_net_free(out);
	return err ? err : 1;
}
