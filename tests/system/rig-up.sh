#!/bin/bash
# timeout: 200
# needs: linux uml_rig python3 tcpdump
# company: rig-run
# uml_rig up: a network that stays, and work in it: console, exec, step, link, capture, top, down.
. tests/system/lib.sh

mkdir -p "$T/tmp" "$T/run" "$T/bin"
chmod 700 "$T/run"
cp build/bin/uml_rig build/bin/linux "$T/bin/" # where others may run them
RIG=$T/bin/uml_rig
BODY=$PWD/tests/system
export TMPDIR=$T/tmp XDG_RUNTIME_DIR=$T/run
cd "$T" || exit 1
cleanup_hooks+=('pkill -KILL -f "^$T/bin/"')

cat >pair.rig <<'END'
rig  pair 1
node a
node b
node late off
link a@10.0.0.1/24 b@10.0.0.2/24 delay=1ms
link late@10.0.1.2/24 b@10.0.1.1/24
at 1s crash b
at 2s stop
expect a.nothing == 1 by 1s
every 1s sample a nothing "echo 0"
END
rig() { timeout -k 5 40 "$RIG" "$@"; }
can() { # PATTERN WORDS...: works, and prints what matches
	local pattern=$1
	shift
	expect_status 0 rig "$@"
	[ -z "$pattern" ] || expect_text "$pattern"
}
cannot() { # STATUS PATTERN WORDS...: one line says why
	local status=$1 pattern=$2
	shift 2
	expect_status "$status" rig "$@"
	one_line
	expect_text "$pattern"
}
left_nothing() {
	[ -z "$(ls "$T/tmp")" ] || fail "left in TMPDIR: $(ls "$T/tmp")"
	[ -z "$(ls "$T/run/uml_rig")" ] || fail "a name is left: $(ls "$T/run/uml_rig")"
	! pgrep -f "^$T/bin/" >/dev/null || fail "processes are left: $(pgrep -af "^$T/bin/")"
}

# --- none, bad ones -----------------------------------------------------------
for c in top down 'exec a true' 'step crash a' 'link a b down'; do
	# shellcheck disable=SC2086
	cannot 125 "no network is up; bring one up with 'uml_rig up FILE'" $c
done
cannot 2 'not a name' up -n a/b pair.rig
cannot 3 'No such file' up none.rig
cannot 2 'needs the name of a file' up
cannot 2 'needs a node and a command' exec a
cannot 2 'does not take --detach' run -d pair.rig
chmod 777 "$T/run/uml_rig"
cannot 4 'not yours alone; name a folder of your own' up pair.rig
cannot 125 'not yours alone' top
chmod 700 "$T/run/uml_rig"
[ ! -e pair.up ] || fail "a folder is left of what did not come up"

# --- in the background ---------------------------------------------------------
can '^pair is up: 3 nodes; logs and captures are in '"$T/pair.up" up -d pair.rig
cannot 4 'pair is up already; end it' up pair.rig
[ "$(ls -d pair.up*)" = pair.up ] || fail "a folder is left of what did not come up"
sleep 2.5 # its steps would crash b and end it
can '0% packet loss' exec a ping -c 2 10.0.0.2
expect_status 7 rig exec a 'echo out; echo err >&2; exit 7'
expect_text '^out'
expect_text '^err'
expect_status 137 rig exec a 'kill -9 $$'
can '^300000$' exec a 'head -c 300000 /dev/zero | tr "\0" x' '| wc -c'
# Output comes as it is printed, is not lost to who reads slowly, and Ctrl-C is the command's.
"$RIG" exec a 'echo first; sleep 60' >first &
slow=$!
wait_for 10 grep -q first first || fail "exec: output comes late"
kill "$slow"
wait_for 10 sh -c "! '$RIG' exec a ps | grep -q 'sleep [6]0'" || fail "a command goes on when who wanted it is gone"
[ "$(rig exec a 'head -c 20000000 /dev/zero' | { sleep 1; wc -c; })" = 20000000 ] || fail "exec: output is lost"
# One that minds no signal comes to its end, too, when its reader has left.
"$RIG" exec a 'trap "" HUP; head -c 20000000 /dev/zero; touch /tmp/ended' | sleep 1
wait_for 10 rig exec a test -e /tmp/ended || fail "a command waits for a reader that has gone"
timeout --foreground -s INT 4 "$RIG" exec a ping 10.0.0.2 >"$T/out" 2>&1
expect_text 'packet loss'
# One that waits behind as many as a node runs at a time can be taken back, and has not run.
busy=()
for i in {1..16}; do
	"$RIG" exec a 'echo up; sleep 100' >>busy &
	busy+=($!)
