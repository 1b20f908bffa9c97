"""Bytes to the terminal: per typed character, per arriving line at two sizes. A line is
what stands on the screen, time and name included; the text alone is told beside it."""

import random
import statistics

from figures import Bob, Town, open_chat, show

WORDS = "the quick brown fox jumps over a lazy dog while rain falls on both of them".split()
LINES = 20
PREFIX = len("12:34  bob: ")


def sentence(dice, length):
    """Words of exactly LENGTH characters: neighbours share little that could be skipped."""
    text = ""
    while len(text) < length:
        text += dice.choice(WORDS) + " "
    return text[:length - 1] + "."


def per_character(screen):
    """The bytes of each of 30 typed characters; the line is empty afterwards."""
    counts = []
    for letter in "abcdefghijklmnopqrstuvwxyzabcd":
        before = screen.bytes
        screen.keys(letter)
        screen.wait(lambda s, before=before: s.bytes > before)
        screen.settle(0.03)
        counts.append(screen.bytes - before)
    screen.keys("\x15")
    screen.settle()
    return counts


def fill(screen, bob):
    """Fills the log, from where on each line scrolls it."""
    dice = random.Random(1)
    bob.say(*(sentence(dice, 60) for _ in range(60)), "now it is full")
    screen.wait("now it is full", 20)
    screen.settle(0.5)


def per_line(screen, bob, length):
    """The bytes of each of LINES arriving messages of LENGTH characters."""
    dice = random.Random(length)
    counts = []
    for _ in range(LINES):
        body = sentence(dice, length)
        before = screen.bytes
        bob.say(body)
        screen.wait(body[-30:])
        screen.settle(0.1)
        counts.append(screen.bytes - before)
    return counts


def main():
    with Town(contacts=10) as town:
        town.create()
        with Bob(town) as bob:
            for term in ("xterm-256color", "tmux-256color"):
                for columns, lines, length, goal in ((200, 50, 80, 130), (80, 24, 60, 85)):
                    where = f"{lines}x{columns} {term}"
                    screen = open_chat(town, columns=columns, lines=lines, TERM=term)
                    show(f"typed character, {where}",
                         statistics.fmean(per_character(screen)), "B", 1)
                    fill(screen, bob)
                    counts = per_line(screen, bob, length - PREFIX)
                    show(f"arriving line of {length}, {where}", statistics.fmean(counts),
                         "B", goal)
                    counts = per_line(screen, bob, length)
                    show(f"arriving text of {length}, {where}", statistics.fmean(counts),
                         "B")
                    screen.close()


if __name__ == "__main__":
    main()
