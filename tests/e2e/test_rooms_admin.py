"""Ruling rooms (XEP-0045 sections 8 to 10) on Prosody and on ejabberd: who may do what there,
seen by slixmpp in the room."""

import json
import re

import pytest

from ejabberd import Ejabberd
from house import House
from place import Place
from prosody import Prosody


@pytest.fixture(scope="module", params=[Prosody, Ejabberd])
def server(request):
    with request.param() as server:
        for name in ("alice", "bob", "carol"):
            server.add_user(name, "secret")
        yield server


@pytest.fixture
def place(server):
    with House() as house:
        place = Place(house, server)
        place.join("Alice", "--create")
        yield place


def ctl(place, *words, code=0, **more):
    done = place.house.run("ternctl", *words, code=code, **more)
    return done.stderr if code else done.stdout


def room(place, verb, *words, code=0):
    return ctl(place, "room", verb, place.room, *words, code=code)


def item(presence):
    """(affiliation, role, reason) of what a presence says of its occupant."""
    found = presence.xml.find(".//{*}x/{*}item")
    reason = found.find("{*}reason")
    return found.get("affiliation"), found.get("role"), reason.text if reason is not None else None


def statuses(presence):
    return {row.get("code") for row in presence.xml.findall(".//{*}x/{*}status")}


def wait_self(place, peer, nick, affiliation, role, kind=None):
    return peer.wait_presence(kind, match=lambda p: (
        p["from"].full == f"{place.room}/{nick}" and item(p)[:2] == (affiliation, role)))


def affiliations(place, which):
    rows = ctl(place, "--json", "room", "affiliation", place.room, which)
    return {row["jid"] for row in map(json.loads, rows.splitlines())}


