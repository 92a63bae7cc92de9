#!/bin/bash
# timeout: 120
# needs: mkfs.erofs gcc
# company: tiny
# The built-in system: small, the same bytes each time, with copies, and its refusals.
set -euo pipefail
. tests/system/lib-found.sh
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
mkroot=rootfs/uml_mkroot
fail() { echo "$*"; exit 1; }

(umask 022 && $mkroot tiny -q "$t/a.img")
(umask 077 && cd / && TZ=Asia/Tokyo LC_ALL=C "$OLDPWD/$mkroot" tiny -q "$t/b.img")
cmp "$t/a.img" "$t/b.img" || fail "two builds differ"
size=$(stat -c %s "$t/a.img")
[ "$size" -lt 5000000 ] || fail "$size bytes: over 5 MB"
fsck.erofs "$t/a.img" >"$t/log" 2>&1 || fail "fsck.erofs: $(cat "$t/log")"

echo copied >"$t/file"
$mkroot tiny -q --copy-in "$t/file:/etc/copied" "$t/c.img"
grep -qa copied "$t/c.img" || fail "--copy-in left nothing"
if cmp -s "$t/a.img" "$t/c.img"; then fail "--copy-in changed nothing"; fi

# refuse STATUS WORDS -- ARGUMENTS: that status, that text, one line, no output file
refuse() {
	local want=$1 text=$2 rc=0
	shift 3
	$mkroot "$@" >"$t/out" 2>&1 </dev/null || rc=$?
	[ "$rc" -eq "$want" ] || fail "uml_mkroot $*: status $rc, not $want: $(cat "$t/out")"
	grep -qF -- "$text" "$t/out" || fail "uml_mkroot $*: no '$text' in: $(cat "$t/out")"
	[ "$(wc -l <"$t/out")" -eq 1 ] || fail "uml_mkroot $*: more than one line: $(cat "$t/out")"
	[ ! -e "$t/x.img" ] || fail "uml_mkroot $*: left an output"
}
refuse 64 "no recipe 'tinny'" -- tinny "$t/x.img"
refuse 64 "no output named" -- tiny
refuse 64 "unknown option '--sizes'" -- debian --sizes 1G "$t/x.img"
refuse 64 "--size huge" -- debian --size huge "$t/x.img"
refuse 64 "sysvinit or systemd" -- debian --init runit "$t/x.img"
refuse 64 "/absolute/place" -- tiny --copy-in "$t/file" "$t/x.img"
refuse 66 "no such file" -- tiny --copy-in "$t/none:/x" "$t/x.img"
refuse 66 "no such file" -- debian --run "$t/none" "$t/x.img"
refuse 73 "no such folder" -- tiny "$t/none/x.img"
refuse 73 "is a folder" -- tiny "$t"
refuse 1 "package mirror cannot be reached" -- debian -q --mirror http://127.0.0.1:9/debian "$t/x.img"
rm -f "$t/x.img.log"

# Interrupted: status 130, nothing left, neither the part beside the output nor the work folder.
mkdir "$t/tmp"
TMPDIR=$t/tmp setsid bash -c 'trap - INT; exec "$@"' sh $mkroot debian -q --mirror http://192.0.2.1/debian "$t/x.img" >"$t/out" 2>&1 &
pid=$!
for _ in $(seq 100); do [ -n "$(ls "$t/tmp")" ] && break; sleep 0.1; done
[ -n "$(ls "$t/tmp")" ] || fail "the build did not start: $(cat "$t/out")"
kill -TERM "$pid"
rc=0
wait "$pid" || rc=$?
[ "$rc" -eq 143 ] || fail "terminated build: status $rc: $(cat "$t/out")"
[ -z "$(ls -A "$t/tmp")" ] || fail "left behind: $(ls -A "$t/tmp")"
[ -z "$(find "$t" -name '*.part')" ] || fail "left a part"
[ "$($mkroot list | wc -l)" -ge 3 ] || fail "list: too few recipes"
$mkroot show debian | found '^init *= sysvinit' || fail "show debian"
