"""`ternd restart` with everything real, against Prosody: an upgrade that nobody sees, fifty of
them under load, and a router that dies at any moment of one."""

import json
import os
import shutil
import subprocess
import threading
import time

import pytest

from bridge_client import BridgeClient, BridgeError, Closed
from deadline import Deadline, TimedOut
from house import BUILD, House
from peer import Peer

RESTARTS = 50
MOMENTS = 40
PACE = 0.05
PASSING = {"BACKEND_GONE", "BUSY", "IN_USE", "NO_PROFILE"}
_never = threading.Event()


def install(tree, source=BUILD):
    """The programs of SOURCE in TREE, each put in place as a package manager does."""
    for name in ("bin/ternd", "bin/ternctl", "bin/tern", "libexec/tern/session"):
        path = os.path.join(tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(os.path.join(source, name), f"{path}.new")
        os.rename(f"{path}.new", path)


def until(look, seconds=20, otherwise=None):
    deadline = Deadline(seconds)
    while not (found := look()):
        assert not deadline.is_over(), otherwise() if otherwise else look
        _never.wait(0.02)
    return found


class Town:
    """Alice in a house of programs that can be replaced, and Bob, who watches her."""

    def __init__(self, tree, server, *more):
        install(tree)
        self.tree, self.server = tree, server
        self.house = House(build=tree, TERN_LOG="info")
        for user in ("alice", "bob"):
            server.add_user(user, "secret")
        server.befriend("alice", "bob")
        self.bob = Peer(server, "bob", "secret").connect()
        more = [word if word != "PROTECT" else self.house.write("word", "open sesame")
                for word in more]
        self.house.create_profile(server, "alice", "secret", "home", *more)
        self.alice = server.jid("alice")
        self.bob.wait_presence("available", self.alice)

    def close(self):
        self.bob.disconnect()
        self.house.remove()

    def log(self):
        text = ""
        for name in ("ternd.log.1", "ternd.log"):
            path = os.path.join(self.house.env["XDG_STATE_HOME"], "tern", name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read()
        return text

    def flaps(self):
        """What Bob saw of Alice's presence since she came."""
        types = [str(row["type"]) for row in self.bob.presences
                 if row["from"].bare == self.alice]
        return types[types.index("available"):]

    def restart(self):
        return self.house.run("ternd", "restart", seconds=40)

    def info(self):
        with self.house.bridge() as bridge:
            return bridge.call("profile.list")["profiles"][0]

    def is_online(self):
        return self.info().get("link", {}).get("state") == "online"

    def lines(self):
        with self.house.bridge() as bridge:
            found, more = [], {}
            while True:
                page = bridge.call("message.page", 30, profile="home", jid=self.bob.jid, **more)
                found = page.get("lines", []) + found
                if not page.get("has_more"):
                    return found
                more = {"before": page["lines"][0]["place"]}


@pytest.fixture(name="town", params=[[], ["--profile-password-file", "PROTECT"]],
                ids=["open", "protected"])
def make_town(request, server, tmp_path):
    town = Town(str(tmp_path / "tree"), server, *request.param)
    yield town
    town.close()


@pytest.fixture(name="plain")
def make_plain(server, tmp_path):
    town = Town(str(tmp_path / "tree"), server)
    yield town
    town.close()


# ------------------------------------------------------------------ an upgrade

BROKEN = {
    "bin/ternd": "#!/bin/sh\nexit 127\n",
    "libexec/tern/session": "\x7fELF, but only half of it",
}


def spoil(town, name):
    path = os.path.join(town.tree, name)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(BROKEN[name])
    os.chmod(f"{path}.new", 0o755)
    os.rename(f"{path}.new", path)


class Watch:
    """`ternctl watch`, the second who is attached; its lines are read by a thread."""

    def __init__(self, town):
        self.town = town
        self.rows = []
        self.process = town.house.start(
            ["ternctl", "--json", "--profile", "home", "watch", "message.changed"],
            stdout=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_attached()

    def wait_attached(self):
        until(lambda: self.town.info().get("attached") == 2)

    def _read(self):
        for row in self.process.stdout:
            self.rows.append(json.loads(row))

    def wait(self, body):
        until(lambda: any(body in json.dumps(row) for row in self.rows), 20,
              lambda: f"never printed {body}: {self.rows[-3:]}")


def test_an_upgrade_is_seen_by_nobody(town):
    with town.house.tern("--profile", "home") as screen:
        screen.wait("● bob")
        screen.line("/msg bob")
        watch = Watch(town)
        town.bob.send(town.alice, "before")
        watch.wait("before")
        screen.wait("before")
        screen.keys("half a sen")
        screen.wait("half a sen")
        before = town.house.daemon_pid(), town.house.session_pids()
        for name in BROKEN:
            spoil(town, name)
            with town.house.bridge() as bridge, pytest.raises(BridgeError) as caught:
                bridge.call("router.restart", 30)
            assert name in caught.value.message and "goes on as it is" in caught.value.message
            assert (town.house.daemon_pid(), town.house.session_pids()) == before
            install(town.tree)
        for number in range(3):
            shutil.rmtree(town.tree)
            install(town.tree)
            assert "restarted" in town.restart().stdout
            assert os.readlink(f"/proc/{before[0]}/exe") == os.path.join(town.tree, "bin/ternd")
            watch.wait_attached()
            town.bob.send(town.alice, f"after {number}")
            screen.wait(f"after {number}")
            watch.wait(f"after {number}")
        screen.wait("half a sen")
        screen.line("tence")
        town.bob.wait_message("half a sentence")
        screen.wait("bob: online")
        assert watch.process.poll() is None
    assert town.flaps() == ["available"]
    assert town.house.daemon_pid() == before[0]
    assert town.log().count("sm: resumed") == 3


# ------------------------------------------------------------------ under load

class Load:
    """Alice and Bob write to each other as fast as PACE allows, until stop(). Alice's calls
    are repeated with their token until they are answered."""

    def __init__(self, town):
        self.town = town
        self.sent, self.came = 0, 0
        self.problem = None
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._guard, args=[work], daemon=True)
                         for work in (self._write, self._receive)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        assert not self.problem, self.problem

    def _guard(self, work):
        try:
            work()
        except Exception as problem:
            self.problem = f"{type(problem).__name__}: {problem}"

    def _receive(self):
        while not self._stop.wait(PACE):
            self.came += 1
            self.town.bob.send(self.town.alice, f"in {self.came}")

    def _write(self):
        bridge = None
        while not self._stop.wait(PACE):
            self.sent += 1
            token, deadline = BridgeClient.token(), Deadline(60)
            while True:
                try:
                    if bridge is None:
                        self.town.house.run("ternctl", "profile", "list", code=None)
                        bridge = self.town.house.bridge()
                    bridge.call("message.send", 20, profile="home", jid=self.town.bob.jid,
                                body=f"out {self.sent}", token=token)
                    break
                except BridgeError as error:
                    assert error.code in PASSING, error
                except (Closed, OSError, KeyError):
                    bridge = None
                assert not deadline.is_over()
                _never.wait(0.02)

    def settle(self):
        """Everything is on both sides, once and in order."""
        town = self.town
        until(town.is_online, 60, lambda: town.log()[-2000:])
        outgoing = [f"out {n + 1}" for n in range(self.sent)]
        incoming = [f"in {n + 1}" for n in range(self.came)]

        def is_done():
            lines = town.lines()
            return (len(lines) >= self.sent + self.came and
                    len(town.bob.bodies()) >= self.sent and
                    all(line["state"] not in ("queued", "sent") for line in lines
                        if line.get("is_own")))
        try:
            until(is_done, 60)
        except (AssertionError, TimedOut):
            pass  # the lists say what is missing
        lines = town.lines()
        assert town.bob.bodies() == outgoing
        assert [line["body"] for line in lines if line.get("is_own")] == outgoing
        assert [line["body"] for line in lines if not line.get("is_own")] == incoming
        assert all(line["state"] == "acked" for line in lines if line.get("is_own"))


def test_fifty_restarts_under_load_lose_nothing(plain):
    pid = plain.house.daemon_pid()
    load = Load(plain)
    for number in range(RESTARTS):
        plain.restart()
        if number % 3 == 2:  # the others meet logins that are under way
            until(plain.is_online, 40, lambda: plain.log()[-2000:])
        if number == 4:
            descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    load.stop()
    assert plain.house.daemon_pid() == pid and load.sent > RESTARTS
    load.settle()
    assert plain.flaps() == ["available"]
    assert len(os.listdir(f"/proc/{pid}/fd")) <= descriptors + 2
    assert "warn" not in plain.log(), plain.log()[-2000:]


def test_a_router_killed_at_any_moment_of_a_restart_loses_nothing(plain):
    begin = time.monotonic()
    plain.restart()
    whole = time.monotonic() - begin
    load = Load(plain)
    for moment in range(MOMENTS):
        until(plain.is_online, 40, lambda: plain.log()[-2000:])
        pid = plain.house.daemon_pid()
        restart = plain.house.start(["ternd", "restart"], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
        _never.wait(whole * (moment + 1) / MOMENTS)
        plain.house.kill(pid)
        restart.wait(60)
        until(lambda: plain.house.run("ternctl", "profile", "list", code=None).returncode == 0
              and plain.house.daemon_pid(), 30)
    load.stop()
    load.settle()
    assert plain.flaps() == ["available"]
