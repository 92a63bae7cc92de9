#!/bin/bash
# timeout: 90
# needs: mksquashfs objdump
# The way from a patched call site to the guest kernel and back, hit by a kick before each instruction of
# it: no register of the program changes, and none in the frames of its own signal handlers.
. tests/system/lib.sh

vmlinux=build/linux-nestling/vmlinux
[ -f $vmlinux ] || fail "$vmlinux is missing"
[ "$(id -u)" = 0 ] || { echo "only root may trace a stub"; exit 77; }

# Offsets in the code page of all instructions from one label to another.
offsets() { # FROM TO
	local base from to
	base=$(address nl_stub_base) from=$(address "$1") to=$(address "$2")
	objdump -dw --start-address="0x$from" --stop-address="0x$to" $vmlinux |
		awk -F: '/^ *[0-9a-f]+:\t/ { print $1 }' | while read -r a; do
		printf '%x\n' $((0x$a - 0x$base))
	done
}
address() { awk -v name="$1" '$3 == name { print $1 }' <<<"$symbols"; }
symbols=$(nm $vmlinux | grep ' nl_stub_')

mkdir "$T/disk"
cp build/guest/site-kick "$T/disk/" || fail "build/guest/site-kick: make guests"
mksquashfs "$T/disk" "$T/disk.img" -quiet -no-progress -all-root >/dev/null || fail "mksquashfs"
: >"$T/out"
timeout -k 5 60 "$LINUX" uml_dir="$UML" mem=64M ubd1r="$T/disk.img" -- -c '
	mount /dev/ubdb /mnt; echo ready; KICK_SIGNALS=10000000 /mnt/site-kick; poweroff -f' \
	<&- >"$T/out" 2>&1 &
pid=$!
cleanup_hooks+=("kill $pid 2>/dev/null; wait $pid 2>/dev/null")
wait_for 20 grep -q ready "$T/out" || fail "it does not boot"
sleep 0.5 # the sites are patched by then

# The stub with thunks that has had the CPU for longest: the program's.
stub=
most=0
for p in $(tree "$pid"); do
	[ "$(grep -c 'r-x.*guest-memory' "/proc/$p/maps")" -ge 2 ] || continue
	read -ra stat <"/proc/$p/stat"
	[ "${stat[13]}" -lt "$most" ] || { most=${stat[13]} stub=$p; }
done
[ -n "$stub" ] || fail "no stub has thunks"
code=$(awk -F- '/r-xp.*guest-memory/ { print $1 }' "/proc/$stub/maps")
offsets nl_stub_site nl_stub_code_end >"$T/offsets"
build/tools/kick-at "$stub" "$code" 6 <"$T/offsets" >"$T/met" || fail "kick-at: status $?"
wait "$pid" || fail "the guest ended with status $?"
grep -q '^not ok' "$T/out" && fail "a register changed"
[ "$(grep -c '^ok' "$T/out")" -ge 6 ] || fail "the program did not end as it should"

# What a call always comes by.
for labels in "nl_stub_site nl_stub_site_flags" "nl_stub_saved nl_stub_announced"; do
	# shellcheck disable=SC2086 # two of them
	for o in $(offsets $labels); do
		awk -v o="$o" '$1 == o && $2 > 0 { met = 1 } END { exit !met }' "$T/met" ||
			fail "no kick at $o"
	done
done
met=$(awk '$2 { n++ } END { print n + 0 }' "$T/met")
[ "$met" -ge 60 ] || fail "only $met instructions were met by a kick"
echo "$(awk '{ n += $2 } END { print n }' "$T/met") kicks at $met of $(wc -l <"$T/met") instructions"
