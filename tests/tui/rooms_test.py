"""Rooms on the screen: the list, whom a word means, nicks, however hostile."""

import contextlib
import re
import time

import pytest

from deadline import Deadline, TimedOut
from den import DEN, SHED, open_den

HOSTILE = ["/quit", "   ", "Anna Lee", 'the "Fox" one', '"', "é\u0301\u0302\u0303\u0304",
           "👩‍👩‍👧 party", "x" * 1000, "Аnna", "anna@example.org", "12", "-", "\u202eevil"]


# ---- the list ----

def test_rooms_have_a_section_and_their_private_talks_stand_below(house, daemon, screen):
    daemon.room(SHED, name="A shed", state="refused", reason="Banned by Zoe.")
    daemon.receive(DEN + "/Bob", "psst", kind="private")
    daemon.says(DEN, "Bob", "me: look", is_mention=True)
    daemon.chat(DEN)["mentions"] = 1
    daemon.badge(DEN)
    screen.wait(re.compile(r"Rooms\n.*○ A shed .*Banned by Zoe\.\n.*● The Den .*@1  1\n"
                           r"     Bob .* 1\n", re.DOTALL))
    assert "Not among" not in screen.text()


def test_a_room_is_found_by_what_it_calls_itself(house, daemon, screen):
    screen.line("/go The De")
    daemon.called("conversation.open", match=lambda p: p["jid"] == DEN)


def test_a_room_with_the_name_of_a_contact_does_not_take_its_place(house, daemon, screen):
    daemon.room(SHED, name="Anna")
    screen.line("/msg Anna hello")
    assert daemon.called("message.send")["jid"] == "anna@example.org"


# ---- whom ----

@pytest.mark.parametrize("words, nick, body", [
    ("Bob hello", "Bob", "hello"), ("bob hello", "Bob", "hello"),
    ("Anna Lee hello", "Anna Lee", "hello"), ('"Anna Lee" hello', "Anna Lee", "hello")])
def test_msg_in_a_room_means_an_occupant(house, daemon, screen, words, nick, body):
    open_den(screen, daemon)
    screen.line("/msg " + words)
    sent = daemon.called("message.send")
    assert (sent["jid"], sent["body"]) == (f"{DEN}/{nick}", body)
    screen.wait(f"{nick} (den)")


def test_words_for_who_just_left_go_to_nobody_else(house, daemon, screen):
    daemon.contact("carl@example.org", "Carl")
    open_den(screen, daemon)
    daemon.occupant(DEN, "Bob B")
    screen.wait("- Bob B came")
    daemon.occupant_gone(DEN, "Bob B")
    daemon.occupant(DEN, "Charles", was="Carl")
    screen.wait("Carl is now Charles")
    for words, nick in (("Bob B hello", "Bob B"), ("bob b hello", "Bob B"),
                        ('"Bob B" hello', "Bob B"), ("carl hello", "Carl")):
        screen.line(f"/msg {words}")
        screen.wait(f"{nick} is not in this room any more.")
        screen.wait(f"› /msg {words}")
        screen.keys("\x03")
        screen.wait_gone("any more")
    assert daemon.count("message.send") == 0
    screen.line("/kick Bob B enough")
    call = daemon.called("room.role")
    assert (call["nick"], call["reason"]) == ("Bob B", "enough")
    daemon.occupant(DEN, "Bob B")
    daemon.says(DEN, "Bob B", "here again")
    screen.wait("Bob B: here again")
    screen.line("/msg Bob B hello")
    assert daemon.called("message.send")["jid"] == f"{DEN}/Bob B"
    screen.line("/msg carl@example.org hello")
    assert daemon.called("message.send", count=2)["jid"] == "carl@example.org"


def test_any_nick_is_completed_and_addressed_as_it_is(house, daemon, screen):
    open_den(screen, daemon)
    for number, nick in enumerate(HOSTILE):
        daemon.occupant(DEN, nick)
        daemon.says(DEN, nick, f"line {number}.")
        screen.wait(f"line {number}.")
        assert "\u202e" not in screen.text() and not screen.find("x" * 25 + ": line")
        screen.keys("\t")
        screen.line("hello")
        # No address holds a control for the direction; it is cleaned in the line.
        typed = nick.replace("\u202e", "\ufffd")
        body = daemon.called("message.send", count=2 * number + 1)["body"]
        assert body == f"{typed}: hello"
        if typed != nick:
            continue
        screen.keys("/msg \t")
        screen.line("psst")
        sent = daemon.called("message.send", count=2 * number + 2)
        assert (sent["jid"], sent["body"]) == (f"{DEN}/{nick}", "psst")
        screen.line("/go The Den")


