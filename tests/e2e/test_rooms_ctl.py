"""Rooms from the command line on Prosody and on ejabberd: links, whom one does not hear, and
that each verb says the same as JSON and in words."""

import json

import pytest

from ejabberd import Ejabberd
from house import House
from place import Place
from prosody import Prosody


@pytest.fixture(scope="module", params=[Prosody, Ejabberd])
def server(request):
    with request.param() as server:
        for name in ("alice", "bob"):
            server.add_user(name, "secret")
        yield server


@pytest.fixture
def place(server):
    with House() as house:
        yield Place(house, server)


def ctl(place, *words, code=0, **more):
    done = place.house.run("ternctl", *words, code=code, **more)
    return done.stderr if code else done.stdout


def rows(place, *words):
    return [json.loads(line) for line in ctl(place, "--json", *words).splitlines()]


def link(place, more="?join"):
    return f"xmpp:{place.room.replace('@', '%40')}{more}"


def test_a_link_joins_its_room_with_its_password(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, passwordprotectedroom="1", roomsecret="open sesame")
        assert "password" in ctl(place, "room", "join", link(place), "Alice", code=1)
        assert "password" in ctl(place, "room", "join", link(place, "?join;password=x"),
                                 "Alice", code=1)
        assert "as Alice" in ctl(place, "room", "join",
                                 link(place, "?join;password=open%20sesame"), "Alice")
        place.saw(bob, "Alice")
        # Wherever a room is named.
        ctl(place, "send", link(place), "hello")
        place.heard(bob, "hello")
        assert {row["nick"] for row in rows(place, "room", "occupants", link(place, ""))} == \
            {"Alice", "Bob"}
        assert rows(place, "history", link(place, "?join#top"))[-1]["body"] == "hello"
        ctl(place, "room", "leave", link(place))
        assert place.state() in (None, "out")


@pytest.mark.parametrize("text,said", [
    ("xmpp:", "names no room"), ("xmpp:?join", "names no room"),
    ("xmpp:den?join", "names no room"), ("xmpp:a%2Fb@muc.example?join", "names no room"),
    ("xmpp:a%00b@muc.example?join", "names no room"), ("xmpp:%zz@muc.example", "names no room"),
    ("xmpp:a%1b[2J@muc.example", "names no room"),
    ("xmpp:a@muc.example?remove", "not for joining"),
    ("xmpp:a@muc.example?join;password=%0a", "password")])
def test_a_link_that_is_none_is_refused(text, said):
    with House() as house:
        done = house.run("ternctl", "room", "join", text, code=2)
        assert said in done.stderr and "\x1b" not in done.stderr


