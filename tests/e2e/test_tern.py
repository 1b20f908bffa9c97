"""tern itself on a terminal, with the real daemon, Debian's Prosody and slixmpp."""

import os
import shutil
import signal
import time

import pytest

from deadline import Deadline, TimedOut
from peer import Peer

SECRET, WORD = "alice's secret", "the profile's own"


@pytest.fixture(name="town")
def make_town(house, server):
    """Alice, whose contact Bob is, on one server; no profile yet."""
    server.add_user("alice", SECRET)
    server.add_user("bob", "bob's secret")
    server.befriend("alice", "bob")
    house.server = server
    return house


@pytest.fixture(name="home")
def make_home(town):
    """The same with Alice's profile "home" online."""
    town.create_profile(town.server, "alice", SECRET)
    return town


@pytest.fixture
def bob(town):
    with Peer(town.server, "bob", "bob's secret") as one:
        yield one


def ready(screen):
    """Logged in, the contacts shown."""
    screen.wait("● home", 15)
    screen.wait("bob")
    return screen


def read_by(house):
    """The badge rows as another frontend sees them."""
    with house.bridge() as bridge:
        state = bridge.call("profile.attach", profile="home")
        return {row["jid"]: row for row in state.get("conversations", [])}


def until(look, seconds=10):
    deadline = Deadline(seconds)
    while not (found := look()):
        if deadline.is_over():
            raise TimedOut("it never came to be")
        time.sleep(0.02)
    return found


# ---- the first run ----

def fill_login(screen, house, password=SECRET):
    screen.wait("Try it")
    screen.keys("\t\r")
    screen.wait("Address")
    screen.keys(house.server.jid("alice"), "\t", password, "\t", "\r")
    screen.wait("Profile name")
    screen.keys("\t", "\t", "\t", "127.0.0.1", "\t", str(house.server.port), "\t", "\t",
                house.server.ca_file)
    screen.wait(str(house.server.port))


def test_a_newcomer_logs_in(town, bob):
    with town.tern() as screen:
        fill_login(screen, town)
        screen.keys("\r")
        screen.wait("● alice", 15)
        screen.wait("bob")
        screen.line("/msg bob hello from tern")
        assert bob.wait_message("hello from tern")
        assert SECRET.encode() not in screen.raw


def test_a_wrong_password_is_told_and_can_be_mended(town):
    with town.tern() as screen:
        fill_login(screen, town, "not it")
        screen.keys("\r")
        screen.wait("password", 15)
        screen.wait(lambda s: "…" not in s.row(s.screen.lines - 1), 15)
        until(lambda: "not it" not in screen.text() and screen.settle(0.3))
        # Back to the password: what was typed elsewhere is still there.
        screen.keys(*["\x1b[Z"] * 7, "\x15", SECRET, "\r")
        screen.wait("● alice", 15)


def test_a_host_that_is_not_there_is_told(town):
    with town.tern() as screen:
        screen.wait("Try it")
        screen.keys("\t\r")
        screen.wait("Address")
        screen.keys("alice@nowhere.invalid", "\t", "x", "\r")
        screen.wait("There is no host named nowhere.invalid", 30)
        screen.wait("Address   alice@nowhere.invalid")


# ---- talking ----

def test_lines_go_both_ways(home, bob):
    with home.tern() as screen:
        ready(screen)
        screen.line("/msg bob hello bob")
        assert bob.wait_message("hello bob")
        screen.wait("hello bob")
        bob.send(home.server.jid("alice"), "hello alice")
        screen.wait("bob: hello alice")
        bob.send_chat_state(home.server.jid("alice"), "composing")
        screen.wait("bob is typing")
        screen.keys("typed")
        assert bob.wait_chat_state("composing")


def test_what_came_meanwhile_is_there_unread(home, bob):
    with home.tern() as screen:
        ready(screen)
        screen.line("/detach")
        assert screen.wait_exit() == 0
    bob.send(home.server.jid("alice"), "while you were out")
    until(lambda: read_by(home).get(home.server.jid("bob"), {}).get("unread") == 1)
    with home.tern() as screen:
        screen.wait("1 bob (1)")
        screen.wait(lambda s: s.title.startswith("(1)"))
        screen.line("/go 1")
        screen.wait("bob: while you were out")
        screen.wait("new")
        screen.keys(" ")
        screen.wait_gone("(1)")
        until(lambda: not read_by(home)[home.server.jid("bob")].get("unread"))


