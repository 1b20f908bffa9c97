"""Whether somebody sits here, as the daemon is told."""

import pytest

from deadline import TimedOut
from fake_daemon import FakeDaemon


@pytest.fixture
def daemon(house):
    with FakeDaemon(house) as one:
        one.contact("anna@example.org", "Anna")
        yield one


@pytest.fixture
def screen(house, daemon):
    # A minute is one second.
    with house.tern(TERN_HURRY="60") as one:
        one.wait("Anna")
        yield one


def calls(daemon):
    return [bool(params.get("is_idle")) for method, params in daemon.calls
            if method == "frontend.idle"]


def test_nobody_for_a_while_and_the_next_key(daemon, screen):
    screen.line("/set idle_after 1")
    screen.wait("idle_after = 1")
    daemon.called("frontend.idle")
    assert calls(daemon) == [True]
    screen.keys("x")
    daemon.called("frontend.idle", count=2)
    assert calls(daemon) == [True, False]


def test_a_new_daemon_is_told_before_it_is_asked_for_anything(daemon, screen):
    screen.line("/set idle_after 1")
    daemon.called("frontend.idle")
    daemon.stop()
    screen.wait("the daemon is away")
    before = len(daemon.calls)
    attached = daemon.count("profile.attach")
    daemon.start()
    daemon.called("profile.attach", count=attached + 1)
    methods = [method for method, _ in daemon.calls[before:]]
    assert methods.index("frontend.idle") < methods.index("profile.attach")


def test_switched_off_it_says_nothing(daemon, screen):
    screen.line("/set idle_after 0")
    screen.wait("idle_after = 0")
    with pytest.raises(TimedOut):
        daemon.called("frontend.idle", seconds=1)


def test_away_for_that_reason_is_shown_as_such(daemon, screen):
    daemon.tell("self.changed", profile="home", show="away", is_auto=True)
    screen.wait("away (idle)")
    daemon.tell("self.changed", profile="home", show="online")
    screen.wait_gone("away (idle)")
