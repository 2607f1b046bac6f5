#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Python client behind docs/shim.md.  shim.py [--real-time]"""
import json
import sys
import threading
import time

from client import Client
from wire import Failure

FEATURES = ["acquire_many", "restart", "drop_memory", "describe_key", "call", "claims", "clock",
            "attestation", "min_strength", "force", "bearer", "user_assigned", "probe"]
REAL_WAIT_S = 0.1
LINE_MAX = 1024 * 1024


class Lines:
    """JSON objects on the standard streams; waits are announced one by one."""

    def __init__(self):
        self.lock = threading.Lock()

    def write(self, tree):
        sys.stdout.write(json.dumps(tree, separators=(",", ":")) + "\n")
        sys.stdout.flush()

    def read(self):
        line = sys.stdin.buffer.readline(LINE_MAX + 1)
        return line if line.endswith(b"\n") and len(line) <= LINE_MAX else None

    def wait(self, wait_ms):
        with self.lock:
            self.write({"wait_ms": wait_ms})
            line = self.read()
        try:
            return json.loads(line)["waited_ms"]
        except (TypeError, ValueError, KeyError):
            sys.stderr.write("the runner did not say how long the world has waited\n")
            return wait_ms


class Clock:
    """The system's clock, moved by the runner; see shim_clock.h for the same in C."""

    def __init__(self, lines):
        self.lines, self.lock = lines, threading.Lock()
        self.offset_s = self.waited_s = 0.0

    def now_s(self):
        with self.lock:
            return int(time.time() + self.offset_s)

    def mono_s(self):
        with self.lock:
            return time.monotonic() + self.waited_s

    def set(self, offset_s):
        with self.lock:
            self.offset_s = float(offset_s)

    def wait_s(self, wait_s):
        if self.lines is None or wait_s < REAL_WAIT_S:
            threading.Event().wait(wait_s)
            return
        waited_s = self.lines.wait(int(wait_s * 1000 + 0.999)) / 1000
        with self.lock:
            self.offset_s += waited_s
            self.waited_s += waited_s

    def check(self, deadline, where):
        """Seconds left; Failure when there are none."""
        left_s = deadline - self.mono_s()
        if left_s <= 0:
            raise Failure("timeout", where, "the deadline passed")
        return left_s


class Shim:
    """Commands become calls of the client."""

    def __init__(self, clock):
        self.clock, self.settings, self.clients = clock, None, {}

    def client(self, command):
        identity = command.get("identity") or {"kind": "system"}
        if not isinstance(identity, dict):
            raise Failure("config", "identity", "not an object")
        name = (identity.get("kind"), identity.get("id"))
        if name not in self.clients:
            self.clients[name] = Client(self.settings, identity, self.clock)
        return self.clients[name]

    @staticmethod
    def result(token, cached):
        binding = token["binding"]
        return {"token_type": token["type"], "expires_on": token["expires_on"],
                "client_id": binding.client_id, "tenant_id": binding.tenant_id,
                "source": "cache" if cached else "network",
                "certificate": {"sha256": binding.sha256, "not_after": binding.not_after_s},
                "key": {"kind": "memory", "bits": 2048}}

    def ask(self, command):
        return self.client(command).acquire(
            command.get("resource"), command.get("token_type") or "mtls_pop",
            command.get("claims"), command.get("force") is True)

    def start(self, command):
        if self.settings is not None:
            raise Failure("config", "start", "it was started before")
        Client(command, None, self.clock)
        self.settings = command
        self.clock.set(command.get("clock_offset_s") or 0)

    def acquire(self, command):
        return self.result(*self.ask(command))

    def acquire_many(self, command):
        count = command.get("n")
        if not isinstance(count, int) or not 1 <= count <= 256:
            raise Failure("config", "n", "not a number from 1 to 256")
        results = [None] * count
        gate = threading.Barrier(count)

        def one(place):
            gate.wait()
            results[place] = self.reply(command, self.acquire)

        self.client(command)
        threads = [threading.Thread(target=one, args=(place,)) for place in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"results": results}

    def call(self, command):
        if not str(command.get("url", "")).startswith("https://"):
            raise Failure("config", "url", "not an https address")
        token, cached = self.ask(command)
        status = self.client(command).call(command["url"], token)
        return dict(self.result(token, cached), status=status)

    def probe(self, command):
        self.client(command).probe()

    def describe_key(self, command):
        return {"key": self.client(command).describe_key()}

    def set_clock(self, command):
        if not isinstance(command.get("offset_s"), (int, float)):
            raise Failure("config", "offset_s", "is required")
        self.clock.set(command["offset_s"])

    def forget(self, _command):
        self.clients = {}
        if "seed" in self.settings:  # who comes next is another client, and pauses otherwise
            self.settings["seed"] = (self.settings["seed"] + 1) % 2**53

    def nothing(self, _command):
        return None

    COMMANDS = {"start": start, "acquire": acquire, "acquire_many": acquire_many, "call": call,
                "probe": probe, "describe_key": describe_key, "clock": set_clock,
                "restart": forget, "drop_memory": forget, "quit": nothing}

    @staticmethod
    def reply(command, work):
        """What came of it, as a reply."""
        try:
            made = work(command) or {}
            return dict({"id": command.get("id"), "ok": True}, **made)
        except Failure as failure:
            return {"id": command.get("id"), "ok": False, "error": failure.as_json()}
        except Exception as error:  # pylint: disable=broad-except
            # The type alone: a message might quote what was being handled (SEC-01).
            failure = Failure("internal", "client", type(error).__name__)
            return {"id": command.get("id"), "ok": False, "error": failure.as_json()}

    def run(self, line):
        """The reply to one line, and whether it was the last."""
        try:
            command = json.loads(line)
        except ValueError:
            command = None
        if not isinstance(command, dict):
            return {"id": None, "ok": False,
                    "error": Failure("config", "command", "not an object").as_json()}, False
        word = command.get("command")

        def work(given):
            if isinstance(given.get("id"), bool) or not isinstance(given.get("id"), int):
                raise Failure("config", "command", "it has no id")
            if not isinstance(word, str):
                raise Failure("config", "command", "it has no command")
            if word not in self.COMMANDS:
                raise Failure("unsupported", "command", "no such command")
            if self.settings is None and word not in ("start", "quit"):
                raise Failure("config", "command", "%s comes before start" % word)
            return self.COMMANDS[word](self, given)

        reply = self.reply(command, work)
        return reply, reply["ok"] and word == "quit"


def main():
    real_time = sys.argv[1:] == ["--real-time"]
    if sys.argv[1:] and not real_time:
        sys.stderr.write("usage: shim.py [--real-time]\n")
        return 2
    lines = Lines()
    shim = Shim(Clock(None if real_time else lines))
    lines.write({"protocol": 1, "name": "msiv2-python", "version": "1", "keys": ["memory"],
                 "features": FEATURES + ([] if real_time else ["virtual_time"])})
    last = False
    while not last:
        line = lines.read()
        if line is None:
            break
        reply, last = shim.run(line)
        lines.write(reply)
    return 0


if __name__ == "__main__":
    sys.exit(main())
