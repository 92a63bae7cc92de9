// SPDX-License-Identifier: GPL-2.0
/* The commands that change something: each makes a plan; see uml_tap.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "uml_tap.h"

#define TUN_DEVICE "/dev/net/tun"
#define ID_MAX 0xfffffffeL /* the one above says "nobody" */

/* --- arguments -------------------------------------------------------------------------------- */

static const char *check_name(const char *name)
{
	if (!*name || strlen(name) >= IFNAMSIZ || strpbrk(name, "/: \t\n%,;\"\\") ||
	    !strcmp(name, ".") || !strcmp(name, "..") || *name == '-')
		log_die(EXIT_USAGE, "'%s' is no name of an interface: 1 to %d letters", name,
			IFNAMSIZ - 1);
	return name;
}

/* Ends the program unless text is ADDR/PREFIX; network: no bit may be set behind the prefix. */
static void check_address(const char *text, bool network)
{
	const char *slash = strchr(text, '/');
	unsigned char bytes[16];
	char addr[INET6_ADDRSTRLEN];
	int family, bits;
	char *end = NULL;
	unsigned long prefix;

	if (!slash || (size_t)(slash - text) >= sizeof(addr))
		goto bad;
	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - text), text);
	family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	bits = family == AF_INET ? 32 : 128;
	prefix = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end || prefix > (unsigned long)bits ||
	    inet_pton(family, addr, bytes) != 1)
		goto bad;
	for (int i = (int)prefix; network && i < bits; i++)
		if (bytes[i / 8] & 0x80 >> i % 8)
			goto bad;
	return;
bad:
	if (network)
		log_die(EXIT_USAGE, "'%s' is no network: write it as 10.1.0.0/24", text);
	log_die(EXIT_USAGE, "'%s' is no address: write it as 10.1.0.1/24", text);
}

