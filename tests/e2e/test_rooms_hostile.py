"""Ways into a room and out of it that a scripted server makes odd (XEP-0045 section 7, XEP-0410):
each refusal has its sentence, and after every end the room is in one state that makes sense."""

import re

import pytest

from bridge_client import BridgeError
from deadline import Deadline
from room_server import (ALICE, DISCO, MUC, ROOM, error, gone, hurried,  # noqa: F401
                         make_authority, make_place, occupant, subject)

AGAIN = "again"  # tern tries again by itself
ASKS = "asks"    # only the user can mend it

REFUSALS = [
    ("not-authorized", "auth", "has a password", ASKS),
    ("forbidden", "auth", "You are banned", ASKS),
    ("item-not-found", "cancel", "not open yet", ASKS),
    ("not-allowed", "cancel", "may not make one", ASKS),
    ("not-acceptable", "cancel", "nick that you registered", ASKS),
    ("registration-required", "auth", "members only", ASKS),
    ("conflict", "cancel", "Somebody else has that nick", ASKS),
    ("jid-malformed", "modify", "takes no such nick", ASKS),
    ("service-unavailable", "wait", "The room is full", AGAIN),
    ("policy-violation", "modify", "join so often", AGAIN),
    ("resource-constraint", "wait", "no room for another one", AGAIN),
    ("remote-server-not-found", "cancel", "was not found", ASKS),
    ("remote-server-timeout", "wait", "does not answer", AGAIN),
    ("internal-server-error", "cancel", "made a mistake", AGAIN),
    ("recipient-unavailable", "wait", "does not answer", AGAIN),
    ("undefined-condition", "cancel", "said no: undefined-condition", ASKS),
    ("undefined-condition", "wait", "said no: undefined-condition", AGAIN),
    ("x-never-heard-of", "cancel", "said no: x-never-heard-of", ASKS),
]


def refusal(place, room=ROOM, **more):
    """Joins in vain; what the caller is told."""
    with pytest.raises(BridgeError) as caught:
        place.join(room, **more)
    assert (caught.value.code == "ROOM_PASSWORD") == ("has a password" in caught.value.message)
    return caught.value.message


def test_each_refusal_has_its_sentence_and_its_remedy(place):
    for number, (condition, kind, words, remedy) in enumerate(REFUSALS):
        room = f"room{number}@rooms.localhost"
        place.server.enter = lambda session, where, nick: place.server.refuse(
            session, where, nick, error(condition, kind))
        assert words in refusal(place, room), condition
        row = place.room(room)
        if remedy == ASKS:  # who never was in leaves no room behind
            assert not row, condition
            continue
        assert words in row["reason"] and row["condition"]
        assert row["state"] == "waiting", condition
        assert row.get("occupants", 0) == 0
    del place.server.enter
    place.server.enter = place.server.honest_enter
    assert place.join("room1@rooms.localhost")["state"] == "in"
    # A room that we were in says why it is closed now.
    place.leave("room1@rooms.localhost")
    place.server.enter = lambda session, where, nick: place.server.refuse(
        session, where, nick, error("forbidden", "auth"))
    assert "banned" in refusal(place, "room1@rooms.localhost")
    row = place.room("room1@rooms.localhost")
    assert row["state"] == "refused" and "banned" in row["reason"]


def test_a_stranger_who_is_taken_for_a_room_stays_one_to_talk_to(place):
    carol = "carol@localhost"
    place.say(f"<message from='{carol}/x' to='{ALICE}/x' type='chat' id='1'><body>hi</body></message>")
    number = place.ask_to_join(carol)
    asked = place.session.wait(rf'<iq[^>]*to="{carol}"')
    place.say(f"<message from='{carol}/x' to='{ALICE}/x' type='chat' id='2'><body>?</body></message>")
    place.server.reply(place.session, asked, error("service-unavailable"), "error")
    with pytest.raises(BridgeError, match="That is no room."):
        place.bridge.answer(number)
    place.write_to("here", room=carol)
    place.session.wait("<body>here</body>")
    assert [row[1] for row in place.talk(carol)] == ["hi", "?", "here"]
    [row] = place.bridge.call("profile.attach", profile="home")["conversations"]
    assert row["jid"] == carol and row.get("kind", "chat") == "chat" and place.rooms() == {}


