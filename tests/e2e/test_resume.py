"""Sessions that outlive their processes and links (XEP-0198), against Debian's Prosody and
ejabberd: resumed with no presence flap, nothing lost, nothing twice, all in order."""

import os
import random
import threading

import pytest

from bridge_client import BridgeError
from cable import Cable
from deadline import Deadline, wait_for_end
from ejabberd import Ejabberd
from house import House
from peer import Peer
from prosody import Prosody

_never = threading.Event()


class Behind:
    """SERVER as seen through CABLE, for House.create_profile."""

    def __init__(self, server, cable):
        self.server, self.port, self.ca_file = server, cable.port, server.ca_file
        self.jid = server.jid


class Flat:
    """Alice in a house whose link to SERVER is a cable; Bob, her contact, is online."""

    def __init__(self, house, server, cable):
        self.house, self.server, self.cable = house, server, cable
        self.house.env["TERN_LOG"] = "info"
        self.bob = Peer(server, "bob", "bob's secret")
        self.bridge = None
        self.sent = 0

    def come_online(self, *more):
        """Alice and Bob online, each seen by the other."""
        self.bob.connect()
        self.house.create_profile(Behind(self.server, self.cable), "alice", "alice's secret",
                                  "home", *more)
        self.bob.wait_presence("available", self.server.jid("alice"))
        self.attach()
        bob = self.server.jid("bob")
        self.until(lambda: any(row[0] == bob for row in self.presences()),
                   "Bob is never seen online")
        return self

    def attach(self):
        if self.bridge:
            self.bridge.close()
        if not self.house.daemon_pid():
            self.house.ctl("profile", "list")
        self.bridge = self.house.bridge()
        return self.bridge.call("profile.attach", profile="home", seconds=30)

    @staticmethod
    def until(look, otherwise, seconds=20):
        deadline = Deadline(seconds)
        while not (found := look()):
            assert not deadline.is_over(), otherwise() if callable(otherwise) else otherwise
            _never.wait(0.02)
        return found

    @staticmethod
    def moment(look, seconds):
        """Waits for LOOK, but no longer than SECONDS: whatever comes first will do."""
        deadline = Deadline(seconds)
        while not look() and not deadline.is_over():
            _never.wait(0.002)

    def log(self):
        path = os.path.join(self.house.env["XDG_STATE_HOME"], "tern", "ternd.log")
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def resumes(self):
        return self.log().count("sm: resumed")

    def resumed(self, count, seconds=20):
        """Waits until the session was resumed COUNT times in all."""
        self.until(lambda: self.resumes() >= count,
                   lambda: f"not resumed {count} times: {self.log()[-3000:]}", seconds)

    def address(self):
        return self.attach()["link"].get("address")

    def presences(self):
        rows = self.bridge.call("roster.list", profile="home").get("presences", [])
        return sorted((row["jid"], row.get("resource"), row["show"]) for row in rows)

    def write(self, count):
        """Sends COUNT numbered lines to Bob; again, by the same token, where the process died
        over it."""
        for _ in range(count):
            self.sent += 1
            token = self.bridge.token()
            while True:
                try:
                    self.bridge.call("message.send", profile="home", jid=self.bob.jid,
                                     body=f"out {self.sent}", token=token, seconds=30)
                    break
                except BridgeError as error:
                    assert error.code == "BACKEND_GONE"

    def all_arrived(self, incoming):
        """What was written reached Bob once and in order, and INCOMING did Alice."""
        wanted = [f"out {n + 1}" for n in range(self.sent)]
        self.until(lambda: len(self.bob.bodies()) >= len(wanted) and self.is_acked(),
                   lambda: f"Bob has {self.bob.bodies()[-5:]}, lines {self.lines()[-5:]}")
        self.until(lambda: len(self.received()) >= incoming, lambda: f"{self.received()}")
        assert self.bob.bodies() == wanted
        assert self.received() == [f"in {n + 1}" for n in range(incoming)]

    def lines(self):
        lines, more = [], {}
        while True:
            page = self.bridge.call("message.page", profile="home", jid=self.bob.jid,
                                    seconds=30, **more)
            lines = page.get("lines", []) + lines
            if not page.get("has_more"):
                return lines
            more = {"before": page["lines"][0]["place"]}

    def is_acked(self):
        return all(line["state"] not in ("queued", "sent") for line in self.lines()
                   if line.get("is_own"))

    def received(self):
        return [line["body"] for line in self.lines() if not line.get("is_own")]

    def flaps(self):
        """What Bob saw of Alice's presence since she came: their types."""
        types = [str(row["type"]) for row in self.bob.presences
                 if row["from"].bare == self.server.jid("alice")]
        return types[types.index("available"):]

    def session_pid(self):
        return self.until(self.house.session_pids, "no session process")[0]

    def connect_now(self):
        self.bridge.call("link.connect", profile="home")

    def close(self):
        if self.bridge:
            self.bridge.close()
        self.bob.disconnect()


