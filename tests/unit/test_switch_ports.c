// SPDX-License-Identifier: GPL-2.0
/* Ports made by a text: mistakes, multicast, replay, and switches that join each other. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "port_kinds.h"
#include "port_old.h"
#include "port_pcap.h"
#include "suite.h"
#include "switch_rig.h"

#define MS_NS 1000000ULL

static char dir[64], path[128];
static struct loop *loop;
static struct sw *sw, *other; /* two switches in one loop */
static struct probe probe, far;

static int setup(void)
{
	strcpy(dir, "/tmp/nestling-ports-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	return rig_setup(&loop, &sw, &probe) || rig_setup(&loop, &other, &far);
}

static int teardown(void)
{
	sw_free(sw);
	sw_free(other);
	loop_free(loop);
	return rmdir(dir); /* fails if something was left behind */
}

static bool came(void *arg)
{
	return ((struct probe *)arg)->count > 0;
}

static void test_mistakes(void)
{
	static const struct {
		const char *spec, *words;
	} bad[] = {
		{"", "no kind of port ''"},
		{"tun:tap0", "no kind of port 'tun'"},
		{"na", "no kind"},
		{"tap", "name of an interface"},
		{"tap:", "name of an interface"},
		{"tap:0123456789abcdef", "name of an interface"},
		{"tap:a/b", "name of an interface"},
		{"mcast:10.0.0.1:1102", "no multicast address"},
		{"mcast:239.1.2.3:0", "is not mcast:ADDR:PORT"},
		{"mcast:239.1.2.3:1102:256", "is not mcast:ADDR:PORT"},
		{"mcast:239.1.2.3:1102:1:lo:x", "is not mcast:ADDR:PORT"},
		{"mcast:239.1.2.3:1102:1:nowhere9", "no interface nowhere9"},
		{"mcast:all:1102", "is not mcast:ADDR:PORT"},
		{"pcap", "a file is expected"},
		{"pcap:/no/such/file", "No such file"},
		{"pcap:/dev/null", "no regular file"},
		{"pcap:/proc/self/exe", "no capture"},
		{"pcap:/no/such:speed=0", "speed=0"},
		{"pcap:/no/such:rate=10", "rate=10 is no rate"},
		{"pcap:/no/such:rate=10Tbit", "is no rate"},
		{"pcap:/no/such:loop=x", "loop=x"},
		{"pcap:/no/such:fast", "no option 'fast'; options are speed="},
		{"daemon", "path of a control socket"},
		{"daemon:/no/such/socket", "start the switch first"},
		{"vde:/no/such/socket,colour=red", "no option 'colour=red'"},
		{"vde:/no/such/socket,mode=9", "mode=9"},
		{"vde:/no/such/socket,group=no-such-group", "no group"},
		{"trunk:", "path of a control socket"},
		{"nat:net=10.0.0.0", "net=10.0.0.0 is no network"},
		{"nat:nonsense", "no option 'nonsense'; options are net="},
	};
	struct port *port;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char err[512] = "";

		CU_ASSERT(port_create(&port, sw, bad[i].spec, NULL, err, sizeof(err)) < 0);
		if (!strstr(err, bad[i].words) || strchr(err, '\n')) {
			printf("\n%s: '%s', not '%s'\n", bad[i].spec, err, bad[i].words);
			CU_FAIL("message");
		}
	}
	CU_ASSERT(!port_first(sw)->next); /* nothing was left */
}

static struct port *create(struct sw *in, const char *spec)
{
	char err[512] = "";
	struct port *port = NULL;

	if (port_create(&port, in, spec, NULL, err, sizeof(err))) {
		printf("\n%s: %s\n", spec, err);
		CU_FAIL_FATAL("port");
	}
	return port;
}

/* Frames of all sizes go from one switch to the other and back, once each. */
static void check_between(const uint32_t *sizes, size_t n)
{
	static uint8_t frame[PACKET_MAX];

	for (size_t i = 0; i < n; i++) {
		struct probe *from = i & 1 ? &far : &probe, *to = i & 1 ? &probe : &far;

		probe_forget(&probe);
		probe_forget(&far);
		rig_frame(frame, sizes[i], (uint32_t)i);
		probe_input(from, frame, sizes[i]);
		CU_ASSERT_FATAL(rig_until(loop, came, to));
		rig_for_ms(loop, 5);
		CU_ASSERT_EQUAL(to->count, 1);
		CU_ASSERT_EQUAL(from->count, 0); /* nothing comes back */
		CU_ASSERT_EQUAL(to->frame[0].len, sizes[i]);
		CU_ASSERT(!memcmp(to->frame[0].data, frame, sizes[i]));
	}
}

