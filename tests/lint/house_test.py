"""The house stands as ARCHITECTURE.md draws it: who may include what, how large a room may
grow, what each header owes its reader. A failure names file and line."""

import re
import subprocess

import pytest

from source import (ROOT, bare_declarations, files, functions, includes, read, without_text)

# folder: which project headers it may include. A longer path wins over a shorter one.
ARROWS = {
    "bridge/base": ("bridge/base",),
    "bridge/ctl": ("bridge",),
    "bridge": ("bridge",),
    "widgets": ("widgets", "bridge/base"),
    "tui": ("tui", "widgets", "bridge"),
    "backend/router": ("backend/router", "bridge"),
    "backend/vault": ("backend/vault", "bridge/base"),
    "backend/store": ("backend/store", "bridge/base"),
    "backend/xmpp": ("backend/xmpp", "bridge/base"),
    "backend/net": ("backend/net", "backend/xmpp", "backend/vault", "bridge/base"),
    "backend/session": ("backend", "bridge"),
    "backend/xep": ("backend", "bridge"),
    "backend": ("backend", "bridge"),
}
NEVER = {"backend/session": ("backend/router",), "backend/xep": ("backend/router",),
         "bridge": ("bridge/ctl",)}

# Of each library: its headers, the folders (or files) that may use it, and by how many files at most.
DOORS = [
    (r"(ncursesw?/)?(n?curses|term|panel)\.h", ("widgets",), 3),
    (r"msgpack.*", ("bridge",), 4),
    (r"sqlite3.*", ("backend/store",), 2),
    (r"openssl/.*", ("backend/net", "backend/xep/digest.c"), 4),
    (r"sodium.*", ("backend/vault",), 4),
    (r"strophe\.h", ("backend/xmpp",), 1),
    (r"expat\.h", ("backend/xmpp",), 1),
    (r"ares.*", ("backend/net",), 1),
    (r"gsasl\.h", ("backend/net",), 1),
    (r"idn2\.h", ("backend/xmpp",), 1),
    (r"sha1\.h", ("widgets",), 1),
    (r"ini\.h", ("widgets", "bridge/base"), 2),
    (r"utf8proc\.h", ("widgets", "backend"), 6),
    (r"uv\.h", ("bridge", "backend", "tui"), 60),
]

FORBIDDEN = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", "no notes to self: do it or leave it"),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|atoi|atol|atof)\(",
     "unsafe or unchecked"),
    (r"\b(select|sleep|usleep|system|popen)\(", "blocks, or limits descriptors"),
]
PRODUCT = ("bridge", "widgets", "backend", "tui")


def owner(path, table):
    """The longest key of TABLE that PATH lies in."""
    return max((key for key in table if path.startswith(key + "/")), key=len, default=None)


