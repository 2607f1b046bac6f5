# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""public_symbols_documented: headers are the manual.

Every function declared in any header has a comment directly above it. Declarations that follow each
other without an empty line share the comment above the first. In public headers the same holds for
types; a type whose members are each explained by a comment needs none above.
"""
from c_text import Source, top_level

PUBLIC = ("common/include/", "ref/include/", "emulator/include/")


def check(tree):
    for name in tree.named(".h"):
        text = tree.read(name)
        source = Source(text)
        yield from file_comment(name, source)
        headings = comment_lines(source)
        for item in top_level(source):
            if item.kind in ("function", "declaration"):
                what = item.name + "()"
            elif item.kind == "type" and name.startswith(PUBLIC):
                what = item.name
            else:
                continue
            line = source.line(item.start)
            if above(text.splitlines(), headings, line) or explained_inside(source, item):
                continue
            yield f"{name}:{line}: {what} has no comment directly above it"


def file_comment(name, source):
    """Besides the licence, a header says what its noun is."""
    first = next((c for c in source.comments if "SPDX" not in c.text), None)
    if first is None:
        yield f"{name}:1: the header says nothing about its purpose"


def comment_lines(source):
    """Lines on which a comment at file scope ends, when it began its line."""
    depth_at, depth = {}, 0
    for number, line in enumerate(source.plain.splitlines(), 1):
        depth_at[number] = depth
        depth += line.count("{") - line.count("}")
    found = {}
    linkage = 1 if 'extern "C"' in source.text else 0
    for comment in source.comments:
        first, last = source.line(comment.start), source.line(comment.end - 1)
        begins_line = not source.text[: comment.start].rpartition("\n")[2].strip()
        if begins_line and depth_at.get(first, 0) <= linkage and "SPDX" not in comment.text:
            found.update({number: True for number in range(first, last + 1)})
    return found


def above(lines, headings, line):
    """A comment stands in the run of non-empty lines that leads to this one."""
    number = line - 1
    while number >= 1 and lines[number - 1].strip():
        if number in headings:
            return True
        number -= 1
    return False


def explained_inside(source, item):
    """A type is explained by its members' comments when there is at least one."""
    if item.kind != "type" or item.body < 0:
        return False
    return any(item.body < c.start < item.end for c in source.comments)
