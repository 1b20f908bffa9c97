"""An XMPP server that does what a test tells it, and no more: no XMPP library, one thread a
connection, certificates of its own. For everything that a real server never does.

    with ScriptedServer(authority) as server:                  # an honest one
        server.challenge = lambda s: ...                       # … that lies in one step
        ... connect to server.port ...
        session = server.session()                             # after bind, in the test
        session.send("<message …/>"); session.wait("<presence")

Each step of a login is a method of Session; `server.steps["features"] = function(session)`
replaces it. A step that returns False ends the script: the connection stays open and silent
(that is what `silent` is for). Received stanzas are kept as text, split by depth.
"""

import base64
import hashlib
import hmac
import os
import queue
import re
import socket
import ssl
import threading

from deadline import Deadline, TimedOut

STREAM_NS = "http://etherx.jabber.org/streams"
TLS_NS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL_NS = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND_NS = "urn:ietf:params:xml:ns:xmpp-bind"
STEPS = ("header", "features", "starttls", "secure_header", "mechanisms", "auth",
         "authed_header", "bind_features", "bind", "online")

_TAG = re.compile(rb"<(/?)([^\s/>]+)((?:[^>'\"]|'[^']*'|\"[^\"]*\")*?)(/?)>")


class Gone(Exception):
    """The client has closed the connection."""


def silent(_session):
    """A step that says nothing and waits for ever."""
    return False


def says(text, go_on=False):
    """A step that sends TEXT (str or bytes) and, unless GO_ON, stays silent."""
    def step(session):
        session.send(text)
        return None if go_on else False
    return step


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


class Session:
    """One connection, run by its own thread; `log` holds all that the client sent."""

    def __init__(self, server, connection):
        self.server = server
        self.socket = connection
        self.log = []
        self.is_online = threading.Event()
        self.has_ended = threading.Event()
        self.received = queue.Queue()
        self.is_secure = False
        self.jid = None
        self.error = None
        self._bytes = b""
        self._lock = threading.Lock()

    # ---- the wire

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        with self._lock:
            try:
                self.socket.sendall(data)
            except (OSError, ValueError):
                raise Gone from None

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except (OSError, ValueError):
            raise Gone from None
        if not data:
            raise Gone
        self._bytes += data

    def read_header(self):
        """Everything up to and with the client's <stream:stream …>."""
        while not (match := re.search(rb"<stream:stream[^>]*>", self._bytes)):
            self._more()
        text, self._bytes = self._bytes[:match.end()], self._bytes[match.end():]
        self.log.append(text.decode())
        return text.decode()

    def read(self):
        """The next whole element of the client, or its </stream:stream>, as text."""
        while (end := self._element_end()) is None:
            self._more()
        text, self._bytes = self._bytes[:end].strip(), self._bytes[end:]
        self.log.append(text.decode())
        return text.decode()

    def _element_end(self):
        depth = 0
        for match in _TAG.finditer(self._bytes):
            if match[1]:
                depth -= 1
            elif not match[4]:
                depth += 1
            if depth <= 0:
                return match.end()
        return None

    def start_tls(self):
        """Speaks TLS from here on, with the certificate of the server."""
        context = self.server.tls_context()
        try:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        except (OSError, ValueError) as error:
            self.error = error
            raise Gone from None
        self.is_secure = True

    def close(self):
        for call in (lambda: self.socket.shutdown(socket.SHUT_RDWR), self.socket.close):
            try:
                call()
            except (OSError, ValueError):
                pass

    def reset(self):
        """Ends the connection with a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.shutdown(socket.SHUT_RD)  # wakes our reader, which holds it open
        self.socket.close()

    # ---- for the test's thread, once online

    def wait(self, pattern="", seconds=10):
        """The next element received since the last wait that matches PATTERN."""
        deadline = Deadline(seconds)
        while True:
            try:
                text = self.received.get(timeout=max(deadline.left(), 0.001))
            except queue.Empty:
                raise TimedOut(f"the client never sent {pattern!r}: {self.log}") from None
            if re.search(pattern, text):
                return text

    def answer(self, iq, payload="", kind="result"):
        """Answers the client's IQ (its text) with PAYLOAD."""
        ident = re.search(r"\bid=['\"]([^'\"]*)", iq)[1]
        self.send(f"<iq type='{kind}' id='{ident}'>{payload}</iq>")

    # ---- the steps of an honest login

    def stream_header(self):
        return ("<?xml version='1.0'?>"
                f"<stream:stream xmlns='jabber:client' xmlns:stream='{STREAM_NS}' "
                f"id='{os.urandom(4).hex()}' from='{self.server.host}' version='1.0'>")

    def header(self):
        self.read_header()
        self.send(self.stream_header())

    def features(self):
        self.send(f"<stream:features><starttls xmlns='{TLS_NS}'><required/></starttls>"
                  "</stream:features>")

    def starttls(self):
        self.read()
        self.send(f"<proceed xmlns='{TLS_NS}'/>")
        self.start_tls()

    def secure_header(self):
        self.header()

    def mechanisms(self):
        names = "".join(f"<mechanism>{name}</mechanism>" for name in self.server.mechanisms)
        self.send(f"<stream:features><mechanisms xmlns='{SASL_NS}'>{names}</mechanisms>"
                  f"{self.server.more_features}</stream:features>")

    def auth(self):
        """SCRAM or PLAIN; the parts that a test may bend are the server's methods."""
        server = self.server
        first = self.read()
        name = re.search(r"mechanism=['\"]([^'\"]+)", first)[1]
        message = base64.b64decode(re.sub(r"<[^>]*>", "", first))
        if name == "PLAIN":
            good = message.split(b"\0")[-1] == server.password.encode()
            return self.finish(good, "")
        digest = re.match(r"SCRAM-(SHA-\d+)", name)[1].replace("-", "").lower()
        bare = message.decode().split(",", 2)[2]
        nonce = bare.split("r=", 1)[1] + os.urandom(9).hex()
        challenge = server.challenge(self, nonce, b64(server.salt), server.iterations)
        self.send(f"<challenge xmlns='{SASL_NS}'>{b64(challenge)}</challenge>")
        final = base64.b64decode(re.sub(r"<[^>]*>", "", self.read())).decode()
        without_proof, proof = final.rsplit(",p=", 1)
        signed = ",".join([bare, challenge, without_proof]).encode()
        salted = hashlib.pbkdf2_hmac(digest, server.password.encode(), server.salt,
                                     server.iterations)
        key = hmac.digest(salted, b"Client Key", digest)
        mask = hmac.digest(hashlib.new(digest, key).digest(), signed, digest)
        expected = bytes(a ^ b for a, b in zip(key, mask))
        good = base64.b64decode(proof) == expected
        signature = hmac.digest(hmac.digest(salted, b"Server Key", digest), signed, digest)
        return self.finish(good, server.final(self, b64(signature)))

    def finish(self, good, text):
        if not good:
            self.send(f"<failure xmlns='{SASL_NS}'><not-authorized/></failure>")
            return False
        content = b64(text) if text else ""
        self.send(f"<success xmlns='{SASL_NS}'>{content}</success>")
        return None

    def authed_header(self):
        self.header()

    def bind_features(self):
        self.send(f"<stream:features><bind xmlns='{BIND_NS}'/>{self.server.bound_features}"
                  "</stream:features>")

    def bind(self):
        iq = self.read()
        match = re.search(r"<resource[^>]*>([^<]*)", iq)
        self.jid = f"{self.server.user}@{self.server.host}/{match[1] if match else 'given'}"
        self.answer(iq, f"<bind xmlns='{BIND_NS}'><jid>{self.jid}</jid></bind>")

    def online(self):
        """Hands every element to `server.on_stanza`, then to the test, until the goodbye."""
        self.is_online.set()
        self.server._online.put(self)
        while True:
            text = self.read()
            try:
                if text.startswith("</"):
                    self.send("</stream:stream>")
                    raise Gone
                if self.server.on_stanza is not None:
                    self.server.on_stanza(self, text)
            finally:
                self.received.put(text)

    def run(self):
        try:
            if self.server.is_direct_tls:
                self.start_tls()
                names = STEPS[STEPS.index("secure_header"):]
            else:
                names = STEPS
            for name in names:
                step = self.server.steps.get(name)
                if (step(self) if step else getattr(self, name)()) is False:
                    while True:
                        self._more()
        except Gone:
            pass
        except Exception as error:  # shown by the test, which sees the client time out
            self.error = error
        finally:
            self.close()
            self.has_ended.set()


