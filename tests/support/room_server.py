"""Rooms of a scripted server (XEP-0045), and Alice who is in them.

    from room_server import ROOM, make_authority, make_place  # noqa: F401  (fixtures)
    def test_one(place):
        place.join()
        place.say(occupant("Bob"), groupchat("Bob", "hello"))

The server is honest and of every room says that it is there; a test replaces `info`, `enter`,
`part`, `rename`, `reflect`, `pong` or `configure`. It keeps one session and resumes it.
"""

import glob
import re
import tempfile

import pytest

from certificates import Authority
from house import House
from sm_server import SM, Place, SmServer

MUC = "http://jabber.org/protocol/muc"
USER = f"{MUC}#user"
OWNER = f"{MUC}#owner"
DISCO = "http://jabber.org/protocol/disco#info"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
SID, OCCUPANT_ID = "urn:xmpp:sid:0", "urn:xmpp:occupant-id:0"
MAM, RSM = "urn:xmpp:mam:2", "http://jabber.org/protocol/rsm"
ROOM = "den@rooms.localhost"
ALICE = "alice@localhost"


def error(condition, kind="cancel", inner=None, text=""):
    """An <error/>; INNER is what stands in the condition."""
    words = f"<text xmlns='{STANZAS}'>{text}</text>" if text else ""
    body = f"<{condition} xmlns='{STANZAS}'>{inner or ''}</{condition}>"
    return f"<error type='{kind}'>{body}{words}</error>"


def occupant(nick, *codes, kind="", item="", inner="", more="", room=ROOM, role="participant"):
    """A presence of NICK with status CODES; ITEM are attributes, INNER children of <item/>,
    MORE other elements of <x/>."""
    status = "".join(f"<status code='{code}'/>" for code in codes)
    role = "none" if kind == "unavailable" and "303" not in codes else role
    kind = f" type='{kind}'" if kind else ""
    return (f"<presence from='{room}/{nick}' to='{ALICE}/x'{kind}><x xmlns='{USER}'>"
            f"<item affiliation='none' role='{role}' {item}>{inner}</item>{status}{more}"
            "</x></presence>")


def gone(nick, *codes, **more):
    return occupant(nick, *codes, kind="unavailable", **more)


def groupchat(nick, body, ident="", more="", room=ROOM):
    """A message of NICK to everybody; of the room itself without NICK."""
    sender = f"{room}/{nick}" if nick else room
    text = f"<body>{body}</body>" if body is not None else ""
    name = f" id='{ident}'" if ident else ""
    return f"<message from='{sender}' to='{ALICE}/x' type='groupchat'{name}>{text}{more}</message>"


def subject(text, by="", room=ROOM):
    return groupchat(by, None, more=f"<subject>{text}</subject>", room=room)


def attribute(text, name):
    match = re.search(rf"^<[^>]*?\b{name}=\"([^\"]*)", text)
    return match[1].replace("&apos;", "'") if match else None


def refuse_to_resume(session, *_):
    """For a server's `resume`: the session is lost with each link."""
    session.send(f"<failed xmlns='{SM}'/>")
    return False


