# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""Evidence is what its schema says, judges to the same verdict again, and three repeats give the
same normalised journal.

usage: bundles.py CONFORMANCE SHIM NORMAL_WRITER ROOT [OPTION OR FILTER OF A RUN]..."""
import json
import os
import subprocess
import sys
import tempfile

import jsonschema

MEMBERS = ("run", "steps", "journal", "faults", "findings", "store", "secrets")
REPEATS = 3


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as stream:
        return json.load(stream)


def bundles(out):
    folder = os.path.join(out, "evidence")
    return {name: os.path.join(folder, name) for name in sorted(os.listdir(folder))}


def validators(root):
    return [jsonschema.Draft202012Validator(read(root, "scenarios/schema", name + ".schema.json"))
            for name in ("evidence", "verdict")]


def check_bundle(folder, of_evidence, of_verdict):
    """Lines about what its files should not say."""
    seen = {name: read(folder, name + ".json") for name in MEMBERS
            if os.path.exists(os.path.join(folder, name + ".json"))}
    for error in of_evidence.iter_errors(seen):
        yield f"{folder}: {list(error.path)}: {error.message[:200]}"
    for error in of_verdict.iter_errors(read(folder, "verdict.json")):
        yield f"{folder}: verdict: {list(error.path)}: {error.message[:200]}"


def normal(writer, folder):
    name = os.path.join(folder, "journal.json")
    if not os.path.exists(name):
        return None
    with open(name, "rb") as journal:
        return subprocess.run([writer], stdin=journal, capture_output=True, check=True).stdout


def compare(writer, runs):
    """Repeats that differ, by the first line that does."""
    for name in runs[0]:
        texts = [normal(writer, run[name]) for run in runs]
        for number, text in enumerate(texts[1:], 2):
            if text == texts[0]:
                continue
            pairs = zip(texts[0].decode().split("\n"), text.decode().split("\n"))
            first = next(((a, b) for a, b in pairs if a != b), ("", "one is longer"))
            yield f"{name}: repeat {number}:\n  {first[0]}\n  {first[1]}"


def judged_again(conformance, folder):
    before = read(folder, "verdict.json")
    done = subprocess.run([conformance, "judge", folder], capture_output=True,
                          check=False)
    good = before["verdict"] in ("pass", "skip", "expected-fail")
    if (done.returncode in (0, 4)) != good:
        return f"{folder}: {before['verdict']} before, status {done.returncode} when judged again"
    return None


def main():
    conformance, shim, writer, root = sys.argv[1:5]
    problems = []
    with tempfile.TemporaryDirectory() as work:
        runs = []
        for repeat in range(REPEATS):
            out = os.path.join(work, str(repeat))
            done = subprocess.run([conformance, "run", *sys.argv[5:], "--shim", shim, "--keep",
                                   "--quiet", "--out", out], capture_output=True, text=True,
                                  check=False)
            if done.returncode != 0:
                problems.append(f"run {repeat + 1}: status {done.returncode}\n{done.stderr}")
            runs.append(bundles(out))
        for folder in runs[0].values():
            problems += check_bundle(folder, *validators(root))
            problems += filter(None, [judged_again(conformance, folder)])
        problems += compare(writer, runs)
    for problem in problems:
        print(problem)
    print(f"{len(runs[0])} scenarios, {REPEATS} repeats, {len(problems)} problems")
    return 1 if problems or not runs[0] else 0


if __name__ == "__main__":
    sys.exit(main())
