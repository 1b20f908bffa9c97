"""Session processes and routers that hang or run out of memory: the next one resumes the
streams, nobody sees it, and other profiles are not touched."""

import os
import resource
import signal
import threading

import pytest

from bridge_client import BridgeError, Closed
from deadline import Deadline, TimedOut
from peer import Peer
from prosody import Prosody

_never = threading.Event()
ROOM = 256 * 1024


class Place:
    """Alice and Carol, both contacts of Bob, in session processes of one daemon."""

    def __init__(self, house, server, bob):
        self.house, self.server, self.bob = house, server, bob
        for name in ("alice", "carol"):
            house.create_profile(server, name, "secret", name)
            bob.wait_presence("available", server.jid(name))
        self.bridge = house.bridge()
        for name in ("alice", "carol"):
            self.bridge.call("profile.attach", profile=name)

    def info(self, name):
        return next(row for row in self.bridge.call("profile.list")["profiles"]
                    if row["name"] == name)

    def pid(self, name):
        return self.info(name).get("pid", 0)

    def log(self):
        path = os.path.join(self.house.env["XDG_STATE_HOME"], "tern", "ternd.log")
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def until(self, look, seconds=30):
        deadline = Deadline(seconds)
        while not look():
            assert not deadline.is_over(), self.log()[-3000:]
            _never.wait(0.05)

    def succeeded(self, name, before):
        """Waits for the process after BEFORE, whose stream was resumed."""
        self.until(lambda: self.pid(name) not in (0, before))
        self.until(lambda: self.info(name)["link"]["state"] == "online")
        self.bridge.call("profile.attach", profile=name)

    def send(self, name, body, seconds=30):
        return self.bridge.call("message.send", seconds, profile=name, body=body,
                                jid=self.bob.jid, token=self.bridge.token())

    def saw_nothing(self):
        """Bob saw each come, and nothing of them since."""
        for name in ("alice", "carol"):
            seen = [str(row["type"]) for row in self.bob.presences
                    if row["from"].bare == self.server.jid(name)]
            assert seen[seen.index("available"):] == ["available"], name


# After a resume Prosody 0.12 goes on with the parser of the old link, which stands within a
# stanza when a process died while it wrote; then it hears nothing, and all see us leave.
MENDED = """
module:hook("smacks-hibernation-end", function (event)
	event.resumed.data = event.origin.data;
end);
"""


@pytest.fixture(name="server")
def make_server(tmp_path):
    (tmp_path / "mod_mended.lua").write_text(MENDED, encoding="ascii")
    with Prosody(options=f'plugin_paths = {{ "{tmp_path}" }}', modules=("mended",)) as one:
        yield one


@pytest.fixture(name="place")
def make_place(house, server):
    for name in ("alice", "carol", "bob"):
        server.add_user(name, "secret")
    server.befriend("alice", "bob")
    server.befriend("carol", "bob")
    house.env["TERN_LOG"] = "info"
    # The sanitizer's own word on a lack of memory hangs for lack of memory.
    house.env["ASAN_OPTIONS"] = (house.env.get("ASAN_OPTIONS", "") +
                                 ":allocator_may_return_null=1").lstrip(":")
    house.run("ternd", "--hurry", "5")  # signs of life every 4 s, 2 s for an answer
    with Peer(server, "bob", "secret") as bob:
        place = Place(house, server, bob)
        yield place
        place.bridge.close()


