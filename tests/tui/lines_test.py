"""Own lines and what is proven of them; lines that come into the middle; older pages."""

import re

import pytest

from fake_daemon import FakeDaemon, lone_tern
from house import House

ANNA = "anna@example.org"
MARKS = [("queued", "…"), ("sent", "·"), ("acked", "-"), ("delivered", "+"),
         ("displayed", "*")]


@pytest.fixture
def house(tmp_path):
    with House(build=lone_tern(str(tmp_path / "tree"))) as one:
        yield one


@pytest.fixture
def daemon(house):
    with FakeDaemon(house) as one:
        one.contact(ANNA, "Anna")
        yield one


@pytest.fixture
def screen(house, daemon):
    with house.tern() as one:
        one.wait("Anna")
        yield one


def open_chat(screen):
    screen.line("/msg Anna")
    screen.wait("Anna:")


def change(daemon, line, **fields):
    line.update(fields, seq=daemon.step())
    daemon.tell("message.changed", seq=line["seq"], line=line)


# ---- marks ----

def test_each_rung_has_its_mark_and_costs_a_few_bytes(house, daemon, screen):
    open_chat(screen)
    line = daemon.receive(ANNA, "on its way", is_own=True, state="queued")
    for state, mark in MARKS:
        screen.settle(0.1)
        before = screen.bytes
        change(daemon, line, state=state)
        screen.wait(re.compile(rf"\d\d:\d\d{re.escape(mark)} me: on its way"))
        screen.settle(0.1)
        # The mark, the way there and back, and a colour on and off.
        assert screen.bytes - before <= (40 if state in ("sent", "acked") else 20)


def test_marks_in_ascii(house, daemon, screen):
    open_chat(screen)
    daemon.receive(ANNA, "one", is_own=True, state="queued")
    daemon.receive(ANNA, "two", is_own=True, state="sent")
    screen.wait("· me: two")
    screen.line("/set ascii_marks on")
    screen.wait("~ me: one")
    screen.wait(". me: two")


def test_help_explains_the_marks(house, daemon, screen):
    screen.line("/help")
    screen.wait("/contacts")
    for _ in range(30):
        if "Your server has it." in screen.text():
            break
        screen.keys("\x1b[6~")
        screen.settle(0.05)
    screen.wait("It reached a program of the other side.")


@pytest.mark.parametrize("columns", [80, 40])
def test_notes_of_lines_that_want_a_word(house, daemon, columns):
    with house.tern(columns=columns, lines=12) as screen:
        screen.wait("Anna")
        open_chat(screen)
        daemon.receive(ANNA, "old", is_own=True, state="held")
        screen.wait(re.compile(r"\? me: old \(not sent, it\s+waited\s+too\s+long:\s+/retry\s+"
                               r"sends\s+it,\s+/cancel\s+takes\s+it\s+back\)"))
        daemon.receive(ANNA, "twice", is_own=True, state="acked", may_repeat=True)
        screen.wait(re.compile(r"- me: twice \(may\s+have\s+arrived\s+twice\)"))