def test_what_a_room_adds_is_shown_as_one_clean_line(place):
    text = "first&#10;second \N{RIGHT-TO-LEFT OVERRIDE}evil " + "x" * 5000
    place.server.enter = lambda session, room, nick: place.server.refuse(
        session, room, nick, error("forbidden", "auth", text=text))
    sentence = refusal(place)
    assert sentence.startswith("You are banned from this room. (first second ")
    assert "\n" not in sentence and "\N{RIGHT-TO-LEFT OVERRIDE}" not in sentence
    assert len(sentence) < 400


@pytest.mark.parametrize("text, words", [
    (None, ""), ("", ""), ("Not you.", ", Not you"), ("...", ""), ("first&#10;second", ", first second"),
    ("\N{RIGHT-TO-LEFT OVERRIDE}evil", ", \N{REPLACEMENT CHARACTER}evil")])
def test_what_a_server_adds_to_no_is_one_clean_sentence(place, text, words):
    place.join()
    place.server.configure = lambda session, asked, room: place.server.reply(
        session, asked, error("x-odd", text=text), "error")
    with pytest.raises(BridgeError) as caught:
        place.bridge.call("room.config", profile="home", jid=ROOM)
    assert caught.value.message == f"The server refused: x-odd{words}."


@pytest.mark.parametrize("condition", ["gone", "redirect"])
def test_a_room_that_moved_says_where(place, condition):
    where = "xmpp:new@rooms.localhost?join"
    place.server.enter = lambda session, room, nick: place.server.refuse(
        session, room, nick, error(condition, inner=where))
    assert refusal(place) == "The room moved to new@rooms.localhost."
    assert place.room() is None
    # The same from disco, where the room is asked first.
    place.server.info = lambda session, text, room: place.server.reply(
        session, text, error(condition, inner=where), "error")
    assert refusal(place) == "The room moved to new@rooms.localhost."
    joins = len(place.server.joins)
    for odd in ("", "no address at all@", "xmpp:", "&#9;[31m", "xmpp:" + "x" * 5000):
        place.server.info = lambda session, text, room: place.server.reply(
            session, text, error("gone", inner=odd), "error")
        assert refusal(place) == "The room is no more."
    assert len(place.server.joins) == joins


@hurried(20)
def test_a_passing_refusal_is_tried_again_later_each_time(place):
    refused = []

    def enter(session, room, nick):
        refused.append(room)
        if len(refused) < 4:
            place.server.refuse(session, room, nick, error("service-unavailable", "wait"))
        else:
            place.server.honest_enter(session, room, nick)
    place.server.enter = enter
    assert "full" in refusal(place)
    assert place.wait_state("in")["nick"] == "Alice" and len(refused) == 4


@hurried(20)
def test_our_old_nick_held_by_a_ghost_is_waited_for(place):
    """After a break the server may not know yet that the old session is dead."""
    place.join()
    conflicts = []

    def enter(session, room, nick):
        conflicts.append(nick)
        if len(conflicts) < 3:
            place.server.refuse(session, room, nick, error("conflict"))
        else:
            place.server.honest_enter(session, room, nick)
    place.server.enter = enter
    place.server.resume = lambda session, *_: session.send(
        "<failed xmlns='urn:xmpp:sm:3'/>") or False
    place.session.reset()
    place.next()
    place.wait(lambda: len(conflicts) == 3)
    place.wait_state("in")
    assert set(conflicts) == {"Alice"}


# ------------------------------------------------------------------ disco before the join

