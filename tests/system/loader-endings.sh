#!/bin/bash
# timeout: 90
# needs: pgrep
# However the loader or the guest is ended, nothing is left.
. tests/system/lib.sh

# Every process of the guest carries a mark: its stdout's pipe ends here.
start() { # ARGS...: starts a guest that stays; sets pid
	: >"$T/log" # what the one before said is not this one's
	"$LINUX" uml_dir="$UML" umid=end "$@" -- -c 'echo up; while :; do sleep 1; done' \
		>"$T/log" 2>&1 </dev/null &
	pid=$!
	wait_for 20 grep -q up "$T/log" || { cp "$T/log" "$T/out"; fail "the guest did not come up"; }
	kids=$(tree "$pid")
}
find_kernel() { # the guest kernel: the first process of that name
	local p
	for p in $(tree "$pid"); do
		kernel=$p
		[ "$(cat "/proc/$p/comm" 2>/dev/null)" != guest-kernel ] || return 0
	done
	return 1
}
ended() { # STATUS
	local got
	wait "$pid"
	got=$?
	[ "$got" -eq "$1" ] || fail "status $got instead of $1"
	wait_for 5 all_gone $kids || fail "processes are left: $kids"
}

start
[ "$(wc -w <<<"$kids")" -ge 3 ] || fail "a guest kernel and stubs expected, got: $kids"
kill -KILL "$pid"
ended 137

# What the killed one left is taken over.
start
kill -TERM "$pid"
ended 143
[ ! -e "$UML/end" ] || fail "the run-time directory is left"

start # SIGKILL of the first process of the guest
kill -KILL "$(head -n 1 <<<"$kids")"
ended 70

start # SIGKILL of the guest kernel
wait_for 10 find_kernel || fail "no guest kernel among the processes"
kill -KILL "$kernel"
ended 70

start # a stub: only what it ran for dies, or the guest panics cleanly
kill -KILL $(echo "$kids" | tail -n 1)
sleep 0.3
kill -TERM "$pid" 2>/dev/null
wait "$pid"
wait_for 5 all_gone $kids || fail "processes are left after a stub was killed"

start # stopped and continued
kill -STOP "$pid"
kill -CONT "$pid"
kill -INT "$pid"
ended 130
