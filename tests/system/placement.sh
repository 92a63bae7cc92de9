#!/bin/bash
# timeout: 120
# needs: taskset pgrep
# company: placement
# A stub that is seen on the guest kernel's CPU is told to run elsewhere; where there is one CPU,
# it stays there. What is decided on a loaded host: unit/test_place.
. tests/system/lib.sh

cpus_of() { taskset -pc "$1" 2>/dev/null | sed 's/.*: //'; }
first() { sed 's/[-,].*//' <<<"$1"; }
last() { sed 's/.*[-,]//' <<<"$1"; }
all=$(cpus_of $$)
here=$(first "$all") other=$(last "$all")
[ "$here" != "$other" ] || { echo "there is one CPU only"; exit 77; }

# A program that makes system calls all the time.
start() { # COMMAND...
	: >"$T/out" # what the one before said is not this one's
	"$@" timeout -k 5 100 "$LINUX" uml_dir="$UML" mem=32M -- \
		-c 'echo up; while :; do dd if=/dev/zero of=/dev/null bs=1 count=20000 2>/dev/null; read -r up rest </proc/uptime; echo "line $up"; done' >"$T/out" 2>&1 </dev/null &
	pid=$!
	cleanup_hooks=("kill -KILL $pid \$(tree $pid) 2>/dev/null")
	wait_for 30 lines 2 || fail "the guest did not come up"
	kernel=$(for c in $(tree "$pid"); do [ "$(cat "/proc/$c/comm")" != guest-kernel ] || { echo "$c"; break; }; done)
	[ -n "$kernel" ] || fail "no guest kernel"
}
lines() { [ "$(grep -c '^line' "$T/out")" -ge "$1" ]; }
stop() {
	kill -INT "$pid"
	wait "$pid" 2>/dev/null || true
}

# Everything of the guest is put on one CPU, from outside: whether a stub has left it.
has_left() {
	local s cpus
	for s in $stubs; do
		cpus=$(cpus_of "$s")
		[ -z "$cpus" ] || [ "$cpus" = "$here" ] || { echo "a stub was told to run on $cpus"; return 0; }
	done
	return 1
}
start env
taskset -pc "$here" "$kernel" >/dev/null || fail "the guest kernel cannot be put on a CPU"
stubs=$(pgrep -P "$kernel")
for s in $stubs; do taskset -pc "$here" "$s" >/dev/null 2>&1; done
wait_for 30 has_left || fail "no stub keeps off CPU $here, where the guest kernel runs"
stop

start taskset -c "$other"
for s in $kernel $(pgrep -P "$kernel"); do
	cpus=$(cpus_of "$s")
	[ -z "$cpus" ] || [ "$cpus" = "$other" ] || fail "with one CPU, $other, process $s may run on $cpus"
done
now=$(grep -c '^line' "$T/out")
wait_for 30 lines $((now + 3)) || fail "the guest does not go on"
# 40,000 calls each. Both sides must know that they share the CPU: who spins against a peer that waits for
# it loses 200 us or more with each call, 8 s in all. The best counts, for the host may be busy.
best=$(tr -d '\r' <"$T/out" | awk '/^line/ { if (t && (!best || $2 - t < best)) best = $2 - t; t = $2 } END { print best }')
echo "on one CPU 40,000 calls take $best s"
awk -v s="$best" 'BEGIN { exit !(s > 0 && s < 5) }' || fail "calls on one CPU are too slow"
stop
