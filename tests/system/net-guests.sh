#!/bin/bash
# timeout: 120
# company: net-guests
# Guests on a switch: packets pass, addresses are stable and unique, the cable shows, guests outlive
# a restart of the switch with their connections, and what is wrong is told in one line.
set -euo pipefail
. tests/system/net-lib.bash

card="daemon,,unix,$ctl"
status=0
"$LINUX" eth0="$card" -- -c true >"$dir/none.out" 2>&1 </dev/null || status=$?
[ $status -eq 69 ] && grep -q "no switch answers at" "$dir/none.out" && [ "$(wc -l <"$dir/none.out")" -eq 1 ] ||
	fail "without a switch: status $status"
echo "without a switch: $(cut -c1-100 "$dir/none.out")"

net_switch
net_guest b 'ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up; cat /sys/class/net/eth0/address
	mkfifo /tmp/f; exec 3<>/tmp/f; nc -l -p 5000 <&3 | sha256sum' eth0="$card"
wait_for 10 grep -q ':' "$dir/b.out" || fail "b has no card"
net_guest a 'ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up; cat /sys/class/net/eth0/address
	ping -c 3 -W 2 10.0.0.2 && seq 1 3000000 | nc 10.0.0.2 5000; sleep 2' eth0="$card"
wait_for 10 sh -c "build/bin/uml_switch ctl -unix '$ctl' show ports | grep -c ready | grep -qx 2" ||
	fail "the switch does not see two guests"
net_ctl show ports | sed 's/^/    /'
net_wait a || fail "a failed"
net_wait b || fail "b failed"
grep -q " 0% packet loss" "$dir/a.out" || fail "pings were lost"
[ "$(said b | sed -n 2p)" = "$(seq 1 3000000 | sha256sum)" ] || fail "what came is not what was sent"
[ "$(said a | head -n 1)" != "$(said b | head -n 1)" ] || fail "two guests have one address"
mac=$(said a | head -n 1)
net_guest a 'cat /sys/class/net/eth0/address' eth0="$card"
net_wait a
[ "$(said a)" = "$mac" ] || fail "the address is another at the second start: $mac, $(said a)"
echo "pings, 22 MB of TCP, addresses: $mac is a's at each start"

# What is sent as soon as a card is up gets out: nothing that the kernel put off has run in between.
# A cable that is pulled in that moment shows all the same.
mkdir "$dir/tools"
cp build/guest/netload "$dir/tools/"
net_guest u "mount -t hostfs $dir/tools /mnt; cp /mnt/netload /tmp/
	wait_for() { for i in \$(seq 100); do [ -e /mnt/\$1 ] && break; sleep 0.1; done; }
	carrier() { cat /sys/class/net/eth0/carrier; }
	for i in 1 2; do /tmp/netload up eth0 0; carrier; ip link set eth0 down; done
	ip link set eth0 up; echo out; wait_for out; carrier; ip link set eth0 down
	echo in; wait_for in; /tmp/netload up eth0 600; sleep 0.2; carrier" \
	hostfs="$dir/tools,ro" eth0="$card"
wait_for 10 grep -q "^out" "$dir/u.out" || fail "u does not come up"
net_ctl port down u.eth0
sleep 0.2
touch "$dir/tools/out"
wait_for 10 grep -q "^in" "$dir/u.out" || fail "u does not go on"
net_ctl port up u.eth0
sleep 0.2
touch "$dir/tools/in"
wait_for 10 sh -c "[ \$(grep -c sent '$dir/u.out') -eq 3 ]" || fail "u does not go on"
net_ctl port down u.eth0
net_wait u || fail "u failed"
[ "$(said u | xargs)" = "sent 1 sent 1 out 0 in sent 0" ] || fail "a card that was just set up: $(said u | xargs)"
echo "a card sends as soon as it is up"

# The cable, and a switch that goes and comes back while a connection is open.
net_guest b 'ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up
	for i in $(seq 100); do [ "$(cat /sys/class/net/eth0/carrier)" = 0 ] && break; sleep 0.1; done; echo "carrier 0"
	for i in $(seq 100); do [ "$(cat /sys/class/net/eth0/carrier)" = 1 ] && break; sleep 0.1; done; echo "carrier 1"
	mkfifo /tmp/f; exec 3<>/tmp/f; nc -l -p 5000 <&3' eth0="$card"
wait_for 10 sh -c "build/bin/uml_switch ctl -unix '$ctl' show ports | grep -q 'b.eth0.*ready'" || fail "b is not there"
net_ctl port down b.eth0
wait_for 10 grep -q "carrier 0" "$dir/b.out" || fail "the guest does not see the cable pulled"
net_ctl port up b.eth0
wait_for 10 grep -q "carrier 1" "$dir/b.out" || fail "the guest does not see the cable put in"
net_guest a 'ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up; sleep 0.3
	(for i in $(seq 40); do echo "line $i"; sleep 0.1; done) | nc 10.0.0.2 5000; sleep 2' eth0="$card"
wait_for 10 grep -q "line 5" "$dir/b.out" || fail "no connection"
kill -KILL $net_switch_pid
wait $net_switch_pid 2>/dev/null || true
sleep 0.5
net_switch
net_wait a || fail "a failed after the restart"
net_wait b || fail "b failed after the restart"
[ "$(grep -c line "$dir/b.out")" -eq 40 ] || fail "lines were lost with the switch: $(grep -c line "$dir/b.out")"
grep -q "the switch went" "$dir/a.err" && grep -q "connected again" "$dir/a.err" || fail "nobody was told"
echo "cable out and in; a connection outlives the switch"

# A switch that comes later, or that the guest starts.
net_ctl quit
wait $net_switch_pid || true
net_guest w 'for i in $(seq 100); do [ "$(cat /sys/class/net/eth0/carrier 2>/dev/null)" = 1 ] && break; ip link set eth0 up; sleep 0.1; done
	cat /sys/class/net/eth0/carrier' eth0="$card,wait"
sleep 0.5
net_switch
net_wait w || fail "w failed"
[ "$(said w)" = 1 ] || fail "the switch that came later is not used"
net_ctl quit
wait $net_switch_pid || true
net_guest s 'ip link set eth0 up; sleep 0.3; cat /sys/class/net/eth0/carrier' eth0="$card,start"
net_wait s || fail "s failed: $(cat "$dir/s.err")"
[ "$(said s)" = 1 ] || fail "no carrier from the switch that was started"
wait_for 5 test ! -S "$ctl" || fail "the switch that was started stays for ever"
echo "a switch that is waited for; one that is started, and ends with its guest"

# At the usual path, which anybody could have taken, only the user's own switch or root's is believed.
if [ "$(id -u)" -eq 0 ] && [ ! -e /tmp/uml.ctl ]; then
	cp build/bin/uml_switch "$dir/switch"
	chmod 755 "$dir" "$dir/switch"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/switch" -unix /tmp/uml.ctl -mode 777 >"$dir/stranger.out" 2>&1 &
	stranger=$!
	wait_for 5 test -S /tmp/uml.ctl || fail "no stranger's switch"
	status=0
	"$LINUX" eth0=daemon -- -c true >"$dir/stranger.err" 2>&1 </dev/null || status=$?
	kill $stranger
	wait $stranger || true
	[ $status -eq 77 ] && grep -q "another user's" "$dir/stranger.err" || fail "a stranger's switch: $status"
	echo "a stranger's switch at the usual path is not given the guest's memory"
fi
