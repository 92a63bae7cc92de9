// SPDX-License-Identifier: GPL-2.0
/* Virtqueues from the device's side, over rings that the test lays out as a guest would. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "suite.h"
#include "vring.h"

#define MEM (1 << 20)
#define NUM 8
#define USER 0x7000000000ULL
#define GUEST 0x100000ULL
#define DESC 0
#define AVAIL 4096
#define USED 8192
#define DATA 16384

static char *mem;
static struct guest_memory gm;
static struct vring v;
static struct vring_buffer b;

static uint16_t *avail(void)
{
	return (uint16_t *)(mem + AVAIL);
}

static uint16_t *used(void)
{
	return (uint16_t *)(mem + USED);
}

static void desc(unsigned int i, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	((struct vring_desc *)(mem + DESC))[i] =
		(struct vring_desc){.addr = addr, .len = len, .flags = flags, .next = next};
}

static void offer(uint16_t head)
{
	avail()[2 + avail()[1] % NUM] = head;
	avail()[1]++;
}

static int start(bool event_idx)
{
	struct vhost_vring_addr a = {
		.desc = USER + DESC, .avail = USER + AVAIL, .used = USER + USED};

	memset(mem, 0, MEM);
	gm = (struct guest_memory){.n = 1, .region = {{GUEST, USER, MEM, mem}}};
	return vring_start(&v, &gm, NUM, &a, 0, event_idx);
}

static void test_start(void)
{
	struct vhost_vring_addr a = {
		.desc = USER + DESC, .avail = USER + AVAIL, .used = USER + USED};

	CU_ASSERT_EQUAL(start(false), 0);
	CU_ASSERT_EQUAL(vring_start(&v, &gm, 0, &a, 0, false), -EINVAL);
	CU_ASSERT_EQUAL(vring_start(&v, &gm, 6, &a, 0, false), -EINVAL);
	CU_ASSERT_EQUAL(vring_start(&v, &gm, 2048, &a, 0, false), -EINVAL);
	a.used = USER + MEM - 4;
	CU_ASSERT_EQUAL(vring_start(&v, &gm, NUM, &a, 0, false), -EINVAL);
	a.used = USER + USED + 2;
	CU_ASSERT_EQUAL(vring_start(&v, &gm, NUM, &a, 0, false), -EINVAL);
	a.used = UINT64_MAX - 3;
	CU_ASSERT_EQUAL(vring_start(&v, &gm, NUM, &a, 0, false), -EINVAL);
}

static void test_chain(void)
{
	start(false);
	CU_ASSERT_EQUAL(vring_pop(&v, &b), 0);
	desc(3, GUEST + DATA, 12, 1, 5);
	desc(5, GUEST + DATA + 100, 50, 1, 1);
	desc(1, GUEST + DATA + 200, 60, 2, 0);
	offer(3);
	CU_ASSERT_EQUAL_FATAL(vring_pop(&v, &b), 1);
	CU_ASSERT(b.head == 3 && b.nread == 2 && b.nwrite == 1);
	CU_ASSERT(b.read_len == 62 && b.write_len == 60);
	CU_ASSERT_PTR_EQUAL(b.read[1].iov_base, mem + DATA + 100);
	CU_ASSERT_EQUAL(vring_pop(&v, &b), 0);
	/* Not told before it is published. */
	vring_push(&v, 3, 7);
	CU_ASSERT_EQUAL(used()[1], 0);
	CU_ASSERT_TRUE(vring_publish(&v));
	CU_ASSERT(used()[1] == 1 && used()[2] == 3 && used()[4] == 7);
	CU_ASSERT_FALSE(vring_publish(&v));
	avail()[0] = 1; /* the guest wants no interrupts */
	vring_push(&v, 3, 0);
	CU_ASSERT_FALSE(vring_publish(&v));
	CU_ASSERT_EQUAL(used()[1], 2);
}

