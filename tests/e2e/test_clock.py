"""Clocks that are set, here and elsewhere: order is that of arrival, and nothing waits for a
time that does not come."""

import json
import os
import re
import sqlite3

import pytest

from deadline import Deadline
from peer import Peer

DAY = 24 * 3600 * 1000


@pytest.fixture(name="town")
def make_town(house, server):
    for user in ("alice", "bob"):
        server.add_user(user, "secret")
    server.befriend("alice", "bob")
    house.server, house.bob, house.alice = server, server.jid("bob"), server.jid("alice")
    house.create_profile(server, "alice", "secret")
    wait_status(house, "online")
    with Peer(server, "bob", "secret") as house.peer:
        yield house


def wait_status(house, word):
    deadline = Deadline(20)
    while word not in (text := house.run("ternctl", "status", code=None).stdout):
        assert not deadline.is_over(), text


def history(house):
    text = house.ctl("--json", "history", house.bob, "--limit", "100")
    return [json.loads(row) for row in text.splitlines()]


def talk(house, *names):
    """Lines both ways, each there before the next."""
    for name in names:
        house.peer.send(house.alice, f"{name} in")
        house.until(f"{name} in")
        house.ctl("send", house.bob, f"{name} out")
        house.peer.wait_message(f"{name} out")


def shift(house, milliseconds):
    """All that the profile knows was written by a clock that was MILLISECONDS ahead."""
    path = os.path.join(house.data, "tern", "profiles", "home", "store.db")
    store = sqlite3.connect(path)
    tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    moved = 0
    for table in tables:
        for column in store.execute(f"PRAGMA table_info({table})").fetchall():
            if re.fullmatch(r"(sent|received|last|time|since|until|queued|waiting)_ms", column[1]):
                store.execute(f"UPDATE {table} SET {column[1]} = {column[1]} + ?"
                              f" WHERE {column[1]} > 0", [milliseconds])
                moved += 1
    assert moved >= 4, moved
    store.commit()
    store.close()


@pytest.fixture(autouse=True)
def give_until(town):
    def until(body, seconds=20):
        deadline = Deadline(seconds)
        while body not in [row["body"] for row in history(town)]:
            assert not deadline.is_over(), history(town)
    town.until = until


@pytest.mark.parametrize("ahead", [DAY, -DAY, 400 * DAY], ids=["back", "on", "far back"])
def test_a_clock_that_is_set_reorders_nothing(town, ahead):
    """Set back by what it was AHEAD, between two runs of the daemon."""
    talk(town, "one", "two")
    town.ctl("disconnect")
    town.ctl("send", town.bob, "waits")
    town.run("ternd", "stop")
    shift(town, ahead)
    before = [row["body"] for row in history(town)]
    town.ctl("connect")
    wait_status(town, "online")
    if ahead < 0:  # it waited for a day, as far as anybody can know
        deadline = Deadline(10)
        while history(town)[-1]["state"] != "held":
            assert not deadline.is_over(), history(town)[-1]
        with town.bridge() as bridge:
            bridge.call("message.retry", profile="home", id=history(town)[-1]["id"])
        town.peer.wait_message("waits")
    else:
        town.peer.wait_message("waits")
    talk(town, "three")
    now = [row["body"] for row in history(town)]
    assert [body for body in now if body != "waits"] == [
        "one in", "one out", "two in", "two out", "three in", "three out"]
    assert now[:len(before)] == before
    places = [row["place"] for row in history(town)]
    assert places == sorted(places)
    with town.tern("--profile", "home") as screen:
        screen.line(f"/msg {town.bob}")
        screen.wait("three out")
        rows = "\n".join(screen.lines())
        shown = [rows.index(body) for body in now]
        assert shown == sorted(shown)


def test_delayed_lines_stand_where_they_arrived(town):
    talk(town, "one")
    for name, stamp in (("past", "2001-01-01T00:00:00Z"), ("future", "2038-01-01T00:00:00Z"),
                        ("none", "yesterday")):
        town.peer.send_raw(
            f"<message to='{town.alice}' type='chat' id='{name}'><body>{name}</body>"
            f"<delay xmlns='urn:xmpp:delay' stamp='{stamp}' from='{town.server.host}'/></message>")
        town.until(name)
    talk(town, "two")
    rows = history(town)
    assert [row["body"] for row in rows] == [
        "one in", "one out", "past", "future", "none", "two in", "two out"]
    assert [row["place"] for row in rows] == sorted(row["place"] for row in rows)
