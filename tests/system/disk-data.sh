#!/bin/bash
# timeout: 120
# needs: mke2fs e2fsck
# A file system on a raw and on a COW disk, over two boots; a random comparison with a model;
# a raw disk on which the guest wrote a COW header stays a raw disk.
set -euo pipefail
. tests/system/disk-lib.bash

disk_root <<'END'
if [ "$PHASE" = write ]; then
	for d in b c; do
		[ $d = b ] && type=ext2 || type=ext4
		mount -t $type /dev/ubd$d /mnt
		mkdir /mnt/d
		for i in 1 2 3 4 5 6 7 8; do cp /bin/busybox /mnt/d/$i; done
		umount /mnt
	done
	disktool torture /dev/ubdd 400 3
	disktool torture /dev/ubde 400 3
	# The first sector of ubdd becomes a COW header of version 2.
	printf 'OOOM\000\000\000\002/etc/passwd\000' | dd of=/dev/ubdd conv=notrunc,fsync 2>/dev/null
	poweroff -f
fi
for d in b c; do
	mount -o ro /dev/ubd$d /mnt
	for i in 1 2 3 4 5 6 7 8; do cmp /bin/busybox /mnt/d/$i || echo "differs"; done
	ls /mnt/d | wc -l
	umount /mnt
done
echo "size of ubdd $(cat /sys/block/ubdd/size)"
dd if=/dev/ubdd bs=4 count=1 2>/dev/null | grep -q OOOM && echo "header is data"
disktool torture /dev/ubde 200 3
END
for i in raw back data; do truncate -s 32M "$dir/$i"; done
mke2fs -q -F -t ext2 "$dir/raw"
mke2fs -q -F -t ext4 "$dir/back"
head -c 32M /dev/urandom >"$dir/data"
before=$(sha256sum <"$dir/data")
sum=$(sha256sum <"$dir/back")
disks=(ubd1="$dir/raw" ubd2="$dir/cow,$dir/back" ubd3="$dir/flat" ubd4="$dir/cow2,$dir/data")
cp "$dir/data" "$dir/flat"
PHASE=write
disk_start "${disks[@]}" PHASE=write || { cat "$dir/console"; fail "first boot"; }
# Out of the host's page cache, so that reads have to wait for the device.
for i in raw back data cow cow2 flat; do
	dd if="$dir/$i" of=/dev/null iflag=nocache count=0 status=none
done
disk_boot "${disks[@]}" PHASE=read
[ "$(grep -cx 8 "$dir/out")" = 2 ] || fail "files are missing"
! grep -q "differ\|FAIL" "$dir/out" || fail "contents differ"
expect "size of ubdd 65536"
expect "header is data"
expect "torture ok"
[ "$(sha256sum <"$dir/back")" = "$sum" ] || fail "the backing file was written to"
[ "$(sha256sum <"$dir/data")" = "$before" ] || fail "the second backing file was written to"
e2fsck -fn "$dir/raw" >/dev/null || fail "file system on the raw disk"
build/bin/uml_cow check "$dir/cow" || fail "uml_cow finds fault with the COW file"
build/bin/uml_moo "$dir/cow" "$dir/merged" >/dev/null
e2fsck -fn "$dir/merged" >/dev/null || fail "file system on the COW disk"
echo "data is what was written"
