#!/usr/bin/python3
"""The demo that `tern --demo` starts: a private Prosody on free loopback ports with data that
is thrown away, two contacts, one that echoes and one that chats by itself, and a room with both.

Spoken with tern, its parent: standard output says key=value lines (jid, password, host, port,
ca_file), then "ready", or else one line "error SENTENCE". The end of standard input ends
everything; so does the parent's death. However this script itself dies, Prosody is killed by
the kernel and a small process that only waits for that removes the folder.

  demo              runs as said
  demo --packages   0 if Prosody and slixmpp are here, else names what is missing and says 4
  demo --install    installs them with the script "packages" beside this one

Debian's python3 and slixmpp are all that it needs. The tests use its functions too.
"""

import asyncio
import ctypes
import hashlib
import hmac
import importlib.util
import itertools
import logging
import os
import random
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

DOMAIN = "demo.localhost"
USER, ECHO, CHATTY = "you", "echo", "chatty"
NAMES = {USER: "You", ECHO: "Echo", CHATTY: "Chatty"}
ROOMS = f"rooms.{DOMAIN}"
LOUNGE = f"lounge@{ROOMS}"
LOUNGE_NAME = "The lounge"
LOUNGE_SUBJECT = "Tea, terns and trying things out"
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
MODULES = ("roster saslauth tls disco ping blocklist carbons smacks csi presence message iq "
           "offline posix c2s time version mam").split()
ITERATIONS = 4096
LISTEN_PORTS = (10000, 32768)
MISSING = 4
_MUC = "http://jabber.org/protocol/muc"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

TALK = (
    "Hello! I talk by myself now and then; answer me whenever you like. "
    "/join lounge leads into a room where Echo and I sit.",
    "Did you know? Close this terminal and I won't even notice.",
    "/me looks out of the window",
    "Try /contacts to see who is there.",
    "こんにちは — wide characters should line up. 🌊🐦 Emoji too.",
    "A tern flies from pole to pole and back, every year.",
    "Type /away lunch and I will see it.",
    "PgUp scrolls back, and new lines do not move what you read.",
    "Alt-a takes you to the next conversation with news.",
    "Long lines wrap at the edge of the terminal, and after you resize it they wrap again, "
    "wherever the edge is then, without a word getting lost on the way.",
    "/me hums a tune",
    "/help says what else there is.",
)
ANSWERS = (
    "Tell me more.",
    "I was just about to say that!",
    "Hm, {words}? Interesting.",
    "/me nods",
    "Ha! And then?",
    "I would not have thought so.",
)
WELCOME = "{guest}: welcome! Name Echo in a line and Echo answers."
# Never with "you", which is the guest's nick: such a line would count as naming the guest.
ROOM_TALK = (
    "/names shows who is here, and Tab completes a name.",
    "/me pours some tea",
    "A line with your name in it stands out and is counted apart.",
    "/msg Echo hello is for Echo alone, even in here.",
    "/subject Tea or coffee? says what this room is about from then on.",
    "/me looks for the biscuits",
    "/nick changes your name in here.",
    "/rooms lists the rooms of this server, and F3 who is in this one.",
    "/leave leads out of here, and /join lounge in again.",
)


def die_with_parent(how=signal.SIGKILL):
    """This process gets signal HOW when its parent ends; for preexec_fn too."""
    _libc.prctl(_PR_SET_PDEATHSIG, how, 0, 0, 0)


