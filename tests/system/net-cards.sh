#!/bin/bash
# timeout: 200
# company: net-cards
# Every number of cards (ALL=1; 0, 1, 3 and 16 otherwise): each is recognised, has the number that the
# command line gave it and an address of its own, and packets pass through each. Then a mix of kinds.
set -euo pipefail
. tests/system/net-lib.bash
numbers="0 1 3 16"
[ -z "${ALL:-}" ] || numbers=$(seq 0 16)
net_switch
net_guest peer 'for i in $(seq 0 15); do ip addr add 10.0.$i.1/24 dev eth0; done; ip link set eth0 up; echo up; sleep 1000' eth0="daemon,,unix,$ctl"
wait_for 20 grep -q up "$dir/peer.out" || fail "the peer has no card"

# Through each card alone: an address of the other cards' is not reached by it.
probe='n=$(ls -d /sys/class/net/eth* 2>/dev/null | wc -l); echo "cards $n"
	for d in $(ls -d /sys/class/net/eth* 2>/dev/null); do i=${d##*eth}; ip addr add 10.0.$i.2/24 dev eth$i; ip link set eth$i up; done
	for d in $(ls -d /sys/class/net/eth* 2>/dev/null); do i=${d##*eth}
		ping -c 1 -W 5 -I eth$i 10.0.$i.1 >/dev/null && echo "through eth$i"; cat $d/address; done'
for n in $numbers; do
	cards=()
	for i in $(seq 0 $((n - 1))); do cards+=(eth"$i=daemon,,unix,$ctl"); done
	net_guest g "$probe" "${cards[@]}"
	net_wait g || fail "$n cards: the guest failed"
	said g | found -x "cards $n" || fail "$n cards: $(said g | head -n 1)"
	for i in $(seq 0 $((n - 1))); do
		said g | found -x "through eth$i" || fail "$n cards: nothing passes through eth$i"
	done
	[ "$(said g | grep -c ..:..:..:..:..:.. || true)" -eq "$n" ] &&
		[ "$(said g | grep ..:..:..:..:..:.. | sort -u | wc -l)" -eq "$n" ] || fail "$n cards: addresses are doubled"
	echo "$n cards: all recognised, packets pass through each"
done

# Gaps stay gaps, and virtio_uml.device= takes the next free one.
net_guest g "$probe" eth3="daemon,,unix,$ctl" eth9="daemon,,unix,$ctl" virtio_uml.device="$ctl:1"
net_wait g || fail "gaps: the guest failed"
for i in 0 3 9; do said g | found -x "through eth$i" || fail "gaps: nothing passes through eth$i"; done
said g | found -x "cards 3" || fail "gaps: $(said g | head -n 1)"
echo "eth0, eth3 and eth9: numbers as given"

# A mix: a switch, a NAT, an old switch, two guests by multicast on this host alone.
uml_switch -unix "$dir/old" </dev/zero >"$dir/old.out" 2>&1 &
wait_for 10 test -S "$dir/old" || fail "Debian's uml_switch does not start"
group=239.255.$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1))
net_guest peer2 'ip addr add 10.0.2.77/24 dev eth0; ip link set eth0 up; ip addr add 10.0.3.77/24 dev eth1; ip link set eth1 up; echo up; sleep 1000' \
	eth0="daemon,,unix,$dir/old" eth1="mcast,,$group,11020,0"
wait_for 20 grep -q up "$dir/peer2.out" || fail "the second peer has no cards: $(cat "$dir/peer2.err")"
net_guest g 'ip addr add 10.0.0.2/24 dev eth0; ip addr add 10.9.9.15/24 dev eth1; ip addr add 10.0.2.2/24 dev eth2; ip addr add 10.0.3.2/24 dev eth3
	for i in 0 1 2 3; do ip link set eth$i up; done
	for a in 10.0.0.1 10.9.9.2 10.0.2.77 10.0.3.77; do ping -c 1 -W 5 $a >/dev/null && echo "reached $a"; done' \
	eth0="daemon,,unix,$ctl" eth1="nat,net=10.9.9.0/24" eth2="daemon,,unix,$dir/old" eth3="mcast,,$group,11020,0"
net_wait g || fail "the mix: the guest failed: $(cat "$dir/g.err")"
for a in 10.0.0.1 10.9.9.2 10.0.2.77 10.0.3.77; do said g | found -x "reached $a" || fail "the mix: $a is not reached"; done
echo "a switch, a NAT, Debian's uml_switch and multicast, side by side in one guest"
