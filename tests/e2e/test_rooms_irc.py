"""A channel of IRC is a room: through biboumi to ngircd, with somebody on the other side who
speaks IRC itself."""

import itertools

import pytest

from house import House
from irc import Gateway
from place import Place

_numbers = itertools.count(1)


class Channel(Place):
    """A Place whose room is a channel of its own, and so is the account: biboumi keeps the
    connections of IRC as long as the server keeps the sessions."""

    def __init__(self, house, gateway):
        number = next(_numbers)
        self.me = f"alice{number}"
        gateway.server.add_user(self.me, "secret")
        super().__init__(house, gateway.server, self.me)
        self.channel = f"#den{number}"
        self.room = gateway.room(self.channel)

    def row(self):
        return next(row for row in self.call("room.list")["rooms"] if row["jid"] == self.room)

    def say(self, text, to=""):
        self.house.ctl("send", self.room + to, text)


@pytest.fixture(name="gateway", scope="module")
def make_gateway():
    with Gateway() as one:
        yield one


@pytest.fixture(name="place")
def make_place(gateway):
    with House() as house:
        yield Channel(house, gateway)


@pytest.fixture(name="bob")
def make_bob(gateway, place):
    """Bob, who made the channel, and Alice in it."""
    with gateway.user("bob") as bob:
        bob.join(place.channel)
        assert f"as {place.me}, 2 here" in place.join(place.me)
        bob.wait(rf"^:{place.me}!\S* JOIN :?{place.channel}")
        yield bob


def test_both_ways_and_in_order(place, bob):
    assert place.nicks() == {place.me, "bob"} and place.state() == "in"
    bob.say(place.channel, f"hello {place.me}")
    place.wait(lambda: place.lines() == [("bob", f"hello {place.me}", "received")])
    place.say("grüße, bob")
    bob.wait(rf"^:{place.me}!\S* PRIVMSG {place.channel} :grüße, bob$")
    bob.say(place.channel, "\x01ACTION nods\x01")
    place.say("two\nlines")
    bob.wait(rf"PRIVMSG {place.channel} :two$")
    bob.wait(rf"PRIVMSG {place.channel} :lines$")
    place.wait(lambda: {row[2] for row in place.lines()} == {"received", "acked"})
    bodies = [row[1] for row in place.lines()]
    assert [body for body in bodies if not body.startswith(("two", "lines"))] == \
        [f"hello {place.me}", "grüße, bob", "/me nods"]
    assert "\n".join(bodies).count("two") == 1  # its gateway splits it, and gives it back so
    badge = [row for row in place.call("profile.attach")["conversations"]
             if row["jid"] == place.room]
    assert [row.get("mentions") for row in badge] == [1]


def test_a_private_word_goes_to_one(place, bob):
    place.say("psst", "/bob")
    bob.wait(rf"^:{place.me}!\S* PRIVMSG bob :psst$")
    bob.say(place.me, "yes?")
    place.wait(lambda: [row[1] for row in place.lines(place.room + "/bob")] == ["psst", "yes?"])
    assert place.lines() == []


def test_nicks_change_on_both_sides(place, bob):
    place.house.ctl("room", "nick", place.room, "ali")
    bob.wait(rf"^:{place.me}!\S* NICK :ali$")
    place.wait(lambda: place.row()["nick"] == "ali")
    bob.send("NICK robert")
    place.wait(lambda: place.nicks() == {"ali", "robert"})
    # One that is taken: we stay who we are.
    place.house.ctl("room", "nick", place.room, "robert")
    place.say("still ali?")
    bob.wait(rf"^:ali!\S* PRIVMSG {place.channel} :still ali\?$")
    assert place.row()["nick"] == "ali" and place.nicks() == {"ali", "robert"}


def test_topics_are_subjects(place, bob):
    bob.send(f"TOPIC {place.channel} :of dens")
    place.wait(lambda: place.row().get("subject") == "of dens")
    assert place.row()["subject_by"] == "bob"
    place.house.ctl("room", "subject", place.room, "of caves")
    bob.wait(rf"^:{place.me}!\S* TOPIC {place.channel} :of caves$")
    place.wait(lambda: place.row().get("subject") == "of caves")


def test_we_are_kicked_and_say_so(place, bob):
    bob.send(f"KICK {place.channel} {place.me} :too loud")
    place.wait(lambda: place.state() == "refused")
    assert "kicked by bob: too loud" in place.row()["reason"]
    assert f"as {place.me}, 2 here" in place.join(place.me)
    bob.send(f"MODE {place.channel} +b {place.me}!*@*", f"KICK {place.channel} {place.me} :out")
    place.wait(lambda: place.state() == "refused")


def test_we_kick_where_the_channel_is_ours(place, gateway):
    assert f"as {place.me}, 1 here" in place.join(place.me)
    with gateway.user("bob") as bob:
        bob.join(place.channel)
        place.wait(lambda: place.nicks() == {place.me, "bob"})
        place.house.ctl("room", "kick", place.room, "bob", "too loud")
        bob.wait(rf"^:{place.me}!\S* KICK {place.channel} bob :too loud$")
        place.wait(lambda: place.nicks() == {place.me})
        bob.join(place.channel)
        place.wait(lambda: place.nicks() == {place.me, "bob"})
    place.wait(lambda: place.nicks() == {place.me})  # who closes the connection is gone


def test_leaving_is_a_part_and_coming_back_a_join(place, bob):
    place.house.ctl("room", "leave", place.room, "so long")
    assert "so long" in bob.wait(rf"^:{place.me}!\S* PART {place.channel}")
    assert place.state() == "out"
    bob.say(place.channel, "unheard")
    assert f"as {place.me}, 2 here" in place.join(place.me)
    bob.say(place.channel, "heard")
    place.wait(lambda: [row[1] for row in place.lines()] == ["heard"])


def test_a_nick_of_a_third_is_not_taken(place, bob, gateway):
    with gateway.user("carol") as carol:
        carol.join(place.channel)
        place.wait(lambda: "carol" in place.nicks())
        place.house.ctl("room", "nick", place.room, "carol")
        bob.say(place.channel, "fence")
        place.wait(place.lines)
        assert place.row()["nick"] == place.me
        assert place.nicks() == {place.me, "bob", "carol"}
