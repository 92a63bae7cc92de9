#!/bin/bash
# timeout: 120
# needs: python3
# The helper in a terminal's window (linux --console-helper) once it has given its terminal away:
# no rights, no files, five host calls. It works all the same; and the attempts of takeover.c, made
# by it, are refused. It has no switch that leaves its layers off, so for the control the host refuses
# it filters, Landlock and the loss of rights: then attempts are seen to succeed.
. tests/system/lib.sh

takeover=$PWD/build/security/takeover
[ -x "$takeover" ] || fail "$takeover: make guests"

T=$T LINUX=$LINUX TAKEOVER=$takeover python3 - <<'PY' || fail "the helper"
import array, ctypes, fcntl, os, pty, signal, socket, struct, subprocess, sys, termios, time

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
listener.settimeout(30)


def refuse_layers():
    """From here on prctl(PR_SET_SECCOMP), capset and landlock_create_ruleset fail with EPERM."""
    load, equal, end = 0x20, 0x15, 0x06
    # Jumps count from the next one: 126 is capset, 444 landlock_create_ruleset, 157 prctl.
    program = [(load, 0, 0, 0), (equal, 4, 0, 126), (equal, 3, 0, 444), (equal, 0, 3, 157), (load, 0, 0, 16), (equal, 0, 1, 22),
               (end, 0, 0, 0x50001), (end, 0, 0, 0x7FFF0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *i) for i in program))
    libc = ctypes.CDLL(None)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code)), 0, 0):
        os._exit(1)


def start(layers):
    """Its process, its terminal's other side, its loader's socket, and the terminal that it gave away."""
    pid, master = pty.fork()
    if pid == 0:
        if not layers:
            refuse_layers()
        os.execv(linux, [linux, "--console-helper", work + "/window"])
    loader, _ = listener.accept()
    loader.settimeout(30)
    byte, control, _, _ = loader.recvmsg(1, socket.CMSG_SPACE(4))
    tty = array.array("i", control[0][2])[0]
    check(byte == b"h" and os.isatty(tty), "the terminal is given away")
    return pid, master, loader


pid, master, loader = start(True)


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

control = """open openat openat2 create directory tcp bind abstract-socket exec clone-namespaces signal-loader tkill-loader
sigqueue-loader pidfd-loader write-loader read-loader executable-memory memfd dup priority scheduler inotify timer eat-memory
args-kill-high-bits args-mmap-execute args-fcntl-dup args-prctl-name""".split()
pid, master, loader = start(False)
size(master, 40, 100)
check(loader.recv(1) == b"w", "without its layers it works, too")
r = subprocess.run([takeover, str(pid), str(os.getpid()), "0", *control], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                   timeout=60)
lost = [line for line in r.stdout.splitlines() if "SUCCEEDED" not in line]
check(r.returncode == 0 and not lost and r.stdout.count("SUCCEEDED") == len(control), "and %d attempts succeed %s" % (len(control), lost))
loader.close()
os.waitpid(pid, 0)
PY
