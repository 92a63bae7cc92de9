// SPDX-License-Identifier: GPL-2.0
/*
 * Every error of the rig language: its text, line and column. A case is the lines behind `rig x 1`
 * (line 1), what is said, and where.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rig.h"
#include "suite.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define NET "lan l\nnode a\nnode b\nlink a l\n" /* lines 2 to 5 */

static const struct wrong {
	const char *text;
	uint32_t line, column;
	const char *says; /* a part of it */
} cases[] = {
	/* Statements, words, quotes. */
	{"nod a", 2, 1, "there is no statement 'nod'; did you mean 'node'?"},
	{"frobnicate a", 2, 1, "there is no statement 'frobnicate'; 'uml_rig help' lists them"},
	{"node \"a", 2, 6, "this \" has no other one on its line"},
	{"node 'a", 2, 6, "this ' has no other one on its line"},
	{"node a\\\\", 2, 6, "the last word of a statement cannot end in a \\; put quotes"},
	{"node a\\ \t", 2, 6, "the last word of a statement cannot end in a \\; put quotes"},
	{"node a\\\\\n\n", 2, 6, "the last word of a statement cannot end in a \\; put quotes"},
	{"node a\001", 2, 7, "a control character (code 1) has no place here"},
	{"node a\xc2\x9b", 2, 7, "a control character (code 155) has no place here"},
	{"node a\xff", 2, 7, "this is not UTF-8 text"},
	{"seed \"\\q\"", 2, 7, "'\\q' means nothing"},
	/* rig, seed, time, image. */
	{"rig y 1", 2, 1, "'rig' was said already, at x.rig:1"},
	{"seed", 2, 5, "the seed is missing; say: seed NUMBER"},
	{"seed x", 2, 6, "'x' is not a whole number"},
	{"seed 1 2", 2, 8, "'2' is one word too many; say: seed NUMBER"},
	{"seed 1\nseed 2", 3, 1, "'seed' was said already, at x.rig:2"},
	{"time", 2, 5, "'virtual' or 'real' is missing"},
	{"time rael", 2, 6, "time is 'virtual' or 'real', not 'rael'; did you mean 'real'?"},
	{"time virtual start=now", 2, 20, "'now' is not a date like 2026-01-16T00:00:00Z"},
	{"time virtual begin=now", 2, 14, "there is no setting 'begin'; there are start"},
	{"time virtual start=", 2, 14, "the value is missing; say start=2026-01-16T00:00:00Z"},
	{"time real start=2026-01-16T00:00:00Z", 2, 11, "real time begins now"},
	{"image base", 2, 11, "the file is missing; say: image NAME FILE"},
	{"image base \"\"", 2, 12, "a file has a name"},
	{"image base x\nimage base y", 3, 7, "the image 'base' was named already, at x.rig:2"},
	{"image all x", 2, 7, "it is a word of the language"},
	{"image Base x\nnode a image=Base", 2, 7, "cannot be the name of an image"},
	/* default. */
	{"default lan", 2, 9, "there are defaults of 'node' and 'link', not of 'lan'"},
	{"default node", 2, 13, "a setting like mem=96M is missing"},
	{"default node card=l", 2, 14, "there is no setting 'card'"},
	{"default link", 2, 13, "a setting like delay=1ms is missing"},
	{"default link delay=1", 2, 14, "the unit is missing"},
	{"default link delay=1ms\ndefault link loss=1%", 3, 1, "'default' was said already"},
	/* node and router. */
	{"node", 2, 5, "node is missing; say: node NAME"},
	{"node Mx1", 2, 6, "'Mx1' cannot be the name of a node"},
	{"node a mem=96", 2, 12, "'96' has no unit; say K, M or G, as in 96M"},
	{"node a mem=1M", 2, 12, "'1M' is out of range: 8M to 256G"},
	{"node a mem=9M mem=9M", 2, 15, "mem was said already in this statement"},
	{"node a mem", 2, 8, "the value is missing; say mem=96M"},
	{"node a off=1", 2, 8, "this has no value; say off"},
	{"node a emm=96M", 2, 8, "there is no setting 'emm'; did you mean 'mem'?"},
	{"node a run=/x mme=96M", 2, 15, "(env=mme=... if it is for the command)"},
	{"node a run=/x 1y=2", 2, 15, "cannot be the name of a variable of the environment"},
	{"node a run=/x nonsense", 2, 15, "there is no setting 'nonsense'"},
	{"node a image=bse\nimage base f", 2, 14, "there is no image 'bse'; did you mean 'base'?"},
	{"node a cow=f", 2, 6, "cow= is a file over an image, and 'a' has none"},
	{"image i f\nnode a image=i cow=f\nnode b image=i cow=f", 4, 6,
	 "the same cow= file as 'a'"},
	{"node a card=l", 2, 13, "there is no node or lan 'l'"},
	{"lan isp\nnode a card=ips", 3, 13, "did you mean 'isp'?"},
	{"node b\nnode a card=b", 3, 13, "'b' is no lan; a card is on a lan"},
	{"lan l\nnode a card=l card=l", 3, 20, "'a' has a card on 'l' already"},
	{"lan l\nnode a card=l@10.0.0.1", 3, 15, "'10.0.0.1' has no prefix length"},
	{"lan l\nnode a card=l@10.0.0.1/24,10.0.0.2/99", 3, 27,
	 "is not a prefix length from 0 to 32"},
	{"lan l\nnode a card=l@03:00:00:00:00:01", 3, 15, "a group's address"},
	{"lan l\nnode a card=l@02:00:00:00:00:01,02:00:00:00:00:02", 3, 33, "one hardware address"},
	{"node a gateway=10.0.0", 2, 16, "'10.0.0' is not an address"},
	{"node a route=10.0.0.0/8", 2, 14, "say NETWORK/PREFIX,ADDRESS"},
	{"node a route=10.0.0.1/8,10.0.0.1", 2, 14, "is an address in a network"},
	{"node a route=10.0.0.0/8,::1", 2, 14, "different versions of IP"},
	{"node a env=X", 2, 12, "say env=NAME=VALUE"},
	{"node a env=1=2", 2, 12, "cannot be the name"},
	{"node a copy=x", 2, 13, "say FILE:/PLACE/IN/THE/GUEST"},
	{"node a copy=x:y", 2, 13, "say FILE:/PLACE/IN/THE/GUEST"},
	{"node a copy=x:/y:999", 2, 18, "'999' is not a mode like 755"},
	{"node a nat=l", 2, 8, "there is no setting 'nat'"},
	{"lan l\nrouter r nat=l", 3, 14, "'r' has no card on 'l', where its nat= would be"},
	{"node a\nlan a", 3, 5, "the name 'a' is taken by another, at x.rig:2"},
	{"lan a\nnode b\nnode a", 4, 6, "the name 'a' is taken by another, at x.rig:2"},
	/* lan, nat, link, capture. */
	{"lan l net=10.0.0.1/24", 2, 11, "is an address in a network"},
	{"lan l net=10.0.0/24\nnode a card=l", 2, 11, "'10.0.0' is not an address"},
	{"lan l net=10.0.0.0/31", 2, 11, "IPv4 networks of /8 to /30"},
	{"lan l net=10.0.0.0/30\nnode a card=l\nnode b card=l\nnode c card=l", 5, 13,
	 "'l' has no address left for 'c'"},
	{"lan l\nnode a card=l@10.0.0.1/24\nnode b card=l@10.0.0.1/8", 4, 13,
	 "'a' and 'b' have the same address 10.0.0.1 on one network"},
	{"lan l\nlan m\nlink l m\nnode a card=l@10.0.0.1/24\nnode b card=m@10.0.0.1/24", 6, 13,
	 "have the same address"},
	{"node a\nnode b\nlink a@::1/64 b@::1/64", 4, 15, "have the same address ::1"},
	{"time real\nlan l\nnat n l bogus=1", 4, 9, "bogus"},
	{"time real\nnode a\nnat n a", 4, 7, "'a' is no lan; a nat is on a lan"},
	{"lan l\nnat n l", 3, 5, "virtual time, which is the default; say 'time real'"},
	{"time virtual\nlan l\nnat n l", 4, 5, "does not wait for virtual time; say 'time real'"},
	{"time real\nlan l\nlan m\nnat n l\nlink n m", 6, 1, "a nat has one link"},
	{NET "link a", 6, 7, "the second end is missing; say: link A"},
	{NET "link a a", 6, 8, "'a' cannot be linked to itself"},
	{NET "link a l", 6, 1, "this link was stated already; 'link a -> l' adds"},
	{NET "link l a", 6, 1, "this link was stated already"},
	{NET "link a -> l\nlink a -> l", 7, 1, "this link was stated already"},
	{NET "link a c", 6, 8, "there is no node or lan 'c'"},
	{NET "link b l dealy=1ms", 6, 10, "there is no setting 'dealy'; did you mean delay=40ms?"},
	{NET "link b l delay=1", 6, 10,
	 "the unit is missing; the unit is ns, us, ms or s, as in 40ms"},
	{NET "link b l delay=1ms delay=1ms", 6, 20, "'delay' was set already; say it once"},
	{NET "link b l loss=1% burst=1%/2%", 6, 10, "loss and burst exclude each other"},
	{NET "link b l loss=1% perfect", 6, 18, "it resets all, so it comes first"},
	{NET "link b l@10.0.0.1/24", 6, 8, "only a node has addresses; 'l' is none"},
	{NET "link b@10.0.0.1 l", 6, 8, "has no prefix length"},
	{NET "capture", 6, 8, "'all', or what to capture is missing"},
	{NET "capture c", 6, 9, "there is no node or lan 'c'"},
	{NET "capture a b", 6, 9, "there is no link between 'a' and 'b'"},
	{NET "capture snap=64B", 6, 1, "comes before settings"},
	{NET "capture all snap=64", 6, 18, "'64' has no unit; say B, KiB, MiB or GiB"},
	{NET "capture all snap=1B", 6, 18, "14B to 256KiB"},
	/* at. */
	{NET "at", 6, 3, "a time is missing"},
	{NET "at 10 stop", 6, 4, "'10' has no unit"},
	{NET "at 10s", 6, 7, "what to do (link, off,"},
	{NET "at 10s stpo", 6, 8, "there is no action 'stpo'; did you mean 'stop'?"},
	{NET "at 10s explode", 6, 8, "there are link, off, crash,"},
	{NET "at 10s stop now", 6, 13, "'now' is one word too many"},
	{NET "at 10s note x\nat 5s stop", 7, 4, "before the step above it, at 10s (x.rig:6)"},
	{NET "at 36500d note x\nat +1s stop", 7, 4, "a rig runs for at most 36500d"},
	{NET "at 10s link a l", 6, 16, "a setting like down or delay=40ms is missing"},
	{NET "at 10s link a b down", 6, 13, "there is no link between 'a' and 'b'"},
	{NET "at 10s link a l dwon", 6, 17, "there is no setting 'dwon'"},
	{NET "at 10s crash l", 6, 14, "'l' is not a node"},
	{NET "at 10s crash c", 6, 14, "there is no node 'c'"},
	{NET "at 10s run a", 6, 13, "the command, in quotes is missing"},
	{NET "at 10s run a \"\"", 6, 14, "a command is not empty"},
	{NET "at 10s run a ls as=1x", 6, 20, "cannot be the name of a sample"},
	{NET "at 10s run a ls -l", 6, 17, "there is no setting '-l'; there are as"},
	{NET "at 10s copy a x", 6, 15, "say FILE:/PLACE/IN/THE/GUEST"},
	{NET "at 10s fetch a x", 6, 16, "a file in a guest is named from /"},
	{NET "at 10s fetch a /x ../y", 6, 19, "files go into the folder of the run"},
	{NET "at 10s fetch a /.x", 6, 16, "say a name for it"},
	{NET "at 10s note", 6, 12, "a text, in quotes is missing"},
	/* every. */
	{NET "every 1 sample a q ls", 6, 7, "'1' has no unit"},
	{NET "every 1us sample a q ls", 6, 7, "samples are at least 1ms apart"},
	{NET "every 1s measure a q ls\nexpect a.q == 0 by 1s", 6, 10, "'sample' is expected here"},
	{NET "every 1s measure a q ls", 6, 10, "'sample' is expected here, not 'measure'"},
	{NET "every 1s sample", 6, 16, "a node, or a way of a link like a->b is missing"},
	{NET "every 1s sample a", 6, 18, "the name of the sample is missing"},
	{NET "every 1s sample a q", 6, 20, "the command, in quotes is missing"},
	{NET "every 1s sample a q-1 ls", 6, 19, "cannot be the name of a sample"},
	{NET "every 1s sample l q ls", 6, 17, "'l' is not a node"},
	{NET "every 1s sample a->b", 6, 17, "there is no link between 'a' and 'b'"},
	{NET "every 1s sample a->", 6, 17, "a way of a link is A->B"},
	{NET "every 1s sample a->l.lost", 6, 22, "all figures of a link are sampled together"},
	{NET "every 1s sample a q ls from=2s until=1s", 6, 1, "until= is before from="},
	{NET "every 1s sample a q ls\nevery 2s sample a q ls", 7, 1, "'a' has two samples 'q'"},
	/* expect. */
	{NET "expect", 6, 7, "what is expected, like mx1.queue is missing"},
	{NET "expect a", 6, 8, "'a' is not NODE.SAMPLE"},
	{NET "expect a.q == 0 by 1s", 6, 10, "'a' has no sample 'q'; 'every' or"},
	{NET "every 1s sample a queue ls\nexpect a.quee == 0 by 1s", 7, 10,
	 "did you mean 'queue'?"},
	{NET "expect c.q == 0 by 1s", 6, 8, "there is no node 'c'"},
	{NET "expect a->b.lost == 0 by 1s", 6, 8, "there is no link between"},
	{NET "expect a->l == 0 by 1s", 6, 8, "say which figure: A->B.dropped"},
	{NET "expect a->l.lots == 0 by 1s", 6, 13, "no figure 'lots'; did you mean 'lost'?"},
	{NET "expect a->l.colour == 0 by 1s", 6, 13, "there are frames, bytes,"},
	{NET "expect a->l.lost = 0 by 1s", 6, 18, "did you mean '=='?"},
	{NET "expect a->l.lost == many by 1s", 6, 21, "'many' is not a number"},
	{NET "expect a->l.lost == 0.5B by 1s", 6, 21, "'0.5B' is finer than 1B"},
	{NET "expect a->l.lost == \"1\" by 1s", 6, 21, "this is a number, not a text"},
	{NET "at 1s run a ls as=q\nexpect a.q < \"1\" by 1s", 7, 14, "texts are compared with"},
	{NET "at 1s run a ls as=q\nexpect a.q.exit == 0 by 1s", 7, 12, "'.status' is all"},
	{NET "expect a->l.lost == 0", 6, 22, "'by TIME', 'within TIME' or 'always' is missing"},
	{NET "expect a->l.lost == 0 until 1s", 6, 23, "'until' is not 'by TIME'"},
	{NET "expect a->l.lost == 0 by", 6, 25, "a time is missing"},
	{NET "expect a->l.lost == 0 within 1s", 6, 23, "counts from the step above it"},
	{NET "expect a->l.lost == 0 always from 2s until 1s", 6, 1, "'until' is before 'from'"},
	{NET "expect a->l.lost == 0 by 1s twice", 6, 29, "there is no setting 'twice'"},
	/* show. */
	{NET "show", 6, 5, "what is shown, like client.figures is missing"},
	{NET "show a", 6, 6, "'a' is not NODE.SAMPLE"},
	{NET "show a->l.lost", 6, 6, "what a command printed is shown"},
	{NET "at 1s run a ls as=q\nshow a.q.status", 7, 10, "nothing can stand behind the sample"},
	{NET "show a.q", 6, 8, "'a' has no sample 'q'; 'every' or"},
	{NET "every 1s sample a queue ls\nshow a.quee", 7, 8, "did you mean 'queue'?"},
	{NET "show c.q", 6, 6, "there is no node 'c'"},
	{NET "at 1s run a ls as=q\nshow a.q head=x", 7, 10, "there is no setting 'head'"},
	/* Variables, repeats, includes. */
	{"node $x", 2, 6, "no variable 'x' was set above; '$' stands for itself in single quotes"},
	{"set speed 1\nseed $sped", 3, 6, "did you mean 'speed'?"},
	{"set x 1\nset x 2", 3, 5, "'x' was set already, at x.rig:2; -D x=... changes it"},
	{"set 1x 1", 2, 5, "cannot be the name of a variable"},
	{"set x", 2, 6, "the value is missing"},
	{"set x 1\nseed ${x", 3, 6, "the } is missing"},
	{"set x 1\nseed ${x^2}", 3, 9, "'^2' is no operation; say for example ${i+1}"},
	{"set x 1\nseed ${x/0}", 3, 9, "a division by 0"},
	{"set x a\nseed ${x+1}", 3, 6, "'x' is 'a', which cannot be reckoned with"},
	{"set x 2147483647\nseed ${x*9}", 3, 9, "the number gets too large"},
	{"end", 2, 1, "no repeat is open here"},
	{"repeat i 1..2\nend i", 3, 5, "'end' stands on a line of its own"},
	{"repeat i 1..2", 2, 1, "this repeat has no end"},
	{"repeat i\nend", 2, 9, "a range like 1..8, or 'in' and words is missing"},
	{"repeat i 8\nend", 2, 10, "'8' is not a range like 1..8"},
	{"repeat i 8..1\nend", 2, 10, "the range goes down; say 1..8"},
	{"repeat k in Old\nend\nset k\nnode x$k", 4, 6, "the value is missing"},
	{"repeat i 1..x\nend", 2, 13, "'x' is not a whole number"},
	{"repeat i in\nend", 2, 12, "a word to repeat for is missing"},
	{"set i 1\nrepeat i 1..2\nend", 3, 8, "'i' is a variable already"},
	{"repeat i 1..2\nset i 1\nend", 3, 5, "'i' is counted by a repeat"},
	{"repeat i 2..3\nnode n$i mem=1M\nend", 3, 14, "8M to 256G (with i=2)"},
	{"repeat i 1..2\nnode n\nend", 3, 6, "the name 'n' is taken by another"},
	{"include /nowhere/at/all", 2, 9, "'/nowhere/at/all' cannot be read: No such file"},
	{"include -", 2, 9, "standard input cannot be included"},
};

