"""The real session process without a router: this side of the socket answers what it asks
(login slots, keys), counts every answer, and knows how it ended.

    with SessionProcess() as session:
        session.call("session.open", profile="home")
        session.end()                  # session.end, then a clean exit without a report
"""

import os
import shutil
import socket
import subprocess
import tempfile

import msgpack

from bridge_client import REQUEST, RESPONSE, BridgeClient, Closed
from deadline import Deadline, TimedOut, die_with_parent
from house import BUILD, PASSED_ON

PROGRAM = os.path.join(BUILD, "libexec", "tern", "session")
SESSION_FD = 3


class SessionProcess(BridgeClient):
    """DATA is a folder to share between processes; SLOTS answers for login slots at once, else
    the requests wait in `asked`."""

    def __init__(self, data=None, slots=True, **env):
        self.folder = data or tempfile.mkdtemp(prefix="tern-session-")
        self._owns_folder = data is None
        self.has_slots = slots
        self.asked = []
        self.keys = {}
        self.answered = {}
        self.lines = os.path.join(self.folder, f"log-{os.urandom(3).hex()}")
        ours, theirs = socket.socketpair()
        environment = {
            "HOME": self.folder, "XDG_DATA_HOME": self.folder, "PATH": "/usr/bin:/bin",
            "TERN_LOG": "info", "LANG": "C.UTF-8",
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ}, **env}

        def prepare():
            die_with_parent()
            number = os.dup(theirs.fileno())
            os.dup2(number, SESSION_FD)

        with open(self.lines, "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment, preexec_fn=prepare, pass_fds=(SESSION_FD,))
        theirs.close()
        super().__init__(ours)
        # Names that do not decode must not end the test's own reading.
        self._unpacker = msgpack.Unpacker(raw=False, strict_map_key=False,
                                          max_buffer_size=64 << 20,
                                          unicode_errors="surrogateescape")

    def __exit__(self, *_):
        self.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        with open(self.lines, encoding="utf-8", errors="replace") as file:
            return file.read()

    def create(self, name="home", jid="alice@localhost", **more):
        self.call("profile.create", profile=name, jid=jid, password="secret",
                  **{"stay_offline": True, **more})

    def send_answer(self, number, result=None, error=None):
        self.send([RESPONSE, number, error, result])

    def grant(self):
        """Answers every question for a slot that waits."""
        waiting, self.asked = self.asked, []
        for number, _ in waiting:
            self.send_answer(number, {})

    def collect(self, numbers, seconds=20):
        """Waits until each of NUMBERS was answered; {number: (error code or None)}."""
        deadline = Deadline(seconds)
        while not all(number in self.answered for number in numbers):
            left = [number for number in numbers if number not in self.answered]
            self._read(deadline, f"never answered: {left}\n{self.log()[-3000:]}")
        return {number: self.answered[number] for number in numbers}

    def end(self, seconds=20, method="session.end"):
        """session.end, and the process's clean exit."""
        number = self.request(method)
        deadline = Deadline(seconds)
        try:
            while True:
                self._read(deadline, f"it did not end\n{self.log()[-3000:]}")
        except Closed:
            pass
        code = self.process.wait(timeout=Deadline(10).left())
        log = self.log()
        assert code == 0, f"ended with {code}\n{log[-6000:]}"
        assert "ERROR" not in log and "runtime error" not in log, log[-6000:]
        assert self.answered.get(number, "none") is None, f"{method} was not answered"

    def _read(self, deadline, otherwise):
        if deadline.is_over():
            raise TimedOut(otherwise)
        self.socket.settimeout(deadline.left() or 0.001)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise TimedOut(otherwise) from None
        except ConnectionResetError:
            raise Closed from None
        if not data:
            raise Closed
        self._unpacker.feed(data)
        for frame in self._unpacker:
            self._take(frame)

    def _take(self, frame):
        if frame[0] == RESPONSE:
            assert frame[1] not in self.answered, f"answered twice: {frame}"
            self.answered[frame[1]] = frame[2] and frame[2]["code"]
            self._answers[frame[1]] = frame[2], frame[3]
        elif frame[0] == REQUEST:
            self._serve(*frame[1:4])
        else:
            self.events.append((frame[1], frame[2]))

    def _serve(self, number, method, params):
        if method == "supervisor.slot":
            self.asked.append((number, params["profile"]))
            if self.has_slots:
                self.grant()
            return
        if method == "supervisor.key":
            self.keys[params["profile"]] = params.get("key")
        self.send_answer(number, {})
