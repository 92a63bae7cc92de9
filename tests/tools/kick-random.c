// SPDX-License-Identifier: GPL-2.0
/*
 * Kicks the stubs of all guests below a process at random: kick-random PID MICROSECONDS [SEED]. Each
 * pause is up to twice MICROSECONDS long; then one of the stubs, no matter which, gets SIGALRM. A stub is
 * a child of a process named guest-kernel. Ends with the process, or by SIGTERM, and prints how many
 * kicks it sent.
 */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES_MAX 4096
#define ROUND 50 /* kicks between two looks at who is there */
#define NONE_PAUSE_US 2000

struct process {
	pid_t pid, parent;
	bool is_kernel;
};

struct kicker {
	pid_t root;
	uint64_t random;
	size_t count, stubs;
	struct process all[PROCESSES_MAX];
	pid_t stub[PROCESSES_MAX];
};

static volatile sig_atomic_t ended;

static void on_term(int sig)
{
	(void)sig;
	ended = 1;
}

static uint32_t next_random(struct kicker *k)
{
	k->random = k->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return k->random >> 33;
}

static void pause_us(unsigned long us)
{
	struct timespec ts = {us / 1000000, us % 1000000 * 1000};

	nanosleep(&ts, NULL);
}

/* Line of /proc/PID/stat: pid (comm) state ppid ... */
static bool process_read(const char *pid, struct process *p)
{
	char path[300], line[512] = "", *open, *close;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	fclose(f);
	open = strchr(line, '(');
	close = strrchr(line, ')');
	if (!open || !close)
		return false;
	*p = (struct process){.pid = atoi(line)};
	p->is_kernel = close - open == 13 && !memcmp(open + 1, "guest-kernel", 12);
	return sscanf(close + 1, " %*c %d", &p->parent) == 1;
}

static struct process *process_find(struct kicker *k, pid_t pid)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->all[i].pid == pid)
			return &k->all[i];
	return NULL;
}

static bool is_below_root(struct kicker *k, const struct process *p)
{
	for (int depth = 0; p && depth < 64; depth++) {
		if (p->parent == k->root)
			return true;
		p = process_find(k, p->parent);
	}
	return false;
}

static void find_stubs(struct kicker *k)
{
	struct process *parent;
	struct dirent *e;
	DIR *d = opendir("/proc");

	k->count = k->stubs = 0;
	while (d && (e = readdir(d)) && k->count < PROCESSES_MAX)
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
		    process_read(e->d_name, &k->all[k->count]))
			k->count++;
	if (d)
		closedir(d);
	for (size_t i = 0; i < k->count; i++) {
		parent = process_find(k, k->all[i].parent);
		if (parent && parent->is_kernel && is_below_root(k, parent))
			k->stub[k->stubs++] = k->all[i].pid;
	}
}

int main(int argc, char **argv)
{
	static struct kicker k;
	unsigned long us, sent = 0;

	if (argc < 3 || (k.root = atoi(argv[1])) <= 0 || (us = strtoul(argv[2], NULL, 10)) == 0) {
		fputs("usage: kick-random PID MICROSECONDS [SEED]\n", stderr);
		return 64;
	}
	k.random = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	signal(SIGTERM, on_term);
	while (!ended && !kill(k.root, 0)) {
		find_stubs(&k);
		if (!k.stubs)
			pause_us(NONE_PAUSE_US);
		for (int i = 0; k.stubs && i < ROUND; i++) {
			pause_us(next_random(&k) % (2 * us));
			sent += !kill(k.stub[next_random(&k) % k.stubs], SIGALRM);
		}
	}
	printf("%lu kicks\n", sent);
	return 0;
}
