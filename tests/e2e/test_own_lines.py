"""Own lines with the real daemon: what is proven of them, taking back, sending again."""

import json
import os
import re
import signal
import sqlite3

import pytest

from ejabberd import Ejabberd
from peer import Peer
from prosody import Prosody

SECRET = "alice's secret"
HOUR_MS = 3600 * 1000
KINDS = {"prosody": Prosody, "ejabberd": Ejabberd}


@pytest.fixture(name="server")
def make_server(request):
    with KINDS[getattr(request, "param", "prosody")]() as one:
        yield one


@pytest.fixture(name="town")
def make_town(house, server):
    """Alice, whose contact Bob is, with her profile "home" online."""
    server.add_user("alice", SECRET)
    server.add_user("bob", "bob's secret")
    server.befriend("alice", "bob")
    house.server, house.bob = server, server.jid("bob")
    house.create_profile(server, "alice", SECRET)
    return house


@pytest.fixture
def bob(town):
    with Peer(town.server, "bob", "bob's secret") as one:
        yield one


def open_chat(screen):
    screen.wait("● home", 15)
    screen.wait("bob")
    screen.line("/msg bob")
    screen.wait("bob:")
    return screen


def marked(mark, text):
    return re.compile(rf"\d\d:\d\d{re.escape(mark)} alice: {text}")


def states(house):
    """What ternctl history says of each own line."""
    rows = house.ctl("history", house.bob).splitlines()
    return [re.search(r"\d me: (.*) \[(.*)\]$", row).groups() for row in rows]


def answer(town, bob, message, name, namespace):
    bob.send_raw(f"<message to='{town.server.jid('alice')}/{message['from'].resource}' "
                 f"type='chat'><{name} xmlns='{namespace}' id='{message['id']}'/></message>")


@pytest.mark.parametrize("server", list(KINDS), indirect=True)
def test_a_line_climbs_the_ladder(town, bob):
    with town.tern() as screen, town.tern(columns=40, lines=12) as other:
        for one in (screen, other):
            open_chat(one)
        screen.line("look at this")
        message = bob.wait_message("look at this")
        for one in (screen, other):
            one.wait(marked("-", "look at this"))
        answer(town, bob, message, "received", "urn:xmpp:receipts")
        for one in (screen, other):
            one.wait(marked("+", "look at this"))
        answer(town, bob, message, "displayed", "urn:xmpp:chat-markers:0")
        for one in (screen, other):
            one.wait(marked("*", "look at this"))
    assert states(town) == [("look at this", "displayed")]


def test_what_waits_can_be_taken_back_and_what_was_sent_cannot(town, bob):
    with town.tern() as screen, town.tern() as other:
        for one in (screen, other):
            open_chat(one)
        screen.line("/disconnect")
        screen.wait("○ home offline")
        for body in ("one", "two", "three"):
            screen.line(body)
            other.wait(marked("…", body))
        screen.line("/cancel")
        for one in (screen, other):
            one.wait("› three")
            one.wait_gone("alice: three")
        assert states(town) == [("one", "not yet sent"), ("two", "not yet sent")]
        (pid,) = town.session_pids()
        town.kill(pid)
        screen.keys("\x03")
        screen.wait_gone("› three")
        screen.line("/connect")
        assert bob.wait_message("one") and bob.wait_message("two", seconds=15)
        for one in (screen, other):
            one.wait(marked("-", "two"))
        screen.line("/cancel")
        screen.wait("what was sent cannot be")
    assert "three" not in bob.bodies()
    rows = [json.loads(row) for row in
            town.ctl("--json", "history", town.bob).splitlines()]
    (line,) = [row for row in rows if row["body"] == "two"]
    done = town.run("ternctl", "call", "message.cancel", f"jid={town.bob}",
                    f"id={line['id']}", code=None)
    assert done.returncode == 1 and "It was sent already." in done.stderr


def test_lines_into_a_dead_link_and_after_it_arrive_once(town, bob):
    pid = town.server.process.pid
    with town.tern() as screen, town.tern(columns=40, lines=12) as other:
        for one in (screen, other):
            open_chat(one)
            one.wait("bob: online")
        screen.line("/set dead_link 2")
        screen.wait("dead_link = 2")
        os.kill(pid, signal.SIGSTOP)
        try:
            screen.line("into the void")
            for one in (screen, other):
                one.wait(marked("·", "into the void"))
            for one in (screen, other):
                one.wait("○ home", 20)
            screen.wait("bob: was online")
            screen.line("while away")
            other.wait(marked("…", "while away"))
            screen.line("/cancel")
            screen.wait("› while away")
            screen.line("")
            other.wait(marked("…", "while away"))
        finally:
            os.kill(pid, signal.SIGCONT)
        assert bob.wait_message("into the void", seconds=40)
        assert bob.wait_message("while away")
        for one in (screen, other):
            one.wait(marked("-", "while away"))
        screen.wait("bob: online")
    assert bob.bodies() == ["into the void", "while away"]
    assert states(town) == [("into the void", "acked"), ("while away", "acked")]


def test_a_failed_line_is_sent_again_as_another_message(town):
    nobody = town.server.jid("nobody")
    with town.tern() as screen:
        screen.wait("● home", 15)
        screen.line(f"/msg {nobody} are you there?")
        screen.wait(re.compile(r"! alice: are you there\? \(not delivered"))
        town.server.add_user("nobody", "nobody's secret")
        with Peer(town.server, "nobody", "nobody's secret") as peer:
            screen.line("/retry")
            peer.wait_message("are you there?")
            screen.wait(marked("-", r"are you there\?"))
            assert screen.text().count("are you there") == 1


def test_what_waited_too_long_asks_first(town, bob):
    with town.tern() as screen:
        open_chat(screen)
        screen.line("/disconnect")
        screen.wait("○ home offline")
        for body in ("old one", "old two", "recent"):
            screen.line(body)
            screen.wait(marked("…", body))
        screen.line("/detach")
        screen.wait_exit()
    town.stop_daemon()
    path = os.path.join(town.data, "tern", "profiles", "home", "store.db")
    with sqlite3.connect(path) as store:
        store.execute("UPDATE messages SET received_ms=received_ms-?, sent_ms=sent_ms-?"
                      " WHERE body LIKE 'old%'", (25 * HOUR_MS, 25 * HOUR_MS))
    store.close()
    with town.tern(columns=40, lines=24) as screen:
        screen.wait("○ home")
        screen.line("/connect")
        screen.wait(re.compile(r"2 of your lines waited too\s+long"), 15)
        assert bob.wait_message("recent")
        screen.line("/msg bob")
        screen.wait(re.compile(r"\? alice: old one \(not sent"))
        screen.line("/cancel")
        screen.wait("› old two")
        screen.keys("\x03")
        screen.line("/retry")
        assert bob.wait_message("old one")
        screen.wait(marked("-", "old one"))
    assert "old two" not in bob.bodies()
    assert [state for _, state in states(town)] == ["acked", "acked"]
