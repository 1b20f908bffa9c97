"""What the router does when session processes die, hang or cannot be started."""

import os
import signal
import time

import pytest

from bridge_client import BridgeError
from deadline import Deadline, children_of, wait_for_end
from routerhouse import ask, info_of, pid_of


def refusal(bridge, method, **params):
    with pytest.raises(BridgeError) as caught:
        bridge.call(method, **params)
    return caught.value.code


def changed(bridge, name, match, seconds=10):
    """Waits until the router says that profile NAME is so."""
    return bridge.wait_event("profile.changed", seconds, lambda p: p["info"]["name"] == name
                             and match(p["info"]))["info"]


def is_online(info):
    return info.get("pid") and info["link"]["state"] == "online"


def test_a_killed_process_is_back_and_its_frontends_are_told(rooms):
    rooms.profile("home")
    rooms.profile("other")
    rooms.start_daemon()
    with rooms.bridge() as bridge, rooms.bridge() as other:
        bridge.call("profile.attach", profile="home")
        other.call("profile.attach", profile="other")
        before = pid_of(bridge, "home")
        held = bridge.request("presence.set", profile="home", show="online", text="hold")
        assert refusal(bridge, "presence.set", profile="home", show="online",
                       text="die") == "BACKEND_GONE"
        with pytest.raises(BridgeError) as caught:
            bridge.answer(held)
        assert caught.value.code == "BACKEND_GONE"
        changed(bridge, "home", lambda info: info["link"]["state"] == "waiting")
        changed(bridge, "home", is_online)
        bridge.wait_event("profile.resync")
        assert pid_of(bridge, "home") not in (0, before)
        # It has to attach again before anything more comes.
        ask(other, "home", "events 1 1")
        bridge.call("profile.list")
        assert all(name != "profile.notice" or row["text"] == "after"
                   for name, row in bridge.events)
        bridge.events.clear()
        bridge.call("profile.attach", profile="home")
        ask(other, "home", "events 1 1")
        assert bridge.wait_event("profile.notice",
                                 match=lambda p: p["text"].startswith("2 "))
        assert not [name for name, _ in other.events if name == "profile.resync"]


