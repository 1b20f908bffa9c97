"""Bookmarks of rooms: told to other devices and followed as these change them, by XEP-0402
where the account can keep them so, else by XEP-0048 in private storage."""

import json
import os
import signal
from xml.etree import ElementTree

import pytest
from slixmpp.exceptions import IqError

from deadline import Deadline
from ejabberd import Ejabberd
from house import House
from peer import Peer
from prosody import Prosody

BOOKMARKS, OLD = "urn:xmpp:bookmarks:1", "storage:bookmarks"
PUBSUB = "http://jabber.org/protocol/pubsub"


def plain(element):
    """ELEMENT of BOOKMARKS or OLD in words: a dictionary."""
    found = dict(element.attrib)
    for child in element:
        found[child.tag.partition("}")[2]] = child.text
        if len(child):
            found["more"] = sorted(ElementTree.tostring(part).decode() for part in child)
    found["autojoin"] = found.get("autojoin") in ("true", "1")
    return found


class Pep:
    """How the phone sees and changes bookmarks by XEP-0402."""

    def __init__(self, phone):
        self.phone = phone

    def read(self):
        try:
            result = self.phone.call(self.phone.client["xep_0060"].get_items, self.phone.jid,
                                     BOOKMARKS)
        except IqError:  # no node yet
            return {}
        return {item["id"]: plain(item.xml.find(f"{{{BOOKMARKS}}}conference"))
                for item in result["pubsub"]["items"]}

    def write(self, jid, autojoin=True, name="", inside="", nick=None):
        inside += f"<nick>{nick}</nick>" if nick else ""
        self.phone.send_raw(
            f"<iq type='set' id='w1'><pubsub xmlns='{PUBSUB}'><publish node='{BOOKMARKS}'>"
            f"<item id='{jid}'><conference xmlns='{BOOKMARKS}' name='{name}' "
            f"autojoin='{str(autojoin).lower()}'>{inside}</conference></item></publish>"
            "</pubsub></iq>")

    def remove(self, jid):
        self.phone.send_raw(
            f"<iq type='set' id='r1'><pubsub xmlns='{PUBSUB}'>"
            f"<retract node='{BOOKMARKS}' notify='true'><item id='{jid}'/></retract>"
            "</pubsub></iq>")


class Private:
    """The same by XEP-0048; REST is what else its document holds."""

    def __init__(self, phone):
        self.phone = phone

    def document(self):
        iq = self.phone.run(self.phone.client.make_iq_get)
        self.phone.run(lambda: iq.xml.append(ElementTree.fromstring(
            f"<query xmlns='jabber:iq:private'><storage xmlns='{OLD}'/></query>")))
        answer = self.phone.call(iq.send)
        return answer.xml.find(f".//{{{OLD}}}storage")

    def read(self):
        return {row.get("jid"): plain(row)
                for row in self.document().findall(f"{{{OLD}}}conference")}

    def write(self, rows):
        self.phone.send_raw("<iq type='set' id='p1'><query xmlns='jabber:iq:private'>"
                            f"<storage xmlns='{OLD}'>{rows}</storage></query></iq>")
        assert self.document() is not None


class Desk:
    """alice's tern, and what can be asked of it."""

    def __init__(self, house, server):
        self.house, self.server = house, server
        house.create_profile(server, "alice", "secret")

    def room(self, name):
        return f"{name}@{self.server.rooms}"

    def wait(self, condition, seconds=20):
        deadline = Deadline(seconds)
        while not (found := condition()):
            assert not deadline.is_over(), (self.bookmarks(), self.states())
        return found

    def online(self):
        self.house.ctl("room", "list")
        self.wait(lambda: "online" in self.house.run("ternctl", "status", code=None).stdout)
        return self

    def call(self, method, **params):
        words = [f"{key}={value}" for key, value in params.items()]
        said = self.house.ctl("--json", "call", method, *words)
        return json.loads(said) if said.strip() else {}

    def bookmarks(self):
        return {row["jid"]: row for row in map(
            json.loads, self.house.ctl("--json", "bookmarks", "list").splitlines())}

    def states(self):
        return {row["jid"]: row["state"] for row in self.call("room.list").get("rooms", [])}

    def is_in(self, room):
        return self.states().get(room) == "in"

    def phone(self):
        return Peer(self.server, "alice", "secret", resource="phone",
                    plugins=("xep_0045", "xep_0060"))

    def open_rooms(self, peer, *rooms):
        """Rooms of PEER's, open to everybody."""
        for room in rooms:
            peer.run(peer.client.plugin["xep_0045"].join_muc, room, "Bob")
            assert peer.wait_presence(match=lambda p: p["from"].full == f"{room}/Bob")
            peer.send_raw(
                f"<iq type='set' id='cfg' to='{room}'>"
                "<query xmlns='http://jabber.org/protocol/muc#owner'>"
                "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
                "<value>http://jabber.org/protocol/muc#roomconfig</value></field>"
                "<field var='muc#roomconfig_publicroom'><value>1</value></field>"
                "</x></query></iq>")

    def bob(self):
        return Peer(self.server, "bob", "secret", plugins=("xep_0045",))


