"""Disks that are full or read-only under a running daemon: what was accepted is kept, what
cannot be kept is refused with a sentence, and it goes on when the disk does.

The profiles lie on a small tmpfs of the test's own (root).
"""

import contextlib
import json
import os
import re
import resource
import subprocess

import pytest

from deadline import SLOW, Deadline, TimedOut
from house import cpu_of, switches_of
from peer import Peer


class Disk:
    """A tmpfs of SIZE at PATH."""

    def __init__(self, root, path, size="3m"):
        self.root, self.path = root, path
        self.ballast = os.path.join(path, "ballast")
        os.makedirs(path, exist_ok=True)
        owner = f"uid={os.getuid()},gid={os.getgid()}"
        self._sudo("mount", "-t", "tmpfs", "-o", f"size={size},mode=0700,{owner}", "tern-test",
                   path)

    def _sudo(self, *argv):
        subprocess.run([*self.root, *argv], check=True)

    def fill(self):
        """Leaves no byte free."""
        with open(self.ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def empty(self):
        os.unlink(self.ballast)

    def set_read_only(self, is_read_only):
        self._sudo("mount", "-o", f"remount,{'ro' if is_read_only else 'rw'}", self.path)

    def remove(self):
        self._sudo("umount", "-l", self.path)


@pytest.fixture(name="disk")
def make_disk(root, house):
    disk = Disk(root, house.data)
    yield disk
    house.stop_daemon()
    disk.remove()


@pytest.fixture(name="town")
def make_town(disk, house, server):
    for user in ("alice", "bob"):
        server.add_user(user, "secret")
    server.befriend("alice", "bob")
    house.server, house.disk = server, disk
    house.bob = server.jid("bob")
    house.create_profile(server, "alice", "secret")
    wait_status(house, "online")
    return house


def wait_status(house, word):
    deadline = Deadline(20)
    while word not in (text := house.run("ternctl", "status", code=None).stdout):
        assert not deadline.is_over(), text


def bodies(house):
    text = house.ctl("--json", "history", house.bob, "--limit", "500")
    return [json.loads(row)["body"] for row in text.splitlines()]


def send_until_refused(house):
    """Sends lines until two in a row are refused (the first time room may be made): those
    that were accepted, and the refusal."""
    sent, refused = [], 0
    for number in range(400):
        body = f"{number} " + "x" * 2000
        done = house.run("ternctl", "send", house.bob, body, code=None)
        refused = refused + 1 if done.returncode else 0
        if refused == 2:
            return sent, done
        if not refused:
            sent.append(body)
    raise AssertionError("the disk was never full")


def test_a_full_disk_refuses_with_a_sentence_and_loses_nothing(town):
    town.ctl("disconnect")
    wait_status(town, "offline")
    town.ctl("send", town.bob, "before")
    town.disk.fill()
    sent, done = send_until_refused(town)
    assert done.returncode == 1 and "disk is full" in done.stderr
    with town.bridge() as bridge:
        with pytest.raises(Exception, match="STORAGE"):
            bridge.call("message.send", profile="home", token=bridge.token(), jid=town.bob,
                        body="x" * 2000)
    assert bodies(town) == ["before", *sent], "it can still be read"
    town.disk.empty()
    town.ctl("send", town.bob, "after")
    assert bodies(town) == ["before", *sent, "after"]
    with Peer(town.server, "bob", "secret") as bob:
        town.ctl("connect")
        bob.wait_message("after")
        assert bob.bodies() == ["before", *sent, "after"]


def test_what_arrives_on_a_full_disk_is_not_lost_for_the_live(town):
    """A message that cannot be stored ends the stream; when there is room it comes back
    online by itself and goes on."""
    with Peer(town.server, "bob", "secret") as bob:
        bob.send(town.server.jid("alice"), "kept")
        deadline = Deadline(10)
        while "kept" not in bodies(town):
            assert not deadline.is_over()
        town.disk.fill()
        for number in range(100):
            bob.send(town.server.jid("alice"), f"{number} " + "x" * 2000)
        deadline = Deadline(20)
        while "disk is full" not in town.ctl("profile", "list"):
            assert not deadline.is_over(), "between two tries it says why it waits"
        town.disk.empty()
        wait_status(town, "online")
        bob.send(town.server.jid("alice"), "room again")
        deadline = Deadline(20)
        while "room again" not in (seen := bodies(town)):
            assert not deadline.is_over()
        assert seen == ["kept", *(f"{number} " + "x" * 2000 for number in range(100)),
                        "room again"]


def test_a_disk_that_is_full_now_and_then_while_messages_come_and_go(town):
    """Accepted lines arrive once and in order, refused ones never; what others wrote is all
    there, once; and nobody has to do anything for it."""
    accepted, theirs = [], []
    with Peer(town.server, "bob", "secret") as bob:
        for number in range(60):
            if number % 20 == 5:
                town.disk.fill()
            if number % 20 == 15:
                town.disk.empty()
            theirs.append(f"theirs {number} " + "y" * 1500)
            bob.send(town.server.jid("alice"), theirs[-1])
            body = f"own {number} " + "x" * 1500
            done = town.run("ternctl", "send", town.bob, body, code=None)
            if done.returncode == 0:
                accepted.append(body)
            else:
                assert "disk is full" in done.stderr
        wait_status(town, "online")
        assert len(accepted) < 60
        deadline = Deadline(30)
        while not (bob.bodies() == accepted and
                   set(bodies(town)) == {*theirs, *accepted}):
            assert not deadline.is_over()
        seen = bodies(town)
        assert [body for body in seen if body.startswith("own")] == accepted
        assert [body for body in seen if body.startswith("theirs")] == theirs


def test_a_file_that_may_not_grow_is_a_full_disk(house):
    """RLIMIT_FSIZE: no signal ends the process, and it goes on when the limit is gone."""
    secret = house.write("secret", "x")
    house.ctl("profile", "create", "home", "a@localhost", "--password-file", secret,
              "--host", "127.0.0.1", "--port", "1")
    house.bob = "bob@localhost"
    [pid] = house.session_pids()
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    house.ctl("send", house.bob, "before")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    sent, done = send_until_refused(house)
    assert done.returncode == 1 and "full" in done.stderr
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
    house.ctl("send", house.bob, "after")
    assert bodies(house) == ["before", *sent, "after"] and house.session_pids() == [pid]


def test_what_was_accepted_is_sent_when_the_disk_has_room_again(town):
    """The room ends now before, now after a message was stored, so also between storing
    and sending it. Whatever was accepted arrives without another word."""
    [pid] = town.session_pids()
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    log = os.path.join(town.data, "tern", "profiles", "home", "store.db-wal")
    accepted = []
    with Peer(town.server, "bob", "secret") as bob:
        for pages in range(16):
            limit = os.stat(log).st_size + 4096 * pages
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard))
            body = f"with {pages} pages"
            if town.run("ternctl", "send", town.bob, body, code=None).returncode == 0:
                accepted.append(body)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
        for body in accepted:
            assert bob.wait_message(body)
        assert bob.bodies() == accepted and accepted


