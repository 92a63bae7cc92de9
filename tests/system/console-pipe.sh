#!/bin/bash
# timeout: 180
# needs: python3
# stdin and stdout as pipes, files, /dev/null, closed; a slow reader; a reader that goes away.
set -euo pipefail
PYTHONPATH=tests/system exec python3 - <<'END'
from console_lib import *

LINES = 20000


def script():
    text = "echo first-$((6*7))\n" + "echo line-$((6*7))\n" * 400 + "poweroff -f\n"
    p = background(stdin=subprocess.PIPE)
    out = p.communicate(text.encode(), timeout=60)[0]
    check(p.returncode == 0, "a script on a pipe runs to its end")
    check(out == b"first-42\n" + b"line-42\n" * 400, "its output is exactly what it prints")


def from_file():
    path = work + "/script"
    with open(path, "w") as f:
        f.write("cat /proc/consoles\npoweroff -f\n")
    out = work + "/out"
    with open(path) as i, open(out, "w") as o:
        p = background(stdin=i, stdout=o)
        check(p.wait(60) == 0, "files as stdin and stdout")
    with open(out, "rb") as o:
        check(b"tty0" in o.read(), "the output is in the file")


def slow_reader():
    p = background(stdin=subprocess.PIPE)
    p.stdin.write(b"echo; seq 1 %d; echo end-$((6*7)); poweroff -f\n" % LINES)
    p.stdin.flush()
    out = b""
    while True:
        data = os.read(p.stdout.fileno(), 4096)
        if not data:
            break
        out += data
        time.sleep(0.002)
    check(p.wait(60) == 0, "a guest with a slow reader ends")
    numbers = re.findall(rb"^(\d+)\r?$", out, re.M)
    check([int(n) for n in numbers] == list(range(1, LINES + 1)), "a slow reader gets every byte")
    check(b"end-42" in out, "and the last ones")


def reader_goes():
    p = background(stdin=subprocess.PIPE)
    p.stdin.write(b"while :; do echo again; done\n")
    p.stdin.flush()
    p.messages.until(b"again")
    p.stdout.close()
    check(p.wait(60) == 129, "a reader that goes away ends the guest")


def no_input():
    p = background()
    time.sleep(3)
    check(p.poll() is None, "without input the guest goes on")
    p.terminate()
    check(p.wait(60) == 143, "SIGTERM ends it")


def closed():
    shell = "exec %s <&- >&- 2>%s/err" % (" ".join(command()), work)
    p = subprocess.Popen(["bash", "-c", shell], stdin=subprocess.DEVNULL)
    children.append(p.pid)
    time.sleep(2)
    check(p.poll() is None, "closed descriptors do no harm")
    p.terminate()
    check(p.wait(60) == 143, "SIGTERM ends it")


def body():
    script()
    from_file()
    slow_reader()
    reader_goes()
    no_input()
    closed()


run(body)
END
