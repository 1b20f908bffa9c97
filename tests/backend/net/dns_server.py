"""A name server for one test: UDP on a loopback port, records from a table, no recursion.

    with DnsServer({("_xmpp-client._tcp.example.org", "SRV"): [(0, 5, 5222, "a.example.org")],
                    ("a.example.org", "A"): ["127.0.0.1"]}) as dns:
        ... dns.address ... dns.asked ...

A name with any record answers the other types with "no such record", unknown names do not
exist. The values SERVFAIL and SILENT stand for an answer of that kind.
"""

import ipaddress
import socket
import struct
import threading

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33}
NAMES = {number: name for name, number in TYPES.items()}
SERVFAIL, SILENT = "SERVFAIL", "SILENT"


def encode(name):
    parts = [part for part in name.split(".") if part]
    return b"".join(bytes([len(part)]) + part.encode() for part in parts) + b"\0"


def data_of(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if kind == "CNAME":
        return encode(value)
    priority, weight, port, target = value
    return struct.pack("!HHH", priority, weight, port) + encode(target)


class DnsServer:
    def __init__(self, records):
        self.records = {(name.lower(), kind): value for (name, kind), value in records.items()}
        self.asked = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self._is_over = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def _run(self):
        while True:
            query, sender = self._socket.recvfrom(4096)
            if self._is_over:
                return
            answer = self._answer(query)
            if answer is not None:
                self._socket.sendto(answer, sender)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        question = query[12:at + 5]
        kind = NAMES.get(struct.unpack("!H", query[at + 1:at + 3])[0], "?")
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        rows, code = self._find(name, kind)
        if rows == SILENT:
            return None
        if rows == SERVFAIL:
            rows, code = [], 2
        body = b"".join(encode(owner) + struct.pack("!HHIH", TYPES[one], 1, 60, len(data)) + data
                        for owner, one, data in rows)
        return query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, len(rows), 0, 0) \
            + question + body

    def _find(self, name, kind):
        """The answer's rows, following CNAME, and the response code."""
        rows = []
        for _ in range(8):
            value = self.records.get((name, kind))
            if isinstance(value, str):
                return value, 0
            if value is not None:
                return rows + [(name, kind, data_of(kind, one)) for one in value], 0
            alias = self.records.get((name, "CNAME"))
            if alias is None:
                break
            rows.append((name, "CNAME", encode(alias[0])))
            name = alias[0].lower()
        exists = rows or any(known == name for known, _ in self.records)
        return rows, 0 if exists else 3
