"""Being seen waits for the roster and for the newest of the archive, but only so long: with a
server that answers late, by an error, or not at all."""

import re
import tempfile

import pytest

from certificates import Authority
from room_server import error
from sm_server import BOB, DISCO, ROSTER, SM, place_at

MAM = "urn:xmpp:mam:2"
CAROL = "carol@localhost"


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


class Held:
    """What comes of KIND (text in the question) is kept and not answered while this is
    closed."""

    def __init__(self, place, kind):
        self.asked = []
        self.is_closed = True
        honest = place.server.answer_request

        def answer(session, text):
            if kind in text and self.is_closed:
                self.asked.append((session, text))
            else:
                honest(session, text)
        place.server.answer_request = answer


@pytest.fixture(name="place")
def make_place(authority, request):
    hurry = getattr(request, "param", 1)
    for place in place_at(authority):
        place.house.env["TERN_HURRY"] = str(hurry)
        yield place


def hurried(times):
    """All waiting times of the session process are so many times shorter."""
    return pytest.mark.parametrize("place", [times], indirect=True, ids=["hurried"])


def begin(place):
    """Alice is online, but maybe not seen."""
    place.house.create_profile(place.server, "alice", "secret")
    place.session = place.server.session()
    return place.attach()


def contacts(place):
    rows = place.bridge.call("roster.list", profile="home")
    return {row["jid"] for row in rows.get("contacts", [])}


def is_seen(place):
    return any(text.startswith("<presence") for text in place.session.log)


def wait_notice(place):
    return place.bridge.wait_event("profile.notice", 20, match=lambda params:
                                   "who your contacts are" in params["text"])


@hurried(30)
def test_who_gets_no_roster_is_seen_with_the_stored_one_and_asks_again(place):
    begin(place)
    place.session.wait("<presence")
    place.until(lambda: contacts(place) == {BOB}, place.log)
    roster = Held(place, ROSTER)
    place.server.resume = lambda session, *_: session.send(f"<failed xmlns='{SM}'/>") or False
    place.session.reset()
    place.next()
    wait_notice(place)
    place.session.wait("<presence")
    assert contacts(place) == {BOB} and len(roster.asked) == 1
    roster.is_closed = False
    place.session.wait(rf"<query[^>]*{ROSTER}", 20)
    place.server.fence(place.session)
    assert [text for text in place.session.log if ROSTER in text][2:] == []
    assert sum(text.startswith("<presence") for text in place.session.log) == 1


def test_a_roster_that_is_refused_is_asked_for_again(place):
    roster = Held(place, ROSTER)
    begin(place)
    place.until(lambda: roster.asked, place.log)
    place.server.fence(place.session)
    assert not is_seen(place)
    session, question = roster.asked.pop()
    session.answer(question, error("internal-server-error", "wait"), "error")
    wait_notice(place)
    place.session.wait("<presence")
    # What is missing is asked for again after a resume, too.
    place.cut()
    place.until(lambda: roster.asked, place.log)
    assert contacts(place) == set()
    session, question = roster.asked.pop()
    session.answer(question, f"<query xmlns='{ROSTER}'><item jid='{CAROL}' "
                             "subscription='both'/></query>")
    place.until(lambda: contacts(place) == {CAROL}, place.log)
    place.cut()
    place.server.fence(place.session)
    assert not is_seen(place) and not roster.asked


def test_a_session_that_ends_before_its_roster_is_no_refusal(place):
    roster = Held(place, ROSTER)
    begin(place)
    place.until(lambda: roster.asked, place.log)
    place.server.resume = lambda session, *_: session.send(f"<failed xmlns='{SM}'/>") or False
    place.session.reset()
    place.next()
    place.until(lambda: len(roster.asked) == 2, place.log)
    place.server.fence(place.session)
    assert not is_seen(place)
    session, question = roster.asked.pop()
    session.answer(question, f"<query xmlns='{ROSTER}'/>")
    place.session.wait("<presence")
    assert not [name for name, _ in place.bridge.events if name == "profile.notice"]


@hurried(30)
def test_a_server_without_a_word_on_the_roster_is_asked_a_few_times(place):
    roster = Held(place, ROSTER)
    begin(place)
    place.session.wait("<presence", 30)
    place.until(lambda: len(roster.asked) == 4, place.log, 40)
    assert len({re.search(r'id="([^"]*)', text)[1] for _, text in roster.asked}) == 4


@hurried(2)
@pytest.mark.parametrize("what", [DISCO, MAM])
def test_the_process_that_resumes_waits_for_the_archive_only_so_long(place, what):
    """The one before it died before the archive told anything."""
    honest = place.server.answer_request

    def answer(session, text):
        if DISCO in text:
            session.answer(text, f"<query xmlns='{DISCO}'><feature var='{MAM}'/></query>")
        else:
            honest(session, text)
    place.server.answer_request = answer
    held = Held(place, what)
    begin(place)
    place.until(lambda: held.asked, place.log)
    place.server.fence(place.session)  # its roster is there
    place.house.kill(place.house.session_pids()[0])
    place.next()
    place.session.wait("<presence", 20)
    assert len(place.server.resumes) == 1
