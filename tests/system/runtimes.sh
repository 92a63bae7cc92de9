#!/bin/bash
# timeout: 400
# needs: luajit perl python3 sqfstar mksquashfs unshare
# LuaJIT, Perl and Python at work in a guest print what they print on the host; Go, Node and Java
# are as large as all else that the tests need, and left to `scripts/suites runtimes`.
. tests/system/lib.sh

QUICK=1 scripts/suites runtimes >"$T/out" 2>&1
status=$?
cat "$T/out"
[ $status -eq 0 ] || fail "there are differences"
n=$(sed -nE "s/^runtimes: .* ([0-9]+) the same on both sides.*/\1/p" "$T/out")
[ "${n:-0}" -ge 3 ] || fail "only ${n:-0} cases were the same on both sides"
