"""Other clients of the account, and what the other side says of our lines: carbons both
ways, receipts, displayed markers and read positions, on Debian's Prosody and ejabberd with
slixmpp at both other ends."""

import xml.etree.ElementTree as ElementTree

import pytest
from slixmpp.exceptions import IqError

from deadline import Deadline
from ejabberd import Ejabberd
from peer import Peer
from prosody import Prosody

CARBONS, RECEIPTS = "urn:xmpp:carbons:2", "urn:xmpp:receipts"
MARKERS, POSITIONS = "urn:xmpp:chat-markers:0", "urn:xmpp:mds:displayed:0"
USERS = ("alice", "bob", "carol")


KINDS = {"prosody": Prosody, "ejabberd": Ejabberd}


@pytest.fixture(name="world", scope="module", params=list(KINDS))
def make_world(request):
    with KINDS[request.param]() as server:
        yield server


@pytest.fixture(name="town")
def make_town(house, world):
    """Alice's tern, online and looked at over the bridge; accounts of this test's own, where
    Alice and Bob are friends."""
    world.count = getattr(world, "count", 0) + 1
    names = {user: f"{user}{world.count}" for user in USERS}
    friends = {"alice": {names["bob"]: "both"}, "bob": {names["alice"]: "both"}}
    for user, name in names.items():
        world.add_user(name, "secret", friends.get(user))
    town = Town(house, world, names)
    yield town
    town.bridge.close()


class Town:
    def __init__(self, house, server, names):
        self.house, self.server, self.names = house, server, names
        house.create_profile(server, names["alice"], "secret", "home")
        self.bridge = house.bridge()
        self.bridge.call("profile.attach", profile="home")
        self.wait_link("online")
        self.bob_jid = self.jid("bob")

    def jid(self, user):
        return self.server.jid(self.names[user])

    def wait_link(self, state):
        deadline = Deadline(15)
        while self.bridge.call("profile.attach", profile="home")["link"]["state"] != state:
            assert not deadline.is_over()

    def go_offline(self):
        self.bridge.call("link.disconnect", profile="home")
        self.wait_link("offline")

    def go_online(self):
        self.bridge.call("link.connect", profile="home")
        self.wait_link("online")

    def peer(self, user, resource="peer", **more):
        return Peer(self.server, self.names[user], "secret", resource=resource, **more)

    def phone(self):
        """Another client of Alice, which gets carbons."""
        phone = self.peer("alice", "phone", plugins=("xep_0060",)).connect()
        enable = phone.run(phone.client.make_iq_set)
        enable.append(ElementTree.Element(f"{{{CARBONS}}}enable"))
        phone.call(enable.send)
        return phone

    def send(self, body, jid=None):
        """Alice's tern sends; the line's id in the store."""
        return self.bridge.call("message.send", profile="home", jid=jid or self.bob_jid,
                                body=body, token=self.bridge.token())["id"]

    def wait_line(self, body, **fields):
        def fits(params):
            line = params["line"]
            return line["body"] == body and all(line.get(k) == v for k, v in fields.items())
        return self.bridge.wait_event("message.changed", 15, fits)["line"]

    def wait_state(self, line, state):
        return self.bridge.wait_event(
            "message.changed", 15,
            lambda p: p["line"]["id"] == line and p["line"]["state"] == state)["line"]

    def wait_unread(self, count, jid=None):
        """Until so much is unread in JID's conversation; its badge."""
        deadline = Deadline(15)
        while True:
            rows = self.bridge.call("profile.attach", profile="home").get("conversations", [])
            row = {row["jid"]: row for row in rows}.get(jid or self.bob_jid)
            if row and row.get("unread", 0) == count:
                return row
            assert not deadline.is_over(), rows

    def lines(self, jid=None):
        return self.bridge.call("message.page", profile="home",
                                jid=jid or self.bob_jid)["lines"]

    def read(self, line):
        self.bridge.call("conversation.read", profile="home", jid=line["jid"],
                         place=line["place"])


def raw(to, ident, inner, kind="chat"):
    return f"<message to='{to}' type='{kind}' id='{ident}'>{inner}</message>"


