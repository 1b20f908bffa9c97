"""The archive of real servers (XEP-0313): what came while nobody was connected comes once,
in order, with what other clients of the account wrote; older lines come when asked for."""

import contextlib
import os
import sqlite3
import time

import pytest

from bridge_client import BridgeError
from deadline import Deadline
from ejabberd import Ejabberd
from peer import Peer
from prosody import Prosody

USERS = ("alice", "bob", "carol")
KINDS = {"prosody": Prosody, "ejabberd": Ejabberd}


@pytest.fixture(name="world", scope="module", params=list(KINDS))
def make_world(request):
    with KINDS[request.param]() as server:
        yield server


@pytest.fixture(name="town")
def make_town(house, world, request):
    """Accounts of this test's own on the server, all friends of each other."""
    world.count = getattr(world, "count", 0) + 1
    town = Town(house, world, {user: f"{user}{world.count}" for user in USERS})
    yield town
    if town.bridge:
        town.bridge.close()


class Town:
    """Alice's profile "home", and others on the same server."""

    def __init__(self, house, server, names):
        self.house, self.server, self.names = house, server, names
        self.bridge = None
        for name in names.values():
            server.add_user(name, "secret", roster={
                other: "both" for other in names.values() if other != name})

    def jid(self, user):
        return self.server.jid(self.names[user])

    def peer(self, user, **more):
        return Peer(self.server, self.names[user], "secret", **more)

    def come_online(self):
        self.house.create_profile(self.server, self.names["alice"], "secret")
        self.bridge = self.house.bridge()
        self.bridge.call("profile.attach", profile="home")
        self.wait_link("online")

    def reattach(self, seconds=20):
        """After the death of the session process."""
        self.bridge.close()
        self.bridge = self.house.bridge()
        deadline = Deadline(seconds)
        while True:
            try:
                self.bridge.call("profile.attach", profile="home")
                return
            except BridgeError:
                assert not deadline.is_over()
                time.sleep(0.02)

    def wait_link(self, state, seconds=20):
        deadline = Deadline(seconds)
        while self.link()["state"] != state:
            assert not deadline.is_over(), self.link()
            time.sleep(0.02)

    def link(self):
        [row] = self.bridge.call("profile.list")["profiles"]
        return row["link"]

    def leave(self):
        self.house.ctl("disconnect")
        self.wait_link("offline")

    def come_back(self):
        self.house.ctl("connect")
        self.wait_link("online")

    def rows(self, user="bob", is_local=True, **more):
        page = self.bridge.call("message.page", profile="home", jid=self.jid(user), limit=500,
                                is_local=is_local, seconds=20, **more)
        return page.get("lines", [])

    def stored(self):
        """The lines in the database, which says so sooner than a busy session process."""
        path = os.path.join(self.house.data, "tern", "profiles", "home", "store.db")
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            return store.execute("SELECT count(*) FROM messages").fetchone()[0]

    def bodies(self, user="bob", **more):
        return [row["body"] for row in self.rows(user, **more)]

    def wait_bodies(self, expected, user="bob", seconds=20):
        deadline = Deadline(seconds)
        while (seen := self.bodies(user)) != expected:
            assert not deadline.is_over(), f"{seen} is not {expected}"
            time.sleep(0.02)

    def send(self, body, user="bob"):
        return self.bridge.call("message.send", profile="home", jid=self.jid(user), body=body,
                                token=self.bridge.token())["id"]

    def wait_state(self, ident, states, seconds=20):
        deadline = Deadline(seconds)
        while (line := self.bridge.call("message.get", profile="home", id=ident)["line"]
               )["state"] not in states:
            assert not deadline.is_over(), line
            time.sleep(0.02)
        return line


def numbers(first, last):
    return [str(number) for number in range(first, last + 1)]


def test_what_came_while_offline_comes_once_and_in_order(town):
    town.come_online()
    with town.peer("bob") as bob:
        bob.send(town.jid("alice"), "1")
        town.wait_bodies(["1"])
        town.leave()
        for body in numbers(2, 130):
            bob.send(town.jid("alice"), body)
        bob.call(bob.client.get_roster)  # the server has them all
        town.come_back()
        bob.send(town.jid("alice"), "131")
        town.wait_bodies(numbers(1, 131))
        # Nor does anything come twice by the next login.
        town.leave()
        town.come_back()
        bob.send(town.jid("alice"), "132")
        town.wait_bodies(numbers(1, 132))


def test_own_lines_from_elsewhere_and_their_answers_are_there_in_order(town):
    town.come_online()
    with town.peer("bob") as bob:
        ident = town.send("from here")
        assert bob.wait_message("from here")
        town.wait_state(ident, ("acked", "delivered"))
        town.leave()
        with town.peer("alice", resource="phone") as phone:
            for number in range(3):
                phone.send(town.jid("bob"), f"phone {number}")
                assert bob.wait_message(f"phone {number}")
                bob.send(town.jid("alice"), f"bob {number}")
                assert phone.wait_message(f"bob {number}")
        town.come_back()
        bob.send(town.jid("alice"), "now")
        expected = ["from here"]
        for number in range(3):
            expected += [f"phone {number}", f"bob {number}"]
        town.wait_bodies(expected + ["now"])
        assert [bool(row.get("is_own")) for row in town.rows()] == [True] + 3 * [True, False] + [
            False]
        state = town.bridge.call("profile.attach", profile="home")
        assert [row["unread"] for row in state["conversations"]] == [2]


