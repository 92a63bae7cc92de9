#!/bin/bash
# timeout: 120
# company: net-links
# needs: tshark
# Links between guests, set and changed while they talk; what happened stands in the statistics and,
# as comments, in a capture that tshark reads. Times are only ever compared from below: what a loaded
# host adds is no error of the switch (`make bench` measures it).
set -euo pipefail
. tests/system/net-lib.bash
net_switch -seed 42
net_guest b 'ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up; mkdir /tmp/w; seq 1 60000 >/tmp/w/file; httpd -p 80 -h /tmp/w; echo up; sleep 1000' eth0="daemon,,unix,$ctl"
wait_for 20 grep -q up "$dir/b.out" || fail "b does not come up"
net_ctl capture start "$dir/all.pcapng" filter "icmp or arp or tcp"

# pings NAME COUNT ARGUMENT...: sends them from a new guest; $line is the summary, $rtt the least.
n=10
pings() {
	local count=$1
	shift
	n=$((n + 1))
	net_guest a "ip addr add 10.0.0.$n/24 dev eth0; ip link set eth0 up; ping -c 1 -W 5 10.0.0.2 >/dev/null; ping -c $count -W 5 $* 10.0.0.2" eth0="daemon,,unix,$ctl"
	net_wait a || true
	line=$(said a | grep "packets transmitted") || fail "no summary"
	rtt=$(said a | sed -n 's,^round-trip min/avg/max = \([0-9.]*\)/.*,\1,p')
}
atleast() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'; }

net_ctl link b.eth0 both delay=30ms
pings 3 -A
atleast "$rtt" 60 || fail "30 ms there and back, and an answer within $rtt ms"
echo "delay 30 ms in each direction: $rtt ms at least"
net_ctl link b.eth0 out delay=0ms loss=100%
[ "$(net_ctl link b.eth0)" = "b.eth0 in delay=30ms
b.eth0 out loss=100%" ] || fail "settings are not merged: $(net_ctl link b.eth0)"
pings 2
[[ $line == *" 0 packets received"* ]] || fail "everything is lost, and yet: $line"
net_ctl link b.eth0 both perfect
net_ctl link b.eth0 out duplicate=100%
pings 3 -A
[[ $line == *"duplicates"* ]] || fail "no duplicates: $line"
net_ctl link b.eth0 out perfect corrupt=100%
pings 2
[[ $line == *" 0 packets received"* ]] || fail "a ping with a wrong bit was answered: $line"
net_ctl link b.eth0 out perfect mtu=500
pings 2 -s 600
[[ $line == *" 0 packets received"* ]] || fail "more than the MTU passed: $line"
net_ctl link b.eth0 both perfect
net_ctl link b.eth0 out perfect down
pings 1
[[ $line == *" 0 packets received"* ]] || fail "a link that is down passed something: $line"
echo "loss, duplicates, corruption, MTU, down: each does what it says"

# 348,894 bytes at 2 Mbit/s take 1.4 s and a little for the headers.
net_ctl link b.eth0 both perfect
net_ctl link b.eth0 in rate=2Mbit queue=64KiB
net_guest c 'ip addr add 10.0.0.9/24 dev eth0; ip link set eth0 up; ping -c 1 -W 5 10.0.0.2 >/dev/null
	t0=$(cut -d" " -f1 /proc/uptime); wget -qO- http://10.0.0.2/file | sha256sum; t1=$(cut -d" " -f1 /proc/uptime); echo "took $(awk "BEGIN { print $t1 - $t0 }")"' eth0="daemon,,unix,$ctl"
net_wait c || fail "c failed"
said c | found "$(seq 1 60000 | sha256sum)" || fail "the file is not what it was"
took=$(said c | sed -n 's/^took //p')
atleast "$took" 1.39 || fail "348,894 bytes at 2 Mbit/s in $took s"
echo "rate 2 Mbit/s: 348,894 bytes in $took s"
net_ctl show stats b.eth0 >"$dir/stats.out"
for what in "loss: [1-9]" "duplicate: [1-9]" "corrupt: [1-9]" "mtu: [1-9]" "down: [1-9]"; do
	grep -q "link out, $what" "$dir/stats.out" || { cat "$dir/stats.out"; fail "statistics do not have '$what'"; }
done
python3 -c 'import json, sys; d = json.load(sys.stdin); p = [x for x in d["ports"] if x["name"] == "b.eth0"][0]; assert p["link_out"]["loss"] >= 3, p' <<<"$(net_ctl show json)" || fail "JSON"
net_ctl capture stop "$dir/all.pcapng"
tshark -r "$dir/all.pcapng" -T fields -e frame.comment -e frame.interface_name 2>/dev/null | sort | uniq -c >"$dir/comments.out"
for what in loss duplicate corrupt mtu down; do
	grep -qi "$what.*b.eth0" "$dir/comments.out" || { cat "$dir/comments.out"; fail "no frame says '$what'"; }
done
echo "the capture tells what happened to which frame:"
grep b.eth0 "$dir/comments.out" | sed 's/^/    /'
bad=0
net_ctl link b.eth0 both delay=30 >"$dir/bad.out" 2>&1 || bad=$?
[ $bad -eq 1 ] && [ "$(wc -l <"$dir/bad.out")" -eq 1 ] || fail "a setting without a unit: $bad $(cat "$dir/bad.out")"
echo "a mistake: $(cat "$dir/bad.out")"
