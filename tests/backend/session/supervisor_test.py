"""The link's supervisor: how long it waits between two tries, and that no state of a login
lasts for ever."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from deadline import SLOW, TimedOut
from link_test import Deaf
from online_test import account, authority, wait_link  # noqa: F401
from scripted_server import Gone, silent
from session_process import SessionProcess

PROFILES = 12


@pytest.fixture(name="server")
def make_server(authority):  # noqa: F811
    with Deaf(authority) as one:
        yield one


def retry_in(session):
    """What the next wait is said to last."""
    return wait_link(session, "waiting").get("retry_in", 0)


def test_failures_are_waited_after_longer_and_longer_and_by_chance():
    waits = {f"p{n}": [] for n in range(PROFILES)}
    with SessionProcess() as session:
        for name in waits:  # nobody listens there
            session.create(name, host="127.0.0.1", port=9, stay_offline=False)
        while any(len(row) < 4 for row in waits.values()):
            event = session.wait_event("link.changed", 30,
                                       lambda p: p["link"]["state"] == "waiting")
            assert event["link"]["reason"]
            waits[event["profile"]].append(event["link"].get("retry_in", 0))
        session.end()
    rows = [row[:4] for row in waits.values()]
    for nth, (least, most) in enumerate(((0, 0), (1, 1), (2, 3), (3, 5))):
        assert all(least <= row[nth] <= most for row in rows), rows
    assert len({tuple(row) for row in rows}) > 1, "all come back in the same moment"


def test_a_login_that_lasted_is_no_failure(server):
    """However many there were before, the next try is made at once."""
    def hang_up(session):
        session.close()
        raise Gone

    listen = server.steps["online"]
    server.steps["online"] = hang_up
    with SessionProcess(TERN_HURRY="10") as session:  # 1 s is a login that lasts
        session.create(**account(server))
        while retry_in(session) < 2:
            pass
        server.steps["online"] = listen
        session.events.clear()
        wait_link(session, "online")
        for _ in range(3):
            connection = server.session()
            with pytest.raises(TimedOut):
                session.wait_event("never", 1.2 / SLOW)
            session.events.clear()
            begin = time.monotonic()
            connection.reset()
            assert retry_in(session) == 0
            wait_link(session, "online")
            assert time.monotonic() - begin < 0.5 + SLOW
        session.end()


def fall_silent(server, step, state):
    server.steps[step] = silent
    with SessionProcess(TERN_HURRY="15") as session:  # 2 s
        begin = time.monotonic()
        session.create(**account(server))
        wait_link(session, state)
        link = wait_link(session, "waiting", 10)
        assert link["condition"] == "timeout" and link.get("retry_in", 0) == 0
        assert 1.9 < time.monotonic() - begin < 3 + 2 * SLOW
        del server.steps[step]
        wait_link(session, "online")
        session.end()


SILENCES = [
    ("header", "connecting"), ("starttls", "securing"), ("mechanisms", "securing"),
    ("auth", "logging-in"), ("authed_header", "logging-in"), ("bind", "binding")]


@pytest.fixture(name="silences", scope="module")
def make_silences(authority):  # noqa: F811
    """A trial of each, all at once: most of it is waiting."""
    def try_it(step, state):
        with Deaf(authority) as server:
            fall_silent(server, step, state)
    with ThreadPoolExecutor(len(SILENCES)) as pool:
        return {step: pool.submit(try_it, step, state) for step, state in SILENCES}


@pytest.mark.parametrize("step", [step for step, _ in SILENCES])
def test_silence_in_a_login_ends_and_is_tried_again(silences, step):
    silences[step].result()


def test_a_dead_link_is_found_within_half_a_minute_where_nobody_chose_otherwise(server):
    with SessionProcess() as session:
        session.create(**account(server))
        rows = session.call("profile.attach", profile="home")["settings"]
        assert [row["value"] for row in rows if row["name"] == "dead_link"] == ["30"]
        session.end()
