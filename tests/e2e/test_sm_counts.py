"""What a server may say of what it has (XEP-0198): counts that are wrong, low, too high or
wrap, and a resume refused with and without one. No line is lost, none is said again that is
known to have arrived, and what is said again keeps its id and its order."""

import os
import sqlite3
import tempfile
import threading

import pytest

from certificates import Authority
from sm_server import BOB, SM, place_at


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


@pytest.fixture(name="place")
def make_place(authority):
    yield from place_at(authority)


# ------------------------------------------------------------------ what is repeated

def test_unacknowledged_lines_are_repeated_in_order_under_their_ids(place):
    place.come_online()
    place.server.acks = False
    bodies = [f"line {n}" for n in range(5)]
    place.write(*bodies)
    ids = place.wait_bodies(*bodies)
    place.server.kept -= 3
    place.cut()
    assert place.wait_bodies(*bodies[2:]) == ids[2:]
    assert place.server.bodies == bodies + bodies[2:] and place.server.binds == 1
    assert [place.states()[body] for body in bodies] == ["acked"] * 2 + ["sent"] * 3
    place.server.kept -= 1
    place.cut()
    assert place.wait_body(bodies[4]) == ids[4]
    place.server.acks = True
    place.server.ack(place.session)
    place.write("more")
    place.wait_body("more")
    place.all_acked()
    place.cut()
    place.server.fence(place.session)
    assert place.server.bodies == bodies + bodies[2:] + bodies[4:] + ["more"]
    assert place.server.binds == 1
    assert not [line for line in place.lines() if line.get("may_repeat")]


def test_what_arrived_is_counted_whatever_it_was(place):
    place.come_online()
    begin = place.answer_h()
    place.session.send(f"<message from='{BOB}/x'><body>hi</body></message><presence from='@'/>"
                       "<iq type='result' id='nothing'/><message/>"
                       f"<message from='{BOB}'><body>{'x' * (1100 * 1024)}</body></message>")
    assert place.answer_h() == begin + 5
    place.session.send(f"<presence from='{BOB}/x'/>")
    assert place.answer_h() == begin + 6
    place.cut()
    assert place.server.resumes[-1] == (begin + 6, "one")


def test_what_a_server_says_again_after_a_resume_comes_once_and_counts(place):
    """It forgot that it had our h: in another order, and one of them twice."""
    place.come_online()
    begin = place.answer_h()
    stanzas = [f"<message from='{BOB}/x' id='i{n}' type='chat'><body>in {n}</body></message>"
               for n in range(5)]
    place.session.send("".join(stanzas[:4]))
    assert place.answer_h() == begin + 4
    place.server.replay = "".join([stanzas[2], stanzas[0], stanzas[2], stanzas[3], stanzas[4]])
    place.cut()
    assert place.server.resumes == [(begin + 4, "one")]
    assert place.answer_h() == begin + 9
    assert [line["body"] for line in place.lines()] == [f"in {n}" for n in range(5)]


# ------------------------------------------------------------------ counts that cannot be

TOO_HIGH = ["{more}", "4294967296", "99999999999999999999", "-1", "", "x", "1 ", "0x1", None]


@pytest.mark.parametrize("h", TOO_HIGH)
def test_a_false_count_ends_the_session_and_loses_nothing(place, h):
    place.come_online()
    place.server.acks = False
    place.write("one", "two")
    ids = place.wait_bodies("one", "two")
    old = place.session
    sent = place.server.kept
    attribute = "" if h is None else f" h='{h.format(more=sent + 1)}'"
    place.server.acks = True
    old.send(f"<a xmlns='{SM}'{attribute}/>")
    place.next()
    error = next(text for text in old.log if "stream:error" in text)
    assert f"<handled-count-too-high xmlns='{SM}'" in error
    assert f"send-count='{sent}'" in error
    if h == "{more}":
        assert f" h='{sent + 1}'" in error
    assert not place.server.resumes and place.server.binds == 2
    assert place.wait_bodies("one", "two") == ids
    place.all_acked()
    assert place.server.bodies == ["one", "two"] * 2
    assert all(line.get("may_repeat") for line in place.lines())


@pytest.mark.parametrize("h", ["{more}", "4294967296", "", None])
def test_a_false_count_in_a_resume_ends_the_session_and_loses_nothing(place, h):
    place.come_online()
    place.server.acks = False
    place.write("one", "two")
    ids = place.wait_bodies("one", "two")
    attribute = "" if h is None else f" h='{h.format(more=place.server.kept + 1)}'"
    place.server.resume = lambda session, h, previd: session.send(
        f"<resumed xmlns='{SM}' previd='{previd}'{attribute}/>")
    place.server.acks = True
    place.cut()  # the one that lies
    place.hasten(lambda: place.server.binds == 2)
    liar = place.session
    place.next()
    assert [text for text in liar.log if "handled-count-too-high" in text]
    assert len(place.server.resumes) == 1
    assert place.wait_bodies("one", "two") == ids
    place.all_acked()


