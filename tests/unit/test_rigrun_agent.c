// SPDX-License-Identifier: GPL-2.0
/* Agents: what the host asks nodes for, with guests in this process that answer well and badly. */
#include <signal.h>
#include "agent_guest.h"
#include "suite.h"

/* --- tests ---------------------------------------------------------------------- */

static void test_start(void)
{
	struct agent_frame f;

	CU_ASSERT_EQUAL(exec("true"), 0);
	step();
	expect_nothing();
	say(AGENT_UP, 0, 0); /* of nobody */
	start(77);
	step();
	expect_nothing();
	CU_ASSERT_FALSE(agent_node_up(agent, NODE));
	say(AGENT_HELLO, 77, 0); /* the answer was slow */
	expect_frame(AGENT_WELCOME, 77);
	agent_frame_init(&f, AGENT_UP, session, 0);
	f.flags = AGENT_LATE;
	say_frame(&guest, &f, NULL, 0);
	CU_ASSERT_EQUAL(said.ups, 1);
	CU_ASSERT_TRUE(said.late);
	CU_ASSERT_TRUE(agent_node_up(agent, NODE));
	expect_frame(AGENT_EXEC, 1);
	say(AGENT_UP, 0, 0);
	say(AGENT_HELLO, 77, 0);
	CU_ASSERT_EQUAL(said.ups, 1);
	expect_nothing();
	CU_ASSERT_TRUE(agent_node_up(agent, NODE));
}

static void test_exec(void)
{
	char *const env[] = {"A=b", "C=d e", NULL};
	struct agent_frame f;
	const uint8_t *data;
	static char big[AGENT_CHUNK + 10];

	start_up(1);
	CU_ASSERT_EQUAL(agent_exec(agent, NODE, "make it", env, done, NULL), 0);
	step();
	CU_ASSERT_FATAL(frame(&f, &data));
	CU_ASSERT_EQUAL(f.type, AGENT_EXEC);
	CU_ASSERT_EQUAL_FATAL(f.length, sizeof("make it\0A=b\0C=d e"));
	CU_ASSERT_EQUAL(memcmp(data, "make it\0A=b\0C=d e", f.length), 0);
	answer(1, 0x100, "early"); /* before it has all of the request */
	CU_ASSERT_EQUAL(said.done, 0);
	say(AGENT_ACK, 1, f.total);
	memset(big, 'x', sizeof(big));
	answer_piece(1, 0x100, big, AGENT_CHUNK, 0, sizeof(big));
	expect_frame(AGENT_ACK, 1);
	CU_ASSERT_EQUAL(said.done, 0);
	f = reply(1, 0x300, AGENT_CHUNK, sizeof(big));
	f.length = 10;
	f.flags = AGENT_CUT;
	say_frame(&guest, &f, big, 10);
	expect_frame(AGENT_ACK, 1);
	CU_ASSERT_EQUAL(said.done, 1);
	CU_ASSERT_EQUAL(said.status, 0x300);
	CU_ASSERT_TRUE(said.cut);
	CU_ASSERT_EQUAL(said.len, sizeof(big));
	answer(1, 0, "again");
	CU_ASSERT_EQUAL(said.done, 1);
}

static struct {
	char text[4 * AGENT_WINDOW * AGENT_CHUNK];
	size_t len;
	bool full; /* it takes nothing now */
} streamed;

static bool stream_output(void *arg, const char *data, size_t len)
{
	CU_ASSERT_PTR_EQUAL(arg, &streamed);
	if (streamed.full)
		return false;
	memcpy(streamed.text + streamed.len, data, len);
	streamed.len += len;
	return true;
}

static void output(uint32_t id, const char *data, uint32_t len, uint64_t offset)
{
	struct agent_frame f;

	agent_frame_init(&f, AGENT_OUTPUT, session, id);
	f.length = len;
	f.offset = offset;
	f.total = offset + len;
	say_frame(&guest, &f, data, len);
}

