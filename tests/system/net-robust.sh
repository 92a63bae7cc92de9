#!/bin/bash
# timeout: 200
# company: net-robust
# needs: python3
# The switch under bad treatment: datagrams of all sizes, garbage at its sockets, guests that are
# stopped or killed in the middle of a flood, a hundred guests. It stays up, bounded, and the others
# are served.
set -euo pipefail
. tests/system/net-lib.bash
step=${STEP:-101} guests=${GUESTS:-100}
mkdir "$dir/tools"
cp build/guest/netload "$dir/tools/"
net_switch
net_guest srv "mount -t hostfs $dir/tools /mnt; cp /mnt/netload /tmp/; ip link set eth0 mtu 65535; ip addr add 10.0.0.1/16 dev eth0; ip link set eth0 up
	/tmp/netload serve 5000" hostfs="$dir/tools,ro" eth0="daemon,,unix,$ctl"
wait_for 20 grep -q serving "$dir/srv.out" || fail "no server"
rss() { awk '/^VmRSS/ { print int($2 / 1024) }' /proc/$net_switch_pid/status; }
alive() { # the switch is, and serves
	kill -0 $net_switch_pid || fail "$1: the switch has ended"
	net_guest probe "ip addr add 10.0.99.99/16 dev eth0; ip link set eth0 up; n=0; while [ \$n -lt 20 ]; do ping -c 1 -W 2 10.0.0.1 >/dev/null && echo pong && break; n=\$((n + 1)); done" eth0="daemon,,unix,$ctl"
	net_wait probe && said probe | found -x pong || fail "$1: the switch does not serve any more"
	echo "$1: the switch serves, $(rss) MB"
}

net_guest sizes "mount -t hostfs $dir/tools /mnt; ip link set eth0 mtu 65535; ip addr add 10.0.0.2/16 dev eth0; ip link set eth0 up; /mnt/netload sizes 10.0.0.1 5000 $step" \
	hostfs="$dir/tools,ro" eth0="daemon,,unix,$ctl"
net_wait sizes && said sizes | found "sizes up to 65507" || fail "sizes: $(said sizes)"
echo "$(said sizes), there and back"

# Garbage: bytes by chance, requests cut short, silence, messages of vhost-user with wrong sizes.
python3 - "$ctl" <<'P'
import os, random, socket, struct, sys
r = random.Random(7)
keep = []
def conn(path):
    s = socket.socket(socket.AF_UNIX); s.connect(path); s.settimeout(2); return s
for i in range(300):
    s = conn(sys.argv[1] + (".ctl" if i % 5 == 4 else ""))
    kind = i % 5
    try:
        if kind == 0:
            s.sendall(r.randbytes(r.randrange(1, 4000)))
        elif kind == 1:
            s.sendall(struct.pack("<III", 0xfeedface, 3, 0)[: r.randrange(1, 12)])
        elif kind == 2:
            for _ in range(20):
                n = r.choice([0, 4, 8, 12, 40, 268, 500])
                s.sendall(struct.pack("<III", r.randrange(0, 40), r.choice([1, 9, 0, 5]), n) + r.randbytes(n))
        elif kind == 3:
            fd = os.memfd_create("m"); os.ftruncate(fd, r.choice([0, 4096, 1 << 20]))
            body = struct.pack("<II", 1, 0) + struct.pack("<QQQQ", 0, 1 << r.randrange(10, 50), 0, r.choice([0, 4096, 1 << 60]))
            socket.send_fds(s, [struct.pack("<III", 5, 1, len(body)) + body], [fd]); os.close(fd)
        else:
            s.sendall(r.randbytes(5000))
    except (BrokenPipeError, ConnectionResetError):
        pass
    if i % 3 == 0: keep.append(s)
    else: s.close()
P
alive "garbage"