static void test_indirect(void)
{
	struct vring_desc *table = (void *)(mem + DATA);

	start(false);
	desc(0, GUEST + DATA, 2 * sizeof(*table), 4, 0);
	table[0] = (struct vring_desc){GUEST + DATA + 4096, 10, 1, 1};
	table[1] = (struct vring_desc){GUEST + DATA + 8192, 20, 0, 0};
	offer(0);
	CU_ASSERT_EQUAL_FATAL(vring_pop(&v, &b), 1);
	CU_ASSERT(b.nread == 2 && b.read_len == 30);
	/* A table within a table is none. */
	table[1].flags = 4;
	offer(0);
	CU_ASSERT_EQUAL(vring_pop(&v, &b), -EPROTO);
	CU_ASSERT_TRUE(v.broken);
	CU_ASSERT_EQUAL(vring_pop(&v, &b), -EPROTO);
}

static void refused(void)
{
	CU_ASSERT_EQUAL(vring_pop(&v, &b), -EPROTO);
	CU_ASSERT_TRUE(v.broken);
}

static void test_bad(void)
{
	start(false); /* a loop */
	desc(0, GUEST + DATA, 1, 1, 1);
	desc(1, GUEST + DATA, 1, 1, 0);
	offer(0);
	refused();
	start(false); /* a head beyond the table */
	offer(NUM);
	refused();
	start(false); /* a next beyond the table */
	desc(0, GUEST + DATA, 1, 1, NUM);
	offer(0);
	refused();
	start(false); /* more entries than there are */
	avail()[1] = NUM + 1;
	refused();
	start(false); /* outside of memory, and across its end */
	desc(0, GUEST + MEM, 1, 0, 0);
	offer(0);
	refused();
	start(false);
	desc(0, GUEST + MEM - 1, 2, 0, 0);
	offer(0);
	refused();
	start(false);
	desc(0, UINT64_MAX, 2, 0, 0);
	offer(0);
	refused();
	start(false); /* what can be written comes last */
	desc(0, GUEST + DATA, 1, 3, 1);
	desc(1, GUEST + DATA, 1, 0, 0);
	offer(0);
	refused();
	start(false); /* nothing at all */
	desc(0, GUEST + DATA, 0, 0, 0);
	offer(0);
	refused();
	start(false); /* a table that is not whole */
	desc(0, GUEST + DATA, 17, 4, 0);
	offer(0);
	refused();
	start(false); /* a table that is too long */
	desc(0, GUEST + DATA, 16 * (VRING_CHAIN_MAX + 1), 4, 0);
	offer(0);
	refused();
}

/* virtio 1.2, 2.7.7: the guest is told when entry `used_event` is among the new ones. */
static void test_events(void)
{
	unsigned int i;

	start(true);
	desc(0, GUEST + DATA, 1, 0, 0);
	for (i = 0; i < 4; i++)
		offer(0);
	avail()[2 + NUM] = 2; /* used_event */
	for (i = 0; i < 4; i++) {
		bool told;

		CU_ASSERT_EQUAL(vring_pop(&v, &b), 1);
		vring_push(&v, 0, 0);
		told = vring_publish(&v);
		/* The first of all is always told: who is new does not know. */
		CU_ASSERT_EQUAL(told, i == 0 || i == 2);
	}
	/* Asks for a kick at the next entry; says so when it is there already. */
	CU_ASSERT_FALSE(vring_want_kick(&v));
	CU_ASSERT_EQUAL(used()[2 + NUM * 4], 4);
	offer(0);
	CU_ASSERT_TRUE(vring_want_kick(&v));
	CU_ASSERT_EQUAL(vring_pop(&v, &b), 1);
	vring_unpop(&v, 1);
	CU_ASSERT_EQUAL(vring_pop(&v, &b), 1);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"where rings can be", test_start},
		{"chains", test_chain},
		{"tables", test_indirect},
		{"rings that make no sense", test_bad},
		{"who wants to be told", test_events},
		CU_TEST_INFO_NULL,
	};
	int failed;

	mem = aligned_alloc(4096, MEM);
	if (!mem)
		return 1;
	failed = run_suite("virtqueues", NULL, NULL, tests);
	free(mem);
	return failed;
}
