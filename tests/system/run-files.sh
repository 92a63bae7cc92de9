#!/bin/bash
# timeout: 300
# needs: python3
# Files of the host below uml_run: what changes underneath, inotify, large directories.
. tests/system/lib.sh

RUN=$(dirname "$LINUX")/uml_run
run() { HOME=$T/home timeout -k 5 120 "$RUN" "$@"; }
mkdir -p "$T/home" "$T/d" "$T/many"
chmod 755 "$T" "$T/home" "$T/d" "$T/many"

# --- what changes on the host while the guest has seen it ----------------------

# A guest that does the steps that come on its input, each after a change on the host; so nothing
# is timed. Its answers go to $T/says.
cat >"$T/steps.py" <<'PY'
import mmap, os, sys
d = sys.argv[1]


def see(path):
    try:
        if os.path.isdir(path):
            return ",".join(sorted(os.listdir(path)))
        with open(path) as f:
            return f.read().strip()
    except OSError as e:
        return os.strerror(e.errno)


held = mapped = None
print("ready", flush=True)
for line in sys.stdin:
    what, _, name = line.strip().partition(" ")
    path = d + "/" + name
    if what == "see":
        print(see(path), flush=True)
    elif what == "hold":
        held = open(path)
        print(held.readline().strip(), flush=True)
    elif what == "held":
        held.seek(0)
        print(held.readline().strip(), flush=True)
    elif what == "write":
        try:
            with open(path, "w") as f:
                f.write("of the guest\n")
            print(see(path), flush=True)
        except OSError as e:
            print(os.strerror(e.errno), flush=True)
    elif what == "mode":
        print("%o" % (os.stat(path).st_mode & 0o7777), flush=True)
    elif what == "map":
        with open(path, "rb") as f:
            mapped = mmap.mmap(f.fileno(), 4, prot=mmap.PROT_READ)
        print(mapped[:4].decode(), flush=True)
    elif what == "mapped":
        print(mapped[:4].decode(), flush=True)
    elif what == "mounted":
        print(os.path.ismount(path), flush=True)
    elif what == "remove":
        try:
            os.unlink(path)
            print("removed", flush=True)
        except OSError as e:
            print(os.strerror(e.errno), flush=True)
PY

begin() { # with the options of $how
	local answer
	rm -f "$T/in" "$T/says"
	mkfifo "$T/in" "$T/says"
	# shellcheck disable=SC2086
	run $how -- python3 "$T/steps.py" "$T/d" <"$T/in" >"$T/says" &
	guest=$!
	exec 5>"$T/in" 6<"$T/says"
	IFS= read -r -t 60 answer <&6 && [ "$answer" = ready ] || fail "$how: no guest"
}

finish() {
	exec 5>&- 6<&-
	wait $guest || fail "$how: status $?"
}

ask() { # STEP EXPECTED
	echo "$1" >&5
	local answer
	IFS= read -r -t 30 answer <&6 || fail "$how: no answer to '$1'"
	[ "$answer" = "$2" ] || fail "$how: '$1' gives '$answer', not '$2'"
}

# What is known of a file that is there is asked for again after a tick of the guest (10 ms).
tick() { sleep 0.05; }

