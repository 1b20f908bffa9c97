"""Rooms that talk nonsense: storms of presences, hostile names, reflections lost, doubled and
forged, subjects out of place."""

import pytest

from house import memory_of
from room_server import (ALICE, OCCUPANT_ID, ROOM, SID, USER, error, gone,  # noqa: F401
                         groupchat, make_authority, make_place, occupant, subject)

OTHER = "pit@rooms.localhost"


# ------------------------------------------------------------------ storms and names

def test_storms_of_presences_are_survived(place):
    place.join()
    before = place.rooms()
    # From a room that we never heard of, from one that we left, and from the room itself.
    place.join(OTHER)
    place.leave(OTHER)
    place.wait(lambda: place.server.parts)
    place.server.fence(place.session)
    for room in ("nowhere@rooms.localhost", OTHER):
        place.say("".join(occupant(f"n{n}", room=room) for n in range(3000)))
        place.say("".join(occupant(f"n{n}", "110", "201", "210", room=room) for n in range(50)))
    place.say("".join(f"<presence from='{ROOM}'><x xmlns='{USER}'><item role='none'/>"
                      f"<status code='{code}'/></x></presence>" for code in range(100, 400)))
    place.say(f"<presence from='{ROOM}' type='unavailable'><x xmlns='{USER}'>"
              "<status code='110'/><status code='307'/></x></presence>")
    assert place.rooms()[ROOM] == before[ROOM] and place.state(OTHER) == "out"
    assert "nowhere@rooms.localhost" not in place.rooms()
    roster = place.bridge.call("roster.list", profile="home", seconds=30)
    assert [row["jid"] for row in roster["contacts"]] == ["bob@localhost"]


def test_thousands_come_change_and_go(place):
    place.join()
    size = memory_of(place.pids[0])["Pss"]
    names = [f"n{n}" for n in range(2000)]
    place.say("".join(map(occupant, names)))
    assert place.room()["occupants"] == 2002
    for role in ("visitor", "moderator"):
        place.say("".join(occupant(name, role=role) for name in names))
    place.say("".join(gone(name, "303", item=f"nick='m{name}'") + occupant(f"m{name}")
                      for name in names))
    assert place.room()["occupants"] == 2002
    place.say("".join(gone(f"m{name}", "307") for name in names))
    assert place.nicks() == {"Alice", "Bob"} and place.state() == "in"
    place.say("".join(occupant(name) + gone(name) for name in names))
    assert memory_of(place.pids[0])["Pss"] < size + 60 * 1024  # of a sanitized build


NICKS = ["/quit", "/me", "\N{RIGHT-TO-LEFT OVERRIDE}ecilA", "e\N{COMBINING ACUTE ACCENT}" * 5,
         "\N{CYRILLIC CAPITAL LETTER A}lice", "\U0001F469\u200D\U0001F680", "a/b/c", "x" * 1000,
         "two  words", "%s%n", "Alice\u3000", "&lt;Alice&gt;", "@all", "bob@localhost"]


def test_hostile_nicks_are_occupants_like_others(place):
    place.join()
    place.say(*[occupant(nick) for nick in NICKS])
    shown = place.nicks()
    assert {"Alice", "Bob", "/quit", "a/b/c", "x" * 1000, "bob@localhost"} <= shown
    # Equal but for what nobody sees: each is another, and none of them is us.
    for nick in sorted(shown - {"Alice"}):
        safe = nick.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        place.say(groupchat(safe, "words"))
    lines = place.talk()
    assert len(lines) == len(shown) - 1
    assert all(state == "received" and who != "Alice" for who, _, state in lines)
    place.say(*[gone(nick, "307") for nick in NICKS])
    assert place.nicks() == {"Alice", "Bob"} and place.state() == "in"


@pytest.mark.parametrize("nick", ["", " ", "\u2003", "\u200B" * 3, "x" * 1024, "\u0378",
                                  "a&#9;b", "a&#10;b"])
