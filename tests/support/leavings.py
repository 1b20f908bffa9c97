"""What tests leave behind fails them: processes, and files in the folder of the run.

A plugin of pytest, loaded by tests/conftest.py. Each run of pytest has a folder of its own,
where $TMPDIR and tmp_path are, and adopts what its children leave; after the last test of a
file neither may hold anything. run_tests.py looks the same way at what outlived pytest.
"""

import os
import shutil
import signal
import tempfile

import pytest

from deadline import adopt_orphans, children_of, end_process, wait_for_end

TEST = "PYTEST_CURRENT_TEST"  # pytest names the test there; a house passes it on
TEST = "PYTEST_CURRENT_TEST"  # pytest's own; a house passes it on
_OWN = "own"  # tmp_path's part of the folder: what is there goes with the run


class Leavings:
    """FOLDER is made for all that is temporary from now on; remove() ends its use."""

    def __init__(self):
        adopt_orphans()
        self._before = os.environ.get("TMPDIR")
        self.folder = os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(
            prefix="tern-")
        os.chmod(self.folder, 0o711)  # another user's program may have to go through

    def find(self):
        """Lines about what is left, of which nothing is left then."""
        lines = []
        for pid in children_of(os.getpid()):
            if not wait_for_end(pid, 5):  # it may be about to end, or to become a program
                lines.append(f"process {pid}: {_read(pid, 'cmdline')} {_marks(pid)}")
                end_process(pid, signal.SIGKILL)
        for name in sorted(os.listdir(self.folder)):
            if name != _OWN:
                path = os.path.join(self.folder, name)
                lines.append(f"{path}: {_names_in(path)}")
                _remove(path)
        return lines

    def remove(self):
        _remove(self.folder)
        tempfile.tempdir = None
        if self._before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = self._before


def _read(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read().decode(errors="replace").replace("\0", " ").strip()
    except OSError:  # it has ended, or guards its memory
        return ""


def _marks(pid):
    """By what of its environment the test can be found."""
    return [word[:200] for word in _read(pid, "environ").split(" ")
            if word.startswith((TEST, "HOME="))]


def _names_in(path):
    return sorted(os.listdir(path))[:10] if os.path.isdir(path) else "a file"


def _remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        os.unlink(path)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    config.leavings = Leavings()
    if not config.option.basetemp:
        config.option.basetemp = os.path.join(config.leavings.folder, _OWN)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """Whatever a file's fixtures share is gone too when its last test is torn down."""
    if nextitem is None or nextitem.path != item.path:
        lines = item.config.leavings.find()
        assert not lines, "left behind:\n" + "\n".join(lines)


def pytest_unconfigure(config):
    config.leavings.find()  # after a teardown that failed
    config.leavings.remove()
