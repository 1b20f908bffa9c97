"""What happened, in one list: both sides, the proxies and the killer write a row here for
everything that a trace may need. Nothing is judged here (judge.py does that) and no row is
ever changed. Messages are (direction, number): direction "t" is written on tern's side, "p"
on the peer's and "e" elsewhere on tern's account; "T", "P" and "E" are what the same three
say in the room; numbers rise from 1. Written by all parts of the chaos run, from any thread.
"""

import re
import threading
import time

BODY = re.compile(r"^chaos ([tpeTPE]) (\d{6})\b")
AROUND = 4.0  # seconds of common rows before and after a message's own rows
MOST_ROWS = 90


def body_of(direction, number, filler=""):
    """The text of message NUMBER; FILLER makes the messages differ in length."""
    return f"chaos {direction} {number:06d} {filler}".rstrip()


def read_body(body):
    """(direction, number) of a text, or None if it is none of ours."""
    match = BODY.match(body or "")
    return (match[1], int(match[2])) if match else None


class Ledger:
    """Rows (seconds since the start, who, what): of each message, and common ones."""

    def __init__(self):
        self._begin = time.monotonic()
        self.began = time.time()  # the same moment for those who know no other clock
        self._lock = threading.Lock()
        self._common = []
        self._rows = {}

    def now(self):
        """Seconds since the start."""
        return time.monotonic() - self._begin

    def note(self, who, what, message=None):
        with self._lock:
            rows = self._rows.setdefault(message, []) if message else self._common
            rows.append((self.now(), who, what))

    def times(self, who, word):
        """When WHO noted something that begins with WORD and is of no message."""
        return [at for at, name, what in self._common if name == who and what.startswith(word)]

    def told(self, message, words, who=None):
        """When rows of MESSAGE that begin with one of WORDS were written, by WHO if given."""
        return [at for at, name, what in self._rows.get(message, ()) if
                what.startswith(words) and who in (None, name)]

    def trace(self, message):
        """The rows of MESSAGE among what else happened around them, as text lines."""
        own = [(*row, "* ") for row in self._rows.get(message, ())]
        common = [(*row, "  ") for row in self._common
                  if any(abs(row[0] - at) < AROUND for at, *_ in own)]
        rows = sorted(own + common)
        lines = [f"  {at:9.3f}  {who:<8} {mark}{what}" for at, who, what, mark in
                 rows[:MOST_ROWS]]
        more = len(rows) - MOST_ROWS
        return (lines or ["  nothing was ever noted about it"]) + \
            ([f"  … and {more} rows more"] if more > 0 else [])

    def write(self, path):
        """All rows as lines of a file, in their order."""
        rows = [(*row, "-") for row in self._common]
        for (direction, number), own in self._rows.items():
            rows += [(*row, f"{direction}{number:06d}") for row in own]
        with open(path, "w", encoding="utf-8") as file:
            for at, who, what, name in sorted(rows):
                file.write(f"{at:9.3f}\t{who}\t{name}\t{what}\n")
