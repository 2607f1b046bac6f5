# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""no_mutable_globals: object files of the product hold no variable that outlives a call."""
import fnmatch
import os
import subprocess

from tree import PRODUCT_ROOMS

ALLOW_FILE = "tests/house/globals.allow"
# Sections whose symbols can change while the program runs. (.data.rel.ro is constant once
# loaded.)
WRITABLE = (".data", ".bss", ".tdata", ".tbss", "COMMON", "*COM*")
# What a compiler adds by itself: coverage counters and the like.
COMPILER_MADE = ("__gcov*", "__llvm*", "__asan*", "__odr*", "__sancov*", "*.Lubsan*")


def check(tree):
    objects = list(object_files(tree))
    if not objects:
        yield f"no object files under {tree.build}: build first"
        return
    allowed, used = list(allowances(tree)), set()
    for path, source in objects:
        for symbol, section in writable_symbols(path):
            row = next((r for r in allowed if fits(r, source, symbol)), None)
            if row:
                used.add(row)
                continue
            yield f"{source}: '{symbol}' is a mutable global (section {section})"
    for row in allowed:
        if not row[2]:
            yield f"{ALLOW_FILE}: the row for '{row[1]}' gives no reason"
        elif row not in used:
            yield f"{ALLOW_FILE}: the row for '{row[1]}' is no longer needed"


def fits(row, source, symbol):
    # A static local is numbered by the compiler: name.0, name.1.
    return row[0] == source and (fnmatch.fnmatch(symbol, row[1]) or symbol.split(".")[0] == row[1])


def object_files(tree):
    """(object, source) of every C file of the product in this build."""
    for place in PRODUCT_ROOMS:
        for folder, _, names in os.walk(os.path.join(tree.build or "", place)):
            for name in names:
                if name.endswith(".c.o"):
                    path = os.path.join(folder, name)
                    source = source_of(tree, path)
                    if source and tree.exists(source):
                        yield path, source


def source_of(tree, path):
    """ref/CMakeFiles/x.dir/net/http.c.o is made of ref/net/http.c."""
    relative = os.path.relpath(path, tree.build)
    before, _, after = relative.partition("CMakeFiles/")
    below = after.partition(".dir/")[2]
    return os.path.normpath(os.path.join(before, below[: -len(".o")])) if below else None


def writable_symbols(path):
    """(symbol, section) of the object's variables that live in writable sections."""
    done = subprocess.run(["objdump", "-t", path], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        # 0000000000000000 l     O .bss	0000000000000004 counter
        fields, _, rest = line.partition("\t")
        words, named = fields.split(), rest.split()
        if len(words) < 3 or len(named) < 2:
            continue
        section, symbol = words[-1], named[-1]
        if "d" in words[1:-1] or symbol == section:
            continue  # the section itself
        # The symbol table writes its own kind of symbol in one column: O is a variable.
        if is_writable(section) and not any(fnmatch.fnmatch(symbol, p) for p in COMPILER_MADE):
            yield symbol, section


def is_writable(section):
    if section.startswith(".data.rel.ro"):
        return False
    return any(section == w or section.startswith(w + ".") for w in WRITABLE)


def allowances(tree):
    """(source, symbol, reason) rows of the allow file."""
    if not tree.exists(ALLOW_FILE):
        return
    for line in tree.read(ALLOW_FILE).splitlines():
        if line.strip() and not line.startswith("#"):
            source, symbol, *reason = line.split(None, 2)
            yield source, symbol, reason[0] if reason else ""
