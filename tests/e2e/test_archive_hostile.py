"""Archives that lie, stumble or loop (XEP-0313): what is not proven is not shown, what is
there comes once and in order, and no page of any shape stops or empties the chat."""

import re
import time

import pytest

from keeper import (ALICE, BOB, FORGED, RSM, SID, STANZAS, make_authority,  # noqa: F401
                    make_place, numbers, sent_ids, wait_sent)


# ------------------------------------------------------------------ pages of odd shapes

def no_marks(server, session, text, query_id, rows, is_complete):
    session.send("".join(server.result(query_id, *row) for row in rows))
    session.answer(text, server.fin(rows, is_complete, marks=False))


def empty_and_never_complete(server, session, text, query_id, rows, is_complete):
    session.answer(text, server.fin([], False))


def empty_with_marks(server, session, text, query_id, rows, is_complete):
    session.answer(text, server.fin(rows, is_complete))


def same_page_for_ever(server, session, text, query_id, rows, is_complete):
    rows = server.archive[:50]
    session.send("".join(server.result(query_id, *row) for row in rows))
    session.answer(text, server.fin(rows, False))


def two_pages_in_a_circle(server, session, text, query_id, rows, is_complete):
    server.turn = not getattr(server, "turn", False)
    rows = server.archive[:20] if server.turn else server.archive[20:40]
    session.send("".join(server.result(query_id, *row) for row in rows))
    session.answer(text, server.fin(rows, False))


def every_result_twice(server, session, text, query_id, rows, is_complete):
    session.send("".join(2 * server.result(query_id, *row) for row in rows))
    session.answer(text, server.fin(rows, is_complete))


def no_fin(server, session, text, query_id, rows, is_complete):
    session.send("".join(server.result(query_id, *row) for row in rows))
    session.answer(text, "")


def refusal(server, session, text, query_id, rows, is_complete):
    session.answer(text, f"<error type='wait'><internal-server-error xmlns='{STANZAS}'/>"
                   "</error>", "error")


def nothing_known(server, session, text, query_id, rows, is_complete):
    session.answer(text, f"<error type='cancel'><item-not-found xmlns='{STANZAS}'/></error>",
                   "error")


@pytest.mark.parametrize("shape, is_whole", [
    (no_marks, True), (every_result_twice, True), (empty_and_never_complete, False),
    (empty_with_marks, False), (same_page_for_ever, False), (two_pages_in_a_circle, False),
    (no_fin, False), (refusal, False), (nothing_known, False)],
    ids=lambda value: getattr(value, "__name__", None))
def test_pages_of_odd_shapes_are_survived(place, shape, is_whole):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 130):
        place.server.add(body)
    place.server.give = lambda *args: shape(place.server, *args)
    place.come_back()
    key = place.server.add("live")
    place.say(place.live("live", key))
    place.wait_lines(lambda rows: rows and rows[-1]["body"] == "live")
    if is_whole:
        place.wait_bodies(numbers(1, 130) + ["live"])
    seen = [int(body) for body in place.bodies()[:-1]]
    assert seen == sorted(set(seen))
    time.sleep(0.3)
    before = len(place.server.queries)
    place.send("still here")
    place.session.wait("still here")
    assert len(place.server.queries) - before <= 12
    # The next login has a better server, and asks anew.
    del place.server.give
    place.come_back()
    place.server.fence(place.session)
    assert place.bodies()[-1] == "still here"


@pytest.mark.parametrize("when", ["2099-01-01T00:00:00Z", "yesterday", "", None,
                                  "1970-01-01T00:00:00Z"])
def test_order_is_the_archives_whatever_the_stamps_say(place, when):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 90):
        place.server.add(body)
    honest = place.server.result

    def result(query_id, key, message, number=0):
        text = honest(query_id, key, message, -number % 86400)  # they go back, too
        return text if when is None else re.sub("stamp='[^']*'", f"stamp='{when}'", text)
    place.server.result = result
    place.come_back()
    place.wait_bodies(numbers(1, 90))
    place.server.archive = [row for row in place.server.archive if int(row[0][1:]) != 90]
    for body in numbers(91, 95):
        place.server.add(body)
    place.come_back()
    place.wait_bodies(numbers(1, 95))


def test_a_line_that_the_archive_forgot_before_the_walk_came_to_it_keeps_its_place(place):
    page = place.server.page

    def page_without_walk(session, text):
        if place.server.wish(text, "before") is not None:
            page(session, text)

    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 90):
        place.server.add(body)
    place.server.page = page_without_walk
    place.come_back()
    place.wait_bodies(["1", *numbers(41, 90)])
    del place.server.archive[89]
    for body in numbers(91, 95):
        place.server.add(body)
    place.server.page = page
    asked, logins = len(place.server.queries), len(place.server.sessions)
    place.come_back()
    place.wait_lines(lambda _: len(place.server.queries) > asked + 3)  # the last page is stored
    assert len(place.server.sessions) == logins + 1
    place.wait_bodies(numbers(1, 95))


def test_reordered_results_come_once(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))
    for body in numbers(2, 90):
        place.server.add(body)

    def give(session, text, query_id, rows, is_complete):
        session.send("".join(place.server.result(query_id, *row) for row in reversed(rows)))
        session.answer(text, place.server.fin(rows, is_complete))
    place.server.give = give
    place.come_back()
    place.wait_lines(lambda rows: len(rows) == 90)
    assert sorted(place.bodies(), key=int) == numbers(1, 90)


