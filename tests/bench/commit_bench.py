"""What durable storing (synchronous=FULL: an fsync a commit) costs per arriving message at
1, 10 and 100 messages a second: CPU time of session process and router, bytes written to the
disk, and the time from being said until it is stored and told to a frontend, with the other
side's and the server's share in it. Beside it what the disk takes for as many bytes."""

import os
import threading
import time

from figures import Bob, Town, cpu_ns, show, show_times
from house import read_proc

RATES = ((1, 10), (10, 10), (100, 10))  # messages a second, for so many seconds
SYNCS = 200


def written(pid):
    rows = read_proc(pid, "io").decode().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("write_bytes"))


def measure(town, bob, bridge, rate, seconds):
    pids = town.pids()
    count, took = rate * seconds, []

    def take():
        while len(took) < count:
            event = bridge.wait_event("message.changed", 30, lambda e: e.get("is_new"))
            took.append(time.monotonic() - float(event["line"]["body"]))
    reader = threading.Thread(target=take)
    reader.start()
    begin = time.monotonic()
    cpu = {name: cpu_ns(pid) for name, pid in pids.items()}
    disk = written(pids["session"])
    for number in range(count):
        wait = begin + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        bob.say(f"{time.monotonic():.6f}")
    reader.join()
    time.sleep(0.2)
    how = f"{rate} messages/s, stored durably"
    show_times(f"{how}: said to told", took)
    for name, pid in pids.items():
        show(f"{how}: CPU of {name} a message", (cpu_ns(pid) - cpu[name]) / count / 1e6, "ms",
             digits=3)
    size = (written(pids["session"]) - disk) // count
    show(f"{how}: written a message", size / 1024, "KiB")
    return size


def measure_disk(town, size):
    """An fsync of SIZE bytes that are appended to a file, as a commit does."""
    times = []
    with open(town.path("disk"), "wb", buffering=0) as file:
        for _ in range(SYNCS):
            begin = time.perf_counter()
            file.write(bytes(size))
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begin)
    show_times(f"write and fsync of {size // 1024} KiB", times)


def main():
    with Town(contacts=10) as town:
        town.create()
        with Bob(town) as bob, town.bridge() as bridge:
            bridge.call("profile.attach", profile="home")
            bob.say("0")
            bridge.wait_event("message.changed")
            for rate, seconds in RATES:
                size = measure(town, bob, bridge, rate, seconds)
            measure_disk(town, size)


if __name__ == "__main__":
    main()