def test_lines_written_offline_stand_behind_what_came_meanwhile(town):
    town.come_online()
    town.leave()
    with town.peer("bob") as bob:
        town.send("mine 1")
        town.send("mine 2")
        for body in numbers(1, 3):
            bob.send(town.jid("alice"), body)
        bob.call(bob.client.get_roster)
        town.come_back()
        assert bob.wait_message("mine 1") and bob.wait_message("mine 2")
        town.wait_bodies(["1", "2", "3", "mine 1", "mine 2"])


def test_history_from_before_the_first_login_is_fetched_when_asked_for(town):
    with town.peer("alice", resource="phone") as phone, town.peer("bob") as bob:
        for number in range(1, 121):
            sender, other = (phone, "bob") if number % 2 else (bob, "alice")
            sender.send(town.jid(other), str(number))
            assert (bob if number % 2 else phone).wait_message(str(number))
        with town.peer("carol") as carol:
            carol.send(town.jid("alice"), "hello")
            assert phone.wait_message("hello")
    town.come_online()
    town.wait_bodies(numbers(72, 120))
    town.wait_bodies(["hello"], "carol")
    deadline = Deadline(20)
    while (seen := town.bodies(is_local=False)) != numbers(1, 120):
        assert not deadline.is_over(), seen
    assert town.rows(before=town.rows()[0]["place"], is_local=False) == []
    assert [bool(row.get("is_own")) for row in town.rows()][:3] == [True, False, True]


def test_what_has_no_id_or_is_said_again_comes_as_often_as_it_was_said(town):
    """Live, as carbons, while away, and to oneself; then once more from the archive."""
    town.come_online()
    with town.peer("bob") as bob, town.peer("alice", resource="phone") as phone:
        def say(peer, other, body, ident=""):
            peer.send_raw(f"<message to='{town.jid(other)}' type='chat' {ident}>"
                          f"<body>{body}</body></message>")

        phone.call(phone.client.get_roster)
        for ident in ("", "", "id='1'", "id='1'"):
            say(bob, "alice", "ok", ident)
            assert phone.wait_message("ok")
        for ident in ("", "", "id='2'"):
            say(phone, "bob", "mine", ident)
            assert bob.wait_message("mine")
        for ident in ("id='3'", "id='4'"):
            say(phone, "alice", "note", ident)
        town.wait_bodies(4 * ["ok"] + 3 * ["mine"])
        town.wait_bodies(2 * ["note"], "alice")
        town.leave()
        for ident in ("", "", "id='1'", "id='1'"):
            say(bob, "alice", "ok", ident)
            assert phone.wait_message("ok")
        say(phone, "alice", "note", "id='5'")
        phone.call(phone.client.get_roster)
        town.come_back()
        expected = 4 * ["ok"] + 3 * ["mine"] + 4 * ["ok"]
        town.wait_bodies(expected)
        for _ in range(2):
            town.leave()
            town.come_back()
        bob.send(town.jid("alice"), "now")
        town.wait_bodies(expected + ["now"])
        assert town.bodies("alice") == 3 * ["note"]


def test_a_process_killed_in_the_middle_goes_on_where_it_stopped(town):
    town.come_online()
    with town.peer("bob") as bob:
        bob.send(town.jid("alice"), "1")
        town.wait_bodies(["1"])
        town.leave()
        for body in numbers(2, 450):
            bob.send(town.jid("alice"), body)
        bob.call(bob.client.get_roster)
        town.house.ctl("connect")
        seen = [51]  # with the newest page
        while len(seen) < 4 and seen[-1] < 450:
            if (count := town.stored()) > seen[-1]:
                seen.append(count)
                [pid] = town.house.session_pids()
                town.house.kill(pid)
                town.reattach()
        assert seen[1] < 450, "it was killed too late"
        bob.send(town.jid("alice"), "451")
        town.wait_bodies(numbers(1, 451))


def test_one_scrolls_up_to_the_first_line(town):
    with town.peer("alice", resource="phone") as phone, town.peer("bob") as bob:
        for number in range(1, 151):
            bob.send(town.jid("alice"), f"line {number} of all")
        assert phone.wait_message("line 150 of all")
    town.come_online()
    town.wait_bodies([f"line {number} of all" for number in range(101, 151)])
    with town.house.tern(columns=80, lines=24) as screen:
        screen.wait("● home", 15)
        screen.line(f"/msg {town.jid('bob')}")
        screen.wait("line 120 of all")
        deadline = Deadline(30)
        while "line 1 of all" not in screen.text():
            assert not deadline.is_over(), screen.text()
            screen.keys("\x1b[5~")
            screen.settle()
    assert town.bodies() == [f"line {number} of all" for number in range(1, 151)]
