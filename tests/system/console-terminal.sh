#!/bin/bash
# timeout: 180
# needs: python3
# A guest on a terminal: prompt, sizes, Ctrl-C, escape key; the terminal is given back whatever happens.
set -euo pipefail
PYTHONPATH=tests/system exec python3 - <<'END'
from console_lib import *


def sizes_and_keys():
    t = Terminal(rows=30, cols=100)
    t.until(PROMPT)
    t.send(b"stty size\r")
    check(t.until(b"30 100\r\n"), "the guest knows the window's size")
    t.send(b"sleep 1000; echo woke-$((1+1))\r")
    t.until(b"sleep 1000")
    time.sleep(0.5)
    t.send(b"\x03")
    t.until(PROMPT)
    t.send(b"echo alive-$((1+1))\r")
    check(t.until(b"alive-2"), "Ctrl-C interrupts in the guest")
    check(not fcntl.fcntl(t.slave, fcntl.F_GETFL) & os.O_NONBLOCK, "the terminal stays blocking for others")
    t.send(b"stty raw -echo; echo ready-$((1+1)); head -c 1 | od -c; stty sane\r")
    t.until(b"ready-2")
    t.send(b"\x1d\x1d")
    check(t.until(b"035"), "the escape key twice reaches the guest once")
    t.until(PROMPT)
    t.send(b"\x1d")
    t.until(b"back ]")
    t.send(b"?")
    t.until(b"goes back")
    t.send(b".")
    check(t.wait() == 0, "the escape key ends the guest")
    check(t.restored(), "the terminal is as before")


def shut_down():
    t = Terminal()
    t.until(PROMPT)
    t.send(b"\x1dh")
    check(t.wait() == 0, "the escape key shuts the guest down")
    check(t.restored(), "the terminal is as before")


def no_escape():
    t = Terminal("escape=none")
    t.until(PROMPT)
    t.send(b"\x1d.\x15poweroff\r")
    check(t.wait() == 0, "escape=none: the guest gets the key")


def killed(sig):
    t = Terminal()
    t.until(PROMPT)
    os.kill(t.pid, sig)
    status = t.wait()
    check(status in (128 + sig, -sig), "signal %d ends the loader" % sig)
    check(t.restored(), "the terminal is as before after signal %d" % sig)


def lost():
    t = Terminal()
    t.until(PROMPT)
    os.close(t.slave)
    os.close(t.fd)
    end = time.time() + 30
    while time.time() < end:
        pid, status = os.waitpid(t.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(0.05)
    check(pid and os.waitstatus_to_exitcode(status) == 129, "a lost terminal ends the guest")
    children.remove(pid)


def body():
    sizes_and_keys()
    shut_down()
    no_escape()
    killed(signal.SIGTERM)
    killed(signal.SIGKILL)
    killed(signal.SIGSEGV)
    lost()


run(body)
END
