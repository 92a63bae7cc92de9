// SPDX-License-Identifier: GPL-2.0
/* Rigs without errors: what the model holds, examples of all statements, variables, includes, fmt. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rig.h"
#include "suite.h"
#include "value.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define SECOND 1000000000ULL

static struct rig *load(const char *text, const struct rig_define *defines, uint32_t n)
{
	struct rig *r = NULL;
	int rc = rig_load_text(&r, "rigs/x.rig", text, strlen(text), defines, n);

	CU_ASSERT_EQUAL_FATAL(rc == 0 || r != NULL, true);
	if (rc < 0)
		rig_errors_print(r, stdout);
	CU_ASSERT_EQUAL_FATAL(rc, 0);
	return r;
}

/* The text of a card's address. */
static const char *address(const struct rig *r, const char *node, uint32_t card, uint32_t n)
{
	static char out[64];
	const struct rig_node *d = &r->node[rig_find_node(r, node)];

	CU_ASSERT_FATAL(card < d->cards && n < d->card[card].addresses);
	rig_print_address(&d->card[card].address[n], true, out);
	return out;
}

static const char *way(const struct rig *r, const char *a, const char *b)
{
	static char out[1024];
	uint8_t w;
	uint32_t link = rig_find_link(r, a, b, &w);

	CU_ASSERT_FATAL(link != RIG_NONE);
	link_print(&r->link[link].way[w == RIG_WAY_1], out, sizeof(out));
	return out;
}

/* The example of DESIGN.md, but for what it samples. */
static void design(void)
{
	struct rig *r =
		load("rig     mail-wan 1\n"
		     "seed    42\n"
		     "time    virtual start=2026-01-16T00:00:00Z\n"
		     "image   base debian-mail.img\n"
		     "default node mem=48M image=base\n"
		     "node    mx1 mem=96M run=/rig/mx1\n"
		     "node    ns-bad run=/rig/dns servfail=*.broken.test\n"
		     "lan     isp\n"
		     "link    mx1 isp      delay=40ms jitter=5ms/normal loss=0.5% rate=2Mbit "
		     "queue=64KiB\n"
		     "link    mx1 -> isp   rate=256kbit\n"
		     "capture all\n"
		     "at 10m  link mx1 isp down\n"
		     "at +5m  link mx1 isp up\n"
		     "every 1m sample mx1 queue \"exim -bpc\"\n"
		     "every 1h sample mx1 bounces \"grep -c bounce log\"\n"
		     "expect  mx1.queue == 0 by 1h\n"
		     "expect  mx1.bounces == 1 by 101h\n",
		     NULL, 0);

	CU_ASSERT_STRING_EQUAL(r->name, "mail-wan");
	CU_ASSERT_EQUAL(r->seed, 42);
	CU_ASSERT(!r->real_time && r->start_s == 1768521600);
	CU_ASSERT_STRING_EQUAL(r->image[0].file, "rigs/debian-mail.img");
	CU_ASSERT_EQUAL(r->nnodes, 2);
	CU_ASSERT_EQUAL(r->node[0].mem_bytes, 96 << 20);
	CU_ASSERT_EQUAL(r->node[1].mem_bytes, 48 << 20);
	CU_ASSERT_EQUAL(r->node[0].image, 0);
	CU_ASSERT_STRING_EQUAL(r->node[0].run.item[0], "/rig/mx1");
	CU_ASSERT_STRING_EQUAL(r->node[1].env.item[0], "servfail=*.broken.test");
	CU_ASSERT_EQUAL(r->nlinks, 1);
	CU_ASSERT_EQUAL(r->node[0].cards, 1);
	CU_ASSERT_EQUAL(r->node[1].cards, 0);
	CU_ASSERT_EQUAL(memcmp(r->node[0].card[0].mac, "\2N\0\0\0\0", 6), 0);
	CU_ASSERT_STRING_EQUAL(way(r, "mx1", "isp"),
			       "delay=40ms jitter=5ms/normal loss=0.5% rate=256kbit queue=64KiB");
	CU_ASSERT_STRING_EQUAL(way(r, "isp", "mx1"),
			       "delay=40ms jitter=5ms/normal loss=0.5% rate=2Mbit queue=64KiB");
	CU_ASSERT(r->ncaptures == 1 && r->capture[0].all);
	CU_ASSERT_EQUAL(r->nsteps, 2);
	CU_ASSERT_EQUAL(r->step[0].at_ns, 600 * SECOND);
	CU_ASSERT_EQUAL(r->step[1].at_ns, 900 * SECOND);
	CU_ASSERT_EQUAL(r->step[0].way, RIG_WAY_BOTH);
	CU_ASSERT(r->step[0].spec.set == LINK_SET_STATE && r->step[0].spec.down);
	CU_ASSERT(r->step[1].spec.set == LINK_SET_STATE && !r->step[1].spec.down);
	CU_ASSERT_EQUAL(r->sample[0].every_ns, 60 * SECOND);
	CU_ASSERT_EQUAL(r->sample[0].until_ns, UINT64_MAX);
	CU_ASSERT(r->expect[1].number == 1 && r->expect[1].until_ns == 101 * 3600 * SECOND);
	CU_ASSERT_STRING_EQUAL(r->expect[0].title, "mx1.queue == 0 by 1h");
	CU_ASSERT_EQUAL(r->end_ns, 101 * 3600 * SECOND);
	rig_free(r);
}

