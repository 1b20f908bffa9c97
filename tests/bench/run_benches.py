#!/usr/bin/python3
"""Runs the benches of a release build one after the other and lets them print: `make bench`.
Each is a program or a Python script that prints figures with their units, one a line; words
after the build folder pick benches by name, or leave one out: `make bench ARGS=-quiet_bench`
does without the one that takes ten minutes."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    build = os.path.abspath(sys.argv[1])
    wanted = [word for word in sys.argv[2:] if not word.startswith("-")]
    left_out = [word[1:] for word in sys.argv[2:] if word.startswith("-")]
    env = {**os.environ, "TERN_BUILD": build, "PYTHONDONTWRITEBYTECODE": "1",
           "TERN_SOURCE": os.path.dirname(os.path.dirname(HERE)),
           "PYTHONPATH": os.path.join(os.path.dirname(HERE), "support")}
    failed = []
    with open(os.path.join(build, "benches.txt"), encoding="utf-8") as file:
        rows = [line.strip().split("=", 1) for line in file if "=" in line]
    for name, program in rows:
        if (wanted and name not in wanted) or name in left_out:
            continue
        print(f"== {name}", flush=True)
        words = ["/usr/bin/python3", program] if program.endswith(".py") else [program]
        if subprocess.call(words, env=env, stdin=subprocess.DEVNULL):
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
