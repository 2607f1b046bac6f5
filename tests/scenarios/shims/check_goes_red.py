#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check_shim.py finds every flaw of broken_shim.py, each by the check that is for it, and says in
one line what it was given and cannot use."""
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
    ("deaf", 1, "silence ends at the deadline"),
]
# arguments, exit status, what is on standard output, what is on standard error; whole
COMMANDS = [
    (["/no/such/shim"], 2, "", r"check_shim\.py: cannot start '/no/such/shim': No such file.*\n"),
    ([HERE], 2, "", r"check_shim\.py: cannot start '.*': Permission denied\n"),
    (["--help"], 0, r"Checks that a shim speaks .*", ""),
    ([], 2, "", r"Checks that a shim speaks .*"),
    (["--limit", "soon", "/bin/true"], 2, "", r"Checks that a shim speaks .*"),
    (["--token-type", "paper", "/bin/true"], 2, "", r"Checks that a shim speaks .*"),
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
    if flaw == "deaf" and "nothing was said for 1 s; start had given it timeout_ms 300" not in said:
        return "the deadline is not told:\n" + said
    return None


def misunderstood(arguments, status, out, err):
    """What check_shim.py did not do with that command line, or None."""
    ran = subprocess.run([sys.executable, CHECK] + arguments, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    said = [stream.decode("utf-8", "replace") for stream in (ran.stdout, ran.stderr)]
    if (ran.returncode != status or not re.fullmatch(out, said[0], re.S)
            or not re.fullmatch(err, said[1], re.S)):
        return "exit status %d, not %d, or other words:\n%s" % (ran.returncode, status, said)
    return None


def main():
    found = 0
    for flaw, status, check in FLAWS:
        reason = wrong(flaw, status, check)
        if reason is not None:
            print("%s: %s" % (flaw, reason))
            found += 1
    for arguments, status, out, err in COMMANDS:
        reason = misunderstood(arguments, status, out, err)
        if reason is not None:
            print("%s: %s" % (arguments, reason))
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
