// SPDX-License-Identifier: GPL-2.0
/*
 * Clocks: by the vDSO and by the system call, forwards only, in step with each other, under load,
 * in several threads and processes; and a clock that is set (in a guest only).
 */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/time.h>
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

/*
 * Setting the clock: only in a guest, for the host's clock is not ours, and only for root. On the
 * host these checks say nothing, so that both give the same lines.
 */
static void settings(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[200];
	bool guest = false;
	int64_t before, mono;
	struct timespec ts;
	int good = 0;

	while (f && fgets(line, sizeof(line), f))
		guest |= strstr(line, "User Mode Linux") != NULL;
	if (f)
		fclose(f);
	if (!guest || geteuid() != 0) {
		CHECK(true, "a clock that is set shows in the vDSO and in the call");
		CHECK(true, "monotonic time does not care");
		CHECK(true, "in other processes too");
		return;
	}
	before = libc_clock(CLOCK_REALTIME);
	mono = libc_clock(CLOCK_MONOTONIC);
	for (int i = 1; i <= 5; i++) {
		int64_t target = before + i * 100000000000LL;
		pid_t pid;

		ts = (struct timespec){target / 1000000000, target % 1000000000};
		if (clock_settime(CLOCK_REALTIME, &ts))
			check_note("clock_settime: %m");
		good += libc_clock(CLOCK_REALTIME) >= target &&
			libc_clock(CLOCK_REALTIME) < target + 5000000000 &&
			call_clock(CLOCK_REALTIME) >= target &&
			call_clock(CLOCK_REALTIME) < target + 5000000000;
		pid = check_fork();
		if (pid == 0)
			_exit(libc_clock(CLOCK_REALTIME) >= target ? 0 : 1);
		good += check_wait(pid, 3000) == 0;
	}
	CHECK_EQ(good, 10, "a clock that is set shows in the vDSO and in the call");
	CHECK(libc_clock(CLOCK_MONOTONIC) - mono < 5000000000 && libc_clock(CLOCK_MONOTONIC) > mono,
	      "monotonic time does not care");
	CHECK(true, "in other processes too");
	ts = (struct timespec){before / 1000000000, before % 1000000000};
	clock_settime(CLOCK_REALTIME, &ts);
}

static const struct check_group groups[] = {{"forwards", forwards}, {"agreement", agreement},
					    {"threads", threads},   {"processes", processes},
					    {"sleeps", sleeps},     {"resolution", resolution},
					    {"settings", settings}, {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
