"""Servers that resume a session and then hear nothing in it, as Prosody 0.12 does when the
link broke within a stanza: whether it says much or nothing, the session is given up, and
what was written arrives in the next."""

import tempfile

import pytest

from certificates import Authority
from scripted_server import Gone
from sm_server import SM, place_at


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


@pytest.fixture(name="place")
def make_place(authority):
    yield from place_at(authority)


def deafen(server):
    """From the next resume on SERVER hears nothing, until another session begins."""
    resume, take = server.resume, server.take
    server.is_deaf = False

    def resume_deaf(*arguments):
        server.is_deaf = True
        return resume(*arguments)

    def take_or_not(session, text):
        server.is_deaf = server.is_deaf and not text.startswith("<enable")
        if not server.is_deaf:
            take(session, text)
    server.resume, server.on_stanza = resume_deaf, take_or_not


def chatter(place):
    """Something comes on every connection, all the time."""
    for session in list(place.server.sessions):
        if session.is_online.is_set() and not session.has_ended.is_set():
            try:
                session.send(f"<r xmlns='{SM}'/>")
            except Gone:
                pass


@pytest.mark.parametrize("is_talking", [False, True])
def test_a_session_in_which_nothing_is_heard_is_given_up(place, is_talking):
    place.come_online()
    place.bridge.call("settings.set", profile="home", name="dead_link", value="2")
    deafen(place.server)
    place.session.reset()
    place.next()
    place.write("one")

    def is_new():
        if is_talking:
            chatter(place)
        return place.server.binds == 2
    place.hasten(is_new, 20)
    assert len(place.server.resumes) <= 2
    place.until(lambda: place.server.bodies == ["one"], place.log)
    place.all_acked()


def test_an_answer_in_time_keeps_the_session(place):
    """However often the link dies soon after a resume."""
    place.come_online()
    for n in range(4):
        place.cut()
        place.write(f"body {n}")
        place.until(lambda n=n: len(place.server.bodies) > n, place.log)
        place.all_acked()
    assert place.server.binds == 1 and len(place.server.resumes) == 4
    assert place.server.bodies == [f"body {n}" for n in range(4)]