done
wait_for 10 sh -c '[ "$(grep -c up busy)" -eq 16 ]' || fail "a node does not run 16 commands at a time"
expect_status 130 timeout --preserve-status --foreground -k 5 -s INT 1 "$RIG" exec a 'touch /tmp/waited'
kill "${busy[@]}"
wait_for 10 rig exec a true || fail "commands go on for those who have gone"
expect_status 1 rig exec a test -e /tmp/waited
# Also at the end of a command that is faster than who reads.
rig exec a 'seq 100000' | { sleep 1; sha256sum; } >sum
[ "$(cat sum)" = "$(seq 100000 | sha256sum)" ] || fail "output of exec"
cannot 125 "there is no node 'c'" exec c true
cannot 125 'late: the node is off' exec late true
LINUX=$LINUX PYTHONPATH=$BODY RIG=$RIG python3 - <<'PY' || fail "the console of a node that was never on"
from console_lib import *


def body():
    t = Terminal("console", "late", program=os.environ["RIG"])
    t.until(b"the node has not been on yet")
    check(t.wait() == 125 and t.restored(), "refused")


run(body)
PY
can '^late +off' top --once
cannot 125 'no network .other. is up; there is pair' top -n other

# links
can '' link a b delay=100ms
# 200 ms and more by the host's clock; the guest's is led towards that and may be some microseconds off.
can 'min/avg/max = (199|[2-9][0-9]{2}|[0-9]{4,})\.' exec a ping -c 1 10.0.0.2
can '' link a '->' b loss=100%
can 'a +b .*delay=100ms .*loss=100%' top --once
expect_status 1 rig exec a ping -c 1 -W 1 10.0.0.2
expect_text '100% packet loss'
can '' link a b loss=0% delay=1ms
cannot 125 'unit is missing' link a b delay=3
cannot 125 "no node or lan 'bb'; did you mean 'b'" link a bb down
cannot 125 "there is no link between 'a' and 'late'" link a late down

# steps
can '' step on late
cannot 125 'on late: it is on already' step on late
wait_for 20 rig exec late true 2>/dev/null || fail "late does not come up"
can '0% packet loss' exec late ping -c 1 10.0.1.1
can '' step crash late
can '^late +off' top
head -c 200000 /dev/urandom >data
can '' step copy a data:/tmp/data:600
mkdir elsewhere
(cd elsewhere && rig step copy a ../data:/tmp/again) || fail "a file that is named from another folder"
can "^$T/pair.up/back$" step fetch a /tmp/again back
cmp data pair.up/back || fail "the file is not what it was"
cannot 125 'copy a /.*/none: No such file' step copy a none:/tmp/x
cannot 125 'uml_rig exec' step run a true
cannot 125 'uml_rig down' step stop
cannot 125 'there is no action .krash.; did you mean .crash.' step krash a
can '' step reboot b
wait_for 20 rig exec b true 2>/dev/null || fail "b does not come again"

# captures: a pipe, a file until Ctrl-C, whose frames are there; one that nobody reads ends
rig capture a b filter=icmp | timeout 20 tcpdump -n -c 4 -r - >seen 2>/dev/null &
reader=$!
timeout --foreground -s INT 4 "$RIG" capture -o all.pcapng all &
capturer=$!
rig exec a ping -c 20 -i 0.2 10.0.0.2 >/dev/null & # whenever they are ready
pinger=$!
wait "$reader"
wait "$pinger" || fail "pings are lost"
[ "$(grep -c 'ICMP echo' seen)" -eq 4 ] || fail "the live capture saw: $(cat seen)"
wait "$capturer"
tcpdump -n -r all.pcapng icmp 2>/dev/null | found 'echo reply' || fail "the capture has no replies"
wait_for 10 sh -c "! pgrep -f '^$T/bin/uml_rig capture'" || fail "a capture that nobody reads goes on"
cannot 125 'syntax error|filter' capture -o x a b filter='port port'
cannot 125 'cannot be made' capture -o none/x all

# console
LINUX=$LINUX PYTHONPATH=$BODY RIG=$RIG python3 - <<'PY' || fail "console"
from console_lib import *

