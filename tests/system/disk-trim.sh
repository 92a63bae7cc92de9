#!/bin/bash
# timeout: 90
# Discard and zeroes give space back to the host; flag t keeps it; huge sparse disks.
set -euo pipefail
. tests/system/disk-lib.bash

disk_root <<'END'
for d in b c d; do disktool put /dev/ubd$d 0 8388608 3; done
[ -z "$KEEP" ] || poweroff -f
disktool discard /dev/ubdb 1048576 4194304
disktool check /dev/ubdb 0 1048576 3
disktool check /dev/ubdb 1048576 4194304 0
disktool check /dev/ubdb 5242880 3145728 3
blkdiscard /dev/ubdc 2>/dev/null || echo "no trim on ubdc"
disktool zero /dev/ubdd 0 6291456
disktool check /dev/ubdd 0 6291456 0
disktool check /dev/ubdd 6291456 2097152 3
for d in e f; do
	echo "$(cat /sys/block/ubd$d/size) sectors"
	disktool put /dev/ubd$d 4398046507008 4096 11
	disktool check /dev/ubd$d 4398046507008 4096 11
	disktool check /dev/ubd$d 2199023255552 65536 0
done
sync
END
truncate -s 8M "$dir/raw" "$dir/notrim" "$dir/back"
truncate -s 4T "$dir/huge" "$dir/hugeback" 2>/dev/null || { echo "files of 4 TiB cannot be made here"; exit 77; }
disk_boot ubd1="$dir/raw" ubd2t="$dir/notrim" ubd3="$dir/cow,$dir/back" \
	ubd4="$dir/huge" ubd5="$dir/hugecow,$dir/hugeback"
! grep -q FAIL "$dir/out" || fail "see above"
[ "$(grep -c '^check ok$' "$dir/out")" = 9 ] || fail "a check is missing"
expect "8589934592 sectors"
expect "no trim on ubdc"
echo "used: raw $(used "$dir/raw"), notrim $(used "$dir/notrim"), cow $(used "$dir/cow"), huge $(used "$dir/huge") $(used "$dir/hugecow")"
[ "$(used "$dir/raw")" -le 4300000 ] || fail "discard freed nothing"
[ "$(used "$dir/notrim")" -ge 8388608 ] || fail "flag t freed space"
[ "$(used "$dir/cow")" -le 2300000 ] || fail "zeroing a COW disk freed nothing"
[ "$(used "$dir/huge")" -le 1000000 ] || fail "the huge raw image is not sparse"
[ "$(used "$dir/hugecow")" -le 2000000 ] || fail "the huge COW file is not sparse"
echo "space comes back"
