"""Which lines of a room count as naming us: none where nothing is to be told of, whenever the
rule came, and the same after a restart."""

from room_server import ROOM, groupchat, make_authority, make_place  # noqa: F401


def badge(place):
    [row] = [row for row in place.attach()["conversations"] if row["jid"] == ROOM]
    return row.get("unread", 0), row.get("mentions", 0)


def set_rule(place, rule):
    place.bridge.call("room.notify", profile="home", jid=ROOM, rule=rule)


def told_mentions(place):
    """Of the next badge that is told."""
    event = place.bridge.wait_event("conversation.changed")
    return event["conversation"].get("mentions", 0)


def test_a_room_of_which_nothing_is_told_counts_no_mention(place):
    place.join()
    set_rule(place, "nothing")
    place.say(groupchat("Bob", "Alice: one"), groupchat("Bob", "two"))
    assert badge(place) == (2, 0)
    page = place.bridge.call("message.page", profile="home", jid=ROOM, limit=9)
    assert page["lines"][0]["is_mention"]
    for pid in place.house.session_pids():
        place.house.kill(pid)
    place.next()
    place.wait(lambda: place.server.resumes)
    place.attach()
    place.pids = place.house.session_pids()
    place.say(groupchat("Bob", "Alice: three"))
    assert badge(place) == (3, 0) and place.room()["notify"] == "nothing"


def test_another_rule_counts_at_once(place):
    place.join()
    place.say(groupchat("Bob", "Alice: one"), groupchat("Bob", "two"))
    assert badge(place) == (2, 1)
    cursor = {name: place.attach()[name] for name in ("epoch", "seq")}
    place.bridge.events.clear()
    set_rule(place, "nothing")
    assert told_mentions(place) == 0
    # Who was away meanwhile is told of it, too.
    more = place.bridge.call("profile.attach", profile="home", seconds=30, **cursor)
    assert not more.get("is_full")
    assert [row["jid"] for row in more.get("conversations", [])] == [ROOM]
    set_rule(place, "mentions")
    place.bridge.wait_event("conversation.changed",
                            match=lambda event: event["conversation"].get("mentions") == 1)
    assert badge(place) == (2, 1)