def test_tab_goes_through_nicks_by_who_spoke_last(house, daemon, screen):
    daemon.says(DEN, "Carl", "one")
    daemon.says(DEN, "Bob", "two")
    open_den(screen, daemon)
    screen.wait("Bob: two")
    screen.keys("\t")
    screen.wait("› Bob:")
    screen.keys("\t")
    screen.wait("› Carl:")
    screen.keys("\t")
    screen.wait("› Anna Lee:")
    screen.keys("\x03", "so, b", "\t")
    screen.wait("› so, Bob")
    screen.keys("\x03", "anna l", "\t")
    screen.wait("› Anna Lee:")


# ---- who is there ----

def test_occupants_are_asked_for_once_and_again_when_nobody_tells(house, daemon, screen):
    assert daemon.count("room.occupants") == 0
    open_den(screen, daemon)
    screen.line("/contacts")
    screen.line("/go den")
    screen.wait("The Den")
    screen.settle()
    assert daemon.count("room.occupants") == 1
    daemon.tell("room.unwatched")
    daemon.called("room.occupants", count=2)


def test_a_room_out_of_sight_is_told_of_no_more(house, daemon, screen):
    open_den(screen, daemon)
    screen.line("/contacts")
    screen.wait("Rooms")
    deadline = Deadline(15)
    while not daemon.count("room.unwatch"):
        assert not deadline.is_over()
        daemon.occupant(DEN, "Zoe")
        with contextlib.suppress(TimedOut):
            daemon.called("room.unwatch", 0.1)
    assert daemon.called("room.unwatch")["jid"] == DEN
    daemon.tell("room.unwatched", jid=DEN)
    daemon.occupant(DEN, "Dan")
    screen.line("/go den")
    daemon.called("room.occupants", count=2)
    assert daemon.count("room.unwatch") == 1
    daemon.occupant(DEN, "Eve")
    screen.wait("- Eve came")


@pytest.fixture
def wide(house, daemon):
    with house.tern(columns=100) as one:
        one.wait("Anna")
        open_den(one, daemon)
        yield one


@pytest.mark.parametrize("columns", [80, 40])
def test_a_page_of_occupants_is_searched_by_typing(house, daemon, columns):
    daemon.occupant(DEN, "Zoe", role="moderator", affiliation="owner", jid="zoe@example.org",
                    text="here")
    with house.tern(columns=columns, lines=14) as screen:
        screen.wait("The Den")
        open_den(screen, daemon)
        screen.keys("half a line")
        screen.keys("\x1bOR")
        screen.wait(re.compile(r"1 Moderator\n ● Zoe  owner, moderator"))
        screen.wait(re.compile(r"4 Participants\n ● Anna Lee "))
        if columns == 80:
            screen.wait("zoe@example.org · here")
        screen.keys("o")
        screen.wait_gone("Anna Lee")
        screen.wait("● Bob")
        daemon.occupant(DEN, "Tom")
        screen.wait("● Tom")
        screen.keys("b")
        screen.wait_gone("● Zoe")
        screen.keys("\r")
        screen.wait("Bob (den)")
        daemon.called("conversation.open", match=lambda p: p["jid"] == DEN + "/Bob")
        screen.line("/go den")
        screen.wait("› half a line")
        screen.keys("\x03")
        screen.line("/who")
        screen.wait("1 Moderator")
        screen.keys("\x1b\x1b")
        screen.wait_gone("1 Moderator")


def test_the_page_of_occupants_asks_again_when_nobody_tells(house, daemon, screen):
    open_den(screen, daemon)
    screen.keys("\x1bOR")
    screen.wait("4 Participants")
    daemon.tell("room.unwatched")
    daemon.called("room.occupants", count=2)
    daemon.occupant(DEN, "Zoe")
    screen.wait("5 Participants")
    # What is done there is done in that room.
    screen.line("/kick Zoe")
    call = daemon.called("room.role")
    assert (call["jid"], call["nick"]) == (DEN, "Zoe")
    screen.line("/notify nothing")
    assert daemon.called("room.notify")["jid"] == DEN
    # Out of the room and back in it.
    daemon.room(DEN, state="out")
    screen.wait("Nobody here is called so.")
    daemon.room(DEN, state="in")
    screen.wait("5 Participants")


