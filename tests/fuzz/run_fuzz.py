#!/usr/bin/python3
"""Runs each fuzz target for some seconds, beginning with its seeds: `make fuzz`. What it finds
on the way is kept in the build folder (corpus), an input that fails too, and is named."""

import os
import subprocess
import sys


def main():
    build, seconds = os.path.abspath(sys.argv[1]), sys.argv[2]
    failed = []
    with open(os.path.join(build, "fuzz-targets.txt"), encoding="utf-8") as file:
        rows = [line.strip().split("=", 1) for line in file if "=" in line]
    for name, seeds in rows:
        corpus = os.path.join(build, "corpus", name)
        failures = os.path.join(build, "failures", name) + "/"
        os.makedirs(corpus, exist_ok=True)
        os.makedirs(failures, exist_ok=True)
        print(f"== {name}", flush=True)
        code = subprocess.call(
            [os.path.join(build, "fuzz", name), f"-max_total_time={seconds}",
             "-print_final_stats=1", "-verbosity=0", "-timeout=10", "-rss_limit_mb=2048",
             f"-artifact_prefix={failures}", corpus, seeds], stdin=subprocess.DEVNULL)
        if code:
            failed.append(f"{name} (see {failures})")
    print(f"{len(rows) - len(failed)} targets without a finding, {len(failed)} with one")
    for line in failed:
        print(line)
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
