"""What a hostile or broken server may do, and how each ends: as designed, in its time."""

import itertools
import re
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from certificates import Authority
from deadline import SLOW
from probe import Probe
from scripted_server import (SASL_NS, STREAM_NS, TLS_NS, Gone, ScriptedServer, Session,
                             b64, says, silent)

STEP_MS = int(700 * SLOW)


@pytest.fixture(scope="module")
def authority():
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        yield Authority(folder)


def options(server, **more):
    return {"host": "127.0.0.1", "port": server.port, "ca_file": server.ca_file,
            "resource": "here", "step_ms": STEP_MS, "direct_tls": server.is_direct_tls,
            **more}


def ends(server, seconds=15, **more):
    """How a stream to SERVER ends, and the probe with all that it saw."""
    with server, Probe("alice@localhost", **options(server, **more)) as probe:
        closed = probe.closed(seconds)
    return closed, probe


def online(server, **more):
    """A context of its own: server, probe and session, all online."""
    class Online:
        def __enter__(self):
            server.__enter__()
            self.probe = Probe("alice@localhost", **options(server, **more))
            self.probe.wait("online")
            return self.probe, server.session()

        def __exit__(self, *what):
            self.probe.__exit__(*what)
            server.__exit__(*what)
    return Online()


def test_honest_server_is_taken(authority):
    with online(ScriptedServer(authority)) as (probe, session):
        assert session.jid == "alice@localhost/here"
        probe.send("/close")
        session.wait("</stream:stream>")
        assert probe.closed()["fault"] == "closed"


# ------------------------------------------------------------------ silence at every step

SILENCES = [
    ("header", "connecting"), ("features", "connecting"), ("starttls", "securing"),
    ("secure_header", "securing"), ("mechanisms", "securing"), ("auth", "authenticating"),
    ("authed_header", "binding"), ("bind_features", "binding"), ("bind", "binding")]


@pytest.fixture(scope="module")
def silences(authority):
    """How a stream ends by the step at which its server falls silent; all wait at once."""
    servers = {step: ScriptedServer(authority, steps={step: silent}) for step, _ in SILENCES}
    with ThreadPoolExecutor(len(servers)) as pool:
        return dict(zip(servers, pool.map(lambda server: ends(server)[0], servers.values())))


@pytest.mark.parametrize("step, phase", SILENCES)
def test_silence_ends_within_the_limit(silences, step, phase):
    closed = silences[step]
    assert (closed["fault"], closed["condition"], closed["step"]) == ("timeout", phase, phase)
    assert closed["retry"] == "1"
    assert STEP_MS / 1000 <= closed["seconds"] < STEP_MS / 1000 + 1.5 * SLOW


def test_silence_after_proceed_and_on_a_direct_port(authority):
    def proceed(session):
        session.read()
        session.send(f"<proceed xmlns='{TLS_NS}'/>")
        return False
    closed, _ = ends(ScriptedServer(authority, steps={"starttls": proceed}))
    assert (closed["fault"], closed["step"]) == ("timeout", "securing")
    server = ScriptedServer(authority, steps={"header": silent})
    with server, Probe("alice@localhost", **options(server, direct_tls=True)) as probe:
        assert probe.closed()["fault"] == "timeout"


def test_silence_in_the_middle_of_scram_and_drip(authority):
    server = ScriptedServer(authority)
    server.steps["auth"] = lambda session: (
        session.read(), session.send(f"<challenge xmlns='{SASL_NS}'>"), False)[-1]
    closed, _ = ends(server)
    assert (closed["fault"], closed["step"]) == ("timeout", "authenticating")

    def drip(session):
        try:
            while not session.has_ended.wait(0.05):
                session.send(" ")
        except Gone:
            return False
    closed, _ = ends(ScriptedServer(authority, steps={"features": drip}))
    assert closed["fault"] == "timeout"


