"""What a hostile or broken server may do to the whole house after the login: nothing is
shown that was not proven, the stream ends only where it has to, another profile of the same
session process goes on, and no process falls, leaks or grows."""

import glob
import re
import tempfile
import threading
import time

import pytest

from certificates import Authority
from deadline import SLOW, Deadline
from house import House, memory_of
from scripted_server import Gone, ScriptedServer

ROSTER = "jabber:iq:roster"
BLOCKING = "urn:xmpp:blocking"
STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
BOB = "<item jid='bob@localhost' name='Bob' subscription='both'/>"


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


class Liar(ScriptedServer):
    """Answers what every login asks; `roster` and `blocked` are the payloads."""

    def __init__(self, authority, **more):
        super().__init__(authority, **more)
        self.roster = f"<query xmlns='{ROSTER}' ver='v1'>{BOB}</query>"
        self.blocked = f"<blocklist xmlns='{BLOCKING}'/>"
        self.on_stanza = self.reply
        self.fences = 0

    def reply(self, session, text):
        if text.startswith("<iq") and ROSTER in text and "type=\"get\"" in text:
            self.answer_with(session, text, self.roster)
        elif text.startswith("<iq") and "blocklist" in text:
            self.answer_with(session, text, self.blocked)
        elif text.startswith("<iq") and "disco#info" in text and "type=\"get\"" in text:
            session.answer(text, "<query xmlns='http://jabber.org/protocol/disco#info'/>")
        elif text.startswith("<iq") and "storage:bookmarks" in text:
            session.answer(text, "<query xmlns='jabber:iq:private'>"
                                 "<storage xmlns='storage:bookmarks'/></query>")

    @staticmethod
    def answer_with(session, text, payload):
        if callable(payload):
            payload(session, text)
        elif payload is not None:
            session.answer(text, payload)

    def fence(self, session, seconds=20):
        """Waits until the client has worked on all that was sent to it: its stream is up."""
        self.fences += 1
        name = f"fence-{self.fences}"
        session.send(f"<iq type='get' id='{name}' from='localhost'>"
                     "<ping xmlns='urn:xmpp:ping'/></iq>")
        return session.wait(rf"<iq[^>]*id=\"{name}\"", seconds)


class Place:
    """A house whose profile "home" is logged in at a Liar, and looked at over the bridge."""

    def __init__(self, house, server):
        self.house, self.server = house, server
        self.bridge = self.session = self.state = self.pids = None

    def come_online(self, name="home"):
        self.house.create_profile(self.server, "alice", "secret", name)
        self.session = self.server.session()
        self.session.wait("<presence")
        self.bridge = self.house.bridge()
        self.attach(name)
        self.pids = self.house.session_pids()
        return self

    def rest(self):
        """Waits until the client has nothing more to ask, each answer being followed up."""
        said = -1
        while said != len(self.session.log):
            self.server.fence(self.session)
            said = len(self.session.log)
            self.server.fence(self.session)
            said += 1

    def attach(self, name="home"):
        self.state = self.bridge.call("profile.attach", profile=name, seconds=30)
        return self.state

    def say(self, *texts):
        """Sends TEXTS and waits until they were worked on."""
        for text in texts:
            self.session.send(text)
        return self.server.fence(self.session)

    def lines(self, jid="bob@localhost"):
        return self.bridge.call("message.page", profile="home", jid=jid)["lines"]

    def conversations(self):
        rows = self.attach().get("conversations", [])
        return {row["jid"]: row["last"]["body"] for row in rows if row.get("last")}

    def contacts(self):
        rows = self.bridge.call("roster.list", profile="home", seconds=30).get("contacts", [])
        return {row["jid"]: row.get("name") for row in rows}

    def link(self, state, seconds=20):
        """Waits until the link is in STATE; the link."""
        return self.bridge.wait_event("link.changed", seconds,
                                      lambda p: p["link"]["state"] == state)["link"]

    def came_back(self, name="home"):
        """The next session at the server, online."""
        self.session = self.server.session(20)
        self.session.wait("<presence")
        self.server.fence(self.session)
        self.attach(name)


