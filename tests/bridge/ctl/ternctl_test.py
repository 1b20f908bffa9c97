"""ternctl against a daemon of Python: its verbs, exit codes, what it asks and prints."""

import fcntl
import json
import os
import socket
import subprocess
import threading
import time

import msgpack
import pexpect
import pytest

BUILD = os.environ["TERN_BUILD"]
TERNCTL = os.path.join(BUILD, "bin", "ternctl")
SANITIZED = "TERN_SANITIZED" in os.environ


class Failure(Exception):
    def __init__(self, code, message="It says no."):
        super().__init__(code)
        self.code = code
        self.message = message


class Daemon:
    """Holds the lock, listens, and answers calls from a table of functions."""

    def __init__(self, home):
        self.folder = os.path.join(home, "tern")
        os.mkdir(self.folder, 0o700)
        self.lock = open(os.path.join(self.folder, "lock"), "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        path = os.path.join(self.folder, "sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        with open(os.path.join(self.folder, "daemon"), "w") as file:
            file.write(f"pid = {os.getpid()}\nsocket = {path}\n")
        self.calls = []
        self.answers = {"bridge.hello": self.hello}
        self.visitors = []
        threading.Thread(target=self.accept, daemon=True).start()

    def hello(self, params):
        return {"program": "ternd", "version": "0", "schema": params["schema"], "pid": 1}

    def accept(self):
        while True:
            try:
                visitor, _ = self.listener.accept()
            except OSError:
                return
            self.visitors.append(visitor)
            threading.Thread(target=self.serve, args=(visitor,), daemon=True).start()

    def serve(self, visitor):
        unpacker = msgpack.Unpacker(raw=False)
        while True:
            try:
                data = visitor.recv(65536)
            except OSError:
                return
            if not data:
                return
            unpacker.feed(data)
            for _, number, method, params in unpacker:
                self.calls.append((method, params))
                answer = self.answer(method, params)
                try:
                    visitor.sendall(msgpack.packb([1, number, *answer]))
                except OSError:
                    return

    def answer(self, method, params):
        try:
            if method not in self.answers:
                return {"code": "UNKNOWN_METHOD", "message": "no " + method}, None
            function = self.answers[method]
            return None, function(params) if callable(function) else function
        except Failure as failure:
            return {"code": failure.code, "message": failure.message}, None

    def event(self, name, params):
        for visitor in self.visitors:
            visitor.sendall(msgpack.packb([2, name, params]))

    def params(self, method):
        return [params for name, params in self.calls if name == method]

    def close(self):
        if self.listener.fileno() >= 0:
            self.listener.shutdown(socket.SHUT_RDWR)  # closing alone wakes no accept()
        self.listener.close()
        for visitor in self.visitors:
            try:
                visitor.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            visitor.close()
        self.lock.close()


@pytest.fixture
def environment(tmp_path):
    result = dict(os.environ, HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path), TZ="UTC")
    return result


@pytest.fixture
def daemon(tmp_path):
    daemon = Daemon(str(tmp_path))
    yield daemon
    daemon.close()


@pytest.fixture
def run(environment):
    def run(*words, stdin=""):
        # A session of its own: there is no terminal to ask on.
        return subprocess.run([TERNCTL, *words], input=stdin, text=True, timeout=20,
                              capture_output=True, env=environment,
                              start_new_session=True)
    return run


@pytest.fixture
def spawn(environment):
    def spawn(*words):
        return pexpect.spawn(TERNCTL, list(words), env=environment, timeout=10,
                             encoding="utf-8")
    return spawn