def pane(screen):
    return [row.partition("│")[2].strip() for row in screen.lines() if "│" in row]


def test_a_wide_screen_shows_who_is_there_by_role(house, daemon, wide):
    wide.wait("4 Participants")
    assert pane(wide)[:5] == ["4 Participants", "Anna Lee", "Bob", "Carl", "me"]
    daemon.occupant(DEN, "Zoe", role="moderator", affiliation="owner")
    daemon.occupant(DEN, "Bob", role="visitor")
    daemon.occupant(DEN, "Carla", was="Carl", affiliation="member")
    daemon.occupant_gone(DEN, "Anna Lee")
    wide.wait(lambda screen: pane(screen)[:7] == [
        "1 Moderator", "&Zoe", "2 Participants", "+Carla", "me", "1 Visitor", "-Bob"])
    for number in range(40):
        daemon.occupant(DEN, f"nick {number}")
    wide.wait("and 26 more")
    wide.line("/set occupants off")
    wide.wait_gone("│")
    wide.line("/set occupants on")
    wide.wait("│")
    wide.resize(99, 24)
    wide.wait_gone("│")


def test_a_line_beside_the_occupants_costs_little(house, daemon, wide):
    wide.wait("4 Participants")
    for number in range(30):
        daemon.says(DEN, "Bob", f"filling up, line {number} of some length, as people talk")
    wide.wait("line 29 ")
    wide.settle()
    before = wide.bytes
    for number in range(30, 50):
        daemon.says(DEN, "Bob", f"counted, line {number} of some length, as people talk")
        wide.wait(f"counted, line {number} ")
    wide.settle()
    assert (wide.bytes - before) / 20 < 450
    rows = [row.partition("│")[0].strip() for row in wide.lines() if "counted" in row]
    assert rows == sorted(rows, key=lambda row: int(re.search(r"line (\d+)", row)[1]))
    # What scrolled out above comes back without a hole.
    first = int(re.search(r"line (\d+)", wide.lines()[0])[1])
    wide.keys("\x1b[5~")
    wide.settle()
    seen = [int(m) for m in re.findall(r"line (\d+)", wide.text())]
    assert seen == list(range(seen[0], seen[-1] + 1)) and first <= seen[-1] + 1


def test_the_bar_says_whether_a_private_partner_is_there(house, daemon, screen):
    open_den(screen, daemon)
    screen.line("/msg Bob")
    screen.wait("Bob (den): online")
    daemon.occupant(DEN, "Bob", show="away", text="lunch")
    screen.wait("Bob (den): away, lunch")
    daemon.occupant_gone(DEN, "Bob")
    screen.wait("Bob (den): not in the room now")
    daemon.room(DEN, state="out")
    screen.wait("Bob (den): you are not in the room")


@pytest.mark.parametrize("words", ["Anna Lee no more of that", '"Anna Lee" no more of that',
                                   "anna lee no more of that"])
def test_a_nick_of_two_words_is_kicked(house, daemon, screen, words):
    open_den(screen, daemon)
    screen.line("/kick " + words)
    call = daemon.called("room.role")
    assert (call["nick"], call["role"], call["reason"]) == ("Anna Lee", "none",
                                                            "no more of that")


def test_ones_own_nick_is_known_however_it_is_made(house, daemon, screen):
    nick = "me\u202e" + "e" * 300
    daemon.room(SHED, nick=nick, name="Shed", subject="Tools")
    screen.line("/go shed")
    screen.wait("Shed: Tools")
    daemon.called("room.occupants", match=lambda p: p["jid"] == SHED)
    daemon.occupant(SHED, "Zoe")
    screen.wait("- Zoe came")
    screen.keys("\x1bOR")
    screen.wait("2 Participants")
    screen.keys("eee\r")
    screen.wait("That is you.")
    screen.keys("\x1b\x1b")
    screen.wait("- Zoe came")
    daemon.occupant_gone(SHED, nick, end="kicked", actor="Zoe")
    screen.wait("- You were kicked by Zoe.")


# ---- leaving ----

