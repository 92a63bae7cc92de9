// SPDX-License-Identifier: GPL-2.0
/*
 * Captures: read back by libpcap, and block by block by a reader of our own for what libpcap does
 * not tell. `test_switch_capture sample FILE|-` writes a known file for tests/system/switch-capture.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "capture.h"
#include "rng.h"
#include "suite.h"

#define EPOCH 1768521600000000000ULL /* 2026-01-16 */

static char dir[] = "/tmp/nestling-capture-XXXXXX";
static uint8_t bytes[PACKET_MAX];

static const char *in_dir(const char *name)
{
	static char path[4][256];
	static unsigned int turn;
	char *p = path[turn++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static struct capture *begin(const char *path, const char *filter)
{
	struct capture_spec spec = {.path = path, .filter = filter};
	struct capture *cap = NULL;
	char err[512] = "";

	CU_ASSERT_EQUAL_FATAL(capture_open(&cap, &spec, err, sizeof(err)), 0);
	return cap;
}

/* An UDP datagram to a port, in len bytes. */
static void datagram(uint8_t *b, uint32_t len, uint16_t port)
{
	static const uint8_t head[] = {0x52, 0, 0,    0, 0, 2, 0x52, 0, 0, 0, 0,    1,
				       0x08, 0, 0x45, 0, 0, 0, 0,    0, 0, 0, 64,   17,
				       0,    0, 10,   0, 0, 1, 10,   0, 0, 2, 0x10, 0};

	memset(b, 0, len);
	memcpy(b, head, sizeof(head));
	b[16] = (uint8_t)((len - 14) >> 8);
	b[17] = (uint8_t)(len - 14);
	b[36] = (uint8_t)(port >> 8);
	b[37] = (uint8_t)port;
	b[38] = (uint8_t)((len - 34) >> 8);
	b[39] = (uint8_t)(len - 34);
}

static void add(struct capture *cap, unsigned int ifc, uint64_t ns, enum capture_dir way,
		const uint8_t *b, uint32_t len, const char *comment)
{
	struct iovec iov = {(void *)(uintptr_t)b, len};
	struct packet p;

	packet_init(&p, &iov, 1, len, NULL);
	capture_packet(cap, ifc, ns, way, &p, comment);
}

/* The block reader: every block of a file, or its place in the file where it breaks off. */
struct blocks {
	uint8_t *data;
	size_t len, at;
	unsigned int sections, interfaces, packets, statistics;
	char name[8][64]; /* of interfaces */
};

struct block {
	uint32_t type, size;
	const uint8_t *body;
	const uint8_t *options, *end;
};

static uint32_t u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void load(struct blocks *r, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);

	*r = (struct blocks){0};
	CU_ASSERT_FATAL(fd >= 0 && fstat(fd, &st) == 0);
	r->data = malloc((size_t)st.st_size + 1);
	r->len = (size_t)read(fd, r->data, (size_t)st.st_size);
	CU_ASSERT_EQUAL(r->len, st.st_size);
	close(fd);
}

/* The next block; false at the end or at something that is no block. */
static bool next(struct blocks *r, struct block *b)
{
	static const unsigned int fixed[] = {[1] = 16, [5] = 20, [6] = 28};
	const uint8_t *p = r->data + r->at;
	uint32_t head = 24;

	if (r->len - r->at < 12)
		return false;
	b->type = u32(p);
	b->size = u32(p + 4);
	if (b->size % 4 || b->size < 12 || b->size > r->len - r->at ||
	    u32(p + b->size - 4) != b->size)
		return false;
	if (b->type < 7)
		head = fixed[b->type];
	if (b->type == 6)
		head += (u32(p + 20) + 3) & ~3U;
	b->body = p + 8;
	b->options = p + head;
	b->end = p + b->size - 4;
	r->at += b->size;
	r->sections += b->type == 0x0a0d0d0a;
	r->interfaces += b->type == 1;
	r->statistics += b->type == 5;
	r->packets += b->type == 6;
	return head + 4 <= b->size;
}

/* The value of an option, its length in *len; NULL: it is not there. */
static const uint8_t *option(const struct block *b, unsigned int code, unsigned int *len)
{
	const uint8_t *p = b->options;

	while (p + 4 <= b->end) {
		unsigned int c = p[0] | (unsigned int)p[1] << 8;

		*len = p[2] | (unsigned int)p[3] << 8;
		if (!c)
			return NULL;
		if (c == code)
			return p + 4;
		p += 4 + ((*len + 3) & ~3U);
	}
	return NULL;
}

/* The whole file is blocks, and interfaces are described before they are used. */
static void walk(struct blocks *r, const char *path)
{
	struct block b;
	unsigned int len;

	load(r, path);
	while (next(r, &b)) {
		const uint8_t *name = b.type == 1 ? option(&b, 2, &len) : NULL;

		if (b.type == 1 && r->interfaces <= 8)
			snprintf(r->name[r->interfaces - 1], 64, "%.*s", (int)len, name);
		if (b.type == 6)
			CU_ASSERT(u32(b.body) < r->interfaces);
	}
	CU_ASSERT_EQUAL(r->at, r->len);
	CU_ASSERT_EQUAL(r->sections, 1);
	free(r->data);
	r->data = NULL;
}

static pcap_t *reader(const char *path)
{
	char err[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pc = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, err);

	if (!pc)
		printf("\n  %s: %s\n", path, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pc);
	return pc;
}

/* Frames of a file as libpcap counts them; it has no complaint. */
static unsigned int frames(const char *path)
{
	struct pcap_pkthdr *h;
	const uint8_t *data;
	unsigned int n = 0;
	pcap_t *pc = reader(path);
	int ret;

	while ((ret = pcap_next_ex(pc, &h, &data)) == 1)
		n++;
	CU_ASSERT_EQUAL(ret, PCAP_ERROR_BREAK); /* the end, not an error */
	pcap_close(pc);
	return n;
}

/* All sizes, in one piece or several, to the byte and the nanosecond. */
static void reads_back(void)
{
	const char *path = in_dir("all.pcapng");
	struct capture *cap = begin(path, NULL);
	struct pcap_pkthdr *h;
	const uint8_t *data;
	struct blocks r;
	struct rng g;
	unsigned int i;
	pcap_t *pc;

	rng_seed(&g, 1, "capture");
	CU_ASSERT_EQUAL(capture_interface(cap, "one"), 0);
	CU_ASSERT_EQUAL(capture_interface(cap, "two"), 1);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)rng_next(&g);
	for (i = 0; i < 400; i++) {
		uint32_t len = i < 200    ? 14 + i
			       : i == 399 ? PACKET_MAX
					  : 14 + 97 * i,
			 cut = len / 3;
		struct iovec iov[2] = {{bytes + i, cut}, {bytes + i + cut, len - cut}};
		struct packet p;

		if (i == 399)
			iov[0].iov_base = bytes, iov[1].iov_base = bytes + cut;
		if (i == 200)
			CU_ASSERT_EQUAL(capture_interface(cap, "late"), 2);
		CU_ASSERT_EQUAL(packet_init(&p, iov, 2, len, NULL), 0);
		capture_packet(cap, i < 200 ? i % 2 : 2, EPOCH + i * 1000000007ULL, CAPTURE_IN, &p,
			       i % 3 ? NULL : "a comment");
	}
	CU_ASSERT_EQUAL(capture_interface(cap, "two"), 1); /* it is there already */
	capture_packet(cap, 3, EPOCH, CAPTURE_IN, &(struct packet){0},
		       NULL); /* no such interface */
	CU_ASSERT_EQUAL(capture_stats(cap)->frames, 400);
	CU_ASSERT_EQUAL(capture_close(cap), 0);
	pc = reader(path);
	for (i = 0; pcap_next_ex(pc, &h, &data) == 1; i++) {
		uint64_t ns = (uint64_t)h->ts.tv_sec * 1000000000 + (uint64_t)h->ts.tv_usec;
		uint32_t len = i < 200 ? 14 + i : i == 399 ? PACKET_MAX : 14 + 97 * i;

		CU_ASSERT_EQUAL(ns, EPOCH + i * 1000000007ULL);
		CU_ASSERT_EQUAL_FATAL(h->len, len);
		CU_ASSERT_EQUAL_FATAL(h->caplen, len);
		CU_ASSERT_EQUAL(memcmp(data, bytes + (i == 399 ? 0 : i), len), 0);
	}
	CU_ASSERT_EQUAL(i, 400);
	pcap_close(pc);
	walk(&r, path);
	CU_ASSERT_EQUAL(r.interfaces, 3);
	CU_ASSERT_EQUAL(r.statistics, 3);
	CU_ASSERT_EQUAL(r.packets, 400);
	CU_ASSERT_STRING_EQUAL(r.name[2], "late");
}

