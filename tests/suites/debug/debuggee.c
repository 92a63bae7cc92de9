/*
 * What debuggers are pointed at: a loop that counts, signals, a fork, threads, a crash.
 *
 *	debuggee count		calls add_to() ten times
 *	debuggee signal		sends itself SIGUSR1 and goes on
 *	debuggee fork		a child that calls add_to(), and is waited for
 *	debuggee threads	four threads that each call add_to() often, and are joined
 *	debuggee wait		calls wait_here() until somebody sets go_on
 *	debuggee crash		writes to address 0x10, three calls deep
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define THREAD_STEPS 500

struct pair {
	int number;
	double square;
};

static volatile int counter;
static volatile int go_on;
static volatile int caught;
static struct pair last;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int add_to(int by)
{
	int before = counter;

	counter = before + by;
	last.number = counter;
	last.square = (double)counter * counter;
	return counter;
}

static void on_signal(int sig)
{
	caught = sig;
}

static int count(void)
{
	for (int i = 0; i < 10; i++)
		add_to(i);
	printf("counted to %d, its square %.0f\n", counter, last.square);
	return 0;
}

static int signal_self(void)
{
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	printf("caught %d\n", caught);
	return 0;
}

static int await(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return 1;
	printf("child's status %d\n", WEXITSTATUS(status));
	return 0;
}

static int fork_one(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(add_to(7));
	return await(pid);
}

static void *thread(void *arg)
{
	for (int i = 0; i < THREAD_STEPS; i++) {
		pthread_mutex_lock(&lock);
		add_to(1);
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static int threads(void)
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, thread, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	printf("threads counted to %d\n", counter);
	return 0;
}

static void wait_here(void)
{
	usleep(200000); /* so long that who attaches finds it asleep, also on a busy host */
}

static int wait_long(void)
{
	printf("waiting\n");
	fflush(stdout);
	/* Nobody waits for ever for a debugger that does not come. */
	for (int i = 0; i < 150 && !go_on; i++)
		wait_here();
	printf("told to go on: %d\n", go_on);
	return 0;
}

static int crash_deep(int depth)
{
	if (depth)
		return crash_deep(depth - 1) + 1;
	*(volatile int *)0x10 = add_to(42);
	return 0;
}

static int crash(void)
{
	return crash_deep(2);
}

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	{"count", count},     {"signal", signal_self}, {"fork", fork_one},
	{"threads", threads}, {"wait", wait_long},     {"crash", crash},
};

int main(int argc, char **argv)
{
	for (unsigned int i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(argv[1], modes[i].name))
			return modes[i].run();
	}
	fprintf(stderr, "debuggee: count, signal, fork, threads, wait or crash\n");
	return 64;
}