def test_a_profile_cannot_be_made_on_a_full_disk_and_leaves_nothing(town):
    town.disk.fill()
    secret = town.path("secret")
    with open(secret, "w", encoding="ascii") as file:
        file.write("x")
    done = town.run("ternctl", "profile", "create", "other", "a@localhost", "--password-file",
                    secret, "--host", "127.0.0.1", "--port", "1", code=1)
    assert "full" in done.stderr
    town.disk.empty()
    assert town.ctl("profile", "list").count("\n") == 1
    assert os.listdir(os.path.join(town.data, "tern", "profiles")) == ["home"]
    town.ctl("profile", "create", "other", "a@localhost", "--password-file", secret,
             "--host", "127.0.0.1", "--port", "1")


def test_a_full_disk_does_not_keep_a_stored_profile_from_being_read(town):
    town.ctl("send", town.bob, "before")
    town.run("ternd", "stop")
    town.disk.fill()
    done = town.run("ternctl", "history", town.bob, code=None)
    assert "before" in done.stdout or "No space left" in done.stderr
    town.disk.empty()
    town.run("ternd", "stop", code=None)
    assert bodies(town) == ["before"]


def test_a_read_only_disk_is_told_and_left_behind(town):
    town.ctl("send", town.bob, "before", "--wait", "sent")
    town.run("ternd", "stop")
    town.disk.set_read_only(True)
    done = town.run("ternctl", "send", town.bob, "x", code=None)
    assert done.returncode in (1, 5) and "ead-only" in done.stderr
    town.disk.set_read_only(False)
    deadline = Deadline(20)
    while town.run("ternctl", "send", town.bob, "after", code=None).returncode:
        assert not deadline.is_over()
    assert bodies(town) == ["before", "after"]


