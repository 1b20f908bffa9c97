"""Own lines and what is proven of them; lines that come into the middle; older pages."""

import re
import threading

import pytest

from deadline import Deadline
from fake_daemon import FakeDaemon, Later
from house import switches_of

ANNA = "anna@example.org"
MARKS = [("queued", "…"), ("sent", "·"), ("acked", "-"), ("delivered", "+"),
         ("displayed", "*")]


@pytest.fixture
def daemon(house):
    with FakeDaemon(house) as one:
        one.contact(ANNA, "Anna")
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


# ---- taking back, sending again ----

def test_cancel_brings_the_newest_waiting_line_back(house, daemon, screen):
    open_chat(screen)
    daemon.receive(ANNA, "one", is_own=True, state="failed", reason="item-not-found")
    daemon.receive(ANNA, "two", is_own=True, state="queued")
    daemon.receive(ANNA, "sent", is_own=True, state="sent")
    screen.wait("me: two")
    screen.line("/cancel")
    screen.wait("› two")
    screen.wait("The line was taken back.")
    screen.wait_gone("me: two")
    screen.wait("me: one")
    screen.line("")
    assert daemon.called("message.send")["body"] == "two"


def test_cancel_does_not_overwrite_what_is_typed(house, daemon, screen):
    open_chat(screen)
    daemon.receive(ANNA, "earlier", is_own=True, state="queued")
    screen.wait("me: earlier")
    go_on = threading.Event()

    def wait(params):
        go_on.wait(10)
        return daemon.do_message__cancel(params)
    daemon.on["message.cancel"] = wait
    screen.line("/cancel")
    screen.keys("something new")
    screen.wait("› something new")
    go_on.set()
    screen.wait("the history of the input line")
    screen.wait("› something new")
    screen.wait_gone("me: earlier")
    screen.keys("\x1b[A")
    screen.wait("› earlier")


def test_cancel_with_nothing_to_take_back(house, daemon, screen):
    open_chat(screen)
    daemon.receive(ANNA, "sent", is_own=True, state="sent")
    screen.line("/cancel")
    screen.wait("what was sent cannot be taken")
    screen.line("\x03/cancel all")
    screen.wait("/cancel stands alone:")
    screen.line("\x03/contacts")
    screen.line("/cancel")
    screen.wait("No conversation is open here")


def test_retry_sends_one_or_all_again_at_the_end(house, daemon, screen):
    open_chat(screen)
    for body in ("one", "two"):
        daemon.receive(ANNA, body, is_own=True, state="failed", reason="item-not-found")
    daemon.receive(ANNA, "meanwhile")
    screen.wait("Anna: meanwhile")
    screen.line("/retry")
    screen.wait(re.compile(r"! me: one.*meanwhile.*… me: two", re.DOTALL))
    daemon.receive(ANNA, "old", is_own=True, state="held")
    screen.wait("? me: old")
    screen.keys("/retry \t")
    screen.wait("› /retry all")
    screen.keys("\r")
    screen.wait(re.compile(r"meanwhile.*… me: two.*… me: one.*… me: old", re.DOTALL))
    screen.line("/retry everything")
    screen.wait("/retry [all]:")


def test_held_lines_are_told_when_tern_opens(house, daemon):
    daemon.receive(ANNA, "old", is_own=True, state="held")
    with house.tern(columns=40, lines=12) as screen:
        screen.wait(re.compile(r"1 of your lines waited too long"))


def test_two_terns_are_in_step(house, daemon):
    with house.tern() as one, house.tern(columns=40, lines=12) as other:
        for screen in (one, other):
            screen.wait("Anna")
            open_chat(screen)
        line = daemon.receive(ANNA, "text", is_own=True, state="failed", reason="Gone.")
        for screen in (one, other):
            screen.wait("! me: text")
        one.line("/retry")
        for screen in (one, other):
            screen.wait("… me: text")
        change(daemon, line, state="sent")
        change(daemon, line, state="acked")
        for screen in (one, other):
            screen.wait("- me: text")
        change(daemon, line, state="queued")
        other.line("/cancel")
        for screen in (one, other):
            screen.wait_gone("me: text")
            screen.wait("› text")


# ---- lines in the middle, older pages ----

def rows_with(screen, what):
    return [row for row in screen.lines() if what in row]


def climb_to(screen, what):
    """Goes to the top, again when older lines came in above it, until WHAT is seen."""
    deadline = Deadline(10)
    while what not in screen.text():
        assert not deadline.is_over(), screen.picture()
        screen.keys("\x1b<")
        screen.settle(0.1, seconds=1)


def fill(daemon, count, start=1):
    """Lines with places 1000 apart, read."""
    for number in range(start, start + count):
        row = daemon.line(ANNA, f"line {number}.", when=1700000000 + number)
        row["place"] = number * 1000
    daemon.chat(ANNA)["read_place"] = row["place"]
    daemon.badge(ANNA)


