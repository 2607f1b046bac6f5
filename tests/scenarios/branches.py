# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""Reads gcov's JSON of the judge: every branch of every line must have been taken.

usage: branches.py FOLDER"""
import glob
import gzip
import json
import os
import sys


def read(folder):
    """(file, line, which, taken) of every branch of the judge's own files."""
    seen = {}
    for name in glob.glob(os.path.join(folder, "*.gcov.json.gz")):
        with gzip.open(name, "rt", encoding="utf-8") as stream:
            for source in json.load(stream)["files"]:
                short = os.path.basename(source["file"])
                if not source["file"].endswith(".c"):
                    continue
                for line in source["lines"]:
                    for which, branch in enumerate(line["branches"]):
                        place = (short, line["line_number"], which)
                        seen[place] = seen.get(place, 0) + branch["count"]
    return seen


def main():
    seen = read(sys.argv[1])
    missed = sorted(place for place, count in seen.items() if count == 0)
    for short, line, which in missed:
        print(f"{short}:{line}: branch {which} is never taken")
    print(f"judge: {len(seen) - len(missed)} of {len(seen)} branches taken")
    return 0 if seen and not missed else 1


if __name__ == "__main__":
    sys.exit(main())
