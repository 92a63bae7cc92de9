#!/bin/bash
# timeout: 60
# company: net-tap
# needs: ip unshare
# eth<n>=tuntap and vec<n>:transport=tap: guests reach the host by a tap, in a network namespace of
# the test's own.
if [ "${1:-}" != inside ]; then
	for how in "unshare -n" "unshare -Urn"; do
		$how true 2>/dev/null && exec $how "$0" inside
	done
	echo "no network namespace can be made here"
	exit 77
fi
set -euo pipefail
. tests/system/net-lib.bash
ip link set lo up
ip tuntap add tap7 mode tap || { echo "no tap can be made in a namespace here"; exit 77; }
ip addr add 10.7.0.1/24 dev tap7
ip link set tap7 up
probe='ip addr add 10.7.0.2/24 dev eth0; ip link set eth0 up; ping -c 1 -W 10 10.7.0.1 >/dev/null && cat /sys/class/net/eth0/address'
for card in eth0=tuntap,tap7 eth0=tuntap,tap7,02:00:00:00:00:77 vec0:transport=tap,ifname=tap7,mac=02:00:00:00:00:78; do
	net_guest g "$probe" "$card"
	net_wait g || fail "$card: the guest failed: $(cat "$dir/g.err")"
	said g | found : || fail "$card: the host is not reached"
	case $card in
	*:77) said g | found -x 02:00:00:00:00:77 || fail "$card: $(said g)" ;;
	*:78) said g | found -x 02:00:00:00:00:78 || fail "$card: $(said g)" ;;
	esac
	echo "$card: the host answers"
done
# The tap is let go of with the guest, and only one guest has it at a time.
net_guest g 'ip link set eth0 up; echo up; sleep 100' eth0=tuntap,tap7
wait_for 20 grep -q up "$dir/g.out" || fail "no first guest"
status=0
"$LINUX" eth0=tuntap,tap7 -- -c true >"$dir/two.out" 2>&1 </dev/null || status=$?
[ $status -eq 69 ] && [ "$(wc -l <"$dir/two.out")" -eq 1 ] || fail "a tap that is in use: $status $(cat "$dir/two.out")"
echo "a tap in use: $(cut -c1-120 "$dir/two.out")"
