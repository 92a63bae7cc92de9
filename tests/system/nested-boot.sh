#!/bin/bash
# timeout: 240
# needs: mksquashfs
# Guests in guests, three levels deep: each with a disk of its own, shells on two consoles of
# its own, and an exit status that comes up through all of them.
. tests/system/lib.sh

mkdir "$T/disk"
cp build/bin/linux "$T/disk/linux"
cat >"$T/disk/level" <<'END'
# level N: runs in the guest of level N
n=$1
mem=$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
echo "level $n: $(uname -s), $mem MB"
# Its own disk: what was written here is read here, and no other level sees it.
mkdir -p /tmp/d
if [ "$n" -gt 1 ]; then
	mke2fs /dev/ubdc >/dev/null && mount /dev/ubdc /tmp/d || echo "level $n: no disk"
	echo "file of level $n" >/tmp/d/file
fi
# The next level has a console of its own, a terminal of this one, with a shell on it. That on con0
# reads commands from a pipe.
seen() { # PATTERN FILE: within a minute
	i=0
	until grep -q "$1" "$2" 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 600 ] || { echo "level $n does not see $1: $(tail -n 5 "$2")"; return 1; }
		sleep 0.1
	done
}
use() { # TERMINAL
	stty -F "$1" raw -echo
	cat "$1" >/tmp/terminal &
	reader=$!
	echo 'echo "console of level '$((n + 1))': $(id -un) on $(tty)"; exit' >"$1"
	seen '^console of level' /tmp/terminal && grep '^console of level' /tmp/terminal
	kill $reader
}
if [ "$n" -lt 3 ]; then
	truncate -s 4M /tmp/disk
	mkfifo /tmp/in
	/mnt/linux mem=$((mem / 2))M uml_dir=/tmp/uml ubd1r=/dev/ubdb ubd2=/tmp/disk con1=pts </tmp/in >/tmp/said 2>&1 &
	inner=$!
	exec 4>/tmp/in
	seen 'con1 is on ' /tmp/said && use "$(sed -n 's/.*con1 is on //p' /tmp/said | tr -d '\r')"
	echo "mkdir -p /mnt; mount -o ro /dev/ubdb /mnt; sh /mnt/level $((n + 1)); exit $((n + 20))" >&4
	exec 4>&-
	wait $inner
	status=$?
	cat /tmp/said
	echo "level $((n + 1)) gave $status"
	mkdir -p /tmp/look
	mount -o ro /tmp/disk /tmp/look && cat /tmp/look/file
fi
END
mksquashfs "$T/disk" "$T/nest.img" -quiet -no-progress -comp lz4 -all-root >/dev/null || fail "mksquashfs"
timeout -k 5 220 "$LINUX" uml_dir="$UML" mem=512M ubd1r="$T/nest.img" -- \
	-c 'mkdir -p /mnt && mount -o ro /dev/ubdb /mnt && sh /mnt/level 1; exit 9' >"$T/out" 2>&1 </dev/null
status=$?
expect_text '^level 1: Linux, 4[0-9]* MB'
expect_text '^level 2: Linux, 2[0-9]* MB'
expect_text '^level 3: Linux, [0-9]* MB'
expect_text '^level 3 gave 22$'
expect_text '^level 2 gave 21$'
expect_text '^console of level 2: root on /dev/tty1'
expect_text '^console of level 3: root on /dev/tty1'
expect_text '^file of level 2$'
expect_text '^file of level 3$'
[ "$status" -eq 9 ] || fail "the outermost gave $status"
