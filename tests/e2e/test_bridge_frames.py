"""Bad bytes at the daemon's socket: each gets its error or its close, and a second frontend
notices nothing."""

import struct

import msgpack
import pytest

from bridge_client import BridgeClient, BridgeError, Closed, TimedOut

HELLO = msgpack.packb([0, 1, "bridge.hello", {"program": "test"}])


def request(method, params, number=7):
    return msgpack.packb([0, number, method, params], use_bin_type=True)


def map_of(count):
    """The head of a map that claims COUNT pairs, then nothing of it."""
    return b"\x94\x00\x07\xabrouter.stop" + b"\xdf" + struct.pack(">I", count)


# What is sent, and how it ends: a code of the schema, "close" (an error may come first), or
# "silence": more bytes are waited for, and the limit on half messages ends it.
FRAMES = {
    "no MessagePack": (b"\xc1", "close"),
    "text": (b"GET / HTTP/1.1\r\n\r\n", "BAD_FRAME"),
    "a number": (b"\x07", "BAD_FRAME"),
    "an empty array": (b"\x90", "BAD_FRAME"),
    "a map": (b"\x80", "BAD_FRAME"),
    "nil": (b"\xc0", "BAD_FRAME"),
    "an array that claims 2^32 elements": (b"\xdd\xff\xff\xff\xff", "close"),
    "an array that claims 268 million elements": (b"\xdd\x0f\xff\xff\xff", "close"),
    "a map that claims 2^32 pairs": (map_of(0xFFFFFFFF), "close"),
    "a string of 4 GiB": (b"\xdb\xff\xff\xff\xff", "close"),
    "a bin of 5 MiB": (b"\xc6" + struct.pack(">I", 5 << 20), "close"),
    "17 arrays deep": (b"\x91" * 17, "close"),
    "100,000 arrays deep": (b"\x91" * 100000, "close"),
    "params 20 deep": (b"\x94\x00\x07\xadrouter.status" + b"\x81\xa1a" * 20, "close"),
    "a message of unknown kind": (msgpack.packb([9, 7, "router.status", {}]), "BAD_FRAME"),
    "five elements": (msgpack.packb([0, 7, "router.status", {}, 1]), "BAD_FRAME"),
    "three elements": (msgpack.packb([0, 7, "router.status"]), "BAD_FRAME"),
    "a text as id": (msgpack.packb([0, "7", "router.status", {}]), "BAD_FRAME"),
    "a negative id": (msgpack.packb([0, -1, "router.status", {}]), "BAD_FRAME"),
    "an id over 32 bits": (msgpack.packb([0, 1 << 40, "router.status", {}]), "BAD_FRAME"),
    "a number as method": (msgpack.packb([0, 7, 5, {}]), "BAD_FRAME"),
    "params that are text": (request("router.status", "x"), "BAD_FRAME"),
    "params that are a list": (request("router.status", [1, 2]), "BAD_FRAME"),
    "an unknown method": (request("router.explode", {}), "UNKNOWN_METHOD"),
    "a method of the session process": (request("session.end", {}), "UNKNOWN_METHOD"),
    "a method of supervision": (request("supervisor.key", {"profile": "x"}), "UNKNOWN_METHOD"),
    "a method with a NUL": (request("router.status\0", {}), "UNKNOWN_METHOD"),
    "a missing field": (request("profile.default", {}), "BAD_PARAMS"),
    "a field of another type": (request("profile.default", {"profile": 5}), "BAD_PARAMS"),
    "a field that is no UTF-8": (
        b"\x94\x00\x07\xafprofile.default\x81\xa7profile\xa2\xff\xfe", "BAD_PARAMS"),
    "a profile that is missing": (request("roster.list", {}), "BAD_PARAMS"),
    "a profile that nobody has": (request("roster.list", {"profile": "x"}), "NO_PROFILE"),
    "no profile at all": (request("roster.list", {"profile": "@DEFAULT@"}), "NO_PROFILE"),
    "an answer that nobody asked for": (msgpack.packb([1, 7, None, {}]), "ignored"),
    "an event": (msgpack.packb([2, "message.changed", {"profile": "x"}]), "ignored"),
    "keys that are unknown": (request("router.status", {"x": 1, 5: 6, b"y": []}), "result"),
    "params in an array": (request("router.status", [{}]), "result"),
    "no params": (request("router.status", None), "result"),
    "floats and extensions": (request("router.status", {
        "x": 1.5, "y": msgpack.ExtType(5, b"abc")}), "result"),
    "half a message": (request("router.status", {"x": "y" * 100})[:-50], "silence"),
}


