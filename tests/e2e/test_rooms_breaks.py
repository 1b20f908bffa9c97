"""Rooms after a break and after a long silence (XEP-0410): they are asked whether we are in,
one after the other, and joined again only where the answer says that we are not."""

import re
import time

from room_server import (ALICE, MAM, ROOM, SID, attribute, error, groupchat, hurried,  # noqa: F401
                         make_authority, make_place, refuse_to_resume)

OTHER = "pit@rooms.localhost"


def many(count):
    return [f"room{n}@rooms.localhost" for n in range(count)]


PONGS = ["result", "item-not-found", "feature-not-implemented", "service-unavailable",
         "remote-server-timeout", "remote-server-not-found", "silence", "forbidden"]


def test_after_a_resume_only_not_acceptable_is_joined_again(place):
    rooms = dict(zip(many(len(PONGS) + 1), [*PONGS, "not-acceptable"]))
    for room in rooms:
        place.join(room)
    joins = len(place.server.joins)

    def pong(session, text, to):
        answer = rooms[to.partition("/")[0]]
        if answer != "silence":
            place.server.reply(session, text, "" if answer == "result" else error(answer),
                               "result" if answer == "result" else "error")
    place.server.pong = pong
    place.cut()
    place.wait(lambda: sorted(place.server.pings) == sorted(rooms), 30)
    place.wait(lambda: len(place.server.joins) > joins)
    place.server.fence(place.session)
    assert place.server.joins[joins:] == [(list(rooms)[-1], "Alice")]
    place.wait(lambda: {row["state"] for row in place.rooms().values()} == {"in"})


def test_a_room_that_vanished_is_found_out(place):
    place.join()
    gone_from_here = error("item-not-found")
    place.server.pong = place.server.info = lambda session, text, _: place.server.reply(
        session, text, gone_from_here, "error")
    place.cut()
    assert place.wait_state("refused")["reason"] == "There is no such room."
    assert len(place.server.joins) == 1


def test_many_rooms_are_joined_a_few_at_a_time_and_pinged_one_by_one(place):
    rooms, open_now, most = many(30), [], []

    def enter(*join):
        open_now.append(join)
        most.append(len(open_now))
    place.server.enter = enter
    numbers = [place.ask_to_join(room) for room in rooms]

    def all_are_in():
        if open_now:
            place.server.fence(place.session)  # all that come at once have come
            place.server.honest_enter(*open_now.pop(0))
        return [row["state"] for row in place.rooms().values()] == ["in"] * len(rooms)
    place.wait(all_are_in, 30)
    assert max(most) <= 4 and len(place.server.joins) == 30
    assert all(place.bridge.answer(number)["room"]["state"] == "in" for number in numbers)
    # Every one of them lost us: found out by pings, one after the other.
    place.server.enter = place.server.honest_enter
    place.server.pong = lambda session, text, _: place.server.reply(
        session, text, error("not-acceptable"), "error")
    place.cut()
    place.wait(lambda: len(place.server.joins) == 60 and
               {row["state"] for row in place.rooms().values()} == {"in"}, 60)
    assert sorted(place.server.pings) == sorted(rooms)


@hurried(300)
def test_a_silent_room_is_asked_and_a_room_that_talks_is_not(place):
    """Fifteen minutes are three seconds here."""
    for room in (ROOM, OTHER):
        place.ask_to_join(room)  # whose patience is short here, too
        place.wait_state("in", room, 30)
    joins = len(place.server.joins)

    def talk():
        place.say(groupchat("Bob", "here", room=OTHER))
        return len(place.server.pings) >= 2
    place.until(talk, lambda: place.server.pings, 30)
    assert set(place.server.pings) == {ROOM}
    assert len(place.server.joins) == joins and place.state() == "in"
    place.server.pong = lambda session, text, _: place.server.reply(
        session, text, error("not-acceptable"), "error")
    place.wait(lambda: len(place.server.joins) > joins, 30)


@hurried(100)
def test_a_quarter_of_an_hour_counts_from_the_last_word(place):
    place.ask_to_join()
    place.wait_state("in", seconds=30)
    start = time.monotonic()
    place.say(groupchat("Bob", "the last word"))
    for count in (1, 2):
        place.wait(lambda count=count: len(place.server.pings) >= count, 30)
        minutes = (time.monotonic() - start) * 100 / 60
        assert 14.9 * count <= minutes < 22 * count, minutes


