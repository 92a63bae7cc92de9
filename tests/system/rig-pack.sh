#!/bin/bash
# timeout: 420
# needs: linux uml_rig unshare mksquashfs fsck.erofs busybox python3
# company: rig-pack
# with sanitizers: no, a packed rig is to run without any libraries
# uml_rig pack: the same bytes each time; the file alone, in an empty namespace, gives what the rig
# gives; taken apart, damaged, mailed; and nothing is left where it cannot be made.
. tests/system/lib.sh

unshare -rmpf true 2>/dev/null || {
	echo "no namespaces for ordinary users here"
	exit 77
}
as_user=()
[ "$(id -u)" -ne 0 ] || as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
RIG=$PWD/build/bin/uml_rig
top=$PWD
chmod 755 "$T"
mkdir -m 1777 "$T/tmp" "$T/root"
export TMPDIR=$T/tmp XDG_RUNTIME_DIR=
cd "$T" || exit 1

# --- a rig with all that can be in one: includes, copies, rules, an image, folders above it ----------
mkdir -p lab/rigs/sub lab/images
fsck.erofs --extract=disk "$top/build/rootfs/tiny.img" >/dev/null 2>&1 || fail "fsck.erofs"
mksquashfs disk lab/images/small.img -quiet -no-progress -all-root -all-time 0 -mkfs-time 0 >/dev/null || fail "mksquashfs"
cat >lab/rigs/image.rig <<'END'
rig imaged 1
set delay 1ms
set image ../images/small.img
include sub/more.inc
image small $image
node a image=small copy=sub/data:/tmp/data:644
node b image=small
node c
link a@10.0.0.1/24 b@10.0.0.2/24 delay=$delay
link c@10.0.1.1/24 a@10.0.1.2/24 delay=$delay loss=10%
at 1s copy c sub/data:/tmp/late
at 2s run a "cat /tmp/data" as=data
at 2s run c "cat /tmp/late" as=late
every 1s sample a ok "ping -c 1 -W 1 10.0.0.2 >/dev/null; echo $?"
every 1s sample c lossy "ping -c 1 -W 1 10.0.1.2 >/dev/null; echo $?"
at 9s stop
expect a.data has $word by 3s
expect c.late has $word by 3s
expect a.ok == 0 always from 2s
END
echo 'set word apple' >lab/rigs/sub/more.inc
echo 'an apple' >lab/rigs/sub/data
printf 'rig plain 1\nnode a\nnode b\nlink a@10.0.0.1/24 b@10.0.0.2/24 delay=5ms loss=20%%\nevery 500ms sample a ok "ping -c 1 -W 1 10.0.0.2 >/dev/null; echo $?"\nat 9s stop\nexpect a.ok >= 0 always\n' >plain.rig

# same A B: two runs with the same verdicts, samples, captures and outputs
same() {
	local f
	for f in samples.csv verdicts.tap outputs.txt; do
		cmp "$1/$f" "$2/$f" || fail "$1 and $2 differ in $f"
	done
	[ "$(wc -l <"$1/samples.csv")" -gt 5 ] || fail "no samples in $1"
}

# alone FILE COMMAND: in a file system with nothing but the file, a shell, /proc and a little of /dev
cat >alone.sh <<'END'
set -e
mount -t tmpfs none "$1"
cd "$1"
mkdir proc dev bin w tmp
cat "$2" >w/packed
chmod 755 w/packed
cat "$3" >bin/sh
chmod 755 bin/sh
for d in null zero urandom random tty; do : >dev/$d; mount --bind /dev/$d dev/$d; done
mount -t proc none proc
chroot . /bin/sh -c "cd /w; unset TMPDIR XDG_RUNTIME_DIR; $4"
cp -r w/run "$5"
END
alone() {
	local out
	out=$(mktemp -d "$T/tmp/out.XXXXXX")
	chmod 777 "$out"
	timeout -k 5 100 "${as_user[@]}" unshare -rmpf --kill-child sh "$T/alone.sh" "$T/root" "$1" "$(command -v busybox)" "$2" "$out" >"$T/out" 2>&1 </dev/null ||
		fail "alone: $2"
	mv "$out/run" "$3"
	rm -rf "$out"
}

