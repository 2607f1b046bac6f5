# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""MSAL.NET itself, behind its shim, gets bearer tokens of IMDS v1 from the emulator (V1-01, V1-02,
V1-04, NET-01), and its errors come in the words of docs/shim.md. Bound tokens it has on Windows.

usage: MSIV2_MSAL_NET_ANYWHERE=1 msal_net.py EMULATOR SHIM
Exit status 77 where the shim cannot run."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from running import Emulator  # pylint: disable=wrong-import-position

VAULT = "https://vault.azure.net"
USER = {"client_id": "a2a2a2a2-0000-4000-8000-000000000002",
        "object_id": "b2b2b2b2-0000-4000-8000-000000000002",
        "resource_id": "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/local"
                       "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/local"}
SYSTEM = {"kind": "system", "id": ""}


class Shim:
    """Runs from the with statement's begin to its end."""

    def __init__(self, program, emulator):
        self.program, self.emulator, self.last = program, emulator, 0

    def __enter__(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE)
        if not self.process.stdout.readline():
            sys.exit(self.process.wait() or "it said nothing")
        ready = self.emulator.ready
        reply = self.ask("start", imds=ready["imds"], ca=ready["ca"], store=None, keys="memory",
                         attest=False, timeout_ms=60000)
        assert reply["ok"], reply
        return self

    def __exit__(self, *_):
        self.process.communicate()
        assert self.process.returncode == 0, self.process.returncode

    def ask(self, command, **members):
        self.last += 1
        print(json.dumps(dict(members, id=self.last, command=command)), file=self.process.stdin,
              flush=True)
        reply = json.loads(self.process.stdout.readline())
        assert reply["id"] == self.last, reply
        return reply

    def acquire(self, identity, token_type="bearer", **members):
        """The reply, and what was asked of the emulator for it."""
        since = self.emulator.admin("GET", "/journal")[1]["next"]
        reply = self.ask("acquire", identity=identity, resource=VAULT, token_type=token_type,
                         **members)
        return reply, self.emulator.admin("GET", f"/journal?since={since}")[1]["events"]


def gets_tokens(shim):
    for identity in [SYSTEM] + [{"kind": kind, "id": id_} for kind, id_ in USER.items()]:
        reply, events = shim.acquire(identity)
        assert reply["ok"] and reply["token_type"] == "Bearer", reply
        assert reply["source"] == "network" and "certificate" not in reply, reply
        assert [event["endpoint"] for event in events] == ["imds-v1-token"], events
        wanted = "a1a1a1a1-0000-4000-8000-000000000001" if identity is SYSTEM else USER["client_id"]
        assert events[0]["client_id"] == wanted, events
        reply, events = shim.acquire(identity)
        assert reply["ok"] and reply["source"] == "cache" and not events, (reply, events)
    reply, events = shim.acquire(SYSTEM, force=True)
    assert reply["ok"] and reply["source"] == "network" and len(events) == 1, (reply, events)


def tells_errors(shim):
    reply, _ = shim.acquire({"kind": "client_id", "id": "a9a9a9a9-0000-4000-8000-000000000009"})
    assert not reply["ok"] and reply["error"]["class"] == "imds_refused", reply
    assert reply["error"]["where"] == "imds" and reply["error"]["http_status"] == 400, reply
    fault = {"fault": "http-status", "endpoint": "imds-v1-token", "with": {"status": 500}}
    assert shim.emulator.admin("POST", "/faults", fault)[0] == 201
    reply, events = shim.acquire(SYSTEM, force=True)
    assert not reply["ok"] and reply["error"]["class"] == "imds_refused", reply
    assert len(events) == 4, events  # once, and three times more


def binds_on_windows(shim):
    if sys.platform != "win32":
        reply, events = shim.acquire(SYSTEM, "mtls_pop")
        assert not reply["ok"] and reply["error"]["class"] == "unsupported", reply
        assert not events, events


def main():
    emulator, program = sys.argv[1:]
    with Emulator(emulator) as world, Shim(program, world) as shim:
        gets_tokens(shim)
        binds_on_windows(shim)
        tells_errors(shim)


main()
