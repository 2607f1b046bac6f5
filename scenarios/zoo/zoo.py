#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sends the broken clients of zoo.json through the scenarios that must find them.

  zoo.py table ROOT                        the table against sources, catalogue and requirements
  zoo.py run BUILD [-j N] [MEMBER ...]     each member against its scenario
  zoo.py run BUILD --docs FILE             the same, and the table as a page

A member is killed when its scenario fails by the check that its row names; passing, being skipped
and failing by another check are all survival. Who fails flow.cold is killed by it: the runner plays
it first and nothing after it. The reference shim must pass the same scenario with
the same kind of key, for what fails anyway shows nothing. Exit status: 0 all are killed, 1 not.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CATALOGUE = []  # options that name another catalogue than the project's
MEMBERS = {"member", "wrong", "requirement", "killed_by", "key", "reason"}


def rows():
    with open(os.path.join(HERE, "zoo.json"), encoding="utf-8") as file:
        return json.load(file)["members"]


# ---- the table ----

def table_findings(root):
    """What is wrong with zoo.json, as texts."""
    with open(os.path.join(HERE, "CMakeLists.txt"), encoding="utf-8") as file:
        built = set(re.findall(r"^msiv2_zoo\((\w+)", file.read(), re.M))
    with open(os.path.join(root, "scenarios/requirements.json"), encoding="utf-8") as file:
        known = set(re.findall(r'"id":\s*"([A-Z0-9]+-\d\d)"', file.read()))
    scenarios = {".".join(path[:-5].split(os.sep)[-2:])
                 for path in glob.glob(os.path.join(root, "scenarios/catalogue/*/*.json"))}
    named = [row["member"] for row in rows()]
    found = ["%s comes twice" % name for name in sorted(set(named)) if named.count(name) > 1]
    found += ["%s is built and has no row" % name for name in sorted(built - set(named))]
    found += ["%s has a row and is not built" % name for name in sorted(set(named) - built)]
    for row in rows():
        if set(row) != MEMBERS or not all(row.values()):
            found.append("%s: a row has each of %s" % (row["member"], ", ".join(sorted(MEMBERS))))
        if row["requirement"] not in known:
            found.append("%s: no requirement %s" % (row["member"], row["requirement"]))
        if row["killed_by"] not in scenarios:
            found.append("%s: no scenario %s" % (row["member"], row["killed_by"]))
    if len(named) < 40:
        found.append("only %d members" % len(named))
    return found


# ---- the run ----

def failed_checks(verdict):
    """Ids of the checks that failed."""
    first = re.match(r"not run: the client fails flow\.cold before anything else: ([\w.-]+):",
                     verdict["reason"])
    if first and verdict["scenario"] == "flow.cold":
        return ["flow.cold", first.group(1)]
    return [check["id"] for check in verdict["checks"] if not check["ok"]]


def verdict_of(build, shim, row):
    """The verdict of the row's scenario for a shim: (word, reason, failed checks)."""
    with tempfile.TemporaryDirectory(prefix="zoo-") as folder:
        report = os.path.join(folder, "report.json")
        ran = subprocess.run(
            [os.path.join(build, "bin/msiv2-conformance"), "run", row["killed_by"], "--shim",
             shlex.quote(shim), "--key", row["key"], "--out", os.path.join(folder, "out"),
             "--json", report, "--quiet", "-j", "1"] + CATALOGUE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        try:
            with open(report, encoding="utf-8") as file:
                verdicts = json.load(file)["verdicts"]
        except (OSError, ValueError):
            return "none", ran.stdout.decode("utf-8", "replace")[-300:].strip(), []
    for verdict in verdicts:
        if verdict["scenario"] == row["killed_by"]:
            failed = failed_checks(verdict)
            return ("fail" if failed[:1] == ["flow.cold"] else verdict["verdict"],
                    verdict["reason"], failed)
    return "none", "the scenario was not played", []


def judge(build, row):
    """Why the member survived, or None; and what its scenario said."""
    shim = os.path.join(build, "zoo", row["member"])
    if not os.path.exists(shim):
        return "it is not built", ""
    word, reason, failed = verdict_of(build, shim, row)
    if word != "fail":
        return "%s: %s" % (word, reason), reason
    if row["reason"] not in failed:
        return "it fails by something else: %s" % reason, reason
    return None, reason


def sound(build, chosen, jobs):
    """Scenarios that the reference client does not pass: they kill nobody."""
    pairs = sorted({(row["killed_by"], row["key"]) for row in chosen})
    shim = os.path.join(build, "bin/msiv2-shim")
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        words = list(pool.map(lambda pair: verdict_of(
            build, shim, {"killed_by": pair[0], "key": pair[1]})[0], pairs))
    return ["%s over %s: the reference client: %s" % (pair + (word,))
            for pair, word in zip(pairs, words) if word != "pass"]


def write_docs(path, chosen, said):
    """The table of docs/zoo.md."""
    lines = ["# The zoo: broken clients, and what finds them", "",
             "Each member is the reference shim with one thing replaced at link time",
             "(`scenarios/zoo/`); nothing in the library knows. A scenario that lets a member pass",
             "is too weak. This page is written by `scenarios/zoo/zoo.py run BUILD --docs`.", "",
             "%d members, %d killed." % (len(chosen), len(chosen)), "",
             "| member | what it gets wrong | requirement | key | killed by | because |",
             "|---|---|---|---|---|---|"]
    for row, reason in zip(chosen, said):
        lines.append("| `%s` | %s | %s | %s | `%s` | %s |" % (
            row["member"], row["wrong"], row["requirement"], row["key"], row["killed_by"],
            reason.replace("|", "\\|").replace("<", "&lt;")[:160]))
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def run(options):
    chosen = [row for row in rows() if not options.members or row["member"] in options.members]
    if not chosen or len(chosen) < len(options.members):
        print("zoo: no such member")
        return 2
    survivors = sound(options.build, chosen, options.jobs)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda row: judge(options.build, row), chosen))
    for row, (survived, _reason) in zip(chosen, results):
        if survived:
            survivors.append("%s survives %s: %s" % (row["member"], row["killed_by"], survived))
    for survivor in survivors:
        print("zoo: " + survivor)
    print("zoo: %d members, %d killed" % (
        len(chosen), sum(survived is None for survived, _reason in results)))
    if options.docs and not survivors:
        write_docs(options.docs, chosen, [reason for _survived, reason in results])
    return 1 if survivors else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    table = verbs.add_parser("table")
    table.add_argument("root")
    runner = verbs.add_parser("run")
    runner.add_argument("build")
    runner.add_argument("members", nargs="*")
    runner.add_argument("-j", dest="jobs", type=int, default=2)
    runner.add_argument("--docs")
    runner.add_argument("--catalogue", help="scenarios; default: the project's")
    options = parser.parse_args()
    if options.verb == "run":
        CATALOGUE.extend(["--catalogue", options.catalogue] if options.catalogue else [])
        return run(options)
    found = table_findings(options.root)
    for finding in found:
        print("zoo: " + finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