static void test_stream(void)
{
	static char big[AGENT_CHUNK];
	const uint64_t window = AGENT_WINDOW * AGENT_CHUNK;
	struct agent_frame f;
	uint64_t at;

	memset(&streamed, 0, sizeof(streamed));
	start_up(1);
	CU_ASSERT_EQUAL(agent_stream(agent, NODE, "x", stream_output, done, &streamed), 0);
	step();
	expect_frame(AGENT_STREAM, 1);
	output(1, "early", 5, 0); /* before it has all of the request */
	CU_ASSERT_EQUAL(streamed.len, 0);
	agent_signal(agent, NODE, &said, 2); /* none of that one's */
	expect_nothing();
	say(AGENT_ACK, 1, 2);
	output(1, "abc", 3, 0);
	expect_frame(AGENT_TAKEN, 1);
	output(1, "abc", 3, 0); /* twice */
	output(1, "xyz", 3, 4); /* one is left out */
	output(2, "xyz", 3, 3); /* of nobody */
	output(1, "", 0, 3);
	expect_nothing();
	CU_ASSERT_EQUAL(streamed.len, 3);
	/* Who does not read holds up the command, and no more than a window is kept of one that goes on. */
	streamed.full = true;
	for (at = 3; at < 3 + 2 * window; at += sizeof(big))
		output(1, big, sizeof(big), at);
	expect_nothing();
	streamed.full = false;
	agent_look(agent, NODE);
	step();
	CU_ASSERT_FATAL(frame(&f, NULL));
	CU_ASSERT_EQUAL(f.type, AGENT_TAKEN);
	CU_ASSERT_EQUAL(f.offset, 3 + window);
	CU_ASSERT_EQUAL(streamed.len, 3 + window);
	agent_signal(agent, NODE, &streamed, 15);
	step();
	CU_ASSERT_FATAL(frame(&f, NULL));
	CU_ASSERT_EQUAL(f.type, AGENT_SIGNAL);
	CU_ASSERT_EQUAL(f.id, 1);
	CU_ASSERT_EQUAL(f.status, 15);
	/* What has come before its end is not lost. */
	streamed.full = true;
	output(1, "last", 4, 3 + window);
	answer(1, 15, "rest");
	CU_ASSERT_EQUAL(streamed.len, 3 + window);
	CU_ASSERT_EQUAL(said.done, 1);
	CU_ASSERT_EQUAL(said.status, 15);
	CU_ASSERT_EQUAL(said.len, 8);
	output(1, "late", 4, 3 + window + 4);
	agent_signal(agent, NODE, &streamed, 15);
	CU_ASSERT_EQUAL(streamed.len, 3 + window);
}

/* One whose node is not up yet can be taken back; others that wait are not meant. */
static void test_signal_waiting(void)
{
	memset(&streamed, 0, sizeof(streamed));
	CU_ASSERT_EQUAL(agent_stream(agent, NODE, "x", stream_output, done, &streamed), 0);
	CU_ASSERT_EQUAL(exec("y"), 0);
	step();
	agent_signal(agent, NODE, &said, SIGINT);
	agent_signal(agent, NODE, &streamed, SIGWINCH);
	step();
	CU_ASSERT_EQUAL(said.done, 0);
	agent_signal(agent, NODE, &streamed, SIGINT);
	step();
	CU_ASSERT_EQUAL(said.done, 1);
	CU_ASSERT_EQUAL(said.status, SIGINT);
	agent_signal(agent, NODE, &streamed, SIGINT);
	step();
	CU_ASSERT_EQUAL(said.done, 1);
	start(1);
	say(AGENT_UP, 0, 0);
	step();
	expect_frame(AGENT_EXEC, 1); /* y's */
	expect_nothing();
}

