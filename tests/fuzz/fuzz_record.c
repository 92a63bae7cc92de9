// SPDX-License-Identifier: GPL-2.0
/*
 * The record of uml_tap as `undo` reads it, whatever the file holds: entries are shown from the
 * newest on, and dropping the newest leaves those before it as they were.
 */
#include <errno.h>
#include <sys/stat.h>
#include "input.h"
#include "uml_tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64], path[96];
static FILE *nowhere;

static void remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

/* In memory: a record is put on stable storage each time. */
static void dir_make(void)
{
	if (nowhere)
		return;
	snprintf(dir, sizeof(dir), "/dev/shm/fuzz-record-%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/record", dir);
	assert(mkdir(dir, 0700) == 0 || errno == EEXIST);
	atexit(remove_dir);
	assert(setenv("UML_TAP_STATE", path, 1) == 0);
	nowhere = fopen("/dev/null", "we");
	assert(nowhere);
}

static void record_put(const void *text, size_t len)
{
	FILE *f = fopen(path, "we");

	assert(f && fwrite(text, 1, len, f) == len && fclose(f) == 0);
}

/* What an entry would do, as text; NULL: there is none, or it is no entry. */
static char *entry(unsigned int skip, unsigned int *steps)
{
	static struct plan p;
	char command[64], *text = NULL;
	size_t len;
	FILE *f;
	int rc;

	memset(command, 'x', sizeof(command));
	rc = record_last(skip, command, sizeof(command), &p);
	assert(rc == 0 || rc == -ENOENT || rc == -EBADMSG);
	if (rc) {
		plan_free(&p);
		return NULL;
	}
	assert(memchr(command, 0, sizeof(command)));
	f = open_memstream(&text, &len);
	assert(f);
	fprintf(f, "%s\n", command);
	for (unsigned int i = 0; i < p.count; i++) {
		fprintf(f, "%s\n", p.step[i]);
		step_show(p.step[i], nowhere);
	}
	fclose(f);
	*steps = p.count;
	plan_free(&p);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t how = take8(&in);
	unsigned int steps = 0, before = 0, after = 0;
	char *newest, *older, *now;
	uint64_t open;

	dir_make();
	open = fds_open();
	record_put(in.at, in.left);
	newest = entry(0, &steps);
	older = entry(1, &before);
	/* As if so many steps were taken back, or all. */
	assert(record_drop(how & 1 ? PLAN_STEPS_MAX : how >> 1) == 0);
	now = entry(0, &after);
	if (newest && how & 1)
		assert(older ? now && !strcmp(now, older) : !now);
	else if (newest && how >> 1 < steps && !memchr(in.at, 0, in.left))
		assert(now && after == steps - (how >> 1));
	free(newest);
	free(older);
	free(now);
	assert(fds_open() == open);
	return 0;
}
