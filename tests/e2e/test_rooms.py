"""Rooms (XEP-0045): ternctl and other clients in one, on Prosody and on ejabberd."""

import pytest

from house import House
from place import Place
from ejabberd import Ejabberd
from prosody import Prosody


@pytest.fixture(scope="module", params=[Prosody, Ejabberd], ids=["prosody", "ejabberd"])
def server(request):
    with request.param() as one:
        for name in ("alice", "bob", "carol"):
            one.add_user(name, "secret")
        yield one


@pytest.fixture
def place(server):
    with House() as house:
        yield Place(house, server)


def test_two_talk_in_a_room(place):
    assert "as Alice, 1 here" in place.join("Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.wait(lambda: place.nicks() == {"Alice", "Bob"})
        bob.send(place.room, "hello alice", kind="groupchat")
        place.wait(place.lines)
        place.house.ctl("send", place.room, "hello Bob")
        assert place.heard(bob, "hello Bob")
        place.wait(lambda: [row[2] for row in place.lines()] == ["received", "acked"])
        assert place.lines() == [("Bob", "hello alice", "received"),
                                 ("Alice", "hello Bob", "acked")]
        history = place.house.ctl("history", place.room)
        assert " Bob: hello alice\n" in history and " me: hello Bob [acked]\n" in history
        badges = place.call("profile.attach")["conversations"]
        assert [(row["kind"], row["unread"], row["mentions"]) for row in badges] == \
            [("room", 1, 1)]


def test_nick_subject_and_leaving(place):
    place.join("Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.house.ctl("room", "nick", place.room, "Ali")
        assert place.saw(bob, "Ali")
        place.wait(lambda: place.nicks() == {"Ali", "Bob"})
        place.house.ctl("room", "subject", place.room, "of dens")
        place.wait(lambda: place.house.ctl("room", "subject", place.room) == "of dens\n")
        refused = place.call("room.nick", jid=place.room, nick="Bob")
        assert refused == {} or not refused
        place.house.ctl("room", "leave", place.room, "bye")
        assert place.saw(bob, "Ali", "unavailable")
        assert place.state() == "out"
        place.house.run("ternctl", "room", "nick", place.room, "x", code=1)
        assert "as Again" in place.join("Again")


def test_what_keeps_one_out_is_said(place):
    assert "no such room" in place.join("Alice", code=1)
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, membersonly="0")
        assert "Somebody else has that nick" in place.join("Bob", code=1)
        assert not place.record()  # nothing of it stays
        assert "in " in place.join("Alice")
        place.house.ctl("room", "leave", place.room)
        place.configure(bob, membersonly="1")
        assert "members only" in place.join("Alice", code=1)
        place.configure(bob, membersonly="0", passwordprotectedroom="1", roomsecret="open")
        assert "password" in place.join("Alice", code=1)
        secret = place.house.write("room.password", "open\n")
        assert "in " in place.join("Alice", "--password-file", secret)
        place.house.ctl("room", "leave", place.room)
        place.set_affiliation(bob, "outcast", place.server.jid("alice"))
        assert "banned" in place.join("Alice", code=1)
        place.set_affiliation(bob, "none", place.server.jid("alice"))
        assert "in " in place.join("Alice")


def test_a_kick_keeps_us_out_until_we_say_so(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, membersonly="0")
        place.join()
        bob.call(bob.client.plugin["xep_0045"].set_role, place.room, "Alice", "none")
        place.wait(lambda: place.state() == "refused")
        assert "kicked by Bob" in place.house.ctl("room", "list")
        assert "in " in place.join()


def test_a_killed_session_process_stays_in_the_room_unseen(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, membersonly="0")
        place.join()
        assert place.saw(bob, "Alice")
        place.wait(lambda: place.nicks() == {"Alice", "Bob"})
        seen = len(bob.presences)
        [pid] = place.house.session_pids()
        place.house.kill(pid)
        bob.send(place.room, "still there?", kind="groupchat")
        place.wait(lambda: place.house.session_pids() not in ([], [pid]))
        place.wait(lambda: ("Bob", "still there?", "received") in place.lines())
        assert place.nicks() == {"Alice", "Bob"} and place.state() == "in"
        place.house.ctl("send", place.room, "yes")
        assert place.heard(bob, "yes")
        assert len(bob.presences) == seen


def test_rooms_are_joined_again_by_a_new_daemon(place):
    place.join("Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.house.stop_daemon()
        assert place.saw(bob, "Alice", "unavailable")
        bob.send(place.room, "while you were away", kind="groupchat")
        place.house.ctl("room", "list")
        place.wait(lambda: place.state() == "in")
        place.wait(lambda: [row[1] for row in place.lines()] == ["while you were away"])
        place.house.ctl("send", place.room, "I am back")
        assert bob.wait_message("I am back")


def test_written_before_the_room_is_open_it_is_said_later(place):
    place.join("Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.house.ctl("disconnect")
        place.house.ctl("send", place.room, "early")
        place.house.ctl("connect")
        assert place.heard(bob, "early")
        place.wait(lambda: ("Alice", "early", "acked") in place.lines())


def test_a_private_word_is_a_conversation_of_its_own(place):
    place.join("Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.wait(lambda: place.nicks() == {"Alice", "Bob"})
        place.house.ctl("send", f"{place.room}/Bob", "psst")
        message = place.heard(bob, "psst")
        assert message["type"] == "chat"
        bob.send(f"{place.room}/Alice", "yes?")
        place.wait(lambda: [row[1] for row in place.lines(f"{place.room}/Bob")]
                   == ["psst", "yes?"])
        assert place.lines() == []


def test_what_was_said_before_we_came_is_there_and_no_news(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, membersonly="0")
        for number in range(5):
            bob.send(place.room, f"before {number} Alice", kind="groupchat")
        assert bob.wait_message("before 4 Alice")
        place.join()
        place.wait(lambda: len(place.lines()) == 5)

        def badge():
            rows = place.call("profile.attach")["conversations"]
            return [(row.get("unread", 0), row.get("mentions", 0)) for row in rows
                    if row["jid"] == place.room]
        place.wait(lambda: badge() == [(0, 0)])
        place.house.ctl("room", "leave", place.room)
        bob.send(place.room, "meanwhile", kind="groupchat")
        assert bob.wait_message("meanwhile")
        place.join()
        place.wait(lambda: len(place.lines()) == 6)
        place.wait(lambda: badge() == [(1, 0)])


def test_somebody_is_no_room(place):
    place.room = place.server.jid("bob")
    assert "no room" in place.join("Alice", code=1)


def test_a_contact_does_not_become_a_room(place):
    room, bobs, own = place.room, place.server.jid("bob"), place.server.jid("alice")
    with place.peer("bob") as bob:
        place.house.ctl("roster", "add", bobs)
        place.wait(lambda: bobs in (rows := place.house.ctl("roster"))
                   and f"{bobs}  (none)" not in rows)
        for address, said in ((bobs, "one of your contacts, no room"), (own, "yourself, no room")):
            place.room = address
            assert said in place.join("Alice", code=1)
            assert said in place.house.run("ternctl", "bookmarks", "add", address, code=1).stderr
            assert place.record() == {}
        place.house.ctl("send", bobs, "still a person?")
        assert bob.wait_message("still a person?")["type"] == "chat"
    place.room = room


def test_the_room_sees_that_we_are_away(place):
    place.join("Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.call("presence.set", show="dnd", text="busy")
        assert place.saw(bob, "Alice", "dnd")


def test_private_words_of_an_unknown_room_come_from_the_archive_as_such(place):
    with place.peer("bob") as bob, place.peer("alice") as phone:
        place.enter(bob, "Bob")
        place.configure(bob, membersonly="0")
        place.enter(phone, "Alice")
        place.wait(lambda: place.call("profile.attach")["link"]["state"] == "online")
        place.house.ctl("disconnect")
        bob.send(f"{place.room}/Alice", "only for you")
        assert phone.wait_message("only for you")
        place.house.ctl("connect")
        place.wait(lambda: [row[1] for row in place.lines(f"{place.room}/Bob")]
                   == ["only for you"])


def test_what_debians_ejabberd_lacks_is_seen_and_lived_with(place):
    """No occupant ids and no moderation there: whose a line is, is told without them."""
    has_ids = isinstance(place.server, Prosody)
    place.join("Alice", "--create")
    with place.peer("bob") as bob, place.peer("carol") as carol:
        place.configure(bob, membersonly="0")
        place.enter(bob, "Bob")
        place.wait(lambda: place.nicks() == {"Alice", "Bob"})

        def ids():
            rows = place.call("room.occupants", jid=place.room)["occupants"]
            return {bool(row.get("id")) for row in rows}

        def room():
            return next(row for row in place.call("room.list")["rooms"]
                        if row["jid"] == place.room)
        # What a room is that we made ourselves is known when it is there.
        place.wait(lambda: room().get("has_archive") and ids() == {has_ids})
        assert not room().get("can_moderate")
        place.house.ctl("send", place.room, "mine")
        assert place.heard(bob, "mine")
        place.house.ctl("room", "leave", place.room)
        assert place.saw(bob, "Alice", "unavailable")
        place.enter(carol, "Alice")  # another one under our name
        carol.send(place.room, "not mine", kind="groupchat")
        assert place.heard(bob, "not mine")
        place.join("Ali")
        place.wait(lambda: len(place.lines()) == 2)
        page = place.call("message.page", jid=place.room, limit=500)["lines"]
        assert [(row["body"], bool(row.get("is_own"))) for row in page] == \
            [("mine", True), ("not mine", False)]


def test_lines_of_an_earlier_stay_come_back_once(place):
    place.join("Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        for number in range(3):
            place.house.ctl("send", place.room, f"mine {number}")
            assert place.heard(bob, f"mine {number}")
            bob.send(place.room, f"his {number}", kind="groupchat")
        talk = place.wait(lambda: len(place.lines()) == 6 and place.lines())
        for _ in range(2):
            place.house.stop_daemon()
            place.house.ctl("room", "list")
            place.wait(lambda: place.state() == "in")
            bob.send(place.room, f"again {_}", kind="groupchat")
            place.wait(lambda: place.lines()[-1][1] == f"again {_}")
        assert place.lines()[:6] == talk and len(place.lines()) == 8
