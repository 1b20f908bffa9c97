"""Whatever a room says of its occupants, in whatever order: who looks on by events has what one
who asks anew has, and what the next process has that resumes the session."""

import os
import random

import pytest

from room_server import (ALICE, OCCUPANT_ID, ROOM, USER, make_authority,  # noqa: F401
                         make_place)

NICKS = ["Bob", "Carol", "Dan", "/x", "two words", "é"]
ROLES = ["visitor", "participant", "moderator"]
AFFILIATIONS = ["none", "member", "admin", "owner"]
PUT_OUT = ["301", "307", "321", "322", "332", "333"]
STEPS = 300
SEED = int(os.environ.get("TERN_TEST_SEED", "1"))


def presence(nick, kind="", role="participant", codes=(), draw=None, more=""):
    attributes = f"affiliation='{draw.choice(AFFILIATIONS)}' role='{role}' {more}"
    if draw.random() < 0.3:
        attributes += f" jid='{draw.choice('abc')}@localhost/r'"
    status = "".join(f"<status code='{code}'/>" for code in codes)
    show = draw.choice(["", "<show>away</show>", "<status>text</status>"])
    mark = f"<occupant-id xmlns='{OCCUPANT_ID}' id='{draw.choice('ijk')}'/>"
    kind = f" type='{kind}'" if kind else ""
    return (f"<presence from='{ROOM}/{nick}' to='{ALICE}/x'{kind}>{show}{mark}"
            f"<x xmlns='{USER}'><item {attributes}/>{status}</x></presence>")


def step(draw):
    """One thing that a room says of somebody who is not us; often it makes no sense."""
    nick = draw.choice(NICKS)
    way = draw.choices(["come", "leave", "put out", "rename", "rename, put out"],
                       [8, 2, 2, 2, 1])[0]
    if way == "come":
        return presence(nick, role=draw.choice(ROLES), draw=draw)
    if way == "leave":
        return presence(nick, "unavailable", "none", draw=draw)
    if way == "put out":
        return presence(nick, "unavailable", "none", [draw.choice(PUT_OUT)], draw)
    codes = ["303"] if way == "rename" else draw.sample(["303", draw.choice(PUT_OUT)], 2)
    return presence(nick, "unavailable", "participant", codes, draw,
                    f"nick='{draw.choice(NICKS)}'")


class Mirror:
    """The occupants as events tell of them."""

    def __init__(self, bridge, rows):
        self.bridge = bridge
        self.rows = {row["nick"]: row for row in rows}

    def follow(self):
        for name, event in self.bridge.events:
            if name == "occupant.changed":
                self.rows.pop(event.get("was"), None)
                self.rows[event["occupant"]["nick"]] = event["occupant"]
            elif name == "occupant.gone":
                del self.rows[event["nick"]]
        self.bridge.events.clear()
        return self.rows


def occupants(place, **more):
    rows = place.bridge.call("room.occupants", profile="home", jid=ROOM, seconds=30, **more)
    return {row["nick"]: row for row in rows["occupants"]}


@pytest.mark.parametrize("seed", range(SEED, SEED + 3))
def test_events_a_new_question_and_the_next_process_agree(place, seed):
    draw = random.Random(seed)
    place.join()
    mirror = Mirror(place.bridge, occupants(place, watch=True).values())
    place.bridge.events.clear()
    for _ in range(5):
        place.say("".join(step(draw) for _ in range(STEPS // 5)))
        now = occupants(place)
        assert mirror.follow() == now
        assert now["Alice"]["is_own"] and place.room()["occupants"] == len(now)
    for pid in place.house.session_pids():
        place.house.kill(pid)
    place.next()
    place.wait(lambda: place.server.resumes)
    place.attach()
    place.pids = place.house.session_pids()
    assert occupants(place) == now and place.state() == "in"
    assert len(place.server.joins) == 1
