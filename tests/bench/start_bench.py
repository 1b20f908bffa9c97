"""From exec to a full screen with 1,000 contacts on a running daemon: time, bytes to the
terminal and bytes on the bridge (through a relay, in runs of their own)."""

import fcntl
import os
import select
import socket
import statistics
import struct
import sys
import termios
import threading
import time

from deadline import Deadline
from figures import CONTACTS, Town, show
from terminal import _Screen, _Stream

RUNS = 15
COLUMNS, LINES = 200, 50
QUIET = 0.4


def run_tern(town):
    """Runs tern in a fresh terminal until it has been quiet for a while; the time of its
    exec and a list of (time, bytes) as they came."""
    master, slave = os.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    reader, writer = os.pipe()
    program = town.program("tern")
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for descriptor in range(3):
            os.dup2(slave, descriptor)
        os.chdir(town.home)
        os.write(writer, struct.pack("d", time.monotonic()))
        os.execve(program, [program], town.env)
    os.close(writer)
    begin = struct.unpack("d", os.read(reader, 8))[0]
    os.close(reader)
    came = []
    deadline = Deadline(10)
    while not deadline.is_over():
        ready = select.select([master], [], [], QUIET if came else 5)[0]
        if not ready:
            break
        came.append((time.monotonic(), os.read(master, 1 << 16)))
    os.close(slave)
    os.close(master)
    os.waitpid(pid, 0)
    return begin, came


def full_at(came, look="\n".join):
    """When the screen first was what it was in the end, the bar's clock and all; the bytes
    up to then, and the text. LOOK makes of the rows what is compared."""
    screen = _Screen(COLUMNS, LINES)
    stream = _Stream(screen)
    pictures = []
    for _, data in came:
        stream.feed(data)
        pictures.append(look(screen.display))
    index = pictures.index(pictures[-1])
    return came[index][0], sum(len(data) for _, data in came[:index + 1]), pictures[-1]


class Relay:
    """Stands between the daemon and its clients and counts what passes."""

    def __init__(self, town):
        self._file = os.path.join(town.data, "tern", "daemon")
        with open(self._file, encoding="utf-8") as file:
            self._text = file.read()
        self._daemon = town.daemon_file()["socket"]
        path = town.path("relay")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._write(self._text.replace(self._daemon, path))
        self.up = self.down = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._write(self._text)
        self._listener.close()

    def _write(self, text):
        with open(self._file, "w", encoding="utf-8") as file:
            file.write(text)

    def _serve(self):
        client, _ = self._listener.accept()
        daemon = socket.socket(socket.AF_UNIX)
        daemon.connect(self._daemon)
        while True:
            for one in select.select([client, daemon], [], [])[0]:
                data = one.recv(1 << 16)
                if not data:
                    client.close()
                    daemon.close()
                    return
                (daemon if one is client else client).sendall(data)
                if one is client:
                    self.up += len(data)
                else:
                    self.down += len(data)


def main():
    with Town() as town:
        town.create()
        times, counts = [], []
        for _ in range(RUNS + 1):
            begin, came = run_tern(town)
            end, count, text = full_at(came)
            if "Ada Schmidt" not in text:
                sys.exit(f"tern did not show its contacts:\n{text}")
            times.append((end - begin) * 1e3)
            counts.append(count)
        what = f"{CONTACTS} contacts, {LINES}x{COLUMNS}"
        show(f"exec to full screen, {what}, p50", statistics.median(times[1:]), "ms", 50)
        show(f"exec to full screen, {what}, worst", max(times[1:]), "ms")
        show(f"bytes to the terminal, {what}", max(counts), "B", 3000)
        with Relay(town) as relay:
            run_tern(town)
            show(f"bytes on the bridge to tern, {CONTACTS} contacts", relay.down, "B")
            show("bytes on the bridge from tern", relay.up, "B")


if __name__ == "__main__":
    main()