static void defaults(void)
{
	struct rig *r = load("rig x 1\nnode a\nrouter g kernel=b run=2 env=X=2\n"
			     "default node mem=32M kernel=a run=1 env=X=1 copy=f:/f off\n"
			     "default link delay=1ms\n"
			     "lan l\nlink a l loss=1%\nlink l -> g delay=2ms\nlink a g perfect\n",
			     NULL, 0);
	const struct rig_node *g = &r->node[1];

	CU_ASSERT(!r->real_time && r->seed == 1 && r->start_s == 1767225600);
	CU_ASSERT(r->node[0].mem_bytes == 32 << 20 && r->node[0].image == RIG_NONE);
	CU_ASSERT(r->node[0].off && g->kind == RIG_NODE_ROUTER);
	CU_ASSERT_STRING_EQUAL(g->kernel, "a b");
	CU_ASSERT(g->run.count == 2 && strcmp(g->run.item[1], "2") == 0);
	CU_ASSERT(g->env.count == 2 && strcmp(g->env.item[0], "X=1") == 0);
	CU_ASSERT_STRING_EQUAL(g->copy[0].host, "rigs/f");
	CU_ASSERT_STRING_EQUAL(way(r, "a", "l"), "delay=1ms loss=1%");
	CU_ASSERT_STRING_EQUAL(way(r, "l", "g"), "delay=2ms");
	CU_ASSERT_STRING_EQUAL(way(r, "g", "l"), "delay=1ms");
	CU_ASSERT_STRING_EQUAL(way(r, "a", "g"), "perfect");
	rig_free(r);
}

static void addresses(void)
{
	struct rig *r = load("rig x 1\nlan l net=10.0.0.0/29\nlan m\n"
			     "node a card=l\n"
			     "node b card=l@10.0.0.2/29,2001:db8::2/64,02:00:00:00:00:09\n"
			     "node c card=l card=m\n"
			     "node d\nlink d@10.0.0.4/29 l\nlink d@10.9.0.1/30 c@10.9.0.2/30\n"
			     "node e\nlink l -> e delay=1ms\n",
			     NULL, 0);

	CU_ASSERT_STRING_EQUAL(address(r, "a", 0, 0), "10.0.0.1/29");
	CU_ASSERT_STRING_EQUAL(address(r, "b", 0, 0), "10.0.0.2/29");
	CU_ASSERT_STRING_EQUAL(address(r, "b", 0, 1), "2001:db8::2/64");
	CU_ASSERT_EQUAL(memcmp(r->node[1].card[0].mac, "\2\0\0\0\0\11", 6), 0);
	CU_ASSERT_STRING_EQUAL(address(r, "c", 0, 0), "10.0.0.3/29");
	CU_ASSERT_EQUAL(r->node[2].card[1].addresses, 0);
	CU_ASSERT_STRING_EQUAL(address(r, "d", 0, 0), "10.0.0.4/29");
	CU_ASSERT_STRING_EQUAL(address(r, "d", 1, 0), "10.9.0.1/30");
	CU_ASSERT_STRING_EQUAL(address(r, "c", 2, 0), "10.9.0.2/30");
	CU_ASSERT_STRING_EQUAL(address(r, "e", 0, 0), "10.0.0.5/29");
	CU_ASSERT(r->node[0].card[0].address_auto && !r->node[1].card[0].address_auto);
	CU_ASSERT_STRING_EQUAL(r->node[3].card[1].peer, "c");
	CU_ASSERT_EQUAL(r->link[r->node[3].card[1].link].end[0].card, 1);
	rig_free(r);
}

