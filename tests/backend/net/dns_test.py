"""From a domain to a connection: SRV of both services, fallback, racing, and what is said
when there is nothing."""

import socket
import tempfile

import pytest

from certificates import Authority
from deadline import SLOW
from dns_server import SERVFAIL, SILENT, DnsServer
from probe import Probe
from prosody import free_ports
from scripted_server import ScriptedServer, silent

STARTTLS = "_xmpp-client._tcp.example.org"
DIRECT = "_xmpps-client._tcp.example.org"
SOME_MS = int(3000 * SLOW)


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


def serve(authority, **options):
    return ScriptedServer(authority, host="example.org", **options)


def closed_with(records, **options):
    with DnsServer(records) as dns, Probe("alice@example.org", dns=dns.address,
                                          **options) as probe:
        return probe.closed(30), dns.asked


def goes_online(records, server, domain="example.org", **options):
    with DnsServer(records) as dns, Probe(f"alice@{domain}", dns=dns.address,
                                          ca_file=server.ca_file, **options) as probe:
        probe.wait("summary")
        probe.send("/close")
        probe.closed()
        return probe.saw("summary")[0]


def test_both_services_are_asked_and_the_best_is_taken(authority):
    with serve(authority) as starttls, serve(authority, is_direct_tls=True) as direct:
        for first, second, wanted in ((0, 10, starttls), (10, 0, direct)):
            records = {
                (STARTTLS, "SRV"): [(first, 1, starttls.port, "xmpp.example.org")],
                (DIRECT, "SRV"): [(second, 1, direct.port, "xmpp.example.org")],
                ("xmpp.example.org", "A"): ["127.0.0.1"]}
            with DnsServer(records) as dns, Probe(
                    "alice@example.org", dns=dns.address,
                    ca_file=authority.path) as probe:
                assert f"127.0.0.1:{wanted.port}" in probe.wait("summary")
                probe.send("/close")
                probe.closed()
                assert {(STARTTLS, "SRV"), (DIRECT, "SRV")} <= set(dns.asked)


def test_next_target_is_tried_when_the_first_refuses(authority):
    closed_port, = free_ports(1)
    with serve(authority) as server:
        summary = goes_online({
            (STARTTLS, "SRV"): [(20, 0, server.port, "b.example.org"),
                                (10, 0, closed_port, "a.example.org")],
            ("a.example.org", "A"): ["127.0.0.1"],
            ("b.example.org", "CNAME"): ["c.example.org"],
            ("c.example.org", "A"): ["127.0.0.1"]}, server)
        assert f":{server.port}" in summary


def test_addresses_race_when_the_first_is_silent(authority):
    """A full backlog swallows connections like a dead host."""
    dead = socket.socket()
    dead.bind(("127.0.0.1", 0))
    dead.listen(0)
    fillers = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(dead.getsockname())
        fillers.append(one)
    try:
        with serve(authority) as server:
            with DnsServer({
                    (STARTTLS, "SRV"): [(0, 0, dead.getsockname()[1], "a.example.org"),
                                        (1, 0, server.port, "a.example.org")],
                    ("a.example.org", "A"): ["127.0.0.1"]}) as dns, \
                    Probe("alice@example.org", dns=dns.address,
                          ca_file=server.ca_file) as probe:
                probe.wait("online")
                assert probe.at - probe.begin < 2 * SLOW
                probe.send("/close")
                probe.closed()
    finally:
        for one in fillers + [dead]:
            one.close()


def test_ipv6_goes_first(authority):
    try:
        server = ScriptedServer(authority, host="example.org", address="::1")
    except OSError:
        pytest.skip("no IPv6 on the loopback")
    with server, ScriptedServer(authority, host="example.org", port=server.port) as four:
        records = {(STARTTLS, "SRV"): [(0, 0, server.port, "a.example.org")],
                   ("a.example.org", "A"): ["127.0.0.1"],
                   ("a.example.org", "AAAA"): ["::1"]}
        assert f"[::1]:{server.port}" in goes_online(records, server)
        assert not four.sessions
        # and a port closed on one family does not matter
        server.stop_listening()
        assert f"127.0.0.1:{server.port}" in goes_online(records, four)


def test_without_srv_the_domain_itself_is_tried():
    for port, options in ((5222, {}), (5223, {"direct_tls": True})):
        closed, asked = closed_with({("example.org", "A"): ["127.0.0.9"]}, **options)
        assert closed["fault"] in ("refused", "tls-failed", "tls-missing"), port
        assert ("example.org", "A") in asked and ("example.org", "AAAA") in asked


