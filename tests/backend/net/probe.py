"""Drives net_probe: opens a stream, reads its events, sends commands.

    with Probe("alice@localhost", "secret", port=server.port, ca_file=…) as probe:
        probe.wait("online")
        probe.send("<presence/>")
        closed = probe.closed()          # {"fault": "cert", "condition": "expired", …}
"""

import os
import queue
import re
import subprocess
import threading
import time

from deadline import Deadline, TimedOut, die_with_parent, end_child

PROGRAM = os.path.join(os.environ.get("TERN_BUILD", "/tmp/build-net"), "tests", "net_probe")
CLOSED = re.compile(r"fault=(?P<fault>\S+) retry=(?P<retry>\d) step=(?P<step>\S+) "
                    r"condition=(?P<condition>\S+) text=\[(?P<text>.*?)\] (?P<sentence>.*)")


class Probe:
    """Options of net_probe as keywords; a value of True is a switch."""

    def __init__(self, jid, password="secret", **options):
        argv = [PROGRAM]
        for name, value in options.items():
            if value is None or value is False:
                continue
            argv.append("--" + name.replace("_", "-"))
            if value is not True:
                argv.append(str(value))
        self.events = []
        self._queue = queue.Queue()
        self.begin = time.monotonic()
        self.process = subprocess.Popen(
            argv + [jid], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=die_with_parent)
        self._errors = b""
        threading.Thread(target=self._read, daemon=True).start()
        self._error_reader = threading.Thread(target=self._read_errors, daemon=True)
        self._error_reader.start()
        self.send(password)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.process.stdin.close()
        except OSError:
            pass
        if kind is not None:
            self.process.kill()
        code = self.process.wait(20)
        end_child(self.process)
        self._error_reader.join(5)
        errors = self._errors.decode("utf-8", "replace")
        if kind is None:
            assert code == 0, f"net_probe ended with {code}: {errors}\n{self.events}"

    def _read(self):
        for line in self.process.stdout:
            self._queue.put((time.monotonic(), line.decode("utf-8", "replace").rstrip("\n")))
        self._queue.put((time.monotonic(), None))

    def _read_errors(self):
        self._errors = self.process.stderr.read()

    def send(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def wait(self, word, pattern="", seconds=15):
        """The text behind the next event WORD that matches PATTERN."""
        deadline = Deadline(seconds)
        while True:
            try:
                self.at, line = self._queue.get(timeout=max(deadline.left(), 0.001))
            except queue.Empty:
                raise TimedOut(f"no {word} {pattern}: {self.events}") from None
            if line is None:
                self._error_reader.join(5)
                raise TimedOut(f"ended before {word} {pattern}: {self.events}\n"
                               + self._errors.decode("utf-8", "replace"))
            self.events.append(line)
            kind, _, text = line.partition(" ")
            if kind == word and re.search(pattern, text):
                return text

    def closed(self, seconds=15):
        """How it closed; "seconds" is the time since the probe began."""
        match = CLOSED.match(self.wait("closed", seconds=seconds))
        return {**match.groupdict(), "seconds": self.at - self.begin}

    def saw(self, word):
        return [line.partition(" ")[2] for line in self.events
                if line.split(" ", 1)[0] == word]
