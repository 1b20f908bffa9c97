"""A scripted server with an archive of its own (XEP-0313), and Alice who is logged in at it.

    from keeper import make_authority, make_place  # noqa: F401  (fixtures)
    def test_one(place):
        place.server.add("hello")
        place.come_online()
        place.wait_bodies(["hello"])

The Keeper is honest; a test replaces `page` (what answers a query), `give` (what is in a page)
or parts of what it announces. It knows no stream management: each login is a new session.
"""

import re
import tempfile
import time

import pytest

from certificates import Authority
from deadline import Deadline
from house import House
from scripted_server import ScriptedServer

MAM, RSM, SID = "urn:xmpp:mam:2", "http://jabber.org/protocol/rsm", "urn:xmpp:sid:0"
DISCO = "http://jabber.org/protocol/disco#info"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
ALICE, BOB = "alice@localhost", "bob@localhost"
FORGED = "<message xmlns='jabber:client' from='bob@localhost/x' to='alice@localhost' " \
         "type='chat' id='f'><body>forged</body></message>"


def stamp(number):
    return f"2020-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"


def unescape(text):
    return text.replace("&apos;", "'").replace("&quot;", '"').replace("&amp;", "&")


class Keeper(ScriptedServer):
    """A server with an archive: `archive` holds (id, message) of Alice, oldest first. Tests
    replace `page` (what answers a query) or parts of it."""

    def __init__(self, authority, **more):
        super().__init__(authority, **more)
        self.archive = []
        self.features = [MAM, SID]
        self.page_max = 50
        self.queries = []
        self.prefs = f"<prefs xmlns='{MAM}' default='always'><always/><never/></prefs>"
        self.on_stanza = self.reply
        self.keeps = lambda text: True
        self.answers_pings = False
        self.has_carbons = True
        self.fences = 0
        self.count = 0

    def add(self, body, who=BOB, to=ALICE, ident=None, more="", key=None):
        """Puts a message into the archive; its archive id."""
        self.count += 1
        key = key or f"a{self.count:06}"
        ident = ident or f"m{self.count}"
        self.archive.append((key, f"<message xmlns='jabber:client' from='{who}/x' to='{to}' "
                                  f"type='chat' id='{ident}'><body>{body}</body>{more}</message>"))
        return key

    def reply(self, session, text):
        if text.startswith("<message"):
            if "<body>" in text and self.keeps(text):
                inner = re.sub(r"^<message", f"<message xmlns='jabber:client' from='{session.jid}'",
                               text)
                self.count += 1
                self.archive.append((f"a{self.count:06}", inner))
        elif DISCO in text and 'type="get"' in text:
            features = "".join(f"<feature var='{name}'/>" for name in self.features)
            session.answer(text, f"<query xmlns='{DISCO}'>{features}</query>")
        elif "jabber:iq:roster" in text and 'type="get"' in text:
            session.answer(text, "<query xmlns='jabber:iq:roster'>"
                           f"<item jid='{BOB}' subscription='both'/></query>")
        elif "<prefs" in text:
            session.answer(text, self.prefs)
        elif MAM in text and 'type="set"' in text:
            self.queries.append(text)
            self.page(session, text)
        elif "urn:xmpp:ping" in text and 'type="get"' in text and self.answers_pings:
            ident = re.search(r'\bid="([^"]*)', text)[1]
            session.send(f"<iq type='result' id='{ident}' from='localhost'/>")
        elif "carbons" in text and self.has_carbons:
            session.answer(text)
        elif text.startswith("<iq") and ("blocklist" in text or "carbons" in text):
            session.answer(text, "<error type='cancel'><service-unavailable "
                           f"xmlns='{STANZAS}'/></error>", "error")

    # ---- an honest page

    @staticmethod
    def wish(text, name):
        match = re.search(rf"<{name}>([^<]*)</{name}>", text)
        if match:
            return unescape(match[1])
        return "" if f"<{name}/>" in text else None

    @staticmethod
    def field(text, name):
        match = re.search(rf'var="{name}"[^>]*><value>([^<]*)', text)
        return match[1] if match else None

    def select(self, text, rows):
        with_jid = self.field(text, "with")
        if with_jid:
            rows = [row for row in rows if f"'{with_jid}/" in row[1] or f'"{with_jid}"' in row[1]
                    or f"'{with_jid}'" in row[1]]
        return rows

    def result(self, query_id, key, message, number=0):
        return (f"<message from='{ALICE}' to='{ALICE}/x'><result xmlns='{MAM}' "
                f"queryid='{query_id}' id='{key}'><forwarded xmlns='urn:xmpp:forward:0'>"
                f"<delay xmlns='urn:xmpp:delay' stamp='{stamp(number)}'/>{message}</forwarded>"
                "</result></message>")

    def fin(self, rows, is_complete, marks=True):
        complete = " complete='true'" if is_complete else ""
        inner = (f"<first index='0'>{rows[0][0]}</first><last>{rows[-1][0]}</last>"
                 if rows and marks else "")
        return f"<fin xmlns='{MAM}'{complete}><set xmlns='{RSM}'>{inner}</set></fin>"

    def page(self, session, text):
        query_id = re.search(r'queryid="([^"]*)"', text)[1]
        archive = list(self.archive)  # the test may be adding to it
        rows = self.select(text, archive)
        limit = min(int(self.wish(text, "max") or self.page_max), self.page_max)
        before, after = self.wish(text, "before"), self.wish(text, "after")
        keys = [key for key, _ in archive]
        if (after and after not in keys) or (before and before not in keys):
            session.answer(text, f"<error type='cancel'><item-not-found xmlns='{STANZAS}'/>"
                           "</error>", "error")
            return
        order = {key: index for index, key in enumerate(keys)}
        if after:
            rows = [row for row in rows if order[row[0]] > order[after]]
        if before:
            rows = [row for row in rows if order[row[0]] < order[before]]
        is_complete = len(rows) <= limit
        rows = rows[-limit:] if before is not None else rows[:limit]
        self.give(session, text, query_id, rows, is_complete)

    def give(self, session, text, query_id, rows, is_complete):
        session.send("".join(self.result(query_id, key, message, int(key[1:]))
                             for key, message in rows))
        session.answer(text, self.fin(rows, is_complete))

    def fence(self, session, seconds=20):
        self.fences += 1
        name = f"fence-{self.fences}"
        session.send(f"<iq type='get' id='{name}' from='localhost'>"
                     "<ping xmlns='urn:xmpp:ping'/></iq>")
        return session.wait(rf"<iq[^>]*id=\"{name}\"", seconds)


