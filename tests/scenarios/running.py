# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""An emulator of one's own for the tests of the catalogue and of the variants."""
import http.client
import json
import os
import ssl
import subprocess
import urllib.parse

TIMEOUT_S = 30


class Emulator:
    """Runs from the with statement's begin to its end."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("MSIV2_EMULATOR_")}
        self.process = subprocess.Popen([self.program, "--quiet"], stdout=subprocess.PIPE,
                                        text=True, env=env)
        self.ready = json.loads(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(TIMEOUT_S)
        self.process.stdout.close()

    def send(self, where, method, target, body=None, headers=(), certificate=None):
        """(status, body) of the listener that the ready line calls so. Headers are a list of pairs;
        certificate is a pair of files."""
        base = urllib.parse.urlsplit(self.ready[where])
        if base.scheme == "https":
            context = ssl.create_default_context(cafile=self.ready["ca"])
            if certificate:
                context.load_cert_chain(*certificate)
            link = http.client.HTTPSConnection(base.hostname, base.port, timeout=TIMEOUT_S,
                                               context=context)
        else:
            link = http.client.HTTPConnection(base.hostname, base.port, timeout=TIMEOUT_S)
        data = body.encode() if isinstance(body, str) else body
        link.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            link.putheader(name, value)
        if data is not None:
            link.putheader("Content-Length", str(len(data)))
        link.endheaders(data)
        answer = link.getresponse()
        text = answer.read()
        link.close()
        return answer.status, text

    def admin(self, method, target, value=None):
        """(status, JSON) of the admin interface."""
        headers = [("Content-Type", "application/json")] if value is not None else []
        body = json.dumps(value) if value is not None else None
        status, text = self.send("admin", method, target, body, headers)
        return status, json.loads(text)