def test_calls_while_the_process_restarts_are_answered_by_the_next(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        bridge.call("roster.list", profile="home")
        before = pid_of(bridge, "home")
        bridge.request("presence.set", profile="home", show="online", text="die")
        assert wait_for_end(before, 5)
        try:
            assert bridge.call("roster.list", profile="home")["contacts"]
        except BridgeError as error:  # it was on its way before the router knew
            assert error.code == "BACKEND_GONE"
            assert bridge.call("roster.list", profile="home")["contacts"]
        assert pid_of(bridge, "home") != before


def test_a_process_that_dies_again_is_started_later(rooms):
    folder = rooms.profile("home")
    rooms.start_daemon(hurry=10)
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        rooms.profile("home", "crash")
        ask_code = refusal(bridge, "presence.set", profile="home", show="online", text="die")
        assert ask_code == "BACKEND_GONE"
        info = changed(bridge, "home", lambda info: "code 7" in info.get("problem", ""))
        assert info["link"]["state"] == "waiting"
        assert refusal(bridge, "roster.list", profile="home") in ("BUSY", "BACKEND_GONE")
        os.unlink(f"{folder}/crash")
        changed(bridge, "home", is_online, 30)
        bridge.wait_event("profile.resync")
        assert bridge.call("roster.list", profile="home")["contacts"]


def test_a_missing_program_is_said_and_tried_again(rooms):
    rooms.profile("home")
    program = rooms.path("session")
    rooms.start_daemon(hurry=10, session=program)
    with rooms.bridge() as bridge:
        assert "cannot be started" in info_of(bridge, "home")["problem"]
        assert refusal(bridge, "roster.list", profile="home") == "BUSY"
        assert refusal(bridge, "profile.create", profile="new", jid="a@b",
                       password="x") == "BUSY"
        from routerhouse import FAKE
        os.symlink(FAKE, program)
        deadline = Deadline(20)
        while not info_of(bridge, "home").get("pid"):
            assert not deadline.is_over()
        assert bridge.call("roster.list", profile="home")["contacts"]


@pytest.mark.parametrize("how", ["stopped", "asleep", "mute"])
def test_a_hung_process_is_killed_and_replaced(rooms, how):
    rooms.profile("home")
    rooms.profile("other")
    rooms.start_daemon(hurry=20)
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        bridge.call("profile.attach", profile="other")
        before, other = pid_of(bridge, "home"), pid_of(bridge, "other")
        bridge.events.clear()
        if how == "stopped":
            os.kill(before, signal.SIGSTOP)
        else:
            bridge.request("presence.set", profile="home", show="online",
                           text="hang" if how == "asleep" else "mute")
        assert bridge.call("roster.list", profile="other")["contacts"]
        assert wait_for_end(before, 20)
        bridge.wait_event("profile.resync")
        assert pid_of(bridge, "home") not in (0, before)
        assert pid_of(bridge, "other") == other


def test_a_router_that_stood_still_itself_kills_nobody(rooms):
    """It wakes up long after the answer was due, which lies unread."""
    rooms.profile("home")
    rooms.start_daemon(hurry=5)  # a ping every 4 s, 2 s for an answer
    path = f"{rooms.data}/tern/pings"

    def pings():
        if not os.path.exists(path):
            return 0
        with open(path, encoding="utf-8") as file:
            return len(file.readlines())

    def until(look, seconds):
        deadline = Deadline(seconds)
        while not look():
            assert not deadline.is_over()
            time.sleep(0.01)

    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        session, router = pid_of(bridge, "home"), rooms.daemon_pid()
        count = pings()
        until(lambda: pings() > count, 10)
        begin, count = time.monotonic(), pings()
        os.kill(session, signal.SIGSTOP)
        until(lambda: time.monotonic() > begin + 4.8, 5)  # the next question is on its way
        os.kill(router, signal.SIGSTOP)
        os.kill(session, signal.SIGCONT)
        until(lambda: pings() > count, 10)
        until(lambda: time.monotonic() > begin + 7, 8)
        os.kill(router, signal.SIGCONT)
        bridge.call("profile.list")
        until(lambda: pings() > count + 1, 10)
        assert pid_of(bridge, "home") == session
    assert "killed" not in rooms.log()


def test_a_process_that_speaks_garbage_is_replaced(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        before = pid_of(bridge, "home")
        bridge.request("presence.set", profile="home", show="online", text="garbage")
        bridge.wait_event("profile.resync")
        assert pid_of(bridge, "home") != before


def test_the_key_is_handed_to_the_successor_and_forgotten_by_lock(rooms):
    rooms.profile("home", "locked")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        assert bridge.call("roster.list", profile="home")["contacts"]
        assert info_of(bridge, "home")["is_locked"]
        assert refusal(bridge, "profile.unlock", profile="home",
                       password="x") == "WRONG_PASSWORD"
        bridge.call("profile.unlock", profile="home", password="open sesame")
        assert not info_of(bridge, "home").get("is_locked")
        bridge.call("profile.attach", profile="home")
        rooms.kill(pid_of(bridge, "home"))
        bridge.wait_event("profile.resync")
        info = info_of(bridge, "home")
        assert is_online(info) and not info.get("is_locked") and info["is_protected"]
        bridge.call("profile.lock", profile="home")
        rooms.kill(pid_of(bridge, "home"))
        bridge.wait_event("profile.resync")
        assert info_of(bridge, "home")["is_locked"]
        assert info_of(bridge, "home")["link"]["state"] == "locked"
    assert "master key" not in rooms.log() and "sesame" not in rooms.log()


def test_eight_log_in_at_once_and_the_dead_give_their_slot_back(rooms):
    for i in range(10):
        rooms.profile(f"p{i}")
    rooms.start_daemon()

    def granted(seconds=10):
        return bridge.wait_event("profile.notice", seconds,
                                 lambda p: p["text"] == "slot granted")["profile"]

    with rooms.bridge() as bridge:
        for i in range(10):
            bridge.call("profile.attach", profile=f"p{i}")
        for i in range(10):
            ask(bridge, f"p{i}", "slot")
        assert sorted(granted() for _ in range(8)) == [f"p{i}" for i in range(8)]
        bridge.call("profile.list")
        assert not [p for n, p in bridge.events if p.get("text") == "slot granted"]
        ask(bridge, "p3", "slot-back")
        assert granted() == "p8"
        rooms.kill(pid_of(bridge, "p0"))
        assert granted() == "p9"


@pytest.mark.parametrize("share, processes", [(1, 5), (2, 3), (50, 1)])
def test_profiles_share_processes_as_configured(rooms, share, processes):
    rooms.configure(profiles_per_process=share)
    for i in range(5):
        rooms.profile(f"p{i}")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        for i in range(5):
            bridge.call("roster.list", profile=f"p{i}")
        pids = {pid_of(bridge, f"p{i}") for i in range(5)}
        assert len(pids) == processes
        bridge.call("profile.attach", profile="p0")
        rooms.kill(pid_of(bridge, "p0"))
        bridge.wait_event("profile.resync")
        for i in range(5):
            assert bridge.call("roster.list", profile=f"p{i}")["contacts"]
        for i in range(5):
            bridge.call("profile.delete", profile=f"p{i}")
    daemon = rooms.daemon_pid()
    deadline = Deadline(10)
    while children_of(daemon):
        assert not deadline.is_over()


def test_a_profile_that_another_program_held_is_tried_again(rooms):
    folder = rooms.profile("home", "held")
    rooms.start_daemon(hurry=50)
    with rooms.bridge() as bridge:
        assert refusal(bridge, "roster.list", profile="home") == "IN_USE"
        os.unlink(f"{folder}/held")
        deadline = Deadline(10)
        while info_of(bridge, "home").get("problem"):
            assert not deadline.is_over()
        assert is_online(info_of(bridge, "home"))


def test_session_processes_end_with_the_router(rooms):
    for i in range(3):
        rooms.profile(f"p{i}")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        for i in range(3):
            bridge.call("roster.list", profile=f"p{i}")
    daemon = rooms.daemon_pid()
    children = children_of(daemon)
    assert len(children) == 3
    assert rooms.stop_daemon()
    for pid in children:
        assert wait_for_end(pid, 5)


def test_a_folder_that_was_taken_away_is_forgotten(rooms):
    folder = rooms.profile("home")
    rooms.profile("other")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        bridge.call("profile.attach", profile="other")
        os.rmdir(folder)
        rooms.kill(pid_of(bridge, "home"))
        event = bridge.wait_event("profile.changed", match=lambda p: p.get("is_gone"))
        assert event["info"]["name"] == "home"
        assert [row["name"] for row in bridge.call("profile.list")["profiles"]] == ["other"]
        assert info_of(bridge, "other")["is_default"]
