// SPDX-License-Identifier: GPL-2.0
/*
 * Where captures go; see capture_private.h.
 *
 * A file has whole blocks only: when a write fails (the disk is full), what it wrote is cut off
 * again, and what waited is counted as lost. The next write tries again, so a capture goes on when
 * there is room.
 *
 * A pipe takes what it takes now; the rest waits in the buffer, and when that is full, frames are
 * lost whole. When the reader has gone, everything is lost from then on, and SIGPIPE must not end
 * the program: where it would, it is ignored from the first pipe on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "capture_private.h"
#include "log.h"

#define CLOSE_WAIT_MS 1000

static const char *file_name(const struct capture *cap, unsigned int number, char *out, size_t len)
{
	if (!cap->path)
		snprintf(out, len, "descriptor %d", cap->fd);
	else if (number)
		snprintf(out, len, "%s.%u", cap->path, number);
	else
		snprintf(out, len, "%s", cap->path);
	return out;
}

static int open_number(const struct capture *cap, unsigned int number)
{
	char name[4200];
	int fd;

	/* O_NONBLOCK: a FIFO that nobody reads is an error, not a wait. */
	fd = open(file_name(cap, number, name, sizeof(name)),
		  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	return fd < 0 ? -errno : fd;
}

static void ignore_sigpipe(void)
{
	struct sigaction sa;

	if (sigaction(SIGPIPE, NULL, &sa) < 0 || sa.sa_handler != SIG_DFL)
		return;
	sa = (struct sigaction){.sa_handler = SIG_IGN};
	sigaction(SIGPIPE, &sa, NULL);
}

static int use_fd(struct capture *cap, int fd)
{
	struct stat st;
	int flags;

	if (fstat(fd, &st) < 0)
		return -errno;
	cap->fd = fd;
	cap->stream = !S_ISREG(st.st_mode);
	cap->written = 0;
	if (!cap->stream) {
		/* Somebody else's file may have been written to already. */
		off_t at = lseek(fd, 0, SEEK_CUR);

		cap->written = at > 0 ? (uint64_t)at : 0;
		return 0;
	}
	ignore_sigpipe();
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

int capture_file_open(struct capture *cap)
{
	int ret;

	cap->buf = malloc(CAPTURE_BUFFER);
	if (!cap->buf)
		return -ENOMEM;
	cap->rotate_at = cap->rotate_bytes;
	if (cap->path) {
		ret = open_number(cap, 0);
		if (ret < 0)
			return ret;
		cap->fd = ret;
	}
	return use_fd(cap, cap->fd);
}

static uint32_t block_u32(const struct capture *cap, size_t at)
{
	uint32_t v;

	memcpy(&v, cap->buf + at, 4);
	return v;
}

/* What waits is given up. */
static void give_up(struct capture *cap)
{
	size_t at = cap->torn;

	/* A block's interface is behind its type and length; blocks are our own. */
	for (; at < cap->used; at += block_u32(cap, at + 4)) {
		if (block_u32(cap, at) != BLOCK_PACKET)
			continue;
		cap->stats.frames--;
		cap->stats.bytes -= block_u32(cap, at + 20);
		cap->stats.lost++;
		cap->interface[block_u32(cap, at + 8)].lost++;
	}
	cap->used = cap->torn = 0;
	cap->section_in_buf = cap->section_out;
	cap->interfaces_in_buf = cap->interfaces_out;
}

static void failed(struct capture *cap, int error)
{
	char name[4200];

	if (cap->opened && !cap->error)
		log_warn("capture to %s: %s; frames are lost",
			 file_name(cap, cap->number, name, sizeof(name)), strerror(error));
	if (!cap->error)
		cap->error = -error;
	/* A file is as it was; a pipe cannot be, nor can a file that does not let itself be cut. */
	if (cap->stream || ftruncate(cap->fd, (off_t)cap->written) < 0 ||
	    lseek(cap->fd, (off_t)cap->written, SEEK_SET) < 0)
		cap->broken = true;
	give_up(cap);
}

/* n bytes of the buffer are out. */
static void is_out(struct capture *cap, size_t n)
{
	size_t at = cap->torn;

	while (at < n)
		at += block_u32(cap, at + 4);
	cap->torn = at - n;
	cap->used -= n;
	memmove(cap->buf, cap->buf + n, cap->used);
	cap->written += n;
	if (!cap->used) {
		cap->section_out = cap->section_in_buf;
		cap->interfaces_out = cap->interfaces_in_buf;
	}
}

static void flush_file(struct capture *cap)
{
	size_t done = 0;

	while (done < cap->used) {
		ssize_t n = write(cap->fd, cap->buf + done, cap->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			failed(cap, n ? errno : ENOSPC);
			return;
		}
		done += (size_t)n;
	}
	is_out(cap, done);
}

static void flush_stream(struct capture *cap)
{
	while (cap->used) {
		ssize_t n = write(cap->fd, cap->buf, cap->used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n <= 0) {
			failed(cap, n ? errno : EPIPE);
			return;
		}
		is_out(cap, (size_t)n);
	}
}

void capture_file_flush(struct capture *cap)
{
	if (cap->broken)
		return;
	if (cap->stream)
		flush_stream(cap);
	else
		flush_file(cap);
}

uint8_t *capture_file_reserve(struct capture *cap, size_t n)
{
	uint8_t *at;

	if (cap->used + n > CAPTURE_BUFFER)
		capture_file_flush(cap);
	if (cap->broken || cap->used + n > CAPTURE_BUFFER)
		return NULL;
	at = cap->buf + cap->used;
	cap->used += n;
	return at;
}

static uint64_t monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void capture_file_close(struct capture *cap)
{
	struct pollfd pfd = {.fd = cap->fd, .events = POLLOUT};
	uint64_t now = monotonic_ms(), end = now + CLOSE_WAIT_MS;

	capture_file_flush(cap);
	while (cap->used && now < end && poll(&pfd, 1, (int)(end - now)) >= 0) {
		capture_file_flush(cap);
		now = monotonic_ms();
	}
	if (cap->used)
		failed(cap, EAGAIN);
	if (cap->fd >= 0 && close(cap->fd) < 0 && !cap->error)
		cap->error = -errno;
	cap->fd = -1;
}

bool capture_file_full(const struct capture *cap)
{
	return cap->rotate_bytes && cap->path && !cap->stream &&
	       cap->written + cap->used >= cap->rotate_at;
}

void capture_file_next(struct capture *cap)
{
	char name[4200];
	int fd;

	cap->rotate_at = cap->written + cap->used + cap->rotate_bytes;
	fd = open_number(cap, cap->number + 1);
	if (fd < 0) {
		log_warn("capture to %s: %s; the file before it grows on",
			 file_name(cap, cap->number + 1, name, sizeof(name)), strerror(-fd));
		return;
	}
	capture_file_close(cap);
	cap->number++;
	cap->broken = false;
	cap->section_out = cap->section_in_buf = false;
	cap->interfaces_out = cap->interfaces_in_buf = 0;
	cap->rotate_at = cap->rotate_bytes;
	if (use_fd(cap, fd) < 0)
		cap->broken = true;
	if (cap->rotate_files && cap->number >= cap->rotate_files)
		unlink(file_name(cap, cap->number - cap->rotate_files, name, sizeof(name)));
}
