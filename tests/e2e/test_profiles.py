"""Profiles over their life: made, chosen, changed, deleted; processes and daemons under
them; where a daemon lives and how it is found."""

import json
import os
import pty
import signal
import subprocess
import time

import pexpect
import pytest

from deadline import SLOW, Deadline, is_alive, wait_for_end


class Home:
    """A house whose profiles go to a port where nobody listens, unless told otherwise."""

    def __init__(self, house):
        self.house = house
        self.secret = house.write("secret", "x")

    def create(self, name, *more):
        self.house.ctl("profile", "create", name, "a@localhost", "--password-file",
                       self.secret, "--host", "127.0.0.1", "--port", "1", *more)

    def rows(self):
        text = self.house.ctl("--json", "profile", "list")
        return {row["name"]: row for row in map(json.loads, text.splitlines())}

    def default(self):
        return [name for name, row in self.rows().items() if row["is_default"]]

    def wait(self, name, look, seconds=10):
        """Until LOOK(row of NAME) holds; the row."""
        deadline = Deadline(seconds)
        while not look(row := self.rows()[name]):
            assert not deadline.is_over(), row
        return row

    def folders(self):
        return os.listdir(os.path.join(self.house.data, "tern", "profiles"))


@pytest.fixture(name="home")
def make_home(house):
    return Home(house)


def is_online(row):
    return row["link"]["state"] == "online"


# ---- the default -----------------------------------------------------------------------


def test_the_first_created_is_the_default_until_changed(home):
    for name in ("zoo", "ape", "mid"):
        home.create(name)
    assert home.default() == ["zoo"]
    assert "* zoo" in home.house.ctl("profile", "list")
    home.house.run("ternd", "stop")
    assert home.default() == ["zoo"], "over a restart too"
    home.house.ctl("profile", "default", "mid")
    home.house.run("ternd", "stop")
    assert home.default() == ["mid"]


def test_after_the_defaults_deletion_the_oldest_left_is_the_default(home):
    for name in ("zoo", "mid", "ape"):
        home.create(name)
    home.house.ctl("profile", "delete", "@DEFAULT@", "--yes")
    assert home.default() == ["mid"] and set(home.rows()) == {"mid", "ape"}
    home.house.run("ternd", "stop")
    assert home.default() == ["mid"]
    for name in ("mid", "ape"):
        home.house.ctl("profile", "delete", name, "--yes")
    assert home.rows() == {} and home.folders() == []
    assert "profile" in home.house.run("ternctl", "roster", code=1).stderr
    home.create("new")
    assert home.default() == ["new"]


# ---- delete ----------------------------------------------------------------------------


def test_delete_names_what_goes_and_asks(home):
    home.create("home")
    command = [home.house.program("ternctl"), "profile", "delete", "home"]
    for answer, code in (("n", 1), ("", 1), ("y", 0)):
        asking = pexpect.spawn(command[0], command[1:], env=home.house.env,
                               timeout=Deadline(10).left(), encoding="utf-8")
        asking.expect(r"\[y/N\] ")
        for word in ("home", "a@localhost", "history", "password", "stays"):
            assert word in asking.before
        asking.sendline(answer)
        asking.expect(pexpect.EOF)
        asking.close()
        assert asking.exitstatus == code
        assert bool(home.rows()) == bool(code)
    assert home.folders() == []


def test_delete_without_a_terminal_needs_yes(home):
    home.create("home")
    done = home.house.run("ternctl", "profile", "delete", "home", code=2)
    assert "--yes" in done.stderr and home.rows()


def test_delete_refuses_what_is_not_its_own_folder(home):
    home.create("home")
    home.house.run("ternd", "stop")
    elsewhere = home.house.path("elsewhere")
    os.makedirs(elsewhere, mode=0o700)
    kept = home.house.write("elsewhere/kept", "x")
    os.symlink(elsewhere, os.path.join(home.house.data, "tern", "profiles", "link"))
    assert home.house.run("ternctl", "profile", "delete", "link", "--yes", code=None).returncode
    assert os.path.exists(kept)


