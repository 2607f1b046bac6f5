# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""rule_rows_complete: the emulator's rules, docs/protocol.md and the code agree."""
import re

from c_text import Source, blank

ROWS = "emulator/rules.def"
CATALOGUE = "docs/protocol.md"
ROW = re.compile(
    r'RULE\(\s*(\w+)\s*,\s*"([^"]*)"\s*,\s*"([^"]*)"\s*,\s*(\w+)\s*,\s*(\w+)\s*,'
    r'((?:\s*"(?:\\.|[^"\\])*")+)\s*\)'
)
LEVELS = ("RULE_MUST", "RULE_OBSERVED", "RULE_SPEC", "RULE_HOUSE")
MODES = ("RULE_REJECT", "RULE_NOTE", "RULE_OFF")
FAMILIES = "KEY|META|CSR|ATT|ISSUE|STORE|LIFE|STS|TOK|RES|NET|V1|SEC"
CITED = re.compile(rf"\b((?:{FAMILIES})-\d\d)\b")
DEFINED = re.compile(rf"^[-*|] *\**((?:{FAMILIES})-\d\d)\** *\|? *(\w+)", re.M)


def check(tree):
    if not tree.exists(CATALOGUE):
        yield f"{CATALOGUE} is missing"
        return
    catalogue = dict(DEFINED.findall(tree.read(CATALOGUE)))
    yield from catalogue_problems(catalogue)
    yield from citation_problems(tree, catalogue)
    if tree.exists(ROWS):
        yield from row_problems(tree, catalogue)


def catalogue_problems(catalogue):
    for rule, level in catalogue.items():
        if level not in ("MUST", "OBSERVED", "SPEC", "HOUSE"):
            yield f"{CATALOGUE}: {rule} has no level"
    if not catalogue:
        yield f"{CATALOGUE}: no rule found"


def citation_problems(tree, catalogue):
    """A rule id in a comment, a test or a document is one that exists."""
    for name in tree.named(".c", ".h", ".def", ".md", ".py", ".sh", ".json"):
        text = tree.read(name)
        if name.startswith("tests/"):  # tests and samples ask for rules that do not exist
            text = comments_only(text) if name.endswith((".c", ".h")) else ""
        for number, line in enumerate(text.splitlines(), 1):
            for rule in CITED.findall(line):
                if rule not in catalogue:
                    yield f"{name}:{number}: cites {rule}, which {CATALOGUE} does not have"


def comments_only(text):
    """The text with everything but its comments blanked."""
    kept = list(blank(text))
    for comment in Source(text).comments:
        kept[comment.start : comment.end] = comment.text
    return "".join(kept)


def row_problems(tree, catalogue):
    text = tree.read(ROWS)
    rows = [(m.start(),) + m.groups() for m in ROW.finditer(text)]
    source = Source(text)
    if len(rows) != len(re.findall(r"^RULE\(", source.code, re.M)):
        yield f"{ROWS}: a row does not read RULE(symbol, \"id\", \"name\", level, mode, \"text\")"
    code = "".join(Source(tree.read(f)).code for f in tree.named(".c", rooms=("emulator",)))
    seen = set()
    for start, symbol, rule, name, level, mode, requirement in rows:
        place = f"{ROWS}:{source.line(start)}: {symbol}"
        if rule not in catalogue:
            yield f"{place}: {rule} is not in {CATALOGUE}"
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            yield f"{place}: the name '{name}' is not words-joined-by-dashes"
        if level not in LEVELS or mode not in MODES:
            yield f"{place}: level {level} or mode {mode} does not exist"
        if len(re.sub(r'[\s"]', "", requirement)) < 10:
            yield f"{place}: says nothing about what is required"
        for key in (symbol, name):
            if key in seen:
                yield f"{place}: '{key}' is used by an earlier row"
            seen.add(key)
        if not re.search(rf"\b{symbol}\b", code):
            yield f"{place}: no code of the emulator checks this rule"
