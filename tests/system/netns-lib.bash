# For tests in a network of their own, with taps of their own: nothing of the host is touched.
# Sourced; sources lib.sh, and runs the test again in namespaces. Skips it where there are none.
#
#   skip TEXT                    ends the test: something is missing here
#   netns_add NAME [ADDRESS/PREFIX]   the interface NAME moves to a network of its own; is up there with it
#   netns_in NAME COMMAND...     runs it in that network; ${netns[NAME]} is a process there
#   netns_tcp FROM TO ADDRESS MIB     by TCP from FROM's network to TO's, which has ADDRESS; "BYTES SUM"
#                                of what was sent, and arrived, is in $T/sent
# shellcheck shell=bash

. tests/system/lib.sh

skip() {
	echo "$*"
	exit 77
}
if [ -z "${IN_NAMESPACE:-}" ]; then
	unshare -nm true 2>"$T/why" || skip "no network namespace can be made: $(cat "$T/why")"
	rm -rf "$T"
	IN_NAMESPACE=1 exec unshare -nm --propagation private bash "$0"
fi
[ "$(ip -o link | wc -l)" -eq 1 ] || fail "this is not a network of its own"
mkdir -p /dev/net && mount -t tmpfs none /dev/net && mknod -m 600 /dev/net/tun c 10 200 &&
	: <>/dev/net/tun 2>/dev/null || skip "the host has no taps"
PATH=/usr/bin:$PATH # the system's python starts faster than others
declare -A netns

netns_add() {
	unshare -n sleep 200 &
	netns[$1]=$!
	cleanup_hooks+=("kill $! 2>/dev/null")
	until [ "$(readlink "/proc/${netns[$1]}/ns/net")" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.02; done
	ip link set "$1" netns "${netns[$1]}"
	[ $# -gt 1 ] || return 0
	netns_in "$1" ip link set "$1" up
	netns_in "$1" ip address add "$2" dev "$1"
}

netns_in() {
	local name=$1
	shift
	nsenter -t "${netns[$name]}" -n "$@"
}

cat >"$T/tcp.py" <<'END'
import hashlib, os, socket, sys
what, address, mib = sys.argv[1:]
if what == "serve":
    s = socket.create_server((address, 7000))
    print("ready", flush=True)
    c, _ = s.accept()
    h, n = hashlib.sha256(), 0
    while b := c.recv(1 << 20):
        h.update(b)
        n += len(b)
    print(n, h.hexdigest())
else:
    data = os.urandom(1 << 20) * int(mib)
    c = socket.create_connection((address, 7000), 10)
    c.sendall(data)
    c.close()
    print(len(data), hashlib.sha256(data).hexdigest())
END

netns_tcp() {
	local server
	: >"$T/served"
	netns_in "$2" python3 "$T/tcp.py" serve "$3" "$4" >"$T/served" &
	server=$!
	wait_for 10 grep -q ready "$T/served" || fail "no server"
	timeout 40 nsenter -t "${netns[$1]}" -n python3 "$T/tcp.py" send "$3" "$4" >"$T/sent" || fail "TCP"
	wait $server
	[ "$(tail -n 1 "$T/served")" = "$(cat "$T/sent")" ] || fail "TCP: $(cat "$T/served" "$T/sent")"
}
