#!/bin/bash
# timeout: 240
# company: uml-tap
# needs: ip nft unshare setpriv python3
# uml_tap: taps, bridges, addresses and NAT in a network namespace of its own; undone exactly.
. tests/system/netns-lib.bash

mount -t tmpfs none /run || skip "no mount namespace"
ip link set lo up
TAP=build/bin/uml_tap
NOBODY=65534

# All that can be seen of the network: links, addresses, rules, what is forwarded, modes.
state() {
	ip -j -d address | python3 -c '
import json, sys
for i in json.load(sys.stdin):
    # An interface that was made again has a new number; the kernel makes link-local addresses,
    # and a bridge keeps limits of members that are gone.
    for k in ("ifindex", "txqlen", "qdisc", "operstate", "num_tx_queues", "tso_max_size"):
        i.pop(k, None)
    i["addr_info"] = sorted([a["local"], a["prefixlen"]] for a in i["addr_info"] if a["scope"] == "global")
    i["flags"] = [f for f in i["flags"] if f in ("UP", "BROADCAST", "MULTICAST")]
    b = i.get("linkinfo", {}).get("info_data", {})
    i["linkinfo"] = {k: b[k] for k in ("type", "persist", "user", "group", "vnet_hdr") if k in b}
    print(json.dumps(i, sort_keys=True))' | sort
	nft list ruleset
	cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
	stat -c %a /dev/net/tun
}
rules_have() { nft list table inet uml_tap >"$T/rules" 2>&1; grep -q "$1" "$T/rules"; }
same() { state | diff "$1" - >"$T/diff" || fail "$2: $(cat "$T/diff")"; }
ok() { "$TAP" "$@" >"$T/out" 2>&1 || fail "uml_tap $*: $(cat "$T/out")"; }
# refused STATUS PATTERN ARGUMENTS...: one line
refused() {
	local status=$1 pattern=$2
	shift 2
	expect_status "$status" "$TAP" "$@"
	grep -qE -- "$pattern" "$T/out" || fail "uml_tap $*: '$(cat "$T/out")' is not '$pattern'"
	[ "$(wc -l <"$T/out")" -eq 1 ] || fail "uml_tap $*: more than one line"
}
# as USER COMMAND...: without any privilege
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all --bounding-set=-all "$@"
}

state >"$T/empty"

# A plan needs no privileges and does nothing.
chmod 755 "$T"
cp "$TAP" "$T/uml_tap"
as $NOBODY "$T/uml_tap" add t0 --user $NOBODY --address 10.1.0.1/24 --dry-run >"$T/plan" || fail "--dry-run as an ordinary user"
grep -qx "ip tuntap add t0 mode tap vnet_hdr user $NOBODY" "$T/plan" || fail "the plan: $(cat "$T/plan")"
grep -qx 'ip address add 10.1.0.1/24 dev t0' "$T/plan" || fail "the plan: $(cat "$T/plan")"
same "$T/empty" "--dry-run"
as $NOBODY "$T/uml_tap" add t0 >"$T/all" 2>"$T/out" && fail "an ordinary user made a tap"
expect_text 'run it with sudo'
one_line
same "$T/empty" "an ordinary user's attempt"
echo "ok: plans, and what is refused to ordinary users"

# A bridge with an address, a tap in it for a user, who can then open it; NAT.
ok bridge add br0 --address 10.1.0.1/24
state >"$T/with-bridge"
ok add t0 --user $NOBODY --bridge br0
cat >"$T/open.py" <<'END'
import fcntl, os, struct, sys
fd = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", sys.argv[1].encode(), 0x5002))
END
chmod 644 "$T/open.py"
user() { as "$1" /usr/bin/python3 "$T/open.py" "$2" >"$T/out" 2>&1; }
user $NOBODY t0 || fail "its user cannot open the tap: $(cat "$T/out")"
user 65533 t0 && fail "another user can open the tap"
user $NOBODY t7 && fail "a user can make a tap"
[ "$(ip -j link show master br0 | python3 -c 'import json,sys; print(*[i["ifname"] for i in json.load(sys.stdin)])')" = t0 ] ||
	fail "the tap is not in the bridge"
