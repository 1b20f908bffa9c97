"""What the commands of rooms ask the daemon, and what they say."""

import re

import pytest

from den import DEN, SHED, open_den
from fake_daemon import Failure, Later


def test_names_and_nick_work_in_a_private_talk_too(house, daemon, screen):
    open_den(screen, daemon)
    screen.line("/msg Bob hello")
    screen.wait("Bob (den): online")
    screen.line("/names")
    screen.wait("4 here: Anna Lee, Bob, Carl, me")
    for words, nick in (("Al Ice", "Al Ice"), ('"Al Ice"', "Al Ice"),
                        ('"the" Fox', '"the" Fox')):
        screen.line("/nick " + words)
        assert daemon.called("room.nick", match=lambda p, nick=nick: p["nick"] == nick)


def test_a_room_is_made_after_asking(house, daemon, screen):
    def join(params):
        if not params.get("may_create"):
            raise Failure("NOT_FOUND", "There is no such room.")
        return daemon.do_room__join({"jid": SHED})
    daemon.on["room.join"] = join
    screen.line("/join shed")
    screen.wait("There is no room shed. Make it? (y/n)")
    screen.keys("n")
    screen.wait_gone("Make it?")
    screen.line("/join shed")
    screen.wait("Make it? (y/n)")
    screen.keys("y")
    screen.wait("You made this room: /config")
    screen.wait_gone("Joining shed")


@pytest.mark.parametrize("word, is_told", [
    ("#shed", True), ("#shed%irc.example.org@irc.example.org", False), ("she#d", False)])
def test_who_comes_from_irc_is_told_that_names_have_no_sign(house, daemon, screen, word,
                                                            is_told):
    def join(_):
        raise Failure("NOT_FOUND", "There is no such room.")
    daemon.on["room.join"] = join
    screen.line("/join " + word)
    screen.wait(f"There is no room {word}{' (here names begin with no #)' if is_told else ''}. "
                "Make it? (y/n)")
    screen.keys("n")
    screen.wait_gone("Make it?")


@pytest.mark.parametrize("words, room, nick", [
    ("shed", "shed", None), ("shed/Al", "shed", "Al"), (SHED, SHED, None),
    (f"{SHED}/Al", SHED, "Al"), (f'"{SHED}/Al Ice"', SHED, "Al Ice"),
    (f'{SHED} "Al Ice"', SHED, "Al Ice")])
def test_a_room_is_joined_with_a_nick_behind_its_address(house, daemon, screen, words, room,
                                                         nick):
    screen.line("/join " + words)
    call = daemon.called("room.join")
    assert (call["jid"], call.get("nick")) == (room, nick)


@pytest.mark.parametrize("words, is_said", [("/join", True), ("/join den", True),
                                            (f"/join {DEN} me", True),
                                            (f"/join {DEN} Al", False)])
def test_to_join_where_one_is_says_so(house, daemon, screen, words, is_said):
    daemon.on["room.join"] = lambda _: {"room": daemon.rooms[DEN]}
    open_den(screen, daemon)
    screen.line(words)
    if is_said:
        screen.wait("You are in this room.")
    else:
        daemon.called("room.join")
        screen.settle()
        assert screen.find("Joining") is None and screen.find("You are in") is None


@pytest.mark.parametrize("key", ["roomname", "roomconfig_roomname",
                                 "muc#roomconfig_roomname"])
def test_a_field_is_explained_by_any_end_of_its_name(house, daemon, screen, key):
    daemon.on["room.config"] = lambda _: {"form": {"fields": [
        {"var": "muc#roomconfig_roomname", "type": "text-single", "label": "Its name",
         "values": ["The Den"]},
        {"var": "muc#roomconfig_surname", "type": "text-single"}]}}
    open_den(screen, daemon)
    screen.line("/config " + key)
    screen.wait(re.compile(r"- muc#roomconfig_roomname = The Den\n +Its name"))
    assert screen.find("surname") is None
    screen.line("/config name")
    screen.wait("This room has no such field; /config list shows them.")


