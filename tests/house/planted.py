# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""A small clean tree, and for each house rule the violations that must be found in it.

CASES[rule] = {"clean": files to add to the clean tree, "build": compile it first,
               "red": [(title, {path: text, or None to remove}, what the finding must match)]}
"""
SPDX = "/* SPDX-License-Identifier: MIT\n * Copyright (c) 2026 The msiv2 authors */\n"
HASH_SPDX = "# SPDX-License-Identifier: MIT\n"


def c(body):
    """A C file with its licence."""
    return SPDX + "\n" + body


def header(guard, body):
    return c(f"/* A noun. */\n#ifndef {guard}\n#define {guard}\n\n{body}\n#endif\n")


def sh(body, first="#!/bin/sh\n", strict="set -eu\n"):
    return first + HASH_SPDX + strict + body


def long_function(lines):
    """A function whose signature, braces and body take this many lines."""
    return "int many(void)\n{\n" + "\tint a = 0;\n" + "\ta++;\n" * (lines - 5) + "\treturn a;\n}\n"


ROW = 'RULE(RULE_META_HEADER, "META-02", "metadata-header", RULE_MUST, RULE_REJECT,\n'
ROW += '     "every IMDS request carries the header Metadata: true")\n'

CLEAN = {
    "common/mem.h": header("COMMON_MEM_H", "/* Frees. */\nvoid mem_free(void *p);\n"),
    "common/mem.c": c('#include "common/mem.h"\n\n#include <stdlib.h>\n\n'
                      "void mem_free(void *p)\n{\n\tfree(p);\n}\n"),
    "common/include/msiv2_base.h": header("MSIV2_BASE_H",
                                          "/* Counts. */\nint msiv2_count(void);\n"),
    "ref/include/msiv2.h": header("MSIV2_H", '#include "msiv2_base.h"\n'),
    "ref/csr.h": header("REF_CSR_H",
                        '#include "common/mem.h"\n\n/* Makes it. */\nvoid csr(void);\n'),
    "ref/msiv2.c": c('#include "ref/include/msiv2.h"\n\n#include "csr.h"\n\n'
                     "static const int table[] = {1, 2};\n\nvoid csr(void)\n{\n}\n\n"
                     '__attribute__((visibility("default"))) int msiv2_count(void)\n{\n'
                     "\treturn table[0];\n}\n"),
    "emulator/rules.def": c(ROW),
    "emulator/imds.c": c("enum { RULE_META_HEADER };\n\nint imds(void);\n\n"
                         "int imds(void)\n{\n\treturn RULE_META_HEADER; /* META-02 */\n}\n"),
    "docs/protocol.md": "# Rules\n\n- META-02 MUST the header `Metadata: true`.\n",
    "README.md": "# Project\n\n<!-- covered: script/run -->\n```sh\nscript/run\n```\n",
    "script/run": sh("# script/run does it\necho script/run\n"),
}

RED_INCLUDES = [
    ("ref meets emulator", {"ref/a.c": c('#include "emulator/world.h"\n'),
                            "emulator/world.h": header("EMULATOR_WORLD_H", "")},
     r"ref/a\.c:4: ref/ includes .*emulator/ is not below"),
    ("emulator meets ref", {"emulator/a.c": c('#include "ref/csr.h"\n')},
     r"emulator/a\.c:4: .*ref/ is not below"),
    ("common looks up", {"common/a.c": c('#include "ref/csr.h"\n')},
     r"common/a\.c:4: common/ includes"),
    ("a path that climbs", {"emulator/pki/a.c": c('#include "../../ref/csr.h"\n')},
     r"emulator/pki/a\.c:4: .*climbs"),
    ("by the public include path", {"emulator/a.c": c('#include "msiv2.h"\n')},
     r"emulator/a\.c:4: .*ref/ is not below"),
    ("a public header shows a private one", {
        "ref/include/msiv2.h": header("MSIV2_H", '#include "ref/csr.h"\n')},
     r"ref/include/msiv2\.h:8: a public header includes"),
    ("angle brackets around our own", {"ref/a.c": c("#include <common/mem.h>\n")},
     r"ref/a\.c:4: .*quotes"),
    ("a test of one side uses the other", {"tests/ref/test_a.c": c('#include "emulator/w.h"\n'),
                                           "emulator/w.h": header("EMULATOR_W_H", "")},
     r"tests/ref/test_a\.c:4: .*tested alone"),
    ("found nowhere", {"ref/a.c": c('#include "nowhere.h"\n')}, r"ref/a\.c:4: .*found neither"),
]

RED_HEADERS = [
    ("needs another header first", {
        "ref/a.h": header("REF_A_H", "/* Counts. */\nsize_t count(void);\n")},
     r"ref/a\.h:1: does not compile alone with gcc: .*size_t"),
    ("guard of another name", {"ref/a.h": header("A_H", "")}, r"ref/a\.h:1: .*REF_A_H"),
    ("no guard", {"ref/a.h": c("/* A noun. */\nstruct a {\n\tint b;\n};\n")},
     r"ref/a\.h:1: does not compile alone with"),
    ("a warning", {"ref/a.h": header("REF_A_H", "static int unused_one(void)\n{\n}\n")},
     r"ref/a\.h:1: does not compile alone with"),
]


def call(line, before=""):
    return c(before + "void f(char *a, const char *b);\n\nvoid f(char *a, const char *b)\n{\n\t"
             + line + "\n}\n")


RED_BANNED = [
    ("malloc in the client", {"ref/a.c": call("a = malloc(3);")},
     r"ref/a\.c:8: malloc\(\) is banned outside common/mem\.c"),
    ("free handed on as a value", {"ref/a.c": call("void (*g)(void *) = free;")},
     r"ref/a\.c:8: free\(\)"),
    ("open", {"emulator/a.c": call("open(b, 0);")}, r"open\(\) is banned outside common/fs\.c"),
    ("fopen on the next line", {"emulator/a.c": call("fopen\n\t\t(b, a);")}, r"fopen\(\)"),
    ("time", {"common/a.c": call("time(0);")}, r"time\(\) is banned outside common/clock\.c"),
    ("clock_gettime", {"ref/a.c": call("clock_gettime(0, 0);")}, r"clock_gettime\(\)"),
    ("rand", {"ref/a.c": call("rand();")}, r"rand\(\) is banned outside common/rng\.c"),
    ("getrandom in a macro", {"ref/a.h": c("#define ANY(p) getrandom(p, 1, 0)\n")}, r"getrandom"),
    ("a test that sleeps", {"tests/ref/test_a.c": call("usleep(10);")}, r"usleep\(\) is banned"),
    ("a seam file breaks another seam", {"common/fs.c": call("malloc(3);")}, r"malloc\(\)"),
] + [
    (name, {"tests/e2e/a.c": call(f"{name}(a, b);")}, rf"a\.c:8: {name}\(\) is banned;")
    for name in ("strcpy strcat sprintf vsprintf strtok gets atoi localtime gmtime system popen "
                 "tmpnam").split()
]
CLEAN_BANNED = {
    "ref/words.c": c("/* malloc(1) */\nvoid g(void);\n\nvoid g(void)\n{\n"
                     '\tputs("free(x) time(0)");\n'
                     "\tops->free(ops); // sleep(1)\n\tops.open(ops);\n\trandomly();\n}\n"),
    "ref/ops.h": header("REF_OPS_H",
                        "struct ops {\n\tvoid (*free)(void *state);\n\tlong time;\n};"),
    "ref/alloc.h": header("REF_ALLOC_H", "/* Gets. */\nvoid *get(void) "
                          "__attribute__((malloc, warn_unused_result));"),
    "tests/ref/test_words.c": call("a = malloc(3);"),
}

RED_GLOBALS = [
    ("a counter", {"ref/a.c": c("int counter;\n")}, r"ref/a\.c: 'counter' is a mutable global"),
    ("an initialised static", {"emulator/a.c": c("static int seen = 1;\nint *f(void);\n"
                                                 "int *f(void)\n{\n\treturn &seen;\n}\n")},
     r"emulator/a\.c: 'seen' is a mutable global"),
    ("a static local", {"ref/net/a.c": c("int f(void);\nint f(void)\n{\n\tstatic int calls;\n"
                                         "\treturn ++calls;\n}\n")},
     r"ref/net/a\.c: 'calls"),
    ("a thread-local", {"ref/a.c": c("_Thread_local int mine;\n")}, r"ref/a\.c: 'mine' .*\.tbss"),
    ("an allowance without a reason", {
        "ref/a.c": c("int counter;\n"), "tests/house/globals.allow": "ref/a.c counter\n"},
     r"'counter' gives no reason"),
    ("an allowance nobody needs", {
        "tests/house/globals.allow": "ref/a.c counter it counts\n"}, r"no longer needed"),
]
CLEAN_GLOBALS = {
    "ref/const.c": c("const char *const names[] = {\"a\", \"b\"};\nstatic const int n = 3;\n"
                     "const int *g(void);\nconst int *g(void)\n{\n\treturn &n;\n}\n"),
}

EXPORT = '__attribute__((visibility("default"))) '
RED_EXPORTS = [
    ("a symbol too many", {"ref/msiv2.c": CLEAN["ref/msiv2.c"].replace("void csr",
                                                                       EXPORT + "void csr")},
     r"libmsiv2\.so shows csr"),
    ("declared but hidden", {"ref/msiv2.c": CLEAN["ref/msiv2.c"].replace(EXPORT, "")},
     r"libmsiv2\.so does not show msiv2_count"),
]

RED_FORMAT = [
    ("spaces for a tab", {"ref/a.c": c("void f(void)\n{\n        g();\n}\n")},
     r"ref/a\.c:5: not as clang-format-14 writes it"),
    ("a brace on the wrong line", {"tests/a.c": c("void f(void) {\n\tg();\n}\n")},
     r"tests/a\.c:4: not as"),
]

RED_SIZE = [
    ("a function of 71 lines", {"ref/a.c": c(long_function(71))},
     r"ref/a\.c:4: many\(\) has 71 lines"),
    ("after a string with a brace", {
        "ref/a.c": c('const char *brace = "{";\n\nint g(void)\n{\n\treturn \'}\';\n}\n\n'
                     + long_function(80))}, r"ref/a\.c:11: many\(\) has 80 lines"),
    ("inside extern C", {
        "ref/a.h": header("REF_A_H", 'extern "C" {\n' + long_function(75) + "}\n")},
     r"many\(\) has 75 lines"),
    ("a macro of 71 lines", {"ref/a.c": c("#define M \\\n" + "\ta; \\\n" * 69 + "\ta\n")},
     r"ref/a\.c:4: M has 71 lines"),
    ("a file of 601 lines", {"ref/a.c": SPDX + "\n" * 599}, r"ref/a\.c:601: 601 lines"),
    ("a script of 601 lines", {"script/a": sh("\n" * 598)}, r"script/a:601: 601 lines"),
    ("101 columns", {"ref/a.c": c("/* " + "x" * 95 + " */\n")}, r"ref/a\.c:4: 101 columns"),
    ("tabs count as eight", {"ref/a.c": c("\t\t" + "x" * 85 + "\n")}, r"ref/a\.c:4: 101 columns"),
]
CLEAN_SIZE = {"ref/edge.c": c(long_function(70)), "ref/lines.c": SPDX + "\n" * 598}

RED_DOCUMENTED = [
    ("a bare function", {"ref/a.h": header("REF_A_H", "int bare(void);\n")},
     r"ref/a\.h:8: bare\(\) has no comment"),
    ("an empty line between", {"ref/a.h": header("REF_A_H", "/* Says. */\n\nint bare(void);\n")},
     r"ref/a\.h:10: bare\(\) has no comment"),
    ("a comment inside the struct above", {
        "ref/a.h": header("REF_A_H", "struct a {\n\tint b; /* b */\n};\nint bare(void);\n")},
     r"ref/a\.h:11: bare\(\)"),
    ("an inline function", {
        "ref/a.h": header("REF_A_H", "static inline int bare(void)\n{\n\treturn 1;\n}\n")},
     r"ref/a\.h:8: bare\(\)"),
    ("over two lines, with an attribute", {
        "common/include/b.h": header("B_H",
                                     "__attribute__((pure)) int\nbare(int a,\n     int b);\n")},
     r"common/include/b\.h:8: bare\(\)"),
    ("a public type", {
        "common/include/b.h": header("B_H", "struct b {\n\tint a;\n};\n")},
     r"common/include/b\.h:8: struct b has no comment"),
    ("a header that says nothing", {"ref/a.h": c("#ifndef REF_A_H\n#define REF_A_H\n#endif\n")},
     r"ref/a\.h:1: .*purpose"),
]
CLEAN_DOCUMENTED = {
    "common/include/b.h": header(
        "B_H", '#ifdef __cplusplus\nextern "C" {\n#endif\n'
        '/* Two of them. */\nint one(int (*f)(int));\n'
        "int two(void);\n\nstruct b {\n\tint a; /* why */\n};\n#define OWNED(T) T\n\n"
        "OWNED(int)\n/* Documented. */\n#define SIZE 3\nvoid three(char out[SIZE]);\n\n"
        "/* A callback. */\ntypedef void (*b_fn)(int a);\n#ifdef __cplusplus\n}\n#endif\n"),
}

RED_SPDX = [
    ("C without", {"ref/a.c": "int a;\n"}, r"ref/a\.c:1"),
    ("a header with only one line", {"ref/a.h": "/* SPDX-License-Identifier: MIT */\n"},
     r"ref/a\.h:1"),
    ("shell without", {"script/a": "#!/bin/sh\nset -eu\n"}, r"script/a:1"),
    ("CMake without", {"ref/CMakeLists.txt": "add_library(x)\n"}, r"ref/CMakeLists\.txt:1"),
    ("Python without", {"tests/a.py": '"""Says."""\n'}, r"tests/a\.py:1"),
]


def row(old, new):
    return {"emulator/rules.def": c(ROW.replace(old, new))}


RED_ROWS = [
    ("an id that is not in the catalogue", row("META-02", "META-77"), r"META-77 is not in"),
    ("a name with capitals", row("metadata-header", "MetadataHeader"), r"not words-joined"),
    ("a level that does not exist", row("RULE_MUST", "RULE_SHALL"), r"RULE_SHALL"),
    ("a mode that does not exist", row("RULE_REJECT", "RULE_DENY"), r"RULE_DENY"),
    ("nothing required", row("every IMDS request carries the header Metadata: true", ""),
     r"says nothing"),
    ("a row of another shape", row('"metadata-header", ', ""), r"does not read RULE"),
    ("the same row twice", {"emulator/rules.def": c(ROW + ROW)}, r"used by an earlier row"),
    ("a rule no code checks", {"emulator/imds.c": c("int x; /* RULE_META_HEADER */\n")},
     r"no code of the emulator checks"),
    ("a citation of nothing", {"ref/a.c": c("/* CSR-04 */\n")}, r"ref/a\.c:4: cites CSR-04"),
    ("a test cites nothing in a comment", {
        "tests/a.c": c('f("CSR-05"); /* CSR-04 */\n')},
     r"^tests/a\.c:4: cites CSR-04[^\n]*\n[^\n]*1 f"),
    ("a catalogue entry without a level", {
        "docs/protocol.md": "- META-02 the header.\n"}, r"META-02 has no level"),
    ("no catalogue", {"docs/protocol.md": None}, r"docs/protocol\.md is missing"),
]

RED_PATHS = [
    (title, {"docs/a.md": "see " + words + "\n"}, r"docs/a\.md:1: '.*' is " + what)
    for title, words, what in (
        ("a checkout's path", "/wo" + "rk/main", "a path"),
        ("somebody's home", "/ho" + "me/anna/x", "a path"),
        ("root's home", "/ro" + "ot/x", "a path"),
        ("a package registry", "deb.deb" + "ian.org", "a package registry"),
        ("a note to self", "TO" + "DO: more", "work left"),
        ("a fix for later", "FIX" + "ME", "work left"),
    )
]

RED_SHELL = [
    ("an unquoted variable", {"script/a": sh("a='x y'\nls $a\n")}, r"script/a:5:.*SC2086"),
    ("no set -eu", {"script/a": sh("ls\n", strict="")}, r"script/a:1: does not say"),
    ("a sleep", {"script/a": sh("sleep 1\n")}, r"script/a:4: waits by sleeping"),
    ("a kill by name", {"script/a": sh("pki" + "ll -f x\n")}, r"script/a:4: kills by name"),
    ("found by its first line", {
        "tests/runner": sh("ls\n", first="#!/usr/bin/env bash\n", strict="")},
     r"tests/runner:1: does not say"),
    ("a shared temporary file", {"script/a": sh('f=$(mktemp)\nls "$f"\n')},
     r"script/a:4: .*mktemp -d"),
]
CLEAN_SHELL = {"script/b": sh("# sleep 1\necho 'no sleep here'\n")}

RED_README = [
    ("a block nobody runs", {"README.md": "```sh\nscript/run\n```\n"},
     r"README\.md:1: no test runs it"),
    ("a command the cover lacks", {
        "README.md": "<!-- covered: script/run -->\n```sh\nscript/run --fast\n```\n"},
     r"does not run `script/run --fast`"),
    ("covered only by a comment", {
        "README.md": "<!-- covered: script/run -->\n```sh\nscript/run does it\n```\n"},
     r"does not run `script/run does it`"),
    ("a cover that does not exist", {
        "README.md": "<!-- covered: script/gone -->\n```sh\nscript/run\n```\n"}, r"does not exist"),
    ("run, but no runner", {"README.md": "<!-- run -->\n```sh\nscript/run\n```\n"},
     r"which runs the blocks, is missing"),
    ("commands in an unmarked language", {"README.md": "```\nscript/run\n```\n"}, r"marked ```sh"),
    ("a link to nowhere", {"docs/a.md": "[b](b.md)\n"}, r"docs/a\.md:1: the link to b\.md"),
    ("no README", {"README.md": None}, r"README\.md is missing"),
]
CLEAN_README = {"README.md": CLEAN["README.md"] + "\n```json\n{}\n```\n\n```text\nart\n```\n"}

DIFFERENCE = "| META-02 | MUST | `net` | 400 | same |\n"
CLEAN_DIFFERENCES = {"docs/differences.md": "# Differences\n\n" + DIFFERENCE}
RED_DIFFERENCES = [
    ("no list at all", {"docs/differences.md": None}, r"docs/differences\.md is missing"),
    ("a rule without a row", {"docs/differences.md": "# Differences\n"},
     r"docs/differences\.md: META-02 has no row"),
    ("two rows", {"docs/differences.md": DIFFERENCE * 2}, r":2: META-02 has a row already"),
    ("another level", {"docs/differences.md": DIFFERENCE.replace("MUST", "SPEC")},
     r":1: META-02 has another level there: MUST"),
    ("an empty cell", {"docs/differences.md": DIFFERENCE.replace("same", "")},
     r":1: META-02 lacks a cell"),
    ("a rule nobody has", {"docs/differences.md": DIFFERENCE + "| META-77 | MUST | x | y | z |\n"},
     r":2: META-77 is not in docs/protocol\.md"),
]

CASES = {
    "includes_go_down": {"red": RED_INCLUDES},
    "headers_compile_alone": {"red": RED_HEADERS},
    "banned_calls": {"clean": CLEAN_BANNED, "red": RED_BANNED},
    "no_mutable_globals": {"clean": CLEAN_GLOBALS, "build": True, "red": RED_GLOBALS},
    "exports_are_public": {"build": True, "red": RED_EXPORTS},
    "format_is_clean": {"red": RED_FORMAT},
    "size_limits": {"clean": CLEAN_SIZE, "red": RED_SIZE},
    "public_symbols_documented": {"clean": CLEAN_DOCUMENTED, "red": RED_DOCUMENTED},
    "spdx_headers": {"red": RED_SPDX},
    "rule_rows_complete": {"red": RED_ROWS},
    "differences_complete": {"clean": CLEAN_DIFFERENCES, "red": RED_DIFFERENCES},
    "no_machine_paths": {"red": RED_PATHS},
    "shell_is_clean": {"clean": CLEAN_SHELL, "red": RED_SHELL},
    "readme_commands_are_tested": {"clean": CLEAN_README, "red": RED_README},
}