def flat_at(server, users=True, **env):
    """A Flat at SERVER, with everything that it needs; a generator for fixtures."""
    if users:
        server.add_user("alice", "alice's secret", {"bob": "both"})
        server.add_user("bob", "bob's secret", {"alice": "both"})
    with House(**env) as house, Cable(server.port) as cable:
        flat = Flat(house, server, cable)
        yield flat
        flat.close()


@pytest.fixture(name="flat")
def make_flat(server):
    yield from flat_at(server)


@pytest.fixture(name="home", params=[Prosody, Ejabberd])
def make_home(request):
    """A Flat at each of the servers."""
    with request.param() as server:
        yield from flat_at(server)


# ------------------------------------------------------------------ processes

def test_a_killed_process_is_succeeded_unseen(home):
    home.come_online()
    before, address, seen = home.presences(), home.address(), home.flaps()
    for n in range(3):
        pid = home.session_pid()
        home.write(2)
        home.house.kill(pid)
        home.bob.send(home.server.jid("alice"), f"in {2 * n + 1}")
        home.bob.send(home.server.jid("alice"), f"in {2 * n + 2}")
        home.write(3)
        home.resumed(n + 1)
    home.all_arrived(6)
    assert home.presences() == before and home.address() == address
    assert home.flaps() == seen
    assert "online" in home.house.ctl("roster")


def test_the_screen_shows_the_same_contacts_over_a_kill(home):
    """Each look at it: what is proven while there is a link, else that nothing is."""
    home.come_online()
    screen = home.house.tern()
    screen.wait("● home")
    screen.line("/contacts")
    screen.wait(f"● bob  {home.bob.jid}")
    row = screen.settle().find(home.bob.jid)
    before = screen.row(row)
    for n in range(2):
        home.house.kill(home.session_pid())
        while home.resumes() <= n:
            seen = screen.settle(0.02, 1).row(row)
            assert seen in (before, before.replace("●", "○")), screen.text()
        screen.wait(lambda one: one.find("● home") and one.row(row) == before)
        home.write(1)
        home.all_arrived(0)
        assert screen.settle().row(row) == before, screen.text()


def test_idle_processes_may_die_as_often_as_they_like(flat):
    flat.come_online()
    seen = flat.flaps()
    for n in range(4):
        flat.house.kill(flat.session_pid())
        flat.resumed(n + 1)
        flat.until(lambda: flat.attach()["link"]["state"] == "online", "offline")
        flat.write(1)
        flat.until(flat.is_acked, "not acknowledged")
    assert flat.flaps() == seen and flat.presences()


def test_a_killed_router_takes_no_session_with_it(flat):
    flat.come_online()
    before, seen = flat.presences(), flat.flaps()
    flat.write(1)
    flat.house.kill(flat.house.daemon_pid())
    flat.bob.send(flat.server.jid("alice"), "in 1")
    flat.attach()
    flat.resumed(1)
    flat.write(1)
    flat.all_arrived(1)
    assert flat.presences() == before and flat.flaps() == seen


