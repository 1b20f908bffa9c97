"""Catching up with an archive (XEP-0313) through deaths, silence and refusals: whatever breaks
at whatever step, nothing is lost, nothing comes twice, order is kept."""

import re
import time

import pytest

from deadline import Deadline
from keeper import (ALICE, BOB, SID, STANZAS, make_authority, make_place,  # noqa: F401
                    numbers, sent_ids, stamp, wait_sent)

HURRY = 40
STEPS = {"disco": "disco#info", "newest page": "<before/>", "presence": "<presence",
         "preferences": "<prefs", "own lines": 'var="with"', "gap": "<after>[^<]*</after>"}

TROUBLES = [f"<error type='cancel'><internal-server-error xmlns='{STANZAS}'/></error>",
            f"<error type='wait'><resource-constraint xmlns='{STANZAS}'/></error>"]


def drain(server):
    """Forgets sessions that came online and died."""
    while not server._online.empty():
        server._online.get()


class Killer:
    """Kills the session process with -9 whenever the server is told one of PATTERNS, in turn."""

    def __init__(self, place, patterns):
        self.place, self.patterns = place, list(patterns)
        self.honest, place.server.on_stanza = place.server.on_stanza, self.on_stanza

    def on_stanza(self, session, text):
        if self.patterns and re.search(self.patterns[0], text):
            del self.patterns[0]
            for pid in self.place.house.session_pids():
                self.place.house.kill(pid)
            drain(self.place.server)
        else:
            self.honest(session, text)

    def wait(self):
        """Until all were met, and the last process is online."""
        deadline = Deadline(40)
        while self.patterns:
            assert not deadline.is_over(), self.patterns
            time.sleep(0.02)
        drain(self.place.server)
        self.place.greet()
        self.place.bridge.close()
        self.place.bridge = self.place.house.bridge()
        self.place.bridge.call("profile.attach", profile="home")


def fill(place, first, last):
    for body in numbers(first, last):
        place.server.add(body)


def come_online_with_one(place):
    place.come_online()
    place.say(place.live("1", place.server.add("1")))


# ------------------------------------------------------------------ deaths

@pytest.mark.parametrize("last, steps", [
    (30, ("disco", "newest page", "presence", "preferences")),
    (130, ("own lines", "gap", "presence", "gap"))], ids=["one page", "several pages"])
def test_a_death_at_any_step_loses_and_doubles_nothing(place, last, steps):
    come_online_with_one(place)
    place.send("kept")
    place.session.wait("kept")
    place.server.keeps = lambda text: False
    place.send("lost")
    place.session.wait("lost")
    kept, lost = sent_ids(place.session)
    place.server.keeps = lambda text: True
    fill(place, 2, last)
    killer = Killer(place, [STEPS[step] for step in steps])
    place.session.close()
    killer.wait()
    wait_sent(place.session, [lost])
    place.wait_lines(lambda rows: len(rows) == last + 2)
    expected = ["1", "kept"] + numbers(2, last)
    assert [body for body in place.bodies() if body != "lost"] == expected
    for session in place.server.sessions:
        assert kept not in sent_ids(session) or session is place.server.sessions[0]


@pytest.mark.parametrize("first", [0, 1], ids=["first login", "later login"])
def test_two_deaths_in_the_newest_page_lose_nothing(place, first):
    if first:
        come_online_with_one(place)
    fill(place, first + 1, 40)
    killer = Killer(place, 3 * [STEPS["newest page"]])
    if first:
        place.session.close()
    else:
        place.house.create_profile(place.server, "alice", "secret")
        place.bridge = place.house.bridge()
    killer.wait()
    place.wait_bodies(numbers(1, 40))


# ------------------------------------------------------------------ silence and refusals

def test_a_silence_in_the_middle_of_a_page_is_outlived(place):
    place.server.answers_pings = True
    come_online_with_one(place)
    fill(place, 2, 400)
    honest, asked = place.server.give, []

    def give(session, text, query_id, rows, is_complete):
        if "<before/>" not in text:
            asked.append((place.server.wish(text, "after"), int(place.server.wish(text, "max"))))
        if len(asked) in (3, 4) and "<before/>" not in text:
            session.send("".join(place.server.result(query_id, *row) for row in rows[:20]))
        else:
            honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.come_back()
    place.wait_bodies(numbers(1, 400), seconds=20)
    assert asked[2][0] == asked[3][0] == asked[4][0]
    assert asked[2][1] > asked[3][1] > asked[4][1]


def test_an_archive_that_cannot_answer_now_is_asked_again(place):
    place.server.answers_pings = True
    come_online_with_one(place)
    fill(place, 2, 130)
    honest, refused = place.server.give, []

    def give(session, text, query_id, rows, is_complete):
        if len(refused) < 9:
            session.answer(text, TROUBLES[len(refused) % 2], "error")
            refused.append(text)
        else:
            honest(session, text, query_id, rows, is_complete)
    place.server.give = give
    place.come_back()
    place.wait_bodies(numbers(1, 130), seconds=20)
    assert len(refused) == 9 and not place.session.has_ended.is_set()


