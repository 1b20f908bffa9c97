"""Rooms in tern itself, on Prosody, with another client in the room."""

import re

import pytest

from house import House
from peer import Peer
from prosody import Prosody


@pytest.fixture(scope="module")
def server():
    with Prosody() as prosody:
        prosody.add_user("alice", "secret")
        prosody.add_user("bob", "secret")
        yield prosody


def muc(peer):
    return peer.client.plugin["xep_0045"]


def test_an_evening_in_a_room(server):
    room = f"den@{server.rooms}"
    with House() as house:
        house.create_profile(server, "alice", "secret")
        with house.tern("-p", "home") as screen, \
                Peer(server, "bob", "secret", plugins=("xep_0045",)) as bob:
            screen.wait("● home")
            screen.line(f"/join {room} Alice")
            screen.wait("Make it?")
            screen.keys("y")
            screen.wait(re.compile(r"● home .* den"))
            bob.run(muc(bob).join_muc, room, "Bob B")
            bob.send(room, "hello all", kind="groupchat")
            screen.wait("Bob B: hello all")
            # A private word, by completing the nick of who spoke last.
            screen.keys("/msg \t")
            screen.wait('/msg "Bob B"')
            screen.line("just you")
            assert bob.wait_message("just you", match=lambda m: m["type"] == "chat")
            screen.wait("2 Bob B (den)")
            bob.send(f"{room}/Alice", "just me", kind="chat")
            screen.wait("Bob B: just me")
            screen.line("/contacts")
            screen.wait(re.compile(r"Rooms\n ● den .*\n     Bob B"))
            assert not screen.find("Not among")
            screen.line("/go den")
            screen.wait("Bob B: hello all")
            screen.keys("\t")
            screen.wait("› Bob B:")
            screen.line("bye")
            assert bob.wait_message("Bob B: bye", match=lambda m: m["type"] == "groupchat")


def test_those_who_come_and_go_are_told(server):
    room = f"shed@{server.rooms}"
    with House() as house:
        house.create_profile(server, "alice", "secret")
        with house.tern("-p", "home", columns=100) as screen, \
                Peer(server, "bob", "secret", plugins=("xep_0045",)) as bob:
            screen.wait("● home")
            screen.line(f"/join {room} Alice")
            screen.wait("Make it?")
            screen.keys("y")
            screen.wait(re.compile(r"│ 1 Moderator *\n.*│ &Alice"))
            bob.run(muc(bob).join_muc, room, "Bob")
            screen.wait("- Bob came")
            screen.wait(re.compile(r"│ 1 Participant *\n.*│ Bob"))
            bob.send(room, "Alice: hello", kind="groupchat")
            screen.wait("Bob: Alice: hello")
            bob.run(muc(bob).leave_muc, room, "Bob")
            screen.wait("- Bob left")
            bob.run(muc(bob).join_muc, room, "Bob")
            screen.wait("- Bob came back")
            screen.line("/kick Bob enough of that")
            screen.wait("- Bob was kicked by Alice: enough of that.")
            screen.wait_gone("│ Bob")