for how in "" "--rw $T/d" "--ro $T/d"; do
	rm -rf "$T/d"
	mkdir -p "$T/d/sub/deep"
	echo old >"$T/d/file"
	echo old >"$T/d/sub/file"
	begin

	# A name that was looked up in vain and is made then, at the top, below, and with its directory.
	ask "see new" "No such file or directory"
	ask "see sub/new" "No such file or directory"
	ask "see made/below/new" "No such file or directory"
	echo made >"$T/d/new"
	echo made >"$T/d/sub/new"
	mkdir -p "$T/d/made/below"
	echo made >"$T/d/made/below/new"
	ask "see new" made
	ask "see sub/new" made
	ask "see made/below/new" made
	ask "see made/below" new
	# Written to in place, replaced, removed, and there again.
	ask "see file" old
	echo changed >"$T/d/file"
	tick
	ask "see file" changed
	echo replaced >"$T/d/tmp" && mv "$T/d/tmp" "$T/d/file"
	tick
	ask "see file" replaced
	ask "hold file" replaced
	rm "$T/d/file"
	tick
	ask "see file" "No such file or directory"
	ask "held" replaced
	echo again >"$T/d/file"
	ask "see file" again
	# What is mapped is another as soon as somebody looks at the file.
	echo once >"$T/d/mapped"
	ask "map mapped" once
	echo then 1<>"$T/d/mapped"
	tick
	ask "see mapped" then
	ask "mapped" then
	rm "$T/d/mapped"
	# Rights.
	chmod 604 "$T/d/new"
	tick
	ask "mode new" 604
	chmod 1750 "$T/d/sub"
	tick
	ask "mode sub" 1750
	chmod 644 "$T/d/new"
	# A directory that goes, and another under its name.
	ask "see sub" deep,file,new
	mv "$T/d/sub" "$T/d/moved"
	tick
	ask "see sub/file" "No such file or directory"
	ask "see moved" deep,file,new
	mkdir "$T/d/sub"
	echo other >"$T/d/sub/file"
	ask "see sub/file" other
	ask "see sub" file
	# Other kinds under the same name.
	rm "$T/d/file" && mkdir "$T/d/file" && : >"$T/d/file/inside"
	tick
	ask "see file" inside
	rm -r "$T/d/file" && ln -s new "$T/d/file"
	tick
	ask "see file" made
	rm "$T/d/file" && echo plain >"$T/d/file"
	tick
	ask "see file" plain
	case $how in
	"") # The guest's own changes win, and are none of the host's.
		ask "write file" "of the guest"
		echo host >"$T/d/file"
		tick
		ask "see file" "of the guest"
		rm "$T/d/file"
		tick
		ask "see file" "of the guest"
		ask "remove new" removed
		ask "see new" "No such file or directory"
		ask "write fresh" "of the guest"
		ask "remove sub/file" removed
		[ ! -e "$T/d/fresh" ] && [ -e "$T/d/new" ] && [ -e "$T/d/sub/file" ] || fail "the guest changed the host's files"
		;;
	--rw*)
		ask "write file" "of the guest"
		[ "$(cat "$T/d/file")" = "of the guest" ] || fail "--rw: the host does not see what was written"
		echo host >"$T/d/file"
		tick
		ask "see file" host
		;;
	--ro*) ask "write file" "Read-only file system" ;;
	esac
	finish
done

# What is mounted on a directory, or below, stays when the host puts another in its place: what is
# hidden stays hidden, and what is shared does not turn into a layer in memory.
for dir in share hide; do
	how="--$([ $dir = share ] && echo rw || echo hide) $T/d/parent/$dir"
	rm -rf "$T/d"
	mkdir -p "$T/d/parent/$dir"
	begin
	ask "mounted parent/$dir" True
	mv "$T/d/parent" "$T/d/moved"
	mkdir -p "$T/d/parent/$dir"
	echo host >"$T/d/parent/$dir/file"
	tick
	ask "mounted parent/$dir" True
	[ $dir = share ] || ask "see parent/$dir/file" "No such file or directory"
	echo "write parent/$dir/file" >&5
	IFS= read -r -t 30 answer <&6 || fail "$how: no answer"
	[ "$answer" != "of the guest" ] || [ "$(cat "$T/d/parent/$dir/file")" = "of the guest" ] || fail "$how: what was written is nowhere"
	finish
done
echo "files that change underneath"

# --- names ----------------------------------------------------------------------

cat >"$T/names.py" <<'PY'
import errno, os, sys
os.chdir(sys.argv[1])


def text(path):
    with open(path) as f:
        return f.read().strip()


os.link("file", "second")
with open("second", "a") as f:
    f.write("more\n")
assert text("file") == "file\nmore" and os.stat("second").st_nlink == 2
os.rename("old", "new")
assert text("new") == "old" and not os.path.exists("old")
held = os.open("under", os.O_RDONLY)
os.rename("over", "under")
assert os.read(held, 10) == b"under\n" and text("under") == "over" and not os.path.exists("over")
os.rename("dir", "moved")
assert text("moved/deep/x") == "x" and not os.path.exists("dir")
os.mkdir("dir")
assert os.listdir("dir") == []
os.rename("moved/deep", "dir/deep")
assert text("dir/deep/x") == "x" and os.listdir("moved") == []
try:
    os.rename("moved", "full")
    assert False
except OSError as e:
    assert e.errno == errno.ENOTEMPTY, e
