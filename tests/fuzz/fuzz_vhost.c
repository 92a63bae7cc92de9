// SPDX-License-Identifier: GPL-2.0
/*
 * What a vhost-user front-end says, and what its guest writes into rings: the first byte chooses.
 * Messages come with descriptors of a small memory file, which is also the rings' memory.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../unit/send_fd.h"
#include "vhost.h"

#define MEM 65536

static void ring(struct vhost *v, unsigned int n, bool on)
{
	static struct vring_buffer b;
	int i;

	for (i = 0; on && i < 64 && vring_pop(&v->ring[n].vring, &b) > 0; i++)
		vring_push(&v->ring[n].vring, b.head, 0);
	if (on && vring_publish(&v->ring[n].vring))
		vhost_call(v, n);
}

static void features(struct vhost *v)
{
	(void)v;
}

static void name(struct vhost *v, const char *text)
{
	(void)v;
	if (strlen(text) > VHOST_BODY_MAX)
		abort();
}

static const struct vhost_ops ops = {.ring = ring, .features = features, .name = name};

/* Sends bytes, with a descriptor behind every other message. */
static void say(int fd, const uint8_t *data, size_t size, int memory)
{
	struct iovec iov = {(void *)data, size};

	if (send_fd(fd, &iov, 1, memory, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
}

static void messages(const uint8_t *data, size_t size)
{
	int pair[2], memory = memfd_create("fuzz", MFD_CLOEXEC);
	struct vhost v;

	if (memory < 0 || ftruncate(memory, MEM) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		abort();
	if (pwrite(memory, data, size < MEM ? size : MEM, 0) < 0)
		abort();
	vhost_init(&v, pair[0], ~0ULL, &ops, NULL);
	while (size > 0) {
		size_t n = 1 + data[0] % 64;
		char sink[4096];

		n = n < size - 1 ? n : size - 1;
		say(pair[1], data + 1, n, data[0] & 128 ? memory : -1);
		data += n + 1;
		size -= n + 1;
		if (vhost_serve(&v) < 0)
			break;
		while (recv(pair[1], sink, sizeof(sink), MSG_DONTWAIT) > 0)
			;
	}
	vhost_exit(&v);
	close(pair[0]);
	close(pair[1]);
	close(memory);
}

static void rings(const uint8_t *data, size_t size)
{
	static char mem[MEM] __attribute__((aligned(4096)));
	struct guest_memory gm = {.n = 1, .region = {{0, 0, MEM, mem}}};
	struct vhost_vring_addr a = {.desc = 0, .avail = 512, .used = 1024};
	static struct vring_buffer b;
	unsigned int i, k;
	struct vring v;

	memset(mem, 0, sizeof(mem));
	memcpy(mem, data, size < MEM ? size : MEM);
	if (vring_start(&v, &gm, 32, &a, 0, size & 1) < 0)
		abort();
	for (i = 0; i < 64 && vring_pop(&v, &b) > 0; i++) {
		uint32_t total = 0;

		for (k = 0; k < b.nread; k++) {
			volatile char c = ((char *)b.read[k].iov_base)[b.read[k].iov_len - 1];

			(void)c;
			total += (uint32_t)b.read[k].iov_len;
		}
		if (total != b.read_len || b.nread + b.nwrite > VRING_CHAIN_MAX)
			abort();
		vring_push(&v, b.head, b.write_len);
	}
	vring_publish(&v);
	vring_want_kick(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] & 1)
		messages(data + 1, size - 1);
	else
		rings(data + 1, size - 1);
	return 0;
}
