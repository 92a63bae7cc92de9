// SPDX-License-Identifier: GPL-2.0
/*
 * The loader's management console against a guest played by this test: commands passed
 * on, hot-plug with refusals, time-outs and guests that end, clients that do not read,
 * garbage, strangers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "console.h"
#include "disks.h"
#include "guest.h"
#include "mconsole.h"
#include "mconsole_private.h"
#include "mconsole_proto.h"
#include "suite.h"

static struct linux_ctx ctx;
static int guest_end = -1, loader_end = -1;
static char dir[] = "/tmp/test_mconsole.XXXXXX";
static bool line_there[NL_CON_MAX];

/* --- what the modules under test need of others --- */

void guest_grow(const struct linux_ctx *c)
{
}

void guest_tell_layers(struct linux_ctx *c)
{
}

int guest_memory_fd(const struct linux_ctx *c)
{
	return -1;
}

int guest_control_fd(const struct linux_ctx *c)
{
	return loader_end;
}

int console_config(struct linux_ctx *c, enum nl_kind kind, unsigned int index, const char *spec,
		   char error[static CONSOLE_ERROR_LEN])
{
	if (strcmp(spec, "null") != 0) {
		snprintf(error, CONSOLE_ERROR_LEN, "'%s' is no channel", spec);
		return -EINVAL;
	}
	line_there[index] = true;
	ctx_slot(c, kind, index)->fd[0] = 0;
	return 0;
}

void console_tell_sizes(struct linux_ctx *c)
{
}

int console_remove(struct linux_ctx *c, enum nl_kind kind, unsigned int index,
		   char error[static CONSOLE_ERROR_LEN])
{
	line_there[index] = false;
	ctx_slot_drop(c, kind, index);
	return 0;
}

bool console_describe(struct linux_ctx *c, enum nl_kind kind, unsigned int index, char *text,
		      size_t len)
{
	snprintf(text, len, "null");
	return true;
}

/* --- the world around --- */

static void stop_loop(struct loop_timer *t)
{
	loop_stop(ctx.loop);
}

/* Lets the loader work for a moment. */
static void pump(void)
{
	static struct loop_timer t;

	loop_timer_set(ctx.loop, &t, 1000000, stop_loop, NULL);
	loop_run(ctx.loop);
}

static int connect_client(bool named)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX}, to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (named)
		bind(fd, (struct sockaddr *)&any, sizeof(any.sun_family));
	memcpy(to.sun_path, ctx.mconsole->path, sizeof(to.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void say(int fd, const char *line)
{
	uint8_t buf[MCONSOLE_REQUEST_MAX];
	size_t n = mconsole_request_build(buf, line, strlen(line));

	CU_ASSERT_EQUAL(send(fd, buf, n, 0), (ssize_t)n);
}

/* A whole answer: its error, or -1 when none comes. */
static int hear(int fd, char *text, size_t size)
{
	uint8_t buf[MCONSOLE_REPLY_MAX];
	struct mconsole_reply r;
	size_t len = 0;
	int tries;

	text[0] = '\0';
	for (tries = 0; tries < 3000; tries++) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n < 0) {
			pump();
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(mconsole_reply_parse(buf, (size_t)n, &r), 0);
		len += (size_t)snprintf(text + len, size - len, "%s", r.text);
		if (!r.more)
			return (int)r.err;
	}
	return -1;
}

static char answer[65536];

/* Asks, and checks error and a part of the text. */
static void expect(const char *line, int err, const char *part)
{
	int fd = connect_client(true), got;

	say(fd, line);
	got = hear(fd, answer, sizeof(answer));
	if (got != err || !strstr(answer, part))
		printf("\n%s: %d %s\n", line, got, answer);
	CU_ASSERT_EQUAL(got, err);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, part));
	close(fd);
}

/* What the guest was sent; descriptors are counted and closed. */
static int guest_hears(struct nl_msg *m)
{
	union {
		struct cmsghdr head;
		char buf[256];
	} control;
	struct iovec iov = {.iov_base = m, .iov_len = sizeof(*m)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;
	int tries, nfds = 0, fd;

	for (tries = 0; tries < 3000; tries++) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		if (recvmsg(guest_end, &msg, MSG_DONTWAIT) == sizeof(*m))
			break;
		pump();
	}
	CU_ASSERT_FATAL(tries < 3000);
	c = CMSG_FIRSTHDR(&msg);
	if (!c)
		return 0;
	nfds = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	for (int i = 0; i < nfds; i++) {
		memcpy(&fd, CMSG_DATA(c) + (size_t)i * sizeof(int), sizeof(fd));
		close(fd);
	}
	return nfds;
}