state >"$T/with-tap"
ok nat add 10.1.0.0/24
ok nat add fd00:1::/64 --out lo
rules_have 'ip saddr 10.1.0.0/24 ip daddr != 10.1.0.0/24 masquerade' || fail "$(nft list ruleset)"
rules_have 'ip6 saddr fd00:1::/64 oifname "lo" masquerade' || fail "$(nft list ruleset)"
[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || fail "the host does not forward"
state >"$T/with-nat"
echo "ok: a bridge, a tap for a user, NAT"

# What there is, for people and for programs.
ok list
expect_text '^t0 +tap +up +user nobody bridge br0$'
expect_text '^br0 +bridge up +10.1.0.1/24$'
expect_text '^nat +10.1.0.0/24$'
"$TAP" list --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
t = {i["name"]: i for i in d["interfaces"]}
assert set(t) == {"br0", "t0"}, t
assert t["t0"]["bridge"] == "br0" and t["t0"]["persistent"] and not t["t0"]["in_use"], t
assert t["br0"]["addresses"] == ["10.1.0.1/24"], t
assert d["nat"] == [{"source": "10.1.0.0/24"}, {"source": "fd00:1::/64", "out": "lo"}], d' || fail "list --json"

# Mistakes.
refused 1 'an interface t0 already, a tap' add t0
refused 1 'an interface br0 already' add br0
refused 1 'an interface lo already' bridge add lo
refused 1 'no interface t1' del t1
refused 1 'lo is no tap' del lo
refused 1 'br0 is no tap' del br0
refused 1 't0 is no bridge' bridge del t0
refused 1 'no interface br7' add t1 --bridge br7
refused 1 'NAT for 10.1.0.0/24 already' nat add 10.1.0.0/24
refused 1 'no NAT of ours for 10.2.0.0/24' nat del 10.2.0.0/24
refused 64 'is no network' nat add 10.1.0.1/24
refused 64 'is no network' nat add 10.1.0.0
refused 64 'is no address' add t1 --address 10.1.0.1/33
refused 64 'is no name' add 0123456789abcdef
refused 64 'is no name' add 'a b'
refused 64 'no user' add t1 --user no-such-user
refused 64 'no group' add t1 --group no-such-group
refused 64 'takes no option --json' add t1 --json
refused 64 '--user needs a value' add t1 --user
refused 64 'usage: uml_tap add NAME' add
refused 64 'usage: uml_tap add NAME' add t1 t2
refused 64 "no command 'tap t1'" tap t1
python3 - <<'END' || fail "a tap that is in use"
import fcntl, os, struct, subprocess
fd = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", b"t0", 0x5002))
p = subprocess.run(["build/bin/uml_tap", "del", "t0"], capture_output=True)
assert p.returncode == 1 and b"a program uses t0" in p.stderr, p
END
same "$T/with-nat" "what was refused"
echo "ok: mistakes are told in a line, and nothing is changed"

# A step that fails takes those before it back.
state >"$T/before"
PATH=/nowhere "$TAP" nat add 10.3.0.0/24 >"$T/out" 2>&1 && fail "NAT without nft"
expect_text 'install the package nftables'
cp /run/nestling/uml_tap "$T/record"
# An IPv6 address on an interface without IPv6: the last step but one fails.
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
"$TAP" add t1 --bridge br0 --address fd00:9::1/64 --quiet >"$T/out" 2>&1 && fail "an address where there can be none"
one_line
expect_text "'address-add t1 fd00:9::1/64' failed"
echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6
same "$T/before" "a plan that failed"
cmp "$T/record" /run/nestling/uml_tap || fail "a plan that failed is in the record"
echo "ok: a plan that fails on the way leaves nothing"

# Deleting, and taking that back: the same users, addresses, hardware addresses and members.
ip link set t0 mtu 1400
ip address add 10.8.0.1/24 dev t0
ip address add fd00:8::1/64 dev t0
state >"$T/before"
ok del t0
ip link show t0 >/dev/null 2>&1 && fail "the tap is still there"
ok undo
same "$T/before" "undo of del"
user $NOBODY t0 || fail "its user cannot open the tap that was made again"
ok bridge del br0
ip link show br0 >/dev/null 2>&1 && fail "the bridge is still there"
ok undo
same "$T/before" "undo of bridge del"
ip address del 10.8.0.1/24 dev t0
ip address del fd00:8::1/64 dev t0
ip link set t0 mtu 1500
ok nat del 10.1.0.0/24
rules_have 10.1.0.0 && fail "NAT is still there"
ok undo
same "$T/with-nat" "undo of nat del"
echo "ok: what was deleted comes back as it was"

# Backwards, one by one.
"$TAP" undo --dry-run >"$T/out"
expect_text '^# taking back: nat add fd00:1::/64 --out lo$'
same "$T/with-nat" "undo --dry-run"
ok undo
ok undo
same "$T/with-tap" "undo of nat add"
ok undo
same "$T/with-bridge" "undo of add"
ok add t1 --group 65533
ok add t2 --user $NOBODY --address 10.4.0.1/24
ok nat add 10.4.0.0/24 --out lo
# Somebody was faster: what is gone is not missed.
ip link delete t1
ok undo --all
same "$T/empty" "undo --all"
[ -e /run/nestling/uml_tap ] && fail "the record holds something"
expect_status 1 "$TAP" undo
expect_text 'nothing to undo'
echo "ok: undo leaves the network as it was, to the letter"

# Twenty at a time do not disturb each other.
for i in {1..20}; do "$TAP" add "m$i" --user $NOBODY --quiet || echo "m$i" >>"$T/lost" & done
wait
[ ! -e "$T/lost" ] && [ "$(ip -o link | grep -c ': m[0-9]')" -eq 20 ] || fail "20 taps at a time"
[ "$(grep -c ^command /run/nestling/uml_tap)" -eq 20 ] || fail "the record of 20 commands: $(cat /run/nestling/uml_tap)"
ok undo --all
same "$T/empty" "undo of 20"
for i in {1..6}; do "$TAP" nat add "10.20.$i.0/24" --quiet || echo "$i" >>"$T/lost" & done
wait
[ ! -e "$T/lost" ] && [ "$("$TAP" list | grep -c ^nat)" -eq 6 ] || fail "6 networks at a time: $("$TAP" list)"
[ "$("$TAP" undo --all --dry-run | grep -c '^# taking back')" -eq 6 ] || fail "undo --all --dry-run"
ok undo --all
same "$T/empty" "undo of 6"
echo "ok: many at a time"

# A command that was killed when it had only been recorded: what is there still is no mistake.
ok add t0 --user $NOBODY
state >"$T/before"
printf 'command del t0\nstep tap-add t0 %s -1\nstep up t0\n' $NOBODY >>/run/nestling/uml_tap
ok undo
same "$T/before" "undo of what was not done"
# A bridge that has gone since holds up nothing.
ok bridge add br0
ip link set t0 master br0
ok del t0
ip link delete br0
ok undo --all
same "$T/empty" "undo when the bridge has gone"
echo "ok: undo of what was killed, and of what is half gone"