def test_a_lower_count_takes_nothing_back(place):
    place.come_online()
    place.write("one")
    place.all_acked()
    for count in (0, 1, place.server.kept - 1):
        place.server.ack(place.session, count)
    place.server.fence(place.session)
    place.write("two")
    place.all_acked()
    assert place.server.binds == 1 and len(place.server.sessions) == 1


def test_counts_wrap_at_their_end(place):
    """A session that was going on for years."""
    server = place.come_online().server
    server.fence(place.session)
    place.house.kill(place.house.daemon_pid())
    place.pids = None
    base = sqlite3.connect(os.path.join(place.house.data, "tern/profiles/home/store.db"))
    with base:
        base.execute("DELETE FROM unacked")
        base.execute("UPDATE sm SET count_in=4294967290, acked=4294967293")
    base.close()
    server.kept = 4294967293
    place.attach()
    place.next()
    assert server.resumes == [(4294967290, "one")]
    bodies = [f"line {n}" for n in range(8)]
    place.write(*bodies)
    place.wait_bodies(*bodies)
    place.all_acked()
    assert server.kept < 100
    for n in range(10):
        place.session.send(f"<message from='{BOB}/x'><body>in {n}</body></message>")
    h = place.answer_h()
    assert 4 <= h < 100
    server.acks = False
    place.write("again 1", "again 2")
    place.wait_body("again 2")
    server.kept -= 2
    place.cut()
    assert server.resumes[-1][0] == h
    place.wait_body("again 2")
    server.acks = True
    place.cut()
    place.until(lambda: place.states().get("again 2") == "acked", place.states)
    assert server.bodies[-4:] == ["again 1", "again 2"] * 2 and server.binds == 1
    server.ack(place.session, server.kept + 1)
    place.next()
    assert server.binds == 2


# ------------------------------------------------------------------ <failed/>

@pytest.mark.parametrize("arrived", [None, 0, 1, 2, 3, 9])
def test_a_refused_resume_settles_what_it_says_and_sends_the_rest_again(place, arrived):
    place.come_online()
    place.server.acks = False
    bodies = ["one", "two", "three"]
    place.write(*bodies)
    ids = place.wait_bodies(*bodies)
    h = "" if arrived is None else f" h='{place.server.kept - 3 + arrived}'"

    def refuse(session, _h, _previd):
        session.send(f"<failed xmlns='{SM}'{h}><item-not-found "
                     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
                     f"<failed xmlns='{SM}'{h}/>")
        return False

    place.server.resume = refuse
    place.server.acks = True
    place.cut()
    known = arrived if arrived in (1, 2, 3) else 0
    assert place.wait_bodies(*bodies[known:]) == ids[known:]
    place.all_acked()
    assert place.server.bodies == bodies + bodies[known:]
    assert place.server.binds == 2 and len(place.server.resumes) == 1
    # Without an archive nobody knows of those behind the count.
    assert [bool(line.get("may_repeat")) for line in place.lines()] == [
        n >= known for n in range(3)]


def test_a_server_that_refuses_to_count_gets_every_line_once(place):
    """Lines are kept for the count when <failed/> comes."""
    place.server.enabled = ""
    place.greet()
    bodies = [f"line {n}" for n in range(60)]
    place.write(*bodies[:20])
    writer = threading.Thread(target=place.write, args=bodies[20:40])
    writer.start()
    place.session.send(f"<failed xmlns='{SM}'/>")
    writer.join()
    place.write(*bodies[40:])
    place.wait_bodies(*bodies)
    place.server.fence(place.session)
    assert place.server.bodies == bodies
    place.session.send(f"<r xmlns='{SM}'/>")
    place.server.fence(place.session)
    assert not [text for text in place.session.log if text.startswith("<a ")]
    place.cut()
    assert place.server.binds == 2 and not place.server.resumes


# ------------------------------------------------------------------ floods

def test_a_flood_of_questions_is_answered_and_leaves_no_trace(place):
    place.come_online()
    for _ in range(20):
        place.session.send(f"<r xmlns='{SM}'/>" * 5000)
    place.server.fence(place.session, 60)
    answers = [text for text in place.session.log if text.startswith("<a ")]
    assert answers and len(set(answers)) == 1
    for _ in range(2000):
        place.server.ack(place.session)
    place.write("one")
    place.wait_body("one")
    place.all_acked()
    assert len([text for text in place.session.log if text.startswith("<r ")]) < 100


def test_a_server_that_never_acknowledges_gets_so_many_and_no_more(place):
    place.come_online()
    place.server.acks = False
    bodies = [f"line {n}" for n in range(600)]
    place.write(*bodies)
    place.until(lambda: len(place.server.bodies) >= 490, lambda: len(place.server.bodies))
    place.server.fence(place.session)
    place.server.fence(place.session)
    states = list(place.states().values())
    sent = states.count("sent")
    assert sent == len(place.server.bodies) and 490 <= sent <= 560
    assert states.count("queued") == 600 - sent
    place.cut()  # it had them all, but said so to nobody
    place.server.acks = True
    place.server.ack(place.session)
    place.until(lambda: len(place.server.bodies) >= 600, lambda: len(place.server.bodies))
    place.all_acked()
    assert place.server.bodies == bodies and place.server.binds == 1
