// SPDX-License-Identifier: GPL-2.0
/* Ways in behind a NAT, as libslirp has them; see port_nat_forward.h. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "port_nat_forward.h"
#include "port_private.h"

static int change(Slirp *slirp, const struct nat_forward *f, bool add)
{
	int flags = (f->udp ? SLIRP_HOSTFWD_UDP : 0) | (f->v6 ? SLIRP_HOSTFWD_V6ONLY : 0);
	struct sockaddr_in6 h6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(f->host_port), .sin6_addr = f->host6};
	struct sockaddr_in6 g6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(f->guest_port), .sin6_addr = f->guest6};
	int rc;

	errno = 0;
	if (f->v6 && add)
		rc = slirp_add_hostxfwd(slirp, (struct sockaddr *)&h6, sizeof(h6),
					(struct sockaddr *)&g6, sizeof(g6), flags);
	else if (f->v6)
		rc = slirp_remove_hostxfwd(slirp, (struct sockaddr *)&h6, sizeof(h6), flags);
	else if (add)
		rc = slirp_add_hostfwd(slirp, f->udp, f->host, f->host_port, f->guest,
				       f->guest_port);
	else
		rc = slirp_remove_hostfwd(slirp, f->udp, f->host, f->host_port);
	if (rc >= 0)
		return 0;
	return errno ? -errno : -EIO;
}

int nat_forward_add(Slirp *slirp, const struct nat_forward *f, char *err, size_t err_len)
{
	char text[160];
	int rc = change(slirp, f, true);

	if (!rc)
		return 0;
	nat_forward_print(f, text, sizeof(text));
	return port_fail(err, err_len, rc, "forward %s: %s%s", text, strerror(-rc),
			 rc == -EACCES ? "; ports below 1024 are not for ordinary users" : "");
}

/* The forward of c that has the host's side of f, or NULL. */
static struct nat_forward *find(struct nat_config *c, const struct nat_forward *f)
{
	for (unsigned int i = 0; i < c->forwards; i++) {
		struct nat_forward *g = &c->forward[i];

		if (g->udp == f->udp && g->v6 == f->v6 && g->host_port == f->host_port &&
		    !memcmp(&g->host6, &f->host6, f->v6 ? sizeof(f->host6) : sizeof(f->host)))
			return g;
	}
	return NULL;
}

static int add_new(Slirp *slirp, struct nat_config *c, const struct nat_forward *f,
		   const char *spec, char *err, size_t err_len)
{
	int rc;

	if (find(c, f))
		return port_fail(err, err_len, -EEXIST, "forward %s: the port is forwarded already",
				 spec);
	if (c->forwards == NAT_FORWARDS_MAX)
		return port_fail(err, err_len, -ENOSPC, "forward %s: there are %d already", spec,
				 NAT_FORWARDS_MAX);
	rc = nat_forward_add(slirp, f, err, err_len);
	if (!rc)
		c->forward[c->forwards++] = *f;
	return rc;
}

static int remove_old(Slirp *slirp, struct nat_config *c, const struct nat_forward *f,
		      const char *spec, char *err, size_t err_len)
{
	struct nat_forward *old = find(c, f);
	int rc;

	if (!old)
		return port_fail(err, err_len, -ENOENT, "forward %s: there is none", spec);
	rc = change(slirp, f, false);
	if (rc)
		port_fail(err, err_len, rc, "forward %s: %s", spec, strerror(-rc));
	*old = c->forward[--c->forwards];
	return rc;
}

int nat_forward_change(Slirp *slirp, struct nat_config *c, const char *spec, bool add, char *err,
		       size_t err_len)
{
	struct nat_forward f;
	int rc = nat_forward_parse(&f, spec, err, err_len);

	if (rc)
		return rc;
	return add ? add_new(slirp, c, &f, spec, err, err_len)
		   : remove_old(slirp, c, &f, spec, err, err_len);
}