/* Direction, comment, time resolution, statistics. */
static void options(void)
{
	const char *path = in_dir("options.pcapng");
	static char longest[5000];
	unsigned int len = 0, n = 0;
	struct capture *cap = begin(path, NULL);
	const uint8_t *v;
	struct blocks r;
	struct block b;

	capture_interface(cap, "eth0");
	memset(longest, 'x', sizeof(longest) - 1);
	datagram(bytes, 60, 53);
	add(cap, 0, EPOCH, CAPTURE_IN, bytes, 60, "dropped: loss");
	add(cap, 0, EPOCH, CAPTURE_OUT, bytes, 60, NULL);
	add(cap, 0, EPOCH, CAPTURE_OUT, bytes, 60, "");
	add(cap, 0, EPOCH + 5, CAPTURE_OUT, bytes, 60, longest);
	CU_ASSERT_EQUAL(capture_close(cap), 0);
	load(&r, path);
	while (next(&r, &b)) {
		v = option(&b, 9, &len);
		if (b.type == 1)
			CU_ASSERT(v && len == 1 && *v == 9);
		v = option(&b, 4, &len);
		if (b.type == 5)
			CU_ASSERT(v && len == 8 && u32(v) == 4);
		if (b.type != 6)
			continue;
		v = option(&b, 2, &len);
		CU_ASSERT(v && len == 4 && u32(v) == (n ? CAPTURE_OUT : CAPTURE_IN));
		v = option(&b, 1, &len);
		CU_ASSERT_EQUAL(v != NULL, n == 0 || n == 3);
		if (n == 0)
			CU_ASSERT(v && len == 13 && memcmp(v, "dropped: loss", 13) == 0);
		if (n == 3)
			CU_ASSERT(v && len == 1023);
		n++;
	}
	CU_ASSERT_EQUAL(n, 4);
	CU_ASSERT_EQUAL(r.at, r.len);
	free(r.data);
}

