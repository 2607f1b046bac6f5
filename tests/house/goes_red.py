#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""goes_red.py RULE: shows that a house rule finds what it is for, and nothing in a clean tree.

Every planted violation is written into a fresh folder beside an otherwise clean tree; the rule must
name it (the expected words, and the file) and must be content with the clean tree.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)

import planted  # noqa: E402
import run  # noqa: E402

PROJECT = os.path.join(HERE, "..", "..")


def write_tree(folder, files):
    """Writes {path: text}; scripts become executable."""
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755 if text.startswith("#!") else 0o644)
    shutil.copy(os.path.join(PROJECT, ".clang-format"), folder)


def build(folder, build_folder):
    """Compiles each C file of the planted tree as CMake would name it, and one shared library."""
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".c"):
                source = os.path.relpath(os.path.join(place, name), folder)
                room, _, below = source.partition("/")
                target = os.path.join(build_folder, room, "CMakeFiles", "x.dir", below + ".o")
                os.makedirs(os.path.dirname(target), exist_ok=True)
                compile_c(folder, ["-c", source, "-o", target])
    library = os.path.join(build_folder, "lib", "libmsiv2.so")
    os.makedirs(os.path.dirname(library), exist_ok=True)
    if os.path.exists(os.path.join(folder, "ref/msiv2.c")):
        compile_c(folder, ["-shared", "ref/msiv2.c", "-o", library])


def compile_c(folder, arguments):
    flags = ["-fPIC", "-fvisibility=hidden", "-I.", "-Icommon/include", "-Iref/include"]
    subprocess.run(["gcc"] + flags + arguments, cwd=folder, check=True)


def judge(rule, files, needs_build):
    """The findings of the rule for a tree of these files."""
    with tempfile.TemporaryDirectory() as folder:
        tree, built = os.path.join(folder, "tree"), os.path.join(folder, "built")
        os.makedirs(tree)
        os.makedirs(built)
        write_tree(tree, files)
        if needs_build:
            build(tree, built)
        command = [sys.executable, os.path.join(HERE, "run.py"), rule, "--root", tree]
        done = subprocess.run(command + ["--build", built], capture_output=True, text=True,
                              check=False)
        if done.returncode not in (0, 1) or done.stderr:
            raise AssertionError(f"the rule itself broke: {done.stderr}")
        return done.returncode, done.stdout


def main():
    rule = sys.argv[1]
    if rule not in run.RULES:
        sys.exit(f"no such rule: {rule}")
    case = planted.CASES[rule]
    clean = {**planted.CLEAN, **case.get("clean", {})}
    needs_build = case.get("build", False)
    wrong = 0
    code, output = judge(rule, clean, needs_build)
    print(f"clean tree: {output.splitlines()[-1]}")
    if code != 0:
        print(f"  NOT CLEAN: {output}")
        wrong += 1
    for title, files, expected in case["red"]:
        changed = {**clean, **files}
        changed = {name: text for name, text in changed.items() if text is not None}
        code, output = judge(rule, changed, needs_build)
        seen = code == 1 and re.search(expected, output)
        print(f"planted: {title}: {'red' if seen else 'NOT SEEN'}")
        if not seen:
            print(f"  expected: {expected}\n  exit code {code}, output:\n{output}")
            wrong += 1
    print(f"{rule}: {len(case['red'])} planted violations, {wrong} surprises")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
