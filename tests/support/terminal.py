"""A program in a real pseudo-terminal, its screen read through an emulator.

    with Terminal(["tern"], env=house.env) as screen:
        screen.wait("log in")
        screen.keys("hello", "\r")

All waiting is for output: the descriptor is polled for what is left of the deadline, fed to
the emulator, and the condition is looked at again. `bytes` counts what the program wrote.
"""

import fcntl
import itertools
import os
import re
import select
import signal
import struct
import subprocess
import termios

import pyte

from deadline import Deadline, TimedOut, die_with_parent, end_child

BRACKETED_PASTE = 2004
FOCUS_REPORTS = 1004
ALTERNATE_SCREEN = 1049


class _Screen(pyte.Screen):
    """pyte's screen and what ncurses uses for xterm beyond it: repeat, scroll, back-tab."""

    _last = " "

    def draw(self, data):
        if data:
            self._last = data[-1]
        super().draw(data)

    def repeat_last(self, count=1):
        self.draw(self._last * (count or 1))

    def scroll_up(self, count=1):
        self._scroll(self.delete_lines, count)

    def scroll_down(self, count=1):
        self._scroll(self.insert_lines, count)

    def back_tab(self, count=1):
        for _ in range(count or 1):
            stops = [stop for stop in self.tabstops if stop < self.cursor.x]
            self.cursor.x = max(stops, default=0)

    def _scroll(self, method, count):
        x, y = self.cursor.x, self.cursor.y
        self.cursor.y = self.margins.top if self.margins else 0
        method(count or 1)
        self.cursor.x, self.cursor.y = x, y


class _Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat_last", S="scroll_up", T="scroll_down",
               Z="back_tab")
    events = frozenset(itertools.chain(
        pyte.ByteStream.events, ("repeat_last", "scroll_up", "scroll_down", "back_tab")))


