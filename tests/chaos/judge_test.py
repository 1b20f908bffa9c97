"""The judge and the plans: a verdict finds what it must find, and nothing else; a seed gives
the same plan each time, with few silent cuts."""

import itertools
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from faults import kill_plan, link_plan, text_plan  # noqa: E402
from judge import FINDINGS, Case, judge  # noqa: E402
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
    found = {kind: [number for number, _ in verdict.findings[kind]] for kind in FINDINGS}
    assert {kind: numbers for kind, numbers in found.items() if numbers} == wanted
    assert verdict.is_good == (not set(wanted) - {"lost by the server"})


def test_bodies_are_read_back():
    assert read_body(body_of("p", 12, "xx")) == ("p", 12)
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
