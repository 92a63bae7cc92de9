#!/bin/bash
# timeout: 240
# company: switch-ring
# needs: uml_switch tshark python3
# Two switches with two cables between them: the spanning tree blocks one, every broadcast arrives
# once, and when the cable in use is pulled, the other takes over.
. tests/system/lib.sh

switch=$PWD/build/bin/uml_switch
ctl() {
	"$switch" ctl -unix "$@"
}

# A station: an old client of switch a, which sends twenty broadcasts for each line it reads.
cat >"$T/station.py" <<'PY'
import socket, struct, sys
ctl, mine = sys.argv[1:]
data = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
data.bind(mine)
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect(ctl)
name = struct.pack("<H108s", socket.AF_UNIX, mine.encode())
s.sendall(struct.pack("<IIi", 0xfeedface, 3, 0) + name)
peer = s.recv(110)[2:].rstrip(b"\0")
for line in sys.stdin:
    for i in range(20):
        data.sendto(b"\xff" * 6 + b"\x02\0\0\0\0\1" + b"\x88\xb5" + struct.pack(">I", i) + bytes(46), peer)
PY

"$switch" -unix "$T/b" -stp 2>"$T/b.log" &
b=$!
cleanup_hooks+=("kill $b 2>/dev/null")
wait_for 10 [ -S "$T/b" ] || fail "no switch: $(cat "$T/b.log")"
"$switch" -unix "$T/a" -stp -port "trunk:$T/b@t1" -port "trunk:$T/b@t2" 2>"$T/a.log" &
a=$!
wait_for 10 ctl "$T/a" show ports >/dev/null 2>&1 || fail "no switch: $(cat "$T/a.log")"
mkfifo "$T/go"
python3 "$T/station.py" "$T/a" "$T/station" <"$T/go" 2>"$T/station.log" &
cleanup_hooks+=("kill $a $b $! 2>/dev/null; wait")
exec 3>"$T/go"
station_is_there() {
	ctl "$T/a" show ports | found " old .*${1:-}"
}
wait_for 10 station_is_there || fail "no station: $(cat "$T/station.log")"

# states: how many ends of cables forward and how many are blocked, "UP BLOCKED"
states() {
	{
		ctl "$T/a" show ports | grep ' trunk '
		ctl "$T/b" show ports | grep ' old '
	} | awk '{ n[$3]++ } END { print n["up"] + 0, n["blocked"] + 0 }'
}
states_are() {
	[ "$(states)" = "$1" ]
}
# through NAME: twenty broadcasts go into a, and each comes to b once
through() {
	ctl "$T/b" capture start "$T/$1.pcapng" filter 'ether proto 0x88b5' || fail "$1: no capture"
	echo go >&3
	sleep 2
	ctl "$T/b" capture stop all || fail "$1: the capture does not end"
	# A frame at a blocked end is there as it came, and once more with the reason of its drop.
	tshark -n -r "$T/$1.pcapng" -Y 'frame.packet_flags_direction == 1' -T fields -E 'separator=|' \
		-e data.data -e frame.comment 2>/dev/null >"$T/frames" || fail "$1: tshark"
	awk -F'|' '{ n[substr($1, 1, 8)] += $2 == "" ? 1 : -1 }
		END { for (i in n) { print i, n[i]; good += n[i] == 1 }; exit good != 20 }' "$T/frames" \
		>"$T/out" || fail "$1: not each of 20 frames arrived once"
}

states_are "0 4" || fail "ports forward before the tree is there: $(states)"
wait_for 60 states_are "3 1" || fail "no tree: $(states)"
wait_for 20 station_is_there ' up ' || fail "the station stays blocked"
through first

up=$(ctl "$T/a" show ports | awk '$2 == "trunk" && $3 == "up" { print $1; exit }')
if ctl "$T/a" show ports | found '^t.* blocked'; then
	ctl "$T/a" port remove "$up"
else # both forward here: b blocks its end of one of them
	blocked=$(ctl "$T/b" show ports | awk '$3 == "blocked" { sub("old", "t", $1); print $1 }')
	for up in t1 t2; do
		[ "$up" = "$blocked" ] || ctl "$T/a" port remove "$up"
	done
fi
wait_for 5 states_are "1 1" || fail "the cable in use was not the one that was pulled: $(states)"
wait_for 90 states_are "2 0" || fail "the second cable does not take over: $(states)"
through second