@pytest.mark.parametrize("command", ["/close", "/leave", "/part so long"])
def test_a_room_is_left_by_closing_it_too(house, daemon, screen, command):
    open_den(screen, daemon)
    screen.line(command)
    left = daemon.called("room.leave")
    assert left["jid"] == DEN and left.get("text") == (
        "so long" if "so long" in command else None)
    daemon.called("conversation.close", match=lambda p: p["jid"] == DEN)
    screen.wait("You left The Den; its history stays.")
    screen.wait("contacts  No chats yet")
    screen.wait_gone("● The Den")
    assert not screen.find("Rooms")


# ---- who comes and goes ----

def test_comings_are_one_line_until_something_is_said(house, daemon, screen):
    open_den(screen, daemon)
    daemon.says(DEN, "Bob", "quiet here")
    screen.wait("quiet here")
    daemon.occupant(DEN, "Dan")
    screen.wait(re.compile(r"\d\d:\d\d  - Dan came\n"))
    daemon.occupant(DEN, "Eve")
    daemon.occupant_gone(DEN, "Carl")
    daemon.occupant(DEN, "Anna", was="Anna Lee")
    screen.wait("- Dan, Eve came; Carl left; Anna Lee is now Anna")
    daemon.occupant_gone(DEN, "Eve")
    daemon.occupant(DEN, "Carl")
    screen.wait("- Dan came; Eve came and left; Carl came back; Anna Lee is now Anna")
    daemon.occupant(DEN, "Dan", show="away")
    daemon.says(DEN, "Bob", "not any more")
    daemon.occupant_gone(DEN, "Dan", text="bye")
    screen.wait(re.compile(r"is now Anna\n.*not any more\n.*- Dan left\n"))


def test_comings_by_option_and_kicks_always(house, daemon, screen):
    open_den(screen, daemon)
    screen.line("/set joins hidden")
    screen.wait("joins = hidden")
    daemon.occupant(DEN, "Dan")
    daemon.occupant_gone(DEN, "Dan", end="kicked", actor="Zoe", text="spam\x1b[2J")
    screen.wait("- Dan was kicked by Zoe: spam\ufffd[2J.")
    assert "Dan came" not in screen.text()
    screen.line("/set joins shown")
    screen.wait("joins = shown")
    daemon.occupant(DEN, "Dan")
    daemon.occupant_gone(DEN, "Dan")
    daemon.occupant(DEN, "Eve")
    screen.wait(re.compile(r"- Dan came\n.*- Dan left\n.*- Eve came"))
    daemon.occupant_gone(DEN, "Eve", end="banned")
    screen.wait("- Eve was banned.")
    daemon.occupant_gone(DEN, "me", end="kicked", text="you too")
    screen.wait("- You were kicked: you too.")


# ---- mentions ----

def test_mentions_are_counted_apart_stand_out_and_ring(house, daemon, screen):
    daemon.says(DEN, "Bob", "this and that")
    screen.wait("1 The Den (1)")
    assert screen.bells == 0
    daemon.chat(DEN)["mentions"] = 1
    daemon.says(DEN, "Bob", "me: look", is_mention=True)
    screen.wait("1 The Den (2 @1)")
    assert screen.bells == 1
    open_den(screen, daemon)
    screen.wait("Bob: me: look")
    row = screen.find("me: look")
    assert screen.cell(row, 12).bold and not screen.cell(row - 1, 12).bold


# ---- what becomes of the room ----

def test_join_alone_follows_a_room_that_moved(house, daemon, screen):
    daemon.room("cave@rooms.example.org", subject="Bats")
    daemon.on["room.join"] = lambda params: {"room": daemon.rooms[params["jid"]]}
    open_den(screen, daemon)
    daemon.room(DEN, state="refused", reason="The room moved.", condition="gone",
                moved_to="cave@rooms.example.org")
    screen.wait("- The room moved. /join goes there.")
    screen.wait("moved to cave@rooms.example.org: /join goes there")
    screen.line("/join")
    assert daemon.called("room.join")["jid"] == "cave@rooms.example.org"
    screen.wait("cave: Bats")
    screen.line("/go den")
    daemon.room(DEN, state="out", reason="", condition="", moved_to="")
    screen.wait("not in this room: /join")
    screen.line("/join")
    assert daemon.called("room.join", count=2)["jid"] == DEN