/* Commands side by side up to a bound; all else alone. */
static void test_order(void)
{
	struct agent_frame f;
	uint32_t id;

	start_up(1);
	for (id = 1; id <= AGENT_EXECS_MAX + 2; id++)
		CU_ASSERT_EQUAL(exec("x"), 0);
	CU_ASSERT_EQUAL(agent_setup(agent, NODE, "", done, NULL), 0);
	step();
	for (id = 1; id <= AGENT_EXECS_MAX; id++) {
		expect_frame(AGENT_EXEC, id);
		expect_nothing();
		say(AGENT_ACK, id, 2);
	}
	/* It need not wait for commands, but they for it. */
	expect_frame(AGENT_SETUP, id);
	expect_nothing();
	answer(3, 0, "");
	expect_nothing();
	answer(id, 0, "");
	expect_frame(AGENT_EXEC, id + 1);
	say(AGENT_ACK, id + 1, 2);
	expect_nothing();
	CU_ASSERT_EQUAL(agent_end(agent, NODE, done, NULL), 0);
	step();
	expect_frame(AGENT_END, id + 2);
	answer(id + 2, 0, "");
	CU_ASSERT_EQUAL(said.done, 3);
	answer(1, 0, "");
	CU_ASSERT_TRUE(frame(&f, NULL) && f.type == AGENT_EXEC);
}

static void test_put(void)
{
	static uint8_t file[6 * AGENT_CHUNK], got[sizeof(file) + 64];
	const size_t head = sizeof(struct agent_put) + sizeof("/a/b");
	struct agent_frame f = {0};
	const uint8_t *data;
	uint64_t have = 0;
	unsigned int n;

	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)(i * 31 >> 3);
	start_up(1);
	CU_ASSERT_EQUAL(
		agent_put(agent, NODE, "/a/b", 0640, file_of(file, sizeof(file)), done, NULL), 0);
	step();
	for (n = 0; n < AGENT_WINDOW; n++) {
		CU_ASSERT_FATAL(frame(&f, &data));
		CU_ASSERT_EQUAL(f.offset, have);
		memcpy(got + have, data, f.length);
		have += f.length;
	}
	expect_nothing();
	say(AGENT_ACK, 1, have + 1); /* nonsense */
	say(AGENT_ACK, 2, have);
	expect_nothing();
	say(AGENT_ACK, 1, AGENT_CHUNK);
	say(AGENT_ACK, 1, AGENT_CHUNK);
	do {
		CU_ASSERT_FATAL(frame(&f, &data));
		CU_ASSERT_EQUAL(f.offset, have);
		memcpy(got + have, data, f.length);
		have += f.length;
		say(AGENT_ACK, 1, have);
	} while (have < f.total);
	CU_ASSERT_EQUAL(f.total, head + sizeof(file));
	CU_ASSERT_STRING_EQUAL(got + sizeof(struct agent_put), "/a/b");
	CU_ASSERT_EQUAL(memcmp(got + head, file, sizeof(file)), 0);
	answer(1, -28, "");
	CU_ASSERT_EQUAL(said.status, -28);
}

/* The file that is sent becomes shorter. */
static void test_put_short(void)
{
	static uint8_t file[9 * AGENT_CHUNK];
	int fd = file_of(file, sizeof(file)), same = dup(fd);

	start_up(1);
	CU_ASSERT_EQUAL(agent_put(agent, NODE, "/f", 0640, fd, done, NULL), 0);
	step();
	CU_ASSERT_EQUAL(ftruncate(same, 10), 0);
	close(same);
	taken = guest.count;
	say(AGENT_ACK, 1, AGENT_CHUNK);
	expect_frame(AGENT_CANCEL, 1);
	step();
	CU_ASSERT_EQUAL(said.done, 1);
	CU_ASSERT_EQUAL(said.status, -EIO);
	CU_ASSERT_EQUAL(exec("x"), 0);
	step();
	expect_frame(AGENT_EXEC, 2);
}

static void get(uint32_t id, uint64_t max, int fd)
{
	struct agent_frame f = {0};

	taken = guest.count;
	CU_ASSERT_EQUAL(agent_get(agent, NODE, "/etc/x", max, fd, done, NULL), 0);
	step();
	CU_ASSERT_FATAL(frame(&f, NULL));
	CU_ASSERT_EQUAL(f.type, AGENT_GET);
	CU_ASSERT_EQUAL(f.id, id);
	say(AGENT_ACK, id, f.total);
}

