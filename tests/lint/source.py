"""C sources as the checks of the house see them: files by folder, includes, functions,
declarations. It leans on .clang-format (checked beside it): a function's name begins its
line, its body's braces stand in the first column."""

import os
import re

ROOT = os.environ.get("TERN_SOURCE") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("bridge", "widgets", "backend", "tui", "tests")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def files(*endings, folders=FOLDERS):
    """All files with one of ENDINGS, as paths from the root, in order."""
    found = []
    for folder in folders:
        for place, _, names in os.walk(os.path.join(ROOT, folder)):
            found += [os.path.relpath(os.path.join(place, name), ROOT) for name in names
                      if name.endswith(endings)]
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def includes(path):
    """[(line, name, is_local)] of a file."""
    text = read(path)
    return [(text.count("\n", 0, match.start()) + 1, match[2], match[1] == '"')
            for match in INCLUDE.finditer(text)]


def without_text(text):
    """TEXT with what stands in comments, strings and character constants as blanks."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, text,
                  flags=re.S)


def functions(path):
    """[(line, name, parameters, body lines)] of the functions that a file defines."""
    lines = without_text(read(path)).split("\n")
    found, start = [], None
    for number, line in enumerate(lines):
        if re.match(r"[A-Za-z_]\w*\(", line):
            start = number
        elif line == "{" and start is not None:
            end = next((n for n in range(number, len(lines)) if lines[n] == "}"), number)
            head = " ".join(lines[start:number])
            name, inside = head.split("(", 1)
            found.append((start + 1, name, parameters(inside.rsplit(")", 1)[0]),
                          lines[number + 1:end]))
            start = None
        elif line.endswith((";", "}")):
            start = None
    return found


def parameters(text):
    """The parameters in TEXT; commas inside brackets do not count."""
    depth, parts, part = 0, [], ""
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += char
    parts.append(part)
    return [one.strip() for one in parts if one.strip() not in ("", "void")]


def bare_declarations(path):
    """[(line, text)] of the function declarations in a header that no comment precedes: one
    right above it, or above the group of lines without a gap that it stands in."""
    text = read(path)
    lines, plain = text.split("\n"), without_text(text).split("\n")
    found, number, depth = [], 0, 0
    while number < len(plain):
        line = plain[number]
        is_declaration = (depth == 0 and re.match(r"[A-Za-z_][\w \t*]*[ *]\w+\(", line) and
                          not line.startswith(("typedef", "#", "static inline", "return")))
        if is_declaration:
            end = number
            while end + 1 < len(plain) and ";" not in plain[end] and "{" not in plain[end]:
                end += 1
            above = number - 1
            while above >= 0 and plain[above].strip() and not plain[above].startswith("#"):
                above -= 1
            block = lines[above + 1:number] if above + 1 < number else []
            has_comment = any("/*" in row or "*/" in row for row in block) or (
                above >= 0 and lines[above].rstrip().endswith("*/"))
            if not has_comment:
                found.append((number + 1, line.strip()))
            number = end
        depth += plain[number].count("{") - plain[number].count("}")
        if 'extern' in plain[number] and "{" in plain[number]:
            depth = 0
        number += 1
    return found
