"""Bytes on the wire between tern and its server (TCP payload with TLS in it, counted at a
proxy): a first login with 1,000 contacts, a later one, a resume, and a minute with 200
presence changes while nobody is attached. The server is Prosody, and the contacts are its
own, which is dear in one case: to the first client that says so (XEP-0115) each contact's
service for events (XEP-0163) sends its own question what that client can do. So this is
measured apart, and the other logins are of a program that the server knows.
"""

import time

from figures import CONTACTS, QUIET_SERVER, SECRET, show
from meter import MeteredTown
from peer import Peer

CHANGES = 200
SETTLED = 6  # seconds after which a server knows that nobody looks
SHOWS = (None, "away", "dnd", "xa")


def report(what, counts, goal=None):
    show(f"{what}: down", counts[1], "B", goal)
    show(f"{what}: up", counts[0], "B")


def measure_stranger():
    """A first login where no client like this one was ever seen."""
    with MeteredTown() as town:
        town.create()
        report(f"the same, its kind unknown to {CONTACTS} asking contacts", town.meter.take())


def resume(town):
    with town.bridge() as bridge:
        bridge.call("profile.attach", profile="home")
        town.meter.take()
        town.meter.cut()
        for state in ("resolving", "online"):
            bridge.wait_event("link.changed", 30,
                              lambda e, wanted=state: e["link"]["state"] == wanted)
        town.settle()
        return town.meter.take()


def measure_logins(town):
    meter = town.meter
    town.create("other", "bob")
    town.ctl("-p", "other", "disconnect")
    town.settle()
    meter.take()
    town.create()
    report(f"first login, {CONTACTS} contacts", meter.take())
    town.ctl("-p", "home", "disconnect")
    town.settle()
    meter.take()
    town.ctl("-p", "home", "connect")
    town.wait_up()
    report("later login", meter.take())
    report("resume", resume(town), 2500)


def measure_resumes():
    """The same with direct TLS, and where the server resumes sessions of TLS too. Its
    certificate is as small as they get, and alone: a usual chain has 2 to 4 kB."""
    for how, is_direct, tickets in (("direct TLS", True, False),
                                    ("TLS resumed too", False, True),
                                    ("direct TLS, resumed too", True, True)):
        server = {**QUIET_SERVER, "tickets": tickets}
        with MeteredTown(contacts=10, is_direct=is_direct, server=server) as town:
            town.create()
            report(f"resume, {how}", resume(town), 2500)


def measure_presences(town):
    """200 changes of presence in a minute that nobody looks at."""
    with Peer(town.server, "bob", SECRET) as bob:
        time.sleep(SETTLED)
        town.meter.take()
        begin = time.monotonic()
        for number in range(CHANGES):
            bob.send_presence(show=SHOWS[number % 4], status=f"status number {number}")
            time.sleep(max(0, begin + (number + 1) * 60 / CHANGES - time.monotonic()))
        up, down = town.meter.take()
        show(f"a minute with {CHANGES} presences while detached", up + down, "B", 3000)
        with town.bridge() as bridge:
            bridge.call("profile.attach", profile="home")
            town.settle()
        report("  and what comes when somebody looks again", town.meter.take())


def main():
    with MeteredTown() as town:
        measure_logins(town)
        measure_presences(town)
    measure_resumes()
    measure_stranger()


if __name__ == "__main__":
    main()