static void test_get(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC), same = dup(fd);
	struct agent_frame f;
	char text[16] = "";

	start_up(1);
	get(1, 100, fd);
	answer_piece(1, 0, "abc", 3, 0, 6);
	answer_piece(1, 0, "abc", 3, 0, 6); /* twice */
	answer_piece(1, 0, "xyz", 2, 4, 6); /* one is left out */
	answer_piece(1, 0, "xyz", 3, 3, 7); /* another length */
	CU_ASSERT_EQUAL(said.done, 0);
	answer_piece(1, 0, "def", 3, 3, 6);
	CU_ASSERT_EQUAL(said.done, 1);
	CU_ASSERT_EQUAL(said.status, 0);
	CU_ASSERT_EQUAL(pread(same, text, sizeof(text), 0), 6);
	CU_ASSERT_STRING_EQUAL(text, "abcdef");
	close(same);
	get(2, 5, memfd_create("test", MFD_CLOEXEC));
	answer_piece(2, 0, "abc", 3, 0, 6); /* more than was asked for */
	CU_ASSERT_EQUAL(said.done, 2);
	CU_ASSERT_EQUAL(said.status, -EPROTO);
	get(3, 100, memfd_create("test", MFD_CLOEXEC));
	answer_piece(3, 0, "abc", 3, 0, 6);
	expect_frame(AGENT_ACK, 3);
	f = reply(3, -5, 3, 6);
	f.flags = AGENT_BROKEN;
	say_frame(&guest, &f, NULL, 0);
	CU_ASSERT_EQUAL(said.done, 3);
	CU_ASSERT_EQUAL(said.status, -5);
}

/* What is no frame, or one of another life, changes nothing. */
static void test_nonsense(void)
{
	static uint8_t buf[AGENT_CHUNK + 200];
	struct agent_frame good, f;
	unsigned int i;

	start_up(1);
	CU_ASSERT_EQUAL(exec("x"), 0);
	step();
	expect_frame(AGENT_EXEC, 1);
	say(AGENT_ACK, 1, 2);
	good = reply(1, 0, 0, 3);
	good.length = 3;
	for (i = 0; i < offsetof(struct agent_frame, total) - 12; i++) {
		memcpy(buf, &good, sizeof(good));
		buf[12 + i] ^= 0x80;
		memcpy(&f, buf, sizeof(f));
		if (f.flags != good.flags || f.status != good.status ||
		    !memcmp(&f, &good, sizeof(f)))
			continue;
		say_frame(&guest, &f, "abc", 3);
		CU_ASSERT_EQUAL(said.done, 0);
	}
	say_frame(&guest, &good, "ab", 2); /* shorter than it says */
	f = good;
	f.total = f.length = AGENT_CHUNK + 1;
	say_frame(&guest, &f, buf, AGENT_CHUNK + 1);
	for (i = 14; i < sizeof(good); i++)
		probe_input(&guest, &good, i);
	say_frame(&other, &good, "abc", 3); /* another node's */
	step();
	CU_ASSERT_EQUAL(said.done, 0);
	f = good;
	f.total = 0x7fffffffffffffff;
	say_frame(&guest, &f, "abc", 3);
	CU_ASSERT_EQUAL(said.done, 1);
	CU_ASSERT_EQUAL(said.status, -EPROTO);
	CU_ASSERT_EQUAL(exec("x"), 0);
	step();
	taken = guest.count;
	say(AGENT_ACK, 2, 2);
	answer(2, 0x10000, "");
	CU_ASSERT_EQUAL(said.status, -EPROTO);
}

static void test_lives(void)
{
	start_up(1);
	CU_ASSERT_EQUAL(exec("x"), 0);
	CU_ASSERT_EQUAL(exec("y"), 0);
	step();
	taken = guest.count;
	start(2); /* it restarted by itself */
	CU_ASSERT_EQUAL(said.done, 2);
	CU_ASSERT_EQUAL(said.status, -ECONNRESET);
	say(AGENT_UP, 0, 0);
	CU_ASSERT_EQUAL(said.ups, 2);
	CU_ASSERT_EQUAL(agent_end(agent, NODE, done, NULL), 0);
	step();
	expect_frame(AGENT_END, 1);
	agent_node_gone(agent, NODE);
	CU_ASSERT_EQUAL(said.done, 3);
	CU_ASSERT_EQUAL(said.status, 0); /* that was what was wanted */
	CU_ASSERT_EQUAL(exec("x"), -ENOTCONN);
	say(AGENT_HELLO, 3, 0);
	expect_nothing();
	agent_node_reset(agent, NODE);
	CU_ASSERT_EQUAL(exec("x"), 0);
	start_up(4);
	expect_frame(AGENT_EXEC, 1);
	agent_node_reset(agent, NODE);
	CU_ASSERT_EQUAL(said.done, 4);
	CU_ASSERT_EQUAL(said.status, -ECONNRESET);
}

