#!/usr/bin/python3
"""A session process that speaks no XMPP, for tests of the router: it keeps profile folders
and does what a test asks of it. `ternd --session` runs it with the bridge as descriptor 3.

What it is asked comes in the fields of ordinary calls: presence.set's `text` is a command
(see COMMANDS); message.send is answered and told as an event; everything else is answered
with an empty map. A folder that holds a file `locked` wants a password, one that holds
`key-kept` hands its key to the router, one that holds `broken` cannot be opened.
"""

import os
import signal
import socket
import sys
import time

import msgpack

DATA = os.path.join(os.environ["XDG_DATA_HOME"], "tern", "profiles")
KEY = b"the master key of a test"
SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


def folder_of(name):
    text = "".join(chr(byte) if chr(byte) in SAFE or (chr(byte) == "." and place) else
                   f"%{byte:02X}" for place, byte in enumerate(name.encode()))
    return os.path.join(DATA, text)


class Failure(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.error = {"code": code, "message": message}


class Session:
    def __init__(self):
        self.socket = socket.socket(fileno=3)
        self.unpacker = msgpack.Unpacker(raw=False, max_buffer_size=64 << 20)
        self.profiles = {}
        self.keys = {}
        self.last_id = 0
        self.slots = {}
        self.seq = 0
        self.is_mute = False
        self.held = []

    def send(self, frame):
        self.socket.sendall(msgpack.packb(frame, use_bin_type=True))

    def event(self, name, **params):
        self.send([2, name, params])

    def ask(self, method, **params):
        self.last_id += 1
        self.send([0, self.last_id, method, params])
        return self.last_id

    def status(self, name, **fields):
        info = {"name": name, "jid": f"{len(name)}@example.org",
                "link": {"state": "online", "is_wanted": True}, **fields}
        self.profiles[name] = info
        self.event("supervisor.status", info=info)

    def lines(self, name, count, size):
        for _ in range(count):
            self.seq += 1
            self.event("profile.notice", profile=name, text=f"{self.seq} " + "x" * size)

    # ---- methods ----

    def session_open(self, profile, key=None):
        path = folder_of(profile)
        if not os.path.isdir(path):
            raise Failure("NO_PROFILE", "There is no such folder.")
        if os.path.exists(f"{path}/crash"):
            os._exit(7)
        if os.path.exists(f"{path}/broken"):
            raise Failure("DAMAGED", "The profile's files are damaged.")
        if os.path.exists(f"{path}/held"):
            raise Failure("IN_USE", "The profile is in use by process 1.")
        is_locked = os.path.exists(f"{path}/locked")
        if is_locked and key != KEY:
            self.status(profile, is_protected=True, is_locked=True,
                        link={"state": "locked", "is_wanted": True})
            raise Failure("LOCKED", "The profile is locked.")
        self.status(profile, is_protected=is_locked)
        return {}

    def profile_create(self, profile, **_):
        path = folder_of(profile)
        if "/" in profile:
            raise Failure("BAD_NAME", "That is no name.")
        os.makedirs(path, mode=0o700)
        self.status(profile)
        return {}

    def profile_delete(self, profile):
        path = folder_of(profile)
        for name in os.listdir(path):
            os.unlink(f"{path}/{name}")
        os.rmdir(path)
        self.profiles.pop(profile, None)
        return {}

    def profile_unlock(self, profile, password):
        if password != "open sesame":
            raise Failure("WRONG_PASSWORD", "That is not the profile's password.")
        self.ask("supervisor.key", profile=profile, key=KEY)
        self.status(profile, is_protected=True)
        return {}

    def profile_lock(self, profile):
        self.ask("supervisor.key", profile=profile)
        self.status(profile, is_protected=True, is_locked=True,
                    link={"state": "locked", "is_wanted": True})
        return {}

    def profile_attach(self, profile, **_):
        # One event before the answer, one after: only the second may arrive.
        self.event("profile.notice", profile=profile, text="before")
        return {"profile": profile, "jid": "a@example.org", "epoch": os.getpid(), "seq": 1,
                "link": {"state": "online"}}

    def session_ping(self):
        with open(f"{DATA}/../pings", "a", encoding="utf-8") as pings:
            pings.write("ping\n")
        return {}

    def message_send(self, profile, token, jid, body):
        self.seq += 1
        line = {"id": self.seq, "jid": jid, "place": self.seq, "seq": self.seq, "body": body,
                "time": 0, "state": "queued", "is_own": True}
        self.event("message.changed", profile=profile, seq=self.seq, line=line, is_new=True)
        return {"id": self.seq, "state": "queued"}

    def link_disconnect(self, profile):
        self.status(profile, link={"state": "offline"})
        return {}

    def presence_set(self, profile, show, text=""):
        words = text.split()
        command = words[0] if words else ""
        numbers = [int(word) for word in words[1:]]
        if command == "events":
            self.lines(profile, *numbers)
        elif command == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        elif command == "exit":
            os._exit(numbers[0])
        elif command == "hang":
            time.sleep(3600)
        elif command == "mute":  # answers nothing any more, reads on
            self.is_mute = True
        elif command == "hold":
            return None
        elif command == "slot":
            self.slots[self.ask("supervisor.slot", profile=profile)] = profile
        elif command == "slot-back":
            self.event("supervisor.slot-back", profile=profile)
        elif command == "foreign":  # an event of somebody else's profile
            self.event("profile.notice", profile="other", text="foreign")
        elif command == "garbage":
            self.socket.sendall(b"\xc1" * 100)
        return {}

    def roster_list(self, profile):
        return {"contacts": [{"jid": f"{i}@" + "x" * 1000, "subscription": "both"}
                             for i in range(1000)]}

    # ---- the loop ----

    def handle(self, number, method, params):
        if method in ("session.end", "session.suspend"):
            with open(f"{DATA}/../ends", "a", encoding="utf-8") as ends:
                ends.write(f"{method}\n")
            self.socket.close()
            sys.exit(0)
        if method == "session.watch":
            with open(f"{DATA}/../watch-{params['profile']}", "a", encoding="utf-8") as watch:
                watch.write(f"{params.get('attached', 0)} {params.get('active', 0)}\n")
        handler = getattr(self, method.replace(".", "_"), None)
        try:
            result = handler(**params) if handler else {}
        except Failure as failure:
            self.send([1, number, failure.error, None])
            return
        if result is not None and not self.is_mute:
            self.send([1, number, None, result])
        if method == "profile.attach":
            self.event("profile.notice", profile=params["profile"], text="after")

    def run(self):
        while True:
            data = self.socket.recv(65536)
            if not data:
                return
            self.unpacker.feed(data)
            for frame in self.unpacker:
                if frame[0] == 0:
                    self.handle(frame[1], frame[2], frame[3])
                elif frame[0] == 1 and frame[1] in self.slots:
                    profile = self.slots.pop(frame[1])
                    self.event("profile.notice", profile=profile, text="slot granted")


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        sys.exit(0)
    Session().run()
