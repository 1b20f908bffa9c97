"""Routing between frontends and session processes, with fake session processes."""

import msgpack
import pytest

from bridge_client import BridgeClient, BridgeError, Closed
from deadline import wait_for_end
from routerhouse import ask, info_of, pid_of


def names(bridge):
    return [row["name"] for row in bridge.call("profile.list").get("profiles", [])]


def refusal(bridge, method, **params):
    with pytest.raises(BridgeError) as caught:
        bridge.call(method, **params)
    return caught.value.code


def test_hello_comes_first(rooms):
    rooms.start_daemon()
    with rooms.bridge(hello=False) as bridge:
        assert refusal(bridge, "profile.list") == "NO_HELLO"
        hello = bridge.hello()
        assert hello["program"] == "ternd" and hello["pid"] == rooms.daemon_pid()
        assert len(hello["schema"]) == 16
        assert bridge.call("bridge.describe")["text"].startswith("SCHEMA")
        assert bridge.call("router.status")["frontends"] == 1


def test_another_schema_is_told_where_it_matters(rooms):
    rooms.start_daemon()
    with rooms.bridge(hello=False) as bridge:
        bridge.hello(program="older tern", schema="0" * 16)
        assert bridge.call("profile.list") == {}
        with pytest.raises(BridgeError) as caught:
            bridge.call("message.shout", profile="home")
        assert caught.value.code == "WRONG_SCHEMA" and "older tern" in caught.value.message


