"""The peer: an honest client of somebody else's make, slixmpp, with a ledger of its own.

slixmpp knows stanzas, stream management and archive queries; what makes a client honest is
here: own messages are kept until the server has proven them, none is sent again before the
archive was read to its end, live messages wait until it was, and a link that stays silent is
dropped without a goodbye. One SlixmppSide lives as long as the run; each connection is a
Connection with a slixmpp client of its own, which only inherits the state of stream
management, so nothing half-done survives in it. `chaos.py --self` lets two of them talk.
"""

import asyncio
import random
import ssl

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.plugins.xep_0198 import stanza as sm
from slixmpp.xmlstream import ET
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

from ledger import body_of, read_body
from room_side import RoomSide

DEAD_LINK = 2.0  # seconds without a byte after a question
# Seconds without an answer in a resumed session, though bytes come. Prosody 0.12 keeps half a
# stanza of the link before, and takes all that it hears in the session as the rest of it.
DEAF = 6.0
SILENCE = 1.5  # seconds without a byte until one is asked
LOGIN = 8.0  # seconds for a login without progress
PAGE = 50
ORIGIN_ID = "{urn:xmpp:sid:0}origin-id"
STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
NO_ANSWER = (IqError, IqTimeout, asyncio.TimeoutError)
PLUGINS = ("xep_0030", "xep_0198", "xep_0199", "xep_0313", "xep_0184")


class Own:
    """One message of ours until it is settled. `since` is the archive place known before it
    was first written, `is_written` says whether it went out in the present session."""

    def __init__(self, number, body):
        self.number = number
        self.body = body
        self.since = None
        self.is_written = False


