#!/bin/bash
# timeout: 120
# needs: mksquashfs
# Guests in guests, three levels deep: each with a disk of its own, a shell on its console, and
# an exit status that comes up through all of them.
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
if [ "$n" -lt 3 ]; then
	truncate -s 4M /tmp/disk
	# The built-in shell reads commands from its standard input, as on any console.
	echo "mkdir -p /mnt; mount -o ro /dev/ubdb /mnt; sh /mnt/level $((n + 1)); exit $((n + 20))" |
		/mnt/linux mem=$((mem / 2))M uml_dir=/tmp/uml ubd1r=/dev/ubdb ubd2=/tmp/disk
	echo "level $((n + 1)) gave $?"
	mkdir -p /tmp/look
	mount -o ro /tmp/disk /tmp/look && cat /tmp/look/file
fi
END
mksquashfs "$T/disk" "$T/nest.img" -quiet -no-progress -comp lz4 -all-root >/dev/null || fail "mksquashfs"
timeout -k 5 100 "$LINUX" uml_dir="$UML" mem=512M ubd1r="$T/nest.img" -- \
	-c 'mkdir -p /mnt && mount -o ro /dev/ubdb /mnt && sh /mnt/level 1; exit 9' >"$T/out" 2>&1 </dev/null
status=$?
expect_text '^level 1: Linux, 4[0-9]* MB'
expect_text '^level 2: Linux, 2[0-9]* MB'
expect_text '^level 3: Linux, [0-9]* MB'
expect_text '^level 3 gave 22$'
expect_text '^level 2 gave 21$'
expect_text '^file of level 2$'
expect_text '^file of level 3$'
[ "$status" -eq 9 ] || fail "the outermost gave $status"
