"""Python: threads, processes, signals, timers, sockets, C from ctypes, mappings."""
import asyncio
import ctypes
import hashlib
import mmap
import multiprocessing
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def counted():
    lock, total = threading.Lock(), 0

    def work():
        nonlocal total
        for _ in range(20000):
            with lock:
                total += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return total


def alarms():
    seen = []
    signal.signal(signal.SIGALRM, lambda *_: seen.append(len(seen)))
    signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
    x = 0
    while len(seen) < 20:
        x += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    return seen[:20]


def divide_signal():
    pid = os.fork()
    if not pid:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        ctypes.string_at(8)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def sockets():
    server = socket.create_server(("127.0.0.1", 0))
    got = hashlib.sha256()

    def serve():
        conn, _ = server.accept()
        with conn:
            while data := conn.recv(65536):
                got.update(data)

    t = threading.Thread(target=serve)
    t.start()
    data = bytes(range(256)) * 16384
    with socket.create_connection(server.getsockname()) as s:
        s.sendall(data)
    t.join()
    return got.hexdigest() == hashlib.sha256(data).hexdigest()


async def sleepers():
    order = []

    async def one(n):
        await asyncio.sleep(n * 0.03)
        order.append(n)

    await asyncio.gather(*(one(n) for n in (5, 3, 1, 4, 2)))
    proc = await asyncio.create_subprocess_exec("/bin/echo", "from a child", stdout=subprocess.PIPE)
    out, _ = await proc.communicate()
    return order, out.decode().strip()


def square(x):
    return x * x


def shared():
    with tempfile.TemporaryFile() as f:
        f.truncate(1 << 20)
        with mmap.mmap(f.fileno(), 1 << 20) as m:
            pid = os.fork()
            if not pid:
                m[1000:1004] = b"abcd"
                os._exit(3)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            return status, bytes(m[1000:1004])


def callbacks():
    libc = ctypes.CDLL(None)
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    a = (ctypes.c_int * 500)(*((i * 7919) % 1009 for i in range(500)))
    libc.qsort(a, 500, ctypes.sizeof(ctypes.c_int), kind(lambda x, y: x[0] - y[0]))
    return list(a) == sorted(a)


def interrupted_read():
    r, w = os.pipe()
    signal.signal(signal.SIGALRM, lambda *_: os.write(w, b"late"))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    return os.read(r, 10)


def polled():
    r, w = os.pipe()
    p = select.epoll()
    p.register(r, select.EPOLLIN)
    before = p.poll(0.01)
    os.write(w, b"x")
    return before, len(p.poll(1))


def main():
    print("fib", fib(24))
    print("counted", counted())
    print("alarms", alarms())
    print("fault", divide_signal())
    print("sockets", sockets())
    print("asyncio", asyncio.run(sleepers()))
    with multiprocessing.Pool(3) as pool:
        print("pool", sum(pool.map(square, range(2000))))
    print("shared", shared())
    print("callbacks", callbacks())
    print("read", interrupted_read())
    print("poll", polled())
    print("shell", subprocess.run("kill -TERM $$", shell=True).returncode)
    print("many", sum(subprocess.run(["/bin/true"]).returncode for _ in range(50)))
    start = time.monotonic()
    time.sleep(0.05)
    print("slept", time.monotonic() - start >= 0.05)
    print("depth", sys.getrecursionlimit())


if __name__ == "__main__":
    main()
