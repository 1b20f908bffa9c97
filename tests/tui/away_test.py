"""Coming and going: daemons that die, lock, refuse or talk nonsense; leaving in every way."""

import os
import signal
import time

import pytest

from fake_daemon import FakeDaemon, Failure, Later, Silence

ANNA = "anna@example.org"


@pytest.fixture
def daemon(house):
    with FakeDaemon(house) as one:
        one.contact(ANNA, "Anna")
        yield one


def open_chat(screen):
    screen.line("/msg anna")
    screen.wait("Anna:")


# ---- the daemon ----

def test_a_daemon_that_dies_is_met_again(house, daemon, screen):
    daemon.receive(ANNA, "before")
    open_chat(screen)
    screen.wait("before")
    screen.keys("half")
    daemon.stop()
    screen.wait("the daemon is away")
    screen.wait("before")
    screen.line("")
    screen.wait("› half")
    assert daemon.count("message.send") == 0
    daemon.start()
    started = time.monotonic()
    screen.wait_gone("the daemon is away")
    assert time.monotonic() - started < 5
    daemon.receive(ANNA, "after")
    screen.wait("after")
    screen.keys("\r")
    assert daemon.called("message.send")["body"] == "half"


def test_a_line_under_way_is_sent_again_by_its_token(house, daemon, screen):
    def fail(params):
        raise Silence
    open_chat(screen)
    daemon.on["message.send"] = fail
    screen.line("once")
    first = daemon.called("message.send")
    daemon.stop()
    screen.wait("the daemon is away")
    del daemon.on["message.send"]
    daemon.start()
    second = daemon.called("message.send", count=2)
    assert second == first
    screen.wait("me: once")
    screen.settle()
    assert screen.text().count("me: once") == 1


def test_a_session_process_that_died(house, daemon, screen):
    open_chat(screen)

    def fail(params):
        raise Failure("BACKEND_GONE", "The session process died.")
    daemon.on["message.send"] = fail
    screen.line("once")
    daemon.called("message.send")
    del daemon.on["message.send"]
    daemon.tell("profile.resync")
    daemon.called("profile.attach", count=2)
    daemon.called("message.send", count=2)
    screen.settle()
    assert screen.text().count("me: once") == 1


def test_attaching_waits_for_a_session_process(house, daemon):
    attempts = []

    def attach(params):
        attempts.append(1)
        if len(attempts) < 3:
            raise Failure("BACKEND_GONE", "The session process died.")
        return daemon.do_profile__attach(params)
    daemon.on["profile.attach"] = attach
    with house.tern() as screen:
        screen.wait("Anna")


def test_a_profile_that_takes_long_to_open_is_no_daemon_that_is_away(house, daemon, screen):
    def attach(params):
        raise Later
    daemon.on["profile.attach"] = attach
    daemon.tell("profile.resync")
    screen.wait("home opening")
    screen.line("/away")
    screen.wait("The profile is being opened. Your text is kept")
    del daemon.on["profile.attach"]
    daemon.stop()
    screen.wait("the daemon is away")
    daemon.start()
    screen.wait_gone("the daemon is away")


def test_a_daemon_of_another_build_is_told_and_works(house):
    with FakeDaemon(house, schema="0000000000000000"), house.tern() as screen:
        screen.wait("different builds")
        screen.wait("home unprotected")


def test_a_daemon_that_is_of_another_build_from_now_on(house, daemon, screen):
    screen.keys("half a line")
    screen.wait("half a line")
    daemon.stop()
    daemon.schema = "0000000000000000"
    daemon.start()
    screen.wait("different builds")
    screen.wait("Anna")
    screen.wait("half a line")


def test_a_daemon_that_wants_no_visitors(house):
    with FakeDaemon(house) as daemon:
        def refuse(_):
            raise Failure("INTERNAL", "Not today.")
        daemon.on["bridge.hello"] = refuse
        with house.tern() as screen:
            assert screen.wait_exit() == 3
            assert "Not today" in screen.text()


def test_garbage_from_the_daemon(house, daemon, screen):
    daemon.send_raw(b"\xc1\xc1\xc1 this is no message \xdd\x0f\xff\xff\xff")
    daemon.called("profile.attach", count=2)
    screen.settle()
    assert screen.process.poll() is None


def test_a_daemon_that_cannot_be_started(house):
    with house.tern() as screen:
        assert screen.wait_exit(20) == 5
        assert "tern:" in screen.text()


def test_a_profile_that_is_not_there(house, daemon):
    with house.tern("-p", "nonsense") as screen:
        assert screen.wait_exit() == 1
        assert "no profile nonsense" in screen.text()


