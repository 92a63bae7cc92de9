#!/bin/bash
# timeout: 90
# needs: mke2fs
# Names, numbers, partitions, and what each flag shows inside.
set -euo pipefail
. tests/system/disk-lib.bash

disk_root <<'END'
for d in a b c d p; do
	s=/sys/block/ubd$d
	echo "ubd$d $(cat $s/dev) size $(cat $s/size) ro $(cat $s/ro) serial [$(cat $s/serial)]" \
		"cache [$(cat $s/queue/write_cache)] trim $(cat $s/queue/discard_granularity)"
done
echo "root $(stat -c %t:%T $(readlink -f /dev/ubd0)) links $(readlink /dev/ubd0) $(readlink /dev/ubd1p1)" \
	"$(readlink /dev/ubd1p2) $(readlink /dev/ubd15)"
for p in 1 2; do echo "part $p $(cat /sys/block/ubdb/ubdb$p/start) $(cat /sys/block/ubdb/ubdb$p/size)"; done
disktool put /dev/ubdb 3145728 65536 5
dd if=/dev/ubdb bs=64k skip=48 count=1 of=/tmp/whole 2>/dev/null
dd if=/dev/ubdb2 bs=64k count=1 of=/tmp/part 2>/dev/null
cmp /tmp/whole /tmp/part && echo "the partition lies where its table says"
echo x 2>/dev/null >/dev/ubdc && echo "wrote to a read-only disk"
disktool put /dev/ubdd 0 1048576 9
# A new table, read again.
dd if=/dev/zero of=/dev/ubdb bs=512 count=1 conv=fsync 2>/dev/null
blockdev --rereadpt /dev/ubdb
ls /dev/ubd1p* 2>/dev/null
END
truncate -s 8M "$dir/parts" "$dir/ro" "$dir/sync"
# A partition table: 4096 sectors at 2048, 8192 at 6144.
{
	printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\020\0\0'
	printf '\0\0\0\0\203\0\0\0\0\030\0\0\0\040\0\0'
	head -c 32 /dev/zero
	printf '\125\252'
} | dd of="$dir/parts" bs=1 seek=446 conv=notrunc status=none
disk_boot ubd1="$dir/parts,,SERIAL-0123456789-20" ubdcr="$dir/ro" ubd3st="$dir/sync"
expect "ubda 98:0 size 32768 ro 1 serial \[\] cache \[write back\] trim 4096"
expect "ubdb 98:16 size 16384 ro 0 serial \[SERIAL-0123456789-20\] cache \[write back\] trim 4096"
expect "ubdc 98:32 size 16384 ro 1 serial \[\] cache \[write back\] trim 4096"
expect "ubdd 98:48 size 16384 ro 0 serial \[\] cache \[write through\] trim 0"
expect "ubdp 98:240 size 512 ro 0 .*"
expect "root 62:0 links ubda ubdb1 ubdb2 ubdp"
expect "part 1 2048 4096"
expect "part 2 6144 8192"
expect "put ok"
expect "the partition lies where its table says"
! grep -q "wrote to\|/dev/ubd1p" "$dir/out" || fail "see above"
echo "names, partitions, serials and flags are as they should be"