def wait_for(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


LINE = {"id": 4, "jid": "a@b", "place": 9, "seq": 1, "body": "one\ntwo \x1b[2J",
        "time": 1700000000000, "state": "received"}


def test_status_never_starts_a_daemon(run, tmp_path):
    result = run("status")
    assert (result.returncode, result.stdout) == (5, "not running\n")
    assert not (tmp_path / "tern").exists()


def test_a_daemon_that_cannot_be_started_is_5(environment, tmp_path):
    copy = tmp_path / "bin"
    copy.mkdir()
    program = copy / "ternctl"
    with open(TERNCTL, "rb") as file:
        program.write_bytes(file.read())
    program.chmod(0o755)
    result = subprocess.run([program, "profile", "list"], capture_output=True, text=True,
                            env=dict(environment, PATH=str(copy)), timeout=20)
    assert result.returncode == 5
    assert "ternd cannot be started" in result.stderr


def test_status_is_one_short_line(run, daemon):
    daemon.answers["profile.list"] = {"profiles": [
        {"name": "home", "is_default": True, "unread": 3, "requests": 1,
         "link": {"state": "online"}},
        {"name": "w\u00f6rk", "twin": "wo\u0308rk", "is_locked": True}]}
    assert run("status").stdout == "online, 3 unread, 1 request\n"
    assert run("-p", "w\u00f6rk", "status").stdout == "locked\n"
    assert run("-p", "wo\u0308rk", "status").stdout == "locked\n"
    assert json.loads(run("status", "--json").stdout)["unread"] == 3
    assert run("-p", "nope", "status").returncode == 1


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_status_without_any_profile_says_so(run, daemon, words):
    daemon.answers["profile.list"] = {"profiles": []}
    result = run(*words, "status")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "ternctl: There is no profile yet.\n"


def test_profiles_are_listed_clean(run, daemon):
    daemon.answers["profile.list"] = {"profiles": [
        {"name": "home", "is_default": True, "jid": "a@b"},
        {"name": "e\x1b[2Jvil", "problem": "damaged"}]}
    lines = run("profile", "list").stdout.splitlines()
    assert lines[0] == "* home  a@b  offline"
    assert lines[1] == "  e\ufffd[2Jvil  unusable: damaged"
    objects = [json.loads(line) for line in run("profile", "list", "--json").stdout.splitlines()]
    assert [item["name"] for item in objects] == ["home", "e\x1b[2Jvil"]


def test_create_takes_passwords_from_files(run, daemon, tmp_path):
    daemon.answers["profile.create"] = {}
    (tmp_path / "pw").write_text("hunter2\n")
    result = run("profile", "create", "home", "a@b", "--password-file", str(tmp_path / "pw"),
                 "--host", "h", "--port", "5223", "--direct-tls")
    assert result.returncode == 0
    assert daemon.params("profile.create") == [
        {"profile": "home", "jid": "a@b", "password": "hunter2", "host": "h", "port": 5223,
         "direct_tls": True}]
    run("profile", "create", "home", "a@b", "--password-file", "-",
        "--profile-password-file", "-", stdin="one\ntwo\n")
    assert daemon.params("profile.create")[1]["password"] == "one"
    assert daemon.params("profile.create")[1]["profile_password"] == "two"


def test_without_a_terminal_a_password_needs_a_file(run, daemon):
    result = run("profile", "create", "home", "a@b")
    assert result.returncode == 2
    assert "--password-file" in result.stderr
    assert not daemon.params("profile.create")


def test_passwords_are_asked_without_echo(spawn, daemon):
    daemon.answers["profile.create"] = {}
    child = spawn("profile", "create", "home", "a@b")
    child.expect("Password of a@b: ")
    child.sendline("hunter2")
    child.expect(r"\(empty: none\): ")
    child.sendline("seal")
    child.expect("again: ")
    child.sendline("seal")
    child.expect(pexpect.EOF)
    assert child.wait() == 0
    assert "hunter2" not in child.before and "seal" not in child.before
    assert daemon.params("profile.create")[0]["profile_password"] == "seal"


def test_a_signal_at_the_prompt_gives_the_echo_back(environment, daemon):
    shell = pexpect.spawn("/bin/sh", env=dict(environment, PS1="$ "), timeout=10,
                          encoding="utf-8")
    shell.expect(r"\$ ")
    shell.sendline(f"{TERNCTL} profile password home")
    shell.expect("Password of home: ")
    shell.sendintr()
    shell.expect(r"\$ ")
    shell.sendline("stty -a")
    shell.expect(r"[ ]echo[ ]")
    shell.close(force=True)


def test_delete_names_what_goes_and_asks(run, spawn, daemon):
    daemon.answers["profile.delete"] = {}
    daemon.answers["profile.list"] = {"profiles": [{"name": "home", "jid": "a@b"}]}
    assert run("profile", "delete", "home").returncode == 2
    assert not daemon.params("profile.delete")
    child = spawn("profile", "delete", "home")
    child.expect("profile home of a@b: its history")
    child.expect(r"\[y/N\] ")
    child.sendline("n")
    child.expect("Nothing was deleted")
    child.expect(pexpect.EOF)
    assert child.wait() == 1
    assert not daemon.params("profile.delete")
    assert run("profile", "delete", "home", "--yes").returncode == 0
    assert daemon.params("profile.delete") == [{"profile": "home"}]


def test_a_locked_profile_is_4_and_sends_nothing(run, daemon):
    def send(params):
        raise Failure("LOCKED", "The profile is locked.")
    daemon.answers["message.send"] = send
    result = run("send", "a@b", "hi")
    assert (result.returncode, result.stderr) == (4, "ternctl: The profile is locked.\n")
    assert [name for name, _ in daemon.calls] == ["bridge.hello", "message.send"]


def test_a_locked_profile_is_unlocked_on_a_terminal(spawn, daemon):
    unlocked = []

    def send(params):
        if not unlocked:
            raise Failure("LOCKED")
        return {"id": 1, "state": "queued"}

    def unlock(params):
        if params["password"] != "right":
            raise Failure("WRONG_PASSWORD", "That is not it.")
        unlocked.append(1)
        return {}
    daemon.answers["message.send"] = send
    daemon.answers["profile.unlock"] = unlock
    child = spawn("send", "a@b", "hi")
    child.expect("Profile password: ")
    child.sendline("wrong")
    child.expect("That is not it")
    child.expect("Profile password: ")
    child.sendline("right")
    child.expect(pexpect.EOF)
    assert child.wait() == 0
    tokens = [params["token"] for params in daemon.params("message.send")]
    assert len(tokens) == 2 and tokens[0] == tokens[1]


def test_connect_unlocks_by_file(run, daemon, tmp_path):
    unlocked = []

    def connect(params):
        if not unlocked:
            raise Failure("LOCKED")
        return {}
    daemon.answers["link.connect"] = connect
    daemon.answers["profile.unlock"] = lambda params: unlocked.append(params) or {}
    (tmp_path / "pw").write_text("seal")
    assert run("connect", "--profile-password-file", str(tmp_path / "pw")).returncode == 0
    assert unlocked == [{"profile": "@DEFAULT@", "password": "seal"}]


def test_roster_is_printed_clean(run, daemon):
    daemon.answers["roster.list"] = {
        "contacts": [{"jid": "a@b", "name": "A\nB", "subscription": "both", "groups": ["x"]},
                     {"jid": "c@d", "subscription": "none", "is_asking": True}],
        "presences": [{"jid": "a@b", "resource": "r", "show": "dnd", "text": "busy"}],
        "requests": [{"jid": "e@f"}], "blocked": ["g@h"]}
    assert run("roster").stdout == (
        "dnd     a@b  A B  [x]  busy\n"
        "offline c@d  (none, asked)\n"
        "request e@f\n"
        "blocked g@h\n")
    kinds = [json.loads(line)["kind"] for line in run("roster", "--json").stdout.splitlines()]
    assert kinds == ["contact", "contact", "presence", "request", "blocked"]


def test_roster_add_asks_for_presence(run, daemon):
    daemon.answers["roster.set"] = {}
    run("roster", "add", "a@b", "--name", "A", "--group", "x", "--group", "y")
    assert daemon.params("roster.set") == [
        {"profile": "@DEFAULT@", "jid": "a@b", "name": "A", "set_groups": True,
         "groups": ["x", "y"], "subscribe": True}]


def test_send_reads_standard_input(run, daemon):
    daemon.answers["message.send"] = {"id": 1, "state": "queued"}
    assert run("send", "a@b", stdin="one\ntwo\n").returncode == 0
    assert daemon.params("message.send")[0]["body"] == "one\ntwo"
    assert len(daemon.params("message.send")[0]["token"]) == 16
    assert run("send", "a@b", stdin="").returncode == 2


@pytest.mark.parametrize("state,code", [("sent", 0), ("acked", 0), ("delivered", 0),
                                        ("failed", 1), ("held", 1)])
def test_send_waits_for_the_event(environment, daemon, state, code):
    daemon.answers["message.send"] = {"id": 4, "state": "queued"}
    daemon.answers["profile.attach"] = {"profile": "home", "jid": "a@b", "epoch": 1, "seq": 1,
                                        "link": {"state": "online"}}
    daemon.answers["message.get"] = {"line": dict(LINE, state="queued")}
    child = subprocess.Popen([TERNCTL, "send", "a@b", "hi", "--wait", "sent"],
                             env=environment, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: daemon.params("message.get"))
    assert child.poll() is None
    daemon.event("message.changed", {"profile": "home", "seq": 2,
                                     "line": dict(LINE, id=3, state=state)})
    daemon.event("message.changed", {"profile": "home", "seq": 3,
                                     "line": dict(LINE, state=state, reason="Gone.")})
    _, words = child.communicate(timeout=10)
    assert child.returncode == code
    assert ("It was not sent: Gone." in words) == (state == "failed")
    assert ("message.retry id=4" in words) == (state == "held")


def test_history_is_clean_and_indented(run, daemon):
    daemon.answers["message.page"] = {"has_more": True, "lines": [
        LINE, dict(LINE, id=5, is_own=True, body="/me waves", state="queued")]}
    result = run("history", "a@b", "--limit", "7")
    assert result.stdout == (
        "2023-11-14 22:13 a@b: one\n"
        "                 two \ufffd[2J\n"
        "2023-11-14 22:13 * me waves [not yet sent]\n")
    assert "--before 9" in result.stderr
    assert daemon.params("message.page")[0]["limit"] == 7
    lines = run("history", "a@b", "--json").stdout.splitlines()
    assert "\\u001b" in lines[0] and json.loads(lines[0])["body"] == LINE["body"]


def test_history_says_what_is_proven_of_own_lines(run, daemon):
    states = ["queued", "sent", "acked", "delivered", "displayed", "held", "failed"]
    daemon.answers["message.page"] = {"lines": [
        dict(LINE, id=i, is_own=True, body="x", state=state, reason="Gone.",
             may_repeat=state == "acked") for i, state in enumerate(states, 5)]}
    text = run("history", "a@b").stdout
    assert [row.split(" x ")[1] for row in text.splitlines()] == [
        "[not yet sent]", "[sent]", "[acked, may repeat]", "[delivered]", "[displayed]",
        "[held]", "[not sent: Gone.]"]
    rows = [json.loads(row) for row in run("history", "a@b", "--json").stdout.splitlines()]
    assert [row["state"] for row in rows] == states
    assert [row["may_repeat"] for row in rows] == [state == "acked" for state in states]


def test_watch_prints_events_at_once_and_ends_with_the_daemon(environment, daemon):
    daemon.answers["profile.attach"] = {"profile": "home", "jid": "a@b", "epoch": 7, "seq": 8,
                                        "link": {"state": "online"}}
    child = subprocess.Popen([TERNCTL, "--json", "watch", "message.changed"],
                             env=environment, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    wait_for(lambda: daemon.params("profile.attach"))
    daemon.event("typing.changed", {"profile": "home", "jid": "a@b", "state": "composing"})
    daemon.event("message.changed", {"profile": "home", "seq": 9, "line": LINE})
    seen = json.loads(child.stdout.readline())
    assert (seen["event"], seen["line"]["body"]) == ("message.changed", LINE["body"])
    daemon.event("profile.resync", {"profile": "home"})
    wait_for(lambda: len(daemon.params("profile.attach")) == 2)
    assert daemon.params("profile.attach")[1]["epoch"] == 7
    daemon.close()
    _, words = child.communicate(timeout=10)
    assert child.returncode == 3 and "The daemon ended" in words


def test_watch_knows_its_events(run, daemon):
    result = run("watch", "no.such")
    assert result.returncode == 2 and "no.such" in result.stderr


def test_call_converts_by_the_schema(run, daemon):
    daemon.answers["presence.set"] = {}
    daemon.answers["message.page"] = {"lines": [LINE]}
    assert run("call", "presence.set", "show=away", "text=lunch").returncode == 0
    assert daemon.params("presence.set") == [
        {"profile": "@DEFAULT@", "show": "away", "text": "lunch"}]
    text = run("call", "message.page", "jid=a@b").stdout
    assert "lines.0.body=one two \ufffd[2J\n" in text
    for words in (["no.such"], ["presence.set", "nick=x"], ["presence.set"],
                  ["session.ping"], ["profile.unlock", "password=x"]):
        assert run("call", *words).returncode == 2


def test_another_schema_is_a_warning(run, daemon):
    daemon.answers["bridge.hello"] = {"program": "ternd", "version": "9", "schema": "x" * 16,
                                      "pid": 1}
    daemon.answers["link.connect"] = {}
    result = run("connect")
    assert result.returncode == 0
    assert "The daemon (ternd 9) and this program" in result.stderr
    assert "different builds" in result.stderr


def test_refusals_and_breaks_have_their_codes(run, daemon):
    def gone(params):
        raise Failure("BACKEND_GONE", "It died.")
    daemon.answers["link.connect"] = gone
    assert run("connect").returncode == 3
    assert run("disconnect").returncode == 1
    daemon.answers["link.connect"] = lambda params: daemon.close() or {}
    assert run("connect").returncode == 3


def test_a_call_is_quick(run, daemon):
    daemon.answers["link.connect"] = {}
    run("connect")
    times = []
    for _ in range(10):
        start = time.monotonic()
        run("connect")
        times.append(time.monotonic() - start)
    # The sanitizers' own start takes most of it.
    assert min(times) < (0.2 if SANITIZED else 0.02)
