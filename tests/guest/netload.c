// SPDX-License-Identifier: GPL-2.0
/*
 * Load for networks, and what came of it. One side serves, the other measures; the same program
 * runs on the host (in network namespaces) and in guests.
 *
 *   netload serve PORT               TCP: reads and throws away; UDP: counts, answers on request
 *   netload tcp ADDR PORT SECONDS    prints Gbit/s, as the receiver saw it
 *   netload udp ADDR PORT SECONDS BATCH   64 bytes each; prints packets/s received and sent
 *   netload probe ADDR PORT          by UDP; prints passes or blocked
 *   netload sizes ADDR PORT STEP     a datagram of every STEPth size there and back, compared
 *   netload echo PORT                UDP: sends back what comes
 *   netload rr ADDR PORT COUNT PAUSE_US   request and answer by UDP; prints median, least and 99th
 *                                    percentile in us
 *   netload up CARD MS               sets the card up and sends a frame in the same breath; nothing
 *                                    that the kernel put off runs for MS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK (256 * 1024)
#define SMALL 22 /* with headers of UDP, IP and Ethernet: 64 bytes */
#define BATCH_MAX 64

/* First byte of a datagram. */
enum {
	COUNT = 'c',
	ASK = 'a',
	RESET = 'r',
	ECHO = 'e'
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address(const char *addr, const char *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};

	if (inet_pton(AF_INET, addr, &sin.sin_addr) != 1)
		die(addr);
	return sin;
}

static int open_at(int type, const char *port)
{
	struct sockaddr_in sin = address("0.0.0.0", port);
	int fd = socket(AF_INET, type, 0), one = 1, size = 8 << 20;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* A stream's buffer grows by itself, beyond what may be asked for. */
	if (type == SOCK_DGRAM)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		die("bind");
	return fd;
}

static int connect_at(int type, const char *addr, const char *port)
{
	struct sockaddr_in sin = address(addr, port);
	int tries = 100, fd;

	do {
		fd = socket(AF_INET, type, 0);
		if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0)
			return fd;
		close(fd);
		usleep(50000);
	} while (--tries);
	die("connect");
	return -1;
}

/* A connection: all that comes, then how much it was and in what time. */
static void serve_stream(int fd)
{
	static char buf[CHUNK];
	uint64_t bytes = 0, since = 0, last = 0, answer[2];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		last = now_ns();
		if (!since)
			since = last;
		bytes += n;
	}
	answer[0] = bytes;
	answer[1] = last - since;
	if (write(fd, answer, sizeof(answer)) < 0)
		perror("write");
	close(fd);
}

static void serve_datagrams(int fd)
{
	static uint64_t count;
	static char bufs[BATCH_MAX][65536];
	struct mmsghdr m[BATCH_MAX];
	struct sockaddr_in from[BATCH_MAX];
	struct iovec iov[BATCH_MAX];
	int i, n;

	for (i = 0; i < BATCH_MAX; i++) {
		iov[i] = (struct iovec){bufs[i], sizeof(bufs[i])};
		m[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
					       .msg_namelen = sizeof(from[i]),
					       .msg_iov = &iov[i],
					       .msg_iovlen = 1};
	}
	n = recvmmsg(fd, m, BATCH_MAX, MSG_DONTWAIT, NULL);
	for (i = 0; i < n; i++) {
		switch (bufs[i][0]) {
		case COUNT:
			count++;
			break;
		case RESET:
			count = 0;
			break;
		case ASK:
			sendto(fd, &count, sizeof(count), 0, (void *)&from[i], sizeof(from[i]));
			break;
		case ECHO:
			sendto(fd, bufs[i], m[i].msg_len, 0, (void *)&from[i], sizeof(from[i]));
			break;
		}
	}
}

static void serve(const char *port)
{
	int tcp = open_at(SOCK_STREAM, port), udp = open_at(SOCK_DGRAM, port);
	struct pollfd p[2] = {{tcp, POLLIN, 0}, {udp, POLLIN, 0}};

	listen(tcp, 8);
	puts("serving");
	fflush(stdout);
	for (;;) {
		poll(p, 2, -1);
		if (p[0].revents)
			serve_stream(accept(tcp, NULL, NULL));
		if (p[1].revents)
			serve_datagrams(udp);
	}
}

