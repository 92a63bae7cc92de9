#!/bin/bash
# timeout: 600
# needs: linux uml_rig mmdebstrap mke2fs debugfs
# company: rig-mail
# The mail rigs (rootfs/rigs): the retry cycle of four days, the WAN with few messages, some faults
# of the catalogue. CASES=all runs all of these. Without an image and a way to make one: skipped.
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
run wan $rigs/mail-wan.rig -D messages=26 -D end=3h
run crash $rigs/crash.rig
found 'How many messages per hour' <"$t/wan/outputs.txt" || fail "the WAN prints no figures"

cases=(smtp-good smtp-greeting-421 smtp-next-mx smtp-greylist smtp-body-reset smtp-dot-silent smtp-starttls-junk
	dns-servfail dns-nxdomain dns-null-mx dns-alias dns-truncated)
[ "${CASES:-}" != all ] || cases=()
$rigs/catalogue/run -D "image=$img" "${cases[@]}" >"$t/catalogue" 2>&1 || fail "the catalogue: $(cat "$t/catalogue")"
echo "$(grep -c '^passed' "$t/catalogue") faults of the catalogue"
[ "$(grep -c '^passed' "$t/catalogue")" -ge 12 ] || fail "too few: $(cat "$t/catalogue")"
