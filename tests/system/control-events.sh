#!/bin/bash
# timeout: 60
# The guest kernel tells of a panic, and shuts down when the loader is asked to end.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "$*"; cat "$dir/out"; exit 1; }

status=0
timeout -k 5 30 build/bin/linux uml_dir="$dir/uml" -- -c 'echo c > /proc/sysrq-trigger' \
	</dev/null >"$dir/out" 2>&1 || status=$?
[ $status = 70 ] || fail "a panic ended with status $status, not 70"
grep -q 'the guest kernel panicked: sysrq triggered crash' "$dir/out" || fail "the panic's reason is missing"

# Nothing of the shell's comes out when it is ended before.
build/bin/linux uml_dir="$dir/uml" umid=c -- -c 'echo started; sleep 60; echo too late' \
	</dev/null >"$dir/out" 2>&1 &
linux=$!
for ((i = 0; i < 300; i++)); do
	grep -q started "$dir/out" && break
	sleep 0.1
done
grep -q started "$dir/out" || { kill -9 $linux; fail "the guest did not start"; }
start=$SECONDS
kill -TERM $linux
wait $linux || true
[ $((SECONDS - start)) -lt 9 ] || fail "the guest did not obey Ctrl-Alt-Del"
! grep -q 'too late' "$dir/out" || fail "the guest went on"
