"""Addresses that change, in a network of this test's own (which takes root): who waits tries
at once, a dead link is found long before dead_link is over."""

import os
import subprocess
import sys
import tempfile
import time

if __name__ == "__main__":  # inside that network, without pytest's conftest
    sys.path[:0] = os.environ["PYTHONPATH"].split(":")

from certificates import Authority
from deadline import SLOW
from online_test import account, wait_link
from link_test import Deaf, option
from session_process import SessionProcess

HERE = os.path.dirname(os.path.abspath(__file__))


def test_a_changed_address_is_noticed(root):
    words = [f"{name}={os.environ[name]}" for name in os.environ
             if name.startswith(("TERN_", "ASAN_", "UBSAN_", "LSAN_"))]
    path = f"PYTHONPATH={HERE}:{os.path.join(HERE, '../../support')}"
    done = subprocess.run([*root, "unshare", "--net", "env", path, *words, sys.executable,
                           os.path.abspath(__file__)], capture_output=True, text=True,
                          timeout=100 * SLOW, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def ip(words):
    subprocess.run(["ip", *words.split()], check=True)


def online_again(session, server):
    """A link whose server fell silent is given up soon after an address came."""
    session.create(**account(server))
    wait_link(session, "online")
    server.session().wait("<presence")
    option(session, "dead_link", 600)
    server.is_deaf.set()
    option(session, "dead_link", 8)
    session.events.clear()
    begin = time.monotonic()
    ip("addr add 10.9.8.7/24 dev lo")
    wait_link(session, "waiting")
    assert 2 < time.monotonic() - begin < 3 + SLOW
    server.is_deaf.clear()
    wait_link(session, "online")
    # What is answered goes on as it was, and a change of nothing is none.
    session.events.clear()
    ip("addr add 10.9.8.8/24 dev lo")
    ip("link set lo mtu 60000")
    ip("addr del 10.9.8.8/24 dev lo")
    server.session().wait("ping")
    session.call("link.disconnect", profile="home")


def at_once(session):
    """A link that waits tries at once."""
    session.call("profile.create", profile="alone", jid="alice@localhost", password="x",
                 host="127.0.0.1", port=9)
    while wait_link(session, "waiting").get("retry_in", 0) < 8:
        pass
    session.events.clear()
    begin = time.monotonic()
    ip("addr add 10.9.8.9/24 dev lo")
    wait_link(session, "resolving")
    assert time.monotonic() - begin < 1 + SLOW


def main():
    ip("link set lo up")
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder, \
            Deaf(Authority(folder)) as server, SessionProcess() as session:
        online_again(session, server)
        at_once(session)
        session.end()


if __name__ == "__main__":
    main()