def test_all_together_have_a_limit_too(authority):
    server = ScriptedServer(authority, steps={"bind": silent})
    closed, _ = ends(server, step_ms=60000, login_ms=int(500 * SLOW))
    assert (closed["fault"], closed["step"]) == ("timeout", "binding")


# ------------------------------------------------------------------ TLS and before it

def test_stripped_starttls_sends_nothing(authority):
    server = ScriptedServer(authority, steps={
        "features": says(f"<stream:features><mechanisms xmlns='{SASL_NS}'>"
                         "<mechanism>PLAIN</mechanism></mechanisms></stream:features>")})
    closed, probe = ends(server)
    assert closed["fault"] == "tls-missing"
    assert not probe.saw("password")
    sent = "".join(server.sessions[0].log)
    assert "auth" not in sent and "alice" not in sent


@pytest.mark.parametrize("behind", [
    " ", "<stream:features/>", "<?xml version='1.0'?><stream:stream>",
    f"<stream:features><mechanisms xmlns='{SASL_NS}'/></stream:features>"])
def test_data_behind_proceed_is_refused(authority, behind):
    def proceed(session):
        session.read()
        session.send(f"<proceed xmlns='{TLS_NS}'/>{behind}")
        session.start_tls()
    closed, probe = ends(ScriptedServer(authority, steps={"starttls": proceed}))
    assert (closed["fault"], closed["step"]) == ("xml", "securing")
    assert not probe.saw("password")


def test_data_behind_proceed_in_its_own_segment(authority):
    def proceed(session):
        session.read()
        session.send(f"<proceed xmlns='{TLS_NS}'/>")
        session.socket.recv(1, 2)  # MSG_PEEK: the client has begun its handshake
        session.send("<stream:features/>" * 10)
        session.start_tls()
    closed, _ = ends(ScriptedServer(authority, steps={"starttls": proceed}))
    assert closed["fault"] == "tls-failed"


def test_starttls_refused_and_see_other_host(authority):
    closed, _ = ends(ScriptedServer(authority, steps={
        "starttls": lambda s: (s.read(), s.send(f"<failure xmlns='{TLS_NS}'/>"), False)[-1]}))
    assert closed["fault"] == "tls-failed"
    elsewhere = ("<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
                 "evil.example:5222</see-other-host></stream:error></stream:stream>")
    for step in ("features", "mechanisms", "bind_features"):
        closed, probe = ends(ScriptedServer(authority, steps={step: says(elsewhere)}))
        assert (closed["fault"], closed["text"]) == ("see-other-host", "evil.example:5222")
        assert len([p for p in probe.saw("phase") if p == "connecting"]) == 1


@pytest.mark.parametrize("is_direct_tls", [False, True])
@pytest.mark.parametrize("how, condition, retry", [
    ({"names": ["localhost"], "days": (-30, -1)}, "expired", "1"),
    ({"names": ["localhost"], "days": (1, 30)}, "not-yet-valid", "1"),
    ({"names": ["other.example", "*.localhost"]}, "wrong-name", "0"),
    ({"names": ["xmpp:localhost"]}, "no-name", "0"),
    ({"names": ["localhost"], "without_san": True}, "no-name", "0"),
])
def test_bad_certificates(authority, is_direct_tls, how, condition, retry):
    how = dict(how)
    certificate = authority.issue(*how.pop("names"), label="bad", **how)
    closed, probe = ends(ScriptedServer(authority, certificate=certificate,
                                        is_direct_tls=is_direct_tls))
    assert (closed["fault"], closed["condition"]) == ("cert", condition)
    assert closed["retry"] == retry
    assert not probe.saw("password")


def test_self_signed_and_pinned(authority):
    with tempfile.TemporaryDirectory(prefix="tern-net-") as folder:
        stranger = Authority(folder)
        certificate = stranger.issue("localhost")
        closed, _ = ends(ScriptedServer(authority, certificate=certificate))
        assert (closed["fault"], closed["condition"]) == ("cert", "unknown-issuer")
        # the server's own certificate as CA file
        server = ScriptedServer(authority, certificate=certificate)
        with online(server, ca_file=certificate[0]) as (probe, _):
            probe.send("/close")
            probe.closed()
        key = f"{folder}/self.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                        f"{folder}/self.crt", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        closed, _ = ends(ScriptedServer(authority, certificate=(f"{folder}/self.crt", key)))
        assert (closed["fault"], closed["condition"]) == ("cert", "self-signed")


