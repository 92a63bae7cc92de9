#!/bin/bash
# timeout: 400
# needs: gdb strace gcc sqfstar mksquashfs unshare
# with sanitizers: no, it has no program that is built with them, and gdb minds the times of files in the other tree
# gdb (breakpoints, steps, watchpoints, catch syscall, forks, threads, core files) and strace (children,
# counts, injected errors, attaching) in a guest print what they print on the host.
. tests/system/lib.sh

scripts/suites debug >"$T/out" 2>&1
status=$?
cat "$T/out"
[ $status -ne 77 ] || exit 77
[ $status -eq 0 ] || fail "there are differences"
n=$(sed -nE "s/^debug: .* ([0-9]+) the same on both sides.*/\1/p" "$T/out")
[ "${n:-0}" -ge 11 ] || fail "only ${n:-0} cases were the same on both sides"
