"""The helpers themselves: the servers start, are private and end; the terminal reads."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import pytest

from deadline import die_with_parent, is_alive, wait_for_end
from ejabberd import Ejabberd
from house import House
from peer import Peer
from prosody import Prosody, listening_addresses
from terminal import Terminal

HERE = os.path.dirname(os.path.abspath(__file__))


def test_two_friends_chat_over_prosody(server):
    server.add_user("alice", "secret")
    server.add_user("bob", "o'pass\"wörd", roster={"alice": ("both", 'Älice "A"', ["x y"])})
    server.set_roster("alice", {"bob": "both"})
    with Peer(server, "alice", "secret") as alice, Peer(server, "bob", "o'pass\"wörd") as bob:
        alice.wait_presence("available", sender=bob.jid)
        alice.send(bob.jid, "hé")
        assert bob.wait_message("hé")["from"].bare == alice.jid
        bob.send_chat_state(alice.jid, "composing")
        alice.wait_chat_state("composing")
        assert bob.roster()[alice.jid] == "both"


def test_prosody_keeps_accounts_over_kill_and_start(server):
    server.add_user("alice", "secret")
    port = server.port
    server.kill()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()
    server.start()
    assert server.port == port
    with Peer(server, "alice", "secret"):
        pass


def test_wrong_password_is_told(server):
    server.add_user("alice", "secret")
    with pytest.raises(AssertionError, match="bad password"):
        Peer(server, "alice", "wrong").connect()


def test_prosody_ends_with_its_owner():
    script = ("import sys; sys.path.insert(0, sys.argv[1])\n"
              "from prosody import Prosody\n"
              "server = Prosody().start()\n"
              "print(server.process.pid, server.folder, flush=True)\n"
              "sys.stdin.read()")
    owner = subprocess.Popen([sys.executable, "-c", script, HERE], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
    pid, folder = owner.stdout.readline().split()
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    assert wait_for_end(int(pid), 5)
    subprocess.run(["rm", "-r", folder], check=True)


def test_prosody_listens_on_loopback_only(server):
    listening = listening_addresses(server.process.pid)
    assert sorted(listening) == sorted(
        ("127.0.0.1", port) for port in (server.port, server.direct_port))


def shell(**size):
    return Terminal(["bash", "--norc", "-i"], **size,
                    env={"PS1": "$ ", "TERM": "xterm-256color", "PATH": "/usr/bin:/bin"})


def test_terminal_shows_counts_and_ends():
    with shell() as screen:
        screen.wait("$")
        screen.line("printf '\\033]0;name\\007%s\\007\\033[5b\\n' A")
        screen.wait("AAAAAA")
        assert screen.title == "name" and screen.bells == 1
        screen.resize(40, 12)
        screen.line("stty size")
        screen.wait(re.compile("^12 40$", re.M))
        before = screen.settle().bytes
        screen.keys("x")
        assert screen.settle().bytes - before == 1
        screen.keys("\x15")
        screen.line("exit 3")
        assert screen.wait_exit() == 3


def test_terminal_scrolls_by_regions():
    with shell(lines=6) as screen:
        screen.line("printf '\\033[H\\033[J1\\n2\\n3\\n4\\n\\033[2;3r\\033[S\\033[r\\033[5;1H'")
        screen.wait(lambda s: s.lines()[:4] == ["1", "3", "", "4"])


def test_closed_terminal_hangs_up():
    with Terminal(["cat"]) as screen:
        screen.hang_up()
        assert screen.wait_exit(2) == -signal.SIGHUP


def test_house_is_private_and_goes(house):
    assert house.env["HOME"].startswith(house.folder)
    assert os.stat(house.runtime).st_mode & 0o777 == 0o700
    assert house.daemon_pid() is None and house.stop_daemon()


def test_a_house_ends_what_runs_in_it_wherever_its_program_lies():
    with House() as house:
        child = subprocess.Popen(["sh", "-c", "setsid sleep 100 >&- & echo $!"], env=house.env,
                                 stdout=subprocess.PIPE, text=True)
        daemon = int(child.stdout.readline())
        child.communicate()
        assert is_alive(daemon)
    assert not is_alive(daemon)


FORGETFUL = """
import subprocess, sys, tempfile

PARENT = "import subprocess; subprocess.Popen(['sleep', '98'], start_new_session=True)"

def test_forgetful():
    subprocess.run([sys.executable, "-c", PARENT])  # ends when its child is sleep
    tempfile.mkdtemp(prefix="forgotten-")

def test_tidy(tmp_path):
    (tmp_path / "kept").mkdir()
"""


def test_what_tests_leave_behind_fails_them(tmp_path):
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["leavings"]\n')
    (tmp_path / "some_test.py").write_text(FORGETFUL)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": HERE, "TERN_TEST_SLOW": "0.02"},
        capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "2 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert re.search(r"process \d+: sleep 98 .*::test_forgetful", done.stdout)
    folder = re.search(r"(/\S+/forgotten-\S+): ", done.stdout)[1]
    assert not os.path.exists(os.path.dirname(folder))


def test_two_friends_chat_over_ejabberd():
    with Ejabberd() as server:
        server.add_user("alice", "secret", roster={"bob": "both"})
        server.add_user("bob", "sé'c")
        assert {address for address, _ in listening_addresses(server.process.pid)} == {
            "127.0.0.1"}
        with Peer(server, "alice", "secret") as alice, Peer(server, "bob", "sé'c") as bob:
            alice.send(bob.jid, "hi")
            assert bob.wait_message("hi")["from"].bare == alice.jid
            assert alice.roster() == {bob.jid: "both"}


@pytest.mark.parametrize("name", ["prosody", "ejabberd"])
def test_servers_run_as_any_user(name, root):
    script = ("import sys; sys.path.insert(0, sys.argv[1])\n"
              f"from {name} import {name.title()} as Server\n"
              "with Server() as server:\n"
              "    server.add_user('alice', 'secret')\n"
              "    print(server.port)\n")
    # Its own copy of the helpers: another user may not be able to read the checkout.
    with tempfile.TemporaryDirectory(prefix="tern-", dir="/tmp") as copy:
        for file in ("certificates.py", "deadline.py", "prosody.py", "ejabberd.py",
                     "../../tui/demo/demo.py"):
            shutil.copy(os.path.join(HERE, file), copy)
        os.chmod(copy, 0o755)
        done = subprocess.run(
            [*root, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-i",
             "PATH=/usr/bin:/bin", "HOME=/nonexistent", sys.executable, "-B", "-c", script,
             copy], capture_output=True, text=True, timeout=90, cwd=copy)
    assert done.returncode == 0 and done.stdout.strip().isdigit(), done.stdout + done.stderr
