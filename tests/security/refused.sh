#!/bin/bash
# timeout: 90
# The filter after boot refuses nothing that the guest kernel itself needs: a call that a note
# forgot, or that libc makes under another name (its nanosleep is clock_nanosleep), would be
# refused in silence and only now and then be missed. What the guest does succeeds, and the calls
# that it is done for are seen, so that nothing is left out by chance.
set -euo pipefail
. tests/system/disk-lib.bash

# Each step that succeeds leaves its name in the shared directory.
disk_root <<'END'
steps=
step() { n=$1; shift; "$@" >/tmp/said 2>&1 && steps="$steps $n" || { echo "$n: status $?"; cat /tmp/said; }; }
step write dd if=/bin/busybox of=/dev/ubdb bs=64k count=8 oflag=direct
step flush dd if=/dev/zero of=/dev/ubdb bs=64k count=4 conv=fsync
step read dd if=/dev/ubdb of=/dev/null bs=64k count=8
step discard blkdiscard -o 0 -l 1048576 /dev/ubdc
step mount mount -t hostfs "$SHARE" /mnt
ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; step ping ping -c 2 -W 5 10.0.2.2 && echo reached >/mnt/net
step create sh -c 'echo one >/mnt/file'
step symlink ln -s file /mnt/link
step link ln /mnt/file /mnt/hard
step rename mv /mnt/hard /mnt/moved
step chmod chmod 600 /mnt/moved
step cat cat /mnt/link
step list ls -l /mnt
step df df /mnt
step remove rm /mnt/moved
step memory sh -c 'head -c 20000000 /dev/zero | tail -c 1'
i=0; while [ $i -lt 50 ]; do /bin/busybox true || break; i=$((i + 1)); done
step programs [ $i -eq 50 ]
sleep 5 & step kill kill $!; wait
echo $steps >/mnt/steps
umount /mnt || echo umount
[ "$DO" = panic ] && echo c >/proc/sysrq-trigger
END
steps="write flush read discard mount ping create symlink link rename chmod cat list df remove memory programs kill"
truncate -s 16M "$dir/back" "$dir/plain"
mkdir "$dir/share"
s="\"$dir/share//"
# 17 is ubd1 (18 what it stands on), 19 ubd2, 4 guest memory, 3 the loader, 7 interrupts. A host without
# preadv2 is asked for preadv (old, scripts/filters).
made=('pwritev2?\(17,' 'preadv2?\(17,' 'fdatasync\(17' 'fallocate\(19, FALLOC_FL_[A-Z_|]*PUNCH_HOLE' 'fallocate\(4, FALLOC_FL_[A-Z_|]*PUNCH_HOLE'
	"openat\(AT_FDCWD, ${s}file\", [A-Z_|]*O_CREAT" "symlink\(\"file\", ${s}link" "link\(${s}file\", ${s}hard" "rename\(${s}hard\", ${s}moved"
	"f?chmod\(${s}moved\", 0?100600" "readlink\(${s}link" "unlink\(${s}moved" 'getdents64\(' 'statfs\(' 'sendto\(3,' 'epoll_ctl\(7,'
	'timer_settime\(0,' 'kill\([0-9]+, SIGALRM' 'wait4\(' 'clone\([^)]*SIGCHLD')
waited=
for how in end panic panic panic; do
	rm -rf "$dir/cow" "$dir/calls" "$dir/share" && mkdir "$dir/share"
	disk_prefix="strace -f -qq -s 256 -o $dir/calls -e signal=none" \
		disk_start ubd1="$dir/cow,$dir/back" ubd2="$dir/plain" DO=$how SHARE="$dir/share" hostfs="$dir/share" eth0=nat noreboot || true
	[ "$(cat "$dir/share/steps" 2>/dev/null)" = "$steps" ] || fail "$how: the guest did '$(cat "$dir/share/steps")', not '$steps': $(tr -d '\0' <"$dir/result")"
	n=$(wc -l <"$dir/calls")
	[ "$n" -gt 2000 ] || fail "$how: only $n host calls were seen"
	for call in "${made[@]}"; do
		grep -qE " $call" "$dir/calls" || fail "$how: no call $call was seen"
	done
	# TCGETS is upstream's question at the end, whose answer may be no (in two lines,
	# when another process comes between); sigreturn has no result. setgroups is the loader's, whom an
	# ordinary user's namespace refuses it (confine.c).
	if grep "EPERM" "$dir/calls" | grep -v "TCGETS\|ioctl resumed\|rt_sigreturn\|setgroups("; then
		fail "$how: calls that the guest kernel makes are refused"
	fi
	echo "$how: $n host calls, none of them refused"
	# A panic waits for the disks, if they are not done before it looks: then another one is needed.
	[ $how = panic ] && grep -q 'FUTEX_WAIT, 0, {tv_sec=0, tv_nsec=1000000}' "$dir/calls" && waited=yes && break
done
[ -n "$waited" ] || fail "the panic's wait was not seen"
[ -s "$dir/share/file" ] || fail "the guest did not write its shared folder"
[ -s "$dir/share/net" ] || fail "the guest's card led nowhere"