class SlixmppSide:
    """DIRECTION is the letter of what it writes; `arrived` the other side's numbers by
    their letter, in the order in which it showed them; `settled` own number: its proof;
    `room` what it is in ROOM."""

    def __init__(self, name, direction, jid, password, port, ca_file, other, room, ledger,
                 seed):
        self.name = name
        self.direction = direction
        self.jid = slixmpp.JID(f"{jid}/{name}")
        self.password = password
        self.port = port
        self.ca_file = ca_file
        self.other = other
        self.ledger = ledger
        self.sent = []
        self.arrived = {}
        self.settled = {}
        self.bounced = []
        self.unsettled = {}  # number: Own, oldest first
        self.held = []  # live messages until the archive was read
        self.place = None  # archive id up to which everything is here
        self.is_caught_up = False
        self.saved = None  # stream management of the session that can be resumed
        self.logins = {"fresh": 0, "resumed": 0}
        self.room = RoomSide(self, room, name, direction.upper())
        self._seen = set()
        self._chance = random.Random(f"{seed}/{name}")
        self._connection = None
        self._task = None

    def start(self):
        self._task = asyncio.ensure_future(self._run())
        return self

    async def close(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def check(self):
        """Raises what its task met that must not happen."""
        if self._task.done() and not self._task.cancelled():
            self._task.result()

    @property
    def is_live(self):
        return self._connection is not None and self._connection.is_live

    @property
    def is_settled(self):
        return self.is_live and not self.unsettled and self.room.is_settled

    def send(self, number, filler):
        """Message NUMBER is ours from now on; it leaves when the link allows it."""
        self.sent.append(number)
        self.unsettled[number] = Own(number, body_of(self.direction, number, filler))
        if self.is_live:
            self._connection.send_new()

    def say(self, number, filler):
        """The same in the room."""
        self.room.say(number, filler)

    @property
    def said(self):
        return self.room.said

    def states(self):
        """{own number: what it claims}; nothing for those that it does not claim."""
        return {number: "acked" for number in self.settled}

    def settle(self, number, proof):
        if self.unsettled.pop(number, None):
            self.settled[number] = proof
            self.note(f"settled by {proof}", number)

    def note(self, what, number=None, direction=None):
        message = (direction or self.direction, number) if number else None
        self.ledger.note(self.name, what, message)

    def arrive(self, message, archive_id, how):
        """MESSAGE of the other side is shown, unless it was; everything before ARCHIVE_ID
        is here then."""
        name = read_body(message["body"])
        if not name or message["from"].bare != self.other:
            return
        key = archive_id or f"no stanza-id {origin_of(message)}"
        if key in self._seen:
            self.note(f"again by {how} {archive_id}", name[1], name[0])
            return
        self._seen.add(key)
        self.arrived.setdefault(name[0], []).append(name[1])
        self.note(f"arrived by {how} {archive_id}", name[1], name[0])

    def bounce(self, message):
        name = read_body(message["body"])
        self.note(f"bounced: {message['error']['condition']}", name and name[1])
        self.bounced.append(name)

    async def _run(self):
        while True:
            self._connection = Connection(self)
            try:
                await self._connection.live()
            finally:
                self._connection.drop()
            await asyncio.sleep(self._chance.uniform(0.05, 0.6))


class Client(slixmpp.ClientXMPP):
    """slixmpp's client, which tells when bytes came and does not reconnect by itself."""

    on_bytes = staticmethod(lambda: None)

    def data_received(self, data):
        self.on_bytes()
        super().data_received(data)

    def reschedule_connection_attempt(self):
        pass


class Connection:
    """One connection of SIDE from its first byte to its end."""

    def __init__(self, side):
        self.side = side
        self.is_live = False
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._ready = self._loop.create_future()
        self._heard = self._asked = 0.0
        self._resumed = 0.0  # since when no question of ours was answered in a resumed session
        self._is_deaf = False
        self._transports = []
        self.client = self._make_client()
        self.plugin = self.client["xep_0198"]
        self._inherit()

    def _make_client(self):
        client = Client(self.side.jid, self.side.password)
        client.use_ipv6 = False
        client.use_aiodns = False
        client.auto_authorize = None
        client.on_bytes = self._on_bytes
        for plugin in PLUGINS:
            client.register_plugin(plugin)
        context = ssl.create_default_context(cafile=str(self.side.ca_file))
        client.get_ssl_context = lambda: context
        client.add_event_handler("connected", lambda _: self._on_bytes())
        client.add_event_handler("sm_enabled", lambda _: self._become("fresh"))
        client.add_event_handler("session_resumed", lambda _: self._become("resumed"))
        client.add_event_handler("stanza_acked", self._on_acked)
        client.add_event_handler("failed_auth", self._on_end)
        client.add_event_handler("connection_failed", self._on_end)
        client.add_event_handler("disconnected", self._on_end)
        client.add_filter("in", self._before_resumed)
        client.register_handler(Callback("chaos", StanzaPath("message"), self._on_message))
        client.register_handler(Callback("room", StanzaPath("presence"), self._on_presence))
        return client

    def _inherit(self):
        """The session that can be resumed, as the last connection left it."""
        saved = self.side.saved
        if saved:
            for name in ("sm_id", "handled", "seq", "last_ack"):
                setattr(self.plugin, name, saved[name])

    def _before_resumed(self, stanza):
        """slixmpp 1.8 empties its queue when it asks for a resume; here it gets it back,
        just before it looks at the answer."""
        if isinstance(stanza, sm.Resumed):
            self.plugin.unacked_queue.extend(self.side.saved["queue"])
        elif isinstance(stanza, sm.Ack):
            self._resumed = 0.0
        return stanza

    def _become(self, how):
        if not self._ready.done():
            self._ready.set_result(how)

    def _on_bytes(self):
        self._heard = self._loop.time()
        self._asked = 0.0
        if self.client.transport and self.client.transport not in self._transports:
            self._transports.append(self.client.transport)

    def _on_end(self, _=None):
        self.is_live = False
        self._ended.set()

    def drop(self):
        """Ends it without a goodbye; what can be resumed is kept."""
        self.is_live = False
        if self._ready.done() and not self._ready.cancelled():
            self.side.saved = {"queue": list(self.plugin.unacked_queue),
                               **{name: getattr(self.plugin, name)
                                  for name in ("sm_id", "handled", "seq", "last_ack")}}
        if self._is_deaf:
            self.side.saved = None
        self._ready.cancel()
        self.client.cancel_connection_attempt()
        for transport in {*self._transports, self.client.transport} - {None}:
            transport.abort()
        if self.client._run_out_filters:
            self.client._run_out_filters.cancel()

    async def live(self):
        """Connects, and returns when the connection has ended."""
        self._heard = self._loop.time()
        self.client.connect(("127.0.0.1", self.side.port))
        work = asyncio.ensure_future(self._work())
        ended = asyncio.ensure_future(self._ended.wait())
        watch = asyncio.ensure_future(self._watch())
        tasks = {work, ended, watch}
        try:
            # _work() ends when its questions are not answered; the others end it.
            while not (ended.done() or watch.done()):
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                tasks -= done
                if work in done and work.exception():
                    if not isinstance(work.exception(), NO_ANSWER):
                        raise work.exception()
                    self.side.note(f"archive or room: {work.exception()!r}")
                    break
        finally:
            for task in (work, ended, watch):
                task.cancel()
            self.side.note("link down")

    async def _watch(self):
        """Returns when the link is dead: no byte came though one was asked for."""
        while True:
            await asyncio.sleep(0.2)
            now = self._loop.time()
            if not self._ready.done():
                if now - self._heard > LOGIN:
                    return
            elif self._asked:
                if now - self._asked > DEAD_LINK:
                    self.side.note("link is dead")
                    return
            elif self._resumed and now - self._resumed > DEAF:
                self.side.note("the server is deaf in this session")
                self._is_deaf = True
                return
            elif self.plugin.unacked_queue or now - self._heard > SILENCE:
                self._asked = now
                if self.client.transport:
                    self.plugin.request_ack()

    async def _work(self):
        how = await self._ready
        side = self.side
        if how == "resumed":
            self._resumed = self._loop.time()
            self.plugin.request_ack()
        side.logins[how] += 1
        side.note(f"session {how}")
        if how == "fresh":
            side.room.leave()
            side.is_caught_up = False
            side.held = []
            for own in side.unsettled.values():
                own.is_written = False
        if not side.is_caught_up:
            await self._catch_up(self._since())
            self.client.send_presence()
            # What came between the last page and the presence is in the archive only.
            await self._catch_up(side.place)
            self._release()
        else:
            self._find_unwritten()
        self.is_live = True
        self.send_new()
        side.room.use(self.client)
        await side.room.stay()

    def _since(self):
        """From where the archive must be read: the oldest message that is not settled may
        lie behind the place that was known when it was first written."""
        first = next(iter(self.side.unsettled.values()), None)
        return self.side.place if first is None or first.since is None else first.since

    async def _catch_up(self, after):
        side = self.side
        while True:
            rsm = {"max": PAGE, **({"after": after} if after else {})}
            answer = await self.client["xep_0313"].retrieve(rsm=rsm, timeout=30)
            for result in answer["mam"]["results"]:
                inner = result["mam_result"]
                self._take(inner["forwarded"]["stanza"], inner["id"])
                after = side.place = inner["id"]
            # What was not found up to here lies behind it, if anywhere.
            for own in side.unsettled.values():
                own.since = after if after and own.since is not None else own.since
            if answer["mam_fin"]["complete"] or not answer["mam"]["results"]:
                return

    def _take(self, message, archive_id):
        side = self.side
        if message["from"].bare == side.jid.bare:
            name = read_body(message["body"])
            if name and name[0] == side.direction and \
                    origin_of(message) == id_of(side, name[1]):
                side.settle(name[1], f"archive {archive_id}")
            return
        side.arrive(message, archive_id, "archive")

    def _release(self):
        side = self.side
        held, side.held = side.held, []
        side.is_caught_up = True
        for message in held:
            self._arrive_live(message)

    def _find_unwritten(self):
        """After a resume: what was given to the client that died and never entered the
        queue of stream management is to be written again."""
        queued = {stanza["id"] for _, stanza in self.plugin.unacked_queue}
        for own in self.side.unsettled.values():
            own.is_written = own.is_written and id_of(self.side, own.number) in queued

    def send_new(self):
        """Writes all that was not written in this session, in order."""
        side = self.side
        for own in side.unsettled.values():
            if own.is_written:
                continue
            side.note("sent" if own.since is None else "sent again", own.number)
            if own.since is None:
                own.since = side.place or ""
            own.is_written = True
            message = self.client.make_message(mto=side.other, mbody=own.body, mtype="chat")
            message["id"] = id_of(side, own.number)
            origin = ET.SubElement(message.xml, ORIGIN_ID)
            origin.attrib["id"] = message["id"]
            message.send()

    def _on_acked(self, stanza):
        if isinstance(stanza, slixmpp.Message):
            name = read_body(stanza["body"])
            if name and name[0] == self.side.direction:
                self.side.settle(name[1], "ack")
            elif name and name[0] == self.side.room.letter:
                self.side.room.on_acked(name)

    def _on_presence(self, presence):
        if presence["from"].bare == self.side.room.room:
            self.side.room.on_presence(presence)

    def _on_message(self, message):
        if message.get_plugin("mam_result", check=True):
            return
        if message["from"].bare == self.side.room.room:
            self.side.room.on_message(message)
        elif message["type"] == "error":
            self.side.bounce(message)
        elif self.side.is_caught_up:
            self._arrive_live(message)
        else:
            self.side.held.append(message)
            name = read_body(message["body"])
            if name:
                self.side.note("came, held until the archive was read", name[1], name[0])

    def _arrive_live(self, message):
        side = self.side
        mark = next((one for one in message.xml.findall(STANZA_ID)
                     if one.attrib.get("by") == side.jid.bare), None)
        archive_id = mark.attrib["id"] if mark is not None else None
        side.arrive(message, archive_id, "stream")
        if archive_id:
            side.place = archive_id


def id_of(side, number):
    """The id and origin-id of own message NUMBER, the same at every sending."""
    return f"chaos-{side.direction}-{number}"


def origin_of(message):
    """The origin-id of MESSAGE, else its id."""
    origin = message.xml.find(ORIGIN_ID)
    return origin.attrib.get("id") if origin is not None else message["id"]
