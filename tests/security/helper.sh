#!/bin/bash
# timeout: 120
# needs: python3
# The helper in a terminal's window (linux --console-helper) once it has given its terminal away:
# no rights, no files, five host calls. It works all the same; and the attempts of takeover.c, made
# by it, are refused.
. tests/system/lib.sh

takeover=$PWD/build/security/takeover
[ -x "$takeover" ] || fail "$takeover: make guests"

T=$T LINUX=$LINUX TAKEOVER=$takeover python3 - <<'PY' || fail "the helper"
import array, fcntl, os, pty, signal, socket, struct, subprocess, sys, termios, time

work, linux, takeover = os.environ["T"], os.environ["LINUX"], os.environ["TAKEOVER"]


def check(good, what):
    if not good:
        print("FAIL:", what)
        sys.exit(1)
    print("ok:", what, flush=True)


def size(fd, rows, cols):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(work + "/window")
listener.listen(1)
pid, master = pty.fork()
if pid == 0:
    os.execv(linux, [linux, "--console-helper", work + "/window"])
listener.settimeout(30)
loader, _ = listener.accept()
loader.settimeout(30)
byte, control, _, _ = loader.recvmsg(1, socket.CMSG_SPACE(4))
tty = array.array("i", control[0][2])[0]
check(byte == b"h" and os.isatty(tty), "the terminal is given away")


def status():
    with open("/proc/%d/status" % pid) as f:
        return dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)


# The filter comes right behind the greeting.
end = time.time() + 20
while status()["Seccomp"] != "2" and time.time() < end:
    time.sleep(0.02)
s = status()
check(s["Seccomp"] == "2", "a filter")
check(s["NoNewPrivs"] == "1", "no new privileges")
check(int(s["CapEff"], 16) == int(s["CapPrm"], 16) == 0, "no capabilities")
size(master, 40, 100)
check(loader.recv(1) == b"w", "a new size is told")
os.kill(pid, signal.SIGSTOP)
os.kill(pid, signal.SIGCONT)
size(master, 41, 101)
check(loader.recv(1) == b"w", "also after it was stopped")

attempts = subprocess.run([takeover, "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
r = subprocess.run([takeover, str(pid), str(os.getpid()), "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                   timeout=60)
print(r.stdout if r.returncode else "", end="")
check(r.returncode == 0, "it can be made to make calls")
won = [line for line in r.stdout.splitlines() if "SUCCEEDED" in line]
check(not won, "all are refused %s" % won)
check(r.stdout.count(": refused") == len(attempts), "%d attempts" % len(attempts))
size(master, 42, 102)
while loader.recv(65536)[-1:] != b"w":  # behind what the attempts sent
    pass
check(True, "it goes on")
loader.close()
check(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, "and ends with its loader")
PY
