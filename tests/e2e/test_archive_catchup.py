"""Catching up with an archive (XEP-0313) through breaks, deaths and silence: nothing is lost,
nothing comes twice, order is kept."""

import glob
import re
import sqlite3
import time

import pytest

from keeper import make_authority, make_place, numbers  # noqa: F401


# ------------------------------------------------------------------ an honest archive

def test_a_first_login_takes_the_newest_page_only(place):
    for body in numbers(1, 120):
        place.server.add(body)
    place.come_online()
    place.wait_bodies(numbers(71, 120))


def test_a_long_absence_is_caught_up_in_order_between_old_and_live(place):
    place.server.add("1")
    place.come_online()
    place.wait_bodies(["1"])
    for body in numbers(2, 330):
        place.server.add(body)
    place.come_back()
    key = place.server.add("331")
    place.say(place.live("331", key))
    place.wait_bodies(numbers(1, 331))


def test_nothing_comes_live_before_the_newest_page_is_here(place):
    """The first presence is what brings it, and what the server kept for us besides."""
    page, held = place.server.page, []
    place.server.page = lambda session, text: held.append((session, text))
    place.house.create_profile(place.server, "alice", "secret")
    place.session = place.server.session(20)
    place.session.wait("<before/>")
    place.server.fence(place.session)
    assert not [text for text in place.session.log if text.startswith("<presence")]
    page(*held[0])
    place.session.wait("<presence")


def test_messages_between_the_newest_page_and_presence_are_not_missed(place):
    place.come_online()
    for body in numbers(1, 60):
        place.server.add(body)
    honest = place.server.give

    def give(session, text, query_id, rows, is_complete):
        honest(session, text, query_id, rows, is_complete)
        if "<before/>" in text and place.server.count == 60:
            place.server.add("61")
    place.server.give = give
    place.come_back()
    place.wait_bodies(numbers(1, 61))


@pytest.mark.parametrize("has_carbons", [True, False])
def test_what_the_newest_page_missed_stands_before_what_was_live_since(place, has_carbons):
    """Without carbons no live line tells how far the archive is known."""
    place.server.has_carbons = has_carbons
    place.come_online()
    for body in numbers(1, 60):
        place.server.add(body)
    honest = place.server.give

    def give(session, text, query_id, rows, is_complete):
        if "<before/>" in text:
            honest(session, text, query_id, rows, is_complete)
            if place.server.count == 60:
                place.server.add("61")
    place.server.give = give
    place.come_back()
    for body in ("62", "63"):
        place.say(place.live(body, place.server.add(body)))
    place.wait_lines(lambda rows: rows and rows[-1]["body"] == "63")
    assert "61" not in place.bodies()
    place.server.give = honest
    place.come_back()
    place.wait_bodies(numbers(1, 63))


def test_an_interrupted_catch_up_goes_on_where_it_stopped(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 400):
        place.server.add(body)
    honest, pages = place.server.give, []

    def give(session, text, query_id, rows, is_complete):
        if "<before/>" not in text:
            pages.append(text)
        if len(pages) == 3:
            pages.append("cut")
            session.send("".join(place.server.result(query_id, *row) for row in rows[:20]))
            session.close()
        else:
            honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.session.close()
    place.session = place.server.session(20)
    place.greet()
    place.wait_bodies(numbers(1, 400))
    after = [place.server.wish(text, "after") for text in place.server.queries
             if "<before/>" not in text]
    assert after.count(after[1]) <= 2, after


def test_a_killed_process_goes_on_where_it_stopped(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 400):
        place.server.add(body)
    honest, pages = place.server.give, []

    def give(session, text, query_id, rows, is_complete):
        pages.append(text)
        if len(pages) == 4:
            [pid] = place.house.session_pids()
            place.house.kill(pid)
        else:
            honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.session.close()
    place.session = place.server.session(20)
    place.greet()
    place.bridge.close()
    place.bridge = place.house.bridge()
    place.bridge.call("profile.attach", profile="home")
    place.wait_bodies(numbers(1, 400))


def test_what_the_newest_page_takes_back_is_known_to_the_next_process(place):
    """The line is on an older page, which comes when the one that read the newest is dead."""
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    place.server.add("secret", ident="of-it")
    for body in numbers(2, 120):
        place.server.add(body)
    place.server.add("I took it back", more="<retract xmlns='urn:xmpp:message-retract:1' "
                                            "id='of-it'/>")
    honest, pages = place.server.give, []

    def give(session, text, query_id, rows, is_complete):
        pages.append(text)
        if len(pages) == 2:
            [pid] = place.house.session_pids()
            place.house.kill(pid)
        else:
            honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.session.close()
    place.session = place.server.session(20)
    place.greet()
    place.bridge.close()
    place.bridge = place.house.bridge()
    place.bridge.call("profile.attach", profile="home")
    place.wait_bodies(["1", "", *numbers(2, 120)])
    assert len(pages) > 2


def test_older_pages_are_fetched_when_asked_for(place):
    for body in numbers(1, 260):
        place.server.add(body)
    place.server.add("other", who="carol@localhost")
    place.come_online()
    place.wait_bodies(numbers(212, 260))
    assert place.bodies(is_local=False) == numbers(1, 260)
    before = len(place.server.queries)
    assert place.bodies(is_local=False) == numbers(1, 260)
    assert len(place.server.queries) == before


