# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""exports_are_public: a shared library shows exactly what its public headers declare."""
import glob
import os
import subprocess

from c_text import Source, top_level

# Shared library -> the headers that are its face.
LIBRARIES = {
    "libmsiv2.so": ("common/include/msiv2_base.h", "ref/include/msiv2.h"),
    "libmsiv2emu.so": ("common/include/msiv2_base.h", "emulator/include/msiv2_emulator.h"),
}


def check(tree):
    for library, headers in LIBRARIES.items():
        paths = glob.glob(os.path.join(tree.build or "", "lib", library))
        if not paths:
            continue
        declared = set()
        for header in headers:
            source = Source(tree.read(header))
            declared |= {i.name for i in top_level(source) if i.kind == "declaration"}
        shown = set(exports(paths[0]))
        for name in sorted(shown - declared):
            yield f"{library} shows {name}, which no public header declares"
        for name in sorted(declared - shown):
            yield f"{library} does not show {name}, which a public header declares"
    if not glob.glob(os.path.join(tree.build or "", "lib", "libmsiv2*.so")):
        yield f"no shared library under {tree.build}/lib: build first"


def exports(path):
    command = ["nm", "-D", "--defined-only", "--format=posix", path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        name, kind = line.split()[:2]
        if kind in "TWDBRVi":
            yield name.split("@")[0]
