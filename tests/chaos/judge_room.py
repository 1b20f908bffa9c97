"""The verdict on the room: what the room's archive holds against what each occupant said,
and what each occupant shows, its own lines too, against the archive, whose order is the
room's. Changes nothing; judge.py is for what goes from one to one.

The room keeps a line before it tells anybody, so what somebody saw and the archive has not
is "lost by the server" only if the server was killed just then.
"""

from dataclasses import dataclass

from judge import JUST_THEN, PROOFS, Verdict, rows_of_stores

# Seconds by which two clocks may differ; the server writes whole ones, rounded down.
EARLY = 0.5
SEEN = ("arrived", "came", "acked", "received")  # how rows begin of those who saw a line


@dataclass
class Archive:
    """What the room holds: the MESSAGES, (letter, number), in its order, and when it TOOK
    each first, in the ledger's seconds."""

    messages: list
    took: dict


@dataclass
class Occupant:
    """Who says LETTER's lines in the room: the numbers SAID, the messages SHOWN to it in
    their order, and the STATES that it claims of its own."""

    name: str
    letter: str
    said: list
    shown: list
    states: dict


def room_archive(folder, room, began=0):
    """The Archive of ROOM, a name without its host; BEGAN is the ledger's first second."""
    rows = [(name, when - began) for user, name, when in
            rows_of_stores(folder, ("muc_log",)) if user == room]
    return Archive([name for name, _ in rows], dict(reversed(rows)))


def judge_said(who, archive, ledger):
    """The verdict on what the room took of the lines of WHO: all that was said, once, in the
    order in which it was said, and none claimed to be there before it was."""
    letter, said = who.letter, who.said
    held = [number for way, number in archive.messages if way == letter]
    verdict = Verdict(letter, "room", len(said), len(set(held)))
    wrong = verdict.findings["wrongly marked"]
    _count_twice(verdict, archive, [(letter, number) for number in held])
    _look_at_order(verdict, [(letter, number) for number in held],
                   {(letter, number): number for number in said})
    has = set(held)
    for number in said:
        message, state = (letter, number), who.states.get(number, "missing")
        claimed = ledger.told(message, ("acked", "arrived"), who.name)
        if number not in has:
            is_excused = _miss(verdict, message, "the room's archive does not have it, and its "
                               f"line says {state}", ledger, state in PROOFS)
            if state in PROOFS and not is_excused:
                wrong.append((message, f"it is not in the room, and its line says {state}"))
        elif state not in PROOFS:
            wrong.append((message, f"the room has it, and its line says {state}"))
        elif claimed and claimed[0] < archive.took[message] - EARLY:
            wrong.append((message, "its line said so before the room had it, in second "
                          f"{archive.took[message]:.0f}"))
    return verdict


def judge_shown(who, archive, ledger):
    """The verdict on what WHO shows of the room: all of the ARCHIVE, once, in its order."""
    shown, places = who.shown, {}
    for place, message in enumerate(archive.messages):
        places.setdefault(message, place)
    verdict = Verdict("room", who.name, len(places), len(set(shown) & set(places)))
    has_shown = set(shown)
    for message, place in places.items():
        if message not in has_shown:
            verdict.findings["lost"].append(
                (message, f"it is line {place + 1} of the room's archive, and not shown"))
    for message in dict.fromkeys(shown):
        if message not in places:
            _miss(verdict, message, "it is shown, and the room's archive does not have it",
                  ledger, True)
    _count_twice(verdict, archive, shown)
    _look_at_order(verdict, shown, places)
    return verdict


def _miss(verdict, message, sentence, ledger, may_excuse):
    """MESSAGE is not in the room's archive; whether the server may have lost it, which
    is so only if the room had told it: who knows that it did not says it again."""
    seen = min(ledger.told(message, SEEN), default=None) if may_excuse else None
    kill = next((kill for kill in ledger.times("killer", "kill -9 server") if seen is not None
                 and JUST_THEN[0] <= kill - seen <= JUST_THEN[1]), None)
    if kill is None:
        verdict.findings["lost"].append((message, sentence))
        return False
    verdict.findings["lost by the server"].append(
        (message, f"{sentence}; it was seen at {seen:.3f} and the server killed at {kill:.3f}"))
    return True


def _count_twice(verdict, archive, shown):
    counts = {}
    for message in shown:
        counts[message] = counts.get(message, 0) + 1
    for message, count in counts.items():
        if count > 1:
            verdict.findings["twice"].append(
                (message, f"it is there {count} times; the room's archive has "
                 f"{archive.messages.count(message)} copies"))


def _look_at_order(verdict, shown, places):
    """PLACES tells where each message belongs; the room's archive tells nothing of others."""
    highest = None
    for message in shown:
        if message not in places:
            continue
        if highest is not None and places[message] < places[highest]:
            verdict.findings["out of order"].append(
                (message, f"it stands behind {highest[0]}{highest[1]:06d}"))
        elif highest is None or places[message] > places[highest]:
            highest = message