def test_a_long_form_is_cut(house, daemon, screen):
    daemon.on["room.config"] = lambda _: {"form": {"fields": [
        {"var": f"muc#roomconfig_{number}", "type": "text-single", "values": ["x" * 1000]}
        for number in range(2000)]}}
    open_den(screen, daemon)
    screen.line("/config list")
    screen.wait(re.compile(r"^ +…$", re.MULTILINE))


def test_what_is_too_long_to_edit_is_named_and_left_alone(house, daemon, screen):
    daemon.on["room.config"] = lambda _: {"form": {"fields": [
        {"var": "muc#roomconfig_roomdesc", "type": "text-single", "label": "About\x1b it",
         "values": ["x" * 20000]},
        {"var": "muc#roomconfig_roomadmins", "type": "jid-multi", "label": "Admins",
         "values": [f"a{number}@example.org" for number in range(1200)]},
        {"var": "muc#roomconfig_roomname", "type": "text-single", "values": ["Den"]}]}}
    daemon.on["room.configure"] = lambda _: {}
    open_den(screen, daemon)
    screen.line("/config")
    screen.wait("> About\ufffd it: it has 20000 bytes, and cannot be edited here.")
    screen.wait("It stays as it is; `ternctl room config` shows it and sets another.")
    screen.wait("  Admins: it has 1200 values, and cannot be edited here.")
    screen.keys("?", " ", "\t", "?", "\t")
    screen.wait("> roomname")
    screen.keys("!", "\x13")
    assert daemon.called("room.configure")["fields"] == \
        [{"var": "muc#roomconfig_roomname", "values": ["Den!"]}]


def test_what_is_no_room_is_not_joined(house, daemon, screen):
    for words in ("@", "@rooms.example.org", "/", "/Al"):
        screen.line("/join " + words)
        screen.wait(f"{words} is no room's address")
        screen.keys("\x03")
    assert daemon.count("room.join") == 0


def test_more_words_than_a_join_takes_join_nothing(house, daemon, screen):
    for words in ("shed Al open sesame", f"xmpp:{SHED}?join;password=open Al sesame"):
        screen.line("/join " + words)
        screen.wait("/join [ROOM [NICK [PASSWORD]]]: Joins a room")
        screen.keys("\x03")
        screen.wait_gone("Joins a room")
    assert daemon.count("room.join") == 0
    screen.line('/join shed Al "open sesame"')
    assert daemon.called("room.join")["password"] == "open sesame"


def test_a_service_without_rooms_says_so(house, daemon, screen):
    daemon.on["room.find"] = lambda _: {"service": "rooms.example.org", "rooms": []}
    screen.line("/rooms")
    screen.wait("rooms.example.org shows no rooms. /join NAME goes to one that is hidden")


def test_rooms_that_come_late_take_no_page(house, daemon, screen):
    def refuse(_):
        raise Failure("SERVER_REFUSED", "That is no service.")

    def later(_):
        raise Later
    open_den(screen, daemon)
    daemon.on["room.find"] = later
    screen.line("/rooms")
    screen.wait("Asking…")
    screen.keys("\x1b\x1b")
    screen.wait_gone("Asking…")
    screen.keys("half")
    screen.wait("› half")
    daemon.answer_later(lambda _: {"service": "rooms.example.org", "rooms": [{"jid": SHED}]})
    screen.settle()
    screen.wait("› half")
    assert screen.find(SHED) is None
    # Nor is one left with a page that has nothing.
    screen.keys("\x03")
    daemon.on["room.find"] = refuse
    screen.line("/rooms example.org")
    screen.wait("That is no service.")
    screen.wait_gone("Asking…")
    screen.line("hello")
    assert daemon.called("message.send")["jid"] == DEN


def test_words_that_a_command_takes_are_completed(house, daemon, screen):
    open_den(screen, daemon)
    screen.keys("/notify no\t")
    screen.wait("› /notify nothing")
    screen.keys("\x03", "/affiliation Bob mem\t")
    screen.wait("› /affiliation Bob member")


