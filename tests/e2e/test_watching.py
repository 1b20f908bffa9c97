"""Client state indication (XEP-0352) over resumes, new logins and deaths, with a server that
keeps sessions: what it was told last is what is true."""

import tempfile

import pytest

from certificates import Authority
from house import House
from peer import Peer
from prosody import Prosody
from sm_server import BOB, Place, SmServer, place_at

MUC = "http://jabber.org/protocol/muc"
INACTIVE, ACTIVE = "<inactive xmlns='urn:xmpp:csi:0'/>", "<active xmlns='urn:xmpp:csi:0'/>"


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


@pytest.fixture(name="place")
def make_place(authority):
    for place in place_at(authority):
        place.server.bound_features += "<csi xmlns='urn:xmpp:csi:0'/>"
        yield place


def last(session):
    """What SESSION was told last, None for nothing."""
    told = [text for text in session.log if "urn:xmpp:csi:0" in text]
    return told[-1] if told else None


def settled(place, resumes, wanted):
    """Waits until the present session, after RESUMES of them, was told WANTED."""
    place.server.fence(place.session)
    place.until(lambda: last(place.session) == wanted, lambda: place.session.log)
    assert len(place.server.resumes) == resumes


def test_it_is_said_again_after_each_resume(place):
    place.come_online()
    place.cut()
    settled(place, 1, ACTIVE)
    place.bridge.close()
    place.bridge = None
    settled(place, 1, INACTIVE)
    place.cut()
    settled(place, 2, INACTIVE)
    place.attach()
    settled(place, 2, ACTIVE)
    place.bridge.call("frontend.idle", is_idle=True)
    settled(place, 2, INACTIVE)
    place.cut()
    settled(place, 3, INACTIVE)
    place.bridge.call("frontend.idle", is_idle=False)
    settled(place, 3, ACTIVE)


def test_the_next_process_says_what_is_true_then(place):
    place.come_online()
    place.pids = None
    place.house.kill(place.house.session_pids()[0])
    place.next()
    settled(place, 1, ACTIVE)
    place.house.run("ternd", "restart")
    place.next()
    settled(place, 2, INACTIVE)  # everybody was sent away
    place.attach()
    settled(place, 2, ACTIVE)


def inactive(place):
    """The server was told that nobody looks; what it was told so far."""
    place.bridge.close()
    place.bridge = None
    settled(place, 0, INACTIVE)
    return place.session.log[:]


def since(place, before):
    """What the server was told after BEFORE, its own questions left out."""
    return [text for text in place.session.log[len(before):] if "fence" not in text]


def test_who_asks_who_is_there_is_told_what_the_server_kept_back(place):
    place.come_online()
    here = f"<presence from='{BOB}/phone' to='{place.session.jid}'/>"
    honest, asked = place.server.answer_request, []

    def answer(session, text):
        if "urn:xmpp:ping" in text:
            asked.append(text)
            assert last(session) == ACTIVE
            session.send(here)
        honest(session, text)
    place.server.answer_request = answer
    inactive(place)
    assert "phone" in place.house.ctl("--json", "roster")
    assert len(asked) == 1
    settled(place, 0, INACTIVE)


def test_who_asks_behind_another_waits_as_well(place):
    place.come_online()
    honest, held = place.server.answer_request, []
    place.server.answer_request = lambda session, text: held.append(text) \
        if "urn:xmpp:ping" in text else honest(session, text)
    inactive(place)
    with place.house.bridge() as bridge:
        first = bridge.request("roster.list", profile="home")
        place.until(lambda: held, place.log)
        second = bridge.request("roster.list", profile="home")
        bridge.call("room.list", profile="home")
        place.session.send(f"<presence from='{BOB}/phone' to='{place.session.jid}'/>")
        for question in held:
            honest(place.session, question)
        place.server.answer_request = honest
        for number in (first, second):
            rows = bridge.answer(number, 20)["presences"]
            assert "phone" in [row.get("resource") for row in rows]


def test_a_server_that_does_not_answer_is_not_waited_for_long(place):
    place.come_online()
    place.server.answer_request = lambda *_: None
    inactive(place)
    assert BOB in place.house.ctl("roster")


def test_who_asks_is_nobody_who_sits_there(place):
    """Own availability stays as it is."""
    place.house.env["TERN_HURRY"] = "30"
    place.come_online()
    place.bridge.call("settings.set", profile="home", name="auto_away", value="1")
    before = inactive(place)
    place.until(lambda: any("<show>away" in text for text in since(place, before)),
                lambda: place.session.log, 30)
    before = place.session.log[:]
    place.house.ctl("roster")
    settled(place, 0, INACTIVE)
    assert not [text for text in since(place, before) if text.startswith("<presence")]


def test_prosody_tells_who_is_in_a_room_though_nobody_looked():
    with Prosody(modules=("csi_simple", "stanza_debug"), level="debug") as server, \
            House(TERN_HURRY="10") as house:
        for name in ("alice", "bob"):
            server.add_user(name, "secret")
        room = f"den@{server.rooms}"
        with Peer(server, "bob", "secret", plugins=("xep_0045",)) as bob:
            muc = bob.client.plugin["xep_0045"]
            bob.run(muc.join_muc, room, "Bob")
            assert bob.wait_presence(match=lambda p: p["from"].full == f"{room}/Bob")
            bob.send_raw(f"<iq type='set' id='open' to='{room}'><query xmlns='{MUC}#owner'>"
                         "<x xmlns='jabber:x:data' type='submit'/></query></iq>")
            house.create_profile(server, "alice", "secret")
            house.ctl("room", "join", room, "Alice")
            assert bob.wait_presence(match=lambda p: p["from"].full == f"{room}/Alice")
            server.wait_log("<inactive ")
            bob.send_raw(f"<presence to='{room}/Robert'/>")
            assert bob.wait_presence(match=lambda p: p["from"].full == f"{room}/Robert")
            rows = house.ctl("--json", "room", "occupants", room)
            assert '"Robert"' in rows and '"Bob"' not in rows
