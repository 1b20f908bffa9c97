"""The other side of a chat: slixmpp with its loop in a thread, and calls that wait.

    with Peer(server, "bob", "secret") as bob:
        bob.send(server.jid("alice"), "hello")
        answer = bob.wait_message(body="hi")

All that arrives is kept in `messages` and `presences` in order of arrival; wait_… look
through what was not taken by an earlier wait, so nothing is missed between two calls.
"""

import asyncio
import logging
import ssl
import threading

import slixmpp

from deadline import Deadline, TimedOut

logging.getLogger("slixmpp").setLevel(logging.ERROR)
CHAT_STATES = ("active", "composing", "paused", "inactive", "gone")


class Peer:
    """USER of SERVER (a Prosody or Ejabberd, or anything with host, port and ca_file)."""

    def __init__(self, server, user, password, resource="peer", priority=0, presence=True,
                 plugins=()):
        self.server = server
        self.jid = f"{user}@{server.host}"
        self.full_jid = f"{self.jid}/{resource}"
        self._password = password
        self._priority = priority
        self._presence = presence
        self._plugins = ("xep_0030", "xep_0085", "xep_0191", "xep_0199", "xep_0203") + tuple(plugins)
        self.messages, self.presences = [], []
        self._taken_messages, self._taken_presences = set(), set()
        self._news = threading.Condition()
        self._state = None
        self.loop = None
        self.client = None

    def __enter__(self):
        return self.connect()

    def __exit__(self, *_):
        self.disconnect()

    def connect(self, seconds=15):
        """Logs in, takes the roster, sends presence; returns itself when that is done."""
        self._state = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._wait(lambda: self._state, seconds, "was not logged in")
        if self._state != "ready":
            raise TimedOut(f"{self.jid} could not log in: {self._state}")
        return self

    def disconnect(self):
        """Logs out and ends the thread; nothing when that is done already."""
        if self.loop and self._thread.is_alive():
            self.loop.call_soon_threadsafe(lambda: self._closing.done() or
                                           self._closing.set_result(None))
            self._thread.join(Deadline(10).left())

    def call(self, function, *arguments, seconds=10, **named):
        """Awaits FUNCTION(…) on the peer's loop and returns its result; self.client is
        slixmpp's client, for what has no call of its own here."""
        async def once():
            return await function(*arguments, **named)
        future = asyncio.run_coroutine_threadsafe(once(), self.loop)
        return future.result(Deadline(seconds).left())

    def run(self, function, *arguments, **named):
        """The same for a plain FUNCTION."""
        async def once():
            return function(*arguments, **named)
        return self.call(once)

    def send(self, to, body, kind="chat", **fields):
        """Sends a message; FIELDS are set on the stanza (id=…). Returns its id."""
        def build():
            message = self.client.make_message(mto=to, mbody=body, mtype=kind)
            for name, value in fields.items():
                message[name] = value
            if not message["id"]:
                message["id"] = self.client.new_id()
            message.send()
            return message["id"]
        return self.run(build)

    def send_raw(self, xml):
        """Sends XML as it is."""
        self.run(self.client.send_raw, xml)

    def send_chat_state(self, to, state):
        def build():
            message = self.client.make_message(mto=to, mtype="chat")
            message["chat_state"] = state
            message.send()
        self.run(build)

    def send_presence(self, show=None, status=None, to=None, kind=None):
        self.run(self.client.send_presence, pshow=show, pstatus=status, pto=to, ptype=kind)

    def subscribe(self, to):
        self.send_presence(to=to, kind="subscribe")

    def accept(self, who):
        self.send_presence(to=who, kind="subscribed")

    def roster(self):
        """{jid: subscription} as the server has it now."""
        self.call(self.client.get_roster)
        rows = self.client.client_roster
        return self.run(lambda: {jid: rows[jid]["subscription"] for jid in rows
                                 if jid != self.jid})

    def wait_message(self, body=None, sender=None, seconds=10, match=None):
        """The first message not taken yet that fits: body equal to BODY (anything that has
        one when None), bare JID SENDER, and MATCH(message)."""
        def fits(message):
            return ((message["body"] == body if body is not None else
                     bool(message["body"]) or match is not None) and
                    (sender is None or message["from"].bare == sender) and
                    (match is None or match(message)))
        return self._take(self.messages, self._taken_messages, fits, seconds,
                          f"got no message {body!r}")

    def wait_chat_state(self, state, seconds=10):
        return self._take(self.messages, self._taken_messages,
                          lambda m: m["chat_state"] == state, seconds,
                          f"got no chat state {state}")

    def wait_presence(self, kind=None, sender=None, seconds=10, match=None):
        """KIND is slixmpp's: available, away, dnd, unavailable, subscribe, subscribed …"""
        def fits(presence):
            return ((kind is None or presence["type"] == kind) and
                    (sender is None or presence["from"].bare == sender) and
                    (match is None or match(presence)))
        return self._take(self.presences, self._taken_presences, fits, seconds,
                          f"got no presence {kind!r} from {sender}")

    def bodies(self):
        """The bodies of all messages so far, in order."""
        with self._news:
            return [m["body"] for m in self.messages if m["body"]]

    def _take(self, stanzas, taken, fits, seconds, otherwise):
        def look():
            for index, stanza in enumerate(stanzas):
                if index not in taken and fits(stanza):
                    taken.add(index)
                    return stanza
            return None
        return self._wait(look, seconds, otherwise)

    def _wait(self, look, seconds, otherwise):
        deadline = Deadline(seconds)
        with self._news:
            while (found := look()) is None:
                if deadline.is_over():
                    seen = [str(m["body"]) for m in self.messages[-10:]]
                    raise TimedOut(f"{self.jid} {otherwise}; last messages: {seen}")
                self._news.wait(min(deadline.left(), 1))
            return found

    def _tell(self, stanzas, stanza):
        with self._news:
            stanzas.append(stanza)
            self._news.notify_all()

    def _set_state(self, state):
        with self._news:
            self._state = self._state or state
            self._news.notify_all()

    def _run(self):
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._live())
        except Exception as problem:  # whoever waits must hear of it
            self._set_state(f"{type(problem).__name__}: {problem}")
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.run_until_complete(asyncio.sleep(0))
            self.loop.close()

    async def _live(self):
        self._closing = self.loop.create_future()
        client = self.client = slixmpp.ClientXMPP(self.full_jid, self._password)
        client.use_ipv6 = False
        client.auto_authorize = None
        client.auto_subscribe = False
        for plugin in self._plugins:
            client.register_plugin(plugin)
        context = ssl.create_default_context(cafile=str(self.server.ca_file))
        client.get_ssl_context = lambda: context
        client.add_event_handler("session_start", self._on_start)
        client.add_event_handler("failed_auth", lambda _: self._set_state("bad password"))
        client.add_event_handler("connection_failed",
                                 lambda e: self._set_state(f"connection failed: {e}"))
        client.register_handler(slixmpp.xmlstream.handler.Callback(
            "every message", slixmpp.xmlstream.matcher.StanzaPath("message"),
            lambda stanza: self._tell(self.messages, stanza)))
        client.register_handler(slixmpp.xmlstream.handler.Callback(
            "every presence", slixmpp.xmlstream.matcher.StanzaPath("presence"),
            lambda stanza: self._tell(self.presences, stanza)))
        client.connect(("127.0.0.1", self.server.port))
        await self._closing
        await client.disconnect(wait=1)

    async def _on_start(self, _):
        try:
            await self.client.get_roster()
            if self._presence:
                self.client.send_presence(ppriority=self._priority)
            self._set_state("ready")
        except Exception as problem:
            self._set_state(f"{type(problem).__name__}: {problem}")
