# SPDX-License-Identifier: GPL-2.0
"""For the console tests: guests of the built-in system on terminals and pipes."""
import fcntl, os, re, select, shutil, signal, socket, struct, subprocess, sys, tempfile, termios, time

LINUX = os.environ.get("LINUX", "build/bin/linux")
PROMPT = b"# "
work = tempfile.mkdtemp(prefix="console-test-")
children = []


class Failure(Exception):
    pass


def check(good, what):
    if not good:
        raise Failure(what)
    print("ok:", what, flush=True)


def command(*args):
    return [LINUX, "uml_dir=" + work, "mem=64M", *args]


class Stream:
    """Bytes to and from a descriptor or socket, with waiting for text."""

    def __init__(self, fd):
        self.fd, self.seen = fd, b""

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return None
        try:
            return os.read(self.fd, 65536)
        except OSError:
            return b""

    def until(self, text, seconds=60):
        """Waits for text (bytes) and returns what came up to its end."""
        end = time.time() + seconds
        while text not in self.seen:
            data = self.read(max(0, min(1, end - time.time())))
            if data == b"" or time.time() > end:
                raise Failure("waited for %r, numbers %r, got %r" % (text, re.findall(rb"\n(\d+)\r", self.seen)[-3:], self.seen[-400:]))
            self.seen += data or b""
        i = self.seen.index(text) + len(text)
        found, self.seen = self.seen[:i], self.seen[i:]
        return found

    def send(self, text):
        while text:
            text = text[os.write(self.fd, text):]

    def close(self):
        os.close(self.fd)


class Terminal(Stream):
    """A guest on a terminal of its own; or another program."""

    def __init__(self, *args, rows=24, cols=80, program=None):
        master, self.slave = os.openpty()
        super().__init__(master)
        self.resize(rows, cols)
        self.before = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(self.slave, fd)
            if program:
                os.execv(program, [program, *args])
            os.execv(LINUX, command(*args))
        children.append(self.pid)

    def resize(self, rows, cols):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def wait(self, seconds=30):
        """Its exit status; what it prints meanwhile is kept."""
        end = time.time() + seconds
        while time.time() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                children.remove(pid)
                return os.waitstatus_to_exitcode(status)
            self.seen += self.read(0.05) or b""
        raise Failure("the loader did not end; last output %r" % self.seen[-400:])

    def restored(self, seconds=10):
        end = time.time() + seconds
        while time.time() < end:
            if termios.tcgetattr(self.slave) == self.before:
                return not fcntl.fcntl(self.slave, fcntl.F_GETFL) & os.O_NONBLOCK
            time.sleep(0.05)
        return False


def background(*args, **popen):
    """A guest without a terminal; its messages are a Stream."""
    popen.setdefault("stdin", subprocess.DEVNULL)
    popen.setdefault("stdout", subprocess.PIPE)
    popen.setdefault("stderr", subprocess.STDOUT)
    p = subprocess.Popen(command(*args), **popen)
    children.append(p.pid)
    p.messages = Stream(p.stdout.fileno()) if p.stdout else None
    return p


def tree(pid):
    """All descendants of a process, parents first."""
    found, children_of = [pid], {}
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                with open("/proc/%s/stat" % p) as f:
                    parent = int(f.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children_of.setdefault(parent, []).append(int(p))
    for p in found:
        found += children_of.get(p, [])
    return found[1:]


def run(body):
    """Runs a test's body; leaves nothing behind; exits with its verdict."""
    verdict = 1
    try:
        body()
        verdict = 0
    except Failure as f:
        print("FAIL:", f)
    finally:
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.2)
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(verdict)