def test_who_is_ignored_is_not_heard(place):
    place.join("Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.wait(lambda: "Bob" in place.nicks())
        assert ctl(place, "room", "ignore", place.room) == ""
        assert "Nobody in" in ctl(place, "room", "ignore", place.room, "nobody", code=1)
        assert "Alice is you" in ctl(place, "room", "ignore", place.room, "Alice", code=1)
        assert "Whom to hear" in ctl(place, "room", "ignore", place.room, "--off", code=2)
        ctl(place, "room", "ignore", place.room, "Bob")
        assert ctl(place, "room", "ignore", place.room) == "Bob\n"
        assert rows(place, "room", "ignore", place.room) == [{"nicks": ["Bob"]}]
        bob.send(place.room, "spam", kind="groupchat")
        place.heard(bob, "spam", "Bob")
        # By his id he is known under any nick; where the room gives none, by the nick.
        bob.send_presence(to=f"{place.room}/Robert")
        place.wait(lambda: "Robert" in place.nicks())
        bob.send(place.room, "more", kind="groupchat")
        place.heard(bob, "more", "Robert")
        has_ids = isinstance(place.server, Prosody)
        ctl(place, "send", place.room, "quiet here")
        place.wait(lambda: ("Alice", "quiet here", "acked") in place.lines())
        bodies = [body for _, body, _ in place.lines()]
        assert "spam" not in bodies and ("more" in bodies) == (not has_ids)
        ctl(place, "room", "ignore", place.room, "Robert" if has_ids else "Bob", "--off")
        assert ctl(place, "room", "ignore", place.room) == ""
        bob.send(place.room, "peace", kind="groupchat")
        place.wait(lambda: any(body == "peace" for _, body, _ in place.lines()))


def test_every_verb_speaks_json_and_words(place):
    room = place.room
    assert "as Alice" in ctl(place, "room", "join", room, "Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.wait(lambda: "Bob" in place.nicks())
        words = ctl(place, "room", "occupants", room)
        assert "Bob" in words and "moderator" in words
        assert {row["nick"]: row["role"] for row in rows(place, "room", "occupants", room)} == \
            {"Alice": "moderator", "Bob": "participant"}
        ctl(place, "room", "subject", room, "Tea at five")
        place.wait(lambda: ctl(place, "room", "subject", room) == "Tea at five\n")
        assert rows(place, "room", "subject", room)[0]["subject"] == "Tea at five"
        ctl(place, "room", "nick", room, "Alicia")
        place.saw(bob, "Alicia")
        place.wait(lambda: f"{room} as Alicia" in ctl(place, "room", "list"))
        assert [row["nick"] for row in rows(place, "room", "list") if row["jid"] == room] == \
            ["Alicia"]
        ctl(place, "send", room, "from the shell", "--wait", "sent")
        place.heard(bob, "from the shell", "Alicia")
        ctl(place, "send", f"{room}/Bob", "in private")
        assert bob.wait_message("in private", match=lambda m: m["type"] == "chat")
        assert "from the shell" in ctl(place, "history", room)
        assert "in private" in ctl(place, "history", f"{room}/Bob")
        ctl(place, "bookmarks", "add", room, "Al", "--name", "The den")
        place.wait(lambda: any(row["jid"] == room and row.get("name") == "The den"
                               for row in rows(place, "bookmarks", "list")))
        assert "The den" in ctl(place, "bookmarks", "list")
        ctl(place, "bookmarks", "remove", room)
        place.wait(lambda: room not in ctl(place, "bookmarks", "list"))
        ctl(place, "room", "leave", room, "good night")
        place.saw(bob, "Alicia", "unavailable")
        assert "not in" in ctl(place, "room", "subject", room, "x", code=1)


def test_a_bare_name_means_the_room_for_what_is_said_there_too(place):
    name = place.room.partition("@")[0]
    place.join("Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        ctl(place, "send", name, "hello")
        place.heard(bob, "hello")
        assert rows(place, "history", name)[-1]["body"] == "hello"


def test_waiting_for_a_room_that_we_are_not_in_is_in_vain(place):
    place.join("Alice", "--create")
    ctl(place, "room", "leave", place.room)
    assert "not in" in ctl(place, "send", place.room, "later", "--wait", "sent", code=1)
    place.wait(lambda: place.state() == "out")
    place.join("Alice", "--create")
    place.wait(lambda: ("Alice", "later", "acked") in place.lines())


def test_tern_takes_links_wherever_a_room_is_named(place):
    place.call("settings.set", name="bookmark_joins", value="yes")
    with place.peer("bob") as bob, place.house.tern(columns=99) as screen:
        place.enter(bob, "Bob")
        place.configure(bob, passwordprotectedroom="1", roomsecret="open sesame")
        screen.wait("● home", 15)
        screen.line("/join xmpp:%zz?join")
        screen.wait("names no room")
        screen.keys("\x15")
        screen.line("/join xmpp:a@b.c?message")
        screen.wait("not for joining")
        screen.keys("\x15")
        screen.line(f"/join {link(place, '?join;password=open%20sesame')} Alice")
        place.saw(bob, "Alice")
        screen.wait(lambda s: place.room.partition("@")[0] in s.row(s.screen.lines - 1))
        place.wait(lambda: place.room in ctl(place, "bookmarks", "list"))
        screen.line(f"/bookmark remove {link(place)}")
        place.wait(lambda: place.room not in ctl(place, "bookmarks", "list"))


def test_a_bookmark_made_of_a_link_joins_with_its_password(place):
    with place.peer("bob") as bob, place.house.tern(columns=99) as screen:
        place.enter(bob, "Bob")
        place.configure(bob, passwordprotectedroom="1", roomsecret="open sesame")
        screen.wait("● home", 15)
        screen.line(f"/bookmark add {link(place, '?join;password=open%20sesame')}")
        place.saw(bob, "alice")
        place.wait(lambda: place.room in ctl(place, "bookmarks", "list"))


def test_a_bare_name_is_the_known_room_before_one_at_our_own_service(place):
    """Whatever the verb: what one reads is what one leaves."""
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob)
        place.house.ctl("room", "join", place.room, "Alice")
        name = place.room.partition("@")[0]
        place.house.ctl("send", name, "hello")
        place.heard(bob, "hello")
        assert rows(place, "history", name)[-1]["body"] == "hello"
        assert {row["nick"] for row in rows(place, "room", "occupants", name)} == {"Alice", "Bob"}
        ctl(place, "room", "leave", name)
        assert place.state() in (None, "out")
