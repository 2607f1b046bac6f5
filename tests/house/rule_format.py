# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""format_is_clean: clang-format would change nothing."""
import re
import shutil
import subprocess

from tree import C_ROOMS

TOOL = "clang-format-14"  # another version formats differently


def check(tree):
    files = tree.named(".c", ".h", rooms=C_ROOMS)
    if not shutil.which(TOOL):
        yield f"{TOOL} not found: script/setup installs it"
        return
    if not tree.exists(".clang-format"):
        yield ".clang-format is missing"
        return
    if not files:
        return
    command = [TOOL, "--dry-run", "-Werror", "--ferror-limit=1"] + files
    done = subprocess.run(command, capture_output=True, text=True, cwd=tree.root, check=False)
    found = re.findall(r"^(\S+?:\d+):\d+: error: code should be clang-formatted", done.stderr, re.M)
    for place in found:
        yield f"{place}: not as {TOOL} writes it; run {TOOL} -i on the file"
    if done.returncode != 0 and not found:
        yield f"{TOOL} failed: {done.stderr.strip()[:400]}"