static void ask_more(void *arg, const struct agent_result *r)
{
	done(arg, r);
	if (said.done < 3)
		CU_ASSERT_EQUAL(agent_exec(agent, r->node, "more", NULL, ask_more, arg), 0);
}

static void test_chain(void)
{
	uint32_t id;

	start_up(1);
	CU_ASSERT_EQUAL(agent_exec(agent, NODE, "x", NULL, ask_more, NULL), 0);
	step();
	for (id = 1; id <= 3; id++) {
		expect_frame(AGENT_EXEC, id);
		say(AGENT_ACK, id, id == 1 ? 2 : 5);
		answer(id, 0, "");
	}
	CU_ASSERT_EQUAL(said.done, 3);
	expect_nothing();
}

/* Nodes see the host, and not each other. */
static void test_apart(void)
{
	uint8_t buf[100];
	unsigned int before;

	start_up(1);
	before = other.count;
	rig_frame(buf, sizeof(buf), 1);
	probe_input(&guest, buf, sizeof(buf));
	agent_mac(OTHER, buf);
	probe_input(&guest, buf, sizeof(buf));
	buf[12] = 0x81; /* VLAN of the other */
	buf[13] = 0;
	buf[14] = 0;
	buf[15] = OTHER + 1;
	probe_input(&guest, buf, sizeof(buf));
	step();
	CU_ASSERT_EQUAL(other.count, before);
	expect_nothing();
}

static void test_refused(void)
{
	static char longer[AGENT_TEXT_MAX + 2];
	unsigned int i;
	int fd = memfd_create("test", MFD_CLOEXEC);

	memset(longer, 'x', sizeof(longer) - 1);
	CU_ASSERT_EQUAL(agent_node_add(agent, NODE), -EEXIST);
	CU_ASSERT_EQUAL(agent_node_add(agent, AGENT_NODES_MAX), -EINVAL);
	CU_ASSERT_EQUAL(agent_exec(agent, NODE + 10, "x", NULL, done, NULL), -ENOTCONN);
	CU_ASSERT_EQUAL(agent_exec(agent, ~0U, "x", NULL, done, NULL), -ENOTCONN);
	CU_ASSERT_EQUAL(exec(longer), -E2BIG);
	CU_ASSERT_EQUAL(agent_setup(agent, NODE, longer, done, NULL), -E2BIG);
	CU_ASSERT_EQUAL(agent_put(agent, NODE, "a", 0644, fd, done, NULL), -EINVAL);
	CU_ASSERT_EQUAL(agent_put(agent, NODE, "/a", 0644, -1, done, NULL), -EBADF);
	longer[0] = '/';
	CU_ASSERT_EQUAL(agent_get(agent, NODE, longer, 10, fd, done, NULL), -EINVAL);
	close(fd);
	for (i = 0; i < AGENT_WAITING_MAX; i++)
		CU_ASSERT_EQUAL(exec("x"), 0);
	CU_ASSERT_EQUAL(exec("x"), -ENOSPC);
	CU_ASSERT_EQUAL(said.done, 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"start", test_start},
		{"commands", test_exec},
		{"order", test_order},
		{"put", test_put},
		{"short file", test_put_short},
		{"get", test_get},
		{"nonsense", test_nonsense},
		{"lives", test_lives},
		{"chain", test_chain},
		{"streams", test_stream},
		{"a signal before it begins", test_signal_waiting},
		{"apart", test_apart},
		{"refused", test_refused},
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"agents", NULL, NULL, setup, teardown, tests},
				 CU_SUITE_INFO_NULL};

	return run_suites(suites);
}
