#!/bin/bash
# timeout: 60
# needs: uml_mkcow uml_moo cmp
# COW files made by Debian's uml-utilities are read by our tools, and ours by theirs.
set -euo pipefail
top=$PWD/build/bin
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
theirs_mkcow=$(type -P uml_mkcow)
theirs_moo=$(type -P uml_moo)
if cmp -s "$theirs_mkcow" "$top/uml_mkcow"; then
	echo "uml_mkcow in PATH is ours, not that of Debian's uml-utilities"
	exit 77
fi

fail() {
	echo "FAILED: $*"
	exit 1
}

# A COW file with sectors in it, built by hand from an empty one: bits and data
# are set as the format says, by neither tool. $1 file, then sector numbers.
set_sectors() {
	local file=$1 data bitmap=8192 s byte
	shift
	data=$("$top/uml_cow" info "$file" | sed -n 's/^data: at //p')
	for s in "$@"; do
		head -c 512 < <(yes "sector $s" || true) |
			dd of="$file" bs=512 seek=$((data / 512 + s)) conv=notrunc status=none
		byte=$(od -An -tu1 -j $((bitmap + s / 8)) -N 1 "$file")
		printf '%b' "\\x$(printf %x $((byte | 1 << s % 8)))" |
			dd of="$file" bs=1 seek=$((bitmap + s / 8)) conv=notrunc status=none
	done
}

# What the guest would see: $1 backing, $2 out, then sector numbers.
expect_image() {
	local backing=$1 out=$2 s
	shift 2
	cp "$backing" "$out"
	for s in "$@"; do
		head -c 512 < <(yes "sector $s" || true) |
			dd of="$out" bs=512 seek="$s" conv=notrunc status=none
	done
}

sectors=(0 1 7 8 9 63 100 2047)
for size in 1048576 1049088; do # a multiple of 8 sectors, and one more
	head -c $size /dev/urandom >back
	expect_image back want "${sectors[@]}"

	rm -f theirs ours out1 out2 out3
	"$theirs_mkcow" theirs back >/dev/null
	"$top/uml_mkcow" ours back
	# Apart from our content hash and names, they are the same file.
	cmp <(head -c 4128 theirs) <(head -c 4128 ours) || fail "headers differ"
	[ "$(stat -c %s theirs)" = "$(stat -c %s ours)" ] || fail "lengths differ"

	set_sectors theirs "${sectors[@]}"
	set_sectors ours "${sectors[@]}"
	"$top/uml_moo" theirs out1 || fail "ours does not merge theirs"
	cmp out1 want || fail "ours merges theirs wrongly"
	"$theirs_moo" ours out2 >/dev/null || fail "theirs does not merge ours"
	cmp out2 want || fail "theirs merges ours wrongly"
	"$theirs_moo" theirs out3 >/dev/null && cmp out3 want || fail "the test itself is wrong"
	"$top/uml_cow" check theirs >/dev/null || fail "check of theirs"

	# Touched: theirs has no hash and is refused with the cure, ours is accepted;
	# then theirs accepts ours too, for the header's mtime followed.
	touch -d @1700000000 back
	if "$top/uml_cow" check theirs >msg 2>&1; then fail "touched backing file accepted"; fi
	grep -q -- --trust msg || fail "no cure named"
	"$top/uml_cow" rebase ours || fail "touched backing file refused"
	rm -f out2
	"$theirs_moo" ours out2 >/dev/null && cmp out2 want || fail "theirs after touch"
	"$top/uml_cow" rebase --trust theirs
	rm -f out3
	"$theirs_moo" theirs out3 >/dev/null && cmp out3 want || fail "theirs after rebase --trust"

	# In place, and theirs reads what is left.
	"$top/uml_moo" -d ours
	cmp back want || fail "merge in place"
	rm -f out2
	"$theirs_moo" ours out2 >/dev/null && cmp out2 want || fail "theirs after merge in place"
done
echo "both ways agree"
