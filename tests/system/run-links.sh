#!/bin/bash
# timeout: 200
# needs: python3
# The same steps on the host and below uml_run, in a tree with hard links, at random (seeds that are
# always the same): names, contents, modes, counts of links, which names are one file, errors. In the
# overlay, and in a directory that is shared; the guest's caches are dropped on the way.
. tests/system/lib.sh

SEEDS=${SEEDS:-1 2 3 4}
RUN=$PWD/build/bin/uml_run
mkdir -p "$T/home"
cat >"$T/tree.py" <<'PY'
import os, random, sys
d, seed = sys.argv[1], int(sys.argv[2])
r = random.Random(seed)
os.makedirs(d + "/x/z")
os.makedirs(d + "/y")
for i in range(8):
    f = "%s/f%d" % (d, i)
    with open(f, "w") as out:
        out.write("base %d\n" % i * 5)
    for j in range(r.randrange(4)):
        os.link(f, "%s/%s/l%d_%d" % (d, r.choice([".", "x", "y", "x/z"]), i, j))
PY
cat >"$T/steps.py" <<'PY'
import os, random, sys
d, seed, guest = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "guest"
r = random.Random(seed)


def names():
    return sorted(os.path.join(p, f)[len(d) + 1:] for p, _, fs in os.walk(d) for f in fs)


def read(name):
    with open(name, "rb") as f:
        return f.read()


# Each file with all its names under the first of them.
def state():
    first, all = {}, []
    for name in names():
        s = os.lstat(name)
        one = first.setdefault((s.st_dev, s.st_ino), name)
        all.append((name, one, s.st_nlink, oct(s.st_mode), read(name)))
    return all


def append(name, target, i):
    with open(name, "a") as f:
        f.write("more %d\n" % i)


def anew(name, target, i):
    with open(target, "w") as f:
        f.write("new %d\n" % i)


def through(name, target, i):
    with open(name, "r+b") as f:
        os.link(name, target)
        f.write(b"through")


steps = [
    lambda name, target, i: os.link(name, target),
    lambda name, target, i: os.unlink(name),
    lambda name, target, i: os.rename(name, target),
    lambda name, target, i: os.truncate(name, i % 50),
    lambda name, target, i: os.chmod(name, [0o644, 0o600, 0o755][i % 3]),
    lambda name, target, i: os.lstat(name).st_nlink,
    append, anew, through,
]
os.chdir(d)
d = os.getcwd()
for i in range(400):
    have = names()
    name = r.choice(have) if have else "none"
    target = "%s/n%d" % (r.choice([".", "x", "y", "x/z"]), r.randrange(30))
    step = r.randrange(len(steps))
    try:
        came = steps[step](name, target, i)
    except OSError as e:
        came = os.strerror(e.errno)
    print(i, step, name, target, came)
    if guest and i % 40 == 0:
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("2")
    if i % 50 == 0:
        print(state())
print(state())
PY

for seed in $SEEDS; do
	for how in "" "--rw $T/d"; do
		rm -rf "$T/d" "$T/host"
		python3 "$T/tree.py" "$T/d" "$seed" && cp -a "$T/d" "$T/host" || fail "making a tree"
		before=$(cd "$T/d" && find . -type f -exec cksum {} + | sort)
		python3 "$T/steps.py" "$T/host" "$seed" host >"$T/expected" 2>&1 || fail "on the host: $(tail -n 1 "$T/expected")"
		# shellcheck disable=SC2086
		HOME=$T/home timeout -k 5 60 "$RUN" --user root --mem 96M $how -- python3 "$T/steps.py" "$T/d" "$seed" guest \
			>"$T/out" 2>&1 || fail "seed $seed, '$how'"
		if ! cmp -s "$T/expected" "$T/out"; then
			diff "$T/expected" "$T/out" | cut -c 1-400 | head -n 6
			: >"$T/out"
			fail "seed $seed, '$how': not as on the host"
		fi
		[ -n "$how" ] || [ "$(cd "$T/d" && find . -type f -exec cksum {} + | sort)" = "$before" ] || fail "seed $seed: the host's files were changed"
	done
	echo "seed $seed: $(wc -l <"$T/out") lines"
done