class Terminal:
    """ARGV runs in ENV on a terminal of COLUMNS x LINES, with the terminal as its
    controlling one. `raw` is all that it wrote, `title` the title that it set."""

    def __init__(self, argv, env=None, columns=80, lines=24, cwd=None):
        self.screen = _Screen(columns, lines)
        self._stream = _Stream(self.screen)
        self.raw = bytearray()
        self.master, slave = os.openpty()
        self._resize_line(columns, lines)
        self.saved_modes = termios.tcgetattr(slave)
        self._slave = slave

        def prepare():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            die_with_parent()
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=env,
                                        cwd=cwd, preexec_fn=prepare)
        os.set_blocking(self.master, False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def pid(self):
        return self.process.pid

    @property
    def bytes(self):
        return len(self.raw)

    @property
    def title(self):
        return self.screen.title

    @property
    def cursor(self):
        """(line, column), from 0."""
        return self.screen.cursor.y, self.screen.cursor.x

    @property
    def bells(self):
        """How often it rang; the BEL that ends a title does not count."""
        return re.sub(rb"\x1b\][^\x07\x1b]*(\x07|\x1b\\)", b"", bytes(self.raw)).count(b"\x07")

    def lines(self):
        """The rows, without the blanks at their ends."""
        return [row.rstrip() for row in self.screen.display]

    def text(self):
        return "\n".join(self.lines())

    def row(self, index):
        return self.lines()[index]

    def find(self, text):
        """The first row (from 0) that contains TEXT, or None."""
        return next((i for i, row in enumerate(self.lines()) if text in row), None)

    def cell(self, line, column):
        """pyte's character there: data, fg, bg, bold, reverse …"""
        return self.screen.buffer[line][column]

    def has_mode(self, number):
        """Whether private mode NUMBER (such as BRACKETED_PASTE) is switched on."""
        last = None
        for match in re.finditer(rb"\x1b\[\?([0-9;]+)([hl])", bytes(self.raw)):
            if str(number).encode() in match[1].split(b";"):
                last = match[2]
        return last == b"h"

    def keys(self, *texts):
        """Types TEXTS (str or bytes), each in one write."""
        for text in texts:
            data = text.encode() if isinstance(text, str) else text
            deadline = Deadline(10)
            while data:
                try:
                    data = data[os.write(self.master, data):]
                except BlockingIOError:
                    self._pump(min(0.05, deadline.left()), also_write=True)
                    if deadline.is_over():
                        raise TimedOut("the program does not read its terminal") from None

    def line(self, text):
        """Types TEXT and Return."""
        self.keys(text, "\r")

    def paste(self, text):
        """Pastes as a terminal does: bracketed where the program asked for it."""
        text = text.replace("\n", "\r")
        if self.has_mode(BRACKETED_PASTE):
            text = f"\x1b[200~{text}\x1b[201~"
        self.keys(text)

    def focus(self, is_in):
        """Reports focus as a terminal does, if the program asked for reports."""
        if self.has_mode(FOCUS_REPORTS):
            self.keys("\x1b[I" if is_in else "\x1b[O")

    def resize(self, columns, lines):
        """Gives the terminal another size; the program gets SIGWINCH."""
        self._resize_line(columns, lines)
        self.screen.resize(lines, columns)
        os.kill(self.process.pid, signal.SIGWINCH)

    def wait(self, what, seconds=10):
        """Waits until WHAT is on the screen: a text, a compiled pattern (searched in the
        whole screen) or a function of this terminal. Returns what it found."""
        deadline = Deadline(seconds)
        while True:
            found = self._look(what)
            if found:
                return found
            if deadline.is_over() or not self._pump(deadline.left()):
                if found := self._look(what):
                    return found
                raise TimedOut(f"never on the screen: {what!r}\n{self.picture()}")

    def wait_gone(self, text, seconds=10):
        """Waits until TEXT is nowhere on the screen."""
        self.wait(lambda screen: screen.find(text) is None, seconds)

    def settle(self, quiet=0.2, seconds=5):
        """Reads until the program has written nothing for QUIET seconds: for counting bytes
        and for saying that something does not appear."""
        deadline = Deadline(seconds)
        while not deadline.is_over() and self._pump(min(quiet, deadline.left()), once=True):
            pass
        return self

    def wait_exit(self, seconds=10):
        """Waits for the program's end and returns its code (negative: the signal)."""
        deadline = Deadline(seconds)
        ended = os.pidfd_open(self.process.pid) if self.process.poll() is None else -1
        try:
            while self.process.poll() is None:
                if deadline.is_over():
                    raise TimedOut(f"the program did not end\n{self.picture()}")
                self._pump(deadline.left(), once=True, until=ended)
        finally:
            if ended >= 0:
                os.close(ended)
        self._pump(0)
        return self.process.returncode

    def modes(self):
        """The terminal's line settings now, to compare with saved_modes."""
        return termios.tcgetattr(self._slave)

    def hang_up(self):
        """Closes the terminal under the program, as a closed window does."""
        if self._slave >= 0:
            os.close(self._slave)
        self._slave = -1
        os.close(self.master)
        self.master = -1

    def kill(self):
        """kill -9 and wait for its end."""
        end_child(self.process, signal.SIGKILL)

    def close(self):
        end_child(self.process, signal.SIGHUP, 3)
        for descriptor in (self.master, self._slave):
            if descriptor >= 0:
                os.close(descriptor)
        self.master = self._slave = -1

    def picture(self):
        """The screen in a frame, for failures."""
        edge = "+" + "-" * self.screen.columns + "+"
        rows = "\n".join(f"|{row}|" for row in self.screen.display)
        state = "" if self.process.poll() is None else f"ended: {self.process.returncode}\n"
        return f"{state}{edge}\n{rows}\n{edge} cursor {self.cursor}"

    def _look(self, what):
        if isinstance(what, str):
            return what if self.find(what) is not None else None
        if isinstance(what, re.Pattern):
            return what.search(self.text())
        return what(self)

    def _pump(self, seconds, once=False, also_write=False, until=-1):
        """Feeds what comes within SECONDS to the emulator; False when nothing came. Returns
        early when it could be written to (ALSO_WRITE) or descriptor UNTIL is readable."""
        poll = select.poll()
        if self.master >= 0:
            poll.register(self.master, select.POLLIN | (select.POLLOUT if also_write else 0))
        if until >= 0:
            poll.register(until, select.POLLIN)
        if self.master < 0 and until < 0:
            return False
        got = False
        while ready := poll.poll(0 if got and not once else seconds * 1000):
            if self.master not in [descriptor for descriptor, _ in ready]:
                return got
            try:
                data = os.read(self.master, 65536)
            except BlockingIOError:
                return True
            except OSError:
                return got
            if not data:
                return got
            got = True
            self.raw += data
            self._stream.feed(data)
            if once:
                break
        return got

    def _resize_line(self, columns, lines):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
