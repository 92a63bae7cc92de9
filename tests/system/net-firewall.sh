#!/bin/bash
# timeout: 90
# company: net-firewall
# needs: nft
# A firewall rehearsal: a rule set is loaded into a router guest between a client and a server, and
# the matrix of what passes is printed and compared with what was intended.
#
# RULES=FILE and INTENDED=FILE take others (lines of "tcp|udp|icmp PORT passes|blocked").
set -euo pipefail
. tests/system/net-lib.bash
rules=${RULES:-$dir/rules} intended=${INTENDED:-$dir/intended}
cat >"$dir/rules" <<'END'
table inet filter {
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state established,related accept
		ip protocol icmp icmp type echo-request limit rate 50/second accept
		tcp dport { 22, 25 } accept
		udp dport 53 accept
		tcp dport 8080 reject with tcp reset
	}
}
END
cat >"$dir/intended" <<'END'
icmp 0 passes
tcp 22 passes
tcp 25 passes
tcp 80 blocked
tcp 8080 blocked
udp 53 passes
udp 123 blocked
END
lan=$dir/lan wan=$dir/wan
mkdir "$dir/tools"
cp build/guest/netload "$dir/tools/"
build/bin/uml_switch -unix "$lan" >"$dir/lan.out" 2>&1 &
build/bin/uml_switch -unix "$wan" >"$dir/wan.out" 2>&1 &
wait_for 5 test -S "$lan.ctl"; wait_for 5 test -S "$wan.ctl"
cp "$rules" "$dir/loaded"
chmod 755 "$dir"; chmod 644 "$dir/loaded"
# The rules are loaded by the host's nft, which the guest sees read only.
net_guest router "ip addr add 10.1.0.1/24 dev eth0; ip addr add 10.2.0.1/24 dev eth1; ip link set eth0 up; ip link set eth1 up
	echo 1 >/proc/sys/net/ipv4/ip_forward; mount -t hostfs / /mnt
	chroot /mnt /usr/sbin/nft -f $dir/loaded && echo loaded; sleep 1000" \
	hostfs=/,ro eth0="daemon,,unix,$lan" eth1="daemon,,unix,$wan"
wait_for 20 grep -q loaded "$dir/router.out" || fail "the rule set does not load"
ports() { awk -v p="$1" '$1 == p { print $2 }' "$intended" | tr '\n' ' '; }
net_guest server "mount -t hostfs $dir/tools /mnt; ip addr add 10.2.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.2.0.1
	for p in $(ports tcp); do (while :; do echo tcp\$p | nc -l -p \$p; done) & done
	for p in $(ports udp); do /mnt/netload serve \$p >/dev/null & done; sleep 0.2; echo serving; sleep 1000" hostfs="$dir/tools,ro" eth0="daemon,,unix,$wan"
wait_for 20 grep -q serving "$dir/server.out" || fail "the server does not serve"
net_guest client "mount -t hostfs $dir/tools /mnt; ip addr add 10.1.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.1.0.1; ping -c 1 -W 2 10.1.0.1 >/dev/null
	ping -c 1 -W 2 10.2.0.2 >/dev/null && echo icmp 0 passes || echo icmp 0 blocked
	for p in $(ports tcp); do
		[ \"\$(nc -w 2 10.2.0.2 \$p </dev/null 2>/dev/null)\" = tcp\$p ] && echo tcp \$p passes || echo tcp \$p blocked; done
	for p in $(ports udp); do
		echo udp \$p \$(/mnt/netload probe 10.2.0.2 \$p); done" hostfs="$dir/tools,ro" eth0="daemon,,unix,$lan"
net_wait client || fail "the client failed"
said client | sort >"$dir/found"
echo "what passes from 10.1.0.2 to 10.2.0.2:"
sed 's/^/    /' "$dir/found"
grep -q passes "$dir/found" && grep -q blocked "$dir/found" || fail "all or nothing: the rehearsal itself is broken"
diff <(sort "$intended") "$dir/found" || fail "this is not what was intended"
echo "the matrix is what was intended"
