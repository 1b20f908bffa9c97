"""Databases that are damaged under a running daemon, or before it starts: the profile goes on
by itself, what was not sent is sent, what the server has comes back, and the user is told
where the damaged file is.
"""

import json
import os
import random
import re
import sqlite3
import sys

import pytest

from deadline import Deadline
from house import BUILD
from peer import Peer

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../backend/session"))
from session_process import SessionProcess  # noqa: E402

PAGE = 4096
SEED = int(os.environ.get("TERN_TEST_SEED", "20261121"))
ROUNDS = int(os.environ.get("TERN_TEST_ROUNDS", "24"))


@pytest.fixture(name="town")
def make_town(house, server):
    for user in ("alice", "bob"):
        server.add_user(user, "secret")
    server.befriend("alice", "bob")
    house.server, house.bob, house.alice = server, server.jid("bob"), server.jid("alice")
    house.create_profile(server, "alice", "secret")
    wait_status(house, "online")
    return house


def wait_status(house, word):
    deadline = Deadline(20)
    while word not in (text := house.run("ternctl", "status", code=None).stdout):
        assert not deadline.is_over(), text


def folder_of(house, name="home"):
    return os.path.join(house.data, "tern", "profiles", name)


def history(house):
    text = house.run("ternctl", "--json", "history", house.bob, "--limit", "500",
                     code=None).stdout
    return [json.loads(row) for row in text.splitlines()]


def set_aside(house):
    return sorted(name for name in os.listdir(folder_of(house))
                  if re.fullmatch(r"store\.db\.corrupt-\d{8}-\d{6}(-\d+)?", name))


def settle(path):
    """Ends the write-ahead log of a database at rest."""
    store = sqlite3.connect(path)
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


def break_pages(path, text, first=0, count=1):
    """Overwrites COUNT pages that hold TEXT, from the FIRSTth on."""
    with open(path, "r+b") as file:
        data = file.read()
        pages = [at for at in range(PAGE, len(data), PAGE) if text in data[at:at + PAGE]]
        assert len(pages) >= first + count, pages
        for at in pages[first:first + count]:
            file.seek(at)
            file.write(b"\xa5" * PAGE)


def talk(town, count):
    """Numbered lines both ways, acknowledged; what was said."""
    said = []
    with Peer(town.server, "bob", "secret") as bob:
        with town.bridge() as bridge:
            for number in range(count):
                bob.send(town.alice, f"theirs {number} " + "y" * 900)
                body = f"own {number} " + "x" * 900
                bridge.call("message.send", profile="home", token=bridge.token(), jid=town.bob,
                            body=body)
                said += [body, f"theirs {number} " + "y" * 900]
        bob.wait_message(said[-2])
        deadline = Deadline(20)
        while {row["body"] for row in history(town) if row["state"] != "sent"} != set(said):
            assert not deadline.is_over()
    return said


def test_damage_that_is_met_while_it_runs_is_repaired_without_a_word(town):
    said = talk(town, 20)
    town.ctl("disconnect")
    wait_status(town, "offline")
    town.ctl("send", town.bob, "not yet sent")
    town.run("ternd", "stop")
    path = os.path.join(folder_of(town), "store.db")
    settle(path)
    break_pages(path, b"theirs 10 yyy")
    town.ctl("roster")
    [pid] = town.session_pids()
    assert not set_aside(town), "lines are not read at each start"
    town.run("ternctl", "history", town.bob, "--limit", "500", code=None)
    deadline = Deadline(20)
    while not set_aside(town):
        assert not deadline.is_over()
    [name] = set_aside(town)
    assert town.session_pids() == [pid]
    with town.tern() as screen, Peer(town.server, "bob", "secret") as bob:
        screen.wait(re.compile(re.escape(name).replace("-", r"-\s*")), 15)
        screen.line("/connect")
        assert bob.wait_message("not yet sent")
        deadline = Deadline(20)
        while sorted(row["body"] for row in history(town)) != sorted([*said, "not yet sent"]):
            assert not deadline.is_over(), [row["body"][:12] for row in history(town)]
        assert bob.bodies().count("not yet sent") == 1
        bob.send(town.alice, "goes on")
        screen.line("/msg bob")
        screen.keys("\x1b>")  # what the archive gave back is new, maybe more than a screen
        screen.wait("goes on")


