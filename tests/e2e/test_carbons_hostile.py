"""Forged carbons, receipts, markers and read positions (XEP-0280, 0184, 0333, 0490), sent
through an honest server by strangers, contacts and occupants: nothing is shown, raised or
read that was not proven."""

import re
import tempfile

import pytest

from certificates import Authority
from house import House
from scripted_server import ScriptedServer

CARBONS, FORWARD = "urn:xmpp:carbons:2", "urn:xmpp:forward:0"
RECEIPTS, MARKERS = "urn:xmpp:receipts", "urn:xmpp:chat-markers:0"
POSITIONS, SID = "urn:xmpp:mds:displayed:0", "urn:xmpp:sid:0"
PUBSUB, DISCO = "http://jabber.org/protocol/pubsub", "http://jabber.org/protocol/disco#info"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
ALICE, BOB, MALLORY = "alice@localhost", "bob@localhost", "mallory@evil.example"
OCCUPANT = "room@rooms.localhost/alice@localhost"
ACCOUNT = (f"<query xmlns='{DISCO}'><identity category='pubsub' type='pep'/>"
           f"<feature var='{PUBSUB}#publish-options'/><feature var='{SID}'/></query>")


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


class Honest(ScriptedServer):
    """Answers every iq of a login, and hands the messages over to the test."""

    fences = 0

    def __init__(self, authority):
        super().__init__(authority)
        self.on_stanza = self.reply

    @staticmethod
    def reply(session, text):
        if not text.startswith("<iq"):
            return
        if "jabber:iq:roster" in text and 'type="get"' in text:
            session.answer(text, "<query xmlns='jabber:iq:roster'>"
                           f"<item jid='{BOB}' subscription='both'/></query>")
        elif DISCO in text and 'type="get"' in text:
            session.answer(text, ACCOUNT)
        elif "blocklist" in text:
            session.answer(text, "<blocklist xmlns='urn:xmpp:blocking'/>")
        elif "<enable" in text or "<publish " in text:
            session.answer(text)
        elif 'type="get"' in text or 'type="set"' in text:
            session.answer(text, f"<error type='cancel'><item-not-found xmlns='{STANZAS}'/>"
                           "</error>", "error")

    def fence(self, session):
        self.fences += 1
        name = f"fence-{self.fences}"
        session.send(f"<iq type='get' id='{name}' from='localhost'>"
                     "<ping xmlns='urn:xmpp:ping'/></iq>")
        return session.wait(rf"<iq[^>]*id=\"{name}\"", 20)


class Place:
    """Alice's profile "home", logged in at the server and looked at over the bridge."""

    def __init__(self, house, server):
        self.server = server
        house.create_profile(server, "alice", "secret")
        self.session = server.session(20)
        self.session.wait("<presence", 20)
        server.fence(self.session)
        self.bridge = house.bridge()
        self.bridge.call("profile.attach", profile="home")

    def say(self, *texts):
        """Sends TEXTS and waits until they were worked on."""
        for text in texts:
            self.session.send(text)
        self.server.fence(self.session)

    def send(self, body, jid=BOB):
        """Alice writes; (id in the store, id attribute) of the line."""
        line = self.bridge.call("message.send", profile="home", jid=jid, body=body,
                                token=self.bridge.token())["id"]
        text = self.session.wait(f"<message.*{body}", 20)
        self.server.fence(self.session)
        return line, re.search(r"<message[^>]*\bid=\"([^\"]*)", text)[1]

    def state(self, line):
        return self.bridge.call("message.get", profile="home", id=line)["line"]["state"]

    def badges(self):
        rows = self.bridge.call("profile.attach", profile="home").get("conversations", [])
        return {row["jid"]: row.get("unread", 0) for row in rows}

    def bodies(self, jid=BOB):
        page = self.bridge.call("message.page", profile="home", jid=jid)
        return [line["body"] for line in page.get("lines", [])]

    def sent(self, part):
        """What the client sent so far that holds PART."""
        return [text for text in self.session.log if part in text]


@pytest.fixture(name="place")
def make_place(authority):
    with House() as house, Honest(authority) as server:
        place = Place(house, server)
        yield place
        place.bridge.close()