RIG = os.environ["RIG"]


def console(*args, **kw):
    return Terminal("console", *args, program=RIG, **kw)


def body():
    t = console("a", rows=31, cols=97)
    t.until(b"leaves]")
    t.send(b"\recho joined-$((1+1))\r")
    t.until(b"joined-2\r\n")
    for _ in range(100):
        t.send(b"stty size\r")
        if b"31 97" in t.until(PROMPT):
            break
        time.sleep(0.05)
    else:
        raise Failure("the window's size does not come")
    print("ok: window size")
    two = console("a")
    two.until(b"joined-2")
    print("ok: who joins later sees what was there")
    two.send(b"echo both-$((2+2))\r")
    t.until(b"both-4\r\n")
    two.until(b"both-4\r\n")
    print("ok: two see the same")
    t.send(b"\x1dx")
    t.until(b"leaves the console")
    t.send(b"cat -v\r\x1d\x1d\r")
    t.until(b"^]\r\n")
    t.send(b"\x03")
    t.until(PROMPT)
    print("ok: the key itself")
    t.send(b"\x1d.")
    check(t.wait() == 0, "left by the key")
    check(t.restored(), "the terminal is as it was")
    two.send(b"echo alone-$((3+3))\r")
    two.until(b"alone-6\r\n")
    os.kill(two.pid, signal.SIGTERM)
    check(two.wait() == 128 + signal.SIGTERM, "SIGTERM")
    check(two.restored(), "the terminal is as it was")
    three = console("c")
    three.until(b"there is no node 'c'")
    check(three.wait() == 125, "no such node")
    check(three.restored(), "the terminal is as it was")
    screen = Terminal("top", program=RIG)
    screen.until(b"pair, up for")
    screen.until(b"pair, up for")
    screen.send(b"q")
    check(screen.wait() == 0 and screen.restored(), "top on a terminal, and q")
    # One that stops reading, while its guest floods it, hinders nobody.
    slow = console("b")
    slow.until(PROMPT)
    slow.send(b"yes nobody reads this | head -c 3000000; echo flood-$((4+4))\r")
    slow.until(b"nobody reads")
    os.kill(slow.pid, signal.SIGSTOP)
    other = console("b")
    other.until(b"flood-8\r\n")
    print("ok: a stopped client")
    os.kill(slow.pid, signal.SIGCONT)
    other.send(b"\x1d.")
    check(other.wait() == 0, "left")
    down = subprocess.run([RIG, "down"], timeout=40)
    check(down.returncode == 0, "down")
    slow.until(b"uml_rig: the network ")
    check(slow.wait() == 125 and slow.restored(), "a console of what went down")


run(body)
PY
left_nothing
grep -q joined-2 pair.up/a.log || fail "the console's log"
cannot 2 'needs a terminal' console a

# --- in the foreground; its steps; Ctrl-C; orderly ends -------------------------
cat >kept.rig <<END
rig  kept 1
node a
node b
link a@10.0.0.1/24 b@10.0.0.2/24
every 500ms sample a n "echo 1"
expect a.n == 1 by 1m
at 1s run a "echo stepped >/dev/console"
END
"$RIG" up -n mine -o k --steps kept.rig >up.out 2>&1 &
up=$!
wait_for 20 grep -q 'mine is up: 2 nodes' up.out || fail "no network: $(cat up.out)"
can '^kept, up for' top -n mine
wait_for 20 grep -q stepped k/a.log || fail "the step is not taken"
sleep 0.5 # for its answer
kill -INT "$up"
wait "$up"
status=$?
[ "$status" -eq 0 ] || fail "Ctrl-C: status $status: $(cat up.out)"
grep -q 'passed  a.n == 1' up.out || fail "no verdicts with --steps: $(cat up.out)"
grep -q stepped k/outputs.txt || fail "the step was not taken"
left_nothing

# One that dies leaves a name that the next one takes over, and no guests.
can 'pair is up' up -d -q -o p pair.rig
pid=$(pgrep -f "^$T/bin/uml_rig up -d -q -o p")
kill -KILL "$pid"
wait_for 10 sh -c "! pgrep -f '^$T/bin/linux'" || fail "guests are left"
cannot 125 'no network is up' top
can 'pair is up' up -d -o p pair.rig
can '' down
rm -rf "$T"/tmp/*
left_nothing
echo "one that died was taken over"