# ------------------------------------------------------------------ forgeries

@pytest.mark.parametrize("sender", ["mallory@evil.example", "bob@localhost", "localhost",
                                    "alice@localhost.evil", "evil@localhost"])
def test_results_of_others_are_dropped(place, sender):
    honest = place.server.give
    place.server.add("true")

    def give(session, text, query_id, rows, is_complete):
        forged = place.server.result(query_id, "f1", FORGED)
        session.send(forged.replace(f"from='{ALICE}'", f"from='{sender}'", 1))
        session.send(forged.replace(f"from='{ALICE}'",
                                    f"from='{sender}' xmlns:x='urn:x' x:from='{ALICE}'", 1))
        honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.come_online()
    place.wait_bodies(["true"])


def test_results_without_an_open_query_are_dropped(place):
    place.come_online()
    place.say(place.server.result("", "f1", FORGED), place.server.result("x", "f1", FORGED))
    place.say(place.server.result("x", "f1", FORGED).replace(" queryid='x'", ""))
    old = re.search(r'queryid="([^"]*)"', place.server.queries[0])[1]
    place.say(place.server.result(old, "f1", FORGED))
    assert place.bodies() == []


def test_results_of_another_query_id_are_dropped(place):
    honest = place.server.give
    place.server.add("true")

    def give(session, text, query_id, rows, is_complete):
        for wrong in (query_id[:-1], query_id + "0", query_id.upper() + "x", ""):
            session.send(place.server.result(wrong, "f1", FORGED))
        honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.come_online()
    place.wait_bodies(["true"])


def test_archived_messages_between_strangers_or_without_a_sender_are_dropped(place):
    place.server.archive += [
        ("a1", FORGED.replace(f"to='{ALICE}'", "to='carol@localhost'")),
        ("a2", FORGED.replace("from='bob@localhost/x' ", "")),
        ("a3", FORGED.replace("from='bob@localhost/x'", "from=''"))]
    place.server.add("true", key="a4")
    place.come_online()
    place.wait_bodies(["true"])
    assert place.bodies("carol@localhost") == []


# ------------------------------------------------------------------ sameness

def test_a_live_message_and_its_archive_copy_are_one(place):
    place.come_online()
    for number in range(1, 6):
        key = place.server.add(str(number), ident="same")
        place.say(place.live(str(number), key, ident="same"))
    place.say(place.live("5", key, ident="same"))  # the server says it again
    place.come_back()
    place.server.fence(place.session)
    time.sleep(0.2)
    assert place.bodies() == numbers(1, 5)


@pytest.mark.parametrize("by", ["mallory@evil.example", BOB, "localhost", ""])
def test_a_stanza_id_by_a_stranger_hides_nothing(place, by):
    place.come_online()
    key = place.server.add("true")
    place.say(place.live("forged", key, by=by, sender="mallory@evil.example/x"))
    place.say(place.live("true", key))
    assert place.bodies() == ["true"]
    assert place.bodies("mallory@evil.example") == ["forged"]
    # Nor does it move what the archive is known by.
    key = place.server.add("missed")
    place.say(place.live("forged again", key, by=by, sender="mallory@evil.example/x"))
    place.come_back()
    place.wait_bodies(["true", "missed"])


def test_two_stanza_ids_by_us_are_none(place):
    place.come_online()
    key = place.server.add("true")
    twice = f"<stanza-id xmlns='{SID}' by='{ALICE}' id='{key}'/>" * 2
    place.say(f"<message from='mallory@evil.example/x' to='{ALICE}' type='chat'>"
              f"<body>forged</body>{twice}</message>")
    place.say(place.live("true", key))
    assert place.bodies() == ["true"]


def test_the_ids_of_a_server_that_announces_none_count_for_nothing(place):
    place.server.features = []
    place.come_online()
    place.say(place.live("one", "k"), place.live("two", "k"),
              place.live("three", "k", sender="carol@localhost/x"))
    assert place.bodies() == ["one", "two"]
    assert place.bodies("carol@localhost") == ["three"]


def test_a_stranger_who_uses_our_origin_id_changes_nothing(place):
    place.server.keeps = lambda text: False
    place.come_online()
    place.send("mine")
    ident = re.search(r'id="([^"]*)"', place.session.wait("mine"))[1]
    place.say(place.live("not yours", place.server.add("not yours", ident=ident), ident=ident,
                         origin=ident))
    place.say(place.live("nor this", sender="mallory@evil.example/x", ident=ident, origin=ident))
    for who in (BOB, "mallory@evil.example"):
        place.server.add("mine", who=who, ident=ident,
                         more=f"<origin-id xmlns='{SID}' id='{ident}'/>")
    place.come_back()
    wait_sent(place.session, [ident])  # nobody proved it: it is sent again
    rows = place.wait_lines(lambda rows: len(rows) == 3)
    assert [(row["body"], row.get("is_own", False)) for row in rows if row["body"] != "mine"] == [
        ("not yours", False)]
    assert len([row for row in rows if row.get("is_own")]) == 1


def test_replayed_messages_come_once(place):
    place.come_online()
    stanzas = [place.live(str(n), ident=f"i{n}") for n in range(1, 4)]
    place.say(*stanzas)
    place.say(*reversed(stanzas))
    place.say(place.live("1", ident="i1", sender=f"{BOB}/another"))
    assert place.bodies() == ["1", "2", "3", "1"]
