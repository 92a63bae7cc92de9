#!/bin/bash
# timeout: 120
# company: switch-nat
# needs: uml_switch busybox python3 ip unshare nsenter
# NAT without privileges: a machine behind a tap gets its address, name service, TCP, UDP and echo
# through it; forwards change while it runs; it is idle when nothing happens.
. tests/system/netns-lib.bash

ip link set lo up
echo "nameserver 127.0.0.1" >"$T/resolv.conf"
mount --bind "$T/resolv.conf" /etc/resolv.conf || skip "no mount namespace"

SW=build/bin/uml_switch
ctl() { "$SW" ctl -unix "$T/ctl" "$@" >"$T/out" 2>&1; }
"$SW" -unix "$T/ctl" -port nat:net=10.77.0.0/24@world >"$T/log" 2>&1 &
switch=$!
cleanup_hooks+=("kill $switch 2>/dev/null")
wait_for 10 test -S "$T/ctl" || fail "no switch: $(cat "$T/log")"

# Nothing to do: the switch sleeps through it.
wakeups() { awk '/^voluntary_ctxt/ { print $2 }' "/proc/$switch/status"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$switch/stat"; }
sleep 0.3
w=$(wakeups) t=$(ticks)
sleep 3
w=$(($(wakeups) - w)) t=$(($(ticks) - t))
[ $w -le 1 ] && [ $t -le 1 ] || fail "an idle switch woke up $w times and used $t ticks in 3 s"
echo "ok: idle: $w wake-ups, $t ticks of CPU in 3 s"

# The machine: a network namespace at the other end of a tap.
ctl port add tap:m0 || fail "no tap"
in_m() { netns_in m0 "$@"; }
netns_add m0
in_m sysctl -qw net.ipv6.conf.m0.accept_ra=2 net.ipv6.conf.m0.accept_dad=0
in_m ip link set lo up
in_m ip link set m0 up

cat >"$T/dhcp" <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface"
ip route add default via "$router"
echo "$ip/$mask router $router dns $dns"
END
chmod +x "$T/dhcp"
in_m busybox udhcpc -i m0 -s "$T/dhcp" -q -n -f >"$T/out" 2>&1 || fail "no address by DHCP"
expect_text '^10.77.0.15/24 router 10.77.0.2 dns 10.77.0.3$'
in_m ping -q -c 3 -i 0.1 -W 2 10.77.0.2 >"$T/out" 2>&1
expect_text ' 0% packet loss'
echo "ok: DHCP and echo"

# What runs on the host: a name server, and services on its loopback interface.
cat >"$T/host.py" <<'END'
import hashlib, socket, sys, threading
def dns():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 53))
    while True:
        q, a = s.recvfrom(512)
        name = q[12:q.index(b"\0", 12) + 5]
        s.sendto(q[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + name + b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x0a\1\2\3", a)
def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 7007))
    while True:
        d, a = s.recvfrom(65536)
        s.sendto(d[::-1], a)
def serve(c):
    # A number of bytes that will come, then those; the sum goes back, and then the same bytes.
    n, data = int(c.recv(16, socket.MSG_WAITALL)), bytearray()
    while len(data) < n:
        data += c.recv(1 << 20)
    c.sendall(hashlib.sha256(data).hexdigest().encode() + data)
    c.close()
def tcp(host, family):
    s = socket.create_server((host, 7007), family=family)
    while True:
        c, _ = s.accept()
        threading.Thread(target=serve, args=(c,)).start()
for f, a in ((dns, ()), (udp, ()), (tcp, ("127.0.0.1", socket.AF_INET)), (tcp, ("::1", socket.AF_INET6))):
    threading.Thread(target=f, args=a).start()
print("ready", flush=True)
END
python3 "$T/host.py" >"$T/host" 2>&1 &
cleanup_hooks+=("kill $! 2>/dev/null")
wait_for 10 grep -q ready "$T/host" || fail "$(cat "$T/host")"

