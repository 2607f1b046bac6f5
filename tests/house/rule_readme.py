# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""readme_commands_are_tested: what README.md tells people to type is typed by a test; links lead
somewhere.

Every ```sh block is preceded by a marker line. `<!-- run -->`: tests/e2e/readme.sh runs the block.
`<!-- covered: FILE -->`: a script or a test runs it; each command of the block must stand in FILE.
"""
import os
import re

README = "README.md"
RUNNER = "tests/e2e/readme.sh"
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.M | re.S)
MARKER = re.compile(r"<!-- (run|covered: (\S+)) -->\n\Z")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
SHELL = ("sh", "bash", "shell", "console", "")


def check(tree):
    if not tree.exists(README):
        yield f"{README} is missing"
        return
    yield from link_problems(tree)
    text = tree.read(README)
    for match in FENCE.finditer(text):
        language, body = match.groups()
        place = f"{README}:{text.count(chr(10), 0, match.start()) + 1}"
        if language not in SHELL:
            continue
        if language != "sh":
            yield f"{place}: a block of commands is marked ```sh, text is marked ```text"
            continue
        marker = MARKER.search(text[: match.start()])
        if not marker:
            yield f"{place}: no test runs it: write <!-- run --> or <!-- covered: FILE --> above"
        elif marker.group(2):
            yield from covered_problems(tree, place, body, marker.group(2))
        elif not tree.exists(RUNNER):
            yield f"{place}: {RUNNER}, which runs the blocks, is missing"


def link_problems(tree):
    """Links between files of the project."""
    for name in tree.named(".md"):
        for number, line in enumerate(tree.read(name).splitlines(), 1):
            for target in LINK.findall(line):
                path = os.path.normpath(os.path.join(os.path.dirname(name), target))
                if "://" not in target and not tree.exists(path):
                    yield f"{name}:{number}: the link to {target} leads nowhere"


def covered_problems(tree, place, body, covering):
    if not tree.exists(covering):
        yield f"{place}: {covering} does not exist"
        return
    known = [re.sub(r"\s+", " ", line).strip() for line in tree.read(covering).splitlines()]
    for command in commands(body):
        if not any(command in line and not line.startswith("#") for line in known):
            yield f"{place}: {covering} does not run `{command}`"


def commands(body):
    """The commands of a block, without comments."""
    for line in body.splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if line:
            yield re.sub(r"\s+", " ", line)
