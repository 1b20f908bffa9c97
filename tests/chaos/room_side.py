"""A room as an honest client of somebody else's make lives in it: slixmpp's side, again.

The room's order is what its archive says, so nothing live is shown before the archive was
read to its end. After each fresh login, and whenever the room put us out, the room is joined
again, then read from the place that is known; what neither the room repeated nor its archive
has is said again, in order, with the same id. Only the room proves a line: that the server
acknowledged it says nothing. One RoomSide lives as long as the run, beside its SlixmppSide,
whose connections hand it what comes from the room.
"""

import asyncio

from slixmpp.xmlstream import ET

from ledger import body_of, read_body

MUC = "{http://jabber.org/protocol/muc}"
MUC_USER = "{http://jabber.org/protocol/muc#user}"
ORIGIN_ID = "{urn:xmpp:sid:0}origin-id"
STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
PAGE = 50
ENTRY = 15.0  # seconds for a join
AGAIN = 0.5  # seconds until a refused join is tried again


class Line:
    """One line of ours until the room proved it. `is_written` says whether it went out in
    the present session, `is_acked` whether the server had it there."""

    def __init__(self, body):
        self.body = body
        self.is_written = self.is_acked = False


class RoomSide:
    """ROOM is its address, NICK ours, LETTER that of what we say there; `shown` are all
    lines of the room, ours too, in the order in which they were shown."""

    def __init__(self, side, room, nick, letter):
        self.side = side
        self.room = room
        self.nick = nick
        self.letter = letter
        self.said = []
        self.shown = []
        self.settled = {}
        self.unsettled = {}  # number: Line, oldest first
        self.place = None  # archive id up to which everything is here
        self.is_caught_up = False
        self.joins = 0
        self._held = []
        self._seen = set()
        self._client = None
        self._is_out = asyncio.Event()
        self._entry = None

    @property
    def is_settled(self):
        return self.is_caught_up and not self.unsettled

    def states(self):
        """{own number: what it claims}; nothing for those that it does not claim."""
        return {number: "acked" for number in self.settled}

    def note(self, what, name=None):
        self.side.ledger.note(self.side.name, what if name else f"room: {what}", name)

    def say(self, number, filler):
        """Line NUMBER is ours from now on; it leaves when we are in the room."""
        self.said.append(number)
        self.unsettled[number] = Line(body_of(self.letter, number, filler))
        if self.is_caught_up and self.side.is_live:
            self._say_new()

    def leave(self):
        """The session has ended in which we were there, if we were."""
        self.is_caught_up = False
        for line in self.unsettled.values():
            line.is_written = line.is_acked = False

    def use(self, client):
        """CLIENT is connected. In a resumed session we are where we were; what was given to
        the client that died and never entered its queue is to be written again."""
        self._client = client
        if self._is_out.is_set():
            self.is_caught_up = False
        queued = {stanza["id"] for _, stanza in client["xep_0198"].unacked_queue}
        for number, line in self.unsettled.items():
            line.is_written = line.is_written and \
                (line.is_acked or self._id_of(number) in queued)

    async def stay(self):
        """Is in the room for as long as the connection lives."""
        while True:
            if not self.is_caught_up:
                await self._come_in()
            if self.is_caught_up:
                self._say_new()
                await self._is_out.wait()
                self.is_caught_up = False

    async def _come_in(self):
        self._is_out.clear()
        self._held = []  # all of it is in the archive
        if not await self._join():
            await asyncio.sleep(AGAIN)
            return
        await self._catch_up()
        if self._is_out.is_set():
            return
        held, self._held = self._held, []
        self.is_caught_up = True
        for message in held:
            self._hear(message)
        # What the archive does not have now the room never took.
        for line in self.unsettled.values():
            line.is_written = line.is_acked = False

    async def _join(self):
        self._entry = asyncio.get_running_loop().create_future()
        presence = self._client.make_presence(pto=f"{self.room}/{self.nick}")
        x = ET.SubElement(presence.xml, f"{MUC}x")
        ET.SubElement(x, f"{MUC}history").attrib["maxstanzas"] = "0"
        presence.send()
        is_in = await asyncio.wait_for(self._entry, ENTRY)
        self.joins += is_in
        self.note("joined" if is_in else "refused")
        return is_in

    async def _catch_up(self):
        after = self.place
        while True:
            rsm = {"max": PAGE, **({"after": after} if after else {})}
            answer = await self._client["xep_0313"].retrieve(jid=self.room, rsm=rsm,
                                                             timeout=30)
            for result in answer["mam"]["results"]:
                inner = result["mam_result"]
                self._show(inner["forwarded"]["stanza"], inner["id"], "archive")
                after = self.place = inner["id"]
            if answer["mam_fin"]["complete"] or not answer["mam"]["results"]:
                return

    def on_presence(self, presence):
        """A presence of the room: ours says whether we are in."""
        kind = presence["type"]
        if kind == "error" or any(status.attrib.get("code") == "110" for status in
                                  presence.xml.iter(f"{MUC_USER}status")):
            if self._entry and not self._entry.done():
                if kind != "unavailable":
                    self._entry.set_result(kind != "error")
            elif kind in ("error", "unavailable"):
                self.note(f"put out ({kind})")
                self._is_out.set()

    def on_message(self, message):
        """A live message of the room."""
        name = read_body(message["body"])
        if message["type"] == "error":
            self.note(f"bounced: {message['error']['condition']}", name)
            self._is_out.set()
        elif self.is_caught_up:
            self._hear(message)
        else:
            self._held.append(message)
            if name:
                self.note("came, held until the room's archive was read", name)

    def on_acked(self, name):
        """The server has line NAME of ours, which proves nothing yet."""
        line = self.unsettled.get(name[1])
        if line:
            line.is_acked = True
            self.note("taken by the server", name)

    def _hear(self, message):
        mark = next((one for one in message.xml.findall(STANZA_ID)
                     if one.attrib.get("by") == self.room), None)
        archive_id = mark.attrib["id"] if mark is not None else None
        self._show(message, archive_id, "stream")
        if archive_id:
            self.place = archive_id

    def _show(self, message, archive_id, how):
        name = read_body(message["body"])
        if not name:
            return
        key = archive_id or f"no stanza-id {message['id']}"
        if key in self._seen:
            self.note(f"again by {how} {archive_id}", name)
            return
        self._seen.add(key)
        self.shown.append(name)
        self.note(f"arrived by {how} {archive_id}", name)
        if name[0] == self.letter and self.unsettled.pop(name[1], None):
            self.settled[name[1]] = archive_id

    def _say_new(self):
        """Writes all that was not written in this session, in order."""
        for number, line in self.unsettled.items():
            if line.is_written:
                continue
            self.note("said", (self.letter, number))
            line.is_written = True
            message = self._client.make_message(mto=self.room, mbody=line.body,
                                                mtype="groupchat")
            message["id"] = self._id_of(number)
            ET.SubElement(message.xml, ORIGIN_ID).attrib["id"] = message["id"]
            message.send()

    def _id_of(self, number):
        return f"chaos-{self.letter}-{number}"