static int tcp(const char *addr, const char *port, double seconds)
{
	static char buf[CHUNK];
	int fd = connect_at(SOCK_STREAM, addr, port);
	uint64_t end = now_ns() + seconds * 1e9, answer[2];

	while (now_ns() < end)
		if (write(fd, buf, sizeof(buf)) < 0)
			die("write");
	shutdown(fd, SHUT_WR);
	if (read(fd, answer, sizeof(answer)) != sizeof(answer))
		die("answer");
	printf("%.3f\n", answer[0] * 8.0 / answer[1]);
	return 0;
}

/* Asks until there is an answer: the question is as easily lost as anything else. */
static uint64_t ask(int fd)
{
	char buf[64];
	int tries;

	for (tries = 0; tries < 100; tries++) {
		char q = ASK;
		struct pollfd p = {fd, POLLIN, 0};
		uint64_t count;

		if (send(fd, &q, 1, 0) < 0)
			usleep(1000);
		if (poll(&p, 1, 100) > 0 && recv(fd, buf, sizeof(buf), 0) == sizeof(count)) {
			memcpy(&count, buf, sizeof(count));
			return count;
		}
	}
	return 0;
}

static int udp(const char *addr, const char *port, double seconds, int batch)
{
	int fd = connect_at(SOCK_DGRAM, addr, port), i;
	char data[SMALL] = {COUNT}, reset = RESET;
	struct iovec iov = {data, sizeof(data)};
	struct mmsghdr m[BATCH_MAX] = {0};
	uint64_t begin, took, sent = 0;

	if (batch > BATCH_MAX)
		batch = BATCH_MAX;
	for (i = 0; i < batch; i++)
		m[i].msg_hdr = (struct msghdr){.msg_iov = &iov, .msg_iovlen = 1};
	ask(fd);
	send(fd, &reset, 1, 0);
	usleep(20000);
	begin = now_ns();
	do {
		int n = batch > 1 ? sendmmsg(fd, m, batch, 0)
				  : (send(fd, data, sizeof(data), 0) > 0 ? 1 : 0);

		sent += n > 0 ? n : 0;
		took = now_ns() - begin;
	} while (took < seconds * 1e9);
	usleep(200000);
	printf("%.0f %.0f\n", ask(fd) * 1e9 / took, sent * 1e9 / took);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void echo(const char *port)
{
	int fd = open_at(SOCK_DGRAM, port);
	struct sockaddr_in from;
	char buf[2048];

	puts("serving");
	fflush(stdout);
	for (;;) {
		socklen_t len = sizeof(from);
		int n = recvfrom(fd, buf, sizeof(buf), 0, (void *)&from, &len);

		if (n >= 0)
			sendto(fd, buf, n, 0, (void *)&from, len);
	}
}

static int rr(const char *addr, const char *port, int count, int pause_us)
{
	int fd = connect_at(SOCK_DGRAM, addr, port), i, n = 0;
	uint64_t *took = calloc(count, sizeof(*took));
	struct timeval limit = {.tv_sec = 1};
	char data[SMALL] = {ECHO}, buf[64];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (i = 0; i < count; i++) {
		uint64_t begin;

		if (pause_us)
			usleep(pause_us);
		begin = now_ns();
		if (send(fd, data, sizeof(data), 0) < 0 || recv(fd, buf, sizeof(buf), 0) < 0)
			continue;
		took[n++] = now_ns() - begin;
	}
	if (!n)
		die("nothing came back");
	qsort(took, n, sizeof(*took), by_value);
	printf("%.1f %.1f %.1f %d\n", took[n / 2] / 1e3, took[0] / 1e3, took[n * 99 / 100] / 1e3,
	       n);
	return 0;
}

#define DATAGRAM_MAX 65507 /* IPv4's */

/* Bytes that came back for `data`, or -1. */
static int there_and_back(int fd, const char *data, char *back, int size)
{
	struct pollfd p = {fd, POLLIN, 0};

	if (send(fd, data, size, 0) < 0)
		return -1;
	while (poll(&p, 1, 1000) > 0) {
		int n = recv(fd, back, DATAGRAM_MAX, 0);

		if (n == size) /* another is the late answer to one that was given up */
			return n;
	}
	return -1;
}

static int sizes(const char *addr, const char *port, int step)
{
	static char data[DATAGRAM_MAX], back[DATAGRAM_MAX];
	int fd = connect_at(SOCK_DGRAM, addr, port), size, i, tries, done = 0;

	for (size = 1; size <= DATAGRAM_MAX;
	     size +=
	     size + step > DATAGRAM_MAX && size < DATAGRAM_MAX ? DATAGRAM_MAX - size : step) {
		for (i = 1; i < size; i++)
			data[i] = (char)(i * 31 + size);
		data[0] = ECHO;
		memset(back, 0, size);
		for (tries = 5; tries && there_and_back(fd, data, back, size) < 0; tries--)
			;
		if (!tries || memcmp(data, back, size)) {
			printf("size %d: %s\n", size,
			       tries ? "not what was sent" : "lost five times");
			return 1;
		}
		done++;
	}
	printf("%d sizes up to %d\n", done, DATAGRAM_MAX);
	return 0;
}

static int probe(const char *addr, const char *port)
{
	int fd = connect_at(SOCK_DGRAM, addr, port), tries;
	char data[SMALL] = {ECHO}, buf[64];

	for (tries = 0; tries < 2; tries++) {
		struct pollfd p = {fd, POLLIN, 0};

		if (send(fd, data, sizeof(data), 0) > 0 && poll(&p, 1, 1000) > 0 &&
		    recv(fd, buf, sizeof(buf), 0) > 0) {
			puts("passes");
			return 0;
		}
	}
	puts("blocked");
	return 0;
}

static long drops(const char *card)
{
	char path[128], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/tx_dropped", card);
	f = fopen(path, "r");
	if (!f || !fgets(text, sizeof(text), f))
		die(path);
	fclose(f);
	return atol(text);
}

/* As a real-time task: what the kernel puts off does not run in between. Prints whether it was dropped. */
static int up(const char *card, uint64_t ms)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	unsigned char frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,
				   0,    0,    0,    0,    1,    0x88, 0xb5};
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(card)};
	struct sched_param first = {.sched_priority = 1};
	struct ifreq r = {0};
	uint64_t end;
	long dropped;

	strncpy(r.ifr_name, card, sizeof(r.ifr_name) - 1);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &r) < 0)
		die(card);
	if (r.ifr_flags & IFF_UP) {
		fprintf(stderr, "netload: %s is up already\n", card);
		return 1;
	}
	r.ifr_flags |= IFF_UP;
	dropped = drops(card);
	if (sched_setscheduler(0, SCHED_FIFO, &first) < 0)
		die("SCHED_FIFO");
	if (ioctl(fd, SIOCSIFFLAGS, &r) < 0)
		die("up");
	if (sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) !=
	    sizeof(frame))
		die("send");
	printf("%s\n", drops(card) == dropped ? "sent" : "dropped");
	for (end = now_ns() + ms * 1000000; now_ns() < end;)
		;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(argv[2]); /* until it is killed */
	if (argc == 3 && !strcmp(argv[1], "echo"))
		echo(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "up"))
		return up(argv[2], strtoull(argv[3], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "probe"))
		return probe(argv[2], argv[3]);
	if (argc == 5 && !strcmp(argv[1], "sizes"))
		return sizes(argv[2], argv[3], atoi(argv[4]));
	if (argc == 5 && !strcmp(argv[1], "tcp"))
		return tcp(argv[2], argv[3], atof(argv[4]));
	if (argc == 6 && !strcmp(argv[1], "udp"))
		return udp(argv[2], argv[3], atof(argv[4]), atoi(argv[5]));
	if (argc == 6 && !strcmp(argv[1], "rr"))
		return rr(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]));
	fprintf(stderr, "usage: netload serve PORT | echo PORT | probe ADDR PORT | sizes ADDR PORT "
			"STEP | tcp "
			"ADDR PORT SECONDS | udp ADDR PORT SECONDS BATCH | "
			"rr ADDR PORT COUNT PAUSE_US | up CARD MS\n");
	return 64;
}
