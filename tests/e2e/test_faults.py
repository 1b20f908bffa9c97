"""A session process whose disk fails again and again while messages come and go, against
Prosody: what was accepted arrives once and in order on both sides, what was not is refused
with a sentence, and when the disk is well again everything goes on by itself.

The session process is one with tests/backend/store/shim.c under its SQLite.
"""

import json
import os
import shutil

import pytest

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
        house.bob, house.alice = server.jid("bob"), server.jid("alice")
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
