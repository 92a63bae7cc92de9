// SPDX-License-Identifier: GPL-2.0
/* The agent's side of requests, in the guest: what a host's frames can do to their bodies. */
#include <stdlib.h>
#include "suite.h"
#include "../../rootfs/tiny/agent_request.c"

static struct agent agent;
static unsigned int answered, executed;
static uint32_t signalled;
static uint64_t signals; /* that came when there was a command; bit 0: signal 1 */
static char command[AGENT_TEXT_MAX + 1];

/* --- what requests ask for, of which the test only hears ------------------------------ */

void answer_add(struct agent *a, uint32_t id, int status, uint16_t flags, uint8_t *data, int fd,
		uint64_t len)
{
	(void)a;
	(void)id;
	(void)status;
	(void)flags;
	(void)fd;
	(void)len;
	free(data);
	answered++;
}

void exec_begin(struct agent *a, uint32_t id, bool stream, const uint8_t *data, size_t len)
{
	(void)a;
	(void)id;
	(void)stream;
	memcpy(command, data, len);
	command[len] = 0;
	executed++;
}

void exec_signal(const struct agent *a, uint32_t id, int sig)
{
	(void)a;
	signalled = id;
	if (executed)
		signals |= UINT64_C(1) << (sig - 1);
}

void setup(struct agent *a, uint32_t id, char *text)
{
	(void)text;
	answer_add(a, id, 0, 0, NULL, -1, 0);
}

void file_get(struct agent *a, uint32_t id, const uint8_t *data, size_t len)
{
	(void)data;
	(void)len;
	answer_add(a, id, 0, 0, NULL, -1, 0);
}

int file_put_begin(struct incoming *in, const uint8_t *data, size_t len, size_t *head)
{
	(void)in;
	(void)data;
	(void)len;
	(void)head;
	return -EINVAL;
}

int file_put_more(struct incoming *in, const uint8_t *data, size_t len)
{
	(void)in;
	(void)data;
	(void)len;
	return 0;
}

int file_put_end(struct incoming *in)
{
	(void)in;
	return 0;
}

void file_put_drop(struct incoming *in)
{
	(void)in;
}

/* --- frames ----------------------------------------------------------------------------- */

static void begin_test(void)
{
	agent = (struct agent){.in.fd = -1};
	answered = executed = signalled = 0;
	signals = 0;
}

/* A frame of EXEC as agent.c passes it on: read, so that its piece lies within total. */
static void piece(uint32_t id, uint64_t offset, uint64_t total, const void *data, uint32_t len)
{
	static uint8_t buf[sizeof(struct agent_frame) + AGENT_CHUNK];
	struct agent_frame f;

	agent_frame_init(&f, AGENT_EXEC, 1, id);
	f.offset = offset;
	f.total = total;
	f.length = len;
	memcpy(buf, &f, sizeof(f));
	memcpy(buf + sizeof(f), data, len);
	CU_ASSERT_FATAL(agent_frame_read(&f, buf, sizeof(f) + len));
	request_frame(&agent, &f, buf + sizeof(f));
}

static void pieces(void)
{
	begin_test();
	piece(1, 0, 6, "ec", 2);
	piece(1, 0, 6, "ec", 2);
	CU_ASSERT_EQUAL(agent.ack_offset, 2);
	piece(1, 2, 6, "ho 1", 4);
	CU_ASSERT_EQUAL(executed, 1);
	CU_ASSERT_STRING_EQUAL(command, "echo 1");
	CU_ASSERT(!agent.in.active);
	piece(1, 0, 6, "echo 2", 6);
	CU_ASSERT_EQUAL(executed, 1);
}

/* A first piece that is refused makes no room, in which a longer body would come then. */
static void longer(void)
{
	static char text[AGENT_CHUNK];

	begin_test();
	memset(text, 'x', sizeof(text));
	piece(1, 0, 1, "", 0);
	CU_ASSERT(!agent.in.active);
	CU_ASSERT(!agent.ack);
	piece(1, 0, sizeof(text), text, sizeof(text));
	CU_ASSERT_EQUAL(executed, 1);
	CU_ASSERT_EQUAL(strlen(command), sizeof(text));
	piece(2, 0, 8, "ab", 2);
	piece(2, 2, 20, "cdefghijkl", 10);
	CU_ASSERT_EQUAL(agent.in.receive.received, 2);
	request_drop(&agent);
}

static void too_long(void)
{
	begin_test();
	piece(1, 0, AGENT_TEXT_MAX + 1, "ab", 2);
	CU_ASSERT_EQUAL(agent.in.status, -E2BIG);
	CU_ASSERT(agent.ack);
	request_drop(&agent);
	CU_ASSERT_EQUAL(answered, 0);
	piece(2, 0, 0, "", 0);
	CU_ASSERT_EQUAL(executed, 1);
}

static void signal_from_host(uint32_t id, int sig)
{
	struct agent_frame f;

	agent_frame_init(&f, AGENT_SIGNAL, 1, id);
	f.status = sig;
	request_signal(&agent, &f);
}

/* A signal for a command whose body still comes waits for it, one for another one does not. */
static void early_signals(void)
{
	begin_test();
	piece(7, 0, 6, "ec", 2);
	signal_from_host(7, SIGTERM);
	signal_from_host(7, 1);
	signal_from_host(7, NSIG - 1);
	signal_from_host(7, 0);
	signal_from_host(7, NSIG);
	signal_from_host(7, -1);
	CU_ASSERT_EQUAL(signalled, 0);
	signal_from_host(6, SIGINT);
	CU_ASSERT_EQUAL(signalled, 6);
	piece(7, 2, 6, "ho 1", 4);
	CU_ASSERT_EQUAL(executed, 1);
	CU_ASSERT_EQUAL(signalled, 7);
	CU_ASSERT_EQUAL(signals, UINT64_C(1) << (SIGTERM - 1) | 1 | UINT64_C(1) << (NSIG - 2));
	signals = 0;
	piece(8, 0, 6, "echo 2", 6);
	CU_ASSERT_EQUAL(signals, 0);
	signal_from_host(7, SIGTERM);
	CU_ASSERT_EQUAL(signalled, 7);
	CU_ASSERT_EQUAL(signals, UINT64_C(1) << (SIGTERM - 1));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"pieces", pieces},
		{"a longer body", longer},
		{"signals for what has not come", early_signals},
		{"too long", too_long},
		CU_TEST_INFO_NULL,
	};

	return run_suite("requests in the guest", NULL, NULL, tests);
}