static void filters(void)
{
	const char *path = in_dir("filter.pcapng");
	struct capture *cap = begin(path, "udp dst port 53 and greater 100");
	struct capture_spec spec = {.path = in_dir("bad.pcapng"), .filter = "udp prot 53"};
	char err[512] = "";
	unsigned int i;

	capture_interface(cap, "eth0");
	for (i = 0; i < 100; i++) {
		uint32_t len = 60 + i;
		struct iovec iov[2] = {{bytes, 30}, {bytes + 30, len - 30}};
		struct packet p;

		datagram(bytes, len, i % 2 ? 53 : 54);
		packet_init(&p, iov, 2, len, NULL);
		capture_packet(cap, 0, EPOCH, CAPTURE_IN, &p, NULL);
	}
	CU_ASSERT_EQUAL(capture_stats(cap)->frames, 30);
	CU_ASSERT_EQUAL(capture_stats(cap)->filtered, 70);
	CU_ASSERT_EQUAL(capture_close(cap), 0);
	CU_ASSERT_EQUAL(frames(path), 30);
	CU_ASSERT_EQUAL(capture_open(&cap, &spec, err, sizeof(err)), -EINVAL);
	CU_ASSERT_PTR_NULL(cap);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "'udp prot 53'"));
	CU_ASSERT_EQUAL(access(spec.path, F_OK), -1); /* nothing was made for it */
}

