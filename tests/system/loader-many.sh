#!/bin/bash
# timeout: 120
# Many guests one after another and side by side, on busy CPUs: each ends with its own
# status. (A timer that was pending at power-off used to crash one in some hundred.)
. tests/system/lib.sh

lane() { # NUMBER COUNT
	local i status
	for i in $(seq "$2"); do
		status=$(((i + $1) % 60))
		boot -- -c "exit $status" </dev/null >"$T/lane$1" 2>&1
		[ $? -eq $status ] || {
			cp "$T/lane$1" "$T/failed$1"
			return 1
		}
	done
}

(while :; do :; done) &
hog=$!
cleanup_hooks+=("kill $hog 2>/dev/null")
lanes=()
for n in 1 2 3 4; do
	lane $n 60 &
	lanes+=($!)
done
bad=0
for l in "${lanes[@]}"; do
	wait "$l" || bad=1
done
if [ $bad -ne 0 ]; then
	cat "$T"/failed* >"$T/out" 2>/dev/null
	fail "a guest ended with another status than its own"
fi