static void one(const struct wrong *w)
{
	char text[2048];
	struct rig_pos pos = {0};
	struct rig *r = NULL;
	const char *said;
	int rc;

	snprintf(text, sizeof(text), "rig x 1\n%s\n", w->text);
	rc = rig_load_text(&r, "x.rig", text, strlen(text), NULL, 0);
	CU_ASSERT_EQUAL(rc, -EINVAL);
	said = r ? rig_error_text(r, 0, &pos) : NULL;
	if (!said || !strstr(said, w->says) || pos.line != w->line || pos.column != w->column)
		printf("\n  %s\n  says %u:%u %s\n  not  %u:%u %s\n", w->text, pos.line, pos.column,
		       said ? said : "nothing", w->line, w->column, w->says);
	CU_ASSERT(said && strstr(said, w->says) && pos.line == w->line && pos.column == w->column);
	/* One mistake is one error: nothing that only follows from it. */
	if (r && rig_errors(r) != 1) {
		printf("\n  %s\n", w->text);
		rig_errors_print(r, stdout);
	}
	CU_ASSERT(r && rig_errors(r) == 1);
	rig_free(r);
}

static void each(void)
{
	size_t i;

	for (i = 0; i < COUNT(cases); i++)
		one(&cases[i]);
}

/* Errors without a statement of their own in `cases`. */
static void heads(void)
{
	static const struct wrong t[] = {
		{"", 1, 1,
		 "a rig begins with its name and the version of the language: rig NAME 1"},
		{"seed 1\n", 1, 1, "a rig begins with its name"},
		{"seed 1\nrig x 1\n", 2, 1, "'rig' comes first"},
		{"rig x\n", 1, 6, "the version of the language is missing"},
		{"rig x 2\n", 1, 7, "version 2 of the language; known here is 1"},
		{"rig\n", 1, 4, "rig is missing"},
	};
	struct rig_pos pos;
	struct rig *r;
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		CU_ASSERT_EQUAL(rig_load_text(&r, "x.rig", t[i].text, strlen(t[i].text), NULL, 0),
				-EINVAL);
		CU_ASSERT_EQUAL(rig_errors(r), 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(rig_error_text(r, 0, &pos), t[i].says));
		CU_ASSERT_EQUAL(pos.line, t[i].line);
		CU_ASSERT_EQUAL(pos.column, t[i].column);
		rig_free(r);
	}
}

