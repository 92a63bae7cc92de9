#!/bin/bash
# timeout: 300
# Signals that somebody on the host sends to the processes of a guest: each process stopped for a
# while, and each signal that ends a process by default, to the guest kernel, ns-init and a stub.
# The guest goes on; or it ends, says so, leaves nothing behind, and where the guest kernel could
# still speak there is a report with registers and a backtrace.
. tests/system/lib.sh

LIMIT=${LIMIT:-280} # seconds that a guest may live; a slow host (an emulated one) needs more

start() {
	rm -f "$T/out"
	timeout -k 5 "$LIMIT" "$LINUX" uml_dir="$UML" umid=sig mem=64M con1=port:"$port" -- -c '
		while :; do sh -c "while :; do :; done"; done &
		n=0; while :; do n=$((n+1)); echo "line $n"; sleep 0.05; done' >"$T/out" 2>&1 </dev/null &
	pid=$!
	cleanup_hooks=("kill -KILL $pid \$(tree $pid) 2>/dev/null")
	wait_for 20 lines 3 || fail "the guest did not come up"
	all=$(tree "$pid")
	init=$(named ns-init)
	kernel=$(named guest-kernel)
}
port=$((20000 + $$ % 20000))
lines() { [ -f "$T/out" ] && [ "$(grep -c '^line' "$T/out")" -ge "$1" ]; }
named() { # the first of that name
	local c
	for c in $all; do
		[ "$(cat "/proc/$c/comm")" != "$1" ] || { echo "$c"; return; }
	done
	fail "no process $1"
}
goes_on() {
	local now
	now=$(grep -c '^line' "$T/out")
	wait_for 20 lines $((now + 3)) && return
	ended_early "$*"
	what_they_do $(tree "$pid")
	fail "$*: the guest does not go on"
}
ended_early() { # WHAT
	local status
	all_gone "$pid" || return 0
	wait "$pid"
	status=$?
	[ $status -ne 124 ] || fail "$1: the guest came to its limit of $LIMIT s"
	fail "$1: the guest has ended with status $status"
}
# The loader ends, or the guest says something: whichever comes first.
settled() { all_gone $all || lines $((now + 3)); }
verdict() { # WHAT: it goes on, or has ended as it should; sets ended
	local status
	ended=
	sleep 0.3 # what is on its way to the loader does not count
	now=$(grep -c '^line' "$T/out")
	wait_for 20 settled || fail "$1: neither goes on nor ends"
	all_gone $all || { echo "$1: goes on"; return; }
	ended=1
	wait "$pid"
	status=$?
	[ "$status" -eq 70 ] || fail "$1: ended with status $status"
	expect_text '^linux: the guest kernel'
	echo "$1: $(tr -d '\r' <"$T/out" | grep -a '^linux: the guest kernel' | cut -c1-110)"
}

# Stopped and continued, each in turn.
start
for c in $all; do
	name=$(cat "/proc/$c/comm")
	kill -STOP "$c"
	sleep 0.3
	kill -CONT "$c"
	goes_on "$name was stopped for a while"
done
[ "$(tree "$pid" | wc -l)" -ge "$(wc -w <<<"$all")" ] || fail "a process has gone"

# A guest kernel that is stopped does not leave guest code spinning.
before=$(ticks $all)
sleep 1
[ $(($(ticks $all) - before)) -ge 20 ] || fail "the guest does not spin: this would show nothing"
kill -STOP "$kernel"
sleep 0.5
before=$(ticks $all)
sleep 1
used=$(($(ticks $all) - before))
kill -CONT "$kernel"
[ $used -le 2 ] || fail "guest code ran on ($used ticks in a second) while the guest kernel was stopped"
goes_on "the guest kernel was stopped while guest code spun"

# The stub of the program that spins, which is begun anew when it dies. The shell that counts has one,
# too: if its process ended, so would the guest.
spins() {
	local c most=9 used
	declare -A had=()
	stub=
	for c in $(tree "$kernel"); do had[$c]=$(ticks "$c"); done
	sleep 0.3
	for c in "${!had[@]}"; do
		used=$(($(ticks "$c") - had[$c]))
		[ $used -le $most ] || { most=$used stub=$c; }
	done
	[ -n "$stub" ]
}

# ns-init is nobody's to end but by SIGKILL, and a stub costs its own process at most.
for s in HUP INT QUIT ILL TRAP ABRT BUS FPE SEGV USR1 USR2 PIPE ALRM TERM SYS IO KILL; do
	wait_for 20 spins || { ended_early "before SIG$s"; what_they_do $(tree "$pid"); fail "no stub spins before SIG$s"; }
	kill -$s $stub
	[ $s = KILL ] || kill -$s "$init"
	goes_on "SIG$s to ns-init and to a stub"
done

# The guest kernel. It uses some signals itself; the others end it, with last words.
for s in HUP INT QUIT USR1 USR2 PIPE ALRM TERM SYS IO WINCH CHLD; do
	[ -n "$(tree "$pid")" ] || start
	kill -$s "$kernel"
	verdict "SIG$s to the guest kernel"
done
for s in ILL TRAP BUS FPE SEGV ABRT; do
	[ -n "$(tree "$pid")" ] || start
	rm -f "$UML/sig.crash"
	kill -$s "$kernel"
	verdict "SIG$s to the guest kernel"
	[ -n "$ended" ] || continue
	[ -f "$UML/sig.crash" ] || fail "SIG$s: no report"
	for p in 'RIP: [0-9a-f]+:?[a-z_]+' 'RSP: [0-9a-f]{16}' '^Call Trace:'; do
		grep -qE "$p" "$UML/sig.crash" || { cp "$UML/sig.crash" "$T/out"; fail "SIG$s: no '$p' in the report"; }
	done
done