def test_direct_port_that_does_not_speak_tls(authority):
    server = ScriptedServer(authority, steps={"header": says("HTTP/1.1 400 Bad\r\n\r\n")})
    with server, Probe("alice@localhost", **options(server, direct_tls=True)) as probe:
        assert probe.closed()["fault"] in ("tls-failed", "timeout")


# ------------------------------------------------------------------ SASL

def lying(authority, **parts):
    server = ScriptedServer(authority)
    for name, part in parts.items():
        setattr(server, name, part)
    return server


@pytest.mark.parametrize("text, fault", [
    ("r={nonce},s={salt},i=1", "auth-weak"),
    ("r={nonce},s={salt},i=-1", "auth-weak"),
    ("r={nonce},s={salt},i=5000000", "auth-weak"),
    ("r={nonce},s={salt},i=99999999999999999999", "auth-weak"),
    ("r={nonce},s={long},i=4096", "auth-weak"),
    ("r={nonce},s={megabyte},i=4096", "auth-weak"),
    ("r=wrong{nonce},s={salt},i=4096", "server-proof"),
    ("r=,s={salt},i=4096", "server-proof"),
    ("r={nonce},s=,i=4096", "server-proof"),
    ("m=x,r={nonce},s={salt},i=4096", "server-proof"),
    ("nonsense", "server-proof"),
])
def test_bad_challenges(authority, text, fault):
    def challenge(_session, nonce, salt, _iterations):
        return text.format(nonce=nonce, salt=salt, long=b64(bytes(200)),
                           megabyte=b64(bytes(100000)))
    closed, probe = ends(lying(authority, challenge=challenge))
    assert (closed["fault"], closed["retry"]) == (fault, "0")
    assert not probe.saw("online")


@pytest.mark.parametrize("final", [
    "", "v=", "v=AAAA", "e=other-error", "v=" + b64(bytes(32)), "nonsense", "v=!!!!"])
def test_forged_missing_and_empty_signatures(authority, final):
    server = lying(authority, final=lambda _session, _signature: final)
    closed, probe = ends(server)
    assert (closed["fault"], closed["retry"]) == ("server-proof", "0")
    assert not probe.saw("online") and "binding" not in probe.saw("phase")


def raw_auth(*texts):
    def step(session):
        session.read()
        for text in texts:
            session.send(text)
        return False
    return step


@pytest.mark.parametrize("texts, fault", [
    ([f"<success xmlns='{SASL_NS}'/>"], "server-proof"),
    ([f"<success xmlns='{SASL_NS}'>{b64('v=' + b64(bytes(32)))}</success>"], "server-proof"),
    ([f"<success xmlns='{SASL_NS}'>***</success>"], "server-proof"),
    ([f"<challenge xmlns='{SASL_NS}'/>"], "server-proof"),
    ([f"<challenge xmlns='{SASL_NS}'>***</challenge>"], "server-proof"),
    (["<success xmlns='jabber:client'/>"], "protocol"),
    (["<iq type='result' id='x'/>"], "protocol"),
    (["<message><body>hi</body></message>"], "protocol"),
    (["<stream:features/>"], "protocol"),
    ([f"<failure xmlns='{SASL_NS}'><account-disabled/><text>no\x7f</text></failure>"],
     "auth-failed"),
    ([f"<failure xmlns='{SASL_NS}'><temporary-auth-failure/></failure>"], "auth-temporary"),
    ([f"<failure xmlns='{SASL_NS}'/>"], "auth-failed"),
    (["</stream:stream>"], "remote-closed"),
])
def test_odd_answers_to_auth(authority, texts, fault):
    closed, probe = ends(ScriptedServer(authority, steps={"auth": raw_auth(*texts)}))
    assert closed["fault"] == fault
    assert not probe.saw("online") and not probe.saw("stanza")


