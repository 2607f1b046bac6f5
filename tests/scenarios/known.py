# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""A shim fails what it is known to fail, by the check that is written down, and nothing else.

usage: known.py CONFORMANCE FILE SHIM [OPTION OR FILTER OF A RUN]...

FILE: {"known":[{"why":"..","scenarios":{"flow.cached":"step.1.source"}}]}. A negative scenario
fails by its twin alone when the twin fails; that is not written down."""
import json
import os
import subprocess
import sys
import tempfile


def load(path):
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def known_of(path):
    """Scenario -> check."""
    found = {}
    for entry in load(path)["known"]:
        assert entry["why"] and not set(entry["scenarios"]) & set(found), entry
        found.update(entry["scenarios"])
    return found


def run(conformance, shim, options):
    """The verdicts of a run, and its exit status."""
    with tempfile.TemporaryDirectory() as work:
        report = os.path.join(work, "report.json")
        done = subprocess.run([conformance, "run", "--shim", shim, "--out", work, "--quiet",
                               "--json", report, *options], capture_output=True, text=True,
                              check=False)
        if done.returncode not in (0, 1):
            sys.exit(done.stderr)
        return load(report)["verdicts"]


def failed_by(verdict):
    """The first check that failed; None for a twin's failure."""
    checks = [check["id"] for check in verdict["checks"] if not check["ok"]]
    first = checks[0] if checks else "outcome"
    return None if first == "twin" else first


def compare(verdicts, known):
    for verdict in verdicts:
        name, state = verdict["scenario"], verdict["verdict"]
        expected = known.get(name)
        if state == "fail":
            check = failed_by(verdict)
            if check is not None and check != expected:
                yield f"{name}: fails by {check}, known is {expected}: {verdict['reason'][:200]}"
        elif state != "skip" and expected:
            yield f"{name}: {state}, known is a failure by {expected}"
        elif state not in ("pass", "skip"):
            yield f"{name}: {state}: {verdict['reason'][:200]}"


def main():
    conformance, path, shim, *options = sys.argv[1:]
    verdicts = run(conformance, shim, options)
    problems = list(compare(verdicts, known_of(path)))
    passed = sum(verdict["verdict"] == "pass" for verdict in verdicts)
    for problem in problems:
        print(problem)
    print(f"{len(verdicts)} scenarios, {passed} pass, {len(problems)} problems")
    return 1 if problems or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
