// SPDX-License-Identifier: GPL-2.0
/* Network cards on the command line: what is understood, and what is refused with which words. */
#include <errno.h>
#include <string.h>
#include "options_net.h"
#include "suite.h"

static const struct {
	const char *word;
	int index;
	const char *path, *port; /* one of the two */
	const char *mac; /* six bytes, NULL: none */
	bool wait, start;
} good[] = {
	{"eth0=daemon", 0, "/tmp/uml.ctl", NULL, NULL, 0, 0},
	{"eth15=daemon,,unix,/run/sw", 15, "/run/sw", NULL, NULL, 0, 0},
	{"eth1=daemon,02:00:00:00:00:0a,unix,/s", 1, "/s", NULL, "\2\0\0\0\0\12", 0, 0},
	{"eth0=daemon,,,/s,wait", 0, "/s", NULL, NULL, 1, 0},
	{"eth0=daemon,,,,start", 0, "/tmp/uml.ctl", NULL, NULL, 0, 1},
	{"eth0=tuntap,tap0", 0, NULL, "tap:tap0", NULL, 0, 0},
	{"eth2=tuntap,tap7,fe:fd:0:0:0:1", 2, NULL, "tap:tap7", "\xfe\xfd\0\0\0\1", 0, 0},
	{"eth0=mcast", 0, NULL, "mcast:239.192.168.1:1102:1", NULL, 0, 0},
	{"eth0=mcast,,239.1.2.3,1234,3", 0, NULL, "mcast:239.1.2.3:1234:3", NULL, 0, 0},
	{"eth0=vde,/run/v.ctl", 0, NULL, "vde:/run/v.ctl", NULL, 0, 0},
	{"eth0=vde,/v,,3,staff,660,me", 0, NULL, "vde:/v,port=3,group=staff,mode=660,descr=me",
	 NULL, 0, 0},
	{"eth0=nat", 0, NULL, "nat", NULL, 0, 0},
	{"eth0=nat,02:00:00:00:00:01", 0, NULL, "nat", "\2\0\0\0\0\1", 0, 0},
	{"eth0=nat,hostfwd=tcp::8080::80,ipv6=off", 0, NULL, "nat:hostfwd=tcp::8080::80,ipv6=off",
	 NULL, 0, 0},
	{"vec0:transport=tap,ifname=tap0,depth=128", 0, NULL, "tap:tap0", NULL, 0, 0},
	{"vec4:transport=vde,vnl=/v,mac=02:00:00:00:00:02", 4, NULL, "vde:/v", "\2\0\0\0\0\2", 0,
	 0},
	{"virtio_uml.device=/run/vu0:1", -1, "/run/vu0", NULL, NULL, 0, 0},
	{"virtio_uml.device=/run/vu0:1:7", -1, "/run/vu0", NULL, NULL, 0, 0},
};

static const struct {
	const char *word, *says;
} bad[] = {
	{"eth16=daemon", "eth0 to eth15"},
	{"eth0=", "daemon, tuntap"},
	{"eth0=deamon", "'deamon'"},
	{"eth0=daemon,1:2:3", "'1:2:3' is no hardware address"},
	{"eth0=daemon,01:00:00:00:00:00", "second digit"},
	{"eth0=daemon,00:00:00:00:00:00", "no address"},
	{"eth0=daemon,02:00:00:00:00:011", "is no hardware address"},
	{"eth0=daemon,,tcp,/s", "'tcp'"},
	{"eth0=daemon,,,/s,now", "'now'"},
	{"eth0=tuntap", "uml_tap add"},
	{"eth0=tuntap,tap0,,192.168.0.1", "--address"},
	{"eth0=tuntap,a@b", "'@'"},
	{"eth0=mcast,,a,b,c,d", "eth0=mcast"},
	{"eth0=vde", "VDE"},
	{"vec0:ifname=tap0", "which transport"},
	{"vec0:transport=gre,dst=1.2.3.4", "'gre'"},
	{"vec0:transport=tap", "name a tap"},
	{"virtio_uml.device=/x", "SOCKET:1"},
	{"virtio_uml.device=/x:2", "SOCKET:1"},
	{"virtio_uml.device=:1", "SOCKET:1"},
};

static void test_good(void)
{
	struct options_net n;
	char error[512];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		int index = 99,
		    got = options_parse_net(good[i].word, &index, &n, error, sizeof(error));

		if (got != 1)
			printf("\n%s: %s\n", good[i].word, error);
		CU_ASSERT_EQUAL_FATAL(got, 1);
		CU_ASSERT_EQUAL(index, good[i].index);
		CU_ASSERT_STRING_EQUAL(n.text, good[i].word);
		CU_ASSERT_EQUAL(!n.path, !good[i].path);
		CU_ASSERT_EQUAL(!n.port, !good[i].port);
		CU_ASSERT_STRING_EQUAL(n.path ? n.path : n.port,
				       good[i].path ? good[i].path : good[i].port);
		CU_ASSERT_EQUAL(n.have_mac, !!good[i].mac);
		if (good[i].mac)
			CU_ASSERT_EQUAL(memcmp(n.mac, good[i].mac, 6), 0);
		CU_ASSERT_EQUAL(n.wait, good[i].wait);
		CU_ASSERT_EQUAL(n.start, good[i].start);
		options_net_free(&n);
	}
}

static void test_bad(void)
{
	struct options_net n;
	char error[512], many[200] = "eth0=nat";
	size_t i;
	int index;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		*error = '\0';
		CU_ASSERT_EQUAL(options_parse_net(bad[i].word, &index, &n, error, sizeof(error)),
				-EINVAL);
		if (!strstr(error, bad[i].says))
			printf("\n%s: %s\n", bad[i].word, error);
		CU_ASSERT_PTR_NOT_NULL(strstr(error, bad[i].says));
		CU_ASSERT_PTR_NULL(n.text);
	}
	for (i = 0; i < 60; i++)
		strcat(many, ",a");
	CU_ASSERT_EQUAL(options_parse_net(many, &index, &n, error, sizeof(error)), -EINVAL);
}

static void test_others(void)
{
	static const char *const words[] = {"eth=1",  "ethernet=0",   "eth0",    "eth0:x",
					    "vec0=x", "vec0",         "ubd0=x",  "net=1",
					    "",       "virtio_uml.x", "eth-1=x", "eth0x=daemon"};
	struct options_net n;
	char error[512];
	size_t i;
	int index;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		CU_ASSERT_EQUAL(options_parse_net(words[i], &index, &n, error, sizeof(error)), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"understood", test_good},
		{"refused, and why", test_bad},
		{"other words", test_others},
		CU_TEST_INFO_NULL,
	};

	return run_suite("network cards", NULL, NULL, tests);
}
