#!/bin/bash
# timeout: 120
# Memory that a guest has and does not use costs nothing, its memory map included; all of it can be
# used, by files, by processes and in large pieces, and is counted as Linux counts.
. tests/system/lib.sh

# guest SIZE SCRIPT: prints what it said; KB of the host's memory at "ready" are in $held
guest() {
	local pid status=0
	rm -f "$T/in" "$T/out"
	mkfifo "$T/in"
	timeout -k 5 60 "$LINUX" uml_dir="$UML" mem="$1" -- -c "$2" <"$T/in" >"$T/out" 2>&1 &
	pid=$!
	exec 3>"$T/in"
	wait_for 20 found_in_out ready || fail "no guest with mem=$1: $(cat "$T/out")"
	kernel=$pid
	until [ "$(cat "/proc/$kernel/comm" 2>/dev/null)" = guest-kernel ]; do
		kernel=$(pgrep -o -P "$kernel") || fail "no guest kernel"
	done
	held=$(($(stat -L -c %b "/proc/$kernel/fd/4") / 2))
	echo go >&3
	exec 3>&-
	wait $pid || status=$?
	[ $status -eq 0 ] || fail "mem=$1: status $status: $(tail -n 20 "$T/out")"
}
found_in_out() { [ -e "$T/out" ] && found "^$1" <"$T/out"; }
said() { tr -d '\r' <"$T/out" | sed -n "s/^$1 //p"; }

guest 64M 'echo ready; read go'
small=$held
guest 2G 'echo ready; read go; grep -E "^Mem(Total|Free)" /proc/meminfo | while read name kb unit; do echo $name $kb; done'
# The map of 2 GB alone is 32 MB; what grows with memory are tables of hashes.
[ "$held" -lt $((small + 12000)) ] || fail "mem=64M takes $small KB when it is up, mem=2G $held KB"
[ "$(said MemFree:)" -gt 1950000 ] && [ "$(said MemFree:)" -lt "$(said MemTotal:)" ] ||
	fail "free $(said MemFree:) KB of $(said MemTotal:)"
echo "up: mem=64M $small KB, mem=2G $held KB; free $(said MemFree:) of $(said MemTotal:) KB"

# Nearly all of it, by what comes at once and by what comes page by page, and again.
guest 256M 'echo ready; read go; mkdir -p /tmp/a; mount -t tmpfs -o size=100% none /tmp/a
	free=$(sed -n "s/^MemFree: *\([0-9]*\).*/\1/p" /proc/meminfo); mb=$((free / 1024 - 16)); echo mb $mb
	for i in 1 2; do
		yes "$i" | dd of=/tmp/a/f bs=64k count=$((mb * 16)) iflag=fullblock 2>/dev/null
		echo sum$i $(sha256sum </tmp/a/f | cut -c1-64)
		echo left$i $(sed -n "s/^MemFree: *\([0-9]*\).*/\1/p" /proc/meminfo)
		rm /tmp/a/f
	done
	dd if=/dev/zero of=/dev/null bs=${mb}M count=1 2>/dev/null && echo large yes
	# What a process leaves is freed when the kernel comes to it.
	for i in $(seq 50); do
		back=$(sed -n "s/^MemFree: *\([0-9]*\).*/\1/p" /proc/meminfo)
		[ $back -gt $((mb * 1024 - 8000)) ] && break
		sleep 0.1
	done
	echo back $back'
mb=$(said mb)
[ "${mb:-0}" -gt 200 ] || fail "only $mb MB of 256 are free"
for i in 1 2; do
	[ "$(said sum$i)" = "$(yes $i | head -c $((mb << 20)) | sha256sum | cut -c1-64)" ] || fail "what $mb MB hold is not what was written"
	[ "$(said left$i)" -lt 24000 ] || fail "$(said left$i) KB are free when $mb MB are written"
done
[ "$(said large)" = yes ] || fail "a process does not get $mb MB"
[ "$(said back)" -gt $((mb * 1024 - 8000)) ] || fail "$(said back) KB are free in the end, $mb MB were"
echo "mem=256M: $mb MB used three times"

# There are always whole blocks to take from: a small guest with a network breaks up none that belong
# to other kinds of memory, and does not move pages about to make some.
cat >"$T/small.rig" <<'END'
rig small 1
node a
node b
link a@10.0.0.1/24 b@10.0.0.2/24 delay=1ms
every 1s sample a ok "ping -c 1 -W 1 10.0.0.2 >/dev/null; echo $?"
at 4500ms run a "cat /proc/vmstat"
at 5s stop
expect a.ok == 0 always
END
build/bin/uml_rig run -q -o "$T/small" "$T/small.rig" >"$T/out" 2>&1 || fail "the rig: $(cat "$T/out")"
moved=$(sed -n 's/^compact_migrate_scanned //p' "$T/small/outputs.txt")
[ "$moved" = 0 ] || fail "a guest that pings looked at '$moved' pages to move them"
echo "no page moved"
