"""The verdict on a run: what each side shows against what was sent, and why a message is
missing. Reads the two sides, the ledger and the server's own files; changes nothing.

A message that is missing is "lost by the server" only if the server took it (a copy in its
sender's archive) and has it in no store of the recipient, and was killed just then.
Every other finding makes the run fail.
"""

import os
import re
import sqlite3
from dataclasses import dataclass, field

from ledger import read_body

# Seconds from the moment at which the server took a message, which it knows to the second,
# to a kill that may eat it: it writes both archives at once, if it is not starved.
JUST_THEN = (-0.5, 4.0)
FINDINGS = ("lost", "twice", "out of order", "wrongly marked", "lost by the server")
PROOFS = ("acked", "delivered", "displayed")
BODY = re.compile(r"<body[^>]*>([^<]*)</body>|\"(chaos [tpeTPE] \d{6}[^\"]*)\"")


@dataclass
class Verdict:
    """Figures of one direction; each finding is (message, sentence)."""

    direction: str
    viewer: str
    sent: int = 0
    arrived: int = 0
    findings: dict = field(default_factory=lambda: {name: [] for name in FINDINGS})

    @property
    def is_good(self):
        return not any(self.findings[name] for name in FINDINGS[:-1])

    def find(self, what, number, sentence):
        """Message NUMBER of this direction is WHAT."""
        self.findings[what].append(((self.direction, number), sentence))


def rows_of_stores(folder, names):
    """(user, (direction, number), unix time) of what lies in the stores NAMES, in order."""
    path = os.path.join(folder, "data", "prosody.sqlite")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30) as database:
        rows = database.execute(
            'SELECT user, value, "when" FROM prosodyarchive WHERE store IN '
            f"({','.join('?' * len(names))}) ORDER BY sort_id", names).fetchall()
    for user, value, when in rows:
        match = BODY.search(value)
        name = read_body(match[1] or match[2]) if match else None
        if name:
            yield user, name, float(when)


def server_stores(folder, names=("archive", "offline")):
    """{user: [(direction, number) …]}: what lies in the stores of each user, in order."""
    found = {}
    for user, name, _ in rows_of_stores(folder, names):
        found.setdefault(user, []).append(name)
    return found


def server_times(folder, ledger):
    """{(direction, number): when the server took it, in LEDGER's seconds}, as the archive
    of its sender says, which comes before any other."""
    times = {}
    for _, name, when in rows_of_stores(folder, ("archive",)):
        times.setdefault(name, when - ledger.began)
    return times


@dataclass
class Case:
    """What one viewer shows of one direction. SENT and SHOWN are lists of numbers (SHOWN in
    the order of display), STATES what the sender claims of each, None where that is told
    by another case; the stores are those of server_stores(), TAKEN is server_times()."""

    direction: str
    viewer: str
    sent: list
    shown: list
    states: dict
    sender_store: list
    recipient_store: list
    taken: dict


def judge(case, ledger):
    """The verdict on CASE."""
    direction, sent, shown = case.direction, case.sent, case.shown
    sender_store, recipient_store = case.sender_store, case.recipient_store
    verdict = Verdict(direction, case.viewer, len(sent), len(set(shown)))
    has_arrived = set(shown)
    in_recipient = {number for way, number in recipient_store if way == direction}
    in_sender = {number for way, number in sender_store if way == direction}
    kills = ledger.times("killer", "kill -9 server")
    for number in sent:
        if number in has_arrived:
            continue
        at = case.taken.get((direction, number))
        near = [kill for kill in kills
                if at is not None and JUST_THEN[0] <= kill - at <= JUST_THEN[1]]
        if number in in_sender and number not in in_recipient and near:
            verdict.find("lost by the server", number,
                         f"only its sender's archive has it, since second {at:.0f}; the "
                         f"server was killed at {near[0]:.3f}")
            continue
        where = [name for name, there in (("sender's archive", in_sender),
                                          ("recipient's archive", in_recipient))
                 if number in there]
        verdict.find("lost", number, f"it is in {' and '.join(where) or 'no store'}")
    _count_twice(verdict, shown, recipient_store)
    _look_at_order(verdict, shown)
    if case.states is not None:
        _look_at_marks(verdict, case, in_sender, ledger)
    return verdict


def _count_twice(verdict, shown, recipient_store):
    seen = set()
    for number in shown:
        if number in seen:
            copies = sum(name == (verdict.direction, number) for name in recipient_store)
            verdict.find("twice", number, f"it is shown {shown.count(number)} times; the "
                         f"recipient's stores have {copies} copies")
        seen.add(number)


def _look_at_order(verdict, shown):
    highest = 0
    for number in shown:
        if number < highest:
            verdict.find("out of order", number, f"it stands behind {highest}")
        highest = max(highest, number)


def _look_at_marks(verdict, case, in_sender, ledger):
    """A line may claim less than is true while things move, never at the end, and never
    more: delivered before the other side had it."""
    has_arrived = set(case.shown)
    for number in case.sent:
        state = case.states.get(number, "missing")
        if number in has_arrived:
            if state not in PROOFS:
                verdict.find("wrongly marked", number,
                             f"it arrived, and its line says {state}")
        elif state in PROOFS and not (state == "acked" and number in in_sender):
            verdict.find("wrongly marked", number,
                         f"it is nowhere, and its line says {state}")
        message = (case.direction, number)
        claimed = ledger.told(message, ("delivered", "displayed"), "tern")
        had = ledger.told(message, ("came", "arrived"), case.viewer)
        if claimed and not (had and had[0] < claimed[0]):
            verdict.find("wrongly marked", number,
                         "its line said delivered before the other side had it")


def table(verdicts):
    """The figures as text lines, one column a direction."""
    rows = [("", [f"{v.direction} → {v.viewer}".rjust(14) for v in verdicts]),
            ("sent", [v.sent for v in verdicts]), ("arrived", [v.arrived for v in verdicts])]
    rows += [(name, [len(v.findings[name]) for v in verdicts]) for name in FINDINGS]
    return [f"{name:<20}" + "".join(f"{value:>14}" for value in values)
            for name, values in rows]


def traces(verdict, ledger, most=5):
    """The findings of VERDICT with the trace of each message; of each kind at most MOST."""
    lines = []
    for name in FINDINGS:
        found = verdict.findings[name]
        for (letter, number), sentence in found[:most]:
            lines.append(f"{letter}{number:06d} at {verdict.viewer} {name}: {sentence}")
            lines += ledger.trace((letter, number))
        if len(found) > most:
            others = " ".join(f"{letter}{number}" for (letter, number), _ in
                              found[most:most + 200])
            lines.append(f"{verdict.viewer}: {len(found) - most} more {name}: {others}")
    return [f"{line}\n" for line in lines]
