"""Rooms (XEP-0045): ternctl and another client in one, on Prosody."""

import json

import pytest

from deadline import Deadline
from house import House
from peer import Peer
from prosody import Prosody


class Place:
    def __init__(self, house, server):
        self.house, self.server = house, server
        self.room = f"den@{server.rooms}"
        self.alice = house.create_profile(server, "alice", "secret")

    def call(self, method, code=0, **params):
        words = [f"{key}={value}" for key, value in params.items()]
        done = self.house.run("ternctl", "--json", "call", method, *words, code=code)
        return json.loads(done.stdout) if done.stdout.strip() else done.stderr

    def bodies(self):
        page = self.call("message.page", jid=self.room)
        return [(line.get("sender", "").partition("/")[2], line["body"], line["state"])
                for line in page.get("lines", [])]

    def wait(self, condition, seconds=20):
        deadline = Deadline(seconds)
        while not (found := condition()):
            assert not deadline.is_over()
        return found


@pytest.fixture(scope="module")
def server():
    with Prosody() as prosody:
        prosody.add_user("alice", "secret")
        prosody.add_user("bob", "secret")
        yield prosody


@pytest.fixture
def place(server):
    with House() as house:
        yield Place(house, server)


def enter(peer, room, nick):
    peer.run(peer.client.plugin["xep_0045"].join_muc, room, nick)


def test_two_talk_in_a_room(place):
    joined = place.call("room.join", jid=place.room, nick="Alice", may_create="yes")
    assert joined["room"]["state"] == "in" and joined["room"]["nick"] == "Alice"
    assert joined["room"]["affiliation"] == "owner"
    with Peer(place.server, "bob", "secret", plugins=("xep_0045",)) as bob:
        enter(bob, place.room, "Bob")
        place.wait(lambda: {o["nick"] for o in place.call(
            "room.occupants", jid=place.room)["occupants"]} == {"Alice", "Bob"})
        bob.send(place.room, "hello alice", kind="groupchat")
        place.house.ctl("send", place.room, "hello Bob")
        assert bob.wait_message("hello Bob")
        place.wait(lambda: [row[2] for row in place.bodies()] == ["received", "acked"])
        assert place.bodies() == [("Bob", "hello alice", "received"),
                                  ("Alice", "hello Bob", "acked")]
        rooms = place.call("room.list")["rooms"]
        assert [room["jid"] for room in rooms] == [place.room]
