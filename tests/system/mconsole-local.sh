#!/bin/bash
# timeout: 90
# needs: python3
# Management console: what the loader serves itself, the client's forms and statuses, the
# list of guests with stale entries, floods, notifications, Debian's client.
. tests/system/lib.sh

MC=$PWD/build/bin/uml_mconsole
export HOME=$T/home
mkdir -p "$HOME"
unset UML_DIR

# mc STATUS PATTERN ARGUMENT...
mc() {
	local want=$1 pattern=$2
	shift 2
	expect_status "$want" timeout 60 "$MC" "$@"
	expect_text "$pattern"
}

# start NAME: a guest that waits until something is written to $T/NAME.in
start() {
	mkfifo "$T/$1.in"
	timeout -k 5 80 "$LINUX" umid="$1" mconsole=notify:"$T/notify" -- \
		-c 'echo is-up; read x; exit 5' <>"$T/$1.in" >"$T/$1.out" 2>&1 &
	cleanup_hooks+=("kill $! 2>/dev/null")
}

# No guest at all.
mc 0 'no guest runs'
mc 0 '^\[\]$' -j
mc 3 "no guest 'one' runs" one version
mc 2 'unknown option' --fly
mc 2 'seconds' -t x one version
mc 0 'exit status' --help
mc 0 'uml_mconsole' --version

# The socket that wants to be told has to be there.
expect_status 66 "$LINUX" umid=one mconsole=notify:"$T/notify" -- -c true
expect_text 'notify'
one_line
python3 - "$T" <<'PY' &
import socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1] + "/notify")
with open(sys.argv[1] + "/told", "wb", buffering=0) as f:
    while True:
        d = s.recv(1000)
        magic, version, kind, n = struct.unpack("=IIII", d[:16])
        f.write(b"%x %d %d %s\n" % (magic, version, kind, d[16:16 + n].rstrip(b"\0")))
PY
cleanup_hooks+=("kill $! 2>/dev/null")
wait_for 20 test -S "$T/notify" || fail "nobody listens"

start one
one=$!
start two
two=$!
wait_for 30 grep -qs is-up "$T/one.out" || fail "guest one does not boot"
wait_for 30 grep -qs is-up "$T/two.out" || fail "guest two does not boot"
grep -qx "cafebabe 2 0 $HOME/.uml/one/mconsole" "$T/told" || fail "the start was not told: $(cat "$T/told")"
[ "$(stat -c %a "$HOME/.uml/one/mconsole")" = 600 ] || fail "mode of the socket"

# Commands that need no guest kernel.
mc 0 '^OK Linux one 6\.' one version
mc 0 'remove DEV' one help
mc 0 '^ubd0=' -r one config
mc 0 '^OK none$' one config ubd1
mc 1 '^ERR .*No such file' one config ubd1="$T/absent"
mc 1 "^ERR ubd1: .*$PWD/absent" one config ubd1=absent
mc 1 '^ERR there is no ubd3' one remove ubd3
mc 1 "^ERR unknown command 'fly'" one fly
mc 1 'ok":false' -j one fly
mc 1 '^ERR .*name a tap' one config eth0=tuntap
mc 0 '^OK Linux one' "$HOME/.uml/one" version
mc 0 '^OK Linux one' "$HOME/.uml/one/mconsole" version
mc 2 'too long' one log "$(printf '%600s' x)"

# Several commands on standard input, and another guest.
printf 'version\n\n# no command\nswitch two\nversion\nquit\nfly\n' | "$MC" one >"$T/out" 2>&1 ||
	fail "commands on standard input"
expect_text '^OK Linux one'
expect_text '^OK Linux two'
printf 'fly\nversion\n' | "$MC" one >"$T/out" 2>&1
[ $? -eq 1 ] || fail "the status of a failed command on standard input is lost"

# A directory whose path does not fit into the address of a socket.
long=$T/$(printf 'l%.0s' {1..100})
mkdir "$long"
ln -s "$HOME/.uml" "$long/uml"
mc 0 '^OK Linux one' -d "$long/uml" one version

