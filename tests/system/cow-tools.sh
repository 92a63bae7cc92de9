#!/bin/bash
# timeout: 120
# needs: cmp truncate python3 dd
# company: cow
# uml_mkcow, uml_moo and uml_cow: arguments, exit statuses, refusals, and that an
# interruption leaves valid files.
set -euo pipefail
PATH=$PWD/build/bin:$PATH
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

fail() {
	echo "FAILED: $*"
	exit 1
}

# expect STATUS REGEX COMMAND...: exit status and one line of output
expect() {
	local want=$1 regex=$2 got=0
	shift 2
	"$@" >out.txt 2>&1 || got=$?
	[ "$got" = "$want" ] || fail "$*: status $got, not $want: $(cat out.txt)"
	[ -z "$regex" ] || grep -Eq -- "$regex" out.txt || fail "$*: no /$regex/ in: $(cat out.txt)"
}

# Writes "DATA" at sector $2 of the disk in COW file $1, by hand.
poke() {
	python3 - "$1" "$2" <<'PY'
import struct, sys
path, n = sys.argv[1], int(sys.argv[2])
with open(path, "r+b") as f:
    head = f.read(32)
    size, = struct.unpack(">Q", head[12:20])
    bitmap = (size // 512 + 7) // 8
    data = (8192 + bitmap + 4095) // 4096 * 4096
    f.seek(data + n * 512); f.write(b"DATA" * 128)
    f.seek(8192 + n // 8); b = f.read(1)[0]
    f.seek(8192 + n // 8); f.write(bytes([b | 1 << n % 8]))
PY
}

for p in uml_mkcow uml_moo uml_cow; do
	expect 0 '^usage: ' $p --help
	expect 0 'Nestling' $p --version
	expect 64 '--help' $p --nonsense
	expect 64 '--help' $p
done
expect 64 'not a command' uml_cow frobnicate x
expect 64 'needs 2 names' uml_cow create x
expect 64 'takes no -s' uml_cow info -s x
expect 64 'excludes' uml_cow rebase -k x

head -c 3000000 /dev/urandom >back # no multiple of 512
truncate -s 8M back
expect 0 '' uml_mkcow c back
expect 1 'exists already' uml_mkcow c back
expect 0 '' uml_mkcow -f c back
expect 1 'not a COW file and is not replaced' uml_mkcow -f back c
expect 1 'own backing file' uml_mkcow -f c c
expect 1 'directory' uml_mkcow x /
expect 1 'No such file' uml_mkcow x missing
expect 1 'No such file' uml_moo missing x
expect 1 'not a COW|has no COW header' uml_moo back x
poke c 5
poke c 9000
expect 0 'sectors in the COW file: 2 of' uml_cow info c
expect 0 '^4608 |^2560 512 cow$' uml_cow map c
expect 0 'sound' uml_cow check c

# Merge to a new file: sparse, right, never over what exists.
cp back want
for n in 5 9000; do
	for ((i = 0; i < 128; i++)); do printf DATA; done | dd of=want bs=512 seek=$n conv=notrunc status=none
done
expect 0 '' uml_moo c new
cmp new want || fail "merge"
[ "$(stat -c %b new)" -lt 8000 ] || fail "merged image is not sparse"
expect 1 'remove it, or use -f' uml_moo c new
expect 0 '' uml_moo -f c new
expect 1 'is what is being merged' uml_moo -f c back
expect 1 'is what is being merged' uml_moo -f c c

# Damage is found.
cp c cut && truncate -s 3M cut
expect 2 'should be in the file' uml_cow check cut
cp c bad && printf '\0' | dd of=bad bs=1 seek=26 conv=notrunc status=none # alignment 4096 -> 0
expect 2 'alignment 0' uml_cow check bad
expect 1 'alignment 0' uml_moo bad x

# Moved, copied and changed backing files.
mkdir moved && cp back moved/back # a new mtime
expect 0 '' uml_cow rebase c moved/back
expect 0 "backing file: $dir/moved/back" uml_cow info c
mv back old
expect 0 'sound' uml_cow check c
printf x | dd of=moved/back bs=1 seek=77 conv=notrunc status=none
touch -d @1600000000 moved/back
expect 2 'changed its content' uml_cow check c
expect 1 'changed its content' uml_moo c x
expect 0 '' uml_cow rebase c old
# To an image with other content, keeping what the guest sees.
expect 0 '' uml_cow rebase --keep c moved/back
expect 0 '' uml_moo -f c new
cmp new want || fail "rebase --keep"

# Resize: grow, data and zeros; shrink only when meant; and what was cut off stays away.
expect 0 '' uml_cow resize c +8M
expect 0 'disk size: 16777216' uml_cow info c
expect 0 'sound' uml_cow check c
expect 0 '' uml_moo -f c new
truncate -s 16M want
cmp new want || fail "resize +8M"
expect 1 'shrink' uml_cow resize c 1M
expect 64 'not a multiple' uml_cow resize c 1000
expect 64 'not a multiple' uml_cow resize c 12x
expect 0 '' uml_cow resize --shrink c 2M
expect 0 '' uml_cow resize c 16M
truncate -s 2M want && truncate -s 16M want
expect 0 '' uml_moo -f c new
cmp new want || fail "resize down and up"

# In place: the backing file becomes the disk, the COW file is empty and valid.
expect 0 '' uml_cow commit c
cmp moved/back want || fail "commit"
expect 0 'sectors in the COW file: 0 of' uml_cow info c
expect 0 'sound' uml_cow check c

# Old versions: read, merged, made version 3.
python3 - <<'PY'
import os, struct
size = 1 << 20
base = bytes([9]) * size
open("base", "wb").write(base)
os.utime("base", (1000000000, 1000000000))
path = os.path.abspath("base").encode()
V = {
    "v1be": (struct.pack(">II256sIQI", 0x4f4f4f4d, 1, path, 1000000000, size, 512), 280, 512, 280),
    "v1le": (struct.pack("<II256sIQI", 0x4f4f4f4d, 1, path, 1000000000, size, 512), 280, 512, 280),
    "v2": (struct.pack(">II4096sIQI", 0x4f4f4f4d, 2, path, 1000000000, size, 512), 4120, 512, 4120),
    "v3b": (struct.pack(">IIIIQIII4096s", 0x4f4f4f4d, 3, 1000000000, 0, size, 512, 4096, 0, path), 8192, 4096, 4136),
}
want = bytearray(base)
for name, (header, bitmap, align, _) in V.items():
    data = (bitmap + size // 4096 + align - 1) // align * align
    with open(name, "wb") as f:
        f.truncate(data + size)
        f.write(header)
        for n in (0, 9, 2047):
            f.seek(data + n * 512); f.write(bytes([n % 251]) * 512)
            want[n * 512:n * 512 + 512] = bytes([n % 251]) * 512
        f.seek(bitmap); f.write(b"\x01\x02")
        f.seek(bitmap + 255); f.write(b"\x80")
open("want", "wb").write(want)
PY
for v in v1be v1le v2 v3b; do
	expect 0 'sectors in the COW file: 3 of 2048' uml_cow info $v
	expect 0 'sound' uml_cow check $v
	expect 0 '' uml_moo -f $v new
	cmp new want || fail "merge of $v"
	touch -d @1500000000 base
	expect 2 'trust' uml_cow check $v
	expect 0 '' uml_cow rebase --trust $v
	expect 0 'sound' uml_cow check $v
	expect 0 '' uml_cow resize $v same
	expect 0 'version: 3$' uml_cow info $v
	expect 0 '' uml_moo -f $v new
	cmp new want || fail "$v as version 3"
	touch -d @1000000000 base
	expect 0 'sound' uml_cow check $v # version 3 has the hash
done

# In use: refused.
exec 7<>c
python3 - <<'PY'
import fcntl, struct
fcntl.fcntl(7, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
PY
expect 1 'in use' uml_moo c x
expect 1 'in use' uml_moo -d c
expect 1 'in use' uml_cow resize c 32M
expect 1 'in use' uml_mkcow -f c old
exec 7>&-

# SIGKILL in the middle of a merge in place, several times; then finished.
head -c 400M /dev/urandom >big
uml_mkcow k big
python3 - <<'PY'
import struct
size = 400 << 20
bitmap = size // 512 // 8
data = (8192 + bitmap + 4095) // 4096 * 4096
with open("k", "r+b") as f:
    f.seek(8192); f.write(b"\xff" * (bitmap // 2))
    for i in range(200):
        f.seek(data + (i << 20)); f.write(bytes([i]) * (1 << 20))
PY
uml_moo -f k want
for delay in 0.02 0.05 0.1; do
	uml_moo -d k &
	sleep $delay
	kill -KILL $! 2>/dev/null || true
	wait $! 2>/dev/null || true
	uml_moo -fq k new || fail "invalid after SIGKILL"
	cmp new want || fail "wrong after SIGKILL"
done
# SIGTERM while a new file is written: nothing stays. (Background jobs ignore SIGINT.)
status=0
uml_moo -q k interrupted 2>/dev/null &
sleep 0.05
kill -TERM $! 2>/dev/null || true
wait $! || status=$?
if [ $status = 130 ]; then
	[ -z "$(find . -name 'interrupted*')" ] || fail "files left after SIGTERM"
else
	[ $status = 0 ] || fail "status $status after SIGTERM"
fi
uml_moo -dq k || fail "finishing the merge"
cmp big want || fail "merge in place after interruptions"
expect 0 'sound' uml_cow check k
echo "tools behave"
