# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""C source as text the house rules can reason about.

Nothing here parses C. It separates code from comments, strings and preprocessor lines without
moving anything, so that offsets and line numbers stay those of the file, and then finds what
stands at file scope: functions, declarations, types.
"""
import bisect
import re
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?(?:\*/|\Z)|//(?:\\\n|[^\n])*)"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*")"""
    r"""|(?P<char>'(?:\\.|[^'\\\n])*')""",
    re.S,
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.M)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
ATTRIBUTE = re.compile(r"\b__attribute__\s*(?=\()|\b_Alignas\s*(?=\()")
NAME_BEFORE_PAREN = re.compile(r"([A-Za-z_]\w*)\s*\(")
MACRO_CALL = re.compile(r"\s*[A-Z][A-Z0-9_]*\s*(?=\()")
OPENS_LINKAGE = re.compile(r'\bextern\s*"\s*"\s*$')


class Comment(NamedTuple):
    start: int
    end: int
    text: str


class Source:
    """One file: its text, and the same text with comments, strings, or directives blanked out."""

    def __init__(self, text):
        self.text = text
        self.comments = []
        self.code = TOKEN.sub(self._blank_token, text)
        self.plain = DIRECTIVE.sub(lambda m: blank(m.group()), self.code)
        self._line_starts = [0] + [m.end() for m in re.finditer("\n", text)]

    def _blank_token(self, match):
        found = match.group()
        if match.lastgroup == "comment":
            self.comments.append(Comment(match.start(), match.end(), found))
            return blank(found)
        if len(found) < 2:
            return found
        return found[0] + blank(found[1:-1]) + found[-1]

    def line(self, offset):
        """The number of the line an offset is on, from 1."""
        return bisect.bisect_right(self._line_starts, offset)

    def includes(self):
        """(line, quote, path) of every #include."""
        for match in INCLUDE.finditer(self.text):
            # A commented-out directive has no '#' left in the code.
            if "#" in self.code[match.start() : match.end()]:
                yield self.line(match.start(1)), match.group(1), match.group(2)


def blank(text):
    """The same number of characters and lines, nothing on them."""
    return re.sub(r"[^\n]", " ", text)


def close_of(text, start, pair="()"):
    """The offset just after the bracket that closes the one at `start`; the end when none does."""
    depth = 0
    for i in range(start, len(text)):
        if text[i] == pair[0]:
            depth += 1
        elif text[i] == pair[1]:
            depth -= 1
            if depth == 0:
                return i + 1
    return len(text)


def without_attributes(text):
    """Blanks __attribute__((...)) and its like."""
    match = ATTRIBUTE.search(text)
    while match:
        end = close_of(text, match.end())
        text = text[: match.start()] + blank(text[match.start() : end]) + text[end:]
        match = ATTRIBUTE.search(text)
    return text


class Item(NamedTuple):
    """Something at file scope. `kind` is function, declaration, type, or other."""

    kind: str
    name: str
    start: int
    end: int
    body: int  # offset of its '{', or -1


def top_level(source):
    """Every item at file scope, in order. `extern "C" { }` is looked through."""
    code = without_attributes(source.plain)
    items, start, depth, body, i = [], 0, 0, -1, 0
    while i < len(code):
        c = code[i]
        if c == "{":
            if depth == 0 and OPENS_LINKAGE.search(code[start:i]):
                start = i + 1
                i += 1
                continue
            if depth == 0:
                body = i
            depth += 1
        elif c == "}" and depth > 0:
            depth -= 1
            if depth == 0 and is_function_head(code[start:body]):
                items.append(make_item(code, start, i + 1, body))
                start, body = i + 1, -1
        elif c == "}":
            start = i + 1  # the end of extern "C"
        elif c == ";" and depth == 0:
            items.append(make_item(code, start, i + 1, body))
            start, body = i + 1, -1
        i += 1
    return [item for item in items if item]


def skip_macro_calls(code, start, end):
    """Steps over `DEFINE_OWNED(x, y)` lines, which need no semicolon."""
    match = MACRO_CALL.match(code, start, end)
    while match:
        after = close_of(code, match.end())
        if after >= end or not code[after:end].strip(" \t\n;"):
            return start
        start = after
        match = MACRO_CALL.match(code, start, end)
    return start


def is_function_head(head):
    """What stands before a '{' is the head of a function: parentheses, no initialiser."""
    return "(" in head and not re.search(r"=", head)


def make_item(code, start, end, body):
    start = skip_macro_calls(code, start, end)
    text = code[start:end]
    start += len(text) - len(text.lstrip())
    head = code[start : body if body >= 0 else end]
    if not head.strip(" \t\n;"):
        return None
    name = function_name(head)
    if re.match(r"\s*(typedef|_Static_assert|static_assert)\b", head):
        kind = "type" if "typedef" in head else "other"
        return Item(kind, type_name(code[start:end]), start, end, body)
    if "=" in head:
        return Item("other", "", start, end, body)
    if name and is_function_head(head):
        return Item("function" if body >= 0 else "declaration", name, start, end, body)
    if re.match(r"\s*(struct|union|enum)\b", head):
        kind = "type" if body >= 0 else "forward"
        return Item(kind, type_name(head), start, end, body)
    return Item("other", "", start, end, body)


def function_name(head):
    """The name before the first parameter list."""
    match = NAME_BEFORE_PAREN.search(head)
    while match and match.group(1) in ("__typeof__", "__extension__", "typeof", "defined"):
        match = NAME_BEFORE_PAREN.search(head, match.end())
    return match.group(1) if match else ""


def type_name(text):
    """`struct x`, or the last word of a typedef."""
    match = re.match(r"\s*(?:typedef\s+)?(struct|union|enum)\s+(\w+)", text)
    if match and not text.lstrip().startswith("typedef"):
        return match.group(1) + " " + match.group(2)
    pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)", text)
    if pointer:
        return pointer.group(1)
    words = re.findall(r"\w+", text)
    return words[-1] if words else "?"


def long_macros(source):
    """(name, first line, number of lines) of every #define."""
    for match in DIRECTIVE.finditer(source.code):
        define = re.match(r"\s*#\s*define\s+(\w+)", match.group())
        if define:
            yield define.group(1), source.line(match.start()), match.group().count("\n") + 1
