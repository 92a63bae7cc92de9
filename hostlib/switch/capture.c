// SPDX-License-Identifier: GPL-2.0
/*
 * Captures in pcapng, as draft-ietf-opsawg-pcapng has it; see capture.h.
 *
 *   section header (4.1), interface descriptions (4.2), enhanced packets (4.3) as they come,
 *   interface statistics (4.6) at the end
 *
 * Blocks are in the machine's byte order. Stamps are in nanoseconds (if_tsresol 9). A frame has
 * its direction (epb_flags) and may have a comment. An interface can be added at any time: its
 * description comes before its first frame, and again in each file of a rotation.
 *
 * The filter sees all of a frame; host names in it are looked up by libpcap when it is compiled,
 * which may take its time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "capture_private.h"

#define LINKTYPE_ETHERNET 1
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define OPT_END 0
#define OPT_COMMENT 1
#define SHB_USERAPPL 4
#define IF_NAME 2
#define IF_TSRESOL 9
#define IF_FILTER 11
#define EPB_FLAGS 2
#define ISB_IFRECV 4
#define ISB_FILTERACCEPT 6
#define ISB_OSDROP 7

static const char application[] = "Nestling uml_switch";

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Writers: each puts something at p and returns the place behind it. */
static uint8_t *put(uint8_t *p, const void *what, size_t n)
{
	memcpy(p, what, n);
	return p + n;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put(p, &v, 4);
}

static uint8_t *put_padding(uint8_t *p, size_t n)
{
	memset(p, 0, padded(n) - n);
	return p + (padded(n) - n);
}

static uint8_t *put_option(uint8_t *p, uint16_t code, const void *value, size_t n)
{
	uint16_t len = (uint16_t)n;

	p = put(p, &code, 2);
	p = put(p, &len, 2);
	p = put(p, value, n);
	return put_padding(p, n);
}

static size_t option_size(size_t n)
{
	return 4 + padded(n);
}

/* A number of `high` and `low` halves, as stamps are written. */
static uint8_t *put_stamp(uint8_t *p, uint64_t ns)
{
	p = put32(p, (uint32_t)(ns >> 32));
	return put32(p, (uint32_t)ns);
}

/* Room for a block with its type and both lengths; fill in from *p on. False: none. */
static bool begin(struct capture *cap, uint32_t type, size_t size, uint8_t **p)
{
	uint8_t *block = capture_file_reserve(cap, size);

	if (!block)
		return false;
	put32(block + size - 4, (uint32_t)size);
	*p = put32(put32(block, type), (uint32_t)size);
	return true;
}

static bool put_section(struct capture *cap)
{
	size_t name = sizeof(application) - 1;
	uint16_t version[2] = {1, 0};
	uint64_t unknown = UINT64_MAX; /* length of the section */
	uint8_t *p;

	if (!begin(cap, BLOCK_SECTION, 28 + option_size(name) + 4, &p))
		return false;
	p = put32(p, BYTE_ORDER_MAGIC);
	p = put(p, version, 4);
	p = put(p, &unknown, 8);
	p = put_option(p, SHB_USERAPPL, application, name);
	put32(p, OPT_END);
	return true;
}

static bool put_interface(struct capture *cap, const struct capture_interface *ifc)
{
	size_t name = strlen(ifc->name), filter = cap->filter_text ? strlen(cap->filter_text) : 0;
	size_t size = 20 + option_size(name) + option_size(1) + 4;
	uint8_t resolution = 9, *p;
	uint16_t type[2] = {LINKTYPE_ETHERNET, 0};

	if (filter)
		size += option_size(filter + 1);
	if (!begin(cap, BLOCK_INTERFACE, size, &p))
		return false;
	p = put(p, type, 4);
	p = put32(p, cap->snaplen);
	p = put_option(p, IF_NAME, ifc->name, name);
	p = put_option(p, IF_TSRESOL, &resolution, 1);
	if (filter) /* a zero in front: the text is in libpcap's language */
		p = put_option(p, IF_FILTER, cap->filter_text - 1, filter + 1);
	put32(p, OPT_END);
	return true;
}

