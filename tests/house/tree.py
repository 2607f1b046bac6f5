# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""The files of the project, as the house rules see them."""
import os
import subprocess

C_ROOMS = ("common", "ref", "emulator", "scenarios", "tests", "fuzz", "bench")
PRODUCT_ROOMS = ("common", "ref", "emulator")


class Tree:
    """A checkout: what git tracks and what it would track, or every file when there is no git."""

    def __init__(self, root, build=None):
        self.root = os.path.realpath(root)
        self.build = os.path.realpath(build) if build else None
        self.files = sorted(self._from_git() or self._from_disk())

    def _from_git(self):
        if not os.path.exists(os.path.join(self.root, ".git")):
            return None
        # The owner of a copied checkout may be somebody else; git would refuse to look at it.
        command = ["git", "-c", "safe.directory=" + self.root, "-C", self.root, "ls-files", "-z",
                   "--cached", "--others", "--exclude-standard"]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        except FileNotFoundError:
            return None
        if done.returncode != 0:
            return None
        names = {n for n in done.stdout.decode().split("\0") if n}
        return [n for n in names if os.path.isfile(os.path.join(self.root, n))]

    def _from_disk(self):
        found = []
        for folder, folders, names in os.walk(self.root):
            here = os.path.relpath(folder, self.root)
            if here == ".":
                folders[:] = [f for f in folders if f not in (".git", "build")]
            folders[:] = [f for f in folders if f != "__pycache__"]
            found += [os.path.normpath(os.path.join(here, n)) for n in names]
        return found

    def path(self, name):
        return os.path.join(self.root, name)

    def exists(self, name):
        return os.path.exists(self.path(name))

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read().decode("utf-8", errors="replace")

    def is_text(self, name):
        with open(self.path(name), "rb") as file:
            return b"\0" not in file.read(8192)

    def named(self, *endings, rooms=None):
        """Files with one of the endings, in one of the rooms (all when None)."""
        files = [f for f in self.files if rooms is None or room(f) in rooms]
        return [f for f in files if f.endswith(endings)]

    def scripts(self):
        """Shell scripts: by ending, or by what the first line asks for."""
        return [f for f in self.files if f.endswith(".sh") or self.interpreter(f) in ("sh", "bash")]

    def interpreter(self, name):
        """`sh` for `#!/bin/sh`, `python3` for `#!/usr/bin/env python3`; empty without a #! line."""
        with open(self.path(name), "rb") as file:
            first = file.readline(200)
        if not first.startswith(b"#!"):
            return ""
        words = first[2:].decode("ascii", errors="replace").split()
        if words and os.path.basename(words[0]) == "env":
            words = words[1:]
        return os.path.basename(words[0]) if words else ""


def room(name):
    """The top folder of a file, "" at the root."""
    return name.split("/")[0] if "/" in name else ""