def test_what_was_open_in_a_database_set_aside_is_settled_by_the_archive(town):
    """A line of which nobody knows whether the server has it is not sent a second time."""
    talk(town, 2)
    town.stop_daemon()
    path = os.path.join(folder_of(town), "store.db")
    store = sqlite3.connect(path)
    store.execute("UPDATE messages SET state=2, reason=NULL WHERE body LIKE 'own 1 %'")
    store.commit()
    store.close()
    settle(path)
    with open(path, "r+b") as file:
        file.seek(18)
        file.write(b"\x07")
    with Peer(town.server, "bob", "secret") as bob:
        town.ctl("roster")
        wait_status(town, "online")
        town.ctl("send", town.bob, "the next", "--wait", "sent")
        assert bob.wait_message("the next")
        assert [body[:5] for body in bob.bodies()] == ["the n"]
    rows = {row["body"][:5]: row["state"] for row in history(town) if row.get("is_own")}
    assert rows == {"own 0": rows["own 0"], "own 1": rows["own 1"], "the n": rows["the n"]}
    assert rows["own 1"] in ("acked", "delivered", "displayed"), rows
    assert len(set_aside(town)) == 1


def test_send_wait_tells_of_a_repair(town):
    town.run("ternd", "stop")
    path = os.path.join(folder_of(town), "store.db")
    settle(path)
    with open(path, "r+b") as file:
        file.truncate(5000)
    done = town.run("ternctl", "send", town.bob, "hello", "--wait", "sent", code=None)
    assert done.returncode == 0, done.stderr
    assert set_aside(town)[0] in done.stderr


def lie(data, draw):
    """Bits of DATA flipped at places that DRAW chose: in small tables and in lines alike."""
    data = bytearray(data)
    for _ in range(draw.choice((1, 1, 4, 30))):
        at = draw.randrange(100, draw.choice((len(data), len(data) // 4)))
        data[at] ^= 1 << draw.randrange(8)
    return bytes(data)


@pytest.fixture(name="sample", scope="module")
def make_sample():
    """A profile folder with some hundred rows: {file name: bytes}, its password in clear."""
    with SessionProcess() as session:
        session.create()
        for number in range(60):
            session.call("message.send", profile="home", token=os.urandom(16),
                         jid=f"friend{number % 5}@localhost", body=f"line {number} ü " + "x" * 99)
        session.call("conversation.draft", profile="home", jid="friend1@localhost", text="half a line")
        session.end()
        folder = os.path.join(session.folder, "tern", "profiles", "home")
        settle(os.path.join(folder, "store.db"))
        names = [name for name in os.listdir(folder) if not name.startswith("store.db-")]
        files = {}
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                files[name] = file.read()
        return files


def live(session):
    """What a terminal asks of a profile; the codes of what was refused."""
    calls = [session.request("profile.attach", profile="home", epoch=0, seq=0)]
    for number in range(5):
        jid = f"friend{number}@localhost"
        calls.append(session.request("message.page", profile="home", jid=jid, limit=100))
        calls.append(session.request("message.send", profile="home", jid=jid,
                                     token=os.urandom(16), body="more"))
        calls.append(session.request("message.cancel", profile="home", jid=jid))
    calls.append(session.request("conversation.draft", profile="home", jid="friend2@localhost", text="x"))
    calls.append(session.request("roster.list", profile="home"))
    return {code for code in session.collect(calls).values() if code}


@pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "libexec")), reason="needs a build")
def test_flipped_bytes_crash_no_process_and_leave_a_profile_that_works(sample, tmp_path):
    draw = random.Random(SEED)
    repaired = 0
    for number in range(ROUNDS):
        root = tmp_path / str(number)
        folder = root / "tern" / "profiles" / "home"
        os.makedirs(folder, mode=0o700)
        for name, data in sample.items():
            (folder / name).write_bytes(lie(data, draw) if name == "store.db" else data)
            os.chmod(folder / name, 0o600)
        with SessionProcess(data=str(root)) as session:
            session.call("session.open", profile="home")
            deadline = Deadline(20)
            while codes := live(session):
                # Met while it ran: it is closed, for a router to open it again.
                assert codes <= {"STORAGE", "BUSY", "NO_PROFILE", "NOT_FOUND"}, codes
                if codes == {"NOT_FOUND"}:
                    break
                assert not deadline.is_over(), codes
                number = session.request("session.open", profile="home")
                session.collect([number])
            repaired += any("corrupt-" in name for name in os.listdir(folder))
            session.end()
    assert repaired > 0
