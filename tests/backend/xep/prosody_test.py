"""The modules against Debian's Prosody, with slixmpp as a contact and as a stranger."""

import base64
import hashlib
import re

import pytest
from slixmpp.exceptions import IqError

from deadline import Deadline
from peer import Peer

PLUGINS = ("xep_0092", "xep_0115", "xep_0202")


@pytest.fixture(name="alice")
def make_alice(house, server):
    """Alice's profile "home", attached and online; Bob is her contact, Mallory is not."""
    for user in ("alice", "bob", "mallory"):
        server.add_user(user, f"{user}'s secret")
    server.befriend("alice", "bob")
    house.create_profile(server, "alice", "alice's secret")
    deadline = Deadline(10)
    while "online" not in house.run("ternctl", "status", code=None).stdout:
        assert not deadline.is_over()
    bridge = house.bridge()
    bridge.call("profile.attach", profile="home")
    return bridge


def peer_of(server, user):
    return Peer(server, user, f"{user}'s secret", plugins=PLUGINS)


def alice_at(peer):
    """Alice's full JID and presence, as a contact sees them."""
    presence = peer.wait_presence("available", sender=f"alice@{peer.server.host}")
    return presence["from"].full, presence


def test_presence_announces_the_hash_of_what_disco_answers(alice, server):
    with peer_of(server, "bob") as bob:
        full, presence = alice_at(bob)
        caps = presence["caps"]
        info = bob.call(bob.client["xep_0030"].get_info, jid=full,
                        node=f"{caps['node']}#{caps['ver']}", cached=False)["disco_info"]
        [(category, kind, _, name)] = info["identities"]
        text = f"{category}/{kind}//{name}<" + "".join(
            f"{feature}<" for feature in sorted(info["features"]))
        assert base64.b64encode(hashlib.sha1(text.encode()).digest()).decode() == caps["ver"]
        assert (category, kind) == ("client", "console")
        assert {"urn:xmpp:ping", "jabber:iq:version", "urn:xmpp:time",
                "http://jabber.org/protocol/chatstates"} <= set(info["features"])


def test_a_contact_is_told_version_and_time_and_a_stranger_is_not(alice, server):
    with peer_of(server, "bob") as bob, peer_of(server, "mallory") as mallory:
        full, _ = alice_at(bob)
        version = bob.call(bob.client["xep_0092"].get_version, full)["software_version"]
        assert version["name"] == "tern" and version["version"] and not version["os"]
        time = bob.call(bob.client["xep_0202"].get_entity_time, full).get_payload()[0]
        assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}Z", time.findtext("{urn:xmpp:time}utc"))
        assert re.fullmatch(r"[+-]\d\d:\d\d", time.findtext("{urn:xmpp:time}tzo"))
        assert bob.call(bob.client["xep_0199"].ping, full) >= 0
        for plugin, question in (("xep_0092", "get_version"),
                                 ("xep_0202", "get_entity_time")):
            with pytest.raises(IqError) as refusal:
                mallory.call(getattr(mallory.client[plugin], question), full)
            assert refusal.value.iq["error"]["condition"] == "service-unavailable"


def test_an_unknown_question_is_refused(alice, server):
    with peer_of(server, "bob") as bob:
        full, _ = alice_at(bob)
        for kind in ("get", "set"):
            with pytest.raises(IqError) as refusal:
                bob.call(bob.client.make_iq(ito=full, itype=kind,
                                            iquery="urn:nobody:knows").send)
            assert refusal.value.iq["error"]["condition"] == "service-unavailable"


def test_typing_is_shown_and_told(alice, server):
    with peer_of(server, "bob") as bob:
        full, _ = alice_at(bob)
        bob.send_chat_state(full, "composing")
        event = alice.wait_event("typing.changed")
        assert (event["jid"], event["state"]) == (bob.jid, "composing")
        alice.call("conversation.typing", profile="home", jid=bob.jid, state="composing")
        assert bob.wait_chat_state("composing")["body"] == ""
        bob.disconnect()
        assert alice.wait_event("typing.changed")["state"] == "none"


def test_a_blocked_contact_is_not_heard_until_unblocked(alice, server):
    with peer_of(server, "bob") as bob:
        full, _ = alice_at(bob)
        alice.call("block.add", profile="home", jid=bob.jid)
        assert alice.wait_event("block.added")["jid"] == bob.jid
        bob.send(full, "unheard")
        bob.roster()  # the server has dealt with what came before
        alice.call("block.remove", profile="home", jid=bob.jid)
        assert alice.wait_event("block.removed")["jid"] == bob.jid
        bob.send(f"alice@{server.host}", "heard")
        line = alice.wait_event("message.changed")
        assert line["line"]["body"] == "heard"