@pytest.mark.parametrize("is_protected", [False, True])
def test_a_restart_is_seen_by_nobody(flat, is_protected):
    more = (["--profile-password-file", flat.house.write("word", "open sesame")]
            if is_protected else [])
    flat.come_online(*more)
    before, seen, address = flat.presences(), flat.flaps(), flat.address()
    for n in range(3):
        flat.write(2)
        flat.bob.send(flat.server.jid("alice"), f"in {n + 1}")
        flat.house.run("ternd", "restart")
        flat.attach()
        flat.resumed(n + 1)
    flat.all_arrived(3)
    assert flat.presences() == before and flat.flaps() == seen
    assert flat.address() == address


def test_a_killed_terminal_is_no_matter_of_the_session(flat):
    flat.come_online()
    screen = flat.house.tern()
    screen.wait("bob")
    flat.house.kill(screen.pid)
    flat.write(1)
    flat.all_arrived(0)
    assert flat.resumes() == 0 and flat.cable.count == 1


# ------------------------------------------------------------------ links

def test_a_cut_link_is_resumed_again_and_again(home):
    flat = home.come_online()
    before, seen = flat.presences(), flat.flaps()
    for n in range(6):
        flat.write(2)
        flat.cable.reset()
        flat.bob.send(flat.server.jid("alice"), f"in {n + 1}")
        flat.write(2)
        flat.connect_now()
        flat.resumed(n + 1)
    flat.all_arrived(6)
    assert flat.presences() == before and flat.flaps() == seen
    assert "discarded" not in flat.log() and "given up" not in flat.log()


def test_cuts_at_every_moment_of_a_resume(flat):
    """The link breaks again when a few bytes of the resume have passed."""
    flat.come_online()
    seen = flat.flaps()
    chance = random.Random(7)
    for n in range(12):
        flat.write(1)
        flat.bob.send(flat.server.jid("alice"), f"in {n + 1}")
        flat.cable.reset()
        flat.connect_now()
        limit = flat.cable.bytes_down + chance.randrange(6000)
        flat.moment(lambda: flat.cable.bytes_down > limit, 0.3)
    flat.connect_now()
    flat.all_arrived(12)
    assert flat.flaps() == seen


def test_a_link_that_fell_silent_is_found_and_resumed(server):
    for flat in flat_at(server, TERN_HURRY="20"):
        flat.come_online()
        flat.write(1)
        flat.until(flat.is_acked, "not acknowledged")
        flat.cable.go_silent()
        flat.bob.send(server.jid("alice"), "in 1")
        flat.write(1)
        flat.resumed(1, 30)
        flat.all_arrived(1)
        assert "unavailable" not in flat.flaps()


def test_what_was_chosen_while_the_link_was_down_is_announced(flat):
    flat.come_online()
    flat.cable.is_down = True
    flat.cable.reset()
    flat.until(lambda: flat.attach()["link"]["state"] == "waiting", "still online")
    flat.bridge.call("presence.set", profile="home", show="dnd", text="in a meeting")
    flat.cable.is_down = False
    flat.connect_now()
    flat.resumed(1)
    row = flat.bob.wait_presence("dnd", flat.server.jid("alice"))
    assert row["status"] == "in a meeting"
    assert "unavailable" not in flat.flaps()


def test_what_was_chosen_between_two_processes_is_announced(flat):
    flat.come_online()
    flat.cable.is_down = True
    flat.cable.reset()
    flat.until(lambda: flat.attach()["link"]["state"] == "waiting", "still online")
    flat.bridge.call("presence.set", profile="home", show="xa")
    flat.house.kill(flat.session_pid())
    flat.cable.is_down = False
    flat.resumed(1)
    flat.bob.wait_presence("xa", flat.server.jid("alice"))
    assert flat.flaps().count("available") == 1 and "unavailable" not in flat.flaps()


