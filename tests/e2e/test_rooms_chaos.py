"""Three talk in a room while the link of one is cut and its processes are killed: everybody
has every line exactly once, and in the order in which the room said them."""

import random
import re
import signal
import threading
import types

import pytest

from cable import Cable
from deadline import SLOW, Deadline
from ejabberd import Ejabberd
from house import House
from place import Place
from prosody import Prosody

LINES = 36  # of each of the three


class Chaos(Place):
    """A Place behind a cable; what it writes is written again until that was taken."""

    def __init__(self, house, server, cable):
        behind = types.SimpleNamespace(jid=server.jid, port=cable.port, ca_file=server.ca_file,
                                       rooms=server.rooms)
        super().__init__(house, behind)
        self.server = server
        self.cable = cable
        self.links = 0
        self.call("settings.set", name="dead_link", value="2")

    def write(self, body):
        """One call with one token until it was answered, however often that takes."""
        token = f"token={random.randbytes(16).hex()}"
        deadline = Deadline(60)
        while self.house.run("ternctl", "call", "message.send", f"jid={self.room}",
                             f"body={body}", token, code=None).returncode != 0:
            assert not deadline.is_over()

    def hit(self, fault):
        """Does one thing to the link or to a process of ours."""
        self.wait(self.is_in)
        self.links = self.cable.count
        if fault == "cut":
            self.cable.reset()
        elif fault == "silence":
            self.cable.go_silent()
        elif fault == "session":
            for pid in self.house.session_pids():
                self.house.kill(pid)
        elif fault == "router":
            self.house.stop_daemon(signal.SIGKILL)

    def is_in(self):
        """A login or a join that falls silent takes its own time to be given up."""
        done = self.house.run("ternctl", "--json", "room", "list", code=None)
        return '"in"' in done.stdout

    def come_back(self):
        """Waits until the link is up again; nobody wants to wait for the next try."""
        def is_back():
            self.house.run("ternctl", "connect", code=None)
            return self.cable.count > self.links
        self.wait(is_back)

    def bodies(self):
        done = self.house.run("ternctl", "--json", "call", "message.page", f"jid={self.room}",
                              "limit=500", code=None)
        return re.findall(r'"body":\s*"([abc]\d+)"', done.stdout)

    def states(self):
        return {row["state"] for row in
                self.call("message.page", jid=self.room, limit=500)["lines"]}


def forgetful():
    """A server that keeps no session: each time the room is joined anew, its archive asked."""
    return Prosody(without=("smacks",))


@pytest.fixture(name="server", scope="module", params=[Prosody, forgetful, Ejabberd],
                ids=["prosody", "forgetful", "ejabberd"])
def make_server(request):
    with request.param() as one:
        for name in ("alice", "bob", "carol"):
            one.add_user(name, "secret")
        yield one


def heard_by(peer, room):
    """The lines of ROOM in the order in which PEER had them."""
    with peer._news:
        return [m["body"] for m in peer.messages if m["type"] == "groupchat"
                and m["from"].bare == room and re.fullmatch(r"[abc]\d+", m["body"] or "")]


def test_everybody_has_each_line_once_and_in_the_rooms_order(server):
    chance = random.Random(1)
    with Cable(server.port) as cable, House() as house:
        place = Chaos(house, server, cable)
        with place.peer("bob") as bob, place.peer("carol") as carol:
            place.enter(bob, "Bob")
            place.configure(bob, membersonly="0", persistentroom="1")
            place.enter(carol, "Carol")
            place.join("Alice")
            stop = threading.Event()

            def talk(peer, letter):
                for number in range(LINES):
                    peer.send(place.room, f"{letter}{number}", kind="groupchat")
                    stop.wait(chance.uniform(0, 0.1) * SLOW)
            others = [threading.Thread(target=talk, args=row) for row in
                      ((bob, "b"), (carol, "c"))]
            for thread in others:
                thread.start()
            faults = ["cut", "silence", "session", "cut", "router", "cut"]
            for number in range(LINES):
                if number % 6 == 3:
                    place.hit(faults.pop(chance.randrange(len(faults))))
                if number % 6 == 5:  # two lines were written without a link
                    place.come_back()
                place.write(f"a{number}")
            for thread in others:
                thread.join()
            everything = sorted(f"{letter}{number}" for letter in "abc"
                                for number in range(LINES))
            try:
                place.wait(lambda: sorted(place.bodies()) == everything and
                           sorted(heard_by(bob, place.room)) == everything and
                           place.states() == {"acked", "received"}, 30)
            except AssertionError:
                pass  # said better below
            shown, heard = place.bodies(), heard_by(bob, place.room)
            assert sorted(heard) == everything, "what the room said"
            assert heard_by(carol, place.room) == heard
            assert sorted(shown) == everything, "what is shown"
            assert shown == heard, f"its order:\n{shown}\n{heard}"
            assert place.states() == {"acked", "received"}
            assert cable.count >= 7  # each fault made a new link