/* The number of a user or group. */
static bool number(const char *text, long *out)
{
	char *end;

	*out = strtol(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *out <= ID_MAX;
}

/* Whom the tap is for: the user and group named, or who typed the command. */
static void owner(const struct options *o, long *user, long *group)
{
	const char *sudo = getenv("SUDO_UID");
	struct passwd *pw;
	struct group *gr;

	*user = *group = NO_ID;
	if (o->user && !number(o->user, user)) {
		pw = getpwnam(o->user);
		if (!pw)
			log_die(EXIT_USAGE, "there is no user '%s'", o->user);
		*user = (long)pw->pw_uid;
	}
	if (o->group && !number(o->group, group)) {
		gr = getgrnam(o->group);
		if (!gr)
			log_die(EXIT_USAGE, "there is no group '%s'", o->group);
		*group = (long)gr->gr_gid;
	}
	if (!o->user && !o->group && !(sudo && number(sudo, user)))
		*user = (long)getuid();
}

static struct iface must_have(struct tap_ctx *ctx, const char *name, const char *kind)
{
	struct iface i;
	int rc = host_iface(ctx->sk, check_name(name), &i);

	if (rc == -ENODEV)
		log_die(EXIT_FAILED, "there is no interface %s", name);
	if (rc)
		log_die(EXIT_FAILED, "looking for %s failed: %s", name, strerror(-rc));
	if (strcmp(i.kind, kind) || (!strcmp(kind, "tun") && !i.tap))
		log_die(EXIT_FAILED, "%s is no %s", name, !strcmp(kind, "tun") ? "tap" : kind);
	return i;
}

static void must_be_free(struct tap_ctx *ctx, const char *name)
{
	struct iface i;

	if (!host_iface(ctx->sk, check_name(name), &i))
		log_die(EXIT_FAILED, "there is an interface %s already%s", name,
			!strcmp(i.kind, "tun") ? ", a tap: see uml_tap list" : "");
}

/* --- parts of plans --------------------------------------------------------------------------- */

static const char *id_text(long id)
{
	static char buf[2][24];
	static unsigned int turn;
	char *out = buf[turn++ & 1];

	snprintf(out, sizeof(buf[0]), "%ld", id);
	return out;
}

static void plan_address(struct plan *p, const char *name, const char *address)
{
	plan_add(p, words("address-add", name, address), words("address-del", name, address));
}

static void plan_up(struct plan *p, const char *name)
{
	plan_add(p, words("up", name), words("down", name));
}

/* Others than root can open a tap only if they can open the device that taps are opened by. */
static void plan_device(struct plan *p, long user)
{
	char mode[8];
	struct stat st;

	if (user == 0 || stat(TUN_DEVICE, &st) || (st.st_mode & 0006) == 0006)
		return;
	snprintf(mode, sizeof(mode), "%04o", st.st_mode & 07777);
	plan_add(p, words("mode", TUN_DEVICE, "0666"), words("mode", TUN_DEVICE, mode));
}

/* What the kernel gives an interface by itself: a bridge follows the smallest of its members. */
static unsigned int natural_mtu(const struct iface *all, int n, int index)
{
	unsigned int mtu = 1500;
	bool any = false;

	for (int j = 0; j < n; j++) {
		if (all[j].master == index && (!any || all[j].mtu < mtu)) {
			mtu = all[j].mtu;
			any = true;
		}
	}
	return mtu;
}

/* All that an interface has besides itself, so that it is there again when it is made again. */
static void plan_bare(struct tap_ctx *ctx, struct plan *p, const struct iface *i)
{
	static struct iface all[IFACES_MAX];
	char addresses[ADDRESSES_MAX][ADDRESS_TEXT], mtu[16];
	int n = host_addresses(ctx->sk, i->index, addresses, ADDRESSES_MAX), all_n;

	/* Taking back goes from the end of the plan to its start: up comes first here. */
	while (n > 0) {
		n--;
		plan_add(p, words("address-del", i->name, addresses[n]),
			 words("address-add", i->name, addresses[n]));
	}
	if (i->flags & IFF_UP)
		plan_add(p, words("down", i->name), words("up", i->name));
	all_n = host_ifaces(ctx->sk, all, IFACES_MAX);
	for (int j = 0; j < all_n; j++)
		if (i->master && all[j].index == i->master)
			plan_add(p, words("master", i->name, "-"),
				 words("master", i->name, all[j].name));
	snprintf(mtu, sizeof(mtu), "%u", i->mtu);
	if (i->mtu != natural_mtu(all, all_n, i->index))
		plan_add(p, NULL, words("mtu", i->name, mtu));
	plan_add(p, NULL, words("mac", i->name, i->mac));
}

static int finish(struct tap_ctx *ctx, struct plan *p)
{
	int status = plan_run(ctx, p);

	plan_free(p);
	return status;
}

/* --- taps and bridges ------------------------------------------------------------------------- */

int cmd_add(struct tap_ctx *ctx, char **args)
{
	const struct options *o = &ctx->opt;
	struct iface bridge = {0};
	struct plan p = {0};
	long user, group;

	must_be_free(ctx, args[0]);
	owner(o, &user, &group);
	if (o->bridge)
		bridge = must_have(ctx, o->bridge, "bridge");
	if (o->address)
		check_address(o->address, false);
	plan_device(&p, user);
	plan_add(&p, words("tap-add", args[0], id_text(user), id_text(group)),
		 words("tap-del", args[0]));
	if (o->bridge) {
		/* A bridge without an address of its own takes over its members'. */
		plan_add(&p, NULL, words("mac", o->bridge, bridge.mac));
		plan_add(&p, words("master", args[0], o->bridge), words("master", args[0], "-"));
	}
	if (o->address)
		plan_address(&p, args[0], o->address);
	plan_up(&p, args[0]);
	return finish(ctx, &p);
}

int cmd_del(struct tap_ctx *ctx, char **args)
{
	struct iface i = must_have(ctx, args[0], "tun");
	struct plan p = {0};

	if (!i.persistent)
		log_die(EXIT_FAILED, "%s belongs to a program and ends with it", i.name);
	if (host_tap_busy(i.name))
		log_die(EXIT_FAILED, "a program uses %s: end it first", i.name);
	plan_bare(ctx, &p, &i);
	plan_add(&p, words("tap-del", i.name),
		 words("tap-add", i.name, id_text((long)i.user), id_text((long)i.group)));
	return finish(ctx, &p);
}

/* One of those that nobody assigns: IEEE 802, locally administered. */
static const char *random_mac(void)
{
	static char text[18];
	unsigned char r[5];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		log_die(EXIT_FAILED, "the host has no random numbers");
	snprintf(text, sizeof(text), "02:%02x:%02x:%02x:%02x:%02x", r[0], r[1], r[2], r[3], r[4]);
	return text;
}

int cmd_bridge_add(struct tap_ctx *ctx, char **args)
{
	struct plan p = {0};

	must_be_free(ctx, args[0]);
	if (ctx->opt.address)
		check_address(ctx->opt.address, false);
	plan_add(&p, words("bridge-add", args[0]), words("bridge-del", args[0]));
	/* Otherwise it changes with each member that comes or goes, and so its IPv6 addresses. */
	plan_add(&p, words("mac", args[0], random_mac()), NULL);
	if (ctx->opt.address)
		plan_address(&p, args[0], ctx->opt.address);
	plan_up(&p, args[0]);
	return finish(ctx, &p);
}

int cmd_bridge_del(struct tap_ctx *ctx, char **args)
{
	static struct iface all[IFACES_MAX];
	struct iface i = must_have(ctx, args[0], "bridge");
	int n = host_ifaces(ctx->sk, all, IFACES_MAX);
	struct plan p = {0};

	for (int j = 0; j < n; j++)
		if (all[j].master == i.index)
			plan_add(&p, words("master", all[j].name, "-"),
				 words("master", all[j].name, i.name));
	plan_bare(ctx, &p, &i);
	plan_add(&p, words("bridge-del", i.name), words("bridge-add", i.name));
	return finish(ctx, &p);
}

/* --- NAT -------------------------------------------------------------------------------------- */

/* Our table's entries; what stops us is told. */
static void get_nat(char list[static STEP_MAX])
{
	int rc = nat_get(list, STEP_MAX);

	if (rc == -ENOPKG)
		log_die(EXIT_FAILED, "there is no program nft: install the package nftables");
	if (rc == -EMSGSIZE)
		log_die(EXIT_FAILED, "there is NAT for more networks than can be kept track of: "
				     "see 'nft list table inet uml_tap'");
	if (rc)
		log_die(EXIT_FAILED, "running nft failed: %s", strerror(-rc));
}

/* Where the entry for net begins in list, or NULL. */
static char *find_entry(char *list, const char *net)
{
	size_t len = strlen(net);

	for (char *p = list; p; p = strchr(p, ';') ? strchr(p, ';') + 1 : NULL)
		if (!strncmp(p, net, len) && (!p[len] || p[len] == ',' || p[len] == ';'))
			return p;
	return NULL;
}

/* Packets go from interface to interface only if the host forwards. */
static void plan_forwarding(struct plan *p, const char *net)
{
	const char *key = strchr(net, ':') ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";
	const char *path = strchr(net, ':') ? "/proc/sys/net/ipv6/conf/all/forwarding"
					    : "/proc/sys/net/ipv4/ip_forward";
	FILE *f = fopen(path, "re");
	char old[8] = "0";

	if (f && fgets(old, sizeof(old), f))
		old[strcspn(old, "\n")] = 0;
	if (f)
		fclose(f);
	if (strcmp(old, "1"))
		plan_add(p, words("sysctl", key, "1"), words("sysctl", key, old));
}

int cmd_nat_add(struct tap_ctx *ctx, char **args)
{
	char list[STEP_MAX], more[2 * STEP_MAX];
	struct plan p = {0};

	check_address(args[0], true);
	if (ctx->opt.out)
		check_name(ctx->opt.out);
	get_nat(list);
	if (find_entry(list, args[0]))
		log_die(EXIT_FAILED, "there is NAT for %s already", args[0]);
	snprintf(more, sizeof(more), "%s%s%s%s%s", strcmp(list, "-") ? list : "",
		 strcmp(list, "-") ? ";" : "", args[0], ctx->opt.out ? "," : "",
		 ctx->opt.out ? ctx->opt.out : "");
	plan_forwarding(&p, args[0]);
	plan_add(&p, words("nat", more), words("nat", list));
	return finish(ctx, &p);
}

int cmd_nat_del(struct tap_ctx *ctx, char **args)
{
	char list[STEP_MAX], less[STEP_MAX], *entry, *end;
	struct plan p = {0};

	check_address(args[0], true);
	get_nat(list);
	memcpy(less, list, sizeof(less));
	entry = find_entry(less, args[0]);
	if (!entry)
		log_die(EXIT_FAILED, "there is no NAT of ours for %s", args[0]);
	end = strchr(entry, ';');
	if (end)
		memmove(entry, end + 1, strlen(end + 1) + 1);
	else
		*(entry > less ? entry - 1 : entry) = 0;
	plan_add(&p, words("nat", *less ? less : "-"), words("nat", list));
	return finish(ctx, &p);
}

/* --- undo ------------------------------------------------------------------------------------- */

/* The newest entry but `skip`. -ENOENT: there is none. */
static int undo_one(struct tap_ctx *ctx, unsigned int skip)
{
	char command[STEP_MAX] = "";
	struct plan p = {0};
	int rc = record_last(skip, command, sizeof(command), &p);
	unsigned int i;

	if (rc && rc != -ENOENT)
		log_err("the record %s cannot be read: %s%s", record_path(), strerror(-rc),
			sudo_cure(rc));
	if (rc) {
		plan_free(&p);
		return rc;
	}
	if (!ctx->opt.quiet)
		printf("# taking back: %s\n", command);
	for (i = 0; i < p.count && !ctx->opt.quiet; i++)
		step_show(p.step[i], stdout);
	fflush(stdout);
	for (i = 0; !rc && i < p.count && !ctx->opt.dry_run; i++) {
		rc = step_run(ctx->sk, p.step[i], true);
		if (rc)
			step_failed(p.step[i], rc, "; what is left to do stays in the record");
	}
	if (!ctx->opt.dry_run && (!rc || i > 1)) {
		int err = record_drop(rc ? i - 1 : PLAN_STEPS_MAX);

		if (err)
			log_err("the record %s cannot be written: %s", record_path(),
				strerror(-err));
		rc = rc ? rc : err;
	}
	plan_free(&p);
	return rc == -ENOENT ? -EIO : rc;
}

int cmd_undo(struct tap_ctx *ctx, char **args)
{
	unsigned int n = 0;
	int rc;

	do {
		rc = undo_one(ctx, ctx->opt.dry_run ? n : 0);
		n += !rc;
	} while (!rc && ctx->opt.all);
	if (rc == -ENOENT && !n)
		log_die(EXIT_FAILED, "there is nothing to undo: %s has no entry", record_path());
	return rc && rc != -ENOENT ? EXIT_FAILED : EXIT_OK;
}
