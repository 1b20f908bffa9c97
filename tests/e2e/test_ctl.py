"""ternctl by its manual page: every verb, what it prints, how it ends."""

import itertools
import json
import os
import re
import subprocess

import pexpect
import pytest

from deadline import Deadline
from house import read_proc
from peer import Peer

NUMBERS = itertools.count(1)


class Town:
    """A house, a server, and in it alice and bob of this test's own who are contacts."""

    def __init__(self, house, server):
        number = next(NUMBERS)
        self.house, self.server = house, server
        self.alice, self.bob = f"alice{number}", f"bob{number}"
        for user in (self.alice, self.bob):
            server.add_user(user, f"{user}'s secret")
        server.befriend(self.alice, self.bob)
        self.bob_jid, self.alice_jid = server.jid(self.bob), server.jid(self.alice)

    def create(self, name="home", *more):
        self.house.create_profile(self.server, self.alice, f"{self.alice}'s secret", name,
                                  *more)

    def online(self, name="home", *more):
        self.create(name, *more)
        self.wait("online", name)

    def wait(self, word, name="@DEFAULT@", seconds=10):
        """Until status has WORD in it; the status."""
        deadline = Deadline(seconds)
        while True:
            text = self.house.run("ternctl", "-p", name, "status", code=None).stdout
            if word in text:
                return text
            assert not deadline.is_over(), f"status is {text!r}, without {word!r}"

    def peer(self):
        return Peer(self.server, self.bob, f"{self.bob}'s secret")

    def lines(self, *arguments):
        """The lines of history as objects."""
        text = self.house.ctl("--json", "history", self.bob_jid, *arguments)
        return [json.loads(row) for row in text.splitlines()]

    def wait_lines(self, count, *arguments):
        deadline = Deadline(10)
        while len(lines := self.lines(*arguments)) < count:
            assert not deadline.is_over()
        return lines

    def asked(self, *arguments):
        """ternctl on a terminal of its own."""
        return pexpect.spawn(self.house.program("ternctl"), list(arguments), env=self.house.env,
                             timeout=Deadline(10).left(), encoding="utf-8")


@pytest.fixture(name="town")
def make_town(house, shared_server):
    return Town(house, shared_server)


# ---- status ----------------------------------------------------------------------------


def test_status_is_one_short_line_of_link_unread_and_requests(town):
    town.server.add_user(f"c{town.bob}", "carol's secret")
    town.online()
    assert town.house.ctl("status") == "online\n"
    with town.peer() as bob, Peer(town.server, f"c{town.bob}", "carol's secret") as carol:
        bob.send(town.alice_jid, "one")
        bob.send(town.alice_jid, "two")
        carol.subscribe(town.alice_jid)
        assert town.wait("1 request") and town.wait("2 unread")
    assert town.house.ctl("status") == "online, 2 unread, 1 request\n"
    row = json.loads(town.house.ctl("--json", "status"))
    assert (row["unread"], row["requests"], row["link"]["state"]) == (2, 1, "online")


def test_status_starts_nothing_and_says_so(house):
    done = house.run("ternctl", "status", code=5)
    assert done.stdout == "not running\n" and not house.daemon_pid()
    assert json.loads(house.run("ternctl", "--json", "status", code=5).stdout) == {
        "running": False}


def test_status_of_no_profile_is_a_sentence(house):
    house.ctl("profile", "list")
    done = house.run("ternctl", "-p", "none", "status", code=1)
    assert "no such profile" in done.stderr


# ---- send ------------------------------------------------------------------------------


def test_standard_input_is_sent_as_one_message_without_its_last_line_end(town):
    town.online()
    with town.peer() as bob:
        town.house.ctl("send", town.bob_jid, input="one\n\n  two\n\n")
        assert bob.wait_message("one\n\n  two\n")
        town.house.ctl("send", town.bob_jid, "--", "-x --wait")
        assert bob.wait_message("-x --wait")
    assert bob.bodies() == ["one\n\n  two\n", "-x --wait"]


@pytest.mark.parametrize("text, why", [
    ("", "no text"), ("\n", "no text"), ("a\0b", "UTF-8"), ("\udcff", "UTF-8")])
