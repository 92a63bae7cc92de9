#!/bin/bash
# timeout: 240
# needs: linux uml_switch uml_moo fsck.ext4
# company: images
# The agent in real guests: set-up, files there and back, commands, restart, orderly end.
. tests/system/net-lib.bash

# rig NAME SCRIPT ARGUMENT...: a guest with the hidden card as eth1, and a program that speaks to it
# as SCRIPT says; what came of it is in $T/NAME.said, output of commands in $T/NAME/NUMBER.
rig() {
	local name=$1 tool guest
	mkdir -p "$T/$name"
	cat >"$T/$name.script" <<<"$2"
	shift 2
	timeout 60 build/tools/rig-agent "$T/$name.sock" "$T/$name.script" "$T/$name" >"$T/$name.said" 2>&1 &
	tool=$!
	wait_for 5 test -S "$T/$name.sock" || fail "no socket"
	timeout 60 "$LINUX" uml_dir="$UML" con=null con0=null,fd:1 umid="$name" "$@" \
		eth1=daemon,02:4e:ff:00:00:01,unix,"$T/$name.sock" >"$T/$name.out" 2>&1 </dev/null &
	guest=$!
	wait $tool || fail "$name: $(cat "$T/$name.said")"
	wait $guest || fail "$name: the guest's status is $?"
}

# answered NAME NUMBER STATUS [CUT]
answered() {
	grep -q "^$2 status $3 cut ${4:-0} " "$T/$1.said" || fail "$1: not $3: $(grep "^$2 " "$T/$1.said")"
}

# output NAME NUMBER PATTERN
output() {
	grep -qE -- "$3" "$T/$1/$2" || fail "$1: no '$3' in the output of $2: $(head -n 20 "$T/$1/$2")"
}

head -c 3145728 /dev/urandom >"$T/big"
: >"$T/empty"
cat >"$T/setup" <<'END'
hostname alpha
card 02:4e:00:00:01:00 10.0.0.1/24 2001:db8::1/64
card 02:4e:00:00:01:01
route 10.9.0.0/16 10.0.0.254
route 2001:db8:9::/48 2001:db8::fe
gateway 10.0.0.253
gateway 10.77.0.1
forward
env GREETING=hello  there
END

# A router between two others, in one guest.
cat >"$T/two-nets" <<'END'
for n in 1 2; do
	ip netns add n$n
	ip link add r$n address 02:4e:00:00:02:0$n type veth peer name eth0 netns n$n
	ip -n n$n link set eth0 up
	ip -n n$n address add 10.$n.0.2/24 dev eth0
done
ip -n n1 route add default via 10.1.0.1
END
cat >"$T/router" <<'END'
card 02:4e:00:00:02:01 10.1.0.1/24
card 02:4e:00:00:02:02 10.2.0.1/24
forward
END
(cat "$T/router" && echo 'nat 02:4e:00:00:02:02') >"$T/nat"

# --- the built-in system ----------------------------------------------------------
net_switch
one_of_ten='exec sleep 0.2; echo $GREETING $((6 * 7))
'
ten=$(for _ in 1 2 3 4 5 6 7 8 9 10; do echo -n "$one_of_ten"; done)
rig tiny "up
setup $T/setup
put $T/big /var/tmp/deep/er/big 751
put $T/empty /etc/empty 600
get /var/tmp/deep/er/big $T/back 4000000
get /etc/empty $T/nothing 10
get /proc/version $T/version 1000
get /var/tmp/deep/er/big $T/refused 1000
get /tmp $T/refused 1000
put $T/big /etc 644
wait
exec exit 3
exec kill -9 \$\$
exec seq 1 300000
exec (sleep 3; echo later; sleep 1000) & echo now; echo err >&2
exec stat -c '%a %s' /var/tmp/deep/er/big /etc/empty; ls /var/tmp/deep/er | wc -l
exec hostname; ip -o address; ip route; ip -6 route; cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
exec ls /sys/class/net
wait
$ten
wait
reboot
wait
up
exec ls /var/tmp
wait
end
wait
gone" mem=64M eth0=daemon,02:4e:00:00:01:00,unix,"$ctl" nestling.rig

