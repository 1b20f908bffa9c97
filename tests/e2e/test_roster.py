"""Contacts and presence against Prosody and ejabberd, with slixmpp as the other side."""

import itertools
import json
import socket
import threading

import pytest

from deadline import Deadline
from ejabberd import Ejabberd
from peer import Peer
from prosody import Prosody

NUMBERS = itertools.count(1)
MANY = 300


@pytest.fixture(scope="module", params=[Prosody, Ejabberd], ids=["prosody", "ejabberd"])
def either(request):
    """Each of the two servers, one for the file."""
    with request.param() as one:
        yield one


class Proxy:
    """Forwards connections to PORT and counts the bytes that the server sent."""

    def __init__(self, port):
        self.target = port
        self.received = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._listener.close()

    def _serve(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            for source, sink, is_counted in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._pump, args=(source, sink, is_counted),
                                 daemon=True).start()

    def _pump(self, source, sink, is_counted):
        try:
            while data := source.recv(65536):
                self.received += len(data) * is_counted
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Town:
    """Alice's profile "home" on SERVER, and Bob; contacts of each other if BEFRIENDED."""

    def __init__(self, house, server, befriended=True):
        number = next(NUMBERS)
        self.house, self.server = house, server
        self.alice, self.bob = f"alice{number}", f"bob{number}"
        self.alice_jid, self.bob_jid = server.jid(self.alice), server.jid(self.bob)
        for one, other in ((self.alice, self.bob), (self.bob, self.alice)):
            server.add_user(one, "secret", roster={other: "both"} if befriended else {})

    def online(self):
        self.house.create_profile(self.server, self.alice, "secret")
        self.wait_online()
        return self

    def wait_online(self):
        deadline = Deadline(15)
        while "online" not in self.house.run("ternctl", "status", code=None).stdout:
            assert not deadline.is_over()
        # What the server kept for us comes with our presence.
        while not any(row["jid"] == self.alice_jid for row in self.all_rows()):
            assert not deadline.is_over()

    def peer(self, **more):
        return Peer(self.server, self.bob, "secret", **more)

    def attached(self):
        bridge = self.house.bridge()
        bridge.state = bridge.call("profile.attach", profile="home")
        return bridge

    def all_rows(self):
        return [json.loads(row) for row in self.house.ctl("--json", "roster").splitlines()]

    def rows(self, kind):
        """What --json roster says of KIND, our own resources left out."""
        return [row for row in self.all_rows()
                if row["kind"] == kind and row["jid"] != self.alice_jid]

    def wait_rows(self, kind, look):
        deadline = Deadline(10)
        while not look(rows := self.rows(kind)):
            assert not deadline.is_over(), rows
        return rows

    def contact(self):
        rows = [row for row in self.rows("contact") if row["jid"] == self.bob_jid]
        return rows[0] if rows else None

    def restart(self):
        self.house.run("ternd", "stop")
        self.house.ctl("profile", "list")
        self.wait_online()


# ---- on both servers -------------------------------------------------------------------


def test_messages_go_both_ways(house, either):
    town = Town(house, either).online()
    with town.peer() as bob:
        house.ctl("send", town.bob_jid, "over \u2603", "--wait", "sent")
        assert bob.wait_message("over \u2603", sender=town.alice_jid)
        bridge = town.attached()
        bob.send(town.alice_jid, "and out")
        event = bridge.wait_event("message.changed",
                                  match=lambda change: not change["line"].get("is_own"))
        assert (event["line"]["body"], event["line"]["jid"]) == ("and out", town.bob_jid)


