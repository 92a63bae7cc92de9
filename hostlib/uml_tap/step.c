// SPDX-License-Identifier: GPL-2.0
/* Steps of a plan: what each does, and how a person would do it; see uml_tap.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "uml_tap.h"

typedef int (*step_fn)(struct nl_sock *sk, char **w, bool undoing);

static int from_nl(int rc)
{
	switch (-rc) {
	case 0:
		return 0;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_EXIST:
		return -EEXIST;
	case NLE_BUSY:
		return -EBUSY;
	case NLE_NODEV:
	case NLE_OBJ_NOTFOUND:
		return -ENODEV;
	case NLE_NOADDR:
		return -EADDRNOTAVAIL;
	case NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	default:
		return rc < 0 ? -EINVAL : 0;
	}
}

/* --- taps ------------------------------------------------------------------------------------- */

static int tap_add(struct nl_sock *sk, char **w, bool undoing)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	long user = atol(w[2]), group = atol(w[3]);
	struct iface i;
	int rc = 0, fd;

	if (!host_iface(sk, w[1], &i)) /* TUNSETIFF would take what is there */
		return undoing && i.persistent && i.user == user && i.group == group ? 0 : -EEXIST;
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", w[1]);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0 || (user != NO_ID && ioctl(fd, TUNSETOWNER, user) < 0) ||
	    (group != NO_ID && ioctl(fd, TUNSETGROUP, group) < 0) ||
	    ioctl(fd, TUNSETPERSIST, 1) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int link_del(struct nl_sock *sk, char **w, bool undoing)
{
	struct rtnl_link *l = rtnl_link_alloc();
	int rc = -ENOMEM;

	if (l) {
		rtnl_link_set_name(l, w[1]);
		rc = from_nl(rtnl_link_delete(sk, l));
		rtnl_link_put(l);
	}
	return undoing && rc == -ENODEV ? 0 : rc;
}

/* --- links ------------------------------------------------------------------------------------ */

static int bridge_add(struct nl_sock *sk, char **w, bool undoing)
{
	struct rtnl_link *l = rtnl_link_bridge_alloc();
	int rc = -ENOMEM;

	if (l) {
		rtnl_link_set_name(l, w[1]);
		rc = from_nl(rtnl_link_add(sk, l, NLM_F_CREATE | NLM_F_EXCL));
		rtnl_link_put(l);
	}
	return undoing && rc == -EEXIST ? 0 : rc;
}

/* An interface is changed to what set() puts into an empty description of it. */
static int change(struct nl_sock *sk, const char *name, bool undoing,
		  int (*set)(struct rtnl_link *l, const char *value), const char *value)
{
	struct rtnl_link *old = NULL, *l = rtnl_link_alloc();
	int rc = l ? from_nl(rtnl_link_get_kernel(sk, 0, name, &old)) : -ENOMEM;

	if (!rc)
		rc = set(l, value);
	if (!rc)
		rc = from_nl(rtnl_link_change(sk, old, l, 0));
	if (old)
		rtnl_link_put(old);
	if (l)
		rtnl_link_put(l);
	return undoing && rc == -ENODEV ? 0 : rc;
}

static int set_up(struct rtnl_link *l, const char *value)
{
	rtnl_link_set_flags(l, IFF_UP);
	return 0;
}

static int set_down(struct rtnl_link *l, const char *value)
{
	rtnl_link_unset_flags(l, IFF_UP);
	return 0;
}

static int set_mac(struct rtnl_link *l, const char *value)
{
	struct nl_addr *a;

	if (nl_addr_parse(value, AF_LLC, &a) < 0)
		return -EINVAL;
	rtnl_link_set_addr(l, a);
	nl_addr_put(a);
	return 0;
}

static int set_mtu(struct rtnl_link *l, const char *value)
{
	rtnl_link_set_mtu(l, (unsigned int)atoi(value));
	return 0;
}

static int link_up(struct nl_sock *sk, char **w, bool undoing)
{
	return change(sk, w[1], undoing, set_up, NULL);
}

static int link_down(struct nl_sock *sk, char **w, bool undoing)
{
	return change(sk, w[1], undoing, set_down, NULL);
}

static int link_mac(struct nl_sock *sk, char **w, bool undoing)
{
	struct iface i;

	/* To set what is there already would keep a bridge from following its members. */
	if (undoing && !host_iface(sk, w[1], &i) && !strcmp(i.mac, w[2]))
		return 0;
	return change(sk, w[1], undoing, set_mac, w[2]);
}

static int link_mtu(struct nl_sock *sk, char **w, bool undoing)
{
	return change(sk, w[1], undoing, set_mtu, w[2]);
}

static int link_master(struct nl_sock *sk, char **w, bool undoing)
{
	struct iface i, bridge;
	int rc = host_iface(sk, w[1], &i);

	if (rc)
		return undoing && rc == -ENODEV ? 0 : rc;
	if (!strcmp(w[2], "-"))
		return from_nl(rtnl_link_release_ifindex(sk, i.index));
	rc = host_iface(sk, w[2], &bridge);
	if (rc)
		return undoing && rc == -ENODEV ? 0 : rc;
	return from_nl(rtnl_link_enslave_ifindex(sk, bridge.index, i.index));
}

/* --- addresses -------------------------------------------------------------------------------- */