def insert(daemon, body, place, **fields):
    line = daemon.line(ANNA, body, when=1700000000 + place // 1000, **fields)
    line["place"] = place
    daemon.tell("message.changed", seq=line["seq"], line=line, is_new=True)
    return line


def test_a_gap_fills_while_one_looks(house, daemon, screen):
    fill(daemon, 10)
    open_chat(screen)
    screen.wait("line 10.")
    for number in range(1, 4):
        insert(daemon, f"between {number}", 5000 + number)
    screen.wait(re.compile(r"line 5\..*between 1.*between 2.*between 3.*line 6\.", re.DOTALL))
    line = daemon.lines[ANNA][9]
    change(daemon, line, place=5002 + 500)
    screen.wait(re.compile(r"between 3.*line 10\..*line 6\..*line 9\.", re.DOTALL))


def test_the_view_does_not_jump_while_gaps_fill(house, daemon, screen):
    fill(daemon, 120)
    open_chat(screen)
    screen.wait("line 120.")
    screen.keys("\x1b[5~", "\x1b[5~")
    screen.wait("↓")
    screen.settle()
    before = screen.lines()[:20]
    first = int(re.search(r"line (\d+)", before[0])[1])
    for number in range(40):
        insert(daemon, f"above {number}", (first - 5) * 1000 + number)
        insert(daemon, f"below {number}", 119000 + number)
    screen.wait(re.compile(r"↓ 7\d below|↓ 8\d below|↓ 9\d below"))
    screen.settle()
    assert screen.lines()[:20] == before
    change(daemon, daemon.lines[ANNA][first - 20], state="received", place=119500)
    screen.settle()
    assert screen.lines()[:20] == before


def test_the_new_mark_moves_up_with_what_was_missed(house, daemon, screen):
    fill(daemon, 5)
    daemon.receive(ANNA, "the newest", when=1700000100)
    daemon.lines[ANNA][-1]["place"] = 90000
    open_chat(screen)
    screen.wait(re.compile(r"line 5\.\n─── new ───\n.*the newest"))
    insert(daemon, "missed 2", 50002)
    screen.wait(re.compile(r"line 5\.\n─── new ───\n.*missed 2\n.*the newest"))
    insert(daemon, "missed 1", 50001)
    screen.wait(re.compile(r"line 5\.\n─── new ───\n.*missed 1\n.*missed 2\n.*the newest"))


def test_what_an_archive_has_of_a_new_conversation_is_no_news(house, daemon, screen):
    for number in range(1, 101):
        daemon.line(ANNA, f"line {number}.", when=1700000000 + number)
    daemon.chat(ANNA).update(unread=10, is_open=True)
    daemon.badge(ANNA)
    screen.wait("Anna (10)")
    open_chat(screen)
    screen.wait(re.compile(r"line 90\.\n─── new ───\n.*line 91\."))
    climb_to(screen, "line 1.")
    screen.keys("\x1b>")
    screen.wait(re.compile(r"line 90\.\n─── new ───\n.*line 91\."))


def test_older_messages_come_late_and_typing_goes_on(house, daemon, screen):
    fill(daemon, 30)
    late = threading.Event()

    def page(params):
        if not params.get("before"):
            return {**daemon.do_message__page(params), "has_more": True}
        late.set()
        raise Later()
    daemon.on["message.page"] = page
    open_chat(screen)
    screen.wait("line 30.")
    assert late.wait(10)
    screen.keys("\x1b<")
    screen.wait("fetching older messages…")
    screen.line("typed meanwhile")
    assert daemon.called("message.send")["body"] == "typed meanwhile"
    screen.keys("\x1b<")
    for number in range(10, 20):
        daemon.line(ANNA, f"from the archive {number}.")["place"] = number
    daemon.answer_later(daemon.do_message__page)
    climb_to(screen, "from the archive 10.")
    assert "fetching" not in screen.text()


def test_what_is_stored_is_shown_while_the_archive_is_silent(house, daemon, screen):
    fill(daemon, 3)

    def page(params):
        if not params.get("is_local"):
            raise Later()
        return {**daemon.do_message__page(params), "has_more": True}
    daemon.on["message.page"] = page
    open_chat(screen)
    screen.wait("line 3.")
    screen.wait("fetching older messages…")


def test_where_nothing_is_stored_all_comes_from_the_archive(house, daemon, screen):
    fill(daemon, 30)
    daemon.on["message.page"] = lambda params: \
        {"has_more": True} if params.get("is_local") else daemon.do_message__page(params)
    open_chat(screen)
    screen.wait("line 30.")
    assert "out of reach" not in screen.text()


def test_an_archive_that_is_out_of_reach(house, daemon, screen):
    fill(daemon, 30)
    asked = []

    def page(params):
        asked.append(params.get("before", 0))
        if not params.get("before"):
            return {**daemon.do_message__page(params), "has_more": True}
        return {"has_more": True}
    daemon.on["message.page"] = page
    open_chat(screen)
    screen.wait("line 30.")
    screen.keys("\x1b<")
    screen.wait("older messages are out of reach")
    screen.settle()
    count = len(asked)
    screen.keys("\x1b[5~")
    screen.settle()
    assert len(asked) == count + 1
    for number in range(10, 20):
        daemon.line(ANNA, f"from the archive {number}.")["place"] = number
    daemon.on["message.page"] = daemon.do_message__page
    daemon.set_link("waiting", retry_in=1)
    daemon.set_link("online")
    screen.wait_gone("out of reach")
    screen.keys("\x1b[5~", "\x1b[5~")
    screen.wait("from the archive 10.")


def test_a_new_daemon_leaves_the_view_where_it_was(house, daemon, screen):
    fill(daemon, 300)
    open_chat(screen)
    screen.wait("line 300.")
    for _ in range(6):
        screen.keys("\x1b[5~")
        screen.settle(0.05)
    before = screen.lines()[:20]
    taken = int(re.search(r"line (\d+)", before[3])[1])
    daemon.stop()
    daemon.epoch += 1
    # One line was taken back, another changed meanwhile.
    daemon.lines[ANNA] = [row for row in daemon.lines[ANNA] if row["body"] != "line 299."]
    daemon.lines[ANNA][taken - 1]["body"] = "changed meanwhile"
    daemon.start()
    screen.wait("changed meanwhile", 15)
    screen.settle()
    after = screen.lines()[:20]
    assert [row for row in after if "changed" not in row] == before[:3] + before[4:]
    screen.keys("\x1b>")
    screen.wait("line 300.")
    assert not screen.find("line 299.")


# ---- the connection ----

@pytest.mark.parametrize("columns", [80, 40])
def test_the_bar_says_how_far_the_connection_is(house, daemon, columns):
    with house.tern(columns=columns, lines=12) as screen:
        screen.wait("Anna")
        for state, text in [("resolving", "resolving"), ("connecting", "connecting"),
                            ("securing", "securing"), ("logging-in", "logging in"),
                            ("binding", "logging in"), ("refused", "refused")]:
            daemon.set_link(state)
            screen.wait(f"○ home {text}")
        daemon.set_link("catching-up", caught=120, behind=3000)
        screen.wait("● home catching up 120 of 3000")
        daemon.set_link("catching-up", caught=150)
        screen.wait("● home catching up 150 so far")
        daemon.set_link("online")
        screen.wait_gone("catching up")
        screen.wait("● home")


def test_presence_is_of_the_past_while_the_link_is_away(house, daemon, screen):
    open_chat(screen)
    screen.wait("Anna: offline")
    daemon.presence(ANNA, "away", "lunch")
    screen.wait("Anna: away, lunch")
    daemon.tell("typing.changed", jid=ANNA, state="composing")
    screen.wait("Anna is typing")
    daemon.set_link("connecting")
    screen.wait("Anna: was away, lunch")
    daemon.set_link("catching-up")
    screen.wait_gone("was away")
    daemon.stop()
    screen.wait("Anna: was away, lunch")


def test_a_wait_counts_down_and_then_sleeps(house, daemon, screen):
    daemon.set_link("waiting", retry_in=33, reason="The link broke.")
    screen.wait("waiting 40 s: The link")
    screen.wait("waiting 30 s: The link")
    screen.settle(1, seconds=1)
    before, written = switches_of(screen.pid), screen.bytes
    screen.settle(2, seconds=2.5)
    assert switches_of(screen.pid) == before and screen.bytes == written
    daemon.set_link("waiting", retry_in=3)
    for text in ("waiting 3 s", "waiting 2 s", "waiting 1 s"):
        screen.wait(text)
    screen.wait_gone("waiting 1 s")
    daemon.set_link("online")
    screen.wait("● home")
    screen.settle(0.5)
    before = switches_of(screen.pid)
    screen.settle(2, seconds=2.5)
    assert switches_of(screen.pid) == before


# ---- options that are numbers ----

def test_numbers_have_their_range(house, daemon, screen):
    screen.line("/set auto_away")
    screen.wait("auto_away = 10 (0 to 1440): A number.")
    screen.line("/set auto_away often")
    screen.wait("takes a number from 0 to 1440.")
    screen.line("\x03/set auto_away 0")
    assert daemon.called("settings.set", count=2)["value"] == "0"
    screen.wait("auto_away = 0")
    screen.line("/set idle_after")
    screen.wait("idle_after = 10 (0 to 1440; default: 10)")
    screen.line("/set idle_after -1")
    screen.wait("idle_after is a number from 0 to 1440.")
