"""Time limits and the ends of processes, for helpers that wait for something to happen.

Nothing here sleeps: whoever waits blocks on a descriptor, a condition or a pidfd for what
is left of its deadline. TERN_TEST_SLOW in the environment multiplies all limits.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tui/demo"))
from demo import die_with_parent  # noqa: E402,F401  (for those who start processes)

SLOW = float(os.environ.get("TERN_TEST_SLOW", "3" if os.environ.get("TERN_SANITIZED") else "1"))
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


class TimedOut(AssertionError):
    """What was waited for did not happen in time."""


class Deadline:
    """SECONDS from now, scaled for slow builds."""

    def __init__(self, seconds):
        self.seconds = seconds * SLOW
        self.end = time.monotonic() + self.seconds

    def left(self):
        """Seconds that are left, 0 at the least."""
        return max(0.0, self.end - time.monotonic())

    def is_over(self):
        return time.monotonic() >= self.end


def adopt_orphans():
    """Daemons started by our children become our children when those end."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_end(pid, seconds):
    """Waits until process PID (a child or not) has ended; says whether it did."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        ended = bool(poll.poll(Deadline(seconds).left() * 1000))
    finally:
        os.close(descriptor)
    if ended:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
    return ended


def end_process(pid, how=signal.SIGTERM, seconds=5):
    """Ends PID with HOW, with SIGKILL when that took too long; says whether HOW was enough."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return True
    if wait_for_end(pid, seconds):
        return True
    os.kill(pid, signal.SIGKILL)
    wait_for_end(pid, 5)
    return False


def end_child(child, how=signal.SIGTERM, seconds=5):
    """The same for a subprocess.Popen, whose return code is set afterwards."""
    if child.poll() is None:
        child.send_signal(how)
        try:
            child.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(5)
    return child.returncode


def is_alive(pid):
    """Whether process PID runs; one that has ended and waits to be reaped does not."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rsplit(b")", 1)[1].split()[0] not in (b"Z", b"X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid):
    """The pids of all descendants of PID, nearest first."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rsplit(b")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[0] not in (b"Z", b"X"):
                parents.setdefault(int(fields[1]), []).append(int(name))
    found, queue = [], [pid]
    while queue:
        below = parents.get(queue.pop(0), [])
        found += below
        queue += below
    return found