def holds(*parts):
    return lambda message: all(part in str(message) for part in parts)


def test_carbons_go_both_ways(town):
    with town.peer("bob") as bob:
        phone = town.phone()
        phone.send(town.bob_jid, "from the phone")
        assert town.wait_line("from the phone", is_own=True)
        assert bob.wait_message("from the phone")
        bob.send(phone.full_jid, "to the phone")
        line = town.wait_line("to the phone")
        assert not line.get("is_own") and line["sender"] == town.bob_jid
        town.send("from tern")
        copy = phone.wait_message(match=holds("urn:xmpp:forward:0", "from tern"))
        assert copy["from"].bare == town.jid("alice")
        phone.disconnect()
    assert [line["body"] for line in town.lines()] == [
        "from the phone", "to the phone", "from tern"]


def test_carbons_go_on_after_a_resume_and_a_new_login(town):
    with town.peer("bob") as bob:
        phone = town.phone()
        [pid] = town.house.session_pids()
        town.house.kill(pid)
        deadline = Deadline(15)
        while town.house.session_pids() in ([], [pid]):
            assert not deadline.is_over()
        town.wait_link("online")
        phone.send(town.bob_jid, "after a resume")
        town.wait_line("after a resume", is_own=True)
        town.go_offline()
        town.go_online()
        phone.send(town.bob_jid, "after a login")
        town.wait_line("after a login", is_own=True)
        assert bob.wait_message("after a login")
        phone.disconnect()
    assert [line["body"] for line in town.lines()] == ["after a resume", "after a login"]


def test_receipts_and_markers_raise_our_lines(town):
    with town.peer("bob") as bob:
        first, second = town.send("one"), town.send("two")
        ids = [bob.wait_message(body)["id"] for body in ("one", "two")]
        assert f"<request xmlns=\"{RECEIPTS}\"" in str(bob.messages[-1])
        assert f"<markable xmlns=\"{MARKERS}\"" in str(bob.messages[-1])
        alice = town.jid("alice")
        bob.send_raw(raw(alice, "r1", f"<received xmlns='{RECEIPTS}' id='{ids[0]}'/>"))
        town.wait_state(first, "delivered")
        bob.send_raw(raw(alice, "d1", f"<displayed xmlns='{MARKERS}' id='{ids[1]}'/>"))
        town.wait_state(first, "displayed")
        town.wait_state(second, "displayed")


def test_a_receipt_that_another_client_got_counts(town):
    with town.peer("bob") as bob:
        phone = town.phone()
        line = town.send("one")
        ident = bob.wait_message("one")["id"]
        town.wait_state(line, "acked")
        bob.send_raw(raw(phone.full_jid, "r1",
                         f"<received xmlns='{RECEIPTS}' id='{ident}'/>"
                         "<store xmlns='urn:xmpp:hints'/>"))
        town.wait_state(line, "delivered")
        phone.disconnect()


def test_contacts_are_told_and_strangers_are_not(town):
    ask = f"<request xmlns='{RECEIPTS}'/><markable xmlns='{MARKERS}'/>"
    alice = town.jid("alice")
    with town.peer("bob") as bob, town.peer("carol") as carol:
        carol.send_raw(raw(alice, "c1", f"<body>psst</body>{ask}"))
        town.read(town.wait_line("psst"))
        bob.send_raw(raw(alice, "bob-first", f"<body>hello</body>{ask}"))
        bob.wait_message(match=holds(RECEIPTS, "bob-first"))
        town.read(town.wait_line("hello"))
        bob.wait_message(match=holds(MARKERS, "displayed", "bob-first"))
        for name in ("receipts", "markers"):
            town.bridge.call("settings.set", profile="home", name=name, value="no")
        bob.send_raw(raw(alice, "bob-again", f"<body>again</body>{ask}"))
        town.read(town.wait_line("again"))
        town.send("the end")
        town.send("the end", town.jid("carol"))
        bob.wait_message("the end")
        carol.wait_message("the end")
        assert not [m for m in bob.messages if "bob-again" in str(m)]
        assert [m["body"] for m in carol.messages] == ["the end"]


