"""A private Prosody: own folder, own loopback ports, own certificate, run as the caller.

    with Prosody() as server:
        server.add_user("alice", "secret", roster={"bob": "both"})
        ... server.jid("alice"), server.port, server.direct_port, server.ca_file ...

Accounts and rosters are written into its data folder, so adding one costs nothing and works
while it runs (a roster only before its owner logs in). It ends with this process.
"""

import hashlib
import hmac
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from certificates import Authority
from deadline import Deadline, TimedOut, die_with_parent, end_child

MODULES = ("roster saslauth tls disco ping blocklist carbons mam smacks csi csi_simple pep "
           "private time version register presence message iq offline posix c2s").split()
ITERATIONS = 4096


def free_ports(count):
    """COUNT loopback ports that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def listening_addresses(pid):
    """The (address, port) pairs on which process PID listens for TCP; IPv6 in hexadecimal."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            inodes.add(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:  # closed meanwhile
            pass
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as file:
            for row in list(file)[1:]:
                fields = row.split()
                if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                    address, port = fields[1].split(":")
                    if len(address) == 8:
                        address = socket.inet_ntoa(bytes.fromhex(address)[::-1])
                    found.append((address, int(port, 16)))
    return found


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


def data_name(text):
    """TEXT as Prosody's file storage spells it."""
    return re.sub(r"[^A-Za-z0-9]", lambda m: "".join(f"%{b:02x}" for b in m[0].encode()), text)


