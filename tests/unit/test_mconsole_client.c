// SPDX-License-Identifier: GPL-2.0
/* The client of the management console: what a guest can do with an answer. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "mconsole_proto.h"
#include "suite.h"
#include "../../hostlib/uml_mconsole/client.h"

#define ENOUGH 200000 /* pieces: 100 MB */

static int guest = -1; /* the end of the connection that is the client's */

/* --- where guests are ------------------------------------------------------- */

int guests_connect(const char *path)
{
	(void)path;
	return guest < 0 ? -ENOENT : fcntl(guest, F_DUPFD_CLOEXEC, 3);
}

int guests_list(const char *base, struct guest **list)
{
	(void)base;
	*list = NULL;
	return 0;
}

int guests_find(const char *base, const char *name, struct guest *out)
{
	(void)base;
	(void)name;
	(void)out;
	return -ENOENT;
}

/* --- a guest that goes on ----------------------------------------------------- */

/*
 * The same piece of an answer again and again, with more behind it. Exit status 0: the client hung
 * up; 1: it has taken more than anybody has to say.
 */
static void __attribute__((noreturn)) go_on(int fd, size_t len)
{
	static char text[MCONSOLE_TEXT];
	uint8_t buf[MCONSOLE_REPLY_MAX];
	unsigned int sent = 0;
	size_t used, n;

	memset(text, 'x', sizeof(text));
	n = mconsole_reply_build(buf, 0, text, len, true, &used);
	while (sent < ENOUGH && send(fd, buf, n, MSG_NOSIGNAL) > 0)
		sent++;
	_exit(sent == ENOUGH);
}

/* Pieces of len bytes without an end. */
static void endless(size_t len)
{
	static struct client c = {.form = FORM_RAW, .timeout_s = 20};
	int pair[2], status = -1;
	pid_t pid;

	CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		go_on(pair[1], len);
	}
	close(pair[1]);
	guest = pair[0];
	CU_ASSERT_EQUAL(client_run(&c, "version"), CLIENT_FAILED);
	close(pair[0]);
	guest = -1;
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* It costs neither all memory nor all time, not even where nothing is said. */
static void test_endless(void)
{
	endless(MCONSOLE_TEXT - 1);
	endless(0);
}

/* --- JSON ----------------------------------------------------------------------- */

static void test_json(void)
{
	static const char text[] = "a\"\\\n\x1b\x7f"
				   "\xc3\xa4\xc2\x9b\xff\xc3";
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	client_json_string(f, text, sizeof(text) - 1);
	fclose(f);
	CU_ASSERT_STRING_EQUAL(out, "\"a\\\"\\\\\\n\\u001b\\u007f\xc3\xa4\\u009b\\ufffd\\ufffd\"");
	free(out);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"an answer without an end", test_endless},
		{"what is no text in JSON", test_json},
		CU_TEST_INFO_NULL,
	};

	return run_suite("uml_mconsole's client", NULL, NULL, tests);
}
