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
    again = server.session()
    again.wait("<presence")
    session.events.clear()
    ip("link set lo mtu 60000")
    ip("addr add 10.9.8.8/24 dev lo")
    again.wait("ping")
    ip("addr del 10.9.8.8/24 dev lo")
    session.call("link.disconnect", profile="home")


def moved(session, server):
    """A link whose own address goes is given up at once, and is back with the next one."""
    def local(address):
        ip(f"addr add {address}/32 dev lo")
        ip(f"route replace local 10.9.6.1 dev lo table local src {address}")

    ip("addr add 10.9.6.1/32 dev lo")
    local("10.9.7.20")
    session.call("profile.create", profile="moved", jid="alice@localhost", password="secret",
                 **{**account(server), "host": "10.9.6.1"})
    wait_link(session, "online")
    server.session().wait("<presence")
    session.call("settings.set", profile="moved", name="dead_link", value="600")
    for last, address in ((20, "10.9.7.21"), (21, "10.9.7.22")):
        session.events.clear()
        begin = time.monotonic()
        ip(f"addr del 10.9.7.{last}/32 dev lo")
        wait_link(session, "waiting")
        assert time.monotonic() - begin < 1 + SLOW
        local(address)
        begin = time.monotonic()
        wait_link(session, "online")
        assert time.monotonic() - begin < 2 + SLOW
    session.call("link.disconnect", profile="moved")


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
            Deaf(Authority(folder), address="0.0.0.0") as server, SessionProcess() as session:
        online_again(session, server)
        moved(session, server)
        at_once(session)
        session.end()


if __name__ == "__main__":
    main()
