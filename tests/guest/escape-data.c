// SPDX-License-Identifier: GPL-2.0
/*
 * Guest code that overwrites what its stub tells the guest kernel: word by word with values of
 * every kind, byte by byte, from a timer while calls run, from several threads, and as forged
 * hand-overs behind which it goes on while the guest kernel serves them. And guest code that looks
 * for what the process before it has left in a stub.
 */
#include "escape.h"
#include <fcntl.h>
#include <sched.h>

#define LIMIT_MS 12000
#define STATE_BYTES (4096 * (NL_STUB_BLOCK_PAGES - 1))
#define STORMS 60
#define STORM_MS 40
#define THREADS 3
#define THREAD_STORMS 25

static uint64_t values[12];
static unsigned int nvalues;

struct word {
	unsigned int offset;
	uint64_t value;
};

static void make_values(void)
{
	uint64_t all[] = {
		0,
		1,
		~0UL,
		0x8000000080000000,
		esc_orders->seq,
		esc_orders->seq + 1,
		(uint64_t)esc_code,
		(uint64_t)esc_orders,
		(uint64_t)esc_state,
		esc_secret,
		(uint64_t)esc_landing,
		0xffff888000000000,
	};

	memcpy(values, all, sizeof(all));
	nvalues = sizeof(all) / sizeof(all[0]);
}

static volatile uint64_t *state_word(unsigned int offset)
{
	return (volatile uint64_t *)((volatile char *)esc_state + offset);
}

/* Some of everything: calls at a site that gets patched, mappings, faults, a signal. */
static void work(int rounds)
{
	for (int i = 0; i < rounds; i++) {
		char *p = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		esc_call(SYS_getppid, 0, 0, 0);
		if (p != MAP_FAILED) {
			p[0] = p[8192] = 1;
			munmap(p, 16384);
		}
	}
}

static void no_token(void)
{
	if ((esc_state->token_a | esc_state->token_b) >> 32)
		esc_caught("the token could be read");
}

static void attack_word(const void *arg)
{
	const struct word *w = arg;

	for (int i = 0; i < 3; i++) {
		*state_word(w->offset) = w->value;
		work(1);
	}
}

/*
 * Byte after byte, each left as it is now. Where the next process goes on when one has died of its
 * byte is in memory that all share.
 */
static volatile unsigned int *next_byte;

static void attack_bytes(const void *arg)
{
	while (*next_byte < STATE_BYTES) {
		((volatile uint8_t *)esc_state)[(*next_byte)++] = *(const uint8_t *)arg;
		work(1);
	}
}

static unsigned int random_state;

