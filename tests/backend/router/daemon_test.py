"""The daemon's life: its lock, its file, its socket, its verbs and signals."""

import os
import resource
import signal
import socket
import stat
import subprocess

import msgpack
import pytest

from bridge_client import BridgeClient, BridgeError, Closed
from deadline import Deadline, is_alive, wait_for_end
from routerhouse import FAKE, ask, info_of


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def tern(rooms, *names):
    return os.path.join(rooms.data, "tern", *names)


def fg(rooms, *arguments, **options):
    """Starts `ternd fg` and waits until it listens."""
    child = rooms.start(["ternd", "--session", FAKE, *arguments, "fg"],
                        stderr=subprocess.PIPE, text=True, **options)
    for line in child.stderr:
        if "started version" in line:
            return child
    raise AssertionError(f"it did not start: {child.wait()}")


def test_start_status_stop(rooms):
    assert "daemon" in rooms.run("ternd", "status", code=1).stdout
    assert rooms.start_daemon().stdout == ""
    pid = rooms.daemon_pid()
    assert f"process {pid}" in rooms.run("ternd", "status", code=0).stdout
    again = rooms.run("ternd", code=0)
    assert f"already running, process {pid}" in again.stdout
    again = rooms.run("ternd", "fg", code=1)
    assert f"already running, process {pid}" in again.stderr
    assert "stopped" in rooms.run("ternd", "stop", code=0).stdout
    assert wait_for_end(pid, 5)
    assert os.listdir(tern(rooms, "run")) == [] and not os.path.exists(tern(rooms, "daemon"))
    rooms.run("ternd", "status", code=1)
    rooms.run("ternd", "stop", code=1)


def test_many_starts_at_once_give_one_daemon(rooms):
    children = [rooms.start(["ternd", "--session", FAKE], stdout=subprocess.DEVNULL)
                for _ in range(8)]
    assert [child.wait(20) for child in children] == [0] * 8
    with rooms.bridge() as bridge:
        assert bridge.call("router.status")["pid"] == rooms.daemon_pid()


def test_status_tells_stale_and_unreadable(rooms):
    rooms.start_daemon()
    rooms.kill(rooms.daemon_pid())
    rooms.run("ternd", "status", code=2)
    with open(tern(rooms, "daemon"), "w", encoding="utf-8") as file:
        file.write("nonsense\n")
    rooms.run("ternd", "status", code=17)
    rooms.start_daemon()
    rooms.run("ternd", "status", code=0)


def test_it_owns_nothing_of_its_caller(rooms):
    # The pipes of the caller are let go: communicate() ends, as ssh does.
    rooms.start_daemon()
    pid = rooms.daemon_pid()
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    assert [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)] == ["/dev/null"] * 3
    assert os.getsid(pid) not in (os.getsid(0), pid)
    os.kill(pid, signal.SIGHUP)
    with rooms.bridge() as bridge:
        bridge.call("profile.list")
    assert is_alive(pid)


def test_the_socket_and_the_files_are_private(rooms):
    rooms.start_daemon()
    path = rooms.daemon_file()["socket"]
    assert path == tern(rooms, "run", "ternd.sock")
    assert mode(path) == 0o600 and mode(os.path.dirname(path)) == 0o700
    for name in ("daemon", "lock"):
        assert mode(tern(rooms, name)) == 0o600
    assert mode(os.path.join(rooms.env["XDG_STATE_HOME"], "tern", "ternd.log")) == 0o600


def test_the_socket_goes_where_tern_socket_says(rooms):
    wished = rooms.path("run", "deeper", "s")
    rooms.env["TERN_SOCKET"] = wished
    rooms.start_daemon()
    assert rooms.daemon_file()["socket"] == wished
    assert mode(wished) == 0o600 and mode(os.path.dirname(wished)) == 0o700
    rooms.stop_daemon()
    os.chmod(os.path.dirname(wished), 0o750)
    assert "chmod 700" in rooms.start_daemon(code=1).stderr
    for bad in ("relative", "/" + "x" * 120):
        rooms.env["TERN_SOCKET"] = bad
        assert "TERN_SOCKET" in rooms.start_daemon(code=1).stderr