@pytest.fixture(name="place")
def make_place(authority):
    with House() as house:
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            house.env[name] = (f"{house.env.get(name, '')}:log_path={house.path('report')}"
                               ":quarantine_size_mb=4:malloc_context_size=8")
        house.write("home/.config/tern/ternd.conf", "profiles_per_process = 50\n")
        with Liar(authority) as server:
            place = Place(house, server)
            yield place
            reports = glob.glob(house.path("report") + "*")
            assert not reports, open(reports[0], encoding="utf-8").read()[:6000]
            if place.pids:
                assert house.session_pids() == place.pids, "the session process fell"
            if place.bridge:
                place.bridge.close()


# ------------------------------------------------------------------ the roster

STRANGERS = ("mallory@evil.example", "mallory@evil.example/alice@localhost", "localhost.evil",
             "evil@localhost", "bob@localhost/x", "alice@localhost.evil",
             "ALICE@LOCALHOST@evil", "a@b@c", "")


def test_roster_pushes_of_strangers_change_nothing(place):
    place.come_online()
    item = "<item jid='mallory@evil.example' name='Bob' subscription='both'/>"
    for index, sender in enumerate(STRANGERS):
        place.say(f"<iq type='set' id='p{index}' from='{sender}'>"
                  f"<query xmlns='{ROSTER}'>{item}</query></iq>")
    place.say("<iq type='set' id='px' from='mallory@evil.example' xmlns:x='urn:x' "
              f"x:from='alice@localhost'><query xmlns='{ROSTER}'>{item}</query></iq>",
              "<iq type='set' id='py' from='mallory@evil.example'><query xmlns='urn:x' "
              f"xmlns:r='{ROSTER}'><r:item jid='m@evil' subscription='both'/></query></iq>",
              f"<iq type='result' id='pz'><query xmlns='{ROSTER}'>{item}</query></iq>")
    assert place.contacts() == {"bob@localhost": "Bob"}
    place.say(f"<iq type='set' id='good'><query xmlns='{ROSTER}' ver='v2'>"
              "<item jid='carol@localhost' subscription='none'/></query></iq>")
    assert set(place.contacts()) == {"bob@localhost", "carol@localhost"}


@pytest.mark.parametrize("query", [
    "", "<item/>", "<item jid=''/>", "<item jid='@'/>", BOB + BOB, "text",
    "<item jid='x@y z'/>", "<item xmlns='urn:x' jid='m@evil' subscription='both'/>",
    "<item jid='" + "a" * 2000 + "@localhost'/>"])
def test_broken_roster_pushes_change_nothing(place, query):
    place.come_online()
    place.say(f"<iq type='set' id='p'><query xmlns='{ROSTER}'>{query}</query></iq>")
    assert place.contacts() == {"bob@localhost": "Bob"}


@pytest.mark.parametrize("answer", [
    None, "", "<query xmlns='urn:x'/>", f"<query xmlns='{ROSTER}'><item jid='@'/></query>",
    "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"])
def test_an_odd_roster_leaves_the_chat_usable(place, answer):
    place.server.roster = answer
    place.house.create_profile(place.server, "alice", "secret")
    place.session = place.server.session()
    place.bridge = place.house.bridge()
    place.attach()
    place.say("<message from='bob@localhost/x'><body>hi</body></message>")
    assert place.conversations() == {"bob@localhost": "hi"}


def test_answers_of_others_are_no_answers(place):
    forged = f"<query xmlns='{ROSTER}'><item jid='m@evil' subscription='both'/></query>"

    def roster(session, text):
        ident = re.search(r"\bid=\"([^\"]*)", text)[1]
        for sender in ("mallory@evil.example", "evil@localhost", "localhost.evil", "bob@localhost"):
            session.send(f"<iq type='result' id='{ident}' from='{sender}'>{forged}</iq>")
        session.send(f"<iq type='result' id='{ident}' from='mallory@evil.example' "
                     f"xmlns:x='urn:x' x:from='alice@localhost'>{forged}</iq>")
        session.send(f"<iq type='result' id='x{ident}'>{forged}</iq>")
        session.send(f"<iq type='result'>{forged}</iq>")
        session.send(f"<message type='result' id='{ident}'>{forged}</message>")
        session.answer(text, f"<query xmlns='{ROSTER}'>{BOB}</query>")
        session.answer(text, forged)  # a second time

    place.server.roster = roster
    place.come_online()
    place.server.fence(place.session)
    assert place.contacts() == {"bob@localhost": "Bob"}


