#!/bin/bash
# timeout: 240
# needs: python3
# A guest that floods: its console and its kernel's log, written without end while the terminal is
# not read; memory; processes; a disk beyond its end. It is held back or refused: the loader stays
# small, other consoles and the management console answer, Ctrl-C works, and the host has lost no
# more than was given.
set -euo pipefail
PYTHONPATH=tests/system exec python3 - <<'END'
from console_lib import *

MB = 1 << 20
MCONSOLE = "build/bin/uml_mconsole"


def ask(*words, seconds=40):
    r = subprocess.run([MCONSOLE, "-d", work, "-t", str(seconds - 5), "g", *words], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=seconds)
    return r.stdout.decode(errors="replace") if r.returncode == 0 else "failed: " + repr(r.stdout)


def field(pid, file, name):
    try:
        with open("/proc/%d/%s" % (pid, file)) as f:
            return sum(int(l.split()[1]) for l in f if l.startswith(name))
    except OSError:
        return 0


def loader_mb(t):
    return field(t.pid, "status", "VmRSS:") / 1024


def guest_mb(t):
    """Memory of all processes of the guest, what they share once."""
    return sum(field(p, "smaps_rollup", "Pss:") for p in tree(t.pid)) / 1024


def line(t, path):
    """The terminal of con1 (a pts of the host)."""
    c = Stream(os.open(path, os.O_RDWR | os.O_NOCTTY))
    c.send(b"\r")
    c.until(PROMPT)
    return c


def answers(c, n):
    c.send(b"echo answer-$((%d+1))\r" % n)
    return c.until(b"answer-%d\r\n" % (n + 1), 60)


def flood(name, command, noise):
    t = Terminal("umid=g", "con1=pts")
    path = re.search(rb"con1 is on (/dev/pts/\d+)", t.until(PROMPT)).group(1).decode()
    c = line(t, path)
    t.send(command)
    t.until(noise)
    # From here on nobody reads the terminal.
    before = loader_mb(t)
    for n in range(5):
        time.sleep(1)
        check(answers(c, n), "%s: another console answers (%d)" % (name, n))
    check("Linux g 6" in ask("version"), name + ": so does the management console")
    check("Linux version" in ask("proc", "version"), name + ": and the guest kernel behind it")
    after = loader_mb(t)
    check(after < 40 and after < before + 4, "%s: the loader has %.1f MB, %.1f before" % (name, after, before))
    # Ctrl-C passes the flood: what comes now is what was under way, and the prompt.
    t.send(b"\x03")
    time.sleep(0.5)
    got = 0
    end = time.time() + 60
    while time.time() < end:
        data = t.read(3)
        if data is None:
            break
        got += len(data)
    check(got < 4 * MB, "%s: Ctrl-C ends it, after %d KB" % (name, got >> 10))
    t.seen = b""
    t.send(b"echo over-$((40+2))\r")
    check(t.until(b"over-42"), name + ": the shell is back")
    c.close()
    t.send(b"\x1d.")
    t.wait()


def floods():
    flood("console", b"echo go; cat /dev/zero | tr '\\0' x\r", b"xxxxxxxx")
    # The log reaches the console with all levels on and the brake for writers off.
    flood("log", b"echo 8 >/proc/sys/kernel/printk; echo on >/proc/sys/kernel/printk_devkmsg; "
          b"while :; do echo '<1>flood of the log flood of the log flood of the log' >/dev/kmsg; done\r",
          b"flood of the log flood of the log flood of the log\r\n")


def memory():
    t = Terminal("umid=g", "mem=64M", "con1=pts")
    path = re.search(rb"con1 is on (/dev/pts/\d+)", t.until(PROMPT)).group(1).decode()
    c = line(t, path)
    # In processes and in files, at the same time.
    t.send(b"mkdir /tmp/m; mount -t tmpfs none /tmp/m; cat /dev/zero >/tmp/m/f & while :; do tail /dev/zero; done\r")
    most = 0
    for n in range(6):
        time.sleep(1)
        most = max(most, guest_mb(t))
    check(most < 64 + 48, "memory: a guest of 64 MB has taken %.0f MB at most" % most)
    check(most > 32, "memory: and would have been seen to take more")
    check("Linux g 6" in ask("version"), "memory: the management console answers")
    check(loader_mb(t) < 40, "memory: the loader has %.1f MB" % loader_mb(t))
    t.send(b"\x1d.")
    t.wait()


def ended(t):
    pid, status = os.waitpid(t.pid, os.WNOHANG)
    if pid:
        print("the guest has ended with status", os.waitstatus_to_exitcode(status))
        children.remove(pid)
    return pid != 0


def processes():
    t = Terminal("umid=g", "mem=64M")
    t.until(PROMPT)
    # The shell of the console is not to be what the guest's kernel kills for want of memory.
    t.send(b"sh -c 'echo 1000 >/proc/self/oom_score_adj; b() { b | b & }; b' &\r")
    most = 0
    for n in range(6):
        time.sleep(1)
        most = max(most, len(tree(t.pid)))
    print("a bomb of processes: %d of the host's at most" % most)
    check(20 < most < 3000, "processes: as many as the guest's memory holds")
    kids = tree(t.pid)
    check("Linux g 6" in ask("version") or ended(t), "processes: the management console answers, or the guest has ended")
    if t.pid in children:
        kids += tree(t.pid)
        os.kill(t.pid, signal.SIGKILL)
        os.waitpid(t.pid, 0)
        children.remove(t.pid)
    end = time.time() + 20
    while time.time() < end and any(os.path.exists("/proc/%d" % p) for p in kids):
        time.sleep(0.05)
    check(not any(os.path.exists("/proc/%d" % p) for p in kids), "processes: none outlives the loader")


def disks():
    plain, backing, cow = work + "/plain", work + "/back", work + "/c.cow"
    for p in plain, backing:
        with open(p, "wb") as f:
            f.truncate(MB)
    t = Terminal("umid=g", "ubd1=" + plain, "ubd2=%s,%s" % (cow, backing))
    t.until(PROMPT)
    limit = os.stat(cow).st_size
    t.send(b"""for d in ubdb ubdc; do cat /dev/urandom | dd of=/dev/$d bs=64k 2>/dev/null; dd if=/dev/zero of=/dev/$d bs=512 seek=2048 count=1 conv=notrunc 2>&1 | grep -c 'No space'; dd if=/dev/zero of=/dev/$d bs=512 seek=4611686018427387903 count=1 2>/dev/null && echo WR''OTE; truncate -s 9M /dev/$d; blkdiscard -o 0 -l 9M /dev/$d 2>/dev/null; done; sync; echo done-$((1+1))\r""")
    out = t.until(b"done-2", 120)
    check(b"WROTE" not in out, "a disk: writes past its end are refused")
    check(out.count(b"\n1\r\n") == 2, "a disk: with 'no space left'")
    check(os.stat(plain).st_size == MB and os.stat(backing).st_size == MB, "a disk is as long as it was")
    check(os.stat(cow).st_size <= max(limit, 12288 + MB), "a COW file holds its disk at most")
    check(os.stat(cow).st_blocks * 512 <= 12288 + MB + 65536, "and takes no more room")
    t.send(b"\x1d.")
    t.wait()


def body():
    floods()
    memory()
    processes()
    disks()


run(body)
END
