#!/usr/bin/python3
"""Two clients talk over a server, and in a room with a third, while links are cut and
processes are killed; at the end every message must have arrived exactly once, in order, the
room's where it was said in the room, and no line may claim what is not so.

    chaos.py --minutes 60 --seed 7       tern and slixmpp, for so long (make chaos)
    chaos.py --short --seed 1            until enough happened (make check)
    chaos.py --self --minutes 2          slixmpp on both sides: is the test honest itself?

Ends with 0 when all is well; otherwise prints the seed and the trace of each message that
was wronged. TERN_BUILD names the build tree. Plans come from faults.py, the verdict from
judge.py and judge_room.py; this file puts the parts together and lets time pass.
"""

import argparse
import asyncio
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../support")]

from deadline import SLOW  # noqa: E402
from faults import Faults, text_plan  # noqa: E402
from judge import Case, judge, server_stores, server_times, table, traces  # noqa: E402
from judge_room import Occupant, judge_said, judge_shown, room_archive  # noqa: E402
from ledger import Ledger, read_body  # noqa: E402
from prosody import Prosody  # noqa: E402
from proxy import Proxy  # noqa: E402
from slixmpp_side import SlixmppSide  # noqa: E402
from tern_side import TernSide  # noqa: E402

# What the short form must have seen; lines are those of the room.
SHORT = {"messages": 1000, "lines": 150, "cuts": 40, "kills": 15}
SHORT_MOST = 150  # seconds after which it stops even so, and fails
SETTLE = 60  # seconds that both sides have to settle, on a fast build
ROOM = "chaos"
# In the room three talk who all hear each other, and one to one is said as much as ever.
SLOWER = {"e": 4, "T": 4, "P": 4, "E": 4}
SETTLED = ("acked", "delivered", "displayed", "failed")
OPTIONS = """
default_storage = "sql"
storage = { accounts = "internal"; roster = "internal" }
sql = { driver = "SQLite3", database = "prosody.sqlite" }
smacks_hibernation_time = {hibernation}
muc_room_locking = false
muc_room_default_persistent = true
"""


