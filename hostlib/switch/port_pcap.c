// SPDX-License-Identifier: GPL-2.0
/*
 * Replay of captures; see port_pcap.h.
 *
 * One frame is read ahead and waits on the calendar, so the same file comes out at the same times
 * in virtual time. Times count from the start: the first frame comes at once. Between two rounds
 * lies the mean distance of two frames, at least MS_NS, so that a file of one frame is no flood.
 *
 * What the switch sends to this port is taken and forgotten. Frames that the capture holds only in
 * part (snap length) are left out and counted.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "port_pcap.h"
#include "port_private.h"

#define MS_NS 1000000ULL
#define S_NS 1000000000ULL
#define NEVER_NS (1ULL << 62)
#define AT_ONCE_MAX 256 /* frames of one event; others get their turn then */

enum pcap_pace {
	PCAP_RECORDED, /* as the stamps say, divided by speed */
	PCAP_BITS, /* each frame when the one before has been sent at `rate` bits a second */
	PCAP_FRAMES, /* `rate` frames a second */
};

/* What the options of a port say, checked. */
struct pcap_config {
	enum pcap_pace pace;
	double speed; /* 2: twice as fast */
	uint64_t rate;
	uint64_t loops; /* how often the file is played; 0: for ever */
	bool wait; /* for port_pcap_start() */
};

struct replay {
	struct port *port;
	struct sw *sw;
	struct pcap_config config;
	char *path;
	pcap_t *file; /* NULL: not started, or at the end */
	struct event event;
	uint64_t begin_ns; /* when this round started, on the calendar */
	uint64_t first_ns; /* stamp of the round's first frame */
	uint64_t offset_ns; /* of the frame read ahead, from the round's start */
	uint64_t next_ns; /* offset of the one behind it, where the pace gives it */
	uint64_t frames, partial, rounds; /* of the round; left out, of all; done */
	bool have; /* a frame is read ahead */
	bool done;
	uint32_t len; /* of the frame read ahead */
	uint8_t buf[PACKET_MAX];
};

/* --- options ---------------------------------------------------------------------------------- */

static int set_speed(void *ctx, const char *value, char *err, size_t err_len)
{
	struct pcap_config *c = ctx;
	char *end;

	c->speed = strtod(value, &end);
	if (*end || end == value || !(c->speed >= 1e-6 && c->speed <= 1e6))
		return port_fail(err, err_len, -EINVAL,
				 "pcap: speed=%s is no factor from 0.000001 to 1000000", value);
	return 0;
}

static int set_rate(void *ctx, const char *value, char *err, size_t err_len)
{
	static const struct {
		const char *unit;
		enum pcap_pace pace;
		uint64_t factor;
	} units[] = {
		{"bit", PCAP_BITS, 1},        {"kbit", PCAP_BITS, 1000},
		{"Mbit", PCAP_BITS, 1000000}, {"Gbit", PCAP_BITS, 1000000000},
		{"pps", PCAP_FRAMES, 1},
	};
	struct pcap_config *c = ctx;
	size_t digits = strspn(value, "0123456789");
	char number[12];
	uint64_t n;

	if (digits < sizeof(number)) {
		memcpy(number, value, digits);
		number[digits] = 0;
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			if (strcmp(units[i].unit, value + digits) ||
			    port_number(number, 1, 1000000000, &n))
				continue;
			c->pace = units[i].pace;
			c->rate = n * units[i].factor;
			return 0;
		}
	}
	return port_fail(err, err_len, -EINVAL,
			 "pcap: rate=%s is no rate: a number with bit, kbit, Mbit, Gbit or pps",
			 value);
}

static int set_loop(void *ctx, const char *value, char *err, size_t err_len)
{
	struct pcap_config *c = ctx;

	c->loops = 0;
	if (*value && port_number(value, 1, UINT32_MAX, &c->loops))
		return port_fail(err, err_len, -EINVAL, "pcap: loop=%s is no number of rounds",
				 value);
	return 0;
}

static int set_start(void *ctx, const char *value, char *err, size_t err_len)
{
	((struct pcap_config *)ctx)->wait = true;
	return 0;
}

static const struct port_word words[] = {
	{"speed=", set_speed}, {"rate=", set_rate},  {"loop", set_loop},
	{"loop=", set_loop},   {"start", set_start}, {NULL, NULL},
};

