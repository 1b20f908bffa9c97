"""Dead links: found in time, dropped without a goodbye, and tried again at once."""

import os
import random
import signal
import threading
import time

import pytest

from deadline import SLOW, TimedOut
from online_test import Slow, account, authority, make_session, wait_link  # noqa: F401
from scripted_server import Gone


class Deaf(Slow):
    """Answers until `is_deaf` is set; then it reads on and says nothing."""

    def __init__(self, authority, **more):
        super().__init__(authority, random.Random(0), **more)
        self.dice.random = lambda: 0.0
        self.is_deaf = threading.Event()
        self.steps["online"] = self.listen

    def listen(self, session):
        session.is_online.set()
        self._online.put(session)
        while True:
            text = session.read()
            session.received.put(text)
            if self.is_deaf.is_set():
                continue
            if text.startswith("</"):
                raise Gone
            if 'type="get"' in text or 'type="set"' in text:
                session.answer(text, "<query xmlns='jabber:iq:roster'/>"
                               if "jabber:iq:roster" in text else "")


@pytest.fixture(name="server")
def make_server(authority):  # noqa: F811
    with Deaf(authority) as one:
        yield one


def option(session, name, value):
    session.call("settings.set", profile="home", name=name, value=str(value))


def send(session, number):
    session.call("message.send", profile="home", jid="bob@localhost", body=f"line {number}",
                 token=number.to_bytes(16, "big"))


def online(session, server):
    session.create(**account(server))
    wait_link(session, "online")
    connection = server.session()
    connection.wait("<presence")
    return connection


def test_a_dead_link_is_found_within_dead_link_of_what_is_said(session, server):
    connection = online(session, server)
    option(session, "dead_link", 2)
    server.is_deaf.set()
    session.events.clear()
    begin = time.monotonic()
    send(session, 1)
    link = wait_link(session, "waiting")
    spent = time.monotonic() - begin
    assert 1.9 < spent < 2.2 + SLOW, spent
    assert link["reason"] == "The server stopped answering."
    assert link.get("retry_in", 0) == 0  # at once
    server.is_deaf.clear()
    wait_link(session, "online")
    assert time.monotonic() - begin < 4 + SLOW
    assert connection.has_ended.wait(5)
    assert not any(text.startswith("</") for text in connection.log)
    session.end()


def test_talking_on_does_not_keep_it_alive(session, server):
    online(session, server)
    option(session, "dead_link", 2)
    server.is_deaf.set()
    session.events.clear()
    begin = time.monotonic()
    number = 0
    while not any(name == "link.changed" for name, _ in session.events):
        number += 1
        send(session, number)
        assert time.monotonic() - begin < 4 + SLOW
        with pytest.raises(TimedOut):
            session.wait_event("never", 0.2 / SLOW)
    server.is_deaf.clear()
    wait_link(session, "online")
    session.end()


def test_one_byte_is_answer_enough(session, server):
    connection = online(session, server)
    option(session, "dead_link", 2)
    server.is_deaf.set()
    session.events.clear()
    for number in range(1, 16):
        send(session, number)
        connection.send(" ")
        with pytest.raises(TimedOut):
            session.wait_event("never", 0.2 / SLOW)
    assert not any(name == "link.changed" for name, _ in session.events)
    server.is_deaf.clear()
    session.end()


def test_an_answer_that_lies_unread_is_one(session, server):
    """The process stands still until long after the answer was due."""
    connection = online(session, server)
    option(session, "dead_link", 3)
    server.is_deaf.set()
    session.events.clear()
    send(session, 1)
    connection.wait("line 1")
    connection.wait("urn:xmpp:ping")  # whether it arrived
    connection.wait("urn:xmpp:ping")  # whether anybody is there
    os.kill(session.process.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, session.process.pid, os.WSTOPPED)
    connection.send(" ")
    with pytest.raises(TimedOut):
        session.wait_event("never", 2 / SLOW)
    os.kill(session.process.pid, signal.SIGCONT)
    with pytest.raises(TimedOut):
        session.wait_event("link.changed", 1 / SLOW)
    server.is_deaf.clear()
    session.end()


def test_a_patient_setting_waits(session, server):
    online(session, server)
    option(session, "dead_link", 600)
    server.is_deaf.set()
    session.events.clear()
    send(session, 1)
    with pytest.raises(TimedOut):
        session.wait_event("link.changed", 3 / SLOW)
    # Then one that does not.
    option(session, "dead_link", 2)
    wait_link(session, "waiting")
    server.is_deaf.clear()
    session.end()
