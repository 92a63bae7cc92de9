#!/bin/bash
# timeout: 60
# company: switch-capture
# needs: tshark capinfos mkfifo
# Captures as tshark reads them: from a file, live from a pipe, and from a FIFO. The frames are
# those of test_switch_capture's `sample`.
. tests/system/lib.sh

sample=build/unit/test_switch_capture
[ -x "$sample" ] || fail "$sample is missing: make units"
fields=(-T fields -E separator=, -e frame.number -e frame.time_epoch -e frame.interface_name
	-e frame.packet_flags_direction -e frame.comment -e frame.len -e frame.cap_len -e udp.dstport)

# What `sample` says of its frames.
want() {
	local i name dir comment
	for ((i = 0; i < 40; i++)); do
		name=mx1 dir=0x00000001 comment=
		[ $((i % 2)) -eq 0 ] || name='mx1 -> isp'
		[ $((i % 4)) -lt 2 ] || dir=0x00000002
		[ $((i % 4)) -ne 1 ] || comment='dropped: loss'
		[ $((i % 4)) -ne 2 ] || comment=duplicate
		printf '%d,%d.%09d,%s,%s,%s,%d,%d,%d\n' $((i + 1)) $((1768521600 + i)) "$i" "$name" \
			$dir "$comment" $((60 + i)) $((60 + i)) $((5000 + i))
	done
}
want >"$T/want"

# same_frames NAME: $T/got is as it should be, and tshark had no complaint
same_frames() {
	grep -v 'Running as user' "$T/err" | found -iE 'cut short|damaged|corrupt|error' &&
		fail "$1: tshark says: $(cat "$T/err")"
	diff "$T/want" "$T/got" >"$T/out" || fail "$1: tshark reads other frames (-) than written (+)"
}

"$sample" sample "$T/a.pcapng" || fail "no sample"
tshark -n -r "$T/a.pcapng" "${fields[@]}" >"$T/got" 2>"$T/err" || fail "tshark: $(cat "$T/err")"
same_frames file

# Comments are searched for as people do.
n=$(tshark -n -r "$T/a.pcapng" -Y 'frame.comment contains "loss"' 2>/dev/null | wc -l)
[ "$n" -eq 10 ] || fail "$n frames are marked as lost, not 10"

capinfos "$T/a.pcapng" >"$T/out" 2>&1 || fail "capinfos"
expect_text '^File type: +Wireshark/\.\.\. - pcapng'
expect_text '^Number of packets: +40$'
expect_text 'precision: +nanoseconds'
expect_text '^Number of interfaces in file: 2$'
expect_text 'Name = mx1 -> isp'
expect_text 'Capture application: +Nestling'
expect_text 'Number of stat entries = 1'

"$sample" sample - | tshark -n -r - "${fields[@]}" >"$T/got" 2>"$T/err" || fail "tshark from a pipe"
same_frames pipe

mkfifo "$T/fifo"
tshark -n -r "$T/fifo" "${fields[@]}" >"$T/got" 2>"$T/err" &
reader=$!
# Nobody waits for a reader: until tshark has opened the FIFO, writing is refused.
wait_for 20 "$sample" sample "$T/fifo" 2>/dev/null || fail "the FIFO was never taken"
wait $reader || fail "tshark from a FIFO: $(cat "$T/err")"
same_frames FIFO

# A reader that leaves early ends nothing but itself.
"$sample" sample - | head -c 100 >/dev/null
rc=${PIPESTATUS[0]}
[ "$rc" -le 1 ] || fail "status $rc when the reader had gone"
