// SPDX-License-Identifier: GPL-2.0
/*
 * Opening disks: what is accepted, what is refused and with which errno, locks,
 * the judgement of changed backing files, and that a header that a guest wrote
 * into its own raw disk changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "disk.h"
#include "disk_identity.h"
#include "disk_private.h"
#include "disk_tmp.h"
#include "suite.h"

#define SIZE (1 << 20)

static char dir[64];

static int enter(void)
{
	strcpy(dir, "/tmp/test_disk.XXXXXX");
	return mkdtemp(dir) && !chdir(dir) ? 0 : 1;
}

static int leave(void)
{
	char cmd[96];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return chdir("/") || system(cmd);
}

static void make(const char *path, size_t size, int fill)
{
	char *buf = malloc(size + 1);
	FILE *f = fopen(path, "w");

	memset(buf, fill, size);
	if (!f || fwrite(buf, 1, size, f) != size || fclose(f))
		abort();
	free(buf);
}

static void set_mtime(const char *path, time_t seconds)
{
	struct timespec t[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

	if (utimensat(AT_FDCWD, path, t, 0))
		abort();
}

static struct disk disk;

static int open_disk(const char *path, const char *backing, unsigned int flags)
{
	struct disk_spec spec = {.path = path, .backing = backing, .flags = flags};
	int err = disk_open(&disk, &spec);

	/* Every refusal is one line and leaves nothing open. */
	if (err) {
		CU_ASSERT(disk.error[0] && !strchr(disk.error, '\n'));
		CU_ASSERT(disk.fd == -1 && disk.backing_fd == -1);
	}
	return err;
}

/* Opens and closes. */
static int try_disk(const char *path, const char *backing, unsigned int flags)
{
	int err = open_disk(path, backing, flags);

	disk_close(&disk);
	return err;
}

static int create(const char *cow, const char *backing, unsigned int flags, bool force)
{
	struct disk_spec spec = {.path = cow, .backing = backing, .flags = flags};
	char error[DISK_MESSAGE_LEN];

	return disk_create_cow(&spec, force, error);
}

static void put(const char *path, const void *data, size_t len, off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, data, len, at) != (ssize_t)len)
		abort();
	close(fd);
}