@hurried(100)
def test_rooms_that_fell_silent_together_are_asked_in_turn(place):
    rooms, asked = many(5), []

    def pong(session, text, _):
        asked.append(time.monotonic())
        place.server.reply(session, text)
    place.server.pong = pong
    for room in rooms:
        place.ask_to_join(room)
    place.wait(lambda: {row["state"] for row in place.rooms().values()} == {"in"}, 30)
    place.say("".join(groupchat("Bob", "good night", room=room) for room in rooms))
    place.wait(lambda: len(asked) >= 5, 30)
    assert sorted(place.server.pings[:5]) == sorted(rooms)

    def is_spread():
        turns = [asked[n:n + 5] for n in range(0, len(asked) - 4, 5)]
        return any(turn[-1] - turn[0] > 0.05 for turn in turns)
    # The patience of each differs by up to half a minute, which is 0.3 seconds here; a loop
    # that stood still for so long asks them all at once, but not every time.
    place.wait(is_spread, 40)


def test_a_presence_that_the_room_refuses_tells_that_we_are_out(place):
    place.join()
    place.server.rename = lambda session, room, nick: place.server.refuse(
        session, room, nick, error("not-acceptable"))
    place.bridge.call("presence.set", profile="home", show="dnd")
    place.wait(lambda: len(place.server.joins) == 2)
    assert place.wait_state("in")["nick"] == "Alice"


def test_a_line_that_bounces_tells_that_we_are_out(place):
    place.join()
    place.server.reflect = lambda session, text, room: session.send(
        f"<message type='error' from='{room}' to='{ALICE}/x' id='{attribute(text, 'id')}'>"
        f"{error('not-acceptable')}</message>")
    place.server.pong = lambda session, text, _: place.server.reply(
        session, text, error("not-acceptable"), "error")
    place.write_to("unheard")
    place.wait(lambda: len(place.server.joins) == 2)
    place.wait_state("in")
    assert place.talk() == [("Alice", "unheard", "failed")]
    place.server.reflect = place.server.honest_reflect
    place.write_to("heard")
    place.wait(lambda: ("Alice", "heard", "acked") in place.talk())


def join_archived(place):
    """The room's archive has one line, which is here; no session is resumed from now on."""
    place.server.features.append(MAM)
    place.server.resume = refuse_to_resume
    place.join()
    place.say(groupchat("Bob", "heard", more=f"<stanza-id xmlns='{SID}' by='{ROOM}' id='s1'/>"))


def walk_newer(place, give):
    """GIVE(session, text, room) answers what goes forward; there is nothing older."""
    place.server.walk = lambda session, text, room: give(session, text, room) \
        if "<after>" in text else place.server.give(session, text, room, [])


def test_an_archive_whose_link_ends_at_each_page_is_read_to_its_end(place):
    """That kills nobody: the page is no poison, and what it holds is neither lost nor said
    twice."""
    place.server.features.append(MAM)
    place.server.resume = refuse_to_resume
    place.join()
    place.say(groupchat("Bob", "first", more=f"<stanza-id xmlns='{SID}' by='{ROOM}' id='s1'/>"))
    place.server.reflect = lambda *_: None
    place.write_to("mine")
    ident = place.wait_body("mine")
    breaks = []

    def walk(session, text, room):
        if len(breaks) < 4:
            breaks.append(session)
            session.close()
            return
        place.server.give(session, text, room, [
            ("s2", groupchat("Bob", "second").replace("<message", "<message xmlns='jabber:client'")),
            ("s3", groupchat("Alice", "mine", ident).replace(
                "<message", "<message xmlns='jabber:client'"))])
    place.server.walk = walk
    place.session.reset()
    place.hasten(lambda: place.talk()[1:2] == [("Bob", "second", "received")], 30)
    assert len(breaks) == 4
    place.wait(lambda: place.talk() == [("Bob", "first", "received"), ("Bob", "second", "received"),
                                        ("Alice", "mine", "acked")])
    assert place.server.bodies.count("mine") == 1


