"""What a room, or who is in it, can make us do at most, and joins that meet a link that is not
there."""

import os
import sqlite3

import pytest

from bridge_client import BridgeError
from room_server import (ALICE, ROOM, USER, error, hurried, make_authority,  # noqa: F401
                         make_place, occupant, refuse_to_resume)

FORM, REQUEST = "jabber:x:data", "http://jabber.org/protocol/muc#request"
FLOOD = 1000


# ------------------------------------------------------------------ floods

def test_a_storm_of_bounces_asks_the_room_now_and_then(place):
    place.join()
    place.say("".join(f"<message type='error' from='{ROOM}' to='{ALICE}/x' id='m{n}'>"
                      f"{error('not-acceptable')}</message>" for n in range(FLOOD)))
    place.wait(lambda: place.server.pings)
    assert len(place.server.pings) < 30 and place.state() == "in"


@pytest.mark.parametrize("code", [104, 172])
def test_a_storm_of_changed_settings_is_read_one_at_a_time(place, code):
    place.join()
    infos, known = [], len(place.server.infos)
    place.server.info = lambda *what: infos.append(what)
    place.say(f"<message type='groupchat' from='{ROOM}' to='{ALICE}/x'><x xmlns='{USER}'>"
              f"<status code='{code}'/></x></message>" * FLOOD)
    assert len(infos) == 1
    place.server.info = place.server.honest_info
    place.server.features.append("muc_moderated")
    place.server.honest_info(*infos[0])
    place.wait(lambda: len(place.server.infos) == known + 2)  # what changed since is read too
    place.say(f"<message type='groupchat' from='{ROOM}' to='{ALICE}/x'><x xmlns='{USER}'>"
              f"<status code='{code}'/></x></message>")
    place.wait(lambda: len(place.server.infos) == known + 3)
    place.server.fence(place.session)
    assert len(place.server.infos) == known + 3 and place.state() == "in"


def asks_for_a_voice(nick):
    rows = {"FORM_TYPE": REQUEST, "muc#role": "participant", "muc#roomnick": nick}
    fields = "".join(f"<field var='{var}'><value>{value}</value></field>"
                     for var, value in rows.items())
    return (f"<message from='{ROOM}' to='{ALICE}/x'><x xmlns='{FORM}' type='form'>{fields}</x>"
            "</message>")


def test_a_crowd_that_asks_for_a_voice_is_heard_sixteen_times_a_minute(place):
    place.join()
    crowd = [f"n{n}" for n in range(100)]
    place.say(occupant("Alice", "110", role="moderator"))
    place.say("".join(occupant(nick, role="visitor") for nick in crowd))
    place.say("".join(asks_for_a_voice(nick) for nick in crowd))
    place.rooms()  # its answer comes behind the events
    heard = [params["nick"] for name, params in place.bridge.events if name == "room.voice_asked"]
    assert heard == crowd[:16]


def test_more_rooms_than_an_answer_holds_lose_their_subjects_first(place):
    count, subject = 1500, "s" * 4000
    place.house.kill(place.house.daemon_pid())
    place.pids = None
    base = sqlite3.connect(os.path.join(place.house.data, "tern/profiles/home/store.db"))
    with base:
        base.executemany(
            "INSERT INTO rooms(jid, nick, is_wanted, subject, features, place, seq)"
            " VALUES(?, 'Alice', 0, ?, 0, 0, 1)",
            ((f"room{n:04}@rooms.localhost", subject) for n in range(count)))
    base.close()
    for rows in (place.attach()["rooms"], list(place.rooms().values())):
        assert len(rows) == count
        subjects = [row["subject"] for row in rows if row.get("subject")]
        assert subjects and set(subjects) == {subject}
    place.next()


# ------------------------------------------------------------------ no link

def go_offline(place):
    place.bridge.events.clear()
    place.bridge.call("link.disconnect", profile="home")
    place.bridge.wait_event("link.changed", match=lambda event: event["link"]["state"] == "offline")


def come_back(place):
    place.bridge.call("link.connect", profile="home")
    place.next()
    place.session.wait("<presence")
    place.server.fence(place.session)


@hurried(10)
def test_joined_offline_it_is_joined_when_there_is_a_link(place):
    go_offline(place)
    with pytest.raises(BridgeError) as caught:
        place.join()
    assert caught.value.code == "OFFLINE" and "online again" in caught.value.message
    assert place.state() == "waiting"
    come_back(place)
    place.wait_state("in")


def test_joined_offline_and_left_it_is_no_room(place):
    go_offline(place)
    number = place.ask_to_join()
    place.leave()
    with pytest.raises(BridgeError) as caught:
        place.bridge.answer(number)
    assert "You left the room." in caught.value.message
    come_back(place)
    assert place.rooms() == {} and place.server.joins == []


@hurried(10)
def test_left_offline_and_joined_again_who_asks_is_answered(place):
    place.join()
    go_offline(place)
    place.leave()
    with pytest.raises(BridgeError) as caught:
        place.join()
    assert "online again" in caught.value.message and place.state() == "waiting"
    come_back(place)
    place.wait_state("in")


def test_a_first_join_whose_link_breaks_is_tried_on_the_next(place):
    place.server.resume = refuse_to_resume
    place.server.enter = lambda *_: None
    number = place.ask_to_join()
    place.wait(lambda: place.server.joins)
    place.server.enter = place.server.honest_enter
    place.cut()
    with pytest.raises(BridgeError) as caught:
        place.bridge.answer(number, 20)
    assert "online again" in caught.value.message
    place.wait_state("in")


def test_a_first_join_that_was_left_is_forgotten_with_its_link(place):
    place.server.resume = refuse_to_resume
    place.server.enter = place.server.part = lambda *_: None
    place.ask_to_join()
    place.wait(lambda: place.server.joins)
    place.leave()
    place.cut()
    place.session.wait("<presence")
    place.server.fence(place.session)
    assert place.rooms() == {} and len(place.server.joins) == 1