def test_what_is_no_text_is_not_sent(town, text, why):
    town.create()
    done = town.house.run("ternctl", "send", town.bob_jid, input=text, code=2) \
        if "\udcff" not in text else subprocess.run(
            [town.house.program("ternctl"), "send", town.bob_jid], input=b"\xff",
            capture_output=True, env=town.house.env)
    assert done.returncode == 2
    assert why in (done.stderr if isinstance(done.stderr, str) else done.stderr.decode())
    assert town.lines() == []


@pytest.mark.parametrize("argv, why", [
    (["a b@c", "x"], "a b@c"), (["@", "x"], "before the @"), (["b@x", "a\x01b"], "characters"),
    (["b@x", "a" * 66000], "bytes")])
def test_what_cannot_be_sent_is_refused_with_a_sentence(town, argv, why):
    town.create()
    done = town.house.run("ternctl", "send", *argv, code=1)
    assert why in done.stderr and done.stderr.count("\n") == 1


def test_wait_sent_says_that_nothing_will_be_sent_offline(town):
    town.online()
    town.house.ctl("disconnect")
    town.wait("offline")
    done = town.house.run("ternctl", "send", town.bob_jid, "x", "--wait", "sent", code=1)
    assert "not connected" in done.stderr and "connect" in done.stderr
    assert [line["state"] for line in town.lines()] == ["queued"]
    with town.peer() as bob:
        town.house.ctl("connect")
        assert bob.wait_message("x")


def test_wait_sent_says_what_it_waits_for_and_ends_when_it_came(house, server):
    town = Town(house, server)
    town.online()
    server.stop()
    town.wait("waiting")
    sending = town.house.start(["ternctl", "send", town.bob_jid, "x", "--wait", "sent"],
                               stderr=subprocess.PIPE, text=True)
    assert "not connected" in sending.stderr.readline()
    server.start()
    town.house.ctl("connect")
    assert sending.wait(Deadline(20).left()) == 0
    sending.stderr.close()


def test_wait_sent_ends_with_the_reason_when_the_server_refused(town):
    town.house.create_profile(town.server, town.alice, "wrong")
    town.wait("refused")
    done = town.house.run("ternctl", "send", town.bob_jid, "x", "--wait", "sent", code=1)
    assert "password" in done.stderr


# ---- history ---------------------------------------------------------------------------


def test_history_goes_back_by_the_cursor_to_its_beginning(town):
    town.create()
    town.house.ctl("disconnect")
    for number in range(6):
        town.house.ctl("send", town.bob_jid, f"line {number}")
    seen, cursor = [], []
    for _ in range(3):
        done = town.house.run("ternctl", "history", town.bob_jid, "--limit", "2", *cursor)
        seen = re.findall("line [0-9]", done.stdout) + seen
        found = re.findall("--before [0-9]+", done.stderr)
        cursor = found[0].split() if found else ["none"]
    assert seen == [f"line {number}" for number in range(6)]
    assert cursor == ["none"], "there is nothing before the beginning"
    lines = town.lines("--limit", "3")
    assert [line["body"] for line in lines] == ["line 3", "line 4", "line 5"]
    earlier = town.lines("--limit", "500", "--before", str(lines[0]["place"]))
    assert [line["body"] for line in earlier] == ["line 0", "line 1", "line 2"]


def test_history_without_lines_prints_nothing(town):
    town.create()
    assert town.house.ctl("history", "nobody@localhost") == ""


def test_others_text_is_cleaned_and_its_further_lines_indented(town):
    town.online()
    with town.peer() as bob:
        bob.send(town.alice_jid, "one\ntw\u009bo\u202e\r\n2026-01-01 00:00 me: forged")
        bob.send(town.alice_jid, "/me waves\nand \"goes\"")
        lines = town.wait_lines(2)
    text = town.house.ctl("history", town.bob_jid)
    rows = text.splitlines()
    assert re.fullmatch(rf"[0-9-]{{10}} [0-9:]{{5}} {town.bob_jid}: one", rows[0])
    assert rows[1] == " " * 17 + "tw\ufffdo\ufffd"
    assert rows[2] == " " * 17 + "2026-01-01 00:00 me: forged"
    assert rows[3].endswith(f"* {town.bob_jid} waves") and rows[4] == " " * 17 + 'and "goes"'
    assert lines[0]["body"].startswith("one\ntw\u009bo\u202e")


