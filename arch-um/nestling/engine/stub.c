// SPDX-License-Identifier: GPL-2.0
/*
 * Stubs: making and ending them, giving orders, waiting.
 *
 * An order is a number. The guest kernel fills the orders page and raises its
 * number; the stub does what is asked and answers with that number. Whoever waits
 * spins for a while when the other side runs on another CPU, because that takes a
 * tenth of a microsecond where waking a sleeper takes fifty; and yields the CPU, then
 * sleeps, when both share one.
 *
 * A stub can lie: guest code may write the number itself and go on running. That
 * gives it nothing but wrong registers of its own, until the guest kernel wants
 * commands carried out; then the stub must first pass the gate (stub_code.S).
 */
#define pr_fmt(fmt) "nestling: " fmt

#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kstrtox.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/ratelimit.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/time64.h>
#include <asm/page.h>
#include <asm/ucontext.h>
#include <asm/unistd.h>
#include <as-layout.h>
#include <mem_user.h>
#include <nestling.h>
#include <os.h>
#include <timetravel.h>
#include "doorbell.h"
#include "engine.h"
#include "lane.h"

#define START_TURNS 10000 /* of spinning for a stub that comes up */
#define PARK_TURNS 2000
/* A program whose next call is near comes within these, and each pause between two looks is 20 ns. */
#define SOON_LOOKS 20
#define YIELD_TURNS 1000 /* some 50 us */
#define DEATH_CHECK_MS 100
#define FORCE_LOOKS 5 /* before time is moved for the first time, */
#define FORCE_LOOKS_LATER 1 /* and when the run is not what it would be again anyhow */
#define FIRST_SEQ 1
#define XSTATE_ALIGN 64 /* what XSAVE wants */
#define KICK_CPU_LIMIT_NS (200 * 1000000ULL)
#define COMMANDS_CPU_LIMIT_NS (1000 * 1000000ULL) /* they can map much */
#define KICK_LIMIT_NS (3000 * 1000000ULL) /* of wall time, for a host that is very busy */

struct nl_stub_host nl_host;
struct nl_frame nl_frame;

/*
 * The stub that runs guest code now, for the end of a host signal's handler; and
 * the one before, which may still be spinning. This is a machine of one CPU.
 */
static struct nl_stub *running, *latest;
static u64 idle_since; /* of the time-stamp counter */

extern char nl_stub_base[];

void nl_stub_bad(struct nl_stub *s, const char *what)
{
	if (!s->dead)
		pr_warn_ratelimited("%s[%d]: its stub (pid %d on the host) %s\n", current->comm,
				    task_pid_nr(current), s->pid, what);
	s->dead = true;
}

static bool guest_work(void)
{
	return read_thread_flags() & _TIF_WORK_MASK;
}

static void kick_if_needed(struct nl_stub *s)
{
	if (s->kicked || !guest_work())
		return;
	s->kicked = true;
	s->kick_cpu_ns = 0;
	nl_stub_kick(s->pid);
}

/* A handler may have made work for the task whose code runs, and nobody else looks. */
void nl_engine_signal_exit(void)
{
	nl_kicks_due();
	if (running)
		kick_if_needed(running);
}

bool nl_engine_in_guest(void)
{
	return running;
}

/*
 * What rang while guest code runs is served here: interrupts are enabled then, and only the end of
 * an interrupt looks at the doorbell.
 */
static void serve_doorbell(void)
{
	if (unlikely(*nl_bell_pending) && !irqs_disabled()) {
		local_irq_disable();
		local_irq_enable();
	}
}

static bool has_come(const struct nl_stub *s)
{
	return READ_ONCE(s->state->come) == s->seq;
}

/* For the stub, or, while guest code runs, for the doorbell. */
static int wait_asleep(struct nl_stub *s, int ms)
{
	bool both = nl_bell_used && running;
	u64 since = __builtin_ia32_rdtsc();
	unsigned int come, seen = 0;
	int err = 0;

	WRITE_ONCE(s->orders->kernel_asleep, 1);
	if (both)
		seen = nl_doorbell_prepare();
	mb(); /* the stub looks at it after it has set come */
	come = READ_ONCE(s->state->come);
	if (come == s->seq || (both && *nl_bell_pending))
		err = 0;
	else if (both)
		err = nl_futex_wait_two(&s->state->come, come, &nl_bell->sequence, seen, ms);
	else
		err = nl_futex_wait(&s->state->come, come, ms);
	if (both)
		nl_doorbell_finish();
	WRITE_ONCE(s->orders->kernel_asleep, 0);
	nl_place_slept(since);
	return err;
}

