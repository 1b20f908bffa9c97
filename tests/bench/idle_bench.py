"""How often tern, router and session process wake by themselves, and their memory after
that, with 1,000 contacts and one of each running. The 60 idle seconds can be made fewer by
the environment: TERN_BENCH_IDLE=10; under 20 no ping falls into them, with which the session
process gives memory back."""

import os
import time

from figures import CONTACTS, Town, open_chat, show
from house import memory_of, switches_of

SECONDS = int(os.environ.get("TERN_BENCH_IDLE", "60"))
PSS_GOALS = {"tern": 5.0, "router": 1.5, "session": 5.0}
SETTLED = 15  # seconds after which a login has no timer any more, nor the server a question
PING = 20
# A ping wakes both ends of it, for its way there and back: once each.
WAKE_GOALS = {"tern": 0, "router": 2 * (SECONDS // PING + 1), "session": SECONDS // PING + 1}


def main():
    with Town() as town:
        town.create()
        screen = open_chat(town, columns=200, lines=50)
        time.sleep(SETTLED)
        pids = town.pids(screen)
        before = {name: switches_of(pid) for name, pid in pids.items()}
        time.sleep(SECONDS)
        for name, pid in pids.items():
            show(f"voluntary switches of {name} in {SECONDS} idle s",
                 switches_of(pid) - before[name], "", WAKE_GOALS[name])
        for name, pid in pids.items():
            memory = memory_of(pid)
            show(f"PSS of {name}, {CONTACTS} contacts", memory["Pss"] / 1024, "MiB",
                 PSS_GOALS[name])
            show(f"private dirty of {name}", memory["Private_Dirty"] / 1024, "MiB")


if __name__ == "__main__":
    main()
