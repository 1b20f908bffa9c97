"""Who asks for a voice (XEP-0045 section 8.6) while nobody looks is told to whoever attaches, for
as long as they wait: not once they have it, went, or we may give none."""

import pytest

from room_server import (ALICE, MUC, ROOM, gone, make_authority,  # noqa: F401
                         make_place, occupant)


def request(nick, room=ROOM):
    return (f"<message from='{room}' to='{ALICE}/x'><x xmlns='jabber:x:data' type='form'>"
            f"<field var='FORM_TYPE'><value>{MUC}#request</value></field>"
            f"<field var='muc#roomnick'><value>{nick}</value></field></x></message>")


def visitor(nick, room=ROOM):
    return occupant(nick, role="visitor", room=room)


def myself(role, room=ROOM):
    return occupant("Alice", "110", role=role, room=room)


@pytest.fixture(name="den")
def make_den(place):  # noqa: F811
    """We moderate ROOM, where Bob and Eve only listen; and nobody looks."""
    place.join()
    place.say(myself("moderator"), visitor("Bob"), visitor("Eve"))
    place.bridge.close()
    place.bridge = None
    yield place
    place.attach()


def asking(den):
    """Who waits for a voice, as a frontend that comes and goes is told."""
    rows = den.attach().get("voices", [])
    den.bridge.close()
    den.bridge = None
    assert all(row["time"] > 0 for row in rows)
    return [(row["jid"], row["nick"]) for row in rows]


def test_who_asked_while_nobody_looked_is_told_to_who_attaches(den):
    den.say(request("Eve"), request("Bob"))
    for _ in range(2):
        assert asking(den) == [(ROOM, "Eve"), (ROOM, "Bob")]


ENDS = {
    "has one": [occupant("Bob", role="participant")],
    "had one for a moment": [occupant("Bob", role="participant"), visitor("Bob")],
    "went": [gone("Bob")],
    "went and came": [gone("Bob"), visitor("Bob")],
    "was kicked": [gone("Bob", "307")],
    "we lost the right": [myself("participant")],
    "we lost the right for a moment": [myself("participant"), myself("moderator")],
    "we are out": [gone("Alice", "110", "307")],
    "somebody took the nick": [
        occupant("Zoe", "303", kind="unavailable", item="nick='Bob'", role="visitor"),
        visitor("Bob")],
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_it_is_over_when(den, end):
    den.say(visitor("Zoe"), request("Bob"))
    assert asking(den) == [(ROOM, "Bob")]
    den.say(*end)
    assert asking(den) == []


def test_it_is_not_over_by_what_else_happens(den):
    den.say(request("Bob"), gone("Eve"), myself("moderator"),
            visitor("Bob").replace("<x ", "<show>away</show><x ", 1),
            occupant("Bob", "303", kind="unavailable", item="nick='Robert'", role="visitor"),
            visitor("Robert"))
    assert asking(den) == [(ROOM, "Robert")]


def test_the_process_that_resumes_knows_it(den):
    den.say(request("Bob"), request("Eve"), occupant("Eve", role="participant"))
    den.pids = None
    den.house.kill(den.house.session_pids()[0])
    den.next()
    den.server.fence(den.session)
    assert asking(den) == [(ROOM, "Bob")]
    den.say(myself("participant"), myself("moderator"))
    den.house.kill(den.house.session_pids()[0])
    den.next()
    den.server.fence(den.session)
    assert asking(den) == []


def test_a_crowd_that_asks_is_kept_sixteen_times(den):
    crowd = [f"n{n}" for n in range(40)]
    den.say("".join(map(visitor, crowd)))
    den.say("".join(map(request, crowd)))
    assert asking(den) == [(ROOM, nick) for nick in crowd[:16]]


def test_tern_tells_it_when_it_comes(den):
    den.say(request("Bob"))
    with den.house.tern("-p", "home", columns=99) as screen:
        screen.wait("Bob asks to speak in")
        screen.line(f"/join {ROOM}")
        screen.wait("Bob asks to speak here: /voice Bob allows it.")
