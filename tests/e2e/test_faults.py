"""A session process whose disk fails again and again while messages come and go, against
Prosody: what was accepted arrives once and in order on both sides, what was not is refused
with a sentence, and when the disk is well again everything goes on by itself.

The session process is one with tests/backend/store/shim.c under its SQLite.
"""

import json
import os
import re
import shutil

import pytest

from bridge_client import BridgeError
from deadline import Deadline
from house import BUILD, House
from peer import Peer

FULL, IO, SYNC, DEATH, READ_ONLY = range(5)
PASSING = ("BACKEND_GONE", "LOADING", "BUSY")  # the process died, or is not back yet


class FaultyHouse(House):
    """A house whose disk can be told to fail."""

    def __init__(self, tree):
        for name in ("ternd", "ternctl"):
            os.makedirs(os.path.join(tree, "bin"), exist_ok=True)
            shutil.copy(os.path.join(BUILD, "bin", name), os.path.join(tree, "bin", name))
        os.makedirs(os.path.join(tree, "libexec", "tern"))
        shutil.copy(os.path.join(BUILD, "tests", "session_faulty"),
                    os.path.join(tree, "libexec", "tern", "session"))
        self.orders = os.path.join(tree, "disk")
        super().__init__(build=tree, TERN_TEST_DISK=self.orders)

    def spoil(self, fault, every):
        """From now on each EVERY-th operation that changes the disk fails by FAULT."""
        with open(self.orders + ".new", "w", encoding="ascii") as file:
            file.write(f"{fault} {every}\n")
        os.rename(self.orders + ".new", self.orders)

    def heal(self):
        os.unlink(self.orders)


@pytest.fixture(name="town")
def make_town(tmp_path, server):
    with FaultyHouse(str(tmp_path / "tree")) as house:
        for user in ("alice", "bob"):
            server.add_user(user, "secret")
        server.befriend("alice", "bob")
        house.server, house.bob, house.alice = server, server.jid("bob"), server.jid("alice")
        house.create_profile(server, "alice", "secret")
        wait_status(house, "online")
        with Peer(server, "bob", "secret") as house.peer:
            yield house


def wait_status(house, word):
    deadline = Deadline(30)
    while word not in (text := house.run("ternctl", "status", code=None).stdout):
        assert not deadline.is_over(), text


def history(house):
    text = house.ctl("--json", "history", house.bob, "--limit", "500")
    return [json.loads(row) for row in text.splitlines()]


class Sender:
    """Sends lines over the bridge and keeps what was accepted and what was refused. A call
    whose session process died is repeated with its token."""

    def __init__(self, house):
        self.house = house
        self.bridge = house.bridge()
        self.accepted, self.refused = [], []

    def send(self, body):
        token = self.bridge.token()
        deadline = Deadline(30)
        while True:
            try:
                self.bridge.call("message.send", profile="home", token=token,
                                 jid=self.house.bob, body=body)
                self.accepted.append(body)
                return
            except Exception as problem:  # whatever code: it is looked at
                if not any(code in str(problem) for code in PASSING):
                    assert "STORAGE" in str(problem), problem
                    self.refused.append(body)
                    return
            assert not deadline.is_over()


def settle(house, sender, theirs, doubtful=()):
    """Waits until both sides have everything, and that it is what it should be. DOUBTFUL
    were refused by a commit that failed, and then the process died: nobody can know whether
    the disk had them before, as with any call that got no answer."""
    wait_status(house, "online")
    deadline = Deadline(30)
    while True:
        rows = history(house)
        own = [row for row in rows if row.get("is_own")]
        sent = [row["body"] for row in own if row["body"] not in doubtful]
        got = [row["body"] for row in rows if not row.get("is_own")]
        is_done = (got == theirs and sent == sender.accepted and
                   house.peer.bodies() == [row["body"] for row in own] and
                   all(row["state"] in ("acked", "delivered", "displayed") for row in own))
        if is_done or deadline.is_over():
            break
    assert got == theirs
    assert sent == sender.accepted
    assert house.peer.bodies() == [row["body"] for row in own]
    assert is_done, own


@pytest.mark.parametrize("is_killed", [False, True], ids=["alive", "killed"])
@pytest.mark.parametrize("fault, every", [
    (FULL, 97), (FULL, 223), (IO, 29), (IO, 71), (SYNC, 2), (SYNC, 5), (READ_ONLY, 31)])
def test_messages_come_and_go_on_a_disk_that_fails(town, fault, every, is_killed):
    sender, theirs, doubtful = Sender(town), [], set()
    town.spoil(fault, every)
    for number in range(40):
        theirs.append(f"theirs {number}")
        town.peer.send(town.alice, theirs[-1])
        sender.send(f"own {number}")
        if is_killed and number in (13, 27):
            doubtful.update(sender.refused[-1:])
            town.kill(town.session_pids()[0])
    town.heal()
    sender.send("own last")
    theirs.append("theirs last")
    town.peer.send(town.alice, theirs[-1])
    settle(town, sender, theirs, doubtful)


