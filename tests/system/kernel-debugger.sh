#!/bin/bash
# timeout: 60
# needs: gdb
# A debugger of the host's in the guest kernel: with notrim a breakpoint is still there when the guest has
# let go of what it does not need to idle, and the guest goes on behind it.
. tests/system/lib.sh

vmlinux=build/linux-nestling/vmlinux
[ -f $vmlinux ] || fail "$vmlinux is missing"
mkfifo "$T/go"
exec 7<>"$T/go"
"$LINUX" uml_dir="$UML" mem=64M notrim -- -c 'echo ready; read go; hostname stopped; hostname; poweroff -f' \
	<&7 >"$T/out" 2>&1 &
pid=$!
cleanup_hooks+=("kill $pid 2>/dev/null; wait $pid 2>/dev/null")
wait_for 20 grep -q ready "$T/out" || fail "it does not boot: $(cat "$T/out")"
kernel=$pid
until [ "$(cat "/proc/$kernel/comm" 2>/dev/null)" = guest-kernel ]; do
	kernel=$(pgrep -o -P "$kernel") || fail "no guest kernel"
done

timeout -k 5 40 gdb -q -nx -batch -p "$kernel" -ex 'handle all nostop noprint pass' \
	-ex 'handle SIGTRAP stop nopass' -ex 'break __se_sys_sethostname' -ex 'echo armed\n' \
	-ex continue -ex backtrace -ex detach $vmlinux >"$T/gdb" 2>&1 &
gdb=$!
cleanup_hooks+=("kill $gdb 2>/dev/null")
wait_for 20 grep -q '^armed' "$T/gdb" || fail "gdb does not attach: $(cat "$T/gdb")"
sleep 5 # text goes after two seconds, and once more behind the next two (nestling/trim.c)
echo go >&7
wait "$pid" || fail "the guest ended with status $?: $(cat "$T/out")"
wait "$gdb" || fail "gdb ended with status $?: $(cat "$T/gdb")"
grep -q 'Breakpoint 1, .*sethostname' "$T/gdb" || fail "the breakpoint was not hit: $(cat "$T/gdb")"
tr -d '\r' <"$T/out" | found '^stopped$' || fail "the guest did not go on: $(cat "$T/out")"