def test_a_second_login_transfers_no_items(house, either):
    number = next(NUMBERS)
    alice = f"many{number}"
    either.add_user(alice, "secret", roster={
        f"contact-number-{i}@elsewhere.example": "none" for i in range(MANY)})
    proxy = Proxy(either.port)
    secret = house.write("secret", "secret")
    house.ctl("profile", "create", "home", either.jid(alice), "--password-file", secret,
              "--host", "127.0.0.1", "--port", str(proxy.port), "--ca-file", either.ca_file)
    deadline = Deadline(15)
    while house.ctl("roster").count("\n") < MANY:
        assert not deadline.is_over()
    house.run("ternd", "stop")
    first, proxy.received = proxy.received, 0
    house.ctl("profile", "list")
    deadline = Deadline(15)
    while "online" not in house.run("ternctl", "status", code=None).stdout:
        assert not deadline.is_over()
    # An answer of the server proves that what came before it has come.
    house.ctl("roster", "add", "last@elsewhere.example")
    assert house.ctl("roster").count("\n") == MANY + 1
    second = proxy.received
    house.run("ternd", "stop")
    proxy.close()
    print(f"bytes from the server: first login {first}, second {second}")
    assert first > MANY * 60 and second < 10000 and second < first / 2, (first, second)


def test_add_accept_rename_regroup_and_remove(house, either):
    town = Town(house, either, befriended=False).online()
    with town.peer() as bob:
        house.ctl("roster", "add", town.bob_jid, "--name", "Bob", "--group", "Friends")
        bob.wait_presence("subscribe", sender=town.alice_jid)
        assert town.contact()["is_asking"] and "asked" in house.ctl("roster")
        bob.accept(town.alice_jid)
        bob.subscribe(town.alice_jid)
        town.wait_rows("request", lambda rows: [row["jid"] for row in rows] == [town.bob_jid])
        assert "1 request" in house.ctl("status")
        house.ctl("call", "subscription.accept", f"jid={town.bob_jid}")
        bob.wait_presence("subscribed", sender=town.alice_jid)
        assert bob.wait_presence("available", sender=town.alice_jid)
        town.wait_rows("presence", lambda rows: [row["jid"] for row in rows] == [town.bob_jid])
        assert town.contact()["subscription"] == "both" and town.rows("request") == []
        house.ctl("call", "roster.set", f"jid={town.bob_jid}", "name=Robert <&\"> \u2603")
        assert (town.contact()["name"], town.contact()["groups"]) == (
            "Robert <&\"> \u2603", ["Friends"])
        house.ctl("call", "roster.set", f"jid={town.bob_jid}", "set_groups=true",
                  "groups=Work", "groups=R&D")
        assert sorted(town.contact()["groups"]) == ["R&D", "Work"]
        house.ctl("call", "roster.set", f"jid={town.bob_jid}", "name=", "set_groups=true")
        assert not town.contact().get("name") and not town.contact().get("groups")
        house.ctl("roster", "remove", town.bob_jid)
        assert town.contact() is None
        bob.wait_presence("unsubscribed", sender=town.alice_jid)
        town.restart()
        assert town.contact() is None and town.rows("presence") == []


def test_a_denied_request_is_gone_and_an_unanswered_one_stays(house, either):
    town = Town(house, either, befriended=False).online()
    with town.peer() as bob:
        bob.subscribe(town.alice_jid)
        town.wait_rows("request", len)
        town.restart()
        assert [row["jid"] for row in town.rows("request")] == [town.bob_jid]
        house.ctl("call", "subscription.deny", f"jid={town.bob_jid}")
        bob.wait_presence("unsubscribed", sender=town.alice_jid)
        assert town.rows("request") == []
        town.restart()
        assert town.rows("request") == []


def test_each_resource_has_its_presence(house, either):
    town = Town(house, either).online()
    bridge = town.attached()
    with town.peer(resource="desk") as desk:
        desk.send_presence(show="dnd", status="busy \u2603")
        with town.peer(resource="phone", priority=5) as phone:
            phone.send_presence(show="chat", status="on the bus")
            rows = town.wait_rows("presence", lambda rows: {
                (row["resource"], row["show"], row.get("text")) for row in rows} == {
                    ("desk", "dnd", "busy \u2603"), ("phone", "chat", "on the bus")})
            assert {row["jid"] for row in rows} == {town.bob_jid}
        bridge.wait_event("presence.changed", match=lambda event: (
            event["presence"]["resource"], event["presence"]["show"]) == ("phone", "offline"))
        [row] = town.rows("presence")
        assert row["resource"] == "desk"
        text = house.ctl("roster")
        assert text.startswith(f"dnd     {town.bob_jid}") and text.endswith("  busy \u2603\n")
    town.wait_rows("presence", lambda rows: not rows)
    assert house.ctl("roster").startswith(f"offline {town.bob_jid}")


