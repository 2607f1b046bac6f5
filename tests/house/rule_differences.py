# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""differences_complete: docs/differences.md has one full row for each rule, of the right level."""
import re

from rule_rows import CATALOGUE, DEFINED, FAMILIES

LIST = "docs/differences.md"
RULE = re.compile(rf"(?:{FAMILIES})-\d\d")


def check(tree):
    if not tree.exists(CATALOGUE):
        yield f"{CATALOGUE} is missing"
        return
    if not tree.exists(LIST):
        yield f"{LIST} is missing"
        return
    catalogue = dict(DEFINED.findall(tree.read(CATALOGUE)))
    seen = set()
    for number, line in enumerate(tree.read(LIST).splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or not RULE.fullmatch(cells[0]):
            continue
        for problem in row_problems(cells, catalogue, seen):
            yield f"{LIST}:{number}: {cells[0]} {problem}"
        seen.add(cells[0])
    for rule in catalogue:
        if rule not in seen:
            yield f"{LIST}: {rule} has no row"


def row_problems(cells, catalogue, seen):
    rule = cells[0]
    if rule in seen:
        yield "has a row already"
    if rule not in catalogue:
        yield f"is not in {CATALOGUE}"
    elif len(cells) < 2 or cells[1] != catalogue[rule]:
        yield f"has another level there: {catalogue[rule]}"
    if len(cells) < 4 or not all(cells):
        yield "lacks a cell: rule, level, source, and what differs"