def test_a_disk_that_turns_read_only_is_told_and_outlived(town):
    sender = Sender(town)
    sender.send("before")
    town.peer.wait_message("before")
    town.spoil(READ_ONLY, 1)
    sender.send("meanwhile")
    assert sender.refused == ["meanwhile"]
    town.peer.send(town.alice, "theirs")
    wait_status(town, "waiting")
    assert "read-only" in town.ctl("profile", "list")
    done = town.run("ternctl", "send", town.bob, "x", code=1)
    assert "read-only" in done.stderr
    assert [row["body"] for row in history(town)] == ["before"]
    town.heal()
    settle(town, sender, ["theirs"])


def failures(house):
    """How often something could not be stored so far."""
    with open(os.path.join(house.env["XDG_STATE_HOME"], "tern", "ternd.log"),
              encoding="utf-8", errors="replace") as file:
        return len(re.findall(r"commit=failed|job=undone", file.read()))


def insist(bridge, method, **params):
    """Repeats a call, with the token it has, until it is not refused for the disk; its result,
    and how often it was refused."""
    deadline, refused = Deadline(30), 0
    while True:
        try:
            return bridge.call(method, profile="home", **params), refused
        except BridgeError as problem:
            if "STORAGE" not in str(problem):
                raise
            refused += 1
        assert not deadline.is_over()


@pytest.mark.parametrize("fault, every", [(IO, 29), (SYNC, 2), (FULL, 61)])
def test_a_call_repeated_with_its_token_sends_once(town, fault, every):
    refused = 0
    with town.bridge() as bridge:
        town.spoil(fault, every)
        wanted = []
        while len(wanted) < 8 or (not refused and len(wanted) < 100):
            number = len(wanted)
            wanted.append(f"once {number}")
            call = dict(jid=town.bob, token=bridge.token(), body=f"once {number}")
            first, times = insist(bridge, "message.send", **call)
            again, more = insist(bridge, "message.send", **call)
            refused += times + more
            assert again["id"] == first["id"]
            with pytest.raises(BridgeError, match="TOKEN_REUSED"):
                insist(bridge, "message.send", **{**call, "body": "another"})
        town.heal()
    assert refused and failures(town)
    town.peer.wait_message(wanted[-1], seconds=30)
    assert town.peer.bodies() == wanted
    assert [row["body"] for row in history(town)] == wanted


@pytest.mark.parametrize("fault, every", [(IO, 29), (SYNC, 2)])
def test_lines_are_taken_back_and_sent_again_whole(town, fault, every):
    """What was taken back is never sent, what was not is sent once; a failed line that is sent
    again arrives once."""
    nobody = town.server.jid("nobody")
    refused = 0
    with town.bridge() as bridge:
        first = bridge.call("message.send", profile="home", token=bridge.token(), jid=nobody,
                            body="to nobody")
        deadline = Deadline(20)
        while bridge.call("message.get", profile="home",
                          id=first["id"])["line"]["state"] != "failed":
            assert not deadline.is_over()
        town.ctl("disconnect")
        wait_status(town, "offline")
        ids = [bridge.call("message.send", profile="home", token=bridge.token(), jid=town.bob,
                           body=f"line {number}")["id"] for number in range(12)]
        town.server.add_user("nobody", "secret")
        town.spoil(fault, every)
        for number in range(0, 12, 2):
            taken, times = insist(bridge, "message.cancel", jid=town.bob, id=ids[number])
            assert taken["body"] == f"line {number}"
            refused += times
        refused += insist(bridge, "message.retry", id=first["id"])[1]
        town.heal()
    assert refused and failures(town)
    with Peer(town.server, "nobody", "secret") as late:
        town.ctl("connect")
        town.peer.wait_message("line 11", seconds=30)
        assert late.wait_message("to nobody", seconds=30) and late.bodies() == ["to nobody"]
    assert town.peer.bodies() == [f"line {number}" for number in range(1, 12, 2)]


@pytest.mark.parametrize("fault, every", [(IO, 29), (SYNC, 2), (FULL, 31)])
def test_an_archive_is_caught_up_with_whole(town, fault, every):
    """Pages of the archive whose storing fails are asked for again: every line once, in
    order."""
    town.peer.send(town.alice, "known")
    deadline = Deadline(20)
    while not history(town):
        assert not deadline.is_over()
    town.ctl("disconnect")
    wait_status(town, "offline")
    theirs = [f"away {number}" for number in range(120)]
    for body in theirs:
        town.peer.send(town.alice, body)
    town.spoil(fault, every)
    town.run("ternctl", "connect", code=None)
    deadline = Deadline(20)
    while failures(town) < 1:
        town.run("ternctl", "connect", code=None)
        assert not deadline.is_over()
    town.heal()
    town.ctl("connect")
    deadline = Deadline(40)
    while len(seen := [row["body"] for row in history(town)]) < 121:
        assert not deadline.is_over(), seen
    assert seen == ["known", *theirs]
