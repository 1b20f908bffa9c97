"""The router with real session processes: sharing, deaths, a private daemon beside it."""

import os
import signal
import socket
import time

import msgpack
import pytest

from bridge_client import BridgeClient, BridgeError
from deadline import SLOW, Deadline, children_of, is_alive, wait_for_end


@pytest.fixture(name="nowhere")
def make_nowhere(house):
    """A house that makes profiles whose server is not there: they wait, which is enough to
    be routed to."""
    house.run("ternd")
    return house


def create(bridge, name, **more):
    bridge.call("profile.create", profile=name, jid=f"{len(name)}@127.0.0.1", password="x",
                host="127.0.0.1", port=9, stay_offline=True, **more)


def info(bridge, name):
    return next(row for row in bridge.call("profile.list").get("profiles", [])
                if row["name"] == name)


def refusal(bridge, method, **params):
    with pytest.raises(BridgeError) as caught:
        bridge.call(method, **params)
    return caught.value.code


NAMES = ["home", "a.b", "[x]", "with space", "M\u00fcller", "x" * 64]
BAD_NAMES = ["", "@DEFAULT@", "@x", " x", "x ", "a\nb", "y" * 65, "z" * 300]


def test_profile_names(nowhere):
    with nowhere.bridge() as bridge:
        for name in NAMES + ["../x", ".", "a/b"]:
            create(bridge, name)
        for name in BAD_NAMES:
            with pytest.raises(BridgeError) as caught:
                create(bridge, name)
            assert caught.value.code in ("BAD_NAME", "PROFILE_EXISTS"), name
        with pytest.raises(BridgeError) as caught:
            create(bridge, "Mu\u0308ller")  # the NFD twin
        assert caught.value.code == "PROFILE_EXISTS"
        names = {row["name"] for row in bridge.call("profile.list")["profiles"]}
        assert names == set(NAMES) | {"../x", ".", "a/b"}
        folders = os.listdir(os.path.join(nowhere.data, "tern", "profiles"))
        assert len([one for one in folders if not one.startswith(".")]) == len(names)
        assert info(bridge, "home")["is_default"]
        for name in names:
            bridge.call("profile.delete", profile=name)
        assert bridge.call("profile.list") == {}


@pytest.mark.parametrize("share, processes", [(1, 6), (50, 1)])
def test_profiles_share_processes(house, share, processes):
    house.write("home/.config/tern/ternd.conf", f"profiles_per_process = {share}\n")
    house.run("ternd")
    with house.bridge() as bridge:
        for i in range(6):
            create(bridge, f"p{i}")
        assert len(house.session_pids()) == processes
        assert len({info(bridge, f"p{i}")["pid"] for i in range(6)}) == processes
        state = bridge.call("profile.attach", profile="p3")
        assert state["profile"] == "p3"
        house.kill(info(bridge, "p3")["pid"])
        bridge.wait_event("profile.resync")
        state = bridge.call("profile.attach", profile="p3", epoch=state["epoch"],
                            seq=state["seq"])
        for i in range(6):
            assert bridge.call("roster.list", profile=f"p{i}") == {}


@pytest.mark.parametrize("profile", ["x" * 64, "@DEFAULT@"])
def test_a_call_that_would_grow_too_large_on_its_way_harms_nobody(nowhere, profile):
    with nowhere.bridge() as bridge:
        create(bridge, "x" * 64)
        pid = info(bridge, "x" * 64)["pid"]
        for method in ("room.occupants", "roster.list"):
            frame = [0, 1000, method, {"profile": profile, "jid": "a@b", "pad": ""}]
            size = (4 << 20) - len(msgpack.packb(frame)) - 4
            frame[3]["pad"] = "x" * size
            bridge.send(frame)
            with pytest.raises(BridgeError) as caught:
                bridge.answer(1000)
            assert caught.value.code == "TOO_LARGE"
            assert bridge.call("roster.list", profile="x" * 64) == {}
        assert info(bridge, "x" * 64)["pid"] == pid


