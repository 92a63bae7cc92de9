#!/bin/bash
# timeout: 500
# needs: stress-ng mksquashfs unshare
# The quick part of kselftest and stress-ng --verify: what passes on the host passes in a guest,
# but for differences that are explained (tests/suites/explained).
. tests/system/lib.sh

QUICK=1 scripts/suites kselftest stress >"$T/out" 2>&1
status=$?
cat "$T/out"
[ $status -ne 77 ] || exit 77
[ $status -eq 0 ] || fail "there are differences"
# What a broken host side, or one that ends early, would take away is missed here. A few less than
# there are: what the host's processor has makes a difference.
for least in 'kselftest 1000' 'stress 33'; do
	suite=${least% *} least=${least#* }
	n=$(sed -nE "s/^$suite: .* ([0-9]+) the same on both sides.*/\1/p" "$T/out")
	[ "${n:-0}" -ge "$least" ] || fail "only ${n:-0} cases of $suite were the same on both sides, not $least"
done
