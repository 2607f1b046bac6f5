#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks that a shim speaks docs/shim.md, without any scenario and without the emulator.

  check_shim.py [--limit SECONDS] [--token-type TYPE] COMMAND [ARGUMENT ...]

TYPE is the token_type that is asked for, mtls_pop unless said otherwise; bearer is for a client
that has bound tokens on other systems only. One TAP line per check. Exit status 0: it does; 1: it
does not; 2: it cannot be started; 77: it says it cannot run here.
"""
import http.server
import json
import os
import queue
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

FEATURES = {"acquire_many", "restart", "drop_memory", "describe_key", "call", "claims", "clock",
            "store", "attestation", "min_strength", "force", "bearer", "user_assigned", "probe",
            "persistent_keys", "virtual_time"}
KEYS = {"memory", "keyguard", "hardware"}
CLASSES = {"config", "unsupported", "key_unavailable", "attestation_failed", "transport",
           "timeout", "imds_refused", "imds_malformed", "cert_invalid", "sts_refused",
           "sts_malformed", "store", "internal"}
RESOURCE = "https://vault.azure.net"
SECRET = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.|PRIVATE KEY|\"access_token\"")
SKIPPED, UNABLE = 89, 77


class Ended(Exception):
    """The shim closed its output."""


class Unstarted(Exception):
    """The command cannot be started; the text says why."""


class Broken(Exception):
    """A check failed; the text says how."""


class Talk:
    """A running shim and what it says."""

    def __init__(self, command, limit_s):
        self.folder = tempfile.mkdtemp(prefix="check-shim-")
        self.timeout_ms = None
        environment = {name: value for name, value in os.environ.items()
                       if not name.lower().endswith("_proxy")}
        environment.update(HOME=self.folder, XDG_DATA_HOME=self.folder, TMPDIR=self.folder)
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.PIPE, env=environment)
        except OSError as error:
            shutil.rmtree(self.folder)
            raise Unstarted("cannot start '%s': %s" % (command[0], error.strerror)) from None
        self.limit_s, self.lines, self.said, self.next_id = limit_s, queue.Queue(), [], 0
        self.waits, self.hello = [], {}
        self.readers = [threading.Thread(target=self._read, daemon=True),
                        threading.Thread(target=self._listen, daemon=True)]
        for reader in self.readers:
            reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _listen(self):
        for line in self.process.stderr:
            self.said.append(line.decode("utf-8", "replace"))

    def write(self, text):
        try:
            self.process.stdin.write(text.encode("utf-8") + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Ended() from None

    def line(self):
        try:
            line = self.lines.get(timeout=self.limit_s)
        except queue.Empty:
            given = ("" if self.timeout_ms is None else
                     "; start had given it timeout_ms %d" % self.timeout_ms)
            raise Broken("nothing was said for %d s%s" % (self.limit_s, given)) from None
        if line is None:
            raise Ended()
        self.said.append(line.decode("utf-8", "replace"))
        if len(line) > 1024 * 1024:
            raise Broken("a line is longer than 1 MiB")
        try:
            tree = json.loads(line.decode("utf-8"))
        except ValueError as error:
            raise Broken("not a line of JSON: %s" % error) from None
        if not isinstance(tree, dict):
            raise Broken("a line is no JSON object")
        return tree

    def reply(self, wanted_id):
        """The reply; waits before it are granted."""
        while True:
            tree = self.line()
            if "wait_ms" not in tree:
                break
            if "virtual_time" not in self.hello.get("features", []):
                raise Broken("wait_ms without the feature virtual_time")
            if not isinstance(tree["wait_ms"], (int, float)) or tree["wait_ms"] < 0:
                raise Broken("wait_ms is no number of milliseconds")
            self.waits.append(tree["wait_ms"])
            self.write(json.dumps({"waited_ms": tree["wait_ms"]}))
        if tree.get("id") != wanted_id:
            raise Broken("the reply's id is %r, not %r" % (tree.get("id"), wanted_id))
        if not isinstance(tree.get("ok"), bool):
            raise Broken("the reply has no ok")
        if not tree["ok"]:
            check_error(tree.get("error"))
        return tree

    def ask(self, command, **members):
        self.next_id += 1
        self.timeout_ms = members.get("timeout_ms", self.timeout_ms)
        self.write(json.dumps(dict({"id": self.next_id, "command": command}, **members)))
        return self.reply(self.next_id)

    def end(self):
        """Its exit status, given a moment."""
        try:
            return self.process.wait(self.limit_s)
        except subprocess.TimeoutExpired:
            raise Broken("it did not end within %d s" % self.limit_s) from None

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join(self.limit_s)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)


def check_error(error):
    if not isinstance(error, dict) or error.get("class") not in CLASSES:
        raise Broken("the error's class is none of docs/shim.md: %r" % (error,))
    if not isinstance(error.get("message", ""), str):
        raise Broken("the error's message is no text")


def expect(reply, ok, *classes):
    if reply["ok"] is not ok:
        raise Broken("ok is %s: %s" % (reply["ok"], json.dumps(reply)))
    if classes and reply["error"]["class"] not in classes:
        raise Broken("the class is %s, not %s" % (reply["error"]["class"], " or ".join(classes)))


class Imds(http.server.BaseHTTPRequestHandler):
    """A service that fails, or is silent."""

    def do_GET(self):  # pylint: disable=invalid-name
        if self.server.silent:
            self.server.over.wait()
            return
        self.send_response(500)
        self.send_header("Server", "IMDS/1.0 NOT FOR PRODUCTION")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments):
        """Says nothing."""


class FakeImds:
    """One on a port of its own, while the block runs."""

    def __init__(self, silent):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Imds)
        self.server.silent, self.server.over = silent, threading.Event()
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return "http://127.0.0.1:%d" % self.server.server_port

    def __exit__(self, *_error):
        self.server.over.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def settings(imds, timeout_ms=60000):
    return {"imds": imds, "ca": None, "store": None, "keys": "memory", "attest": False,
            "min_strength": None, "timeout_ms": timeout_ms, "clock_offset_s": 0, "seed": 1}


class Checks:
    """What is checked, in this order; each talk is a process of its own."""

    def __init__(self, command, limit_s, token_type):
        self.command, self.limit_s, self.features = command, limit_s, []
        self.wanted = {"resource": RESOURCE, "token_type": token_type}
        self.number = self.failed = 0

    def begin(self):
        talk = Talk(self.command, self.limit_s)
        talk.hello = talk.line()
        return talk

    def has(self, feature):
        return feature in self.features

    # Each returns a reason to skip it, or None.

    def the_first_line_introduces_it(self, talk):
        hello = talk.hello
        if hello.get("protocol") != 1:
            raise Broken("protocol is %r, not 1" % hello.get("protocol"))
        if not isinstance(hello.get("name"), str) or not hello["name"]:
            raise Broken("it has no name")
        for name, known in (("keys", KEYS), ("features", FEATURES)):
            words = hello.get(name)
            if not isinstance(words, list) or not set(words) <= known:
                raise Broken("%s are not of docs/shim.md: %r" % (name, words))
        if not hello["keys"]:
            raise Broken("it has no kind of key")
        self.features = hello["features"]

    def what_is_no_json_is_answered(self, talk):
        for text in ("nonsense", "[1]", "{\"id\":", ""):
            talk.write(text)
            expect(talk.reply(None), False, "config")

    def an_unknown_command_is_unsupported(self, talk):
        expect(talk.ask("no_such_command"), False, "unsupported")

    def nothing_is_asked_before_start(self, talk):
        expect(talk.ask("acquire", **self.wanted), False, "config")

    def start_works_once(self, talk):
        expect(talk.ask("start", **settings("http://127.0.0.1:1")), True)
        expect(talk.ask("start", **settings("http://127.0.0.1:1")), False, "config")

    def wrong_settings_are_refused(self, talk):
        expect(talk.ask("start", **dict(settings("nowhere"))), False, "config")

    def members_it_does_not_know_are_ignored(self, talk):
        expect(talk.ask("start", future={"a": 1}, **settings("http://127.0.0.1:1")), True)

    def ids_are_repeated(self, talk):
        talk.next_id = 2000000000
        expect(talk.ask("start", **settings("http://127.0.0.1:1")), True)
        talk.next_id = 6
        expect(talk.ask("acquire", resource="", token_type="mtls_pop"), False, "config")

    def nobody_at_the_address_is_a_transport_error(self, talk):
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))  # held, not listened on: refuses
            expect(talk.ask("start", **settings("http://127.0.0.1:%d" % held.getsockname()[1])),
                   True)
            expect(talk.ask("acquire", **self.wanted), False, "transport")
            if self.has("probe"):
                expect(talk.ask("probe"), False, "transport")
            if self.has("call"):
                expect(talk.ask("call", url=RESOURCE, **self.wanted), False, "transport")

    def waits_are_announced(self, talk):
        if not self.has("virtual_time"):
            return "no virtual_time"
        with FakeImds(silent=False) as address:
            expect(talk.ask("start", **settings(address)), True)
            expect(talk.ask("acquire", **self.wanted), False, "imds_refused")
        if not talk.waits:
            raise Broken("IMDS failed with 500 and no wait was announced")
        return None

    def waits_of_many_are_announced(self, talk):
        if not self.has("virtual_time") or not self.has("acquire_many"):
            return "no virtual_time, or no acquire_many"
        with FakeImds(silent=False) as address:
            expect(talk.ask("start", **settings(address)), True)
            check_many(talk.ask("acquire_many", n=4, **self.wanted), 4)
        return None

    def silence_ends_at_the_deadline(self, talk):
        with FakeImds(silent=True) as address:
            expect(talk.ask("start", **settings(address, 300)), True)
            expect(talk.ask("acquire", **self.wanted), False, "timeout")

    def many_give_as_many_results(self, talk):
        if not self.has("acquire_many"):
            return "no acquire_many"
        expect(talk.ask("start", **settings("http://127.0.0.1:1")), True)
        check_many(talk.ask("acquire_many", resource=RESOURCE, n=3), 3)
        return None

    def the_key_is_described(self, talk):
        if not self.has("describe_key") or "memory" not in talk.hello["keys"]:
            return "no describe_key, or no memory keys"
        expect(talk.ask("start", **settings("http://127.0.0.1:1")), True)
        reply = talk.ask("describe_key")
        expect(reply, True)
        key = reply.get("key")
        if not isinstance(key, dict) or key.get("kind") != "memory" or key.get("bits") != 2048:
            raise Broken("the key is not described: %r" % (key,))
        return None

    def memory_and_clock_are_moved(self, talk):
        expect(talk.ask("start", **settings("http://127.0.0.1:1")), True)
        for feature, members in (("clock", {"offset_s": 86400}), ("restart", {}),
                                 ("drop_memory", {})):
            if self.has(feature):
                expect(talk.ask(feature, **members), True)

    def quit_ends_it(self, talk):
        expect(talk.ask("quit"), True)
        status = talk.end()
        if status != 0:
            raise Broken("exit status %d after quit" % status)

    def the_end_of_its_input_ends_it(self, talk):
        talk.process.stdin.close()
        status = talk.end()
        if status != 0:
            raise Broken("exit status %d at the end of its input" % status)

    ALL = (the_first_line_introduces_it, what_is_no_json_is_answered,
           an_unknown_command_is_unsupported, nothing_is_asked_before_start, start_works_once,
           wrong_settings_are_refused, members_it_does_not_know_are_ignored, ids_are_repeated,
           nobody_at_the_address_is_a_transport_error, waits_are_announced,
           waits_of_many_are_announced, silence_ends_at_the_deadline, many_give_as_many_results,
           the_key_is_described, memory_and_clock_are_moved, quit_ends_it,
           the_end_of_its_input_ends_it)

    def one(self, check):
        """Runs one check in a process of its own: (what failed or None, why skipped or None)."""
        talk = None
        try:
            talk = self.begin()
            skipped = check(self, talk)
            talk.close()
            if SECRET.search("".join(talk.said)):
                return "a token or a private key was printed", None
            return None, skipped
        except Broken as broken:
            return str(broken), None
        except Ended:
            return self.ended(talk)
        finally:
            if talk is not None:
                talk.close()

    def ended(self, talk):
        status = talk.end() if talk is not None else self.status_at_once()
        if status == SKIPPED:
            return None, "it says: not implemented (89)"
        if status == UNABLE:
            raise SystemExit("Bail out! it says: cannot run here (77)")
        return "it ended with status %d in the middle" % status, None

    def status_at_once(self):
        talk = Talk(self.command, self.limit_s)
        try:
            return talk.end()
        finally:
            talk.close()

    def run(self):
        for check in self.ALL:
            failure, skipped = self.one(check)
            if self.number == 0:  # nothing stands above the line of a command that cannot start
                print("1..%d" % len(self.ALL))
            self.number += 1
            self.failed += failure is not None
            print("%sok %d - %s%s" % ("not " if failure else "", self.number,
                                      check.__name__.replace("_", " "),
                                      " # SKIP " + skipped if skipped else ""), flush=True)
            if failure:
                print("  ---\n  message: %s\n  ..." % json.dumps(failure))
        return 1 if self.failed else 0


def check_many(reply, count):
    expect(reply, True)
    results = reply.get("results")
    if not isinstance(results, list) or len(results) != count:
        raise Broken("not %d results: %r" % (count, results))
    for result in results:
        expect(result, False)
        check_error(result.get("error"))


def main():
    arguments, limit_s, token_type = sys.argv[1:], 20, "mtls_pop"
    if arguments in (["--help"], ["-h"]):
        sys.stdout.write(__doc__)
        return 0
    while len(arguments) > 2:
        if arguments[0] == "--limit" and arguments[1].isdecimal():
            limit_s = int(arguments[1])
        elif arguments[0] == "--token-type" and arguments[1] in ("mtls_pop", "bearer"):
            token_type = arguments[1]
        else:
            break
        arguments = arguments[2:]
    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write(__doc__)
        return 2
    try:
        return Checks(arguments, limit_s, token_type).run()
    except Unstarted as unstarted:
        sys.stderr.write("check_shim.py: %s\n" % unstarted)
        return 2
    except SystemExit as bail:
        print(bail)
        return UNABLE


if __name__ == "__main__":
    sys.exit(main())
