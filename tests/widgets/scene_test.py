"""What the terminal shows is what ncurses believes, although the bytes were rewritten on
their way (widgets/shorten.c): random scenes, compared cell by cell through pyte."""
import os
import pty
import subprocess
import termios
import struct
import fcntl
import unicodedata

import pyte
import pytest

STEPS = 150


def start(tmp_path, term, seed, rows, columns):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    path = tmp_path / "dump"
    program = subprocess.Popen(
        [os.environ["TERN_BUILD"] + "/tests/widgets_scene", str(path), str(seed)],
        stdin=slave, stdout=slave, env={**os.environ, "TERM": term, "LC_ALL": "C.UTF-8"})
    os.close(slave)
    return program, master, path


def read_scene(master):
    data = b""
    while not data.endswith(b"\x05"):
        data += os.read(master, 65536)
    return data[:-1]


def look_of(data, look):
    """LOOK as a letter; a blank that is neither lined nor reversed has no weight to show."""
    return "-" if data == " " and look == "b" else look


def as_dumped(screen):
    rows = []
    for y in range(screen.lines):
        row = ""
        for x in range(screen.columns):
            char = screen.buffer[y][x]
            if char.data == "":
                continue  # the right half of a wide character
            look = (1 if char.bold else 0) + (2 if char.underscore else 0) + (
                4 if char.reverse else 0)
            row += unicodedata.normalize("NFD", char.data)[0] + look_of(
                char.data, "-burBURX"[look])
        rows.append(row)
    return rows


def read_dump(path):
    rows = []
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        row, skip = "", False
        for i in range(0, len(line), 2):
            if not skip:
                row += unicodedata.normalize("NFD", line[i])[0] + look_of(
                    line[i], line[i + 1])
            # mvin_wch gives a wide character for both of its cells
            skip = not skip and pyte.screens.wcwidth(line[i]) == 2
        rows.append(row)
    return rows


@pytest.mark.parametrize("term", ["screen-256color", "linux", "tmux-256color"])
@pytest.mark.parametrize("rows,columns,seed", [(24, 80, 1), (12, 40, 2), (50, 132, 3)])
def test_emulator_shows_what_was_painted(tmp_path, term, rows, columns, seed):
    program, master, path = start(tmp_path, term, seed, rows, columns)
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    try:
        for step in range(STEPS):
            stream.feed(read_scene(master))
            got, wanted = as_dumped(screen), read_dump(path)
            assert len(got) == len(wanted)
            for y, row in enumerate(wanted):
                assert got[y].rstrip(" -") == row.rstrip(" -"), f"step {step}, row {y}"
            os.write(master, b" ")
        read_scene(master)
        os.write(master, b"q")
        rest = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            rest += part
        assert b"\x1b[?2004l" in rest
        assert program.wait(10) == 0
    finally:
        program.kill()
        program.wait()
        os.close(master)
