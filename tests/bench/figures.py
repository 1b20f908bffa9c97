"""What the benches in Python share: a house with a server and a large roster, exact CPU
times, and the one way in which a figure is printed: `name value unit (goal …)`. A figure
that misses its goal is marked, and does not fail the bench: machines differ.
"""

import os
import statistics
import subprocess
import sys
import time

from bridge_client import BridgeClient
from deadline import Deadline
from house import House
from prosody import Prosody

HERE = os.path.dirname(os.path.abspath(__file__))
SECRET = "a secret"
CONTACTS = 1000
FIRST = ("Ada Bert Carla Dieter Emma Felix Greta Hans Ines Jakob Klara Linus Marie Nils Olga "
         "Paul Rosa Simon Tilda Uwe Vera Wilma Xaver Yvonne Zoe Amir Bilal Chiara Dana Elif "
         "Farid Gianni Hana Igor Jana")
LAST = ("Schmidt Fischer Weber Wagner Becker Hoffmann Koch Richter Klein Wolf Neumann Schwarz "
        "Braun Hartmann Lange Krause Lehmann Maier Huber Kaiser Fuchs Vogel Jung Keller Roth "
        "Frank Winkler Baumann Seidel Lorenz")
# Prosody's files would be most of what is measured on a slow disk.
QUIET_SERVER = {"archive": "memory", "modules": ("csi_simple",)}


def show(name, value, unit, goal=None, digits=2):
    """Prints one figure; GOAL is the most that it should be."""
    text = f"{value:.{digits}f}" if isinstance(value, float) else str(value)
    wish = "" if goal is None else f"(goal <= {goal})"
    missed = " MISSED" if goal is not None and value > goal else ""
    print(f"{name:<58} {text:>10} {unit:<6} {wish}{missed}".rstrip(), flush=True)


def show_times(name, seconds, goal50=None, goal99=None, unit="ms", digits=2):
    """Prints the median and the 99th percentile of SECONDS (a list)."""
    scale = {"ms": 1e3, "us": 1e6}[unit]
    ordered = sorted(seconds)
    show(f"{name}, p50", statistics.median(ordered) * scale, unit, goal50, digits)
    show(f"{name}, p99", ordered[len(ordered) * 99 // 100] * scale, unit, goal99, digits)


def names(count):
    """COUNT names of people, all different, as "First.Last"."""
    first, last = FIRST.split(), LAST.split()
    every = [f"{one}.{two}" for two in last for one in first]
    return every[:count]


def cpu_ns(pid):
    """CPU time of all threads of PID so far, to the nanosecond."""
    return time.clock_gettime_ns((~pid << 3) | 2)


class Town(House):
    """A house with a server of its own where alice has CONTACTS, bob among them, and
    `create` makes her profile and waits until it is online."""

    def __init__(self, contacts=CONTACTS, server=None, **env):
        super().__init__(**env)
        self.server = Prosody(**(server or QUIET_SERVER))
        self.alice = self.server.jid("alice")
        self.bob = self.server.jid("bob")
        rows = {name.lower(): ("both", name.replace(".", " "), [f"Group {i % 10}"])
                for i, name in enumerate(names(contacts - 1))}
        self.server.add_user("alice", SECRET, {"bob": ("both", "bob", []), **rows})
        self.server.add_user("bob", SECRET, {"alice": "both"})
        self.server.start()

    def remove(self):
        super().remove()
        self.server.remove()

    def create(self, name="home", user="alice"):
        self.create_profile(self.server, user, SECRET, name)
        with self.bridge() as bridge:
            self.wait_online(bridge, name)

    @staticmethod
    def wait_online(bridge, name="home", seconds=30):
        """Attaches BRIDGE and waits until profile NAME is online."""
        state = bridge.call("profile.attach", profile=name)["link"]["state"]
        if state != "online":
            bridge.wait_event("link.changed", seconds,
                              lambda e: e["profile"] == name and e["link"]["state"] == "online")

    def pids(self, screen=None):
        """{program: pid} of the one router, session process and tern that run."""
        [session] = self.session_pids()
        found = {"router": self.daemon_pid(), "session": session}
        return {**found, "tern": screen.pid} if screen else found


class Bob:
    """The other side in a process of its own (bob.py), so that no library of Python's counts
    in anybody's memory and its work is not on our thread."""

    def __init__(self, town):
        self._process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "bob.py"), str(town.server.port),
             town.server.host, town.server.ca_file, SECRET, town.alice],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._answer("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(Deadline(15).left())
        self._process.stdout.close()

    def say(self, *bodies):
        """Sends BODIES to alice in one go."""
        for body in bodies:
            self._process.stdin.write(f"{body}\n")
        self._process.stdin.flush()

    def _answer(self, wanted):
        line = self._process.stdout.readline().strip()
        if line != wanted:
            raise AssertionError(f"bob said {line!r}")


def open_chat(town, *arguments, columns, lines, **env):
    """tern with the conversation with bob on the screen, in a terminal that has the focus."""
    screen = town.tern(*arguments, columns=columns, lines=lines, **env)
    screen.wait("Ada Schmidt", 20)
    screen.line("/msg bob")
    screen.focus(True)
    return screen.settle(0.5)


def raw_client(town):
    """A connection that said hello, for packed frames."""
    client = BridgeClient(town.daemon_file()["socket"])
    client.hello("bench")
    return client