def test_what_is_no_nick_does_no_harm(place, nick):
    place.join()
    place.say(occupant(nick), gone(nick, "303", item=f"nick='{nick}'"),
              gone("Bob", "303", item=f"nick='{nick}'"), groupchat(nick, "words"))
    assert place.state() == "in" and place.room()["nick"] == "Alice"


def test_an_item_of_nonsense_is_an_occupant_without_rights(place):
    place.join()
    for inner in (f"<x xmlns='{USER}'/>", "", "<x/>",
                  f"<x xmlns='{USER}'><item affiliation='emperor' role='god' jid='@@' nick=''/>"
                  "<status/><status code=''/><status code='-110'/><status code='110x'/>"
                  f"<status code='99999999999999999999'/></x>",
                  "<x xmlns='urn:x'><status code='110'/><status code='307'/></x>"):
        place.say(f"<presence from='{ROOM}/Odd'>{inner}</presence>")
        rows = place.bridge.call("room.occupants", profile="home", jid=ROOM)["occupants"]
        [odd] = [row for row in rows if row["nick"] == "Odd"]
        assert (odd["role"], odd["affiliation"]) == ("none", "none") and "jid" not in odd
    assert place.room()["nick"] == "Alice"


# ------------------------------------------------------------------ reflections

def said(place, *bodies):
    """Says BODIES, which the room keeps to itself; their ids."""
    place.server.reflect = lambda *_: None
    place.write_to(*bodies)
    return [place.wait_body(body) for body in bodies]


def test_a_reflection_that_never_comes_leaves_the_line_pending(place):
    place.join()
    said(place, "lost")
    place.server.ack(place.session)
    place.server.fence(place.session)
    assert place.talk() == [("Alice", "lost", "sent")]


def test_a_doubled_reflection_is_one_line(place):
    place.join()
    [ident] = said(place, "once")
    for more in ("", f"<stanza-id xmlns='{SID}' by='{ROOM}' id='s1'/>",
                 f"<stanza-id xmlns='{SID}' by='{ROOM}' id='s1'/>"):
        place.say(groupchat("Alice", "once", ident, f"<origin-id xmlns='{SID}' id='{ident}'/>"
                                                    + more))
        assert place.talk() == [("Alice", "once", "acked")]


@pytest.mark.parametrize("how", ["by id", "by origin-id"])
def test_a_reflection_is_known_by_either_id(place, how):
    place.join()
    [ident] = said(place, "mine")
    origin = f"<origin-id xmlns='{SID}' id='{ident}'/>"
    place.say(groupchat("Alice", "mine", *(("other", origin) if how == "by origin-id"
                                           else (ident,))))
    assert place.talk() == [("Alice", "mine", "acked")]


def test_a_reflection_under_our_new_nick_is_ours(place):
    place.join()
    [ident] = said(place, "mine")
    place.say(gone("Alice", "303", "110", item="nick='Ali'"), occupant("Ali", "110"),
              groupchat("Ali", "mine", ident))
    assert [row[1:] for row in place.talk()] == [("mine", "acked")]


def test_forged_reflections_prove_nothing(place):
    place.join()
    place.join(OTHER)
    [ident] = said(place, "mine")
    origin = f"<origin-id xmlns='{SID}' id='{ident}'/>"
    place.say(groupchat("Bob", "mine", ident, origin),            # another occupant
              groupchat("Alice", "mine", ident, origin, room=OTHER),  # another room
              groupchat("", "mine", ident, origin),               # the room itself
              groupchat("alice", "mine", ident, origin),          # nearly our nick
              groupchat("Alice", "mine", ident, origin, room="nowhere@rooms.localhost"),
              groupchat("Alice", "mine", ident, origin, room="den@evil.localhost"))
    mine = [row for row in place.bridge.call("message.page", profile="home", jid=ROOM,
                                             limit=50)["lines"] if row.get("is_own")]
    assert [(row["body"], row["state"]) for row in mine] == [("mine", "sent")]
    # A direct message in our name is none of the room's.
    place.say(f"<message from='{ROOM}/Alice' to='{ALICE}/x' type='chat' id='{ident}'>"
              f"<body>mine</body>{origin}</message>")
    assert [state for nick, _, state in place.talk() if nick == "Alice"][0] == "sent"
    place.say(groupchat("Alice", "mine", ident, origin))
    assert ("Alice", "mine", "acked") in place.talk()


