// SPDX-License-Identifier: GPL-2.0
/*
 * Guest code that overwrites what its stub tells the guest kernel: word by word with values of
 * every kind, byte by byte, from a timer while calls run, from several threads, and as forged
 * hand-overs behind which it goes on while the guest kernel serves them. And guest code that
 * looks for what the process before it has left in a stub.
 *
 * `escape-data control`, on a host, with a guest kernel that believes what it is told: what
 * becomes of that is noticed.
 */
#include "escape-control.h"
#include <sched.h>
#include <stddef.h>

#define LIMIT_MS 12000
#define STATE_BYTES (4096 * (NL_STUB_BLOCK_PAGES - 1))
#define STORMS 60
#define STORM_MS 40
#define THREADS 3
#define THREAD_STORMS 25
#define CONTROL_STORMS 25

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

/* On a host (control()): how often its guest kernel has looked, in memory that all share. */
static volatile unsigned long *looks;
#define SERVED_MS 200
#define CONTROL_MS 2000

/*
 * As in a guest, where each call and each fault is handed over, the guest kernel has looked at
 * the state.
 */
static void be_served(void)
{
	unsigned long before = *looks;
	long long end = esc_now_ms() + SERVED_MS;

	esc_state->sig = SIGSEGV;
	esc_state->come = esc_orders->seq;
	while (*looks < before + 2 && esc_now_ms() < end)
		;
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
		if (esc_control)
			be_served();
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
	uint64_t arg; /* its second, if it is not a page's length */
};

static void hand_over(const struct forgery *f)
{
	volatile struct nl_state *st = esc_state;
	unsigned int seq = esc_orders->seq;

	st->sig = f->sig;
	st->ax = f->nr, st->di = ESC_VICTIM, st->si_reg = f->arg ?: 4096, st->dx = PROT_READ;
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

static void *shared_page(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(2);
	return p;
}

static void bytes(void)
{
	static const uint8_t of_bytes[] = {0, 0xff};
	unsigned int processes = 0;

	next_byte = shared_page();
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
			    &(struct forgery){sigs[i], SYS_munmap, values[v], values[v], 0});
	for (unsigned int c = 0; c < sizeof(calls) / sizeof(calls[0]); c++)
		run("forged call", attack_forged,
		    &(struct forgery){NL_SIG_SITE, calls[c], 0, 0, 0});
}

/* --- on a host --------------------------------------------------------------------------- */

/*
 * A guest kernel that believes all that is in the state page, as a process of its own. It serves
 * each hand-over that is announced there, and does not ask whether the stub's code runs (no
 * gate): the token is written, an order given. Registers are written to where the stub says that
 * its frame is, without a look whether that is on its signal stack. The result of a call stays in
 * the orders.
 */
__attribute__((noreturn)) static void believe(void)
{
	volatile struct nl_orders *orders = (void *)(esc_memory + NL_STUB_ORDERS);
	volatile struct nl_state *st = (void *)(esc_memory + NL_STUB_STATE);
	uint64_t *frame;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGSEGV, SIG_DFL);
	for (;; ++*looks) {
		if (st->come != orders->seq)
			continue;
		if (st->sig != NL_SIG_SITE) {
			frame = (void *)((char *)st + (st->uc - (uint64_t)esc_state));
			*frame = ESC_LOOT_WORD;
			continue;
		}
		if (st->ax == SYS_lseek)
			orders->ax = st->si_reg;
		st->token_a = st->token_b = 0x1234567800000000;
		orders->ncmds = 1;
		orders->seq++;
	}
}

/*
 * As when a stub has just been made. Its first fault has not come yet: what an attack writes before
 * it says that it has come must not be served half written.
 */
static pid_t begin_believer(void)
{
	struct nl_state *st = (void *)(esc_memory + NL_STUB_STATE);
	pid_t pid;

	memset(esc_memory + NL_STUB_ORDERS, 0, 4096 * NL_STUB_BLOCK_PAGES);
	((struct nl_orders *)(esc_memory + NL_STUB_ORDERS))->seq = 1;
	st->sig = SIGSEGV;
	st->uc = (uint64_t)esc_state + NL_STUB_STACK_OFFSET;
	pid = fork();
	if (pid == 0)
		believe();
	if (pid < 0)
		exit(2);
	return pid;
}

/* Whether it has been hurt: the script would find a guest that has ended. */
static bool end_believer(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	return WTERMSIG(status) != SIGTERM;
}

/* Whether an attack is noticed, by what it sees itself or by the end of the guest kernel. */
static bool noticed(const char *what, void (*with)(const void *), const void *arg)
{
	struct esc_counts n = {};
	pid_t kernel = begin_believer();
	bool hurt;

	esc_what = what;
	esc_run(&n, with, arg, CONTROL_MS);
	hurt = end_believer(kernel);
	return n.escaped || hurt;
}

static void attack_nothing(const void *arg)
{
	work(100);
}

/* A call with a result, handed over and served; its process goes, and the next one looks for it. */
static void attack_call(const void *arg)
{
	long long end = esc_now_ms() + 10 * SERVED_MS;
	unsigned int seq = esc_orders->seq;

	hand_over(arg);
	while (esc_orders->seq == seq && esc_now_ms() < end)
		;
}

static bool leftover_noticed(void)
{
	struct esc_counts call = {}, n = {};
	pid_t kernel = begin_believer();

	esc_what = "leftover";
	esc_run(&call, attack_call, &(struct forgery){NL_SIG_SITE, SYS_lseek, 0, 0, LEFT},
		LIMIT_MS);
	end_believer(kernel);
	esc_run(&n, attack_leftover, NULL, LIMIT_MS);
	return n.escaped;
}

static bool a_word_noticed(void)
{
	bool any = false;

	for (unsigned int v = 0; v < nvalues; v++)
		any |= noticed("word", attack_word,
			       &(struct word){offsetof(struct nl_state, uc), values[v]});
	return any;
}

static bool bytes_noticed(void)
{
	static const uint8_t byte = 0xff;

	next_byte = shared_page();
	while (*next_byte < STATE_BYTES)
		if (noticed("byte", attack_bytes, &byte))
			return true;
	return false;
}

/* What a storm writes is chance: on a host one of twenty kills itself before it is noticed. */
static bool a_storm_noticed(const char *what, void (*storm)(const void *))
{
	for (unsigned int seed = 1; seed <= CONTROL_STORMS; seed++)
		if (noticed(what, storm, &seed))
			return true;
	return false;
}

static int control(void)
{
	looks = shared_page();
	esc_control_begin(PROT_READ | PROT_EXEC);
	esc_lay_stub();
	make_values();
	esc_expect("nothing, as if it were something", !noticed("nothing", attack_nothing, NULL));
	esc_expect("forged call", noticed("forged call", attack_forged,
					  &(struct forgery){NL_SIG_SITE, SYS_munmap, 0, 0, 0}));
	esc_expect("leftover", leftover_noticed());
	esc_expect("forged signal", noticed("forged signal", attack_forged,
					    &(struct forgery){SIGSEGV, SYS_munmap, 1, 1, 0}));
	esc_expect("word", a_word_noticed());
	esc_expect("byte", bytes_noticed());
	esc_expect("storm", a_storm_noticed("storm", attack_storm));
	esc_expect("storm of threads", a_storm_noticed("storm of threads", attack_threads));
	return esc_control_report("escape-data");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "control"))
		return control();
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
