#!/bin/bash
# timeout: 90
# The filter after boot refuses nothing that the guest kernel itself needs: a call that a note
# forgot, or that libc makes under another name (its nanosleep is clock_nanosleep), would be
# refused in silence and only now and then be missed.
set -euo pipefail
. tests/system/disk-lib.bash

disk_root <<'END'
dd if=/bin/busybox of=/dev/ubdb bs=64k count=8 oflag=direct 2>/dev/null
dd if=/dev/zero of=/dev/ubdb bs=64k count=4 conv=fsync 2>/dev/null
blkdiscard /dev/ubdb 2>/dev/null
mount -t hostfs "$SHARE" /mnt
ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ping -c 2 -W 5 10.0.2.2 >/dev/null && echo reached >/mnt/net
echo one >/mnt/file; ln -s file /mnt/link; ln /mnt/file /mnt/hard; mv /mnt/hard /mnt/moved
chmod 600 /mnt/moved; cat /mnt/link >/dev/null; ls -l /mnt >/dev/null; rm /mnt/moved; umount /mnt
head -c 20000000 /dev/zero | tail -c 1 >/dev/null
i=0; while [ $i -lt 50 ]; do /bin/busybox true; i=$((i + 1)); done
sleep 0.1 & kill $!; wait
[ "$DO" = panic ] && echo c >/proc/sysrq-trigger
END
truncate -s 16M "$dir/back"
mkdir "$dir/share"
for how in end panic; do
	rm -f "$dir/cow" "$dir/calls"
	disk_prefix="strace -f -qq -o $dir/calls -e signal=none" \
		disk_start ubd1="$dir/cow,$dir/back" DO=$how SHARE="$dir/share" hostfs="$dir/share" eth0=nat noreboot || true
	n=$(wc -l <"$dir/calls")
	[ "$n" -gt 2000 ] || fail "$how: only $n host calls were seen"
	grep -q 'FUTEX_WAIT, 0, {tv_sec=0, tv_nsec=1000000}' "$dir/calls" || [ $how = end ] || fail "the panic's wait was not seen"
	# TCGETS is upstream's question at the end, whose answer may be no (in two lines,
	# when another process comes between); sigreturn has no result. setgroups is the loader's, whom an
	# ordinary user's namespace refuses it (confine.c).
	if grep "EPERM" "$dir/calls" | grep -v "TCGETS\|ioctl resumed\|rt_sigreturn\|setgroups("; then
		fail "$how: calls that the guest kernel makes are refused"
	fi
	echo "$how: $n host calls, none of them refused"
done
[ -s "$dir/share/file" ] || fail "the guest did not write its shared folder"
[ -s "$dir/share/net" ] || fail "the guest's card led nowhere"
