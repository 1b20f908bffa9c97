"""Stanzas that kill (XEP-0198): in the server's queue, where two bad ends or two deaths at one
count begin a new session, and in ours, where the first of the queue at two stream errors
fails alone."""

import tempfile

import pytest

from certificates import Authority
from scripted_server import Gone
from sm_server import BOB, NO_ANSWER, STREAM_ERRORS, place_at


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


@pytest.fixture(name="place")
def make_place(authority):
    yield from place_at(authority)


# ------------------------------------------------------------------ in the server's queue

POISON_IN = {
    "ill-formed": f"<message from='{BOB}/x'><body>poison</bod></message>",
    "forbidden": f"<message from='{BOB}/x'><body>\x01</body></message>",
    "doctype": "<!DOCTYPE x>",
    "error": NO_ANSWER,
}


@pytest.mark.parametrize("kind", POISON_IN)
def test_poison_in_the_queue_of_the_server_is_met_twice(place, kind):
    place.come_online()
    place.server.acks = False
    place.write("one")
    place.wait_body("one")
    place.server.replay = POISON_IN[kind]
    place.session.reset()
    place.hasten(lambda: place.server.binds == 2, 30)
    assert len(place.server.resumes) == 2
    assert len({h for h, _ in place.server.resumes}) == 1
    place.until(lambda: len(place.server.bodies) > 1, place.log)
    place.server.ack(place.server.sessions[-1])
    place.all_acked()
    assert place.server.bodies == ["one", "one"]


def test_bad_ends_at_other_counts_do_not_add_up(place):
    """Each time something arrives before the link ends badly."""
    place.come_online()
    place.server.replay = f"<message from='{BOB}/x'><body>fine</body></message><!DOCTYPE x>"
    place.session.reset()
    place.hasten(lambda: len(place.server.resumes) >= 5, 40)
    place.server.replay = ""
    place.hasten(lambda: place.attach()["link"]["state"] == "online")
    assert place.server.binds == 1
    heights = [h for h, _ in place.server.resumes]
    assert heights == sorted(set(heights))


def test_two_deaths_at_one_count_begin_anew(place):
    """What the server repeats kills the process before it is counted."""
    place.come_online()
    place.pids = None
    begin = place.answer_h()
    place.server.acks = False  # nothing comes behind what it repeats
    place.write("one")
    ident = place.wait_body("one")
    for n in range(2):
        place.server.kept -= 1
        place.house.kill(place.house.session_pids()[0])
        place.next()
        assert len(place.server.resumes) == 1 and place.server.binds == n + 1
        assert place.wait_body("one") == ident
    assert place.server.resumes == [(begin, "one")]
    place.attach()
    place.server.ack(place.session)
    place.all_acked()


def test_deaths_at_other_counts_do_not_add_up(place):
    place.come_online()
    place.pids = None
    for n in range(3):
        place.server.acks = False
        place.session.send(f"<message from='{BOB}/x'><body>in {n}</body></message>")
        place.answer_h()
        place.house.kill(place.house.session_pids()[0])
        place.next()
    assert place.server.binds == 1 and len(place.server.resumes) == 3


# ------------------------------------------------------------------ in ours

def choke(server, word, condition="policy-violation", times=1 << 30):
    """The server does not take what holds WORD: so many times that it sees it, it ends the
    stream for that CONDITION."""
    take = server.take

    def take_or_choke(session, text):
        if f">{word}<" in text and server.bodies.count(word) < times:
            server.bodies.append(word)
            session.send(f"<stream:error><{condition} xmlns='{STREAM_ERRORS}'/>"
                         "</stream:error></stream:stream>")
            session.close()
            raise Gone
        take(session, text)

    server.on_stanza = take_or_choke


def test_poison_of_ours_fails_by_itself(place):
    server = place.come_online().server
    choke(server, "poison")
    place.write("before", "poison", "after 1", "after 2")
    place.hasten(lambda: "after 2" in server.bodies, 30)
    place.until(lambda: place.states()["after 2"] == "acked", place.states)
    assert place.states() == {"before": "acked", "poison": "failed", "after 1": "acked",
                              "after 2": "acked"}
    assert server.bodies == ["before", "poison", "poison", "after 1", "after 2"]
    reason = next(line["reason"] for line in place.lines() if line["body"] == "poison")
    assert "policy-violation" in reason
    assert [line["body"] for line in place.lines()] == ["before", "poison", "after 1", "after 2"]


@pytest.mark.parametrize("condition", ["system-shutdown", "reset", "connection-timeout",
                                       "resource-constraint"])
def test_a_server_that_only_goes_away_fails_no_line(place, condition):
    server = place.come_online().server
    choke(server, "one", condition, times=3)
    place.write("one")
    place.hasten(lambda: len(server.bodies) == 4, 30)
    place.all_acked()
    assert server.bodies == ["one"] * 4
