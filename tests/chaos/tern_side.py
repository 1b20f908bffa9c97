"""Tern's side: the real router, session process and tern in a terminal, and what a person
would see of them.

Messages are sent through the bridge with one token each, and the call is repeated with that
token until it was answered; what arrived is what message.page shows over the whole history,
in its order. The room is joined once; to be in it from then on is tern's own affair. A
watcher keeps an attached bridge client and writes every event of a line into the ledger; a
tern in a terminal is attached, killed and started again. All of that blocks, so it runs in
threads; the rest talks to this class only.
"""

import itertools
import os
import queue
import random
import re
import signal
import threading
import time
import types

from bridge_client import BridgeClient, BridgeError, Closed
from deadline import Deadline, TimedOut, wait_for_end
from house import House
from ledger import body_of, read_body

PROFILE = "home"
# What the run wants of the profile: settings that this tern does not know are left alone.
SETTINGS = {"dead_link": "2", "receipts": "yes", "send_receipts": "yes", "markers": "yes",
            "send_markers": "yes"}
TRANSIENT = {"BACKEND_GONE", "BUSY", "IN_USE", "STORAGE", "TIMEOUT", "NO_PROFILE", "INTERNAL"}
AGAIN = 0.1  # seconds between two tries
HURRY = 1.0  # seconds between two demands to connect now
GONE = (Closed, TimedOut, OSError, KeyError)
DEATH = re.compile(r"pid=(\d+) (its session process (?:was )?ended.*)")
UP = re.compile(r"link: (online|resumed) profile")
FACT = re.compile(r"(?:link|sm|muc): .*| (?:warn|error) session.*")
FAULT = re.compile("AddressSanitizer|LeakSanitizer|runtime error:|Assertion")


class Log:
    """The daemon's log at PATH as it grows. It is emptied at times; PATH.1 has its end then."""

    def __init__(self, path):
        self._path = path
        self._at = 0
        self._last = b""

    def new_lines(self):
        """The whole lines since the last call, as texts."""
        if not os.path.exists(self._path):
            return []
        lines = []
        if os.path.getsize(self._path) < self._at:
            lines = self._read(self._path + ".1", 0)
            if self._last in lines:
                lines = lines[lines.index(self._last) + 1:]
            self._at = 0
        new = self._read(self._path, self._at)
        self._at += sum(map(len, new))
        lines += new
        self._last = lines[-1] if lines else self._last
        return [line.decode(errors="replace").rstrip() for line in lines]

    @staticmethod
    def _read(path, offset):
        with open(path, "rb") as file:
            file.seek(offset)
            return [line for line in file if line.endswith(b"\n")]


