#!/bin/bash
# timeout: 120
# needs: linux uml_rig
# company: rig-nested
# with sanitizers: no, uml_rig runs in a guest there, whose addresses a sanitizer does not find free
# uml_rig run --nested: the run inside a guest gives the same bytes; signals, and what it refuses. And a
# network in real time whose host is a guest in virtual time: it takes its time from there.
. tests/system/lib.sh

RIG=$PWD/build/bin/uml_rig
RUN=$PWD/build/bin/uml_run
pid=
cleanup_hooks+=('[ -z "$pid" ] || kill $pid 2>/dev/null')
cp Documentation/examples/two-hosts.rig Documentation/examples/partition.rig "$T"
cd "$T" || exit 1

for name in two-hosts partition; do
	expect_status 0 "$RIG" run -q -o plain "$name.rig"
	expect_status 0 "$RIG" run -q --nested -o nested "$name.rig"
	expect_text ' 0 failed; .*/nested/report.html'
	"$RIG" diff plain nested >out || fail "$name is not the same in a guest: $(cat out)"
	rm -r plain nested
done
expect_status 1 "$RIG" run -q --nested --seed 7 -D delay=30ms two-hosts.rig
expect_text 'FAILED .*two delays|FAILED .*rtt_ms'
grep -q '"seed": 7,' two-hosts.run/manifest.json || fail "--seed is not heard inside"
grep -q '"delay": "30ms"' two-hosts.run/manifest.json || fail "-D is not heard inside"

# --- refused: one line, and nothing has begun ------------------------------------------------
printf '%s\n' 'rig keep 1' 'image i i.img' 'node a image=i cow=a.cow' 'at 1s run a true' >keep.rig
truncate -s 1M i.img
expect_status 2 "$RIG" run --nested keep.rig
one_line
expect_text 'what a keeps in .*a.cow would be lost with the guest; leave out cow=, or --nested'
expect_status 2 sh -c "'$RIG' run --nested - <two-hosts.rig"
one_line
expect_text 'name a file'
[ ! -e keep.run ] || fail "a folder was made"

# --- Ctrl-C ------------------------------------------------------------------------------------
printf '%s\n' 'rig long 1' 'time real' 'node a' 'at 60s run a true' 'at 61s stop' >long.rig
env --default-signal=INT "$RIG" run -q --nested -o long.d long.rig >"$T/out" 2>&1 </dev/null &
pid=$!
wait_for 20 test -e long.d/a.log || fail "the run inside does not begin"
sleep 3 # it boots
tree=$(tree $pid)
kill -INT $pid
wait $pid
got=$?
[ $got = 130 ] || fail "status $got of SIGINT: $(cat "$T/out")"
# shellcheck disable=SC2086
wait_for 5 all_gone $tree $pid || fail "guests live on"
pid=
[ -s long.d/report.html ] || fail "the run did not end in good order"

# --- real time of guests is the virtual time of their host ----------------------------------------
cat >inner.rig <<'END'
rig inner 1
time real
default node mem=32M
node a
node b
link a@10.0.0.1/24 b@10.0.0.2/24 delay=500ms
at 5s run a "ping -q -c 10 10.0.0.2 >/dev/null; ping -q -c 10 10.0.0.2 | sed -n 's|.*= [0-9.]*/\\([0-9.]*\\)/.*|\\1|p'" as=rtt_ms
at 3600s run a "cut -d. -f1 /proc/uptime" as=uptime
expect a.rtt_ms >= 1000 by 100s
expect a.rtt_ms < 1010 by 100s
expect a.uptime >= 3600 by 3610s
expect a.uptime < 3620 by 3610s
END
mkdir inner.d
expect_status 0 timeout -k 5 60 "$RUN" --time virtual --rw "$T/inner.d" --mem 512M -- \
	"$RIG" run -q -o "$T/inner.d" "$T/inner.rig"
expect_text '^4 passed, 0 failed'
