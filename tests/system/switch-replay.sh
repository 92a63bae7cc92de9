#!/bin/bash
# timeout: 60
# company: switch-replay
# needs: uml_switch python3 tshark
# A capture comes out of a port as it went into the file, once it is started: compared by tshark.
. tests/system/lib.sh

SW=build/bin/uml_switch
PATH=/usr/bin:$PATH # the system's python starts faster than others
ctl() { "$SW" ctl -unix "$T/ctl" "$@" >"$T/out" 2>&1; }
chmod 755 "$T"

# 200 frames of all sizes, 2 ms apart; in the old format, and in the new one by tshark's own tools.
python3 - "$T/in.pcap" <<'END'
import random, struct, sys
r = random.Random(5)
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<IHHIIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
    for i in range(200):
        n = 14 + r.choice((0, 46, 86, 1500, 9000, i))
        t = 1700000000_000000000 + i * 2000003
        d = b"\xff" * 6 + bytes((2, 0, 0, 0, 0, 1)) + b"\x88\xb5" + r.randbytes(n - 14)
        f.write(struct.pack("<IIII", t // 10**9, t % 10**9, n, n) + d)
END
editcap -F pcapng "$T/in.pcap" "$T/in.pcapng" || fail "editcap"

"$SW" -unix "$T/ctl" -port "pcap:$T/in.pcap:start@old" -port "pcap:$T/in.pcapng:start,speed=2@new" >"$T/log" 2>&1 &
switch=$!
cleanup_hooks+=("kill $switch 2>/dev/null")
wait_for 10 test -S "$T/ctl" || fail "no switch: $(cat "$T/log")"
# fields FILE: what is in the frames, and when each came, to compare
frames() { tshark -r "$1" -T fields -e frame.len -e eth.dst -e eth.type -e data.data 2>/dev/null; }
span() { tshark -r "$1" -T fields -e frame.time_relative 2>/dev/null | tail -n 1; }
frames "$T/in.pcap" >"$T/want"
[ "$(wc -l <"$T/want")" -eq 200 ] || fail "tshark does not read the input"

for port in old new; do
	ctl capture start "$T/$port.pcapng" ports $port || fail "capture: $(cat "$T/out")"
	ctl port start $port || fail "start: $(cat "$T/out")"
	ctl port start $port && fail "it was started twice"
	over() { ctl show ports && grep -q "^$port .*done" "$T/out"; }
	wait_for 20 over || fail "it does not end: $(cat "$T/out")"
	ctl capture stop all || fail "capture: $(cat "$T/out")"
	frames "$T/$port.pcapng" | cmp - "$T/want" || fail "frames of $port differ"
	echo "ok: 200 frames of 14 to 9014 bytes, as they were, in $(span "$T/$port.pcapng") s of $(span "$T/in.pcap")"
done
# Not before their time; how late depends on what else the host does.
python3 - "$(span "$T/in.pcap")" "$(span "$T/old.pcapng")" "$(span "$T/new.pcapng")" <<'END' || fail "the times"
import sys
want, old, new = map(float, sys.argv[1:])
assert want - 0.02 < old < want + 5 and want / 2 - 0.02 < new < want / 2 + 5, sys.argv
END

# What cannot be played is told.
ctl port add "pcap:$T/log" && fail "a text was taken for a capture"
expect_text 'is no capture'
one_line
ctl port start nobody && fail "a port that is not there was started"
one_line
ctl port start old || fail "it cannot be played again"
echo "ok: mistakes are told; what was played can be played again"
