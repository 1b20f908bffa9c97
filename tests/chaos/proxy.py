"""A TCP proxy between a client and its server that can fail in all the ways a network can.

It forwards bytes on loopback and knows nothing of what they mean. One fault at a time is
armed; it strikes when so many more bytes went in its direction, or, on a quiet link, when
its patience is over. Runs in the loop of the chaos program; faults.py arms it.
"""

import asyncio
import random
import socket
import struct
from dataclasses import dataclass, field

UP, DOWN = "up", "down"  # from the client, to the client
CUTS = ("cut", "reset", "half", "silent", "deaf")
SILENT = ("silent", "deaf")  # those of which neither side is told
PATIENCE = 1.0
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Fault:
    """KIND: "cut" closes both ends, "reset" resets them; "half" swallows DIRECTION and
    resets SECONDS later; "silent" swallows both directions for ever and "deaf" one of them;
    "stall" holds DIRECTION (or "both") back for SECONDS, "refuse" turns new connections away
    for so long. AFTER is the number of bytes until it strikes."""

    kind: str
    direction: str
    after: int
    seconds: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def __str__(self):
        return f"{self.kind} {self.direction} {self.seconds:.1f}s"


class Proxy:
    """Forwards connections from `port` to PORT; NAME is for the ledger."""

    def __init__(self, name, port, ledger):
        self.name = name
        self.ledger = ledger
        self.counts = {}
        self.port = 0
        self._target = port
        self._connections = set()
        self._armed = None
        self._refuses_until = 0.0
        self._listener = self._accepting = None
        self._up = asyncio.Event()

    async def start(self):
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._accepting = asyncio.ensure_future(self._accept())
        return self

    async def close(self):
        self._accepting.cancel()
        self._listener.close()
        for connection in list(self._connections):
            connection.end("close")
        await asyncio.sleep(0)

    async def wait_up(self):
        """Until a connection has carried bytes in both directions and is whole."""
        while not any(one.is_up for one in self._connections):
            self._up.clear()
            await self._up.wait()

    async def strike(self, fault):
        """Arms FAULT and waits until it struck."""
        if fault.kind == "refuse":
            self._refuses_until = self._now() + fault.seconds
            self.struck(fault)
            return
        self._armed = fault
        try:
            await asyncio.wait_for(fault.done.wait(), PATIENCE)
        except asyncio.TimeoutError:
            await self.wait_up()
            if not fault.done.is_set():
                next(one for one in self._connections if one.is_up).suffer(fault)

    def struck(self, fault):
        """FAULT has struck: it is counted and told."""
        self._armed = None
        self.counts[fault.kind] = self.counts.get(fault.kind, 0) + 1
        self.ledger.note(self.name, f"fault: {fault}")
        fault.done.set()

    @property
    def cuts(self):
        return sum(self.counts.get(kind, 0) for kind in CUTS)

    @property
    def silent_cuts(self):
        return sum(self.counts.get(kind, 0) for kind in SILENT)

    def armed_for(self, connection):
        """The armed fault if it can strike CONNECTION."""
        return self._armed if connection.is_whole else None

    def forget(self, connection):
        self._connections.discard(connection)

    def came_up(self):
        self._up.set()

    @staticmethod
    def _now():
        return asyncio.get_running_loop().time()

    async def _accept(self):
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(self._listener)
            if self._now() < self._refuses_until:
                reset(client)
                continue
            connection = _Connection(self, client)
            self._connections.add(connection)
            asyncio.ensure_future(connection.run(self._target))


class _Connection:
    """One client and its connection to the server. `is_whole` until a fault broke it."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.is_whole = True
        self._sockets = {UP: client, DOWN: None}  # from which a direction's bytes come
        self._swallows = set()
        self._gates = {}
        self._passed = {UP: 0, DOWN: 0}
        self._flows = []

    @property
    def is_up(self):
        return self.is_whole and all(self._passed.values())

    async def run(self, port):
        loop = asyncio.get_running_loop()
        server = socket.socket()
        server.setblocking(False)
        for one in (self._sockets[UP], server):
            one.setblocking(False)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await loop.sock_connect(server, ("127.0.0.1", port))
        except OSError:
            server.close()
            self.end("reset")
            return
        self._sockets[DOWN] = server
        self._gates = {UP: asyncio.Event(), DOWN: asyncio.Event()}
        for gate in self._gates.values():
            gate.set()
        self._flows = [asyncio.ensure_future(self._flow(UP, DOWN)),
                       asyncio.ensure_future(self._flow(DOWN, UP))]

    async def _flow(self, source, sink):
        loop = asyncio.get_running_loop()
        try:
            while self._sockets[source]:
                data = await loop.sock_recv(self._sockets[source], 4096)
                await self._gates[source].wait()
                if not data:
                    self._lost(source, "close")
                    break
                await self._pass(loop, source, sink, data)
        except OSError:
            self._lost(source, "reset")

    async def _pass(self, loop, source, sink, data):
        while data and source not in self._swallows and self._sockets[source]:
            fault = self.proxy.armed_for(self)
            part = data
            if fault and fault.direction in (source, "both"):
                part = data[:fault.after]
                fault.after -= len(part)
            if part and self._sockets[sink] is None:
                return
            if part:
                await loop.sock_sendall(self._sockets[sink], part)
                self._passed[source] += len(part)
                data = data[len(part):]
            if self.is_up:
                self.proxy.came_up()
            if fault and fault.after <= 0 and not fault.done.is_set():
                self.suffer(fault)
                await self._gates[source].wait()

    def suffer(self, fault):
        """FAULT strikes here and now."""
        loop = asyncio.get_running_loop()
        self.proxy.struck(fault)
        if fault.kind == "stall":
            ways = (UP, DOWN) if fault.direction == "both" else (fault.direction,)
            for way in ways:
                self._gates[way].clear()
                loop.call_later(fault.seconds, self._gates[way].set)
            return
        self.is_whole = False
        if fault.kind in ("cut", "reset"):
            self.end("close" if fault.kind == "cut" else "reset")
        elif fault.kind == "silent":
            self._swallows = {UP, DOWN}
        else:
            self._swallows = {fault.direction}
            if fault.kind == "half":
                loop.call_later(fault.seconds, self.end, "reset")

    def _lost(self, source, how):
        """The socket of SOURCE ended. On a link that went silent the other side never hears
        of it; a link whose other direction swallows all loses that side only."""
        if self._swallows and source in self._swallows:
            self._close(source, "close")
            if not any(self._sockets.values()):
                self.proxy.forget(self)
        else:
            self.end(how)

    def end(self, how):
        """Ends both sides with HOW, "close" or "reset"."""
        self.is_whole = False
        for way in (UP, DOWN):
            self._close(way, how)
        for flow in self._flows:
            if flow is not asyncio.current_task():
                flow.cancel()
        self.proxy.forget(self)

    def _close(self, way, how):
        one, self._sockets[way] = self._sockets[way], None
        if one is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(one)
        loop.remove_writer(one)
        if how == "reset":
            reset(one)
        else:
            one.close()


def reset(one):
    """Closes socket ONE so that its other end gets a reset."""
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    one.close()


def random_bytes(chance: random.Random):
    """How many bytes until a fault strikes: small numbers as likely as large ones."""
    return int(2 ** chance.uniform(0, 12.5))