static uint32_t random_number(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

static void overwrite(int sig)
{
	for (int i = 0; i < 16; i++)
		*state_word(random_number() % (NL_STUB_STACK_OFFSET / 8) * 8) =
			values[random_number() % nvalues];
}

static void attack_storm(const void *arg)
{
	struct itimerval it = {.it_value = {0, 500}, .it_interval = {0, 500}};
	struct sigaction sa = {.sa_handler = overwrite, .sa_flags = SA_ONSTACK};
	long long end = esc_now_ms() + STORM_MS;

	random_state = *(const unsigned int *)arg;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	while (esc_now_ms() < end)
		work(4);
}

/*
 * What one thread writes is there when another hands over. Of odd numbers, the signal stack only:
 * few processes live long with what is below.
 */
static void *overwriter(void *arg)
{
	unsigned int from = (uintptr_t)arg & 1 ? NL_STUB_STACK_OFFSET : 0;
	volatile uint8_t *state = (volatile uint8_t *)esc_state + from;
	uint32_t random = (uintptr_t)arg;

	for (;;) {
		for (int i = 0; i < 50; i++) {
			random = random * 1664525 + 1013904223;
			state[(random >> 8) % (STATE_BYTES - from)] = random >> 24;
		}
		work(1);
	}
	return NULL;
}

static void attack_threads(const void *arg)
{
	uintptr_t seed = *(const unsigned int *)arg;
	long long end = esc_now_ms() + STORM_MS;

	for (uintptr_t i = 1; i <= THREADS; i++)
		esc_thread(overwriter, (void *)(seed * 101 + 2 * i));
	while (esc_now_ms() < end)
		work(4);
}

/* A hand-over that did not take place. */
struct forgery {
	int sig; /* NL_SIG_SITE or a signal's number */
	long nr;
	uint64_t uc, si;
};

static void hand_over(const struct forgery *f)
{
	volatile struct nl_state *st = esc_state;
	unsigned int seq = esc_orders->seq;

	st->sig = f->sig;
	st->ax = f->nr, st->di = ESC_VICTIM, st->si_reg = 4096, st->dx = PROT_READ;
	st->cx = st->tail = (uint64_t)esc_landing;
	st->sp = (uint64_t)esc_stack + sizeof(esc_stack) / 2;
	st->flags = 0x202;
	st->uc = f->uc;
	st->si = f->si;
	st->asleep = 0;
	st->parked = seq;
	st->site_seq = seq;
	__atomic_store_n(&esc_state->come, seq, __ATOMIC_SEQ_CST);
}

/* Goes on after each, looks for the token, and answers whatever order comes. */
static void attack_forged(const void *arg)
{
	const struct forgery *f = arg;

	esc_timer(300);
	for (;;) {
		hand_over(f);
		for (int i = 0; i < 2000; i++)
			no_token();
	}
}

/* The result of another process's call. */
#define LEFT 0x1357246800L

/* A process that ends with LEFT as the result of its last call through a patched site. */
static void leave(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open("/tmp/left", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		for (int i = 0; i < 100; i++)
			if (lseek(fd, LEFT, SEEK_SET) != LEFT)
				_exit(1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void attack_leftover(const void *arg)
{
	for (unsigned int i = 0; i < NL_PAGE / 8; i++)
		if (((volatile uint64_t *)esc_orders)[i] == LEFT)
			esc_caught("another process's result could be read");
}

static struct esc_counts counts;
static int bad;

static void run(const char *what, void (*attack)(const void *), const void *arg)
{
	esc_what = what;
	if (!esc_run(&counts, attack, arg, LIMIT_MS)) {
		printf("# %s: no end\n", what);
		bad++;
	}
}

static void leftovers(void)
{
	for (int i = 0; i < 20; i++) {
		leave();
		run("leftover", attack_leftover, NULL);
	}
}

static void words(void)
{
	for (unsigned int v = 0; v < nvalues; v++)
		for (unsigned int o = 0; o < STATE_BYTES; o += o < NL_STUB_STACK_OFFSET ? 8 : 64)
			run("word", attack_word, &(struct word){o, values[v]});
}

static void bytes(void)
{
	static const uint8_t of_bytes[] = {0, 0xff};
	unsigned int processes = 0;

	next_byte = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (next_byte == MAP_FAILED)
		exit(2);
	for (unsigned int v = 0; v < sizeof(of_bytes); v++) {
		*next_byte = 0;
		while (*next_byte < STATE_BYTES) {
			run("byte", attack_bytes, &of_bytes[v]);
			processes++;
		}
	}
	printf("# all of %d bytes, in %u processes\n", STATE_BYTES, processes);
}

static void forgeries(void)
{
	static const int sigs[] = {NL_SIG_SITE, SIGILL,  SIGTRAP, SIGBUS, SIGFPE, SIGKILL,
				   SIGSEGV,     SIGALRM, SIGSYS,  64,     -1};
	static const long calls[] = {SYS_getppid,      SYS_munmap, SYS_mprotect,   SYS_fork,
				     SYS_rt_sigreturn, SYS_execve, SYS_exit_group, 0xffffffffffff};

	for (unsigned int i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		for (unsigned int v = 0; v < nvalues; v++)
			run("forged signal", attack_forged,
			    &(struct forgery){sigs[i], SYS_munmap, values[v], values[v]});
	for (unsigned int c = 0; c < sizeof(calls) / sizeof(calls[0]); c++)
		run("forged call", attack_forged, &(struct forgery){NL_SIG_SITE, calls[c], 0, 0});
}

int main(void)
{
	esc_begin();
	make_values();
	leftovers();
	words();
	bytes();
	forgeries();
	for (unsigned int seed = 1; seed <= STORMS; seed++)
		run("storm", attack_storm, &seed);
	for (unsigned int seed = 1; seed <= THREAD_STORMS; seed++)
		run("storm of threads", attack_threads, &seed);
	return esc_report("escape-data", &counts) || bad;
}