os.unlink("full/x")
os.rename("moved", "full")
PY
tree_of() { (cd "$1" && find . | sort | xargs); }
for how in "" "--rw $T/d" "--keep $T/kept"; do
	rm -rf "$T/d"
	mkdir -p "$T/d/dir/deep" "$T/d/full"
	for name in file old over under dir/deep/x full/x; do
		basename $name >"$T/d/$name"
	done
	before=$(tree_of "$T/d")
	# shellcheck disable=SC2086
	run $how -- python3 "$T/names.py" "$T/d" >"$T/out" 2>&1 || fail "names: '$how'"
	now='. ./dir ./dir/deep ./dir/deep/x ./file ./full ./new ./second ./under'
	case $how in
	--rw*) [ "$(tree_of "$T/d")" = "$now" ] || fail "names: the host has $(tree_of "$T/d")" ;;
	*) [ "$(tree_of "$T/d")" = "$before" ] || fail "names: '$how' changes the host's" ;;
	esac
	case $how in
	--keep*)
		run $how -- sh -c "cd $T/d && find . | sort | xargs" >"$T/out" 2>&1
		[ "$(cat "$T/out")" = "$now" ] || fail "names: of what was kept there is $(cat "$T/out")" ;;
	esac
done
echo "names"

# Two names of one file stay that, whichever is changed, also where the change is kept; names that
# are taken away and new ones count. Numbers stay what they are on the host.
links='set -e; cd "$1"; echo two >>b; cat a; stat -c %i:%h a b; ln c d; rm a; mv b e; echo three >>d; cat e; stat -c %i:%h c d e'
for how in "" "--rw $T/d" "--keep $T/kept-links"; do
	rm -rf "$T/d"
	mkdir "$T/d"
	(cd "$T/d" && echo one >a && ln a b && ln a c)
	ino=$(stat -c %i "$T/d/a")
	# shellcheck disable=SC2086
	run $how -- sh -c "$links" sh "$T/d" >"$T/out" 2>&1 || fail "hard links: '$how'"
	[ "$(xargs <"$T/out")" = "one two $ino:3 $ino:3 one two three $ino:3 $ino:3 $ino:3" ] || fail "hard links: '$how'"
	case $how in
	--rw*) [ "$(xargs <"$T/d/c")" = "one two three" ] || fail "hard links: the host has another file" ;;
	*) [ "$(cat "$T"/d/{a,b,c} | xargs)" = "one one one" ] || fail "hard links: '$how' changes the host's" ;;
	esac
	case $how in
	--keep*)
		run $how -- sh -c "cd $T/d && ls && echo four >>c && cat d && stat -c %i:%h c d e" >"$T/out" 2>&1
		[ "$(xargs <"$T/out")" = "c d e one two three four $ino:3 $ino:3 $ino:3" ] || fail "hard links that were kept"
		;;
	esac
done
# The host's root has another number, as after a start of it: what was kept is there all the same.
if [ "$(id -u)" = 0 ]; then
	mkdir "$T/root"
	HOME=$T/home RUN=$RUN unshare -m sh -c 'mount -t tmpfs none "$1/root" && cd "$1/root" && mkdir root
		for d in $(cd / && find . -mindepth 1 -maxdepth 1 -type d ! -name root ! -name "lost*"); do
			mkdir "$d" && mount --rbind "/$d" "$d" || exit; done
		[ ! -d /root ] || mount --rbind /root root
		for l in $(find / -mindepth 1 -maxdepth 1 -type l); do cp -d "$l" .; done
		exec chroot . timeout -k 5 60 "$RUN" --keep "$1/kept-links" -- cat "$1/d/e"' sh "$T" >"$T/out" 2>&1
	[ "$(xargs <"$T/out")" = "one two three four" ] || fail "on a host whose numbers are others"
fi
echo "hard links"

# What a user may not read on the host, it may not in the guest, nor put in its place by another name.
if [ "$(id -u)" = 0 ]; then
	install -m 755 "$LINUX" "$T/linux"
	ln -s linux "$T/uml_run"
	install -d -m 755 -o 54321 "$T/user"
	echo other | install -m 600 /dev/stdin "$T/user/root"
	echo own | install -m 200 -o 54321 /dev/stdin "$T/user/own"
	as() { (cd "$T/user" && HOME=$T/user timeout -k 5 60 setpriv --reuid=54321 --regid=54321 --clear-groups "$T/uml_run" "$@"); }
	for how in "--chdir $T/user" "--rw $T/user"; do
		for user in me root; do
			# shellcheck disable=SC2086
			as $how --user $user -- sh -c "cat root; cp root copy; cat copy; ln root link; cat link; cat own" >"$T/out" 2>&1
			! grep -qE '^(other|own)$' "$T/out" || fail "'$how', as $user: what cannot be read is read"
			rm -f "$T/user/link" "$T/user/copy"
		done
	done
	as -- sh -c 'cat root' >"$T/out" 2>&1
	expect_text 'Permission denied'
