"""A private Prosody: own folder, own loopback ports, own certificate, run as the caller.

    with Prosody() as server:
        server.add_user("alice", "secret", roster={"bob": "both"})
        ... server.jid("alice"), server.port, server.direct_port, server.ca_file ...

Accounts and rosters are written into its data folder, so adding one costs nothing and works
while it runs (a roster only before its owner logs in). It ends with this process. How its
files are written is the demo's knowledge (tui/demo/demo.py), which this file uses.
"""

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
from demo import ITERATIONS, account, data_path, free_ports, lua, roster, write_data

# Without csi_simple: while nobody looks it keeps presences and bookmarks to itself, for as
# long as nothing else is to be said, and a test that asks by ternctl alone would not see them.
MODULES = ("roster saslauth tls disco ping blocklist carbons mam smacks csi pep "
           "private time version register presence message iq offline posix c2s").split()


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


class Prosody:
    """HOST is the virtual host; MODULES more modules by name, WITHOUT some of the usual ones
    less; OPTIONS raw Lua lines for the configuration; ARCHIVE "internal" (survives restarts)
    or "memory"; SCRAM "SHA-256" or "SHA-1"; NAMES what the certificate is for; LEVEL how
    much it logs ("debug" with the module "stanza_debug" shows every stanza); TICKETS lets
    clients resume sessions of TLS, which Debian's does not; ROOM_MODULES more modules of
    the rooms."""

    def __init__(self, host="localhost", modules=(), without=(), options="",
                 archive="internal", scram="SHA-256", names=None, authority=None,
                 level="info", tickets=False, room_modules=()):
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
        self._tickets = tickets
        self._room_modules = ["muc_mam", *room_modules]
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
        self._store("accounts", user, account(password, self.scram.replace("-", "").lower()))
        if roster is not None:
            self.set_roster(user, roster)

    def set_roster(self, user, contacts):
        rows = []
        for who, item in contacts.items():
            subscription, name, groups = (
                (item, None, ()) if isinstance(item, str) else (*item, None, ())[:3])
            rows.append((who if "@" in who else self.jid(who), subscription, name, groups or ()))
        self._store("roster", user, roster(rows))

    def befriend(self, *users):
        """Each of USERS gets all others as contacts, both ways."""
        for user in users:
            self.set_roster(user, {other: "both" for other in users if other != user})

    def remove_user(self, user):
        os.unlink(data_path(os.path.join(self.folder, "data"), self.host, "accounts", user))

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

    def _store(self, store, user, table):
        write_data(os.path.join(self.folder, "data"), self.host, store, user, table)

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
ssl = {{ certificate = {lua(self.certificate)}, key = {lua(self.key)},
	options = {{ no_ticket = {lua(not self._tickets)} }} }}
log = {{ {{ levels = {{ min = {lua(self._level)} }}; to = "file"; filename = "/dev/stdout" }} }}
{self._options}
VirtualHost {lua(self.host)}
Component {lua(self.rooms)} "muc"
	modules_enabled = {lua(self._room_modules)}
	restrict_room_creation = false
""")