static void guest_says(const struct nl_msg *to, int err, bool more, const char *text)
{
	struct nl_msg m = {.type = NL_MSG_RESULT, .id = to->id, .err = err, .more = more};

	m.len = (uint32_t)strlen(text);
	memcpy(m.text, text, m.len);
	CU_ASSERT_EQUAL(send(guest_end, &m, sizeof(m), 0), sizeof(m));
}

/* One command, one message to the guest, one result. */
static void exchange(const char *line, enum nl_msg_type type, int guest_err, const char *guest_text,
		     int err, const char *part)
{
	int fd = connect_client(true), got;
	struct nl_msg m;

	say(fd, line);
	guest_hears(&m);
	CU_ASSERT_EQUAL(m.type, type);
	guest_says(&m, guest_err, false, guest_text);
	got = hear(fd, answer, sizeof(answer));
	if (got != err || !strstr(answer, part))
		printf("\n%s: %d %s\n", line, got, answer);
	CU_ASSERT_EQUAL(got, err);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, part));
	close(fd);
}

static void start_guest(void)
{
	int fds[2];

	socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);
	loader_end = fds[0];
	guest_end = fds[1];
	control_start(&ctx);
}

static void end_guest(void)
{
	control_stop(&ctx);
	close(loader_end);
	close(guest_end);
}

static int set_up(void)
{
	ctx.self_fd = ctx.run_lock_fd = -1;
	ctx.loop = loop_new();
	if (!ctx.loop || !mkdtemp(dir))
		return 1;
	snprintf(ctx.run_dir, sizeof(ctx.run_dir), "%s", dir);
	snprintf(ctx.umid, sizeof(ctx.umid), "tested");
	start_guest();
	return mconsole_open(&ctx);
}

static int tear_down(void)
{
	end_guest();
	mconsole_close(&ctx);
	ctx_free(&ctx);
	return rmdir(dir);
}

/* --- tests --- */