fi
echo "rights"

# --- inotify inside ----------------------------------------------------------

# What the guest itself does is told, in the overlay and in a share. (What the host does is not:
# no file system of another kernel's tells that.)
cat >"$T/notify.py" <<'PY'
import ctypes, os, select, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
d = sys.argv[1]
names = {1: "access", 2: "modify", 4: "attrib", 8: "close", 0x40: "from", 0x80: "to", 0x100: "create", 0x200: "delete"}
fd = libc.inotify_init1(0)
assert libc.inotify_add_watch(fd, d.encode(), 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200) >= 0
assert libc.inotify_add_watch(fd, (d + "/old").encode(), 0x2) >= 0
pid = os.fork()
if pid == 0:
    with open(d + "/a", "w") as f:
        f.write("x")
    os.rename(d + "/a", d + "/b")
    os.mkdir(d + "/dir")
    os.chmod(d + "/b", 0o600)
    with open(d + "/old", "a") as f:
        f.write("more")
    os.unlink(d + "/b")
    os._exit(0)
os.waitpid(pid, 0)
got = []
while select.select([fd], [], [], 0)[0]:
    data, at = os.read(fd, 65536), 0
    while at < len(data):
        wd, mask, cookie, n = struct.unpack_from("iIII", data, at)
        name = data[at + 16:at + 16 + n].rstrip(b"\0").decode()
        got.append("%d:%s:%s" % (wd, names.get(mask & 0xfff, hex(mask)), name))
        at += 16 + n
print(" ".join(got))
PY
for how in "" "--rw $T/d"; do
	rm -rf "$T/d"
	mkdir "$T/d"
	echo old >"$T/d/old"
	# shellcheck disable=SC2086
	run $how -- python3 "$T/notify.py" "$T/d" >"$T/out" 2>&1 || fail "inotify: '$how'"
	for event in 1:create:a 1:modify:a 1:close:a 1:from:a 1:to:b 1:create:dir 1:attrib:b 1:modify:old 2:modify: 1:delete:b; do
		tr ' ' '\n' <"$T/out" | found -x "$event" || fail "inotify: '$how': no $event"
	done
done
echo "inotify"

# --- attributes -----------------------------------------------------------------

# Each is looked at in the guest and then on the host.
cat >"$T/attributes.py" <<'PY'
import mmap, os, sys, time
d = sys.argv[1]
os.chdir(d)
T = 981173106123456789
for name in "set", "now", "write", "old":
    with open(name, "w") as f:
        f.write("x")
    os.utime(name, ns=(T, T + 1))
os.symlink("old", "link")
os.symlink("nowhere", "dangling")
os.utime("link", ns=(T + 2, T + 3), follow_symlinks=False)
os.utime("dangling", ns=(T + 2, T + 3), follow_symlinks=False)
os.utime("now")
os.utime("set", ns=(T + 4, os.stat("set").st_mtime_ns))
with open("write", "a") as f:
    f.write("y")
os.truncate("write", 1)
with open("mapped", "w+b") as f:
    f.truncate(8192)
    with mmap.mmap(f.fileno(), 8192) as m:
        m[0:5] = b"begin"
        m[8187:8192] = b"ended"
        m.flush()
        os.pwrite(f.fileno(), b"W", 0)
        assert m[0:5] == b"Wegin"
if os.getuid() == 0:
    os.chown("set", 12, 34)
    os.chown("link", 56, 78, follow_symlinks=False)
s = os.lstat
print(s("set").st_atime_ns - T, s("set").st_mtime_ns - T, s("old").st_atime_ns - T, s("link").st_mtime_ns - T,
      s("dangling").st_mtime_ns - T, s("set").st_uid, s("old").st_uid, s("link").st_gid)
assert abs(time.time() - s("now").st_mtime) < 60 and abs(time.time() - s("write").st_mtime) < 60
PY
cat >"$T/seen.py" <<'PY'
import os, sys, time
os.chdir(sys.argv[1])
T = 981173106123456789
s = os.lstat
print(s("set").st_atime_ns - T, s("set").st_mtime_ns - T, s("old").st_atime_ns - T, s("link").st_mtime_ns - T,
      s("dangling").st_mtime_ns - T, s("set").st_uid, s("old").st_uid, s("link").st_gid)
