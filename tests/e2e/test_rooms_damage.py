"""A room that was joined comes back also out of a damaged database."""

import os
import sqlite3

from room_server import ROOM, groupchat, make_authority, make_place  # noqa: F401


def break_table(path, name):
    """The first page of the table NAME is garbage."""
    store = sqlite3.connect(path)
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    [[size]] = store.execute("PRAGMA page_size")
    [[page]] = store.execute("SELECT rootpage FROM sqlite_master WHERE name=?", [name])
    store.close()
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def test_a_room_comes_back_out_of_a_damaged_database(place):
    place.bridge.call("settings.set", profile="home", name="bookmark_joins", value="no")
    place.join(nick="Al Ice")
    place.bridge.call("room.notify", profile="home", jid=ROOM, rule="all")
    place.say(groupchat("Bob", "before"))
    place.house.stop_daemon()
    folder = os.path.join(place.house.data, "tern", "profiles", "home")
    break_table(os.path.join(folder, "store.db"), "contacts")
    place.attach()
    place.next()
    place.wait_state("in", seconds=30)
    place.pids = place.house.session_pids()
    assert any("corrupt-" in name for name in os.listdir(folder))
    assert place.server.joins == [(ROOM, "Al Ice")] * 2
    assert place.room()["notify"] == "all" and place.room()["is_wanted"]
    place.say(groupchat("Bob", "after"))
    assert place.talk() == [("Bob", "after", "received")]
