#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A shim to start from: copy it, replace what says YOUR CLIENT, delete what your client cannot do.

The protocol is docs/shim.md. It needs no library, and any language will do: a shim reads one JSON
object per line and writes one per line. Standard error is yours; the runner keeps it as evidence.

Try it without any scenario:      scenarios/shims/check_shim.py ./my_shim.py
Then judge your client with it:   msiv2-conformance run --shim ./my_shim.py

As it is, it has no client: it says so by exit status 89 when it is asked for a token, and every
scenario is skipped.
"""
import json
import sys
import traceback

# Name here only what the commands below really do. A scenario that needs more is skipped and the
# report says so; that is honest. A feature that is named and does not work is a failure.
HELLO = {
    "protocol": 1,
    "name": "my-client",
    "version": "0",
    # Kinds of key your client can use: "memory", "keyguard", "hardware".
    "keys": ["memory"],
    # Worth adding first: "call" (token binding is judged), "restart", "force", "bearer",
    # "user_assigned". Then "acquire_many" (herds) and "clock" (a week in a moment).
    "features": [],
}

# Exit status with which a shim says "my client has no such thing": the scenario is skipped.
NOT_IMPLEMENTED = 89
# And "this machine has not what my client needs": everything is skipped, with that reason.
CANNOT_RUN = 77


class Failure(Exception):
    """What went wrong, in the words of docs/shim.md.

    The class says who has to act. It is judged: a client that reports an expired certificate as a
    transport error sends people to look at their network. Map your client's exceptions to
      config             the caller's parameters are wrong
      unsupported        the host has no v2 (IMDS answered 404)
      key_unavailable    no key of the kinds allowed, or it does not sign
      attestation_failed it was to be attested and could not be
      transport          no answer: refused, reset, not trusted
      timeout            the deadline passed
      imds_refused       IMDS answered with an error      (also give http_status and code)
      imds_malformed     IMDS answered what the protocol does not allow
      cert_invalid       the certificate fails a check
      sts_refused        the token service answered with an error  (likewise)
      sts_malformed      it answered what is no token answer
      store, internal
    """

    def __init__(self, kind, message, where="client", http_status=0, code=""):
        super().__init__(message)
        self.error = {"class": kind, "where": where, "http_status": http_status, "code": code,
                      "message": message}


class Shim:
    """One method per command. It returns the members of the reply, or raises Failure."""

    def __init__(self):
        self.settings = None

    def start(self, command):
        """Remember how to make your client. Ask nobody anything yet.

        imds        address of IMDS; many clients read it from AZURE_POD_IDENTITY_AUTHORITY_HOST
        ca          PEM file with the only roots to trust for https; null: trust nobody
        store       folder for certificates that outlive the process; null: none
        keys        kinds of key to try, strongest first, as one text
        attest, min_strength, timeout_ms, clock_offset_s, seed (for the jitter of
        pauses, never for keys or ids)
        """
        if self.settings is not None:
            raise Failure("config", "it was started before")
        if not str(command.get("imds", "")).startswith(("http://", "https://")):
            raise Failure("config", "imds is no http or https address")
        # YOUR CLIENT: asked only for keys it lacks ("keyguard,hardware"), it fails:
        #   if not set(HELLO["keys"]) & set(command["keys"].split(",")):
        #       raise Failure("key_unavailable", "none of these kinds of key")
        self.settings = command
        # YOUR CLIENT: keep what you need. Do not make a new client for every command: whether its
        # caches work is part of what is judged.

    def acquire(self, command):
        """A token: command has resource, token_type, identity, claims, force."""
        if not command.get("resource"):
            raise Failure("config", "resource is required")
        # YOUR CLIENT: get the token, then return what you know of it. Leave out what you do not
        # know; never invent it, and never return the token itself (SEC-01).
        #
        #   token = client.acquire_token(command["resource"])
        #   return {"token_type": "mtls_pop",           as the client tells it
        #           "expires_on": 1795316400,           seconds since 1970
        #           "source": "network",                or "cache"
        #           "certificate": {"sha256": "..",     of the DER, lower-case hex
        #                           "not_after": 1795834500},
        #           "key": {"kind": "memory", "bits": 2048}}
        sys.exit(NOT_IMPLEMENTED)

    # Further commands, each with a feature of that name in HELLO:
    #
    # def acquire_many(self, command):  n threads at the same time, ONE client:
    #     return {"results": [..n replies as of acquire, each with "ok"..]}
    # def call(self, command):          acquire, then GET command["url"] with token and certificate:
    #     return dict(the result of acquire, status=200)
    # def restart(self, command):       end the client, make a new one, as a new process would
    # def drop_memory(self, command):   forget what is in memory, keep what is stored
    # def describe_key(self, command):  return {"key": {"kind": .., "bits": .., "sha256": ..}}
    # def clock(self, command):         command["offset_s"] from the system's time
    # def probe(self, command):         fail with "unsupported" when the host has no v2
    #
    # "virtual_time": when your client would wait a second, write {"wait_ms": 1000} and read
    # {"waited_ms": 1000} instead. Only for clients whose clock and waits can be replaced.

    def quit(self, _command):
        """The last command."""


def reply_to(shim, line):
    """The reply to one line, and whether it was the last. You need not change this."""
    try:
        command = json.loads(line)
    except ValueError:
        command = None
    if not isinstance(command, dict):
        return {"id": None, "ok": False,
                "error": Failure("config", "not a JSON object").error}, False
    identity, word = command.get("id"), command.get("command")
    try:
        work = getattr(shim, str(word), None)
        if str(word).startswith("_") or not callable(work):
            raise Failure("unsupported", "no such command")
        if shim.settings is None and word not in ("start", "quit"):
            raise Failure("config", "%s comes before start" % word)
        return dict({"id": identity, "ok": True}, **(work(command) or {})), word == "quit"
    except Failure as failure:
        return {"id": identity, "ok": False, "error": failure.error}, False
    except Exception as error:  # pylint: disable=broad-except
        # What your client raised and nobody mapped. Its type alone goes into the reply, and the
        # traceback must not quote a token or a private key either (SEC-01).
        traceback.print_exc()
        failure = Failure("internal", type(error).__name__)
        return {"id": identity, "ok": False, "error": failure.error}, False


def main():
    """One line in, one line out."""
    print(json.dumps(HELLO), flush=True)
    shim = Shim()
    for line in sys.stdin:
        reply, last = reply_to(shim, line)
        print(json.dumps(reply), flush=True)
        if last:
            break


if __name__ == "__main__":
    main()
