"""What README.md and ARCHITECTURE.md name is there, and what is there README.md's code map
names: a newcomer finds every file in it, and no file that went."""

import os
import re
import subprocess

import pytest

from source import ROOT, files, functions, read

ROW = re.compile(r"^\| (.*?) \|", re.M)
NAME = re.compile(r"`([^` ]+)`")
PATH = re.compile(r"^(?:\.ci|bridge|widgets|tui|backend|themes|tests)/[\w./*-]+$")


def section(text, heading):
    """The part of TEXT under the heading "## HEADING"."""
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found, f"README.md has no section {heading}"
    return found[1]


def mapped(text):
    """The paths that the code map of TEXT names, in its order: the heading of a table is
    its folder, the first column has the files."""
    paths = []
    for part in re.split(r"^### ", section(text, "Code map"), flags=re.M)[1:]:
        folder = re.match(r"[^:\n]+", part)[0]
        for cell in ROW.findall(part):
            paths += [os.path.normpath(name if folder == "The top" else f"{folder}/{name}")
                      for name in NAME.findall(cell)]
    return paths


def tracked():
    """The files of the project outside tests/."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True,
                          check=True)
    return {path for path in done.stdout.split("\0")
            if path and not path.startswith("tests/") and
            os.path.exists(os.path.join(ROOT, path))}


def test_the_code_map_names_every_file():
    missing = sorted(tracked() - set(mapped(read("README.md"))))
    assert not missing, "\n" + "\n".join(f"README.md: no row for {path}" for path in missing)


def test_the_code_map_names_no_file_that_went():
    found = [f"README.md: there is no {path}" for path in mapped(read("README.md"))
             if not os.path.exists(os.path.join(ROOT, path))]
    assert not found, "\n" + "\n".join(found)


def test_the_code_map_names_a_file_once():
    paths = mapped(read("README.md"))
    twice = sorted({path for path in paths if paths.count(path) > 1})
    assert not twice, "\n" + "\n".join(f"README.md: two rows for {path}" for path in twice)


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md"])
def test_paths_in_the_text_exist(page):
    found = []
    for name in NAME.findall(read(page)):
        if PATH.match(name) and "*" not in name:
            if not os.path.exists(os.path.join(ROOT, name)):
                found.append(f"{page}: there is no {name}")
    assert not found, "\n" + "\n".join(found)


def test_functions_in_the_text_exist():
    known = {name for path in files(".c", folders=("bridge", "widgets", "backend", "tui"))
             for _, name, *_ in functions(path)}
    found = [f"ARCHITECTURE.md: there is no {name}()"
             for name in re.findall(r"`(\w+)\(\)`", read("ARCHITECTURE.md"))
             if name not in known]
    assert not found, "\n" + "\n".join(found)


def test_the_map_is_read_as_written():
    text = ("# x\n\n## Code map\n\n### The top\n\n| file | what |\n|---|---|\n| `Makefile` | y |\n"
            "\n### a/b: words\n\n| `c.c` `c.h` | uses `z` |\n| `../d` | e |\n\n## Next\n\n| `n` | m |\n")
    assert mapped(text) == ["Makefile", "a/b/c.c", "a/b/c.h", "a/d"]
