"""The packages script before commands that only write down how they are called: what it
names, in which order it masks and installs, what it leaves behind."""

import os
import stat
import subprocess

import pytest

from house import SOURCE

SCRIPT = os.path.join(SOURCE, ".ci", "packages")
UNITS = {"prosody": ["prosody.service"], "ejabberd": ["ejabberd.service"],
         "erlang-base": ["epmd.service", "epmd.socket"], "biboumi": ["biboumi.service"],
         "ngircd": ["ngircd.service"]}

# Each fake appends "name arguments" to $FAKE/calls. What is installed is in $FAKE/installed;
# the fake apt-get adds to it unless $FAKE/refuses exists, and notes what was masked then.
FAKES = {
    "dpkg-query": '''
for word; do
	case $word in -*|*'$'*) continue ;; esac
	grep -qx "$word" "$FAKE/installed" && case "$*" in
	*'${Package}'*) echo "installed $word" ;;
	*) echo installed ;;
	esac
done
exit 0''',
    "apt-get": '''
echo "apt-get $*" >>"$FAKE/calls"
case "$*" in *install*) ;; *) exit 0 ;; esac
[ -e "$FAKE/refuses" ] && exit 100
for unit in "$TERN_ROOT"/etc/systemd/system/*; do
	echo "masked-then ${unit##*/} $(readlink "$unit")" >>"$FAKE/calls"
done
"$TERN_ROOT/usr/sbin/policy-rc.d" prosody start
echo "policy-then prosody $?" >>"$FAKE/calls"
"$TERN_ROOT/usr/sbin/policy-rc.d" nginx start
echo "policy-then nginx $?" >>"$FAKE/calls"
for word; do
	case $word in
	prosody) echo prosody ;;
	ejabberd) echo ejabberd; echo erlang-base ;;
	-*|install) ;;
	*) echo "$word" ;;
	esac
done >>"$FAKE/installed"''',
    "deb-systemd-helper": 'echo "deb-systemd-helper $*" >>"$FAKE/calls"',
    "update-rc.d": 'echo "update-rc.d $*" >>"$FAKE/calls"',
    "systemctl": 'echo "systemctl $*" >>"$FAKE/calls"',
    "sudo": '[ "$1" = -n ] && exit 1; echo "sudo $*" >>"$FAKE/calls"',
}


