"""Sessions that outlive terminals and processes, against Debian's Prosody and slixmpp."""

import os
import time

import pytest

from deadline import Deadline
from peer import Peer


@pytest.fixture(name="town")
def make_town(house, server):
    """Alice's profile "home", and Bob who is her contact, on one server."""
    server.add_user("alice", "alice's secret")
    server.add_user("bob", "bob's secret")
    server.befriend("alice", "bob")
    house.server = server
    return house


def wait_status(house, words, profile="home", seconds=10):
    """Until ternctl status says all of WORDS; what it said."""
    deadline = Deadline(seconds)
    while True:
        text = house.run("ternctl", "-p", profile, "status", code=None).stdout
        if all(word in text for word in words):
            return text
        assert not deadline.is_over(), f"status is {text!r}, not {words}"


def online(house, *more, name="home"):
    house.create_profile(house.server, "alice", "alice's secret", name, *more)
    wait_status(house, ["online"], name)


def attached(house, profile="home"):
    bridge = house.bridge()
    bridge.state = bridge.call("profile.attach", profile=profile)
    return bridge


def test_a_message_without_a_terminal_waits_unread(town):
    online(town)
    with Peer(town.server, "bob", "bob's secret") as bob:
        bob.send(town.server.jid("alice"), "are you there?")
        wait_status(town, ["1"])
        bridge = attached(town)
        rows = bridge.state["conversations"]
        assert [(row["unread"], row["last"]["body"]) for row in rows] == [
            (1, "are you there?")]


def test_a_sent_message_reaches_the_other_client(town):
    online(town)
    with Peer(town.server, "bob", "bob's secret") as bob:
        town.ctl("send", town.server.jid("bob"), "good morning", "--wait", "sent")
        assert bob.wait_message("good morning")


def test_text_written_offline_is_sent_after_connecting(town):
    online(town)
    town.ctl("disconnect")
    wait_status(town, ["offline"])
    town.ctl("send", town.server.jid("bob"), "later")
    with Peer(town.server, "bob", "bob's secret") as bob:
        town.ctl("connect")
        assert bob.wait_message("later")


def test_a_killed_session_process_comes_back_untouched(town):
    online(town)
    with Peer(town.server, "bob", "bob's secret") as bob:
        [pid] = town.session_pids()
        begin = time.monotonic()
        town.kill(pid)
        deadline = Deadline(10)
        while town.session_pids() in ([], [pid]):
            assert not deadline.is_over()
        wait_status(town, ["online"])
        assert time.monotonic() - begin < 3 * float(os.environ.get("TERN_SANITIZED", 0) and 3 or 1)
        bob.send(town.server.jid("alice"), "still there?")
        wait_status(town, ["1"])


def test_a_killed_session_of_a_protected_profile_asks_nobody(town):
    word = town.write("word", "open sesame")
    online(town, "--profile-password-file", word)
    [pid] = town.session_pids()
    town.kill(pid)
    deadline = Deadline(10)
    while town.session_pids() in ([], [pid]):
        assert not deadline.is_over()
    wait_status(town, ["online"])


def test_a_killed_router_leaves_a_protected_profile_locked(town):
    word = town.write("word", "open sesame")
    online(town, "--profile-password-file", word)
    town.kill(town.daemon_pid())
    town.ctl("profile", "list")
    wait_status(town, ["locked"])
    done = town.run("ternctl", "send", town.server.jid("bob"), "x", code=None)
    assert done.returncode == 4 and "locked" in done.stderr
    town.ctl("connect", "--profile-password-file", word)
    wait_status(town, ["online"])


def test_a_killed_router_leaves_an_open_profile_online(town):
    online(town)
    town.kill(town.daemon_pid())
    town.ctl("profile", "list")
    wait_status(town, ["online"])


def test_disconnect_holds_over_a_restart(town):
    online(town)
    town.ctl("disconnect")
    wait_status(town, ["offline"])
    town.run("ternd", "stop")
    town.ctl("profile", "list")
    wait_status(town, ["offline"])


def test_a_second_login_transfers_no_roster(town):
    online(town)
    town.run("ternd", "stop")
    town.ctl("profile", "list")
    wait_status(town, ["online"])
    assert "bob" in town.ctl("roster")


def test_a_wrong_password_is_refused_in_plain_words(town):
    town.create_profile(town.server, "alice", "wrong")
    wait_status(town, ["refused"])
    link = attached(town).state["link"]
    assert link["state"] == "refused" and "password" in link["reason"]
    good = town.write("good", "alice's secret")
    town.ctl("profile", "password", "home", "--password-file", good)
    town.ctl("connect")
    wait_status(town, ["online"])


def test_no_password_lies_in_the_database_in_clear(town):
    word = town.write("word", "open sesame")
    online(town, "--profile-password-file", word)
    folder = os.path.join(town.data, "tern", "profiles", "home")
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        assert b"alice's secret" not in data and b"open sesame" not in data, name


def test_the_same_token_sends_once(town):
    online(town)
    token = os.urandom(16)
    with Peer(town.server, "bob", "bob's secret") as bob:
        bridge = attached(town)
        call = dict(profile="home", token=token, jid=town.server.jid("bob"), body="once")
        first = bridge.call("message.send", **call)
        assert bridge.call("message.send", **call)["id"] == first["id"]
        with pytest.raises(Exception, match="TOKEN_REUSED"):
            bridge.call("message.send", **{**call, "body": "twice"})
        bridge.call("message.send", **{**call, "body": "end", "token": os.urandom(16)})
        bob.wait_message("end")
        assert bob.bodies() == ["once", "end"]


