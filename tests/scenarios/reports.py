# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""Each form of report, of a run full of hostile texts, is read by an independent reader.

usage: reports.py WRITER ROOT [FORM]   WRITER FORM prints the report"""
import html.parser
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import jsonschema

CASES = {"sts.again": "pass", "sts.refused": "fail", "sts.hostile": "fail",
         "sts.known": "expected-fail", "sts.mended": "unexpected-pass", "sts.skipped": "skip",
         "net.broken": "error"}
KNOWN = "TO" "DO"  # the directive of TAP; the house looks for the word
POINT = re.compile(rf"(ok|not ok) (\d+) - ((?:[^#\\]|\\.)*?)(?: # (SKIP|{KNOWN}) .*)?")
BAD = ("fail", "unexpected-pass", "error")


def need(condition, what):
    if not condition:
        raise AssertionError(what)


def tap(text, _root):
    """TAP 14 line by line: version, plan, points in order, YAML blocks only behind a failure."""
    lines = text.split("\n")
    need(lines[0] == "TAP version 14", "version")
    need([line for line in lines if re.match(r"\d+\.\.\d+", line)] == ["1..7"], "one plan")
    points, block = [], None
    for line in lines[1:]:
        if block is not None:
            block = read_block(line, block)
        elif line == "  ---":
            need(points[-1][0] == "not ok", "a block behind what is ok")
            block = {}
        elif line and not line.startswith("#") and line != "1..7":
            point = POINT.fullmatch(line)
            need(point, f"not TAP: {line!r}")
            points.append(point.groups())
    need([int(p[1]) for p in points] == list(range(1, 8)), "numbers")
    need([p[2].split(" ")[0] for p in points] == list(CASES), "names")
    need([(p[0], p[3]) for p in points] == [
        ("ok", None), ("not ok", None), ("not ok", None), ("not ok", KNOWN), ("not ok", None),
        ("ok", "SKIP"), ("not ok", None)], "results")


def read_block(line, block):
    if line == "  ...":
        need({"verdict", "reason", "explanation"} <= set(block), "what a block says")
        return None
    name, value = re.fullmatch(r"  (\w+): (.*)", line).groups()
    block[name] = json.loads(value)
    return block


def junit(text, _root):
    suites = ET.fromstring(text.encode())
    suite = suites.find("testsuite")
    found = {}
    for case in suite.findall("testcase"):
        found[case.get("name")] = [child.tag for child in case]
        need(case.get("classname") == "msiv2." + case.get("name").split(".")[0], "class")
        float(case.get("time"))
        for child in case:
            need(child.tag in ("failure", "error", "skipped") and child.get("message"), "result")
    need(found == {"sts.again": [], "sts.refused": ["failure"], "sts.hostile": ["failure"],
                   "sts.known": ["skipped"], "sts.mended": ["failure"], "sts.skipped": ["skipped"],
                   "net.broken": ["error"]}, f"results: {found}")
    for node in (suites, suite):
        sums = [node.get(name) for name in ("tests", "failures", "errors", "skipped")]
        need(sums == list("7312"), "sums")
    told = suite.find("testcase[@name='sts.refused']/failure").text
    need("rule       STS-05 MUST On `invalid_client`" in told, "the requirement's sentence")
    need("msiv2-conformance run sts.refused --seed 7" in told, "how to run it again")
    need("<-- 503" in told and "!f1 http.status" in told, "the diagram")
    need("would have matched but the status was 503, not 200" in told, "the near miss")


def schema(root, name):
    with open(os.path.join(root, "scenarios/schema", name), encoding="utf-8") as stream:
        return json.load(stream)


def as_json(text, root):
    report = json.loads(text)
    one = schema(root, "verdict.schema.json")
    for verdict in report["verdicts"]:
        jsonschema.Draft202012Validator(one).validate(verdict)
    whole = schema(root, "report.schema.json")
    whole["properties"]["verdicts"]["items"] = one
    jsonschema.Draft202012Validator(whole).validate(report)
    need({v["scenario"]: v["verdict"] for v in report["verdicts"]} == CASES, "verdicts")
    need(report["totals"] == {"pass": 1, "fail": 2, "expected-fail": 1, "unexpected-pass": 1,
                              "skip": 1, "error": 1} and report["good"] is False, "sums")
    need(any("]]><script>" in c["seen"] for v in report["verdicts"] for c in v["checks"]), "texts")


class Page(html.parser.HTMLParser):
    """Tags must nest, none may load anything, and every link must have its target."""

    VOID = ("meta", "br")
    KNOWN = set("html head meta title style body h1 h2 h3 p ul li table tr th td pre details "
                "summary span small a".split())

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.data, self.classes = [], set(), set(), "", []

    def handle_starttag(self, tag, attrs):
        need(tag in self.KNOWN, f"<{tag}> does not belong here")
        for name, value in attrs:
            need(name in ("lang", "charset", "http-equiv", "content", "name", "class", "id", "href",
                          "open"), f"{name}= does not belong here")
            self.ids |= {value} if name == "id" else set()
            if name == "href":
                need(value.startswith("#"), f"{value} is outside")
                self.links.add(value[1:])
        if tag == "details":
            self.classes.append(("open", None) in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        need(self.open.pop() == tag, f"</{tag}>")

    def handle_data(self, data):
        self.data += data


def page(text, _root):
    reader = Page()
    reader.feed(text)
    reader.close()
    need(not reader.open, "tags left open")
    need(reader.links <= reader.ids and len(reader.ids) == 7, "links")
    need(reader.classes == [v in BAD for v in CASES.values()], "what failed is open")
    need("prefers-color-scheme:dark" in text and "default-src 'none'" in text, "dark, and alone")
    need("http:" not in text.replace("http-equiv", "") and "url(" not in text, "asks nobody")
    need("STS-05" in reader.data and "issuecredential" in reader.data, "matrix and timeline")


def markdown(text, _root):
    rows = [line for line in text.split("\n") if line.startswith("| ") and "scenario" not in line]
    need(len(rows) == 6, f"{len(rows)} rows")
    for row in rows:
        need(len(re.findall(r"(?<!\\)\|", row)) == 4, f"cells: {row}")
    plain = "\n".join(line for line in text.split("\n") if not line.startswith("    "))
    need(not re.search(r"<(?!br>)", plain), "markup")
    need("not good" in plain and "1 pass, 2 fail" in plain, "sums")


def terminal(text, _root):
    need(not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e]", text), "controls")
    need("1 pass, 2 fail, 1 expected-fail, 1 unexpected-pass, 1 skip, 1 error" in text, "sums")
    need("\nfail sts.refused" in text and "again      msiv2-conformance run" in text, "failure")


def colours(text, root):
    need(text.count("\x1b[0m") == 6, "colours are closed")
    terminal(re.sub(r"\x1b\[[0-9;]*m", "", text), root)


FORMS = {"tap": tap, "junit": junit, "json": as_json, "html": page, "markdown": markdown,
         "terminal": terminal, "colours": colours}


def main():
    writer, root = sys.argv[1], sys.argv[2]
    for form in sys.argv[3:] or FORMS:
        done = subprocess.run([writer, form], capture_output=True, check=True)
        FORMS[form](done.stdout.decode("utf-8"), root)
        print(f"{form}: {len(done.stdout)} bytes, well-formed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
