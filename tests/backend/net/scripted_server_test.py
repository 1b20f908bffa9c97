"""The scripted server itself, with slixmpp as a client that is known to be good: what it
says must be an honest login, or its lies would prove nothing."""

import tempfile

import pytest

from certificates import Authority
from peer import Peer
from probe import Probe
from scripted_server import ScriptedServer, says


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


def polite(session, text):
    """Answers what a client asks after it came online."""
    if text.startswith("<iq") and ("type='get'" in text or 'type="get"' in text
                                   or "type='set'" in text or 'type="set"' in text):
        payload = "<query xmlns='jabber:iq:roster'/>" if "jabber:iq:roster" in text else ""
        session.answer(text, payload)


@pytest.mark.parametrize("mechanisms", [["SCRAM-SHA-1"], ["SCRAM-SHA-256"], ["PLAIN"]])
def test_honest_login_of_another_client(authority, mechanisms):
    server = ScriptedServer(authority)
    server.mechanisms = mechanisms
    server.on_stanza = polite
    with server:
        with Peer(server, "alice", "secret") as peer:
            session = server.session()
            session.wait("<presence")
            session.send("<message from='bob@localhost/x' to='alice@localhost' type='chat'>"
                         "<body>hello</body></message>")
            peer.wait_message(body="hello")


def test_wrong_password_is_refused(authority):
    with ScriptedServer(authority) as server, \
            Probe("alice@localhost", "wrong", host="127.0.0.1", port=server.port,
                  ca_file=server.ca_file) as probe:
        assert probe.closed()["fault"] == "auth-failed"


def test_steps_can_be_replaced(authority):
    server = ScriptedServer(authority, steps={
        "bind_features": says("<stream:features><bind "
                              "xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm "
                              "xmlns='urn:xmpp:sm:3'/></stream:features>", go_on=True)})
    with server, Probe("alice@localhost", host="127.0.0.1", port=server.port,
                       ca_file=server.ca_file) as probe:
        assert " sm" in probe.wait("online")
        session = server.session()
        probe.send("<iq type='get' id='q'><ping xmlns='urn:xmpp:ping'/></iq>")
        session.answer(session.wait("urn:xmpp:ping"))
        assert "q" in probe.wait("stanza", "<iq")
