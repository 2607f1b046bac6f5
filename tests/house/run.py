#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""run.py RULE [--root DIR] [--build DIR]: judges a tree by one house rule.

Prints one line per finding and exits 1 when there is any. `run.py --list` names the rules.
"""
import argparse
import importlib
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)

from tree import Tree  # noqa: E402

RULES = {
    "includes_go_down": "rule_includes",
    "headers_compile_alone": "rule_headers",
    "banned_calls": "rule_banned",
    "no_mutable_globals": "rule_globals",
    "exports_are_public": "rule_exports",
    "format_is_clean": "rule_format",
    "size_limits": "rule_size",
    "public_symbols_documented": "rule_documented",
    "spdx_headers": "rule_spdx",
    "rule_rows_complete": "rule_rows",
    "differences_complete": "rule_differences",
    "no_machine_paths": "rule_paths",
    "shell_is_clean": "rule_shell",
    "readme_commands_are_tested": "rule_readme",
}


def findings(rule, root, build=None):
    """The findings of one rule, as a list of lines."""
    return list(importlib.import_module(RULES[rule]).check(Tree(root, build)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rule", nargs="?", choices=sorted(RULES))
    parser.add_argument("--root", default=os.path.join(HERE, "..", ".."))
    parser.add_argument("--build", help="build folder, for the rules that look at what was built")
    parser.add_argument("--list", action="store_true", help="name the rules")
    parser.add_argument("--expect", nargs="+", help="fail unless exactly these rules exist")
    args = parser.parse_args()
    if args.expect:
        surprises = sorted(set(args.expect) ^ set(RULES))
        print("in one list only: " + ", ".join(surprises) if surprises else "every rule is run")
        return 1 if surprises else 0
    if args.list or not args.rule:
        print("\n".join(RULES))
        return 0
    found = findings(args.rule, args.root, args.build)
    for line in found:
        print(line)
    print(f"{args.rule}: {len(found)} finding{'s' if len(found) != 1 else ''}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
