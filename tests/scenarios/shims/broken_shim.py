#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The template with one thing wrong: what check_shim.py must see.  broken_shim.py FLAW"""
import importlib.util
import json
import os
import sys
import time

ROOT = os.path.dirname(os.path.abspath(__file__)) + "/../../.."
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln"


def template():
    spec = importlib.util.spec_from_file_location("template", ROOT + "/scenarios/shims/template.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    flaw = sys.argv[1]
    module = template()
    hello = dict(module.HELLO)
    if flaw == "protocol":
        hello["protocol"] = 2
    if flaw == "feature":
        hello["features"] = ["telepathy"]
    if flaw == "nameless":
        del hello["name"]
    if flaw == "keyless":
        hello["keys"] = []
    if flaw == "unable":
        return 77
    if flaw == "dies":
        return 3
    print("hello" if flaw == "greets" else json.dumps(hello), flush=True)
    shim = module.Shim()
    for line in sys.stdin:
        if flaw == "deaf" and '"acquire"' in line and shim.settings is not None:
            time.sleep(3600)
        reply, last = module.reply_to(shim, line)
        if flaw == "id" and reply["id"] is not None:
            reply["id"] += 1
        if flaw == "class" and not reply["ok"]:
            reply["error"]["class"] = "bad luck"
        if flaw == "okless":
            del reply["ok"]
        if flaw == "quiet":
            time.sleep(3600)
        if flaw == "secret":
            sys.stderr.write("debug: " + JWT + "\n")
        if flaw == "waits":
            print(json.dumps({"wait_ms": 5}), flush=True)
            sys.stdin.readline()
        print(json.dumps(reply), flush=True)
        if last and flaw != "stays":
            return 1 if flaw == "status" else 0
    if flaw == "lingers":
        time.sleep(3600)
    return 0


if __name__ == "__main__":
    sys.exit(main())