static void own_commands(void)
{
	struct stat st;

	CU_ASSERT_EQUAL(stat(ctx.mconsole->path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	expect("version", 0, "Linux tested");
	expect("help", 0, "stack PID");
	expect("  version \n", 0, "Linux tested");
	expect("fly", EINVAL, "unknown command 'fly'");
	expect("versions", EINVAL, "unknown command");
	expect("halt now", EINVAL, "no argument");
	expect("sysrq", EINVAL, "usage: sysrq KEY");
	expect("go", EINVAL, "not stopped");
	expect("config", 0, "mem=");
}

static void passed_on(void)
{
	char long_text[NL_MSG_TEXT + 1];
	int fd = connect_client(true);
	struct nl_msg m;

	say(fd, "log  two  words");
	guest_hears(&m);
	CU_ASSERT_EQUAL(m.type, NL_MSG_COMMAND);
	CU_ASSERT_EQUAL(m.len, 15);
	CU_ASSERT_EQUAL(memcmp(m.text, "log  two  words", 15), 0);
	memset(long_text, 'l', sizeof(long_text) - 1);
	long_text[NL_MSG_TEXT] = '\0';
	for (int i = 0; i < 30; i++)
		guest_says(&m, 0, true, long_text);
	guest_says(&m, 0, false, "end");
	CU_ASSERT_EQUAL(hear(fd, answer, sizeof(answer)), 0);
	CU_ASSERT_EQUAL(strlen(answer), 30 * NL_MSG_TEXT + 3);
	CU_ASSERT_STRING_EQUAL(answer + 30 * NL_MSG_TEXT, "end");
	close(fd);
	exchange("proc x", NL_MSG_COMMAND, -ENOENT, "", ENOENT, "No such file");
	exchange("proc x", NL_MSG_COMMAND, -ENOENT, "no /proc/x", ENOENT, "no /proc/x");
	exchange("config mem=+64M", NL_MSG_COMMAND, 0, "done", 0, "done");
}

static void silent_guest(void)
{
	struct nl_msg m;

	ctx.mconsole->timeout_ns = 50000000;
	expect("stack 1", ETIMEDOUT, "did not answer");
	guest_hears(&m);
	guest_says(&m, 0, false, "too late");
	ctx.mconsole->timeout_ns = 10000000000ULL;
	exchange("stack 1", NL_MSG_COMMAND, 0, "in time", 0, "in time");
}

static void stop_and_go(void)
{
	exchange("stop", NL_MSG_COMMAND, -EBUSY, "cannot", EBUSY, "cannot");
	expect("go", EINVAL, "not stopped");
	exchange("stop", NL_MSG_COMMAND, 0, "stopped", 0, "stopped");
	expect("version", 0, "Linux");
	expect("log x", EBUSY, "go continues it");
	expect("stop", EBUSY, "go continues it");
	expect("remove ubd1", ENODEV, "no ubd1");
	expect("config ubd1=/etc/passwd", EBUSY, "go continues it");
	exchange("go", NL_MSG_COMMAND, 0, "", 0, "");
	exchange("log x", NL_MSG_COMMAND, 0, "", 0, "");
}

static void make_disk(char *path, size_t size, const char *name)
{
	int fd;

	snprintf(path, size, "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CU_ASSERT_FATAL(fd >= 0 && ftruncate(fd, 1 << 20) == 0);
	close(fd);
}

static void disks(void)
{
	char path[128], line[256];
	int a = connect_client(true);
	struct nl_msg m;

	make_disk(path, sizeof(path), "disk");
	snprintf(line, sizeof(line), "config ubd3r=%s", path);
	say(a, line);
	CU_ASSERT_EQUAL(guest_hears(&m), 1);
	CU_ASSERT_EQUAL(m.type, NL_MSG_ADD);
	CU_ASSERT_EQUAL(m.slot.kind, NL_KIND_UBD);
	CU_ASSERT_EQUAL(m.slot.index, 3);
	CU_ASSERT_EQUAL(m.slot.ubd.size, 1 << 20);
	CU_ASSERT(m.slot.flags & NL_UBD_READONLY);
	expect("remove ubd3", EBUSY, "being changed");
	guest_says(&m, 0, false, "");
	CU_ASSERT_EQUAL(hear(a, answer, sizeof(answer)), 0);
	close(a);
	expect("config ubd3", 0, path);
	expect("config ubdd", 0, path);
	expect("config", 0, "ubd3=");
	expect(line, EEXIST, "remove it first");
	exchange("remove ubd3", NL_MSG_REMOVE, -EBUSY, "it is mounted", EBUSY, "it is mounted");
	expect("config ubd3", 0, path);
	exchange("remove ubd3", NL_MSG_REMOVE, 0, "", 0, "");
	expect("config ubd3", 0, "none");
	CU_ASSERT_PTR_NULL(ctx.disk[3]);
	/* The guest refuses: nothing stays. */
	exchange(line, NL_MSG_ADD, -EINVAL, "no", EINVAL, "no");
	CU_ASSERT_PTR_NULL(ctx.disk[3]);
	CU_ASSERT_PTR_NULL(ctx_slot_find(&ctx, NL_KIND_UBD, 3));
	unlink(path);
	expect(line, ENOENT, "No such file");
}

/* A disk that the guest may have stays until it is known that it has not. */
static void disk_in_doubt(void)
{
	char path[128], line[256];
	struct nl_msg m;

	make_disk(path, sizeof(path), "doubt");
	snprintf(line, sizeof(line), "config ubd4=%s", path);
	ctx.mconsole->timeout_ns = 50000000;
	expect(line, ETIMEDOUT, "did not answer");
	ctx.mconsole->timeout_ns = 10000000000ULL;
	guest_hears(&m);
	CU_ASSERT_PTR_NOT_NULL(ctx.disk[4]);
	exchange("remove ubd4", NL_MSG_REMOVE, -ENODEV, "no such disk", 0, "");
	CU_ASSERT_PTR_NULL(ctx.disk[4]);
	unlink(path);
}

static void lines(void)
{
	int a = connect_client(true);
	struct nl_msg m;

	exchange("config con2=null", NL_MSG_ADD, 0, "", 0, "");
	expect("config con2", 0, "null");
	/* Another channel: the old one goes first. */
	say(a, "config con2=null");
	guest_hears(&m);
	CU_ASSERT_EQUAL(m.type, NL_MSG_REMOVE);
	guest_says(&m, 0, false, "");
	CU_ASSERT_EQUAL(guest_hears(&m), 1);
	CU_ASSERT_EQUAL(m.type, NL_MSG_ADD);
	guest_says(&m, 0, false, "");
	CU_ASSERT_EQUAL(hear(a, answer, sizeof(answer)), 0);
	close(a);
	exchange("config con2=none", NL_MSG_REMOVE, 0, "", 0, "");
	CU_ASSERT_FALSE(line_there[2]);
	expect("config con2=nonsense", EINVAL, "con2: ");
	expect("config con2=pty", EINVAL, "is no channel"); /* not opened, as it were */
	exchange("config con2=null", NL_MSG_ADD, 0, "", 0, "");
	exchange("remove con2", NL_MSG_REMOVE, -EBUSY, "open in the guest", EBUSY, "open");
	exchange("remove con2", NL_MSG_REMOVE, 0, "", 0, "");
}

static void names(void)
{
	static const char *const bad[] = {
		"ubd",   "ubd16", "ubdq",  "ubd1x",    "ubd99999999999999999999",
		"ubd-1", "con16", "con",   "ssl64",    "ssl",
		"con1x", "eth",   "eth16", "eth0=tap", "disk",
		"=x",    "memo",  "ubd1=", "ubd1,=a",  "ubd1=\x7f",
	};
	char line[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = connect_client(true);

		snprintf(line, sizeof(line), "config %s", bad[i]);
		say(fd, line);
		if (hear(fd, answer, sizeof(answer)) <= 0)
			printf("\n%s: %s\n", line, answer);
		CU_ASSERT(answer[0] != '\0');
		close(fd);
	}
	CU_ASSERT_EQUAL(ctx.nslots, 0);
	expect("config eth0", 0, "none");
	expect("config eth0=daemon,,,/nowhere/at/all", ENOENT, "no switch answers");
	CU_ASSERT_EQUAL(ctx.nslots, 0);
}

static void guest_ends(void)
{
	int a = connect_client(true), b = connect_client(true);
	struct nl_msg m;

	say(a, "halt");
	guest_hears(&m);
	say(b, "log x");
	guest_hears(&m);
	end_guest();
	CU_ASSERT_EQUAL(hear(a, answer, sizeof(answer)), 0);
	CU_ASSERT_EQUAL(hear(b, answer, sizeof(answer)), ECONNRESET);
	expect("log x", ENOTCONN, "no guest runs");
	expect("version", 0, "Linux");
	start_guest();
	exchange("log x", NL_MSG_COMMAND, 0, "", 0, "");
	close(a);
	close(b);
}

static void garbage(void)
{
	static uint8_t junk[60000];
	int fd = connect_client(true), unnamed = connect_client(false);
	uint32_t head[3] = {MCONSOLE_MAGIC, 3, 0};

	for (size_t i = 0; i < 2000; i++) {
		send(fd, junk, i * 29 % sizeof(junk), 0);
		if (i % 5 == 0)
			pump();
	}
	say(unnamed, "version");
	expect("version", 0, "Linux");
	CU_ASSERT_EQUAL(recv(unnamed, junk, sizeof(junk), 0), -1);
	CU_ASSERT_EQUAL(recv(fd, junk, sizeof(junk), 0), -1);
	CU_ASSERT_EQUAL(send(fd, head, sizeof(head), 0), sizeof(head));
	CU_ASSERT_EQUAL(hear(fd, answer, sizeof(answer)), EPROTONOSUPPORT);
	head[1] = 2;
	CU_ASSERT_EQUAL(send(fd, head, sizeof(head), 0), sizeof(head));
	CU_ASSERT_EQUAL(hear(fd, answer, sizeof(answer)), EINVAL);
	close(fd);
	close(unnamed);
}

static void client_that_does_not_read(void)
{
	int fd = connect_client(true);

	for (int i = 0; i < 3000; i++) {
		uint8_t buf[MCONSOLE_REQUEST_MAX];
		size_t n = mconsole_request_build(buf, "help", 4);

		if (send(fd, buf, n, 0) < 0)
			pump();
	}
	CU_ASSERT(ctx.mconsole->answers.count <= ANSWERS_MAX);
	/* It has used up the socket's buffer; another socket takes over. */
	for (int i = 0; i < 700; i++)
		pump();
	expect("version", 0, "Linux");
	close(fd);
	for (int i = 0; i < 3000 && ctx.mconsole->answers.count; i++)
		pump();
	CU_ASSERT_EQUAL(ctx.mconsole->answers.count, 0);
}

/* Many wait for a guest that is silent: the next is told so. */
static void crowd(void)
{
	int fd = connect_client(true);
	struct nl_msg m;

	for (int i = 0; i < ANSWERS_MAX; i++) {
		say(fd, "log x");
		pump();
	}
	expect("version", EBUSY, "too many");
	for (int i = 0; i < ANSWERS_MAX; i++) {
		guest_hears(&m);
		guest_says(&m, 0, false, "");
	}
	for (int i = 0; i < ANSWERS_MAX; i++)
		CU_ASSERT_EQUAL(hear(fd, answer, sizeof(answer)), 0);
	expect("version", 0, "Linux");
	close(fd);
}

/* Another user who somehow reaches the socket is not heard. */
static void stranger(void)
{
	int status = 1, fd;
	char c;
	pid_t pid;

	if (geteuid() != 0)
		return;
	CU_ASSERT_EQUAL(chmod(dir, 0755) | chmod(ctx.mconsole->path, 0777), 0);
	pid = fork();
	if (pid == 0) {
		if (setresuid(1, 1, 1) < 0)
			_exit(2);
		fd = connect_client(true);
		say(fd, "version");
		for (int i = 0; i < 200; i++) {
			usleep(1000);
			if (recv(fd, &c, 1, 0) >= 0)
				_exit(3);
		}
		_exit(fd < 0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		pump();
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_EQUAL(chmod(dir, 0700) | chmod(ctx.mconsole->path, 0600), 0);
}

static void notifications(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	uint8_t buf[MCONSOLE_NOTIFY_MAX];
	struct mconsole_notify n;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/notify", dir);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	mconsole_notify(&ctx, NL_MSG_PANIC, "nobody listens yet");
	ctx.opt.mconsole_notify = strdup(addr.sun_path);
	mconsole_notify(&ctx, NL_MSG_PANIC, "no init");
	mconsole_notify(&ctx, NL_MSG_NOTIFY, "hello");
	mconsole_notify(&ctx, NL_MSG_RUNNING, "");
	CU_ASSERT_EQUAL(mconsole_notify_parse(buf, (size_t)recv(fd, buf, sizeof(buf), 0), &n), 0);
	CU_ASSERT_EQUAL(n.type, MCONSOLE_NOTIFY_PANIC);
	CU_ASSERT_STRING_EQUAL(n.text, "no init");
	CU_ASSERT_EQUAL(mconsole_notify_parse(buf, (size_t)recv(fd, buf, sizeof(buf), 0), &n), 0);
	CU_ASSERT_EQUAL(n.type, MCONSOLE_NOTIFY_USER);
	CU_ASSERT_STRING_EQUAL(n.text, "hello");
	CU_ASSERT_EQUAL(recv(fd, buf, sizeof(buf), 0), -1);
	/* Told at the start, too; and nothing blocks when nobody reads. */
	mconsole_close(&ctx);
	CU_ASSERT_EQUAL(mconsole_open(&ctx), 0);
	CU_ASSERT_EQUAL(mconsole_notify_parse(buf, (size_t)recv(fd, buf, sizeof(buf), 0), &n), 0);
	CU_ASSERT_EQUAL(n.type, MCONSOLE_NOTIFY_SOCKET);
	CU_ASSERT_STRING_EQUAL(n.text, ctx.mconsole->path);
	for (int i = 0; i < 5000; i++)
		mconsole_notify(&ctx, NL_MSG_NOTIFY, "more");
	close(fd);
	unlink(addr.sun_path);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"own commands", own_commands},
		{"passed on", passed_on},
		{"a silent guest", silent_guest},
		{"stop and go", stop_and_go},
		{"disks", disks},
		{"a disk in doubt", disk_in_doubt},
		{"lines", lines},
		{"names", names},
		{"the guest ends", guest_ends},
		{"garbage", garbage},
		{"a client that does not read", client_that_does_not_read},
		{"a crowd", crowd},
		{"a stranger", stranger},
		{"notifications", notifications},
		CU_TEST_INFO_NULL,
	};

	return run_suite("mconsole", set_up, tear_down, tests);
}