def test_own_availability_is_seen_and_kept(house, either):
    town = Town(house, either).online()
    with town.peer() as bob:
        house.ctl("call", "presence.set", "show=xa", "text=asleep \u2603")
        presence = bob.wait_presence("xa", sender=town.alice_jid)
        assert presence["status"] == "asleep \u2603"
        town.restart()
        presence = bob.wait_presence("xa", sender=town.alice_jid)
        assert presence["status"] == "asleep \u2603"
        house.ctl("call", "presence.set", "show=online")
        assert bob.wait_presence("available", sender=town.alice_jid)["status"] == ""
        house.ctl("disconnect")
        assert bob.wait_presence("unavailable", sender=town.alice_jid)


def test_what_another_client_does_to_the_roster_is_seen(house, either):
    town = Town(house, either).online()
    bridge = town.attached()
    with Peer(either, town.alice, "secret", resource="other") as other:
        other.call(other.client.update_roster, town.bob_jid, name="Bobby", groups=["A"])
        event = bridge.wait_event("contact.changed",
                                  match=lambda event: event["contact"].get("name") == "Bobby")
        assert event["contact"]["groups"] == ["A"]
        other.call(other.client.del_roster_item, town.bob_jid)
        assert bridge.wait_event("contact.removed")["jid"] == town.bob_jid


def test_the_blocked_are_not_heard_and_stay_blocked(house, either):
    town = Town(house, either).online()
    bridge = town.attached()
    with town.peer() as bob:
        house.ctl("call", "block.add", f"jid={town.bob_jid}")
        bridge.wait_event("block.added")
        bob.send(town.alice_jid, "unheard")
        bob.wait_message(match=lambda message: message["type"] == "error")
        town.restart()
        assert [row["jid"] for row in town.rows("blocked")] == [town.bob_jid]
        assert f"blocked {town.bob_jid}\n" in house.ctl("roster")
        house.ctl("call", "block.remove", f"jid={town.bob_jid}")
        deadline = Deadline(10)
        while town.rows("blocked"):
            assert not deadline.is_over()
        bob.send(town.alice_jid, "heard")
        deadline = Deadline(10)
        while "heard" not in (text := house.ctl("history", town.bob_jid)):
            assert not deadline.is_over()
        assert "unheard" not in text


# ---- what only Prosody can -------------------------------------------------------------


def test_a_subscription_accepted_in_advance_asks_nobody(house, server):
    town = Town(house, server, befriended=False).online()
    house.ctl("call", "subscription.accept", f"jid={town.bob_jid}")
    with town.peer() as bob:
        bob.subscribe(town.alice_jid)
        bob.wait_presence("subscribed", sender=town.alice_jid)
        assert bob.wait_presence("available", sender=town.alice_jid)
        assert town.rows("request") == []
        town.wait_rows("contact", lambda rows: [row["subscription"] for row in rows] == ["from"])


def test_a_server_that_cannot_accept_in_advance_is_no_black_hole(house):
    with Ejabberd() as server:
        town = Town(house, server, befriended=False).online()
        done = house.run("ternctl", "call", "subscription.accept", f"jid={town.bob_jid}",
                         code=1)
        assert "in advance" in done.stderr
        town = Town(house, server)
        house.create_profile(server, town.alice, "secret", "other")
        deadline = Deadline(15)
        while town.bob_jid not in house.ctl("-p", "other", "roster"):
            assert not deadline.is_over()
        house.ctl("-p", "other", "call", "subscription.accept", f"jid={town.bob_jid}")


def test_presences_are_gone_with_the_connection(house, server):
    town = Town(house, server).online()
    with town.peer():
        town.wait_rows("presence", len)
        house.ctl("disconnect")
        town.wait_rows("presence", lambda rows: not rows)
    house.kill(house.daemon_pid())
    assert town.rows("presence") == []
