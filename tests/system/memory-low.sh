#!/bin/bash
# timeout: 90
# A guest with little memory: it boots, who takes too much is killed by the out-of-memory killer,
# and everything else goes on.
. tests/system/lib.sh

cat >"$T/script" <<'END'
free -k | grep Mem
for i in 1 2 3; do
	(x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done)
	echo "hog $i: $?"
done
dmesg | grep -c 'Out of memory: Killed process'
mkdir -p /tmp/t && mount -t tmpfs -o size=4M none /tmp/t
dd if=/dev/zero of=/tmp/t/f bs=64k count=200 2>/dev/null || echo full
rm /tmp/t/f
i=0; while [ $i -lt 50 ]; do /bin/true & i=$((i + 1)); done; wait
echo alive
exit 6
END
boot mem=32M <"$T/script" >"$T/out" 2>&1
status=$?
[ $status -eq 6 ] || fail "status $status"
for i in 1 2 3; do expect_text "^hog $i: 137$"; done
expect_text '^3$' # as many reports
expect_text '^full$'
expect_text '^alive$'

# Still less: told before anything boots.
expect_status 64 boot mem=8M
one_line
expect_text "mem=8M.*at least|between"
