"""Servers that fail at each step of stream management (XEP-0198): what goes wrong every time is
tried less and less, and a session that cannot go on is left for a new one."""

import tempfile

import pytest

from certificates import Authority
from scripted_server import Gone
from sm_server import NO_ANSWER, SM, place_at


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


@pytest.fixture(name="place")
def make_place(authority):
    yield from place_at(authority)


def closes(session, *_):
    session.close()
    raise Gone


def resuming(text):
    """A server that answers <resume/> with TEXT."""
    def change(server):
        server.resume = lambda session, h, previd: session.send(
            text.format(h=h, previd=previd, kept=server.kept))
    return change


def resuming_by(function):
    """A server whose answer to <resume/> is FUNCTION(server, session, h, previd)."""
    def change(server):
        server.resume = lambda *answer: function(server, *answer)
    return change


def refuse(_server, session, *_):
    session.send(f"<failed xmlns='{SM}'/>")
    return False


def enabling(text):
    """A server that resumes nothing and answers <enable/> with TEXT."""
    def change(server):
        resuming_by(refuse)(server)
        server.enabled = text
    return change


def hang_up_over_enable(server):
    resuming_by(refuse)(server)
    server.on_stanza = lambda session, text: text.startswith("<enable") and closes(session)


NEVER_WELL = {
    "resumed in answer to enable": enabling(f"<resumed xmlns='{SM}' previd='one' h='0'/>"),
    "a count too high at once": enabling(
        f"<enabled xmlns='{SM}' id='one' resume='true'/><a xmlns='{SM}' h='4000000'/>"),
    "hangs up when asked to count": hang_up_over_enable,
    "stream error when asked to count": enabling(NO_ANSWER),
    "hangs up when asked to resume": resuming_by(lambda _, session, *more: closes(session)),
    "hangs up after the resume": resuming_by(
        lambda server, *answer: (server.honest_resume(*answer), closes(answer[0]))),
}
ONCE_WELL = {
    "stream error when asked to resume": resuming(NO_ANSWER),
    "another previd": resuming(f"<resumed xmlns='{SM}' previd='x' h='{{kept}}'/>"),
    "ill-formed after the resume":
        resuming(f"<resumed xmlns='{SM}' previd='{{previd}}' h='{{kept}}'/><a></b>"),
    "enabled in answer to resume":
        resuming(f"<enabled xmlns='{SM}' id='x' resume='true'/><presence/>"),
}


@pytest.mark.parametrize("what", NEVER_WELL)
def test_what_goes_wrong_every_time_is_tried_less_and_less(place, what):
    place.come_online()
    place.bridge.events.clear()
    NEVER_WELL[what](place.server)
    before = len(place.server.sessions)
    place.session.reset()
    waits = []
    while not waits or waits[-1] < 2:
        link = place.bridge.wait_event("link.changed", 20)["link"]
        if link["state"] == "waiting":
            waits.append(link.get("retry_in", 0))
    tries = len(place.server.sessions) - before
    assert waits[0] == 0 and waits == sorted(waits) and len(waits) <= 4
    assert tries == len(waits) - 1


@pytest.mark.parametrize("what", ONCE_WELL)
def test_a_session_that_cannot_be_resumed_is_left_soon(place, what):
    place.come_online()
    ONCE_WELL[what](place.server)
    before = len(place.server.sessions)
    place.session.reset()
    place.until(lambda: place.server.binds == 2, place.log, 20)
    assert len(place.server.sessions) - before <= 3
    place.write("one")
    place.until(lambda: place.server.bodies == ["one"], place.log)
    place.all_acked()
