"""A private ejabberd: Erlang run directly as the caller, in a folder and under a node name of
its own, without epmd and without listening for other nodes.

    with Ejabberd() as server:
        server.add_user("alice", "secret")

It reads Erlang calls from its standard input (that is how users are added) and halts at its
end, so it never outlives this process. It starts in a few seconds: share one per file.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading

from certificates import Authority
from deadline import SLOW, TimedOut, die_with_parent, end_child
from prosody import free_ports

_LOOP = """
    Loop = fun(Loop) ->
        case io:read("") of
            {ok, {M, F, A}} ->
                Result = (catch apply(M, F, A)),
                io:format("tern: ~0p~n", [Result]),
                Loop(Loop);
            _ -> halt(0)
        end
    end,
    io:format("tern: ready~n"),
    Loop(Loop).
"""


def term(value):
    """VALUE as an Erlang term: str as binary, list as list, a bare Atom as itself."""
    if isinstance(value, Atom):
        return f"'{value}'"
    if isinstance(value, str):
        return "<<" + ",".join(str(byte) for byte in value.encode()) + ">>"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(term(item) for item in value) + "]"
    return str(value)


class Atom(str):
    """An Erlang atom."""


class Ejabberd:
    """HOST is the virtual host, OPTIONS more lines of YAML for the configuration, MODULES
    more modules by name."""

    def __init__(self, host="localhost", options="", modules=()):
        self.folder = tempfile.mkdtemp(prefix="tern-ejabberd-")
        self.host = host
        self.authority = Authority(self.folder)
        self.ca_file = self.authority.path
        self._certificate, self._key = self.authority.issue(host, f"rooms.{host}",
                                                            label="server")
        self._options = options
        self._modules = modules
        self._node = f"tern_{secrets.token_hex(6)}@localhost"
        self.port, self.direct_port = free_ports(2)
        self.log_path = os.path.join(self.folder, "ejabberd.log")
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()

    def jid(self, user):
        return f"{user}@{self.host}"

    @property
    def rooms(self):
        return f"rooms.{self.host}"

    def start(self):
        self._write_config()
        folder = self.folder
        self.process = subprocess.Popen(
            ["erl", "-noshell", "-sname", self._node, "-start_epmd", "false",
             "-dist_listen", "false", "-mnesia", "dir", f'"{folder}/database"',
             "-s", "ejabberd", "-eval", _LOOP],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=folder, preexec_fn=die_with_parent, text=True,
            env={"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8",
                 "EJABBERD_CONFIG_PATH": f"{folder}/ejabberd.yml",
                 "EJABBERD_LOG_PATH": self.log_path,
                 "ERL_CRASH_DUMP": f"{folder}/crash",
                 "ERL_LIBS": "/usr/lib/x86_64-linux-gnu"})
        if self._answer(60) != "ready":
            raise TimedOut("ejabberd said something else than that it is ready")
        return self

    def call(self, module, function, *arguments, seconds=20):
        """Calls an Erlang function in it; the result as text."""
        self.process.stdin.write(f"{{{module},{function},{term(arguments)}}}.\n")
        self.process.stdin.flush()
        return self._answer(seconds)

    def add_user(self, user, password, roster=None):
        """ROSTER maps users or JIDs to a subscription."""
        answer = self.call("ejabberd_auth", "try_register", user, self.host, password)
        if answer != "ok":
            raise AssertionError(f"ejabberd did not register {user}: {answer}")
        self.set_roster(user, roster or {})

    def set_roster(self, user, contacts):
        for who, subscription in contacts.items():
            local, domain = who.split("@") if "@" in who else (who, self.host)
            self.call("mod_admin_extra", "add_rosteritem", user, self.host, local, domain,
                      local, "", subscription)

    def befriend(self, *users):
        """Each of USERS gets all others as contacts, both ways."""
        for user in users:
            self.set_roster(user, {other: "both" for other in users if other != user})

    def stop(self, how=signal.SIGTERM):
        if self.process:
            self.process.stdin.close()
            end_child(self.process, how, 20)
            self.process.stdout.close()
            self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def _answer(self, seconds):
        """The next line that our loop printed; a watchdog ends a server that hangs."""
        watchdog = threading.Timer(seconds * SLOW, self.process.kill)
        watchdog.start()
        said = []
        try:
            for line in self.process.stdout:
                if line.startswith("tern: "):
                    return line[6:].strip()
                said.append(line)
        finally:
            watchdog.cancel()
        raise TimedOut("ejabberd ended or hung:\n" + "".join(said[-40:]))

    def _write_config(self):
        modules = ["mod_roster", "mod_disco", "mod_ping", "mod_blocking", "mod_privacy",
                   "mod_carboncopy", "mod_stream_mgmt", "mod_client_state", "mod_caps",
                   "mod_offline", "mod_last", "mod_version", "mod_admin_extra",
                   *self._modules]
        rows = "\n".join(f"  {name}: {{}}" for name in modules).replace(
            "mod_roster: {}", "mod_roster: {versioning: true}").replace(
            # Or what nobody looks at is kept here for as long as nothing else is to be said.
            "mod_client_state: {}", "mod_client_state: {queue_presence: false, "
            "queue_chat_states: false, queue_pep: false}")
        with open(os.path.join(self.folder, "ejabberd.yml"), "w", encoding="utf-8") as file:
            file.write(f"""
hosts: ["{self.host}"]
loglevel: info
certfiles: ["{self._certificate}", "{self._key}"]
auth_method: internal
auth_password_format: scram
auth_scram_hash: sha256
disable_sasl_mechanisms: ["digest-md5"]
s2s_access: none
default_db: mnesia
listen:
  - {{port: {self.port}, ip: "127.0.0.1", module: ejabberd_c2s, starttls_required: true,
      max_stanza_size: 262144}}
  - {{port: {self.direct_port}, ip: "127.0.0.1", module: ejabberd_c2s, tls: true,
      max_stanza_size: 262144}}
modules:
{rows}
  mod_mam: {{default: always, db_type: mnesia}}
  mod_muc: {{host: "{self.rooms}", default_room_options: {{mam: true}}}}
  mod_pubsub: {{plugins: [flat, pep]}}
{self._options}
""")
