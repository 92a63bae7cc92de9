#!/bin/bash
# timeout: 300
# needs: linux uml_rig
# company: rig-run
# uml_rig run with real guests: lives of nodes, files, commands, ends, and errors as a user meets them.
. tests/system/lib.sh

mkdir -p "$T/tmp" "$T/bin"
cp build/bin/uml_rig build/bin/linux "$T/bin/" # where others may run them
RIG=$T/bin/uml_rig
export TMPDIR=$T/tmp # where it keeps its sockets
cd "$T" || exit 1

two='node a
node b
link a@10.0.0.1/24 b@10.0.0.2/24 delay=1ms'

# rig NAME TEXT: NAME.rig with the statements of TEXT behind its first line
rig() {
	printf 'rig %s 1\n%s\n' "$1" "$2" >"$1.rig"
}

# run STATUS NAME [OPTION...]: results in NAME.d, what it says in $T/out
run() {
	local status=$1 name=$2
	shift 2
	rm -rf "$name.d"
	expect_status "$status" timeout -k 5 60 "$RIG" run -q -o "$name.d" "$@" "$name.rig"
	left_nothing
}

left_nothing() {
	[ -z "$(ls "$T/tmp")" ] || fail "left in TMPDIR: $(ls "$T/tmp")"
}

# timeline NAME PATTERN
timeline() {
	grep -qE -- "$2" "$1.d/timeline.txt" || fail "no '$2' in the time line: $(cat "$1.d/timeline.txt")"
}

# ended NAME WORDS
ended() {
	grep -q "\"ended\": \"$2\"" "$1.d/manifest.json" || fail "$1: $(grep ended "$1.d/manifest.json")"
}

# --- lives of a node, with pings as the witness ----------------------------------------
head -c 300000 /dev/urandom >data
rig life "$two
node late off
link late@10.0.1.2/24 b@10.0.1.1/24
every 1s sample a ok \"ping -c 1 -W 1 10.0.0.2 >/dev/null; echo \$?\"
at 5s crash b
at 10s on b
at 20s pause b
at 25s resume b
at 30s reboot b
at 40s off b
at 45s on b
at 50s copy a data:/tmp/x/data:640
at 51s run a \"sha256sum </tmp/x/data; stat -c %a /tmp/x/data\" as=sum
at 52s fetch a /tmp/x/data back
at 53s run a \"exit 3\" as=three
at 54s run a \"kill -9 \$\$\" as=killed
at 55s run a \"seq 1 300000\" as=much
at 55s run b \"ping -c 1 -W 1 10.0.1.2\" as=early
at 56s on late
at 58s run b \"ping -c 1 -W 1 10.0.1.2\" as=late
every 1s sample a->b
at 60s note \"nearly over\"
at 60s stop
expect a.ok == 0 by 4s
expect a.ok == 1 always from 7s until 9s
expect a.ok == 0 always from 14s until 19s
expect a.ok == 1 always from 22s until 24s
expect a.ok == 0 always from 27s until 29s
expect a.ok == 0 always from 34s until 39s
expect a.ok == 1 always from 43s until 44s
expect a.ok == 0 always from 50s until 59s
expect a.sum has \"$(sha256sum <data | cut -c 1-64)\" by 1m
expect a.sum has 640 by 1m
expect a.three.status == 3 by 1m
expect a.killed.status == 137 by 1m
expect a.much.status == 0 by 1m
expect b.early.status == 1 by 1m
expect b.late.status == 0 by 1m
expect a->b.delivered > 40 by 1m"
run 0 life --to-end
expect_text '^16 passed, 0 failed'
cmp data life.d/back || fail "the file came back different"
timeline life '^5s .*crash b'
timeline life '^10s[0-9]+us.* b is up'
timeline life '^30s[0-9a-z]* .* b ended'
timeline life '^40s[0-9a-z]* .* b ended'
timeline life '^1m .*stop'
ended life stop
[ "$(stat -c %s life.d/outputs.txt)" -lt 1300000 ] || fail "output has no bound"
grep -qx 150000 life.d/outputs.txt || fail "the output is not kept"
[ "$(grep -c 'a->b' life.d/samples.csv)" -ge 60 ] || fail "samples of the link: $(grep -c 'a->b' life.d/samples.csv)"