# ------------------------------------------------------------------ twice at the server

@pytest.mark.parametrize("has_ids", [True, False], ids=["with ids", "without ids"])
def test_what_the_offline_store_gives_beside_the_archive_comes_once(place, has_ids):
    """After our presence, as servers do that keep a message in both (XEP-0160)."""
    come_online_with_one(place)
    keys = [place.server.add(body, ident=f"i{body}") for body in numbers(2, 90)]
    honest = place.server.on_stanza

    def on_stanza(session, text):
        honest(session, text)
        if not text.startswith("<presence"):
            return
        for number, key in enumerate(keys, 2):
            delay = f"<delay xmlns='urn:xmpp:delay' from='localhost' stamp='{stamp(number)}'/>"
            session.send(place.live(str(number), key if has_ids else None, ident=f"i{number}")
                         .replace("</message>", delay + "</message>"))
    place.server.on_stanza = on_stanza
    place.come_back()
    place.wait_bodies(numbers(1, 90))
    place.server.on_stanza = honest
    place.come_back()
    place.server.fence(place.session)
    assert place.bodies() == numbers(1, 90)


def test_what_we_say_to_ourselves_elsewhere_comes_once(place):
    """An archive has it as sent and as received; so has the wire, as copy and as message."""
    place.come_online()
    keys = [place.server.add("note", who=ALICE, ident="n1") for _ in range(2)]
    place.say(place.live("note", keys[1], sender=f"{ALICE}/phone", ident="n1"))
    message = place.server.archive[0][1].replace("</message>", f"<stanza-id xmlns='{SID}' "
                                                 f"by='{ALICE}' id='{keys[0]}'/></message>")
    place.say(f"<message from='{ALICE}' to='{ALICE}/x'><sent xmlns='urn:xmpp:carbons:2'>"
              f"<forwarded xmlns='urn:xmpp:forward:0'>{message}</forwarded></sent></message>")
    assert place.bodies(ALICE) == ["note"]
    place.come_back()
    place.server.fence(place.session)
    assert place.bodies(ALICE) == ["note"]


def test_equal_texts_and_corrections_are_messages_of_their_own(place):
    """Three times "ok" under one id, told apart by the archive; and another text under it."""
    place.come_online()
    for body in ("ok", "ok", "ok", "okay"):
        place.say(place.live(body, place.server.add(body, ident="1"), ident="1"))
    for body in ("ok", "ok", "fine"):
        place.server.add(body, ident="1")
    expected = ["ok", "ok", "ok", "okay", "ok", "ok", "fine"]
    place.come_back()
    place.wait_bodies(expected)
    place.come_back()
    place.server.fence(place.session)
    assert place.bodies() == expected


# ------------------------------------------------------------------ what passes us by

def test_without_carbons_other_clients_lines_are_had_at_the_next_login(place):
    place.server.has_carbons = False
    come_online_with_one(place)
    place.server.add("from the phone", who=ALICE, to=BOB)
    place.say(place.live("2", place.server.add("2")))
    assert place.bodies() == ["1", "2"]
    place.come_back()
    place.wait_lines(lambda rows: len(rows) == 3)
    assert sorted(place.bodies()) == ["1", "2", "from the phone"]


def test_what_was_read_while_catching_up_and_no_more_is_read(place):
    """The catch-up comes to live lines and takes them among its own: so goes what was read."""
    come_online_with_one(place)
    fill(place, 2, 130)
    honest, held = place.server.give, []

    def give(*query):
        if "<before/>" in query[1]:
            honest(*query)
        else:
            held.append(query)
    place.server.give = give
    place.come_back()
    place.say(*[place.live(body, place.server.add(body)) for body in ("seen", "news")])
    place.read("seen")
    assert place.unread() == 1
    place.server.give = honest
    honest(*held[0])
    place.wait_bodies(numbers(1, 130) + ["seen", "news"])
    assert place.unread() == 1
    place.read("news")
    assert place.unread() == 0


def test_a_line_that_waits_for_an_answer_finds_the_dead_link(place):
    """It goes out when the archive said what became of the one before it, which never comes."""
    place.come_online()
    place.bridge.call("settings.set", profile="home", name="dead_link", value="2")
    place.send("first")
    place.session.wait("<body>first</body>")
    page, place.server.page = place.server.page, lambda session, text: None
    place.come_back()
    place.session.send(place.live("the last that is heard"))
    place.wait_lines(lambda rows: len(rows) == 2)
    place.send("second")
    place.server.page = page
    place.session = place.server.session(6)  # long before the question is given up
    place.session.wait("<body>second</body>")
    place.wait_bodies(["first", "the last that is heard", "second"])
    assert len(sent_ids(place.session)) == 1