static void snaplen(void)
{
	struct capture_spec spec = {.path = in_dir("snap.pcapng"), .snaplen = 40};
	struct capture *cap;
	struct pcap_pkthdr *h;
	const uint8_t *data;
	char err[512];
	pcap_t *pc;

	CU_ASSERT_EQUAL_FATAL(capture_open(&cap, &spec, err, sizeof(err)), 0);
	capture_interface(cap, "eth0");
	add(cap, 0, EPOCH, CAPTURE_IN, bytes, 1000, NULL);
	add(cap, 0, EPOCH, CAPTURE_IN, bytes, 39, NULL);
	CU_ASSERT_EQUAL(capture_stats(cap)->bytes, 79);
	CU_ASSERT_EQUAL(capture_close(cap), 0);
	pc = reader(spec.path);
	CU_ASSERT_EQUAL(pcap_next_ex(pc, &h, &data), 1);
	CU_ASSERT(h->caplen == 40 && h->len == 1000);
	CU_ASSERT_EQUAL(pcap_next_ex(pc, &h, &data), 1);
	CU_ASSERT(h->caplen == 39 && h->len == 39);
	pcap_close(pc);
}

/* Files of about so many bytes, each good by itself; the latest three are kept. */
static void rotation(void)
{
	struct capture_spec spec = {
		.path = in_dir("rot"), .rotate_bytes = 20000, .rotate_files = 3};
	unsigned int i, last = 0, n = 0;
	struct capture *cap;
	struct blocks r;
	struct stat st;
	char err[512], name[300];

	CU_ASSERT_EQUAL_FATAL(capture_open(&cap, &spec, err, sizeof(err)), 0);
	capture_interface(cap, "one");
	capture_interface(cap, "two");
	for (i = 0; i < 1000; i++)
		add(cap, i % 2, EPOCH + i, CAPTURE_IN, bytes, 200, NULL);
	CU_ASSERT_EQUAL(capture_stats(cap)->frames, 1000);
	CU_ASSERT_EQUAL(capture_close(cap), 0);
	CU_ASSERT_EQUAL(access(spec.path, F_OK), -1);
	for (i = 1; i < 100; i++) {
		snprintf(name, sizeof(name), "%s.%u", spec.path, i);
		if (stat(name, &st) < 0)
			continue;
		CU_ASSERT(st.st_size < 21000);
		walk(&r, name);
		CU_ASSERT_EQUAL(r.interfaces, 2);
		CU_ASSERT_EQUAL(r.statistics, 2);
		CU_ASSERT_EQUAL(frames(name), r.packets);
		n++;
		last = i;
	}
	CU_ASSERT_EQUAL(n, 3);
	/* 1000 frames of 244 bytes each, in files that end at the first block over 20,000. */
	CU_ASSERT_EQUAL(last, 12);
}

/* What a pipe does not take is lost whole and counted; what it took is whole blocks. */
static void slow_reader(void)
{
	struct capture_spec spec = {0};
	unsigned int i, rounds;
	struct capture_stats s;
	struct capture *cap;
	struct blocks r = {0};
	struct block b;
	char err[512];
	int fd[2];

	CU_ASSERT_EQUAL_FATAL(pipe2(fd, O_CLOEXEC), 0);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	spec.fd = fd[1];
	CU_ASSERT_EQUAL_FATAL(capture_open(&cap, &spec, err, sizeof(err)), 0);
	capture_interface(cap, "eth0");
	r.data = malloc(1 << 24);
	for (rounds = 0; rounds < 5; rounds++) {
		ssize_t got;

		for (i = 0; i < 500; i++)
			add(cap, 0, EPOCH, CAPTURE_IN, bytes, 1000 + i % 7, "x");
		/* The reader wakes up now and then, and takes an odd number of bytes. */
		got = read(fd[0], r.data + r.len, 50001);
		r.len += got > 0 ? (size_t)got : 0;
		capture_flush(cap);
	}
	for (;;) { /* all that is left */
		ssize_t got = read(fd[0], r.data + r.len, 65536);

		if (got <= 0)
			break;
		r.len += (size_t)got;
		capture_flush(cap);
	}
	s = *capture_stats(cap);
	CU_ASSERT_EQUAL(capture_close(cap), 0);
	r.len += (size_t)read(fd[0], r.data + r.len, 65536); /* the statistics */
	while (next(&r, &b))
		;
	CU_ASSERT_EQUAL(r.at, r.len);
	CU_ASSERT_EQUAL(r.packets, s.frames);
	CU_ASSERT_EQUAL(r.statistics, 1);
	CU_ASSERT_EQUAL(s.frames + s.lost, 2500);
	CU_ASSERT(s.frames > 300 && s.lost > 1000);
	free(r.data);
	close(fd[0]);
}

