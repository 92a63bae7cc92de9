#!/bin/bash
# timeout: 60
# needs: python3 mkfifo
# uml_rig check, fmt, graph, dump and help on real files: exit statuses, what is printed, what is
# written and how; every example; the documentation says what the program says.
. tests/system/lib.sh
RIG=$PWD/build/bin/uml_rig
examples=(Documentation/examples/*.rig)

run() {
	expect_status "$1" "$RIG" "${@:2}"
}

well_formed() {
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$1"
}

# What stands in the tree is written as fmt writes it.
run 0 fmt --check rootfs/rigs/*.rig

# The examples, as they are.
[ ${#examples[@]} -ge 3 ] || fail "only ${#examples[@]} examples"
for f in "${examples[@]}"; do
	run 0 check "$f"
	expect_text "^$f: [a-z-]+, [0-9]+ node"
	run 0 fmt --check "$f"
	run 0 check -q "$f"
	[ -s "$T/out" ] && fail "check -q speaks of $f"
	run 0 dump --json -o "$T/json" "$f"
	run 0 graph --svg -o "$T/svg" "$f"
	run 0 graph --dot -o "$T/dot" "$f"
	well_formed "$T/svg" || fail "$f: the picture is not well-formed"
	! grep -qE 'href|url\(|<script|@import' "$T/svg" || fail "$f: the picture needs something else"
	python3 - "$T" "$f" <<'PY' || fail "$f: JSON, SVG and dot do not agree"
import json, re, sys
import xml.etree.ElementTree as E
top, name = sys.argv[1:]
j = json.load(open(top + "/json"))
assert j["version"] == 1 and j["nodes"] and j["links"], "empty"
ns = "{http://www.w3.org/2000/svg}"
svg = E.parse(top + "/svg").getroot()
assert svg.tag == ns + "svg"
texts = [t.text for t in svg.iter(ns + "text")]
dot = open(top + "/dot").read()
for thing in j["nodes"] + j["lans"] + j["nats"]:
    assert thing["name"] in texts, thing
    assert f'\t"{thing["name"]}" [' in dot, thing
assert len(list(svg.iter(ns + "polyline"))) == len(j["links"])
assert dot.count(" -- ") == len(j["links"]) and dot.count("{") == dot.count("}") == 1
for link in j["links"]:
    assert len(link["ends"]) == 2 and link["there"]["text"] and link["back"]["text"]
for node in j["nodes"]:
    for card in node["cards"]:
        assert node["name"] in j["links"][card["link"]]["ends"]
        assert re.fullmatch("([0-9a-f]{2}:){5}[0-9a-f]{2}", card["mac"])
assert [s["at_ns"] for s in j["steps"]] == sorted(s["at_ns"] for s in j["steps"])
PY
done

# What an example means, in figures.
run 0 dump -D delay=35ms Documentation/examples/two-hosts.rig
python3 - "$T/out" <<'PY' || fail "two-hosts.rig means something else"
import json, sys
j = json.load(open(sys.argv[1]))
assert j["variables"] == {"delay": "35ms", "loss": "0%"}, j["variables"]
(link,) = j["links"]
assert link["there"]["delay_ns"] == link["back"]["delay_ns"] == 35_000_000
assert [c["addresses"] for n in j["nodes"] for c in n["cards"]] == [["10.0.0.1/24"], ["10.0.0.2/24"]]
assert j["end_ns"] == 30_000_000_000 and j["start"] == "2026-01-01T00:00:00Z"
PY
run 0 dump Documentation/examples/router-nat.rig
python3 - "$T/out" <<'PY' || fail "router-nat.rig means something else"
import json, sys
j = json.load(open(sys.argv[1]))
gw = j["nodes"][0]
assert gw["kind"] == "router" and gw["nat"] == "internet"
assert gw["firewall"] == "Documentation/examples/router-nat.nft"
pcs = [n["cards"][0]["addresses"] for n in j["nodes"] if n["name"].startswith("pc")]
assert pcs == [["192.168.1.1/24"], ["192.168.1.2/24"], ["192.168.1.3/24"]], pcs
up = [l for l in j["links"] if l["ends"] == ["gw", "internet"]][0]
assert up["there"]["rate_bps"] == 1_000_000 and up["back"]["rate_bps"] == 8_000_000
PY

# Errors: all of them, with place and suggestion, nothing on standard output; statuses.
cat >"$T/bad.rig" <<'RIG'
rig bad 1
sed 42
node mx1 mem=96
link mx1 mx1
RIG
"$RIG" check "$T/bad.rig" >"$T/stdout" 2>"$T/out" && fail "bad.rig is accepted"
[ -s "$T/stdout" ] && fail "errors go to standard output"
expect_text "bad.rig:2:1: .*did you mean 'seed'"
expect_text 'bad.rig:3:14: .96. has no unit'
expect_text 'bad.rig:4:10: .mx1. cannot be linked to itself'
expect_text '^    node mx1 mem=96$'
expect_text '^                 \^~$'
for c in check graph dump; do run 1 $c "$T/bad.rig"; done
run 3 check "$T/none.rig"
one_line
expect_text 'none.rig cannot be read: No such file'
run 3 check "$T/bad.rig" "$T/none.rig"
run 3 graph "$T"
run 3 fmt "$T/none.rig"
mkfifo "$T/fifo"
run 1 check "$T/fifo"
# A writer that is slow is waited for.
{ sleep 0.3 && cat Documentation/examples/two-hosts.rig; } >"$T/fifo" &
"$RIG" check <(sleep 0.3; cat Documentation/examples/two-hosts.rig) >"$T/out" 2>&1 || fail "a pipe"
timeout 10 cat "$T/fifo" | "$RIG" check - >"$T/out" 2>&1 || fail "a FIFO"
wait
truncate -s 2M "$T/large"
run 3 check "$T/large"
expect_text '1 MiB'
for args in "" "chekc x" "check" "graph a b" "check --dot x" "graph -x a" "check -D" "check -D x a" \
	"fmt -w --check a" "graph --dot --svg a" "help nonsense" "run" "run a b" "sweep" "sweep a" "diff a" "diff a b c" "walk x" "up" "up a b" "top x" "console" "exec a" "down x" "pack x" "pack -o x" "unpack x" "pack --to a -o x y"; do
	# shellcheck disable=SC2086  # words
	run 2 $args
done
run 2 check -D lsos=1% Documentation/examples/two-hosts.rig
expect_text "no variable of this name; did you mean 'loss'"
run 1 check -D loss=much Documentation/examples/two-hosts.rig
run 0 --help
expect_text '^  pack '
run 0 --version

# Standard input, and output that cannot be written.
"$RIG" check - <Documentation/examples/two-hosts.rig >"$T/out" || fail "standard input"
"$RIG" check - <"$T/bad.rig" 2>"$T/out" && fail "standard input, bad"
expect_text '^<stdin>:2:1:'
if [ -w /dev/full ]; then
	"$RIG" dump Documentation/examples/two-hosts.rig >/dev/full 2>"$T/out" && fail "a full disk"
	expect_text 'cannot be written: No space'
	# More than fits into a buffer, and commands that only tell.
	for args in "dump Documentation/examples/partition.rig" --help help \
		"check Documentation/examples/two-hosts.rig"; do
		# shellcheck disable=SC2086  # words
		"$RIG" $args >/dev/full 2>"$T/out" && fail "$args: a full disk"
		one_line
		expect_text 'cannot be written: No space'
	done
fi
run 1 graph -o "$T/nowhere/x.svg" Documentation/examples/two-hosts.rig
run 1 graph -o "$T/x.svg" "$T/bad.rig"
run 2 fmt -w -
one_line
run 2 check -Zq "$T/bad.rig"
expect_text '-Z is not an option'
[ ! -e "$T/x.svg" ] || fail "a picture of a bad rig"

# fmt: prints, names, changes; keeps permissions, links and what is right; leaves nothing behind.
printf 'rig   x 1\n# why\nnode a    mem=32M   # small\n' >"$T/f.rig"
printf 'rig     x 1\n# why\nnode    a mem=32M  # small\n' >"$T/want"
chmod 640 "$T/f.rig"
ln -s f.rig "$T/link.rig"
"$RIG" fmt "$T/f.rig" | cmp - "$T/want" || fail "fmt prints something else"
run 1 fmt --check "$T/f.rig" "$T/want"
[ "$(cat "$T/out")" = "$T/f.rig" ] || fail "fmt --check names $(cat "$T/out")"
run 0 fmt -w "$T/link.rig"
cmp "$T/f.rig" "$T/want" || fail "fmt -w wrote something else"
[ -L "$T/link.rig" ] || fail "fmt -w replaced a link"
[ "$(stat -c %a "$T/f.rig")" = 640 ] || fail "fmt -w changed permissions"
inode=$(stat -c %i "$T/f.rig")
run 0 fmt -w "$T/f.rig"
[ "$(stat -c %i "$T/f.rig")" = "$inode" ] || fail "fmt -w rewrote what was right"
printf 'rig x 1\nnode "a\n' >"$T/g.rig"
cp "$T/g.rig" "$T/g.was"
run 1 fmt -w "$T/g.rig"
cmp "$T/g.rig" "$T/g.was" || fail "fmt -w changed a file that it did not understand"
[ -z "$(find "$T" -name '*.rig.*')" ] || fail "fmt -w left files behind"

# The same rig, the same picture; a large one is drawn in time.
run 0 graph -o "$T/a.svg" Documentation/examples/partition.rig
run 0 graph -o "$T/b.svg" Documentation/examples/partition.rig
cmp "$T/a.svg" "$T/b.svg" || fail "two pictures of one rig"
printf 'rig big 1\nlan l net=10.0.0.0/16\nrepeat i 1..1000\nnode n$i card=l\nend\n' >"$T/big.rig"
run 0 graph -o "$T/big.svg" "$T/big.rig"
well_formed "$T/big.svg" || fail "the large picture"

# Every statement stands in the documentation as the program explains it.
run 0 help
[ "$(wc -l <"$T/out")" -eq 19 ] || fail "help does not list 19 statements"
while read -r name _; do
	"$RIG" help "$name" | found '^    ' || fail "no example for $name"
done <"$T/out"
"$RIG" help --markdown >"$T/markdown"
python3 - "$T/markdown" Documentation/rig-language.md <<'PY' || fail "rig-language.md is not what 'uml_rig help --markdown' prints"
import sys
want, doc = (open(f).read() for f in sys.argv[1:])
sys.exit(want.strip() not in doc)
PY
exit 0
