#!/bin/bash
# timeout: 90
# needs: mksquashfs
# Stubs that get a kick before they have their filter: every process of the guest ends as it should.
. tests/system/lib.sh

rounds=3
mkdir "$T/disk"
cp build/guest/process "$T/disk/" || fail "build/guest/process: make guests"
mksquashfs "$T/disk" "$T/disk.img" -quiet -no-progress -all-root >/dev/null || fail "mksquashfs"
: >"$T/out"
timeout -k 5 60 "$LINUX" uml_dir="$UML" mem=128M ubd1r="$T/disk.img" -- -c "
	mount /dev/ubdb /mnt; echo ready; read go
	for i in $(seq -s ' ' $rounds); do /mnt/process many; done; poweroff -f" \
	< <(wait_for 30 [ -e "$T/go" ] && echo go && sleep 60) >"$T/out" 2>&1 &
pid=$!
cleanup_hooks+=("kill $pid 2>/dev/null; wait $pid 2>/dev/null")
wait_for 20 grep -q ready "$T/out" || fail "it does not boot"
kernel=$(for p in $(tree "$pid"); do
	[ "$(cat "/proc/$p/comm" 2>/dev/null)" != guest-kernel ] || echo "$p"
done | head -n 1)
[ -n "$kernel" ] || fail "no guest kernel"
build/tools/kick-new "$kernel" >"$T/kicks" 2>&1 &
kicker=$!
cleanup_hooks+=("kill $kicker 2>/dev/null")
wait_for 5 [ -d "/proc/$kicker" ] && touch "$T/go"
wait "$pid" || fail "the guest ended with status $?"
wait "$kicker" || fail "$(cat "$T/kicks")"
cat "$T/kicks"
grep -E '^not ok|nestling:' "$T/out" && fail "a process did not end as it should"
[ "$(grep -c '^ok .* 100 processes' "$T/out")" -eq $rounds ] || fail "the program did not end as it should"
[ "$(grep -oE '^[0-9]+' "$T/kicks")" -ge 20 ] || fail "too few kicks"
