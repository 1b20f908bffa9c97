"""Large rooms in tern: the join of rooms with 1,000 and with 2,000 occupants (CPU time over
tern, router and session process, memory, bytes to the terminal), and 10,000 messages into a
room that is on the screen and into one that is not: until all are stored, CPU time, bytes,
and from a key to its echo meanwhile.

The rooms are a scripted server's, which says what Prosody's would with an archive, stable
ids and occupant-ids: no 2,000 connections are needed, and no server's work is measured.
"""

import os
import re
import select
import sqlite3
import sys
import threading
import time

from certificates import Authority
from deadline import Deadline
from figures import cpu_ns, names, show, show_times
from house import House, memory_of
from sm_server import DISCO, SM, SmServer

SERVICE = "rooms.localhost"
MUC = "http://jabber.org/protocol/muc"
USER = "http://jabber.org/protocol/muc#user"
MAM = "urn:xmpp:mam:2"
SID = "urn:xmpp:sid:0"
OCCUPANT_ID = "urn:xmpp:occupant-id:0"
FEATURES = (MUC, MAM, SID, OCCUPANT_ID, "muc_persistent", "muc_open", "muc_unmoderated",
            "muc_semianonymous", "muc_unsecured", "muc_public")
JOINS = ((1000, 0.05, 1), (2000, 0.1, 2))
MESSAGES = int(os.environ.get("TERN_BENCH_ROOM_MESSAGES", "10000"))
SPEAKERS = 50
TYPED = 3  # floods in which keys are typed, so that there are some
PAUSE = 0.02
SETTLED = 1.5  # seconds without output after which a join is over
# The router's next ping has come by then, with which the session process gives memory back.
REST = int(os.environ.get("TERN_BENCH_REST", "22"))
# A server asks for an answer every so often; the last one proves that all is stored.
ASK_EVERY = 250


def nicks(count):
    """COUNT nicks without the letter that is typed."""
    people = [name for name in names(2000) if "x" not in name.lower()]
    return [f"{people[i % len(people)].replace('.', ' ')}{i // len(people) or ''}"
            for i in range(count)]


def occupant(room, nick, more=""):
    number = abs(hash((room, nick))) % (1 << 60)
    return (f"<presence from='{room}/{nick}' to='alice@localhost/tern'>"
            "<show>away</show><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "
            "node='https://client.example/' ver='q07IKJEyjvHSyhy//CH0CkmKi8w='/>"
            f"<occupant-id xmlns='{OCCUPANT_ID}' id='{number:040}'/>"
            f"<x xmlns='{USER}'><item affiliation='none' role='participant'/>{more}</x>"
            "</presence>")


class RoomServer(SmServer):
    """Every room of SERVICE has as many occupants as its name says: hall2000."""

    def take(self, session, text):
        joined = re.match(r"<presence[^>]* to=\"([^/\"]+)/([^\"]+)\"", text)
        super().take(session, text)
        if joined and MUC in text:
            room, nick = joined.groups()
            count = int(re.search(r"\d+", room)[0])
            session.send("".join(occupant(room, one) for one in nicks(count - 1)) +
                         occupant(room, nick, "<status code='110'/>") +
                         f"<message type='groupchat' from='{room}' "
                         "to='alice@localhost/tern'><subject>Large</subject></message>")

    def answer_request(self, session, text):
        to = (re.search(r" to=\"([^\"]*)", text) or ["", ""])[1]
        ident = re.search(r"\bid=\"([^\"]*)", text)[1]
        payload = None
        if to.endswith(f"@{SERVICE}") and "disco#info" in text:
            features = "".join(f"<feature var='{one}'/>" for one in FEATURES)
            payload = (f"<query xmlns='{DISCO}'><identity category='conference' "
                       f"type='text' name='A hall'/>{features}</query>")
        elif to.endswith(f"@{SERVICE}") and MAM in text:
            payload = (f"<fin xmlns='{MAM}' complete='true'>"
                       "<set xmlns='http://jabber.org/protocol/rsm'/></fin>")
        if payload is None:
            super().answer_request(session, text)
        else:
            session.send(f"<iq type='result' id='{ident}' from='{to}' "
                         f"to='alice@localhost/tern'>{payload}</iq>")