static int address_make(struct nl_sock *sk, char **w, struct rtnl_addr **out)
{
	struct nl_addr *local = NULL;
	struct iface i;
	int rc = host_iface(sk, w[1], &i);

	if (rc)
		return rc;
	if (nl_addr_parse(w[2], AF_UNSPEC, &local) < 0)
		return -EINVAL;
	*out = rtnl_addr_alloc();
	rtnl_addr_set_ifindex(*out, i.index);
	rtnl_addr_set_local(*out, local);
	if (nl_addr_get_family(local) == AF_INET6)
		rtnl_addr_set_flags(*out, IFA_F_NODAD); /* usable at once */
	nl_addr_put(local);
	return 0;
}

static int address_add(struct nl_sock *sk, char **w, bool undoing)
{
	struct rtnl_addr *a;
	int rc = address_make(sk, w, &a);

	if (rc)
		return rc;
	rc = from_nl(rtnl_addr_add(sk, a, 0));
	rtnl_addr_put(a);
	return undoing && rc == -EEXIST ? 0 : rc;
}

static int address_del(struct nl_sock *sk, char **w, bool undoing)
{
	struct rtnl_addr *a;
	int rc = address_make(sk, w, &a);

	if (rc)
		return undoing && rc == -ENODEV ? 0 : rc;
	rc = from_nl(rtnl_addr_delete(sk, a, 0));
	rtnl_addr_put(a);
	return undoing && rc == -EADDRNOTAVAIL ? 0 : rc;
}

/* --- the rest --------------------------------------------------------------------------------- */

static int file_mode(struct nl_sock *sk, char **w, bool undoing)
{
	return chmod(w[1], (mode_t)strtoul(w[2], NULL, 8)) < 0 ? -errno : 0;
}

static int sysctl_set(struct nl_sock *sk, char **w, bool undoing)
{
	char path[256];
	int n = snprintf(path, sizeof(path), "/proc/sys/%s", w[1]), fd, rc = 0;

	for (char *p = path + strlen("/proc/sys/"); *p; p++)
		if (*p == '.')
			*p = '/';
	fd = n < (int)sizeof(path) ? open(path, O_WRONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return -errno;
	if (write(fd, w[2], strlen(w[2])) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int nat(struct nl_sock *sk, char **w, bool undoing)
{
	return nat_set(w[1]);
}

static const struct step {
	const char *name;
	unsigned int words;
	step_fn run;
	const char *shown; /* with %1, %2 for the words; "" is shown by code */
} steps[] = {
	{"tap-add", 4, tap_add, ""},
	{"tap-del", 2, link_del, "ip link delete %1"},
	{"bridge-add", 2, bridge_add, "ip link add %1 type bridge"},
	{"bridge-del", 2, link_del, "ip link delete %1"},
	{"up", 2, link_up, "ip link set %1 up"},
	{"down", 2, link_down, "ip link set %1 down"},
	{"mac", 3, link_mac, "ip link set %1 address %2"},
	{"mtu", 3, link_mtu, "ip link set %1 mtu %2"},
	{"master", 3, link_master, ""},
	{"address-add", 3, address_add, "ip address add %2 dev %1"},
	{"address-del", 3, address_del, "ip address delete %2 dev %1"},
	{"mode", 3, file_mode, "chmod %2 %1"},
	{"sysctl", 3, sysctl_set, "sysctl -w %1=%2"},
	{"nat", 2, nat, ""},
};

/* Cuts a copy of a step into words; the step, or NULL for one that is not in the table. */
static const struct step *cut(const char *text, char copy[static STEP_MAX],
			      char *w[static STEP_WORDS_MAX])
{
	char *save = NULL;
	unsigned int n = 0;

	snprintf(copy, STEP_MAX, "%s", text);
	for (char *p = strtok_r(copy, " ", &save); p && n < STEP_WORDS_MAX;
	     p = strtok_r(NULL, " ", &save))
		w[n++] = p;
	for (size_t i = 0; n && i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!strcmp(steps[i].name, w[0]) && steps[i].words == n)
			return &steps[i];
	return NULL;
}

int step_run(struct nl_sock *sk, const char *text, bool undoing)
{
	char copy[STEP_MAX], *w[STEP_WORDS_MAX];
	const struct step *s = cut(text, copy, w);

	return s ? s->run(sk, w, undoing) : -EBADMSG;
}

static void show_other(const struct step *s, char **w, FILE *out)
{
	if (!strcmp(s->name, "tap-add")) {
		fprintf(out, "ip tuntap add %s mode tap vnet_hdr", w[1]);
		if (strcmp(w[2], "-1"))
			fprintf(out, " user %s", w[2]);
		if (strcmp(w[3], "-1"))
			fprintf(out, " group %s", w[3]);
		fputc('\n', out);
	} else if (!strcmp(s->name, "master")) {
		if (!strcmp(w[2], "-"))
			fprintf(out, "ip link set %s nomaster\n", w[1]);
		else
			fprintf(out, "ip link set %s master %s\n", w[1], w[2]);
	} else {
		fprintf(out, "nft -f - <<END\n");
		nat_rules(w[1], out);
		fprintf(out, "END\n");
	}
}

void step_show(const char *text, FILE *out)
{
	char copy[STEP_MAX], *w[STEP_WORDS_MAX];
	const struct step *s = cut(text, copy, w);

	if (!s)
		return;
	if (!*s->shown) {
		show_other(s, w, out);
		return;
	}
	for (const char *p = s->shown; *p; p++) {
		if (*p == '%')
			fputs(w[*++p - '0'], out);
		else
			fputc(*p, out);
	}
	fputc('\n', out);
}