static void steps(void)
{
	struct rig *r =
		load("rig x 1\nlan l\nnode a\nlink a l\n"
		     "at 1s link l -> a loss=1%\nat 1s off a\nat +1s on a\n"
		     "at +0s run a \"echo 'x  y' \\$HOME\" as=out\n"
		     "expect a.out has \"x\" within 5s title=\"it says x\"\n"
		     "expect a.out.status != 0 always from 3s\n"
		     "at 5s copy a f:/etc/f:600\nat 6s fetch a /var/x\nat 7s note 'n \"1\"'\n"
		     "expect l->a.queue <= 64KiB always until 1m\n"
		     "expect a->l.dropped >= 1.5% by 9s\n"
		     "every 1s sample l->a from=2s until=20s\nat 8s stop\n"
		     "capture a l filter=\"tcp and port 25\" snap=96B\ncapture l\n"
		     "show a.out\nshow a.out title=\"what it said\"\n",
		     NULL, 0);

	CU_ASSERT_EQUAL(r->step[0].way, RIG_WAY_1);
	CU_ASSERT_EQUAL(r->step[1].action, RIG_DO_OFF);
	CU_ASSERT_EQUAL(r->step[2].at_ns, 2 * SECOND);
	CU_ASSERT_STRING_EQUAL(r->step[3].label, "out");
	CU_ASSERT_STRING_EQUAL(r->step[4].copy.host, "rigs/f");
	CU_ASSERT_EQUAL(r->step[4].copy.mode, 0600);
	CU_ASSERT_STRING_EQUAL(r->step[5].copy.host, "x");
	CU_ASSERT_STRING_EQUAL(r->step[6].command, "n \"1\"");
	CU_ASSERT(r->expect[0].when == RIG_WITHIN && r->expect[0].from_ns == 2 * SECOND &&
		  r->expect[0].until_ns == 7 * SECOND);
	CU_ASSERT(r->expect[0].compare == RIG_HAS && r->expect[0].unit == RIG_UNIT_TEXT);
	CU_ASSERT_STRING_EQUAL(r->expect[0].title, "it says x");
	CU_ASSERT(r->expect[1].status && r->expect[1].until_ns == UINT64_MAX);
	CU_ASSERT(r->expect[2].figure == RIG_FIGURE_QUEUE && r->expect[2].number == 65536 &&
		  r->expect[2].way == RIG_WAY_1 && r->expect[2].from_ns == 0);
	CU_ASSERT(r->expect[3].unit == RIG_UNIT_PERCENT && r->expect[3].way == RIG_WAY_0);
	CU_ASSERT(r->sample[0].link == 0 && r->sample[0].way == RIG_WAY_1);
	CU_ASSERT(r->capture[0].link == 0 && r->capture[0].snap_bytes == 96);
	CU_ASSERT(r->capture[1].link == RIG_NONE && r->capture[1].of.kind == RIG_END_LAN);
	CU_ASSERT_EQUAL_FATAL(r->nshows, 2);
	CU_ASSERT(r->show[0].node == 0 && !strcmp(r->show[1].label, "out"));
	CU_ASSERT_STRING_EQUAL(r->show[0].title, "a.out");
	CU_ASSERT_STRING_EQUAL(r->show[1].title, "what it said");
	CU_ASSERT_EQUAL(r->end_ns, 8 * SECOND);
	rig_free(r);
}