def test_a_roster_of_fifty_thousand_is_taken_and_told_as_far_as_it_fits(place):
    items = "".join(f"<item jid='user{n}@some.example.org' name='Somebody with number {n}' "
                    "subscription='both'><group>Group</group></item>" for n in range(50000))
    place.server.roster = f"<query xmlns='{ROSTER}' ver='v1'>{items}</query>"
    place.house.create_profile(place.server, "alice", "secret")
    place.session = place.server.session()
    place.session.wait("<presence", 60)
    place.bridge = place.house.bridge()
    place.pids = place.house.session_pids()
    assert len(place.attach()["contacts"]) > 10000
    assert "left out" in place.bridge.wait_event("profile.notice")["text"]
    place.say(f"<iq type='set' id='last'><query xmlns='{ROSTER}' ver='v2'><item "
              "jid='user49999@some.example.org' subscription='remove'/></query></iq>")
    assert place.bridge.wait_event("contact.removed")["jid"] == "user49999@some.example.org"


def test_block_lists_of_garbage_and_of_strangers(place):
    place.server.blocked = (
        f"<blocklist xmlns='{BLOCKING}'><item/><item jid=''/><item jid='@@'/>"
        "<item jid='spam@evil.example'/><x xmlns='urn:x' jid='a@b'/></blocklist>")
    place.come_online()
    place.say(f"<iq type='set' id='b1' from='mallory@evil.example'><block xmlns='{BLOCKING}'>"
              "<item jid='bob@localhost'/></block></iq>",
              f"<iq type='set' id='b2' from='mallory@evil.example'><unblock xmlns='{BLOCKING}'/>"
              "</iq>",
              f"<iq type='set' id='b3'><block xmlns='{BLOCKING}'/></iq>",
              f"<iq type='set' id='b4'><block xmlns='{BLOCKING}'><item/></block></iq>")
    assert place.attach()["blocked"] == ["spam@evil.example"]


# ------------------------------------------------------------------ presences

def test_a_storm_of_presences_is_weathered(place):
    place.come_online()
    for n in range(3000):
        place.session.send(
            f"<presence from='stranger{n}@evil.example/r{n}'><status>{'x' * 200}</status>"
            f"<priority>{'9' * 30}</priority><show>nonsense</show></presence>")
        if n % 10 == 0:
            place.session.send("<presence type='unavailable' from='nobody@evil.example'/>")
            place.session.send(f"<presence from='bob@localhost/r{n}'/>")
    place.server.fence(place.session, 60)
    presences = place.attach()["presences"]
    assert len([row for row in presences if row["jid"] != "bob@localhost"]) <= 1000
    assert [row for row in presences if row["jid"] == "bob@localhost"]


@pytest.mark.parametrize("presence", [
    "<presence from='@'/>", "<presence from='a@b@c'/>", "<presence type='nonsense'/>",
    "<presence type='error' from='bob@localhost'/>", "<presence from=''/>", "<presence/>",
    "<presence type='subscribed' from='mallory@evil.example'/>",
    "<presence type='subscribe' from='alice@localhost'/>",
    "<presence type='subscribe'/>", "<presence type='subscribe' from='@'/>",
    "<presence type='probe' from='mallory@evil.example'/>"])
def test_odd_presences_ask_for_nothing(place, presence):
    place.come_online()
    place.say(presence)
    assert not place.attach().get("requests")
    assert not [text for text in place.session.log if "subscribed" in text]


def test_a_flood_of_subscription_requests_is_bounded(place):
    place.come_online()
    for n in range(3000):
        place.session.send(f"<presence type='subscribe' from='m{n}@evil.example'>"
                           f"<status>{'y' * 5000}</status></presence>")
    for _ in range(1000):
        place.session.send("<presence type='subscribe' from='m1@evil.example'/>")
    place.server.fence(place.session, 60)
    requests = place.attach()["requests"]
    assert 100 <= len(requests) <= 1000
    assert all(len(row.get("text", "")) <= 1024 for row in requests)


# ------------------------------------------------------------------ messages