def test_a_locked_profile_can_be_deleted(home):
    word = home.house.write("word", "open sesame")
    home.create("home", "--profile-password-file", word)
    home.house.run("ternd", "stop")
    home.house.ctl("profile", "delete", "home", "--yes")
    assert home.folders() == []


# ---- create ----------------------------------------------------------------------------


def test_a_profile_folder_is_private_and_whole(home):
    home.create("home")
    folder = os.path.join(home.house.data, "tern", "profiles", "home")
    assert os.stat(folder).st_mode & 0o777 == 0o700
    for name in os.listdir(folder):
        assert os.stat(os.path.join(folder, name)).st_mode & 0o777 == 0o600, name
    home.house.run("ternd", "stop")
    os.rename(folder, os.path.join(os.path.dirname(folder), "moved"))
    assert list(home.rows()) == ["moved"], "a folder can be moved"


@pytest.mark.parametrize("jid, more", [
    ("nonsense", []), ("@localhost", []), ("a@", []), ("a@b@c", []), ("a b@localhost", []),
    ("x" * 1100 + "@localhost", [])])
def test_an_account_that_is_none_is_refused_and_leaves_nothing(home, jid, more):
    done = home.house.run("ternctl", "profile", "create", "home", jid, "--password-file",
                          home.secret, *more, code=1)
    assert done.stderr.startswith("ternctl: ") and done.stderr.count("\n") == 1
    assert home.rows() == {}
    home.create("home")


def test_a_missing_ca_file_is_told(home):
    home.create("home", "--ca-file", "/no/such/file")
    row = home.wait("home", lambda row: row["link"]["state"] in ("waiting", "refused"))
    assert row["link"]["reason"]


def test_the_list_says_why_a_profile_is_not_online(home):
    home.create("home")
    row = home.wait("home", lambda row: row["link"]["state"] == "waiting")
    assert row["link"]["reason"] in home.house.ctl("profile", "list")


# ---- password --------------------------------------------------------------------------


def test_a_changed_password_is_tried_at_once(home, server):
    server.add_user("alice", "new secret")
    home.house.create_profile(server, "alice", "old secret")
    row = home.wait("home", lambda row: row["link"]["state"] == "refused")
    assert "password" in row["link"]["reason"]
    good = home.house.write("good", "new secret\n")
    home.house.ctl("profile", "password", "home", "--password-file", good)
    home.wait("home", is_online)


def test_a_changed_password_reconnects_what_is_online(home, server):
    server.add_user("alice", "old secret")
    home.house.create_profile(server, "alice", "old secret")
    home.wait("home", is_online)
    before = len(server.log())
    server.add_user("alice", "new secret")
    home.house.ctl("profile", "password", "home", "--password-file", "-",
                   input="new secret\n")
    server.wait_log("Authenticated as alice", after=before)
    home.wait("home", is_online)
    home.house.ctl("disconnect")
    home.house.ctl("profile", "password", "home", "--password-file", "-", input="wrong\n")
    assert home.rows()["home"]["link"]["state"] == "offline", "disconnect holds"


# ---- processes -------------------------------------------------------------------------


def test_profiles_in_one_process_survive_its_death_and_a_broken_neighbour(home, server):
    home.house.write("home/.config/tern/ternd.conf", "profiles_per_process = 50\n")
    for name in ("ann", "ben", "cid"):
        server.add_user(name, f"{name}'s secret")
        home.house.create_profile(server, name, f"{name}'s secret", name)
    for name in ("ann", "ben", "cid"):
        home.wait(name, is_online)
    [pid] = home.house.session_pids()
    broken = os.path.join(home.house.data, "tern", "profiles", "ben", "vault")
    with open(broken, "wb") as file:
        file.write(b"garbage")
    begin = time.monotonic()
    home.house.kill(pid)
    for name in ("ann", "cid"):
        home.wait(name, lambda row: is_online(row) and row["pid"] != pid)
    assert time.monotonic() - begin < 3 * SLOW
    assert home.wait("ben", lambda row: row.get("problem"))["problem"]
    assert "unusable" in home.house.ctl("profile", "list")
    assert len(home.house.session_pids()) == 1
    done = home.house.run("ternctl", "-p", "ben", "roster", code=1)
    assert done.stderr.startswith("ternctl: ")