def test_a_protected_profile_needs_nobody_after_its_process_died(nowhere):
    with nowhere.bridge() as bridge:
        create(bridge, "safe", profile_password="open sesame")
        bridge.call("profile.attach", profile="safe")
        begin = time.monotonic()
        nowhere.kill(info(bridge, "safe")["pid"])
        bridge.wait_event("profile.resync")
        assert time.monotonic() - begin < 3 * float(os.environ.get("TERN_TEST_SLOW", "3"))
        assert bridge.call("roster.list", profile="safe") == {}
        bridge.call("profile.lock", profile="safe")
        assert refusal(bridge, "roster.list", profile="safe") == "LOCKED"
        dead = info(bridge, "safe")["pid"]
        nowhere.kill(dead)
        deadline = Deadline(10)
        while True:  # the old process's word, that it is locked, stands until the new one's
            now = info(bridge, "safe")
            if now.get("pid", dead) != dead and now.get("is_locked"):
                break
            assert not deadline.is_over()
        bridge.call("profile.unlock", profile="safe", password="open sesame")
        assert bridge.call("roster.list", profile="safe") == {}


def test_after_the_routers_death_it_waits_locked(nowhere):
    with nowhere.bridge() as bridge:
        create(bridge, "safe", profile_password="open sesame")
        create(bridge, "open")
    pid = nowhere.daemon_pid()
    sessions = children_of(pid)
    nowhere.kill(pid)
    for session in sessions:
        assert wait_for_end(session, 5)
    nowhere.run("ternd", "status", code=2)
    nowhere.run("ternd")
    with nowhere.bridge() as bridge:
        assert refusal(bridge, "roster.list", profile="safe") == "LOCKED"
        assert info(bridge, "safe")["is_locked"]
        assert bridge.call("roster.list", profile="open") == {}


def test_a_private_daemon_refuses_what_the_running_one_holds(nowhere):
    with nowhere.bridge() as bridge:
        create(bridge, "home")
        ours, theirs = socket.socketpair()
        child = nowhere.start(["ternd", "--embedded-fd", str(theirs.fileno())],
                              pass_fds=[theirs.fileno()])
        theirs.close()
        with BridgeClient(ours) as private:
            private.hello()
            with pytest.raises(BridgeError) as caught:
                private.call("profile.attach", 20, profile="home")
            assert caught.value.code == "IN_USE"
            assert str(info(bridge, "home")["pid"]) in caught.value.message
            create(private, "mine")
            assert private.call("roster.list", profile="mine") == {}
            assert refusal(bridge, "roster.list", profile="mine") == "IN_USE"
            assert bridge.call("roster.list", profile="home") == {}
        assert child.wait(20) == 0
        assert bridge.call("roster.list", profile="mine") == {}


def test_after_a_restart_everything_is_as_it_was(house, server):
    server.add_user("alice", "secret")
    server.add_user("bob", "secret")
    server.befriend("alice", "bob")
    password = house.write("alice.profile", "open sesame")
    house.create_profile(server, "alice", "secret", "alice", "--profile-password-file", password)
    house.create_profile(server, "bob", "secret", "bob")
    with house.bridge() as bridge, house.tern("--profile", "alice") as screen:
        screen.wait("● bob")
        pid, before = bridge.call("router.status")["pid"], info(bridge, "alice")["pid"]
        house.run("ternd", "restart")
        begin = time.monotonic()
        with house.bridge() as again:
            assert again.call("router.status")["pid"] == pid
            assert info(again, "alice")["pid"] != before
            again.call("profile.attach", profile="bob")
            deadline = Deadline(2)
            while not info(again, "alice").get("attached"):
                assert not deadline.is_over()
            assert time.monotonic() - begin < 2 * SLOW
            screen.wait("● bob")
            screen.line("/msg bob")
            screen.line("still here")
            again.wait_event("message.changed", 10,
                             lambda p: p["line"].get("body") == "still here")
        screen.wait("still here")


def test_stop_ends_every_process(nowhere):
    with nowhere.bridge() as bridge:
        for i in range(3):
            create(bridge, f"p{i}")
    pid = nowhere.daemon_pid()
    everyone = [pid, *children_of(pid)]
    assert len(everyone) == 4
    nowhere.run("ternd", "stop")
    for one in everyone:
        assert wait_for_end(one, 5)


def test_a_stopped_process_is_no_hindrance_to_the_end(nowhere):
    with nowhere.bridge() as bridge:
        create(bridge, "home")
        session = info(bridge, "home")["pid"]
    os.kill(session, signal.SIGSTOP)
    assert "stopped" in nowhere.run("ternd", "stop", seconds=40).stdout
    assert not is_alive(session)
