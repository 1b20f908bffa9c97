"""Lines that were taken back before they came, or before they were read: told by a scripted
room, so that the order is the one wanted."""

import pytest

from room_server import (ALICE, MAM, OCCUPANT_ID, ROOM, SID, groupchat,  # noqa: F401
                         make_authority, make_place)

RETRACT, MODERATE = "urn:xmpp:message-retract:1", "urn:xmpp:message-moderate:1"
BOB = "bob@localhost"


def said(nick, body, key, who="bobs"):
    """A line of the room with its id KEY there and the occupant id WHO."""
    return groupchat(nick, body, f"w-{key}", more=(
        f"<stanza-id xmlns='{SID}' by='{ROOM}' id='{key}'/>"
        f"<occupant-id xmlns='{OCCUPANT_ID}' id='{who}'/>"))


def by_author(key, who="bobs"):
    return groupchat("Bob", None, more=(f"<retract xmlns='{RETRACT}' id='{key}'/>"
                                        f"<occupant-id xmlns='{OCCUPANT_ID}' id='{who}'/>"))


def by_room(key, reason="spam"):
    return groupchat("", None, more=(
        f"<retract xmlns='{RETRACT}' id='{key}'><moderated xmlns='{MODERATE}' by='{ROOM}/Mo'/>"
        f"<reason>{reason}</reason></retract>"))


def chat(inner, ident=""):
    return f"<message from='{BOB}/x' to='{ALICE}/x' type='chat' id='{ident}'>{inner}</message>"


def badge(place, jid):
    rows = place.attach().get("conversations", [])
    [row] = [row for row in rows if row["jid"] == jid]
    return row.get("unread", 0), row.get("mentions", 0)


def bodies(place, jid=ROOM):
    rows = place.bridge.call("message.page", profile="home", jid=jid, limit=500, seconds=30)
    return [row["body"] for row in rows.get("lines", [])]


def kill(place):
    """The session process dies; the next one goes on with its session."""
    for pid in place.house.session_pids():
        place.house.kill(pid)
    place.next()
    place.wait(lambda: place.server.resumes)
    place.attach()
    place.server.fence(place.session)
    place.pids = place.house.session_pids()


def test_what_waits_for_its_line_outlives_the_process(place):
    place.join()
    place.say(by_author("s1"), by_author("s2", "carols"), by_room("s3"),
              chat(f"<retract xmlns='{RETRACT}' id='c1'/>"))
    kill(place)
    place.say(said("Bob", "one", "s1"), said("Bob", "Alice: two", "s2"),
              said("Bob", "Alice: three", "s3"), said("Bob", "four", "s4"),
              chat("<body>private</body>", "c1"), chat("<body>stays</body>", "c2"))
    assert bodies(place) == ["", "Alice: two", "", "four"]
    assert bodies(place, BOB) == ["", "stays"]
    rows = place.bridge.call("message.page", profile="home", jid=ROOM, limit=9)["lines"]
    assert (rows[2]["retracted_by"], rows[2]["reason"]) == ("Mo", "spam")
    assert badge(place, ROOM) == (2, 1) and badge(place, BOB) == (1, 0)


def test_a_line_whose_id_is_learned_later_goes_then(place):
    place.join()
    place.say(groupchat("Bob", "spam", "w-s1"), groupchat("Bob", "stays", "w-s2"), by_room("s1"))
    assert bodies(place) == ["spam", "stays"]
    place.say(said("Bob", "spam", "s1"), said("Bob", "stays", "s2"))
    assert bodies(place) == ["", "stays"] and badge(place, ROOM) == (1, 0)


def test_our_line_that_was_moderated_before_it_came_back_is_not_said_again(place):
    """The room's archive has a tombstone where it stood."""
    place.server.features.append(MAM)
    place.server.resume = lambda session, *_: session.send(
        "<failed xmlns='urn:xmpp:sm:3'/>") or False
    place.join()
    place.say(said("Bob", "first", "s1"))
    place.server.reflect = lambda *_: None
    place.write_to("mine", "other")
    mine, other = place.wait_body("mine"), place.wait_body("other")
    dead = groupchat("Alice", None, mine, more=(
        f"<retracted xmlns='{RETRACT}'><moderated xmlns='{MODERATE}' by='{ROOM}/Mo'/>"
        "<reason>spam</reason></retracted>"))
    place.server.walk = lambda session, text, room: place.server.give(session, text, room, [
        (key, row.replace("<message", "<message xmlns='jabber:client'"))
        for key, row in (("s2", dead), ("s3", groupchat("Alice", "other", other)))])
    place.session.reset()
    place.next()
    place.wait(lambda: [row[2] for row in place.talk()] == ["received", "acked", "acked"], 30)
    assert bodies(place) == ["first", "", "other"]
    assert place.server.bodies.count("mine") == 1


@pytest.mark.parametrize("take_back", [by_author, by_room])
def test_what_is_taken_back_is_not_unread(place, take_back):
    place.join()
    place.say(said("Bob", "Alice: one", "s1"), said("Bob", "two", "s2"))
    assert badge(place, ROOM) == (2, 1)
    place.say(take_back("s1"))
    event = place.bridge.wait_event("conversation.changed",
                                    match=lambda e: e["conversation"].get("unread") == 1)
    assert event["conversation"].get("mentions", 0) == 0
    place.say(take_back("s1"), take_back("s2"))
    assert badge(place, ROOM) == (0, 0)