static void variables(void)
{
	static const char text[] =
		"rig x 1\nset mem 32M\nset far \"delay=9ms loss=1%\"\nset two 2\n"
		"lan l\nnode a mem=$mem\nnode b$two mem=\"${mem}\"\n"
		"link a l $far rate=${two}Mbit\n"
		"at 1s run a 'echo $mem' as=q\nat 1s run a \"\\$mem $ $1 $mem\"\n";
	static const struct rig_define d[] = {{"mem", "64M"}}, no[] = {{"mme", "64M"}};
	struct rig *r = load(text, NULL, 0);

	CU_ASSERT_EQUAL(r->node[0].mem_bytes, 32 << 20);
	CU_ASSERT_STRING_EQUAL(r->node[1].name, "b2");
	CU_ASSERT_STRING_EQUAL(way(r, "a", "l"), "delay=9ms loss=1% rate=2Mbit");
	CU_ASSERT_STRING_EQUAL(r->step[0].command, "echo $mem");
	CU_ASSERT_STRING_EQUAL(r->step[1].command, "$mem $ $1 32M");
	CU_ASSERT(r->nvariables == 3 && strcmp(r->variable[0].value, "32M") == 0);
	rig_free(r);
	r = load(text, d, 1);
	CU_ASSERT_EQUAL(r->node[1].mem_bytes, 64 << 20);
	rig_free(r);
	CU_ASSERT_EQUAL(rig_load_text(&r, "x", text, strlen(text), no, 1), -EINVAL);
	CU_ASSERT_EQUAL(rig_errors(r), 0);
	CU_ASSERT_STRING_EQUAL(rig_unknown_define(r),
			       "-D mme: the rig sets no variable of this name; "
			       "did you mean 'mem'?");
	rig_free(r);
}

static void repeats(void)
{
	struct rig *r = load("rig x 1\nrepeat i 1..3\n  lan l$i\n  repeat k in a b\n"
			     "    node $k$i card=l$i mem=${i*10+1}M\n    at +1s note $k$i\n"
			     "  end\nend\nrepeat i 0..2\n link l${i%3+1} l${i+1%3+1}\nend\n",
			     NULL, 0);

	CU_ASSERT_EQUAL(r->nlans, 3);
	CU_ASSERT_EQUAL(r->nnodes, 6);
	CU_ASSERT_STRING_EQUAL(r->node[5].name, "b3");
	CU_ASSERT_EQUAL(r->node[4].mem_bytes, 31 << 20);
	CU_ASSERT_EQUAL(r->step[5].at_ns, 6 * SECOND);
	CU_ASSERT_EQUAL(r->nlinks, 9);
	CU_ASSERT(r->lan[0].domain == 0 && r->lan[1].domain == 0 && r->lan[2].domain == 0);
	rig_free(r);
}

/* Each statement has words for people, and an example that is right. */
static void examples(void)
{
	const struct rig_help *h;
	char text[2048], again[64];
	uint32_t i;

	for (i = 0; (h = rig_help(i)); i++) {
		struct rig *r = NULL;

		snprintf(text, sizeof(text), "%s%s", h->context ? h->context : "", h->example);
		snprintf(again, sizeof(again), "%s ", h->name);
		CU_ASSERT(strlen(h->text) > 20 && strlen(h->example) > 5);
		CU_ASSERT(strstr(h->example, h->name) != NULL);
		/* What it includes is not there, and that is all. */
		if (strcmp(h->name, "include") == 0) {
			CU_ASSERT_EQUAL(rig_load_text(&r, "/x/x", text, strlen(text), NULL, 0),
					-EINVAL);
			CU_ASSERT_EQUAL(rig_errors(r), 1);
			CU_ASSERT_PTR_NOT_NULL(
				strstr(rig_error_text(r, 0, NULL), "cannot be read"));
		} else {
			r = load(text, NULL, 0);
		}
		rig_free(r);
	}
	CU_ASSERT_EQUAL(i, 19);
}