# ---- forms ----

def test_the_first_run_can_be_quit(house, daemon):
    daemon.profiles = []
    with house.tern() as screen:
        screen.wait("Try it")
        screen.wait("Log in")
        screen.keys("\t\t\r")
        assert screen.wait_exit() == 0


def log_in(screen, address="anna@example.org", password="secret"):
    screen.wait("Try it")
    screen.keys("\t\r")
    screen.wait("Address")
    screen.keys(address, "\t", password)
    screen.wait(address)
    screen.keys("\r")


@pytest.mark.parametrize("columns,lines", [(80, 24), (40, 12)])
def test_logging_in(house, daemon, columns, lines):
    daemon.profiles = []
    daemon.link = {"state": "connecting", "is_wanted": True}
    with house.tern(columns=columns, lines=lines) as screen:
        log_in(screen)
        made = daemon.called("profile.create")
        assert (made["profile"], made["jid"], made["password"]) == ("anna", ANNA, "secret")
        screen.wait("Connecting…")
        daemon.set_link("securing")
        screen.wait("certificate")
        daemon.set_link("online")
        screen.wait("contacts")
        assert b"secret" not in screen.raw


def test_a_refusal_says_why_and_keeps_what_was_typed(house, daemon):
    daemon.profiles = []
    daemon.link = {"state": "refused", "reason": "The password is wrong.",
                   "condition": "not-authorized"}
    with house.tern() as screen:
        log_in(screen)
        screen.wait("The password is wrong.")
        screen.wait("anna@example.org")
        assert daemon.called("profile.delete")["profile"] == "anna"
        daemon.link = {"state": "online", "is_wanted": True}
        screen.keys("\r")
        screen.wait("contacts")


def test_connecting_can_be_cancelled(house, daemon):
    daemon.profiles = []
    daemon.link = {"state": "connecting"}
    with house.tern() as screen:
        log_in(screen)
        screen.wait("Connecting…")
        screen.keys("\x1b")
        screen.wait("Cancelled.")
        daemon.called("profile.delete")
        screen.wait("anna@example.org")


@pytest.mark.parametrize("address,password,sentence", [
    ("nonsense", "x", "The address looks like"), (ANNA, "", "The password is missing")])
@pytest.mark.parametrize("columns,lines", [(80, 24), (40, 12)])
def test_a_form_that_lacks_something(house, daemon, address, password, sentence, columns, lines):
    daemon.profiles = []
    with house.tern(columns=columns, lines=lines) as screen:
        log_in(screen, address, password)
        screen.wait(sentence)
        assert daemon.count("profile.create") == 0


def test_a_locked_profile_asks_without_echo(house, daemon):
    daemon.is_locked = True
    with house.tern() as screen:
        screen.wait("Profile password")
        screen.keys("xyzzy\r")
        screen.wait("not the profile's password")
        screen.keys("open\r")
        screen.wait("Anna")
        assert b"xyzzy" not in screen.raw


def test_a_profile_that_waits_locked_after_the_daemon_died(house, daemon, screen):
    open_chat(screen)
    daemon.stop()
    daemon.is_locked = True
    daemon.start()
    screen.wait("Profile password")
    screen.keys("open\r")
    screen.wait("Anna:")


def test_a_password_refused_later_opens_the_form_again(house, daemon, screen):
    open_chat(screen)
    screen.keys("unsent")
    screen.wait("› unsent")
    daemon.set_link("refused", reason="The server refused the password.",
                    condition="not-authorized")
    screen.wait("Password refused")
    screen.keys("new secret\r")
    assert daemon.called("profile.change")["password"] == "new secret"
    daemon.set_link("refused", reason="Refused once more.", condition="not-authorized")
    screen.wait("Refused once more.")
    screen.keys("newer\r")
    assert daemon.called("profile.change", count=2)["password"] == "newer"
    daemon.set_link("catching-up")
    screen.wait("› unsent")


def test_a_password_told_elsewhere_closes_the_form(house, daemon, screen):
    daemon.set_link("refused", reason="Refused.", condition="not-authorized")
    screen.wait("Password refused")
    daemon.set_link("connecting")
    screen.settle()
    daemon.set_link("online")
    screen.wait("contacts")


def test_why_it_is_offline_is_said_whole_and_goes_when_it_is_online(house, daemon):
    reason = "The server sent something that is no XMPP and was left; nothing can be done here."
    with house.tern(columns=40, lines=12) as screen:
        screen.wait("Anna")
        daemon.set_link("waiting", reason=reason, retry_at=1800000000)
        screen.wait(lambda s: reason in " ".join(s.lines()))
        daemon.set_link("online")
        screen.wait_gone("nothing can be done")


