#!/bin/bash
# timeout: 120
# needs: python3
# Window sizes: at start, when the window changes, and from telnet; programs get SIGWINCH.
set -euo pipefail
compgen -G 'drivers/control/*_kern.c' >/dev/null || { echo "the guest's control driver is not built in yet"; exit 77; }
PYTHONPATH=tests/system exec python3 - <<'END'
from console_lib import *


def asks_until(s, size, end):
    for _ in range(50):
        s.send(b"stty size; echo said-$((1+1))\r")
        if size in s.until(b"said-2" + end):
            return True
        time.sleep(0.1)
    return False


def terminal():
    t = Terminal(rows=30, cols=100)
    t.until(PROMPT)
    check(asks_until(t, b"30 100\r\n", b"\r\n"), "the size at start")
    t.resize(50, 132)
    check(asks_until(t, b"50 132\r\n", b"\r\n"), "a new size")
    t.send(b"""sh -c 'trap "echo winch-\\$((6*7))" WINCH; while :; do sleep 1; done'\r""")
    t.until(b"done")
    time.sleep(0.5)
    t.resize(24, 80)
    check(t.until(b"winch-42"), "SIGWINCH")
    t.send(b"\x1d.")
    t.wait()


def stopped():
    """A size that comes while the guest is stopped by its management console."""
    t = Terminal("umid=sized", rows=30, cols=100)
    t.until(PROMPT)
    ask = ["build/bin/uml_mconsole", "-d", work, "sized"]
    check(subprocess.run(ask + ["stop"], stdout=subprocess.DEVNULL).returncode == 0, "stop")
    t.resize(41, 111)
    time.sleep(0.5)
    check(subprocess.run(ask + ["go"], stdout=subprocess.DEVNULL).returncode == 0, "go")
    check(asks_until(t, b"41 111\r\n", b"\r\n"), "a size from while the guest was stopped")
    t.send(b"\x1d.")
    t.wait()


def telnet():
    p = background("con0=null", "ssl0=port:0")
    port = int(re.search(rb"on port (\d+)", p.messages.until(b"(telnet)")).group(1))
    c = Stream(socket.create_connection(("127.0.0.1", port)).detach())
    c.send(b"\r")
    c.until(PROMPT)
    c.send(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x64\x00\x1e\xff\xf0")
    check(asks_until(c, b"30 100\r\n", b"\r\n"), "telnet's window size")
    c.send(b"\xff\xfa\x1f\x00\xff\xff\x00\x2b\xff\xf0")
    check(asks_until(c, b"43 255\r\n", b"\r\n"), "telnet's new window size")
    p.kill()


def body():
    terminal()
    stopped()
    telnet()


run(body)
END
