"""A daemon made of Python, for what the real one never does: it dies on order, talks
nonsense, keeps silent; and for pictures of the screen that need no server.

    with FakeDaemon(house) as daemon:
        daemon.contact("anna@example.org", name="Anna")
        with house.tern() as screen: ...

It holds the lock and writes the daemon file as ternd does. One profile, kept in memory; every
method that tern calls is answered; `calls` are the requests so far. Handlers can be replaced:
daemon.on["message.send"] = lambda params: …, raising Failure for an error.
"""

import fcntl
import os
import selectors
import shutil
import socket
import threading
import time

import msgpack

from deadline import Deadline, TimedOut
from house import BUILD

SELF = "me@example.org"


def lone_tern(folder):
    """A build tree at FOLDER with tern alone, which can't start a daemon by itself."""
    os.makedirs(os.path.join(folder, "bin"))
    shutil.copy(os.path.join(BUILD, "bin", "tern"), os.path.join(folder, "bin", "tern"))
    return folder


class Failure(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message

    def record(self):
        return {"code": self.code, "message": self.message}


class Silence(Exception):
    """Raised by a handler that does not answer."""


class Later(Exception):
    """Raised by a handler whose answer is given by answer_later."""


class FakeDaemon:
    def __init__(self, house, profile="home", schema=None):
        self.house, self.profile, self.schema = house, profile, schema
        self.folder = os.path.join(house.data, "tern")
        self.socket_path = os.path.join(house.runtime, "fake")
        self.calls, self.frontends = [], []
        self.epoch, self.seq, self.next_id = 77, 100, 1
        self.contacts, self.presences, self.requests = {}, {}, {}
        self.chats, self.lines, self.tokens = {}, {}, {}
        self.link = {"state": "online", "is_wanted": True, "address": SELF + "/x"}
        self.show, self.status_text = "online", ""
        self.settings = {"typing": "on", "auto_away": "10"}
        self.blocked, self.profiles = [], [profile]
        self.rooms, self.people = {}, {}
        self.is_locked = False
        self.on, self.late = {}, []
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._running = False
        self.handlers = {name[3:].replace("__", "."): getattr(self, name)
                         for name in dir(self) if name.startswith("do_")}

    # ---- life ----

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        # It names this very process, which whoever cleans up would end.
        os.unlink(os.path.join(self.folder, "daemon"))

    def start(self):
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self._held = os.open(os.path.join(self.folder, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._held, fcntl.LOCK_EX)
        if os.path.exists(self.socket_path):
            os.unlink(self.socket_path)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.socket_path)
        self._listener.listen(16)
        with open(os.path.join(self.folder, "daemon"), "w", encoding="utf-8") as file:
            file.write(f"pid = {os.getpid()}\nsocket = {self.socket_path}\n")
        self._wake, self._woken = socket.socketpair()
        self._running = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self):
        """Dies as kill -9 does: no goodbye, the file stays."""
        if not self._running:
            return
        self._running = False
        self._wake.send(b"x")
        self._thread.join(10)
        for frontend in list(self.frontends):
            frontend.socket.close()
        self.frontends = []
        self._listener.close()
        self._wake.close()
        self._woken.close()
        os.close(self._held)

    def restart(self):
        self.stop()
        self.start()

    # ---- what the test says ----

    def contact(self, jid, name=None, groups=(), subscription="both", **fields):
        with self._lock:
            row = {"jid": jid, "subscription": subscription, "groups": list(groups), **fields}
            if name:
                row["name"] = name
            self.contacts[jid] = row
            self.tell("contact.changed", seq=self.step(), contact=row)

    def presence(self, jid, show="online", text=None, resource="r"):
        with self._lock:
            row = {"jid": jid, "resource": resource, "show": show, "priority": 0}
            if text:
                row["text"] = text
            self.presences[jid, resource] = row
            self.tell("presence.changed", seq=self.step(), presence=row)

    def request(self, jid, text=""):
        with self._lock:
            self.requests[jid] = {"jid": jid, "text": text}
            self.tell("request.added", seq=self.step(), request=self.requests[jid])

    def receive(self, jid, body, when=None, is_own=False, **fields):
        """A message from JID; its line."""
        with self._lock:
            chat = self.chat(jid)
            line = self.line(jid, body, when, is_own, **fields)
            chat["kind"] = line.get("kind", "chat")
            if not is_own:
                chat["unread"] += 1
                chat["is_open"] = True
            chat["last"] = line
            self.tell("message.changed", seq=line["seq"], line=line, is_new=True)
            self.badge(jid)
            return line

    def room(self, jid, nick="me", state="in", **fields):
        """A room that we are in, with ourselves in it; or what changed of it."""
        with self._lock:
            row = self.rooms.setdefault(jid, {"jid": jid, "is_wanted": True})
            row.update(nick=nick, state=state, seq=self.step(), **fields)
            self.people.setdefault(jid, {nick: {
                "nick": nick, "role": "participant", "affiliation": "none", "show": "online",
                "is_own": True}})
            self.chat(jid)["kind"] = "room"
            self.tell("room.changed", seq=row["seq"], room=row)

    def occupant(self, room, nick, was=None, role="participant", affiliation="none",
                 show="online", **fields):
        """Somebody comes into the room, or changes."""
        with self._lock:
            people = self.people[room]
            is_new = nick not in people and was is None
            row = {"nick": nick, "role": role, "affiliation": affiliation, "show": show,
                   **fields}
            people.pop(was, None)
            people[nick] = row
            more = {"was": was} if was else {}
            self.tell("occupant.changed", jid=room, occupant=row, is_new=is_new, **more)

    def occupant_gone(self, room, nick, end="left", **fields):
        with self._lock:
            self.people[room].pop(nick)
            self.tell("occupant.gone", jid=room, nick=nick, end=end, **fields)

    def says(self, jid, nick, body, **fields):
        """NICK says something in the room JID."""
        return self.receive(jid, body, kind="room", sender=f"{jid}/{nick}", **fields)

    def set_link(self, state, **fields):
        with self._lock:
            self.link = {"state": state, "is_wanted": True, **fields}
            self.tell("link.changed", link=self.link)

    def tell(self, event, **params):
        """An event to all that are attached."""
        with self._lock:
            for frontend in self.frontends:
                if frontend.is_attached:
                    frontend.send([2, event, {"profile": self.profile, **params}])

    def send_raw(self, data):
        with self._lock:
            for frontend in self.frontends:
                frontend.socket.sendall(data)

    def answer_later(self, handler):
        """Answers what waits, with what HANDLER says of its params."""
        with self._lock:
            for frontend, number, params in self.late:
                try:
                    frontend.send([1, number, None, handler(params)])
                except Failure as failure:
                    frontend.send([1, number, failure.record(), None])
            self.late = []

    def called(self, method, seconds=10, match=None, count=1):
        """Waits for the COUNTth call of METHOD; its params."""
        deadline = Deadline(seconds)
        with self._changed:
            while True:
                found = [params for name, params in self.calls if name == method
                         and (match is None or match(params))]
                if len(found) >= count:
                    return found[count - 1]
                if not self._changed.wait(deadline.left()) and deadline.is_over():
                    raise TimedOut(f"no {method}; there were {self.calls[-12:]}")

    def count(self, method):
        with self._lock:
            return sum(name == method for name, _ in self.calls)

    # ---- its memory ----

    def step(self):
        self.seq += 1
        return self.seq

    def chat(self, jid):
        return self.chats.setdefault(jid, {"jid": jid, "is_open": False, "unread": 0,
                                           "read_place": 0, "draft": ""})

    def line(self, jid, body, when=None, is_own=False, state=None, **fields):
        number = self.next_id
        self.next_id += 1
        row = {"id": number, "jid": jid, "place": number * 10, "seq": self.step(),
               "is_own": is_own, "body": body,
               "time": int((when or time.time()) * 1000),
               "state": state or ("sent" if is_own else "received"), **fields}
        self.lines.setdefault(jid, []).append(row)
        return row

    def badge(self, jid):
        chat = self.chat(jid)
        chat["seq"] = self.step()
        self.tell("conversation.changed", seq=chat["seq"],
                  conversation={k: v for k, v in chat.items() if v})

    # ---- methods ----

    def do_bridge__hello(self, params):
        return {"program": "ternd", "version": "0", "pid": os.getpid(),
                "schema": self.schema or params.get("schema", "")}

    def do_profile__list(self, _):
        return {"profiles": [{"name": name, "jid": SELF, "is_default": name == self.profile,
                              "is_locked": self.is_locked, "link": self.link}
                             for name in self.profiles]}

    def do_profile__attach(self, params):
        if params["profile"] not in (*self.profiles, "@DEFAULT@"):
            raise Failure("NO_PROFILE", f"There is no profile {params['profile']}.")
        if self.is_locked:
            raise Failure("LOCKED", "The profile is locked; unlock it with its password.")
        return {"profile": self.profile, "jid": SELF, "epoch": self.epoch, "seq": self.seq,
                "is_full": True, "link": self.link, "show": self.show,
                "status_text": self.status_text,
                "contacts": list(self.contacts.values()),
                "presences": [row for row in self.presences.values()
                              if row["show"] != "offline"],
                "conversations": [{k: v for k, v in chat.items() if v}
                                  for chat in self.chats.values()],
                "requests": list(self.requests.values()), "blocked": self.blocked,
                "held": sum(row["state"] == "held" for rows in self.lines.values()
                            for row in rows),
                "rooms": list(self.rooms.values()),
                "settings": [self.setting(name, value)
                             for name, value in self.settings.items()]}

    @staticmethod
    def setting(name, value):
        if value.isdigit():
            return {"name": name, "value": value, "type": "int", "most": 1440,
                    "help": "A number."}
        return {"name": name, "value": value, "type": "bool", "help": "Help."}

    def do_profile__detach(self, _):
        return {}

    def do_profile__create(self, params):
        self.profiles = [params["profile"]]
        self.profile = params["profile"]
        return {}

    def do_profile__delete(self, params):
        self.profiles = [name for name in self.profiles if name != params["profile"]]
        return {}

    def do_profile__unlock(self, params):
        if params["password"] != "open":
            raise Failure("WRONG_PASSWORD", "That is not the profile's password.")
        self.is_locked = False
        return {}

    def do_profile__change(self, _):
        return {}

    def do_message__send(self, params):
        key = params["token"]
        if key in self.tokens:
            return self.tokens[key]
        jid = params["jid"]
        chat = self.chat(jid)
        chat["is_open"] = True
        line = self.line(jid, params["body"], is_own=True, state="queued")
        self.tokens[key] = {"id": line["id"], "state": "queued"}
        self.tell("message.changed", seq=line["seq"], line={**line, "token": key}, is_new=True)
        line["state"], line["seq"] = "sent", self.step()
        self.tell("message.changed", seq=line["seq"], line=line)
        return self.tokens[key]

    def do_message__page(self, params):
        rows = sorted(self.lines.get(params["jid"], []), key=lambda row: row["place"])
        before, limit = params.get("before", 0), params.get("limit", 50)
        if before:
            rows = [row for row in rows if row["place"] < before]
        return {"lines": rows[-limit:], "has_more": len(rows) > limit}

    def do_message__cancel(self, params):
        waiting = [row for row in self.lines.get(params["jid"], [])
                   if row["state"] in ("queued", "held", "failed")]
        if not waiting:
            raise Failure("NOT_FOUND", "No line waits here; what was sent cannot be taken "
                                       "back.")
        line = max(waiting, key=lambda row: row["place"])
        self.lines[params["jid"]].remove(line)
        chat = self.chat(params["jid"])
        chat["draft"] = chat["draft"] or line["body"]
        self.tell("message.removed", seq=self.step(), jid=params["jid"], id=line["id"])
        self.badge(params["jid"])
        return {"id": line["id"], "body": line["body"]}

    def do_message__retry(self, params):
        stuck = [row for row in self.lines.get(params["jid"], [])
                 if row["state"] in ("held", "failed")]
        for row in stuck if params.get("is_all") else stuck[-1:]:
            self.next_id += 1
            row.update(state="queued", place=self.next_id * 10, seq=self.step())
            row.pop("reason", None)
            self.tell("message.changed", seq=row["seq"], line=row)
        return {"count": len(stuck) if params.get("is_all") else min(1, len(stuck))}

    def do_conversation__open(self, params):
        self.chat(params["jid"])["is_open"] = True
        self.badge(params["jid"])
        return {}

    def do_conversation__close(self, params):
        self.chat(params["jid"])["is_open"] = False
        self.badge(params["jid"])
        return {}

    def do_conversation__read(self, params):
        chat = self.chat(params["jid"])
        chat["read_place"] = max(chat["read_place"], params["place"])
        chat["unread"] = sum(row["place"] > chat["read_place"] and not row["is_own"]
                             for row in self.lines.get(params["jid"], []))
        self.badge(params["jid"])
        return {}

    def do_conversation__draft(self, params):
        self.chat(params["jid"])["draft"] = params.get("text", "")
        self.badge(params["jid"])
        return {}

    def do_presence__set(self, params):
        self.show, self.status_text = params["show"], params.get("text", "")
        self.tell("self.changed", show=self.show, text=self.status_text)
        return {}

    def do_settings__set(self, params):
        if params["name"] not in self.settings:
            raise Failure("BAD_SETTING", "There is no such option.")
        if self.settings[params["name"]].isdigit() and not params["value"].isdigit():
            raise Failure("BAD_SETTING", "That option takes a number from 0 to 1440.")
        self.settings[params["name"]] = params["value"]
        self.tell("settings.changed", setting={"name": params["name"],
                                               "value": params["value"]})
        return {}

    def do_roster__set(self, params):
        row = self.contacts.setdefault(params["jid"], {"jid": params["jid"],
                                                       "subscription": "none"})
        if "name" in params:
            row.pop("name", None)
            if params["name"]:
                row["name"] = params["name"]
        if params.get("set_groups"):
            row["groups"] = params.get("groups", [])
        self.tell("contact.changed", seq=self.step(), contact=row)
        return {}

    def do_roster__remove(self, params):
        self.contacts.pop(params["jid"], None)
        self.tell("contact.removed", seq=self.step(), jid=params["jid"])
        return {}

    def do_subscription__accept(self, params):
        if self.requests.pop(params["jid"], None):
            self.tell("request.gone", seq=self.step(), jid=params["jid"])
        return {}

    do_subscription__deny = do_subscription__accept

    def do_block__add(self, params):
        self.blocked.append(params["jid"])
        self.tell("block.added", seq=self.step(), jid=params["jid"])
        return {}

    def do_block__remove(self, params):
        self.blocked.remove(params["jid"])
        self.tell("block.removed", seq=self.step(), jid=params["jid"])
        return {}

    def do_room__occupants(self, params):
        return {"room": self.rooms[params["jid"]],
                "occupants": list(self.people[params["jid"]].values())}

    def do_room__unwatch(self, _):
        return {}

    def do_room__join(self, params):
        self.room(params["jid"], params.get("nick", "me"))
        return {"room": self.rooms[params["jid"]]}

    def do_room__leave(self, params):
        row = self.rooms[params["jid"]]
        row["is_wanted"] = False
        self.room(params["jid"], row["nick"], state="out")
        return {}

    def do_link__connect(self, _):
        self.set_link("online")
        return {}

    def do_link__disconnect(self, _):
        self.link["is_wanted"] = False
        self.set_link("offline")
        self.link["is_wanted"] = False
        return {}

    def do_link__quit(self, _):
        self.set_link("offline")
        return {}

    def do_router__stop(self, _):
        return {"is_stopping": True}

    # ---- the wire ----

    def _serve(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ, None)
            selector.register(self._woken, selectors.EVENT_READ, None)
            while self._running:
                for key, _ in selector.select():
                    if key.fileobj is self._listener:
                        connection, _ = self._listener.accept()
                        with self._lock:
                            frontend = Frontend(connection)
                            self.frontends.append(frontend)
                        selector.register(connection, selectors.EVENT_READ, frontend)
                    elif key.data:
                        self._read(selector, key.data)

    def _read(self, selector, frontend):
        try:
            data = frontend.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            selector.unregister(frontend.socket)
            with self._lock:
                if frontend in self.frontends:
                    self.frontends.remove(frontend)
            frontend.socket.close()
            return
        frontend.unpacker.feed(data)
        for frame in frontend.unpacker:
            self._answer(frontend, frame)

    def _answer(self, frontend, frame):
        kind, number, method, params = frame
        if kind != 0:
            return
        with self._changed:
            self.calls.append((method, params))
            try:
                handler = self.on.get(method) or self.handlers.get(method)
                result = handler(params) if handler else {}
                frontend.send([1, number, None, result])
                frontend.is_attached |= method == "profile.attach"
            except Failure as failure:
                frontend.send([1, number, failure.record(), None])
            except Silence:
                pass
            except Later:
                self.late.append((frontend, number, params))
            self._changed.notify_all()


class Frontend:
    def __init__(self, connection):
        self.socket = connection
        self.unpacker = msgpack.Unpacker(raw=False, strict_map_key=False)
        self.is_attached = False

    def send(self, frame):
        try:
            self.socket.sendall(msgpack.packb(frame, use_bin_type=True))
        except OSError:
            pass