UNPROVEN = [
    "<message from='@'><body>no</body></message>",
    "<message from='a@b@c/d'><body>no</body></message>",
    "<message from='bob@localhost/" + "r" * 1100 + "'><body>no</body></message>",
    "<message type='groupchat' from='room@evil.example/x'><body>no</body></message>",
    "<message type='error' from='bob@localhost'><body>no</body></message>",
    "<message type='error' id='x' from='bob@localhost'><body>no</body><error/></message>",
    "<message from='bob@localhost'/>",
    "<message from='bob@localhost'><subject>no</subject></message>",
    "<message from='bob@localhost'><body/></message>",
    "<message from='bob@localhost'><body xmlns='urn:x'>no</body></message>",
    "<message from='bob@localhost'><x xmlns='urn:x'><body xmlns='jabber:client'>no</body></x>"
    "</message>",
    "<message xmlns='urn:x' from='bob@localhost'><body>no</body></message>",
    # Ours to somebody, which nobody can deliver to us but as a carbon copy.
    "<message from='alice@localhost/x' to='bob@localhost'><body>no</body></message>",
    # Forwarded to us unasked.
    "<message from='mallory@evil.example'><received xmlns='urn:xmpp:carbons:2'><forwarded "
    "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='bob@localhost/x' "
    "to='alice@localhost'><body>no</body></message></forwarded></received></message>",
    "<message from='mallory@evil.example'><result xmlns='urn:xmpp:mam:2' id='1'><forwarded "
    "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='bob@localhost/x'>"
    "<body>no</body></message></forwarded></result></message>",
]


def test_what_is_no_message_to_us_is_not_shown(place):
    place.come_online()
    place.say(*UNPROVEN)
    assert place.conversations() == {}
    assert not place.attach().get("conversations")


def test_the_sender_is_who_the_server_says(place):
    place.come_online()
    place.say("<message from='mallory@evil.example' xmlns:x='urn:x' x:from='bob@localhost' "
              "x:type='error'><body>I am Bob</body></message>")
    assert place.conversations() == {"mallory@evil.example": "I am Bob"}


def test_a_message_to_oneself_and_one_from_nobody(place):
    place.come_online()
    place.say("<message from='alice@localhost/x' to='alice@localhost' id='s1'>"
              "<body>note</body></message>")
    assert place.conversations() == {"alice@localhost": "note"}


@pytest.mark.parametrize("body", [
    "a\u202eb\u2066c", "a&#xD;b", "tab\tand\nlines", "\u200b", "x" * 900000, "e\u0301" * 50000,
    "\U0001f469\u200d" * 1000, "\ufeff", "\u2028"])
def test_odd_bodies_are_kept_and_paged(place, body):
    place.come_online()
    for n in range(12):
        place.session.send(f"<message from='bob@localhost/x' id='m{n}'><body>{body}</body>"
                           "</message>")
    place.server.fence(place.session, 40)
    total, before = 0, 0
    while True:  # pages get smaller, none is lost, all fit a frame
        more = {"before": before} if before else {}
        page = place.bridge.call("message.page", profile="home", jid="bob@localhost", **more)
        total += len(page["lines"])
        assert page["lines"]
        before = page["lines"][0]["place"]
        if not page.get("has_more"):
            break
    assert total == 12
    assert len(place.attach()["conversations"]) == 1


def test_many_long_conversations_can_be_attached_to(place):
    place.come_online()
    for n in range(12):
        place.session.send(f"<message from='user{n}@localhost/x'><body>{'z' * 700000}</body>"
                           "</message>")
    place.server.fence(place.session, 40)
    rows = place.attach()["conversations"]
    assert len(rows) == 12 and all(row["last"]["body"].startswith("zzz") for row in rows)


@pytest.mark.parametrize("text", [
    "\x01", "\x1b[2J", "\x00", "&#1;", "&#xFFFE;", "\x7f"])
def test_characters_that_xml_forbids_end_the_stream(place, text):
    place.come_online()
    place.session.send(f"<message from='bob@localhost/x'><body>{text}</body></message>")
    if text == "\x7f":  # allowed by XML; cleaned where it is shown
        place.server.fence(place.session)
        return
    assert place.link("waiting")["condition"] == "xml"
    place.came_back()
    assert place.conversations() == {}


def test_bounces_fail_only_the_line_they_name(place):
    place.come_online()
    for body in ("one", "two"):
        place.bridge.call("message.send", profile="home", jid="bob@localhost", body=body,
                          token=place.bridge.token())
    ids = [re.search(r"\bid=\"([^\"]*)", place.session.wait(f">{body}<"))[1]
           for body in ("one", "two")]
    error = ("<error type='cancel'><service-unavailable "
             "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
             f"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>{'no ' * 9000}</text></error>")
    place.say(f"<message type='error' from='mallory@evil.example' id='{ids[0]}'>{error}</message>",
              f"<message type='error' id='{ids[0]}'>{error}</message>",
              f"<message type='error' from='bob@localhost' id='none'>{error}</message>",
              *[f"<message type='error' from='bob@localhost' id='{ids[1]}'>{error}</message>"] * 3)
    assert [(line["body"], line["state"]) for line in place.lines()] == [
        ("one", "sent"), ("two", "failed")]
    assert len(place.lines()[1]["reason"]) < 2000


