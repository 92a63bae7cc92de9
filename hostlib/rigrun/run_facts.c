// SPDX-License-Identifier: GPL-2.0
/* What a run was made of; see run_facts.h. */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "disk_identity.h"
#include "disk_tool.h"
#include "run_facts.h"

#define CPUID_NAME \
	0x80000002U /* three leaves of 16 bytes (Intel SDM vol. 2, CPUID: brand string) */

/* Of the CPU itself: a host that is a guest of ours has another answer in /proc/cpuinfo. */
static char *cpu_model(void)
{
	uint32_t name[13] = {0}, i;
	const char *text = (const char *)name;

	for (i = 0; i < 3; i++)
		if (!__get_cpuid(CPUID_NAME + i, &name[4 * i], &name[4 * i + 1], &name[4 * i + 2],
				 &name[4 * i + 3]))
			return NULL;
	text += strspn(text, " ");
	return strdup(text);
}

static char *hex(const uint8_t *digest)
{
	char *text = malloc(2 * COW_DIGEST_LEN + 1);
	unsigned int i;

	for (i = 0; text && i < COW_DIGEST_LEN; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
	return text;
}

/*
 * As content identity has it (disk_identity.h): images need not be read where they have holes. Closes
 * the file, if there is one.
 */
static int add_hash_part(struct run_facts *f, const char *name, int fd, uint64_t offset,
			 uint64_t length)
{
	struct results_fact *fact = &f->hash[f->results.nhashes];
	uint8_t digest[COW_DIGEST_LEN];
	int err = 0;
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if (size < 0)
		err = -ENOENT;
	if (!err)
		err = disk_identity_compute(fd, offset, length ? length : (uint64_t)size, NULL,
					    NULL, digest);
	if (fd >= 0)
		close(fd);
	if (err)
		return 0; /* standard input, or a file that went meanwhile: the manifest has none */
	fact->name = strdup(name);
	fact->value = hex(digest);
	f->results.nhashes++;
	return fact->name && fact->value ? 0 : -ENOMEM;
}

static int add_hash(struct run_facts *f, const char *name, int fd)
{
	return add_hash_part(f, name, fd, 0, 0);
}

static int add_image(struct run_facts *f, const struct rig *rig, const struct rig_image *image)
{
	return add_hash_part(f, image->name, rig_open(rig, image->file), image->offset,
			     image->length);
}

int run_facts_gather(struct run_facts *f, const struct run *r)
{
	uint32_t i;
	int err;

	*f = (struct run_facts){
		.hash = calloc(r->rig->nimages + 2, sizeof(*f->hash)),
		.version = {{"nestling", disk_tool_version_text()}},
		.cpu = cpu_model(),
	};
	if (!f->hash)
		return -ENOMEM;
	err = add_hash(f, "linux", open(r->c.program, O_RDONLY | O_CLOEXEC));
	if (!err)
		err = add_hash(f, "rig", rig_open(r->rig, r->c.rig_file));
	for (i = 0; i < r->rig->nimages && !err; i++)
		err = add_image(f, r->rig, &r->rig->image[i]);
	f->results.rig_file = r->c.rig_file;
	f->results.hash = f->hash;
	f->results.version = f->version;
	f->results.nversions = 1;
	f->results.cpu_model = f->cpu;
	f->results.end_ns = run_now(r);
	f->results.ended = r->why;
	f->results.deterministic = r->lanes && !r->ndoubts && !r->interrupted;
	f->results.doubt = (const char *const *)r->doubt;
	f->results.ndoubts = r->ndoubts;
	return err;
}

void run_facts_free(struct run_facts *f)
{
	uint32_t i;

	for (i = 0; f->hash && i < f->results.nhashes; i++) {
		free((char *)f->hash[i].name);
		free((char *)f->hash[i].value);
	}
	free(f->hash);
	free(f->cpu);
}
