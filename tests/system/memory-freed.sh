#!/bin/bash
# timeout: 300
# Memory that the guest frees goes back to the host: 400 MB of files, and of a process. What is taken in
# bulk is had from the host in bulk, the first time and after it has gone back.
. tests/system/lib.sh

mkfifo "$T/in"
timeout -k 5 280 "$LINUX" uml_dir="$UML" mem=600M <"$T/in" >"$T/out" 2>&1 &
pid=$!
cleanup_hooks+=("kill $pid 2>/dev/null; wait $pid 2>/dev/null")
exec 3>"$T/in"
told() { [ -f "$T/out" ] && tr -d '\r' <"$T/out" | found "^$1"; }
say() {
	echo "$1; echo $2" >&3
	wait_for 100 told "$2" || fail "no answer to: $1"
}
say 'mount -t tmpfs -o size=500M none /mnt 2>/dev/null || { mkdir /mnt && mount -t tmpfs -o size=500M none /mnt; }' mounted

# The process that holds guest memory, and how many MB of the memory file the host has given.
kernel=$pid
until [ "$(cat "/proc/$kernel/comm")" = guest-kernel ]; do
	kernel=$(pgrep -o -P "$kernel") || fail "no guest kernel"
done
held() { echo $(($(stat -L -c %b "/proc/$kernel/fd/4") / 2048)); }
below() { [ "$(held)" -lt "$1" ]; }

# Page faults of the guest's processes on the host, the guest kernel's among them.
faults() {
	local p
	for p in $(tree $pid); do
		sed 's/.*) //' "/proc/$p/stat" 2>/dev/null
	done | awk '{ n += $8 } END { print n }'
}
in_bulk() { # MB FAULTS WHAT: sixteen pages a fault, and some for all else
	[ "$2" -lt $(($1 * 256 / 4)) ] || fail "$3: $1 MB cost $2 page faults"
}

idle=$(held) before=$(faults)
say 'dd if=/dev/zero of=/mnt/f bs=1M count=400 2>/dev/null' filled
full=$(held) first=$(($(faults) - before))
[ "$full" -gt $((idle + 380)) ] || fail "filling 400 MB took only $((full - idle)) MB of the host"
in_bulk 400 $first 'a file'
say 'rm /mnt/f' removed
wait_for 30 below $((idle + 30)) || fail "idle $idle MB, full $full MB, after the file was removed still $(held) MB"

# A process that ends; not before its memory has been seen.
say 'mkfifo /tmp/go; dd if=/dev/zero bs=300M count=1 2>/dev/null | { head -c 1 >/dev/null; echo big; read x </tmp/go; } & true' started
wait_for 30 told big || fail "no process of 300 MB"
[ "$(held)" -gt $((idle + 280)) ] || fail "a process of 300 MB took only $(($(held) - idle)) MB of the host"
say 'echo >/tmp/go; wait' ended
wait_for 30 below $((idle + 30)) || fail "after the process ended still $(held) MB"

# What comes back works, and keeps what is written to it.
before=$(faults)
say 'yes 0123456789abcde | dd of=/mnt/f bs=1M count=300 iflag=fullblock 2>/dev/null' again
again=$(($(faults) - before))
say 'yes 0123456789abcde | head -c 314572800 | cmp - /mnt/f && echo equal' compared
told equal || fail "memory that went back and came again does not keep what is written"
in_bulk 300 $again 'a file once more'

# A program that touches its memory itself: its process on the host has faults, too.
say 'rm /mnt/f' gone
wait_for 30 below $((idle + 30)) || fail "after the second file was removed still $(held) MB"
before=$(faults)
say "awk 'BEGIN { s = \"0123456789abcdef\"; for (i = 0; i < 22; i++) s = s s; print \"long\", length(s); getline }'" ''
wait_for 30 told 'long 67108864' || fail "no long string"
touching=$(($(faults) - before))
in_bulk 128 $((touching / 2)) 'a process' # and as much again for the strings before
echo >&3
echo 'exit 5' >&3
exec 3>&-
wait $pid
status=$?
[ $status -eq 5 ] || fail "status $status"
echo "idle $idle MB, full $full MB; page faults: $first for 400 MB, $again for 300, $touching for 256 of a process"
