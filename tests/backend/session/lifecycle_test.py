"""A profile's life in a session process, in every wrong order: whatever is asked is
answered exactly once, nothing is used after it was freed, and the process ends cleanly."""

import os
import random
import socket

import pytest

from bridge_client import BridgeError
from deadline import Deadline
from session_process import SessionProcess

PASSWORD = "open sesame"


@pytest.fixture(name="session")
def make_session():
    with SessionProcess() as one:
        yield one


def refusal(session, method, **params):
    with pytest.raises(BridgeError) as caught:
        session.call(method, **params)
    return caught.value.code


def test_an_empty_process_ends(session):
    session.end()


def test_a_profile_is_created_closed_and_opened_again(session):
    session.create()
    session.call("session.close", profile="home")
    session.call("session.open", profile="home")
    assert session.call("profile.attach", profile="home")["jid"] == "alice@localhost"
    session.end()


@pytest.mark.parametrize("protected", [False, True])
@pytest.mark.parametrize("method", ["session.close", "profile.delete", "session.end"])
def test_a_profile_is_closed_while_it_opens(session, method, protected):
    more = {"profile_password": PASSWORD} if protected else {}
    first = session.request("profile.create", profile="home", jid="alice@localhost",
                            password="secret", stay_offline=True, **more)
    if method == "session.end":
        session.end()
        assert first in session.answered
        return
    second = session.request(method, profile="home")
    third = session.request("roster.list", profile="home")
    codes = session.collect([first, second, third])
    assert codes[second] is None
    gone = session.call("session.open", profile="home") if method == "session.close" else None
    assert gone is None or gone == {}
    session.end()


def test_a_profile_is_closed_while_it_waits_for_its_folder(session):
    session.create()
    session.call("session.close", profile="home")
    with SessionProcess(data=session.folder) as other:
        other.call("session.open", profile="home")
        first = session.request("session.open", profile="home")
        second = session.request("session.close", profile="home")
        codes = session.collect([first, second], 4)
        assert codes[first] in ("BUSY", "IN_USE") and codes[second] is None
        session.end()
        other.end()


@pytest.mark.parametrize("method", ["session.close", "profile.delete", "session.end"])
def test_a_profile_is_closed_while_its_password_is_worked_on(session, method):
    session.create(profile_password=PASSWORD)
    session.call("profile.lock", profile="home")
    numbers = [session.request("profile.unlock", profile="home", password=word)
               for word in (PASSWORD, "wrong", PASSWORD)]
    if method != "session.end":
        assert session.call(method, profile="home") == {}
    session.end()
    assert all(number in session.answered for number in numbers)


def test_a_profile_is_closed_while_its_account_password_is_written(session):
    session.create(profile_password=PASSWORD)
    numbers = [session.request("profile.change", profile="home", password="new"),
               session.request("profile.change", profile="home", password="newer"),
               session.request("profile.lock", profile="home"),
               session.request("session.close", profile="home")]
    session.collect(numbers)
    session.end()


def test_locking_takes_hold_before_it_is_answered(session):
    session.create(profile_password=PASSWORD)
    session.call("profile.lock", profile="home")
    assert refusal(session, "roster.list", profile="home") == "LOCKED"
    assert session.keys["home"] in (None, b"")
    session.end()


def test_a_second_end_is_refused_and_nothing_opens_meanwhile(session):
    session.create()
    session.send([0, 1001, "session.end", {}])
    session.send([0, 1002, "session.end", {}])
    session.send([0, 1003, "session.open", {"profile": "other"}])
    session.send([0, 1004, "profile.create", {"profile": "third", "jid": "a@b",
                                              "password": "x"}])
    codes = session.collect([1001, 1002, 1003, 1004])
    assert codes[1001] is None and codes[1002] == codes[1003] == codes[1004] == "BUSY"
    assert session.process.wait(timeout=Deadline(10).left()) == 0


@pytest.mark.parametrize("method", ["session.close", "profile.delete", "session.end"])
def test_a_profile_that_waits_for_a_slot_is_closed_at_once(method):
    with SessionProcess(slots=False) as session:
        session.create(stay_offline=False, host="127.0.0.1", port=9)
        session.call("session.ping")
        assert session.asked
        if method != "session.end":
            session.call(method, profile="home")
            session.grant()
        session.end()


