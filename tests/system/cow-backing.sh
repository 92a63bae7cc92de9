#!/bin/bash
# timeout: 120
# needs: mke2fs busybox
# A COW file made by `linux cow,backing`: its backing file's hash is recorded while the guest
# runs; then a touched or copied backing file boots, a changed one is refused before boot, and a
# COW file named alone needs to be called one.
set -euo pipefail
. tests/system/lib-found.sh
# shellcheck source=disk-lib.bash
. "$(dirname "$0")/disk-lib.bash"

# The guest writes to the disk, and ends when the host says so.
disk_root <<'END'
echo "before $(head -c 8 /dev/ubdb)"
echo "written$boot" | dd of=/dev/ubdb bs=512 seek=4 conv=notrunc,fsync 2>/dev/null
echo "read $(dd if=/dev/ubdb bs=512 skip=4 count=1 2>/dev/null | head -n 1)"
n=0
while [ "$wait" = yes ] && [ $n -lt 600 ]; do
	[ "$(dd if=/dev/ubdc bs=512 count=1 iflag=direct 2>/dev/null | head -c 4)" != stop ] || break
	sleep 0.1
	n=$((n + 1))
done
END

{ printf 'backing!'; head -c 8388600 /dev/urandom; } >"$dir/back"
truncate -s 1M "$dir/signal"

# The first boot goes on until the hash is there.
disk_start ubd1="$dir/disk.img,$dir/back" ubd2rc="$dir/signal" wait=yes boot=1 &
guest=$!
for ((i = 0; i < 300; i++)); do
	if build/bin/uml_cow info "$dir/disk.img" 2>/dev/null | found 'sha256-chunks'; then break; fi
	sleep 0.1
done
printf stop | dd of="$dir/signal" conv=notrunc status=none
wait $guest || { cat "$dir/console"; fail "the guest ended with status $?"; }
build/bin/uml_cow info "$dir/disk.img" | found 'sha256-chunks' || fail "no hash was recorded"
tr -d '\0' <"$dir/result" | found -x 'read written1' || fail "first boot"

# A copy in the place of the original, with an mtime of its own.
cp "$dir/back" "$dir/copy" && touch -d @1500000000 "$dir/copy" && mv "$dir/copy" "$dir/back"
disk_boot ubd1="$dir/disk.img,$dir/back" boot=2
grep -qx 'before backing!' "$dir/out" || fail "second boot"
build/bin/uml_cow info "$dir/disk.img" | found 'backing mtime: 1500000000' ||
	fail "the header's mtime did not follow"

# Named alone: by the comma.
disk_boot ubd1="$dir/disk.img," boot=3
grep -qx 'before backing!' "$dir/out" || fail "named alone"

# In use, and changed: refused before anything boots, with one line.
refused() {
	local status=0
	"$linux" mem=64M ubd0r="$dir/root.img" ubd1="$dir/disk.img,$dir/back" init=/init con=null \
		con0=null,fd:1 ssl=null umid="refuse$$" uml_dir="$dir/uml" >"$dir/refused" 2>&1 </dev/null || status=$?
	[ $status -ne 0 ] || fail "booted: $1"
	grep -q "$1" "$dir/refused" || { cat "$dir/refused"; fail "no '$1'"; }
	[ "$(wc -l <"$dir/refused")" = 1 ] || { cat "$dir/refused"; fail "not one line"; }
}
printf stay | dd of="$dir/signal" conv=notrunc status=none
disk_start ubd1="$dir/disk.img,$dir/back" ubd2rc="$dir/signal" wait=yes boot=4 &
guest=$!
inode=$(stat -c %i "$dir/disk.img")
for ((i = 0; i < 300; i++)); do # uml_moo would take the lock itself
	if grep -q ":$inode " /proc/locks; then break; fi
	sleep 0.1
done
refused 'in use'
printf stop | dd of="$dir/signal" conv=notrunc status=none
wait $guest || { cat "$dir/console"; fail "the guest ended with status $?"; }
printf x | dd of="$dir/back" bs=1 seek=5000000 conv=notrunc status=none
touch -d @1600000000 "$dir/back"
refused 'changed its content'
echo "copied backing file accepted, changed one refused"