class Place:
    """Alice's profile "home", logged in at a Keeper, looked at over the bridge."""

    def __init__(self, house, server):
        self.house, self.server = house, server
        self.bridge = self.session = None

    def come_online(self):
        self.house.create_profile(self.server, "alice", "secret")
        self.greet()
        self.bridge = self.house.bridge()
        self.bridge.call("profile.attach", profile="home")
        return self

    def greet(self):
        self.session = self.server.session(20)
        self.session.wait("<presence", 20)
        self.server.fence(self.session)

    def come_back(self):
        """The link breaks and the session is lost; the next one is online."""
        self.session.close()
        self.greet()

    def say(self, *texts):
        for text in texts:
            self.session.send(text)
        return self.server.fence(self.session)

    def live(self, body, key=None, by=ALICE, sender=f"{BOB}/x", ident="", origin=""):
        mark = f"<stanza-id xmlns='{SID}' by='{by}' id='{key}'/>" if key else ""
        mine = f"<origin-id xmlns='{SID}' id='{origin}'/>" if origin else ""
        name = f" id='{ident}'" if ident else ""
        return (f"<message from='{sender}' to='{ALICE}' type='chat'{name}><body>{body}</body>"
                f"{mark}{mine}</message>")

    def rows(self, jid=BOB, is_local=True):
        rows, before = [], None
        while True:
            more = {"before": before} if before else {}
            page = self.bridge.call("message.page", profile="home", jid=jid, limit=200,
                                    is_local=is_local, seconds=20, **more)
            lines = page.get("lines", [])
            rows = lines + rows
            if not lines or (is_local and len(lines) < 200):
                return rows
            before = lines[0]["place"]

    def bodies(self, jid=BOB, **more):
        return [row["body"] for row in self.rows(jid, **more)]

    def wait_bodies(self, expected, jid=BOB, seconds=8):
        deadline = Deadline(seconds)
        while (seen := self.bodies(jid)) != expected:
            assert not deadline.is_over(), f"{seen} is not {expected}"
            time.sleep(0.02)

    def wait_lines(self, check, jid=BOB, seconds=8):
        deadline = Deadline(seconds)
        while not check(rows := self.rows(jid)):
            assert not deadline.is_over(), [(r["body"], r["state"]) for r in rows]
            time.sleep(0.02)
        return rows

    def read(self, body, jid=BOB):
        """Up to and with the line BODY."""
        [line] = [row for row in self.rows(jid) if row["body"] == body]
        self.bridge.call("conversation.read", profile="home", jid=jid, place=line["place"])

    def unread(self, jid=BOB):
        rows = self.bridge.call("profile.attach", profile="home").get("conversations", [])
        return {row["jid"]: row.get("unread", 0) for row in rows}[jid]

    def send(self, body, jid=BOB):
        return self.bridge.call("message.send", profile="home", jid=jid, body=body,
                                token=self.bridge.token())["id"]


def sent_ids(session):
    """The ids of all messages with text that the client sent in SESSION."""
    return [re.search(r'id="([^"]*)"', text)[1] for text in session.log
            if text.startswith("<message") and "<body>" in text]


def wait_sent(session, ids, seconds=8):
    deadline = Deadline(seconds)
    while sent_ids(session)[:len(ids)] != ids:
        assert not deadline.is_over(), f"{sent_ids(session)} is not {ids}"
        time.sleep(0.02)


def numbers(first, last):
    return [str(n) for n in range(first, last + 1)]


@pytest.fixture(name="authority", scope="module")
def make_authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


@pytest.fixture(name="place")
def make_place(authority, request):
    """HURRY of the test's module, if it has one, shortens all waiting times so many times."""
    env = {"TERN_HURRY": str(request.module.HURRY)} if hasattr(request.module, "HURRY") else {}
    with House(**env) as house, Keeper(authority) as server:
        place = Place(house, server)
        yield place
        if place.bridge:
            place.bridge.close()