/* The file's head up to the description of interface number `last`. */
static bool put_head(struct capture *cap, unsigned int last)
{
	if (!cap->section_in_buf && !put_section(cap))
		return false;
	cap->section_in_buf = true;
	while (cap->interfaces_in_buf <= last && cap->interfaces_in_buf < cap->interfaces) {
		if (!put_interface(cap, &cap->interface[cap->interfaces_in_buf]))
			return false;
		cap->interfaces_in_buf++;
	}
	return true;
}

/* What there was of each interface in all, at the end of a file. */
static void put_statistics(struct capture *cap)
{
	const struct capture_interface *ifc = cap->interface;
	unsigned int i;
	uint8_t *p;

	for (i = 0; i < cap->interfaces_in_buf; i++, ifc++) {
		if (!begin(cap, BLOCK_STATISTICS, 24 + 3 * option_size(8) + 4, &p))
			return;
		p = put_stamp(put32(p, i), cap->last_ns);
		p = put_option(p, ISB_IFRECV, &ifc->received, 8);
		p = put_option(p, ISB_FILTERACCEPT, &ifc->accepted, 8);
		p = put_option(p, ISB_OSDROP, &ifc->lost, 8);
		put32(p, OPT_END);
	}
}

static int compile(struct capture *cap, const char *text, char *err, size_t err_len)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, PACKET_MAX);
	char *copy;
	int ret = 0;

	/* One byte before the text, for put_interface(). */
	copy = malloc(strlen(text) + 2);
	if (copy) {
		*copy = 0;
		cap->filter_text = strcpy(copy + 1, text);
	}
	if (!dead || !copy) {
		ret = -ENOMEM;
		snprintf(err, err_len, "no memory for the capture filter");
	} else if (pcap_compile(dead, &cap->filter, text, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		ret = -EINVAL;
		snprintf(err, err_len, "capture filter '%s': %s (see pcap-filter(7))", text,
			 pcap_geterr(dead));
	}
	if (dead)
		pcap_close(dead);
	return ret;
}

/* Frees what there is; the file is closed already, or is closed as it is. */
static void destroy(struct capture *cap)
{
	if (cap->fd >= 0)
		close(cap->fd);
	pcap_freecode(&cap->filter);
	if (cap->filter_text)
		free(cap->filter_text - 1);
	free(cap->interface);
	free(cap->scratch);
	free(cap->path);
	free(cap->buf);
	free(cap);
}

static int open_all(struct capture *cap, const struct capture_spec *spec, char *err, size_t err_len)
{
	int ret;

	if (spec->filter && *spec->filter) {
		if (strlen(spec->filter) > 4096) {
			snprintf(err, err_len, "a capture filter has up to 4096 characters");
			return -EINVAL;
		}
		ret = compile(cap, spec->filter, err, err_len);
		if (ret < 0)
			return ret;
	}
	ret = capture_file_open(cap);
	if (ret == -ENXIO)
		snprintf(err, err_len, "capture to %s: nobody reads it; start the reader first",
			 cap->path);
	else if (ret < 0)
		snprintf(err, err_len, "capture to %s: %s", cap->path ? cap->path : "a descriptor",
			 strerror(-ret));
	if (ret < 0)
		return ret;
	put_head(cap, 0);
	capture_file_flush(cap);
	if (cap->error)
		snprintf(err, err_len, "capture to %s: %s", cap->path ? cap->path : "a descriptor",
			 strerror(-cap->error));
	cap->opened = true;
	return cap->error;
}

int capture_open(struct capture **out, const struct capture_spec *spec, char *err, size_t err_len)
{
	struct capture *cap = calloc(1, sizeof(*cap));
	int ret;

	if (cap) {
		cap->fd = spec->path ? -1 : spec->fd;
		cap->snaplen = spec->snaplen;
		cap->rotate_bytes = spec->rotate_bytes;
		cap->rotate_files = spec->rotate_files;
		cap->path = spec->path ? strdup(spec->path) : NULL;
		cap->scratch = malloc(PACKET_MAX);
	} else if (!spec->path) {
		close(spec->fd);
	}
	if (!cap || !cap->scratch || (spec->path && !cap->path)) {
		snprintf(err, err_len, "no memory for a capture");
		ret = -ENOMEM;
	} else {
		ret = open_all(cap, spec, err, err_len);
	}
	if (ret < 0 && cap)
		destroy(cap);
	*out = ret < 0 ? NULL : cap;
	return ret;
}