def free_ports(count):
    """COUNT loopback ports that were free a moment ago; below those that Linux lends to
    outgoing connections, so that none of these takes one before its server does."""
    sockets = []
    try:
        while len(sockets) < count:
            one = socket.socket()
            try:
                one.bind(("127.0.0.1", random.randrange(*LISTEN_PORTS)))
            except OSError:  # taken
                one.close()
            else:
                sockets.append(one)
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def lua(value):
    """VALUE (dict, list, str, number, bool) as Lua source."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        quoted = "".join(c if c.isalnum() and c.isascii() or c in " @._-/:" else
                         "".join(f"\\{byte:03d}" for byte in c.encode()) for c in value)
        return f'"{quoted}"'
    if isinstance(value, dict):
        rows = [f"[{lua(key)}] = {lua(item)};" for key, item in value.items()]
        return "{ " + " ".join(rows) + " }"
    return "{ " + " ".join(f"{lua(item)};" for item in value) + " }"


def data_path(folder, host, store, user):
    """Where Prosody's file storage in FOLDER keeps USER's STORE."""
    def spelled(text):
        return re.sub(r"[^A-Za-z0-9]", lambda m: "".join(f"%{b:02x}" for b in m[0].encode()),
                      text)
    return os.path.join(folder, spelled(host), store, spelled(user) + ".dat")


def write_data(folder, host, store, user, table):
    """Writes TABLE there, whole or not at all."""
    path = data_path(folder, host, store, user)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(f"return {lua(table)};\n")
    os.rename(path + ".new", path)


def account(password, digest="sha256"):
    """Prosody's record of an account: what SCRAM needs (RFC 5802 section 3)."""
    salt = os.urandom(12).hex()
    salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt.encode(), ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", digest)
    return {"iteration_count": ITERATIONS, "salt": salt,
            "stored_key": hashlib.new(digest, client_key).hexdigest(),
            "server_key": hmac.digest(salted, b"Server Key", digest).hex()}


def roster(contacts):
    """Prosody's record of a roster; CONTACTS are (jid, subscription, name, groups)."""
    items = {False: {"version": 1, "pending": {}}}
    for jid, subscription, name, groups in contacts:
        entry = {"subscription": subscription, "groups": {group: True for group in groups}}
        if name:
            entry["name"] = name
        items[jid] = entry
    return items


def missing_packages():
    """The Debian packages that the demo lacks here."""
    missing = []
    if not shutil.which("prosody", path=PATH):
        missing.append("prosody")
    if not importlib.util.find_spec("slixmpp"):
        missing.append("python3-slixmpp")
    return missing


def install():
    """Becomes the script that installs them."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "packages")
    os.execv(script, [script, "install", "demo"])


def sweep_at_death(folder):
    """Forks a process that outlives this one just long enough to remove FOLDER. It holds
    none of our descriptors but the pipe whose end is our death."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)
        return writing
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    os.closerange(3, reading)
    os.closerange(reading + 1, 256)
    while os.read(reading, 1):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


class Server:
    """The private Prosody in FOLDER."""

    def __init__(self, folder):
        self.folder = folder
        self.certificate = os.path.join(folder, "certificate.pem")
        self.key = os.path.join(folder, "key.pem")
        self.passwords = {user: secrets.token_urlsafe(15) for user in (USER, ECHO, CHATTY)}
        self.port = 0
        self.process = None

    def prepare(self):
        """Writes certificate, accounts and rosters."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", f"/CN={DOMAIN}",
             "-addext", f"subjectAltName=DNS:{DOMAIN}", "-keyout", self.key,
             "-out", self.certificate],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={"PATH": PATH})
        data = os.path.join(self.folder, "data")
        for user, password in self.passwords.items():
            write_data(data, DOMAIN, "accounts", user, account(password))
            others = (ECHO, CHATTY) if user == USER else (USER,)
            write_data(data, DOMAIN, "roster", user, roster(
                (f"{other}@{DOMAIN}", "both", NAMES[other], ()) for other in others))

    async def start(self):
        """Starts it on a port that is free; others are tried when it was taken meanwhile."""
        for _ in range(5):
            self.port = free_ports(1)[0]
            self.write_config()
            self.process = await asyncio.create_subprocess_exec(
                "prosody", "-F", "--config", os.path.join(self.folder, "prosody.cfg.lua"),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                cwd=self.folder, preexec_fn=die_with_parent,
                env={"PATH": PATH, "HOME": self.folder, "LANG": "C.UTF-8"})
            said = []
            async for line in self.process.stdout:
                said.append(line.decode("utf-8", "replace").strip())
                if "Failed to open server port" in said[-1]:
                    break
                if "Activated service 'c2s' on" in said[-1]:
                    return
            await self.stop()
        raise RuntimeError("Prosody did not start: " + " / ".join(said[-3:]))

    async def until_end(self):
        """Reads what it logs, and returns when it has ended."""
        async for _ in self.process.stdout:
            pass
        await self.process.wait()

    async def stop(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    def write_config(self):
        with open(os.path.join(self.folder, "prosody.cfg.lua"), "w", encoding="utf-8") as file:
            file.write(f"""
