"""What was accepted outlives everything: lines that wait and the tokens they came with, over
kill -9 of terminal, router and session process at once."""

import json
import os
import signal
import sqlite3

import pytest

from bridge_client import BridgeError
from deadline import Deadline, is_alive
from peer import Peer


@pytest.fixture(name="town")
def make_town(house, server):
    for user in ("alice", "bob"):
        server.add_user(user, "secret")
    server.befriend("alice", "bob")
    house.server, house.bob, house.alice = server, server.jid("bob"), server.jid("alice")
    house.create_profile(server, "alice", "secret")
    wait_status(house, "online")
    return house


def wait_status(house, word):
    deadline = Deadline(20)
    while word not in (text := house.run("ternctl", "status", code=None).stdout):
        assert not deadline.is_over(), text


def history(house):
    text = house.ctl("--json", "history", house.bob, "--limit", "500")
    return [json.loads(row) for row in text.splitlines()]


def kill_everything(house, *more):
    """kill -9 of all that is ours, the router first."""
    pids = [house.daemon_pid(), *house.session_pids(), *more]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    deadline = Deadline(10)
    while any(is_alive(pid) for pid in pids):
        assert not deadline.is_over()


def test_what_was_written_offline_is_sent_after_the_death_of_everything(town):
    deadline = Deadline(20)
    while town.bob not in town.ctl("roster"):  # online comes before the first roster
        assert not deadline.is_over()
    town.ctl("disconnect")
    wait_status(town, "offline")
    wanted = [f"by ternctl {number}" for number in range(5)]
    for body in wanted:
        town.ctl("send", town.bob, body)
    with town.tern() as screen:
        screen.line("/msg bob")
        screen.wait("bob:")
        screen.line("by tern")
        screen.wait("alice: by tern")
        wanted.append("by tern")
        deadline = Deadline(10)
        while [row["body"] for row in history(town)] != wanted:
            assert not deadline.is_over()
        kill_everything(town, screen.pid)
    assert [(row["body"], row["state"]) for row in history(town)] == [
        (body, "queued") for body in wanted]
    kill_everything(town)
    with Peer(town.server, "bob", "secret") as bob:
        town.ctl("connect")
        assert bob.wait_message("by tern", seconds=20)
        deadline = Deadline(20)
        while {row["state"] for row in history(town)} - {"acked", "delivered", "displayed"}:
            assert not deadline.is_over()
        kill_everything(town)
        town.ctl("send", town.bob, "the end")
        bob.wait_message("the end", seconds=20)
        assert bob.bodies() == [*wanted, "the end"]


def test_a_token_is_known_over_the_death_of_everything(town):
    token = os.urandom(16)
    call = dict(profile="home", token=token, jid=town.bob, body="once")
    with Peer(town.server, "bob", "secret") as bob:
        with town.bridge() as bridge:
            first = bridge.call("message.send", **call)
        kill_everything(town)
        town.ctl("profile", "list")
        with town.bridge() as bridge:
            assert bridge.call("message.send", **call)["id"] == first["id"]
            with pytest.raises(BridgeError, match="TOKEN_REUSED"):
                bridge.call("message.send", **{**call, "body": "twice"})
            bridge.call("message.send", **{**call, "body": "end", "token": os.urandom(16)})
        bob.wait_message("end", seconds=20)
        assert bob.bodies() == ["once", "end"]


def test_who_does_not_want_to_be_asked_is_not(town):
    """ask_after 0: what waited for days is sent like what waited for a second."""
    with town.bridge() as bridge:
        bridge.call("settings.set", profile="home", name="ask_after", value="0")
    town.ctl("disconnect")
    wait_status(town, "offline")
    town.ctl("send", town.bob, "days old")
    town.stop_daemon()
    path = os.path.join(town.data, "tern", "profiles", "home", "store.db")
    with sqlite3.connect(path) as store:
        store.execute("UPDATE messages SET received_ms=received_ms-?1, sent_ms=sent_ms-?1",
                      (5 * 24 * 3600 * 1000,))
    store.close()
    with Peer(town.server, "bob", "secret") as bob:
        town.ctl("connect")
        assert bob.wait_message("days old", seconds=20)