def test_json_is_one_object_a_line_without_a_control_character(town):
    town.online()
    with town.peer() as bob:
        bob.send(town.alice_jid, "a\nb\tc\u009b\u202e\u2028\"\\\U0001f600\u007f")
        town.wait_lines(1)
    text = town.house.ctl("--json", "history", town.bob_jid)
    assert text.count("\n") == 1 and text.endswith("}\n")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", text)
    assert json.loads(text)["body"] == "a\nb\tc\u009b\u202e\u2028\"\\\U0001f600\u007f"


# ---- roster ----------------------------------------------------------------------------


def test_roster_lists_adds_and_removes(town):
    town.online()
    other = town.server.jid("other")
    town.house.ctl("roster", "add", other, "--name", "An Other", "--group", "One",
                   "--group", "Two")
    text = town.house.ctl("roster")
    assert f"{other}  An Other  [One, Two]  (none, asked)" in text
    rows = [json.loads(row) for row in town.house.ctl("--json", "roster").splitlines()]
    [row] = [row for row in rows if row.get("jid") == other]
    assert row["kind"] == "contact" and sorted(row["groups"]) == ["One", "Two"]
    town.house.ctl("roster", "remove", other)
    assert other not in town.house.ctl("roster")
    assert town.house.run("ternctl", "roster", "remove", other, code=1).stderr


def test_roster_add_offline_is_refused_with_a_sentence(town):
    town.online()
    town.house.ctl("disconnect")
    town.wait("offline")
    done = town.house.run("ternctl", "roster", "add", "x@localhost", code=1)
    assert "not connected" in done.stderr


# ---- watch, call, schema ---------------------------------------------------------------


def test_watch_prints_the_named_events_as_they_come(town):
    town.online()
    watching = town.house.start(["ternctl", "--json", "watch", "message.changed"],
                                stdout=subprocess.PIPE, text=True)
    plain = town.house.start(["ternctl", "watch"], stdout=subprocess.PIPE, text=True)
    deadline = Deadline(10)
    while json.loads(town.house.ctl("--json", "status"))["attached"] < 2:
        assert not deadline.is_over()
    with town.peer() as bob:
        bob.send(town.alice_jid, "he\nllo")
        row = json.loads(watching.stdout.readline())
        assert row["event"] == "message.changed" and row["line"]["body"] == "he\nllo"
        while not (text := plain.stdout.readline()).startswith("message.changed "):
            pass
        assert "he llo" in text
    town.house.run("ternd", "stop")
    assert watching.wait(Deadline(10).left()) == 3 and plain.wait(Deadline(10).left()) == 3
    watching.stdout.close()
    plain.stdout.close()


def test_call_and_schema_speak_for_every_method(town):
    town.online()
    assert town.house.ctl("call", "presence.set", "show=away", "text=lunch") == ""
    assert "profile.create" in town.house.ctl("schema")
    assert json.loads(town.house.ctl("--json", "schema"))["text"]
    result = json.loads(town.house.ctl("--json", "call", "profile.attach"))
    assert result["profile"] == "home" and result["show"] == "away"
    for argv in (["no.such"], ["presence.set"], ["presence.set", "show=maybe"],
                 ["presence.set", "shou=away"], ["session.end"]):
        assert town.house.run("ternctl", "call", *argv, code=2).stderr


# ---- passwords and locks ---------------------------------------------------------------


def test_passwords_are_asked_without_echo(town):
    town.house.ctl("profile", "list")
    asking = town.asked("profile", "create", "home", town.alice_jid, "--host", "127.0.0.1",
                        "--port", str(town.server.port), "--ca-file", town.server.ca_file)
    for prompt, answer in (("Password of [^:]*: ", f"{town.alice}'s secret"),
                           ("none\\): ", "open sesame"), ("again: ", "open sesame")):
        asking.expect(prompt)
        asking.sendline(answer)
    asking.expect(pexpect.EOF)
    asking.close()
    assert asking.exitstatus == 0
    assert "secret" not in asking.before and "sesame" not in asking.before
    town.wait("online")
    [row] = [json.loads(row) for row in
             town.house.ctl("--json", "profile", "list").splitlines()]
    assert row["is_protected"]