def test_two_terns_stay_in_step(home, bob):
    with home.tern() as one, home.tern() as two:
        ready(one)
        ready(two)
        one.line("/msg bob from the first")
        two.wait("1 bob")
        two.line("/go 1")
        two.wait("from the first")
        one.keys("half")
        two.wait("› half")
        one.keys("\r")
        assert bob.wait_message("half")
        two.wait(lambda s: "alice: half" in s.text() and s.find("› half") is None)
        bob.send(home.server.jid("alice"), "to both")
        one.wait("to both")
        two.wait("to both")
        two.line("/away at lunch")
        one.wait("away: at lunch")


def test_history_scrolls_back_to_the_first_line(home, bob):
    with home.tern(lines=20) as screen:
        ready(screen)
        jid = home.server.jid("alice")
        for number in range(150):
            bob.send(jid, f"line {number}.")
        screen.wait("(150)", 30)
        screen.line("/go 1")
        screen.wait("line 9.")
        screen.keys("\x1b>")
        screen.wait("line 149.")
        for _ in range(20):
            screen.keys("\x1b[5~")
            screen.settle(0.1)
        screen.wait("line 0.")


# ---- deaths ----

def test_killed_in_mid_line_loses_nothing(home, bob):
    with home.tern() as screen:
        ready(screen)
        screen.line("/msg bob sent before")
        assert bob.wait_message("sent before")
        screen.keys("half a lin")
        until(lambda: read_by(home)[home.server.jid("bob")].get("draft") == "half a lin", 3)
        screen.kill()
    with home.tern() as screen:
        screen.wait("1 bob")
        screen.line("/go 1")
        screen.wait("sent before")
        screen.wait("› half a lin")


@pytest.mark.parametrize("is_protected", [False, True])
def test_a_killed_session_process_comes_back_untouched(town, bob, is_protected):
    more = []
    if is_protected:
        more = ["--profile-password-file", town.write("word", WORD)]
    town.create_profile(town.server, "alice", SECRET, "home", *more)
    with town.tern() as screen:
        ready(screen)
        screen.line("/msg bob before")
        assert bob.wait_message("before")
        screen.keys("unsent")
        (pid,) = town.session_pids()
        town.kill(pid)
        started = time.monotonic()
        until(lambda: [other for other in town.session_pids() if other != pid])
        screen.wait("● home", 10)
        screen.line(" and sent")
        assert bob.wait_message("unsent and sent")
        assert time.monotonic() - started < 6
        screen.wait(lambda s: s.text().count("unsent and sent") == 1)


def test_a_killed_router_is_started_again(home, bob):
    with home.tern() as screen:
        ready(screen)
        screen.line("/msg bob before")
        assert bob.wait_message("before")
        screen.keys("kept")
        pid = home.daemon_pid()
        home.kill(pid)
        started = time.monotonic()
        until(lambda: home.daemon_pid() not in (None, pid))
        screen.settle(0.5)
        screen.wait(lambda s: "daemon is away" not in s.text() and "● home" in s.text(), 10)
        assert time.monotonic() - started < 5
        screen.wait("alice: before")
        screen.wait("› kept")
        screen.keys("\r")
        assert bob.wait_message("kept")


def test_a_killed_router_leaves_a_protected_profile_locked(town, bob):
    town.create_profile(town.server, "alice", SECRET, "home", "--profile-password-file",
                        town.write("word", WORD))
    with town.tern() as screen:
        ready(screen)
        town.kill(town.daemon_pid())
        screen.wait("Profile password", 10)
        screen.keys("wrong\r")
        screen.wait("That is not the password", 10)
        screen.keys(WORD, "\r")
        ready(screen)
        assert WORD.encode() not in screen.raw


# ---- leaving ----

def test_detach_stays_online_and_quit_does_not(home, bob):
    with home.tern() as screen:
        ready(screen)
        screen.line("/detach")
        assert screen.wait_exit() == 0
        screen.wait("home stays online")
    assert "online" in home.ctl("status")
    with home.tern() as screen:
        ready(screen)
        pid = home.daemon_pid()
        screen.line("/quit")
        assert screen.wait_exit() == 0
        screen.wait("the daemon has ended")
    until(lambda: not os.path.exists(f"/proc/{pid}") or home.daemon_pid() is None)


