#!/bin/bash
# timeout: 120
# The host runs out of memory (a memory cgroup stands in for it): the guest that it takes ends
# with a message that names cause and cure, another guest goes on.
. tests/system/lib.sh

if [ -w /sys/fs/cgroup/cgroup.procs ] && grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
	# Below the one that this test is in, so that its accounts stay whole.
	group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/nestling-test-$$ limit=memory.max procs=cgroup.procs
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
elif [ -w /sys/fs/cgroup/memory/tasks ]; then
	own=$(sed -nE 's/^[0-9]+:([^:]*,)?memory(,[^:]*)?://p' /proc/self/cgroup)
	[ -d "/sys/fs/cgroup/memory$own" ] || own=
	group=/sys/fs/cgroup/memory$own/nestling-test-$$ limit=memory.limit_in_bytes procs=tasks
else
	echo "no memory cgroup that this user may make (root can)"
	exit 77
fi
if ! mkdir "$group" 2>/dev/null || ! echo 48M >"$group/$limit"; then
	rmdir "$group" 2>/dev/null
	echo "no memory cgroup can be made here"
	exit 77
fi
cleanup_hooks+=("sleep 0.2; rmdir $group 2>/dev/null")
[ ! -w "$group/memory.swap.max" ] || echo 0 >"$group/memory.swap.max"

mkfifo "$T/word" && exec 7<>"$T/word"
boot mem=64M -- -c 'echo other; read -r word; echo "still $word"' >"$T/other" 2>&1 <"$T/word" &
other=$!
(
	echo "$BASHPID" >"$group/$procs"
	exec timeout -k 5 100 "$LINUX" uml_dir="$UML" mem=200M -- \
		-c 'dd if=/dev/zero of=/dev/null bs=120M count=1; echo survived'
) >"$T/out" 2>&1 </dev/null
status=$?
[ $status -eq 70 ] || fail "status $status"
expect_text 'ended by signal 9 .*out of memory.*mem='
echo here >&7
wait $other || fail "the other guest gave $?"
grep -q '^still here' "$T/other" || fail "the other guest said: $(cat "$T/other")"