def test_without_an_archive_everything_else_works(place):
    place.server.features = []
    place.server.add("kept by nobody")
    place.come_online()
    place.say(place.live("hi", "x1"))
    place.send("hello")
    place.session.wait("hello")
    place.wait_bodies(["hi", "hello"])
    assert not place.server.queries


def test_progress_is_shown_when_it_takes_long(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 400):
        place.server.add(body)
    honest = place.server.give

    def give(session, text, query_id, rows, is_complete):
        time.sleep(0.4)
        honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.come_back()
    place.wait_bodies(numbers(1, 400), seconds=30)
    busy, link = [], place.bridge.wait_event("link.changed")["link"]
    while not busy or link["state"] == "catching-up":
        busy += [link] if link["state"] == "catching-up" else []
        link = place.bridge.wait_event("link.changed")["link"]
    assert len(busy) <= 12 and busy[-1]["caught"] > 0
    assert link["state"] == "online" and not link.get("caught")


def test_an_archive_that_forgot_our_id_is_asked_by_time(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    place.server.archive.clear()
    for body in numbers(2, 130):
        place.server.add(body)
    place.come_back()
    place.wait_bodies(numbers(1, 130))
    assert any(place.server.field(text, "start") for text in place.server.queries)


@pytest.mark.parametrize("tries, expected", [
    (2, numbers(1, 90)), (250 * 16 + 2, ["1"] + numbers(3, 90))],
    ids=["twice in a page", "twice at an item"])
def test_what_killed_us_twice_is_taken_singly_and_then_passed_over(place, tries, expected):
    """The deaths are those that the store remembers of processes before."""
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 90):
        place.server.add(body)
    honest = place.server.give
    place.server.give = lambda session, *_: session.close()
    place.session.close()
    session = place.server.session(20)
    while not place.server.queries or "<before/>" not in place.server.queries[-1]:
        time.sleep(0.01)
    place.bridge.close()
    place.house.stop_daemon()
    [path] = glob.glob(place.house.data + "/tern/profiles/home/store.db")
    with sqlite3.connect(path) as store:
        store.execute("UPDATE gaps SET tries=?, after_id=?", [tries, "a000001"])
    store.close()
    place.server.give = honest
    while not place.server._online.empty():
        place.server._online.get()
    del place.server.queries[:]
    place.house.ctl("profile", "list")
    place.greet()
    place.bridge = place.house.bridge()
    place.bridge.call("profile.attach", profile="home")
    place.wait_bodies(expected)
    asked = [place.server.wish(text, "max") for text in place.server.queries
             if "<before/>" not in text]
    assert asked[:40] == ["1"] * 40 and session


def test_the_status_bar_counts_what_is_caught_up(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 300):
        place.server.add(body)
    honest = place.server.give

    def give(session, text, query_id, rows, is_complete):
        time.sleep(0.5)
        honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    with place.house.tern() as screen:
        screen.wait("● home", 15)
        place.session.close()
        screen.wait(re.compile(r"catching up \d+"), 30)
        screen.wait("● home", 30)
        screen.wait_gone("catching up")
    place.wait_bodies(numbers(1, 300))


# ------------------------------------------------------------------ numbers that lie

def test_a_count_that_lies_is_only_shown(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    place.server.archive.clear()  # so that we ask by time, and the count counts
    for body in numbers(2, 400):
        place.server.add(body)
    honest = place.server.fin
    counts = ["0", "1", "-5", "many", "", "1e9", "9223372036854775808", "4000000000000"]

    def fin(rows, is_complete, marks=True):
        time.sleep(0.4)
        count = counts[len(place.server.queries) % len(counts)]
        return honest(rows, is_complete, marks).replace("</set>", f"<count>{count}</count></set>")
    place.server.fin = fin
    place.come_back()
    place.wait_bodies(numbers(1, 400), seconds=20)
    links = [params["link"] for name, params in place.bridge.events if name == "link.changed"]
    busy = [link for link in links if link["state"] == "catching-up"]
    assert busy and {link.get("behind", 0) for link in busy} <= {0, 1, 4000000000000}


# ------------------------------------------------------------------ older pages

def test_older_pages_begin_at_what_is_here_whatever_the_clock(place):
    """The archive is of 2020, our clock of today: by time nothing would be missing, nor old."""
    for body in numbers(1, 30):
        place.server.add(body, who="carol@localhost")
    for body in numbers(1, 60):
        place.server.add(body)
    place.come_online()
    key = place.server.add("live", who="carol@localhost")
    place.say(place.live("live", key, sender="carol@localhost/x"))
    assert place.bodies("carol@localhost", is_local=False) == numbers(1, 30) + ["live"]
    [query] = [text for text in place.server.queries if "carol" in text][:1]
    assert place.server.wish(query, "before") == key


def test_older_pages_are_had_by_time_where_the_archive_lost_an_id(place):
    for body in numbers(1, 130):
        place.server.add(body)
    place.come_online()
    place.wait_bodies(numbers(81, 130))
    [first] = [row for row in place.server.archive if ">81<" in row[1]]
    place.server.archive.remove(first)
    assert place.bodies(is_local=False) == numbers(1, 130)
