"""Client state indication (XEP-0352) over resumes, new logins and deaths, with a server that
keeps sessions: what it was told last is what is true."""

import tempfile

import pytest

from certificates import Authority
from sm_server import SmServer, place_at

INACTIVE, ACTIVE = "<inactive xmlns='urn:xmpp:csi:0'/>", "<active xmlns='urn:xmpp:csi:0'/>"


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


@pytest.fixture(name="place")
def make_place(authority):
    for place in place_at(authority):
        place.server.bound_features += "<csi xmlns='urn:xmpp:csi:0'/>"
        yield place


def last(session):
    """What SESSION was told last, None for nothing."""
    told = [text for text in session.log if "urn:xmpp:csi:0" in text]
    return told[-1] if told else None


def settled(place, resumes, wanted):
    """Waits until the present session, after RESUMES of them, was told WANTED."""
    place.server.fence(place.session)
    place.until(lambda: last(place.session) == wanted, lambda: place.session.log)
    assert len(place.server.resumes) == resumes


def test_it_is_said_again_after_each_resume(place):
    place.come_online()
    place.cut()
    settled(place, 1, ACTIVE)
    place.bridge.close()
    place.bridge = None
    settled(place, 1, INACTIVE)
    place.cut()
    settled(place, 2, INACTIVE)
    place.attach()
    settled(place, 2, ACTIVE)
    place.bridge.call("frontend.idle", is_idle=True)
    settled(place, 2, INACTIVE)
    place.cut()
    settled(place, 3, INACTIVE)
    place.bridge.call("frontend.idle", is_idle=False)
    settled(place, 3, ACTIVE)


def test_the_next_process_says_what_is_true_then(place):
    place.come_online()
    place.pids = None
    place.house.kill(place.house.session_pids()[0])
    place.next()
    settled(place, 1, ACTIVE)
    place.house.run("ternd", "restart")
    place.next()
    settled(place, 2, INACTIVE)  # everybody was sent away
    place.attach()
    settled(place, 2, ACTIVE)