def test_host_and_port_need_no_srv(authority):
    with serve(authority) as server:
        with DnsServer({("host.example.net", "A"): ["127.0.0.1"]}) as dns, Probe(
                "alice@example.org", dns=dns.address, host="host.example.net",
                port=server.port, ca_file=server.ca_file) as probe:
            probe.wait("online")
            probe.send("/close")
            probe.closed()
            assert not [name for name, kind in dns.asked if kind == "SRV"]


def test_srv_target_may_carry_any_certificate_name_but_the_domains(authority):
    certificate = authority.issue("xmpp.example.org", label="target")
    with serve(authority, certificate=certificate) as server:
        closed, _ = closed_with({
            (STARTTLS, "SRV"): [(0, 0, server.port, "xmpp.example.org")],
            ("xmpp.example.org", "A"): ["127.0.0.1"]}, ca_file=server.ca_file)
        assert (closed["fault"], closed["condition"]) == ("cert", "wrong-name")


@pytest.mark.parametrize("records, fault, retry", [
    ({}, "no-host", "1"),
    ({("example.org", "TXT"): []}, "no-host", "1"),
    ({(STARTTLS, "SRV"): [(0, 0, 0, ".")]}, "no-service", "0"),
    ({(STARTTLS, "SRV"): [(0, 0, 0, ".")], ("example.org", "A"): ["127.0.0.1"]},
     "no-service", "0"),
    ({(STARTTLS, "SRV"): [(0, 0, 5222, "gone.example.org")]}, "no-host", "1"),
    ({(STARTTLS, "SRV"): SERVFAIL, (DIRECT, "SRV"): SERVFAIL,
      ("example.org", "A"): SERVFAIL, ("example.org", "AAAA"): SERVFAIL}, "dns-failed", "1"),
], ids=lambda value: None if isinstance(value, str) else str(len(value)))
def test_nothing_found_is_said(records, fault, retry):
    closed, _ = closed_with(records)
    assert (closed["fault"], closed["retry"]) == (fault, retry)
    assert "example.org" in closed["sentence"]


def test_silent_name_server_has_a_limit():
    closed, _ = closed_with({(STARTTLS, "SRV"): SILENT, (DIRECT, "SRV"): SILENT},
                            resolve_ms=SOME_MS // 3)
    assert closed["fault"] == "dns-failed"
    assert closed["seconds"] < SOME_MS / 1000 + 2


def test_refused_service_of_one_kind_leaves_the_other(authority):
    with serve(authority, is_direct_tls=True) as server:
        assert f":{server.port}" in goes_online({
            (STARTTLS, "SRV"): [(0, 0, 0, ".")],
            (DIRECT, "SRV"): [(0, 0, server.port, "a.example.org")],
            ("a.example.org", "A"): ["127.0.0.1"]}, server)


def test_international_domain_is_asked_in_ascii(authority):
    server = ScriptedServer(authority, host="b\u00fccher.example",
                            certificate=authority.issue("xn--bcher-kva.example",
                                                        label="idn"))
    with server:
        assert f":{server.port}" in goes_online({
            ("_xmpp-client._tcp.xn--bcher-kva.example", "SRV"):
                [(0, 0, server.port, "a.example.org")],
            ("a.example.org", "A"): ["127.0.0.1"]}, server, domain="b\u00fccher.example")


def test_closing_while_names_are_looked_up():
    with DnsServer({(STARTTLS, "SRV"): SILENT, (DIRECT, "SRV"): SILENT}) as dns, \
            Probe("alice@example.org", dns=dns.address) as probe:
        probe.wait("phase", "resolving")
        probe.send("/close")
        assert probe.closed()["fault"] == "closed"


def test_connection_that_is_never_made_has_a_limit():
    dead = socket.socket()
    dead.bind(("127.0.0.1", 0))
    dead.listen(0)
    fillers = [socket.socket() for _ in range(4)]
    try:
        for one in fillers:
            one.setblocking(False)
            one.connect_ex(dead.getsockname())
        with Probe("alice@example.org", host="127.0.0.1", port=dead.getsockname()[1],
                   connect_ms=int(400 * SLOW)) as probe:
            closed = probe.closed()
            assert (closed["fault"], closed["condition"]) == ("timeout", "connecting")
    finally:
        for one in fillers + [dead]:
            one.close()


def test_silent_server_behind_srv_ends_in_time(authority):
    with serve(authority, steps={"header": silent}) as server:
        closed, _ = closed_with({
            (STARTTLS, "SRV"): [(0, 0, server.port, "a.example.org")],
            ("a.example.org", "A"): ["127.0.0.1"]}, step_ms=int(400 * SLOW))
        assert closed["fault"] == "timeout"