def flood_of(room, name):
    """MESSAGES from SPEAKERS as the server would send them: a list of texts."""
    people = nicks(SPEAKERS)
    texts = []
    for i in range(MESSAGES):
        texts.append(
            f"<message type='groupchat' id='{name}-{i}' to='alice@localhost/tern' "
            f"from='{room}/{people[i % SPEAKERS]}'>"
            f"<body>{name} {i} of a flood, as long as most lines are</body>"
            f"<origin-id xmlns='{SID}' id='{name}-{i}'/>"
            f"<stanza-id xmlns='{SID}' by='{room}' id='{name}-stable-{i}'/>"
            f"<occupant-id xmlns='{OCCUPANT_ID}' id='{i % SPEAKERS:040}'/></message>")
        if i % ASK_EVERY == 0 and i:
            texts.append(f"<r xmlns='{SM}'/>")
    return texts


class Hall:
    """A house with a profile at a RoomServer, and a tern in it."""

    def __init__(self, house, server):
        self.house, self.server = house, server
        house.create_profile(server, "alice", "secret")
        self.session = server.session()
        self.session.wait("<presence")
        server.fence(self.session)
        self.screen = house.tern(columns=200, lines=50)
        self.screen.wait("bob@localhost", 20)
        self.screen.focus(True)
        self.screen.settle(0.5)
        [session] = house.session_pids()
        self.pids = {"router": house.daemon_pid(), "session": session,
                     "tern": self.screen.pid}

    def cpu(self):
        return {name: cpu_ns(pid) for name, pid in self.pids.items()}

    def memory(self):
        """Private memory of each in KiB."""
        return {name: memory_of(pid)["Private_Dirty"] for name, pid in self.pids.items()}

    def rest(self):
        time.sleep(REST)
        self.screen.settle(SETTLED, 20)

    def handled(self, least=0, seconds=60):
        """How many stanzas the client says to have handled (that is: stored), once these are
        LEAST of them."""
        deadline, count = Deadline(seconds), -1
        while count < least and not deadline.is_over():
            while not self.session.received.empty():
                self.session.received.get()
            self.session.send(f"<r xmlns='{SM}'/>")
            count = int(re.search(r"h='(\d+)'", self.session.wait("<a ", seconds))[1])
        return count

    def stored(self, name):
        path = os.path.join(self.house.data, "tern", "profiles", "home", "store.db")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            [[count]] = database.execute(
                "SELECT count(*) FROM messages WHERE body GLOB ?", (f"{name} *",))
        return count

    def show_cpu(self, what, before, goal=None):
        spent = {name: (now - before[name]) / 1e9 for name, now in self.cpu().items()}
        show(f"{what}: CPU of tern, router, session", sum(spent.values()), "s", goal, 3)
        for name, cost in spent.items():
            show(f"  of which {name}", cost, "s", digits=3)


class Reader:
    """Reads the terminal in the stead of its emulator, whose work would be measured too:
    `bytes`, when they came (`reads`) and the `times` of the keys typed."""

    def __init__(self, screen):
        self.screen = screen
        self.bytes = self.keys = 0
        self.reads = []
        self.times = []

    def read(self, seconds):
        """What is there within SECONDS; empty for nothing."""
        if not select.select([self.screen.master], [], [], seconds)[0]:
            return b""
        data = os.read(self.screen.master, 65536)
        self.bytes += len(data)
        self.reads.append(time.monotonic())
        return data

    def most_in_a_second(self):
        """How many reads there were in that second that had the most."""
        return max((sum(begin <= one < begin + 1 for one in self.reads)
                    for begin in self.reads), default=0)

    def drain_until(self, is_over):
        while not is_over():
            self.read(0.02)

    def type_until(self, is_over):
        """No message, name or notice has an x in it."""
        while not is_over():
            while self.read(0):
                pass
            begin = time.perf_counter()
            os.write(self.screen.master, b"x")
            deadline = Deadline(5)
            while b"x" not in self.read(deadline.left()):
                if deadline.is_over():
                    raise AssertionError("a key was not echoed")
            self.times.append(time.perf_counter() - begin)
            self.keys += 1
            end = time.perf_counter() + PAUSE
            while (left := end - time.perf_counter()) > 0:
                self.read(left)
            if self.keys % 60 == 0:
                os.write(self.screen.master, b"\x15")
                # Else the next x may be drawn together with that, and stay where one was.
                while self.read(0.1) and not is_over():
                    pass