def test_a_locked_profile_is_unlocked_on_a_terminal_and_code_4_without(town):
    word = town.house.write("word", "open sesame")
    town.online("home", "--profile-password-file", word)
    town.house.run("ternd", "stop")
    for verb in (["send", town.bob_jid, "x"], ["roster"], ["history", town.bob_jid],
                 ["connect"], ["watch"], ["call", "presence.set", "show=away"],
                 ["profile", "password", "home", "--password-file", word]):
        done = town.house.run("ternctl", *verb, code=4)
        assert "locked" in done.stderr and not done.stdout
    assert town.house.ctl("status") == "locked\n"
    assert "locked" in town.house.ctl("profile", "list")
    asking = town.asked("send", town.bob_jid, "let me in")
    asking.expect("Profile password: ")
    asking.sendline("wrong")
    asking.expect("not the password")
    asking.expect("Profile password: ")
    asking.sendline("open sesame")
    asking.expect(pexpect.EOF)
    asking.close()
    assert asking.exitstatus == 0 and "sesame" not in asking.before
    assert [line["body"] for line in town.lines()] == ["let me in"]


def test_a_wrong_profile_password_ends_with_4_and_unlocks_nothing(town):
    word = town.house.write("word", "open sesame")
    town.online("home", "--profile-password-file", word)
    town.house.run("ternd", "stop")
    wrong = town.house.write("wrong", "x")
    done = town.house.run("ternctl", "connect", "--profile-password-file", wrong, code=4)
    assert "not the password" in done.stderr
    assert town.house.ctl("status") == "locked\n"
    town.house.ctl("connect", "--profile-password-file", "-", input="open sesame\n")
    town.wait("online")


# ---- exit codes and time ---------------------------------------------------------------


@pytest.mark.parametrize("argv", [
    [], ["nonsense"], ["profile"], ["profile", "nonsense"], ["status", "x"],
    ["send"], ["history", "a@b", "--limit", "0"], ["history", "a@b", "--before", "x"],
    ["send", "a@b", "x", "--wait", "read"], ["--limit", "3", "status"],
    ["profile", "create", "x", "a@b", "--port", "70000"], ["watch", "no.event"]])
def test_a_wrong_command_line_ends_with_2(house, argv):
    done = house.run("ternctl", *argv, code=2)
    assert done.stderr.startswith("ternctl: ") and not done.stdout


def test_what_the_daemon_refuses_ends_with_1(house):
    for argv in (["-p", "none", "roster"], ["-p", "none", "connect"],
                 ["profile", "delete", "none", "--yes"], ["profile", "default", "none"],
                 ["-p", "none", "send", "a@b", "x"], ["roster"]):
        done = house.run("ternctl", *argv, code=1)
        assert done.stderr.startswith("ternctl: ") and not done.stdout


def test_a_daemon_that_cannot_be_started_ends_with_5(house):
    blocked = house.write("blocked", "")
    house.env["XDG_DATA_HOME"] = blocked
    done = house.run("ternctl", "roster", code=5)
    assert done.stderr.startswith("ternctl: ") and blocked in done.stderr


def test_output_that_cannot_be_written_is_told(town):
    town.create()
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([town.house.program("ternctl"), "profile", "list"],
                              stdout=full, stderr=subprocess.PIPE, env=town.house.env)
    assert done.returncode == 1 and b"cannot be written" in done.stderr


def test_help_names_every_verb_and_option(house):
    text = house.ctl("--help")
    for verb in ("profile create", "profile list", "profile delete", "profile default",
                 "profile password", "connect", "disconnect", "status", "roster add",
                 "roster remove", "send", "history", "watch", "call", "schema"):
        assert verb in text
    assert "--before" in house.ctl("history", "--help")
    assert re.fullmatch(r"ternctl \d+\.\d+.*\n", house.ctl("--version"))
    assert not house.daemon_pid()


def test_no_password_is_seen_from_outside(town):
    town.house.env["TERN_LOG"] = "debug"
    word = town.house.write("word", "open sesame")
    town.online("home", "--profile-password-file", word)
    pids = [town.house.daemon_pid(), *town.house.session_pids()]
    good = town.house.write("good", f"{town.alice}'s secret")
    town.house.ctl("profile", "password", "home", "--password-file", good)
    town.house.ctl("call", "profile.lock")
    town.house.ctl("connect", "--profile-password-file", word)
    town.wait("online")
    os.unlink(word)
    os.unlink(good)
    for pid in pids:
        for name in ("cmdline", "environ"):
            data = read_proc(pid, name)
            assert b"secret" not in data and b"sesame" not in data
    seen = 0
    for folder, _, names in os.walk(town.house.folder):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    data = file.read()
                assert f"{town.alice}'s secret".encode() not in data, path
                assert b"open sesame" not in data, path
                seen += "log" in name
    assert seen, "there is a log"
