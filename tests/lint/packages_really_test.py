"""The packages script with the real apt-get and dpkg, in a copy-on-write copy of this machine
with its own processes and network, and without a policy-rc.d: first it is shown that a server
that comes in without the script starts, then that the script leaves it alone, then that a
server that comes in through the script neither runs nor is enabled. The copy says that it is
in runlevel 2 and has no systemd: there a mask alone would stop nobody."""

import os
import subprocess

import pytest

from house import SOURCE

SERVERS = ("prosody", "ejabberd", "biboumi", "ngircd")

# $1: folder with the packages, $2: the script. Prints "step: facts" lines.
INSIDE = r"""
set -eu
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
if ! mount -t overlay none -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
then echo "cannot: overlay"; exit 0; fi
mount --rbind /dev /mnt/root/dev
mount -t proc proc /mnt/root/proc
mount -t tmpfs none /mnt/root/run
mkdir -p /mnt/root/run/lock /mnt/root/mnt/tern
cp "$1"/*.deb /mnt/root/mnt/tern/
cp "$2" /mnt/root/mnt/tern/packages
ip link set lo up
exec chroot /mnt/root /bin/sh -c "$3"
"""

STEPS = r"""
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
exec 3>&1 >/mnt/tern/log 2>&1 </dev/null
cd /
trap 'code=$?; [ $code = 0 ] || { echo "failed:"; tail -n 40 /mnt/tern/log; } >&3' EXIT
set -eu

facts() {
	{
		printf '%s: listening=' "$1"
		ss -Hlntu | wc -l | tr '\n' ' '
		printf ' servers='
		for each in /proc/[0-9]*; do
			readlink "$each/exe" || true
		done 2>/dev/null | grep -cE '/lua|/epmd|/beam|/biboumi|/ngircd' | tr '\n' ' ' || true
		printf ' pid='
		cat /run/prosody/prosody.pid 2>/dev/null | tr '\n' ' ' || true
		printf ' enabled='
		find /etc/systemd/system/*.wants /etc/rc[2-5].d/S* 2>/dev/null |
			grep -E 'prosody|ejabberd|epmd|biboumi|ngircd' | sort | tr '\n' ',' || true
		printf ' masked='
		find /etc/systemd/system -maxdepth 1 -lname /dev/null |
			grep -E 'prosody|ejabberd|epmd|biboumi|ngircd' | sort | tr '\n' ',' || true
		echo
	} >&3
}

fetch() { cp /mnt/tern/*.deb /var/cache/apt/archives/; }

echo man-db man-db/auto-update boolean false | debconf-set-selections
rm -f /usr/sbin/policy-rc.d
dpkg --purge --force-depends prosody ejabberd biboumi ngircd
rm -f /etc/systemd/system/prosody.service /etc/systemd/system/ejabberd.service \
	/etc/systemd/system/epmd.service /etc/systemd/system/epmd.socket \
	/etc/systemd/system/biboumi.service /etc/systemd/system/ngircd.service
rm -f /sbin/runlevel
printf '#!/bin/sh\necho N 2\n' >/sbin/runlevel
chmod 755 /sbin/runlevel
facts bare
fetch
dpkg -i /mnt/tern/prosody_*.deb
facts plain
fetch
sh /mnt/tern/packages install check
facts beside
[ -z "$(sh /mnt/tern/packages need check)" ]
kill -9 "$(cat /run/prosody/prosody.pid)"
dpkg --purge --force-depends prosody
facts gone
fetch
sh /mnt/tern/packages install demo
facts ours
[ ! -e /usr/sbin/policy-rc.d ]
[ -x /usr/bin/prosody ]
echo "done:" >&3
"""


def fetch(root, folder):
    """Downloads the servers' packages into FOLDER; False without a way to them."""
    os.makedirs(os.path.join(folder, "partial"), exist_ok=True)
    command = [*root, "apt-get", "install", "--reinstall", "-d", "-y", "-q",
               "--no-install-recommends", "-o", f"Dir::Cache::Archives={folder}",
               "-o", "DPkg::Lock::Timeout=300", *SERVERS]
    for words in (command, [*root, "apt-get", "update"], command):
        if words is not command or not any(n.endswith(".deb") for n in os.listdir(folder)):
            subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return all(any(name.startswith(server + "_") for name in os.listdir(folder))
               for server in SERVERS)


def test_servers_come_in_silent_and_those_that_were_there_stay(root, tmp_path):
    if not fetch(root, str(tmp_path)):
        pytest.skip("the servers' packages cannot be fetched")
    done = subprocess.run(
        [*root, "unshare", "--mount", "--pid", "--net", "--fork", "--kill-child",
         "sh", "-c", INSIDE, "sh", str(tmp_path), os.path.join(SOURCE, ".ci", "packages"),
         STEPS],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=500, check=False)
    if "cannot: overlay" in done.stdout or "unshare failed" in done.stderr:
        pytest.skip("needs overlay mounts in a namespace of its own")
    facts = {}
    for line in done.stdout.splitlines():
        step, _, rest = line.partition(": ")
        facts[step] = dict(word.split("=", 1) for word in rest.split() if "=" in word)
    said = done.stdout + done.stderr
    assert "done:" in done.stdout.splitlines(), said

    assert facts["bare"]["listening"] == "0" and facts["bare"]["servers"] == "0", said
    assert facts["plain"]["servers"] == "1" and facts["plain"]["listening"] != "0", said
    assert "prosody" in facts["plain"]["enabled"], said

    for fact in ("listening", "servers", "pid", "enabled"):
        assert facts["beside"][fact] == facts["plain"][fact], said
    assert "prosody" not in facts["beside"]["masked"], said

    assert facts["gone"]["listening"] == "0", said
    assert facts["ours"]["listening"] == "0" and facts["ours"]["servers"] == "0", said
    assert facts["ours"]["enabled"] == "", said
    assert facts["beside"]["masked"] == "".join(
        f"/etc/systemd/system/{name}.service," for name in ("biboumi", "ejabberd", "ngircd")), said
    assert "/etc/systemd/system/prosody.service," in facts["ours"]["masked"], said