def test_being_put_out_is_said_on_every_page(house, daemon, screen):
    open_den(screen, daemon)
    daemon.room(DEN, role="participant")
    daemon.room(DEN, role="visitor")
    screen.wait("- You may not speak here any more.")
    daemon.room(DEN, role="visitor", subject="Tea\x1b[2J", subject_by="Bob")
    screen.wait("- Subject by Bob: Tea\ufffd[2J")
    screen.line("/contacts")
    screen.wait("Contacts")
    daemon.room(DEN, state="refused", reason="You were kicked by Zoe.", condition="kicked")
    screen.wait("The Den: You were kicked by Zoe. /join goes back in.")
    daemon.room(DEN, state="in", reason="", condition="")
    screen.line("/go den")
    screen.wait_gone("Contacts")
    daemon.room(DEN, state="refused", reason="The room was destroyed.",
                condition="destroyed")
    screen.wait("- The room was destroyed.")
    screen.line("/names")
    screen.wait(f"You are not in The Den: /join {DEN}.")


def test_notices_are_still_there_when_one_comes_back(house, daemon, screen):
    daemon.says(DEN, "Carl", "before")
    open_den(screen, daemon)
    screen.wait("Carl: before")
    daemon.occupant_gone(DEN, "Bob", end="kicked", actor="Zoe", text="Enough.")
    screen.wait("- Bob was kicked by Zoe: Enough.")
    daemon.says(DEN, "Carl", "between")
    screen.wait("Carl: between")
    daemon.occupant(DEN, "Eve")
    screen.wait("- Eve came")
    screen.line("/msg anna@example.org hello")
    screen.wait_gone("Carl: between")
    assert not screen.find("kicked")
    # What is said of it meanwhile is there too.
    daemon.room(DEN, subject="Tea", subject_by="Carl")
    daemon.says(DEN, "Carl", "after")
    screen.line("/go den")
    there = re.compile(r"Carl: before.*- Bob was kicked by Zoe: Enough\..*Carl: between.*"
                       r"- Eve came.*- Subject by Carl: Tea.*Carl: after", re.DOTALL)
    screen.wait(there)
    # Those who come now have a line of their own.
    daemon.occupant(DEN, "Tom")
    screen.wait(re.compile("Carl: after.*- Tom came", re.DOTALL))
    daemon.occupant(DEN, "Tim")
    screen.wait("- Tom, Tim came")
    screen.line("/go anna")
    screen.wait_gone("kicked")
    screen.line("/go den")
    screen.wait(there)
    screen.wait("- Tom, Tim came")


def test_what_is_said_of_a_room_stands_under_its_own_day(house, daemon, screen):
    rule = "─── [A-Z][^─\n]* ───\n"
    daemon.says(DEN, "Carl", "yesterday", when=time.time() - 86400)
    open_den(screen, daemon)
    screen.wait("Carl: yesterday")
    daemon.room(DEN, subject="Tea", subject_by="Carl")
    screen.wait("- Subject by Carl: Tea")
    first = f"{rule}(─── new ───\n)?[^─]*Carl: yesterday\n{rule}[^─]*- Subject by Carl: Tea\n"
    screen.wait(re.compile(first))
    daemon.says(DEN, "Carl", "today")
    screen.wait(re.compile(first + "(─── new ───\n)?[^─]*Carl: today\n"))
    # Of a room where nothing was said yet.
    daemon.room(SHED, name="Shed")
    screen.line("/go shed")
    screen.wait_gone("Carl: today")
    daemon.called("room.occupants", match=lambda p: p["jid"] == SHED)
    screen.settle(0.1)
    daemon.occupant(SHED, "Zoe")
    screen.wait(re.compile(f"{rule}[^─]*- Zoe came\n"))
    daemon.says(SHED, "Carl", "hello")
    screen.wait(re.compile(f"{rule}[^─]*- Zoe came\n(─── new ───\n)?[^─]*Carl: hello\n"))
    screen.line("/go den")
    screen.wait(re.compile(first + "(─── new ───\n)?[^─]*Carl: today\n"))


