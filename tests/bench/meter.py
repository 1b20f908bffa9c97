"""A proxy on loopback that counts the TCP payload between a client and its server, and can
cut the link: what the benches of the wire look through. And a town with one."""

import select
import socket
import threading
import time

from deadline import Deadline
from figures import CONTACTS, SECRET, Town, cpu_ns, names

IDLE_NS = 20_000_000  # of a server that does nothing but its household in a second


class Meter:
    """Stands before SERVER's port, or IS_DIRECT that for direct TLS: `port` is its own, `up`
    and `down` count bytes. It has all else that a server has for a test (jid, ca_file …)."""

    def __init__(self, server, is_direct=False):
        self._server = server
        self._to = server.direct_port if is_direct else server.port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.up = self.down = 0
        self.last = time.monotonic()
        self._pairs = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __getattr__(self, name):
        return getattr(self._server, name)

    def close(self):
        self._listener.close()
        self.cut()

    def cut(self):
        """Ends all connections as a lost link does: no goodbye on either side."""
        for pair in self._pairs:
            for one in pair:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self._pairs = []

    def take(self):
        """(up, down) since the last call."""
        counts = self.up, self.down
        self.up = self.down = 0
        return counts

    def wait_quiet(self, seconds=1.0, most=30.0):
        """Until nothing passed for SECONDS."""
        end = time.monotonic() + most
        while time.monotonic() < min(end, self.last + seconds):
            time.sleep(0.05)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs.append((client, server))
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client, server):
        while True:
            for one in select.select([client, server], [], [])[0]:
                try:
                    data = one.recv(1 << 16)
                    (server if one is client else client).sendall(data)
                except OSError:
                    data = b""
                if not data:
                    client.close()
                    server.close()
                    return
                self.last = time.monotonic()
                if one is client:
                    self.up += len(data)
                else:
                    self.down += len(data)


class MeteredTown(Town):
    """A town whose wire is counted; IS_DIRECT makes it TLS from the first byte."""

    def __init__(self, is_direct=False, **named):
        super().__init__(**named)
        # A contact that the server does not know costs a refusal at each login.
        for name in names(named.get("contacts", CONTACTS) - 1):
            self.server.add_user(name.lower(), SECRET, {"alice": "both"})
        self.meter = Meter(self.server, is_direct)
        self._more = ["--direct-tls"] if is_direct else []

    def create(self, name="home", user="alice"):
        self.create_profile(self.meter, user, SECRET, name, *self._more)
        self.wait_up(name)

    def wait_up(self, name="home"):
        with self.bridge() as bridge:
            self.wait_online(bridge, name)
        self.settle()

    def settle(self):
        """Until the wire is quiet and the server has nothing more to do."""
        deadline, pid = Deadline(60), self.server.process.pid
        while not deadline.is_over():
            before = cpu_ns(pid)
            self.meter.wait_quiet()
            time.sleep(0.5)
            if cpu_ns(pid) - before < IDLE_NS:
                return

    def remove(self):
        self.meter.close()
        super().remove()
