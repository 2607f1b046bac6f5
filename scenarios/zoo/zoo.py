#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sends the broken clients of zoo.json through the scenarios that must find them.

  zoo.py table ROOT                        the table against sources, catalogue and requirements
  zoo.py run BUILD [MEMBER ...] [-j N]     each member against its scenario
  zoo.py run BUILD --docs FILE             the same, and the table as a page

A member is killed when its scenario fails by the check that its row names, and that check saw what
`sees` says; passing, being skipped and failing by another check are all survival. The reference
shim must pass the same scenario with the same kind of key, for what fails anyway shows nothing.
Exit status: 0 all are killed, 1 not.
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
# Checks that many faults fail: the row says what this one shows there.
VAGUE = re.compile(r"step\.\d+\.ok|finding\..*")
# Where the number of members is told.
NUMBERS = (("README.md", r"; (\d+) broken clients and what finds them"),
           ("docs/conformance.md", r"\[zoo\.md\]\(zoo\.md\) the (\d+) broken clients"),
           ("docs/zoo.md", r"^(\d+) members, \d+ killed\.$"))


def read(root, name):
    with open(os.path.join(root, name), encoding="utf-8") as file:
        return file.read()


def table():
    return json.loads(read(HERE, "zoo.json"))


def rows():
    return table()["members"]


# ---- the table ----

def row_findings(row, known, scenarios):
    """What is wrong with one row."""
    if set(row) - {"sees"} != MEMBERS or not all(row.values()):
        yield "a row has each of %s" % ", ".join(sorted(MEMBERS))
        return
    if row["requirement"] not in known:
        yield "no requirement %s" % row["requirement"]
    if row["killed_by"] not in scenarios:
        yield "no scenario %s" % row["killed_by"]
    if VAGUE.fullmatch(row["reason"]) and "sees" not in row:
        yield "%s alone is no reason: say what it sees" % row["reason"]


def requirement_findings(known, exceptions):
    """A MUST has a member that gets it wrong, or a reason why none can."""
    held = {row["requirement"] for row in rows()}
    for rule, level in known.items():
        if level == "MUST" and rule not in held and rule not in exceptions:
            yield "%s: no member gets it wrong, and nothing says why" % rule
    for rule, reason in exceptions.items():
        if rule not in known or rule in held or len(reason) < 20:
            yield "%s: stands in without_member, without need or without a reason" % rule


def number_findings(root):
    """Pages that say how many members there are."""
    for name, pattern in NUMBERS:
        said = re.findall(pattern, read(root, name), re.M)
        if said != [str(len(rows()))]:
            yield "%s says %s members, there are %d" % (name, said or "nothing of", len(rows()))
    shown = re.findall(r"^\| `(\w+)` \|", read(root, "docs/zoo.md"), re.M)
    if shown != [row["member"] for row in rows()]:
        yield "docs/zoo.md is not of these members: run with --docs"


def table_findings(root):
    """What is wrong with zoo.json, as texts."""
    built = set(re.findall(r"^msiv2_zoo\((\w+)", read(HERE, "CMakeLists.txt"), re.M))
    known = {row["id"]: row["level"] for row in
             json.loads(read(root, "scenarios/requirements.json"))["requirements"]}
    scenarios = {".".join(path[:-5].split(os.sep)[-2:])
                 for path in glob.glob(os.path.join(root, "scenarios/catalogue/*/*.json"))}
    named = [row.get("member") for row in rows()]
    yield from ("%s comes twice" % name for name in sorted(set(named)) if named.count(name) > 1)
    yield from ("%s is built and has no row" % name for name in sorted(built - set(named)))
    yield from ("%s has a row and is not built" % name for name in sorted(set(named) - built))
    for row in rows():
        yield from ("%s: %s" % (row.get("member"), finding)
                    for finding in row_findings(row, known, scenarios))
    yield from requirement_findings(known, table()["without_member"])
    yield from number_findings(root)
    if len(named) < 40:
        yield "only %d members" % len(named)


# ---- the run ----

