"""Lines that are taken back (XEP-0424, XEP-0425): by their author, by a moderator, by nobody
else; in the older forms, which Debian's Prosody speaks, and in the present ones."""

import pytest

from ejabberd import Ejabberd
from house import House
from place import Place
from prosody import Prosody

# What Prosody's own module does for the older form, for the present one.
PRESENT = """
local st = require "util.stanza";
local mod_muc = module:depends "muc";
local ns, retract = "urn:xmpp:message-moderate:1", "urn:xmpp:message-retract:1";
module:hook("muc-disco#info", function (event)
	event.reply:tag("feature", { var = ns }):up();
end);
module:hook("iq-set/bare/" .. ns .. ":moderate", function (event)
	local asked = event.stanza.tags[1];
	local room = mod_muc.get_room_from_jid(event.stanza.attr.to);
	local actor = room:get_occupant_jid(event.stanza.attr.from);
	room:broadcast_message(st.message({ from = room.jid, type = "groupchat", id = "m" })
		:tag("retract", { xmlns = retract, id = asked.attr.id })
			:tag("moderated", { xmlns = ns, by = actor }):up()
			:text_tag("reason", asked:get_child_text("reason")));
	event.origin.send(st.reply(event.stanza));
	return true;
end);
"""


def old_prosody(_):
    return Prosody(room_modules=("muc_moderation",))


def new_prosody(folder):
    (folder / "mod_moderation_present.lua").write_text(PRESENT, encoding="ascii")
    return Prosody(options=f'plugin_paths = {{ "{folder}" }}',
                   room_modules=("moderation_present",))


def ejabberd(_):
    return Ejabberd()


@pytest.fixture(scope="module", params=[old_prosody, new_prosody, ejabberd],
                ids=["older", "present", "ejabberd"])
def server(request, tmp_path_factory):
    with request.param(tmp_path_factory.mktemp("modules")) as server:
        for name in ("alice", "bob", "carol"):
            server.add_user(name, "secret")
        yield server


@pytest.fixture
def place(server):
    with House() as house:
        place = Place(house, server)
        place.join("Alice", "--create")
        yield place


def has_moderation(place):
    return place.record().get("can_moderate", False)


def lines(place, jid=None):
    return place.call("message.page", jid=jid or place.room, limit=100).get("lines", [])


def wait_lines(place, *bodies, jid=None):
    place.wait(lambda: [line["body"] for line in lines(place, jid)] == list(bodies))
    return lines(place, jid)


def said(place, peer, body):
    """PEER says BODY in the room; the room's id for it, or its own."""
    sent = peer.send(place.room, body, kind="groupchat")
    back = peer.wait_message(body)
    stanza_id = back.xml.find("{urn:xmpp:sid:0}stanza-id")
    return stanza_id.get("id") if stanza_id is not None else sent


def take_back(place, peer, of, to=None, kind="groupchat", old=False):
    what = (f"<apply-to xmlns='urn:xmpp:fasten:0' id='{of}'>"
            "<retract xmlns='urn:xmpp:message-retract:0'/></apply-to>" if old else
            f"<retract xmlns='urn:xmpp:message-retract:1' id='{of}'/>")
    peer.send_raw(f"<message type='{kind}' to='{to or place.room}' id='r{of}'>{what}"
                  "<body>I took that back</body></message>")


def occupants_have_ids(place):
    rows = place.call("room.occupants", jid=place.room)["occupants"]
    return all(row.get("id") for row in rows)


@pytest.mark.parametrize("old", [True, False], ids=["fastened", "plain"])
def test_only_the_author_takes_a_line_back_in_a_room(place, old):
    with place.peer("bob") as bob, place.peer("carol") as carol:
        place.enter(bob, "Bob")
        place.enter(carol, "Carol")
        has_ids = not isinstance(place.server, Ejabberd)
        place.wait(lambda: occupants_have_ids(place) == has_ids)
        place.wait(lambda: place.nicks() == {"Alice", "Bob", "Carol"})
        first, second = said(place, bob, "one"), said(place, bob, "two")
        wait_lines(place, "one", "two")
        take_back(place, carol, first, old=old)
        take_back(place, bob, second, old=old)
        said(place, bob, "three")
        # ejabberd gives no occupant ids: nobody can prove to be the author there.
        rows = wait_lines(place, "one", "" if has_ids else "two", "three")
        assert rows[1].get("is_retracted", False) == has_ids
        assert "retracted_by" not in rows[1] and not rows[0].get("is_retracted")


