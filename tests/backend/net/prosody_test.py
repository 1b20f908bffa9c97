"""The stream against Debian's Prosody: logging in by every way, talking, leaving."""

import shutil
import tempfile

import pytest

from certificates import Authority
from probe import Probe
from prosody import Prosody


@pytest.fixture(scope="module")
def server():
    with Prosody() as one:
        one.add_user("alice", "secret")
        one.add_user("bob", "gehe\u0131m \u00fc")
        one.befriend("alice", "bob")
        yield one


def options(server, **more):
    return {"host": "127.0.0.1", "port": server.port, "ca_file": server.ca_file,
            "resource": "here", **more}


def test_login_by_starttls_passes_all_phases(server):
    with Probe("alice@localhost", **options(server)) as probe:
        assert probe.wait("online").startswith("alice@localhost/here")
        assert probe.saw("phase") == ["resolving", "connecting", "securing",
                                      "authenticating", "binding", "online"]
        summary = probe.wait("summary")
        assert "TLSv1.3" in summary and "SCRAM-SHA-256" in summary
        assert f"127.0.0.1:{server.port}" in summary
        probe.send("/close")
        closed = probe.closed()
        assert (closed["fault"], closed["step"]) == ("closed", "closing")
        assert closed["sentence"] == "Disconnected."


def test_login_by_direct_tls(server):
    with Probe("alice@localhost", **options(server, port=server.direct_port,
                                            direct_tls=True)) as probe:
        assert "sm" in probe.wait("online")
        probe.send("/close")
        probe.closed()


def test_host_without_srv_is_this_machine(server):
    with Probe("alice@localhost", port=server.port, ca_file=server.ca_file) as probe:
        probe.wait("online")
        probe.send("/close")
        probe.closed()


def test_password_beyond_ascii(server):
    with Probe("bob@localhost", "gehe\u0131m \u00fc", **options(server)) as probe:
        probe.wait("online")
        probe.send("/close")
        probe.closed()


def test_stanzas_go_both_ways(server):
    with Probe("alice@localhost", **options(server)) as alice, \
            Probe("bob@localhost", "gehe\u0131m \u00fc", **options(server)) as bob:
        for probe in (alice, bob):
            probe.wait("online")
            probe.send("<presence/>")
        alice.wait("stanza", "from=.alice@localhost/here")
        bob.wait("stanza", "<presence[^>]*from=.bob@localhost/here")
        for number in range(50):
            alice.send("<message to='bob@localhost/here' type='chat'>"
                       f"<body>number {number} \u00fc &amp; &lt;</body></message>")
        for number in range(50):
            text = bob.wait("stanza", "<message")
            assert f"number {number} \u00fc &amp; &lt;" in text
        alice.send("<iq type='get' id='batch1-r'><query xmlns='jabber:iq:roster'/></iq>")
        assert alice.wait("batch").startswith("rows=1 cut=0")
        for probe in (alice, bob):
            probe.send("/close")
            probe.closed()


def test_wrong_password_is_said_and_final(server):
    with Probe("alice@localhost", "wrong", **options(server)) as probe:
        closed = probe.closed()
        assert (closed["fault"], closed["condition"]) == ("auth-failed", "not-authorized")
        assert closed["retry"] == "0"
        assert closed["sentence"].startswith(
            "localhost does not accept this name and password")


def test_salted_password_is_kept_for_the_next_login(server):
    with Probe("alice@localhost", **options(server, stay=True)) as probe:
        for _ in range(3):
            probe.wait("online")
            probe.send("/close")
            probe.closed()
            probe.send("/open")
        probe.wait("online")
        assert len(probe.saw("password")) == 1


def test_second_login_takes_over_and_the_first_says_so(server):
    with Probe("alice@localhost", **options(server)) as first:
        first.wait("online")
        with Probe("alice@localhost", **options(server)) as second:
            second.wait("online")
            closed = first.closed()
            assert (closed["fault"], closed["retry"]) == ("conflict", "0")
            second.send("/close")
            second.closed()


def test_unknown_issuer_and_missing_ca_file(server):
    with Probe("alice@localhost", **options(server, ca_file=None)) as probe:
        closed = probe.closed()
        assert (closed["fault"], closed["condition"]) == ("cert", "unknown-issuer")
        assert not probe.saw("password")
    with Probe("alice@localhost", **options(server, ca_file="/nonexistent.pem")) as probe:
        assert probe.closed()["fault"] == "ca-file"