/* --- the file --------------------------------------------------------------------------------- */

static void file_close(struct replay *r)
{
	if (r->file)
		pcap_close(r->file);
	r->file = NULL;
}

/* Opens the file at its start. 0, or -errno with a sentence. */
static int file_open(struct replay *r, char *err, size_t err_len)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct stat st;

	if (stat(r->path, &st))
		return port_fail(err, err_len, -errno, "pcap: %s: %s", r->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return port_fail(err, err_len, -EINVAL, "pcap: %s is no regular file", r->path);
	r->file = pcap_open_offline_with_tstamp_precision(r->path, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!r->file)
		return port_fail(err, err_len, -EINVAL, "pcap: %s is no capture: %s", r->path, why);
	if (pcap_datalink(r->file) == DLT_EN10MB)
		return 0;
	port_fail(err, err_len, -EINVAL, "pcap: %s holds frames of the kind '%s', not Ethernet",
		  r->path, pcap_datalink_val_to_description_or_dlt(pcap_datalink(r->file)));
	file_close(r);
	return -EINVAL;
}

static uint64_t scale(uint64_t offset_ns, double speed)
{
	double scaled = (double)offset_ns / speed;

	return scaled < (double)NEVER_NS ? (uint64_t)scaled : NEVER_NS;
}

/* When the frame read ahead is due, from the round's start. Stamps that go back mean at once. */
static uint64_t frame_time(struct replay *r, uint64_t stamp_ns)
{
	uint64_t offset_ns = r->next_ns;

	if (!r->frames)
		r->first_ns = stamp_ns;
	switch (r->config.pace) {
	case PCAP_RECORDED:
		offset_ns = stamp_ns > r->first_ns ? stamp_ns - r->first_ns : 0;
		if (r->config.speed != 1)
			offset_ns = scale(offset_ns, r->config.speed);
		return offset_ns > r->offset_ns ? offset_ns : r->offset_ns;
	case PCAP_BITS:
		r->next_ns += (uint64_t)((double)r->len * 8 * S_NS / (double)r->config.rate);
		return offset_ns;
	default: /* counted, so that rounding does not add up */
		return (uint64_t)((double)r->frames * S_NS / (double)r->config.rate);
	}
}

/* Stamps may say anything: what lies further away than a lifetime is NEVER_NS. */
static uint64_t frame_offset(struct replay *r, uint64_t stamp_ns)
{
	uint64_t offset_ns = frame_time(r, stamp_ns);

	return offset_ns < NEVER_NS ? offset_ns : NEVER_NS;
}

/* Reads the next whole frame. False at the end of the file. */
static bool read_ahead(struct replay *r)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int rc;

	while ((rc = pcap_next_ex(r->file, &h, &data)) == 1) {
		if (h->caplen < h->len || h->len > sizeof(r->buf)) {
			r->partial++;
			continue;
		}
		r->len = h->len;
		memcpy(r->buf, data, h->len);
		r->offset_ns =
			frame_offset(r, (uint64_t)h->ts.tv_sec * S_NS + (uint64_t)h->ts.tv_usec);
		r->frames++;
		return true;
	}
	if (rc == PCAP_ERROR)
		log_warn("%s: %s; what came before is played", r->path, pcap_geterr(r->file));
	return false;
}

/* --- playing ---------------------------------------------------------------------------------- */

static void on_due(struct event *e, uint64_t now_ns);

static void schedule(struct replay *r, uint64_t due_ns)
{
	if (calendar_add(sw_calendar(r->sw), &r->event, due_ns, PORT_EVENT_SOURCE | r->port->index,
			 on_due, r)) {
		log_warn("%s: no memory, the replay ends", r->path);
		file_close(r);
		r->done = true;
	}
}

/* A new round, at_ns at the earliest. False when there is nothing to play. */
static bool round_begin(struct replay *r, uint64_t at_ns)
{
	char err[512];

	r->frames = r->next_ns = r->offset_ns = 0;
	r->begin_ns = at_ns;
	if (file_open(r, err, sizeof(err))) {
		log_warn("%s", err);
		return false;
	}
	if (read_ahead(r))
		return true;
	log_warn("%s: there is no whole frame in it", r->path);
	file_close(r);
	return false;
}