# ------------------------------------------------------------------ requests and caps

def test_unknown_requests_are_refused_one_by_one(place):
    place.come_online()
    place.session.send("<iq type='get' id='q1' from='m@evil.example'><x xmlns='urn:x'/></iq>")
    assert "service-unavailable" in place.session.wait("id=\"q1\"")
    place.session.send("<iq type='set' id='q2' from='m@evil.example'/>")
    assert "type=\"error\"" in place.session.wait("id=\"q2\"")
    place.say("<iq/>", "<iq type='get'/>", "<iq type='nonsense' id='q3'/>", "<iq id='q4'/>",
              "<iq type='error' id='q5'/>", "<iq type='result' id='q6' from='m@evil'/>",
              "<nonsense/>", "<x xmlns='urn:x'/>")


def test_too_large_stanzas_are_named_and_the_stream_stays(place):
    place.come_online()
    huge = "x" * (1100 * 1024)
    place.say(f"<message from='bob@localhost/x'><body>{huge}</body></message>")
    notice = place.bridge.wait_event("profile.notice")
    assert "bob@localhost/x was too large" in notice["text"]
    place.session.send(f"<iq type='get' id='big' from='m@evil.example'>"
                       f"<x xmlns='urn:x'>{huge}</x></iq>")
    assert "policy-violation" in place.session.wait("id=\"big\"")
    place.say("<message from='bob@localhost/x'>" + "<a>" * 100 + "</a>" * 100 + "</message>",
              "<message from='bob@localhost/x'>" + "<a/>" * 65000 + "</message>",
              "<presence from='bob@localhost/x' " +
              " ".join(f"a{n}='1'" for n in range(100)) + "/>")
    assert place.conversations() == {}
    place.say("<message from='bob@localhost/x'><body>still here</body></message>")
    assert place.conversations() == {"bob@localhost": "still here"}