def test_the_cursor_brings_only_what_changed(town):
    online(town)
    deadline = Deadline(10)
    while "bob" not in town.ctl("roster"):
        assert not deadline.is_over()
    bridge = attached(town)
    first = bridge.state
    assert first["is_full"]
    bridge.call("conversation.draft", profile="home", jid=town.server.jid("bob"), text="hm")
    again = bridge.call("profile.attach", profile="home", epoch=first["epoch"],
                        seq=first["seq"])
    assert not again.get("is_full") and not again.get("contacts")
    assert [row["draft"] for row in again["conversations"]] == ["hm"]
    strange = bridge.call("profile.attach", profile="home", epoch=1, seq=1)
    assert strange["is_full"] and strange["contacts"]


def test_subscription_requests_are_kept_and_answered(town):
    town.server.add_user("carol", "carol's secret")
    online(town)
    with Peer(town.server, "carol", "carol's secret") as carol:
        bridge = attached(town)
        carol.subscribe(town.server.jid("alice"))
        bridge.wait_event("request.added")
        bridge.call("subscription.accept", profile="home", jid=town.server.jid("carol"))
        bridge.wait_event("request.gone")
        assert carol.wait_presence(sender=town.server.jid("alice"))


def test_typing_is_shown_and_sent(town):
    online(town)
    with Peer(town.server, "bob", "bob's secret") as bob:
        bridge = attached(town)
        bob.send_chat_state(town.server.jid("alice"), "composing")
        assert bridge.wait_event("typing.changed")["state"] == "composing"
        bridge.call("conversation.typing", profile="home", jid=town.server.jid("bob"),
                    state="composing")
        bob.wait_chat_state("composing")


def test_blocking_goes_to_the_server_and_back(town):
    online(town)
    bridge = attached(town)
    bridge.call("block.add", profile="home", jid=town.server.jid("bob"))
    bridge.wait_event("block.added")
    bridge.call("block.remove", profile="home", jid=town.server.jid("bob"))
    bridge.wait_event("block.removed")


def test_a_deleted_profile_leaves_no_folder(town):
    online(town)
    town.ctl("profile", "delete", "home", "--yes")
    assert os.listdir(os.path.join(town.data, "tern", "profiles")) == []


@pytest.mark.parametrize("name", ["a" * 300, "@x", " x", "x ", "a\nb", ""])
def test_what_is_no_profile_name_is_refused(house, name):
    secret = house.write("secret", "x")
    done = house.run("ternctl", "profile", "create", name, "a@localhost",
                     "--password-file", secret, code=None)
    assert done.returncode not in (0, 3, 5) and done.stderr


@pytest.mark.parametrize("name", ["../x", ".", "a/b", "büro", "a.b", "[x] y", "e\u0301te"])
def test_unusual_names_work_and_stay_in_their_folder(house, name):
    secret = house.write("secret", "x")
    house.ctl("profile", "create", name, "a@localhost", "--password-file", secret,
              "--host", "127.0.0.1", "--port", "1")
    assert house.ctl("profile", "list")
    house.ctl("-p", name, "disconnect")
    [folder] = os.listdir(os.path.join(house.data, "tern", "profiles"))
    assert folder.isascii() and not folder.startswith(".")
    assert os.listdir(os.path.join(house.data, "tern", "profiles", folder))


def test_a_name_and_its_decomposed_twin_are_one_profile(house):
    secret = house.write("secret", "x")
    create = ["profile", "create", "\u00e9te", "a@localhost", "--password-file", secret,
              "--host", "127.0.0.1", "--port", "1"]
    house.ctl(*create)
    create[2] = "e\u0301te"
    done = house.run("ternctl", *create, code=None)
    assert done.returncode != 0 and "already" in done.stderr


def test_a_damaged_profile_is_named_and_can_be_deleted(town):
    online(town)
    town.run("ternd", "stop")
    vault = os.path.join(town.data, "tern", "profiles", "home", "vault")
    with open(vault, "wb") as file:
        file.write(b"garbage")
    done = town.run("ternctl", "roster", code=None)
    assert done.returncode != 0 and done.stderr
    town.ctl("profile", "delete", "home", "--yes")
    assert os.listdir(os.path.join(town.data, "tern", "profiles")) == []


def test_a_corrupt_database_is_set_aside_and_the_profile_goes_on(town):
    online(town)
    town.run("ternd", "stop")
    folder = os.path.join(town.data, "tern", "profiles", "home")
    with open(os.path.join(folder, "store.db"), "r+b") as file:
        file.seek(0)
        file.write(b"\0" * 4096 * 4)
    town.ctl("profile", "list")
    deadline = Deadline(10)
    while not [name for name in os.listdir(folder) if "corrupt" in name]:
        assert not deadline.is_over()


def test_conversations_keep_their_order_whatever_happens_in_them(town):
    online(town)
    bridge = attached(town)
    names = ["zoe@localhost", "bob@localhost", "ann@localhost"]
    for name in names:
        bridge.call("conversation.open", profile="home", jid=name)
    bridge.call("conversation.draft", profile="home", jid=names[0], text="hm")
    rows = attached(town).state["conversations"]
    assert [row["jid"] for row in rows] == names


@pytest.mark.parametrize("said,kept", [("off", "no"), ("NO", "no"), ("true", "yes")])
def test_a_switch_is_understood_in_other_words(town, said, kept):
    online(town)
    bridge = attached(town)
    bridge.call("settings.set", profile="home", name="typing", value=said)
    assert bridge.wait_event("settings.changed")["setting"]["value"] == kept
    with pytest.raises(Exception, match="BAD_SETTING"):
        bridge.call("settings.set", profile="home", name="typing", value="perhaps")
