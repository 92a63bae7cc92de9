#!/bin/bash
# timeout: 90
# What the disk of a COW file acknowledged, though never flushed, is there after power-off,
# restart and panic; and disks work in virtual time.
set -euo pipefail
. tests/system/disk-lib.bash

disk_root <<'END'
[ "$DO" = time ] && { disktool torture /dev/ubdb 200 2; exit; }
# Direct and without fsync: acknowledged by the disk, which alone knows the bits.
dd if=/bin/busybox of=/dev/ubdb bs=64k count=8 oflag=direct 2>/dev/null
case $DO in
poweroff) poweroff -f ;;
reboot) reboot -f ;;
panic) echo c >/proc/sysrq-trigger ;;
esac
END
truncate -s 16M "$dir/back"
head -c 512K /bin/busybox >"$dir/want"
for how in poweroff:0 reboot:- panic:-; do
	rm -f "$dir/cow" "$dir/merged"
	status=0
	disk_start ubd1="$dir/cow,$dir/back" DO=${how%:*} noreboot || status=$?
	[ "${how#*:}" = - ] || [ $status -eq "${how#*:}" ] || fail "$how: exit status $status"
	build/bin/uml_cow check "$dir/cow" >/dev/null || fail "$how: the COW file is damaged"
	build/bin/uml_moo "$dir/cow" "$dir/merged" >/dev/null
	cmp -n 524288 "$dir/merged" "$dir/want" || fail "$how: what was written is not there"
	echo "${how%:*}: exit status $status, all there"
done
rm -f "$dir/cow"
disk_boot ubd1="$dir/cow,$dir/back" DO=time time-travel=inf-cpu
expect "torture ok"
echo "nothing acknowledged is lost at the end of a guest"
