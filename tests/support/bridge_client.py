"""A client of the bridge with nothing but python3-msgpack: what any language can do.

    with BridgeClient(path) as bridge:
        bridge.hello()
        bridge.call("profile.attach", profile="home")
        event = bridge.wait_event("message.changed")
"""

import os
import socket

import msgpack

from deadline import Deadline, TimedOut

REQUEST, RESPONSE, NOTIFICATION = range(3)


class BridgeError(Exception):
    """An error answer: code (a name of the schema's) and a sentence."""

    def __init__(self, error):
        self.code = error.get("code") if isinstance(error, dict) else error
        self.message = error.get("message") if isinstance(error, dict) else str(error)
        super().__init__(f"{self.code}: {self.message}")


class Closed(Exception):
    """The other side closed the connection."""


class BridgeClient:
    """PATH of the socket, or a socket that is connected already."""

    def __init__(self, path):
        if isinstance(path, socket.socket):
            self.socket = path
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(str(path))
        self._unpacker = msgpack.Unpacker(raw=False, strict_map_key=False,
                                          max_buffer_size=64 << 20,
                                          unicode_errors="surrogateescape")
        self._next_id = 1
        self._answers = {}
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def hello(self, program="test", **fields):
        return self.call("bridge.hello", program=program, **fields)

    def call(self, method, seconds=10, **params):
        """The result, or raises BridgeError."""
        return self.answer(self.request(method, **params), seconds)

    def request(self, method, **params):
        """Sends a request without waiting; its id, for answer()."""
        number = self._next_id
        self._next_id += 1
        self.send([REQUEST, number, method, params])
        return number

    def answer(self, number, seconds=10):
        deadline = Deadline(seconds)
        while number not in self._answers:
            self._read(deadline, f"no answer to request {number}")
        error, result = self._answers.pop(number)
        if error is not None:
            raise BridgeError(error)
        return result

    def wait_event(self, name, seconds=10, match=None):
        """Takes the first event NAME for which MATCH(params) holds and returns its params."""
        deadline = Deadline(seconds)
        while True:
            for index, (event, params) in enumerate(self.events):
                if event == name and (match is None or match(params)):
                    del self.events[index]
                    return params
            self._read(deadline, f"no event {name}; there were {self.events[-10:]}")

    def next_event(self, seconds=10):
        """Takes the oldest event, whatever it is: (name, params)."""
        deadline = Deadline(seconds)
        while not self.events:
            self._read(deadline, "no event came")
        return self.events.pop(0)

    def wait_closed(self, seconds=10):
        """Reads until the other side closes."""
        deadline = Deadline(seconds)
        try:
            while True:
                self._read(deadline, "it was not closed")
        except Closed:
            return

    def send(self, frame):
        """Sends FRAME (any Python value) packed."""
        self.send_bytes(msgpack.packb(frame, use_bin_type=True))

    def send_bytes(self, data):
        """Sends DATA as it is."""
        try:
            self.socket.settimeout(Deadline(10).left())
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            raise Closed from None

    @staticmethod
    def token():
        """What calls need that must not be done twice."""
        return os.urandom(16)

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
            if frame[0] == RESPONSE:
                self._answers[frame[1]] = frame[2], frame[3]
            else:
                self.events.append((frame[1], frame[2]))
