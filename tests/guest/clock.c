// SPDX-License-Identifier: GPL-2.0
/*
 * Clocks: by the vDSO and by the system call, forwards only, in step with each other, under load,
 * in several threads and processes; and a clock that is set (in a guest only).
 */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>

static int64_t ns_of(struct timespec ts)
{
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int64_t libc_clock(clockid_t id)
{
	struct timespec ts = {};

	clock_gettime(id, &ts);
	return ns_of(ts);
}

static int64_t call_clock(clockid_t id)
{
	struct timespec ts = {};

	syscall(SYS_clock_gettime, id, &ts);
	return ns_of(ts);
}

static const struct {
	const char *name;
	clockid_t id;
} clocks[] = {{"real time", CLOCK_REALTIME},
	      {"monotonic", CLOCK_MONOTONIC},
	      {"boot time", CLOCK_BOOTTIME},
	      {"raw", CLOCK_MONOTONIC_RAW},
	      {"coarse real time", CLOCK_REALTIME_COARSE},
	      {"coarse monotonic", CLOCK_MONOTONIC_COARSE},
	      {"TAI", CLOCK_TAI},
	      {"process CPU", CLOCK_PROCESS_CPUTIME_ID},
	      {"thread CPU", CLOCK_THREAD_CPUTIME_ID}};

static void forwards(void)
{
	for (unsigned i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		int64_t before = call_clock(clocks[i].id);
		int back = 0;

		for (int n = 0; n < 1500; n++) {
			int64_t now = n & 1 ? libc_clock(clocks[i].id) : call_clock(clocks[i].id);

			if (now < before)
				check_note("%s: %lld ns back", clocks[i].name,
					   (long long)(before - now));
			back += now < before;
			before = now;
		}
		CHECK_EQ(back, 0, "%s never goes back, vDSO and call in turn", clocks[i].name);
	}
}

/* The vDSO's time lies between two of the call. */
static void agreement(void)
{
	static const clockid_t ids[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
	int bad = 0;

	for (unsigned i = 0; i < 3; i++) {
		for (int n = 0; n < 500; n++) {
			int64_t a = call_clock(ids[i]), b = libc_clock(ids[i]),
				c = call_clock(ids[i]);

			if (b < a || c < b) {
				bad++;
				check_note("clock %d: %lld, %lld", ids[i], (long long)(b - a),
					   (long long)(c - b));
			}
		}
	}
	CHECK_EQ(bad, 0, "vDSO and call agree");
	CHECK(llabs(libc_clock(CLOCK_REALTIME) / 1000000000 - time(NULL)) <= 1, "time()");
	CHECK(llabs(libc_clock(CLOCK_REALTIME) - libc_clock(CLOCK_REALTIME_COARSE)) < 100000000,
	      "coarse is near");
}

static volatile bool stop;
static int64_t latest; /* of any thread */
static volatile int backwards;

static void *look(void *arg)
{
	while (!stop) {
		int64_t seen = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
		int64_t now = (intptr_t)arg & 1 ? libc_clock(CLOCK_MONOTONIC)
						: call_clock(CLOCK_MONOTONIC);

		if (now < seen)
			backwards++;
		while (seen < now &&
		       !__atomic_compare_exchange_n(&latest, &seen, now, 0, __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST))
			;
	}
	return NULL;
}

static void threads(void)
{
	pthread_t t[4];

	for (intptr_t i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, look, (void *)i);
	check_sleep_ms(300);
	stop = true;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(backwards, 0, "monotonic between threads");
}

static void processes(void)
{
	int64_t *shared =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid[3];
	long long end = check_now_ms() + 300;

	for (int i = 0; i < 3; i++) {
		pid[i] = check_fork();
		if (pid[i] == 0) {
			while (check_now_ms() < end) {
				int64_t seen = __atomic_load_n(shared, __ATOMIC_SEQ_CST),
					now = libc_clock(CLOCK_MONOTONIC);

				if (now < seen)
					_exit(1);
				while (seen < now && !__atomic_compare_exchange_n(
							     shared, &seen, now, 0,
							     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
					;
				if (now % 3 == 0)
					sched_yield();
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 3; i++)
		CHECK_EQ(check_wait(pid[i], 5000), 0, "monotonic between processes, %d", i);
}

/* Sleeps are not shorter than asked, by any clock. */
static void sleeps(void)
{
	int bad = 0;

	for (int i = 0; i < 30; i++) {
		int64_t m = libc_clock(CLOCK_MONOTONIC), r = call_clock(CLOCK_BOOTTIME);

		check_sleep_ms(2);
		bad += libc_clock(CLOCK_MONOTONIC) - m < 2000000 ||
		       call_clock(CLOCK_BOOTTIME) - r < 2000000;
	}
	CHECK_EQ(bad, 0, "a sleep takes its time");
}

static void resolution(void)
{
	struct timespec ts;

	CHECK(!clock_getres(CLOCK_MONOTONIC, &ts) && ts.tv_sec == 0, "clock_getres");
	CHECK(clock_gettime(9999, &ts) == -1 && errno == EINVAL, "no such clock");
	CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8) == -1 && errno == EFAULT,
	      "nowhere to put the time");
}

/* What the kernel says of its clock; nothing is adjusted. */
static void adjustment(void)
{
	struct timex t = {};
	int64_t before = libc_clock(CLOCK_REALTIME), told;

	CHECK(adjtimex(&t) >= 0, "adjtimex");
	told = t.time.tv_sec * 1000000000LL + t.time.tv_usec * (t.status & STA_NANO ? 1 : 1000);
	CHECK(told >= before - 1000 && told <= libc_clock(CLOCK_REALTIME),
	      "adjtimex tells the time");
	CHECK(t.tick > 0 && t.precision > 0, "adjtimex tells of the clock");
}

/* --- setting the clock ---------------------------------------------------------------- */

/* Only in a guest, for the host's clock is not ours, and only for root. */
static bool may_set(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[200];
	bool guest = false;

	while (f && fgets(line, sizeof(line), f))
		guest |= strstr(line, "User Mode Linux") != NULL;
	if (f)
		fclose(f);
	return guest && geteuid() == 0;
}

static void skip_all(const char *const *texts, int n)
{
	for (int i = 0; i < n; i++)
		check_skip("not our clock", "%s", texts[i]);
}

static void set_clock(int64_t ns)
{
	struct timespec ts = {ns / 1000000000, ns % 1000000000};

	if (clock_settime(CLOCK_REALTIME, &ts))
		check_note("clock_settime: %m");
}

static bool is_about(int64_t now, int64_t target)
{
	return now >= target && now < target + 5000000000;
}

static void settings(void)
{
	static const char *const texts[] = {"a clock that is set shows in the vDSO and in the call",
					    "in other processes too", "settimeofday",
					    "monotonic time does not care"};
	int64_t before = libc_clock(CLOCK_REALTIME), mono = libc_clock(CLOCK_MONOTONIC);
	struct timeval tv = {};
	int good = 0, good_child = 0;

	if (!may_set()) {
		skip_all(texts, 4);
		return;
	}
	for (int i = 1; i <= 5; i++) {
		int64_t target = before + i * 100000000000LL;
		pid_t pid;

		set_clock(target);
		good += is_about(libc_clock(CLOCK_REALTIME), target) &&
			is_about(call_clock(CLOCK_REALTIME), target);
		pid = check_fork();
		if (pid == 0)
			_exit(is_about(libc_clock(CLOCK_REALTIME), target) ? 0 : 1);
		good_child += check_wait(pid, 3000) == 0;
	}
	CHECK_EQ(good, 5, "%s", texts[0]);
	CHECK_EQ(good_child, 5, "%s", texts[1]);
	tv.tv_sec = before / 1000000000 - 1000000;
	CHECK(!syscall(SYS_settimeofday, &tv, NULL) &&
		      is_about(libc_clock(CLOCK_REALTIME), tv.tv_sec * 1000000000LL) &&
		      !gettimeofday(&tv, NULL) &&
		      is_about(tv.tv_sec * 1000000000LL, before - 1000001000000000),
	      "%s", texts[2]);
	CHECK(is_about(libc_clock(CLOCK_MONOTONIC), mono), "%s", texts[3]);
	set_clock(before);
}

/* Timers by the time of day notice that it is set. */
static void set_timers(void)
{
	static const char *const texts[] = {
		"timers by the time of day",
		"are not due at once",
		"with TFD_TIMER_CANCEL_ON_SET one ends with ECANCELED when the clock is set",
		"others do not",
		"but when it passes what they wait for",
		"and so does one that sends a signal"};
	int64_t before = libc_clock(CLOCK_REALTIME);
	int watching = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	int absolute = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	struct itimerspec in = {.it_value.tv_sec = before / 1000000000 + 1000};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
	struct pollfd p = {absolute, POLLIN, 0};
	uint64_t expired = 0;
	timer_t timer;
	sigset_t set;

	if (!may_set()) {
		skip_all(texts, 6);
		return;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_NEED(!timer_create(CLOCK_REALTIME, &event, &timer) &&
			   !timer_settime(timer, TIMER_ABSTIME, &in, NULL) &&
			   !timerfd_settime(absolute, TFD_TIMER_ABSTIME, &in, NULL) &&
			   !timerfd_settime(watching, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
					    &in, NULL),
		   "%s", texts[0]);
	CHECK(read(watching, &expired, 8) == -1 && errno == EAGAIN && poll(&p, 1, 10) == 0, "%s",
	      texts[1]);
	set_clock(before + 500 * 1000000000LL);
	CHECK(read(watching, &expired, 8) == -1 && errno == ECANCELED, "%s", texts[2]);
	CHECK(poll(&p, 1, 10) == 0, "%s", texts[3]);
	set_clock(before + 1001 * 1000000000LL);
	CHECK(poll(&p, 1, 2000) == 1 && read(absolute, &expired, 8) == 8 && expired == 1, "%s",
	      texts[4]);
	CHECK_EQ(sigtimedwait(&set, NULL, &(struct timespec){2, 0}), SIGUSR2, "%s", texts[5]);
	set_clock(before);
}

static const struct check_group groups[] = {{"forwards", forwards},     {"agreement", agreement},
					    {"threads", threads},       {"processes", processes},
					    {"sleeps", sleeps},         {"resolution", resolution},
					    {"adjustment", adjustment}, {"settings", settings},
					    {"set timers", set_timers}, {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
