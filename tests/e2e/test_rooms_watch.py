"""Who comes and goes in a room is told only while a frontend shows it: frames are counted."""

from room_server import (ROOM, gone, make_authority, make_place, occupant)  # noqa: F401

CROWD = 2000


def crowd_comes(place, prefix="n"):
    place.say("".join(occupant(f"{prefix}{n}") for n in range(CROWD)))


def crowd_changes_and_goes(place, prefix="n"):
    place.say("".join(occupant(f"{prefix}{n}", role="visitor") for n in range(CROWD)))
    place.say("".join(gone(f"{prefix}{n}", "303", item=f"nick='m{n}'") + occupant(f"m{n}")
                      for n in range(CROWD)))
    place.say("".join(gone(f"m{n}", "307") for n in range(CROWD)))


def told(bridge):
    """The events since the last call, after all that was said is through."""
    bridge.call("room.list", profile="home", seconds=60)
    events, bridge.events = bridge.events, []
    return [name for name, _ in events]


def watch(bridge):
    return bridge.call("room.occupants", profile="home", jid=ROOM, watch=True,
                       seconds=60).get("occupants", [])


def unwatch(bridge):
    bridge.call("room.unwatch", profile="home", jid=ROOM, seconds=30)


def test_a_crowd_costs_who_does_not_look_no_frame(place):
    place.join()
    told(place.bridge)
    crowd_comes(place)
    assert told(place.bridge) == []
    # Who only asks does not look on.
    assert len(place.house.ctl("room", "occupants", ROOM).splitlines()) == CROWD + 2
    place.bridge.call("room.occupants", profile="home", jid=ROOM, seconds=60)
    told(place.bridge)
    crowd_changes_and_goes(place)
    assert [name for name in told(place.bridge) if name != "profile.changed"] == []
    assert place.room()["occupants"] == 2


def test_a_watch_is_taken_back(place):
    place.join()
    assert len(watch(place.bridge)) == 2
    told(place.bridge)
    crowd_comes(place)
    assert told(place.bridge) == CROWD * ["occupant.changed"]
    unwatch(place.bridge)
    assert place.bridge.wait_event("room.unwatched")["jid"] == ROOM
    told(place.bridge)
    crowd_changes_and_goes(place)
    assert told(place.bridge) == []
    unwatch(place.bridge)  # once more than there were
    assert told(place.bridge) == [] and len(watch(place.bridge)) == 2
    place.say(occupant("Carol"))
    assert told(place.bridge) == ["occupant.changed"]


def test_one_of_two_that_look_goes_on_looking(place):
    place.join()
    with place.house.bridge() as other:
        other.call("profile.attach", profile="home")
        watch(other)
        watch(place.bridge)
        unwatch(place.bridge)
        told(other)
        place.say(occupant("Carol"))
        assert told(other) == ["occupant.changed"]
        unwatch(other)
        assert told(other) == ["room.unwatched"]
        watch(other)
    # It left without a word.
    event = place.bridge.wait_event("room.unwatched", match=lambda event: "jid" not in event)
    assert event["profile"] == "home"
    told(place.bridge)
    place.say(gone("Carol"))
    assert told(place.bridge) == []


def test_nobody_takes_back_the_watch_of_another(place):
    place.join()
    with place.house.bridge() as other:
        other.call("profile.attach", profile="home")
        watch(other)
        watch(place.bridge)
        watch(place.bridge)
        # Not even one who pretends to be another.
        for number in range(10):
            place.bridge.call("room.unwatch", profile="@DEFAULT@", jid=ROOM, frontend=number,
                              seconds=30)
        told(other)
        place.say(occupant("Carol"))
        assert told(other) == ["occupant.changed"]
        unwatch(other)
        assert told(other) == ["room.unwatched"]


def test_a_watch_ends_with_the_stay(place):
    place.join()
    watch(place.bridge)
    place.leave()
    place.wait_state("out")
    watch(place.bridge)  # of a room that we are not in
    place.join()
    told(place.bridge)
    place.say(occupant("Carol"))
    assert told(place.bridge) == []
