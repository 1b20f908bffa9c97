"""Who looks, by the router's word: what the server is told of it, and auto-away."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from deadline import SLOW, TimedOut
from link_test import Deaf
from online_test import account, authority, make_session, wait_link  # noqa: F401
from session_process import SessionProcess

HURRY = 20  # a minute is three seconds, the moment of grace 150 ms


class Asked(Deaf):
    """Offers XEP-0352, answers what it is asked, and says goodbye."""

    def __init__(self, authority):
        super().__init__(authority)
        self.bound_features += "<csi xmlns='urn:xmpp:csi:0'/>"


@pytest.fixture(name="server")
def make_server(authority):  # noqa: F811
    with Asked(authority) as one:
        yield one


@pytest.fixture(name="hasty")
def make_hasty():
    with SessionProcess(TERN_HURRY=str(HURRY)) as one:
        yield one


def watch(session, active, attached=1):
    session.call("session.watch", profile="home", attached=attached, active=active)


def wait_self(session, show, is_auto, seconds=10):
    return session.wait_event("self.changed", seconds, lambda p: p["show"] == show
                              and p.get("is_auto", False) == is_auto)


def said(connection, pattern):
    return [text for text in connection.log if pattern in text]


def online(session, server):
    session.create(**account(server))
    watch(session, 1)
    wait_link(session, "online")
    return server.session()


def test_the_server_is_told_when_the_last_one_leaves_and_when_one_comes(session, server):
    connection = online(session, server)
    connection.wait("<presence")
    watch(session, 0, attached=0)
    connection.wait("<inactive xmlns=.urn:xmpp:csi:0./>")
    watch(session, 1)
    connection.wait("<active xmlns=.urn:xmpp:csi:0./>")
    session.end()


def test_a_moment_without_anybody_is_not_worth_a_word(session, server):
    connection = online(session, server)
    for _ in range(20):
        watch(session, 0, attached=0)
        watch(session, 1)
    session.end()
    assert not said(connection, "urn:xmpp:csi:0")


def test_it_is_told_again_after_each_login(session, server):
    session.create(**account(server))
    wait_link(session, "online")
    first = server.session()
    first.wait("<inactive")
    first.close()
    wait_link(session, "waiting")
    wait_link(session, "online")
    server.session().wait("<inactive")
    watch(session, 1)
    session.end()


def test_a_server_that_does_not_offer_it_is_told_nothing(session, server):
    server.bound_features = "<ver xmlns='urn:xmpp:features:rosterver'/>"
    connection = online(session, server)
    watch(session, 0)
    session.end()
    assert not said(connection, "urn:xmpp:csi:0")


def test_nothing_is_asked_behind_it(hasty, server):
    """Or the server would send what it holds back."""
    connection = online(hasty, server)
    hasty.call("message.send", profile="home", jid="bob@localhost", body="one",
               token=b"0123456789abcdef")
    connection.wait("one</body>")
    connection.wait("urn:xmpp:ping")  # whether it did arrive
    with pytest.raises(TimedOut):
        hasty.wait_event("never", 0.02)  # a byte of the same moment would prove nothing
    connection.send(" ")
    watch(hasty, 0)
    connection.wait("<inactive")
    with pytest.raises(TimedOut):
        hasty.wait_event("never", 30 / HURRY)
    assert "<inactive" in connection.log[-1]
    watch(hasty, 1)
    connection.wait("<active")
    connection.wait("urn:xmpp:ping")  # that has to arrive
    hasty.end()


def test_own_availability_is_away_after_a_while_and_comes_back(hasty, server):
    connection = online(hasty, server)
    hasty.call("settings.set", profile="home", name="auto_away", value="1")
    hasty.call("presence.set", profile="home", show="online", text="at work")
    connection.wait("at work")
    begin = time.monotonic()
    watch(hasty, 0)
    wait_self(hasty, "away", True)
    assert 2 < time.monotonic() - begin < 3 + 3 * SLOW
    away = connection.wait("<show>away</show>")
    assert "at work" in away
    state = hasty.call("profile.attach", profile="home")
    assert (state["show"], state["is_auto"], state["status_text"]) == ("away", True, "at work")
    watch(hasty, 1)
    wait_self(hasty, "online", False)
    back = connection.wait("<presence")
    assert "<show>" not in back and "at work" in back
    assert "is_auto" not in hasty.call("profile.attach", profile="home")
    hasty.end()


def stays(hasty, server, show):
    connection = online(hasty, server)
    connection.wait("<presence")
    hasty.call("settings.set", profile="home", name="auto_away", value="1")
    hasty.call("presence.set", profile="home", show=show)
    connection.wait(f"<show>{show}</show>")
    watch(hasty, 0)
    connection.wait("<inactive")
    with pytest.raises(TimedOut):
        wait_self(hasty, "away", True, 4 / SLOW)
    state = hasty.call("profile.attach", profile="home")
    assert state["show"] == show and "is_auto" not in state
    watch(hasty, 1)
    hasty.end()
    assert len(said(connection, "<show>")) == 1


CHOICES = ["away", "xa", "dnd", "chat"]


@pytest.fixture(name="choices", scope="module")
def make_choices(authority):  # noqa: F811
    """A trial of each, all at once: most of it is waiting."""
    def try_it(show):
        with Asked(authority) as server, SessionProcess(TERN_HURRY=str(HURRY)) as hasty:
            stays(hasty, server, show)
    with ThreadPoolExecutor(len(CHOICES)) as pool:
        return {show: pool.submit(try_it, show) for show in CHOICES}


@pytest.mark.parametrize("show", CHOICES)
def test_what_was_chosen_by_hand_stays(choices, show):
    choices[show].result()


def test_online_by_hand_begins_the_time_anew(hasty, server):
    online(hasty, server)
    hasty.call("settings.set", profile="home", name="auto_away", value="1")
    watch(hasty, 0)
    wait_self(hasty, "away", True)
    hasty.events.clear()
    hasty.call("presence.set", profile="home", show="online")
    wait_self(hasty, "online", False)
    wait_self(hasty, "away", True)
    hasty.end()


def test_switched_off_it_takes_itself_back(hasty, server):
    online(hasty, server)
    hasty.call("settings.set", profile="home", name="auto_away", value="1")
    watch(hasty, 0)
    wait_self(hasty, "away", True)
    hasty.call("settings.set", profile="home", name="auto_away", value="0")
    wait_self(hasty, "online", False)
    hasty.end()


def test_the_next_process_goes_on_as_away(server, hasty):
    online(hasty, server)
    hasty.call("settings.set", profile="home", name="auto_away", value="1")
    watch(hasty, 0)
    wait_self(hasty, "away", True)
    hasty.process.kill()
    hasty.process.wait()
    with SessionProcess(data=hasty.folder, TERN_HURRY=str(HURRY)) as second:
        second.call("session.open", profile="home")
        wait_link(second, "online")
        connection = server.session()
        assert "<show>away</show>" in connection.wait("<presence")
        assert second.call("profile.attach", profile="home")["is_auto"]
        watch(second, 1)
        assert "<show>" not in connection.wait("<presence")
        second.end()
