#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check_shim.py finds every flaw of broken_shim.py, each by the check that is for it."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CHECK = HERE + "/../../../scenarios/shims/check_shim.py"
# flaw, exit status, a check that must be among those that fail
FLAWS = [
    ("none", 0, None),
    ("protocol", 1, "the first line introduces it"),
    ("feature", 1, "the first line introduces it"),
    ("nameless", 1, "the first line introduces it"),
    ("keyless", 1, "the first line introduces it"),
    ("greets", 1, "the first line introduces it"),
    ("dies", 1, "the first line introduces it"),
    ("unable", 77, None),
    ("id", 1, "ids are repeated"),
    ("class", 1, "an unknown command is unsupported"),
    ("okless", 1, "start works once"),
    ("quiet", 1, "what is no json is answered"),
    ("secret", 1, "start works once"),
    ("waits", 1, "start works once"),
    ("status", 1, "quit ends it"),
    ("lingers", 1, "the end of its input ends it"),
]


def wrong(flaw, status, check):
    """What check_shim.py did not do, or None."""
    ran = subprocess.run([sys.executable, CHECK, "--limit", "1", sys.executable,
                          HERE + "/broken_shim.py", flaw],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = ran.stdout.decode("utf-8", "replace")
    failed = re.findall(r"^not ok \d+ - (.*)$", said, re.M)
    if ran.returncode != status:
        return "exit status %d, not %d:\n%s" % (ran.returncode, status, said)
    if check is not None and check not in failed:
        return "\"%s\" did not fail, but %s" % (check, failed)
    return None


def main():
    found = 0
    for flaw, status, check in FLAWS:
        reason = wrong(flaw, status, check)
        if reason is not None:
            print("%s: %s" % (flaw, reason))
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