class Fake:
    """A root folder and a PATH of fakes for the script."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "root"
        self.policy = self.root / "usr/sbin/policy-rc.d"
        self.units = self.root / "etc/systemd/system"
        for path in (self.policy.parent, self.root / "etc/init.d", folder / "bin"):
            path.mkdir(parents=True)
        for name, text in FAKES.items():
            self.program(folder / "bin" / name, text)
        self.program(self.root / "etc/init.d/prosody", "")
        (folder / "installed").write_text("")

    @staticmethod
    def program(path, text):
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run(self, *arguments, **env):
        return subprocess.run(
            ["sh", SCRIPT, *arguments], capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
            env={"PATH": f"{self.folder}/bin:/usr/bin:/bin", "FAKE": str(self.folder),
                 "TERN_ROOT": str(self.root), **env})

    def calls(self):
        try:
            return (self.folder / "calls").read_text().splitlines()
        except FileNotFoundError:
            return []

    def installed(self, *names):
        (self.folder / "installed").write_text("".join(f"{name}\n" for name in names))

    def masks(self):
        return sorted(path.name for path in self.units.iterdir()) if self.units.exists() else []


@pytest.fixture
def fake(tmp_path):
    return Fake(tmp_path)


def set_of(name):
    return subprocess.run(["sh", SCRIPT, "list", name], capture_output=True, text=True,
                          check=True).stdout.split()


def test_need_names_exactly_what_is_missing(fake):
    fake.installed(*(set(set_of("check")) - {"tmux", "prosody"}))
    done = fake.run("need", "check")
    assert (done.returncode, done.stdout) == (0, "prosody\ntmux\n")
    fake.installed(*set_of("check"))
    assert fake.run("need", "check").stdout == ""


def test_an_unknown_set_is_refused(fake):
    done = fake.run("need", "everything")
    assert done.returncode == 1 and "everything" in done.stderr
    assert fake.run("install").returncode == 1


def test_who_only_logs_in_gets_no_server():
    assert not set(UNITS) & set(set_of("run"))
    assert {"prosody", "python3-slixmpp"} <= set(set_of("demo"))
    assert set(set_of("run")) < set(set_of("check"))


def test_nothing_missing_does_and_says_nothing(fake):
    fake.installed(*set_of("demo"))
    done = fake.run("install", "demo")
    assert (done.returncode, done.stdout, done.stderr, fake.calls()) == (0, "", "", [])


def test_servers_are_masked_before_and_disabled_after(fake):
    done = fake.run("install", "check")
    assert done.returncode == 0, done.stderr
    calls = fake.calls()
    for units in UNITS.values():
        for unit in units:
            assert f"masked-then {unit} /dev/null" in calls
            assert f"deb-systemd-helper disable {unit}" in calls
    assert "policy-then prosody 101" in calls and "policy-then nginx 0" in calls
    assert "update-rc.d prosody disable" in calls
    assert fake.masks() == sorted(sum(UNITS.values(), []))
    assert not fake.policy.exists()
    first = next(line for line in calls if " install " in line)
    assert calls.index(first) < calls.index("deb-systemd-helper disable prosody.service")
    named = done.stderr.index("prosody")
    assert "will be installed" in done.stderr[:named]


def test_a_server_that_was_there_is_not_touched(fake):
    fake.installed("prosody", "python3")
    (fake.units / "multi-user.target.wants").mkdir(parents=True)
    link = fake.units / "multi-user.target.wants/prosody.service"
    link.symlink_to("/lib/systemd/system/prosody.service")
    assert fake.run("install", "demo").returncode == 0
    assert "policy-then prosody 0" in fake.calls()
    assert not any("prosody.service" in call for call in fake.calls())
    assert link.is_symlink() and not (fake.units / "prosody.service").is_symlink()


def test_what_did_not_come_in_leaves_no_mask(fake):
    assert fake.run("install", "demo").returncode == 0
    assert fake.masks() == ["prosody.service"]


def test_a_unit_of_the_users_own_is_left_alone(fake):
    fake.units.mkdir(parents=True)
    (fake.units / "prosody.service").write_text("[Unit]\n")
    assert fake.run("install", "demo").returncode == 0
    assert (fake.units / "prosody.service").read_text() == "[Unit]\n"


def test_a_policy_that_was_there_is_asked_and_put_back(fake):
    fake.program(fake.policy, "exit 104")
    before = fake.policy.read_text(), stat.S_IMODE(fake.policy.stat().st_mode)
    assert fake.run("install", "demo").returncode == 0
    assert "policy-then prosody 101" in fake.calls()
    assert "policy-then nginx 104" in fake.calls()
    assert (fake.policy.read_text(), stat.S_IMODE(fake.policy.stat().st_mode)) == before
    assert [path.name for path in fake.policy.parent.iterdir()] == ["policy-rc.d"]


def test_a_failed_installation_updates_tries_again_and_cleans_up(fake):
    (fake.folder / "refuses").touch()
    done = fake.run("install", "demo")
    assert done.returncode == 1 and "could not install" in done.stderr
    calls = [call.split()[1:3] for call in fake.calls() if call.startswith("apt-get")]
    assert [call[0] for call in calls] == ["update", "install", "update", "install"]
    assert fake.masks() == [] and not fake.policy.exists()


def test_lists_of_today_are_not_fetched_again(fake):
    lists = fake.root / "var/lib/apt/lists"
    lists.mkdir(parents=True)
    (lists / "debian_Packages.lz4").touch()
    assert fake.run("install", "demo").returncode == 0
    assert not any("update" in call.split()[1] for call in fake.calls()
                   if call.startswith("apt-get"))


def test_running_systemd_is_told(fake):
    (fake.root / "run/systemd/system").mkdir(parents=True)
    assert fake.run("install", "demo").returncode == 0
    assert fake.calls().count("systemctl daemon-reload") == 2


def test_without_root_and_sudo_the_line_is_printed(fake):
    fake.program(fake.folder / "bin/id", "echo 1000")
    done = fake.run("install", "demo", TERN_ROOT="")
    assert done.returncode == 1
    assert ("apt-get install --no-install-recommends prosody python3 python3-slixmpp"
            in done.stderr)
    assert fake.calls() == []


def test_sudo_is_used_where_it_asks_nothing(fake):
    fake.program(fake.folder / "bin/id", "echo 1000")
    fake.program(fake.folder / "bin/sudo",
                 '[ "$1" = -n ] && exit 0; echo "sudo $*" >>"$FAKE/calls"')
    done = fake.run("install", "demo", TERN_ROOT="")
    assert done.returncode == 0
    assert fake.calls() == [f"sudo -- sh {SCRIPT} install demo"]
