#!/usr/bin/python3
"""clang-tidy and cppcheck over all sources of a configured build folder: `make lint`.
Prints what they find and fails if that is anything."""

import concurrent.futures
import json
import os
import subprocess
import sys

from source import ROOT

PRODUCT = tuple(os.path.join(ROOT, folder) + "/" for folder in
                ("bridge", "widgets", "backend", "tui"))


def tidy(build, path):
    done = subprocess.run(["clang-tidy", "--quiet", "-p", build,
                           "--extra-arg=-Wno-unknown-warning-option", path], capture_output=True,
                          text=True, check=False)
    return done.stdout.strip()


def main():
    build = os.path.abspath(sys.argv[1])
    jobs = int(sys.argv[sys.argv.index("-j") + 1]) if "-j" in sys.argv else 1
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        paths = sorted({row["file"] for row in json.load(file)
                        if row["file"].startswith(PRODUCT)})
    failed = False
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for said in pool.map(lambda path: tidy(build, path), paths):
            if said:
                failed = True
                print(said, flush=True)
    checked = subprocess.run(
        ["cppcheck", "--quiet", "-j", str(jobs), "--std=c11", "--inline-suppr",
         "--enable=warning,performance,portability", "--error-exitcode=1",
         f"--suppressions-list={ROOT}/.cppcheck", f"-I{ROOT}", "-D_GNU_SOURCE",
         '-DTERN_VERSION="0"', *paths], check=False)
    failed = failed or checked.returncode != 0
    print(f"{len(paths)} files: {'something was found' if failed else 'clean'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
