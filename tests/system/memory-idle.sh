#!/bin/bash
# timeout: 90
# needs: mke2fs
# A guest that has nothing to do lets go of the kernel's text that served to boot and of what it has
# read from disks, although nothing wakes it up for that; what it has written stays. It takes little memory
# and no CPU time, with a network card neither.
. tests/system/lib.sh

# kernel: the guest kernel's process, below the loader's, $pid
find_kernel() {
	kernel=$pid
	until [ "$(cat "/proc/$kernel/comm" 2>/dev/null)" = guest-kernel ]; do
		kernel=$(pgrep -o -P "$kernel") || fail "no guest kernel"
	done
}

"$LINUX" uml_dir="$UML" mem=64M -- -c 'echo ready; exec sleep 1000' </dev/null >"$T/out" 2>&1 &
pid=$!
cleanup_hooks+=("kill $pid 2>/dev/null; wait $pid 2>/dev/null")
wait_for 20 grep -q ready "$T/out" || fail "it does not boot"
find_kernel

# KB of the kernel's file that can be executed and are mapped now.
text() {
	awk '/^[0-9a-f]+-[0-9a-f]+ / { mine = $2 ~ /x/ && $6 ~ /\/bin\/linux$/ } mine && /^Rss:/ { s += $2 } END { print s + 0 }' "/proc/$kernel/smaps"
}
booted=$(text)
[ "$booted" -gt 2000 ] || fail "only $booted KB of text are mapped after the boot"
# With a card, meanwhile.
"$LINUX" uml_dir="$UML" umid=card mem=64M eth0=nat -- \
	-c 'udhcpc -i eth0 -n -q -t 10 >/dev/null 2>&1; ip -4 -o addr show eth0; echo ready; exec sleep 1000' \
	</dev/null >"$T/card" 2>&1 &
card=$!
cleanup_hooks+=("kill $card 2>/dev/null; wait $card 2>/dev/null")

# What runs in an idle guest lies together (nestling/text.lds): scattered it would be 1,800 KB.
gone() { [ "$(text)" -lt 1000 ]; }
wait_for 20 gone || fail "after 20 s idle $(text) KB of text are still mapped, of $booted"
echo "text after the boot $booted KB, idle $(text) KB"

# PSS of all its processes without the loader, as scripts/bench.d/idle has it: 5 MB, or a little more where
# no other guest shares the text.
pss() { for p in $(tree "$pid"); do cat "/proc/$p/smaps_rollup" 2>/dev/null; done | awk '/^Pss:/ { s += $2 } END { print s + 0 }'; }
small() { now=$(pss) && [ "$now" -gt 0 ] && [ "$now" -lt 7168 ]; }
wait_for 20 small || fail "an idle guest has $now KB of memory"
echo "memory (PSS) $now KB"

# CPU time: of three seconds, two ticks of the host's clock at most, all its processes.
ticks() {
	local p
	for p in $(tree "$1"); do cat "/proc/$p/stat" 2>/dev/null; done | sed 's/.*) //' | awk '{ n += $12 + $13 } END { print n + 0 }'
}
no_cpu_time() { # PID WHAT
	local idle=100 before
	for _ in 1 2 3; do
		before=$(ticks "$1")
		sleep 3
		idle=$(($(ticks "$1") - before))
		[ "$idle" -gt 2 ] || break
	done
	[ "$idle" -le 2 ] || fail "$2 used $idle ticks of CPU time in 3 s"
	echo "CPU time of $2 in 3 s: $idle ticks"
}
no_cpu_time "$pid" "an idle guest"
grep -q ready "$T/card" && grep -q 'inet 10\.' "$T/card" || fail "the guest with a card is not up: $(cat "$T/card")"
no_cpu_time "$card" "an idle guest with a card"
kill "$card"
wait "$card"

# The loader and ns-init wait, too.
for kernel in $pid $(pgrep -P "$pid"); do
	gone() { [ "$(text)" -lt 500 ]; }
	wait_for 20 gone || fail "$(cat "/proc/$kernel/comm") has $(text) KB of text mapped"
	echo "$(cat "/proc/$kernel/comm"): $(text) KB of text"
done

# The page cache: 16 MB of a disk, and a file that is not written back yet.
mkdir "$T/tree"
head -c 16M /dev/urandom >"$T/tree/file"
sum=$(sha256sum <"$T/tree/file")
truncate -s 24M "$T/disk"
mkfifo "$T/go"
exec 7<>"$T/go"
PATH=$PATH:/sbin mke2fs -q -t ext4 -d "$T/tree" "$T/disk" || fail "mke2fs"
"$LINUX" uml_dir="$UML" umid=cache mem=64M ubd1="$T/disk" -- -c 'mount -t ext4 /dev/ubdb /mnt
	echo 9000 >/proc/sys/vm/dirty_expire_centisecs; echo 9000 >/proc/sys/vm/dirty_writeback_centisecs
	sha256sum </mnt/file; echo written >/mnt/new; echo ready
	read go; echo 3 >/proc/sys/vm/drop_caches; cat /mnt/new; sha256sum </mnt/file; poweroff -f' \
	<&7 >"$T/out2" 2>&1 &
pid=$!
cleanup_hooks+=("kill $pid 2>/dev/null; wait $pid 2>/dev/null")
wait_for 20 grep -q ready "$T/out2" || fail "it does not boot: $(cat "$T/out2")"
find_kernel
memory() { awk '/^RssShmem:/ { print $2 }' "/proc/$kernel/status"; }
full=$(memory)
gone() { [ "$(memory)" -lt $((full - 12000)) ]; }
wait_for 30 gone || fail "after 30 s idle $(memory) KB of guest memory are in use, of $full"
echo "guest memory with 16 MB read $full KB, idle $(memory) KB"
echo go >&7
wait "$pid" || fail "it ended with status $?: $(cat "$T/out2")"
[ "$(grep -c "^$sum" "$T/out2")" -eq 2 ] || fail "the file reads differently: $sum, $(cat "$T/out2")"
grep -q '^written' "$T/out2" || fail "what was written is gone: $(cat "$T/out2")"