def test_a_file_in_the_sockets_place_is_not_removed(rooms):
    rooms.env["TERN_SOCKET"] = rooms.write("run/precious", "text")
    assert "cannot listen" in rooms.start_daemon(code=1).stderr
    assert os.path.getsize(rooms.path("run", "precious")) == 4


def test_a_long_path_gives_a_private_folder_under_tmp(rooms):
    rooms.data = rooms._make("x" * 100)
    rooms.env["XDG_DATA_HOME"] = rooms.data
    rooms.start_daemon()
    path = rooms.daemon_file()["socket"]
    assert path.startswith("/tmp/tern-") and mode(os.path.dirname(path)) == 0o700
    rooms.stop_daemon()
    assert not os.path.exists(os.path.dirname(path))


def reachable(rooms, path):
    """Waits until the daemon answers at PATH."""
    deadline = Deadline(10)
    while not deadline.is_over():
        try:
            with BridgeClient(path) as bridge:
                bridge.hello()
                return bridge.call("router.status")["pid"] == rooms.daemon_pid()
        except (OSError, Closed):
            continue
    return False


def test_a_removed_socket_is_made_again(rooms):
    path = rooms.env["TERN_SOCKET"] = rooms.path("run", "user", "tern", "s")
    rooms.start_daemon()
    with rooms.bridge() as before:
        os.unlink(path)
        assert reachable(rooms, path)
        os.rename(os.path.dirname(path), rooms.path("run", "user", "gone"))
        assert reachable(rooms, path)
        # What nobody is told of is seen at SIGHUP, and at the next ping.
        os.rename(rooms.path("run", "user"), rooms.path("run", "gone"))
        os.kill(rooms.daemon_pid(), signal.SIGHUP)
        assert reachable(rooms, path)
        # Where it cannot be again, as after the last logout, it moves beside the state.
        os.rename(rooms.path("run", "user"), rooms.path("run", "gone", "too"))
        rooms.write("run/user", "")
        os.kill(rooms.daemon_pid(), signal.SIGHUP)
        assert reachable(rooms, tern(rooms, "run", "ternd.sock"))
        assert rooms.daemon_file()["socket"] == tern(rooms, "run", "ternd.sock")
        assert before.call("router.status")["pid"] == rooms.daemon_pid()