/* The file is at its end: once more, or that was all. */
static void round_end(struct replay *r)
{
	uint64_t length_ns = r->next_ns > r->offset_ns ? r->next_ns : r->offset_ns;
	uint64_t gap_ns = r->frames > 1 ? length_ns / (r->frames - 1) : MS_NS;

	file_close(r);
	r->rounds++;
	if (gap_ns < MS_NS)
		gap_ns = MS_NS;
	/* Nor does another round begin in so many lifetimes. */
	if ((r->config.loops && r->rounds >= r->config.loops) || r->begin_ns > NEVER_NS ||
	    !round_begin(r, r->begin_ns + length_ns + gap_ns)) {
		r->done = true;
		return;
	}
	schedule(r, r->begin_ns);
}

/* Whoever moves the calendar calls switch_flush() behind it. */
static void on_due(struct event *e, uint64_t now_ns)
{
	struct replay *r = e->arg;
	unsigned int n = 0;

	while (n++ < AT_ONCE_MAX && r->begin_ns + r->offset_ns <= now_ns) {
		port_input(r->port, r->buf, r->len, NULL);
		if (!read_ahead(r)) {
			round_end(r);
			return;
		}
	}
	schedule(r, r->begin_ns + r->offset_ns);
}

/* --- the port --------------------------------------------------------------------------------- */

static int pcap_send(struct port *port, const struct packet *p)
{
	return 0;
}

static void pcap_describe(const struct port *port, char *out, size_t len)
{
	const struct replay *r = port->arg;

	snprintf(out, len, "%s, %s, round %llu%s", r->path,
		 r->done   ? "done"
		 : r->file ? "playing"
			   : "waits for start",
		 (unsigned long long)r->rounds + (r->file ? 1 : 0),
		 r->partial ? ", incomplete frames left out" : "");
}

static void replay_free(struct replay *r)
{
	calendar_del(sw_calendar(r->sw), &r->event);
	file_close(r);
	free(r->path);
	free(r);
}

static void replay_close(struct port *port)
{
	replay_free(port->arg);
}

static const struct port_ops pcap_ops = {
	.kind = "pcap",
	.takes_large = true,
	.takes_csum = true,
	.send = pcap_send,
	.describe = pcap_describe,
	.close = replay_close,
};

static bool is_pcap(const struct port *port)
{
	return port->ops == &pcap_ops;
}

int port_pcap_start(struct port *port)
{
	struct replay *r;

	if (!is_pcap(port))
		return -EINVAL;
	r = port->arg;
	if (r->file)
		return -EALREADY;
	r->rounds = 0;
	r->done = !round_begin(r, sw_config(r->sw)->own_time ? calendar_now(sw_calendar(r->sw))
							     : loop_now_ns());
	if (r->done)
		return -EINVAL;
	schedule(r, r->begin_ns);
	switch_flush(r->sw);
	return 0;
}

bool port_pcap_done(const struct port *port)
{
	return is_pcap(port) && ((const struct replay *)port->arg)->done;
}

/* FILE[:OPTION,...]; a file whose name has colons is taken as it is when it is there. */
static int take_args(struct replay *r, const char *args, char *err, size_t err_len)
{
	const char *colon = strrchr(args, ':');
	size_t len = colon && access(args, F_OK) ? (size_t)(colon - args) : strlen(args);

	r->path = strndup(args, len);
	if (!r->path)
		return port_fail(err, err_len, -ENOMEM, "pcap: no memory");
	if (!len)
		return port_fail(err, err_len, -EINVAL,
				 "pcap: a file is expected, as in pcap:FILE[:OPTION,...]");
	r->config = (struct pcap_config){.speed = 1, .loops = 1};
	return port_words(args[len] ? args + len + 1 : "", "pcap", words, &r->config, err, err_len);
}

int port_pcap_create(struct port **out, struct sw *sw, const char *args, const char *name,
		     char *err, size_t err_len)
{
	struct replay *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return port_fail(err, err_len, -ENOMEM, "pcap: no memory");
	r->sw = sw;
	rc = take_args(r, args ? args : "", err, err_len);
	if (!rc)
		rc = file_open(r, err, err_len); /* tells mistakes now, also when it waits */
	file_close(r);
	if (!rc)
		rc = port_add_said(out, sw, &pcap_ops, r, name, err, err_len);
	if (rc) {
		replay_free(r);
		return rc;
	}
	r->port = *out;
	if (!r->config.wait)
		port_pcap_start(r->port);
	return 0;
}
