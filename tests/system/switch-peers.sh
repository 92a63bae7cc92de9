#!/bin/bash
# timeout: 120
# company: switch-peers
# needs: uml_switch vde_switch vde_plug python3 ip unshare
# Other switches and their clients: Debian's uml_switch and vde_switch joined as a client, vde_plug as
# ours, trunks between our own; in a network namespace with an interface of each side's.
. tests/system/netns-lib.bash

SW=build/bin/uml_switch

# start NAME ARGUMENTS...: a switch of ours at $T/NAME
start() {
	local name=$1
	shift
	"$SW" -unix "$T/$name" "$@" >"$T/$name.log" 2>&1 &
	pid[$name]=$!
	cleanup_hooks+=("kill ${pid[$name]} 2>/dev/null")
	wait_for 10 test -S "$T/$name" || fail "no switch: $(cat "$T/$name.log")"
}
declare -A pid
ctl() {
	local name=$1
	shift
	"$SW" ctl -unix "$T/$name" "$@"
}
pings() { netns_in "$1" ping -q -c 1 -W 1 "$2" >/dev/null 2>&1; }
# both WHAT: a's and b's interfaces hear each other, small, full and large frames
both() {
	wait_for 15 pings pa 10.6.0.2 || fail "$1: no answer"
	netns_in pa ping -q -c 20 -i 0.01 -W 2 -s 1472 -M do 10.6.0.2 >"$T/out" 2>&1
	expect_text ' 0% packet loss'
	echo "ok: $1"
}

# Our own two, by a trunk: jumbo frames, restart of one side.
start a -tap pa
# Named as VDE names its switches: a folder with the socket `ctl`.
mkdir "$T/b" "$T/c"
start b/ctl -tap pb -port "trunk:$T/a@link"
netns_add pa 10.6.0.1/24
netns_add pb 10.6.0.2/24
both "two switches by a trunk"
netns_in pa ip link set pa mtu 9000
netns_in pb ip link set pb mtu 9000
netns_in pa ping -q -c 5 -i 0.05 -W 2 -s 8972 -M do 10.6.0.2 >"$T/out" 2>&1
expect_text ' 0% packet loss'
echo "ok: jumbo frames on a trunk"
netns_in pa ip link set pa mtu 1500
netns_in pb ip link set pb mtu 1500

# TCP with what a tap and a trunk may carry: large segments are cut for the trunk.
netns_tcp pa pb 10.6.0.2 8
echo "ok: 8 MiB of TCP between taps by a trunk, $(awk '{print $1}' "$T/sent") bytes the same"

kill "${pid[a]}"
wait "${pid[a]}"
down() { ctl b/ctl show ports >"$T/out" && grep -qE '^link +trunk +down .*not there' "$T/out"; }
wait_for 5 down || fail "the trunk does not notice the other's end: $(cat "$T/out")"
echo "ok: the trunk has no carrier while the other switch is away"

# The other side is now Debian's uml_switch, with a tap of ours behind by daemon:.
sleep 1000 | uml_switch -unix "$T/old" >"$T/old.log" 2>&1 &
cleanup_hooks+=("pkill -P $$ -x sleep; pkill -P $$ -x uml_switch")
wait_for 10 test -S "$T/old" || fail "no old switch: $(cat "$T/old.log")"
start c/ctl -tap pa -port "daemon:$T/old@old"
netns_add pa 10.6.0.1/24
ctl b/ctl port remove link || fail "removing the trunk"
ctl b/ctl port add "daemon:$T/old" old || fail "joining the old switch"
both "two of ours by Debian's uml_switch"
ctl b/ctl port remove old
ctl c/ctl port remove old

# VDE: a switch of its own kind between them.
vde_switch -s "$T/vde" -M "$T/vde.mgmt" -d >"$T/vde.log" 2>&1 || fail "no VDE switch: $(cat "$T/vde.log")"
vde_pid=$(pgrep -f "vde_switch -s $T/vde ")
cleanup_hooks+=("kill $vde_pid 2>/dev/null")
wait_for 10 test -S "$T/vde/ctl" || fail "no VDE switch"
ctl b/ctl port add "vde:$T/vde,descr=side-b" vde || fail "joining VDE"
ctl c/ctl port add "vde:$T/vde" vde || fail "joining VDE"
both "two of ours by vde_switch"
kill "$vde_pid"
gone() { ctl b/ctl show ports >"$T/out" && grep -qE '^vde +vde +down .*not there' "$T/out"; }
wait_for 5 gone || fail "the end of vde_switch is not noticed: $(cat "$T/out")"
ctl b/ctl port remove vde
ctl c/ctl port remove vde

# VDE's own client at ours: two vde_plugs, back to back, join b and c.
vde_plug "vde://$T/b" "vde://$T/c" >"$T/plug.log" 2>&1 &
plug=$!
cleanup_hooks+=("kill $plug 2>/dev/null")
both "libvdeplug's clients at two of ours"
ctl b/ctl show ports >"$T/out"
expect_text '^old[0-9]+ +old +up .*protocol 3'
kill $plug
left() { ! ctl b/ctl show ports | grep '^old' >/dev/null; }
wait_for 5 left || fail "vde_plug is still there"
echo "ok: vde_plug leaves"