/* --- multicast -------------------------------------------------------------- */

/* A port that was free a moment ago; so that other tests do not hear us. */
static unsigned int free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void test_mcast(void)
{
	static const uint32_t sizes[] = {14, 60, 1514, 9018, 65507};
	struct port *a, *b;
	char spec[64];

	snprintf(spec, sizeof(spec), "mcast:239.192.168.99:%u:0:lo", free_port());
	a = create(sw, spec);
	b = create(other, spec);
	check_between(sizes, sizeof(sizes) / sizeof(sizes[0]));
	port_remove(b);
	port_remove(a);
}

/* One more member of this host, such as a guest of a stock kernel: a bare socket. */
static void test_mcast_stock(void)
{
	unsigned int number = free_port();
	struct ip_mreqn join = {.imr_ifindex = (int)if_nametoindex("lo")};
	struct sockaddr_in group = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number)};
	uint8_t frame[100], in[200];
	struct port *port;
	int one = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);
	char spec[64];

	snprintf(spec, sizeof(spec), "mcast:239.192.168.98:%u:0:lo", number);
	inet_pton(AF_INET, "239.192.168.98", &join.imr_multiaddr);
	group.sin_addr = join.imr_multiaddr;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &join, sizeof(join));
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&group, sizeof(group)), 0);
	CU_ASSERT_EQUAL_FATAL(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)),
			      0);
	port = create(sw, spec);
	probe_forget(&probe);
	rig_frame(frame, sizeof(frame), 1);
	CU_ASSERT_EQUAL(
		sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&group, sizeof(group)), 100);
	CU_ASSERT(rig_until(loop, came, &probe));
	CU_ASSERT_EQUAL(recv(fd, in, sizeof(in), MSG_DONTWAIT), 100); /* its own */
	frame[11] = 0x99;
	probe_input(&probe, frame, sizeof(frame));
	CU_ASSERT_EQUAL(recv(fd, in, sizeof(in), 0), 100);
	CU_ASSERT(!memcmp(frame, in, 100));
	port_remove(port);
	close(fd);
}

/* --- clients ---------------------------------------------------------------- */

static struct old_server *srv;
static struct loop_watch listener;

static void on_listener(struct loop_watch *w, short revents)
{
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		old_server_accept(srv, fd);
}

/* The other switch gets a control socket. */
static void server_start(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(path, sizeof(path), "%s/ctl", dir);
	memcpy(a.sun_path, path, strlen(path) + 1);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL(listen(fd, 8), 0);
	loop_add(loop, &listener, fd, POLLIN, on_listener, NULL);
	srv = old_server_new(other, path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(srv);
}

static void server_stop(void)
{
	loop_close(&listener);
	unlink(path);
	old_server_free(srv);
}

static bool is_up(void *arg)
{
	return ((struct port *)arg)->up;
}

static bool is_down(void *arg)
{
	return !((struct port *)arg)->up;
}

static bool is_alone(void *arg)
{
	return !port_first(other)->next;
}

static const uint32_t client_sizes[] = {14, 60, 1514, 1515, 9018, 65554};

static void test_daemon(void)
{
	char spec[160];
	struct port *port;

	server_start();
	snprintf(spec, sizeof(spec), "daemon:%s", path);
	port = create(sw, spec);
	CU_ASSERT_FATAL(rig_until(loop, is_up, port));
	check_between(client_sizes, sizeof(client_sizes) / sizeof(client_sizes[0]));
	port_remove(port);
	CU_ASSERT(rig_until(loop, is_alone, NULL));
	server_stop();
}

/* With a folder as VDE's switches have it. */
static void test_vde(void)
{
	char spec[160];
	struct port *port, *theirs;
	char words[160];

	server_start();
	snprintf(spec, sizeof(spec), "vde:%s,port=3,mode=0666,descr=hello there", dir);
	port = create(sw, spec);
	CU_ASSERT_FATAL(rig_until(loop, is_up, port));
	check_between(client_sizes, sizeof(client_sizes) / sizeof(client_sizes[0]));
	theirs = port_first(other)->next;
	theirs->ops->describe(theirs, words, sizeof(words));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "hello there"));
	port_remove(port);
	server_stop();
}

