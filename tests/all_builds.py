#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""Runs the tests of several builds in one ctest, so that there is one summary.

    all_builds.py --builds dev asan [--long] [--fuzz-seconds N] [--jobs N] [-- ctest options]

Tests are named BUILD:TEST. With --long, those of the first build that are registered for
`ctest -C long` run too. With --fuzz-seconds, every libFuzzer target of build/fuzz runs that long
on its seeds and on what earlier runs found.
"""
import argparse
import json
import os
import subprocess
import sys

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
ALL = os.path.join(PROJECT, "build", "all")
# Properties that ctest reports as it wants them back.
SIMPLE = ("TIMEOUT", "WORKING_DIRECTORY", "PROCESSORS", "RUN_SERIAL", "SKIP_RETURN_CODE",
          "WILL_FAIL")
LISTS = ("LABELS", "ENVIRONMENT", "RESOURCE_LOCK")


def quoted(text):
    """A CMake bracket argument: nothing inside is interpreted."""
    return f"[==[{text}]==]"


def tests_of(build, long):
    """(name, command, properties) of every test of a build."""
    command = ["ctest", "--test-dir", os.path.join(PROJECT, "build", build), "--show-only=json-v1"]
    command += ["-C", "long"] if long else []
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for test in json.loads(listing)["tests"]:
        if "command" not in test:
            sys.exit(f"{build}: the program of test {test['name']} was not built")
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        properties.setdefault("LABELS", []).append(build)
        yield f"{build}:{test['name']}", test["command"], properties


def fuzzers(seconds):
    """The same for each libFuzzer target."""
    folder = os.path.join(PROJECT, "build", "fuzz", "fuzz")
    with open(os.path.join(folder, "targets.txt"), encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip()]
    for name, *seeds in rows:
        corpus = os.path.join(PROJECT, "build", "fuzz", "corpus", name)
        os.makedirs(corpus, exist_ok=True)
        command = [os.path.join(folder, name), f"-max_total_time={seconds}", "-timeout=10",
                   "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={corpus}.",
                   corpus] + [os.path.join(PROJECT, seed) for seed in seeds]
        yield f"fuzz:{name}", command, {"LABELS": ["fuzz"], "TIMEOUT": 3 * seconds + 60}


def write_plan(tests):
    os.makedirs(ALL, exist_ok=True)
    with open(os.path.join(ALL, "CTestTestfile.cmake"), "w", encoding="utf-8") as plan:
        for name, command, properties in tests:
            plan.write(f"add_test({quoted(name)} {' '.join(quoted(c) for c in command)})\n")
            for key, value in properties.items():
                if key in LISTS:
                    value = ";".join(value if isinstance(value, list) else [value])
                elif key not in SIMPLE:
                    continue
                plan.write(f"set_tests_properties({quoted(name)} PROPERTIES {key} "
                           f"{quoted(value)})\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builds", nargs="+", required=True)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--fuzz-seconds", type=int, default=0)
    parser.add_argument("--jobs", default=str(os.cpu_count()))
    parser.add_argument("ctest", nargs="*", help="options for ctest, after --")
    args = parser.parse_args()
    tests = [test for i, build in enumerate(args.builds)
             for test in tests_of(build, args.long and i == 0)]
    if args.fuzz_seconds:
        tests += fuzzers(args.fuzz_seconds)
    write_plan(tests)
    sys.stdout.flush()
    os.execvp("ctest", ["ctest", "--test-dir", ALL, "--output-on-failure", "--no-tests=error",
                        "-j", args.jobs] + args.ctest)


if __name__ == "__main__":
    main()