/*
 * A stub that does not answer although it had the CPU: guest code blocks the kick, or runs
 * where the stub's own code should, and does not hand over. Only guest code that runs by an
 * order may take its time, until it is kicked.
 */
static bool is_overdue(struct nl_stub *s)
{
	u64 limit = s->ncmds ? COMMANDS_CPU_LIMIT_NS : KICK_CPU_LIMIT_NS;
	u64 now;

	if (running && !s->kicked)
		return false;
	now = nl_stub_cpu_ns(s->pid);
	if (!s->kick_cpu_ns)
		s->kick_cpu_ns = now;
	return now - s->kick_cpu_ns > limit;
}

/*
 * It sleeps until the next order, but has not done this one. The stub's own code never does:
 * it looks at the order's number before it sleeps, and comes before it looks.
 */
static bool is_asleep_early(struct nl_stub *s)
{
	return nl_futex_wake(&s->orders->seq) > 0 && !has_come(s);
}

/*
 * In virtual time a program that makes no call stops the clock, and itself if it waits for that. It
 * goes on then, but when is not the same in another run. So it must have been seen to compute again
 * and again: a host that stood still for a while, itself a guest, may count that as the program's.
 */
static void force_time(struct nl_stub *s)
{
	static bool before;
	u64 now;

	if (time_travel_mode == TT_MODE_OFF || !running || irqs_disabled())
		return;
	now = nl_stub_cpu_ns(s->pid);
	if (s->forced_seq != s->seq) {
		s->forced_seq = s->seq;
		s->forced_looks = 0;
	} else if (now - s->forced_cpu_ns < DEATH_CHECK_MS * NSEC_PER_MSEC / 2) {
		return; /* others had the CPU */
	} else if (++s->forced_looks >= (before ? FORCE_LOOKS_LATER : FORCE_LOOKS)) {
		before = true;
		nl_lane_force();
		kick_if_needed(s);
	}
	s->forced_cpu_ns = now;
}

static int wait_end(struct nl_stub *s)
{
	force_time(s);
	if (nl_stub_reap(s->pid)) {
		s->pid = 0;
		nl_stub_bad(s, "died");
		return -EIO;
	}
	if (is_overdue(s) || is_asleep_early(s)) {
		nl_stub_bad(s, "did not answer");
		nl_stub_end(s);
		return -EIO;
	}
	return 0;
}

static int wait_sleeping(struct nl_stub *s)
{
	while (!has_come(s)) {
		if (running) {
			serve_doorbell();
			kick_if_needed(s);
		}
		if (wait_asleep(s, DEATH_CHECK_MS) < 0 && wait_end(s) < 0)
			return -EIO;
	}
	return 0;
}

/* Spinning was in vain. */
static int wait_measured(struct nl_stub *s)
{
	u64 since = __builtin_ia32_rdtsc(), cpu_ns = 0;
	int ms = DEATH_CHECK_MS;

	if (s->place.kept_off)
		cpu_ns = nl_stub_cpu_ns(s->pid);
	if (s->place.kept_off || s->place.kept_on)
		ms = NL_STARVED_MS;
	while (!has_come(s)) {
		u64 from_ns = os_nsecs();

		serve_doorbell();
		kick_if_needed(s);
		if (wait_asleep(s, ms) < 0 && ms == DEATH_CHECK_MS && wait_end(s) < 0)
			return -EIO;
		if (ms == NL_STARVED_MS && !has_come(s))
			nl_place_late(s, cpu_ns);
		ms = DEATH_CHECK_MS;
		nl_place_waited(s, from_ns);
	}
	nl_place_kernel_slept(s, since);
	return 0;
}

/* The stub is to have this CPU. */
static int wait_yielding(struct nl_stub *s, unsigned int yields)
{
	u64 from_ns = os_nsecs(), since = __builtin_ia32_rdtsc();

	for (; yields && !has_come(s); yields--) {
		if (running) {
			serve_doorbell();
			kick_if_needed(s);
		}
		nl_yield();
	}
	if (__builtin_ia32_rdtsc() - since > NL_SHORT_CYCLES)
		nl_place_yielded(s, from_ns);
	return s->place.kept_on && running ? wait_measured(s) : wait_sleeping(s);
}

