#!/usr/bin/python3
"""Runs ctest in a build folder, in parallel, and says at the end how many cases passed,
failed and were skipped, counted inside the programs (cmocka, pytest), one by one.

A case that could not run here counts as skipped and is named with its reason; with
TERN_NO_SKIPS in the environment one skip is a failure. A process or a temporary file that
is left at the end is named, taken away, and a failure. Called by `make check`, whose words
for ctest come in the environment as CTEST, quoted as for a shell.
"""

import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from leavings import Leavings

CMOCKA = re.compile(r"^\[  (PASSED|FAILED|SKIPPED) +\] (\d+) test", re.M)
PYTEST = re.compile(r"^(?=.*\b(?:passed|failed|skipped|errors?)\b).* in [\d.]+s", re.M)
PYTEST_PART = re.compile(r"(\d+) (passed|failed|skipped|errors?|xfailed|xpassed)")
SKIPPED = re.compile(r"^(?:SKIPPED |\[  SKIPPED \] (?!\d+ test)).*$", re.M)
KIND = {"passed": 0, "xpassed": 0, "failed": 1, "error": 1, "errors": 1, "skipped": 2,
        "xfailed": 2}


def count(case):
    """The cases inside one ctest entry as [passed, failed, skipped], and its skips."""
    output = case.findtext("system-out") or ""
    counts = [0, 0, 0]
    for word, number in CMOCKA.findall(output):
        counts[KIND[word.lower()]] += int(number)
    for match in list(PYTEST.finditer(output))[-1:]:
        for number, word in PYTEST_PART.findall(match.group(0)):
            counts[KIND[word]] += int(number)
    status = case.get("status")
    if status == "fail" and not counts[1]:
        counts[1] = 1
    elif status in ("notrun", "disabled"):
        counts[2] += 1
    elif not any(counts):
        counts[0] = 1
    skips = [f"{case.get('name')}: {line}" for line in SKIPPED.findall(output)]
    return counts, skips


def main():
    build = sys.argv[1]
    report = os.path.join(os.path.abspath(build), "tests.xml")
    if os.path.exists(report):
        os.unlink(report)
    words = shlex.split(os.environ.get("CTEST", "")) + sys.argv[2:]
    jobs = os.environ.get("TERN_TEST_JOBS", str(2 * (os.cpu_count() or 1)))
    leavings = Leavings()
    status = subprocess.call(
        ["ctest", "--test-dir", build, "-j", jobs, "--output-on-failure",
         "--no-tests=error", "--output-junit", report,
         "--test-output-size-passed", "4000000",
         "--test-output-size-failed", "4000000"] + words,
        stdin=subprocess.DEVNULL)
    left = leavings.find()
    leavings.remove()
    total, skips = [0, 0, 0], []
    if os.path.exists(report):
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            counts, lines = count(case)
            total = [a + b for a, b in zip(total, counts)]
            skips += lines
    for line in skips:
        print(line)
    if total[2] and os.environ.get("TERN_NO_SKIPS"):
        print("A skipped case counts as a failure here.")
        status = status or 1
    for line in left:
        print(f"Left behind: {line}")
        status = status or 1
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if status or total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