/* The reader has gone: no signal ends us, all that it did not take is lost. */
static void gone_reader(void)
{
	struct capture_spec spec = {0};
	struct capture *cap;
	char err[512];
	int fd[2];
	unsigned int i;

	signal(SIGPIPE, SIG_DFL);
	CU_ASSERT_EQUAL_FATAL(pipe2(fd, O_CLOEXEC), 0);
	spec.fd = fd[1];
	CU_ASSERT_EQUAL_FATAL(capture_open(&cap, &spec, err, sizeof(err)), 0);
	capture_interface(cap, "eth0");
	for (i = 0; i < 10; i++)
		add(cap, 0, EPOCH, CAPTURE_IN, bytes, 100, NULL);
	close(fd[0]);
	CU_ASSERT_EQUAL(capture_stats(cap)->frames, 10);
	capture_flush(cap);
	add(cap, 0, EPOCH, CAPTURE_IN, bytes, 100, NULL);
	CU_ASSERT_EQUAL(capture_stats(cap)->frames, 0);
	CU_ASSERT_EQUAL(capture_stats(cap)->bytes, 0);
	CU_ASSERT_EQUAL(capture_stats(cap)->lost, 11);
	CU_ASSERT_EQUAL(capture_close(cap), -EPIPE);
}

/* It has gone when a frame was half out: that one counts as written, those behind it as lost. */
static void gone_in_the_middle(void)
{
	struct capture_spec spec = {0};
	struct capture_stats s;
	struct capture *cap;
	unsigned int i, took;
	char err[512];
	int fd[2];

	CU_ASSERT_EQUAL_FATAL(pipe2(fd, O_CLOEXEC), 0);
	took = (unsigned int)fcntl(fd[1], F_GETPIPE_SZ);
	spec.fd = fd[1];
	CU_ASSERT_EQUAL_FATAL(capture_open(&cap, &spec, err, sizeof(err)), 0);
	for (i = 0; i < sizeof(bytes); i++) /* lengths of blocks must not be looked for here */
		bytes[i] = (uint8_t)(i * 5 + 3);
	capture_interface(cap, "eth0");
	for (i = 0; i < took / 1000; i++)
		add(cap, 0, EPOCH, CAPTURE_IN, bytes, 1001, NULL);
	capture_flush(cap);
	for (i = 0; i < 20; i++)
		add(cap, 0, EPOCH, CAPTURE_IN, bytes, 1001, NULL);
	capture_flush(cap);
	close(fd[0]);
	capture_flush(cap);
	s = *capture_stats(cap);
	CU_ASSERT_EQUAL(s.frames + s.lost, took / 1000 + 20);
	/* Blocks of 1048 bytes, behind a head of some hundred. */
	CU_ASSERT(s.frames >= (took - 300) / 1048 && s.frames <= took / 1048 + 1);
	CU_ASSERT_EQUAL(s.bytes, 1001 * s.frames);
	CU_ASSERT_EQUAL(capture_close(cap), -EPIPE);
}