def test_calls_are_refused_by_their_scope(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        for method in ("message.shout", "session.end", "supervisor.key", "", "x" * 5000):
            assert refusal(bridge, method, profile="home") == "UNKNOWN_METHOD"
        assert refusal(bridge, "roster.list") == "BAD_PARAMS"
        assert refusal(bridge, "roster.list", profile=7) == "BAD_PARAMS"
        assert refusal(bridge, "roster.list", profile="a\0b") == "BAD_PARAMS"
        assert refusal(bridge, "roster.list", profile="nobody") == "NO_PROFILE"
        assert refusal(bridge, "profile.default", profile="nobody") == "NO_PROFILE"
        assert refusal(bridge, "profile.default") == "BAD_PARAMS"
        assert len(bridge.call("roster.list", profile="home")["contacts"]) == 1000


def test_profiles_are_made_listed_chosen_and_deleted(rooms):
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        assert refusal(bridge, "roster.list", profile="@DEFAULT@") == "NO_PROFILE"
        for bad in ("", "@x", "y" * 300):
            assert refusal(bridge, "profile.create", profile=bad, jid="a@b",
                           password="x") == "BAD_NAME"
        assert refusal(bridge, "profile.create", profile="a/b", jid="a@b",
                       password="x") == "BAD_NAME"
        for name in ("work", "at home", "Müller.3"):
            bridge.call("profile.create", profile=name, jid="a@b", password="x")
        assert refusal(bridge, "profile.create", profile="work", jid="a@b",
                       password="x") == "PROFILE_EXISTS"
        assert names(bridge) == sorted(["work", "at home", "Müller.3"])
        assert info_of(bridge, "work")["is_default"]
        bridge.call("profile.attach", profile="@DEFAULT@")
        bridge.call("profile.default", profile="at home")
        assert info_of(bridge, "at home")["is_default"]
        gone = bridge.call("profile.delete", profile="@DEFAULT@")
        assert gone == {}
        event = bridge.wait_event("profile.changed", match=lambda p: p.get("is_gone"))
        assert event["info"]["name"] == "at home"
        assert names(bridge) == sorted(["work", "Müller.3"])
        assert info_of(bridge, "work")["is_default"]
    rooms.stop_daemon()
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        assert names(bridge) == sorted(["work", "Müller.3"])
        assert info_of(bridge, "work")["is_default"]


def test_a_folder_that_appears_is_found(rooms):
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        rooms.profile("restored")
        bridge.call("roster.list", profile="restored")
        assert info_of(bridge, "restored")["link"]["state"] == "online"


def test_subscription_begins_with_the_attach_answer(rooms):
    rooms.profile("home")
    rooms.profile("other")
    rooms.start_daemon()
    with rooms.bridge() as one, rooms.bridge() as two:
        ask(two, "home", "events 1 1")
        answer = one.call("profile.attach", profile="home")
        assert answer["profile"] == "home"
        assert one.wait_event("profile.notice")["text"] == "after"
        ask(two, "other", "events 1 1")
        ask(two, "home", "foreign")
        ask(two, "home", "events 1 1")
        assert one.wait_event("profile.notice")["text"].startswith("2 ")
        assert info_of(two, "home")["attached"] == 1
        one.call("profile.detach", profile="home")
        ask(two, "home", "events 1 1")
        assert info_of(two, "home").get("attached", 0) == 0
        assert all(name != "profile.notice" for name, _ in one.events + two.events)


def test_answers_carry_the_callers_ids_even_doubled(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as one, rooms.bridge() as two:
        send = {"profile": "home", "token": b"x" * 16, "jid": "a@b", "body": "hi"}
        for bridge in (one, two):
            for number in (7, 7, 2**32 - 1):
                bridge.send([0, number, "message.send", send])
        for bridge in (one, two):
            assert bridge.answer(2**32 - 1)["state"] == "queued"
            assert bridge.answer(7)["state"] == "queued"


def test_a_thousand_calls_at_once_are_all_answered(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        numbers = [bridge.request("link.connect", profile="home") for _ in range(5000)]
        for number in numbers:
            bridge.answer(number)


def test_a_reader_that_sleeps_gets_one_resync_and_all_answers(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as slow, rooms.bridge() as quick:
        slow.call("profile.attach", profile="home")
        quick.call("profile.attach", profile="home")
        number = slow.request("roster.list", profile="home")
        for i in range(10):
            ask(quick, "home", "events 20 50000")
            quick.wait_event("profile.notice",
                             match=lambda p: p["text"].startswith(f"{i * 20 + 20} "))
        slow.answer(number, 30)
        slow.wait_event("profile.resync", 30)
        notices = [p for name, p in slow.events if name == "profile.notice"]
        assert len(notices) < 150
        # Nothing more until it attaches again.
        ask(quick, "home", "events 1 1")
        slow.call("profile.list")
        assert not [p for name, p in slow.events if name == "profile.resync"]
        assert [p for name, p in slow.events if name == "profile.notice"] == notices
        slow.call("profile.attach", profile="home")
        ask(quick, "home", "events 1 1")
        slow.wait_event("profile.notice", match=lambda p: p["text"].startswith("202 "))


def test_a_client_that_never_reads_is_closed_and_nobody_else_notices(rooms):
    rooms.profile("home")
    rooms.start_daemon(hurry=10)
    with rooms.bridge() as deaf, rooms.bridge() as other:
        frame = msgpack.packb([0, 1, "roster.list", {"profile": "home"}])
        deaf.socket.settimeout(20)
        try:
            while True:
                deaf.socket.sendall(frame * 100)
        except (BrokenPipeError, ConnectionResetError, TimeoutError) as error:
            assert not isinstance(error, TimeoutError)
        other.call("roster.list", 30, profile="home")
        assert other.call("router.status")["frontends"] == 1


def test_silence_before_hello_and_half_a_frame_are_closed(rooms):
    rooms.profile("home")
    rooms.start_daemon(hurry=20)
    with rooms.bridge(hello=False) as mute, rooms.bridge() as half:
        half.send_bytes(msgpack.packb([0, 9, "roster.list", {"profile": "home"}])[:-3])
        mute.wait_closed(10)
        half.wait_closed(10)
    with rooms.bridge() as bridge:
        bridge.call("roster.list", profile="home")


def test_calls_wait_until_the_profile_is_open(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        numbers = [bridge.request("roster.list", profile="@DEFAULT@") for _ in range(3)]
        for number in numbers:
            assert bridge.answer(number)["contacts"]


def test_a_profile_that_cannot_be_opened_says_why(rooms):
    folder = rooms.profile("home", "broken")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        assert refusal(bridge, "roster.list", profile="home") == "DAMAGED"
        assert "damaged" in info_of(bridge, "home")["problem"]
        import os
        os.unlink(f"{folder}/broken")
        assert bridge.call("roster.list", profile="home")["contacts"]
        assert "problem" not in info_of(bridge, "home")
        rooms.profile("home", "broken")
        bridge.call("profile.delete", profile="home")
        assert names(bridge) == []


def test_stop_if_unused(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as one, rooms.bridge() as two:
        one.call("roster.list", profile="home")
        assert not one.call("router.stop", if_unused=True).get("is_stopping")
        # The answer to link.quit comes before the state that follows from it.
        one.call("link.quit", profile="home")
        two.call("profile.attach", profile="home")
        assert not one.call("router.stop", if_unused=True).get("is_stopping")
        two.call("profile.detach", profile="home")
        one.call("profile.attach", profile="home")
        pid = rooms.daemon_pid()
        assert one.call("router.stop", if_unused=True)["is_stopping"]
        one.wait_closed()
    assert wait_for_end(pid, 5)
    rooms.run("ternd", "status", code=1)


def test_an_own_connection_end_is_noticed(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as one:
        with rooms.bridge() as two:
            two.call("profile.attach", profile="home")
            two.request("presence.set", profile="home", show="online", text="hold")
        while info_of(one, "home").get("attached"):
            pass
        assert pid_of(one, "home")


def test_garbage_ends_one_connection_only(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as other:
        with BridgeClient(rooms.daemon_file()["socket"]) as bad:
            try:
                bad.send_bytes(b"\xc1garbage")
                bad.wait_closed()
            except Closed:
                pass
        other.call("roster.list", profile="home")