def play(build, shim, scenarios, key, jobs):
    """The verdicts by scenario, and what the runner said when it wrote none."""
    with tempfile.TemporaryDirectory(prefix="zoo-") as folder:
        report = os.path.join(folder, "report.json")
        ran = subprocess.run(
            [os.path.join(build, "bin/msiv2-conformance"), "run", *scenarios, "--shim",
             shlex.quote(shim), "--key", key, "--out", os.path.join(folder, "out"),
             "--json", report, "--quiet", "-j", str(jobs)] + CATALOGUE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        try:
            with open(report, encoding="utf-8") as file:
                return {verdict["scenario"]: verdict for verdict in json.load(file)["verdicts"]}, ""
        except (OSError, ValueError):
            return {}, ran.stdout.decode("utf-8", "replace")[-300:].strip()


def told(check, row):
    """The check in words, for the table."""
    seen = row.get("sees") or check["seen"]
    return "%s: %s; seen: %s" % (check["id"], check["says"],
                                 seen if len(seen) <= 100 else seen[:97] + "...")


def judge(build, row):
    """Why the member survived, or None; and what killed it."""
    shim = os.path.join(build, "zoo", row["member"])
    if not os.path.exists(shim):
        return "it is not built", ""
    verdicts, said = play(build, shim, [row["killed_by"]], row["key"], 1)
    verdict = verdicts.get(row["killed_by"])
    if verdict is None:
        return "the scenario was not played: %s" % said, ""
    if verdict["verdict"] != "fail":
        return "%s: %s" % (verdict["verdict"], verdict["reason"]), ""
    for check in verdict["checks"]:
        if check["ok"] or check["id"] != row["reason"]:
            continue
        if row.get("sees", "") in check["seen"]:
            return None, told(check, row)
    return "it fails by something else: %s" % verdict["reason"], ""


def sound(build, chosen, jobs):
    """Scenarios that the reference client does not pass: they kill nobody."""
    shim = os.path.join(build, "bin/msiv2-shim")
    for key in sorted({row["key"] for row in chosen}):
        wanted = sorted({row["killed_by"] for row in chosen if row["key"] == key})
        verdicts, _said = play(build, shim, wanted, key, jobs)
        for scenario in wanted:
            if verdicts.get(scenario, {}).get("verdict") == "pass":
                continue
            alone, said = play(build, shim, [scenario], key, 1)  # a full machine is no reason
            word = alone[scenario]["verdict"] if scenario in alone else said or "not played"
            if word != "pass":
                yield "%s over %s: the reference client: %s" % (scenario, key, word)


def write_docs(path, chosen, said):
    """The table of docs/zoo.md."""
    lines = ["# The zoo: broken clients, and what finds them", "",
             "Each member is the reference shim with one thing replaced at link time",
             "(`scenarios/zoo/`); nothing in the library knows. A scenario that lets a member pass",
             "is too weak. It is killed by the check named here, and by nothing less: the checks",
             "are those of [verdicts.md](verdicts.md#checks). Each MUST has a member that gets it",
             "wrong, or a reason below the table. This page is written by",
             "`scenarios/zoo/zoo.py run BUILD --docs FILE`.", "",
             "%d members, %d killed." % (len(chosen), len(chosen)), "",
             "| member | what it gets wrong | requirement | key | killed by | because |",
             "|---|---|---|---|---|---|"]
    for row, reason in zip(chosen, said):
        lines.append("| `%s` | %s | %s | %s | `%s` | %s |" % (
            row["member"], row["wrong"], row["requirement"], row["key"], row["killed_by"],
            reason.replace("|", "\\|").replace("<", "&lt;")))
    lines += ["", "| requirement | why no member gets it wrong |", "|---|---|"]
    lines += ["| %s | %s |" % pair for pair in table()["without_member"].items()]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def run(options):
    chosen = [row for row in rows() if not options.members or row["member"] in options.members]
    if not chosen or len(chosen) < len(options.members):
        print("zoo: no such member")
        return 2
    survivors = list(sound(options.build, chosen, options.jobs))
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
    whole = verbs.add_parser("table")
    whole.add_argument("root")
    runner = verbs.add_parser("run")
    runner.add_argument("build")
    runner.add_argument("members", nargs="*")
    runner.add_argument("-j", dest="jobs", type=int, default=2)
    runner.add_argument("--docs")
    runner.add_argument("--catalogue", help="scenarios; default: the project's")
    options = parser.parse_args()
    if options.verb == "run" and options.docs and options.members:
        parser.error("--docs is about all members")
    if options.verb == "run":
        CATALOGUE.extend(["--catalogue", options.catalogue] if options.catalogue else [])
        return run(options)
    found = list(table_findings(options.root))
    for finding in found:
        print("zoo: " + finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
