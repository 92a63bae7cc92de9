#!/bin/bash
# timeout: 150
# company: net-hardware
# needs: mke2fs
# Hardware that is subtly wrong: each case ends in a clean error or a guest that works, never in a
# hang, a panic or a freeze. What happened is printed as a table.
set -euo pipefail
. tests/system/net-lib.bash
net_switch
card="daemon,,unix,$ctl"
cp "$PWD/build/rootfs/tiny.img" "$dir/tiny.img"

# verdict NAME WANT ARGUMENT...: boots, and says what came of it. WANT is clean, works or a number.
verdict() {
	local name=$1 want=$2 status=0 got lines
	shift 2
	timeout -k 2 25 "$LINUX" umid=hw uml_dir="$dir/uml" noreboot "$@" </dev/null >"$dir/hw.out" 2>"$dir/hw.err" || status=$?
	lines=$(wc -l <"$dir/hw.err")
	case $status in
	0) got=works ;;
	124 | 137) got=HANGS ;;
	70) got=PANICS ;;
	*) [ "$lines" -eq 1 ] && got=clean || got="UNCLEAR ($status, $lines lines)" ;;
	esac
	printf '    %-34s %-8s %s\n' "$name" "$got" "$(head -n 1 "$dir/hw.err" | cut -c1-110)"
	[ "$got" = "$want" ] || { cat "$dir/hw.err"; fail "$name: $got instead of $want"; }
}
run="-- -c true"
echo "wrong hardware:"
# Disks: cut short behind its file system's size, empty, longer than the file system.
truncate -s 64M "$dir/ext4.img"
mke2fs -q -F -t ext4 "$dir/ext4.img"
cp --sparse=always "$dir/ext4.img" "$dir/short.img"
truncate -s 20M "$dir/short.img"
cp --sparse=always "$dir/ext4.img" "$dir/long.img"
truncate -s 100M "$dir/long.img"
: >"$dir/empty.img"
head -c 777 /dev/zero >"$dir/odd.img"
verdict "a disk shorter than its file system" works ubd0r="$dir/tiny.img" ubd1="$dir/short.img" -- -c 'mount -t ext4 /dev/ubdb /mnt 2>/dev/null && exit 1; exit 0'
verdict "a disk longer than its file system" works ubd0r="$dir/tiny.img" ubd1="$dir/long.img" -- -c 'mount -t ext4 /dev/ubdb /mnt'
verdict "an empty disk" clean ubd0r="$dir/tiny.img" ubd1="$dir/empty.img" $run
verdict "a disk of 777 bytes" works ubd0r="$dir/tiny.img" ubd1="$dir/odd.img" $run
verdict "a disk that is not there" clean ubd0r="$dir/tiny.img" ubd1="$dir/none.img" $run
verdict "a COW file over another disk" clean ubd0r="$dir/tiny.img" ubd1="$dir/tiny.img,$dir/ext4.img" $run
# Memory.
verdict "no memory to speak of" clean mem=1M $run
verdict "memory without a unit" clean mem=128 $run
verdict "more memory than can be" clean mem=999999G $run
verdict "little memory" works mem=32M $run
# Consoles.
verdict "no console at all" works con=null con0=null $run
verdict "a console that is not there" clean con0=tty:/dev/no-such-tty $run
verdict "a console on a closed descriptor" clean con0=fd:63 $run
# Cards.
verdict "a card without a switch" clean eth0="daemon,,unix,$dir/nobody" $run
verdict "two cards with one address" clean eth0="daemon,02:00:00:00:00:01,unix,$ctl" eth1="daemon,02:00:00:00:00:01,unix,$ctl" $run
verdict "a card with a group's address" clean eth0="daemon,01:00:00:00:00:01,unix,$ctl" $run
# Root makes one that is not there; others are told who can.
[ "$(id -u)" -eq 0 ] && tap=works || tap=clean
verdict "a tap that is not there" $tap eth0=tuntap,no-such-tap0 $run
verdict "a tap with an impossible name" clean eth0=tuntap,no-device-has-such-a-name $run
verdict "a seventeenth card" clean eth16="$card" $run
verdict "a switch that is a file" clean eth0="daemon,,unix,$dir/tiny.img" $run
# A switch that takes the call and never answers.
python3 - "$dir/mute" <<'P' &
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(8); keep = []
while True: keep.append(s.accept())
P
wait_for 5 test -S "$dir/mute"
verdict "a switch that never answers" clean eth0="daemon,,unix,$dir/mute" $run
# The same address in two guests: both run, and the switch follows the one that spoke last.
net_guest twin 'ip link set eth0 up; sleep 1000' eth0="daemon,02:00:00:00:00:09,unix,$ctl"
verdict "another guest has the address" works eth0="daemon,02:00:00:00:00:09,unix,$ctl" -- -c 'ip link set eth0 up; sleep 1'
