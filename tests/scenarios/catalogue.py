# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""Every scenario of the catalogue is well-formed and speaks of what there is.

usage: catalogue.py form ROOT               schema, places, twins, requirements, names, proportions
       catalogue.py numbers ROOT            the pages that count scenarios count them right
       catalogue.py world ROOT EMULATOR     the emulator takes each world, fault and expectation
       catalogue.py docs ROOT               the documents name scenarios that are there"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema
from running import Emulator

LEAST = 150
KEYS = ("memory", "keyguard", "hardware")
LEVELS = ("MUST", "SHOULD", "OBSERVED")  # what --level takes, each with those before it
# Of the form of a scenario: checks of the judge, keys of the configuration.
OTHER_NAMES = ("store.entries", "limits.body", "limits.request", "certificate.sha256")
OURS = ("says", "from", "to", "requirement")


def load(path):
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def scenarios(root):
    """Path and content of each file."""
    for path in sorted(glob.glob(os.path.join(root, "scenarios/catalogue/*/*.json"))):
        yield path, load(path)


def one_file(path, scenario, requirements):
    group, name = path.split(os.sep)[-2:]
    if scenario["id"] != f"{group}.{name[:-len('.json')]}":
        yield "its id is not its place"
    for rule in scenario["requirements"]:
        if rule not in requirements:
            yield f"{rule} is no requirement"
    if scenario["kind"] == "positive" and "twin" in scenario:
        yield "a positive one has no twin"
    used = {f.get("id") for f in scenario.get("faults", [])}
    for step in scenario["steps"]:
        with_ = step.get("with", {})
        if step["do"] == "fault":
            used.add(with_.get("id"))
        if step["do"] == "unfault" and with_["id"] not in used:
            yield f"unfault of {with_['id']}, which is not there"
    if not judged(scenario):
        yield "nothing is expected of it"


def judged(scenario):
    expect = scenario["expect"]
    return any(expect.get(name) for name in ("journal", "findings", "store",
                                            "secrets")) or any(
        step.get("expect") for step in scenario["steps"])


def difference(scenario):
    """What its world, client, faults and steps are, as one text."""
    return json.dumps([scenario.get(k) for k in ("world", "client", "faults", "steps", "keys")],
                      sort_keys=True)


def twins(found):
    for scenario in found.values():
        twin = found.get(scenario.get("twin"))
        if scenario["kind"] == "positive":
            continue
        if not twin or twin["kind"] != "positive":
            yield f"{scenario['id']}: its twin {scenario.get('twin')} is no positive scenario"
        elif difference(twin) == difference(scenario):
            yield f"{scenario['id']}: differs in nothing from its twin"
        elif not set(scenario.get("keys", KEYS)) <= set(twin.get("keys", KEYS)):
            yield f"{scenario['id']}: its twin does not run with each of its kinds of key"


def proportions(found):
    negative = sum(s["kind"] == "negative" for s in found.values())
    if len(found) < LEAST or negative < 2 * (len(found) - negative):
        yield f"{len(found)} scenarios, {negative} negative: too few"
    titles = {}
    for scenario in found.values():
        if titles.setdefault(scenario["title"], scenario["id"]) != scenario["id"]:
            yield f"{scenario['id']}: has the title of {titles[scenario['title']]}"


def of_memory(scenario):
    return "memory" in scenario.get("keys", KEYS)


def rules_of(found, must):
    """(rule, kind) of all of them."""
    return {(rule, s["kind"]) for s in found for rule in s["requirements"] if rule in must}


def fast_set(found, rows):
    """Every MUST from both sides and every group, as far as there are scenarios for keys in
    memory; nothing runs in it that is not of it."""
    must = {row["id"] for row in rows if row["level"] == "MUST"}
    fast = [s for s in found.values() if s.get("fast")]
    whole = [s for s in found.values() if of_memory(s)]
    for rule, kind in sorted(rules_of(whole, must) - rules_of(fast, must)):
        yield f"the fast set has no {kind} scenario about {rule}"
    groups = [{s["id"].split(".")[0] for s in some} for some in (whole, fast)]
    for group in sorted(groups[0] - groups[1]):
        yield f"the fast set has nothing of the group {group}"
    for scenario in fast:
        if not of_memory(scenario):
            yield f"{scenario['id']}: is fast, and not about keys in memory"
        if "twin" in scenario and not found.get(scenario["twin"], {}).get("fast"):
            yield f"{scenario['id']}: is fast, and its twin {scenario['twin']} is not"


