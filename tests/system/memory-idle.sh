#!/bin/bash
# timeout: 60
# A guest that has nothing to do lets go of the kernel's text that served to boot, although nothing
# wakes it up for that.
. tests/system/lib.sh

"$LINUX" uml_dir="$UML" mem=64M -- -c 'echo ready; exec sleep 1000' </dev/null >"$T/out" 2>&1 &
pid=$!
cleanup_hooks+=("kill $pid 2>/dev/null; wait $pid 2>/dev/null")
wait_for 20 grep -q ready "$T/out" || fail "it does not boot"
kernel=$pid
until [ "$(cat "/proc/$kernel/comm")" = guest-kernel ]; do
	kernel=$(pgrep -o -P "$kernel") || fail "no guest kernel"
done

# KB of the kernel's file that can be executed and are mapped now.
text() {
	awk '/^[0-9a-f]+-[0-9a-f]+ / { mine = $2 ~ /x/ && $6 ~ /\/bin\/linux$/ } mine && /^Rss:/ { s += $2 } END { print s + 0 }' "/proc/$kernel/smaps"
}
booted=$(text)
[ "$booted" -gt 2000 ] || fail "only $booted KB of text are mapped after the boot"
gone() { [ "$(text)" -lt $((booted / 3)) ]; }
wait_for 20 gone || fail "after 20 s idle $(text) KB of text are still mapped, of $booted"
echo "text after the boot $booted KB, idle $(text) KB"
