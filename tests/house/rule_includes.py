# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""includes_go_down: an include may only point to the same room or to one further down."""
import os

from c_text import Source
from tree import room

# What each room may see besides itself. ref and emulator, two sides of one wire, never each other.
MAY_SEE = {
    "common": (),
    "ref": ("common",),
    "emulator": ("common",),
    "scenarios": ("common", "ref", "emulator"),
    "bench": ("common", "ref", "emulator"),
    "fuzz": ("common", "ref", "emulator", "tests", "scenarios"),
    "tests": ("common", "ref", "emulator", "scenarios"),
}
# Sides of the wire that one test file may not mix either; end-to-end tests hold both.
SIDES = {"tests/ref": "emulator", "tests/emulator": "ref", "tests/common": "ref emulator"}
PUBLIC = ("common/include/", "ref/include/", "emulator/include/")


def check(tree):
    for name in tree.named(".c", ".h", ".def"):
        source = Source(tree.read(name))
        for line, quote, path in source.includes():
            problem = judge(tree, name, quote, path)
            if problem:
                yield f"{name}:{line}: {problem}"


def judge(tree, name, quote, path):
    """What is wrong with one include, or None."""
    target = resolve(tree, name, path)
    if target is None:
        if quote == '"':
            return f'"{path}" is found neither from the root nor beside the file'
        return None
    if quote == "<":
        return f"<{path}> is a file of this project: include it with quotes"
    if ".." in path.split("/"):
        return f'"{path}" climbs: write it from the root of the project'
    here, there = room(name), room(target)
    if there != here and there not in MAY_SEE.get(here, ()):
        return f'{here}/ includes "{path}": an include only goes down ({there}/ is not below)'
    for folder, other_side in SIDES.items():
        if name.startswith(folder + "/") and there in other_side.split():
            return f'{folder}/ includes "{path}" of {there}/: each side is tested alone'
    if name.startswith(PUBLIC) and not target.startswith(PUBLIC):
        return f'a public header includes "{path}", which is not public'
    return None


def resolve(tree, name, path):
    """The file of this project that an include means, or None."""
    beside = os.path.normpath(os.path.join(os.path.dirname(name), path))
    public = [folder + path for folder in PUBLIC]
    for candidate in [beside, os.path.normpath(path)] + public:
        if not candidate.startswith("..") and os.path.isfile(tree.path(candidate)):
            return candidate
    return None