def form(root):
    schema = load(os.path.join(root, "scenarios/schema/scenario.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    rows = load(os.path.join(root, "scenarios/requirements.json"))["requirements"]
    requirements = {row["id"] for row in rows}
    found = {}
    for path, scenario in scenarios(root):
        errors = [error.message for error in validator.iter_errors(scenario)]
        yield from (f"{path}: {error[:200]}" for error in errors)
        if not errors:
            found[scenario["id"]] = scenario
            yield from (f"{path}: {p}" for p in one_file(path, scenario, requirements))
    yield from twins(found)
    yield from proportions(found)
    yield from fast_set(found, rows)


def numbers(root):
    found = [scenario for _, scenario in scenarios(root)]
    whole = len(found)
    levels = [sum(s["level"] in LEVELS[:n] for s in found) for n in (1, 2, 3)]
    groups = len({s["id"].split(".")[0] for s in found})
    for page, pattern, wanted in (
            ("README.md", r"A catalogue of (\d+) scenarios", [whole]),
            ("docs/conformance.md", r"plays (\d+) scenarios", [whole]),
            ("docs/conformance.md", r"all (\d+) scenarios that its", [whole]),
            ("docs/conformance.md",
             r"`--level must` \| (\d+) of (\d+); `should` (\d+), `observed` (\d+)",
             [levels[0], whole, *levels[1:]]),
            ("docs/conformance.md", r"`msiv2-conformance list` shows (\d+) of them", [groups]),
            ("docs/conformance.md", r"are skipped: \d+ of (\d+)\.", [whole])):
        with open(os.path.join(root, page), encoding="utf-8") as stream:
            said = re.search(pattern, stream.read())
        if not said or [int(number) for number in said.groups()] != wanted:
            yield f"{page} says {said and said.group()!r}; the numbers are {wanted}"
    yield from black_box(root, whole)


def black_box(root, whole):
    """What a black box can be judged by, and what it cannot, is the whole."""
    with open(os.path.join(root, "docs/conformance.md"), encoding="utf-8") as stream:
        text = stream.read()
    parts = re.findall(r"\| (\d+) scenarios, by the journal|are skipped: (\d+) of", text)
    if sum(int(a or b) for a, b in parts) != whole:
        yield f"docs/conformance.md: black boxes: {parts} are not {whole} together"


def faults_of(scenario):
    yield from scenario.get("faults", [])
    yield from (step["with"] for step in scenario["steps"] if step["do"] == "fault")


def filled(emulator, value):
    """Placeholders replaced, as the runner does."""
    text = json.dumps(value)
    for name in ("imds", "sts", "resource"):
        text = text.replace("{%s}" % name, emulator.ready[name])
    return json.loads(text)


def try_faults(emulator, scenario):
    for fault in faults_of(scenario):
        fault = {**filled(emulator, fault), "enabled": False}
        status, answer = emulator.admin("POST", "/faults", fault)
        if status != 201:
            yield f"{scenario['id']}: {answer.get('detail', answer)}"
    emulator.admin("DELETE", "/faults")


def try_journal(emulator, scenario):
    pure = [{k: v for k, v in item.items() if k not in OURS}
            for item in scenario["expect"].get("journal", [])]
    if not pure:
        return
    status, answer = emulator.admin("POST", "/journal/assert", {"expect": pure})
    if status != 200:
        yield f"{scenario['id']}: {answer.get('detail', answer)}"


def try_rules(rules, scenario):
    known = {"MUST", "SHOULD", "OBSERVED", "SPEC", "HOUSE"}
    for row in rules:
        known |= {row["id"], row["name"], f"{row['id']}/{row['name']}"}
    findings = scenario["expect"].get("findings", {})
    for which in findings.get("none_of", []) + findings.get("some_of", []):
        if which not in known:
            yield f"{scenario['id']}: the emulator has no rule {which}"


def try_worlds(program, found):
    seen = set()
    for scenario in found:
        text = json.dumps(scenario.get("world", {}), sort_keys=True)
        if text in seen:
            continue
        seen.add(text)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(text)
            file.flush()
            done = subprocess.run([program, "--config", file.name, "--print-config"], text=True,
                                  capture_output=True, check=False, timeout=30)
        if done.returncode != 0:
            yield f"{scenario['id']}: world: {done.stderr.strip()}"


def world(root, program):
    found = [scenario for _, scenario in scenarios(root)]
    with Emulator(program) as emulator:
        rules = emulator.admin("GET", "/rules")[1]["rules"]
        for scenario in found:
            yield from try_faults(emulator, scenario)
            yield from try_journal(emulator, scenario)
            yield from try_rules(rules, scenario)
    yield from try_worlds(program, found)


def documents(root):
    """Path and text of what people read, and copy from."""
    patterns = ("README.md", "docs/*.md", "docs/ci/*")
    for path in sorted(sum((glob.glob(os.path.join(root, p)) for p in patterns), [])):
        with open(path, encoding="utf-8") as stream:
            yield path, stream.read()


def named(text, groups):
    """Words in code of the form GROUP.NAME that can mean a scenario, and no file."""
    word = re.compile(r"(?<![\w./$-])(?:%s)\.([a-z0-9][a-z0-9-]*\*?)(?![\w(*.])"
                      % "|".join(groups))
    for code in re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL) or [text]:
        for match in word.finditer(code):
            if match.group(1) not in ("md", "json", "sh", "har", "c", "h"):
                yield match.group(0)
    yield from re.findall(r'"scenario":\s*"([^"]+)"', text)


def docs(root):
    found = {scenario["id"] for _, scenario in scenarios(root)}
    groups = {name.split(".")[0] for name in found}
    seen = 0
    for path, text in documents(root):
        for name in named(text, groups):
            seen += 1
            known = name in found or name in OTHER_NAMES or (
                name.endswith("*") and any(i.startswith(name[:-1]) for i in found))
            if not known:
                yield f"{path}: there is no scenario {name}"
    if seen < 100:
        yield f"only {seen} names were found in the documents"


def main():
    checks = {"docs": docs, "form": form, "numbers": numbers, "world": world}
    problems = list(checks[sys.argv[1]](*sys.argv[2:]))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