def old_prosody():
    return Prosody(without=("pep",))


@pytest.fixture(scope="module", params=[Prosody, Ejabberd], ids=["prosody", "ejabberd"])
def server(request):
    with request.param() as server:
        for name in ("alice", "bob"):
            server.add_user(name, "secret")
        yield server


@pytest.fixture
def desk(server):
    """Nothing is bookmarked when a test begins."""
    with Peer(server, "alice", "secret", resource="phone", plugins=("xep_0060",)) as phone:
        for jid in Pep(phone).read():
            Pep(phone).remove(jid)
        Pep(phone).read()
    with House() as house:
        yield Desk(house, server).online()


@pytest.fixture
def old_desk():
    with old_prosody() as server, House() as house:
        for name in ("alice", "bob"):
            server.add_user(name, "secret")
        yield Desk(house, server).online()


def test_a_join_is_bookmarked_and_leaving_takes_it_back(desk):
    room = desk.room("garden")
    with desk.bob() as bob, desk.phone() as phone:
        desk.open_rooms(bob, room)
        desk.house.ctl("room", "join", room, "Alice")
        desk.wait(lambda: Pep(phone).read().get(room, {}).get("autojoin"))
        assert Pep(phone).read()[room]["nick"] == "Alice"
        desk.house.ctl("room", "leave", room)
        desk.wait(lambda: Pep(phone).read()[room]["autojoin"] is False)
        desk.house.ctl("bookmarks", "remove", room)
        desk.wait(lambda: room not in Pep(phone).read())
        assert room not in desk.bookmarks()
        desk.call("settings.set", name="bookmark_joins", value="no")
        desk.house.ctl("room", "join", room, "Alice")
        assert desk.bookmarks() == {}


def test_other_devices_are_followed_at_once(desk):
    room, other = desk.room("pond"), desk.room("lawn")
    extra = "<extensions><x xmlns='urn:example:x' a='1'><y>deep</y></x></extensions>"
    with desk.bob() as bob, desk.phone() as phone:
        pep = Pep(phone)
        desk.open_rooms(bob, room, other)
        pep.write(room, name="The pond", nick="Ally", inside=extra)
        desk.wait(lambda: desk.is_in(room))
        assert bob.wait_presence(match=lambda p: p["from"].full == f"{room}/Ally")
        # What is not understood is there after a change of ours.
        before = pep.read()[room]["more"]
        desk.house.ctl("bookmarks", "add", room, "--name", "Our pond")
        desk.wait(lambda: pep.read()[room]["name"] == "Our pond")
        assert pep.read()[room]["more"] == before and "deep" in before[0]
        # Not on this host: the others keep it.
        desk.house.ctl("bookmarks", "add", room, "--not-here")
        desk.wait(lambda: desk.states()[room] == "out")
        assert pep.read()[room]["autojoin"]
        pep.write(room, name="Still", nick="Ally")
        desk.wait(lambda: desk.bookmarks()[room].get("name") == "Still")
        assert not desk.is_in(room)
        # Another one, taken back by a change and by a removal.
        pep.write(other)
        desk.wait(lambda: desk.is_in(other))
        pep.write(other, autojoin=False)
        desk.wait(lambda: desk.states()[other] == "out")
        pep.write(other)
        desk.wait(lambda: desk.is_in(other))
        pep.remove(other)
        if isinstance(desk.server, Ejabberd):
            # 23.01 tells nobody of a removal: it is seen at the next login.
            assert pep.read().keys() == {room} and other in desk.bookmarks()
            desk.house.ctl("disconnect")
            desk.house.ctl("connect")
        desk.wait(lambda: desk.states()[other] == "out" and other not in desk.bookmarks())
        desk.house.ctl("bookmarks", "remove", room)
        desk.wait(lambda: pep.read() == {})
        desk.wait(lambda: desk.bookmarks() == {})