def test_plain_only_if_nothing_better_and_unknown_mechanisms(authority):
    with online(lying(authority, mechanisms=["PLAIN"])) as (probe, session):
        assert "PLAIN" in probe.wait("summary")
        probe.send("/close")
        probe.closed()
    with online(lying(authority, mechanisms=["PLAIN", "SCRAM-SHA-512"])) as (probe, _):
        assert "SCRAM-SHA-512" in probe.wait("summary")
        probe.send("/close")
        probe.closed()
    closed, _ = ends(lying(authority, mechanisms=["DIGEST-MD5", "ANONYMOUS"]))
    assert closed["fault"] == "auth-mechanism"
    assert "DIGEST-MD5" in closed["text"]


def test_data_behind_success_is_refused(authority):
    server = lying(authority)

    def finish(session, good, text):
        session.send(f"<success xmlns='{SASL_NS}'>{b64(text)}</success>"
                     "<stream:features/>")
        return False
    server.steps["auth"] = lambda session: Session.auth(Bent(session, finish))
    closed, probe = ends(server)
    assert closed["fault"] == "xml"
    assert not probe.saw("online")


class Bent:
    """A session with another finish()."""

    def __init__(self, session, finish):
        self._session, self._finish = session, finish

    def __getattr__(self, name):
        return getattr(self._session, name)

    def finish(self, good, text):
        return self._finish(self._session, good, text)


# ------------------------------------------------------------------ bind