assert abs(time.time() - s("now").st_mtime) < 60 and abs(time.time() - s("write").st_mtime) < 60
m = open("mapped", "rb").read()
assert m[0:5] == b"Wegin" and m[8187:] == b"ended", m
PY
uid=$(id -u)
[ "$uid" = 0 ] && expected="4 1 0 3 3 12 0 78" || expected="4 1 0 3 3 $uid $uid $(id -g)"
rm -rf "$T/d"
mkdir "$T/d"
run --rw "$T/d" -- python3 "$T/attributes.py" "$T/d" >"$T/out" 2>&1 || fail "attributes in a share"
[ "$(cat "$T/out")" = "$expected" ] || fail "attributes in a share: the guest sees $(cat "$T/out"), not $expected"
python3 "$T/seen.py" "$T/d" >"$T/out" 2>&1 || fail "attributes in a share: the host sees otherwise"
[ "$(cat "$T/out")" = "$expected" ] || fail "attributes in a share: the host sees $(cat "$T/out"), not $expected"
echo "attributes, mappings"

# --- locks ----------------------------------------------------------------------

# Programs of two guests and of the host at the same files. Each has two processes, a and b, that do
# what they are told; the driver on the host compares their answers.
cat >"$T/locks.py" <<'PY'
import errno, fcntl, os, struct, subprocess, sys
d = sys.argv[1]
WHAT = {"r": fcntl.F_RDLCK, "w": fcntl.F_WRLCK, "u": fcntl.F_UNLCK}
FLOCK = {"r": fcntl.LOCK_SH, "w": fcntl.LOCK_EX, "u": fcntl.LOCK_UN}


def step(files, words):
    cmd, name = words[0], words[1]
    try:
        if cmd == "open":
            files[name] = os.open(d + "/" + words[2], os.O_RDWR if words[3] == "rw" else os.O_RDONLY)
        elif cmd == "close":
            os.close(files.pop(name))
        elif cmd in ("flock", "flockwait"):
            fcntl.flock(files[name], FLOCK[words[2]] | (fcntl.LOCK_NB if cmd == "flock" else 0))
        elif cmd in ("range", "rangewait", "get"):
            call = {"range": fcntl.F_SETLK, "rangewait": fcntl.F_SETLKW, "get": fcntl.F_GETLK}[cmd]
            lock = struct.pack("hhqqi4x", WHAT[words[2]], 0, int(words[3]), int(words[4]), 0)
            t, _, start, n, pid = struct.unpack("hhqqi4x", fcntl.fcntl(files[name], call, lock))
            if cmd == "get":
                return "free" if t == fcntl.F_UNLCK else "%s %d %d" % ("rwu"[t], start, n)
        return "ok"
    except OSError as e:
        return "busy" if e.errno in (errno.EAGAIN, errno.EACCES) else errno.errorcode[e.errno]


def worker():
    files = {}
    for line in sys.stdin:
        print(step(files, line.split()), flush=True)


def spawn(argv):
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def router():
    me = {n: spawn([sys.executable, sys.argv[0], d, "worker"]) for n in "ab"}
    print("ready", flush=True)
    for line in sys.stdin:
        who, _, rest = line.partition(" ")
        if rest.strip() == "kill":
            me[who].kill()
            me[who].wait()
            print("ok", flush=True)
            continue
        if who.isupper():  # its answer is asked for later: it waits
            me[who.lower()].stdin.write(rest)
            continue
        if rest.strip() != "answer":
            me[who].stdin.write(rest)
        print(me[who].stdout.readline().strip(), flush=True)
    for p in me.values():
        p.stdin.close()
        p.wait()