/* A trunk may come first, follows the other switch's end and return, and does what is said. */
static void test_trunk(void)
{
	char spec[160], words[200];
	struct port *port;

	snprintf(path, sizeof(path), "%s/ctl", dir);
	snprintf(spec, sizeof(spec), "trunk:%s", path);
	port = create(sw, spec);
	CU_ASSERT(!port->up);
	rig_for_ms(loop, 250);
	port->ops->describe(port, words, sizeof(words));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "not there"));
	for (int i = 0; i < 2; i++) {
		server_start();
		CU_ASSERT_FATAL(rig_until(loop, is_up, port));
		check_between(client_sizes, sizeof(client_sizes) / sizeof(client_sizes[0]));
		server_stop();
		CU_ASSERT_FATAL(rig_until(loop, is_down, port));
	}
	port_set_up(port, false); /* the operator's word */
	server_start();
	rig_for_ms(loop, 600);
	CU_ASSERT(!port->up);
	port->ops->describe(port, words, sizeof(words));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "joined"));
	port_set_up(port, true);
	check_between(client_sizes, 2);
	server_stop();
	port_remove(port);
}

/* Somebody who takes the request and never answers, or answers nonsense, harms nobody. */
static void test_bad_server(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), c;
	char spec[160], answer[110];
	struct port *port;

	snprintf(path, sizeof(path), "%s/ctl", dir);
	memcpy(a.sun_path, path, strlen(path) + 1);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL(listen(fd, 8), 0);
	snprintf(spec, sizeof(spec), "daemon:%s", path);
	port = create(sw, spec);
	c = accept(fd, NULL, NULL);
	memset(answer, 'x', sizeof(answer));
	CU_ASSERT_EQUAL(send(c, answer, sizeof(answer), 0), 110);
	rig_for_ms(loop, 300);
	CU_ASSERT(!port->up);
	CU_ASSERT_EQUAL(recv(c, spec, 124, 0), 124); /* the request */
	CU_ASSERT_EQUAL(recv(c, spec, 1, 0), 0); /* it was given up */
	close(c);
	c = accept(fd, NULL, NULL); /* and tried again */
	CU_ASSERT(c >= 0);
	port_remove(port);
	close(c);
	close(fd);
	unlink(path);
}

/* --- replay ----------------------------------------------------------------- */

struct record {
	uint64_t at_ns;
	uint32_t len, whole; /* of the frame, as it was */
};

/* A capture with nanoseconds, and a kind of link. */
static void write_pcap(const struct record *r, size_t n, uint32_t linktype)
{
	uint32_t head[] = {0xa1b23c4d, 0x00040002, 0, 0, 262144, linktype};
	uint8_t frame[2000];
	FILE *f;

	snprintf(path, sizeof(path), "%s/a:b.pcap", dir);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fwrite(head, sizeof(head), 1, f);
	for (size_t i = 0; i < n; i++) {
		uint64_t at = 1700000000000000000ULL + r[i].at_ns;
		uint32_t rec[] = {(uint32_t)(at / 1000000000), (uint32_t)(at % 1000000000),
				  r[i].len, r[i].whole};

		rig_frame(frame, r[i].len, (uint32_t)i);
		fwrite(rec, sizeof(rec), 1, f);
		fwrite(frame, r[i].len, 1, f);
	}
	fclose(f);
}

static const struct record three[] = {
	{0, 60, 60}, {10 * MS_NS + 7, 100, 100}, {15 * MS_NS, 90, 1000}, {25 * MS_NS, 1514, 1514}};