# ---- leaving ----

@pytest.mark.parametrize("descriptor", [0, 1, 2])
def test_what_is_shared_with_the_shell_stays_blocking(house, daemon, screen, descriptor):
    open_chat(screen)
    with open(f"/proc/{screen.pid}/fdinfo/{descriptor}", encoding="ascii") as file:
        (flags,) = [int(row.split()[1], 8) for row in file if row.startswith("flags:")]
    assert not flags & os.O_NONBLOCK


def test_detach_leaves_online_and_says_so(house, daemon, screen):
    open_chat(screen)
    screen.keys("draft")
    screen.wait("draft")
    screen.keys("\x15")
    screen.line("/detach")
    assert screen.wait_exit() == 0
    screen.wait("home stays online")
    assert daemon.count("link.quit") == 0
    assert screen.modes() == screen.saved_modes
    assert not screen.has_mode(2004) and not screen.has_mode(1004)


def test_detach_right_after_disconnect_says_offline(house, daemon, screen):
    daemon.on["link.disconnect"] = lambda params: {}  # its event is still to come
    screen.line("/disconnect")
    screen.line("/detach")
    assert screen.wait_exit() == 0
    screen.wait("home is offline")


def test_quit_goes_offline_and_ends_the_daemon(house, daemon, screen):
    screen.line("/quit")
    assert screen.wait_exit() == 0
    assert daemon.called("link.quit")
    assert daemon.called("router.stop")["if_unused"]
    screen.wait("is offline")


def test_quit_asks_while_another_tern_is_attached(house, daemon, screen):
    daemon.tell("profile.changed", info={"name": "home", "attached": 2})
    screen.settle()
    screen.line("/quit")
    screen.wait("Another tern is attached")
    screen.keys("n")
    screen.wait_gone("Another tern is attached")
    assert daemon.count("link.quit") == 0
    screen.line("/quit")
    screen.wait("Another tern is attached")
    screen.keys("y")
    assert screen.wait_exit() == 0


@pytest.mark.parametrize("how", ["hangup", signal.SIGTERM, signal.SIGHUP])
def test_a_lost_terminal_ends_it_as_detach_does(house, daemon, screen, how):
    open_chat(screen)
    screen.keys("half a line")
    screen.wait("half a line")
    started = time.monotonic()
    if how == "hangup":
        screen.hang_up()
    else:
        screen.process.send_signal(how)
    screen.wait_exit(3)
    assert time.monotonic() - started < 1.5
    assert daemon.called("conversation.draft")["text"] == "half a line"
    assert daemon.count("link.quit") == 0


def test_a_silent_daemon_does_not_keep_it(house, daemon, screen):
    def silent(params):
        raise Silence
    open_chat(screen)
    daemon.on["conversation.draft"] = silent
    screen.keys("x")
    screen.wait("› x")
    started = time.monotonic()
    screen.process.send_signal(signal.SIGTERM)
    screen.wait_exit(5)
    assert time.monotonic() - started < 1.5


def test_control_c_clears_a_field_and_then_goes_back(house, daemon):
    daemon.profiles = []
    with house.tern() as screen:
        screen.wait("Try it")
        screen.keys("\x03")
        screen.wait("Esc leaves tern.")
        screen.keys("\t\r")
        screen.wait("Address")
        screen.keys("carol@example.net")
        screen.wait("carol")
        screen.keys("\x03")
        screen.wait_gone("carol")
        screen.wait("Address")
        screen.keys("\x03")
        screen.wait("Try it")


def test_control_c_never_leaves_a_locked_profile(house, daemon):
    daemon.is_locked = True
    with house.tern() as screen:
        screen.wait("Profile password")
        screen.keys("xyz")
        screen.wait("•••")
        screen.keys("\x03")
        screen.wait_gone("•••")
        screen.keys("\x03")
        screen.wait("Esc leaves tern.")
        screen.keys("open\r")
        screen.wait("Anna")


def test_a_line_that_is_too_long_says_why_and_stays(house, daemon, screen):
    def refuse(params):
        raise Failure("TOO_LARGE", "The message has 70000 bytes; at most 65536 can be sent.")

    def refuse_draft(params):
        raise Failure("TOO_LARGE", "The unsent line is too long to be kept for later.")
    open_chat(screen)
    daemon.on["message.send"], daemon.on["conversation.draft"] = refuse, refuse_draft
    for _ in range(70):
        screen.keys("x" * 1000)
    screen.wait("too long to be kept", 30)
    screen.keys("\r")
    screen.wait("Not sent: The message has 70000 bytes", 30)
    screen.wait("› xxxxx")
