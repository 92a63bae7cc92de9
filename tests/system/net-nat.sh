#!/bin/bash
# timeout: 90
# company: net-nat
# needs: python3
# eth0=nat: a guest gets an address, reaches services of the host, and is reached by a forward that
# the command line names or that is added while it runs; nobody has privileges.
set -euo pipefail
. tests/system/net-lib.bash
mkdir "$dir/web"
seq 1 200000 >"$dir/web/file"
# A port of the host's that is free now, and two that guests shall have.
python3 - "$dir" <<'P' &
import functools, http.server, sys
h = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1] + "/web")
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), h)
open(sys.argv[1] + "/port", "w").write("%d\n" % s.server_address[1])
s.serve_forever()
P
wait_for 10 test -s "$dir/port"
port=$(cat "$dir/port")
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
fwd=$(free)
net_guest n "udhcpc -i eth0 -n -q -t 10 >/dev/null 2>&1; ip -4 -o addr show eth0; cat /etc/resolv.conf
	wget -qO- http://10.0.2.2:$port/file | sha256sum; echo ready
	while :; do echo from the guest | nc -l -p 80; done" eth0="nat,hostfwd=tcp:127.0.0.1:$fwd::80"
wait_for 30 grep -q ready "$dir/n.out" || fail "the guest has no network"
said n | found "10.0.2.15/24" || fail "no address by DHCP"
said n | found "nameserver 10.0.2.3" || fail "no name server by DHCP"
said n | found "$(sha256sum <"$dir/web/file")" || fail "what the guest fetched is not what the host has"
get() { python3 -c 'import socket, sys; s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5); s.settimeout(5); print(s.recv(100).decode().strip())' "$1"; }
[ "$(get "$fwd")" = "from the guest" ] || fail "the forward leads nowhere"
echo "address, 1.3 MB from the host, a forward to the guest"

net_switch -port nat@world
net_guest m "udhcpc -i eth0 -n -q -t 10 >/dev/null 2>&1; echo ready; while :; do echo from m | nc -l -p 80; done" eth0="daemon,,unix,$ctl"
wait_for 30 grep -q ready "$dir/m.out" || fail "no network by the switch"
live=$(free)
net_ctl forward world add "tcp:127.0.0.1:$live::80"
net_ctl forward world | found "$live" || fail "the forward is not listed"
[ "$(get "$live")" = "from m" ] || fail "a forward that was added leads nowhere"
net_ctl forward world remove "tcp:127.0.0.1:$live::80"
! get "$live" 2>/dev/null || fail "a forward that was removed is there"
echo "a forward added and removed while the switch runs"

status=0
"$LINUX" eth0=nat,nonsense=1 -- -c true >"$dir/bad.out" 2>&1 </dev/null || status=$?
[ $status -eq 69 ] && [ "$(wc -l <"$dir/bad.out")" -eq 1 ] && grep -q nonsense "$dir/bad.out" || fail "a bad option: $status $(cat "$dir/bad.out")"
echo "a bad option: $(cat "$dir/bad.out")"
