"""Catching up with 50,000 archived messages after an absence: messages a second and CPU time
over tern's processes until all is stored; and from a key to its echo meanwhile, in a tern
that shows one of the conversations that fill.

The server is Prosody with its archive in SQLite, filled there directly, with its limits
raised as an administrator may.
"""

import os
import select
import sqlite3
import sys
import time

from deadline import Deadline
from figures import Town, cpu_ns, open_chat, show, show_times

MESSAGES = int(os.environ.get("TERN_BENCH_ARCHIVED", "50000"))
SENDERS = 50
PAUSE = 0.02
SERVER = {
    "archive": "sql", "without": ("limits",),
    "options": 'sql = { driver = "SQLite3", database = "prosody.sqlite" }\n'
               "max_archive_query_results = 1000\n"}
MESSAGE = ("<message xmlns='jabber:client' type='chat' id='id-{0}' from='{1}/x' to='{2}'>"
           "<body>archived message {0}, as long as most of them are</body>"
           "<origin-id xmlns='urn:xmpp:sid:0' id='id-{0}'/></message>")


def fill_archive(town):
    """MESSAGES of the last day, from SENDERS people, in alice's archive."""
    path = os.path.join(town.server.folder, "data", "prosody.sqlite")
    now = int(time.time())
    with sqlite3.connect(path) as database:
        database.executemany(
            'INSERT INTO prosodyarchive(host, user, store, key, "when", "with", type, value)'
            " VALUES(?, 'alice', 'archive', ?, ?, ?, 'xml', ?)",
            ((town.server.host, f"archived-{number:08}",
              now - 86400 + number * 86000 // MESSAGES, sender,
              MESSAGE.format(number, sender, town.alice))
             for number in range(MESSAGES)
             for sender in [town.bob if number % SENDERS == 0
                            else town.server.jid(f"friend{number % SENDERS}")]))


def stored_lines(town):
    path = os.path.join(town.data, "tern", "profiles", "home", "store.db")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        [[count]] = database.execute("SELECT count(*) FROM messages")
    return count


def read_until(master, wanted):
    data = b""
    while wanted not in data:
        if not select.select([master], [], [], 5)[0]:
            raise AssertionError("a key was not echoed")
        data += os.read(master, 65536)


def type_until(screen, is_over, times):
    """Types into the input line until IS_OVER(); the times of each echo go to TIMES. No
    message, name or notice has an x in it."""
    count, looked = 0, time.monotonic()
    while True:
        if count % 60 == 0:
            screen.keys("\x15")
            screen.settle(0.05, 0.5)
        # What the daemon had to show is read before, so that the line with the x's is not
        # taken for the echo if it is drawn anew.
        while select.select([screen.master], [], [], 0)[0]:
            os.read(screen.master, 65536)
        begin = time.perf_counter()
        os.write(screen.master, b"x")
        read_until(screen.master, b"x")
        times.append(time.perf_counter() - begin)
        count += 1
        time.sleep(PAUSE)
        if time.monotonic() - looked > 0.5:
            looked = time.monotonic()
            if is_over():
                return


def main():
    with Town(contacts=10, server=SERVER) as town:
        town.create()
        town.ctl("send", town.bob, "the last one before", "--wait", "sent")
        screen = open_chat(town, columns=200, lines=50)
        screen.wait("the last one before")
        town.ctl("disconnect")
        before = stored_lines(town)
        fill_archive(town)
        pids = town.pids(screen)
        deadline, times = Deadline(240), []
        spent = {name: cpu_ns(pid) for name, pid in pids.items()}
        server = town.server.process.pid
        served = cpu_ns(server)
        begin = time.monotonic()
        town.ctl("connect")

        def is_over():
            if deadline.is_over():
                sys.exit(f"only {stored_lines(town) - before} of {MESSAGES} came")
            return stored_lines(town) - before >= MESSAGES
        type_until(screen, is_over, times)
        seconds = time.monotonic() - begin
        spent = {name: (cpu_ns(pid) - spent[name]) / 1e9 for name, pid in pids.items()}
        what = f"catch-up of {MESSAGES} messages"
        show(what, MESSAGES / seconds, "/s", digits=0)
        show(f"{what}: CPU of tern, router and session", sum(spent.values()), "s")
        for name, cost in spent.items():
            show(f"  of which {name}", cost, "s")
        show("  beside it the server's", (cpu_ns(server) - served) / 1e9, "s")
        show_times(f"key to echo meanwhile ({len(times)} keys)", times, goal99=30)


if __name__ == "__main__":
    main()
