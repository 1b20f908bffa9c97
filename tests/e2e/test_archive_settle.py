"""Own lines after a break that no session outlived: what the archive proves of them."""

import re
import time

import pytest

from deadline import Deadline
from keeper import (ALICE, BOB, DISCO, FORGED, MAM, make_authority, make_place,  # noqa: F401
                    numbers, sent_ids, wait_sent)

CAROL = "carol@localhost"


# ------------------------------------------------------------------ own lines after a break

def test_an_own_line_that_the_archive_has_is_settled_and_not_sent_again(place):
    place.come_online()
    place.send("kept")
    place.session.wait("kept")
    place.server.fence(place.session)
    place.come_back()
    rows = place.wait_lines(lambda rows: rows[0]["state"] == "acked")
    assert not rows[0].get("may_repeat") and len(rows) == 1
    assert sent_ids(place.session) == []


def break_at_every_second_page(place):
    """From now on; what was asked for, in order: behind which id."""
    asked, honest, sessions = [], place.server.page, []

    def page(session, text):
        if place.server.field(text, "with"):
            if session in sessions:
                session.close()
                return
            sessions.append(session)
            asked.append(place.server.wish(text, "after"))
        honest(session, text)
    place.server.page = page
    return asked


@pytest.mark.parametrize("is_kept", [True, False])
def test_looking_for_an_own_line_goes_on_where_a_break_stopped_it(place, is_kept):
    """Each session reads one page, and the next one does not read it again."""
    place.server.page_max = 10
    place.server.keeps = lambda text: is_kept
    place.come_online()
    for body in numbers(1, 25):
        place.server.add(body)
    place.send("mine")
    place.session.wait("mine")
    ids = sent_ids(place.session)
    place.server.fence(place.session)
    for body in numbers(26, 50):
        place.server.add(body)
    place.server.keeps = lambda text: True
    asked = break_at_every_second_page(place)
    place.session.close()
    deadline = Deadline(20)
    while (ids * (1 if is_kept else 2) != [ident for session in place.server.sessions
                                           for ident in sent_ids(session)]
           or is_kept and "acked" not in [row["state"] for row in place.rows()
                                          if row["body"] == "mine"]):
        assert not deadline.is_over(), asked
        place.bridge.call("link.connect", profile="home", seconds=20)
        time.sleep(0.02)
    assert len(asked) == (3 if is_kept else 5)
    assert asked[1:] == [f"a{10 * page:06}" for page in range(1, len(asked))]


def test_a_link_that_breaks_at_the_first_question_says_nothing_of_the_archive(place):
    """Nor is a server without an archive what does not answer."""
    place.come_online()
    place.send("kept")
    place.session.wait("kept")
    place.server.fence(place.session)
    reply = place.server.on_stanza

    def break_off(session, text):
        if DISCO in text:
            place.server.on_stanza = reply
            session.close()
        else:
            reply(session, text)
    place.server.on_stanza = break_off
    place.session.close()
    broken = place.server.session(20)
    place.greet()
    rows = place.wait_lines(lambda rows: rows[0]["state"] == "acked")
    assert not rows[0].get("may_repeat") and len(rows) == 1
    assert sent_ids(broken) == sent_ids(place.session) == []


@pytest.mark.parametrize("prefs, may_repeat", [
    ("default='always'", False), ("default='roster'", False), ("default='never'", True)])
def test_an_own_line_that_the_archive_lacks_is_sent_again_in_order(place, prefs, may_repeat):
    place.server.prefs = f"<prefs xmlns='{MAM}' {prefs}/>"
    place.server.keeps = lambda text: "lost" not in text
    place.come_online()
    for body in ("kept", "lost 1", "lost 2"):
        place.send(body)
        place.session.wait(body)
    ids = sent_ids(place.session)
    place.session.close()
    place.send("later")
    place.server.keeps = lambda text: True
    place.greet()
    wait_sent(place.session, ids[1:])
    place.wait_lines(lambda rows: rows[-1]["state"] == "sent")
    rows = place.rows()
    assert [row["body"] for row in rows] == ["kept", "lost 1", "lost 2", "later"]
    assert [bool(row.get("may_repeat")) for row in rows] == [False, may_repeat, may_repeat, False]


