#!/bin/bash
# timeout: 90
# Disks come and go by mconsole; one in use is not taken away.
set -euo pipefail
. tests/system/disk-lib.bash
[ -x build/bin/uml_mconsole ] || { echo "uml_mconsole is not built"; exit 77; }

# The guest tells how far it is by a number on ubd2; it waits for devices to come and go.
disk_root <<'END'
tell() { { echo "$1"; head -c 4094 /dev/zero; } | dd of=/dev/ubdc bs=4k count=1 iflag=fullblock conv=fsync 2>/dev/null; }
await() { n=0; until eval "$1"; do usleep 50000; n=$((n + 1)); [ $n -lt 600 ] || { echo "waited for $1 in vain"; exit; }; done; }
tell 1
await '[ -b /dev/ubdb ]'
disktool put /dev/ubdb 0 1048576 4
mke2fs -q /dev/ubdb 2>/dev/null; mount /dev/ubdb /mnt && echo "mounted"
tell 2
await '[ "$(dd if=/dev/ubdd bs=4k count=1 iflag=direct 2>/dev/null | head -c 2)" = go ]'
umount /mnt
tell 3
await '! [ -e /dev/ubdb ]'
[ -e /dev/ubd1 ] || echo "both names are gone"
tell 4
await '[ -b /dev/ubd1 ]'
cat /sys/block/ubdb/size
[ "$(dd if=/dev/ubdb bs=64k count=8 2>/dev/null | md5sum)" = "$(head -c 524288 /bin/busybox | md5sum)" ] &&
	echo "the other disk"
END
truncate -s 64k "$dir/told" "$dir/go"
truncate -s 8M "$dir/a"
truncate -s 12M "$dir/b"
mc() { timeout 20 build/bin/uml_mconsole "$dir/uml/disk$$/mconsole" "$@" 2>&1; }
await() { # NUMBER
	local i
	for ((i = 0; i < 600; i++)); do
		[ "$(head -c 1 "$dir/told")" = "$1" ] && return
		sleep 0.05
	done
	tail "$dir/console"
	fail "the guest did not come to step $1"
}
disk_start ubd2="$dir/told" ubd3="$dir/go" &
guest=$!
await 1
ln -s a "$dir/link"
! mc config "ubd1=$dir/link" >"$dir/busy" || fail "a symbolic link was followed"
grep -q "symbolic link" "$dir/busy" || { cat "$dir/busy"; fail "no reason was given for the link"; }
mkfifo "$dir/fifo"
! mc config "ubd1=$dir/fifo" >/dev/null || fail "a FIFO was taken for a disk"
mc config "ubd1=$dir/a" || fail "a disk cannot be added"
await 2
! mc remove ubd1 >"$dir/busy" || fail "a mounted disk was removed"
grep -qi "in use" "$dir/busy" || { cat "$dir/busy"; fail "no reason was given"; }
! mc config "ubd1=$dir/b" >/dev/null || fail "a disk was put over another"
printf go >"$dir/go.tmp"
dd if="$dir/go.tmp" of="$dir/go" conv=notrunc status=none
await 3
mc remove ubd1 || fail "an idle disk cannot be removed"
await 4
head -c 524288 /bin/busybox | dd of="$dir/b" conv=notrunc status=none
mc config "ubd1=$dir/b" || fail "a disk cannot be added where one was"
wait $guest || fail "the guest ended badly"
tr -d '\0' <"$dir/result" >"$dir/out"
sed 's/^/    guest: /' "$dir/out"
for line in "put ok" mounted "both names are gone" 24576 "the other disk" "script ended"; do expect "$line"; done
echo "disks come and go"
