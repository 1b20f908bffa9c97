"""A client in another language: nothing but a socket and python3-msgpack. What is written
here is all that it takes, so nothing of tests/support stands between it and the bytes."""

import os
import socket

import msgpack

from peer import Peer


class Client:
    """Thirty lines that any language can have."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.unpacker = msgpack.Unpacker()
        self.number = 0
        self.events = []

    def next(self):
        for frame in self.unpacker:
            return frame
        data = self.socket.recv(65536)
        assert data, "closed"
        self.unpacker.feed(data)
        return self.next()

    def call(self, method, **params):
        self.number += 1
        self.socket.sendall(msgpack.packb([0, self.number, method, params]))
        while True:
            frame = self.next()
            if frame[0] == 1 and frame[1] == self.number:
                assert frame[2] is None, frame[2]
                return frame[3]
            self.events.append(frame[1:])

    def wait(self, event, match):
        while True:
            for name, params in self.events:
                if name == event and match(params):
                    return params
            self.events = []
            self.events.append(self.next()[1:])


def daemon_socket(house):
    """The daemon file, as a stranger would read it."""
    with open(os.path.join(house.data, "tern", "daemon"), encoding="utf-8") as file:
        return next(line.split("=", 1)[1].strip() for line in file
                    if line.startswith("socket"))


def test_hello_describe_attach_send_and_the_event(house, server):
    server.add_user("alice", "alice's secret")
    server.add_user("bob", "bob's secret")
    house.create_profile(server, "alice", "alice's secret")
    client = Client(daemon_socket(house))
    hello = client.call("bridge.hello", program="stranger")
    assert hello["program"] == "ternd" and hello["schema"]

    rows = [line.split("\t") for line in client.call("bridge.describe")["text"].splitlines()]
    kinds = {row[0] for row in rows}
    assert {"SCHEMA", "RECORD", "FIELD", "METHOD", "EVENT", "ERROR"} <= kinds
    methods = {row[1] for row in rows if row[0] == "METHOD"}
    assert {"profile.attach", "message.send", "message.page"} <= methods

    state = client.call("profile.attach", profile="@DEFAULT@")
    assert state["profile"] == "home" and state["is_full"] and state["jid"].startswith("alice@")
    if state["link"]["state"] != "online":
        client.wait("link.changed", lambda p: p["link"]["state"] == "online")

    bob = server.jid("bob")
    token = os.urandom(16)
    with Peer(server, "bob", "bob's secret") as peer:
        sent = client.call("message.send", profile="home", token=token, jid=bob,
                           body="hello from afar")
        event = client.wait("message.changed",
                            lambda p: p["line"]["id"] == sent["id"]
                            and p["line"]["state"] == "sent")
        assert event["line"]["body"] == "hello from afar" and event["seq"]
        assert peer.wait_message("hello from afar")
        again = client.call("message.send", profile="home", token=token, jid=bob,
                            body="hello from afar")
        assert again["id"] == sent["id"]
        peer.send(server.jid("alice"), "and back")
        event = client.wait("message.changed",
                            lambda p: p["line"]["body"] == "and back")
        assert event["line"]["state"] == "received" and event["is_new"]
