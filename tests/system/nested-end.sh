#!/bin/bash
# timeout: 400
# needs: mksquashfs
# However the outermost of several nested guests ends, all guests within it end too, at once.
. tests/system/lib.sh

mkdir "$T/disk"
cp build/bin/linux "$T/disk/linux"
cat >"$T/disk/level" <<'END'
# level N: runs in the guest of level N, starts guests of the next and stays
n=$1
inner() { # MEM
	/mnt/linux mem=$1 uml_dir=/tmp/uml ubd1r=/dev/ubdb -- \
		-c "mkdir -p /mnt; mount -o ro /dev/ubdb /mnt; sh /mnt/level $((n + 1))" </dev/null &
}
case $n in
1) inner 160M; inner 64M ;;
2) [ "$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" -lt 100 ] || inner 64M ;;
esac
sh -c 'while :; do /bin/true; sleep 0.05; done' &
echo "level $n is up"
while :; do sleep 1; done
END
mksquashfs "$T/disk" "$T/nest.img" -quiet -no-progress -comp lz4 -all-root >/dev/null || fail "mksquashfs"

start() {
	: >"$T/out"
	"$LINUX" uml_dir="$UML" umid=outer mem=384M ubd1r="$T/nest.img" -- \
		-c 'mkdir -p /mnt && mount -o ro /dev/ubdb /mnt && sh /mnt/level 1' >"$T/out" 2>&1 </dev/null &
	pid=$!
	cleanup_hooks=("kill -KILL $pid \$(tree $pid) 2>/dev/null")
	wait_for 90 all_up || fail "not all guests came up"
	all=$(tree $pid)
	kernel=$(for c in $all; do [ "$(cat "/proc/$c/comm")" != guest-kernel ] || { echo "$c"; break; }; done)
	[ "$(wc -w <<<"$all")" -ge 15 ] || fail "four guests are up, but there are only these processes: $all"
}
# Two levels below the first: one guest, two guests, one guest.
all_up() {
	[ "$(grep -c '^level 1 is up' "$T/out")" -eq 1 ] && [ "$(grep -c '^level 2 is up' "$T/out")" -eq 2 ] &&
		[ "$(grep -c '^level 3 is up' "$T/out")" -eq 1 ]
}
ends() { # HOW STATUS SECONDS
	local status
	wait_for "$3" all_gone $all || fail "$1: processes are left after $3 s: $(for c in $all; do cat "/proc/$c/comm" 2>/dev/null; done | xargs)"
	wait "$pid"
	status=$?
	[ "$status" -eq "$2" ] || fail "$1: status $status instead of $2"
	echo "$1: all $(wc -w <<<"$all") processes are gone"
}

start
kill -KILL "$pid"
ends "the outer loader was killed" 137 2
start
kill -KILL "$kernel"
ends "the outer guest kernel was killed" 70 2
start
build/bin/uml_mconsole -d "$UML" outer halt >/dev/null || fail "halt"
ends "the outer guest was halted" 0 5
start
kill -TERM "$pid"
ends "the outer guest was shut down" 143 14