def test_what_others_did_meanwhile_holds_at_the_next_login(desk):
    kept, gone, new = (desk.room(name) for name in ("kept", "gone", "new"))
    with desk.bob() as bob, desk.phone() as phone:
        pep = Pep(phone)
        desk.open_rooms(bob, kept, gone, new)
        for room in (kept, gone):
            desk.house.ctl("room", "join", room, "Alice")
            desk.wait(lambda: room in pep.read())
        desk.house.ctl("disconnect")
        desk.house.ctl("bookmarks", "add", kept, "--name", "Mine")
        pep.write(kept, name="Theirs")
        pep.remove(gone)
        pep.write(new)
        assert pep.read().keys() == {kept, new}
        desk.house.ctl("connect")
        desk.wait(lambda: desk.is_in(new) and desk.is_in(kept))
        desk.wait(lambda: desk.states()[gone] == "out")
        # What was changed here is not lost to what was changed there.
        desk.wait(lambda: pep.read()[kept]["name"] == "Mine")
        assert desk.bookmarks().keys() == {kept, new}
        for room in (kept, new):
            desk.house.ctl("bookmarks", "remove", room)
        desk.wait(lambda: pep.read() == {})


def test_a_password_comes_with_its_bookmark_and_is_nowhere_else(desk):
    room = desk.room("vault")
    with desk.bob() as bob, desk.phone() as phone:
        desk.open_rooms(bob, room)
        bob.send_raw(
            f"<iq type='set' id='pw' to='{room}'>"
            "<query xmlns='http://jabber.org/protocol/muc#owner'>"
            "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
            "<value>http://jabber.org/protocol/muc#roomconfig</value></field>"
            "<field var='muc#roomconfig_passwordprotectedroom'><value>1</value></field>"
            "<field var='muc#roomconfig_roomsecret'><value>sesame-7</value></field></x>"
            "</query></iq>")
        # Who joins by hand need not know it; a wrong one that was given is not kept.
        Pep(phone).write(room, inside="<password>sesame-7</password>", autojoin=False)
        desk.wait(lambda: desk.bookmarks().get(room, {}).get("has_password"))
        desk.call("settings.set", name="bookmark_joins", value="no")
        for _ in range(2):
            desk.house.ctl("room", "join", room, "Alice")
            assert desk.is_in(room)
            desk.house.ctl("room", "leave", room)
            answer = desk.house.run("ternctl", "call", "room.join", f"jid={room}",
                                    "nick=Alice", "password=@-", input="wrong", code=None)
            assert answer.returncode and "that was not it" in answer.stderr
        desk.call("settings.set", name="bookmark_joins", value="yes")
        Pep(phone).write(room, inside="<password>sesame-7</password>", nick="Alice")
        desk.wait(lambda: desk.is_in(room))
        assert desk.bookmarks()[room]["has_password"]
        # A process that resumes does not know it, and must not lose it.
        for pid in desk.house.session_pids():
            os.kill(pid, signal.SIGKILL)
        desk.wait(lambda: not desk.house.run("ternctl", "room", "list", code=None).returncode)
        desk.wait(lambda: desk.states().get(room) == "in")
        desk.house.ctl("bookmarks", "add", room, "--name", "Cave")
        desk.wait(lambda: Pep(phone).read()[room].get("name") == "Cave")
        assert Pep(phone).read()[room]["password"] == "sesame-7"
        # A new session joins with it.
        desk.house.stop_daemon()
        desk.online()
        desk.wait(lambda: desk.is_in(room))
        desk.house.stop_daemon()
        for folder, _, names in os.walk(desk.house.path()):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        assert b"sesame-7" not in file.read(), path
        desk.online().house.ctl("bookmarks", "remove", room)
        desk.wait(lambda: Pep(phone).read() == {})


def test_the_rule_of_notification_is_kept_in_the_bookmark(desk):
    room, notify = desk.room("square"), "urn:xmpp:notification-settings:"
    with desk.bob() as bob, desk.phone() as phone:
        pep = Pep(phone)

        def rule():
            rows = desk.call("room.list")["rooms"]
            return {row["jid"]: row.get("notify") for row in rows}[room]
        desk.open_rooms(bob, room)
        pep.write(room, inside=f"<extensions><notify xmlns='{notify}0'><never/></notify>"
                               "<z xmlns='urn:z'/></extensions>")
        desk.wait(lambda: desk.is_in(room))
        assert rule() == "nothing"
        desk.call("room.notify", jid=room, rule="all")
        desk.wait(lambda: "always" in str(pep.read()[room]["more"]))
        assert "urn:z" in str(pep.read()[room]["more"]) and rule() == "all"
        pep.write(room, inside=f"<extensions><notify xmlns='{notify}1'><on-mention/></notify>"
                               "</extensions>")
        desk.wait(lambda: rule() == "mentions")
        # Without a bookmark it is kept here.
        desk.house.ctl("bookmarks", "remove", room)
        desk.call("settings.set", name="bookmark_joins", value="no")
        desk.house.ctl("room", "join", room)
        desk.call("room.notify", jid=room, rule="nothing")
        desk.house.stop_daemon()
        desk.online()
        desk.wait(lambda: desk.is_in(room))
        assert rule() == "nothing" and desk.bookmarks() == {}