def test_a_server_that_stores_nothing_gets_everything_again_marked(place):
    place.server.features = []
    place.come_online()
    place.send("hello")
    place.session.wait("hello")
    ids = sent_ids(place.session)
    place.come_back()
    wait_sent(place.session, ids)
    [row] = place.wait_lines(lambda rows: rows[0].get("may_repeat"))
    assert row["body"] == "hello"


def test_what_a_server_without_any_memory_answered_behind_is_not_sent_again(place):
    place.server.features = []
    place.server.answers_pings = True
    place.come_online()
    for body in ("one", "two"):
        place.send(body)
        place.session.wait(body)
    place.wait_lines(lambda rows: [row["state"] for row in rows] == ["acked", "acked"])
    place.come_back()
    place.send("three")
    place.session.wait("three")
    assert len(sent_ids(place.session)) == 1


def test_own_messages_written_elsewhere_are_own_and_read_what_is_before(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    place.server.add("2")
    place.server.archive.append(("a000090", FORGED.replace(
        f"from='{BOB}/x' to='{ALICE}'", f"from='{ALICE}/phone' to='{BOB}'").replace(
            "forged", "from the phone")))
    place.server.count = 90
    place.server.add("3")
    place.come_back()
    place.wait_bodies(["1", "2", "from the phone", "3"])
    row = place.rows()[2]
    assert row.get("is_own") and row["state"] == "acked"
    state = place.bridge.call("profile.attach", profile="home")
    assert [c["unread"] for c in state["conversations"]] == [1]


def test_an_own_line_that_waited_stands_behind_what_came_before_it_was_sent(place):
    place.come_online()
    place.session.close()
    place.send("mine")
    for body in numbers(1, 70):
        place.server.add(body)
    place.greet()
    place.wait_bodies(numbers(1, 70) + ["mine"])


def test_own_lines_in_the_newest_page_stay_behind_those_of_the_gap_before_it(place):
    place.come_online()
    place.server.add("what was not heard")
    mine = numbers(1, 60)
    for body in mine:
        place.send(body)
    place.session.wait(">60<")
    place.server.fence(place.session)
    place.come_back()
    place.wait_lines(lambda rows: all(row["state"] != "sent" for row in rows))
    place.wait_bodies(["what was not heard", *mine])


@pytest.mark.parametrize("is_walked", [True, False])
def test_own_lines_of_two_gaps_stay_in_order_behind_what_the_first_one_brings(place, is_walked):
    """Both were written before either gap; what came before them is walked after both."""
    page, held = place.server.page, []

    def page_without_walk(session, text):
        if place.server.field(text, "with") or place.server.wish(text, "before") is not None:
            page(session, text)
        else:
            held.append((session, text))

    place.server.keeps = lambda text: "second" not in text
    place.come_online()
    place.say(place.live("heard", place.server.add("heard")))
    place.session.close()
    lines = [place.send(body) for body in ("first", "second")]
    place.server.add("unheard")
    for number in range(60):
        place.server.add(str(number), CAROL)
    place.server.page = page_without_walk
    place.greet()
    place.wait_lines(lambda rows: rows[-1]["state"] == "sent")
    ids = sent_ids(place.session)
    assert len(ids) == len(lines)
    place.say(place.live("news", place.server.add("news", CAROL), sender=f"{CAROL}/x"))
    place.server.keeps = lambda text: True
    place.come_back()
    wait_sent(place.session, ids[1:])
    if is_walked:
        place.server.page = page
        page(*held[-1])
        place.wait_bodies(["heard", "unheard", "first", "second"])
    place.server.page = page
    place.come_back()
    place.wait_bodies(["heard", "unheard", "first", "second"])