def copy(kind, inner, sender=f"from='{ALICE}'", more=""):
    return (f"<message {sender} to='{ALICE}/x'><{kind} xmlns='{CARBONS}'>{inner}</{kind}>"
            f"{more}</message>")


def forward(*messages):
    return f"<forwarded xmlns='{FORWARD}'>{''.join(messages)}</forwarded>"


def chat(sender, to, body="forged", more=""):
    return (f"<message xmlns='jabber:client' type='chat' from='{sender}' to='{to}' id='c1'>"
            f"<body>{body}</body>{more}</message>")


OURS, THEIRS = chat(f"{ALICE}/phone", BOB), chat(f"{BOB}/x", f"{ALICE}/phone")

FORGED = {
    "no sender": copy("sent", forward(OURS), ""),
    "a stranger": copy("sent", forward(OURS), f"from='{MALLORY}'"),
    "a stranger, with a body": copy("received", forward(THEIRS), f"from='{MALLORY}/x'",
                                    "<body>forged</body>"),
    "the contact": copy("received", forward(THEIRS), f"from='{BOB}'"),
    "an occupant of our name": copy("sent", forward(OURS), f"from='{OCCUPANT}'"),
    "another client of ours": copy("sent", forward(OURS), f"from='{ALICE}/phone'"),
    "our server": copy("sent", forward(OURS), "from='localhost'"),
    "a prefix": copy("sent", forward(OURS), f"from='{MALLORY}' xmlns:x='urn:x' x:from='{ALICE}'"),
    "sent by another": copy("sent", forward(THEIRS)),
    "received by another": copy("received", forward(chat(f"{BOB}/x", MALLORY))),
    "two forwarded": copy("sent", forward(OURS) + forward(OURS)),
    "two messages": copy("sent", forward(OURS, OURS)),
    "two copies": copy("sent", forward(OURS), more=f"<received xmlns='{CARBONS}'>"
                       f"{forward(THEIRS)}</received>"),
    "not forwarded": copy("sent", OURS),
    "nested": copy("sent", forward(chat(f"{ALICE}/phone", BOB, more=(
        f"<sent xmlns='{CARBONS}'>{forward(OURS)}</sent>")))),
    "groupchat": copy("received", forward(THEIRS.replace("'chat'", "'groupchat'"))),
}


def test_forged_carbons_are_never_shown(place):
    place.say(*FORGED.values())
    assert place.bodies() == [] and place.badges() == {}
    place.say(copy("sent", forward(chat(f"{ALICE}/phone", BOB, "honest"))),
              copy("received", forward(chat(f"{BOB}/x", f"{ALICE}/phone", "as well"))))
    assert place.bodies() == ["honest", "as well"]


def receipt(sender, ident, more=""):
    return f"<message {sender}{more}><received xmlns='{RECEIPTS}' id='{ident}'/></message>"


def marker(sender, ident, more=""):
    return f"<message {sender}{more}><displayed xmlns='{MARKERS}' id='{ident}'/></message>"


@pytest.mark.parametrize("tell", [receipt, marker])
def test_forged_receipts_and_markers_raise_nothing(place, tell):
    line, ident = place.send("hello")
    other, other_ident = place.send("to mallory", MALLORY)
    before = place.state(line)
    place.say(tell(f"from='{MALLORY}/x'", ident), tell("", ident),
              tell(f"from='{OCCUPANT}'", ident), tell(f"from='{ALICE}/phone'", ident),
              tell("from='localhost'", ident), tell(f"from='{BOB}.evil'", ident),
              tell(f"from='{BOB}/x'", other_ident), tell(f"from='{BOB}/x'", "unknown"),
              tell(f"from='{BOB}/x'", ""), tell(f"from='{BOB}/x'", ident, " type='error'"),
              tell(f"from='{BOB}/x'", ident, " type='groupchat'"),
              f"<message from='{MALLORY}' xmlns:x='urn:x' x:from='{BOB}'>"
              f"<received xmlns='{RECEIPTS}' id='{ident}'/></message>",
              f"<message from='{BOB}/x'><received xmlns='urn:x' id='{ident}'/>"
              f"<displayed xmlns='urn:x' id='{ident}'/></message>")
    assert before in ("sent", "acked")
    assert [place.state(line), place.state(other)] == [before, before]
    place.say(tell(f"from='{BOB}/x'", ident))
    assert place.state(line) == ("delivered" if tell is receipt else "displayed")
    assert place.state(other) == before


