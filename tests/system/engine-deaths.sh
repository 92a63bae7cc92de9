#!/bin/bash
# timeout: 300
# needs: pgrep
# Somebody on the host kills or stops processes of a guest: it goes on, or ends with a message
# and leaves nothing behind.
. tests/system/lib.sh

truncate -s 1M "$T/disk"

# A guest of two programs: one computes, one counts lines and sleeps.
start() {
	rm -f "$T/out"
	timeout -k 5 60 "$LINUX" uml_dir="$UML" umid=deaths mem=64M ubd1="$T/disk" -- -c '
		sh -c "while :; do :; done" & p=$!
		(while [ -d /proc/$p ]; do sleep 0.1; done; echo computing ended) &
		n=0; while [ ! -e /tmp/end ]; do n=$((n+1)); echo "line $n"; dd if=/dev/ubdb of=/dev/null count=1 2>/dev/null; sleep 0.1; done' \
		>"$T/out" 2>&1 </dev/null &
	pid=$!
	wait_for 20 lines 3 || fail "the guest did not come up"
}
lines() { [ -f "$T/out" ] && [ "$(grep -c '^line' "$T/out")" -ge "$1" ]; }
goes_on() {
	local now
	now=$(grep -c '^line' "$T/out")
	# shellcheck disable=SC2046
	wait_for 15 lines $((now + 5)) || fail "$*: the guest does not go on
$(what_they_do $(tree "$pid"); sleep 1; what_they_do $(tree "$pid"))"
}

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat" 2>/dev/null || echo 0; }
find_kernel() {
	local c
	kernel=
	for c in $(tree "$pid"); do
		if [ -z "$kernel" ] && [ "$(cat "/proc/$c/comm")" = guest-kernel ]; then
			kernel=$c
		fi
	done
	[ -n "$kernel" ] || fail "no guest kernel"
}
# The stub in which the program computes: the process that took most of the CPU.
find_stub() {
	local c most=0 t
	find_kernel
	stub=
	sleep 1
	for c in $(pgrep -P "$kernel"); do
		t=$(ticks "$c")
		[ "$t" -gt "$most" ] && { most=$t stub=$c; }
	done
	[ -n "$stub" ] || fail "no stub computes"
}
ends() { # WHAT: the guest ends soon, and nothing of it is left, at $gone (in microseconds)
	local status
	wait_for 10 all_gone $all || fail "$1: processes are left: $(for c in $all; do cat "/proc/$c/comm" 2>/dev/null; done | xargs)"
	gone=${EPOCHREALTIME//[!0-9]/}
	wait "$pid"
	status=$?
	[ $status -ne 0 ] || fail "$1: the guest ended as if all were well"
}

# A stub: only its process dies.
start
find_stub
kill -KILL "$stub"
wait_for 10 grep -q 'computing ended' "$T/out" || fail "the process of a killed stub lives on"
goes_on "a stub was killed"
all=$(tree "$pid")
kill -INT "$pid"
ends "interrupted"

# Stopped for a while: a stub, the guest kernel, all.
start
find_stub
for c in "$stub" "$kernel"; do
	kill -STOP "$c"
	sleep 1.5
	kill -CONT "$c"
	goes_on "process $c was stopped"
	grep -q 'computing ended' "$T/out" && fail "the program whose stub was stopped is gone"
done
all=$(tree "$pid")
# shellcheck disable=SC2086
kill -STOP $all
sleep 1
# shellcheck disable=SC2086
kill -CONT $all
goes_on "all were stopped"
# It is sent on in the moment in which its init has seen it stop.
init=$(awk '{ print $4 }' "/proc/$kernel/stat")
for ((i = 0; i < 300; i++)); do
	kill -STOP "$init" "$kernel"
	sleep 0.01
	kill -CONT "$init" "$kernel"
done
goes_on "it was stopped and sent on 300 times"
kill -INT "$pid"
ends "interrupted"

# The guest kernel, while guest code runs and cannot know: a second later nothing of the guest is left.
# (It takes a few milliseconds. A host that is busy may keep us or them from the CPU for longer, now
# and then; a guest that takes longer itself does so each time. So one of three must make it.)
for try in 1 2 3; do
	start
	find_stub
	all=$(tree "$pid")
	begin=${EPOCHREALTIME//[!0-9]/}
	kill -KILL "$kernel"
	ends "the guest kernel was killed"
	ms=$(((gone - begin) / 1000))
	expect_text 'linux: .*signal 9'
	echo "the guest kernel was killed: $ms ms later nothing was left (try $try)"
	[ $ms -gt 1000 ] || break
done
[ $ms -le 1000 ] || fail "after the guest kernel was killed, its processes ran on for $ms ms, and over a second twice before"

# Every process in turn. A guest that lives on must work; one that ends leaves nothing.
start
count=$(tree "$pid" | wc -l)
kill -INT "$pid"
wait "$pid"
[ "$count" -ge 4 ] || fail "only $count processes"
for ((i = 1; i <= count; i++)); do
	start
	all=$(tree "$pid")
	victim=$(sed -n "${i}p" <<<"$all")
	[ -n "$victim" ] || continue
	name=$(cat "/proc/$victim/comm")
	kill -KILL "$victim"
	sleep 1
	if [ "$(tree "$pid" | wc -l)" -gt 2 ]; then
		goes_on "process $i ($name) was killed"
		echo "process $i ($name) killed: the guest goes on"
		all=$(tree "$pid")
		kill -INT "$pid"
		ends "interrupted"
	else
		ends "process $i ($name) was killed"
		echo "process $i ($name) killed: the guest ends: $(tail -n 1 "$T/out" | cut -c1-150)"
	fi
done