answered tiny 1 -19
[ "$(cat "$T/tiny/1")" = "card 02:4e:00:00:01:01: No such device
gateway 10.77.0.1: Network is unreachable" ] || fail "set-up: $(cat "$T/tiny/1")"
for n in 2 3 4 5 6; do answered tiny $n 0; done
answered tiny 7 -27
answered tiny 8 -22
answered tiny 9 -21
cmp "$T/big" "$T/back" || fail "the file came back different"
[ ! -s "$T/nothing" ] || fail "an empty file came back with something in it"
grep -q '^Linux version' "$T/version" || fail "/proc/version: $(cat "$T/version")"
answered tiny 10 768
answered tiny 11 9
answered tiny 12 0 1
cmp <(seq 1 300000 | head -c 1048576) "$T/tiny/12" || fail "output"
answered tiny 13 0
[ "$(cat "$T/tiny/13")" = $'now\nerr' ] || fail "background: $(cat "$T/tiny/13")"
[ "$(cat "$T/tiny/14")" = $'751 3145728\n600 0\n1' ] || fail "files: $(cat "$T/tiny/14")"
output tiny 15 '^alpha$'
output tiny 15 'eth0 +inet 10.0.0.1/24 brd 10.0.0.255'
output tiny 15 'inet6 2001:db8::1/64 scope global'
if grep -q tentative "$T/tiny/15"; then fail "an address is tentative"; fi
output tiny 15 '^default via 10.0.0.253'
output tiny 15 '^10.9.0.0/16 via 10.0.0.254'
output tiny 15 '^2001:db8:9::/48 via 2001:db8::fe'
[ "$(tail -n 2 "$T/tiny/15")" = $'1\n1' ] || fail "no forwarding"
[ "$(grep -c eth "$T/tiny/16")" = 1 ] || fail "the hidden card is seen: $(cat "$T/tiny/16")"
for n in $(seq 17 26); do
	answered tiny "$n" 0
	[ "$(cat "$T/tiny/$n")" = "hello there 42" ] || fail "command $n: $(cat "$T/tiny/$n")"
done
answered tiny 27 0
[ "$(grep -c '^up$' "$T/tiny.said")" = 2 ] || fail "it was not up twice: $(cat "$T/tiny.said")"
answered tiny 28 0
if grep -q deep "$T/tiny/28"; then fail "it did not restart"; fi

# Nobody but the agent uses the hidden card, and it says no more than it must: HELLO, UP, and for
# each of the two an acknowledgement and an answer.
rig quiet "up
exec sleep 5
wait
end
wait
gone" mem=64M nestling.rig
grep -q '^gone, frames 6$' "$T/quiet.said" || fail "other frames: $(cat "$T/quiet.said")"

# --- images, where there are some ---------------------------------------------------
for image in debian debian-systemd; do
	[ -f "build/rootfs/$image.img" ] || { echo "no build/rootfs/$image.img: left out"; continue; }
	rig "$image" "up
setup $T/setup
put $T/big /var/tmp/big 700
exec ls /sys/class/net; hostname; ip -o address; exit 4
get /var/tmp/big $T/back 4000000
wait
reboot
wait
up
exec ls /var/tmp/big
put $T/two-nets /root/two-nets 755
exec sh -e /root/two-nets
wait
setup $T/router
wait
exec ip netns exec n1 ping -c 1 -W 1 10.2.0.2
wait
setup $T/nat
setup $T/nat
exec ip netns exec n1 ping -c 1 -W 5 10.2.0.2
wait
end
wait
gone" mem=128M ubd0="$T/cow.$image,build/rootfs/$image.img" nestling.rig=/dev/ubd0 \
		eth0=daemon,02:4e:00:00:01:00,unix,"$ctl"
	answered "$image" 1 -19
	answered "$image" 2 0
	answered "$image" 3 1024
	for n in 6 7 8 9 11 12 13; do answered "$image" $n 0; done
	answered "$image" 10 256 # the other does not know the way back
	output "$image" 3 '^alpha$'
	output "$image" 3 'eth0 +inet 10.0.0.1/24'
	[ "$(grep -c '^eth' "$T/$image/3")" = 1 ] || fail "the hidden card is seen: $(cat "$T/$image/3")"
	cmp "$T/big" "$T/back" || fail "$image: the file came back different"
	if grep -q late "$T/$image.said"; then fail "$image: nobody saw that it was up"; fi
	build/bin/uml_moo "$T/cow.$image" "$T/merged" >"$T/moo" 2>&1 || fail "uml_moo: $(cat "$T/moo")"
	fsck.ext4 -fn "$T/merged" >"$T/fsck" 2>&1 || fail "fsck: $(cat "$T/fsck")"
	rm -f "$T/merged"
done

# --- an image of our own system, with the host's nft for a router's firewall -----------
nft=$(command -v nft) || { echo "no nft: left out"; exit 0; }
copies=(--copy-in "$nft:/usr/sbin/nft")
for f in $(ldd "$nft" | grep -oE '/[^ ]+'); do copies+=(--copy-in "$f:$f"); done
build/bin/uml_mkroot tiny --quiet "${copies[@]}" "$T/router.img" || fail "uml_mkroot"
echo "the built-in system: $(stat -c %s build/rootfs/tiny.img) bytes, with nft: $(stat -c %s "$T/router.img")"
cat >"$T/rules" <<'END'
table inet f {
	chain in { type filter hook input priority 0; tcp dport 22 counter drop; }
}
END
rig image "up
put $T/rules /etc/fw.nft 600
setup $T/setup
exec nft -f /etc/fw.nft && nft list ruleset; touch /root/written; ls /sys/class/net
wait
end
wait
gone" mem=64M ubd0="$T/cow.image,$T/router.img" nestling.rig=/dev/ubd0 eth0=daemon,02:4e:00:00:01:00,unix,"$ctl"
answered image 3 0
output image 3 'dport 22 counter packets 0'
[ "$(grep -c '^eth' "$T/image/3")" = 1 ] || fail "the hidden card is seen: $(cat "$T/image/3")"