@pytest.mark.parametrize("answer, fault", [
    ("<iq type='result' id='{id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
     "<jid>mallory@localhost/here</jid></bind></iq>", "protocol"),
    ("<iq type='result' id='{id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
     "<jid>alice@localhost</jid></bind></iq>", "protocol"),
    ("<iq type='result' id='{id}'/>", "protocol"),
    ("<iq type='result' id='other'/>", "protocol"),
    ("<iq type='error' id='{id}'><error type='cancel'><conflict "
     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", "bind-failed"),
    ("<message from='x@y'><body>early</body></message>", "protocol"),
])
def test_odd_answers_to_bind(authority, answer, fault):
    def bind(session):
        ident = re.search(r"\bid=['\"]([^'\"]*)", session.read())[1]
        session.send(answer.format(id=ident))
        return False
    closed, probe = ends(ScriptedServer(authority, steps={"bind": bind}))
    assert closed["fault"] == fault
    assert not probe.saw("online") and not probe.saw("stanza")


# ------------------------------------------------------------------ XML

HEAD = (f"<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
        f"xmlns:stream='{STREAM_NS}' version='1.0' id='x'>")
BOMB = ("<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a 'aaaaaaaaaa'>"
        + "".join(f"<!ENTITY {chr(98 + i)} '{('&' + chr(97 + i) + ';') * 10}'>"
                  for i in range(9)) + "]>" + HEAD[21:] + "<a>&j;</a>")


@pytest.mark.parametrize("text", [
    b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\n\r\n<html>", b"\x00" * 100,
    b"\xff\xfe<\x00?\x00x\x00m\x00l\x00", HEAD.replace("?>", "?><!-- c -->").encode(),
    HEAD.replace("?>", "?><!DOCTYPE x>").encode(), BOMB.encode(),
    HEAD.encode() + b"<a>\xff\xfe</a>", HEAD.encode() + b"<?php x ?>",
    HEAD.encode() + b"<a></b>", HEAD.encode() + b"<a b='1' b='2'/>",
    HEAD.encode() + b"<" + b"a" * 1200000,
    b"<stream:stream xmlns:stream='http://evil.example' version='1.0'>",
], ids=lambda text: repr(text[:12]))
def test_what_is_no_stream_ends_it(authority, text):
    server = ScriptedServer(authority, steps={
        "header": lambda s: (s.read_header(), s.send(text), False)[-1]})
    closed, _ = ends(server)
    assert closed["fault"] in ("xml", "protocol")
    assert closed["seconds"] < 5 * SLOW


@pytest.mark.parametrize("change", [("version='1.0' id", "id"), ("'1.0' id", "'0.9' id"),
                                    ("jabber:client", "jabber:server")])
def test_header_of_another_kind(authority, change):
    server = ScriptedServer(authority, steps={
        "header": lambda s: (s.read_header(), s.send(HEAD.replace(*change)), False)[-1]})
    closed, _ = ends(server)
    assert closed["fault"] in ("xml", "protocol")


@pytest.mark.parametrize("text", [
    b"<message><body>\xff\xfe</body></message>", b"<!DOCTYPE x>", b"<!-- c -->", b"<?p i?>",
    b"<message></presence>", b"<message><body>&bomb;</body></message>", b"text",
    b"<message " + b"x" * 1200000], ids=lambda text: repr(text[:12]))
def test_broken_xml_ends_an_online_stream(authority, text):
    with online(ScriptedServer(authority)) as (probe, session):
        session.send(text)
        closed = probe.closed()
        assert (closed["fault"], closed["step"], closed["retry"]) == ("xml", "online", "1")
        assert "<stream:error>" in session.wait("stream:error")
        assert not probe.saw("stanza")


def deep(levels):
    return "<message from='a@b' id='deep'>" + "<x>" * levels + "</x>" * levels + "</message>"


@pytest.mark.parametrize("text, cap", [
    (lambda: deep(100000), "depth"),
    (lambda: "<message from='a@b'>" + "<x/>" * 65000 + "</message>", "children"),
    (lambda: f"<message from='a@b'><body>{'x' * 10000000}</body></message>", "size"),
    (lambda: "<message from='a@b' " + " ".join(f"a{i}='1'" for i in range(500)) + "/>",
     "attributes"),
])
def test_too_much_is_skipped_and_the_stream_goes_on(authority, text, cap):
    with online(ScriptedServer(authority)) as (probe, session):
        session.send(text())
        skipped = probe.wait("too-large", seconds=20)
        assert skipped.startswith("message from=a@b") and f"cap={cap}" in skipped
        session.send("<message from='c@d'><body>after</body></message>")
        assert "after" in probe.wait("stanza")
        probe.send("/close")
        assert probe.closed()["fault"] == "closed"


def test_attribute_of_another_namespace_is_not_the_sender(authority):
    with online(ScriptedServer(authority)) as (probe, session):
        session.send("<message xmlns:x='urn:x' x:from='ceo@corp' from='mallory@evil' "
                     "x:id='1'><body>pay</body></message>")
        text = probe.wait("stanza")
        assert "mallory@evil" in text and "ceo@corp" not in text
        session.send("<message xmlns:x='urn:x' from='mallory@evil' x:from='ceo@corp'/>")
        text = probe.wait("stanza")
        assert "mallory@evil" in text and "ceo@corp" not in text
        probe.send("/close")
        probe.closed()


# ------------------------------------------------------------------ online

def test_large_result_comes_in_batches(authority):
    rows = "".join(f"<item jid='c{i}@localhost'/>" for i in range(20000))
    with online(ScriptedServer(authority)) as (probe, session):
        session.send("<iq type='result' id='batch1-a'><query xmlns='jabber:iq:roster'>"
                     f"{rows}</query></iq>")
        assert probe.wait("batch", seconds=20) == "rows=20000 cut=0 dropped=0"
        probe.send("/close")
        probe.closed()


@pytest.mark.parametrize("condition, fault, retry", [
    ("conflict", "conflict", "0"), ("system-shutdown", "shutdown", "1"),
    ("policy-violation", "remote-error", "1"), ("host-gone", "remote-error", "0"),
    ("not-authorized", "not-authorized", "0")])
def test_stream_errors_by_their_condition(authority, condition, fault, retry):
    with online(ScriptedServer(authority)) as (probe, session):
        session.send(f"<stream:error><{condition} "
                     "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
                     "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>wh\u202ey</text>"
                     "</stream:error></stream:stream>")
        closed = probe.closed()
        assert (closed["fault"], closed["condition"], closed["retry"]) == (
            fault, condition, retry)
        assert closed["text"] == "wh\ufffdy"


def test_ends_without_goodbye(authority):
    for how in ("close", "reset"):
        with online(ScriptedServer(authority)) as (probe, session):
            getattr(session, how)()
            closed = probe.closed()
            assert (closed["fault"], closed["retry"]) == ("lost", "1")


def test_goodbye_that_is_never_answered_has_a_limit(authority):
    server = ScriptedServer(authority)
    server.steps["online"] = lambda s: (server._online.put(s), False)[-1]
    with online(server, close_ms=int(300 * SLOW)) as (probe, _session):
        probe.send("/close")
        assert probe.closed(5)["fault"] == "closed"


def test_closing_in_any_phase_is_no_error(authority):
    for step in ("header", "starttls", "mechanisms", "auth", "bind"):
        server = ScriptedServer(authority, steps={step: silent})
        with server, Probe("alice@localhost", **options(server, step_ms=60000)) as probe:
            probe.wait("phase", {"header": "connecting", "starttls": "securing",
                                 "mechanisms": "securing", "auth": "authenticating",
                                 "bind": "binding"}[step])
            probe.send("/close")
            assert probe.closed()["fault"] == "closed"


def test_server_that_never_reads_is_felt(authority):
    release = threading.Event()
    server = ScriptedServer(authority)

    def stuck(session):
        server._online.put(session)
        release.wait(30 * SLOW)
        return type(session).online(session)
    server.steps["online"] = stuck
    with online(server) as (probe, _session):
        line = "<message><body>" + "x" * 100000 + "</body></message>"
        for _ in range(120):
            probe.send(line)
        probe.send("/count")
        counts = dict(pair.split("=") for pair in probe.wait("count").split())
        assert int(counts["queued"]) > 1000000
        release.set()
        probe.wait("drained", seconds=30)
        probe.send("/close")
        assert probe.closed()["fault"] == "closed"


def test_paused_reading_holds_stanzas_back(authority):
    with online(ScriptedServer(authority)) as (probe, session):
        probe.send("/pause")
        probe.send("<presence id='paused'/>")
        session.wait("paused")
        session.send("<message id='held'/>")
        probe.send("/count")
        assert "stanzas=0" in probe.wait("count")
        assert not probe.saw("stanza")
        probe.send("/resume")
        assert "held" in probe.wait("stanza")
        probe.send("/close")
        probe.closed()


def test_no_stanza_is_split_over_two_records_that_fits_into_one(authority):
    """A link that breaks leaves no half stanza with a server then, which may keep it."""
    records = []
    server = ScriptedServer(authority)

    def noting(session):
        receive = session.socket.recv  # of TLS: never more than one record

        def receive_noted(size):
            records.append(receive(size))
            return records[-1]
        session.socket.recv = receive_noted
        return type(session).online(session)
    server.steps["online"] = noting
    stanzas = ["<message><body>" + "x" * size + "</body></message>"
               for size in [1000, 3000] * 40 + [40000] + [500] * 40 + [16000, 16000]]
    with online(server) as (probe, session):
        probe.send("\n".join(stanzas))
        for _ in stanzas:
            session.wait("</message>")
        probe.send("/close")
        assert probe.closed()["fault"] == "closed"
    text = b"".join(records)
    ends = set(itertools.accumulate(map(len, records)))
    begin = 0
    for stanza in stanzas:
        end = begin + len(stanza)
        assert text[begin:end] == stanza.encode()
        assert len(stanza) > 16384 or not ends & set(range(begin + 1, end)), (begin, end)
        begin = end