class Prosody:
    """HOST is the virtual host; MODULES more modules by name, WITHOUT some of the usual ones
    less; OPTIONS raw Lua lines for the configuration; ARCHIVE "internal" (survives restarts)
    or "memory"; SCRAM "SHA-256" or "SHA-1"; NAMES what the certificate is for; LEVEL how
    much it logs ("debug" with the module "stanza_debug" shows every stanza)."""

    def __init__(self, host="localhost", modules=(), without=(), options="",
                 archive="internal", scram="SHA-256", names=None, authority=None,
                 level="info"):
        self.folder = tempfile.mkdtemp(prefix="tern-prosody-")
        self.host = host
        self.scram = scram
        self.authority = authority or Authority(self.folder)
        self.ca_file = self.authority.path
        self.certificate, self.key = self.authority.issue(
            *(names or [host, f"rooms.{host}"]), label="server")
        self._modules = [m for m in MODULES + list(modules) if m not in without]
        self._options = options
        self._archive = archive
        self._level = level
        self.log_path = os.path.join(self.folder, "prosody.log")
        self.port = self.direct_port = 0
        self.process = None
        self._said = ""
        self._news = threading.Condition()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()

    def jid(self, user):
        return f"{user}@{self.host}"

    @property
    def rooms(self):
        return f"rooms.{self.host}"

    def add_user(self, user, password, roster=None):
        """ROSTER maps users or JIDs to a subscription or to (subscription, name, groups)."""
        salt = os.urandom(12).hex()
        digest = self.scram.replace("-", "").lower()
        salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt.encode(), ITERATIONS)
        client_key = hmac.digest(salted, b"Client Key", digest)
        self._store("accounts", user, {
            "iteration_count": ITERATIONS, "salt": salt,
            "stored_key": hashlib.new(digest, client_key).hexdigest(),
            "server_key": hmac.digest(salted, b"Server Key", digest).hex()})
        if roster is not None:
            self.set_roster(user, roster)

    def set_roster(self, user, roster):
        items = {False: {"version": 1, "pending": {}}}
        for who, item in roster.items():
            subscription, name, groups = (
                (item, None, ()) if isinstance(item, str) else (*item, None, ())[:3])
            entry = {"subscription": subscription,
                     "groups": {group: True for group in groups or ()}}
            if name:
                entry["name"] = name
            items[who if "@" in who else self.jid(who)] = entry
        self._store("roster", user, items)

    def befriend(self, *users):
        """Each of USERS gets all others as contacts, both ways."""
        for user in users:
            self.set_roster(user, {other: "both" for other in users if other != user})

    def remove_user(self, user):
        os.unlink(self._path("accounts", user))

    def start(self):
        """Starts it and waits until it serves; other ports are tried when one was taken."""
        for _ in range(5):
            keep = self.port != 0
            if not keep:
                self.port, self.direct_port = free_ports(2)
            if self._start_once():
                return self
            if keep:
                break
            self.port = self.direct_port = 0
        raise TimedOut(f"Prosody did not start:\n{self.log()[-3000:]}")

    def stop(self, how=signal.SIGTERM):
        """Ends it; its data and ports stay for the next start."""
        if self.process:
            end_child(self.process, how)
            self._reader.join(5)
            self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        """All that it has logged so far."""
        with self._news:
            return self._said

    def wait_log(self, pattern, seconds=10, after=0):
        """Waits until its log beyond position AFTER matches PATTERN; returns the match."""
        return self._wait(lambda: re.search(pattern, self._said[after:]), seconds,
                          f"Prosody's log never said {pattern!r}")

    def _start_once(self):
        self._write_config()
        with self._news:
            begin = len(self._said)
        self.process = subprocess.Popen(
            ["prosody", "-F", "--config", os.path.join(self.folder, "prosody.cfg.lua")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=self.folder, preexec_fn=die_with_parent,
            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": self.folder,
                 "LANG": "C.UTF-8"})
        self._reader = threading.Thread(target=self._read, args=[self.process], daemon=True)
        self._reader.start()

        def is_settled():
            said = self._said[begin:]
            if "Failed to open server port" in said or self.process.poll() is not None:
                return "failed"
            ready = all(re.search(rf"Activated service '{service}' on [^\n]*{port}", said)
                        for service, port in (("c2s", self.port),
                                              ("c2s_direct_tls", self.direct_port)))
            return "ready" if ready else None
        if self._wait(is_settled, 20, "Prosody said nothing about its ports") == "ready":
            return True
        self.kill()
        return False

    def _read(self, process):
        with open(self.log_path, "a", encoding="utf-8") as log:
            for line in process.stdout:
                text = line.decode("utf-8", "replace")
                log.write(text)
                log.flush()
                with self._news:
                    self._said += text
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def _wait(self, look, seconds, otherwise):
        deadline = Deadline(seconds)
        with self._news:
            while not (found := look()):
                if deadline.is_over():
                    raise TimedOut(f"{otherwise}:\n{self._said[-3000:]}")
                self._news.wait(min(deadline.left(), 1))
            return found

    def _path(self, store, user):
        folder = os.path.join(self.folder, "data", data_name(self.host), store)
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, data_name(user) + ".dat")

    def _store(self, store, user, table):
        path = self._path(store, user)
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(f"return {lua(table)};\n")
        os.rename(path + ".new", path)

    def _write_config(self):
        folder = self.folder
        with open(os.path.join(folder, "prosody.cfg.lua"), "w", encoding="utf-8") as file:
            file.write(f"""
run_as_root = true
daemonize = false
pidfile = {lua(folder + "/prosody.pid")}
data_path = {lua(folder + "/data")}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {self.port} }}
c2s_direct_tls_ports = {{ {self.direct_port} }}
modules_enabled = {lua(self._modules)}
modules_disabled = {{ "s2s", "s2s_auth_certs" }}
authentication = "internal_hashed"
password_hash = {lua(self.scram)}
default_iteration_count = {ITERATIONS}
storage = {{ archive = "{self._archive}"; muc_log = "{self._archive}" }}
default_storage = "internal"
archive_expires_after = "never"
default_archive_policy = true
max_archive_query_results = 100
smacks_max_queue_size = 100000
smacks_hibernation_time = 600
c2s_require_encryption = true
c2s_stanza_size_limit = 262144
ssl = {{ certificate = {lua(self.certificate)}, key = {lua(self.key)} }}
log = {{ {{ levels = {{ min = {lua(self._level)} }}; to = "file"; filename = "/dev/stdout" }} }}
{self._options}
VirtualHost {lua(self.host)}
Component {lua(self.rooms)} "muc"
	modules_enabled = {{ "muc_mam" }}
	restrict_room_creation = false
""")
