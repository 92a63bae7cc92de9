#!/bin/bash
# timeout: 180
# needs: python3 telnet
# company: console
# port:N: bytes and telnet, several connections, leaving and coming back, floods.
set -euo pipefail
PYTHONPATH=tests/system exec python3 - <<'END'
import random
from console_lib import *


def connect(port):
    s = socket.create_connection(("127.0.0.1", port))
    return Stream(s.detach())


def port_of(p, line):
    text = p.messages.until(b"(telnet)").decode()
    return int(re.search(line + r" is on port (\d+)", text).group(1))


def session(p, port):
    c = connect(port)
    c.send(b"\r")
    c.until(PROMPT)
    c.send(b"\xff\xfd\x01\xff\xfd\x03\xff\xfb\x1ftty\r\n")
    check(c.until(b"/dev/ttyS0\r\n"), "a telnet client that negotiates is served")
    other = connect(port)
    check(other.until(b"in use"), "a second connection is told that the line is taken")
    other.close()
    c.send(b"X=kept\r\n")
    c.until(PROMPT)
    c.close()
    time.sleep(0.3)
    c = connect(port)
    c.send(b"echo $X-ok\r\n")
    check(c.until(b"kept-ok"), "the session is there after leaving and coming back")
    return c


def floods(c, port):
    # The shell's line editor must be done with the terminal before the flood.
    c.send(b"echo rea''dy; wc -c\r\n")
    c.until(b"ready\r\n")
    pid = os.fork()
    if pid == 0:
        c.send((b"x" * 63 + b"\r\n") * 4000 + b"\x04")
        os._exit(0)
    # Not on a line of its own, always: the echo of the last input may come behind it.
    check(c.until(b"256000", 120), "256,000 bytes of input arrive")
    os.waitpid(pid, 0)
    c.close()
    for blob in (b"\xff\xfa\x1f" + b"y" * 65536, b"\xff\xfd\x63" * 20000, random.Random(7).randbytes(65536)):
        time.sleep(0.2)
        c = connect(port)
        # Noise must not reach a shell: it might mean anything there.
        c.send(b"stty raw -echo; echo ready-$((1+1)); timeout 5 cat >/dev/null; stty sane; echo over-$((1+1))\r")
        c.until(b"ready-2")
        pid = os.fork()
        if pid == 0:
            c.send(blob)
            os._exit(0)
        c.until(b"over-2")
        os.waitpid(pid, 0)
        c.close()
        time.sleep(0.2)
        c = connect(port)
        c.send(b"\recho alive-$((6*7))\r")
        check(c.until(b"alive-42"), "a flood does no harm")
        c.close()
    time.sleep(0.3)


def with_telnet(port):
    p = subprocess.Popen(["telnet", "127.0.0.1", str(port)], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    children.append(p.pid)
    s = Stream(p.stdout.fileno())
    s.until(b"Escape character")
    p.stdin.write(b"\necho from-$((6*7))\n")
    p.stdin.flush()
    check(s.until(b"from-42"), "the telnet program is served")
    p.kill()


def body():
    p = background("con0=null", "ssl0=port:0", "ssl1=port:0")
    port = port_of(p, "ssl0")
    c = session(p, port)
    floods(c, port)
    with_telnet(port)
    check(p.poll() is None, "the loader is well")
    p.terminate()
    check(p.wait(60) == 143, "and ends")


run(body)
END