def test_disconnect_holds_until_connect(home, bob):
    with home.tern() as screen:
        ready(screen)
        screen.line("/disconnect")
        screen.wait("○ home")
        screen.line("/detach")
        screen.wait_exit()
    home.stop_daemon()
    with home.tern() as screen:
        screen.wait("○ home offline")
        screen.settle(0.5)
        assert screen.find("● home") is None
        screen.line("/connect")
        screen.wait("● home", 15)


def test_a_hangup_leaves_the_profile_online(home, bob):
    with home.tern() as screen:
        ready(screen)
        screen.hang_up()
        screen.wait_exit(3)
    assert "online" in home.ctl("status")


def test_embedded_ends_with_its_tern(town):
    with town.tern("--embedded") as screen:
        fill_login(screen, town)
        screen.keys("\r")
        screen.wait("● alice", 15)
        screen.line("/detach")
        assert screen.wait_exit() == 0
    assert town.daemon_pid() is None
    until(lambda: not [pid for pid in os.listdir("/proc") if pid.isdigit()
                       and is_of(pid, town)])


def is_of(pid, house):
    """Whether process PID is a daemon or session of this house."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            in_house = house.home.encode() in file.read()
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return in_house and file.read().strip() in ("ternd", "session")
    except OSError:
        return False


# ---- the trial ----

def test_the_trial_answers_and_leaves_nothing(house):
    with house.tern("--demo") as screen:
        screen.wait("No chats yet", 40)
        screen.wait("Echo  echo@")
        screen.line("/msg Echo is this on?")
        screen.wait("Echo: is this on?", 15)
        screen.line("/quit")
        assert screen.wait_exit(20) == 0
        screen.wait("nothing of it is left")
    assert not os.path.exists(os.path.join(house.data, "tern", "profiles"))


def test_a_newcomer_tries_it(house):
    with house.tern() as screen:
        screen.wait("Try it")
        screen.wait("two contacts that answer")  # what the selected button does
        screen.keys("\r")
        screen.wait("Echo  echo@", 40)
        screen.line("/msg Echo from the form")
        screen.wait("Echo: from the form", 15)
        screen.line("/quit")
        assert screen.wait_exit(20) == 0
    until(lambda: not trials(house) and not house.daemon_pid(), 20)


def test_what_the_trial_lacks_is_installed_when_asked(house):
    tree = house.path("tree")
    for name in ("bin/tern", "bin/ternd", "libexec/tern/session"):
        os.makedirs(os.path.dirname(os.path.join(tree, name)), exist_ok=True)
        shutil.copy(os.path.join(house.build, name), os.path.join(tree, name))
    done, real = house.path("done"), os.path.join(house.build, "libexec/tern/demo")
    demo = house.write("tree/libexec/tern/demo", f"""#!/bin/sh
case "$1" in
--packages) test -e {done} || exit 4 ;;
--install) touch {done} ;;
*) exec {real} "$@" ;;
esac
""")
    os.chmod(demo, 0o700)
    house.build, build = tree, house.build
    with house.tern() as screen:
        screen.wait("Try it")
        screen.keys("\r")
        screen.wait("needs packages from Debian")
        screen.keys("\x1b[C\r")  # back
        screen.wait("Try it")
        screen.keys("\r")
        screen.wait("needs packages from Debian")
        screen.keys("\r")
        screen.wait("Echo  echo@", 40)
        screen.line("/quit")
        assert screen.wait_exit(20) == 0
    until(lambda: not trials(house) and not house.daemon_pid(), 20)
    house.build = build


def test_a_first_page_that_is_quit_leaves_no_daemon(house):
    with house.tern() as screen:
        screen.wait("Try it")
        screen.keys("\x1b[C\x1b[C\r")
        assert screen.wait_exit() == 0
    until(lambda: not house.daemon_pid())


def test_the_trial_ends_with_a_killed_tern(house):
    with house.tern("--demo") as screen:
        screen.wait("No chats yet", 40)
        assert trials(house)
        screen.process.send_signal(signal.SIGKILL)
        screen.wait_exit()
    until(lambda: not trials(house), 20)


def trials(house):
    """The folders of trials in this house."""
    return [name for name in os.listdir(house.env["TMPDIR"]) if name.startswith("tern-demo-")]
