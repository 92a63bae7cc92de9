// SPDX-License-Identifier: GPL-2.0
/* Addresses, names and dates; see value.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include "value_private.h"

int rig_value_ip(const char *s, struct rig_address *a, struct rig_why *why)
{
	memset(a, 0, sizeof(*a));
	a->v6 = strchr(s, ':') != NULL;
	if (inet_pton(a->v6 ? AF_INET6 : AF_INET, s, a->bytes) != 1)
		return rig_why(why, "'%.60s' is not an address like 10.0.0.1 or 2001:db8::1", s);
	a->prefix = a->v6 ? 128 : 32;
	return 0;
}

/* Whether no bit behind the prefix is set. */
static bool is_net(const struct rig_address *a)
{
	unsigned int i, bits = a->v6 ? 128 : 32;

	for (i = a->prefix; i < bits; i++)
		if (a->bytes[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

int rig_value_address(const char *s, bool host, struct rig_address *a, struct rig_why *why)
{
	const char *slash = strchr(s, '/');
	char ip[64];
	uint64_t prefix;

	if (!slash)
		return rig_why(why, "'%.60s' has no prefix length; say for example %s", s,
			       host ? "10.0.0.1/24" : "10.0.0.0/24");
	if ((size_t)(slash - s) >= sizeof(ip))
		return rig_why(why, "'%.60s' is not an address like 10.0.0.1/24", s);
	memcpy(ip, s, (size_t)(slash - s));
	ip[slash - s] = 0;
	if (rig_value_ip(ip, a, why) < 0)
		return -EINVAL;
	if (rig_value_integer(slash + 1, a->prefix, &prefix, why) < 0)
		return rig_why(why, "'%.20s' is not a prefix length from 0 to %d", slash + 1,
			       a->prefix);
	a->prefix = (uint8_t)prefix;
	if (!host && !is_net(a))
		return rig_why(why,
			       "'%.60s' is an address in a network; of the network itself, all "
			       "bits behind the first %d are 0",
			       s, a->prefix);
	return 0;
}

void rig_print_address(const struct rig_address *a, bool prefix, char out[static 64])
{
	inet_ntop(a->v6 ? AF_INET6 : AF_INET, a->bytes, out, 56);
	if (prefix)
		snprintf(out + strlen(out), 8, "/%u", a->prefix);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int rig_value_mac(const char *s, uint8_t mac[static 6], struct rig_why *why)
{
	unsigned int i;
	const char *p = s;

	for (i = 0; i < 6; i++, p += 3) {
		if (hex(p[0]) < 0 || hex(p[1]) < 0 || p[2] != (i < 5 ? ':' : 0))
			return rig_why(why,
				       "'%.40s' is not a hardware address like "
				       "02:00:00:00:00:01",
				       s);
		mac[i] = (uint8_t)(hex(p[0]) << 4 | hex(p[1]));
	}
	if (mac[0] & 1)
		return rig_why(why,
			       "'%.40s' is a group's address, not a card's: the first byte is "
			       "odd",
			       s);
	return 0;
}

/* Words that mean something where a name can stand. */
static bool is_reserved(const char *s)
{
	static const char *const words[] = {"all", "builtin", "host", "lan",   "link",
					    "nat", "node",    "none", "router"};
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(s, words[i]) == 0)
			return true;
	return false;
}

int rig_value_name(const char *s, const char *what, struct rig_why *why)
{
	const char *letters = "abcdefghijklmnopqrstuvwxyz",
		   *rest = "abcdefghijklmnopqrstuvwxyz-0123456789";
	const char *n = *what == 'i' ? "n" : ""; /* an image */
	size_t len = strlen(s);

	if (!len || len > RIG_NAME_MAX)
		return rig_why(why, "a name of a%s %s has 1 to %d characters", n, what,
			       RIG_NAME_MAX);
	if (!strchr(letters, *s) || strspn(s, rest) != len || s[len - 1] == '-')
		return rig_why(why,
			       "'%.40s' cannot be the name of a%s %s: small letters, digits and "
			       "'-', a letter first, no '-' last",
			       s, n, what);
	if (is_reserved(s))
		return rig_why(why,
			       "'%s' cannot be the name of a%s %s: it is a word of the language", s,
			       n, what);
	return 0;
}

int rig_value_label(const char *s, const char *what, struct rig_why *why)
{
	const char *p;

	if (!*s || strlen(s) > RIG_NAME_MAX)
		return rig_why(why, "a name of a %s has 1 to %d characters", what, RIG_NAME_MAX);
	for (p = s; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_';

		if (!letter && (p == s || *p < '0' || *p > '9'))
			return rig_why(why,
				       "'%.40s' cannot be the name of a %s: letters, digits "
				       "and '_', no digit first",
				       s, what);
	}
	return 0;
}

/* `digits` digits at *s, then `behind`. */
static int field(const char **s, unsigned int digits, char behind, int *out)
{
	*out = 0;
	for (; digits; digits--, (*s)++) {
		if (**s < '0' || **s > '9')
			return -EINVAL;
		*out = *out * 10 + (**s - '0');
	}
	return *(*s)++ == behind ? 0 : -EINVAL;
}

int rig_value_date(const char *s, uint64_t *seconds, struct rig_why *why)
{
	struct tm tm = {0}, back;
	const char *p = s;
	time_t t;

	if (field(&p, 4, '-', &tm.tm_year) < 0 || field(&p, 2, '-', &tm.tm_mon) < 0 ||
	    field(&p, 2, 'T', &tm.tm_mday) < 0 || field(&p, 2, ':', &tm.tm_hour) < 0 ||
	    field(&p, 2, ':', &tm.tm_min) < 0 || field(&p, 2, 'Z', &tm.tm_sec) < 0 || *p)
		return rig_why(why, "'%.40s' is not a date like 2026-01-16T00:00:00Z", s);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	back = tm;
	t = timegm(&back);
	if (back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday || back.tm_hour != tm.tm_hour ||
	    back.tm_min != tm.tm_min || back.tm_sec != tm.tm_sec)
		return rig_why(why, "there is no '%s' in the calendar", s);
	if (tm.tm_year < 70)
		return rig_why(why, "'%s' is before 1970-01-01T00:00:00Z", s);
	*seconds = (uint64_t)t;
	return 0;
}

void rig_print_date(uint64_t seconds, char out[static 64])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 64, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
