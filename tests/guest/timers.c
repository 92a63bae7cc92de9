// SPDX-License-Identifier: GPL-2.0
/*
 * Timers: intervals of three kinds, POSIX timers with each kind of notification, timerfd, alarm,
 * CPU time clocks and limits. Only lower bounds of times are checked: machines can be busy.
 */
#include "check.h"
#include <pthread.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static volatile int ticks;
static volatile siginfo_t last;

static void on_tick(int sig, siginfo_t *si, void *context)
{
	ticks++;
	last = *si;
}

static long long clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void real_interval(void)
{
	struct itimerval it = {{0, 5000}, {0, 5000}}, left;
	long long start = clock_us(CLOCK_MONOTONIC);

	check_handler(SIGALRM, on_tick, 0);
	CHECK(!setitimer(ITIMER_REAL, &it, NULL), "setitimer REAL");
	while (ticks < 10)
		pause();
	CHECK(clock_us(CLOCK_MONOTONIC) - start >= 49000, "ten ticks of 5 ms take 50");
	CHECK(!getitimer(ITIMER_REAL, &left) && left.it_interval.tv_usec == 5000 &&
		      left.it_value.tv_usec <= 5000,
	      "getitimer");
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_REAL, &it, NULL);
	ticks = 0;
	check_sleep_ms(20);
	CHECK_EQ(ticks, 0, "off");
	alarm(0);
	alarm(1);
	CHECK_EQ(alarm(0), 1, "alarm");
}

/*
 * Sleeps for 30 ticks of 10 ms: do none, or few, of them come? Where a host takes the CPU away, the time
 * may count as the program's, so that some can.
 */
static bool sleep_is_free(void)
{
	ticks = 0;
	check_sleep_ms(300);
	return ticks < 15;
}

/* Computes until n ticks came; microseconds of the process' CPU time. */
static long long compute(int n, bool calls)
{
	long long start = clock_us(CLOCK_PROCESS_CPUTIME_ID), end = check_now_ms() + 1500;
	volatile unsigned long x = 0;

	ticks = 0;
	while (ticks < n && check_now_ms() < end) {
		for (int i = 0; i < 2000000; i++)
			x += i;
		if (calls)
			for (int i = 0; i < 20; i++)
				getppid();
	}
	return clock_us(CLOCK_PROCESS_CPUTIME_ID) - start;
}

static void virtual_interval(void)
{
	struct itimerval it = {{0, 10000}, {0, 10000}};
	long long used;

	check_handler(SIGVTALRM, on_tick, 0);
	CHECK(!setitimer(ITIMER_VIRTUAL, &it, NULL), "setitimer VIRTUAL");
	CHECK(sleep_is_free(), "a sleeper uses no virtual time");
	used = compute(5, false);
	CHECK_EQ(ticks >= 5, 1, "five ticks of a computation");
	check_note("virtual: %lld us for 5 ticks of 10 ms", used);
	CHECK(used >= 25000, "take about their time");
}

static void profile_interval(void)
{
	struct itimerval it = {{0, 10000}, {0, 10000}};
	long long used;

	check_handler(SIGPROF, on_tick, 0);
	CHECK(!setitimer(ITIMER_PROF, &it, NULL), "setitimer PROF");
	used = compute(5, true);
	CHECK(ticks >= 5, "five ticks of a program that makes calls");
	check_note("profile: %lld us for 5 ticks of 10 ms", used);
	CHECK(used >= 25000, "take about their time");
}

static void posix_signal(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL,
			      .sigev_signo = SIGRTMIN + 1,
			      .sigev_value.sival_int = 4711};
	struct itimerspec its = {{0, 3000000}, {0, 3000000}}, left;
	sigset_t set;
	siginfo_t si;
	timer_t t;
	int good = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_NEED(!timer_create(CLOCK_MONOTONIC, &ev, &t), "timer_create");
	CHECK(!timer_settime(t, 0, &its, NULL), "timer_settime");
	for (int i = 0; i < 5; i++)
		good += sigwaitinfo(&set, &si) == SIGRTMIN + 1 && si.si_code == SI_TIMER &&
			si.si_value.sival_int == 4711;
	CHECK_EQ(good, 5, "five signals with their value");
	check_sleep_ms(40);
	sigwaitinfo(&set, &si);
	CHECK(si.si_overrun > 3, "overruns are counted");
	CHECK(!timer_gettime(t, &left) && left.it_interval.tv_nsec == 3000000, "timer_gettime");
	CHECK(!timer_delete(t) && timer_gettime(t, &left) == -1, "timer_delete");
}

