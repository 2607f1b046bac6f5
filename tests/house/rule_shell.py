# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""shell_is_clean: shellcheck is silent; scripts stop on errors, wait for events, kill by pid."""
import os
import re
import shutil
import subprocess

BANNED = (
    (re.compile(r"(?:^|[;&|(]|\bdo|\bthen)\s*sleep\b"), "waits by sleeping; wait for the event"),
    (re.compile(r"\b(pkill|killall)\b"), "kills by name; kill the process that was started"),
    (re.compile(r"\bmktemp\b(?!.*-d)"), "makes a temporary file; use one mktemp -d per script"),
)


def check(tree):
    scripts = tree.scripts()
    if not scripts:
        return
    if not shutil.which("shellcheck"):
        yield "shellcheck not found: script/setup installs it"
        return
    command = ["shellcheck", "-x", "-P", "SCRIPTDIR", "-f", "gcc"] + scripts
    done = subprocess.run(command, capture_output=True, text=True, cwd=tree.root, check=False)
    yield from done.stdout.splitlines()
    if done.returncode != 0 and not done.stdout:
        yield "shellcheck failed: " + done.stderr.strip()[:400]
    for name in scripts:
        yield from style_problems(tree, name)


def style_problems(tree, name):
    text = tree.read(name)
    lines = text.splitlines()
    runs_alone = text.startswith("#!")
    if runs_alone and not any(re.match(r"set -eu\b", line) for line in lines):
        yield f"{name}:1: does not say `set -eu`"
    if runs_alone and not os.access(tree.path(name), os.X_OK):
        yield f"{name}:1: has a #! line but is not executable"
    for number, line in enumerate(lines, 1):
        code = re.sub(r"(^|\s)#.*", "", line)
        for pattern, why in BANNED:
            if pattern.search(code):
                yield f"{name}:{number}: {why}"
