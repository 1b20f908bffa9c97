"""100 profiles logged in to one daemon, at 1 and at 50 a process: total PSS, CPU and time
from the daemon's start until all are online again."""

import time

from deadline import Deadline
from figures import SECRET, Town, cpu_ns, show
from house import memory_of

PROFILES = 100
SETTLED = 22  # seconds; a ping falls into them, with which memory is given back


def create_all(town):
    """Makes the profiles with little more than files: they stay offline."""
    town.ctl("profile", "list")
    with town.bridge() as bridge:
        for i in range(PROFILES):
            town.server.add_user(f"user{i}", SECRET, {"bob": "both"})
            bridge.call("profile.create", profile=f"p{i}", jid=town.server.jid(f"user{i}"),
                        password=SECRET, host="127.0.0.1", port=town.server.port,
                        ca_file=town.server.ca_file, stay_offline=True)
    return town


def wait_all_online(town, deadline):
    with town.bridge() as bridge:
        pending = set()
        for i in range(PROFILES):
            state = bridge.call("profile.attach", 60, profile=f"p{i}")["link"]["state"]
            if state != "online":
                pending.add(f"p{i}")
        while pending:
            event = bridge.wait_event(
                "link.changed", deadline.left(),
                lambda e: e["profile"] in pending and e["link"]["state"] == "online")
            pending.remove(event["profile"])


def connect_all(town):
    with town.bridge() as bridge:
        for number in [bridge.request("link.connect", profile=f"p{i}")
                       for i in range(PROFILES)]:
            bridge.answer(number, 60)
    wait_all_online(town, Deadline(120))


def measure(town, per_process):
    town.write("home/.config/tern/ternd.conf", f"profiles_per_process = {per_process}\n")
    begin = time.monotonic()
    town.run("ternd")
    wait_all_online(town, Deadline(120))
    spent = time.monotonic() - begin
    pids = [town.daemon_pid(), *town.session_pids()]
    how = f"{PROFILES} profiles, {per_process} a process"
    show(f"{how}: processes", len(pids) - 1, "")
    show(f"{how}: until all are online", spent, "s")
    show(f"{how}: CPU until then", sum(map(cpu_ns, pids)) / 1e9, "s")
    time.sleep(SETTLED)
    show(f"{how}: PSS", sum(memory_of(pid)["Pss"] for pid in pids) / 1024, "MiB")
    show(f"{how}: private dirty",
         sum(memory_of(pid)["Private_Dirty"] for pid in pids) / 1024, "MiB")
    town.run("ternd", "stop")


def main():
    with Town(contacts=1) as town:
        create_all(town)
        connect_all(town)
        town.run("ternd", "stop")
        for per_process in (1, 50):
            measure(town, per_process)


if __name__ == "__main__":
    main()
