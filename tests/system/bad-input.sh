#!/bin/bash
# timeout: 240
# needs: python3 truncate
# Broken COW files, floods on consoles and the management console, command lines of any size: each
# is answered by one line with cause and cure, or does no harm, and no file is changed by it.
. tests/system/lib.sh

export LC_ALL=C # bytes
PATH=$PWD/build/bin:$PATH
RUN=$PWD/build/bin/uml_run
BODY=$PWD/tests/system
export UML_DIR=$UML
cd "$T" || exit 1

# --- COW files ---------------------------------------------------------------

# Name, exit status of linux, pattern. The files lie in bad/.
python3 >list <<'PY'
import os, struct
MB = 1 << 20
os.mkdir("bad")
open("base", "wb").write(b"base" * (MB // 4))
open("odd", "wb").write(b"short")
os.mkfifo("fifo")
here = os.getcwd().encode() + b"/"
mtime = int(os.stat("base").st_mtime)


def cow(name, status, pattern, backing=here + b"base", ss=512, align=4096, size=MB, length=12288 + MB,
        version=3, fmt=0, when=mtime):
    head = struct.pack(">IIIQIII4096s", 0x4f4f4f4d, version, when, size, ss, align, fmt, backing)
    with open("bad/" + name, "wb") as f:
        f.write(head)
        f.truncate(length)
    print(name, status, pattern, sep="\t")


cow("alignment-0", 65, "alignment 0.*restore", align=0)
cow("alignment-3", 65, "alignment that is not a power.*restore", align=3)
cow("alignment-2^31", 65, "alignment above.*restore", align=1 << 31)
cow("alignment-2^30", 65, "cut short.*restore", align=1 << 30)
cow("sector-0", 65, "sector size 0.*restore", ss=0)
cow("sector-513", 65, "sector size that is not a power.*restore", ss=513)
cow("sector-1", 65, "sector size out of range.*restore", ss=1)
cow("sector-2^31", 65, "sector size out of range.*restore", ss=1 << 31)
cow("size-0", 65, "0 bytes.*restore", size=0)
cow("size-2^62", 65, "impossible disk size.*restore", size=1 << 62)
cow("size-2^60", 65, "cut short.*restore", size=1 << 60)
cow("size-2^64", 65, "impossible disk size.*restore", size=(1 << 64) - 1)
cow("offsets-past-the-end", 65, "ends before its last.*restore", size=MB + 4096)
cow("version-9", 65, "version that is not known.*restore", version=9)
cow("format-1", 65, "format that is not known.*restore", fmt=1)
cow("name-without-end", 65, "name without an end.*restore", backing=b"x" * 4096)
cow("name-empty", 65, "names no backing file.*restore", backing=b"")
for n in 4, 20, 31, 4127:
    cow("cut-%d" % n, 65, "cut short.*restore", length=n)
for n in 4128, 8192, 8447, 12288:
    cow("cut-%d" % n, 65, "cut short.*restore", length=n)
cow("backing-fifo", 66, "is a FIFO; name an image", backing=here + b"fifo")
cow("backing-device", 66, "is a character device; name an image", backing=b"/dev/zero")
cow("backing-directory", 66, "is a directory; name an image", backing=b"/")
cow("backing-itself", 65, "its own backing file; name the image", backing=here + b"bad/backing-itself")
cow("backing-gone", 66, "is missing; name it", backing=b"/no/such")
cow("backing-short", 65, "one sector|changed its size.*restore", backing=here + b"odd")
cow("backing-other-size", 65, "changed its size.*restore", size=2 * MB, length=12288 + 2 * MB)
cow("backing-touched", 65, "touched.*--trust", when=5)
cow("backing-proc", 65, "changed its size|one sector", backing=b"/proc/self/mem")
# A terminal would obey these.
cow("name-control", 66, "/x.x1b.0;pwned.x07.x0ay.*is missing", backing=b"/x\x1b]0;pwned\x07\ny")
cow("name-c1", 66, "xc2.x9b31m.*is missing", backing=b"/\xc2\x9b31m")
PY
[ "$(wc -l <list)" -ge 30 ] || fail "the list is short"

sums() { sha256sum base odd bad/* | sha256sum; }
tame() { # no control character, no second line
	[ "$(tr -d '\n' <"$T/out" | LC_ALL=C grep -c '[[:cntrl:]]')" -eq 0 ] && ! LC_ALL=C grep -q $'\xc2\x9b' "$T/out" ||
		fail "control characters: $(cat -v "$T/out")"
	one_line
}
before=$(sums)
while IFS=$'\t' read -r name status pattern; do
	expect_status "$status" boot ubd1="bad/$name," -- -c true
	expect_text "$pattern"
	tame
	expect_status 1 timeout 20 uml_moo "bad/$name" new
	expect_text "$pattern"
	tame
	[ ! -e new ] || fail "uml_moo bad/$name leaves a file"
	expect_status 2 timeout 20 uml_cow check "bad/$name"
	! LC_ALL=C grep -q $'\x1b\|\xc2\x9b' "$T/out" || fail "uml_cow check: control characters"
	expect_status 1 timeout 20 uml_mkcow "bad/$name" base
	expect_text 'exists already'
	timeout 20 uml_cow info "bad/$name" >"$T/out" 2>&1
	! LC_ALL=C grep -q $'\x1b\|\xc2\x9b' "$T/out" || fail "uml_cow info: control characters"
done <list
[ "$before" = "$(sums)" ] || fail "a refused file was changed"
uml_mkcow good.cow base
echo "refused: $(wc -l <list) COW files"

# What is no file, and two writers.
for p in fifo /dev/zero /; do
	expect_status 66 boot ubd1="$p," -- -c true
	one_line
	expect_text 'name an image'
	expect_status 1 timeout 20 uml_mkcow x.cow "$p"
	[ ! -e x.cow ] || fail "uml_mkcow leaves a file for $p"
done

mkfifo in
timeout -k 5 200 "$LINUX" umid=g uml_dir="$UML" ubd2=good.cow <>in >con 2>&1 &
guest=$!
cleanup_hooks+=("kill $guest 2>/dev/null")
echo 'echo up-$((1 + 1))' >in
wait_for 30 grep -q up-2 con || fail "no guest"
expect_status 75 boot ubd1=good.cow -- -c true
one_line
expect_text 'in use by another'
expect_status 1 timeout 20 uml_moo -d good.cow
one_line
expect_text 'in use by another'
expect_status 75 boot ubd1=base -- -c true
one_line

# The same files, to a guest that runs: each is refused, the device stays free.
mc() { # STATUS PATTERN COMMAND...
	local want=$1 pattern=$2
	shift 2
	expect_status "$want" timeout 30 uml_mconsole g "$@"
	expect_text "$pattern"
}
while IFS=$'\t' read -r name status pattern; do
	mc 1 "^ERR ubd1: .*($pattern)" config ubd1="$T/bad/$name,"
	tame
done <list
mc 1 '^ERR .*in use' config ubd1="$T/good.cow"
mc 1 '^ERR .*FIFO' config ubd1="$T/fifo"
mc 0 '^OK none' config ubd1
truncate -s 1M plain
mc 0 '^OK' config ubd1="$T/plain"
mc 0 '^OK' remove ubd1
[ "$before" = "$(sums)" ] || fail "a refused file was changed"
echo "refused by a running guest, too"

# --- management console ------------------------------------------------------

# Datagrams, and what is answered: an error number, or nothing.
python3 - "$UML/g/mconsole" <<'PY' || fail "management console"
import errno, re, socket, struct, sys

path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(b"\0bad-input")


def head(magic=0xcafebabe, version=2, length=0):
    return struct.pack("=III", magic, version, length)


def answers(data):
    """Error and text of the answer, or None; a command that is known to be answered follows."""
    s.sendto(data, path)
    s.sendto(head(length=7) + b"version", path)
    got = []
    while True:
        s.settimeout(20)
        d = s.recv(2000)
        err, more, n = struct.unpack("=iII", d[:12])
        text = d[12:12 + n]
        if text.startswith(b"Linux g ") and not err:
            return got[0] if got else None
        got.append((abs(err), text))


table = [
    ("nothing", b"", None),
    ("one byte", b"x", None),
    ("half a head", head()[:7], None),
    ("another magic", head(magic=0xdeadbeef, length=7) + b"version", None),
    ("the other byte order", struct.pack(">III", 0xcafebabe, 2, 7) + b"version", None),
    ("version 1", head(version=1, length=7) + b"version", errno.EPROTONOSUPPORT),
    ("version 2^32-1", head(version=0xffffffff, length=7) + b"version", errno.EPROTONOSUPPORT),
    ("no text", head(), errno.EINVAL),
    ("only spaces", head(length=5) + b"     ", errno.EINVAL),
    ("length past the end", head(length=500) + b"version", None),
    ("length 513", head(length=513) + b"v" * 513, errno.EMSGSIZE),
    ("length 2^32-1", head(length=0xffffffff) + b"version", errno.EMSGSIZE),
    ("64 KB", head(length=65000) + b"v" * 65000, errno.EMSGSIZE),
    ("text of 512 bytes", head(length=512) + b"v" * 512, errno.EINVAL),
    ("unknown", head(length=3) + b"fly", errno.EINVAL),
    ("control characters", head(length=8) + b"\x1b]0;a\x07\r\n", errno.EINVAL),
    ("a device of no kind", head(length=12) + b"config xyz=1", errno.EINVAL),
    ("a number past all", head(length=19) + b"config ubd999999=/x", errno.EINVAL),
    ("a number past 64 bits", head(length=34) + b"config con99999999999999999999=null", errno.EINVAL),
    ("a file name without end", head(length=512) + b"config ubd1=/" + b"x" * 499, None),
]
for name, data, want in table:
    got = answers(data)
    print("mconsole:", name, "->", got and (errno.errorcode.get(got[0]), got[1][:60]))
    if want is None:
        # Nothing, or a refusal: never a success.
        assert got is None or got[0] != 0, name
    else:
        assert got is not None and got[0] != 0 and got[1], name
    assert got is None or not re.search(rb"[\0-\x1f\x7f]", got[1].rstrip(b"\0")), name
PY
mc 2 'too long' log "$(printf '%600s' x)"
printf 'version\0junk\nfly\033[2J\nversion\n' | timeout 20 uml_mconsole g >"$T/out" 2>&1 && fail "control characters in a command are no error"
! LC_ALL=C grep -q $'\x1b' "$T/out" || fail "the client prints control characters"
# The guest's words, too.
printf 'printf "\\033]0;pwned\\007" >/dev/kmsg; echo log-$((1 + 1))\n' >in
wait_for 20 grep -q log-2 con || fail "the guest does not go on"
for what in log "proc cmdline"; do
	# shellcheck disable=SC2086
	mc 0 '^OK' $what
	! LC_ALL=C grep -q $'\x1b' "$T/out" || fail "uml_mconsole $what prints control characters of the guest"
done
echo 'poweroff -f' >in
wait "$guest"
[ $? -eq 0 ] || fail "the guest did not end in order"

# --- consoles ----------------------------------------------------------------

LINUX=$LINUX PYTHONPATH=$BODY python3 - <<'PY' || fail "consoles"
from console_lib import *

SEQUENCES = {
    "one endless sequence": b"\x1b[" + b"1;" * 32768,
    "an endless title": b"\x1b]0;" + b"t" * 65536,
    "many short ones": b"\x1b[A\x1b[200~\x1bOP\x9b1m" * 6000,
    "the escape key": b"\x1d\x1d" * 32768,
}


def alive(t, n):
    t.send(b"\x15\recho alive-$((%d+1))\r" % n)
    return t.until(b"alive-%d" % (n + 1))


def feed(t, data):
    """In a process of its own: the echo must be read meanwhile."""
    pid = os.fork()
    if pid == 0:
        t.send(data)
        os._exit(0)
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        t.seen += t.read(0.05) or b""
        t.seen = t.seen[-100000:]


def sequences(t):
    for n, (name, data) in enumerate(SEQUENCES.items()):
        t.send(b"stty raw -echo; echo rea''dy; dd bs=1024 count=64 iflag=fullblock of=/dev/null; stty sane; echo ov''er\r")
        t.until(b"ready")
        feed(t, data[:65536] + b"x" * max(0, 65536 - len(data)) + b"x" * 65536)
        t.until(b"over")
        check(alive(t, n), "64 KB on the keyboard: " + name)
        t.send(b"x=$(printf '\\033[1;%.0s' $(seq 16384)); printf '%s\\n' \"$x\" \"$x\" >/dev/tty; printf '\\033[m'; echo sh''own\r")
        t.until(b"shown")
    check(alive(t, 50), "64 KB of escape sequences on the screen")


def resizes(t):
    for n in range(5000):
        t.resize(1 + n % 200, 1 + n % 300)
    t.resize(33, 77)
    for _ in range(100):
        t.send(b"stty size; echo said-$((1+1))\r")
        if b"33 77\r\n" in t.until(b"said-2\r\n"):
            break
        time.sleep(0.1)
    else:
        raise Failure("the last of 5,000 sizes is not the guest's")
    for rows, cols in ((0, 0), (65535, 65535)):
        t.resize(rows, cols)
        check(alive(t, rows + 60), "%d rows" % rows)
    print("ok: a storm of 5,000 sizes")


def hangup():
    t = Terminal("ssl0=port:0")
    t.until(PROMPT)
    t.send(b"while :; do echo flood; done\r")
    t.until(b"flood\r\nflood")
    os.close(t.fd)
    os.close(t.slave)
    t.fd = os.pipe()[0]  # nothing more comes
    check(t.wait() in (129, -signal.SIGHUP), "a terminal that goes away ends the guest")


def body():
    t = Terminal()
    t.until(PROMPT)
    sequences(t)
    resizes(t)
    t.send(b"\x1d.")
    t.wait()
    check(t.restored(), "the terminal is as it was")
    hangup()


run(body)
PY

# --- command lines -----------------------------------------------------------

big=$(head -c 120000 /dev/zero | tr '\0' x) # the host takes 128 KB a word
control=$(printf 'a\033]0;x\007\nb')
mapfile -t many < <(seq -f 'w%g' 10000)
for p in linux uml_run uml_mkcow uml_moo uml_cow uml_mconsole uml_mkroot; do
	for first in --no-such-option "--$big" "--$control" '-' ''; do
		timeout 20 "$p" "$first" "${many[@]}" >"$T/out" 2>&1 </dev/null
		status=$?
		case $status in
		0 | 124 | 12[89] | 1[3-9]? | 2??) fail "$p with 10,000 words and '${first:0:20}': status $status" ;;
		esac
		! LC_ALL=C grep -q $'\x1b' "$T/out" || fail "$p prints control characters"
		[ "$(wc -l <"$T/out")" -eq 1 ] || fail "$p: not one line"
		[ "$(wc -c <"$T/out")" -lt 5000 ] || fail "$p: an endless line"
	done
done
expect_status 64 boot "$control"
one_line
expect_text 'control character'
expect_status 66 boot ubd1="/$big"
one_line
expect_text 'File name too long'
expect_status 125 timeout 30 "$RUN" --keep "/$big" true
one_line
expect_text 'File name too long'
long=$(printf '%0200d' 0)
expect_status 125 timeout 30 "$RUN" --tmpfs "/etc/passwd/$long/$long" -- true
one_line
expect_text 'uml_run: --tmpfs .*: not a directory$'
wide=("$big" "$big" "$big" "$big" "$big" "$big" "$big" "$big" "$big")
expect_status 64 boot "${wide[@]}"
one_line
expect_text 'more than the guest kernel takes'
# What the host can start, uml_run can: 10,000 words, more than a megabyte of them, line breaks.
# shellcheck disable=SC2016
[ "$(timeout 30 "$RUN" -- sh -c 'echo $#' x "${many[@]}")" = 10000 ] || fail "uml_run: 10,000 words"
# shellcheck disable=SC2016
[ "$(timeout 30 "$RUN" -- sh -c 'printf %s "$*" | wc -c' x "${wide[@]}")" = 1080008 ] || fail "uml_run: a megabyte of words"
[ "$(timeout 30 "$RUN" -- printf %s "$control")" = "$control" ] || fail "uml_run: control characters in a word"
echo "command lines"
