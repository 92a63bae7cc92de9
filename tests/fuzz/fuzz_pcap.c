// SPDX-License-Identifier: GPL-2.0
/*
 * A port that plays a capture: the input has its options, up to the end of the line, and the file.
 * What comes out is what libpcap reads there, whole frames alone, in their order, round by round,
 * and not before its time.
 */
#include <pcap/pcap.h>
#include "input.h"
#include "port_pcap.h"
#include "port_private.h"
#include "quiet.h"

#define FRAMES_MAX 256 /* looked at; what is behind them is only played */
#define TURNS_MAX 200
#define FAR_NS (1ULL << 62)
#define S_NS 1000000000ULL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __real_port_input(struct port *port, const void *data, size_t len,
		       const struct packet_meta *meta);
void __wrap_port_input(struct port *port, const void *data, size_t len,
		       const struct packet_meta *meta);

/* A whole frame of the file. */
struct film {
	uint64_t offset_ns; /* from the first one; stamps that go back count as the one before */
	uint32_t len;
	uint32_t sum; /* of its bytes */
};

static char path[64];
static struct loop *loop;
static struct sw *sw;
static struct port *port;
static struct film film[FRAMES_MAX];
static unsigned int frames, came; /* in the file; that came, of this round */
static bool as_recorded; /* no option changes times */
static uint64_t begin_ns;

/* --- the file as libpcap reads it ------------------------------------------------------------ */

static uint32_t sum_of(const uint8_t *data, size_t len)
{
	uint32_t sum = 1;

	for (size_t i = 0; i < len; i++)
		sum = sum * 31 + data[i];
	return sum;
}

static void read_frames(void)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *file =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	struct pcap_pkthdr *h;
	uint64_t first = 0, stamp, last = 0;
	const u_char *data;

	frames = 0;
	while (file && frames < FRAMES_MAX && pcap_next_ex(file, &h, &data) == 1) {
		if (h->caplen < h->len || h->len > PACKET_MAX)
			continue;
		stamp = (uint64_t)h->ts.tv_sec * S_NS + (uint64_t)h->ts.tv_usec;
		if (!frames)
			first = stamp;
		if (stamp > first && stamp - first > last)
			last = stamp - first;
		film[frames++] = (struct film){last, h->len, sum_of(data, h->len)};
	}
	if (file)
		pcap_close(file);
}

void __wrap_port_input(struct port *p, const void *data, size_t len, const struct packet_meta *meta)
{
	const struct film *f = &film[came];
	uint64_t now = calendar_now(sw_calendar(sw));

	assert(p == port || !port);
	assert(!meta && len <= PACKET_MAX && frames);
	if (came < FRAMES_MAX) {
		assert(f->len == len && f->sum == sum_of(data, len));
		/* What lies further away than a lifetime may come at any time behind that. */
		if (as_recorded)
			assert(now == begin_ns + f->offset_ns ||
			       (f->offset_ns > FAR_NS && now >= begin_ns + FAR_NS));
	}
	/* Of a file with more of them the rounds cannot be told. */
	if (++came == frames && frames < FRAMES_MAX) {
		came = 0;
		as_recorded = false;
	}
	__real_port_input(p, data, len, meta);
}

/* --- the port -------------------------------------------------------------------------------- */

static void remove_path(void)
{
	unlink(path);
}

static void file_put(const struct input *in)
{
	FILE *f;

	if (!*path) {
		snprintf(path, sizeof(path), "/dev/shm/fuzz-pcap-%d", (int)getpid());
		atexit(remove_path);
	}
	f = fopen(path, "we");
	assert(f && fwrite(in->at, 1, in->left, f) == in->left && fclose(f) == 0);
}

static void play(void)
{
	struct calendar *cal = sw_calendar(sw);
	char text[300];
	uint64_t next;

	for (unsigned int i = 0; i < TURNS_MAX; i++) {
		next = calendar_next(cal);
		if (next == CALENDAR_NEVER)
			break;
		calendar_run(cal, next, 1);
		switch_flush(sw);
		port->ops->describe(port, text, sizeof(text));
	}
	assert(port_pcap_done(port) == (calendar_next(cal) == CALENDAR_NEVER));
}

static void port_try(const char *options)
{
	static const struct sw_config config = {.own_time = true};
	char args[400], err[400] = "";

	loop = loop_new();
	sw = sw_new(loop, &config);
	assert(loop && sw);
	port = NULL;
	came = 0;
	/* A file may be played from any time on. */
	calendar_run(sw_calendar(sw), 5 * S_NS, 0);
	begin_ns = 5 * S_NS;
	as_recorded = !*options;
	snprintf(args, sizeof(args), "%s%s%s", path, *options ? ":" : "", options);
	if (port_pcap_create(&port, sw, args, "film", err, sizeof(err))) {
		assert(strlen(err) > 10);
	} else {
		if (!port_pcap_done(port) && calendar_next(sw_calendar(sw)) == CALENDAR_NEVER)
			port_pcap_start(port); /* it waited; without frames it is done at once */
		play();
	}
	sw_free(sw);
	loop_free(loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	char options[200] = "";
	uint64_t open;
	size_t n = 0;
	uint8_t c;

	while (in.left && (c = take8(&in)) != '\n')
		if (n < sizeof(options) - 1)
			options[n++] = (char)c;
	file_put(&in);
	open = fds_open();
	read_frames();
	port_try(options);
	assert(fds_open() == open);
	return 0;
}