static void file(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void includes(void)
{
	char dir[] = "/tmp/rig-test-XXXXXX", path[128], command[128];
	struct rig *r = NULL;
	struct rig_pos pos;
	uint32_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sub", dir);
	mkdir(path, 0700);
	file(dir, "a.rig", "rig x 1\nset s 1\ninclude sub/b\nrepeat i 1..2\ninclude sub/d\nend\n");
	file(dir, "sub/b", "image i f.img\ninclude c\n");
	file(dir, "sub/c", "node n$s\n");
	file(dir, "sub/d", "node m$i\n");
	file(dir, "self.rig", "rig x 1\ninclude self.rig\n");
	file(dir, "cycle.rig", "rig x 1\ninclude two\n");
	file(dir, "two", "include cycle.rig\n");
	file(dir, "wrong.rig", "rig x 1\ninclude sub/w\n");
	file(dir, "sub/w", "\nrig x 1\n");
	for (i = 0; i < 10; i++) {
		char name[8], text[32];

		snprintf(name, sizeof(name), "deep%u", i);
		snprintf(text, sizeof(text), "%sinclude deep%u\n", i ? "" : "rig x 1\n", i + 1);
		file(dir, name, text);
	}
	file(dir, "deep10", "");

	snprintf(path, sizeof(path), "%s/a.rig", dir);
	CU_ASSERT_EQUAL(rig_load(&r, path, NULL, 0), 0);
	CU_ASSERT_EQUAL(r->nnodes, 3);
	snprintf(path, sizeof(path), "%s/sub/f.img", dir);
	CU_ASSERT_STRING_EQUAL(r->image[0].file, path);
	rig_free(r);
	for (i = 0; i < 4; i++) {
		static const char *const name[] = {"self.rig", "cycle.rig", "deep0", "wrong.rig"};
		static const char *const says[] = {"would include itself", "would include itself",
						   "at most 8 deep", "no 'rig'"};

		snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
		CU_ASSERT_EQUAL(rig_load(&r, path, NULL, 0), -EINVAL);
		CU_ASSERT_EQUAL(rig_errors(r), 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(rig_error_text(r, 0, &pos), says[i]));
		CU_ASSERT_EQUAL(pos.line, i == 0 || i == 3 ? 2 : 1);
		rig_free(r);
	}
	CU_ASSERT_EQUAL(rig_load(&r, dir, NULL, 0), -EISDIR);
	CU_ASSERT_PTR_NULL(r);
	CU_ASSERT_EQUAL(rig_load(&r, "/nowhere/x", NULL, 0), -ENOENT);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void formats(void)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{"", ""},
		{"\n\n\n", ""},
		{"rig x 1", "rig     x 1\n"},
		{"\n# c  \n\n\n  rig\tx   1 # d\n\n", "# c\n\nrig     x 1  # d\n"},
		{"link a b delay=1ms\nlink abc -> d loss=1%\n",
		 "link    a b      delay=1ms\nlink    abc -> d loss=1%\n"},
		{"node a mem=9M\n\nnode abc mem=9M\n", "node    a mem=9M\n\nnode    abc mem=9M\n"},
		{"node a mem=9M\n# c\nnode abc mem=9M\n",
		 "node    a mem=9M\n# c\nnode    abc mem=9M\n"},
		{"node a \\\n mem=9M \\\n run=\"a  b\"\n",
		 "node    a \\\n        mem=9M \\\n        run=\"a  b\"\n"},
		{"repeat i 1..2\nrepeat k 1..2\n# c\nnode a$i$k\nend\nend # e\nseed 1\n",
		 "repeat  i 1..2\n  repeat  k 1..2\n    # c\n    node    a$i$k\n  end\nend  # e\n"
		 "seed    1\n"},
		{"at 10m link a b down\nat +5m link a b up\nat 101h stop\n",
		 "at 10m  link a b down\nat +5m  link a b up\nat 101h stop\n"},
		{"every 1s sample a q \"x  y\"\n", "every 1s sample a q \"x  y\"\n"},
		{"default node mem=9M\r\nexpect a.q == 0 by 1h\r\n",
		 "default node mem=9M\nexpect  a.q == 0 by 1h\n"},
		{"end\nend\nnonsense \\", "end\nend\nnonsense\n"},
		{"nonsense a\\ b\\ # c\n", "nonsense a\\ b\\  # c\n"},
		{"nonsense a\\\\\n b\n", "nonsense a\\ \\\n        b\n"},
	};
	char *out, *again;
	size_t len, again_len, i;
	struct rig *r;

	for (i = 0; i < COUNT(t); i++) {
		CU_ASSERT_EQUAL_FATAL(rig_format(&r, "x", t[i].text, strlen(t[i].text), &out, &len),
				      0);
		rig_free(r);
		if (strcmp(out, t[i].want))
			printf("\n%s--- not\n%s", out, t[i].want);
		CU_ASSERT_STRING_EQUAL(out, t[i].want);
		CU_ASSERT_EQUAL(rig_format(&r, "x", out, len, &again, &again_len), 0);
		rig_free(r);
		CU_ASSERT_STRING_EQUAL(again, out);
		free(again);
		free(out);
	}
	CU_ASSERT_EQUAL(rig_format(&r, "x", "a \"b\n", 5, &out, &len), -EINVAL);
	CU_ASSERT_PTR_NULL(out);
	CU_ASSERT_EQUAL(rig_errors(r), 1);
	rig_free(r);
}

