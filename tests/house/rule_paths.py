# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""no_machine_paths: nothing tracked knows the machine it was written on, or is left for later."""
import re

# Written in pieces so that this file does not find itself.
PATTERNS = (
    (r"(?<![\w.])/wor" r"k/", "a path of one machine"),
    (r"(?<![\w.])/tmp/" r"w\b", "a path of one machine"),
    (r"(?<![\w.$}])/ro" r"ot/", "a path of one machine"),
    (r"(?<![\w.$}])/ho" r"me/\w", "a path of one machine"),
    (r"\b[\w-]+\.pkg" r"\.dev\b|\bartifact" r"ory\b", "a package registry"),
    (r"\bproxy\.golang" r"\.org\b", "a package registry"),
    (r"\bregistry\.npm" r"js\.org\b|\bfiles\.python" r"hosted\.org\b", "a package registry"),
    (r"\bdeb\.deb" r"ian\.org\b|\bsnapshot\.deb" r"ian\.org\b", "a package registry"),
    (r"\bTO" r"DO\b|\bFIX" r"ME\b|\bXX" r"X\b", "work left for later"),
)
COMPILED = tuple((re.compile(pattern), what) for pattern, what in PATTERNS)


def check(tree):
    for name in tree.files:
        if not tree.is_text(name):
            continue
        for number, line in enumerate(tree.read(name).splitlines(), 1):
            for pattern, what in COMPILED:
                match = pattern.search(line)
                if match:
                    yield f"{name}:{number}: '{match.group()}' is {what}"