/* All of a file at once, in the order of lines, and printed with a caret. */
static void printed(void)
{
	static const char text[] = "rig x 1\nlan l\nsed 1\n\tnode a mem=1 \xc3\xa4=2\nnode a\n";
	static const char want[] =
		"d/x.rig:3:1: there is no statement 'sed'; did you mean 'seed'?\n"
		"    sed 1\n"
		"    ^~~\n"
		"d/x.rig:4:13: '1' has no unit; say K, M or G, as in 96M\n"
		"    \tnode a mem=1 \xc3\xa4=2\n"
		"    \t           ^\n"
		"d/x.rig:4:15: there is no setting '\xc3\xa4'; there are card, cow, mem, "
		"image, off, kernel, gateway, route, copy, env, run\n"
		"    \tnode a mem=1 \xc3\xa4=2\n"
		"    \t             ^~~\n"
		"d/x.rig:5:6: the name 'a' is taken by another, at d/x.rig:4\n"
		"    node a\n"
		"         ^\n";
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	struct rig *r;

	CU_ASSERT_EQUAL(rig_load_text(&r, "d/x.rig", text, strlen(text), NULL, 0), -EINVAL);
	rig_errors_print(r, f);
	fclose(f);
	CU_ASSERT_STRING_EQUAL(out, want);
	if (strcmp(out, want))
		printf("\n%s", out);
	free(out);
	rig_free(r);
}