# --- the end: decided, --to-end, a step ----------------------------------------------------
rig early "$two
every 1s sample a n \"echo 1\"
expect a.n == 1 by 2s
at 100s run a true"
run 0 early
ended early 'all is decided'
grep -q '"end_ns": [0-9]\{1,10\},' early.d/manifest.json || fail "not early: $(grep end_ns early.d/manifest.json)"
run 0 early --to-end
ended early 'the end of its time'
grep -q '"end_ns": 100000000000,' early.d/manifest.json || fail "not to the end"
rig hung "$two
at 1s run a \"sleep 1000000\" as=x
at 2s run b true as=y
expect b.y.status == 0 by 3s
expect a.x.status == 0 by 5s"
run 1 hung
expect_text '^FAILED  a.x.status'
expect_text '^passed  b.y.status'

# A log does not grow by another run in the same folder.
cp early.d/a.log before
expect_status 0 timeout 60 "$RIG" run -q -o early.d early.rig
cmp before early.d/a.log || fail "the log of another run is in it"

# --- real time ----------------------------------------------------------------------------------
rig real "time real
node a
node b
lan l net=10.0.0.0/24
link a l delay=30ms
link b l
at 0s run a \"ping -c 2 -i 0.1 10.0.0.2 | tail -n 1 | cut -d/ -f 3 | cut -d' ' -f 3\" as=rtt
at 3s pause b
at 3s run a \"ping -c 1 -W 1 10.0.0.2\" as=paused
at 8s resume b
at 8100ms run a \"ping -c 3 10.0.0.2\" as=resumed
expect a.rtt >= 30 by 30s
expect a.paused.status == 1 by 30s
expect a.resumed.status == 0 by 30s"
run 0 real
grep -q '"deterministic": false' real.d/manifest.json || fail "real time is not deterministic"

# What a node sends first is sent: it is not up before its cards are. Once in five this was lost.
rig first "time real
$two
at 0s run a \"ping -c 1 -W 1 10.0.0.2 >/dev/null; cat /sys/class/net/eth0/statistics/tx_dropped\" as=dropped
at 0s run b \"ping -c 1 -W 1 10.0.0.1 >/dev/null; cat /sys/class/net/eth0/statistics/tx_dropped\" as=dropped
expect a.dropped == 0 by 30s
expect b.dropped == 0 by 30s"
for _ in $(seq 20); do
	run 0 first
done

# --- captures -------------------------------------------------------------------------------
rig capture "$two
capture all
at 1s run a \"ping -c 1 10.0.0.2\"
at 2s link a b loss=100%
at 3s run a \"ping -c 1 -W 1 10.0.0.2\"
at 5s stop"
run 0 capture
if command -v tshark >/dev/null; then
	tshark -r capture.d/capture.pcapng -Y icmp -T fields -e frame.interface_name -e icmp.type \
		-e frame.comment >frames 2>/dev/null || fail "tshark does not read it"
	grep -q '^a.eth0.8' frames || fail "no request of a.eth0: $(cat frames)"
	grep -q '^b.eth0.0' frames || fail "no answer of b.eth0: $(cat frames)"
	grep -qi 'loss\|lost' frames || fail "the lost frame has no comment: $(cat frames)"
fi

