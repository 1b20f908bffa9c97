"""What session processes hear of who looks at their profiles."""

import os
import signal

from deadline import Deadline
from routerhouse import ask, pid_of


def wait_watch(rooms, name, lines, seconds=10):
    """Waits until the session process of NAME was told LINES, and nothing else."""
    path = f"{rooms.data}/tern/watch-{name}"
    deadline = Deadline(seconds)
    while True:
        try:
            with open(path, encoding="utf-8") as file:
                told = file.read().splitlines()
        except FileNotFoundError:
            told = []
        if told == lines:
            return
        assert not deadline.is_over(), told


def test_every_coming_and_going_is_told_once(rooms):
    rooms.profile("home")
    rooms.profile("work")
    rooms.start_daemon()
    wait_watch(rooms, "home", ["0 0"])
    told = ["0 0"]
    with rooms.bridge() as first:
        first.call("profile.attach", profile="home")
        told.append("1 1")
        first.call("profile.attach", profile="home")  # the same one again
        with rooms.bridge() as second:
            second.call("frontend.idle", is_idle=True)
            second.call("profile.attach", profile="home")
            told.append("2 1")
            first.call("frontend.idle", is_idle=True)
            first.call("frontend.idle", is_idle=True)
            told.append("2 0")
            first.call("profile.attach", profile="work")
            second.call("frontend.idle")
            told.append("2 1")
            second.call("profile.detach", profile="home")
            told.append("1 0")
            second.call("profile.attach", profile="home")
            told.append("2 1")
            wait_watch(rooms, "home", told)
        told.append("1 0")
        wait_watch(rooms, "home", told)
        wait_watch(rooms, "work", ["0 0", "1 0"])
    told.append("0 0")
    wait_watch(rooms, "home", told)


def test_the_next_process_is_told_at_once(rooms):
    rooms.profile("home")
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        ask(bridge, "home", "events 0 0")
        os.kill(pid_of(bridge, "home"), signal.SIGKILL)
        bridge.wait_event("profile.resync")
        wait_watch(rooms, "home", ["0 0", "1 1", "1 1"])


def test_a_profile_that_is_made_is_watched_as_well(rooms):
    rooms.start_daemon()
    with rooms.bridge() as bridge:
        bridge.call("profile.create", profile="new", jid="a@example.org", password="x")
        bridge.call("profile.attach", profile="new")
        wait_watch(rooms, "new", ["0 0", "1 1"])
