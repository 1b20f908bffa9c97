"""Finding rooms: services, lists page by page, what a room says of itself, bare names."""

import concurrent.futures
import json

import pytest

from deadline import Deadline
from ejabberd import Ejabberd
from house import House
from peer import Peer
from prosody import Prosody


def prosody():
    return Prosody()


def ejabberd():
    return Ejabberd()


@pytest.fixture(scope="module", params=[prosody, ejabberd], ids=["prosody", "ejabberd"])
def server(request):
    with request.param() as server:
        for name in ("alice", "bob"):
            server.add_user(name, "secret")
        yield server


@pytest.fixture
def house(server):
    with House() as house:
        house.create_profile(server, "alice", "secret")
        deadline = Deadline(20)
        while "online" not in house.run("ternctl", "status", code=None).stdout:
            assert not deadline.is_over()
        yield house


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def find(house, *words):
    return [row["jid"] for row in rows(house.ctl("--json", "room", "find", *words))]


def test_rooms_are_found_named_and_described(house, server):
    services = rows(house.ctl("--json", "room", "services"))
    assert [row["jid"] for row in services if row.get("is_own")] == [server.rooms]
    assert find(house) == []
    names = [f"hall{number:02}" for number in range(7)]
    with Peer(server, "bob", "secret", plugins=("xep_0045",)) as bob:
        for name in names:
            room = f"{name}@{server.rooms}"
            bob.run(bob.client.plugin["xep_0045"].join_muc, room, "Bob")
            assert bob.wait_presence(match=lambda p: p["from"].full == f"{room}/Bob")
            bob.send_raw(
                f"<iq type='set' id='c{name}' to='{room}'>"
                "<query xmlns='http://jabber.org/protocol/muc#owner'>"
                "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
                "<value>http://jabber.org/protocol/muc#roomconfig</value></field>"
                "<field var='muc#roomconfig_publicroom'><value>1</value></field>"
                "<field var='muc#roomconfig_roomname'><value>The hall</value></field>"
                "<field var='muc#roomconfig_roomdesc'><value>Of echoes</value></field>"
                "</x></query></iq>")
            bob.call(bob.client.plugin["xep_0030"].get_info, jid=room)
        wanted = [f"{name}@{server.rooms}" for name in names]
        assert sorted(find(house)) == wanted
        assert sorted(find(house, server.rooms, "--limit", "3")) == wanted[:3]
        seen, after = [], {}
        while True:
            page = json.loads(house.ctl("--json", "call", "room.find", "limit=3", *after))
            assert len(page.get("rooms", [])) <= 3
            seen += [row["jid"] for row in page.get("rooms", [])]
            if "next" not in page:
                break
            after = [f"after={page['next']}"]
        assert sorted(seen) == wanted
        info = json.loads(house.ctl("--json", "room", "info", "hall03"))
        assert info["jid"] == wanted[3] and info["name"] == "The hall"
        assert info["description"] == "Of echoes" and info["occupants"] == 1
        assert "as Alice" in house.ctl("room", "join", "hall03", "Alice")
        house.ctl("room", "leave", "hall03")


def test_what_is_no_room_is_said(house, server):
    def refused(*words):
        return house.run("ternctl", *words, code=1).stderr
    assert "is a service" in refused("room", "join", server.rooms)
    assert "no such room" in refused("room", "join", "nowhere")
    assert "There is no room nowhere@" in refused("room", "info", "nowhere")
    assert refused("room", "find", f"silent.{server.host}")
    assert "name@service" in refused("room", "join", "a/b")
    assert "in " in house.ctl("room", "join", "fresh", "Alice", "--create")


def test_a_bare_name_waits_for_the_profile_to_be_online(server):
    with House() as house:
        house.create_profile(server, "alice", "secret")
        house.ctl("disconnect")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            joined = pool.submit(house.ctl, "room", "join", "early", "Alice", "--create")
            with pytest.raises(concurrent.futures.TimeoutError):
                joined.result(0.5)
            house.ctl("connect")
            assert "in " in joined.result(20)
        house.ctl("room", "leave", "early")
