"""What a call costs: round trip and calls a second, answered by the router and by a session
process, with frames that are packed before the clock runs; and ternctl, whole."""

import time

import msgpack

from figures import CONTACTS, Town, raw_client, show, show_times

CALLS = 5000
BATCH = 32
RUNS = 20


def frames(method, params, count, first=1000):
    return [msgpack.packb([0, first + i, method, params]) for i in range(count)]


def answer_size(client, frame):
    """The bytes of the answer to FRAME: answers to the same call are equally long as long as
    their ids are."""
    client.socket.sendall(frame)
    return len(client.socket.recv(1 << 16))


def round_trips(client, packed):
    client.socket.settimeout(10)
    times = []
    for frame in packed:
        begin = time.perf_counter()
        client.socket.sendall(frame)
        client.socket.recv(1 << 16)
        times.append(time.perf_counter() - begin)
    return times


def pipelined(client, packed):
    """Calls a second with BATCH in a write, the answers counted by their bytes."""
    size = answer_size(client, packed[0])
    begin = time.perf_counter()
    for start in range(0, len(packed), BATCH):
        batch = packed[start:start + BATCH]
        client.socket.sendall(b"".join(batch))
        left = size * len(batch)
        while left > 0:
            left -= len(client.socket.recv(1 << 16))
    return len(packed) / (time.perf_counter() - begin)


def ternctl(town, *words):
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        town.ctl(*words)
        times.append(time.perf_counter() - begin)
    return times


def main():
    with Town() as town:
        town.create()
        with raw_client(town) as client:
            line = {"profile": "home", "id": 1}
            for who, method, params in (("router", "profile.list", {}),
                                        ("session process", "message.get", line)):
                packed = frames(method, params, CALLS)
                round_trips(client, packed[:200])
                show_times(f"round trip to the {who}", round_trips(client, packed), unit="us",
                           digits=0)
                show(f"calls to the {who}, {BATCH} a write",
                     int(pipelined(client, packed)), "/s")
        show_times("ternctl status", ternctl(town, "status"), 20)
        show_times(f"ternctl roster, {CONTACTS} contacts", ternctl(town, "roster"), 20)


if __name__ == "__main__":
    main()