cat >"$T/machine.py" <<'END'
import hashlib, os, socket, sys, threading, time
def tcp(host, n):
    data = os.urandom(1 << 16) * (n >> 16)
    t = time.time()
    c = socket.create_connection((host, 7007), 20)
    threading.Thread(target=lambda: c.sendall(b"%16d" % n + data)).start()
    assert c.recv(64, socket.MSG_WAITALL).decode() == hashlib.sha256(data).hexdigest(), "sent"
    t = time.time() - t
    back, b = bytearray(), b"x"
    u = time.time()
    while b:
        b = c.recv(1 << 20)
        back += b
    assert back == data, "received"
    return "%d MiB each way, %.0f and %.0f Mbit/s" % (n >> 20, n * 8e-6 / t, n * 8e-6 / (time.time() - u))
what = sys.argv[1]
if what == "dns":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4test\7example\0\0\1\0\1", ("10.77.0.3", 53))
    r = s.recv(512)
    assert r[:2] == b"\x12\x34" and r[-4:] == b"\x0a\1\2\3", r
    print("test.example is 10.1.2.3")
elif what == "udp":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(10)
    for n in (0, 1, 1472, 1473, 8000):
        d = os.urandom(n)
        s.sendto(d, ("10.77.0.2", 7007))
        assert s.recv(65536) == d[::-1], n
    print("datagrams of 0 to 8000 bytes")
elif what == "tcp":
    print(tcp(sys.argv[2], int(sys.argv[3]) << 20))
elif what == "many":
    out = []
    ts = [threading.Thread(target=lambda: out.append(tcp("10.77.0.2", 1 << 18))) for _ in range(50)]
    [t.start() for t in ts]
    [t.join() for t in ts]
    assert len(out) == 50, len(out)
    print("50 connections at a time")
else:
    s = socket.create_server(("0.0.0.0", 80))
    print("ready", flush=True)
    while True:
        c, _ = s.accept()
        c.sendall(b"from the machine\n")
        c.close()
END
machine() {
	timeout 40 nsenter -t "${netns[m0]}" -n python3 "$T/machine.py" "$@" >"$T/out" 2>&1 || fail "machine $*"
	echo "ok: $(cat "$T/out")"
}
machine dns
machine udp
machine tcp 10.77.0.2 16
machine many

# IPv6: an address by router advertisement, TCP.
has_address() { in_m ip -6 address show dev m0 scope site | grep 'inet6 fec0:' >"$T/out"; }
wait_for 15 has_address || fail "no IPv6 address"
machine tcp fec0::2 4

# Ways in, while it runs.
in_m python3 "$T/machine.py" serve >"$T/served" 2>&1 &
cleanup_hooks+=("pkill -P $! 2>/dev/null; kill $! 2>/dev/null")
wait_for 10 grep -q ready "$T/served" || fail "$(cat "$T/served")"
get() { timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080 && cat <&3' 2>/dev/null; }
[ -z "$(get)" ] || fail "a way in that nobody made"
ctl forward world add tcp::8080::80 || fail "forward: $(cat "$T/out")"
[ "$(get)" = "from the machine" ] || fail "nothing comes in by the forward"
ctl forward world
expect_text '^tcp:127.0.0.1:8080::80$'
ctl forward world add tcp::8080::81 && fail "a port was forwarded twice"
expect_text 'forwarded already'
ctl forward world remove tcp::8080::80 || fail "forward: $(cat "$T/out")"
[ -z "$(get)" ] || fail "a forward that was removed still leads in"
ctl forward world
[ ! -s "$T/out" ] || fail "a forward that was removed is still listed"
echo "ok: forwards come and go while it runs"

# The port may go at any time, connections and all.
in_m timeout 30 python3 "$T/machine.py" tcp 10.77.0.2 64 >/dev/null 2>&1 &
sleep 1
ctl port remove world || fail "removing the port"
ctl port add nat:net=10.77.0.0/24 world || fail "adding it again"
machine udp
kill -0 $switch || fail "the switch died"
echo "ok: the port removed under load, and made again"
