#!/bin/bash
# timeout: 240
# company: rig-examples
# Every rig in Documentation/examples holds what it says, and comes out the same twice, at once and
# one guest after the other; those with a cure fail without it.
. tests/system/lib.sh
RIG=$PWD/build/bin/uml_rig
skipped=()

# Images that an example wants, and how they are made: a comment in the example says the same.
image_of() { # NAME
	local nft f words=()

	[ "$1" = router-nat ] || return 0
	nft=$(command -v nft) && command -v mkfs.erofs >/dev/null || return 1
	for f in "$nft" $(ldd "$nft" | grep -oE '/[^ ]+'); do
		words+=(--copy-in "$f:$f")
	done
	rootfs/uml_mkroot tiny -q "${words[@]}" "$T/router.img" || fail "no image for $1"
	words_of_run=(-D "image=$T/router.img")
}

# go STATUS FOLDER [OPTION...] FILE
go() {
	expect_status "$1" "$RIG" run -q -o "$T/$2" "${@:3}"
}

same() { # FOLDER FOLDER
	diff -r -q -x wall.json "$T/$1" "$T/$2" || fail "$1 and $2 are not the same"
}

for f in Documentation/examples/*.rig; do
	name=$(basename "$f" .rig)
	words_of_run=()
	case $name in ospf | office-dns) continue ;; esac # system/rootfs-options has their image
	if ! image_of "$name"; then
		skipped+=("$name")
		continue
	fi
	go 0 "$name.1" "${words_of_run[@]}" "$f"
	grep -q '^passed' "$T/out" || fail "$f has no verdict"
	go 0 "$name.2" "${words_of_run[@]}" "$f"
	go 0 "$name.3" --sequential "${words_of_run[@]}" "$f"
	same "$name.1" "$name.2"
	same "$name.1" "$name.3"
	grep -q '"deterministic": true' "$T/$name.1/manifest.json" || fail "$f: in doubt"
	rm -rf "$T/$name".?
done

# Without the cure, or with what is not there, verdicts fail; that is exit status 1.
go 1 bloat -D cure=256KiB Documentation/examples/bufferbloat.rig
expect_text 'FAILED  CoDel keeps the wait short'
go 1 loss -D loss=20% Documentation/examples/two-hosts.rig
expect_text "FAILED  nothing is lost"
sed 's/ stp$//' Documentation/examples/bridge-loop.rig >"$T/loop.rig"
go 1 loop "$T/loop.rig"
expect_text 'FAILED  no storm in the tree'
grep -v 'rule del' Documentation/examples/pmtu-blackhole.rig >"$T/pmtu.rig"
go 1 pmtu "$T/pmtu.rig"
expect_text 'FAILED  so does ICMP'
go 1 sky -D loss=0% Documentation/examples/satellite.rig
expect_text 'FAILED  cubic is slowed down'

if [ ${#skipped[@]} -gt 0 ]; then
	echo "but for ${skipped[*]}, whose image cannot be made here"
fi
