"""Bytes on the wire between tern and its server while nothing happens, nobody is attached, and
1,000 contacts are offline: TCP payload with TLS in it, both ways, counted at a proxy for as
long as TERN_BENCH_QUIET_MINUTES says."""

import os
import time

from figures import CONTACTS, show
from meter import MeteredTown

MINUTES = float(os.environ.get("TERN_BENCH_QUIET_MINUTES", "10"))
GOAL = 1000


def main():
    with MeteredTown() as town:
        town.create()
        town.settle()
        town.meter.take()
        time.sleep(MINUTES * 60)
        up, down = town.meter.take()
        what = f"{MINUTES:g} idle minutes, {CONTACTS} contacts"
        show(f"{what}: both ways", up + down, "B", GOAL)
        show(f"{what}: down", down, "B")


if __name__ == "__main__":
    main()