/* In virtual time, up to a second: the times at which frames came, to the nanosecond. */
static void check_times(const char *options, const uint64_t *times, unsigned int n, bool start)
{
	struct sw_config config = {.own_time = true};
	struct sw *vsw = sw_new(loop, &config);
	struct probe p;
	struct port *port;
	char spec[200];

	calendar_run(sw_calendar(vsw), 5000, 0);
	probe_add(&p, vsw);
	snprintf(spec, sizeof(spec), "pcap:%s%s", path, options);
	port = create(vsw, spec);
	if (start) {
		calendar_run(sw_calendar(vsw), 7000, 0);
		CU_ASSERT_EQUAL(p.count, 0);
		CU_ASSERT_EQUAL(port_pcap_start(port), 0);
		CU_ASSERT_EQUAL(port_pcap_start(port), -EALREADY);
	}
	calendar_run(sw_calendar(vsw), 1000 * MS_NS, 0);
	CU_ASSERT_EQUAL(p.count, n);
	for (unsigned int i = 0; i < n && i < p.count; i++) {
		if (p.frame[i].at_ns != times[i] + (start ? 7000 : 5000))
			printf("\n%s: frame %u at %llu\n", options, i,
			       (unsigned long long)p.frame[i].at_ns);
		CU_ASSERT_EQUAL(p.frame[i].at_ns, times[i] + (start ? 7000 : 5000));
	}
	sw_free(vsw);
}

#define TIMES(...) (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8

static void test_replay(void)
{
	write_pcap(three, 4, 1);
	check_times("", TIMES(0, 10 * MS_NS + 7, 25 * MS_NS), false);
	check_times(":start", TIMES(0, 10 * MS_NS + 7, 25 * MS_NS), true);
	check_times(":speed=2", TIMES(0, 5 * MS_NS + 3, 25 * MS_NS / 2), false);
	check_times(":rate=1Mbit", TIMES(0, 480000, 480000 + 800000), false);
	check_times(":rate=100pps", TIMES(0, 10 * MS_NS, 20 * MS_NS), false);
	check_times(":loop=2", TIMES(0, 10 * MS_NS + 7, 25 * MS_NS, 37500000, 47500007, 62500000),
		    false);
	/* Stamps that go back: in the order of the file, none before the one in front of it. */
	write_pcap((const struct record[]){{5000, 60, 60}, {1000, 60, 60}, {6000, 60, 60}}, 3, 1);
	check_times("", TIMES(0, 0, 1000), false);
	unlink(path);
}

/* For ever: one frame each MS_NS, and no flood. */
static void test_replay_forever(void)
{
	uint64_t times[1000];

	for (unsigned int i = 0; i < 1000; i++)
		times[i] = i * MS_NS;
	write_pcap(three, 1, 1);
	check_times(":loop", times, 1000, false);
	check_times(":rate=1000pps,loop", times, 1000, false);
	unlink(path);
}

static bool three_came(void *arg)
{
	return probe.count == 3;
}

/* In real time: not before its time; and what is no Ethernet or has no frames is told. */
static void test_replay_real(void)
{
	char spec[200], err[300];
	uint64_t begin = loop_now_ns();
	struct port *port;

	write_pcap(three, 4, 1);
	snprintf(spec, sizeof(spec), "pcap:%s", path);
	probe_forget(&probe);
	port = create(sw, spec);
	CU_ASSERT(rig_until(loop, three_came, NULL));
	CU_ASSERT(loop_now_ns() - begin >= 25 * MS_NS);
	CU_ASSERT(port_pcap_done(port));
	CU_ASSERT(!port_pcap_done(probe.port));
	CU_ASSERT_EQUAL(port_pcap_start(probe.port), -EINVAL);
	port_remove(port);
	write_pcap(three, 4, 113);
	CU_ASSERT_EQUAL(port_create(&port, sw, spec, NULL, err, sizeof(err)), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "not Ethernet"));
	write_pcap(three, 0, 1);
	port = create(sw, spec);
	rig_for_ms(loop, 5);
	CU_ASSERT(port_pcap_done(port));
	port_remove(port);
	unlink(path);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"mistakes are told in one line", test_mistakes},
		{"multicast", test_mcast},
		{"multicast with other programs of this host", test_mcast_stock},
		{"daemon", test_daemon},
		{"vde", test_vde},
		{"trunk", test_trunk},
		{"a bad server", test_bad_server},
		{"replay to the nanosecond", test_replay},
		{"replay for ever", test_replay_forever},
		{"replay in real time", test_replay_real},
		CU_TEST_INFO_NULL,
	};

	return run_suite("ports", setup, teardown, tests);
}
