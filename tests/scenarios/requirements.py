# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""scenarios/requirements.json, docs/protocol.md, emulator/rules.def and the scenarios agree.

usage: requirements.py check ROOT     registry = protocol, row by row; rules.def cites no other id
       requirements.py matrix ROOT    docs/conformance-matrix.md is what the catalogue says, each
                                      MUST has a positive and a negative scenario or a reason
       requirements.py red ROOT       each of the above sees what is planted
       requirements.py write ROOT     writes both files anew; reasons that are needed are kept"""
import json
import os
import re
import shutil
import sys
import tempfile

REGISTRY = "scenarios/requirements.json"
PROTOCOL = "docs/protocol.md"
RULES = "emulator/rules.def"
MATRIX = "docs/conformance-matrix.md"
LEVELS = ("MUST", "OBSERVED", "SPEC", "HOUSE")
RULE = re.compile(r"^- ([A-Z0-9]+-\d\d) (\w+) (.*)$", re.M)
WORD = (r"(?:`(?:cert|key|review|net|go|java|py|js|rev|docs)`|the key alone"
        r"|RFC \d+(?:, \d[\d.]*(?: and \d[\d.]*)*)?)")
SOURCE = re.compile(rf"\s*\(({WORD}(?:[,;]? {WORD})*)\)")
OURS = "this project"
KINDS = ("positive", "negative")


def protocol_rows(text):
    for rule, level, words in RULE.findall(text):
        sources = SOURCE.findall(words)
        source = "; ".join(s.replace("`", "") for s in sources) or OURS
        sentence = re.sub(r"\s+", " ", SOURCE.sub("", words)).strip()
        yield {"id": rule, "level": level, "sentence": sentence, "source": source}


def read(root, name):
    with open(os.path.join(root, name), encoding="utf-8") as stream:
        return stream.read()


def registry(root):
    return json.loads(read(root, REGISTRY))["requirements"]


def scenarios(root):
    """Every scenario of the catalogue, by id."""
    found = {}
    for folder, _, names in sorted(os.walk(os.path.join(root, "scenarios/catalogue"))):
        for name in sorted(names):
            if name.endswith(".json"):
                with open(os.path.join(folder, name), encoding="utf-8") as stream:
                    scenario = json.load(stream)
                found[scenario["id"]] = scenario
    return found


def check(root):
    rows = registry(root)
    plain = [{k: row.get(k) for k in ("id", "level", "sentence", "source")} for row in rows]
    wanted = list(protocol_rows(read(root, PROTOCOL)))
    by_id = {row["id"]: row for row in plain}
    for row in wanted:
        if by_id.get(row["id"]) != row:
            yield f"{REGISTRY}: {row['id']} is not as {PROTOCOL} says: write it anew"
    if [row["id"] for row in plain] != [row["id"] for row in wanted]:
        yield f"{REGISTRY}: other rules than {PROTOCOL}, another order, or one twice"
    for rule in sorted(set(re.findall(r'RULE\(\w+, "([^"]+)"', read(root, RULES)))):
        if rule not in by_id:
            yield f"{RULES}: {rule} is not in {REGISTRY}"
    for row in rows:
        yield from row_problems(row)


def row_problems(row):
    if row["level"] not in LEVELS or len(row["sentence"]) < 10:
        yield f"{REGISTRY}: {row['id']} has no level or no sentence"
    if set(row) - {"id", "level", "sentence", "source", "not_testable"}:
        yield f"{REGISTRY}: {row['id']} has an unknown member"
    for kind, reason in row.get("not_testable", {}).items():
        if kind not in KINDS or len(reason) < 20:
            yield f"{REGISTRY}: {row['id']}: not_testable names a kind and a reason"


def by_requirement(found):
    """requirement -> kind -> ids of scenarios."""
    table = {}
    for scenario in found.values():
        for rule in scenario["requirements"]:
            table.setdefault(rule, {}).setdefault(scenario["kind"], []).append(scenario["id"])
    return table


def gaps(root):
    """What a MUST lacks, and what scenarios cite that does not exist."""
    rows, found = registry(root), scenarios(root)
    table = by_requirement(found)
    for rule in sorted(set(table) - {row["id"] for row in rows}):
        yield f"{table[rule]}: {rule} is no requirement"
    for row in rows:
        for kind in KINDS if row["level"] == "MUST" else ():
            if not table.get(row["id"], {}).get(kind) and kind not in row.get("not_testable", {}):
                yield f"{row['id']} ({row['level']}) has no {kind} scenario and no reason why"


def needless(root):
    """Reasons for what is judged after all."""
    table = by_requirement(scenarios(root))
    for row in registry(root):
        for kind in row.get("not_testable", {}):
            if table.get(row["id"], {}).get(kind):
                yield f"{REGISTRY}: {row['id']} has a reason and a {kind} scenario: take it out"


def cell(row, table, kind):
    ids = sorted(table.get(row["id"], {}).get(kind, []))
    if ids:
        return "<br>".join(f"`{name}`" for name in ids)
    return row.get("not_testable", {}).get(kind, "-")


def matrix(root):
    rows, found = registry(root), scenarios(root)
    table = by_requirement(found)
    count = {kind: sum(s["kind"] == kind for s in found.values()) for kind in KINDS}
    held = sum(1 for row in rows if row["id"] in table)
    lines = ["# Requirements and the scenarios that judge them", "",
             "Made by `tests/scenarios/requirements.py write .` from `scenarios/requirements.json`",
             "and the catalogue; a test compares. Where there is no scenario, the reason stands in",
             "its place.", "",
             f"{len(found)} scenarios, {count['positive']} positive and "
             f"{count['negative']} negative; "
             f"{held} of {len(rows)} requirements are judged by at least one.", "",
             "| requirement | level | positive | negative |", "|---|---|---|---|"]
    for row in rows:
        cells = (f"[{row['id']}](protocol.md) {short(row['sentence'])}", row["level"],
                 cell(row, table, "positive"), cell(row, table, "negative"))
        lines.append("| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |")
    return "\n".join(lines) + "\n"


def short(sentence):
    return sentence if len(sentence) <= 90 else sentence[:87].rsplit(" ", 1)[0] + " ..."


def matrix_problems(root):
    yield from gaps(root)
    yield from needless(root)
    if not os.path.exists(os.path.join(root, MATRIX)) or read(root, MATRIX) != matrix(root):
        yield f"{MATRIX} is not what the catalogue says: write it anew"


def write(root):
    reasons = {}
    if os.path.exists(os.path.join(root, REGISTRY)):
        reasons = {row["id"]: row.get("not_testable") for row in registry(root)}
    table = by_requirement(scenarios(root))
    lines = []
    for row in protocol_rows(read(root, PROTOCOL)):
        kept = {kind: reason for kind, reason in (reasons.get(row["id"]) or {}).items()
                if not table.get(row["id"], {}).get(kind)}
        if kept:
            row["not_testable"] = kept
        lines.append(json.dumps(row, ensure_ascii=False))
    with open(os.path.join(root, REGISTRY), "w", encoding="utf-8") as stream:
        stream.write('{"requirements":[\n' + ",\n".join(lines) + "\n]}\n")
    with open(os.path.join(root, MATRIX), "w", encoding="utf-8") as stream:
        stream.write(matrix(root))


def plant(root, name, old, new):
    """Changes one text in the copy; the text must be there."""
    text = read(root, name)
    if old not in text:
        raise AssertionError(f"{name} has no {old!r} to change")
    with open(os.path.join(root, name), "w", encoding="utf-8") as stream:
        stream.write(text.replace(old, new, 1))


PLANTED = (  # file, what is changed into what, the check, what it must say
    (PROTOCOL, "- LIFE-04 MUST However", "- LIFE-04 SPEC However", check, "LIFE-04 is not as"),
    (PROTOCOL, "- LIFE-04 MUST", "- LIFE-05 MUST", check, "other rules than"),
    (RULES, '"META-01"', '"META-77"', check, "META-77 is not in"),
    (REGISTRY, '"level": "MUST"', '"level": "MAY"', check, "has no level"),
    (REGISTRY, '"source"', '"colour": 1, "source"', check, "unknown member"),
    (REGISTRY, '"not_testable": {"negative"', '"not_testable": {"sideways"', check,
     "names a kind"),
    (REGISTRY, '"positive": "The rule is about', '"negative": "The rule is about', matrix_problems,
     "no positive scenario"),
    (REGISTRY, '"id": "LIFE-04"', '"id": "LIFE-99"', matrix_problems, "LIFE-04 is no requirement"),
    (REGISTRY, '"id": "META-05", ', '"not_testable": {"positive": "x"}, "id": "META-05", ',
     needless, "META-05 has a reason"),
    (MATRIX, "positive", "possible", matrix_problems, "is not what the catalogue says"),
)


def goes_red(root):
    for name, old, new, judged_by, words in PLANTED:
        with tempfile.TemporaryDirectory() as copy:
            for file in (REGISTRY, PROTOCOL, RULES, MATRIX):
                os.makedirs(os.path.dirname(os.path.join(copy, file)), exist_ok=True)
                shutil.copy(os.path.join(root, file), os.path.join(copy, file))
            shutil.copytree(os.path.join(root, "scenarios/catalogue"),
                            os.path.join(copy, "scenarios/catalogue"))
            plant(copy, name, old, new)
            if not any(words in problem for problem in judged_by(copy)):
                yield f"{name}: {old!r} became {new!r} and nobody said '{words}'"


def main():
    what, root = sys.argv[1], sys.argv[2]
    if what == "write":
        write(root)
        return 0
    problems = list({"check": check, "matrix": matrix_problems, "red": goes_red}[what](root))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