def spoil(house, name="home"):
    """Overwrites the beginning of the database, so that nothing in it can be read."""
    folder = os.path.join(house.data, "tern", "profiles", name)
    with open(os.path.join(folder, "store.db"), "r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * 8000)
    return folder


def test_a_corrupt_database_is_set_aside_and_the_account_goes_on(town):
    town.run("ternd", "stop")
    folder = spoil(town)
    assert town.bob in town.ctl("roster") or wait_status(town, "online") is None
    assert [name for name in os.listdir(folder) if "corrupt" in name]
    wait_status(town, "online")
    with Peer(town.server, "bob", "secret") as bob:
        town.ctl("send", town.bob, "still here", "--wait", "sent")
        assert bob.wait_message("still here")


def test_a_locked_profile_with_a_corrupt_database_goes_on_when_unlocked(town):
    town.server.add_user("carol", "secret")
    word = town.path("word")
    with open(word, "w", encoding="ascii") as file:
        file.write("open sesame")
    town.create_profile(town.server, "carol", "secret", "safe", "--profile-password-file", word)
    town.run("ternd", "stop")
    spoil(town, "safe")
    assert town.run("ternctl", "-p", "safe", "roster", code=4).stderr
    town.ctl("-p", "safe", "connect", "--profile-password-file", word)
    deadline = Deadline(10)
    while "online" not in (text := town.ctl("-p", "safe", "status")):
        assert not deadline.is_over(), text


def test_what_a_full_disk_cannot_change_stays_as_it_was(town):
    secret = town.path("secret")
    with open(secret, "w", encoding="ascii") as file:
        file.write("another")
    town.ctl("profile", "create", "second", "a@localhost", "--password-file", secret,
             "--host", "127.0.0.1", "--port", "1")
    town.disk.fill()
    for argv in (["profile", "default", "second"],
                 ["profile", "password", "home", "--password-file", secret]):
        done = town.run("ternctl", *argv, code=1)
        assert "full" in done.stderr or "space" in done.stderr, done.stderr
    rows = town.ctl("profile", "list")
    assert "* home" in rows and "  second" in rows
    town.disk.empty()
    town.run("ternd", "stop")
    assert "* home" in town.ctl("profile", "list")
    wait_status(town, "online")


def test_a_profile_is_deleted_on_a_full_disk(town):
    town.disk.fill()
    town.ctl("profile", "delete", "home", "--yes")
    assert town.ctl("profile", "list") == ""
    assert os.listdir(os.path.join(town.data, "tern", "profiles")) == []


def test_a_full_disk_makes_nobody_spin(town):
    """Tries to come online grow rare while what waits at the server finds no room, and in
    between nothing runs. A line that can be stored ends the waiting."""
    [pid] = town.session_pids()
    with Peer(town.server, "bob", "secret") as bob, town.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        send_until_refused(fill(town))
        for number in range(3):
            bob.send(town.server.jid("alice"), f"{number} " + "y" * 5000)
        waits = [bridge.wait_event("link.changed", 60, is_waiting)["link"] for _ in range(7)]
        assert all("disk is full" in wait["reason"] for wait in waits), waits
        seconds = [wait.get("retry_in", 0) for wait in waits]
        assert seconds == sorted(seconds) and 4 <= seconds[-1] <= 30, seconds
        bridge.events.clear()
        before = cpu_of(pid), switches_of(pid), cpu_of(town.daemon_pid())
        with pytest.raises(TimedOut):
            bridge.wait_event("link.changed", seconds[-1] / 4 / SLOW)
        after = cpu_of(pid), switches_of(pid), cpu_of(town.daemon_pid())
        assert after[0] - before[0] < 0.1 and after[2] - before[2] < 0.1, (before, after)
        assert after[1] - before[1] < 50, (before, after)
        town.disk.empty()
        town.ctl("send", town.bob, "room again")
        assert bob.wait_message("room again", seconds=1.3)
        deadline = Deadline(20)
        while [body[0] for body in bodies(town) if body.endswith("y")] != ["0", "1", "2"]:
            assert not deadline.is_over()


def fill(house):
    house.disk.fill()
    return house


def is_waiting(event):
    return event["link"]["state"] == "waiting"


def test_a_terminal_says_that_the_disk_is_full_and_keeps_the_words(town):
    with town.tern() as screen, Peer(town.server, "bob", "secret") as bob:
        screen.wait("● home", 15)
        screen.line("/msg bob")
        screen.wait("bob:")
        send_until_refused(fill(town))
        words = "important words " * 200
        screen.keys("\x1b[200~" + words + "\x1b[201~")
        screen.line("end")
        screen.wait(re.compile(r"disk\s+is\s+full"), 15)
        screen.wait(re.compile(r"s\s+end"))
        town.disk.empty()
        # The sentence may be the link's: then the words come back to the line a moment later.
        deadline = Deadline(20)
        while not any("words end" in body for body in bob.bodies()):
            assert not deadline.is_over()
            screen.keys("\r")
            with contextlib.suppress(TimedOut):
                bob.wait_message(words + "end", seconds=1)
        assert sum("words end" in body for body in bob.bodies()) == 1


def test_what_was_typed_on_a_full_disk_becomes_the_draft_when_there_is_room(town):
    with town.tern() as screen, town.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        screen.wait("● home", 15)
        screen.line("/msg bob")
        screen.wait("bob:")
        send_until_refused(fill(town))
        words = "half a thought " * 300
        screen.keys("\x1b[200~" + words + "\x1b[201~")
        screen.wait("half a thought")
        screen.keys("\x1b[200~first \x1b[201~")
        town.disk.empty()
        screen.keys("\x1b[200~second\x1b[201~")
        bridge.wait_event("conversation.changed", 20, lambda event: (
            event["conversation"].get("draft") or "").endswith("first second"))


def test_the_daemon_lives_on_a_full_disk(house, disk):
    """Its own files: the log, the default, the socket's folder."""
    os.rmdir(house.env["XDG_STATE_HOME"])
    os.makedirs(os.path.join(house.data, "state"))
    house.env["XDG_STATE_HOME"] = os.path.join(house.data, "state")
    secret = house.write("secret", "x")
    house.ctl("profile", "create", "home", "a@localhost", "--password-file", secret,
              "--host", "127.0.0.1", "--port", "1")
    house.disk, house.bob = disk, "bob@localhost"
    pid = house.daemon_pid()
    send_until_refused(fill(house))
    for session in house.session_pids():
        house.kill(session)
    deadline = Deadline(20)
    while "home" not in house.run("ternctl", "profile", "list", code=None).stdout:
        assert not deadline.is_over()
    assert house.run("ternctl", "send", house.bob, "x" * 4000, code=1).stderr
    assert house.daemon_pid() == pid
    house.run("ternd", "stop")
    done = house.run("ternctl", "profile", "list", code=None)
    assert "home" in done.stdout or "space" in done.stderr, done
    disk.empty()
    house.ctl("send", house.bob, "after")
    assert bodies(house)[-1] == "after"