/* Pictures: everything is in, nothing overlaps, and twice is the same. */
static void pictures(void)
{
	struct rig *r =
		load("rig x 1\nlan core\nrepeat i 1..9\nlan l$i\nrouter r$i card=core\n"
		     "link r$i l$i delay=${i}ms\nrepeat k 1..3\nnode n$i-$k card=l$i\nend\nend\n",
		     NULL, 0);
	char *a, *b;
	size_t la, lb;
	FILE *f = open_memstream(&a, &la), *g = open_memstream(&b, &lb);
	const char *p;
	uint32_t i, n = 0;
	struct {
		double x, y, w, h;
	} box[64];

	CU_ASSERT_EQUAL(rig_write_svg(r, f), 0);
	CU_ASSERT_EQUAL(rig_write_svg(r, g), 0);
	fclose(f);
	fclose(g);
	CU_ASSERT_STRING_EQUAL(a, b);
	for (p = a; (p = strstr(p, "<g><rect class=")) && n < 64; p++, n++) {
		uint32_t k;

		CU_ASSERT_EQUAL(
			sscanf(p,
			       "<g><rect class=\"%*[a-z]\" x=\"%lf\" y=\"%lf\" width=\"%lf\" "
			       "height=\"%lf\"",
			       &box[n].x, &box[n].y, &box[n].w, &box[n].h),
			4);
		for (k = 0; k < n; k++)
			CU_ASSERT(box[k].x + box[k].w < box[n].x ||
				  box[n].x + box[n].w < box[k].x ||
				  box[k].y + box[k].h < box[n].y || box[n].y + box[n].h < box[k].y);
	}
	CU_ASSERT_EQUAL(n, r->nnodes + r->nlans);
	for (i = 0; i < r->nnodes; i++) {
		char name[64];

		snprintf(name, sizeof(name), ">%s</text>", r->node[i].name);
		CU_ASSERT_PTR_NOT_NULL(strstr(a, name));
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(a, ">delay=9ms</text>"));
	free(a);
	free(b);
	rig_free(r);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"the design's rig", design},
		{"defaults", defaults},
		{"addresses", addresses},
		{"steps", steps},
		{"variables", variables},
		{"repeats", repeats},
		{"examples of statements", examples},
		{"includes", includes},
		{"formats", formats},
		{"pictures", pictures},
		CU_TEST_INFO_NULL,
	};

	return run_suite("rigs, model", NULL, NULL, tests);
}