/* A disk that is full, and has room again later: the file is whole, the loss counted. */
static void disk_full(void)
{
	const char *path = in_dir("full.pcapng");
	struct capture *cap = begin(path, NULL);
	struct rlimit was, small = {50001, RLIM_INFINITY};
	struct capture_stats s;
	struct blocks r;
	unsigned int i;

	capture_interface(cap, "eth0");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	small.rlim_max = was.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	for (i = 0; i < 200; i++) {
		if (i == 150) { /* described while there is no room */
			small.rlim_cur = 1000;
			setrlimit(RLIMIT_FSIZE, &small);
			CU_ASSERT_EQUAL(capture_interface(cap, "late"), 1);
			capture_flush(cap);
			setrlimit(RLIMIT_FSIZE, &was);
		}
		add(cap, i >= 150, EPOCH + i, CAPTURE_OUT, bytes, 1000, NULL);
		if (i % 10 == 9)
			capture_flush(cap);
	}
	s = *capture_stats(cap);
	CU_ASSERT_EQUAL(capture_close(cap), -EFBIG);
	CU_ASSERT_EQUAL(s.frames, 90); /* four times ten in 50,001 bytes, and the last fifty */
	CU_ASSERT_EQUAL(s.lost, 110);
	CU_ASSERT_EQUAL(s.bytes, 90000);
	walk(&r, path);
	CU_ASSERT_EQUAL(r.packets, 90);
	CU_ASSERT_EQUAL(r.interfaces, 2);
	CU_ASSERT_EQUAL(frames(path), 90);
}

static void refusals(void)
{
	struct capture_spec spec = {.path = in_dir("no/such/folder")};
	struct capture *cap;
	char err[512] = "";
	unsigned int i;
	int ret = 0;

	CU_ASSERT_EQUAL(capture_open(&cap, &spec, err, sizeof(err)), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "no/such/folder"));
	spec.path = in_dir("fifo");
	CU_ASSERT_EQUAL(mkfifo(spec.path, 0600), 0);
	CU_ASSERT_EQUAL(capture_open(&cap, &spec, err, sizeof(err)), -ENXIO);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "nobody reads"));
	spec.path = "/dev/full";
	CU_ASSERT_EQUAL(capture_open(&cap, &spec, err, sizeof(err)), -ENOSPC);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "No space"));
	/* A descriptor is ours from the call on, in failure, too. */
	spec = (struct capture_spec){.fd = open("/dev/full", O_WRONLY | O_CLOEXEC)};
	CU_ASSERT_EQUAL(capture_open(&cap, &spec, err, sizeof(err)), -ENOSPC);
	CU_ASSERT_EQUAL(fcntl(spec.fd, F_GETFD), -1);
	spec.fd = 9999;
	CU_ASSERT_EQUAL(capture_open(&cap, &spec, err, sizeof(err)), -EBADF);
	/* No descriptor was left behind by any of them. */
	for (i = 0; i < 50; i++)
		ret += capture_open(&cap, &(struct capture_spec){.path = "/dev/full"}, err,
				    sizeof(err)) == -ENOSPC;
	CU_ASSERT_EQUAL(ret, 50);
	ret = dup(0);
	CU_ASSERT(ret < 20);
	close(ret);
}

/* A file with a bit of everything, for tshark. */
static int sample(const char *path)
{
	struct capture_spec spec = {.fd = 1};
	static const char *const comments[] = {NULL, "dropped: loss", "duplicate", NULL};
	struct capture *cap;
	char err[512];
	unsigned int i;

	if (strcmp(path, "-") != 0)
		spec.path = path;
	if (capture_open(&cap, &spec, err, sizeof(err)) < 0) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	capture_interface(cap, "mx1");
	capture_interface(cap, "mx1 -> isp");
	for (i = 0; i < 40; i++) {
		datagram(bytes, 60 + i, (uint16_t)(5000 + i));
		add(cap, i % 2, EPOCH + i * 1000000001ULL, i % 4 < 2 ? CAPTURE_IN : CAPTURE_OUT,
		    bytes, 60 + i, comments[i % 4]);
	}
	return capture_close(cap) < 0;
}

static int run(void)
{
	static CU_TestInfo tests[] = {
		{"reads back", reads_back},
		{"options", options},
		{"filters", filters},
		{"snaplen", snaplen},
		{"rotation", rotation},
		{"slow reader", slow_reader},
		{"gone reader", gone_reader},
		{"gone in the middle", gone_in_the_middle},
		{"disk full", disk_full},
		{"refusals", refusals},
		CU_TEST_INFO_NULL,
	};

	return run_suite("capture", NULL, NULL, tests);
}

int main(int argc, char **argv)
{
	char command[64];
	int ret;

	if (argc == 3 && strcmp(argv[1], "sample") == 0)
		return sample(argv[2]);
	if (!mkdtemp(dir))
		return 1;
	ret = run();
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) || ret;
}
