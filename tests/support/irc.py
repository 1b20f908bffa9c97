"""IRC for tests: a private ngircd, biboumi before it as a component of a private Prosody, and
somebody who speaks raw IRC.

    with Gateway() as gateway:                     # gateway.server is the Prosody
        with gateway.user("bob") as bob:
            bob.join("#den"); bob.say("#den", "hello"); bob.wait("PRIVMSG #den :hi")
        room = gateway.room("#den")

biboumi knows only the usual ports of IRC, so ngircd listens on an address of loopback of its
own. All of it runs as the caller and ends with this process.
"""

import os
import random
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading

from deadline import Deadline, TimedOut, die_with_parent, end_child
from demo import free_ports
from prosody import Prosody

PORT = 6667
HOST = "irc.localhost"


class Gateway:
    """Prosody, biboumi and ngircd, started and joined to each other."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="tern-irc-")
        self.processes = []
        [self.port] = free_ports(1)
        secret = secrets.token_hex(8)
        self._write("biboumi.cfg", f"""
hostname={HOST}
password={secret}
xmpp_server_ip=127.0.0.1
port={self.port}
db_name={self.folder}/biboumi.sqlite
log_level=1
identd_port=0
policy_directory={self.folder}
""")
        self.server = Prosody(options=f"""
component_ports = {{ {self.port} }}
component_interfaces = {{ "127.0.0.1" }}
Component "{HOST}"
	component_secret = "{secret}"
""")

    def __enter__(self):
        try:
            self._start_irc()
            self.server.start()
            self._start(["biboumi", os.path.join(self.folder, "biboumi.cfg")], "biboumi")
            self.server.wait_log(r"External component successfully authenticated", 20)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            end_child(process)
        self.server.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def room(self, channel):
        """The JID of CHANNEL."""
        return f"{channel}%{self.address}@{HOST}"

    def user(self, nick):
        return IrcUser(self.address, nick)

    def log(self, name):
        with open(os.path.join(self.folder, name + ".log"), encoding="utf-8",
                  errors="replace") as file:
            return file.read()

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def _start(self, argv, name):
        with open(os.path.join(self.folder, name + ".log"), "wb") as log:
            self.processes.append(subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=self.folder, preexec_fn=die_with_parent,
                env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": self.folder,
                     "LANG": "C.UTF-8"}))
        return self.processes[-1]

    def _start_irc(self):
        """On an address that nobody has taken."""
        for _ in range(5):
            self.address = ".".join(["127", *(str(random.randint(1, 254)) for _ in range(3))])
            config = self._write("ngircd.conf", f"""
[Global]
	Name = irc.test.localhost
	Info = test
	Listen = {self.address}
	Ports = {PORT}
	MotdPhrase = hello
	ServerUID = {os.getuid()}
	ServerGID = {os.getgid()}
[Limits]
	MaxConnectionsIP = 0
	MaxNickLength = 30
	MaxPenaltyTime = 0
[Options]
	DNS = no
	Ident = no
	PAM = no
	ConnectIPv6 = no
""")
            process = self._start(["ngircd", "-n", "-f", config], "ngircd")
            deadline = Deadline(10)
            while process.poll() is None and not deadline.is_over():
                try:
                    socket.create_connection((self.address, PORT), 1).close()
                    return
                except OSError:
                    threading.Event().wait(0.02)
        raise TimedOut("ngircd did not start:\n" + self.log("ngircd"))


class IrcUser:
    """NICK, connected; all lines that came are in `lines`."""

    def __init__(self, address, nick):
        self.nick = nick
        self.lines = []
        self._taken = 0
        self._bytes = b""
        self.socket = socket.create_connection((address, PORT), 10)

    def __enter__(self):
        self.send(f"NICK {self.nick}", f"USER {self.nick} 0 * :{self.nick}")
        self.wait(r" 001 ")
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *lines):
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def join(self, channel):
        self.send(f"JOIN {channel}")
        self.wait(rf" 366 {self.nick} {re.escape(channel)} ")

    def say(self, to, text):
        self.send(f"PRIVMSG {to} :{text}")

    def wait(self, pattern, seconds=15):
        """The first line since the last wait that matches PATTERN."""
        deadline = Deadline(seconds)
        while True:
            while self._taken < len(self.lines):
                self._taken += 1
                if re.search(pattern, self.lines[self._taken - 1]):
                    return self.lines[self._taken - 1]
            if deadline.is_over():
                raise TimedOut(f"no {pattern!r} on IRC: {self.lines[-20:]}")
            self._read(deadline)

    def _read(self, deadline):
        self.socket.settimeout(deadline.left() or 0.001)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return
        if not data:
            raise TimedOut(f"IRC closed the connection: {self.lines[-5:]}")
        *lines, self._bytes = (self._bytes + data).split(b"\r\n")
        for line in lines:
            text = line.decode("utf-8", "replace")
            if text.startswith("PING"):
                self.send("PONG" + text[4:])
            else:
                self.lines.append(text)