def test_a_hung_process_is_replaced(home, server):
    server.add_user("alice", "secret")
    pinging = home.house.start(["ternd", "--hurry", "20", "fg"], stderr=subprocess.DEVNULL)
    deadline = Deadline(10)
    while not home.house.daemon_pid():
        assert not deadline.is_over()
    home.house.create_profile(server, "alice", "secret")
    home.wait("home", is_online)
    [pid] = home.house.session_pids()
    os.kill(pid, signal.SIGSTOP)
    row = home.wait("home", lambda row: row["pid"] not in (0, pid) and is_online(row), 20)
    assert not is_alive(pid) and row["pid"] in home.house.session_pids()
    home.house.run("ternd", "stop")
    assert pinging.wait(Deadline(10).left()) == 0


# ---- the daemon ------------------------------------------------------------------------


def test_a_second_start_says_who_holds_it(house):
    house.run("ternd")
    pid = house.daemon_pid()
    for verb in ([], ["fg"]):
        done = house.run("ternd", *verb, code=None)
        assert str(pid) in done.stdout + done.stderr
    assert house.daemon_pid() == pid


def test_status_codes(house):
    house.run("ternd", "status", code=1)
    house.run("ternd")
    assert str(house.daemon_pid()) in house.run("ternd", "status", code=0).stdout
    house.kill(house.daemon_pid())
    house.run("ternd", "status", code=2)
    path = os.path.join(house.data, "tern", "daemon")
    with open(path, "wb") as file:
        file.write(b"\xff garbage")
    house.run("ternd", "status", code=17)
    os.unlink(path)


def test_the_daemon_survives_its_login(house):
    """Started on a terminal that hangs up, as sshd does at logout, with the runtime folder
    taken away: it lives, and is found from a login without XDG_RUNTIME_DIR."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve("/bin/sh", ["sh", "-c", f"{house.program('ternd')}; echo up; cat"],
                  house.env)
    said = b""
    deadline = Deadline(10)
    while b"up" not in said:
        said += os.read(terminal, 1000)
        assert not deadline.is_over()
    daemon = house.daemon_pid()
    os.kill(pid, signal.SIGHUP)
    os.close(terminal)
    assert wait_for_end(pid, 10)
    for folder, _, names in os.walk(house.runtime, topdown=False):
        for name in names:
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)
    for gone in ("XDG_RUNTIME_DIR", "TERM", "LANG"):
        del house.env[gone]
    assert house.ctl("profile", "list") == ""
    assert house.daemon_pid() == daemon
    for fd in range(3):
        assert os.readlink(f"/proc/{daemon}/fd/{fd}") == "/dev/null"
    assert os.readlink(f"/proc/{daemon}/cwd") == "/"


def test_cron_finds_the_daemon_with_home_alone(house):
    house.env = {"HOME": house.home, "PATH": "/usr/bin:/bin",
                 **{name: value for name, value in house.env.items() if "SAN" in name}}
    house.run("ternd")
    pid = house.daemon_pid()
    assert pid and house.ctl("status", code=1) == ""
    house.env["XDG_RUNTIME_DIR"] = house.runtime
    house.ctl("profile", "list")
    assert house.daemon_pid() == pid


def test_tern_socket_chooses_the_place_and_clients_need_not_know(house):
    os.makedirs(house.path("s"), mode=0o700)
    house.env["TERN_SOCKET"] = house.path("s", "here")
    house.run("ternd")
    del house.env["TERN_SOCKET"]
    assert house.ctl("profile", "list") == ""
    path = house.daemon_file()["socket"]
    assert path == house.path("s", "here")
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_a_long_path_is_no_hindrance(house):
    long = house.path("x" * 100, "y" * 100)
    os.makedirs(long, mode=0o700)
    house.env["XDG_DATA_HOME"] = house.data = long
    secret = house.write("secret", "x")
    house.ctl("profile", "create", "home", "a@localhost", "--password-file", secret,
              "--host", "127.0.0.1", "--port", "1")
    path = house.daemon_file()["socket"]
    assert len(path) < 108 and os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700
    house.run("ternd", "stop")
    assert not os.path.exists(os.path.dirname(path)) or path.startswith(long)
