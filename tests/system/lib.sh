# Shared by the system tests; sourced, with the repository's top as current directory.
#
#   T             a directory of the test's own, removed at the end
#   LINUX         the program under test
#   boot ARGS     runs it with a run-time directory below $T, for at most 30 s
#   expect_status N COMMAND...   runs COMMAND, output to $T/out, and checks its status
#   expect_text PATTERN          grep -E over $T/out
#   one_line      $T/out is one line (an error message)
#   found ARGS   grep -q ARGS at the end of a pipeline
#   wait_for N COMMAND...        tries COMMAND for up to N seconds
#   tree PID      all descendants of a process, parents first
#   ticks PID... their CPU time
#   all_gone PID...  none of them is left (or only to be reaped)
#   fail TEXT     ends the test
# shellcheck shell=bash
set -uo pipefail
. tests/system/lib-found.sh
T=$(mktemp -d)
LINUX=$PWD/build/bin/linux
UML=$T/uml
cleanup_hooks=()

cleanup() {
	local h
	for h in "${cleanup_hooks[@]}"; do
		eval "$h"
	done
	rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
	[ -f "$T/out" ] && { echo "--- output"; tail -n 40 "$T/out" | tr -d '\r'; }
	echo "FAILED: $*" # last: of a long output, the end is what is looked at
	exit 1
}

boot() {
	timeout -k 5 30 "$LINUX" uml_dir="$UML" "$@"
}

expect_status() {
	local want=$1 got
	shift
	"$@" >"$T/out" 2>&1 </dev/null
	got=$?
	[ "$got" -eq "$want" ] || fail "status $got instead of $want: $*"
}

expect_text() {
	tr -d '\r' <"$T/out" | found -E -- "$1" || fail "no '$1' in the output"
}

one_line() {
	[ "$(wc -l <"$T/out")" -eq 1 ] || fail "the message is not one line"
}

wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# Not by /proc/PID/task/*/children, which leaves some out while processes come and go.
tree() {
	local c
	for c in $(pgrep -P "$1"); do
		echo "$c"
		tree "$c"
	done
}

# In clock ticks; those that have ended count for nothing.
ticks() {
	local c n=0 stat f
	for c in "$@"; do
		{ read -r stat <"/proc/$c/stat"; } 2>/dev/null || continue
		read -ra f <<<"${stat##*) }"
		n=$((n + f[11] + f[12]))
	done
	echo "$n"
}

# what_they_do PID...: for the report of a failure, a line each: state, CPU time in ticks, where it waits
what_they_do() {
	local p
	for p in "$@"; do
		[ -d "/proc/$p" ] && echo "$p $(awk '{ print $2, $3, $14 + $15 }' "/proc/$p/stat") $(cat "/proc/$p/wchan")" \
			"syscall $(cat "/proc/$p/syscall")"
	done 2>/dev/null
}

all_gone() {
	local p
	for p in "$@"; do
		[ ! -d "/proc/$p" ] || grep -q '^State:.*Z' "/proc/$p/status" 2>/dev/null || return 1
	done
}
