"""The demo script as tern meets it: what it says, that its contacts answer, alone and in their
room, and that nothing is left of it, whatever way its parent or it itself ends."""

import os
import re
import signal
import subprocess
import sys
import types

import pytest

from deadline import children_of, end_child, wait_for_end
from peer import Peer
from prosody import listening_addresses

DEMO = os.path.join(os.environ["TERN_BUILD"], "libexec", "tern", "demo")


class Demo:
    """A running demo; its facts as attributes once it is ready."""

    def __init__(self, folder):
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8",
                    "XDG_RUNTIME_DIR": str(folder)}
        self.folder = folder
        self.process = subprocess.Popen([DEMO], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=self.env)
        self.facts = {}
        for line in self.process.stdout:
            if "=" not in line:
                assert line == "ready\n", line + self.process.stderr.read()
                break
            key, value = line.rstrip("\n").split("=", 1)
            self.facts[key] = value
        self.below = children_of(self.process.pid)

    def server(self):
        """As what Peer logs in to."""
        return types.SimpleNamespace(host=self.facts["jid"].split("@")[1],
                                     port=int(self.facts["port"]),
                                     ca_file=self.facts["ca_file"])

    def assert_gone(self):
        for pid in [self.process.pid, *self.below]:
            assert wait_for_end(pid, 5), f"{pid} still runs"
        assert os.listdir(self.folder) == []

    def close(self):
        end_child(self.process, signal.SIGKILL)
        for pid in self.below:
            wait_for_end(pid, 5)
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def demo(tmp_path):
    one = Demo(tmp_path)
    yield one
    one.close()


def test_both_contacts_are_there_and_answer(demo):
    assert sorted(demo.facts) == ["ca_file", "host", "jid", "password", "port"]
    user = demo.facts["jid"].split("@")[0]
    with Peer(demo.server(), user, demo.facts["password"]) as you:
        roster = you.roster()
        echo, chatty = sorted(roster, reverse=True)
        assert roster == {echo: "both", chatty: "both"}
        you.wait_presence("available", sender=echo)
        you.wait_presence("available", sender=chatty)
        you.send(echo, "one line 日本")
        assert you.wait_chat_state("composing")["from"].bare == echo
        you.wait_message("one line 日本", sender=echo)
        you.wait_message(sender=chatty, seconds=15)
        you.send(chatty, "well then")
        you.wait_message(sender=chatty, seconds=15)


def test_it_listens_on_loopback_only_and_its_folder_is_private(demo):
    found = [address for pid in demo.below for address in listening_addresses(pid)]
    assert found == [("127.0.0.1", int(demo.facts["port"]))]
    assert os.stat(os.path.dirname(demo.facts["ca_file"])).st_mode & 0o777 == 0o700


def test_end_of_input_ends_everything(demo):
    demo.process.stdin.close()
    demo.assert_gone()
    assert demo.process.wait(5) == 0
    assert demo.process.stderr.read() == ""
    demo.process.stdin = subprocess.Popen(["true"], stdin=subprocess.PIPE).stdin


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_nothing_is_left_when_it_is_ended_by(demo, how):
    demo.process.send_signal(how)
    demo.assert_gone()


def test_nothing_is_left_when_its_parent_is_killed(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", "import subprocess, sys\n"
         "demo = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)\n"
         "demo.wait()", DEMO], stdout=subprocess.PIPE, text=True,
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path)})
    while parent.stdout.readline() != "ready\n":
        assert parent.poll() is None
    below = children_of(parent.pid)
    parent.kill()
    parent.wait(5)
    assert all(wait_for_end(pid, 5) for pid in below)
    assert os.listdir(tmp_path) == []
    parent.stdout.close()


def test_a_dead_server_is_told_and_ends_it(demo):
    prosody = next(pid for pid in demo.below if listening_addresses(pid))
    os.kill(prosody, signal.SIGKILL)
    assert demo.process.stdout.readline().startswith("error ")
    demo.assert_gone()


def test_packages_are_there_or_named(tmp_path):
    assert subprocess.run([DEMO, "--packages"], check=False).returncode == 0
    script = tmp_path / "demo.py"
    script.write_text(open(DEMO, encoding="utf-8").read().replace(
        'PATH = "', f'PATH = "{tmp_path}" #'))
    done = subprocess.run([sys.executable, str(script), "--packages"], capture_output=True,
                          text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "prosody\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    assert (done.returncode, done.stdout) == (
        4, "error the demo needs the Debian packages prosody\n")