def test_a_dead_daemons_socket_is_replaced(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    rooms.kill(rooms.daemon_pid())
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        assert bridge.call("roster.list", profile="home")["contacts"]


def test_without_a_home_it_says_so(rooms):
    rooms.env["XDG_DATA_HOME"] = rooms.write("file", "") + "/data"
    assert "cannot be made" in rooms.start_daemon(code=1).stderr


def test_signals_end_it_with_a_goodbye(rooms):
    rooms.profile("home")
    for number in (signal.SIGTERM, signal.SIGINT):
        child = fg(rooms)
        with rooms.bridge() as bridge:
            bridge.call("profile.attach", profile="home")
            child.send_signal(number)
            bridge.wait_closed()
        assert child.wait(10) == 0
        child.stderr.close()


def test_a_second_signal_does_not_wait(rooms):
    rooms.profile("home")
    child = fg(rooms)
    with rooms.bridge() as bridge:
        pid = bridge.call("profile.attach", profile="home") and info_of(bridge, "home")["pid"]
        os.kill(pid, signal.SIGSTOP)
        child.send_signal(signal.SIGTERM)
        for line in child.stderr:
            if "stopping" in line:
                break
        child.send_signal(signal.SIGTERM)
        assert child.wait(5) == 0
    child.stderr.close()
    assert wait_for_end(pid, 5)


def test_wrong_words_are_told(rooms):
    assert "no verb" in rooms.run("ternd", "dance", code=64).stderr
    rooms.run("ternd", "--dance", code=64)
    rooms.run("ternd", "fg", "fg", code=64)
    rooms.run("ternd", "--hurry", "x", code=64)
    assert rooms.run("ternd", "--version").stdout.startswith("ternd ")
    assert "embedded" in rooms.run("ternd", "--help").stdout
    rooms.configure(profiles_per_process="many")
    assert "ternd.conf:1" in rooms.start_daemon().stderr


def embed(rooms):
    """A private daemon and a client on its connection."""
    ours, theirs = socket.socketpair()
    child = rooms.start(["ternd", "--session", FAKE, "--embedded-fd", str(theirs.fileno())],
                        pass_fds=[theirs.fileno()])
    theirs.close()
    return child, BridgeClient(ours)


def test_embedded_serves_one_connection_and_ends_with_it(rooms):
    rooms.profile("home")
    child, bridge = embed(rooms)
    with bridge:
        bridge.hello()
        assert "pid" not in info_of(bridge, "home")
        bridge.call("profile.attach", profile="@DEFAULT@")
        ask(bridge, "home", "events 1 1")
        assert not os.path.exists(tern(rooms, "daemon"))
        rooms.run("ternd", "status", code=1)
    assert child.wait(10) == 0


def test_embedded_works_beside_a_running_daemon(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    child, private = embed(rooms)
    with private, rooms.bridge() as bridge:
        private.hello()
        assert private.call("router.status")["pid"] == child.pid
        assert bridge.call("router.status")["pid"] == rooms.daemon_pid()
        assert private.call("router.stop")["is_stopping"]
        private.wait_closed()
        bridge.call("profile.list")
    assert child.wait(10) == 0
    assert "descriptor 9" in rooms.run("ternd", "--embedded-fd", "9", code=64).stderr


def test_it_survives_the_want_of_descriptors(rooms):
    rooms.profile("home")
    child = fg(rooms, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
    path = rooms.daemon_file()["socket"]
    with rooms.bridge() as first:
        crowd = [socket.socket(socket.AF_UNIX) for _ in range(60)]
        for one in crowd:
            one.connect(path)
        first.call("roster.list", profile="home")
        for one in crowd:
            one.close()
        assert reachable(rooms, path)
    child.terminate()
    assert child.wait(10) == 0
    child.stderr.close()


def test_another_user_is_closed_before_a_byte(rooms, root):
    rooms.start_daemon()
    path = rooms.daemon_file()["socket"]
    for folder in (rooms.folder, rooms.home, *(rooms.path("home", name) for name in (
            ".local", ".local/share", ".local/share/tern", ".local/share/tern/run"))):
        os.chmod(folder, 0o755)
    os.chmod(path, 0o666)
    script = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
              "s.settimeout(20); print(len(s.recv(1)))")
    done = subprocess.run([*root, "setpriv", "--reuid=65534", "--regid=65534",
                           "--clear-groups", "/usr/bin/python3", "-c", script, path],
                          capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "0" or "ConnectionReset" in done.stderr
    assert "uid=65534" in rooms.log()
    with rooms.bridge() as bridge:
        bridge.call("profile.list")


def test_ten_thousand_connections_in_a_row(rooms):
    rooms.start_daemon()
    path = rooms.daemon_file()["socket"]
    with rooms.bridge() as other:
        for i in range(10000):
            one = socket.socket(socket.AF_UNIX)
            one.connect(path)
            if i % 100 == 0:
                one.sendall(msgpack.packb([0, 1, "bridge.hello", {"program": "x"}]))
                assert one.recv(100)
                other.call("profile.list")
            one.close()
        deadline = Deadline(20)
        while other.call("router.status")["frontends"] > 1:
            assert not deadline.is_over()
        fds = len(os.listdir(f"/proc/{rooms.daemon_pid()}/fd"))
        assert fds < 30


def test_it_refuses_new_work_while_it_ends(rooms):
    rooms.profile("home")
    rooms.start_daemon(hurry=4)
    with rooms.bridge() as bridge:
        bridge.call("roster.list", profile="home")
        pid = info_of(bridge, "home")["pid"]
        os.kill(pid, signal.SIGSTOP)
        bridge.call("router.stop")
        with pytest.raises(BridgeError) as caught:
            bridge.call("profile.list")
        assert caught.value.code == "BUSY"
        bridge.wait_closed()
    assert wait_for_end(pid, 5)