class TernSide:
    """DIRECTION is the letter of what it writes, as a capital in ROOM; PORT that of its
    proxy."""

    def __init__(self, direction, server, user, password, port, other, room, ledger, seed):
        self.name = "tern"
        self.direction = direction
        self.letter = direction.upper()
        self.other = other
        self.room = room
        self.ledger = ledger
        self.house = House(TERN_LOG="info")
        self.sent = []  # numbers whose call was answered
        self.said = []  # those of the room
        self.logins = {"fresh": 0, "resumed": 0}
        self._server = types.SimpleNamespace(jid=server.jid, port=port, ca_file=server.ca_file)
        self._account = user, password
        self._chance = random.Random(f"{seed}/tokens")
        self._queue = queue.Queue()
        self._asked = 0
        self._is_in_room = False
        self._stop = threading.Event()
        self._threads = []
        self._problems = []
        self._crashes = []
        self._killed = set()  # processes that ended by our hand
        self._daemons = set()  # all that were seen
        self._screen_pid = None
        self._link = self._room_state = ""
        self._is_slow = False  # it waits for long until it tries again

    def start(self):
        self.house.create_profile(self._server, *self._account, PROFILE)
        with self.house.bridge() as bridge:
            self._choose(bridge)
        for work in (self._send_all, self._watch, self._show, self._read_log, self._join):
            thread = threading.Thread(target=self._guard, args=[work], daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def close(self):
        self._stop.set()
        self._queue.put(None)
        for thread in self._threads:
            thread.join(30)
        self.house.remove()

    def check(self):
        """Raises what a thread met that must not happen."""
        if self._problems:
            raise self._problems[0]

    def note(self, what, number=None, direction=None):
        message = (direction or self.direction, number) if number else None
        self.ledger.note(self.name, what, message)

    def send(self, number, filler):
        """Message NUMBER is to be sent; it counts as sent when its call was answered."""
        self._ask(self.direction, number, filler)

    def say(self, number, filler):
        """The same in the room."""
        self._ask(self.letter, number, filler)

    def _ask(self, letter, number, filler):
        self._asked += 1
        token = self._chance.randbytes(16)
        self._queue.put(((letter, number), token, body_of(letter, number, filler)))

    @property
    def waits_for_answers(self):
        return len(self.sent) + len(self.said) < self._asked

    @property
    def is_live(self):
        return self._link == "online" and self._is_in_room

    def acts(self):
        """What can be done to it: {name: function that says whether it was done}."""
        return {"session": self._kill_session, "router": self._kill_router,
                "screen": self._kill_screen, "freeze": self._freeze, "leave": self._leave,
                "restart": self._restart}

    def _kill_session(self):
        pids = self.house.session_pids()
        self._killed.update(pids)
        return any([self._signal(pid, signal.SIGKILL) for pid in pids])

    def _kill_router(self):
        pid = self.house.daemon_pid()
        self._killed.add(pid)
        return bool(pid) and self._signal(pid, signal.SIGKILL)

    def _kill_screen(self):
        pid, self._screen_pid = self._screen_pid, None
        if pid:
            os.kill(pid, signal.SIGKILL)  # whose end is for its own thread to see
        return bool(pid)

    def _freeze(self):
        """Stops the session process for longer than a dead link takes."""
        pids = [pid for pid in self.house.session_pids() if self._signal(pid, signal.SIGSTOP)]
        self._stop.wait(3)
        return any([self._signal(pid, signal.SIGCONT) for pid in pids])

    @staticmethod
    def _signal(pid, number):
        """Sends signal NUMBER; False when PID has ended meanwhile."""
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return number != signal.SIGKILL or wait_for_end(pid, 10)

    def _leave(self):
        """Disconnects as a person does, and connects again."""
        self._insist("link.disconnect")
        self._stop.wait(1)
        self._insist("link.connect")
        return True

    def _restart(self):
        return self.house.run("ternd", "restart", code=None).returncode == 0

    def _join(self):
        self._insist("room.join", jid=self.room, nick=self.name, may_create=True)
        self._is_in_room = True

    def _insist(self, method, **params):
        """Calls METHOD of the profile until that works."""
        deadline = Deadline(30)
        while True:
            try:
                with self._connect() as bridge:
                    return bridge.call(method, 10, profile=PROFILE, **params)
            except (*GONE, BridgeError):
                if deadline.is_over():
                    raise
            self._stop.wait(AGAIN)

    def crashes(self):
        """What ended though nobody killed it, as sentences."""
        gone = self._daemons - self._killed - {self.house.daemon_pid()}
        return self._crashes + [f"router {pid} ended by itself" for pid in sorted(gone)]

    def _read_log(self):
        """Follows the daemon's log: how each link came up, and what crashed."""
        log = Log(self.house.path("home/.local/state/tern/ternd.log"))
        while not self._stop.wait(0.2):
            for line in log.new_lines():
                self._on_log(line)

    def _on_log(self, line):
        if match := UP.search(line):
            self.logins["resumed" if match[1] == "resumed" else "fresh"] += 1
        if match := FACT.search(line):
            self.note(match[0])
        elif (match := DEATH.search(line)) and int(match[1]) not in self._killed:
            self._crashes.append(f"session process {match[1]}: {match[2]}")
        elif FAULT.search(line):
            self._crashes.append(line)

    def history(self, jid):
        """All lines of the conversation JID as message.page shows them, oldest first."""
        deadline = Deadline(60)
        while True:
            try:
                with self._connect() as bridge:
                    return self._read_pages(bridge, jid)
            except (*GONE, BridgeError):
                if deadline.is_over():
                    raise
            self._stop.wait(AGAIN)

    @staticmethod
    def _read_pages(bridge, jid):
        lines, before = [], {}
        while True:
            page = bridge.call("message.page", 30, profile=PROFILE, jid=jid, limit=200,
                               **before)
            rows = page.get("lines", [])
            lines = rows + lines
            if not rows or not page.get("has_more"):
                return lines
            before = {"before": rows[0]["place"]}

    def _guard(self, work):
        try:
            work()
        except Exception as problem:  # whoever runs the chaos must hear of it
            self.note(f"{work.__name__}: {problem!r}")
            self._problems.append(problem)

    def _choose(self, bridge):
        for name, value in SETTINGS.items():
            try:
                bridge.call("settings.set", profile=PROFILE, name=name, value=value)
            except BridgeError as error:
                if error.code != "BAD_SETTING":
                    raise

    def _connect(self):
        """A bridge client that said hello; starts the daemon if there is none."""
        if not self.house.daemon_pid():
            self.house.run("ternctl", "profile", "list", code=None)
        facts = self.house.daemon_file()
        bridge = BridgeClient(facts["socket"])
        try:
            bridge.hello()
            self._daemons.add(int(facts["pid"]))
        except BaseException:
            bridge.close()
            raise
        return bridge

    def _send_all(self):
        bridge = None
        while (job := self._queue.get()) is not None:
            (letter, number), token, body = job
            is_for_room = letter == self.letter
            while not self._stop.is_set():
                try:
                    bridge = bridge or self._connect()
                    answer = bridge.call("message.send", 5, profile=PROFILE, token=token,
                                         jid=self.room if is_for_room else self.other,
                                         body=body)
                    self.note(f"accepted as {answer['id']}", number, letter)
                    (self.said if is_for_room else self.sent).append(number)
                    break
                except BridgeError as error:
                    self.note(f"refused: {error}", number, letter)
                    if error.code not in TRANSIENT:
                        raise
                except GONE as error:
                    self.note(f"no answer: {type(error).__name__}", number, letter)
                    bridge = bridge.close() if bridge else None
                self._stop.wait(AGAIN)
        if bridge:
            bridge.close()

    def _watch(self):
        cursor = {}
        while not self._stop.is_set():
            try:
                with self._connect() as bridge:
                    self._follow(bridge, cursor)
            except BridgeError as error:
                if error.code not in TRANSIENT:
                    raise
            except GONE:
                pass
            self._link = ""
            self._stop.wait(AGAIN)

    def _follow(self, bridge, cursor):
        """Attaches and tells of all events until the connection ends."""
        state = bridge.call("profile.attach", 5, profile=PROFILE, **cursor)
        cursor.update(epoch=state["epoch"], seq=state["seq"])
        self._on_link(state["link"])
        hurried = 0.0
        while not self._stop.is_set():
            # A person who does not want to wait; else most of the run would be back-off.
            if self._is_slow and time.monotonic() > hurried + HURRY:
                hurried = time.monotonic()
                bridge.request("link.connect", profile=PROFILE)
            try:
                name, params = bridge.next_event(0.3)
            except TimedOut:
                continue
            cursor["seq"] = params.get("seq") or cursor["seq"]
            if name == "message.changed":
                self._on_line(params["line"])
            elif name == "link.changed":
                self._on_link(params["link"])
            elif name == "room.changed":
                self._on_room(params["room"])
            elif name == "profile.resync":
                return
            elif name == "profile.notice":
                self.note(f"notice: {params.get('text')}")

    def _on_line(self, line):
        name = read_body(line["body"])
        if name:
            reason = f" ({line['reason']})" if line.get("reason") else ""
            self.note(f"{line['state']}{reason} line {line['id']} place {line['place']}",
                      name[1], name[0])

    def _on_room(self, room):
        state = f"{room['state']} {room.get('reason') or ''}".rstrip()
        if state != self._room_state:
            self.note(f"room {state}")
        self._room_state = state

    def _on_link(self, link):
        state = link["state"]
        if state != self._link:
            self.note(f"link {state} {link.get('reason') or ''}")
        self._link = state
        self._is_slow = state == "waiting" and link.get("retry_in", 0) > 1

    def _show(self):
        """tern in a terminal, whatever happens to it; it shows the room every other time."""
        for shown in itertools.cycle([self.other, self.room]):
            if self._stop.is_set():
                return
            with self.house.tern() as screen:
                self._screen_pid = screen.pid
                try:
                    screen.wait("help", 20)
                    screen.line(f"/go {shown}")
                    while not self._stop.is_set() and screen.process.poll() is None:
                        screen.settle(0.5, 0.5)
                except (TimedOut, OSError):
                    self.note("tern in its terminal did not come up or went")
                self._screen_pid = None
                if screen.process.poll() not in (None, -9):
                    self._crashes.append(f"tern ended by itself:\n{screen.picture()}")
            self.house._terminals.clear()
            self._stop.wait(AGAIN)