def test_certificate_is_for_the_account_not_for_the_host():
    folder = tempfile.mkdtemp(prefix="tern-net-")
    try:
        authority = Authority(folder)
        with Prosody(host="example.net", names=["elsewhere.example", "localhost"],
                     authority=authority) as server:
            server.add_user("alice", "secret")
            with Probe("alice@example.net", host="localhost", port=server.port,
                       ca_file=server.ca_file) as probe:
                closed = probe.closed()
                assert (closed["fault"], closed["condition"]) == ("cert", "wrong-name")
                assert "elsewhere.example" in closed["text"]
    finally:
        shutil.rmtree(folder)


def test_international_domain():
    with Prosody(host="b\u00fccher.example", names=["xn--bcher-kva.example"]) as server:
        server.add_user("alice", "secret")
        with Probe("alice@B\u00fccher.example", **options(server)) as probe:
            assert probe.wait("online").startswith("alice@b\u00fccher.example/here")
            probe.send("/close")
            probe.closed()


def test_wrong_domain_is_host_unknown(server):
    with Probe("alice@other.example", **options(server)) as probe:
        closed = probe.closed()
        assert (closed["fault"], closed["condition"]) == ("remote-error", "host-unknown")
        # said before TLS, by anybody: tried again all the same
        assert closed["retry"] == "1"


def test_restart_of_the_server_is_a_shutdown():
    with Prosody() as server:
        server.add_user("alice", "secret")
        with Probe("alice@localhost", **options(server, stay=True)) as probe:
            probe.wait("online")
            server.stop()
            closed = probe.closed()
            # on a busy machine Prosody ends TLS without its stream error
            assert closed["fault"] in ("shutdown", "lost") and closed["retry"] == "1"
            probe.send("/open")
            assert probe.closed()["fault"] == "refused"
            server.start()
            probe.send("/open")
            probe.wait("online")
            server.kill()
            closed = probe.closed()
            assert (closed["fault"], closed["retry"]) == ("lost", "1")


def test_owner_may_resume_instead_of_binding(server):
    with Probe("alice@localhost", **options(server, wait=True, stay=True)) as probe:
        probe.wait("waiting")
        probe.send("/bind")
        probe.wait("online")
        probe.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        enabled = probe.wait("stanza", "<enabled")
        token = enabled.split(" id=")[1][1:].split(enabled.split(" id=")[1][0])[0]
        probe.send("/drop")
        probe.wait("dropped")
        probe.send("/open")
        probe.wait("waiting")
        probe.send(f"<resume xmlns='urn:xmpp:sm:3' h='0' previd='{token}'/>")
        probe.wait("stanza", "<resumed")
        probe.send("/resumed")
        probe.wait("phase", "online")
        probe.send("<r xmlns='urn:xmpp:sm:3'/>")
        probe.wait("stanza", "<a ")
        probe.send("/close")
        probe.closed()


def test_counters_and_limits(server):
    with Probe("alice@localhost", **options(server)) as probe:
        probe.wait("online")
        probe.send("<message><body>" + "x" * (200 * 1024) + "</body></message>")
        assert probe.wait("error") == "EMSGSIZE"
        probe.send("/count")
        counts = dict(pair.split("=") for pair in probe.wait("count").split())
        assert int(counts["in"]) > int(counts["xml-in"]) > 500
        assert int(counts["out"]) > int(counts["xml-out"]) > 500
        probe.send("/fail policy-violation")
        closed = probe.closed()
        assert (closed["fault"], closed["condition"]) == ("protocol", "policy-violation")


@pytest.mark.parametrize("scram", ["SHA-1", "SHA-256"])
def test_channel_binding_on_tls_1_2(scram):
    extra = 'c2s_ssl = { protocol = "tlsv1_2" }'
    with Prosody(scram=scram, options=extra) as server:
        server.add_user("alice", "secret")
        with Probe("alice@localhost", **options(server)) as probe:
            probe.wait("online")
            summary = probe.wait("summary")
            assert "TLSv1.2" in summary and f"SCRAM-{scram}-PLUS" in summary
            probe.send("/close")
            probe.closed()
