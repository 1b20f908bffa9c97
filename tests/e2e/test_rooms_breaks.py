"""Rooms over breaks: what was said meanwhile comes from the room's archive, once and in its
order, and what we said is said once, whatever died."""

import os
import signal

import pytest

from house import House
from test_rooms import Place, server  # noqa: F401: a fixture


@pytest.fixture
def place(server):  # noqa: F811
    with House() as house:
        yield Place(house, server)


def bodies(place):
    return [row[1] for row in place.lines()]


def say(place, peer, first, count):
    for number in range(first, first + count):
        peer.send(place.room, f"line {number}", kind="groupchat")
    assert peer.wait_message(f"line {first + count - 1}", seconds=30)


def kill_sessions(place):
    for pid in place.house.session_pids():
        os.kill(pid, signal.SIGKILL)


def test_a_long_absence_is_filled_from_the_rooms_archive(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, membersonly="0")
        place.join()
        say(place, bob, 0, 10)
        place.wait(lambda: len(bodies(place)) == 10)
        place.house.ctl("disconnect")
        say(place, bob, 10, 290)
        place.house.ctl("connect")
        place.wait(lambda: place.state() == "in")
        bob.send(place.room, "line 300", kind="groupchat")
        place.wait(lambda: len(bodies(place)) == 301)
        assert bodies(place) == [f"line {number}" for number in range(301)]


def test_a_walk_that_is_killed_goes_on(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, membersonly="0")
        place.join()
        say(place, bob, 0, 5)
        place.wait(lambda: len(bodies(place)) == 5)
        place.house.ctl("disconnect")
        say(place, bob, 5, 300)
        place.house.ctl("connect")
        place.wait(lambda: len(bodies(place)) > 5)
        kill_sessions(place)
        place.wait(lambda: len(bodies(place)) == 305, seconds=40)
        assert bodies(place) == [f"line {number}" for number in range(305)]


def test_what_we_said_is_said_once_whatever_dies(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, membersonly="0")
        place.join()
        for number in range(12):
            place.house.ctl("send", place.room, f"own {number}")
            if number % 4 == 2:
                kill_sessions(place)
                place.wait(lambda: place.house.run("ternctl", "room", "list",
                                                   code=None).returncode == 0)
        assert bob.wait_message("own 11", seconds=30)
        expected = [f"own {number}" for number in range(12)]
        assert [body for body in bob.bodies() if body.startswith("own")] == expected
        place.wait(lambda: [row[1:] for row in place.lines()]
                   == [(body, "acked") for body in expected])


def test_a_server_that_dies_loses_and_doubles_nothing(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, membersonly="0", persistentroom="1")
        place.join()
        place.house.ctl("send", place.room, "before")
        assert bob.wait_message("before")
    place.server.kill()
    place.house.ctl("send", place.room, "into the void")
    place.server.start()
    place.house.ctl("connect")
    with place.peer("bob") as bob:
        place.wait(lambda: place.state() == "in", seconds=40)
        place.enter(bob, "Bob")
        place.house.ctl("send", place.room, "after")
        assert bob.wait_message("after", seconds=30)
        place.wait(lambda: [row[1:] for row in place.lines()] ==
                   [("before", "acked"), ("into the void", "acked"), ("after", "acked")],
                   seconds=30)


def test_what_was_said_before_we_came_is_fetched_when_one_scrolls_up(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, membersonly="0")
        say(place, bob, 0, 200)
        place.join()
        place.wait(lambda: bodies(place)[-1:] == ["line 199"])
        found = []
        before = None
        while True:
            more = {"before": before} if before else {}
            page = place.call("message.page", jid=place.room, limit=40, **more)
            found[:0] = [line["body"] for line in page["lines"]]
            if not page.get("has_more"):
                break
            before = page["lines"][0]["place"]
        assert found == [f"line {number}" for number in range(200)]
