#!/bin/bash
# timeout: 60
# The host runs out of space: the guest gets the error, what was acknowledged stays.
set -euo pipefail
. tests/system/disk-lib.bash

if ! unshare -Urm true 2>/dev/null; then
	echo "no user namespaces here, so no small file system can be mounted"
	exit 77
fi
disk_root <<'END'
echo "raw $(disktool fill /dev/ubdb 65536)"
echo "cow $(disktool fill /dev/ubdc 65536)"
END
mkdir "$dir/small" "$dir/other"
export -f disk_boot disk_start fail expect
export dir linux
# shellcheck disable=SC2016
unshare -Urm bash -euo pipefail -c '
	mount -t tmpfs -o size=6M tmpfs "$dir/small"
	mount -t tmpfs -o size=6M tmpfs "$dir/other"
	truncate -s 16M "$dir/small/raw" "$dir/back"
	disk_boot ubd1="$dir/small/raw" ubd2="$dir/other/cow,$dir/back"
	cp --sparse=always "$dir/small/raw" "$dir/other/cow" "$dir/"
'
raw=$(sed -n 's/^raw fill ok \([0-9]*\) errno 28$/\1/p' "$dir/out")
[ -n "$raw" ] || fail "no ENOSPC from the raw disk"
cow=$(sed -n 's/^cow fill ok \([0-9]*\) errno 28$/\1/p' "$dir/out")
[ -n "$cow" ] || fail "no ENOSPC from the COW disk"
for n in "$raw" "$cow"; do
	[ "$n" -gt 40 ] && [ "$n" -lt 97 ] || fail "$n blocks of 64 KiB acknowledged, of 6 MiB"
done
disk_root <<END
disktool check /dev/ubdb 0 $((raw * 65536)) 7
disktool check /dev/ubdc 0 $((cow * 65536)) 7
for d in b c; do disktool put /dev/ubd\$d 8388608 1048576 1; done
END
disk_boot ubd1="$dir/raw" ubd2="$dir/cow,$dir/back"
[ "$(grep -c '^check ok$' "$dir/out")" = 2 ] || fail "acknowledged blocks are lost"
[ "$(grep -c '^put ok$' "$dir/out")" = 2 ] || fail "no writes although there is space again"
echo "$raw and $cow blocks acknowledged before the file system was full, all there"