def test_a_line_that_only_the_archive_proves_goes_behind_what_was_said_before_it(place):
    """The room repeats the first of two and the link ends: then the first was last shown."""
    place.server.features.append(MAM)
    place.server.resume = refuse_to_resume
    place.join()
    place.server.reflect = lambda *_: None
    place.write_to("first", "second")
    first, second = place.wait_body("first"), place.wait_body("second")
    place.say(groupchat("Bob", "between", more=f"<stanza-id xmlns='{SID}' by='{ROOM}' id='s1'/>"),
              groupchat("Alice", "first", first,
                        more=f"<stanza-id xmlns='{SID}' by='{ROOM}' id='s2'/>"))
    place.wait(lambda: ("Alice", "first", "acked") in place.talk())
    place.server.walk = lambda session, text, room: place.server.give(session, text, room, [
        ("s3", groupchat("Alice", "second", second).replace(
            "<message", "<message xmlns='jabber:client'"))])
    place.session.reset()
    place.wait(lambda: [row for row in place.talk() if row[2] == "sent"] == [], 30)
    assert place.talk() == [("Bob", "between", "received"), ("Alice", "first", "acked"),
                            ("Alice", "second", "acked")]


def test_a_line_that_the_room_says_goes_behind_what_its_archive_is_still_to_bring(place):
    """It was written while we were out, and said again by the room before the archive was."""
    held, asked = [], []
    place.server.reflect = lambda *_: None
    join_archived(place)
    place.server.walk = lambda session, text, room: held.append((session, text, room)) \
        if "<after>s1" in text else place.server.give(session, text, room, [])
    place.server.info = lambda *question: asked.append(question)
    place.session.reset()
    place.next()
    place.wait(lambda: asked)
    place.write_to("mine")
    place.server.honest_info(*asked[-1])
    mine = place.wait_body("mine")
    place.wait(lambda: held)
    place.say(groupchat("Alice", "mine", mine,
                        more=f"<stanza-id xmlns='{SID}' by='{ROOM}' id='s3'/>"))
    place.wait(lambda: ("Alice", "mine", "acked") in place.talk())
    place.server.walk = lambda session, text, room: place.server.give(session, text, room, [])
    place.server.give(*held[-1], [
        (key, line.replace("<message", "<message xmlns='jabber:client'")) for key, line in
        (("s2", groupchat("Bob", "missed")), ("s3", groupchat("Alice", "mine", mine)))])
    place.wait(lambda: len(place.talk()) == 3)
    assert [row[1] for row in place.talk()] == ["heard", "missed", "mine"]


def archived(*rows):
    """Rows of a room's archive for give(): (id, message)."""
    return [(key, line.replace("<message", "<message xmlns='jabber:client'"))
            for key, line in rows]


def test_a_line_at_which_the_next_gap_begins_goes_behind_what_the_first_brings(place):
    """The room said it while its archive was not walked yet, and the session was lost: the
    first gap ends with it."""
    place.server.reflect = lambda *_: None
    join_archived(place)
    held, asked = [], []
    # What is older than all is answered: a page of talk() waits for that, up to five seconds.
    place.server.walk = lambda session, text, room: held.append(text) \
        if "<after>s1" in text else place.server.give(session, text, room, [])
    place.server.info = lambda *question: asked.append(question)
    place.session.reset()
    place.next()
    place.wait(lambda: asked)
    place.write_to("mine")
    place.server.info = place.server.honest_info
    place.server.honest_info(*asked[-1])
    mine = place.wait_body("mine")
    place.wait(lambda: held)
    place.say(groupchat("Alice", "mine", mine,
                        more=f"<stanza-id xmlns='{SID}' by='{ROOM}' id='s3'/>"))
    place.wait(lambda: ("Alice", "mine", "acked") in place.talk())
    rows = archived(("s2", groupchat("Bob", "missed")), ("s3", groupchat("Alice", "mine", mine)),
                    ("s4", groupchat("Bob", "new")))
    place.server.walk = lambda session, text, room: place.server.give(
        session, text, room, rows if "<after>s1" in text else rows[2:])
    place.session.reset()
    place.wait(lambda: len(place.talk()) == 4, 30)
    assert [row[1] for row in place.talk()] == ["heard", "missed", "mine", "new"]