@pytest.mark.parametrize("answer, words", [
    (f"<query xmlns='{DISCO}'/>", "That is no room."),
    ("", "That is no room."),
    (f"<query xmlns='{DISCO}'><identity category='account' type='registered'/></query>",
     "That is no room."),
    (error("service-unavailable"), "That is no room."),
    (error("item-not-found"), "There is no such room."),
    (error("feature-not-implemented"), None),
    (error("forbidden", "auth"), None),
    (error("remote-server-timeout", "wait"), None),
    ("<error type='cancel'/>", None),
], ids=lambda value: re.sub(r"<[^>]*? ?|xmlns='[^']*'|/?>", "", str(value))[:20] or "empty")
def test_odd_answers_of_disco(place, answer, words):
    kind = "error" if "<error" in answer else "result"
    place.server.info = lambda session, text, room: place.server.reply(session, text, answer,
                                                                       kind)
    if words:
        assert refusal(place) == words and place.room() is None
        assert place.server.joins == []
    else:
        assert place.join()["state"] == "in"


@hurried(30)
def test_a_room_that_never_answers_disco_or_the_presence_is_tried_again(place):
    place.server.info = lambda *_: None
    assert refusal(place) == "The room does not answer."
    assert place.state() in ("waiting", "entering")
    place.server.info = place.server.honest_info
    place.server.enter = lambda *_: None
    asked = len(place.server.infos)
    place.wait(lambda: place.server.joins and len(place.server.infos) > asked + 1, 30)
    place.server.enter = place.server.honest_enter
    place.wait_state("in", seconds=30)


def test_hostile_names_of_a_room_are_harmless(place):
    name = "\N{RIGHT-TO-LEFT OVERRIDE}den&#10;second" + "x" * 10000
    place.server.info = lambda session, text, room: place.server.reply(
        session, text, f"<query xmlns='{DISCO}'><identity category='conference' type='text' "
                       f"name='{name}'/><feature var='{MUC}'/><feature/>"
                       + "<feature var='x'/>" * 500 + "</query>")
    place.join()
    shown = place.room().get("name", "")
    assert len(shown) <= 256 and "\n" not in shown


# ------------------------------------------------------------------ our own presence

def test_without_status_110_our_own_nick_is_enough(place):
    place.server.enter = lambda session, room, nick: session.send(
        occupant("Bob") + occupant(nick) + subject("x"))
    assert place.join()["nick"] == "Alice"
    place.say(gone("Alice", "307"))
    assert "kicked" in place.room()["reason"]


@pytest.mark.parametrize("codes", [("110", "210"), ("210", "110"), ("110",)])
def test_a_nick_that_the_server_changed_is_ours(place, codes):
    place.server.enter = lambda session, room, nick: session.send(
        occupant("Bob") + occupant("Alice-2", *codes) + subject("x"))
    assert place.join()["nick"] == "Alice-2"
    place.wait(lambda: place.nicks() == {"Bob", "Alice-2"})
    place.write_to("as whom?")
    place.session.wait("as whom")
    assert place.talk()[0][0] == "Alice-2"


def test_a_changed_nick_while_somebody_has_the_wished_one(place):
    place.server.enter = lambda session, room, nick: session.send(
        occupant("Alice") + occupant("Alice_", "110", "210") + subject("x"))
    place.join()
    place.server.fence(place.session)
    assert place.room()["nick"] == "Alice_" and place.nicks() == {"Alice", "Alice_"}
    place.say(gone("Alice", "307"))
    assert place.state() == "in" and place.nicks() == {"Alice_"}


@pytest.mark.parametrize("nick", ["Bob", "Ali"])
def test_a_nick_change_is_ours_with_and_without_110(place, nick):
    place.join()
    for was, now, codes in (("Alice", nick, ("303", "110")), (nick, "Al", ("303",))):
        place.say(gone(was, *codes, item=f"nick='{now}'"), occupant(now, *codes[1:]))
        assert place.room()["nick"] == now
    assert place.nicks() == {"Al"} if nick == "Bob" else {"Al", "Bob"}


