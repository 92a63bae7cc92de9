// SPDX-License-Identifier: GPL-2.0
/* `uml_tap list`: taps, the bridges they may be in, and NAT of ours; see uml_tap.h. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include "log.h"
#include "uml_tap.h"

#define LOWER_UP 0x10000 /* IFF_LOWER_UP, which <net/if.h> leaves out */

static struct iface all[IFACES_MAX];
static int count;

static const char *master_name(const struct iface *i)
{
	for (int j = 0; j < count; j++)
		if (i->master && all[j].index == i->master)
			return all[j].name;
	return NULL;
}

/* The name, or the number if it has none; NULL for NO_ID. Good until the next call. */
static const char *id_name(int64_t id, const char *name)
{
	static char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)id);
	return id == NO_ID ? NULL : name ? name : text;
}

static const char *user_name(int64_t id)
{
	const struct passwd *pw = id == NO_ID ? NULL : getpwuid((uid_t)id);

	return id_name(id, pw ? pw->pw_name : NULL);
}

static const char *group_name(int64_t id)
{
	const struct group *gr = id == NO_ID ? NULL : getgrgid((gid_t)id);

	return id_name(id, gr ? gr->gr_name : NULL);
}

/* Names of interfaces, users and groups: only these two need care. */
static void json_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		if ((unsigned char)*s >= ' ')
			putchar(*s);
	}
	putchar('"');
}

static void json_field(const char *name, const char *value)
{
	if (!value)
		return;
	printf(",\"%s\":", name);
	json_string(value);
}

static void json_iface(struct tap_ctx *ctx, const struct iface *i, bool first)
{
	char addresses[ADDRESSES_MAX][ADDRESS_TEXT];
	int n = host_addresses(ctx->sk, i->index, addresses, ADDRESSES_MAX);

	printf("%s\n{\"name\":", first ? "" : ",");
	json_string(i->name);
	json_field("kind", i->tap ? "tap" : "bridge");
	json_field("user", user_name(i->user));
	json_field("group", group_name(i->group));
	json_field("bridge", master_name(i));
	json_field("mac", i->mac);
	printf(",\"mtu\":%u,\"up\":%s", i->mtu, i->flags & IFF_UP ? "true" : "false");
	if (i->tap)
		printf(",\"persistent\":%s,\"in_use\":%s", i->persistent ? "true" : "false",
		       i->flags & LOWER_UP ? "true" : "false");
	printf(",\"addresses\":[");
	for (int j = 0; j < n; j++)
		printf("%s\"%s\"", j ? "," : "", addresses[j]);
	printf("]}");
}

static void text_iface(struct tap_ctx *ctx, const struct iface *i)
{
	char addresses[ADDRESSES_MAX][ADDRESS_TEXT];
	int n = host_addresses(ctx->sk, i->index, addresses, ADDRESSES_MAX);

	printf("%-15s %-6s %-4s", i->name, i->tap ? "tap" : "bridge",
	       i->flags & IFF_UP ? "up" : "down");
	if (user_name(i->user))
		printf(" user %s", user_name(i->user));
	if (group_name(i->group))
		printf(" group %s", group_name(i->group));
	if (i->master)
		printf(" bridge %s", master_name(i) ? master_name(i) : "?");
	for (int j = 0; j < n; j++)
		printf(" %s", addresses[j]);
	if (i->tap && !i->persistent)
		printf(" (ends with its program)");
	putchar('\n');
}

static void list_nat(bool json)
{
	char list[STEP_MAX], *save = NULL;
	bool first = true;
	int rc = nat_get(list, sizeof(list));

	if (json)
		printf("],\"nat\":[");
	if ((!rc || rc == -EMSGSIZE) && strcmp(list, "-")) {
		for (char *e = strtok_r(list, ";", &save); e; e = strtok_r(NULL, ";", &save)) {
			char *comma = strchr(e, ',');

			if (comma)
				*comma++ = 0;
			if (json) {
				printf("%s\n{\"source\":\"%s\"", first ? "" : ",", e);
				json_field("out", comma);
				putchar('}');
			} else {
				printf("nat             %s%s%s\n", e, comma ? " out " : "",
				       comma ? comma : "");
			}
			first = false;
		}
	}
	if (json)
		printf("]}\n");
}

int cmd_list(struct tap_ctx *ctx, char **args)
{
	bool first = true;

	count = host_ifaces(ctx->sk, all, IFACES_MAX);
	if (count < 0)
		log_die(EXIT_FAILED, "listing interfaces failed: %s", strerror(-count));
	if (ctx->opt.json)
		printf("{\"interfaces\":[");
	for (int i = 0; i < count; i++) {
		if (!all[i].tap && strcmp(all[i].kind, "bridge"))
			continue;
		if (ctx->opt.json)
			json_iface(ctx, &all[i], first);
		else
			text_iface(ctx, &all[i]);
		first = false;
	}
	list_nat(ctx->opt.json);
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}
