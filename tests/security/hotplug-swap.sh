#!/bin/bash
# timeout: 120
# needs: python3
# While a disk is added by name, somebody else swaps that name between a file, a symbolic link to a
# secret, a FIFO and a directory: the guest gets the file or the command fails, never the secret,
# and the loader does not hang.
set -euo pipefail
PYTHONPATH=tests/system exec python3 - <<'END'
import glob
from console_lib import *

MCONSOLE = "build/bin/uml_mconsole"
PUBLIC, SECRET, PATH = work + "/public", work + "/secret", work + "/disk"


def ask(*words):
    r = subprocess.run([MCONSOLE, "-d", work, "-t", "20", "g", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    return r.returncode, r.stdout.decode(errors="replace")


def swapper():
    """Each name is put in place by rename(2): there is no moment without one."""
    n = 0
    while True:
        for make in (lambda p: os.link(PUBLIC, p), lambda p: os.symlink(SECRET, p), lambda p: os.link(PUBLIC, p), os.mkfifo):
            new = "%s.%d" % (PATH, n)
            n += 1
            make(new)
            os.rename(new, PATH)


def holds_secret(t):
    """Whether the loader or a process of the guest has the secret open."""
    want = os.stat(SECRET)
    for pid in [t.pid] + tree(t.pid):
        for fd in glob.glob("/proc/%d/fd/*" % pid):
            try:
                st = os.stat(fd)
            except OSError:
                continue
            if (st.st_dev, st.st_ino) == (want.st_dev, want.st_ino):
                return True
    return False


def first_bytes(t, n):
    t.send(b"echo is-$(head -c 6 /dev/ubdb)-$((%d))\r" % n)
    return re.search(rb"\r\n(is-\w+-%d)\r\n" % n, t.until(b"-%d\r\n" % n)).group(1)


def body():
    for path, text in (PUBLIC, b"public"), (SECRET, b"secret"):
        with open(path, "wb") as f:
            f.write(text.ljust(1 << 16))
    os.link(PUBLIC, PATH)
    t = Terminal("umid=g")
    t.until(PROMPT)

    # What this test looks for is seen when it is there.
    check(ask("config", "ubd1=" + SECRET)[0] == 0 and holds_secret(t), "the secret by its own name is seen to be open")
    check(first_bytes(t, 1) == b"is-secret-1", "and read")
    check(ask("remove", "ubd1")[0] == 0 and not holds_secret(t), "and is gone again")

    # Without a race: a link is refused, by name of the reason.
    os.symlink(SECRET, work + "/link")
    status, text = ask("config", "ubd1=%s/link" % work)
    check(status == 1 and "symbolic link" in text, "a symbolic link is refused")
    status, text = ask("config", "ubd1=%s/new.cow,%s/link" % (work, work))
    check(status == 1 and "symbolic link" in text and not os.path.exists(work + "/new.cow"), "also as a backing file: " + text)

    pid = os.fork()
    if pid == 0:
        swapper()
    children.append(pid)
    added = refused = 0
    for n in range(150):
        status, text = ask("config", "ubd1=" + PATH)
        if status:
            refused += 1
            if not ("symbolic link" in text or "FIFO" in text):
                raise Failure("refused for another reason: " + text)
            continue
        added += 1
        if holds_secret(t):
            raise Failure("the secret is open")
        got = first_bytes(t, 1000 + n) if added % 10 == 1 else None
        if got and got != b"is-public-%d" % (1000 + n):
            raise Failure("the guest reads %r" % got)
        if ask("remove", "ubd1")[0]:
            raise Failure("removing it")
    print("added %d times, refused %d times" % (added, refused))
    check(added > 0 and refused > 0, "both happened, and never the secret")
    os.kill(pid, signal.SIGKILL)
    t.send(b"\x1d.")
    t.wait()


run(body)
END
