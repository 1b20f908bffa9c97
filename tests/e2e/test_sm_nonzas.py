"""Odd words about a session (XEP-0198): <enabled/>, <resumed/> and <failed/> that are late,
unasked, false or broken, no answer at all, and the place where to resume. What was not asked
for is not believed, and what was said is not lost."""

import html
import random
import tempfile

import pytest

from certificates import Authority
from sm_server import BOB, SM, SmServer, place_at

FAILED = (f"<failed xmlns='{SM}'><unexpected-request "
          "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


@pytest.fixture(name="place")
def make_place(authority):
    yield from place_at(authority)


# ------------------------------------------------------------------ <enabled/>

@pytest.mark.parametrize("enabled", [
    f"<enabled xmlns='{SM}'/>", f"<enabled xmlns='{SM}' id='one'/>",
    f"<enabled xmlns='{SM}' resume='true'/>", f"<enabled xmlns='{SM}' id='' resume='true'/>",
    f"<enabled xmlns='{SM}' id='one' resume='false'/>",
    f"<enabled xmlns='{SM}' id='{'i' * 100000}' resume='true'/>",
    f"<enabled xmlns='{SM}' id='a&#10;b' resume='true'/>",
    "<enabled xmlns='urn:x' id='one' resume='true'/>"],
    ids=["bare", "no resume", "no id", "empty id", "resume='false'", "long id", "line end in id",
         "another namespace"])
def test_a_session_that_cannot_be_resumed_is_counted_and_begun_anew(place, enabled):
    place.server.enabled = enabled
    place.come_online()
    place.write("one")
    place.wait_body("one")
    if "urn:x" not in enabled:
        place.all_acked()
        place.answer_h()
    place.cut()
    place.server.fence(place.session)
    assert place.server.binds == 2 and not place.server.resumes


@pytest.mark.parametrize("resume, max_s", [("1", ""), ("true", "max='-5'"), ("true", "max='x'"),
                                           ("true", "max='99999999999999999999'")])
def test_odd_words_of_a_good_offer_are_taken(place, resume, max_s):
    place.server.enabled = f"<enabled xmlns='{SM}' id='&lt;&apos;&amp;' resume='{resume}' {max_s}/>"
    place.come_online()
    place.cut()
    place.server.fence(place.session)
    [(_, previd)] = place.server.resumes
    assert html.unescape(previd) == "<'&" and place.server.binds == 1


def test_only_the_first_offer_counts(place):
    place.come_online()
    place.session.send(f"<enabled xmlns='{SM}' id='two' resume='true'/>")
    place.server.fence(place.session)
    place.cut()
    assert [previd for _, previd in place.server.resumes] == ["one"]


def test_an_offer_that_nobody_asked_for_is_none(place):
    place.server.bound_features = ""
    place.come_online()
    place.session.send(f"<enabled xmlns='{SM}' id='two' resume='true'/>")
    place.server.fence(place.session)
    assert not [text for text in place.session.log if text.startswith("<enable")]
    place.cut()
    assert not place.server.resumes and place.server.binds == 2


def test_questions_before_the_count_began_have_no_answer(place):
    place.server.enabled = f"<r xmlns='{SM}'/>" * 10
    place.greet()
    place.server.fence(place.session)
    assert not [text for text in place.session.log if text.startswith("<a ")]
    place.session.send(f"<enabled xmlns='{SM}' id='one' resume='true'/>")
    assert place.answer_h() == 0


def test_a_server_that_never_answers_gets_every_line_once(place):
    """More than are sent without a count; the offer that comes too late is none."""
    place.house.env["TERN_HURRY"] = "15"  # 2 s
    enabled, place.server.enabled = place.server.enabled, ""
    place.greet()
    bodies = [f"line {n}" for n in range(600)]
    place.write(*bodies)
    place.until(lambda: len(place.server.bodies) == 600, lambda: len(place.server.bodies))
    assert place.server.bodies == bodies
    place.session.send(enabled)
    place.server.fence(place.session)
    assert place.server.binds == 1
    place.cut()
    assert place.server.binds == 2 and not place.server.resumes


@pytest.mark.parametrize("answer", ["", f"<failed xmlns='{SM}'/>", FAILED])
def test_lines_are_proven_otherwise_where_the_server_does_not_take_up_its_offer(place, answer):
    """By what it answers behind them: so a break does not make them come twice."""
    place.house.env["TERN_HURRY"] = "15"
    place.server.enabled = answer
    place.come_online()
    place.write("one", "two")
    place.wait_bodies("one", "two")
    place.all_acked()
    place.write("three")
    place.wait_body("three")
    place.all_acked()
    place.cut()
    place.write("four")
    place.wait_body("four")
    assert place.server.bodies == ["one", "two", "three", "four"] and place.server.binds == 2


def test_lines_are_not_asked_after_where_the_server_counts_them(place):
    place.come_online()
    place.write("one")
    place.all_acked()
    assert not [text for text in place.session.log if "urn:xmpp:ping" in text
                and 'type="get"' in text]


def test_a_line_of_the_session_before_is_not_proven_by_one_without_a_count(place):
    """What this one answers is behind its own lines only."""
    honest = place.server.answer_request

    def silent_about(name):
        def answer(session, text):
            if name not in text:
                honest(session, text)
        return answer
    place.house.env["TERN_HURRY"] = "15"
    place.server.enabled = FAILED
    place.server.answer_request = silent_about("urn:xmpp:ping")
    place.come_online()
    place.write("one")
    place.wait_body("one")
    place.server.answer_request = silent_about("disco#info")
    place.cut()
    place.session.wait("<presence")
    place.server.fence(place.session)
    assert place.states() == {"one": "sent"}


def test_a_process_that_dies_before_the_count_began_loses_nothing(place):
    enabled, place.server.enabled = place.server.enabled, ""
    place.greet()
    place.write("one", "two")
    ids = place.wait_bodies("one", "two")
    place.server.enabled = enabled
    place.house.kill(place.house.session_pids()[0])
    place.next()
    assert not place.server.resumes and place.server.binds == 2
    assert place.wait_bodies("one", "two") == ids
    place.attach()
    place.all_acked()
    assert place.server.bodies == ["one", "two"] * 2


# ------------------------------------------------------------------ <resumed/>

def test_a_resume_that_nobody_asked_for_ends_the_session(place):
    place.come_online()
    place.write("one")
    place.all_acked()
    place.session.send(f"<resumed xmlns='{SM}' previd='one' h='0'/>")
    place.next()
    assert not place.server.resumes and place.server.binds == 2


def test_a_refusal_that_nobody_asked_for_changes_nothing(place):
    place.come_online()
    place.write("one")
    place.all_acked()
    place.session.send(f"<failed xmlns='{SM}' h='0'/><failed xmlns='{SM}'/>")
    place.server.fence(place.session)
    place.cut()
    assert len(place.server.resumes) == 1 and place.server.binds == 1


def test_a_resume_of_another_session_ends_this_one(place):
    place.come_online()
    place.server.resume = lambda session, _h, _previd: session.send(
        f"<resumed xmlns='{SM}' previd='two' h='{place.server.kept}'/>")
    place.cut()
    place.hasten(lambda: place.server.binds == 2)
    assert len(place.server.resumes) == 1


def test_a_resume_without_answer_ends_in_time(place):
    """Twice, for the server may be busy; then the session is left."""
    place.house.env["TERN_HURRY"] = "15"
    place.come_online()
    place.server.acks = False
    place.write("one")
    place.wait_body("one")
    place.server.resume = lambda session, _h, _previd: session.wait("never", 60)
    place.server.acks = True
    place.session.reset()
    place.hasten(lambda: place.server.binds == 2, 30)
    place.next()
    assert len(place.server.resumes) == 2
    place.wait_body("one")
    place.all_acked()


@pytest.mark.parametrize("stanza", [
    f"<message from='{BOB}/x'><body>early</body></message>", f"<presence from='{BOB}/x'/>",
    "<iq type='get' id='early'><ping xmlns='urn:xmpp:ping'/></iq>",
    f"<message from='{BOB}/x'><body>{'x' * (1100 * 1024)}</body></message>"],
    ids=["message", "presence", "iq", "too large"])
def test_what_comes_before_the_answer_to_a_resume_ends_the_stream(place, stanza):
    place.come_online()
    place.server.resume = lambda session, h, previd: (
        session.send(stanza), place.server.honest_resume(session, h, previd))
    place.session.reset()
    place.hasten(lambda: place.server.binds == 2, 30)
    assert len(place.server.resumes) == 2
    assert not place.lines()


# ------------------------------------------------------------------ where to resume

def second(authority, first, **more):
    """A server that holds the session of FIRST, elsewhere."""
    server = SmServer(authority, **more)
    server.resume = lambda session, _h, previd: session.send(
        f"<resumed xmlns='{SM}' previd='{previd}' h='{first.kept}'/>")
    return server


@pytest.mark.parametrize("form, address", [
    ("{address}:{port}", "127.0.0.1"), ("[{address}]:{port}", "::1"), ("{address}", None),
    ("localhost:{port}", "127.0.0.1")])
def test_a_session_is_resumed_where_the_server_says(place, authority, form, address):
    own = f"127.{random.randrange(2, 250)}.{random.randrange(250)}.{random.randrange(2, 250)}"
    with second(authority, place.server, address=address or own,
                port=0 if address else 5222) as other:
        where = form.format(address=address or own, port=other.port)
        place.server.enabled = (f"<enabled xmlns='{SM}' id='one' resume='true' "
                                f"location='{where}'/>")
        place.come_online("--port", str(place.server.port))
        place.session.reset()
        place.session = other.session(20)
        place.write("there")
        place.wait_body("there")
        assert other.resumes and not place.server.resumes
        place.session.reset()
        place.session = other.session(20)
        assert len(other.resumes) == 2


@pytest.mark.parametrize("where", ["127.0.0.1:1", "nowhere.invalid", ":", "[", "]:1", "[]", "[::1",
                                   "127.0.0.1:99999", "::::", "a" * 4000, "a b"])
def test_a_place_that_is_none_is_tried_once(place, where):
    place.server.enabled = f"<enabled xmlns='{SM}' id='one' resume='true' location='{where}'/>"
    place.come_online("--port", str(place.server.port))
    place.session.reset()
    place.hasten(lambda: place.server.resumes, 40)
    place.next()
    assert len(place.server.resumes) == 1 and place.server.binds == 1


def test_a_host_set_by_hand_holds_for_a_resume(place, authority):
    with second(authority, place.server) as other:
        place.server.enabled = (f"<enabled xmlns='{SM}' id='one' resume='true' "
                                f"location='127.0.0.1:{other.port}'/>")
        place.come_online()
        place.cut()
        assert place.server.resumes and not other.sessions
