"""A room of its own for each test, with alice's tern outside and slixmpp's peers inside.

    place = Place(house, server)     # server: a Prosody or an Ejabberd with rooms
    place.join("Alice", "--create")
    with place.peer("bob") as bob:
        place.enter(bob, "Bob")
"""

import json

from deadline import Deadline
from peer import Peer


class Place:
    """A house whose profile is alice's (or USER's), and a room for each test."""

    number = 0

    def __init__(self, house, server, user="alice"):
        Place.number += 1
        self.house, self.server = house, server
        self.room = f"den{Place.number}@{server.rooms}"
        house.create_profile(server, user, "secret")
        # Or the next test's tern would look for this one's room.
        self.call("settings.set", name="bookmark_joins", value="no")
        # The first login at a fresh server takes longer than a join waits for it.
        self.wait(lambda: self.call("profile.list")["profiles"][0]["link"]["state"] == "online")

    def call(self, method, code=0, **params):
        words = [f"{key}={value}" for key, value in params.items()]
        done = self.house.run("ternctl", "--json", "call", method, *words, code=code)
        return json.loads(done.stdout) if code == 0 and done.stdout.strip() else done.stderr

    def join(self, nick="Alice", *more, code=0):
        done = self.house.run("ternctl", "room", "join", self.room, nick, *more, code=code)
        return done.stderr if code else done.stdout

    def record(self):
        """The room as room.list has it; other rooms may be there by bookmark."""
        return next((room for room in self.call("room.list").get("rooms", [])
                     if room["jid"] == self.room), {})

    def state(self):
        return self.record().get("state")

    def nicks(self):
        return {row["nick"] for row in
                self.call("room.occupants", jid=self.room).get("occupants", [])}

    def lines(self, jid=None):
        page = self.call("message.page", jid=jid or self.room, limit=500)
        return [(line.get("sender", "").partition("/")[2], line["body"], line["state"])
                for line in page.get("lines", [])]

    def wait(self, condition, seconds=20):
        deadline = Deadline(seconds)
        while not (found := condition()):
            assert not deadline.is_over(), self.record()
        return found

    def peer(self, name, resource="peer"):
        return Peer(self.server, name, "secret", resource=resource, plugins=("xep_0045",))

    def enter(self, peer, nick):
        """A room waits for its owner's word a moment after it was made."""
        deadline = Deadline(20)
        while True:
            peer.run(peer.client.plugin["xep_0045"].join_muc, self.room, nick)
            if self.saw(peer, nick)["type"] != "error":
                return
            assert not deadline.is_over()

    def saw(self, peer, nick, kind=None):
        return peer.wait_presence(kind, match=lambda p: p["from"].full == f"{self.room}/{nick}")

    def heard(self, peer, body, nick="Alice"):
        return peer.wait_message(body, match=lambda m: m["from"].full == f"{self.room}/{nick}")

    def set_affiliation(self, peer, affiliation, jid):
        peer.call(peer.client.plugin["xep_0045"].set_affiliation, self.room, affiliation,
                  jid=jid)

    def configure(self, peer, **fields):
        """Sets FIELDS of the room's form, and waits until that is done."""
        rows = "".join(f"<field var='muc#roomconfig_{key}'><value>{value}</value></field>"
                       for key, value in fields.items())
        peer.send_raw(
            f"<iq type='set' id='cfg' to='{self.room}'>"
            "<query xmlns='http://jabber.org/protocol/muc#owner'>"
            "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
            f"<value>http://jabber.org/protocol/muc#roomconfig</value></field>{rows}</x>"
            "</query></iq>")
        peer.call(peer.client.plugin["xep_0030"].get_info, jid=self.room, cached=False)
