// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of the old protocol; see port_old.h. All in the byte order of the host, as clients are
 * on the same one:
 *
 *   v0  u32 type (0), u8 mac[6], sockaddr_un: 120 bytes; nothing is answered
 *   v1  u32 magic, u32 type (0), u8 mac[6], sockaddr_un: 124 bytes
 *   v3  u32 magic, u32 3, u32 type, sockaddr_un: 122 bytes, and then either 2 bytes of a compiler's
 *       padding (stock kernels) or up to 128 of a description (VDE)
 *
 * The end of a description is the end of what was written at once: nothing else tells it.
 */
#include <errno.h>
#include <string.h>
#include "port_old.h"

#define UN_SIZE 110
#define V0_SIZE 120
#define V1_SIZE 124
#define V3_SIZE 122
#define VDE_TYPE(type) ((type)&0xff) /* the rest is the number of a port, wished for */
#define VDE_TYPE_MAX 1 /* 0: a new port; 1: a new port without a number */

static uint32_t get_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Takes the address over; it must be one of a Unix socket that has a name. */
static int take_address(struct old_request *req, const uint8_t *p)
{
	static const uint8_t unnamed[UN_SIZE - 2];
	uint16_t family;

	memcpy(&family, p, sizeof(family));
	if (family != 1 /* AF_UNIX */ || !memcmp(p + 2, unnamed, sizeof(unnamed)))
		return -EPROTO;
	memcpy(req->data, p, UN_SIZE);
	return 0;
}

static int parse_macs(struct old_request *req, const uint8_t *p, size_t len, unsigned int version)
{
	size_t size = version ? V1_SIZE : V0_SIZE;

	if (len < size)
		return 0;
	p += size - UN_SIZE - sizeof(req->mac);
	memcpy(req->mac, p, sizeof(req->mac));
	req->version = version;
	return take_address(req, p + sizeof(req->mac)) ? -EPROTO : (int)size;
}

static void take_description(struct old_request *req, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && p[i]; i++)
		req->description[i] = p[i] >= ' ' && p[i] < 0x7f ? (char)p[i] : '?';
	req->description[i] = 0;
}

static int parse_v3(struct old_request *req, const uint8_t *p, size_t len)
{
	size_t more;

	if (len < V3_SIZE)
		return 0;
	if (VDE_TYPE(get_u32(p + 8)) > VDE_TYPE_MAX || take_address(req, p + 12))
		return -EPROTO;
	req->version = 3;
	more = len - V3_SIZE;
	if (more > OLD_DESCRIPTION_MAX)
		more = OLD_DESCRIPTION_MAX;
	if (more > 2) /* two bytes are padding: whatever was in memory */
		take_description(req, p + V3_SIZE, more);
	return (int)(V3_SIZE + more);
}

int old_request_parse(struct old_request *req, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	memset(req, 0, sizeof(*req));
	if (len < 4)
		return 0;
	if (get_u32(p) == 0)
		return parse_macs(req, p, len, 0);
	if (get_u32(p) != OLD_MAGIC)
		return -EPROTO;
	if (len < 8)
		return 0;
	switch (get_u32(p + 4)) {
	case 0:
		return parse_macs(req, p, len, 1);
	case 3:
		return parse_v3(req, p, len);
	default: /* 2 was never in use */
		return -EPROTO;
	}
}
