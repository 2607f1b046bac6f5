# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""spdx_headers: every source file starts with its licence."""

C_HEADER = ["/* SPDX-License-Identifier: MIT", " * Copyright (c) 2026 The msiv2 authors */"]
SCRIPT_HEADER = "# SPDX-License-Identifier: MIT"


def check(tree):
    for name in tree.named(".c", ".h", ".def"):
        if tree.read(name).split("\n")[:2] != C_HEADER:
            yield f"{name}:1: does not start with the two SPDX lines"
    scripts = set(tree.scripts()) | set(tree.named(".py", ".cmake", "CMakeLists.txt"))
    scripts |= {f for f in tree.files if tree.interpreter(f).startswith("python")}
    for name in sorted(scripts):
        lines = tree.read(name).split("\n")[:2]
        first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
        if first != SCRIPT_HEADER:
            yield f"{name}:1: does not start with '{SCRIPT_HEADER}'"
