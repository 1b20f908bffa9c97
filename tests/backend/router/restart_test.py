"""`ternd restart`: the next program takes the place of this one and asks nobody."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from bridge_client import BridgeError
from deadline import Deadline, is_alive, wait_for_end
from routerhouse import FAKE, ask, info_of, pid_of


def refusal(bridge, method, **params):
    with pytest.raises(BridgeError) as caught:
        bridge.call(method, **params)
    return caught.value.code


def ends(rooms):
    """What the session processes were told to end by."""
    try:
        with open(f"{rooms.data}/tern/ends", encoding="utf-8") as file:
            return file.read().split()
    except FileNotFoundError:
        return []


def program(pid):
    return os.readlink(f"/proc/{pid}/exe")


class Installed:
    """ternd in a folder of its own, where it can be replaced while it runs."""

    def __init__(self, rooms):
        self.rooms = rooms
        self.path = rooms.path("program", "bin", "ternd")
        os.makedirs(os.path.dirname(self.path))
        self.replace_by_itself()

    def replace_by_itself(self):
        shutil.copy(self.rooms.program("ternd"), f"{self.path}.new")
        os.rename(f"{self.path}.new", self.path)

    def replace(self, text):
        with open(f"{self.path}.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(f"{self.path}.new", 0o755)
        os.rename(f"{self.path}.new", self.path)

    def start(self):
        done = subprocess.run([self.path, "--session", FAKE], env=self.rooms.env,
                              timeout=20, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.fixture(name="installed")
def make_installed(rooms):
    return Installed(rooms)


def test_the_successor_holds_everything_again(rooms):
    rooms.profile("home")
    rooms.profile("work")
    rooms.start_daemon(hurry=3)
    pid = rooms.daemon_pid()
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        before = pid_of(bridge, "home"), pid_of(bridge, "work")
        done = rooms.run("ternd", "restart")
        assert done.stdout.startswith(f"ternd: restarted, process {pid}, version ")
        with pytest.raises(Exception):
            bridge.wait_event("nothing", 5)
    assert rooms.daemon_pid() == pid and program(pid) == os.path.realpath(
        rooms.program("ternd"))
    assert ends(rooms) == ["session.suspend"] * 2
    assert not any(is_alive(one) for one in before)
    with rooms.bridge() as bridge:
        assert bridge.call("profile.attach", profile="home")["profile"] == "home"
        ask(bridge, "work", "events 1 1")
        assert "problem" not in bridge.call("router.status")
        assert pid_of(bridge, "home") not in (0, *before)
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            assert "--hurry=3" in file.read().split("\0")
    # And once more, and then it still ends as it should.
    rooms.run("ternd", "restart")
    assert rooms.daemon_pid() == pid
    rooms.run("ternd", "stop")
    assert wait_for_end(pid, 5)
    assert ends(rooms)[4:] == ["session.end"] * 2


def test_keys_are_handed_over_and_a_locked_profile_stays_locked(rooms):
    for name in ("open", "shut"):
        rooms.profile(name, "locked")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        for name in ("open", "shut"):
            bridge.call("profile.unlock", profile=name, password="open sesame")
        bridge.call("profile.lock", profile="shut")
    for _ in range(2):
        rooms.run("ternd", "restart")
        with rooms.bridge() as bridge:
            bridge.call("profile.attach", profile="open")
            assert info_of(bridge, "open")["link"]["state"] == "online"
            bridge.call("presence.set", profile="shut", show="online")  # waits for opening
            assert info_of(bridge, "shut")["link"]["state"] == "locked"
    with open(f"/proc/{rooms.daemon_pid()}/environ", "rb") as file:
        assert b"the master key" not in file.read()


def test_keys_of_many_profiles_are_handed_over(rooms):
    rooms.configure(profiles_per_process=1000)
    names = [f"profile-{i:04}" for i in range(400)]
    for name in names:
        rooms.profile(name, "locked")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        for name in names:
            bridge.call("profile.unlock", profile=name, password="open sesame")
    rooms.run("ternd", "restart", seconds=40)
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile=names[-1])
        for name in names:
            bridge.call("presence.set", profile=name, show="online")
        rows = bridge.call("profile.list")["profiles"]
        assert all(row["link"]["state"] == "online" for row in rows)


def test_who_logged_out_stays_out_until_somebody_comes(rooms):
    rooms.profile("home")
    rooms.profile("work")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        bridge.call("link.quit", profile="home")
    rooms.run("ternd", "restart")
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="work")
        assert pid_of(bridge, "home") == 0
        bridge.call("profile.attach", profile="home")
        assert pid_of(bridge, "home") != 0


def test_in_the_foreground_it_stays_the_process_of_its_supervisor(rooms):
    rooms.profile("home")
    daemon = rooms.start(["ternd", "--session", FAKE, "fg"], stderr=subprocess.PIPE)
    deadline = Deadline(10)
    while rooms.daemon_pid() is None:
        assert not deadline.is_over()
        time.sleep(0.01)
    rooms.run("ternd", "restart")
    assert rooms.daemon_pid() == daemon.pid and daemon.poll() is None
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(10) == 0
    assert b"started" in daemon.stderr.read()


def test_a_replaced_program_is_the_one_that_runs(rooms, installed):
    installed.start()
    pid = rooms.daemon_pid()
    installed.replace_by_itself()
    assert program(pid) == f"{installed.path} (deleted)"
    rooms.run("ternd", "restart")
    assert rooms.daemon_pid() == pid and program(pid) == installed.path


@pytest.mark.parametrize("text, why", [
    ("no program at all", "does not run here"),
    ("#!/bin/sh\nexit 3\n", "ended with code 3"),
    ("#!/bin/sh\nkill -11 $$\n", "signal 11"),
    (None, "No such file"),
])
def test_a_program_that_does_not_run_changes_nothing(rooms, installed, text, why):
    rooms.profile("home", "locked")
    installed.start()
    with rooms.bridge() as bridge:
        bridge.call("profile.unlock", profile="home", password="open sesame")
        bridge.call("profile.attach", profile="home")
        before = pid_of(bridge, "home")
        if text is None:
            os.unlink(installed.path)
        else:
            installed.replace(text)
        done = rooms.run("ternd", "restart", code=1)
        assert why in done.stderr and "goes on as it is" in done.stderr
        # Nobody noticed: the same processes, the same connection.
        assert pid_of(bridge, "home") == before
        ask(bridge, "home", "events 1 1")
    assert not ends(rooms)


def test_a_program_that_vanishes_at_the_last_moment_leaves_the_old_one(rooms, installed):
    rooms.profile("home", "locked")
    installed.start()
    pid = rooms.daemon_pid()
    with rooms.bridge() as bridge:
        bridge.call("profile.unlock", profile="home", password="open sesame")
    installed.replace('#!/bin/sh\nrm "$0"\n')
    done = rooms.run("ternd", "restart", code=1)
    assert "cannot be started" in done.stderr and "old program goes on" in done.stderr
    assert rooms.daemon_pid() == pid
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        assert info_of(bridge, "home")["link"]["state"] == "online"
        assert "cannot be started" in bridge.call("router.status")["problem"]


class Stuck:
    """A program that runs until it is let go, and then does not."""

    def __init__(self, rooms, installed):
        self.mark, self.gate = rooms.path("mark"), rooms.path("gate")
        os.mkfifo(self.gate)
        installed.replace(f'#!/bin/sh\n: > "{self.mark}"\nread x < "{self.gate}"\nexit 3\n')

    def wait(self):
        deadline = Deadline(10)
        while not os.path.exists(self.mark):
            assert not deadline.is_over()
            time.sleep(0.01)

    def let_go(self):
        with open(self.gate, "w", encoding="utf-8"):
            pass


def test_who_asked_may_leave_before_the_answer(rooms, installed):
    rooms.profile("home")
    installed.start()
    pid = rooms.daemon_pid()
    stuck = Stuck(rooms, installed)
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        with rooms.bridge() as other:
            other.request("router.restart")
            stuck.wait()
            assert refusal(bridge, "router.restart") == "BUSY"
        deadline = Deadline(10)
        while bridge.call("router.status")["frontends"] > 1:
            assert not deadline.is_over()
        stuck.let_go()
        while "no restart" not in rooms.log():
            assert not deadline.is_over()
        ask(bridge, "home", "events 1 1")
        installed.replace_by_itself()
        bridge.call("router.restart")
    deadline = Deadline(10)
    while ends(rooms) != ["session.suspend"] or rooms.daemon_pid() != pid:
        assert not deadline.is_over()


def test_an_end_ends_the_trial_of_a_successor_too(rooms, installed):
    installed.start()
    pid = rooms.daemon_pid()
    stuck = Stuck(rooms, installed)
    with rooms.bridge() as bridge:
        bridge.request("router.restart")
        stuck.wait()
        begin = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        assert wait_for_end(pid, 10) and time.monotonic() - begin < 3
    assert not rooms.daemon_file()


def test_a_session_program_that_does_not_run_changes_nothing(rooms):
    rooms.profile("home")
    program = rooms.path("session")
    shutil.copy(FAKE, program)
    rooms.start_daemon(session=program)
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        before = pid_of(bridge, "home")
        with open(f"{program}.new", "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 127\n")
        os.chmod(f"{program}.new", 0o755)
        os.rename(f"{program}.new", program)
        done = rooms.run("ternd", "restart", code=1)
        assert f"{program} does not run here" in done.stderr
        assert pid_of(bridge, "home") == before
        ask(bridge, "home", "events 1 1")


def test_a_successor_that_cannot_start_tries_again_and_keeps_the_keys(rooms):
    rooms.profile("home", "locked")
    rooms.start_daemon()
    pid, socket = rooms.daemon_pid(), rooms.daemon_file()["socket"]
    folder = os.path.dirname(socket)
    deadline = Deadline(20)
    with rooms.bridge() as bridge:
        bridge.call("profile.unlock", profile="home", password="open sesame")
        session = pid_of(bridge, "home")
        os.kill(session, signal.SIGSTOP)
        bridge.call("router.restart")
        while os.path.exists(socket):
            assert not deadline.is_over()
        os.rmdir(folder)
        with open(folder, "w", encoding="utf-8"):
            pass
        rooms.kill(session)
    while rooms.log().count("for the socket cannot be made") < 2:
        assert not deadline.is_over()
        time.sleep(0.05)
    assert is_alive(pid) and not rooms.daemon_file()
    os.unlink(folder)
    while rooms.daemon_pid() != pid:
        assert not deadline.is_over()
        time.sleep(0.05)
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        assert info_of(bridge, "home")["link"]["state"] == "online"
    rooms.run("ternd", "restart")


def test_without_a_daemon_there_is_nothing_to_restart(rooms):
    done = rooms.run("ternd", "restart", code=1)
    assert done.stderr == "ternd: No daemon is running.\n"
    assert rooms.daemon_pid() is None


def test_calls_on_their_way_are_answered_before_the_connection_ends(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        held = bridge.request("presence.set", profile="home", show="online", text="hold")
        bridge.call("router.restart")
        with pytest.raises(BridgeError) as caught:
            bridge.answer(held)
        assert caught.value.code == "BACKEND_GONE"


@pytest.mark.parametrize("method", ["router.restart", "router.stop"])
def test_calls_that_wait_for_a_profile_are_answered_too(rooms, method):
    rooms.profile("home")
    program = rooms.write("session", '#!/bin/sh\n[ "$1" ] || exec sleep 100\n')
    os.chmod(program, 0o700)
    rooms.start_daemon(hurry=20, session=program)
    with rooms.bridge() as bridge:
        held = bridge.request("presence.set", profile="home", show="online")
        bridge.call(method)
        with pytest.raises(BridgeError) as caught:
            bridge.answer(held)
        assert caught.value.code == "BACKEND_GONE"


def test_a_watching_ternctl_is_no_sign_of_life_and_watches_on(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    watch = f"{rooms.data}/tern/watch-home"
    ternctl = rooms.start(["ternctl", "--profile", "home", "watch", "profile.notice"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert b"text=after" in ternctl.stdout.readline()
    rooms.run("ternd", "restart")
    assert b"text=after" in ternctl.stdout.readline()
    with open(watch, encoding="utf-8") as file:
        assert set(file.read().split("\n")) == {"0 0", "1 0", ""}
    rooms.run("ternd", "stop")
    assert ternctl.wait(10) != 0 and b"The daemon ended" in ternctl.stderr.read()


def test_a_hung_session_process_is_not_waited_for_for_ever(rooms):
    rooms.profile("home")
    rooms.start_daemon(hurry=20)
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        hung = pid_of(bridge, "home")
        os.kill(hung, signal.SIGSTOP)
        rooms.run("ternd", "restart")
    assert not is_alive(hung)
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")


def test_a_signal_turns_a_restart_into_an_end(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    pid = rooms.daemon_pid()
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        os.kill(pid_of(bridge, "home"), signal.SIGSTOP)
        bridge.call("router.restart")
        refused = refusal(bridge, "router.status")
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGTERM)
    assert refused == "BUSY" and wait_for_end(pid, 10)
    assert not rooms.daemon_file()