def test_a_moderator_has_a_line_taken_back(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.wait(lambda: place.nicks() == {"Alice", "Bob"})
        said(place, bob, "spam")
        line, = wait_lines(place, "spam")
        if isinstance(place.server, Ejabberd):
            assert not has_moderation(place)
            assert "cannot take messages back" in \
                place.call("message.moderate", id=line["id"], code=1)
            return
        place.wait(lambda: has_moderation(place))
        place.call("message.moderate", id=line["id"], reason="no spam here")
        gone, = wait_lines(place, "")
        assert (gone["is_retracted"], gone["retracted_by"], gone["reason"]) == \
            (True, "Alice", "no spam here")
        assert "(taken back by Alice: no spam here)" in \
            place.house.ctl("history", place.room)


def test_who_pretends_to_be_the_room_moderates_nothing(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        stanza_id = said(place, bob, "stays")
        wait_lines(place, "stays")
        for name, ns in (("apply-to", "urn:xmpp:fasten:0"),
                         ("retract", "urn:xmpp:message-retract:1")):
            version = ns[-1]
            bob.send_raw(f"<message type='groupchat' to='{place.room}'>"
                         f"<{name} xmlns='{ns}' id='{stanza_id}'>"
                         f"<moderated xmlns='urn:xmpp:message-moderate:{version}'"
                         f" by='{place.room}/Alice'>"
                         "<retract xmlns='urn:xmpp:message-retract:0'/></moderated>"
                         f"</{name}></message>")
        said(place, bob, "end")
        wait_lines(place, "stays", "end")


def test_our_own_line_goes_when_the_room_repeats_that(place):
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
        place.house.ctl("send", place.room, "oops")
        place.wait(lambda: [line["state"] for line in lines(place)] == ["acked"])
        place.call("message.retract", id=lines(place)[0]["id"])
        told = bob.wait_message(match=lambda m: m.xml.find(
            "{urn:xmpp:message-retract:1}retract") is not None)
        assert told["from"].full == f"{place.room}/Alice"
        gone, = wait_lines(place, "")
        assert gone["is_retracted"] and "retracted_by" not in gone


def test_between_two_people(place):
    with place.peer("bob") as bob, place.peer("carol") as carol:
        them, us = place.server.jid("bob"), place.server.jid("alice")
        sent = bob.send(us, "wrong window")
        wait_lines(place, "wrong window", jid=them)
        take_back(place, carol, sent, to=us, kind="chat")
        take_back(place, bob, sent, to=us, kind="chat")
        wait_lines(place, "", jid=them)
        assert lines(place, place.server.jid("carol")) == []
        place.house.ctl("send", them, "mine")
        bob.wait_message("mine")
        place.wait(lambda: lines(place, them)[1]["state"] in ("acked", "delivered"))
        place.call("message.retract", id=lines(place, them)[1]["id"])
        told = bob.wait_message(match=lambda m: m.xml.find(
            "{urn:xmpp:message-retract:1}retract") is not None)
        assert told["from"].bare == us
        wait_lines(place, "", "", jid=them)


def test_what_was_taken_back_before_it_was_fetched_is_never_seen(place):
    with place.peer("bob") as bob, place.peer("carol") as carol:
        us = place.server.jid("alice")
        place.house.ctl("disconnect")
        first = bob.send(us, "secret")
        second = bob.send(us, "stays")
        # The newest page is fetched first, and holds what takes the older line back.
        for number in range(60):
            bob.send(us, f"line {number}")
        take_back(place, carol, second, to=us, kind="chat")
        take_back(place, bob, first, to=us, kind="chat")
        bob.send(us, "end")
        place.house.ctl("connect")
        them = place.server.jid("bob")

        def bodies():
            # Those of earlier tests may stand before them.
            return [line["body"] for line in lines(place, them)][-63:]
        place.wait(lambda: len(bodies()) == 63 and bodies()[-1] == "end")
        place.wait(lambda: bodies()[1:3] == ["stays", "line 0"])
        assert bodies()[0] == ""


def test_tern_shows_what_was_taken_back(place):
    with place.peer("bob") as bob, place.house.tern(columns=99) as screen:
        place.enter(bob, "Bob")
        screen.wait("● home", 15)
        screen.line(f"/join {place.room}")
        is_shown = place.room.partition("@")[0]
        screen.wait(lambda s: is_shown in s.row(s.screen.lines - 1))
        screen.line("my own words")
        bob.wait_message("my own words")
        place.wait(lambda: [line["state"] for line in lines(place)] == ["acked"])
        screen.line("/retract")
        screen.wait("(taken back)")
        if not isinstance(place.server, Ejabberd):
            said(place, bob, "spam")
            screen.wait("spam")
            screen.line("/moderate Bob enough")
            screen.wait("(taken back by Alice: enough)")
            screen.wait_gone("spam")
