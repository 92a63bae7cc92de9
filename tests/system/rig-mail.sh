#!/bin/bash
# timeout: 900
# needs: linux uml_rig mmdebstrap mke2fs debugfs python3
# company: rig-mail
# The mail rigs (rootfs/rigs): the retry cycle of four days, the WAN with few messages and the table it
# prints, some faults of the catalogue, each kind once. CASES=all runs all of these against both servers.
# Without an image and a way to make one: skipped.
set -euo pipefail
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
. tests/system/debian-lib.bash
debian_image mail
img=$PWD/$img
rigs=rootfs/rigs
size=$(xz -1 -T0 -c "$img" | wc -c)
echo "the image: $((size >> 10)) KiB packed (xz -1)"
[ "$size" -lt 26000000 ] || fail "the image has grown to $size bytes, packed"

# run NAME RIG [OPTION...]: all must pass
run() {
	local name=$1 rig=$2 rc=0
	shift 2
	build/bin/uml_rig run -q -D "image=$img" "$@" -o "$t/$name" "$rig" >"$t/$name.out" 2>&1 </dev/null || rc=$?
	echo "$name: $(sed -n 's/.*"took_ns": //p' "$t/$name/wall.json" | awk '{ printf "%.0f s", $1 / 1e9 }')"
	[ "$rc" = 0 ] || fail "$name: status $rc: $(cat "$t/$name.out")"
	grep -q '"deterministic": true' "$t/$name/manifest.json" || fail "$name: doubts: $(grep -A 3 doubts "$t/$name/manifest.json")"
}

run retry $rigs/retry-cycle.rig
run wan $rigs/mail-wan.rig -D messages=40 -D end=130m
# What it prints is the table, with something in it; the questions of the first text stand at its end.
while read -r line; do
	found "$line" <"$t/wan.out" || fail "the WAN does not print '$line': $(cat "$t/wan.out")"
done <<'END'
^    an hour, while they came  *[0-9]
^  longest, mean  *[1-9]
^  half of all, 90 %, all within  *[0-9]
^  2 attempts  *[1-9]
^  DNS: servfail  *[1-9]
^  DNS: timeout  *[1-9]
^  4xx after RCPT  *[1-9]
^  at their time  *[1-9]
^  questions to resolver; for each delivery  *[1-9]
^  deliveries over a connection in use  *[1-9]
^  bounces sent  *[1-9]
^  beside-bad ([0-9]*): mean, longest  *[0-9]
^  the-names  *[0-9]
^  How many messages per hour?  *[1-9]
^  How many retries did that bad DNS entry cause? *[1-9][0-9]* (servfail.example: servfail)
^  What was the best queue size?  *[0-9]
END
# The table can tell: without a line of a server's log a message is lost, with it twice it came twice.
tar xzf "$t/wan/logs.tar.gz" -C "$t"
figure() { GOOD=good1.test rootfs/mail/root/rig/figures -q "$1" "$t/logs"; }
line=$(grep -m 1 ' message .* to=<u@good1.test>' "$t/logs/good1.smtpd")
echo "$line" >>"$t/logs/good1.smtpd"
[ "$(figure lost) $(figure twice)" = "0 1" ] || fail "one came twice: lost $(figure lost), twice $(figure twice)"
grep -vF "$line" "$t/logs/good1.smtpd" >"$t/less" || true
mv "$t/less" "$t/logs/good1.smtpd"
[ "$(figure lost) $(figure twice)" = "1 0" ] || fail "one is lost: lost $(figure lost), twice $(figure twice)"
found '<h3>The mail WAN in figures</h3>' <"$t/wan/report.html" || fail "the report does not show the table"

# catalogue EXPECTED [OPTION...] [CASE...]: so many must pass
catalogue() {
	local n=$1
	shift
	$rigs/catalogue/run -D "image=$img" -o "$t/catalogue" "$@" >"$t/catalogue.out" 2>&1 || fail "the catalogue: $(cat "$t/catalogue.out")"
	found "^$n passed, 0 failed" <"$t/catalogue.out" || fail "not $n: $(cat "$t/catalogue.out")"
	echo "$n faults of the catalogue in $SECONDS s"
}
SECONDS=0
if [ "${CASES:-}" = all ]; then
	catalogue "$((2 * ($(grep -c '^case' $rigs/catalogue/cases) + 1)))"
	exit 0
fi
catalogue 16 smtp-greeting-554 smtp-greylist dns-mx-50 dns-edns-dropped net-loss-10 net-one-way-dot node-spool-full node-crash
for word in 'smtp-greeting-554 *passed *delivered 0,.*passed *delivered 0' 'dns-mx-50 *passed *delivered 1,.*passed *delivered 0'; do
	found "^$word" <"$t/catalogue/catalogue.txt" || fail "no two servers side by side: $(cat "$t/catalogue/catalogue.txt")"
done
python3 - "$t/catalogue/catalogue.html" <<'PY' || fail "catalogue.html is not well-formed"
import sys, xml.etree.ElementTree as E
page = E.fromstring(open(sys.argv[1]).read().replace("<!DOCTYPE html>", ""))
sys.exit(len(page.findall(".//td")) != 8 * 3)
PY
catalogue 12 -D mta=exim smtp-connect-timeout smtp-dot-silent smtp-body-reset smtp-starttls-junk dns-null-mx \
	dns-truncated-no-tcp dns-lame dns-blocklist-slow net-pmtu net-flap net-bursts node-clock-ahead
