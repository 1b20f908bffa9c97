"""Which faults come, in which order and how far apart: all of it from one seed.

Each link and the killer have a plan of their own, an endless row that depends on the seed
and on nothing else; only the moments differ between two runs. Kinds come in blocks, so their
shares hold in short runs too: one cut in five is silent, and no beginning of a plan has more
than one in four. chaos.py runs the plans.
"""

import asyncio
import itertools
import random

from proxy import DOWN, UP, Fault, random_bytes

LOUD = ("cut", "reset", "half")
KILLS = ("session", "router", "screen", "server")
KILL_BLOCK = ["session"] * 5 + ["router"] * 2 + ["screen"] * 2 + ["server"] * 2 + \
    ["freeze", "leave", "restart"]


def link_plan(seed, name):
    """Endless (pause in seconds, Fault) for the link NAME."""
    chance = random.Random(f"{seed}/{name}")
    while True:
        for kind in _block(chance):
            pause = chance.uniform(0.1, 1.0) if chance.random() < 0.3 else \
                chance.uniform(1.5, 5.0)
            yield pause, _fault(chance, kind)


def _block(chance):
    """Four cuts that are told and one that is silent, with a stall or two among them."""
    cuts = [*LOUD, chance.choice(LOUD)]
    chance.shuffle(cuts)
    cuts.insert(chance.choice([3, 4]), chance.choice(["silent", "deaf"]))
    for kind in ["stall"] * chance.choice([1, 2]) + ["refuse"] * chance.choice([0, 1]):
        cuts.insert(chance.randrange(len(cuts) + 1), kind)
    return cuts


def _fault(chance, kind):
    direction = chance.choice([UP, DOWN])
    if kind == "stall":
        direction = chance.choice([UP, DOWN, "both"])
    if kind in ("silent", "cut", "reset") and chance.random() < 0.2:
        direction = "both"
    seconds = {"stall": chance.uniform(0.2, 3.0), "half": chance.uniform(0.05, 1.5),
               "refuse": chance.choice([0.5, 1.0, 1.5, 5.0])}.get(kind, 0.0)
    return Fault(kind, direction, random_bytes(chance), seconds)


def kill_plan(seed, whom):
    """Endless (pause in seconds, what is done to whom), of those in WHOM: KILLS are those
    who are killed with -9; the session process may also be frozen for a while, the profile
    be disconnected and connected, the daemon be restarted."""
    chance = random.Random(f"{seed}/kills")
    pause = 0.0
    while True:
        block = KILL_BLOCK[:]
        chance.shuffle(block)
        for who in block:
            pause += chance.uniform(1.5, 6.5)
            if who in whom:
                yield pause, who
                pause = 0.0


def text_plan(seed, direction):
    """Endless (pause, filler of the body) for the messages of DIRECTION: mostly one by one,
    at times in bursts, a few of them long."""
    chance = random.Random(f"{seed}/texts/{direction}")
    for number in itertools.count(1):
        length = chance.choice([0, 8, 40, 200]) if number % 50 else 6000
        pause = 0.0 if chance.random() < 0.4 else chance.uniform(0.05, 0.5)
        yield pause, "x" * length


class Faults:
    """Runs the plans of SEED on PROXIES and with ACTS ({who: coroutine function that says
    whether it did it}) until it is stopped. `done` counts what was done."""

    def __init__(self, seed, proxies, acts, ledger):
        self.done = {}
        self._ledger = ledger
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._tasks = [asyncio.ensure_future(self._strike(proxy, link_plan(seed, proxy.name)))
                       for proxy in proxies]
        self._tasks.append(asyncio.ensure_future(self._act(acts, kill_plan(seed, acts))))

    @property
    def kills(self):
        return sum(self.done.get(who, 0) for who in KILLS)

    def check(self):
        """Raises what a plan met that must not happen."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    async def stop(self):
        """No more faults after this; a kill that began is finished, with its restart."""
        for task in self._tasks[:-1]:
            task.cancel()
        await self._at_rest.wait()
        self._tasks[-1].cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.check()

    async def _strike(self, proxy, plan):
        for pause, fault in plan:
            await asyncio.sleep(pause)
            if fault.kind != "refuse":
                await proxy.wait_up()
            await proxy.strike(fault)

    async def _act(self, acts, plan):
        for pause, who in plan:
            await asyncio.sleep(pause)
            self._at_rest.clear()
            try:
                self._ledger.note("killer", f"kill -9 {who}" if who in KILLS else who)
                if await acts[who]():
                    self.done[who] = self.done.get(who, 0) + 1
                    self._ledger.note("killer", f"{who}: done")
            finally:
                self._at_rest.set()