static int wait_come(struct nl_stub *s, const struct nl_spin *spin)
{
	unsigned int turns = spin->kernel, i;

	if (spin->kernel_yields)
		return wait_yielding(s, spin->kernel_yields);
	for (i = 0; turns && i < SOON_LOOKS; i++)
		if (has_come(s))
			return 0;
	while (turns--) {
		if (has_come(s))
			return 0;
		if (running) {
			serve_doorbell();
			kick_if_needed(s);
		}
		rep_nop(); /* cpu_relax() would take virtual time */
		/* Guests and a switch that wake each other can also spin in each other's way. */
		if (turns % YIELD_TURNS == 0 && nl_bell_used)
			nl_place_yield();
	}
	return (spin->kernel || s->place.kept_on) && running ? wait_measured(s) : wait_sleeping(s);
}

/* The stub looks at these words all the time: what does not change does not touch them. */
static void publish(unsigned int *word, unsigned int value)
{
	if (READ_ONCE(*word) != value)
		WRITE_ONCE(*word, value);
}

/* The stub is not to have its next order soon, and sleeps when it has done with spinning. */
static void leave(struct nl_stub *s)
{
	publish(&s->orders->yields, 0);
	nl_place_left(&s->place);
}

/*
 * It is another one's turn, whose CPU that of the last one may be. That is to sleep; but one that
 * spun yields first, for the other may be ready there and give it back as soon.
 */
static void leave_latest(struct nl_stub *s)
{
	struct nl_stub *left = latest;

	latest = s;
	if (!left || left == s)
		return;
	if (!READ_ONCE(left->orders->spin)) {
		leave(left);
		return;
	}
	left->yields = nl_place_may_yield();
	WRITE_ONCE(left->orders->yields, left->yields ? NL_YIELDS : 0);
	smp_wmb(); /* which it looks at when it has done with spinning */
	WRITE_ONCE(left->orders->spin, 0);
}

/* Whoever is to end the idleness, the switch or another guest, may want the stub's CPU. */
void nl_engine_idle(void)
{
	nl_kicks_due();
	idle_since = __builtin_ia32_rdtsc();
	if (!latest)
		return;
	publish(&latest->orders->spin, 0);
	leave(latest);
}

void nl_engine_awake(void)
{
	nl_place_slept(idle_since);
}

static int order_result(struct nl_stub *s, unsigned int ncmds)
{
	unsigned long failed = ncmds ? READ_ONCE(s->state->failed) : 0;
	const struct nl_cmd *c;

	if (!failed)
		return 0;
	if (failed > ncmds) {
		nl_stub_bad(s, "lied");
		return -EIO;
	}
	c = &s->orders->cmd[failed - 1];
	pr_warn_ratelimited("host call %u(%lx, %lx, %lx, %lx) gave %ld\n", c->nr, c->arg[0],
			    c->arg[1], c->arg[2], c->arg[5], READ_ONCE(s->state->error));
	return -ENOMEM;
}

static void order_give(struct nl_stub *s, unsigned int action, const struct nl_spin *spin)
{
	struct nl_orders *o = s->orders;
	struct nl_state *st = s->state;
	bool told = !READ_ONCE(o->spin); /* to sleep: nothing is learnt from that */

	s->kick_cpu_ns = 0;
	publish(&o->action, action);
	publish(&o->spin, spin->stub);
	publish(&o->yields, spin->stub_yields);
	publish(&o->ncmds, s->ncmds);
	publish(&o->flags, s->flags);
	if (s->ncmds) {
		WRITE_ONCE(st->failed, 0);
		WRITE_ONCE(st->token_a, s->token_a);
		WRITE_ONCE(st->token_b, s->token_b);
	}
	o->ax = s->ax;
	s->seq++;
	/* A full barrier: the stub says that it sleeps, then looks at the number once more. */
	xchg(&o->seq, s->seq);
	if (READ_ONCE(st->asleep)) {
		nl_futex_wake(&o->seq);
		if (spin->stub && !told)
			nl_place_stub_slept(s);
	}
	leave_latest(s);
}

