"""What asks: forms over the page, questions above the line, and who gets the keys then."""

import re

from den import DEN, SHED, open_den
from fake_daemon import Failure, Later

FORM = {"title": "The Den's setup", "fields": [
    {"var": "muc#roomconfig_roomname", "type": "text-single", "label": "Name",
     "values": ["The Den"]}]}


def later(_):
    raise Later


def joined(daemon, room, **fields):
    daemon.room(room, **fields)
    return {"room": daemon.rooms[room]}


# ---- forms ----

def test_a_page_that_comes_waits_behind_the_form(daemon, screen):
    daemon.on["room.config"] = lambda _: {"form": FORM}
    daemon.on["room.join"] = later
    open_den(screen, daemon)
    screen.line(f"/join {SHED}")
    daemon.called("room.join")
    screen.line("/config")
    screen.wait("The Den's setup")
    screen.keys("!")
    screen.wait("The Den!")
    daemon.answer_later(lambda _: joined(daemon, SHED, name="Shed", subject="Tools"))
    screen.settle()
    screen.keys("!")
    screen.wait("The Den!!")
    screen.keys("\x1b")
    screen.wait("Esc again")
    screen.keys("\x1b")
    screen.wait("Shed: Tools")
    # And a form can be shown again.
    screen.line("/config")
    assert daemon.called("room.config", count=2)["jid"] == SHED
    screen.wait("The Den's setup")
