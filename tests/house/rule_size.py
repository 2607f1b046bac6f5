# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""size_limits: functions <= 70 lines, files <= 600 lines, lines <= 100 columns."""
from c_text import Source, long_macros, top_level

FUNCTION_LINES = 70
FILE_LINES = 600
COLUMNS = 100
TAB = 8
SOURCES = (".c", ".h", ".py", ".sh", ".cmake", ".def", "CMakeLists.txt")


def check(tree):
    scripts = set(tree.scripts())
    for name in tree.files:
        if name.endswith(SOURCES) or name in scripts:
            yield from file_problems(name, tree.read(name))
    for name in tree.named(".c", ".h"):
        yield from function_problems(name, Source(tree.read(name)))


def file_problems(name, text):
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield f"{name}:{FILE_LINES + 1}: {len(lines)} lines; a file has at most {FILE_LINES}"
    if name.endswith((".cmake", "CMakeLists.txt")):
        return  # lists of sources may be long
    for number, line in enumerate(lines, 1):
        width = len(line.expandtabs(TAB))
        if width > COLUMNS:
            yield f"{name}:{number}: {width} columns; a line has at most {COLUMNS}"


def function_problems(name, source):
    for item in top_level(source):
        if item.kind == "function":
            first, last = source.line(item.start), source.line(item.end - 1)
            if last - first + 1 > FUNCTION_LINES:
                yield too_long(name, first, item.name + "()", last - first + 1)
    for macro, line, count in long_macros(source):
        if count > FUNCTION_LINES:
            yield too_long(name, line, macro, count)


def too_long(name, line, what, count):
    return f"{name}:{line}: {what} has {count} lines; a function has at most {FUNCTION_LINES}"