/* Learns where the host lays a signal's frame: always the same place in every stub. */
static int frame_learn(const struct nl_stub *s)
{
	unsigned long base = nl_host.stub_start + NL_STUB_ORDERS;
	unsigned long uc = READ_ONCE(s->state->uc) - base, si = READ_ONCE(s->state->si) - base;
	const struct ucontext *u;
	unsigned long fp;
	int err;

	if (uc > NL_PAGE * NL_STUB_BLOCK_PAGES - sizeof(*u) ||
	    si > NL_PAGE * NL_STUB_BLOCK_PAGES - sizeof(struct siginfo))
		return -EINVAL;
	u = (void *)s->orders + uc;
	fp = (unsigned long)u->uc_mcontext.fpstate - base;
	if (fp > NL_PAGE * NL_STUB_BLOCK_PAGES - sizeof(struct _fpstate) || fp % XSTATE_ALIGN)
		return -EINVAL;
	err = nl_fp_init((void *)s->orders + fp, NL_PAGE * NL_STUB_BLOCK_PAGES - fp);
	if (err)
		return err;
	nl_frame.uc = uc; /* which says that all is known */
	nl_frame.si = si;
	nl_frame.fp = fp;
	nl_regset_init();
	nl_auxv_init();
	return 0;
}

int nl_stub_ready(struct nl_stub *s)
{
	int err;

	if (!s->starting)
		return 0;
	s->starting = false;
	err = wait_come(s, &(struct nl_spin){.kernel = nl_host.cpus > 1 ? START_TURNS : 0});
	if (err)
		return err;
	if (READ_ONCE(s->state->sig) != SIGSYS) {
		nl_stub_bad(s, "got no filter from the host");
		return -EOPNOTSUPP;
	}
	err = nl_frame.uc ? 0 : frame_learn(s);
	s->orders->fp = nl_host.stub_start + NL_STUB_ORDERS + nl_frame.fp;
	s->orders->fp_mask = nl_fp_sw()->xfeatures;
	return err;
}

int nl_stub_order(struct nl_stub *s, unsigned int action)
{
	struct nl_spin spin = nl_place_spin(s);
	unsigned int ncmds = s->ncmds;
	u64 from_ns = 0, since = 0;
	int err;

	if (s->dead || (s->starting && nl_stub_ready(s) < 0))
		return -EIO;
	if (action == NL_ACT_RESUME || action == NL_ACT_RETURN || action == NL_ACT_LOAD) {
		nl_kicks_due();
		s->saved = false;
		s->kicked = false;
		running = s;
	}
	if (s->yields && !READ_ONCE(s->state->asleep)) {
		from_ns = os_nsecs();
		since = __builtin_ia32_rdtsc();
	}
	s->yields = false;
	order_give(s, action, &spin);
	err = wait_come(s, &spin);
	if (from_ns && __builtin_ia32_rdtsc() - since > NL_SHORT_CYCLES)
		nl_place_yielded(s, from_ns);
	running = NULL;
	nl_place_came(s);
	s->ncmds = 0;
	if (err)
		return err;
	s->gated = READ_ONCE(s->orders->gate) == s->seq || (action == NL_ACT_REPORT && s->gated);
	return order_result(s, ncmds);
}

/* For what is not to carry out the queued commands: they stay queued. */
static int order_alone(struct nl_stub *s, unsigned int action)
{
	unsigned int ncmds = s->ncmds;
	int err;

	s->ncmds = 0;
	err = nl_stub_order(s, action);
	s->ncmds = ncmds;
	return err;
}

int nl_stub_gate(struct nl_stub *s)
{
	int err;

	if (s->gated)
		return 0;
	err = nl_stub_to_frame(s) ?: order_alone(s, NL_ACT_GATE);
	if (!err && !s->gated) {
		nl_stub_bad(s, "did not pass the gate");
		err = -EIO;
	}
	return err;
}

int nl_stub_to_frame(struct nl_stub *s)
{
	int err;

	if (!s->at_site)
		return 0;
	err = order_alone(s, NL_ACT_TRAP);
	if (!err && READ_ONCE(s->state->sig) == NL_SIG_SITE) {
		nl_stub_bad(s, "did not trap");
		err = -EIO;
	}
	s->at_site = false;
	s->saved = false;
	return err;
}

int nl_stub_save(struct nl_stub *s)
{
	int err;

	if (!s->at_site || s->saved)
		return 0;
	err = order_alone(s, NL_ACT_SAVE);
	s->saved = !err;
	return err;
}

/* It sleeps until the next order, but its signal handler has not handed over. */
static bool is_asleep_unparked(struct nl_stub *s)
{
	return nl_futex_wake(&s->orders->seq) > 0 && READ_ONCE(s->state->parked) != s->seq;
}

/*
 * Guest code that claims to be at a site, blocks the kick and goes on, or goes to sleep,
 * must not hold the guest kernel up. One that slept when the kick was sent may be found so once: what
 * it does when it runs again is to take the kick.
 */
