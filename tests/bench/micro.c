// SPDX-License-Identifier: GPL-2.0
/*
 * What one operation of a guest program costs: `micro [ROW...]` prints "row<TAB>value"
 * lines, microseconds unless the row says otherwise. The same static binary runs on the
 * host, in our guest, in a stock guest and in an emulated machine (scripts/bench.d/guest).
 *
 * Each row repeats its operation for about TARGET_US and prints the mean; the caller runs
 * the program several times and takes medians.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TARGET_US 60000.0
#define FAULT_PAGES 2048
#define FAULT_ROUNDS 4
#define PAGE 4096

static const char *true_program = "./true";

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void die(const char *what)
{
	fprintf(stderr, "micro: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Mean of one operation: rounds of growing size until one is long enough to be measured. */
static double mean_us(void (*op)(void))
{
	long n = 1;

	for (;;) {
		double start = now_us(), took;

		for (long i = 0; i < n; i++)
			op();
		took = now_us() - start;
		if (took >= TARGET_US)
			return took / n;
		n = took < TARGET_US / 100 ? n * 10 : (long)(n * TARGET_US * 1.2 / took) + 1;
	}
}

static void null_call(void)
{
	syscall(SYS_getppid);
}

static int zero_fd;

static void read_byte(void)
{
	char byte;

	if (read(zero_fd, &byte, 1) != 1)
		die("read");
}

static void read_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
}

static char *get_pages(void)
{
	char *p = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static double touch_us(volatile char *p)
{
	double start = now_us();

	for (long i = 0; i < FAULT_PAGES; i++)
		p[i * PAGE] = 1;
	return (now_us() - start) / FAULT_PAGES;
}

/* Memory that this program has not had before, as far as it can tell. */
static double first_touch(void)
{
	char *p[FAULT_ROUNDS];
	double sum = 0;

	for (int i = 0; i < FAULT_ROUNDS; i++) {
		p[i] = get_pages();
		sum += touch_us(p[i]);
	}
	for (int i = 0; i < FAULT_ROUNDS; i++)
		munmap(p[i], FAULT_PAGES * PAGE);
	return sum / FAULT_ROUNDS;
}

static double second_touch(void)
{
	double sum = 0;

	for (int i = 0; i <= FAULT_ROUNDS; i++) {
		char *p = get_pages();
		double us = touch_us(p);

		munmap(p, FAULT_PAGES * PAGE);
		sum += i ? us : 0;
	}
	return sum / FAULT_ROUNDS;
}

static void reap(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("child");
}

static void fork_exit(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	reap(pid);
}

static void fork_exec(void)
{
	char *const argv[] = {(char *)true_program, NULL}, *const envp[] = {NULL};
	pid_t pid = fork();

	if (pid == 0) {
		execve(true_program, argv, envp);
		_exit(127);
	}
	reap(pid);
}

static void on_signal(int sig)
{
}

static void signal_self(void)
{
	kill(getpid(), SIGUSR1);
}

static int to_child, from_child;

static void pipe_round_trip(void)
{
	char byte = 0;

	if (write(to_child, &byte, 1) != 1 || read(from_child, &byte, 1) != 1)
		die("pipe");
}

static double pipes(void)
{
	int there[2], back[2];
	double us;
	pid_t pid;

	if (pipe(there) < 0 || pipe(back) < 0)
		die("pipe");
	pid = fork();
	if (pid == 0) {
		char byte;

		close(there[1]);
		while (read(there[0], &byte, 1) == 1)
			if (write(back[1], &byte, 1) != 1)
				break;
		_exit(0);
	}
	close(there[0]);
	to_child = there[1];
	from_child = back[0];
	us = mean_us(pipe_round_trip);
	close(to_child);
	close(from_child);
	close(back[1]);
	reap(pid);
	return us;
}

/* Integer and floating point work that stays in registers, ms. */
static double computation(void)
{
	double start = now_us();
	unsigned long x = 88172645463325252UL;
	volatile double sum = 0;
	double d = 1;

	for (long i = 0; i < 20000000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		d = d * 1.0000001 + (x & 1);
	}
	sum = d;
	return (now_us() - start + sum * 0) / 1e3;
}

static double null_row(void)
{
	return mean_us(null_call);
}

static double read_row(void)
{
	zero_fd = open("/dev/zero", O_RDONLY);
	if (zero_fd < 0)
		die("/dev/zero");
	return mean_us(read_byte);
}

static double clock_row(void)
{
	return mean_us(read_clock);
}

static double fork_row(void)
{
	return mean_us(fork_exit);
}

static double exec_row(void)
{
	return mean_us(fork_exec);
}

static double signal_row(void)
{
	signal(SIGUSR1, on_signal);
	return mean_us(signal_self);
}

static const struct {
	const char *name;
	double (*measure)(void);
} rows[] = {
	{"null system call", null_row},
	{"read of 1 byte", read_row},
	{"clock_gettime", clock_row},
	{"page fault, first touch", first_touch},
	{"page fault, freed memory again", second_touch},
	{"fork + exit + wait", fork_row},
	{"fork + exec of a static program", exec_row},
	{"signal to self and back", signal_row},
	{"pipe round trip", pipes},
	{"pure computation, ms", computation},
};

static bool chosen(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(name, argv[i]))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	const char *env = getenv("MICRO_TRUE");

	if (env)
		true_program = env;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!chosen(rows[i].name, argc, argv))
			continue;
		printf("%s\t%.4f\n", rows[i].name, rows[i].measure());
		fflush(stdout);
	}
	return 0;
}