for rig in lab/rigs/image.rig plain.rig; do
	name=$(basename "$rig" .rig)
	expect_status 0 "$RIG" pack --fast -q -o "$name" "$rig"
	(cd "$(dirname "$rig")" && "$RIG" pack --fast -q -o "$T/$name.again" "$(basename "$rig")") || fail "packing from its folder"
	cmp "$name" "$name.again" || fail "$name: other bytes the second time"
	cp -r lab elsewhere && cp plain.rig elsewhere/
	[ "$name" = plain ] || expect_status 0 "$RIG" pack --fast -q -o "$name.again" "$T/elsewhere/rigs/image.rig"
	mv elsewhere "elsewhere-$name"
	cmp "$name" "$name.again" || fail "$name: other bytes from elsewhere"
	expect_status 0 "$RIG" run -q -o "$name.run" "$rig"
	# shellcheck disable=SC2016
	alone "$T/$name" './packed run -q -o run && [ "$(echo * /tmp/*)" = "packed run /tmp/*" ]' "$name.alone"
	same "$name.run" "$name.alone"
done
echo "packed: $(stat -c %s plain) and $(stat -c %s image) bytes"

# --- what is inside, and out of it -----------------------------------------------------------------
expect_status 0 ./image --list
for n in bin/uml_rig bin/linux rig/rigs/image.rig rig/rigs/sub/more.inc rig/rigs/sub/data rig/images/small.img; do
	expect_text " $n\$"
done
[ "$(grep -c small.img out)" = 1 ] || fail "the image is there more than once"
! grep -q "$T" image || fail "the pack names folders of the host"
expect_status 0 ./image --verify
expect_status 0 ./image --help
expect_text 'run \[options\]'
expect_status 0 ./image --extract taken
expect_status 0 taken/bin/uml_rig run -q -o image.taken taken/rig/rigs/image.rig
same image.run image.taken
expect_status 4 ./image --extract taken
one_line
expect_status 2 ./image --list more
one_line

# The commands of uml_rig, about the rig inside.
expect_status 0 ./image check
expect_text 'imaged, 3 nodes'
expect_status 0 ./image dump
expect_status 0 ./image fmt
expect_text '^include sub/more.inc'
expect_status 2 ./image run other.rig
one_line
expect_status 0 ./image sweep -q -j 2 --vary delay=1ms,2ms -o image.sweep
grep -q '^2,2-delay=2ms,2ms,1,passed' image.sweep/sweep.csv || fail "the sweep: $(cat image.sweep/sweep.csv)"
mkdir run-time && chmod 700 run-time
export XDG_RUNTIME_DIR=$T/run-time
cleanup_hooks+=('./image down >/dev/null 2>&1') # not left behind by a test that fails
expect_status 0 timeout -k 5 60 ./image up -q -d -o image.up
expect_text "^  ./image exec NODE COMMAND"
expect_status 0 ./image exec a cat /tmp/data
expect_text '^an apple'
# The image is read where it lies in the file, and was not copied into memory first.
opened() {
	local pid
	for pid in $(pgrep -x guest-kernel); do
		readlink "/proc/$pid/fd/"* || true # it may be another user's
	done 2>/dev/null | found "$1"
}
opened "^$T/image\$" || fail "no guest has the packed rig open"
! opened 'memfd:small.img' || fail "the image was copied"
expect_status 0 ./image step reboot a
expect_status 0 ./image down
nothing_left() {
	[ -z "$(ls -A run-time/uml_rig "$T/tmp" | grep -v '^$\|:$')" ]
}
wait_for 20 nothing_left || fail "left: $(ls run-time/uml_rig "$T/tmp")"

# The whole run in a guest, from the file.
expect_status 0 ./image run -q --nested -o image.nested
same image.run image.nested

# Values of -D go along, absolute paths among them.
cp lab/images/small.img "other image.img"
expect_status 0 "$RIG" pack --fast -q -D delay=7ms -D word="apple" -D "image=$T/other image.img" -o defined lab/rigs/image.rig
! grep -q "$T" defined || fail "the pack names folders of the host"
expect_status 0 ./defined dump
expect_text 'files/other image.img'
mv "other image.img" away.img
expect_status 0 ./defined run -q -o defined.run
expect_status 1 ./defined run -q -D word=pear -o defined.pear
expect_status 0 "$RIG" run -q -D delay=7ms -o image.7ms lab/rigs/image.rig
same image.7ms defined.run

# Results of a run go along, too.
expect_status 0 "$RIG" pack --fast -q --results plain.run -o resulted plain.rig
expect_status 0 ./resulted --extract resulted.d
cmp resulted.d/results/samples.csv plain.run/samples.csv || fail "results"

