"""A TCP proxy that a test can pull: one server behind it, threads, nothing of XMPP.

    with Cable(server.port) as cable:
        ... connect to cable.port ...
        cable.reset()        # both ends of all connections get a reset
        cable.go_silent()    # bytes vanish, nobody is told; new connections work
        cable.is_down = True # new connections are refused
"""

import socket
import threading

_RESET = b"\1\0\0\0\0\0\0\0"


class Cable:
    """Forwards connections on `port` to PORT of 127.0.0.1; `count` is how many there were."""

    def __init__(self, port):
        self._target = port
        self.is_down = False
        self.count = 0
        self.bytes_down = 0
        self._pairs = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()

    def reset(self):
        """Ends all connections with a reset at both ends."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            pair.end()

    def go_silent(self):
        """Swallows what goes over the present connections, in both directions."""
        with self._lock:
            for pair in self._pairs:
                pair.is_silent = True

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.is_down:
                _reset(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                _reset(client)
                continue
            with self._lock:
                self.count += 1
                self._pairs.append(_Pair(self, client, server))


class _Pair:
    def __init__(self, cable, client, server):
        self.is_silent = False
        self._cable = cable
        self._ends = (client, server)
        for source, sink in ((client, server), (server, client)):
            sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._flow, args=(source, sink, sink is client),
                             daemon=True).start()

    def _flow(self, source, sink, is_down):
        try:
            while data := source.recv(65536):
                if self.is_silent:
                    continue
                self._cable.bytes_down += len(data) if is_down else 0
                sink.sendall(data)
        except OSError:
            pass
        if not self.is_silent:
            for end in self._ends:
                _shut(end, socket.SHUT_RDWR)

    def end(self):
        for end in self._ends:
            _reset(end)


def _shut(end, how):
    try:
        end.shutdown(how)
    except OSError:
        pass


def _reset(end):
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    except OSError:
        pass
    _shut(end, socket.SHUT_RD)  # wakes our reader, which holds it open
    end.close()