class ScriptedServer:
    """HOST is the domain served; CERTIFICATE a pair of paths, else AUTHORITY issues one.
    Everything below may be changed before a client connects."""

    def __init__(self, authority, host="localhost", certificate=None, is_direct_tls=False,
                 steps=None, address="127.0.0.1", port=0):
        self.host = host
        self.user, self.password = "alice", "secret"
        self.salt, self.iterations = os.urandom(16), 4096
        self.mechanisms = ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"]
        self.more_features = ""
        self.bound_features = "<ver xmlns='urn:xmpp:features:rosterver'/>"
        self.on_stanza = None
        self.is_direct_tls = is_direct_tls
        self.steps = dict(steps or {})
        self.ca_file = authority.path if authority else None
        self.certificate = certificate or authority.issue(
            host, label=f"scripted-{os.urandom(4).hex()}")
        self.sessions = []
        self._online = queue.Queue()
        self._context = None
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((address, port))
        self._listener.listen(64)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def stop_listening(self):
        """New connections are refused; those that are there go on."""
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone wakes no accept()
            self._listener.close()

    def __exit__(self, *_):
        self.stop_listening()
        for session in self.sessions:
            session.close()

    def jid(self, user=None):
        return f"{user or self.user}@{self.host}"

    def tls_context(self):
        if self._context is None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*self.certificate)
        return self._context

    def session(self, seconds=15):
        """The next session that has come online."""
        try:
            return self._online.get(timeout=Deadline(seconds).left())
        except queue.Empty:
            errors = [session.error for session in self.sessions]
            raise TimedOut(f"nobody came online: {errors}") from None

    # ---- what a lying server bends

    def challenge(self, session, nonce, salt, iterations):
        """The server-first-message; NONCE is the client's with ours behind it."""
        return f"r={nonce},s={salt},i={iterations}"

    def final(self, session, signature):
        """What <success/> carries."""
        return f"v={signature}"

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(self, connection)
            self.sessions.append(session)
            threading.Thread(target=session.run, daemon=True).start()