class Run:
    """One run from an empty house to its verdict."""

    def __init__(self, seed, has_tern, has_other):
        self.seed = seed
        self.ledger = Ledger()
        # In one run of three some sessions are too old when their client is back.
        self.server = Prosody(options=OPTIONS.replace("{hibernation}", str(
            3 if seed % 3 == 0 else 300)), archive="sql", modules=("csi_simple",))
        self.room = f"{ROOM}@{self.server.rooms}"
        self.has_tern = has_tern
        self.has_other = has_other  # a second client on tern's account, for carbons
        self.sides = []
        self.proxies = []
        self.faults = None
        self._writers = []

    async def start(self):
        loop = asyncio.get_running_loop()
        for user in ("alice", "bob"):
            self.server.add_user(user, f"{user}'s secret")
        self.server.befriend("alice", "bob")
        await loop.run_in_executor(None, self.server.start)
        for name in ("link-t", "link-p", "link-e")[:3 if self.has_other else 2]:
            self.proxies.append(await Proxy(name, self.server.port, self.ledger).start())
        if self.has_tern:
            side = TernSide("t", self.server, "alice", "alice's secret", self.proxies[0].port,
                            self.server.jid("bob"), self.room, self.ledger, self.seed)
            self.sides.append(side)
            await loop.run_in_executor(None, side.start)
        else:
            self.sides.append(self._slixmpp("left", "t", "alice", "bob", 0))
        self.sides.append(self._slixmpp("peer", "p", "bob", "alice", 1))
        if self.has_other:
            self.sides.append(self._slixmpp("other", "e", "alice", "bob", 2))
        await self._until(lambda: all(side.is_live for side in self.sides), SETTLE,
                          "both sides come online")

    def _slixmpp(self, name, direction, user, other, link):
        return SlixmppSide(name, direction, self.server.jid(user), f"{user}'s secret",
                           self.proxies[link].port, self.server.ca_file, self.server.jid(other),
                           self.room, self.ledger, self.seed).start()

    async def rage(self, is_enough):
        """Messages and faults until IS_ENOUGH(self)."""
        loop = asyncio.get_running_loop()
        acts = {"server": self._kill_server}
        if self.has_tern:
            for who, act in self.sides[0].acts().items():
                acts[who] = lambda act=act: loop.run_in_executor(None, act)
        self._writers = [asyncio.ensure_future(self._write(say, letter)) for side in self.sides
                         for say, letter in ((side.send, side.direction),
                                             (side.say, side.direction.upper()))]
        self.faults = Faults(self.seed, self.proxies, acts, self.ledger)
        minute = time.monotonic() + 60
        try:
            while not is_enough(self):
                await asyncio.sleep(0.2)
                self.check()
                if time.monotonic() >= minute:
                    minute += 60
                    print(self.line(), flush=True)
        finally:
            for writer in self._writers:
                writer.cancel()
            await self.faults.stop()
            self.ledger.note("chaos", "no more faults")

    async def settle(self):
        """Waits until nothing moves any more; the verdict tells if that never came."""
        try:
            await self._until(self._is_settled, SETTLE, "both sides settle")
        except TimeoutError as problem:
            print(f"{problem}; judged as it is")

    async def judge(self):
        """The verdicts on what each viewer shows."""
        loop = asyncio.get_running_loop()
        stores = await loop.run_in_executor(None, server_stores, self.server.folder)
        alice, bob = stores.get("alice", []), stores.get("bob", [])
        taken = server_times(self.server.folder, self.ledger)
        left, peer, *others = self.sides
        shown, states = await loop.run_in_executor(None, self._shown)
        cases = [Case("t", peer.name, left.sent, peer.arrived.get("t", []), states, alice, bob,
                      taken),
                 Case("p", left.name, peer.sent, shown.get("p", []), peer.states(), bob, alice,
                      taken)]
        for side in others:
            cases.append(Case("e", peer.name, side.sent, peer.arrived.get("e", []),
                              side.states(), alice, bob, taken))
            cases.append(Case("e", left.name, side.sent, shown.get("e", []), None, alice,
                              alice, taken))
        return [judge(case, self.ledger) for case in cases]

    async def judge_room(self):
        """The verdicts on what the room has of each occupant, and each of the room."""
        loop = asyncio.get_running_loop()
        archive = room_archive(self.server.folder, ROOM, self.ledger.began)
        occupants = await loop.run_in_executor(None, self._occupants)
        return [judge_it(who, archive, self.ledger) for judge_it in (judge_said, judge_shown)
                for who in occupants]

    def crashes(self):
        return self.sides[0].crashes() if self.has_tern else []

    async def close(self):
        loop = asyncio.get_running_loop()
        for side in self.sides:
            if self.has_tern and side is self.sides[0]:
                await loop.run_in_executor(None, side.close)
            else:
                await side.close()
        for proxy in self.proxies:
            await proxy.close()
        await loop.run_in_executor(None, self.server.remove)

    def check(self):
        for part in (*self.sides, self.faults):
            part.check()

    @property
    def messages(self):
        return sum(len(side.sent) for side in self.sides)

    @property
    def lines(self):
        """How many were said in the room."""
        return sum(len(side.said) for side in self.sides)

    @property
    def cuts(self):
        return sum(proxy.cuts for proxy in self.proxies)

    @property
    def kills(self):
        return self.faults.kills

    def line(self):
        """How far it is, in one line."""
        silent = sum(proxy.silent_cuts for proxy in self.proxies)
        kills = ", ".join(f"{who} {n}" for who, n in sorted(self.faults.done.items()))
        logins = ", ".join(f"{side.name} {side.logins}" for side in self.sides)
        return (f"{self.ledger.now():6.0f} s: {self.messages} sent, {self.lines} said in the "
                f"room, {self.cuts} cuts "
                f"({silent} silent), {self.kills} kills ({kills}); logins {logins}; "
                f"{sum(map(len, self.sides[1].arrived.values()))} at the peer, "
                f"{len(self.sides[1].unsettled)} of its own unsettled")

    async def _kill_server(self):
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.server.kill)
        await loop.run_in_executor(None, self.server.start)
        return True

    async def _write(self, say, letter):
        for number, (pause, filler) in enumerate(text_plan(self.seed, letter), 1):
            say(number, filler)
            await asyncio.sleep(pause * SLOWER.get(letter, 1))

    def _shown(self):
        """What the first side shows of what others wrote, {direction: numbers}, and what it
        claims of its own."""
        left = self.sides[0]
        if not self.has_tern:
            return left.arrived, left.states()
        shown, states = {}, {}
        for row in left.history(left.other):
            name = read_body(row["body"])
            if name:
                shown.setdefault(name[0], []).append(name[1])
                states[name] = row["state"]
        own = shown.get("t", [])
        states = {number: state for (way, number), state in states.items() if way == "t"}
        for before, number in zip(own, own[1:]):
            if number <= before:
                states[number] = f"shown behind {before}"
        return shown, states

    def _occupants(self):
        """What each side said in the room, shows of it and claims of its own lines."""
        occupants = []
        for side in self.sides:
            letter = side.direction.upper()
            if isinstance(side, TernSide):
                rows = [(read_body(row["body"]), row["state"]) for row in
                        side.history(self.room)]
                shown = [name for name, _ in rows if name]
                states = {name[1]: state for name, state in rows if name and
                          name[0] == letter}
            else:
                shown, states = side.room.shown, side.room.states()
            occupants.append(Occupant(side.name, letter, side.said, shown, states))
        return occupants

    def _is_room_settled(self):
        archive = set(room_archive(self.server.folder, ROOM).messages)
        return all(archive <= set(who.shown) and
                   all(who.states.get(number) in SETTLED for number in who.said)
                   for who in self._occupants())

    def _is_settled(self):
        """Whether all that the server has reached everyone, and every line is proven."""
        left, *others = self.sides
        if not left.is_live or not all(side.is_settled for side in others):
            return False
        if self.has_tern and left.waits_for_answers or not self.has_tern and left.unsettled:
            return False
        stores = server_stores(self.server.folder)
        shown, states = self._shown()
        return (self._has_all(stores.get("bob", []), others[0].arrived, "te") and
                self._has_all(stores.get("alice", []), shown, "pe") and
                all(states.get(number) in SETTLED for number in left.sent) and
                self._is_room_settled())

    @staticmethod
    def _has_all(store, shown, directions):
        there = {(way, number) for way in directions for number in shown.get(way, ())}
        return all(name in there for name in store if name[0] in directions)

    async def _until(self, condition, seconds, what):
        loop = asyncio.get_running_loop()
        end = time.monotonic() + seconds * SLOW
        pause = 0.2
        while not await loop.run_in_executor(None, condition):
            if time.monotonic() > end:
                raise TimeoutError(f"{seconds * SLOW:.0f} s were not enough until {what}")
            for side in self.sides:
                side.check()
            await asyncio.sleep(pause)
            pause = min(2 * pause, 2)