# --- damage ---------------------------------------------------------------------------------------
cat >damage.py <<'END'
"""damage.py FILE: a copy with one flipped byte for each kind of member, and others, named by what is hit."""
import struct, sys
data = open(sys.argv[1], "rb").read()
at, length = struct.unpack("<QQ", data[-56:-40])
def flip(name, where):
    copy = bytearray(data)
    copy[where] ^= 1
    open("bad-" + name, "wb").write(copy)
    print(name)
kinds, p, end = {}, at, 0
while p < at + length:
    offset, stored = struct.unpack("<QQ", data[p:p + 16])
    kind = data[p + 60]
    name = struct.unpack("<H", data[p + 62:p + 64])[0]
    if kind not in kinds:
        kinds[kind] = 1
        # Of the front, what does not run: a text at its end.
        flip("kind-%d" % kind, data.rindex(b"--verify", 0, stored) if kind == 0 else offset + stored // 2)
    if offset > end:
        flip("gap-%d" % end, end)
    end = offset + stored
    p += 64 + name
flip("directory", at + 70)
flip("footer", len(data) - 64)
flip("size", len(data) - 40)
flip("digest", len(data) - 1)
for name, length in (("cut-1", len(data) - 1), ("cut-half", len(data) // 2), ("cut-front", 800000)):
    open("bad-" + name, "wb").write(data[:length])
    print(name)
open("bad-longer", "wb").write(data + b"\n")
print("longer")
END
damaged=$(python3 damage.py image) || fail "damage.py"
[ "$(wc -w <<<"$damaged")" -ge 16 ] || fail "not all kinds of damage: $damaged"
for d in $damaged; do
	chmod 755 "bad-$d"
	for how in "run -q -o bad.run" --list --verify; do
		expect_status 3 "./bad-$d" $how
		one_line
		expect_text "^bad-$d: ./bad-$d: it.*; get the file once more\$"
	done
	[ ! -e bad.run ] || fail "$d: it ran"
	rm "bad-$d"
done

# --- what cannot be packed leaves nothing ------------------------------------------------------------
# refused STATUS PATTERN ARGS...
refused() {
	expect_status "$1" "$RIG" pack --fast -q -o none "${@:3}"
	one_line
	expect_text "$2"
	[ -z "$(find . -maxdepth 1 -name 'none*')" ] || fail "left: $(ls none*)"
}
printf 'rig x 1\nnode a copy=gone:/x\n' >gone.rig
refused 1 'gone cannot be packed: No such file' gone.rig
printf 'rig x 1\nimage i gone.img\nnode a image=i\n' >gone.rig
refused 1 'gone.img cannot be packed: No such file' gone.rig
printf 'rig x 1\nimage i plain.rig\nnode a image=i cow=kept\n' >kept.rig
refused 1 'a keeps its disk in kept.*leave out cow=' kept.rig
printf 'rig x 1\nnode a copy=lab:/x\n' >folder.rig
refused 1 'lab cannot be packed: Is a directory' folder.rig
refused 3 'nowhere.rig cannot be read' nowhere.rig
refused 2 'no variable of this name' -D nothing=1 plain.rig
refused 2 'packed already' plain
for f in plain.rig lab/rigs/sub/data; do
	expect_status 1 "$RIG" pack --fast -q -o $f lab/rigs/../../"$([ $f = plain.rig ] && echo plain.rig || echo lab/rigs/image.rig)"
	one_line
	expect_text "^uml_rig: $f would be replaced"
done
expect_status 2 "$RIG" pack plain.rig
one_line
mkdir -m 555 closed
if [ "$(id -u)" -ne 0 ]; then
	expect_status 1 "$RIG" pack --fast -q -o closed/x plain.rig
	one_line
fi
expect_status 1 "$RIG" pack --fast -q -o nowhere/x plain.rig
one_line
expect_text 'nowhere/x cannot be written: No such file'
expect_status 1 "$RIG" pack --fast -q -o taken plain.rig
one_line
expect_text 'taken cannot be written: Is a directory'

# A full disk, and signals at two moments: while it packs, and while it writes.
mkdir small
expect_status 1 unshare -rm sh -c "mount -t tmpfs -o size=4m none small && { '$RIG' pack -q -o small/x plain.rig; rc=\$?; ls -A small; exit \$rc; }"
one_line
expect_text 'small/x cannot be written: No space left'
for signal in INT TERM; do
	env --default-signal=INT "$RIG" pack --fast -q -o none plain.rig >out 2>&1 &
	pid=$!
	# When it has opened `linux`, which is last, it packs.
	wait_for 20 grep -q "/bin/linux" /proc/$pid/maps || fail "it does not pack"
	kill -$signal $pid
	wait $pid
	[ $? = 130 ] || fail "signal $signal: status $?: $(cat out)"
	[ ! -s out ] || fail "signal $signal: $(cat out)"
	[ -z "$(find . -maxdepth 1 -name 'none*')" ] || fail "left: $(ls none*)"
done

# --- mail -----------------------------------------------------------------------------------------
expect_status 0 "$RIG" pack --fast -q --eml --from a@example.org --to b@example.org --subject "a rig" -o plain.eml plain
expect_status 0 "$RIG" pack --fast -q --eml --from a@example.org --to b@example.org --subject "a rig" -o again.eml plain.rig
cmp plain.eml again.eml || fail "other bytes in the mail of the rig"
expect_status 0 ./plain pack --eml --from a@example.org --to b@example.org --subject "a rig" -o again.eml
cmp plain.eml again.eml || fail "other bytes in the mail that the packed rig makes"
awk 'length($0) > 77 && NR > 20 || length($0) > 998 { exit 1 }' plain.eml || fail "long lines"
python3 - <<'END' || fail "python reads the mail otherwise"
import email, email.policy
m = email.message_from_file(open("plain.eml"), policy=email.policy.default)
parts = list(m.iter_attachments())
assert len(parts) == 1 and parts[0].get_filename() == "plain", parts
assert parts[0].get_content() == open("plain", "rb").read()
assert (m["from"], m["to"], m["subject"]) == ("a@example.org", "b@example.org", "a rig")
END
cat >mails.py <<'END'
"""The mail as others leave it: other line ends, headers, parts, wrappings."""
import email, email.policy
from email.message import EmailMessage
raw = open("plain.eml", "rb").read()
lf = raw.replace(b"\r\n", b"\n")
packed = open("plain", "rb").read()
mails = {"crlf": raw, "lf": lf}
mails["mbox"] = b"From a@example.org Fri Jan 16 00:00:00 2026\n" + lf
mails["headers"] = (b"Received: from x by y;\n\tFri, 16 Jan 2026 00:00:00 +0000\nX-Long: " +
                    b"x" * 900 + b"\nX-Fold: boundary=\"no\"\n Content-Transfer-Encoding: 7bit\n" + lf)
m = EmailMessage()
m["Subject"] = "forwarded"
m.set_content("f0VMRgIBAQ is how it begins\n" * 3)
m.add_attachment(b"%PDF-1.4 not it" * 1000, maintype="application", subtype="pdf", filename="first.pdf")
m.add_attachment(packed, maintype="application", subtype="x-executable", filename="it")
m.add_attachment("after it\n")
mails["parts"] = m.as_bytes()
f = EmailMessage()
f.set_content("see below")
f.add_attachment(email.message_from_bytes(raw, policy=email.policy.default))
mails["inside"] = f.as_bytes()
for name, text in mails.items():
    open(name + ".mail", "wb").write(text)
half = lf[:len(lf) // 2]
bad = {"cut": half, "cut-lines": half[:half.rindex(b"\n") + 1], "flipped": lf.replace(b"AAAA\n", b"AAAB\n", 1),
       "letter": lf[:len(lf) // 2] + b"!" + lf[len(lf) // 2 + 1:], "none": b"Subject: hello\n\nnothing\n", "empty": b"",
       "binary": packed}
for name, text in bad.items():
    open(name + ".bad", "wb").write(text)
END
python3 mails.py || fail "mails.py"
for m in *.mail; do
	rm -f got
	expect_status 0 "$RIG" unpack -o got "$m"
	cmp got plain || fail "$m: something else came out"
	[ -x got ] || fail "$m: it cannot be run"
done
"$RIG" unpack -o - - <parts.mail | cmp - plain || fail "by pipes"
rm got
for m in *.bad; do
	expect_status 3 "$RIG" unpack -o got "$m"
	one_line
	expect_text "^uml_rig: $m: "
	[ ! -e got ] || fail "$m: something was written"
done
expect_status 2 "$RIG" pack --fast -q --eml --subject "$(printf 'a\nBcc: c@example.org')" -o got plain.rig
one_line
[ ! -e got ] || fail "something was written"
exit 0