def test_much_that_waits_is_repeated_in_portions(flat):
    """More than the stream's queue takes at once, sent into a link that is dead."""
    flat.come_online()
    # A busy machine takes long to accept all of it, and the link is to be ended from here.
    flat.bridge.call("settings.set", profile="home", name="dead_link", value="600")
    flat.cable.go_silent()
    for n in range(300):
        flat.bridge.call("message.send", profile="home", jid=flat.bob.jid, seconds=30,
                         body=f"{n} " + "w" * 60000, token=flat.bridge.token())
    flat.cable.reset()
    flat.connect_now()
    flat.resumed(1)
    flat.until(lambda: len(flat.bob.bodies()) >= 300, lambda: str(len(flat.bob.bodies())), 60)
    assert [int(body.split()[0]) for body in flat.bob.bodies()] == list(range(300))
    assert flat.resumes() == 1


# ------------------------------------------------------------------ the beginning of a session

def test_a_process_that_dies_anywhere_in_a_login_leaves_a_whole_roster(server):
    """It dies with its router, which is started again without any patience."""
    names = {f"friend{n}": "both" for n in range(40)}
    server.add_user("alice", "alice's secret", {"bob": "both", **names})
    server.add_user("bob", "bob's secret", {"alice": "both"})
    seed = int.from_bytes(os.urandom(4), "big")
    chance = random.Random(seed)
    for flat in flat_at(server, False):
        flat.come_online()
        for n in range(16):
            print(f"seed {seed}, round {n}")
            flat.house.ctl("disconnect")
            flat.bob.wait_presence("unavailable", server.jid("alice"))
            pid = flat.session_pid()
            flat.house.ctl("connect")
            limit = flat.cable.bytes_down + chance.randrange(12000)
            flat.moment(lambda: flat.cable.bytes_down > limit, 0.4)
            flat.house.kill(flat.house.daemon_pid())
            assert wait_for_end(pid, 5)
            flat.attach()
            flat.bob.wait_presence("available", server.jid("alice"))
            assert len(flat.attach()["contacts"]) == 41
            flat.until(flat.presences, "Bob is not seen")


# ------------------------------------------------------------------ servers that can less

@pytest.mark.parametrize("without", [("smacks",), ("smacks", "mam")])
def test_without_stream_management_all_goes_on(without):
    with Prosody(without=without) as server:
        for flat in flat_at(server):
            flat.come_online()
            flat.write(3)
            flat.until(lambda: len(flat.bob.bodies()) == 3, "not sent")
            flat.house.kill(flat.session_pid())
            flat.bob.wait_presence("available", server.jid("alice"), 20)
            flat.attach()
            flat.write(2)
            flat.until(lambda: "out 5" in flat.bob.bodies(), lambda: str(flat.lines()))
            flat.house.ctl("disconnect")
            flat.bob.wait_presence("unavailable", server.jid("alice"))
            flat.house.ctl("connect")
            flat.write(1)
            flat.until(lambda: "out 6" in flat.bob.bodies(), lambda: str(flat.lines()))
            assert flat.resumes() == 0
            if "mam" not in without:  # without a proof they may come twice
                assert flat.bob.bodies() == [f"out {n + 1}" for n in range(6)]


def test_a_session_that_the_server_forgot_is_begun_anew(flat):
    """The server restarts, so that <resume/> fails."""
    flat.come_online()
    flat.write(2)
    flat.until(flat.is_acked, "not acknowledged")
    flat.bob.disconnect()
    flat.server.stop()
    flat.write(2)
    flat.server.start()
    flat.bob.connect()
    flat.connect_now()
    flat.bob.wait_presence("available", flat.server.jid("alice"), 20)
    flat.write(1)
    flat.all_arrived(0)
    assert flat.resumes() == 0 and "not resumed" in flat.log()