# A front-end whose memory shrinks below its rings: SIGBUS is not the end of the switch.
python3 - "$ctl" <<'P'
import os, socket, struct, sys, time
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
def msg(req, body, fds=[]): socket.send_fds(s, [struct.pack("<III", req, 1, len(body)) + body], fds) if fds else s.sendall(struct.pack("<III", req, 1, len(body)) + body)
fd = os.memfd_create("m"); os.ftruncate(fd, 1 << 20)
kicks = [os.eventfd(0), os.eventfd(0)]
msg(2, struct.pack("<Q", 1 << 32))
msg(5, struct.pack("<IIQQQQ", 1, 0, 0, 1 << 20, 1 << 40, 0), [fd])
for i in range(2):
    base = (1 << 40) + i * 65536
    msg(8, struct.pack("<II", i, 256)); msg(10, struct.pack("<II", i, 0))
    msg(9, struct.pack("<IIQQQQ", i, 0, base, base + 16384, base + 8192, 0))
    msg(12, struct.pack("<Q", i), [kicks[i]])
time.sleep(0.3)
os.ftruncate(fd, 0)
os.eventfd_write(kicks[1], 1)
time.sleep(0.3)
P
alive "memory that shrinks"

# Floods from two guests; a third is stopped (a reader that never reads), then one is killed.
frames() { # GUEST: what the switch got from it so far; nothing when it is not there
	net_ctl show json | python3 -c 'import json, sys; [print(p["rx_frames"]) for p in json.load(sys.stdin)["ports"] if p["name"] == sys.argv[1] + ".eth0"]' "$1"
}
more() { [ "$(frames "$1")" -ge "$2" ]; }
floods() { # GUEST: it does, now
	local now
	now=$(frames "$1")
	[ -n "$now" ] && wait_for 15 more "$1" $((now + 2000)) || fail "$1 does not flood: the switch got '$now' frames, then '$(frames "$1")'"
}
n=0
for g in f1 f2 stuck; do
	n=$((n + 1))
	# What netload says at its end is not waited for: it is killed before.
	net_guest $g "mount -t hostfs $dir/tools /mnt && ip addr add 10.0.1.$n/16 dev eth0 && ip link set eth0 up && echo up && /mnt/netload udp 10.0.0.1 5000 90 64; echo \"ended: \$?\"; sleep 1000" \
		hostfs="$dir/tools,ro" eth0="daemon,,unix,$ctl"
	wait_for 20 grep -q up "$dir/$g.out" || fail "$g does not come up"
	floods $g
done
floods stuck
stuck=$(tree "${net_pid[stuck]}")
kill -STOP "${net_pid[stuck]}" $stuck
sleep 1
before=$(frames stuck)
alive "a flood, and a guest that is stopped"
[ "$(frames stuck)" = "$before" ] || fail "the guest that was stopped sends"
floods f1
floods f2
kill -KILL "${net_pid[f1]}" $(tree "${net_pid[f1]}")
sleep 0.5
alive "a guest killed in its flood"
[ -z "$(frames f1)" ] || fail "the switch keeps the guest that was killed"
floods f2
[ "$(rss)" -lt 600 ] || fail "the switch has grown to $(rss) MB"
kill -CONT $stuck "${net_pid[stuck]}"
floods stuck
echo "floods: $(frames f2) frames of one guest, $(frames stuck) of the one that was stopped"
grep -h '^ended' "$dir"/{f1,f2,stuck}.out && fail "a flood ended by itself"
for g in f2 stuck; do kill -KILL "${net_pid[$g]}" $(tree "${net_pid[$g]}") 2>/dev/null || true; done

for i in $(seq "$guests"); do
	net_guest "m$i" "ip addr add 10.0.2.$i/16 dev eth0; ip link set eth0 up; ping -c 1 -W 20 10.0.0.1 >/dev/null && echo pong" eth0="daemon,,unix,$ctl"
done
for i in $(seq "$guests"); do
	net_wait "m$i" && said "m$i" | found -x pong || fail "guest $i of $guests reached nobody: $(cat "$dir/m$i.err")"
done
echo "$guests guests at once, each reached the server"
alive "the end"
