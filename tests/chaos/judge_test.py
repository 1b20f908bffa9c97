"""The judges and the plans: a verdict finds what it must find, and nothing else; a seed gives
the same plan each time, with few silent cuts."""

import itertools
import os
import sqlite3
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from faults import kill_plan, link_plan, text_plan  # noqa: E402
from judge import FINDINGS, Case, judge, server_stores, table, traces  # noqa: E402
from judge_room import Archive, Occupant, judge_said, judge_shown, room_archive  # noqa: E402
from ledger import Ledger, body_of, read_body  # noqa: E402
from proxy import CUTS, SILENT  # noqa: E402


def store(*numbers):
    return [("t", number) for number in numbers]


def verdict_on(shown, states=None, sender=(1, 2, 3), recipient=(1, 2, 3), rows=(), taken=0):
    ledger = Ledger()
    for who, what, number in rows:
        ledger.note(who, what, ("t", number) if number else None)
    states = states or {1: "acked", 2: "delivered", 3: "displayed"}
    return judge(Case("t", "peer", [1, 2, 3], list(shown), states, store(*sender),
                      store(*recipient), {("t", number): taken for number in sender}), ledger)


HAD = [("peer", "arrived by stream", n) for n in (1, 2, 3)]
SENT = [("tern", "sent line", 2), ("killer", "kill -9 server", None)]
ACKED = dict.fromkeys([1, 2, 3], "acked")
CASES = {
    "all is well": ({"shown": [1, 2, 3]}, {}),
    "one is missing": ({"shown": [1, 3], "states": {1: "acked", 2: "sent", 3: "acked"}},
                       {"lost": [2]}),
    "one is missing and nobody was killed": (
        {"shown": [1, 3], "recipient": [1, 3]}, {"lost": [2], "wrongly marked": [2]}),
    "the server lost it when it was killed": (
        {"shown": [1, 3], "states": ACKED, "recipient": [1, 3], "rows": SENT},
        {"lost by the server": [2]}),
    "the server was killed before it took it": (
        {"shown": [1, 3], "states": ACKED, "recipient": [1, 3], "rows": SENT, "taken": 2},
        {"lost": [2]}),
    "the server was killed long after it took it": (
        {"shown": [1, 3], "states": ACKED, "recipient": [1, 3], "rows": SENT, "taken": -9},
        {"lost": [2]}),
    "the server was killed and has it": (
        {"shown": [1, 3], "states": ACKED, "rows": SENT}, {"lost": [2]}),
    "nobody ever took it though the server was killed": (
        {"shown": [1, 3], "states": ACKED, "sender": [1, 3], "recipient": [1, 3],
         "rows": SENT}, {"lost": [2], "wrongly marked": [2]}),
    "one comes twice": ({"shown": [1, 2, 2, 3]}, {"twice": [2]}),
    "one comes late": ({"shown": [1, 3, 2]}, {"out of order": [2]}),
    "failed though it arrived": (
        {"shown": [1, 2, 3], "states": {1: "acked", 2: "failed", 3: "queued"}},
        {"wrongly marked": [2, 3]}),
    "delivered before it was": (
        {"shown": [1, 2, 3], "rows": [("tern", "delivered", 1), *HAD]},
        {"wrongly marked": [1]}),
    "delivered when it was": (
        {"shown": [1, 2, 3], "rows": [*HAD, ("tern", "delivered", 1)]}, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_verdict_finds(name):
    given, wanted = CASES[name]
    verdict = verdict_on(**given)
    found = {kind: [number for (_, number), _ in verdict.findings[kind]] for kind in FINDINGS}
    assert {kind: numbers for kind, numbers in found.items() if numbers} == wanted
    assert verdict.is_good == (not set(wanted) - {"lost by the server"})


def messages(text):
    """"T1 P2" as messages."""
    return [(word[0], int(word[1:])) for word in text.split()]


def ledger_of(rows):
    """A ledger in which ROWS, "who: what: message", were noted one after the other."""
    ledger = Ledger()
    for row in rows:
        who, what, *name = row.split(": ")
        ledger.note(who, what, messages(name[0])[0] if name else None)
    return ledger


def found_by(verdict):
    found = {kind: " ".join(f"{letter}{number}" for (letter, number), _ in findings)
             for kind, findings in verdict.findings.items()}
    return {kind: names for kind, names in found.items() if names}


def archive_of(text, took=0):
    return Archive(messages(text), dict.fromkeys(messages(text), took))


def tern(shown="", said=(1, 2, 3), **states):
    """Tern as an occupant, whose lines are acked or as STATES tells of "T1"."""
    return Occupant("tern", "T", list(said), messages(shown),
                    {number: states.get(f"T{number}", "acked") for number in said})


ROOM = "T1 P1 T2 E1 T3"
KILLED = ["tern: acked line 2: T2", "killer: kill -9 server"]
SAID_CASES = {
    "all is well": (ROOM, {}, [], {}),
    "a line never came into the room": (
        "T1 P1 T3", {"T2": "sent"}, [], {"lost": "T2"}),
    "a line is not in the room and says that it is": (
        "T1 P1 T3", {}, [], {"lost": "T2", "wrongly marked": "T2"}),
    "a line is not in the room, says that it is and nobody was killed": (
        "T1 P1 T3", {}, KILLED[:1], {"lost": "T2", "wrongly marked": "T2"}),
    "the server was killed when the room had told a line": (
        "T1 P1 T3", {}, KILLED, {"lost by the server": "T2"}),
    "the server was killed and the author knows that the room lost its line": (
        "T1 P1 T3", {"T2": "sent"}, KILLED, {"lost": "T2"}),
    "the server was killed and the room never told a line": (
        "T1 P1 T3", {"T2": "queued"}, KILLED[1:], {"lost": "T2"}),
    "the last line is missing": ("T1 T2", {"T3": "failed"}, [], {"lost": "T3"}),
    "a line was said again though the room had it": (
        "T1 P1 T2 E1 T2 T3", {}, [], {"twice": "T2"}),
    "a line was said again behind the next": (
        "T1 T2 T3 T2", {}, [], {"twice": "T2", "out of order": "T2"}),
    "a line came late": ("T1 T3 P1 T2", {}, [], {"out of order": "T2"}),
    "a line of another came late": ("T1 P2 P1 T2 T3", {}, [], {}),
    "a line is said to have failed": (ROOM, {"T2": "failed"}, [], {"wrongly marked": "T2"}),
    "lines stay pending": (
        ROOM, {"T1": "sent", "T3": "queued"}, [], {"wrongly marked": "T1 T3"}),
    "a line vanished from its author's sight": (
        ROOM, {"T2": "missing"}, [], {"wrongly marked": "T2"}),
}


@pytest.mark.parametrize("name", SAID_CASES)
def test_a_verdict_on_what_was_said_in_the_room_finds(name):
    archive, states, rows, wanted = SAID_CASES[name]
    verdict = judge_said(tern(**states), archive_of(archive), ledger_of(rows))
    assert found_by(verdict) == wanted
    assert verdict.is_good == (not set(wanted) - {"lost by the server"})
    assert (verdict.direction, verdict.viewer, verdict.sent) == ("T", "room", 3)


SHOWN_CASES = {
    "all is well": (ROOM, [], {}),
    "nothing is shown": ("", [], {"lost": ROOM}),
    "an own line is missing": ("T1 P1 T2 E1", [], {"lost": "T3"}),
    "a line of another is missing": ("T1 T2 E1 T3", [], {"lost": "P1"}),
    "one that is missing is no excuse for the server": (
        "T1 P1 E1 T3", KILLED, {"lost": "T2"}),
    "an own line comes twice": ("T1 P1 T2 E1 T3 T1", [], {"twice": "T1", "out of order": "T1"}),
    "a line of another comes twice": ("T1 P1 P1 T2 E1 T3", [], {"twice": "P1"}),
    "an own line stands too early": ("T2 T1 P1 E1 T3", [], {"out of order": "T1 P1"}),
    "an own line stands too late": ("P1 T2 E1 T1 T3", [], {"out of order": "T1"}),
    "two others stand the wrong way round": ("T1 P1 E1 T2 T3", [], {"out of order": "T2"}),
    "each one's lines are in order and the room's are not": (
        "P1 T1 T2 E1 T3", [], {"out of order": "T1"}),
    "a line is shown that the room does not have": ("T1 P1 T2 P2 E1 T3", [], {"lost": "P2"}),
    "a line is shown that the server forgot when it was killed": (
        "T1 P1 T2 P2 E1 T3", ["peer: arrived by stream: P2", *KILLED[1:]],
        {"lost by the server": "P2"}),
}


@pytest.mark.parametrize("name", SHOWN_CASES)
def test_a_verdict_on_what_is_shown_of_the_room_finds(name):
    shown, rows, wanted = SHOWN_CASES[name]
    verdict = judge_shown(tern(shown), archive_of(ROOM), ledger_of(rows))
    assert found_by(verdict) == wanted
    assert verdict.is_good == (not set(wanted) - {"lost by the server"})
    assert (verdict.direction, verdict.viewer, verdict.sent) == ("room", "tern", 5)


def test_a_line_that_is_twice_in_the_room_stands_where_it_was_first():
    archive = archive_of("T1 P1 T1 T2")
    assert found_by(judge_shown(tern("T1 P1 T2"), archive, Ledger())) == {}
    found = judge_shown(tern("T1 P1 T1 T2"), archive, Ledger())
    assert found_by(found) == {"twice": "T1", "out of order": "T1"}
    assert "2 copies" in found.findings["twice"][0][1]


def test_a_kill_long_after_a_line_was_seen_excuses_nothing(monkeypatch):
    ledger = ledger_of(KILLED[:1])
    monkeypatch.setattr(ledger, "now", lambda: 60.0)
    ledger.note("killer", "kill -9 server")
    verdict = judge_said(tern(said=[1, 2]), archive_of("T1"), ledger)
    assert found_by(verdict) == {"lost": "T2", "wrongly marked": "T2"}


@pytest.mark.parametrize("took, wanted", [(0, {}), (9, {"wrongly marked": "T2"})])
def test_a_line_claims_to_be_in_the_room_when_it_is(took, wanted):
    rows = ["peer: arrived: T1", "tern: sent line: T1", "tern: acked line: T2"]
    verdict = judge_said(tern(), archive_of(ROOM, took), ledger_of(rows))
    assert found_by(verdict) == wanted


def test_a_finding_brings_its_trace():
    ledger = ledger_of(["peer: said: P7", "tern: link online "])
    verdict = judge_shown(tern("T1"), archive_of("T1 P7"), ledger)
    told = "".join(traces(verdict, ledger))
    assert "P000007 at tern lost: it is line 2" in told
    assert "* said" in told and "link online" in told
    assert ["lost", "1"] in [row.split() for row in table([verdict])]


def test_the_rooms_archive_is_read_from_the_servers_files(tmp_path):
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "prosody.sqlite") as database:
        database.execute('CREATE TABLE prosodyarchive (sort_id INTEGER PRIMARY KEY, user, store,'
                         ' "when", value)')
        for user, place, when, body in (("chaos", "muc_log", 12, body_of("T", 1)),
                                        ("chaos", "muc_log", 13, body_of("P", 1, "xx")),
                                        ("den", "muc_log", 14, body_of("E", 1)),
                                        ("alice", "archive", 15, body_of("t", 1)),
                                        ("chaos", "muc_log", 16, body_of("T", 1))):
            database.execute("INSERT INTO prosodyarchive VALUES (NULL, ?, ?, ?, ?)",
                             (user, place, when, f"<message><body>{body}</body></message>"))
    database.close()
    archive = room_archive(tmp_path, "chaos", 10)
    assert archive.messages == messages("T1 P1 T1")
    assert archive.took == {("T", 1): 2.0, ("P", 1): 3.0}
    assert server_stores(tmp_path) == {"alice": [("t", 1)]}


def test_bodies_are_read_back():
    assert read_body(body_of("p", 12, "xx")) == ("p", 12)
    assert read_body(body_of("E", 12)) == ("E", 12)
    assert read_body("something else") is None and read_body(None) is None


def test_a_seed_gives_the_same_plans():
    def plans(seed):
        return [(*map(str, step),) for plan in (
            link_plan(seed, "link"), kill_plan(seed, ["server"]), text_plan(seed, "t"))
            for step in itertools.islice(plan, 50)]
    assert plans(1) == plans(1) != plans(2)


@pytest.mark.parametrize("seed", range(20))
def test_few_cuts_are_silent_at_any_time(seed):
    cuts = silent = 0
    for _, fault in itertools.islice(link_plan(seed, "link"), 300):
        cuts += fault.kind in CUTS
        silent += fault.kind in SILENT
        assert silent * 4 <= cuts
