#!/bin/bash
# timeout: 60
# needs: mkfs.erofs gcc mmdebstrap python3 setsid
# uml_mkroot that meets a full disk, or Ctrl-C while apt waits: one line with the cure, nothing left.
set -euo pipefail
t=$(mktemp -d)
server='' full=''
finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	[ -z "$full" ] || umount "$full"
	rm -rf "$t"
}
trap finish EXIT
fail() { echo "$*"; exit 1; }
empty() { [ -z "$(find "$@" -mindepth 1)" ] || fail "left behind: $(find "$@" -mindepth 1)"; }
chmod 711 "$t" # apt's user comes by
mkdir "$t/full" "$t/tmp" "$t/out"

# A mirror that takes connections and never answers: the build is surely inside apt when Ctrl-C comes.
python3 -c 'import socket,sys,time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(16)
print(s.getsockname()[1], flush=True)
c, _ = s.accept(); print("asked", flush=True); time.sleep(60)' >"$t/server" &
server=$!
for _ in $(seq 100); do [ -s "$t/server" ] && break; sleep 0.1; done
port=$(head -n 1 "$t/server")
# A shell's background job ignores SIGINT from its start; python gives the build the default again.
TMPDIR=$t/tmp python3 -c 'import os,signal,sys
os.setsid(); signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
	rootfs/uml_mkroot debian -q --mirror "http://127.0.0.1:$port/debian" "$t/out/x.img" >"$t/log" 2>&1 &
pid=$!
for _ in $(seq 200); do grep -q asked "$t/server" && break; sleep 0.1; done
grep -q asked "$t/server" || fail "apt never asked the mirror: $(cat "$t/log")"
kill -INT -- "-$pid"
rc=0
wait "$pid" || rc=$?
[ "$rc" -eq 130 ] || fail "interrupted build: status $rc: $(cat "$t/log")"
empty "$t/tmp" "$t/out"

if ! mount -t tmpfs -o size=1M none "$t/full" 2>"$t/log"; then
	echo "a full disk needs the right to mount a tmpfs: $(head -n 1 "$t/log")"
	exit 77
fi
full=$t/full

# no_space TMPDIR OUT CURE
no_space() {
	local rc=0
	TMPDIR=$1 rootfs/uml_mkroot tiny -q "$2" >"$t/log" 2>&1 || rc=$?
	[ "$rc" -eq 73 ] || fail "no space: status $rc: $(cat "$t/log")"
	[ "$(wc -l <"$t/log")" -eq 1 ] || fail "no space: not one line: $(cat "$t/log")"
	grep -q "no space left in $t/full.*MB free; .*$3" "$t/log" || fail "no space: $(cat "$t/log")"
	empty "$t/full" "$t/tmp" "$t/out"
}
no_space "$t/tmp" "$t/full/x.img" elsewhere
no_space "$t/full" "$t/out/x.img" TMPDIR
