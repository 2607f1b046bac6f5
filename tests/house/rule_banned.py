# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""banned_calls: the C library's unsafe functions nowhere, its seams only in their one file."""
import re
from typing import NamedTuple

from c_text import Source, without_attributes
from tree import C_ROOMS, PRODUCT_ROOMS


class Ban(NamedTuple):
    names: str
    seam: str  # the one file that may, "" = none
    instead: str


# In the product's rooms; tests, fuzzers and benchmarks may call most of these freely.
SEAMS = (
    Ban("malloc calloc realloc reallocarray free aligned_alloc posix_memalign valloc "
        "strdup strndup asprintf vasprintf getline getdelim", "common/mem.c", "common/mem.h"),
    Ban("open openat creat fopen freopen fdopen open64 fopen64", "common/fs.c", "common/fs.h"),
    Ban("time gettimeofday clock_gettime timespec_get ftime X509_cmp_current_time X509_gmtime_adj "
        "X509_time_adj", "common/clock.c", "a msiv2_clock"),
    Ban("rand rand_r srand random srandom drand48 lrand48 mrand48 getrandom getentropy arc4random "
        "arc4random_uniform RAND_bytes RAND_bytes_ex RAND_pseudo_bytes", "common/rng.c",
        "common/rng.h"),
)
# Everywhere outside the clock: nothing waits by sleeping, tests least of all.
WAITS = Ban("sleep usleep nanosleep clock_nanosleep thrd_sleep", "common/clock.c",
            "a clock's wait, or the event itself")
# Everywhere, without exception.
NEVER = Ban("strcpy strcat stpcpy wcscpy wcscat sprintf vsprintf strtok gets atoi atol atoll atof "
            "localtime gmtime ctime asctime system popen tmpnam tempnam mktemp alloca", "",
            "a function that is told the size, the locale or the state")

# (file, function) that may, and why. A row that is no longer needed is a finding too.
EXCEPTIONS = {}

AS_VALUE_BEFORE = re.compile(r"(?:[=,(&?:{]|\breturn)\s*$")
AS_VALUE_AFTER = re.compile(r"\s*[,;):}]")


def check(tree, exceptions=None):
    allowed = EXCEPTIONS if exceptions is None else exceptions
    used = set()
    for name in tree.named(".c", ".h", ".def", rooms=C_ROOMS):
        source = Source(tree.read(name))
        code = without_attributes(source.code)  # __attribute__((malloc)) calls nothing
        for ban in bans_for(name):
            for offset, function in uses(code, ban.names.split()):
                if (name, function) in allowed:
                    used.add((name, function))
                    continue
                yield (f"{name}:{source.line(offset)}: {function}() is banned"
                       f"{' outside ' + ban.seam if ban.seam else ''}; use {ban.instead}")
    for name, function in sorted(set(allowed) - used):
        yield f"{name}: the exception for {function}() is no longer needed"


def bans_for(name):
    """Which bans hold in a file."""
    product = name.split("/")[0] in PRODUCT_ROOMS
    for ban in (SEAMS if product else ()) + (WAITS, NEVER):
        if name != ban.seam:
            yield ban


def uses(code, names):
    """(offset, name) wherever one of the names is called or handed on as a value."""
    for match in re.finditer(r"\b(" + "|".join(names) + r")\b", code):
        before, after = code[: match.start()].rstrip(" \t\n"), code[match.end() :]
        if before.endswith((".", "->")):
            continue  # a member that happens to have the name
        if re.match(r"\s*\(", after):
            yield match.start(), match.group()
        elif is_value(code, match):
            yield match.start(), match.group()


def is_value(code, match):
    """`= free;` or `f(free)`: the function itself is handed on; a variable of that name is not."""
    if not AS_VALUE_BEFORE.search(code[max(0, match.start() - 40) : match.start()]):
        return False
    if not AS_VALUE_AFTER.match(code, match.end()):
        return False
    declared = re.search(r"[\w*]\s+\**" + match.group() + r"\s*(?:[;=,)\[]|:\s*\d)", code)
    return declared is None or re.match(r"(return|else|case)\b", declared.group()) is not None