def lies_in(path, folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def report(found):
    assert not found, "\n" + "\n".join(found)


def test_arrows_run_one_way():
    found = []
    for path in files(".c", ".h", ".def", folders=PRODUCT):
        key = owner(path, ARROWS)
        for line, name, is_local in includes(path):
            if is_local and (not lies_in(name, ARROWS[key]) or
                             lies_in(name, NEVER.get(key, ()))):
                found.append(f"{path}:{line}: {key} may not include {name}")
    report(found)


@pytest.mark.parametrize("pattern, folders, most", DOORS, ids=[door[0] for door in DOORS])
def test_each_library_has_its_door(pattern, folders, most):
    users, found = set(), []
    for path in files(".c", ".h", ".def", folders=PRODUCT):
        for line, name, is_local in includes(path):
            if not is_local and re.fullmatch(pattern, name):
                users.add(path)
                if not lies_in(path, folders):
                    found.append(f"{path}:{line}: <{name}> belongs to {', '.join(folders)}")
    if len(users) > most:
        found.append(f"more than {most} files: {', '.join(sorted(users))}")
    report(found)


def test_files_are_under_600_lines():
    report([f"{path}: {count} lines; which two things does it do?"
            for path in files(".c", ".h", ".py")
            if (count := read(path).count("\n")) > 600])


def test_functions_are_under_60_lines_with_6_parameters_and_4_levels():
    found = []
    for path in files(".c"):
        for line, name, parameters, body in functions(path):
            where = f"{path}:{line}: {name}"
            # A test may hold its table of cases.
            if len(body) > (60 if lies_in(path, PRODUCT) else 80):
                found.append(f"{where} has {len(body)} lines")
            if len(parameters) > 6:
                found.append(f"{where} has {len(parameters)} parameters")
            if any(re.match(r"\t{6,}(if|for|while|switch|do|return|goto|break|continue)\b", row)
                   for row in body):
                found.append(f"{where} is nested deeper than four levels")
    report(found)


def test_every_file_says_what_it_owns():
    found = []
    for path in files(".c", ".h", ".def"):
        match = re.match(r"/\*.*?\*/", read(path), re.S)
        if not match or (match[0].count("\n") < 2 and lies_in(path, PRODUCT)):
            found.append(f"{path}: begins without a comment on what it owns")
    for path in files(".py", "CMakeLists.txt"):
        if not re.match(r'(#!.*\n)?("""|# )', read(path)):
            found.append(f"{path}: begins without a word on what it is")
    report(found)


def test_every_function_in_a_header_has_its_contract():
    # What these do is the same for everybody, the second four for every widget.
    report([f"{path}:{line}: no contract: {text}" for path in files(".h", folders=PRODUCT)
            for line, text in bare_declarations(path)
            if not re.search(r"_(new|free|init|done|set_area|touch|is_dirty|draw)\(", text)])


def test_headers_are_guarded():
    found = []
    for path in files(".h", folders=PRODUCT):
        guard = re.search(r"^#ifndef (TERN_\w+_H)\n#define \1$", read(path), re.M)
        if not guard and not path.endswith("_rows.h"):
            found.append(f"{path}: no guard TERN_…_H")
    report(found)


@pytest.mark.parametrize("pattern, why", FORBIDDEN, ids=[row[1] for row in FORBIDDEN])
def test_words_that_never_stand_here(pattern, why):
    found = []
    for path in files(".c", ".h", ".def", folders=PRODUCT):
        text = read(path)
        for number, line in enumerate(
                (text if "TODO" in pattern else without_text(text)).split("\n"), 1):
            if re.search(pattern, line):
                found.append(f"{path}:{number}: {line.strip()} ({why})")
    report(found)


def test_sources_are_formatted():
    paths = files(".c", ".h")
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    wrong = sorted({row.split(":")[0] for row in done.stderr.split("\n") if ": error" in row})
    report([f"{path}: not formatted (make format)" for path in wrong])
    assert done.returncode == 0, done.stderr[:2000]


def test_man_pages_are_well_formed():
    pages = [path for path in files(".1", ".5", ".7", ".8",
                                    folders=(*PRODUCT, "themes"))]
    found = []
    for page in pages:
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], cwd=ROOT,
                              capture_output=True, text=True, check=False)
        found += [row for row in done.stdout.split("\n") if row.strip()]
    report(found)


def test_the_top_level_has_no_other_folder():
    known = {"tui", "widgets", "bridge", "backend", "themes", "tests"}
    there = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True,
                           check=False).stdout.split("\n")
    folders = {path.split("/")[0] for path in there if "/" in path and path[0] != "."}
    report([f"{folder}/ does not belong to the house" for folder in sorted(folders - known)])


def test_the_lint_itself_sees_what_it_must(tmp_path, monkeypatch):
    (tmp_path / "bridge").mkdir()
    long_body = "\tint x;\n" * 61
    (tmp_path / "bridge" / "a.c").write_text(
        f"static int\nlong_one(int a, int b, void (*c)(int, int))\n{{\n{long_body}}}\n\n"
        "int\nshort_one(void)\n{\n\treturn 0;\n}\n")
    (tmp_path / "bridge" / "a.h").write_text(
        "#ifndef A\n\n/* Said. */\nint a(void);\nint b(void);\n\nint c(int x,\n\tint y);\n#endif\n")
    monkeypatch.setattr("source.ROOT", str(tmp_path))
    found = functions("bridge/a.c")
    assert [(name, len(parameters), len(body)) for _, name, parameters, body in found] == [
        ("long_one", 3, 61), ("short_one", 0, 1)]
    assert [line for line, _ in bare_declarations("bridge/a.h")] == [7]
