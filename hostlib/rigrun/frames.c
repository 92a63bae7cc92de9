// SPDX-License-Identifier: GPL-2.0
/* Reads captures; see frames.h. Each length is checked before it is used. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "frames.h"

/* draft-ietf-opsawg-pcapng, 4: types of blocks, and of options within them. */
#define BLOCK_SECTION 0x0a0d0d0aU
#define BLOCK_INTERFACE 1U
#define BLOCK_PACKET 6U
#define BYTE_ORDER_MAGIC 0x1a2b3c4dU
#define OPTION_END 0
#define OPTION_COMMENT 1
#define OPTION_IF_NAME 2
#define OPTION_IF_TSRESOL 9
#define OPTION_EPB_FLAGS 2
#define DIRECTION 3U /* of epb_flags */
#define INTERFACES_MAX 65536

struct interface {
	char name[FRAMES_NAME];
	uint64_t unit_ns; /* of its stamps */
};

struct frames {
	const uint8_t *data;
	size_t len, at;
	struct interface *interface;
	uint32_t interfaces, room;
	uint64_t number;
};

struct frames *frames_new(const void *data, size_t len)
{
	struct frames *f = calloc(1, sizeof(*f));

	if (f) {
		f->data = data;
		f->len = len;
	}
	return f;
}

void frames_free(struct frames *f)
{
	if (!f)
		return;
	free(f->interface);
	free(f);
}

static uint32_t u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint16_t u16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The next option of a list that ends at `end`: its code, -1: there is none. *p moves behind it. */
static int next_option(const uint8_t **p, const uint8_t *end, const uint8_t **value, uint16_t *len)
{
	uint16_t code;
	size_t padded;

	if (end - *p < 4)
		return -1;
	code = u16(*p);
	*len = u16(*p + 2);
	*value = *p + 4;
	padded = ((size_t)*len + 3) & ~(size_t)3;
	if (code == OPTION_END || (size_t)(end - *value) < padded)
		return -1;
	*p = *value + padded;
	return code;
}

/* 10 to the power of minus value, in ns; 0: finer, or by powers of two, which we never write. */
static uint64_t resolution(uint8_t value)
{
	uint64_t unit = 1;

	if (value > 9)
		return 0;
	for (; value < 9; value++)
		unit *= 10;
	return unit;
}

static int add_interface(struct frames *f, const uint8_t *body, const uint8_t *end)
{
	const uint8_t *p = body + 8, *value;
	struct interface *i;
	uint16_t len;
	int code;

	if (end - body < 8 || f->interfaces == INTERFACES_MAX)
		return -EPROTO;
	if (f->interfaces == f->room) {
		uint32_t room = f->room ? 2 * f->room : 16;

		i = realloc(f->interface, room * sizeof(*i));
		if (!i)
			return -ENOMEM;
		f->interface = i;
		f->room = room;
	}
	i = &f->interface[f->interfaces++];
	*i = (struct interface){.unit_ns = 1000};
	while ((code = next_option(&p, end, &value, &len)) >= 0) {
		if (code == OPTION_IF_NAME)
			memcpy(i->name, value, len < FRAMES_NAME ? len : FRAMES_NAME - 1);
		else if (code == OPTION_IF_TSRESOL && len == 1)
			i->unit_ns = resolution(*value);
	}
	return i->unit_ns ? 0 : -EPROTO;
}

static int take_frame(struct frames *f, const uint8_t *body, const uint8_t *end,
		      struct frames_frame *out)
{
	const uint8_t *p, *value;
	const struct interface *i;
	size_t padded;
	uint16_t len;
	int code;

	if (end - body < 20 || u32(body) >= f->interfaces)
		return -EPROTO;
	i = &f->interface[u32(body)];
	*out = (struct frames_frame){
		.number = ++f->number,
		.unix_ns = ((uint64_t)u32(body + 4) << 32 | u32(body + 8)) * i->unit_ns,
		.len = u32(body + 12),
		.wire_len = u32(body + 16),
		.data = body + 20,
	};
	memcpy(out->interface, i->name, sizeof(out->interface));
	padded = ((size_t)out->len + 3) & ~(size_t)3;
	if ((size_t)(end - out->data) < padded)
		return -EPROTO;
	p = out->data + padded;
	while ((code = next_option(&p, end, &value, &len)) >= 0) {
		if (code == OPTION_COMMENT) {
			out->comment = (const char *)value;
			out->comment_len = len;
		} else if (code == OPTION_EPB_FLAGS && len == 4) {
			out->flags = u32(value) & DIRECTION;
		}
	}
	return 1;
}

/* A new section has interfaces of its own. */
static int begin_section(struct frames *f, const uint8_t *body, const uint8_t *end)
{
	if (end - body < 4 || u32(body) != BYTE_ORDER_MAGIC)
		return -EPROTO;
	f->interfaces = 0;
	return 0;
}

int frames_next(struct frames *f, struct frames_frame *out)
{
	while (f->at < f->len) {
		const uint8_t *block = f->data + f->at;
		size_t left = f->len - f->at;
		uint32_t type, len;
		int rc = 0;

		if (left < 12)
			return -EPROTO;
		type = u32(block);
		len = u32(block + 4);
		if (len < 12 || len % 4 || len > left || (!f->at && type != BLOCK_SECTION))
			return -EPROTO;
		f->at += len;
		if (type == BLOCK_SECTION)
			rc = begin_section(f, block + 8, block + len - 4);
		else if (type == BLOCK_INTERFACE)
			rc = add_interface(f, block + 8, block + len - 4);
		else if (type == BLOCK_PACKET)
			rc = take_frame(f, block + 8, block + len - 4, out);
		if (rc)
			return rc;
	}
	return 0;
}
