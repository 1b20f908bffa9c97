"""A home of its own for one test: folders, environment, and the programs run in it.

    with House() as house:
        house.ctl("profile", "list")
        with house.tern() as screen: ...

The daemon that programs start in here is ended with the house, by its pid; so are terminals
and whatever else of the house became a descendant of this process meanwhile, such as a
daemon that is being replaced or whose program lies elsewhere.
"""

import os
import shutil
import signal
import subprocess
import tempfile

import pytest

from bridge_client import BridgeClient
from deadline import (Deadline, TimedOut, adopt_orphans, children_of, end_process, is_alive,
                      wait_for_end)
from leavings import TEST
from terminal import Terminal

BUILD = os.environ.get("TERN_BUILD", "")
SOURCE = os.environ.get("TERN_SOURCE") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSED_ON = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TERN_SANITIZED")
PROGRAMS = ("tern", "ternctl", "ternd", "session")


class House:
    """BUILD is the build (or installed) tree with bin/ and libexec/; ENV is added."""

    def __init__(self, build=BUILD, **env):
        adopt_orphans()
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="tern-")
        self.home = self._make("home")
        self.data = self._make("home/.local/share")
        self.config = self._make("home/.config")
        self.runtime = self._make("run")
        self._terminals = []
        self._before = set(children_of(os.getpid()))
        self.env = {
            "HOME": self.home, "XDG_DATA_HOME": self.data, "XDG_CONFIG_HOME": self.config,
            "XDG_STATE_HOME": self._make("home/.local/state"),
            "XDG_CACHE_HOME": self._make("home/.cache"), "XDG_RUNTIME_DIR": self.runtime,
            "TMPDIR": self._make("tmp"), "PATH": f"{build}/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8", "TERM": "xterm-256color", "TZ": "UTC", "USER": "tester",
            TEST: os.environ.get(TEST, "")[:300],
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ}, **env}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def _make(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def path(self, *names):
        """A path inside the house's folder."""
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        """Writes TEXT to NAME in the house's folder (0600); its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        return path

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def run(self, *argv, input="", seconds=20, code=0):
        """Runs a program of ours to its end; the CompletedProcess, after its code was
        compared with CODE (None: any)."""
        done = subprocess.run(
            [self.program(argv[0]), *argv[1:]], input=input, capture_output=True, text=True,
            errors="surrogateescape", env=self.env, timeout=Deadline(seconds).left())
        if code is not None and done.returncode != code:
            raise AssertionError(f"{' '.join(argv)} ended with {done.returncode}, not {code}\n"
                                 f"{done.stdout}{done.stderr}")
        return done

    def ctl(self, *arguments, input="", seconds=20, code=0):
        """ternctl's standard output."""
        return self.run("ternctl", *arguments, input=input, seconds=seconds, code=code).stdout

    def start(self, argv, **options):
        """Starts a program in the background: the Popen; it ends with the house."""
        return subprocess.Popen([self.program(argv[0]), *argv[1:]], env=self.env,
                                **{"stdin": subprocess.DEVNULL, **options})

    def tern(self, *arguments, columns=80, lines=24, **env):
        """tern in a terminal of its own."""
        screen = Terminal([self.program("tern"), *arguments], env={**self.env, **env},
                          columns=columns, lines=lines, cwd=self.home)
        self._terminals.append(screen)
        return screen

    def create_profile(self, server, user, password, name="home", *more):
        """A profile for USER of SERVER, made by ternctl."""
        secret = self.write(f"{name}.password", password)
        self.ctl("profile", "create", name, server.jid(user), "--password-file", secret,
                 "--host", "127.0.0.1", "--port", str(server.port),
                 "--ca-file", server.ca_file, *more)
        os.unlink(secret)

    def daemon_file(self):
        """{pid, socket} of the daemon file as text fields, {} without one."""
        try:
            with open(os.path.join(self.data, "tern", "daemon"), encoding="utf-8") as file:
                rows = [line.strip().split("=", 1) if "=" in line else line.split(None, 1)
                        for line in file if line.strip()]
        except FileNotFoundError:
            return {}
        return {row[0].strip(): row[1].strip() for row in rows if len(row) == 2}

    def daemon_pid(self):
        """The running daemon's pid, or None."""
        text = self.daemon_file().get("pid", "")
        return int(text) if text.isdigit() and is_alive(int(text)) else None

    def session_pids(self):
        """The pids of the daemon's session processes."""
        pid = self.daemon_pid()
        return [child for child in children_of(pid)
                if name_of(child) == "session"] if pid else []

    def bridge(self, hello=True):
        """A client on the daemon's socket."""
        client = BridgeClient(self.daemon_file()["socket"])
        if hello:
            client.hello()
        return client

    def stop_daemon(self, how=signal.SIGTERM):
        """Ends the daemon, if one runs, and waits for its end; False when it had to be
        killed."""
        pid = self.daemon_pid()
        return end_process(pid, how, 10) if pid else True

    def kill(self, pid, seconds=5):
        """kill -9, and wait until PID is gone."""
        os.kill(pid, signal.SIGKILL)
        if not wait_for_end(pid, seconds):
            raise TimedOut(f"{pid} did not die")

    def remove(self):
        for screen in self._terminals:
            screen.close()
        self.stop_daemon()
        while ours := [pid for pid in children_of(os.getpid())
                       if pid not in self._before and self._is_ours(pid)]:
            for pid in ours:
                end_process(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _is_ours(self, pid):
        """Whether PID runs in this house; servers of the test do not. Who guards its memory
        is known by its name, as its environment is for root alone."""
        try:
            if os.readlink(f"/proc/{pid}/exe").startswith(os.path.realpath(self.build)):
                return True
            with open(f"/proc/{pid}/environ", "rb") as file:
                return self.folder.encode() in file.read()
        except PermissionError:
            return name_of(pid) in PROGRAMS
        except OSError:
            return False


def name_of(pid):
    """The name of process PID; empty when it has ended."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def read_proc(pid, name):
    """The bytes of /proc/PID/NAME. A process that guards its memory shows some of them to
    root alone: then by sudo -n, without which the case is skipped."""
    path = f"/proc/{pid}/{name}"
    try:
        with open(path, "rb") as file:
            return file.read()
    except PermissionError:
        if shutil.which("sudo"):
            done = subprocess.run(["sudo", "-n", "cat", path], capture_output=True,
                                  stdin=subprocess.DEVNULL, check=False)
            if done.returncode == 0:
                return done.stdout
        pytest.skip("needs root or sudo -n")


def memory_of(pid):
    """Memory of PID in KiB: {"Pss", "Private_Dirty", "Rss", …}."""
    rows = read_proc(pid, "smaps_rollup").decode().splitlines()
    return {row.split(":")[0]: int(row.split()[1]) for row in rows if row.endswith("kB")}


def switches_of(pid):
    """How often PID's threads gave up the processor by themselves: its wakeups."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8") as file:
            total += next(int(row.split()[1]) for row in file
                          if row.startswith("voluntary_ctxt_switches"))
    return total


def cpu_of(pid):
    """CPU seconds of PID so far."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rsplit(b")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
