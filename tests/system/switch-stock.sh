#!/bin/bash
# timeout: 180
# company: switch-stock
# needs: linux.uml mke2fs uml_switch
# Two guests of stock User Mode Linux (Debian's) join our switch with eth0=daemon and talk: ARP, ICMP,
# TCP; the switch sees them come and go.
. tests/system/lib.sh
. tests/system/stock-lib.bash

busybox=$(command -v busybox) || { echo "no busybox"; exit 77; }
SW=build/bin/uml_switch
CTL=$T/ctl
mkdir -p "$T/root"/{bin,proc,dev,www} "$UML"
cp "$busybox" "$T/root/bin/busybox"
head -c 3000000 /dev/urandom >"$T/root/www/data"
want=$(md5sum <"$T/root/www/data")
cat >"$T/root/init" <<'END'
#!/bin/busybox sh
/bin/busybox echo "init of a stock guest"
/bin/busybox --install -s /bin
mount -t proc none /proc
ip link set eth0 up
ip address add 10.5.0.$me/24 dev eth0
if [ "$me" = 2 ]; then
	httpd -p 80 -h /www
	echo "server is up"
	sleep 120
fi
i=0
until ping -c 1 -W 1 10.5.0.2 >/dev/null; do
	i=$((i + 1))
	[ $i -lt 60 ] || halt -f
done
echo "first ping is answered"
ping -c 5 -s 1472 10.5.0.2 | tail -n 2
wget -q -O - http://10.5.0.2/data | md5sum
echo "sum is $(wget -q -O - http://10.5.0.2/data | md5sum)"
halt -f
END
chmod +x "$T/root/init"
truncate -s 24M "$T/root.img"
mke2fs -q -t ext4 -d "$T/root" -F "$T/root.img"

"$SW" -unix "$CTL" >"$T/switch" 2>&1 &
switch=$!
cleanup_hooks+=("kill $switch 2>/dev/null")
wait_for 10 test -S "$CTL" || fail "no switch: $(cat "$T/switch")"

# stock NUMBER: a guest whose address ends in it
stock() {
	stock_boot "$1" mem=64M umid="stock$1" ubd0="$T/cow$1,$T/root.img" me="$1" \
		eth0="daemon,02:00:00:00:05:0$1,unix,$CTL"
}
stock 2
server=$stock_pid
stock 1

said() { tr -d '\r' <"$T/console$1" | found -E -- "$2"; }
show() { "$SW" ctl -unix "$CTL" "$@" >"$T/out" 2>&1; }
wait_for 60 said 2 'server is up' || { tail "$T/console2"; fail "the server does not boot"; }
wait_for 60 said 1 'first ping is answered' || { tail "$T/console1"; fail "the guests do not hear each other"; }
show show ports || fail "show ports"
[ "$(grep -cE '^old[0-9]+ +old +up .*protocol 3, pid [0-9]+' "$T/out")" -eq 2 ] || fail "not two old clients"
show show macs || fail "show macs"
expect_text '02:00:00:00:05:01'
expect_text '02:00:00:00:05:02'
wait_for 90 said 1 'sum is' || { tail "$T/console1"; fail "no file"; }
said 1 '5 packets transmitted, 5 packets received' || { tail "$T/console1"; fail "large pings"; }
said 1 "sum is $want" || { tail "$T/console1"; fail "the file changed on the way"; }
echo "ok: two stock guests: ARP, ping, TCP ($(grep -c . "$T/out") addresses learned)"

one_left() { show show ports && [ "$(grep -c '^old' "$T/out")" -eq "$1" ]; }
wait_for 30 one_left 1 || fail "a guest that halted is still there"
# All of it: what stock leaves behind when its first process is killed holds the socket.
tree "$server" | xargs kill -KILL "$server"
wait_for 10 one_left 0 || fail "a guest that was killed is still there"
kill -0 $switch || fail "the switch died"
ls "$T" | grep '^ctl\.data\.' && fail "data sockets of guests that are gone"
kill $switch
wait $switch
[ -z "$(find "$T" -maxdepth 1 -name 'ctl*')" ] || fail "sockets are left: $(find "$T" -maxdepth 1 -name 'ctl*')"
echo "ok: guests that halt and guests that are killed leave"
