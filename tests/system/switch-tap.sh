#!/bin/bash
# timeout: 90
# company: switch-tap
# needs: uml_switch uml_tap ip unshare nsenter setpriv python3
# Taps: made by uml_tap for a user, who then runs a switch with them without any privilege; large
# segments pass whole; the cable can be pulled; mistakes are told.
. tests/system/netns-lib.bash

export UML_TAP_STATE=$T/record
NOBODY=65534
chmod 755 "$T"
cp build/bin/uml_switch "$T/uml_switch"
mkdir -m 777 "$T/run"
as=(setpriv --reuid $NOBODY --regid $NOBODY --clear-groups --inh-caps=-all --bounding-set=-all)
ctl() { "${as[@]}" "$T/uml_switch" ctl -unix "$T/run/ctl" "$@" >"$T/out" 2>&1; }
# refused PATTERN SPEC: the port is refused with one line
refused() {
	ctl port add "$2" && fail "$2 was taken"
	grep -qE -- "$1" "$T/out" || fail "$2: '$(cat "$T/out")' is not '$1'"
	one_line
}

for i in 1 2; do build/bin/uml_tap add "t$i" --user $NOBODY --quiet || fail "uml_tap add"; done
"${as[@]}" "$T/uml_switch" -unix "$T/run/ctl" -tap t1 -port tap:t2 >"$T/log" 2>&1 &
switch=$!
cleanup_hooks+=("kill $switch 2>/dev/null")
wait_for 10 test -S "$T/run/ctl" || fail "an ordinary user's switch: $(cat "$T/log")"
grep -q '^CapEff:.*0000000000000000$' "/proc/$switch/status" || fail "the switch has privileges"
echo "ok: an ordinary user's switch has taps"

refused 'another program has it' tap:t1
refused 'uml_tap add t3 --user 65534' tap:t3
build/bin/uml_tap add t3 --user 65533 --quiet || fail "uml_tap add"
refused 'not yours' tap:t3
refused 'no tap, or one with other settings' tap:lo
mv /dev/net/tun /dev/net/away
refused 'modprobe tun' tap:t3
mv /dev/net/away /dev/net/tun
chmod 600 /dev/net/tun
refused 'chmod 666 /dev/net/tun' tap:t3
chmod 666 /dev/net/tun
echo "ok: mistakes are told in a line, with the cure"

for i in 1 2; do netns_add "t$i" "10.7.0.$i/24"; done
netns_tcp t1 t2 10.7.0.2 64
ctl show json
read -r frames bytes < <(python3 -c '
import json, sys
p = json.load(open(sys.argv[1]))["ports"]
p = p.get("t1") if isinstance(p, dict) else next(x for x in p if x["name"] in ("t1", "tap1"))
print(p["rx_frames"], p["rx_bytes"])' "$T/out")
[ "$bytes" -gt 67108864 ] && [ $((bytes / frames)) -gt 3000 ] || fail "$frames frames for $bytes bytes: not whole"
echo "ok: 64 MiB of TCP in $frames frames, $((bytes / frames)) bytes each"

ctl show ports
name=$(awk '/interface t2/ { print $1 }' "$T/out")
ctl port down "$name" || fail "port down"
carrier() { [ "$(netns_in t2 ip -j link show t2 | grep -c NO-CARRIER)" = "$1" ]; }
wait_for 5 carrier 1 || fail "the cable is pulled and the interface does not notice"
ctl port up "$name"
wait_for 5 carrier 0 || fail "the cable is back and the interface does not notice"
netns_in t1 ping -q -c 2 -i 0.1 -W 2 10.7.0.2 >"$T/out" 2>&1
expect_text ' 0% packet loss'
netns_in t2 ip link delete t2
gone() { ctl show ports && ! grep -q 'interface t2' "$T/out"; }
wait_for 5 gone || fail "the interface was deleted, and its port is still there"
kill -0 $switch || fail "the switch died"
echo "ok: the cable can be pulled; an interface that is deleted takes its port along"
