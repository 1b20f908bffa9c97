"""A database of another version at the start of a session process: an older one is brought
forward beside the loop, which answers meanwhile, a newer one is left alone and told."""

import hashlib
import os
import re
import sqlite3
import time

import pytest

from deadline import SLOW, Deadline
from peer import Peer

LINES = 700000
HERE = os.path.dirname(os.path.abspath(__file__))


def version_1():
    """The tables as they were in the wild, kept by the unit test of migrations."""
    with open(f"{HERE}/../backend/store/migrate_fault_test.c", encoding="utf-8") as file:
        text = file.read()
    text = text[text.index("version_1[] ="):]
    return "".join(re.findall(r'"([^"]*)"', text[:text.index(";\n\n")]))


@pytest.fixture(name="town")
def make_town(house, server):
    for user in ("alice", "bob", "carol"):
        server.add_user(user, "secret")
    server.befriend("alice", "bob")
    house.env["TERN_LOG"] = "info"
    house.server, house.bob, house.alice = server, server.jid("bob"), server.jid("alice")
    house.run("ternd", "--hurry", "20")  # a ping each second, half of one for the answer
    house.create_profile(server, "alice", "secret", "home")
    house.create_profile(server, "carol", "secret", "other", "--profile-password-file",
                         house.write("word", "open sesame"))
    wait_online(house)
    house.run("ternd", "stop")
    return house


def wait_online(house, name="home", seconds=60):
    deadline = Deadline(seconds)
    while True:
        with house.bridge() as bridge:
            rows = bridge.call("profile.list")["profiles"]
        row = next(row for row in rows if row["name"] == name)
        if row.get("link", {}).get("state") == "online":
            return row
        assert not deadline.is_over(), row


def database(house, name="home"):
    return os.path.join(house.data, "tern", "profiles", name, "store.db")


def log(house):
    path = os.path.join(house.env["XDG_STATE_HOME"], "tern", "ternd.log")
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def make_old(house):
    """Replaces the database by one of version 1 with the same account and LINES lines, the
    last of which wait to be sent."""
    path = database(house)
    now = sqlite3.connect(path)
    now.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    settings = now.execute("SELECT key, value FROM settings").fetchall()
    now.close()
    for name in (path, f"{path}-wal", f"{path}-shm"):
        if os.path.exists(name):
            os.unlink(name)
    old = sqlite3.connect(path)
    old.executescript("PRAGMA journal_mode=WAL;" + version_1())
    old.executemany("INSERT INTO settings(key, value) VALUES(?, ?)", settings)
    old.execute("INSERT INTO meta(key, value)"
                " VALUES('epoch', 77), ('seq_ceiling', 900000), ('floor', 0)")
    old.execute("INSERT INTO conversations(id, kind, jid, is_open, seq, last_ms)"
                " VALUES(1, 0, ?, 1, 1, 1)", [house.bob])
    began = int(time.time() * 1000) - LINES * 1000
    old.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO messages(id, conversation, place, seq, kind, state, is_outgoing,"
        " is_delayed, is_mention, may_repeat, sent_ms, received_ms, sender, wire_id, body)"
        " SELECT i, 1, i, 100 + i, 0, iif(i > ? - 2, 1, 0), i > ? - 2, 0, 0, 0, ? + 1000 * i,"
        " ? + 1000 * i, iif(i > ? - 2, ?, ?), 'w' || i, 'line ' || i FROM n",
        [LINES, LINES, LINES, began, began, LINES, house.alice, house.bob])
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    os.chmod(path, 0o600)


def test_an_old_database_is_brought_forward_beside_the_loop(town):
    make_old(town)
    town.run("ternd", "--hurry", "20")
    begin = time.monotonic()
    with Peer(town.server, "bob", "secret") as bob, town.bridge() as bridge:
        pid = next(row["pid"] for row in bridge.call("profile.list")["profiles"]
                   if row["name"] == "home")
        bridge.call("profile.attach", 120, profile="home")  # waits for the opening
        spent = time.monotonic() - begin
        assert wait_online(town)["pid"] == pid, log(town)[-3000:]
        # Long enough that a loop that stood still would have been killed, by far.
        assert spent > 1.5, f"{spent} s: more lines are needed"
        assert "does not answer" not in log(town)
        bob.wait_message(f"line {LINES}", seconds=30)
        assert bob.bodies() == [f"line {LINES - 1}", f"line {LINES}"]
        bob.send(town.alice, "and on")
        town_lines = []
        deadline = Deadline(20)
        while not town_lines or town_lines[-1]["body"] != "and on":
            assert not deadline.is_over()
            town_lines = bridge.call("message.page", 30, profile="home", jid=town.bob,
                                     limit=200)["lines"]
        assert [line["body"] for line in town_lines[:-1]] == [
            f"line {n}" for n in range(LINES - len(town_lines) + 2, LINES + 1)]
        bridge.call("profile.unlock", 60, profile="other", password="open sesame")
        bridge.call("roster.list", profile="other")
    store = sqlite3.connect(database(town))
    assert store.execute("PRAGMA user_version").fetchone()[0] >= 2
    assert store.execute("SELECT count(*), count(DISTINCT id) FROM messages").fetchone() == (
        LINES + 1, LINES + 1)
    store.close()


def test_a_process_killed_in_the_middle_leaves_an_old_or_a_new_one(town):
    make_old(town)
    town.run("ternd", "--hurry", "20")
    with Peer(town.server, "bob", "secret") as bob:
        for _ in range(4):
            for pid in town.session_pids():
                town.kill(pid)
            wait = Deadline(0.6 / SLOW)
            while not wait.is_over():
                time.sleep(0.05)
        wait_online(town)
        bob.wait_message(f"line {LINES}", seconds=30)
        assert bob.bodies() == [f"line {LINES - 1}", f"line {LINES}"]
    folder = os.listdir(os.path.dirname(database(town)))
    assert not [name for name in folder if "corrupt" in name], folder


def content(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def test_a_newer_database_is_left_alone_and_told(town):
    path = database(town)
    store = sqlite3.connect(path)
    version = store.execute("PRAGMA user_version").fetchone()[0]
    store.execute("PRAGMA user_version = 99")
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    before, names = content(path), sorted(os.listdir(os.path.dirname(path)))
    town.run("ternd", "--hurry", "20")
    with town.bridge() as bridge:
        bridge.call("profile.unlock", 60, profile="other", password="open sesame")
        deadline = Deadline(20)
        rows = {}
        while "problem" not in rows.get("home", {}):
            assert not deadline.is_over(), rows
            rows = {row["name"]: row for row in bridge.call("profile.list")["profiles"]}
        assert "newer" in rows["home"]["problem"], rows["home"]
        assert "problem" not in rows["other"]
    assert "newer" in town.run("ternctl", "--profile", "home", "roster", code=1).stderr
    town.run("ternd", "stop")
    assert content(path) == before
    assert sorted(os.listdir(os.path.dirname(path))) == names
    store = sqlite3.connect(path)
    store.execute(f"PRAGMA user_version = {version}")
    store.close()
    town.run("ternd")
    wait_online(town)
