#!/bin/bash
# company: harness
# What the tests themselves lean on: a line is found although its writer has more to say than a
# pipe's reader waits for.
. tests/system/lib.sh

{ echo "OK first"; seq 200000; } >"$T/out"
for i in $(seq 20); do
	expect_text '^OK first$'
	{ cat "$T/out"; sleep 0.01; cat "$T/out"; } | found -x 'OK first' || fail "round $i: found: no"
done
# shellcheck disable=SC2030
(expect_text '^OK second$') >"$T/said" && fail "expect_text finds what is not there"
cat "$T/out" | found second && fail "found finds what is not there"
found x /no/such 2>/dev/null && fail "found finds something in a file that is not there"
true