run_as_root = true
daemonize = false
pidfile = {lua(self.folder + "/prosody.pid")}
data_path = {lua(self.folder + "/data")}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {self.port} }}
modules_enabled = {lua(MODULES)}
modules_disabled = {{ "s2s", "s2s_auth_certs" }}
authentication = "internal_hashed"
storage = {{ archive = "memory"; muc_log = "memory" }}
default_archive_policy = true
password_hash = "SHA-256"
c2s_require_encryption = true
ssl = {{ certificate = {lua(self.certificate)}, key = {lua(self.key)} }}
log = {{ {{ levels = {{ min = "info" }}; to = "file"; filename = "/dev/stdout" }} }}
VirtualHost {lua(DOMAIN)}
Component {lua(ROOMS)} "muc"
	name = "Rooms"
	modules_enabled = {{ "muc_mam" }}
	-- Prosody 0.12 destroys another one when its only occupant takes a new nick.
	muc_room_default_persistent = true
""")


class Contact:
    """One of the two contacts: logged in, answering, with its typing shown."""

    def __init__(self, server, user, speaks):
        import slixmpp  # so late, because --packages must work without it
        self.friend = f"{USER}@{DOMAIN}"
        self.speaks = speaks
        self.friend_is_here = asyncio.Event()
        self.is_in = asyncio.get_running_loop().create_future()
        self.tasks = set()
        self.client = slixmpp.ClientXMPP(f"{user}@{DOMAIN}/tern", server.passwords[user])
        self.client.use_ipv6 = False
        for plugin in ("xep_0085", "xep_0184", "xep_0333"):
            self.client.register_plugin(plugin)
        context = ssl.create_default_context(cafile=server.certificate)
        self.client.get_ssl_context = lambda: context
        self.client.add_event_handler("session_start", self.on_start)
        self.client.add_event_handler("failed_auth", self.on_failure)
        self.client.add_event_handler("message", self.on_message)
        self.client.add_event_handler("presence_available", self.on_presence)
        self.client.add_event_handler("presence_unavailable", self.on_presence)
        self.client.connect(("127.0.0.1", server.port))

    async def on_start(self, _):
        await self.client.get_roster()
        self.client.send_presence()
        if not self.is_in.done():
            self.is_in.set_result(None)
        if self.speaks:
            self.begin(self.chat())

    def on_failure(self, _):
        if not self.is_in.done():
            self.is_in.set_exception(RuntimeError("a contact of the demo could not log in"))

    def on_presence(self, presence):
        if presence["from"].bare != self.friend:
            return
        if presence["type"] == "unavailable":
            self.friend_is_here.clear()
        else:
            self.friend_is_here.set()

    def on_message(self, message):
        if message["type"] in ("chat", "normal") and message["body"]:
            sender = message["from"]
            to = sender if sender.bare == LOUNGE else self.friend
            text = message["body"]
            if message["id"]:
                self.client["xep_0333"].send_marker(message["from"], message["id"], "displayed")
            pause = random.uniform(1, 2.5) if self.speaks else 0.3
            if self.speaks:
                words = " ".join(text.split()[:4]).strip("?!.,")
                text = random.choice(ANSWERS).format(words=words)
            self.begin(self.say(text, pause, to))

    def begin(self, coroutine):
        task = asyncio.ensure_future(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def say(self, text, pause, to=None):
        """Types for PAUSE seconds, then says TEXT."""
        to = to or self.friend
        typing = self.client.make_message(mto=to, mtype="chat")
        typing["chat_state"] = "composing"
        typing.send()
        await asyncio.sleep(pause)
        message = self.client.make_message(mto=to, mbody=text, mtype="chat")
        message["chat_state"] = "active"
        message.send()

    async def chat(self):
        """A first line soon, then one now and then, while the user is there."""
        pause = 4
        for text in itertools.cycle(TALK):
            await self.friend_is_here.wait()
            await asyncio.sleep(pause)
            await self.friend_is_here.wait()
            await self.say(text, random.uniform(1, 3))
            pause = random.uniform(15, 50)


class Seat:
    """A contact's place in the lounge. It talks to guests alone: what a contact says is
    answered by none, so that two of them never keep each other going."""

    def __init__(self, contact, user):
        self.contact = contact
        self.client = contact.client
        self.nick = NAMES[user]
        self.name = re.compile(rf"\b{self.nick}\b", re.IGNORECASE)
        self.guests = []
        self.guest_is_here = asyncio.Event()
        self.is_in = asyncio.get_running_loop().create_future()
        self.client.add_event_handler("presence_available", self.on_presence)
        self.client.add_event_handler("presence_unavailable", self.on_presence)
        self.client.add_event_handler("message", self.on_message)

    async def enter(self):
        presence = self.client.make_presence(pto=f"{LOUNGE}/{self.nick}")
        join = ElementTree.SubElement(presence.xml, f"{{{_MUC}}}x")
        ElementTree.SubElement(join, f"{{{_MUC}}}history", maxstanzas="0")
        presence.send()
        await self.is_in

    async def furnish(self):
        """Makes the room that was just entered first what it is."""
        query = ElementTree.Element(f"{{{_MUC}#owner}}query")
        form = ElementTree.SubElement(query, "{jabber:x:data}x", type="submit")
        for name, value in (("FORM_TYPE", f"{_MUC}#roomconfig"),
                            ("muc#roomconfig_roomname", LOUNGE_NAME),
                            ("muc#roomconfig_persistentroom", "1"),
                            ("muc#roomconfig_publicroom", "1"),
                            ("muc#roomconfig_changesubject", "1")):
            field = ElementTree.SubElement(form, "{jabber:x:data}field", var=name)
            ElementTree.SubElement(field, "{jabber:x:data}value").text = value
        await self.client.make_iq_set(sub=query, ito=LOUNGE).send()
        subject = self.client.make_message(mto=LOUNGE, mtype="groupchat")
        subject["subject"] = LOUNGE_SUBJECT
        subject.send()

    def on_presence(self, presence):
        nick = presence["from"].resource
        if presence["from"].bare != LOUNGE:
            return
        if nick == self.nick and not self.is_in.done():
            self.is_in.set_result(None)
        if nick in (NAMES[ECHO], NAMES[CHATTY]):
            return
        if nick in self.guests:
            self.guests.remove(nick)
        if presence["type"] != "unavailable":
            self.guests.append(nick)
        if self.guests:
            self.guest_is_here.set()
        else:
            self.guest_is_here.clear()

    def on_message(self, message):
        guest, text = message["from"].resource, message["body"]
        if message["type"] == "groupchat" and message["from"].bare == LOUNGE and \
                guest in self.guests and self.name.search(text):
            pause = random.uniform(1.5, 3) if self.contact.speaks else 0.6
            self.contact.begin(self.say(self.answer(guest, text), pause))

    def answer(self, guest, text):
        if text.startswith("/me "):
            return self.name.sub(lambda _: guest, text)
        said = re.sub(rf"^@?{self.nick}\b[\s:,.?!]*", "", text, flags=re.IGNORECASE)
        if self.contact.speaks:
            words = " ".join(said.split()[:4]).strip("?!.,") or "what"
            said = random.choice(ANSWERS).format(words=words)
        return said if said.startswith("/me ") else f"{guest}: {said or 'yes?'}"

    async def say(self, text, pause):
        await asyncio.sleep(pause)
        self.client.send_message(mto=LOUNGE, mbody=text, mtype="groupchat")

    async def chat(self):
        """A welcome to the first guest, then a line now and then, while somebody is there."""
        pause = 2
        for text in itertools.chain([WELCOME], itertools.cycle(ROOM_TALK)):
            await self.guest_is_here.wait()
            await asyncio.sleep(pause)
            await self.guest_is_here.wait()
            await self.say(text.replace("{guest}", self.guests[-1]), 0)
            pause = random.uniform(15, 50)


async def everybody_in(server):
    """Both contacts, online and in the lounge, which the first of them makes."""
    contacts = [Contact(server, ECHO, speaks=False), Contact(server, CHATTY, speaks=True)]
    echo, chatty = [Seat(one, user) for one, user in zip(contacts, (ECHO, CHATTY))]
    await asyncio.gather(*(one.is_in for one in contacts))
    await echo.enter()
    await echo.furnish()
    await chatty.enter()
    chatty.contact.begin(chatty.chat())
    return contacts


def end_of_input(loop):
    """A future that is done when standard input has ended or a signal asks for the end."""
    ended = loop.create_future()

    def end():
        if not ended.done():
            ended.set_result(None)

    def readable():
        try:
            if not os.read(0, 4096):
                end()
        except OSError:
            end()
    loop.add_reader(0, readable)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    return ended


async def perform(folder):
    """The whole demo, until its end is asked for."""
    ended = end_of_input(asyncio.get_running_loop())
    server = Server(folder)
    server.prepare()

    async def play():
        await server.start()
        contacts = await asyncio.wait_for(everybody_in(server), 30)
        for key, value in (("jid", f"{USER}@{DOMAIN}"), ("password", server.passwords[USER]),
                           ("host", "127.0.0.1"), ("port", server.port),
                           ("ca_file", server.certificate)):
            print(f"{key}={value}")
        print("ready", flush=True)
        await server.until_end()
        raise RuntimeError("the demo's server ended")
    playing = asyncio.ensure_future(play())
    await asyncio.wait([ended, playing], return_when=asyncio.FIRST_COMPLETED)
    if playing.done():
        playing.result()
    playing.cancel()
    await asyncio.wait([playing])
    if server.process:
        await server.stop()


def run():
    """Makes the folder, performs, and says in one line what went wrong."""
    die_with_parent(signal.SIGTERM)
    logging.disable(logging.CRITICAL)  # tern's terminal is no place for slixmpp's lines
    os.umask(0o077)
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if not (os.path.isdir(runtime) and os.access(runtime, os.W_OK)):
        runtime = tempfile.gettempdir()
    folder = tempfile.mkdtemp(prefix="tern-demo-", dir=runtime)
    sweep_at_death(folder)
    try:
        asyncio.run(perform(folder))
    except Exception as problem:
        print("error", " ".join(str(problem).split()) or type(problem).__name__, flush=True)
        return 1
    return 0


def main(arguments):
    if arguments == ["--packages"]:
        missing = missing_packages()
        for package in missing:
            print(package)
        return MISSING if missing else 0
    if arguments == ["--install"]:
        install()
    if arguments:
        print("demo: say demo, demo --packages or demo --install", file=sys.stderr)
        return 2
    missing = missing_packages()
    if missing:
        print("error the demo needs the Debian packages", " ".join(missing), flush=True)
        return MISSING
    return run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