def end_of(client, number):
    """How the talk with CLIENT ended: the code of its error, "result" or "close"."""
    try:
        client.answer(number)
        return "result"
    except BridgeError as error:
        return error.code
    except Closed:
        return "close"


@pytest.fixture(name="daemon", scope="module")
def make_daemon():
    from house import House
    with House() as house:
        house.run("ternd", "--hurry", "20")
        yield house


@pytest.mark.parametrize("name", FRAMES)
def test_bad_bytes_get_their_error_or_their_close(daemon, name):
    data, end = FRAMES[name]
    with daemon.bridge() as other, BridgeClient(daemon.daemon_file()["socket"]) as client:
        try:
            client.send_bytes(HELLO)
            assert client.answer(1)["program"] == "ternd"
            client.send_bytes(data)
            if end == "silence":
                client.wait_closed(10)
            elif end == "close":
                client.wait_closed(5)
            elif end == "ignored":
                client.send_bytes(request("router.status", {}, 8))
                assert end_of(client, 8) == "result"
            elif end == "BAD_FRAME":
                # The id may be unreadable: then the answer carries 0.
                client.send_bytes(request("router.status", {}, 8))
                assert end_of(client, 8) == "result"
                errors = [answer[0]["code"] for answer in client._answers.values()]
                assert errors and set(errors) == {"BAD_FRAME"}
            else:
                assert end_of(client, 7) == end
        except Closed:
            assert end == "close"
        assert other.call("router.status")["pid"] == daemon.daemon_pid()


def test_before_hello_nothing_is_done(daemon):
    with BridgeClient(daemon.daemon_file()["socket"]) as client:
        for method in ("router.stop", "bridge.describe", "session.end", "no.such"):
            with pytest.raises(BridgeError) as caught:
                client.call(method)
            assert caught.value.code == "NO_HELLO"
        with pytest.raises(BridgeError) as caught:
            client.call("bridge.hello")
        assert caught.value.code == "BAD_PARAMS"
        with pytest.raises(BridgeError) as caught:
            client.call("router.stop")
        assert caught.value.code == "NO_HELLO"
        client.hello()
        assert client.call("profile.list") == {}


def test_a_message_in_single_bytes_is_understood(daemon):
    with daemon.bridge() as client:
        for byte in request("router.status", {"pad": "x" * 300}, 99):
            client.socket.send(bytes([byte]))
        assert client.answer(99)["pid"]


def test_a_message_of_almost_4_mib_is_understood_and_a_larger_one_closed(daemon):
    with daemon.bridge() as client, daemon.bridge() as other:
        client.send_bytes(request("router.status", {"pad": "x" * ((4 << 20) - 100)}, 99))
        assert client.answer(99)["pid"]
        with pytest.raises(Closed):
            client.send_bytes(request("router.status", {"pad": "x" * (4 << 20)}, 98))
            client.answer(98)
            client.answer(97)
        other.call("profile.list")


def test_a_client_that_never_reads_is_closed(daemon):
    frame = request("bridge.describe", {}) * 20
    with daemon.bridge() as deaf, daemon.bridge() as other:
        deaf.socket.settimeout(30)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while True:
                deaf.socket.sendall(frame)
        assert other.call("router.status")["frontends"] >= 1


def test_half_a_message_then_the_end(daemon):
    for cut in range(1, len(HELLO)):
        with BridgeClient(daemon.daemon_file()["socket"]) as client:
            client.send_bytes(HELLO[:cut])
    with daemon.bridge() as other:
        assert other.call("profile.list") == {}
        with pytest.raises(TimedOut):
            other.wait_event("profile.changed", 0.1)
