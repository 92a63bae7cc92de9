#!/bin/bash
# timeout: 100
# company: run-time
# uml_run --time virtual: days pass while nobody waits, to the second; input, output and status go on
# as they do in real time.
. tests/system/lib.sh
run=$PWD/build/bin/uml_run
begin=$SECONDS
expect_status 0 timeout 60 "$run" --time virtual -- sh -c 'a=$(date +%s); sleep 43200; b=$(date +%s); echo passed $((b - a))'
[ $((SECONDS - begin)) -lt 60 ] || fail "half a day took $((SECONDS - begin)) s"
n=$(sed -n 's/^passed //p' "$T/out")
# The two looks at the clock are programs: a second may begin between one of them and the sleep.
[ "$n" -ge 43200 ] && [ "$n" -le 43202 ] || fail "half a day were $n s"
sum=$(seq 1 100000 | timeout 60 "$run" --time virtual -- sh -c 'sleep 3600; sha256sum; exit 3')
[ $? -eq 3 ] && [ "$sum" = "$(seq 1 100000 | sha256sum)" ] || fail "input or status: $sum"
# Two who wait for each other by the clock.
expect_status 0 timeout 60 "$run" --time virtual -- sh -c '(sleep 100; echo b) & (sleep 50; echo a) & sleep 150; echo c; wait'
[ "$(tr -d '\n' <"$T/out")" = abc ] || fail "the order is $(tr '\n' ' ' <"$T/out")"
expect_status 125 "$run" --time slow -- true
one_line
echo "half a virtual day in $((SECONDS - begin)) s at most, $n seconds by the guest's clock"