int nl_stub_await_parked(struct nl_stub *s)
{
	unsigned int turns, excused = s->kicked;
	u64 since = 0, cpu_ns = 0;

	for (turns = 0; READ_ONCE(s->state->parked) != s->seq; turns++) {
		if (turns < PARK_TURNS) {
			rep_nop(); /* cpu_relax() would take virtual time */
			continue;
		}
		if (nl_stub_reap(s->pid)) {
			s->pid = 0;
			nl_stub_bad(s, "died");
			return -EIO;
		}
		if (!since) {
			since = os_nsecs();
			cpu_ns = nl_stub_cpu_ns(s->pid);
		}
		if ((is_asleep_unparked(s) && !excused--) ||
		    nl_stub_cpu_ns(s->pid) - cpu_ns > KICK_CPU_LIMIT_NS ||
		    (os_nsecs() - since > KICK_LIMIT_NS && !nl_stub_stopped(s->pid))) {
			nl_stub_bad(s, "did not answer a kick");
			return -EIO;
		}
		nl_nap_us(100);
	}
	return 0;
}

int nl_stub_flush(struct nl_stub *s)
{
	int err;

	if (!s->ncmds)
		return 0;
	err = nl_stub_gate(s);
	return err ?: nl_stub_order(s, NL_ACT_REPORT);
}

static int stub_start_one(struct nl_stub *s, unsigned long block)
{
	unsigned long long offset;

	phys_mapping(__pa(block), &offset);
	if (nl_stub_tokens(&s->token_a, &s->token_b) < 0) {
		s->token_a = (unsigned long)get_random_u32() << 32;
		s->token_b = (unsigned long)get_random_u32() << 32;
	}
	s->seq = FIRST_SEQ;
	s->orders->seq = FIRST_SEQ;
	s->orders->gate_offset = offset + NL_OR_GATE;
	s->flags = nl_host.fsgsbase ? NL_ORF_FSGSBASE : 0;
	s->pid = nl_stub_spawn(&nl_host, (void *)block, offset, s->token_a, s->token_b);
	if (s->pid < 0)
		return s->pid;
	s->starting = true;
	return nl_frame.uc ? 0 : nl_stub_ready(s);
}

struct nl_stub *nl_stub_new(void)
{
	struct nl_stub *s = kzalloc(sizeof(*s), GFP_KERNEL);
	unsigned long block;
	int err;

	if (!s)
		return ERR_PTR(-ENOMEM);
	block = __get_free_pages(GFP_KERNEL | __GFP_ZERO, ilog2(NL_STUB_BLOCK_PAGES));
	if (!block) {
		kfree(s);
		return ERR_PTR(-ENOMEM);
	}
	s->orders = (void *)block;
	s->state = (void *)block + NL_ST_BASE;
	err = stub_start_one(s, block);
	if (err) {
		pr_err("no stub could be made: error %d\n", -err);
		nl_stub_free(s);
		return ERR_PTR(err);
	}
	return s;
}

/*
 * The next address space has other registers and mappings, and sees nothing of this
 * one. Its own code runs from here on: what it tells may be believed.
 */
int nl_stub_empty(struct nl_stub *s)
{
	nl_fp_forget(s);
	s->ncmds = 0;
	if (s->dead || s->lost || nl_stub_gate(s) < 0)
		return -EIO;
	nl_mm_queue(s, __NR_munmap, 0, 0, nl_host.stub_start, 0, 0, 0, 0);
	nl_sites_unmap(s);
	nl_sites_put(s);
	nl_family_put(s);
	s->at_site = false; /* as guest code could make it look that went to the gate itself */
	nl_frame_clean(s);
	order_give(s, NL_ACT_RESUME, &(struct nl_spin){});
	return 0;
}

int nl_stub_wipe(struct nl_stub *s)
{
	struct nl_orders *o = s->orders;
	struct nl_state *st = s->state;
	struct nl_spin spin = nl_place_spin(s);
	void *cmds = o->cmd, *rest = &st->site_seq;
	unsigned int cpu = READ_ONCE(st->cpu);
	void *end = (void *)o + NL_PAGE * NL_STUB_BLOCK_PAGES;

	if (wait_come(s, &spin) < 0 || READ_ONCE(st->failed) || st->sig != SIGTRAP ||
	    !nl_frame_is_right(s))
		return -EIO;
	memset(cmds, 0, sizeof(o->cmd));
	memset(rest, 0, end - rest);
	st->cpu = cpu;
	s->ncmds = 0;
	s->ax = 0; /* the next order lays it where the next address space can read it */
	s->flags &= ~NL_ORF_BASES;
	s->fs_base = NL_BASE_UNKNOWN;
	s->gs_base = NL_BASE_UNKNOWN;
	s->kicked = false;
	s->saved = false;
	return 0;
}