def test_a_nick_that_is_refused_leaves_us_who_we_are(place):
    place.server.rename = lambda session, room, nick: place.server.refuse(
        session, room, nick, error("conflict"))
    place.join()
    place.bridge.call("room.nick", profile="home", jid=ROOM, nick="Bob")
    notice = place.bridge.wait_event("profile.notice")
    assert "nick" in notice["text"] and notice["jid"] == ROOM
    assert place.room()["nick"] == "Alice" and place.nicks() == {"Alice", "Bob"}


# ------------------------------------------------------------------ out

ENDS = [
    (("301",), "banned by Bob: spam", "banned", ASKS),
    (("307",), "kicked by Bob: spam", "kicked", ASKS),
    (("321",), "no member any more", "unaffiliated", ASKS),
    (("322",), "members only now", "members-only", ASKS),
    (("332",), "server goes down", "shutdown", AGAIN),
    (("333",), "lost you", "error", AGAIN),
    (("307", "333"), "lost you", "error", AGAIN),
    (("333", "307"), "lost you", "error", AGAIN),
    ((), "let you go", "left", AGAIN),
    (("999", "x", ""), "let you go", "left", AGAIN),
]


@pytest.mark.parametrize("has_110", [True, False], ids=["110", "without"])
def test_each_way_out_has_its_sentence_and_its_remedy(place, has_110):
    for number, (codes, words, condition, remedy) in enumerate(ENDS):
        room = f"room{number}@rooms.localhost"
        place.join(room)
        codes = (*codes, "110") if has_110 else codes
        place.say(gone("Alice", *codes, room=room,
                       inner="<actor nick='Bob'/><reason>spam</reason>"))
        row = place.room(room)
        assert words in row["reason"] and row["condition"] == condition
        assert re.fullmatch(r".*[^.]\.", row["reason"]), row["reason"]
        assert row["state"] == ("waiting" if remedy == AGAIN else "refused"), codes
        assert row.get("occupants", 0) == 0


@hurried(20)
def test_a_room_whose_server_went_down_is_joined_again(place):
    place.join()
    place.say(gone("Alice", "332", "110"))
    place.wait(lambda: len(place.server.joins) == 2)
    place.wait_state("in")


@pytest.mark.parametrize("has_110", [True, False], ids=["110", "without"])
def test_a_destroyed_room_says_where_it_goes_on(place, has_110):
    place.join()
    codes = ("110",) if has_110 else ()
    destroy = "<destroy jid='new@rooms.localhost'><reason>too small</reason></destroy>"
    place.say(gone("Bob", more=destroy))  # whatever that is: we are still there
    assert place.state() == "in"
    place.say(gone("Alice", *codes, more=destroy))
    row = place.room()
    assert row["reason"] == "The room was destroyed: too small. It goes on in new@rooms.localhost."
    assert row["state"] == "refused" and not row.get("is_wanted")


def test_others_go_and_we_stay(place):
    place.server.others = ["Bob", "Carol", "Dave", "Eve", "Frank", "Grace"]
    place.join()
    for nick, code in zip(place.server.others, ("301", "307", "321", "322", "332", "333")):
        place.say(gone(nick, code, inner="<actor nick='Alice'/>"))
    assert place.state() == "in" and place.nicks() == {"Alice"}