# The list, with what dead guests leave behind.
mkdir "$HOME/.uml/empty" "$HOME/.uml/dead" "$HOME/.uml/file"
python3 -c "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind('$HOME/.uml/dead/mconsole')"
echo 1 >"$HOME/.uml/dead/pid"
: >"$HOME/.uml/file/mconsole"
"$MC" >"$T/out" || fail "list"
[ "$(awk 'NR > 1 { print $1 }' "$T/out" | xargs)" = "one two" ] || fail "list of guests"
"$MC" -j | python3 -c '
import json, sys
l = json.load(sys.stdin)
assert [g["umid"] for g in l] == ["one", "two"], l
assert all(g["pid"] > 1 and "umid=" in g["command"] for g in l), l' || fail "list as JSON"
mc 3 "these do: one two" dead version

# Floods, garbage, senders without a name, descriptors sent along.
python3 - "$HOME/.uml/one/mconsole" <<'PY' || fail "flood"
import array, os, random, socket, struct, sys
path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(b"\0flood%d" % os.getpid())
unnamed = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
random.seed(1)
junk = os.urandom(100000)
request = lambda t, n: struct.pack("=III", 0xcafebabe, 2, n) + t
for i in range(20000):
    k = i % 5
    if k == 0:
        s.sendto(junk[:random.choice((0, 1, 11, 12, 100, 524, 525, 70000))], path)
    elif k == 1:
        s.sendto(request(b"version", 1 << random.randrange(5, 32)), path)
    elif k == 2:
        unnamed.sendto(request(b"version", 7), path)
    elif k == 3:
        s.sendto(request(junk[:400], 400), path)
    elif i % 100 == 4:
        unnamed.sendmsg([request(b"version", 7)],
                        [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1]))], 0, path)
PY
mc 0 '^OK Linux one' one version
[ "$(find "/proc/$(cat "$HOME/.uml/one/pid")/fd" -lname 'pipe:*' | wc -l)" -lt 20 ] ||
	fail "descriptors that were sent along stay open"

# A client that never reads silences nobody.
python3 - "$HOME/.uml/one/mconsole" "$T" <<'PY' &
import socket, struct, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(b"\0deaf" + sys.argv[2].encode())
for i in range(2000):
    s.sendto(struct.pack("=III", 0xcafebabe, 2, 4) + b"help", sys.argv[1])
open(sys.argv[2] + "/deaf", "w")
time.sleep(60)
PY
deaf=$!
cleanup_hooks+=("kill $deaf 2>/dev/null")
wait_for 20 test -e "$T/deaf" || fail "the loader stopped reading"
wait_for 20 timeout 2 "$MC" one version >/dev/null || fail "one client silences all"
kill $deaf

# Debian's client.
if [ -x /usr/bin/uml_mconsole ]; then
	timeout 20 /usr/bin/uml_mconsole one version >"$T/out" 2>&1 || fail "Debian's client"
	expect_text '^OK Linux one'
	timeout 20 /usr/bin/uml_mconsole one help >"$T/out" 2>&1 || fail "Debian's client: help"
	expect_text 'remove DEV'
	timeout 20 /usr/bin/uml_mconsole one config ubd1=/nonexistent >"$T/out" 2>&1 &&
		fail "Debian's client: a failure is no failure"
	expect_text '^ERR .*No such file'
	printf 'version\nquit\n' | timeout 20 /usr/bin/uml_mconsole two >"$T/out" 2>&1
	expect_text 'OK Linux two'
fi

# The ends: an orderly one, and SIGKILL, after which the name can be taken again.
echo >"$T/one.in"
wait $one
[ $? -eq 5 ] || fail "the guest's status"
mc 3 "these do: two" one version
kill -KILL "$(cat "$HOME/.uml/two/pid")"
wait $two 2>/dev/null
mc 0 'no guest runs'
expect_status 0 boot uml_dir="$HOME/.uml" umid=two -- -c true