def test_ten_thousand_bad_stanzas_leave_no_trace(place):
    place.come_online()
    bad = UNPROVEN[:3] + UNPROVEN[4:] + [
        f"<iq type='set' id='p' from='m@evil.example'><query xmlns='{ROSTER}'>{BOB}</query></iq>",
        "<iq type='result' id='nothing'><x xmlns='urn:x'/></iq>", "<presence from='@'/>",
        "<iq type='get' id='u' from='m@evil.example'><x xmlns='urn:x'/></iq>",
        "<message from='bob@localhost'>" + "<a/>" * 1500 + "</message>"]

    def flood(count):
        for _ in range(count // len(bad)):
            place.session.send("".join(bad))
        place.server.fence(place.session, 120)
        return memory_of(place.pids[0])["Private_Dirty"]

    before = flood(3000)
    after = flood(10000)
    room = 20000 if SLOW > 1 else 2000  # a sanitizer keeps freed memory for a while
    assert after - before < room, f"{before} KiB became {after} KiB"
    assert place.conversations() == {} and place.contacts() == {"bob@localhost": "Bob"}


# ------------------------------------------------------------------ the end of the stream

@pytest.mark.parametrize("condition, state, words", [
    ("conflict", "refused", "took over"),
    ("not-authorized", "refused", "not authorized"),
    ("system-shutdown", "waiting", "going down"),
    ("policy-violation", "waiting", "policy-violation"),
    ("see-other-host", "refused", "not followed"),
    ("host-unknown", "refused", "does not serve"),
    ("undefined-condition", "waiting", "ended the connection"),
])
def test_stream_errors_say_what_happened(place, condition, state, words):
    place.come_online()
    text = "evil.example" if condition == "see-other-host" else ""
    count = len(place.server.sessions)
    place.session.send(f"<stream:error><{condition} xmlns='{STREAM_ERRORS}'>{text}"
                       f"</{condition}></stream:error></stream:stream>")
    link = place.link(state)
    assert words in link["reason"], link
    if state == "refused":
        place.bridge.call("link.connect", profile="home")
    place.came_back()
    assert len(place.server.sessions) == count + 1


def test_a_server_that_closes_at_any_byte_is_come_back_to(place):
    place.come_online()
    text = "<message from='bob@localhost/x'><body>half &amp; half</body></message>"
    for cut in range(0, len(text), 23):
        place.session.send(text[:cut])
        (place.session.reset if cut % 2 else place.session.close)()
        assert place.link("waiting")["reason"]
        place.bridge.call("link.connect", profile="home")
        place.came_back()
    assert place.conversations() == {}


def test_logins_that_do_not_last_are_tried_less_and_less(place):
    def online(session):
        session.is_online.set()
        session.close()
        raise Gone
    place.come_online()
    place.server.steps["online"] = online
    place.session.close()
    waits, begin = [], time.monotonic()
    while len(waits) < 5:
        waits.append(place.link("waiting", 30).get("retry_in", 0))
    assert waits[-1] >= 4 and waits == sorted(waits), waits
    assert time.monotonic() - begin > 4


def test_what_is_sent_into_silence_is_kept(place):
    """The server neither reads nor answers; then it is gone."""
    place.come_online()
    place.server.on_stanza = lambda session, text: time.sleep(3600)
    for n in range(20):
        place.bridge.call("message.send", profile="home", jid="bob@localhost",
                          body=f"{n} " + "w" * 60000, token=place.bridge.token())
    assert len(place.lines()) == 20
    begin = time.monotonic()
    place.bridge.call("link.disconnect", profile="home")
    place.link("offline", 10)
    assert time.monotonic() - begin < 5 * SLOW
    assert len(place.lines()) == 20


@pytest.mark.parametrize("has_said", [True, False])
def test_a_server_that_fell_silent_is_dropped_in_time(place, has_said):
    place.house.env["TERN_HURRY"] = "40"  # 4 min of silence, or 1 min, and 1 min of patience
    place.come_online().rest()
    place.house.ctl("status")  # what is heard now is heard later than the last that was said
    place.server.on_stanza = None
    begin = time.monotonic()
    if has_said:
        place.bridge.call("message.send", profile="home", jid="bob@localhost", body="hello?",
                          token=place.bridge.token())
    else:
        place.session.send("<presence from='bob@localhost/x'/>")
    link = place.link("waiting", 20)
    assert link["condition"] == "lost" and "stopped answering" in link["reason"]
    waited = time.monotonic() - begin
    assert "urn:xmpp:ping" in place.session.log[-1]
    assert waited < 5 if has_said else waited > 5, (waited, place.session.log[-3:])
    place.server.on_stanza = place.server.reply
    place.came_back()


def test_a_neighbour_in_the_same_process_stays_responsive(place, authority):
    place.come_online()
    with Liar(authority) as other:
        place.house.create_profile(other, "alice", "secret", "next")
        session = other.session()
        session.wait("<presence")
        assert place.house.session_pids() == place.pids
        stop = threading.Event()
        items = "".join(f"<item jid='u{n}@evil.example' subscription='both'/>"
                        for n in range(900))

        def storm():
            n = 0
            try:
                while not stop.is_set():
                    n += 1
                    place.session.send(
                        f"<message from='bob@localhost/x'><body>{'x' * 500000}</body></message>"
                        + f"<message from='bob@localhost'>{'<a/>' * 20000}</message>"
                        + f"<iq type='set' id='i{n}'><query xmlns='{ROSTER}'>{items}</query></iq>"
                        + "".join(f"<presence from='s{n}-{k}@evil.example/x'/>"
                                  f"<presence type='subscribe' from='s{n}-{k}@evil.example'/>"
                                  for k in range(100)))
            except Gone:
                pass

        thread = threading.Thread(target=storm)
        thread.start()
        longest = 0
        deadline = Deadline(4)
        calls = 0
        try:
            while not deadline.is_over():
                begin = time.monotonic()
                place.bridge.call("message.page", profile="next", jid="bob@localhost")
                longest = max(longest, time.monotonic() - begin)
                calls += 1
            session.send("<message from='bob@localhost/x'><body>good day</body></message>")
            other.fence(session, 10)
        finally:
            stop.set()
            place.session.close()
            thread.join(30)
        print(f"{calls} calls, the longest took {longest * 1000:.0f} ms")
        assert longest < 0.5 * SLOW, f"a call took {longest:.2f} s"
