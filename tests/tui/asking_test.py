"""What asks: forms over the page, questions above the line, and who gets the keys then."""

import pytest

from den import DEN, SHED, open_den
from fake_daemon import Failure, Later

FORM = {"title": "The Den's setup", "fields": [
    {"var": "muc#roomconfig_roomname", "type": "text-single", "label": "Name",
     "values": ["The Den"]}]}


def later(_):
    raise Later


def is_made(params):
    return params.get("may_create", False)


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


def test_two_joins_that_ask_get_an_answer_each(daemon, screen):
    answers = {"cave": Failure("NOT_FOUND", "There is none."),
               "vault": Failure("ROOM_PASSWORD", "It has a password.")}

    def refuse(params):
        raise answers[params["jid"]]
    daemon.on["room.join"] = later
    for room in answers:
        screen.line(f"/join {room}")
    daemon.called("room.join", count=2)
    daemon.answer_later(refuse)
    screen.wait("vault has a password.")
    daemon.on["room.join"] = lambda params: joined(daemon, params["jid"], subject="Tools")
    screen.line("yesterday")
    call = daemon.called("room.join", count=3)
    assert (call["jid"], call["password"], is_made(call)) == ("vault", "yesterday", False)
    screen.wait("vault: Tools")
    screen.wait("There is no room cave. Make it? (y/n)")
    screen.settle(1.2)
    screen.keys("y")
    call = daemon.called("room.join", count=4)
    assert (call["jid"], call.get("password"), is_made(call)) == ("cave", None, True)


# ---- questions ----

def ask(daemon, screen):
    """Asks whether the room "cave" shall be made."""
    def join(params):
        if not is_made(params):
            raise Failure("NOT_FOUND", "There is none.")
        return joined(daemon, params["jid"], subject="Bats")
    daemon.on["room.join"] = join
    screen.line("/join cave")
    screen.wait("There is no room cave. Make it? (y/n)")


@pytest.mark.parametrize("key", ["n", "N", "\x1b", "\x03"])
def test_a_question_is_answered_with_no(daemon, screen, key):
    ask(daemon, screen)
    screen.keys(key)
    screen.wait_gone("Make it?")
    screen.keys("now")
    screen.wait("› now")
    assert daemon.count("room.join") == 1


def test_other_words_forget_a_question_and_are_not_lost(daemon, screen):
    ask(daemon, screen)
    # Looking around is no answer.
    screen.keys("\x1b[5~", "\x1b[6~")
    screen.settle()
    assert screen.find("Make it?") is not None
    screen.keys("hello, y")
    screen.wait("› hello, y")
    assert screen.find("Make it?") is None
    screen.keys("\x03", "y")
    screen.wait("› y")
    assert daemon.count("room.join") == 1


def test_who_types_answers_no_question_that_comes(daemon, screen):
    daemon.on["room.join"] = later
    open_den(screen, daemon)
    screen.line("/join cave")
    daemon.called("room.join")
    screen.keys("the ")
    screen.wait("› the")

    def refuse(_):
        raise Failure("NOT_FOUND", "There is none.")
    daemon.answer_later(refuse)
    screen.wait("Make it? (y/n)")
    screen.keys("yellow one\r", "yes,")
    assert daemon.called("message.send")["body"] == "the yellow one"
    screen.wait("› yes,")
    assert screen.find("Make it?") is not None and daemon.count("room.join") == 1
    # It waits for a pause, which nobody mistakes.
    screen.keys("\x03")
    screen.wait_gone("› yes,")
    screen.settle(1.2)
    screen.keys("y")
    daemon.called("room.join", match=is_made)


def test_what_is_said_meanwhile_hides_no_question(daemon, screen):
    def answer(params):
        if params["jid"] == "cave":
            raise Failure("NOT_FOUND", "There is none.")
        return joined(daemon, params["jid"], subject="Tools")
    daemon.on["room.join"] = later
    screen.line("/join cave")
    screen.line("/join vault")
    daemon.called("room.join", count=2)
    daemon.answer_later(answer)
    screen.wait("vault: Tools")
    screen.settle()
    assert screen.find("There is no room cave. Make it? (y/n)") is not None
    screen.keys("\x0c")
    screen.settle()
    assert screen.find("There is no room cave. Make it? (y/n)") is not None


def test_tern_ends_with_a_question_and_a_form(daemon, screen):
    def refuse(params):
        raise Failure("NOT_FOUND" if params["jid"] == "cave" else "ROOM_PASSWORD", "No.")
    daemon.on["room.join"] = later
    screen.line("/join cave")
    screen.line("/join vault")
    daemon.called("room.join", count=2)
    daemon.answer_later(refuse)
    screen.wait("vault has a password.")
    screen.hang_up()
    assert screen.process.wait(10) == 0