@pytest.mark.parametrize("tell", [receipt, marker])
def test_a_failed_line_does_not_climb(place, tell):
    line, ident = place.send("hello")
    place.say(f"<message type='error' from='{BOB}' id='{ident}'><error type='cancel'>"
              f"<service-unavailable xmlns='{STANZAS}'/></error></message>")
    assert place.state(line) == "failed"
    place.say(tell(f"from='{BOB}/x'", ident))
    assert place.state(line) == "failed"


def test_a_delivered_line_does_not_fail(place):
    line, ident = place.send("hello")
    place.say(receipt(f"from='{BOB}/x'", ident),
              f"<message type='error' from='{BOB}/y' id='{ident}'><error type='cancel'>"
              f"<service-unavailable xmlns='{STANZAS}'/></error></message>")
    assert place.state(line) == "delivered"


def ask(sender, ident, kind="chat"):
    return (f"<message xmlns='jabber:client' from='{sender}' to='{ALICE}' type='{kind}' "
            f"id='{ident}'><body>hi</body>"
            f"<request xmlns='{RECEIPTS}'/><markable xmlns='{MARKERS}'/></message>")


def test_who_may_not_know_is_told_nothing(place):
    place.say(ask(f"{MALLORY}/x", "m-stranger"), ask(OCCUPANT, "m-room", "groupchat"),
              ask(f"{BOB}/x", "m-error", "error"),
              copy("received", forward(ask(f"{BOB}/x", "m-copy"))))
    for jid in (MALLORY, BOB):
        place.bridge.call("conversation.read", profile="home", jid=jid, place=1 << 52)
    place.server.fence(place.session)
    told = " ".join(place.sent(RECEIPTS) + place.sent(MARKERS))
    assert "m-stranger" not in told and "m-room" not in told and "m-error" not in told
    assert [MARKERS in text for text in place.sent("m-copy")] == [True]
    place.say(ask(f"{BOB}/x", "m-live"), ask(f"{BOB}/x", "m-live"))
    assert len([text for text in place.sent("m-live") if RECEIPTS in text]) == 1


def test_our_reading_is_told_by_ourselves_only(place):
    place.say(chat(f"{BOB}/x", ALICE, "hello",
                   f"<stanza-id xmlns='{SID}' by='{ALICE}' id='a1'/>"))
    event, wrong = (
        f"<event xmlns='{PUBSUB}#event'><items node='{POSITIONS}'><item id='{BOB}'>"
        f"<displayed xmlns='{POSITIONS}'><stanza-id xmlns='{SID}' by='{by}' id='a1'/>"
        "</displayed></item></items></event>" for by in (ALICE, BOB))
    shown = f"<displayed xmlns='{MARKERS}' id='c1'/>"
    place.say(*(f"<message {sender} type='headline'>{event}</message>" for sender in (
        "", f"from='{MALLORY}'", f"from='{BOB}'", f"from='{ALICE}/phone'",
        f"from='{OCCUPANT}'", "from='localhost'")))
    place.say(f"<message from='{ALICE}'>{wrong}</message>",
              f"<message from='{ALICE}/phone' to='{BOB}'>{shown}</message>",
              f"<message from='{ALICE}/phone' to='{ALICE}'>{shown}</message>",
              copy("sent", forward(f"<message xmlns='jabber:client' from='{ALICE}/phone' "
                                   f"to='{BOB}'>{shown}</message>"), f"from='{BOB}'"),
              copy("sent", forward(f"<message xmlns='jabber:client' from='{BOB}' "
                                   f"to='{BOB}'>{shown}</message>")))
    assert place.badges() == {BOB: 1}
    place.say(f"<message from='{ALICE}' type='headline'>{event}</message>")
    assert place.badges() == {BOB: 0}
