#!/bin/bash
# timeout: 400
# company: suites
# The quick part of kselftest is built from the guest kernel's source; suites-quick runs it.
. tests/system/lib.sh

QUICK=1 BUILD=1 scripts/suites kselftest >"$T/out" 2>&1
status=$?
[ $status -ne 77 ] || { cat "$T/out"; exit 77; }
[ $status -eq 0 ] || fail "status $status"
for name in $(sed -nE 's/^\+([^ ]+).*/\1/p' tests/suites/kselftest.list); do
	[ -x "build/suites/linux/tools/testing/selftests/$name" ] || { cat build/suites/kselftest.log; fail "$name was not built"; }
done
