#!/bin/bash
# timeout: 90
# needs: pgrep gdb
# A guest kernel that dies leaves a report: how it ended, registers, and a backtrace with the
# names of functions.
. tests/system/lib.sh

R=$UML/dead.crash
start() { # COMMAND: starts a guest that runs it after "up"; sets pid
	rm -f "$R" "$T/out"
	timeout -k 5 60 "$LINUX" uml_dir="$UML" umid=dead mem=64M -- -c "echo up; $1" >"$T/out" 2>&1 </dev/null &
	pid=$!
	wait_for 20 has_come_up || fail "the guest did not come up"
}
find_kernel() {
	kernel=$pid
	until [ "$(cat "/proc/$kernel/comm")" = guest-kernel ]; do
		kernel=$(pgrep -o -P "$kernel") || fail "no guest kernel"
	done
}
has_come_up() { [ -f "$T/out" ] && grep -q up "$T/out"; }
asleep() { [ "$(cut -d' ' -f3 "/proc/$kernel/stat")" = S ]; }
died() { # PATTERN...: each must stand in the report
	local p
	wait "$pid"
	local status=$?
	[ $status -eq 70 ] || fail "status $status instead of 70"
	[ -f "$R" ] || fail "there is no report"
	tr -d '\r' <"$T/out" | found -F "the report is in $R" || fail "the path of the report is not told"
	[ "$(stat -c %a "$R")" = 600 ] || fail "others may read the report"
	for p in '^kernel:  6\.' '^memory:  64 MB' '^command: .*umid=dead' "$@"; do
		grep -qE -- "$p" "$R" || { cp "$R" "$T/out"; fail "no '$p' in the report"; }
	done
}

start 'echo c >/proc/sysrq-trigger'
died '^end: .*panicked: sysrq triggered crash' 'RIP: [a-z_]+.* RBP: [0-9a-f]{16}' \
	'] sysrq_handle_crash\+0x' '] .*vfs_write\+0x'

# What it said before stands on the operator's terminal, which obeys none of it.
start 'printf "<0>\033]0;a title\007 \302\233m end\n" >/dev/kmsg; echo c >/proc/sysrq-trigger'
died '^end: .*panicked: sysrq triggered crash'
expect_text '\\x1b]0;a title\\x07 \\xc2\\x9bm end'
! grep -q "$(printf '\033\|\007\|\302\233')" "$T/out" || fail "control characters of the guest kernel are shown"

# By a BUG, and by a fault of its own: a debugger on the host takes it there.
astray() { # GDB-COMMAND
	start 'while :; do sleep 100; done'
	find_kernel
	wait_for 20 asleep || fail "the idle guest kernel does not sleep"
	timeout -k 5 40 gdb -q -nx -batch -p "$kernel" -ex 'handle all nostop noprint pass' -ex 'set var $orig_rax = -1' -ex "$1" -ex detach \
		build/linux-nestling/vmlinux >"$T/gdb" 2>&1
}
astray 'call (void)__put_cred(&init_cred)'
died '^end: .*panicked: BUG!' 'BUG: failure at kernel/cred\.c:[0-9]+/__put_cred\(\)!' '] __put_cred(\.cold)?\+0x'
astray 'set var $rip = 16'
died '^end: .*panicked: Segfault with no mm' 'RIP: [0-9a-f]+:0x10$' '] arch_cpu_idle\+0x'

# By a signal from outside: asleep, and at work.
start 'while :; do sleep 100; done'
find_kernel
wait_for 20 asleep || fail "the idle guest kernel does not sleep"
kill -SEGV "$kernel"
died '^end: .*signal 11' 'RIP: [0-9a-f]+:[a-z_]+' 'R15: [0-9a-f]{16}' '] arch_cpu_idle\+0x'

start 'while :; do :; done'
find_kernel
kill -ABRT "$kernel"
died '^end: .*signal 6' 'RIP: [0-9a-f]+:[a-z_]+' 'R15: [0-9a-f]{16}' '^Call Trace:'

# No chance to say anything.
start 'while :; do sleep 100; done'
find_kernel
kill -KILL "$kernel"
died '^end: .*signal 9' 'no time for last words'

# Reports of guests without a name do not pile up: the oldest go.
for i in 11 12 13 14 15 16 17 18 19-1 20; do
	touch -d "2026-01-$((${i%-*} - 10))" "$UML/guest-$i.crash"
done
touch -d 2025-01-01 "$UML/guest-mine.crash" "$UML/other.crash"
expect_status 70 boot mem=64M -- -c 'echo c >/proc/sysrq-trigger'
[ "$(find "$UML" -name 'guest-[0-9]*.crash' | wc -l)" -eq 8 ] || fail "not eight reports: $(ls "$UML")"
for i in 11 12 13; do
	[ ! -e "$UML/guest-$i.crash" ] || fail "an old report of an unnamed guest is left"
done
[ -e "$UML/guest-mine.crash" ] && [ -e "$UML/other.crash" ] || fail "another's report is gone"

# One that ends well leaves none.
rm -f "$R"
boot umid=dead -- -c 'exit 3' >"$T/out" 2>&1 </dev/null
[ $? -eq 3 ] || fail "exit 3 expected"
[ ! -e "$R" ] || fail "a report of a guest that ended well"