KICK_WHILE_RENAMED = [
    ("renamed, then kicked", [(("303",), "Bob", "nick='Rob'"), (("307",), "Rob", "")]),
    ("kicked under the old nick", [(("303",), "Bob", "nick='Rob'"), (("307",), "Bob", ""),
                                   (("307",), "Rob", "")]),
    ("both in one", [(("303", "307"), "Bob", "nick='Rob'")]),
    ("both, kick first", [(("307", "303"), "Bob", "nick='Rob'")]),
    ("twice", [(("307",), "Bob", ""), (("303",), "Bob", "nick='Rob'"), (("307",), "Bob", "")]),
    ("into an empty nick", [(("303",), "Bob", "nick=''")]),
    ("into nothing", [(("303",), "Bob", "")]),
    ("into a bad nick", [(("303",), "Bob", f"nick='{'x' * 2000}'")]),
]


@pytest.mark.parametrize("steps", [row[1] for row in KICK_WHILE_RENAMED],
                         ids=[row[0] for row in KICK_WHILE_RENAMED])
def test_who_is_kicked_while_changing_nick_is_gone(place, steps):
    place.join()
    place.bridge.call("room.occupants", profile="home", jid=ROOM, watch=True)
    place.say(*[gone(nick, *codes, item=item) for codes, nick, item in steps])
    assert place.nicks() == {"Alice"} and place.state() == "in"


@pytest.mark.parametrize("steps", [row[1] for row in KICK_WHILE_RENAMED[:4]],
                         ids=[row[0] for row in KICK_WHILE_RENAMED[:4]])
def test_we_are_kicked_while_changing_nick(place, steps):
    place.join()
    place.say(*[gone(nick.replace("Bob", "Alice"), *codes, "110", item=item)
                for codes, nick, item in steps])
    assert place.state() == "refused" and "kicked" in place.room()["reason"]
    assert place.room().get("occupants", 0) == 0


# ------------------------------------------------------------------ leaving

@hurried(10)
def test_a_leave_that_is_never_confirmed_ends_and_can_be_taken_back(place):
    place.join()
    place.server.part = lambda *_: None
    place.leave()
    assert place.state() == "out"
    place.say(occupant("Late"), occupant("Alice", "110"))
    assert place.state() == "out"
    assert place.join()["state"] == "in"  # when the patience with the old stay is over
    assert place.nicks() == {"Alice", "Bob"}


def test_joined_again_while_leaving_the_old_stay_ends_first(place):
    place.join()
    held = []
    place.server.part = lambda session, room, nick: held.append(nick)
    place.leave()
    number = place.ask_to_join(nick="Ali")
    place.wait(lambda: held)
    place.say(occupant("Bob"), occupant("Alice", "110"))  # of the old stay
    assert place.server.joins == [(ROOM, "Alice")]
    place.say(gone("Alice", "110"))
    assert place.bridge.answer(number, 20)["room"]["nick"] == "Ali"
    place.say(gone("Alice", "110"))  # once more: the new stay is another
    assert place.server.joins == [(ROOM, "Alice"), (ROOM, "Ali")]


def test_a_room_that_knows_us_not_ends_the_leaving(place):
    place.join()
    place.server.part = lambda session, room, nick: place.server.refuse(
        session, room, nick, error("item-not-found"))
    place.leave()
    place.server.fence(place.session)
    begin = Deadline(5)
    assert place.join()["state"] == "in" and not begin.is_over()


def test_left_while_joining_we_are_out(place):
    infos = []
    place.server.info = lambda session, text, room: infos.append((session, text, room))
    number = place.ask_to_join()
    place.wait(lambda: infos)
    place.leave()
    with pytest.raises(BridgeError):
        place.bridge.answer(number)
    place.server.honest_info(*infos[0])
    place.server.fence(place.session)
    assert place.room() is None and place.server.joins == []
    # … and while our presence is on its way.
    place.server.info = place.server.honest_info
    place.server.enter = lambda *_: None
    number = place.ask_to_join()
    place.wait(lambda: place.server.joins)
    place.leave()
    with pytest.raises(BridgeError):
        place.bridge.answer(number)
    place.wait(lambda: place.server.parts)
    place.server.honest_enter(place.session, ROOM, "Alice")
    place.server.fence(place.session)
    assert place.room() is None
