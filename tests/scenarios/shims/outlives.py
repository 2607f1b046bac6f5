#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a client raises is not taken for what the runner wrote: the template and the Python
shim answer it with class internal, with the command's id, and live on."""
import contextlib
import importlib.util
import io
import json
import os
import ssl
import sys

SHIMS = os.path.dirname(os.path.abspath(__file__)) + "/../../../scenarios/shims"
START = '{"id":1,"command":"start","imds":"http://127.0.0.1:1","keys":"memory","ca":null}'
ACQUIRE = '{"id":2,"command":"acquire","resource":"https://vault.azure.net"}'


def raised():
    """One of each that a client may raise; the first three are ValueErrors."""
    yield json.JSONDecodeError("no value", "<html>", 0)
    yield UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    yield ssl.SSLCertVerificationError(1, "certificate verify failed")
    yield KeyError("expires_on")
    yield OSError(111, "Connection refused")


def load(name):
    spec = importlib.util.spec_from_file_location(name, "%s/%s.py" % (SHIMS, name))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def template(acquire):
    """A function from a line to the reply and whether it was the last."""
    module = load("template")
    shim = module.Shim()
    shim.acquire = acquire
    return lambda line: module.reply_to(shim, line)


def python_shim(acquire):
    sys.path.insert(0, SHIMS)
    module = load("shim")
    shim = module.Shim(module.Clock(None))
    shim.COMMANDS = dict(shim.COMMANDS, acquire=lambda _shim, command: acquire(command))
    return shim.run


def wrong(make, error):
    """What the shim did not do, or None."""
    def acquire(_command):
        raise error

    ask = make(acquire)
    if ask(START) != ({"id": 1, "ok": True}, False):
        return "start did not work"
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        reply, last = ask(ACQUIRE)
    if reply["id"] != 2 or reply["ok"] or reply["error"]["class"] != "internal" or last:
        return "the reply is %s" % json.dumps(reply)
    if type(error).__name__ not in reply["error"]["message"]:
        return "the reply does not name it: %s" % json.dumps(reply)
    if make is template and "Traceback" not in said.getvalue():
        return "there is no traceback: %r" % said.getvalue()
    reply, last = ask("nonsense")
    if reply["id"] is not None or reply["error"]["class"] != "config" or last:
        return "what is no JSON, afterwards: %s" % json.dumps(reply)
    return None


def main():
    found = 0
    for make in (template, python_shim):
        for error in raised():
            reason = wrong(make, error)
            if reason is not None:
                print("%s, %s: %s" % (make.__name__, type(error).__name__, reason))
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