def enough(arguments):
    """When a run with these ARGUMENTS has seen enough."""
    begin = time.monotonic()
    if arguments.short:
        return lambda run: time.monotonic() - begin > SHORT_MOST or all(
            getattr(run, name) >= number for name, number in SHORT.items())
    return lambda run: time.monotonic() - begin >= arguments.minutes * 60


async def live(arguments):
    """The run; whether it was good."""
    run = Run(arguments.seed, not arguments.self, not (arguments.self or arguments.alone))
    begin = time.monotonic()
    good = False
    try:
        await run.start()
        await run.rage(enough(arguments))
        print(run.line(), flush=True)
        await run.settle()
        verdicts, of_room = await run.judge(), await run.judge_room()
        crashes = run.crashes()
        good = not crashes and all(verdict.is_good for verdict in verdicts + of_room)
        if arguments.short and any(getattr(run, name) < n for name, n in SHORT.items()):
            print(f"too little happened in {SHORT_MOST} s")
            good = False
    finally:
        if arguments.keep or not good:
            print(f"seed {arguments.seed}: {keep(run)} has the ledger and all files",
                  flush=True)
        await run.close()
    print("\n".join([*table(verdicts), "", *table(of_room)]))
    for verdict in verdicts + of_room:
        print("".join(traces(verdict, run.ledger)), end="")
    print("".join(f"crashed: {crash}\n" for crash in crashes), end="")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{'good' if good else 'BAD'}: seed {arguments.seed}, "
          f"{time.monotonic() - begin:.0f} s, "
          f"{usage.ru_utime + usage.ru_stime:.0f} s CPU of the test itself")
    return good


def keep(run):
    """Copies the ledger, tern's home and the server's files to where they outlive the run;
    the folder."""
    folder = tempfile.mkdtemp(prefix="chaos-", dir="/tmp")
    run.ledger.write(os.path.join(folder, "ledger"))
    homes = [("server", run.server.folder)]
    if run.has_tern and run.sides:
        homes.append(("home", run.sides[0].house.home))
    for name, path in homes:
        subprocess.run(["cp", "-r", path, os.path.join(folder, name)], check=False)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--self", action="store_true")
    parser.add_argument("--keep", action="store_true", help="all files, also of a good run")
    parser.add_argument("--alone", action="store_true",
                        help="no second client on tern's account")
    arguments = parser.parse_args()
    # Both complain of each link that ends in the middle of something.
    for name in ("slixmpp", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    print(f"seed {arguments.seed}", flush=True)
    return 0 if asyncio.run(live(arguments)) else 1


if __name__ == "__main__":
    sys.exit(main())