def driver():
    run = sys.argv[3:]
    py = [sys.executable, sys.argv[0], d, "router"]
    side = {"g": spawn(run + py), "o": spawn(run + py), "h": spawn(py)}
    for p in side.values():
        assert p.stdout.readline() == "ready\n"

    def tell(text, expected=None):  # "g a flock f w"
        who, _, rest = text.partition(" ")
        side[who].stdin.write(rest + "\n")
        if rest[0].isupper():
            return
        got = side[who].stdout.readline().strip()
        assert got == expected, "%s: %s, not %s" % (text, got, expected)

    def all_of(text):
        for line in text.strip().splitlines():
            what, _, expected = line.partition(":")
            tell(what.strip(), expected.strip() or None)

    all_of("""
        g a open f one rw: ok
        g b open f one rw: ok
        o a open f one rw: ok
        h a open f one rw: ok
        g a flock f w: ok
        g b flock f r: busy
        o a flock f r: busy
        h a flock f r: busy
        g a flock f r: ok
        g b flock f r: ok
        o a flock f r: ok
        h a flock f w: busy
        o a flock f u: ok
        g a flock f u: ok
        h a flock f w: busy
        g b close f: ok
        h a flock f w: ok
        g a flock f w: busy
        g A flockwait f w:
        h a flock f u: ok
        g a answer: ok
        h a flock f r: busy
        g a kill: ok
        h a flock f w: ok
        h a flock f u: ok
    """)
    all_of("""
        g b open s two ro: ok
        g b flock s w: ok
        g b open t two rw: ok
        h b open t two rw: ok
        h b flock t r: busy
        g b close t: ok
        h b flock t r: busy
        g b close s: ok
        h b flock t w: ok
        h b close t: ok
    """)
    all_of("""
        g b open r three rw: ok
        o a open r three rw: ok
        o b open r three rw: ok
        h a open r three rw: ok
        g b range r w 0 10: ok
        h a range r w 5 10: busy
        h a range r w 10 10: ok
        o a range r r 9 1: busy
        g b get r w 15 1: w 10 10
        h a get r w 0 0: w 0 10
        g b range r u 4 2: ok
        h a range r w 4 2: ok
        h a range r w 3 1: busy
        g b range r u 0 0: ok
        h a range r u 0 0: ok
        o a range r r 100 50: ok
        o b range r r 120 50: ok
        o a range r u 0 0: ok
        h a range r w 100 20: ok
        h a range r w 120 1: busy
        o b range r u 130 10: ok
        h a range r w 130 10: ok
        o b close r: ok
        h a range r w 0 0: ok
        h a range r u 0 0: ok
        h a range r r 7 1: ok
        o a range r r 7 1: ok
        o a range r w 7 1: busy
        h a range r u 0 0: ok
        h a range r w 7 1: busy
        h a range r r 8 1: ok
        o A rangewait r w 8 1:
        h a range r u 0 0: ok
        o a answer: ok
        h a range r r 8 1: busy
        o a kill: ok
        h a range r w 0 0: ok
    """)
    for p in side.values():
        p.stdin.close()
        assert p.wait() == 0


{"worker": worker, "router": router, "driver": driver}[sys.argv[2]]()
PY
rm -rf "$T/d"
mkdir "$T/d"
touch "$T/d/one" "$T/d/two" "$T/d/three"
timeout -k 5 60 python3 "$T/locks.py" "$T/d" driver env HOME="$T/home" "$RUN" --rw "$T/d" -- >"$T/out" 2>&1 || fail "locks"
echo "locks"

# --- 20,000 files in a directory ---------------------------------------------

(cd "$T/many" && seq -f 'f%05.0f' 20000 | xargs touch)
cat >"$T/many.py" <<'PY'
import os, sys, time
d, changes = sys.argv[1], sys.argv[2] == "change"
start = time.monotonic()


def lap(what):
    global start
    now = time.monotonic()
    print("%s %.2f s" % (what, now - start))
    start = now


names = os.listdir(d)
assert len(names) == 20000 and len(set(names)) == 20000, len(names)
lap("list")
assert sum(e.stat().st_size for e in os.scandir(d)) == 0
lap("stat")
if changes:
    for n in range(20000):
        os.close(os.open(d + "/g%05d" % n, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    lap("create")
    assert len(os.listdir(d)) == 40000
    # Removing while reading: each name that was there at the start comes once.
    seen = 0
    for e in os.scandir(d):
        os.unlink(e.path)
        seen += 1
    assert seen == 40000, seen
    assert os.listdir(d) == []
    lap("delete")
PY
for how in "" "--rw $T/many"; do
	# shellcheck disable=SC2086
	run $how --mem 1G -- python3 "$T/many.py" "$T/many" change >"$T/out" 2>&1 || fail "20,000 files: '$how'"
	echo "20,000 files${how:+ (--rw)}: $(tr '\n' ' ' <"$T/out")"
	if [ -z "$how" ]; then
		[ "$(find "$T/many" -type f | wc -l)" -eq 20000 ] || fail "the host's directory was changed"
	else
		[ -z "$(ls "$T/many")" ] || fail "--rw: files are left"
	fi
done
exit 0