def test_a_kick_says_why(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.wait(lambda: "Bob" in place.nicks())
        room(place, "kick", "Bob", "too loud")
        gone = wait_self(place, bob, "Bob", "none", "none", "unavailable")
        assert item(gone)[2] == "too loud" and "307" in statuses(gone)
        place.wait(lambda: place.nicks() == {"Alice"})
        assert "Nobody in" in room(place, "kick", "Bob", code=1)
        place.enter(bob, "Bob")


def test_roles_are_given_and_taken(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.wait(lambda: "Bob" in place.nicks())
        for role in ("visitor", "participant", "moderator"):
            room(place, "role", "Bob", role)
            wait_self(place, bob, "Bob", "none", role)
        assert "A role is" in room(place, "role", "Bob", "king", code=2)


def test_a_ban_by_nick_is_one_of_the_address(place):
    bob_jid = place.server.jid("bob")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.wait(lambda: "Bob" in place.nicks())
        room(place, "ban", "Bob", "spam")
        gone = wait_self(place, bob, "Bob", "outcast", "none", "unavailable")
        assert item(gone)[2] == "spam" and "301" in statuses(gone)
        assert affiliations(place, "outcast") == {bob_jid}
        assert f"outcast  {bob_jid}" in room(place, "affiliation")
        room(place, "affiliation", bob_jid, "none")
        assert affiliations(place, "outcast") == set()
        place.enter(bob, "Bob")


def test_lists_are_printed_and_changed(place):
    carol = place.server.jid("carol")
    for which in ("member", "admin", "owner"):
        room(place, "affiliation", carol, which)
        assert carol in affiliations(place, which)
    assert affiliations(place, "admin") == set()
    room(place, "affiliation", carol, "none")
    assert affiliations(place, "owner") == {place.server.jid("alice")}
    assert "An affiliation is" in room(place, "affiliation", carol, "king", code=2)


def test_the_rooms_refusal_is_told_in_words(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.wait(lambda: "Bob" in place.nicks())
        room(place, "affiliation", "Bob", "owner")
        wait_self(place, bob, "Bob", "owner", "moderator")
        room(place, "affiliation", "Alice", "none")
        place.wait(lambda: place.record().get("affiliation") != "owner")
        said = room(place, "kick", "Bob", code=1)
        assert "You may not" in said or "not allow" in said
        assert "You may not" in room(place, "affiliation", "outcast", code=1)


def test_nobody_takes_the_address_of_another_as_a_nick(place):
    carol = place.server.jid("carol")
    with place.peer("bob") as bob:
        place.enter(bob, carol)
        place.wait(lambda: carol in place.nicks())
        room(place, "affiliation", carol, "admin")
        assert affiliations(place, "admin") == {carol}
        room(place, "affiliation", f"{place.room}/{carol}", "member")
        assert affiliations(place, "member") == {place.server.jid("bob")}
        assert "it is no address" in room(place, "ban", "nobody", code=1)


# ---- voice ----

REQUEST = "http://jabber.org/protocol/muc#request"


def submission(place, **fields):
    """A submitted form about a voice, to the room."""
    rows = "".join(f"<field var='{var.replace('__', '#')}'><value>{value}</value></field>"
                   for var, value in fields.items())
    return (f"<message to='{place.room}'><x xmlns='jabber:x:data' type='submit'>"
            f"<field var='FORM_TYPE'><value>{REQUEST}</value></field>{rows}</x></message>")


def asked(peer):
    """The next request for a voice that a moderator got, as a dict."""
    message = peer.wait_message(match=lambda m: REQUEST in str(m))
    assert message["from"].resource == ""
    return {row.get("var"): row.findtext("{*}value") for row in message.xml.iter()
            if row.tag.endswith("}field")}


def test_we_ask_for_a_voice_and_get_it(place):
    place.room = f"quiet-{place.room}"
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.configure(bob, moderatedroom="1")
        place.join()
        place.saw(bob, "Alice")
        bob.send_raw(f"<iq type='set' id='mute' to='{place.room}'>"
                     "<query xmlns='http://jabber.org/protocol/muc#admin'>"
                     "<item nick='Alice' role='visitor'/></query></iq>")
        place.wait(lambda: place.record().get("role") == "visitor")
        room(place, "voice")
        form = asked(bob)
        assert form["muc#roomnick"] == "Alice"
        bob.send_raw(submission(
            place, muc__role="participant", muc__jid=form["muc#jid"], muc__roomnick="Alice",
            muc__request_allow="1"))
        place.wait(lambda: place.record()["role"] == "participant")
        assert "You may speak" in room(place, "voice", code=1)


def test_who_asks_for_a_voice_is_an_event(place):
    with place.peer("bob") as bob, place.house.bridge() as bridge:
        place.enter(bob, "Bob")
        place.wait(lambda: "Bob" in place.nicks())
        room(place, "role", "Bob", "visitor")
        wait_self(place, bob, "Bob", "none", "visitor")
        bridge.call("profile.attach", profile="home")
        if not isinstance(place.server, Prosody):  # passes it on in moderated rooms alone
            room(place, "config", "moderatedroom=yes")
        bob.send_raw(submission(place, muc__role="participant"))
        event = bridge.wait_event("room.voice_asked")
        assert (event["jid"], event["nick"]) == (place.room, "Bob")
        assert event["who"].startswith(place.server.jid("bob"))


# ---- invitations ----

def invitations(bridge, place):
    """Waits for the event of an invitation into the place's room."""
    return bridge.wait_event("room.invited", match=lambda event: event["jid"] == place.room)


def invited(peer):
    """The next invitation that came to a peer: (how, room, reason)."""
    def fits(message):
        return message.xml.find(".//{*}invite") is not None or \
            message.xml.find("{jabber:x:conference}x") is not None
    message = peer.wait_message(match=fits)
    invite = message.xml.find(".//{*}invite")
    if invite is not None:
        return "by the room", message["from"].bare, invite.findtext("{*}reason")
    direct = message.xml.find("{jabber:x:conference}x")
    return "directly", direct.get("jid"), direct.get("reason")


def test_we_invite_directly_and_through_a_room_for_members(place):
    with place.peer("bob") as bob, place.peer("carol") as carol:
        for peer in (bob, carol):  # so that the server knows them to be there
            peer.call(peer.client.get_roster)
        room(place, "invite", place.server.jid("bob"), "to talk")
        assert invited(bob) == ("directly", place.room, "to talk")
        with place.peer("alice", "other") as other:
            place.enter(other, "Other")
            place.configure(other, membersonly="1")
            # Its features are read at the next join.
            room(place, "leave")
            place.join()
            room(place, "invite", place.server.jid("carol"), "members")
            assert invited(carol) == ("by the room", place.room, "members")
        if isinstance(place.server, Prosody):  # ejabberd leaves its list to the owner
            assert place.server.jid("carol") in affiliations(place, "member")


def test_an_invitation_is_an_event_a_line_and_a_password(place):
    room(place, "leave")
    with place.peer("bob") as bob, place.house.bridge() as bridge:
        place.enter(bob, "Bob")
        place.configure(bob, passwordprotectedroom="1", roomsecret="open")
        bridge.call("profile.attach", profile="home")
        bob.send_raw(f"<message to='{place.server.jid('alice')}'>"
                     f"<x xmlns='jabber:x:conference' jid='{place.room}' reason='come'"
                     " password='open'/></message>")
        event = invitations(bridge, place)
        assert (event["by"], event["reason"], event["has_password"]) == \
            (place.server.jid("bob"), "come", True)
        assert "open" not in str(event)
        place.wait(lambda: place.call("message.page", jid=place.server.jid("bob")).get("lines"))
        line = place.call("message.page", jid=place.server.jid("bob"))["lines"][0]
        assert line["body"] == f"/me invites you to {place.room} (come)"
        assert "in " in place.join()


def test_an_invitation_by_the_room_names_who_sent_it(place):
    room(place, "leave")
    with place.peer("bob") as bob, place.house.bridge() as bridge:
        place.enter(bob, "Bob")
        bridge.call("profile.attach", profile="home")
        bob.send_raw(f"<message to='{place.room}'>"
                     "<x xmlns='http://jabber.org/protocol/muc#user'>"
                     f"<invite to='{place.server.jid('alice')}'><reason>now</reason></invite>"
                     "</x></message>")
        event = invitations(bridge, place)
        # Prosody names the occupant, ejabberd the account.
        assert event["by"] in (place.server.jid("bob"), f"{place.room}/Bob")
        assert event["reason"] == "now"
        notice = bridge.wait_event("profile.notice")
        assert f"/join {place.room}" in notice["text"]


def test_a_refused_invitation_is_told(place):
    with place.house.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        room(place, "invite", "nobody@nowhere.invalid")
        notice = bridge.wait_event("profile.notice")
        assert "nobody@nowhere.invalid could not be invited" in notice["text"]


# ---- owners ----

def fields(place):
    form = json.loads(ctl(place, "--json", "room", "config", place.room))
    return {field["var"].rpartition("_")[2]: field for field in form["fields"]}


def test_a_room_is_configured_by_its_form(place):
    before = fields(place)
    assert before["roomname"]["type"] == "text-single"
    assert before["membersonly"]["type"] == "boolean"
    assert {option["value"] for option in before["whois"]["options"]} == \
        {"anyone", "moderators"}
    room(place, "config", "roomname=The Lair", "membersonly=yes", "whois=anyone")
    after = fields(place)
    assert [after[name]["values"] for name in ("roomname", "membersonly", "whois")] == \
        [["The Lair"], ["1"], ["anyone"]]
    # What else there is stays; what the room is now is known at once.
    assert after["persistentroom"] == before["persistentroom"]
    place.wait(lambda: (place.record().get("name"), place.record().get("shows_addresses"))
               == ("The Lair", True))
    said = room(place, "config")
    assert "muc#roomconfig_roomname=The Lair\n" in said and "# one of:" in said
    assert "FORM_TYPE" not in said


def test_what_does_not_fit_the_form_is_refused_before_it_is_sent(place):
    assert "whois is one of" in room(place, "config", "whois=me", code=1)
    assert "is yes or no" in room(place, "config", "membersonly=often", code=1)
    assert "no field nonsense" in room(place, "config", "nonsense=1", code=1)
    assert "is not key=value" in room(place, "config", "roomname", code=2)


def test_a_room_is_configured_by_json(place):
    wish = {"roomname": "The Lair \N{SNOWMAN}", "membersonly": True, "whois": "anyone",
            "presencebroadcast": ["moderator", "participant"]}
    ctl(place, "room", "config", place.room, "-", input=json.dumps(wish))
    after = fields(place)
    assert [after[name]["values"] for name in ("roomname", "membersonly", "whois")] == \
        [["The Lair \N{SNOWMAN}"], ["1"], ["anyone"]]
    assert set(after["presencebroadcast"]["values"]) == {"moderator", "participant"}
    # The whole form, as it was printed, changes nothing.
    again = {field["var"]: field.get("values", []) for field in after.values()
             if field["var"] and field["type"] not in ("hidden", "fixed")}
    room(place, "config", json.dumps(again))
    assert fields(place) == after
    assert "presencebroadcast is one of" in \
        room(place, "config", '{"presencebroadcast": "king"}', code=1)


def test_a_stranger_may_not_configure(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        room(place, "affiliation", place.server.jid("bob"), "owner")
        room(place, "affiliation", place.server.jid("alice"), "none")
        assert "You may not" in room(place, "config", code=1)
        assert "You may not" in room(place, "config", "roomname=Mine", code=1)
        assert "You may not" in room(place, "destroy", "--yes", code=1)


def test_a_reserved_room_opens_when_it_is_configured(place):
    place.room = f"reserved-{place.room}"
    room(place, "join", "Alice", "--reserve")
    with place.peer("bob") as bob:
        bob.run(bob.client.plugin["xep_0045"].join_muc, place.room, "Bob")
        # ejabberd opens every room at once.
        closed = isinstance(place.server, Prosody)
        place.saw(bob, "Bob", "error" if closed else None)
        room(place, "config", "roomname=Open now")
        if closed:
            place.enter(bob, "Bob")


def test_a_destroyed_room_says_why_and_whereto(place):
    elsewhere = f"next-{place.room}"
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        assert "--yes" in room(place, "destroy", code=2)
        assert "names no room" in room(place, "destroy", "", "xmpp:?join", "--yes", code=2)
        room(place, "destroy", "we move", f"xmpp:{elsewhere}?join", "--yes")
        gone = place.saw(bob, "Bob", "unavailable")
        destroy = gone.xml.find(".//{*}destroy")
        assert destroy.get("jid") == elsewhere and destroy.findtext("{*}reason") == "we move"
        place.wait(lambda: place.state() == "refused")
        said = ctl(place, "room", "list")
        assert f"we move. It goes on in {elsewhere}" in said
        assert place.record().get("is_wanted") is not True


# ---- in tern ----

@pytest.fixture
def screen(place):
    with place.house.tern(columns=99, lines=60) as screen:
        screen.wait("● home", 15)
        screen.line(f"/join {place.room}")
        is_shown = place.room.partition("@")[0]
        screen.wait(lambda s: is_shown in s.row(s.screen.lines - 1))
        yield screen


def test_tern_says_what_the_room_did(place, screen):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob B")
        place.wait(lambda: "Bob B" in place.nicks())
        for line, said, affiliation, role in (
                ('/role "Bob B" visitor', "Bob B has no voice now.", "none", "visitor"),
                ('/voice "Bob B"', "Bob B may speak now.", "none", "participant"),
                ('/affiliation "Bob B" member', "Bob B is a member now.", "member",
                 "participant")):
            screen.line(line)
            screen.wait(said)
            wait_self(place, bob, "Bob B", affiliation, role)
        screen.line("/affiliation member")
        screen.wait(f"Members (1): {place.server.jid('bob')}")
        screen.line('/kick "Bob B" enough of it')
        gone = wait_self(place, bob, "Bob B", "member", "none", "unavailable")
        assert item(gone)[2] == "enough of it"
        screen.wait("Bob B was kicked.")
        screen.line(f"/ban {place.server.jid('bob')}")
        screen.wait("was banned")
        assert affiliations(place, "outcast") == {place.server.jid("bob")}
        screen.line(f"/unban {place.server.jid('bob')}")
        screen.wait("is on no list now")
        screen.line("/ban")
        screen.wait("Nobody is banned here.")
        screen.line("/kick nobody")
        screen.wait("Nobody in")


def test_tern_shows_who_asks_to_speak_and_allows_it(place, screen):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob B")
        place.wait(lambda: "Bob B" in place.nicks())
        screen.line("/voice")
        screen.wait("You may speak in")
        screen.keys("\x15")
        screen.line('/voice "Bob B" off')
        wait_self(place, bob, "Bob B", "none", "visitor")
        bob.send_raw(submission(place, muc__role="participant"))
        screen.wait('Bob B asks to speak here: /voice "Bob B" allows it.')
        screen.line('/voice "Bob B"')
        wait_self(place, bob, "Bob B", "none", "participant")


def test_join_alone_follows_an_invitation(place, screen):
    with place.peer("bob") as bob:
        bob.call(bob.client.get_roster)  # so that the server knows him to be there
        screen.line(f"/invite {place.server.jid('bob')} come here")
        screen.wait("was invited")
        assert invited(bob) == ("directly", place.room, "come here")
        place.enter(bob, "Bob")
        screen.line("/leave")
        screen.wait("You left")
        place.wait(lambda: place.state() == "out")
        bob.send_raw(f"<message to='{place.server.jid('alice')}'>"
                     f"<x xmlns='jabber:x:conference' jid='{place.room}'/></message>")
        screen.wait("invites you to")
        screen.line("/join")
        place.wait(lambda: place.state() == "in")


def test_tern_shows_and_changes_the_configuration(place, screen):
    screen.line("/config roomname The Lair")
    screen.wait("The room took it.")
    screen.line("/config list")
    screen.wait("roomname = The Lair")
    screen.line("/config")
    screen.wait("roomname)")
    name = re.search(r"^> .*", screen.text(), re.MULTILINE)[0]
    screen.keys("\x15The Cave", "\x13")
    screen.wait("The room took it.")
    place.wait(lambda: fields(place)["roomname"]["values"] == ["The Cave"])
    screen.line("/config")
    screen.wait(name.replace("The Lair", "The Cave"))
    screen.keys("\x1b")
    screen.wait("roomname = The Lair")
    screen.line("/config whois")
    screen.wait("one of moderators")
    screen.line("/config whois me")
    screen.wait("is one of")
    screen.line("/destroy")
    screen.wait("destroys this room for everybody.")
    screen.keys("\x15")
    screen.line(f"/destroy {place.room} enough")
    place.wait(lambda: place.state() == "refused")


def test_a_form_outlives_the_daemon(place, screen):
    screen.line("/config")
    screen.wait("roomname)")
    place.house.run("ternd", "restart")
    place.wait(lambda: "online" in ctl(place, "status") and place.state() == "in")
    screen.keys("\x15The Cave")

    def send():  # tern itself may be a moment behind
        screen.keys("\x13")
        return "The room took it." in screen.settle(0.5).text()
    place.wait(send)
    assert fields(place)["roomname"]["values"] == ["The Cave"]