def test_a_refused_slot_is_asked_for_again():
    with SessionProcess(slots=False) as session:
        session.create(stay_offline=False, host="127.0.0.1", port=9)
        session.call("session.ping")
        [(number, _)] = session.asked
        session.asked.clear()
        session.events.clear()
        session.send_answer(number, None, {"code": "BUSY", "message": "not now"})
        link = session.wait_event("link.changed",
                                  match=lambda p: p["link"]["state"] == "waiting")["link"]
        assert link["reason"] == "not now"
        session.wait_event("link.changed",
                           match=lambda p: p["link"]["state"] == "resolving")
        session.call("session.ping")
        assert session.asked
        session.end()


def test_the_router_goes_in_the_middle_of_everything(session):
    session.create(profile_password=PASSWORD, stay_offline=False, host="127.0.0.1", port=9)
    session.request("profile.unlock", profile="home", password="wrong")
    session.request("profile.change", profile="home", password="new")
    session.socket.close()
    assert session.process.wait(timeout=Deadline(10).left()) == 0
    assert "runtime error" not in session.log()


def test_a_body_that_grows_over_the_limit_on_the_wire_is_refused(session):
    session.create()
    assert refusal(session, "message.send", profile="home", jid="bob@localhost",
                   body="&" * 60000, token=session.token()) == "TOO_LARGE"
    session.end()


@pytest.mark.parametrize("method, params", [
    ("presence.set", {"show": "away", "text": "x" * 300000}),
    ("roster.set", {"jid": "bob@localhost", "name": "x" * 300000}),
    ("roster.set", {"jid": "bob@localhost", "set_groups": True, "groups": ["g" * 5000]}),
    ("roster.set", {"jid": "bob@localhost", "set_groups": True, "groups": ["g"] * 5000}),
])
def test_labels_that_fit_no_stanza_are_refused(session, method, params):
    session.create()
    assert refusal(session, method, profile="home", **params) == "TOO_LARGE"
    session.end()


def steps(session, dice, count, port):
    """COUNT random requests to a few profiles; the ids of all of them."""
    names = ("a", "b", "ü.[x]")

    def one(name):
        kind = dice.choice((
            "session.open", "session.close", "profile.create", "profile.create",
            "profile.delete", "profile.lock", "profile.unlock", "link.connect",
            "link.disconnect", "link.quit", "profile.attach", "message.send",
            "message.page", "roster.list", "roster.set", "profile.change",
            "presence.set", "draft.set", "setting.set"))
        more = {
            "profile.create": lambda: {
                "jid": "alice@localhost", "password": "secret", "host": "127.0.0.1",
                "port": port, "stay_offline": dice.random() < 0.3,
                **({"profile_password": PASSWORD} if dice.random() < 0.5 else {})},
            "profile.unlock": lambda: {"password": dice.choice((PASSWORD, "no"))},
            "session.open": lambda: {"key": session.keys.get(name) or b""},
            "message.send": lambda: {"jid": "bob@localhost", "body": "hello",
                                     "token": os.urandom(16)},
            "message.page": lambda: {"jid": "bob@localhost"},
            "roster.set": lambda: {"jid": "bob@localhost", "name": "Bob"},
            "profile.change": lambda: dice.choice((
                {"password": "new"}, {"port": port}, {"jid": "bob@localhost"})),
            "presence.set": lambda: {"show": "away", "text": "gone"},
            "draft.set": lambda: {"jid": "bob@localhost", "text": "unsent"},
            "setting.set": lambda: {"name": "typing", "value": dice.choice(("yes", "no"))},
        }.get(kind, dict)()
        return session.request(kind, profile=name, **more)

    numbers = []
    for _ in range(count):
        numbers.append(one(dice.choice(names)))
        if dice.random() < 0.5:  # let it get some way
            session.collect([session.request("session.ping")
                             for _ in range(dice.randrange(1, 4))])
        if dice.random() < 0.1:
            session.collect(numbers[-1:])
        if dice.random() < 0.5:
            session.grant()
    return numbers


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_any_order_of_requests_is_answered_once_each_and_ends(start):
    # A port that takes connections and says nothing, so that logins are under way.
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        for seed in range(start, start + 50, 5):
            dice = random.Random(seed)
            with SessionProcess(slots=dice.random() < 0.6) as session:
                numbers = []
                for _ in range(5):
                    numbers += steps(session, dice, 12, port)
                if dice.random() < 0.5:
                    session.has_slots = True
                    session.grant()
                    session.collect(numbers, 40)
                session.end()
                missing = [number for number in numbers if number not in session.answered]
                assert not missing, f"seed {seed}: never answered {missing}"
