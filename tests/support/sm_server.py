"""A scripted server with stream management (XEP-0198), and a house with a profile at it.

    with SmServer(authority) as server: …             # keeps one session and resumes it
    yield from place_at(authority)                    # a Place, for a fixture

Each answer of the server may be replaced; what a fixture yields is looked at afterwards: no
process may have fallen, nor a sanitizer have said anything.
"""

import glob
import os
import re
import threading
import time

from deadline import Deadline
from house import House
from scripted_server import BIND_NS, Gone, ScriptedServer

SM = "urn:xmpp:sm:3"
STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
ROSTER = "jabber:iq:roster"
DISCO = "http://jabber.org/protocol/disco#info"
WRAP = 1 << 32
BOB = "bob@localhost"
ERROR = ("<error type='cancel'><service-unavailable "
         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
NO_ANSWER = ("<stream:error><undefined-condition "
             f"xmlns='{STREAM_ERRORS}'/></stream:error></stream:stream>")
_never = threading.Event()


class SmServer(ScriptedServer):
    """Without an archive. `enabled` (text), `resume` (function(session, h, previd); False: it
    failed) and `acks` may be replaced. How much it has of the client's session is `kept`; what
    it says behind a resume, `replay`; what it saw are `resumes`, `begins` and `bodies`."""

    def __init__(self, authority, **more):
        super().__init__(authority, **more)
        self.bound_features += f"<sm xmlns='{SM}'/>"
        self.steps["bind"] = self.bind_or_resume
        self.on_stanza = self.take
        self.enabled = f"<enabled xmlns='{SM}' id='one' resume='true'/>"
        self.resume = self.honest_resume
        self.acks = True
        self.kept = 0
        self.replay = ""
        self.resumes = []
        self.begins = []
        self.bodies = []
        self.fences = 0

    @property
    def binds(self):
        return len(self.begins)

    def bind_or_resume(self, session):
        text = session.read()
        if text.startswith("<resume"):
            h = re.search(r"\bh='(\d+)'", text)[1]
            previd = re.search(r"previd='([^']*)'", text)[1]
            self.resumes.append((int(h), previd))
            if self.resume(session, int(h), previd) is not False:
                return
            text = session.read()
        if text.startswith("<stream:error"):
            raise Gone
        self.begins.append(time.monotonic())
        resource = re.search(r"<resource[^>]*>([^<]*)", text)[1]
        session.answer(text, f"<bind xmlns='{BIND_NS}'><jid>{self.jid()}/{resource}</jid></bind>")

    def honest_resume(self, session, _h, previd):
        session.send(f"<resumed xmlns='{SM}' previd='{previd}' h='{self.kept}'/>{self.replay}")

    def take(self, session, text):
        if text.startswith("<enable"):
            self.kept = 0
            session.send(self.enabled)
        elif text.startswith("<r "):
            if self.acks:
                self.ack(session)
        elif re.match(r"<(message|presence|iq)\b", text):
            self.kept = (self.kept + 1) % WRAP
            if body := re.search(r"<body>([^<]*)", text):
                self.bodies.append(body[1])
            if text.startswith("<iq") and re.search(r"type=\"[gs]et\"", text):
                self.answer_request(session, text)

    @staticmethod
    def answer_request(session, text):
        if ROSTER in text:
            session.answer(text, f"<query xmlns='{ROSTER}' ver='v1'>"
                                 f"<item jid='{BOB}' subscription='both'/></query>")
        elif "disco#info" in text:
            session.answer(text, f"<query xmlns='{DISCO}'/>")
        elif "urn:xmpp:ping" in text:
            ident = re.search(r'\bid="([^"]*)', text)[1]
            session.send(f"<iq type='result' id='{ident}' from='localhost'/>")
        else:
            session.answer(text, ERROR, "error")

    def ack(self, session, count=None):
        session.send(f"<a xmlns='{SM}' h='{self.kept if count is None else count}'/>")

    def fence(self, session, seconds=20):
        """Waits until the client has worked on all that was sent to it."""
        self.fences += 1
        session.send(f"<iq type='get' id='fence-{self.fences}' from='localhost'>"
                     "<ping xmlns='urn:xmpp:ping'/></iq>")
        return session.wait(rf"<iq[^>]*id=\"fence-{self.fences}\"", seconds)


class Place:
    """A house whose profile "home" is logged in at an SmServer."""

    def __init__(self, house, server):
        self.house, self.server = house, server
        self.bridge = self.session = self.pids = None

    def greet(self):
        """The profile, logged in as far as its presence."""
        self.house.create_profile(self.server, "alice", "secret")
        self.session = self.server.session()
        self.session.wait("<presence")
        return self.attach()

    def come_online(self, *more):
        """The same, with all that follows; where to connect may be said instead."""
        if more:
            secret = self.house.write("secret", "secret")
            self.house.ctl("profile", "create", "home", self.server.jid(), "--password-file",
                           secret, "--ca-file", self.server.ca_file, *more)
            self.session = self.server.session()
            self.session.wait("<presence")
            self.attach()
        else:
            self.greet()
        self.server.fence(self.session)
        self.pids = self.house.session_pids()
        return self

    def attach(self):
        if self.bridge:
            self.bridge.close()
        if not self.house.daemon_pid():
            self.house.ctl("profile", "list")
        self.bridge = self.house.bridge()
        return self.bridge.call("profile.attach", profile="home", seconds=30)

    def write(self, *bodies):
        for body in bodies:
            self.bridge.call("message.send", profile="home", jid=BOB, body=body,
                             token=self.bridge.token(), seconds=30)

    def wait_body(self, body):
        """The stanza that carries BODY; its id."""
        return re.search(r"\bid=\"([^\"]*)", self.session.wait(f">{re.escape(body)}<"))[1]

    def wait_bodies(self, *bodies):
        """The same for more of them, in order; a list."""
        return [self.wait_body(body) for body in bodies]

    def answer_h(self):
        """What the client says to have handled when it is asked."""
        self.session.send(f"<r xmlns='{SM}'/>")
        return int(re.search(r"h='(\d+)'", self.session.wait("<a "))[1])

    def cut(self):
        """The link breaks; the next session at the server."""
        self.session.reset()
        return self.next()

    def next(self, seconds=20):
        """The next session at the server."""
        self.session = self.server.session(seconds)
        return self.session

    def hasten(self, look, seconds=20):
        """Waits for LOOK; the client is told not to wait between two tries."""
        def looked():
            self.bridge.call("link.connect", profile="home", seconds=30)
            return look()
        return self.until(looked, self.log, seconds)

    def lines(self):
        lines, more = [], {}
        while True:
            page = self.bridge.call("message.page", profile="home", jid=BOB, seconds=30, **more)
            lines = page.get("lines", []) + lines
            if not page.get("has_more"):
                return lines
            more = {"before": page["lines"][0]["place"]}

    def states(self):
        return {line["body"]: line["state"] for line in self.lines() if line.get("is_own")}

    @staticmethod
    def until(look, otherwise, seconds=15):
        deadline = Deadline(seconds)
        while not (found := look()):
            assert not deadline.is_over(), f"{otherwise()}"
            _never.wait(0.02)
        return found

    def all_acked(self):
        self.until(lambda: set(self.states().values()) == {"acked"}, self.states)

    def log(self):
        path = os.path.join(self.house.env["XDG_STATE_HOME"], "tern", "ternd.log")
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()


def place_at(authority):
    """A Place at an SmServer of its own."""
    with House(TERN_LOG="info") as house:
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            house.env[name] = f"{house.env.get(name, '')}:log_path={house.path('report')}"
        with SmServer(authority) as server:
            place = Place(house, server)
            yield place
            reports = glob.glob(house.path("report") + "*")
            assert not reports, open(reports[0], encoding="utf-8").read()[:6000]
            if place.pids:
                assert house.session_pids() == place.pids, "the session process fell"
            if place.bridge:
                place.bridge.close()