def test_what_was_read_offline_is_told_once(town):
    alice = town.jid("alice")
    with town.peer("bob") as bob:
        bob.send_raw(raw(alice, "bob-1", f"<body>hello</body><markable xmlns='{MARKERS}'/>"))
        line = town.wait_line("hello")
        town.go_offline()
        town.read(line)
        for _ in range(2):
            town.go_online()
            town.go_offline()
        bob.wait_message(match=holds(MARKERS, "bob-1"))
        assert len([m for m in bob.messages if MARKERS in str(m)]) == 1


def test_read_there_is_read_here(town):
    alice = town.jid("alice")
    with town.peer("bob") as bob:
        phone = town.phone()
        for ident in ("b1", "b2", "b3"):
            bob.send_raw(raw(alice, ident,
                             f"<body>{ident}</body><markable xmlns='{MARKERS}'/>"))
        town.wait_unread(3)
        phone.send_raw(raw(town.bob_jid, "d1", f"<displayed xmlns='{MARKERS}' id='b2'/>"))
        town.wait_unread(1)
        phone.send(town.bob_jid, "my answer")
        town.wait_unread(0)
        phone.disconnect()


def test_read_there_while_we_were_away_is_read_here(town):
    """The newest page of the archive comes first, and the line that was read behind it."""
    alice = town.jid("alice")
    with town.peer("bob") as bob:
        phone = town.phone()
        bob.send(alice, "before")
        phone.wait_message("before")
        town.wait_unread(1)
        town.go_offline()
        for number in range(70):
            bob.send_raw(raw(alice, f"bob-{number}", f"<body>line {number}</body>"
                             f"<markable xmlns='{MARKERS}'/>"))
        phone.wait_message("line 69")
        phone.send_raw(raw(town.bob_jid, "d1",
                           f"<displayed xmlns='{MARKERS}' id='bob-9'/>"
                           "<store xmlns='urn:xmpp:hints'/>"))
        bob.wait_message(match=holds(MARKERS, "bob-9"))
        town.go_online()
        town.wait_unread(60)
        phone.disconnect()


def positions(phone):
    """{conversation: archive id} as the account keeps them."""
    try:
        result = phone.call(phone.client["xep_0060"].get_items, phone.jid, POSITIONS)
    except IqError:  # no node yet
        return {}
    return {item["id"]: item.xml.find(".//{urn:xmpp:sid:0}stanza-id").get("id")
            for item in result["pubsub"]["items"]}


def publish(phone, jid, ident):
    """Until the account keeps it: what is only on its way there nobody can be asked for."""
    phone.send_raw(
        "<iq type='set' id='p1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        f"<publish node='{POSITIONS}'><item id='{jid}'><displayed xmlns='{POSITIONS}'>"
        f"<stanza-id xmlns='urn:xmpp:sid:0' by='{phone.jid}' id='{ident}'/></displayed></item>"
        "</publish></pubsub></iq>")
    deadline = Deadline(15)
    while (kept := positions(phone)).get(jid) != ident:
        assert not deadline.is_over(), kept


def stanza_ids(phone, count):
    """The archive ids of the phone's messages with a body, when there are COUNT."""
    for number in range(count):
        phone.wait_message(f"b{number + 1}")
    return [m.xml.find("{urn:xmpp:sid:0}stanza-id").get("id") for m in phone.messages
            if m["body"]]


def test_read_positions_go_both_ways(town):
    alice = town.jid("alice")
    with town.peer("bob") as bob:
        phone = town.phone()
        for ident in ("b1", "b2", "b3", "b4"):
            bob.send_raw(raw(alice, ident, f"<body>{ident}</body>"))
        town.wait_unread(4)
        ids = stanza_ids(phone, 4)
        town.read(town.lines()[0])
        town.wait_unread(3)
        deadline = Deadline(15)
        while (kept := positions(phone)) != {town.bob_jid: ids[0]}:
            assert not deadline.is_over(), (kept, ids, town.lines())
        publish(phone, town.bob_jid, ids[1])
        town.wait_unread(2)
        town.go_offline()
        publish(phone, town.bob_jid, ids[2])
        town.go_online()
        town.wait_unread(1)
        phone.disconnect()