def test_nicks_beside_the_conversation_are_coloured_and_cut(house, daemon, wide):
    wide.wait("4 Participants")
    daemon.occupant(DEN, "N" * 60)
    daemon.occupant(DEN, "Zoe", show="away")
    daemon.says(DEN, "Bob", "hello")
    wide.wait("Bob: hello")
    wide.wait("Zoe")

    def colour(text):
        row = wide.find(text)
        return wide.cell(row, wide.row(row).index(text) + len(text) - 1).fg
    assert colour("│ Bob") == colour("  Bob") != "default"
    assert colour("│ Zoe") != colour("│ Bob")
    assert [row for row in pane(wide) if row.startswith("NNN")][0].endswith("N…")


def newest(screen):
    """How far above the input line the newest line of the conversation stands."""
    rows = [row.partition("│")[0].strip() for row in screen.lines()[:21]]
    return 20 - max(index for index, row in enumerate(rows) if row)


def test_the_newest_line_stands_at_the_bottom_beside_a_few(house, daemon, wide):
    wide.wait("4 Participants")
    people = pane(wide)[:5]
    for number in range(60):
        daemon.says(DEN, "Bob", f"{number}. " + "and so on " * (number % 12))
        wide.wait(f"Bob: {number}.")
        assert newest(wide) == 0
        assert pane(wide)[:5] == people and not any(pane(wide)[5:])
        assert len(pane(wide)) == 21
    daemon.occupant(DEN, "Zoe", role="moderator")
    wide.wait("1 Moderator")
    daemon.says(DEN, "Zoe", "the last one")
    wide.wait("Zoe: the last one")
    assert pane(wide)[:7] == ["1 Moderator", "@Zoe", *people]
    wide.keys("\x1b[5~")
    wide.wait_gone("the last one")
    assert pane(wide)[:7] == ["1 Moderator", "@Zoe", *people] and not any(pane(wide)[7:])
    wide.keys("\x1b[6~")
    wide.wait("the last one")
    assert newest(wide) == 0


def test_beside_many_a_page_that_is_not_full_yet_is_filled_from_the_bottom(house, daemon, wide):
    for number in range(40):
        daemon.occupant(DEN, f"nick {number}")
    wide.wait("and 25 more")
    for number in range(15):
        daemon.says(DEN, "Bob", f"{number}. ")
        wide.wait(f"Bob: {number}.")
        assert newest(wide) == 0


def test_beside_many_the_newest_line_stands_at_the_bottom(house, daemon, wide):
    for number in range(40):
        daemon.occupant(DEN, f"nick {number}")
    wide.wait("and 25 more")
    people = pane(wide)
    # A burst leaves rows blank at most for a moment.
    for number in range(80):
        daemon.says(DEN, "Bob", f"burst {number}. " + "and so on " * (number % 12))
        if number % 4 == 0:
            wide.wait(f"burst {number}.")
    wide.wait("burst 79.")
    deadline = Deadline(10)
    while newest(wide) != 0 and not deadline.is_over():
        wide.settle(0.1)
    assert newest(wide) == 0
    # At the speed of people none are left.
    for number in range(8):
        daemon.says(DEN, "Bob", f"then {number}. " + "and so on " * (number % 12))
        wide.wait(f"Bob: then {number}.")
        wide.settle(0.4)
        assert newest(wide) == 0
        assert pane(wide) == people
    before = wide.bytes
    wide.settle(1.2)
    assert wide.bytes == before


def test_what_is_meant_for_us_comes_before_what_is_merely_said(house, daemon, screen):
    daemon.room(SHED, name="Shed", notify="nothing")
    for number in range(3):
        daemon.says(SHED, "Zoe", f"muted {number}")
    for number in range(3):
        daemon.says(DEN, "Bob", f"said {number}")
    screen.wait("(3)")
    screen.settle(0.1)
    assert not screen.title.startswith("(")
    daemon.receive("anna@example.org", "for you")
    screen.wait(lambda s: s.title.startswith("(1) "))
    daemon.chat(DEN)["mentions"] = 1
    daemon.says(DEN, "Bob", "me: look", is_mention=True)
    screen.wait(lambda s: s.title.startswith("(2) "))
    daemon.room(SHED, notify="all")
    screen.wait(lambda s: s.title.startswith("(5) "))
    daemon.room(SHED, notify="nothing")
    daemon.chat(DEN)["mentions"] = 0
    daemon.badge(DEN)
    for said in ("for you", "said 2", "muted 2"):
        screen.line("/go")
        screen.wait(f": {said}")
    screen.line("/go")
    screen.wait("Nothing new anywhere.")