@pytest.mark.parametrize("words, elsewhere, reason", [
    ("", None, None), ("too loud", None, "too loud"), (SHED, SHED, None),
    (f"{SHED} too loud", SHED, "too loud")])
def test_a_room_is_destroyed_with_or_without_another(house, daemon, screen, words, elsewhere,
                                                     reason):
    open_den(screen, daemon)
    screen.line("/destroy den")
    screen.wait(f"/destroy {DEN} destroys this room for everybody.")
    screen.keys("\x03")
    screen.line(f"/destroy {DEN} {words}")
    call = daemon.called("room.destroy")
    assert (call["jid"], call.get("elsewhere"), call.get("reason")) == (DEN, elsewhere, reason)


def test_a_room_is_looked_at_before_it_is_joined(house, daemon, screen):
    daemon.on["room.info"] = lambda params: {
        "jid": SHED, "name": "A shed\x1b[2J", "description": "Spades and rakes",
        "occupants": 3, "is_members_only": True, "is_persistent": True}
    screen.line("/info shed")
    assert daemon.called("room.info")["jid"] == "shed"
    screen.wait(re.compile(r"shed@rooms\.example\.org: A shed\ufffd\[2J\nSpades and rakes\n"
                           r"3 here, for members only\n"))
    open_den(screen, daemon)
    screen.line("/info")
    assert daemon.called("room.info", count=2)["jid"] == DEN
    screen.wait("- shed@rooms.example.org")


def test_a_line_that_failed_in_a_room_says_why(house, daemon, screen):
    open_den(screen, daemon)
    for reason, words in (("item-not-found", "there is no such room"),
                          ("not-acceptable", "you are not in the room"),
                          ("forbidden", "that is not allowed")):
        daemon.says(DEN, "me", reason[:3], is_own=True, state="failed", reason=reason)
        screen.wait(f"{reason[:3]} (not delivered: {words})")
    screen.line("/msg Bob")
    screen.wait("Bob (den)")
    daemon.receive(f"{DEN}/Bob", "psst", kind="private", is_own=True, state="failed",
                   reason="item-not-found")
    screen.wait("psst (not delivered: they are not in the room)")


def test_a_join_that_is_refused_leaves_a_sentence(house, daemon, screen):
    def join(_):
        raise Failure("SERVER_REFUSED", "You are banned from this room.")
    daemon.on["room.join"] = join
    screen.line("/join shed")
    screen.wait("You are banned from this room.")
    assert screen.find("Joining") is None and screen.find("2 shed") is None
    assert daemon.count("room.leave") == 0


def test_a_room_that_was_open_stays_when_it_refuses(house, daemon, screen):
    daemon.room(DEN, state="refused", reason="You were kicked.", condition="kicked")
    screen.line("/go den")
    def join(_):
        daemon.room(DEN, state="refused", reason="You are banned from this room.")
        raise Failure("SERVER_REFUSED", "You are banned from this room.")
    daemon.on["room.join"] = join
    screen.line("/join")
    screen.wait("The Den: You are banned from this room.")
    assert daemon.count("room.leave") == 0 and screen.find("1 The Den") is not None


@pytest.mark.parametrize("words", ["Anna Lee enough", '"Anna Lee" enough', "anna lee enough"])
def test_the_newest_line_of_somebody_is_moderated(house, daemon, screen, words):
    daemon.says(DEN, "Anna Lee", "first")
    daemon.says(DEN, "Anna Lee", "second")
    daemon.says(DEN, "Bob", "third")
    open_den(screen, daemon)
    screen.wait("third")
    screen.line("/moderate " + words)
    call = daemon.called("message.moderate")
    assert (call["id"], call["reason"]) == (daemon.lines[DEN][-2]["id"], "enough")


