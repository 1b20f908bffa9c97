"""Rooms in tern itself, on Prosody, with another client in the room."""

import contextlib
import re

import pytest

from deadline import Deadline
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


def enter(peer, room, nick):
    """In ROOM, which a moment after it was made still waits for its owner's word."""
    deadline = Deadline(20)
    while True:
        peer.run(muc(peer).join_muc, room, nick)
        came = peer.wait_presence(
            sender=room, match=lambda p: p["type"] == "error" or p["from"].resource == nick)
        if came["type"] != "error":
            return
        assert not deadline.is_over()


@contextlib.contextmanager
def alice_in(server, name, nick, columns=100):
    """Alice's tern in the room NAME, which she has made, and Bob in it as NICK."""
    room = f"{name}@{server.rooms}"
    with House() as house:
        house.create_profile(server, "alice", "secret")
        with house.tern("-p", "home", columns=columns) as screen, \
                Peer(server, "bob", "secret", plugins=("xep_0045",)) as bob:
            screen.wait("● home")
            screen.line(f"/join {room} Alice")
            screen.wait("Make it?")
            screen.keys("y")
            screen.wait(re.compile(rf"● home .* {name}"))
            if columns >= 100:
                screen.wait("│ &Alice")
            enter(bob, room, nick)
            yield room, house, screen, bob


def test_an_evening_in_a_room(server):
    with alice_in(server, "den", "Bob B", columns=80) as (room, house, screen, bob):
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
        # Whether one is seen is told.
        screen.line("/config muc#roomconfig_whois anyone")
        screen.wait("Everybody here sees your address.")
        screen.line("/config muc#roomconfig_whois moderators")
        screen.wait("Only moderators see your address now.")


def test_those_who_come_and_go_are_told(server):
    with alice_in(server, "shed", "Bob") as (room, house, screen, bob):
        screen.wait(re.compile(r"│ 1 Moderator *\n.*│ &Alice"))
        screen.wait("- Bob came")
        screen.wait(re.compile(r"│ 1 Participant *\n.*│ Bob"))
        bob.send(room, "Alice: hello", kind="groupchat")
        screen.wait("Bob: Alice: hello")
        screen.line("/set mentions tea, coffee")
        screen.wait("mentions")
        screen.line("/contacts")
        bob.send(room, "who wants coffee?", kind="groupchat")
        screen.wait("shed (1 @1)")
        screen.line("/go shed")
        screen.wait("Bob: who wants coffee?")
        bob.run(muc(bob).leave_muc, room, "Bob")
        screen.wait("- Bob left")
        bob.run(muc(bob).join_muc, room, "Bob")
        screen.wait("- Bob came back")
        screen.line("/kick Bob enough of that")
        screen.wait("- Bob was kicked by Alice: enough of that.")
        screen.wait_gone("│ Bob")


HOSTILE = ["/quit", "/msg alice", "Anna Lee", 'the "Fox"', '"', "\u00e9\u0302\u0303\u0304",
           "x" * 1000, "Bоb", "alice@localhost", "12", "-"]


def test_no_nick_is_taken_for_anything_else(server):
    """Each is completed, named in the room and written to in private, as it is."""
    with alice_in(server, "barn", "Bob") as (room, house, screen, bob):
        for number, nick in enumerate(HOSTILE):
            bob.send_presence(to=f"{room}/{nick}")
            bob.wait_presence(sender=room, match=lambda p: p["from"].resource == nick
                              and p["type"] != "unavailable")
            bob.send(room, f"line {number}.", kind="groupchat")
            screen.wait(f"line {number}.")
            screen.keys("\t")
            screen.line("hello")
            bob.wait_message(f"{nick}: hello", match=lambda m: m["type"] == "groupchat")
            screen.keys("/msg \t")
            screen.line(f"psst {number}")
            private = bob.wait_message(f"psst {number}")
            assert private["type"] == "chat" and private["from"].bare == room
            screen.line("/go barn")
            screen.wait("│ &Alice")


def test_who_is_ignored_is_not_heard_under_any_nick(server):
    with alice_in(server, "mill", "Bob") as (room, house, screen, bob):
        screen.wait("│ Bob")
        screen.line("/ignore")
        screen.wait("You ignore nobody here.")
        screen.line("/ignore Bob")
        screen.wait("You ignore here: Bob.")
        bob.send(room, "Alice: spam", kind="groupchat")
        bob.send(f"{room}/Alice", "spam in private", kind="chat")
        bob.send_presence(to=f"{room}/Robert")
        screen.wait("│ Robert")
        bob.send(room, "Alice: more spam", kind="groupchat")
        bob.wait_message("Alice: more spam", match=lambda m: m["type"] == "groupchat")
        assert "spam" not in house.run("ternctl", "history", room).stdout
        screen.line("/ignore Robert off")
        screen.wait("You ignore nobody here.")
        bob.send(room, "Alice: peace", kind="groupchat")
        screen.wait("Robert: Alice: peace")
        assert "spam" not in screen.text()