# ---- the lounge ----

class Guest:
    """A Peer in the lounge, by a nick that is nobody's."""

    def __init__(self, peer, server, nick="Robin"):
        self.peer, self.nick = peer, nick
        self.room = f"lounge@rooms.{server.host}"
        peer.send_raw(f"<presence to='{self.room}/{nick}'>"
                      "<x xmlns='http://jabber.org/protocol/muc'/></presence>")
        peer.wait_presence("available", match=lambda p: p["from"] == f"{self.room}/{nick}")

    def say(self, body):
        self.peer.send(self.room, body, kind="groupchat")

    def hear(self, nick, seconds=15):
        """What NICK says next, here or to the guest alone."""
        return self.peer.wait_message(seconds=seconds, match=lambda m: m["body"] and
                                      m["from"] == f"{self.room}/{nick}")


def test_in_the_lounge_who_is_named_answers_once(demo):
    server = demo.server()
    user = demo.facts["jid"].split("@")[0]
    with Peer(server, user, demo.facts["password"]) as you:
        guest = Guest(you, server)
        assert guest.hear("Chatty")["body"].startswith("Robin: welcome!")
        guest.say("hello everybody")
        guest.say("Echoes are not Echo's name")
        assert guest.hear("Echo")["body"] == "Robin: Echoes are not Echo's name"
        guest.say("echo: 日本 {0}")
        assert guest.hear("Echo")["body"] == "Robin: 日本 {0}"
        guest.say("/me waves at Echo")
        assert guest.hear("Echo")["body"] == "/me waves at Robin"
        guest.say("Echo?")
        assert guest.hear("Echo")["body"] == "Robin: yes?"
        guest.say("Chatty, {words}")
        guest.hear("Chatty")
        you.send(f"{guest.room}/Echo", "for you alone")
        alone = guest.hear("Echo")
        assert (alone["type"], alone["body"]) == ("chat", "for you alone")


def test_in_the_lounge_the_contacts_never_answer_each_other(demo):
    """Chatty names Echo in its welcome, and Echo repeats a line that names Chatty."""
    server = demo.server()
    user = demo.facts["jid"].split("@")[0]
    with Peer(server, user, demo.facts["password"]) as you:
        guest = Guest(you, server)
        guest.hear("Chatty")  # names Echo
        guest.say("Echo: and Chatty?")  # both are named
        assert guest.hear("Echo")["body"] == "Robin: and Chatty?"
        guest.hear("Chatty")
        guest.say("Echo: the last")  # what Echo had to say before stands before this
        assert guest.hear("Echo")["body"] == "Robin: the last"
        assert not [body for body in you.bodies() if body.startswith("Chatty: ")]


def test_a_newcomer_uses_the_room(house):
    with house.tern("--demo") as screen:
        screen.wait("Echo  echo@", 40)
        screen.line("/rooms")
        screen.wait(re.compile("lounge@rooms.*The lounge"))
        screen.line("/join lounge")
        screen.wait("The lounge: Tea, terns and trying things out")
        screen.wait("Chatty: you: welcome!", 15)
        screen.line("/names")
        screen.wait("3 here: &Echo, Chatty, you")
        screen.keys("Ec\t")
        screen.wait("› Echo:")
        screen.line("is this on?")
        screen.wait("Echo: you: is this on?", 15)
        screen.line("/leave")
        screen.wait_gone("Tea, terns and trying")
        screen.line("/quit")
        assert screen.wait_exit(20) == 0
        screen.wait("nothing of it is left")


def test_a_room_that_a_newcomer_makes_outlives_another_nick(house):
    """Prosody 0.12 destroys one that is not persistent when its only occupant takes one."""
    with house.tern("--demo", columns=100) as screen:
        screen.wait("Chatty", 30)
        screen.line("/join den")
        screen.wait("Make it? (y/n)")
        screen.keys("y")
        screen.wait("You made this room")
        screen.line("/nick Newcomer")
        screen.wait("is now Newcomer")
        screen.line("still here")
        screen.line("/subject Of nicks")
        screen.wait("Subject by Newcomer: Of nicks")
        screen.line("/quit")
        assert screen.wait_exit(20) == 0
