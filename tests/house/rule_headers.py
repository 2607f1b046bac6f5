# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""headers_compile_alone: every header is complete, may be included twice, and guards itself."""
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile

from tree import room

COMPILERS = ("gcc", "clang-14", "clang")
FALLBACK_FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"]
WITH_VALUE = ("-I", "-isystem", "-D", "-U", "-include")
# Warnings and language only; what one compiler alone understands or what makes code is left out.
KEEP = re.compile(r"^-(std=|W(?!l,|p,)|D|U|I|isystem|include|fno-common|pthread|fvisibility)")


def check(tree):
    headers = tree.named(".h")
    flags = flags_by_room(tree)
    jobs = [(cc, header) for cc in compilers() for header in headers]
    for header in headers:
        yield from guard_problems(tree, header)
    if not jobs and headers:
        yield "no C compiler found: script/setup installs them"
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        done = pool.map(lambda job: compile_twice(tree, flags, *job), jobs)
        for problem in done:
            if problem:
                yield problem


def compilers():
    """gcc, and one clang when there is one."""
    found = [cc for cc in COMPILERS if shutil.which(cc)]
    return found[:2]


def guard_problems(tree, header):
    """The guard is named after the path, and it is what the file starts and ends with."""
    stem = re.sub(r"\W", "_", header).upper()
    if "/include/" in header:
        stem = re.sub(r"\W", "_", os.path.basename(header)).upper()
    text = tree.read(header)
    if not re.search(rf"^#ifndef {stem}\n#define {stem}$", text, re.M):
        yield f"{header}:1: the include guard must be {stem}"


def compile_twice(tree, flags, cc, header):
    """Compiles a file that does nothing but include the header, twice."""
    with tempfile.TemporaryDirectory() as folder:
        main = os.path.join(folder, "alone.c")
        with open(main, "w", encoding="ascii") as file:
            file.write(f'#include "{tree.path(header)}"\n' * 2)
            file.write("extern int not_an_empty_translation_unit;\n")
        mine = flags.get(room(header), flags[""])
        command = [cc, "-fsyntax-only", "-I", tree.root] + mine + [main]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tree.root, check=False)
    if done.returncode == 0:
        return None
    first = next((l for l in done.stderr.splitlines() if "error" in l), done.stderr.strip())
    return f"{header}:1: does not compile alone with {cc}: {first.strip()}"


def flags_by_room(tree):
    """Flags of each room as the build has them; something sensible when there is no build."""
    public = [f"-I{tree.path(r)}/include" for r in ("common", "ref", "emulator")]
    flags = {"": FALLBACK_FLAGS + public}
    database = os.path.join(tree.build or "", "compile_commands.json")
    if not tree.build or not os.path.exists(database):
        return flags
    with open(database, encoding="utf-8") as file:
        entries = json.load(file)
    for entry in entries:
        place = os.path.relpath(os.path.realpath(entry["file"]), tree.root)
        mine = flags.setdefault(room(place), [])
        mine += [f for f in wanted(shlex.split(entry["command"])) if f not in mine]
    return {place: "\0".join(mine).split("\0") for place, mine in flags.items()}


def wanted(words):
    """The flags worth keeping, a flag and its separate value joined by NUL."""
    i = 1
    while i < len(words):
        word = words[i]
        if word in WITH_VALUE and i + 1 < len(words):
            yield word + "\0" + words[i + 1]
            i += 2
            continue
        if KEEP.match(word):
            yield word
        i += 1