static volatile int in_thread;

static void notify(union sigval v)
{
	in_thread = v.sival_int;
}

static void posix_thread(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD,
			      .sigev_value.sival_int = 12,
			      .sigev_notify_function = notify};
	struct itimerspec its = {.it_value = {0, 2000000}};
	timer_t t;

	CHECK_NEED(!timer_create(CLOCK_MONOTONIC, &ev, &t), "a timer with a thread");
	timer_settime(t, 0, &its, NULL);
	for (int i = 0; i < 2000 && !in_thread; i++)
		check_sleep_ms(1);
	CHECK_EQ(in_thread, 12, "its function runs");
	timer_delete(t);
}

static void posix_absolute(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec its = {};
	long long start = clock_us(CLOCK_REALTIME);
	timer_t t;

	check_handler(SIGUSR1, on_tick, 0);
	CHECK_NEED(!timer_create(CLOCK_REALTIME, &ev, &t), "a timer of the real time clock");
	clock_gettime(CLOCK_REALTIME, &its.it_value);
	its.it_value.tv_nsec += 20000000;
	if (its.it_value.tv_nsec >= 1000000000)
		its.it_value.tv_sec++, its.it_value.tv_nsec -= 1000000000;
	timer_settime(t, TIMER_ABSTIME, &its, NULL);
	while (!ticks)
		check_sleep_ms(1);
	CHECK(clock_us(CLOCK_REALTIME) - start >= 19900, "not before its time");
	timer_delete(t);
}

static void cpu_timer(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec its = {{0, 10000000}, {0, 10000000}};
	timer_t t;

	check_handler(SIGUSR1, on_tick, 0);
	CHECK_NEED(!timer_create(CLOCK_THREAD_CPUTIME_ID, &ev, &t),
		   "a timer of a thread's CPU time");
	timer_settime(t, 0, &its, NULL);
	CHECK(sleep_is_free(), "does not run while it sleeps");
	compute(3, true);
	CHECK(ticks >= 3, "but while it computes");
	timer_delete(t);
}

static void descriptor(void)
{
	struct itimerspec its = {{0, 5000000}, {0, 5000000}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	uint64_t n = 0, sum = 0;
	long long start = clock_us(CLOCK_MONOTONIC), took;
	struct pollfd p = {fd, POLLIN, 0};

	CHECK_NEED(fd >= 0, "timerfd_create");
	CHECK(read(fd, &n, 8) == -1 && errno == EAGAIN, "nothing yet");
	CHECK(!timerfd_settime(fd, 0, &its, NULL), "timerfd_settime");
	while (sum < 10 && poll(&p, 1, 2000) == 1)
		sum += read(fd, &n, 8) == 8 ? n : 0;
	took = clock_us(CLOCK_MONOTONIC) - start;
	CHECK(sum >= 10 && took >= (long long)sum * 5000 - 200, "ten ticks");
	check_sleep_ms(52);
	CHECK(read(fd, &n, 8) == 8 && n >= 10, "missed ones are counted");
}

/* A hog is told of its limit. */
static void cpu_limit(void)
{
	struct rlimit lim = {1, 2};
	pid_t pid = check_fork();
	int status;

	if (pid == 0) {
		prctl(PR_SET_DUMPABLE, 0);
		setrlimit(RLIMIT_CPU, &lim);
		for (volatile long i = 0;; i++)
			;
	}
	status = check_wait(pid, 7000);
	CHECK_EQ(status & 0x7f, SIGXCPU, "RLIMIT_CPU");
}

/* A sleep that is interrupted often ends no sooner, and says what is left. */
static void remaining(void)
{
	struct timespec left = {0, 100000000};
	long long start = check_now_ms();
	struct itimerval it = {{0, 7000}, {0, 7000}};
	int interruptions = 0;

	check_handler(SIGALRM, on_tick, SA_RESTART);
	setitimer(ITIMER_REAL, &it, NULL);
	while (nanosleep(&left, &left) && errno == EINTR)
		interruptions++;
	CHECK(interruptions > 2, "nanosleep is interrupted by an interval timer");
	CHECK(check_now_ms() - start >= 99, "and sleeps for its time all the same");
}

static const struct check_group groups[] = {{"real", real_interval},
					    {"virtual", virtual_interval},
					    {"profile", profile_interval},
					    {"signal", posix_signal},
					    {"thread", posix_thread},
					    {"absolute", posix_absolute},
					    {"cpu timer", cpu_timer},
					    {"descriptor", descriptor},
					    {"cpu limit", cpu_limit},
					    {"remaining", remaining},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