class RoomServer(SmServer):
    """`joins`, `parts`, `renames`: (room, nick); `pings` and `infos`: rooms, as asked for.
    `others` are in every room; `form` is what every owner is shown, `submitted` what came."""

    def __init__(self, authority, **more):
        super().__init__(authority, **more)
        self.joins, self.parts, self.renames, self.pings, self.infos = [], [], [], [], []
        self.others = ["Bob"]
        self.form, self.submitted = "", []
        self.configure = self.honest_configure
        self.features = [MUC, SID, OCCUPANT_ID]
        self.info = self.honest_info
        self.enter = self.honest_enter
        self.part = self.honest_part
        self.rename = self.honest_rename
        self.reflect = self.honest_reflect
        self.pong = self.honest_pong
        self.queries = []
        self.walk = lambda session, text, room: self.give(session, text, room, [])

    # ---- what came

    def take(self, session, text):
        super().take(session, text)
        to = attribute(text, "to") or ""
        room, _, nick = to.partition("/")
        if "@rooms." not in room:
            return
        kind = attribute(text, "type")
        if text.startswith("<presence"):
            self.take_presence(session, text, kind, room, nick)
        elif text.startswith("<message") and kind == "groupchat":
            self.reflect(session, text, room)

    def take_presence(self, session, text, kind, room, nick):
        if kind == "unavailable":
            self.parts.append((room, nick))
            self.part(session, room, nick)
        elif f'"{MUC}"' in text:
            self.joins.append((room, nick))
            self.enter(session, room, nick)
        elif not kind:
            self.renames.append((room, nick))
            self.rename(session, room, nick)

    def answer_request(self, session, text):
        to = attribute(text, "to") or ""
        room = to.partition("/")[0]
        if "@rooms." not in room:
            super().answer_request(session, text)
        elif DISCO in text:
            self.infos.append(room)
            self.info(session, text, room)
        elif MAM in text:
            self.queries.append(text)
            self.walk(session, text, room)
        elif OWNER in text:
            self.configure(session, text, room)
        elif "urn:xmpp:ping" in text:
            self.pings.append(room)
            self.pong(session, text, to)
        else:
            self.reply(session, text, error("service-unavailable"), "error")

    @staticmethod
    def reply(session, iq, payload="", kind="result"):
        """Answers IQ in the name of whom it was sent to."""
        session.send(f"<iq type='{kind}' id='{attribute(iq, 'id')}' "
                     f"from=\"{attribute(iq, 'to')}\" to='{ALICE}/x'>{payload}</iq>")

    def refuse(self, session, room, nick, what):
        """The answer to a presence: the error WHAT."""
        session.send(f"<presence type='error' from='{room}/{nick}' to='{ALICE}/x'>"
                     f"<x xmlns='{MUC}'/>{what}</presence>")

    # ---- an honest room

    def honest_info(self, session, text, _room):
        features = "".join(f"<feature var='{name}'/>" for name in self.features)
        self.reply(session, text, f"<query xmlns='{DISCO}'><identity category='conference' "
                                  f"type='text' name='Den'/>{features}</query>")

    def honest_enter(self, session, room, nick):
        session.send("".join(occupant(other, room=room) for other in self.others)
                     + occupant(nick, "110", room=room) + subject("of dens", room=room))

    def honest_part(self, session, room, nick):
        session.send(gone(nick, "110", room=room))

    def honest_rename(self, session, room, nick):
        pass

    def honest_reflect(self, session, text, room):
        """Gives back what Alice said."""
        inner = re.sub(r"^<message[^>]*>", "", text)
        session.send(f"<message from='{room}/Alice' to='{ALICE}/x' type='groupchat' "
                     f"id='{attribute(text, 'id')}'>{inner}")

    def honest_configure(self, session, text, _room):
        if attribute(text, "type") == "set":
            self.submitted.append({
                re.search(r'var="([^"]*)"', row)[1]: re.findall(r"<value>([^<]*)</value>", row)
                for row in re.findall(r"<field.*?(?:</field>|/>)", text, re.DOTALL)})
            self.reply(session, text)
        else:
            self.reply(session, text, f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' "
                                      f"type='form'>{self.form}</x></query>")

    def give(self, session, text, room, rows, is_all=True):
        """Answers a query of ROOM's archive with ROWS (id, message), and says if it is all."""
        query = re.search(r'queryid="([^"]*)"', text)[1]
        stamp = "2020-01-01T00:00:00Z"
        session.send("".join(
            f"<message from='{room}' to='{ALICE}/x'><result xmlns='{MAM}' queryid='{query}' "
            f"id='{key}'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' "
            f"stamp='{stamp}'/>{message}</forwarded></result></message>"
            for key, message in rows))
        marks = f"<first>{rows[0][0]}</first><last>{rows[-1][0]}</last>" if rows else ""
        complete = " complete='true'" if is_all else ""
        self.reply(session, text, f"<fin xmlns='{MAM}'{complete}><set xmlns='{RSM}'>{marks}"
                                  "</set></fin>")

    def honest_pong(self, session, text, _to):
        self.reply(session, text)


class RoomPlace(Place):
    """A Place whose server has rooms."""

    def join(self, room=ROOM, nick="Alice", **more):
        return self.bridge.call("room.join", profile="home", jid=room, nick=nick, seconds=30,
                                **more)["room"]

    def ask_to_join(self, room=ROOM, nick="Alice", **more):
        """The same without waiting; for bridge.answer()."""
        return self.bridge.request("room.join", profile="home", jid=room, nick=nick, **more)

    def leave(self, room=ROOM):
        self.bridge.call("room.leave", profile="home", jid=room)

    def say(self, *texts):
        """Sends TEXTS and waits until they were worked on."""
        for text in texts:
            self.session.send(text)
        return self.server.fence(self.session)

    def rooms(self):
        rows = self.bridge.call("room.list", profile="home", seconds=30).get("rooms", [])
        return {row["jid"]: row for row in rows}

    def room(self, room=ROOM):
        return self.rooms().get(room)

    def state(self, room=ROOM):
        """None: it is not listed, as one whose first join is under way."""
        return (self.room(room) or {}).get("state")

    def nicks(self, room=ROOM):
        rows = self.bridge.call("room.occupants", profile="home", jid=room, seconds=30)
        return {row["nick"] for row in rows.get("occupants", [])}

    def wait(self, condition, seconds=15):
        return self.until(condition, lambda: (self.rooms(), self.session.log[-6:]), seconds)

    def wait_state(self, state, room=ROOM, seconds=15):
        self.wait(lambda: self.state(room) == state, seconds)
        return self.room(room)

    def write_to(self, *bodies, room=ROOM):
        for body in bodies:
            self.bridge.call("message.send", profile="home", jid=room, body=body,
                             token=self.bridge.token(), seconds=30)

    def talk(self, room=ROOM):
        """(nick, body, state) of the room's lines."""
        page = self.bridge.call("message.page", profile="home", jid=room, limit=500, seconds=30)
        return [(row.get("sender", "").partition("/")[2], row["body"], row["state"])
                for row in page.get("lines", [])]


def hurried(times):
    """For a test: all waiting times of its session process are so many times shorter."""
    def mark(function):
        function.hurry = times
        return function
    return mark


@pytest.fixture(name="authority", scope="module")
def make_authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


@pytest.fixture(name="place")
def make_place(authority, request):
    times = getattr(request.function, "hurry", None)
    env = {"TERN_HURRY": str(times)} if times else {}
    with House(TERN_LOG="info", **env) as house:
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            house.env[name] = (f"{house.env.get(name, '')}:log_path={house.path('report')}"
                               ":quarantine_size_mb=4:malloc_context_size=8")
        with RoomServer(authority) as server:
            place = RoomPlace(house, server)
            place.come_online()
            yield place
            reports = glob.glob(house.path("report") + "*")
            assert not reports, open(reports[0], encoding="utf-8").read()[:6000]
            if place.pids:
                assert house.session_pids() == place.pids, "the session process fell"
            place.bridge.close()