static void test_raw(void)
{
	make("img", SIZE, 1);
	CU_ASSERT_EQUAL_FATAL(open_disk("img", NULL, 0), 0);
	CU_ASSERT(!disk.cow && !disk.readonly && disk.size == SIZE && !disk.nwarnings);
	CU_ASSERT(fcntl(disk.fd, F_GETFD) & FD_CLOEXEC);
	disk_close(&disk);
	CU_ASSERT_EQUAL_FATAL(open_disk("img", NULL, DISK_READONLY), 0);
	CU_ASSERT(disk.readonly);
	CU_ASSERT_EQUAL(fcntl(disk.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	disk_close(&disk);
	make("odd", SIZE + 100, 1);
	CU_ASSERT_EQUAL_FATAL(open_disk("odd", NULL, 0), 0);
	CU_ASSERT(disk.size == SIZE && disk.nwarnings == 1);
	disk_close(&disk);
}

static void test_refused_kinds(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX, .sun_path = "sock"};
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CU_ASSERT_EQUAL(bind(s, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(s);
	make("img", SIZE, 1);
	make("small", 511, 1);
	CU_ASSERT_EQUAL(mkdir("dir", 0755), 0);
	CU_ASSERT_EQUAL(mkfifo("fifo", 0644), 0);
	CU_ASSERT_EQUAL(try_disk("", NULL, 0), -ENOENT);
	CU_ASSERT_EQUAL(try_disk("missing", NULL, 0), -ENOENT);
	CU_ASSERT_EQUAL(try_disk("img/x", NULL, 0), -ENOTDIR);
	CU_ASSERT_EQUAL(try_disk("dir", NULL, 0), -EISDIR);
	CU_ASSERT_EQUAL(try_disk("fifo", NULL, 0), -ENODEV);
	CU_ASSERT_EQUAL(try_disk("sock", NULL, 0), -ENODEV);
	CU_ASSERT_EQUAL(try_disk("/dev/null", NULL, 0), -ENODEV);
	CU_ASSERT_EQUAL(try_disk("small", NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(try_disk("c", "dir", DISK_CREATE), -EISDIR);
	CU_ASSERT_EQUAL(try_disk("c", "fifo", DISK_CREATE), -ENODEV);
	CU_ASSERT_EQUAL(try_disk("c", "/dev/zero", DISK_CREATE), -ENODEV);
	CU_ASSERT_EQUAL(try_disk("c", "small", DISK_CREATE), -EINVAL);
	CU_ASSERT_EQUAL(try_disk("c", "missing", DISK_CREATE), -ENOENT);
	CU_ASSERT_EQUAL(try_disk("c", "img", 0), -ENOENT);
	CU_ASSERT_EQUAL(try_disk("img", "c", DISK_DATA), -EINVAL);
	CU_ASSERT_EQUAL(access("c", F_OK), -1);
}

static void test_permission(void)
{
	int status;
	pid_t pid;

	make("img", SIZE, 1);
	make("secret", SIZE, 1);
	CU_ASSERT_EQUAL(chmod("img", 0444) | chmod("secret", 0) | chmod(".", 0755), 0);
	pid = fork();
	if (!pid) {
		/* Root may do everything: become nobody. */
		bool ok = (getuid() || !setuid(65534)) && open_disk("img", NULL, 0) == 0 &&
			  disk.readonly && disk.nwarnings == 1;

		ok = ok && try_disk("secret", NULL, 0) == -EACCES;
		ok = ok &&
		     try_disk("newcow", "img", DISK_CREATE) == (getuid() == 65534 ? -EACCES : 0);
		_exit(!ok);
	}
	CU_ASSERT(waitpid(pid, &status, 0) == pid && status == 0);
	unlink("img");
	unlink("secret");
}

static void test_create(void)
{
	make("base", SIZE + 700, 7);
	CU_ASSERT_EQUAL_FATAL(open_disk("new.img", "base", DISK_CREATE), 0);
	CU_ASSERT(disk.created && disk.cow && !disk.readonly && disk.size == SIZE + 512);
	CU_ASSERT_EQUAL(disk.header.geometry.version, 3);
	CU_ASSERT_EQUAL(disk.header.identity.algorithm, COW_IDENTITY_SHA256_CHUNKS);
	CU_ASSERT_EQUAL(disk.header.backing[0], '/');
	disk_close(&disk);
	CU_ASSERT_EQUAL_FATAL(open_disk("new.img", "base", DISK_CREATE), 0);
	CU_ASSERT(!disk.created);
	disk_close(&disk);
	CU_ASSERT_EQUAL(create("new.img", "base", 0, false), -EEXIST);
	CU_ASSERT_EQUAL(create("new.img", "base", 0, true), 0);
	CU_ASSERT_EQUAL(create("base", "base", 0, true), -ELOOP);
	make("plain", SIZE, 1);
	CU_ASSERT_EQUAL(create("plain", "base", 0, true), -EEXIST); /* not a COW file */
	CU_ASSERT_EQUAL(create("nodir/x", "base", 0, false), -ENOENT);
	CU_ASSERT_EQUAL(try_disk("base", "new.img", DISK_CREATE), -EBADMSG); /* swapped */
	CU_ASSERT_EQUAL(try_disk("new.img", "new.img", 0), -ELOOP);
	make("empty", 0, 0);
	CU_ASSERT_EQUAL(try_disk("empty", "base", DISK_CREATE), -EBADMSG);
}

static void test_alone(void)
{
	make("base", SIZE, 7);
	CU_ASSERT_EQUAL(create("a.cow", "base", 0, false), 0);
	CU_ASSERT_EQUAL(create("marked", "base", 0, false), 0);
	CU_ASSERT_EQUAL(create("unmarked", "base", 0, false), 0);
	removexattr("unmarked", "user.nestling.cow");

	CU_ASSERT_EQUAL_FATAL(open_disk("a.cow", NULL, DISK_PROBE_COW), 0);
	CU_ASSERT(disk.cow && strstr(disk.backing_path, "/base"));
	disk_close(&disk);
	if (getxattr("marked", "user.nestling.cow", NULL, 0) >= 0) {
		CU_ASSERT_EQUAL_FATAL(open_disk("marked", NULL, DISK_PROBE_COW), 0);
		CU_ASSERT(disk.cow);
		disk_close(&disk);
	}
	CU_ASSERT_EQUAL_FATAL(open_disk("unmarked", NULL, DISK_COW), 0);
	CU_ASSERT(disk.cow);
	disk_close(&disk);
	/* Looks like COW, not called COW: plain, with a warning. */
	CU_ASSERT_EQUAL_FATAL(open_disk("unmarked", NULL, DISK_PROBE_COW), 0);
	CU_ASSERT(!disk.cow && disk.nwarnings == 1);
	disk_close(&disk);
	CU_ASSERT_EQUAL_FATAL(open_disk("a.cow", NULL, DISK_DATA | DISK_PROBE_COW), 0);
	CU_ASSERT(!disk.cow);
	disk_close(&disk);
	/* Called COW but is not: refused, so it never becomes one behind our back. */
	make("b.cow", SIZE, 1);
	CU_ASSERT_EQUAL(try_disk("b.cow", NULL, DISK_PROBE_COW), -EBADMSG);
	unlink("base");
	CU_ASSERT_EQUAL(try_disk("a.cow", NULL, DISK_PROBE_COW), -ENOENT);
}

/* The guest's trick: a valid COW header in its raw disk that names a host file. */
static void test_guest_header(void)
{
	uint8_t header[COW_HEADER_MAX];
	struct cow_header h = {.mtime = 1000};

	make("host-secret", SIZE / 2, 's');
	set_mtime("host-secret", 1000);
	make("raw", SIZE, 1);
	CU_ASSERT_EQUAL(cow_geometry_init(&h.geometry, SIZE / 2, 0, 0), COW_OK);
	snprintf(h.backing, sizeof(h.backing), "%s/host-secret", dir);
	CU_ASSERT(cow_header_build(&h, header, sizeof(header)) > 0);
	put("raw", header, sizeof(header), 0);
	CU_ASSERT_EQUAL_FATAL(open_disk("raw", NULL, DISK_PROBE_COW), 0);
	CU_ASSERT(!disk.cow && disk.size == SIZE && disk.backing_fd == -1);
	disk_close(&disk);
	/* The same bytes, called COW by the operator, do open the other file. */
	CU_ASSERT_EQUAL_FATAL(open_disk("raw", NULL, DISK_COW), 0);
	CU_ASSERT(disk.cow && disk.no_identity);
	disk_close(&disk);
}

static void test_backing_changed(void)
{
	make("base", SIZE, 7);
	set_mtime("base", 1000);
	CU_ASSERT_EQUAL(create("c.cow", "base", 0, false), 0);
	CU_ASSERT_EQUAL(create("old.cow", "base", DISK_NO_IDENTITY, false), 0);

	set_mtime("base", 2000); /* touched: accepted, and the header follows */
	CU_ASSERT_EQUAL(try_disk("c.cow", NULL, DISK_COW | DISK_READONLY), 0);
	CU_ASSERT_EQUAL_FATAL(open_disk("c.cow", NULL, DISK_COW), 0);
	CU_ASSERT_EQUAL(disk.header.mtime, 2000);
	disk_close(&disk);
	CU_ASSERT_EQUAL(try_disk("old.cow", NULL, DISK_COW), -ESTALE);
	CU_ASSERT(strstr(disk.error, "--trust") != NULL);
	CU_ASSERT_EQUAL(try_disk("old.cow", NULL, DISK_COW | DISK_TRUST), 0);

	put("base", "x", 1, SIZE / 2); /* changed, with an old mtime or a new one */
	set_mtime("base", 3000);
	CU_ASSERT_EQUAL(try_disk("c.cow", NULL, DISK_COW), -ESTALE);
	CU_ASSERT(strstr(disk.error, "content") != NULL);
	make("base", SIZE, 7);
	set_mtime("base", 2000);
	CU_ASSERT_EQUAL(try_disk("c.cow", NULL, DISK_COW), 0);
	make("base", SIZE + 512, 7);
	CU_ASSERT_EQUAL(try_disk("c.cow", NULL, DISK_COW), -ESTALE);
	CU_ASSERT(strstr(disk.error, "size") != NULL);

	make("copy", SIZE, 7); /* a copy under another name */
	CU_ASSERT_EQUAL_FATAL(open_disk("c.cow", "copy", 0), 0);
	CU_ASSERT_EQUAL(disk.nwarnings, 1);
	disk_close(&disk);
}

static void test_record_identity(void)
{
	make("base", SIZE, 7);
	CU_ASSERT_EQUAL_FATAL(open_disk("late.cow", "base", DISK_CREATE | DISK_NO_IDENTITY), 0);
	CU_ASSERT(disk.no_identity);
	CU_ASSERT_EQUAL(disk_record_identity(&disk, NULL, NULL), 0);
	disk_close(&disk);
	set_mtime("base", 12345);
	CU_ASSERT_EQUAL(try_disk("late.cow", NULL, DISK_COW), 0);
}

/* The middle third of a file, as an image in a packed rig lies in it. */
static void test_part(void)
{
	struct disk_spec spec = {
		.path = "part.cow", .backing = "whole", .flags = DISK_CREATE, .part = {SIZE, SIZE}};
	struct cow_disk_config config;
	struct cow_disk served;
	char buf[512];
	struct iovec iov = {buf, sizeof(buf)};

	make("whole", 3 * SIZE, 1);
	make("other", 3 * SIZE, 1);
	memset(buf, 2, sizeof(buf));
	put("whole", buf, sizeof(buf), SIZE);
	put("whole", buf, sizeof(buf), 2 * SIZE - 512);
	CU_ASSERT_EQUAL_FATAL(disk_open(&disk, &spec), 0);
	CU_ASSERT_EQUAL(disk.size, SIZE);
	disk_config(&disk, &config);
	CU_ASSERT_EQUAL_FATAL(cow_disk_init(&served, &config), 0);
	CU_ASSERT(cow_disk_preadv(&served, &iov, 1, 0, 0) == 0 && buf[0] == 2 && buf[511] == 2);
	CU_ASSERT(cow_disk_preadv(&served, &iov, 1, 512, 0) == 0 && buf[0] == 1 && buf[511] == 1);
	CU_ASSERT(cow_disk_preadv(&served, &iov, 1, SIZE - 512, 0) == 0 && buf[511] == 2);
	CU_ASSERT_EQUAL(cow_disk_preadv(&served, &iov, 1, SIZE, 0), -EINVAL);
	cow_disk_exit(&served);
	disk_close(&disk);

	/* Its identity is that of the part: what changes around it is of no account. */
	memset(buf, 3, sizeof(buf));
	put("whole", buf, sizeof(buf), 0);
	set_mtime("whole", 4711);
	CU_ASSERT_EQUAL(disk_open(&disk, &spec), 0);
	disk_close(&disk);
	put("whole", buf, sizeof(buf), SIZE + 4096);
	set_mtime("whole", 4712);
	CU_ASSERT_EQUAL(disk_open(&disk, &spec), -ESTALE);

	/* The whole is not what it was made over, nor is there more of the file than there is. */
	spec.part = (struct disk_part){0, 0};
	CU_ASSERT_EQUAL(disk_open(&disk, &spec), -ESTALE);
	spec.part = (struct disk_part){2 * SIZE + 512, SIZE};
	CU_ASSERT_EQUAL(disk_open(&disk, &spec), -EINVAL);
	spec.part = (struct disk_part){UINT64_MAX - 511, SIZE};
	CU_ASSERT_EQUAL(disk_open(&disk, &spec), -EINVAL);
	CU_ASSERT(strstr(disk.error, "whole") != NULL);

	/* A disk that was grown would read what lies behind its part. */
	spec = (struct disk_spec){
		.path = "grown.cow", .backing = "other", .flags = DISK_CREATE, .part = {0, SIZE}};
	CU_ASSERT_EQUAL_FATAL(disk_open(&disk, &spec), 0);
	CU_ASSERT_EQUAL(cow_geometry_init(&disk.header.geometry, SIZE + 4096, 0, 0), 0);
	CU_ASSERT_EQUAL(disk_write_header(disk.fd, &disk.header), 0);
	CU_ASSERT_EQUAL(ftruncate(disk.fd, (off_t)disk.header.geometry.file_end), 0);
	disk_close(&disk);
	CU_ASSERT_EQUAL(disk_open(&disk, &spec), -EINVAL);
	CU_ASSERT(strstr(disk.error, "grown") != NULL);
}

static bool has_identity(const char *path)
{
	struct disk_spec spec = {.path = path, .flags = DISK_COW | DISK_READONLY | DISK_SHARED};
	static struct disk d;
	bool has = !disk_open(&d, &spec) && !d.no_identity;

	disk_close(&d);
	return has;
}

static void test_identity_background(void)
{
	make("base", 3 * SIZE, 7);
	make("huge", 0, 0);
	CU_ASSERT_EQUAL(truncate("huge", 1LL << 33), 0);
	CU_ASSERT_EQUAL_FATAL(open_disk("bg.cow", "base", DISK_CREATE | DISK_NO_IDENTITY), 0);
	disk_identity_start(&disk);
	for (int i = 0; i < 20000 && !has_identity("bg.cow"); i++)
		usleep(1000);
	CU_ASSERT(has_identity("bg.cow"));
	disk_close(&disk);
	set_mtime("base", 4242);
	CU_ASSERT_EQUAL(try_disk("bg.cow", NULL, DISK_COW), 0);
	/* Closing stops it; what was touched meanwhile is not recorded. */
	CU_ASSERT_EQUAL_FATAL(open_disk("bg2.cow", "huge", DISK_CREATE | DISK_NO_IDENTITY), 0);
	disk_identity_start(&disk);
	disk_close(&disk);
	CU_ASSERT_EQUAL_FATAL(open_disk("bg3.cow", "base", DISK_CREATE | DISK_NO_IDENTITY), 0);
	set_mtime("base", 5000);
	CU_ASSERT_EQUAL(disk_record_identity(&disk, NULL, NULL), -ESTALE);
	disk_close(&disk);
}

/* Two openings in one process conflict too: OFD locks belong to descriptions. */
static void test_locks(void)
{
	struct disk_spec raw = {.path = "base"}, cow1 = {.path = "1.cow", .backing = "base"};
	static struct disk first;

	make("base", SIZE, 7);
	CU_ASSERT_EQUAL(create("1.cow", "base", 0, false), 0);
	CU_ASSERT_EQUAL(create("2.cow", "base", 0, false), 0);
	CU_ASSERT_EQUAL(disk_open(&first, &raw), 0);
	CU_ASSERT_EQUAL(try_disk("base", NULL, 0), -EWOULDBLOCK);
	CU_ASSERT_EQUAL(try_disk("base", NULL, DISK_READONLY), -EWOULDBLOCK);
	CU_ASSERT_EQUAL(try_disk("1.cow", NULL, DISK_COW), -EWOULDBLOCK);
	CU_ASSERT_EQUAL(try_disk("base", NULL, DISK_SHARED), 0);
	disk_close(&first);
	CU_ASSERT_EQUAL(disk_open(&first, &cow1), 0);
	CU_ASSERT_EQUAL(try_disk("1.cow", NULL, DISK_COW), -EWOULDBLOCK);
	CU_ASSERT_EQUAL(create("1.cow", "base", 0, true), -EWOULDBLOCK);
	CU_ASSERT_EQUAL(try_disk("2.cow", NULL, DISK_COW), 0);
	CU_ASSERT_EQUAL(try_disk("base", NULL, 0), -EWOULDBLOCK);
	CU_ASSERT_EQUAL(try_disk("base", NULL, DISK_READONLY), 0);
	disk_close(&first);
}

static void test_damaged(void)
{
	uint32_t zero = 0;

	make("base", SIZE, 7);
	CU_ASSERT_EQUAL(create("d.cow", "base", 0, false), 0);
	put("d.cow", &zero, 4, 24); /* alignment 0 */
	CU_ASSERT_EQUAL(try_disk("d.cow", "base", 0), -EBADMSG);
	CU_ASSERT(strstr(disk.error, "alignment 0") != NULL);
	CU_ASSERT_EQUAL(create("e.cow", "base", 0, false), 0);
	CU_ASSERT_EQUAL(truncate("e.cow", SIZE), 0);
	CU_ASSERT_EQUAL(try_disk("e.cow", "base", 0), -EBADMSG);
}

static void test_identity_ignores_holes(void)
{
	uint8_t a[COW_DIGEST_LEN], b[COW_DIGEST_LEN];
	int fd;

	make("dense", 5 * SIZE, 0);
	put("dense", "data", 4, 3 * SIZE + 5);
	make("sparse", 0, 0);
	CU_ASSERT_EQUAL(truncate("sparse", 5 * SIZE), 0);
	put("sparse", "data", 4, 3 * SIZE + 5);
	fd = open("dense", O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(disk_identity_compute(fd, 0, 5 * SIZE, NULL, NULL, a), 0);
	CU_ASSERT_EQUAL(disk_identity_compute(fd, 0, 6 * SIZE, NULL, NULL, b), -EIO);
	close(fd);
	fd = open("sparse", O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(disk_identity_compute(fd, 0, 5 * SIZE, NULL, NULL, b), 0);
	CU_ASSERT_EQUAL(memcmp(a, b, sizeof(a)), 0);
	CU_ASSERT_EQUAL(disk_identity_compute(fd, 0, 4 * SIZE, NULL, NULL, b), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
	close(fd);
}

/* Several TiB: made, opened, written at both ends, all in an instant and a few blocks. */
static void test_huge(void)
{
	uint64_t size = 5ULL << 40;
	struct cow_disk_config config;
	struct cow_disk cd;
	char buf[512] = "end";
	struct iovec iov = {buf, sizeof(buf)};
	struct stat st;

	make("huge", 0, 0);
	CU_ASSERT_EQUAL_FATAL(truncate("huge", (off_t)size), 0);
	CU_ASSERT_EQUAL_FATAL(open_disk("huge.cow", "huge", DISK_CREATE), 0);
	disk_config(&disk, &config);
	CU_ASSERT_EQUAL_FATAL(cow_disk_init(&cd, &config), 0);
	CU_ASSERT_EQUAL(cow_disk_size(&cd), size);
	CU_ASSERT_EQUAL(cow_disk_pwritev(&cd, &iov, 1, size - 512, 0), 0);
	CU_ASSERT_EQUAL(cow_disk_pwritev(&cd, &iov, 1, size / 2, 0), 0);
	CU_ASSERT_EQUAL(cow_disk_flush(&cd), 0);
	CU_ASSERT_EQUAL(cow_disk_pwritev(&cd, &iov, 1, size, 0), -EINVAL);
	cow_disk_exit(&cd);
	CU_ASSERT_EQUAL(cow_disk_init(&cd, &config), 0);
	memset(buf, 0, sizeof(buf));
	CU_ASSERT_EQUAL(cow_disk_preadv(&cd, &iov, 1, size - 512, 0), 0);
	CU_ASSERT_STRING_EQUAL(buf, "end");
	cow_disk_exit(&cd);
	CU_ASSERT_EQUAL(fstat(disk.fd, &st), 0);
	CU_ASSERT(st.st_blocks < 2048);
	disk_close(&disk);
	unlink("huge.cow");
}

static void test_tmp(void)
{
	struct disk_tmp t;

	make("exists", 10, 1);
	CU_ASSERT_EQUAL(disk_tmp_begin(&t, "exists"), 0);
	CU_ASSERT_EQUAL(disk_tmp_commit(&t, false), -EEXIST);
	disk_tmp_abort(&t);
	CU_ASSERT_EQUAL(disk_tmp_begin(&t, "exists"), 0);
	CU_ASSERT_EQUAL(write(t.fd, "12345", 5), 5);
	CU_ASSERT_EQUAL(disk_tmp_commit(&t, true), 0);
	CU_ASSERT_EQUAL(system("test $(stat -c %s exists) = 5 && ! ls exists.* 2>/dev/null"), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"raw images", test_raw},
		{"directories, FIFOs, devices, sizes", test_refused_kinds},
		{"permissions", test_permission},
		{"creating", test_create},
		{"a COW file named alone", test_alone},
		{"a header that the guest wrote", test_guest_header},
		{"changed backing files", test_backing_changed},
		{"identity recorded later", test_record_identity},
		{"identity recorded in the background", test_identity_background},
		{"parts of files as backing files", test_part},
		{"locks", test_locks},
		{"damaged headers", test_damaged},
		{"identity ignores holes", test_identity_ignores_holes},
		{"several TiB", test_huge},
		{"new files have their name when complete", test_tmp},
		CU_TEST_INFO_NULL,
	};

	return run_suite("disk", enter, leave, tests);
}
