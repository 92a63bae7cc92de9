#!/bin/bash
# timeout: 120
# company: switch-mcast
# needs: linux.uml mke2fs uml_switch ip unshare
# UML's multicast network in a network namespace: a guest of stock User Mode Linux (eth0=mcast), two
# switches of ours and a machine behind each.
. tests/system/netns-lib.bash
. tests/system/stock-lib.bash

busybox=$(command -v busybox) || skip "no busybox"
ip link set lo up multicast on
ip route add 224.0.0.0/4 dev lo

SW=build/bin/uml_switch
mkdir -p "$T/root"/{bin,proc,dev} "$UML"
cp "$busybox" "$T/root/bin/busybox"
cat >"$T/root/init" <<'END'
#!/bin/busybox sh
/bin/busybox echo "init of a stock guest"
/bin/busybox --install -s /bin
mount -t proc none /proc
ip link set eth0 up
ip address add 10.5.0.9/24 dev eth0
i=0
until ping -c 1 -W 1 10.5.0.1 >/dev/null && ping -c 1 -W 1 10.5.0.2 >/dev/null; do
	i=$((i + 1))
	[ $i -lt 60 ] || halt -f
done
ping -c 5 -s 1472 10.5.0.1 | tail -n 2
ping -c 5 -s 1472 10.5.0.2 | tail -n 2
echo "guest is done"
halt -f
END
chmod +x "$T/root/init"
truncate -s 16M "$T/root.img"
mke2fs -q -t ext4 -d "$T/root" -F "$T/root.img"

# Two switches, each with a tap whose interface has a network of its own.
for i in 1 2; do
	"$SW" -unix "$T/ctl$i" -tap "m$i" -port "mcast:239.192.168.1:1102:0@cloud" >"$T/log$i" 2>&1 &
	cleanup_hooks+=("kill $! 2>/dev/null")
	wait_for 10 test -S "$T/ctl$i" || fail "no switch: $(cat "$T/log$i")"
	netns_add "m$i" "10.5.0.$i/24"
done
netns_in m1 ping -q -c 20 -i 0.05 -W 2 -s 1472 10.5.0.2 >"$T/out" 2>&1
expect_text '20 received, 0% packet loss'
grep -q duplicates "$T/out" && fail "frames come twice"
echo "ok: two switches on one host hear each other by multicast, and not themselves"

stock_boot 9 mem=64M umid=mcast ubd0="$T/root.img" eth0=mcast,02:00:00:00:05:09,239.192.168.1,1102,0
wait_for 80 grep -q 'guest is done' "$T/console9" || { tail "$T/console9"; fail "the guest hears nothing"; }
[ "$(grep -c '5 packets transmitted, 5 packets received' "$T/console9")" -eq 2 ] || { tail "$T/console9"; fail "lost pings"; }
"$SW" ctl -unix "$T/ctl1" show macs >"$T/out"
expect_text '02:00:00:00:05:09'
wait $stock_pid
echo "ok: a stock guest with eth0=mcast talks to both"