def test_a_rooms_password_is_asked_for_unseen(house, daemon, screen):
    def join(params):
        if params.get("password") != "open sesame":
            raise Failure("ROOM_PASSWORD", "The room has a password: /join asks for it.")
        daemon.room(SHED, name="Shed", subject="Tools")
        return {"room": daemon.rooms[SHED]}
    daemon.on["room.join"] = join
    open_den(screen, daemon)
    screen.line(f"/join {SHED} Alice")
    screen.wait(f"{SHED} has a password.")
    screen.keys("guess")
    screen.wait("•••••")
    screen.keys("\r")
    assert daemon.called("room.join", count=2)["password"] == "guess"
    screen.wait(f"That was not the password of {SHED}.")
    assert not screen.find("guess")
    screen.keys("open sesame")
    screen.wait("•••••••••••")
    screen.keys("\r")
    again = daemon.called("room.join", count=3)
    assert (again["nick"], again["password"]) == ("Alice", "open sesame")
    screen.wait("Shed: Tools")
    # Who does not know it is back where he was.
    screen.line(f"/join {SHED}")
    screen.wait(f"{SHED} has a password.")
    screen.keys("\x1b\x1b")
    screen.wait("Shed: Tools")
    assert daemon.count("room.join") == 4


def test_a_typed_password_is_kept_nowhere(house, daemon, screen):
    daemon.room(SHED, name="Shed", subject="Tools")
    daemon.on["room.join"] = lambda params: {"room": daemon.rooms[params["jid"]]}
    open_den(screen, daemon)
    screen.line("/names")
    screen.wait("4 here")
    screen.keys(f"/join {SHED} Al")
    daemon.called("conversation.draft", match=lambda p: p["text"] == f"/join {SHED} Al")
    screen.keys(" hush")
    daemon.called("conversation.draft", match=lambda p: not p.get("text"))
    screen.keys("\r")
    assert daemon.called("room.join")["password"] == "hush"
    screen.wait("Shed: Tools")
    assert not screen.find("hush")
    screen.keys("\x1b[A")
    screen.wait("› /names")
    screen.line("")
    drafts = [params.get("text", "") for name, params in daemon.calls
              if name == "conversation.draft"]
    assert not any("hush" in text for text in drafts)


@pytest.mark.parametrize("line, method", [
    ("/config roomsecret hush", "room.configure"),
    (f"/info xmpp:{SHED}?join;password=hush", "room.info"),
    (f"/bookmark add xmpp:{SHED}?join;password=hush", "bookmark.set")])
def test_a_line_with_a_password_is_kept_nowhere(house, daemon, screen, line, method):
    open_den(screen, daemon)
    screen.line("/names")
    screen.wait("4 here")
    screen.keys(line)
    screen.wait("hush")
    screen.settle(0.8)  # as long as a draft needs
    screen.keys("\r")
    daemon.called(method)
    screen.wait_gone("hush")
    screen.keys("\x1bOA")
    screen.wait("› /names")
    assert not [params for name, params in daemon.calls
                if name == "conversation.draft" and "hush" in params.get("text", "")]


@pytest.mark.parametrize("words, password", [
    (f"add xmpp:{SHED}?join;password=open%20sesame", "open sesame"),
    (f"here xmpp:{SHED}?join;password=open%20sesame The shed", "open sesame"),
    (f"add xmpp:{SHED}?join", None), (f"add {SHED}", None)])
def test_a_bookmark_takes_the_password_of_its_link(house, daemon, screen, words, password):
    screen.line("/bookmark " + words)
    call = daemon.called("bookmark.set")
    assert (call["jid"], call.get("password")) == (SHED, password)


def test_a_bookmark_that_was_removed_is_said_to_be_gone(house, daemon, screen):
    daemon.on["bookmark.remove"] = lambda _: None
    screen.line("/bookmark remove shed")
    assert daemon.called("bookmark.remove")["jid"] == "shed"
    screen.wait("The bookmark is gone.")


def test_a_bookmark_says_what_is_wrong_with_a_link(house, daemon, screen):
    for words, problem in (("add xmpp:%zz?join", "names no room"),
                           (f"add xmpp:{SHED}?join;password=%0a", "password in that link"),
                           (f"remove xmpp:{SHED}?message", "not for joining")):
        screen.line("/bookmark " + words)
        screen.wait(problem)
        screen.keys("\x15")
    assert daemon.count("bookmark.set") == daemon.count("bookmark.remove") == 0
