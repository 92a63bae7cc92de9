#!/bin/bash
# timeout: 150
# company: net-hotplug
# Cards and disks come and go while frames pass and disks are read: by mconsole, by the guest's own root, many times in a row
# (ROUNDS=90 PAUSE=2 makes it the three minutes of a soak); what cannot be is refused in one line.
set -euo pipefail
. tests/system/net-lib.bash
rounds=${ROUNDS:-8} pause=${PAUSE:-0}
mc() { build/bin/uml_mconsole -d "$dir/uml" "$@"; }
truncate -s 4M "$dir/disk.img"
net_switch
net_guest b 'ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up; sleep 1000' eth0="daemon,,unix,$ctl"
net_guest a 'ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up
	while :; do
		ip addr add 10.0.1.1/24 dev eth7 2>/dev/null; ip link set eth7 up 2>/dev/null
		[ -e /sys/class/net/eth7 ] && { [ -n "$there" ] || echo "eth7 came"; there=1; } || { [ -z "$there" ] || echo "eth7 went"; there=; }
		[ ! -b /dev/ubdh ] || dd if=/dev/ubdh of=/dev/null bs=64k count=4 2>/dev/null
		ping -c 1 -W 5 10.0.0.2 >/dev/null && echo pong || echo lost
		sleep 0.05
	done' eth0="daemon,,unix,$ctl"
wait_for 20 grep -q pong "$dir/a.out" || fail "no traffic"

mc a config eth0 | found "connected" || fail "eth0 is not told to be connected: $(mc a config eth0)"
for i in $(seq "$rounds"); do
	mc a config "eth7=daemon,,unix,$ctl" >"$dir/mc.out" 2>&1 || fail "round $i: plug: $(cat "$dir/mc.out")"
	wait_for 10 sh -c "[ \$(grep -c 'eth7 came' '$dir/a.out') -eq $i ]" || fail "round $i: the guest does not see its card"
	net_ctl show ports | found "a.eth7.*ready" || fail "round $i: the switch does not see it"
	mc a config "ubd7=$dir/disk.img" >"$dir/mc.out" 2>&1 || fail "round $i: plug a disk: $(cat "$dir/mc.out")"
	sleep "$pause"
	mc a remove eth7 >"$dir/mc.out" 2>&1 || fail "round $i: unplug: $(cat "$dir/mc.out")"
	wait_for 10 sh -c "[ \$(grep -c 'eth7 went' '$dir/a.out') -eq $i ]" || fail "round $i: the guest keeps its card"
	wait_for 10 mc a remove ubd7 >/dev/null 2>&1 || fail "round $i: unplug a disk"
	net_ctl show ports | found "a.eth7" && fail "round $i: the switch keeps it"
	sleep "$pause"
done
echo "$rounds times plugged and unplugged; $(grep -c pong "$dir/a.out") pings meanwhile, $(grep -c lost "$dir/a.out") lost"
[ "$(grep -c lost "$dir/a.out")" -eq 0 ] || fail "traffic of the other card suffered"

# The card that is in use goes, too, and comes back.
mc a remove eth0 >/dev/null
wait_for 10 grep -q lost "$dir/a.out" || fail "eth0 is still there"
mc a config "eth0=daemon,,unix,$ctl" >/dev/null
echo "the card in use can go and come back"

refused() { # PATTERN WORD...: one line, and no change
	local pattern=$1 status=0
	shift
	mc a "$@" >"$dir/mc.out" 2>&1 || status=$?
	[ $status -eq 1 ] && [ "$(wc -l <"$dir/mc.out")" -eq 1 ] && grep -qe "$pattern" "$dir/mc.out" ||
		fail "$*: status $status, $(cat "$dir/mc.out")"
}
refused "no switch answers" config "eth3=daemon,,unix,$dir/nobody"
refused "is there already" config "eth0=daemon,,unix,$ctl"
refused "eth0 to eth15" config "eth16=daemon"
refused "there is no eth5" remove eth5
refused "no hardware address" config "eth3=daemon,1:2,unix,$ctl"
refused "tap" config "eth3=tuntap,no-such-tap-here"
mc a config | grep -c '^eth' | found -x 1 || fail "there are other cards: $(mc a config)"
echo "what cannot be is refused, in one line"

# The guest's own root takes the driver off and puts it on again: the switch lets go in between.
net_guest u 'd=$(basename $(readlink /sys/class/net/eth0/device)); drv=/sys/bus/virtio/drivers/virtio_net
	for i in 1 2 3; do
		ip link set eth0 up; echo $d >$drv/unbind; [ -e /sys/class/net/eth0 ] || echo gone
		echo $d >$drv/bind
	done
	ip addr add 10.0.0.3/24 dev eth0; ip link set eth0 up; ping -c 1 -W 5 10.0.0.2 >/dev/null && echo pong' eth0="daemon,,unix,$ctl"
net_wait u || fail "u failed"
[ "$(said u | grep -c gone)" -eq 3 ] && said u | found -x pong || fail "taking the driver off and on"
echo "the driver off and on, three times"

# A switch that is stopped does not give a card's rings back: the card goes all the same, in seconds.
mc a config "eth5=daemon,,unix,$ctl" >/dev/null
wait_for 10 sh -c "build/bin/uml_switch ctl -unix '$ctl' show ports | grep -q 'a.eth5.*ready'" || fail "eth5 does not come"
kill -STOP $net_switch_pid
timeout 14 build/bin/uml_mconsole -d "$dir/uml" a remove eth5 >"$dir/mc.out" 2>&1 || fail "the card of a stopped switch stays: $(cat "$dir/mc.out")"
kill -CONT $net_switch_pid
mc a config | found '^eth5' && fail "eth5 is still there"
echo "a switch that is stopped does not keep a card"