/* What a terminal would obey is shown, in names of files, lines and messages. */
static void terminal(void)
{
	static const char text[] = "rig x 1\nnode \"a\\n\"\nseed \x7f\xc2\x9b\n";
	char *out = NULL;
	size_t len, i;
	FILE *f = open_memstream(&out, &len);
	struct rig *r;

	CU_ASSERT_EQUAL(rig_load_text(&r, "\033[31mx", text, strlen(text), NULL, 0), -EINVAL);
	rig_errors_print(r, f);
	fclose(f);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\\x1b[31mx:2:6: 'a\\x0a' cannot be"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "    seed \\x7f\\xc2\\x9b\n         ^\n"));
	for (i = 0; i < len; i++)
		CU_ASSERT(out[i] == '\n' || ((unsigned char)out[i] >= ' ' && out[i] != 127));
	free(out);
	rig_free(r);
}

/* A bounded number is kept, all are counted. */
static void many(void)
{
	char text[4096] = "rig x 1\n", *out = NULL;
	struct rig *r;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	uint32_t i;

	for (i = 0; i < 60; i++)
		strcat(text, "bogus\n");
	CU_ASSERT_EQUAL(rig_load_text(&r, "x", text, strlen(text), NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(rig_errors(r), 60);
	CU_ASSERT_PTR_NOT_NULL(rig_error_text(r, 49, NULL));
	CU_ASSERT_PTR_NULL(rig_error_text(r, 50, NULL));
	rig_errors_print(r, f);
	fclose(f);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "x: 10 more errors are not shown\n"));
	free(out);
	rig_free(r);
}

/* What is too many of something: one error, and it ends. */
static void limits(void)
{
	static const struct wrong t[] = {
		{"repeat i 1..1025\nlan l$i\nend", 3, 1, "a rig has at most 1024 lans"},
		{"repeat i 1..1025\nnode n$i\nend", 3, 1, "a rig has at most 1023 nodes"},
		{"node a\nrepeat i 1..15\nlan l$i\nlink a l$i\nend\nlan m\nlink a m", 8, 6,
		 "this would be more than 15 cards for 'a'"},
		{"repeat a 1..1000\nrepeat b 1..1000\nrepeat c 1..1000\nend\nend\nend", 4, 1,
		 "more than 65536 statements, repeats included"},
		{"repeat a 1..1\nrepeat b 1..1\nrepeat c 1..1\nrepeat d 1..1\nrepeat e "
		 "1..1\nend\nend\n"
		 "end\nend\nend",
		 6, 1, "repeats are at most 4 deep"},
		{"set a 0123456789\nset b $a$a$a$a$a$a$a$a$a$a\nset c $b$b$b$b$b$b$b$b$b$b\n"
		 "set d $c$c$c$c$c$c$c$c$c$c\nset e $d$d",
		 6, 7, "longer than 16384 bytes"},
		{"set a 0123456789\nset b $a$a$a$a$a$a$a$a$a$a\nset c $b$b$b$b$b$b$b$b$b$b\n"
		 "set d $c$c$c$c$c$c$c$c$c$c\nrepeat i 1..30000\nrepeat k in "
		 "$d$c$c$c$c$c\nend\nend",
		 7, 13, "more than 64 MiB of words with variables put in, repeats included"},
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		one(&t[i]);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"each", each}, {"heads", heads},   {"printed", printed}, {"terminal", terminal},
		{"many", many}, {"limits", limits}, CU_TEST_INFO_NULL,
	};

	return run_suite("rigs, errors", NULL, NULL, tests);
}