# --- nodes that do not come up --------------------------------------------------------------------
# fails NAME SETTING PATTERN: b with this setting ends the run, with a line that says why
fails() {
	rig "$1" "node a
$2
link a@10.0.0.1/24 b@10.0.0.2/24
at 100h run a true"
	run 1 "$1"
	expect_text "$3"
}
fails small 'node b mem=8M' '^uml_rig: .*b ended with status 64 before all nodes were up; see small.d/b.log'
ended small 'a node did not come up'
fails panic 'node b kernel=init=/nothing' '^uml_rig: .*b ended .*see panic.d/b.log'
grep -q 'panic' panic.d/b.log || fail "the log does not say why"
echo small >short.img
fails bad-image $'image base short.img\nnode b image=base' '^uml_rig: .*b ended .*see bad-image.d/b.log'
grep -q 'short.img' bad-image.d/b.log || fail "the log does not say why"
# An image that is not there is one line, before anything is begun, however many nodes have it.
for what in nothere.img .; do
	rig no-image "image base $what
image unused nothere.img
node a image=base
node b image=base
link a@10.0.0.1/24 b@10.0.0.2/24"
	for how in run up; do
		expect_status 4 "$RIG" $how -o no-image.d no-image.rig
		one_line
		expect_text '^uml_rig: no-image.rig:2: image base: .*; make it, or name another$'
		[ ! -e no-image.d ] || fail "$how: there is a folder"
	done
done
fails hours 'node b run="sleep 100000000"' '^uml_rig: .*b: boot: not up after an hour'
ended hours 'a node did not come up'

# --- a node whose kernel hangs -----------------------------------------------------------------
# Stopped behind the run's back; the others go on without it.
rig hang "$two
node c
link a@10.0.1.1/24 c@10.0.1.2/24 delay=1ms
every 1s sample a beat \"echo 1\"
at 1s run b \"echo started >/dev/console\"
at 30m run a \"ping -c 1 10.0.1.2\" as=other
expect a.other.status == 0 by 31m"
rm -rf hang.d
timeout -k 5 60 "$RIG" run -q --patience 2s -o hang.d hang.rig >"$T/out" 2>&1 </dev/null &
run=$!
hang() { # b's guest kernel, while the run is under way: the first of that name, behind it come its stubs
	local p
	grep -qs started hang.d/b.log || return
	loader=$(pgrep -f "^$T/bin/linux .*umid=b( |$)" | head -n 1)
	for p in $(tree "$loader" 2>/dev/null); do
		[ "$(cat "/proc/$p/comm" 2>/dev/null)" != guest-kernel ] || { kill -STOP "$p"; return; }
	done
	return 1
}
wait_for 20 hang || fail "b has no kernel"
sleep 0.3
states=$(for p in $loader $(tree "$loader"); do echo "$p: $(sed -nE 's/^(Name|State|PPid):\t//p' "/proc/$p/status" 2>/dev/null | xargs)"; done)
wait "$run"
status=$?
[ "$status" -eq 1 ] || fail "a hanging node: status $status; after the guest kernel was stopped:
$states"
expect_text '^uml_rig: .*b hangs at [0-9.]+ s; its stack will be in hang.d/b.crash'
expect_text '^FAILED  b hangs; its stack: b.crash'
grep -qE 'RIP: [0-9a-f]+:[a-z_]+' hang.d/b.crash || fail "no stack: $(cat hang.d/b.crash)"
grep -q '"deterministic": false' hang.d/manifest.json || fail "a guest that hung came out the same"
left_nothing
expect_status 2 "$RIG" run --patience 2 hang.rig
one_line
expect_text 'patience: .*unit'

# --- what does not go, and the run goes on ---------------------------------------------------------
rig trouble "node a copy=nothere:/x
node b run=\"echo oops; exit 3\"
router c firewall=norules
link a@10.0.0.1/24 b@10.0.0.2/24
link b@10.0.1.1/24 c@10.0.1.2/24
at 1s copy a nothere2:/x
at 2s fetch a /nothere3 gone
at 2s crash b
at 3s run b true as=nobody
at 3s on a
at 4s run a true as=last
expect a.last.status == 0 by 5s"
run 1 trouble
for line in 'a: nothere: No such file' 'b: run=echo oops; exit 3: oops' 'c: norules: No such file' \
	'copy a nothere2: No such file' 'fetch a /nothere3: No such file' 'run b true: the node is not there' \
	'on a: it is on already'; do
	expect_text "^uml_rig: .*$line"
	expect_text "^FAILED  $line"