def test_a_stanza_id_of_a_stranger_is_none(place):
    """Who could name an id of the room's archive could hide what comes later under it."""
    place.join()
    for by in (f"{ROOM}/Bob", "bob@localhost", ALICE, "rooms.localhost", OTHER, "", "@"):
        place.say(groupchat("Bob", f"first {by}", more=f"<stanza-id xmlns='{SID}' by='{by}' "
                                                       "id='s1'/>"))
    place.say(groupchat("Bob", "true", more=f"<stanza-id xmlns='{SID}' by='{ROOM}' id='s1'/>"))
    assert len(place.talk()) == 8
    place.say(groupchat("Bob", "true", more=f"<stanza-id xmlns='{SID}' by='{ROOM}' id='s1'/>"))
    assert len(place.talk()) == 8


@pytest.mark.parametrize("is_announced", [True, False])
def test_occupant_ids_count_only_where_the_room_announces_them(place, is_announced):
    if not is_announced:
        place.server.features.remove(OCCUPANT_ID)
    place.join()
    mark = f"<occupant-id xmlns='{OCCUPANT_ID}' id='bobs'/>"
    place.say(occupant("Carol").replace("</presence>", f"{mark}</presence>"))
    rows = place.bridge.call("room.occupants", profile="home", jid=ROOM)["occupants"]
    [carol] = [row for row in rows if row["nick"] == "Carol"]
    assert carol.get("id") == ("bobs" if is_announced else None)


@pytest.mark.parametrize("is_announced", [True, False])
def test_what_our_other_client_says_under_another_nick_is_ours(place, is_announced):
    if not is_announced:
        place.server.features.remove(OCCUPANT_ID)
    mark = f"<occupant-id xmlns='{OCCUPANT_ID}' id='ours'/>"
    place.server.enter = lambda session, room, nick: session.send(
        occupant(nick, "110").replace("</presence>", f"{mark}</presence>")
        + occupant("Phone").replace("</presence>", f"{mark}</presence>") + subject("of dens"))
    place.join()
    place.say(groupchat("Phone", "Alice: on my way", more=mark))
    [line] = place.bridge.call("message.page", profile="home", jid=ROOM, limit=9)["lines"]
    assert line.get("is_own", False) is is_announced
    assert line["sender"] == f"{ROOM}/Phone"
    [row] = [row for row in place.attach()["conversations"] if row["jid"] == ROOM]
    assert bool(row.get("unread")) is not is_announced


def test_an_error_fails_the_line_that_it_names_and_no_other(place):
    place.join()
    first, _second = said(place, "first", "second")
    place.say(f"<message type='error' from='{ROOM}' to='{ALICE}/x' id='{first}'>"
              f"{error('forbidden', 'auth')}</message>",
              f"<message type='error' from='{OTHER}' to='{ALICE}/x' id='{_second}'>"
              f"{error('forbidden', 'auth')}</message>",
              f"<message type='error' from='{ROOM}' to='{ALICE}/x' id='unheard'>"
              f"{error('forbidden', 'auth')}</message>")
    assert place.talk() == [("Alice", "first", "failed"), ("Alice", "second", "sent")]


# ------------------------------------------------------------------ subjects

def test_a_subject_beside_a_body_is_a_message(place):
    place.join()
    place.say(groupchat("Bob", "body", more="<subject>forged</subject>"),
              groupchat("Bob", None, more="<subject>forged</subject><thread>t</thread>"),
              subject("forged", "Bob", room=OTHER))
    assert place.room()["subject"] == "of dens"
    assert [row[1] for row in place.talk()] == ["body"]
    place.say(subject("set", "Bob"))
    assert (place.room()["subject"], place.room()["subject_by"]) == ("set", "Bob")
    place.say(groupchat("Bob", None, more="<subject/>"))
    assert "subject" not in place.room()
    place.say(subject("x" * 100_000, "Bob"))
    assert len(place.room()["subject"]) <= 4096