def test_old_ones_are_taken_over_once_and_left_alone(server):
    if isinstance(server, Ejabberd):
        return  # here it has no private storage
    server.add_user("carla", "secret")
    with Peer(server, "carla", "secret", resource="phone",
              plugins=("xep_0045", "xep_0060")) as phone, House() as house:
        old = Private(phone)
        room = f"attic@{server.rooms}"
        old.write(f"<conference jid='{room}' name='Attic' autojoin='0'><nick>C</nick>"
                  "</conference>")
        house.create_profile(server, "carla", "secret")
        deadline = Deadline(20)
        while room not in Pep(phone).read():
            assert not deadline.is_over()
        assert Pep(phone).read()[room] == {"name": "Attic", "autojoin": False, "nick": "C"}
        house.ctl("bookmarks", "remove", room)
        while room in Pep(phone).read():
            assert not deadline.is_over()
        assert old.read().keys() == {room}
        house.ctl("disconnect")
        house.ctl("connect")
        while "online" not in house.ctl("status"):
            assert not deadline.is_over()
        house.ctl("bookmarks", "add", f"cellar@{server.rooms}")
        while len(Pep(phone).read()) != 1:
            assert not deadline.is_over()
        assert room not in Pep(phone).read()


def test_private_storage_keeps_them_where_nothing_else_does(old_desk):
    desk, room, other = old_desk, old_desk.room("barn"), old_desk.room("mill")
    with desk.bob() as bob, desk.phone() as phone:
        old = Private(phone)
        desk.open_rooms(bob, room, other)
        desk.house.ctl("disconnect")
        old.write(f"<url name='a page' url='https://example.org/'/><conference jid='{other}' "
                  "name='Mill' autojoin='1'><nick>Ally</nick><x xmlns='urn:example:x'/>"
                  "<password>p</password></conference>")
        desk.house.ctl("connect")
        desk.wait(lambda: desk.is_in(other))
        desk.house.ctl("room", "join", room, "Alice")
        desk.wait(lambda: old.read().keys() == {room, other})
        assert old.read()[room]["autojoin"] and old.read()[room]["nick"] == "Alice"
        desk.house.ctl("bookmarks", "add", other, "--name", "The mill")
        desk.wait(lambda: old.read()[other]["name"] == "The mill")
        kept = old.read()[other]
        assert kept["autojoin"] and kept["nick"] == "Ally" and kept["password"] == "p"
        assert "x" in kept
        assert old.document().find(f"{{{OLD}}}url").get("url") == "https://example.org/"
        desk.house.ctl("bookmarks", "remove", room)
        desk.wait(lambda: old.read().keys() == {other})
        desk.wait(lambda: desk.states()[room] == "out")


def test_the_commands_of_tern(desk):
    room = desk.room("plaza")
    with desk.bob() as bob, desk.phone() as phone, desk.house.tern(columns=100) as screen:
        pep = Pep(phone)
        desk.open_rooms(bob, room)
        screen.wait("● home", 15)
        screen.line("/rooms")
        screen.wait(room)
        screen.keys("no such thing")
        screen.wait("0 of ")
        screen.keys("\x15", "PLAZ")
        screen.wait("1 of 1 ")
        screen.keys("\r")
        screen.wait("&Bob")  # the room is shown a moment after its bookmark is kept
        desk.wait(lambda: pep.read().get(room, {}).get("autojoin"))
        screen.line("/notify")
        screen.wait("You are told of what names you here.")
        bob.send(room, "nobody's name", kind="groupchat")
        screen.wait("nobody's name")
        screen.line("/contacts")
        screen.wait("contacts   1 plaza")
        bells = screen.bells
        bob.send(room, "still no name", kind="groupchat")
        desk.wait(lambda: "still no name" in desk.house.ctl("history", room))
        screen.line("/join plaza")
        screen.wait("still no name")
        assert screen.bells == bells
        screen.line("/notify all")
        screen.wait("You are told of everything here.")
        desk.wait(lambda: "always" in str(pep.read()[room].get("more")))
        screen.line("/contacts")
        screen.wait("contacts   1 plaza")
        bob.send(room, "now it rings", kind="groupchat")
        desk.wait(lambda: screen.settle() and screen.bells == bells + 1)
        screen.line("/join plaza")
        screen.wait("now it rings")
        screen.line(f"/bookmark elsewhere {room} My plaza")
        screen.wait("not on this host")
        desk.wait(lambda: pep.read()[room]["name"] == "My plaza")
        assert pep.read()[room]["nick"] == "alice"
        screen.line("/bookmark list")
        screen.wait("My plaza")
        screen.line(f"/bookmark remove {room}")
        desk.wait(lambda: pep.read() == {})
