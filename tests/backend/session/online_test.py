"""The same with logins that succeed: goodbyes that take their time meet locks, closings,
changed settings and lost connections."""

import random
import re
import tempfile
import time

import pytest

from bridge_client import BridgeError
from certificates import Authority
from deadline import SLOW
from lifecycle_test import PASSWORD, refusal, steps
from scripted_server import Gone, ScriptedServer
from session_process import SessionProcess

DISCO_NS = "http://jabber.org/protocol/disco#info"
SM_NS = "urn:xmpp:sm:3"


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


class Slow(ScriptedServer):
    """Answers rosters and what it is, and to a goodbye nothing: the client has to wait for
    its limit."""

    def __init__(self, authority, dice=None, **more):
        super().__init__(authority, **more)
        self.dice = dice or random.Random(1)
        self.has_sets = True
        self.steps["online"] = self.talk

    def talk(self, session):
        session.is_online.set()
        self._online.put(session)
        while True:
            text = session.read()
            session.received.put(text)
            if "type=\"set\"" in text and self.has_sets:
                session.answer(text)
            if "type=\"get\"" in text and "jabber:iq:roster" in text:
                session.answer(text, "<query xmlns='jabber:iq:roster'>"
                                     "<item jid='bob@localhost' subscription='both'/></query>")
                session.send("<message from='bob@localhost/x'><body>hello</body></message>")
            if "type=\"get\"" in text and "disco#info" in text:
                session.answer(text, f"<query xmlns='{DISCO_NS}'/>")
            if text.startswith("</"):
                if self.dice.random() < 0.3:
                    raise Gone
                if self.dice.random() < 0.3:
                    session.send("<stream:error><x xmlns='urn:x'/></stream:error>")
                if self.dice.random() < 0.3:
                    session.send("<<<")


def account(server, **more):
    return {"host": "127.0.0.1", "port": server.port, "ca_file": server.ca_file,
            "stay_offline": False, **more}


def wait_link(session, state, seconds=20):
    return session.wait_event("link.changed", seconds,
                              lambda p: p["link"]["state"] == state)["link"]


@pytest.fixture(name="session")
def make_session():
    with SessionProcess() as one:
        yield one


@pytest.fixture(name="server")
def make_server(authority):
    with Slow(authority, random.Random(0)) as one:
        one.dice.random = lambda: 0.5  # it never answers a goodbye
        yield one


def online(session, server, **more):
    session.create(**account(server, **more))
    wait_link(session, "online")
    return server.session()


def test_a_disconnect_before_the_closing_does_not_lose_it(session, server):
    online(session, server)
    begin = time.monotonic()
    numbers = [session.request("link.disconnect", profile="home"),
               session.request("session.close", profile="home"),
               session.request("link.connect", profile="home")]
    codes = session.collect(numbers, 10)
    assert codes[numbers[1]] is None and time.monotonic() - begin < 5 * SLOW
    session.end()


def test_a_goodbye_says_what_we_have(session, server):
    """Or the server sends it back to its sender, or to us once more (XEP-0198)."""
    server.bound_features += f"<sm xmlns='{SM_NS}'/>"
    connection = online(session, server)
    connection.wait("<enable ")
    connection.send(f"<enabled xmlns='{SM_NS}' id='one' resume='true'/>"
                    "<message from='bob@localhost/x'><body>again</body></message>")
    session.wait_event("message.changed", 10, lambda p: p["line"]["body"] == "again")
    session.call("link.disconnect", profile="home")
    connection.wait("</stream")
    assert re.match(r"<a .*h='[1-9]", connection.log[-2])
    session.end()


def test_a_lock_wins_over_what_reconnects(session, server):
    online(session, server, profile_password=PASSWORD)
    numbers = [session.request("profile.change", profile="home", port=server.port),
               session.request("profile.lock", profile="home"),
               session.request("link.connect", profile="home")]
    codes = session.collect(numbers)
    assert codes[numbers[1]] is None
    wait_link(session, "locked")
    assert refusal(session, "message.page", profile="home", jid="bob@localhost") == "LOCKED"
    assert len(server.sessions) == 1
    session.call("profile.unlock", profile="home", password=PASSWORD)
    wait_link(session, "online")
    session.end()


def test_unlocking_while_the_goodbye_goes_on_connects_again(session, server):
    first = online(session, server, profile_password=PASSWORD)
    session.call("profile.lock", profile="home")
    session.call("profile.unlock", profile="home", password=PASSWORD)
    wait_link(session, "online")
    assert first.has_ended.wait(5)
    assert session.call("profile.attach", profile="home")["link"]["state"] == "online"
    session.end()


def test_a_contact_set_without_an_answer_is_told_when_the_link_ends(session, server):
    server.has_sets = False
    online(session, server)
    number = session.request("roster.set", profile="home", jid="carol@localhost")
    server.sessions[0].wait("carol")
    session.call("link.disconnect", profile="home")
    assert session.collect([number], 10)[number] == "TIMEOUT"
    session.end()


def test_a_suspended_process_leaves_without_goodbye_and_loses_nothing(session, server):
    connection = online(session, server)
    numbers = [session.request("message.send", profile="home", jid="bob@localhost",
                               token=bytes([i]) * 16, body=f"line {i}") for i in range(50)]
    connection.wait(">line 0<")
    session.end(method="session.suspend")
    assert [session.answered[number] for number in numbers] == [None] * 50
    assert connection.has_ended.wait(10)
    said = "".join(connection.log)
    assert "</stream:stream>" not in said
    states = {p["line"]["body"]: p["line"]["state"] for name, p in session.events
              if name == "message.changed"}
    assert len(states) == 51 and "sent" in states.values()  # bob's hello as well
    for body, state in states.items():
        assert (f">{body}<" in said) == (state == "sent"), body


@pytest.mark.parametrize("what", ["nothing", "locked", "offline", "logging in", "opening"])
def test_a_process_without_a_stream_is_suspended_too(session, server, what):
    if what == "logging in":
        session.has_slots = False
    if what != "nothing":
        session.create(**account(server, stay_offline=what in ("offline", "opening"),
                                 profile_password=PASSWORD))
    if what == "locked":
        session.call("profile.lock", profile="home")
    if what == "opening":
        session.call("session.close", profile="home")
        session.request("session.open", profile="home")
    session.end(method="session.suspend")


def test_deleting_an_online_profile_leaves_nothing(session, server):
    online(session, server, profile_password=PASSWORD)
    session.call("profile.delete", profile="home", seconds=10)
    with pytest.raises(BridgeError, match="NO_PROFILE"):
        session.call("session.open", profile="home")
    session.end()


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_any_order_of_requests_while_online_is_answered_once_each(authority, start):
    for seed in range(start, start + 10, 2):
        dice = random.Random(seed)
        with Slow(authority, dice) as server, SessionProcess() as session:
            for name in "ab":
                session.create(name, **account(
                    server, **({"profile_password": PASSWORD} if dice.random() < 0.6 else {})))
            numbers = []
            for _ in range(4):
                numbers += steps(session, dice, 8, server.port)
                if server.sessions and dice.random() < 0.4:
                    dice.choice(server.sessions).close()
                if dice.random() < 0.4:
                    session.collect(numbers, 40)
            session.end(30)
            missing = [number for number in numbers if number not in session.answered]
            assert not missing, f"seed {seed}: never answered {missing}"
