"""A cold start with 1,000,000 stored messages: from exec of tern with no daemon to a full
screen, of an unprotected profile with 1,000 contacts; then the newest 50 lines of a
conversation over the bridge, the first time and later. The same once more with a database
that the kernel has to read from the disk."""

import contextlib
import os
import sqlite3
import statistics
import sys
import time

from deadline import Deadline
from figures import CONTACTS, Town, show
from start_bench import full_at, run_tern

LINES = int(os.environ.get("TERN_BENCH_LINES", "1000000"))
RUNS = 7
PEERS = 200


def fill(town):
    """LINES incoming lines in PEERS conversations, all but the newest read long ago. Nothing
    of them stays in the database's log: tern's own has 4 MB, and what a start has to recover
    of 190 MB would be ours."""
    folder = os.path.join(town.data, "tern", "profiles", "home")
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "store.db"))) as database:
        [[floor]] = database.execute("SELECT value FROM meta WHERE key='place_floor'")
        [[first]] = database.execute("SELECT ifnull(max(id), 0)+1 FROM conversations")
        database.executemany(
            "INSERT INTO conversations(id, kind, jid, is_open, read_place, marked_place,"
            " last_ms, seq) VALUES(?, 0, ?, ?, ?, ?, ?, 1)",
            ((first + peer, town.server.jid(f"peer{peer}"), peer < 5, floor + (LINES << 20),
              floor + (LINES << 20), 1000 * LINES) for peer in range(PEERS)))
        database.executemany(
            "INSERT INTO messages(conversation, place, seq, kind, state, is_outgoing,"
            " is_delayed, is_mention, may_repeat, sent_ms, received_ms, sender, wire_id,"
            " origin_id, body) VALUES(?, ?, 1, 0, 0, 0, 0, 0, 0, ?, ?, ?, ?, ?, ?)",
            ((first + number % PEERS, floor + (number << 20), 1000 * number, 1000 * number,
              town.server.jid(f"peer{number % PEERS}"), f"w{number}", f"o{number}",
              f"stored message {number}, as long as most of them are in a chat")
             for number in range(LINES)))
        database.execute("UPDATE meta SET value=? WHERE key='place_floor'",
                         (floor + (LINES << 20),))
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def page_of(rows):
    """The contacts' rows without their presences: those and the bar change as the profile
    goes online, which is no part of a start."""
    return "\n".join(row[3:] for row in rows[:-3])


def page_ms(bridge, jid):
    begin = time.perf_counter()
    page = bridge.call("message.page", profile="home", jid=jid, limit=50)
    if len(page["lines"]) != 50:
        raise AssertionError(f"{len(page['lines'])} lines came")
    return (time.perf_counter() - begin) * 1e3


def wait_contacts(town):
    with town.bridge() as bridge:
        deadline = Deadline(60)
        while len(bridge.call("profile.attach", profile="home").get("contacts", ())) < CONTACTS:
            if deadline.is_over():
                sys.exit("the contacts did not come")
            time.sleep(0.1)


def forget(town):
    """Lets the kernel drop what it keeps of the database in memory."""
    folder = os.path.join(town.data, "tern", "profiles", "home")
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(town, how, before, goals=(None, None)):
    times, firsts, pages = [], [], []
    for run in range(RUNS):
        before(town)
        begin, came = run_tern(town)
        end, _, text = full_at(came, page_of)
        if text.count("@localhost") < 40:
            sys.exit(f"tern did not show its contacts:\n{text}")
        times.append((end - begin) * 1e3)
        jid = town.server.jid(f"peer{run}")
        with town.bridge() as bridge:
            firsts.append(page_ms(bridge, jid))
            pages += [page_ms(bridge, jid) for _ in range(50)]
        town.run("ternd", "stop")
    show(f"{how}: exec to full screen with no daemon, p50", statistics.median(times), "ms",
         goals[0])
    show(f"{how}: exec to full screen with no daemon, worst", max(times), "ms")
    show(f"{how}: newest 50 the first time, p50", statistics.median(firsts), "ms", goals[1])
    show(f"{how}: newest 50 the first time, worst", max(firsts), "ms")
    show(f"{how}: newest 50 later, p50", statistics.median(pages), "ms", goals[1])


def main():
    with Town() as town:
        town.create()
        wait_contacts(town)
        town.run("ternd", "stop")
        begin = time.monotonic()
        fill(town)
        show(f"filling {LINES} lines by SQL", time.monotonic() - begin, "s")
        what = f"{LINES} lines, {CONTACTS} contacts"
        measure(town, what, lambda town: None, (200, 5))
        measure(town, "the same, read from the disk", forget)


if __name__ == "__main__":
    main()