def test_a_page_in_which_the_process_is_killed_again_and_again_is_not_lost(place):
    """Nothing in it is to blame: at the end it is asked for line by line."""
    resumes = place.server.resume
    join_archived(place)
    rows = archived(*((f"s{n}", groupchat("Bob", f"missed {n}")) for n in range(2, 7)))
    asked = []

    def walk(session, text, room):
        after = int(re.search("<after>s([0-9]*)", text)[1])
        most = int(re.search("<max>([0-9]*)", text)[1])
        asked.append(most)
        if len(asked) <= 4:
            [pid] = place.house.session_pids()
            place.house.kill(pid)
        else:
            place.server.give(session, text, room, rows[after - 1:after - 1 + most],
                              after - 1 + most >= len(rows))
    walk_newer(place, walk)
    place.pids = None
    place.session.reset()
    place.wait(lambda: place.server.resumes)
    place.server.resume = resumes
    place.wait(lambda: len(asked) > 4, 60)
    place.attach()
    place.wait(lambda: len(place.talk()) == 6, 30)
    assert [row[1] for row in place.talk()] == ["heard", *(f"missed {n}" for n in range(2, 7))]
    assert asked[0] > 1 and asked[-1] == 1


def test_a_room_that_forgot_where_its_archive_goes_on_is_asked_from_that_time(place):
    """As after weeks away: what was here last is not there any more."""
    join_archived(place)
    rows = archived(("s7", groupchat("Bob", "missed")), ("s8", groupchat("Bob", "too")))

    def walk(session, text, room):
        if "<after>" in text:
            place.server.reply(session, text, error("item-not-found"), "error")
        else:
            place.server.give(session, text, room, rows if "start" in text else [])
    place.server.walk = walk
    place.session.reset()
    place.wait(lambda: len(place.talk()) == 3, 30)
    assert [row[1] for row in place.talk()] == ["heard", "missed", "too"]


def test_pages_are_smaller_where_they_are_too_large_and_there_alone(place):
    join_archived(place)
    large = f"<x xmlns='urn:large'>{'x' * 350_000}</x>"
    rows = archived(*((f"s{n}", groupchat("Bob", str(n), more=large if n < 30 else ""))
                      for n in range(2, 450)))
    asked = []

    def walk(session, text, room):
        begin = int(re.search("<after>s([0-9]*)", text)[1]) - 1
        asked.append(int(re.search("<max>([0-9]*)", text)[1]))
        page = rows[begin:begin + asked[-1]]
        place.server.give(session, text, room, page, begin + asked[-1] >= len(rows))
    walk_newer(place, walk)
    place.session.reset()
    place.wait(lambda: len(place.talk()) == 449, 60)
    assert [row[1] for row in place.talk()] == ["heard", *map(str, range(2, 450))]
    assert min(asked) < 20 and asked[0] == asked[-1] == 250, asked


def test_an_archive_that_runs_in_circles_is_left(place):
    """What waits for its end goes out."""
    place.server.reflect = lambda *_: None
    join_archived(place)
    place.write_to("mine")
    place.wait_body("mine")
    asked = []

    def walk(session, text, room):
        asked.append(text)
        number = len(asked) % 3 + 2
        place.server.give(session, text, room,
                          archived((f"s{number}", groupchat("Bob", f"round {number}"))), False)
    walk_newer(place, walk)
    place.server.reflect = place.server.honest_reflect
    place.session.reset()
    place.wait(lambda: ("Alice", "mine", "acked") in place.talk(), 30)
    assert sorted(row[1] for row in place.talk()) == ["heard", "mine", "round 2", "round 3",
                                                      "round 4"]
    assert len(asked) <= 20


def test_an_archive_that_refuses_for_a_while_loses_nothing(place):
    join_archived(place)
    asked = []

    def walk(session, text, room):
        asked.append(text)
        if len(asked) < 3:
            place.server.reply(session, text, error("forbidden", "auth"), "error")
        else:
            place.server.give(session, text, room, archived(("s2", groupchat("Bob", "missed"))))
    walk_newer(place, walk)
    place.session.reset()
    place.wait(lambda: [row[1] for row in place.talk()] == ["heard", "missed"], 30)
    assert len(asked) == 3