def test_a_hung_process_is_succeeded_unseen(place):
    hung, other = place.pid("alice"), place.pid("carol")
    os.kill(hung, signal.SIGSTOP)
    place.bob.send(place.server.jid("alice"), "while it hangs")
    # Written while nobody answers: it waits for the next process or is asked for again.
    token = place.bridge.token()
    with pytest.raises(BridgeError) as caught:
        place.bridge.call("message.send", 60, profile="alice", body="held",
                          jid=place.bob.jid, token=token)
    assert caught.value.code == "BACKEND_GONE"
    place.succeeded("alice", hung)
    place.bridge.call("message.send", 30, profile="alice", body="held", jid=place.bob.jid,
                      token=token)
    assert place.bob.wait_message("held")
    place.until(lambda: any(
        line["body"] == "while it hangs" for line in place.bridge.call(
            "message.page", profile="alice", jid=place.bob.jid)["lines"]))
    assert place.pid("carol") == other
    assert place.log().count("sm: resumed") == 1
    place.saw_nothing()
    assert place.bob.bodies() == ["held"]


def test_a_process_without_memory_is_succeeded_unseen(place):
    full, other = place.pid("alice"), place.pid("carol")
    with open(f"/proc/{full}/statm", encoding="utf-8") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.prlimit(full, resource.RLIMIT_AS, (size + ROOM, size + ROOM))
    sent = []
    for number in range(5000):
        if place.pid("alice") != full:
            break
        try:
            place.send("alice", f"{number} " + "x" * 8000)
            sent.append(number)
        except BridgeError as error:
            assert error.code in ("BACKEND_GONE", "BUSY")
            break
    else:
        pytest.skip("there is always memory here")
    place.succeeded("alice", full)
    place.send("alice", "the end")
    assert place.bob.wait_message("the end", seconds=30)
    # What was promised came, once and in order; what was not promised may have come.
    numbers = [int(body.split()[0]) for body in place.bob.bodies() if body != "the end"]
    assert numbers == sorted(set(numbers)) and set(sent) <= set(numbers)
    assert place.pid("carol") == other
    place.saw_nothing()


# ------------------------------------------------------------------ the router

def resumed_by_the_next_router(place, before, incoming):
    """Waits for the router after BEFORE: both streams are resumed, INCOMING is there."""
    place.until(lambda: place.house.daemon_pid() not in (None, before))
    place.bridge.close()
    place.bridge = place.house.bridge()
    for name in ("alice", "carol"):
        place.until(lambda name=name: place.info(name).get("link", {}).get("state") == "online")
        place.bridge.call("profile.attach", 30, profile=name)
    place.send("alice", "behind it")
    assert place.bob.wait_message("behind it")
    place.until(lambda: [line["body"] for line in place.bridge.call(
        "message.page", profile="alice", jid=place.bob.jid)["lines"]
        if not line.get("is_own")] == [incoming])
    assert place.log().count("sm: resumed") == 2
    place.saw_nothing()


def test_a_hung_router_is_told_and_replaced_unseen(place):
    hung = place.house.daemon_pid()
    os.kill(hung, signal.SIGSTOP)
    place.bob.send(place.server.jid("alice"), "while it hangs")
    done = place.house.run("ternctl", "status", code=5, seconds=40)
    assert "does not answer" in done.stderr
    done = place.house.run("ternd", "restart", seconds=60)
    assert f"process {hung} did not answer" in done.stderr and "restarted" in done.stdout
    resumed_by_the_next_router(place, hung, "while it hangs")
    assert place.bob.bodies() == ["behind it"]


def test_a_router_without_memory_is_succeeded_unseen(place):
    full = place.house.daemon_pid()
    with open(f"/proc/{full}/statm", encoding="utf-8") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.prlimit(full, resource.RLIMIT_AS, (size + ROOM, size + ROOM))
    frontends = []
    deadline = Deadline(20)
    while place.house.daemon_pid() == full:
        assert not deadline.is_over()
        try:  # half a message each, that has to be kept
            frontends.append(place.house.bridge())
            frontends[-1].send_bytes(b"\x94\0\1\xc6\0\x3f\0\0" + b"x" * 1000000)
        except (Closed, TimedOut, OSError, KeyError):
            pass
    for frontend in frontends:
        frontend.close()
    place.bob.send(place.server.jid("alice"), "while it is gone")
    place.house.ctl("profile", "list", seconds=40)
    resumed_by_the_next_router(place, full, "while it is gone")