done
expect_text '^passed  a.last.status'
[ ! -e trouble.d/gone ] || fail "a file that was not fetched is there"

# --- linux that is not there --------------------------------------------------------------------------
touch no-program
cp early.rig no-format
chmod 755 no-format
for program in "$T/nothere" "$T/no-program" "$T"; do
	expect_status 4 env NESTLING_LINUX="$program" "$RIG" run early.rig
	one_line
	expect_text "^uml_rig: $program: .*NESTLING_LINUX"
done
rm -rf early.d
expect_status 1 env NESTLING_LINUX="$T/no-format" "$RIG" run -o early.d early.rig
grep -q 'cannot be run' early.d/a.log || fail "nothing in the log"
left_nothing

# --- folders and disks ----------------------------------------------------------------------------------
expect_status 4 "$RIG" run -o nothere/early.d early.rig
one_line
expect_text 'nothere/early.d cannot be made: No such file'
expect_status 4 "$RIG" run -o early.rig early.rig
one_line
mkdir mine
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	chmod 755 "$T"
	mkdir theirs
	chmod 777 theirs "$T/tmp"
	expect_status 4 "${user[@]}" "$RIG" run -o mine/early.d early.rig
	one_line
	expect_text 'mine/early.d cannot be made: Permission denied'
	expect_status 4 "${user[@]}" "$RIG" run -o mine early.rig
	expect_status 0 "${user[@]}" "$RIG" run -q -o theirs/early.d early.rig
	left_nothing
fi
if unshare -m true 2>/dev/null; then
	rig full "node a
every 1s sample a n \"seq 1 30000\"
at 20s run a true"
	expect_status 4 unshare -m sh -c "mount -t tmpfs -o size=64k none mine && '$RIG' run -q -o mine full.rig"
	expect_text '^uml_rig: .*mine.*No space left'
	left_nothing
fi

# --- signals ----------------------------------------------------------------------------------------------
rig long "time real
$two
at 1s run a \"echo begun\" as=begun
at 1h run a true
expect a.begun has begun by 2s"

# begin NAME: a run that goes on for long, in the background as $pid, its guests in $guests
begin() {
	rm -rf "$1.d"
	env --default-signal=INT "$RIG" run -q --to-end -o "$1.d" "$1.rig" >"$T/out" 2>&1 </dev/null &
	pid=$!
	wait_for 5 test -s "$1.d/b.log"
	sleep "${2:-2}"
	guests=$(tree $pid)
	[ -n "$guests" ] || fail "no guests run"
}
for signal in INT TERM; do
	begin long
	kill -$signal $pid
	wait $pid
	got=$?
	[ $got = 130 ] || fail "status $got of SIG$signal"
	# shellcheck disable=SC2086
	wait_for 5 all_gone $guests || fail "guests live on"
	left_nothing
	ended long 'a signal'
	[ -s long.d/report.html ] || fail "no results"
done
begin long 0.2 # while it boots
kill -INT $pid
wait $pid
got=$?
[ $got = 130 ] || fail "status $got of an early SIGINT"
left_nothing
begin long
kill -KILL $pid
wait $pid 2>/dev/null
# shellcheck disable=SC2086
wait_for 5 all_gone $guests || fail "guests live on without uml_rig"
rm -rf "$T/tmp/uml_rig".*
run 0 early

# --- the line of progress, on a terminal ---------------------------------------------------------------------
if command -v script >/dev/null; then
	rig slow "time real
$two
at 3s run a true"
	script -qec "'$RIG' run -o slow.d slow.rig" typescript >/dev/null </dev/null || fail "on a terminal"
	grep -q 'real time [0-9]*s of 3s, real [0-9]* s, [0-9]* frames' typescript || fail "no progress: $(cat typescript)"
	grep -qF $'\r\033[K0 passed, 0 failed; slow.d/report.html' typescript || fail "the end: $(tail -n 3 typescript)"
fi
