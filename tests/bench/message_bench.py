"""CPU time of tern, router and session process together per arriving message, each stored
durably and drawn: as fast as they come, when a commit and a drawing serve several; and one
at a time, when each message pays for its own commit, its own drawing, its reading stored
and told (a commit more), and some ten wakeups."""

from figures import Bob, Town, cpu_ns, open_chat, show

FLOOD = 2000
SINGLE = 150


def total(pids):
    return {name: cpu_ns(pid) for name, pid in pids.items()}


def report(how, before, after, count, goal=None):
    spent = {name: (after[name] - before[name]) / count / 1e6 for name in before}
    show(f"CPU per message, {how}", sum(spent.values()), "ms", goal, 3)
    for name, cost in spent.items():
        show(f"  of which {name}", cost, "ms", digits=3)


def main():
    with Town() as town:
        town.create()
        screen = open_chat(town, columns=200, lines=50)
        pids = town.pids(screen)
        with Bob(town) as bob:
            bob.say("the first one")
            screen.wait("the first one")
            screen.settle(0.5)
            before = total(pids)
            for i in range(SINGLE):
                bob.say(f"single message {i}, which waits until it is seen.")
                screen.wait(f"single message {i},")
            screen.settle(0.3)
            report("one at a time and read", before, total(pids), SINGLE)
            before = total(pids)
            bob.say(*(f"message {i} of a flood that nobody waits for." for i in range(FLOOD)))
            screen.wait(f"message {FLOOD - 1} of", 60)
            screen.settle(0.3)
            report("in a flood", before, total(pids), FLOOD, 0.3)


if __name__ == "__main__":
    main()