void nl_stub_end(struct nl_stub *s)
{
	s->dead = true;
	if (s->pid > 0)
		nl_stub_kill(s->pid);
	s->pid = 0;
}

void nl_stub_free(struct nl_stub *s)
{
	if (latest == s)
		latest = NULL;
	nl_fp_forget(s);
	nl_sites_put(s);
	nl_family_put(s);
	nl_stub_end(s);
	free_pages((unsigned long)s->orders, ilog2(NL_STUB_BLOCK_PAGES));
	kfree(s);
}

/* nestling.fsgsbase=0: as on hosts before Linux 5.9 and old CPUs. */
static int __init fsgsbase_setup(char *value)
{
	bool on = true;
	int err = kstrtobool(value, &on);

	nl_host.no_fsgsbase = !on;
	return err;
}
early_param("nestling.fsgsbase", fsgsbase_setup);

static int __init engine_init(void)
{
	unsigned long long offset;

	phys_mapping(__pa(nl_stub_base), &offset);
	nl_host.stub_start = STUB_START;
	nl_host.code_offset = offset;
	return nl_stub_host_probe(&nl_host);
}
early_initcall(engine_init);

static_assert(offsetof(struct nl_orders, frame) == NL_OR_FRAME);
static_assert(offsetof(struct nl_orders, yields) == NL_OR_YIELDS);
static_assert(offsetof(struct nl_orders, gate_offset) == NL_OR_GATE_OFFSET);
static_assert(offsetof(struct nl_orders, gate) == NL_OR_GATE);
static_assert(offsetof(struct nl_orders, cmd) == NL_OR_CMDS);
static_assert(sizeof(struct nl_orders) <= NL_PAGE);
static_assert(sizeof(struct nl_cmd) == NL_CMD_SIZE);
static_assert(offsetof(struct nl_state, uc) + NL_ST_BASE == NL_ST_UC);
static_assert(offsetof(struct nl_state, token_a) + NL_ST_BASE == NL_ST_TOKEN_A);
static_assert(offsetof(struct nl_state, cpu) + NL_ST_BASE == NL_ST_CPU);
static_assert(offsetof(struct nl_state, error) + NL_ST_BASE == NL_ST_ERROR);
static_assert(offsetof(struct nl_state, parked) + NL_ST_BASE == NL_ST_PARKED);
static_assert(offsetof(struct nl_state, failed) + NL_ST_BASE == NL_ST_FAILED);
static_assert(offsetof(struct nl_state, gs_base) + NL_ST_BASE == NL_ST_GS);
static_assert(offsetof(struct nl_state, ax) + NL_ST_BASE == NL_ST_AX);
static_assert(offsetof(struct nl_state, r9) + NL_ST_BASE == NL_ST_R9);
static_assert(offsetof(struct nl_state, bp) + NL_ST_BASE == NL_ST_BP);
static_assert(offsetof(struct nl_state, r11) + NL_ST_BASE == NL_ST_R11);
static_assert(offsetof(struct nl_state, own_flags) + NL_ST_BASE == NL_ST_OWN_FLAGS);
static_assert(offsetof(struct nl_state, own_sp) + NL_ST_BASE == NL_ST_OWN_SP);
static_assert(offsetof(struct nl_state, own_wrote) + NL_ST_BASE == NL_ST_OWN_WROTE);
static_assert(offsetof(struct nl_state, sig) + NL_ST_BASE == NL_ST_SIG);
static_assert(offsetof(struct nl_state, flags) + NL_ST_BASE == NL_ST_FLAGS_REG);
static_assert(offsetof(struct nl_state, site_seq) + NL_ST_BASE == NL_ST_SITE_SEQ);
static_assert(offsetof(struct nl_orders, ax) == NL_OR_AX);
static_assert(offsetof(struct nl_orders, fp_mask) == NL_OR_FP_MASK);
static_assert(sizeof(struct nl_state) <= NL_STUB_STACK_OFFSET);
/* nl_stub_wipe() leaves alone what the stub sleeps by. */
static_assert(offsetof(struct nl_state, asleep) < offsetof(struct nl_state, site_seq));
static_assert(offsetof(struct nl_state, come) < offsetof(struct nl_state, site_seq));