def measure_join(hall, count, cpu_goal, memory_goal):
    room = f"hall{count}@{SERVICE}"
    hall.rest()
    memory, cpu, written = hall.memory(), hall.cpu(), hall.screen.bytes
    stanzas = hall.handled() + count
    hall.screen.line(f"/join {room} Alice")
    hall.session.wait(f"<presence[^>]*{room}")
    begin = time.monotonic()
    hall.handled(stanzas)
    seconds = time.monotonic() - begin
    hall.screen.settle(SETTLED, 20)
    what = f"join of a room with {count:,} occupants"
    show(f"{what}, until stored", seconds, "s", digits=3)
    hall.show_cpu(what, cpu, cpu_goal)
    written = hall.screen.bytes - written
    hall.rest()
    grown = {name: (now - memory[name]) / 1024 for name, now in hall.memory().items()}
    show(f"{what}: private memory more", sum(grown.values()), "MB", memory_goal)
    for name, size in grown.items():
        show(f"  of which {name}", size, "MB")
    show(f"{what}: to the terminal", written, "B")
    return room


def flood(hall, room, name, is_typing):
    """Sends the flood while the terminal is read; (seconds until stored, Reader)."""
    texts = flood_of(room, name)
    parts = ["".join(texts[i:i + 100]) for i in range(0, len(texts), 100)]
    took = []
    wanted = hall.handled() + MESSAGES

    def send():
        begin = time.monotonic()
        for part in parts:
            hall.session.send(part)
        hall.handled(wanted)
        took.append(time.monotonic() - begin)
    reader = Reader(hall.screen)
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    (reader.type_until if is_typing else reader.drain_until)(lambda: not sender.is_alive())
    while reader.read(0.5):
        pass
    handled, stored = hall.handled(), hall.stored(name)
    if handled < wanted or stored != MESSAGES:
        sys.exit(f"{stored} of {MESSAGES} are stored, {handled} of {wanted} handled")
    return took[0], reader


def measure_flood(hall, room, is_shown):
    where = "an open room" if is_shown else "a room not shown"
    what = f"{MESSAGES:,} messages into {where}"
    name = "open" if is_shown else "hidden"
    memory = hall.memory()
    cpu = hall.cpu()
    seconds, reader = flood(hall, room, name, False)
    show(f"{what}, until stored", seconds, "s", 1.5 if is_shown else None)
    hall.show_cpu(what, cpu, 1.2 if is_shown else None)
    show(f"{what}: to the terminal", reader.bytes, "B", 100_000 if is_shown else None)
    show("  in writes, at most", reader.most_in_a_second(), "/s", None if is_shown else 4)
    times = []
    for i in range(TYPED):
        times += flood(hall, room, f"{name} {i} typed", True)[1].times
    show_times(f"key to echo during {what} ({len(times)} keys)", times, goal99=30)
    for one, size in hall.memory().items():
        show(f"  private memory more in {one}", (size - memory[one]) / 1024, "MB")
    if is_shown:
        # The emulator saw none of it: the page anew.
        hall.screen.keys("\x0c")
        hall.screen.wait(f"{name} {TYPED - 1} typed {MESSAGES - 1} of a flood")


def main():
    with House() as house, RoomServer(Authority(house.folder)) as server:
        hall = Hall(house, server)
        for count, cpu_goal, memory_goal in JOINS:
            room = measure_join(hall, count, cpu_goal, memory_goal)
        hall.screen.keys("\x15")
        measure_flood(hall, room, True)
        hall.screen.keys("\x15")
        hall.screen.line("/msg bob@localhost")
        hall.screen.settle(SETTLED, 20)
        measure_flood(hall, room, False)


if __name__ == "__main__":
    main()