int capture_close(struct capture *cap)
{
	int ret;

	put_statistics(cap);
	capture_file_close(cap);
	ret = cap->error;
	destroy(cap);
	return ret;
}

void capture_flush(struct capture *cap)
{
	capture_file_flush(cap);
}

int capture_interface(struct capture *cap, const char *name)
{
	struct capture_interface *more;
	unsigned int i;

	/* A port that comes again: captures do not grow with each restart of a guest. */
	for (i = 0; i < cap->interfaces; i++)
		if (strncmp(cap->interface[i].name, name, CAPTURE_NAME_MAX) == 0)
			return (int)i;
	more = realloc(cap->interface, (cap->interfaces + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	cap->interface = more;
	more += cap->interfaces;
	*more = (struct capture_interface){0};
	snprintf(more->name, sizeof(more->name), "%s", name);
	cap->interfaces++;
	put_head(cap, cap->interfaces - 1); /* if there is no room now, before the first frame */
	return (int)cap->interfaces - 1;
}

/* The frame in one piece. */
static const uint8_t *contiguous(struct capture *cap, const struct packet *p)
{
	if (p->niov && p->iov[0].iov_len >= p->len)
		return p->iov[0].iov_base;
	packet_copy(p, 0, cap->scratch, p->len);
	return cap->scratch;
}

static bool wanted(struct capture *cap, const uint8_t *bytes, uint32_t len)
{
	struct pcap_pkthdr h = {.caplen = len, .len = len};

	return !cap->filter_text || pcap_offline_filter(&cap->filter, &h, bytes);
}

/* The block of one frame; false: there is no room for it. */
static bool put_frame(struct capture *cap, unsigned int interface, uint32_t dir, uint32_t len,
		      const uint8_t *bytes, const char *comment)
{
	uint32_t kept = cap->snaplen && len > cap->snaplen ? cap->snaplen : len;
	size_t chars = comment ? strnlen(comment, CAPTURE_COMMENT_MAX) : 0;
	size_t size = 32 + padded(kept) + option_size(4) + 4;
	uint8_t *p;

	if (chars)
		size += option_size(chars);
	if (!begin(cap, BLOCK_PACKET, size, &p))
		return false;
	p = put_stamp(put32(p, interface), cap->last_ns);
	p = put32(put32(p, kept), len);
	p = put_padding(put(p, bytes, kept), kept);
	p = put_option(p, EPB_FLAGS, &dir, 4);
	if (chars)
		p = put_option(p, OPT_COMMENT, comment, chars);
	put32(p, OPT_END);
	cap->stats.frames++;
	cap->stats.bytes += kept;
	return true;
}

void capture_packet(struct capture *cap, unsigned int interface, uint64_t unix_ns,
		    enum capture_dir dir, const struct packet *p, const char *comment)
{
	struct capture_interface *ifc;
	const uint8_t *bytes;

	if (interface >= cap->interfaces)
		return;
	ifc = &cap->interface[interface];
	bytes = contiguous(cap, p);
	ifc->received++;
	if (!wanted(cap, bytes, p->len)) {
		cap->stats.filtered++;
		return;
	}
	ifc->accepted++;
	if (capture_file_full(cap)) {
		put_statistics(cap);
		capture_file_next(cap);
	}
	cap->last_ns = unix_ns;
	if (!put_head(cap, interface) ||
	    !put_frame(cap, interface, (uint32_t)dir, p->len, bytes, comment)) {
		cap->stats.lost++;
		ifc->lost++;
	}
}

const struct capture_stats *capture_stats(const struct capture *cap)
{
	return &cap->stats;
}
