"""What every pytest file can ask for by name."""

import os
import shutil
import subprocess

import pytest

from house import House
from prosody import Prosody


@pytest.fixture
def house():
    """A home of its own with the programs of the build tree."""
    with House() as one:
        yield one


@pytest.fixture
def server():
    """A private Prosody of this test's own."""
    with Prosody() as one:
        yield one


@pytest.fixture(scope="module")
def shared_server():
    """One Prosody for all tests of a file, for those that leave it as it was."""
    with Prosody() as one:
        yield one


def as_root():
    """The words before a command that must run as root; None when that cannot be had."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.call(
            ["sudo", "-n", "true"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        return ["sudo", "-n", "--"]
    return None


@pytest.fixture
def root():
    """The words before a command that must run as root; without root the case is skipped."""
    words = as_root()
    if words is None:
        pytest.skip("needs root or sudo -n")
    return words
