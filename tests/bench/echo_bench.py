"""From a key to its echo on the terminal, in a conversation, on an otherwise quiet house."""

import os
import select
import time

from figures import Town, open_chat, show_times

KEYS = 600
PAUSE = 0.01  # a very fast typist; without it the next key meets a process still awake


def main():
    with Town(contacts=10) as town:
        town.create()
        screen = open_chat(town, columns=200, lines=50)
        times = []
        for i in range(KEYS):
            if i % 60 == 0:
                screen.keys("\x15")
                screen.settle(0.1)
            begin = time.perf_counter()
            os.write(screen.master, b"x")
            if not select.select([screen.master], [], [], 5)[0]:
                raise AssertionError("a key was not echoed")
            times.append(time.perf_counter() - begin)
            os.read(screen.master, 4096)
            time.sleep(PAUSE)
        show_times("key to echo", times)


if __name__ == "__main__":
    main()
